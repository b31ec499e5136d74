"""One's own account: its password, its factors, its end."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import (
    FakeUserPool,
    FirstFactor,
    MfaConfiguration,
    MfaFactor,
    PasskeyUse,
    PasswordPolicy,
    UserStatus,
    WebAuthnConfiguration,
)
from authsteps.engine.messages import Secret
from tests.adapters.fake.authenticator import RP_ID, Browser
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    EMAIL,
    HOUR,
    LIMIT_EXCEEDED,
    MS,
    NEW_PASSWORD,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    WRONG_CREDENTIALS,
    App,
    Refusal,
    Reply,
    constraint,
    inside,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

REUSED = ("PasswordHistoryPolicyViolationException", "Password has previously been used.")
TOO_SHORT = ("InvalidPasswordException", "Password did not conform with policy: Password not long enough")


async def change(app: App, token: str, previous: str | None = PASSWORD, proposed: str = NEW_PASSWORD) -> Reply:
    given: dict[str, Json] = {} if previous is None else {"PreviousPassword": previous}
    return await app.call("ChangePassword", AccessToken=token, ProposedPassword=proposed, **given)


@pytest.fixture
async def token(app: App) -> str:
    """Alice's access token."""
    token: str = (await app.tokens())["AccessToken"]
    return token


# --- The password ---------------------------------------------------------------------------------------------------


async def test_the_new_password_works_and_whoever_is_signed_in_stays_so(app: App, clock: VirtualClock) -> None:
    tokens = await app.tokens()
    clock.move(MS)
    assert await change(app, tokens["AccessToken"]) == {}

    assert app.pool.user(ALICE).modified == clock.now()
    assert await refusal(app.by_srp()) == WRONG_CREDENTIALS
    assert tokens_of(await app.by_srp(ALICE, NEW_PASSWORD))
    assert tokens_of(await app.refresh(tokens["RefreshToken"]))
    assert await app.call("GetUser", AccessToken=tokens["AccessToken"])


REFUSED: Mapping[str, tuple[str | None, str, Refusal]] = {
    "a wrong one before": ("Wrong-horse-7", NEW_PASSWORD, WRONG_CREDENTIALS),
    "an empty one before": ("", NEW_PASSWORD, WRONG_CREDENTIALS),
    "none before": (
        None,
        NEW_PASSWORD,
        constraint("Value at 'previousPassword' failed to satisfy constraint: Member must not be null"),
    ),
    "one that is too short": (PASSWORD, "Aa1!", TOO_SHORT),
    "one with a space behind it": (
        PASSWORD,
        f"{NEW_PASSWORD} ",
        constraint(
            "Value at 'proposedPassword' failed to satisfy constraint: "
            r"Member must satisfy regular expression pattern: ^[\S]+.*[\S]+$"
        ),
    ),
}


@pytest.mark.parametrize(("previous", "proposed", "expected"), REFUSED.values(), ids=[*REFUSED])
async def test_a_refused_change_leaves_the_password_as_it_was(
    app: App, token: str, previous: str | None, proposed: str, expected: Refusal
) -> None:
    assert await refusal(change(app, token, previous, proposed)) == expected

    assert tokens_of(await app.by_password())


async def test_a_password_is_changed_five_times_an_hour_at_most_tries_included(
    app: App, token: str, clock: VirtualClock
) -> None:
    for _ in range(5):
        assert await refusal(change(app, token, "Wrong-horse-7")) == WRONG_CREDENTIALS
    assert await refusal(change(app, token)) == LIMIT_EXCEEDED
    clock.move(HOUR - MS)
    token = (await app.tokens())["AccessToken"]
    assert await refusal(change(app, token)) == LIMIT_EXCEEDED
    clock.move(MS)

    await change(app, token)


async def test_who_has_no_password_sets_one_without_another(app: App) -> None:
    """There is no way to sign in without one here, so it is taken away meanwhile."""
    token = (await app.tokens())["AccessToken"]
    app.pool.user(ALICE).verifier = None
    await change(app, token, None)

    assert tokens_of(await app.by_srp(ALICE, NEW_PASSWORD))


PASSWORDS = [f"Correct-horse-{number}" for number in range(10)]


@pytest.mark.parametrize("size", [0, 1, 2, 3, 5])
async def test_as_many_of_the_last_passwords_as_the_policy_remembers_cannot_be_had_again(
    make_pool: MakePool, clock: VirtualClock, size: int
) -> None:
    pool = make_pool(password_policy=PasswordPolicy(history_size=size), has_limits=False)
    pool.add_user(ALICE, PASSWORDS[0])
    app = App(pool, clock)
    token = (await app.tokens(ALICE, PASSWORDS[0]))["AccessToken"]
    for before, after in pairwise(PASSWORDS[:5]):
        await change(app, token, before, after)
    had = PASSWORDS[4::-1]

    for password in had[:size]:
        assert await refusal(change(app, token, had[0], password)) == REUSED
    assert len(pool.user(ALICE).former_verifiers) <= size
    for password in had[size : size + 1]:
        await change(app, token, had[0], password)


async def test_a_reset_asks_the_history_after_the_code_and_leaves_the_code(app: App) -> None:
    """Otherwise anybody could ask which passwords somebody had."""
    app.pool.settings.password_policy = PasswordPolicy(history_size=1)
    await app.forgot_password()
    code = app.pool.outbox.latest(ALICE).code.reveal()
    assert (await refusal(app.confirm_forgot_password("1", PASSWORD)))[0] == "CodeMismatchException"
    assert await refusal(app.confirm_forgot_password(code, PASSWORD)) == REUSED

    await app.confirm_forgot_password(code, NEW_PASSWORD)


def test_a_password_that_is_set_for_a_while_stops_working(pool: FakeUserPool, clock: VirtualClock) -> None:
    user = pool.user(ALICE)
    inside(pool).set_password(user, Secret(NEW_PASSWORD), is_temporary=True)
    validity = pool.settings.password_policy.temporary_password_validity

    assert (user.status, user.password_expires_at) == (UserStatus.FORCE_CHANGE_PASSWORD, clock.now() + validity)
    inside(pool).set_password(user, Secret(PASSWORD))
    assert (user.status, user.password_expires_at) == (UserStatus.CONFIRMED, None)


# --- The end --------------------------------------------------------------------------------------------------------


async def test_who_deletes_the_account_is_gone_with_all_tokens(app: App) -> None:
    tokens, others = await app.tokens(), await app.tokens()
    assert await app.call("DeleteUser", AccessToken=tokens["AccessToken"]) == {}

    for token in (tokens, others):
        assert await refusal(app.call("GetUser", AccessToken=token["AccessToken"])) == NO_SUCH_USER
        assert (await refusal(app.refresh(token["RefreshToken"])))[1] == "Invalid Refresh Token"
    assert await refusal(app.by_password()) == NO_SUCH_USER
    assert (await app.sign_up(email=EMAIL))["UserSub"], "the name is free again"


# --- Factors --------------------------------------------------------------------------------------------------------


FACTORS: Mapping[str, tuple[Callable[[FakeUserPool], object], Sequence[str]]] = {
    "all there are": (lambda _: None, ["PASSWORD", "EMAIL_OTP", "SMS_OTP"]),
    "no password": (lambda pool: setattr(pool.user(ALICE), "verifier", None), ["EMAIL_OTP", "SMS_OTP"]),
    "nothing verified": (
        lambda pool: pool.user(ALICE).attributes.update(email_verified="false", phone_number_verified="false"),
        ["PASSWORD"],
    ),
    "whatever the pool allows": (
        lambda pool: setattr(pool.settings, "first_factors", frozenset({FirstFactor.EMAIL_OTP})),
        ["PASSWORD", "EMAIL_OTP", "SMS_OTP"],
    ),
}


@pytest.mark.parametrize(("change_pool", "expected"), FACTORS.values(), ids=[*FACTORS])
async def test_the_first_factors_that_a_user_has_are_told(
    app: App, token: str, change_pool: Callable[[FakeUserPool], object], expected: Sequence[str]
) -> None:
    change_pool(app.pool)

    reply = await app.call("GetUserAuthFactors", AccessToken=token)
    assert reply == {"Username": ALICE, "ConfiguredUserAuthFactors": expected}


async def test_passkeys_and_second_factors_are_told_too(app: App, token: str) -> None:
    app.pool.settings.web_authn = WebAuthnConfiguration(RP_ID)
    app.pool.settings.first_factors = frozenset(FirstFactor)
    await app.register_passkey(token, Browser())
    await app.prefer(token, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})

    assert await app.call("GetUserAuthFactors", AccessToken=token) == {
        "Username": ALICE,
        "PreferredMfaSetting": "SMS_MFA",
        "UserMFASettingList": ["SMS_MFA"],
        "ConfiguredUserAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"],
    }


def not_set_up(factor: str) -> Refusal:
    return "InvalidParameterException", f"User does not have delivery config set to turn on {factor}"


ON: Json = {"Enabled": True}
FIRST: Json = {"Enabled": True, "PreferredMfa": True}


async def test_codes_by_mail_are_switched_on_where_the_pool_offers_them_and_there_is_an_address(
    app: App, token: str
) -> None:
    assert await refusal(app.prefer(token, EmailMfaSettings=ON)) == not_set_up("EMAIL_OTP")
    app.pool.settings.mfa_factors = frozenset(MfaFactor)
    await app.prefer(token, EmailMfaSettings=FIRST, SMSMfaSettings=ON)
    reply = await app.call("GetUser", AccessToken=token)
    assert (reply["UserMFASettingList"], reply["PreferredMfaSetting"]) == (["SMS_MFA", "EMAIL_OTP"], "EMAIL_OTP")

    await app.prefer(token, EmailMfaSettings={"Enabled": False})
    del app.pool.user(ALICE).attributes["email"]
    assert await refusal(app.prefer(token, EmailMfaSettings=ON)) == not_set_up("EMAIL_OTP")


@pytest.mark.parametrize(
    ("factor", "settings"),
    [("SMS_MFA", {"SMSMfaSettings": ON}), ("SOFTWARE_TOKEN_MFA", {"SoftwareTokenMfaSettings": ON})],
)
async def test_what_the_pool_offers_no_more_is_not_switched_on(
    app: App, token: str, factor: str, settings: dict[str, Json]
) -> None:
    await app.set_up_totp(token)
    app.pool.settings.mfa_factors = frozenset()

    assert await refusal(app.prefer(token, **settings)) == not_set_up(factor)
    off = ("SoftwareTokenMFANotFoundException", "Software Token MFA has not been enabled by the userPool")
    assert await refusal(app.call("AssociateSoftwareToken", AccessToken=token)) == off


async def test_where_a_second_factor_is_demanded_the_last_one_may_be_switched_off(app: App, token: str) -> None:
    await app.prefer(token, SMSMfaSettings=ON)
    app.pool.settings.mfa = MfaConfiguration.ON
    await app.prefer(token, SMSMfaSettings={"Enabled": False})

    assert app.pool.user(ALICE).mfa_factors == set()


BOTH_FACTORS = WebAuthnConfiguration(RP_ID, use=PasskeyUse.MULTI_FACTOR_WITH_USER_VERIFICATION)
NOT_POSSIBLE = (
    "InvalidParameterException",
    "Passkeys can count for both factors only where they verify their user, beside another factor",
)
PASSKEYS: Mapping[str, tuple[WebAuthnConfiguration | None, dict[str, Json], bool]] = {
    "beside another that was on": (BOTH_FACTORS, {}, True),
    "beside another that is switched on": (BOTH_FACTORS, {"SoftwareTokenMfaSettings": ON}, True),
    "while the other is switched off": (BOTH_FACTORS, {"SMSMfaSettings": {"Enabled": False}}, False),
    "where they count for one": (WebAuthnConfiguration(RP_ID), {}, False),
    "where there are none": (None, {}, False),
}


@pytest.mark.parametrize(("config", "settings", "is_possible"), PASSKEYS.values(), ids=[*PASSKEYS])
async def test_passkeys_count_for_both_factors_beside_another(
    app: App,
    token: str,
    config: WebAuthnConfiguration | None,
    settings: dict[str, Json],
    is_possible: bool,  # noqa: FBT001  # a column of the table
) -> None:
    user = app.pool.user(ALICE)
    app.pool.settings.web_authn = config
    await app.set_up_totp(token)
    await app.prefer(token, SMSMfaSettings=ON)
    call = app.prefer(token, WebAuthnMfaSettings=ON, **settings)
    if not is_possible:
        assert await refusal(call) == NOT_POSSIBLE
        assert user.mfa_factors == {MfaFactor.SMS_MFA}
    else:
        await call
        assert user.has_passkey_mfa
        await app.prefer(token, SMSMfaSettings=ON)
        assert user.has_passkey_mfa, "what is not named stays"

    await app.prefer(token, WebAuthnMfaSettings={"Enabled": False})
    assert not user.has_passkey_mfa


# --- Users whom the pool's owner adds -------------------------------------------------------------------------------


async def test_a_user_without_a_password_signs_in_with_none(app: App) -> None:
    app.pool.add_user(BOB, None, attributes={"phone_number": PHONE})

    assert app.pool.user(BOB).verifier is None
    for password in ("", PASSWORD):
        assert await refusal(app.by_srp(BOB, password)) == WRONG_CREDENTIALS
