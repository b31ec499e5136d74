"""``AuthClient``: one person, one current sign-in, kept tokens, and one thing after another."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.engine.errors import UnknownRunError
from authsteps.engine.messages import Secret
from authsteps.flows import steps
from authsteps.flows.client import AuthClient
from authsteps.flows.errors import (
    AuthError,
    BackendError,
    BackendUnavailableError,
    CodeMismatchError,
    InvalidInputError,
    NotAuthorizedError,
    SessionExpiredError,
    SignedOutError,
    UserAlreadySignedInError,
)
from authsteps.flows.model import AuthFlow, AuthUser, MfaPreference, MfaSetting, Tokens, TotpSetup
from authsteps.flows.service import SignInResult
from authsteps.flows.session import SignOutComplete, SignOutPartial
from authsteps.flows.stores import MemoryTokenStore
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.conftest import Meet
from tests.flows.world import (
    ALICE,
    COGNITO_NAME,
    HOUR,
    NOW,
    PASSWORD,
    SIGN_UP_SESSION,
    SUB,
    WRONG_CODE,
    WRONG_PASSWORD,
    SrpServer,
    a_backend,
    account_made,
    code_sent,
    refreshed,
    signed_in,
    sms_wanted,
    tokens,
    totp_wanted,
    user,
)

PLAINLY = AuthFlow.USER_PASSWORD_AUTH
MFA_IS_ON = user("SMS_MFA", "SOFTWARE_TOKEN_MFA")
REFUSED_REFRESH = ServiceError("NotAuthorizedException", "Refresh Token has expired")
OFFLINE = NoReplyError("connection refused", sent=False)


async def keeping(held: Tokens | None = None) -> MemoryTokenStore:
    """A token store that holds these tokens."""
    store = MemoryTokenStore()
    await store.save(held if held is not None else tokens())
    return store


# Signing in


async def test_a_person_signs_in_step_by_step_without_a_handle(each_backend: str, meet: Meet) -> None:
    server, kept = SrpServer(), MemoryTokenStore()
    world = meet(server.challenge, server.then(totp_wanted("session")), WRONG_CODE, signed_in(), MFA_IS_ON)
    async with world.client(kept) as client:
        assert (await client.sign_in(ALICE, PASSWORD)).next_step == steps.ConfirmSignInWithTotpCode("phone")
        assert await client.next_step() == steps.ConfirmSignInWithTotpCode("phone")
        with pytest.raises(CodeMismatchError):
            await client.confirm_sign_in("000000")
        assert await kept.load() is None
        assert (await client.confirm_sign_in("123456")).is_signed_in
        assert await client.get_current_user() == AuthUser(SUB, COGNITO_NAME)
    assert await kept.load() == tokens()


async def test_whoever_is_signed_in_signs_out_before_signing_in(meet: Meet) -> None:
    world = meet()
    client = world.client(await keeping())
    with pytest.raises(UserAlreadySignedInError, match="somebody is signed in already; sign out first"):
        await client.sign_in(ALICE, PASSWORD)
    assert world.called == []


async def test_a_second_sign_in_forgets_the_first(meet: Meet) -> None:
    world = meet(sms_wanted("first"), totp_wanted("second"), signed_in(), MFA_IS_ON)
    client = world.client()
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert await client.next_step() == steps.ConfirmSignInWithTotpCode("phone")
    assert (await client.confirm_sign_in("123456")).is_signed_in
    assert world.request(2)["Session"] == "second"


async def test_a_second_sign_in_forgets_the_first_also_if_it_fails(meet: Meet) -> None:
    world = meet(sms_wanted("first"), WRONG_PASSWORD)
    client = world.client()
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    with pytest.raises(NotAuthorizedError):
        await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    with pytest.raises(InvalidInputError, match="call sign_in first"):
        await client.confirm_sign_in("123456")


@pytest.mark.parametrize("how", ["never begun", "abandoned", "left"])
async def test_without_a_sign_in_under_way_there_is_nothing_to_answer(how: str, meet: Meet) -> None:
    world = meet(sms_wanted("session"))
    client = world.client()
    if how != "never begun":
        async with client:
            await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
            if how == "abandoned":
                await client.abandon()
                await client.abandon()
    for verb in (client.next_step(), client.confirm_sign_in("123456")):
        with pytest.raises(InvalidInputError, match="answer has no step to go to; call sign_in first"):
            await verb


async def test_a_sign_in_that_is_over_takes_no_answer(meet: Meet) -> None:
    world = meet(sms_wanted("session"), ServiceError("PasswordResetRequiredException", "Reset it."))
    client = world.client()
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert isinstance((await client.confirm_sign_in("123456")).next_step, steps.ResetPassword)
    with pytest.raises(InvalidInputError, match="call sign_in first"):
        await client.confirm_sign_in("123456")


async def test_a_client_that_was_left_keeps_its_tokens(meet: Meet) -> None:
    world, kept = meet(signed_in()), MemoryTokenStore()
    async with world.client(kept) as client:
        await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    async with world.client(kept) as client:
        assert await client.get_current_user() == AuthUser(SUB, COGNITO_NAME)


async def test_of_ten_sign_ins_at_once_one_begins_and_nine_learn_that_somebody_is_signed_in(
    each_backend: str, meet: Meet
) -> None:
    world = meet(signed_in())
    client = world.client()
    outcomes: list[object] = []

    async def sign_in() -> None:
        try:
            outcomes.append(await client.sign_in(ALICE, PASSWORD, flow=PLAINLY))
        except UserAlreadySignedInError as error:
            outcomes.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(sign_in)
    assert world.called == ["InitiateAuth"]
    assert [type(outcome) for outcome in outcomes] == [SignInResult, *[UserAlreadySignedInError] * 9]


async def test_one_thing_is_done_after_another(each_backend: str, clock: VirtualClock, entropy: SeededEntropy) -> None:
    class Busy:
        """Counts how many requests are under way at once."""

        def __init__(self) -> None:
            self.under_way = 0
            self.most = 0

        async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            for _ in range(3):
                await anyio.lowlevel.checkpoint()
            self.under_way -= 1
            return {"SecretCode": "SHARED"} if operation == "AssociateSoftwareToken" else refreshed("2")

    transport = Busy()
    client = AuthClient(a_backend(transport, clock, entropy), tokens=await keeping(), clock=clock, entropy=entropy)
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(client.set_up_totp)
            tasks.start_soon(client.fetch_auth_session)
            tasks.start_soon(lambda: client.fetch_auth_session(force_refresh=True))
    assert transport.most == 1


async def test_a_failed_sign_in_leaves_the_way_free_for_the_next(meet: Meet) -> None:
    world = meet(OFFLINE, WRONG_PASSWORD, signed_in())
    client = world.client()
    for kind in (BackendUnavailableError, NotAuthorizedError):
        with pytest.raises(kind):
            await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert (await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)).is_signed_in


async def test_an_answer_in_doubt_leaves_the_sign_in_at_its_step(meet: Meet) -> None:
    world = meet(sms_wanted("session"), NoReplyError("timed out", sent=True), signed_in(), MFA_IS_ON)
    client = world.client()
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    with pytest.raises(BackendUnavailableError):
        await client.confirm_sign_in("123456")
    assert (await client.confirm_sign_in("123456")).is_signed_in


async def test_an_automatic_refusal_after_an_answer_ends_the_sign_in(meet: Meet) -> None:
    verifier = {"ChallengeName": "PASSWORD_VERIFIER", "Session": "session"}
    world = meet(sms_wanted("session"), verifier)
    client = world.client()
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    with pytest.raises(BackendError, match="PASSWORD_VERIFIER"):
        await client.confirm_sign_in("123456")
    with pytest.raises(UnknownRunError):
        await client.confirm_sign_in("123456")


# Signing up and resetting


async def test_a_sign_up_is_remembered_for_the_code_that_follows(meet: Meet) -> None:
    world = meet(account_made(), code_sent(), {})
    client = world.client()
    await client.sign_up(ALICE, PASSWORD)
    assert (await client.resend_sign_up_code(ALICE)).destination == "a***@e***"
    result = await client.confirm_sign_up(ALICE, "123456")
    assert (result.is_sign_up_complete, result.user_id) == (True, SUB)
    assert world.request()["Session"] == SIGN_UP_SESSION


async def test_a_code_for_somebody_else_goes_without_the_sign_up_that_is_remembered(meet: Meet) -> None:
    world = meet(account_made(), {}, code_sent())
    client = world.client()
    await client.sign_up(ALICE, PASSWORD)
    assert (await client.confirm_sign_up("bob", "123456")).user_id is None
    assert "Session" not in world.request()
    await client.resend_sign_up_code("bob")
    assert world.request()["Username"] == "bob"


async def test_an_account_can_be_confirmed_although_its_sign_up_is_over(meet: Meet) -> None:
    world = meet(account_made(), {}, {})
    client = world.client()
    await client.sign_up(ALICE, PASSWORD)
    await client.confirm_sign_up(ALICE, "123456")
    await client.confirm_sign_up(ALICE, "123456")
    assert [("Session" in call.request) for call in world.transport.calls] == [False, True, False]


async def test_a_reset_is_remembered_for_the_code_that_follows(meet: Meet) -> None:
    world = meet(code_sent(), WRONG_CODE, {}, {})
    client = world.client()
    await client.reset_password(ALICE)
    with pytest.raises(CodeMismatchError):
        await client.confirm_reset_password(ALICE, "new", "000000")
    assert (await client.confirm_reset_password(ALICE, "new", "123456")).is_password_reset
    assert (await client.confirm_reset_password("bob", "new", "123456")).is_password_reset
    assert world.request()["Username"] == "bob"


async def test_a_reset_can_be_had_while_somebody_is_signed_in(meet: Meet) -> None:
    world = meet(code_sent())
    kept = await keeping()
    await world.client(kept).reset_password(ALICE)
    assert await kept.load() == tokens()


# Signed out

NEEDS_SOMEBODY: Mapping[str, Callable[[AuthClient], Awaitable[object]]] = {
    "get_current_user": lambda client: client.get_current_user(),
    "set_up_totp": lambda client: client.set_up_totp(),
    "verify_totp_setup": lambda client: client.verify_totp_setup("123456"),
    "fetch_mfa_preference": lambda client: client.fetch_mfa_preference(),
    "update_mfa_preference": lambda client: client.update_mfa_preference(totp=MfaSetting.ENABLED),
}


@pytest.mark.parametrize("verb", NEEDS_SOMEBODY.values(), ids=[*NEEDS_SOMEBODY])
async def test_what_needs_somebody_signed_in_says_so(
    verb: Callable[[AuthClient], Awaitable[object]], meet: Meet
) -> None:
    world = meet()
    with pytest.raises(SignedOutError, match="nobody is signed in; sign in first"):
        await verb(world.client())
    assert world.called == []


async def test_nobodys_session_says_so_in_its_cells(meet: Meet) -> None:
    session = await meet().client().fetch_auth_session()
    assert session.is_signed_in is False
    assert isinstance(session.tokens.error, SignedOutError)
    assert isinstance(session.user_sub.error, SignedOutError)


async def test_nobody_can_sign_out_too(meet: Meet) -> None:
    world = meet()
    assert await world.client().sign_out(global_=True) == SignOutComplete()
    assert world.called == []


# The session


async def test_the_verbs_of_an_account_are_the_clients_too(meet: Meet) -> None:
    user: Reply = {"Username": COGNITO_NAME, "UserAttributes": []}
    world = meet({"SecretCode": "SHARED"}, {"Status": "SUCCESS"}, user, {})
    client = world.client(await keeping())
    assert await client.set_up_totp() == TotpSetup(Secret("SHARED"), COGNITO_NAME)
    await client.verify_totp_setup("123456", friendly_device_name="phone")
    assert await client.fetch_mfa_preference() == MfaPreference(frozenset(), None)
    await client.update_mfa_preference(totp=MfaSetting.PREFERRED)
    assert world.called == ["AssociateSoftwareToken", "VerifySoftwareToken", "GetUser", "SetUserMFAPreference"]


async def test_new_tokens_are_kept(meet: Meet) -> None:
    world = meet(refreshed("2"))
    kept = await keeping()
    session = await world.client(kept).fetch_auth_session(force_refresh=True, client_metadata={"from": "a test"})
    assert session.tokens.unwrap() == await kept.load() == tokens("2")
    assert world.request()["ClientMetadata"] == {"from": "a test"}


async def test_an_expired_session_is_forgotten(meet: Meet) -> None:
    world = meet(REFUSED_REFRESH)
    kept = await keeping()
    world.clock.move(HOUR)
    client = world.client(kept)
    session = await client.fetch_auth_session()
    assert session.is_signed_in is True
    assert isinstance(session.tokens.error, SessionExpiredError)
    assert await kept.load() is None
    assert (await client.fetch_auth_session()).is_signed_in is False


async def test_an_expired_session_is_forgotten_by_every_verb(meet: Meet) -> None:
    world = meet(REFUSED_REFRESH)
    kept = await keeping()
    world.clock.move(HOUR)
    with pytest.raises(SessionExpiredError):
        await world.client(kept).set_up_totp()
    assert await kept.load() is None


@pytest.mark.parametrize(
    "failure",
    [OFFLINE, ServiceError("InternalErrorException", "", 500), ServiceError("TooManyRequestsException", ""), {}],
    ids=str,
)
async def test_a_session_that_cannot_be_refreshed_just_now_is_kept(failure: Reply, meet: Meet) -> None:
    world = meet(failure, failure)
    kept = await keeping()
    world.clock.move(HOUR)
    client = world.client(kept)
    assert (await client.fetch_auth_session()).tokens.error is not None
    with pytest.raises(BackendError):
        await client.set_up_totp()
    assert await kept.load() == tokens()
    assert await client.get_current_user() == AuthUser(SUB, COGNITO_NAME)


# Signing out


SIGNING_OUT: Mapping[str, tuple[list[Reply], type[SignOutComplete | SignOutPartial]]] = {
    "all went well": ([{}, {}], SignOutComplete),
    "offline": ([OFFLINE], SignOutPartial),
    "offline half-way": ([{}, OFFLINE], SignOutPartial),
    "not allowed": ([{}, ServiceError("UnauthorizedException", "no")], SignOutPartial),
    "a fault": ([ServiceError("InternalErrorException", "", 500)], SignOutPartial),
}


@pytest.mark.parametrize(("replies", "result"), SIGNING_OUT.values(), ids=[*SIGNING_OUT])
async def test_signing_out_always_forgets_the_tokens(
    replies: list[Reply], result: type[SignOutComplete | SignOutPartial], meet: Meet
) -> None:
    world = meet(*replies)
    kept = await keeping()
    assert isinstance(await world.client(kept).sign_out(global_=True), result)
    assert await kept.load() is None


async def test_signing_out_offline_with_old_tokens_forgets_them_too(meet: Meet) -> None:
    world = meet(OFFLINE)
    kept = await keeping()
    world.clock.move(HOUR)
    result = await world.client(kept).sign_out()
    assert isinstance(result, SignOutPartial)
    assert isinstance(result.invalid_token_error, BackendUnavailableError)
    assert await kept.load() is None


async def test_signing_out_forgets_a_sign_in_that_is_under_way(meet: Meet) -> None:
    world = meet(sms_wanted("session"))
    client = world.client()
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert await client.sign_out() == SignOutComplete()
    with pytest.raises(InvalidInputError, match="call sign_in first"):
        await client.next_step()


async def test_after_signing_out_somebody_else_can_sign_in(meet: Meet) -> None:
    world = meet(signed_in("1"), {}, signed_in("2"))
    kept = MemoryTokenStore()
    client = world.client(kept)
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    await client.sign_out()
    assert (await client.sign_in("bob", PASSWORD, flow=PLAINLY)).is_signed_in
    assert await kept.load() == tokens("2")


# Cancelled


class SlowStore(MemoryTokenStore):
    """A token store that takes a while, during which its caller may be cancelled."""

    def __init__(self) -> None:
        super().__init__()
        self.during: Callable[[], object] = lambda: None

    async def save(self, tokens: Tokens) -> None:
        await self._take_a_while()
        await super().save(tokens)

    async def clear(self) -> None:
        await self._take_a_while()
        await super().clear()

    async def _take_a_while(self) -> None:
        during, self.during = self.during, lambda: None
        during()
        await anyio.lowlevel.checkpoint()


Work = Callable[[AuthClient], Awaitable[object]]


async def _sign_in(client: AuthClient) -> None:
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)


async def _refresh(client: AuthClient) -> None:
    await client.fetch_auth_session(force_refresh=True)


async def _sign_out(client: AuthClient) -> None:
    await client.sign_out()


KEPT_ALL_THE_SAME: Mapping[str, tuple[Work, Reply, Tokens | None, Tokens | None]] = {
    "the tokens of a sign-in": (_sign_in, signed_in("2"), None, tokens("2")),
    "the tokens of a refresh": (_refresh, refreshed("2"), tokens("1"), tokens("2")),
    "that nobody is signed in any more": (_sign_out, {}, tokens("1"), None),
}


@pytest.mark.parametrize(("work", "reply", "before", "behind"), KEPT_ALL_THE_SAME.values(), ids=[*KEPT_ALL_THE_SAME])
@pytest.mark.parametrize("how", ["by scope", "by task"])
async def test_what_the_backend_has_done_is_kept_although_the_caller_was_cancelled(  # a table's columns
    work: Work, reply: Reply, before: Tokens | None, behind: Tokens | None, how: str, meet: Meet
) -> None:
    world, kept = meet(reply), SlowStore()
    if before is not None:
        await kept.save(before)
    client = world.client(kept)
    if how == "by scope":
        with anyio.CancelScope() as scope:
            kept.during = scope.cancel
            await work(client)
        assert scope.cancelled_caught
    else:
        task = asyncio.ensure_future(work(client))
        kept.during = task.cancel
        await asyncio.wait([task])
        assert task.cancelled()
    assert await kept.load() == behind


async def test_a_store_that_fails_while_its_caller_is_cancelled_does_not_swallow_the_cancellation(
    each_backend: str, meet: Meet
) -> None:
    class Broken(SlowStore):
        async def save(self, tokens: Tokens) -> None:
            await self._take_a_while()
            raise OSError("the disk is full")

    world, kept = meet(signed_in()), Broken()
    notes: list[str] = []
    with anyio.CancelScope() as scope:
        kept.during = scope.cancel
        try:
            await _sign_in(world.client(kept))
        except anyio.get_cancelled_exc_class() as cancelled:
            notes.extend(cancelled.__notes__)
            raise
    assert scope.cancelled_caught
    assert notes == ["the store failed as well (OSError); what it holds may be stale"]


async def test_a_cancelled_call_lets_the_next_one_in(each_backend: str, meet: Meet) -> None:
    world, kept = meet({"SecretCode": "SHARED"}), SlowStore()
    await kept.save(tokens(expires_at=NOW + HOUR))
    client = world.client(kept)
    with anyio.CancelScope() as scope:
        scope.cancel()
        await client.set_up_totp()
    assert scope.cancelled_caught
    await client.set_up_totp()
    assert world.called == ["AssociateSoftwareToken"]


@pytest.mark.parametrize("kind", [UserAlreadySignedInError, SignedOutError, SessionExpiredError])
def test_what_is_decided_here_has_a_code_of_ours_and_not_of_cognitos(kind: type[AuthError]) -> None:
    assert kind.code
    assert not kind.code.endswith("Exception")


@pytest.mark.parametrize("password", ["", None, b"K4n4ry"])
async def test_a_password_that_cannot_be_one_is_refused_here_as_well(password: Any, meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError):
        await world.client().sign_in(ALICE, password)
    assert world.called == []
