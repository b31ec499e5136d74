"""What an administrator sees of devices and does with them."""

import pytest

from authsteps.adapters.fake import DeviceConfiguration, FakeUserPool
from tests.adapters.fake.administrator import Administrator, attributes
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import ALICE, MINUTE, PASSWORD, STRANGER, App, refusal
from tests.conftest import VirtualClock

NO_DEVICE = ("ResourceNotFoundException", "Device does not exist.")
KEY = "eu-west-1_11111111-2222-3333-4444-555555555555"
BY_KEY = ["AdminGetDevice", "AdminForgetDevice", "AdminUpdateDeviceStatus"]


@pytest.fixture
def app(make_pool: MakePool, clock: VirtualClock) -> App:
    """An app of a pool that tracks devices."""
    pool = make_pool(devices=DeviceConfiguration())
    pool.add_user(ALICE, PASSWORD)
    return App(pool, clock)


@pytest.fixture
def administrator(app: App) -> Administrator:
    """Looks after that pool."""
    return Administrator(app.pool, app.pool.id)


async def test_administrators_see_more_than_owners(app: App, administrator: Administrator, clock: VirtualClock) -> None:
    key = await app.confirm_device(await app.tokens(), name="phone")
    device = (await administrator.to("AdminGetDevice", DeviceKey=key))["Device"]

    assert attributes(device.pop("DeviceAttributes")) == {
        "device_status": "valid",
        "device_name": "phone",
        "dev:device_owner": f"{ALICE}.{app.pool.id}",
        "dev:device_remembered_status": "remembered",
    }
    now = clock.now().timestamp()
    assert device == {
        "DeviceKey": key,
        "DeviceCreateDate": now,
        "DeviceLastModifiedDate": now,
        "DeviceLastAuthenticatedDate": now,
    }


async def test_devices_are_listed_in_pieces(app: App, administrator: Administrator, clock: VirtualClock) -> None:
    keys: list[str] = []
    for _ in range(3):
        keys.append(await app.confirm_device(await app.tokens()))
        clock.move(MINUTE)
    await app.tokens()  # issues one that nobody confirms

    first = await administrator.to("AdminListDevices", Limit=2)
    second = await administrator.to("AdminListDevices", Limit=2, PaginationToken=first["PaginationToken"])

    assert [device["DeviceKey"] for device in (*first["Devices"], *second["Devices"])] == keys
    assert "PaginationToken" not in second
    assert "dev:device_owner" in attributes(first["Devices"][0]["DeviceAttributes"])


@pytest.mark.parametrize("status", ["remembered", "not_remembered"])
async def test_a_device_is_remembered_or_not(app: App, administrator: Administrator, status: str) -> None:
    key = await app.confirm_device(await app.tokens())
    await administrator.to("AdminUpdateDeviceStatus", DeviceKey=key, DeviceRememberedStatus=status)

    device = (await administrator.to("AdminGetDevice", DeviceKey=key))["Device"]
    assert attributes(device["DeviceAttributes"])["dev:device_remembered_status"] == status


async def test_a_forgotten_device_is_gone_and_cannot_be_refreshed(app: App, administrator: Administrator) -> None:
    tokens = await app.tokens()
    key = await app.confirm_device(tokens)
    await administrator.to("AdminForgetDevice", DeviceKey=key)

    assert await refusal(administrator.to("AdminGetDevice", DeviceKey=key)) == NO_DEVICE
    assert (await refusal(app.refresh(tokens["RefreshToken"], key)))[1] == "Invalid Refresh Token"


@pytest.mark.parametrize("operation", BY_KEY)
async def test_a_device_of_nobody_is_not_found(administrator: Administrator, operation: str) -> None:
    assert await refusal(administrator.to(operation, DeviceKey=KEY)) == NO_DEVICE


@pytest.mark.parametrize("operation", [*BY_KEY, "AdminListDevices"])
async def test_devices_of_nobody_are_not_found(administrator: Administrator, operation: str) -> None:
    named = {} if operation == "AdminListDevices" else {"DeviceKey": KEY}
    code, text = await refusal(administrator.to(operation, STRANGER, **named))

    assert text == "User does not exist."
    assert code in {"UserNotFoundException", "ResourceNotFoundException"}


@pytest.mark.parametrize("operation", [*BY_KEY, "AdminListDevices"])
async def test_a_pool_that_tracks_none_says_so(pool: FakeUserPool, operation: str) -> None:
    named = {} if operation == "AdminListDevices" else {"DeviceKey": KEY}

    assert (await refusal(Administrator(pool, pool.id).to(operation, **named)))[0] == (
        "InvalidUserPoolConfigurationException"
    )
