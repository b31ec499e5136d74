"""A pool's keys over HTTP: from a server that behaves, and from servers that do not."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from authsteps.adapters.cognito import TokenVerifier, keys_at
from authsteps.adapters.cognito.key_set import fetch_key_set
from authsteps.flows import BackendContractError, BackendUnavailableError
from tests.adapters.cognito.signed_tokens import CLIENT_ID, POOL_ID, PUBLISHED, SUB, made
from tests.adapters.local_cognito import Answer, http, local_pool
from tests.conftest import VirtualClock

BODY = json.dumps(PUBLISHED).encode()
SOON = timedelta(seconds=0.2)


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy that this machine may have."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


async def test_the_keys_are_fetched_from_where_the_pool_publishes_them(clock: VirtualClock) -> None:
    async with local_pool(http(BODY)) as server:
        issuer = f"{server.url}/{POOL_ID}"
        of_the_pool = TokenVerifier(POOL_ID, CLIENT_ID, issuer=issuer, clock=clock)
        for _ in range(3):
            assert (await of_the_pool.verify(made(iss=issuer))).sub == SUB
        (asked,) = server.received
        assert asked.line == f"GET /{POOL_ID}/.well-known/jwks.json HTTP/1.1"
        assert asked.headers["accept"] == "application/json"
        assert not {"authorization", "cookie"} & asked.headers.keys()
        await server.until_all_closed()


async def test_no_password_of_the_machines_goes_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """aiohttp takes those for everybody from the file of the user, if it may look at the environment at all."""
    passwords = tmp_path / "netrc"
    passwords.write_text("default login alice password K4n4ry\n")
    passwords.chmod(0o600)
    monkeypatch.setenv("NETRC", str(passwords))
    async with local_pool(http(BODY)) as server:
        await keys_at(server.url)()
        assert "authorization" not in server.received[0].headers


async def test_a_proxy_that_the_environment_names_is_gone_through(monkeypatch: pytest.MonkeyPatch) -> None:
    async with local_pool(http(BODY)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert await keys_at("http://nowhere.invalid/keys.json")() == PUBLISHED
        assert await keys_at(f"{proxy.url}/keys.json")() == PUBLISHED
        lines = [received.line for received in proxy.received]
        assert lines == ["GET http://nowhere.invalid/keys.json HTTP/1.1", "GET /keys.json HTTP/1.1"]


async def test_the_keys_may_lie_elsewhere_than_the_issuer_says(clock: VirtualClock) -> None:
    async with local_pool(http(BODY)) as server:
        of_the_pool = TokenVerifier(POOL_ID, CLIENT_ID, keys=keys_at(f"{server.url}/keys.json"), clock=clock)
        assert (await of_the_pool.verify(made())).sub == SUB
        assert server.received[0].line == "GET /keys.json HTTP/1.1"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (http(b"{}", "500 Internal Server Error"), "HTTP status 500"),
        (http(BODY, "503 Service Unavailable"), "HTTP status 503"),
        (http(b"", "429 Too Many Requests"), "HTTP status 429"),
        (Answer(b"", then="hang up"), "connection lost"),
        (Answer(b"", then="reset"), "connection lost"),
        (Answer(http(BODY).data[:-20], then="hang up"), "connection lost"),
        (Answer(http(BODY).data[:-20], then="reset"), "connection lost"),
        (Answer(b"HTTP/1.1 200 OK\r\nContent-", then="hang up"), "connection lost"),
        (Answer(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", then="hang up"), "no valid HTTP answer"),
        (Answer(b"", then="be silent"), "no answer in time"),
        (Answer(http(BODY).data[:-20], then="be silent"), "no answer in time"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_server_in_trouble_says_nothing_about_the_keys(answer: Answer, reason: str) -> None:
    async with local_pool(answer) as server:
        with pytest.raises(BackendUnavailableError) as caught:
            await fetch_key_set(f"{server.url}/keys.json", SOON if answer.then == "be silent" else timedelta(seconds=5))
    assert caught.value.reason.startswith(reason)
    assert not caught.value.sent
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert len(server.received) <= 2  # aiohttp itself asks once more where a connection was lost


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (http(b"<html>Log in to the network</html>", Content_Type="text/html"), "no JSON object"),
        (http(b""), "no JSON object"),
        (http(b"[]"), "no JSON object"),
        (http(b'"keys"'), "no JSON object"),
        (http(BODY[:-2]), "no JSON object"),
        (http(b'{"keys": "\xff"}'), "no JSON object"),
        (http(b'{"keys":' + b"[" * 60_000), "no JSON object"),
        (http(BODY + b" " * 70_000), "more than 65536 bytes"),
        (http(b"", "404 Not Found"), "HTTP status 404"),
        (http(BODY, "403 Forbidden"), "HTTP status 403"),
        (http(b"", "204 No Content"), "HTTP status 204"),
        (http(BODY, "302 Found", Location="/elsewhere.json"), "HTTP status 302"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_is_no_key_set_breaks_the_contract(answer: Answer, problem: str) -> None:
    async with local_pool(answer) as server:
        with pytest.raises(BackendContractError) as caught:
            await fetch_key_set(f"{server.url}/keys.json")
    assert problem in caught.value.problem
    assert "<html>" not in str(caught.value)
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert len(server.received) == 1


async def test_no_more_is_read_than_a_key_set_can_be() -> None:
    sent = 0

    async def pour(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
                await writer.drain()
                sent += 0x10000
        except ConnectionError:
            writer.close()

    async with await asyncio.start_server(pour, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(BackendContractError, match="more than 65536 bytes"):
            await fetch_key_set(f"http://127.0.0.1:{port}/keys.json")
    assert sent < 50_000_000


async def test_nobody_listens() -> None:
    async with local_pool(http(BODY)) as server:
        url = server.url
    with pytest.raises(BackendUnavailableError, match="connection refused"):
        await fetch_key_set(url)


async def test_a_host_that_is_not_there() -> None:
    with pytest.raises(BackendUnavailableError, match="host not found"):
        await fetch_key_set("https://keys.invalid/keys.json")


async def test_a_server_that_speaks_no_tls() -> None:
    async def answer_at_once(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http(BODY).data)
        writer.close()

    async with await asyncio.start_server(answer_at_once, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(BackendUnavailableError, match="TLS handshake failed"):
            await fetch_key_set(f"https://127.0.0.1:{port}/keys.json")


async def test_whoever_fetches_can_be_cancelled_and_leaves_no_connection() -> None:
    async with local_pool(Answer(b"", then="be silent")) as server:
        with anyio.move_on_after(0.1) as scope:
            await fetch_key_set(server.url)
        assert scope.cancelled_caught
        await server.until_all_closed()


@pytest.mark.parametrize("anyio_backend", ["trio"])
async def test_on_trio_it_says_that_it_cannot_and_what_to_do(anyio_backend: str, clock: VirtualClock) -> None:
    of_the_pool = TokenVerifier(POOL_ID, CLIENT_ID, clock=clock)
    with pytest.raises(RuntimeError, match="give keys="):
        await of_the_pool.verify(made())
