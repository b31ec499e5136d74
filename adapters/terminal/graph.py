"""Showing a flow: as Mermaid, as DOT, as a table, or as one JSON object for each row."""

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table

from authsteps.adapters.fake import sign_in_ladder
from authsteps.engine import Edge, Flow
from authsteps.flows import FLOWS

__all__ = ["ALL_FLOWS", "print_json", "print_table"]

ALL_FLOWS: Mapping[str, Flow[Any, Any]] = MappingProxyType({**FLOWS, sign_in_ladder.name: sign_in_ladder})
"""Every flow that the command can show: those of the client, and the fake pool's own ladder."""


def print_table(console: Console, flow: Flow[Any, Any]) -> None:
    """Print what each state holds, and each row."""
    states = Table(title=f"{flow.name}: what each state holds", box=box.SIMPLE, title_justify="left")
    for column in ("state", "kind", "holds"):
        states.add_column(column)
    for state, node in flow.nodes.items():
        states.add_row(state.name, node.kind.value, node.holds.__name__ if node.holds is not None else "")
    console.print(states)
    rows = Table(title=f"{flow.name}: the rows", box=box.SIMPLE, title_justify="left")
    for column in ("event", "from", "to", "guard"):
        rows.add_column(column, overflow="fold")
    for edge in flow.edges:
        source = edge.group.name if edge.group is not None else edge.sources[0].name
        rows.add_row(edge.event.__name__, source, edge.target.name, _guard(edge))
    console.print(rows)
    for name, members in sorted(_groups(flow).items()):
        console.print(f"{name} is any of {', '.join(members)}.", highlight=False)


def print_json(console: Console, flow: Flow[Any, Any]) -> None:
    """Print one object for each state and one for each row."""
    for state, node in flow.nodes.items():
        holds = node.holds.__name__ if node.holds is not None else None
        console.out(json.dumps({"kind": "state", "name": state.name, "is": node.kind.value, "holds": holds}))
    for edge in flow.edges:
        row: dict[str, object] = {
            "kind": "row",
            "event": edge.event.__name__,
            "from": [state.name for state in edge.sources],
            "to": edge.target.name,
            "guards": dict(sorted(edge.guards)),
            "fails": edge.fails is not None,
        }
        console.out(json.dumps(row))


def _groups(flow: Flow[Any, Any]) -> dict[str, list[str]]:
    return {edge.group.name: [state.name for state in edge.group] for edge in flow.edges if edge.group is not None}


def _guard(edge: Edge[Any, Any]) -> str:
    return ", ".join(name if wanted else f"not {name}" for name, wanted in sorted(edge.guards))
