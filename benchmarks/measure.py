"""Measuring on a machine that has other work too.

Cases that are compared take turns within one run, so that whatever else the machine does falls on all of them. A round
gives one ratio; the median over the rounds is what counts, and the quartiles say how far to trust it.
"""

import os
import platform
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

import anyio
import attrs

from authsteps.adapters.cognito.srp_worker import cores

__all__ = ["Batch", "Ratio", "Timings", "crowd", "machine", "percentile", "repeated", "take_turns"]

_PACKAGES = ("anyio", "attrs", "gmpy2", "msgspec", "transitions", "trio", "pycognito")


@attrs.frozen
class Batch:
    """What a case does in one round.

    Attributes:
        run: Does it.
        operations: How many operations that is.
    """

    run: Callable[[], Awaitable[object]]
    operations: int = 1


@attrs.frozen
class Ratio:
    """How many times as much one case takes as another, over all rounds.

    Attributes:
        median: Of the rounds' ratios.
        low: Their lower quartile.
        high: Their upper quartile.
    """

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, case: Iterable[float], other: Iterable[float]) -> "Ratio":
        """Return how many times as much a case takes as another, from the figures of at least two rounds of each."""
        low, median, high = statistics.quantiles([mine / theirs for mine, theirs in zip(case, other, strict=True)], n=4)
        return cls(median, low, high)

    def __str__(self) -> str:
        digits = 3 if self.median < 10 else 0
        return f"{self.median:.{digits}f} ({self.low:.{digits}f}-{self.high:.{digits}f})"


@attrs.frozen
class Timings:
    """CPU seconds an operation, over all threads of this process; for each case one figure a round."""

    cpu: Mapping[str, Sequence[float]]

    def median(self, case: str) -> float:
        """Return the median of a case, in seconds."""
        return statistics.median(self.cpu[case])

    def ratio(self, case: str, other: str) -> Ratio:
        """Return how many times as much ``case`` takes as ``other``, round by round."""
        return Ratio.of(self.cpu[case], self.cpu[other])


async def take_turns(cases: Mapping[str, Batch], rounds: int) -> Timings:
    """Run every case once to warm up, then ``rounds`` times in turn: A B C, C B A, A B C, ..."""
    cpu: dict[str, list[float]] = {name: [] for name in cases}
    for batch in cases.values():
        await batch.run()
    turn = list(cases.items())
    for _ in range(rounds):
        for name, batch in turn:
            began = time.process_time()
            await batch.run()
            cpu[name].append((time.process_time() - began) / batch.operations)
        turn.reverse()
    return Timings(cpu)


def repeated(do: Callable[[], object], times: int) -> Batch:
    """Return a batch that does something quick many times, so that reading the clock does not count."""

    async def run() -> None:
        for _ in range(times):
            do()

    return Batch(run, times)


async def crowd(one: Callable[[], Awaitable[object]], *, in_flight: int, count: int) -> None:
    """Do ``one`` ``count`` times, ``in_flight`` at once. ``count`` is a multiple of ``in_flight``."""

    async def one_after_another() -> None:
        for _ in range(count // in_flight):
            await one()

    async with anyio.create_task_group() as group:
        for _ in range(in_flight):
            group.start_soon(one_after_another)


def percentile(samples: Sequence[float], percent: int) -> float:
    """Return the least sample that ``percent`` per cent of the samples do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def machine() -> str:
    """Say what this machine is, and which versions run on it."""
    packages = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    busy = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{cores()} cores of {_processor()}{busy}; {platform.system()}, {python}; {packages}"


def _processor() -> str:
    """What the processor calls itself; on Linux ``platform`` does not say."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text(encoding="utf-8").splitlines() if listing.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
