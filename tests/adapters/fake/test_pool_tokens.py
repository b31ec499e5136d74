"""Tokens through the operations: what they say, who can verify them, how they are refreshed, and what ends them."""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, TypeAlias

import anyio
import jwt
import pytest

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import ExplicitAuthFlow, FakeUserPool, SigningKeys, UserStatus
from authsteps.adapters.fake.tokens import Origin, TokenIssuer
from tests.adapters.fake import model
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    DAY,
    DISABLED,
    EMAIL,
    HOUR,
    MINUTE,
    MS,
    NEW_PASSWORD,
    NO_SUCH_USER,
    PASSWORD,
    RESET_REQUIRED,
    SECOND,
    TOTP_STEP,
    UNCONFIRMED,
    App,
    Refusal,
    Reply,
    inside,
    missing,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

INVALID = ("NotAuthorizedException", "Invalid Access Token")
EXPIRED = ("NotAuthorizedException", "Access Token has expired")
REVOKED = ("NotAuthorizedException", "Access Token has been revoked")
REFRESH_INVALID = ("NotAuthorizedException", "Invalid Refresh Token")
REFRESH_EXPIRED = ("NotAuthorizedException", "Refresh Token has expired")
REFRESH_REVOKED = ("NotAuthorizedException", "Refresh Token has been revoked")

Claims: TypeAlias = dict[str, Any]


async def verified(app: App, token: str, audience: str | None = None) -> Claims:
    """Verify a token as a stranger does, with the published keys alone, and return its claims."""
    published = jwt.PyJWKSet.from_dict(json.loads(json.dumps(await app.pool.jwks())))
    return jwt.decode(
        token,
        published[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        issuer=app.pool.issuer,
        audience=audience,
        options={"verify_exp": False, "verify_iat": False},  # the pool lives in another time than PyJWT
    )


async def both_verified(app: App, tokens: Mapping[str, str]) -> tuple[Claims, Claims]:
    """The claims of the access and of the id token."""
    return await verified(app, tokens["AccessToken"]), await verified(app, tokens["IdToken"], app.client.client_id)


async def get_user(app: App, tokens: Mapping[str, str]) -> Reply:
    return await app.call("GetUser", AccessToken=tokens["AccessToken"])


# --- What they say --------------------------------------------------------------------------------------------------


async def test_a_stranger_can_verify_both_tokens_with_the_published_keys(app: App, clock: VirtualClock) -> None:
    app.pool.user(ALICE).groups = ("admins", "staff")
    clock.move(timedelta(milliseconds=987))
    tokens = await app.tokens()
    access, identity = await both_verified(app, tokens)
    now = int(clock.now().timestamp())
    user = app.pool.user(ALICE)
    shared = {
        "sub": user.sub,
        "iss": f"https://cognito-idp.eu-west-1.amazonaws.com/{app.pool.id}",
        "auth_time": now,
        "iat": now,
        "exp": now + 3600,
        "cognito:groups": ["admins", "staff"],
        "event_id": access["event_id"],
        "origin_jti": access["origin_jti"],
    }

    assert access == {
        **shared,
        "token_use": "access",
        "client_id": app.client.client_id,
        "username": ALICE,
        "scope": "aws.cognito.signin.user.admin",
        "jti": access["jti"],
    }
    assert identity == {
        **shared,
        "token_use": "id",
        "aud": app.client.client_id,
        "cognito:username": ALICE,
        "jti": identity["jti"],
        "email": EMAIL,
        "email_verified": True,
        "phone_number": "+15550001234",
        "phone_number_verified": True,
    }
    assert len({access["jti"], identity["jti"], access["event_id"], access["origin_jti"], user.sub}) == 5
    assert tokens["ExpiresIn"] == 3600


async def test_who_is_in_no_group_has_no_claim_of_groups(app: App) -> None:
    for claims in await both_verified(app, await app.tokens()):
        assert "cognito:groups" not in claims


async def test_access_and_id_token_are_signed_by_different_keys_and_say_no_more_in_their_headers(app: App) -> None:
    tokens = await app.tokens()
    headers = [jwt.get_unverified_header(tokens[name]) for name in ("AccessToken", "IdToken")]

    assert all(header.keys() == {"kid", "alg"} and header["alg"] == "RS256" for header in headers)
    assert headers[0]["kid"] != headers[1]["kid"]
    assert {header["kid"] for header in headers} == {key["kid"] for key in (await app.pool.jwks())["keys"]}


async def test_the_refresh_token_looks_like_an_encrypted_one(app: App) -> None:
    parts = (await app.tokens())["RefreshToken"].split(".")

    assert len(parts) == 5
    header = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    assert header == {"cty": "JWT", "enc": "A256GCM", "alg": "RSA-OAEP"}


async def test_every_sign_in_has_ids_of_its_own(app: App) -> None:
    seen = [(await both_verified(app, await app.tokens()))[0] for _ in range(3)]

    for claim in ("jti", "event_id", "origin_jti"):
        assert len({claims[claim] for claims in seen}) == 3


async def test_attributes_stand_in_the_id_token_as_cognito_writes_them(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    pool = make_pool()
    written = {
        "email": EMAIL,
        "email_verified": "false",
        "custom:level": "3",
        "name": "Älice",
        "updated_at": "1700000000",
        "address": "Main Street 1",
    }
    pool.add_user(ALICE, PASSWORD, attributes=written)
    app = App(pool, clock)
    access, identity = await both_verified(app, await app.tokens())

    assert {name: identity[name] for name in written} == {
        **written,
        "email_verified": False,
        "updated_at": 1700000000,
        "address": {"formatted": "Main Street 1"},
    }
    assert not access.keys() & written.keys()


async def test_a_client_without_revocation_gets_tokens_without_origin_jti(app: App) -> None:
    plain = app.beside(enable_token_revocation=False)

    for claims in await both_verified(plain, await plain.tokens()):
        assert "origin_jti" not in claims
        assert "event_id" in claims


@pytest.mark.parametrize("life", [5 * MINUTE, DAY])
async def test_tokens_live_as_long_as_the_client_says(app: App, clock: VirtualClock, life: timedelta) -> None:
    other = app.beside(access_token_validity=life)
    tokens = await other.tokens()

    assert tokens["ExpiresIn"] == life.total_seconds()
    for claims in await both_verified(other, tokens):
        assert claims["exp"] - claims["iat"] == life.total_seconds()
    clock.move(life - MS)
    assert await get_user(other, tokens)
    clock.move(MS)
    assert await refusal(get_user(other, tokens)) == EXPIRED


async def test_a_pool_without_given_keys_makes_one_pair_of_its_own_however_many_ask_at_once(
    clock: VirtualClock,
) -> None:
    pool = FakeUserPool(clock=clock)
    pool.add_user(ALICE, PASSWORD)
    app = App(pool, clock)
    kids: list[str] = []

    async def sign_in() -> None:
        kids.append(jwt.get_unverified_header((await app.tokens())["AccessToken"])["kid"])

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(sign_in)

    assert len(set(kids)) == 1
    assert await verified(app, (await app.tokens())["AccessToken"])


# --- Who may use an access token ------------------------------------------------------------------------------------


async def test_get_user_tells_the_attributes_with_the_sub_first(app: App) -> None:
    reply = await get_user(app, await app.tokens())

    user = app.pool.user(ALICE)
    assert reply["Username"] == ALICE
    assert reply["UserAttributes"][0] == {"Name": "sub", "Value": user.sub}
    assert {pair["Name"]: pair["Value"] for pair in reply["UserAttributes"]} == {"sub": user.sub, **user.attributes}
    assert reply.keys() == {"Username", "UserAttributes"}


DEVICE: Mapping[str, Json] = {"DeviceKey": "eu-west-1_11111111-2222-3333-4444-555555555555"}
WITH_ACCESS_TOKEN: Mapping[str, Mapping[str, Json]] = {
    "GetUser": {},
    "GetUserAuthFactors": {},
    "GlobalSignOut": {},
    "DeleteUser": {},
    "ChangePassword": {"PreviousPassword": PASSWORD, "ProposedPassword": NEW_PASSWORD},
    "UpdateUserAttributes": {"UserAttributes": [{"Name": "name", "Value": "Alice"}]},
    "DeleteUserAttributes": {"UserAttributeNames": ["name"]},
    "GetUserAttributeVerificationCode": {"AttributeName": "email"},
    "VerifyUserAttribute": {"AttributeName": "email", "Code": "123456"},
    "AssociateSoftwareToken": {},
    "VerifySoftwareToken": {"UserCode": "123456"},
    "SetUserMFAPreference": {},
    "ConfirmDevice": DEVICE,
    "UpdateDeviceStatus": DEVICE,
    "GetDevice": DEVICE,
    "ListDevices": {},
    "ForgetDevice": DEVICE,
    "StartWebAuthnRegistration": {},
    "CompleteWebAuthnRegistration": {"Credential": {}},
    "ListWebAuthnCredentials": {},
    "DeleteWebAuthnCredential": {"CredentialId": "id"},
}
every_operation = pytest.mark.parametrize("operation", WITH_ACCESS_TOKEN)


@every_operation
async def test_nothing_but_an_access_token_of_this_pool_opens_an_account(
    app: App, make_pool: MakePool, clock: VirtualClock, signing_keys: SigningKeys, operation: str
) -> None:
    neighbours: FakeUserPool = make_pool("eu-west-1_Neighbour")
    neighbours.add_user(ALICE, PASSWORD)
    tokens = await app.tokens()
    head, payload, signature = tokens["AccessToken"].split(".")
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    others = {
        "garbage": "garbage",
        "dots": "..",
        "the id token": tokens["IdToken"],
        "the refresh token": tokens["RefreshToken"],
        "a neighbour's token": (await App(neighbours, clock).tokens())["AccessToken"],
        "an unsigned token": f"{unsigned}.{payload}.",
        "a token with another's signature": f"{head}.{payload}.{tokens['IdToken'].split('.')[2]}",
        "a token with another payload": f"{head}.{tokens['IdToken'].split('.')[1]}.{signature}",
        "a token cut off": f"{head}.{payload}.{signature[:-4]}",
    }

    for what, token in others.items():
        call = app.call(operation, AccessToken=token, **WITH_ACCESS_TOKEN[operation])
        assert await refusal(call) == INVALID, what
    assert signing_keys.access_token.kid == jwt.get_unverified_header(tokens["AccessToken"])["kid"]


@every_operation
async def test_the_tokens_of_a_client_that_is_no_more_open_nothing(app: App, operation: str) -> None:
    tokens = await app.tokens()
    inside(app.pool).clients.clear()

    call = app.call(operation, AccessToken=tokens["AccessToken"], **WITH_ACCESS_TOKEN[operation])
    assert await refusal(call) == INVALID


async def test_an_access_token_without_the_scope_opens_nothing(
    app: App, clock: VirtualClock, signing_keys: SigningKeys
) -> None:
    origin = Origin(
        sub=app.pool.user(ALICE).sub,
        username=ALICE,
        client_id=app.client.client_id,
        auth_time=clock.now(),
        event_id="event",
        origin_jti="family",
    )
    issuer = TokenIssuer(app.pool.issuer, signing_keys)
    token = issuer.access_token(origin, jti="jti", issued_at=clock.now(), lifetime=HOUR, scope="openid profile")

    call = app.call("GetUser", AccessToken=token.reveal())
    assert await refusal(call) == ("NotAuthorizedException", "Access Token does not have required scopes")


@every_operation
async def test_an_access_token_expires_on_the_second(app: App, clock: VirtualClock, operation: str) -> None:
    clock.move(timedelta(milliseconds=500))
    tokens = await app.tokens()
    clock.move(HOUR - timedelta(milliseconds=500))

    call = app.call(operation, AccessToken=tokens["AccessToken"], **WITH_ACCESS_TOKEN[operation])
    assert await refusal(call) == EXPIRED


def _set_status(status: UserStatus) -> Callable[[FakeUserPool], object]:
    return lambda pool: setattr(pool.user(ALICE), "status", status)


CHANGES: Mapping[str, tuple[Callable[[FakeUserPool], object], Refusal]] = {
    "deleted": (lambda pool: pool.delete_user(ALICE), NO_SUCH_USER),
    "disabled": (lambda pool: pool.disable_user(ALICE), REVOKED),
    "disabled by hand": (lambda pool: setattr(pool.user(ALICE), "enabled", False), DISABLED),
    "made to reset": (_set_status(UserStatus.RESET_REQUIRED), RESET_REQUIRED),
    "unconfirmed again": (_set_status(UserStatus.UNCONFIRMED), UNCONFIRMED),
}


@every_operation
@pytest.mark.parametrize(("change", "expected"), CHANGES.values(), ids=[*CHANGES])
async def test_what_becomes_of_a_user_counts_for_the_tokens_that_are_out(
    app: App, operation: str, change: Callable[[FakeUserPool], object], expected: Refusal
) -> None:
    """Some operations have no error for it in the service model. These say that it was revoked, or pass it by."""
    tokens = await app.tokens()
    change(app.pool)
    call = app.call(operation, AccessToken=tokens["AccessToken"], **WITH_ACCESS_TOKEN[operation])

    if expected[0] in model.errors_of(operation):
        assert await refusal(call) == expected
    elif expected is NO_SUCH_USER:
        assert await refusal(call) == REVOKED
    else:
        with suppress(ServiceError):
            await call  # which is held against the model, as every call is


async def test_the_tokens_of_a_deleted_user_are_not_those_of_the_next_one_of_that_name(app: App) -> None:
    tokens = await app.tokens()
    app.pool.delete_user(ALICE)
    app.pool.add_user(ALICE, PASSWORD)

    assert await refusal(get_user(app, tokens)) == NO_SUCH_USER
    assert await refusal(app.refresh(tokens["RefreshToken"])) == REFRESH_INVALID


async def test_being_enabled_again_does_not_bring_tokens_back(app: App) -> None:
    tokens = await app.tokens()
    app.pool.disable_user(ALICE)
    app.pool.user(ALICE).enabled = True

    assert await refusal(get_user(app, tokens)) == REVOKED
    assert await refusal(app.refresh(tokens["RefreshToken"])) == REFRESH_REVOKED
    assert await get_user(app, await app.tokens())


# --- Refreshing -----------------------------------------------------------------------------------------------------


async def by_get_tokens(app: App, token: str) -> Reply:
    return await app.refresh(token)


async def by_refresh_token_auth(app: App, token: str) -> Reply:
    return await app.initiate("REFRESH_TOKEN_AUTH", ALICE, REFRESH_TOKEN=token)


async def by_refresh_token(app: App, token: str) -> Reply:
    return await app.initiate("REFRESH_TOKEN", ALICE, REFRESH_TOKEN=token)


Refresh: TypeAlias = Callable[[App, str], Awaitable[Reply]]
every_way = pytest.mark.parametrize("refresh", [by_get_tokens, by_refresh_token_auth, by_refresh_token])


@every_way
@pytest.mark.parametrize("with_secret", [False, True], ids=["no secret", "secret"])
async def test_a_refresh_gives_new_tokens_of_the_same_sign_in_and_no_refresh_token(
    app: App,
    clock: VirtualClock,
    refresh: Refresh,
    with_secret: bool,  # noqa: FBT001  # a column of the table
) -> None:
    through = app.beside(with_secret=with_secret)
    old = await through.tokens()
    clock.move(HOUR + 17 * SECOND)
    app.pool.user(ALICE).attributes["email"] = "alice@example.net"
    reply = await refresh(through, old["RefreshToken"])

    assert reply.keys() == {"AuthenticationResult"} | (set() if refresh is by_get_tokens else {"ChallengeParameters"})
    new = tokens_of(reply)
    assert new.keys() == {"AccessToken", "IdToken", "ExpiresIn", "TokenType"}
    for before, after in zip(await both_verified(through, old), await both_verified(through, new), strict=True):
        kept = {"sub", "iss", "auth_time", "origin_jti", "event_id", "token_use", "scope", "client_id", "aud"}
        assert {name: before.get(name) for name in kept} == {name: after.get(name) for name in kept}
        assert after["jti"] != before["jti"]
        assert after["iat"] - before["iat"] == 3617
        assert after.get("email") in (None, "alice@example.net")
    assert await get_user(through, new)


@every_way
async def test_a_refresh_token_is_good_for_many_refreshes_and_does_not_live_longer_for_it(
    app: App, clock: VirtualClock, refresh: Refresh
) -> None:
    token = (await app.tokens())["RefreshToken"]
    for _ in range(10):
        clock.move(3 * DAY - MS)
        assert tokens_of(await refresh(app, token))
    clock.move(10 * MS)

    assert await refusal(refresh(app, token)) == REFRESH_EXPIRED


@every_way
@pytest.mark.parametrize("life", [HOUR, 30 * DAY])
@pytest.mark.parametrize(("past", "good"), [(-MS, True), (timedelta(), False), (MS, False)])
async def test_a_refresh_token_lives_as_long_as_the_client_says(
    app: App,
    clock: VirtualClock,
    refresh: Refresh,
    life: timedelta,
    past: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
) -> None:
    other = app.beside(refresh_token_validity=life)
    token = (await other.tokens())["RefreshToken"]
    clock.move(life + past)

    if good:
        assert tokens_of(await refresh(other, token))
    else:
        assert await refusal(refresh(other, token)) == REFRESH_EXPIRED


@every_way
async def test_what_is_no_refresh_token_of_this_client_refreshes_nothing(app: App, refresh: Refresh) -> None:
    tokens = await app.tokens()
    for token in ("garbage", "a.b.c.d.e", tokens["RefreshToken"][:-1], tokens["AccessToken"], tokens["IdToken"]):
        assert await refusal(refresh(app, token)) == REFRESH_INVALID

    assert await refusal(refresh(app.beside(), tokens["RefreshToken"])) == REFRESH_INVALID


@every_way
async def test_a_user_who_must_reset_the_password_can_still_refresh(app: App, refresh: Refresh) -> None:
    token = (await app.tokens())["RefreshToken"]
    app.pool.require_password_reset(ALICE)

    assert tokens_of(await refresh(app, token))


@every_way
async def test_a_disabled_or_deleted_user_cannot_refresh(app: App, refresh: Refresh) -> None:
    token = (await app.tokens())["RefreshToken"]
    app.pool.user(ALICE).enabled = False
    assert await refusal(refresh(app, token)) == DISABLED
    app.pool.disable_user(ALICE)
    assert await refusal(refresh(app, token)) == REFRESH_REVOKED
    app.pool.delete_user(ALICE)
    assert await refusal(refresh(app, token)) == REFRESH_INVALID


async def test_get_tokens_demands_the_clients_secret_itself(app: App) -> None:
    secretive = app.beside(with_secret=True)
    token = (await secretive.tokens())["RefreshToken"]
    members: dict[str, Json] = {"RefreshToken": token, "ClientId": secretive.client.client_id}
    wrong = ("NotAuthorizedException", f"Client secret does not match for the client: {secretive.client.client_id}")

    assert await refusal(app.call("GetTokensFromRefreshToken", **members)) == wrong
    for given in ("w" * 24, "rong" * 16):
        assert await refusal(app.call("GetTokensFromRefreshToken", ClientSecret=given, **members)) == wrong
    assert tokens_of(await secretive.refresh(token))


async def test_refresh_token_auth_demands_a_hash_over_the_canonical_name(app: App) -> None:
    secretive = app.beside(with_secret=True)
    client_id, sub = secretive.client.client_id, app.pool.user(ALICE).sub
    token = (await secretive.tokens(sub))["RefreshToken"]

    async def refresh(token: str = token, **parameters: str) -> Reply:
        sent = {"REFRESH_TOKEN": token, **parameters}
        return await app.call("InitiateAuth", AuthFlow="REFRESH_TOKEN_AUTH", ClientId=client_id, AuthParameters=sent)

    for given in (token, "garbage"):
        assert (await refusal(refresh(given)))[1] == (
            f"Client {client_id} is configured with secret but SECRET_HASH was not received"
        )
    assert (await refusal(refresh(**secretive.secret_hash(sub))))[1] == (
        f"SecretHash does not match for the client: {client_id}"
    )
    assert tokens_of(await refresh(**secretive.secret_hash(ALICE)))


async def test_refresh_token_auth_names_what_is_missing(app: App) -> None:
    assert await refusal(app.initiate("REFRESH_TOKEN_AUTH", ALICE)) == missing("REFRESH_TOKEN")


async def test_get_tokens_needs_no_permission_and_refresh_token_auth_does(app: App) -> None:
    unpermitted = app.beside(flows=frozenset({ExplicitAuthFlow.ALLOW_USER_PASSWORD_AUTH}))
    token = (await unpermitted.tokens())["RefreshToken"]

    assert tokens_of(await by_get_tokens(unpermitted, token))
    assert (await refusal(by_refresh_token_auth(unpermitted, token)))[0] == "InvalidParameterException"


# --- Revoking -------------------------------------------------------------------------------------------------------


async def revoke(app: App, token: str, **members: Json) -> Reply:
    return await app.call("RevokeToken", **{"Token": token, "ClientId": app.client.client_id, **members})


async def test_revoking_ends_one_family_and_no_other(app: App) -> None:
    kept, ended = await app.tokens(), await app.tokens()
    descended = tokens_of(await app.refresh(ended["RefreshToken"]))
    assert await revoke(app, ended["RefreshToken"]) == {}

    for tokens in (ended, descended):
        assert await refusal(get_user(app, tokens)) == REVOKED
    assert await refusal(app.refresh(ended["RefreshToken"])) == REFRESH_REVOKED
    assert await get_user(app, kept)
    assert tokens_of(await app.refresh(kept["RefreshToken"]))


async def test_a_revoked_token_still_verifies_for_strangers_until_it_expires(app: App) -> None:
    tokens = await app.tokens()
    await revoke(app, tokens["RefreshToken"])

    for claims in await both_verified(app, tokens):
        assert claims["sub"] == app.pool.user(ALICE).sub


async def test_revoking_twice_or_revoking_nonsense_is_no_error(app: App) -> None:
    token = (await app.tokens())["RefreshToken"]

    for given in (token, token, "nonsense", "a.b.c.d.e"):
        assert await revoke(app, given) == {}


@pytest.mark.parametrize("kind", ["AccessToken", "IdToken"])
async def test_only_refresh_tokens_can_be_revoked(app: App, kind: str) -> None:
    tokens = await app.tokens()

    assert (await refusal(revoke(app, tokens[kind])))[0] == "UnsupportedTokenTypeException"
    assert await get_user(app, tokens)


async def test_revoking_goes_by_the_right_client_and_its_secret(app: App) -> None:
    tokens = await app.tokens()
    secretive = app.beside(with_secret=True)
    of_secretive = (await secretive.tokens())["RefreshToken"]
    refusals = [
        await refusal(revoke(app.beside(), tokens["RefreshToken"])),
        await refusal(revoke(app, tokens["RefreshToken"], ClientId="1nonexistent")),
        await refusal(revoke(secretive, of_secretive)),
        await refusal(revoke(secretive, of_secretive, ClientSecret="wrong" * 5)),
    ]

    assert {code for code, _ in refusals} == {"UnauthorizedException"}
    assert await get_user(app, tokens)
    assert secretive.client.client_secret is not None
    assert await revoke(secretive, of_secretive, ClientSecret=secretive.client.client_secret.reveal()) == {}


async def test_a_client_without_revocation_cannot_revoke(app: App) -> None:
    plain = app.beside(enable_token_revocation=False)
    token = (await plain.tokens())["RefreshToken"]

    assert (await refusal(revoke(plain, token)))[0] == "UnsupportedOperationException"
    assert tokens_of(await plain.refresh(token))


# --- Signing out everywhere -----------------------------------------------------------------------------------------


async def test_a_global_sign_out_ends_all_families_of_the_user_through_all_clients(app: App) -> None:
    app.pool.add_user(BOB, PASSWORD)
    apps = [app, app, app.beside(), app.beside(enable_token_revocation=False)]
    sessions = [(through, await through.tokens()) for through in apps]
    of_bob = await app.tokens(BOB)
    assert await app.call("GlobalSignOut", AccessToken=sessions[0][1]["AccessToken"]) == {}

    for through, tokens in sessions:
        assert await refusal(get_user(through, tokens)) == REVOKED
        assert await refusal(through.refresh(tokens["RefreshToken"])) == REFRESH_REVOKED
    assert await get_user(app, of_bob)
    assert tokens_of(await app.refresh(of_bob["RefreshToken"]))


@pytest.mark.parametrize("revocable", [True, False])
@pytest.mark.parametrize("later", [timedelta(), MS, SECOND])
async def test_whoever_signs_in_after_a_global_sign_out_is_signed_in(
    app: App,
    clock: VirtualClock,
    revocable: bool,  # noqa: FBT001  # a setting of the client
    later: timedelta,
) -> None:
    through = app.beside(enable_token_revocation=revocable)
    old = await through.tokens()
    await app.call("GlobalSignOut", AccessToken=old["AccessToken"])
    clock.move(later)
    new = await through.tokens()

    assert await get_user(through, new)
    assert tokens_of(await through.refresh(new["RefreshToken"]))
    assert await refusal(get_user(through, old)) == REVOKED


@pytest.mark.parametrize("before", [MINUTE, MS])
async def test_what_is_left_of_a_sign_in_that_is_forgotten_ends_with_a_global_sign_out_too(
    app: App, clock: VirtualClock, before: timedelta
) -> None:
    """An access token that was refreshed in the last moments of its refresh token lives on when that is forgotten."""
    clock.move(500 * MS)
    brief = app.beside(refresh_token_validity=HOUR)
    await app.call("GlobalSignOut", AccessToken=(await app.tokens())["AccessToken"])
    clock.move(SECOND)
    first = await brief.tokens()
    clock.move(HOUR - before)
    last = tokens_of(await brief.refresh(first["RefreshToken"]))
    clock.move(before)
    latest = await brief.tokens()
    assert await refusal(brief.refresh(first["RefreshToken"])) == REFRESH_INVALID, "the first sign-in is forgotten"
    assert await get_user(brief, last)

    await app.call("GlobalSignOut", AccessToken=latest["AccessToken"])
    assert await refusal(get_user(brief, last)) == REVOKED


async def test_sign_ins_that_are_over_are_not_remembered_for_ever(app: App, clock: VirtualClock) -> None:
    brief = app.beside(refresh_token_validity=HOUR)
    for _ in range(20):
        await brief.tokens()
        clock.move(TOTP_STEP * 20)

    assert len(app.pool.user(ALICE).families) <= 7


async def test_a_token_that_was_revoked_stays_so_when_its_sign_in_is_over(app: App, clock: VirtualClock) -> None:
    """It was refreshed in the last minute of its refresh token, and lives longer than that."""
    brief = app.beside(refresh_token_validity=HOUR)
    first = await brief.tokens()
    clock.move(HOUR - MINUTE)
    last = tokens_of(await brief.refresh(first["RefreshToken"]))
    await brief.call("RevokeToken", Token=first["RefreshToken"], ClientId=brief.client.client_id)
    clock.move(MINUTE)
    await brief.tokens()

    assert await refusal(get_user(brief, last)) == REVOKED
    clock.move(DAY)
    await brief.tokens()
    assert len(app.pool.user(ALICE).families) == 1


async def test_of_a_deleted_user_no_token_is_remembered(app: App) -> None:
    app.pool.add_user(BOB, PASSWORD)
    await app.tokens(BOB)
    app.pool.delete_user(BOB)

    assert not inside(app.pool).refresh_tokens
