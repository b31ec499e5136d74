"""Pictures of a flow, made from the very declaration that runs, by the diagram extension of ``transitions``.

A named group of source states is drawn as one box: its members lead into it, and its rows leave from it. A group that
is another one with some states left out is led into by that other one alone. In DOT those lines are faint, and states
are placed as if they were not there: in a group of many they would pull the picture to twice its width.
"""

from collections.abc import Iterator
from enum import Enum
from importlib.util import find_spec
from typing import Any, Literal, TypeVar

import attrs
from transitions import State
from transitions.extensions import GraphMachine

from .flow import Flow
from .table import Edge, Group

__all__ = ["dot", "mermaid"]

S = TypeVar("S", bound=Enum)
C = TypeVar("C", bound=attrs.AttrsInstance)

_FILLS = {
    "default": "white",
    "working": "#eef3fb",
    "waiting": "#fff3d6",
    "final": "#e3f4e1",
    "group": "#f4f4f4",
}
"""A colour for each kind of node."""

_MEMBERSHIP = {"style": "dashed", "color": "gray60", "fontcolor": "gray60", "constraint": "false"}
"""How DOT draws the line from a state to a group that it is of."""


def mermaid(flow: Flow[S, C]) -> str:
    """Return the flow as a Mermaid state diagram. Pages that know Mermaid, such as GitHub's, draw it."""
    return str(_graph(flow, "mermaid").source) + "\n"


def dot(flow: Flow[S, C]) -> str:
    """Return the flow in Graphviz's DOT language, the initial state on the left.

    Raises:
        ModuleNotFoundError: The ``graphviz`` package is missing; install ``authsteps[dot]``.
    """
    if find_spec("graphviz") is None:
        # transitions would draw Mermaid instead and not say so
        raise ModuleNotFoundError("DOT needs the graphviz package: pip install 'authsteps[dot]'", name="graphviz")
    graph = _graph(flow, "graphviz")
    graph.body.append(f"\t{{rank=source; {flow.initial.name}}}\n")
    return str(graph.source)


class _Model:
    """Somebody for the diagram to be of; ``transitions`` draws nothing for a machine without a model."""


class _Labelled(State):
    """A state that a diagram labels with what it holds."""

    def __init__(self, name: str, label: str) -> None:
        super().__init__(name)
        self.label = label


def _graph(flow: Flow[S, C], engine: Literal["mermaid", "graphviz"]) -> Any:  # transitions does not type its graphs
    model = _Model()
    machine = GraphMachine(
        model=model,
        states=[*_states(flow, "<br/>" if engine == "mermaid" else r"\n")],
        initial=flow.initial.name,
        title=f"title: {flow.name}" if engine == "mermaid" else flow.name,
        auto_transitions=False,
        graph_engine=engine,
    )
    styles: Any = machine.style_attributes  # the stubs are vague about what lies in it
    fills = {kind: _style(fill, engine) for kind, fill in _FILLS.items()}
    lines = {**styles["edge"], "membership": _MEMBERSHIP}
    machine.style_attributes = {**styles, "node": {**styles["node"], **fills}, "edge": lines}
    for source, target, label in _arrows(flow):
        machine.add_transition(label or "of", source, target, label=label)
    graph: Any = machine.model_graphs[id(model)]  # nor what a graph of each engine has
    graph.reset_styling()
    for state, node in flow.nodes.items():
        graph.set_node_style(state.name, node.kind.value)
    for group in _groups(flow):
        graph.set_node_style(group.name, "group")
    for member, group_name in _memberships(flow):
        graph.custom_styles["edge"][member][group_name] = "membership"
    return machine.get_combined_graph()


def _style(fill: str, engine: str) -> dict[str, str]:
    if engine == "mermaid":
        return {"color": "black", "fill": fill}
    return {"shape": "rectangle", "style": "rounded,filled", "fillcolor": fill}


def _states(flow: Flow[S, C], line_break: str) -> Iterator[State]:
    yield _Labelled(flow.initial.name, flow.initial.name)
    for state, node in flow.nodes.items():
        held = f"{line_break}{node.holds.__name__}" if node.holds is not None else ""
        yield _Labelled(state.name, f"{state.name}{held}")
    for group in _groups(flow):
        yield _Labelled(group.name, f"{group.name}: any of {'them' if group.whole is None else 'the others'}")


def _groups(flow: Flow[S, C]) -> tuple[Group[S], ...]:
    groups: dict[str, Group[S]] = {}
    for edge in flow.edges:
        group = edge.group
        while group is not None:
            groups.setdefault(group.name, group)
            group = group.whole
    return tuple(groups.values())


def _memberships(flow: Flow[S, C]) -> Iterator[tuple[str, str]]:
    for group in _groups(flow):
        for name in (group.whole.name,) if group.whole is not None else (state.name for state in group):
            yield name, group.name


def _arrows(flow: Flow[S, C]) -> Iterator[tuple[str, str, str]]:
    for name, group_name in _memberships(flow):
        yield name, group_name, ""
    for edge in flow.edges:
        for source in (edge.group.name,) if edge.group is not None else (state.name for state in edge.sources):
            yield source, edge.target.name, _label(edge)


def _label(edge: Edge[S, C]) -> str:
    conditions = [name if wanted else f"not {name}" for name, wanted in sorted(edge.guards)]
    return f"{edge.event.__name__} [{' and '.join(conditions)}]" if conditions else edge.event.__name__
