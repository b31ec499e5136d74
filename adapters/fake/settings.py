"""What an administrator sets on a pool. The defaults are those of a pool from the API.

Source: service model, CreateUserPool and SetUserPoolMfaConfig; Cognito developer guide, 'Adding MFA to a user pool',
'Working with user devices in your user pool' and 'User pool attributes'.
"""

from datetime import timedelta
from enum import StrEnum

import attrs

from .attributes import STANDARD_ATTRIBUTES, Attribute, as_attributes
from .directory import FirstFactor, MfaFactor
from .names import NameRule
from .passwords import PasswordPolicy

__all__ = [
    "DeviceConfiguration",
    "MfaConfiguration",
    "PasskeyUse",
    "RecoveryChannel",
    "Settings",
    "UserVerification",
    "WebAuthnConfiguration",
]


class MfaConfiguration(StrEnum):
    """Whether a second factor is asked for, as on the wire."""

    OFF = "OFF"
    OPTIONAL = "OPTIONAL"
    """Of users who have switched one on."""
    ON = "ON"
    """Of everybody."""


@attrs.frozen
class DeviceConfiguration:
    """How the pool tracks devices. A pool without one tracks none.

    Source: service model, DeviceConfigurationType.

    Attributes:
        challenge_required_on_new_device: Whether a remembered device stands in place of the second factor.
        device_only_remembered_on_user_prompt: Whether a confirmed device waits for UpdateDeviceStatus to be remembered.
    """

    challenge_required_on_new_device: bool = False
    device_only_remembered_on_user_prompt: bool = False


class UserVerification(StrEnum):
    """Whether an authenticator must verify its user, as on the wire."""

    REQUIRED = "required"
    PREFERRED = "preferred"


class PasskeyUse(StrEnum):
    """What a passkey counts for, as on the wire (``FactorConfiguration``)."""

    SINGLE_FACTOR = "SINGLE_FACTOR"
    MULTI_FACTOR_WITH_USER_VERIFICATION = "MULTI_FACTOR_WITH_USER_VERIFICATION"


@attrs.frozen
class WebAuthnConfiguration:
    """For which site passkeys are made. A pool without one takes none.

    Source: service model, WebAuthnConfigurationType.

    Attributes:
        relying_party_id: The site's domain.
        user_verification: Whether the authenticator must verify its user.
        use: What a passkey counts for.
        origins: The origins that a ceremony may come from; ``https://`` and the relying party's id if none is named.
    """

    relying_party_id: str
    user_verification: UserVerification = UserVerification.PREFERRED
    use: PasskeyUse = PasskeyUse.SINGLE_FACTOR
    origins: tuple[str, ...] = ()

    @property
    def expected_origins(self) -> tuple[str, ...]:
        """The origins that a ceremony may come from."""
        return self.origins or (f"https://{self.relying_party_id}",)


class RecoveryChannel(StrEnum):
    """How a forgotten password may be reset, as on the wire (``AccountRecoverySetting``)."""

    VERIFIED_EMAIL = "verified_email"
    VERIFIED_PHONE_NUMBER = "verified_phone_number"
    ADMIN_ONLY = "admin_only"


@attrs.define(eq=False)
class Settings:
    """How a pool is set up. An administrator may change it at any time.

    Attributes:
        mfa: Whether a second factor is asked for.
        mfa_factors: Those that the pool offers.
        first_factors: Those that choice-based sign-in allows.
        devices: How devices are tracked; ``None`` for not at all.
        web_authn: For which site passkeys are made; ``None`` if none are.
        username_attributes: Attributes that stand for the username: ``email``, ``phone_number``, both or neither.
        alias_attributes: Attributes that one may sign in with beside the username. They exclude the ones above.
        is_case_sensitive: Whether upper and lower case make different names. This and the two above never change.
        password_policy: What is demanded of passwords.
        custom_attributes: Attributes beside the standard ones, with their ``custom:`` prefix. A name alone is a text
            that can change; one with a standard name takes that one's place.
        timestamp_tolerance: How far the timestamp of an SRP proof may be off.
        required_attributes: What every user must have.
        auto_verified: Attributes that a code is sent to when they are set.
        verified_before_update: Attributes whose new value counts only after it was verified.
        recovery: The ways to reset a password, the preferred one first; ``None`` for verified phone, then e-mail.
        only_administrators_create_users: Whether nobody signs up by themselves.
        has_limits: Whether the hourly limits of code operations are kept.
        has_own_sender: Whether e-mail goes out by a sender of the pool's own, that is ``EmailSendingAccount`` is
            ``DEVELOPER``: only then may CustomMessage write it. It is so here, unlike with a pool from the API.
        refreshes_by_operation_as_sign_in: Whether GetTokensFromRefreshToken tells PreTokenGeneration of a sign-in and
            not of a refresh. The tables of the developer guide differ; which the service follows is not known.
    """

    mfa: MfaConfiguration = MfaConfiguration.OPTIONAL
    mfa_factors: frozenset[MfaFactor] = frozenset({MfaFactor.SMS_MFA, MfaFactor.SOFTWARE_TOKEN_MFA})
    first_factors: frozenset[FirstFactor] = frozenset({FirstFactor.PASSWORD})
    devices: DeviceConfiguration | None = None
    web_authn: WebAuthnConfiguration | None = None
    username_attributes: frozenset[str] = attrs.field(default=frozenset(), on_setattr=attrs.setters.frozen)
    alias_attributes: frozenset[str] = attrs.field(default=frozenset(), on_setattr=attrs.setters.frozen)
    is_case_sensitive: bool = attrs.field(default=True, on_setattr=attrs.setters.frozen)
    password_policy: PasswordPolicy = attrs.field(factory=PasswordPolicy)
    custom_attributes: tuple[Attribute, ...] = attrs.field(default=(), converter=as_attributes)
    timestamp_tolerance: timedelta = timedelta(minutes=15)
    required_attributes: tuple[str, ...] = ()
    auto_verified: frozenset[str] = frozenset({"email"})
    verified_before_update: frozenset[str] = frozenset()
    recovery: tuple[RecoveryChannel, ...] | None = None
    only_administrators_create_users: bool = False
    has_limits: bool = True
    has_own_sender: bool = True
    refreshes_by_operation_as_sign_in: bool = False

    @property
    def schema(self) -> dict[str, Attribute]:
        """All attributes that users can have, by name."""
        return {**STANDARD_ATTRIBUTES, **{attribute.name: attribute for attribute in self.custom_attributes}}

    @property
    def name_rule(self) -> NameRule:
        """By which names users are found."""
        return NameRule(self.username_attributes, self.alias_attributes, self.is_case_sensitive)

    @property
    def takes_no_password(self) -> bool:
        """Whether users may do without a password, since codes sign them in.

        Source: Amazon Cognito user pools API reference, SignUp, Password.
        """
        return not self.first_factors.isdisjoint({FirstFactor.EMAIL_OTP, FirstFactor.SMS_OTP})
