"""A flow, declared as a table and compiled onto ``transitions``.

A **state owns what is outstanding in it**: a working state one effect, a waiting state one step, a final state its
last step or nothing. **An edge only moves**: from a state, on an event, to a state. So a refused answer shows the same
step again, a retry is a self-edge, no step is ever stored, and a step can be had back from a snapshot at any time.

``Flow.advance(snapshot, event)`` is pure. It reads no clock, draws no randomness and awaits nothing.

How ``transitions`` is used, and why just so:

* one ``Machine(model=None, auto_transitions=False, send_event=True, queued=False)`` for each flow. A queue would be
  shared by all runs, and one run's error would clear everybody's;
* for each advance a small slotted throw-away model that is never registered. Registering writes on the model, compares
  models by ``==``, holds them for ever and scans a list;
* callables only, never dotted strings; never ``on_exception``, which swallows cancellation; never ``AsyncMachine``,
  which swallows task cancellation and can give one caller another caller's error;
* a failed callback leaves the throw-away in the new state. It is dropped, so ``advance`` is atomic all the same.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from types import UnionType
from typing import Generic, Protocol, TypeVar, Union, cast, get_args, get_origin, get_type_hints

import attrs
from transitions import EventData, Machine

from .errors import DeclarationError, EventNotAllowedError
from .messages import Carried, Effect, Event, Failure, Secret
from .snapshot import Snapshot
from .table import Edge, Group, Node, NodeKind, final, malformed, on, waiting, working

__all__ = ["Absorb", "Advance", "Edge", "Flow", "Group", "Node", "NodeKind", "final", "on", "waiting", "working"]

S = TypeVar("S", bound=Enum)
C = TypeVar("C", bound=attrs.AttrsInstance)

_evolve: Callable[..., object] = attrs.evolve
"""``attrs.evolve`` for a class that is known only at run time; its stubs take known ones only."""


@attrs.frozen
class Advance(Generic[S, C]):
    """What one event led to.

    Attributes:
        snapshot: Where the run stands now.
        outstanding: What the new state holds: an effect for a performer, a step for a person, or nothing.
        failure: What went wrong on the way, if the row says so.
    """

    snapshot: Snapshot[S, C]
    outstanding: Effect | None
    failure: Failure | None


class Absorb(Protocol[C]):
    """The one place that adopts what every event may bring, such as a new backend session."""

    def __call__(self, context: C, event: Event, /) -> C:
        """Return the context with what ``event`` brings."""
        ...


class _Scratch(Generic[S, C]):
    """The throw-away model of one advance."""

    __slots__ = ("context", "event", "failure", "state")

    def __init__(self, state: S, context: C, event: Event) -> None:
        self.state = state
        self.context = context
        self.event = event
        self.failure: Failure | None = None


class _Trigger(Protocol):
    """What the stubs of ``transitions`` get wrong about ``Machine.events``."""

    def trigger(self, model: object) -> bool: ...


class Flow(Generic[S, C]):
    """An immutable declaration of what can happen, and what is wanted when.

    Attributes:
        name: The flow's name, in lower case with underscores.
        version: Grows whenever a snapshot of the old declaration can no longer be read or followed.
        context: The attrs class of the data that a snapshot carries. It must be possible to make one without arguments.
        initial: The state that a new run starts in. It holds nothing.
        nodes: Every state but the initial one, with what it holds.
        edges: The table.
        events: The classes of the events in the table, by name.

    Raises:
        DeclarationError: The declaration is malformed. It names every problem that was found.
    """

    def __init__(
        self,
        name: str,
        *,
        version: int,
        context: type[C],
        initial: S,
        nodes: Sequence[Node[S, C]],
        edges: Sequence[Edge[S, C]],
        absorb: Absorb[C] | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.context = context
        self.initial = initial
        self.nodes: Mapping[S, Node[S, C]] = {node.state: node for node in nodes}
        self.edges = tuple(edges)
        self._absorb = absorb
        hints = get_type_hints(context)
        if problems := [*malformed(initial, nodes, edges), *_secret_problems(hints)]:
            raise DeclarationError(name, *problems)
        self.events: Mapping[str, type[Event]] = {edge.event.__name__: edge.event for edge in edges}
        self._secrets = tuple(field for field, hint in hints.items() if _is_secret_or_none(hint))
        self._triggers = self._compile()

    def start(self, context: C | None = None) -> Snapshot[S, C]:
        """Return the snapshot of a run to which nothing has happened yet."""
        return Snapshot(
            flow=self.name,
            version=self.version,
            state=self.initial,
            context=context if context is not None else self.context(),
        )

    def advance(self, snapshot: Snapshot[S, C], event: Event) -> Advance[S, C]:
        """Return where ``event`` leads.

        Raises:
            EventNotAllowedError: The state does not accept the event, or every guard refused it. The snapshot is
                unchanged.
        """
        # By the class itself: neither a subclass nor another class of that name is the event that the row is for.
        trigger = self._triggers.get((snapshot.state, type(event)))
        if trigger is None:
            raise self._not_allowed(snapshot, event)
        absorbed = self._absorb(snapshot.context, event) if self._absorb is not None else snapshot.context
        scratch = _Scratch(snapshot.state, absorbed, event)
        if not trigger.trigger(scratch):
            raise self._not_allowed(snapshot, event)
        node = self.nodes[scratch.state]
        context = scratch.context if node.kind is NodeKind.WORKING else self._without_secrets(scratch.context)
        return Advance(
            snapshot=attrs.evolve(snapshot, state=scratch.state, context=context),
            outstanding=node.make(context) if node.make is not None else None,
            failure=scratch.failure,
        )

    def outstanding(self, snapshot: Snapshot[S, C]) -> Effect | None:
        """Return what is outstanding where the run stands: an effect, a step, or nothing.

        It is made from the snapshot alone, so it is the same after a restart as before.
        """
        node = self.nodes.get(snapshot.state)
        return node.make(snapshot.context) if node is not None and node.make is not None else None

    def rows(self, state: S, event: type[Event] | None = None) -> tuple[Edge[S, C], ...]:
        """Return the rows that leave ``state``, in the order of the table; only those of ``event`` if it is given."""
        return tuple(edge for edge in self.edges if state in edge.sources and event in (None, edge.event))

    def __repr__(self) -> str:
        return f"Flow({self.name!r}, version={self.version})"

    def _not_allowed(self, snapshot: Snapshot[S, C], event: Event) -> EventNotAllowedError:
        return EventNotAllowedError(self.name, snapshot.state.name, type(event).__name__)

    def _without_secrets(self, context: C) -> C:
        stale = {field: None for field in self._secrets if getattr(context, field) is not None}
        return cast("C", _evolve(context, **stale)) if stale else context

    def _compile(self) -> Mapping[tuple[S, type[Event]], _Trigger]:
        machine = Machine(
            model=None,
            states=[self.initial, *self.nodes],
            initial=self.initial,
            auto_transitions=False,
            send_event=True,
            queued=False,
        )
        for edge in self.edges:
            machine.add_transition(
                trigger=edge.event.__name__,
                source=list(edge.sources),
                dest=edge.target,
                conditions=[_guard(edge.when)] if edge.when is not None else None,
                unless=[_guard(edge.unless)] if edge.unless is not None else None,
                before=[_carry_over(edge)],
            )
        triggers = cast("Mapping[str, _Trigger]", machine.events)
        return {(state, edge.event): triggers[edge.event.__name__] for edge in self.edges for state in edge.sources}


def _guard(predicate: Callable[[C, Event], bool]) -> Callable[[EventData], bool]:
    def holds(data: EventData) -> bool:
        scratch = cast("_Scratch[Enum, C]", data.model)
        # A truthy answer becomes True, for transitions asks whether it == True.
        return bool(predicate(scratch.context, scratch.event))

    return holds


def _carry_over(edge: Edge[S, C]) -> Callable[[EventData], None]:
    keep, fails = edge.keep, edge.fails

    def carry_over(data: EventData) -> None:
        scratch = cast("_Scratch[S, C]", data.model)
        absorbed = scratch.context
        if keep is not None:
            scratch.context = keep(absorbed, scratch.event)
        if fails is not None:
            scratch.failure = fails(absorbed, scratch.event)

    return carry_over


def _is_secret_or_none(hint: object) -> bool:
    return set(_members(hint)) == {Secret, type(None)}


def _secret_problems(hints: Mapping[str, object]) -> Iterator[str]:
    for field, hint in hints.items():
        members = set(_members(hint))
        secrets = {kind for kind in _mentioned(hint) if isinstance(kind, type) and issubclass(kind, Secret)}
        if secrets - {Carried} and not _is_secret_or_none(hint):
            yield f"the context field {field} must be typed Secret | None, so that it can be cleared"
        elif Carried in members and members - {Carried, type(None)}:
            yield f"the context field {field} must be typed Carried or Carried | None"


def _members(hint: object) -> tuple[object, ...]:
    return get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)


def _mentioned(hint: object) -> Iterator[object]:
    yield hint
    for part in get_args(hint):
        yield from _mentioned(part)
