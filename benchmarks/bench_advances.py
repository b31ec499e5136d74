"""What the graph costs, beside a look-up in a plain dict for scale.

Read the ratios of ``python -m benchmarks`` where it matters: there the cases take turns.
"""

import pytest

from benchmarks.advances import Trace
from benchmarks.fixture import Benchmark

trace = Trace.make()


@pytest.mark.benchmark(group="one step of sign_in")
def test_one_advance(benchmark: Benchmark) -> None:
    """Show what one event costs: a claim was computed. Context, snapshot and next effect are included."""
    benchmark(trace.advance_once)


@pytest.mark.benchmark(group="one step of sign_in")
def test_one_look_up_in_a_plain_dict(benchmark: Benchmark) -> None:
    """Show the floor: which state comes next, and nothing else."""
    benchmark(trace.look_up_once)


@pytest.mark.benchmark(group="the seven steps of an SRP sign-in with a TOTP code")
def test_all_advances_of_a_sign_in(benchmark: Benchmark) -> None:
    """Show what the graph adds to a whole sign-in."""
    benchmark(trace.advance_through)


@pytest.mark.benchmark(group="the seven steps of an SRP sign-in with a TOTP code")
def test_as_many_look_ups_in_a_plain_dict(benchmark: Benchmark) -> None:
    """Show the floor of that."""
    benchmark(trace.look_up_through)
