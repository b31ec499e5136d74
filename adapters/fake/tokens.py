"""The tokens that a pool issues, and the keys that sign them.

A pool has two RSA keys: one signs ID tokens, the other access tokens. Both public halves stand in its published key
set, so any verifier of Cognito tokens can check them. Refresh tokens are opaque.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import attrs
import msgspec
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Entropy

from .errors import Cause, refusal

__all__ = [
    "FLAGS",
    "NO_GROUPS",
    "SELF_SERVICE_SCOPE",
    "AccessClaims",
    "IssuedTokens",
    "Membership",
    "NewDevice",
    "Origin",
    "SigningKey",
    "SigningKeys",
    "TokenChange",
    "TokenIssuer",
    "attribute_claim",
    "make_refresh_token",
    "token_digest",
]

SELF_SERVICE_SCOPE: Final = "aws.cognito.signin.user.admin"
"""The scope of every token from an API sign-in: it opens the operations on one's own account."""

_ALGORITHM: Final = "RS256"
_ACCESS: Final = "access"
_KEY_BITS: Final = 2048

FLAGS: Final = frozenset({"email_verified", "phone_number_verified"})
"""The attributes that are true or false in an ID token."""
TokenChange: TypeAlias = Callable[[Mapping[str, Json]], Mapping[str, Json]]
"""What becomes of a token's claims before it is signed."""

_REFRESH_HEADER: Final = b'{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}'
_REFRESH_PART_BYTES: Final = (256, 12, 512, 16)


@attrs.frozen(eq=False)
class SigningKey:
    """One RSA key pair of a pool.

    Attributes:
        pair: Both halves.
        kid: Names the pair in token headers and in the key set: the key's SHA-256 thumbprint (RFC 7638) in
            standard base64, 44 characters.
    """

    pair: RSAKey = attrs.field(repr=False)
    kid: str

    @classmethod
    def of(cls, pair: RSAKey) -> "SigningKey":
        """Return the pair with its name."""
        thumbprint = base64.urlsafe_b64decode(pair.thumbprint() + "=")
        return cls(pair, base64.b64encode(thumbprint).decode("ascii"))

    @property
    def header(self) -> dict[str, str]:
        """The whole header of a token that this key signs."""
        return {"kid": self.kid, "alg": _ALGORITHM}

    def public_jwk(self) -> dict[str, str]:
        """Return the public half as an entry of a key set."""
        public = self.pair.as_dict(private=False)
        return {
            "alg": _ALGORITHM,
            "e": str(public["e"]),
            "kid": self.kid,
            "kty": "RSA",
            "n": str(public["n"]),
            "use": "sig",
        }


@attrs.frozen(eq=False)
class SigningKeys:
    """The two key pairs of a pool.

    Source: Cognito developer guide, 'Verifying JSON web tokens': ID and access tokens are signed by different keys.

    Attributes:
        id_token: Signs ID tokens.
        access_token: Signs access tokens.
    """

    id_token: SigningKey
    access_token: SigningKey

    @classmethod
    def generate(cls) -> "SigningKeys":
        """Return two new pairs of 2048 bits.

        It takes a tenth of a second or two and holds no lock of the interpreter, so run it in a worker thread. The
        randomness is the operating system's: key generation takes no other.
        """
        return cls(SigningKey.of(RSAKey.generate_key(_KEY_BITS)), SigningKey.of(RSAKey.generate_key(_KEY_BITS)))

    @classmethod
    def from_pem(cls, id_token: Secret, access_token: Secret) -> "SigningKeys":
        """Return the pairs that stand in two PEM texts, unencrypted.

        Raises:
            ValueError: A text holds no RSA private key.
        """
        return cls(SigningKey.of(_private_key(id_token)), SigningKey.of(_private_key(access_token)))

    def public_jwks(self) -> dict[str, list[dict[str, str]]]:
        """Return the key set that the pool publishes at ``/.well-known/jwks.json``."""
        return {"keys": [self.id_token.public_jwk(), self.access_token.public_jwk()]}


@attrs.frozen
class Origin:
    """The sign-in that a family of tokens descends from. Refreshed tokens keep it.

    Attributes:
        sub: The user's id.
        username: The user's canonical name.
        client_id: The client that the user signed in with.
        auth_time: When.
        event_id: The id of the sign-in as an event.
        origin_jti: The id of the family, by which all its tokens are revoked at once.
        revocable: Whether the client has token revocation on. Only then do tokens show ``origin_jti``.
    """

    sub: str
    username: str
    client_id: str
    auth_time: datetime
    event_id: str
    origin_jti: str
    revocable: bool = True


@attrs.frozen
class NewDevice:
    """A device that is tracked from a sign-in on.

    Attributes:
        key: Its name.
        group_key: What stands for the pool's name in its SRP.
    """

    key: str
    group_key: str


@attrs.frozen
class IssuedTokens:
    """What a sign-in or a refresh gives.

    Attributes:
        access: The access token.
        identity: The ID token.
        lifetime: How long the access token is good for.
        refresh: The refresh token; a refresh gives none unless refresh tokens are rotated.
        new_device: The device that was not known before, if devices are tracked.
    """

    access: Secret
    identity: Secret
    lifetime: timedelta
    refresh: Secret | None = None
    new_device: NewDevice | None = None

    def members(self) -> dict[str, Json]:
        """Return them as AuthenticationResult, in wire form."""
        result: dict[str, Json] = {
            "AccessToken": self.access.reveal(),
            "IdToken": self.identity.reveal(),
            "ExpiresIn": int(self.lifetime.total_seconds()),
            "TokenType": "Bearer",
        }
        if self.refresh is not None:
            result["RefreshToken"] = self.refresh.reveal()
        if self.new_device is not None:
            device = self.new_device
            result["NewDeviceMetadata"] = {"DeviceKey": device.key, "DeviceGroupKey": device.group_key}
        return result


@attrs.frozen
class Membership:
    """What tokens say of a user's groups.

    Attributes:
        groups: Their names.
        roles: The roles that they give.
        preferred_role: The one that comes first, if one does.
    """

    groups: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    preferred_role: str | None = None


NO_GROUPS: Final = Membership()
"""Of a user in no group."""


@attrs.frozen
class AccessClaims:
    """What an access token says, under the names that the token uses. Instants are epoch seconds."""

    sub: str
    iss: str
    client_id: str
    event_id: str
    token_use: str
    scope: str
    auth_time: int
    exp: int
    iat: int
    jti: str
    username: str
    origin_jti: str | None = None


@attrs.frozen(eq=False)
class TokenIssuer:
    """Signs a pool's tokens and reads its own access tokens back.

    Signing takes about a millisecond of processor time, outside the interpreter's lock.

    Source: Cognito developer guide, 'Understanding the identity (ID) token' and 'Understanding the access token'.

    Attributes:
        issuer: The pool's URL, as verifiers expect it in ``iss``.
        keys: What it signs with.
    """

    issuer: str
    keys: SigningKeys

    def id_token(
        self,
        origin: Origin,
        attributes: Mapping[str, str],
        *,
        jti: str,
        issued_at: datetime,
        lifetime: timedelta,
        membership: Membership = NO_GROUPS,
        change: TokenChange = dict,
    ) -> Secret:
        """Return a signed ID token.

        Args:
            origin: The sign-in.
            attributes: The user's attributes that the client may read, as on the wire.
            jti: This token's own id.
            issued_at: Whole seconds count.
            lifetime: From there to expiry.
            membership: The user's groups.
            change: What becomes of the claims; nothing if nothing is said.
        """
        claims: dict[str, Json] = {
            **_attribute_claims(attributes),
            **self._shared_claims(origin, jti, issued_at, lifetime, membership),
            "aud": origin.client_id,
            "token_use": "id",
            "cognito:username": origin.username,
        }
        if membership.roles:
            claims["cognito:roles"] = membership.roles
        if membership.preferred_role is not None:
            claims["cognito:preferred_role"] = membership.preferred_role
        return _signed(change(claims), self.keys.id_token)

    def access_token(
        self,
        origin: Origin,
        *,
        jti: str,
        issued_at: datetime,
        lifetime: timedelta,
        membership: Membership = NO_GROUPS,
        scope: str = SELF_SERVICE_SCOPE,
        device_key: str | None = None,
        change: TokenChange = dict,
    ) -> Secret:
        """Return a signed access token.

        The arguments are those of ``id_token``, the scopes that it opens, and the tracked device that took part.
        """
        claims: dict[str, Json] = {
            **self._shared_claims(origin, jti, issued_at, lifetime, membership),
            "client_id": origin.client_id,
            "token_use": _ACCESS,
            "scope": scope,
            "username": origin.username,
        }
        if device_key is not None:
            claims["device_key"] = device_key
        return _signed(change(claims), self.keys.access_token)

    def verify_access_token(self, token: Secret, now: datetime) -> AccessClaims:
        """Return what ``token`` says if it is an access token of this pool and has not expired at ``now``.

        Whether it was revoked, and what its scopes open, is for the caller to check.

        Raises:
            ServiceError: ``NotAuthorizedException``: the token is no access token of this pool, or it has expired.
        """
        claims = self._read(token)
        if claims is None or claims.iss != self.issuer or claims.token_use != _ACCESS:
            raise refusal(Cause.ACCESS_TOKEN_INVALID)
        if now.timestamp() >= claims.exp:
            raise refusal(Cause.ACCESS_TOKEN_EXPIRED)
        return claims

    def _read(self, token: Secret) -> AccessClaims | None:
        key = self.keys.access_token
        try:
            read = jwt.decode(token.reveal(), key.pair, algorithms=[_ALGORITHM])
            return msgspec.convert(read.claims, AccessClaims) if read.header == key.header else None
        except (JoseError, ValueError):
            return None

    def _shared_claims(
        self,
        origin: Origin,
        jti: str,
        issued_at: datetime,
        lifetime: timedelta,
        membership: Membership,
    ) -> dict[str, Json]:
        iat = int(issued_at.timestamp())
        claims: dict[str, Json] = {
            "sub": origin.sub,
            "iss": self.issuer,
            "event_id": origin.event_id,
            "auth_time": int(origin.auth_time.timestamp()),
            "iat": iat,
            "exp": iat + int(lifetime.total_seconds()),
            "jti": jti,
        }
        if origin.revocable:
            claims["origin_jti"] = origin.origin_jti
        if membership.groups:
            claims["cognito:groups"] = membership.groups
        return claims


def make_refresh_token(entropy: Entropy) -> Secret:
    """Return a new refresh token.

    It looks like an encrypted token in five parts, as the service's do, so clients that glance at it are content; but
    there is nothing inside. The pool knows it by its digest.

    Source: the header is recorded from the service (a traced sign-in of August 2023).
    """
    parts = (_REFRESH_HEADER, *(entropy.random_bytes(count) for count in _REFRESH_PART_BYTES))
    return Secret(".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode("ascii") for part in parts))


def token_digest(token: Secret) -> str:
    """Return what a pool keeps of a refresh token: its SHA-256 in hex. Looking it up tells nothing by its time."""
    return hashlib.sha256(token.reveal().encode("utf-8", "surrogatepass")).hexdigest()


def _private_key(pem: Secret) -> RSAKey:
    try:
        key = RSAKey.import_key(pem.reveal())
    except (JoseError, ValueError):
        key = None
    if key is None or not key.is_private:
        raise ValueError("this is not the PEM text of an RSA private key")
    return key


def _signed(claims: Mapping[str, Json], key: SigningKey) -> Secret:
    return Secret(jwt.encode(key.header, dict(claims), key.pair, algorithms=[_ALGORITHM], default_type=None))


def _attribute_claims(attributes: Mapping[str, str]) -> dict[str, Json]:
    return {name: attribute_claim(name, value) for name, value in attributes.items()}


def attribute_claim(name: str, value: str) -> Json:
    """Return what an attribute is as a claim of an ID token."""
    if name in FLAGS:
        return value == "true"
    if name == "address":
        return {"formatted": value}
    if name == "updated_at" and value.isdecimal():
        return int(value)
    return value
