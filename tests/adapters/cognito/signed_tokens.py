"""Tokens of a pool as Cognito makes them, whatever of them is changed, and a source of keys that a script leads."""

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import anyio
from joserfc import jws
from joserfc.jwk import RSAKey

from authsteps.adapters.cognito import Json, TokenVerifier
from authsteps.adapters.fake.tokens import SigningKey
from tests.adapters.fake.world import load_signing_keys
from tests.conftest import VirtualClock

POOL_ID = "eu-west-1_EXAMPLE12"
ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}"
CLIENT_ID = "1example23456789abcdefghij"
OTHER_CLIENT_ID = "2example23456789abcdefghij"
SUB = "11111111-2222-3333-4444-555555555555"
KEYS = load_signing_keys()
PUBLISHED: Mapping[str, Json] = json.loads(json.dumps(KEYS.public_jwks()))

NOW = int(VirtualClock().now().timestamp())
HOUR = 3600
LEEWAY = 10

SHARED: dict[str, Any] = {
    "sub": SUB,
    "iss": ISSUER,
    "cognito:groups": ["admins", "staff"],
    "event_id": "eeeeeeee-2222-3333-4444-555555555555",
    "origin_jti": "0a0a0a0a-2222-3333-4444-555555555555",
    "jti": "0b0b0b0b-2222-3333-4444-555555555555",
    "auth_time": NOW - HOUR,
    "iat": NOW - 60,
    "exp": NOW + HOUR,
}
ACCESS: dict[str, Any] = {
    **SHARED,
    "token_use": "access",
    "client_id": CLIENT_ID,
    "username": "alice",
    "scope": "aws.cognito.signin.user.admin orders/read",
}
ID: dict[str, Any] = {
    **SHARED,
    "token_use": "id",
    "aud": CLIENT_ID,
    "cognito:username": "alice",
    "email": "alice@example.com",
    "email_verified": True,
}


def made(
    claims: Mapping[str, Any] | bytes = ACCESS,
    key: SigningKey | None = None,
    *,
    without: Sequence[str] = (),
    header: Mapping[str, Any] | None = None,
    **instead: Any,
) -> str:
    """A token with these claims and this header, signed with the key of its kind."""
    payload = claims
    if not isinstance(claims, bytes):
        payload = json.dumps({name: it for name, it in {**claims, **instead}.items() if name not in without}).encode()
    assert isinstance(payload, bytes)
    by_kind = KEYS.id_token if not isinstance(claims, bytes) and claims.get("token_use") == "id" else KEYS.access_token
    key = key or by_kind
    return signed(key.header if header is None else {**key.header, **header}, payload, key.pair)


def signed(header: Mapping[str, Any], payload: bytes, pair: RSAKey) -> str:
    """A token that is signed with RS256 whatever its header says."""
    start = f"{b64(json.dumps(header).encode())}.{b64(payload)}"
    signature = jws.JWSRegistry.algorithms["RS256"].sign(start.encode(), pair)
    return f"{start}.{b64(signature)}"


def b64(data: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class ScriptedKeys:
    """A source that plays one answer after the other, the last for ever, and counts how often it is asked.

    A test that wants to see somebody wait has it ``hold`` its answers back.
    """

    def __init__(self, *answers: Mapping[str, Any] | Exception) -> None:
        self._answers = list(answers)
        self._gate: anyio.Event | None = None
        self.asked = 0
        self.answered = 0

    def hold(self) -> anyio.Event:
        """Answer nobody before the event comes about."""
        self._gate = anyio.Event()
        return self._gate

    async def __call__(self) -> Mapping[str, Json]:
        self.asked += 1
        if self._gate is not None:
            await self._gate.wait()
        self.answered += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def verifier(clock: VirtualClock, keys: ScriptedKeys | None = None, **options: Any) -> TokenVerifier:
    """A verifier of the pool on a clock that tests move."""
    options = {"leeway": timedelta(seconds=LEEWAY), **options}
    return TokenVerifier(POOL_ID, CLIENT_ID, keys=keys or ScriptedKeys(PUBLISHED), clock=clock, **options)
