"""What a user proves who they are with, on the wire: authenticator apps, second factors, devices, passkeys. Pure.

Source: Amazon Cognito user pools API reference, per operation.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, assert_never

import msgspec

from authsteps.engine.messages import Carried, Event, Secret
from authsteps.flows import effects, events
from authsteps.flows.errors import InvalidInputError
from authsteps.flows.model import MfaSetting, MfaType

from . import wire
from .request import Request
from .transport import Json
from .wire import carried, json_text, masked, read

__all__ = ["FactorEffect", "to_event", "to_request"]

_MfaEffect = effects.AssociateSoftwareToken | effects.VerifySoftwareToken | effects.SetUserMfaPreference

_DeviceEffect = (
    effects.ConfirmDevice | effects.UpdateDeviceStatus | effects.GetDevice | effects.ListDevices | effects.ForgetDevice
)

_PasskeyEffect = (
    effects.StartWebAuthnRegistration
    | effects.CompleteWebAuthnRegistration
    | effects.ListWebAuthnCredentials
    | effects.DeleteWebAuthnCredential
)

FactorEffect = _MfaEffect | _DeviceEffect | _PasskeyEffect
"""The effects about what a user proves who they are with."""

_DEVICES_AT_ONCE = 60
"""As many as the service gives. Source: Amazon Cognito user pools API reference, ListDevices, Limit."""


def to_request(effect: FactorEffect) -> Request:
    """Return the request that performs ``effect``.

    Raises:
        InvalidInputError: A credential is no JSON object.
    """
    members = Request()
    if effect.access_token is not None:
        members["AccessToken"] = effect.access_token.reveal()
    if isinstance(effect, _MfaEffect):
        members.update(_mfa_members(effect))
    elif isinstance(effect, _DeviceEffect):
        members.update(_device_members(effect))
    else:
        members.update(_passkey_members(effect))
    return members


def to_event(effect: FactorEffect, reply: Mapping[str, Json]) -> Event:
    """Return the event that a reply to ``effect`` becomes.

    Raises:
        BackendContractError: The reply does not have the documented shape.
    """
    if isinstance(effect, _MfaEffect):
        return _mfa_event(effect, reply)
    if isinstance(effect, _DeviceEffect):
        return _device_event(effect, reply)
    return _passkey_event(effect, reply)


# Second factors


def _mfa_members(effect: _MfaEffect) -> Request:
    match effect:
        case effects.AssociateSoftwareToken():
            return _session(effect)
        case effects.VerifySoftwareToken():
            members = _session(effect)
            members["UserCode"] = effect.code.reveal()
            if effect.friendly_device_name is not None:
                members["FriendlyDeviceName"] = effect.friendly_device_name
            return members
        case effects.SetUserMfaPreference():
            return Request((_MFA_MEMBERS[factor], _mfa_setting(value)) for factor, value in effect.settings.items())
        case _:
            assert_never(effect)


def _session(effect: effects.AssociateSoftwareToken | effects.VerifySoftwareToken) -> Request:
    return Request() if effect.session is None else Request(Session=effect.session.reveal())


_MFA_MEMBERS = {
    MfaType.SMS: "SMSMfaSettings",
    MfaType.TOTP: "SoftwareTokenMfaSettings",
    MfaType.EMAIL: "EmailMfaSettings",
}


def _mfa_setting(setting: MfaSetting) -> Request:
    match setting:
        case MfaSetting.DISABLED:
            return Request(Enabled=False)
        case MfaSetting.ENABLED:
            return Request(Enabled=True)
        case MfaSetting.PREFERRED:
            return Request(Enabled=True, PreferredMfa=True)
        case MfaSetting.NOT_PREFERRED:
            return Request(Enabled=True, PreferredMfa=False)
        case _:
            assert_never(setting)


def _mfa_event(effect: _MfaEffect, reply: Mapping[str, Json]) -> Event:
    match effect:
        case effects.AssociateSoftwareToken():
            associated = read(reply, wire.SecretCodeReply)
            return events.SoftwareTokenAssociated(Carried(associated.SecretCode), session=carried(associated.Session))
        case effects.VerifySoftwareToken():
            verified = read(reply, wire.StatusReply)
            if verified.Status != "SUCCESS":
                return events.Refused("EnableSoftwareTokenMFAException", "The code was not verified")
            return events.SoftwareTokenVerified(session=carried(verified.Session))
        case effects.SetUserMfaPreference():
            return events.MfaPreferenceSet()
        case _:
            assert_never(effect)


# Devices


def _device_members(effect: _DeviceEffect) -> Request:
    match effect:
        case effects.ConfirmDevice():
            verifier = Request(PasswordVerifier=effect.verifier.reveal(), Salt=effect.salt.reveal())
            members = Request(DeviceKey=effect.key, DeviceSecretVerifierConfig=verifier)
            if effect.name is not None:
                members["DeviceName"] = effect.name
            return members
        case effects.UpdateDeviceStatus():
            status = "remembered" if effect.is_remembered else "not_remembered"
            return Request(DeviceKey=effect.key, DeviceRememberedStatus=status)
        case effects.GetDevice() | effects.ForgetDevice():
            return Request(DeviceKey=effect.key)
        case effects.ListDevices():
            members = Request(Limit=_DEVICES_AT_ONCE)
            if effect.next_token is not None:
                members["PaginationToken"] = effect.next_token.reveal()
            return members
        case _:
            assert_never(effect)


def _device_event(effect: _DeviceEffect, reply: Mapping[str, Json]) -> Event:
    match effect:
        case effects.ConfirmDevice():
            return events.DeviceConfirmed(read(reply, wire.NecessityReply).UserConfirmationNecessary)
        case effects.UpdateDeviceStatus():
            return events.DeviceStatusUpdated()
        case effects.GetDevice():
            return events.DeviceFetched(read(reply, wire.DeviceReply).Device.told)
        case effects.ListDevices():
            listed = read(reply, wire.DevicesReply)
            return events.DevicesListed(tuple(device.told for device in listed.Devices), masked(listed.PaginationToken))
        case effects.ForgetDevice():
            return events.DeviceForgotten()
        case _:
            assert_never(effect)


# Passkeys


def _passkey_members(effect: _PasskeyEffect) -> Request:
    match effect:
        case effects.StartWebAuthnRegistration():
            return Request()
        case effects.CompleteWebAuthnRegistration():
            return Request(Credential=_document(effect.credential))
        case effects.ListWebAuthnCredentials():
            return Request() if effect.next_token is None else Request(NextToken=effect.next_token.reveal())
        case effects.DeleteWebAuthnCredential():
            return Request(CredentialId=effect.credential_id)
        case _:
            assert_never(effect)


def _document(credential: Secret) -> Request:
    """Return a credential's JSON text as the JSON that goes on the wire, masked at every level."""
    with suppress(ValueError, RecursionError):  # msgspec's errors are ValueErrors, and can quote the text
        return Request.of(msgspec.json.decode(credential.reveal(), type=dict[str, Any]))
    raise InvalidInputError("credential", "is no JSON object", "give what the authenticator's toJSON() gives")


def _passkey_event(effect: _PasskeyEffect, reply: Mapping[str, Json]) -> Event:
    match effect:
        case effects.StartWebAuthnRegistration():
            options = read(reply, wire.RegistrationReply).CredentialCreationOptions
            return events.WebAuthnRegistrationStarted(json_text(options))
        case effects.CompleteWebAuthnRegistration():
            return events.WebAuthnRegistered()
        case effects.ListWebAuthnCredentials():
            listed = read(reply, wire.PasskeysReply)
            passkeys = tuple(passkey.told for passkey in listed.Credentials)
            return events.WebAuthnCredentialsListed(passkeys, masked(listed.NextToken))
        case effects.DeleteWebAuthnCredential():
            return events.WebAuthnCredentialDeleted()
        case _:
            assert_never(effect)
