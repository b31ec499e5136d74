"""``Account``: fresh tokens before every verb, and each verb's one exchange, on a scripted transport and a clock that a
test moves.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.engine.errors import AuthStepsError
from authsteps.engine.messages import Effect, Event, Secret
from authsteps.flows.account import Account
from authsteps.flows.auth_events import AuthEvent, AuthEventKind, AuthEvents
from authsteps.flows.errors import (
    AuthError,
    BackendContractError,
    BackendUnavailableError,
    InvalidInputError,
    LimitExceededError,
    NotAuthorizedError,
    SessionExpiredError,
    UserNotFoundError,
)
from authsteps.flows.model import AuthUser, MfaSetting, Tokens
from authsteps.flows.session import SignOutComplete, SignOutPartial
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.any_reply import ANY_JSON
from tests.flows.conftest import Meet
from tests.flows.world import (
    COGNITO_NAME,
    DEVICE,
    HOUR,
    NOW,
    SUB,
    World,
    a_backend,
    access_token,
    code_sent,
    id_token,
    refreshed,
    tokens,
    told,
    user,
)

MARGIN = timedelta(seconds=10)
MOMENT = timedelta(microseconds=1)
REFUSED_REFRESH = ServiceError("NotAuthorizedException", "Refresh Token has expired")
OFFLINE = NoReplyError("connection refused", sent=False)

USER = user("SOFTWARE_TOKEN_MFA", preferred="SOFTWARE_TOKEN_MFA")

Verb = Callable[[Account], Awaitable[object]]

PASSKEY = '{"id": "passkey"}'
NO_PASSKEYS: dict[str, Json] = {"Credentials": []}
A_DEVICE: dict[str, Json] = {"Device": {"DeviceKey": DEVICE.key}}

VERBS: Mapping[str, tuple[Verb, Reply, str]] = {
    "fetch_user_attributes": (lambda account: account.fetch_user_attributes(), USER, "GetUser"),
    "update_user_attributes": (
        lambda account: account.update_user_attributes({"name": "Alice"}),
        {},
        "UpdateUserAttributes",
    ),
    "send_user_attribute_verification_code": (
        lambda account: account.send_user_attribute_verification_code("email"),
        code_sent(),
        "GetUserAttributeVerificationCode",
    ),
    "confirm_user_attribute": (
        lambda account: account.confirm_user_attribute("email", "123456"),
        {},
        "VerifyUserAttribute",
    ),
    "delete_user_attributes": (lambda account: account.delete_user_attributes("name"), {}, "DeleteUserAttributes"),
    "update_password": (lambda account: account.update_password("old", "new"), {}, "ChangePassword"),
    "set_up_totp": (lambda account: account.set_up_totp(), {"SecretCode": "SHARED"}, "AssociateSoftwareToken"),
    "verify_totp_setup": (
        lambda account: account.verify_totp_setup("123456"),
        {"Status": "SUCCESS"},
        "VerifySoftwareToken",
    ),
    "fetch_mfa_preference": (lambda account: account.fetch_mfa_preference(), USER, "GetUser"),
    "update_mfa_preference": (
        lambda account: account.update_mfa_preference(totp=MfaSetting.PREFERRED),
        {},
        "SetUserMFAPreference",
    ),
    "start_web_authn_registration": (
        lambda account: account.start_web_authn_registration(),
        {"CredentialCreationOptions": {}},
        "StartWebAuthnRegistration",
    ),
    "complete_web_authn_registration": (
        lambda account: account.complete_web_authn_registration(PASSKEY),
        {},
        "CompleteWebAuthnRegistration",
    ),
    "list_web_authn_credentials": (
        lambda account: account.list_web_authn_credentials(),
        NO_PASSKEYS,
        "ListWebAuthnCredentials",
    ),
    "delete_web_authn_credential": (
        lambda account: account.delete_web_authn_credential("passkey"),
        {},
        "DeleteWebAuthnCredential",
    ),
    "remember_device": (lambda account: account.remember_device(), {}, "UpdateDeviceStatus"),
    "forget_device": (lambda account: account.forget_device(), {}, "ForgetDevice"),
    "fetch_devices": (lambda account: account.fetch_devices(), {"Devices": []}, "ListDevices"),
    "fetch_current_device": (lambda account: account.fetch_current_device(), A_DEVICE, "GetDevice"),
    "delete_user": (lambda account: account.delete_user(), {}, "DeleteUser"),
}
NOT_OF_ONE_EXCHANGE = {
    "associate_web_authn_credential",
    "device",
    "fetch_auth_session",
    "get_current_user",
    "sign_out",
    "tokens",
}
every_verb = pytest.mark.parametrize(("verb", "reply", "operation"), VERBS.values(), ids=[*VERBS])


def test_every_verb_has_a_line_above() -> None:
    public = {name for name in dir(Account) if not name.startswith("_")}
    assert public == VERBS.keys() | NOT_OF_ONE_EXCHANGE


# Fresh tokens


@every_verb
async def test_tokens_with_time_left_are_used_as_they_are(verb: Verb, reply: Reply, operation: str, meet: Meet) -> None:
    world = meet(reply)
    world.clock.move(HOUR - MARGIN - MOMENT)
    await verb(world.account(device=DEVICE))
    assert world.called == [operation]
    assert world.request()["AccessToken"] == access_token("1")


@every_verb
async def test_tokens_within_ten_seconds_of_their_end_are_refreshed_first(
    verb: Verb, reply: Reply, operation: str, each_backend: str, meet: Meet
) -> None:
    world = meet(refreshed("2"), reply)
    world.clock.move(HOUR - MARGIN)
    account = world.account(device=DEVICE)
    await verb(account)
    assert world.called == ["GetTokensFromRefreshToken", operation]
    assert world.request(0)["RefreshToken"] == "refresh-1"
    assert world.request(1)["AccessToken"] == access_token("2")
    assert account.tokens == tokens("2")


@pytest.mark.parametrize("early", ["access", "id"])
async def test_whichever_token_ends_first_decides(early: str, meet: Meet) -> None:
    held = tokens()
    end = NOW + MARGIN
    if early == "access":
        held = Tokens(held.access, held.id, held.refresh, end, held.id_expires_at, held.user)
    else:
        held = Tokens(held.access, held.id, held.refresh, held.access_expires_at, end, held.user)
    world = meet(refreshed())
    assert (await world.account(held).fetch_auth_session()).tokens.unwrap() == tokens("2")


async def test_tokens_that_do_not_say_when_they_end_have_not_ended(meet: Meet) -> None:
    world = meet()
    world.clock.move(timedelta(days=3650))
    session = await world.account(tokens(expires_at=None)).fetch_auth_session()
    assert session.tokens.unwrap() == tokens(expires_at=None)


async def test_a_refresh_can_be_forced_and_carries_its_own_metadata(meet: Meet) -> None:
    world = meet(refreshed())
    session = await world.account().fetch_auth_session(force_refresh=True, client_metadata={"from": "a test"})
    assert (session.is_signed_in, session.tokens.unwrap(), session.user_sub.unwrap()) == (
        True,
        tokens("2"),
        SUB,
    )
    assert world.request()["ClientMetadata"] == {"from": "a test"}


@pytest.mark.parametrize("metadata", [{"n": "\ud800"}, {"n": 1}, {"": "x"}], ids=ascii)
async def test_metadata_that_could_not_be_sent_is_refused(metadata: Any, meet: Meet) -> None:
    world = meet()
    for who in (world.account(), world.client()):
        with pytest.raises(InvalidInputError) as caught:
            await who.fetch_auth_session(force_refresh=True, client_metadata=metadata)
        assert caught.value.field == "client_metadata"
    assert world.called == []


async def test_every_refresh_is_told(each_backend: str, meet: Meet) -> None:
    world = meet(refreshed("2"), OFFLINE, refreshed("3"))
    events = AuthEvents()
    account = world.account(events=events)
    async with events.subscribe() as stream:
        for _ in range(3):
            await account.fetch_auth_session(force_refresh=True)
        assert await told(stream) == [AuthEvent(AuthEventKind.TOKEN_REFRESHED, tokens().user, NOW)] * 2


async def test_a_refresh_names_the_device_that_the_tokens_were_issued_to(meet: Meet) -> None:
    world = meet(refreshed("2"))
    account = world.account(attrs.evolve(tokens(), device_key=DEVICE.key))
    await account.fetch_auth_session(force_refresh=True)
    assert world.request()["DeviceKey"] == DEVICE.key
    assert account.tokens.device_key == DEVICE.key


async def test_a_refresh_token_that_was_rotated_is_used_from_then_on(meet: Meet) -> None:
    world = meet(refreshed("2"), refreshed("3"))
    account = world.account()
    for _ in range(2):
        await account.fetch_auth_session(force_refresh=True)
    assert [call.request["RefreshToken"] for call in world.transport.calls] == ["refresh-1", "refresh-2"]
    assert account.tokens.refresh == Secret("refresh-3")


async def test_what_a_refresh_leaves_out_stays_as_it_was(meet: Meet) -> None:
    world = meet({"AuthenticationResult": {"AccessToken": access_token("2")}})
    account = world.account()
    await account.fetch_auth_session(force_refresh=True)
    assert account.tokens.access == Secret(access_token("2"))
    assert (account.tokens.id, account.tokens.refresh) == (Secret(id_token("1")), Secret("refresh-1"))


async def test_new_tokens_are_handed_over_before_they_are_used(clock: VirtualClock, entropy: SeededEntropy) -> None:
    world = World.of(clock, entropy, refreshed("2"), USER)
    order: list[str] = []

    async def keep(kept: Tokens) -> None:
        assert kept == tokens("2")
        order.extend(world.called)

    clock.move(HOUR)
    account = Account(world.backend, tokens(), clock=clock, on_refresh=keep)
    await account.fetch_mfa_preference()
    assert order == ["GetTokensFromRefreshToken"]


@pytest.mark.parametrize("force", [True, False])
async def test_verbs_that_want_fresh_tokens_at_once_share_one_refresh(
    force: bool,  # noqa: FBT001  # a parameter of the test
    each_backend: str,
    clock: VirtualClock,
    entropy: SeededEntropy,
) -> None:
    class OneRefresh:
        """Takes each refresh token once, as a pool that rotates them does."""

        def __init__(self) -> None:
            self.refreshes: list[Json] = []

        async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            await anyio.lowlevel.checkpoint()
            if request["RefreshToken"] in self.refreshes:
                raise ServiceError("RefreshTokenReuseException", "Refresh token has been used already")
            self.refreshes.append(request["RefreshToken"])
            return refreshed("2")

    transport = OneRefresh()
    account = Account(a_backend(transport, clock, entropy), tokens(), clock=clock)
    if not force:
        clock.move(HOUR - MARGIN)
    sessions: list[Tokens] = []

    async def fetch() -> None:
        sessions.append((await account.fetch_auth_session(force_refresh=force)).tokens.unwrap())

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(fetch)
    assert sessions == [tokens("2")] * 5
    assert transport.refreshes == ["refresh-1"]


class DownOnce:
    """A pool that is out of reach for the first who calls, however long that takes."""

    def __init__(self) -> None:
        self.calls = 0

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        del operation, request
        self.calls += 1
        is_first = self.calls == 1
        await anyio.wait_all_tasks_blocked()
        if is_first:
            raise OFFLINE
        return refreshed("2")


async def test_verbs_that_want_fresh_tokens_at_once_share_the_failure_too(
    each_backend: str, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    pool = DownOnce()
    account = Account(a_backend(pool, clock, entropy), tokens(), clock=clock)
    clock.move(HOUR)
    errors: list[object] = []

    async def fetch() -> None:
        errors.append((await account.fetch_auth_session()).tokens.error)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(fetch)
    assert [type(error) for error in errors] == [BackendUnavailableError] * 5
    assert pool.calls == 1
    assert (await account.fetch_auth_session()).tokens.unwrap() == tokens("2")


async def test_whoever_waits_for_a_refresh_takes_it_over_from_one_that_is_cancelled(
    each_backend: str, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    pool = DownOnce()
    account = Account(a_backend(pool, clock, entropy), tokens(), clock=clock)
    clock.move(HOUR)
    sessions: list[Tokens] = []
    scope = anyio.CancelScope()

    async def give_up() -> None:
        with scope:
            await account.fetch_auth_session()

    async def fetch() -> None:
        sessions.append((await account.fetch_auth_session()).tokens.unwrap())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(give_up)
        await anyio.lowlevel.checkpoint()
        tasks.start_soon(fetch)
        await anyio.lowlevel.checkpoint()
        scope.cancel()
    assert sessions == [tokens("2")]


@given(st.sampled_from([*VERBS.values()]), ANY_JSON, ANY_JSON)
def test_whatever_a_backend_says_a_verb_gives_a_result_or_an_error_of_ours(
    line: tuple[Verb, Reply, str], first: Any, second: Any
) -> None:
    async def call() -> None:
        world = World.of(VirtualClock(), SeededEntropy(), first, *[second] * 9)
        with suppress(AuthStepsError):
            await line[0](world.account(device=DEVICE))
        assert world.called[0] == line[2]

    anyio.run(call)


# A session that has come to its end


@pytest.mark.parametrize(
    "code",
    [
        "NotAuthorizedException",
        "RefreshTokenReuseException",
        "TokenRevokedException",
        "UserNotFoundException",
        "UserNotConfirmedException",
        "PasswordResetRequiredException",
    ],
)
async def test_a_refusal_that_will_not_change_ends_the_session(code: str, meet: Meet) -> None:
    world = meet(ServiceError(code, "Refresh Token has expired"))
    world.clock.move(HOUR)
    with pytest.raises(SessionExpiredError) as caught:
        await world.account().set_up_totp()
    assert "Refresh Token has expired" in str(caught.value)
    assert str(caught.value).endswith("; sign in again")
    assert isinstance(caught.value.__cause__, AuthError)


@every_verb
async def test_an_expired_session_ends_every_verb_before_its_exchange(
    verb: Verb, reply: Reply, operation: str, meet: Meet
) -> None:
    world = meet(REFUSED_REFRESH)
    world.clock.move(HOUR)
    with pytest.raises(SessionExpiredError):
        await verb(world.account(device=DEVICE))
    assert world.called == ["GetTokensFromRefreshToken"]


async def test_a_session_that_has_expired_stays_so_and_is_told_once(each_backend: str, meet: Meet) -> None:
    world = meet(REFUSED_REFRESH)
    world.clock.move(HOUR)
    events = AuthEvents()
    account = world.account(events=events)
    outcomes: list[type[object]] = []

    async def fetch() -> None:
        outcomes.append(type((await account.fetch_auth_session()).tokens.error))

    async with events.subscribe() as stream:
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(fetch)
        with pytest.raises(SessionExpiredError):
            await account.set_up_totp()
        assert await told(stream) == [AuthEvent(AuthEventKind.SESSION_EXPIRED, tokens().user, NOW + HOUR)]
    assert outcomes == [SessionExpiredError] * 5
    assert world.called == ["GetTokensFromRefreshToken"]


async def test_an_expired_session_stands_in_the_cells_and_is_not_raised(meet: Meet) -> None:
    world = meet(REFUSED_REFRESH)
    world.clock.move(HOUR)
    session = await world.account().fetch_auth_session()
    assert session.is_signed_in is True
    for cell in (session.tokens, session.user_sub):
        assert isinstance(cell.error, SessionExpiredError)
        with pytest.raises(SessionExpiredError):
            cell.unwrap()


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (OFFLINE, BackendUnavailableError),
        (ServiceError("InternalErrorException", "", 500), BackendUnavailableError),
        (ServiceError("TooManyRequestsException", ""), BackendUnavailableError),
        (ServiceError("LimitExceededException", "Attempt limit exceeded"), LimitExceededError),
        ({"AuthenticationResult": {}}, BackendContractError),
    ],
    ids=str,
)
async def test_any_other_failure_of_a_refresh_leaves_the_session_alone(
    reply: Reply, kind: type[Exception], meet: Meet
) -> None:
    world = meet(reply, refreshed())
    world.clock.move(HOUR)
    account = world.account()
    session = await account.fetch_auth_session()
    assert session.is_signed_in is True
    assert isinstance(session.tokens.error, kind)
    assert account.tokens == tokens("1")
    assert (await account.fetch_auth_session()).tokens.unwrap() == tokens("2")


@every_verb
async def test_a_refusal_of_the_access_token_is_not_the_end_of_the_session(
    verb: Verb, reply: Reply, operation: str, meet: Meet
) -> None:
    world = meet(ServiceError("NotAuthorizedException", "Access Token has been revoked"))
    account = world.account(device=DEVICE)
    with pytest.raises(NotAuthorizedError):
        await verb(account)
    assert (await account.fetch_auth_session()).tokens.unwrap() == tokens()


async def test_who_is_signed_in_is_known_without_a_network(meet: Meet) -> None:
    world = meet()
    world.clock.move(timedelta(days=1))
    assert await world.account().get_current_user() == AuthUser(SUB, COGNITO_NAME)
    assert world.called == []


# Signing out


async def test_signing_out_revokes_the_refresh_token(meet: Meet) -> None:
    world = meet({})
    assert await world.account().sign_out() == SignOutComplete()
    assert world.called == ["RevokeToken"]
    assert world.request()["Token"] == "refresh-1"


async def test_signing_out_everywhere_revokes_the_refresh_token_as_well(meet: Meet) -> None:
    world = meet({}, {})
    assert await world.account().sign_out(global_=True) == SignOutComplete()
    assert world.called == ["GlobalSignOut", "RevokeToken"]
    assert world.request(0)["AccessToken"] == access_token()


async def test_signing_out_with_old_tokens_refreshes_them_first(meet: Meet) -> None:
    world = meet(refreshed("2"), {}, {})
    world.clock.move(HOUR)
    assert await world.account().sign_out(global_=True) == SignOutComplete()
    assert world.called == ["GetTokensFromRefreshToken", "GlobalSignOut", "RevokeToken"]
    assert world.request(1)["AccessToken"] == access_token("2")
    assert world.request(2)["Token"] == "refresh-2"


async def test_a_user_who_is_gone_is_signed_out(meet: Meet) -> None:
    world = meet(ServiceError("UserNotFoundException", "User does not exist."))
    world.clock.move(HOUR)
    assert await world.account().sign_out(global_=True) == SignOutComplete()
    assert world.called == ["GetTokensFromRefreshToken"]


@pytest.mark.parametrize("failure", [REFUSED_REFRESH, OFFLINE, {"AuthenticationResult": {}}], ids=str)
async def test_without_fresh_tokens_nothing_can_be_ended_at_the_backend(failure: Reply, meet: Meet) -> None:
    world = meet(failure)
    world.clock.move(HOUR)
    result = await world.account().sign_out(global_=True)
    assert isinstance(result, SignOutPartial)
    assert result.invalid_token_error is not None
    assert (result.global_sign_out_error, result.revoke_token_error, result.access_token) == (None, None, None)
    # One that has expired need not be revoked any more.
    assert result.refresh_token == (None if failure is REFUSED_REFRESH else Secret("refresh-1"))
    assert world.called == ["GetTokensFromRefreshToken"]


FAILURES: list[Reply] = [
    ServiceError("NotAuthorizedException", "Access Token has been revoked"),
    ServiceError("UnsupportedTokenTypeException", "Not a refresh token"),
    ServiceError("NewException", "Nobody knows it"),
    ServiceError("InternalErrorException", "", 500),
    OFFLINE,
    NoReplyError("timed out", sent=True),
]


@pytest.mark.parametrize("failure", FAILURES, ids=str)
async def test_after_a_failed_end_everywhere_the_token_is_not_revoked_and_the_result_says_both(
    failure: Reply, meet: Meet
) -> None:
    world = meet(failure)
    result = await world.account().sign_out(global_=True)
    assert isinstance(result, SignOutPartial)
    assert result.global_sign_out_error is not None
    assert result.revoke_token_error is result.global_sign_out_error
    assert result.invalid_token_error is None
    assert (result.access_token, result.refresh_token) == (Secret(access_token()), Secret("refresh-1"))
    assert world.called == ["GlobalSignOut"]


@pytest.mark.parametrize("failure", FAILURES, ids=str)
@pytest.mark.parametrize("global_", [False, True])
async def test_a_token_that_could_not_be_revoked_is_told_and_not_raised(
    failure: Reply,
    global_: bool,  # noqa: FBT001  # a parameter of the test
    meet: Meet,
) -> None:
    world = meet(*([{}] if global_ else []), failure)
    result = await world.account().sign_out(global_=global_)
    assert isinstance(result, SignOutPartial)
    assert isinstance(result.revoke_token_error, AuthError | BackendUnavailableError)
    assert (result.invalid_token_error, result.global_sign_out_error) == (None, None)
    assert (result.access_token, result.refresh_token) == (None, Secret("refresh-1"))


@pytest.mark.parametrize("replies", [[{}], [OFFLINE]], ids=["complete", "partial"])
async def test_signing_out_is_told_however_much_of_it_arrived(replies: list[Reply], meet: Meet) -> None:
    world = meet(*replies)
    events = AuthEvents()
    async with events.subscribe() as stream:
        await world.account(events=events).sign_out()
        assert await told(stream) == [AuthEvent(AuthEventKind.SIGNED_OUT, tokens().user, NOW)]


async def test_a_store_that_cannot_keep_new_tokens_does_not_make_signing_out_raise(
    clock: VirtualClock, entropy: SeededEntropy
) -> None:
    async def keep(kept: Tokens) -> None:
        del kept
        raise OSError("the disk is full")

    world = World.of(clock, entropy, refreshed("2"))
    clock.move(HOUR)
    result = await Account(world.backend, tokens(), clock=clock, on_refresh=keep).sign_out()
    assert isinstance(result, SignOutPartial)
    assert isinstance(result.invalid_token_error, OSError)
    assert result.refresh_token == Secret("refresh-2")


async def test_a_backend_of_somebody_elses_making_does_not_make_signing_out_raise(clock: VirtualClock) -> None:
    class Faulty:
        performs: Collection[type[Effect]] = ()

        async def perform(self, effect: Effect) -> Event:
            raise RuntimeError(type(effect).__name__)

    result = await Account(Faulty(), tokens(), clock=clock).sign_out(global_=True)
    assert isinstance(result, SignOutPartial)
    assert str(result.global_sign_out_error) == "GlobalSignOut"


# Deleting the user


async def test_a_user_who_is_deleted_is_signed_out_first_and_the_device_is_forgotten(
    each_backend: str, meet: Meet
) -> None:
    world = meet({})
    events = AuthEvents()
    account = world.account(device=DEVICE, events=events)
    async with events.subscribe() as stream:
        await account.delete_user()
        assert [event.kind for event in await told(stream)] == [AuthEventKind.SIGNED_OUT, AuthEventKind.USER_DELETED]
    assert world.request() == {"AccessToken": access_token()}
    assert account.device is None


async def test_a_user_who_is_gone_already_is_signed_out_and_the_verb_says_so(meet: Meet) -> None:
    world = meet(ServiceError("UserNotFoundException", "User does not exist."))
    events = AuthEvents()
    account = world.account(device=DEVICE, events=events)
    async with events.subscribe() as stream:
        with pytest.raises(UserNotFoundError):
            await account.delete_user()
        assert [event.kind for event in await told(stream)] == [AuthEventKind.SIGNED_OUT]
    assert account.device is None


@pytest.mark.parametrize("failure", FAILURES, ids=str)
async def test_a_user_who_could_not_be_deleted_loses_nothing(failure: Reply, meet: Meet) -> None:
    world = meet(failure)
    events = AuthEvents()
    account = world.account(device=DEVICE, events=events)
    async with events.subscribe() as stream:
        with pytest.raises((AuthError, BackendUnavailableError)):
            await account.delete_user()
        assert await told(stream) == []
    assert (account.device, account.tokens) == (DEVICE, tokens())
