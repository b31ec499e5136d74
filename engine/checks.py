"""Proofs on a declared graph.

``verify(flow)`` shows that a flow can be followed to an end wherever it is. ``passes(flow, ...)`` shows that nobody
reaches a state around another one: no tokens around the second factor, for instance. A plain dominator would be of no
use there, for a pool may have MFA switched off; so the question is asked under assumptions, as values of guards, and
the rows that contradict them are left out.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TypeVar

import attrs

from .errors import DeclarationError
from .flow import Flow
from .messages import Effect, Step
from .table import Edge, NodeKind

__all__ = ["detour", "passes", "problems", "verify"]

S = TypeVar("S", bound=Enum)
C = TypeVar("C", bound=attrs.AttrsInstance)


def verify(flow: Flow[S, C]) -> None:
    """Show that the flow is sound.

    Raises:
        DeclarationError: It is not; ``problems`` says why.
    """
    if found := problems(flow):
        raise DeclarationError(flow.name, *found)


def problems(flow: Flow[S, C]) -> tuple[str, ...]:
    """Return what is unsound about a flow, one sentence each.

    Every state can be reached, and from every state an end can be reached. Every event that may answer the effect of
    a working state is accepted by that state, whatever the guards say. Every step has exactly one home.
    """
    return tuple(
        itertools.chain(_unreachable(flow), _endless(flow), _unanswered(flow), _homeless(flow)),
    )


def passes(
    flow: Flow[S, C],
    goal: S,
    through: S | Iterable[S],
    assuming: Mapping[Callable[..., bool], bool] | None = None,
) -> bool:
    """Tell whether every path to ``goal`` goes through ``through`` (a state, or any one of several).

    Args:
        flow: The flow.
        goal: The state to reach.
        through: The state, or the states, that no path may avoid.
        assuming: Guards and the value each is assumed to have. Rows that contradict it are left out.

    Raises:
        ValueError: Under these assumptions the goal cannot be reached at all, so there is nothing to prove.
    """
    return detour(flow, goal, through, assuming) is None


def detour(
    flow: Flow[S, C],
    goal: S,
    through: S | Iterable[S],
    assuming: Mapping[Callable[..., bool], bool] | None = None,
) -> tuple[Edge[S, C], ...] | None:
    """Return a shortest path to ``goal`` around ``through``, or ``None`` if there is none.

    The arguments and errors are those of ``passes``.
    """
    avoided = {through} if isinstance(through, Enum) else set(through)
    values = {guard.__name__: value for guard, value in (assuming or {}).items()}
    if unknown := values.keys() - {name for edge in flow.edges for name, _ in edge.guards}:
        raise ValueError(f"{flow.name} has no guard called {', '.join(sorted(unknown))}")
    rows = [
        edge for edge in flow.edges if not any(values.get(name, wanted) is not wanted for name, wanted in edge.guards)
    ]
    if _path(rows, flow.initial, goal, set()) is None:
        raise ValueError(f"{goal.name} cannot be reached in {flow.name} under these assumptions")
    return _path(rows, flow.initial, goal, avoided)


def _path(rows: Sequence[Edge[S, C]], start: S, goal: S, avoided: set[S]) -> tuple[Edge[S, C], ...] | None:
    paths: dict[S, tuple[Edge[S, C], ...]] = {} if start in avoided else {start: ()}
    waiting = deque(paths)
    while waiting:
        state = waiting.popleft()
        if state is goal:
            return paths[state]
        for edge in rows:
            if state in edge.sources and edge.target not in paths and edge.target not in avoided:
                paths[edge.target] = (*paths[state], edge)
                waiting.append(edge.target)
    return None


def _unreachable(flow: Flow[S, C]) -> Iterator[str]:
    for state in flow.nodes:
        if _path(flow.edges, flow.initial, state, set()) is None:
            yield f"{state.name} cannot be reached"


def _endless(flow: Flow[S, C]) -> Iterator[str]:
    ends = {state for state, node in flow.nodes.items() if node.kind is NodeKind.FINAL}
    for state in type(flow.initial):
        if not any(_path(flow.edges, state, end, set()) is not None for end in ends):
            yield f"no end can be reached from {state.name}"


def _unanswered(flow: Flow[S, C]) -> Iterator[str]:
    for state, node in flow.nodes.items():
        if node.kind is not NodeKind.WORKING or node.holds is None:
            continue
        if not node.holds.answers:
            yield f"nothing answers {node.holds.__name__}, which {state.name} holds"
        for event in node.holds.answers:
            rows = flow.rows(state, event)
            if not rows:
                yield f"{state.name} does not accept {event.__name__}, which may answer {node.holds.__name__}"
            elif not _exhaustive(rows):
                yield f"the guards of {state.name} can all refuse {event.__name__}"


def _exhaustive(rows: Sequence[Edge[S, C]]) -> bool:
    """Tell whether some row is open whatever values the guards have."""
    names = sorted({name for row in rows for name, _ in row.guards})
    for values in itertools.product((True, False), repeat=len(names)):
        truth = set(zip(names, values, strict=True))
        if not any(row.guards <= truth for row in rows):
            return False
    return True


def _homeless(flow: Flow[S, C]) -> Iterator[str]:
    homes: dict[type[Effect], list[str]] = {}
    for state, node in flow.nodes.items():
        if node.holds is not None and issubclass(node.holds, Step):
            homes.setdefault(node.holds, []).append(state.name)
    for step, states in homes.items():
        if len(states) > 1:
            yield f"{step.__name__} has more than one home: {', '.join(states)}"
