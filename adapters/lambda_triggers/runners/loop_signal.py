"""Waking a task from any thread."""

import asyncio
from collections.abc import Callable
from typing import Protocol, cast

import anyio
import anyio.lowlevel
import attrs

__all__ = ["Signal"]


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
        # then keep the thread waiting.
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
