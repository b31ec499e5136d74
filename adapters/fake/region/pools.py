"""A pool's settings on the wire: what requests say of them, and what replies tell.

What the fake does not act upon is kept as it was given, and given back: texts and senders of messages, tags.

Source: service model, CreateUserPool, UpdateUserPool, SetUserPoolMfaConfig and UserPoolType; AWS command line
reference, create-user-pool.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from authsteps.adapters.cognito.transport import Json

from ..directory import FirstFactor, MfaFactor
from ..errors import Cause, refusal
from ..members import Members
from ..passwords import PasswordPolicy
from ..settings import (
    DeviceConfiguration,
    MfaConfiguration,
    PasskeyUse,
    RecoveryChannel,
    Settings,
    UserVerification,
    WebAuthnConfiguration,
)
from .schemas import read_schema, schema_members

__all__ = ["PoolDescription", "adopt", "mfa_members", "pool_members", "read_mfa", "read_new_pool", "read_pool"]

_ECHOED: Final = (
    "DeletionProtection",
    "LambdaConfig",
    "SmsVerificationMessage",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "VerificationMessageTemplate",
    "SmsAuthenticationMessage",
    "EmailConfiguration",
    "SmsConfiguration",
    "UserPoolTags",
    "UserPoolAddOns",
    "UserPoolTier",
)
_DEFAULTS: Final[Mapping[str, Json]] = {
    "DeletionProtection": "INACTIVE",
    "LambdaConfig": {},
    "VerificationMessageTemplate": {"DefaultEmailOption": "CONFIRM_WITH_CODE"},
    "EmailConfiguration": {"EmailSendingAccount": "COGNITO_DEFAULT"},
    "UserPoolTier": "ESSENTIALS",
}
"""Source: AWS command line reference, create-user-pool; service model, CreateUserPool."""
_INVITE: Final = "InviteMessageTemplate"
_EMAIL_MFA: Final = "EmailMfaConfiguration"
_CASE: Final = "UsernameConfiguration"
_DEFAULT_DAYS: Final = 7
_DAY: Final = timedelta(days=1)
_CHANGEABLE: Final = (
    "mfa",
    "mfa_factors",
    "first_factors",
    "devices",
    "web_authn",
    "password_policy",
    "auto_verified",
    "verified_before_update",
    "recovery",
    "only_administrators_create_users",
    "has_own_sender",
)


@attrs.frozen
class PoolDescription:
    """What is told of a pool beside its settings.

    Attributes:
        name: For people.
        created: When.
        modified: When it was last set up.
        echoed: Members that are given back as they were given, by name.
    """

    name: str
    created: datetime
    modified: datetime
    echoed: Mapping[str, Json] = attrs.field(factory=dict[str, Json], repr=False)

    @property
    def is_protected(self) -> bool:
        """Whether the pool must not be deleted."""
        return self._echo("DeletionProtection") == "ACTIVE"

    @property
    def is_lite(self) -> bool:
        """Whether the pool is of the lowest tier, which lacks most of what is new."""
        return self._echo("UserPoolTier") == "LITE"

    @property
    def has_own_sender(self) -> bool:
        """Whether e-mail goes out by a sender of the pool's own."""
        sender = self._echo("EmailConfiguration")
        return isinstance(sender, Mapping) and sender.get("EmailSendingAccount") == "DEVELOPER"

    def members(self) -> dict[str, Json]:
        """Return what is given back, with the service's defaults for what was not given."""
        members = {name: self._echo(name) for name in _ECHOED}
        return {name: value for name, value in members.items() if value is not None}

    def _echo(self, name: str) -> Json:
        given, default = self.echoed.get(name), _DEFAULTS.get(name)
        if isinstance(given, Mapping) and isinstance(default, Mapping):
            return {**default, **given}
        return given if given is not None else default


def read_new_pool(request: Members, now: datetime) -> tuple[Settings, PoolDescription]:
    """Return what a CreateUserPool request asks for.

    Raises:
        ServiceError: It cannot be had.
    """
    usernames = frozenset(request.list_of_texts("UsernameAttributes"))
    aliases = frozenset(request.list_of_texts("AliasAttributes"))
    if usernames and aliases:
        raise refusal(Cause.ALIAS_AND_USERNAME_ATTRIBUTES)
    case = request.nested(_CASE)
    schema = read_schema(request.structures("Schema"))
    blank = Settings(
        mfa_factors=frozenset(),
        username_attributes=usernames,
        alias_attributes=aliases,
        is_case_sensitive=case is None or case.flag("CaseSensitive"),
        custom_attributes=schema.attributes,
        required_attributes=schema.required,
    )
    description = PoolDescription(request.text("PoolName"), now, now, request.only((_CASE,)))
    return read_pool(request, blank, description, now)


def read_pool(
    request: Members, settings: Settings, description: PoolDescription, now: datetime
) -> tuple[Settings, PoolDescription]:
    """Return what a request leaves of a pool's settings. What it does not name is set to its default.

    The authenticator app, e-mail codes and passkeys are none of its business, and neither is what never changes.

    Source: a dated run-book of a real pool; service model, UpdateUserPool. That new values go on waiting for their code
    is reported: ekristen/aws-nuke#477.

    Raises:
        ServiceError: It cannot be had. Nothing has changed then.
    """
    policies = request.nested("Policies") or Members({})
    creation = request.nested("AdminCreateUserConfig") or Members({})
    updates = request.nested("UserAttributeUpdateSettings")
    auto_verified = frozenset(request.list_of_texts("AutoVerifiedAttributes"))
    waiting = (
        frozenset(updates.list_of_texts("AttributesRequireVerificationBeforeUpdate"))
        if updates is not None
        else settings.verified_before_update
    )
    if not waiting <= auto_verified:
        raise refusal(Cause.UPDATE_VERIFICATION_WITHOUT_AUTO_VERIFICATION)
    kept = {name: value for name, value in description.echoed.items() if name in {_EMAIL_MFA, _CASE}}
    echoed = {**kept, **request.only(_ECHOED), **creation.only((_INVITE,))}
    name = request.optional_text("PoolName")
    described = attrs.evolve(
        description, name=name if name is not None else description.name, modified=now, echoed=echoed
    )
    factors = settings.mfa_factors - {MfaFactor.SMS_MFA}
    if "SmsConfiguration" in echoed and (MfaFactor.SMS_MFA in settings.mfa_factors or not factors):
        factors |= {MfaFactor.SMS_MFA}
    after = attrs.evolve(
        settings,
        mfa=MfaConfiguration(request.optional_text("MfaConfiguration") or "OFF"),
        mfa_factors=factors,
        first_factors=_read_first_factors(policies),
        devices=_read_devices(request),
        password_policy=_read_policy(policies, creation),
        auto_verified=auto_verified,
        verified_before_update=waiting,
        recovery=_read_recovery(request),
        only_administrators_create_users=creation.flag("AllowAdminCreateUserOnly"),
        has_own_sender=described.has_own_sender,
    )
    _check(after, described)
    return after, described


def read_mfa(
    request: Members, settings: Settings, description: PoolDescription, now: datetime
) -> tuple[Settings, PoolDescription]:
    """Return what a SetUserPoolMfaConfig request leaves of a pool's settings. What it does not name is switched off.

    That it is so here, as with UpdateUserPool, is unconfirmed.

    Raises:
        ServiceError: It cannot be had. Nothing has changed then.
    """
    mfa = MfaConfiguration(request.optional_text("MfaConfiguration") or "OFF")
    sms, email = request.nested("SmsMfaConfiguration"), request.nested(_EMAIL_MFA)
    app = request.nested("SoftwareTokenMfaConfiguration") or Members({})
    wanted = {
        MfaFactor.SMS_MFA: sms is not None,
        MfaFactor.SOFTWARE_TOKEN_MFA: app.flag("Enabled"),
        MfaFactor.EMAIL_OTP: email is not None,
    }
    factors = frozenset(factor for factor, is_wanted in wanted.items() if is_wanted)
    if mfa is MfaConfiguration.OFF and factors:
        raise refusal(Cause.FACTORS_WITHOUT_MFA)
    echoed = {name: value for name, value in description.echoed.items() if name != _EMAIL_MFA}
    echoed |= request.only((_EMAIL_MFA,))
    echoed |= sms.only(("SmsAuthenticationMessage", "SmsConfiguration")) if sms is not None else {}
    described = attrs.evolve(description, modified=now, echoed=echoed)
    after = attrs.evolve(settings, mfa=mfa, mfa_factors=factors, web_authn=_read_passkeys(request, settings))
    _check(after, described)
    return after, described


def adopt(settings: Settings, changed: Settings) -> None:
    """Make settings that are in use what a request made of them."""
    for name in _CHANGEABLE:
        setattr(settings, name, getattr(changed, name))


def pool_members(settings: Settings, description: PoolDescription) -> dict[str, Json]:
    """Return a pool as UserPoolType, but for what only the pool itself knows: its id and who is in it."""
    policy = settings.password_policy
    days = policy.temporary_password_validity // _DAY
    creation: dict[str, Json] = {
        "AllowAdminCreateUserOnly": settings.only_administrators_create_users,
        "UnusedAccountValidityDays": days,
    }
    if _INVITE in description.echoed:
        creation[_INVITE] = description.echoed[_INVITE]
    members: dict[str, Json] = {
        "Name": description.name,
        "Policies": {
            "PasswordPolicy": {
                "MinimumLength": policy.minimum_length,
                "RequireUppercase": policy.require_uppercase,
                "RequireLowercase": policy.require_lowercase,
                "RequireNumbers": policy.require_numbers,
                "RequireSymbols": policy.require_symbols,
                "TemporaryPasswordValidityDays": days,
                **({"PasswordHistorySize": policy.history_size} if policy.history_size else {}),
            },
            "SignInPolicy": {
                "AllowedFirstAuthFactors": [factor.value for factor in FirstFactor if factor in settings.first_factors]
            },
        },
        "CreationDate": description.created.timestamp(),
        "LastModifiedDate": description.modified.timestamp(),
        "SchemaAttributes": schema_members(settings),
        "MfaConfiguration": settings.mfa.value,
        "AdminCreateUserConfig": creation,
        **_listed("AutoVerifiedAttributes", settings.auto_verified),
        **_listed("AliasAttributes", settings.alias_attributes),
        **_listed("UsernameAttributes", settings.username_attributes),
        **description.members(),
    }
    if _CASE in description.echoed or not settings.is_case_sensitive:
        members[_CASE] = {"CaseSensitive": settings.is_case_sensitive}
    if settings.verified_before_update:
        members["UserAttributeUpdateSettings"] = _listed(
            "AttributesRequireVerificationBeforeUpdate", settings.verified_before_update
        )
    if settings.devices is not None:
        members["DeviceConfiguration"] = {
            "ChallengeRequiredOnNewDevice": settings.devices.challenge_required_on_new_device,
            "DeviceOnlyRememberedOnUserPrompt": settings.devices.device_only_remembered_on_user_prompt,
        }
    if settings.recovery is not None:
        ways = enumerate(settings.recovery, start=1)
        members["AccountRecoverySetting"] = {
            "RecoveryMechanisms": [{"Priority": priority, "Name": way.value} for priority, way in ways]
        }
    return members


def mfa_members(settings: Settings, description: PoolDescription) -> dict[str, Json]:
    """Return the reply of SetUserPoolMfaConfig and GetUserPoolMfaConfig."""
    members: dict[str, Json] = {"MfaConfiguration": settings.mfa.value}
    if MfaFactor.SMS_MFA in settings.mfa_factors:
        echoed = ("SmsAuthenticationMessage", "SmsConfiguration")
        members["SmsMfaConfiguration"] = {
            name: description.echoed[name] for name in echoed if name in description.echoed
        }
    if MfaFactor.SOFTWARE_TOKEN_MFA in settings.mfa_factors:
        members["SoftwareTokenMfaConfiguration"] = {"Enabled": True}
    if MfaFactor.EMAIL_OTP in settings.mfa_factors:
        members[_EMAIL_MFA] = description.echoed.get(_EMAIL_MFA, {})
    if settings.web_authn is not None:
        members["WebAuthnConfiguration"] = {
            "RelyingPartyId": settings.web_authn.relying_party_id,
            "UserVerification": settings.web_authn.user_verification.value,
            "FactorConfiguration": settings.web_authn.use.value,
        }
    return members


def _check(settings: Settings, description: PoolDescription) -> None:
    """Return if such a pool can be."""
    if settings.mfa is not MfaConfiguration.OFF and not settings.mfa_factors:
        raise refusal(Cause.MFA_WITHOUT_FACTORS)
    by_email = MfaFactor.EMAIL_OTP in settings.mfa_factors
    if by_email and not description.has_own_sender:
        raise refusal(Cause.EMAIL_MFA_WITHOUT_SENDER)
    if description.is_lite and by_email:
        raise refusal(Cause.TIER_TOO_LOW, feature="Email MFA")
    if description.is_lite and settings.first_factors != frozenset({FirstFactor.PASSWORD}):
        raise refusal(Cause.TIER_TOO_LOW, feature="Passwordless sign-in")


def _read_first_factors(policies: Members) -> frozenset[FirstFactor]:
    sign_in = policies.nested("SignInPolicy") or Members({})
    named = frozenset(FirstFactor(name) for name in sign_in.list_of_texts("AllowedFirstAuthFactors"))
    return named or frozenset({FirstFactor.PASSWORD})


def _read_devices(request: Members) -> DeviceConfiguration | None:
    devices = request.nested("DeviceConfiguration")
    if devices is None:
        return None
    return DeviceConfiguration(
        devices.flag("ChallengeRequiredOnNewDevice"), devices.flag("DeviceOnlyRememberedOnUserPrompt")
    )


def _read_policy(policies: Members, creation: Members) -> PasswordPolicy:
    """Return what is demanded of passwords. A policy that is given demands no class of characters but those it names.

    That last is known from experience. 0 days are read as none said.
    """
    given = policies.nested("PasswordPolicy")
    named = given.optional_number("TemporaryPasswordValidityDays") if given is not None else None
    days = named or creation.optional_number("UnusedAccountValidityDays") or _DEFAULT_DAYS
    if given is None:
        return PasswordPolicy(temporary_password_validity=days * _DAY)
    length, history = given.optional_number("MinimumLength"), given.optional_number("PasswordHistorySize")
    return PasswordPolicy(
        minimum_length=length if length is not None else PasswordPolicy().minimum_length,
        require_uppercase=given.flag("RequireUppercase"),
        require_lowercase=given.flag("RequireLowercase"),
        require_numbers=given.flag("RequireNumbers"),
        require_symbols=given.flag("RequireSymbols"),
        temporary_password_validity=days * _DAY,
        history_size=history or 0,
    )


def _read_recovery(request: Members) -> tuple[RecoveryChannel, ...] | None:
    recovery = request.nested("AccountRecoverySetting")
    if recovery is None:
        return None
    options = sorted(
        (option.optional_number("Priority") or 0, option.text("Name"))
        for option in recovery.structures("RecoveryMechanisms")
    )
    ways = tuple(RecoveryChannel(name) for _, name in options)
    if RecoveryChannel.ADMIN_ONLY in ways and len(ways) > 1:
        raise refusal(Cause.RECOVERY_BY_ADMINISTRATORS_AND_OTHERS)
    return ways or None


def _read_passkeys(request: Members, settings: Settings) -> WebAuthnConfiguration | None:
    given = request.nested("WebAuthnConfiguration")
    if given is None:
        return None
    site = given.optional_text("RelyingPartyId")
    if site is None:
        raise refusal(Cause.RELYING_PARTY_MISSING)
    before = settings.web_authn
    return WebAuthnConfiguration(
        site,
        UserVerification(given.optional_text("UserVerification") or "preferred"),
        PasskeyUse(given.optional_text("FactorConfiguration") or "SINGLE_FACTOR"),
        # Where ceremonies may come from is said to the fake alone.
        before.origins if before is not None and before.relying_party_id == site else (),
    )


def _listed(member: str, names: Iterable[str]) -> dict[str, Json]:
    """Return a list of attributes as a member, or nothing if it is empty."""
    listed = sorted(names)
    return {member: listed} if listed else {}
