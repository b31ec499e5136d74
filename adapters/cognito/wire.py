"""The shapes of Cognito's replies, as far as they are read, and how one is read. What is not listed is passed over.

Source: the service models of cognito-idp and cognito-identity; RFC 7519 for the claims.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from authsteps.engine.messages import Carried, Secret
from authsteps.flows.errors import BackendContractError
from authsteps.flows.model import CodeDelivery, DeliveryMedium, Device, MfaType, WebAuthnCredentialInfo

from .transport import Json

__all__ = [
    "MFA_BY_NAME",
    "Attribute",
    "AuthReply",
    "Claims",
    "CredentialsReply",
    "Deliveries",
    "Delivery",
    "DeliveryReply",
    "DeviceMetadata",
    "DeviceRecord",
    "DeviceReply",
    "DevicesReply",
    "IdentityCredentials",
    "IdentityReply",
    "NecessityReply",
    "PasskeyRecord",
    "PasskeysReply",
    "RegistrationReply",
    "Result",
    "SecretCodeReply",
    "SessionReply",
    "SignUpReply",
    "StatusReply",
    "UserReply",
    "carried",
    "code_delivery",
    "instant",
    "json_text",
    "masked",
    "read",
    "read_json",
]

T = TypeVar("T")

MFA_BY_NAME = {factor.value: factor for factor in MfaType} | {"EMAIL_MFA": MfaType.EMAIL}
"""Second factors by Cognito's names; the reference calls the one by e-mail by either of two."""


def read(reply: Mapping[str, Json], shape: type[T]) -> T:
    """Return a reply in one of the shapes below.

    Raises:
        BackendContractError: It has another. The text quotes nothing.
    """
    # The errors below are raised where those that quote the reply are no longer their context.
    try:
        it = msgspec.convert(reply, shape)
        json_text(it)  # refuses a lone surrogate, with which no snapshot could be written
    except msgspec.ValidationError as error:
        # msgspec names types and the place, and quotes no value of these shapes
        problem = str(error)
    except UnicodeEncodeError:
        problem = "it holds a text with a lone surrogate"
    except RecursionError:
        problem = "it is nested without end"
    else:
        return it
    raise BackendContractError(f"a reply does not have the documented shape: {problem}")


def read_json(text: str, shape: type[T], parameter: str) -> T:
    """Return what stands in a challenge parameter that is itself JSON.

    Raises:
        BackendContractError: It is no JSON, or of another shape. The text quotes nothing.
    """
    with suppress(ValueError, RecursionError):  # msgspec's errors are ValueErrors, and can quote the parameter
        return msgspec.json.decode(text, type=shape)
    raise BackendContractError(f"the challenge parameter {parameter} is not the JSON that it should be")


def json_text(value: object) -> str:
    """Return a value as JSON text. A mapping of any class is an object."""
    return msgspec.json.encode(value, enc_hook=dict).decode()


def instant(epoch_seconds: float | None) -> datetime | None:
    """Return an instant of the wire, if there is one in a form that makes sense."""
    try:
        return datetime.fromtimestamp(epoch_seconds, UTC) if epoch_seconds is not None else None
    except (OverflowError, ValueError, OSError):
        return None


def carried(session: str | None) -> Carried | None:
    """Return a backend session, which a waiting run keeps; an empty one is none."""
    return Carried(session) if session else None


def masked(text: str | None) -> Secret | None:
    """Return a text that nobody may see; an empty one is none."""
    return Secret(text) if text else None


def code_delivery(destination: str, medium: str, attribute: str | None = None) -> CodeDelivery:
    """Return where a code went. A medium that is not known here is ``UNKNOWN``."""
    known = {way.value: way for way in DeliveryMedium}
    return CodeDelivery(destination, known.get(medium, DeliveryMedium.UNKNOWN), attribute)


def _empty() -> Mapping[str, str]:
    return {}


class DeviceMetadata(msgspec.Struct, frozen=True):
    """What the pool calls a device that it saw for the first time."""

    DeviceKey: str | None = None
    DeviceGroupKey: str | None = None


class Result(msgspec.Struct, frozen=True):
    """Tokens."""

    AccessToken: str | None = None
    IdToken: str | None = None
    RefreshToken: str | None = None
    NewDeviceMetadata: DeviceMetadata | None = None


class AuthReply(msgspec.Struct, frozen=True):
    """The reply of InitiateAuth, RespondToAuthChallenge and GetTokensFromRefreshToken."""

    AuthenticationResult: Result | None = None
    ChallengeName: str | None = None
    ChallengeParameters: Mapping[str, str] = msgspec.field(default_factory=_empty)
    AvailableChallenges: tuple[str, ...] = ()
    Session: str | None = None


class Delivery(msgspec.Struct, frozen=True):
    """Where a code went."""

    Destination: str = ""
    DeliveryMedium: str = ""
    AttributeName: str | None = None

    @property
    def told(self) -> CodeDelivery:
        """The same as the flows speak of it."""
        return code_delivery(self.Destination, self.DeliveryMedium, self.AttributeName)


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
    """The reply of ResendConfirmationCode, ForgotPassword and GetUserAttributeVerificationCode."""

    CodeDeliveryDetails: Delivery | None = None


class Deliveries(msgspec.Struct, frozen=True):
    """The reply of UpdateUserAttributes."""

    CodeDeliveryDetailsList: tuple[Delivery, ...] = ()


class SecretCodeReply(msgspec.Struct, frozen=True):
    """The reply of AssociateSoftwareToken."""

    SecretCode: str
    Session: str | None = None


class StatusReply(msgspec.Struct, frozen=True):
    """The reply of VerifySoftwareToken."""

    Status: str
    Session: str | None = None


class Attribute(msgspec.Struct, frozen=True):
    """An attribute of a user or of a device."""

    Name: str
    Value: str = ""


class UserReply(msgspec.Struct, frozen=True):
    """The reply of GetUser."""

    Username: str
    UserAttributes: tuple[Attribute, ...]
    UserMFASettingList: tuple[str, ...] = ()
    PreferredMfaSetting: str = ""


class NecessityReply(msgspec.Struct, frozen=True):
    """The reply of ConfirmDevice."""

    UserConfirmationNecessary: bool = False


class DeviceRecord(msgspec.Struct, frozen=True):
    """A device."""

    DeviceKey: str
    DeviceAttributes: tuple[Attribute, ...] = ()
    DeviceCreateDate: float | None = None
    DeviceLastModifiedDate: float | None = None
    DeviceLastAuthenticatedDate: float | None = None

    @property
    def told(self) -> Device:
        """The same as the flows speak of it. Its name is one of the attributes on the wire."""
        attributes = {attribute.Name: attribute.Value for attribute in self.DeviceAttributes}
        return Device(
            key=self.DeviceKey,
            name=attributes.pop("device_name", None),
            attributes=attributes,
            created_at=instant(self.DeviceCreateDate),
            last_authenticated_at=instant(self.DeviceLastAuthenticatedDate),
            last_modified_at=instant(self.DeviceLastModifiedDate),
        )


class DeviceReply(msgspec.Struct, frozen=True):
    """The reply of GetDevice."""

    Device: DeviceRecord


class DevicesReply(msgspec.Struct, frozen=True):
    """The reply of ListDevices."""

    Devices: tuple[DeviceRecord, ...] = ()
    PaginationToken: str | None = None


class RegistrationReply(msgspec.Struct, frozen=True):
    """The reply of StartWebAuthnRegistration."""

    CredentialCreationOptions: Mapping[str, object]


class PasskeyRecord(msgspec.Struct, frozen=True):
    """A passkey."""

    CredentialId: str
    FriendlyCredentialName: str
    RelyingPartyId: str
    AuthenticatorAttachment: str | None = None
    AuthenticatorTransports: tuple[str, ...] = ()
    CreatedAt: float | None = None

    @property
    def told(self) -> WebAuthnCredentialInfo:
        """The same as the flows speak of it."""
        return WebAuthnCredentialInfo(
            credential_id=self.CredentialId,
            friendly_name=self.FriendlyCredentialName,
            relying_party_id=self.RelyingPartyId,
            attachment=self.AuthenticatorAttachment,
            transports=self.AuthenticatorTransports,
            created_at=instant(self.CreatedAt),
        )


class PasskeysReply(msgspec.Struct, frozen=True):
    """The reply of ListWebAuthnCredentials."""

    Credentials: tuple[PasskeyRecord, ...]
    NextToken: str | None = None


class IdentityReply(msgspec.Struct, frozen=True):
    """The reply of GetId."""

    IdentityId: str


class IdentityCredentials(msgspec.Struct, frozen=True):
    """Temporary AWS credentials."""

    AccessKeyId: str
    SecretKey: str
    SessionToken: str
    Expiration: float | None = None


class CredentialsReply(msgspec.Struct, frozen=True):
    """The reply of GetCredentialsForIdentity."""

    Credentials: IdentityCredentials
    IdentityId: str | None = None


class Claims(msgspec.Struct, frozen=True, rename={"cognito_username": "cognito:username"}):
    """What a token says."""

    sub: str | None = None
    exp: float | None = None
    username: str | None = None
    cognito_username: str | None = None
    device_key: str | None = None

    @property
    def expires_at(self) -> datetime | None:
        """When the token expires, if it says so in a form that makes sense."""
        return instant(self.exp)
