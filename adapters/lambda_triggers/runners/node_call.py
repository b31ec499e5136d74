"""One call of a Node function, from the task that waits for it to the thread that settles it."""

from typing import TypeAlias

import attrs

from .function_context import FunctionContext
from .loop_signal import Signal

__all__ = ["Answered", "Call", "NotLoaded", "Outcome", "Raised", "Unavailable"]


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
