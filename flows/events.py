"""Everything that can happen, one class each. A docstring says who an event comes from.

An event that a backend's reply becomes carries what the reply said and nothing of its wire form.
"""

from collections.abc import Mapping

import attrs

from authsteps.engine.messages import Carried, Event, Secret

from .model import AuthFlow, CodeDelivery, MfaPreference, Tokens

__all__ = [
    "Authenticated",
    "ClaimComputed",
    "ClaimRefused",
    "CodeAnswered",
    "CodeSent",
    "ConfirmationDemanded",
    "KeyPairMade",
    "KeyValuesAnswered",
    "MfaPreferenceSet",
    "NewPasswordAnswered",
    "NewPasswordChallenged",
    "PasswordResetDemanded",
    "PasswordVerifierChallenged",
    "PasswordWasReset",
    "Refused",
    "Replied",
    "ResendRequested",
    "ResetAnswered",
    "ResetRequested",
    "SignInRequested",
    "SignUpConfirmed",
    "SignUpRequested",
    "SignedOutEverywhere",
    "SignedUp",
    "SmsCodeChallenged",
    "SoftwareTokenAssociated",
    "SoftwareTokenVerified",
    "TokenRevoked",
    "TokensRefreshed",
    "TotpCodeChallenged",
    "UnknownChallenged",
    "UserFetched",
]


def _no_metadata() -> Mapping[str, str]:
    return {}


# From a person, through a verb.


@attrs.frozen
class SignInRequested(Event):
    """A person wants to sign in.

    Attributes:
        username: As typed; it may be an alias.
        flow: How to begin.
        password: Exactly as typed.
        client_metadata: For this call's triggers.
    """

    username: str
    flow: AuthFlow
    password: Secret
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class CodeAnswered(Event):
    """A person gave a code."""

    code: Secret
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class NewPasswordAnswered(Event):
    """A person chose a new password, and gave attributes if any were missing."""

    password: Secret
    attributes: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class KeyValuesAnswered(Event):
    """A person answered a challenge that has no step of its own.

    Attributes:
        answers: The challenge responses, as the text of a JSON object.
        client_metadata: For this call's triggers.
    """

    answers: Secret
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class SignUpRequested(Event):
    """A person wants an account.

    Attributes:
        username: The name that is wanted.
        password: Exactly as typed.
        attributes: User attributes by name.
        client_metadata: For this call's triggers.
    """

    username: str
    password: Secret
    attributes: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class ResendRequested(Event):
    """A person wants the sign-up code again."""

    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class ResetRequested(Event):
    """A person has forgotten the password."""

    username: str
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class ResetAnswered(Event):
    """A person gave the reset code and a new password."""

    code: Secret
    password: Secret
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


# From the arithmetic.


@attrs.frozen
class KeyPairMade(Event):
    """The arithmetic has an SRP key pair for this attempt.

    Attributes:
        private: ``a``, in hexadecimal.
        public: ``A``, in hexadecimal.
    """

    private: Secret
    public: Secret


@attrs.frozen
class ClaimComputed(Event):
    """The arithmetic has the proof that the person knows the password.

    Attributes:
        signature: The proof, in base64.
        timestamp: The instant that it is bound to, as it goes on the wire.
    """

    signature: Secret
    timestamp: str


@attrs.frozen
class ClaimRefused(Event):
    """The backend's SRP parameters are unfit, or an attack.

    Attributes:
        problem: What is wrong with which, without quoting it.
    """

    problem: str


# From the backend: replies of a sign-in.


@attrs.frozen
class Replied(Event):
    """The backend answered within a sign-in.

    Attributes:
        session: The backend session to answer with next. It replaces the one before.
        username: Cognito's own name for the user, if the reply gave it.
    """

    session: Carried | None = attrs.field(default=None, kw_only=True)
    username: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class PasswordVerifierChallenged(Replied):
    """The backend wants the password proved (PASSWORD_VERIFIER).

    Attributes:
        user_id: USER_ID_FOR_SRP, which the proof is made for.
        salt: SALT, in hexadecimal.
        srp_b: SRP_B, in hexadecimal.
        secret_block: SECRET_BLOCK, in base64.
    """

    user_id: str
    salt: Secret
    srp_b: Secret
    secret_block: Secret


@attrs.frozen
class NewPasswordChallenged(Replied):
    """The backend wants a new password (NEW_PASSWORD_REQUIRED).

    Attributes:
        missing_attributes: Names of the attributes that must come with it.
        known_attributes: What the pool knows already.
    """

    missing_attributes: tuple[str, ...] = ()
    known_attributes: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class SmsCodeChallenged(Replied):
    """The backend sent a code by SMS and wants it back (SMS_MFA)."""

    delivery: CodeDelivery | None = None


@attrs.frozen
class TotpCodeChallenged(Replied):
    """The backend wants a code of the authenticator app (SOFTWARE_TOKEN_MFA)."""

    friendly_device_name: str | None = None


@attrs.frozen
class UnknownChallenged(Replied):
    """The backend wants something that has no step of its own.

    Attributes:
        name: The challenge's name.
        parameters: What it says.
    """

    name: str
    parameters: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class Authenticated(Replied):
    """The backend signed the person in."""

    tokens: Tokens


@attrs.frozen
class PasswordResetDemanded(Event):
    """The backend lets nobody in before the password is reset.

    Attributes:
        message: The service's own text.
    """

    message: str


@attrs.frozen
class ConfirmationDemanded(Event):
    """The backend lets nobody in before the sign-up is confirmed.

    Attributes:
        message: The service's own text.
    """

    message: str


@attrs.frozen
class Refused(Event):
    """The backend refused.

    Attributes:
        code: Cognito's exception name, such as ``CodeMismatchException``.
        message: The service's own text.
    """

    code: str
    message: str


# From the backend: sign-up and reset.


@attrs.frozen
class SignedUp(Event):
    """The backend made the account.

    Attributes:
        user_id: The new user's ``sub``.
        confirmed: Whether it can be used at once.
        delivery: Where the confirmation code went, if one was sent.
        session: The sign-up session.
    """

    user_id: str
    confirmed: bool
    delivery: CodeDelivery | None = None
    session: Carried | None = None


@attrs.frozen
class SignUpConfirmed(Event):
    """The backend confirmed the account.

    Attributes:
        session: The sign-up session.
    """

    session: Carried | None = None


@attrs.frozen
class CodeSent(Event):
    """The backend sent a code."""

    delivery: CodeDelivery


@attrs.frozen
class PasswordWasReset(Event):
    """The backend took the new password."""


# From the backend: verbs of one exchange.


@attrs.frozen
class TokensRefreshed(Event):
    """The backend gave new tokens.

    Attributes:
        tokens: The new ones, completed from the old where the reply left one out.
    """

    tokens: Tokens


@attrs.frozen
class SoftwareTokenAssociated(Event):
    """The backend made a secret for an authenticator app, in base32."""

    shared_secret: Secret


@attrs.frozen
class SoftwareTokenVerified(Event):
    """The backend has seen a right code of the authenticator app."""


@attrs.frozen
class MfaPreferenceSet(Event):
    """The backend took the settings of the second factors."""


@attrs.frozen
class UserFetched(Event):
    """The backend said who the user is.

    Attributes:
        username: Cognito's own name for the user.
        attributes: The readable attributes.
        mfa: The second factors that are switched on.
    """

    username: str
    attributes: Mapping[str, str] = attrs.field(repr=False)
    mfa: MfaPreference


@attrs.frozen
class SignedOutEverywhere(Event):
    """The backend ended all of the user's sessions."""


@attrs.frozen
class TokenRevoked(Event):
    """The backend revoked the refresh token and what came from it."""
