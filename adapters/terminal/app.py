"""The ``authsteps`` command."""

import os
import sys
from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Annotated

import anyio
import typer
from rich.console import Console
from rich.markup import escape

from authsteps.adapters.cognito import CognitoBackend
from authsteps.adapters.fake import FakeUserPool
from authsteps.engine import AuthStepsError, dot, mermaid
from authsteps.flows import AuthClient, AuthFlow

from .demo import DemoClock, run_demo
from .graph import ALL_FLOWS, print_json, print_table
from .show import JsonShow, PlainShow
from .sign_in import FAKE_PASSWORD, FAKE_USERNAME, Person

__all__ = ["app", "main"]

app = typer.Typer(
    name="authsteps",
    help="AWS Cognito auth flows, step by step: on a fake pool in this process, or on a real one.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they print local variables, passwords among them
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]


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
    """Walk through sign-up, sign-in, TOTP and refresh on a fake pool, without a question asked.

    It shows each event, the state that it leads to, what is wanted there, and how long it took. It checks what it sees,
    and exits with 1 and the reason if something is wrong.
    """
    console = _console()
    show = JsonShow(console) if as_json else PlainShow(console)
    clock = DemoClock()

    async def walk() -> None:
        async with FakeUserPool(clock=clock) as pool:
            await run_demo(show, pool, clock)

    try:
        anyio.run(walk)
    except AuthStepsError as error:
        show.failed(str(error))
        raise typer.Exit(1) from None


@app.command()
def sign_in(
    *,
    username: Annotated[str | None, typer.Option(help="Who signs in; asked for if it is not given.")] = None,
    flow: Annotated[AuthFlow, typer.Option(help="How to begin.")] = AuthFlow.USER_SRP_AUTH,
    user_pool_id: Annotated[
        str | None, typer.Option(help="A real pool, such as eu-west-1_AbCdEf123. Without it a fake one is made.")
    ] = None,
    client_id: Annotated[str | None, typer.Option(help="The pool's app client.")] = None,
    region: Annotated[str | None, typer.Option(help="Where the pool is, if its id does not begin with that.")] = None,
    endpoint_url: Annotated[str | None, typer.Option(help="Where to connect, for a pool that is not AWS's.")] = None,
) -> None:
    """Sign in at the keyboard.

    The secret of an app client that has one is taken from the environment variable AUTHSTEPS_CLIENT_SECRET.
    """
    console = _console()
    if (user_pool_id is None) is not (client_id is None):
        raise typer.BadParameter("--user-pool-id and --client-id go together")

    async def on_the_fake() -> None:
        async with FakeUserPool() as pool, AuthClient(pool.backend()) as auth:
            pool.add_user(
                FAKE_USERNAME, FAKE_PASSWORD, attributes={"email": "alice@example.com", "email_verified": "true"}
            )
            console.print(
                f"A fake pool in this process. {FAKE_USERNAME}'s password is [bold]{escape(FAKE_PASSWORD)}[/bold]; "
                "any other name can sign up.",
                highlight=False,
            )
            name = username if username is not None else typer.prompt("Username", default=FAKE_USERNAME)
            person = Person(auth, console, pool)
            if name != FAKE_USERNAME:
                await person.sign_up(name)
            await _walk(person, auth, console, name, flow)

    async def on_a_real_pool() -> None:
        connected = CognitoBackend.connect(
            user_pool_id=user_pool_id or "",
            client_id=client_id or "",
            client_secret=os.environ.get("AUTHSTEPS_CLIENT_SECRET"),
            region=region,
            endpoint_url=endpoint_url,
        )
        async with connected as backend, AuthClient(backend) as auth:
            name = username if username is not None else typer.prompt("Username")
            await _walk(Person(auth, console, None), auth, console, name, flow)

    _run(on_the_fake if user_pool_id is None else on_a_real_pool)


@app.command(name="flow")
def show_flow(
    name: Annotated[str | None, typer.Argument(help="Which; without it all are listed.", show_default=False)] = None,
    *,
    table: Annotated[bool, typer.Option("--table", help="Print tables.")] = False,
    as_dot: Annotated[bool, typer.Option("--dot", help="Print Graphviz's DOT.")] = False,
    as_json: Json = False,
) -> None:
    """Print a flow's graph, as Mermaid if nothing else is asked for."""
    console = _console()
    if name is None:
        console.out("\n".join(ALL_FLOWS), highlight=False)
        return
    if name not in ALL_FLOWS:
        raise typer.BadParameter(f"there is no flow {name!r}; there are {', '.join(ALL_FLOWS)}", param_hint="NAME")
    flow = ALL_FLOWS[name]
    if as_json:
        print_json(console, flow)
    elif table:
        print_table(console, flow)
    elif as_dot:
        try:
            typer.echo(dot(flow))
        except ModuleNotFoundError as error:
            console.print(f"[red]{escape(str(error))}[/red]", highlight=False)
            raise typer.Exit(1) from None
    else:
        typer.echo(mermaid(flow), nl=False)


async def _walk(person: Person, auth: AuthClient, console: Console, username: str, flow: AuthFlow) -> None:
    done = await person.sign_in(username, flow)
    console.print(f"[bold green]signed in as {escape(done.user.username)}[/bold green]", highlight=False)
    if await person.offer_totp():
        await auth.sign_out()
        console.print("Signed out. Sign in again, with the app:", highlight=False)
        done = await person.sign_in(username, flow)
        console.print(f"[bold green]signed in as {escape(done.user.username)}[/bold green]", highlight=False)
    await auth.sign_out()


def _run(work: Callable[[], Awaitable[None]]) -> None:
    try:
        anyio.run(work)
    except AuthStepsError as error:
        _console().print(f"[red]{escape(str(error))}[/red]", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None


def _console() -> Console:
    # A pipe has no width; 80 columns would cut the tables.
    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)
