"""``authsteps verify-token``: whether a token is good, and what it says."""

import json
import os
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final, TextIO

import typer
from rich.console import Console

from authsteps.adapters.cognito import (
    Json as JsonValue,
)
from authsteps.adapters.cognito import (
    KeySource,
    TokenClaims,
    TokenExpiredError,
    TokenUse,
    TokenVerifier,
    keys_at,
)
from authsteps.engine import Secret, SystemClock
from authsteps.flows import InvalidInputError

from .options import Json
from .output import show_pairs
from .prompts import Prompts
from .visit import console, run

__all__ = ["verify_token"]

_WANTED: Final = "What is wanted"
_ACCESS: Final = "access"
_VARIABLE: Final = "AUTHSTEPS_TOKEN"
_CLIENTS: Final = "AUTHSTEPS_CLIENT_ID"
_LONGEST: Final = 1024 * 1024
"""How many characters are read at most. The verifier takes less; this keeps an endless file out."""


def verify_token(
    *,
    user_pool_id: Annotated[
        str,
        typer.Option(
            envvar="AUTHSTEPS_USER_POOL_ID",
            help="The pool, such as eu-west-1_AbCdEf123.",
            rich_help_panel=_WANTED,
            show_default=False,
        ),
    ],
    client_id: Annotated[
        list[str] | None,
        typer.Option(
            help="An app client whose tokens are good here; give it again for another one. If none is given: those in "
            f"{_CLIENTS}, with spaces between them.",
            rich_help_panel=_WANTED,
        ),
    ] = None,
    token_use: Annotated[TokenUse, typer.Option(help="Which kind of token.", rich_help_panel=_WANTED)] = _ACCESS,
    region: Annotated[
        str | None,
        typer.Option(help="Where the pool is, if its id does not begin with that.", rich_help_panel=_WANTED),
    ] = None,
    issuer: Annotated[
        str | None,
        typer.Option(help="What stands in iss, if it is not what AWS puts there.", rich_help_panel=_WANTED),
    ] = None,
    jwks: Annotated[
        str | None,
        typer.Option(
            metavar="URL|FILE",
            help="Where the pool's keys are, if not at the issuer's /.well-known/jwks.json.",
            rich_help_panel=_WANTED,
        ),
    ] = None,
    leeway: Annotated[
        float, typer.Option(help="How many seconds the clocks may be apart.", rich_help_panel=_WANTED)
    ] = 10,
    file: Annotated[
        Path | None, typer.Option(help="The file that the token is in, if it does not come through stdin.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Tell whether a token of a pool's is good, and what it says.

    The token comes from --file, from AUTHSTEPS_TOKEN, or through stdin; at a terminal it is asked for.
    There is no argument for it, for a shell remembers those. It is not shown again.

    It exits with 1 and the reason if the token is not good, or the pool's keys cannot be had.
    """
    clients = client_id or os.environ.get(_CLIENTS, "").split()  # typer 0.26.1 takes no list from a variable
    if not clients:
        raise typer.BadParameter(f"name an app client, or set {_CLIENTS}", param_hint="--client-id")
    if issuer is not None and region is not None:
        raise typer.BadParameter("--issuer says it all; leave --region out")
    if region is not None:
        issuer = f"https://cognito-idp.{region}.amazonaws.com/{user_pool_id}"
    clock = SystemClock()
    try:
        verifier = TokenVerifier(
            user_pool_id,
            clients,
            issuer=issuer,
            keys=_keys(jwks) if jwks is not None else None,
            leeway=timedelta(seconds=leeway),
            clock=clock,
        )
    except (InvalidInputError, OverflowError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    talk = Prompts(console(to_stderr=True))

    async def work() -> None:
        token = _token(file, talk)
        try:
            claims = await verifier.verify(token, token_use)
        except TokenExpiredError as error:
            talk.say(f"It expired {_lasting(clock.now() - error.expired_at)} ago, at {_local(error.expired_at)}.")
            raise
        (_print_for_programs if as_json else _print_for_people)(console(), claims, clock.now())

    run(work)


def _keys(place: str) -> KeySource:
    """Return where keys come from.

    Raises:
        typer.BadParameter: There is no file of this name, or no JSON object in it.
        InvalidInputError: This is no address.
    """
    if "://" in place:
        return keys_at(place)
    key_set: JsonValue = None
    try:
        key_set = json.loads(Path(place).read_text("utf-8"))
    except OSError as error:
        raise typer.BadParameter(f"{place} cannot be read: {error.strerror}", param_hint="--jwks") from None
    except (ValueError, RecursionError):
        pass  # no JSON, no text, nested without end: all the same below
    if not isinstance(key_set, Mapping):
        raise typer.BadParameter(f"{place} holds no JSON object", param_hint="--jwks")
    members = key_set

    async def read() -> Mapping[str, JsonValue]:
        return members

    return read


def _token(file: Path | None, talk: Prompts) -> Secret:
    """Return the token, from where it is.

    Raises:
        typer.BadParameter: There is none.
        Word: The person does not want to give it.
    """
    if file is not None:
        try:
            with file.open(encoding="utf-8", errors="replace") as text:
                token = _read(text)
        except OSError as error:
            raise typer.BadParameter(f"{file} cannot be read: {error.strerror}", param_hint="--file") from None
    elif os.environ.get(_VARIABLE):
        token = Secret(os.environ[_VARIABLE].strip())
    elif sys.stdin.isatty():
        token = Secret(talk.ask_secretly("The token").reveal().strip())
    else:
        token = _read(typer.get_text_stream("stdin", errors="replace"))
    if not token.reveal():
        raise typer.BadParameter(f"there is no token; give it through stdin, in {_VARIABLE} or with --file")
    return token


def _read(text: TextIO) -> Secret:
    return Secret(text.read(_LONGEST).strip())


def _print_for_people(screen: Console, claims: TokenClaims, now: datetime) -> None:
    left = claims.expires_at - now
    still = f"in {_lasting(left)}" if left > timedelta() else f"{_lasting(-left)} ago, good for the leeway's sake"
    kind = "access token" if claims.token_use == _ACCESS else "ID token"
    screen.print(f"[bold green]This {kind} is good.[/bold green]", highlight=False)
    said = {
        "username": claims.username or "none: it is the token of a program",
        "user id": claims.sub,
        "groups": ", ".join(claims.groups),
        "scopes": " ".join(sorted(claims.scopes)),
        "client id": claims.client_id,
        "issuer": claims.issuer,
        "signed in": f"{_local(claims.auth_time)}, {_lasting(now - claims.auth_time)} ago",
        "issued": f"{_local(claims.issued_at)}, {_lasting(now - claims.issued_at)} ago",
        "expires": f"{_local(claims.expires_at)}, {still}",
        "token id": claims.jti or "",
    }
    others = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in sorted(claims.others.items())
    }
    show_pairs(screen, {**{name: text for name, text in said.items() if text}, **others})


def _print_for_programs(screen: Console, claims: TokenClaims, now: datetime) -> None:
    record: dict[str, JsonValue] = {
        "token_use": claims.token_use,
        "sub": claims.sub,
        "username": claims.username,
        "client_id": claims.client_id,
        "groups": claims.groups,
        "scopes": sorted(claims.scopes),
        "issuer": claims.issuer,
        "auth_time": claims.auth_time.isoformat(),
        "issued_at": claims.issued_at.isoformat(),
        "expires_at": claims.expires_at.isoformat(),
        "good_for_seconds": int((claims.expires_at - now).total_seconds()),
        "jti": claims.jti,
        "others": dict(claims.others),
    }
    screen.out(json.dumps(record), highlight=False)


def _local(instant: datetime) -> str:
    return f"{instant.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def _lasting(duration: timedelta) -> str:
    """Return how long it is, in the largest unit that fits and the next one."""
    left = max(int(duration.total_seconds()), 0)
    parts: list[str] = []
    for name, seconds in (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)):
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {name}{'s' if count > 1 else ''}")
        if parts and (len(parts) == 2 or not count):  # noqa: PLR2004 -- the largest and the next
            break
    return " ".join(parts) or "0 seconds"
