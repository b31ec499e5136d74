"""The fake, served on this machine, and clean surroundings for the clients that sign in there."""

from collections.abc import Iterator

import pytest

from tests.clients.served import Served, fake_served


@pytest.fixture(scope="module")
def served(no_aws_settings: pytest.MonkeyPatch) -> Iterator[Served]:
    """A fake without pools. Tokens name its address as their issuer."""
    with fake_served(is_issuer=True) as served:
        yield served
