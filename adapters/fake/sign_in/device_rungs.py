"""The rungs of tracked devices: one that is remembered proves itself before tokens are issued.

Source: Cognito developer guide, 'Working with user devices in your user pool'.
"""

from typing import ClassVar

import attrs

from authsteps.engine.messages import Effect, Event, Secret, Step

from .rungs import Answer, Proof, ProofPrepared, Refused

__all__ = [
    "CheckDeviceProof",
    "DemandDeviceProof",
    "DemandDeviceSrp",
    "DeviceProofOffered",
    "DeviceProofPassed",
    "DeviceProofWanted",
    "FindDevice",
    "NoDeviceProofWanted",
    "PrepareDeviceProof",
]


@attrs.frozen
class DeviceProofOffered(Answer):
    """A client answers DEVICE_SRP_AUTH."""

    srp_a: Secret


@attrs.frozen
class DeviceProofWanted(Event):
    """The device is remembered and has to prove itself. Reported by the fake itself, as are those below."""


@attrs.frozen
class NoDeviceProofWanted(Event):
    """No device was named, or it is not remembered."""


@attrs.frozen
class DeviceProofPassed(Event):
    """The device's proof is right."""


@attrs.frozen
class FindDevice(Effect):
    """Find out whether the device that the client named has to prove itself."""

    answers: ClassVar = (DeviceProofWanted, NoDeviceProofWanted, Refused)

    sub: str
    device_key: str


@attrs.frozen
class PrepareDeviceProof(Effect):
    """Make the server's half of a device's SRP."""

    answers: ClassVar = (ProofPrepared, Refused)

    sub: str
    device_key: str
    srp_a: Secret


@attrs.frozen
class CheckDeviceProof(Effect):
    """Check a device's proof."""

    answers: ClassVar = (DeviceProofPassed, Refused)

    sub: str
    device_key: str
    proof: Proof


@attrs.frozen
class DemandDeviceSrp(Step):
    """DEVICE_SRP_AUTH."""


@attrs.frozen
class DemandDeviceProof(Step):
    """DEVICE_PASSWORD_VERIFIER."""

    username: str
    device_key: str
    salt: Secret
    public: Secret
    secret_block: Secret
