"""Groups: made, changed, filled, listed and taken away; what they are for is to show in tokens."""

from typing import Any

import jwt
import pytest

from authsteps.adapters.fake import FakeUserPool
from tests.adapters.fake.administrator import Administrator
from tests.adapters.fake.world import ALICE, BOB, MINUTE, PASSWORD, SECOND, App, refusal
from tests.conftest import VirtualClock

ROLE = "arn:aws:iam::123456789012:role/staff"
NO_GROUP = ("ResourceNotFoundException", "Group not found.")


@pytest.fixture
def administrator(pool: FakeUserPool) -> Administrator:
    """Looks after the pool in which Alice is."""
    return Administrator(pool, pool.id)


def claims(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


async def test_a_group_is_what_it_was_made(administrator: Administrator, clock: VirtualClock) -> None:
    made = await administrator.in_pool(
        "CreateGroup", GroupName="staff", Description="Who works here", RoleArn=ROLE, Precedence=0
    )

    assert made == {
        "Group": {
            "GroupName": "staff",
            "UserPoolId": administrator.user_pool_id,
            "Description": "Who works here",
            "RoleArn": ROLE,
            "Precedence": 0,
            "CreationDate": clock.now().timestamp(),
            "LastModifiedDate": clock.now().timestamp(),
        }
    }
    assert await administrator.in_pool("GetGroup", GroupName="staff") == made


async def test_what_a_group_does_not_have_is_left_out(administrator: Administrator) -> None:
    made = (await administrator.in_pool("CreateGroup", GroupName="staff"))["Group"]

    assert set(made) == {"GroupName", "UserPoolId", "CreationDate", "LastModifiedDate"}


async def test_a_change_leaves_what_it_does_not_name(administrator: Administrator, clock: VirtualClock) -> None:
    made = (await administrator.in_pool("CreateGroup", GroupName="staff", RoleArn=ROLE, Precedence=3))["Group"]
    clock.move(MINUTE)
    changed = (await administrator.in_pool("UpdateGroup", GroupName="staff", Precedence=1, Description="x"))["Group"]

    assert changed == {
        **made,
        "Precedence": 1,
        "Description": "x",
        "LastModifiedDate": made["CreationDate"] + 60,
    }


async def test_there_is_one_group_of_a_name(administrator: Administrator) -> None:
    await administrator.in_pool("CreateGroup", GroupName="staff")

    assert (await refusal(administrator.in_pool("CreateGroup", GroupName="staff")))[0] == "GroupExistsException"


@pytest.mark.parametrize(
    "operation",
    ["GetGroup", "UpdateGroup", "DeleteGroup", "ListUsersInGroup", "AdminAddUserToGroup", "AdminRemoveUserFromGroup"],
)
async def test_a_group_that_does_not_exist_is_not_found(administrator: Administrator, operation: str) -> None:
    named = {"Username": ALICE} if operation.startswith("Admin") else {}

    assert await refusal(administrator.in_pool(operation, GroupName="nobody", **named)) == NO_GROUP


async def test_members_come_and_go(pool: FakeUserPool, administrator: Administrator, clock: VirtualClock) -> None:
    clock.move(SECOND)
    pool.add_user(BOB, PASSWORD)
    await administrator.in_pool("CreateGroup", GroupName="staff")

    async def members() -> list[str]:
        users = (await administrator.in_pool("ListUsersInGroup", GroupName="staff"))["Users"]
        return [user["Username"] for user in users]

    for name in (BOB, ALICE, ALICE):
        await administrator.to("AdminAddUserToGroup", name, GroupName="staff")
    assert await members() == [ALICE, BOB]
    for _ in range(2):
        await administrator.to("AdminRemoveUserFromGroup", ALICE, GroupName="staff")
    assert await members() == [BOB]
    await administrator.to("AdminDeleteUser", BOB)
    assert await members() == []


async def test_groups_show_in_tokens(administrator: Administrator, app: App) -> None:
    for name, precedence in (("staff", 2), ("owners", 1)):
        await administrator.in_pool("CreateGroup", GroupName=name, RoleArn=f"{ROLE}-{name}", Precedence=precedence)
        await administrator.to("AdminAddUserToGroup", GroupName=name)
    tokens = await app.tokens()

    assert claims(tokens["AccessToken"])["cognito:groups"] == ["staff", "owners"]
    assert claims(tokens["IdToken"])["cognito:preferred_role"] == f"{ROLE}-owners"
    await administrator.in_pool("DeleteGroup", GroupName="owners")
    assert claims((await app.tokens())["AccessToken"])["cognito:groups"] == ["staff"]


async def test_a_name_that_no_group_has_is_no_group(pool: FakeUserPool, administrator: Administrator) -> None:
    pool.user(ALICE).groups = ("of no group",)

    assert (await administrator.to("AdminListGroupsForUser"))["Groups"] == []


async def test_a_deleted_groups_name_says_nothing_of_who_was_in_it(administrator: Administrator) -> None:
    await administrator.in_pool("CreateGroup", GroupName="staff")
    await administrator.to("AdminAddUserToGroup", GroupName="staff")
    await administrator.in_pool("DeleteGroup", GroupName="staff")
    await administrator.in_pool("CreateGroup", GroupName="staff")

    assert (await administrator.to("AdminListGroupsForUser"))["Groups"] == []


@pytest.mark.parametrize("operation", ["ListGroups", "AdminListGroupsForUser"])
async def test_groups_are_listed_in_pieces(administrator: Administrator, operation: str) -> None:
    for name in ("c", "a", "b"):
        await administrator.in_pool("CreateGroup", GroupName=name)
        await administrator.to("AdminAddUserToGroup", GroupName=name)
    named = {"Username": ALICE} if operation.startswith("Admin") else {}

    first = await administrator.in_pool(operation, Limit=2, **named)
    second = await administrator.in_pool(operation, Limit=2, NextToken=first["NextToken"], **named)

    assert [[group["GroupName"] for group in piece["Groups"]] for piece in (first, second)] == [["a", "b"], ["c"]]
    assert "NextToken" not in second


async def test_members_are_listed_in_pieces(
    pool: FakeUserPool, administrator: Administrator, clock: VirtualClock
) -> None:
    await administrator.in_pool("CreateGroup", GroupName="staff")
    for number in range(3):
        clock.move(SECOND)
        pool.add_user(f"user-{number}", PASSWORD)
        await administrator.to("AdminAddUserToGroup", f"user-{number}", GroupName="staff")

    first = await administrator.in_pool("ListUsersInGroup", GroupName="staff", Limit=2)
    second = await administrator.in_pool("ListUsersInGroup", GroupName="staff", Limit=2, NextToken=first["NextToken"])

    assert [user["Username"] for user in (*first["Users"], *second["Users"])] == ["user-0", "user-1", "user-2"]
    assert "NextToken" not in second
