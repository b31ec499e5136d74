"""AWS credentials: a user's, a guest's, somebody's whom another provider vouches for; and the session's four cells.

The cells are looked at in a square: who is signed in, what has expired, and how each of the two pools answers.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import anyio
import pytest

from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import NoReplyError, ServiceError
from authsteps.engine.messages import Secret
from authsteps.flows.errors import (
    BackendContractError,
    BackendUnavailableError,
    ExternalServiceError,
    InvalidAccountTypeError,
    InvalidIdentityPoolConfigurationError,
    InvalidInputError,
    InvalidStateError,
    LimitExceededError,
    NotAuthorizedError,
    ResourceConflictError,
    SessionExpiredError,
    SignedOutError,
    UserAlreadySignedInError,
)
from authsteps.flows.federation import FederatedIdentity
from authsteps.flows.model import AuthFlow
from authsteps.flows.session import AuthSession, SignOutComplete, SignOutFailed
from authsteps.flows.stores import MemoryTokenStore
from tests.flows.conftest import Meet
from tests.flows.world import (
    ALICE,
    HOUR,
    IDENTITY,
    IDENTITY_ID,
    IDENTITY_POOL_ID,
    NOW,
    PASSWORD,
    SUB,
    USER_POOL_LOGIN,
    credentials,
    id_token,
    issued,
    refreshed,
    signed_in,
    tokens,
)

PLAINLY = AuthFlow.USER_PASSWORD_AUTH
MARGIN = timedelta(seconds=10)
MOMENT = timedelta(microseconds=1)
DAY = timedelta(days=1)
EVER = NOW + 100 * DAY
"""Longer than any of these tests."""

OFFLINE = NoReplyError("connection refused", sent=False)
NOT_AUTHORIZED = ServiceError("NotAuthorizedException", "Token is not from a supported provider")
REFUSED_REFRESH = ServiceError("NotAuthorizedException", "Refresh Token has expired")
GUESTS_NOT_ALLOWED = ServiceError("NotAuthorizedException", "Unauthenticated access is not supported")
OTHER_IDENTITY = "eu-west-1:00000000-0000-0000-0000-000000000000"


async def keeping() -> MemoryTokenStore:
    """A token store that holds tokens."""
    store = MemoryTokenStore()
    await store.save(tokens())
    return store


def kinds(session: AuthSession) -> list[type[object]]:
    """What stands in each cell: the class of its value, or of its error."""
    cells = (session.tokens, session.user_sub, session.credentials, session.identity_id)
    return [type(cell.error if cell.error is not None else cell.value) for cell in cells]


# A user's credentials


async def test_a_users_credentials_come_for_the_id_token(each_backend: str, meet: Meet) -> None:
    world = meet(IDENTITY, issued())
    session = await world.account(with_identity_pool=True).fetch_auth_session()
    assert session.is_signed_in is True
    assert session.tokens.unwrap() == tokens()
    assert session.user_sub.unwrap() == SUB
    assert session.credentials.unwrap() == credentials()
    assert session.identity_id.unwrap() == IDENTITY_ID
    logins = {USER_POOL_LOGIN: id_token()}
    assert world.called == ["GetId", "GetCredentialsForIdentity"]
    assert world.request(0) == {"IdentityPoolId": IDENTITY_POOL_ID, "Logins": logins}
    assert world.request(1) == {"IdentityId": IDENTITY_ID, "Logins": logins}


async def test_without_an_identity_pool_its_cells_say_so(meet: Meet) -> None:
    world = meet()
    session = await world.account().fetch_auth_session()
    for cell in (session.credentials, session.identity_id):
        with pytest.raises(InvalidAccountTypeError, match="there is no identity pool"):
            cell.unwrap()
    assert session.tokens.unwrap() == tokens()


EXPIRIES: Mapping[str, tuple[timedelta | None, timedelta, bool]] = {
    "with time left": (HOUR, HOUR - MARGIN - MOMENT, True),
    "within ten seconds of their end": (HOUR, HOUR - MARGIN, False),
    "after their end": (HOUR, 2 * HOUR, False),
    "that do not say when they end": (None, 99 * DAY, True),
    "that claim a year": (365 * DAY, timedelta(), True),
    "that claim more than a year": (365 * DAY + MOMENT, timedelta(), False),
}


@pytest.mark.parametrize(("lives", "passes", "holds"), EXPIRIES.values(), ids=[*EXPIRIES])
async def test_credentials_are_kept_until_shortly_before_their_end(
    lives: timedelta | None, passes: timedelta, *, holds: bool, meet: Meet
) -> None:
    ends = NOW + lives if lives is not None else None
    world = meet(IDENTITY, issued("1", ends), issued("2", EVER))
    account = world.account(tokens(expires_at=None), with_identity_pool=True)
    await account.fetch_auth_session()
    world.clock.move(passes)
    session = await account.fetch_auth_session()
    assert session.credentials.unwrap() == (credentials("1", ends) if holds else credentials("2", EVER))
    # The identity stays the same, and is not asked for again.
    assert world.called.count("GetId") == 1


async def test_a_forced_refresh_brings_new_tokens_and_new_credentials(meet: Meet) -> None:
    world = meet(IDENTITY, issued("1"), refreshed("2"), issued("2"))
    account = world.account(with_identity_pool=True)
    await account.fetch_auth_session()
    session = await account.fetch_auth_session(force_refresh=True)
    assert (session.tokens.unwrap(), session.credentials.unwrap()) == (tokens("2"), credentials("2"))
    assert world.request()["Logins"] == {USER_POOL_LOGIN: id_token("2")}


async def test_new_tokens_alone_are_no_reason_for_new_credentials(meet: Meet) -> None:
    world = meet(IDENTITY, issued("1", EVER), refreshed("2", EVER))
    account = world.account(with_identity_pool=True)
    await account.fetch_auth_session()
    world.clock.move(HOUR)
    session = await account.fetch_auth_session()
    assert (session.tokens.unwrap(), session.credentials.unwrap()) == (tokens("2", EVER), credentials("1", EVER))


async def test_the_pool_may_name_another_identity_with_the_credentials(meet: Meet) -> None:
    world = meet(IDENTITY, issued("1", identity_id=OTHER_IDENTITY), refreshed("2"), issued("2"))
    account = world.account(with_identity_pool=True)
    assert (await account.fetch_auth_session()).identity_id.unwrap() == OTHER_IDENTITY
    await account.fetch_auth_session(force_refresh=True)
    assert world.request()["IdentityId"] == OTHER_IDENTITY


async def test_those_who_want_credentials_at_once_share_them(each_backend: str, meet: Meet) -> None:
    world = meet(IDENTITY, issued())
    account = world.account(with_identity_pool=True)
    fetched: list[object] = []

    async def fetch() -> None:
        fetched.append((await account.fetch_auth_session()).credentials.unwrap())

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(fetch)
    assert fetched == [credentials()] * 5
    assert world.called == ["GetId", "GetCredentialsForIdentity"]


# The square: two refreshes, each with every outcome. The cells stay independent of each other.

TOKEN_OUTCOMES: Mapping[str, tuple[Reply, type[object], str]] = {
    "success": (refreshed("2", EVER), type(tokens()), "2"),
    "not authorized": (REFUSED_REFRESH, SessionExpiredError, "1"),
    "network": (OFFLINE, BackendUnavailableError, "1"),
    "a fault": (ServiceError("InternalErrorException", "", 500), BackendUnavailableError, "1"),
    "unknown": (ServiceError("LimitExceededException", "Slow down"), LimitExceededError, "1"),
}
CREDENTIAL_OUTCOMES: Mapping[str, tuple[Reply, type[object]]] = {
    "success": (issued("2", EVER), type(credentials())),
    "not authorized": (NOT_AUTHORIZED, SessionExpiredError),
    "network": (OFFLINE, BackendUnavailableError),
    "a fault": (ServiceError("InternalErrorException", "", 500), BackendUnavailableError),
    "unknown": (ServiceError("ExternalServiceException", "Down"), ExternalServiceError),
    "a conflict": (ServiceError("ResourceConflictException", "Taken"), ResourceConflictError),
    "no role": (
        ServiceError("InvalidIdentityPoolConfigurationException", "No role"),
        InvalidIdentityPoolConfigurationError,
    ),
    "nonsense": ({}, BackendContractError),
}


@pytest.mark.parametrize("why", ["forced", "expired"])
@pytest.mark.parametrize(("second", "in_credentials"), CREDENTIAL_OUTCOMES.values(), ids=[*CREDENTIAL_OUTCOMES])
@pytest.mark.parametrize(("first", "in_tokens", "tag"), TOKEN_OUTCOMES.values(), ids=[*TOKEN_OUTCOMES])
async def test_tokens_come_first_and_the_credentials_are_tried_whatever_became_of_them(  # a table's columns
    first: Reply,
    in_tokens: type[object],
    tag: str,
    second: Reply,
    in_credentials: type[object],
    why: str,
    meet: Meet,
) -> None:
    world = meet(IDENTITY, issued("1"), first, second)
    kept = await keeping()
    client = world.client(kept, with_identity_pool=True)
    await client.fetch_auth_session()
    if why == "expired":
        world.clock.move(HOUR)
    session = await client.fetch_auth_session(force_refresh=why == "forced")
    assert session.is_signed_in is True
    assert kinds(session)[0] is in_tokens
    assert kinds(session)[1] is (str if session.tokens.error is None else in_tokens)
    assert kinds(session)[2] is in_credentials
    assert kinds(session)[3] is (str if session.credentials.error is None else in_credentials)
    assert world.called[2:] == ["GetTokensFromRefreshToken", "GetCredentialsForIdentity"]
    assert world.request() == {
        "IdentityId": IDENTITY_ID,
        "Logins": {USER_POOL_LOGIN: id_token(tag, EVER if tag == "2" else NOW + HOUR)},
    }
    assert (await kept.load() is None) is (in_tokens is SessionExpiredError)


@pytest.mark.parametrize(
    ("failure", "asks_again"),
    [(NOT_AUTHORIZED, True), (OFFLINE, False), (ServiceError("InternalErrorException", "", 500), False)],
    ids=["not authorized", "network", "a fault"],
)
async def test_only_a_refused_login_makes_the_identity_be_forgotten(
    failure: Reply, *, asks_again: bool, meet: Meet
) -> None:
    replies: list[Reply] = [IDENTITY, issued("3")] if asks_again else [issued("3")]
    world = meet(IDENTITY, issued("1", NOW + MARGIN), failure, *replies)
    account = world.account(with_identity_pool=True)
    await account.fetch_auth_session()
    assert (await account.fetch_auth_session()).credentials.error is not None
    assert (await account.fetch_auth_session()).credentials.unwrap() == credentials("3")


async def test_credentials_that_hold_outlive_a_session_that_cannot_be_refreshed_just_now(meet: Meet) -> None:
    world = meet(IDENTITY, issued("1", EVER), OFFLINE)
    account = world.account(with_identity_pool=True)
    await account.fetch_auth_session()
    world.clock.move(HOUR)
    session = await account.fetch_auth_session()
    assert kinds(session) == [BackendUnavailableError, BackendUnavailableError, type(credentials()), str]


async def test_a_refused_identity_is_told_with_its_cause(meet: Meet) -> None:
    session = await meet(NOT_AUTHORIZED).account(with_identity_pool=True).fetch_auth_session()
    assert isinstance(session.identity_id.error, SessionExpiredError)
    assert isinstance(session.identity_id.error.__cause__, NotAuthorizedError)
    assert session.tokens.unwrap() == tokens()


# Guests


async def test_a_guest_gets_credentials_without_a_login(each_backend: str, meet: Meet) -> None:
    world = meet(IDENTITY, issued())
    client = world.client(with_identity_pool=True)
    session = await client.fetch_auth_session()
    assert session.is_signed_in is False
    assert kinds(session)[:2] == [SignedOutError, SignedOutError]
    assert session.credentials.unwrap() == credentials()
    assert session.identity_id.unwrap() == IDENTITY_ID
    assert world.request(0) == {"IdentityPoolId": IDENTITY_POOL_ID}
    assert world.request(1) == {"IdentityId": IDENTITY_ID}
    await client.fetch_auth_session()
    assert len(world.called) == 2


@pytest.mark.parametrize(
    ("failure", "kind"), [(GUESTS_NOT_ALLOWED, NotAuthorizedError), (OFFLINE, BackendUnavailableError)], ids=str
)
async def test_a_guest_who_gets_none_hears_why(failure: Reply, kind: type[object], meet: Meet) -> None:
    session = await meet(failure).client(with_identity_pool=True).fetch_auth_session()
    assert kinds(session) == [SignedOutError, SignedOutError, kind, kind]
    assert session.is_signed_in is False


async def test_nobody_without_an_identity_pool_is_a_guest_of_nothing(meet: Meet) -> None:
    session = await meet().client().fetch_auth_session()
    assert kinds(session) == [SignedOutError, SignedOutError, InvalidAccountTypeError, InvalidAccountTypeError]


async def test_signing_in_ends_being_a_guest_and_signing_out_ends_being_a_user(meet: Meet) -> None:
    world = meet(
        IDENTITY,
        issued("guest", EVER),
        signed_in(),
        {"IdentityId": OTHER_IDENTITY},
        issued("user", EVER, OTHER_IDENTITY),
        {},
        IDENTITY,
        issued("guest again", EVER),
    )
    client = world.client(with_identity_pool=True)
    tags: list[str] = []
    for act in (None, "sign in", "sign out"):
        if act == "sign in":
            await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
        elif act == "sign out":
            assert await client.sign_out() == SignOutComplete()
        tags.append((await client.fetch_auth_session()).credentials.unwrap().access_key_id)
    assert tags == ["AKIA-guest", "AKIA-user", "AKIA-guest again"]


async def test_a_guest_who_signs_out_keeps_the_credentials(meet: Meet) -> None:
    world = meet(IDENTITY, issued())
    client = world.client(with_identity_pool=True)
    await client.fetch_auth_session()
    await client.sign_out()
    assert (await client.fetch_auth_session()).credentials.unwrap() == credentials()
    assert len(world.called) == 2


async def test_an_identity_pool_is_not_bothered_by_a_sign_in(meet: Meet) -> None:
    world = meet(signed_in())
    await world.client(with_identity_pool=True).sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert world.called == ["InitiateAuth"]


# Whom another provider vouches for

GOOGLE = "accounts.google.com"


async def test_somebody_of_another_provider_gets_credentials_for_its_token(each_backend: str, meet: Meet) -> None:
    world = meet(IDENTITY, issued())
    client = world.client(with_identity_pool=True)
    identity = await client.federate_to_identity_pool(GOOGLE, "token-of-google")
    assert identity == FederatedIdentity(IDENTITY_ID, credentials())
    assert world.request() == {"IdentityId": IDENTITY_ID, "Logins": {GOOGLE: "token-of-google"}}
    session = await client.fetch_auth_session()
    assert session.is_signed_in is True
    assert kinds(session)[:2] == [InvalidStateError, InvalidStateError]
    assert (session.credentials.unwrap(), session.identity_id.unwrap()) == (credentials(), IDENTITY_ID)
    assert len(world.called) == 2


async def test_federated_credentials_that_have_expired_are_had_again(meet: Meet) -> None:
    world = meet(IDENTITY, issued("1"), issued("2", EVER))
    client = world.client(with_identity_pool=True)
    await client.federate_to_identity_pool(GOOGLE, "token-of-google")
    world.clock.move(HOUR)
    session = await client.fetch_auth_session()
    assert session.is_signed_in is True
    assert session.credentials.unwrap() == credentials("2", EVER)


async def test_the_same_provider_keeps_the_identity_and_another_one_does_not(meet: Meet) -> None:
    world = meet(
        IDENTITY, issued("1"), issued("2"), {"IdentityId": OTHER_IDENTITY}, issued("3", identity_id=OTHER_IDENTITY)
    )
    client = world.client(with_identity_pool=True)
    await client.federate_to_identity_pool(GOOGLE, "old token")
    again = await client.federate_to_identity_pool(GOOGLE, Secret("new token"))
    assert again == FederatedIdentity(IDENTITY_ID, credentials("2"))
    assert world.request()["Logins"] == {GOOGLE: "new token"}
    other = await client.federate_to_identity_pool("graph.facebook.com", "token")
    assert other.identity_id == OTHER_IDENTITY
    assert world.called == [
        *("GetId", "GetCredentialsForIdentity", "GetCredentialsForIdentity"),
        *("GetId", "GetCredentialsForIdentity"),
    ]


async def test_an_identity_that_is_known_from_elsewhere_comes_first(meet: Meet) -> None:
    world = meet(issued("1", identity_id=OTHER_IDENTITY), issued("2"))
    client = world.client(with_identity_pool=True)
    identity = await client.federate_to_identity_pool(GOOGLE, "token", identity_id=OTHER_IDENTITY)
    assert identity.identity_id == OTHER_IDENTITY
    await client.federate_to_identity_pool(GOOGLE, "token", identity_id=IDENTITY_ID)
    assert [call.request["IdentityId"] for call in world.transport.calls] == [OTHER_IDENTITY, IDENTITY_ID]


@pytest.mark.parametrize(
    ("failure", "kind"), [(NOT_AUTHORIZED, NotAuthorizedError), (OFFLINE, BackendUnavailableError)], ids=str
)
async def test_federation_can_be_tried_again_after_a_failure(failure: Reply, kind: type[Exception], meet: Meet) -> None:
    world = meet(failure, IDENTITY, issued())
    client = world.client(with_identity_pool=True)
    with pytest.raises(kind):
        await client.federate_to_identity_pool(GOOGLE, "token")
    await client.federate_to_identity_pool(GOOGLE, "token")
    assert (await client.fetch_auth_session()).is_signed_in


async def test_federation_needs_an_identity_pool_and_nobody_signed_in(meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidAccountTypeError):
        await world.client().federate_to_identity_pool(GOOGLE, "token")
    with pytest.raises(InvalidStateError, match="sign out first"):
        await world.client(await keeping(), with_identity_pool=True).federate_to_identity_pool(GOOGLE, "token")
    assert world.called == []


@pytest.mark.parametrize(
    ("provider", "token", "field"),
    [
        ("", "token", "provider"),
        ("x" * 129, "token", "provider"),
        (GOOGLE, "", "token"),
        (GOOGLE, "K4n4ry" * 9_000, "token"),
    ],
    ids=["no provider", "no such provider", "no token", "a token that is too long"],
)
async def test_what_cannot_be_a_provider_or_a_token_is_not_sent(
    provider: str, token: str, field: str, meet: Meet
) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.client(with_identity_pool=True).federate_to_identity_pool(provider, token)
    assert caught.value.field == field
    assert "K4n4ry" not in str(caught.value)
    assert world.called == []


@pytest.mark.parametrize("identity_id", ["", "x" * 56, "eu-west-1:\ud800", 5], ids=ascii)
async def test_what_cannot_be_an_identity_is_not_sent(identity_id: Any, meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.client(with_identity_pool=True).federate_to_identity_pool(GOOGLE, "token", identity_id=identity_id)
    assert caught.value.field == "identity_id"
    assert world.called == []


async def test_who_is_federated_has_no_account_and_signs_neither_in_nor_out(meet: Meet) -> None:
    world = meet(IDENTITY, issued())
    client = world.client(with_identity_pool=True)
    await client.federate_to_identity_pool(GOOGLE, "token")
    for verb in (
        client.get_current_user(),
        client.set_up_totp(),
        client.sign_in(ALICE, PASSWORD),
        client.auto_sign_in(),
    ):
        with pytest.raises(InvalidStateError, match="clear the federation first"):
            await verb
    result = await client.sign_out()
    assert isinstance(result, SignOutFailed)
    assert isinstance(result.error, InvalidStateError)
    assert (await client.fetch_auth_session()).is_signed_in is True
    assert len(world.called) == 2


async def test_clearing_a_federation_makes_room_for_somebody_else(meet: Meet) -> None:
    world = meet(IDENTITY, issued(), signed_in())
    client = world.client(with_identity_pool=True)
    await client.federate_to_identity_pool(GOOGLE, "token")
    await client.clear_federation()
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    with pytest.raises(UserAlreadySignedInError):
        await client.sign_in(ALICE, PASSWORD)


async def test_clearing_what_is_not_federated_changes_nothing(meet: Meet) -> None:
    world = meet(IDENTITY, issued())
    client = world.client(with_identity_pool=True)
    await client.fetch_auth_session()
    await client.clear_federation()
    assert (await client.fetch_auth_session()).credentials.unwrap() == credentials()
    assert len(world.called) == 2
