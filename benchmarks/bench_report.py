"""The whole report on a small scale, so that the measurements which are programs of their own are known to run.

The figures that count are those of ``python -m benchmarks``.
"""

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks import memory
from benchmarks.__main__ import QUICK, rows


@pytest.mark.skipif(not memory.RESIDENT.exists(), reason="resident memory is read from Linux's /proc")
@pytest.mark.benchmark(group="the whole report, on a small scale")
def test_everything_that_the_report_measures_can_be_measured(benchmark: BenchmarkFixture) -> None:
    """Show that every measurement runs, and that no row lacks its figure."""
    found = benchmark.pedantic(lambda: list(rows(QUICK)), rounds=1)
    assert all(row.what and row.figure and row.beside and row.ratio for row in found)
    assert any("0 tasks" in row.figure for row in found)
