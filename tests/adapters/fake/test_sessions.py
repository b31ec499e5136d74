"""Backend sessions: each text stands for one attempt, works once and for a while, and is forgotten in the end."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake.sign_in.sessions import Sessions
from authsteps.engine.messages import Secret
from tests.adapters.fake.world import HOUR, MINUTE, MS, SESSION_EXPIRED, SESSION_INVALID, SESSION_SPENT, Refusal
from tests.conftest import SeededEntropy, VirtualClock

LIFE = 3 * MINUTE


@pytest.fixture
def sessions(entropy: SeededEntropy) -> Sessions[str]:
    return Sessions(entropy)


def refused(call: Callable[[], object]) -> Refusal:
    with pytest.raises(ServiceError) as caught:
        call()
    return caught.value.code, caught.value.message


def test_a_text_finds_what_it_stands_for(sessions: Sessions[str], clock: VirtualClock) -> None:
    first, second = (sessions.open(held, clock.now(), LIFE) for held in ("first", "second"))

    assert first != second
    assert (sessions.peek(first, clock.now()), sessions.peek(second, clock.now())) == ("first", "second")
    assert (sessions.take(second, clock.now()), sessions.take(first, clock.now())) == ("second", "first")


def test_a_text_that_nobody_was_given_finds_nothing(sessions: Sessions[str], clock: VirtualClock) -> None:
    sessions.open("held", clock.now(), LIFE)

    assert refused(lambda: sessions.peek(Secret("invented"), clock.now())) == SESSION_INVALID
    assert refused(lambda: sessions.take(Secret(""), clock.now())) == SESSION_INVALID


def test_a_text_can_be_taken_once_and_looked_at_as_often_as_one_likes(
    sessions: Sessions[str], clock: VirtualClock
) -> None:
    text = sessions.open("held", clock.now(), LIFE)
    for _ in range(3):
        assert sessions.peek(text, clock.now()) == "held"
    sessions.take(text, clock.now())

    assert refused(lambda: sessions.take(text, clock.now())) == SESSION_SPENT
    assert refused(lambda: sessions.peek(text, clock.now())) == SESSION_SPENT


def test_a_text_that_was_given_back_is_good_again_and_finds_what_it_was_given_back_with(
    sessions: Sessions[str], clock: VirtualClock
) -> None:
    text = sessions.open("held", clock.now(), LIFE)
    sessions.take(text, clock.now())
    sessions.give_back(text, "changed")

    assert sessions.take(text, clock.now()) == "changed"


@pytest.mark.parametrize(("after", "good"), [(timedelta(), True), (LIFE - MS, True), (LIFE, False), (LIFE + MS, False)])
@pytest.mark.parametrize("given_back", [False, True])
def test_a_text_is_good_until_its_life_is_over_given_back_or_not(
    sessions: Sessions[str],
    clock: VirtualClock,
    after: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
    given_back: bool,  # noqa: FBT001  # the same
) -> None:
    text = sessions.open("held", clock.now(), LIFE)
    clock.move(min(after, MINUTE))
    if given_back:
        sessions.give_back(text, sessions.take(text, clock.now()))
    clock.move(after - min(after, MINUTE))

    if good:
        assert sessions.take(text, clock.now()) == "held"
    else:
        assert refused(lambda: sessions.take(text, clock.now())) == SESSION_EXPIRED


def test_a_text_that_was_taken_is_expired_once_its_life_is_over(sessions: Sessions[str], clock: VirtualClock) -> None:
    text = sessions.open("held", clock.now(), LIFE)
    sessions.take(text, clock.now())
    clock.move(LIFE)

    assert refused(lambda: sessions.take(text, clock.now())) == SESSION_EXPIRED


def test_a_text_can_be_chosen(sessions: Sessions[str], clock: VirtualClock) -> None:
    given = sessions.open("held", clock.now(), LIFE, name=Secret("chosen"))

    assert given.reveal() == "chosen"
    assert sessions.take(Secret("chosen"), clock.now()) == "held"


def test_a_text_has_128_bits_at_least_and_fits_the_service_model(sessions: Sessions[str], clock: VirtualClock) -> None:
    """Source: service model, SessionType: 20 to 2048 characters."""
    texts = {sessions.open("held", clock.now(), LIFE).reveal() for _ in range(100)}

    assert len(texts) == 100
    assert all(20 <= len(text) <= 2048 for text in texts)
    assert all(len(text) * 6 >= 128 for text in texts)


def test_old_texts_are_told_from_invented_ones_for_an_hour(sessions: Sessions[str], clock: VirtualClock) -> None:
    text = sessions.open("held", clock.now(), LIFE)
    clock.move(LIFE + HOUR - MS)
    sessions.open("another", clock.now(), LIFE)
    assert refused(lambda: sessions.take(text, clock.now())) == SESSION_EXPIRED

    clock.move(MS)
    sessions.open("another", clock.now(), LIFE)
    assert refused(lambda: sessions.take(text, clock.now())) == SESSION_INVALID


def test_ten_thousand_texts_that_nobody_took_are_forgotten_a_few_at_a_time(
    sessions: Sessions[str], clock: VirtualClock
) -> None:
    for _ in range(10_000):
        sessions.open("held", clock.now(), LIFE)
    clock.move(LIFE + HOUR)
    before = len(sessions)
    sessions.open("held", clock.now(), LIFE)
    assert before - 10 < len(sessions) < before

    for _ in range(5_000):
        sessions.open("held", clock.now(), LIFE)
    assert len(sessions) == 5_001


def test_a_steady_stream_of_texts_fills_no_more_than_an_hour_and_a_life(
    sessions: Sessions[str], clock: VirtualClock
) -> None:
    for _ in range(10_000):
        sessions.open("held", clock.now(), LIFE)
        clock.move(MINUTE)

    assert len(sessions) <= (HOUR + LIFE) / MINUTE + 1


def test_neither_texts_nor_what_they_stand_for_show_in_a_repr(sessions: Sessions[str], clock: VirtualClock) -> None:
    text = sessions.open("held", clock.now(), LIFE)

    assert text.reveal() not in repr((sessions, vars(sessions), text))


def test_what_is_given_back_after_it_was_forgotten_stays_so(sessions: Sessions[str], clock: VirtualClock) -> None:
    """A trigger may take its time while others begin to sign in."""
    text = sessions.open("held", clock.now(), LIFE)
    sessions.take(text, clock.now())
    clock.move(2 * HOUR)
    sessions.open("another", clock.now(), LIFE)

    sessions.give_back(text, "held")
    assert refused(lambda: sessions.peek(text, clock.now())) == SESSION_INVALID
