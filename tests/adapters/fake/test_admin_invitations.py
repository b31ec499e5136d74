"""Accounts that an administrator makes: what they are like, who is told, and what is refused."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.adapters.fake import (
    ExistenceErrors,
    FakeUserPool,
    FirstFactor,
    Medium,
    PasswordPolicy,
    Purpose,
    UserStatus,
)
from authsteps.adapters.fake.administration.invitations import make_password
from tests.adapters.fake.administrator import Administrator, attributes, pairs
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    DAY,
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    App,
    Refusal,
    constraint,
    refusal,
    tokens_of,
)
from tests.conftest import SeededEntropy, VirtualClock

BOTH = {"email": EMAIL, "phone_number": PHONE}
TAKEN = ("UsernameExistsException", "User account already exists")
ADDRESS_TAKEN = ("UsernameExistsException", "An account with the given email already exists.")


def administrator_of(pool: FakeUserPool) -> Administrator:
    return Administrator(pool, pool.id)


async def test_the_account_waits_for_a_password_of_the_users_own(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool()
    made = await administrator_of(pool).create_user(
        ALICE, {"email": EMAIL, "email_verified": "true"}, TemporaryPassword=PASSWORD
    )

    assert attributes(made.pop("Attributes")) == {
        "sub": pool.user(ALICE).sub,
        "email": EMAIL,
        "email_verified": "true",
    }
    assert made == {
        "Username": ALICE,
        "UserCreateDate": clock.now().timestamp(),
        "UserLastModifiedDate": clock.now().timestamp(),
        "Enabled": True,
        "UserStatus": "FORCE_CHANGE_PASSWORD",
    }
    app = App(pool, clock)
    challenge = await app.by_srp()
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    tokens_of(await app.answer(challenge, NEW_PASSWORD))
    assert pool.user(ALICE).status is UserStatus.CONFIRMED


MEDIA: Mapping[str, tuple[Mapping[str, str], Mapping[str, Any], set[tuple[Medium, str]]]] = {
    "by SMS if nothing is said": (BOTH, {}, {(Medium.SMS, PHONE)}),
    "by e-mail": (BOTH, {"DesiredDeliveryMediums": ["EMAIL"]}, {(Medium.EMAIL, EMAIL)}),
    "by both": (
        BOTH,
        {"DesiredDeliveryMediums": ["SMS", "EMAIL", "SMS"]},
        {(Medium.SMS, PHONE), (Medium.EMAIL, EMAIL)},
    ),
    "nowhere without an address": ({"email": EMAIL}, {}, set()),
    "nowhere if it is suppressed": (BOTH, {"MessageAction": "SUPPRESS"}, set()),
}


@pytest.mark.parametrize(("given", "said", "expected"), MEDIA.values(), ids=[*MEDIA])
async def test_the_password_goes_out(
    make_pool: MakePool,
    given: Mapping[str, str],
    said: Mapping[str, Any],
    expected: set[tuple[Medium, str]],
) -> None:
    pool = make_pool()
    await administrator_of(pool).create_user(ALICE, given, TemporaryPassword=PASSWORD, **said)

    assert {(message.medium, message.destination) for message in pool.outbox} == expected
    assert len(pool.outbox) == len(expected)
    for message in pool.outbox:
        assert (message.purpose, message.code.reveal()) == (Purpose.INVITATION, PASSWORD)


async def test_a_password_is_made_where_none_is_given(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool()
    await administrator_of(pool).create_user(ALICE, BOTH)
    await administrator_of(pool).create_user(BOB, BOTH)
    app = App(pool, clock)

    sent = [app.mailed(Purpose.INVITATION, name) for name in (ALICE, BOB)]
    assert sent[0] != sent[1]
    assert (await app.by_srp(ALICE, sent[0]))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


@given(length=st.integers(6, 99), seed=st.integers(0, 10_000))
def test_what_is_made_fits_every_policy(length: int, seed: int) -> None:
    policy = PasswordPolicy(minimum_length=length)

    policy.check(make_password(policy, SeededEntropy(seed)))


@pytest.mark.parametrize("factor", [FirstFactor.EMAIL_OTP, FirstFactor.SMS_OTP])
async def test_where_codes_sign_in_an_account_without_password_is_ready(
    make_pool: MakePool, factor: FirstFactor
) -> None:
    pool = make_pool(first_factors=frozenset({FirstFactor.PASSWORD, factor}))
    made = await administrator_of(pool).create_user(ALICE, BOTH)

    assert made["UserStatus"] == "CONFIRMED"
    assert pool.user(ALICE).verifier is None
    assert not len(pool.outbox)
    assert (await administrator_of(pool).create_user(BOB, BOTH, TemporaryPassword=PASSWORD))["UserStatus"] == (
        "FORCE_CHANGE_PASSWORD"
    )


async def test_required_attributes_may_come_later(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool(required_attributes=("name",))
    await administrator_of(pool).create_user(ALICE, {"nickname": ""}, TemporaryPassword=PASSWORD)

    challenge = await App(pool, clock).by_srp()
    assert challenge["ChallengeParameters"]["requiredAttributes"] == '["userAttributes.name"]'
    assert "nickname" not in pool.user(ALICE).attributes


async def test_administrators_make_accounts_where_nobody_else_may(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool(only_administrators_create_users=True)
    await administrator_of(pool).create_user(ALICE)

    assert (await refusal(App(pool, clock).sign_up(BOB)))[1] == "SignUp is not permitted for this user pool"


REFUSED: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any], Refusal]] = {
    "a name that is taken": ({}, {"Username": ALICE}, TAKEN),
    "an address that is taken": (
        {"username_attributes": frozenset({"email"})},
        {"Username": EMAIL},
        ADDRESS_TAKEN,
    ),
    "no address where one is the username": (
        {"username_attributes": frozenset({"email"})},
        {"Username": BOB},
        ("InvalidParameterException", "Username should be an email."),
    ),
    "an address where one is an alias": (
        {"alias_attributes": frozenset({"email"})},
        {"Username": "bob@example.com"},
        (
            "InvalidParameterException",
            "Username cannot be of email format, since user pool is configured for email alias.",
        ),
    ),
    "a verified alias of another": (
        {"alias_attributes": frozenset({"email"})},
        {"UserAttributes": pairs({"email": EMAIL, "email_verified": "true"})},
        ADDRESS_TAKEN,
    ),
    "a preferred username that is another's name": (
        {"alias_attributes": frozenset({"preferred_username"})},
        {"UserAttributes": pairs({"preferred_username": ALICE}), "ForceAliasCreation": True},
        ("UsernameExistsException", "An account with the given preferred_username already exists."),
    ),
    "an unknown attribute": (
        {},
        {"UserAttributes": pairs({"nope": "x"})},
        (
            "InvalidParameterException",
            "Attributes did not conform to the schema: nope: Attribute does not exist in the schema.",
        ),
    ),
    "a sub": (
        {},
        {"UserAttributes": pairs({"sub": "x"})},
        ("NotAuthorizedException", "A client attempted to write unauthorized attribute"),
    ),
    "a malformed address": (
        {},
        {"UserAttributes": pairs({"email": "x"})},
        ("InvalidParameterException", "Invalid email address format."),
    ),
    "a weak password": (
        {},
        {"TemporaryPassword": "Short-1"},
        ("InvalidPasswordException", "Password did not conform with policy: Password not long enough"),
    ),
    "a name with a space": (
        {},
        {"Username": "b b"},
        constraint(
            "Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: "
            r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"
        ),
    ),
}


@pytest.mark.parametrize(("settings", "members", "expected"), REFUSED.values(), ids=[*REFUSED])
async def test_what_cannot_be_made_is_refused_and_nothing_is(
    make_pool: MakePool, settings: Mapping[str, Any], members: Mapping[str, Any], expected: Refusal
) -> None:
    pool = make_pool(**settings)
    by_address = "username_attributes" in settings
    pool.add_user(EMAIL if by_address else ALICE, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})

    assert await refusal(administrator_of(pool).in_pool("AdminCreateUser", **{"Username": BOB, **members})) == expected
    assert len(pool.users) == 1
    assert not len(pool.outbox)


async def test_an_alias_moves_if_the_administrator_insists(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool(alias_attributes=frozenset({"email"}))
    verified = {"email": EMAIL, "email_verified": "true"}
    pool.add_user(ALICE, PASSWORD, attributes=verified)
    await administrator_of(pool).create_user(BOB, verified, TemporaryPassword=PASSWORD, ForceAliasCreation=True)

    assert pool.user(EMAIL).username == BOB
    assert pool.user(ALICE).attributes == {"email": EMAIL, "email_verified": "false"}
    assert (await App(pool, clock).by_srp(EMAIL))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


async def test_an_address_that_stands_for_the_username_never_moves(make_pool: MakePool) -> None:
    pool = make_pool(username_attributes=frozenset({"email", "phone_number"}))
    pool.add_user(EMAIL, PASSWORD, attributes={"phone_number": PHONE})
    call = administrator_of(pool).create_user("bob@example.com", {"phone_number": PHONE}, ForceAliasCreation=True)

    assert await refusal(call) == (
        "UsernameExistsException",
        "An account with the given phone_number already exists.",
    )


async def test_an_address_of_nobody_names_the_new_user_at_once(make_pool: MakePool) -> None:
    pool = make_pool(alias_attributes=frozenset({"email"}))
    await administrator_of(pool).create_user(BOB, {"email": EMAIL, "email_verified": "true"})

    assert pool.user(EMAIL).username == BOB


async def test_an_unverified_address_may_be_shared(make_pool: MakePool) -> None:
    pool = make_pool(alias_attributes=frozenset({"email"}))
    pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
    await administrator_of(pool).create_user(BOB, {"email": EMAIL})

    assert pool.user(EMAIL).username == ALICE


# --- Once more --------------------------------------------------------------------------------------------------------


async def test_a_renewed_invitation_has_another_password_and_another_while(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    pool = make_pool()
    administrator, app = administrator_of(pool), App(pool, clock)
    await administrator.create_user(ALICE, BOTH)
    first = app.mailed(Purpose.INVITATION)
    clock.move(7 * DAY)
    await administrator.create_user(ALICE, MessageAction="RESEND")
    second = app.mailed(Purpose.INVITATION)
    clock.move(7 * DAY - timedelta(seconds=1))

    assert first != second
    assert (await app.by_srp(ALICE, second))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert (await refusal(app.by_srp(ALICE, first)))[1] == "Incorrect username or password."


async def test_the_renewed_password_may_be_given(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool()
    administrator = administrator_of(pool)
    await administrator.create_user(ALICE, BOTH, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS")
    await administrator.create_user(ALICE, MessageAction="RESEND", TemporaryPassword=NEW_PASSWORD)

    assert App(pool, clock).mailed(Purpose.INVITATION) == NEW_PASSWORD
    assert (await refusal(administrator.create_user(ALICE, MessageAction="RESEND", TemporaryPassword="Short-1")))[
        0
    ] == ("InvalidPasswordException")


@pytest.mark.parametrize("status", sorted(set(UserStatus) - {UserStatus.FORCE_CHANGE_PASSWORD}))
async def test_who_has_signed_in_is_not_invited_again(pool: FakeUserPool, status: UserStatus) -> None:
    pool.user(ALICE).status = status

    assert await refusal(administrator_of(pool).create_user(ALICE, MessageAction="RESEND")) == (
        "UnsupportedUserStateException",
        "The user is not in the status FORCE_CHANGE_PASSWORD",
    )


async def test_the_name_of_nobody_is_told_apart_by_administrators_alone(
    pool: FakeUserPool, clock: VirtualClock
) -> None:
    """Whether a client hides who exists makes no difference to whoever looks after the pool."""
    pool.add_client(prevent_user_existence_errors=ExistenceErrors.ENABLED)

    assert await refusal(administrator_of(pool).to("AdminGetUser", BOB)) == (
        "UserNotFoundException",
        "User does not exist.",
    )
