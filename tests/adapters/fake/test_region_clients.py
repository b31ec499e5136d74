"""App clients over the wire: what one is if nothing is said, what requests make of it, and that replies tell it all."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import Client, ExistenceErrors, ExplicitAuthFlow, FakeCognito, FakeUserPool, SigningKeys
from authsteps.engine.messages import Secret
from tests.adapters.fake.administrator import Administrator
from tests.adapters.fake.model import input_of
from tests.adapters.fake.world import (
    ALICE,
    HOUR,
    MINUTE,
    PASSWORD,
    SECOND,
    App,
    Refusal,
    Reply,
    constraint,
    refusal,
    tokens_of,
)
from tests.conftest import SeededEntropy, VirtualClock

INVALID = "InvalidParameterException"
SECRET = "abcdefghijklmnopqrstuvwxyz0123456789"
CALLBACK = "https://example.com/callback"


@pytest.fixture
def cognito(clock: VirtualClock, entropy: SeededEntropy, signing_keys: SigningKeys, pool: FakeUserPool) -> FakeCognito:
    """A Cognito with the pool in which Alice is."""
    cognito = FakeCognito(clock=clock, entropy=entropy, signing_keys=signing_keys)
    cognito.add_pool(pool)
    return cognito


@pytest.fixture
def administrator(cognito: FakeCognito, pool: FakeUserPool) -> Administrator:
    """Looks after it."""
    return Administrator(cognito, pool.id)


async def create(administrator: Administrator, **members: Any) -> Reply:
    return cast(
        "Reply",
        (await administrator.in_pool("CreateUserPoolClient", **{"ClientName": "app", **members}))["UserPoolClient"],
    )


async def described(administrator: Administrator, client_id: str) -> Reply:
    return cast("Reply", (await administrator.in_pool("DescribeUserPoolClient", ClientId=client_id))["UserPoolClient"])


def client_of(pool: FakeUserPool, client_id: str) -> Client:
    return next(client for client in pool.clients if client.client_id == client_id)


async def test_a_client_of_which_nothing_is_said_has_the_services_defaults(
    administrator: Administrator, pool: FakeUserPool, clock: VirtualClock
) -> None:
    made = await create(administrator)

    client_id = made.pop("ClientId")
    assert re.fullmatch("[a-z0-9]{26}", client_id)
    now = clock.now().timestamp()
    assert made == {
        "UserPoolId": pool.id,
        "ClientName": "app",
        "CreationDate": now,
        "LastModifiedDate": now,
        "RefreshTokenValidity": 30,
        "TokenValidityUnits": {},
        "ExplicitAuthFlows": [],
        "AllowedOAuthFlowsUserPoolClient": False,
        "PreventUserExistenceErrors": "LEGACY",
        "EnableTokenRevocation": True,
        "EnablePropagateAdditionalUserContextData": False,
        "AuthSessionValidity": 3,
    }
    assert client_of(pool, client_id) == Client(client_id, "app")


SAID: Mapping[str, Any] = {
    "RefreshTokenValidity": 90,
    "AccessTokenValidity": 30,
    "IdTokenValidity": 2,
    "TokenValidityUnits": {"AccessToken": "minutes", "IdToken": "hours", "RefreshToken": "minutes"},
    "ReadAttributes": ["email", "name"],
    "WriteAttributes": ["name"],
    "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH", "ALLOW_USER_AUTH"],
    "SupportedIdentityProviders": ["COGNITO"],
    "CallbackURLs": [CALLBACK],
    "LogoutURLs": ["https://example.com/bye"],
    "DefaultRedirectURI": CALLBACK,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid"],
    "AllowedOAuthFlowsUserPoolClient": True,
    "AnalyticsConfiguration": {"ApplicationId": "abc"},
    "PreventUserExistenceErrors": "ENABLED",
    "EnableTokenRevocation": False,
    "EnablePropagateAdditionalUserContextData": True,
    "AuthSessionValidity": 15,
    "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10},
}


async def test_what_is_said_is_told_and_done(administrator: Administrator, pool: FakeUserPool) -> None:
    said = {**SAID, "IdTokenValidity": 1}
    made = await create(administrator, GenerateSecret=True, **said)

    assert {name: made[name] for name in said} == said
    assert re.fullmatch("[a-z0-9]{51}", made["ClientSecret"])
    assert await described(administrator, made["ClientId"]) == made
    assert client_of(pool, made["ClientId"]) == Client(
        made["ClientId"],
        "app",
        Secret(made["ClientSecret"]),
        explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_USER_SRP_AUTH, ExplicitAuthFlow.ALLOW_USER_AUTH}),
        auth_session_validity=15 * MINUTE,
        refresh_token_validity=90 * MINUTE,
        access_token_validity=30 * MINUTE,
        id_token_validity=HOUR,
        prevent_user_existence_errors=ExistenceErrors.ENABLED,
        enable_token_revocation=False,
        rotation_grace=10 * SECOND,
        read_attributes=frozenset({"email", "name"}),
        write_attributes=frozenset({"name"}),
    )


async def test_what_is_absent_or_unknown_in_a_structure_is_not_told(
    administrator: Administrator, pool: FakeUserPool
) -> None:
    units = {"AccessToken": None, "IdToken": "hours", "Stray": "days"}
    request = {"UserPoolId": pool.id, "ClientName": "app", "TokenValidityUnits": units, "CallbackURLs": None}

    made = (await administrator.send("CreateUserPoolClient", request))["UserPoolClient"]
    assert made["TokenValidityUnits"] == {"IdToken": "hours"}
    assert "CallbackURLs" not in made


async def test_a_secret_may_be_brought_along(administrator: Administrator) -> None:
    assert (await create(administrator, ClientSecret=SECRET))["ClientSecret"] == SECRET
    assert (await refusal(create(administrator, ClientSecret=SECRET, GenerateSecret=True)))[0] == INVALID


async def test_a_change_sets_what_it_does_not_name_to_its_default(
    administrator: Administrator, clock: VirtualClock
) -> None:
    plain = await create(administrator)
    made = await create(administrator, ClientName="mine", ClientSecret=SECRET, **{**SAID, "IdTokenValidity": 1})
    clock.move(MINUTE)
    changed = (await administrator.in_pool("UpdateUserPoolClient", ClientId=made["ClientId"]))["UserPoolClient"]

    assert changed == {
        **plain,
        "ClientId": made["ClientId"],
        "ClientName": "mine",
        "ClientSecret": SECRET,
        "LastModifiedDate": made["CreationDate"] + 60,
    }
    assert await described(administrator, made["ClientId"]) == changed


async def test_a_change_says_all_that_a_beginning_says(administrator: Administrator) -> None:
    made = await create(administrator)
    said = {**SAID, "IdTokenValidity": 1, "ClientName": "other"}
    changed = await administrator.in_pool("UpdateUserPoolClient", ClientId=made["ClientId"], **said)

    assert {name: changed["UserPoolClient"][name] for name in said} == said


async def test_a_change_counts_from_the_next_sign_in_on(
    administrator: Administrator, pool: FakeUserPool, clock: VirtualClock
) -> None:
    made = await create(administrator, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])
    app = App(pool, clock, client_of(pool, made["ClientId"]))
    assert tokens_of(await app.by_password())["ExpiresIn"] == 3600
    await administrator.in_pool(
        "UpdateUserPoolClient",
        ClientId=made["ClientId"],
        ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
        AccessTokenValidity=2,
    )

    assert tokens_of(await app.by_password())["ExpiresIn"] == 7200


OLD_FLOWS: Mapping[str, set[ExplicitAuthFlow]] = {
    "ADMIN_NO_SRP_AUTH": {
        ExplicitAuthFlow.ALLOW_ADMIN_USER_PASSWORD_AUTH,
        ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
        ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
        ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
    },
    "USER_PASSWORD_AUTH": {
        ExplicitAuthFlow.ALLOW_USER_PASSWORD_AUTH,
        ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
        ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
        ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
    },
    "CUSTOM_AUTH_FLOW_ONLY": {ExplicitAuthFlow.ALLOW_CUSTOM_AUTH, ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH},
    "USER_PASSWORD_AUTH CUSTOM_AUTH_FLOW_ONLY": {
        ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
        ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
    },
}


@pytest.mark.parametrize(("names", "meant"), OLD_FLOWS.items())
async def test_old_names_of_flows_are_understood_and_told(
    administrator: Administrator, pool: FakeUserPool, names: str, meant: set[ExplicitAuthFlow]
) -> None:
    made = await create(administrator, ExplicitAuthFlows=names.split())

    assert made["ExplicitAuthFlows"] == names.split()
    assert client_of(pool, made["ClientId"]).auth_flows == meant


ONLY_CUSTOM = ("InvalidParameterException", "Only custom auth (lambda driven) is enabled for this client.")


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "USER_PASSWORD_AUTH", "USER_AUTH", "ADMIN_USER_PASSWORD_AUTH"])
async def test_a_client_that_was_made_for_custom_authentication_alone_says_so(
    administrator: Administrator, pool: FakeUserPool, flow: str
) -> None:
    made = await create(administrator, ExplicitAuthFlows=["CUSTOM_AUTH_FLOW_ONLY"])
    modern = await create(administrator, ExplicitAuthFlows=["ALLOW_CUSTOM_AUTH"])
    by_administrator = flow.startswith("ADMIN")
    operation = "AdminInitiateAuth" if by_administrator else "InitiateAuth"
    named: dict[str, Json] = {"UserPoolId": pool.id} if by_administrator else {}

    async def begin(client_id: Json) -> Refusal:
        parameters = {"USERNAME": ALICE, "PASSWORD": PASSWORD, "SRP_A": "a" * 8}
        call = pool.call(operation, {"ClientId": client_id, "AuthFlow": flow, "AuthParameters": parameters, **named})
        return await refusal(call)

    assert await begin(made["ClientId"]) == ONLY_CUSTOM
    assert (await begin(modern["ClientId"]))[1] != ONLY_CUSTOM[1]


async def test_it_may_use_custom_authentication_and_refresh_and_is_changed_like_any(
    administrator: Administrator, pool: FakeUserPool, clock: VirtualClock
) -> None:
    made = await create(administrator, ExplicitAuthFlows=["CUSTOM_AUTH_FLOW_ONLY"])
    app = App(pool, clock, client_of(pool, made["ClientId"]))
    assert (await refusal(app.initiate("CUSTOM_AUTH", ALICE)))[0] == "InvalidUserPoolConfigurationException"
    assert (await refusal(app.initiate("REFRESH_TOKEN_AUTH", ALICE, REFRESH_TOKEN="none")))[1] == (
        "Invalid Refresh Token"
    )

    assert client_of(pool, made["ClientId"]).only_custom_auth
    await administrator.in_pool("UpdateUserPoolClient", ClientId=made["ClientId"])
    assert not client_of(pool, made["ClientId"]).only_custom_auth


async def test_a_rotation_that_is_off_is_told_and_not_done(administrator: Administrator, pool: FakeUserPool) -> None:
    off = {"Feature": "DISABLED", "RetryGracePeriodSeconds": 10}
    made = await create(administrator, RefreshTokenRotation=off)

    assert made["RefreshTokenRotation"] == off
    assert client_of(pool, made["ClientId"]).rotation_grace is None


@pytest.mark.parametrize(
    ("members", "access", "refresh"),
    [
        ({}, HOUR, timedelta(days=30)),
        ({"RefreshTokenValidity": 0}, HOUR, timedelta(days=30)),
        ({"AccessTokenValidity": 24}, timedelta(days=1), timedelta(days=30)),
        ({"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "minutes"}}, 5 * MINUTE, timedelta(days=30)),
        ({"AccessTokenValidity": 1, "TokenValidityUnits": {"AccessToken": "days"}}, 24 * HOUR, timedelta(days=30)),
        ({"RefreshTokenValidity": 1, "TokenValidityUnits": {"RefreshToken": "hours"}}, HOUR, HOUR),
        ({"RefreshTokenValidity": 3600, "TokenValidityUnits": {"RefreshToken": "seconds"}}, HOUR, HOUR),
        ({"RefreshTokenValidity": 3650}, HOUR, timedelta(days=3650)),
    ],
)
async def test_tokens_live_as_long_as_is_said_in_the_unit_that_is_said(
    administrator: Administrator, pool: FakeUserPool, members: Mapping[str, Any], access: timedelta, refresh: timedelta
) -> None:
    client = client_of(pool, (await create(administrator, **members))["ClientId"])

    assert (client.access_token_validity, client.refresh_token_validity) == (access, refresh)


OUT_OF_RANGE = (INVALID, "Invalid range for token validity.")
TOO_LONG = (INVALID, "Access and ID tokens must not be valid for longer than refresh tokens")
REFUSED: Mapping[str, tuple[Mapping[str, Any], Refusal]] = {
    "access too long": ({"AccessTokenValidity": 25}, OUT_OF_RANGE),
    "access too short": (
        {"AccessTokenValidity": 4, "TokenValidityUnits": {"AccessToken": "minutes"}},
        OUT_OF_RANGE,
    ),
    "identity too long": ({"IdTokenValidity": 25}, OUT_OF_RANGE),
    "refresh too long": ({"RefreshTokenValidity": 3651}, OUT_OF_RANGE),
    "refresh too short": (
        {"RefreshTokenValidity": 59, "TokenValidityUnits": {"RefreshToken": "minutes"}},
        OUT_OF_RANGE,
    ),
    "access longer than refresh": (
        {"AccessTokenValidity": 2, "RefreshTokenValidity": 1, "TokenValidityUnits": {"RefreshToken": "hours"}},
        TOO_LONG,
    ),
    "identity longer than refresh": (
        {"IdTokenValidity": 2, "RefreshTokenValidity": 1, "TokenValidityUnits": {"RefreshToken": "hours"}},
        TOO_LONG,
    ),
    "old and new names of flows": (
        {"ExplicitAuthFlows": ["USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]},
        (INVALID, "ExplicitAuthFlows must not mix names with and without the prefix ALLOW_"),
    ),
    "rotation, and refreshing as before": (
        {"RefreshTokenRotation": {"Feature": "ENABLED"}, "ExplicitAuthFlows": ["ALLOW_REFRESH_TOKEN_AUTH"]},
        (INVALID, "Refresh token rotation excludes ALLOW_REFRESH_TOKEN_AUTH"),
    ),
    "a redirect that is not registered": (
        {"DefaultRedirectURI": CALLBACK},
        (INVALID, "DefaultRedirectURI must be one of CallbackURLs"),
    ),
    "an unknown flow": (
        {"ExplicitAuthFlows": ["MAGIC"]},
        constraint(
            "Value '[MAGIC]' at 'explicitAuthFlows' failed to satisfy constraint: Member must satisfy constraint: "
            "[Member must satisfy enum value set: [ADMIN_NO_SRP_AUTH, CUSTOM_AUTH_FLOW_ONLY, USER_PASSWORD_AUTH, "
            "ALLOW_ADMIN_USER_PASSWORD_AUTH, ALLOW_CUSTOM_AUTH, ALLOW_USER_PASSWORD_AUTH, ALLOW_USER_SRP_AUTH, "
            "ALLOW_REFRESH_TOKEN_AUTH, ALLOW_USER_AUTH]]"
        ),
    ),
    "a session that is too long": (
        {"AuthSessionValidity": 16},
        constraint(
            "Value '16' at 'authSessionValidity' failed to satisfy constraint: Member must have value less than or "
            "equal to 15"
        ),
    ),
}
UNKNOWN_ATTRIBUTES: Mapping[str, Mapping[str, Any]] = {
    "read": {"ReadAttributes": ["custom:nope"]},
    "write": {"WriteAttributes": ["custom:nope"]},
}


@pytest.mark.parametrize(("members", "expected"), REFUSED.values(), ids=[*REFUSED])
async def test_a_client_that_cannot_be_is_refused(
    administrator: Administrator, pool: FakeUserPool, members: Mapping[str, Any], expected: Refusal
) -> None:
    before = pool.clients

    assert await refusal(create(administrator, **members)) == expected
    change = administrator.in_pool("UpdateUserPoolClient", ClientId=pool.client.client_id, **members)
    assert await refusal(change) == expected
    assert pool.clients == before


@pytest.mark.parametrize("kind", UNKNOWN_ATTRIBUTES)
async def test_attributes_that_nobody_has_are_refused(
    administrator: Administrator, pool: FakeUserPool, kind: str
) -> None:
    members = UNKNOWN_ATTRIBUTES[kind]
    change = administrator.in_pool("UpdateUserPoolClient", ClientId=pool.client.client_id, **members)

    assert await refusal(create(administrator, **members)) == (
        INVALID,
        f"Invalid {kind} attributes specified while creating a client",
    )
    assert await refusal(change) == (INVALID, f"Invalid {kind} attributes specified while updating a client")


@pytest.mark.parametrize("names", [["sub"], ["email_verified"], ["phone_number_verified", "name"], ["nickname"]])
async def test_what_nobody_may_write_and_what_lacks_the_required_is_refused(
    administrator: Administrator, pool: FakeUserPool, names: list[str]
) -> None:
    pool.settings.required_attributes = ("name",)

    assert (await refusal(create(administrator, WriteAttributes=names)))[1] == (
        "Invalid write attributes specified while creating a client"
    )


# --- Lists and ends ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", ["DescribeUserPoolClient", "UpdateUserPoolClient", "DeleteUserPoolClient"])
async def test_a_client_that_does_not_exist_is_not_found(administrator: Administrator, operation: str) -> None:
    assert await refusal(administrator.in_pool(operation, ClientId="unknown")) == (
        "ResourceNotFoundException",
        "User pool client unknown does not exist.",
    )


async def test_a_client_of_another_pool_is_not_found(cognito: FakeCognito, pool: FakeUserPool) -> None:
    other = Administrator(cognito, "")
    other.user_pool_id = (await other.call("CreateUserPool", PoolName="other"))["UserPool"]["Id"]

    assert (await refusal(other.in_pool("DescribeUserPoolClient", ClientId=pool.client.client_id)))[0] == (
        "ResourceNotFoundException"
    )


async def test_clients_are_listed_in_pieces(administrator: Administrator, pool: FakeUserPool) -> None:
    made = {(await create(administrator, ClientName=f"app {number}"))["ClientId"] for number in range(2)}
    first = await administrator.in_pool("ListUserPoolClients", MaxResults=2)
    second = await administrator.in_pool("ListUserPoolClients", MaxResults=2, NextToken=first["NextToken"])

    listed = [*first["UserPoolClients"], *second["UserPoolClients"]]
    assert {client["ClientId"] for client in listed} == {*made, pool.client.client_id}
    assert {client["ClientName"] for client in listed} == {"app", "app 0", "app 1"}
    assert len(listed) == 3
    assert "NextToken" not in second


async def test_what_was_issued_to_a_deleted_client_dies(
    administrator: Administrator, pool: FakeUserPool, app: App
) -> None:
    tokens = await app.tokens()
    await administrator.in_pool("DeleteUserPoolClient", ClientId=app.client.client_id)

    assert await refusal(app.call("GetUser", AccessToken=tokens["AccessToken"])) == (
        "NotAuthorizedException",
        "Invalid Access Token",
    )
    assert (await refusal(app.refresh(tokens["RefreshToken"])))[0] == "ResourceNotFoundException"
    assert not pool.clients
    with pytest.raises(LookupError, match="no app client"):
        pool.backend()


async def test_a_client_that_was_made_elsewhere_is_told_of_too(
    administrator: Administrator, pool: FakeUserPool
) -> None:
    client = pool.add_client(
        name="made elsewhere",
        with_secret=True,
        explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_USER_SRP_AUTH}),
        access_token_validity=90 * MINUTE,
        refresh_token_validity=timedelta(hours=30),
        rotation_grace=5 * SECOND,
    )

    told = await described(administrator, client.client_id)
    assert {name: told[name] for name in ("ClientName", "ExplicitAuthFlows", "RefreshTokenRotation")} == {
        "ClientName": "made elsewhere",
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 5},
    }
    assert (told["AccessTokenValidity"], told["IdTokenValidity"], told["RefreshTokenValidity"]) == (90, 90, 30)
    assert told["TokenValidityUnits"] == {"AccessToken": "minutes", "IdToken": "minutes", "RefreshToken": "hours"}


def test_a_client_that_is_not_there_cannot_be_forgotten(pool: FakeUserPool) -> None:
    with pytest.raises(LookupError):
        pool.remove_client("unknown")


# --- There and back ---------------------------------------------------------------------------------------------------


def seconds(low: timedelta, high: timedelta) -> st.SearchStrategy[timedelta]:
    whole = st.integers(low // SECOND, high // SECOND).map(lambda count: count * SECOND)
    return whole | st.sampled_from([low, HOUR, timedelta(days=1), high])


@st.composite
def clients(draw: st.DrawFn) -> Client:
    refresh = draw(seconds(HOUR, timedelta(days=3650)))
    longest = min(timedelta(days=1), refresh)
    grace = draw(st.none() | st.integers(0, 60).map(lambda count: count * SECOND))
    flows = draw(st.frozensets(st.sampled_from(ExplicitAuthFlow)))
    return Client(
        client_id="before",
        name=draw(st.sampled_from(["app", "an app"])),
        client_secret=draw(st.none() | st.just(Secret(SECRET))),
        explicit_auth_flows=flows if grace is None else flows - {ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH},
        auth_session_validity=draw(st.integers(3, 15)) * MINUTE,
        refresh_token_validity=refresh,
        access_token_validity=draw(seconds(5 * MINUTE, longest).filter(lambda validity: validity <= longest)),
        id_token_validity=draw(seconds(5 * MINUTE, longest).filter(lambda validity: validity <= longest)),
        prevent_user_existence_errors=draw(st.sampled_from(ExistenceErrors)),
        enable_token_revocation=draw(st.booleans()),
        rotation_grace=grace,
        read_attributes=draw(st.none() | st.frozensets(st.sampled_from(["email", "sub", "name"]), min_size=1)),
        write_attributes=draw(st.none() | st.frozensets(st.sampled_from(["email", "name"]), min_size=1)),
    )


@settings(max_examples=150)
@given(wanted=clients())
def test_what_is_told_of_a_client_makes_another_like_it(signing_keys: SigningKeys, wanted: Client) -> None:
    async def there_and_back() -> None:
        clock = VirtualClock()
        pool = FakeUserPool(clock=clock, entropy=SeededEntropy(), signing_keys=signing_keys)
        cognito = FakeCognito(clock=clock, entropy=SeededEntropy(), signing_keys=signing_keys)
        cognito.add_pool(pool)
        pool.put_client(wanted)
        administrator = Administrator(cognito, pool.id)
        told = await described(administrator, "before")
        asked = {
            name: value
            for name, value in told.items()
            if name in {*input_of("CreateUserPoolClient").members, "ClientSecret"}
        }
        made = await create(administrator, **asked)

        assert client_of(pool, made["ClientId"]) == attrs.evolve(wanted, client_id=made["ClientId"])
        assert {**made, "ClientId": "before"} == told

    asyncio.run(there_and_back())


async def test_alice_signs_in_through_a_client_that_was_asked_for(
    administrator: Administrator, pool: FakeUserPool, clock: VirtualClock
) -> None:
    made = await create(administrator, GenerateSecret=True)

    assert tokens_of(await App(pool, clock, client_of(pool, made["ClientId"])).by_srp(ALICE, PASSWORD))
