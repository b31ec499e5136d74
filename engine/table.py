"""The rows and nodes that a flow is declared with, and what makes a table of them malformed."""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum
from typing import Generic, TypeVar, cast

import attrs

from .messages import Effect, Event, Failure, Step

__all__ = ["Edge", "Group", "Node", "NodeKind", "final", "malformed", "on", "waiting", "working"]

S = TypeVar("S", bound=Enum)
C = TypeVar("C", bound=attrs.AttrsInstance)
E = TypeVar("E", bound=Event)
F = TypeVar("F", bound=Effect)
T = TypeVar("T", bound=Step)


class NodeKind(Enum):
    """What a state is waiting for."""

    WORKING = "working"
    """A performer: the state holds an effect."""
    WAITING = "waiting"
    """A person: the state holds a step."""
    FINAL = "final"
    """Nothing any more: the state holds the last step, or none."""


@attrs.frozen
class Node(Generic[S, C]):
    """One state with what is outstanding in it.

    Attributes:
        state: The state.
        kind: Working, waiting or final.
        holds: The class of what is outstanding; ``None`` only in a final state.
        make: Makes it from the context; a pure function.
    """

    state: S
    kind: NodeKind
    holds: type[Effect] | None
    make: Callable[[C], Effect] | None


def working(state: S, effect: type[F], make: Callable[[C], F]) -> Node[S, C]:
    """Declare a state in which a performer is at work on ``effect``, which ``make`` makes from the context."""
    return Node(state, NodeKind.WORKING, effect, make)


def waiting(state: S, step: type[T], ask: Callable[[C], T]) -> Node[S, C]:
    """Declare a state in which a person is asked for ``step``, which ``ask`` makes from the context."""
    return Node(state, NodeKind.WAITING, step, ask)


def final(state: S, step: type[T] | None = None, close: Callable[[C], T] | None = None) -> Node[S, C]:
    """Declare a state in which a run ends, with a last ``step`` that ``close`` makes from the context, or with none."""
    return Node(state, NodeKind.FINAL, step, close)


@attrs.frozen
class Group(Generic[S]):
    """A named group of states that rows can start from. A diagram draws it as one box.

    Attributes:
        name: What the states have in common, in capitals like a state's name.
        states: Its members, in the order in which they were named.
        whole: The group that it was taken from, if it is one with some states left out.
    """

    name: str
    states: tuple[S, ...]
    whole: "Group[S] | None" = None

    @classmethod
    def of(cls, name: str, *states: S) -> "Group[S]":
        """Name a group of states."""
        return cls(name, states)

    def but(self, *states: S) -> "Group[S]":
        """Return the group without some of its states. A diagram draws one arrow from this one to it.

        Raises:
            ValueError: A state is none of its members.
        """
        if strangers := [state.name for state in states if state not in self.states]:
            raise ValueError(f"{self.name} has no member {' or '.join(strangers)}")
        rest = tuple(state for state in self.states if state not in states)
        return Group(f"{self.name}_BUT_{'_AND_'.join(state.name for state in states)}", rest, self)

    def __iter__(self) -> Iterator[S]:
        return iter(self.states)


@attrs.frozen
class Edge(Generic[S, C]):
    """One row of the table.

    Attributes:
        event: The event's class.
        sources: The states that the row starts from.
        target: The state that it leads to.
        when: A named pure predicate that must hold.
        unless: A named pure predicate that must not hold.
        keep: What the context keeps of the event.
        fails: What went wrong, if the row says so.
        group: The group that ``sources`` came from, if any.
    """

    event: type[Event]
    sources: tuple[S, ...]
    target: S
    when: Callable[[C, Event], bool] | None
    unless: Callable[[C, Event], bool] | None
    keep: Callable[[C, Event], C] | None
    fails: Callable[[C, Event], Failure] | None
    group: Group[S] | None

    @property
    def guards(self) -> frozenset[tuple[str, bool]]:
        """What must hold for this row: pairs of a predicate's name and the value that it must have."""
        literals: set[tuple[str, bool]] = set()
        if self.when is not None:
            literals.add((_name(self.when), True))
        if self.unless is not None:
            literals.add((_name(self.unless), False))
        return frozenset(literals)

    def excludes(self, other: "Edge[S, C]") -> bool:
        """Tell whether no context and event can satisfy both rows: one wants what the other forbids, by name."""
        return any((name, not value) in other.guards for name, value in self.guards)


def on(
    event: type[E],
    source: S | Group[S],
    target: S,
    *,
    when: Callable[[C, E], bool] | None = None,
    unless: Callable[[C, E], bool] | None = None,
    keep: Callable[[C, E], C] | None = None,
    fails: Callable[[C, E], Failure] | None = None,
) -> Edge[S, C]:
    """Declare a row: on ``event``, go from ``source`` to ``target``.

    All four callables are pure and take the context, as ``absorb`` left it, and the event.

    Args:
        event: The event's class.
        source: A state or a named group of states.
        target: A state.
        when: The row counts only if this holds.
        unless: The row counts only if this does not hold.
        keep: Gives the context that the new state gets.
        fails: Gives the failure that is told beside what the new state holds; that is a waiting or a final state, for
            a performer is told nothing.
    """
    group = source if isinstance(source, Group) else None
    sources = group.states if group is not None else (cast("S", source),)
    # The four callables take E; a row is only ever entered with an instance of E, so widening to Event is sound here.
    return Edge(
        event=event,
        sources=sources,
        target=target,
        when=cast("Callable[[C, Event], bool] | None", when),
        unless=cast("Callable[[C, Event], bool] | None", unless),
        keep=cast("Callable[[C, Event], C] | None", keep),
        fails=cast("Callable[[C, Event], Failure] | None", fails),
        group=group,
    )


def malformed(initial: S, nodes: Sequence[Node[S, C]], edges: Sequence[Edge[S, C]]) -> Iterator[str]:
    """Yield what is wrong with a table, one sentence each. ``transitions`` itself would accept most of it."""
    yield from _malformed_nodes(initial, nodes)
    yield from _namesakes("events", ((edge.event.__name__, edge.event) for edge in edges))
    # Rows exclude each other by the names of their guards, so a name must mean one guard.
    guards = (guard for edge in edges for guard in (edge.when, edge.unless) if guard is not None and _is_named(guard))
    yield from _namesakes("guards", ((_name(guard), guard) for guard in guards))
    # A diagram draws a group as one more box beside the states.
    groups = ((edge.group.name, edge.group) for edge in edges if edge.group is not None)
    yield from _namesakes("boxes", itertools.chain(((state.name, state) for state in type(initial)), groups))
    finals = [node.state for node in nodes if node.kind is NodeKind.FINAL]
    workers = [node.state for node in nodes if node.kind is NodeKind.WORKING]
    for edge in edges:
        yield from _malformed_row(initial, finals, workers, edge)
    for state in type(initial):
        leaving = [edge for edge in edges if state in edge.sources]
        for event in dict.fromkeys(edge.event for edge in leaving):
            yield from _overlaps(state, event, [edge for edge in leaving if edge.event is event])


def _namesakes(kind: str, named: Iterable[tuple[str, object]]) -> Iterator[str]:
    owners: dict[str, object] = {}
    for name in dict.fromkeys(name for name, owner in named if owners.setdefault(name, owner) != owner):
        yield f"two {kind} are called {name}"


def _malformed_nodes(initial: S, nodes: Sequence[Node[S, C]]) -> Iterator[str]:
    states = type(initial)
    declared = [node.state for node in nodes]
    for state in states:
        if declared.count(state) > 1:
            yield f"{state.name} has two nodes"
        if state is not initial and state not in declared:
            yield f"{state.name} has no node"
    if initial in declared:
        yield f"{initial.name} is the initial state and has a node"
    for node in nodes:
        if not isinstance(cast("object", node.state), states):
            yield f"{node.state!r} has a node and is no member of {states.__name__}"
        yield from _malformed_node(node)


def _malformed_node(node: Node[S, C]) -> Iterator[str]:
    state = _label(node.state)
    is_step = node.holds is not None and issubclass(node.holds, Step)
    if (node.holds is None) is not (node.make is None):
        yield f"{state} names what it holds without saying how it is made, or the other way round"
    elif node.kind is NodeKind.WORKING and (node.holds is None or is_step):
        yield f"{state} is a working state and holds no effect for a performer"
    elif node.kind is NodeKind.WAITING and not is_step:
        yield f"{state} is a waiting state and holds no step"
    elif node.kind is NodeKind.FINAL and node.holds is not None and not is_step:
        yield f"{state} is a final state and holds an effect, which nobody performs any more"


def _malformed_row(initial: S, finals: Sequence[S], workers: Sequence[S], edge: Edge[S, C]) -> Iterator[str]:
    states = type(initial)
    row = f"the row for {edge.event.__name__} to {_label(edge.target)}"
    if not edge.sources:
        yield f"{row} starts from an empty group"
    for state in (*edge.sources, edge.target):
        if not isinstance(cast("object", state), states):
            yield f"{row} names {state!r}, which is no member of {states.__name__}"
    for source in edge.sources:
        if source in finals:
            yield f"{row} leaves {source.name}, which is final"
    if edge.fails is not None and edge.target in workers:
        yield f"{row} fails on the way into a working state, where nobody is told"
    if edge.target is initial:
        yield f"{row} leads back to the initial state, which holds nothing"
    for guard in (edge.when, edge.unless):
        if guard is not None and not _is_named(guard):
            yield f"{row} has a guard without a name; declare it with def"


def _name(guard: Callable[..., object]) -> str:
    return getattr(guard, "__name__", "")


def _is_named(guard: Callable[..., object]) -> bool:
    return _name(guard).isidentifier()


def _label(state: object) -> str:
    return state.name if isinstance(state, Enum) else repr(state)


def _overlaps(state: Enum, event: type[Event], rows: Sequence[Edge[S, C]]) -> Iterator[str]:
    """Order never decides: rows exclude each other by the names of their guards, or end in one unguarded row."""
    guarded = [row for row in rows if row.guards]
    place = f"the rows of {state.name} for {event.__name__}"
    if len(rows) - len(guarded) > 1:
        yield f"{place} hold two without a guard"
    elif len(guarded) < len(rows) and rows[-1].guards:
        yield f"{place} do not end in the one without a guard"
    for index, row in enumerate(guarded):
        for other in guarded[index + 1 :]:
            if not row.excludes(other):
                targets = f"{_label(row.target)} and {_label(other.target)}"
                yield f"{place} to {targets} overlap: their guards can hold together"
