"""Cancelled at any await, a call lets the cancellation go and leaves its run unchanged, moved on, in doubt or over.

The calls are stepped by hand: their awaits are counted once, and then each call is made anew for every await and
cancelled there, by a cancel scope, by ``task.cancel()`` and by ``asyncio.timeout``.
"""

import asyncio
import contextlib
import functools
import types
from collections.abc import Awaitable, Callable, Collection, Coroutine, Generator
from typing import Any, Generic, TypeVar

import anyio
import attrs
import pytest

from authsteps.engine.driver import RunHandle, Stop
from authsteps.engine.errors import AuthStepsError, StaleRunError, UnansweredError
from authsteps.engine.messages import Carried, Effect, Event, Secret, Step
from authsteps.engine.snapshot import Snapshot
from tests.engine.toy_flow import (
    CodeAccepted,
    CodeAnswered,
    CodeRefused,
    DoubtRaised,
    EnterCode,
    Greeted,
    Heard,
    Knocked,
    State,
    ToldToWait,
    Visit,
    WrongCode,
)
from tests.engine.toy_world import BUSY_FOR, World

T = TypeVar("T")


def code(step: Step) -> Event:
    return CodeAnswered(Secret("1234"))


# --- Stepping a call by hand ----------------------------------------------------------------------------------------


class Stepped(Generic[T]):
    """A call that is interrupted at some of its awaits.

    Args:
        call: The call.
        at: The numbers of the awaits to interrupt it at; the first is 1.
        doing: Says what the call is doing.
    """

    def __init__(
        self, call: Coroutine[Any, Any, T], at: Collection[int] = (), doing: Callable[[], str] = lambda: ""
    ) -> None:
        self.awaits = 0
        """How many there were so far."""
        self.was_doing: list[str] = []
        """What it was doing whenever it was interrupted."""
        self.interrupt: Callable[[], object] = lambda: None
        self._call = call
        self._at = at
        self._doing = doing

    @types.coroutine
    def run(self) -> Generator[Any, Any, T]:
        """Go through the call."""
        resume: Callable[[], Any] = functools.partial(self._call.send, None)
        while True:
            try:
                trap = resume()
            except StopIteration as result:
                value: T = result.value
                return value
            self.awaits += 1
            if self.awaits in self._at:
                self.was_doing.append(self._doing())
                self.interrupt()
            try:
                resume = functools.partial(self._call.send, (yield trap))
            except BaseException as error:  # noqa: BLE001  # whatever the event loop throws in, the call gets it
                resume = functools.partial(self._call.throw, error)


async def by_scope(stepped: Stepped[Stop]) -> None:
    """Cancel the call by a cancel scope, and see that the scope caught it."""
    with anyio.CancelScope() as scope:
        stepped.interrupt = scope.cancel
        await stepped.run()
    assert scope.cancelled_caught


async def by_task(stepped: Stepped[Stop]) -> None:
    """Cancel the call's task, and see that it was cancelled."""

    async def call() -> None:
        await stepped.run()

    task = asyncio.create_task(call())
    stepped.interrupt = task.cancel
    with pytest.raises(asyncio.CancelledError):
        await task
    assert task.cancelled()


async def by_timeout(stepped: Stepped[Stop]) -> None:
    """Let the call run out of time, and see that it did."""

    async def call() -> None:
        async with asyncio.timeout(None) as timeout:

            def expire() -> None:
                if not timeout.expired():
                    timeout.reschedule(asyncio.get_running_loop().time())

            stepped.interrupt = expire
            await stepped.run()

    with pytest.raises(TimeoutError):
        await call()


Canceller = Callable[[Stepped[Stop]], Awaitable[None]]

CANCELLERS: dict[str, tuple[str, Canceller]] = {
    "asyncio, scope": ("asyncio", by_scope),
    "asyncio, task": ("asyncio", by_task),
    "asyncio, timeout": ("asyncio", by_timeout),
    "trio, scope": ("trio", by_scope),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for ``cancel`` every way to cancel, each on its event loop."""
    if "cancel" in metafunc.fixturenames:
        metafunc.parametrize(("anyio_backend", "cancel"), CANCELLERS.values(), ids=CANCELLERS, scope="module")


async def awaits_of(call: Coroutine[Any, Any, Stop]) -> int:
    """Go through a call and count its awaits."""
    stepped = Stepped(call)
    with contextlib.suppress(AuthStepsError, ZeroDivisionError):
        await stepped.run()
    return stepped.awaits


# --- What a call was doing when it was cancelled, and what may have become of the run -------------------------------


@attrs.frozen
class Scenario:
    """An answer and what the host says to it.

    Attributes:
        answers: What the host says.
        settled: The step that the run waits at if the call comes to its end; ``None`` if it is over then.
        is_in_doubt: Whether it is in doubt then.
    """

    answers: Callable[[], list[Event | BaseException]]
    settled: Step | None
    is_in_doubt: bool = False


SCENARIOS = {
    "asked again": Scenario(lambda: [CodeRefused()], EnterCode(2)),
    "asked again later": Scenario(lambda: [CodeAccepted(), ToldToWait(), DoubtRaised()], EnterCode(3)),
    "let in": Scenario(lambda: [CodeAccepted(), Greeted()], None),
    "not answered": Scenario(lambda: [UnansweredError("lost", sent=True)], EnterCode(3), is_in_doubt=True),
    "failed": Scenario(lambda: [ZeroDivisionError()], EnterCode(3), is_in_doubt=True),
    "failed later": Scenario(lambda: [CodeAccepted(), ZeroDivisionError()], None),
}
scenarios = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)


async def waiting_run(scenario: Scenario) -> tuple[World, RunHandle]:
    world = World.around(Heard(Carried("ticket")), *scenario.answers(), pauses=2)
    stop = await world.driver().start(Knocked("alice"))
    assert stop.run is not None
    world.store.log.clear()
    world.host.asked.clear()
    return world, stop.run


def phase(world: World) -> str:
    """Tell which of its moves a call is in."""
    match world.store.log:
        case ["load"]:
            return "load"
        case ["load", "put"]:
            return "perform" if world.host.asked else "claim"
        case _:
            return "settle"


async def assert_plausible(
    world: World, run: RunHandle, before: Snapshot[State, Visit], scenario: Scenario, phase_then: str
) -> None:
    """See that the run is where a call that was cancelled in this phase has to leave it."""
    if phase_then == "settle" and scenario.settled is None:
        assert world.runs == {}, "the run is over"
        return
    after = world.snapshot(run)
    assert after.busy_until is None, "never busy"
    assert world.runs[run.run_id].revision == after.revision >= before.revision
    step = await world.driver().next_step(run)
    if phase_then in ("load", "claim"):
        assert attrs.evolve(after, revision=before.revision) == before, "unchanged"
    elif phase_then == "perform":
        assert attrs.evolve(after, revision=before.revision, in_doubt=False) == before
        assert after.in_doubt, "in doubt"
    else:
        assert (step, after.in_doubt) == (scenario.settled, scenario.is_in_doubt), "moved on, or in doubt"
    world.host.answers[:] = [CodeRefused()]
    again = await world.driver().send(run, code)
    assert isinstance(again.step, EnterCode)
    assert isinstance(again.failure, WrongCode)


@scenarios
async def test_an_answer_that_is_cancelled_at_any_await_leaves_a_sound_run(
    cancel: Canceller, scenario: Scenario
) -> None:
    world, run = await waiting_run(scenario)
    awaits = await awaits_of(world.driver().send(run, code))
    seen: list[str] = []
    for position in range(1, awaits + 1):
        world, run = await waiting_run(scenario)
        before = world.snapshot(run)
        stepped = Stepped(world.driver().send(run, code), {position}, functools.partial(phase, world))
        await cancel(stepped)
        (doing,) = stepped.was_doing
        assert len(world.host.asked) <= len(scenario.answers()), "nothing is performed twice"
        await assert_plausible(world, run, before, scenario, doing)
        seen.append(doing)
    assert list(dict.fromkeys(seen)) == ["load", "claim", "perform", "settle"]


@scenarios
async def test_an_answer_that_is_cancelled_twice_leaves_a_sound_run(cancel: Canceller, scenario: Scenario) -> None:
    world, run = await waiting_run(scenario)
    awaits = await awaits_of(world.driver().send(run, code))
    for first in range(1, awaits + 1):
        for second in range(first + 1, first + 7):
            world, run = await waiting_run(scenario)
            before = world.snapshot(run)
            stepped = Stepped(world.driver().send(run, code), {first, second}, functools.partial(phase, world))
            await cancel(stepped)
            await assert_plausible(world, run, before, scenario, stepped.was_doing[0])


@pytest.mark.parametrize("name", ["alice", "resident"])
async def test_a_start_that_is_cancelled_at_any_await_leaves_nothing_behind(cancel: Canceller, name: str) -> None:
    def start(world: World) -> Coroutine[Any, Any, Stop]:
        return world.driver().start(Knocked(name))

    def new_world() -> World:
        return World.around(Heard(Carried("ticket")), ToldToWait(), Greeted(), pauses=2)

    awaits = await awaits_of(start(new_world()))
    assert awaits >= 6
    for first in range(1, awaits + 1):
        for second in range(first, first + 7):
            world = new_world()
            await cancel(Stepped(start(world), {first, second}))
            assert world.runs == {}


@scenarios
async def test_a_store_that_fails_while_a_call_is_cancelled_does_not_swallow_the_cancellation(
    cancel: Canceller, scenario: Scenario
) -> None:
    world, run = await waiting_run(scenario)
    awaits = await awaits_of(world.driver().send(run, code))
    for position in range(1, awaits + 1):
        world, run = await waiting_run(scenario)
        stepped = Stepped(world.driver().send(run, code), {position}, functools.partial(break_store, world))
        await cancel(stepped)
        world.store.is_broken = False
        world.clock.move(BUSY_FOR)
        if world.runs:
            assert isinstance(await world.driver().next_step(run), EnterCode)


def break_store(world: World) -> str:
    world.store.is_broken = True
    return "breaking the store"


async def test_a_store_that_fails_while_a_start_is_cancelled_does_not_swallow_the_cancellation(
    cancel: Canceller,
) -> None:
    def new_world() -> World:
        return World.around(Heard(Carried("ticket")), pauses=2)

    awaits = await awaits_of(new_world().driver().start(Knocked()))
    for position in range(1, awaits + 1):
        world = new_world()
        await cancel(Stepped(world.driver().start(Knocked()), {position}, functools.partial(break_store, world)))


async def test_a_failure_of_the_store_is_noted_on_the_cancellation() -> None:
    world, run = await waiting_run(SCENARIOS["asked again"])
    world.host.hold = anyio.Event()
    task = asyncio.create_task(world.driver().send(run, code))
    await anyio.wait_all_tasks_blocked()
    world.store.is_broken = True
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as cancelled:
        await task
    assert cancelled.value.__notes__ == ["the store failed as well (OSError); the run may be in doubt from now on"]


# --- Cancelled beside another call ----------------------------------------------------------------------------------


async def test_a_call_that_is_cancelled_while_it_claims_leaves_the_run_to_the_one_that_holds_it(
    each_backend: str,
) -> None:
    world, run = await waiting_run(SCENARIOS["asked again"])
    world.store.pauses = 0
    late, world.host.hold = anyio.CancelScope(), anyio.Event()
    stops: list[Stop] = []

    async def answer_late() -> None:
        with late:
            await world.driver().send(run, code)

    async def answer() -> None:
        stops.append(await world.driver().send(run, code))

    async with anyio.create_task_group() as tasks:
        world.store.hold = anyio.Event()
        tasks.start_soon(answer_late)  # it has read the run, and waits before it claims it
        await anyio.wait_all_tasks_blocked()
        world.store.hold = None
        tasks.start_soon(answer)  # it claims the run, at the same instant, and waits for the host
        await anyio.wait_all_tasks_blocked()
        late.cancel()
        await anyio.wait_all_tasks_blocked()
        assert late.cancelled_caught
        with pytest.raises(StaleRunError):
            await world.driver().next_step(run)
        world.host.hold.set()
    assert stops == [Stop(run, EnterCode(2), WrongCode(1))]
    assert world.snapshot(run).state is State.AWAITING_CODE


async def test_a_performer_whose_own_tasks_fail_when_it_is_cancelled_leaves_the_run_in_doubt(
    each_backend: str,
) -> None:
    world, run = await waiting_run(SCENARIOS["asked again"])

    async def fail_when_cancelled() -> None:
        try:
            await anyio.sleep_forever()
        finally:
            raise ZeroDivisionError

    async def perform(effect: Effect) -> Event:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(fail_when_cancelled)
            await anyio.sleep_forever()
        raise AssertionError("it never comes to an end")

    world.host.perform = perform  # type: ignore[method-assign]  # another performer, in the same place
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.driver().send, run, code)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert tasks.cancel_scope.cancelled_caught
    after = world.snapshot(run)
    assert (after.state, after.busy_until, after.in_doubt) == (State.AWAITING_CODE, None, True)


async def test_looking_at_a_run_can_be_cancelled_at_any_await_and_changes_nothing(cancel: Canceller) -> None:
    async def look(world: World, run: RunHandle) -> Stop:
        return Stop(run, await world.driver().next_step(run), None)

    world, run = await waiting_run(SCENARIOS["asked again"])
    for position in range(1, await awaits_of(look(world, run)) + 1):
        before = dict(world.runs)
        await cancel(Stepped(look(world, run), {position}))
        assert world.runs == before
