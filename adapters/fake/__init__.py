"""A faithful Cognito user pool in this process, for tests, demos and benchmarks.

``FakeUserPool`` is a ``Transport``; ``pool.backend()`` gives a backend that talks to it through the very code that
talks to AWS. Messages go to ``pool.outbox``.
"""

from .attributes import Attribute, AttributeType
from .custom_auth import (
    ChallengeEntry,
    CreateAnswer,
    CreateRequest,
    CustomAuthTriggers,
    DefineAnswer,
    DefineRequest,
    VerifyRequest,
)
from .directory import (
    Attributes,
    Client,
    Device,
    ExistenceErrors,
    ExplicitAuthFlow,
    FirstFactor,
    Group,
    MfaFactor,
    Passkey,
    User,
    UserStatus,
)
from .ladder import ladder as sign_in_ladder
from .outbox import Medium, Message, Outbox, Purpose
from .passwords import PasswordPolicy
from .pool import FakeUserPool
from .settings import (
    DeviceConfiguration,
    MfaConfiguration,
    PasskeyUse,
    RecoveryChannel,
    Settings,
    UserVerification,
    WebAuthnConfiguration,
)
from .tokens import SigningKeys

__all__ = [
    "Attribute",
    "AttributeType",
    "Attributes",
    "ChallengeEntry",
    "Client",
    "CreateAnswer",
    "CreateRequest",
    "CustomAuthTriggers",
    "DefineAnswer",
    "DefineRequest",
    "Device",
    "DeviceConfiguration",
    "ExistenceErrors",
    "ExplicitAuthFlow",
    "FakeUserPool",
    "FirstFactor",
    "Group",
    "Medium",
    "Message",
    "MfaConfiguration",
    "MfaFactor",
    "Outbox",
    "Passkey",
    "PasskeyUse",
    "PasswordPolicy",
    "Purpose",
    "RecoveryChannel",
    "Settings",
    "SigningKeys",
    "User",
    "UserStatus",
    "UserVerification",
    "VerifyRequest",
    "WebAuthnConfiguration",
    "sign_in_ladder",
]
