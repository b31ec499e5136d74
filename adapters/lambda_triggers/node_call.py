"""One call of a Node function, from the task that waits for it to the thread that settles it."""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeAlias, cast

import anyio
import anyio.lowlevel
import attrs

from .function_context import FunctionContext

__all__ = ["Answered", "Call", "NotLoaded", "Outcome", "Raised", "Signal", "Unavailable"]


@attrs.frozen
class Answered:
    """The function gave something back.

    Attributes:
        text: It, as JSON.
    """

    text: str = attrs.field(repr=False)


@attrs.frozen
class Raised:
    """The function raised, or its process died.

    Attributes:
        words: What of it the service tells the client.
    """

    words: str = attrs.field(repr=False)


@attrs.frozen
class NotLoaded:
    """The file cannot be loaded, or does not hold the function.

    Attributes:
        words: What of it the service tells the client.
    """

    words: str = attrs.field(repr=False)


@attrs.frozen
class Unavailable:
    """The function cannot be called.

    Attributes:
        code: Lambda's error code, and in brackets what that means here.
    """

    code: str


Outcome: TypeAlias = Answered | Raised | NotLoaded | Unavailable


@attrs.frozen(eq=False)
class Signal:
    """What a task of the loop that it was made on waits for, and any thread may set. Setting it waits for nobody."""

    _event: anyio.Event = attrs.field(factory=anyio.Event, init=False)
    _token: anyio.lowlevel.EventLoopToken = attrs.field(factory=anyio.lowlevel.current_token, init=False)

    async def wait(self) -> None:
        """Return once it is set."""
        await self._event.wait()

    def set(self) -> None:
        """Wake the task. If its loop is over, so is the task."""
        loop = self._token.native_token
        # anyio.from_thread would wait until the loop has done it; a loop that is busy, or stopped and not closed, would
        # then keep the calls of all others waiting.
        if isinstance(loop, asyncio.AbstractEventLoop):
            schedule: Callable[[Callable[[], None]], object] = loop.call_soon_threadsafe
        else:
            schedule = cast("_TrioToken", loop).run_sync_soon
        try:
            schedule(self._event.set)
        except RuntimeError:
            return  # so both say that the loop is over


class _TrioToken(Protocol):
    def run_sync_soon(self, work: Callable[[], None], /) -> None: ...


@attrs.define(eq=False)
class Call:
    """A call that a task waits for. To be made on its loop.

    Attributes:
        event: The event, as JSON in one line.
        context: What the function is told of itself.
        deaths: How many processes died while it was in flight, and none of the calls was known to be the reason.
    """

    event: str = attrs.field(repr=False)
    context: FunctionContext
    deaths: int = attrs.field(default=0, init=False)
    _outcome: list[Outcome] = attrs.field(factory=list[Outcome], init=False, repr=False)
    _settled: Signal = attrs.field(factory=Signal, init=False, repr=False)

    @property
    def id(self) -> str:
        """Tells this call from every other."""
        return self.context.aws_request_id

    async def outcome(self) -> Outcome:
        """Return what came of it."""
        await self._settled.wait()
        return self._outcome[0]

    def settle(self, outcome: Outcome) -> None:
        """Say what came of it."""
        self._outcome.append(outcome)
        self._settled.set()
