"""Writes that a cancelled caller must not lose: a run that has moved on, tokens that are handed out once."""

from collections.abc import Awaitable, Callable

import anyio

__all__ = ["surely"]


async def surely(write: Callable[[], Awaitable[None]]) -> None:
    """Perform a write to its end, whatever cancels the caller meanwhile, and only then let the cancellation go.

    The write is repeated under a shield, for a shield alone does not stop ``task.cancel()`` or ``asyncio.timeout``. So
    writing twice must be the same as writing once.
    """
    try:
        await write()
    except anyio.get_cancelled_exc_class() as cancelled:
        try:
            with anyio.CancelScope(shield=True):
                await surely(write)
        except Exception as error:  # noqa: BLE001  # whatever a store raises, it must not swallow a cancellation
            cancelled.add_note(f"the store failed as well ({type(error).__name__}); what it holds may be stale")
        raise
