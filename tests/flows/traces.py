"""Traces: events in, and out of each the state, what is outstanding there, and what went wrong on the way."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

import attrs

from authsteps.engine import checks
from authsteps.engine.errors import DeclarationError
from authsteps.engine.flow import Absorb, Advance, Flow
from authsteps.engine.messages import Effect, Event, Failure
from authsteps.engine.snapshot import Snapshot, SnapshotCodec
from authsteps.engine.table import Edge, NodeKind

S = TypeVar("S", bound=Enum)
C = TypeVar("C", bound=attrs.AttrsInstance)


@attrs.frozen
class Row(Generic[S]):
    """One event and what it must lead to."""

    event: Event
    state: S
    held: Effect | None
    failure: Failure | None = None


Trace: TypeAlias = Sequence[Row[S]]


def to(event: Event, state: S, held: Effect | None = None, failure: Failure | None = None) -> Row[S]:
    """A row of a trace: on ``event``, to ``state``, which holds ``held``; ``failure`` is told beside it."""
    return Row(event, state, held, failure)


def follow(flow: Flow[S, C], trace: Trace[S]) -> Snapshot[S, C]:
    """Follow a trace row by row, hold every row against the flow, and return where it ends."""
    snapshot = flow.start()
    for row in trace:
        advance = flow.advance(snapshot, row.event)
        assert seen(advance) == (row.state, row.held, row.failure)
        snapshot = advance.snapshot
    return snapshot


def seen(advance: Advance[S, C]) -> tuple[S, Effect | None, Failure | None]:
    return advance.snapshot.state, advance.outstanding, advance.failure


def after(flow: Flow[S, C], *happened: Event) -> Snapshot[S, C]:
    """Where these events lead."""
    snapshot = flow.start()
    for event in happened:
        snapshot = flow.advance(snapshot, event).snapshot
    return snapshot


def codec(flow: Flow[S, C]) -> SnapshotCodec[S, C]:
    return SnapshotCodec(flow.name, flow.version, type(flow.initial), flow.context)


def survivors(flow: Flow[S, C], absorb: Absorb[C] | None, traces: Iterable[Trace[S]]) -> list[str]:
    """Break the flow in every small way, and return the ways that nobody notices.

    A broken flow is noticed if it cannot be declared, if a trace fails, or if the checks find fault with it. Only the
    traces that come by the broken row are followed: the others cannot tell.
    """
    coming_by = _by_row(flow, traces)
    return [
        label
        for label, row, edges in _mutants(flow)
        if not _is_noticed(
            flow, edges, absorb, [trace for state in row.sources for trace in coming_by.get((state, row.event), ())]
        )
    ]


def _by_row(flow: Flow[S, C], traces: Iterable[Trace[S]]) -> Mapping[tuple[S, type[Event]], Sequence[Trace[S]]]:
    coming_by: dict[tuple[S, type[Event]], list[Trace[S]]] = {}
    for trace in traces:
        states = [flow.initial, *(row.state for row in trace)]
        for place in {(state, type(row.event)) for state, row in zip(states, trace, strict=False)}:
            coming_by.setdefault(place, []).append(trace)
    return coming_by


def _mutants(flow: Flow[S, C]) -> Iterator[tuple[str, Edge[S, C], list[Edge[S, C]]]]:
    for index, edge in enumerate(flow.edges):
        row = f"{edge.event.__name__} to {edge.target.name}"
        before, behind = flow.edges[:index], flow.edges[index + 1 :]
        yield f"{row}, dropped", edge, [*before, *behind]
        for label, changed in _changed(flow, edge):
            yield f"{row}, {label}", edge, [*before, changed, *behind]


def _changed(flow: Flow[S, C], edge: Edge[S, C]) -> Iterator[tuple[str, Edge[S, C]]]:
    if len(edge.sources) > 1:
        for source in edge.sources:
            rest = tuple(other for other in edge.sources if other is not source)
            yield f"not from {source.name}", attrs.evolve(edge, sources=rest, group=None)
    # A guard that is merely taken away leaves a table that cannot be declared, or one that means the same.
    for part in ("keep", "fails"):
        if getattr(edge, part) is not None:
            changes: dict[str, Any] = {part: None}
            yield f"without {part}", attrs.evolve(edge, **changes)
    if edge.when is not None or edge.unless is not None:
        yield "guards swapped", attrs.evolve(edge, when=edge.unless, unless=edge.when)
    for state in flow.nodes:
        if state is not edge.target:
            yield f"now to {state.name}", attrs.evolve(edge, target=state)


def _is_noticed(
    flow: Flow[S, C], edges: list[Edge[S, C]], absorb: Absorb[C] | None, traces: Sequence[Trace[S]]
) -> bool:
    try:
        broken = Flow(
            flow.name,
            version=flow.version,
            context=flow.context,
            initial=flow.initial,
            nodes=[*flow.nodes.values()],
            edges=edges,
            absorb=absorb,
        )
    except DeclarationError:
        return True
    return any(_fails(broken, trace) for trace in traces) or bool(checks.problems(broken))


def _fails(flow: Flow[S, C], trace: Trace[S]) -> bool:
    snapshot = flow.start()
    for row in trace:
        try:
            advance = flow.advance(snapshot, row.event)
        except Exception:  # noqa: BLE001  # whatever a broken flow raises, it was noticed
            return True
        if seen(advance) != (row.state, row.held, row.failure):
            return True
        snapshot = advance.snapshot
    return False


def waiting_states(flow: Flow[S, C]) -> list[S]:
    return [state for state, node in flow.nodes.items() if node.kind is NodeKind.WAITING]
