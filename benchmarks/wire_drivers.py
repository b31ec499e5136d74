"""Who signs people in over HTTP: two ways, each a process of its own, so that what it takes can be told apart.

A driver reads an ``Order`` from each line of its input, carries it out, and writes a ``Window``.
"""

import asyncio
import importlib
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import anyio
import attrs
import msgspec

from authsteps.adapters.cognito import CognitoBackend
from authsteps.flows import AuthService
from benchmarks.world import PASSWORD

__all__ = ["MOST_IN_FLIGHT", "OURS", "PEER", "Order", "Place", "Watch", "Window", "person"]

OURS: Final = "CognitoBackend"
PEER: Final = "pycognito"
MOST_IN_FLIGHT: Final = 128

_TICK: Final = 0.01
_boto3: Any = importlib.import_module("boto3")  # published without types
_botocore: Any = importlib.import_module("botocore")
_config: Any = importlib.import_module("botocore.config")
_pycognito: Any = importlib.import_module("pycognito.aws_srp")


@attrs.frozen
class Place:
    """Where people sign in.

    Attributes:
        url: The endpoint.
        pool_id: The pool.
        client_id: The app client.
    """

    url: str
    pool_id: str
    client_id: str


@attrs.frozen
class Order:
    """What to do next.

    Attributes:
        in_flight: How many people sign in at once.
        seconds: For how long they begin again whenever they are signed in. Each signs in once at least.
    """

    in_flight: int
    seconds: float


@attrs.frozen
class Window:
    """What came of an order.

    Attributes:
        wall_seconds: From the first request to the last reply.
        cpu_seconds: Of all threads of the driver.
        latencies: How long each sign-in took, in seconds.
        late: How late somebody else in the same process got to work who was due every ten milliseconds, in seconds.
    """

    wall_seconds: float
    cpu_seconds: float
    latencies: list[float]
    late: list[float]


class Watch:
    """Watches an order being carried out: ``begin``, then ``turns`` and ``pauses``, then ``end``.

    Args:
        seconds: The order's.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._latencies: list[float] = []
        self._late: list[float] = []

    def begin(self) -> None:
        """Begin, when everybody is ready."""
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def turns(self) -> Generator[None]:
        """Yield for each sign-in of one person, and write down how long it took."""
        until = self._began + self._seconds
        while True:
            began = time.perf_counter()
            yield
            now = time.perf_counter()
            self._latencies.append(now - began)
            if now >= until:
                return

    def pauses(self) -> Generator[float]:
        """Yield how long to sleep until the next tick, and write down how late it was."""
        due = self._began + _TICK
        while True:
            yield max(0.0, due - time.perf_counter())
            self._late.append(time.perf_counter() - due)
            due += _TICK

    def end(self) -> Window:
        """Return what was seen."""
        wall, cpu = time.perf_counter() - self._began, time.process_time() - self._cpu
        return Window(wall, cpu, self._latencies, self._late)


def person(number: int) -> str:
    """Return somebody's username; no two people in flight are the same."""
    return f"person-{number}"


async def _ours(place: Place) -> None:
    async with CognitoBackend.connect(
        endpoint_url=place.url, user_pool_id=place.pool_id, client_id=place.client_id
    ) as backend:
        service = AuthService(backend)
        async for line in anyio.wrap_file(sys.stdin):
            _answer(await _signed_in_by_tasks(service, msgspec.json.decode(line, type=Order)))


async def _signed_in_by_tasks(service: AuthService, order: Order) -> Window:
    watch = Watch(order.seconds)

    async def sign_in(number: int) -> None:
        for _ in watch.turns():
            result = await service.sign_in(person(number), PASSWORD)
            assert result.is_signed_in

    async def tick() -> None:
        for pause in watch.pauses():
            await anyio.sleep(pause)

    watch.begin()
    async with anyio.create_task_group() as ticking:
        ticking.start_soon(tick)
        async with anyio.create_task_group() as people:
            for number in range(order.in_flight):
                people.start_soon(sign_in, number)
        ticking.cancel_scope.cancel()
    return watch.end()


def _peer(place: Place) -> None:
    # One client for all, as wide as there are threads: kinder than pycognito's own way, which makes one for each user.
    client = _boto3.client(
        "cognito-idp",
        endpoint_url=place.url,
        region_name=place.pool_id.partition("_")[0],
        config=_config.Config(signature_version=_botocore.UNSIGNED, max_pool_connections=MOST_IN_FLIGHT),
    )
    for line in sys.stdin:
        _answer(_signed_in_by_threads(partial(_prove, client, place), msgspec.json.decode(line, type=Order)))


def _prove(client: Any, place: Place, username: str) -> None:
    """Sign somebody in with pycognito."""
    attempt = _pycognito.AWSSRP(username, PASSWORD, place.pool_id, place.client_id, client=client)
    assert "AuthenticationResult" in attempt.authenticate_user()


def _signed_in_by_threads(prove: Callable[[str], None], order: Order) -> Window:
    watch, over = Watch(order.seconds), threading.Event()
    # Nobody begins before every thread runs: those that do would keep the rest from starting.
    ready = threading.Barrier(order.in_flight + 1, watch.begin)

    def sign_in(number: int) -> None:
        ready.wait()
        for _ in watch.turns():
            prove(person(number))

    def tick() -> None:
        ready.wait()
        for pause in watch.pauses():
            if over.wait(pause):
                return

    ticking = threading.Thread(target=tick)
    ticking.start()
    with ThreadPoolExecutor(order.in_flight) as people:
        try:
            list(people.map(sign_in, range(order.in_flight)))
        finally:
            over.set()
            ticking.join()
    return watch.end()


def _answer(window: Window) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(window) + b"\n")
    sys.stdout.buffer.flush()


def _run_ours(place: Place) -> None:
    asyncio.run(_ours(place))


_DRIVERS: Mapping[str, Callable[[Place], None]] = {OURS: _run_ours, PEER: _peer}


if __name__ == "__main__":
    _DRIVERS[sys.argv[1]](Place(*sys.argv[2:]))
