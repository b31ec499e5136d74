"""Clients of AWS's services, made by aiobotocore the way this project wants them, whichever service it is.

A request is sent once, to one address: botocore repeats by itself after 5xx and lost connections, and whether to repeat
is for the caller to decide; aiohttp follows redirections. Nothing that is sent or received reaches a log: at DEBUG
botocore writes requests, headers and answers, and tracebacks of errors that quote them.

Settings that every AWS tool honours (``AWS_CA_BUNDLE``, ``AWS_USE_FIPS_ENDPOINT``, ``AWS_ENDPOINT_URL``, the profile
named by ``AWS_PROFILE``) hold here too.

Whoever imports this module brings botocore along, which is slow to import: import it where it is called.
"""

import asyncio
import logging
import socket
from collections.abc import AsyncGenerator, Awaitable, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any, cast

import attrs
from aiobotocore.config import AioConfig
from aiobotocore.httpsession import AIOHTTPSession
from aiobotocore.session import AioSession
from aiohttp import ClientResponse, ClientSession, ClientTimeout, ThreadedResolver
from aiohttp.abc import ResolveResult
from botocore import UNSIGNED
from botocore.exceptions import BotoCoreError

__all__ = ["nothing_logged", "opened"]


@asynccontextmanager
async def opened(  # a keyword for each setting
    service: str,
    *,
    region: str | None,
    endpoint_url: str | None,
    is_signed: bool,
    max_connections: int,
    connect_timeout: timedelta,
    read_timeout: timedelta,
    keep_alive: timedelta = timedelta(seconds=12),
) -> AsyncGenerator[Any, None]:
    """Open a client of a service, and close it with its connections at the end of the block.

    Args:
        service: botocore's name of it, such as ``lambda``.
        region: Such as ``eu-west-1``. ``None``: as the environment or the profile says.
        endpoint_url: Where the service listens, if not at AWS.
        is_signed: Whether requests are signed with the AWS credentials found on this machine; else none are looked up.
        max_connections: How many it keeps at most.
        connect_timeout: For the host's address to be found, and then for a connection to come about.
        read_timeout: For the next bytes of a reply; with twice the time to connect on top, for all of it.
        keep_alive: For how long a connection that nobody uses is kept. Zero: each request has its own.

    Raises:
        ValueError: An argument, or the AWS configuration found on this machine, cannot be used.
        RuntimeError: There is no asyncio event loop; aiohttp does not run on trio.
    """
    _demand_asyncio(service)
    if max_connections < 1:
        raise ValueError(f"there must be at least one connection, not {max_connections}")
    for name, timeout in (("connect_timeout", connect_timeout), ("read_timeout", read_timeout)):
        if timeout <= timedelta():
            raise ValueError(f"{name} must be longer than zero, not {timeout}")
    if keep_alive < timedelta():
        raise ValueError(f"keep_alive must not be negative, but is {keep_alive}")
    config = AioConfig(
        signature_version=None if is_signed else UNSIGNED,
        retries={"total_max_attempts": 1, "mode": "standard"},
        user_agent=_user_agent(),  # otherwise botocore builds a long one twice a call: a fifth of the call's cost
        parameter_validation=False,  # the service checks; botocore's complaint would quote the value
        defaults_mode="legacy",  # the mode "auto" asks the machine's metadata service for its region
        http_session_cls=_DirectSession,
        max_pool_connections=max_connections,
        connect_timeout=connect_timeout.total_seconds(),
        read_timeout=read_timeout.total_seconds(),
        connector_args={
            "keepalive_timeout": keep_alive.total_seconds() or None,
            "force_close": not keep_alive,
            "resolver": _PunctualResolver(connect_timeout),
        },
    )
    session = cast("Any", AioSession())  # its methods are typed by the name of each service of AWS
    async with AsyncExitStack() as stack:
        try:
            client = await stack.enter_async_context(
                session.create_client(service, region_name=region, endpoint_url=endpoint_url, config=config)
            )
        except BotoCoreError as error:
            raise ValueError(f"the AWS configuration cannot be used: {error}") from error
        _mask_loggers()
        yield client


class _DirectSession(AIOHTTPSession):
    """Sends a request where it was meant to go and nowhere else, and waits for the reply's end, but not for ever.

    aiobotocore has aiohttp follow redirections, which sends the request again: a password, to whomever a proxy names.
    And it limits the time between two parts of a reply, so one that comes in drops would come in drops all day.
    """

    async def _get_session(self, proxy_url: str | None) -> "_Bounded":
        inherited: Any = super()  # the published types know no more than what is public
        return _Bounded(await inherited._get_session(proxy_url))  # noqa: SLF001  # there is no other way


@attrs.frozen
class _Bounded:
    """The part of aiohttp's session that aiobotocore uses."""

    _session: ClientSession

    def request(self, method: str, **settings: Any) -> Awaitable[ClientResponse]:
        # aiobotocore names time limits only where an operation has its own.
        parts: ClientTimeout = settings.pop("timeout", self._session.timeout)
        connect, read = parts.sock_connect or 0, parts.sock_read or 0
        whole = 2 * connect + read  # the host is found in one, and connected to in the other
        limits = ClientTimeout(total=whole, sock_connect=connect, sock_read=read)
        return self._session.request(method, allow_redirects=False, timeout=limits, **settings)


class _PunctualResolver(ThreadedResolver):
    """Finds a host's address, or gives up in time: aiohttp's own time limits begin after that.

    The thread that looks it up goes on until the operating system gives up. Nobody waits for it but the loop's end.
    """

    def __init__(self, time_limit: timedelta) -> None:
        super().__init__()
        self._time_limit = time_limit.total_seconds()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the host's addresses.

        Raises:
            OSError: It has none, or none was found in time (``TimeoutError``).
        """
        async with asyncio.timeout(self._time_limit):
            return await super().resolve(host, port, family)


def _demand_asyncio(service: str) -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise RuntimeError(f"a client of {service} needs an asyncio event loop: aiohttp does not run on trio") from None


def _user_agent() -> str:
    try:
        return f"authsteps/{version('authsteps')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "authsteps"


_operation_under_way: ContextVar[str | None] = ContextVar("authsteps.operation_under_way", default=None)
"""The operation that the current task, and every task and thread it starts, is performing."""


@contextmanager
def nothing_logged(operation: str) -> Generator[None, None, None]:
    """Keep values out of what botocore, and what it stands on, logs in this block; it names the operation."""
    token = _operation_under_way.set(operation)
    try:
        yield
    finally:
        _operation_under_way.reset(token)


def _mask_loggers() -> None:
    """See to it that botocore and what it stands on write no values during our calls.

    A filter on a logger does not see the records of the loggers below it, so each logger gets it. All of them exist
    once a client does. To add a filter again changes nothing, and the filter is never taken away: it holds nothing, and
    lets records pass as they are that do not come from a call of ours.
    """
    for name, logger in list(logging.root.manager.loggerDict.items()):
        if name.partition(".")[0] in {"aiobotocore", "aiohttp", "botocore", "urllib3"} and isinstance(
            logger, logging.Logger
        ):
            logger.addFilter(_mask)


def _mask(record: logging.LogRecord) -> bool:
    """Put the operation's name before a record made during a call, and take every value out of it.

    Of the text, the pattern stays: ``InitiateAuth: Making request for %s with params: %s (values masked)``. A text
    without arguments may have been put together before it was logged, so it goes.
    """
    operation = _operation_under_way.get()
    if operation is not None:
        record.msg, record.args = "%s: %s (values masked)", (operation, record.msg if record.args else "...")
        record.exc_info = record.exc_text = record.stack_info = None
    return True
