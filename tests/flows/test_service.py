"""``AuthService`` from end to end, on a transport that plays Cognito's part from a script.

First whole flows, then what is asked of the backend, then what happens when somebody does not do their part: the
person, the backend, the network, or two calls at once.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, cast

import anyio
import attrs
import pytest
from hypothesis import given

from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.engine.driver import RunHandle
from authsteps.engine.errors import (
    AuthStepsError,
    ExpiredRunError,
    RunError,
    StaleRunError,
    TooManyRunsError,
    UnknownRunError,
    UnreadableSnapshotError,
)
from authsteps.engine.messages import Secret
from authsteps.engine.store import MemoryRunStore
from authsteps.flows import srp, steps
from authsteps.flows.auth_events import AuthEvent, AuthEventKind, AuthEvents
from authsteps.flows.errors import (
    AuthError,
    BackendContractError,
    BackendUnavailableError,
    CodeDeliveryFailureError,
    CodeMismatchError,
    DeviceNotTrackedError,
    DeviceRefusedError,
    ExpiredCodeError,
    InvalidInputError,
    InvalidPasswordError,
    InvalidStateError,
    NotAuthorizedError,
    PasswordResetRequiredError,
    UsernameExistsError,
    UserNotConfirmedError,
    UserNotFoundError,
)
from authsteps.flows.model import AuthFlow, CodeDelivery, DeliveryMedium, FactorType, NewPassword, Tokens
from authsteps.flows.service import AuthService, ResetPasswordResult, SignInResult, SignUpResult
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.any_reply import ANY_JSON, LIKELY
from tests.flows.conftest import Meet
from tests.flows.world import (
    ALICE,
    CLIENT_SECRET,
    COGNITO_NAME,
    DEVICE,
    IDENTITY,
    NOW,
    PASSWORD,
    SIGN_UP_SESSION,
    SUB,
    WRONG_CODE,
    WRONG_PASSWORD,
    DeviceServer,
    SrpServer,
    World,
    a_backend,
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
METADATA = {"from": "a test"}
LIFETIME = timedelta(minutes=15)
EMAIL = CodeDelivery("a***@e***", DeliveryMedium.EMAIL, "email")
DONE = steps.Done(tokens(), tokens().user)
MFA_IS_ON = user("SMS_MFA", "SOFTWARE_TOKEN_MFA")
"""What is looked up of somebody who used a second factor: it is on, and is left alone."""


def waiting_at(result: SignInResult | SignUpResult | ResetPasswordResult) -> RunHandle:
    assert result.run is not None
    return result.run


async def ask_for_sms_code(world: World) -> RunHandle:
    """Sign in as far as the code by SMS."""
    return waiting_at(await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY))


# Whole flows


async def test_with_srp_the_password_is_proved_and_never_sent(each_backend: str, meet: Meet) -> None:
    server = SrpServer()
    world = meet(server.challenge, server.then(signed_in()))
    result = await world.service().sign_in(ALICE, PASSWORD)
    assert (result.next_step, result.run, result.is_signed_in) == (DONE, None, True)
    assert world.called == ["InitiateAuth", "RespondToAuthChallenge(PASSWORD_VERIFIER)"]
    assert not [call for call in world.transport.calls if PASSWORD in str([*part_values(call.request)])]
    assert len(world.store) == 0


def part_values(request: Mapping[str, Json]) -> list[Json]:
    return [
        *(value for value in request.values() if not isinstance(value, Mapping)),
        *(inner for value in request.values() if isinstance(value, Mapping) for inner in value.values()),
    ]


async def test_with_srp_a_wrong_password_is_refused_and_there_is_no_run(each_backend: str, meet: Meet) -> None:
    server = SrpServer(PASSWORD)
    world = meet(server.challenge, server.then(signed_in()))
    with pytest.raises(NotAuthorizedError) as caught:
        await world.service().sign_in(ALICE, PASSWORD.strip())
    assert caught.value.retryable is False
    assert caught.value.message == "Incorrect username or password."
    assert len(world.store) == 0


async def test_srp_and_a_second_factor(meet: Meet) -> None:
    server = SrpServer()
    world = meet(server.challenge, server.then(totp_wanted("session-after-srp")), signed_in(), MFA_IS_ON)
    result = await world.service().sign_in(ALICE, PASSWORD)
    assert result.next_step == steps.ConfirmSignInWithTotpCode("phone")
    result = await world.service().confirm_sign_in(waiting_at(result), "123 456")
    assert result.next_step == DONE
    assert world.request(2)["Session"] == "session-after-srp"
    assert part(world.request(2), "ChallengeResponses") == {
        "USERNAME": COGNITO_NAME,
        "SOFTWARE_TOKEN_MFA_CODE": "123456",
    }


async def test_a_secret_hash_is_made_over_what_was_typed_and_then_over_the_pools_name(meet: Meet) -> None:
    server = SrpServer()
    world = meet(server.challenge, server.then(signed_in()), client_secret=CLIENT_SECRET)
    await world.service().sign_in(ALICE, PASSWORD)
    typed, in_the_pool = (
        srp.secret_hash(name, "1example23456789", Secret(CLIENT_SECRET)).reveal() for name in (ALICE, COGNITO_NAME)
    )
    assert part(world.request(0), "AuthParameters")["SECRET_HASH"] == typed
    assert part(world.request(1), "ChallengeResponses")["SECRET_HASH"] == in_the_pool
    assert part(world.request(1), "ChallengeResponses")["USERNAME"] == COGNITO_NAME


async def test_with_a_plain_password_the_password_is_sent_as_typed(each_backend: str, meet: Meet) -> None:
    world = meet(signed_in())
    assert (await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY)).next_step == DONE
    assert part(world.request(), "AuthParameters") == {"USERNAME": ALICE, "PASSWORD": PASSWORD}


async def test_a_service_can_begin_otherwise_by_default(meet: Meet) -> None:
    world = meet(signed_in())
    service = AuthService(world.backend, clock=world.clock, entropy=world.entropy, default_flow=PLAINLY)
    assert (await service.sign_in(ALICE, Secret(PASSWORD))).is_signed_in
    assert world.request()["AuthFlow"] == "USER_PASSWORD_AUTH"


async def test_a_new_password_a_code_by_sms_and_an_apps_code_in_a_row(each_backend: str, meet: Meet) -> None:
    world = meet(
        challenged(
            "NEW_PASSWORD_REQUIRED",
            "first",
            USERNAME=COGNITO_NAME,
            requiredAttributes='["userAttributes.name"]',
            userAttributes='{"email":"a@b"}',
        ),
        sms_wanted("second"),
        totp_wanted("third"),
        signed_in(),
        MFA_IS_ON,
    )
    service = world.service()
    result = await service.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert result.next_step == steps.ConfirmSignInWithNewPassword(("name",), {"email": "a@b"})
    run = waiting_at(result)

    result = await service.confirm_sign_in(run, NewPassword(" new ", {"name": "Alice"}))
    assert result.next_step == steps.ConfirmSignInWithSmsCode(CodeDelivery("+*******1234", DeliveryMedium.SMS))
    assert waiting_at(result) == run

    result = await service.confirm_sign_in(run, "111111")
    assert result.next_step == steps.ConfirmSignInWithTotpCode("phone")

    result = await service.confirm_sign_in(run, "222 222")
    assert result == SignInResult(DONE, None)

    assert world.called[1:] == [
        "RespondToAuthChallenge(NEW_PASSWORD_REQUIRED)",
        "RespondToAuthChallenge(SMS_MFA)",
        "RespondToAuthChallenge(SOFTWARE_TOKEN_MFA)",
        "GetUser",
    ]
    answers = [call.request for call in world.transport.calls[1:4]]
    assert [request["Session"] for request in answers] == ["first", "second", "third"]
    assert [part(request, "ChallengeResponses") for request in answers] == [
        {"USERNAME": COGNITO_NAME, "NEW_PASSWORD": " new ", "userAttributes.name": "Alice"},
        {"USERNAME": COGNITO_NAME, "SMS_MFA_CODE": "111111"},
        {"USERNAME": COGNITO_NAME, "SOFTWARE_TOKEN_MFA_CODE": "222222"},
    ]
    assert len(world.store) == 0


async def test_a_challenge_without_a_step_of_its_own_can_be_answered_all_the_same(meet: Meet) -> None:
    world = meet(challenged("FUTURE_CHALLENGE", "session", hint="blue"), signed_in())
    service = world.service()
    result = await service.sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert result.next_step == steps.ContinueSignInWithUnknownChallenge(
        "FUTURE_CHALLENGE", {"USER_ID_FOR_SRP": COGNITO_NAME, "hint": "blue"}
    )
    result = await service.confirm_sign_in(waiting_at(result), {"ANSWER": "42"})
    assert result.is_signed_in
    assert world.request()["ChallengeName"] == "FUTURE_CHALLENGE"
    # No reply named the user otherwise, so what was typed still counts.
    assert part(world.request(), "ChallengeResponses") == {"USERNAME": ALICE, "ANSWER": "42"}


LEADS_ELSEWHERE = [
    (ServiceError("PasswordResetRequiredException", "Reset it."), steps.ResetPassword(ALICE, "Reset it.")),
    (ServiceError("UserNotConfirmedException", "Confirm it."), steps.ConfirmSignUp(ALICE, "Confirm it.")),
]


@pytest.mark.parametrize(("refusal", "step"), LEADS_ELSEWHERE, ids=["reset", "confirm"])
async def test_a_sign_in_that_leads_elsewhere_ends_with_a_step_that_says_where(
    refusal: Reply, step: steps.NextStep, meet: Meet
) -> None:
    world = meet(refusal)
    assert await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY) == SignInResult(step, None)


@pytest.mark.parametrize(("refusal", "step"), LEADS_ELSEWHERE, ids=["reset", "confirm"])
async def test_an_answer_may_lead_elsewhere_too_and_that_ends_the_run(
    refusal: Reply, step: steps.NextStep, meet: Meet
) -> None:
    world = meet(sms_wanted("session"), refusal)
    run = await ask_for_sms_code(world)
    assert await world.service().confirm_sign_in(run, "123456") == SignInResult(step, None)
    with pytest.raises(UnknownRunError):
        await world.service().next_step(run)


async def test_a_sign_up_from_name_to_confirmed_account(each_backend: str, meet: Meet) -> None:
    world = meet(account_made(), WRONG_CODE, code_sent("+***1234", "phone_number"), {})
    service = world.service()
    result = await service.sign_up(ALICE, PASSWORD, attributes={"email": "a@b"}, client_metadata=METADATA)
    assert result.next_step == steps.ConfirmSignUpWithCode(ALICE, EMAIL, SUB)
    assert (result.user_id, result.is_sign_up_complete) == (SUB, False)
    run = waiting_at(result)
    with pytest.raises(CodeMismatchError) as caught:
        await service.confirm_sign_up(ALICE, "000000", run=run)
    assert caught.value.retryable is True
    delivery = await service.resend_sign_up_code(ALICE, run=run)
    assert (delivery.destination, delivery.attribute) == ("+***1234", "phone_number")
    result = await service.confirm_sign_up(ALICE, "123 456", run=run)
    assert result == SignUpResult(steps.SignUpDone(SUB), None)
    assert (result.user_id, result.is_sign_up_complete) == (SUB, True)
    assert world.called == ["SignUp", "ConfirmSignUp", "ResendConfirmationCode", "ConfirmSignUp"]
    assert world.request() == {
        "ClientId": "1example23456789",
        "Username": ALICE,
        "ConfirmationCode": "123456",
        "Session": SIGN_UP_SESSION,
    }


async def test_a_pool_that_confirms_at_once_leaves_no_run(meet: Meet) -> None:
    world = meet(account_made(confirmed=True, session=None))
    result = await world.service().sign_up(ALICE, PASSWORD)
    assert (result.next_step, result.run) == (steps.SignUpDone(SUB), None)


async def test_a_code_confirms_an_account_without_a_run(meet: Meet) -> None:
    world = meet({}, code_sent())
    result = await world.service().confirm_sign_up(ALICE, "123456", client_metadata=METADATA)
    assert (result.next_step, result.user_id) == (steps.SignUpDone(), None)
    assert world.request()["ClientMetadata"] == METADATA
    assert "Session" not in world.request()
    assert await world.service().resend_sign_up_code(ALICE) == EMAIL


async def test_an_account_can_be_made_without_a_password_and_with_data_for_the_trigger(meet: Meet) -> None:
    world = meet(account_made())
    await world.service().sign_up(ALICE, validation_data={"captcha": "blue"}, client_metadata=METADATA)
    assert world.request() == {
        "ClientId": "1example23456789",
        "Username": ALICE,
        "UserAttributes": [],
        "ValidationData": [{"Name": "captcha", "Value": "blue"}],
        "ClientMetadata": METADATA,
    }


@pytest.mark.parametrize("with_run", [True, False])
async def test_an_alias_can_be_taken_over_from_the_user_who_has_it(
    with_run: bool,  # noqa: FBT001  # a parameter of the test
    meet: Meet,
) -> None:
    world = meet(account_made(), {})
    run = waiting_at(await world.service().sign_up(ALICE, PASSWORD))
    await world.service().confirm_sign_up(ALICE, "1", run=run if with_run else None, force_alias_creation=True)
    assert world.request()["ForceAliasCreation"] is True


# From a sign-up straight to a sign-in


@pytest.mark.parametrize("how", ["with a code", "at once"])
async def test_a_new_user_is_signed_in_with_the_session_of_the_sign_up(how: str, each_backend: str, meet: Meet) -> None:
    confirming: list[Reply] = [account_made(), {"Session": "later"}]
    at_once: list[Reply] = [account_made(confirmed=True, session="later")]
    world = meet(*(confirming if how == "with a code" else at_once), signed_in())
    service = world.service()
    result = await service.sign_up(ALICE, PASSWORD)
    if how == "with a code":
        result = await service.confirm_sign_up(ALICE, "123456", run=waiting_at(result))
    assert result.next_step == steps.CompleteAutoSignIn(ALICE, Secret("later"), SUB)
    assert (result.is_sign_up_complete, result.user_id) == (True, SUB)
    run = waiting_at(result)
    assert await service.auto_sign_in(run, device=DEVICE, client_metadata=METADATA) == SignInResult(DONE, None)
    assert world.request() == {
        "AuthFlow": "USER_AUTH",
        "ClientId": "1example23456789",
        "AuthParameters": {"USERNAME": ALICE, "DEVICE_KEY": DEVICE.key},
        "Session": "later",
        "ClientMetadata": METADATA,
    }
    assert len(world.store) == 0


async def to_auto_sign_in(world: World) -> RunHandle:
    """Sign up as far as the session that signs in."""
    return waiting_at(await world.service().sign_up(ALICE, PASSWORD))


async def test_a_new_user_may_have_to_answer_something_first(meet: Meet) -> None:
    world = meet(account_made(confirmed=True), sms_wanted("session"), signed_in(), MFA_IS_ON)
    sign_up = await to_auto_sign_in(world)
    result = await world.service().auto_sign_in(sign_up)
    assert isinstance(result.next_step, steps.ConfirmSignInWithSmsCode)
    assert waiting_at(result) != sign_up
    with pytest.raises(UnknownRunError):
        await world.service().auto_sign_in(sign_up)
    assert (await world.service().confirm_sign_in(waiting_at(result), "123456")).is_signed_in


@pytest.mark.parametrize("state", ["waiting for its code", "confirming failed"])
async def test_a_sign_up_that_is_not_complete_signs_nobody_in(state: str, meet: Meet) -> None:
    world = meet(account_made(), WRONG_CODE)
    run = waiting_at(await world.service().sign_up(ALICE, PASSWORD))
    if state == "confirming failed":
        with pytest.raises(CodeMismatchError):
            await world.service().confirm_sign_up(ALICE, "0", run=run)
    with pytest.raises(InvalidStateError, match="the sign-up is not complete: confirm it first"):
        await world.service().auto_sign_in(run)
    assert "InitiateAuth" not in world.called


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (NoReplyError("connection refused", sent=False), BackendUnavailableError),
        (ServiceError("NotAuthorizedException", "Invalid session for the user."), NotAuthorizedError),
        ({}, BackendContractError),
    ],
    ids=["no answer", "a refusal", "nonsense"],
)
async def test_a_sign_in_that_does_not_begin_leaves_the_sign_up_as_it_is(
    failure: Reply, kind: type[AuthStepsError], meet: Meet
) -> None:
    world = meet(account_made(confirmed=True), failure, signed_in())
    run = await to_auto_sign_in(world)
    with pytest.raises(kind):
        await world.service().auto_sign_in(run)
    assert (await world.service().auto_sign_in(run)).is_signed_in


async def test_a_code_for_an_account_that_is_confirmed_already_goes_without_the_run(meet: Meet) -> None:
    confirmed = ServiceError("NotAuthorizedException", "User cannot be confirmed. Current status is CONFIRMED")
    world = meet(account_made(confirmed=True), confirmed, code_sent())
    run = await to_auto_sign_in(world)
    with pytest.raises(NotAuthorizedError):
        await world.service().confirm_sign_up(ALICE, "1", run=run)
    await world.service().resend_sign_up_code(ALICE, run=run)
    assert "Session" not in world.request(1)
    with pytest.raises(InvalidInputError, match="somebody else"):
        await world.service().confirm_sign_up("mallory", "1", run=run)


# Devices


@pytest.mark.parametrize("must_ask", [True, False])
async def test_a_device_that_the_pool_sees_for_the_first_time_is_handed_over_with_its_secrets(
    must_ask: bool,  # noqa: FBT001  # a parameter of the test
    each_backend: str,
    meet: Meet,
) -> None:
    world = meet(signed_in(new_device=True), {"UserConfirmationNecessary": must_ask})
    step = (await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY)).next_step
    assert isinstance(step, steps.Done)
    assert step.new_device is not None
    new = step.new_device
    assert (new.key, new.group_key, new.is_remembered) == (DEVICE.key, DEVICE.group_key, not must_ask)
    assert world.called == ["InitiateAuth", "ConfirmDevice"]
    proved = part(world.request(), "DeviceSecretVerifierConfig")
    assert new.password.reveal() not in str(proved)


async def test_a_device_is_named_and_proved_with_what_the_call_brought(each_backend: str, meet: Meet) -> None:
    server = DeviceServer()
    world = meet(sms_wanted("session"), server.ask, server.challenge, server.then(signed_in()), MFA_IS_ON)
    service = world.service()
    run = waiting_at(await service.sign_in(ALICE, PASSWORD, flow=PLAINLY, device=DEVICE))
    assert part(world.request(), "AuthParameters")["DEVICE_KEY"] == DEVICE.key
    assert (await service.confirm_sign_in(run, "123456", device=DEVICE)).is_signed_in
    assert world.called == [
        "InitiateAuth",
        "RespondToAuthChallenge(SMS_MFA)",
        "RespondToAuthChallenge(DEVICE_SRP_AUTH)",
        "RespondToAuthChallenge(DEVICE_PASSWORD_VERIFIER)",
        "GetUser",
    ]


async def test_a_device_whose_secrets_are_not_at_hand_cannot_be_proved(meet: Meet) -> None:
    world = meet(sms_wanted("session"), DeviceServer().ask)
    run = waiting_at(await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY, device=DEVICE))
    with pytest.raises(DeviceNotTrackedError) as caught:
        await world.service().confirm_sign_in(run, "123456")
    assert str(caught.value) == (
        "the pool wants the device proved, and its secrets are not at hand; give the device's secrets with every call, "
        "or go on without the device"
    )
    with pytest.raises(UnknownRunError):
        await world.service().next_step(run)


async def test_a_device_whose_proof_is_not_taken_lets_nobody_in(meet: Meet) -> None:
    server = DeviceServer(password="another password")
    world = meet(server.ask, server.challenge, server.then(signed_in()))
    with pytest.raises(DeviceRefusedError) as caught:
        await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY, device=DEVICE)
    assert (caught.value.retryable, caught.value.code) == (False, "NotAuthorizedException")
    assert caught.value.recovery == "forget the device's secrets, and sign in without them"
    assert len(world.store) == 0


async def test_a_device_that_the_pool_does_not_know_is_left_out_and_told(meet: Meet) -> None:
    unknown = ServiceError("ResourceNotFoundException", "Device does not exist.")
    world = meet(unknown, signed_in())
    step = (await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY, device=DEVICE)).next_step
    assert step == attrs.evolve(DONE, is_device_unknown=True)
    assert "DEVICE_KEY" not in part(world.request(), "AuthParameters")


async def test_an_app_that_is_being_set_up_can_be_given_a_name(meet: Meet) -> None:
    wanted = challenged("MFA_SETUP", "first", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
    world = meet(
        wanted,
        {"SecretCode": "SHARED", "Session": "second"},
        {"Status": "SUCCESS", "Session": "third"},
        signed_in(),
        MFA_IS_ON,
    )
    result = await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert isinstance(result.next_step, steps.ContinueSignInWithTotpSetup)
    await world.service().confirm_sign_in(waiting_at(result), "123456", friendly_device_name="phone")
    assert world.request(2) == {"Session": "second", "UserCode": "123456", "FriendlyDeviceName": "phone"}


@pytest.mark.parametrize("name", ["", "phone\ud800", "p" * 131_073, b"phone"], ids=ascii)
async def test_a_name_that_an_app_cannot_have_leaves_the_run_as_it_was(name: Any, meet: Meet) -> None:
    wanted = challenged("MFA_SETUP", "first", MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
    world = meet(wanted, {"SecretCode": "SHARED", "Session": "second"}, WRONG_CODE)
    run = waiting_at(await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY))
    with pytest.raises(InvalidInputError) as caught:
        await world.service().confirm_sign_in(run, "123456", friendly_device_name=name)
    assert caught.value.field == "friendly_device_name"
    with pytest.raises(CodeMismatchError):
        await world.service().confirm_sign_in(run, "123456")


# Events


async def test_who_is_signed_in_is_told_once_and_nobody_before(each_backend: str, meet: Meet) -> None:
    world = meet(WRONG_PASSWORD, sms_wanted("session"), signed_in(), MFA_IS_ON)
    events = AuthEvents()
    service = world.service(events)
    assert service.events is events
    async with events.subscribe() as stream:
        with pytest.raises(NotAuthorizedError):
            await service.sign_in(ALICE, PASSWORD, flow=PLAINLY)
        run = waiting_at(await service.sign_in(ALICE, PASSWORD, flow=PLAINLY))
        assert await told(stream) == []
        await service.confirm_sign_in(run, "123456")
        assert await told(stream) == [AuthEvent(AuthEventKind.SIGNED_IN, tokens().user, NOW)]


async def test_a_service_its_accounts_and_clients_can_share_their_events(meet: Meet) -> None:
    world = meet(signed_in(), refreshed("2"), {})
    events = AuthEvents()
    async with events.subscribe() as stream:
        service = world.service(events)
        await service.sign_in(ALICE, PASSWORD, flow=PLAINLY)
        account = service.account(tokens())
        await account.fetch_auth_session(force_refresh=True)
        await account.sign_out()
        await world.client(events=events).sign_out()
        assert [event.kind for event in await told(stream)] == [
            AuthEventKind.SIGNED_IN,
            AuthEventKind.TOKEN_REFRESHED,
            AuthEventKind.SIGNED_OUT,
            AuthEventKind.SIGNED_OUT,
        ]


async def test_a_service_has_events_of_its_own_if_none_are_given(meet: Meet) -> None:
    service = meet(signed_in()).service()
    async with service.events.subscribe() as stream:
        await service.sign_in(ALICE, PASSWORD, flow=PLAINLY)
        assert len(await told(stream)) == 1


async def test_a_reset_from_forgotten_to_new_password(each_backend: str, meet: Meet) -> None:
    weak = ServiceError("InvalidPasswordException", "Password not long enough")
    world = meet(code_sent(), weak, {})
    service = world.service()
    result = await service.reset_password(ALICE)
    assert result.next_step == steps.ConfirmResetPasswordWithCode(ALICE, EMAIL)
    assert result.is_password_reset is False
    run = waiting_at(result)
    with pytest.raises(InvalidPasswordError) as caught:
        await service.confirm_reset_password(ALICE, "x", "123456", run=run)
    assert caught.value.retryable is True
    result = await service.confirm_reset_password(ALICE, " new ", "123 456", run=run)
    assert (result.next_step, result.run, result.is_password_reset) == (steps.PasswordResetDone(), None, True)
    assert world.request() == {
        "ClientId": "1example23456789",
        "Username": ALICE,
        "ConfirmationCode": "123456",
        "Password": " new ",
    }


async def test_a_code_resets_a_password_without_a_run(meet: Meet) -> None:
    world = meet({})
    result = await world.service().confirm_reset_password(ALICE, "new", "123456")
    assert (result.next_step, world.called) == (steps.PasswordResetDone(), ["ConfirmForgotPassword"])


# Client metadata


async def test_a_sign_ins_metadata_goes_out_with_the_beginning_and_the_proof_and_no_further(meet: Meet) -> None:
    server = SrpServer()
    world = meet(server.challenge, server.then(sms_wanted("s")), WRONG_CODE, totp_wanted("t"), signed_in(), MFA_IS_ON)
    service = world.service()
    run = waiting_at(await service.sign_in(ALICE, PASSWORD, client_metadata=METADATA))
    with pytest.raises(CodeMismatchError):
        await service.confirm_sign_in(run, "000000", client_metadata={"try": "1"})
    await service.confirm_sign_in(run, "111111")
    await service.confirm_sign_in(run, "222222", client_metadata={"try": "3"})
    metadata = [call.request.get("ClientMetadata") for call in world.transport.calls]
    assert metadata == [METADATA, METADATA, {"try": "1"}, None, {"try": "3"}, None]


# Bad input

Verb = Callable[[AuthService, Any], Awaitable[object]]

BAD_NAMES: Mapping[str, tuple[object, str]] = {
    "empty": ("", "username is empty; give the username"),
    "nothing": (None, "username is not a text; give a str"),
    "bytes": (b"alice", "username is not a text; give a str"),
    "a megabyte": ("a" * 1_000_000, "username is longer than 128 characters; give one that Cognito can hold"),
    "a lone surrogate": ("\ud800", "username has a lone surrogate; give Unicode text"),
}
VERBS_WITH_A_NAME: Mapping[str, Verb] = {
    "sign_in": lambda service, name: service.sign_in(name, PASSWORD),
    "sign_up": lambda service, name: service.sign_up(name, PASSWORD),
    "confirm_sign_up": lambda service, name: service.confirm_sign_up(name, "123456"),
    "resend_sign_up_code": lambda service, name: service.resend_sign_up_code(name),
    "reset_password": lambda service, name: service.reset_password(name),
    "confirm_reset_password": lambda service, name: service.confirm_reset_password(name, PASSWORD, "123456"),
}


@pytest.mark.parametrize(("name", "text"), BAD_NAMES.values(), ids=[*BAD_NAMES])
@pytest.mark.parametrize("verb", VERBS_WITH_A_NAME.values(), ids=[*VERBS_WITH_A_NAME])
async def test_a_username_that_cannot_be_one_is_refused_before_anything_is_sent(
    verb: Verb, name: object, text: str, meet: Meet
) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await verb(world.service(), name)
    assert str(caught.value) == text
    assert world.called == []


BAD_SECRETS: Mapping[str, tuple[Verb, object, str]] = {
    "no password": (lambda service, given: service.sign_in(ALICE, given), None, "password is empty"),
    "an empty password": (lambda service, given: service.sign_in(ALICE, given), "", "password is empty"),
    "no password where one is sent": (
        lambda service, given: service.sign_in(ALICE, given, flow=PLAINLY),
        None,
        "password is empty",
    ),
    "a password in bytes": (lambda service, given: service.sign_in(ALICE, given), b"K4n4ry", "password is not a text"),
    "a password too long": (
        lambda service, given: service.sign_in(ALICE, given),
        "K4n4ry" * 50,
        "password is longer than 256 characters",
    ),
    "a password with a lone surrogate": (
        lambda service, given: service.sign_in(ALICE, given),
        "K4n4ry\ud800",
        "password has a lone surrogate",
    ),
    "an account without a password": (lambda service, given: service.sign_up(ALICE, given), "", "password is empty"),
    "no code": (lambda service, given: service.confirm_sign_up(ALICE, given), " ", "code is empty"),
    "a code of a megabyte": (
        lambda service, given: service.confirm_sign_up(ALICE, given),
        "K4n4ry" * 200_000,
        "code is longer than 2048 characters",
    ),
    "no reset code": (
        lambda service, given: service.confirm_reset_password(ALICE, PASSWORD, given),
        None,
        "code is not a text",
    ),
    "no new password": (
        lambda service, given: service.confirm_reset_password(ALICE, given, "123456"),
        "",
        "new_password is empty",
    ),
}


@pytest.mark.parametrize(("verb", "given_", "text"), BAD_SECRETS.values(), ids=[*BAD_SECRETS])
async def test_a_password_or_code_that_cannot_be_one_is_refused_before_anything_is_sent(
    verb: Verb, given_: object, text: str, meet: Meet
) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await verb(world.service(), given_)
    assert str(caught.value).startswith(f"{text}; ")
    assert "K4n4ry" not in str(caught.value)
    assert world.called == []


# The password and the factor have to fit the flow.

PROVED = AuthFlow.USER_SRP_AUTH
CUSTOM = AuthFlow.CUSTOM_AUTH_WITHOUT_SRP
CUSTOM_PROVED = AuthFlow.CUSTOM_AUTH_WITH_SRP
BY_CHOICE = AuthFlow.USER_AUTH

UNFIT: Mapping[str, tuple[AuthFlow, str | None, FactorType | None, str]] = {
    "the text of a flow": (
        cast("AuthFlow", "USER_SRP_AUTH"),
        PASSWORD,
        None,
        "flow is no AuthFlow; give a member, such as AuthFlow.USER_AUTH",
    ),
    "the text of a factor": (
        BY_CHOICE,
        None,
        cast("FactorType", "EMAIL_OTP"),
        "preferred_factor is no FactorType; give a member, such as FactorType.EMAIL_OTP",
    ),
    "SRP without a password": (PROVED, None, None, "password is empty; give the password"),
    "a plain password that is none": (PLAINLY, None, None, "password is empty; give the password"),
    "custom SRP without a password": (CUSTOM_PROVED, None, None, "password is empty; give the password"),
    "a preferred password that is none": (BY_CHOICE, None, FactorType.PASSWORD, "password is empty; give the password"),
    "a preferred proof without a password": (
        BY_CHOICE,
        None,
        FactorType.PASSWORD_SRP,
        "password is empty; give the password",
    ),
    "a password where none has a place": (
        CUSTOM,
        PASSWORD,
        None,
        "password has no place in CUSTOM_AUTH_WITHOUT_SRP; leave it out, or begin with SRP",
    ),
    "an empty password where none has a place": (
        CUSTOM,
        "",
        None,
        "password has no place in CUSTOM_AUTH_WITHOUT_SRP; leave it out, or begin with SRP",
    ),
    **{
        f"a preferred factor with {flow.value}": (
            flow,
            None if flow is CUSTOM else PASSWORD,
            FactorType.EMAIL_OTP,
            f"preferred_factor has no place in {flow.value}; give it with USER_AUTH alone",
        )
        for flow in AuthFlow
        if flow is not BY_CHOICE
    },
}


@pytest.mark.parametrize(("flow", "password", "preferred", "text"), UNFIT.values(), ids=[*UNFIT])
async def test_what_does_not_fit_the_flow_is_refused_before_anything_is_sent(
    flow: AuthFlow, password: str | None, preferred: FactorType | None, text: str, meet: Meet
) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.service().sign_in(ALICE, password, flow=flow, preferred_factor=preferred)
    assert str(caught.value) == text
    assert world.called == []


BEGUN: Mapping[str, tuple[AuthFlow, str | None, FactorType | None, dict[str, str]]] = {
    "custom": (CUSTOM, None, None, {"USERNAME": ALICE}),
    "by choice": (BY_CHOICE, None, None, {"USERNAME": ALICE}),
    "by choice, with a password that nobody asked for": (BY_CHOICE, PASSWORD, None, {"USERNAME": ALICE}),
    "by choice, with a password beside another factor": (
        BY_CHOICE,
        PASSWORD,
        FactorType.SMS_OTP,
        {"USERNAME": ALICE, "PREFERRED_CHALLENGE": "SMS_OTP"},
    ),
    "a preferred factor": (
        BY_CHOICE,
        None,
        FactorType.WEB_AUTHN,
        {"USERNAME": ALICE, "PREFERRED_CHALLENGE": "WEB_AUTHN"},
    ),
    "a preferred password": (
        BY_CHOICE,
        PASSWORD,
        FactorType.PASSWORD,
        {"USERNAME": ALICE, "PREFERRED_CHALLENGE": "PASSWORD", "PASSWORD": PASSWORD},
    ),
}


@pytest.mark.parametrize(("flow", "password", "preferred", "parameters"), BEGUN.values(), ids=[*BEGUN])
async def test_a_flow_begins_with_what_it_begins_with_and_no_more(
    flow: AuthFlow, password: str | None, preferred: FactorType | None, parameters: dict[str, str], meet: Meet
) -> None:
    world = meet(signed_in())
    result = await world.service().sign_in(ALICE, password, flow=flow, preferred_factor=preferred)
    assert result.is_signed_in
    assert part(world.request(), "AuthParameters") == parameters
    assert world.request()["AuthFlow"] == ("CUSTOM_AUTH" if flow is CUSTOM else "USER_AUTH")


@pytest.mark.parametrize(
    ("flow", "preferred", "parameters"),
    [
        (CUSTOM_PROVED, None, {"CHALLENGE_NAME": "SRP_A"}),
        (BY_CHOICE, FactorType.PASSWORD_SRP, {"PREFERRED_CHALLENGE": "PASSWORD_SRP"}),
    ],
    ids=["custom", "by choice"],
)
async def test_a_password_that_is_proved_is_not_sent_in_these_flows_either(
    flow: AuthFlow, preferred: FactorType | None, parameters: dict[str, str], meet: Meet
) -> None:
    server = SrpServer()
    world = meet(server.challenge, server.then(signed_in()))
    result = await world.service().sign_in(ALICE, PASSWORD, flow=flow, preferred_factor=preferred)
    assert result.is_signed_in
    begun = {**part(world.request(0), "AuthParameters")}
    assert begun.pop("SRP_A")
    assert begun == {"USERNAME": ALICE, **parameters}
    assert PASSWORD not in str([*part_values(world.request(0)), *part_values(world.request(1))])


TEXTS_OF_NO_USE: Mapping[str, object] = {
    "a number": {"n": 1},
    "nothing": {"n": None},
    "a nameless one": {"": "x"},
    "a number for a name": {1: "x"},
    "a lone surrogate": {"n": "\ud800"},
    "a text": '{"n": "x"}',
    "a list": [("n", "x")],
    "a single number": 1,
}


@pytest.mark.parametrize("texts", TEXTS_OF_NO_USE.values(), ids=[*TEXTS_OF_NO_USE])
async def test_metadata_and_attributes_that_could_not_be_stored_or_sent_are_refused(texts: Any, meet: Meet) -> None:
    world = meet()
    service = world.service()
    verbs: list[tuple[str, Awaitable[object]]] = [
        ("client_metadata", service.sign_in(ALICE, PASSWORD, client_metadata=texts)),
        ("client_metadata", service.reset_password(ALICE, client_metadata=texts)),
        ("client_metadata", service.sign_up(ALICE, PASSWORD, client_metadata=texts)),
        ("attributes", service.sign_up(ALICE, PASSWORD, attributes=texts)),
        ("validation_data", service.sign_up(ALICE, PASSWORD, validation_data=texts)),
        ("client_metadata", service.auto_sign_in(RunHandle("nobody's"), client_metadata=texts)),
    ]
    for field, verb in verbs:
        with pytest.raises(InvalidInputError) as caught:
            await verb
        assert caught.value.field == field
    assert world.called == []


@pytest.mark.parametrize("answer", ["", "   ", "K4n4ry" * 200_000, None, {"code": "1"}, NewPassword("x")], ids=type)
async def test_an_answer_that_cannot_be_one_leaves_the_run_as_it_was(answer: Any, meet: Meet) -> None:
    world = meet(sms_wanted("session"), signed_in(), MFA_IS_ON)
    run = await ask_for_sms_code(world)
    with pytest.raises(InvalidInputError) as caught:
        await world.service().confirm_sign_in(run, answer)
    assert "K4n4ry" not in str(caught.value)
    assert world.called == ["InitiateAuth"]
    assert (await world.service().confirm_sign_in(run, "123456")).is_signed_in


# Runs that take no answer

IN_EVERY_WAY: Mapping[str, Callable[[AuthService, RunHandle], Awaitable[object]]] = {
    "confirm_sign_in": lambda service, run: service.confirm_sign_in(run, "123456"),
    "next_step": lambda service, run: service.next_step(run),
}
in_every_way = pytest.mark.parametrize("verb", IN_EVERY_WAY.values(), ids=[*IN_EVERY_WAY])


@in_every_way
async def test_an_unknown_run_says_start_again(
    verb: Callable[[AuthService, RunHandle], Awaitable[object]], meet: Meet
) -> None:
    world = meet()
    with pytest.raises(UnknownRunError, match="start again"):
        await verb(world.service(), RunHandle("nobody's"))
    assert world.called == []


TAKING_A_HANDLE: dict[str, Callable[[AuthService, RunHandle], Awaitable[object]]] = {
    "confirm_sign_in": lambda service, run: service.confirm_sign_in(run, "123456"),
    "next_step": lambda service, run: service.next_step(run),
    "abandon": lambda service, run: service.abandon(run),
    "auto_sign_in": lambda service, run: service.auto_sign_in(run),
    "confirm_sign_up": lambda service, run: service.confirm_sign_up("alice", "123456", run=run),
    "resend_sign_up_code": lambda service, run: service.resend_sign_up_code("alice", run=run),
    "confirm_reset_password": lambda service, run: service.confirm_reset_password("alice", "new", "123456", run=run),
}


@pytest.mark.parametrize("verb", TAKING_A_HANDLE.values(), ids=[*TAKING_A_HANDLE])
async def test_the_text_of_a_cookie_is_no_handle_and_the_error_says_how_to_make_one(
    verb: Callable[[AuthService, RunHandle], Awaitable[object]], meet: Meet
) -> None:
    world = meet()
    with pytest.raises(InvalidInputError, match=r"run is no handle; give RunHandle\(text\)") as caught:
        await verb(world.service(), cast("RunHandle", "cookie-canary"))
    assert "canary" not in str(caught.value)
    assert world.called == []


@in_every_way
async def test_a_run_that_is_over_says_start_again(
    verb: Callable[[AuthService, RunHandle], Awaitable[object]], meet: Meet
) -> None:
    world = meet(sms_wanted("session"), signed_in(), MFA_IS_ON)
    run = await ask_for_sms_code(world)
    assert (await world.service().confirm_sign_in(run, "123456")).is_signed_in
    with pytest.raises(UnknownRunError, match="start again"):
        await verb(world.service(), run)
    assert len(world.called) == 3


@in_every_way
async def test_an_abandoned_run_is_over(
    verb: Callable[[AuthService, RunHandle], Awaitable[object]], meet: Meet
) -> None:
    world = meet(sms_wanted("session"))
    run = await ask_for_sms_code(world)
    await world.service().abandon(run)
    await world.service().abandon(run)
    with pytest.raises(UnknownRunError):
        await verb(world.service(), run)


@in_every_way
async def test_a_run_expires_fifteen_minutes_after_the_last_reply(
    verb: Callable[[AuthService, RunHandle], Awaitable[object]], meet: Meet
) -> None:
    world = meet(sms_wanted("session"), WRONG_CODE)
    run = await ask_for_sms_code(world)
    world.clock.move(LIFETIME - timedelta(microseconds=1))
    with pytest.raises(CodeMismatchError):
        await world.service().confirm_sign_in(run, "000000")
    world.clock.move(LIFETIME - timedelta(microseconds=1))
    assert isinstance(await world.service().next_step(run), steps.ConfirmSignInWithSmsCode)
    world.clock.move(timedelta(microseconds=1))
    with pytest.raises(ExpiredRunError, match="start again"):
        await verb(world.service(), run)
    with pytest.raises(UnknownRunError):
        await verb(world.service(), run)
    assert len(world.called) == 2


@in_every_way
async def test_a_handle_of_one_flow_opens_no_run_of_another(
    verb: Callable[[AuthService, RunHandle], Awaitable[object]], meet: Meet
) -> None:
    world = meet(account_made(), code_sent(), sms_wanted("session"))
    service = world.service()
    sign_up = waiting_at(await service.sign_up(ALICE, PASSWORD))
    reset = waiting_at(await service.reset_password(ALICE))
    sign_in = await ask_for_sms_code(world)
    for foreign in (sign_up, reset):
        with pytest.raises(UnreadableSnapshotError, match="belongs to another flow"):
            await verb(service, foreign)
    foreigners: list[Awaitable[object]] = [
        service.confirm_sign_up(ALICE, "1", run=sign_in),
        service.confirm_sign_up(ALICE, "1", run=reset),
        service.resend_sign_up_code(ALICE, run=sign_in),
        service.confirm_reset_password(ALICE, "new", "1", run=sign_up),
        service.confirm_reset_password(ALICE, "new", "1", run=sign_in),
    ]
    for foreigner in foreigners:
        with pytest.raises(UnreadableSnapshotError, match="belongs to another flow"):
            await foreigner
    assert len(world.called) == 3
    assert len(world.store) == 3


async def test_a_handle_that_was_begun_for_somebody_else_is_refused(meet: Meet) -> None:
    world = meet(account_made(), code_sent())
    service = world.service()
    sign_up = waiting_at(await service.sign_up(ALICE, PASSWORD))
    reset = waiting_at(await service.reset_password(ALICE))
    for verb in (
        service.confirm_sign_up("mallory", "1", run=sign_up),
        service.resend_sign_up_code("mallory", run=sign_up),
        service.confirm_reset_password("mallory", "new", "1", run=reset),
    ):
        with pytest.raises(InvalidInputError, match="run was begun for somebody else; leave the run out"):
            await verb
    assert len(world.called) == 2


@pytest.mark.parametrize("how", ["expired", "unknown"])
async def test_codes_outlive_their_runs(how: str, meet: Meet) -> None:
    world = meet(account_made(), code_sent(), code_sent(), {}, {})
    service = world.service()
    sign_up = waiting_at(await service.sign_up(ALICE, PASSWORD))
    reset = waiting_at(await service.reset_password(ALICE))
    if how == "expired":
        world.clock.move(LIFETIME)
    else:
        sign_up, reset = RunHandle("nobody's"), RunHandle("nobody's")
    assert await service.resend_sign_up_code(ALICE, run=sign_up) == EMAIL
    assert (await service.confirm_sign_up(ALICE, "1", run=sign_up)).next_step == steps.SignUpDone()
    assert (await service.confirm_reset_password(ALICE, "new", "1", run=reset)).is_password_reset
    assert world.called[2:] == ["ResendConfirmationCode", "ConfirmSignUp", "ConfirmForgotPassword"]
    assert "Session" not in world.request(3)


async def test_a_full_store_refuses_a_new_run_and_leaves_the_others(meet: Meet) -> None:
    world = meet(sms_wanted("session"), sms_wanted("session"), signed_in(), MFA_IS_ON)
    store = MemoryRunStore(world.clock, capacity=1)
    service = AuthService(world.backend, store=store, clock=world.clock, entropy=world.entropy, default_flow=PLAINLY)
    run = waiting_at(await service.sign_in(ALICE, PASSWORD))
    with pytest.raises(TooManyRunsError, match="1 runs are waiting"):
        await service.sign_in(ALICE, PASSWORD)
    assert (await service.confirm_sign_in(run, "123456")).is_signed_in


# Refusals


async def test_a_wrong_code_may_be_followed_by_the_right_one(each_backend: str, meet: Meet) -> None:
    world = meet(sms_wanted("session"), WRONG_CODE, WRONG_CODE, signed_in(), MFA_IS_ON)
    service = world.service()
    run = await ask_for_sms_code(world)
    for _ in range(2):
        with pytest.raises(CodeMismatchError) as caught:
            await service.confirm_sign_in(run, "000000")
        assert caught.value.retryable is True
        assert str(caught.value) == "Invalid code received for user; try again with the right code"
    assert (await service.confirm_sign_in(run, "123456")).is_signed_in
    sessions = [call.request.get("Session") for call in world.transport.calls]
    assert sessions == [None, "session", "session", "session", None]


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        (ServiceError("ExpiredCodeException", "Expired"), ExpiredCodeError),
        (ServiceError("NotAuthorizedException", "Invalid session for the user."), NotAuthorizedError),
    ],
    ids=["an expired code", "a dead session"],
)
async def test_every_refusal_of_an_answer_leaves_the_run_at_its_step(
    refusal: Reply, kind: type[AuthStepsError], meet: Meet
) -> None:
    world = meet(sms_wanted("session"), refusal)
    run = await ask_for_sms_code(world)
    with pytest.raises(kind):
        await world.service().confirm_sign_in(run, "123456")
    assert isinstance(await world.service().next_step(run), steps.ConfirmSignInWithSmsCode)


RUNLESS_REFUSALS: Mapping[str, tuple[Callable[[AuthService], Awaitable[object]], type[AuthError], bool]] = {
    "sign_in": (lambda service: service.sign_in(ALICE, PASSWORD, flow=PLAINLY), UserNotFoundError, False),
    "sign_up": (lambda service: service.sign_up(ALICE, PASSWORD), UsernameExistsError, False),
    "reset_password": (lambda service: service.reset_password(ALICE), UserNotFoundError, False),
    "confirm_sign_up": (lambda service: service.confirm_sign_up(ALICE, "1"), CodeMismatchError, True),
    "a late code": (lambda service: service.confirm_sign_up(ALICE, "1"), ExpiredCodeError, False),
    "resend_sign_up_code": (lambda service: service.resend_sign_up_code(ALICE), UserNotConfirmedError, False),
    "confirm_reset_password": (
        lambda service: service.confirm_reset_password(ALICE, "new", "1"),
        InvalidPasswordError,
        True,
    ),
    "too early": (
        lambda service: service.confirm_reset_password(ALICE, "new", "1"),
        PasswordResetRequiredError,
        False,
    ),
}


@pytest.mark.parametrize(("verb", "kind", "retryable"), RUNLESS_REFUSALS.values(), ids=[*RUNLESS_REFUSALS])
async def test_without_a_run_a_refusal_is_retryable_if_another_code_or_password_would_do(
    verb: Callable[[AuthService], Awaitable[object]], kind: type[AuthError], *, retryable: bool, meet: Meet
) -> None:
    world = meet(ServiceError(kind.code, "Why."))
    with pytest.raises(kind) as caught:
        await verb(world.service())
    assert (caught.value.retryable, caught.value.message) == (retryable, "Why.")
    assert str(caught.value) == f"Why; {kind.recovery}"
    assert len(world.store) == 0


async def test_a_code_that_went_nowhere_is_a_failed_delivery(meet: Meet) -> None:
    world = meet({}, {}, account_made(), {})
    service = world.service()
    for verb in (service.reset_password(ALICE), service.resend_sign_up_code(ALICE)):
        with pytest.raises(CodeDeliveryFailureError):
            await verb
    run = waiting_at(await service.sign_up(ALICE, PASSWORD))
    with pytest.raises(CodeDeliveryFailureError) as caught:
        await service.resend_sign_up_code(ALICE, run=run)
    assert caught.value.retryable is True


# A backend that breaks its contract


@pytest.mark.parametrize(
    "unfit",
    [
        {"SRP_B": ""},
        {"SRP_B": "f" * 10_000},
        {"SRP_B": "b0b is not a number"},
        {"SRP_B": "0"},
        {"SALT": ""},
        {"SALT": "1" * 1_000},
        {"SECRET_BLOCK": ""},
        {"SECRET_BLOCK": "%%%"},
        {"SECRET_BLOCK": "A" * 100_000},
        {"USER_ID_FOR_SRP": ""},
    ],
    ids=lambda unfit: f"{[*unfit]}: {next(iter(unfit.values()))[:9]}",
)
async def test_unfit_srp_parameters_end_the_sign_in_and_are_not_answered(unfit: dict[str, str], meet: Meet) -> None:
    fit = {"USERNAME": COGNITO_NAME, "SALT": "5a17", "SRP_B": "b0b", "SECRET_BLOCK": "YmxvY2s="}
    world = meet(challenged("PASSWORD_VERIFIER", "session", **{**fit, **unfit}))
    with pytest.raises(BackendContractError) as caught:
        await world.service().sign_in(ALICE, PASSWORD)
    assert next(iter(unfit)) in caught.value.problem
    assert not [value for value in unfit.values() if len(value) > 1 and value in str(caught.value)]
    assert world.called == ["InitiateAuth"]
    assert len(world.store) == 0


@pytest.mark.parametrize("where", ["at the beginning", "after an answer"])
async def test_a_proof_that_is_wanted_where_none_can_be_given_ends_the_run(where: str, meet: Meet) -> None:
    verifier = challenged("PASSWORD_VERIFIER", "session", SALT="1", SRP_B="2", SECRET_BLOCK="YQ==")
    world = meet(*([verifier] if where == "at the beginning" else [sms_wanted("session"), verifier]))
    service = world.service()
    with pytest.raises(BackendContractError, match="PASSWORD_VERIFIER where no SRP attempt is under way"):
        await service.confirm_sign_in(await ask_for_sms_code(world), "123456")
    assert len(world.store) == 0


NO_REPLIES: list[Reply] = [{}, {"Session": "K4n4ry"}, {"ChallengeName": 42}, {"AuthenticationResult": []}]


@pytest.mark.parametrize("reply", NO_REPLIES, ids=str)
async def test_a_reply_that_is_none_ends_a_sign_in_and_leaves_a_waiting_run_in_doubt(reply: Reply, meet: Meet) -> None:
    world = meet(reply, sms_wanted("session"), reply, signed_in(), MFA_IS_ON)
    with pytest.raises(BackendContractError) as caught:
        await world.service().sign_in(ALICE, PASSWORD)
    assert "K4n4ry" not in str(caught.value)
    assert len(world.store) == 0

    run = await ask_for_sms_code(world)
    with pytest.raises(BackendContractError):
        await world.service().confirm_sign_in(run, "123456")
    assert isinstance(await world.service().next_step(run), steps.ConfirmSignInWithSmsCode)
    assert (await world.service().confirm_sign_in(run, "123456")).is_signed_in


@given(ANY_JSON | LIKELY, ANY_JSON | LIKELY)
def test_whatever_a_backend_says_the_answer_is_a_result_or_an_error_of_ours(first: Any, second: Any) -> None:
    async def sign_in() -> None:
        world = World.of(VirtualClock(), SeededEntropy(), first, second, second)
        service = world.service()
        try:
            result = await service.sign_in(ALICE, PASSWORD)
            if result.run is not None:
                await service.confirm_sign_in(result.run, {"ANSWER": "1"})
        except AuthStepsError:
            return
        assert result.next_step is not None

    anyio.run(sign_in)


# A backend that cannot be reached

UNREACHABLE: Mapping[str, tuple[Reply, bool]] = {
    "no connection": (NoReplyError("connection refused", sent=False), False),
    "no answer": (NoReplyError("timed out", sent=True), True),
    "a fault": (ServiceError("InternalErrorException", "", 500), True),
    "throttling": (ServiceError("TooManyRequestsException", "Rate exceeded"), False),
}
unreachable = pytest.mark.parametrize(("reply", "in_doubt"), UNREACHABLE.values(), ids=[*UNREACHABLE])


@unreachable
async def test_a_beginning_without_an_answer_leaves_nothing_behind(reply: Reply, *, in_doubt: bool, meet: Meet) -> None:
    world = meet(reply, reply, reply)
    service = world.service()
    for verb in (service.sign_in(ALICE, PASSWORD), service.sign_up(ALICE, PASSWORD), service.reset_password(ALICE)):
        with pytest.raises(BackendUnavailableError) as caught:
            await verb
        assert caught.value.sent is in_doubt
        assert caught.value.in_doubt is False
    assert len(world.store) == 0


@unreachable
async def test_an_answer_without_an_answer_leaves_the_run_at_its_step_and_says_if_it_is_in_doubt(
    reply: Reply, *, in_doubt: bool, each_backend: str, meet: Meet
) -> None:
    world = meet(sms_wanted("session"), reply, NoReplyError("connection refused", sent=False), signed_in(), MFA_IS_ON)
    service = world.service()
    run = await ask_for_sms_code(world)
    with pytest.raises(BackendUnavailableError) as caught:
        await service.confirm_sign_in(run, "123456")
    assert caught.value.in_doubt is in_doubt
    assert ("the answer may have arrived" in str(caught.value)) is in_doubt
    assert isinstance(await service.next_step(run), steps.ConfirmSignInWithSmsCode)

    with pytest.raises(BackendUnavailableError) as caught:
        await service.confirm_sign_in(run, "123456")
    assert caught.value.in_doubt is in_doubt  # what was in doubt stays so, whatever became of the next try

    assert (await service.confirm_sign_in(run, "123456")).is_signed_in


async def test_a_refusal_settles_the_doubt(meet: Meet) -> None:
    refused = NoReplyError("connection refused", sent=False)
    world = meet(sms_wanted("session"), NoReplyError("timed out", sent=True), WRONG_CODE, refused)
    service = world.service()
    run = await ask_for_sms_code(world)
    with pytest.raises(BackendUnavailableError):
        await service.confirm_sign_in(run, "123456")
    with pytest.raises(CodeMismatchError):
        await service.confirm_sign_in(run, "123456")
    with pytest.raises(BackendUnavailableError) as caught:
        await service.confirm_sign_in(run, "123456")
    assert caught.value.in_doubt is False


async def test_throttling_says_how_long_to_wait(meet: Meet) -> None:
    world = meet(UNREACHABLE["throttling"][0])
    with pytest.raises(BackendUnavailableError) as caught:
        await world.service().sign_in(ALICE, PASSWORD)
    assert caught.value.retry_after == timedelta(seconds=1)


async def test_nothing_is_repeated_by_itself(meet: Meet) -> None:
    world = meet(NoReplyError("connection refused", sent=False), signed_in())
    with pytest.raises(BackendUnavailableError):
        await world.service().sign_in(ALICE, PASSWORD, flow=PLAINLY)
    assert world.transport.unused == 1


# Two calls at once


async def test_of_two_same_answers_at_once_one_wins_and_the_backend_is_called_once(
    each_backend: str, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    gate = anyio.Event()

    class Slow:
        """Signs in as far as the code, and then takes its time."""

        def __init__(self) -> None:
            self.calls = 0

        async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            if operation == "InitiateAuth":
                return sms_wanted("session")
            if operation == "GetUser":
                return MFA_IS_ON
            self.calls += 1
            await gate.wait()
            return signed_in()

    transport = Slow()
    service = AuthService(a_backend(transport, clock, entropy), clock=clock, entropy=entropy, default_flow=PLAINLY)
    run = waiting_at(await service.sign_in(ALICE, PASSWORD))
    outcomes: list[object] = []

    async def answer() -> None:
        try:
            outcomes.append(await service.confirm_sign_in(run, "123456"))
        except RunError as error:
            outcomes.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(answer)
        await anyio.wait_all_tasks_blocked()
        with pytest.raises(StaleRunError):
            await service.next_step(run)
        gate.set()
    assert [type(outcome) for outcome in outcomes] == [StaleRunError, SignInResult]
    assert transport.calls == 1


async def test_many_people_sign_in_side_by_side_and_nobody_gets_anothers_tokens(
    each_backend: str, clock: VirtualClock, entropy: SeededEntropy
) -> None:
    class Crowd:
        async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            await anyio.lowlevel.checkpoint()
            if operation == "InitiateAuth":
                name = part(request, "AuthParameters")["USERNAME"]
                return {**totp_wanted(f"session-of-{name}")}
            if operation == "GetUser":
                return MFA_IS_ON
            assert request["Session"] == f"session-of-{part(request, 'ChallengeResponses')['USERNAME']}"
            return signed_in(str(request["Session"]))

    service = AuthService(a_backend(Crowd(), clock, entropy), clock=clock, entropy=entropy, default_flow=PLAINLY)
    held: dict[str, Tokens] = {}

    async def sign_in(name: str) -> None:
        run = waiting_at(await service.sign_in(name, PASSWORD))
        result = await service.confirm_sign_in(run, "123456")
        assert isinstance(result.next_step, steps.Done)
        held[name] = result.next_step.tokens

    async with anyio.create_task_group() as tasks:
        for index in range(50):
            tasks.start_soon(sign_in, f"person-{index}")
    assert held == {f"person-{index}": tokens(f"session-of-person-{index}") for index in range(50)}


# What an observer is told


async def test_an_observer_is_told_of_every_advance_by_name(meet: Meet) -> None:
    server = SrpServer()
    world = meet(server.challenge, server.then(sms_wanted("session")), WRONG_CODE)
    run = waiting_at(await world.service().sign_in(ALICE, PASSWORD))
    with pytest.raises(CodeMismatchError):
        await world.service().confirm_sign_in(run, "000000")
    told = [(seen.event, seen.source, seen.target, seen.outstanding, seen.failure) for seen in world.watcher.seen]
    assert told == [
        ("SignInRequested", "READY", "MAKING_KEY_PAIR", "MakeKeyPair", None),
        ("KeyPairMade", "MAKING_KEY_PAIR", "INITIATING", "InitiateAuth", None),
        ("PasswordVerifierChallenged", "INITIATING", "COMPUTING_CLAIM", "ComputeClaim", None),
        ("ClaimComputed", "COMPUTING_CLAIM", "PROVING_PASSWORD", "RespondWithDevice", None),
        ("SmsCodeChallenged", "PROVING_PASSWORD", "AWAITING_SMS_CODE", "ConfirmSignInWithSmsCode", None),
        ("CodeAnswered", "AWAITING_SMS_CODE", "VERIFYING_SMS_CODE", "RespondToAuthChallenge", None),
        (
            "Refused",
            "VERIFYING_SMS_CODE",
            "AWAITING_SMS_CODE",
            "ConfirmSignInWithSmsCode",
            "CodeMismatchException",
        ),
    ]
    assert {seen.run_id for seen in world.watcher.seen} == {run.run_id}


async def test_an_account_has_the_tokens_the_device_the_clock_and_the_identity_pool_of_its_service(meet: Meet) -> None:
    world = meet(IDENTITY, issued())
    service = world.service(with_identity_pool=True)
    account = service.account(tokens(expires_at=NOW + timedelta(hours=1)), device=DEVICE)
    assert account.device == DEVICE
    assert (await account.fetch_auth_session()).credentials.unwrap() == credentials()
    assert (await account.get_current_user()).user_id == SUB
    assert (await account.fetch_auth_session()).tokens.unwrap() == tokens()
