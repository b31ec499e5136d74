"""How a try on a server comes out, and the table of all of them, as it stands in the README beside this file."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from enum import StrEnum
from pathlib import Path

import aiohttp
import anyio
import attrs
from botocore import xform_name

from authsteps.adapters.cognito import NoReplyError, ServiceError
from authsteps.adapters.cognito.aws import AwsTransport
from authsteps.engine.errors import AuthStepsError
from authsteps.flows import BackendContractError
from tests.peers.ground import AcceptedError, Peer, Trouble, UnexpectedError, Watched
from tests.peers.servers import SERVERS, Running
from tests.peers.tries import TRIES, Try

__all__ = ["README", "Outcome", "Verdict", "label", "met", "recorded", "table", "tried", "written"]

_LONGEST_WAIT_FOR_A_LOG_SECONDS = 2
README = Path(__file__).with_name("README.md")


class Verdict(StrEnum):
    """What a server does."""

    WORKS = "works"
    LETS_THROUGH = "lets through"
    CANNOT = "cannot"
    FAILS = "differs"


@attrs.frozen
class Outcome:
    """What came of a try.

    Attributes:
        verdict: In a word.
        note: What the server let through, could not do, or did instead.
    """

    verdict: Verdict
    note: str = ""

    def __str__(self) -> str:
        if self.verdict is Verdict.LETS_THROUGH:
            return f"**{self.verdict}**: {self.note}"
        return f"{self.verdict}: {self.note}" if self.note else str(self.verdict)


@asynccontextmanager
async def met(running: Running) -> AsyncGenerator[Peer, None]:
    """Connect to a server."""
    async with (
        AwsTransport.open("eu-west-1", endpoint_url=running.url) as transport,
        aiohttp.ClientSession() as http,
    ):
        yield Peer(running, Watched(transport), http)


async def tried(peer: Peer, program: Try) -> Outcome:
    """Run a program against a server, and say what came of it. Whatever else it raises is an error in the program."""
    peer.transport.forget()
    try:
        await program(peer)
    except AcceptedError as error:
        return Outcome(Verdict.LETS_THROUGH, str(error))
    except (AuthStepsError, ServiceError, NoReplyError, UnexpectedError) as error:
        trouble = peer.transport.trouble
        if trouble is not None and (feature := await _unsupported(peer.running, trouble)) is not None:
            return Outcome(Verdict.CANNOT, feature)
        return Outcome(Verdict.FAILS, _what(error, trouble))
    return Outcome(Verdict.WORKS)


def _what(error: Exception, trouble: Trouble | None) -> str:
    match error:
        case UnexpectedError():
            return str(error)
        case BackendContractError():
            return error.problem
        case _ if trouble is not None:
            return f"{trouble.operation}: {trouble.how}"
        case _:
            return type(error).__name__


async def _unsupported(running: Running, trouble: Trouble) -> str | None:
    """Return what the server says that it does not know how to do; ``None`` if it says no such thing.

    cognito-local says so in its answer. moto answers with a page that says nothing, and writes it into its log a moment
    later.
    """
    said, _, feature = trouble.text.partition("Cognito Local unsupported feature: ")
    if feature and not said:
        return trouble.operation if feature.startswith("Unsupported x-amz-target") else feature
    if running.server.name != "moto" or not trouble.how.startswith("HTTP status 500"):
        return None
    told = f"NotImplementedError: The {xform_name(trouble.operation)} action has not been implemented"
    with anyio.move_on_after(_LONGEST_WAIT_FOR_A_LOG_SECONDS):
        while told not in running.log.read_text():  # noqa: ASYNC110  # another process's log tells nobody
            await anyio.sleep(0.01)
        return trouble.operation
    return None


def label(program: Try) -> str:
    """Return what a program tries."""
    return (program.__doc__ or "").strip()


def table(outcomes: Mapping[str, Mapping[str, str]]) -> str:
    """Return the table: a row for each try, a column for each server."""
    names = [server.name for server in SERVERS]
    head = [f"| what is tried | {' | '.join(names)} |", f"|{'---|' * (len(names) + 1)}"]
    rows = [
        f"| {label(program)} | {' | '.join(outcomes[name][label(program)] for name in names)} |" for program in TRIES
    ]
    return "\n".join([*head, *rows])


def recorded() -> dict[str, dict[str, str]]:
    """Return what the README says, by server and by what is tried."""
    head, _, *rows = _table_lines(README.read_text())
    names = head[1:]
    return {name: {row[0]: row[at] for row in rows} for at, name in enumerate(names, 1)}


def written(outcomes: Mapping[str, Mapping[str, str]]) -> None:
    """Put the table into the README in place of the one that is there."""
    text = README.read_text()
    README.write_text(re.sub(r"(?m)^\|.*\|\n(\|.*\|\n)*", f"{table(outcomes)}\n", text, count=1))


def _table_lines(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
