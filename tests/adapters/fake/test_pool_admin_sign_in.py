"""Signing somebody in as an administrator's program does: AdminInitiateAuth and AdminRespondToAuthChallenge."""

from collections.abc import Callable

import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import ExplicitAuthFlow, FakeUserPool, FirstFactor, MfaFactor, Purpose
from authsteps.flows import srp
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    NO_SUCH_USER,
    PASSWORD,
    SESSION_SPENT,
    SRP,
    STRANGER,
    TROUBLES,
    WRONG_CREDENTIALS,
    App,
    Offer,
    Refusal,
    Reply,
    missing,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

NOT_SUPPORTED = ("InvalidParameterException", "Initiate Auth method not supported.")
OWN_NAMES = {"InitiateAuth": "AdminInitiateAuth", "RespondToAuthChallenge": "AdminRespondToAuthChallenge"}
BY_PASSWORD = ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH")


class Administrator(App):
    """A program that signs people in with its own rights."""

    async def call(self, operation: str, **members: Json) -> Reply:
        if operation not in OWN_NAMES:
            return await super().call(operation, **members)
        pool_id: dict[str, Json] = {"UserPoolId": self.pool.id}
        return await super().call(OWN_NAMES[operation], **{**pool_id, **members})


@pytest.fixture
def admin(pool: FakeUserPool, clock: VirtualClock) -> Administrator:
    return Administrator(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))


async def by_password(app: App, username: str = ALICE, password: str = PASSWORD, flow: str = BY_PASSWORD[0]) -> Reply:
    return await app.initiate(flow, username, PASSWORD=password)


@pytest.mark.parametrize("flow", BY_PASSWORD)
async def test_a_password_signs_in_under_either_name_of_the_flow(admin: Administrator, flow: str) -> None:
    assert tokens_of(await by_password(admin, flow=flow))
    assert await refusal(by_password(admin, password="Incorrect-horse-7", flow=flow)) == WRONG_CREDENTIALS
    assert await refusal(admin.initiate(flow, ALICE)) == missing("PASSWORD")


@pytest.mark.parametrize("flow", BY_PASSWORD)
async def test_it_is_for_administrators_alone(admin: Administrator, flow: str) -> None:
    public = App(admin.pool, admin.clock, admin.client)

    assert await refusal(by_password(public, flow=flow)) == NOT_SUPPORTED
    assert await refusal(by_password(admin, flow="USER_PASSWORD_AUTH")) == NOT_SUPPORTED


@pytest.mark.parametrize("flow", BY_PASSWORD)
async def test_a_client_must_be_allowed_to(admin: Administrator, flow: str) -> None:
    flows = ALL_FLOWS - {ExplicitAuthFlow.ALLOW_ADMIN_USER_PASSWORD_AUTH}
    forbidden = Administrator(admin.pool, admin.clock, admin.pool.add_client(explicit_auth_flows=flows))

    assert await refusal(by_password(forbidden, flow=flow)) == (
        "InvalidParameterException",
        "Auth flow not enabled for this client",
    )


async def test_the_pool_and_the_client_must_belong_together(admin: Administrator, make_pool: MakePool) -> None:
    another = make_pool("eu-west-1_Another01")
    parameters: Json = {"USERNAME": ALICE, "PASSWORD": PASSWORD}
    request: dict[str, Json] = {"AuthFlow": BY_PASSWORD[0], "AuthParameters": parameters}

    elsewhere = App.call(admin, "AdminInitiateAuth", UserPoolId=another.id, ClientId=admin.client.client_id, **request)
    assert await refusal(elsewhere) == (
        "ResourceNotFoundException",
        "User pool eu-west-1_Another01 does not exist.",
    )
    stray = admin.call("InitiateAuth", ClientId=another.client.client_id, **request)
    assert await refusal(stray) == (
        "ResourceNotFoundException",
        f"User pool client {another.client.client_id} does not exist.",
    )


async def test_an_answer_is_for_this_pool_too(admin: Administrator) -> None:
    admin.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    challenge = await by_password(admin)
    code = admin.mailed(Purpose.SMS_MFA)
    answer: dict[str, Json] = {
        "ChallengeName": "SMS_MFA",
        "ClientId": admin.client.client_id,
        "Session": challenge["Session"],
        "ChallengeResponses": {"USERNAME": ALICE, "SMS_MFA_CODE": code},
    }
    elsewhere = App.call(admin, "AdminRespondToAuthChallenge", UserPoolId="eu-west-1_Another01", **answer)
    assert (await refusal(elsewhere))[0] == "ResourceNotFoundException"

    assert tokens_of(await admin.answer(challenge, code))


@pytest.mark.parametrize("begins_as_admin", [True, False])
async def test_challenges_can_be_answered_on_either_side(admin: Administrator, begins_as_admin: bool) -> None:  # noqa: FBT001  # a column of the table
    admin.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    public = App(admin.pool, admin.clock, admin.client)
    challenge = await by_password(admin) if begins_as_admin else await public.by_password()
    other = public if begins_as_admin else admin

    assert tokens_of(await other.answer(challenge, admin.mailed(Purpose.SMS_MFA)))


async def test_srp_works_and_brings_a_session(admin: Administrator) -> None:
    offer = await admin.offer_proof()
    assert offer.challenge["Session"]
    proof = admin.proof(offer)

    assert tokens_of(await admin.respond("PASSWORD_VERIFIER", ALICE, offer.challenge["Session"], **proof))
    assert await refusal(admin.send_proof(offer, proof)) == SESSION_SPENT


async def test_choice_based_sign_in_works(admin: Administrator) -> None:
    admin.pool.settings.first_factors = frozenset(FirstFactor)
    reply = await admin.initiate("USER_AUTH", ALICE)
    assert set(reply["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP", "EMAIL_OTP", "SMS_OTP"}
    code = await admin.answer(reply, "EMAIL_OTP")
    assert tokens_of(await admin.answer(code, admin.mailed(Purpose.EMAIL_OTP)))

    keys = srp.key_pair(bytes(range(4, 36)), SRP)
    wish = {"PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": keys.public.reveal()}
    offer = Offer(ALICE, keys, await admin.initiate("USER_AUTH", ALICE, **wish))
    assert tokens_of(await admin.prove(offer))


@pytest.mark.parametrize("flow", ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"])
async def test_tokens_are_refreshed(admin: Administrator, flow: str) -> None:
    tokens = tokens_of(await by_password(admin))
    reply = await admin.initiate(flow, ALICE, REFRESH_TOKEN=tokens["RefreshToken"])

    assert tokens_of(reply).keys() == {"AccessToken", "IdToken", "ExpiresIn", "TokenType"}


@pytest.mark.parametrize(("put", "expected"), TROUBLES.values(), ids=[*TROUBLES])
async def test_the_state_of_the_account_is_told(
    admin: Administrator, put: Callable[[FakeUserPool], object], expected: Refusal
) -> None:
    put(admin.pool)

    assert await refusal(by_password(admin)) == expected


async def test_whether_somebody_exists_is_hidden_as_the_client_has_it(admin: Administrator) -> None:
    assert await refusal(by_password(admin, STRANGER)) == NO_SUCH_USER
    discreet = Administrator(admin.pool, admin.clock, admin.discreet().client)
    assert await refusal(by_password(discreet, STRANGER)) == WRONG_CREDENTIALS


async def test_what_the_pool_cannot_do_without_triggers_it_cannot_do_for_administrators(admin: Administrator) -> None:
    assert (await refusal(admin.initiate("CUSTOM_AUTH", ALICE)))[0] == "InvalidUserPoolConfigurationException"
