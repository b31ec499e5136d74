"""aiobotocore signs a person in at the served fake: with a password, and with SRP in our own arithmetic."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore import UNSIGNED
from botocore.exceptions import ClientError

from authsteps.engine.messages import Secret
from authsteps.flows import srp
from tests.adapters.fake.world import ALICE, NEW_PASSWORD, PASSWORD, SRP
from tests.clients.served import REGION, Served, ServedPool

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from types_aiobotocore_cognito_idp.client import CognitoIdentityProviderClient

Reply: TypeAlias = Any


@pytest.fixture(scope="module")
def pool(served: Served) -> ServedPool:
    """A pool with Alice in it."""
    pool = served.new_pool()
    pool.add_user(ALICE)
    return pool


@pytest.fixture
async def client(served: Served) -> "AsyncGenerator[CognitoIdentityProviderClient]":
    """aiobotocore without AWS credentials."""
    session: Any = get_session()  # its types name services whose types are not here
    config = AioConfig(signature_version=UNSIGNED)
    async with session.create_client("cognito-idp", REGION, endpoint_url=served.url, config=config) as client:
        yield client


async def sign_in_with_srp(client: "CognitoIdentityProviderClient", pool: ServedPool, password: str) -> Reply:
    keys = srp.key_pair(bytes(range(32)), SRP)
    asked = await client.initiate_auth(
        ClientId=pool.app.id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": ALICE, "SRP_A": keys.public.reveal()},
    )
    told, timestamp = asked["ChallengeParameters"], srp.timestamp(datetime.now(UTC))
    claim = srp.password_claim(
        pool_name=pool.id.partition("_")[2],
        user_id=told["USER_ID_FOR_SRP"],
        password=Secret(password),
        key_pair=keys,
        salt_hex=Secret(told["SALT"]),
        srp_b_hex=Secret(told["SRP_B"]),
        secret_block_b64=Secret(told["SECRET_BLOCK"]),
        timestamp=timestamp,
        arithmetic=SRP,
    )
    return await client.respond_to_auth_challenge(
        ClientId=pool.app.id,
        ChallengeName=asked["ChallengeName"],
        ChallengeResponses={
            "USERNAME": told["USERNAME"],
            "PASSWORD_CLAIM_SECRET_BLOCK": told["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": claim.reveal(),
            "TIMESTAMP": timestamp,
        },
    )


async def test_a_password_is_exchanged_for_tokens(client: "CognitoIdentityProviderClient", pool: ServedPool) -> None:
    held: Reply = await client.initiate_auth(
        ClientId=pool.app.id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": ALICE, "PASSWORD": PASSWORD},
    )
    user = await client.get_user(AccessToken=held["AuthenticationResult"]["AccessToken"])
    assert user["Username"] == ALICE


async def test_srp_needs_no_session(client: "CognitoIdentityProviderClient", pool: ServedPool) -> None:
    """The secret block is enough, as older clients know it."""
    done = await sign_in_with_srp(client, pool, PASSWORD)
    assert done["AuthenticationResult"]["TokenType"] == "Bearer"


async def test_srp_with_a_wrong_password_is_refused(client: "CognitoIdentityProviderClient", pool: ServedPool) -> None:
    with pytest.raises(client.exceptions.NotAuthorizedException) as caught:
        await sign_in_with_srp(client, pool, NEW_PASSWORD)
    assert isinstance(caught.value, ClientError)
    told: Reply = caught.value.response
    assert told["Error"] == {"Code": "NotAuthorizedException", "Message": "Incorrect username or password."}
