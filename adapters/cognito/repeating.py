"""A transport that sends again what is safe to send again, over one that sends everything once."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import final

import anyio
import attrs

from authsteps.engine.ports import Clock, Entropy

from .retries import Retries, is_throttling
from .transport import Json, NoReplyError, ServiceError, Transport

__all__ = ["RepeatingTransport"]


@final
@attrs.frozen(eq=False)
class RepeatingTransport:
    """A ``Transport`` that repeats what ``Retries`` lets it, in the caller's task.

    It waits before it calls the transport below, never inside, so whoever waits holds no connection. A wait is
    cancelled at once.

    Args:
        transport: Carries each request, once.
        retries: How often, and for how long.
        clock: Tells how much of the budget is spent.
        entropy: Gives the length of pauses.
        sleep: Waits for a number of seconds.
    """

    _transport: Transport
    _retries: Retries
    _clock: Clock
    _entropy: Entropy
    _sleep: Callable[[float], Awaitable[None]] = anyio.sleep

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Perform ``operation`` and return its reply.

        Raises:
            ServiceError: The service answered with an error. If it throttles, ``retry_after`` says for how long to
                leave it alone.
            NoReplyError: No answer came. ``sent`` is true if any of the attempts may have arrived.
        """
        began = self._clock.monotonic()
        attempt = 1
        may_have_arrived = False
        try:
            while isinstance(outcome := await self._once(operation, request), ServiceError | NoReplyError):
                may_have_arrived |= isinstance(outcome, NoReplyError) and outcome.sent
                pause = self._retries.pause(
                    operation,
                    outcome,
                    attempt=attempt,
                    elapsed=timedelta(seconds=self._clock.monotonic() - began),
                    chance=int.from_bytes(self._entropy.random_bytes(4)) / 2**32,
                )
                if pause is None:
                    break
                await self._sleep(pause.total_seconds())
                attempt += 1
        finally:
            del request  # some tracebacks show local variables
        if isinstance(outcome, ServiceError | NoReplyError):
            raise self._final(outcome, attempt, may_have_arrived=may_have_arrived)
        return outcome

    async def _once(
        self, operation: str, request: Mapping[str, Json]
    ) -> Mapping[str, Json] | ServiceError | NoReplyError:
        """Call, and give a failure back as a value, without the frames that it came through."""
        try:
            return await self._transport.call(operation, request)
        except (ServiceError, NoReplyError) as failure:
            return failure.with_traceback(None)
        finally:
            del request

    def _final(
        self, failure: ServiceError | NoReplyError, attempt: int, *, may_have_arrived: bool
    ) -> ServiceError | NoReplyError:
        """Return the last failure as the caller gets it: what it says of the request holds for all attempts."""
        if isinstance(failure, NoReplyError):
            return NoReplyError(failure.reason, sent=may_have_arrived, retry_after=failure.retry_after)
        if not is_throttling(failure) or failure.retry_after is not None:
            return failure
        # The pause that would have come next is the best guess there is.
        pause = self._retries.longest_pause(attempt)
        return ServiceError(failure.code, failure.message, failure.status, retry_after=pause)
