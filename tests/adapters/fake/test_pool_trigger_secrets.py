"""Functions that fail are told secrets: none shows in the refusal, in a traceback's variables, or in the pool."""

import traceback
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, TypeAlias

import pytest

from authsteps.adapters.cognito.protocol import Request
from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.lambda_triggers import PythonFunction, Trigger, Triggers
from tests.adapters.fake.administrator import pairs
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import FAILURES, Failure, Functions, asking_for, in_no_time
from tests.adapters.fake.test_pool_secrets import things_of
from tests.adapters.fake.world import ALICE, ALL_FLOWS, EMAIL, PASSWORD

SECRET, WORD, NOTE = "Canary-secret-1", "canary-word-2", "canary-note-3"
VERIFIED = {"email": EMAIL, "email_verified": "true"}
T = Trigger


def shy(members: Mapping[str, Any]) -> Request:
    """A request as backends make it."""
    return Request.of({name: value for name, value in members.items() if value is not None})


class Way:
    """What is asked of a pool, one call after another, with secrets in it."""

    def __init__(self, pool: FakeUserPool) -> None:
        self.pool = pool
        self.client_id = pool.add_client(explicit_auth_flows=ALL_FLOWS).client_id

    async def call(self, operation: str, **members: Any) -> Mapping[str, Json]:
        goes_by: dict[str, Json] = (
            {"UserPoolId": self.pool.id} if operation.startswith("Admin") else {"ClientId": self.client_id}
        )
        return await self.pool.call(operation, shy({**goes_by, "ClientMetadata": {"note": NOTE}, **members}))

    async def begin(self, flow: str, **parameters: Json) -> Mapping[str, Json]:
        return await self.call("InitiateAuth", AuthFlow=flow, AuthParameters=parameters)

    def add_alice(self) -> None:
        self.pool.add_user(ALICE, PASSWORD, attributes=VERIFIED)

    def code(self) -> str:
        return self.pool.outbox.latest(ALICE).code.reveal()


async def signs_up(way: Way) -> None:
    note = pairs({"note": NOTE})
    given = {"Username": ALICE, "UserAttributes": pairs({"email": EMAIL})}
    await way.call("SignUp", Password=SECRET, ValidationData=note, **given)
    await way.call("ConfirmSignUp", Username=ALICE, ConfirmationCode=way.code())


async def resets(way: Way) -> None:
    way.add_alice()
    await way.call("ForgotPassword", Username=ALICE)
    await way.call("ConfirmForgotPassword", Username=ALICE, ConfirmationCode=way.code(), Password=SECRET)


async def is_invited(way: Way) -> None:
    media, given = ["EMAIL"], pairs(VERIFIED)
    invited = {"Username": ALICE, "TemporaryPassword": SECRET, "DesiredDeliveryMediums": media}
    await way.call("AdminCreateUser", UserAttributes=given, ValidationData=pairs({"note": NOTE}), **invited)


async def signs_in(way: Way) -> None:
    way.add_alice()
    way.pool.user(ALICE).attributes["name"] = "Alice"
    challenge = await way.begin("CUSTOM_AUTH", USERNAME=ALICE)
    responses = {"USERNAME": ALICE, "ANSWER": WORD}
    name, session = challenge["ChallengeName"], challenge["Session"]
    await way.call("RespondToAuthChallenge", ChallengeName=name, Session=session, ChallengeResponses=responses)


async def moves_in(way: Way) -> None:
    await way.begin("USER_PASSWORD_AUTH", USERNAME="carol", PASSWORD=SECRET)


Act: TypeAlias = Callable[[Way], Awaitable[None]]
ON_THE_WAY: Mapping[Act, tuple[Trigger, ...]] = {
    signs_up: (T.PRE_SIGN_UP, T.CUSTOM_MESSAGE, T.POST_CONFIRMATION),
    resets: (T.CUSTOM_MESSAGE, T.POST_CONFIRMATION),
    is_invited: (T.PRE_SIGN_UP, T.CUSTOM_MESSAGE),
    signs_in: (
        T.PRE_AUTHENTICATION,
        T.DEFINE_AUTH_CHALLENGE,
        T.CREATE_AUTH_CHALLENGE,
        T.VERIFY_AUTH_CHALLENGE_RESPONSE,
        T.POST_AUTHENTICATION,
        T.PRE_TOKEN_GENERATION,
    ),
    moves_in: (T.USER_MIGRATION, T.PRE_SIGN_UP, T.PRE_AUTHENTICATION, T.PRE_TOKEN_GENERATION),
}
STOPS = [(act, trigger) for act, triggers in ON_THE_WAY.items() for trigger in triggers]
each_stop = pytest.mark.parametrize(
    ("act", "trigger"), STOPS, ids=[f"{act.__name__} {trigger.value}" for act, trigger in STOPS]
)


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error, and what led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shown(error: BaseException) -> Iterator[tuple[str, str]]:
    """What logs can show of an error: its text, and the variables of every frame of ours."""
    for one in chain(error):
        yield "text", f"{one!r} {one}"
        for frame, _ in traceback.walk_tb(one.__traceback__):
            if "authsteps/" in frame.f_code.co_filename:
                for name, value in frame.f_locals.items():
                    yield f"{name} in {frame.f_code.co_name}", repr(value)


def knows_carol(request: Mapping[str, Any]) -> Mapping[str, Any]:
    del request
    return {"userAttributes": {"email": EMAIL}, "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS"}


def breaks_a_promise(functions: Functions, trigger: Trigger) -> None:
    """Give the whole event back, but for what it answers."""
    functions.does[trigger] = lambda _: NONSENSE


NONSENSE: dict[str, Any] = {
    **dict.fromkeys(("autoConfirmUser", "smsMessage", "challengeName", "challengeMetadata", "answerCorrect"), 7),
    **dict.fromkeys(("claimsOverrideDetails", "userAttributes"), 7),
}
"""What no function can answer."""


def make_functions() -> Functions:
    return Functions({**asking_for(WORD), T.USER_MIGRATION: knows_carol})


async def look(way: Way, act: Act) -> None:
    """See to it that an act fails, and that nothing shows."""
    with pytest.raises(ServiceError) as caught:
        await act(way)
    secrets = {SECRET, WORD, NOTE, *(message.code.reveal() for message in way.pool.outbox)}
    seen = [*shown(caught.value)]
    assert len(seen) > 10
    assert not [where for where, text in seen for secret in secrets if secret in text]
    for thing in things_of(way.pool):
        assert not [secret for secret in secrets if secret in f"{thing!r} {thing}"], type(thing).__name__


@each_stop
@pytest.mark.parametrize("failure", FAILURES.values(), ids=[*FAILURES])
async def test_no_secret_shows_where_a_function_fails(
    make_pool: MakePool, act: Act, trigger: Trigger, failure: Failure
) -> None:
    functions = make_functions()
    failure.breaks(functions, trigger)
    await look(Way(make_pool(triggers=functions.behind(**in_no_time()))), act)
    assert trigger in functions.fired


LISTENING = (T.POST_CONFIRMATION, T.PRE_AUTHENTICATION, T.POST_AUTHENTICATION)
"""Nothing that these answer counts."""
ANSWERING = [(act, trigger) for act, trigger in STOPS if trigger not in LISTENING]


@pytest.mark.parametrize(
    ("act", "trigger"), ANSWERING, ids=[f"{act.__name__} {trigger.value}" for act, trigger in ANSWERING]
)
async def test_nor_where_it_gives_the_event_back_with_nonsense_in_it(
    make_pool: MakePool, act: Act, trigger: Trigger
) -> None:
    functions = make_functions()
    breaks_a_promise(functions, trigger)
    await look(Way(make_pool(triggers=functions.behind())), act)
    assert trigger in functions.fired


async def _raises_later(event: Any, context: Any) -> object:
    raise ValueError("no")


def _raises(event: Any, context: Any) -> object:
    raise ValueError("no")


def _exits(event: Any, context: Any) -> object:
    raise SystemExit(3)


@each_stop
@pytest.mark.parametrize("handler", [_raises, _raises_later, _exits])
async def test_nor_where_it_is_python_in_this_process(
    make_pool: MakePool, act: Act, trigger: Trigger, handler: Callable[[Any, Any], object], each_backend: str
) -> None:
    """But for its own variables, which are told to whoever reads its traceback."""
    triggers = make_functions().behind()
    broken = {**triggers.functions, trigger: PythonFunction(handler)}
    await look(Way(make_pool(triggers=Triggers(broken))), act)
