"""Signing in with a password, proved or sent: users in every state, temporary passwords, and changes on the way."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from authsteps.adapters.fake import ExistenceErrors, FakeUserPool, UserStatus
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    DAY,
    DISABLED,
    EMAIL,
    MS,
    NEW_PASSWORD,
    PASSWORD,
    SECOND,
    SESSION_INVALID,
    TROUBLES,
    UNCONFIRMED,
    WRONG_CREDENTIALS,
    App,
    Refusal,
    SignIn,
    both_flows,
    missing,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

TEMPORARY_EXPIRED = (
    "NotAuthorizedException",
    "Temporary password has expired and must be reset by an administrator.",
)

legacy_or_enabled = pytest.mark.parametrize("existence_errors", ExistenceErrors)


# --- The gate: users in every state ----------------------------------------------------------------------------------

every_state = pytest.mark.parametrize(("put", "expected"), TROUBLES.values(), ids=[*TROUBLES])


@legacy_or_enabled
@every_state
async def test_the_state_of_the_account_is_told_before_the_password_is_looked_at(
    app: App,
    clock: VirtualClock,
    put: Callable[[FakeUserPool], object],
    expected: Refusal,
    existence_errors: ExistenceErrors,
) -> None:
    put(app.pool)
    either = app.beside(prevent_user_existence_errors=existence_errors)

    assert await refusal(either.by_password(ALICE, "Incorrect-horse-7")) == expected
    assert await refusal(either.by_password()) == expected
    assert await refusal(either.offer_proof()) == expected
    assert app.pool.user(ALICE).lockout.failures == 0


@every_state
async def test_the_state_of_the_account_counts_when_the_proof_comes_as_well(
    app: App, put: Callable[[FakeUserPool], object], expected: Refusal
) -> None:
    offer = await app.offer_proof()
    put(app.pool)

    assert await refusal(app.prove(offer)) == expected


async def test_being_disabled_is_told_before_anything_else(app: App) -> None:
    user = app.pool.user(ALICE)
    user.status = UserStatus.UNCONFIRMED
    for second in range(10):
        user.lockout.failed(app.clock.now() + second * SECOND)
    assert await refusal(app.by_password()) == UNCONFIRMED

    app.pool.disable_user(ALICE)
    assert await refusal(app.by_password()) == DISABLED


@both_flows
async def test_a_user_without_a_password_cannot_sign_in_with_one(app: App, sign_in: SignIn) -> None:
    app.pool.user(ALICE).verifier = None

    assert await refusal(sign_in(app, ALICE, PASSWORD)) == WRONG_CREDENTIALS


@both_flows
@pytest.mark.parametrize(("after", "good"), [(7 * DAY - MS, True), (7 * DAY, False), (7 * DAY + MS, False)])
async def test_a_temporary_password_expires_after_seven_days(
    app: App,
    clock: VirtualClock,
    sign_in: SignIn,
    after: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
) -> None:
    app.pool.add_user(BOB, PASSWORD, temporary=True)
    clock.move(after)

    if good:
        assert (await sign_in(app, BOB, PASSWORD))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    else:
        assert await refusal(sign_in(app, BOB, "Incorrect-horse-7")) == WRONG_CREDENTIALS
        assert await refusal(sign_in(app, BOB, PASSWORD)) == TEMPORARY_EXPIRED


# --- A new password in place of a temporary one ----------------------------------------------------------------------


@pytest.fixture
def hiring(make_pool: MakePool, clock: VirtualClock) -> App:
    """A pool in which Bob was given a temporary password; it wants an address, which he has, and a name."""
    pool = make_pool(required_attributes=("email", "name"), custom_attributes=frozenset({"custom:team"}))
    pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"}, temporary=True)
    return App(pool, clock)


@both_flows
async def test_the_challenge_says_what_is_known_and_what_is_missing(hiring: App, sign_in: SignIn) -> None:
    challenge = await sign_in(hiring, BOB, PASSWORD)

    assert challenge.keys() == {"ChallengeName", "ChallengeParameters", "Session"}
    parameters = challenge["ChallengeParameters"]
    assert parameters.keys() == {"USER_ID_FOR_SRP", "requiredAttributes", "userAttributes"}
    assert parameters["USER_ID_FOR_SRP"] == BOB
    assert json.loads(parameters["requiredAttributes"]) == ["userAttributes.name"]
    assert json.loads(parameters["userAttributes"]) == {"email": EMAIL, "email_verified": "true"}


async def test_a_new_password_signs_in_and_the_temporary_one_is_dead(hiring: App) -> None:
    hiring.clock.move(MS)
    challenge = await hiring.by_password(BOB)
    given = {"NEW_PASSWORD": NEW_PASSWORD, "userAttributes.name": "Bob", "userAttributes.custom:team": "blue"}
    assert tokens_of(await hiring.respond("NEW_PASSWORD_REQUIRED", BOB, challenge["Session"], **given))

    user = hiring.pool.user(BOB)
    assert user.created < user.modified == hiring.clock.now()
    assert (user.status, user.attributes["name"], user.attributes["custom:team"]) == (
        UserStatus.CONFIRMED,
        "Bob",
        "blue",
    )
    assert await refusal(hiring.by_password(BOB, PASSWORD)) == WRONG_CREDENTIALS
    hiring.clock.move(365 * DAY)
    assert tokens_of(await hiring.by_srp(BOB, NEW_PASSWORD)), "the new one does not expire"


REFUSED_NEW: Mapping[str, tuple[Mapping[str, str], Refusal]] = {
    "too weak": (
        {"NEW_PASSWORD": "short"},
        ("InvalidPasswordException", "Password did not conform with policy: Password not long enough"),
    ),
    "spaces around it": (
        {"NEW_PASSWORD": f" {NEW_PASSWORD} "},
        (
            "InvalidParameterException",
            (
                "1 validation error detected: Value at 'newPassword' failed to satisfy constraint: Member must satisfy "
                r"regular expression pattern: ^[\S]+.*[\S]+$"
            ),
        ),
    ),
    "nothing": ({"NEW_PASSWORD": ""}, missing("NEW_PASSWORD")),
    "an attribute that is set": (
        {"userAttributes.email": "bob@example.com"},
        ("NotAuthorizedException", "Cannot modify an already provided email"),
    ),
    "a required attribute missing": (
        {"userAttributes.name": ""},
        ("InvalidParameterException", "Invalid attributes given, name is missing"),
    ),
    "a read-only attribute": (
        {"userAttributes.phone_number_verified": "true"},
        ("NotAuthorizedException", "A client attempted to write unauthorized attribute"),
    ),
    "an unknown attribute": (
        {"userAttributes.custom:nope": "x"},
        (
            "InvalidParameterException",
            "Attributes did not conform to the schema: custom:nope: Attribute does not exist in the schema.",
        ),
    ),
    "a malformed attribute": (
        {"userAttributes.phone_number": "12"},
        ("InvalidParameterException", "Invalid phone number format."),
    ),
}


@pytest.mark.parametrize(("change", "expected"), REFUSED_NEW.values(), ids=[*REFUSED_NEW])
async def test_a_refused_new_password_changes_nothing_and_may_be_followed_by_a_better_one(
    hiring: App, change: Mapping[str, str], expected: Refusal
) -> None:
    right = {"NEW_PASSWORD": NEW_PASSWORD, "userAttributes.name": "Bob"}
    session = (await hiring.by_password(BOB))["Session"]
    before = dict(hiring.pool.user(BOB).attributes)

    for _ in range(2):
        assert await refusal(hiring.respond("NEW_PASSWORD_REQUIRED", BOB, session, **{**right, **change})) == expected
    assert hiring.pool.user(BOB).attributes == before
    assert hiring.pool.user(BOB).status is UserStatus.FORCE_CHANGE_PASSWORD
    assert tokens_of(await hiring.respond("NEW_PASSWORD_REQUIRED", BOB, session, **right))


async def test_of_two_who_know_a_temporary_password_the_second_cannot_replace_what_the_first_has_set(
    hiring: App,
) -> None:
    first, second = (await hiring.by_password(BOB))["Session"], (await hiring.by_password(BOB))["Session"]
    given = {"NEW_PASSWORD": NEW_PASSWORD, "userAttributes.name": "Bob"}
    assert tokens_of(await hiring.respond("NEW_PASSWORD_REQUIRED", BOB, first, **given))

    late = hiring.respond("NEW_PASSWORD_REQUIRED", BOB, second, NEW_PASSWORD="Stolen-battery-9")
    assert await refusal(late) == SESSION_INVALID
    assert tokens_of(await hiring.by_password(BOB, NEW_PASSWORD))
