"""Devices through the operations: confirmed, listed, remembered, forgotten."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import jwt
import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import DeviceConfiguration, FakeUserPool
from authsteps.adapters.fake.devices import Devices
from authsteps.adapters.fake.grants import Grants
from authsteps.adapters.fake.members import Members
from authsteps.engine.messages import Secret
from authsteps.flows import srp
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    DEVICE_PASSWORD,
    HOUR,
    MINUTE,
    PASSWORD,
    SRP,
    App,
    Refusal,
    Reply,
    b64,
    constraint,
    inside,
    refusal,
)
from tests.conftest import VirtualClock

UNKNOWN = ("ResourceNotFoundException", "Device does not exist.")
CONFIRMED = ("DeviceKeyExistsException", "Device already exists.")
OFF = ("InvalidUserPoolConfigurationException", "The user pool does not track devices")
UNREADABLE = ("InvalidParameterException", "Invalid device secret verifier config")
BAD_TOKEN = ("InvalidParameterException", "Invalid pagination token")
UNVERIFIED: Any = {"verify_signature": False}
NOBODYS = "eu-west-1_11111111-2222-3333-4444-555555555555"


@pytest.fixture
def pool(make_pool: MakePool) -> FakeUserPool:
    """A pool that tracks devices."""
    pool = make_pool(devices=DeviceConfiguration())
    for username in (ALICE, BOB):
        pool.add_user(username, PASSWORD)
    return pool


async def list_of(app: App, access_token: str, **members: Json) -> list[str]:
    """The keys of the devices that are listed."""
    reply = await app.call("ListDevices", AccessToken=access_token, **members)
    return [device["DeviceKey"] for device in reply["Devices"]]


def config(verifier: bytes | str | None = b"\x02", salt: bytes | str | None = b"\x03") -> Reply:
    given = {"PasswordVerifier": verifier, "Salt": salt}
    return {
        name: b64(value) if isinstance(value, bytes) else value for name, value in given.items() if value is not None
    }


async def confirm(app: App, tokens: Reply, device_key: str | None = None, **members: Json) -> Reply:
    key = device_key if device_key is not None else tokens["NewDeviceMetadata"]["DeviceKey"]
    sent: dict[str, Json] = {"DeviceSecretVerifierConfig": config(), **members}
    return await app.call("ConfirmDevice", AccessToken=tokens["AccessToken"], DeviceKey=key, **sent)


# --- Confirming -----------------------------------------------------------------------------------------------------


async def test_a_confirmed_device_is_kept_with_what_checks_its_password(app: App, clock: VirtualClock) -> None:
    tokens = await app.tokens()
    signed_in_at = clock.now()
    clock.move(timedelta(milliseconds=1234))
    key = await app.confirm_device(tokens, name="phone")
    device = app.pool.user(ALICE).devices[key]

    assert device.verifier == srp.verifier(
        pool_name=device.group_key,
        user_id=key,
        password=Secret(DEVICE_PASSWORD),
        salt=b"sixteen bytes of",
        arithmetic=SRP,
    )
    assert (device.name, device.created, device.authenticated) == ("phone", clock.now(), signed_in_at)
    reply = await app.call("GetDevice", AccessToken=tokens["AccessToken"], DeviceKey=key)
    assert reply["Device"] == {
        "DeviceKey": key,
        "DeviceAttributes": [
            {"Name": "device_status", "Value": "valid"},
            {"Name": "device_name", "Value": "phone"},
        ],
        "DeviceCreateDate": clock.now().timestamp(),
        "DeviceLastModifiedDate": clock.now().timestamp(),
        "DeviceLastAuthenticatedDate": signed_in_at.timestamp(),
    }


@pytest.mark.parametrize("waits", [False, True], ids=["at once", "when the user says so"])
async def test_a_confirmed_device_is_remembered(
    app: App,
    waits: bool,  # noqa: FBT001  # a column of the table
) -> None:
    app.pool.settings.devices = DeviceConfiguration(device_only_remembered_on_user_prompt=waits)
    tokens = await app.tokens()
    assert await confirm(app, tokens) == {"UserConfirmationNecessary": waits}

    (device,) = app.pool.user(ALICE).devices.values()
    assert device.is_remembered is not waits


async def test_only_the_sign_in_that_a_device_was_issued_to_confirms_it(app: App) -> None:
    hers, hers_too, his = await app.tokens(), await app.tokens(), await app.tokens(BOB)
    key = hers["NewDeviceMetadata"]["DeviceKey"]
    for tokens in (hers_too, his):
        assert await refusal(confirm(app, tokens, key)) == UNKNOWN
    assert await refusal(confirm(app, hers, NOBODYS)) == UNKNOWN

    await confirm(app, hers, key)
    for tokens in (hers, hers_too):
        assert await refusal(confirm(app, tokens, key)) == CONFIRMED
    assert await refusal(confirm(app, his, key)) == UNKNOWN


async def test_refreshed_tokens_are_of_the_same_sign_in(app: App) -> None:
    """A refresh needs a confirmed device, so this one is confirmed by hand and unconfirmed again."""
    tokens = await app.tokens()
    key = await app.confirm_device(tokens)
    new = (await app.refresh(tokens["RefreshToken"], key))["AuthenticationResult"]
    app.pool.user(ALICE).devices[key].verifier = None

    assert await confirm(app, new, key)


VERIFIERS: Mapping[str, Reply | None] = {
    "nothing": None,
    "an empty one": {},
    "no verifier": config(verifier=None),
    "no salt": config(salt=None),
    "an empty verifier": config(verifier=b""),
    "nought": config(verifier=bytes(384)),
    "as much as the modulus": config(verifier=srp.N.to_bytes(384)),
    "no base64": config(verifier="~~~"),
    "no ASCII": config(verifier="Agé="),
    "a salt of nought": config(salt=b"\x00"),
    "a salt that is no base64": config(salt="Ag"),
    "a salt that is too long": config(salt=b"\x01" * 65),
}


@pytest.mark.parametrize("verifier", VERIFIERS.values(), ids=[*VERIFIERS])
async def test_what_cannot_be_a_verifier_confirms_nothing(app: App, verifier: Json) -> None:
    tokens = await app.tokens()

    assert await refusal(confirm(app, tokens, DeviceSecretVerifierConfig=verifier)) == UNREADABLE
    assert await list_of(app, tokens["AccessToken"]) == []
    assert await confirm(app, tokens), "it may be tried again"


@pytest.mark.parametrize("bounds", [(b"\x01", b"\x01"), ((srp.N - 1).to_bytes(384), b"\xff" * 64)])
async def test_any_number_within_bounds_is_a_verifier(app: App, bounds: tuple[bytes, bytes]) -> None:
    assert await confirm(app, await app.tokens(), DeviceSecretVerifierConfig=config(*bounds))


# --- Listing --------------------------------------------------------------------------------------------------------


async def test_confirmed_devices_are_listed_the_oldest_first(app: App, clock: VirtualClock) -> None:
    keys: list[str] = []
    for _ in range(5):
        clock.move(MINUTE)
        keys.append(await app.confirm_device(await app.tokens()))
    unconfirmed, his = await app.tokens(), await app.tokens(BOB)
    key_of_his = await app.confirm_device(his)

    assert await list_of(app, unconfirmed["AccessToken"]) == keys
    assert await list_of(app, his["AccessToken"]) == [key_of_his]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6])
async def test_a_long_list_comes_in_pieces(app: App, limit: int) -> None:
    """All are confirmed at one instant: the order is the same every time all the same."""
    keys = {await app.confirm_device(await app.tokens()) for _ in range(5)}
    token = (await app.tokens())["AccessToken"]
    seen: list[str] = []
    more: dict[str, Json] = {}
    while True:
        reply = await app.call("ListDevices", AccessToken=token, Limit=limit, **more)
        assert 0 < len(reply["Devices"]) <= limit
        seen += [device["DeviceKey"] for device in reply["Devices"]]
        if "PaginationToken" not in reply:
            break
        more = {"PaginationToken": reply["PaginationToken"]}

    assert len(seen) == len(keys) == 5
    assert set(seen) == keys


async def test_no_limit_and_a_limit_of_nought_mean_sixty(app: App) -> None:
    for _ in range(61):
        await app.confirm_device(await app.tokens())
    token = (await app.tokens())["AccessToken"]

    for limit in ({}, {"Limit": 0}, {"Limit": 60}):
        assert len(await list_of(app, token, **limit)) == 60


async def test_a_token_from_elsewhere_lists_nothing(app: App) -> None:
    token = (await app.tokens())["AccessToken"]

    assert await refusal(list_of(app, token, PaginationToken="garbage!")) == BAD_TOKEN
    below = "Value '-1' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 0"
    above = "Value '61' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 60"
    assert await refusal(list_of(app, token, Limit=-1)) == constraint(below)
    assert await refusal(list_of(app, token, Limit=61)) == constraint(above)


# --- One of them ----------------------------------------------------------------------------------------------------


async def test_a_device_is_remembered_or_not_as_its_owner_says(app: App, clock: VirtualClock) -> None:
    tokens = await app.tokens()
    key = await app.confirm_device(tokens)
    device = app.pool.user(ALICE).devices[key]
    for status, remembered in (("not_remembered", False), ("not_remembered", False), ("remembered", True)):
        clock.move(MINUTE)
        await app.call(
            "UpdateDeviceStatus", AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceRememberedStatus=status
        )
        assert (device.is_remembered, device.modified) == (remembered, clock.now())
    await app.call("UpdateDeviceStatus", AccessToken=tokens["AccessToken"], DeviceKey=key)
    assert device.is_remembered, "nothing was said of it"

    other = app.call(
        "UpdateDeviceStatus", AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceRememberedStatus="perhaps"
    )
    assert await refusal(other) == constraint(
        "Value 'perhaps' at 'deviceRememberedStatus' failed to satisfy constraint: "
        "Member must satisfy enum value set: [remembered, not_remembered]"
    )


async def test_a_forgotten_device_is_gone(app: App) -> None:
    tokens = await app.tokens()
    key = await app.confirm_device(tokens)
    assert await app.call("ForgetDevice", AccessToken=tokens["AccessToken"], DeviceKey=key) == {}

    assert await list_of(app, tokens["AccessToken"]) == []
    assert await refusal(app.refresh(tokens["RefreshToken"], key)) == (
        "NotAuthorizedException",
        "Invalid Refresh Token",
    )
    assert await app.call("GetUser", AccessToken=tokens["AccessToken"]), "whoever is signed in stays so"


ON_ONE_DEVICE = ("GetDevice", "UpdateDeviceStatus", "ForgetDevice")


@pytest.mark.parametrize("operation", ON_ONE_DEVICE)
async def test_nobody_does_anything_with_anothers_device_or_with_one_that_is_not_confirmed(
    app: App, operation: str
) -> None:
    hers, his = await app.tokens(), await app.tokens(BOB)
    key = await app.confirm_device(hers)
    for tokens, named in ((his, key), (his, his["NewDeviceMetadata"]["DeviceKey"]), (hers, NOBODYS)):
        call = app.call(operation, AccessToken=tokens["AccessToken"], DeviceKey=named)
        assert await refusal(call) == UNKNOWN

    assert await list_of(app, hers["AccessToken"]) == [key]


@pytest.mark.parametrize("operation", [*ON_ONE_DEVICE, "ListDevices", "ConfirmDevice"])
async def test_a_pool_that_tracks_no_devices_says_so(app: App, operation: str) -> None:
    tokens = await app.tokens()
    key = await app.confirm_device(tokens)
    app.pool.settings.devices = None

    named: dict[str, Json] = {} if operation == "ListDevices" else {"DeviceKey": key}
    assert await refusal(app.call(operation, AccessToken=tokens["AccessToken"], **named)) == OFF


SHORT = "Member must have length greater than or equal to 1"
PATTERN = r"Member must satisfy regular expression pattern: [\w-]+_[0-9a-f-]+"
KEYS: Mapping[str, Refusal] = {
    "": constraint(
        f"Value '' at 'deviceKey' failed to satisfy constraint: {SHORT}",
        f"Value '' at 'deviceKey' failed to satisfy constraint: {PATTERN}",
    ),
    "key": constraint(f"Value 'key' at 'deviceKey' failed to satisfy constraint: {PATTERN}"),
    f"eu_{'a' * 53}": constraint(
        f"Value 'eu_{'a' * 53}' at 'deviceKey' failed to satisfy constraint: "
        "Member must have length less than or equal to 55"
    ),
}


@pytest.mark.parametrize("operation", [*ON_ONE_DEVICE, "ConfirmDevice"])
@pytest.mark.parametrize(("key", "expected"), KEYS.items())
async def test_what_cannot_be_a_key_breaks_a_constraint_before_anything_else(
    app: App, operation: str, key: str, expected: Refusal
) -> None:
    assert await refusal(app.call(operation, AccessToken="garbage", DeviceKey=key)) == expected


@pytest.mark.parametrize("name", ["x", "x" * 1024, "ümläut & spaces"])
async def test_a_device_may_be_called_anything(app: App, name: str) -> None:
    assert await confirm(app, await app.tokens(), DeviceName=name)


@pytest.mark.parametrize("name", ["", "x" * 1025])
async def test_but_not_nothing_or_too_much(app: App, name: str) -> None:
    code, text = await refusal(confirm(app, await app.tokens(), DeviceName=name))

    assert code == "InvalidParameterException"
    assert f"Value '{name}' at 'deviceName' failed" in text


async def test_an_old_sign_in_that_is_over_confirms_nothing(app: App, clock: VirtualClock) -> None:
    tokens = await app.tokens()
    clock.move(HOUR)

    assert await refusal(confirm(app, tokens)) == ("NotAuthorizedException", "Access Token has expired")


# --- What the pool's other rooms do with devices --------------------------------------------------------------------


async def test_a_known_device_that_takes_part_is_not_issued_again(app: App, clock: VirtualClock) -> None:
    key = await app.confirm_device(await app.tokens())
    user, state = app.pool.user(ALICE), inside(app.pool)
    clock.move(HOUR)
    issued = (await Grants(state).sign_in(user, app.client, device=user.devices[key])).members()

    assert "NewDeviceMetadata" not in issued
    assert user.devices[key].authenticated == clock.now()
    assert jwt.decode(str(issued["AccessToken"]), options=UNVERIFIED)["device_key"] == key
    assert await app.refresh(str(issued["RefreshToken"]), key)


async def test_administrators_are_told_more(app: App) -> None:
    key = await app.confirm_device(await app.tokens(), name="phone")
    user, state = app.pool.user(ALICE), inside(app.pool)
    reply = Devices(state, Grants(state)).listed(user, Members({}), for_administrators=True)

    (device,) = cast("list[Reply]", reply["Devices"])
    assert {pair["Name"]: pair["Value"] for pair in device["DeviceAttributes"]} == {
        "device_status": "valid",
        "device_name": "phone",
        "dev:device_owner": f"{ALICE}.{app.pool.id}",
        "dev:device_remembered_status": "remembered",
    }
    user.devices[key].is_remembered = False
    told = cast("list[Reply]", Devices(state, Grants(state)).members_of(user.devices[key], user)["DeviceAttributes"])
    assert told[-1]["Value"] == "not_remembered"
