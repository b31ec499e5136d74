"""When tokens and credentials count as expired."""

from datetime import datetime, timedelta

from authsteps.engine.ports import Clock

__all__ = ["is_about_to_expire"]

_EXPIRY_MARGIN = timedelta(seconds=10)
"""What is this near its end counts as expired. Source: AWS Amplify Auth (Flutter), fetchAuthSession."""


def is_about_to_expire(ends: datetime | None, clock: Clock) -> bool:
    """Tell whether something that ends then is as good as expired. What does not say when it ends is not."""
    return ends is not None and ends - clock.now() <= _EXPIRY_MARGIN
