"""Performs what a tracked device has to do at sign-in.

Source: Cognito developer guide, 'Working with user devices in your user pool'; service model, DeviceConfigurationType.
"""

from typing import assert_never

from authsteps.engine.messages import Event
from authsteps.flows import srp

from ..directory import Device, User
from ..errors import Cause, refusal
from ..state import Pool
from . import device_rungs as rungs
from .gatekeeper import Gatekeeper
from .proofs import Proofs

__all__ = ["DeviceEffect", "DeviceProofs"]

DeviceEffect = rungs.FindDevice | rungs.PrepareDeviceProof | rungs.CheckDeviceProof


class DeviceProofs:
    """Says which device has to prove itself, and whether it did.

    Args:
        pool: The pool.
        gatekeeper: Says who is still there.
        proofs: Challenges with SRP.
    """

    def __init__(self, pool: Pool, gatekeeper: Gatekeeper, proofs: Proofs) -> None:
        self._pool = pool
        self._gatekeeper = gatekeeper
        self._proofs = proofs

    async def perform(self, effect: DeviceEffect) -> Event:
        """Perform an effect of this room.

        Raises:
            ServiceError: It is refused.
        """
        user = self._gatekeeper.present(effect.sub)
        match effect:
            case rungs.FindDevice():
                is_remembered = self.remembered(user, effect.device_key) is not None
                return rungs.DeviceProofWanted() if is_remembered else rungs.NoDeviceProofWanted()
            case rungs.PrepareDeviceProof():
                _, verifier = self._provable(user, effect.device_key)
                return self._proofs.prepare(verifier, effect.srp_a)
            case rungs.CheckDeviceProof():
                return await self._check_proof(user, effect)
            case _:
                assert_never(effect)

    def remembered(self, user: User, device_key: str) -> Device | None:
        """Return the device if the pool tracks devices and remembers this one."""
        device = user.devices.get(device_key)
        is_remembered = device is not None and device.is_remembered and device.verifier is not None
        return device if is_remembered and self._pool.settings.devices is not None else None

    def stands_in(self, user: User, device_key: str) -> bool:
        """Tell whether the proof of this device is taken in place of a second factor."""
        devices = self._pool.settings.devices
        return (
            devices is not None
            and devices.challenge_required_on_new_device
            and self.remembered(user, device_key) is not None
        )

    async def _check_proof(self, user: User, effect: rungs.CheckDeviceProof) -> Event:
        device, verifier = self._provable(user, effect.device_key)
        passed = await self._proofs.hold(effect.proof, verifier, pool_name=device.group_key, user_id=device.key)
        # While a thread checked the proof, the user may have been disabled, and the device forgotten or confirmed anew.
        now, then = self._provable(self._gatekeeper.present(effect.sub), effect.device_key), (device, verifier)
        if not passed or now[0] is not then[0] or now[1] is not then[1]:
            # A device's password is random and long, so a wrong proof says nothing of guessing and locks nobody out.
            raise refusal(Cause.WRONG_CREDENTIALS)
        return rungs.DeviceProofPassed()

    def _provable(self, user: User, device_key: str) -> tuple[Device, srp.Verifier]:
        device = self.remembered(user, device_key)
        if device is None or device.verifier is None:
            raise refusal(Cause.UNKNOWN_DEVICE)
        return device, device.verifier
