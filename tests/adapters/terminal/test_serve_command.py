"""``authsteps serve``, as a person starts it: what it prints, who can sign in, how it ends, and how it complains."""

import json
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import attrs
import pytest
from typer.testing import CliRunner

from authsteps.adapters.cognito import CognitoBackend
from authsteps.adapters.fake import SAMPLE
from authsteps.adapters.fake.server import listen
from authsteps.adapters.terminal import app
from authsteps.flows import AuthClient, NotAuthorizedError, steps

COMMAND = [sys.executable, "-c", "from authsteps.adapters.terminal import main; main()", "serve", "--port", "0"]
PRE_SIGN_UP = """
exports.handler = async (event) => {
  if (!event.request.userAttributes.email.endsWith("@example.com")) throw new Error("members only");
  event.response.autoConfirmUser = true;
  return event;
};
"""


@attrs.define
class Running:
    """The command, running."""

    process: subprocess.Popen[str]
    said: dict[str, Any]
    out: str = ""
    err: str = ""

    @property
    def url(self) -> str:
        """Its endpoint."""
        url: str = self.said["endpoint"]
        return url

    def read(self, path: str) -> bytes:
        """Read one of its documents."""
        with urllib.request.urlopen(f"{self.url}{path}", timeout=10) as reply:  # noqa: S310  # our own address
            body: bytes = reply.read()
            return body

    def call(self, operation: str, members: Mapping[str, Any]) -> Any:
        """Send it an operation."""
        headers = {"X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}"}
        request = urllib.request.Request(self.url, json.dumps(members).encode(), headers)  # noqa: S310  # our own address
        with urllib.request.urlopen(request, timeout=10) as reply:  # noqa: S310  # the same
            return json.loads(reply.read() or b"{}")

    def stop(self, by: signal.Signals = signal.SIGINT) -> int:
        """Stop it, and return its exit code."""
        self.process.send_signal(by)
        self.out, self.err = self.process.communicate(timeout=20)
        return self.process.returncode


@contextmanager
def running(*options: str | Path) -> Generator[Running]:
    command = [*COMMAND, "--json", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own interpreter
        assert process.stdout is not None
        try:
            yield Running(process, json.loads(process.stdout.readline()))
        finally:
            process.kill()


def refused(*options: str | Path) -> str:
    """What it says of options that it does not take."""
    result = CliRunner().invoke(app, ["serve", *map(str, options)])
    assert result.exit_code in {1, 2}
    return re.sub(r"[\s│]+", " ", result.output)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The sample, with a trigger in JavaScript."""
    text = SAMPLE.read_text("utf-8").replace("# LambdaConfig", "LambdaConfig")
    (tmp_path / "welcome.cjs").write_text(PRE_SIGN_UP)
    path = tmp_path / "pools.toml"
    path.write_text(text)
    return path


def test_it_tells_programs_where_it_is_and_what_it_made_and_ends_cleanly(config: Path) -> None:
    with running("--config", config, "--trigger", f"welcome={config.parent / 'welcome.cjs'}") as server:
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
        (pool,) = server.said["pools"]
        assert (pool["id"], pool["name"]) == ("eu-west-1_Sample001", "sample")
        assert pool["issuer"] == "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Sample001"
        assert [(client["name"], client["has_secret"]) for client in pool["clients"]] == [
            ("web", False),
            ("service", True),
        ]
        assert json.loads(server.read("/healthz")) == {"status": "ok"}

        async def sign_in() -> steps.NextStep:
            backend = CognitoBackend.connect(user_pool_id=pool["id"], client_id="sampleclient", endpoint_url=server.url)
            async with backend as connected, AuthClient(connected) as auth:
                await auth.sign_up("carol", "Passw0rd!", attributes={"email": "carol@example.com"})
                with pytest.raises(NotAuthorizedError):
                    await auth.sign_in("carol", "passw0rd!")
                return (await auth.sign_in("carol", "Passw0rd!")).next_step

        assert isinstance(anyio.run(sign_in), steps.Done)
        assert server.stop() == 0

    assert server.out == ""
    lines = [re.sub(r" \d+ ms$", "", re.sub(r" +", " ", line)) for line in server.err.splitlines()]
    assert lines[0] == "SignUp 200 ok"
    assert "RespondToAuthChallenge 400 NotAuthorizedException" in lines
    assert lines[-1] == "stopped"
    assert "assw0rd" not in server.err


def test_pools_are_made_through_the_api_and_their_tokens_can_be_from_the_local_address() -> None:
    with running("--issuer", "local") as server:
        assert server.said["pools"] == []
        pool_id = server.call("CreateUserPool", {"PoolName": "made"})["UserPool"]["Id"]
        discovery = json.loads(server.read(f"/{pool_id}/.well-known/openid-configuration"))
        assert discovery["issuer"] == f"{server.url}/{pool_id}"
        assert server.stop(signal.SIGTERM) == 0


def test_what_was_answered_outlives_a_kill_and_the_next_start_goes_on_with_it(config: Path) -> None:
    config.write_text(config.read_text("utf-8").replace("LambdaConfig", "# LambdaConfig"))
    data = config.with_name("pools.db")
    options = ("--config", config, "--data", data)
    answered: list[str] = []
    with running(*options) as server:

        def sign_up(number: int) -> None:
            name = f"user-{number}"
            attributes = [{"Name": "email", "Value": f"{name}@example.com"}]
            request = {"ClientId": "sampleclient", "Username": name, "Password": "Passw0rd!"}
            try:
                server.call("SignUp", {**request, "UserAttributes": attributes})
            except (OSError, HTTPException):
                return
            answered.append(name)
            if len(answered) == 20:
                server.process.kill()

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(sign_up, range(200)))
        assert server.process.wait(timeout=20) == -signal.SIGKILL

    assert 20 <= len(answered) < 200
    assert data.stat().st_mode & 0o777 == 0o600
    with running(*options) as server:
        kept: set[str] = set()
        request: dict[str, Any] = {"UserPoolId": "eu-west-1_Sample001"}
        while True:
            reply = server.call("ListUsers", request)
            kept |= {user["Username"] for user in reply["Users"]}
            if "PaginationToken" not in reply:
                break
            request["PaginationToken"] = reply["PaginationToken"]
        assert kept >= {*answered, "alice", "bob"}
        assert len(kept) <= 202
        assert server.said["pools"][0]["clients"][0]["id"] == "sampleclient"
        assert server.stop() == 0


def test_a_file_that_is_none_of_ours_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("my notes")

    said = refused("--port", "0", "--data", tmp_path / "notes.txt")

    assert "notes.txt" in said
    assert (tmp_path / "notes.txt").read_text() == "my notes"


def test_what_functions_print_is_kept_out_of_what_programs_read(tmp_path: Path) -> None:
    function = tmp_path / "welcome.py"
    function.write_text("print('loaded')\n\ndef handler(event, context):\n    print('called')\n    return event\n")
    with running("--trigger", f"welcome={function}") as server:
        arn = "arn:aws:lambda:eu-west-1:123456789012:function:welcome"
        pool = server.call("CreateUserPool", {"PoolName": "made", "LambdaConfig": {"PreSignUp": arn}})["UserPool"]
        named = {"UserPoolId": pool["Id"]}
        client = server.call("CreateUserPoolClient", {**named, "ClientName": "web"})["UserPoolClient"]
        server.call("SignUp", {"ClientId": client["ClientId"], "Username": "alice", "Password": "Passw0rd!"})
        assert server.stop() == 0

    assert server.out == ""
    lines = server.err.splitlines()
    assert lines[0] == "loaded"
    assert "called" in lines


def test_it_serves_on_when_nobody_reads_what_it_says() -> None:
    with running() as server:
        assert server.process.stderr is not None
        server.process.stderr.close()
        for _ in range(3):
            assert server.call("ListUserPools", {"MaxResults": 1}) == {"UserPools": []}
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(timeout=20) == 0


def test_it_shows_people_a_table_and_where_messages_are(config: Path) -> None:
    config.write_text(config.read_text("utf-8").replace("LambdaConfig", "# LambdaConfig"))
    command = [*COMMAND, "--config", str(config)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603  # our own interpreter
        assert process.stdout is not None
        shown = "".join(process.stdout.readline() for _ in range(4))
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)

    assert re.search(r"^Cognito is served at http://127\.0\.0\.1:\d+ +Ctrl-C ends it$", shown, re.MULTILINE)
    assert re.search(r"^What it sends shows at http://127\.0\.0\.1:\d+/outbox$", shown, re.MULTILINE)
    assert re.search(r"^eu-west-1_Sample001 +sample +sampleclient +web", shown, re.MULTILINE)


def test_it_warns_where_other_machines_reach_it() -> None:
    with running("--host", "0.0.0.0") as server:  # noqa: S104  # that is what it warns of
        assert server.stop() == 0

    assert server.err.startswith(
        "0.0.0.0 is reached from other machines. This is a fake for tests, no production service"
    )


def test_it_prints_a_set_up_to_begin_with() -> None:
    result = CliRunner().invoke(app, ["serve", "--sample"])

    assert (result.exit_code, result.stdout) == (0, SAMPLE.read_text("utf-8"))


async def test_it_says_that_a_port_is_in_use() -> None:
    taken = await listen()
    with taken.endpoint:
        said = await anyio.to_thread.run_sync(refused, "--port", str(taken.address[1]))

    assert f"cannot listen on port {taken.address[1]} of 127.0.0.1: it is in use" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--config", "nowhere.toml"), "nowhere.toml: No such file or directory"),
        (("--trigger", "welcome"), "'welcome' is no NAME=PATH[:FUNCTION]"),
        (("--trigger", "welcome="), "'welcome=' is no NAME=PATH[:FUNCTION]"),
        (("--trigger", "welcome=nowhere.js"), "the function welcome: "),
        (("--issuer", "somebody"), "'somebody' is not one of 'aws', 'local'"),
    ],
)
def test_it_says_which_option_is_wrong_and_why(options: tuple[str, ...], said: str) -> None:
    assert said in refused(*options)


def test_a_function_that_a_set_up_names_must_be_there(config: Path) -> None:
    said = refused("--port", "0", "--config", config)

    assert "pools[0]: LambdaConfig names a function 'welcome' that is not there; there are: none" in said
