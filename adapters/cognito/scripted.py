"""A transport that replays recorded replies and writes down what was asked."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

import attrs

from .request import Request
from .transport import Json, NoReplyError, ServiceError

__all__ = ["Call", "Reply", "ScriptedTransport"]

Reply: TypeAlias = (
    Mapping[str, Json] | ServiceError | NoReplyError | Callable[[str, Mapping[str, Json]], Mapping[str, Json]]
)
"""What comes back: members in wire form, an error to raise, or a function of operation and request."""


@attrs.frozen
class Call:
    """One call that was made.

    Attributes:
        operation: Its name.
        request: Its members in wire form. Their values are masked in the repr.
    """

    operation: str
    request: Mapping[str, Json]


class ScriptedTransport:
    """Plays a list of replies, one a call, and records the calls.

    Args:
        replies: In the order in which they are to come.

    Attributes:
        calls: What was asked, in order.
    """

    def __init__(self, *replies: Reply) -> None:
        self.calls: list[Call] = []
        self._replies = list(replies)

    def add(self, replies: Iterable[Reply]) -> None:
        """Append replies to the script."""
        self._replies.extend(replies)

    @property
    def unused(self) -> int:
        """How many replies have not been played."""
        return len(self._replies)

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Record the call and play the next reply.

        Raises:
            ServiceError: The script says so.
            NoReplyError: The script says so.
            LookupError: The script is at its end.
        """
        self.calls.append(Call(operation, Request(request)))
        if not self._replies:
            raise LookupError(f"the script has no reply to {operation}, which is call {len(self.calls)}")
        reply = self._replies.pop(0)
        if isinstance(reply, ServiceError | NoReplyError):
            raise reply
        return reply(operation, request) if callable(reply) else reply
