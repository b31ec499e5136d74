"""``authsteps triggers``: the functions behind a pool's triggers."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, nullcontext
from pathlib import Path
from typing import Annotated

import anyio
import typer
from rich.console import Console
from rich.markup import escape

from authsteps.adapters.lambda_triggers import (
    FunctionNotLoadedError,
    FunctionUnavailableError,
    Trigger,
    TriggerRunner,
    UnloadableFunctionError,
    custom_auth_handlers,
    load_function,
)
from authsteps.adapters.lambda_triggers.linter import (
    BOUND,
    RULES,
    USER_ATTRIBUTES,
    FoundFunctions,
    NothingFoundError,
    Report,
    check_triggers,
    find_functions,
)
from authsteps.flows import CustomAuthFlow

from .aside import printing_to_stderr
from .findings import print_report, print_report_as_json
from .options import Json, explained, pairs
from .prompts import INTERRUPTED, printable
from .visit import console

__all__ = ["triggers"]

triggers = typer.Typer(
    name="triggers", help="Look after the Lambda functions behind a pool's triggers.", no_args_is_help=True
)

_FUNCTIONS = "The functions, where FILE does not say enough"
_PLACE = "PATH[:FUNCTION]"


@triggers.callback()
def about() -> None:
    """Look after the Lambda functions behind a pool's triggers."""


@triggers.command(epilog=explained("RULES", {rule.id: rule.fault for rule in RULES}))
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

    Define is asked with every sequence of right and wrong answers that it leads to.
    [] begins without the password, [SRP_A] with the offer to prove it.
    No answer is computed, so Create and Verify need not run.

    Functions are called define, create and verify, or by their long names, such as define_auth_challenge.
    A handler stands behind the triggers that its file's name or text names, else behind Define.
    What they print goes to stderr.

    It exits with 1 if there is a fault, and with 2 if the functions are not found or cannot be loaded.
    """
    places = {
        Trigger.DEFINE_AUTH_CHALLENGE: define,
        Trigger.CREATE_AUTH_CHALLENGE: create,
        Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: verify,
    }
    attributes = {**USER_ATTRIBUTES, **pairs(user_attribute or [])}
    talk = console(to_stderr=True)
    with printing_to_stderr():
        functions = _functions(file, {trigger: place for trigger, place in places.items() if place is not None})
        if call:
            _warn(talk, functions, attributes)
        report = _checked(talk, functions, bound, attributes, call=call)
    (print_report_as_json if as_json else print_report)(console(), report)
    if report.findings:
        raise typer.Exit(1)


def _functions(file: Path | None, places: Mapping[Trigger, str]) -> Mapping[Trigger, TriggerRunner]:
    """Return what stands behind the triggers.

    Raises:
        typer.BadParameter: There is no Define.
    """
    try:
        found: FoundFunctions = find_functions(file) if file is not None else {}
    except NothingFoundError as error:
        raise typer.BadParameter(str(error), param_hint="FILE") from error
    functions: dict[Trigger, TriggerRunner] = {}
    if isinstance(found, CustomAuthFlow):
        functions.update(custom_auth_handlers(found).functions)
    else:
        places = {**{trigger: str(place) for trigger, place in found.items()}, **places}
    try:
        functions.update({trigger: load_function(place) for trigger, place in places.items()})
    except UnloadableFunctionError as error:
        raise typer.BadParameter(str(error)) from error
    if Trigger.DEFINE_AUTH_CHALLENGE not in functions:
        held = f"{file} holds {' and '.join(functions)} alone; " if functions else ""
        raise typer.BadParameter(f"{held}give a FILE that holds Define, or --define {_PLACE}")
    return functions


def _warn(talk: Console, functions: Mapping[Trigger, TriggerRunner], attributes: Mapping[str, str]) -> None:
    """Say that functions run for real.

    Raises:
        typer.BadParameter: There is none to call.
    """
    called = [trigger for trigger in functions if trigger is not Trigger.DEFINE_AUTH_CHALLENGE]
    if not called:
        raise typer.BadParameter("there is neither Create nor Verify to call; give --create or --verify")
    whom = printable(attributes.get("email", attributes["sub"]))
    talk.print(
        f"[yellow]{' and '.join(called)} run for real, for {escape(whom)}: they may send messages.[/yellow]",
        highlight=False,
    )


def _checked(
    talk: Console, functions: Mapping[Trigger, TriggerRunner], bound: int, attributes: Mapping[str, str], *, call: bool
) -> Report:
    """Check the functions, and show on a terminal how far it is."""

    async def work() -> Report:
        async with AsyncExitStack() as processes:
            for function in functions.values():
                if isinstance(function, AbstractAsyncContextManager):
                    await processes.enter_async_context(function)
            return await check_triggers(functions, bound=bound, call=call, user_attributes=attributes, tell=tell)

    def tell(number: int) -> None:
        if status is not None:
            status.update(f"Define was asked {number} times")

    status = talk.status("Asking Define") if talk.is_terminal else None
    try:
        with status or nullcontext():
            return anyio.run(work)
    except (FunctionNotLoadedError, FunctionUnavailableError) as error:
        raise typer.BadParameter(str(error)) from error
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
