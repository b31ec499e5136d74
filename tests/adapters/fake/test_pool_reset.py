"""Forgotten passwords: who is sent a code and where, what the code is good for, and what strangers learn."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from authsteps.adapters.fake import (
    ExistenceErrors,
    FakeUserPool,
    Medium,
    MfaFactor,
    Purpose,
    RecoveryChannel,
    UserStatus,
)
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    CODE_EXPIRED,
    CODE_WRONG,
    DISABLED,
    EMAIL,
    HOUR,
    LIMIT_EXCEEDED,
    MS,
    NEW_PASSWORD,
    NO_SUCH_NAME,
    PASSWORD,
    PHONE,
    STRANGER,
    WRONG_CREDENTIALS,
    App,
    Refusal,
    refusal,
    tokens_of,
    wrong,
)
from tests.conftest import VirtualClock

NO_CHANNEL = (
    "InvalidParameterException",
    "Cannot reset password for the user as there is no registered/verified email or phone_number",
)
NOT_NOW = ("NotAuthorizedException", "User password cannot be reset in the current state.")
BY_EMAIL = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
BY_SMS = {"Destination": "+*******1234", "DeliveryMedium": "SMS", "AttributeName": "phone_number"}

MAIL, SMS = RecoveryChannel.VERIFIED_EMAIL, RecoveryChannel.VERIFIED_PHONE_NUMBER

Change = Callable[[FakeUserPool], object]


async def forgotten(app: App) -> str:
    """Have a code sent to Alice and return it."""
    await app.forgot_password()
    return app.mailed(Purpose.PASSWORD_RESET)


# --- Where the code goes --------------------------------------------------------------------------------------------


def _asked_for_sms(pool: FakeUserPool) -> None:
    pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)


def _asked_for_sms_and_without_address(pool: FakeUserPool) -> None:
    _asked_for_sms(pool)
    del pool.user(ALICE).attributes["email"]


def _unverified(*names: str) -> Change:
    return lambda pool: pool.user(ALICE).attributes.update({f"{name}_verified": "false" for name in names})


CHANNELS: Mapping[str, tuple[Change, object]] = {
    "phone before e-mail": (lambda _: None, BY_SMS),
    "e-mail if the phone is not verified": (_unverified("phone_number"), BY_EMAIL),
    "e-mail if there is no phone": (lambda pool: pool.user(ALICE).attributes.pop("phone_number"), BY_EMAIL),
    "e-mail if messages to the phone are the second factor": (_asked_for_sms, BY_EMAIL),
    "phone if an app is the second factor": (
        lambda pool: pool.user(ALICE).mfa_factors.add(MfaFactor.SOFTWARE_TOKEN_MFA),
        BY_SMS,
    ),
    "nowhere if nothing is verified": (_unverified("email", "phone_number"), NO_CHANNEL),
    "nowhere if the second factor is all there is": (_asked_for_sms_and_without_address, NO_CHANNEL),
}


@pytest.mark.parametrize(("change", "expected"), CHANNELS.values(), ids=[*CHANNELS])
async def test_the_code_goes_to_what_is_verified_and_is_no_second_factor(
    app: App, change: Change, expected: object
) -> None:
    change(app.pool)

    if expected is NO_CHANNEL:
        assert await refusal(app.forgot_password()) == NO_CHANNEL
        assert not len(app.pool.outbox)
    else:
        assert await app.forgot_password() == {"CodeDeliveryDetails": expected}
        (message,) = app.pool.outbox
        by_sms = expected is BY_SMS
        assert (message.medium, message.destination) == ((Medium.SMS, PHONE) if by_sms else (Medium.EMAIL, EMAIL))
        assert (message.purpose, len(message.code.reveal())) == (Purpose.PASSWORD_RESET, 6)


RECOVERY: Mapping[str, tuple[tuple[RecoveryChannel, ...], Change, object]] = {
    "the first that is verified": ((MAIL, SMS), lambda _: None, BY_EMAIL),
    "the second if the first is not": ((MAIL, SMS), _unverified("email"), BY_SMS),
    "the second if the first is the second factor": ((SMS, MAIL), _asked_for_sms, BY_EMAIL),
    "the second if mail is the second factor": (
        (MAIL, SMS),
        lambda pool: pool.user(ALICE).mfa_factors.add(MfaFactor.EMAIL_OTP),
        BY_SMS,
    ),
    "no other": ((MAIL,), _unverified("email"), NO_CHANNEL),
    "none that is the second factor": ((SMS,), _asked_for_sms, NO_CHANNEL),
}


@pytest.mark.parametrize(("recovery", "change", "expected"), RECOVERY.values(), ids=[*RECOVERY])
async def test_the_pool_may_say_which_channel_comes_first(
    app: App, recovery: tuple[RecoveryChannel, ...], change: Change, expected: object
) -> None:
    app.pool.settings.recovery = recovery
    change(app.pool)

    if expected is NO_CHANNEL:
        assert await refusal(app.forgot_password()) == NO_CHANNEL
        assert (await app.discreet().forgot_password())["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
        assert not len(app.pool.outbox)
    else:
        assert await app.forgot_password() == {"CodeDeliveryDetails": expected}


@pytest.mark.parametrize("existence_errors", ExistenceErrors)
async def test_where_administrators_reset_nobody_else_does_and_nothing_shows(
    app: App, existence_errors: ExistenceErrors
) -> None:
    app.pool.settings.recovery = (RecoveryChannel.ADMIN_ONLY,)
    either = app.beside(prevent_user_existence_errors=existence_errors)

    for username in (ALICE, STRANGER):
        assert await refusal(either.forgot_password(username)) == (
            "NotAuthorizedException",
            "Contact administrator to reset password.",
        )


STATES: Mapping[str, tuple[Change, Refusal | None]] = {
    "confirmed": (lambda _: None, None),
    "reset required": (lambda pool: pool.require_password_reset(ALICE), None),
    "unconfirmed, with something verified": (
        lambda pool: setattr(pool.user(ALICE), "status", UserStatus.UNCONFIRMED),
        None,
    ),
    "with a temporary password": (
        lambda pool: setattr(pool.user(ALICE), "status", UserStatus.FORCE_CHANGE_PASSWORD),
        NOT_NOW,
    ),
    "disabled": (lambda pool: pool.disable_user(ALICE), DISABLED),
}


@pytest.mark.parametrize(("put", "expected"), STATES.values(), ids=[*STATES])
async def test_a_user_can_reset_the_password_in_some_states_and_can_sign_in_then(
    app: App, put: Change, expected: Refusal | None
) -> None:
    put(app.pool)

    if expected is not None:
        assert await refusal(app.forgot_password()) == expected
    else:
        await app.confirm_forgot_password(await forgotten(app))
        assert app.pool.user(ALICE).status is UserStatus.CONFIRMED
        assert tokens_of(await app.by_srp(ALICE, NEW_PASSWORD))


# --- The new password -----------------------------------------------------------------------------------------------


async def test_the_new_password_works_and_the_old_one_is_dead(app: App, clock: VirtualClock) -> None:
    clock.move(MS)
    assert await app.confirm_forgot_password(await forgotten(app)) == {}
    assert app.pool.user(ALICE).created < app.pool.user(ALICE).modified == clock.now()

    assert await refusal(app.by_password()) == WRONG_CREDENTIALS
    assert await refusal(app.by_srp()) == WRONG_CREDENTIALS
    assert tokens_of(await app.by_password(ALICE, NEW_PASSWORD))
    assert tokens_of(await app.by_srp(ALICE, NEW_PASSWORD))


async def test_a_reset_ends_in_sign_in_again_and_never_in_tokens(app: App) -> None:
    families = len(app.pool.user(ALICE).families)
    await app.confirm_forgot_password(await forgotten(app))

    assert len(app.pool.user(ALICE).families) == families


async def test_a_reset_does_not_get_round_the_second_factor(app: App) -> None:
    authenticator = await app.with_totp()
    await app.confirm_forgot_password(await forgotten(app))
    challenge = await app.by_password(ALICE, NEW_PASSWORD)

    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert tokens_of(await app.answer(challenge, authenticator.code()))


async def test_who_is_signed_in_stays_so_after_a_reset(app: App) -> None:
    tokens = await app.tokens()
    await app.confirm_forgot_password(await forgotten(app))

    assert "AuthenticationResult" in await app.refresh(tokens["RefreshToken"])
    assert (await app.call("GetUser", AccessToken=tokens["AccessToken"]))["Username"] == ALICE


async def test_a_new_password_that_the_policy_refuses_leaves_the_code_as_it_was(app: App) -> None:
    code = await forgotten(app)
    too_short = ("InvalidPasswordException", "Password did not conform with policy: Password not long enough")
    for _ in range(20):
        assert await refusal(app.confirm_forgot_password(code, "short")) == too_short

    await app.confirm_forgot_password(code)


async def test_a_reset_may_set_the_password_that_it_was(app: App) -> None:
    await app.confirm_forgot_password(await forgotten(app), PASSWORD)

    assert tokens_of(await app.by_password())


# --- The code -------------------------------------------------------------------------------------------------------


async def test_a_wrong_code_is_refused_and_the_right_one_still_works(app: App) -> None:
    code = await forgotten(app)
    assert await refusal(app.confirm_forgot_password(wrong(code))) == CODE_WRONG
    assert tokens_of(await app.by_password())

    await app.confirm_forgot_password(code)


async def test_a_code_works_once(app: App) -> None:
    code = await forgotten(app)
    await app.confirm_forgot_password(code)

    assert await refusal(app.confirm_forgot_password(code, "Another-battery-9")) == CODE_EXPIRED
    assert tokens_of(await app.by_password(ALICE, NEW_PASSWORD))


@pytest.mark.parametrize(("after", "good"), [(HOUR - MS, True), (HOUR, False), (HOUR + MS, False)])
async def test_a_code_lives_for_an_hour(
    app: App,
    clock: VirtualClock,
    after: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
) -> None:
    code = await forgotten(app)
    clock.move(after)

    if good:
        await app.confirm_forgot_password(code)
    else:
        assert await refusal(app.confirm_forgot_password(code)) == CODE_EXPIRED


async def test_a_new_code_replaces_the_old(app: App) -> None:
    old, new = await forgotten(app), await forgotten(app)

    assert await refusal(app.confirm_forgot_password(old)) == CODE_WRONG
    await app.confirm_forgot_password(new)


async def test_where_no_code_was_asked_for_none_is_right(app: App) -> None:
    assert await refusal(app.confirm_forgot_password("123456")) == CODE_EXPIRED


async def test_a_code_belongs_to_one_user_and_one_purpose(make_pool: MakePool, clock: VirtualClock) -> None:
    app = App(make_pool(), clock)
    for username in (ALICE, BOB):
        await app.sign_up(username, email=EMAIL)
        app.pool.user(username).attributes["email_verified"] = "true"
        await app.forgot_password(username)

    assert await refusal(app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET, BOB))) == CODE_WRONG
    assert await refusal(app.confirm_forgot_password(app.mailed(Purpose.SIGN_UP))) == CODE_WRONG
    await app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET))


async def test_a_user_has_fifteen_tries_an_hour(app: App, clock: VirtualClock) -> None:
    for _ in range(15):
        assert await refusal(app.confirm_forgot_password("123456")) == CODE_EXPIRED
    assert await refusal(app.confirm_forgot_password(await forgotten(app))) == LIMIT_EXCEEDED
    clock.move(HOUR)

    await app.confirm_forgot_password(await forgotten(app))


# --- What strangers learn -------------------------------------------------------------------------------------------


async def test_a_client_that_is_told_learns_that_there_is_no_such_name(app: App) -> None:
    assert await refusal(app.forgot_password(STRANGER)) == NO_SUCH_NAME
    assert await refusal(app.confirm_forgot_password("123456", NEW_PASSWORD, STRANGER)) == NO_SUCH_NAME


MASKED: Mapping[str, Change] = {
    "unknown": lambda pool: pool.delete_user(ALICE),
    "disabled": lambda pool: pool.disable_user(ALICE),
    "without a channel": _unverified("email", "phone_number"),
}


@pytest.mark.parametrize("change", MASKED.values(), ids=[*MASKED])
async def test_a_client_that_is_not_told_sees_a_code_sent_by_mail_that_nobody_gets(app: App, change: Change) -> None:
    app.pool.add_user(BOB, PASSWORD, attributes={"email": "bob@example.com", "email_verified": "true"})
    discreet = app.discreet()
    seen = (await discreet.forgot_password(BOB))["CodeDeliveryDetails"]
    change(app.pool)
    masked = (await discreet.forgot_password(ALICE))["CodeDeliveryDetails"]

    assert masked.keys() == seen.keys()
    assert (masked["DeliveryMedium"], masked["AttributeName"]) == (seen["DeliveryMedium"], seen["AttributeName"])
    assert len(masked["Destination"]) == len(seen["Destination"])
    assert masked == (await discreet.forgot_password(ALICE))["CodeDeliveryDetails"], "it is the same every time"
    assert {message.username for message in app.pool.outbox} == {BOB}


@pytest.mark.parametrize("change", [MASKED["unknown"], MASKED["disabled"]], ids=["unknown", "disabled"])
@pytest.mark.parametrize("password", [NEW_PASSWORD, "short", " "])
async def test_a_client_that_is_not_told_gets_the_refusals_of_a_user_whose_code_is_wrong(
    app: App, change: Change, password: str
) -> None:
    app.pool.add_user(BOB, PASSWORD, attributes={"email": "bob@example.com", "email_verified": "true"})
    discreet = app.discreet()
    change(app.pool)
    for username in (ALICE, BOB):
        await discreet.forgot_password(username)
    a_wrong_code = wrong(app.mailed(Purpose.PASSWORD_RESET, BOB))

    told = [await refusal(discreet.confirm_forgot_password(a_wrong_code, password, name)) for name in (ALICE, BOB)]
    assert told[0] == told[1]
    assert told[0] == CODE_WRONG or password != NEW_PASSWORD


async def test_a_client_that_is_not_told_meets_the_same_limit_for_any_name(app: App, clock: VirtualClock) -> None:
    discreet = app.discreet()
    for username in (ALICE, STRANGER):
        await discreet.forgot_password(username)
    code = wrong(app.mailed(Purpose.PASSWORD_RESET))

    for username in (ALICE, STRANGER):
        told = [await refusal(discreet.confirm_forgot_password(code, NEW_PASSWORD, username)) for _ in range(16)]
        assert told == [CODE_WRONG] * 15 + [LIMIT_EXCEEDED]
    clock.move(HOUR)
    assert await refusal(discreet.confirm_forgot_password(code, NEW_PASSWORD, STRANGER)) == CODE_WRONG


async def test_a_client_that_is_not_told_resets_the_passwords_of_users_who_exist_like_any_other(app: App) -> None:
    discreet = app.discreet()
    await discreet.confirm_forgot_password(await forgotten(discreet))

    assert tokens_of(await discreet.by_srp(ALICE, NEW_PASSWORD))


async def test_a_client_that_is_told_learns_that_a_user_is_disabled(app: App) -> None:
    code = await forgotten(app)
    app.pool.disable_user(ALICE)

    assert await refusal(app.confirm_forgot_password(code)) == DISABLED
    assert await refusal(app.forgot_password()) == DISABLED


@pytest.mark.parametrize("existence_errors", ExistenceErrors)
async def test_a_disabled_user_cannot_reset_with_a_code_that_was_sent_before(
    app: App, existence_errors: ExistenceErrors
) -> None:
    code = await forgotten(app)
    app.pool.disable_user(ALICE)
    either = app.beside(prevent_user_existence_errors=existence_errors)
    await refusal(either.confirm_forgot_password(code))
    app.pool.user(ALICE).enabled = True

    assert tokens_of(await app.by_password()), "the old password still holds"


async def test_where_addresses_name_people_a_stranger_is_sent_a_code_to_the_address_that_was_typed(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    pool = make_pool(username_attributes=frozenset({"email"}))
    pool.add_user("carol@example.com", PASSWORD, attributes={"email_verified": "true"})
    app = App(pool, clock).discreet()

    known, unknown = [await app.forgot_password(name) for name in ("carol@example.com", "cyril@example.com")]
    assert known == unknown


async def test_a_code_to_an_address_that_the_user_no_longer_has_resets_nothing(app: App) -> None:
    await app.forgot_password()
    code = app.mailed(Purpose.PASSWORD_RESET)
    message = app.pool.outbox.latest(ALICE)
    attribute = "phone_number" if message.medium is Medium.SMS else "email"
    other = "+15550009999" if attribute == "phone_number" else "other@example.com"
    app.pool.user(ALICE).attributes.update({attribute: other})

    assert await refusal(app.confirm_forgot_password(code)) == CODE_EXPIRED
    assert tokens_of(await app.by_password())
