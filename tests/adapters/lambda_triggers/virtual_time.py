"""Event loops on a time of their own: nobody waits for a timer, the clock jumps to it.

trio brings such a clock along. asyncio's loop is given one here: where nothing is ready, the time that it would have
waited for has passed.
"""

import asyncio
import selectors
from typing import Any

from trio.testing import MockClock

__all__ = ["BACKENDS"]


class _Jump(selectors.SelectSelector):
    """Waits for files only where no timer is set; otherwise it lets the time pass."""

    def __init__(self) -> None:
        super().__init__()
        self.passed_seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(None if timeout is None else 0)
        if not ready and timeout is not None:
            self.passed_seconds += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """asyncio's event loop on a time of its own, which begins at zero."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.passed_seconds


BACKENDS: dict[str, tuple[str, dict[str, Any]]] = {
    "asyncio": ("asyncio", {"loop_factory": JumpingLoop}),
    "trio": ("trio", {"clock": MockClock(autojump_threshold=0)}),
}
"""What ``anyio_backend`` is to be, by its name."""
