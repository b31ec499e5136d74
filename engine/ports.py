"""What the engine needs from outside, as protocols. Adapters and users implement them.

Every promise stands here, on the port; implementations do not repeat it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

import attrs

from .messages import Effect, Event

__all__ = ["Clock", "EncodedSnapshot", "Entropy", "Observation", "Observer", "Performer", "RunStore"]


class Clock(Protocol):
    """Tells the time. Nothing in authsteps reads another clock, so a test can move time."""

    def now(self) -> datetime:
        """Return the present instant, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed instant. They never go back."""
        ...


class Entropy(Protocol):
    """Gives randomness. Nothing in authsteps draws it elsewhere, so a test can repeat itself."""

    def random_bytes(self, count: int) -> bytes:
        """Return ``count`` unpredictable bytes."""
        ...


class Performer(Protocol):
    """Performs effects and answers each with an event."""

    @property
    def performs(self) -> Collection[type[Effect]]:
        """The effect classes that it takes."""
        ...

    async def perform(self, effect: Effect) -> Event:
        """Do what ``effect`` wants and return one of the events that its class lists in ``answers``.

        It is called by many tasks at once and must let cancellation through. A refusal by the other side is an
        event, not an exception.

        Raises:
            UnansweredError: No answer came.
        """
        ...


@attrs.frozen
class EncodedSnapshot:
    """A run as a store keeps it.

    Attributes:
        data: The encoded snapshot. **Sensitive**: it holds ``Carried`` secrets in clear. A store that
            writes it outside this process encrypts it.
        revision: Grows with every write.
        deadline: The store may forget the run from this instant on.
    """

    data: bytes = attrs.field(repr=False)
    revision: int
    deadline: datetime


class RunStore(Protocol):
    """Keeps waiting runs. Keys are run ids, which are no secrets; a handle never reaches a store."""

    async def load(self, run_id: str) -> EncodedSnapshot | None:
        """Return the run, or ``None`` if it is unknown. An expired run may be returned or not."""
        ...

    async def put(self, run_id: str, snapshot: EncodedSnapshot, expected_revision: int | None) -> None:
        """Write the run if the stored revision is ``expected_revision``; ``None`` means that there is none yet.

        The comparison and the write are one atomic act. Writing again what stands there already is no error, so that
        an interrupted write can be repeated.

        Raises:
            StaleRunError: Another revision stands there, or none where one was expected.
            TooManyRunsError: The run is new and the store is full.
        """
        ...

    async def discard(self, run_id: str) -> None:
        """Forget the run. An unknown one is no error."""
        ...


@attrs.frozen
class Observation:
    """What an observer is told of each advance: names and a duration, never a payload.

    Attributes:
        flow: The flow's name.
        run_id: The run's public id.
        event: The name of the event's class.
        source: The name of the state that the run was in.
        target: The name of the state that it is in now.
        outstanding: The label of the effect or step that is outstanding now, if any: the name of its class.
        is_step: Whether that is a step, which a person gets to see.
        failure: A short name of what went wrong, if anything did: the row said so, or the event of a run that goes on.
        took: How long it took to get the event (the exchange with a performer; nothing for a person's event) and to
            advance.
    """

    flow: str
    run_id: str
    event: str
    source: str
    target: str
    outstanding: str | None
    is_step: bool
    failure: str | None
    took: timedelta


class Observer(Protocol):
    """Watches runs. It is called on the event loop, so it must be quick, and it must not raise."""

    def advanced(self, observation: Observation) -> None:
        """Take note of one advance."""
        ...
