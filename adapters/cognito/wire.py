"""The shapes of Cognito's replies, as far as they are read. Members that are not listed are passed over.

Source: the service model of cognito-idp; RFC 7519 for the claims.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import msgspec

__all__ = [
    "AuthReply",
    "Claims",
    "Delivery",
    "DeliveryReply",
    "Result",
    "SecretCodeReply",
    "SessionReply",
    "SignUpReply",
    "StatusReply",
    "UserReply",
]


def _empty() -> Mapping[str, str]:
    return {}


class Result(msgspec.Struct, frozen=True):
    """Tokens."""

    AccessToken: str | None = None
    IdToken: str | None = None
    RefreshToken: str | None = None


class AuthReply(msgspec.Struct, frozen=True):
    """The reply of InitiateAuth, RespondToAuthChallenge and GetTokensFromRefreshToken."""

    AuthenticationResult: Result | None = None
    ChallengeName: str | None = None
    ChallengeParameters: Mapping[str, str] = msgspec.field(default_factory=_empty)
    Session: str | None = None


class Delivery(msgspec.Struct, frozen=True):
    """Where a code went."""

    Destination: str = ""
    DeliveryMedium: str = ""
    AttributeName: str | None = None


class SignUpReply(msgspec.Struct, frozen=True):
    """The reply of SignUp."""

    UserConfirmed: bool
    UserSub: str
    CodeDeliveryDetails: Delivery | None = None
    Session: str | None = None


class SessionReply(msgspec.Struct, frozen=True):
    """The reply of ConfirmSignUp."""

    Session: str | None = None


class DeliveryReply(msgspec.Struct, frozen=True):
    """The reply of ResendConfirmationCode and ForgotPassword."""

    CodeDeliveryDetails: Delivery | None = None


class SecretCodeReply(msgspec.Struct, frozen=True):
    """The reply of AssociateSoftwareToken."""

    SecretCode: str


class StatusReply(msgspec.Struct, frozen=True):
    """The reply of VerifySoftwareToken."""

    Status: str


class Attribute(msgspec.Struct, frozen=True):
    """A user attribute."""

    Name: str
    Value: str = ""


class UserReply(msgspec.Struct, frozen=True):
    """The reply of GetUser."""

    Username: str
    UserAttributes: tuple[Attribute, ...]
    UserMFASettingList: tuple[str, ...] = ()
    PreferredMfaSetting: str = ""


class Claims(msgspec.Struct, frozen=True, rename={"cognito_username": "cognito:username"}):
    """What a token says."""

    sub: str | None = None
    exp: float | None = None
    username: str | None = None
    cognito_username: str | None = None

    @property
    def expires_at(self) -> datetime | None:
        """When the token expires, if it says so in a form that makes sense."""
        try:
            return datetime.fromtimestamp(self.exp, UTC) if self.exp is not None else None
        except (OverflowError, ValueError, OSError):
            return None
