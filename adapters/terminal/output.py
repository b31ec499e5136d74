"""Data as a table for a person, or as one JSON object a line for a program."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .prompts import printable

__all__ = ["Output", "Value"]

Value: TypeAlias = str | bool | datetime | tuple[str, ...] | Mapping[str, str] | None


class Output:
    """Prints data.

    Args:
        console: Where to.
        as_json: Whether for a program.
    """

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self._console = console
        self._as_json = as_json

    def rows(self, rows: Sequence[Mapping[str, Value]], nothing: str) -> None:
        """Print rows that all have the same columns.

        Args:
            rows: Values by column.
            nothing: What to tell a person where there are none.
        """
        if self._as_json:
            for row in rows:
                self._console.out(json.dumps({name: _for_programs(value) for name, value in row.items()}))
        elif not rows:
            self._console.print(nothing, highlight=False)
        else:
            table = Table(box=box.SIMPLE, show_edge=False)
            for name in rows[0]:
                table.add_column(name.replace("_", " "), overflow="fold")
            for row in rows:
                table.add_row(*(escape(printable(_for_people(value))) for value in row.values()))
            self._console.print(table, highlight=False)


def _for_programs(value: Value) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    return dict(value) if isinstance(value, Mapping) else value


def _for_people(value: Value) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone().isoformat(" ", "minutes")
        case tuple():
            return ", ".join(value)
        case Mapping():
            return ", ".join(f"{name}={text}" for name, text in value.items())
        case str():
            return value
