"""``CognitoBackend``: performs every effect of the flows over a transport."""

from collections.abc import AsyncGenerator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import get_args

from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.engine.system import SystemClock, SystemEntropy
from authsteps.flows.effects import ComputeClaim, MakeKeyPair
from authsteps.flows.errors import BackendContractError, BackendUnavailableError, InvalidInputError
from authsteps.flows.srp import Arithmetic

from .protocol import BackendEffect, CognitoConfig, to_event, to_refusal, to_request
from .srp_worker import SrpWorker
from .transport import NoReplyError, ServiceError, Transport

__all__ = ["CognitoBackend"]


class CognitoBackend:
    """A Cognito user pool, seen through one of its app clients. Any number of tasks may use it.

    Args:
        transport: Carries requests: aiobotocore, a fake pool, or a script.
        config: Which pool and which client.
        clock: Gives the instant that an SRP proof is bound to.
        entropy: Gives private keys.
        arithmetic: How SRP is computed.
    """

    def __init__(
        self,
        transport: Transport,
        config: CognitoConfig,
        *,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        arithmetic: Arithmetic | None = None,
    ) -> None:
        self._transport = transport
        self._config = config
        self._srp = SrpWorker(
            config.pool_name,
            clock=clock if clock is not None else SystemClock(),
            entropy=entropy if entropy is not None else SystemEntropy(),
            arithmetic=arithmetic,
        )

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        *,
        user_pool_id: str,
        client_id: str,
        client_secret: str | Secret | None = None,
        endpoint_url: str | None = None,
        region: str | None = None,
        max_connections: int = 32,
        connect_timeout: timedelta = timedelta(seconds=5),
        read_timeout: timedelta = timedelta(seconds=30),
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        arithmetic: Arithmetic | None = None,
    ) -> "AsyncGenerator[CognitoBackend, None]":
        """Connect to a real pool through aiobotocore, on asyncio; the connections are closed on leaving.

        No AWS credentials are needed: everything that an app client may do is unsigned.

        Args:
            user_pool_id: Such as ``eu-west-1_AbCdEf123``.
            client_id: The app client's id.
            client_secret: Its secret, if it has one.
            endpoint_url: Where to connect, for a pool that is not AWS's.
            region: Where the pool is, if its id does not begin with that.
            max_connections: How many requests may be under way at once. The others wait in the order they came.
            connect_timeout: How long connecting may take.
            read_timeout: How long an answer may take.
            clock: As for the class.
            entropy: As for the class.
            arithmetic: As for the class.

        Raises:
            InvalidInputError: The pool's id is none, or the other settings do not lead to a connection.
            RuntimeError: There is no asyncio event loop; aiohttp does not run on trio.
        """
        # Imported here, for it brings aiobotocore along, which takes a while and runs on asyncio alone.
        from .aws import AwsTransport  # noqa: PLC0415  # see above

        secret = client_secret if isinstance(client_secret, Secret) or client_secret is None else Secret(client_secret)
        del client_secret
        config = CognitoConfig(user_pool_id, client_id, secret)
        opening = AwsTransport.open(
            region if region is not None else config.region,
            endpoint_url=endpoint_url,
            max_connections=max_connections,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
        )
        async with AsyncExitStack() as stack:
            try:
                transport = await stack.enter_async_context(opening)
            except ValueError as error:
                raise InvalidInputError("the connection", "cannot be made", str(error)) from error
            yield cls(transport, config, clock=clock, entropy=entropy, arithmetic=arithmetic)

    @property
    def performs(self) -> Collection[type[Effect]]:
        """The effect classes that it takes: all of the flows'."""
        return (*get_args(BackendEffect), *self._srp.performs)

    async def perform(self, effect: Effect) -> Event:
        """Perform ``effect`` and return the event that its reply becomes.

        Raises:
            BackendUnavailableError: No answer came, or none of use.
            BackendContractError: The reply does not have the documented shape.
            TypeError: It is no effect of the flows.
        """
        if isinstance(effect, ComputeClaim | MakeKeyPair):
            return await self._srp.perform(effect)
        if not isinstance(effect, BackendEffect):
            raise TypeError(f"{type(effect).__name__} is no effect that a Cognito backend performs")
        match await self._call(effect):
            case ServiceError() as error:
                return to_refusal(effect, error)
            case NoReplyError() as error:
                raise BackendUnavailableError(error.reason, sent=error.sent)
            case BackendContractError() as error:
                raise error
            case event:
                return event

    async def _call(self, effect: BackendEffect) -> Event | ServiceError | NoReplyError | BackendContractError:
        """Call, and give an error back as a value: its traceback leads through frames that hold request or reply."""
        try:
            return to_event(effect, await self._transport.call(*to_request(effect, self._config)))
        except (ServiceError, NoReplyError, BackendContractError) as error:
            return error.with_traceback(None)
