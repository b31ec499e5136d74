"""Messages: which call sends which, who is told of it first, what they say, and what stands when they cannot go out."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeAlias

import anyio
import attrs
import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import (
    FakeUserPool,
    FirstFactor,
    Medium,
    Message,
    MfaConfiguration,
    MfaFactor,
    Purpose,
    UserStatus,
)
from authsteps.adapters.fake.firing import Call
from authsteps.adapters.fake.messages import Messages, Occasion
from authsteps.adapters.lambda_triggers import Trigger
from authsteps.flows import srp
from tests.adapters.fake.administrator import Administrator, pairs
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import FAILURES, Failure, Functions, hang_up_at, in_no_time
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    BOB,
    CODE_EXPIRED,
    DISABLED,
    EMAIL,
    HOUR,
    MS,
    NEW_PASSWORD,
    NO_SUCH_NAME,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    SESSION_INVALID,
    SRP,
    STRANGER,
    WRONG_CREDENTIALS,
    App,
    Offer,
    Reply,
    inside,
    refusal,
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


BY_ADMINISTRATORS = frozenset(
    {
        gets_an_account_without_a_password,
        is_invited_both_ways,
        is_invited_once_more,
        is_not_told_of_the_account,
        cannot_be_told_of_the_account,
        is_reset,
        is_moved,
        is_moved_and_verified,
    }
)


@pytest.mark.parametrize("act", ORDER, ids=[act.__name__ for act in ORDER])
async def test_each_is_told_whom_it_is_about_and_through_which_client(
    app: App, functions: Functions, act: Callable[[Desk], Awaitable[None]]
) -> None:
    await act(Desk(app))

    for _, event in functions.told:
        source, through = event["triggerSource"], event["callerContext"]["clientId"]
        if act is is_confirmed and source == "PostConfirmation_ConfirmSignUp":
            assert through is None
        else:
            assert through == ("CLIENT_ID_NOT_APPLICABLE" if act in BY_ADMINISTRATORS else app.client.client_id), source
        assert event["userName"] == (LEGACY if act in {moves_in, has_forgotten_elsewhere} else ALICE)


async def test_a_client_that_is_not_told_who_exists_has_nobody_asked_about_strangers(
    app: App, functions: Functions
) -> None:
    functions.does[Trigger.USER_MIGRATION] = lambda _: {}
    discreet = app.discreet()
    assert await discreet.named("ResendConfirmationCode", STRANGER)
    assert not functions.told
    assert await discreet.forgot_password(STRANGER)
    assert await discreet.initiate("USER_AUTH", STRANGER, PREFERRED_CHALLENGE="EMAIL_OTP")

    assert functions.sources == ["UserMigration_ForgotPassword"]
    assert not [*app.pool.outbox]


# --- What CustomMessage is told --------------------------------------------------------------------------------------


async def test_the_event_names_the_user_and_the_placeholders_and_never_the_code(app: App, functions: Functions) -> None:
    await Desk(app).sign_up({"email": EMAIL})

    (event,), user = functions.events(CUSTOM_MESSAGE), app.pool.user(ALICE)
    assert (event["userName"], event["callerContext"]["clientId"]) == (ALICE, app.client.client_id)
    assert event["request"] == {
        "userAttributes": {"sub": user.sub, "cognito:user_status": "UNCONFIRMED", "email": EMAIL},
        "codeParameter": "{####}",
        "usernameParameter": None,
        "clientMetadata": {"call": "SignUp"},
    }
    assert event["response"] == {"smsMessage": None, "emailMessage": None, "emailSubject": None}
    assert app.mailed(Purpose.SIGN_UP) not in str(event)


async def test_only_an_invitation_has_a_placeholder_for_the_name(app: App, functions: Functions) -> None:
    await is_invited_both_ways(Desk(app))

    (event,) = functions.events(CUSTOM_MESSAGE)
    assert event["request"]["usernameParameter"] == "{username}"
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert PASSWORD not in str(event)


async def test_a_changed_address_is_told_as_it_is_stored(app: App, functions: Functions) -> None:
    await is_moved(Desk(app))

    (event,) = functions.events(CUSTOM_MESSAGE)
    attributes = event["request"]["userAttributes"]
    assert (attributes["email"], attributes["email_verified"]) == (NEW_EMAIL, "false")
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"


# --- What a message says ---------------------------------------------------------------------------------------------


def written(message: Message) -> tuple[str | None, str]:
    """The subject and the text."""
    return message.subject.reveal() if message.subject is not None else None, message.body.reveal()


BUILT_IN: Mapping[Callable[[Desk], Awaitable[None]], tuple[str | None, str]] = {
    signs_up: ("Your verification code", "Your verification code is {code}"),
    has_forgotten: (None, "Your password reset code is {code}"),
    is_moved: ("Your verification code", "Your verification code is {code}"),
    signs_in_with_a_code_by_sms: (None, "Your authentication code is {code}"),
    prefers_a_code: ("Your authentication code", "Your authentication code is {code}"),
    is_invited_both_ways: (
        "Your temporary password",
        "Your username is alice and temporary password is Correct-horse-7",
    ),
    moves_in: ("Your account", "Your username is legacy-carol"),
}


@pytest.mark.parametrize(("act", "expected"), BUILT_IN.items(), ids=[act.__name__ for act in BUILT_IN])
@pytest.mark.parametrize("is_asked", [False, True])
async def test_what_nobody_writes_has_a_text_of_the_pools_own(
    app: App,
    act: Callable[[Desk], Awaitable[None]],
    expected: tuple[str | None, str],
    is_asked: bool,  # noqa: FBT001  # a column of the table
) -> None:
    """Be CustomMessage there and silent, or not there at all."""
    pool = inside(app.pool)
    if not is_asked:
        functions = {trigger: run for trigger, run in pool.triggers.functions.items() if trigger is not CUSTOM_MESSAGE}
        pool.triggers = attrs.evolve(pool.triggers, functions=functions)
    await act(Desk(app))

    *_, message = app.pool.outbox
    subject, text = expected
    assert written(message) == (subject, text.format(code=message.code.reveal()))


WRITTEN = {
    "smsMessage": "SMS {####}",
    "emailMessage": "<b>{####}</b>, and once more {####}",
    "emailSubject": "Code for you",
}


async def test_custom_message_writes_what_goes_out(app: App, functions: Functions) -> None:
    functions.does[CUSTOM_MESSAGE] = lambda _: WRITTEN
    await moves(Desk(app))

    sms, email = app.pool.outbox
    code = email.code.reveal()
    assert (sms.medium, *written(sms)) == (Medium.SMS, None, f"SMS {sms.code.reveal()}")
    assert (email.medium, *written(email)) == (Medium.EMAIL, "Code for you", f"<b>{code}</b>, and once more {code}")
    assert len(functions.events(CUSTOM_MESSAGE)) == 2, "one for each code"


@pytest.mark.parametrize("given", [{"emailMessage": "{####}"}, {"emailSubject": "Hello"}, {"smsMessage": "{####}"}])
async def test_each_text_that_is_not_given_is_the_pools_own(
    app: App, functions: Functions, given: Mapping[str, str]
) -> None:
    functions.does[CUSTOM_MESSAGE] = lambda _: given
    await signs_up(Desk(app))

    (message,) = app.pool.outbox
    code = message.code.reveal()
    subject = given.get("emailSubject", "Your verification code")
    assert written(message) == (subject, code if "emailMessage" in given else f"Your verification code is {code}")


async def test_an_invitation_tells_the_name_and_the_password_by_both_ways(app: App, functions: Functions) -> None:
    functions.does[CUSTOM_MESSAGE] = lambda _: {
        "smsMessage": "{username}: {####}",
        "emailMessage": "{####} is for {username}",
    }
    await is_invited_both_ways(Desk(app))

    assert [written(message) for message in app.pool.outbox] == [
        (None, f"{ALICE}: {PASSWORD}"),
        ("Your temporary password", f"{PASSWORD} is for {ALICE}"),
    ]


async def test_what_is_filled_in_is_not_filled_in_again(app: App, functions: Functions) -> None:
    password = "Aa1!{username}{####}"
    functions.does[CUSTOM_MESSAGE] = lambda _: {"smsMessage": "{username}: {####}"}
    await Desk(app).administer(
        "AdminCreateUser", UserAttributes=pairs({"phone_number": PHONE}), TemporaryPassword=password
    )

    (message,) = app.pool.outbox
    assert message.body.reveal() == f"{ALICE}: {password}"


async def test_the_placeholder_of_a_name_is_none_where_there_is_no_invitation(app: App, functions: Functions) -> None:
    functions.does[CUSTOM_MESSAGE] = lambda _: {"emailMessage": "{username}: {####}"}
    await signs_up(Desk(app))

    (message,) = app.pool.outbox
    assert message.body.reveal() == f"{{username}}: {message.code.reveal()}"


async def test_where_addresses_stand_for_names_an_invitation_tells_the_address(
    make_pool: MakePool, clock: VirtualClock, functions: Functions
) -> None:
    app = make_app(make_pool, clock, functions, username_attributes=frozenset({"email"}))
    await Desk(app).administer("AdminCreateUser", EMAIL, DesiredDeliveryMediums=["EMAIL"], TemporaryPassword=PASSWORD)

    (message,) = app.pool.outbox
    assert message.body.reveal() == f"Your username is {EMAIL} and temporary password is {PASSWORD}"


async def test_neither_the_text_nor_the_subject_shows_itself(app: App, functions: Functions) -> None:
    functions.does[CUSTOM_MESSAGE] = lambda _: {"emailMessage": "secret text {####}", "emailSubject": "secret subject"}
    await signs_up(Desk(app))

    (message,) = app.pool.outbox
    assert "secret" not in repr(message)
    assert message.code.reveal() not in repr(message)


# --- What it must not say --------------------------------------------------------------------------------------------

CODE = "{####}"
BOTH = "{####} {username}"
FITS: Mapping[str, tuple[bool, Mapping[str, Any]]] = {
    "nothing": (True, {}),
    "nulls": (True, dict.fromkeys(WRITTEN)),
    "an SMS of 140": (True, {"smsMessage": CODE.ljust(140, ".")}),
    "an SMS of 141": (False, {"smsMessage": CODE.ljust(141, ".")}),
    "an e-mail of 20,000": (True, {"emailMessage": CODE.ljust(20_000, ".")}),
    "an e-mail of 20,001": (False, {"emailMessage": CODE.ljust(20_001, ".")}),
    "a subject of 140": (True, {"emailSubject": "." * 140}),
    "a subject of 141": (False, {"emailSubject": "." * 141}),
    "no subject at all": (False, {"emailSubject": ""}),
    "an SMS without a code": (False, {"smsMessage": "Welcome"}),
    "an empty SMS": (False, {"smsMessage": ""}),
    "an e-mail without a code": (False, {"emailMessage": "Welcome", "smsMessage": CODE}),
    "a code in the subject alone": (False, {"emailMessage": "Welcome", "emailSubject": CODE}),
    "a placeholder that is none": (False, {"emailMessage": "{###}"}),
    "a number": (False, {"smsMessage": 7}),
    "another spelling": (False, {"SmsMessage": CODE}),
}


@pytest.mark.parametrize(("fits", "answer"), FITS.values(), ids=[*FITS])
async def test_texts_have_their_limits_and_hold_the_code(
    app: App,
    functions: Functions,
    fits: bool,  # noqa: FBT001  # a column of the table
    answer: Mapping[str, Any],
) -> None:
    """Each of them, whichever of them goes out."""
    functions.does[CUSTOM_MESSAGE] = lambda _: answer
    if fits:
        await has_forgotten(Desk(app))
    else:
        assert await refusal(has_forgotten(Desk(app))) == UNREADABLE
    assert len(app.pool.outbox) == fits


@pytest.mark.parametrize("answer", [{"smsMessage": CODE}, {"smsMessage": "{username}"}, {"emailMessage": CODE}])
async def test_an_invitation_holds_the_name_as_well(app: App, functions: Functions, answer: Mapping[str, str]) -> None:
    functions.does[CUSTOM_MESSAGE] = lambda _: answer
    assert await refusal(is_invited_both_ways(Desk(app))) == UNREADABLE

    functions.does[CUSTOM_MESSAGE] = lambda _: dict.fromkeys(answer, BOTH)
    await Desk(app).administer("AdminCreateUser", MessageAction="RESEND", TemporaryPassword=NEW_PASSWORD)
    (message,) = app.pool.outbox
    assert message.medium is Medium.SMS


@pytest.mark.parametrize(
    ("answer", "is_taken"),
    [({"smsMessage": CODE}, True), ({"emailMessage": CODE}, False), ({"emailSubject": "Hello"}, False), ({}, True)],
)
async def test_a_pool_without_an_e_mail_sender_of_its_own_lets_nobody_write_e_mail(
    app: App,
    functions: Functions,
    answer: Mapping[str, str],
    is_taken: bool,  # noqa: FBT001  # a column of the table
) -> None:
    app.pool.settings.has_own_sender = False
    functions.does[CUSTOM_MESSAGE] = lambda _: answer
    if is_taken:
        await signs_up(Desk(app))
    else:
        assert await refusal(signs_up(Desk(app))) == UNREADABLE
    assert len(app.pool.outbox) == is_taken


# --- What stands when a message cannot go out ------------------------------------------------------------------------


def hasty(app: App, functions: Functions) -> Desk:
    """A desk in a pool that gives up on functions at once."""
    inside(app.pool).triggers = functions.behind(*OF_MESSAGES, **in_no_time())
    return Desk(app)


each_failure = pytest.mark.parametrize("failure", FAILURES.values(), ids=[*FAILURES])
SENDING = [
    act
    for act, fired in ORDER.items()
    if any(source.startswith("CustomMessage") for source, *_ in fired)
    # These begin with a message that another of them is about.
    and act not in {confirms, is_confirmed, wants_another_code, chooses_a_new_password}
]


@pytest.mark.parametrize("act", SENDING, ids=[act.__name__ for act in SENDING])
@each_failure
async def test_whatever_custom_message_does_the_caller_is_told_and_nothing_goes_out(
    app: App, functions: Functions, act: Callable[[Desk], Awaitable[None]], failure: Failure
) -> None:
    desk = hasty(app, functions)
    failure.breaks(functions, CUSTOM_MESSAGE)

    assert await refusal(act(desk)) == failure.told(CUSTOM_MESSAGE)
    assert not [*app.pool.outbox]
    assert not [code for user in app.pool.users for code in (user.codes or user.attribute_codes)]


@pytest.mark.parametrize("act", SENDING, ids=[act.__name__ for act in SENDING])
async def test_who_hangs_up_while_custom_message_is_asked_is_sent_nothing(
    app: App, functions: Functions, act: Callable[[Desk], Awaitable[None]], each_backend: str
) -> None:
    await hang_up_at(functions, CUSTOM_MESSAGE, act(Desk(app)))

    assert not [*app.pool.outbox]
    assert not [code for user in app.pool.users for code in (user.codes or user.attribute_codes)]


@each_failure
async def test_who_signed_up_is_stored_and_can_have_the_code_later(
    app: App, functions: Functions, failure: Failure
) -> None:
    desk = hasty(app, functions)
    failure.breaks(functions, CUSTOM_MESSAGE)
    await refusal(desk.sign_up({"email": EMAIL}))
    assert app.pool.user(ALICE).status is UserStatus.UNCONFIRMED

    functions.mend()
    await desk.named("ResendConfirmationCode")
    await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP))
    assert tokens_of(await app.by_password())


async def test_a_code_that_was_sent_before_stays_good_if_another_cannot_go_out(app: App, functions: Functions) -> None:
    await signs_up(Desk(app))
    FAILURES["raises"].breaks(functions, CUSTOM_MESSAGE)
    assert (await refusal(app.named("ResendConfirmationCode")))[0] == "UserLambdaValidationException"

    await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP))
    assert app.pool.user(ALICE).status is UserStatus.CONFIRMED


@each_failure
async def test_who_is_invited_is_stored_and_can_be_told_later(app: App, functions: Functions, failure: Failure) -> None:
    desk = hasty(app, functions)
    failure.breaks(functions, CUSTOM_MESSAGE)
    await refusal(is_invited_both_ways(desk))
    assert app.pool.user(ALICE).status is UserStatus.FORCE_CHANGE_PASSWORD

    functions.mend()
    await desk.administer("AdminCreateUser", MessageAction="RESEND", TemporaryPassword=NEW_PASSWORD)
    assert app.mailed(Purpose.INVITATION) == NEW_PASSWORD
    assert (await app.by_password(ALICE, NEW_PASSWORD))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


@each_failure
async def test_an_invitation_that_cannot_be_sent_again_leaves_the_password_of_the_one_before(
    app: App, functions: Functions, failure: Failure
) -> None:
    desk = hasty(app, functions)
    await is_invited_both_ways(desk)
    failure.breaks(functions, CUSTOM_MESSAGE)
    renews: dict[str, Any] = {"MessageAction": "RESEND", "TemporaryPassword": NEW_PASSWORD}
    assert await refusal(desk.administer("AdminCreateUser", **renews)) == failure.told(CUSTOM_MESSAGE)
    assert (await app.by_password())["ChallengeName"] == "NEW_PASSWORD_REQUIRED"

    functions.mend()
    await desk.administer("AdminCreateUser", **renews)
    assert await refusal(app.by_password()) == WRONG_CREDENTIALS
    assert (await app.by_password(ALICE, NEW_PASSWORD))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


@each_failure
async def test_nobody_is_left_without_a_password_and_without_a_code(
    app: App, functions: Functions, failure: Failure
) -> None:
    desk = hasty(app, functions)
    failure.breaks(functions, CUSTOM_MESSAGE)
    await refusal(is_reset(desk))
    assert app.pool.user(ALICE).status is UserStatus.CONFIRMED
    assert tokens_of(await app.by_password())

    functions.mend()
    await desk.administer("AdminResetUserPassword")
    await app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET))
    assert tokens_of(await app.by_password(ALICE, NEW_PASSWORD))


@each_failure
async def test_a_new_address_stands_and_can_be_verified_later(app: App, functions: Functions, failure: Failure) -> None:
    desk = hasty(app, functions)
    failure.breaks(functions, CUSTOM_MESSAGE)
    await refusal(moves(desk))
    attributes = app.pool.user(ALICE).attributes
    assert (attributes["email"], attributes["email_verified"]) == (NEW_EMAIL, "false")

    functions.mend()
    await desk.own("GetUserAttributeVerificationCode", AttributeName="email")
    code = app.mailed(Purpose.ATTRIBUTE_VERIFICATION)
    await desk.own("VerifyUserAttribute", AttributeName="email", Code=code)
    assert attributes["email_verified"] == "true"


@each_failure
async def test_who_moves_in_and_cannot_be_welcomed_is_here(app: App, functions: Functions, failure: Failure) -> None:
    desk = hasty(app, functions)
    failure.breaks(functions, CUSTOM_MESSAGE)
    await refusal(moves_in(desk))

    assert tokens_of(await desk.initiate(username=LEGACY))
    assert functions.sources.count("UserMigration_Authentication") == 1


@each_failure
async def test_the_answer_that_led_to_a_code_can_be_given_again(
    app: App, functions: Functions, failure: Failure
) -> None:
    desk = hasty(app, functions)
    desk.add_alice(MfaFactor.SMS_MFA)
    challenge = await desk.initiate("USER_SRP_AUTH", SRP_A=KEYS.public.reveal())
    proof = app.proof(Offer(ALICE, KEYS, challenge))
    failure.breaks(functions, CUSTOM_MESSAGE)
    assert await refusal(desk.respond(challenge, **proof)) == failure.told(CUSTOM_MESSAGE)

    functions.mend()
    second = await desk.respond(challenge, **proof)
    assert tokens_of(await desk.respond(second, SMS_MFA_CODE=app.mailed(Purpose.SMS_MFA)))


async def test_a_new_password_stands_though_the_code_after_it_cannot_go_out(app: App, functions: Functions) -> None:
    desk = Desk(app)
    desk.add_alice(MfaFactor.SMS_MFA)
    app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    challenge = await desk.initiate()
    FAILURES["raises"].breaks(functions, CUSTOM_MESSAGE)
    assert await refusal(desk.respond(challenge, NEW_PASSWORD=NEW_PASSWORD)) == FAILURES["raises"].told(CUSTOM_MESSAGE)

    functions.mend()
    assert await refusal(desk.respond(challenge, NEW_PASSWORD=NEW_PASSWORD)) == SESSION_INVALID, "it has been set"
    sms = await app.by_password(ALICE, NEW_PASSWORD)
    assert tokens_of(await app.answer(sms, app.mailed(Purpose.SMS_MFA)))


# --- What happens meanwhile ------------------------------------------------------------------------------------------


def delete(pool: FakeUserPool) -> None:
    pool.delete_user(ALICE)


async def test_who_is_deleted_while_custom_message_thinks_is_sent_nothing(app: App, functions: Functions) -> None:
    functions.meanwhile[CUSTOM_MESSAGE] = lambda: delete(app.pool)
    reply = await Desk(app).sign_up({"email": EMAIL})
    assert reply.keys() == {"UserConfirmed", "UserSub", "Session"}, "nothing of a code"

    gone: Mapping[Callable[[Desk], Awaitable[None]], tuple[str, str]] = {
        has_forgotten: NO_SUCH_NAME,
        is_reset: NO_SUCH_USER,
        moves: NO_SUCH_USER,
        is_moved: NO_SUCH_USER,
        verifies_an_address: NO_SUCH_USER,
        signs_in_with_a_code_by_sms: WRONG_CREDENTIALS,
        prefers_a_code: WRONG_CREDENTIALS,
        sets_up_an_address: WRONG_CREDENTIALS,
    }
    for act, expected in gone.items():
        assert await refusal(act(Desk(app))) == expected, act.__name__
    await is_invited_both_ways(Desk(app))
    assert not app.pool.users
    assert not [*app.pool.outbox]


async def test_a_client_that_is_not_told_who_exists_is_not_told_who_was_just_deleted(
    app: App, functions: Functions
) -> None:
    discreet = app.discreet()
    functions.does[Trigger.USER_MIGRATION] = lambda _: {}
    pretended = [await discreet.named("ResendConfirmationCode"), await discreet.forgot_password()]
    functions.meanwhile[CUSTOM_MESSAGE] = lambda: delete(app.pool)
    app.pool.add_user(ALICE, PASSWORD, attributes=VERIFIED)
    app.pool.user(ALICE).status = UserStatus.UNCONFIRMED
    told = [await discreet.named("ResendConfirmationCode")]
    app.pool.add_user(ALICE, PASSWORD, attributes=VERIFIED)
    told.append(await discreet.forgot_password())

    assert told == pretended


async def test_who_is_welcomed_and_deleted_at_once_is_nobody(app: App, functions: Functions) -> None:
    functions.meanwhile[CUSTOM_MESSAGE] = lambda: app.pool.delete_user(LEGACY)

    assert await refusal(Desk(app).initiate(username=LEGACY)) == NO_SUCH_USER
    assert not [*app.pool.outbox]


async def test_who_is_disabled_while_custom_message_thinks_gets_no_further(app: App, functions: Functions) -> None:
    functions.meanwhile[CUSTOM_MESSAGE] = lambda: app.pool.disable_user(ALICE)

    assert await refusal(prefers_a_code(Desk(app))) == DISABLED, "and no challenge"


@pytest.mark.parametrize("act", [has_forgotten, is_reset], ids=["forgotten", "reset"])
async def test_a_temporary_password_that_is_set_meanwhile_is_not_undone_by_the_code(
    app: App, functions: Functions, act: Callable[[Desk], Awaitable[None]]
) -> None:
    not_now = ("NotAuthorizedException", "User password cannot be reset in the current state.")
    user_of = app.pool.user
    functions.meanwhile[CUSTOM_MESSAGE] = lambda: setattr(user_of(ALICE), "status", UserStatus.FORCE_CHANGE_PASSWORD)

    if act is is_reset:
        assert await refusal(act(Desk(app))) == not_now
    else:
        await act(Desk(app))
    assert await refusal(app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET))) == not_now
    assert user_of(ALICE).status is UserStatus.FORCE_CHANGE_PASSWORD
    assert (await app.by_password())["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


async def test_an_invitation_that_is_sent_again_leaves_the_password_that_was_chosen_meanwhile(
    app: App, functions: Functions
) -> None:
    await is_invited_both_ways(Desk(app))
    app.pool.outbox.clear()
    user = app.pool.user(ALICE)
    functions.meanwhile[CUSTOM_MESSAGE] = lambda: setattr(user, "status", UserStatus.CONFIRMED)
    renewed = Desk(app).administer("AdminCreateUser", MessageAction="RESEND", TemporaryPassword=NEW_PASSWORD)

    assert (await refusal(renewed))[0] == "UnsupportedUserStateException"
    assert tokens_of(await app.by_password())
    assert not [*app.pool.outbox]


async def test_a_code_to_an_address_that_was_changed_meanwhile_opens_nothing_and_pushes_out_no_other(
    app: App, functions: Functions
) -> None:
    """A slow message to the old address must not void the code that went to the new one."""
    await signs_up(Desk(app))
    user = app.pool.user(ALICE)
    user.attributes["email"] = NEW_EMAIL
    await app.named("ResendConfirmationCode")
    good = app.mailed(Purpose.SIGN_UP)
    user.attributes["email"] = EMAIL
    functions.meanwhile[CUSTOM_MESSAGE] = lambda: user.attributes.update(email=NEW_EMAIL)
    await app.named("ResendConfirmationCode")

    assert app.pool.outbox.latest(ALICE).destination == EMAIL
    await app.confirm_sign_up(good)
    assert user.attributes["email_verified"] == "true"


async def test_an_invitation_goes_to_the_address_that_there_is_when_it_goes_out(app: App, functions: Functions) -> None:
    functions.meanwhile[CUSTOM_MESSAGE] = lambda: app.pool.user(ALICE).attributes.pop("phone_number")
    await is_invited_both_ways(Desk(app))

    assert [message.medium for message in app.pool.outbox] == [Medium.EMAIL]


async def test_a_code_lives_from_when_it_goes_out(app: App, functions: Functions, clock: VirtualClock) -> None:
    """However long the function thought."""
    functions.meanwhile[CUSTOM_MESSAGE] = lambda: clock.move(HOUR)
    await has_forgotten(Desk(app))
    clock.move(HOUR - MS)
    code = app.mailed(Purpose.PASSWORD_RESET)

    assert await app.confirm_forgot_password(code) == {}
    functions.mend()
    await app.forgot_password()
    clock.move(HOUR)
    assert await refusal(app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET))) == CODE_EXPIRED


async def test_a_code_that_signs_in_lives_as_long_as_it_is_told(app: App, clock: VirtualClock) -> None:
    Desk(app).add_alice()
    sent = await Messages(inside(app.pool)).send_code(
        app.pool.user(ALICE), Purpose.SMS_MFA, "phone_number", Occasion.AUTHENTICATION, Call(None), life=HOUR
    )

    assert sent is not None
    assert sent.code.expires_at == clock.now() + HOUR


async def test_one_whose_message_is_slow_holds_up_nobody_else(
    app: App, functions: Functions, each_backend: str
) -> None:
    let_go, done = anyio.Event(), list[str]()

    class Slow(Functions):
        async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
            if event["userName"] == ALICE:
                await let_go.wait()
            return await super().invoke(trigger, event)

    async def sign_up(username: str) -> None:
        await Desk(app).sign_up({"email": EMAIL}, username)
        done.append(username)

    inside(app.pool).triggers = Slow().behind(CUSTOM_MESSAGE)
    async with anyio.create_task_group() as group:
        group.start_soon(sign_up, ALICE)
        await anyio.wait_all_tasks_blocked()
        assert app.pool.user(ALICE).status is UserStatus.UNCONFIRMED, "stored by then"
        await sign_up(BOB)
        let_go.set()
    assert done == [BOB, ALICE]
