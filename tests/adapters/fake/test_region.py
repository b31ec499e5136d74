"""Cognito as a whole: which pool a request belongs to, and what happens to one that belongs to none."""

import base64
import json
from typing import cast

import pytest
from pyotp.totp import TOTP

from authsteps.adapters.cognito.backend import CognitoBackend
from authsteps.adapters.cognito.protocol import CognitoConfig
from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import FakeCognito, FakeUserPool, MfaConfiguration, MfaFactor, Purpose, SigningKeys
from authsteps.adapters.fake.members import Members
from authsteps.engine.messages import Secret
from authsteps.flows import AuthClient, steps
from tests.adapters.fake.administrator import Administrator, attributes, pairs
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.model import service
from tests.adapters.fake.world import ALICE, EMAIL, NEW_PASSWORD, PASSWORD, App, Reply, constraint, refusal, tokens_of
from tests.conftest import SeededEntropy, VirtualClock

INVALID_TOKEN = ("NotAuthorizedException", "Invalid Access Token")


@pytest.fixture
def cognito(clock: VirtualClock, entropy: SeededEntropy, signing_keys: SigningKeys) -> FakeCognito:
    """A Cognito without pools."""
    return FakeCognito(clock=clock, entropy=entropy, signing_keys=signing_keys)


@pytest.fixture
def two(cognito: FakeCognito, make_pool: MakePool) -> tuple[FakeUserPool, FakeUserPool]:
    """Two pools in it, with an Alice in each, whose names differ."""
    pools = (make_pool("eu-west-1_First0001"), make_pool("eu-west-1_Second002"))
    for number, pool in enumerate(pools):
        pool.add_user(ALICE, PASSWORD, attributes={"name": f"Alice {number}"})
        cognito.add_pool(pool)
    return pools


def name_of(reply: Reply) -> str:
    return attributes(reply["UserAttributes"])["name"]


# --- Where a request belongs ------------------------------------------------------------------------------------------


async def test_a_request_goes_to_the_pool_that_it_names(
    cognito: FakeCognito, two: tuple[FakeUserPool, FakeUserPool]
) -> None:
    for number, pool in enumerate(two):
        assert name_of(await Administrator(cognito, pool.id).to("AdminGetUser")) == f"Alice {number}"


async def test_what_names_no_pool_goes_by_its_client_and_by_its_token(
    cognito: FakeCognito, two: tuple[FakeUserPool, FakeUserPool]
) -> None:
    anybody = Administrator(cognito, "")
    for number, pool in enumerate(two):
        client_id, parameters = pool.client.client_id, {"USERNAME": ALICE, "PASSWORD": PASSWORD}
        signed_in = await anybody.call(
            "InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", ClientId=client_id, AuthParameters=parameters
        )
        tokens = tokens_of(signed_in)
        refreshed = await anybody.call(
            "GetTokensFromRefreshToken", RefreshToken=tokens["RefreshToken"], ClientId=client_id
        )
        for each in (tokens, tokens_of(refreshed)):
            assert name_of(await anybody.call("GetUser", AccessToken=each["AccessToken"])) == f"Alice {number}"


async def test_a_pool_that_is_named_where_none_is_asked_for_is_passed_over(
    cognito: FakeCognito, two: tuple[FakeUserPool, FakeUserPool], clock: VirtualClock
) -> None:
    token: Json = (await App(two[0], clock).tokens())["AccessToken"]

    for stray in (two[1].id, "eu-west-1_Nowhere01", 7):
        for transport in (cognito, two[0]):
            reply = await transport.call("GetUser", {"AccessToken": token, "UserPoolId": stray})
            assert name_of(cast("Reply", reply)) == "Alice 0"


async def test_a_token_of_one_pool_opens_nothing_in_another(
    cognito: FakeCognito, two: tuple[FakeUserPool, FakeUserPool], clock: VirtualClock
) -> None:
    token = (await App(two[0], clock).tokens())["AccessToken"]

    assert await refusal(two[1].call("GetUser", {"AccessToken": token})) == INVALID_TOKEN


async def test_a_session_is_found_where_it_was_opened(
    cognito: FakeCognito, two: tuple[FakeUserPool, FakeUserPool], clock: VirtualClock
) -> None:
    user = two[1].user(ALICE)
    user.attributes["phone_number"] = "+15550001234"
    user.mfa_factors.add(MfaFactor.SMS_MFA)
    session = Secret((await App(two[1], clock).by_password())["Session"])

    assert [pool.knows_session(session) for pool in two] == [False, True]
    by_session = Members({"Session": session.reveal()})
    assert cognito._pool_of(by_session) is two[1]  # pyright: ignore[reportPrivateUsage]  # it shows in no reply yet


def forged(claims: object) -> str:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{payload}.c2ln"


@pytest.mark.parametrize(
    "token",
    [
        "none",
        "a.b",
        "a.-.c",
        forged({}),
        forged([]),
        forged({"iss": 7}),
        forged({"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Nowhere01"}),
        forged({"iss": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_First0001", "token_use": "access"}),
    ],
)
@pytest.mark.usefixtures("two")
async def test_a_token_of_nobody_opens_nothing(cognito: FakeCognito, token: str) -> None:
    assert await refusal(cognito.call("GetUser", {"AccessToken": token})) == INVALID_TOKEN


UNKNOWN_POOL = ("ResourceNotFoundException", "User pool eu-west-1_Nowhere01 does not exist.")
LOST: dict[str, tuple[str, dict[str, Json], tuple[str, str]]] = {
    "an unknown client": (
        "InitiateAuth",
        {"ClientId": "unknown", "AuthFlow": "USER_PASSWORD_AUTH"},
        ("ResourceNotFoundException", "User pool client unknown does not exist."),
    ),
    "an unknown client that revokes": (
        "RevokeToken",
        {"ClientId": "unknown", "Token": "token"},
        ("UnauthorizedException", "Client unknown is not authorized"),
    ),
    "an unknown session": (
        "AssociateSoftwareToken",
        {"Session": "x" * 30},
        ("NotAuthorizedException", "Invalid session for the user."),
    ),
    "an unknown pool": ("AdminGetUser", {"UserPoolId": "eu-west-1_Nowhere01", "Username": ALICE}, UNKNOWN_POOL),
    "the pool that stands for none": (
        "AdminGetUser",
        {"UserPoolId": "eu-west-1_0", "Username": ALICE},
        ("ResourceNotFoundException", "User pool eu-west-1_0 does not exist."),
    ),
    "an unknown pool with a broken name": (
        "AdminGetUser",
        {"UserPoolId": "eu-west-1_Nowhere01", "Username": ""},
        constraint(
            "Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1",
            "Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: "
            r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+",
        ),
    ),
    "nothing at all": (
        "AssociateSoftwareToken",
        {},
        ("InvalidParameterException", "Exactly one of AccessToken and Session is required"),
    ),
    "a missing token": (
        "GetUser",
        {},
        constraint("Value at 'accessToken' failed to satisfy constraint: Member must not be null"),
    ),
    "no operation": ("GetUsers", {}, ("UnknownOperationException", "")),
}


@pytest.mark.parametrize(("operation", "request_", "expected"), LOST.values(), ids=[*LOST])
@pytest.mark.usefixtures("two")
async def test_what_belongs_nowhere_is_refused_in_the_words_of_what_was_looked_for(
    cognito: FakeCognito, operation: str, request_: dict[str, Json], expected: tuple[str, str]
) -> None:
    assert await refusal(cognito.call(operation, request_)) == expected


async def test_without_any_pool_the_refusals_are_the_same(cognito: FakeCognito) -> None:
    assert await refusal(cognito.call("GetUser", {"AccessToken": "none"})) == INVALID_TOKEN


# --- What it is made of -----------------------------------------------------------------------------------------------


def test_its_operations_are_the_services(cognito: FakeCognito) -> None:
    assert cognito.operations <= set(service().operation_names)
    assert {"CreateUserPool", "AdminCreateUser", "InitiateAuth"} <= cognito.operations


def test_pools_are_found_by_their_ids(cognito: FakeCognito, two: tuple[FakeUserPool, FakeUserPool]) -> None:
    assert cognito.pools == two
    assert cognito.pool(two[1].id) is two[1]
    with pytest.raises(LookupError):
        cognito.pool("eu-west-1_Nowhere01")


@pytest.mark.parametrize("pool_id", ["eu-west-1_First0001", "eu-west-1_0"])
@pytest.mark.usefixtures("two")
def test_there_is_one_pool_of_an_id(cognito: FakeCognito, make_pool: MakePool, pool_id: str) -> None:
    with pytest.raises(ValueError, match=pool_id):
        cognito.add_pool(make_pool(pool_id))


async def test_it_needs_no_arguments() -> None:
    made = await Administrator(FakeCognito("us-east-2"), "").call("CreateUserPool", PoolName="p")

    assert made["UserPool"]["Id"].startswith("us-east-2_")


# --- All the way ------------------------------------------------------------------------------------------------------


async def made_pool(cognito: FakeCognito, **client: Json) -> tuple[Administrator, CognitoConfig]:
    administrator = Administrator(cognito, "")
    pool = (await administrator.call("CreateUserPool", PoolName="people", AutoVerifiedAttributes=["email"]))["UserPool"]
    administrator.user_pool_id = pool["Id"]
    made = (await administrator.in_pool("CreateUserPoolClient", ClientName="app", **client))["UserPoolClient"]
    return administrator, CognitoConfig(pool["Id"], made["ClientId"], made.get("ClientSecret"))


def client_of(cognito: FakeCognito, config: CognitoConfig, clock: VirtualClock) -> AuthClient:
    backend = CognitoBackend(cognito, config, clock=clock, entropy=SeededEntropy(1))
    return AuthClient(backend, clock=clock, entropy=SeededEntropy(2))


@pytest.mark.parametrize("with_secret", [False, True])
async def test_a_pool_that_was_asked_for_is_signed_in_to(
    cognito: FakeCognito, clock: VirtualClock, *, with_secret: bool
) -> None:
    administrator, config = await made_pool(cognito, GenerateSecret=with_secret)
    await administrator.create_user(ALICE, {"email": EMAIL, "email_verified": "true"}, DesiredDeliveryMediums=["EMAIL"])
    sent = cognito.pool(administrator.user_pool_id).outbox.latest(ALICE, Purpose.INVITATION)
    auth = client_of(cognito, config, clock)

    asked = await auth.sign_in(ALICE, sent.code.reveal())
    assert isinstance(asked.next_step, steps.ConfirmSignInWithNewPassword)
    done = await auth.confirm_sign_in(NEW_PASSWORD)
    assert done.is_signed_in
    assert (await administrator.to("AdminGetUser"))["UserStatus"] == "CONFIRMED"

    await auth.sign_out()
    assert (await client_of(cognito, config, clock).sign_in(ALICE, NEW_PASSWORD)).is_signed_in


async def test_an_app_is_set_up_in_the_middle_of_a_sign_in_by_the_session_alone(
    cognito: FakeCognito, clock: VirtualClock
) -> None:
    """Neither a pool nor a client is named by what sets it up."""
    await made_pool(cognito)  # another pool beside it
    administrator, config = await made_pool(cognito)
    pool = cognito.pool(administrator.user_pool_id)
    pool.settings.mfa = MfaConfiguration.ON
    pool.settings.mfa_factors = frozenset({MfaFactor.SOFTWARE_TOKEN_MFA})
    pool.add_user(ALICE, PASSWORD)
    auth = client_of(cognito, config, clock)

    asked = (await auth.sign_in(ALICE, PASSWORD)).next_step
    assert isinstance(asked, steps.ContinueSignInWithTotpSetup)
    assert (await auth.confirm_sign_in(TOTP(asked.shared_secret.reveal()).at(clock.now()))).is_signed_in


async def test_people_sign_themselves_up_to_it(cognito: FakeCognito, clock: VirtualClock) -> None:
    administrator, config = await made_pool(cognito)
    auth = client_of(cognito, config, clock)

    await auth.sign_up(ALICE, PASSWORD, attributes={"email": EMAIL})
    code = cognito.pool(administrator.user_pool_id).outbox.latest(ALICE, Purpose.SIGN_UP).code
    await auth.confirm_sign_up(ALICE, code.reveal())
    assert (await auth.sign_in(ALICE, PASSWORD)).is_signed_in
    assert (await auth.get_current_user()).username == ALICE


async def test_two_pools_are_two_worlds(cognito: FakeCognito, clock: VirtualClock) -> None:
    worlds = [await made_pool(cognito) for _ in range(2)]
    for administrator, _ in worlds:
        await administrator.create_user(ALICE, TemporaryPassword=PASSWORD)
    first, second = (administrator for administrator, _ in worlds)
    await first.to("AdminSetUserPassword", Password=NEW_PASSWORD, Permanent=True)
    await second.to("AdminUpdateUserAttributes", UserAttributes=pairs({"name": "Alice"}))

    assert (await client_of(cognito, worlds[0][1], clock).sign_in(ALICE, NEW_PASSWORD)).is_signed_in
    challenged = await client_of(cognito, worlds[1][1], clock).sign_in(ALICE, PASSWORD)
    assert isinstance(challenged.next_step, steps.ConfirmSignInWithNewPassword)
