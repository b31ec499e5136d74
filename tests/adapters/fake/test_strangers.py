"""Names that nobody has: remembered for a while, and never too many."""

from datetime import UTC, datetime

import pytest

from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.fake.strangers import Strangers
from tests.adapters.fake.world import inside

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def test_a_stranger_is_the_same_one_until_forgotten() -> None:
    strangers = Strangers()
    strangers.of("a").lockout.failed(NOW)

    assert strangers.of("a").lockout.failures == 1
    assert strangers.of("b").lockout.failures == 0
    assert len(strangers) == 2


def test_only_so_many_are_remembered_and_the_longest_untouched_go_first() -> None:
    strangers = Strangers()
    for number in range(10_000):
        strangers.of(str(number)).lockout.failed(NOW)
    strangers.of("0")
    strangers.of("one too many")

    assert len(strangers) == 10_000
    assert strangers.of("0").lockout.failures == 1
    assert strangers.of("1").lockout.failures == 0


@pytest.mark.parametrize("name", ["nobody", "", "\ud800", "x" * 1000])
def test_the_pool_knows_a_stranger_by_the_name_that_was_typed(pool: FakeUserPool, name: str) -> None:
    state = inside(pool)

    assert state.stranger(name) is state.stranger(name)
    assert state.stranger(name) is not state.stranger("somebody-else")
    assert state.stranger(name) is state.strangers.of(state.simulated_user_id(name))
