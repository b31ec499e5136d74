"""What a token of Cognito's says, with types. Pure; no signature is judged here."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import attrs
import msgspec

from authsteps.flows.model import Json

from .token_errors import MalformedTokenError, TokenRefusedError, TokenUseError
from .wire import instant

__all__ = ["TokenClaims", "TokenUse", "read_claims"]

TokenUse: TypeAlias = Literal["access", "id"]
"""The two kinds of token that can be verified: one opens an API, the other tells an app who has signed in."""


@attrs.frozen
class TokenClaims:
    """What a token says.

    Source: Cognito developer guide, 'Understanding the identity (ID) token' and 'Understanding the access token'.

    Attributes:
        sub: The user's id. In the token of a program (client credentials) the app client's.
        username: The user's name; ``None`` in the token of a program.
        client_id: The app client that the token was issued to: ``client_id`` of an access token, ``aud`` of an ID
            token.
        token_use: Which of the two it is.
        scopes: What an access token opens.
        groups: The user's groups.
        issuer: The pool, as a URL.
        issued_at: When the token was made.
        expires_at: From when on it is not accepted.
        auth_time: When the user signed in. A refresh does not change it.
        not_before: Before when it is not accepted, if it says so.
        jti: The token's own id, if it has one.
        others: All other claims, under their own names: attributes of the user, and what triggers put in.
    """

    sub: str
    username: str | None
    client_id: str
    token_use: TokenUse
    scopes: frozenset[str]
    groups: tuple[str, ...]
    issuer: str
    issued_at: datetime
    expires_at: datetime
    auth_time: datetime
    not_before: datetime | None
    jti: str | None
    others: Mapping[str, Json] = attrs.field(repr=False)


class _Payload(
    msgspec.Struct,
    frozen=True,
    rename={"cognito_username": "cognito:username", "cognito_groups": "cognito:groups"},
):
    """The claims that are understood, in wire form."""

    sub: str
    iss: str
    token_use: str
    iat: float
    exp: float
    auth_time: float
    nbf: float | None = None
    aud: Any = None  # in an access token it is whatever the pool's trigger made of it
    client_id: str | None = None
    username: str | None = None
    cognito_username: str | None = None
    cognito_groups: tuple[str, ...] = ()
    scope: str = ""
    jti: str | None = None


_UNDERSTOOD = frozenset(field.encode_name for field in msgspec.structs.fields(_Payload))


def read_claims(payload: bytes) -> TokenClaims | TokenRefusedError:
    """Return what a token says, or why that is nothing that Cognito says.

    The error is returned, to be raised where the payload is not at hand: a traceback may show what is.
    """
    members: dict[str, Json] | None = None
    with suppress(ValueError, RecursionError):  # not JSON, not UTF-8, no object; nested without end
        members = msgspec.json.decode(payload, type=dict[str, Any])
    if members is None:
        return MalformedTokenError("the token holds no JSON object")
    try:
        said = msgspec.convert(members, _Payload)
    except msgspec.ValidationError as error:  # it names claims and types, and quotes nothing
        return MalformedTokenError(f"the claims are not those of a token of Cognito's ({error})")
    issued_at, expires_at, auth_time = instant(said.iat), instant(said.exp), instant(said.auth_time)
    not_before = instant(said.nbf)
    if issued_at is None or expires_at is None or auth_time is None or (said.nbf is not None and not_before is None):
        return MalformedTokenError("the times in the token make no sense")
    use: TokenUse
    match said.token_use:
        case "access":
            use, client_id, username = "access", said.client_id, said.username
        case "id":
            use, client_id, username = "id", said.aud, said.cognito_username
        case _:
            return TokenUseError("the token is neither an access token nor an ID token")
    if not isinstance(client_id, str):
        return MalformedTokenError("the token does not say to which app client it was issued")
    return TokenClaims(
        sub=said.sub,
        username=username,
        client_id=client_id,
        token_use=use,
        scopes=frozenset(said.scope.split()),
        groups=said.cognito_groups,
        issuer=said.iss,
        issued_at=issued_at,
        expires_at=expires_at,
        auth_time=auth_time,
        not_before=not_before,
        jti=said.jti,
        others=MappingProxyType({name: value for name, value in members.items() if name not in _UNDERSTOOD}),
    )
