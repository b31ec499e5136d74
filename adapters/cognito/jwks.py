"""Tells whether a token is one of a pool's, and what it says.

For a service that people bring their tokens to. It asks the pool for nothing but its public keys, and for them once in
hours; so a token that was revoked passes until it expires.

Source: Cognito developer guide, 'Verifying JSON web tokens'; RFC 7515; RFC 8725, 'JSON Web Token Best Current
Practices'.
"""

import base64
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, final
from urllib.parse import urlsplit

import attrs
import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jws import CompactSignature, JWSRegistry

from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock
from authsteps.engine.system import SystemClock
from authsteps.flows.errors import InvalidInputError
from authsteps.flows.model import Json

from .config import parts_of_pool_id
from .public_keys import ALGORITHM, KeySource, PublicKeys
from .token_claims import TokenClaims, TokenUse, read_claims
from .token_errors import (
    MalformedTokenError,
    TokenAlgorithmError,
    TokenClientError,
    TokenExpiredError,
    TokenIssuerError,
    TokenNotYetValidError,
    TokenRefusedError,
    TokenSignatureError,
    TokenUseError,
    UnknownKeyError,
)

__all__ = ["KeySource", "TokenClaims", "TokenUse", "TokenVerifier", "keys_at"]

_MAX_LENGTH: Final = 64 * 1024
"""In characters. A token is one or two thousand, with every attribute that a pool can have some tens of thousands."""

_FORM: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
"""Without a signature it is not signed, which is better said than that it is malformed."""

_LONGEST_LEEWAY: Final = timedelta(minutes=5)
"""As long as the shortest life of a token. Source: Cognito developer guide, 'Understanding the access token'."""

_REGISTRY: Final = JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)


@final
class TokenVerifier:
    """Verifies the tokens of one user pool. Make one and share it between all tasks: it keeps the pool's keys.

    Verifying takes a tenth of a millisecond, on the event loop.

    Args:
        user_pool_id: Such as ``eu-west-1_AbCdEf123``.
        client_ids: The app clients whose tokens are accepted: one, or several.
        issuer: What stands in ``iss``, if it is not what AWS puts there.
        keys: Where the pool's public keys come from. They are fetched from ``/.well-known/jwks.json`` of the issuer if
            nothing is said, on asyncio; ``keys_at`` names another address, and a fake pool's ``jwks`` gives them
            without one.
        leeway: How far the clocks of Cognito and of this machine may be apart, up to five minutes.
        max_key_age: After how long the keys are fetched again. So long is a key trusted that the pool has withdrawn,
            and longer only while the keys are out of reach. An hour is the usual life of a token.
        min_fetch_interval: How long after one fetch there is no other, whatever keys tokens name, and whether it went
            well. Ten seconds, as AWS's own verifier has it (aws-jwt-verify, ``SimplePenaltyBox``): so long is a person
            turned away at worst whose token is signed with a brand-new key, and six requests a minute hurt nobody.
        clock: Tells the time.

    Raises:
        InvalidInputError: The pool's id is none, no app client is named, or a duration is out of its range.
    """

    def __init__(
        self,
        user_pool_id: str,
        client_ids: str | Collection[str],
        *,
        issuer: str | None = None,
        keys: KeySource | None = None,
        leeway: timedelta = timedelta(seconds=10),
        max_key_age: timedelta = timedelta(hours=1),
        min_fetch_interval: timedelta = timedelta(seconds=10),
        clock: Clock | None = None,
    ) -> None:
        region, _ = parts_of_pool_id(user_pool_id)
        self._client_ids = frozenset({client_ids} if isinstance(client_ids, str) else client_ids)
        if not all(self._client_ids) or not self._client_ids:
            raise InvalidInputError("client_ids", "names no app client", "name one at least")
        if not timedelta() <= leeway <= _LONGEST_LEEWAY:
            raise InvalidInputError("leeway", "is out of its range", f"give nothing to {_LONGEST_LEEWAY}")
        for name, duration in (("max_key_age", max_key_age), ("min_fetch_interval", min_fetch_interval)):
            if duration <= timedelta():
                raise InvalidInputError(name, "is not longer than zero", "give a longer one")
        self._issuer = issuer or f"https://cognito-idp.{region}.amazonaws.com/{user_pool_id}"
        self._leeway = leeway
        self._clock: Clock = clock or SystemClock()
        self._keys = PublicKeys(
            keys or keys_at(f"{self._issuer.rstrip('/')}/.well-known/jwks.json"),
            self._clock,
            max_age=max_key_age,
            min_interval=min_fetch_interval,
        )

    async def verify(self, token: str | Secret, token_use: TokenUse = "access") -> TokenClaims:  # noqa: S107 -- a word
        """Return what a token says, if it is one of the pool's for one of the app clients, and good now.

        Args:
            token: The token, without ``Bearer``.
            token_use: Which kind is wanted: an access token opens an API, an ID token is for the app alone.

        Raises:
            TokenRefusedError: It is not; each rule has a class of its own. Treat whoever brought it as a stranger.
            BackendUnavailableError: The keys are needed and out of reach. That says nothing about the token.
            BackendContractError: The keys are needed, and what stands in their place is no key set.
            RuntimeError: The keys are needed, and are to come over HTTP without asyncio.
        """
        secret = Secret(token) if isinstance(token, str) else token
        del token  # some tracebacks show local variables
        parsed = _parse(secret)
        if isinstance(parsed, TokenRefusedError):
            raise parsed
        key = await self._keys.find(parsed.kid)
        if not jws.validate_compact(parsed.signed, key, registry=_REGISTRY):
            raise TokenSignatureError("the signature does not belong to the token")
        claims = read_claims(parsed.signed.payload or b"")
        if isinstance(claims, TokenRefusedError):
            raise claims
        self._check(claims, token_use, self._clock.now())
        return claims

    def _check(self, claims: TokenClaims, wanted: TokenUse, now: datetime) -> None:
        if claims.issuer != self._issuer:
            raise TokenIssuerError("the token is of another pool")
        if claims.token_use != wanted:
            raise TokenUseError(f"the token is of the other kind: {_KINDS[wanted]} is wanted")
        if claims.client_id not in self._client_ids:
            raise TokenClientError("the token was issued to another app client")
        if claims.expires_at <= now - self._leeway:
            raise TokenExpiredError(claims.expires_at)
        if max(claims.issued_at, claims.not_before or claims.issued_at) > now + self._leeway:
            raise TokenNotYetValidError("the token is of the future")


def keys_at(url: str) -> KeySource:
    """Return what fetches a key set over HTTP, on asyncio, for ``TokenVerifier(keys=...)``.

    Args:
        url: The address. Whoever can change what it answers can make tokens, so ``http`` is for this machine alone.

    Raises:
        InvalidInputError: This is no address of the web.
    """
    if not _is_web_address(url):
        raise InvalidInputError("the address of the keys", "is none", "give one that begins with https://")
    # Imported here, for it brings aiohttp along, which takes a while: now, and not when the first token waits.
    from .key_set import fetch_key_set  # noqa: PLC0415  # see above

    async def fetch() -> Mapping[str, Json]:
        return await fetch_key_set(url)

    return fetch


def _is_web_address(url: str) -> bool:
    with suppress(ValueError):
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    return False


_KINDS: Final[Mapping[TokenUse, str]] = {"access": "an access token", "id": "an ID token"}


@attrs.frozen(repr=False)
class _Parsed:
    """A token taken apart. It has no repr, since it holds the token."""

    kid: str
    signed: CompactSignature


def _parse(token: Secret) -> _Parsed | TokenRefusedError:
    """Take a token apart, or return why it is none. The error is raised where the token is not at hand."""
    text = token.reveal()
    if len(text) > _MAX_LENGTH:
        return MalformedTokenError(f"the token is longer than {_MAX_LENGTH} characters")
    if _FORM.fullmatch(text) is None:
        return MalformedTokenError("the token is not three parts in base64url; a refresh token cannot be verified")
    head, _, signature = text.split(".")
    header = _header(_decoded(head))
    if header is None:
        return MalformedTokenError("the token's header is no JSON object")
    if header.get("alg") != ALGORITHM:
        return TokenAlgorithmError(f"the token is not signed with {ALGORITHM}")
    if header.keys() & {"b64", "crit"}:
        return TokenAlgorithmError("the token's header demands what is not understood")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        return UnknownKeyError("the token does not say which key it is signed with")
    if _decoded(signature) is None:
        return TokenSignatureError("the signature is not written as one is")
    with suppress(JoseError, ValueError):
        _REGISTRY.check_header(header)
        return _Parsed(kid, jws.extract_compact(text.encode(), registry=_REGISTRY))
    return MalformedTokenError("the token's header or its size is not that of a token")


def _header(decoded: bytes | None) -> dict[str, Any] | None:
    with suppress(ValueError, RecursionError):  # not JSON, not UTF-8, no object; nested without end
        return msgspec.json.decode(decoded or b"", type=dict[str, Any])
    return None


def _decoded(part: str) -> bytes | None:
    """Return what a part of a token stands for, if it is written in the one way that there is to write that.

    The last character has bits to spare. Were they ignored, one signature could be written in several ways.
    """
    with suppress(ValueError):
        decoded = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        if base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() == part:
            return decoded
    return None
