"""Amazon Cognito: its protocol, a backend that performs the flows' effects over it, and the transports beneath.

``CognitoBackend.connect(...)`` talks to a real pool. ``CognitoBackend(transport, config)`` talks to whatever stands
behind the transport: ``authsteps.adapters.fake.FakeUserPool``, or a ``ScriptedTransport`` in a test.
"""

from .backend import CognitoBackend
from .protocol import CognitoConfig
from .scripted import Call, Reply, ScriptedTransport
from .transport import Json, NoReplyError, ServiceError, Transport

__all__ = [
    "Call",
    "CognitoBackend",
    "CognitoConfig",
    "Json",
    "NoReplyError",
    "Reply",
    "ScriptedTransport",
    "ServiceError",
    "Transport",
]
