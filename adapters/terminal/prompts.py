"""Asking a person: lines, secrets, menus, and the words that can be typed in place of any answer.

Prompts block the event loop. Nothing else runs on it while a person types.
"""

import signal
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Generic, TypeVar

import attrs
import typer
from rich.console import Console
from rich.markup import escape

from authsteps.engine import AuthStepsError, Secret

from .mailbox import Mailbox

__all__ = [
    "INTERRUPTED",
    "Choice",
    "Leave",
    "Prompts",
    "SendAgain",
    "StartOver",
    "Unchanged",
    "Word",
    "find",
    "printable",
]

T = TypeVar("T")

INTERRUPTED = 130
"""What a shell expects of a command that Ctrl-C ended: 128 and the signal's number."""


class Word(Exception):  # noqa: N818  # no error: a person typed a word in place of an answer
    """A person wants something else than to answer."""


class StartOver(Word):
    """Whatever is under way is to begin again: ``!restart``."""


class SendAgain(Word):
    """The code is to be sent again: ``!again``."""


class Leave(Word):
    """The command is to end: ``!quit``, the end of the input, or Ctrl-C.

    Attributes:
        exit_code: What the command ends with.
    """

    def __init__(self, exit_code: int = 1) -> None:
        super().__init__()
        self.exit_code = exit_code


class Unchanged(Leave):
    """The person is not sure after all, so nothing was changed."""


@attrs.frozen
class Choice(Generic[T]):
    """One line of a menu.

    Attributes:
        value: What choosing it means.
        name: What can be typed for it, beside its number.
        title: What it is.
        other_names: What can be typed as well.
    """

    value: T
    name: str
    title: str = ""
    other_names: tuple[str, ...] = ()

    def is_meant_by(self, typed: str, number: int) -> bool:
        """Whether somebody who typed this means this line, which has that number."""
        names = {name.casefold() for name in (str(number), self.name, *self.other_names)}
        return typed.strip().casefold() in names


class Prompts:
    """Talks with the person at the keyboard.

    A line that is one of the words is never an answer, so a secret that is one of them cannot be typed.

    Args:
        console: Where to show things.
        mailbox: What the fake pool has sent, if it is one; shown before each question, for nobody else delivers it.
    """

    def __init__(self, console: Console, mailbox: Mailbox | None = None) -> None:
        self.console = console
        self._mailbox = mailbox
        self._has_explained = False

    def explain_words(self) -> None:
        """Say which words there are. It is done by itself before the first question."""
        self._has_explained = True
        self.say("At any prompt: !again sends a code again, !restart starts over, !quit leaves.", style="dim")

    def say(self, text: str, *, style: str | None = None) -> None:
        """Say something."""
        # A program that reads it finds each sentence on one line; a person's terminal breaks them between words.
        self.console.print(
            escape(printable(text)), style=style, highlight=False, soft_wrap=not self.console.is_terminal
        )

    def complain(self, problem: AuthStepsError | str) -> None:
        """Say what was wrong."""
        self.say(str(problem), style="red")

    def draw(self, text: str) -> None:
        """Show a text as it is, without wrapping it."""
        self.console.out(printable(text), highlight=False)

    def show_app_code(self, username: str, shared_secret: Secret | None = None) -> None:
        """Show what an authenticator app shows, in a fake pool alone: nobody has to get an app to try it.

        Args:
            username: Whose app.
            shared_secret: What it was set up with, if that is at hand.
        """
        if self._mailbox is not None and (code := self._mailbox.app_code(username, shared_secret)) is not None:
            self.say(f"[{username}'s authenticator app] {code.reveal()}", style="cyan")

    def ask(self, text: str, *, default: str | None = None) -> str:
        """Ask for a line.

        Args:
            text: The question.
            default: What nothing means; without one, nothing is asked again.

        Raises:
            Word: The person wants something else.
        """
        return self._ask(text, default=default).reveal()

    def ask_for_code(self, text: str, *, sends_again: bool = False, may_be_empty: bool = False) -> Secret:
        """Ask for a code, which is shown while it is typed.

        Args:
            text: The question.
            sends_again: Whether it was sent, and can be sent again.
            may_be_empty: Whether nothing is an answer.

        Raises:
            Word: The person wants something else.
        """
        return self._ask(text, default="" if may_be_empty else None, sends_again=sends_again)

    def ask_secretly(self, text: str, *, is_new: bool = False, may_be_empty: bool = False) -> Secret:
        """Ask for a line that is not shown.

        Args:
            text: The question.
            is_new: Whether it is being chosen: then it is asked for twice.
            may_be_empty: Whether nothing is an answer.

        Raises:
            Word: The person wants something else.
        """
        default = "" if may_be_empty else None
        while True:
            typed = self._ask(text, default=default, hidden=True)
            if not is_new or typed == self._ask(f"{text}, again", default=default, hidden=True):
                return typed
            self.complain("The two are not the same; type it twice.")

    def confirm(self, text: str, *, default: bool = False) -> bool:
        """Ask whether something is so.

        Raises:
            Word: The person wants something else.
        """
        offered = "Y/n" if default else "y/N"
        while True:
            match self.ask(f"{text} [{offered}]", default="").strip().casefold():
                case "":
                    return default
                case "y" | "yes":
                    return True
                case "n" | "no":
                    return False
                case _:
                    self.complain("Type y or n.")

    def choose(self, text: str, choices: Sequence[Choice[T]]) -> T:
        """Show a menu, and return what was chosen: by number, or by name in capitals or not.

        Raises:
            Word: The person wants something else.
        """
        self.show_choices(choices)
        while True:
            chosen = find(choices, self.ask(text))
            if chosen is not None:
                return chosen.value
            self.complain(f"That is none of them; type a number from 1 to {len(choices)}, or a name.")

    def show_choices(self, choices: Sequence[Choice[T]]) -> None:
        """Show the lines of a menu."""
        width = max(len(choice.name) for choice in choices)
        for number, choice in enumerate(choices, start=1):
            self.say(f"{number:>3}  {choice.name:<{width}}  {choice.title}".rstrip())

    def _ask(self, text: str, *, default: str | None, hidden: bool = False, sends_again: bool = False) -> Secret:
        if not self._has_explained:
            self.explain_words()
        while True:
            self._show_messages()
            typed = self._line(text, default=default, hidden=hidden)
            match typed.reveal().strip():
                case "!quit":
                    raise Leave
                case "!restart":
                    raise StartOver
                case "!again" if sends_again:
                    raise SendAgain
                case "!again":
                    self.complain("There is no code to send again here.")
                case "!help":
                    self.explain_words()
                case _:
                    return typed

    def _line(self, text: str, *, default: str | None, hidden: bool) -> Secret:
        try:
            with _interruptible():
                return Secret(
                    str(
                        typer.prompt(
                            printable(text),
                            default=default,
                            show_default=bool(default) and not hidden,
                            hide_input=hidden,
                            err=self.console.stderr,
                        )
                    )
                )
        except typer.Abort as abort:
            self.draw("")
            raise Leave(INTERRUPTED if isinstance(abort.__context__, KeyboardInterrupt) else 1) from None

    def _show_messages(self) -> None:
        if self._mailbox is not None:
            for message in self._mailbox.new_messages():
                self.say(message, style="cyan")


def find(choices: Sequence[Choice[T]], typed: str) -> Choice[T] | None:
    """Return the choice that somebody means who typed this, if any."""
    return next((choice for number, choice in enumerate(choices, start=1) if choice.is_meant_by(typed, number)), None)


def printable(text: str) -> str:
    """Return a text without what would move a terminal's cursor: it may come from elsewhere."""
    return "".join(character if character.isprintable() or character == "\n" else "�" for character in text)


@contextmanager
def _interruptible() -> Generator[None, None, None]:
    """Let Ctrl-C end a prompt at once. The event loop's own handler waits for the loop, which the prompt blocks."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
