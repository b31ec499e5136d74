"""What a signed-in user's session looks like from outside, and how signing out ended."""

from typing import Generic, TypeAlias, TypeVar

import attrs

from authsteps.engine.errors import AuthStepsError

from .model import AuthUser, Tokens

__all__ = ["AuthSession", "Cell", "SignOutComplete", "SignOutPartial", "SignOutResult"]

T = TypeVar("T")


@attrs.frozen
class Cell(Generic[T]):
    """A value, or the error that stands in its place.

    Attributes:
        value: The value, if there is one.
        error: Why there is none.
    """

    value: T | None = None
    error: AuthStepsError | None = None

    def unwrap(self) -> T:
        """Return the value, or raise the error that stands in its place."""
        if self.error is not None:
            raise self.error
        if self.value is None:
            raise LookupError("the cell is empty")
        return self.value


@attrs.frozen
class AuthSession:
    """A session. Its cells succeed or fail on their own, so that one failure does not hide what is known.

    Attributes:
        is_signed_in: Whether somebody is signed in here. An expired or unreachable session still counts.
        tokens: The tokens, refreshed if they were about to expire.
        user: Who it is.

    Source: AWS Amplify Auth (Flutter), fetchAuthSession.
    """

    is_signed_in: bool
    tokens: Cell[Tokens]
    user: Cell[AuthUser]


@attrs.frozen
class SignOutComplete:
    """Signed out, here and at the backend."""


@attrs.frozen
class SignOutPartial:
    """Signed out here; something went wrong at the backend, where the session may live on.

    Attributes:
        invalid_token_error: The session could not be refreshed, so nothing could be ended at the backend.
        global_sign_out_error: The other sessions could not be ended.
        revoke_token_error: The refresh token was not revoked. After a failed global sign-out that is not tried, and the
            same error stands here.
    """

    invalid_token_error: AuthStepsError | None = None
    global_sign_out_error: AuthStepsError | None = None
    revoke_token_error: AuthStepsError | None = None


SignOutResult: TypeAlias = SignOutComplete | SignOutPartial
"""Signing out never raises. Either way nobody is signed in here any more."""
