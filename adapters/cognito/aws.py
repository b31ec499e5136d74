"""The transport that talks to AWS: aiobotocore carries a request there, this module reads what comes back.

Calls are unsigned, so no AWS credentials are needed or looked up: authority is in the request itself (a client id, a
session, an access token).

A request is sent once: an answer to a challenge carries a code that works once. Whether to repeat is for the caller to
decide (``repeating.RepeatingTransport``), who is told whether the request may have arrived.

Only ``connection.connected`` imports this module, and only when it is called: botocore is slow to import.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeAlias, final

import anyio
import attrs
import msgspec
from aiohttp import ClientConnectorError
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from authsteps.adapters.aws_client import nothing_logged, opened

from .connection import Connections
from .transport import Json, NoReplyError, Service, ServiceError

__all__ = ["AwsTransport"]

_Method: TypeAlias = Callable[..., Awaitable[Mapping[str, Any]]]


@final
@attrs.define(eq=False)
class AwsTransport:
    """A ``Transport`` that carries operations to one of Amazon Cognito's services over one aiobotocore client.

    Make one with ``AwsTransport.open``; a client costs as much as hundreds of calls, so share it between all tasks.
    Calls wait at a gate, first come first served, that lets through as many as there are connections: aiohttp's own
    pool is not fair, and lets a few busy tasks starve the others. The wait has no limit; a caller who wants one puts a
    deadline around the call.
    """

    _methods: Mapping[str, _Method] = attrs.field(repr=False)
    _gate: anyio.Semaphore = attrs.field(repr=False)
    _closed: bool = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        region: str,
        *,
        service: Service = "cognito-idp",
        endpoint_url: str | None = None,
        connections: Connections | None = None,
    ) -> AsyncGenerator["AwsTransport", None]:
        """Open the client, and close it with its connections at the end of the block.

        Args:
            region: Such as ``eu-west-1``.
            service: User pools, or identity pools.
            endpoint_url: Where the service listens, if not at AWS.
            connections: How many, and for how long, if not as ``Connections()``.

        Raises:
            ValueError: An argument, or the AWS configuration found on this machine, cannot be used.
            RuntimeError: There is no asyncio event loop; aiohttp does not run on trio.
        """
        connections = connections if connections is not None else Connections()
        async with opened(
            service,
            region=region,
            endpoint_url=endpoint_url,
            is_signed=False,
            max_connections=connections.limit,
            keep_alive=connections.keep_alive,
            connect_timeout=connections.connect_timeout,
            read_timeout=connections.read_timeout,
        ) as client:
            service_id = client.meta.service_model.service_id.hyphenize()
            client.meta.events.register(f"before-call.{service_id}", _forbid_caching)
            client.meta.events.register(f"before-parse.{service_id}", _take_answer)
            methods = {name: getattr(client, method) for method, name in client.meta.method_to_api_mapping.items()}
            transport = cls(methods, anyio.Semaphore(connections.limit, fast_acquire=True))
            try:
                yield transport
            finally:
                transport._closed = True

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Perform ``operation`` and return the members of its reply as they stood on the wire.

        Members that the installed botocore does not know are kept in replies. An instant is a number of seconds since
        the epoch, as Cognito sends it.

        Raises:
            ServiceError: Cognito answered with an error.
            NoReplyError: No answer came, or none of Cognito's: a page of a proxy, half a reply. The reason is a phrase
                of ours; the cause is left out, since the texts of botocore and aiohttp may quote what was sent or
                received.
            LookupError: The installed botocore knows no such operation. Nothing was sent.
            RuntimeError: The transport is closed. Nothing was sent.
        """
        try:
            with nothing_logged(operation):
                async with self._gate:
                    method = self._method(operation)  # looked up here: the transport may have closed during the wait
                    outcome = _read(await method(**_plain_members(request)))
        except ClientError as error:
            outcome = _read(error.response)
        except BotoCoreError as error:
            outcome = _explain(error)
        except asyncio.CancelledError as cancelled:
            raise cancelled.with_traceback(None) from None  # the frames dropped are botocore's and hold the request
        finally:
            del request  # some tracebacks show local variables, and this frame stands on every one of ours
        if isinstance(outcome, Exception):
            raise outcome  # out here it drags no context along
        return outcome

    def _method(self, operation: str) -> _Method:
        if self._closed:
            raise RuntimeError("this transport is closed")
        method = self._methods.get(operation)
        if method is None:
            raise LookupError(f"the installed botocore knows no Cognito operation {operation!r}")
        return method


def _plain(value: Json) -> Json:
    """Return ``value`` made of dicts and lists: botocore hands free-form members to ``json``, which takes no others."""
    if isinstance(value, Mapping):
        return _plain_members(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return value


def _plain_members(members: Mapping[str, Json]) -> dict[str, Json]:
    return {name: _plain(value) for name, value in members.items()}


# Answers. botocore drops members that it does not know, turns numbers into datetimes, takes a page of HTML for an empty
# reply and a status for an error's name. So the body is taken out of its hands and read here.

_ANSWER = "authsteps.answer"  # the member under which an answer passes through botocore's own reading

_members_of = msgspec.json.Decoder(dict[str, Any]).decode


@attrs.frozen(repr=False)
class _Answer:
    """What came back over HTTP. It has no repr, since the body holds tokens."""

    status: int
    error_type: str
    retry_after: timedelta | None
    body: bytes


def _forbid_caching(params: dict[str, Any], **_: object) -> None:
    """Ask whatever stands between here and Cognito to keep no copy.

    Source: the Cognito clients of the Amplify libraries for JavaScript and Flutter, which send this header.
    """
    params["headers"]["Cache-Control"] = "no-store"


def _take_answer(response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: object) -> None:
    """Take the body before botocore logs and parses it, and leave an empty one in its place."""
    customized_response_dict[_ANSWER] = _Answer(
        status=response_dict["status_code"],
        error_type=response_dict["headers"].get("x-amzn-errortype", ""),
        retry_after=_time_to_wait(response_dict["headers"].get("retry-after", "")),
        body=response_dict["body"],
    )
    response_dict["body"] = b""


_LONGEST_WAIT = timedelta(hours=1)
"""However much longer somebody asks for. It is a guess of a machine that is overloaded, and people wait for its end."""


def _time_to_wait(retry_after: str) -> timedelta | None:
    """Return how long the other side asks to be left alone, if it does so in seconds; nobody here sends a date.

    Source: RFC 9110, section 10.2.3, "Retry-After".
    """
    if re.fullmatch(r"[0-9]{1,9}", retry_after) is None:
        return None
    return min(timedelta(seconds=int(retry_after)), _LONGEST_WAIT)


def _read(reply: Mapping[str, Any]) -> Mapping[str, Json] | ServiceError | NoReplyError:
    """Return what an answer says: the members of a reply, Cognito's error, or that it is not Cognito who answered.

    An answer that names no error of Cognito's comes from something in between, whatever its status. It does not tell
    how far the request got.

    Source: Smithy specification, "AWS JSON 1.1 protocol", "Operation error serialization".
    """
    answer: _Answer = reply[_ANSWER]
    members = _members(answer.body)
    if 200 <= answer.status < 300:  # noqa: PLR2004 -- HTTP's class of successes
        return NoReplyError("the reply is not a JSON object", sent=True) if members is None else members
    members = members or {}
    code = _bare_code(members.get("__type")) or _bare_code(answer.error_type)
    if not code:
        reason = f"HTTP status {answer.status} without an error of Cognito's"
        return NoReplyError(reason, sent=True, retry_after=answer.retry_after)
    message = members.get("message") or members.get("Message")
    text = message if isinstance(message, str) else ""
    return ServiceError(code, text, answer.status, retry_after=answer.retry_after)


def _members(body: bytes) -> dict[str, Json] | None:
    if not body:  # the reply of an operation without output
        return {}
    try:
        return _members_of(body)
    except (ValueError, RecursionError):  # not JSON, not an object, not UTF-8; nested without end
        return None


def _bare_code(name: object) -> str:
    """Return an error's name without the namespace before ``#`` and the address after ``:``."""
    return name.partition(":")[0].rpartition("#")[2] if isinstance(name, str) else ""


def _explain(error: BotoCoreError) -> NoReplyError:
    """Return why no answer came, in words that quote nothing, and whether the request may have arrived."""
    cause = error.kwargs.get("error")  # aiohttp's own, where there is one
    match error:
        case ConnectTimeoutError():
            reason, sent = "connect timeout", False
        case SSLError():
            reason, sent = "TLS handshake failed", False
        case ProxyConnectionError():
            reason, sent = "the proxy let no connection through", False
        case EndpointConnectionError() if isinstance(cause, ClientConnectorError):
            reason, sent = _why_not_connected(cause.os_error), False
        case ReadTimeoutError():
            reason, sent = "read timeout", True
        case EndpointConnectionError() | ConnectionClosedError():
            reason, sent = "connection lost", True
        case _:
            reason, sent = f"no valid HTTP answer ({type(cause or error).__name__})", True
    return NoReplyError(reason, sent=sent)


def _why_not_connected(error: OSError) -> str:
    match error:
        case ConnectionRefusedError():
            return "connection refused"
        case TimeoutError():
            return "connect timeout"
        case _:
            return "host not found, or not reached"
