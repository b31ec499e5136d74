"""Pools to try things on: each has one person, alice, and one thing that is special about her sign-in."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import attrs

from authsteps.adapters.fake import (
    DeviceConfiguration,
    ExplicitAuthFlow,
    FakeUserPool,
    FirstFactor,
    MfaConfiguration,
    MfaFactor,
    Settings,
    UserStatus,
)
from authsteps.adapters.fake.totp import SoftwareToken
from authsteps.engine import Entropy, SystemEntropy
from authsteps.flows import AuthFlow

__all__ = ["SCENARIOS", "Scenario", "Story", "open_fake"]

USERNAME: Final = "alice"
PASSWORD: Final = "Passw0rd!"
