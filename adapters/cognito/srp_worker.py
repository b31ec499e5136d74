"""Performs the arithmetic of SRP: in worker threads, but for key pairs, which the event loop makes once that is quick.

With the fast profile a key pair takes a tenth of a millisecond, once the table of powers stands. A claim takes more
than one, so it goes to a thread, where the arithmetic lets other threads run; a limiter of its own serves first
who came first. It leaves the event loop one core: as many threads as cores make whatever else runs on the loop wait for
the scheduler. anyio's default limiter is wider still and would make everybody late.
"""

import base64
import os
from collections.abc import Callable, Collection
from typing import TypeVar, assert_never, get_args

import anyio
import anyio.to_thread

from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.flows import srp
from authsteps.flows.effects import ComputeClaim, MakeDeviceSecrets, MakeKeyPair
from authsteps.flows.errors import BackendContractError
from authsteps.flows.events import ClaimComputed, ClaimRefused, DeviceSecretsMade, KeyPairMade
from authsteps.flows.model import NewDevice

__all__ = ["SrpEffect", "SrpWorker", "arithmetic_threads", "cores"]

T = TypeVar("T")

_PRIVATE_KEY_BYTES = 32
"""256 bits match the strength of the 3072-bit group. Source: RFC 5054, 2.5.4; Amplify Swift uses the same."""
_DEVICE_PASSWORD_BYTES = 40
_DEVICE_SALT_BYTES = 16
"""Source: AWS Amplify Auth (JavaScript), ``srp/AuthenticationHelper.generateHashDevice``; all clients do the same."""

SrpEffect = MakeKeyPair | ComputeClaim | MakeDeviceSecrets
"""Every effect that is arithmetic."""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def arithmetic_threads() -> int:
    """Return how many threads may do arithmetic at once: all cores but the event loop's, and at least one."""
    return max(1, cores() - 1)


class SrpWorker:
    """Performs ``MakeKeyPair``, ``ComputeClaim`` and ``MakeDeviceSecrets``.

    Args:
        pool_name: The part of the pool's id after the underscore; a person's claim is made for it.
        clock: Gives the instant that a claim is bound to.
        entropy: Gives private keys, and what a device's secrets are made from.
        arithmetic: Fast by default; ``HardenedArithmetic`` runs in constant time at more than twice the cost.
    """

    def __init__(
        self, pool_name: str, *, clock: Clock, entropy: Entropy, arithmetic: srp.Arithmetic | None = None
    ) -> None:
        self._pool_name = pool_name
        self._clock = clock
        self._entropy = entropy
        self._arithmetic = arithmetic if arithmetic is not None else srp.FastArithmetic()
        self._limiter = anyio.CapacityLimiter(arithmetic_threads())
        self._has_table = False

    @property
    def performs(self) -> Collection[type[Effect]]:
        """The effect classes that it takes."""
        return get_args(SrpEffect)

    async def make_key_pair(self) -> KeyPairMade:
        """Make a fresh key pair; in a thread until the table of powers stands, and always where there is none."""
        if not self._has_table:
            pair = await anyio.to_thread.run_sync(self._key_pair, limiter=self._limiter)
            self._has_table = isinstance(self._arithmetic, srp.FastArithmetic)
        else:
            pair = self._key_pair()
        return KeyPairMade(pair.private, pair.public)

    async def compute_claim(self, effect: ComputeClaim) -> Event:
        """Compute the proof, in a thread."""
        timestamp = srp.timestamp(self._clock.now())
        try:
            signature = await anyio.to_thread.run_sync(self._claim, effect, timestamp, limiter=self._limiter)
        except srp.SrpParameterError as error:
            return ClaimRefused(f"{error.parameter} {error.problem}")
        return ClaimComputed(signature, timestamp)

    async def make_device_secrets(self, device: NewDevice) -> DeviceSecretsMade:
        """Make a device's password and its verifier, in a thread.

        Raises:
            BackendContractError: What the pool calls the device is too long for a key.
        """
        try:
            return await anyio.to_thread.run_sync(self._device_secrets, device, limiter=self._limiter)
        except srp.SrpParameterError as error:
            problem = error.problem
        raise BackendContractError(f"the device's key {problem}")

    async def perform(self, effect: SrpEffect) -> Event:
        """Perform one of the three.

        Raises:
            BackendContractError: As ``make_device_secrets`` says.
        """
        match effect:
            case MakeKeyPair():
                return await self.make_key_pair()
            case ComputeClaim():
                return await self.compute_claim(effect)
            case MakeDeviceSecrets():
                return await self.make_device_secrets(effect.device)
            case _:
                assert_never(effect)

    def _key_pair(self) -> srp.KeyPair:
        return _bare(lambda: srp.key_pair(self._entropy.random_bytes(_PRIVATE_KEY_BYTES), self._arithmetic))

    def _claim(self, effect: ComputeClaim, timestamp: str) -> Secret:
        return _bare(
            lambda: srp.password_claim(
                pool_name=self._pool_name if effect.device_group_key is None else effect.device_group_key,
                user_id=effect.user_id,
                password=effect.password,
                key_pair=srp.KeyPair(effect.private, effect.public),
                salt_hex=effect.salt,
                srp_b_hex=effect.srp_b,
                secret_block_b64=effect.secret_block,
                timestamp=timestamp,
                arithmetic=self._arithmetic,
            )
        )

    def _device_secrets(self, device: NewDevice) -> DeviceSecretsMade:
        password = Secret(base64.b64encode(self._entropy.random_bytes(_DEVICE_PASSWORD_BYTES)).decode())
        salt = self._entropy.random_bytes(_DEVICE_SALT_BYTES)
        upload = _bare(
            lambda: srp.device_upload(
                group_key=device.group_key,
                key=device.key,
                password=password,
                salt=salt,
                arithmetic=self._arithmetic,
            )
        )
        return DeviceSecretsMade(password, upload.verifier, upload.salt)


def _bare(compute: Callable[[], T]) -> T:
    """Compute, and let an error go without its frames: they hold numbers that are as good as the password."""
    try:
        return compute()
    except Exception as error:
        error.__traceback__ = None
        raise
