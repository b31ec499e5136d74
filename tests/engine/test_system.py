"""The system's clock and entropy keep what their ports promise, and so do those of the tests."""

from datetime import UTC, datetime, timedelta

import pytest

from authsteps.engine.ports import Clock, Entropy
from authsteps.engine.system import SystemClock, SystemEntropy
from tests.conftest import SeededEntropy, VirtualClock

CLOCKS: list[Clock] = [SystemClock(), VirtualClock()]
ENTROPIES: list[Entropy] = [SystemEntropy(), SeededEntropy()]


@pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: type(clock).__name__)
def test_a_clock_tells_an_aware_instant_in_utc_and_never_goes_back(clock: Clock) -> None:
    assert clock.now().tzinfo is UTC
    assert clock.now() <= clock.now()
    assert clock.monotonic() <= clock.monotonic()


@pytest.mark.parametrize("entropy", ENTROPIES, ids=lambda entropy: type(entropy).__name__)
@pytest.mark.parametrize("count", [0, 1, 32, 1000])
def test_entropy_gives_as_many_bytes_as_were_asked_for(entropy: Entropy, count: int) -> None:
    assert len(entropy.random_bytes(count)) == count


@pytest.mark.parametrize("entropy", ENTROPIES, ids=lambda entropy: type(entropy).__name__)
def test_entropy_does_not_repeat_itself(entropy: Entropy) -> None:
    assert len({entropy.random_bytes(16) for _ in range(100)}) == 100


def test_the_clock_of_the_tests_stands_still_until_it_is_moved(clock: VirtualClock) -> None:
    assert clock.now() == datetime(2026, 1, 5, 3, 4, 9, tzinfo=UTC)
    before = clock.monotonic()
    clock.move(timedelta(minutes=1, milliseconds=500))
    assert clock.now() == datetime(2026, 1, 5, 3, 5, 9, 500_000, tzinfo=UTC)
    assert clock.monotonic() - before == 60.5
    with pytest.raises(ValueError, match="does not go back"):
        clock.move(timedelta(seconds=-1))


def test_the_entropy_of_the_tests_is_the_same_in_every_run() -> None:
    assert SeededEntropy(7).random_bytes(8) == SeededEntropy(7).random_bytes(8)
    assert SeededEntropy(7).random_bytes(8) != SeededEntropy(8).random_bytes(8)
