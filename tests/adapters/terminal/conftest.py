"""The command's fake pool on the virtual clock, with keys that were made once; and no settings from outside."""

from typing import Any

import pytest

from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.terminal import scenarios, visit
from tests.adapters.fake.world import load_signing_keys
from tests.conftest import SeededEntropy, VirtualClock


@pytest.fixture(autouse=True)
def pools(monkeypatch: pytest.MonkeyPatch, clock: VirtualClock, entropy: SeededEntropy) -> list[FakeUserPool]:
    """The pools that the command has made."""
    made: list[FakeUserPool] = []

    def make(**options: Any) -> FakeUserPool:
        made.append(FakeUserPool(signing_keys=load_signing_keys(), **options))
        return made[-1]

    monkeypatch.setattr(visit, "SystemClock", lambda: clock)
    monkeypatch.setattr(visit, "SystemEntropy", lambda: entropy)
    monkeypatch.setattr(scenarios, "FakeUserPool", make)
    for name in ("USER_POOL_ID", "CLIENT_ID", "ENDPOINT_URL", "CLIENT_SECRET"):
        monkeypatch.delenv(f"AUTHSTEPS_{name}", raising=False)
    return made
