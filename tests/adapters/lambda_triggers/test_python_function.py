"""Functions in Python, run in this process."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from authsteps.adapters.lambda_triggers import FunctionContext, FunctionRaisedError, PythonFunction, Trigger
from authsteps.flows.model import Json
from tests.conftest import VirtualClock

pytestmark = pytest.mark.usefixtures("each_backend")

CANARY = "canary-password-8e0c"
EVENT: dict[str, Json] = {"userName": "alice", "request": {"password": CANARY}, "response": {}}


async def given_by(handler: Callable[[Any, Any], object]) -> object:
    return await PythonFunction(handler).invoke(Trigger.PRE_SIGN_UP, EVENT)


async def test_a_function_gives_back_the_event_with_an_answer_in_it() -> None:
    def handler(event: Any, context: Any) -> object:
        event["response"]["autoConfirmUser"] = True
        return event

    assert await given_by(handler) == {**EVENT, "response": {"autoConfirmUser": True}}
    assert EVENT["response"] == {}, "the event was its own"


async def test_an_async_function_does_as_well() -> None:
    async def handler(event: Any, context: Any) -> object:
        await anyio.lowlevel.checkpoint()
        return {**event, "response": {"autoConfirmUser": True}}

    assert await given_by(handler) == {**EVENT, "response": {"autoConfirmUser": True}}


async def test_an_object_with_an_async_call_and_a_sync_function_that_returns_a_coroutine_do_as_well() -> None:
    class Handler:
        async def __call__(self, event: Any, context: Any) -> object:
            return event

    async def later(event: Any) -> object:
        return event

    assert await given_by(Handler()) == EVENT
    assert await given_by(lambda event, _: later(event)) == EVENT


async def test_a_sync_function_runs_in_a_thread_of_its_own_and_may_run_a_loop_there() -> None:
    here = threading.get_ident()

    def handler(event: Any, context: Any) -> object:
        async def work() -> object:
            await anyio.lowlevel.checkpoint()
            return {"elsewhere": threading.get_ident() != here, **event}

        return anyio.run(work)

    assert await given_by(handler) == {"elsewhere": True, **EVENT}


async def test_no_variable_of_the_caller_is_seen_in_there_and_none_comes_back() -> None:
    variable = ContextVar("variable", default="nothing")
    variable.set("the caller's")

    def handler(event: Any, context: Any) -> object:
        seen = variable.get()
        variable.set("the function's")
        return seen

    assert await given_by(handler) == "nothing"
    assert variable.get() == "the caller's"


async def test_it_is_told_of_itself_under_the_names_of_lambda() -> None:
    def handler(event: Any, context: Any) -> object:
        return {
            name: getattr(context, name)
            for name in ("function_name", "function_version", "memory_limit_in_mb", "log_group_name", "aws_request_id")
        } | {"time": context.get_remaining_time_in_millis(), "arn": context.invoked_function_arn}

    told: Any = await given_by(handler)
    assert 0 < told.pop("time") <= 5000
    assert told.pop("arn").endswith(":function:handler")
    assert len(told.pop("aws_request_id")) == 36
    assert told == {
        "function_name": "handler",
        "function_version": "$LATEST",
        "memory_limit_in_mb": "128",
        "log_group_name": "/aws/lambda/handler",
    }


def test_every_call_has_an_id_of_its_own_and_time_passes(clock: VirtualClock) -> None:
    context = FunctionContext(function_name="f", clock=clock)
    assert context.aws_request_id != FunctionContext(function_name="f").aws_request_id
    assert context.get_remaining_time_in_millis() == 5000
    clock.move(timedelta(seconds=1.5))
    assert context.get_remaining_time_in_millis() == 3500
    clock.move(timedelta(seconds=9))
    assert context.get_remaining_time_in_millis() == 0


def raises(error: BaseException) -> Callable[[Any, Any], object]:
    def handler(event: Any, context: Any) -> object:
        raise error

    return handler


def raises_async(error: BaseException) -> Callable[[Any, Any], object]:
    async def handler(event: Any, context: Any) -> object:
        await anyio.lowlevel.checkpoint()
        raise error

    return handler


class WordlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("raising", [raises, raises_async])
@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Exception("Apikey non valida!"), "Apikey non valida!"),
        (KeyError("challengeMetaData"), "'challengeMetaData'"),
        (TimeoutError("upstream"), "upstream"),
        (ValueError(), ""),
        (WordlessError(), "WordlessError"),
    ],
)
async def test_what_it_raises_is_told_in_its_own_words(
    raising: Callable[[BaseException], Callable[[Any, Any], object]], error: BaseException, text: str
) -> None:
    with pytest.raises(FunctionRaisedError) as caught:
        await given_by(raising(error))
    assert (caught.value.trigger, caught.value.detail) == (Trigger.PRE_SIGN_UP, text)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("raising", [raises, raises_async])
@pytest.mark.parametrize(
    ("code", "said"),
    [
        (None, "Runtime exited without providing a reason"),
        (0, "Runtime exited without providing a reason"),
        (3, "Runtime exited with error: exit status 3"),
        (-1, "Runtime exited with error: exit status 255"),
        ("a text", "Runtime exited with error: exit status 1"),
    ],
)
async def test_one_that_exits_dies_alone(
    raising: Callable[[BaseException], Callable[[Any, Any], object]], code: Any, said: str
) -> None:
    with pytest.raises(FunctionRaisedError) as caught:
        await given_by(raising(SystemExit(code)))
    request, _, exited = caught.value.detail.partition(" Error: ")
    assert request.startswith("RequestId: ")
    assert exited == said


async def test_a_cancellation_of_its_own_is_not_one_of_the_caller() -> None:
    async def cancel_itself() -> object:
        raise asyncio.CancelledError

    with pytest.raises(FunctionRaisedError, match="Error: Runtime exited with error: exit status 1"):
        await given_by(lambda _event, _context: asyncio.run(cancel_itself()))


def test_a_cancellation_of_its_own_in_an_async_one_is_not_one_of_the_caller() -> None:
    async def handler(event: Any, context: Any) -> object:
        task = asyncio.ensure_future(asyncio.sleep(1, event))
        task.cancel()
        await task
        return event

    with pytest.raises(FunctionRaisedError, match="Error: Runtime exited with error: exit status 1"):
        anyio.run(given_by, handler, backend="asyncio")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (datetime(2026, 1, 5, tzinfo=UTC), "Object of type datetime is not JSON serializable"),
        ({"a": {1, 2}}, "Object of type set is not JSON serializable"),
        ({"a": float("nan")}, "Out of range float values are not JSON compliant"),
        (b"bytes", "Object of type bytes is not JSON serializable"),
    ],
)
async def test_what_it_gives_back_must_be_json(given: object, problem: str) -> None:
    with pytest.raises(FunctionRaisedError) as caught:
        await given_by(lambda _event, _context: given)
    assert caught.value.detail.startswith(f"Unable to marshal response: {problem}")


async def test_tuples_and_numbers_as_keys_become_what_json_has_for_them() -> None:
    assert await given_by(lambda _event, _context: {1: ("a", None)}) == {"1": ["a", None]}


async def test_one_that_hangs_keeps_no_other_waiting() -> None:
    let_go, asked = threading.Event(), 0

    def handler(event: Any, context: Any) -> object:
        nonlocal asked
        asked += 1
        if asked == 1:
            let_go.wait()
        return event

    function = PythonFunction(handler, concurrency=1)
    with anyio.move_on_after(0.05) as first:
        await function.invoke(Trigger.PRE_SIGN_UP, EVENT)
    with anyio.fail_after(5):
        assert await function.invoke(Trigger.PRE_SIGN_UP, EVENT) == EVENT
    assert first.cancelled_caught
    let_go.set()


async def test_so_many_run_at_once_and_no_more() -> None:
    lock, running, most = threading.Lock(), 0, 0
    both_in = threading.Barrier(2)

    def handler(event: Any, context: Any) -> object:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        both_in.wait(timeout=5)
        with lock:
            running -= 1
        return event

    function = PythonFunction(handler, concurrency=2)
    async with anyio.create_task_group() as group:
        for _ in range(6):
            group.start_soon(function.invoke, Trigger.PRE_SIGN_UP, EVENT)
    assert most == 2


async def test_an_async_one_that_is_given_up_is_cancelled() -> None:
    ended = anyio.Event()

    async def handler(event: Any, context: Any) -> object:
        try:
            await anyio.sleep_forever()
        finally:
            ended.set()
        return event

    with anyio.move_on_after(0.01):
        await given_by(handler)
    assert ended.is_set()


async def test_it_prints_where_it_likes_and_nothing_of_the_event_is_in_its_repr(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def handler(event: Any, context: Any) -> object:
        print("hello")  # noqa: T201  # as functions do
        return event

    function = PythonFunction(handler)
    await function.invoke(Trigger.PRE_SIGN_UP, EVENT)
    assert repr(function) == "PythonFunction(handler)"
    assert capfd.readouterr().out == "hello\n"


def test_one_function_outlives_several_event_loops(each_backend: str) -> None:
    function = PythonFunction(lambda event, _: event)
    for _ in range(3):
        assert anyio.run(function.invoke, Trigger.PRE_SIGN_UP, EVENT, backend=each_backend) == EVENT


LEFT_BEHIND = """
import anyio, json, threading
from authsteps.adapters.lambda_triggers import PythonFunction, Trigger

async def main():
    with anyio.move_on_after(0.05):
        await PythonFunction(lambda *_: threading.Event().wait()).invoke(Trigger.PRE_SIGN_UP, {})
    print("given up")

anyio.run(main, backend=BACKEND)
"""


def test_one_that_hangs_for_ever_does_not_keep_the_program_from_ending(each_backend: str) -> None:
    ended = subprocess.run(  # noqa: S603  # the program stands above
        [sys.executable, "-c", LEFT_BEHIND.replace("BACKEND", json.dumps(each_backend))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "given up\n", "")


@pytest.mark.parametrize("is_closed", [True, False])
def test_one_that_comes_to_an_end_after_its_loop_is_dropped(*, is_closed: bool) -> None:
    let_go = threading.Event()

    def handler(event: Any, context: Any) -> object:
        let_go.wait()
        return event

    async def give_up() -> None:
        with anyio.move_on_after(0.01):
            await PythonFunction(handler).invoke(Trigger.PRE_SIGN_UP, EVENT)

    before = set(threading.enumerate())
    loop = asyncio.new_event_loop()
    loop.run_until_complete(give_up())
    if is_closed:
        loop.close()
    (left,) = [thread for thread in set(threading.enumerate()) - before if thread.name == "handler"]
    let_go.set()
    left.join(timeout=5)
    assert not left.is_alive()
    loop.close()
