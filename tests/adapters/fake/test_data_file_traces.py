"""Every trace that is walked over a pool anywhere leaves all that it did in the data file, call by call."""

from pathlib import Path

import pytest
from tests.contract.test_both_transports import TRACES, Diary, Trace, walk

from tests.adapters.fake.kept import KeptTransport

pytestmark = pytest.mark.usefixtures("each_backend")


@pytest.mark.parametrize("trace", TRACES, ids=[trace.__name__ for trace in TRACES])
async def test_after_every_call_of_a_trace_all_of_it_is_in_the_file(trace: Trace, tmp_path: Path) -> None:
    kept, seen, _ = await walk(
        trace, Diary(), over=lambda pool: KeptTransport(pool, tmp_path / "data.db"), with_secret=True
    )

    await kept.aclose()
    assert kept.calls > 3
    assert seen
