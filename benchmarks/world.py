"""The other side of a sign-in, canned: a transport that answers at once and does no arithmetic of its own.

Everything is made from fixed seeds, so two runs measure the same numbers.
"""

import base64
import json
import random
from collections.abc import Mapping
from functools import cache

import attrs

from authsteps.adapters.cognito import CognitoBackend, CognitoConfig
from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import SigningKeys
from authsteps.engine.messages import Secret
from authsteps.flows import AuthService, srp

__all__ = [
    "BACKEND_SESSION_LENGTH",
    "CONFIG",
    "PASSWORD",
    "TOKENS",
    "USERNAME",
    "CannedPool",
    "Challenge",
    "SeededEntropy",
    "a_service",
    "signing_keys",
]

CONFIG = CognitoConfig("eu-west-1_Bench0001", "1h57kf5cpq17m0eml12EXAMPLE")
USERNAME = "2b6c9d1e-4f80-4a35-9c17-d05e8f6a7b24"
"""Cognito's own name for somebody: a UUID, 36 characters."""
PASSWORD = "Passw0rd!"

BACKEND_SESSION_LENGTH = 934
"""Characters of a ``Session`` as Cognito gives it. The service model allows 20 to 2048."""

_SECRET_BLOCK_BYTES = 1284
"""They make 1712 characters of base64, as many as Cognito's ``SECRET_BLOCK`` has."""


class SeededEntropy:
    """Bytes that are different at every call and the same in every run. Not for use outside benchmarks."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311  # a benchmark must be able to repeat itself

    def random_bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        return self._random.randbytes(count)


@attrs.frozen
class Challenge:
    """A PASSWORD_VERIFIER challenge, made once with the server's half of SRP, and given to everybody.

    Attributes:
        verifier: What the server keeps of the password.
        keys: The server's key pair.
        secret_block: As long as Cognito's.
    """

    verifier: srp.Verifier
    keys: srp.ServerKeys
    secret_block: str

    @classmethod
    def make(cls) -> "Challenge":
        """Make the challenge for ``USERNAME`` and ``PASSWORD``."""
        entropy, arithmetic = SeededEntropy(1), srp.FastArithmetic()
        verifier = srp.verifier(
            pool_name=CONFIG.pool_name,
            user_id=USERNAME,
            password=Secret(PASSWORD),
            salt=entropy.random_bytes(16),
            arithmetic=arithmetic,
        )
        keys = srp.server_challenge(verifier, entropy.random_bytes(32), arithmetic)
        return cls(verifier, keys, base64.b64encode(entropy.random_bytes(_SECRET_BLOCK_BYTES)).decode())

    @property
    def parameters(self) -> dict[str, str]:
        """The ``ChallengeParameters``."""
        return {
            "SALT": self.verifier.salt_hex,
            "SRP_B": self.keys.public.reveal(),
            "SECRET_BLOCK": self.secret_block,
            "USERNAME": USERNAME,
            "USER_ID_FOR_SRP": USERNAME,
        }

    def accepts(self, srp_a: Secret, signature: Secret, timestamp: str) -> bool:
        """Tell whether a proof is right, so that nobody measures arithmetic that is wrong."""
        return srp.check_signature(
            signature,
            pool_name=CONFIG.pool_name,
            user_id=USERNAME,
            verifier=self.verifier,
            server_keys=self.keys,
            srp_a_hex=srp_a,
            secret_block_b64=Secret(self.secret_block),
            timestamp=timestamp,
            arithmetic=srp.FastArithmetic(),
        )


def _token(seed: int, **claims: Json) -> str:
    """A token of Cognito's length with Cognito's claims, whose signature is noise."""
    common: dict[str, Json] = {
        "sub": USERNAME,
        "iss": f"https://cognito-idp.{CONFIG.region}.amazonaws.com/{CONFIG.user_pool_id}",
        "origin_jti": "7c1f0e52-93b4-4d6a-8e0b-5a2d4c6f8e10",
        "event_id": "e3a9b0c7-12d4-4f5e-96a8-b7c0d1e2f304",
        "auth_time": 1_790_000_000,
        "exp": 1_790_003_600,
        "iat": 1_790_000_000,
        "jti": "5d8e2f7a-0b1c-4d3e-a4f5-6c7b8d9e0f12",
    }
    header = {"kid": base64.b64encode(SeededEntropy(seed).random_bytes(32)).decode(), "alg": "RS256"}
    parts = (json.dumps(header).encode(), json.dumps(common | claims).encode(), SeededEntropy(seed).random_bytes(256))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


TOKENS: Mapping[str, Json] = {
    "AuthenticationResult": {
        "AccessToken": _token(
            2, client_id=CONFIG.client_id, token_use="access", scope="aws.cognito.signin.user.admin", username=USERNAME
        ),
        "IdToken": _token(
            3,
            aud=CONFIG.client_id,
            token_use="id",
            email="alice@example.com",
            email_verified=True,
            **{"cognito:username": USERNAME},
        ),
        "RefreshToken": base64.urlsafe_b64encode(SeededEntropy(4).random_bytes(1335)).decode(),
        "ExpiresIn": 3600,
        "TokenType": "Bearer",
    },
    "ChallengeParameters": {},
}
"""The reply that signs somebody in: about 4 kB, as Cognito's is."""


class CannedPool:
    """A transport: InitiateAuth gets PASSWORD_VERIFIER, and whatever answers it gets tokens. No proof is checked."""

    def __init__(self, challenge: Challenge) -> None:
        self._challenged: Mapping[str, Json] = {
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": challenge.parameters,
        }

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Answer at once."""
        del request
        return self._challenged if operation == "InitiateAuth" else TOKENS


def a_service(challenge: Challenge) -> AuthService:
    """Return a service on the canned pool."""
    entropy = SeededEntropy(5)
    return AuthService(CognitoBackend(CannedPool(challenge), CONFIG, entropy=entropy), entropy=entropy)


@cache
def signing_keys() -> SigningKeys:
    """What fake pools sign tokens with; making it takes a tenth of a second."""
    return SigningKeys.generate()
