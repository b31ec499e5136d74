"""What a signed-in user's session looks like from outside, and how signing out ended."""

from typing import Generic, TypeAlias, TypeVar

import attrs

from authsteps.engine.errors import AuthStepsError
from authsteps.engine.messages import Secret

from .model import AwsCredentials, Tokens

__all__ = [
    "AuthSession",
    "Cell",
    "SignOutComplete",
    "SignOutFailed",
    "SignOutPartial",
    "SignOutResult",
]

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
        is_signed_in: Whether somebody is signed in here, or federated. An expired or unreachable session still counts.
        tokens: The tokens, refreshed if they were about to expire. ``SignedOutError`` for a guest,
            ``InvalidStateError`` for somebody who is federated.
        user_sub: The user's ``sub``. Its errors are those of ``tokens``.
        credentials: AWS credentials: the user's, those of somebody who is federated, or a guest's.
            ``InvalidAccountTypeError`` without an identity pool.
        identity_id: Whose they are in the identity pool. Its errors are those of ``credentials``.

    Source: AWS Amplify Auth (Flutter), fetchAuthSession.
    """

    is_signed_in: bool
    tokens: Cell[Tokens]
    user_sub: Cell[str]
    credentials: Cell[AwsCredentials]
    identity_id: Cell[str]


@attrs.frozen
class SignOutComplete:
    """Signed out, here and at the backend."""


@attrs.frozen
class SignOutPartial:
    """Signed out here; something went wrong at the backend, where the session may live on.

    Attributes:
        invalid_token_error: There were no fresh tokens to be had, so nothing could be ended at the backend.
        global_sign_out_error: The other sessions could not be ended.
        revoke_token_error: The refresh token was not revoked. After a failed global sign-out that is not tried, and the
            same error stands here.
        access_token: What the global sign-out can be tried again with (``effects.GlobalSignOut``).
        refresh_token: What can still be revoked (``effects.RevokeToken``), unless it is known to be of no use.
    """

    invalid_token_error: Exception | None = None
    global_sign_out_error: Exception | None = None
    revoke_token_error: Exception | None = None
    access_token: Secret | None = None
    refresh_token: Secret | None = None


@attrs.frozen
class SignOutFailed:
    """Not signed out here.

    Attributes:
        error: Why: the tokens could not be forgotten, or somebody is federated.
    """

    error: Exception


SignOutResult: TypeAlias = SignOutComplete | SignOutPartial | SignOutFailed
"""Signing out never raises. Unless it failed nobody is signed in here any more."""
