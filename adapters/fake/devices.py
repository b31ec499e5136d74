"""The devices that a pool tracks, and what their owners do with them.

The pool never learns from where it is called, so its devices have no ``last_ip_used``.

Source: Amazon Cognito user pools API reference, per operation; Cognito developer guide, 'Working with user devices in
your user pool'; AWS command line reference, get-device and list-devices.
"""

import base64
import binascii
from typing import Final

from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Secret
from authsteps.flows import srp

from .directory import Device, User
from .errors import Cause, refusal
from .grants import Bearer, Grants
from .members import Members
from .pages import page
from .settings import DeviceConfiguration
from .state import Pool

__all__ = ["Devices"]

_MOST_LISTED: Final = 60
_REMEMBERED: Final = "remembered"
_NOT_REMEMBERED: Final = "not_remembered"
_LONGEST_SALT_BYTES: Final = 64


class Devices:
    """The operations on tracked devices.

    Args:
        pool: The pool.
        grants: Says whom an access token speaks for.
    """

    def __init__(self, pool: Pool, grants: Grants) -> None:
        self._pool = pool
        self._grants = grants

    async def confirm_device(self, request: Members) -> dict[str, Json]:
        """ConfirmDevice. Whether the verifier belongs to a password shows when the device is used, not here."""
        key, name = request.text("DeviceKey"), request.optional_text("DeviceName")
        secrets = request.nested("DeviceSecretVerifierConfig") or Members({})
        verifier = _verifier_of(secrets.optional_secret("PasswordVerifier"), secrets.optional_secret("Salt"))
        bearer, configuration = await self._bearer_of(request)
        device = bearer.user.devices.get(key)
        if device is None or (device.verifier is None and device.event_id != bearer.event_id):
            raise refusal(Cause.UNKNOWN_DEVICE)
        if device.verifier is not None:
            raise refusal(Cause.DEVICE_ALREADY_CONFIRMED)
        if verifier is None:
            raise refusal(Cause.DEVICE_VERIFIER_UNREADABLE)
        device.verifier = verifier
        device.name = name
        device.created = device.modified = self._pool.now()
        waits = configuration.device_only_remembered_on_user_prompt
        device.is_remembered = not waits
        return {"UserConfirmationNecessary": waits}

    async def update_device_status(self, request: Members) -> dict[str, Json]:
        """UpdateDeviceStatus."""
        bearer, _ = await self._bearer_of(request)
        self.set_status(self.named(bearer.user, request), request)
        return {}

    async def get_device(self, request: Members) -> dict[str, Json]:
        """GetDevice."""
        bearer, _ = await self._bearer_of(request)
        return {"Device": self.members_of(self.named(bearer.user, request))}

    async def list_devices(self, request: Members) -> dict[str, Json]:
        """ListDevices."""
        bearer, _ = await self._bearer_of(request)
        return self.listed(bearer.user, request)

    async def forget_device(self, request: Members) -> dict[str, Json]:
        """ForgetDevice. What was issued to the device cannot be refreshed any more."""
        bearer, _ = await self._bearer_of(request)
        del bearer.user.devices[self.named(bearer.user, request).key]
        return {}

    def named(self, user: User, request: Members) -> Device:
        """Return the user's confirmed device that a request names.

        Raises:
            ServiceError: There is none.
        """
        device = user.devices.get(request.text("DeviceKey"))
        if device is None or device.verifier is None:
            raise refusal(Cause.UNKNOWN_DEVICE)
        return device

    def set_status(self, device: Device, request: Members) -> None:
        """Remember a device or not, as the request says; without a word it stays as it is."""
        status = request.optional_text("DeviceRememberedStatus")
        if status is not None:
            device.is_remembered = status == _REMEMBERED
        device.modified = self._pool.now()

    def listed(self, user: User, request: Members, *, for_administrators: bool = False) -> dict[str, Json]:
        """Return the piece of a user's devices that a request asks for, the oldest first."""
        piece = page(
            (device for device in user.devices.values() if device.verifier is not None),
            lambda device: f"{device.created.timestamp():020.6f} {device.key}",
            most=_MOST_LISTED,
            limit=request.optional_number("Limit"),
            token=request.optional_text("PaginationToken"),
        )
        owner = user if for_administrators else None
        reply: dict[str, Json] = {"Devices": [self.members_of(device, owner) for device in piece.items]}
        return reply if piece.token is None else {**reply, "PaginationToken": piece.token}

    def members_of(self, device: Device, owner: User | None = None) -> dict[str, Json]:
        """Return a device in wire form.

        Args:
            device: The device.
            owner: Whose it is, where that is told: administrators see more than owners do.
        """
        attributes = {"device_status": "valid"}
        if device.name is not None:
            attributes["device_name"] = device.name
        if owner is not None:
            attributes["dev:device_owner"] = f"{owner.username}.{self._pool.id}"
            attributes["dev:device_remembered_status"] = _REMEMBERED if device.is_remembered else _NOT_REMEMBERED
        return {
            "DeviceKey": device.key,
            "DeviceAttributes": [{"Name": name, "Value": value} for name, value in attributes.items()],
            "DeviceCreateDate": device.created.timestamp(),
            "DeviceLastModifiedDate": device.modified.timestamp(),
            "DeviceLastAuthenticatedDate": float(int(device.authenticated.timestamp())),
        }

    def configuration(self) -> DeviceConfiguration:
        """Return how devices are tracked.

        Raises:
            ServiceError: They are not.
        """
        if self._pool.settings.devices is None:
            raise refusal(Cause.DEVICES_OFF)
        return self._pool.settings.devices

    async def _bearer_of(self, request: Members) -> tuple[Bearer, DeviceConfiguration]:
        bearer = await self._grants.bearer_of(request)
        return bearer, self.configuration()


def _verifier_of(verifier: Secret | None, salt: Secret | None) -> srp.Verifier | None:
    """Return what a device's password will be checked against, or ``None`` if one of these is no such number."""
    v, salt_number = _number(verifier), _number(salt)
    if not 0 < v < srp.N or not 0 < salt_number < 1 << (8 * _LONGEST_SALT_BYTES):
        return None
    return srp.Verifier(salt_hex=f"{salt_number:x}", v=v)


def _number(text: Secret | None) -> int:
    """Return the number that a base64 text holds, or 0 if it holds none."""
    try:
        return int.from_bytes(base64.b64decode(text.reveal() if text is not None else "", validate=True))
    except (binascii.Error, ValueError):
        return 0
