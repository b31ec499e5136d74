"""The fake as a web application: Cognito's protocol, the keys that verify its tokens, and the messages that it sent."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, timedelta
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Final
from uuid import UUID

import anyio
import attrs
import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.engine.ports import Clock, Entropy
from authsteps.engine.system import SystemClock, SystemEntropy

from ..errors import Cause, refusal
from ..outbox import Message
from ..pool import FakeUserPool
from ..region.region import FakeCognito
from .protocol import (
    EXPOSED_HEADERS,
    INTERNAL_ERROR,
    MEDIA_TYPE,
    STOPPED_ERROR,
    error_body,
    error_headers,
    read_members,
    read_operation,
    reply_body,
)
from .service_model import service_model

__all__ = ["Exchange", "Limits", "cognito_app"]

_OUTBOX_PAGE: Final = Path(__file__).with_name("outbox.html")
_log: Final = logging.getLogger(__name__)
_PREFLIGHT_LIFE_SECONDS: Final = 172_800
"""How long a browser remembers what it may send. Known from experience."""
_AUTHORIZATION: Final = "authorization"
_PAGE_POLICY: Final = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'"
"""The page loads nothing from anywhere, and asks nobody but its own server."""


@attrs.frozen
class Limits:
    """What is taken of a request's body.

    Attributes:
        body_bytes: Its longest.
        body_seconds: How long it may take to arrive.
    """

    body_bytes: int = 1_000_000
    body_seconds: float = 10


@attrs.frozen
class Exchange:
    """A request that was answered, for whoever watches. It holds no value of either.

    Attributes:
        operation: Which; empty if none that there is was named.
        status: The status over HTTP.
        code: Of the error; ``None`` if there was none.
        took: How long the answer took.
    """

    operation: str
    status: int
    code: str | None
    took: timedelta


def _watch_nothing(exchange: Exchange, /) -> None:
    del exchange


def cognito_app(
    cognito: FakeCognito,
    *,
    limits: Limits | None = None,
    requires_signatures: bool = False,
    watch: Callable[[Exchange], None] = _watch_nothing,
    clock: Clock | None = None,
    entropy: Entropy | None = None,
) -> Starlette:
    """Return the web application that serves a region's pools.

    ``POST /`` takes Cognito's operations. ``GET /{pool}/.well-known/jwks.json`` and ``openid-configuration`` publish a
    pool's keys, ``/outbox.json`` and ``/outbox`` what the pools sent, ``/healthz`` that it lives.

    Args:
        cognito: The region.
        limits: What is taken of a body.
        requires_signatures: Whether operations that AWS wants signed are refused without a signature. Which one it is
            does not matter: nobody checks it.
        watch: Is told of every exchange, before it goes out.
        clock: Says how long an exchange took.
        entropy: Gives requests their ids.
    """
    door = _Door(
        cognito,
        limits if limits is not None else Limits(),
        requires_signatures,
        watch,
        clock if clock is not None else SystemClock(),
        entropy if entropy is not None else SystemEntropy(),
    )
    published = _Published(cognito)
    return Starlette(
        routes=[
            Route("/", door.answer, methods=["POST"]),
            Route("/", _to_outbox, methods=["GET"]),
            Route("/healthz", _say_that_it_lives, methods=["GET"]),
            Route("/outbox", _show_outbox, methods=["GET"]),
            Route("/outbox.json", published.outbox, methods=["GET"]),
            Route("/outbox.json", published.empty_outbox, methods=["DELETE"]),
            Route("/{user_pool_id}/.well-known/jwks.json", published.jwks, methods=["GET"]),
            Route("/{user_pool_id}/.well-known/openid-configuration", published.discovery, methods=["GET"]),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "POST", "DELETE", "OPTIONS"],
                allow_headers=["*"],
                expose_headers=EXPOSED_HEADERS,
                max_age=_PREFLIGHT_LIFE_SECONDS,
            )
        ],
    )


@attrs.frozen
class _Door:
    """Where Cognito's operations come in."""

    cognito: FakeCognito
    limits: Limits
    requires_signatures: bool
    watch: Callable[[Exchange], None]
    clock: Clock
    entropy: Entropy

    async def answer(self, request: Request) -> Response:
        """Perform the operation that a request names, and write down what comes of it."""
        began, operation, error, body = self.clock.monotonic(), "", None, b""
        try:
            operation = read_operation(request.headers.get("x-amz-target"), service_model().operations)
            body = await self._performed(operation, request)
        except ServiceError as refused:
            error = refused
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except asyncio.CancelledError:  # the server ends, and this is the last that it does: whoever waits is told
            error = STOPPED_ERROR
        except Exception as fault:  # noqa: BLE001  # whatever it is, the client is told in Cognito's form, and a log why
            _log.error("%s failed", operation, exc_info=fault)
            error = INTERNAL_ERROR
        self._tell(operation, error, began)
        headers = {"x-amzn-RequestId": str(UUID(bytes=self.entropy.random_bytes(16), version=4))}
        if error is None:
            return Response(body, 200, headers, MEDIA_TYPE)
        return Response(error_body(error), error.status, {**headers, **error_headers(error)}, MEDIA_TYPE)

    async def _performed(self, operation: str, request: Request) -> bytes:
        model = service_model()
        if operation not in self.cognito.operations:
            raise refusal(Cause.OPERATION_NOT_PERFORMED, operation=operation)
        is_signed = _AUTHORIZATION in request.headers
        if self.requires_signatures and not is_signed and operation not in model.unsigned:
            raise refusal(Cause.SIGNATURE_MISSING)
        members = read_members(await self._body(request))
        return reply_body(operation, await self.cognito.call(operation, members), model)

    async def _body(self, request: Request) -> bytes:
        """Return the body, which nobody may make endless."""
        body = bytearray()
        with anyio.move_on_after(self.limits.body_seconds) as in_time:
            async for chunk in request.stream():
                body += chunk
                if len(body) > self.limits.body_bytes:
                    raise refusal(Cause.REQUEST_TOO_LARGE, limit=str(self.limits.body_bytes))
        if in_time.cancelled_caught:
            raise refusal(Cause.REQUEST_TOO_SLOW, limit=f"{self.limits.body_seconds:g}")
        return bytes(body)

    def _tell(self, operation: str, error: ServiceError | None, began: float) -> None:
        status, code = (200, None) if error is None else (error.status, error.code)
        self.watch(Exchange(operation, status, code, timedelta(seconds=self.clock.monotonic() - began)))


@attrs.frozen
class _Published:
    """What anybody may read."""

    cognito: FakeCognito
    _written: dict[str, bytes] = attrs.field(factory=dict[str, bytes], init=False, repr=False)

    async def jwks(self, request: Request) -> Response:
        """Return the keys that verify a pool's tokens."""
        return JSONResponse(await self._pool(request).jwks())

    async def discovery(self, request: Request) -> Response:
        """Return a pool's OpenID Connect discovery document. A pool without a domain has no endpoints to name.

        The keys are said to be here, whatever address the pool's tokens claim to be from.

        Source: a discovery document recorded from the service; that it names no endpoints here is our choice.
        """
        pool = self._pool(request)
        return JSONResponse(
            {
                "issuer": pool.issuer,
                "jwks_uri": f"{request.base_url}{pool.id}/.well-known/jwks.json",
                "id_token_signing_alg_values_supported": ["RS256"],
                "response_types_supported": ["code", "token"],
                "scopes_supported": ["openid", "email", "phone", "profile"],
                "subject_types_supported": ["public"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            }
        )

    async def outbox(self, _: Request) -> Response:
        """Return every message that the pools sent, the newest last."""
        messages = [message for pool in self.cognito.pools for message in pool.outbox]
        messages.sort(key=attrgetter("sent_at"))
        # A page asks every second, and a full outbox takes a tenth of one to write down: each message is written once.
        known = {message.id: self._written.get(message.id) or _written(message) for message in messages}
        self._written.clear()
        self._written.update(known)
        body = b"[" + b",".join(known.values()) + b"]"
        return Response(body, 200, {"Cache-Control": "no-store"}, "application/json")

    async def empty_outbox(self, _: Request) -> Response:
        """Forget every message."""
        for pool in self.cognito.pools:
            pool.outbox.clear()
        return Response(status_code=204)

    def _pool(self, request: Request) -> FakeUserPool:
        try:
            return self.cognito.pool(request.path_params["user_pool_id"])
        except LookupError:
            raise HTTPException(404, "there is no such user pool") from None


def _written(message: Message) -> bytes:
    members = {
        "id": message.id,
        "username": message.username,
        "medium": message.medium.value,
        "destination": message.destination,
        "code": message.code.reveal(),
        "purpose": message.purpose.value,
        "sent_at": message.sent_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
    return msgspec.json.encode(members)


async def _to_outbox(_: Request) -> Response:
    return RedirectResponse("/outbox")


async def _say_that_it_lives(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _show_outbox(_: Request) -> Response:
    return HTMLResponse(_page(), headers={"Content-Security-Policy": _PAGE_POLICY})


@cache
def _page() -> str:
    return _OUTBOX_PAGE.read_text("utf-8")
