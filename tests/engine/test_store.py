"""The memory store keeps the newest revision of each run and drops what has expired, a little at every write."""

import asyncio
import itertools
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import TypeVar

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.engine.errors import StaleRunError, TooManyRunsError
from authsteps.engine.ports import EncodedSnapshot
from authsteps.engine.store import MemoryRunStore
from tests.conftest import VirtualClock

T = TypeVar("T")

LIFETIME = timedelta(minutes=15)


def at_once(call: Coroutine[object, object, T]) -> T:
    """Run a call of the memory store, which never waits for anything."""
    try:
        call.send(None)
    except StopIteration as result:
        value: T = result.value
        return value
    raise AssertionError("the memory store waited")


def run_at(clock: VirtualClock, revision: int = 1, *, lifetime: timedelta = LIFETIME) -> EncodedSnapshot:
    return EncodedSnapshot(f"data {revision}".encode(), revision, clock.now() + lifetime)


# --- Revisions ------------------------------------------------------------------------------------------------------


async def test_a_run_can_be_had_back_until_it_is_discarded(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    run = run_at(clock)
    assert await store.load("a") is None
    await store.put("a", run, None)
    assert await store.load("a") == run
    await store.discard("a")
    assert await store.load("a") is None
    assert len(store) == 0


async def test_discarding_an_unknown_run_is_no_error(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    await store.put("a", run_at(clock), None)
    await store.discard("b")
    await store.discard("b")
    assert len(store) == 1


async def test_a_write_goes_on_top_of_the_revision_that_it_expects(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    await store.put("a", run_at(clock, 1), None)
    await store.put("a", run_at(clock, 2), 1)
    await store.put("a", run_at(clock, 9), 2)
    assert await store.load("a") == run_at(clock, 9)
    assert len(store) == 1


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (None, 1),  # there is none, and one was expected
        (1, None),  # there is one, and none was expected
        (2, 1),  # there is a newer one
        (1, 2),  # there is an older one
    ],
)
async def test_a_write_on_top_of_another_revision_is_stale_and_changes_nothing(
    clock: VirtualClock, stored: int | None, expected: int | None
) -> None:
    store = MemoryRunStore(clock)
    if stored is not None:
        await store.put("a", run_at(clock, stored), None)
    before = await store.load("a")
    with pytest.raises(StaleRunError) as refusal:
        await store.put("a", run_at(clock, 7), expected)
    assert refusal.value.run_id == "a"
    assert await store.load("a") == before


@pytest.mark.parametrize("expected", [None, 0])
async def test_repeating_ones_own_write_is_no_error(clock: VirtualClock, expected: int | None) -> None:
    store = MemoryRunStore(clock)
    if expected is not None:
        await store.put("a", run_at(clock, expected), None)
    for _ in range(3):
        await store.put("a", run_at(clock, 1), expected)
    assert await store.load("a") == run_at(clock, 1)
    assert len(store) == 1


async def test_a_write_of_the_same_revision_by_somebody_else_is_stale(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    await store.put("a", run_at(clock, 1), None)
    with pytest.raises(StaleRunError):
        await store.put("a", attrs.evolve(run_at(clock, 1), data=b"somebody else's"), None)
    assert await store.load("a") == run_at(clock, 1)


# --- Capacity -------------------------------------------------------------------------------------------------------


async def test_a_full_store_refuses_new_runs_and_says_when_to_come_back(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock, capacity=2)
    await store.put("a", run_at(clock, lifetime=timedelta(seconds=30)), None)
    await store.put("b", run_at(clock), None)
    clock.move(timedelta(seconds=10))
    with pytest.raises(TooManyRunsError) as refusal:
        await store.put("c", run_at(clock), None)
    assert refusal.value.capacity == 2
    assert refusal.value.retry_after == timedelta(seconds=20)
    assert await store.load("c") is None


async def test_a_full_store_still_takes_writes_to_the_runs_that_it_has(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock, capacity=1)
    await store.put("a", run_at(clock, 1), None)
    await store.put("a", run_at(clock, 2), 1)
    assert await store.load("a") == run_at(clock, 2)


async def test_a_full_store_takes_a_new_run_when_one_is_gone_or_expired(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock, capacity=1)
    await store.put("a", run_at(clock), None)
    await store.discard("a")
    await store.put("b", run_at(clock), None)
    clock.move(LIFETIME)
    await store.put("c", run_at(clock), None)
    assert await store.load("b") is None
    assert len(store) == 1


async def test_the_earliest_deadline_says_when_to_come_back_whatever_was_discarded(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock, capacity=2)
    await store.put("first", run_at(clock, lifetime=timedelta(seconds=5)), None)
    await store.put("second", run_at(clock, lifetime=timedelta(seconds=50)), None)
    await store.discard("first")
    await store.put("third", run_at(clock, lifetime=timedelta(seconds=70)), None)
    with pytest.raises(TooManyRunsError) as refusal:
        await store.put("fourth", run_at(clock), None)
    assert refusal.value.retry_after == timedelta(seconds=50)


@pytest.mark.parametrize("capacity", [0, -1])
def test_a_store_for_nobody_is_refused(clock: VirtualClock, capacity: int) -> None:
    with pytest.raises(ValueError, match=f"capacity must be at least 1, and is {capacity}"):
        MemoryRunStore(clock, capacity)


# --- Expiry ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("waited", "is_kept"),
    [
        (LIFETIME - timedelta(seconds=1), True),
        (LIFETIME - timedelta(microseconds=1), True),
        (LIFETIME, False),
        (LIFETIME + timedelta(microseconds=1), False),
    ],
)
async def test_a_run_is_dropped_by_the_next_write_from_its_deadline_on_and_not_before(
    clock: VirtualClock,
    waited: timedelta,
    is_kept: bool,  # noqa: FBT001  # a table's column
) -> None:
    store = MemoryRunStore(clock)
    await store.put("a", run_at(clock), None)
    clock.move(waited)
    await store.put("other", run_at(clock), None)
    assert (await store.load("a") is not None) is is_kept


async def test_a_deadline_between_two_seconds_is_not_cut_short(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    await store.put("a", run_at(clock, lifetime=timedelta(seconds=10, microseconds=1)), None)
    clock.move(timedelta(seconds=10))
    await store.put("other", run_at(clock), None)
    assert await store.load("a") is not None
    clock.move(timedelta(seconds=1))
    await store.put("another", run_at(clock), None)
    assert await store.load("a") is None


async def test_writing_a_run_again_moves_its_deadline(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    await store.put("a", run_at(clock, 1), None)
    clock.move(LIFETIME - timedelta(seconds=1))
    await store.put("a", run_at(clock, 2), 1)
    clock.move(LIFETIME - timedelta(seconds=1))
    await store.put("other", run_at(clock), None)
    assert await store.load("a") is not None
    clock.move(timedelta(seconds=1))
    await store.put("another", run_at(clock), None)
    assert await store.load("a") is None


async def test_a_deadline_can_be_brought_forward(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    await store.put("a", run_at(clock, 1), None)
    await store.put("a", run_at(clock, 2, lifetime=timedelta(seconds=3)), 1)
    clock.move(timedelta(seconds=3))
    await store.put("other", run_at(clock), None)
    assert await store.load("a") is None


async def test_discarding_one_of_two_runs_of_the_same_second_leaves_the_other_to_expire(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    await store.put("a", run_at(clock), None)
    await store.put("b", run_at(clock), None)
    await store.discard("a")
    assert await store.load("b") is not None
    clock.move(LIFETIME)
    await store.put("c", run_at(clock), None)
    assert await store.load("b") is None
    assert len(store) == 1


async def test_a_second_that_was_emptied_can_be_used_again(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    await store.put("a", run_at(clock), None)
    await store.discard("a")
    await store.put("b", run_at(clock), None)
    await store.put("c", run_at(clock), None)
    clock.move(LIFETIME)
    await store.put("d", run_at(clock), None)
    assert len(store) == 1


async def test_each_write_drops_only_a_few(clock: VirtualClock) -> None:
    store = MemoryRunStore(clock)
    for number in range(100):
        await store.put(f"old {number}", run_at(clock), None)
    clock.move(LIFETIME)
    sizes = [len(store)]
    for number in range(20):
        await store.put(f"new {number}", run_at(clock), None)
        sizes.append(len(store))
    dropped = [before + 1 - after for before, after in itertools.pairwise(sizes)]
    assert max(dropped) == 8
    assert len(store) == 20


async def test_a_hundred_thousand_abandoned_runs_are_dropped_without_a_task_or_a_timer(clock: VirtualClock) -> None:
    count = 100_000
    loop = asyncio.get_running_loop()
    tasks, timers = asyncio.all_tasks(), list(vars(loop)["_scheduled"])
    store = MemoryRunStore(clock, capacity=count)
    for number in range(count):
        if number % 100 == 0:
            clock.move(timedelta(milliseconds=500))
        await store.put(f"run {number}", run_at(clock), None)
    assert len(store) == count
    with pytest.raises(TooManyRunsError) as refusal:
        await store.put("one too many", run_at(clock), None)
    assert timedelta() < refusal.value.retry_after <= LIFETIME
    assert asyncio.all_tasks() == tasks
    assert list(vars(loop)["_scheduled"]) == timers

    clock.move(LIFETIME)
    writes = 0
    while len(store) > 1:
        await store.put("the only one left", run_at(clock, writes + 1), writes or None)
        writes += 1
    assert writes <= count // 8 + 1
    kept = vars(store)
    assert kept["_runs"].keys() == {"the only one left"}
    assert sum(len(bucket) for bucket in kept["_buckets"].values()) == 1
    assert len(kept["_buckets"]) == len(kept["_seconds"]) <= 2


# --- Beside a naive model -------------------------------------------------------------------------------------------


@attrs.define
class NaiveStore:
    """A store that says which runs must be there: those that were written and neither discarded nor expired."""

    runs: dict[str, EncodedSnapshot] = attrs.field(factory=dict[str, EncodedSnapshot])

    def put(self, run_id: str, snapshot: EncodedSnapshot, expected_revision: int | None, now: datetime) -> bool:
        """Write, and tell whether that was allowed."""
        stored = self.live(run_id, now)
        if stored == snapshot:
            return True
        if (stored.revision if stored is not None else None) != expected_revision:
            return False
        self.runs[run_id] = snapshot
        return True

    def live(self, run_id: str, now: datetime) -> EncodedSnapshot | None:
        stored = self.runs.get(run_id)
        return stored if stored is not None and stored.deadline > now else None


run_ids = st.sampled_from("abcde")
seconds = st.integers(0, 30)
operations = st.one_of(
    st.tuples(st.just("put"), run_ids, st.none() | st.integers(1, 3), seconds),
    st.tuples(st.just("repeat"), run_ids, st.none(), seconds),
    st.tuples(st.just("discard"), run_ids, st.none(), seconds),
    st.tuples(st.just("move"), run_ids, st.none(), seconds),
)


@given(st.lists(operations, max_size=60))
def test_what_is_alive_is_what_a_naive_store_would_hold(
    walk: list[tuple[str, str, int | None, int]],
) -> None:
    clock = VirtualClock()
    store, model = MemoryRunStore(clock), NaiveStore()
    for operation, run_id, expected, number in walk:
        if operation == "move":
            clock.move(timedelta(seconds=number))
        elif operation == "discard":
            at_once(store.discard(run_id))
            model.runs.pop(run_id, None)
        else:
            stored = model.live(run_id, clock.now())
            snapshot = run_at(clock, (expected or 0) + 1, lifetime=timedelta(seconds=number))
            if operation == "repeat" and stored is not None:
                snapshot = stored
            try:
                at_once(store.put(run_id, snapshot, expected))
            except StaleRunError:
                assert not model.put(run_id, snapshot, expected, clock.now())
            else:
                assert model.put(run_id, snapshot, expected, clock.now())
        for name in "abcde":
            live = model.live(name, clock.now())
            held = at_once(store.load(name))
            assert held == live if live is not None else held is None or held.deadline <= clock.now()
        assert_consistent(store)


def assert_consistent(store: MemoryRunStore) -> None:
    """Every run lies in the bucket of its deadline, and every bucket has its place in the heap, once."""
    kept = vars(store)
    in_buckets = sorted(run_id for bucket in kept["_buckets"].values() for run_id in bucket)
    assert in_buckets == sorted(kept["_runs"])
    assert sorted(kept["_seconds"]) == sorted(kept["_buckets"])
