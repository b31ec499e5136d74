"""One's own attributes: changed, taken away, verified."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import Attribute, AttributeType, FakeUserPool, Medium, Purpose
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    CODE_EXPIRED,
    CODE_WRONG,
    DAY,
    EMAIL,
    HOUR,
    LIMIT_EXCEEDED,
    MS,
    PASSWORD,
    PHONE,
    App,
    Refusal,
    Reply,
    constraint,
    refusal,
    wrong,
)
from tests.conftest import VirtualClock

NEW_EMAIL = "alice@example.org"
NEW_PHONE = "+15550005678"
BY_EMAIL = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
BY_SMS = {"Destination": "+*******5678", "DeliveryMedium": "SMS", "AttributeName": "phone_number"}
NOT_WRITABLE = ("NotAuthorizedException", "A client attempted to write unauthorized attribute")
BOTH = frozenset({"email", "phone_number"})


def invalid(text: str) -> Refusal:
    return "InvalidParameterException", text


def immutable(name: str) -> Refusal:
    return invalid(f"user.{name}: Attribute cannot be updated. (changing an immutable attribute)")


async def token_of(app: App, username: str = ALICE) -> str:
    token: str = (await app.tokens(username))["AccessToken"]
    return token


async def update(app: App, token: str, **attributes: str) -> Reply:
    given = [{"Name": name.replace("__", ":"), "Value": value} for name, value in attributes.items()]
    return await app.call("UpdateUserAttributes", AccessToken=token, UserAttributes=given)


async def delete(app: App, token: str, *names: str) -> Reply:
    return await app.call("DeleteUserAttributes", AccessToken=token, UserAttributeNames=list(names))


async def ask_for_code(app: App, token: str, attribute: str = "email") -> Reply:
    return await app.call("GetUserAttributeVerificationCode", AccessToken=token, AttributeName=attribute)


async def verify(app: App, token: str, code: str, attribute: str = "email") -> Reply:
    return await app.call("VerifyUserAttribute", AccessToken=token, AttributeName=attribute, Code=code)


def sent(app: App, username: str = ALICE) -> str:
    return app.mailed(Purpose.ATTRIBUTE_VERIFICATION, username)


# --- Changing -------------------------------------------------------------------------------------------------------


async def test_attributes_are_set_changed_and_taken_away_in_one_call(app: App, clock: VirtualClock) -> None:
    token = await token_of(app)
    await update(app, token, name="Alice", nickname="Al")
    clock.move(MS)
    assert await update(app, token, name="Alice A.", nickname="", locale="de") == {}

    user = app.pool.user(ALICE)
    assert {name: user.attributes.get(name) for name in ("name", "nickname", "locale")} == {
        "name": "Alice A.",
        "nickname": None,
        "locale": "de",
    }
    assert user.modified == clock.now()
    assert not len(app.pool.outbox)


async def test_a_new_address_is_not_verified_and_is_sent_a_code(app: App) -> None:
    token = await token_of(app)
    assert await update(app, token, email=NEW_EMAIL) == {"CodeDeliveryDetailsList": [BY_EMAIL]}

    attributes = app.pool.user(ALICE).attributes
    assert (attributes["email"], attributes["email_verified"]) == (NEW_EMAIL, "false")
    message = app.pool.outbox.latest(ALICE)
    assert (message.destination, message.medium, message.purpose) == (
        NEW_EMAIL,
        Medium.EMAIL,
        Purpose.ATTRIBUTE_VERIFICATION,
    )
    assert await verify(app, token, sent(app)) == {}
    assert attributes["email_verified"] == "true"


CODES: Mapping[str, tuple[frozenset[str], frozenset[str], dict[str, str], list[Reply]]] = {
    "none is verified": (frozenset(), frozenset(), {"email": NEW_EMAIL, "phone_number": NEW_PHONE}, []),
    "one is verified": (
        frozenset({"phone_number"}),
        frozenset(),
        {"email": NEW_EMAIL, "phone_number": NEW_PHONE},
        [BY_SMS],
    ),
    "both are": (BOTH, frozenset(), {"email": NEW_EMAIL, "phone_number": NEW_PHONE}, [BY_SMS, BY_EMAIL]),
    "one is as it was": (BOTH, frozenset(), {"email": EMAIL, "phone_number": NEW_PHONE}, [BY_SMS]),
    "one goes": (BOTH, frozenset(), {"email": "", "phone_number": NEW_PHONE}, [BY_SMS]),
    "one is verified first": (frozenset(), frozenset({"email"}), {"email": NEW_EMAIL}, [BY_EMAIL]),
}


@pytest.mark.parametrize(("auto", "before", "given", "expected"), CODES.values(), ids=[*CODES])
async def test_codes_go_to_what_is_new_and_is_to_be_verified(
    app: App, auto: frozenset[str], before: frozenset[str], given: dict[str, str], expected: list[Reply]
) -> None:
    app.pool.settings.auto_verified, app.pool.settings.verified_before_update = auto, before
    reply = await update(app, await token_of(app), **given)

    assert reply.get("CodeDeliveryDetailsList", []) == expected
    assert len(app.pool.outbox) == len(expected)


async def test_what_is_as_it_was_stays_verified(app: App) -> None:
    token = await token_of(app)
    await ask_for_code(app, token)
    code = sent(app)
    assert await update(app, token, email=EMAIL, phone_number=PHONE) == {}

    attributes = app.pool.user(ALICE).attributes
    assert attributes["email_verified"] == attributes["phone_number_verified"] == "true"
    await verify(app, token, code)


@pytest.mark.parametrize("take_away", [delete, update], ids=["by name", "blank"])
async def test_what_is_taken_away_takes_its_flag_and_its_codes_along(app: App, take_away: object) -> None:
    token = await token_of(app)
    await ask_for_code(app, token)
    await (delete(app, token, "email") if take_away is delete else update(app, token, email=""))

    assert {"phone_number", "phone_number_verified"} == app.pool.user(ALICE).attributes.keys()
    assert await refusal(verify(app, token, sent(app))) == CODE_EXPIRED
    assert await refusal(ask_for_code(app, token)) == invalid("User has no email to verify")


SCHEMA = (
    Attribute("custom:team"),
    Attribute("custom:plan", is_mutable=False),
    Attribute("custom:level", AttributeType.NUMBER, minimum=1, maximum=10),
    Attribute("custom:code", minimum=2, maximum=4),
    Attribute("custom:since", AttributeType.DATE_TIME),
    Attribute("custom:vip", AttributeType.BOOLEAN),
)


def nonconforming(problem: str) -> Refusal:
    return invalid(f"Attributes did not conform to the schema: {problem}")


REFUSED: Mapping[str, tuple[dict[str, str], Refusal]] = {
    "an unknown one": ({"shoe_size": "43"}, invalid("user.shoe_size: Attribute does not exist in the schema.")),
    "an unknown custom one": (
        {"custom__nope": "1"},
        invalid("user.custom:nope: Attribute does not exist in the schema."),
    ),
    "an immutable one": ({"custom__plan": "gold"}, immutable("custom:plan")),
    "an immutable one that goes": ({"custom__plan": ""}, immutable("custom:plan")),
    "the sub": ({"sub": "1"}, NOT_WRITABLE),
    "a flag": ({"email_verified": "true"}, NOT_WRITABLE),
    "a flag beside its address": ({"email": NEW_EMAIL, "email_verified": "true"}, NOT_WRITABLE),
    "no address": ({"email": "nonsense"}, invalid("Invalid email address format.")),
    "no number": ({"phone_number": "555"}, invalid("Invalid phone number format.")),
    "a required one that goes": ({"name": ""}, nonconforming("name: The attribute is required")),
    "no birthdate": ({"birthdate": "1990"}, nonconforming("birthdate: String must be longer than or equal to 10")),
    "too late a birthdate": (
        {"birthdate": "1990-01-011"},
        nonconforming("birthdate: String must be shorter than or equal to 10"),
    ),
    "no number of seconds": ({"updated_at": "now"}, nonconforming("updated_at: Number must be a whole number")),
    "too low a level": (
        {"custom__level": "0"},
        nonconforming("custom:level: Number must be greater than or equal to 1"),
    ),
    "too high a level": (
        {"custom__level": "11"},
        nonconforming("custom:level: Number must be less than or equal to 10"),
    ),
    "a short code": ({"custom__code": "a"}, nonconforming("custom:code: String must be longer than or equal to 2")),
    "no date": ({"custom__since": "monday"}, nonconforming("custom:since: DateTime must be a date and a time")),
    "no truth": ({"custom__vip": "yes"}, nonconforming("custom:vip: Boolean must be true or false")),
    "two of them": (
        {"custom__vip": "yes", "custom__level": "x"},
        nonconforming("custom:vip: Boolean must be true or false custom:level: Number must be a whole number"),
    ),
}


@pytest.fixture
def strict(make_pool: MakePool, clock: VirtualClock) -> App:
    """An app of a pool that is particular about attributes."""
    pool = make_pool(custom_attributes=SCHEMA, required_attributes=("name",))
    pool.add_user(ALICE, PASSWORD, attributes={"name": "Alice", "email": EMAIL, "custom:plan": "silver"})
    return App(pool, clock)


@pytest.mark.parametrize(("given", "expected"), REFUSED.values(), ids=[*REFUSED])
async def test_a_refused_attribute_changes_nothing(strict: App, given: dict[str, str], expected: Refusal) -> None:
    token, before = await token_of(strict), dict(strict.pool.user(ALICE).attributes)
    assert await refusal(update(strict, token, nickname="Al", **given)) == expected

    assert strict.pool.user(ALICE).attributes == before
    assert not len(strict.pool.outbox)


async def test_values_within_their_bounds_are_taken(strict: App) -> None:
    given = {
        "custom__level": "10",
        "custom__code": "abcd",
        "custom__since": "2026-01-05T03:04:09+00:00",
        "custom__vip": "false",
        "birthdate": "1990-01-01",
        "updated_at": "0",
    }
    await update(strict, await token_of(strict), **given)

    attributes = strict.pool.user(ALICE).attributes
    assert {name: attributes[name.replace("__", ":")] for name in given} == given


async def test_a_client_writes_what_it_may_write(app: App) -> None:
    narrow = app.beside(write_attributes=frozenset({"name"}))
    token = await token_of(narrow)
    await update(narrow, token, name="Alice")
    for refused in (update(narrow, token, nickname="Al"), delete(narrow, token, "email")):
        assert await refusal(refused) == NOT_WRITABLE

    await delete(narrow, token, "name")
    assert await refusal(narrow.sign_up(BOB, nickname="Bo")) == NOT_WRITABLE


async def test_deleting_refuses_what_updating_refuses(strict: App) -> None:
    token = await token_of(strict)
    expected = {
        "custom:nope": invalid("user.custom:nope: Attribute does not exist in the schema."),
        "custom:plan": immutable("custom:plan"),
        "name": nonconforming("name: The attribute is required"),
        "email_verified": NOT_WRITABLE,
        "sub": NOT_WRITABLE,
    }
    for name, told in expected.items():
        assert await refusal(delete(strict, token, "email", name)) == told
    assert strict.pool.user(ALICE).attributes["email"] == EMAIL

    await delete(strict, token, "email", "nickname")
    assert "email" not in strict.pool.user(ALICE).attributes


async def test_names_and_values_keep_to_the_models_lengths(app: App) -> None:
    token = await token_of(app)
    long_name, long_value = "n" * 33, "v" * 2049
    too_long = "failed to satisfy constraint: Member must have length less than or equal to"

    assert await refusal(update(app, token, name=long_value)) == constraint(
        f"Value at 'userAttributes.1.member.value' {too_long} 2048"
    )
    assert await refusal(update(app, "garbage", name="A", **{long_name: "x"})) == constraint(
        f"Value '{long_name}' at 'userAttributes.2.member.name' {too_long} 32"
    )
    assert await refusal(delete(app, token, "name", long_name)) == constraint(
        f"Value '[name, {long_name}]' at 'userAttributeNames' failed to satisfy constraint: "
        "Member must satisfy constraint: [Member must have length less than or equal to 32]"
    )
    await update(app, token, name="v" * 2048)


@pytest.mark.parametrize("names", [7, "name", [7], [None], {"x": "y"}])
async def test_what_is_no_list_of_names_is_unreadable(app: App, names: Json) -> None:
    call = app.call("DeleteUserAttributes", AccessToken="garbage", UserAttributeNames=names)
    assert await refusal(call) == ("SerializationException", "Unexpected field type")


# --- Verified before it counts --------------------------------------------------------------------------------------


@pytest.fixture
def careful(app: App) -> App:
    """An app of a pool where a new address counts only after it was verified."""
    app.pool.settings.verified_before_update = BOTH
    return app


async def test_the_old_address_stays_until_the_new_one_is_verified(careful: App) -> None:
    token, attributes = await token_of(careful), careful.pool.user(ALICE).attributes
    before = dict(attributes)
    assert await update(careful, token, email=NEW_EMAIL, name="Alice") == {"CodeDeliveryDetailsList": [BY_EMAIL]}
    assert attributes == {**before, "name": "Alice"}
    assert careful.pool.outbox.latest(ALICE).destination == NEW_EMAIL

    assert await refusal(verify(careful, token, wrong(sent(careful)))) == CODE_WRONG
    assert attributes["email"] == EMAIL
    await verify(careful, token, sent(careful))
    assert (attributes["email"], attributes["email_verified"]) == (NEW_EMAIL, "true")
    assert careful.pool.user(ALICE).pending_attributes == {}


async def test_a_code_that_is_asked_for_again_goes_to_the_new_address(careful: App) -> None:
    token = await token_of(careful)
    await update(careful, token, email=NEW_EMAIL)
    old = sent(careful)
    await ask_for_code(careful, token)
    assert careful.pool.outbox.latest(ALICE).destination == NEW_EMAIL
    assert await refusal(verify(careful, token, old)) == CODE_WRONG

    await verify(careful, token, sent(careful))
    assert careful.pool.user(ALICE).attributes["email"] == NEW_EMAIL


async def test_who_goes_back_to_the_old_address_need_not_verify_anything(careful: App) -> None:
    token = await token_of(careful)
    await update(careful, token, email=NEW_EMAIL)
    code = sent(careful)
    assert await update(careful, token, email=EMAIL) == {}

    assert await refusal(verify(careful, token, code)) == CODE_EXPIRED
    assert careful.pool.user(ALICE).attributes["email_verified"] == "true"


async def test_of_two_new_addresses_the_later_waits(careful: App) -> None:
    token = await token_of(careful)
    await update(careful, token, email="first@example.org")
    first = sent(careful)
    await update(careful, token, email=NEW_EMAIL)
    assert await refusal(verify(careful, token, first)) == CODE_WRONG

    await verify(careful, token, sent(careful))
    assert careful.pool.user(ALICE).attributes["email"] == NEW_EMAIL


async def test_an_address_and_a_number_wait_side_by_side(careful: App) -> None:
    token = await token_of(careful)
    await update(careful, token, email=NEW_EMAIL, phone_number=NEW_PHONE)
    codes = {message.medium: message.code.reveal() for message in careful.pool.outbox}
    assert await refusal(verify(careful, token, codes[Medium.SMS], "email")) == CODE_WRONG

    await verify(careful, token, codes[Medium.SMS], "phone_number")
    await verify(careful, token, codes[Medium.EMAIL], "email")
    attributes = careful.pool.user(ALICE).attributes
    assert (attributes["email"], attributes["phone_number"]) == (NEW_EMAIL, NEW_PHONE)


# --- Codes ----------------------------------------------------------------------------------------------------------


async def test_a_code_is_sent_on_request_even_if_there_is_nothing_to_prove(app: App) -> None:
    token = await token_of(app)
    assert await ask_for_code(app, token, "phone_number") == {
        "CodeDeliveryDetails": {**BY_SMS, "Destination": "+*******1234"}
    }
    assert await ask_for_code(app, token) == {"CodeDeliveryDetails": BY_EMAIL}

    await verify(app, token, sent(app))


@pytest.mark.parametrize("attribute", ["name", "sub", "email_verified", "custom:team"])
async def test_nothing_else_is_verified(app: App, attribute: str) -> None:
    token = await token_of(app)
    only = invalid("Only email and phone_number can be verified")

    assert await refusal(ask_for_code(app, token, attribute)) == only
    assert await refusal(verify(app, token, "123456", attribute)) == only


async def test_a_code_works_once_for_one_user_and_one_attribute(app: App) -> None:
    app.pool.add_user(BOB, PASSWORD, attributes={"email": "bob@example.com"})
    hers, his = await token_of(app), await token_of(app, BOB)
    assert await refusal(verify(app, hers, "123456")) == CODE_EXPIRED
    await ask_for_code(app, hers)
    await ask_for_code(app, his)

    assert await refusal(verify(app, hers, sent(app, BOB))) == CODE_WRONG
    assert await refusal(verify(app, hers, sent(app), "phone_number")) == CODE_EXPIRED
    await verify(app, hers, sent(app))
    assert await refusal(verify(app, hers, sent(app))) == CODE_EXPIRED


@pytest.mark.parametrize(("after", "good"), [(DAY - MS, True), (DAY, False), (DAY + MS, False)])
async def test_a_code_lives_for_a_day(
    app: App,
    clock: VirtualClock,
    after: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
) -> None:
    long = app.beside(access_token_validity=DAY)
    await ask_for_code(long, await token_of(long))
    clock.move(after)
    token = await token_of(long)

    if good:
        await verify(long, token, sent(long))
    else:
        assert await refusal(verify(long, token, sent(long))) == CODE_EXPIRED


async def test_a_code_proves_the_address_that_it_went_to_and_no_other(app: App) -> None:
    """Whatever changes the address, an administrator included."""
    token = await token_of(app)
    await ask_for_code(app, token)
    app.pool.user(ALICE).attributes["email"] = NEW_EMAIL

    assert await refusal(verify(app, token, sent(app))) == CODE_EXPIRED


async def test_a_code_does_not_outlive_a_change_to_and_fro(app: App) -> None:
    app.pool.settings.auto_verified = frozenset()
    token = await token_of(app)
    await ask_for_code(app, token)
    for email in (NEW_EMAIL, EMAIL):
        await update(app, token, email=email)

    assert await refusal(verify(app, token, sent(app))) == CODE_EXPIRED
    assert app.pool.user(ALICE).attributes["email_verified"] == "false"


async def test_a_user_asks_five_times_and_tries_fifteen_times_an_hour(app: App, clock: VirtualClock) -> None:
    token = await token_of(app)
    for _ in range(5):
        await ask_for_code(app, token)
    assert await refusal(ask_for_code(app, token)) == LIMIT_EXCEEDED
    assert len(app.pool.outbox) == 5
    for _ in range(15):
        assert await refusal(verify(app, token, wrong(sent(app)))) == CODE_WRONG
    assert await refusal(verify(app, token, sent(app))) == LIMIT_EXCEEDED
    clock.move(HOUR)

    token = await token_of(app)
    await verify(app, token, sent(app))
    await ask_for_code(app, token)


async def test_limits_can_be_switched_off(pool: FakeUserPool, app: App) -> None:
    pool.settings.has_limits = False
    token = await token_of(app)
    for _ in range(20):
        await ask_for_code(app, token)
        assert await refusal(verify(app, token, wrong(sent(app)))) == CODE_WRONG


@pytest.mark.parametrize("code", ["", "12 34", "x" * 2049])
async def test_a_code_keeps_to_the_models_form_and_is_not_quoted(app: App, code: str) -> None:
    kind, text = await refusal(verify(app, "garbage", code))

    assert kind == "InvalidParameterException"
    assert "Value at 'code' failed to satisfy constraint: " in text
    assert not code or code not in text
