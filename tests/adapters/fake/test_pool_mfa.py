"""Second factors: setting up an authenticator app, codes by SMS, which one is asked for, and who says so."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import FakeUserPool, MfaFactor, Purpose, UserStatus
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


# --- Setting up an authenticator app --------------------------------------------------------------------------------


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


NOT_DIGITS = (
    "Value at 'userCode' failed to satisfy constraint: Member must satisfy regular expression pattern: [0-9]+"
)


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
async def test_what_cannot_be_a_code_breaks_the_models_constraints(
    app: App, code: str, violations: list[str]
) -> None:
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


# --- Codes of the app -----------------------------------------------------------------------------------------------


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
    await app.with_totp_and_sms_challenge(code)


# --- Codes by SMS ---------------------------------------------------------------------------------------------------
