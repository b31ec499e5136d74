"""Amazon Cognito: its protocol, a backend that performs the flows' effects over it, and the transports beneath.

``CognitoBackend.connect(...)`` talks to a real pool. ``CognitoBackend(transport, config)`` talks to whatever stands
behind the transport: ``authsteps.adapters.fake.FakeUserPool``, or a ``ScriptedTransport`` in a test.
``CognitoIdentityPool`` does the same for an identity pool. ``TokenVerifier`` is for a service that people bring their
tokens to.
"""

from .backend import CognitoBackend
from .config import CognitoConfig
from .connection import Connections
from .identity_pool import CognitoIdentityPool
from .jwks import TokenVerifier, keys_at
from .public_keys import KeySource
from .retries import Retries
from .scripted import Call, Reply, ScriptedTransport
from .token_claims import TokenClaims, TokenUse
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
    UnsuitableKeyError,
)
from .transport import Json, NoReplyError, ServiceError, Transport

__all__ = [
    "Call",
    "CognitoBackend",
    "CognitoConfig",
    "CognitoIdentityPool",
    "Connections",
    "Json",
    "KeySource",
    "MalformedTokenError",
    "NoReplyError",
    "Reply",
    "Retries",
    "ScriptedTransport",
    "ServiceError",
    "TokenAlgorithmError",
    "TokenClaims",
    "TokenClientError",
    "TokenExpiredError",
    "TokenIssuerError",
    "TokenNotYetValidError",
    "TokenRefusedError",
    "TokenSignatureError",
    "TokenUse",
    "TokenUseError",
    "TokenVerifier",
    "Transport",
    "UnknownKeyError",
    "UnsuitableKeyError",
    "keys_at",
]
