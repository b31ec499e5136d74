"""A flow is a table that is refused when it is malformed, and followed purely, row by row, when it is not."""

import copy
import functools
from collections.abc import Callable, Iterable, Sequence
from enum import Enum
from typing import cast

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from transitions import MachineError

from authsteps.engine import RunHandle
from authsteps.engine.errors import DeclarationError, EventNotAllowedError
from authsteps.engine.flow import Advance, Edge, Flow, Group, Node, NodeKind, final, on, waiting, working
from authsteps.engine.messages import Carried, Effect, Event, Failure, Secret
from authsteps.engine.snapshot import Snapshot
from tests.engine.toy_flow import (
    EVENTS,
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
    ask_for_code,
    greet,
    had_three_tries,
    is_resident,
    knock,
    visit,
    wrong_code,
)

# --- What a flow refuses when it is built ---------------------------------------------------------------------------


def nodes(*added: Node[State, Visit], without: Iterable[State] = ()) -> tuple[Node[State, Visit], ...]:
    return (*(node for state, node in visit.nodes.items() if state not in without), *added)


def declare(
    added: Edge[State, Visit] | None = None,
    *,
    first: Edge[State, Visit] | None = None,
    with_nodes: Sequence[Node[State, Visit]] = nodes(),
) -> Flow[State, Visit]:
    """Declare the toy flow with something changed in it."""
    edges = [*([first] if first is not None else []), *visit.edges, *([added] if added is not None else [])]
    return Flow("visit", version=1, context=Visit, initial=State.OUTSIDE, nodes=with_nodes, edges=edges)


def node(state: State, kind: NodeKind, holds: type[Effect] | None, make: Callable[[Visit], Effect] | None) -> object:
    """Declare a node past what the types allow."""
    return declare(with_nodes=nodes(Node(state, kind, holds, make), without=[state]))


def same_name_as(original: type[Event]) -> type[Event]:
    return attrs.frozen(type(original.__name__, (Event,), {}))


def is_tall(context: Visit, event: Event) -> bool:
    return len(context.name) > 180


def another_is_resident() -> Callable[[Visit, Heard], bool]:
    def is_resident(context: Visit, event: Heard) -> bool:
        return not context.name

    return is_resident


class Elsewhere(Enum):
    ABROAD = "abroad"


NOWHERE = cast("State", "nowhere")
ABROAD = cast("State", Elsewhere.ABROAD)
NOT_AT_ALL = cast("State", None)
SEVERAL = cast("State", frozenset({State.KNOCKING, State.GREETING}))
LISTED = cast("State", [State.KNOCKING])

REFUSALS: dict[str, tuple[Callable[[], object], str]] = {
    "a row that starts nowhere": (
        lambda: declare(on(Greeted, NOWHERE, State.INSIDE)),
        "the row for Greeted to INSIDE names 'nowhere', which is no member of State",
    ),
    "a row that leads nowhere": (
        lambda: declare(on(Greeted, State.KNOCKING, NOWHERE)),
        "the row for Greeted to 'nowhere' names 'nowhere', which is no member of State",
    ),
    "a row that leads into another flow": (
        lambda: declare(on(Greeted, State.KNOCKING, ABROAD)),
        "the row for Greeted to ABROAD names <Elsewhere.ABROAD: 'abroad'>, which is no member of State",
    ),
    "a row without a target": (
        lambda: declare(on(Greeted, State.KNOCKING, NOT_AT_ALL)),
        "the row for Greeted to None names None, which is no member of State",
    ),
    "a row without a target that overlaps another": (
        lambda: declare(on(Heard, State.KNOCKING, NOT_AT_ALL, when=is_tall)),
        "the rows of KNOCKING for Heard to GREETING and None overlap: their guards can hold together",
    ),
    "a row from a set of states": (
        lambda: declare(on(Greeted, SEVERAL, State.INSIDE)),
        "which is no member of State",
    ),
    "a row from a list of states": (
        lambda: declare(on(Greeted, LISTED, State.INSIDE)),
        "names [<State.KNOCKING: 'knocking'>], which is no member of State",
    ),
    "a row from an empty group": (
        lambda: declare(on(Greeted, Group[State].of("NOBODY"), State.INSIDE)),
        "the row for Greeted to INSIDE starts from an empty group",
    ),
    "a row that fails on the way into a working state": (
        lambda: declare(on(CodeRefused, State.KNOCKING, State.CHECKING_CODE, fails=wrong_code)),
        "the row for CodeRefused to CHECKING_CODE fails on the way into a working state, where nobody is told",
    ),
    "a row that leaves a final state": (
        lambda: declare(on(Knocked, State.INSIDE, State.KNOCKING)),
        "the row for Knocked to KNOCKING leaves INSIDE, which is final",
    ),
    "a row from a final state to itself": (
        lambda: declare(on(Knocked, State.INSIDE, State.INSIDE)),
        "the row for Knocked to INSIDE leaves INSIDE, which is final",
    ),
    "a row back to the start": (
        lambda: declare(on(Knocked, State.GREETING, State.OUTSIDE)),
        "the row for Knocked to OUTSIDE leads back to the initial state, which holds nothing",
    ),
    "two events of one name": (
        lambda: declare(on(same_name_as(Greeted), State.KNOCKING, State.INSIDE)),
        "two events are called Greeted",
    ),
    "two guards of one name": (
        lambda: declare(on(Heard, State.GREETING, State.INSIDE, when=another_is_resident())),
        "two guards are called is_resident",
    ),
    "two groups of one name": (
        lambda: declare(on(Greeted, Group[State].of("AT_THE_DOOR", State.KNOCKING), State.INSIDE)),
        "two boxes are called AT_THE_DOOR",
    ),
    "a group that is called like a state": (
        lambda: declare(on(Greeted, Group[State].of("INSIDE", State.KNOCKING), State.INSIDE)),
        "two boxes are called INSIDE",
    ),
    "guards that can hold together": (
        lambda: declare(on(Heard, State.KNOCKING, State.INSIDE, when=is_tall)),
        "the rows of KNOCKING for Heard to GREETING and INSIDE overlap: their guards can hold together",
    ),
    "the same guard twice": (
        lambda: declare(on(Heard, State.KNOCKING, State.INSIDE, when=is_resident)),
        "the rows of KNOCKING for Heard to GREETING and INSIDE overlap: their guards can hold together",
    ),
    "two rows without a guard": (
        lambda: declare(on(Greeted, State.GREETING, State.TURNED_AWAY)),
        "the rows of GREETING for Greeted hold two without a guard",
    ),
    "two rows without a guard, one of them from a group": (
        lambda: declare(on(SentAway, State.GREETING, State.INSIDE)),
        "the rows of GREETING for SentAway hold two without a guard",
    ),
    "a row without a guard before one with a guard": (
        lambda: declare(on(Greeted, State.GREETING, State.TURNED_AWAY, when=is_tall)),
        "the rows of GREETING for Greeted do not end in the one without a guard",
    ),
    "a guard without a name": (
        lambda: declare(on(Greeted, State.KNOCKING, State.INSIDE, when=lambda context, _: bool(context.name))),
        "the row for Greeted to INSIDE has a guard without a name; declare it with def",
    ),
    "an unless without a name": (
        lambda: declare(on(Greeted, State.KNOCKING, State.INSIDE, unless=functools.partial(is_tall))),
        "the row for Greeted to INSIDE has a guard without a name; declare it with def",
    ),
    "a state without a node": (
        lambda: declare(with_nodes=nodes(without=[State.GREETING])),
        "GREETING has no node",
    ),
    "a state with two nodes": (
        lambda: declare(with_nodes=nodes(final(State.INSIDE))),
        "INSIDE has two nodes",
    ),
    "an initial state with a node": (
        lambda: declare(with_nodes=nodes(working(State.OUTSIDE, Knock, knock))),
        "OUTSIDE is the initial state and has a node",
    ),
    "a node of another flow's state": (
        lambda: declare(with_nodes=nodes(final(ABROAD))),
        "<Elsewhere.ABROAD: 'abroad'> has a node and is no member of State",
    ),
    "a node of no state that holds nothing": (
        lambda: declare(with_nodes=nodes(Node(NOWHERE, NodeKind.WORKING, None, None))),
        "'nowhere' is a working state and holds no effect for a performer",
    ),
    "a working state with a step": (
        lambda: declare(with_nodes=nodes(working(State.GREETING, EnterCode, ask_for_code), without=[State.GREETING])),
        "GREETING is a working state and holds no effect for a performer",
    ),
    "a working state with nothing": (
        lambda: node(State.GREETING, NodeKind.WORKING, None, None),
        "GREETING is a working state and holds no effect for a performer",
    ),
    "a waiting state with an effect for a performer": (
        lambda: node(State.AWAITING_CODE, NodeKind.WAITING, Greet, greet),
        "AWAITING_CODE is a waiting state and holds no step",
    ),
    "a waiting state with nothing": (
        lambda: node(State.AWAITING_CODE, NodeKind.WAITING, None, None),
        "AWAITING_CODE is a waiting state and holds no step",
    ),
    "a final state with an effect for a performer": (
        lambda: node(State.INSIDE, NodeKind.FINAL, Greet, greet),
        "INSIDE is a final state and holds an effect, which nobody performs any more",
    ),
    "a final state whose step nobody makes": (
        lambda: declare(with_nodes=nodes(final(State.INSIDE, Welcome), without=[State.INSIDE])),
        "INSIDE names what it holds without saying how it is made, or the other way round",
    ),
    "a final state that makes what it does not hold": (
        lambda: node(State.INSIDE, NodeKind.FINAL, None, greet),
        "INSIDE names what it holds without saying how it is made, or the other way round",
    ),
}


@pytest.mark.parametrize(("declaration", "problem"), REFUSALS.values(), ids=REFUSALS)
def test_a_malformed_table_is_refused_when_it_is_built(declaration: Callable[[], object], problem: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        declaration()
    assert refusal.value.flow == "visit"
    assert any(problem in found for found in refusal.value.problems), refusal.value.problems


def test_the_table_that_the_refused_ones_were_made_from_is_accepted() -> None:
    assert declare().edges == visit.edges


def test_a_refusal_names_every_problem_at_once() -> None:
    with pytest.raises(DeclarationError) as refusal:
        declare(on(Greeted, State.INSIDE, NOWHERE), with_nodes=nodes(without=[State.GREETING]))
    assert len(refusal.value.problems) == 3
    for problem in refusal.value.problems:
        assert f"\n  - {problem}" in str(refusal.value)


class Pin(Carried):
    __slots__ = ()


SECRET = "the context field it must be typed Secret | None, so that it can be cleared"
CARRIED = "the context field it must be typed Carried or Carried | None"
WRONG_TYPES: dict[str, tuple[object, str]] = {
    "Secret": (Secret, SECRET),
    "Secret | str": (Secret | str, SECRET),
    "Secret | str | None": (Secret | str | None, SECRET),
    "Secret | Carried | None": (Secret | Carried | None, SECRET),
    "tuple[Secret, ...]": (tuple[Secret, ...], SECRET),
    "dict[str, Secret] | None": (dict[str, Secret] | None, SECRET),
    "a kind of Secret": (RunHandle | None, SECRET),
    "a kind of Carried": (Pin | None, SECRET),
    "Carried | str": (Carried | str, CARRIED),
    "Carried | int | None": (Carried | int | None, CARRIED),
}


def context_with(hint: object) -> type[attrs.AttrsInstance]:
    return attrs.make_class("Context", {"it": attrs.field(default=None, type=cast("type", hint))}, frozen=True)


@pytest.mark.parametrize(("hint", "problem"), WRONG_TYPES.values(), ids=WRONG_TYPES)
def test_a_context_whose_secrets_could_not_be_cleared_or_written_is_refused(hint: object, problem: str) -> None:
    with pytest.raises(DeclarationError) as refusal:
        Flow("toy", version=1, context=context_with(hint), initial=Elsewhere.ABROAD, nodes=[], edges=[])
    assert refusal.value.problems == (problem,)


@pytest.mark.parametrize("hint", [Secret | None, Carried, Carried | None, tuple[Carried, ...], str, dict[str, str]])
def test_a_context_whose_secrets_can_be_cleared_and_written_is_accepted(hint: object) -> None:
    flow = Flow("toy", version=1, context=context_with(hint), initial=Elsewhere.ABROAD, nodes=[], edges=[])
    assert flow.start().state is Elsewhere.ABROAD


# --- The square: every state and every event ------------------------------------------------------------------------

ACCEPTED: dict[tuple[State, type[Event]], State] = {
    (State.OUTSIDE, Knocked): State.KNOCKING,
    (State.KNOCKING, Heard): State.AWAITING_CODE,
    (State.KNOCKING, SentAway): State.TURNED_AWAY,
    (State.AWAITING_CODE, CodeAnswered): State.CHECKING_CODE,
    (State.CHECKING_CODE, CodeAccepted): State.GREETING,
    (State.CHECKING_CODE, CodeRefused): State.AWAITING_CODE,
    (State.CHECKING_CODE, SentAway): State.TURNED_AWAY,
    (State.GREETING, ToldToWait): State.GREETING,
    (State.GREETING, DoubtRaised): State.AWAITING_CODE,
    (State.GREETING, Greeted): State.INSIDE,
    (State.GREETING, SentAway): State.TURNED_AWAY,
}


def at(state: State, **context: object) -> Snapshot[State, Visit]:
    return attrs.evolve(visit.start(), state=state, context=attrs.evolve(Visit(), **context))  # type: ignore[arg-type]  # a table's columns


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("state", State, ids=lambda state: state.name)
def test_every_state_takes_an_event_or_says_that_it_does_not(state: State, event: Event) -> None:
    before = at(state, name="alice", ticket=Carried("t"), tries=1)
    untouched = copy.deepcopy(before)
    target = ACCEPTED.get((state, type(event)))
    if target is not None:
        advance = visit.advance(before, event)
        assert advance.snapshot.state is target
        assert type(advance.outstanding) is (visit.nodes[target].holds or type(None))
    else:
        with pytest.raises(EventNotAllowedError) as refusal:
            visit.advance(before, event)
        assert (refusal.value.flow, refusal.value.state) == ("visit", state.name)
        assert refusal.value.event == type(event).__name__
        assert refusal.value.__context__ is None
    assert before == untouched


# --- Traces ---------------------------------------------------------------------------------------------------------

CODE = CodeAnswered(Secret("1234"))
TRACES: dict[str, list[tuple[Event, State, Effect | None, Failure | None]]] = {
    "a resident walks in": [
        (Knocked("resident"), State.KNOCKING, Knock("resident"), None),
        (Heard(), State.GREETING, Greet("resident"), None),
        (Greeted(), State.INSIDE, Welcome("resident"), None),
    ],
    "a guest mistypes the code, waits and walks in": [
        (Knocked("alice"), State.KNOCKING, Knock("alice"), None),
        (Heard(), State.AWAITING_CODE, EnterCode(3), None),
        (CODE, State.CHECKING_CODE, CheckCode(Secret("1234")), None),
        (CodeRefused(), State.AWAITING_CODE, EnterCode(2), WrongCode(1)),
        (CODE, State.CHECKING_CODE, CheckCode(Secret("1234")), None),
        (CodeAccepted(), State.GREETING, Greet("alice"), None),
        (ToldToWait(), State.GREETING, Greet("alice"), None),
        (Greeted(), State.INSIDE, Welcome("alice"), None),
    ],
    "a stranger has three tries": [
        (Knocked("mallory"), State.KNOCKING, Knock("mallory"), None),
        (Heard(), State.AWAITING_CODE, EnterCode(3), None),
        (CODE, State.CHECKING_CODE, CheckCode(Secret("1234")), None),
        (CodeRefused(), State.AWAITING_CODE, EnterCode(2), WrongCode(1)),
        (CODE, State.CHECKING_CODE, CheckCode(Secret("1234")), None),
        (CodeRefused(), State.AWAITING_CODE, EnterCode(1), WrongCode(2)),
        (CODE, State.CHECKING_CODE, CheckCode(Secret("1234")), None),
        (CodeRefused(), State.TURNED_AWAY, None, WrongCode(3)),
    ],
    "nobody wants visitors": [
        (Knocked("alice"), State.KNOCKING, Knock("alice"), None),
        (SentAway(), State.TURNED_AWAY, None, None),
    ],
}


@pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
def test_a_trace_of_events_leads_from_state_to_state(
    trace: list[tuple[Event, State, Effect | None, Failure | None]],
) -> None:
    snapshot = visit.start()
    assert visit.outstanding(snapshot) is None
    for event, state, outstanding, failure in trace:
        advance = visit.advance(snapshot, event)
        snapshot = advance.snapshot
        assert (snapshot.state, advance.outstanding, advance.failure) == (state, outstanding, failure)
        assert visit.outstanding(snapshot) == outstanding


def test_a_run_starts_in_the_initial_state_with_an_empty_context_or_the_given_one() -> None:
    assert visit.start() == Snapshot(flow="visit", version=1, state=State.OUTSIDE, context=Visit())
    assert visit.start(Visit(name="bob")).context.name == "bob"


@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_advancing_is_pure(walk: list[Event]) -> None:
    snapshot = visit.start()
    for event in walk:
        before = copy.deepcopy(snapshot)
        once, twice = (advance_if_allowed(snapshot, event) for _ in range(2))
        assert once == twice
        assert snapshot == before
        if once is not None:
            assert once.outstanding == visit.outstanding(once.snapshot)
            snapshot = once.snapshot


def advance_if_allowed(snapshot: Snapshot[State, Visit], event: Event) -> Advance[State, Visit] | None:
    try:
        return visit.advance(snapshot, event)
    except EventNotAllowedError:
        return None


def test_an_advance_leaves_everything_else_in_the_snapshot_alone() -> None:
    before = attrs.evolve(at(State.GREETING), revision=7, in_doubt=True)
    assert visit.advance(before, ToldToWait()).snapshot == before


# --- Events are matched by their very class -------------------------------------------------------------------------


def test_a_subclass_of_an_event_is_another_event() -> None:
    @attrs.frozen
    class GreetedWarmly(Greeted):
        pass

    with pytest.raises(EventNotAllowedError, match="GreetedWarmly"):
        visit.advance(at(State.GREETING), GreetedWarmly())


def test_a_class_of_the_same_name_is_another_event() -> None:
    with pytest.raises(EventNotAllowedError, match="Greeted"):
        visit.advance(at(State.GREETING), same_name_as(Greeted)())


def test_a_state_of_the_same_name_in_another_enum_is_another_state() -> None:
    class Foreign(Enum):
        GREETING = "greeting"

    foreign = attrs.evolve(at(State.GREETING), state=cast("State", Foreign.GREETING))
    with pytest.raises(EventNotAllowedError):
        visit.advance(foreign, Greeted())


# --- Guards, keep, fails and absorb ---------------------------------------------------------------------------------


class Room(Enum):
    HALL = "hall"
    KITCHEN = "kitchen"
    CELLAR = "cellar"


@attrs.frozen
class Went(Event):
    word: str = ""


@attrs.frozen
class Look(Effect):
    trail: str = ""


@attrs.frozen
class Tired(Failure):
    trail: str = ""


@attrs.frozen
class Trail:
    """What happened, one letter each, in the order in which it happened."""

    trail: str = ""


def look(context: Trail) -> Look:
    return Look(context.trail)


def mark(letter: str) -> Callable[[Trail, Event], Trail]:
    return lambda context, _: Trail(context.trail + letter)


def is_open(context: Trail, event: Went) -> bool:
    return "open" in event.word


def is_lit(context: Trail, event: Went) -> bool:
    return "lit" in event.word


def saw_absorbed(context: Trail, event: Went) -> bool:
    return context.trail == "a"


def house(*edges: Edge[Room, Trail], absorb: Callable[[Trail, Event], Trail] | None = None) -> Flow[Room, Trail]:
    rooms: list[Node[Room, Trail]] = [working(Room.KITCHEN, Look, look), final(Room.CELLAR)]
    return Flow("house", version=1, context=Trail, initial=Room.HALL, nodes=rooms, edges=edges, absorb=absorb)


@pytest.mark.parametrize(
    ("word", "room"),
    [("open lit", None), ("open", Room.KITCHEN), ("lit", None), ("", None)],
)
def test_a_row_is_open_if_its_when_holds_and_its_unless_does_not(word: str, room: Room | None) -> None:
    flow = house(on(Went, Room.HALL, Room.KITCHEN, when=is_open, unless=is_lit))
    if room is None:
        with pytest.raises(EventNotAllowedError):
            flow.advance(flow.start(), Went(word))
    else:
        assert flow.advance(flow.start(), Went(word)).snapshot.state is room


@pytest.mark.parametrize("swapped", [False, True])
def test_the_order_of_rows_that_exclude_each_other_decides_nothing(swapped: bool) -> None:  # noqa: FBT001  # a table's column
    rows = [on(Went, Room.HALL, Room.KITCHEN, when=is_open), on(Went, Room.HALL, Room.CELLAR, unless=is_open)]
    flow = house(*(reversed(rows) if swapped else rows))
    assert flow.advance(flow.start(), Went("open")).snapshot.state is Room.KITCHEN
    assert flow.advance(flow.start(), Went()).snapshot.state is Room.CELLAR


def test_the_row_without_a_guard_is_for_what_the_others_leave() -> None:
    flow = house(on(Went, Room.HALL, Room.KITCHEN, when=is_open), on(Went, Room.HALL, Room.CELLAR))
    assert flow.advance(flow.start(), Went("open")).snapshot.state is Room.KITCHEN
    assert flow.advance(flow.start(), Went()).snapshot.state is Room.CELLAR


def test_a_guard_that_answers_truthily_counts_as_true() -> None:
    def has_word(context: Trail, event: Went) -> bool:
        return cast("bool", event.word)

    flow = house(
        on(Went, Room.HALL, Room.KITCHEN, when=has_word),
        on(Went, Room.HALL, Room.CELLAR, unless=has_word),
    )
    assert flow.advance(flow.start(), Went("something")).snapshot.state is Room.KITCHEN
    assert flow.advance(flow.start(), Went()).snapshot.state is Room.CELLAR


def test_absorb_comes_first_then_guards_then_keep_and_then_what_the_state_holds() -> None:
    flow = house(on(Went, Room.HALL, Room.KITCHEN, when=saw_absorbed, keep=mark("k")), absorb=mark("a"))
    advance = flow.advance(flow.start(), Went())
    assert advance.snapshot.context == Trail("ak")
    assert advance.outstanding == Look("ak")


def test_a_failure_is_made_from_the_context_as_absorb_left_it_before_keep() -> None:
    row = on(Went, Room.HALL, Room.CELLAR, keep=mark("k"), fails=lambda context, _: Tired(context.trail))
    advance = (flow := house(row, absorb=mark("a"))).advance(flow.start(), Went())
    assert advance.snapshot.context == Trail("ak")
    assert advance.failure == Tired("a")


def test_a_row_that_keeps_nothing_leaves_the_context_as_absorb_left_it() -> None:
    flow = house(on(Went, Room.HALL, Room.KITCHEN), absorb=mark("a"))
    advance = flow.advance(flow.start(), Went())
    assert advance.snapshot.context == Trail("a")
    assert advance.failure is None


def test_an_event_that_no_row_takes_is_not_absorbed() -> None:
    def break_in(context: Trail, event: Event) -> Trail:
        raise AssertionError("nobody asked")

    flow = house(on(Went, Room.KITCHEN, Room.CELLAR), absorb=break_in)
    with pytest.raises(EventNotAllowedError):
        flow.advance(flow.start(), Went())


class BrokenError(Exception):
    pass


def broken(context: Trail, event: Event | None = None) -> bool:
    raise BrokenError


BROKEN: dict[str, Flow[Room, Trail]] = {
    "a guard": house(on(Went, Room.HALL, Room.KITCHEN, when=broken)),
    "an unless": house(on(Went, Room.HALL, Room.KITCHEN, unless=broken)),
    "keep": house(on(Went, Room.HALL, Room.KITCHEN, keep=cast("Callable[[Trail, Went], Trail]", broken))),
    "fails": house(on(Went, Room.HALL, Room.CELLAR, fails=cast("Callable[[Trail, Went], Failure]", broken))),
    "absorb": house(on(Went, Room.HALL, Room.KITCHEN), absorb=cast("Callable[[Trail, Event], Trail]", broken)),
    "make": Flow(
        "house",
        version=1,
        context=Trail,
        initial=Room.HALL,
        nodes=[
            working(Room.KITCHEN, Look, cast("Callable[[Trail], Look]", broken)),
            working(Room.CELLAR, Look, look),
        ],
        edges=[on(Went, Room.HALL, Room.KITCHEN)],
    ),
}


@pytest.mark.parametrize("flow", BROKEN.values(), ids=BROKEN)
def test_a_function_that_raises_leaves_the_snapshot_as_it_was(flow: Flow[Room, Trail]) -> None:
    before = flow.start()
    for _ in range(2):
        with pytest.raises(BrokenError):
            flow.advance(before, Went())
        assert before == flow.start()


def test_an_error_of_somebody_elses_machine_is_no_refusal_of_ours() -> None:
    def asks_a_machine(context: Trail, event: Went) -> bool:
        raise MachineError("somebody else's")

    flow = house(on(Went, Room.HALL, Room.KITCHEN, when=asks_a_machine))
    with pytest.raises(MachineError, match="somebody else's"):
        flow.advance(flow.start(), Went())


# --- Secrets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "event", "is_kept"),
    [
        (State.AWAITING_CODE, CodeAnswered(Secret("5678")), True),  # into a working state
        (State.CHECKING_CODE, CodeAccepted(), True),  # into a working state
        (State.GREETING, ToldToWait(), True),  # round a working state
        (State.CHECKING_CODE, CodeRefused(), False),  # into a waiting state
        (State.GREETING, Greeted(), False),  # into a final state with a step
        (State.GREETING, SentAway(), False),  # into a final state without one
    ],
)
def test_secrets_are_kept_while_performers_work_and_cleared_where_a_run_rests(
    state: State,
    event: Event,
    is_kept: bool,  # noqa: FBT001  # a table's column
) -> None:
    before = at(state, code=Secret("1234"), ticket=Carried("t"), name="alice")
    after = visit.advance(before, event).snapshot.context
    assert (after.code is not None) is is_kept
    assert after.ticket == Carried("t"), "what is carried stays"
    assert after.name == "alice"


def test_what_a_resting_state_holds_is_made_without_secrets() -> None:
    seen: list[Visit] = []

    def ask(context: Visit) -> EnterCode:
        seen.append(context)
        return EnterCode(3)

    flow = declare(with_nodes=nodes(waiting(State.AWAITING_CODE, EnterCode, ask), without=[State.AWAITING_CODE]))
    flow.advance(at(State.GREETING, code=Secret("1234")), DoubtRaised())
    assert [context.code for context in seen] == [None]


# --- Looking at a flow ----------------------------------------------------------------------------------------------


def test_a_flow_tells_the_rows_that_leave_a_state_in_the_order_of_the_table() -> None:
    rows = visit.rows(State.CHECKING_CODE)
    assert [(row.event, row.target) for row in rows] == [
        (CodeAccepted, State.GREETING),
        (CodeRefused, State.TURNED_AWAY),
        (CodeRefused, State.AWAITING_CODE),
        (SentAway, State.TURNED_AWAY),
    ]
    assert visit.rows(State.CHECKING_CODE, CodeRefused) == rows[1:3]
    assert visit.rows(State.INSIDE) == ()


def test_a_row_tells_its_guards_and_the_rows_that_it_excludes() -> None:
    heard, heard_too = visit.rows(State.KNOCKING, Heard)
    assert heard.guards == {("is_resident", True)}
    assert heard_too.guards == {("is_resident", False)}
    assert heard.excludes(heard_too)
    assert not heard.excludes(heard)
    (refused, refused_too) = visit.rows(State.CHECKING_CODE, CodeRefused)
    assert refused.when is cast("object", had_three_tries)
    assert refused_too.guards == frozenset()


def test_a_flow_names_its_events_and_shows_itself_briefly() -> None:
    assert set(visit.events.values()) == {type(event) for event in EVENTS}
    assert all(name == event.__name__ for name, event in visit.events.items())
    assert repr(visit) == "Flow('visit', version=1)"


def test_a_group_is_read_in_the_order_in_which_it_was_named() -> None:
    group = Group[State].of("A_FEW", State.GREETING, State.KNOCKING)
    assert list(group) == [State.GREETING, State.KNOCKING]
    row: Edge[State, Visit] = on(SentAway, group, State.TURNED_AWAY)
    assert row.sources == (State.GREETING, State.KNOCKING)
    assert row.group is group


def test_a_group_can_be_taken_without_some_of_its_states() -> None:
    group = Group[State].of("A_FEW", State.GREETING, State.KNOCKING, State.CHECKING_CODE)
    rest = group.but(State.KNOCKING)
    assert (rest.name, list(rest)) == ("A_FEW_BUT_KNOCKING", [State.GREETING, State.CHECKING_CODE])
    assert rest.whole is group


def test_a_state_that_is_not_in_a_group_cannot_be_left_out_of_it() -> None:
    group = Group[State].of("A_FEW", State.GREETING)
    with pytest.raises(ValueError, match="A_FEW has no member KNOCKING"):
        group.but(State.KNOCKING)
