"""Second factors: setting up an authenticator app, codes by SMS, which one is asked for, and who says so."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import FakeUserPool, Medium, MfaConfiguration, MfaFactor, Purpose, UserStatus
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    MS,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    SESSION_EXPIRED,
    SESSION_INVALID,
    SMS_CODE_WRONG,
    TOTP_CODE_USED,
    TOTP_CODE_WRONG,
    TOTP_STEP,
    App,
    Authenticator,
    Refusal,
    Reply,
    SignIn,
    both_flows,
    refusal,
    tokens_of,
    wrong,
)
from tests.conftest import VirtualClock

SET_UP_CODE_WRONG = ("EnableSoftwareTokenMFAException", "Code mismatch")
TOTP_OFF = ("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")


def not_set_up(factor: str) -> Refusal:
    return "InvalidParameterException", f"User does not have delivery config set to turn on {factor}"


async def settings_of(app: App, access_token: str) -> tuple[list[str], str | None]:
    """Which factors GetUser shows as switched on, and which as preferred."""
    user = await app.call("GetUser", AccessToken=access_token)
    return user.get("UserMFASettingList", []), user.get("PreferredMfaSetting")


# --- Setting up an authenticator app ---------------------------------------------------------------------------------


async def test_the_shared_secret_is_52_characters_of_base32(app: App) -> None:
    access_token = (await app.tokens())["AccessToken"]
    secrets = {(await app.call("AssociateSoftwareToken", AccessToken=access_token))["SecretCode"] for _ in range(5)}

    assert len(secrets) == 5
    assert all(len(secret) == 52 and set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for secret in secrets)


async def test_a_wrong_code_leaves_the_set_up_open(app: App, clock: VirtualClock) -> None:
    access_token = (await app.tokens())["AccessToken"]
    secret = (await app.call("AssociateSoftwareToken", AccessToken=access_token))["SecretCode"]
    authenticator = Authenticator(secret, clock)

    for _ in range(3):
        call = app.call("VerifySoftwareToken", AccessToken=access_token, UserCode=authenticator.wrong_code())
        assert await refusal(call) == SET_UP_CODE_WRONG
    reply = await app.call("VerifySoftwareToken", AccessToken=access_token, UserCode=authenticator.code())
    assert reply == {"Status": "SUCCESS"}


async def test_a_code_before_there_is_a_secret_is_a_wrong_one(app: App) -> None:
    access_token = (await app.tokens())["AccessToken"]

    call = app.call("VerifySoftwareToken", AccessToken=access_token, UserCode="123456")
    assert await refusal(call) == SET_UP_CODE_WRONG


def too(length: str) -> str:
    return f"Value at 'userCode' failed to satisfy constraint: Member must have length {length} than or equal to 6"


NOT_DIGITS = "Value at 'userCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]+"


@pytest.mark.parametrize(
    ("code", "violations"),
    [
        ("12345", [too("greater")]),
        ("1234567", [too("less")]),
        ("12345a", [NOT_DIGITS]),
        ("12 456", [NOT_DIGITS]),
        ("١٢٣٤٥٦", [NOT_DIGITS]),
        ("", [too("greater"), NOT_DIGITS]),
        ("x" * 100_000, [too("less"), NOT_DIGITS]),
    ],
)
async def test_what_cannot_be_a_code_breaks_the_models_constraints(app: App, code: str, violations: list[str]) -> None:
    errors = "error" if len(violations) == 1 else "errors"
    text = f"{len(violations)} validation {errors} detected: {'; '.join(violations)}"

    call = app.call("VerifySoftwareToken", AccessToken="whoever", UserCode=code)
    assert await refusal(call) == ("InvalidParameterException", text)


async def test_a_verified_app_is_not_asked_for_until_it_is_switched_on(app: App) -> None:
    access_token = (await app.tokens())["AccessToken"]
    await app.set_up_totp(access_token)

    assert await settings_of(app, access_token) == ([], None)
    assert tokens_of(await app.by_password())

    await app.prefer(access_token, SoftwareTokenMfaSettings={"Enabled": True})
    assert await settings_of(app, access_token) == (["SOFTWARE_TOKEN_MFA"], None)
    assert (await app.by_password())["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


async def test_a_newer_secret_replaces_the_one_before_it(app: App, clock: VirtualClock) -> None:
    access_token = (await app.tokens())["AccessToken"]
    old, new = [
        Authenticator((await app.call("AssociateSoftwareToken", AccessToken=access_token))["SecretCode"], clock)
        for _ in range(2)
    ]

    call = app.call("VerifySoftwareToken", AccessToken=access_token, UserCode=old.code())
    assert await refusal(call) == SET_UP_CODE_WRONG
    await app.call("VerifySoftwareToken", AccessToken=access_token, UserCode=new.code())


async def test_the_old_app_works_until_the_new_one_is_verified_and_not_after(app: App, clock: VirtualClock) -> None:
    old = await app.with_totp()
    access_token = tokens_of(await app.answer(await app.by_password(), old.code()))["AccessToken"]
    secret = (await app.call("AssociateSoftwareToken", AccessToken=access_token))["SecretCode"]
    new = Authenticator(secret, clock)

    clock.move(TOTP_STEP)
    challenge = await app.by_password()
    assert await refusal(app.answer(challenge, new.code())) == TOTP_CODE_WRONG
    assert tokens_of(await app.answer(challenge, old.code()))

    await app.call("VerifySoftwareToken", AccessToken=access_token, UserCode=new.code())
    clock.move(TOTP_STEP)
    challenge = await app.by_password()
    assert await refusal(app.answer(challenge, old.code())) == TOTP_CODE_WRONG
    assert tokens_of(await app.answer(challenge, new.code()))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Alice's phone", {"FRIENDLY_DEVICE_NAME": "Alice's phone"}),
        ("電話", {"FRIENDLY_DEVICE_NAME": "電話"}),
        ("", {}),
        (None, {}),
    ],
)
async def test_the_challenge_shows_what_the_user_calls_the_app(
    app: App, name: str | None, shown: Mapping[str, str]
) -> None:
    await app.with_totp(name=name)

    challenge = await app.by_password()
    assert challenge["ChallengeParameters"] == {"USER_ID_FOR_SRP": ALICE, **shown}


@pytest.mark.parametrize("operation", ["AssociateSoftwareToken", "VerifySoftwareToken"])
async def test_setting_up_goes_by_an_access_token_and_by_nothing_else(app: App, operation: str) -> None:
    access_token = (await app.tokens())["AccessToken"]
    need_one = ("InvalidParameterException", "Exactly one of AccessToken and Session is required")

    assert await refusal(app.call(operation, UserCode="123456")) == need_one
    assert await refusal(app.call(operation, UserCode="123456", AccessToken=None, Session=None)) == need_one
    both = app.call(operation, UserCode="123456", AccessToken=access_token, Session="x" * 30)
    assert await refusal(both) == need_one
    assert await refusal(app.call(operation, UserCode="123456", Session="x" * 30)) == SESSION_INVALID


# --- Codes of the app ------------------------------------------------------------------------------------------------


@both_flows
async def test_the_code_of_the_app_signs_in(app: App, sign_in: SignIn) -> None:
    authenticator = await app.with_totp()
    challenge = await sign_in(app, ALICE, PASSWORD)

    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert tokens_of(await app.answer(challenge, authenticator.code()))


async def test_the_code_that_set_the_app_up_does_not_sign_in(app: App, clock: VirtualClock) -> None:
    access_token = (await app.tokens())["AccessToken"]
    authenticator = await app.set_up_totp(access_token)
    await app.prefer(access_token, SoftwareTokenMfaSettings={"Enabled": True})

    used = authenticator.code()
    challenge = await app.by_password()
    assert await refusal(app.answer(challenge, used)) == TOTP_CODE_USED
    clock.move(TOTP_STEP)
    assert await refusal(app.answer(challenge, used)) == TOTP_CODE_USED
    assert tokens_of(await app.answer(challenge, authenticator.code()))


async def test_a_code_signs_in_once_in_its_whole_window_over_all_attempts(app: App, clock: VirtualClock) -> None:
    authenticator = await app.with_totp()
    challenges = [await app.by_password() for _ in range(4)]
    code = authenticator.code(later=TOTP_STEP)
    assert tokens_of(await app.answer(challenges[0], code))

    for challenge in challenges[1:]:
        assert await refusal(app.answer(challenge, code)) == TOTP_CODE_USED
        clock.move(TOTP_STEP)
    assert await refusal(app.answer(challenges[1], code)) == TOTP_CODE_WRONG, "out of its window it is a wrong one"


@pytest.mark.parametrize(
    ("later", "taken"),
    [(-MS, False), (timedelta(), True), (3 * TOTP_STEP - MS, True), (3 * TOTP_STEP, False)],
)
async def test_a_code_is_taken_from_one_step_before_its_own_to_one_step_after(
    app: App,
    clock: VirtualClock,
    later: timedelta,
    taken: bool,  # noqa: FBT001  # a column of the table
) -> None:
    authenticator = await app.with_totp()
    into_step = timedelta(seconds=clock.now().timestamp() % 30)
    clock.move(TOTP_STEP - into_step - MS)  # a millisecond before a step begins, whose neighbour's code is asked for
    code = authenticator.code(later=TOTP_STEP + MS)
    clock.move(later + MS)
    challenge = await app.by_password()

    if taken:
        assert tokens_of(await app.answer(challenge, code))
    else:
        assert await refusal(app.answer(challenge, code)) == TOTP_CODE_WRONG


@pytest.mark.parametrize("code", ["1", "1234567", "abcdef", "' OR 1=1", "0" * 100_000, "\u0661" * 6])
async def test_what_is_no_code_is_a_wrong_code(app: App, code: str) -> None:
    await app.with_totp()
    challenge = await app.by_password()

    assert await refusal(app.answer(challenge, code)) == TOTP_CODE_WRONG


async def test_who_has_no_app_any_more_is_asked_all_the_same_and_no_code_is_right(app: App) -> None:
    authenticator = await app.with_totp()
    app.pool.user(ALICE).software_token = None
    challenge = await app.by_password()

    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert await refusal(app.answer(challenge, authenticator.code())) == TOTP_CODE_WRONG


# --- Codes by SMS ----------------------------------------------------------------------------------------------------


@both_flows
async def test_the_code_goes_to_the_users_phone_and_signs_in(app: App, clock: VirtualClock, sign_in: SignIn) -> None:
    await app.with_sms()
    challenge = await sign_in(app, ALICE, PASSWORD)

    assert challenge["ChallengeName"] == "SMS_MFA"
    assert challenge["ChallengeParameters"] == {
        "USER_ID_FOR_SRP": ALICE,
        "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
        "CODE_DELIVERY_DESTINATION": "+*******1234",
    }
    (message,) = app.pool.outbox
    assert (message.username, message.medium, message.destination, message.purpose, message.sent_at) == (
        ALICE,
        Medium.SMS,
        PHONE,
        Purpose.SMS_MFA,
        clock.now(),
    )
    assert len(message.code.reveal()) == 6
    assert tokens_of(await app.answer(challenge, message.code.reveal()))


async def test_no_code_is_sent_before_the_password_is_right(app: App) -> None:
    await app.with_sms()
    await app.offer_proof()
    await refusal(app.by_password(ALICE, "Incorrect-horse-7"))
    await refusal(app.by_srp(ALICE, "Incorrect-horse-7"))

    assert not len(app.pool.outbox)


@pytest.mark.parametrize("code", ["1", "1234567", "abcdef", "0" * 100_000, "\u0661" * 6])
async def test_what_is_no_code_by_sms_is_a_wrong_code(app: App, code: str) -> None:
    await app.with_sms()
    challenge = await app.by_password()

    assert await refusal(app.answer(challenge, code)) == SMS_CODE_WRONG


async def test_a_right_code_verifies_the_phone_number_and_a_wrong_one_does_not(app: App) -> None:
    await app.with_sms()
    attributes = app.pool.user(ALICE).attributes
    attributes["phone_number_verified"] = "false"
    challenge = await app.by_password()
    right = app.mailed(Purpose.SMS_MFA)

    await refusal(app.answer(challenge, wrong(right)))
    assert attributes["phone_number_verified"] == "false"
    await app.answer(challenge, right)
    assert attributes["phone_number_verified"] == "true"


async def test_a_code_to_an_older_number_neither_signs_in_nor_verifies_the_new_one(app: App) -> None:
    await app.with_sms()
    challenge = await app.by_password()
    code = app.mailed(Purpose.SMS_MFA)
    app.pool.user(ALICE).attributes.update({"phone_number": "+15550009999", "phone_number_verified": "false"})

    assert await refusal(app.answer(challenge, code)) == SMS_CODE_WRONG
    assert app.pool.user(ALICE).attributes["phone_number_verified"] == "false"


async def test_a_code_is_good_for_its_own_attempt_alone(app: App) -> None:
    """Of one user, and of two: codes that are swapped between attempts are wrong."""
    app.pool.add_user(BOB, PASSWORD, attributes={"phone_number": "+15550009876"})
    await app.with_sms(ALICE)
    await app.with_sms(BOB)
    attempts: list[tuple[str, Reply, str]] = []
    for username in (ALICE, ALICE, BOB):
        challenge = await app.by_password(username)
        attempts.append((username, challenge, app.mailed(Purpose.SMS_MFA, username)))
    assert len({code for _, _, code in attempts}) == 3

    for username, challenge, own in attempts:
        for _, _, code in attempts:
            if code != own:
                assert await refusal(app.answer(challenge, code, username)) == SMS_CODE_WRONG
    for username, challenge, own in attempts:
        assert tokens_of(await app.answer(challenge, own, username))


async def test_a_code_lives_as_long_as_its_session(app: App, clock: VirtualClock) -> None:
    await app.with_sms()
    patient = app.beside(auth_session_validity=timedelta(minutes=15))
    challenge = await patient.by_password()
    clock.move(timedelta(minutes=15) - MS)
    right = app.mailed(Purpose.SMS_MFA)
    assert await refusal(patient.answer(challenge, wrong(right))) == SMS_CODE_WRONG
    assert tokens_of(await patient.answer(challenge, right))

    challenge = await patient.by_password()
    clock.move(timedelta(minutes=15))
    assert await refusal(patient.answer(challenge, app.mailed(Purpose.SMS_MFA))) == SESSION_EXPIRED


async def test_who_has_no_phone_any_more_is_turned_away_and_not_let_in(app: App) -> None:
    await app.with_sms()
    del app.pool.user(ALICE).attributes["phone_number"]

    assert await refusal(app.by_password()) == not_set_up("SMS_MFA")
    assert await refusal(app.by_srp()) == not_set_up("SMS_MFA")


# --- Which factor is asked for ---------------------------------------------------------------------------------------


@pytest.fixture
async def both(app: App) -> Authenticator:
    """Alice's authenticator app; she has switched on that and SMS, and prefers neither."""
    authenticator = await app.with_totp()
    app.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    return authenticator


async def test_of_two_factors_without_a_preference_the_client_chooses(app: App, both: Authenticator) -> None:
    choice = await app.by_password()
    assert choice["ChallengeName"] == "SELECT_MFA_TYPE"
    parameters = choice["ChallengeParameters"]
    assert parameters.keys() == {"MFAS_CAN_CHOOSE", "USER_ID_FOR_SRP"}
    assert set(json.loads(parameters["MFAS_CAN_CHOOSE"])) == {"SMS_MFA", "SOFTWARE_TOKEN_MFA"}
    assert not len(app.pool.outbox), "nothing is sent before the choice"

    totp = await app.answer(choice, "SOFTWARE_TOKEN_MFA")
    assert totp["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert tokens_of(await app.answer(totp, both.code()))

    sms = await app.answer(await app.by_password(), "SMS_MFA")
    assert sms["ChallengeName"] == "SMS_MFA"
    assert tokens_of(await app.answer(sms, app.mailed(Purpose.SMS_MFA)))


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("answer", ["EMAIL_OTP", "sms_mfa", "SMS", "nothing", "PASSWORD", "x" * 10_000])
async def test_a_choice_that_was_not_offered_is_refused_and_the_next_one_may_be_right(app: App, answer: str) -> None:
    choice = await app.by_password()

    assert (await refusal(app.answer(choice, answer)))[0] == "InvalidParameterException"
    assert (await app.answer(choice, "SMS_MFA"))["ChallengeName"] == "SMS_MFA"


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("factor", [MfaFactor.SMS_MFA, MfaFactor.SOFTWARE_TOKEN_MFA])
async def test_the_preferred_factor_is_asked_for_without_a_choice(app: App, factor: MfaFactor) -> None:
    app.pool.user(ALICE).preferred_factor = factor

    assert (await app.by_password())["ChallengeName"] == factor.value


async def test_a_new_password_comes_before_the_second_factor(app: App) -> None:
    authenticator = await app.with_totp()
    app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    new_password = await app.by_password()
    assert new_password["ChallengeName"] == "NEW_PASSWORD_REQUIRED"

    totp = await app.answer(new_password, NEW_PASSWORD)
    assert totp["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert tokens_of(await app.answer(totp, authenticator.code()))


# --- Preferences -----------------------------------------------------------------------------------------------------

ON: Json = {"Enabled": True}
OFF: Json = {"Enabled": False}
FIRST: Json = {"Enabled": True, "PreferredMfa": True}
NOT_FIRST: Json = {"Enabled": True, "PreferredMfa": False}
SMS, TOTP = "SMS_MFA", "SOFTWARE_TOKEN_MFA"

PREFERENCES: Mapping[str, tuple[Sequence[tuple[Json, Json]], tuple[list[str], str | None]]] = {
    "nothing asked": ([(None, None)], ([], None)),
    "one on": ([(ON, None)], ([SMS], None)),
    "both on, one after the other": ([(ON, None), (None, ON)], ([SMS, TOTP], None)),
    "one preferred": ([(FIRST, None)], ([SMS], SMS)),
    "to prefer is to switch on": ([(None, {"PreferredMfa": True})], ([TOTP], TOTP)),
    "even against one's own word": ([(None, {"Enabled": False, "PreferredMfa": True})], ([TOTP], TOTP)),
    "the later preference counts": ([(FIRST, None), (None, FIRST)], ([SMS, TOTP], TOTP)),
    "what is not named stays": ([(FIRST, ON), (None, OFF)], ([SMS], SMS)),
    "on and not preferred any more": ([(FIRST, ON), (NOT_FIRST, None)], ([SMS, TOTP], None)),
    "off is not preferred any more": ([(FIRST, ON), (OFF, None)], ([TOTP], None)),
    "off and another preferred": ([(FIRST, ON), (OFF, FIRST)], ([TOTP], TOTP)),
    "both off": ([(FIRST, ON), (OFF, OFF)], ([], None)),
    "off that was never on": ([(OFF, OFF)], ([], None)),
    "empty settings are off": ([(FIRST, ON), ({}, None)], ([TOTP], None)),
    "on again is as preferred as before": ([(FIRST, ON), (ON, None)], ([SMS, TOTP], SMS)),
    "nulls are absent": ([(FIRST, ON), ({"Enabled": True, "PreferredMfa": None}, None)], ([SMS, TOTP], SMS)),
}


@pytest.mark.parametrize(("calls", "expected"), PREFERENCES.values(), ids=[*PREFERENCES])
async def test_preferences_are_set_factor_by_factor(
    app: App, calls: Sequence[tuple[Json, Json]], expected: tuple[list[str], str | None]
) -> None:
    access_token = (await app.tokens())["AccessToken"]
    await app.set_up_totp(access_token)
    for sms, totp in calls:
        assert await app.prefer(access_token, SMSMfaSettings=sms, SoftwareTokenMfaSettings=totp) == {}

    assert await settings_of(app, access_token) == expected


async def test_every_change_of_a_users_factors_is_dated(app: App, clock: VirtualClock) -> None:
    user, access_token = app.pool.user(ALICE), (await app.tokens())["AccessToken"]
    clock.move(MS)
    await app.set_up_totp(access_token)
    assert user.modified == clock.now()
    clock.move(MS)
    await app.prefer(access_token, SoftwareTokenMfaSettings=ON)
    assert user.modified == clock.now()
    assert user.created < user.modified


async def refused_preference(app: App, **settings: Json) -> Refusal:
    """Ask for settings that are refused, and see that nothing changed."""
    access_token = (await app.tokens())["AccessToken"]
    before = await settings_of(app, access_token)
    refused = await refusal(app.prefer(access_token, **settings))

    assert await settings_of(app, access_token) == before
    return refused


TWO_PREFERRED = ("InvalidParameterException", "Only one MFA factor can be preferred")


async def test_only_one_factor_can_be_preferred(app: App) -> None:
    await app.set_up_totp((await app.tokens())["AccessToken"])

    assert await refused_preference(app, SMSMfaSettings=FIRST, SoftwareTokenMfaSettings=FIRST) == TWO_PREFERRED
    assert await refused_preference(app, SMSMfaSettings=FIRST, EmailMfaSettings=FIRST) == TWO_PREFERRED


@pytest.mark.parametrize("setting", [ON, FIRST])
async def test_a_factor_that_is_not_set_up_cannot_be_switched_on_and_nothing_else_is_then(
    app: App, setting: Json
) -> None:
    access_token = (await app.tokens())["AccessToken"]
    assert await refused_preference(app, SMSMfaSettings=ON, SoftwareTokenMfaSettings=setting) == not_set_up(TOTP)
    await app.call("AssociateSoftwareToken", AccessToken=access_token)
    assert await refused_preference(app, SoftwareTokenMfaSettings=setting) == not_set_up(TOTP), "it is not verified"

    del app.pool.user(ALICE).attributes["phone_number"]
    assert await refused_preference(app, SMSMfaSettings=setting) == not_set_up(SMS)


@pytest.mark.parametrize("setting", [ON, FIRST, {"PreferredMfa": True}])
async def test_codes_by_email_cannot_be_switched_on_in_this_pool(app: App, setting: Json) -> None:
    assert await refused_preference(app, EmailMfaSettings=setting) == not_set_up("EMAIL_OTP")
    assert await app.prefer((await app.tokens())["AccessToken"], EmailMfaSettings=OFF) == {}


# --- A pool without second factors -----------------------------------------------------------------------------------


async def test_a_pool_without_second_factors_sets_none_up_and_asks_for_none(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    pool: FakeUserPool = make_pool(mfa=MfaConfiguration.OFF)
    pool.add_user(ALICE, PASSWORD, attributes={"phone_number": PHONE})
    app = App(pool, clock)
    access_token = (await app.tokens())["AccessToken"]

    assert await refusal(app.call("AssociateSoftwareToken", AccessToken=access_token)) == TOTP_OFF
    call = app.call("VerifySoftwareToken", AccessToken=access_token, UserCode="123456")
    assert await refusal(call) == TOTP_OFF
    pool.user(ALICE).mfa_factors |= {MfaFactor.SMS_MFA, MfaFactor.SOFTWARE_TOKEN_MFA}
    pool.user(ALICE).preferred_factor = MfaFactor.SMS_MFA
    assert tokens_of(await app.by_password())
