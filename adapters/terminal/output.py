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

__all__ = ["Output", "Value", "show_pairs"]

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
            self._console.print(_table([{name: _for_people(value) for name, value in row.items()} for row in rows]))

    def record(self, record: Mapping[str, Value]) -> None:
        """Print one thing: for a person, its values one below the other."""
        if self._as_json:
            self.rows([record], "")
        else:
            texts = {_title(name): _for_people(value) for name, value in record.items()}
            show_pairs(self._console, {name: text for name, text in texts.items() if text})


def show_pairs(console: Console, pairs: Mapping[str, str]) -> None:
    """Show texts under their names, aligned."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in pairs.items():
        grid.add_row(f"  {escape(printable(name))}", escape(printable(value)))
    console.print(grid, highlight=False)


def _table(rows: Sequence[Mapping[str, str]]) -> Table:
    """Return a table. Its first column names the thing, so it is not broken."""
    names = list(rows[0])
    table = Table(box=box.SIMPLE, show_edge=False)
    for name in names:
        table.add_column(_title(name), overflow="fold", no_wrap=name == names[0])
    for row in rows:
        table.add_row(*(escape(printable(row[name])) for name in names))
    return table


def _title(name: str) -> str:
    return name.replace("_", " ")


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
            return f"{value.astimezone():%Y-%m-%d %H:%M}"
        case tuple():
            return ", ".join(value)
        case Mapping():
            return ", ".join(f"{name}={text}" for name, text in value.items())
        case _:
            return value
