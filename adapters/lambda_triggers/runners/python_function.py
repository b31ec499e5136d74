"""Functions in Python, in Lambda's calling convention, run in this process."""

import asyncio
import contextvars
import functools
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from threading import Thread
from typing import Any, Final, TypeAlias, TypeVar, cast

import anyio
import anyio.lowlevel

from authsteps.flows.model import Json

from ..errors import FunctionRaisedError
from ..names import Trigger
from .exits import ending
from .function_context import FunctionContext
from .loop_signal import Signal

__all__ = ["Handler", "PythonFunction"]

T = TypeVar("T")

Handler: TypeAlias = Callable[[Any, Any], object]
"""A function as Lambda calls it: with the event, a ``dict``, and a context. It gives back the event, its ``response``
filled; an async one may do so as well."""

_CONCURRENCY: Final = 100


class PythonFunction:
    """A ``TriggerRunner`` for a callable: ``handler(event, context)``.

    A sync one runs in a thread of its own, an async one as a task on the caller's loop. Each call gets an event of its
    own, and what comes back is made JSON, as Lambda does: a date in an answer is an error there, and here.

    A sync one that hangs is left behind when its call is given up: it keeps no other call waiting, and does not keep
    the program from ending. What it comes to later is dropped. An async one that blocks the loop blocks everybody, and
    ``os._exit`` ends the program: a function that does such things belongs into a process of its own.

    Args:
        handler: The function.
        concurrency: How many calls of a sync one run at once; more wait in line.
    """

    def __init__(self, handler: Handler, *, concurrency: int = _CONCURRENCY) -> None:
        self._handler = handler
        self._name = str(getattr(handler, "__name__", type(handler).__name__))
        self._is_async = inspect.iscoroutinefunction(handler) or inspect.iscoroutinefunction(
            getattr(handler, "__call__", None)  # noqa: B004 -- whether it can be called is known; is it async?
        )
        self._concurrency = concurrency
        # Made for each event loop, since one function may outlive several.
        self._limiter = anyio.lowlevel.RunVar[anyio.CapacityLimiter](f"limiter of {self._name}")

    def __repr__(self) -> str:
        return f"PythonFunction({self._name})"

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        """Hand the event to the function and return what it gives back.

        Raises:
            FunctionRaisedError: It raised, in its own words; it called ``sys.exit`` or cancelled itself; or what it
                gave back is no JSON.
        """
        context = FunctionContext(function_name=self._name)
        own = json.loads(json.dumps(event))
        try:
            if self._is_async:
                given = await _in_task(cast("Awaitable[object]", self._handler(own, context)))
            else:
                given = await self._in_thread(own, context)
        except SystemExit as error:
            _drop_our_frames(error)
            exited = f"RequestId: {context.aws_request_id} Error: {ending(_status(error))}"
            raise FunctionRaisedError(trigger, exited) from error
        except Exception as error:
            _drop_our_frames(error)
            # Source: Lambda developer guide, 'Lambda function handler errors in Python': errorMessage is str(error)
            raise FunctionRaisedError(trigger, _words(error)) from error
        return _as_json(trigger, given)

    async def _in_thread(self, event: object, context: FunctionContext) -> object:
        limiter = self._limiter.get(None)
        if limiter is None:
            limiter = anyio.CapacityLimiter(self._concurrency)
            self._limiter.set(limiter)
        async with limiter:
            given = await _in_daemon_thread(functools.partial(self._handler, event, context), self._name)
        return await _in_task(cast("Awaitable[object]", given)) if inspect.isawaitable(given) else given


async def _in_daemon_thread(work: Callable[[], T], name: str) -> T:
    """Return what ``work`` comes to, in a thread that nobody waits for once this call is cancelled.

    anyio's own worker threads are no daemons: one that hangs would keep the interpreter from ending. The thread starts
    with an empty context, so that an event loop of its own can be run in it.
    """
    outcome: list[Callable[[], T]] = []
    done = Signal()

    def run() -> None:
        try:
            result = work()
        except asyncio.CancelledError:
            outcome.append(_die)  # whoever was cancelled in there, the caller was not
        except BaseException as error:  # noqa: BLE001 -- whatever it is belongs to the caller
            outcome.append(functools.partial(_raise, error))
        else:
            outcome.append(lambda: result)
        done.set()

    Thread(target=contextvars.Context().run, args=(run,), name=name, daemon=True).start()
    await done.wait()
    return outcome[0]()


async def _in_task(work: Awaitable[T]) -> T:
    """Return what ``work`` comes to, in a task of its own: what it does to contexts and scopes stays there."""
    outcome: list[Callable[[], T]] = []

    async def run() -> None:
        try:
            result = await work
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- whatever it is belongs to the caller
            outcome.append(functools.partial(_raise, error))
        else:
            outcome.append(lambda: result)

    async with anyio.create_task_group() as group:
        group.start_soon(run)
    # Had the caller been cancelled, the group would have said so.
    return outcome[0]() if outcome else _die()


def _raise(error: BaseException) -> Any:
    raise error


def _drop_our_frames(error: BaseException) -> None:
    """Leave an error the function's own frames alone: ours hold the event, and some tracebacks show variables."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    error.__traceback__ = trace


def _words(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 -- an error of the function's own may raise whatever it likes while it is told
        return type(error).__name__


def _die() -> Any:
    """Fail as a function whose own cancellation nobody caught: Lambda's Python runtime catches no more than errors."""
    raise SystemExit(1)


def _status(error: SystemExit) -> int:
    if error.code is None:
        return 0
    return error.code & 0xFF if isinstance(error.code, int) else 1


def _as_json(trigger: Trigger, given: object) -> Json:
    try:
        return cast("Json", json.loads(json.dumps(given, allow_nan=False)))
    except (TypeError, ValueError, RecursionError) as error:
        # json names the type of what it cannot write, and quotes no value
        problem = str(error)
    # Source: Lambda's Python runtime, which reports Runtime.MarshalError so
    raise FunctionRaisedError(trigger, f"Unable to marshal response: {problem}")
