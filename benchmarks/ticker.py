"""How late others on the event loop are while people sign in.

A ticker is due every millisecond on the loop that signs people in, and writes down how late it was. Every tick counts:
a loop that stands still for ten milliseconds makes ten ticks late. The sign-ins use no network, so that as many as
said are always in flight and the machine is always busy; a real pool would give the loop more rest.

    python -m benchmarks.ticker --help
"""

import json
import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import anyio
import attrs
import typer
from rich.console import Console
from rich.table import Table

from authsteps.flows import AuthService
from benchmarks.measure import machine, percentile
from benchmarks.world import PASSWORD, USERNAME, Challenge, a_service

__all__ = ["GOAL_MS", "IN_FLIGHT", "Lateness", "measure", "observe"]

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


async def observe(in_flight: int, seconds: float) -> Lateness:
    """Watch one window. With nobody in flight it shows how late this machine's idle loop is."""
    service, done, before = a_service(Challenge.make()), _Counter(), 0
    late: Sequence[float] = ()
    async with anyio.create_task_group() as group:
        for _ in range(in_flight):
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


async def measure(levels: Iterable[int], *, windows: int, seconds: float) -> Mapping[int, Lateness]:
    """Watch every level for some windows, in turn, and return what is typical of each."""
    seen: dict[int, list[Lateness]] = {level: [] for level in levels}
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
        list[int] | None, typer.Option(min=0, help="Sign-ins in flight; repeat it for more levels.  [0, 1, 16, 64]")
    ] = None,
) -> None:
    """Show how late a 1 ms ticker is on an event loop that signs people in over SRP.

    The goal: at most 5 ms at the 99th percentile, with 64 sign-ins in flight. The line with 0 in flight is this
    machine's own lateness; up to 1 ms of it is the resolution of the loop's clock.
    """
    levels = in_flight or (0, *IN_FLIGHT)
    err, here = Console(stderr=True), machine()
    err.print(f"watching {len(levels)} levels {windows} times, {seconds:g} s each, on asyncio ...")
    observed = anyio.run(lambda: measure(levels, windows=windows, seconds=seconds))
    if as_json:
        rows = [{"in_flight": level, **attrs.asdict(late)} for level, late in observed.items()]
        print(json.dumps({"machine": here, "goal_p99_ms": GOAL_MS, "lateness": rows}))
        return
    table = Table("in flight", "median ms", "p99 ms", "max ms", "sign-ins/s", title="lateness of a 1 ms ticker")
    for level, late in observed.items():
        figures = (late.median_ms, late.p99_ms, late.max_ms)
        table.add_row(str(level), *(f"{figure:.2f}" for figure in figures), f"{late.sign_ins_per_second:.0f}")
    Console().print(table)
    err.print(here)


if __name__ == "__main__":
    typer.run(main)
