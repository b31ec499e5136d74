"""The values that flows speak of: factors, tokens, code deliveries, users, devices, passkeys."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import TypeAlias
from urllib.parse import quote, urlencode

import attrs

from authsteps.engine.messages import Secret

__all__ = [
    "Answer",
    "AuthFlow",
    "AuthUser",
    "AwsCredentials",
    "ChallengeName",
    "CodeDelivery",
    "DeliveryMedium",
    "Device",
    "DeviceSecrets",
    "FactorType",
    "Json",
    "MfaPreference",
    "MfaSetting",
    "MfaType",
    "NewDevice",
    "NewPassword",
    "Sealed",
    "Tokens",
    "TotpSetup",
    "WebAuthnCredential",
    "WebAuthnCredentialInfo",
    "seal",
    "sealed",
]

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
"""A value as it stands on a wire. Instants are numbers: epoch seconds."""


class AuthFlow(Enum):
    """How a sign-in begins.

    Source: Amazon Cognito user pools API reference, InitiateAuth, AuthFlow; AWS Amplify Auth for the two of custom
    authentication, which are one on the wire.
    """

    USER_SRP_AUTH = "USER_SRP_AUTH"
    """The password is proved and never sent (SRP). The default."""
    USER_PASSWORD_AUTH = "USER_PASSWORD_AUTH"
    """The password is sent over TLS. A user-migration trigger needs it."""
    CUSTOM_AUTH_WITH_SRP = "CUSTOM_AUTH_WITH_SRP"
    """The pool's own challenges, after the password was proved."""
    CUSTOM_AUTH_WITHOUT_SRP = "CUSTOM_AUTH_WITHOUT_SRP"
    """The pool's own challenges and no password."""
    USER_AUTH = "USER_AUTH"
    """The person chooses a first factor, or prefers one from the start."""


class ChallengeName(Enum):
    """Every challenge that Cognito's service model knows.

    One that it does not know, and ADMIN_NO_SRP_AUTH, which is no challenge to a client, arrive as
    ``ContinueSignInWithUnknownChallenge``.

    Source: the service model of cognito-idp, ChallengeNameType.
    """

    SMS_MFA = "SMS_MFA"
    EMAIL_OTP = "EMAIL_OTP"
    SOFTWARE_TOKEN_MFA = "SOFTWARE_TOKEN_MFA"
    SELECT_MFA_TYPE = "SELECT_MFA_TYPE"
    MFA_SETUP = "MFA_SETUP"
    PASSWORD_VERIFIER = "PASSWORD_VERIFIER"
    CUSTOM_CHALLENGE = "CUSTOM_CHALLENGE"
    SELECT_CHALLENGE = "SELECT_CHALLENGE"
    DEVICE_SRP_AUTH = "DEVICE_SRP_AUTH"
    DEVICE_PASSWORD_VERIFIER = "DEVICE_PASSWORD_VERIFIER"
    ADMIN_NO_SRP_AUTH = "ADMIN_NO_SRP_AUTH"
    NEW_PASSWORD_REQUIRED = "NEW_PASSWORD_REQUIRED"
    SMS_OTP = "SMS_OTP"
    PASSWORD = "PASSWORD"
    WEB_AUTHN = "WEB_AUTHN"
    PASSWORD_SRP = "PASSWORD_SRP"


class DeliveryMedium(Enum):
    """The way a code travelled."""

    SMS = "SMS"
    EMAIL = "EMAIL"
    UNKNOWN = "UNKNOWN"
    """A medium that this version does not know."""


@attrs.frozen
class CodeDelivery:
    """Where a code was sent.

    Attributes:
        destination: The masked address or number, such as ``a***@e***``. Show it to the person.
        medium: How it travelled.
        attribute: The user attribute that it verifies, such as ``email``, if it does.
    """

    destination: str
    medium: DeliveryMedium
    attribute: str | None = None


@attrs.frozen
class AuthUser:
    """Who somebody is.

    Attributes:
        user_id: The ``sub`` claim. It never changes and is never given to somebody else.
        username: Cognito's own name for the user, which need not be what was typed.
    """

    user_id: str
    username: str


@attrs.frozen
class Tokens:
    """What a signed-in user holds. The texts are masked everywhere; ``reveal()`` gives them.

    Attributes:
        access: Authorises calls.
        id: Says who the user is.
        refresh: Gets new ones.
        access_expires_at: When the access token expires, if it says so.
        id_expires_at: When the id token expires, if it says so.
        user: Whom they belong to, as the tokens say. Their signature is not checked here.
        device_key: The tracked device that they were issued to, if they say so. A refresh must name it.
    """

    access: Secret
    id: Secret
    refresh: Secret
    access_expires_at: datetime | None
    id_expires_at: datetime | None
    user: AuthUser
    device_key: str | None = None


@attrs.frozen
class AwsCredentials:
    """Temporary AWS credentials from an identity pool.

    Attributes:
        access_key_id: Names them.
        secret_access_key: Signs requests.
        session_token: Goes with every request.
        expires_at: When they stop working.
    """

    access_key_id: str
    secret_access_key: Secret
    session_token: Secret
    expires_at: datetime | None


class MfaType(Enum):
    """A second factor. The values are Cognito's names."""

    SMS = "SMS_MFA"
    TOTP = "SOFTWARE_TOKEN_MFA"
    EMAIL = "EMAIL_OTP"


class FactorType(Enum):
    """A first factor that a person can choose or prefer with USER_AUTH. The values are Cognito's names."""

    PASSWORD = "PASSWORD"
    """The password is sent over TLS."""
    PASSWORD_SRP = "PASSWORD_SRP"
    """The password is proved and never sent."""
    EMAIL_OTP = "EMAIL_OTP"
    SMS_OTP = "SMS_OTP"
    WEB_AUTHN = "WEB_AUTHN"
    """A passkey."""

    @property
    def is_password(self) -> bool:
        """Whether the password is what it asks for."""
        return self in {FactorType.PASSWORD, FactorType.PASSWORD_SRP}


class MfaSetting(Enum):
    """What to do with a second factor."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    PREFERRED = "preferred"
    """Enabled, and asked for first."""
    NOT_PREFERRED = "not_preferred"
    """Enabled, and not asked for first."""


@attrs.frozen
class MfaPreference:
    """Which second factors a user has switched on.

    Attributes:
        enabled: Those that are on.
        preferred: The one that is asked for first, if any.
    """

    enabled: frozenset[MfaType]
    preferred: MfaType | None


@attrs.frozen
class TotpSetup:
    """What an authenticator app needs.

    Attributes:
        shared_secret: The secret, in base32.
        username: Whose it is.
    """

    shared_secret: Secret
    username: str

    def setup_uri(self, app: str, account: str | None = None) -> Secret:
        """Return the ``otpauth`` URI that a QR code shows. It holds the secret.

        Args:
            app: The name that the authenticator app shows as the issuer.
            account: The name that it shows for the account; the username if none is given.

        Source: the Key Uri Format of google-authenticator. Spaces become ``%20``, for some apps show a ``+`` as it is.
        """
        label = f"{quote(app, safe='')}:{quote(account if account is not None else self.username, safe='')}"
        query = urlencode({"secret": self.shared_secret.reveal(), "issuer": app}, quote_via=quote)
        return Secret(f"otpauth://totp/{label}?{query}")


@attrs.frozen
class NewDevice:
    """What the pool calls a device that it saw for the first time.

    Attributes:
        key: The device's key.
        group_key: Stands for the pool's name in the device's SRP.
    """

    key: str
    group_key: str


@attrs.frozen
class DeviceSecrets:
    """What a device needs to be recognised. Keep it with the browser or program that signed in, and nowhere else.

    Kept under the username on a server it would let every browser that knows the password skip the second factor.

    Attributes:
        key: The device's key.
        group_key: Stands for the pool's name in the device's SRP.
        password: The device's own.
        is_remembered: Whether the pool remembers it, so that its proof may stand in place of a second factor.
    """

    key: str
    group_key: str
    password: Secret
    is_remembered: bool = False


@attrs.frozen
class Device:
    """A device of the user, as the pool lists it.

    Attributes:
        key: The device's key.
        name: What it is called, if anything.
        attributes: What else the pool tells of it.
        created_at: When it was confirmed.
        last_authenticated_at: When it last took part in a sign-in.
        last_modified_at: When it was last changed.
    """

    key: str
    name: str | None
    attributes: Mapping[str, str] = attrs.field(repr=False)
    created_at: datetime | None = None
    last_authenticated_at: datetime | None = None
    last_modified_at: datetime | None = None


@attrs.frozen
class WebAuthnCredentialInfo:
    """A passkey of the user, as the pool lists it.

    Attributes:
        credential_id: Names it.
        friendly_name: What it is called.
        relying_party_id: The domain that it was made for.
        attachment: ``platform`` or ``cross-platform``, if it is known.
        transports: How the authenticator can be reached.
        created_at: When it was registered.
    """

    credential_id: str
    friendly_name: str
    relying_party_id: str
    attachment: str | None
    transports: tuple[str, ...]
    created_at: datetime | None


def sealed(text: str | Secret) -> Secret:
    """Mask a text. The verbs do so in their first line, for a traceback may show the variables of every frame."""
    return text if isinstance(text, Secret) else Secret(text)


@attrs.frozen
class NewPassword:
    """The answer to ``ConfirmSignInWithNewPassword`` where attributes are wanted as well.

    Attributes:
        password: The new password, exactly as typed. A text is masked at once.
        attributes: Values of the missing attributes, by name.
    """

    password: Secret = attrs.field(converter=sealed)
    attributes: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)


@attrs.frozen
class WebAuthnCredential:
    """What an authenticator answered: the credential of a registration, or the assertion of a sign-in.

    Attributes:
        json: The credential as the browser's ``toJSON()`` gives it, as JSON text. A text is masked at once.
    """

    json: Secret = attrs.field(converter=sealed)

    @classmethod
    def of(cls, credential: Mapping[str, object]) -> "WebAuthnCredential":
        """Return a credential that is at hand as an object.

        Raises:
            TypeError, ValueError: It has no form in JSON.
        """
        return cls(json.dumps(dict(credential)))


Sealed: TypeAlias = Secret | NewPassword | MfaType | FactorType | WebAuthnCredential | Mapping[str, Secret]
"""An answer that no traceback shows."""

Answer: TypeAlias = str | Mapping[str, str] | Sealed
"""What a person can answer a step with. A text that is masked already will do as well."""


def seal(answer: Answer) -> Sealed:
    """Mask an answer, as ``sealed`` masks a text."""
    if isinstance(answer, NewPassword | MfaType | FactorType | WebAuthnCredential):
        return answer
    if isinstance(answer, Mapping):
        return {name: sealed(value) for name, value in answer.items()}
    return sealed(answer)
