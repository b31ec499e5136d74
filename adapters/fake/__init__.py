"""A faithful Cognito user pool in this process, for tests, demos and benchmarks.

``FakeUserPool`` is a ``Transport``; ``pool.backend()`` gives a backend that talks to it through the very code that
talks to AWS. Messages go to ``pool.outbox``.
"""

from .directory import Client, ExistenceErrors, ExplicitAuthFlow, MfaFactor, User, UserStatus
from .ladder import ladder as sign_in_ladder
from .outbox import Medium, Message, Outbox, Purpose
from .passwords import PasswordPolicy
from .pool import FakeUserPool
from .tokens import SigningKeys

__all__ = [
    "Client",
    "ExistenceErrors",
    "ExplicitAuthFlow",
    "FakeUserPool",
    "Medium",
    "Message",
    "MfaFactor",
    "Outbox",
    "PasswordPolicy",
    "Purpose",
    "SigningKeys",
    "User",
    "UserStatus",
    "sign_in_ladder",
]
