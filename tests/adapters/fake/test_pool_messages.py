"""Messages: which call sends which, who is told of it first, what they say, and what stands when they cannot go out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import attrs
import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import (
    FirstFactor,
    MfaConfiguration,
    MfaFactor,
    Purpose,
    UserStatus,
)
from authsteps.adapters.lambda_triggers import Trigger
from authsteps.flows import srp
from tests.adapters.fake.administrator import Administrator, pairs
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import Functions
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    SRP,
    App,
    Offer,
    Reply,
    tokens_of,
)
from tests.conftest import VirtualClock

CUSTOM_MESSAGE = Trigger.CUSTOM_MESSAGE
OF_MESSAGES = (Trigger.USER_MIGRATION, Trigger.PRE_SIGN_UP, CUSTOM_MESSAGE, Trigger.POST_CONFIRMATION)
UNREADABLE = ("InvalidLambdaResponseException", "Unrecognizable lambda output")
NEW_EMAIL, NEW_PHONE = "new@example.com", "+15550009876"
VERIFIED = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}
KEYS = srp.key_pair(bytes(range(3, 35)), SRP)
LEGACY = "legacy-carol"
"""Somebody whom only UserMigration knows."""
AT_ONCE = {"invited": "yes"}
"""Sent along as validation data by who is to be confirmed at once."""


def migrated(**answer: Any) -> Mapping[str, Any]:
    found = {"email": "carol@example.com", "email_verified": "true"}
    return {"userAttributes": found, "finalUserStatus": "CONFIRMED", "desiredDeliveryMediums": ["EMAIL"], **answer}


@pytest.fixture
def functions() -> Functions:
    return Functions(
        {
            Trigger.USER_MIGRATION: lambda _: migrated(),
            Trigger.PRE_SIGN_UP: lambda told: {"autoConfirmUser": told["validationData"] == AT_ONCE},
        }
    )


def make_app(make_pool: MakePool, clock: VirtualClock, functions: Functions, **settings: Any) -> App:
    given: dict[str, Any] = {"auto_verified": frozenset({"email", "phone_number"}), **settings}
    pool = make_pool(triggers=functions.behind(*OF_MESSAGES), first_factors=frozenset(FirstFactor), **given)
    return App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))


@pytest.fixture
def app(make_pool: MakePool, clock: VirtualClock, functions: Functions) -> App:
    """An app of a pool that is asked for everything that it sends."""
    return make_app(make_pool, clock, functions)


@attrs.define
class Desk:
    """Where calls are made: each sends its own name along."""

    app: App

    def add_alice(self, *factors: MfaFactor, **attributes: str) -> None:
        self.app.pool.add_user(ALICE, PASSWORD, attributes={**VERIFIED, **attributes})
        self.app.pool.user(ALICE).mfa_factors.update(factors)

    async def named(self, operation: str, username: str = ALICE, **members: Json) -> Reply:
        return await self.app.named(operation, username, ClientMetadata={"call": operation}, **members)

    async def sign_up(self, given: Mapping[str, str], username: str = ALICE, **members: Json) -> Reply:
        return await self.named("SignUp", username, Password=PASSWORD, UserAttributes=pairs(given), **members)

    async def administer(self, operation: str, username: str = ALICE, **members: Any) -> Reply:
        administrator = Administrator(self.app.pool, self.app.pool.id)
        return await administrator.to(operation, username, ClientMetadata={"call": operation}, **members)

    async def own(self, operation: str, **members: Json) -> Reply:
        """Sign Alice in, and have her do something to her account."""
        token = (await self.app.tokens())["AccessToken"]
        metadata: dict[str, Json] = {"ClientMetadata": {"call": operation}} if operation not in _SILENT else {}
        return await self.app.call(operation, AccessToken=token, **metadata, **members)

    async def initiate(self, flow: str = "USER_PASSWORD_AUTH", username: str = ALICE, **parameters: str) -> Reply:
        given: dict[str, Json] = {"USERNAME": username, "PASSWORD": PASSWORD, **parameters}
        return await self.app.call(
            "InitiateAuth",
            AuthFlow=flow,
            ClientId=self.app.client.client_id,
            AuthParameters=given,
            ClientMetadata={"call": "InitiateAuth"},
        )

    async def respond(self, reply: Reply, **responses: str) -> Reply:
        session: dict[str, Json] = {"Session": reply["Session"]} if "Session" in reply else {}
        return await self.app.call(
            "RespondToAuthChallenge",
            ClientId=self.app.client.client_id,
            ChallengeName=reply["ChallengeName"],
            ChallengeResponses={"USERNAME": ALICE, **responses},
            ClientMetadata={"call": "RespondToAuthChallenge"},
            **session,
        )


_SILENT = frozenset({"VerifyUserAttribute", "ChangePassword", "DeleteUserAttributes", "DeleteUser", "GetUser"})
"""Operations that take no metadata."""


# --- Which call fires what, and what of its metadata reaches it ------------------------------------------------------


async def signs_up(desk: Desk) -> None:
    await desk.sign_up({"email": EMAIL})


async def signs_up_without_an_address(desk: Desk) -> None:
    await desk.sign_up({})


async def signs_up_and_is_confirmed_at_once(desk: Desk) -> None:
    await desk.sign_up({"email": EMAIL}, ValidationData=pairs(AT_ONCE))


async def confirms(desk: Desk) -> None:
    await desk.app.sign_up(email=EMAIL)
    await desk.named("ConfirmSignUp", ConfirmationCode=desk.app.mailed(Purpose.SIGN_UP))


async def is_confirmed(desk: Desk) -> None:
    await desk.app.sign_up(email=EMAIL)
    await desk.administer("AdminConfirmSignUp")


async def wants_another_code(desk: Desk) -> None:
    await desk.app.sign_up(email=EMAIL)
    await desk.named("ResendConfirmationCode")


async def gets_an_account_without_a_password(desk: Desk) -> None:
    await desk.administer("AdminCreateUser", UserAttributes=pairs({"phone_number": PHONE}))


async def is_invited_both_ways(desk: Desk) -> None:
    given = pairs({"phone_number": PHONE, "email": EMAIL})
    media = ["SMS", "EMAIL"]
    await desk.administer(
        "AdminCreateUser", UserAttributes=given, DesiredDeliveryMediums=media, TemporaryPassword=PASSWORD
    )


async def is_invited_once_more(desk: Desk) -> None:
    await desk.administer("AdminCreateUser", UserAttributes=pairs({"phone_number": PHONE}), MessageAction="SUPPRESS")
    desk.app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    await desk.administer("AdminCreateUser", MessageAction="RESEND")


async def is_not_told_of_the_account(desk: Desk) -> None:
    given = pairs({"phone_number": PHONE})
    await desk.administer("AdminCreateUser", UserAttributes=given, MessageAction="SUPPRESS", TemporaryPassword=PASSWORD)


async def cannot_be_told_of_the_account(desk: Desk) -> None:
    await desk.administer("AdminCreateUser", UserAttributes=pairs({"email": EMAIL}), TemporaryPassword=PASSWORD)


async def has_forgotten(desk: Desk) -> None:
    desk.add_alice()
    await desk.named("ForgotPassword")


async def has_forgotten_elsewhere(desk: Desk) -> None:
    await desk.named("ForgotPassword", LEGACY)


async def chooses_a_new_password(desk: Desk) -> None:
    desk.add_alice()
    await desk.app.forgot_password()
    code = desk.app.mailed(Purpose.PASSWORD_RESET)
    await desk.named("ConfirmForgotPassword", ConfirmationCode=code, Password=NEW_PASSWORD)


async def is_reset(desk: Desk) -> None:
    desk.add_alice()
    await desk.administer("AdminResetUserPassword")


async def moves(desk: Desk) -> None:
    desk.add_alice()
    await desk.own("UpdateUserAttributes", UserAttributes=pairs({"email": NEW_EMAIL, "phone_number": NEW_PHONE}))


async def is_moved(desk: Desk) -> None:
    desk.add_alice()
    await desk.administer("AdminUpdateUserAttributes", UserAttributes=pairs({"email": NEW_EMAIL}))


async def is_moved_and_verified(desk: Desk) -> None:
    desk.add_alice()
    given = pairs({"email": NEW_EMAIL, "email_verified": "true"})
    await desk.administer("AdminUpdateUserAttributes", UserAttributes=given)


async def changes_the_name(desk: Desk) -> None:
    desk.add_alice()
    await desk.own("UpdateUserAttributes", UserAttributes=pairs({"name": "Alice"}))


async def verifies_an_address(desk: Desk) -> None:
    desk.add_alice()
    await desk.own("GetUserAttributeVerificationCode", AttributeName="email")
    code = desk.app.mailed(Purpose.ATTRIBUTE_VERIFICATION)
    await desk.own("VerifyUserAttribute", AttributeName="email", Code=code)


async def changes_what_nobody_is_told_of(desk: Desk) -> None:
    desk.add_alice(name="Alice")
    await desk.own("GetUser")
    await desk.own("DeleteUserAttributes", UserAttributeNames=["name"])
    await desk.own("ChangePassword", PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD)


async def signs_in_with_a_code_by_sms(desk: Desk) -> None:
    desk.add_alice(MfaFactor.SMS_MFA)
    challenge = await desk.initiate()
    tokens_of(await desk.respond(challenge, SMS_MFA_CODE=desk.app.mailed(Purpose.SMS_MFA)))


async def proves_the_password_and_gets_a_code(desk: Desk) -> None:
    desk.add_alice(MfaFactor.SMS_MFA)
    challenge = await desk.initiate("USER_SRP_AUTH", SRP_A=KEYS.public.reveal())
    await desk.respond(challenge, **desk.app.proof(Offer(ALICE, KEYS, challenge)))


async def chooses_a_second_factor(desk: Desk) -> None:
    desk.app.pool.settings.mfa_factors = frozenset({MfaFactor.SMS_MFA, MfaFactor.EMAIL_OTP})
    desk.add_alice(MfaFactor.SMS_MFA, MfaFactor.EMAIL_OTP)
    await desk.respond(await desk.initiate(), ANSWER="EMAIL_OTP")


async def sets_up_an_address(desk: Desk) -> None:
    settings = desk.app.pool.settings
    settings.mfa, settings.mfa_factors = MfaConfiguration.ON, frozenset({MfaFactor.EMAIL_OTP})
    desk.app.pool.add_user(ALICE, PASSWORD)
    await desk.respond(await desk.initiate(), EMAIL=EMAIL)


async def prefers_a_code(desk: Desk) -> None:
    desk.add_alice()
    await desk.initiate("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")


async def chooses_a_code(desk: Desk) -> None:
    desk.add_alice()
    await desk.respond(await desk.initiate("USER_AUTH"), ANSWER="SMS_OTP")


async def is_signed_in_with_a_code(desk: Desk) -> None:
    desk.add_alice(MfaFactor.SMS_MFA)
    await desk.app.call(
        "AdminInitiateAuth",
        UserPoolId=desk.app.pool.id,
        ClientId=desk.app.client.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": ALICE, "PASSWORD": PASSWORD},
        ClientMetadata={"call": "AdminInitiateAuth"},
    )


async def moves_in(desk: Desk) -> None:
    await desk.initiate(username=LEGACY)


Fired: TypeAlias = tuple[str, str, str]
"""The occasion, and of which call ``validationData`` and ``clientMetadata`` are."""


def told(source: str, call: str, validation: str = "") -> Fired:
    return (source, validation, call)


SIGNED_UP = [told("PreSignUp_SignUp", ""), told("CustomMessage_SignUp", "")]
BY_SMS = [told("CustomMessage_Authentication", "")]
BY_ADMINISTRATOR = told("PreSignUp_AdminCreateUser", "AdminCreateUser")
ANSWERED = [told("CustomMessage_Authentication", "RespondToAuthChallenge")]
ORDER: Mapping[Callable[[Desk], Awaitable[None]], Sequence[Fired]] = {
    signs_up: [told("PreSignUp_SignUp", "SignUp"), told("CustomMessage_SignUp", "SignUp")],
    signs_up_without_an_address: [told("PreSignUp_SignUp", "SignUp")],
    signs_up_and_is_confirmed_at_once: [
        told("PreSignUp_SignUp", "SignUp"),
        told("PostConfirmation_ConfirmSignUp", "SignUp"),
    ],
    confirms: [*SIGNED_UP, told("PostConfirmation_ConfirmSignUp", "ConfirmSignUp")],
    is_confirmed: [*SIGNED_UP, told("PostConfirmation_ConfirmSignUp", "AdminConfirmSignUp")],
    wants_another_code: [*SIGNED_UP, told("CustomMessage_ResendCode", "ResendConfirmationCode")],
    gets_an_account_without_a_password: [BY_ADMINISTRATOR],
    is_invited_both_ways: [BY_ADMINISTRATOR, told("CustomMessage_AdminCreateUser", "AdminCreateUser")],
    is_invited_once_more: [BY_ADMINISTRATOR, told("CustomMessage_AdminCreateUser", "AdminCreateUser")],
    is_not_told_of_the_account: [BY_ADMINISTRATOR],
    cannot_be_told_of_the_account: [BY_ADMINISTRATOR],
    has_forgotten: [told("CustomMessage_ForgotPassword", "ForgotPassword")],
    has_forgotten_elsewhere: [
        told("UserMigration_ForgotPassword", "ForgotPassword"),
        told("PreSignUp_AdminCreateUser", "ForgotPassword"),
        told("CustomMessage_AdminCreateUser", "ForgotPassword"),
        told("CustomMessage_ForgotPassword", "ForgotPassword"),
    ],
    chooses_a_new_password: [
        told("CustomMessage_ForgotPassword", ""),
        told("PostConfirmation_ConfirmForgotPassword", "ConfirmForgotPassword"),
    ],
    is_reset: [told("CustomMessage_ForgotPassword", "AdminResetUserPassword")],
    moves: [told("CustomMessage_UpdateUserAttribute", "UpdateUserAttributes")] * 2,
    is_moved: [told("CustomMessage_UpdateUserAttribute", "AdminUpdateUserAttributes")],
    is_moved_and_verified: [],
    changes_the_name: [],
    verifies_an_address: [told("CustomMessage_VerifyUserAttribute", "GetUserAttributeVerificationCode")],
    changes_what_nobody_is_told_of: [],
    signs_in_with_a_code_by_sms: BY_SMS,
    proves_the_password_and_gets_a_code: ANSWERED,
    chooses_a_second_factor: ANSWERED,
    sets_up_an_address: ANSWERED,
    prefers_a_code: BY_SMS,
    chooses_a_code: ANSWERED,
    is_signed_in_with_a_code: BY_SMS,
    moves_in: [
        told("UserMigration_Authentication", "", "InitiateAuth"),
        told("PreSignUp_AdminCreateUser", "InitiateAuth", "InitiateAuth"),
        told("CustomMessage_AdminCreateUser", ""),
    ],
}


@pytest.mark.parametrize(("act", "expected"), ORDER.items(), ids=[act.__name__ for act in ORDER])
async def test_the_triggers_fire_in_order_each_with_the_metadata_that_reaches_it(
    app: App, functions: Functions, act: Callable[[Desk], Awaitable[None]], expected: Sequence[Fired]
) -> None:
    await act(Desk(app))

    def shown(event: Mapping[str, Any], member: str) -> str:
        sent: Mapping[str, Any] = event["request"].get(member) or {}
        return str(sent.get("call", ""))

    assert [
        (event["triggerSource"], shown(event, "validationData"), shown(event, "clientMetadata"))
        for _, event in functions.told
    ] == expected
