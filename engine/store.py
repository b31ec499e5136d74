"""A run store in memory.

It runs no task and no timer. Runs lie in buckets by the second of their deadline, and a heap orders the seconds; each
``put`` drops a few runs whose second has passed. So a run costs no more than its bytes and two set entries, however
often it is written or discarded.
"""

import heapq
import math
from datetime import datetime, timedelta

from .errors import StaleRunError, TooManyRunsError
from .ports import Clock, EncodedSnapshot

__all__ = ["MemoryRunStore"]

_DROPPED_PER_PUT = 8
"""More than one, so that the store shrinks while it is used; few, so that no put is slow."""


class MemoryRunStore:
    """Keeps the waiting runs of one process.

    Args:
        clock: Tells when a run has expired.
        capacity: How many runs it holds at the most. A run takes 1 to 3 kB.
    """

    def __init__(self, clock: Clock, capacity: int = 100_000) -> None:
        if capacity < 1:
            raise ValueError(f"capacity must be at least 1, and is {capacity}")
        self._clock = clock
        self._capacity = capacity
        self._runs: dict[str, EncodedSnapshot] = {}
        self._buckets: dict[int, set[str]] = {}
        self._seconds: list[int] = []

    def __len__(self) -> int:
        """How many runs it holds, the expired ones that were not dropped yet included."""
        return len(self._runs)

    async def load(self, run_id: str) -> EncodedSnapshot | None:
        """Return the run, or ``None`` if it is unknown."""
        return self._runs.get(run_id)

    async def put(self, run_id: str, snapshot: EncodedSnapshot, expected_revision: int | None) -> None:
        """Write the run if the stored revision is the expected one.

        Raises:
            StaleRunError: Another revision stands there, or none where one was expected.
            TooManyRunsError: The run is new and the store is full.
        """
        now = self._clock.now()
        self._drop_expired(now)
        stored = self._runs.get(run_id)
        if stored == snapshot:
            return
        if (stored.revision if stored is not None else None) != expected_revision:
            raise StaleRunError(run_id)
        if stored is None and len(self._runs) >= self._capacity:
            raise TooManyRunsError(self._capacity, self._until_next_expiry(now))
        if stored is not None:
            self._leave_bucket(run_id, stored)
        self._runs[run_id] = snapshot
        self._enter_bucket(run_id, snapshot)

    async def discard(self, run_id: str) -> None:
        """Forget the run. An unknown one is no error."""
        stored = self._runs.pop(run_id, None)
        if stored is not None:
            self._leave_bucket(run_id, stored)

    def _drop_expired(self, now: datetime) -> None:
        present = now.timestamp()
        for _ in range(_DROPPED_PER_PUT):
            while self._seconds and not self._buckets[self._seconds[0]]:
                del self._buckets[heapq.heappop(self._seconds)]
            if not self._seconds or self._seconds[0] > present:
                return
            del self._runs[self._buckets[self._seconds[0]].pop()]

    def _until_next_expiry(self, now: datetime) -> timedelta:
        return timedelta(seconds=max(0.0, self._seconds[0] - now.timestamp()))

    def _enter_bucket(self, run_id: str, snapshot: EncodedSnapshot) -> None:
        second = _second(snapshot)
        bucket = self._buckets.get(second)
        if bucket is None:
            bucket = self._buckets[second] = set()
            heapq.heappush(self._seconds, second)
        bucket.add(run_id)

    def _leave_bucket(self, run_id: str, snapshot: EncodedSnapshot) -> None:
        self._buckets[_second(snapshot)].discard(run_id)


def _second(snapshot: EncodedSnapshot) -> int:
    """The first whole second in which the run has certainly expired."""
    return math.ceil(snapshot.deadline.timestamp())
