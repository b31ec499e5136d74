"""What a whole SRP sign-in costs in CPU time, over all threads, beside its arithmetic alone and beside pycognito's.

Read the ratios of ``python -m benchmarks`` where it matters: there the cases take turns.
"""

import time
from collections.abc import Iterator

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from benchmarks.fixture import Benchmark
from benchmarks.measure import crowd
from benchmarks.sign_ins import INLINE, PEER, SERVICE, THREADED, ways
from benchmarks.world import Challenge


@pytest.fixture(scope="module")
def portal() -> Iterator[BlockingPortal]:
    """One event loop for all, so that its worker threads live on between rounds."""
    with start_blocking_portal() as running:
        yield running


@pytest.mark.benchmark(group="CPU time of 16 SRP sign-ins, one after another", timer=time.process_time)
@pytest.mark.parametrize("way", [SERVICE, THREADED, INLINE])
def test_sixteen_sign_ins(benchmark: Benchmark, portal: BlockingPortal, way: str) -> None:
    """Show what service, driver, graph and protocol add to the arithmetic, and what the hop to a thread adds."""
    sign_in = portal.call(ways, Challenge.make())[way]
    benchmark.pedantic(portal.call, (lambda: crowd(sign_in, in_flight=1, count=16),), rounds=15, warmup_rounds=1)


@pytest.mark.benchmark(group="CPU time of the arithmetic of one SRP sign-in", timer=time.process_time)
@pytest.mark.parametrize("way", [INLINE, PEER])
def test_one_sign_ins_arithmetic(benchmark: Benchmark, portal: BlockingPortal, way: str) -> None:
    """Show what a peer's arithmetic costs: Python's own ``pow`` and a private key of 1024 bits."""
    prove = portal.call(ways, Challenge.make())[way]
    benchmark.pedantic(portal.call, (prove,), rounds=15, warmup_rounds=1)
