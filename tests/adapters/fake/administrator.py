"""An administrator, who speaks to Cognito through botocore: what is sent is what botocore sends, and every reply and
refusal is held against the service model.
"""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from authsteps.adapters.cognito.transport import Json, ServiceError, Transport
from tests.adapters.fake import model
from tests.adapters.fake.world import ALICE, Reply

__all__ = ["Administrator", "attributes", "pairs"]


def pairs(given: Mapping[str, str]) -> list[Json]:
    """Attributes as they are sent."""
    return [{"Name": name, "Value": value} for name, value in given.items()]


def attributes(sent: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Attributes by name, as a reply holds them."""
    return {pair["Name"]: pair["Value"] for pair in sent}


class Administrator:
    """Somebody with the keys of the house.

    Args:
        cognito: What is administered.
        user_pool_id: The pool that is meant where nothing is said.
    """

    def __init__(self, cognito: Transport, user_pool_id: str) -> None:
        self.cognito = cognito
        self.user_pool_id = user_pool_id

    async def call(self, operation: str, **members: Any) -> Reply:
        """Send a request as botocore does."""
        return await self.send(operation, model.serialized(operation, members))

    async def send(self, operation: str, request: Mapping[str, Json]) -> Reply:
        """Send a request as it is."""
        try:
            reply = await self.cognito.call(operation, request)
        except ServiceError as error:
            model.fits_refusal(operation, error)
            raise
        model.fits_reply(operation, reply)
        return cast("Reply", reply)

    async def in_pool(self, operation: str, **members: Any) -> Reply:
        """Send a request that goes by the pool."""
        return await self.call(operation, **{"UserPoolId": self.user_pool_id, **members})

    async def to(self, operation: str, username: str = ALICE, **members: Any) -> Reply:
        """Send a request that goes by a user."""
        return await self.in_pool(operation, Username=username, **members)

    async def create_user(self, username: str, given: Mapping[str, str] | None = None, **members: Any) -> Reply:
        """Make an account."""
        return cast(
            "Reply", (await self.to("AdminCreateUser", username, UserAttributes=pairs(given or {}), **members))["User"]
        )
