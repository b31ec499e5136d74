"""PreTokenGeneration in the pool: on which occasions it is asked, what it is told, and what becomes of the tokens."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import jwt
import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import DeviceConfiguration, FakeUserPool, UserStatus
from authsteps.adapters.lambda_triggers import FunctionRaisedError, TokenGenerationVersion, Trigger
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import FAILURES, Failure, Functions, hang_up_at, in_no_time
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    DISABLED,
    EMAIL,
    MINUTE,
    NEW_PASSWORD,
    PASSWORD,
    SECOND,
    App,
    Refusal,
    Reply,
    inside,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

TOKENS = Trigger.PRE_TOKEN_GENERATION
V1, V2, V3 = TokenGenerationVersion
REUSED = ("RefreshTokenReuseException", "Refresh token has been reused")
REVOKED = ("NotAuthorizedException", "Refresh Token has been revoked")
INVALID = ("NotAuthorizedException", "Invalid Refresh Token")
UNREADABLE = ("InvalidLambdaResponseException", "Unrecognizable lambda output")


@pytest.fixture
def functions() -> Functions:
    return Functions()


def make_app(
    make_pool: MakePool, clock: VirtualClock, functions: Functions, version: TokenGenerationVersion = V1, **client: Any
) -> App:
    pool: FakeUserPool = make_pool(triggers=functions.behind(TOKENS, token_generation=version))
    pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
    pool.add_group("staff", ALICE, role_arn="arn:aws:iam::123456789012:role/staff")
    return App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS, **client))


@pytest.fixture
def app(make_pool: MakePool, clock: VirtualClock, functions: Functions) -> App:
    return make_app(make_pool, clock, functions)


async def claims(app: App, tokens: Reply, kind: str) -> dict[str, Any]:
    """What a token says to a stranger who knows nothing but the published key set."""
    published = jwt.PyJWKSet.from_dict(json.loads(json.dumps(await app.pool.jwks())))
    key = published[jwt.get_unverified_header(tokens[kind])["kid"]]
    skipped: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": False}
    return jwt.decode(tokens[kind], key, algorithms=["RS256"], issuer=app.pool.issuer, options=skipped)


# --- What it is told -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("version", "wire"), [(V1, "1"), (V2, "2"), (V3, "3")])
async def test_it_is_told_of_the_user_and_the_groups_and_of_scopes_from_the_second_version_on(
    make_pool: MakePool, clock: VirtualClock, functions: Functions, version: TokenGenerationVersion, wire: str
) -> None:
    app = make_app(make_pool, clock, functions, version)
    await app.tokens()
    (event,) = functions.events(TOKENS)

    scopes = {} if version is V1 else {"scopes": ["aws.cognito.signin.user.admin"]}
    role = "arn:aws:iam::123456789012:role/staff"
    assert event["version"] == wire
    assert event["request"] == {
        "userAttributes": {
            "sub": app.pool.user(ALICE).sub,
            "cognito:user_status": "CONFIRMED",
            "email": EMAIL,
            "email_verified": "true",
        },
        "groupConfiguration": {
            "groupsToOverride": ["staff"],
            "iamRolesToOverride": [role],
            "preferredRole": role,
        },
        **scopes,
    }


async def test_the_occasion_is_a_new_password_if_one_was_demanded(app: App, functions: Functions) -> None:
    app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    tokens_of(await app.answer(await app.by_password(), NEW_PASSWORD))
    await app.tokens(ALICE, NEW_PASSWORD)

    assert functions.sources == ["TokenGeneration_NewPasswordChallenge", "TokenGeneration_Authentication"]


# --- What becomes of the tokens --------------------------------------------------------------------------------------


async def test_the_first_version_changes_the_id_token_and_groups_in_both(app: App, functions: Functions) -> None:
    functions.does[TOKENS] = lambda _: {
        "claimsOverrideDetails": {
            "claimsToAddOrOverride": {"tier": "gold", "sub": "someone-else"},
            "claimsToSuppress": ["email"],
            "groupOverrideDetails": {"groupsToOverride": ["day"]},
        }
    }
    tokens = await app.tokens()
    identity, access = await claims(app, tokens, "IdToken"), await claims(app, tokens, "AccessToken")

    assert (identity["tier"], identity["sub"], identity.get("email")) == ("gold", app.pool.user(ALICE).sub, None)
    assert "tier" not in access
    assert identity["cognito:groups"] == access["cognito:groups"] == ["day"]
    assert app.pool.user(ALICE).groups == ("staff",), "it shows in tokens only"


@pytest.mark.parametrize("said", [{}, None])
async def test_groups_that_are_overridden_by_nothing_are_gone(app: App, functions: Functions, said: object) -> None:
    functions.does[TOKENS] = lambda _: {"claimsOverrideDetails": {"groupOverrideDetails": said}}
    tokens = await app.tokens()

    for kind in ("IdToken", "AccessToken"):
        assert "cognito:groups" not in await claims(app, tokens, kind)


@pytest.mark.parametrize("version", [V2, V3])
async def test_the_later_versions_change_both_tokens_and_the_scopes(
    make_pool: MakePool, clock: VirtualClock, functions: Functions, version: TokenGenerationVersion
) -> None:
    app = make_app(make_pool, clock, functions, version)
    functions.does[TOKENS] = lambda _: {
        "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": {"claimsToAddOrOverride": {"tier": 1}},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"tier": [1, 2]},
                "scopesToAdd": ["read"],
                "scopesToSuppress": ["aws.cognito.signin.user.admin"],
            },
        }
    }
    tokens = await app.tokens()

    assert (await claims(app, tokens, "IdToken"))["tier"] == 1
    access = await claims(app, tokens, "AccessToken")
    assert (access["tier"], access["scope"]) == ([1, 2], "read")
    assert await refusal(app.call("GetUser", AccessToken=tokens["AccessToken"])) == (
        "NotAuthorizedException",
        "Access Token does not have required scopes",
    )


BAD: Mapping[str, Mapping[str, Any]] = {
    "a claim that is no text": {"claimsOverrideDetails": {"claimsToAddOrOverride": {"tier": 1}}},
    "a name that is no list": {"claimsOverrideDetails": {"claimsToSuppress": "email"}},
    "other letter case": {"ClaimsOverrideDetails": {}},
    "5,001 changes": {"claimsOverrideDetails": {"claimsToSuppress": [f"claim{count}" for count in range(5001)]}},
    "half a letter": {"claimsOverrideDetails": {"claimsToAddOrOverride": {"tier": "\ud800"}}},
}


@pytest.mark.parametrize("said", BAD.values(), ids=[*BAD])
async def test_an_answer_that_cannot_be_followed_gives_no_tokens(
    app: App, functions: Functions, said: Mapping[str, Any]
) -> None:
    functions.does[TOKENS] = lambda _: said

    assert await refusal(app.by_password()) == UNREADABLE
    assert not app.pool.user(ALICE).families
    functions.does.clear()
    assert await app.tokens()


# --- Refreshing ------------------------------------------------------------------------------------------------------


async def refresh_by_initiate(app: App, token: str) -> Reply:
    return await app.call(
        "InitiateAuth",
        AuthFlow="REFRESH_TOKEN_AUTH",
        ClientId=app.client.client_id,
        AuthParameters={"REFRESH_TOKEN": token},
    )


both_ways = pytest.mark.parametrize("refresh", [App.refresh, refresh_by_initiate], ids=["operation", "flow"])
Refresh = Callable[[App, str], Awaitable[Reply]]


@both_ways
async def test_refreshed_tokens_are_customised_anew(app: App, functions: Functions, refresh: Refresh) -> None:
    tokens = await app.tokens()
    functions.does[TOKENS] = lambda _: {"claimsOverrideDetails": {"claimsToAddOrOverride": {"tier": "gold"}}}
    fresh = tokens_of(await refresh(app, tokens["RefreshToken"]))

    assert (await claims(app, fresh, "IdToken"))["tier"] == "gold"
    assert functions.sources[-1] == "TokenGeneration_RefreshTokens"


async def test_a_refresh_may_be_told_as_a_sign_in_where_it_has_an_operation_of_its_own(
    app: App, functions: Functions
) -> None:
    """One table of the developer guide has it so, another does not."""
    app.pool.settings.refreshes_by_operation_as_sign_in = True
    token = (await app.tokens())["RefreshToken"]
    functions.told.clear()
    await app.refresh(token)
    await refresh_by_initiate(app, token)

    assert functions.sources == ["TokenGeneration_Authentication", "TokenGeneration_RefreshTokens"]


@both_ways
@pytest.mark.parametrize("failure", FAILURES.values(), ids=[*FAILURES])
async def test_a_refresh_that_the_trigger_refuses_can_be_tried_again(
    app: App, functions: Functions, refresh: Refresh, failure: Failure
) -> None:
    tokens = await app.tokens()
    inside(app.pool).triggers = functions.behind(TOKENS, **in_no_time())
    failure.breaks(functions, TOKENS)
    assert await refusal(refresh(app, tokens["RefreshToken"])) == failure.told(TOKENS)

    functions.mend()
    assert tokens_of(await refresh(app, tokens["RefreshToken"]))


@both_ways
async def test_a_refresh_that_is_hung_up_on_can_be_tried_again(
    make_pool: MakePool, clock: VirtualClock, functions: Functions, refresh: Refresh, each_backend: str
) -> None:
    """Though the token is rotated, and has no grace."""
    rotation: dict[str, Any] = {"rotation_grace": 0 * SECOND} if refresh is App.refresh else {}
    app = make_app(make_pool, clock, functions, **rotation)
    token = (await app.tokens())["RefreshToken"]
    functions.told.clear()
    await hang_up_at(functions, TOKENS, refresh(app, token))

    assert tokens_of(await refresh(app, token))


async def test_a_token_that_is_rotated_is_not_lost_where_the_trigger_refuses(
    make_pool: MakePool, clock: VirtualClock, functions: Functions
) -> None:
    app = make_app(make_pool, clock, functions, rotation_grace=0 * SECOND)
    old = (await app.tokens())["RefreshToken"]
    functions.raises[TOKENS] = FunctionRaisedError(TOKENS, "not now")
    for _ in range(3):
        assert (await refusal(app.refresh(old)))[0] == "UserLambdaValidationException"
    (family,) = app.pool.user(ALICE).families.values()
    assert len(family.refresh_tokens) == 1

    functions.mend()
    new = tokens_of(await app.refresh(old))["RefreshToken"]
    assert await refusal(app.refresh(old)) == REUSED
    assert tokens_of(await app.refresh(new))


async def test_of_two_refreshes_at_once_with_a_token_that_has_no_grace_one_is_late(
    make_pool: MakePool, clock: VirtualClock, functions: Functions, each_backend: str
) -> None:
    """Though both were let through to the trigger, which takes its time."""
    app = make_app(make_pool, clock, functions, rotation_grace=0 * SECOND)
    old = (await app.tokens())["RefreshToken"]
    functions.meanwhile[TOKENS] = lambda: None  # so that it waits a little
    outcomes: list[str] = []

    async def try_it() -> None:
        try:
            outcomes.append(str(sorted(tokens_of(await app.refresh(old)))))
        except ServiceError as error:
            outcomes.append(error.code)

    async with anyio.create_task_group() as group:
        for _ in range(2):
            group.start_soon(try_it)
    assert sorted(outcome[:2] for outcome in outcomes) == ["Re", "['"]
    assert functions.sources.count("TokenGeneration_RefreshTokens") == 2


MEANWHILE: Mapping[str, tuple[Callable[[App], object], Refusal]] = {
    "deleted": (lambda app: app.pool.delete_user(ALICE), INVALID),
    "disabled": (lambda app: app.pool.disable_user(ALICE), REVOKED),
    "locked": (lambda app: setattr(app.pool.user(ALICE), "enabled", False), DISABLED),
    "without its client": (
        lambda app: app.pool.remove_client(app.client.client_id),
        ("ResourceNotFoundException", ""),
    ),
}


@both_ways
@pytest.mark.parametrize(("happens", "expected"), MEANWHILE.values(), ids=[*MEANWHILE])
async def test_what_happens_while_the_trigger_thinks_counts(
    app: App, functions: Functions, refresh: Refresh, happens: Callable[[App], object], expected: Refusal
) -> None:
    tokens = await app.tokens()
    functions.meanwhile[TOKENS] = lambda: happens(app)
    code, text = await refusal(refresh(app, tokens["RefreshToken"]))

    assert code == expected[0]
    assert text.startswith(expected[1])


async def test_an_access_token_opens_what_it_did_whatever_else_it_says(app: App, functions: Functions) -> None:
    functions.does[TOKENS] = lambda _: {"claimsOverrideDetails": {"claimsToAddOrOverride": {"x": "y"}}}
    tokens = await app.tokens()
    app.clock.move(MINUTE)

    assert (await app.call("GetUser", AccessToken=tokens["AccessToken"]))["Username"] == ALICE


async def test_a_device_is_tracked_as_ever(app: App) -> None:
    app.pool.settings.devices = DeviceConfiguration()

    tokens = await app.tokens()
    assert (await claims(app, tokens, "AccessToken"))["device_key"] == tokens["NewDeviceMetadata"]["DeviceKey"]
