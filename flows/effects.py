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
from .model import AuthFlow, FactorType, MfaSetting, MfaType, NewDevice, Tokens

__all__ = [
    "AssociateSoftwareToken",
    "ChallengeResponse",
    "ChangePassword",
    "CompleteWebAuthnRegistration",
    "ComputeClaim",
    "ConfirmDevice",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "CredentialResponse",
    "CustomAnswer",
    "DeleteUser",
    "DeleteUserAttributes",
    "DeleteWebAuthnCredential",
    "DeviceClaim",
    "DeviceSrpStart",
    "EmailSetupResponse",
    "FactorChoice",
    "ForgetDevice",
    "ForgotPassword",
    "GetCredentialsForIdentity",
    "GetDevice",
    "GetId",
    "GetTokensFromRefreshToken",
    "GetUser",
    "GetUserAttributeVerificationCode",
    "GlobalSignOut",
    "InitiateAuth",
    "KeyValues",
    "ListDevices",
    "ListWebAuthnCredentials",
    "MakeDeviceSecrets",
    "MakeKeyPair",
    "MfaChoice",
    "NewPasswordResponse",
    "OtpCode",
    "PasswordClaim",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "RespondWithDevice",
    "RevokeToken",
    "SetUserMfaPreference",
    "SettleIn",
    "SignUp",
    "SmsCode",
    "StartWebAuthnRegistration",
    "TotpCode",
    "TotpSetupResponse",
    "UpdateDeviceStatus",
    "UpdateUserAttributes",
    "VerifySoftwareToken",
    "VerifyUserAttribute",
]


def _no_metadata() -> Mapping[str, str]:
    return {}


_SIGN_IN_ANSWERS: tuple[type[Event], ...] = (
    events.PasswordVerifierChallenged,
    events.NewPasswordChallenged,
    events.SmsCodeChallenged,
    events.OtpCodeChallenged,
    events.TotpCodeChallenged,
    events.MfaSelectionChallenged,
    events.MfaSetupChallenged,
    events.TotpSetupChallenged,
    events.EmailSetupChallenged,
    events.NoMfaToSetUp,
    events.CustomChallenged,
    events.FirstFactorsOffered,
    events.PasswordChallenged,
    events.WebAuthnChallenged,
    events.DeviceChallenged,
    events.DeviceVerifierChallenged,
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
    """Compute the proof that a person knows the password, or a device its own.

    Attributes:
        user_id: For whom: USER_ID_FOR_SRP, or the device's key.
        password: The password.
        private: ``a``, in hexadecimal.
        public: ``A``, in hexadecimal.
        salt, srp_b, secret_block: As in ``PasswordVerifierChallenged``.
        device_group_key: For a device: what stands in place of the pool's name.
    """

    answers: ClassVar = (events.ClaimComputed, events.ClaimRefused)

    user_id: str
    password: Secret
    private: Secret
    public: Secret
    salt: Secret
    srp_b: Secret
    secret_block: Secret
    device_group_key: str | None = None


@attrs.frozen
class MakeDeviceSecrets(Effect):
    """Make a password for a new device, and what the pool checks its proofs against."""

    answers: ClassVar = (events.DeviceSecretsMade,)

    device: NewDevice


@attrs.frozen
class InitiateAuth(Effect):
    """Begin a sign-in.

    Attributes:
        flow: How.
        username: As typed.
        password: With USER_PASSWORD_AUTH, or with USER_AUTH and the password preferred.
        srp_a: ``A``, in hexadecimal, wherever the password is proved.
        preferred: With USER_AUTH: the first factor to begin with.
        session: With USER_AUTH: the session of a sign-up.
        device_key: The device's key, if it has one.
        client_metadata: For this call's triggers.
    """

    answers: ClassVar = (*_SIGN_IN_ANSWERS, events.DeviceNotFound)

    flow: AuthFlow
    username: str
    password: Secret | None = None
    srp_a: Secret | None = None
    preferred: FactorType | None = None
    session: Carried | None = None
    device_key: str | None = None
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
class OtpCode:
    """The answer to EMAIL_OTP or SMS_OTP.

    Attributes:
        factor: Which of the two.
        code: The code.
    """

    factor: FactorType
    code: Secret


@attrs.frozen
class TotpCode:
    """The answer to SOFTWARE_TOKEN_MFA."""

    code: Secret


@attrs.frozen
class MfaChoice:
    """The answer to SELECT_MFA_TYPE."""

    mfa: MfaType


@attrs.frozen
class TotpSetupResponse:
    """The answer to MFA_SETUP after the authenticator app was verified; the backend session says so."""


@attrs.frozen
class EmailSetupResponse:
    """The answer to MFA_SETUP with an e-mail address."""

    address: Secret


@attrs.frozen
class CustomAnswer:
    """The answer to CUSTOM_CHALLENGE."""

    answer: Secret


@attrs.frozen
class FactorChoice:
    """The answer to SELECT_CHALLENGE: a factor, and what it needs at once.

    Attributes:
        factor: The first factor.
        password: With PASSWORD.
        srp_a: With PASSWORD_SRP: ``A``, in hexadecimal.
    """

    factor: FactorType
    password: Secret | None = None
    srp_a: Secret | None = None


@attrs.frozen
class CredentialResponse:
    """The answer to WEB_AUTHN: the assertion, as JSON text."""

    credential: Secret


@attrs.frozen
class DeviceSrpStart:
    """The answer to DEVICE_SRP_AUTH: ``A``, in hexadecimal."""

    srp_a: Secret


@attrs.frozen
class DeviceClaim:
    """The answer to DEVICE_PASSWORD_VERIFIER."""

    secret_block: Secret
    signature: Secret
    timestamp: str


@attrs.frozen
class KeyValues:
    """The answer to a challenge without a step of its own.

    Attributes:
        challenge: The challenge's name.
        answers: The challenge responses, as the text of a JSON object.
    """

    challenge: str
    answers: Secret


ChallengeResponse: TypeAlias = (
    PasswordClaim
    | NewPasswordResponse
    | SmsCode
    | OtpCode
    | TotpCode
    | MfaChoice
    | TotpSetupResponse
    | EmailSetupResponse
    | CustomAnswer
    | FactorChoice
    | CredentialResponse
    | DeviceSrpStart
    | DeviceClaim
    | KeyValues
)
"""What can answer a challenge; the class says which."""


@attrs.frozen
class RespondToAuthChallenge(Effect):
    """Answer a challenge.

    Attributes:
        username: Cognito's own name for the user.
        session: The backend session that came last, if one did.
        response: The answer.
        device_key: The device's key, where the challenge takes one and the device has one.
        client_metadata: For this call's triggers.
    """

    answers: ClassVar = _SIGN_IN_ANSWERS

    username: str
    session: Carried | None
    response: ChallengeResponse
    device_key: str | None = None
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class RespondWithDevice(RespondToAuthChallenge):
    """Answer a challenge where the backend looks for the device, and may know none of that key."""

    answers: ClassVar = (*_SIGN_IN_ANSWERS, events.DeviceNotFound)


@attrs.frozen
class SignUp(Effect):
    """Make an account. Fields as in ``SignUpRequested``."""

    answers: ClassVar = (events.SignedUp, events.Refused)

    username: str
    password: Secret | None
    attributes: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)
    validation_data: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class ConfirmSignUp(Effect):
    """Confirm an account with the code that was sent.

    Attributes:
        username: Whose.
        code: The code.
        session: The sign-up session, if the run that signed up is at hand.
        force_alias_creation: Whether to take an e-mail address or phone number over from the user who has it.
        client_metadata: For this call's triggers.
    """

    answers: ClassVar = (events.SignUpConfirmed, events.Refused)

    username: str
    code: Secret
    session: Carried | None = None
    force_alias_creation: bool = False
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


# Verbs of one exchange.


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
class UpdateUserAttributes(Effect):
    """Set attributes of the user; one that is set to nothing is forgotten."""

    answers: ClassVar = (events.AttributesUpdated, events.Refused)

    access_token: Secret
    attributes: Mapping[str, str] = attrs.field(repr=False)
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class GetUserAttributeVerificationCode(Effect):
    """Send a code that verifies an attribute."""

    answers: ClassVar = (events.CodeSent, events.Refused)

    access_token: Secret
    attribute: str
    client_metadata: Mapping[str, str] = attrs.field(factory=_no_metadata, repr=False)


@attrs.frozen
class VerifyUserAttribute(Effect):
    """Verify an attribute with the code that was sent."""

    answers: ClassVar = (events.AttributeVerified, events.Refused)

    access_token: Secret
    attribute: str
    code: Secret


@attrs.frozen
class DeleteUserAttributes(Effect):
    """Forget attributes of the user."""

    answers: ClassVar = (events.AttributesDeleted, events.Refused)

    access_token: Secret
    names: tuple[str, ...]


@attrs.frozen
class ChangePassword(Effect):
    """Change the password.

    Attributes:
        access_token: Whose.
        previous: The present one; ``None`` for a user who has none.
        proposed: The new one.
    """

    answers: ClassVar = (events.PasswordChanged, events.Refused)

    access_token: Secret
    previous: Secret | None
    proposed: Secret


@attrs.frozen
class DeleteUser(Effect):
    """Delete the user."""

    answers: ClassVar = (events.UserDeleted, events.Refused)

    access_token: Secret


@attrs.frozen
class AssociateSoftwareToken(Effect):
    """Ask for a secret for an authenticator app.

    Attributes:
        access_token: Whose, where somebody is signed in.
        session: The backend session, while somebody is signing in. One of the two is given.
    """

    answers: ClassVar = (events.SoftwareTokenAssociated, events.Refused)

    access_token: Secret | None = None
    session: Carried | None = None


@attrs.frozen
class VerifySoftwareToken(Effect):
    """Show that the authenticator app has the secret.

    Attributes:
        code: The code that the app shows.
        friendly_device_name: A name for the app's device.
        access_token: Whose, where somebody is signed in.
        session: The backend session, while somebody is signing in. One of the two is given.
    """

    answers: ClassVar = (events.SoftwareTokenVerified, events.Refused)

    code: Secret
    friendly_device_name: str | None = None
    access_token: Secret | None = None
    session: Carried | None = None


@attrs.frozen
class SetUserMfaPreference(Effect):
    """Switch second factors on or off. Those that are not named stay as they are."""

    answers: ClassVar = (events.MfaPreferenceSet, events.Refused)

    access_token: Secret
    settings: Mapping[MfaType, MfaSetting]


@attrs.frozen
class ConfirmDevice(Effect):
    """Have the pool track a device.

    Attributes:
        access_token: Whose.
        key: The device's key.
        verifier: What its proofs are checked against, in base64.
        salt: The verifier's salt, in base64.
        name: What to call it.
    """

    answers: ClassVar = (events.DeviceConfirmed, events.Refused)

    access_token: Secret
    key: str
    verifier: Secret
    salt: Secret
    name: str | None = None


@attrs.frozen
class UpdateDeviceStatus(Effect):
    """Have the pool remember a device, or remember it no longer."""

    answers: ClassVar = (events.DeviceStatusUpdated, events.Refused)

    access_token: Secret
    key: str
    is_remembered: bool


@attrs.frozen
class GetDevice(Effect):
    """Ask about a device."""

    answers: ClassVar = (events.DeviceFetched, events.Refused)

    access_token: Secret
    key: str


@attrs.frozen
class ListDevices(Effect):
    """Ask for the user's devices.

    Attributes:
        access_token: Whose.
        next_token: What the last answer gave to ask for the rest with.
    """

    answers: ClassVar = (events.DevicesListed, events.Refused)

    access_token: Secret
    next_token: Secret | None = None


@attrs.frozen
class ForgetDevice(Effect):
    """Have the pool forget a device."""

    answers: ClassVar = (events.DeviceForgotten, events.Refused)

    access_token: Secret
    key: str


@attrs.frozen
class StartWebAuthnRegistration(Effect):
    """Begin to register a passkey."""

    answers: ClassVar = (events.WebAuthnRegistrationStarted, events.Refused)

    access_token: Secret


@attrs.frozen
class CompleteWebAuthnRegistration(Effect):
    """Register the passkey that an authenticator made.

    Attributes:
        access_token: Whose.
        credential: The credential, as JSON text.
    """

    answers: ClassVar = (events.WebAuthnRegistered, events.Refused)

    access_token: Secret
    credential: Secret


@attrs.frozen
class ListWebAuthnCredentials(Effect):
    """Ask for the user's passkeys. Fields as in ``ListDevices``."""

    answers: ClassVar = (events.WebAuthnCredentialsListed, events.Refused)

    access_token: Secret
    next_token: Secret | None = None


@attrs.frozen
class DeleteWebAuthnCredential(Effect):
    """Forget a passkey."""

    answers: ClassVar = (events.WebAuthnCredentialDeleted, events.Refused)

    access_token: Secret
    credential_id: str


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


@attrs.frozen
class SettleIn(Effect):
    """Do something for a person who is signed in already. That it fails keeps nobody from being signed in.

    Attributes:
        errand: What is to be done.
    """

    answers: ClassVar = (events.ErrandDone,)

    errand: MakeDeviceSecrets | ConfirmDevice | UpdateUserAttributes | GetUser | SetUserMfaPreference

    @property
    def label(self) -> str:
        """What is to be done."""
        return f"SettleIn: {self.errand.label}"


# Of an identity pool.


@attrs.frozen
class GetId(Effect):
    """Ask for an identity.

    Attributes:
        logins: Tokens by the name of who issued them; none for a guest.
    """

    answers: ClassVar = (events.IdentityFound, events.Refused)

    logins: Mapping[str, Secret]


@attrs.frozen
class GetCredentialsForIdentity(Effect):
    """Ask for an identity's AWS credentials.

    Attributes:
        identity_id: Whose.
        logins: Tokens by the name of who issued them; none for a guest.
    """

    answers: ClassVar = (events.CredentialsIssued, events.Refused)

    identity_id: str
    logins: Mapping[str, Secret]
