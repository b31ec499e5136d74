"""What the command shows: observations as lines for a person, or as one JSON object a line for a program."""

import json
from datetime import timedelta

from rich.console import Console
from rich.markup import escape

from authsteps.engine import Observation

__all__ = ["JsonShow", "PlainShow", "Show"]


class PlainShow:
    """Shows things to a person.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._has_header = False

    def heading(self, text: str) -> None:
        """Begin a part."""
        self._has_header = False
        self._console.print(f"\n[bold]{escape(text)}[/bold]", highlight=False)

    def advanced(self, observation: Observation) -> None:
        """Show one advance: what it took, what happened, where that leads, and what is wanted there."""
        if not self._has_header:
            self._has_header = True
            header = f"  {'took':>9}  {'event':<27} {'state':<24} wanted next"
            self._console.print(f"[dim]{header}[/dim]", highlight=False)
        wanted = observation.outstanding or ""
        if observation.is_step:
            wanted = f"[bold cyan]▸ {wanted}[/bold cyan]"
        failure = f"  [red]{escape(observation.failure)}[/red]" if observation.failure is not None else ""
        line = f"  {_duration(observation.took):>9}  {observation.event:<27} {observation.target:<24} {wanted}{failure}"
        self._console.print(line, highlight=False, soft_wrap=True)

    def exchanged(self, effect: str, event: str, took: timedelta) -> None:
        """Show one exchange that belongs to no flow."""
        self._console.print(f"  {_duration(took):>9}  {effect} → {event}", highlight=False, soft_wrap=True)

    def checked(self, text: str) -> None:
        """Show that something held which was checked."""
        self._console.print(f"  [green]✓[/green] {escape(text)}", highlight=False, soft_wrap=True)

    def failed(self, text: str) -> None:
        """Show why it went wrong."""
        self._console.print(f"\n[bold red]✗ {escape(text)}[/bold red]", highlight=False, soft_wrap=True)

    def done(self, text: str) -> None:
        """Show how it ended."""
        self._console.print(f"\n[bold green]{escape(text)}[/bold green]", highlight=False, soft_wrap=True)


class JsonShow:
    """Shows things to a program.

    Args:
        console: Where to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def heading(self, text: str) -> None:
        """Begin a part."""
        self._write("part", text=text)

    def advanced(self, observation: Observation) -> None:
        """Show one advance."""
        self._write(
            "advance",
            flow=observation.flow,
            run_id=observation.run_id,
            event=observation.event,
            source=observation.source,
            target=observation.target,
            outstanding=observation.outstanding,
            is_step=observation.is_step,
            failure=observation.failure,
            took_ms=_milliseconds(observation.took),
        )

    def exchanged(self, effect: str, event: str, took: timedelta) -> None:
        """Show one exchange that belongs to no flow."""
        self._write("exchange", effect=effect, event=event, took_ms=_milliseconds(took))

    def checked(self, text: str) -> None:
        """Show that something held which was checked."""
        self._write("check", text=text, passed=True)

    def failed(self, text: str) -> None:
        """Show why it went wrong."""
        self._write("failure", text=text)

    def done(self, text: str) -> None:
        """Show how it ended."""
        self._write("done", text=text)

    def _write(self, kind: str, **values: str | bool | float | None) -> None:
        self._console.out(json.dumps({"kind": kind, **values}), highlight=False)


Show = PlainShow | JsonShow
"""Either of the two."""


def _milliseconds(duration: timedelta) -> float:
    return round(duration.total_seconds() * 1000, 3)


def _duration(duration: timedelta) -> str:
    return f"{_milliseconds(duration):.1f} ms"
