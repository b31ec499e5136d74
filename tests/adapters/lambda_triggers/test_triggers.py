"""How a trigger is asked: for five seconds, three times at most, and never again once anything was said.

Every test runs on asyncio and on trio, on a time of their own: a function that hangs costs no time at all.
"""

import copy
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn, TypeAlias

import anyio
import anyio.lowlevel
import attrs
import pytest

from authsteps.adapters.lambda_triggers import (
    PRE_SIGN_UP,
    FunctionRaisedError,
    FunctionUnavailableError,
    NoAnswerInTimeError,
    OutputNotJsonError,
    PreSignUpAnswer,
    Trigger,
    TriggerError,
    Triggers,
    UnrecognizableOutputError,
    from_wire,
)
from authsteps.flows.model import Json
from tests.adapters.lambda_triggers.golden_events import golden
from tests.adapters.lambda_triggers.virtual_time import BACKENDS

SENT = golden("PreSignUp_SignUp")
EVENT = from_wire(PRE_SIGN_UP, SENT)
CONFIRMED = PreSignUpAnswer(auto_confirm_user=True)
TIMEOUT_TEXT = "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function."

Try: TypeAlias = Callable[[dict[str, Any]], Awaitable[Json]]
"""What a function does when it is asked."""


@pytest.fixture(scope="module", params=BACKENDS)
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return BACKENDS[request.param]


@attrs.define
class Function:
    """A ``TriggerRunner`` that does one thing after another; it fails if it is asked for more.

    Attributes:
        tries: What it does each time.
        asked: When it was asked, in seconds from the beginning, and with which event.
        cancelled: When it was cancelled.
    """

    tries: Sequence[Try]
    began: float = attrs.field(factory=anyio.current_time)
    asked: list[tuple[float, dict[str, Any]]] = attrs.field(factory=list[tuple[float, dict[str, Any]]])
    cancelled: list[float] = attrs.field(factory=list[float])

    @property
    def now(self) -> float:
        return round(anyio.current_time() - self.began, 6)

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        assert trigger is Trigger.PRE_SIGN_UP
        mine = copy.deepcopy(dict(event))
        self.asked.append((self.now, copy.deepcopy(mine)))
        try:
            return await self.tries[len(self.asked) - 1](mine)
        except anyio.get_cancelled_exc_class():
            self.cancelled.append(self.now)
            raise

    def behind(self, **how: Any) -> Triggers:
        """Triggers with this one behind PreSignUp."""
        return Triggers({Trigger.PRE_SIGN_UP: self}, **how)


async def hang(event: dict[str, Any]) -> NoReturn:
    event.clear()
    await anyio.sleep_forever()
    raise AssertionError("for ever is over")


async def confirm(event: dict[str, Any]) -> Json:
    event["response"]["autoConfirmUser"] = True
    return event


def after(seconds: float) -> Try:
    """Confirm after a while."""

    async def wait(event: dict[str, Any]) -> Json:
        await anyio.sleep(seconds)
        return await confirm(event)

    return wait


def raising(error: BaseException) -> Try:
    async def fail(event: dict[str, Any]) -> Json:
        await anyio.lowlevel.checkpoint()
        raise error

    return fail


def giving(value: Json) -> Try:
    async def give(event: dict[str, Any]) -> Json:
        return value

    return give


async def test_a_function_that_answers_is_asked_once() -> None:
    function = Function([confirm])
    assert await function.behind().ask(EVENT) == CONFIRMED
    assert function.asked == [(0, SENT)]


async def test_an_answer_just_in_time_counts() -> None:
    function = Function([after(4.99)])
    assert await function.behind().ask(EVENT) == CONFIRMED
    assert len(function.asked) == 1


async def test_a_function_that_hangs_is_cancelled_after_five_seconds_and_asked_again() -> None:
    function = Function([hang, after(2)])
    assert await function.behind().ask(EVENT) == CONFIRMED
    assert [when for when, _ in function.asked] == [0, 5]
    assert function.cancelled == [5]
    assert function.now == 7


async def test_a_function_that_hangs_three_times_gives_no_answer_in_time() -> None:
    function = Function([hang, hang, hang])
    with pytest.raises(NoAnswerInTimeError) as caught:
        await function.behind().ask(EVENT)
    assert (caught.value.code, caught.value.service_message) == ("UnexpectedLambdaException", TIMEOUT_TEXT)
    assert [when for when, _ in function.asked] == [0, 5, 10]
    assert function.cancelled == [5, 10, 15]


async def test_every_try_gets_the_same_event_whatever_was_done_to_the_one_before() -> None:
    function = Function([hang, hang, confirm])
    await function.behind().ask(EVENT)
    assert [event for _, event in function.asked] == [SENT, SENT, SENT]


@pytest.mark.parametrize("tries", [1, 2, 5])
async def test_how_often_and_how_long_it_is_asked_may_be_chosen(tries: int) -> None:
    function = Function([hang] * tries)
    with pytest.raises(NoAnswerInTimeError):
        await function.behind(tries=tries, time_limit=timedelta(seconds=2)).ask(EVENT)
    assert function.cancelled == [2.0 * (number + 1) for number in range(tries)]


def test_nobody_is_asked_less_than_once() -> None:
    with pytest.raises(ValueError, match="tries"):
        Triggers(tries=0)


@pytest.mark.parametrize(
    "error",
    [
        FunctionRaisedError(Trigger.PRE_SIGN_UP, "Apikey non valida!"),
        FunctionUnavailableError(Trigger.PRE_SIGN_UP, "ResourceNotFoundException"),
        OutputNotJsonError(Trigger.PRE_SIGN_UP, "it ends too early"),
    ],
)
async def test_what_failed_is_not_asked_again(error: TriggerError) -> None:
    function = Function([hang, raising(error)])
    with pytest.raises(type(error)) as caught:
        await function.behind().ask(EVENT)
    assert caught.value is error
    assert len(function.asked) == 2


async def test_what_answers_wrongly_is_not_asked_again() -> None:
    function = Function([giving({"response": {}})])
    with pytest.raises(UnrecognizableOutputError, match="version is missing"):
        await function.behind().ask(EVENT)


async def test_a_time_out_of_the_functions_own_is_not_taken_for_the_limit() -> None:
    own = TimeoutError("the database is slow")
    with pytest.raises(TimeoutError) as caught:
        await Function([raising(own)]).behind().ask(EVENT)
    assert caught.value is own


async def test_a_scope_that_the_function_cancels_itself_is_not_taken_for_the_limit() -> None:
    async def gives_up_on_something(event: dict[str, Any]) -> Json:
        with anyio.move_on_after(1):
            await anyio.sleep_forever()
        return await confirm(event)

    function = Function([gives_up_on_something])
    assert await function.behind().ask(EVENT) == CONFIRMED
    assert function.now == 1


async def test_a_cancellation_that_the_function_kept_and_raises_again_is_not_taken_for_the_limit() -> None:
    kept = None
    with anyio.CancelScope() as scope:
        scope.cancel()
        try:
            await anyio.sleep_forever()
        except anyio.get_cancelled_exc_class() as error:
            kept = error
            raise
    assert kept is not None
    function = Function([raising(kept)])
    with pytest.raises(anyio.get_cancelled_exc_class()) as caught:
        await function.behind().ask(EVENT)
    assert caught.value is kept
    assert len(function.asked) == 1


async def test_whoever_asks_may_be_cancelled_at_any_time_and_nothing_is_asked_again() -> None:
    function = Function([hang, hang])
    with anyio.move_on_after(7) as scope:
        await function.behind().ask(EVENT)
    assert scope.cancelled_caught
    assert [when for when, _ in function.asked] == [0, 5]
    assert function.cancelled == [5, 7]


async def test_whoever_is_cancelled_just_when_the_limit_is_reached_is_cancelled() -> None:
    function = Function([hang])
    with anyio.move_on_after(5) as scope:
        await function.behind().ask(EVENT)
    assert scope.cancelled_caught
    assert function.now == 5


async def test_one_that_hangs_holds_up_nobody_else() -> None:
    answered: list[float] = []

    async def ask(function: Function) -> None:
        assert await function.behind().ask(EVENT) == CONFIRMED
        answered.append(function.now)

    async with anyio.create_task_group() as group:
        for function in (Function([hang, confirm]), Function([after(1)]), Function([confirm])):
            group.start_soon(ask, function)
    assert answered == [0, 1, 5]


async def test_one_that_is_not_configured_cannot_be_asked() -> None:
    triggers = Function([]).behind()
    assert Trigger.PRE_SIGN_UP in triggers
    assert Trigger.POST_CONFIRMATION not in triggers
    with pytest.raises(KeyError, match="PreSignUp"):
        await Triggers().ask(EVENT)
