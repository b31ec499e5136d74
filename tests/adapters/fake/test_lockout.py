"""Lockout after wrong passwords: the documented curve, seen at its edges."""

from datetime import UTC, datetime, timedelta

import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake.lockout import Lockout

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
MS = timedelta(milliseconds=1)
QUIET = timedelta(minutes=15)

# How many failures, and how many seconds the last of them locks.
# fmt: off
CURVE = {
    5: 1,    6: 2,    7: 4,    8: 8,     9: 16,   10: 32,   11: 64,   12: 128,
    13: 256, 14: 512, 15: 900, 16: 900, 17: 900,  40: 900,
}
# fmt: on


def after(failures: int) -> tuple[Lockout, datetime]:
    """Return a lockout that has seen so many failures, each as soon as it was allowed, and when the last one was."""
    lockout, now = Lockout(), START
    for _ in range(failures):
        if lockout.locked_until is not None:
            now = lockout.locked_until
        lockout.failed(now)
    return lockout, now


@pytest.mark.parametrize("failures", range(5))
def test_up_to_four_failures_do_not_lock(failures: int) -> None:
    lockout, now = after(failures)

    assert not lockout.locked(now)


@pytest.mark.parametrize(("failures", "seconds"), CURVE.items())
def test_from_the_fifth_failure_on_each_doubles_the_wait_up_to_a_quarter_of_an_hour(
    failures: int, seconds: int
) -> None:
    lockout, now = after(failures)
    end = now + timedelta(seconds=seconds)

    assert lockout.failures == failures
    assert lockout.locked(now)
    assert lockout.locked(end - MS)
    assert not lockout.locked(end)


def test_an_attempt_while_locked_is_refused_in_the_services_words() -> None:
    lockout, now = after(5)

    with pytest.raises(ServiceError) as caught:
        lockout.check(now + timedelta(seconds=1) - MS)

    assert (caught.value.code, caught.value.message) == ("NotAuthorizedException", "Password attempts exceeded")


def test_an_attempt_after_the_lockout_is_let_through() -> None:
    lockout, now = after(5)

    lockout.check(now + timedelta(seconds=1))


def test_attempts_refused_while_locked_do_not_make_the_next_wait_longer() -> None:
    lockout, now = after(8)
    for millisecond in range(0, 8000, 100):
        with pytest.raises(ServiceError):
            lockout.check(now + millisecond * MS)

    end = now + timedelta(seconds=8)
    lockout.failed(end)

    assert lockout.failures == 9
    assert lockout.locked_until == end + timedelta(seconds=CURVE[9])


def test_a_success_starts_afresh() -> None:
    lockout, _ = after(7)

    lockout.succeeded()

    assert lockout == Lockout()


@pytest.mark.parametrize(("wait", "failures"), [(QUIET - MS, 8), (QUIET, 1), (QUIET + MS, 1)])
def test_fifteen_minutes_without_an_attempt_after_a_lockout_start_afresh(wait: timedelta, failures: int) -> None:
    lockout, now = after(7)
    lockout_over = now + timedelta(seconds=CURVE[7])

    lockout.failed(lockout_over + wait)

    assert lockout.failures == failures


def test_the_quiet_time_begins_only_when_the_lockout_is_over() -> None:
    lockout, now = after(15)
    with pytest.raises(ServiceError):
        lockout.check(now + QUIET - MS)

    lockout.failed(now + QUIET)

    assert lockout.failures == 16


def test_an_attempt_that_is_begun_and_never_finished_begins_the_quiet_time_anew() -> None:
    lockout, now = after(5)
    lockout.check(now + timedelta(minutes=14))

    lockout.failed(now + timedelta(minutes=28))

    assert lockout.failures == 6


def test_an_attempt_after_the_quiet_time_starts_afresh_before_its_password_is_looked_at() -> None:
    lockout, now = after(5)
    begun = now + timedelta(seconds=1) + QUIET
    lockout.check(begun)

    lockout.failed(begun + MS)

    assert lockout.failures == 1


def test_a_failure_after_a_lockout_begins_the_quiet_time_anew() -> None:
    lockout, now = after(5)
    later = now + timedelta(minutes=14)
    lockout.failed(later)

    lockout.failed(later + timedelta(minutes=14))

    assert lockout.failures == 7


def test_without_a_lockout_no_time_wipes_out_failures() -> None:
    lockout, now = after(4)

    lockout.failed(now + timedelta(days=400))

    assert lockout.failures == 5
