"""What a data file costs: sign-ins and refreshes a second with one and without, in turn, with few and many in flight.

    python -m benchmarks.data_file

Both ends run here. A sign-in with SRP is two calls, a refresh is one, and each is answered when it is on disk.
"""

import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Annotated, Any, cast

import anyio
import attrs
import typer

from authsteps.adapters.fake import ExplicitAuthFlow, FakeCognito, FakeUserPool
from authsteps.flows import AuthService
from benchmarks.measure import crowd
from benchmarks.world import PASSWORD, SeededEntropy, signing_keys

__all__ = ["IN_FLIGHT", "Setting", "measure"]

IN_FLIGHT = (1, 16, 128)
_WORKS = ("sign-in", "refresh")


@attrs.frozen
class Setting:
    """What is done, and how many do it.

    Attributes:
        work: ``sign-in`` or ``refresh``.
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


def measure(*, rounds: int, count: int) -> Mapping[Setting, list[Cost]]:
    """Return what each setting cost in each round. The settings take turns.

    Args:
        rounds: How many.
        count: How often the work is done, a round and setting; at least as often as are in flight, in any case.
    """
    settings = [Setting(work, in_flight, kept) for work in _WORKS for in_flight in IN_FLIGHT for kept in (False, True)]
    costs: dict[Setting, list[Cost]] = {setting: [] for setting in settings}
    for turn in range(rounds):
        for setting in settings if turn % 2 == 0 else reversed(settings):
            costs[setting].append(anyio.run(_cost, setting, max(count, setting.in_flight)))
    return costs


async def _cost(setting: Setting, count: int) -> Cost:
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
        work = _sign_in(pool, names) if setting.work == "sign-in" else await _refresh(pool, names)
        await crowd(work, in_flight=setting.in_flight, count=setting.in_flight)
        began, began_cpu = time.perf_counter(), time.process_time()
        await crowd(work, in_flight=setting.in_flight, count=count)
        return Cost(count / (time.perf_counter() - began), (time.process_time() - began_cpu) / count)


def _sign_in(pool: FakeUserPool, names: list[str]) -> Callable[[], Awaitable[None]]:
    service, people = AuthService(pool.backend(), entropy=SeededEntropy(8)), _in_turn(names)

    async def sign_in() -> None:
        result = await service.sign_in(next(people), PASSWORD)
        assert result.is_signed_in

    return sign_in


async def _refresh(pool: FakeUserPool, names: list[str]) -> Callable[[], Awaitable[None]]:
    client: dict[str, Any] = {"ClientId": pool.client.client_id}
    tokens: list[str] = []
    for name in names:
        given = {"USERNAME": name, "PASSWORD": PASSWORD}
        reply = await pool.call("InitiateAuth", {**client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given})
        tokens.append(cast("Mapping[str, str]", reply["AuthenticationResult"])["RefreshToken"])
    issued = _in_turn(tokens)

    async def refresh() -> None:
        await pool.call("GetTokensFromRefreshToken", {**client, "RefreshToken": next(issued)})

    return refresh


def _in_turn(texts: list[str]) -> Iterator[str]:
    while True:
        yield from texts


def _report(rounds: Annotated[int, typer.Option(min=1)] = 7, count: Annotated[int, typer.Option(min=1)] = 128) -> None:
    """Print one Markdown table."""
    costs = measure(rounds=rounds, count=count)
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
