"""Fixtures of the flows' tests."""

from collections.abc import Callable

import pytest

from authsteps.adapters.cognito.scripted import Reply
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.world import World

Meet = Callable[..., World]
"""Takes the replies that will come, and makes a world in which they do."""


@pytest.fixture
def meet(clock: VirtualClock, entropy: SeededEntropy) -> Meet:
    """Make a world whose transport plays these replies."""

    def make(*replies: Reply, client_secret: str | None = None) -> World:
        return World.of(clock, entropy, *replies, client_secret=client_secret)

    return make
