"""The devices of a signed-in user, this one and others."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs
import pytest

from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.flows.account import Account
from authsteps.flows.errors import (
    BackendUnavailableError,
    DeviceNotTrackedError,
    InvalidInputError,
    InvalidParameterError,
    ResourceNotFoundError,
)
from authsteps.flows.model import Device
from tests.flows.conftest import Meet
from tests.flows.world import DEVICE, NOW, access_token

REMEMBERED = attrs.evolve(DEVICE, is_remembered=True)
UNKNOWN = ServiceError("ResourceNotFoundException", "Device does not exist.")
OFFLINE = NoReplyError("connection refused", sent=False)


def record(key: str) -> dict[str, Json]:
    """A device as the pool tells of it."""
    return {
        "DeviceKey": key,
        "DeviceAttributes": [{"Name": "device_name", "Value": f"{key} of Alice"}, {"Name": "ip", "Value": "::1"}],
        "DeviceCreateDate": NOW.timestamp(),
    }


async def test_a_device_is_remembered_and_knows_it(each_backend: str, meet: Meet) -> None:
    world = meet({})
    account = world.account(device=DEVICE)
    await account.remember_device()
    assert account.device == REMEMBERED
    assert world.called == ["UpdateDeviceStatus"]
    assert world.request() == {
        "AccessToken": access_token(),
        "DeviceKey": DEVICE.key,
        "DeviceRememberedStatus": "remembered",
    }
    await account.remember_device()
    assert len(world.called) == 1


@pytest.mark.parametrize("failure", [OFFLINE, ServiceError("InvalidParameterException", "no")], ids=str)
async def test_a_device_that_could_not_be_remembered_is_not(failure: Reply, meet: Meet) -> None:
    world = meet(failure)
    account = world.account(device=DEVICE)
    with pytest.raises((BackendUnavailableError, InvalidParameterError)):
        await account.remember_device()
    assert account.device == DEVICE


NEEDS_SECRETS: Mapping[str, Callable[[Account], Awaitable[object]]] = {
    "remember_device": lambda account: account.remember_device(),
    "forget_device": lambda account: account.forget_device(),
    "fetch_current_device": lambda account: account.fetch_current_device(),
}


@pytest.mark.parametrize("verb", NEEDS_SECRETS.values(), ids=[*NEEDS_SECRETS])
async def test_without_secrets_there_is_no_device_to_speak_of(
    verb: Callable[[Account], Awaitable[object]], meet: Meet
) -> None:
    world = meet()
    with pytest.raises(DeviceNotTrackedError, match="its secrets are not at hand"):
        await verb(world.account())
    assert world.called == []


@pytest.mark.parametrize(
    ("key", "sent", "behind"),
    [
        (None, DEVICE.key, None),
        (DEVICE.key, DEVICE.key, None),
        ("another", "another", DEVICE),
    ],
    ids=["this one", "this one by its key", "another one"],
)
async def test_only_forgetting_this_device_forgets_its_secrets(
    key: str | None, sent: str, behind: object, each_backend: str, meet: Meet
) -> None:
    world = meet({})
    account = world.account(device=DEVICE)
    await account.forget_device(key)
    assert world.request() == {"AccessToken": access_token(), "DeviceKey": sent}
    assert account.device == behind


async def test_another_device_can_be_forgotten_without_secrets_of_this_one(meet: Meet) -> None:
    world = meet({})
    await world.account().forget_device("another")
    assert world.request()["DeviceKey"] == "another"


async def test_the_secrets_are_forgotten_whatever_becomes_of_the_call(meet: Meet) -> None:
    world = meet(OFFLINE, UNKNOWN)
    account = world.account(device=DEVICE)
    with pytest.raises(BackendUnavailableError):
        await account.forget_device()
    assert account.device is None
    with pytest.raises(ResourceNotFoundError):
        await account.forget_device(DEVICE.key)


@pytest.mark.parametrize("key", ["", "K4n4ry" * 10, b"key"], ids=type)
async def test_what_cannot_be_a_key_is_not_sent(key: Any, meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.account(device=DEVICE).forget_device(key)
    assert caught.value.field == "key"
    assert "K4n4ry" not in str(caught.value)
    assert world.called == []


async def test_devices_are_listed_page_by_page(each_backend: str, meet: Meet) -> None:
    world = meet(
        {"Devices": [record("first"), record("second")], "PaginationToken": "more"},
        {"Devices": [], "PaginationToken": "still more"},
        {"Devices": [record("third")]},
    )
    devices = await world.account().fetch_devices()
    assert [device.key for device in devices] == ["first", "second", "third"]
    assert [device.name for device in devices] == ["first of Alice", "second of Alice", "third of Alice"]
    assert [call.request.get("PaginationToken") for call in world.transport.calls] == [None, "more", "still more"]


async def test_this_device_is_told_of(meet: Meet) -> None:
    world = meet({"Device": record(DEVICE.key)})
    device = await world.account(device=DEVICE).fetch_current_device()
    assert isinstance(device, Device)
    assert (device.key, device.created_at) == (DEVICE.key, NOW)
    assert world.request() == {"AccessToken": access_token(), "DeviceKey": DEVICE.key}


async def test_a_device_that_the_pool_does_not_know_is_not_tracked(meet: Meet) -> None:
    world = meet(UNKNOWN, OFFLINE)
    account = world.account(device=DEVICE)
    with pytest.raises(DeviceNotTrackedError, match="Device does not exist"):
        await account.fetch_current_device()
    with pytest.raises(BackendUnavailableError):
        await account.fetch_current_device()
    assert account.device == DEVICE
