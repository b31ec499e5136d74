"""The calls of one Node function: in flight in one process, sent again to the next one if it dies.

All of it is the business of one thread, which does one piece of work after the other; whoever wants something puts a
piece into its queue. So there is no lock, and no event loop ever waits for the process, nor the thread for a loop.
"""

import json
import os
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final

from authsteps.engine.system import SystemClock

from .function_context import FunctionContext
from .loop_signal import Signal
from .node_call import Answered, Call, NotLoaded, Outcome, Raised, Unavailable
from .node_process import NodeProcess

__all__ = ["NodeCalls"]

_OLDEST_NODE: Final = 18
_PATIENCE_SECONDS: Final = 0.25
"""How long the main thread of the process may be busy with something else, once a call was given up."""

_DEATHS: Final = 2
_OWN_WORDS: Final = b"\0"
"""What the host's own lines begin with. Others were printed by a child of the function."""

_CLOSED: Final = "ResourceNotReadyException (the function was closed)"


class NodeCalls:
    """The calls of one function. Its thread begins with the first piece of work, and its process with the first call.

    Args:
        node: Where Node is.
        file: The handler file.
        name: The function's name.
        context: What the function is told of itself at every call.
    """

    def __init__(self, node: str, file: str, name: str, context: FunctionContext) -> None:
        self._node = node
        self._arguments = (file, name, _about(context))
        self._work: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._unstarted = [Thread(target=self._run, name=f"calls of {context.function_name}", daemon=True)]
        self._calls: dict[str, Call] = {}
        self._process: NodeProcess | None = None
        self._is_ready = False
        self._is_loaded = False
        self._blamed: str | None = None
        self._pings: dict[str, float] = {}
        self._clock = SystemClock()
        self._is_closed = False
        self._is_over = False

    # For any thread.

    def ask(self, call: Call) -> None:
        """Take a call; it is settled in any case, unless it is given up."""
        self._put(partial(self._ask, call))

    def give_up(self, call: Call) -> None:
        """Forget a call. If it keeps the process from doing anything else, that is the end of the process."""
        self._put(partial(self._give_up, call))

    def close(self, closed: Signal) -> None:
        """End the process. What is in flight, and whatever is asked later, is told that the function is closed."""
        self._put(partial(self._close, closed.set))

    def stop(self) -> None:
        """End the process and the thread: nobody will ask any more."""
        self._work.put(partial(self._close, self._leave))

    def _put(self, work: Callable[[], None]) -> None:
        self._work.put(work)
        if self._unstarted:
            try:
                thread = self._unstarted.pop()
            except IndexError:
                return  # another thread was quicker
            thread.start()

    # For the thread alone.

    def _run(self) -> None:
        while not self._is_over:
            try:
                work = self._work.get(timeout=self._patience())
            except Empty:
                self._end()
                self._begin()
            else:
                work()

    def _patience(self) -> float | None:
        """Return for how many seconds the process may still be silent."""
        if not self._pings or not self._is_ready:
            return None
        return max(0.0, min(self._pings.values()) - self._clock.monotonic())

    def _ask(self, call: Call) -> None:
        if self._is_closed:
            call.settle(Unavailable(_CLOSED))
            return
        self._calls[call.id] = call
        if self._process is None:
            self._begin()
        else:
            _send(self._process, call)

    def _give_up(self, call: Call) -> None:
        if self._calls.pop(call.id, None) is None or self._process is None:
            return
        self._pings[call.id] = self._clock.monotonic() + _PATIENCE_SECONDS
        self._process.say("ping", call.id)

    def _close(self, then: Callable[[], None]) -> None:
        self._is_closed = True
        self._end()
        self._settle_all(Unavailable(_CLOSED))
        then()

    def _leave(self) -> None:
        self._is_over = True

    def _begin(self) -> None:
        """Send all that is in flight to a new process."""
        if not self._calls:
            return
        self._is_ready, self._is_loaded, self._blamed = False, False, None
        self._pings.clear()
        try:
            self._process = NodeProcess(self._node, self._arguments, self._tell)
        except OSError as error:
            self._settle_all(Unavailable(f"InvalidRuntimeException ({error.strerror})"))
            return
        for call in self._calls.values():
            _send(self._process, call)

    def _end(self) -> str:
        """End the process, and say how it ended."""
        process, self._process = self._process, None
        self._pings.clear()
        return "" if process is None else process.end()

    def _settle_all(self, outcome: Outcome) -> None:
        while self._calls:
            self._calls.popitem()[1].settle(outcome)

    def _tell(self, process: NodeProcess, line: bytes | None) -> None:
        self._work.put(partial(self._hear, process, line))

    def _hear(self, process: NodeProcess, line: bytes | None) -> None:
        if process is not self._process:
            return  # it was ended, and what it was doing is being done again
        if line is None:
            self._die()
            return
        if not line.startswith(_OWN_WORDS):
            os.write(2, line)
            return
        if not line.endswith(b"\n"):
            return  # it died while it said this
        kind, _, rest = line[len(_OWN_WORDS) :].rstrip(b"\n").partition(b" ")
        first, _, text = rest.partition(b" ")
        match kind:
            case b"answer":
                self._settle(first, lambda: Answered(text.decode()))
            case b"error":
                self._settle(first, lambda: Raised(json.loads(text)))
            case b"unloaded":
                self._settle(first, lambda: NotLoaded(json.loads(text)))
            case b"blame":
                self._blamed = first.decode()
            case b"pong":
                self._pings.pop(first.decode(), None)
            case b"ready":
                self._be_ready(first.decode())
            case b"loaded":
                self._is_loaded = True
            case _:
                os.write(2, line)  # a child of the function printed it, however it begins

    def _settle(self, request_id: bytes, outcome: Callable[[], Outcome]) -> None:
        call = self._calls.pop(request_id.decode(), None)
        if call is not None:
            call.settle(outcome())

    def _be_ready(self, version: str) -> None:
        if int(version.removeprefix("v").partition(".")[0]) < _OLDEST_NODE:
            self._end()
            problem = f"Node.js {version} is too old, it must be {_OLDEST_NODE} or newer"
            self._settle_all(Unavailable(f"InvalidRuntimeException ({problem})"))
        self._is_ready = True
        self._pings = dict.fromkeys(self._pings, self._clock.monotonic() + _PATIENCE_SECONDS)

    def _die(self) -> None:
        """Settle the call that ended the process, and send the others to a new one.

        It says whose call it is, or there is but one. Else each may have been the reason; two deaths are enough.
        """
        how = self._end()
        suspects = list(self._calls.values())
        if self._blamed is not None:
            lost = [call for call in suspects if call.id == self._blamed]
        else:
            for call in suspects:
                call.deaths += 1
            lost = [call for call in suspects if len(suspects) == 1 or call.deaths == _DEATHS]
        for call in lost:
            del self._calls[call.id]
            words = f"RequestId: {call.id} Error: {how}"
            call.settle(Raised(words) if self._is_loaded else NotLoaded(words))
        self._begin()


def _send(process: NodeProcess, call: Call) -> None:
    process.say("call", call.id, str(call.context.get_remaining_time_in_millis()), call.event)


def _about(context: FunctionContext) -> str:
    """Return the members of Lambda's context that are the same for every call.

    Source: Lambda developer guide, 'Using the Lambda context object to retrieve Node.js function information'.
    """
    about: dict[str, Any] = {
        "functionName": context.function_name,
        "functionVersion": context.function_version,
        "invokedFunctionArn": context.invoked_function_arn,
        "memoryLimitInMB": context.memory_limit_in_mb,
        "logGroupName": context.log_group_name,
        "logStreamName": context.log_stream_name,
    }
    return json.dumps(about)
