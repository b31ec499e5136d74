"""Gets a key set over HTTP. Only ``jwks.keys_at`` imports this module, when it is called: aiohttp is slow to import."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import msgspec

from authsteps.flows.errors import BackendContractError, BackendError, BackendUnavailableError
from authsteps.flows.model import Json

__all__ = ["fetch_key_set"]

_TIME_LIMIT: Final = timedelta(seconds=5)
"""For the whole exchange. Whoever waits for it wants to be let in."""

_MAX_BYTES: Final = 64 * 1024
"""A pool's key set is less than a kilobyte."""

_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "authsteps"}


async def fetch_key_set(url: str, time_limit: timedelta = _TIME_LIMIT) -> Mapping[str, Json]:
    """Return the JSON object that an address answers with. A proxy that the environment names is gone through.

    Args:
        url: The address. Redirections are not followed.
        time_limit: How long it may take, all in all.

    Raises:
        BackendUnavailableError: There is no answer, or a fault of the server's, or it turns callers away for now.
        BackendContractError: Something else answers than a key set: another status, no JSON object, or too much of it.
        RuntimeError: There is no asyncio event loop; aiohttp does not run on trio.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(
            "getting a pool's keys over HTTP needs an asyncio event loop: aiohttp does not run on trio; give keys=..."
        ) from None
    outcome: Mapping[str, Json] | BackendError
    try:
        async with (
            # One request in hours: nothing is gained by keeping the connection.
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=time_limit.total_seconds()),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # a few bytes could become very many
                headers=_HEADERS,
            ) as session,
            session.get(url, allow_redirects=False, proxy=_proxy_for(url)) as answer,
        ):
            outcome = _judge(answer.status) or _read(await _body(answer.content))
    except TimeoutError:
        outcome = _unavailable("no answer in time")
    except aiohttp.ClientSSLError:
        outcome = _unavailable("TLS handshake failed")
    except aiohttp.ClientConnectorError:
        outcome = _unavailable("connection refused, or host not found")
    except (aiohttp.ClientPayloadError, aiohttp.ServerDisconnectedError, aiohttp.ClientOSError):
        outcome = _unavailable("connection lost")
    except aiohttp.ClientError as error:
        outcome = _unavailable(f"no valid HTTP answer ({type(error).__name__})")
    if isinstance(outcome, BackendError):
        raise outcome  # out here it drags no context along: aiohttp's texts can quote what was received
    return outcome


def _proxy_for(url: str) -> str | None:
    """Return the environment's proxy for an address. aiohttp would find it too, but send passwords of a netrc along."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _unavailable(reason: str) -> BackendUnavailableError:
    return BackendUnavailableError(reason, sent=False)  # asking again never does harm


def _judge(status: int) -> BackendError | None:
    """Return what is wrong with an answer of this status, if anything is."""
    if status == 200:  # noqa: PLR2004 -- HTTP's OK
        return None
    if status == 429 or status >= 500:  # noqa: PLR2004 -- too many requests, and HTTP's class of faults
        return _unavailable(f"HTTP status {status}")
    return BackendContractError(f"HTTP status {status} in place of the pool's keys (check their address)")


async def _body(content: aiohttp.StreamReader) -> bytes | None:
    """Return the whole body, or ``None`` if it is too long."""
    body = bytearray()
    async for chunk in content.iter_chunked(_MAX_BYTES):
        body += chunk
        if len(body) > _MAX_BYTES:
            return None
    return bytes(body)


def _read(body: bytes | None) -> Mapping[str, Json] | BackendError:
    if body is None:
        return BackendContractError(f"more than {_MAX_BYTES} bytes stand in place of the pool's keys")
    with suppress(ValueError, RecursionError):  # not JSON, not UTF-8, no object; nested without end
        members: dict[str, Json] = msgspec.json.decode(body, type=dict[str, Any])
        return members
    return BackendContractError("no JSON object stands in place of the pool's keys (check their address)")
