"""Asking a person: words in place of answers, menus, and what is shown of texts from elsewhere."""

from collections.abc import Callable
from typing import Any, NoReturn

import anyio
import anyio.to_thread
import pytest
import typer
from rich.console import Console

from authsteps.adapters.terminal.prompts import Choice, Leave, Prompts, SendAgain, StartOver


class Keyboard:
    """Types prepared lines, and records what the screen shows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *lines: str | type[BaseException]) -> None:
        self.console = Console(record=True, width=60, quiet=False, file=None, force_terminal=False)
        self.prompts = Prompts(self.console)
        self.hidden: list[bool] = []
        self._lines = list(lines)
        monkeypatch.setattr(typer, "prompt", self._prompt)

    @property
    def screen(self) -> str:
        """All that was shown."""
        return self.console.export_text(clear=False)

    def _prompt(self, _: str, **options: Any) -> str:
        self.hidden.append(options["hide_input"])
        line = self._lines.pop(0)
        if isinstance(line, str):
            return line
        try:
            press(line)
        except line:
            raise typer.Abort from None  # as typer.prompt does
        raise AssertionError


def press(key: type[BaseException]) -> NoReturn:
    """Do what pressing a key does to input()."""
    raise key


ASKS: dict[str, Callable[[Prompts], object]] = {
    "a line": lambda prompts: prompts.ask("Name"),
    "a code": lambda prompts: prompts.ask_for_code("Code", sends_again=True),
    "a secret": lambda prompts: prompts.ask_secretly("Password"),
    "yes or no": lambda prompts: prompts.confirm("Sure?"),
    "a choice": lambda prompts: prompts.choose("Which", [Choice(1, "one"), Choice(2, "two")]),
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize(("word", "wanted"), [("!restart", StartOver), ("!quit", Leave), (" !quit ", Leave)])
def test_at_every_prompt_words_mean_something_else_than_an_answer(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[Prompts], object], word: str, wanted: type[Exception]
) -> None:
    with pytest.raises(wanted):
        ask(Keyboard(monkeypatch, word).prompts)


@pytest.mark.parametrize(("pressed", "exit_code"), [(KeyboardInterrupt, 130), (EOFError, 1)])
def test_ctrl_c_and_the_end_of_the_input_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, pressed: type[BaseException], exit_code: int
) -> None:
    with pytest.raises(Leave) as left:
        Keyboard(monkeypatch, pressed).prompts.ask("Name")
    assert left.value.exit_code == exit_code


def test_a_code_is_sent_again_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SendAgain):
        Keyboard(monkeypatch, "!again").prompts.ask_for_code("Code", sends_again=True)
    keyboard = Keyboard(monkeypatch, "!again", "123456")
    assert keyboard.prompts.ask_for_code("Code").reveal() == "123456"
    assert "no code to send again" in keyboard.screen


def test_the_words_are_explained_before_the_first_question_and_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard = Keyboard(monkeypatch, "a", "b", "!help", "c")
    assert [keyboard.prompts.ask("Name") for _ in range(3)] == ["a", "b", "c"]
    assert keyboard.screen.count("!restart starts over") == 2


def test_a_new_secret_is_asked_for_until_it_was_typed_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard = Keyboard(monkeypatch, "one", "two", "three", "three")
    assert keyboard.prompts.ask_secretly("Password", is_new=True).reveal() == "three"
    assert keyboard.hidden == [True] * 4
    assert "three" not in keyboard.screen


@pytest.mark.parametrize(
    ("typed", "default", "meant"),
    [("y", False, True), ("YES", False, True), ("n", True, False), ("no", True, False), ("", True, True)],
)
def test_yes_and_no(monkeypatch: pytest.MonkeyPatch, typed: str, default: bool, meant: bool) -> None:  # noqa: FBT001  # a table
    assert Keyboard(monkeypatch, "maybe", typed).prompts.confirm("Sure?", default=default) is meant


@pytest.mark.parametrize("typed", ["2", "two", "TWO", " two ", "zwei"])
def test_a_choice_is_meant_by_number_or_by_name(monkeypatch: pytest.MonkeyPatch, typed: str) -> None:
    choices = [Choice(1, "one", "the first"), Choice(2, "two", "the second", ("zwei",))]
    keyboard = Keyboard(monkeypatch, "0", "3", "thr", typed)
    assert keyboard.prompts.choose("Which", choices) == 2
    assert keyboard.screen.count("type a number from 1 to 2") == 3


def test_a_text_from_elsewhere_moves_no_cursor_and_sets_no_style(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard = Keyboard(monkeypatch)
    keyboard.prompts.say("a\x1b[2Jb\rc [red]d[/red]")
    keyboard.prompts.draw("e\x07f")
    assert keyboard.screen == "a�[2Jb�c [red]d[/red]\ne�f\n"


async def test_outside_the_main_thread_there_is_no_signal_to_see_to(monkeypatch: pytest.MonkeyPatch) -> None:
    keyboard = Keyboard(monkeypatch, "alice")
    assert await anyio.to_thread.run_sync(keyboard.prompts.ask, "Name") == "alice"
