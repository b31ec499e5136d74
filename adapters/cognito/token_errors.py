"""Why a token is not accepted.

::

    AuthError
      TokenRefusedError           the token proves nothing; whoever brought it is a stranger
        MalformedTokenError       no signed token, or claims that Cognito does not make
        TokenAlgorithmError       not signed with RS256, or its header wants more than a signature
        UnknownKeyError           signed with a key that is not the pool's
        UnsuitableKeyError        signed with a key of the pool's that is not there for this
        TokenSignatureError       changed, or signed by somebody else
        TokenIssuerError          of another pool
        TokenClientError          of another app client
        TokenUseError             an ID token in place of an access token, or the other way round
        TokenExpiredError         too old
        TokenNotYetValidError     of the future

No text quotes the token or what stands in it. That the keys cannot be had is no refusal: it is a ``BackendError``.
"""

from datetime import datetime

from authsteps.flows.errors import AuthError

__all__ = [
    "MalformedTokenError",
    "TokenAlgorithmError",
    "TokenClientError",
    "TokenExpiredError",
    "TokenIssuerError",
    "TokenNotYetValidError",
    "TokenRefusedError",
    "TokenSignatureError",
    "TokenUseError",
    "UnknownKeyError",
    "UnsuitableKeyError",
]


class TokenRefusedError(AuthError):
    """The token proves nothing. Decided here; whoever brought it is to be treated as a stranger."""

    code = "TokenRefused"
    recovery = "sign in again"


class MalformedTokenError(TokenRefusedError):
    """This is no signed token, or it lacks claims that every token of Cognito's has."""

    code = "MalformedToken"
    recovery = "give the access or the ID token as Cognito issued it, whole and alone"


class TokenAlgorithmError(TokenRefusedError):
    """The token is not signed with RS256, or its header wants more than a signature."""

    code = "TokenAlgorithmRefused"
    recovery = "accept nothing from whoever made it: Cognito signs with RS256 and has no header of this kind"


class UnknownKeyError(TokenRefusedError):
    """The token is signed with a key that is not among the pool's."""

    code = "UnknownTokenKey"
    recovery = "check that it is of this pool; if it is, its key was withdrawn, and its user signs in again"


class UnsuitableKeyError(TokenRefusedError):
    """The token is signed with a key of the pool's that is not meant for RS256 signatures."""

    code = "UnsuitableTokenKey"
    recovery = "check the pool's key set: a key for tokens is RSA, of 2048 bits or more, for RS256 and for signatures"


class TokenSignatureError(TokenRefusedError):
    """The signature does not belong to the token: it was changed, or signed by somebody else."""

    code = "TokenSignatureMismatch"
    recovery = "check that it is whole; if it is, it is forged"


class TokenIssuerError(TokenRefusedError):
    """The token is of another pool."""

    code = "TokenOfAnotherIssuer"
    recovery = "give a token of this pool, or check the pool's id and the issuer"


class TokenClientError(TokenRefusedError):
    """The token was issued to another app client."""

    code = "TokenOfAnotherClient"
    recovery = "give a token of an app client that is accepted here, or name this client, too"


class TokenUseError(TokenRefusedError):
    """The token is of the other kind, or of none that Cognito makes."""

    code = "TokenOfAnotherUse"
    recovery = "give the access token to services, and the ID token to nobody but the app that it was issued to"


class TokenExpiredError(TokenRefusedError):
    """The token has expired.

    Attributes:
        expired_at: When.
    """

    code = "TokenExpired"
    recovery = "refresh it, or sign in again"

    def __init__(self, expired_at: datetime) -> None:
        super().__init__("the token has expired")
        self.expired_at = expired_at

    def __reduce__(self) -> tuple[type["TokenExpiredError"], tuple[datetime]]:
        return (TokenExpiredError, (self.expired_at,))


class TokenNotYetValidError(TokenRefusedError):
    """The token is of the future."""

    code = "TokenNotYetValid"
    recovery = "check this machine's clock"
