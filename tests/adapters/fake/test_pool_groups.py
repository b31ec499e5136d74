"""Groups show in tokens, and what a client may read shows in them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import jwt
import pytest

from authsteps.adapters.fake import FakeUserPool
from tests.adapters.fake.world import ALICE, BOB, EMAIL, PASSWORD, App, tokens_of

ROLE = "arn:aws:iam::123456789012:role/"
A, B = f"{ROLE}a", f"{ROLE}b"


async def claims_of(app: App) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the access and the id token say, verified with the published keys."""
    tokens = await app.tokens()
    published = jwt.PyJWKSet.from_dict(json.loads(json.dumps(await app.pool.jwks())))

    def read(token: str) -> dict[str, Any]:
        key = published[jwt.get_unverified_header(token)["kid"]]
        skipped: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
        return jwt.decode(token, key, algorithms=["RS256"], options=skipped)

    return read(tokens["AccessToken"]), read(tokens["IdToken"])


GROUPS: Mapping[str, tuple[Sequence[tuple[str | None, int | None]], Sequence[str], str | None]] = {
    "none with a role": ([(None, 1), (None, 2)], [], None),
    "one with a role": ([(A, None)], [A], A),
    "the lowest number": ([(A, 2), (B, 1)], [A, B], B),
    "nought is the lowest": ([(A, 1), (B, 0)], [A, B], B),
    "a number before none": ([(A, None), (B, 7)], [A, B], B),
    "none has a number": ([(A, None), (B, None)], [A, B], None),
    "equal numbers, equal roles": ([(A, 1), (A, 1), (B, 2)], [A, B], A),
    "equal numbers, two roles": ([(A, 1), (B, 1)], [A, B], None),
    "a lower number without a role": ([(None, 0), (A, 1)], [A], A),
}


@pytest.mark.parametrize(("groups", "roles", "preferred"), GROUPS.values(), ids=[*GROUPS])
async def test_the_roles_of_groups_stand_in_the_id_token(
    app: App, groups: Sequence[tuple[str | None, int | None]], roles: Sequence[str], preferred: str | None
) -> None:
    """Source: Cognito developer guide, 'Adding groups to a user pool'."""
    for number, (role, precedence) in enumerate(groups):
        app.pool.add_group(f"group-{number}", ALICE, role_arn=role, precedence=precedence)
    access, identity = await claims_of(app)

    assert access["cognito:groups"] == identity["cognito:groups"] == [f"group-{n}" for n in range(len(groups))]
    assert identity.get("cognito:roles", []) == roles
    assert identity.get("cognito:preferred_role") == preferred
    assert not {"cognito:roles", "cognito:preferred_role"} & access.keys()


async def test_whoever_joins_a_group_has_it_in_the_next_tokens(app: App) -> None:
    tokens = await app.tokens()
    app.pool.add_group("staff", ALICE)
    new = tokens_of(await app.refresh(tokens["RefreshToken"]))

    unverified: Any = {"verify_signature": False}
    assert "cognito:groups" not in jwt.decode(tokens["AccessToken"], options=unverified)
    assert jwt.decode(new["AccessToken"], options=unverified)["cognito:groups"] == ["staff"]


def test_a_group_has_a_name_of_its_own_and_users_whom_there_are(pool: FakeUserPool) -> None:
    pool.add_user(BOB, PASSWORD)
    group = pool.add_group("staff", ALICE, BOB, description="all of us")

    assert pool.user(ALICE).groups == pool.user(BOB).groups == ("staff",)
    assert (group.description, group.created) == ("all of us", group.modified)
    with pytest.raises(ValueError, match="has a group 'staff'"):
        pool.add_group("staff")
    with pytest.raises(LookupError, match="no user 'nobody'"):
        pool.add_group("admins", ALICE, "nobody")
    assert pool.user(ALICE).groups == ("staff",), "it is all or nothing"


async def test_only_what_the_client_may_read_stands_in_the_id_token_and_in_the_profile(app: App) -> None:
    shy = app.beside(read_attributes=frozenset({"email"}))
    access, identity = await claims_of(shy)
    tokens = await shy.tokens()
    profile = await shy.call("GetUser", AccessToken=tokens["AccessToken"])

    assert identity["email"] == EMAIL
    assert not {"email_verified", "phone_number"} & (identity.keys() | access.keys())
    assert [pair["Name"] for pair in profile["UserAttributes"]] == ["sub", "email"]
