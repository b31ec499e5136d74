"""UserMigration: who is looked for elsewhere, what becomes of the answer, and that nobody is made twice."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import FakeUserPool, FirstFactor, MfaFactor, Purpose, UserStatus
from authsteps.adapters.lambda_triggers import FunctionRaisedError, Trigger
from authsteps.engine.messages import Secret
from authsteps.flows import srp
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import FAILURES, Failure, Functions, in_no_time
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    LOCKED_OUT,
    NEW_PASSWORD,
    NO_SUCH_NAME,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    RESET_REQUIRED,
    SRP,
    WRONG_CREDENTIALS,
    App,
    inside,
    missing,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

MIGRATION, PRE_SIGN_UP = Trigger.USER_MIGRATION, Trigger.PRE_SIGN_UP
CAROL = "carol"
CAROLS = "carol@example.com"
SIMPLE = "simple"
"""A password that no policy would take."""
UNREADABLE = ("InvalidLambdaResponseException", "Unrecognizable lambda output")
KEYS = srp.key_pair(bytes(range(3, 35)), SRP)
FOUND: Mapping[str, Any] = {
    "userAttributes": {"email": CAROLS, "email_verified": "true", "name": "Carol"},
    "finalUserStatus": "CONFIRMED",
    "messageAction": "SUPPRESS",
}


def knows(answer: Mapping[str, Any], password: str | None = SIMPLE) -> Callable[[dict[str, Any]], Mapping[str, Any]]:
    """A function that knows one password, or does not ask for any."""
    return lambda request: answer if password is None or request.get("password") == password else {}


@pytest.fixture
def functions() -> Functions:
    return Functions({MIGRATION: knows(FOUND)})


def make_app(make_pool: MakePool, clock: VirtualClock, functions: Functions, **settings: Any) -> App:
    pool: FakeUserPool = make_pool(
        triggers=functions.behind(MIGRATION, PRE_SIGN_UP, Trigger.PRE_AUTHENTICATION), **settings
    )
    return App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))


@pytest.fixture
def app(make_pool: MakePool, clock: VirtualClock, functions: Functions) -> App:
    return make_app(make_pool, clock, functions, first_factors=frozenset(FirstFactor))


def says(functions: Functions, **answer: Any) -> None:
    functions.does[MIGRATION] = knows({**FOUND, **answer})


# --- Who is looked for -----------------------------------------------------------------------------------------------


async def test_somebody_who_is_known_elsewhere_moves_in_with_the_password(app: App, functions: Functions) -> None:
    assert tokens_of(await app.by_password(CAROL, SIMPLE))
    user = app.pool.user(CAROL)
    assert (user.username, user.status, {**user.attributes}) == (CAROL, UserStatus.CONFIRMED, FOUND["userAttributes"])
    (event,) = functions.events(MIGRATION)
    assert (event["userName"], event["request"]) == (CAROL, {"password": SIMPLE, "validationData": None})

    assert tokens_of(await app.by_password(CAROL, SIMPLE))
    assert tokens_of(await app.by_srp(CAROL, SIMPLE))
    assert len(functions.events(MIGRATION)) == 1, "who is here is not looked for"
    assert not [*app.pool.outbox]


async def test_an_administrator_signs_somebody_in_who_is_known_elsewhere(app: App) -> None:
    reply = await app.call(
        "AdminInitiateAuth",
        UserPoolId=app.pool.id,
        ClientId=app.client.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": CAROL, "PASSWORD": SIMPLE},
    )

    assert tokens_of(reply)


async def test_a_password_that_is_preferred_will_do(app: App) -> None:
    reply = await app.initiate("USER_AUTH", CAROL, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=SIMPLE)

    assert tokens_of(reply)


@pytest.mark.parametrize(
    ("flow", "parameters"),
    [
        ("USER_SRP_AUTH", {"SRP_A": KEYS.public.reveal()}),
        ("USER_AUTH", {}),
        ("USER_AUTH", {"PREFERRED_CHALLENGE": "PASSWORD_SRP", "SRP_A": KEYS.public.reveal()}),
        ("USER_AUTH", {"PREFERRED_CHALLENGE": "EMAIL_OTP"}),
    ],
)
async def test_nobody_is_looked_for_without_a_password(
    app: App, functions: Functions, flow: str, parameters: Mapping[str, str]
) -> None:
    assert await refusal(app.initiate(flow, CAROL, **parameters)) == NO_SUCH_USER
    assert await app.discreet().initiate(flow, CAROL, **parameters)
    assert not functions.events(MIGRATION)
    assert await refusal(app.initiate("USER_AUTH", CAROL, PREFERRED_CHALLENGE="PASSWORD")) == missing("PASSWORD")


async def test_who_is_nowhere_is_nowhere_and_where_that_is_hidden_guesses_are_counted(
    app: App, functions: Functions
) -> None:
    assert await refusal(app.by_password(CAROL, "wrong")) == NO_SUCH_USER
    discreet = app.discreet()
    for _ in range(5):
        assert await refusal(discreet.by_password(CAROL, "wrong")) == WRONG_CREDENTIALS
    assert functions.events(Trigger.PRE_AUTHENTICATION)[-1]["request"]["userNotFound"] is True
    asked = len(functions.events(MIGRATION))

    assert await refusal(discreet.by_password(CAROL, SIMPLE)) == LOCKED_OUT
    assert len(functions.events(MIGRATION)) == asked
    assert not app.pool.users


# --- What becomes of the answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["RESET_REQUIRED", "FORCE_CHANGE_PASSWORD", "confirmed", "", None])
async def test_without_that_status_the_password_that_was_typed_is_not_kept(
    app: App, functions: Functions, status: str | None
) -> None:
    says(functions, finalUserStatus=status)
    assert await refusal(app.by_password(CAROL, SIMPLE)) == RESET_REQUIRED
    assert app.pool.user(CAROL).status is UserStatus.RESET_REQUIRED
    assert app.pool.user(CAROL).verifier is None

    await app.forgot_password(CAROL)
    await app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET, CAROL), NEW_PASSWORD, CAROL)
    assert tokens_of(await app.by_password(CAROL, NEW_PASSWORD))


async def test_a_code_by_sms_is_asked_for_if_the_answer_says_so(app: App, functions: Functions) -> None:
    says(functions, userAttributes={"phone_number": PHONE}, enableSMSMFA=True)

    assert (await app.by_password(CAROL, SIMPLE))["ChallengeName"] == "SMS_MFA"
    assert app.pool.user(CAROL).mfa_factors == {MfaFactor.SMS_MFA}


@pytest.mark.parametrize(
    ("answer", "media"),
    [
        ({}, ["SMS"]),
        ({"messageAction": None}, ["SMS"]),
        ({"messageAction": "RESEND", "desiredDeliveryMediums": ["EMAIL"]}, ["EMAIL"]),
        ({"desiredDeliveryMediums": ["EMAIL", "SMS", "EMAIL"]}, ["EMAIL", "SMS"]),
        ({"desiredDeliveryMediums": ["EMAIL"], "messageAction": "SUPPRESS"}, []),
    ],
)
async def test_a_welcome_goes_out_unless_it_is_suppressed_and_tells_no_password(
    app: App, functions: Functions, answer: Mapping[str, Any], media: list[str]
) -> None:
    functions.does[MIGRATION] = knows(
        {
            "userAttributes": {"email": CAROLS, "phone_number": PHONE},
            "finalUserStatus": "CONFIRMED",
            **answer,
        }
    )
    await app.tokens(CAROL, SIMPLE)

    assert [message.medium.value for message in app.pool.outbox] == media
    assert {(message.purpose, message.code.reveal()) for message in app.pool.outbox} <= {(Purpose.INVITATION, "")}


@pytest.mark.parametrize(
    "answer",
    [
        {"userAttributes": {"custom:nope": "x"}},
        {"userAttributes": {"email": "no address"}},
        {"userAttributes": {"phone_number": "5550001234"}},
        {"userAttributes": {"birthdate": "May"}},
        {"userAttributes": {"sub": "11111111-2222-3333-4444-555555555555"}},
        {"userAttributes": {"email": 1}},
        {"userAttributes": {"username": "another"}},
        {"userAttributes": "carol"},
        {"desiredDeliveryMediums": ["PIGEON"]},
        {"enableSMSMFA": True},
        {"enableSMSMFA": "true"},
        {"forceAliasCreation": 1},
        {"UserAttributes": {}},
    ],
)
async def test_a_user_who_cannot_be_is_not_made(app: App, functions: Functions, answer: Mapping[str, Any]) -> None:
    says(functions, **answer)

    assert await refusal(app.by_password(CAROL, SIMPLE)) == UNREADABLE
    assert not app.pool.users
    assert PRE_SIGN_UP not in functions.fired
    says(functions)
    assert tokens_of(await app.by_password(CAROL, SIMPLE))


@pytest.mark.parametrize("said", [{}, {"userAttributes": None}, {"finalUserStatus": "CONFIRMED"}])
async def test_an_answer_without_attributes_found_nobody(
    app: App, functions: Functions, said: Mapping[str, Any]
) -> None:
    functions.does[MIGRATION] = knows(said)

    assert await refusal(app.by_password(CAROL, SIMPLE)) == NO_SUCH_USER
    assert await refusal(app.discreet().by_password(CAROL, SIMPLE)) == WRONG_CREDENTIALS


async def test_what_the_function_raises_is_told_in_other_words_or_not_at_all(app: App, functions: Functions) -> None:
    functions.raises[MIGRATION] = FunctionRaisedError(MIGRATION, "the old database is away")

    expected = ("UserNotFoundException", f"Exception migrating user in app client {app.client.client_id}")
    assert await refusal(app.by_password(CAROL, SIMPLE)) == expected
    assert await refusal(app.forgot_password(CAROL)) == expected
    discreet = app.discreet()
    assert await refusal(discreet.by_password(CAROL, SIMPLE)) == WRONG_CREDENTIALS
    assert (await discreet.forgot_password(CAROL)).keys() == {"CodeDeliveryDetails"}
    functions.mend()
    assert tokens_of(await app.by_password(CAROL, SIMPLE))


ASKS: Mapping[str, Callable[[App], Awaitable[object]]] = {
    "sign-in": lambda app: app.by_password(CAROL, SIMPLE),
    "choice": lambda app: app.initiate("USER_AUTH", CAROL, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=SIMPLE),
    "forgotten": lambda app: app.forgot_password(CAROL),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=[*ASKS])
@pytest.mark.parametrize("trigger", [MIGRATION, PRE_SIGN_UP])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=[*FAILURES])
async def test_whatever_else_goes_wrong_with_a_function_is_told_and_nobody_is_made(
    app: App, functions: Functions, failure: Failure, trigger: Trigger, ask: Callable[[App], Awaitable[object]]
) -> None:
    """To a client that is told who exists and to one that is not: but for what UserMigration raises."""
    functions.does[MIGRATION] = knows(FOUND, password=None)
    inside(app.pool).triggers = functions.behind(MIGRATION, PRE_SIGN_UP, **in_no_time())
    expected = failure.told(trigger)
    if trigger is MIGRATION and failure is FAILURES["raises"]:
        expected = ("UserNotFoundException", f"Exception migrating user in app client {app.client.client_id}")
    failure.breaks(functions, trigger)

    assert await refusal(ask(app)) == expected
    if expected == failure.told(trigger):
        assert await refusal(ask(app.discreet())) == expected
    assert not app.pool.users
    assert not [*app.pool.outbox]
    functions.mend()
    assert await ask(app)
    assert [user.username for user in app.pool.users] == [CAROL]


# --- Names and aliases -----------------------------------------------------------------------------------------------


async def test_who_types_an_alias_may_be_given_a_username(
    make_pool: MakePool, clock: VirtualClock, functions: Functions
) -> None:
    app = make_app(make_pool, clock, functions, alias_attributes=frozenset({"email"}))
    assert await refusal(app.by_password(CAROLS, SIMPLE)) == UNREADABLE, "which is no username there"
    says(functions, userAttributes={**FOUND["userAttributes"], "username": CAROL})
    assert tokens_of(await app.by_password(CAROLS, SIMPLE))

    assert app.pool.user(CAROLS).username == CAROL
    assert "username" not in app.pool.user(CAROL).attributes
    assert functions.events(PRE_SIGN_UP)[-1]["userName"] == CAROL


async def test_an_address_stands_for_the_name_where_the_pool_says_so(
    make_pool: MakePool, clock: VirtualClock, functions: Functions
) -> None:
    app = make_app(make_pool, clock, functions, username_attributes=frozenset({"email"}))
    says(functions, userAttributes={"name": "Carol"})
    assert tokens_of(await app.by_password(CAROLS, SIMPLE))
    assert tokens_of(await app.by_password(CAROLS, SIMPLE))

    (user,) = app.pool.users
    assert (user.username, user.attributes["email"]) == (user.sub, CAROLS)
    (looked_for,), (let_in,) = functions.events(MIGRATION), functions.events(PRE_SIGN_UP)
    assert (looked_for["userName"], let_in["userName"]) == (CAROLS, user.username), "as typed, and as the user will be"
    assert let_in["request"]["userAttributes"] == {"name": "Carol", "email": CAROLS}
    assert await refusal(app.by_password(CAROL, SIMPLE)) == UNREADABLE, "which is no address"


@pytest.mark.parametrize("takes_over", [False, True])
async def test_an_address_is_taken_from_another_only_by_force(
    make_pool: MakePool,
    clock: VirtualClock,
    functions: Functions,
    takes_over: bool,  # noqa: FBT001  # a column of the table
) -> None:
    app = make_app(make_pool, clock, functions, alias_attributes=frozenset({"email"}))
    app.pool.add_user(ALICE, PASSWORD, attributes={"email": CAROLS, "email_verified": "true"})
    says(functions, forceAliasCreation=takes_over)

    if takes_over:
        assert tokens_of(await app.by_password(CAROL, SIMPLE))
        assert app.pool.user(CAROLS).username == CAROL
        assert app.pool.user(ALICE).attributes["email_verified"] == "false"
    else:
        assert await refusal(app.by_password(CAROL, SIMPLE)) == UNREADABLE
        assert app.pool.user(CAROLS).username == ALICE


async def test_a_username_that_is_anothers_is_not_given_twice(
    make_pool: MakePool, clock: VirtualClock, functions: Functions
) -> None:
    app = make_app(make_pool, clock, functions, alias_attributes=frozenset({"email"}))
    app.pool.add_user(ALICE, PASSWORD)
    says(functions, userAttributes={**FOUND["userAttributes"], "username": ALICE})

    assert await refusal(app.by_password(CAROLS, SIMPLE)) == UNREADABLE
    assert [user.username for user in app.pool.users] == [ALICE]


# --- PreSignUp -------------------------------------------------------------------------------------------------------


async def test_pre_sign_up_is_asked_as_for_an_administrator_and_what_it_grants_does_not_count(
    app: App, functions: Functions
) -> None:
    says(functions, userAttributes={"email": CAROLS}, finalUserStatus="RESET_REQUIRED")
    functions.does[PRE_SIGN_UP] = lambda _: {"autoConfirmUser": True, "autoVerifyEmail": True}
    assert await refusal(app.by_password(CAROL, SIMPLE)) == RESET_REQUIRED

    (event,) = functions.events(PRE_SIGN_UP)
    assert event["triggerSource"] == "PreSignUp_AdminCreateUser"
    assert event["request"]["userAttributes"] == {"email": CAROLS}
    assert {**app.pool.user(CAROL).attributes} == {"email": CAROLS}


async def test_its_refusal_refuses_the_migration(app: App, functions: Functions) -> None:
    functions.raises[PRE_SIGN_UP] = FunctionRaisedError(PRE_SIGN_UP, "no more people")
    expected = ("UserLambdaValidationException", "PreSignUp failed with error no more people.")

    assert await refusal(app.by_password(CAROL, SIMPLE)) == expected
    assert await refusal(app.forgot_password(CAROL)) == NO_SUCH_NAME, "no password was looked at"
    assert not app.pool.users
    functions.mend()
    assert tokens_of(await app.by_password(CAROL, SIMPLE))


# --- Forgotten passwords ---------------------------------------------------------------------------------------------


async def test_who_has_forgotten_a_password_elsewhere_gets_a_code_here(app: App, functions: Functions) -> None:
    functions.does[MIGRATION] = knows(FOUND, password=None)
    assert (await app.forgot_password(CAROL))["CodeDeliveryDetails"]["DeliveryMedium"] == "EMAIL"
    (event,) = functions.events(MIGRATION)
    assert event["triggerSource"] == "UserMigration_ForgotPassword"
    assert "password" not in event["request"]
    user = app.pool.user(CAROL)
    assert (user.status, user.verifier) == (UserStatus.RESET_REQUIRED, None), "whatever status was said: none was typed"

    await app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET, CAROL), NEW_PASSWORD, CAROL)
    assert tokens_of(await app.by_password(CAROL, NEW_PASSWORD))


# --- At once ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("waits_at", [MIGRATION, PRE_SIGN_UP])
async def test_two_who_come_at_once_are_one(
    app: App, functions: Functions, waits_at: Trigger, each_backend: str
) -> None:
    functions.meanwhile[waits_at] = lambda: None  # so that it waits a little
    outcomes: list[str] = []

    async def try_it(password: str) -> None:
        try:
            outcomes.append(",".join(tokens_of(await app.by_password(CAROL, password))))
        except ServiceError as error:
            outcomes.append(error.code)

    functions.does[MIGRATION] = knows(FOUND, password=None)
    async with anyio.create_task_group() as group:
        for password in (SIMPLE, SIMPLE, "other"):
            group.start_soon(try_it, password)

    (user,) = app.pool.users
    assert len(functions.events(waits_at)) == 3
    assert waits_at is PRE_SIGN_UP or len(functions.events(PRE_SIGN_UP)) == 1, "whoever is here already signs nobody up"
    # Whose password it is was settled by whoever was first.
    is_simple = inside(app.pool).fits(user.verifier, CAROL, Secret(SIMPLE)) if user.verifier is not None else None
    assert is_simple is not None
    assert sorted(outcome == "NotAuthorizedException" for outcome in outcomes) == (
        [False, False, True] if is_simple else [False, True, True]
    )
