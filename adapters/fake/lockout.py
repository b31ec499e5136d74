"""How long a user waits after wrong passwords."""

from datetime import datetime, timedelta
from typing import Final

import attrs

from .errors import Cause, refusal

__all__ = ["Lockout"]

_FREE_FAILURES: Final = 5
_LONGEST: Final = timedelta(minutes=15)
_QUIET_TIME: Final = timedelta(minutes=15)


@attrs.define
class Lockout:
    """One user's wrong passwords so far, over all clients.

    From the fifth failure on, the user is locked out for 2^(failures - 5) seconds, at most 15 minutes. Attempts that
    are refused meanwhile do not count as failures. A successful sign-in starts afresh, and so do 15 minutes without
    any attempt, begun or finished, after a lockout is over. A wrong answer to a challenge or a wrong code is no
    failure here.

    Source: Cognito developer guide, 'Lockout behavior for failed sign-in attempts'. That the quiet time begins when
    the lockout ends is our reading of "at any time after a lockout".

    Attributes:
        failures: How many count now.
        locked_until: When the last lockout ends or ended; none if there was none since the last fresh start.
        last_attempt: When the user last tried, whatever came of it.
    """

    failures: int = 0
    locked_until: datetime | None = None
    last_attempt: datetime | None = None

    def locked(self, now: datetime) -> bool:
        """Tell whether an attempt at ``now`` is refused, whatever the password."""
        return self.locked_until is not None and now < self.locked_until

    def check(self, now: datetime) -> None:
        """Take note of an attempt at ``now``, before the password is looked at; return if it may go on.

        Raises:
            ServiceError: ``NotAuthorizedException``, password attempts exceeded.
        """
        self._attempted(now)
        if self.locked(now):
            raise refusal(Cause.LOCKED_OUT)

    def failed(self, now: datetime) -> None:
        """Count a wrong password at ``now``, when the user was not locked out."""
        self._attempted(now)
        self.failures += 1
        if self.failures >= _FREE_FAILURES:
            self.locked_until = now + _duration(self.failures)

    def succeeded(self) -> None:
        """Forget the failures: the user signed in or reset the password."""
        self._start_afresh()

    def _attempted(self, now: datetime) -> None:
        if self._was_quiet(now):
            self._start_afresh()
        self.last_attempt = now

    def _start_afresh(self) -> None:
        self.failures = 0
        self.locked_until = None
        self.last_attempt = None

    def _was_quiet(self, now: datetime) -> bool:
        if self.locked_until is None or self.last_attempt is None:
            return False
        return now - max(self.locked_until, self.last_attempt) >= _QUIET_TIME


def _duration(failures: int) -> timedelta:
    doublings = min(failures - _FREE_FAILURES, 10)  # 2^10 s is past the longest; more would only grow the integer
    return min(timedelta(seconds=2**doublings), _LONGEST)
