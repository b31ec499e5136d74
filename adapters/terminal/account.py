"""``authsteps account``: what somebody can do who is signed in."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, TypeAlias

import attrs
import typer
from rich.console import Console

from authsteps.flows import MfaSetting, MfaType, SignedOutError

from . import attributes, credentials, devices, leaving, second_factors
from .desk import Deed, Desk
from .menu import choose_deeds
from .options import (
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
from .output import Output
from .prompts import StartOver
from .scenarios import Story
from .sign_in import Beginning, Person
from .visit import Visit, console, run, visit

__all__ = ["account"]

account = typer.Typer(
    help="""Look after an account: attributes, second factors, devices, passkeys, its end.

Without a subcommand there is a menu of all that can be done.
It acts on the session that "authsteps sign-in --keep" keeps for an app client of a pool.
Where none is kept, the menu has you sign in; on a fake pool everything does.

The pool is named before the subcommand, or in the environment:
authsteps account --user-pool-id ... --client-id ... attributes list
""",
    epilog=VALUES,
    invoke_without_command=True,
)
_attributes = typer.Typer(help="What the pool knows of you.", no_args_is_help=True)
_mfa = typer.Typer(help="Which second factors are on.", no_args_is_help=True)
_devices = typer.Typer(help="Your devices, where the pool tracks them.", no_args_is_help=True)
_passkeys = typer.Typer(help="Your passkeys.", no_args_is_help=True)
account.add_typer(_attributes, name="attributes")
account.add_typer(_mfa, name="mfa")
account.add_typer(_devices, name="devices")
account.add_typer(_passkeys, name="passkeys")

Yes: TypeAlias = Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")]
Setting: TypeAlias = MfaSetting | None
_SETTINGS = ", ".join(setting.value for setting in MfaSetting)


@attrs.frozen
class _Way:
    """How to get to an account."""

    pool: RealPool | Story
    username: str | None
    beginning: Beginning


@account.callback()
def choose(
    context: typer.Context,
    *,
    username: Username = None,
    flow: Flow = None,
    prefer: Prefer = None,
    user_pool_id: UserPoolId = None,
    client_id: ClientId = None,
    region: Region = None,
    endpoint_url: EndpointUrl = None,
    fake: Fake = None,
) -> None:
    """Find the account, and show the menu if nothing else is asked for."""
    pool = pool_options(user_pool_id, client_id, region, endpoint_url, fake)
    way = _Way(pool, username, beginning(pool, flow, prefer))
    context.obj = way
    if context.invoked_subcommand is None:
        run(lambda: _do(way, choose_deeds, signs_in=True))


@account.command()
def who(context: typer.Context, *, as_json: Json = False) -> None:
    """Show who is signed in, and until when."""
    _act(context, leaving.show_who, as_json=as_json)


@_attributes.command(name="list")
def list_attributes(context: typer.Context, *, as_json: Json = False) -> None:
    """List your attributes."""
    _act(context, attributes.list_attributes, as_json=as_json)


@_attributes.command(name="set")
def set_attributes(
    context: typer.Context,
    values: Annotated[list[str], typer.Argument(help="Attributes, such as name=Alice.", metavar="NAME=VALUE...")],
) -> None:
    """Set attributes, all of them or none, and ask for the codes that confirm them."""
    given = pairs(values)
    _act(context, lambda desk: attributes.set_attributes(desk, given))


@_attributes.command(name="confirm")
def confirm_attribute(
    context: typer.Context, name: Annotated[str, typer.Argument(help="The attribute, such as email.")]
) -> None:
    """Give the code that confirms an attribute."""
    _act(context, lambda desk: attributes.confirm_attribute(desk, name))


@_attributes.command(name="resend")
def resend_attribute_code(
    context: typer.Context, name: Annotated[str, typer.Argument(help="The attribute, such as email.")]
) -> None:
    """Have the code that confirms an attribute sent again."""
    _act(context, lambda desk: attributes.resend_attribute_code(desk, name))


@_attributes.command(name="delete")
def delete_attributes(
    context: typer.Context,
    names: Annotated[list[str], typer.Argument(help="The attributes.", metavar="NAME...")],
    *,
    yes: Yes = False,
) -> None:
    """Delete attributes."""
    _act(context, lambda desk: attributes.delete_attributes(desk, names), is_sure=yes)


@_mfa.command(name="show")
def show_mfa(context: typer.Context, *, as_json: Json = False) -> None:
    """Show which second factors are on, and which is asked for first."""
    _act(context, second_factors.show_mfa, as_json=as_json)


@_mfa.command(name="set")
def set_mfa(
    context: typer.Context,
    *,
    sms: Annotated[Setting, typer.Option(help=f"Codes by SMS: {_SETTINGS}.", metavar="SETTING")] = None,
    totp: Annotated[Setting, typer.Option(help="Codes of an authenticator app: the same.", metavar="SETTING")] = None,
    email: Annotated[Setting, typer.Option(help="Codes by e-mail: the same.", metavar="SETTING")] = None,
) -> None:
    """Switch second factors on or off. One that is not named stays as it is."""
    settings = {MfaType.SMS: sms, MfaType.TOTP: totp, MfaType.EMAIL: email}
    _act(context, lambda desk: second_factors.set_mfa(desk, settings))


@account.command()
def totp(
    context: typer.Context,
    *,
    name: Annotated[str | None, typer.Option(help="What to call the app, for sign-ins to show.")] = None,
) -> None:
    """Set up an authenticator app: a QR code, and the secret for whoever has to type it."""
    _act(context, lambda desk: second_factors.set_up_totp(desk, name))


@_devices.command(name="list")
def list_devices(context: typer.Context, *, as_json: Json = False) -> None:
    """List your devices."""
    _act(context, devices.list_devices, as_json=as_json)


@_devices.command(name="current")
def show_current_device(context: typer.Context, *, as_json: Json = False) -> None:
    """Show what the pool knows of this device."""
    _act(context, devices.show_current_device, as_json=as_json)


@_devices.command(name="remember")
def remember_device(context: typer.Context) -> None:
    """Have the pool remember this device, so that it may stand in place of a second factor."""
    _act(context, devices.remember_device)


@_devices.command(name="forget")
def forget_device(
    context: typer.Context,
    key: Annotated[str | None, typer.Argument(help="Which, as the list shows it; this one if none is named.")] = None,
    *,
    yes: Yes = False,
) -> None:
    """Have the pool forget a device."""
    _act(context, lambda desk: devices.forget_device(desk, key), is_sure=yes)


@_passkeys.command(name="list")
def list_passkeys(context: typer.Context, *, as_json: Json = False) -> None:
    """List your passkeys."""
    _act(context, credentials.list_passkeys, as_json=as_json)


@_passkeys.command(name="add")
def add_passkey(context: typer.Context) -> None:
    """Register a passkey, which an authenticator elsewhere makes."""
    _act(context, credentials.add_passkey)


@_passkeys.command(name="delete")
def delete_passkey(
    context: typer.Context,
    credential_id: Annotated[str, typer.Argument(help="Which, as the list shows it.", metavar="ID")],
    *,
    yes: Yes = False,
) -> None:
    """Delete a passkey."""
    _act(context, lambda desk: credentials.delete_passkey(desk, credential_id), is_sure=yes)


@account.command()
def password(context: typer.Context) -> None:
    """Change the password."""
    _act(context, credentials.change_password)


@account.command()
def sign_out(
    context: typer.Context,
    *,
    everywhere: Annotated[bool, typer.Option("--everywhere", help="End all of your sessions.")] = False,
    yes: Yes = False,
) -> None:
    """End the session, and remove its tokens from this machine. The device's secrets stay, for the next sign-in."""
    _act(context, leaving.sign_out_everywhere if everywhere else leaving.sign_out, is_sure=yes)


@account.command()
def delete(context: typer.Context) -> None:
    """Delete yourself, once you have typed your username. There is no way back."""
    _act(context, leaving.delete_user)


def _act(context: typer.Context, deed: Deed, *, as_json: bool = False, is_sure: bool = False) -> None:
    way: _Way = context.obj
    run(lambda: _do(way, deed, as_json=as_json, is_sure=is_sure))


async def _do(way: _Way, deed: Deed, *, as_json: bool = False, is_sure: bool = False, signs_in: bool = False) -> None:
    """Do it, from the beginning again if the person wants to start over."""
    async with _signed_in(way, console(to_stderr=as_json), signs_in=signs_in) as here:
        desk = Desk(here.auth, here.prompts, Output(console(), as_json=as_json), is_sure=is_sure)
        while True:
            try:
                return await deed(desk)
            except StartOver:
                here.prompts.say("Starting over.")


@asynccontextmanager
async def _signed_in(way: _Way, talk: Console, *, signs_in: bool) -> AsyncGenerator[Visit, None]:
    """Go where somebody is signed in, with the session that is kept, or with one that ends with the visit.

    Raises:
        SignedOutError: No session is kept, and this is no occasion to sign in.
    """
    kept = way.pool.kept if isinstance(way.pool, RealPool) else None
    if kept is not None and await kept.tokens.load() is None:
        if not signs_in:
            raise SignedOutError("no session of this app client is kept here; authsteps sign-in --keep keeps one")
        kept = None
    async with visit(way.pool, talk, kept) as here:
        if kept is None:
            person = Person(here.auth, here.prompts, suggestion=here.suggestion, residents=here.residents)
            done = await person.sign_in(way.username, way.beginning)
            here.prompts.say(f"signed in as {done.user.username}", style="bold green")
        yield here
