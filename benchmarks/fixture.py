"""The types of pytest-benchmark's fixture, which ships without: as much of it as is used here."""

from collections.abc import Callable
from typing import Protocol, TypeVar

__all__ = ["Benchmark"]

T = TypeVar("T")


class Benchmark(Protocol):
    """Runs a target many times and keeps what each run took."""

    def __call__(self, target: Callable[[], T], /) -> T:
        """Run ``target`` for about a second, and return its last result."""
        ...

    def pedantic(
        self, target: Callable[..., T], args: tuple[object, ...] = (), *, rounds: int, warmup_rounds: int = 0
    ) -> T:
        """Run ``target`` as often as said, and return its last result."""
        ...
