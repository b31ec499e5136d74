"""``CognitoIdentityPool``: trades a user's id token for AWS credentials, or gives a guest's.

Source: Amazon Cognito Identity API reference, GetId and GetCredentialsForIdentity; Amazon Cognito developer guide,
"Accessing AWS services using an identity pool after sign-in" (the name of a user pool's login).
"""

from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import assert_never, get_args

from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.flows import effects, events
from authsteps.flows.errors import InvalidInputError
from authsteps.flows.model import AwsCredentials

from . import wire
from .config import parts_of_pool_id
from .connection import Connections, connected
from .exchange import exchange
from .request import Request
from .retries import Retries
from .transport import Json, Transport
from .wire import read

__all__ = ["CognitoIdentityPool", "IdentityEffect"]

IdentityEffect = effects.GetId | effects.GetCredentialsForIdentity
"""Every effect that becomes one operation of an identity pool."""


class CognitoIdentityPool:
    """A Cognito identity pool that takes the id tokens of a user pool. Any number of tasks may use it.

    Args:
        transport: Carries requests: aiobotocore, a fake, or a script.
        identity_pool_id: Such as ``eu-west-1:11111111-2222-3333-4444-555555555555``.
        user_pool_id: The user pool whose tokens it takes, such as ``eu-west-1_AbCdEf123``.

    Raises:
        InvalidInputError: An id is none.
    """

    def __init__(self, transport: Transport, *, identity_pool_id: str, user_pool_id: str) -> None:
        self._transport = transport
        _region_of_identity_pool(identity_pool_id)  # refuses what is none
        self._identity_pool_id = identity_pool_id
        self._user_pool_login = f"cognito-idp.{parts_of_pool_id(user_pool_id)[0]}.amazonaws.com/{user_pool_id}"

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        *,
        identity_pool_id: str,
        user_pool_id: str,
        endpoint_url: str | None = None,
        region: str | None = None,
        connections: Connections | None = None,
        retries: Retries | None = None,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
    ) -> "AsyncGenerator[CognitoIdentityPool, None]":
        """Connect to a real pool through aiobotocore, on asyncio; the connections are closed on leaving.

        No AWS credentials are needed: both operations are unsigned.

        Args:
            identity_pool_id: As for the class.
            user_pool_id: As for the class.
            endpoint_url: Where to connect, for a pool that is not AWS's.
            region: Where the identity pool is, if its id does not begin with that.
            connections: How many, for how long they are kept, and how long they may take, if not as ``Connections()``.
            retries: How often what is safe to repeat is repeated, if not as ``Retries()``.
            clock: Tells how long repeating has taken.
            entropy: Gives the length of pauses between repetitions.

        Raises:
            InvalidInputError: An id is none, or the other settings do not lead to a connection.
            RuntimeError: There is no asyncio event loop; aiohttp does not run on trio.
        """
        async with connected(
            "cognito-identity",
            region if region is not None else _region_of_identity_pool(identity_pool_id),
            endpoint_url=endpoint_url,
            connections=connections,
            retries=retries,
            clock=clock,
            entropy=entropy,
        ) as transport:
            yield cls(transport, identity_pool_id=identity_pool_id, user_pool_id=user_pool_id)

    @property
    def user_pool_login(self) -> str:
        """The name under which the user pool's id tokens are given to it."""
        return self._user_pool_login

    @property
    def performs(self) -> Collection[type[Effect]]:
        """The effect classes that it takes."""
        return get_args(IdentityEffect)

    async def perform(self, effect: Effect) -> Event:
        """Perform ``effect`` and return the event that its reply becomes.

        Raises:
            BackendUnavailableError: No answer came, or none of use.
            BackendContractError: The reply does not have the documented shape.
            TypeError: It is no effect of an identity pool.
        """
        if not isinstance(effect, IdentityEffect):
            raise TypeError(f"{type(effect).__name__} is no effect that an identity pool performs")
        return await exchange(self._transport, effect, self._to_request, _to_event)

    def _to_request(self, effect: IdentityEffect) -> tuple[str, Request]:
        match effect:
            case effects.GetId():
                members = Request(IdentityPoolId=self._identity_pool_id)
            case effects.GetCredentialsForIdentity():
                members = Request(IdentityId=effect.identity_id)
            case _:
                assert_never(effect)
        if effect.logins:
            members["Logins"] = Request((name, token.reveal()) for name, token in effect.logins.items())
        return type(effect).__name__, members


def _to_event(effect: IdentityEffect, reply: Mapping[str, Json]) -> Event:
    match effect:
        case effects.GetId():
            return events.IdentityFound(read(reply, wire.IdentityReply).IdentityId)
        case effects.GetCredentialsForIdentity():
            issued = read(reply, wire.CredentialsReply)
            credentials = AwsCredentials(
                access_key_id=issued.Credentials.AccessKeyId,
                secret_access_key=Secret(issued.Credentials.SecretKey),
                session_token=Secret(issued.Credentials.SessionToken),
                expires_at=wire.instant(issued.Credentials.Expiration),
            )
            return events.CredentialsIssued(issued.IdentityId or effect.identity_id, credentials)
        case _:
            assert_never(effect)


def _region_of_identity_pool(identity_pool_id: str) -> str:
    region, separator, name = identity_pool_id.partition(":")
    if not (region and separator and name):
        remedy = "give it as the console shows it: eu-west-1:11111111-2222-3333-4444-555555555555"
        raise InvalidInputError("identity_pool_id", "is none", remedy)
    return region
