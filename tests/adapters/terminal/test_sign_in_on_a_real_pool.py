"""``authsteps sign-in`` on a pool behind a socket: the way to a real one, with the fake at the other end."""

import pytest
from anyio.from_thread import start_blocking_portal
from typer.testing import CliRunner, Result

from authsteps.adapters.cognito import ServiceError
from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.terminal import app
from tests.adapters.local_cognito import Answer, Received, error, local_pool, reply


def sign_in(pool: FakeUserPool, client_id: str, *, typed: str) -> Result:
    """Serve the pool, run the command against it, and type these lines."""

    async def answer(received: Received) -> Answer:
        try:
            return reply(await pool.call(received.operation, received.members))
        except ServiceError as refusal:
            return error(refusal.code, refusal.message)

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(local_pool(answer)) as server:
        options = ["--user-pool-id", pool.id, "--client-id", client_id, "--endpoint-url", server.url]
        return CliRunner().invoke(app, ["sign-in", "--username", "alice", *options], input=typed)


def test_somebody_signs_in() -> None:
    pool = FakeUserPool()
    pool.add_user("alice", "Passw0rd!")
    result = sign_in(pool, pool.client.client_id, typed="wrong\nPassw0rd!\n")
    assert result.exit_code == 0
    assert "Incorrect username or password" in result.stdout
    assert "signed in as alice" in result.stdout


def test_the_secret_of_a_client_that_has_one_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = FakeUserPool()
    pool.add_user("alice", "Passw0rd!")
    client = pool.add_client(with_secret=True)
    assert client.client_secret is not None
    monkeypatch.setenv("AUTHSTEPS_CLIENT_SECRET", client.client_secret.reveal())
    result = sign_in(pool, client.client_id, typed="Passw0rd!\n")
    assert result.exit_code == 0
    assert client.client_secret.reveal() not in result.output


def test_a_client_that_does_not_exist_is_told_with_exit_status_1() -> None:
    result = sign_in(FakeUserPool(), "nobody", typed="Passw0rd!\n")
    assert result.exit_code == 1
    assert "User pool client nobody does not exist" in result.stderr
