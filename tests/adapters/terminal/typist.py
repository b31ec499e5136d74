"""Somebody at the keyboard of the ``authsteps`` command, who reads the screen before typing."""

import io
import re
import sys
from collections.abc import Callable, Sequence
from typing import TypeAlias

import attrs
import pytest
import typer
from typer.testing import CliRunner, Result

from authsteps.adapters.terminal import app

__all__ = ["CTRL_C", "CTRL_D", "Line", "Session", "Typing", "app_code", "at_keyboard", "code", "on_screen"]

Line: TypeAlias = str | Callable[[str], str]
"""What is typed: a text, or what is made of the screen as it is then."""


def on_screen(pattern: str) -> Callable[[str], str]:
    """Type what the screen showed last in a place: what the pattern's group matches."""

    def read(screen: str) -> str:
        found: list[str] = re.findall(pattern, screen)
        assert found, f"{pattern!r} is not on the screen:\n{screen}"
        return found[-1]

    return read


code = on_screen(r"Your code is (\d+)")
"""The code that was sent last."""

app_code = on_screen(r"authenticator app\] (\d{6})")
"""What the authenticator app shows."""


def CTRL_C(_: str) -> str:  # noqa: N802  # the name of a key
    """Press Ctrl-C."""
    raise KeyboardInterrupt


def CTRL_D(_: str) -> str:  # noqa: N802  # the name of a key
    """End the input."""
    raise EOFError


@attrs.frozen
class Session:
    """What happened at the keyboard.

    Attributes:
        result: How the command ended, and what it printed.
        prompts: What was asked, in order. Where the answer is not shown, it says so.
        typed: How many lines were typed.
    """

    result: Result
    prompts: Sequence[str]
    typed: int

    @property
    def screen(self) -> str:
        """All that was shown."""
        return self.result.output


class Typing:
    """Types lines, each when it is asked for. After the last one the input ends.

    Attributes:
        prompts: What was asked so far.
        waiting: The lines that were not typed yet.
    """

    def __init__(self, *lines: Line) -> None:
        self.prompts: list[str] = []
        self.waiting = list(lines)

    def prompt(
        self,
        text: str,
        *,
        default: str | None = None,
        hide_input: bool = False,
        show_default: bool = True,
        err: bool = False,
    ) -> str:
        """Stand in for ``typer.prompt``."""
        typer.echo(f"{text} [{default}]: " if default and show_default else f"{text}: ", nl=False, err=err)
        self.prompts.append(f"{text} (hidden)" if hide_input else text)
        try:
            typed = self._next()
        except (KeyboardInterrupt, EOFError):
            raise typer.Abort from None
        typer.echo("" if hide_input else typed, err=err)
        return typed or (default if default is not None else typed)

    def _next(self) -> str:
        if not self.waiting:
            raise EOFError
        line = self.waiting.pop(0)
        return line if isinstance(line, str) else line(_screen())


def at_keyboard(monkeypatch: pytest.MonkeyPatch, arguments: str, *lines: Line) -> Session:
    """Run the command, and type these lines."""
    typing = Typing(*lines)
    monkeypatch.setattr(typer, "prompt", typing.prompt)
    result = CliRunner().invoke(app, arguments)
    return Session(result, typing.prompts, len(lines) - len(typing.waiting))


def _screen() -> str:
    shown: list[str] = []
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        assert isinstance(stream.buffer, io.BytesIO)
        shown.append(stream.buffer.getvalue().decode())
    return "".join(shown)
