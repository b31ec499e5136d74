"""The stores that keep things in memory."""

import attrs

from authsteps.engine.messages import Secret
from authsteps.flows.stores import MemoryDeviceStore, MemoryTokenStore
from tests.flows.world import DEVICE, tokens

OTHER = attrs.evolve(DEVICE, key="another", password=Secret("another"))


async def test_tokens_are_kept_until_they_are_forgotten() -> None:
    store = MemoryTokenStore()
    assert await store.load() is None
    await store.save(tokens("1"))
    await store.save(tokens("2"))
    assert await store.load() == tokens("2")
    await store.clear()
    await store.clear()
    assert await store.load() is None


async def test_a_device_is_found_by_cognitos_name_and_by_every_alias() -> None:
    store = MemoryDeviceStore()
    await store.save("alice", DEVICE, ["alice@example.com"])
    await store.save("alice", OTHER, ["+15551234567"])
    for name in ("alice", "alice@example.com", "+15551234567"):
        assert await store.load(name) == OTHER
    assert await store.load("bob") is None


async def test_a_device_is_forgotten_with_its_aliases_by_any_of_its_names() -> None:
    store = MemoryDeviceStore()
    await store.save("alice", DEVICE, ["alice@example.com"])
    await store.save("bob", OTHER, ["bob@example.com"])
    await store.forget("alice@example.com")
    await store.forget("nobody")
    assert [await store.load(name) for name in ("alice", "alice@example.com")] == [None, None]
    assert await store.load("bob@example.com") == OTHER


async def test_a_name_of_cognitos_comes_before_somebodys_alias() -> None:
    store = MemoryDeviceStore()
    await store.save("alice", DEVICE, ["bob"])
    await store.save("bob", OTHER)
    assert await store.load("bob") == OTHER
    await store.forget("bob")
    assert await store.load("bob") == DEVICE
