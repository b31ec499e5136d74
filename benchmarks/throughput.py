"""How many people sign in within a second against the fake pool, for orientation.

Both ends run here: the client's arithmetic, the pool's half of SRP, which costs as much again, and the signatures of
two tokens. Every proof is verified.
"""

import statistics
import time
from collections.abc import Iterator, Mapping
from functools import partial

import anyio
import attrs

from authsteps.adapters.fake import FakeUserPool
from authsteps.flows import AuthService
from benchmarks.measure import crowd
from benchmarks.world import PASSWORD, SeededEntropy, signing_keys

__all__ = ["BACKENDS", "IN_FLIGHT", "Setting", "measure"]

BACKENDS = ("asyncio", "trio")
IN_FLIGHT = (1, 16, 64)


@attrs.frozen
class Setting:
    """Where and how many.

    Attributes:
        backend: ``asyncio`` or ``trio``.
        in_flight: Sign-ins at once, each of somebody else.
    """

    backend: str
    in_flight: int


def measure(*, rounds: int, sign_ins: int) -> Mapping[Setting, float]:
    """Return sign-ins a second for every setting: the median of rounds in which the settings take turns.

    Args:
        rounds: How many.
        sign_ins: How many a round and setting; at least as many as are in flight, in any case.
    """
    settings = [Setting(backend, in_flight) for in_flight in IN_FLIGHT for backend in BACKENDS]
    rates: dict[Setting, list[float]] = {setting: [] for setting in settings}
    for _ in range(rounds):
        for setting, measured in rates.items():
            run = partial(_rate, setting.in_flight, max(sign_ins, setting.in_flight))
            measured.append(anyio.run(run, backend=setting.backend))
    return {setting: statistics.median(measured) for setting, measured in rates.items()}


async def _rate(in_flight: int, sign_ins: int) -> float:
    pool = FakeUserPool(entropy=SeededEntropy(7), signing_keys=signing_keys())
    names = [f"person-{number}" for number in range(in_flight)]
    for name in names:
        pool.add_user(name, PASSWORD)
    service, people = AuthService(pool.backend(), entropy=SeededEntropy(8)), _in_turn(names)

    async def sign_in() -> None:
        result = await service.sign_in(next(people), PASSWORD)
        assert result.is_signed_in

    await crowd(sign_in, in_flight=in_flight, count=in_flight)
    began = time.perf_counter()
    await crowd(sign_in, in_flight=in_flight, count=sign_ins)
    return sign_ins / (time.perf_counter() - began)


def _in_turn(names: list[str]) -> Iterator[str]:
    while True:
        yield from names
