"""What a whole SRP sign-in costs, beside its arithmetic alone.

The service signs in over a transport that answers at once, so what it takes beyond the arithmetic is its own: verbs,
driver, graph, protocol. The arithmetic beside it is run just as the service runs it: the key pair on the event loop,
the claim in a worker thread, behind a limiter as wide as the machine has cores.
"""

import importlib
import warnings
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import anyio
import anyio.to_thread
import attrs

from authsteps.adapters.cognito.srp_worker import arithmetic_threads
from authsteps.engine.messages import Secret
from authsteps.flows import srp
from benchmarks.measure import Batch, Timings, crowd, take_turns
from benchmarks.world import CONFIG, PASSWORD, USERNAME, Challenge, SeededEntropy, a_service

__all__ = ["INLINE", "PEER", "SERVICE", "THREADED", "compare", "compare_with_peer", "ways"]

SERVICE = "AuthService.sign_in"
THREADED = "its arithmetic, in a thread as there"
INLINE = "its arithmetic, on the event loop"
PEER = "pycognito's arithmetic"

Way = Callable[[], Awaitable[object]]

_NOW = datetime(2026, 1, 5, 3, 4, 9, tzinfo=UTC)
_pycognito: Any = importlib.import_module("pycognito.aws_srp")  # published without types


class Arithmetic:
    """The arithmetic of a sign-in and nothing else: a key pair, then the claim."""

    def __init__(self, challenge: Challenge) -> None:
        self._challenge = challenge
        self._arithmetic = srp.FastArithmetic()
        self._entropy = SeededEntropy(5)
        self._limiter = anyio.CapacityLimiter(arithmetic_threads())
        keys = self._key_pair()
        if not challenge.accepts(keys.public, self._claim(keys), srp.timestamp(_NOW)):
            raise AssertionError("this would measure arithmetic that is wrong")

    async def threaded(self) -> None:
        """The key pair here, the claim in a thread."""
        await anyio.to_thread.run_sync(self._claim, self._key_pair(), limiter=self._limiter)

    async def inline(self) -> None:
        """Both here."""
        self._claim(self._key_pair())

    def _key_pair(self) -> srp.KeyPair:
        return srp.key_pair(self._entropy.random_bytes(32), self._arithmetic)

    def _claim(self, keys: srp.KeyPair) -> Secret:
        return srp.password_claim(
            pool_name=CONFIG.pool_name,
            user_id=USERNAME,
            password=Secret(PASSWORD),
            key_pair=keys,
            salt_hex=Secret(self._challenge.verifier.salt_hex),
            srp_b_hex=self._challenge.keys.public,
            secret_block_b64=Secret(self._challenge.secret_block),
            timestamp=srp.timestamp(_NOW),
            arithmetic=self._arithmetic,
        )


@attrs.frozen
class Peer:
    """pycognito's arithmetic of a sign-in, without its requests."""

    challenge: Challenge

    async def inline(self) -> None:
        """Do it, on the event loop."""
        self.prove()

    def prove(self) -> tuple[Secret, Secret, str]:
        """Return A, the proof and its timestamp."""
        attempt = _pycognito.AWSSRP(USERNAME, PASSWORD, CONFIG.user_pool_id, CONFIG.client_id, client=object())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # it calls datetime.utcnow()
            answer = attempt.process_challenge(self.challenge.parameters, {"USERNAME": USERNAME})
        srp_a, signature = attempt.get_auth_params()["SRP_A"], answer["PASSWORD_CLAIM_SIGNATURE"]
        return Secret(srp_a), Secret(signature), answer["TIMESTAMP"]

    @classmethod
    def checked(cls, challenge: Challenge) -> "Peer":
        """Return the peer, once it has proved that it counts as we do."""
        peer = cls(challenge)
        if not challenge.accepts(*peer.prove()):
            raise AssertionError("this would measure arithmetic that is wrong")
        return peer


def ways(challenge: Challenge) -> Mapping[str, Way]:
    """Return what does one sign-in, or one sign-in's arithmetic, by name. Call it on the loop that will run them."""
    service, arithmetic, peer = a_service(challenge), Arithmetic(challenge), Peer.checked(challenge)

    async def sign_in() -> None:
        result = await service.sign_in(USERNAME, PASSWORD)
        assert result.is_signed_in

    return {SERVICE: sign_in, THREADED: arithmetic.threaded, INLINE: arithmetic.inline, PEER: peer.inline}


async def compare(in_flight: int, count: int, rounds: int) -> Timings:
    """Measure ours in turn, ``count`` sign-ins a round, ``in_flight`` at once."""
    ours = {name: one for name, one in ways(Challenge.make()).items() if name != PEER}
    return await take_turns({name: _batch(one, in_flight, count) for name, one in ours.items()}, rounds)


async def compare_with_peer(rounds: int) -> Timings:
    """Measure all in turn, one sign-in a round."""
    return await take_turns({name: Batch(one) for name, one in ways(Challenge.make()).items()}, rounds)


def _batch(one: Way, in_flight: int, count: int) -> Batch:
    return Batch(lambda: crowd(one, in_flight=in_flight, count=count), count)
