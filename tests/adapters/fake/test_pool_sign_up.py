"""Making an account: what is taken, what is refused and in which order, and how an account is confirmed."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import (
    ExistenceErrors,
    ExplicitAuthFlow,
    FakeUserPool,
    FirstFactor,
    Medium,
    Purpose,
    UserStatus,
)
from authsteps.adapters.fake.state import HandOver
from authsteps.engine.messages import Secret
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    BOB,
    CODE_EXPIRED,
    CODE_WRONG,
    DAY,
    EMAIL,
    HOUR,
    LIMIT_EXCEEDED,
    MS,
    NO_SUCH_NAME,
    PASSWORD,
    PHONE,
    STRANGER,
    UNCONFIRMED,
    WRONG_CREDENTIALS,
    App,
    Refusal,
    constraint,
    inside,
    refusal,
    tokens_of,
    wrong,
)
from tests.conftest import VirtualClock

BY_EMAIL = {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
BY_SMS = {"Destination": "+*******1234", "DeliveryMedium": "SMS", "AttributeName": "phone_number"}
EMAIL_AND_PHONE = frozenset({"email", "phone_number"})


@pytest.fixture
def app(make_pool: MakePool, clock: VirtualClock) -> App:
    """An app of a pool that nobody has signed up to."""
    return App(make_pool(custom_attributes=frozenset({"custom:team"})), clock)


async def signed_up(app: App) -> str:
    """Sign Alice up and return her code."""
    await app.sign_up(email=EMAIL)
    return app.mailed(Purpose.SIGN_UP)


# --- Signing up -----------------------------------------------------------------------------------------------------


async def test_a_new_account_gets_a_sub_and_a_code_and_waits_to_be_confirmed(app: App, clock: VirtualClock) -> None:
    reply = await app.sign_up(email=EMAIL, name="Alice")

    user = app.pool.user(ALICE)
    assert reply == {"UserConfirmed": False, "UserSub": user.sub, "CodeDeliveryDetails": BY_EMAIL}
    assert (user.status, dict(user.attributes)) == (UserStatus.UNCONFIRMED, {"email": EMAIL, "name": "Alice"})
    (message,) = app.pool.outbox
    assert (message.username, message.medium, message.destination, message.purpose, message.sent_at) == (
        ALICE,
        Medium.EMAIL,
        EMAIL,
        Purpose.SIGN_UP,
        clock.now(),
    )
    code = message.code.reveal()
    assert len(code) == 6
    assert code.isdecimal()
    assert await refusal(app.by_password()) == UNCONFIRMED


CHANNELS: Mapping[str, tuple[frozenset[str], Mapping[str, str], object]] = {
    "phone before e-mail": (EMAIL_AND_PHONE, {"email": EMAIL, "phone_number": PHONE}, BY_SMS),
    "e-mail if there is no phone": (EMAIL_AND_PHONE, {"email": EMAIL}, BY_EMAIL),
    "e-mail if only that is verified": (frozenset({"email"}), {"email": EMAIL, "phone_number": PHONE}, BY_EMAIL),
    "phone if only that is verified": (frozenset({"phone_number"}), {"email": EMAIL, "phone_number": PHONE}, BY_SMS),
    "nothing if nothing is verified": (frozenset(), {"email": EMAIL, "phone_number": PHONE}, None),
    "nothing if nothing was given": (EMAIL_AND_PHONE, {}, None),
}


@pytest.mark.parametrize(("auto_verified", "given", "expected"), CHANNELS.values(), ids=[*CHANNELS])
async def test_the_code_goes_where_the_pool_verifies_and_confirming_verifies_that_alone(
    make_pool: MakePool,
    clock: VirtualClock,
    auto_verified: frozenset[str],
    given: Mapping[str, str],
    expected: object,
) -> None:
    app = App(make_pool(auto_verified=auto_verified), clock)
    reply = await app.sign_up(**given)

    assert reply.get("CodeDeliveryDetails") == expected
    if expected is None:
        assert not len(app.pool.outbox)
    else:
        await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP))
        verified = {name for name in app.pool.user(ALICE).attributes if name.endswith("_verified")}
        assert verified == {"phone_number_verified" if expected is BY_SMS else "email_verified"}


@pytest.mark.parametrize(
    ("email", "masked"),
    [("alice@example.com", "a***@e***"), ("x@y.example", "x***@y***"), ("ünï.cödé@ünï.example", "ü***@ü***")],
)
async def test_addresses_are_masked_to_two_letters(app: App, email: str, masked: str) -> None:
    assert (await app.sign_up(email=email))["CodeDeliveryDetails"]["Destination"] == masked


@pytest.mark.parametrize(
    "username",
    [
        "a",
        "x" * 128,
        "alice@example.com",
        "+15550001234",
        "álïçé",
        "愛莉絲",
        "👩🦰",
        "~!@#$%^&*()",
    ],
)
async def test_a_username_is_of_letters_marks_symbols_numbers_and_punctuation(app: App, username: str) -> None:
    await app.sign_up(username, email=EMAIL)
    await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP, username), username)

    assert tokens_of(await app.by_srp(username))


PATTERN = (
    "Value at 'username' failed to satisfy constraint: Member must satisfy regular expression pattern: "
    r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"
)
TOO_LONG = "Value at 'username' failed to satisfy constraint: Member must have length less than or equal to 128"
TOO_SHORT = "Value at 'username' failed to satisfy constraint: Member must have length greater than or equal to 1"


@pytest.mark.parametrize(
    ("username", "violations"),
    [
        ("", [TOO_SHORT, PATTERN]),
        ("x" * 129, [TOO_LONG]),
        ("two words", [PATTERN]),
        ("alice ", [PATTERN]),
        ("tab\t", [PATTERN]),
        ("null\0", [PATTERN]),
        ("bell\a", [PATTERN]),
        ("no\u00a0break", [PATTERN]),
        ("zero\u200bwidth", [PATTERN]),
        ("right-to-left\u202e", [PATTERN]),
        ("private\ue000", [PATTERN]),
        (" " * 129, [TOO_LONG, PATTERN]),
    ],
)
@pytest.mark.parametrize("client", ["known", "unknown"])
async def test_any_other_username_breaks_the_models_constraints_before_anything_is_looked_up(
    app: App, username: str, violations: list[str], client: str
) -> None:
    client_id = app.client.client_id if client == "known" else "1nonexistent"

    call = app.call("SignUp", ClientId=client_id, Username=username, Password=PASSWORD)
    assert await refusal(call) == constraint(*violations)


@pytest.mark.parametrize(
    "operation", ["ConfirmSignUp", "ResendConfirmationCode", "ForgotPassword", "ConfirmForgotPassword"]
)
@pytest.mark.parametrize(
    ("username", "violations"), [("", [TOO_SHORT, PATTERN]), ("x" * 129, [TOO_LONG]), ("two words", [PATTERN])]
)
async def test_no_operation_looks_such_a_username_up(
    app: App, operation: str, username: str, violations: list[str]
) -> None:
    rest = {"ConfirmSignUp": {"ConfirmationCode": "123456"}}
    rest["ConfirmForgotPassword"] = {"ConfirmationCode": "123456", "Password": PASSWORD}

    call = app.call(operation, ClientId=app.client.client_id, Username=username, **rest.get(operation, {}))
    assert await refusal(call) == constraint(*violations)


async def test_a_username_is_taken_once_whether_its_owner_is_confirmed_or_not(app: App) -> None:
    taken = ("UsernameExistsException", "User already exists")
    code = await signed_up(app)
    assert await refusal(app.sign_up(email="other@example.com")) == taken
    await app.confirm_sign_up(code)
    assert await refusal(app.sign_up(email="other@example.com")) == taken
    assert await refusal(app.discreet().sign_up(email=EMAIL)) == taken, "this is told to every client"

    await app.sign_up(ALICE.upper(), email=EMAIL)


async def test_a_name_can_be_had_again_and_a_sub_cannot(app: App) -> None:
    await signed_up(app)
    sub = app.pool.user(ALICE).sub
    assert (await refusal(app.sign_up(sub, email=EMAIL)))[0] == "UsernameExistsException"
    app.pool.delete_user(ALICE)

    assert (await app.sign_up(email=EMAIL))["UserSub"] != sub


# --- Passwords ------------------------------------------------------------------------------------------------------

CONFORM = "Password did not conform with policy: Password "


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "not long enough"),
        ("Aa1!aaa", "not long enough"),
        ("short", "not long enough"),
        ("aa1!aaaa", "must have uppercase characters"),
        ("ää1!ÄÄÄÄ", "must have uppercase characters"),
        ("AA1!AAAA", "must have lowercase characters"),
        ("AaA!aaaa", "must have numeric characters"),
        ("Aa1aaaaa", "must have symbol characters"),
        ("aaaaaaaa", "must have uppercase characters"),
    ],
)
async def test_a_password_that_breaks_the_policy_is_told_its_first_fault(app: App, password: str, reason: str) -> None:
    assert await refusal(app.sign_up(ALICE, password, email=EMAIL)) == ("InvalidPasswordException", CONFORM + reason)


@pytest.mark.parametrize("password", ["Aa1!aaaa", "Aa1 aaaa", "Aa1!" + "x" * 252])
async def test_a_password_that_keeps_the_policy_is_taken(app: App, password: str) -> None:
    await app.sign_up(ALICE, password, email=EMAIL)


@pytest.mark.parametrize("password", ["Aa1!" + "x" * 253, " Aa1!aaaa", "Aa1!aaaa ", " "])
async def test_a_password_that_is_too_long_or_has_spaces_around_it_breaks_a_constraint(app: App, password: str) -> None:
    code, text = await refusal(app.sign_up(ALICE, password, email=EMAIL))

    assert code == "InvalidParameterException"
    assert text.startswith("1 validation error detected: Value at 'password' failed to satisfy constraint: ")
    assert password.strip() not in text or not password.strip()


async def test_a_password_must_be_there(app: App) -> None:
    assert await refusal(app.named("SignUp")) == constraint(
        "Value at 'password' failed to satisfy constraint: Member must not be null"
    )


# --- Attributes -----------------------------------------------------------------------------------------------------


def schema(*problems: str) -> Refusal:
    return "InvalidParameterException", f"Attributes did not conform to the schema: {' '.join(problems)}"


ATTRIBUTES: Mapping[str, tuple[Mapping[str, str], Refusal | None]] = {
    "standard ones": ({"given_name": "A", "family_name": "B", "birthdate": "1990-01-01", "locale": "de"}, None),
    "a custom one": ({"custom__team": "blue"}, None),
    "an unknown custom one": (
        {"custom__nope": "x"},
        schema("custom:nope: Attribute does not exist in the schema."),
    ),
    "an unknown one": ({"shoe_size": "43"}, schema("shoe_size: Attribute does not exist in the schema.")),
    "one with a wrong case": ({"Email": EMAIL}, schema("Email: Attribute does not exist in the schema.")),
    "a flag": (
        {"email_verified": "true"},
        ("NotAuthorizedException", "A client attempted to write unauthorized attribute"),
    ),
    "another flag": (
        {"phone_number_verified": "false"},
        ("NotAuthorizedException", "A client attempted to write unauthorized attribute"),
    ),
    "the sub": ({"sub": "0"}, ("NotAuthorizedException", "A client attempted to write unauthorized attribute")),
    "no address": ({"email": "alice"}, ("InvalidParameterException", "Invalid email address format.")),
    "no address either": ({"email": "a b@example.com"}, ("InvalidParameterException", "Invalid email address format.")),
    "no number": ({"phone_number": "0555 0001"}, ("InvalidParameterException", "Invalid phone number format.")),
    "a number without its plus": (
        {"phone_number": "15550001234"},
        ("InvalidParameterException", "Invalid phone number format."),
    ),
    "a number in other digits": (
        {"phone_number": "+١٥٥٥٠٠٠١٢٣٤"},
        ("InvalidParameterException", "Invalid phone number format."),
    ),
}


@pytest.mark.parametrize(("attributes", "expected"), ATTRIBUTES.values(), ids=[*ATTRIBUTES])
async def test_attributes_are_held_against_the_schema(
    app: App, attributes: Mapping[str, str], expected: Refusal | None
) -> None:
    if expected is None:
        await app.sign_up(**attributes)
        assert app.pool.user(ALICE).attributes == {name.replace("__", ":"): value for name, value in attributes.items()}
    else:
        assert await refusal(app.sign_up(**attributes)) == expected
        with pytest.raises(LookupError):
            app.pool.user(ALICE)


async def test_an_attribute_without_a_value_is_none(app: App) -> None:
    await app.sign_up(email=EMAIL, name="")

    assert app.pool.user(ALICE).attributes == {"email": EMAIL}


async def test_required_attributes_must_be_there_and_not_empty(make_pool: MakePool, clock: VirtualClock) -> None:
    app = App(make_pool(required_attributes=("email", "name")), clock)
    email, name = "email: The attribute is required", "name: The attribute is required"

    assert await refusal(app.sign_up()) == schema(email, name)
    assert await refusal(app.sign_up(email=EMAIL)) == schema(name)
    assert await refusal(app.sign_up(email=EMAIL, name="")) == schema(name)
    await app.sign_up(email=EMAIL, name="Alice")


async def test_what_is_wrong_first_is_told_first(make_pool: MakePool, clock: VirtualClock) -> None:
    """Each step takes away what was told, and the next fault shows."""
    pool: FakeUserPool = make_pool(required_attributes=("name",))
    pool.add_user(ALICE, PASSWORD)
    app = App(pool, clock).beside(with_secret=True)
    client_id = app.client.client_id
    attributes = {"shoe_size": "43", "email_verified": "true", "email": "nonsense"}

    async def told(username: str = ALICE, password: str = "short", client_id: str = client_id, **hashed: str) -> str:
        given = [{"Name": name, "Value": value} for name, value in attributes.items()]
        call = app.call(
            "SignUp", ClientId=client_id, Username=username, Password=password, UserAttributes=given, **hashed
        )
        return (await refusal(call))[1]

    hashed = app.secret_hash(ALICE, "SecretHash")
    assert "'username' failed" in await told("", client_id="1nonexistent")
    assert await told(client_id="1nonexistent") == "User pool client 1nonexistent does not exist."
    assert "SECRET_HASH was not received" in await told()
    assert "does not match" in await told(SecretHash="wrong")
    assert "shoe_size" in await told(**hashed)
    del attributes["shoe_size"]
    assert "name: The attribute is required" in await told(**hashed)
    attributes["name"] = "Alice"
    assert "unauthorized attribute" in await told(**hashed)
    del attributes["email_verified"]
    assert "email address format" in await told(**hashed)
    attributes["email"] = EMAIL
    assert "not long enough" in await told(**hashed)
    assert await told(password=PASSWORD, **hashed) == "User already exists"


# --- Confirming -----------------------------------------------------------------------------------------------------


async def test_the_code_confirms_the_account_and_verifies_the_address(app: App, clock: VirtualClock) -> None:
    code = await signed_up(app)
    clock.move(MS)

    assert await app.confirm_sign_up(code) == {}
    user = app.pool.user(ALICE)
    assert (user.status, user.attributes["email_verified"]) == (UserStatus.CONFIRMED, "true")
    assert user.created < user.modified == clock.now()
    assert tokens_of(await app.by_srp())


async def test_a_wrong_code_is_refused_and_the_right_one_still_works(app: App) -> None:
    code = await signed_up(app)
    for given in (wrong(code), "1", "x" * 2048, f"{code}0"):
        assert await refusal(app.confirm_sign_up(given)) == CODE_WRONG
    assert app.pool.user(ALICE).status is UserStatus.UNCONFIRMED

    await app.confirm_sign_up(code)


@pytest.mark.parametrize(("after", "good"), [(DAY - MS, True), (DAY, False), (DAY + MS, False)])
async def test_a_code_lives_for_a_day(
    app: App,
    clock: VirtualClock,
    after: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
) -> None:
    code = await signed_up(app)
    clock.move(after)

    if good:
        await app.confirm_sign_up(code)
    else:
        assert await refusal(app.confirm_sign_up(code)) == CODE_EXPIRED
        assert await refusal(app.confirm_sign_up(wrong(code))) == CODE_EXPIRED


async def test_a_new_code_replaces_the_old_and_lives_for_a_day_of_its_own(app: App, clock: VirtualClock) -> None:
    old = await signed_up(app)
    clock.move(DAY - MS)
    assert await app.named("ResendConfirmationCode") == {"CodeDeliveryDetails": BY_EMAIL}
    new = app.mailed(Purpose.SIGN_UP)
    assert new != old
    clock.move(DAY - MS)

    assert await refusal(app.confirm_sign_up(old)) == CODE_WRONG
    await app.confirm_sign_up(new)


async def test_an_account_is_confirmed_once(app: App) -> None:
    code = await signed_up(app)
    await app.confirm_sign_up(code)
    cannot = ("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")

    assert await refusal(app.confirm_sign_up(code)) == cannot
    assert await refusal(app.named("ResendConfirmationCode")) == (
        "InvalidParameterException",
        "User is already confirmed.",
    )


async def test_a_code_works_once_even_if_the_account_is_unconfirmed_again(app: App) -> None:
    code = await signed_up(app)
    await app.confirm_sign_up(code)
    app.pool.user(ALICE).status = UserStatus.UNCONFIRMED

    assert await refusal(app.confirm_sign_up(code)) == CODE_EXPIRED


async def test_a_code_belongs_to_one_user(app: App) -> None:
    of_alice = await signed_up(app)
    await app.sign_up(BOB, email="bob@example.com")
    of_bob = app.mailed(Purpose.SIGN_UP, BOB)
    assert of_alice != of_bob

    assert await refusal(app.confirm_sign_up(of_alice, BOB)) == CODE_WRONG
    assert await refusal(app.confirm_sign_up(of_bob, ALICE)) == CODE_WRONG


async def test_a_code_of_another_purpose_confirms_nothing(app: App) -> None:
    await signed_up(app)
    app.pool.user(ALICE).attributes["email_verified"] = "true"
    await app.forgot_password()

    assert await refusal(app.confirm_sign_up(app.mailed(Purpose.PASSWORD_RESET))) == CODE_WRONG


async def test_where_no_code_was_sent_none_can_be_right_or_sent_again(make_pool: MakePool, clock: VirtualClock) -> None:
    app = App(make_pool(auto_verified=frozenset()), clock)
    await app.sign_up(email=EMAIL)

    assert await refusal(app.confirm_sign_up("123456")) == CODE_EXPIRED
    assert await refusal(app.named("ResendConfirmationCode")) == (
        "InvalidParameterException",
        "Cannot resend codes. Auto verification not turned on.",
    )


# --- Limits ---------------------------------------------------------------------------------------------------------


async def test_a_user_has_fifteen_tries_an_hour_to_confirm(app: App, clock: VirtualClock) -> None:
    code = await signed_up(app)
    for _ in range(15):
        assert await refusal(app.confirm_sign_up(wrong(code))) == CODE_WRONG
    assert await refusal(app.confirm_sign_up(code)) == LIMIT_EXCEEDED
    clock.move(HOUR - MS)
    assert await refusal(app.confirm_sign_up(code)) == LIMIT_EXCEEDED
    clock.move(MS)

    await app.confirm_sign_up(code)


async def test_a_user_is_sent_five_more_codes_an_hour(app: App, clock: VirtualClock) -> None:
    await signed_up(app)
    for _ in range(5):
        await app.named("ResendConfirmationCode")
    assert await refusal(app.named("ResendConfirmationCode")) == LIMIT_EXCEEDED
    assert len(app.pool.outbox) == 6
    clock.move(HOUR)

    await app.named("ResendConfirmationCode")
    await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP))


async def test_limits_are_each_users_own(app: App) -> None:
    code = await signed_up(app)
    await app.sign_up(BOB, email=EMAIL)
    for _ in range(16):
        await refusal(app.confirm_sign_up(wrong(code)))

    await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP, BOB), BOB)


async def test_limits_can_be_switched_off(app: App) -> None:
    app.pool.settings.has_limits = False
    code = await signed_up(app)
    for _ in range(20):
        assert await refusal(app.confirm_sign_up(wrong(code))) == CODE_WRONG
        await app.named("ResendConfirmationCode")


# --- Who may sign up, and with what ---------------------------------------------------------------------------------


async def test_where_only_administrators_create_users_nobody_signs_up(make_pool: MakePool, clock: VirtualClock) -> None:
    """It is told before anything about the name, the attributes and the password."""
    app = App(make_pool(only_administrators_create_users=True, username_attributes=frozenset({"email"})), clock)

    assert await refusal(app.sign_up(ALICE, "short", shoe_size="43")) == (
        "NotAuthorizedException",
        "SignUp is not permitted for this user pool",
    )


@pytest.mark.parametrize("factor", [FirstFactor.EMAIL_OTP, FirstFactor.SMS_OTP])
async def test_where_codes_sign_in_an_account_needs_no_password(app: App, factor: FirstFactor) -> None:
    app.pool.settings.first_factors = frozenset({FirstFactor.PASSWORD, factor})
    await app.named("SignUp", UserAttributes=[{"Name": "email", "Value": EMAIL}])
    await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP))

    assert app.pool.user(ALICE).verifier is None
    assert await refusal(app.by_srp()) == WRONG_CREDENTIALS
    assert (await refusal(app.sign_up(BOB, "short")))[0] == "InvalidPasswordException"


async def test_a_passkey_does_not_stand_in_place_of_a_password_at_sign_up(app: App) -> None:
    app.pool.settings.first_factors = frozenset({FirstFactor.PASSWORD, FirstFactor.WEB_AUTHN})

    assert (await refusal(app.named("SignUp")))[0] == "InvalidParameterException"


async def test_a_client_that_lets_people_choose_hands_over_to_the_sign_in(app: App, clock: VirtualClock) -> None:
    choosing = app.beside(flows=frozenset({ExplicitAuthFlow.ALLOW_USER_AUTH}))
    hand_overs = inside(app.pool).hand_overs
    signed_up = Secret((await choosing.sign_up(email=EMAIL))["Session"])
    confirmed = Secret((await choosing.confirm_sign_up(app.mailed(Purpose.SIGN_UP)))["Session"])

    user, client_id = app.pool.user(ALICE), choosing.client.client_id
    assert hand_overs.peek(signed_up, clock.now()) == HandOver(user.sub, client_id, is_confirmed=False)
    assert hand_overs.take(confirmed, clock.now()) == HandOver(user.sub, client_id, is_confirmed=True)
    with pytest.raises(ServiceError, match="can only be used once"):
        hand_overs.take(confirmed, clock.now())
    clock.move(choosing.client.auth_session_validity)
    with pytest.raises(ServiceError, match="session is expired"):
        hand_overs.take(signed_up, clock.now())


@pytest.mark.parametrize("flows", [ALL_FLOWS - {ExplicitAuthFlow.ALLOW_USER_AUTH}, ALL_FLOWS & set()])
async def test_no_other_client_is_given_a_session(app: App, flows: frozenset[ExplicitAuthFlow]) -> None:
    other = app.beside(flows=flows)

    assert "Session" not in await other.sign_up(email=EMAIL)
    assert await other.confirm_sign_up(app.mailed(Purpose.SIGN_UP)) == {}


async def test_a_code_verifies_the_address_that_it_went_to_and_no_other(app: App) -> None:
    """Whatever changes the address meanwhile."""
    code = await signed_up(app)
    app.pool.user(ALICE).attributes["email"] = "other@example.com"
    await app.confirm_sign_up(code)

    assert "email_verified" not in app.pool.user(ALICE).attributes


# --- Users who do not exist -----------------------------------------------------------------------------------------


async def test_a_client_that_is_told_learns_that_there_is_no_such_name(app: App) -> None:
    assert await refusal(app.confirm_sign_up("123456", STRANGER)) == NO_SUCH_NAME
    assert await refusal(app.named("ResendConfirmationCode", STRANGER)) == NO_SUCH_NAME


async def test_a_client_that_is_not_told_cannot_confirm_or_resend_and_learns_nothing(app: App) -> None:
    discreet = app.discreet()
    await discreet.sign_up(email=EMAIL)
    known = await discreet.named("ResendConfirmationCode")
    unknown = await discreet.named("ResendConfirmationCode", STRANGER)

    assert await refusal(discreet.confirm_sign_up("123456", STRANGER)) in (CODE_WRONG, CODE_EXPIRED)
    assert unknown["CodeDeliveryDetails"].keys() == known["CodeDeliveryDetails"].keys()
    for name in ("DeliveryMedium", "AttributeName"):
        assert unknown["CodeDeliveryDetails"][name] == known["CodeDeliveryDetails"][name]
    assert len(unknown["CodeDeliveryDetails"]["Destination"]) == len(known["CodeDeliveryDetails"]["Destination"])
    assert unknown == await discreet.named("ResendConfirmationCode", STRANGER), "it is the same every time"
    assert unknown != await discreet.named("ResendConfirmationCode", "another-stranger")
    assert [message.username for message in app.pool.outbox] == [ALICE, ALICE]


async def test_a_client_that_is_not_told_meets_the_same_limits_for_any_name(app: App, clock: VirtualClock) -> None:
    app.pool.settings.auto_verified = frozenset({"email"})
    discreet = app.discreet()
    await discreet.sign_up(email=EMAIL)
    clock.move(DAY)  # neither has a code then

    async def told(username: str) -> list[object]:
        confirming = [await refusal(discreet.confirm_sign_up("123456", username)) for _ in range(17)]
        for _ in range(5):
            await discreet.named("ResendConfirmationCode", username)
        return [*confirming, await refusal(discreet.named("ResendConfirmationCode", username))]

    known, unknown = await told(ALICE), await told(STRANGER)
    assert known == unknown
    assert known.count(LIMIT_EXCEEDED) == 3
    clock.move(HOUR)
    assert await discreet.named("ResendConfirmationCode", STRANGER)


async def test_a_client_that_is_told_may_ask_for_strangers_as_often_as_it_likes(app: App) -> None:
    for _ in range(20):
        assert await refusal(app.confirm_sign_up("123456", STRANGER)) == NO_SUCH_NAME
    assert len(inside(app.pool).strangers) == 0


@pytest.mark.parametrize("existence_errors", ExistenceErrors)
async def test_a_code_for_a_disabled_user_is_sent_nowhere_if_the_client_is_not_told(
    app: App, existence_errors: ExistenceErrors
) -> None:
    await signed_up(app)
    app.pool.disable_user(ALICE)
    either = app.beside(prevent_user_existence_errors=existence_errors)

    reply = await either.named("ResendConfirmationCode")
    assert reply["CodeDeliveryDetails"].keys() == BY_EMAIL.keys()
    assert len(app.pool.outbox) == (1 if existence_errors is ExistenceErrors.ENABLED else 2)


# --- What an administrator adds -------------------------------------------------------------------------------------


def test_an_administrator_cannot_add_a_name_twice_or_against_the_policy(app: App) -> None:
    app.pool.add_user(BOB, PASSWORD)
    with pytest.raises(ValueError, match="a user of this name"):
        app.pool.add_user(BOB, PASSWORD)
    with pytest.raises(ServiceError, match="Password not long enough"):
        app.pool.add_user("carol", "short")
    with pytest.raises(LookupError, match="no user 'carol'"):
        app.pool.user("carol")
