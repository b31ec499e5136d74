"""The triggers that look on: what the ladder asks them."""

from .attempt import AttemptContext
from .trigger_rungs import PostAuthenticate, PreAuthenticate

__all__ = ["post_authenticate", "pre_authenticate"]


def pre_authenticate(context: AttemptContext) -> PreAuthenticate:
    """Ask whether the user may try."""
    return PreAuthenticate(context.respondent)


def post_authenticate(context: AttemptContext) -> PostAuthenticate:
    """Ask whether the user may come in."""
    return PostAuthenticate(context.sub, context.device_key, context.proved_password)
