"""Going to a pool, with somebody at the keyboard, and leaving it in good order whatever happens."""

import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import attrs
import typer
from rich.console import Console

from authsteps.engine import AuthStepsError, SystemClock, SystemEntropy
from authsteps.flows import AuthClient

from .keeping import Kept
from .leaving import why_it_may_live_on
from .mailbox import Mailbox
from .options import RealPool
from .prompts import INTERRUPTED, Leave, Prompts
from .scenarios import PASSWORD, USERNAME, Story, open_fake

__all__ = ["Visit", "console", "run", "visit"]


@attrs.frozen
class Visit:
    """A pool, and whoever sits at the keyboard.

    Attributes:
        auth: The client.
        prompts: The person.
        suggestion: Who is likely to sign in.
        residents: Who has an account, if that is known.
    """

    auth: AuthClient
    prompts: Prompts
    suggestion: str | None = None
    residents: frozenset[str] | None = None


@asynccontextmanager
async def visit(pool: RealPool | Story, talk: Console, kept: Kept | None = None) -> AsyncGenerator[Visit, None]:
    """Connect to a pool, or make a fake one.

    Args:
        pool: Which.
        talk: Where to talk with the person.
        kept: Where the session is kept. If it is not, it ends with the visit.
    """
    if isinstance(pool, Story):
        clock, entropy = SystemClock(), SystemEntropy()
        fake = open_fake(pool, clock, entropy)
        prompts = Prompts(talk, Mailbox(fake, clock))
        prompts.say(
            f"A fake pool in this process: {pool.title}.\n"
            f"{USERNAME}'s password is {PASSWORD} and any other name can sign up. {pool.says}".rstrip()
        )
        async with AuthClient(fake.backend(), clock=clock) as auth, _ending(auth, prompts):
            yield Visit(auth, prompts, suggestion=USERNAME, residents=frozenset({USERNAME}))
    elif kept is not None:
        async with (
            pool.connect() as backend,
            AuthClient(backend, tokens=kept.tokens, devices=kept.devices) as auth,
        ):
            yield Visit(auth, Prompts(talk))
    else:
        prompts = Prompts(talk)
        async with pool.connect() as backend, AuthClient(backend) as auth, _ending(auth, prompts):
            yield Visit(auth, prompts)


@asynccontextmanager
async def _ending(auth: AuthClient, prompts: Prompts) -> AsyncGenerator[None, None]:
    """End a session that nobody keeps, whatever happens."""
    try:
        yield
    finally:
        reason = why_it_may_live_on(await auth.sign_out())
        if reason is not None:
            prompts.complain(reason)


def console(*, to_stderr: bool = False) -> Console:
    """Return a console; a pipe has no width, and 80 columns would cut the tables."""
    stream = sys.stderr if to_stderr else sys.stdout
    return Console(file=stream, stderr=to_stderr, width=None if stream.isatty() else 120)


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Do something, and end the command as it went.

    Raises:
        typer.Exit: It went wrong, or the person wanted to leave.
    """
    try:
        anyio.run(work)
    except AuthStepsError as error:
        Prompts(console(to_stderr=True)).complain(error)
        raise typer.Exit(1) from None
    except Leave as leave:
        raise typer.Exit(leave.exit_code) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None
