"""Everything that is measured, as one Markdown table.

    python -m benchmarks > figures.md

Progress goes to standard error. It takes about four minutes on two cores.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import anyio
import attrs
import typer
from rich.console import Console

from benchmarks import advances, functions, memory, over_the_wire, servers, sign_ins, throughput, ticker
from benchmarks.measure import Timings, machine

__all__ = ["FULL", "QUICK", "Row", "Scale", "markdown", "rows"]

_CPU_GOAL = 1.15
"""A whole sign-in, in times the CPU of its arithmetic."""

_CHECKOUT = Path(__file__).parent.parent


@attrs.frozen
class Scale:
    """How thoroughly to measure.

    Attributes:
        rounds: Rounds of a comparison whose batches take a few milliseconds; dearer ones get a fraction of them.
        windows: How often the ticker watches each level.
        window_seconds: How long.
        waiting_runs: How many runs wait.
        sign_ins: How many people sign in to the fake pool, a round and setting.
        turns: How often the servers take turns, and so do clients over HTTP.
        turn_seconds: For how long people sign in over HTTP in a turn; the last to begin are waited for.
    """

    rounds: int
    windows: int
    window_seconds: float
    waiting_runs: int
    sign_ins: int
    turns: int
    turn_seconds: float


FULL = Scale(rounds=120, windows=4, window_seconds=2.0, waiting_runs=100_000, sign_ins=64, turns=6, turn_seconds=1.0)
QUICK = Scale(rounds=8, windows=1, window_seconds=0.2, waiting_runs=1000, sign_ins=1, turns=2, turn_seconds=0.1)


@attrs.frozen
class Row:
    """One line of the table.

    Attributes:
        what: What was measured.
        figure: What it took on this machine.
        beside: What it was measured beside, in the same run, and what that took.
        ratio: How many times as much it took; the quartiles in brackets.
        goal: What it should be, and whether it is.
    """

    what: str
    figure: str
    beside: str = ""
    ratio: str = ""
    goal: str = ""


def rows(scale: Scale) -> Iterator[Row]:
    """Measure everything, and yield a row as soon as it is known."""
    yield from _advances(anyio.run(advances.compare, scale.rounds))
    for in_flight, count in ((1, 4), (16, 16), (64, 64)):
        rounds = max(2, scale.rounds * 6 // (count + 2))
        yield from _sign_ins(anyio.run(sign_ins.compare, in_flight, count, rounds), in_flight)
    yield from _peer(anyio.run(sign_ins.compare_with_peer, max(2, scale.rounds // 6)))
    yield from _functions(scale)
    yield from _lateness(scale)
    yield _memory(scale)
    yield from _throughput(scale)
    yield from _over_the_wire(scale)
    yield from _servers(scale)


def markdown(found: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    head = ["| what | figure | beside | ratio | goal |", "|---|---|---|---|---|"]
    body = [f"| {row.what} | {row.figure} | {row.beside} | {row.ratio} | {row.goal} |" for row in found]
    return "\n".join([*head, *body])


def _advances(timings: Timings) -> Iterator[Row]:
    for what, other in (
        (advances.ONE_ADVANCE, advances.ONE_LOOK_UP),
        (advances.WHOLE_SIGN_IN, advances.LOOK_UPS),
    ):
        ratio = str(timings.ratio(what, other))
        yield Row(what, _micro(timings.median(what)), f"{other}: {_micro(timings.median(other))}", ratio)


def _sign_ins(timings: Timings, in_flight: int) -> Iterator[Row]:
    ratio = timings.ratio(sign_ins.SERVICE, sign_ins.THREADED).median
    goal = f"at most {_CPU_GOAL}: {_verdict(met=ratio <= _CPU_GOAL)}"
    number = f"{in_flight} in flight"
    yield _beside(timings, f"CPU of a whole SRP sign-in, {number}", sign_ins.SERVICE, sign_ins.THREADED, goal)
    yield _beside(timings, f"CPU of its arithmetic with the hop, {number}", sign_ins.THREADED, sign_ins.INLINE)


def _peer(timings: Timings) -> Iterator[Row]:
    yield _beside(timings, "CPU of pycognito's arithmetic", sign_ins.PEER, sign_ins.INLINE)
    yield _beside(timings, "CPU of pycognito's arithmetic", sign_ins.PEER, sign_ins.SERVICE)


def _functions(scale: Scale) -> Iterator[Row]:
    calls = anyio.run(functions.compare, scale.rounds)
    for what in (functions.ASYNC, functions.SYNC, functions.NODE):
        other, ratio = functions.BY_HAND, str(calls.ratio(what, functions.BY_HAND))
        yield Row(f"CPU of {what}", _micro(calls.median(what)), f"{other}: {_micro(calls.median(other))}", ratio)
    whole = anyio.run(functions.compare_sign_ins, scale.rounds)
    yield _beside(whole, functions.TRIGGERED_SIGN_IN, functions.TRIGGERED_SIGN_IN, functions.PLAIN_SIGN_IN)


def _beside(timings: Timings, label: str, what: str, other: str, goal: str = "") -> Row:
    figure, others = _milli(timings.median(what)), _milli(timings.median(other))
    return Row(label, figure, f"{other}: {others}", str(timings.ratio(what, other)), goal)


def _lateness(scale: Scale) -> Iterator[Row]:
    observed = anyio.run(lambda: ticker.measure(ticker.IN_FLIGHT, windows=scale.windows, seconds=scale.window_seconds))
    idle, busy = observed[ticker.IDLE], observed[ticker.BUSY]
    yield _late("an idle loop, every core busy elsewhere", busy, "and idle", idle)
    for in_flight in ticker.IN_FLIGHT:
        late = observed[ticker.Level(in_flight)]
        goal = f"p99 at most {ticker.GOAL_MS:g} ms: {_verdict(met=late.p99_ms <= ticker.GOAL_MS)}"
        row = _late(f"{in_flight} SRP sign-ins in flight", late, "an idle loop, every core busy", busy)
        yield attrs.evolve(row, goal=goal) if in_flight == max(ticker.IN_FLIGHT) else row


def _late(label: str, late: ticker.Lateness, other: str, others: ticker.Lateness) -> Row:
    ratio = f"p99: {late.p99_ms / others.p99_ms:.1f}"
    return Row(f"lateness of a 1 ms ticker, {label}", _spread(late), f"{other}: {_spread(others)}", ratio)


def _spread(late: ticker.Lateness) -> str:
    return f"median {late.median_ms:.1f}, p99 {late.p99_ms:.1f}, max {late.max_ms:.1f} ms"


def _memory(scale: Scale) -> Row:
    command = [sys.executable, "-m", "benchmarks.memory", "--json", "--runs", str(scale.waiting_runs)]
    # In a process that did nothing else. S603: it is our own module.
    run = subprocess.run(command, check=True, capture_output=True, text=True, cwd=_CHECKOUT)  # noqa: S603  # see above
    found = json.loads(run.stdout)
    size, tasks = found["bytes_per_run"], found["extra_tasks"]
    return Row(
        f"memory of a waiting run, {found['runs']:,} of them",
        f"{size:,.0f} bytes, {tasks} tasks",
        f"its encoded snapshot: {found['snapshot_bytes']:,} bytes",
        f"{size / found['snapshot_bytes']:.2f}",
        f"at most 3 kB and no task: {_verdict(met=size <= memory.GOAL_BYTES and tasks == 0)}",
    )


def _throughput(scale: Scale) -> Iterator[Row]:
    rates = throughput.measure(rounds=3, sign_ins=scale.sign_ins)
    one = throughput.Setting("asyncio", 1)
    for setting, rate in rates.items():
        yield Row(
            f"SRP sign-ins on the fake pool, {setting.backend}, {setting.in_flight} in flight",
            f"{rate:.0f} a second",
            f"{one.backend}, {one.in_flight} in flight: {rates[one]:.0f} a second",
            f"{rate / rates[one]:.2f}",
        )


def _over_the_wire(scale: Scale) -> Iterator[Row]:
    ours, peer = over_the_wire.OURS, over_the_wire.PEER
    found = over_the_wire.measure(over_the_wire.IN_FLIGHT, rounds=scale.turns, seconds=scale.turn_seconds)
    for in_flight, beside in found.items():
        mine, theirs = beside.typical(ours), beside.typical(peer)
        number = f"{in_flight} in flight"
        yield Row(
            f"CPU of {peer} for an SRP sign-in over HTTP, {number}",
            f"{theirs.cpu_ms:.1f} ms",
            f"{ours}: {mine.cpu_ms:.1f} ms; the served fake: {mine.server_cpu_ms:.1f} ms",
            str(beside.cpu()),
        )
        yield Row(
            f"SRP sign-ins of {ours} over HTTP, {number}", _pace(mine), f"{peer}: {_pace(theirs)}", str(beside.rates())
        )


def _pace(figures: over_the_wire.Figures) -> str:
    return f"{figures.per_second:.0f} a second; p50 {figures.p50_ms:.0f}, p99 {figures.p99_ms:.0f} ms"


def _servers(scale: Scale) -> Iterator[Row]:
    for server in servers.missing():
        yield Row(f"requests a second of {server.name}", "not measured", server.remedy)
    rates = anyio.run(partial(servers.measure, rounds=scale.turns, requests=4 * servers.IN_FLIGHT))
    for operation, by_server in rates.found.items():
        for other in sorted(by_server.keys() - {servers.FAKE}):
            yield Row(
                f"{operation} of the served fake, {servers.IN_FLIGHT} in flight",
                f"{rates.median(operation, servers.FAKE):.0f} a second",
                f"{other}: {rates.median(operation, other):.0f} a second",
                str(rates.ratio(operation, other)),
            )


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:.3g} µs"


def _milli(seconds: float) -> str:
    return f"{seconds * 1e3:.2f} ms"


def _verdict(*, met: bool) -> str:
    return "met" if met else "missed"


def main(
    *,
    quick: Annotated[
        bool, typer.Option("--quick", help="Measure a little of everything; the figures are rough.")
    ] = False,
) -> None:
    """Measure everything and print one Markdown table. It takes about four minutes.

    A ratio is the median over many rounds in which the cases take turns; in brackets the quartiles.

    Other work on the machine falls on both sides of a ratio, but not of a lateness.
    """
    progress, here, began = Console(stderr=True), machine(), time.monotonic()
    progress.print(here)
    found: list[Row] = []
    for row in rows(QUICK if quick else FULL):
        found.append(row)
        progress.print(f"{time.monotonic() - began:4.0f} s  {row.what}: {row.figure}", highlight=False)
    print(f"{here}.\n\n{markdown(found)}")


if __name__ == "__main__":
    typer.run(main)
