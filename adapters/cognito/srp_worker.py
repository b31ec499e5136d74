"""Performs the arithmetic of SRP: claims in worker threads, key pairs on the event loop as soon as that is quick.

With the fast profile a key pair takes a tenth of a millisecond, once the table of powers stands. A claim takes more
than one, so it goes to a thread, where the arithmetic lets other threads run; a limiter of its own serves first
who came first. It leaves the event loop one core: as many threads as cores make whatever else runs on the loop wait for
the scheduler. anyio's default limiter is wider still and would make everybody late.
"""

import os
from collections.abc import Callable, Collection
from typing import TypeVar

import anyio
import anyio.to_thread

from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.flows import srp
from authsteps.flows.effects import ComputeClaim, MakeKeyPair
from authsteps.flows.events import ClaimComputed, ClaimRefused, KeyPairMade

__all__ = ["SrpWorker", "arithmetic_threads", "cores"]

T = TypeVar("T")

_PRIVATE_KEY_BYTES = 32
"""256 bits match the strength of the 3072-bit group. Source: RFC 5054, 2.5.4; Amplify Swift uses the same."""


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def arithmetic_threads() -> int:
    """Return how many threads may do arithmetic at once: all cores but the event loop's, and at least one."""
    return max(1, cores() - 1)


class SrpWorker:
    """Performs ``MakeKeyPair`` and ``ComputeClaim``.

    Args:
        pool_name: The part of the pool's id after the underscore; a claim is made for it.
        clock: Gives the instant that a claim is bound to.
        entropy: Gives private keys.
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
        return (MakeKeyPair, ComputeClaim)

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

    async def perform(self, effect: Effect) -> Event:
        """Perform either of the two."""
        if isinstance(effect, ComputeClaim):
            return await self.compute_claim(effect)
        return await self.make_key_pair()

    def _key_pair(self) -> srp.KeyPair:
        return _bare(lambda: srp.key_pair(self._entropy.random_bytes(_PRIVATE_KEY_BYTES), self._arithmetic))

    def _claim(self, effect: ComputeClaim, timestamp: str) -> Secret:
        return _bare(
            lambda: srp.password_claim(
                pool_name=self._pool_name,
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


def _bare(compute: Callable[[], T]) -> T:
    """Compute, and let an error go without its frames: they hold numbers that are as good as the password."""
    try:
        return compute()
    except Exception as error:
        error.__traceback__ = None
        raise
