"""``AuthEvents``: tells whoever listens that somebody signed in or out, that a session ended, that tokens are new.

One can be shared by a service, its accounts and any number of clients. Publishing never waits and needs no task: each
listener has a buffer of its own. One that falls behind is told how many events it missed, for a listener that believes
to have seen everything is worse than one that knows better. Nothing is replayed to who comes later.

Source: AWS Amplify Auth, Hub events of the auth channel.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from enum import Enum

import anyio
import anyio.lowlevel
import attrs

from authsteps.engine.errors import AuthStepsError

from .model import AuthUser

__all__ = ["AuthEvent", "AuthEventKind", "AuthEventStream", "AuthEvents", "MissedEventsError"]


class AuthEventKind(Enum):
    """What happened."""

    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    """Also when nobody was signed in, and before ``USER_DELETED``."""
    SESSION_EXPIRED = "session_expired"
    """The backend takes the refresh token no longer."""
    USER_DELETED = "user_deleted"
    TOKEN_REFRESHED = "token_refreshed"


@attrs.frozen
class AuthEvent:
    """Something that happened to somebody's session.

    Attributes:
        kind: What.
        user: To whom; ``None`` where nobody was signed in.
        at: When.
    """

    kind: AuthEventKind
    user: AuthUser | None
    at: datetime


class MissedEventsError(AuthStepsError):
    """A listener fell behind. Go on listening, and look at the session for what was missed.

    Attributes:
        missed: How many events it did not get.
    """

    def __init__(self, missed: int) -> None:
        super().__init__(missed)
        self.missed = missed

    def __str__(self) -> str:
        return (
            f"{self.missed} events were missed; go on listening, and do less between two events or give AuthEvents "
            "a larger buffer"
        )


class AuthEventStream:
    """The events of one listener, in the order in which they were published. ``AuthEvents.subscribe`` makes it."""

    def __init__(self, buffer: int) -> None:
        self._entrance, self._exit = anyio.create_memory_object_stream[AuthEvent](buffer)
        self._missed = 0

    def __aiter__(self) -> "AuthEventStream":
        return self

    async def __anext__(self) -> AuthEvent:
        """Return the next event, or wait for it.

        Raises:
            MissedEventsError: The listener fell behind here. What is published from now on arrives again.
        """
        try:
            if not self._missed:
                return await self._exit.receive()
            await anyio.lowlevel.checkpoint()
            return self._exit.receive_nowait()
        except anyio.WouldBlock:
            missed, self._missed = self._missed, 0
        except (anyio.ClosedResourceError, anyio.EndOfStream):
            raise StopAsyncIteration from None
        raise MissedEventsError(missed)

    def put(self, event: AuthEvent) -> None:
        """Keep an event for the listener. After a missed one nothing is kept until the listener knows of it."""
        if self._missed:
            self._missed += 1
            return
        try:
            self._entrance.send_nowait(event)
        except anyio.WouldBlock:
            self._missed = 1

    def close(self) -> None:
        """Let go of the events that are left."""
        self._entrance.close()
        self._exit.close()


class AuthEvents:
    """Where auth events are published and listened to.

    ::

        async with events.subscribe() as stream:
            async for event in stream:
                ...

    Args:
        buffer: How many events are kept for a listener that is busy with something else.
    """

    def __init__(self, *, buffer: int = 100) -> None:
        self._buffer = buffer
        self._streams: list[AuthEventStream] = []

    @asynccontextmanager
    async def subscribe(self) -> AsyncGenerator[AuthEventStream]:
        """Listen from now on, and until the block is left."""
        stream = AuthEventStream(self._buffer)
        self._streams.append(stream)
        try:
            yield stream
        finally:
            self._streams.remove(stream)
            stream.close()

    def publish(self, kind: AuthEventKind, user: AuthUser | None, at: datetime) -> None:
        """Tell everybody who listens. It never waits."""
        event = AuthEvent(kind, user, at)
        for stream in self._streams:
            stream.put(event)
