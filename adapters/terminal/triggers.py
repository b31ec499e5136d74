"""``authsteps triggers``: the functions behind a pool's triggers."""

from pathlib import Path
from typing import Annotated

import typer

from authsteps.adapters.lambda_triggers.linter import (
    BOUND,
    RULES,
)

from .options import Json

__all__ = ["triggers"]

triggers = typer.Typer(
    name="triggers", help="Look after the Lambda functions behind a pool's triggers.", no_args_is_help=True
)

_FUNCTIONS = "The functions, where FILE does not say enough"
_PLACE = "PATH[:FUNCTION]"
_WIDTH = max(len(rule.id) for rule in RULES)
_RULES = "\n".join(["[bold]RULES[/bold]", *(f"  {rule.id:<{_WIDTH}}  {rule.fault}" for rule in RULES)])

Place = Annotated[str | None, typer.Option(metavar=_PLACE, rich_help_panel=_FUNCTIONS)]


@triggers.callback()
def about() -> None:
    """Look after the Lambda functions behind a pool's triggers."""


@triggers.command(epilog=_RULES)
def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="A Python file that declares a CustomAuthFlow; a Python or JavaScript file with handlers; or a folder "
            "with files called define, create and verify.",
            show_default=False,
        ),
    ] = None,
    *,
    define: Annotated[
        str | None, typer.Option(metavar=_PLACE, help="DefineAuthChallenge.", rich_help_panel=_FUNCTIONS)
    ] = None,
    create: Annotated[
        str | None, typer.Option(metavar=_PLACE, help="CreateAuthChallenge.", rich_help_panel=_FUNCTIONS)
    ] = None,
    verify: Annotated[
        str | None, typer.Option(metavar=_PLACE, help="VerifyAuthChallengeResponse.", rich_help_panel=_FUNCTIONS)
    ] = None,
    call: Annotated[
        bool,
        typer.Option("--call", help="Call Create and Verify, too. They run for real: they may send e-mail, and cost."),
    ] = False,
    user_attribute: Annotated[
        list[str] | None,
        typer.Option(help="For whom they run: an attribute in place of a made-up one.", metavar="NAME=VALUE"),
    ] = None,
    bound: Annotated[int, typer.Option(min=0, help="How many answers a sequence has at most.")] = BOUND,
    as_json: Json = False,
) -> None:
    """Check the functions of a custom sign-in: Define, and with --call Create and Verify.

    Define is asked with every sequence of right and wrong answers that it leads to, from a beginning without the
    password ([]) and from one with it ([SRP_A]). No answer is computed, so nothing else runs.

    A FILE's functions are called define, create and verify, or by their long names such as define_auth_challenge; or
    there is one handler for the triggers that the file's name or text names, else for Define. What they print goes to
    stderr.

    It exits with 1 if there is a fault, and with 2 if the functions are not found or cannot be run.
    """
