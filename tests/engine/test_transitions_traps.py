"""``transitions`` has traps for those who run much at once. Each one that a flow steps around is pinned here."""

import ast
import gc
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
from transitions import EventData, Machine

import authsteps.engine
from authsteps.engine.errors import DeclarationError, EventNotAllowedError
from authsteps.engine.flow import Flow, on, working
from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.snapshot import Snapshot
from tests.engine.toy_flow import (
    CodeAnswered,
    CodeRefused,
    DoubtRaised,
    Greeted,
    Heard,
    Knocked,
    State,
    ToldToWait,
    Visit,
    visit,
)

SOURCES = sorted(Path(authsteps.engine.__file__).parent.glob("*.py"))


class Room(Enum):
    HALL = "hall"
    KITCHEN = "kitchen"
    CELLAR = "cellar"


@attrs.frozen
class Went(Event):
    pass


@attrs.frozen
class Look(Effect):
    pass


@attrs.frozen
class Trail:
    steps: int = 0


def house(**row: Callable[[Trail, Went], Any]) -> Flow[Room, Trail]:
    def look(context: Trail) -> Look:
        return Look()

    return Flow(
        "house",
        version=1,
        context=Trail,
        initial=Room.HALL,
        nodes=[working(Room.KITCHEN, Look, look), working(Room.CELLAR, Look, look)],
        edges=[on(Went, Room.HALL, Room.KITCHEN, **row), on(Went, Room.KITCHEN, Room.CELLAR)],
    )


def machine_of(flow: Flow[State, Visit]) -> Machine:
    """Return the one machine that all of a flow's triggers belong to."""
    machines = {id(trigger.machine): trigger.machine for trigger in vars(flow)["_triggers"].values()}
    (machine,) = machines.values()
    return cast("Machine", machine)


def walk(name: str = "alice") -> list[Snapshot[State, Visit]]:
    """Follow one run to its end, and have one more event refused."""
    snapshots = [visit.start()]
    code = CodeAnswered(Secret("1234"))
    for event in (Knocked(name), Heard(), code, CodeRefused(), code, CodeRefused(), code, CodeRefused()):
        snapshots.append(visit.advance(snapshots[-1], event).snapshot)
    with pytest.raises(EventNotAllowedError):
        visit.advance(snapshots[-1], Greeted())
    return snapshots


# --- No model is registered, and none is left behind ----------------------------------------------------------------


def test_no_run_is_ever_registered_with_the_machine() -> None:
    for _ in range(50):
        walk()
    assert machine_of(visit).models == []


def test_nothing_is_left_of_an_advance_when_it_is_over() -> None:
    def left_behind() -> int:
        gc.collect()
        return sum(type(it).__name__ in ("_Scratch", EventData.__name__) for it in gc.get_objects())

    def fail(context: Trail, event: Went) -> bool:
        raise ValueError("no")

    broken = house(when=fail)
    before = left_behind()
    for _ in range(50):
        walk()
        with pytest.raises(ValueError, match="no"):
            broken.advance(broken.start(), Went())
    assert left_behind() == before


def test_transitions_would_take_two_equal_models_for_one() -> None:
    @attrs.define(slots=False)
    class Run:
        name: str

    machine = Machine(model=None, states=Room, initial=Room.HALL, auto_transitions=False)
    machine.add_model([Run("alice"), Run("alice")])
    assert len(machine.models) == 1


# --- How the machine is set up --------------------------------------------------------------------------------------


def test_the_machine_has_no_queue_that_one_runs_error_would_clear_for_all() -> None:
    assert machine_of(visit).has_queue is False


def test_the_machine_is_the_plain_synchronous_one() -> None:
    assert type(machine_of(visit)) is Machine


def test_the_machine_has_no_callback_that_would_swallow_a_cancellation() -> None:
    machine = machine_of(visit)
    assert machine.on_exception == []
    assert machine.finalize_event == []


def test_the_machine_has_the_events_of_the_table_and_no_automatic_ones() -> None:
    assert set(machine_of(visit).events) == set(visit.events)


def test_a_cancellation_inside_a_callback_goes_through() -> None:
    class CancelledError(BaseException):
        pass

    def cancelled(context: Trail, event: Went) -> Trail:
        raise CancelledError

    flow = house(keep=cancelled)
    with pytest.raises(CancelledError):
        flow.advance(flow.start(), Went())


def names_in(source: Path) -> Iterator[str]:
    for found in ast.walk(ast.parse(source.read_text())):
        match found:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.name for alias in names)
            case _:
                pass


def modules_imported_by(source: Path) -> Iterator[str]:
    for found in ast.walk(ast.parse(source.read_text())):
        match found:
            case ast.Import(names=names):
                yield from (alias.name.split(".")[0] for alias in names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.split(".")[0]
            case _:
                pass


def test_the_scan_sees_the_whole_engine() -> None:
    assert {"flow.py", "driver.py", "diagram.py", "table.py", "checks.py"} <= {source.name for source in SOURCES}
    assert "Machine" in {name for source in SOURCES for name in names_in(source)}


@pytest.mark.parametrize("name", ["AsyncMachine", "HierarchicalAsyncMachine", "on_exception", "LockedMachine"])
def test_the_engine_names_nothing_that_swallows_cancellation(name: str) -> None:
    assert [source.name for source in SOURCES if name in names_in(source)] == []


def test_only_the_flow_and_the_diagram_import_transitions() -> None:
    assert [source.name for source in SOURCES if "transitions" in modules_imported_by(source)] == [
        "diagram.py",
        "flow.py",
    ]


# --- What transitions would accept ----------------------------------------------------------------------------------


def bare_machine() -> Machine:
    return Machine(model=None, states=Room, initial=Room.HALL, auto_transitions=False)


MALFORMED: dict[str, dict[str, object]] = {
    "a missing target": {"source": Room.HALL, "dest": None},
    "an unknown target": {"source": Room.HALL, "dest": "nowhere"},
    "a frozenset of sources": {"source": frozenset({Room.HALL, Room.CELLAR}), "dest": Room.KITCHEN},
    "a second row without a guard": {"source": Room.KITCHEN, "dest": Room.HALL},
}


@pytest.mark.parametrize("row", MALFORMED.values(), ids=MALFORMED)
def test_transitions_accepts_a_malformed_row_and_a_flow_refuses_it(row: dict[str, object]) -> None:
    machine = bare_machine()
    machine.add_transition("went", Room.KITCHEN, Room.CELLAR)
    machine.add_transition("went", **cast("dict[str, Any]", row))

    with pytest.raises(DeclarationError):
        Flow(
            "house",
            version=1,
            context=Trail,
            initial=Room.HALL,
            nodes=list(house().nodes.values()),
            edges=[*house().edges, on(Went, cast("Room", row["source"]), cast("Room", row["dest"]))],
        )


# --- A failed callback ----------------------------------------------------------------------------------------------


def test_transitions_leaves_a_model_in_the_new_state_if_a_later_callback_fails() -> None:
    class Run:
        state: object = Room.HALL

    def fail() -> None:
        raise ValueError("no")

    machine = bare_machine()
    machine.add_transition("went", Room.HALL, Room.KITCHEN, after=[fail])
    run = Run()
    with pytest.raises(ValueError, match="no"):
        cast("Any", machine.events["went"]).trigger(run)
    assert run.state is Room.KITCHEN


def test_a_flow_is_where_it_was_if_a_callback_fails() -> None:
    def fail(context: Trail, event: Went) -> Trail:
        raise ValueError("no")

    flow = house(keep=fail)
    before = flow.start()
    with pytest.raises(ValueError, match="no"):
        flow.advance(before, Went())
    assert before == Snapshot("house", 1, Room.HALL, Trail())
    assert flow.advance(attrs.evolve(before, state=Room.KITCHEN), Went()).snapshot.state is Room.CELLAR


# --- Advances inside and beside each other --------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["when", "keep"])
def test_an_advance_inside_an_advance_of_the_same_flow_disturbs_nothing(place: str) -> None:
    inner: list[Room] = []

    def look_ahead(context: Trail, event: Went) -> object:
        ahead = flow.advance(Snapshot("house", 1, Room.KITCHEN, Trail(7)), Went())
        inner.append(ahead.snapshot.state)
        return {"when": True, "keep": Trail(context.steps + 1)}[place]

    flow = house(**{place: cast("Callable[[Trail, Went], Any]", look_ahead)})
    outer = flow.advance(flow.start(), Went())
    assert inner == [Room.CELLAR]
    assert outer.snapshot.state is Room.KITCHEN
    assert outer.snapshot.context == Trail(1 if place == "keep" else 0)


def test_a_refusal_inside_an_advance_is_the_callbacks_own_affair() -> None:
    def try_the_cellar(context: Trail, event: Went) -> Trail:
        with pytest.raises(EventNotAllowedError):
            flow.advance(Snapshot("house", 1, Room.CELLAR, Trail()), Went())
        return context

    flow = house(keep=try_the_cellar)
    assert flow.advance(flow.start(), Went()).snapshot.state is Room.KITCHEN


def test_advances_in_many_threads_at_once_do_not_meet() -> None:
    threads, rounds = 8, 25
    barrier = threading.Barrier(threads)

    def in_a_thread(name: str) -> list[list[Snapshot[State, Visit]]]:
        barrier.wait()
        return [walk(name) for _ in range(rounds)]

    names = [f"visitor {number}" for number in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        results = list(pool.map(in_a_thread, names))
    assert results == [[walk(name)] * rounds for name in names]


def test_a_hundred_runs_side_by_side_keep_to_their_own_context() -> None:
    runs = [visit.advance(visit.start(), Knocked(f"visitor {number}")).snapshot for number in range(100)]
    for event in (Heard(), CodeAnswered(), CodeRefused()):
        runs = [visit.advance(run, event).snapshot for run in runs]
    assert [run.context.name for run in runs] == [f"visitor {number}" for number in range(100)]
    assert {run.context.tries for run in runs} == {1}


# --- Logs -----------------------------------------------------------------------------------------------------------


def test_transitions_logs_no_payload_even_at_debug(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        greeting = Snapshot("visit", 1, State.GREETING, Visit(name="canary-name", code=Secret("canary-code")))
        visit.advance(greeting, ToldToWait())
        visit.advance(greeting, DoubtRaised())
    assert "GREETING" in caplog.text
    assert "canary" not in caplog.text
