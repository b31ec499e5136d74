"""What a function is told of itself: the second argument of a handler in Lambda.

Source: Lambda developer guide, 'Using the Lambda context object to retrieve Python function information'.
"""

from datetime import timedelta
from typing import Final

import attrs

from authsteps.engine.ports import Clock
from authsteps.engine.system import SystemClock, SystemEntropy

__all__ = ["FunctionContext"]

_LIFE: Final = timedelta(seconds=5)
"""How long a pool waits for a function."""


def _request_id() -> str:
    drawn = SystemEntropy().random_bytes(16).hex()
    return "-".join((drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], drawn[20:]))


@attrs.frozen(kw_only=True)
class FunctionContext:
    """A function's context, under the names that Lambda's Python runtime gives its members.

    Attributes:
        function_name: The function's name.
        function_version: Its version.
        memory_limit_in_mb: A text, as in Lambda.
        aws_request_id: Tells this call from every other.
        log_stream_name: Where Lambda would write what it prints.
    """

    function_name: str
    function_version: str = "$LATEST"
    memory_limit_in_mb: str = "128"
    aws_request_id: str = attrs.field(factory=_request_id)
    log_stream_name: str = "local"
    _clock: Clock = attrs.field(factory=SystemClock, alias="clock", repr=False)
    _began: float = attrs.field(init=False, repr=False)

    @_began.default  # pyright: ignore[reportAttributeAccessIssue, reportUntypedFunctionDecorator, reportUnknownMemberType]
    def _now(self) -> float:
        return self._clock.monotonic()

    @property
    def invoked_function_arn(self) -> str:
        """The function's ARN."""
        return f"arn:aws:lambda:eu-west-1:000000000000:function:{self.function_name}"

    @property
    def log_group_name(self) -> str:
        """Where Lambda would write what it prints."""
        return f"/aws/lambda/{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        """Return how many milliseconds the pool will still wait, 0 at least."""
        passed = timedelta(seconds=self._clock.monotonic() - self._began)
        return max(0, (_LIFE - passed) // timedelta(milliseconds=1))
