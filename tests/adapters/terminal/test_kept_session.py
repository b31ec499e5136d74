"""``authsteps sign-in --keep`` keeps a session of a real pool, and ``authsteps account`` acts on it and ends it."""

import json
import re
import stat
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from anyio.from_thread import start_blocking_portal
from typer.testing import CliRunner, Result

from authsteps.adapters.cognito import ServiceError
from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import DeviceConfiguration, FakeUserPool, MfaFactor, Settings
from authsteps.adapters.terminal import app
from authsteps.adapters.terminal.keeping import state_folder
from tests.adapters.fake.world import load_signing_keys
from tests.adapters.local_cognito import Answer, Received, error, local_pool, reply
from tests.adapters.terminal.typist import Line, Session, at_keyboard

PASSWORD = "Passw0rd!"

At = Callable[..., Session]


@contextmanager
def served(pool: FakeUserPool) -> Generator[str]:
    """Serve a pool on this machine, and give the options that lead to it."""

    async def answer(received: Received) -> Answer:
        try:
            return reply(await pool.call(received.operation, received.members))
        except ServiceError as refusal:
            return error(refusal.code, refusal.message)

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(local_pool(answer)) as server:
        yield f"--user-pool-id {pool.id} --client-id {pool.client.client_id} --endpoint-url {server.url}"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where sessions are kept."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "authsteps"


@pytest.fixture
def pool() -> FakeUserPool:
    """A pool that remembers devices, where alice has a second factor."""
    settings = Settings(devices=DeviceConfiguration(challenge_required_on_new_device=True))
    pool = FakeUserPool(signing_keys=load_signing_keys(), settings=settings)
    pool.add_user("alice", PASSWORD, attributes={"phone_number": "+15551234567", "email": "alice@example.com"})
    pool.user("alice").mfa_factors = {MfaFactor.SMS_MFA}
    return pool


def sms(pool: FakeUserPool) -> Line:
    """Type the code that was sent to alice."""
    return lambda _: pool.outbox.latest("alice").code.reveal()


def run(arguments: str) -> Result:
    """Run the command without anybody at the keyboard."""
    return CliRunner().invoke(app, arguments)


def test_a_session_is_kept_and_used_and_ended(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    with served(pool) as options:
        kept = at_keyboard(monkeypatch, f"sign-in {options} --username alice --keep", PASSWORD, sms(pool))
        assert kept.result.exit_code == 0, kept.screen
        files = sorted(path.name for path in folder.rglob("*.json"))
        assert files == ["devices.json", "tokens.json"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*.json")} == {0o600}

        who = run(f"account {options} who --json")
        assert json.loads(who.stdout)["username"] == "alice"
        assert "alice@example.com" in run(f"account {options} attributes list").stdout

        again = at_keyboard(monkeypatch, f"sign-in {options} --username alice --keep", PASSWORD)
        assert again.result.exit_code == 1
        assert again.prompts == []
        assert "the session of alice is kept already" in again.result.stderr

        menu = at_keyboard(monkeypatch, f"account {options}", "who", "leave")
        assert menu.result.exit_code == 0
        assert run(f"account {options} who").exit_code == 0  # leaving the menu does not sign out

        out = run(f"account {options} sign-out")
        assert out.exit_code == 0
        assert [path.name for path in folder.rglob("*.json")] == ["devices.json"]

        nobody = run(f"account {options} who")
        assert nobody.exit_code == 1
        assert "sign in first" in nobody.stderr


def test_the_device_that_is_kept_stands_in_for_the_code_next_time(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    with served(pool) as options:
        at_keyboard(monkeypatch, f"sign-in {options} --username alice --keep", PASSWORD, sms(pool))
        run(f"account {options} sign-out")
        second = at_keyboard(monkeypatch, f"sign-in {options} --username alice --keep", PASSWORD)
        assert second.result.exit_code == 0, second.screen
        assert second.prompts == ["Password (hidden)"]

        key = on_this_machine(run(f"account {options} devices list --json"))
        pool.user("alice").devices.clear()
        run(f"account {options} sign-out")
        third = at_keyboard(monkeypatch, f"sign-in {options} --username alice --keep", PASSWORD, sms(pool))
        assert third.result.exit_code == 0, third.screen
        assert key not in next(folder.rglob("devices.json")).read_text()


def on_this_machine(listed: Result) -> str:
    """The key of the device that the list calls this one."""
    (key,) = [row["key"] for row in map(json.loads, listed.stdout.splitlines()) if row["this_one"]]
    return str(key)


def test_without_keep_nothing_stays(monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool) -> None:
    with served(pool) as options:
        session = at_keyboard(monkeypatch, f"sign-in {options} --username alice", PASSWORD, sms(pool))
        assert session.result.exit_code == 0
    assert not folder.exists()
    assert all(family.revoked for family in pool.user("alice").families.values())


def test_the_menu_signs_in_where_nothing_is_kept_and_keeps_nothing(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    with served(pool) as options:
        session = at_keyboard(monkeypatch, f"account {options} --username alice", PASSWORD, sms(pool), "leave")
        assert session.result.exit_code == 0
    assert not folder.exists()
    assert all(family.revoked for family in pool.user("alice").families.values())


def test_a_user_who_is_gone_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    with served(pool) as options:
        at_keyboard(monkeypatch, f"sign-in {options} --username alice --keep", PASSWORD, sms(pool))
        pool.delete_user("alice")
        listed = run(f"account {options} attributes list")
        assert listed.exit_code == 1
        assert listed.stdout == ""
        assert listed.stderr.count("\n") == 1
        assert run(f"account {options} sign-out").exit_code == 0
    assert list(folder.rglob("tokens.json")) == []


def test_signing_out_of_a_pool_that_is_out_of_reach_removes_the_tokens_and_says_so(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    with served(pool) as options:
        at_keyboard(monkeypatch, f"sign-in {options} --username alice --keep", PASSWORD, sms(pool))
    out = run(f"account {options} sign-out")
    assert out.exit_code == 1
    assert "the session may live on" in out.output
    assert list(folder.rglob("tokens.json")) == []


def test_a_session_that_has_expired_ends_the_menu(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    with served(pool) as options:
        at_keyboard(monkeypatch, f"sign-in {options} --username alice --keep", PASSWORD, sms(pool))
        pool.delete_user("alice")
        tokens = next(folder.rglob("tokens.json"))
        tokens.write_text(re.sub(r"\d{4}-\d\d-\d\dT", "2020-01-01T", tokens.read_text()))
        session = at_keyboard(monkeypatch, f"account {options}", "who", "leave")
    assert session.result.exit_code == 1
    assert session.typed == 1
    assert "sign in again" in session.result.stderr


def test_a_session_that_could_not_be_ended_is_told(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    answer = pool.call

    async def call(operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        if operation == "RevokeToken":
            raise ServiceError("InternalErrorException", "no", 500)
        return await answer(operation, request)

    monkeypatch.setattr(pool, "call", call)
    with served(pool) as options:
        session = at_keyboard(monkeypatch, f"sign-in {options} --username alice", PASSWORD, sms(pool))
    assert session.result.exit_code == 0
    assert "the session may live on" in session.screen
    assert not folder.exists()


def test_somebody_new_signs_up_at_a_real_pool(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    def code(_: str) -> str:
        return pool.outbox.latest("bob").code.reveal()

    with served(pool) as options:
        lines = ("Bobs-pass-1", "Bobs-pass-1", "bob@example.com", code, "Bobs-pass-1")
        session = at_keyboard(monkeypatch, f"sign-in {options} --username bob --sign-up", *lines)
    assert session.result.exit_code == 0
    assert "signed in as bob" in session.screen
    assert not folder.exists()


def test_tokens_go_to_the_address_that_they_came_from_and_to_no_other(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    with served(pool) as options:
        at_keyboard(monkeypatch, f"sign-in {options} --username alice --keep", PASSWORD, sms(pool))
        elsewhere = run(f"account {options}/elsewhere who")
    assert elsewhere.exit_code == 1
    assert "no session of this app client is kept here" in elsewhere.stderr
    assert folder.exists()


def test_the_pool_can_be_named_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, folder: Path, pool: FakeUserPool
) -> None:
    with served(pool) as options:
        _, pool_id, _, client_id, _, url = options.split()
        monkeypatch.setenv("AUTHSTEPS_USER_POOL_ID", pool_id)
        monkeypatch.setenv("AUTHSTEPS_CLIENT_ID", client_id)
        monkeypatch.setenv("AUTHSTEPS_ENDPOINT_URL", url)
        at_keyboard(monkeypatch, "sign-in --username alice --keep", PASSWORD, sms(pool))
        assert json.loads(run("account who --json").stdout)["username"] == "alice"
    assert folder.exists()


def test_sessions_are_kept_where_a_system_says_or_in_the_home_folder() -> None:
    assert state_folder({"XDG_STATE_HOME": "/var/state"}) == Path("/var/state/authsteps")
    for unusable in ({}, {"XDG_STATE_HOME": ""}, {"XDG_STATE_HOME": "relative"}):
        assert state_folder(unusable) == Path.home() / ".local" / "state" / "authsteps"
