"""``Account``: fresh tokens before every verb, and each verb's one exchange, on a scripted transport and a clock that a
test moves.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.engine.messages import Secret
from authsteps.flows.account import Account
from authsteps.flows.errors import (
    AuthError,
    BackendContractError,
    BackendUnavailableError,
    CodeMismatchError,
    InvalidInputError,
    LimitExceededError,
    NotAuthorizedError,
    SessionExpiredError,
    SoftwareTokenMFANotFoundError,
)
from authsteps.flows.model import AuthUser, MfaPreference, MfaSetting, MfaType, Tokens, TotpSetup
from authsteps.flows.session import SignOutComplete, SignOutPartial
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.conftest import Meet
from tests.flows.world import (
    COGNITO_NAME,
    HOUR,
    NOW,
    SUB,
    World,
    a_backend,
    access_token,
    id_token,
    refreshed,
    tokens,
)

MARGIN = timedelta(seconds=10)
MOMENT = timedelta(microseconds=1)
REFUSED_REFRESH = ServiceError("NotAuthorizedException", "Refresh Token has expired")
OFFLINE = NoReplyError("connection refused", sent=False)

USER: dict[str, Json] = {
    "Username": COGNITO_NAME,
    "UserAttributes": [{"Name": "sub", "Value": SUB}],
    "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"],
    "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
}

Verb = Callable[[Account], Awaitable[object]]

VERBS: Mapping[str, tuple[Verb, Reply, str]] = {
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
}
every_verb = pytest.mark.parametrize(("verb", "reply", "operation"), VERBS.values(), ids=[*VERBS])


# Fresh tokens


@every_verb
async def test_tokens_with_time_left_are_used_as_they_are(verb: Verb, reply: Reply, operation: str, meet: Meet) -> None:
    world = meet(reply)
    world.clock.move(HOUR - MARGIN - MOMENT)
    await verb(world.account())
    assert world.called == [operation]
    assert world.request()["AccessToken"] == access_token("1")


@every_verb
async def test_tokens_within_ten_seconds_of_their_end_are_refreshed_first(
    verb: Verb, reply: Reply, operation: str, each_backend: str, meet: Meet
) -> None:
    world = meet(refreshed("2"), reply)
    world.clock.move(HOUR - MARGIN)
    account = world.account()
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


# A session that has come to its end


@pytest.mark.parametrize("code", ["NotAuthorizedException", "RefreshTokenReuseException"])
@every_verb
async def test_a_refused_refresh_token_is_an_expired_session(
    code: str, verb: Verb, reply: Reply, operation: str, meet: Meet
) -> None:
    world = meet(ServiceError(code, "Refresh Token has expired"))
    world.clock.move(HOUR)
    with pytest.raises(SessionExpiredError) as caught:
        await verb(world.account())
    assert str(caught.value) == "Refresh Token has expired; sign in again"
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
    with pytest.raises(NotAuthorizedError):
        await verb(world.account())


async def test_who_is_signed_in_is_known_without_a_network(meet: Meet) -> None:
    world = meet()
    world.clock.move(timedelta(days=1))
    assert await world.account().get_current_user() == AuthUser(SUB, COGNITO_NAME)
    assert world.called == []


# An authenticator app


async def test_setting_up_an_app_gives_its_secret_and_masks_it(meet: Meet) -> None:
    world = meet({"SecretCode": "SHAREDSHARED"})
    setup = await world.account().set_up_totp()
    assert setup == TotpSetup(Secret("SHAREDSHARED"), COGNITO_NAME)
    assert "SHAREDSHARED" not in f"{setup} {setup!r}"


URIS = json.loads((Path(__file__).parents[1] / "data" / "srp-vectors.json").read_text())["totp_setup_uri"]


@pytest.mark.parametrize("vector", URIS, ids=[vector["source"].rsplit("/", 1)[-1] for vector in URIS])
def test_a_set_up_uri_is_that_of_the_other_clients(vector: dict[str, Any]) -> None:
    setup = TotpSetup(Secret(vector["secret"]), vector["username"])
    assert setup.setup_uri(vector["app_name"], vector["account_name"]).reveal() == vector["expected"]


@pytest.mark.parametrize(
    ("app", "account", "uri"),
    [
        ("My App", "alice smith", "otpauth://totp/My%20App:alice%20smith?secret=S&issuer=My%20App"),
        ("A:B/C", "a@b?c&d", "otpauth://totp/A%3AB%2FC:a%40b%3Fc%26d?secret=S&issuer=A%3AB%2FC"),
        ("Ä+%", "", "otpauth://totp/%C3%84%2B%25:?secret=S&issuer=%C3%84%2B%25"),
    ],
)
def test_names_in_a_set_up_uri_are_percent_encoded_spaces_too(app: str, account: str, uri: str) -> None:
    shown = TotpSetup(Secret("S"), "alice").setup_uri(app, account)
    assert shown.reveal() == uri
    assert str(shown) == "***"


async def test_a_right_code_completes_the_set_up_under_the_apps_name(meet: Meet) -> None:
    world = meet({"Status": "SUCCESS"})
    await world.account().verify_totp_setup("123 456", friendly_device_name="phone")
    assert world.request() == {
        "AccessToken": access_token(),
        "UserCode": "123456",
        "FriendlyDeviceName": "phone",
    }


@pytest.mark.parametrize(
    "reply",
    [
        ServiceError("EnableSoftwareTokenMFAException", "Code mismatch"),
        ServiceError("CodeMismatchException", "Code mismatch"),
        {"Status": "ERROR"},
    ],
    ids=str,
)
async def test_a_wrong_code_in_the_set_up_may_be_followed_by_another(reply: Reply, meet: Meet) -> None:
    world = meet(reply, {"Status": "SUCCESS"})
    account = world.account()
    with pytest.raises(CodeMismatchError) as caught:
        await account.verify_totp_setup("000000")
    assert caught.value.retryable is True
    await account.verify_totp_setup("123456")


@pytest.mark.parametrize("code", ["", " ", "1" * 2049, b"123456", None])
async def test_a_code_that_cannot_be_one_is_not_sent(code: Any, meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.account().verify_totp_setup(code)
    assert caught.value.field == "code"
    assert world.called == []


async def test_a_pool_without_apps_says_so(meet: Meet) -> None:
    world = meet(ServiceError("SoftwareTokenMFANotFoundException", "Not enabled"))
    with pytest.raises(SoftwareTokenMFANotFoundError):
        await world.account().set_up_totp()


# Second factors


async def test_the_preference_says_what_is_on_and_what_is_asked_for_first(meet: Meet) -> None:
    world = meet(USER)
    assert await world.account().fetch_mfa_preference() == MfaPreference(frozenset({MfaType.TOTP}), MfaType.TOTP)


async def test_only_the_settings_that_are_given_are_sent(meet: Meet) -> None:
    world = meet({}, {})
    account = world.account()
    await account.update_mfa_preference(totp=MfaSetting.PREFERRED, sms=MfaSetting.DISABLED)
    assert world.request() == {
        "AccessToken": access_token(),
        "SMSMfaSettings": {"Enabled": False},
        "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True},
    }
    await account.update_mfa_preference(email=MfaSetting.NOT_PREFERRED)
    assert world.request() == {
        "AccessToken": access_token(),
        "EmailMfaSettings": {"Enabled": True, "PreferredMfa": False},
    }


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "sms, totp and email"),
        ({"sms": MfaSetting.PREFERRED, "totp": MfaSetting.PREFERRED}, "PREFERRED"),
        (dict.fromkeys(("sms", "totp", "email"), MfaSetting.PREFERRED), "PREFERRED"),
    ],
)
async def test_settings_that_make_no_sense_are_not_sent(
    settings: dict[str, MfaSetting], field: str, meet: Meet
) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.account().update_mfa_preference(**settings)
    assert caught.value.field == field
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
    assert (result.global_sign_out_error, result.revoke_token_error) == (None, None)
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
