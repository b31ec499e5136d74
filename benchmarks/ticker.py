"""How late others on the event loop are while people sign in.

A ticker is due every millisecond on the loop that signs people in, and writes down how late it was. Every tick counts:
a loop that stands still for ten milliseconds makes ten ticks late. The sign-ins use no network, so that as many as
said are always in flight and the machine is always busy; a real pool would give the loop more rest.

Two levels tell what of it is the machine's own: a loop that has nothing else to do, and the same while bare
exponentiations, which hold no lock of the interpreter, keep every core busy.

    python -m benchmarks.ticker --help
"""

import json
import statistics
import threading
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from typing import Annotated

import anyio
import attrs
import typer
from rich.console import Console
from rich.table import Table

from authsteps.adapters.cognito.srp_worker import cores
from authsteps.flows import AuthService, srp
from benchmarks.measure import machine, percentile
from benchmarks.world import PASSWORD, USERNAME, Challenge, a_service

__all__ = ["BUSY", "GOAL_MS", "IDLE", "IN_FLIGHT", "Lateness", "Level", "measure", "observe"]

IN_FLIGHT = (1, 16, 64)
GOAL_MS = 5.0
"""At the 99th percentile, with 64 sign-ins in flight."""

_TICK = 0.001
_WARM_UP = 0.3


@attrs.frozen
class Lateness:
    """How late the ticks of one window were.

    Attributes:
        median_ms: The middle tick.
        p99_ms: Exceeded by one tick in a hundred.
        max_ms: The latest.
        sign_ins_per_second: What was got done meanwhile.
    """

    median_ms: float
    p99_ms: float
    max_ms: float
    sign_ins_per_second: float

    @classmethod
    def typical(cls, windows: Sequence["Lateness"]) -> "Lateness":
        """Return the median of several windows, and the latest tick of all."""
        return cls(
            median_ms=statistics.median(window.median_ms for window in windows),
            p99_ms=statistics.median(window.p99_ms for window in windows),
            max_ms=max(window.max_ms for window in windows),
            sign_ins_per_second=statistics.median(window.sign_ins_per_second for window in windows),
        )


@attrs.frozen
class Level:
    """What goes on beside the ticker.

    Attributes:
        in_flight: How many sign-ins.
        busy: Whether every core is kept busy by something that has nothing to do with the loop.
    """

    in_flight: int = 0
    busy: bool = False

    def __str__(self) -> str:
        if self.in_flight:
            return f"{self.in_flight} in flight"
        return "nothing, every core busy" if self.busy else "nothing"


IDLE, BUSY = Level(), Level(busy=True)


async def observe(level: Level, seconds: float) -> Lateness:
    """Watch one window."""
    service, done, before = a_service(Challenge.make()), _Counter(), 0
    late: Sequence[float] = ()
    with _every_core_busy() if level.busy else nullcontext():
        async with anyio.create_task_group() as group:
            for _ in range(level.in_flight):
                group.start_soon(_sign_in_again_and_again, service, done)
            await anyio.sleep(_WARM_UP)
            before = done.count
            late = await _tick(seconds)
            group.cancel_scope.cancel()
    in_ms = [tick * 1000 for tick in late]
    return Lateness(statistics.median(in_ms), percentile(in_ms, 99), max(in_ms), (done.count - before) / seconds)


@attrs.define
class _Counter:
    count: int = 0


async def _sign_in_again_and_again(service: AuthService, done: _Counter) -> None:
    while True:
        await service.sign_in(USERNAME, PASSWORD)
        done.count += 1


async def _tick(seconds: float) -> Sequence[float]:
    """Return how late every tick of a window was, in seconds."""
    late: list[float] = []
    due = time.perf_counter() + _TICK
    for _ in range(round(seconds / _TICK)):
        await anyio.sleep(max(0.0, due - time.perf_counter()))
        late.append(time.perf_counter() - due)
        due += _TICK
    return late


@contextmanager
def _every_core_busy() -> Generator[None, None, None]:
    """Exponentiate on every core, without the interpreter's lock."""
    over = threading.Event()

    def exponentiate() -> None:
        while not over.is_set():
            srp.FastArithmetic().power(srp.K, srp.N >> 2560)

    threads = [threading.Thread(target=exponentiate) for _ in range(cores())]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join()


async def measure(in_flight: Iterable[int], *, windows: int, seconds: float) -> Mapping[Level, Lateness]:
    """Watch every level, and the two without sign-ins, for some windows in turn; return what is typical of each."""
    levels = [IDLE, BUSY, *(Level(number) for number in in_flight)]
    seen: dict[Level, list[Lateness]] = {level: [] for level in levels}
    for _ in range(windows):
        for level, observed in seen.items():
            observed.append(await observe(level, seconds))
    return {level: Lateness.typical(observed) for level, observed in seen.items()}


def main(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of a table.")] = False,
    windows: Annotated[int, typer.Option(min=1, help="How often each level is watched; the levels take turns.")] = 3,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long a window is.")] = 2.0,
    in_flight: Annotated[
        list[int] | None, typer.Option(min=1, help="Sign-ins in flight; repeat it for more levels.  [1, 16, 64]")
    ] = None,
) -> None:
    """Show how late a 1 ms ticker is on an event loop that signs people in over SRP.

    The goal: at most 5 ms at the 99th percentile, with 64 in flight.

    The first two lines are the machine's own lateness: idle, and with every core busy elsewhere.

    Up to 1 ms of it is the resolution of the loop's timers.
    """
    err, here = Console(stderr=True), machine()
    err.print(f"watching {windows} windows of {seconds:g} s at each level, on asyncio ...")
    observed = anyio.run(lambda: measure(in_flight or IN_FLIGHT, windows=windows, seconds=seconds))
    if as_json:
        rows = [attrs.asdict(level) | attrs.asdict(late) for level, late in observed.items()]
        print(json.dumps({"machine": here, "goal_p99_ms": GOAL_MS, "lateness": rows}))
        return
    table = Table("beside it", "median ms", "p99 ms", "max ms", "sign-ins/s", title="lateness of a 1 ms ticker")
    for level, late in observed.items():
        figures = (late.median_ms, late.p99_ms, late.max_ms)
        table.add_row(str(level), *(f"{figure:.2f}" for figure in figures), f"{late.sign_ins_per_second:.0f}")
    Console().print(table)
    err.print(here)


if __name__ == "__main__":
    typer.run(main)
