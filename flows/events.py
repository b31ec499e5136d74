"""Everything that can happen, one class each. A docstring says who an event comes from.

An event that a backend's reply becomes carries what the reply said and nothing of its wire form.
"""

from collections.abc import Mapping

import attrs

from authsteps.engine.messages import Carried, Event, Secret

from .model import (
    AuthFlow,
    AwsCredentials,
    CodeDelivery,
    Device,
    DeviceSecrets,
    FactorType,
    MfaPreference,
    MfaType,
    NewDevice,
    Tokens,
    WebAuthnCredentialInfo,
)

__all__ = [
    "Answered",
    "AttributeVerified",
    "AttributesDeleted",
    "AttributesUpdated",
    "Authenticated",
    "AutoSignInRequested",
    "ClaimComputed",
    "ClaimRefused",
    "CodeAnswered",
    "CodeSent",
    "ConfirmationDemanded",
    "CredentialAnswered",
    "CredentialsIssued",
    "CustomAnswered",
    "CustomChallenged",
    "DeviceChallenged",
    "DeviceConfirmed",
    "DeviceFetched",
    "DeviceForgotten",
    "DeviceNotFound",
    "DeviceSecretsMade",
    "DeviceStatusUpdated",
    "DeviceVerifierChallenged",
    "DevicesListed",
    "EmailAddressAnswered",
    "EmailSetupChallenged",
    "ErrandDone",
    "FirstFactorSelected",
    "FirstFactorsOffered",
    "IdentityFound",
    "KeyPairMade",
    "KeyValuesAnswered",
    "MfaPreferenceSet",
    "MfaSelectionChallenged",
    "MfaSetupChallenged",
    "MfaTypeSelected",
    "NewPasswordAnswered",
    "NewPasswordChallenged",
    "NoMfaToSetUp",
    "OtpCodeChallenged",
    "PasswordAnswered",
    "PasswordChallenged",
    "PasswordChanged",
    "PasswordResetDemanded",
    "PasswordVerifierChallenged",
    "PasswordWasReset",
    "Refused",
    "Replied",
    "ResendRequested",
    "ResetAnswered",
    "ResetRequested",
    "SignInRequested",
    "SignUpCodeAnswered",
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
    "TotpSetupChallenged",
    "UnknownChallenged",
    "UserDeleted",
    "UserFetched",
    "WebAuthnChallenged",
    "WebAuthnCredentialDeleted",
    "WebAuthnCredentialsListed",
    "WebAuthnRegistered",
    "WebAuthnRegistrationStarted",
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
        password: Exactly as typed, if the flow begins with it.
        preferred: With USER_AUTH: the first factor to begin with, if one is preferred.
        session: With USER_AUTH: the session of a sign-up that was just completed.
        device: The device's secrets, if it has any for this user.
        client_metadata: For this call's triggers.
    """

    username: str
    flow: AuthFlow
    password: Secret | None = None
    preferred: FactorType | None = None
    session: Carried | None = None
    device: DeviceSecrets | None = None
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class Answered(Event):
    """A person answered the step that a sign-in waits at.

    Attributes:
        device: The device's secrets, if it has any for this user. A snapshot does not keep them, so they come again
            with every answer.
        client_metadata: For this call's triggers. That of earlier calls does not count.
    """

    device: DeviceSecrets | None = attrs.field(default=None, kw_only=True)
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False, kw_only=True)


@attrs.frozen
class CodeAnswered(Answered):
    """A person gave a code.

    Attributes:
        code: The code.
        friendly_device_name: Where an authenticator app is being set up: a name for its device.
    """

    code: Secret
    friendly_device_name: str | None = None


@attrs.frozen
class PasswordAnswered(Answered):
    """A person gave the password, exactly as typed."""

    password: Secret


@attrs.frozen
class NewPasswordAnswered(Answered):
    """A person chose a new password, and gave attributes if any were missing."""

    password: Secret
    attributes: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class CustomAnswered(Answered):
    """A person answered a challenge of the pool's own."""

    answer: Secret


@attrs.frozen
class MfaTypeSelected(Answered):
    """A person chose a second factor."""

    mfa: MfaType


@attrs.frozen
class EmailAddressAnswered(Answered):
    """A person gave the e-mail address that is to be a second factor."""

    address: Secret


@attrs.frozen
class FirstFactorSelected(Answered):
    """A person chose a first factor."""

    factor: FactorType


@attrs.frozen
class CredentialAnswered(Answered):
    """An authenticator answered.

    Attributes:
        credential: The assertion, as JSON text.
    """

    credential: Secret


@attrs.frozen
class KeyValuesAnswered(Answered):
    """A person answered a challenge that has no step of its own.

    Attributes:
        answers: The challenge responses, as the text of a JSON object.
    """

    answers: Secret


@attrs.frozen
class SignUpRequested(Event):
    """A person wants an account.

    Attributes:
        username: The name that is wanted.
        password: Exactly as typed; ``None`` for an account without one, where the pool allows that.
        attributes: User attributes by name.
        validation_data: For the pre sign-up trigger alone; it is not kept.
        client_metadata: For this call's triggers.
    """

    username: str
    password: Secret | None
    attributes: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)
    validation_data: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class SignUpCodeAnswered(Event):
    """A person gave the code that confirms an account.

    Attributes:
        code: The code.
        force_alias_creation: Whether to take an e-mail address or phone number over from the user who has it.
        client_metadata: For this call's triggers.
    """

    code: Secret
    force_alias_creation: bool = False
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class AutoSignInRequested(Event):
    """A person who signed up is being signed in with the session of the sign-up."""


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


@attrs.frozen
class DeviceSecretsMade(Event):
    """The arithmetic has secrets for a device that the pool saw for the first time.

    Attributes:
        password: The device's own.
        verifier: What the pool checks its proofs against, in base64.
        salt: The verifier's salt, in base64.
    """

    password: Secret
    verifier: Secret
    salt: Secret


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
    """The backend sent a code by SMS as a second factor and wants it back (SMS_MFA)."""

    delivery: CodeDelivery | None = None


@attrs.frozen
class OtpCodeChallenged(Replied):
    """The backend sent a one-time code and wants it back (EMAIL_OTP, SMS_OTP).

    Attributes:
        factor: EMAIL_OTP, as a first or as a second factor, or SMS_OTP.
        delivery: Where it went, if the backend said so.
    """

    factor: FactorType
    delivery: CodeDelivery | None = None


@attrs.frozen
class TotpCodeChallenged(Replied):
    """The backend wants a code of the authenticator app (SOFTWARE_TOKEN_MFA)."""

    friendly_device_name: str | None = None


@attrs.frozen
class MfaSelectionChallenged(Replied):
    """The backend wants to know which second factor to use (SELECT_MFA_TYPE).

    Attributes:
        allowed: From these.
    """

    allowed: tuple[MfaType, ...]


@attrs.frozen
class MfaSetupChallenged(Replied):
    """The backend wants a second factor set up, and the person may choose which (MFA_SETUP).

    Attributes:
        allowed: From these. SMS is never among them: a phone number cannot be set up while signing in.
    """

    allowed: tuple[MfaType, ...]


@attrs.frozen
class TotpSetupChallenged(Replied):
    """The backend wants an authenticator app set up (MFA_SETUP)."""


@attrs.frozen
class EmailSetupChallenged(Replied):
    """The backend wants an e-mail address set up as a second factor (MFA_SETUP)."""


@attrs.frozen
class NoMfaToSetUp(Replied):
    """The backend wants a second factor set up and offers none that can be (MFA_SETUP)."""


@attrs.frozen
class CustomChallenged(Replied):
    """The backend asks something of the pool's own (CUSTOM_CHALLENGE).

    Attributes:
        parameters: What it says: the trigger's public parameters, and USERNAME without SRP.
    """

    parameters: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class FirstFactorsOffered(Replied):
    """The backend wants to know which first factor to use (SELECT_CHALLENGE).

    Attributes:
        available: From these; empty where the reply did not say.
    """

    available: tuple[FactorType, ...] = ()


@attrs.frozen
class PasswordChallenged(Replied):
    """The backend wants the password of a choice-based sign-in (PASSWORD, PASSWORD_SRP).

    Attributes:
        factor: Whether it is to be sent or proved.
    """

    factor: FactorType


@attrs.frozen
class WebAuthnChallenged(Replied):
    """The backend wants a passkey's assertion (WEB_AUTHN).

    Attributes:
        request_options: CREDENTIAL_REQUEST_OPTIONS, as JSON text; ``None`` where the factor must be chosen first.
    """

    request_options: str | None = None


@attrs.frozen
class DeviceChallenged(Replied):
    """The backend recognises the device and wants it proved (DEVICE_SRP_AUTH)."""


@attrs.frozen
class DeviceVerifierChallenged(Replied):
    """The backend wants the device's proof (DEVICE_PASSWORD_VERIFIER). Fields as in ``PasswordVerifierChallenged``."""

    salt: Secret
    srp_b: Secret
    secret_block: Secret


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
    """The backend signed the person in.

    Attributes:
        tokens: What the user holds now.
        new_device: What the pool calls the device, if it saw it for the first time.
    """

    tokens: Tokens
    new_device: NewDevice | None = None


@attrs.frozen
class SoftwareTokenAssociated(Replied):
    """The backend made a secret for an authenticator app.

    Attributes:
        shared_secret: The secret, in base32.
    """

    shared_secret: Carried


@attrs.frozen
class SoftwareTokenVerified(Replied):
    """The backend has seen a right code of the authenticator app."""


@attrs.frozen
class DeviceNotFound(Event):
    """The backend knows no device of the key that was sent. Without the key the same request goes through."""


@attrs.frozen
class ErrandDone(Event):
    """An errand of a person who is signed in already is over, for good or ill.

    Attributes:
        outcome: What came of it; ``None`` if no answer came, or none of use.
    """

    outcome: Event | None

    @property
    def trouble(self) -> str | None:
        """Cognito's exception name, or that there was no answer; ``None`` if all went well."""
        if self.outcome is None:
            return "NoAnswer"
        return self.outcome.code if isinstance(self.outcome, Refused) else None


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


@attrs.frozen
class PasswordChanged(Event):
    """The backend took the new password."""


@attrs.frozen
class AttributesUpdated(Event):
    """The backend took the attributes.

    Attributes:
        deliveries: Where codes went that the new values must be confirmed with, if any did.
    """

    deliveries: tuple[CodeDelivery, ...] = ()


@attrs.frozen
class AttributeVerified(Event):
    """The backend has seen the right code for an attribute."""


@attrs.frozen
class AttributesDeleted(Event):
    """The backend forgot the attributes."""


@attrs.frozen
class UserDeleted(Event):
    """The backend deleted the user."""


@attrs.frozen
class DeviceConfirmed(Event):
    """The backend tracks the device.

    Attributes:
        must_be_remembered: Whether the user must ask for it to be remembered, with ``remember_device``.
    """

    must_be_remembered: bool


@attrs.frozen
class DeviceStatusUpdated(Event):
    """The backend remembers the device, or does so no longer."""


@attrs.frozen
class DeviceFetched(Event):
    """The backend told of a device."""

    device: Device


@attrs.frozen
class DevicesListed(Event):
    """The backend told of some devices.

    Attributes:
        devices: These.
        next_token: What to ask for the rest with, if there is more.
    """

    devices: tuple[Device, ...]
    next_token: Secret | None = None


@attrs.frozen
class DeviceForgotten(Event):
    """The backend forgot the device."""


@attrs.frozen
class WebAuthnRegistrationStarted(Event):
    """The backend wants a passkey made.

    Attributes:
        creation_options: What an authenticator makes one from, as JSON text.
    """

    creation_options: str


@attrs.frozen
class WebAuthnRegistered(Event):
    """The backend took the passkey."""


@attrs.frozen
class WebAuthnCredentialsListed(Event):
    """The backend told of some passkeys.

    Attributes:
        credentials: These.
        next_token: What to ask for the rest with, if there is more.
    """

    credentials: tuple[WebAuthnCredentialInfo, ...]
    next_token: Secret | None = None


@attrs.frozen
class WebAuthnCredentialDeleted(Event):
    """The backend forgot the passkey."""


# From an identity pool.


@attrs.frozen
class IdentityFound(Event):
    """The identity pool knows, or made, an identity.

    Attributes:
        identity_id: Its id.
    """

    identity_id: str


@attrs.frozen
class CredentialsIssued(Event):
    """The identity pool issued credentials.

    Attributes:
        identity_id: For this identity.
        credentials: The credentials.
    """

    identity_id: str
    credentials: AwsCredentials
