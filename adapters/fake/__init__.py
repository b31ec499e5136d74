"""A faithful Cognito user pool in this process, for tests, demos and benchmarks.

``FakeUserPool`` is a ``Transport``; ``pool.backend()`` gives a backend that talks to it through the very code that
talks to AWS. Messages go to ``pool.outbox``. ``FakeCognito`` is a ``Transport`` too: it holds any number of pools, and
makes them as administrators ask it to.
"""

from .attributes import Attribute, AttributeType
from .data.errors import (
    DataFileError,
    DataFileInUseError,
    DataFileUnavailableError,
    ForeignDataFileError,
    NewerDataFileError,
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
from .outbox import Medium, Message, Outbox, Purpose
from .passwords import PasswordPolicy
from .pool import FakeUserPool
from .region.region import DEFAULT_REGION, FakeCognito
from .region.set_up import SAMPLE, SetUp, SetUpError, load_set_up
from .settings import (
    DeviceConfiguration,
    MfaConfiguration,
    PasskeyUse,
    RecoveryChannel,
    Settings,
    UserVerification,
    WebAuthnConfiguration,
)
from .sign_in.ladder import ladder as sign_in_ladder
from .tokens import SigningKeys
from .totp import SoftwareToken

__all__ = [
    "DEFAULT_REGION",
    "SAMPLE",
    "Attribute",
    "AttributeType",
    "Attributes",
    "Client",
    "DataFileError",
    "DataFileInUseError",
    "DataFileUnavailableError",
    "Device",
    "DeviceConfiguration",
    "ExistenceErrors",
    "ExplicitAuthFlow",
    "FakeCognito",
    "FakeUserPool",
    "FirstFactor",
    "ForeignDataFileError",
    "Group",
    "Medium",
    "Message",
    "MfaConfiguration",
    "MfaFactor",
    "NewerDataFileError",
    "Outbox",
    "Passkey",
    "PasskeyUse",
    "PasswordPolicy",
    "Purpose",
    "RecoveryChannel",
    "SetUp",
    "SetUpError",
    "Settings",
    "SigningKeys",
    "SoftwareToken",
    "User",
    "UserStatus",
    "UserVerification",
    "WebAuthnConfiguration",
    "load_set_up",
    "sign_in_ladder",
]
