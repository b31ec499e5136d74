"""Everything that can be wanted, one class each.

The backend performs the effects that are named after Cognito's operations. ``MakeKeyPair`` and ``ComputeClaim`` are
performed by the arithmetic, so that randomness and the cost of SRP stay out of the graph. ``answers`` lists the events
that may come back.
"""

from collections.abc import Mapping
from typing import ClassVar, TypeAlias

import attrs

from authsteps.engine.messages import Carried, Effect, Event, Secret

from . import events
from .model import AuthFlow, MfaSetting, MfaType, Tokens

__all__ = [
    "AssociateSoftwareToken",
    "ChallengeResponse",
    "ComputeClaim",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "ForgotPassword",
    "GetTokensFromRefreshToken",
    "GetUser",
    "GlobalSignOut",
    "InitiateAuth",
    "KeyValues",
    "MakeKeyPair",
    "NewPasswordResponse",
    "PasswordClaim",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "RevokeToken",
    "SetUserMfaPreference",
    "SignUp",
    "SmsCode",
    "TotpCode",
    "VerifySoftwareToken",
]


def _no_metadata() -> Mapping[str, str]:
    return {}


_SIGN_IN_ANSWERS: tuple[type[Event], ...] = (
    events.PasswordVerifierChallenged,
    events.NewPasswordChallenged,
    events.SmsCodeChallenged,
    events.TotpCodeChallenged,
    events.UnknownChallenged,
    events.Authenticated,
    events.PasswordResetDemanded,
    events.ConfirmationDemanded,
    events.Refused,
)


@attrs.frozen
class MakeKeyPair(Effect):
    """Make a fresh SRP key pair."""

    answers: ClassVar = (events.KeyPairMade,)


@attrs.frozen
class ComputeClaim(Effect):
    """Compute the proof that the person knows the password. Field names as in ``PasswordVerifierChallenged``."""

    answers: ClassVar = (events.ClaimComputed, events.ClaimRefused)

    user_id: str
    password: Secret
    private: Secret
    public: Secret
    salt: Secret
    srp_b: Secret
    secret_block: Secret


@attrs.frozen
class InitiateAuth(Effect):
    """Begin a sign-in.

    Attributes:
        flow: How.
        username: As typed.
        password: With USER_PASSWORD_AUTH.
        srp_a: With USER_SRP_AUTH: ``A``, in hexadecimal.
        client_metadata: For this call's triggers.
    """

    answers: ClassVar = _SIGN_IN_ANSWERS

    flow: AuthFlow
    username: str
    password: Secret | None = None
    srp_a: Secret | None = None
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class PasswordClaim:
    """The answer to PASSWORD_VERIFIER."""

    secret_block: Secret
    signature: Secret
    timestamp: str


@attrs.frozen
class NewPasswordResponse:
    """The answer to NEW_PASSWORD_REQUIRED."""

    password: Secret
    attributes: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class SmsCode:
    """The answer to SMS_MFA."""

    code: Secret


@attrs.frozen
class TotpCode:
    """The answer to SOFTWARE_TOKEN_MFA."""

    code: Secret


@attrs.frozen
class KeyValues:
    """The answer to a challenge without a step of its own.

    Attributes:
        challenge: The challenge's name.
        answers: The challenge responses, as the text of a JSON object.
    """

    challenge: str
    answers: Secret


ChallengeResponse: TypeAlias = PasswordClaim | NewPasswordResponse | SmsCode | TotpCode | KeyValues
"""What can answer a challenge; the class says which."""


@attrs.frozen
class RespondToAuthChallenge(Effect):
    """Answer a challenge.

    Attributes:
        username: Cognito's own name for the user.
        session: The backend session that came last, if one did.
        response: The answer.
        client_metadata: For this call's triggers.
    """

    answers: ClassVar = _SIGN_IN_ANSWERS

    username: str
    session: Carried | None
    response: ChallengeResponse
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class SignUp(Effect):
    """Make an account."""

    answers: ClassVar = (events.SignedUp, events.Refused)

    username: str
    password: Secret
    attributes: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class ConfirmSignUp(Effect):
    """Confirm an account with the code that was sent.

    Attributes:
        username: Whose.
        code: The code.
        session: The sign-up session, if the run that signed up is at hand.
        client_metadata: For this call's triggers.
    """

    answers: ClassVar = (events.SignUpConfirmed, events.Refused)

    username: str
    code: Secret
    session: Carried | None = None
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class ResendConfirmationCode(Effect):
    """Send the sign-up code again."""

    answers: ClassVar = (events.CodeSent, events.Refused)

    username: str
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class ForgotPassword(Effect):
    """Send a code with which the password can be reset."""

    answers: ClassVar = (events.CodeSent, events.Refused)

    username: str
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class ConfirmForgotPassword(Effect):
    """Reset the password."""

    answers: ClassVar = (events.PasswordWasReset, events.Refused)

    username: str
    code: Secret
    password: Secret
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class GetTokensFromRefreshToken(Effect):
    """Get new tokens.

    Attributes:
        tokens: The old ones.
        client_metadata: For this call's triggers.
    """

    answers: ClassVar = (events.TokensRefreshed, events.Refused)

    tokens: Tokens
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class GetUser(Effect):
    """Ask who the user is."""

    answers: ClassVar = (events.UserFetched, events.Refused)

    access_token: Secret


@attrs.frozen
class AssociateSoftwareToken(Effect):
    """Ask for a secret for an authenticator app."""

    answers: ClassVar = (events.SoftwareTokenAssociated, events.Refused)

    access_token: Secret


@attrs.frozen
class VerifySoftwareToken(Effect):
    """Show that the authenticator app has the secret.

    Attributes:
        access_token: Whose.
        code: The code that the app shows.
        friendly_device_name: A name for the app's device.
    """

    answers: ClassVar = (events.SoftwareTokenVerified, events.Refused)

    access_token: Secret
    code: Secret
    friendly_device_name: str | None = None


@attrs.frozen
class SetUserMfaPreference(Effect):
    """Switch second factors on or off. Those that are not named stay as they are."""

    answers: ClassVar = (events.MfaPreferenceSet, events.Refused)

    access_token: Secret
    settings: Mapping[MfaType, MfaSetting]


@attrs.frozen
class GlobalSignOut(Effect):
    """End all of the user's sessions."""

    answers: ClassVar = (events.SignedOutEverywhere, events.Refused)

    access_token: Secret


@attrs.frozen
class RevokeToken(Effect):
    """Revoke a refresh token and what came from it."""

    answers: ClassVar = (events.TokenRevoked, events.Refused)

    refresh_token: Secret
