"""The ``authsteps`` command."""

from importlib.metadata import version
from typing import Annotated

import anyio
import typer
from rich.markup import escape

from authsteps.adapters.fake import FakeUserPool
from authsteps.engine import AuthStepsError, dot, mermaid
from authsteps.flows import AuthClient, SignedOutError, UserAlreadySignedInError, steps

from .account import account
from .demo import DemoClock, run_demo
from .graph import ALL_FLOWS, print_json, print_table
from .options import (
    ATTEMPT,
    VALUES,
    ClientId,
    EndpointUrl,
    Fake,
    Flow,
    Json,
    Prefer,
    RealPool,
    Region,
    Username,
    UserPoolId,
    beginning,
    pairs,
    pool_options,
)
from .own_flow import is_place, own_flow
from .prompts import Prompts
from .scenarios import Story
from .serve import serve
from .show import JsonShow, PlainShow
from .sign_in import Person
from .triggers import triggers
from .verify_token import verify_token
from .visit import console, run, visit

__all__ = ["app", "main"]

app = typer.Typer(
    name="authsteps",
    help="AWS Cognito auth flows, step by step: on a fake pool in this process, or on a real one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, passwords among them
)
app.add_typer(account, name="account")
app.add_typer(triggers, name="triggers")
app.command()(serve)
app.command()(verify_token)


def main() -> None:
    """Run the command."""
    app()


def _show_version(wanted: bool) -> None:  # noqa: FBT001  # typer calls it with the option's value
    if wanted:
        typer.echo(f"authsteps {version('authsteps')}")
        raise typer.Exit


@app.callback()
def authsteps(
    *,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """AWS Cognito auth flows, step by step: on a fake pool in this process, or on a real one."""


@app.command()
def demo(*, as_json: Json = False) -> None:
    """Walk through sign-up, sign-in, TOTP, a remembered device, no password and refresh, without a question asked.

    It shows each event, the state that it leads to, what is wanted there, and how long it took. It checks what it sees,
    and exits with 1 and the reason if something is wrong.
    """
    screen = console()
    show = JsonShow(screen) if as_json else PlainShow(screen)
    clock = DemoClock()

    async def walk() -> None:
        async with FakeUserPool(clock=clock) as pool:
            await run_demo(show, pool, clock)

    try:
        anyio.run(walk)
    except AuthStepsError as error:
        show.failed(str(error))
        raise typer.Exit(1) from None


@app.command(epilog=VALUES)
def sign_in(
    *,
    username: Username = None,
    flow: Flow = None,
    prefer: Prefer = None,
    keep: Annotated[
        bool,
        typer.Option(
            "--keep",
            help="Keep the session and the device's secrets in files of your own, for authsteps account.",
            rich_help_panel=ATTEMPT,
        ),
    ] = False,
    new: Annotated[bool, typer.Option("--sign-up", help="Make the account first.", rich_help_panel=ATTEMPT)] = False,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            help="What the account is made with; the e-mail address if nothing is given.",
            metavar="NAME=VALUE",
            rich_help_panel=ATTEMPT,
        ),
    ] = None,
    user_pool_id: UserPoolId = None,
    client_id: ClientId = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    fake: Fake = None,
) -> None:
    """Sign in at the keyboard, whatever the pool asks for on the way.

    At every prompt a word can be typed in place of an answer:
    !again has a code sent again, !restart starts over, !quit leaves, as Ctrl-C does.

    Without --keep the session ends with the command.
    The secret of an app client that has one is taken from AUTHSTEPS_CLIENT_SECRET.
    """
    pool = pool_options(user_pool_id, client_id, region, endpoint_url, fake)
    how = beginning(pool, flow, prefer)
    attributes = pairs(attribute) if attribute else None
    if keep and not isinstance(pool, RealPool):
        raise typer.BadParameter("--keep needs a real pool: a fake one ends with this command")
    kept = pool.kept if keep and isinstance(pool, RealPool) else None

    async def work() -> None:
        async with visit(pool, console(), kept) as here:
            if kept is not None:
                await _make_sure_that_nobody_is_kept(here.auth)
            residents = frozenset[str]() if new else here.residents
            person = Person(
                here.auth, here.prompts, suggestion=here.suggestion, residents=residents, attributes=attributes
            )
            done = await person.sign_in(username, how)
            _tell(here.prompts, done)
            if isinstance(pool, Story) and pool.again is not None:
                await here.auth.sign_out()
                here.prompts.say(f"\n{pool.again}")
                _tell(here.prompts, await person.sign_in(username or done.user.username, how))
            if kept is not None:
                here.prompts.say(f"The session is kept in {kept.folder}. See: authsteps account --help")

    run(work)


@app.command(name="flow")
def show_flow(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Which; without it all are listed. One of yours is PATH.py:NAME, or PATH.py alone.",
            show_default=False,
        ),
    ] = None,
    *,
    table: Annotated[bool, typer.Option("--table", help="Print tables.")] = False,
    as_dot: Annotated[bool, typer.Option("--dot", help="Print Graphviz's DOT.")] = False,
    as_json: Json = False,
) -> None:
    """Print a flow's graph, as Mermaid if nothing else is asked for.

    A file of yours is run to have what it declares: a Flow, or a CustomAuthFlow. What it prints goes to stderr.
    """
    screen = console()
    if table + as_dot + as_json > 1:
        raise typer.BadParameter("--table, --dot and --json exclude each other")
    if name is None:
        screen.out("\n".join(ALL_FLOWS), highlight=False)
        return
    if name not in ALL_FLOWS and not is_place(name):
        known = ", ".join(ALL_FLOWS)
        raise typer.BadParameter(f"there is no flow {name!r}; there are {known}, or PATH.py:NAME", param_hint="NAME")
    flow = ALL_FLOWS[name] if name in ALL_FLOWS else own_flow(name)
    if as_json:
        print_json(screen, flow)
    elif table:
        print_table(screen, flow)
    elif as_dot:
        try:
            typer.echo(dot(flow))
        except ModuleNotFoundError as error:
            screen.print(f"[red]{escape(str(error))}[/red]", highlight=False)
            raise typer.Exit(1) from None
    else:
        typer.echo(mermaid(flow), nl=False)


async def _make_sure_that_nobody_is_kept(auth: AuthClient) -> None:
    """Return if no session is kept yet.

    Raises:
        UserAlreadySignedInError: One is.
    """
    try:
        user = await auth.get_current_user()
    except SignedOutError:
        return
    raise UserAlreadySignedInError(
        f"the session of {user.username} is kept already (authsteps account sign-out ends it)"
    )


def _tell(prompts: Prompts, done: steps.Done) -> None:
    prompts.say(f"signed in as {done.user.username}", style="bold green")
    if done.new_device is not None:
        remembered = "remembers" if done.new_device.is_remembered else "tracks"
        prompts.say(f"The pool {remembered} this device: {done.new_device.key}")
    if done.is_device_unknown:
        prompts.say("The pool knows this device no longer; its secrets are forgotten.")
