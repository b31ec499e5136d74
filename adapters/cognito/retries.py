"""What may be sent again, and how long to wait before that: pure, it neither waits nor draws chance."""

from collections.abc import Mapping
from datetime import timedelta

import attrs

from authsteps.flows.errors import InvalidInputError

from .transport import NoReplyError, ServiceError

__all__ = ["READS", "Retries", "is_throttling", "may_be_repeated"]

READS: Mapping[str, str] = {
    "GetDevice": "tells about a device",
    "GetUser": "tells about the user",
    "ListDevices": "tells about devices",
    "ListWebAuthnCredentials": "tells about passkeys",
    "GetCredentialsForIdentity": "hands out credentials that are good beside all others, and uses nothing up",
}
"""The operations that leave everything as it was, so that twice is as good as once, each with the reason why.

Not every name that begins with Get is one: GetTokensFromRefreshToken may use the refresh token up,
GetUserAttributeVerificationCode sends a code, GetId makes an identity.
"""

_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Source: the codes that botocore takes for throttling (``botocore.retries.standard``, ``ThrottledRetryableChecker``).

Two are left out. Cognito's LimitExceededException is a limit for an hour or a day, which no pause gets around;
TransactionInProgressException does not say that nothing was done.
"""


def is_throttling(error: ServiceError) -> bool:
    """Tell whether the service turned a request away at its door for want of time. It did nothing with it then."""
    return error.code in _THROTTLED


def may_be_repeated(operation: str, failure: ServiceError | NoReplyError) -> bool:
    """Tell whether it is safe to send the same request again.

    It is if the request did nothing, for it certainly did not arrive or was turned away; and it is for what only reads.
    Else the first one may have counted: a code is used up, a message is on its way, a failed attempt is one of five.
    """
    if isinstance(failure, NoReplyError):
        return not failure.sent or operation in READS
    return is_throttling(failure) or (failure.status >= 500 and operation in READS)  # noqa: PLR2004  # HTTP: faults


@attrs.frozen
class Retries:
    """How often, and for how long, a request that may be repeated is. ``Retries(attempts=1)`` repeats nothing.

    Before each further attempt there is a pause of random length, up to ``base``, twice that, four times that, never
    beyond ``cap``. Where the service says how long to wait (``Retry-After``), that comes on top.

    Attributes:
        attempts: How often a request is sent at most, the first time included.
        base: The longest pause before the second attempt.
        cap: The longest pause before any.
        budget: How long after the beginning of the first attempt another one may begin. What does not fit is given up
            at once rather than waited for.

    Raises:
        InvalidInputError: There is no attempt, or a negative time.

    Source: AWS Architecture Blog, "Exponential Backoff And Jitter" (full jitter).
    """

    attempts: int = 3
    base: timedelta = timedelta(milliseconds=500)
    cap: timedelta = timedelta(seconds=5)
    budget: timedelta = timedelta(seconds=10)

    def __attrs_post_init__(self) -> None:
        if self.attempts < 1:
            raise InvalidInputError("attempts", "is less than one", "1 sends everything once and repeats nothing")
        for name in ("base", "cap", "budget"):
            if getattr(self, name) < timedelta():
                raise InvalidInputError(name, "is negative", "give a time of zero or more")

    def longest_pause(self, attempt: int) -> timedelta:
        """Return the longest pause after an attempt, counted from 1, if the service says nothing else."""
        doubled = self.base.total_seconds() * 2.0 ** min(attempt - 1, 100)  # beyond that a float ends, and no cap lasts
        return timedelta(seconds=min(doubled, self.cap.total_seconds()))

    def pause(
        self,
        operation: str,
        failure: ServiceError | NoReplyError,
        *,
        attempt: int,
        elapsed: timedelta,
        chance: float,
    ) -> timedelta | None:
        """Return how long to wait before the request is sent again, or ``None`` if it is not.

        Args:
            operation: What failed.
            failure: How.
            attempt: Which attempt that was, counted from 1.
            elapsed: Since the beginning of the first one.
            chance: A random number from 0 up to 1.
        """
        if attempt >= self.attempts or not may_be_repeated(operation, failure):
            return None
        pause = (failure.retry_after or timedelta()) + chance * self.longest_pause(attempt)
        return pause if elapsed + pause <= self.budget else None
