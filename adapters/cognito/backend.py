"""``CognitoBackend``: performs every effect of the flows over a transport."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from typing import get_args

from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.engine.system import SystemClock, SystemEntropy
from authsteps.flows.effects import SettleIn
from authsteps.flows.errors import BackendError
from authsteps.flows.events import ErrandDone
from authsteps.flows.model import sealed
from authsteps.flows.srp import Arithmetic

from .config import CognitoConfig
from .connection import Connections, connected
from .exchange import exchange
from .protocol import BackendEffect, to_event, to_request
from .request import Request
from .retries import Retries
from .srp_worker import SrpEffect, SrpWorker
from .transport import Transport

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
    async def connect(  # a keyword for each setting, and most are left alone
        cls,
        *,
        user_pool_id: str,
        client_id: str,
        client_secret: str | Secret | None = None,
        endpoint_url: str | None = None,
        region: str | None = None,
        connections: Connections | None = None,
        retries: Retries | None = None,
        analytics_endpoint_id: str | None = None,
        user_context_data: Callable[[str], str | None] | None = None,
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
            connections: How many, for how long they are kept, and how long they may take, if not as ``Connections()``.
            retries: How often what is safe to repeat is repeated, if not as ``Retries()``.
            analytics_endpoint_id: As for ``CognitoConfig``.
            user_context_data: As for ``CognitoConfig``.
            clock: As for the class; it also tells how long repeating has taken.
            entropy: As for the class; it also gives the length of pauses.
            arithmetic: As for the class.

        Raises:
            InvalidInputError: The pool's id is none, or the other settings do not lead to a connection.
            RuntimeError: There is no asyncio event loop; aiohttp does not run on trio.
        """
        secret = sealed(client_secret) if client_secret is not None else None
        del client_secret
        config = CognitoConfig(user_pool_id, client_id, secret, analytics_endpoint_id, user_context_data)
        async with connected(
            "cognito-idp",
            region if region is not None else config.region,
            endpoint_url=endpoint_url,
            connections=connections,
            retries=retries,
            clock=clock,
            entropy=entropy,
        ) as transport:
            yield cls(transport, config, clock=clock, entropy=entropy, arithmetic=arithmetic)

    @property
    def performs(self) -> Collection[type[Effect]]:
        """The effect classes that it takes: all of the flows' but the identity pool's."""
        return (SettleIn, *get_args(BackendEffect), *self._srp.performs)

    async def perform(self, effect: Effect) -> Event:
        """Perform ``effect`` and return the event that its reply becomes.

        An errand that fails for want of an answer is over, too: ``ErrandDone`` says so, and nothing is raised.

        Raises:
            BackendUnavailableError: No answer came, or none of use.
            BackendContractError: The reply does not have the documented shape.
            InvalidInputError: A passkey's credential is no JSON object. Nothing was sent.
            TypeError: It is no effect that a user pool performs.
        """
        if isinstance(effect, SettleIn):
            return await self._settle_in(effect)
        if isinstance(effect, SrpEffect):
            return await self._srp.perform(effect)
        if not isinstance(effect, BackendEffect):
            raise TypeError(f"{type(effect).__name__} is no effect that a Cognito backend performs")
        return await exchange(self._transport, effect, self._to_request, to_event)

    async def _settle_in(self, effect: SettleIn) -> ErrandDone:
        try:
            return ErrandDone(await self.perform(effect.errand))
        except BackendError:
            return ErrandDone(None)

    def _to_request(self, effect: BackendEffect) -> tuple[str, Request]:
        return to_request(effect, self._config)
