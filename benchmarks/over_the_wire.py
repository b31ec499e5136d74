"""Sign-ins over HTTP: ``AuthService`` on ``CognitoBackend`` beside boto3 and pycognito in threads, against the fake.

The served fake is a process, and so is each of the two that sign people in, so that the CPU of each can be told apart.
They take turns: while one drives, the other waits. Passwords are proved with SRP, and the fake verifies every proof.

On few cores the fake, which computes the server's half of SRP and signs two tokens a sign-in, shares them with whoever
drives it. So sign-ins a second say as much about the fake as about its clients, and the client's own CPU says more.

    python -m benchmarks.over_the_wire --help
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Final

import attrs
import msgspec
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Ratio, machine, percentile
from benchmarks.wire_drivers import MOST_IN_FLIGHT, OURS, PEER, Order, Place, Window, person
from benchmarks.world import PASSWORD
from tests.clients.served import AWS_KEYS, Served, boto
from tests.peers.servers import SERVERS, running

__all__ = ["IN_FLIGHT", "OURS", "PEER", "PROCESSES", "Beside", "Figures", "measure"]

IN_FLIGHT: Final = (1, 16, MOST_IN_FLIGHT)
PROCESSES: Final = Path("/proc")
"""Where Linux tells how much CPU another process has taken."""
_TITLE: Final = "an SRP sign-in over HTTP, by how many are in flight"
_CHECKOUT: Final = Path(__file__).parent.parent
_WARM_UP: Final = Order(in_flight=16, seconds=0.5)


@attrs.frozen
class Figures:
    """What one way came to in one window, or typically.

    Attributes:
        per_second: Sign-ins a second.
        cpu_ms: CPU of the client a sign-in.
        server_cpu_ms: CPU of the served fake a sign-in.
        p50_ms: What half of the sign-ins took at most.
        p99_ms: What 99 in a hundred took at most.
        late_p99_ms: How late others in the client's process were, at the 99th percentile: on its event loop, or in a
            thread beside its threads.
    """

    per_second: float
    cpu_ms: float
    server_cpu_ms: float
    p50_ms: float
    p99_ms: float
    late_p99_ms: float

    @classmethod
    def of(cls, window: Window, server_cpu_seconds: float) -> "Figures":
        """Return the figures of one window."""
        count = len(window.latencies)
        return cls(
            per_second=count / window.wall_seconds,
            cpu_ms=window.cpu_seconds / count * 1000,
            server_cpu_ms=server_cpu_seconds / count * 1000,
            p50_ms=percentile(window.latencies, 50) * 1000,
            p99_ms=percentile(window.latencies, 99) * 1000,
            late_p99_ms=percentile(window.late, 99) * 1000,
        )


@attrs.frozen
class Beside:
    """Both ways, round by round.

    Attributes:
        rounds: For each way its figures.
    """

    rounds: Mapping[str, Sequence[Figures]]

    def typical(self, way: str) -> Figures:
        """Return the medians of a way's rounds."""
        rounds = [attrs.asdict(figures) for figures in self.rounds[way]]
        return Figures(**{name: statistics.median(figures[name] for figures in rounds) for name in rounds[0]})

    def rates(self) -> Ratio:
        """Return how many times as many sign-ins a second ours comes to."""
        return self._ratio(OURS, PEER, lambda figures: figures.per_second)

    def cpu(self) -> Ratio:
        """Return how many times as much CPU a sign-in takes the peer."""
        return self._ratio(PEER, OURS, lambda figures: figures.cpu_ms)

    def _ratio(self, way: str, other: str, figure: Callable[[Figures], float]) -> Ratio:
        return Ratio.of(map(figure, self.rounds[way]), map(figure, self.rounds[other]))


def measure(in_flight: Iterable[int], *, rounds: int, seconds: float) -> Mapping[int, Beside]:
    """Let both ways sign people in, in turn, and return their figures by how many are in flight.

    Args:
        in_flight: How many at once; each level has rounds of its own.
        rounds: How many; at least two.
        seconds: For how long people begin anew in a window. It lasts until the last of them is signed in.
    """
    levels = tuple(in_flight)
    with _served(max(levels)) as (place, server), ExitStack() as stack:
        drivers = {way: stack.enter_context(_driver(way, place)) for way in (OURS, PEER)}
        turn = list(drivers.items())
        for _, drive in turn:
            drive(attrs.evolve(_WARM_UP, in_flight=min(max(levels), _WARM_UP.in_flight)))
        found: dict[int, Beside] = {}
        for level in levels:
            figures: dict[str, list[Figures]] = {way: [] for way in drivers}
            for _ in range(rounds):
                for way, drive in turn:
                    before = _cpu_seconds(server)
                    window = drive(Order(level, seconds))
                    figures[way].append(Figures.of(window, _cpu_seconds(server) - before))
                turn.reverse()
            found[level] = Beside(figures)
        return found


@contextmanager
def _served(people: int) -> Generator[tuple[Place, int]]:
    """The served fake with a pool and people in it; where that is, and its process."""
    with tempfile.TemporaryDirectory() as folder, running(SERVERS[0], Path(folder)) as fake:
        with boto(fake.url, **AWS_KEYS) as administrator:
            pool = Served(fake.url, administrator).new_pool()
            for number in range(people):
                pool.add_user(person(number), PASSWORD)
        yield Place(fake.url, pool.id, pool.app.id), fake.pid


@contextmanager
def _driver(way: str, place: Place) -> Generator[Callable[[Order], Window]]:
    """A process that signs people in, and carries out the orders that it gets."""
    command = [sys.executable, "-m", "benchmarks.wire_drivers", way, place.url, place.pool_id, place.client_id]
    with subprocess.Popen(  # noqa: S603  # our own module
        command, cwd=_CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        orders, windows = process.stdin, process.stdout

        def drive(order: Order) -> Window:
            orders.write(msgspec.json.encode(order) + b"\n")
            orders.flush()
            answer = windows.readline()
            if not answer:
                raise RuntimeError(f"{way} ended; what it said stands above")
            return msgspec.json.decode(answer, type=Window)

        yield drive


def _cpu_seconds(process: int) -> float:
    """Return what a process has taken, in the kernel and outside.

    Source: proc_pid_stat(5): the fields 14 and 15; the second, a name in brackets, may hold blanks.
    """
    fields = (PROCESSES / str(process) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main(
    *,
    rounds: Annotated[int, typer.Option(min=2, help="How often the two take turns at each level.")] = 4,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long people begin anew in a turn.")] = 1.0,
    in_flight: Annotated[
        list[int] | None,
        typer.Option(min=1, max=MOST_IN_FLIGHT, help="Sign-ins in flight; repeat it for more levels.  [1, 16, 128]"),
    ] = None,
) -> None:
    """Show what SRP sign-ins over HTTP cost, beside boto3 and pycognito in threads, against the served fake.

    Three processes share the machine's cores: the fake, and one or the other client. The client's CPU is what counts.

    It takes about a minute, longer where others use the cores too, and works on Linux.
    """
    if not PROCESSES.exists():
        raise typer.BadParameter(f"this system has no {PROCESSES}, from which a server's CPU is read")
    err, here = Console(stderr=True), machine()
    err.print(f"signing in for {rounds} rounds of {seconds:g} s and more at each level ...")
    found = measure(in_flight or IN_FLIGHT, rounds=rounds, seconds=seconds)
    figures = Table("", "client", "a second", "CPU ms", "fake's", "p50 ms", "p99 ms", "late ms", title=_TITLE)
    figures.columns[1].no_wrap = True
    ratios = Table("", f"{OURS}'s a second, times {PEER}'s", f"{PEER}'s CPU, times {OURS}'s")
    for level, beside in found.items():
        for way in (OURS, PEER):
            typical = attrs.astuple(beside.typical(way))
            figures.add_row(str(level), way, *(f"{figure:.{1 if figure < 100 else 0}f}" for figure in typical))
        figures.add_section()
        ratios.add_row(str(level), str(beside.rates()), str(beside.cpu()))
    console = Console()
    console.print(figures)
    console.print(ratios)
    err.print(here)


if __name__ == "__main__":
    typer.run(main)
