"""The one border of this folder: an event in wire form goes to a function, and what it gives back comes out."""

from collections.abc import Mapping
from typing import Protocol

from authsteps.flows.model import Json

from .names import Trigger

__all__ = ["TriggerRunner"]


class TriggerRunner(Protocol):
    """Runs the function behind a trigger.

    Implementations must be safe to call from many tasks at once and must let cancellation through: whoever asks sets
    the time limit, and cancels a call that takes longer. A call that was cancelled may go on running somewhere; it must
    not keep any other call waiting. An implementation hands every call an event of its own, so that a function which
    changes what it was given, or keeps it, meets no other call. It never logs or quotes an event or an answer: both
    hold passwords and codes.
    """

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        """Hand the event to the function and return what it gives back, whatever that is.

        Args:
            trigger: Which trigger asks. A function may stand behind several.
            event: The whole event in wire form, ``response`` included.

        Raises:
            FunctionRaisedError: The function raised, died or ran out of its own time. Where it is known that its file
                cannot be loaded, a ``FunctionNotLoadedError``.
            FunctionUnavailableError: It cannot be called.
            OutputNotJsonError: What it gave back is no JSON.
        """
        ...
