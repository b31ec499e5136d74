"""Finding a flow that stands in a file of somebody's own."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

import typer

from authsteps.adapters.lambda_triggers import UnrunnableFileError, run_file
from authsteps.engine import Flow
from authsteps.flows import CustomAuthFlow

from .aside import printing_to_stderr

__all__ = ["is_place", "own_flow"]

_SUFFIX = ".py"

Graph: TypeAlias = Flow[Any, Any]


def is_place(text: str) -> bool:
    """Whether a text says where a flow is: ``PATH.py`` or ``PATH.py:NAME``."""
    return text.endswith(_SUFFIX) or f"{_SUFFIX}:" in text


def own_flow(place: str) -> Graph:
    """Run the file, and return the flow of that name, or the only one in it; of a ``CustomAuthFlow`` its graph.

    Args:
        place: ``PATH.py:NAME``, or ``PATH.py``.

    Raises:
        typer.BadParameter: There is none, or it is not clear which is meant.
    """
    path, name = _parts(place)
    try:
        with printing_to_stderr():
            module = run_file(path)
    except UnrunnableFileError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from error
    flows = dict(_flows(module))
    if name in flows:
        return flows[name]
    declared = f"it declares {', '.join(flows)}" if flows else "it declares none"
    if name and hasattr(module, name):
        kind = type(getattr(module, name)).__name__
        raise typer.BadParameter(f"{path}: {name} is no flow but of type {kind}; {declared}", param_hint="NAME")
    if name:
        raise typer.BadParameter(f"{path}: there is no flow {name!r} in it; {declared}", param_hint="NAME")
    graphs = [*dict.fromkeys(flows.values())]
    if len(graphs) != 1:
        problem = f"{declared}; say which, as in {path}:{next(iter(flows))}" if flows else "it declares no flow"
        raise typer.BadParameter(f"{path}: {problem}", param_hint="NAME")
    return graphs[0]


def _parts(place: str) -> tuple[Path, str]:
    if place.endswith(_SUFFIX):
        return Path(place), ""
    path, _, name = place.rpartition(":")
    return Path(path), name


def _flows(module: ModuleType) -> Iterator[tuple[str, Graph]]:
    for name, value in vars(module).items():
        if isinstance(value, CustomAuthFlow):
            yield name, value.graph
        elif isinstance(value, Flow):
            yield name, value
