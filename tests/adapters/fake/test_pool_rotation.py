"""Refresh tokens that are rotated, and refresh tokens that were issued to a device."""

from datetime import timedelta

import anyio
import jwt
import pytest

from authsteps.adapters.fake import DeviceConfiguration, FakeUserPool
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    DAY,
    HOUR,
    MS,
    PASSWORD,
    SECOND,
    App,
    Reply,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

REUSED = ("RefreshTokenReuseException", "Refresh token has been reused")
ROTATED = ("UnsupportedOperationException", "Refresh token rotation is enabled for the client")
INVALID = ("NotAuthorizedException", "Invalid Refresh Token")
EXPIRED = ("NotAuthorizedException", "Refresh Token has expired")
REVOKED = ("NotAuthorizedException", "Refresh Token has been revoked")
GRACE = 10 * SECOND


def rotating(app: App, grace: timedelta = GRACE) -> App:
    return app.beside(rotation_grace=grace)


async def refreshed(app: App, token: str) -> str:
    """Refresh with a token, and return the one that takes its place."""
    fresh: str = tokens_of(await app.refresh(token))["RefreshToken"]
    assert fresh != token
    return fresh


def claims(token: str) -> Reply:
    """What a token says, unverified: other tests verify."""
    said: Reply = jwt.decode(token, options={"verify_signature": False})
    return said


class TestRotation:
    async def test_each_refresh_gives_a_refresh_token_of_the_same_sign_in(self, app: App, clock: VirtualClock) -> None:
        app = rotating(app)
        first = await app.tokens()
        clock.move(HOUR)
        second = tokens_of(await app.refresh(first["RefreshToken"]))

        assert second.keys() == {"AccessToken", "IdToken", "RefreshToken", "ExpiresIn", "TokenType"}
        kept = ("auth_time", "origin_jti", "event_id", "sub")
        before, after = claims(first["AccessToken"]), claims(second["AccessToken"])
        assert [before[name] for name in kept] == [after[name] for name in kept]
        assert await refreshed(app, second["RefreshToken"])

    @pytest.mark.parametrize("grace", [timedelta(), SECOND, GRACE, 60 * SECOND])
    @pytest.mark.parametrize("past", [-MS, timedelta(), MS])
    async def test_a_rotated_token_works_until_its_grace_is_over(
        self, app: App, clock: VirtualClock, grace: timedelta, past: timedelta
    ) -> None:
        app = rotating(app, grace)
        token = (await app.tokens())["RefreshToken"]
        await refreshed(app, token)
        clock.move(max(grace + past, timedelta()))

        if past < timedelta() < grace:
            assert await refreshed(app, token)
        else:
            assert await refusal(app.refresh(token)) == REUSED

    async def test_using_a_rotated_token_again_does_not_lengthen_its_grace(self, app: App, clock: VirtualClock) -> None:
        app = rotating(app)
        token = (await app.tokens())["RefreshToken"]
        await refreshed(app, token)
        clock.move(GRACE - MS)
        await refreshed(app, token)
        clock.move(MS)

        assert await refusal(app.refresh(token)) == REUSED

    async def test_reuse_ends_nothing_else(self, app: App, clock: VirtualClock) -> None:
        app = rotating(app)
        first = await app.tokens()
        second = await refreshed(app, first["RefreshToken"])
        clock.move(GRACE)
        assert await refusal(app.refresh(first["RefreshToken"])) == REUSED

        assert await refreshed(app, second)
        assert await app.call("GetUser", AccessToken=first["AccessToken"])

    @pytest.mark.parametrize("past", [-MS, timedelta(), MS])
    async def test_rotation_does_not_lengthen_the_life_of_a_sign_in(
        self, app: App, clock: VirtualClock, past: timedelta
    ) -> None:
        app = rotating(app)
        token = (await app.tokens())["RefreshToken"]
        clock.move(15 * DAY)
        token = await refreshed(app, token)
        clock.move(15 * DAY + past)

        if past < timedelta():
            assert await refreshed(app, token)
        else:
            assert await refusal(app.refresh(token)) == EXPIRED

    async def test_of_two_who_come_at_once_without_grace_one_is_late(self, app: App) -> None:
        app = rotating(app, timedelta())
        token = (await app.tokens())["RefreshToken"]
        outcomes: list[object] = []

        async def use() -> None:
            try:
                outcomes.append(await refreshed(app, token))
            except Exception as error:  # noqa: BLE001  # whatever it is, it is looked at
                outcomes.append(getattr(error, "code", error))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(use)
            tasks.start_soon(use)

        assert outcomes.count("RefreshTokenReuseException") == 1
        assert len(outcomes) == 2

    @pytest.mark.parametrize("which", ["old", "new"])
    async def test_revoking_any_token_of_a_sign_in_revokes_all_of_it(self, app: App, which: str) -> None:
        app = rotating(app)
        tokens = await app.tokens()
        old, new = tokens["RefreshToken"], await refreshed(app, tokens["RefreshToken"])
        await app.call("RevokeToken", Token=old if which == "old" else new, ClientId=app.client.client_id)

        for token in (old, new):
            assert await refusal(app.refresh(token)) == REVOKED
        assert (await refusal(app.call("GetUser", AccessToken=tokens["AccessToken"])))[1] == (
            "Access Token has been revoked"
        )

    async def test_other_sign_ins_are_left_alone(self, app: App, clock: VirtualClock) -> None:
        app = rotating(app)
        one, other = await app.tokens(), await app.tokens()
        await refreshed(app, one["RefreshToken"])
        clock.move(GRACE)

        assert await refreshed(app, other["RefreshToken"])

    @pytest.mark.parametrize("flow", ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"])
    async def test_the_older_way_to_refresh_is_refused_to_a_client_that_rotates(self, app: App, flow: str) -> None:
        app = rotating(app)
        token = (await app.tokens())["RefreshToken"]

        assert await refusal(app.initiate(flow, ALICE, REFRESH_TOKEN=token)) == ROTATED
        assert await refusal(app.initiate(flow, ALICE, REFRESH_TOKEN="garbage")) == INVALID
        assert await refreshed(app, token), "nothing was used up"

    async def test_what_ended_is_forgotten_with_all_its_tokens(self, app: App, clock: VirtualClock) -> None:
        app = rotating(app)
        tokens = [(await app.tokens())["RefreshToken"]]
        for _ in range(3):
            tokens.append(await refreshed(app, tokens[-1]))
        clock.move(30 * DAY)
        await app.tokens()

        for token in tokens:
            assert await refusal(app.refresh(token)) == INVALID
        assert len(app.pool.user(ALICE).families) == 1

    @pytest.mark.parametrize("grace", [-MS, 60 * SECOND + MS])
    def test_a_grace_is_a_minute_at_most(self, pool: FakeUserPool, grace: timedelta) -> None:
        with pytest.raises(ValueError, match="rotation_grace"):
            pool.add_client(rotation_grace=grace)


class TestDeviceKeys:
    @pytest.fixture
    def app(self, make_pool: MakePool, clock: VirtualClock) -> App:
        pool = make_pool(devices=DeviceConfiguration())
        for username in (ALICE, BOB):
            pool.add_user(username, PASSWORD)
        return App(pool, clock)

    async def test_a_sign_in_without_a_device_is_issued_one(self, app: App) -> None:
        tokens = await app.tokens()
        issued = tokens["NewDeviceMetadata"]
        device = app.pool.user(ALICE).devices[issued["DeviceKey"]]

        assert issued == {"DeviceKey": device.key, "DeviceGroupKey": device.group_key}
        region, _, number = device.key.partition("_")
        assert (region, len(number), len(device.group_key), device.group_key[0]) == ("eu-west-1", 36, 9, "-")
        assert claims(tokens["AccessToken"])["device_key"] == device.key
        assert "device_key" not in claims(tokens["IdToken"])
        assert (await app.tokens())["NewDeviceMetadata"]["DeviceKey"] != device.key

    @pytest.mark.parametrize("way", ["GetTokensFromRefreshToken", "REFRESH_TOKEN_AUTH"])
    async def test_a_refresh_names_the_device_which_has_been_confirmed(self, app: App, way: str) -> None:
        tokens, others = await app.tokens(), await app.tokens()
        key, token = tokens["NewDeviceMetadata"]["DeviceKey"], tokens["RefreshToken"]

        async def refresh(device_key: str | None) -> Reply:
            if way == "GetTokensFromRefreshToken":
                return await app.refresh(token, device_key)
            named = {"DEVICE_KEY": device_key} if device_key is not None else {}
            return await app.initiate(way, ALICE, REFRESH_TOKEN=token, **named)

        assert await refusal(refresh(key)) == INVALID, "not confirmed"
        await app.confirm_device(tokens)
        other = await app.confirm_device(others)
        for given in (None, other):
            assert await refusal(refresh(given)) == INVALID
        new = tokens_of(await refresh(key))
        assert "NewDeviceMetadata" not in new
        assert claims(new["AccessToken"])["device_key"] == key

        await app.call("ForgetDevice", AccessToken=tokens["AccessToken"], DeviceKey=key)
        assert await refusal(refresh(key)) == INVALID

    async def test_where_devices_are_tracked_no_more_none_is_asked_for(self, app: App) -> None:
        token = (await app.tokens())["RefreshToken"]
        app.pool.settings.devices = None

        assert tokens_of(await app.refresh(token))

    async def test_a_refused_refresh_rotates_nothing(self, app: App) -> None:
        app = rotating(app, timedelta())
        tokens = await app.tokens()
        key = await app.confirm_device(tokens)
        assert await refusal(app.refresh(tokens["RefreshToken"])) == INVALID

        assert tokens_of(await app.refresh(tokens["RefreshToken"], key))

    async def test_devices_that_nobody_can_confirm_any_more_are_forgotten(self, app: App, clock: VirtualClock) -> None:
        kept = await app.confirm_device(await app.tokens())
        for _ in range(3):
            await app.tokens()
        clock.move(30 * DAY)
        new = (await app.tokens())["NewDeviceMetadata"]["DeviceKey"]

        assert set(app.pool.user(ALICE).devices) == {kept, new}

    async def test_where_none_are_tracked_none_is_issued(self, make_pool: MakePool, clock: VirtualClock) -> None:
        pool = make_pool()
        pool.add_user(ALICE, PASSWORD)
        tokens = await App(pool, clock).tokens()

        assert "NewDeviceMetadata" not in tokens
        assert "device_key" not in claims(tokens["AccessToken"])
