"""What a waiting run costs in memory, and in tasks.

A hundred thousand people have proved their password and are looking for their phones: each run waits at the TOTP step,
with a backend session as long as Cognito's and texts that it shares with nobody.

    python -m benchmarks.memory --help
"""

import base64
import gc
import json
import os
import random
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import anyio
import attrs
import typer
from rich.console import Console
from rich.table import Table

from authsteps.adapters.cognito import CognitoBackend
from authsteps.engine import MemoryRunStore, RunHandle
from authsteps.engine.messages import Carried, Effect, Event, Secret
from authsteps.engine.system import SystemClock
from authsteps.flows import AuthService, effects, events, steps
from benchmarks.measure import machine
from benchmarks.world import BACKEND_SESSION_LENGTH, CONFIG, PASSWORD, CannedPool, Challenge

__all__ = ["GOAL_BYTES", "RESIDENT", "Footprint", "measure"]

GOAL_BYTES = 3000

_SAMPLE = 100
RESIDENT = Path("/proc/self/statm")
"""Where Linux tells how much memory a process has resident."""
_FORGOTTEN = Secret("5" * 768)
"""Any SRP value: they are dropped before a run waits, so they need not differ."""


@attrs.frozen
class Footprint:
    """What the waiting runs cost.

    Attributes:
        runs: How many wait.
        bytes_per_run: By how much the process's resident memory grew, shared out.
        snapshot_bytes: How long one encoded snapshot is.
        extra_tasks: How many more tasks there are than before.
    """

    runs: int
    bytes_per_run: float
    snapshot_bytes: int
    extra_tasks: int


class _QuickBackend:
    """Brings every sign-in to the TOTP step at once, without arithmetic: what waits is the same, sooner."""

    def __init__(self) -> None:
        self._like = CognitoBackend(CannedPool(Challenge.make()), CONFIG)
        self._random = random.Random(6)  # noqa: S311  # a benchmark must be able to repeat itself

    @property
    def performs(self) -> Collection[type[Effect]]:
        """What every backend performs."""
        return self._like.performs

    async def perform(self, effect: Effect) -> Event:
        """Answer as a pool would."""
        match effect:
            case effects.MakeKeyPair():
                return events.KeyPairMade(_FORGOTTEN, _FORGOTTEN)
            case effects.InitiateAuth():
                name = str(uuid.UUID(int=self._random.getrandbits(128)))
                return events.PasswordVerifierChallenged(
                    user_id=name, salt=_FORGOTTEN, srp_b=_FORGOTTEN, secret_block=_FORGOTTEN, username=name
                )
            case effects.ComputeClaim():
                return events.ClaimComputed(_FORGOTTEN, "Mon Jan 5 03:04:09 UTC 2026")
            case effects.RespondToAuthChallenge():
                session = base64.b64encode(self._random.randbytes(BACKEND_SESSION_LENGTH)).decode()
                return events.TotpCodeChallenged("phone", session=Carried(session[:BACKEND_SESSION_LENGTH]))
            case _:
                raise AssertionError(f"nobody asked for {type(effect).__name__}")


async def measure(runs: int = 100_000) -> Footprint:
    """Let ``runs`` sign-ins wait, and see what that takes. Resident memory is read from Linux's ``/proc``.

    Run it in a process that did nothing else: memory that was freed before would be taken first, and not be seen.
    """
    store = MemoryRunStore(SystemClock(), capacity=max(runs, _SAMPLE))
    service = AuthService(_QuickBackend(), store=store)
    for _ in range(_SAMPLE):  # what is made once, at first use, belongs to no run
        await service.abandon(await _begin(service))
    gc.collect()
    resident, tasks = _resident_bytes(), len(anyio.get_running_tasks())
    handle = await _begin(service)
    for _ in range(runs - 1):
        await _begin(service)  # the person has the handle, not this process
    gc.collect()
    grown, more_tasks = _resident_bytes() - resident, len(anyio.get_running_tasks()) - tasks
    stored, step = await store.load(handle.run_id), await service.next_step(handle)
    assert len(store) == runs
    assert stored is not None
    assert isinstance(step, steps.ConfirmSignInWithTotpCode)
    return Footprint(runs, grown / runs, len(stored.data), more_tasks)


async def _begin(service: AuthService) -> RunHandle:
    result = await service.sign_in("alice@example.com", PASSWORD)
    assert result.run is not None
    return result.run


def _resident_bytes() -> int:
    return int(RESIDENT.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    runs: Annotated[int, typer.Option(min=_SAMPLE, help="How many runs wait.")] = 100_000,
) -> None:
    """Show what a sign-in that waits for a TOTP code costs in memory, and in tasks.

    The goal: at most 3 kB and no task, with 100,000 of them.

    It takes about half a minute, and works on Linux.
    """
    if not RESIDENT.exists():
        raise typer.BadParameter(f"this system has no {RESIDENT}, from which resident memory is read")
    err, here = Console(stderr=True), machine()
    err.print(f"letting {runs:,} sign-ins wait ...")
    found = anyio.run(measure, runs)
    if as_json:
        print(json.dumps({"machine": here, "goal_bytes_per_run": GOAL_BYTES, **attrs.asdict(found)}))
        return
    table = Table("waiting runs", "bytes a run", "of these snapshot", "extra tasks", title="memory of waiting runs")
    table.add_row(f"{found.runs:,}", f"{found.bytes_per_run:,.0f}", f"{found.snapshot_bytes:,}", str(found.extra_tasks))
    Console().print(table)
    err.print(here)


if __name__ == "__main__":
    typer.run(main)
