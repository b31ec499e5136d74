"""PreSignUp and PostConfirmation: what they are told and when, what they can do, and what stands when they fail."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import FakeUserPool, Purpose, UserStatus
from authsteps.adapters.lambda_triggers import Trigger
from tests.adapters.fake.administrator import Administrator
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import FAILURES, Failure, Functions, hang_up_at, in_no_time
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    CODE_WRONG,
    EMAIL,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    UNCONFIRMED,
    App,
    inside,
    refusal,
    tokens_of,
    wrong,
)
from tests.conftest import VirtualClock

PRE_SIGN_UP, POST_CONFIRMATION = Trigger.PRE_SIGN_UP, Trigger.POST_CONFIRMATION
OF_ACCOUNTS = (PRE_SIGN_UP, POST_CONFIRMATION)
UNREADABLE = ("InvalidLambdaResponseException", "Unrecognizable lambda output")
BOTH = {"email": EMAIL, "phone_number": PHONE}


@pytest.fixture
def functions() -> Functions:
    """They confirm at once whoever says that it is a sign-up."""
    return Functions({PRE_SIGN_UP: lambda told: {"autoConfirmUser": told.get("clientMetadata") == {"call": "SignUp"}}})


@pytest.fixture
def app(make_pool: MakePool, clock: VirtualClock, functions: Functions) -> App:
    """An app of a pool that nobody has signed up to."""
    return App(make_pool(triggers=functions.behind(*OF_ACCOUNTS)), clock)


def administrator_of(app: App) -> Administrator:
    return Administrator(app.pool, app.pool.id)


def grants(functions: Functions, **answer: Any) -> None:
    functions.does[PRE_SIGN_UP] = lambda _: answer


# --- What PreSignUp is told -----------------------------------------------------------------------------------------


async def test_pre_sign_up_is_told_what_was_submitted_and_nothing_that_is_not_there_yet(
    app: App, functions: Functions
) -> None:
    await app.sign_up(email=EMAIL, name="")

    (event,) = functions.events(PRE_SIGN_UP)
    assert (event["triggerSource"], event["userName"]) == ("PreSignUp_SignUp", ALICE)
    assert event["callerContext"]["clientId"] == app.client.client_id
    assert event["request"] == {"userAttributes": {"email": EMAIL}, "validationData": None}
    assert event["response"] == {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False}


async def test_what_the_client_sends_along_is_told_and_not_kept(app: App, functions: Functions) -> None:
    await app.named(
        "SignUp",
        Password=PASSWORD,
        ValidationData=[{"Name": "captcha", "Value": "42"}],
        ClientMetadata={"from": "shop"},
    )
    await administrator_of(app).create_user(
        BOB, ValidationData=[{"Name": "captcha", "Value": "7"}], ClientMetadata={"from": "office"}
    )

    assert [event["request"] for event in functions.events(PRE_SIGN_UP)] == [
        {"userAttributes": {}, "validationData": {"captcha": "42"}, "clientMetadata": {"from": "shop"}},
        {"userAttributes": {}, "validationData": {"captcha": "7"}, "clientMetadata": {"from": "office"}},
    ]
    assert [{**user.attributes} for user in app.pool.users] == [{}, {}]


async def test_an_administrator_who_makes_an_account_comes_through_no_client(app: App, functions: Functions) -> None:
    await administrator_of(app).create_user(ALICE, {"email": EMAIL, "email_verified": "true"})

    (event,) = functions.events(PRE_SIGN_UP)
    assert (event["triggerSource"], event["userName"]) == ("PreSignUp_AdminCreateUser", ALICE)
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert event["request"]["userAttributes"] == {"email": EMAIL, "email_verified": "true"}


async def test_an_invitation_that_is_sent_again_signs_nobody_up(app: App, functions: Functions) -> None:
    administrator = administrator_of(app)
    await administrator.create_user(ALICE)
    await administrator.create_user(ALICE, MessageAction="RESEND")

    assert functions.fired == [PRE_SIGN_UP]


@pytest.mark.parametrize("by_administrator", [False, True])
async def test_where_addresses_stand_for_names_the_event_names_the_user_who_will_be(
    make_pool: MakePool,
    clock: VirtualClock,
    functions: Functions,
    by_administrator: bool,  # noqa: FBT001  # a column of the table
) -> None:
    triggers = functions.behind(*OF_ACCOUNTS)
    app = App(make_pool(triggers=triggers, username_attributes=frozenset({"email"})), clock)
    await (administrator_of(app).create_user(EMAIL) if by_administrator else app.sign_up(EMAIL))

    (event,), (user,) = functions.events(PRE_SIGN_UP), app.pool.users
    assert event["userName"] == user.username == user.sub
    assert event["request"]["userAttributes"] == {"email": EMAIL}, "which was submitted as the name"


WRONG: Mapping[str, tuple[Callable[[App], Any], str]] = {
    "policy": (lambda app: app.sign_up(password="short"), "InvalidPasswordException"),
    "schema": (lambda app: app.sign_up(shoe_size="43"), "InvalidParameterException"),
    "taken": (lambda app: app.sign_up(BOB), "UsernameExistsException"),
    "taken, by administrator": (lambda app: administrator_of(app).create_user(BOB), "UsernameExistsException"),
    "unreadable": (
        lambda app: app.named("SignUp", Password=PASSWORD, ValidationData="nonsense"),
        "SerializationException",
    ),
}


@pytest.mark.parametrize(("call", "code"), WRONG.values(), ids=[*WRONG])
async def test_what_cannot_be_is_not_asked_about(
    app: App, functions: Functions, call: Callable[[App], Any], code: str
) -> None:
    app.pool.add_user(BOB, PASSWORD)

    assert (await refusal(call(app)))[0] == code
    assert not functions.told


# --- What PreSignUp grants ------------------------------------------------------------------------------------------


async def test_who_is_confirmed_at_once_gets_no_code_and_can_sign_in(app: App, functions: Functions) -> None:
    grants(functions, autoConfirmUser=True)
    reply = await app.sign_up(email=EMAIL)

    user = app.pool.user(ALICE)
    assert reply == {"UserConfirmed": True, "UserSub": user.sub}
    assert (user.status, {**user.attributes}) == (UserStatus.CONFIRMED, {"email": EMAIL})
    assert not [*app.pool.outbox]
    assert tokens_of(await app.by_password())


@pytest.mark.parametrize(
    ("answer", "verified"),
    [
        ({"autoVerifyEmail": True}, {"email_verified": "true"}),
        ({"autoVerifyPhone": True}, {"phone_number_verified": "true"}),
        (
            {"autoVerifyEmail": True, "autoVerifyPhone": True},
            {"email_verified": "true", "phone_number_verified": "true"},
        ),
        ({}, {}),
    ],
)
async def test_addresses_and_numbers_are_verified_without_a_code(
    app: App, functions: Functions, answer: Mapping[str, bool], verified: Mapping[str, str]
) -> None:
    grants(functions, **answer)
    await app.sign_up(**BOTH)

    user = app.pool.user(ALICE)
    assert (user.status, {**user.attributes}) == (UserStatus.UNCONFIRMED, {**BOTH, **verified})
    assert await refusal(app.by_password()) == UNCONFIRMED
    await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP))
    assert tokens_of(await app.by_password())


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        ({"phone_number": PHONE}, {"autoVerifyEmail": True}),
        ({"email": EMAIL}, {"autoVerifyPhone": True, "autoConfirmUser": True}),
        ({"email": EMAIL}, {"autoConfirmUser": "true"}),
        ({"email": EMAIL}, {"autoConfirmUser": "false"}),
        ({"email": EMAIL}, {"autoVerifyEmail": None}),
        ({"email": EMAIL}, {"AutoConfirmUser": True}),
    ],
)
async def test_what_is_not_there_cannot_be_verified_and_a_word_is_no_truth_value(
    app: App, functions: Functions, given: Mapping[str, str], answer: Mapping[str, Any]
) -> None:
    grants(functions, **answer)

    assert await refusal(app.sign_up(**given)) == UNREADABLE
    assert not app.pool.users
    functions.does.clear()
    assert await app.sign_up(**given)


async def test_for_whom_an_administrator_makes_an_account_nothing_is_granted(app: App, functions: Functions) -> None:
    grants(functions, autoConfirmUser=True, autoVerifyEmail=True, autoVerifyPhone=True)
    await administrator_of(app).create_user(ALICE, {"email": EMAIL})

    user = app.pool.user(ALICE)
    assert (user.status, {**user.attributes}) == (UserStatus.FORCE_CHANGE_PASSWORD, {"email": EMAIL})
    assert functions.fired == [PRE_SIGN_UP]


ALIASES = frozenset({"email", "phone_number"})


@pytest.mark.parametrize(
    ("attribute", "value", "flag"), [("email", EMAIL, "autoVerifyEmail"), ("phone_number", PHONE, "autoVerifyPhone")]
)
async def test_an_alias_that_is_verified_at_once_moves_from_whoever_had_it(
    make_pool: MakePool, clock: VirtualClock, functions: Functions, attribute: str, value: str, flag: str
) -> None:
    app = App(make_pool(triggers=functions.behind(*OF_ACCOUNTS), alias_attributes=ALIASES), clock)
    app.pool.add_user(BOB, PASSWORD, attributes={attribute: value, f"{attribute}_verified": "true"})
    grants(functions, **{flag: True, "autoConfirmUser": True})
    await app.sign_up(**{attribute: value})

    assert app.pool.user(value).username == ALICE
    assert {**app.pool.user(BOB).attributes} == {attribute: value, f"{attribute}_verified": "false"}
    assert tokens_of(await app.by_password(value))


async def test_an_alias_that_is_not_verified_stays_where_it_is(
    make_pool: MakePool, clock: VirtualClock, functions: Functions
) -> None:
    app = App(make_pool(triggers=functions.behind(*OF_ACCOUNTS), alias_attributes=ALIASES), clock)
    app.pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
    grants(functions, autoConfirmUser=True)
    await app.sign_up(email=EMAIL)

    assert app.pool.user(EMAIL).username == BOB


# --- What stands when PreSignUp fails -------------------------------------------------------------------------------


SIGNS_UP: Mapping[str, Callable[[App], Any]] = {
    "SignUp": lambda app: app.sign_up(email=EMAIL),
    "AdminCreateUser": lambda app: administrator_of(app).create_user(ALICE, {"email": EMAIL}),
}


@pytest.mark.parametrize("sign_up", SIGNS_UP.values(), ids=[*SIGNS_UP])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=[*FAILURES])
async def test_nobody_is_stored_whom_pre_sign_up_has_not_let_in(
    app: App, functions: Functions, sign_up: Callable[[App], Any], failure: Failure
) -> None:
    inside(app.pool).triggers = functions.behind(*OF_ACCOUNTS, **in_no_time())
    failure.breaks(functions, PRE_SIGN_UP)

    assert await refusal(sign_up(app)) == failure.told(PRE_SIGN_UP)
    assert not app.pool.users
    assert not [*app.pool.outbox]
    functions.mend()
    assert await sign_up(app)


@pytest.mark.parametrize("sign_up", SIGNS_UP.values(), ids=[*SIGNS_UP])
async def test_who_hangs_up_while_pre_sign_up_is_asked_has_no_account(
    app: App, functions: Functions, sign_up: Callable[[App], Any], each_backend: str
) -> None:
    await hang_up_at(functions, PRE_SIGN_UP, sign_up(app))

    assert not app.pool.users
    assert await sign_up(app)


@pytest.mark.parametrize("takes_over", [False, True])
async def test_nobody_loses_an_alias_to_somebody_who_is_not_let_in(
    make_pool: MakePool,
    clock: VirtualClock,
    functions: Functions,
    takes_over: bool,  # noqa: FBT001  # a column of the table
) -> None:
    app = App(make_pool(triggers=functions.behind(*OF_ACCOUNTS), alias_attributes=ALIASES), clock)
    verified = {"email": EMAIL, "email_verified": "true"}
    app.pool.add_user(BOB, PASSWORD, attributes=verified)
    FAILURES["raises"].breaks(functions, PRE_SIGN_UP)
    refused = await refusal(administrator_of(app).create_user(ALICE, verified, ForceAliasCreation=takes_over))

    assert refused[0] == ("UserLambdaValidationException" if takes_over else "UsernameExistsException")
    assert app.pool.user(EMAIL).username == BOB


# --- At once --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("second", SIGNS_UP.values(), ids=[*SIGNS_UP])
@pytest.mark.parametrize("first", SIGNS_UP.values(), ids=[*SIGNS_UP])
async def test_of_two_who_want_a_name_at_once_one_gets_it_and_nothing_is_overwritten(
    app: App, functions: Functions, first: Callable[[App], Any], second: Callable[[App], Any], each_backend: str
) -> None:
    functions.meanwhile[PRE_SIGN_UP] = lambda: None  # so that it waits a little
    outcomes: list[str] = []

    async def try_it(sign_up: Callable[[App], Any]) -> None:
        try:
            await sign_up(app)
            outcomes.append("")
        except ServiceError as error:
            outcomes.append(error.code)

    async with anyio.create_task_group() as group:
        group.start_soon(try_it, first)
        group.start_soon(try_it, second)

    assert sorted(outcomes) == ["", "UsernameExistsException"]
    assert len(functions.events(PRE_SIGN_UP)) == 2
    (user,) = app.pool.users
    assert user.username == ALICE


@pytest.mark.parametrize("sign_up", SIGNS_UP.values(), ids=[*SIGNS_UP])
async def test_who_takes_the_name_while_pre_sign_up_thinks_keeps_it(
    app: App, functions: Functions, sign_up: Callable[[App], Any]
) -> None:
    def take(pool: FakeUserPool) -> None:
        pool.add_user(ALICE, "Other-horse-9", attributes={"name": "Another"})

    functions.meanwhile[PRE_SIGN_UP] = lambda: take(app.pool)

    assert (await refusal(sign_up(app)))[0] == "UsernameExistsException"
    assert {**app.pool.user(ALICE).attributes} == {"name": "Another"}
    assert tokens_of(await app.by_password(ALICE, "Other-horse-9"))


# --- PostConfirmation -----------------------------------------------------------------------------------------------


async def confirmed_by_code(app: App) -> None:
    await app.sign_up(email=EMAIL)
    await app.named(
        "ConfirmSignUp", ConfirmationCode=app.mailed(Purpose.SIGN_UP), ClientMetadata={"call": "ConfirmSignUp"}
    )


async def confirmed_by_administrator(app: App) -> None:
    await app.sign_up(email=EMAIL)
    await administrator_of(app).to("AdminConfirmSignUp", ClientMetadata={"call": "AdminConfirmSignUp"})


async def confirmed_at_once(app: App) -> None:
    given = [{"Name": "email", "Value": EMAIL}]
    await app.named("SignUp", Password=PASSWORD, UserAttributes=given, ClientMetadata={"call": "SignUp"})


async def confirmed_by_a_new_password(app: App) -> None:
    app.pool.add_user(ALICE, "Former-horse-6", attributes={"email": EMAIL, "email_verified": "true"})
    await app.forgot_password()
    await app.named(
        "ConfirmForgotPassword",
        ConfirmationCode=app.mailed(Purpose.PASSWORD_RESET),
        Password=PASSWORD,
        ClientMetadata={"call": "ConfirmForgotPassword"},
    )


CONFIRMS: Mapping[Callable[[App], Any], tuple[str, str | None]] = {
    confirmed_by_code: ("ConfirmSignUp", "ConfirmSignUp"),
    confirmed_by_administrator: ("ConfirmSignUp", "AdminConfirmSignUp"),
    confirmed_at_once: ("ConfirmSignUp", "SignUp"),
    confirmed_by_a_new_password: ("ConfirmForgotPassword", "ConfirmForgotPassword"),
}
each_confirmation = pytest.mark.parametrize("confirm", CONFIRMS, ids=[confirm.__name__ for confirm in CONFIRMS])


@each_confirmation
async def test_post_confirmation_is_told_of_the_user_as_stored(
    app: App, functions: Functions, confirm: Callable[[App], Any]
) -> None:
    await confirm(app)

    (event,), user, (source, call) = functions.events(POST_CONFIRMATION), app.pool.user(ALICE), CONFIRMS[confirm]
    assert functions.fired[-1] is POST_CONFIRMATION
    assert (event["triggerSource"], event["userName"]) == (f"PostConfirmation_{source}", ALICE)
    assert event["callerContext"]["clientId"] == (
        None if confirm is confirmed_by_administrator else app.client.client_id
    )
    assert event["request"] == {
        "userAttributes": {"sub": user.sub, "cognito:user_status": "CONFIRMED", **user.attributes},
        "clientMetadata": {"call": call},
    }


async def test_metadata_that_was_not_sent_is_left_out(app: App, functions: Functions) -> None:
    await app.sign_up(email=EMAIL, name="Alice")
    await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP))

    (event,) = functions.events(POST_CONFIRMATION)
    assert event["request"].keys() == {"userAttributes"}
    assert event["request"]["userAttributes"]["email_verified"] == "true"


@each_confirmation
@pytest.mark.parametrize("failure", FAILURES.values(), ids=[*FAILURES])
async def test_who_is_confirmed_stays_so_whatever_post_confirmation_says(
    app: App, functions: Functions, confirm: Callable[[App], Any], failure: Failure
) -> None:
    inside(app.pool).triggers = functions.behind(*OF_ACCOUNTS, **in_no_time())
    failure.breaks(functions, POST_CONFIRMATION)

    assert await refusal(confirm(app)) == failure.told(POST_CONFIRMATION)
    user = app.pool.user(ALICE)
    assert (user.status, user.codes) == (UserStatus.CONFIRMED, {})
    assert tokens_of(await app.by_password()), "with the new password, if there is one"


@each_confirmation
async def test_so_does_who_hangs_up(
    app: App, functions: Functions, confirm: Callable[[App], Any], each_backend: str
) -> None:
    await hang_up_at(functions, POST_CONFIRMATION, confirm(app))

    user = app.pool.user(ALICE)
    assert (user.status, user.codes) == (UserStatus.CONFIRMED, {})
    assert tokens_of(await app.by_password())


async def test_who_confirms_twice_at_once_is_confirmed_once(app: App, functions: Functions, each_backend: str) -> None:
    await app.sign_up(email=EMAIL)
    code, outcomes = app.mailed(Purpose.SIGN_UP), list[str]()
    functions.meanwhile[POST_CONFIRMATION] = lambda: None  # so that it waits a little

    async def try_it(call: Awaitable[object]) -> None:
        try:
            await call
            outcomes.append("")
        except ServiceError as error:
            outcomes.append(error.message)

    async with anyio.create_task_group() as group:
        group.start_soon(try_it, app.confirm_sign_up(code))
        group.start_soon(try_it, app.confirm_sign_up(code))
        group.start_soon(try_it, administrator_of(app).to("AdminConfirmSignUp"))

    assert len(functions.events(POST_CONFIRMATION)) == 1
    assert sorted(outcomes) == ["", *["User cannot be confirmed. Current status is CONFIRMED"] * 2]


@each_confirmation
async def test_what_post_confirmation_answers_does_not_count(
    app: App, functions: Functions, confirm: Callable[[App], Any]
) -> None:
    functions.does[POST_CONFIRMATION] = lambda _: {"autoVerifyEmail": True, "anything": 7}
    await confirm(app)

    assert tokens_of(await app.by_password())


async def test_a_code_that_is_wrong_and_an_account_that_is_confirmed_are_not_told(
    app: App, functions: Functions
) -> None:
    await app.sign_up(email=EMAIL)
    code = app.mailed(Purpose.SIGN_UP)
    assert await refusal(app.confirm_sign_up(wrong(code))) == CODE_WRONG
    assert not functions.events(POST_CONFIRMATION)
    await app.confirm_sign_up(code)
    await refusal(app.confirm_sign_up(code))
    await refusal(administrator_of(app).to("AdminConfirmSignUp"))

    assert len(functions.events(POST_CONFIRMATION)) == 1


async def test_a_sign_up_whose_confirmation_failed_can_be_gone_on_from_by_signing_in(
    app: App, functions: Functions
) -> None:
    """The account is there: whoever tries once more is told so."""
    grants(functions, autoConfirmUser=True)
    FAILURES["raises"].breaks(functions, POST_CONFIRMATION)
    await refusal(app.sign_up(email=EMAIL))

    assert (await refusal(app.sign_up(email=EMAIL)))[0] == "UsernameExistsException"
    assert tokens_of(await app.by_password())


async def test_who_is_deleted_while_post_confirmation_thinks_is_gone(app: App, functions: Functions) -> None:
    functions.meanwhile[POST_CONFIRMATION] = lambda: app.pool.delete_user(ALICE)
    await confirmed_by_code(app)

    assert not app.pool.users
    assert await refusal(app.by_password()) == NO_SUCH_USER
