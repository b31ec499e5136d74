"""A driver takes a run from step to step; whatever goes wrong, the run is unchanged, moved on, in doubt or over."""

import contextlib
import hashlib
import logging
import traceback
from collections.abc import Callable
from datetime import timedelta

import anyio
import attrs
import pytest

from authsteps.engine.driver import Driver, RunHandle, Stop
from authsteps.engine.errors import (
    ContractError,
    DeclarationError,
    EventNotAllowedError,
    ExpiredRunError,
    StaleRunError,
    TooManyRunsError,
    UnansweredError,
    UnknownRunError,
    UnreadableSnapshotError,
)
from authsteps.engine.flow import Flow, working
from authsteps.engine.messages import Carried, Event, Secret, Step
from authsteps.engine.ports import EncodedSnapshot, Observation
from authsteps.engine.store import MemoryRunStore
from tests.conftest import SeededEntropy, VirtualClock
from tests.engine.toy_flow import (
    CheckCode,
    CodeAccepted,
    CodeAnswered,
    CodeRefused,
    DoubtRaised,
    EnterCode,
    Greet,
    Greeted,
    Heard,
    Knock,
    Knocked,
    SentAway,
    State,
    ToldToWait,
    Visit,
    Welcome,
    WrongCode,
    visit,
)
from tests.engine.toy_world import BUSY_FOR, LIFETIME, Host, World, codec


@pytest.fixture(autouse=True)
def on_both_backends(each_backend: str) -> None:
    """Run every test of this file on asyncio and on trio."""


def code(step: Step) -> Event:
    """Answer any step with the code of the house."""
    return CodeAnswered(Secret("the-code-of-the-house"))


async def waiting_run(*answers: Event | BaseException, pauses: int = 0) -> tuple[World, RunHandle]:
    """Return a run that waits for its code, in a world whose host will give these answers next."""
    world = World.around(Heard(Carried("ticket")), *answers, pauses=pauses)
    stop = await world.driver().start(Knocked("alice"))
    assert stop.run is not None
    world.host.asked.clear()
    world.watcher.seen.clear()
    world.store.log.clear()
    return world, stop.run


# --- Start ----------------------------------------------------------------------------------------------------------


async def test_a_run_goes_on_until_a_person_is_asked_and_then_waits_in_the_store() -> None:
    world = World.around(Heard(Carried("ticket")))
    stop = await world.driver().start(Knocked("alice"))
    assert stop.step == EnterCode(3)
    assert stop.failure is None
    assert stop.run is not None
    assert list(world.runs) == [stop.run.run_id]
    stored = world.snapshot(stop.run)
    assert stored.state is State.AWAITING_CODE
    assert stored.context == Visit("alice", Carried("ticket"))
    assert stored.deadline == world.clock.now() + LIFETIME == world.runs[stop.run.run_id].deadline
    assert (stored.busy_until, stored.in_doubt) == (None, False)
    assert stored.revision == world.runs[stop.run.run_id].revision


async def test_a_run_that_ends_before_a_person_is_asked_leaves_nothing_behind() -> None:
    world = World.around(Heard(), Greeted())
    assert await world.driver().start(Knocked("resident")) == Stop(None, Welcome("resident"), None)
    assert world.runs == {}
    assert world.store.log == []


async def test_a_run_may_end_without_a_step() -> None:
    world = World.around(SentAway())
    assert await world.driver().start(Knocked("alice")) == Stop(None, None, None)


async def test_an_event_that_no_run_begins_with_is_refused_and_nobody_is_asked() -> None:
    world = World.around()
    with pytest.raises(EventNotAllowedError, match="visit: OUTSIDE does not accept Greeted"):
        await world.driver().start(Greeted())
    assert world.host.asked == []
    assert world.runs == {}


@pytest.mark.parametrize("sent", [False, True])
async def test_a_start_without_an_answer_leaves_nothing_behind(sent: bool) -> None:  # noqa: FBT001  # a table's column
    world = World.around(UnansweredError("the host is out", sent=sent))
    with pytest.raises(UnansweredError, match=r"the host is out; .*try again"):
        await world.driver().start(Knocked("alice"))
    assert world.runs == {}


async def test_a_start_that_the_store_has_no_room_for_says_so() -> None:
    world = World.around(Heard(), Heard())
    world.store.inner = MemoryRunStore(world.clock, capacity=1)
    await world.driver().start(Knocked("alice"))
    with pytest.raises(TooManyRunsError):
        await world.driver().start(Knocked("bob"))
    assert len(world.runs) == 1


# --- Send -----------------------------------------------------------------------------------------------------------


async def test_an_answer_takes_the_run_through_automatic_exchanges_to_its_end() -> None:
    world, run = await waiting_run(CodeAccepted(), ToldToWait(), Greeted())
    assert await world.driver().send(run, code) == Stop(None, Welcome("alice"), None)
    assert world.host.asked == [CheckCode(Secret("the-code-of-the-house")), Greet("alice"), Greet("alice")]
    assert world.runs == {}
    with pytest.raises(UnknownRunError, match=run.run_id):
        await world.driver().send(run, code)


async def test_a_refused_answer_tells_the_failure_and_asks_again() -> None:
    world, run = await waiting_run(CodeRefused(), CodeRefused())
    assert await world.driver().send(run, code) == Stop(run, EnterCode(2), WrongCode(1))
    assert await world.driver().next_step(run) == EnterCode(2)
    assert await world.driver().send(run, code) == Stop(run, EnterCode(1), WrongCode(2))
    assert world.snapshot(run).context.code is None


async def test_a_refusal_that_ends_the_run_tells_the_failure_and_leaves_nothing_behind() -> None:
    world, run = await waiting_run(CodeRefused(), CodeRefused(), CodeRefused())
    driver = world.driver()
    await driver.send(run, code)
    await driver.send(run, code)
    assert await driver.send(run, code) == Stop(None, None, WrongCode(3))
    assert world.runs == {}


async def test_a_person_may_be_asked_again_after_automatic_exchanges() -> None:
    world, run = await waiting_run(CodeAccepted(), DoubtRaised(), CodeAccepted(), Greeted())
    assert await world.driver().send(run, code) == Stop(run, EnterCode(3), None)
    assert await world.driver().send(run, code) == Stop(None, Welcome("alice"), None)


async def test_the_event_is_made_from_the_very_step_that_it_answers() -> None:
    world, run = await waiting_run(CodeRefused(), CodeRefused())
    asked: list[Step] = []

    def remember(step: Step) -> Event:
        asked.append(step)
        return code(step)

    await world.driver().send(run, remember)
    await world.driver().send(run, remember)
    assert asked == [EnterCode(3), EnterCode(2)]


async def test_an_answer_that_cannot_be_made_changes_nothing_and_nothing_is_sent() -> None:
    world, run = await waiting_run()
    before = dict(world.runs)

    def refuse(step: Step) -> Event:
        raise ValueError("four digits, please")

    with pytest.raises(ValueError, match="four digits, please"):
        await world.driver().send(run, refuse)
    assert world.runs == before
    assert world.host.asked == []


async def test_an_event_that_the_step_does_not_take_changes_nothing_and_nothing_is_sent() -> None:
    world, run = await waiting_run()
    before = dict(world.runs)
    with pytest.raises(EventNotAllowedError, match="visit: AWAITING_CODE does not accept Greeted"):
        await world.driver().send(run, lambda _: Greeted())
    assert world.runs == before
    assert world.host.asked == []
    assert world.store.log == ["load"]


async def test_every_reply_gives_the_person_the_whole_time_again() -> None:
    world, run = await waiting_run(CodeRefused(), CodeRefused())
    for _ in range(2):
        world.clock.move(LIFETIME - timedelta(seconds=1))
        await world.driver().send(run, code)
        assert world.snapshot(run).deadline == world.clock.now() + LIFETIME


async def test_every_write_has_a_higher_revision_than_the_one_before() -> None:
    world, run = await waiting_run(CodeRefused(), UnansweredError("lost", sent=True))
    revisions: list[int] = [world.snapshot(run).revision]
    world.store.before_put = lambda: revisions.append(world.snapshot(run).revision)
    await world.driver().send(run, code)
    with pytest.raises(UnansweredError):
        await world.driver().send(run, code)
    revisions.append(world.snapshot(run).revision)
    assert sorted(set(revisions)) == revisions[1:]


async def test_a_run_survives_a_restart() -> None:
    world, run = await waiting_run(CodeRefused(), CodeAccepted(), Greeted())
    text = run.reveal()
    assert await world.driver().next_step(RunHandle(text)) == EnterCode(3)
    await world.driver().send(RunHandle(text), code)
    assert await world.driver().next_step(RunHandle(text)) == EnterCode(2)
    assert (await world.driver().send(RunHandle(text), code)).step == Welcome("alice")


async def test_an_abandoned_run_is_forgotten() -> None:
    world, run = await waiting_run()
    await world.driver().abandon(run)
    assert world.runs == {}
    await world.driver().abandon(run)
    with pytest.raises(UnknownRunError):
        await world.driver().next_step(run)


# --- Handles --------------------------------------------------------------------------------------------------------


async def test_a_handle_has_256_random_bits_and_every_run_its_own() -> None:
    world = World.around(Heard(), Heard())
    stops = [await world.driver().start(Knocked("alice")) for _ in range(2)]
    handles = [stop.run.reveal() for stop in stops if stop.run is not None]
    assert len(set(handles)) == 2
    assert all(len(handle) == 43 and handle.isascii() for handle in handles)


def test_a_run_id_is_a_short_hash_of_the_handle() -> None:
    assert RunHandle("the handle").run_id == hashlib.sha256(b"the handle").hexdigest()[:32]


@pytest.mark.parametrize("text", ["", "x" * 1_000_000, "\ud800", "é\x00", "../../etc/passwd"])
async def test_a_handle_that_was_made_up_is_unknown(text: str) -> None:
    world, _ = await waiting_run()
    for call in (world.driver().next_step(RunHandle(text)), world.driver().send(RunHandle(text), code)):
        with pytest.raises(UnknownRunError, match="is unknown or over; start again"):
            await call
    await world.driver().abandon(RunHandle(text))


async def test_the_handle_reaches_neither_store_nor_log_nor_observer_nor_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        world, run = await waiting_run(CodeRefused(), Heard(), CodeAccepted(), UnansweredError("lost", sent=True))
        driver, shown = world.driver(), str(world.runs)
        await driver.send(run, code)
        for broken in (driver.send(run, lambda _: Greeted()), driver.send(run, code), driver.send(run, code)):
            with pytest.raises((EventNotAllowedError, ContractError, UnansweredError)) as error:
                await broken
            shown += show(error.value)
        world.clock.move(LIFETIME)
        with pytest.raises(ExpiredRunError) as expired:
            await driver.next_step(run)
        with pytest.raises(UnknownRunError) as unknown:
            await driver.next_step(run)
        shown += show(expired.value) + show(unknown.value) + str(world.watcher.seen) + caplog.text
        shown += "".join(str(stored.data) for stored in world.runs.values())
    assert run.run_id in shown
    assert run.reveal() not in shown
    assert "the-code-of-the-house" not in shown


def show(error: BaseException) -> str:
    return "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())


# --- The observer ---------------------------------------------------------------------------------------------------


async def test_the_observer_is_told_each_advance_by_names_and_durations_only() -> None:
    world = World.around(Heard(Carried("canary-ticket")), CodeRefused(), CodeAccepted(), Greeted())
    world.host.meanwhile = lambda: world.clock.move(timedelta(seconds=3))
    stop = await world.driver().start(Knocked("canary-name"))
    assert stop.run is not None
    run_id = stop.run.run_id
    await world.driver().send(stop.run, lambda _: CodeAnswered(Secret("canary-code")))
    await world.driver().send(stop.run, code)

    def seen(event: str, source: str, target: str, outstanding: str, seconds: int, **more: object) -> Observation:
        took = timedelta(seconds=seconds)
        plain = Observation("visit", run_id, event, source, target, outstanding, is_step=False, failure=None, took=took)
        return attrs.evolve(plain, **more)  # type: ignore[arg-type]  # the columns of the table below

    assert world.watcher.seen == [
        seen("Knocked", "OUTSIDE", "KNOCKING", "Knock", 0),
        seen("Heard", "KNOCKING", "AWAITING_CODE", "EnterCode", 3, is_step=True),
        seen("CodeAnswered", "AWAITING_CODE", "CHECKING_CODE", "CheckCode", 0),
        seen("CodeRefused", "CHECKING_CODE", "AWAITING_CODE", "EnterCode", 3, is_step=True, failure="WrongCode"),
        seen("CodeAnswered", "AWAITING_CODE", "CHECKING_CODE", "CheckCode", 0),
        seen("CodeAccepted", "CHECKING_CODE", "GREETING", "Greet", 3),
        seen("Greeted", "GREETING", "INSIDE", "Welcome", 3, is_step=True),
    ]
    assert "canary" not in str(world.watcher.seen)


async def test_the_observer_is_told_nothing_of_what_was_refused() -> None:
    world, run = await waiting_run()
    with pytest.raises(EventNotAllowedError):
        await world.driver().send(run, lambda _: Greeted())
    assert world.watcher.seen == []


async def test_a_driver_can_do_without_an_observer() -> None:
    world = World.around(SentAway())
    driver = Driver(visit, [world.host], world.store, clock=world.clock, entropy=world.entropy)
    assert await driver.start(Knocked("alice")) == Stop(None, None, None)


# --- Performers -----------------------------------------------------------------------------------------------------


def test_a_driver_is_refused_if_nobody_performs_an_effect_of_its_flow(
    clock: VirtualClock, entropy: SeededEntropy
) -> None:
    class Doorman(Host):
        performs = (Knock,)  # type: ignore[assignment]  # fewer than a host

    with pytest.raises(DeclarationError) as refusal:
        Driver(visit, [Doorman()], MemoryRunStore(clock), clock=clock, entropy=entropy)
    assert refusal.value.problems == ("nobody performs CheckCode", "nobody performs Greet")


async def test_the_first_performer_that_names_an_effect_gets_it() -> None:
    world = World.around(SentAway())
    idle = Host()
    driver = Driver(visit, [world.host, idle], world.store, clock=world.clock, entropy=world.entropy)
    await driver.start(Knocked("alice"))
    assert (world.host.asked, idle.asked) == ([Knock("alice")], [])


async def test_an_effect_of_a_subclass_goes_to_whom_the_state_names() -> None:
    @attrs.frozen
    class LoudKnock(Knock):
        pass

    nodes = [node for state, node in visit.nodes.items() if state is not State.KNOCKING]
    flow = Flow(
        "visit",
        version=1,
        context=Visit,
        initial=State.OUTSIDE,
        nodes=[*nodes, working(State.KNOCKING, Knock, lambda context: LoudKnock(context.name))],
        edges=visit.edges,
    )
    world = World.around(SentAway())
    driver = Driver(flow, [world.host], world.store, clock=world.clock, entropy=world.entropy)
    await driver.start(Knocked("alice"))
    assert world.host.asked == [LoudKnock("alice")]


async def test_sixteen_exchanges_between_two_stops_are_allowed() -> None:
    world, run = await waiting_run(CodeAccepted(), *[ToldToWait()] * 14, Greeted())
    assert (await world.driver().send(run, code)).step == Welcome("alice")
    assert len(world.host.asked) == 16


async def test_a_seventeenth_exchange_ends_the_run() -> None:
    world, run = await waiting_run(CodeAccepted(), *[ToldToWait()] * 16)
    with pytest.raises(ContractError, match="visit: more than 16 exchanges without asking a person in GREETING"):
        await world.driver().send(run, code)
    assert len(world.host.asked) == 16
    assert world.runs == {}


async def test_a_start_that_goes_in_circles_leaves_nothing_behind() -> None:
    world = World.around(Heard(), *[ToldToWait()] * 16)
    with pytest.raises(ContractError):
        await world.driver().start(Knocked("resident"))
    assert len(world.host.asked) == 16
    assert world.runs == {}


# --- What goes wrong in the exchange that carries the answer --------------------------------------------------------


async def in_doubt(world: World, run: RunHandle) -> bool:
    """Tell whether the run is in doubt; in any case it stands at its step, free and unexpired."""
    stored = world.snapshot(run)
    assert stored.state is State.AWAITING_CODE
    assert stored.busy_until is None
    assert stored.deadline == world.runs[run.run_id].deadline
    assert await world.driver().next_step(run) == EnterCode(3)
    return stored.in_doubt


async def test_an_answer_that_was_never_sent_leaves_the_run_unchanged() -> None:
    world, run = await waiting_run(UnansweredError("no connection", sent=False))
    before = world.snapshot(run)
    with pytest.raises(UnansweredError, match="no connection; try again") as error:
        await world.driver().send(run, code)
    assert not error.value.in_doubt
    assert not await in_doubt(world, run)
    assert attrs.evolve(world.snapshot(run), revision=before.revision) == before


async def test_an_answer_that_was_sent_and_not_answered_leaves_the_run_in_doubt() -> None:
    world, run = await waiting_run(UnansweredError("timed out", sent=True))
    with pytest.raises(UnansweredError, match="timed out; the answer may have arrived: try again") as error:
        await world.driver().send(run, code)
    assert error.value.in_doubt
    assert await in_doubt(world, run)


async def test_an_unexpected_answer_leaves_the_run_in_doubt() -> None:
    world, run = await waiting_run(Heard())
    with pytest.raises(
        ContractError, match="visit: the unexpected answer Heard in CHECKING_CODE; start again"
    ) as error:
        await world.driver().send(run, code)
    assert isinstance(error.value.__cause__, EventNotAllowedError)
    assert await in_doubt(world, run)


async def test_a_performer_that_fails_leaves_the_run_in_doubt() -> None:
    world, run = await waiting_run(ZeroDivisionError("a fault"))
    with pytest.raises(ZeroDivisionError, match="a fault"):
        await world.driver().send(run, code)
    assert await in_doubt(world, run)


async def test_a_run_in_doubt_can_be_answered_again_and_is_in_doubt_no_more() -> None:
    world, run = await waiting_run(UnansweredError("timed out", sent=True), CodeRefused())
    with pytest.raises(UnansweredError):
        await world.driver().send(run, code)
    assert await world.driver().send(run, code) == Stop(run, EnterCode(2), WrongCode(1))
    assert not world.snapshot(run).in_doubt


async def test_a_run_in_doubt_stays_so_if_the_next_answer_is_never_sent() -> None:
    world, run = await waiting_run(UnansweredError("timed out", sent=True), UnansweredError("no line", sent=False))
    for _ in range(2):
        with pytest.raises(UnansweredError, match="the answer may have arrived") as error:
            await world.driver().send(run, code)
        assert error.value.in_doubt
        assert await in_doubt(world, run)


async def test_a_run_that_got_no_reply_expires_when_it_would_have() -> None:
    world, run = await waiting_run(UnansweredError("timed out", sent=True))
    deadline = world.clock.now() + LIFETIME
    world.clock.move(timedelta(minutes=10))
    with pytest.raises(UnansweredError):
        await world.driver().send(run, code)
    assert world.runs[run.run_id].deadline == deadline


# --- What goes wrong in an automatic exchange -----------------------------------------------------------------------


@pytest.mark.parametrize("sent", [False, True])
async def test_an_automatic_exchange_without_an_answer_leaves_the_run_in_doubt(sent: bool) -> None:  # noqa: FBT001  # a table's column
    world, run = await waiting_run(CodeAccepted(), UnansweredError("timed out", sent=sent))
    with pytest.raises(UnansweredError) as error:
        await world.driver().send(run, code)
    assert error.value.in_doubt
    assert await in_doubt(world, run)


@pytest.mark.parametrize(("answer", "error"), [(Heard(), ContractError), (ZeroDivisionError(), ZeroDivisionError)])
async def test_an_automatic_exchange_that_goes_wrong_ends_the_run(
    answer: Event | BaseException, error: type[Exception]
) -> None:
    world, run = await waiting_run(CodeAccepted(), answer)
    with pytest.raises(error):
        await world.driver().send(run, code)
    assert world.runs == {}
    with pytest.raises(UnknownRunError):
        await world.driver().next_step(run)


# --- Several calls at once ------------------------------------------------------------------------------------------


async def test_of_two_answers_at_once_one_wins_and_the_performer_is_asked_once() -> None:
    world, run = await waiting_run(CodeRefused(), pauses=3)
    stops: list[Stop] = []
    losers: list[StaleRunError] = []

    async def answer() -> None:
        try:
            stops.append(await world.driver().send(run, code))
        except StaleRunError as error:
            losers.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(answer)
    assert len(world.host.asked) == 1
    assert stops == [Stop(run, EnterCode(2), WrongCode(1))]
    assert [error.run_id for error in losers] == [run.run_id] * 4
    assert await world.driver().next_step(run) == EnterCode(2)


async def test_a_run_that_is_being_moved_on_is_busy_for_everybody_else() -> None:
    world, run = await waiting_run(CodeRefused())
    world.host.hold = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.driver().send, run, code)
        await anyio.wait_all_tasks_blocked()
        for call in (world.driver().send(run, code), world.driver().next_step(run)):
            with pytest.raises(StaleRunError, match="ask for its next step again"):
                await call
        world.clock.move(BUSY_FOR - timedelta(microseconds=1))
        with pytest.raises(StaleRunError):
            await world.driver().next_step(run)
        world.host.hold.set()
    assert len(world.host.asked) == 1
    assert await world.driver().next_step(run) == EnterCode(2)


async def test_a_run_that_was_busy_for_too_long_is_usable_and_in_doubt() -> None:
    world, run = await waiting_run(CodeRefused())
    await lose_the_call(world, run)
    with pytest.raises(StaleRunError):
        await world.driver().next_step(run)
    world.clock.move(BUSY_FOR)
    assert await world.driver().next_step(run) == EnterCode(3)
    world.host.answers.insert(0, UnansweredError("no line", sent=False))
    with pytest.raises(UnansweredError) as error:
        await world.driver().send(run, code)
    assert error.value.in_doubt
    assert await world.driver().send(run, code) == Stop(run, EnterCode(2), WrongCode(1))


async def lose_the_call(world: World, run: RunHandle) -> None:
    """Leave the run busy, as a process does that dies in the middle of an exchange."""
    snapshots: list[EncodedSnapshot] = []
    world.host.meanwhile = lambda: snapshots.append(world.runs[run.run_id])
    world.host.answers.insert(0, UnansweredError("lost", sent=True))
    with pytest.raises(UnansweredError):
        await world.driver().send(run, code)
    world.host.meanwhile = lambda: None
    await world.store.inner.discard(run.run_id)
    await world.store.inner.put(run.run_id, snapshots[0], None)


async def test_a_call_that_was_given_up_for_lost_does_not_disturb_the_one_that_took_over() -> None:
    world, run = await waiting_run(CodeRefused(), CodeAccepted(), DoubtRaised())
    slow = world.host.hold = anyio.Event()
    outcome: list[type[Exception]] = []
    before = dict(world.runs)

    async def answer_slowly() -> None:
        try:
            await world.driver().send(run, code)
        except StaleRunError as error:
            outcome.append(type(error))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answer_slowly)
        await anyio.wait_all_tasks_blocked()
        world.clock.move(BUSY_FOR)
        world.host.hold = None
        taken_over = await world.driver().send(run, code)
        assert taken_over == Stop(run, EnterCode(2), WrongCode(1))
        before = dict(world.runs)
        slow.set()
    assert outcome == [StaleRunError]
    assert world.runs == before


async def test_a_call_that_ends_the_run_after_it_was_given_up_for_lost_is_not_robbed_of_its_last_step() -> None:
    world, run = await waiting_run(CodeRefused(), CodeAccepted(), Greeted())
    slow = world.host.hold = anyio.Event()
    stops: list[Stop] = []

    async def answer_slowly() -> None:
        stops.append(await world.driver().send(run, code))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answer_slowly)
        await anyio.wait_all_tasks_blocked()
        world.clock.move(BUSY_FOR)
        world.host.hold = None
        await world.driver().send(run, code)
        slow.set()
    assert stops == [Stop(None, Welcome("alice"), None)]
    assert world.runs == {}


async def test_a_call_that_fails_after_it_was_given_up_for_lost_leaves_the_other_alone() -> None:
    world, run = await waiting_run(CodeRefused(), UnansweredError("timed out", sent=True))
    slow = world.host.hold = anyio.Event()
    notes: list[str] = []
    before = dict(world.runs)

    async def answer_slowly() -> None:
        try:
            await world.driver().send(run, code)
        except UnansweredError as error:
            notes.extend(error.__notes__)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answer_slowly)
        await anyio.wait_all_tasks_blocked()
        world.clock.move(BUSY_FOR)
        world.host.hold = None
        await world.driver().send(run, code)
        before = dict(world.runs)
        slow.set()
    assert notes == ["the run was taken over by another call, or was never claimed"]
    assert world.runs == before


# --- Deadlines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("beyond", [timedelta(), timedelta(microseconds=1), timedelta(days=1)])
async def test_a_run_has_expired_from_its_deadline_on(beyond: timedelta) -> None:
    world, run = await waiting_run()
    deadline = world.clock.now() + LIFETIME
    world.clock.move(LIFETIME + beyond)
    with pytest.raises(ExpiredRunError, match="start again") as error:
        await world.driver().send(run, code)
    assert (error.value.run_id, error.value.deadline) == (run.run_id, deadline)
    assert world.runs == {}
    with pytest.raises(UnknownRunError):
        await world.driver().next_step(run)


async def test_a_run_can_be_answered_until_just_before_its_deadline() -> None:
    world, run = await waiting_run(CodeRefused())
    world.clock.move(LIFETIME - timedelta(microseconds=1))
    assert (await world.driver().send(run, code)).step == EnterCode(2)


async def test_a_run_does_not_expire_under_the_call_that_moves_it_on() -> None:
    world, run = await waiting_run(CodeRefused(), Heard())
    world.clock.move(LIFETIME - timedelta(seconds=1))
    world.host.hold = anyio.Event()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.driver().send, run, code)
        await anyio.wait_all_tasks_blocked()
        world.clock.move(timedelta(seconds=30))
        with pytest.raises(StaleRunError):
            await world.driver().next_step(run)
        other = EncodedSnapshot(b"of another run", 1, world.clock.now() + LIFETIME)
        await world.store.put("other", other, None)  # a write makes the store drop what has expired
        world.host.hold.set()
    assert await world.driver().next_step(run) == EnterCode(2)


async def test_a_run_that_is_given_back_after_its_deadline_has_expired() -> None:
    world, run = await waiting_run(UnansweredError("timed out", sent=True))
    world.clock.move(LIFETIME - timedelta(seconds=1))
    world.host.meanwhile = lambda: world.clock.move(timedelta(seconds=30))
    with pytest.raises(UnansweredError):
        await world.driver().send(run, code)
    with pytest.raises(ExpiredRunError):
        await world.driver().next_step(run)


# --- What lies in the store -----------------------------------------------------------------------------------------


def stored(world: World, run: RunHandle, data: bytes) -> None:
    """Put other bytes in the place of the run."""
    world.runs[run.run_id] = attrs.evolve(world.runs[run.run_id], data=data)


async def test_a_damaged_run_is_unreadable_and_stays_for_whoever_looks_into_it() -> None:
    world, run = await waiting_run()
    stored(world, run, world.runs[run.run_id].data[:-1])
    for call in (world.driver().send(run, code), world.driver().next_step(run)):
        with pytest.raises(UnreadableSnapshotError, match="visit: the snapshot is damaged; start again"):
            await call
    assert run.run_id in world.runs


@pytest.mark.parametrize(
    ("state", "context"),
    [(State.OUTSIDE, Visit()), (State.CHECKING_CODE, Visit()), (State.TURNED_AWAY, Visit())],
)
async def test_a_run_that_waits_for_nobody_is_unknown(state: State, context: Visit) -> None:
    world, run = await waiting_run()
    stored(world, run, codec.encode(attrs.evolve(world.snapshot(run), state=state, context=context)))
    for call in (world.driver().send(run, code), world.driver().next_step(run)):
        with pytest.raises(UnknownRunError):
            await call


async def test_a_run_of_another_version_is_unreadable() -> None:
    world, run = await waiting_run()
    newer = Flow(
        "visit",
        version=2,
        context=Visit,
        initial=State.OUTSIDE,
        nodes=list(visit.nodes.values()),
        edges=visit.edges,
    )
    driver = Driver(newer, [world.host], world.store, clock=world.clock, entropy=world.entropy)
    with pytest.raises(UnreadableSnapshotError, match="was written by version 1, and this is version 2"):
        await driver.next_step(run)


# --- A store that fails ---------------------------------------------------------------------------------------------


async def test_a_reply_that_cannot_be_stored_is_an_error_and_leaves_the_run_busy_and_then_in_doubt() -> None:
    world, run = await waiting_run(CodeRefused(), CodeRefused())
    world.host.meanwhile = lambda: setattr(world.store, "is_broken", True)
    with pytest.raises(OSError, match="the disk is full"):
        await world.driver().send(run, code)
    world.store.is_broken = False
    with pytest.raises(StaleRunError):
        await world.driver().next_step(run)
    world.clock.move(BUSY_FOR)
    assert await world.driver().next_step(run) == EnterCode(3)


@pytest.mark.parametrize(
    "answers",
    [
        lambda: [UnansweredError("the first error", sent=True)],
        lambda: [ZeroDivisionError("the first error")],
        lambda: [CodeAccepted(), ZeroDivisionError("the first error")],
    ],
    ids=["unanswered", "failed", "failed later"],
)
async def test_a_store_that_fails_as_well_does_not_hide_the_first_error(
    answers: Callable[[], list[Event | BaseException]],
) -> None:
    world, run = await waiting_run(*answers())
    world.host.meanwhile = lambda: setattr(world.store, "is_broken", True)
    with pytest.raises((UnansweredError, ZeroDivisionError), match="the first error") as error:
        await world.driver().send(run, code)
    assert error.value.__notes__ == ["the store failed as well (OSError); the run may be in doubt from now on"]


async def test_a_claim_that_cannot_be_stored_is_an_error_and_nothing_is_sent() -> None:
    world, run = await waiting_run(CodeRefused())
    before = dict(world.runs)
    world.store.is_broken = True
    with pytest.raises(OSError, match="the disk is full"):
        await world.driver().send(run, code)
    assert world.host.asked == []
    assert world.runs == before


# --- A little of everything -----------------------------------------------------------------------------------------

OUTCOMES: dict[str, Callable[[], Event | BaseException]] = {
    "refused": CodeRefused,
    "doubted": DoubtRaised,
    "unsent": lambda: UnansweredError("no line", sent=False),
    "unanswered": lambda: UnansweredError("timed out", sent=True),
    "unexpected": Heard,
    "sent away": SentAway,
}


@pytest.mark.parametrize("second", OUTCOMES)
@pytest.mark.parametrize("first", OUTCOMES)
async def test_whatever_two_answers_lead_to_a_run_is_at_a_step_or_over_and_never_busy(first: str, second: str) -> None:
    world, run = await waiting_run(OUTCOMES[first](), OUTCOMES[second]())
    for _ in range(2):
        with contextlib.suppress(UnansweredError, ContractError, UnknownRunError):
            await world.driver().send(run, code)
        if run.run_id in world.runs:
            assert world.snapshot(run).busy_until is None
            assert isinstance(await world.driver().next_step(run), EnterCode)
