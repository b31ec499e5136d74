"""The public keys of a pool: where they come from, and how they are kept at hand while they change."""

import base64
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from functools import partial
from math import ceil
from typing import Any, Final, Protocol

import anyio
import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from joserfc.jwk import RSAKey

from authsteps.engine.ports import Clock
from authsteps.flows.errors import BackendContractError, BackendError, BackendUnavailableError
from authsteps.flows.model import Json

from .token_errors import UnknownKeyError, UnsuitableKeyError

__all__ = ["ALGORITHM", "KeySource", "PublicKeys"]

ALGORITHM: Final = "RS256"
"""The one that Cognito signs with. Source: Cognito developer guide, 'Verifying JSON web tokens'."""

_LEAST_BITS: Final = 2048
"""Source: RFC 7518 section 3.3."""

_STARTS: Final = 5
"""How many times in one interval the source may be asked if nobody stays for the answer."""


class KeySource(Protocol):
    """Gives the key set that a pool publishes, as it stands there: ``{"keys": [...]}``."""

    async def __call__(self) -> Mapping[str, Json]:
        """Return the key set. It is asked by one task at a time, and must let cancellation through.

        Raises:
            BackendUnavailableError: The keys are out of reach.
            BackendContractError: What was found is no key set.
        """
        ...


class PublicKeys:
    """Keeps a pool's keys at hand.

    They are asked for when a token names one that is not known, and again when they have become old. Those who wait for
    the answer share it: one of them asks, and if that one is cancelled the next one does. After an answer, or an error
    in its place, nobody asks for a while, so tokens that name made-up keys lead to no flood of requests; nor does it
    help to ask over and over without staying for the answer. What is known goes on being known while the source fails.

    Args:
        source: Where they come from.
        clock: Tells how old they are.
        max_age: How old they may become before they are asked for again. So long is a key trusted after the pool has
            withdrawn it.
        min_interval: How long nobody asks after an answer.
    """

    def __init__(self, source: KeySource, clock: Clock, *, max_age: timedelta, min_interval: timedelta) -> None:
        self._source = source
        self._clock = clock
        self._max_age = max_age.total_seconds()
        self._min_interval = min_interval.total_seconds()
        self._asking = anyio.Lock()
        self._keys: Mapping[str, RSAKey | None] = {}
        self._fresh_until: float | None = None
        self._failure: Callable[[], BackendError] | None = _interrupted
        self._starts_left = _STARTS
        self._interval_ends: float | None = None

    async def find(self, kid: str) -> RSAKey:
        """Return the key of this name.

        Raises:
            UnknownKeyError: The pool has none.
            UnsuitableKeyError: It has one that is not for signatures of tokens.
            BackendUnavailableError: None of this name is known, and the keys are out of reach.
            BackendContractError: None of this name is known, and what stands in place of the keys is no key set.
        """
        # Whoever has what is needed does not wait for another one, who asks for news.
        if kid not in self._keys or not (self._is_fresh() or self._asking.locked()):
            async with self._asking:
                if self._may_ask():  # not if somebody else just did
                    await self._ask()
        if kid not in self._keys:
            raise self._absence()
        key = self._keys[kid]
        if key is None:
            raise UnsuitableKeyError("the token is signed with a key of the pool's that is not for signing tokens")
        return key

    def _is_fresh(self) -> bool:
        return self._fresh_until is not None and self._clock.monotonic() < self._fresh_until

    def _may_ask(self) -> bool:
        now = self._clock.monotonic()
        if self._interval_ends is None or now >= self._interval_ends:
            self._interval_ends, self._starts_left = now + self._min_interval, _STARTS
        if not self._starts_left:
            return False
        self._starts_left -= 1
        return True

    async def _ask(self) -> None:
        """Ask once. Unless the caller is cancelled, that settles it for an interval, whatever comes of it."""
        self._failure = _interrupted  # and so it stays if the caller is cancelled
        try:
            keys = _read(await self._source())
        except BackendError as error:
            self._failure = _again(error)
        else:
            self._failure = None
            self._keys = keys
            self._fresh_until = self._clock.monotonic() + self._max_age
        self._starts_left = 0
        self._interval_ends = self._clock.monotonic() + self._min_interval

    def _absence(self) -> UnknownKeyError | BackendError:
        """Return why there is no such key: the pool has none, or nobody knows."""
        if self._failure is None:
            return UnknownKeyError("the token is signed with a key that is not the pool's")
        error = self._failure()
        if isinstance(error, BackendUnavailableError) and self._interval_ends is not None:
            left = timedelta(seconds=max(ceil(self._interval_ends - self._clock.monotonic()), 0))
            error.retry_after = max(error.retry_after or left, left)
        return error


def _interrupted() -> BackendError:
    return BackendUnavailableError("asking for the pool's keys was broken off", sent=False)


def _again(error: BackendError) -> Callable[[], BackendError]:
    """Return what makes this error anew for each who waited: an error that was raised holds on to whom it went through.

    What is neither of the two that a source may raise is raised as it is.
    """
    match error:
        case BackendUnavailableError():
            return partial(
                BackendUnavailableError,
                f"the pool's keys are out of reach: {error.reason}",
                sent=False,
                retry_after=error.retry_after,
            )
        case BackendContractError():
            return partial(BackendContractError, error.problem)
        case _:
            raise error


class _KeySet(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


def _read(key_set: Mapping[str, Json]) -> Mapping[str, RSAKey | None]:
    """Return the keys by name, and ``None`` for one that is not for signatures of tokens.

    Where two have one name the one that is counts: a set may hold the same key for several algorithms.

    Raises:
        BackendContractError: This is no key set, or there is no key for tokens in it.

    Source: RFC 7517, sections 4 and 5.
    """
    try:
        entries = msgspec.convert(key_set, _KeySet).keys
    except msgspec.ValidationError as error:  # it names members and types, and quotes nothing
        raise BackendContractError(f"what stands in place of the pool's keys is no key set ({error})") from None
    keys: dict[str, RSAKey | None] = {}
    for entry in entries:
        kid = entry.get("kid")
        if isinstance(kid, str):
            keys[kid] = keys.get(kid) or _verifying_key(entry)
    if not any(keys.values()):
        raise BackendContractError("there is no key for tokens in the pool's key set")
    return keys


def _verifying_key(entry: Mapping[str, Any]) -> RSAKey | None:
    """Return a key for RS256 signatures. A private one is none: whoever reads the set could sign."""
    modulus, exponent, operations = entry.get("n"), entry.get("e"), entry.get("key_ops", ["verify"])
    is_meant_for_it = (
        entry.get("kty") == "RSA"
        and entry.get("alg", ALGORITHM) == ALGORITHM
        and entry.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and "d" not in entry
    )
    if not is_meant_for_it or not isinstance(modulus, str) or not isinstance(exponent, str):
        return None
    with suppress(ValueError):  # no base64, or no numbers of a key
        size = RSAPublicNumbers(e=_number(exponent), n=_number(modulus)).public_key().key_size
        if size >= _LEAST_BITS:
            return RSAKey.import_key({"kty": "RSA", "n": modulus, "e": exponent})
    return None


def _number(text: str) -> int:
    return int.from_bytes(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
