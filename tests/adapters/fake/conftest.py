"""A pool on the virtual clock, with keys that were made once, and an app that talks to it."""

from collections.abc import Callable
from typing import Any, TypeAlias

import attrs
import pytest

from authsteps.adapters.fake import FakeUserPool, Settings, SigningKeys
from tests.adapters.fake.world import ALICE, EMAIL, PASSWORD, PHONE, App, load_signing_keys
from tests.conftest import SeededEntropy, VirtualClock

__all__ = ["MakePool"]

MakePool: TypeAlias = Callable[..., FakeUserPool]


@pytest.fixture(scope="session")
def signing_keys() -> SigningKeys:
    """Keys that take no time to make."""
    return load_signing_keys()


@pytest.fixture
def make_pool(clock: VirtualClock, entropy: SeededEntropy, signing_keys: SigningKeys) -> MakePool:
    """Makes pools on the virtual clock; it takes the arguments of ``FakeUserPool``, and what ``Settings`` takes."""
    settings = {field.name for field in attrs.fields(Settings)}

    def make(*args: str, **values: Any) -> FakeUserPool:
        ports: dict[str, Any] = {"clock": clock, "entropy": entropy, "signing_keys": signing_keys}
        ports |= {name: value for name, value in values.items() if name not in settings}
        given = {name: value for name, value in values.items() if name in settings}
        return FakeUserPool(*args, **ports, settings=Settings(**given))

    return make


@pytest.fixture
def pool(make_pool: MakePool) -> FakeUserPool:
    """A pool with Alice in it, whose e-mail address and phone number are verified."""
    pool = make_pool()
    attributes = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}
    pool.add_user(ALICE, PASSWORD, attributes=attributes)
    return pool


@pytest.fixture
def app(pool: FakeUserPool, clock: VirtualClock) -> App:
    """An app that talks to the pool through its first client."""
    return App(pool, clock)
