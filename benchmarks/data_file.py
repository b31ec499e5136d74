"""What a data file costs: sign-ins and changes a second with one and without, in turn, with few and many in flight.

    python -m benchmarks.data_file

Both ends run here. A sign-in with SRP is two calls. A change of an attribute is one, and the cheapest that there is, so
it shows the price of a transaction, and how those who come at once share it. Each is answered when it is on disk.
"""

import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Annotated

import anyio
import attrs
import typer

from authsteps.adapters.fake import ExplicitAuthFlow, FakeCognito, FakeUserPool
from authsteps.flows import AuthService
from benchmarks.measure import crowd
from benchmarks.world import PASSWORD, SeededEntropy, signing_keys

__all__ = ["IN_FLIGHT", "Setting", "measure"]

IN_FLIGHT = (1, 16, 128)
_WORKS = ("sign-in", "change")


@attrs.frozen
class Setting:
    """What is done, and how many do it.

    Attributes:
        work: ``sign-in``, or ``change``: of an attribute.
        in_flight: At once, each of somebody else.
        kept: Whether there is a data file.
    """

    work: str
    in_flight: int
    kept: bool


@attrs.frozen
class Cost:
    """What it took.

    Attributes:
        rate: How many a second.
        cpu: Seconds of processor time for each, over all threads.
    """

    rate: float
    cpu: float


def measure(*, rounds: int, times: int) -> Mapping[Setting, list[Cost]]:
    """Return what each setting cost in each round. The settings take turns.

    Args:
        rounds: How many.
        times: How often the work is done, a round and setting; at least as often as are in flight, in any case.
    """
    settings = [Setting(work, in_flight, kept) for work in _WORKS for in_flight in IN_FLIGHT for kept in (False, True)]
    costs: dict[Setting, list[Cost]] = {setting: [] for setting in settings}
    for turn in range(rounds):
        for setting in settings if turn % 2 == 0 else reversed(settings):
            costs[setting].append(anyio.run(_cost, setting, max(times, setting.in_flight)))
    return costs


async def _cost(setting: Setting, times: int) -> Cost:
    pool = FakeUserPool(entropy=SeededEntropy(7), signing_keys=signing_keys(), has_client=False)
    pool.add_client(explicit_auth_flows=frozenset(ExplicitAuthFlow))
    names = [f"person-{number}" for number in range(setting.in_flight)]
    for name in names:
        pool.add_user(name, PASSWORD)
    cognito = FakeCognito()
    cognito.add_pool(pool)
    async with AsyncExitStack() as stack:
        if setting.kept:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            await stack.enter_async_context(cognito.kept_in(Path(folder) / "data.db"))
        work = (_sign_in if setting.work == "sign-in" else _change)(pool, names)
        await crowd(work, in_flight=setting.in_flight, count=setting.in_flight)
        began, began_cpu = time.perf_counter(), time.process_time()
        await crowd(work, in_flight=setting.in_flight, count=times)
        return Cost(times / (time.perf_counter() - began), (time.process_time() - began_cpu) / times)


def _sign_in(pool: FakeUserPool, names: list[str]) -> Callable[[], Awaitable[None]]:
    service, people = AuthService(pool.backend(), entropy=SeededEntropy(8)), _in_turn(names)

    async def sign_in() -> None:
        result = await service.sign_in(next(people), PASSWORD)
        assert result.is_signed_in

    return sign_in


def _change(pool: FakeUserPool, names: list[str]) -> Callable[[], Awaitable[None]]:
    people, numbers = _in_turn(names), count()

    async def change() -> None:
        attributes = [{"Name": "nickname", "Value": f"no. {next(numbers)}"}]
        named = {"UserPoolId": pool.id, "Username": next(people)}
        await pool.call("AdminUpdateUserAttributes", {**named, "UserAttributes": attributes})

    return change


def _in_turn(texts: list[str]) -> Iterator[str]:
    while True:
        yield from texts


def _report(rounds: Annotated[int, typer.Option(min=1)] = 7, times: Annotated[int, typer.Option(min=1)] = 256) -> None:
    """Print one Markdown table."""
    costs = measure(rounds=rounds, times=times)
    print(
        "| work | in flight | a second, in memory | a second, in a file | time, file to memory | CPU, file to memory |"
    )
    print("|---|---|---|---|---|---|")
    for work in _WORKS:
        for in_flight in IN_FLIGHT:
            memory, file = (costs[Setting(work, in_flight, kept)] for kept in (False, True))
            pairs = [*zip(memory, file, strict=True)]
            time_ratio = statistics.median(one.rate / other.rate for one, other in pairs)
            cpu_ratio = statistics.median(other.cpu / one.cpu for one, other in pairs)
            rates = [statistics.median(cost.rate for cost in side) for side in (memory, file)]
            print(f"| {work} | {in_flight} | {rates[0]:.0f} | {rates[1]:.0f} | {time_ratio:.2f} | {cpu_ratio:.2f} |")


if __name__ == "__main__":
    typer.run(_report)
