"""Whatever is done to a FakeCognito with a data file, in whichever order: after every operation all of it is there.

Each example is a list of operations, each with a number that says to what it is done: most are refused by somebody
whom they find in no state for them, which changes things as well.
"""

import asyncio
import tempfile
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, cast

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyotp.totp import TOTP

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import FakeCognito, FakeUserPool, Purpose
from authsteps.adapters.fake.data import keeper
from authsteps.adapters.fake.data.documents import write_document
from authsteps.adapters.fake.data.file import Change, DataFile
from authsteps.adapters.fake.directory import User
from authsteps.engine.messages import Secret
from authsteps.flows import srp
from tests.adapters.fake.administrator import pairs
from tests.adapters.fake.kept import all_in, all_in_file
from tests.adapters.fake.world import DAY, HOUR, MINUTE, SRP, Reply, b64, load_signing_keys
from tests.conftest import SeededEntropy, VirtualClock

NAMES: Final = ("ann", "bob", "cat")
GROUPS: Final = ("cooks", "divers")
PASSWORDS: Final = ("Correct-horse-7", "Better-battery-8", "Wrong-staple-9")
FLOWS: Final = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"]
ROTATION: Final = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
SHOE: Final = {"Name": "shoe", "AttributeDataType": "String"}
POOLS: Final[tuple[dict[str, Any], ...]] = (
    {"AutoVerifiedAttributes": ["email"], "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True}},
    {"AutoVerifiedAttributes": ["email"], "AliasAttributes": ["email"], "Schema": [SHOE]},
    {"AutoVerifiedAttributes": ["email"], "UserAttributeUpdateSettings": {
        "AttributesRequireVerificationBeforeUpdate": ["email"]}},
)  # fmt: skip


_MEANS: Final = {"pool", "client", "token", "call", "to", "with_token", "mailed"}


class Town:
    """Pools and the people in them, who do what a number says."""

    def __init__(self, cognito: FakeCognito, clock: VirtualClock) -> None:
        self.cognito = cognito
        self.clock = clock
        self.signed_in: list[Reply] = []
        self.apps: dict[tuple[str, str], TOTP] = {}

    def pool(self, n: int) -> FakeUserPool:
        return self.cognito.pools[n % len(self.cognito.pools)]

    def client(self, n: int) -> str:
        return self.pool(n).clients[n % len(self.pool(n).clients)].client_id

    def token(self, n: int) -> Reply:
        return self.signed_in[n % len(self.signed_in)]

    async def call(self, operation: str, **members: Any) -> Reply:
        return cast("Reply", await self.cognito.call(operation, members))

    async def to(self, operation: str, n: int, **members: Any) -> Reply:
        return await self.call(operation, UserPoolId=self.pool(n).id, Username=NAMES[n % 3], **members)

    def mailed(self, n: int, purpose: Purpose) -> str:
        code = self.pool(n).outbox.latest(NAMES[n % 3], purpose).code.reveal()
        return code if n % 4 else "000000"

    # What can be done

    async def create_pool(self, n: int) -> None:
        if len(self.cognito.pools) < 3:
            await self.call("CreateUserPool", PoolName=f"pool {n}", **POOLS[n % len(POOLS)])
            await self.create_client(len(self.cognito.pools) - 1)

    async def update_pool(self, n: int) -> None:
        days = {"PasswordPolicy": {"MinimumLength": 6 + n % 3, "PasswordHistorySize": n % 3}}
        tracked: dict[str, Any] = {"DeviceConfiguration": {}} if n % 2 else {}
        auto: dict[str, Any] = {"AutoVerifiedAttributes": ["email"], "Policies": days, **tracked}
        await self.call("UpdateUserPool", UserPoolId=self.pool(n).id, **auto)

    async def set_mfa(self, n: int) -> None:
        optional = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
        await self.call("SetUserPoolMfaConfig", UserPoolId=self.pool(n).id, **(optional if n % 3 else {}))

    async def delete_pool(self, n: int) -> None:
        if n % 4 == 0 and len(self.cognito.pools) > 1:
            await self.call("DeleteUserPool", UserPoolId=self.pool(n).id)

    async def create_client(self, n: int) -> None:
        more: dict[str, Any] = {"RefreshTokenRotation": ROTATION} if n % 3 == 1 else {}
        pool_id, flows = self.pool(n).id, FLOWS if not more else [FLOWS[0]]
        await self.call(
            "CreateUserPoolClient", UserPoolId=pool_id, ClientName=f"app {n}", ExplicitAuthFlows=flows,
            PreventUserExistenceErrors="ENABLED" if n % 2 else "LEGACY", **more,
        )  # fmt: skip

    async def update_client(self, n: int) -> None:
        await self.call(
            "UpdateUserPoolClient", UserPoolId=self.pool(n).id, ClientId=self.client(n), ExplicitAuthFlows=FLOWS
        )

    async def delete_client(self, n: int) -> None:
        if len(self.pool(n).clients) > 1:
            await self.call("DeleteUserPoolClient", UserPoolId=self.pool(n).id, ClientId=self.client(n))

    async def create_group(self, n: int) -> None:
        await self.call("CreateGroup", UserPoolId=self.pool(n).id, GroupName=GROUPS[n % 2], Precedence=n)

    async def update_group(self, n: int) -> None:
        await self.call("UpdateGroup", UserPoolId=self.pool(n).id, GroupName=GROUPS[n % 2], Description=f"no. {n}")

    async def delete_group(self, n: int) -> None:
        await self.call("DeleteGroup", UserPoolId=self.pool(n).id, GroupName=GROUPS[n % 2])

    async def join(self, n: int) -> None:
        await self.to("AdminAddUserToGroup", n, GroupName=GROUPS[n % 2])

    async def leave(self, n: int) -> None:
        await self.to("AdminRemoveUserFromGroup", n, GroupName=GROUPS[n % 2])

    async def list_users(self, n: int) -> None:
        await self.call("ListUsers", UserPoolId=self.pool(n).id)

    async def sign_up(self, n: int) -> None:
        email = f"{NAMES[n % 3]}@example.com"
        await self.call(
            "SignUp", ClientId=self.client(n), Username=NAMES[n % 3], Password=PASSWORDS[0],
            UserAttributes=pairs({"email": email}),
        )  # fmt: skip

    async def confirm_sign_up(self, n: int) -> None:
        code = self.mailed(n, Purpose.SIGN_UP)
        await self.call("ConfirmSignUp", ClientId=self.client(n), Username=NAMES[n % 3], ConfirmationCode=code)

    async def resend(self, n: int) -> None:
        await self.call("ResendConfirmationCode", ClientId=self.client(n), Username=NAMES[n % 3])

    async def forget_password(self, n: int) -> None:
        await self.call("ForgotPassword", ClientId=self.client(n), Username=NAMES[n % 3])

    async def reset_password(self, n: int) -> None:
        code = self.mailed(n, Purpose.PASSWORD_RESET)
        await self.call(
            "ConfirmForgotPassword", ClientId=self.client(n), Username=NAMES[n % 3], ConfirmationCode=code,
            Password=PASSWORDS[n % 2],
        )  # fmt: skip

    async def sign_in(self, n: int) -> None:
        username, client_id, codes = NAMES[n % 3], self.client(n), self.apps.get((self.pool(n).id, NAMES[n % 3]))
        sent = {"USERNAME": username, "PASSWORD": PASSWORDS[n // 3 % 3]}
        reply = await self.call("InitiateAuth", ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=sent)
        answers = {
            "NEW_PASSWORD_REQUIRED": {"NEW_PASSWORD": PASSWORDS[1]},
            "SOFTWARE_TOKEN_MFA": {"SOFTWARE_TOKEN_MFA_CODE": codes.at(self.clock.now()) if codes else "000000"},
        }
        while name := reply.get("ChallengeName"):
            reply = await self.call(
                "RespondToAuthChallenge", ClientId=client_id, ChallengeName=name, Session=reply["Session"],
                ChallengeResponses={"USERNAME": username, **answers[name]},
            )  # fmt: skip
        self.signed_in.append({**reply["AuthenticationResult"], "ClientId": client_id, "Username": username})

    async def refresh(self, n: int) -> None:
        tokens = self.token(n)
        device = {"DeviceKey": tokens["NewDeviceMetadata"]["DeviceKey"]} if "NewDeviceMetadata" in tokens else {}
        reply = await self.call(
            "GetTokensFromRefreshToken", ClientId=tokens["ClientId"], RefreshToken=tokens["RefreshToken"], **device
        )
        self.signed_in.append({**tokens, **reply["AuthenticationResult"]})

    async def revoke(self, n: int) -> None:
        await self.call("RevokeToken", ClientId=self.token(n)["ClientId"], Token=self.token(n)["RefreshToken"])

    async def with_token(self, operation: str, n: int, **members: Any) -> Reply:
        return await self.call(operation, AccessToken=self.token(n)["AccessToken"], **members)

    async def confirm_device(self, n: int) -> None:
        issued = self.token(n)["NewDeviceMetadata"]
        key, group = issued["DeviceKey"], issued["DeviceGroupKey"]
        made = srp.verifier(
            pool_name=group, user_id=key, password=Secret("device"), salt=b"sixteen bytes of", arithmetic=SRP
        )
        secrets = {"PasswordVerifier": b64(srp.encode(made.v)), "Salt": b64(bytes.fromhex(f"{made.salt_hex:0>32}"))}
        await self.with_token("ConfirmDevice", n, DeviceKey=key, DeviceSecretVerifierConfig=secrets)

    async def rate_device(self, n: int) -> None:
        key, status = self.token(n)["NewDeviceMetadata"]["DeviceKey"], ("remembered", "not_remembered")[n % 2]
        await self.with_token("UpdateDeviceStatus", n, DeviceKey=key, DeviceRememberedStatus=status)

    async def forget_device(self, n: int) -> None:
        await self.with_token("ForgetDevice", n, DeviceKey=self.token(n)["NewDeviceMetadata"]["DeviceKey"])

    async def set_up_totp(self, n: int) -> None:
        begun = await self.with_token("AssociateSoftwareToken", n)
        codes = TOTP(begun["SecretCode"])
        await self.with_token("VerifySoftwareToken", n, UserCode=codes.at(self.clock.now()))
        await self.with_token("SetUserMFAPreference", n, SoftwareTokenMfaSettings={"Enabled": n % 2 == 0})
        issuer = self.token(n)["ClientId"]
        (pool,) = (pool for pool in self.cognito.pools if any(one.client_id == issuer for one in pool.clients))
        self.apps[pool.id, self.token(n)["Username"]] = codes

    async def update_attributes(self, n: int) -> None:
        new = {"nickname": f"no. {n}", **({"email": f"new{n}@example.com"} if n % 3 == 0 else {})}
        await self.with_token("UpdateUserAttributes", n, UserAttributes=pairs(new))

    async def verify_attribute(self, n: int) -> None:
        code = self.mailed(n, Purpose.ATTRIBUTE_VERIFICATION)
        await self.with_token("VerifyUserAttribute", n, AttributeName="email", Code=code)

    async def change_password(self, n: int) -> None:
        before, after = PASSWORDS[n % 2], PASSWORDS[1 - n % 2]
        await self.with_token("ChangePassword", n, PreviousPassword=before, ProposedPassword=after)

    async def wait(self, n: int) -> None:
        self.clock.move((MINUTE, HOUR, DAY, 40 * DAY)[n % 4])


def with_token(operation: str, **members: Any) -> "Doing":
    return lambda town, n: town.with_token(operation, n, **members)


def to_user(operation: str, **members: Any) -> "Doing":
    return lambda town, n: town.to(operation, n, **members)


Doing = Callable[[Town, int], Awaitable[object]]
DOINGS: Final[Mapping[str, Doing]] = {
    **{name: vars(Town)[name] for name in vars(Town) if not name.startswith("_") and name not in _MEANS},
    "sign out": with_token("GlobalSignOut"),
    "look at oneself": with_token("GetUser"),
    "verify an address": with_token("GetUserAttributeVerificationCode", AttributeName="email"),
    "delete an attribute": with_token("DeleteUserAttributes", UserAttributeNames=["nickname"]),
    "delete oneself": with_token("DeleteUser"),
    "make a user": to_user("AdminCreateUser", TemporaryPassword=PASSWORDS[0]),
    "set a password": to_user("AdminSetUserPassword", Password=PASSWORDS[0], Permanent=True),
    "confirm a user": to_user("AdminConfirmSignUp"),
    "verify a user": to_user("AdminUpdateUserAttributes", UserAttributes=pairs({"email_verified": "true"})),
    "demand a new password": to_user("AdminResetUserPassword"),
    "disable a user": to_user("AdminDisableUser"),
    "enable a user": to_user("AdminEnableUser"),
    "sign a user out": to_user("AdminUserGlobalSignOut"),
    "delete a user": to_user("AdminDeleteUser"),
}  # fmt: skip


BEFORE: Final = [
    ("create_pool", 1), *(("create_group", n) for n in range(2)),
    *((name, n) for n in range(6) for name in ("sign_up", "confirm a user", "verify a user")),
    *((name, n) for n in (0, 1, 2, 9, 10, 11) for name in ("join", "sign_in")),
]  # fmt: skip
"""Two pools, with three people in each, who have signed in: tokens have the numbers of those who have them."""
ALL_OF_IT: Final = [
    ("wait", 0), ("list_users", 0), ("look at oneself", 0), ("update_pool", 3), ("create_client", 1),
    ("update_client", 1), ("update_group", 0), ("confirm_device", 2), ("rate_device", 2),
    ("refresh", 2), ("set_mfa", 2), ("set_up_totp", 2), ("wait", 0), ("sign_in", 2), ("forget_device", 2),
    ("change_password", 2), ("verify an address", 1), ("verify_attribute", 1), ("forget_password", 1),
    ("reset_password", 1), ("sign_in", 13), ("update_attributes", 3), ("delete an attribute", 3), ("revoke", 3),
    ("disable a user", 5), ("enable a user", 5), ("set a password", 5), ("sign a user out", 5), ("sign out", 2),
    ("delete a user", 5), ("sign_up", 5), ("resend", 5), ("confirm_sign_up", 5), ("delete oneself", 4),
    ("make a user", 4), ("sign_in", 10), ("demand a new password", 0), ("leave", 0), ("delete_group", 1),
    ("delete_client", 1), ("delete_pool", 0),
]  # fmt: skip
"""Every operation, when it can be done."""


async def live(path: Path, days: Iterable[tuple[str, int]]) -> list[tuple[str, int, str]]:
    """Do all of it in a town with a data file, and return what could not be done, and why."""
    clock, undone = VirtualClock(), list[tuple[str, int, str]]()
    cognito = FakeCognito(clock=clock, entropy=SeededEntropy(3), signing_keys=load_signing_keys())
    async with cognito.kept_in(path):
        town = Town(cognito, clock)
        await town.create_pool(0)
        for name, n in BEFORE:
            await DOINGS[name](town, n)
        assert await all_in_file(path) == all_in(cognito)
        for name, n in days:
            try:
                await DOINGS[name](town, n)
            except (ServiceError, LookupError, ZeroDivisionError) as error:
                undone.append((name, n, str(error)))  # what has changed is to be kept all the same
            assert await all_in_file(path) == all_in(cognito), name
    assert await all_in_file(path) == all_in(cognito), "closed"
    return undone


@given(days=st.lists(st.tuples(st.sampled_from(sorted(DOINGS)), st.integers(0, 11)), min_size=10, max_size=30))
@settings(max_examples=15)
def test_after_every_operation_all_that_there_is_is_in_the_file(days: list[tuple[str, int]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        anyio.run(live, Path(folder) / "data.db", days)


async def test_everything_that_can_be_done_is_kept_when_it_is_done(tmp_path: Path) -> None:
    """What is above would find nothing if it were always refused."""
    assert await live(tmp_path / "data.db", ALL_OF_IT) == []
    assert {name for name, _ in (*BEFORE, *ALL_OF_IT)} == set(DOINGS)


async def test_calls_that_asyncio_cancels_in_the_middle_are_kept_with_the_next(tmp_path: Path) -> None:
    """What no shield stops: the thread that writes works on when its task is gone."""
    path = tmp_path / "data.db"
    cognito = FakeCognito(clock=VirtualClock(), entropy=SeededEntropy(3), signing_keys=load_signing_keys())
    async with cognito.kept_in(path):
        town = Town(cognito, VirtualClock())
        await town.create_pool(0)
        pool_id = town.pool(0).id
        for round_ in range(20):
            made = [
                asyncio.create_task(
                    town.call("AdminCreateUser", UserPoolId=pool_id, Username=f"user-{round_}-{number}")
                )
                for number in range(5)
            ]
            for _ in range(round_):
                await asyncio.sleep(0)
            for task in made:
                task.cancel()
            await asyncio.gather(*made, return_exceptions=True)
        await cognito.keep()
        assert await all_in_file(path) == all_in(cognito)
        assert len(cognito.pools[0].users) > 50


async def test_what_one_call_changes_goes_to_the_disk_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that comes to write in the middle of a look leaves what has been seen by then to the next."""
    cognito = FakeCognito(clock=VirtualClock(), entropy=SeededEntropy(3), signing_keys=load_signing_keys())
    written, slow, begun = list[list[str]](), threading.Event(), threading.Event()
    write = DataFile.write

    def write_slowly(file: DataFile, changes: Iterable[Change]) -> None:
        written.append([change.table for change in changes])
        if len(written) > 1:
            begun.set()
        assert slow.wait(60)
        write(file, changes)

    def meet_a_thread(value: object) -> str:
        if isinstance(value, User) and value.username == NAMES[1]:
            slow.set()
            assert begun.wait(60)
        return write_document(value)

    async with cognito.kept_in(tmp_path / "data.db"):
        town = Town(cognito, VirtualClock())
        await town.create_pool(0)
        pool = town.pool(0)
        for name in NAMES:
            pool.add_user(name, None)
        pool.add_group(GROUPS[0], *NAMES[:2])
        await cognito.keep()
        monkeypatch.setattr(DataFile, "write", write_slowly)
        slowed = asyncio.create_task(town.to("AdminDisableUser", 2))
        await anyio.wait_all_tasks_blocked()
        slowed.cancel()  # its thread works on, and the next one waits for it
        behind = asyncio.create_task(town.call("CreateGroup", UserPoolId=pool.id, GroupName=GROUPS[1]))
        await anyio.wait_all_tasks_blocked()
        monkeypatch.setattr(keeper, "write_document", meet_a_thread)
        await town.call("DeleteGroup", UserPoolId=pool.id, GroupName=GROUPS[0])
        await behind
    assert written == [["users"], ["groups"], ["groups", "users", "users"]]
