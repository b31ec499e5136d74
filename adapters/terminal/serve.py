"""``authsteps serve``: the fake on a port of this machine, for clients of any language."""

import json
import signal
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, redirect_stdout, suppress
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import anyio
import attrs
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from authsteps.adapters.fake import DEFAULT_REGION, SAMPLE, FakeCognito, SetUp, load_set_up
from authsteps.adapters.lambda_triggers import TriggerRunner, UnloadableFunctionError, load_function

from .options import Json
from .visit import console, run

if TYPE_CHECKING:
    from authsteps.adapters.fake.server import Exchange

__all__ = ["serve"]

_POOLS = "The pools"
_PORT = 9229


class Issuer(StrEnum):
    """Who tokens say that they are from."""

    AWS = "aws"
    LOCAL = "local"


@attrs.frozen
class _Plan:
    """What is to be served, and how.

    Attributes:
        host: Where to listen.
        port: On which port.
        data: Where it is kept.
        set_up: What is made at the start.
        functions: What ``LambdaConfig`` can name.
        issuer: Who tokens are from.
        requires_signatures: Whether signatures must be there.
        as_json: Whether programs read what is printed.
    """

    host: str
    port: int
    data: Path | None
    set_up: SetUp | None
    functions: Mapping[str, TriggerRunner]
    issuer: Issuer
    requires_signatures: bool
    as_json: bool


def serve(
    *,
    host: Annotated[str, typer.Option(help="Where to listen. This machine alone reaches 127.0.0.1.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="On which port; 0 takes any that is free.")] = _PORT,
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Pools, clients, groups, users and functions to begin with, in TOML; see --sample.",
            rich_help_panel=_POOLS,
        ),
    ] = None,
    trigger: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH[:FUNCTION]",
            help="A function that a pool's LambdaConfig can name, by its ARN or in the TOML file as NAME: from a .py, "
            ".js, .mjs or .cjs file, and handler if none is named. May be given again.",
            rich_help_panel=_POOLS,
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Keep pools, users, devices and what was issued in this file, a SQLite database. It is made if it is "
            "not there. Without it, all is forgotten at the end.",
            rich_help_panel=_POOLS,
        ),
    ] = None,
    issuer: Annotated[
        Issuer,
        typer.Option(help="Who tokens say that they are from: AWS's address, or this one.", rich_help_panel=_POOLS),
    ] = Issuer.AWS,
    require_signatures: Annotated[
        bool,
        typer.Option(
            "--require-signatures",
            help="Refuse what AWS wants signed if it is not. Which signature it is does not matter.",
            rich_help_panel=_POOLS,
        ),
    ] = False,
    sample: Annotated[
        bool, typer.Option("--sample", help="Print a TOML file to begin with, and exit.", rich_help_panel=_POOLS)
    ] = False,
    as_json: Json = False,
) -> None:
    """Serve the fake over HTTP, in Cognito's own protocol, until Ctrl-C.

    Any client of Cognito's signs in against it once it is told the endpoint.
    Messages with their codes show at /outbox, and for programs at /outbox.json.
    Operations are listed on stderr as they come, without a value in them.

    It is made for tests and development: whoever reaches it can do what administrators can.
    """
    if sample:
        typer.echo(SAMPLE.read_text("utf-8"), nl=False)
        return
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise typer.BadParameter(
            f"{' and '.join(missing)} cannot be found; install what serves with: pip install 'authsteps[server]'"
        )

    async def work() -> None:
        set_up = load_set_up(config) if config is not None else None
        places = {**(set_up.functions if set_up is not None else {}), **_places(trigger or [])}
        functions = {name: _loaded(name, place) for name, place in places.items()}
        await _serve(_Plan(host, port, data, set_up, functions, issuer, require_signatures, as_json), screen)

    screen = console()
    with redirect_stdout(sys.stderr):  # what functions print is no part of what is told here
        run(work)


def _places(given: list[str]) -> dict[str, str]:
    """Return where functions are, by name.

    Raises:
        typer.BadParameter: One does not say it.
    """
    places: dict[str, str] = {}
    for text in given:
        name, equals, place = text.partition("=")
        if not (name and equals and place):
            raise typer.BadParameter(f"{text!r} is no NAME=PATH[:FUNCTION]", param_hint="--trigger")
        places[name] = place
    return places


def _loaded(name: str, place: str) -> TriggerRunner:
    try:
        return load_function(place)
    except UnloadableFunctionError as error:
        raise typer.BadParameter(f"the function {name}: {error}") from error


async def _serve(plan: _Plan, screen: Console) -> None:
    from authsteps.adapters.fake.server import cognito_app, listen, serving  # noqa: PLC0415  # the extra is there by now

    talk = console(to_stderr=True)

    def tell(exchange: "Exchange") -> None:
        with suppress(SystemExit):  # rich's, once nobody reads any more; that ends no request
            talk.print(_line(exchange), highlight=False)

    async with AsyncExitStack() as stack:
        for function in plan.functions.values():
            if isinstance(function, AbstractAsyncContextManager):
                await stack.enter_async_context(function)
        listener = await listen(plan.host, plan.port)
        stack.enter_context(listener.endpoint)
        cognito = FakeCognito(
            plan.set_up.region if plan.set_up is not None else DEFAULT_REGION,
            functions=plan.functions,
            issuer_base=listener.url if plan.issuer is Issuer.LOCAL else None,
        )
        if plan.data is not None:
            await stack.enter_async_context(cognito.kept_in(plan.data))
        if plan.set_up is not None:
            await plan.set_up.make(cognito)
        app = cognito_app(cognito, requires_signatures=plan.requires_signatures, watch=tell)
        stops = stack.enter_context(anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM))
        async with serving(app, listener):
            (_print_as_json if plan.as_json else _print)(screen, cognito, listener.url)
            if not listener.is_local:
                talk.print(
                    f"[yellow]{escape(plan.host)} is reached from other machines. This is a fake for tests, no "
                    "production service: whoever reaches it reads every code and resets every password.[/yellow]",
                    highlight=False,
                )
            await anext(stops)
    talk.print("stopped", highlight=False)


def _line(exchange: "Exchange") -> str:
    what = exchange.operation or "no operation"
    outcome = f"[red]{exchange.code}[/red]" if exchange.code is not None else "ok"
    return f"{what:<32} {exchange.status} {outcome} [dim]{exchange.took.total_seconds() * 1000:.0f} ms[/dim]"


def _print(screen: Console, cognito: FakeCognito, url: str) -> None:
    address = escape(url)  # the brackets of an IPv6 address look like markup
    screen.print(f"[bold]Cognito is served at {address}[/bold]   Ctrl-C ends it", highlight=False)
    screen.print(f"What it sends shows at {address}/outbox", highlight=False)
    if not cognito.pools:
        screen.print(
            "It has no pools yet. Make them as in AWS, with this endpoint, or begin with:\n"
            "  authsteps serve --sample > pools.toml\n"
            "  authsteps serve --config pools.toml",
            highlight=False,
        )
        return
    table = Table("pool", "name", "client", "name", "secret", "flows", box=None, pad_edge=False, header_style="dim")
    for pool in cognito.pools:
        first = (pool.id, cognito.name_of(pool.id))
        for client in pool.clients:
            flows = ", ".join(sorted(flow.removeprefix("ALLOW_") for flow in client.auth_flows))
            secret = "yes" if client.client_secret is not None else ""
            table.add_row(*(escape(text) for text in (*first, client.client_id, client.name, secret, flows)))
            first = ("", "")
        if not pool.clients:
            table.add_row(*(escape(text) for text in first), "(none)")
    screen.print(table)


def _print_as_json(screen: Console, cognito: FakeCognito, url: str) -> None:
    pools = [
        {
            "id": pool.id,
            "name": cognito.name_of(pool.id),
            "issuer": pool.issuer,
            "clients": [
                {"id": client.client_id, "name": client.name, "has_secret": client.client_secret is not None}
                for client in pool.clients
            ],
        }
        for pool in cognito.pools
    ]
    said = {"endpoint": url, "outbox": f"{url}/outbox.json", "pools": pools}
    screen.out(json.dumps(said), highlight=False)
    screen.file.flush()
