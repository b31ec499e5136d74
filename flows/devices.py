"""What a signed-in user can do about devices, this one and others. They are tracked where the pool is set up for it."""

import attrs

from authsteps.engine.messages import Secret

from . import effects, events
from .errors import DeviceNotTrackedError, ResourceNotFoundError
from .model import Device
from .pages import every_page
from .signed_in import Verbs
from .steps import text_of

__all__ = ["DeviceVerbs"]

_MAX_DEVICE_KEY_LENGTH = 55
"""Characters. Source: the service model of cognito-idp, DeviceKeyType."""


class DeviceVerbs(Verbs):
    """This device and others."""

    async def remember_device(self) -> None:
        """Have the pool remember this device, so that its proof may stand in place of a second factor.

        If it is remembered already, nothing is sent.

        Raises:
            DeviceNotTrackedError: The device's secrets are not at hand; nothing was sent.
        """
        async with self._signed_in() as person:
            device = await person.device()
            if device.is_remembered:
                return
            await person.ask(
                lambda access: effects.UpdateDeviceStatus(access, device.key, is_remembered=True),
                events.DeviceStatusUpdated,
            )
            await person.keep_device(attrs.evolve(device, is_remembered=True))

    async def forget_device(self, key: str | None = None) -> None:
        """Have the pool forget a device. The secrets of this one are forgotten first, whatever becomes of the call.

        Args:
            key: Which; this one if none is given.

        Raises:
            InvalidInputError: It cannot be a key; nothing was sent.
            DeviceNotTrackedError: None is given, and this device's secrets are not at hand; nothing was sent.

        Source: AWS Amplify Auth (Flutter), forgetDevice.
        """
        named = text_of(Secret(key), "key", at_most=_MAX_DEVICE_KEY_LENGTH).reveal() if key is not None else None
        async with self._signed_in() as person:
            own = await person.find_device()
            forgotten = named if named is not None else (await person.device()).key
            if own is not None and own.key == forgotten:
                await person.forget_device()
            await person.ask(lambda access: effects.ForgetDevice(access, forgotten), events.DeviceForgotten)

    async def fetch_devices(self) -> tuple[Device, ...]:
        """Return the user's devices, all of them."""
        async with self._signed_in() as person:
            pages = await every_page(
                lambda next_token: person.ask(
                    lambda access: effects.ListDevices(access, next_token), events.DevicesListed
                )
            )
        return tuple(device for page in pages for device in page.devices)

    async def fetch_current_device(self) -> Device:
        """Return what the pool knows of this device.

        Raises:
            DeviceNotTrackedError: The device's secrets are not at hand, or the pool does not know it.
        """
        async with self._signed_in() as person:
            device = await person.device()
            try:
                fetched = await person.ask(lambda access: effects.GetDevice(access, device.key), events.DeviceFetched)
            except ResourceNotFoundError as error:
                raise DeviceNotTrackedError(error.message) from error
            return fetched.device
