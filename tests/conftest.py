"""What every test may use: a clock that a test moves, repeatable entropy, and a choice of event loops.

Async tests run on asyncio. One that asks for ``each_backend`` runs on asyncio and on trio.
"""

import os
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings

__all__ = ["SeededEntropy", "VirtualClock"]

settings.register_profile("authsteps", derandomize=True, deadline=None, database=None)
settings.load_profile("authsteps")


class VirtualClock:
    """A clock that stands still until a test moves it. It starts at 2026-01-05T03:04:09Z."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 5, 3, 4, 9, tzinfo=UTC)
        self._seconds = 0.0

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return how many seconds the clock was moved so far."""
        return self._seconds

    def move(self, by: timedelta) -> None:
        """Move the clock forwards."""
        if by < timedelta():
            raise ValueError("this clock does not go back")
        self._now += by
        self._seconds += by.total_seconds()


class SeededEntropy:
    """Bytes that are different at every call and the same in every run."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311  # a test must be able to repeat itself

    def random_bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        return self._random.randbytes(count)


@pytest.fixture
def clock() -> VirtualClock:
    """A clock that stands still until the test moves it."""
    return VirtualClock()


@pytest.fixture
def entropy() -> SeededEntropy:
    """Repeatable randomness."""
    return SeededEntropy()


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The event loop of an async test. A module may override it."""
    return "asyncio"


@pytest.fixture(scope="module")
def each_backend(anyio_backend: str) -> str:
    """Run the test on asyncio and on trio: ask for this fixture, or make it autouse for a whole module."""
    return anyio_backend


@pytest.fixture(scope="module")
def no_aws_settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pytest.MonkeyPatch]:
    """Whatever AWS settings and proxies this machine has do not reach the tests of a module, which may set others."""
    nowhere = tmp_path_factory.mktemp("aws")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith("AWS_") or name.lower().endswith("_proxy"):
                patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", str(nowhere / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(nowhere / "credentials"))
        yield patch


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for ``each_backend`` both event loops."""
    if "each_backend" in metafunc.fixturenames:
        metafunc.parametrize("anyio_backend", ["asyncio", "trio"], scope="module")
