"""Custom senders: messages are handed to them, codes encrypted, and nothing that they do makes a call fail."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import pytest

from authsteps.adapters.fake import FirstFactor, Medium, MfaFactor, Purpose
from authsteps.adapters.lambda_triggers import EncryptedCodes, FunctionRaisedError, Trigger, Triggers
from tests.adapters.fake.administrator import Administrator
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import FAILURES, Failure, Functions, hang_up_at, in_no_time
from tests.adapters.fake.world import ALICE, EMAIL, PASSWORD, PHONE, App, inside
from tests.conftest import VirtualClock

BY_EMAIL, BY_SMS = Trigger.CUSTOM_EMAIL_SENDER, Trigger.CUSTOM_SMS_SENDER
VERIFIED = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}
METADATA = {"from": "here"}


@pytest.fixture(scope="module")
def codes() -> EncryptedCodes:
    return EncryptedCodes()


@pytest.fixture
def functions() -> Functions:
    return Functions()


@pytest.fixture
def app(make_pool: MakePool, clock: VirtualClock, functions: Functions, codes: EncryptedCodes) -> App:
    """An app on a pool whose every message is handed to a sender."""
    pool = make_pool(triggers=functions.behind(BY_EMAIL, BY_SMS, Trigger.CUSTOM_MESSAGE, code_encryption=codes))
    pool.settings.mfa_factors = frozenset(MfaFactor)
    return App(pool, clock).beside()


def behind(app: App) -> Functions:
    """The functions of the pool."""
    functions = app.pool.triggers.functions[BY_EMAIL]
    assert isinstance(functions, Functions)
    return functions


Act: TypeAlias = Callable[[App], Awaitable[object]]


async def sign_up(app: App) -> None:
    await app.named(
        "SignUp", Password=PASSWORD, UserAttributes=[{"Name": "email", "Value": EMAIL}], ClientMetadata=METADATA
    )


async def resend(app: App) -> None:
    await sign_up(app)
    behind(app).told.clear()
    await app.named("ResendConfirmationCode", ClientMetadata=METADATA)


async def forget_password(app: App) -> None:
    app.pool.add_user(ALICE, PASSWORD, attributes=VERIFIED)
    await app.named("ForgotPassword", ClientMetadata=METADATA)


async def be_created(app: App) -> None:
    await Administrator(app.pool, app.pool.id).create_user(
        ALICE, VERIFIED, ClientMetadata=METADATA, DesiredDeliveryMediums=["EMAIL"]
    )


async def be_reset(app: App) -> None:
    app.pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
    await Administrator(app.pool, app.pool.id).to("AdminResetUserPassword", ClientMetadata=METADATA)


async def change_address(app: App) -> None:
    app.pool.add_user(ALICE, PASSWORD, attributes=VERIFIED)
    tokens = await app.tokens()
    changed: list[Any] = [{"Name": "email", "Value": "new@example.com"}]
    await app.call(
        "UpdateUserAttributes", AccessToken=tokens["AccessToken"], UserAttributes=changed, ClientMetadata=METADATA
    )


async def verify_number(app: App) -> None:
    app.pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL, "phone_number": PHONE})
    tokens = await app.tokens()
    await app.call(
        "GetUserAttributeVerificationCode",
        AccessToken=tokens["AccessToken"],
        AttributeName="phone_number",
        ClientMetadata=METADATA,
    )


async def use_sms_mfa(app: App) -> None:
    app.pool.add_user(ALICE, PASSWORD, attributes=VERIFIED)
    await app.with_sms()
    challenge = await app.initiate("USER_PASSWORD_AUTH", ALICE, PASSWORD=PASSWORD)
    assert challenge["ChallengeName"] == "SMS_MFA"


async def choose_sms(app: App) -> None:
    app.pool.settings.first_factors = frozenset(FirstFactor)
    app.pool.add_user(ALICE, PASSWORD, attributes=VERIFIED)
    choice = await app.initiate("USER_AUTH", ALICE)
    await app.call(
        "RespondToAuthChallenge",
        ClientId=app.client.client_id,
        ChallengeName="SELECT_CHALLENGE",
        Session=choice["Session"],
        ChallengeResponses={"USERNAME": ALICE, "ANSWER": "SMS_OTP"},
        ClientMetadata=METADATA,
    )


async def be_moved(app: App) -> None:
    app.pool.add_user(ALICE, PASSWORD, attributes=VERIFIED)
    changed: list[Any] = [{"Name": "email", "Value": "new@example.com"}]
    administrator = Administrator(app.pool, app.pool.id)
    await administrator.to("AdminUpdateUserAttributes", UserAttributes=changed, ClientMetadata=METADATA)


OCCASIONS: dict[str, tuple[Act, str, bool]] = {
    "SignUp": (sign_up, "CustomEmailSender_SignUp", True),
    "ResendConfirmationCode": (resend, "CustomEmailSender_ResendCode", True),
    "ForgotPassword": (forget_password, "CustomSMSSender_ForgotPassword", True),
    "AdminCreateUser": (be_created, "CustomEmailSender_AdminCreateUser", True),
    "AdminResetUserPassword": (be_reset, "CustomEmailSender_ForgotPassword", True),
    "UpdateUserAttributes": (change_address, "CustomEmailSender_UpdateUserAttribute", True),
    "GetUserAttributeVerificationCode": (verify_number, "CustomSMSSender_VerifyUserAttribute", True),
    "AdminUpdateUserAttributes": (be_moved, "CustomEmailSender_UpdateUserAttribute", True),
    "InitiateAuth": (use_sms_mfa, "CustomSMSSender_Authentication", False),
    "RespondToAuthChallenge": (choose_sms, "CustomSMSSender_Authentication", True),
}
"""What is done, which occasion its sender is told, and whether the call's metadata reaches it."""


@pytest.mark.parametrize(("act", "source", "hears_metadata"), OCCASIONS.values(), ids=OCCASIONS.keys())
async def test_a_message_is_handed_to_its_sender_and_to_nobody_else(
    app: App, functions: Functions, codes: EncryptedCodes, act: Act, source: str, *, hears_metadata: bool
) -> None:
    await act(app)
    ((trigger, event),) = functions.told
    assert (event["triggerSource"], event["userName"], event["response"]) == (source, ALICE, {})
    is_administrator = act in {be_created, be_reset, be_moved}
    assert event["callerContext"]["clientId"] == (
        "CLIENT_ID_NOT_APPLICABLE" if is_administrator else app.client.client_id
    )
    request = event["request"]
    assert request["type"] == {BY_EMAIL: "customEmailSenderRequestV1", BY_SMS: "customSMSSenderRequestV1"}[trigger]
    assert request["userAttributes"]["email"]
    assert request.get("clientMetadata") == (METADATA if hears_metadata else None)
    message = app.pool.outbox.latest(ALICE)
    assert codes.decrypt(request["code"]) == message.code.reveal()
    assert (message.sender, message.trouble, message.body.reveal(), message.subject) == (trigger, None, "", None)


async def test_a_code_that_went_through_a_sender_is_good(app: App, functions: Functions, codes: EncryptedCodes) -> None:
    await sign_up(app)
    await app.confirm_sign_up(codes.decrypt(functions.told[0][1]["request"]["code"]))
    assert app.pool.users[0].status.value == "CONFIRMED"


@pytest.mark.parametrize("failure", FAILURES.values(), ids=FAILURES.keys())
async def test_a_sender_that_fails_makes_no_call_fail_and_the_outbox_tells_why(
    app: App, functions: Functions, codes: EncryptedCodes, failure: Failure
) -> None:
    app.pool.triggers = functions.behind(BY_EMAIL, code_encryption=codes, **in_no_time())
    failure.breaks(functions, BY_EMAIL)
    await sign_up(app)
    message = app.pool.outbox.latest(ALICE)
    _, text = failure.told(BY_EMAIL)
    assert message.trouble == text
    await app.confirm_sign_up(message.code.reveal())


async def test_who_hangs_up_while_a_sender_works_has_the_code(
    app: App, functions: Functions, codes: EncryptedCodes, each_backend: str
) -> None:
    """For it may be on its way by then."""
    await hang_up_at(functions, BY_EMAIL, sign_up(app))
    on_its_way = codes.decrypt(functions.told[0][1]["request"]["code"])
    await app.confirm_sign_up(on_its_way)
    assert app.pool.users[0].status.value == "CONFIRMED"


async def test_custom_message_writes_what_no_sender_sends(
    app: App, functions: Functions, codes: EncryptedCodes
) -> None:
    app.pool.triggers = functions.behind(BY_SMS, Trigger.CUSTOM_MESSAGE, code_encryption=codes)
    functions.does[Trigger.CUSTOM_MESSAGE] = lambda _: {
        "emailMessage": "Hi {username}: {####}",
        "smsMessage": "unused {username} {####}",
    }
    administrator = Administrator(app.pool, app.pool.id)
    await administrator.create_user(ALICE, VERIFIED, DesiredDeliveryMediums=["SMS", "EMAIL"])
    assert functions.sources == ["CustomMessage_AdminCreateUser", "CustomSMSSender_AdminCreateUser"]
    by_sms, by_email = app.pool.outbox
    assert (by_sms.medium, by_sms.sender, by_sms.body.reveal()) == (Medium.SMS, BY_SMS, "")
    assert (by_email.medium, by_email.sender) == (Medium.EMAIL, None)
    assert by_email.body.reveal() == f"Hi {ALICE}: {by_email.code.reveal()}"


async def test_custom_message_is_not_asked_for_a_message_that_has_nowhere_to_go(
    app: App, functions: Functions, codes: EncryptedCodes
) -> None:
    app.pool.triggers = functions.behind(BY_SMS, Trigger.CUSTOM_MESSAGE, code_encryption=codes)
    administrator = Administrator(app.pool, app.pool.id)
    await administrator.create_user(ALICE, {"phone_number": PHONE}, DesiredDeliveryMediums=["SMS", "EMAIL"])
    assert functions.sources == ["CustomSMSSender_AdminCreateUser"]


async def test_in_a_temporary_password_angle_brackets_are_escaped(
    app: App, functions: Functions, codes: EncryptedCodes
) -> None:
    given = "Aa1<&>bc"
    await Administrator(app.pool, app.pool.id).create_user(
        ALICE, {"email": EMAIL}, TemporaryPassword=given, DesiredDeliveryMediums=["EMAIL"]
    )
    assert codes.decrypt(functions.told[0][1]["request"]["code"]) == "Aa1&lt;&&gt;bc"
    assert app.pool.outbox.latest(ALICE, Purpose.INVITATION).code.reveal() == given


async def test_who_is_deleted_while_a_sender_works_is_sent_no_more(
    app: App, functions: Functions, codes: EncryptedCodes
) -> None:
    administrator = Administrator(app.pool, app.pool.id)
    functions.meanwhile[BY_EMAIL] = lambda: inside(app.pool).users.remove(app.pool.users[0])
    await administrator.create_user(ALICE, VERIFIED, DesiredDeliveryMediums=["EMAIL", "SMS"])
    assert functions.fired == [BY_EMAIL]


def test_a_sender_is_not_configured_without_something_to_encrypt_with() -> None:
    with pytest.raises(ValueError, match="CustomEmailSender and CustomSMSSender must get codes encrypted"):
        Triggers({BY_SMS: Functions(), BY_EMAIL: Functions(), Trigger.PRE_SIGN_UP: Functions()})


async def test_what_a_sender_said_is_kept_out_of_the_repr_of_a_message(app: App, functions: Functions) -> None:
    functions.raises[BY_EMAIL] = FunctionRaisedError(BY_EMAIL, "no provider takes canary-5a1c")
    await sign_up(app)
    message = app.pool.outbox.latest(ALICE)
    assert message.trouble == "CustomEmailSender failed with error no provider takes canary-5a1c."
    assert "canary" not in repr(message) + repr(app.pool.outbox)
