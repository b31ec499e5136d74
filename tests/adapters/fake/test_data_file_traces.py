"""Every trace that is walked over a pool anywhere leaves all that it did in the data file, call by call."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from authsteps.adapters.fake import FakeUserPool
from tests.adapters.fake.kept import KeptTransport
from tests.contract.sign_in_traces import TRACES, Diary, Trace, walk


@pytest.mark.parametrize("trace", TRACES, ids=[trace.__name__ for trace in TRACES])
async def test_after_every_call_of_a_trace_all_of_it_is_in_the_file(trace: Trace, tmp_path: Path) -> None:
    @asynccontextmanager
    async def over_a_data_file(pool: FakeUserPool) -> AsyncGenerator[KeptTransport, None]:
        async with aclosing(KeptTransport(pool, tmp_path / "data.db")) as transport:
            yield transport

    kept, seen, _ = await walk(trace, Diary(), over=over_a_data_file, with_secret=True)

    assert kept.calls > 3
    assert seen
