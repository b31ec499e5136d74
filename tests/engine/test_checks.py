"""What is unsound about a flow is found, and what every path goes through can be shown."""

import itertools
from collections.abc import Callable, Iterator, Mapping
from enum import Enum

import attrs
import pytest

from authsteps.engine.checks import detour, passes, problems, verify
from authsteps.engine.errors import DeclarationError
from authsteps.engine.flow import Edge, Flow, Node, final, on, waiting, working
from authsteps.engine.messages import Effect, Event
from tests.engine.toy_flow import (
    AT_THE_DOOR,
    CodeAnswered,
    CodeRefused,
    EnterCode,
    Greeted,
    Heard,
    Knock,
    Knocked,
    SentAway,
    State,
    Visit,
    ask_for_code,
    had_three_tries,
    is_resident,
    knock,
    visit,
)


@attrs.frozen
class Mumble(Effect):
    """An effect that nothing answers."""


def mumble(context: Visit) -> Mumble:
    return Mumble()


def is_tall(context: Visit, event: Heard) -> bool:
    return len(context.name) > 180


def declare(
    *added: Edge[State, Visit],
    without: Callable[[Edge[State, Visit]], bool] = lambda _: False,
    node: Node[State, Visit] | None = None,
) -> Flow[State, Visit]:
    """Declare the toy flow with some rows left out, some added, and one node replaced."""
    nodes = [kept for state, kept in visit.nodes.items() if node is None or state is not node.state]
    return Flow(
        "visit",
        version=1,
        context=Visit,
        initial=State.OUTSIDE,
        nodes=[*nodes, *([node] if node is not None else [])],
        edges=[*(edge for edge in visit.edges if not without(edge)), *added],
    )


# --- Soundness ------------------------------------------------------------------------------------------------------

UNSOUND: dict[str, tuple[Flow[State, Visit], set[str]]] = {
    "a state that no row leads to": (
        declare(without=lambda edge: edge.event is Greeted),
        {"INSIDE cannot be reached", "GREETING does not accept Greeted, which may answer Greet"},
    ),
    "a state that only unreachable ones lead to": (
        declare(without=lambda edge: edge.event is CodeAnswered),
        {
            "CHECKING_CODE cannot be reached",
            "no end can be reached from AWAITING_CODE",
        },
    ),
    "an answer that its state does not take": (
        declare(without=lambda edge: edge.event is CodeRefused),
        {"CHECKING_CODE does not accept CodeRefused, which may answer CheckCode"},
    ),
    "an answer that every guard can refuse": (
        declare(without=lambda edge: edge.event is CodeRefused and edge.when is None),
        {"the guards of CHECKING_CODE can all refuse CodeRefused"},
    ),
    "an answer that two guards together can refuse": (
        declare(
            on(Heard, State.KNOCKING, State.AWAITING_CODE, unless=is_resident, when=is_tall),
            without=lambda edge: edge.unless is not None,
        ),
        {"the guards of KNOCKING can all refuse Heard"},
    ),
    "an effect that nothing answers": (
        declare(node=working(State.GREETING, Mumble, mumble)),
        {"nothing answers Mumble, which GREETING holds"},
    ),
    "a step in two states": (
        declare(node=final(State.INSIDE, EnterCode, ask_for_code)),
        {"EnterCode has more than one home: AWAITING_CODE, INSIDE"},
    ),
}


@pytest.mark.parametrize(("flow", "found"), UNSOUND.values(), ids=UNSOUND)
def test_what_is_unsound_is_found_and_nothing_else(flow: Flow[State, Visit], found: set[str]) -> None:
    assert set(problems(flow)) == found
    assert len(problems(flow)) == len(found)
    with pytest.raises(DeclarationError) as refusal:
        verify(flow)
    assert set(refusal.value.problems) == found


def test_a_sound_flow_is_verified() -> None:
    assert problems(visit) == ()
    verify(visit)


def test_an_effect_may_have_several_homes() -> None:
    knocks_twice = declare(node=working(State.GREETING, Knock, knock))
    assert not any("home" in problem for problem in problems(knocks_twice))


def test_guards_that_take_every_case_between_them_need_no_last_row() -> None:
    flow = declare(
        on(Heard, State.KNOCKING, State.AWAITING_CODE, unless=is_resident, when=is_tall),
        on(Heard, State.KNOCKING, State.TURNED_AWAY),
        without=lambda edge: edge.unless is not None,
    )
    assert problems(flow) == ()


def test_a_flow_that_never_ends_is_found_endless_everywhere() -> None:
    class Loop(Enum):
        START = "start"
        ROUND = "round"

    @attrs.frozen
    class Turned(Event):
        pass

    @attrs.frozen
    class Turn(Effect):
        answers = (Turned,)

    def turn(context: Visit) -> Turn:
        return Turn()

    loop = Flow(
        "loop",
        version=1,
        context=Visit,
        initial=Loop.START,
        nodes=[working(Loop.ROUND, Turn, turn)],
        edges=[on(Turned, Loop.START, Loop.ROUND), on(Turned, Loop.ROUND, Loop.ROUND)],
    )
    assert problems(loop) == ("no end can be reached from START", "no end can be reached from ROUND")


def test_a_waiting_state_may_leave_its_event_to_guards() -> None:
    refuses = declare(
        on(CodeAnswered, State.AWAITING_CODE, State.CHECKING_CODE, when=_has_name),
        without=lambda edge: edge.event is CodeAnswered,
        node=waiting(State.AWAITING_CODE, EnterCode, ask_for_code),
    )
    assert problems(refuses) == ()


def _has_name(context: Visit, event: CodeAnswered) -> bool:
    return bool(context.name)


# --- Paths ----------------------------------------------------------------------------------------------------------


def test_not_every_path_inside_goes_past_the_code() -> None:
    assert not passes(visit, State.INSIDE, State.AWAITING_CODE)


def test_every_path_inside_of_somebody_who_is_no_resident_goes_past_the_code() -> None:
    assert passes(visit, State.INSIDE, State.AWAITING_CODE, {is_resident: False})
    assert detour(visit, State.INSIDE, State.AWAITING_CODE, {is_resident: False}) is None


def test_a_detour_is_a_shortest_path_row_by_row() -> None:
    around = detour(visit, State.INSIDE, State.AWAITING_CODE)
    assert around is not None
    assert [(row.event, row.target) for row in around] == [
        (Knocked, State.KNOCKING),
        (Heard, State.GREETING),
        (Greeted, State.INSIDE),
    ]


def test_any_one_of_several_states_will_do() -> None:
    assert passes(visit, State.INSIDE, [State.AWAITING_CODE, State.GREETING])
    assert not passes(visit, State.TURNED_AWAY, [State.AWAITING_CODE, State.GREETING])
    assert passes(visit, State.TURNED_AWAY, iter([State.KNOCKING]))


def test_every_path_goes_through_the_start_and_through_its_goal() -> None:
    assert passes(visit, State.INSIDE, State.OUTSIDE)
    assert passes(visit, State.INSIDE, State.INSIDE)


def test_the_start_is_reached_through_nothing_else() -> None:
    assert detour(visit, State.OUTSIDE, State.KNOCKING) == ()


def test_a_goal_that_cannot_be_reached_under_the_assumptions_proves_nothing() -> None:
    with pytest.raises(ValueError, match="AWAITING_CODE cannot be reached in orphaned under these assumptions"):
        passes(_orphaned, State.AWAITING_CODE, State.KNOCKING, {is_resident: True})


_orphaned = Flow(
    "orphaned",
    version=1,
    context=Visit,
    initial=State.OUTSIDE,
    nodes=list(visit.nodes.values()),
    edges=[edge for edge in visit.edges if edge.target is not State.AWAITING_CODE or edge.event is Heard],
)


def test_a_guard_that_the_flow_does_not_have_cannot_be_assumed() -> None:
    with pytest.raises(ValueError, match="visit has no guard called is_tall"):
        passes(visit, State.INSIDE, State.KNOCKING, {is_tall: True, is_resident: False})


ASSUMPTIONS: list[Mapping[Callable[..., bool], bool]] = [
    {},
    {is_resident: True},
    {is_resident: False},
    {had_three_tries: True},
    {had_three_tries: False},
    {is_resident: False, had_three_tries: True},
]


def simple_paths(assuming: Mapping[Callable[..., bool], bool], at: tuple[State, ...]) -> Iterator[tuple[State, ...]]:
    """Yield every path from the start that meets no state twice, by trying them all."""
    yield at
    for edge in visit.edges:
        contradicted = (edge.when is not None and assuming.get(edge.when) is False) or (
            edge.unless is not None and assuming.get(edge.unless) is True
        )
        if at[-1] in edge.sources and edge.target not in at and not contradicted:
            yield from simple_paths(assuming, (*at, edge.target))


@pytest.mark.parametrize(
    "assuming",
    ASSUMPTIONS,
    ids=lambda assuming: " and ".join(f"{guard.__name__}={value}" for guard, value in assuming.items()) or "nothing",
)
def test_what_is_shown_is_what_trying_every_path_shows(assuming: Mapping[Callable[..., bool], bool]) -> None:
    paths = list(simple_paths(assuming, (State.OUTSIDE,)))
    for goal, through in itertools.product(list(State), repeat=2):
        to_goal = [path for path in paths if path[-1] is goal]
        if to_goal:
            assert passes(visit, goal, through, assuming) is all(through in path for path in to_goal)
        else:
            with pytest.raises(ValueError, match="cannot be reached"):
                passes(visit, goal, through, assuming)


@pytest.mark.parametrize("state", AT_THE_DOOR.states)
def test_a_row_from_a_group_leads_on_from_each_of_its_states(state: State) -> None:
    first: Edge[State, Visit] = on(Knocked, State.OUTSIDE, state)
    flow = declare(first, *visit.rows(state, SentAway), without=lambda _: True)
    around = detour(flow, State.TURNED_AWAY, State.AWAITING_CODE)
    assert around is not None
    assert [row.event for row in around] == [Knocked, SentAway]
