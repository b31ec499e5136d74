"""The server's half of SRP, for passwords and for devices."""

import base64
import re
from datetime import UTC, datetime
from functools import partial
from typing import Final

from authsteps.engine.messages import Carried, Secret
from authsteps.flows import srp

from ..errors import Cause, refusal
from ..state import Pool
from .rungs import Proof, ProofPrepared

__all__ = ["Proofs"]

_SECRET_BLOCK_BYTES: Final = 1284
"""As many as the service's. Source: recorded from the service (a traced sign-in of August 2023)."""
_WEEKDAYS: Final = frozenset({"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"})
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIMESTAMP: Final = re.compile(
    r"([A-Z][a-z]{2}) ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) UTC (\d{4})", re.ASCII
)


class Proofs:
    """Challenges with SRP, and checks what comes back.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def prepare(self, verifier: srp.Verifier, srp_a: Secret) -> ProofPrepared:
        """Return the server's half.

        Raises:
            ServiceError: ``SRP_A`` is no public key.
        """
        if not srp.is_public_key(srp_a):
            raise refusal(Cause.SRP_A_UNREADABLE)
        keys = srp.server_challenge(verifier, self._pool.entropy.random_bytes(32), self._pool.arithmetic)
        block = base64.b64encode(self._pool.entropy.random_bytes(_SECRET_BLOCK_BYTES)).decode()
        return ProofPrepared(
            private=Carried(keys.private.reveal()),
            public=Carried(keys.public.reveal()),
            salt=Carried(verifier.salt_hex),
            secret_block=Carried(block),
        )

    async def hold(self, proof: Proof, verifier: srp.Verifier, *, pool_name: str, user_id: str) -> bool:
        """Tell whether a proof is right. It takes milliseconds in a thread: look again at all that may have changed.

        Args:
            proof: The proof.
            verifier: What it is checked against.
            pool_name: The pool's name; for a device, its group key.
            user_id: The canonical name; for a device, its key.

        Raises:
            ServiceError: The timestamp cannot be read, or is too far off.
        """
        self._check_timestamp(proof.timestamp)
        check = partial(
            srp.check_signature,
            proof.signature,
            pool_name=pool_name,
            user_id=user_id,
            verifier=verifier,
            server_keys=srp.ServerKeys(proof.private, proof.public),
            srp_a_hex=proof.srp_a,
            secret_block_b64=proof.secret_block,
            timestamp=proof.timestamp,
            arithmetic=self._pool.arithmetic,
        )
        try:
            return await self._pool.in_thread(check)
        except srp.SrpParameterError:
            return False

    def _check_timestamp(self, text: str) -> None:
        found = _TIMESTAMP.fullmatch(text)
        if found is None or found[1] not in _WEEKDAYS or found[2] not in _MONTHS:
            raise refusal(Cause.TIMESTAMP_UNREADABLE)
        month = _MONTHS.index(found[2]) + 1
        day, hour, minute, second, year = (int(found[part]) for part in range(3, 8))
        try:
            instant = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            raise refusal(Cause.TIMESTAMP_UNREADABLE) from None
        if abs(instant - self._pool.now()) > self._pool.settings.timestamp_tolerance:
            raise refusal(Cause.WRONG_CREDENTIALS)
