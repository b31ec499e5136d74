"""``--help`` names every command, every option, and what an option can be."""

import inspect
from collections.abc import Iterator
from importlib.metadata import version

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from authsteps.adapters.terminal import app
from authsteps.adapters.terminal.menu import MENU
from authsteps.adapters.terminal.scenarios import Scenario
from authsteps.flows import AuthFlow, FactorType


def commands(group: object, *path: str) -> Iterator[tuple[tuple[str, ...], object]]:
    """All commands with their names, groups included."""
    yield path, group
    for name, command in getattr(group, "commands", {}).items():
        yield from commands(command, *path, name)


ALL = dict(commands(get_command(app)))


def help_of(*path: str) -> str:
    """What is printed, on one line: how it is wrapped does not matter here."""
    result = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    return " ".join(result.output.split())


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_it_names_every_option_and_every_command(path: tuple[str, ...]) -> None:
    shown = help_of(*path)
    command = ALL[path]
    for parameter in getattr(command, "params", []):
        assert all(name in shown for name in parameter.opts if name.startswith("-"))
    assert all(name in shown for name in getattr(command, "commands", {}))


@pytest.mark.parametrize("path", [("sign-in",), ("account",)], ids=" ".join)
def test_it_names_what_the_options_of_a_sign_in_can_be(path: tuple[str, ...]) -> None:
    shown = help_of(*path)
    for value in (*Scenario, *AuthFlow, *FactorType):
        assert value.value in shown


def test_every_subcommand_stands_in_the_menu() -> None:
    leaves = {
        " ".join(path[1:])
        for path, command in ALL.items()
        if path[:1] == ("account",) and not hasattr(command, "commands")
    }
    assert {item.name for item in MENU} == leaves | {"sign-out everywhere"}


def test_every_command_says_what_it_does() -> None:
    for path, command in ALL.items():
        text = getattr(command, "help", None)
        assert isinstance(text, str), path
        assert inspect.cleandoc(text).splitlines()[0].endswith("."), path


def test_a_group_without_a_subcommand_shows_its_help() -> None:
    result = CliRunner().invoke(app, ["account", "--fake", "password", "mfa"])
    assert "Usage:" in result.output


def test_the_version_is_told() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"authsteps {version('authsteps')}\n"


def test_no_traceback_shows_what_was_typed() -> None:
    assert isinstance(app, typer.Typer)
    assert app.pretty_exceptions_enable is False
