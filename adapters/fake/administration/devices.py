"""What an administrator does with a user's devices.

Source: Amazon Cognito user pools API reference, per operation; AWS command line reference, admin-get-device and
admin-list-devices.
"""

from authsteps.adapters.cognito.transport import Json

from ..devices import Devices
from ..directory import User
from ..errors import Cause
from ..members import Members
from .users import Administration

__all__ = ["AdministeredDevices"]


class AdministeredDevices:
    """The operations on the devices of a user who is named.

    Args:
        administration: Says who is named.
        devices: What users do with them.
    """

    def __init__(self, administration: Administration, devices: Devices) -> None:
        self._administration = administration
        self._devices = devices

    async def list_devices(self, request: Members) -> dict[str, Json]:
        """AdminListDevices."""
        owner = self._owner(request, gone=Cause.OWNER_OF_DEVICE_NOT_FOUND)
        return self._devices.listed(owner, request, for_administrators=True)

    async def get_device(self, request: Members) -> dict[str, Json]:
        """AdminGetDevice."""
        owner = self._owner(request, gone=Cause.OWNER_OF_DEVICE_NOT_FOUND)
        return {"Device": self._devices.members_of(self._devices.named(owner, request), owner)}

    async def forget_device(self, request: Members) -> dict[str, Json]:
        """AdminForgetDevice."""
        owner = self._owner(request)
        del owner.devices[self._devices.named(owner, request).key]
        return {}

    async def update_device_status(self, request: Members) -> dict[str, Json]:
        """AdminUpdateDeviceStatus."""
        self._devices.set_status(self._devices.named(self._owner(request), request), request)
        return {}

    def _owner(self, request: Members, *, gone: Cause = Cause.USER_NOT_FOUND) -> User:
        owner = self._administration.named(request, gone=gone)
        self._devices.configuration()
        return owner
