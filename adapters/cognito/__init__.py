"""Amazon Cognito: its protocol, a backend that performs the flows' effects over it, and the transports beneath.

``CognitoBackend.connect(...)`` talks to a real pool. ``CognitoBackend(transport, config)`` talks to whatever stands
behind the transport: ``authsteps.adapters.fake.FakeUserPool``, or a ``ScriptedTransport`` in a test.
``CognitoIdentityPool`` does the same for an identity pool.
"""

from .backend import CognitoBackend
from .config import CognitoConfig
from .connection import Connections
from .identity_pool import CognitoIdentityPool
from .retries import Retries
from .scripted import Call, Reply, ScriptedTransport
from .transport import Json, NoReplyError, ServiceError, Transport

__all__ = [
    "Call",
    "CognitoBackend",
    "CognitoConfig",
    "CognitoIdentityPool",
    "Connections",
    "Json",
    "NoReplyError",
    "Reply",
    "Retries",
    "ScriptedTransport",
    "ServiceError",
    "Transport",
]
