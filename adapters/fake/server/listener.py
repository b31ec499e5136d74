"""Serving a web application on a port of this machine, for as long as a block lasts."""

import asyncio
import errno
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from ipaddress import ip_address
from typing import Final

import anyio
import attrs
import uvicorn
from starlette.applications import Starlette

from authsteps.engine.errors import AuthStepsError

__all__ = ["Listener", "NotListeningError", "listen", "serving"]

_HIGHEST_PORT: Final = 65_535
_BACKLOG: Final = 2048
_IDLE_SECONDS: Final = 75
"""How long a connection is kept for the next request: longer than clients do, so that it is them who hang up.

A server that hangs up first may do so while a request is on its way.
"""
_SECONDS_TO_FINISH: Final = 5
"""How long requests that are under way may take once nobody listens any more."""


class NotListeningError(AuthStepsError):
    """Nobody can listen there.

    Attributes:
        host: Where.
        port: On which port.
        problem: Why not.
    """

    def __init__(self, host: str, port: int, problem: str) -> None:
        super().__init__(f"cannot listen on port {port} of {host}: {problem}")
        self.host = host
        self.port = port
        self.problem = problem


@attrs.frozen
class Listener:
    """A port that listens. Whoever knocks waits until somebody serves.

    Attributes:
        endpoint: The socket. ``serving`` closes it.
        address: The address and the port.
        url: How it is reached from this machine.
        is_local: Whether it is reached from this machine alone.
    """

    endpoint: socket.socket = attrs.field(repr=False)
    address: tuple[str, int]
    url: str
    is_local: bool


async def listen(host: str = "127.0.0.1", port: int = 0) -> Listener:
    """Listen on a port.

    Args:
        host: A name or an address of this machine.
        port: Which; 0 for any that is free.

    Raises:
        NotListeningError: The port is in use or not for this user, or there is no such host here.
    """
    if not 0 <= port <= _HIGHEST_PORT:
        raise NotListeningError(host, port, f"ports go from 0 to {_HIGHEST_PORT}")
    try:
        (family, *_, address), *_ = await anyio.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        made = socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        raise NotListeningError(host, port, _why(error)) from error
    # What is accepted inherits it. asyncio sets it by itself only on sockets that name their protocol; this names none.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    bound, port = made.getsockname()[:2]
    at = ip_address(bound)
    if at.version == 6:  # noqa: PLR2004  # IPv6; a socket that is bound to all of its addresses takes no others
        reached = "[::1]" if at.is_unspecified else f"[{at}]"
    else:
        reached = "127.0.0.1" if at.is_unspecified else str(at)
    return Listener(made, (bound, port), f"http://{reached}:{port}", at.is_loopback)


@asynccontextmanager
async def serving(app: Starlette, listener: Listener) -> AsyncGenerator[None, None]:
    """Serve an application during the block, on asyncio. What is under way at its end is finished.

    Args:
        app: Such as ``cognito_app`` makes.
        listener: Where.
    """
    server = _Server(
        uvicorn.Config(
            app,
            http="h11",  # not whatever else is installed: this one bounds the headers that it takes
            ws="none",
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=_IDLE_SECONDS,
            timeout_graceful_shutdown=_SECONDS_TO_FINISH,
        )
    )
    with listener.endpoint:
        # No task group: what is raised in the block comes out of it as it is.
        service = asyncio.create_task(server.serve([listener.endpoint]))
        try:
            await server.has_started.wait()
            yield
        finally:
            server.should_exit = True
            with anyio.CancelScope(shield=True):
                await service


class _Server(uvicorn.Server):
    """uvicorn's server, in a program that has other things to do: it says when it has started, and takes no signals."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.has_started = anyio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.has_started.set()

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _why(error: Exception) -> str:
    """Return what went wrong, and what to do."""
    match error:
        case OSError(errno=errno.EADDRINUSE):
            return "it is in use; stop what uses it, or take another port (0 takes any that is free)"
        case PermissionError():
            return "this user may not; take a port from 1024 on"
        case socket.gaierror():
            return "this machine has no such host"
        case OSError(errno=errno.EADDRNOTAVAIL):
            return "it is no address of this machine"
        case _:
            return str(error)
