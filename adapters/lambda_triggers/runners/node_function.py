"""Functions in JavaScript, in Lambda's calling convention, run in a process of Node's."""

import json
import shutil
import weakref
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import anyio

from authsteps.flows.model import Json

from ..errors import (
    FunctionNotLoadedError,
    FunctionRaisedError,
    FunctionUnavailableError,
    OutputNotJsonError,
    UnloadableFunctionError,
)
from ..names import Trigger
from .function_context import FunctionContext
from .loop_signal import Signal
from .node_call import Answered, Call, NotLoaded, Raised, Unavailable
from .node_calls import NodeCalls

__all__ = ["NodeFunction"]


class NodeFunction:
    """A ``TriggerRunner`` for an exported function of a JavaScript file: ``exports.handler = async (event) => ...``.

    It runs in one process, which begins with the first call and ends with this object, with ``aclose``, and with the
    program, however that ends. All calls run there at once, from whatever event loop they come. What the function and
    its children print goes to stderr.

    It answers as Lambda's Node runtime lets it: with what its promise comes to, or through ``callback``, or ``done``,
    ``succeed`` and ``fail`` of the context. What it returns else does not count: ``exports.handler = (event) => event``
    answers null, once there is nothing left to do in the process. An async function that can never go on, since there
    is nothing left that it could wait for, fails then. Two things are different, since Lambda runs one call at a time:
    ``callback`` answers at once, whatever is left to do; and after a call that was given up the process goes on.

    A call that ends the process (``process.exit``, an error that nothing catches) fails, in Lambda's words; one that is
    given up and keeps the process from doing anything else ends it. Either way a new one takes its place, and the other
    calls begin there again. If a process dies and does not say whose call it was, its only call is the one; of several,
    each that sees it happen twice. What is asked together with a call that loops waits until that one is given up.

    A file that cannot be loaded, or has no such function, makes every call fail; it is not read again. Where in it the
    error is goes to stderr.

    Source: aws/aws-lambda-nodejs-runtime-interface-client 3.3, ``Runtime.js``, ``CallbackContext.js``, ``Errors.js``
    and ``UserFunction.js``. With Node 24, Lambda gives up ``callback``; here it stays.

    Args:
        path: The file: ``.js``, ``.cjs`` or ``.mjs``.
        name: What it exports the function as; ``a.b`` is ``b`` of ``a``.

    Raises:
        UnloadableFunctionError: There is no such file, or no ``node`` on the path. How old Node is shows at the first
            call only: asking for its version takes tens of milliseconds.
    """

    def __init__(self, path: Path, name: str = "handler") -> None:
        if not path.is_file():
            raise UnloadableFunctionError(str(path), "there is no such file")
        node = shutil.which("node")
        if node is None:
            raise UnloadableFunctionError(str(path), "there is no node on the path to run it")
        self._function_name = path.stem
        self._place = f"{path}:{name}"
        self._calls = NodeCalls(node, str(path.resolve()), name, FunctionContext(function_name=self._function_name))
        weakref.finalize(self, self._calls.stop)

    def __repr__(self) -> str:
        return f"NodeFunction({self._place})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the process. Calls that are in flight, or come later, raise ``FunctionUnavailableError``."""
        closed = Signal()
        self._calls.close(closed)
        with anyio.CancelScope(shield=True):
            await closed.wait()

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        """Hand the event to the function and return what it gives back.

        Raises:
            FunctionRaisedError: It raised, in its own words; it ended the process; or what it gave back is no JSON.
            FunctionNotLoadedError: Its file cannot be loaded, ends the process meanwhile, or exports no such function.
            FunctionUnavailableError: Node does not start or is too old (18 is needed), or this was closed.
            OutputNotJsonError: What it gave back is too deep.
        """
        context = FunctionContext(function_name=self._function_name)
        call = Call(json.dumps(event, allow_nan=False), context)
        self._calls.ask(call)
        try:
            outcome = await call.outcome()
        except BaseException:  # a cancellation is what it is for
            self._calls.give_up(call)
            raise
        match outcome:
            case Answered(text):
                return _read(trigger, text)
            case Raised(words):
                raise FunctionRaisedError(trigger, words)
            case NotLoaded(words):
                raise FunctionNotLoadedError(trigger, words)
            case Unavailable(code):
                raise FunctionUnavailableError(trigger, code)


def _read(trigger: Trigger, text: str) -> Json:
    try:
        return cast("Json", json.loads(text))
    except (ValueError, RecursionError) as error:
        problem = type(error).__name__  # its text, and what it holds, quote the answer
    raise OutputNotJsonError(trigger, f"it cannot be read ({problem})")
