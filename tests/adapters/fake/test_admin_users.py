"""What an administrator does to one user: what changes, what ends, and what is refused."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from authsteps.adapters.fake import FakeUserPool, MfaFactor, PasswordPolicy, Purpose, RecoveryChannel, UserStatus
from tests.adapters.fake.administrator import Administrator, attributes, pairs
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    DISABLED,
    EMAIL,
    MINUTE,
    NEW_PASSWORD,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    RESET_REQUIRED,
    STRANGER,
    UNCONFIRMED,
    WRONG_CREDENTIALS,
    App,
    Refusal,
    refusal,
)
from tests.conftest import VirtualClock

REVOKED = ("NotAuthorizedException", "Access Token has been revoked")
GONE = ("UserNotFoundException", "User does not exist.")
STATE = ("NotAuthorizedException", "User password cannot be reset in the current state.")
NO_CHANNEL = (
    "InvalidParameterException",
    "Cannot reset password for the user as there is no registered/verified email or phone_number",
)


@pytest.fixture
def administrator(pool: FakeUserPool) -> Administrator:
    """Looks after the pool in which Alice is."""
    return Administrator(pool, pool.id)


LEFT_OVER: Mapping[str, Mapping[str, Any]] = {
    "AdminSetUserPassword": {"Password": PASSWORD},
    "AdminUpdateUserAttributes": {"UserAttributes": pairs({"name": "Alice"})},
    "AdminDeleteUserAttributes": {"UserAttributeNames": ["name"]},
    "AdminAddUserToGroup": {"GroupName": "staff"},
    "AdminRemoveUserFromGroup": {"GroupName": "staff"},
    "AdminForgetDevice": {"DeviceKey": "eu-west-1_11111111-2222-3333-4444-555555555555"},
    "AdminUpdateDeviceStatus": {"DeviceKey": "eu-west-1_11111111-2222-3333-4444-555555555555"},
    "AdminCreateUser": {"MessageAction": "RESEND"},
}
"""What operations need beside a pool and a username."""
BY_USER = [
    "AdminAddUserToGroup",
    "AdminConfirmSignUp",
    "AdminCreateUser",
    "AdminDeleteUser",
    "AdminDeleteUserAttributes",
    "AdminDisableUser",
    "AdminEnableUser",
    "AdminForgetDevice",
    "AdminGetUser",
    "AdminListGroupsForUser",
    "AdminRemoveUserFromGroup",
    "AdminResetUserPassword",
    "AdminSetUserMFAPreference",
    "AdminSetUserPassword",
    "AdminUpdateDeviceStatus",
    "AdminUpdateUserAttributes",
    "AdminUserGlobalSignOut",
]


@pytest.mark.parametrize("operation", BY_USER)
async def test_a_user_who_does_not_exist_is_not_found(
    pool: FakeUserPool, administrator: Administrator, operation: str
) -> None:
    pool.add_group("staff")

    assert await refusal(administrator.to(operation, STRANGER, **LEFT_OVER.get(operation, {}))) == NO_SUCH_USER


@pytest.mark.parametrize("operation", BY_USER)
async def test_a_pool_answers_for_itself_alone(administrator: Administrator, operation: str) -> None:
    administrator.user_pool_id = "eu-west-1_Another01"

    assert await refusal(administrator.to(operation, **LEFT_OVER.get(operation, {}))) == (
        "ResourceNotFoundException",
        "User pool eu-west-1_Another01 does not exist.",
    )


# --- Looking ----------------------------------------------------------------------------------------------------------


async def test_a_user_is_shown_whole(pool: FakeUserPool, administrator: Administrator, clock: VirtualClock) -> None:
    created = clock.now().timestamp()
    clock.move(MINUTE)
    await administrator.to("AdminUpdateUserAttributes", UserAttributes=pairs({"name": "Alice"}))
    user = pool.user(ALICE)
    user.mfa_factors, user.preferred_factor = {MfaFactor.SMS_MFA, MfaFactor.SOFTWARE_TOKEN_MFA}, MfaFactor.SMS_MFA

    shown = await administrator.to("AdminGetUser")

    assert attributes(shown.pop("UserAttributes")) == {
        "sub": user.sub,
        "email": EMAIL,
        "email_verified": "true",
        "phone_number": PHONE,
        "phone_number_verified": "true",
        "name": "Alice",
    }
    assert shown == {
        "Username": ALICE,
        "UserCreateDate": created,
        "UserLastModifiedDate": created + 60,
        "Enabled": True,
        "UserStatus": "CONFIRMED",
        "PreferredMfaSetting": "SMS_MFA",
        "UserMFASettingList": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"],
    }


async def test_users_go_by_their_sub_too(pool: FakeUserPool, administrator: Administrator) -> None:
    assert (await administrator.to("AdminGetUser", pool.user(ALICE).sub))["Username"] == ALICE


async def test_where_an_address_is_the_username_the_canonical_name_is_the_sub(make_pool: MakePool) -> None:
    pool = make_pool(username_attributes=frozenset({"email"}))
    pool.add_user(EMAIL, PASSWORD)

    shown = await Administrator(pool, pool.id).to("AdminGetUser", EMAIL)

    assert shown["Username"] == attributes(shown["UserAttributes"])["sub"]


# --- Passwords --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", UserStatus)
async def test_a_permanent_password_confirms_and_signs_in(
    pool: FakeUserPool, administrator: Administrator, app: App, status: UserStatus
) -> None:
    pool.user(ALICE).status = status
    await administrator.to("AdminSetUserPassword", Password=NEW_PASSWORD, Permanent=True)

    assert pool.user(ALICE).status is UserStatus.CONFIRMED
    assert "AuthenticationResult" in await app.by_srp(password=NEW_PASSWORD)
    assert await refusal(app.by_srp()) == WRONG_CREDENTIALS


@pytest.mark.parametrize("status", UserStatus)
@pytest.mark.parametrize("said", [{}, {"Permanent": False}], ids=["nothing said", "said so"])
async def test_a_temporary_password_has_to_be_changed(
    pool: FakeUserPool, administrator: Administrator, app: App, status: UserStatus, said: dict[str, Any]
) -> None:
    pool.user(ALICE).status = status
    await administrator.to("AdminSetUserPassword", Password=NEW_PASSWORD, **said)

    challenge = await app.by_srp(password=NEW_PASSWORD)
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert "AuthenticationResult" in await app.answer(challenge, "Third-password-9")


async def test_a_temporary_password_expires(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool(password_policy=PasswordPolicy(temporary_password_validity=timedelta(days=2)))
    pool.add_user(ALICE, PASSWORD)
    await Administrator(pool, pool.id).to("AdminSetUserPassword", Password=NEW_PASSWORD)
    clock.move(timedelta(days=2))

    assert await refusal(App(pool, clock).by_srp(password=NEW_PASSWORD)) == (
        "NotAuthorizedException",
        "Temporary password has expired and must be reset by an administrator.",
    )


async def test_setting_a_password_verifies_nothing(pool: FakeUserPool, administrator: Administrator) -> None:
    pool.user(ALICE).attributes["email_verified"] = "false"
    await administrator.to("AdminSetUserPassword", Password=NEW_PASSWORD, Permanent=True)

    assert pool.user(ALICE).attributes["email_verified"] == "false"


@pytest.mark.parametrize(
    ("password", "expected"),
    [
        ("Short-1", ("InvalidPasswordException", "Password did not conform with policy: Password not long enough")),
        (
            "no-upper-7",
            (
                "InvalidPasswordException",
                "Password did not conform with policy: Password must have uppercase characters",
            ),
        ),
        (PASSWORD, ("PasswordHistoryPolicyViolationException", "Password has previously been used.")),
    ],
)
async def test_the_policy_and_the_history_judge_an_administrators_passwords_too(
    make_pool: MakePool, clock: VirtualClock, password: str, expected: Refusal
) -> None:
    pool = make_pool(password_policy=PasswordPolicy(history_size=1))
    pool.add_user(ALICE, PASSWORD)

    assert await refusal(Administrator(pool, pool.id).to("AdminSetUserPassword", Password=password)) == expected
    assert "AuthenticationResult" in await App(pool, clock).by_srp()


async def test_a_reset_sends_a_code_and_closes_the_old_password(
    pool: FakeUserPool, administrator: Administrator, app: App
) -> None:
    access_token = (await app.tokens())["AccessToken"]
    await administrator.to("AdminResetUserPassword")
    first = app.mailed(Purpose.PASSWORD_RESET)
    await administrator.to("AdminResetUserPassword")

    assert await refusal(app.by_srp()) == RESET_REQUIRED
    assert await refusal(app.call("GetUser", AccessToken=access_token)) == RESET_REQUIRED
    assert first != app.mailed(Purpose.PASSWORD_RESET)
    await app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET))
    assert "AuthenticationResult" in await app.by_srp(password=NEW_PASSWORD)


@pytest.mark.parametrize("status", [UserStatus.UNCONFIRMED, UserStatus.FORCE_CHANGE_PASSWORD])
async def test_only_confirmed_users_can_be_reset(
    pool: FakeUserPool, administrator: Administrator, status: UserStatus
) -> None:
    pool.user(ALICE).status = status

    assert await refusal(administrator.to("AdminResetUserPassword")) == STATE
    assert not len(pool.outbox)


async def test_a_reset_needs_a_verified_channel(pool: FakeUserPool, administrator: Administrator) -> None:
    pool.user(ALICE).attributes.update({"email_verified": "false", "phone_number_verified": "false"})

    assert await refusal(administrator.to("AdminResetUserPassword")) == NO_CHANNEL
    assert pool.user(ALICE).status is UserStatus.CONFIRMED


async def test_a_reset_needs_recovery_to_be_set_up(pool: FakeUserPool, administrator: Administrator) -> None:
    pool.settings.recovery = (RecoveryChannel.ADMIN_ONLY,)

    assert await refusal(administrator.to("AdminResetUserPassword")) == NO_CHANNEL


# --- Confirming, disabling, deleting ----------------------------------------------------------------------------------


async def test_confirming_a_sign_up_verifies_nothing_and_spends_the_code(
    pool: FakeUserPool, administrator: Administrator, app: App
) -> None:
    await app.sign_up(BOB, email=EMAIL)
    assert await refusal(app.by_srp(BOB)) == UNCONFIRMED
    await administrator.to("AdminConfirmSignUp", BOB, ClientMetadata={"why": "known in person"})

    assert "AuthenticationResult" in await app.by_srp(BOB)
    assert "email_verified" not in pool.user(BOB).attributes
    assert (await refusal(app.confirm_sign_up(app.mailed(Purpose.SIGN_UP, BOB), BOB)))[1] == (
        "User cannot be confirmed. Current status is CONFIRMED"
    )


@pytest.mark.parametrize("status", sorted(set(UserStatus) - {UserStatus.UNCONFIRMED}))
async def test_only_who_waits_for_it_can_be_confirmed(
    pool: FakeUserPool, administrator: Administrator, status: UserStatus
) -> None:
    pool.user(ALICE).status = status

    assert await refusal(administrator.to("AdminConfirmSignUp")) == (
        "NotAuthorizedException",
        f"User cannot be confirmed. Current status is {status.value}",
    )


async def test_who_is_disabled_neither_signs_in_nor_goes_on(administrator: Administrator, app: App) -> None:
    tokens = await app.tokens()
    await administrator.to("AdminDisableUser")

    assert await refusal(app.by_srp()) == DISABLED
    assert await refusal(app.call("GetUser", AccessToken=tokens["AccessToken"])) == REVOKED
    assert (await refusal(app.refresh(tokens["RefreshToken"])))[0] == "NotAuthorizedException"
    assert (await administrator.to("AdminGetUser"))["Enabled"] is False


async def test_who_is_enabled_again_signs_in_and_finds_the_old_tokens_dead(
    administrator: Administrator, app: App
) -> None:
    tokens = await app.tokens()
    await administrator.to("AdminDisableUser")
    await administrator.to("AdminEnableUser")

    assert await refusal(app.call("GetUser", AccessToken=tokens["AccessToken"])) == REVOKED
    assert "AuthenticationResult" in await app.by_srp()
    assert (await administrator.to("AdminGetUser"))["Enabled"] is True


async def test_a_deleted_user_is_gone_and_the_name_is_free(administrator: Administrator, app: App) -> None:
    access_token = (await app.tokens())["AccessToken"]
    await administrator.to("AdminDeleteUser")

    assert await refusal(administrator.to("AdminGetUser")) == NO_SUCH_USER
    assert await refusal(app.call("GetUser", AccessToken=access_token)) == GONE
    await administrator.create_user(ALICE)


async def test_signing_out_ends_every_session_and_no_later_one(
    administrator: Administrator, app: App, clock: VirtualClock
) -> None:
    tokens = [await app.tokens() for _ in range(2)]
    await administrator.to("AdminUserGlobalSignOut")

    for each in tokens:
        assert await refusal(app.call("GetUser", AccessToken=each["AccessToken"])) == REVOKED
        assert (await refusal(app.refresh(each["RefreshToken"])))[1] == "Refresh Token has been revoked"
    clock.move(MINUTE)
    await app.call("GetUser", AccessToken=(await app.tokens())["AccessToken"])


# --- Attributes -------------------------------------------------------------------------------------------------------


async def test_attributes_are_set_taken_away_and_left_alone(pool: FakeUserPool, administrator: Administrator) -> None:
    await administrator.to(
        "AdminUpdateUserAttributes",
        UserAttributes=pairs({"name": "Alice", "phone_number": "", "email": "a@example.org", "email_verified": "true"}),
    )

    assert pool.user(ALICE).attributes == {"name": "Alice", "email": "a@example.org", "email_verified": "true"}
    assert not len(pool.outbox)


async def test_a_new_address_is_not_verified_and_gets_a_code(pool: FakeUserPool, administrator: Administrator) -> None:
    await administrator.to("AdminUpdateUserAttributes", UserAttributes=pairs({"email": "a@example.org"}))

    assert pool.user(ALICE).attributes["email_verified"] == "false"
    assert pool.outbox.latest(ALICE, Purpose.ATTRIBUTE_VERIFICATION).destination == "a@example.org"


async def test_a_flag_may_be_set_by_itself(pool: FakeUserPool, administrator: Administrator) -> None:
    await administrator.to("AdminUpdateUserAttributes", UserAttributes=pairs({"email_verified": "false"}))

    assert pool.user(ALICE).attributes["email_verified"] == "false"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"nope": "x"}, ("InvalidParameterException", "user.nope: Attribute does not exist in the schema.")),
        ({"email": "no address"}, ("InvalidParameterException", "Invalid email address format.")),
        ({"phone_number": "12"}, ("InvalidParameterException", "Invalid phone number format.")),
        ({"sub": "x"}, ("NotAuthorizedException", "A client attempted to write unauthorized attribute")),
    ],
)
async def test_what_no_user_can_have_is_refused_and_nothing_changes(
    pool: FakeUserPool, administrator: Administrator, given: dict[str, str], expected: Refusal
) -> None:
    before = dict(pool.user(ALICE).attributes)
    request: dict[str, Any] = {"UserAttributes": pairs({"name": "Alice", **given})}

    assert await refusal(administrator.to("AdminUpdateUserAttributes", **request)) == expected
    assert pool.user(ALICE).attributes == before


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"email_verified": "true"}, "Email is required to verify/un-verify an email"),
        ({"phone_number_verified": "true"}, "Phone Number is required to verify/un-verify a phone number"),
        ({"email": "", "email_verified": "true"}, "Email is required to verify/un-verify an email"),
    ],
)
async def test_what_is_not_there_cannot_be_verified(
    pool: FakeUserPool, administrator: Administrator, given: dict[str, str], text: str
) -> None:
    if "email" not in given:
        pool.user(ALICE).attributes.replace({})

    assert await refusal(administrator.to("AdminUpdateUserAttributes", UserAttributes=pairs(given))) == (
        "InvalidParameterException",
        text,
    )


async def test_an_alias_of_another_is_refused(make_pool: MakePool) -> None:
    pool = make_pool(alias_attributes=frozenset({"email"}))
    pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
    pool.add_user(BOB, PASSWORD)
    given = pairs({"email": EMAIL, "email_verified": "true"})

    assert await refusal(Administrator(pool, pool.id).to("AdminUpdateUserAttributes", BOB, UserAttributes=given)) == (
        "AliasExistsException",
        "An account with the email already exists.",
    )


async def test_attributes_are_deleted_with_their_flags(pool: FakeUserPool, administrator: Administrator) -> None:
    await administrator.to("AdminDeleteUserAttributes", UserAttributeNames=["phone_number", "email_verified", "name"])

    assert pool.user(ALICE).attributes == {"email": EMAIL}
    assert await refusal(administrator.to("AdminDeleteUserAttributes", UserAttributeNames=["nope"])) == (
        "InvalidParameterException",
        "user.nope: Attribute does not exist in the schema.",
    )


# --- Second factors ---------------------------------------------------------------------------------------------------


async def test_factors_are_switched_on_and_off(pool: FakeUserPool, administrator: Administrator) -> None:
    await administrator.to("AdminSetUserMFAPreference", SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert (await administrator.to("AdminGetUser"))["PreferredMfaSetting"] == "SMS_MFA"

    await administrator.to("AdminSetUserMFAPreference", SMSMfaSettings={"Enabled": False})
    assert not pool.user(ALICE).mfa_factors


@pytest.mark.parametrize(
    ("status", "expected"), [(UserStatus.RESET_REQUIRED, RESET_REQUIRED), (UserStatus.UNCONFIRMED, UNCONFIRMED)]
)
async def test_factors_of_half_an_account_cannot_be_set(
    pool: FakeUserPool, administrator: Administrator, status: UserStatus, expected: Refusal
) -> None:
    pool.user(ALICE).status = status

    assert await refusal(administrator.to("AdminSetUserMFAPreference", SMSMfaSettings={"Enabled": True})) == expected


async def test_a_factor_that_is_not_set_up_cannot_be_switched_on(administrator: Administrator) -> None:
    settings: dict[str, Any] = {"SoftwareTokenMfaSettings": {"Enabled": True}}

    assert await refusal(administrator.to("AdminSetUserMFAPreference", **settings)) == (
        "InvalidParameterException",
        "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA",
    )
