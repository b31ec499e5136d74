"""No test of the stores ever reaches the keyring of whoever runs it."""

from collections.abc import Iterator

import pytest

from tests.adapters.storage.world import MemoryKeyring, system_keyring


@pytest.fixture(autouse=True)
def backend() -> Iterator[MemoryKeyring]:
    """The system's keyring during a test: one in this process that takes no more than the smallest."""
    memory = MemoryKeyring(largest=2560)
    with system_keyring(memory):
        yield memory
