"""``authsteps verify-token`` says whether a token is good and what it says, and never shows the token."""

import io
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from authsteps.adapters.terminal import app, verify_token
from tests.adapters.cognito.signed_tokens import (
    ACCESS,
    CLIENT_ID,
    HOUR,
    ID,
    ISSUER,
    NOW,
    OTHER_CLIENT_ID,
    POOL_ID,
    PUBLISHED,
    SUB,
    made,
)
from tests.adapters.terminal.typist import CTRL_C, CTRL_D, at_keyboard
from tests.conftest import VirtualClock

TOKEN = made()


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, clock: VirtualClock) -> Iterator[None]:
    """The virtual clock, in Greenwich, and no token from outside."""
    monkeypatch.setattr(verify_token, "SystemClock", lambda: clock)
    monkeypatch.delenv("AUTHSTEPS_TOKEN", raising=False)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "UTC")
        time.tzset()
        yield
    time.tzset()


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """A file with the pool's keys."""
    path = tmp_path / "jwks.json"
    path.write_text(json.dumps(PUBLISHED))
    return path


def verify(
    keys: Path | str | None, *arguments: str, token: str | bytes = TOKEN, env: Mapping[str, str] | None = None
) -> Result:
    """Give a token to the command through stdin, and see that it never shows it."""
    known = ["--jwks", str(keys)] if keys is not None else []
    own = ["--user-pool-id", POOL_ID, "--client-id", CLIENT_ID, *known, *arguments]
    return run(own, token, env)


def run(arguments: list[str], token: str | bytes = TOKEN, env: Mapping[str, str] | None = None) -> Result:
    wide = {"COLUMNS": "300", **(env or {})}  # complaints stay on one line
    result = CliRunner().invoke(app, ["verify-token", *arguments], input=token, env=wide)
    text = token.decode("latin1") if isinstance(token, bytes) else token
    for part in text.split("."):
        assert len(part) < 20 or part not in result.output
    return result


def said(result: Result) -> dict[str, str]:
    """The values under their names, as a person reads them."""
    lines = [line.strip() for line in result.stdout.splitlines() if line.startswith("  ")]
    pairs = [(name, value.strip()) for name, _, value in (line.partition("  ") for line in lines)]
    return dict(pairs)


def at(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC).astimezone():%Y-%m-%d %H:%M:%S %Z}"


class TestAGoodToken:
    def test_a_person_reads_who_it_is_and_how_long_it_is_still_good(self, keys: Path) -> None:
        result = verify(keys)
        assert (result.exit_code, result.stderr) == (0, "")
        assert result.stdout.splitlines()[0] == "This access token is good."
        assert said(result) == {
            "username": "alice",
            "user id": SUB,
            "groups": "admins, staff",
            "scopes": "aws.cognito.signin.user.admin orders/read",
            "client id": CLIENT_ID,
            "issuer": ISSUER,
            "signed in": f"{at(NOW - HOUR)}, 1 hour ago",
            "issued": f"{at(NOW - 60)}, 1 minute ago",
            "expires": f"{at(NOW + HOUR)}, in 1 hour",
            "token id": ACCESS["jti"],
            "event_id": ACCESS["event_id"],
            "origin_jti": ACCESS["origin_jti"],
        }

    def test_the_readme_shows_what_is_shown(self, keys: Path, clock: VirtualClock) -> None:
        readme = (Path(__file__).parents[3] / "README.md").read_text()
        (shown,) = re.findall(r"\$ authsteps verify-token .*< token\n((?:.+\n)+?)```", readme)
        clock.move(timedelta(seconds=48))
        lines = [line for line in shown.splitlines() if line.strip() != "..."]
        printed = verify(keys).stdout.splitlines()
        assert len(lines) == 4
        assert [" ".join(line.split()) for line in lines] == [
            " ".join(line.split()) for line in printed if any(line.startswith(shown[:12]) for shown in lines)
        ]

    def test_a_program_reads_one_object(self, keys: Path) -> None:
        result = verify(keys, "--json", "--token-use", "id", token=made(ID, address={"formatted": "Elm Street"}))
        assert (result.exit_code, result.stderr) == (0, "")
        record = json.loads(result.stdout)
        assert record["sub"] == SUB
        assert record["token_use"] == "id"
        assert record["expires_at"] == datetime.fromtimestamp(NOW + HOUR, UTC).isoformat()
        assert record["good_for_seconds"] == HOUR
        assert record["groups"] == ["admins", "staff"]
        assert record["others"]["address"] == {"formatted": "Elm Street"}
        assert record["others"]["email_verified"] is True

    @pytest.mark.parametrize(
        ("left", "words"),
        [
            (1, "in 1 second"),
            (59, "in 59 seconds"),
            (61, "in 1 minute 1 second"),
            (120, "in 2 minutes"),
            (3600, "in 1 hour"),
            (3601, "in 1 hour"),
            (7260, "in 2 hours 1 minute"),
            (90_000, "in 1 day 1 hour"),
            (864_005, "in 10 days"),
            (0, "0 seconds ago, good for the leeway's sake"),
            (-9, "9 seconds ago, good for the leeway's sake"),
        ],
    )
    def test_how_long_it_is_good_stands_there_in_words(self, left: int, words: str, keys: Path) -> None:
        assert said(verify(keys, token=made(exp=NOW + left)))["expires"] == f"{at(NOW + left)}, {words}"

    def test_claims_that_are_no_texts_are_shown_as_json(self, keys: Path) -> None:
        token = made(ID, identities=[{"userId": "7"}], address={"formatted": "Straße"}, updated_at=7)
        shown = said(verify(keys, "--token-use", "id", token=token))
        assert shown["identities"] == '[{"userId": "7"}]'
        assert shown["address"] == '{"formatted": "Straße"}'
        assert (shown["updated_at"], shown["email_verified"]) == ("7", "true")

    def test_a_claim_cannot_move_the_cursor_or_colour_the_screen(self, keys: Path) -> None:
        shown = said(verify(keys, "--token-use", "id", token=made(ID, name="\x1b[2J[red]alice[/red]")))
        assert shown["name"] == "�[2J[red]alice[/red]"

    def test_the_token_of_a_program_says_so(self, keys: Path) -> None:
        token = made(without=["username", "cognito:groups", "scope", "jti"])
        shown = said(verify(keys, token=token))
        assert shown["username"] == "none: it is the token of a program"
        assert not {"groups", "scopes", "token id"} & shown.keys()


class TestWhereTheTokenComesFrom:
    def test_a_file(self, keys: Path, tmp_path: Path) -> None:
        path = tmp_path / "token"
        path.write_text(f"\n{TOKEN}\n")
        assert verify(keys, "--file", str(path), token="something else").exit_code == 0

    def test_the_environment(self, keys: Path) -> None:
        assert verify(keys, token="", env={"AUTHSTEPS_TOKEN": f"{TOKEN}\n"}).exit_code == 0

    def test_stdin_with_space_around_it(self, keys: Path) -> None:
        assert verify(keys, token=f"  {TOKEN}\r\n\n").exit_code == 0

    def test_a_person_who_is_asked_and_types_it_unseen(self, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        arguments = f"verify-token --user-pool-id {POOL_ID} --client-id {CLIENT_ID} --jwks {keys}"
        monkeypatch.setattr(verify_token, "sys", SimpleNamespace(stdin=Terminal()))
        for line, exit_code in ((TOKEN, 0), (CTRL_C, 130), (CTRL_D, 1), ("!quit", 1)):
            session = at_keyboard(monkeypatch, arguments, line)
            assert session.result.exit_code == exit_code
            assert session.prompts == ["The token (hidden)"]
            assert TOKEN not in session.screen

    def test_no_argument(self, keys: Path) -> None:
        assert verify(keys, TOKEN[:10]).exit_code == 2

    @pytest.mark.parametrize("token", [b"", b" \n"])
    def test_nothing_is_bad_usage(self, token: bytes, keys: Path) -> None:
        result = verify(keys, token=token)
        assert result.exit_code == 2
        assert "there is no token" in result.stderr

    def test_a_file_that_is_not_there_is_bad_usage(self, keys: Path, tmp_path: Path) -> None:
        result = verify(keys, "--file", str(tmp_path / "nowhere"))
        assert result.exit_code == 2
        assert "cannot be read: No such file or directory" in result.stderr

    @pytest.mark.parametrize("token", [b"\xff\xfe\x00", b"x" * 2_000_000, b"let me in"], ids=["bytes", "long", "words"])
    def test_anything_else_is_no_token(self, token: bytes, keys: Path) -> None:
        result = verify(keys, token=token)
        assert result.exit_code == 1
        assert result.stderr.startswith("the token is ")
        assert result.stdout == ""


class Terminal(io.StringIO):
    """A terminal that nobody reads from: prompts are stood in for."""

    def isatty(self) -> bool:
        return True


class TestARefusedToken:
    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"client_id": OTHER_CLIENT_ID}, "the token was issued to another app client; "),
            ({"iss": f"{ISSUER}x"}, "the token is of another pool; "),
            ({"token_use": "id", "aud": CLIENT_ID}, "the token is of the other kind: an access token is wanted; "),
            ({"iat": NOW + HOUR}, "the token is of the future; "),
            ({"header": {"kid": "x"}}, "the token is signed with a key that is not the pool's; "),
            ({"header": {"alg": "none"}}, "the token is not signed with RS256; "),
        ],
        ids=str,
    )
    @pytest.mark.parametrize("how", [(), ("--json",)], ids=["person", "program"])
    def test_it_exits_with_1_and_the_reason(
        self, change: dict[str, Any], reason: str, how: tuple[str, ...], keys: Path
    ) -> None:
        result = verify(keys, *how, token=made(**change))
        assert result.exit_code == 1
        assert result.stderr.startswith(reason)
        assert result.stdout == ""

    def test_an_expired_one_comes_with_when(self, keys: Path) -> None:
        result = verify(keys, token=made(exp=NOW - 2 * HOUR - 60))
        assert result.exit_code == 1
        assert result.stderr.splitlines() == [
            f"It expired 2 hours 1 minute ago, at {at(NOW - 2 * HOUR - 60)}.",
            "the token has expired; refresh it, or sign in again",
        ]


class TestOptions:
    def test_several_clients_are_accepted(self, keys: Path) -> None:
        token = made(client_id=OTHER_CLIENT_ID)
        assert verify(keys, "--client-id", OTHER_CLIENT_ID, token=token).exit_code == 0

    def test_the_pool_and_its_clients_can_come_from_the_environment(self, keys: Path) -> None:
        env = {"AUTHSTEPS_USER_POOL_ID": POOL_ID, "AUTHSTEPS_CLIENT_ID": f"{OTHER_CLIENT_ID} {CLIENT_ID}"}
        assert run(["--jwks", str(keys)], env=env).exit_code == 0

    def test_the_issuer_can_be_another(self, keys: Path) -> None:
        local = "http://127.0.0.1:9229/pool"
        assert verify(keys, "--issuer", local, token=made(iss=local)).exit_code == 0
        elsewhere = ISSUER.replace("idp.eu-west-1", "idp.eu-south-2")
        assert verify(keys, "--region", "eu-south-2", token=made(iss=elsewhere)).exit_code == 0
        assert verify(keys, "--region", "eu-south-2").exit_code == 1

    def test_the_leeway_is_in_seconds(self, keys: Path, clock: VirtualClock) -> None:
        clock.move(timedelta(seconds=HOUR + 29.5))
        assert verify(keys, "--leeway", "30").exit_code == 0
        assert verify(keys, "--leeway", "29.5").exit_code == 1
        assert verify(keys).exit_code == 1

    @pytest.mark.parametrize(
        ("arguments", "reason"),
        [
            (["--leeway", "301"], "leeway is out of its range"),
            (["--leeway", "-1"], "leeway is out of its range"),
            (["--leeway", "nan"], "Invalid value"),
            (["--leeway", "inf"], "Invalid value"),
            (["--leeway", "soon"], "Invalid value"),
            (["--user-pool-id", "pool"], "user_pool_id is none"),
            (["--client-id", ""], "client_ids names no app client"),
            (["--token-use", "refresh"], "Invalid value"),
            (["--issuer", "https://a", "--region", "b"], "leave --region out"),
            (["--jwks", "nowhere.json"], "nowhere.json cannot be read"),
            (["--jwks", "ftp://example.com/keys"], "the address of the keys is none"),
            (["--jwks", "http://["], "the address of the keys is none"),
        ],
        ids=str,
    )
    def test_what_makes_no_sense_is_bad_usage(self, arguments: list[str], reason: str, keys: Path) -> None:
        result = verify(keys, *arguments)
        assert result.exit_code == 2
        assert reason in result.stderr

    @pytest.mark.parametrize("missing", ["--user-pool-id", "--client-id"])
    def test_the_pool_and_a_client_are_needed(self, missing: str) -> None:
        given = {"--user-pool-id": POOL_ID, "--client-id": CLIENT_ID}
        del given[missing]
        assert run([part for pair in given.items() for part in pair]).exit_code == 2

    @pytest.mark.parametrize(
        "text", ["", "[]", "{", "[" * 100_000, "\ud800"], ids=["empty", "list", "half", "deep", "no text"]
    )
    def test_a_file_without_keys_is_bad_usage(self, text: str, keys: Path) -> None:
        keys.write_bytes(text.encode("utf-8", "surrogatepass"))
        result = verify(keys)
        assert result.exit_code == 2
        assert "holds no JSON object" in result.stderr

    def test_a_file_with_something_else_than_keys_leaves_the_token_unverified(self, keys: Path) -> None:
        keys.write_text('{"message": "Not Found"}')
        result = verify(keys)
        assert result.exit_code == 1
        assert "is no key set" in result.stderr


class Keys(BaseHTTPRequestHandler):
    """Serves the pool's keys at one path, and nothing at others."""

    def do_GET(self) -> None:  # the base class names it so
        found = self.path == "/pool/.well-known/jwks.json"
        body = json.dumps(PUBLISHED).encode() if found else b"nothing here"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class names it so
        """Say nothing."""


class TestKeysOverHttp:
    @pytest.fixture
    def issuer(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
        """A server in a thread, for the command has the event loop; and no proxy that this machine may have."""
        for name in ("http_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with ThreadingHTTPServer(("127.0.0.1", 0), Keys) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}/pool"
            server.shutdown()
            thread.join()

    def test_they_are_fetched_from_the_issuer(self, issuer: str) -> None:
        assert verify(None, "--issuer", issuer, token=made(iss=issuer)).exit_code == 0

    def test_they_are_fetched_from_where_somebody_says(self, issuer: str) -> None:
        assert verify(f"{issuer}/.well-known/jwks.json").exit_code == 0

    def test_a_wrong_address_is_told(self, issuer: str) -> None:
        result = verify(f"{issuer}/keys")
        assert result.exit_code == 1
        assert "HTTP status 404 in place of the pool's keys (check their address)" in result.stderr

    def test_a_pool_out_of_reach_says_nothing_about_the_token(self, issuer: str) -> None:
        result = verify("http://127.0.0.1:1/keys")
        assert result.exit_code == 1
        assert result.stderr.startswith("the pool's keys are out of reach: connection refused")
