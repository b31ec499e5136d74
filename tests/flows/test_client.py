"""``AuthClient``: one person, one current sign-in, kept tokens, and one thing after another."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any

import anyio
import anyio.lowlevel
import attrs
import pytest
from anyio.abc import TaskStatus

from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.engine.errors import AuthStepsError, UnknownRunError
from authsteps.engine.messages import Secret
from authsteps.flows import steps
from authsteps.flows.account import Account
from authsteps.flows.auth_events import AuthEventKind
from authsteps.flows.client import AuthClient
from authsteps.flows.errors import (
    AuthError,
    BackendError,
    BackendUnavailableError,
    CodeMismatchError,
    DeviceRefusedError,
    InvalidInputError,
    InvalidStateError,
    NotAuthorizedError,
    SessionExpiredError,
    SignedOutError,
    UnknownServiceError,
    UserAlreadySignedInError,
    UserNotFoundError,
    WebAuthnCeremonyError,
)
from authsteps.flows.model import (
    AuthFlow,
    AuthUser,
    DeviceSecrets,
    FactorType,
    MfaPreference,
    MfaSetting,
    Tokens,
    TotpSetup,
    WebAuthnCredential,
)
from authsteps.flows.service import SignInResult
from authsteps.flows.session import SignOutComplete, SignOutFailed, SignOutPartial
from authsteps.flows.stores import MemoryDeviceStore, MemoryTokenStore
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.conftest import Meet
from tests.flows.world import (
    ALICE,
    COGNITO_NAME,
    DEVICE,
    HOUR,
    IDENTITY,
    NOW,
    PASSWORD,
    SIGN_UP_SESSION,
    SUB,
    WRONG_CODE,
    WRONG_PASSWORD,
    DeviceServer,
    ScriptedAuthenticator,
    SrpServer,
    a_backend,
    access_token,
    account_made,
    challenged,
    code_sent,
    credentials,
    issued,
    part,
    refreshed,
    signed_in,
    sms_wanted,
    tokens,
    told,
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


# From a sign-up straight to a sign-in


async def test_a_new_user_is_signed_in_by_the_sign_up_that_is_remembered(each_backend: str, meet: Meet) -> None:
    world, kept = meet(account_made(), {"Session": "later"}, signed_in()), MemoryTokenStore()
    client = world.client(kept)
    await client.sign_up(ALICE, validation_data={"captcha": "blue"})
    result = await client.confirm_sign_up(ALICE, "123456", force_alias_creation=True)
    assert isinstance(result.next_step, steps.CompleteAutoSignIn)
    assert (await client.auto_sign_in(client_metadata={"from": "a test"})).is_signed_in
    assert (world.request()["Session"], world.request()["ClientMetadata"]) == ("later", {"from": "a test"})
    assert await kept.load() == tokens()


@pytest.mark.parametrize("how", ["nobody signed up", "the pool gave no session", "it is done already"])
async def test_without_a_completed_sign_up_nobody_is_signed_in(how: str, meet: Meet) -> None:
    confirmed = account_made(confirmed=True, session=None if how == "the pool gave no session" else SIGN_UP_SESSION)
    world = meet(*([] if how == "nobody signed up" else [confirmed]), signed_in(), {})
    client = world.client()
    if how != "nobody signed up":
        await client.sign_up(ALICE, PASSWORD)
    if how == "it is done already":
        await client.auto_sign_in()
        await client.sign_out()
    with pytest.raises(InvalidStateError, match="there is no sign-up to complete: sign up and confirm it first"):
        await client.auto_sign_in()


async def test_a_sign_up_that_waits_for_its_code_signs_nobody_in(meet: Meet) -> None:
    world = meet(account_made())
    client = world.client()
    await client.sign_up(ALICE, PASSWORD)
    with pytest.raises(InvalidStateError, match="confirm it first"):
        await client.auto_sign_in()


async def test_a_sign_in_after_a_sign_up_can_be_tried_again_and_takes_the_place_of_another(meet: Meet) -> None:
    world = meet(account_made(confirmed=True), sms_wanted("session"), OFFLINE, totp_wanted("session"))
    client = world.client()
    await client.sign_up(ALICE, PASSWORD)
    await client.sign_in("bob", PASSWORD, flow=PLAINLY)
    with pytest.raises(BackendUnavailableError):
        await client.auto_sign_in()
    await client.auto_sign_in()
    assert isinstance(await client.next_step(), steps.ConfirmSignInWithTotpCode)


async def test_whoever_is_signed_in_is_not_signed_in_by_a_sign_up(meet: Meet) -> None:
    world = meet(account_made(confirmed=True))
    client = world.client(await keeping())
    await client.sign_up("bob", PASSWORD)
    with pytest.raises(UserAlreadySignedInError):
        await client.auto_sign_in()
    assert world.called == ["SignUp"]


# The device


async def test_a_new_devices_secrets_are_kept_under_the_pools_name_and_the_typed_one(
    each_backend: str, meet: Meet
) -> None:
    world, devices = meet(signed_in(new_device=True), {"UserConfirmationNecessary": True}), MemoryDeviceStore()
    result = await world.client(devices=devices).sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert isinstance(result.next_step, steps.Done)
    kept = await devices.load(COGNITO_NAME)
    assert kept is not None
    assert kept == await devices.load(ALICE) == result.next_step.new_device


async def with_device(*aliases: str) -> MemoryDeviceStore:
    """A device store that knows this device."""
    devices = MemoryDeviceStore()
    await devices.save(COGNITO_NAME, DEVICE, aliases)
    return devices


async def test_the_device_is_named_from_the_first_request_on_and_proved_with_the_last(
    each_backend: str, meet: Meet
) -> None:
    server = DeviceServer()
    world = meet(sms_wanted("session"), server.ask, server.challenge, server.then(signed_in()), MFA_IS_ON)
    client = world.client(devices=await with_device(ALICE))
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert part(world.request(0), "AuthParameters")["DEVICE_KEY"] == DEVICE.key
    assert (await client.confirm_sign_in("123456")).is_signed_in


async def test_somebody_else_on_the_same_device_does_not_name_it(meet: Meet) -> None:
    world = meet(signed_in())
    await world.client(devices=await with_device()).sign_in("bob", PASSWORD, flow=PLAINLY)
    assert "DEVICE_KEY" not in part(world.request(), "AuthParameters")


async def test_a_device_that_the_pool_does_not_know_is_forgotten(meet: Meet) -> None:
    unknown = ServiceError("ResourceNotFoundException", "Device does not exist.")
    devices = await with_device(ALICE)
    world = meet(unknown, signed_in())
    assert (await world.client(devices=devices).sign_in(ALICE, PASSWORD, flow=PLAINLY)).is_signed_in
    assert await devices.load(COGNITO_NAME) is None


async def test_a_device_that_was_unknown_makes_room_for_what_the_pool_calls_it_now(meet: Meet) -> None:
    unknown = ServiceError("ResourceNotFoundException", "Device does not exist.")
    devices = await with_device(ALICE)
    world = meet(unknown, signed_in(new_device=True), {"UserConfirmationNecessary": False})
    await world.client(devices=devices).sign_in(ALICE, PASSWORD, flow=PLAINLY)
    kept = await devices.load(ALICE)
    assert kept is not None
    assert kept.password != DEVICE.password


async def test_a_device_that_could_not_be_kept_leaves_somebody_signed_in_and_that_is_told(meet: Meet) -> None:
    class Full(MemoryDeviceStore):
        async def save(self, username: str, device: DeviceSecrets, aliases: Collection[str] = ()) -> None:
            raise OSError("the disk is full")

    world = meet(signed_in(new_device=True), {"UserConfirmationNecessary": True})
    client = world.client(devices=Full())
    async with client.events.subscribe() as stream:
        with pytest.raises(OSError, match="the disk is full") as caught:
            await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
        assert [event.kind for event in await told(stream)] == [AuthEventKind.SIGNED_IN]
    assert caught.value.__notes__ == ["somebody is signed in all the same; what is kept of the device may be stale"]
    assert await client.get_current_user() == AuthUser(SUB, COGNITO_NAME)


@pytest.mark.parametrize("late", [False, True], ids=["in sign_in", "in confirm_sign_in"])
async def test_a_device_whose_proof_is_refused_is_forgotten_and_the_next_sign_in_goes_without(
    late: bool,  # noqa: FBT001  # a parameter of the test
    meet: Meet,
) -> None:
    server, devices = DeviceServer(password="another password"), await with_device(ALICE)
    proof: list[Reply] = [server.ask, server.challenge, server.then(signed_in())]
    world = meet(*([sms_wanted("session")] if late else []), *proof, signed_in())
    client = world.client(devices=devices)
    if late:
        await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    with pytest.raises(DeviceRefusedError):
        await (client.confirm_sign_in("123456") if late else client.sign_in(ALICE, PASSWORD, flow=PLAINLY))
    assert await devices.load(COGNITO_NAME) is None
    assert (await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)).is_signed_in
    assert "DEVICE_KEY" not in part(world.request(), "AuthParameters")


async def test_a_refused_password_or_code_leaves_the_device_alone(meet: Meet) -> None:
    world, devices = meet(WRONG_PASSWORD, sms_wanted("session"), WRONG_CODE), await with_device(ALICE)
    client = world.client(devices=devices)
    with pytest.raises(NotAuthorizedError):
        await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    with pytest.raises(CodeMismatchError):
        await client.confirm_sign_in("000000")
    assert await devices.load(ALICE) == DEVICE


async def test_a_device_outlives_signing_out_and_is_remembered_and_forgotten_by_its_own_verbs(meet: Meet) -> None:
    world, devices = meet({}, {}, {}), await with_device()
    client = world.client(await keeping(), devices=devices)
    await client.remember_device()
    assert await devices.load(COGNITO_NAME) == attrs.evolve(DEVICE, is_remembered=True)
    await client.forget_device("another")
    await client.sign_out()
    assert await devices.load(COGNITO_NAME) == attrs.evolve(DEVICE, is_remembered=True)
    world = meet({})
    await world.client(await keeping(), devices=devices).forget_device()
    assert await devices.load(COGNITO_NAME) is None


async def test_a_user_who_is_deleted_leaves_nothing_behind(each_backend: str, meet: Meet) -> None:
    world, kept, devices = meet(IDENTITY, issued(), {}, IDENTITY, issued("guest")), await keeping(), await with_device()
    client = world.client(kept, devices=devices, with_identity_pool=True)
    await client.fetch_auth_session()
    async with client.events.subscribe() as stream:
        await client.delete_user()
        assert [event.kind for event in await told(stream)] == [AuthEventKind.SIGNED_OUT, AuthEventKind.USER_DELETED]
    assert await kept.load() is None
    assert await devices.load(COGNITO_NAME) is None
    assert (await client.fetch_auth_session()).credentials.unwrap() == credentials("guest")


@pytest.mark.parametrize("failure", [OFFLINE, ServiceError("InternalErrorException", "", 500)], ids=str)
async def test_a_user_who_could_not_be_deleted_stays_signed_in(failure: Reply, meet: Meet) -> None:
    world, kept, devices = meet(failure), await keeping(), await with_device()
    with pytest.raises(BackendError):
        await world.client(kept, devices=devices).delete_user()
    assert await kept.load() == tokens()
    assert await devices.load(COGNITO_NAME) == DEVICE


async def test_a_user_who_is_gone_already_is_signed_out_here_as_well(meet: Meet) -> None:
    world, kept = meet(ServiceError("UserNotFoundException", "User does not exist.")), await keeping()
    with pytest.raises(UserNotFoundError):
        await world.client(kept).delete_user()
    assert await kept.load() is None


# An authenticator at hand

OPTIONS = '{"challenge": "a-challenge"}'
ASSERTION = '{"id": "passkey"}'
BY_CHOICE = AuthFlow.USER_AUTH


def passkey_wanted(session: str) -> dict[str, Json]:
    return challenged("WEB_AUTHN", session, USERNAME=COGNITO_NAME, CREDENTIAL_REQUEST_OPTIONS=OPTIONS)


async def test_an_authenticator_answers_within_the_same_call(each_backend: str, meet: Meet) -> None:
    world, authenticator = meet(passkey_wanted("session"), signed_in()), ScriptedAuthenticator(ASSERTION)
    client = world.client(authenticator=authenticator)
    result = await client.sign_in(
        ALICE, flow=BY_CHOICE, preferred_factor=FactorType.WEB_AUTHN, client_metadata={"from": "a test"}
    )
    assert result.is_signed_in
    assert authenticator.asked == [OPTIONS]
    assert world.called == ["InitiateAuth", "RespondToAuthChallenge(WEB_AUTHN)"]
    assert part(world.request(), "ChallengeResponses") == {"USERNAME": COGNITO_NAME, "CREDENTIAL": ASSERTION}
    assert "ClientMetadata" not in world.request()


async def test_without_an_authenticator_the_person_is_asked(meet: Meet) -> None:
    world = meet(passkey_wanted("session"), signed_in())
    client = world.client()
    result = await client.sign_in(ALICE, flow=BY_CHOICE)
    assert result.next_step == steps.ContinueSignInWithWebAuthn(OPTIONS)
    assert (await client.confirm_sign_in(WebAuthnCredential(ASSERTION))).is_signed_in


async def test_an_authenticator_that_fails_leaves_the_sign_in_at_its_step_for_another_try_or_factor(
    meet: Meet,
) -> None:
    declined = WebAuthnCeremonyError("the person declined")
    otp = challenged("EMAIL_OTP", "third", USERNAME=COGNITO_NAME)
    offered: dict[str, Json] = {
        "ChallengeName": "SELECT_CHALLENGE",
        "Session": "first",
        "AvailableChallenges": ["WEB_AUTHN", "EMAIL_OTP"],
        "ChallengeParameters": {},
    }
    world = meet(offered, passkey_wanted("second"), otp)
    client = world.client(authenticator=ScriptedAuthenticator(declined))
    await client.sign_in(ALICE, flow=BY_CHOICE)
    with pytest.raises(WebAuthnCeremonyError, match="the person declined; try again, or choose another factor"):
        await client.confirm_sign_in(FactorType.WEB_AUTHN)
    assert isinstance(await client.next_step(), steps.ContinueSignInWithWebAuthn)
    result = await client.confirm_sign_in(FactorType.EMAIL_OTP)
    assert isinstance(result.next_step, steps.ConfirmSignInWithOtpCode)


async def test_an_authenticator_that_fails_after_a_sign_up_leaves_the_sign_in_and_not_the_sign_up(meet: Meet) -> None:
    world = meet(account_made(confirmed=True), passkey_wanted("first"), signed_in())
    client = world.client(authenticator=ScriptedAuthenticator(WebAuthnCeremonyError("no passkey here")))
    await client.sign_up(ALICE, PASSWORD)
    with pytest.raises(WebAuthnCeremonyError):
        await client.auto_sign_in()
    with pytest.raises(InvalidStateError, match="no sign-up to complete"):
        await client.auto_sign_in()
    assert (await client.confirm_sign_in(WebAuthnCredential("{}"))).is_signed_in


async def test_an_authenticator_answers_once_a_call(meet: Meet) -> None:
    refused = ServiceError("NotAuthorizedException", "Invalid passkey")
    world = meet(passkey_wanted("session"), refused, signed_in())
    authenticator = ScriptedAuthenticator(ASSERTION)
    client = world.client(authenticator=authenticator)
    with pytest.raises(NotAuthorizedError) as caught:
        await client.sign_in(ALICE, flow=BY_CHOICE)
    assert caught.value.retryable is True
    assert len(authenticator.asked) == 1
    assert (await client.confirm_sign_in(WebAuthnCredential(ASSERTION))).is_signed_in


async def test_a_client_makes_passkeys_with_its_own_authenticator(meet: Meet) -> None:
    world, authenticator = meet({"CredentialCreationOptions": {}}, {}), ScriptedAuthenticator(ASSERTION)
    await world.client(await keeping(), authenticator=authenticator).associate_web_authn_credential()
    assert authenticator.asked == ["{}"]
    assert world.called == ["StartWebAuthnRegistration", "CompleteWebAuthnRegistration"]


# What is told


async def test_what_happens_to_a_session_is_told_in_order(each_backend: str, meet: Meet) -> None:
    world = meet(signed_in("1"), refreshed("2"), {}, signed_in("3"), REFUSED_REFRESH)
    kept = MemoryTokenStore()
    client = world.client(kept)
    alice = AuthUser(SUB, COGNITO_NAME)
    async with client.events.subscribe() as stream:
        await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
        await client.fetch_auth_session(force_refresh=True)
        await client.sign_out()
        await client.sign_out()
        await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
        await client.fetch_auth_session(force_refresh=True)
        await client.fetch_auth_session(force_refresh=True)
        assert [(event.kind, event.user) for event in await told(stream)] == [
            (AuthEventKind.SIGNED_IN, alice),
            (AuthEventKind.TOKEN_REFRESHED, alice),
            (AuthEventKind.SIGNED_OUT, alice),
            (AuthEventKind.SIGNED_OUT, None),
            (AuthEventKind.SIGNED_IN, alice),
            (AuthEventKind.SESSION_EXPIRED, alice),
        ]


async def test_a_sign_in_is_told_once_its_tokens_are_kept(meet: Meet) -> None:
    class Full(MemoryTokenStore):
        async def save(self, tokens: Tokens) -> None:
            del tokens
            raise OSError("the disk is full")

    client = meet(signed_in()).client(Full())
    async with client.events.subscribe() as stream:
        with pytest.raises(OSError, match="the disk is full"):
            await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
        assert await told(stream) == []


async def test_a_listener_may_use_the_client_that_told_it(each_backend: str, meet: Meet) -> None:
    world = meet(signed_in())
    client = world.client()
    found: list[AuthUser] = []

    async def listen(*, task_status: TaskStatus[None]) -> None:
        async with client.events.subscribe() as stream:
            task_status.started()
            await stream.__anext__()
            found.append(await client.get_current_user())

    async with anyio.create_task_group() as tasks:
        await tasks.start(listen)
        await client.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert found == [AuthUser(SUB, COGNITO_NAME)]


# Signed out

NEEDS_SOMEBODY: Mapping[str, Callable[[AuthClient], Awaitable[object]]] = {
    "associate_web_authn_credential": lambda client: client.associate_web_authn_credential(ScriptedAuthenticator("{}")),
    "complete_web_authn_registration": lambda client: client.complete_web_authn_registration("{}"),
    "confirm_user_attribute": lambda client: client.confirm_user_attribute("email", "123456"),
    "delete_user": lambda client: client.delete_user(),
    "delete_user_attributes": lambda client: client.delete_user_attributes("name"),
    "delete_web_authn_credential": lambda client: client.delete_web_authn_credential("passkey"),
    "fetch_current_device": lambda client: client.fetch_current_device(),
    "fetch_devices": lambda client: client.fetch_devices(),
    "fetch_mfa_preference": lambda client: client.fetch_mfa_preference(),
    "fetch_user_attributes": lambda client: client.fetch_user_attributes(),
    "forget_device": lambda client: client.forget_device(),
    "get_current_user": lambda client: client.get_current_user(),
    "list_web_authn_credentials": lambda client: client.list_web_authn_credentials(),
    "remember_device": lambda client: client.remember_device(),
    "send_user_attribute_verification_code": lambda client: client.send_user_attribute_verification_code("email"),
    "set_up_totp": lambda client: client.set_up_totp(),
    "start_web_authn_registration": lambda client: client.start_web_authn_registration(),
    "update_mfa_preference": lambda client: client.update_mfa_preference(totp=MfaSetting.ENABLED),
    "update_password": lambda client: client.update_password("old", "new"),
    "update_user_attributes": lambda client: client.update_user_attributes({"name": "Alice"}),
    "verify_totp_setup": lambda client: client.verify_totp_setup("123456"),
}


def test_the_verbs_of_an_account_are_the_clients_too() -> None:
    of_an_account = {name for name, verb in vars_of(Account).items() if inspect.iscoroutinefunction(verb)}
    assert of_an_account == {*NEEDS_SOMEBODY, "fetch_auth_session", "sign_out"}
    for name in of_an_account:
        assert inspect.signature(getattr(AuthClient, name)) == inspect.signature(getattr(Account, name))


def vars_of(kind: type) -> Mapping[str, object]:
    """The public members of a class, inherited ones too."""
    return {name: getattr(kind, name) for name in dir(kind) if not name.startswith("_")}


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


async def test_a_clients_verbs_use_the_tokens_that_are_kept(meet: Meet) -> None:
    world = meet({"SecretCode": "SHARED"}, {"Status": "SUCCESS"}, user(), {})
    client = world.client(await keeping())
    assert await client.set_up_totp() == TotpSetup(Secret("SHARED"), COGNITO_NAME)
    await client.verify_totp_setup("123456", friendly_device_name="phone")
    assert await client.fetch_mfa_preference() == MfaPreference(frozenset(), None)
    await client.update_mfa_preference(totp=MfaSetting.PREFERRED)
    assert world.called == ["AssociateSoftwareToken", "VerifySoftwareToken", "GetUser", "SetUserMFAPreference"]
    assert [call.request["AccessToken"] for call in world.transport.calls] == [access_token()] * 4


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


class Meanwhile(MemoryTokenStore):
    """A token store that another client uses too: a pool that is asked finds that the other one was quicker."""

    def then(self, *other: Tokens) -> Callable[[str, Mapping[str, Json]], Mapping[str, Json]]:
        def refuse(operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            del operation, request
            self._tokens = other[0] if other else None
            raise ServiceError("RefreshTokenReuseException", "Refresh token has been used already")

        return refuse


async def test_tokens_that_another_client_refreshed_first_are_used_and_kept(each_backend: str, meet: Meet) -> None:
    kept = Meanwhile()
    await kept.save(tokens("1"))
    world = meet(kept.then(tokens("2")), {"SecretCode": "SHARED"})
    world.clock.move(HOUR)
    client = world.client(kept)
    async with client.events.subscribe() as stream:
        await client.set_up_totp()
        assert await told(stream) == []
    assert world.request()["AccessToken"] == access_token("2")
    assert await kept.load() == tokens("2")


async def test_an_expired_session_does_not_take_somebody_elses_with_it(meet: Meet) -> None:
    kept, bob = Meanwhile(), attrs.evolve(tokens("2"), user=AuthUser("another-sub", "bob"))
    await kept.save(tokens("1"))
    world = meet(kept.then(bob))
    world.clock.move(HOUR)
    client = world.client(kept)
    with pytest.raises(SessionExpiredError):
        await client.set_up_totp()
    assert await client.get_current_user() == bob.user


async def test_a_session_that_another_client_ended_is_over_here_too(meet: Meet) -> None:
    kept = Meanwhile()
    await kept.save(tokens("1"))
    world = meet(kept.then())
    world.clock.move(HOUR)
    with pytest.raises(SessionExpiredError):
        await world.client(kept).set_up_totp()


class DamagedError(AuthStepsError):
    """What a store of ours raises, or one like it."""


@pytest.mark.parametrize("call", ["load", "save", "clear"])
async def test_a_store_that_fails_stands_in_the_cells_of_the_session(
    call: str, meet: Meet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*given: object) -> Tokens | None:
        raise DamagedError

    kept = await keeping()
    monkeypatch.setattr(kept, call, fail)
    world = meet(REFUSED_REFRESH if call == "clear" else refreshed("2"))
    world.clock.move(HOUR)
    session = await world.client(kept).fetch_auth_session()
    assert session.is_signed_in is (call != "load")
    assert isinstance(session.tokens.error, DamagedError)
    assert isinstance(session.user_sub.error, DamagedError)
    assert session.credentials.error is not None


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


class Unclearable(MemoryTokenStore):
    """A token store that can forget nothing."""

    async def clear(self) -> None:
        raise OSError("the disk is read-only")


class Unreadable(MemoryTokenStore):
    """A token store that cannot be read."""

    async def load(self) -> Tokens | None:
        raise OSError("the file is damaged")


class Lost(Unreadable, Unclearable):
    """A token store of no use."""


async def test_tokens_that_cannot_be_forgotten_make_signing_out_fail_and_that_is_not_told(meet: Meet) -> None:
    world, kept = meet({}), Unclearable()
    await kept.save(tokens())
    client = world.client(kept)
    async with client.events.subscribe() as stream:
        result = await client.sign_out()
        assert await told(stream) == []
    assert isinstance(result, SignOutFailed)
    assert str(result.error) == "the disk is read-only"
    assert await client.get_current_user() == AuthUser(SUB, COGNITO_NAME)


async def test_tokens_that_cannot_be_read_are_forgotten_without_the_backend(meet: Meet) -> None:
    world, kept = meet(), Unreadable()
    client = world.client(kept)
    async with client.events.subscribe() as stream:
        result = await client.sign_out(global_=True)
        assert [event.kind for event in await told(stream)] == [AuthEventKind.SIGNED_OUT]
    assert isinstance(result, SignOutPartial)
    assert isinstance(result.invalid_token_error, OSError)
    assert world.called == []


async def test_tokens_that_can_be_neither_read_nor_forgotten_make_signing_out_fail(meet: Meet) -> None:
    client = meet().client(Lost())
    async with client.events.subscribe() as stream:
        result = await client.sign_out()
        assert await told(stream) == []
    assert isinstance(result, SignOutFailed)
    assert str(result.error) == "the disk is read-only"


async def test_tokens_that_cannot_be_read_do_not_keep_anybody_from_signing_in(meet: Meet) -> None:
    world, kept = meet(signed_in()), Unreadable()
    assert (await world.client(kept).sign_in(ALICE, PASSWORD, flow=PLAINLY)).is_signed_in
    assert await MemoryTokenStore.load(kept) == tokens()
    with pytest.raises(OSError, match="damaged"):
        await world.client(kept).get_current_user()


async def test_a_user_who_is_gone_is_signed_out_completely(meet: Meet) -> None:
    world, kept = meet(ServiceError("UserNotFoundException", "User does not exist.")), await keeping()
    world.clock.move(HOUR)
    assert await world.client(kept).sign_out() == SignOutComplete()
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


async def test_a_sign_out_that_is_cancelled_tells_of_tokens_that_could_not_be_forgotten(
    each_backend: str, meet: Meet
) -> None:
    notes: list[str] = []
    with anyio.CancelScope() as scope:

        def cancel(operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            del operation, request
            scope.cancel()
            return refreshed("2")

        class Stuck(Unclearable):
            async def save(self, tokens: Tokens) -> None:
                await anyio.lowlevel.checkpoint()
                await super().save(tokens)

        world, kept = meet(cancel), Stuck()
        await MemoryTokenStore.save(kept, tokens())
        world.clock.move(HOUR)
        try:
            await world.client(kept).sign_out()
        except anyio.get_cancelled_exc_class() as cancelled:
            notes.extend(cancelled.__notes__)
            raise
    assert scope.cancelled_caught
    assert notes == ["the tokens could not be forgotten (OSError)"]


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


@pytest.mark.parametrize("kind", [UserAlreadySignedInError, SignedOutError, SessionExpiredError, InvalidStateError])
async def test_a_backend_cannot_pass_a_refusal_off_as_decided_here(kind: type[AuthError], meet: Meet) -> None:
    world = meet(ServiceError(kind.code, "It was sent all the same"))
    with pytest.raises(UnknownServiceError) as caught:
        await world.client(await keeping()).set_up_totp()
    assert caught.value.service_code == kind.code


@pytest.mark.parametrize("password", ["", None, b"K4n4ry"])
async def test_a_password_that_cannot_be_one_is_refused_here_as_well(password: Any, meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError):
        await world.client().sign_in(ALICE, password)
    assert world.called == []
