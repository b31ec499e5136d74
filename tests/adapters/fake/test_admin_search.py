"""Looking for users: filters, the attributes that are shown, and long lists in pieces."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authsteps.adapters.fake import FakeUserPool, SigningKeys, User, UserStatus
from tests.adapters.fake.administrator import Administrator, attributes
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import ALICE, BOB, EMAIL, PASSWORD, PHONE, SECOND, Reply, refusal
from tests.conftest import SeededEntropy, VirtualClock

UNREADABLE_FILTER = ("InvalidParameterException", "Error while parsing filter")
READ: Mapping[str, Callable[[User], str | None]] = {
    "username": lambda user: user.username,
    "sub": lambda user: user.sub,
    "email": lambda user: user.attributes.get("email"),
    "phone_number": lambda user: user.attributes.get("phone_number"),
    "name": lambda user: user.attributes.get("name"),
    "given_name": lambda user: user.attributes.get("given_name"),
    "family_name": lambda user: user.attributes.get("family_name"),
    "preferred_username": lambda user: user.attributes.get("preferred_username"),
    "cognito:user_status": lambda user: user.status.value,
    "status": lambda user: "Enabled" if user.enabled else "Disabled",
}
"""What the developer guide says can be searched for."""


def names(reply: Reply) -> list[str]:
    return [user["Username"] for user in reply["Users"]]


@pytest.fixture
def crowd(make_pool: MakePool, clock: VirtualClock) -> FakeUserPool:
    """Users who came one after the other."""
    pool = make_pool()
    for number in range(7):
        pool.add_user(f"user-{number}", PASSWORD, attributes={"name": f"Name {number % 2}"})
        clock.move(SECOND)
    return pool


async def test_all_users_are_listed_the_oldest_first(crowd: FakeUserPool) -> None:
    reply = await Administrator(crowd, crowd.id).in_pool("ListUsers")

    assert names(reply) == [f"user-{number}" for number in range(7)]
    assert "PaginationToken" not in reply
    assert set(reply["Users"][0]) == {
        "Username",
        "Attributes",
        "UserCreateDate",
        "UserLastModifiedDate",
        "Enabled",
        "UserStatus",
    }


@pytest.mark.parametrize("limit", range(1, 9))
async def test_pieces_make_the_whole_and_each_but_the_last_is_full(crowd: FakeUserPool, limit: int) -> None:
    administrator = Administrator(crowd, crowd.id)
    seen: list[list[str]] = []
    token: str | None = None
    while True:
        more: dict[str, Any] = {} if token is None else {"PaginationToken": token}
        reply = await administrator.in_pool("ListUsers", Limit=limit, Filter='username ^= "user"', **more)
        seen.append(names(reply))
        token = reply.get("PaginationToken")
        if token is None:
            break

    assert [name for piece in seen for name in piece] == [f"user-{number}" for number in range(7)]
    assert all(len(piece) == limit for piece in seen[:-1])
    assert seen[-1]


async def test_limit_0_is_no_limit(crowd: FakeUserPool) -> None:
    assert len((await Administrator(crowd, crowd.id).in_pool("ListUsers", Limit=0))["Users"]) == 7


async def test_at_most_60_are_in_a_piece(make_pool: MakePool) -> None:
    pool = make_pool()
    for number in range(61):
        pool.add_user(f"user-{number}", None)
    reply = await Administrator(pool, pool.id).in_pool("ListUsers")

    assert len(reply["Users"]) == 60
    assert reply["PaginationToken"]


async def test_a_token_that_is_none_is_refused(crowd: FakeUserPool) -> None:
    call = Administrator(crowd, crowd.id).in_pool("ListUsers", PaginationToken="none")

    assert (await refusal(call))[0] == "InvalidParameterException"


async def test_only_what_was_asked_for_is_shown(pool: FakeUserPool) -> None:
    administrator = Administrator(pool, pool.id)
    (user,) = (await administrator.in_pool("ListUsers", AttributesToGet=["email", "name", "sub"]))["Users"]

    assert attributes(user["Attributes"]) == {"sub": pool.user(ALICE).sub, "email": EMAIL}
    assert await refusal(administrator.in_pool("ListUsers", AttributesToGet=["email", "nope"])) == (
        "InvalidParameterException",
        "One or more requested attributes do not exist.",
    )


# --- Filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('username = "alice"', [ALICE]),
        ('username="alice"', [ALICE]),
        ('  username   ^=   "a"  ', [ALICE]),
        ('username = "ALICE"', []),
        ('username ^= ""', [ALICE, BOB]),
        ("", [ALICE, BOB]),
        (f'email = "{EMAIL}"', [ALICE]),
        (f'phone_number ^= "{PHONE[:5]}"', [ALICE]),
        ('name = "Bob \\"the\\" Builder \\\\"', [BOB]),
        ('name ^= "Bob \\"the"', [BOB]),
        ('cognito:user_status = "confirmed"', [ALICE]),
        ('cognito:user_status ^= "FORCE"', [BOB]),
        ('status = "Enabled"', [ALICE]),
        ('status = "Disabled"', [BOB]),
        ('status = "enabled"', []),
    ],
)
async def test_a_filter_finds(pool: FakeUserPool, text: str, expected: list[str]) -> None:
    pool.add_user(BOB, PASSWORD, attributes={"name": 'Bob "the" Builder \\'}, temporary=True)
    pool.disable_user(BOB)

    assert sorted(names(await Administrator(pool, pool.id).in_pool("ListUsers", Filter=text))) == expected


@pytest.mark.parametrize(
    "text",
    [
        "username",
        "username =",
        "username = alice",
        'username "alice"',
        'username == "alice"',
        'username = "alice',
        'username = "al"ice"',
        'username = "alice" and name = "x"',
        '= "alice"',
        " ",
    ],
)
async def test_a_filter_that_says_nothing_is_refused(pool: FakeUserPool, text: str) -> None:
    assert await refusal(Administrator(pool, pool.id).in_pool("ListUsers", Filter=text)) == UNREADABLE_FILTER


@pytest.mark.parametrize("name", ["custom:team", "nickname", "Username", "email_verified"])
async def test_not_everything_can_be_searched_for(pool: FakeUserPool, name: str) -> None:
    call = Administrator(pool, pool.id).in_pool("ListUsers", Filter=f'{name} = "x"')

    assert await refusal(call) == ("InvalidParameterException", f"Invalid search attribute: {name}")


VALUES = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=4) | st.sampled_from(
    ["a", "ab", "abc", 'a"', "a\\", "A"]
)
KNOWN = st.dictionaries(st.sampled_from(["name", "given_name", "family_name", "preferred_username"]), VALUES)
PEOPLE = st.lists(st.tuples(st.sampled_from(UserStatus), st.booleans(), KNOWN), max_size=6)


def written(name: str, kind: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name} {kind} "{escaped}"'


@settings(max_examples=200)
@given(people=PEOPLE, name=st.sampled_from([*READ]), is_prefix=st.booleans(), data=st.data())
def test_a_filter_finds_what_a_comprehension_finds(
    signing_keys: SigningKeys,
    people: list[tuple[UserStatus, bool, dict[str, str]]],
    name: str,
    is_prefix: bool,  # noqa: FBT001  # drawn
    data: st.DataObject,
) -> None:
    pool = FakeUserPool(clock=VirtualClock(), entropy=SeededEntropy(), signing_keys=signing_keys)
    for number, (status, enabled, known) in enumerate(people):
        username = f"{'ab'[number % 2]}{number}"
        pool.add_user(username, None, attributes=known)
        user = pool.user(username)
        user.status, user.enabled = status, enabled
    values = {READ[name](user) for user in pool.users}
    present = sorted(value for value in values if value is not None)
    near: st.SearchStrategy[str] = st.sampled_from(present) if present else st.nothing()
    value: str = data.draw(VALUES | near | near.map(lambda value: value[: len(value) // 2 + 1]))

    def folded(text: str) -> str:
        return text.lower() if name == "cognito:user_status" else text

    def fits(user: User) -> bool:
        has = READ[name](user)
        if has is None:
            return False
        return folded(has).startswith(folded(value)) if is_prefix else folded(has) == folded(value)

    text = written(name, "^=" if is_prefix else "=", value)
    found = asyncio.run(Administrator(pool, pool.id).in_pool("ListUsers", Filter=text))

    assert sorted(names(found)) == sorted(user.username for user in pool.users if fits(user))
