"""``CognitoBackend``: every effect of the flows goes out, and what comes back is an event or an error of ours."""

import socket
import traceback
from collections.abc import Mapping
from typing import NoReturn, get_args

import anyio
import pytest

from authsteps.adapters.cognito.backend import CognitoBackend
from authsteps.adapters.cognito.identity_pool import IdentityEffect
from authsteps.adapters.cognito.protocol import BackendEffect
from authsteps.adapters.cognito.scripted import Reply, ScriptedTransport
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.engine.messages import Effect, Secret
from authsteps.engine.ports import Clock, Entropy
from authsteps.engine.table import NodeKind
from authsteps.flows import FLOWS, effects, events
from authsteps.flows.errors import BackendContractError, BackendUnavailableError, InvalidInputError
from authsteps.flows.model import AuthFlow, MfaSetting, MfaType, NewDevice
from tests.flows.world import ALICE, CLIENT_ID, POOL_ID, a_backend, code_sent, part, signed_in, tokens

CANARY = "K4n4ry"
FORGOT = effects.ForgotPassword(ALICE)
SIGN_IN = effects.InitiateAuth(AuthFlow.USER_PASSWORD_AUTH, ALICE, password=Secret(CANARY))


def backend(replies: list[Reply], clock: Clock, entropy: Entropy) -> tuple[CognitoBackend, ScriptedTransport]:
    transport = ScriptedTransport(*replies)
    return a_backend(transport, clock, entropy), transport


def test_it_performs_every_effect_that_there_is_but_an_identity_pools(clock: Clock, entropy: Entropy) -> None:
    there_are = {
        kind
        for name in effects.__all__
        if isinstance(kind := getattr(effects, name), type) and issubclass(kind, Effect)
    }
    performer, _ = backend([], clock, entropy)
    assert set(performer.performs) == there_are - set(get_args(IdentityEffect))
    assert len(performer.performs) == len(set(performer.performs))
    of_our_own = {effects.MakeKeyPair, effects.ComputeClaim, effects.MakeDeviceSecrets, effects.SettleIn}
    assert set(get_args(BackendEffect)) == set(performer.performs) - of_our_own
    held = {node.holds for flow in FLOWS.values() for node in flow.nodes.values() if node.kind is NodeKind.WORKING}
    assert held <= set(performer.performs)


async def test_a_reply_comes_back_as_an_event(each_backend: str, clock: Clock, entropy: Entropy) -> None:
    performer, transport = backend([code_sent(), signed_in()], clock, entropy)
    assert isinstance(await performer.perform(FORGOT), events.CodeSent)
    assert await performer.perform(SIGN_IN) == events.Authenticated(tokens())
    assert [call.operation for call in transport.calls] == ["ForgotPassword", "InitiateAuth"]
    assert part(transport.calls[1].request, "AuthParameters")["PASSWORD"] == CANARY


async def test_a_refusal_comes_back_as_an_event(clock: Clock, entropy: Entropy) -> None:
    performer, _ = backend([ServiceError("UserNotFoundException", "User does not exist.")], clock, entropy)
    assert await performer.perform(FORGOT) == events.Refused("UserNotFoundException", "User does not exist.")


@pytest.mark.parametrize(
    ("reply", "text"),
    [
        (NoReplyError("connection refused", sent=False), "connection refused; try again"),
        (
            NoReplyError("timed out", sent=True),
            "timed out; the request may have arrived: try again",
        ),
        (
            ServiceError("InternalErrorException", "", 500),
            "the service failed with status 500; the request may have arrived: try again",
        ),
        (ServiceError("TooManyRequestsException", "", 400), "the service throttles requests; try again in 1 s"),
    ],
    ids=str,
)
async def test_no_answer_of_use_is_unavailability(reply: Reply, text: str, clock: Clock, entropy: Entropy) -> None:
    performer, _ = backend([reply], clock, entropy)
    with pytest.raises(BackendUnavailableError) as caught:
        await performer.perform(FORGOT)
    assert caught.value.sent is (text.startswith(("timed out", "the service failed")))
    assert str(caught.value) == text


# Errands

TOKEN = Secret("access")
NEW_DEVICE = NewDevice("eu-west-1_1", "-group")
ERRANDS: Mapping[str, tuple[effects.SettleIn, Reply]] = {
    "attributes": (effects.SettleIn(effects.UpdateUserAttributes(TOKEN, {"name": "Alice"})), {}),
    "who it is": (effects.SettleIn(effects.GetUser(TOKEN)), {"Username": ALICE, "UserAttributes": []}),
    "a second factor": (
        effects.SettleIn(effects.SetUserMfaPreference(TOKEN, {MfaType.TOTP: MfaSetting.ENABLED})),
        {},
    ),
    "a device": (effects.SettleIn(effects.ConfirmDevice(TOKEN, "k", Secret("v"), Secret("s"))), {}),
}
every_errand = pytest.mark.parametrize(("effect", "reply"), ERRANDS.values(), ids=[*ERRANDS])


@every_errand
async def test_an_errand_is_done_with_what_came_of_it(
    effect: effects.SettleIn, reply: Reply, clock: Clock, entropy: Entropy
) -> None:
    performer, _ = backend([reply, reply], clock, entropy)
    expected = await performer.perform(effect.errand)
    assert await performer.perform(effect) == events.ErrandDone(expected)


async def test_a_devices_secrets_are_an_errand_too(each_backend: str, clock: Clock, entropy: Entropy) -> None:
    performer, _ = backend([], clock, entropy)
    done = await performer.perform(effects.SettleIn(effects.MakeDeviceSecrets(NEW_DEVICE)))
    assert isinstance(done, events.ErrandDone)
    assert isinstance(done.outcome, events.DeviceSecretsMade)


async def test_an_errand_that_is_refused_is_done_for_ill(clock: Clock, entropy: Entropy) -> None:
    performer, _ = backend([ServiceError("NotAuthorizedException", "no")], clock, entropy)
    done = await performer.perform(effects.SettleIn(effects.GetUser(TOKEN)))
    assert done == events.ErrandDone(events.Refused("NotAuthorizedException", "no"))


@pytest.mark.parametrize(
    "reply",
    [
        NoReplyError("timed out", sent=True),
        NoReplyError("connection refused", sent=False),
        ServiceError("InternalErrorException", "", 500),
        ServiceError("TooManyRequestsException", ""),
        {"Username": 42},
    ],
    ids=str,
)
async def test_an_errand_without_an_answer_of_use_is_done_with_nothing(
    reply: Reply, clock: Clock, entropy: Entropy
) -> None:
    performer, _ = backend([reply], clock, entropy)
    assert await performer.perform(effects.SettleIn(effects.GetUser(TOKEN))) == events.ErrandDone(None)


async def test_a_device_that_cannot_be_is_an_errand_done_with_nothing(clock: Clock, entropy: Entropy) -> None:
    performer, _ = backend([], clock, entropy)
    errand = effects.MakeDeviceSecrets(NewDevice("k" * 2000, "-group"))
    assert await performer.perform(effects.SettleIn(errand)) == events.ErrandDone(None)


async def test_a_fault_of_a_program_is_no_end_of_an_errand(clock: Clock, entropy: Entropy) -> None:
    performer, _ = backend([], clock, entropy)  # the script is at its end
    with pytest.raises(LookupError):
        await performer.perform(effects.SettleIn(effects.GetUser(TOKEN)))


@pytest.mark.parametrize("effect", [FORGOT, effects.SettleIn(effects.GetUser(TOKEN))], ids=["an effect", "an errand"])
async def test_cancellation_goes_through(effect: Effect, each_backend: str, clock: Clock, entropy: Entropy) -> None:
    class Silent:
        async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            await anyio.sleep_forever()
            raise AssertionError

    performer = a_backend(Silent(), clock, entropy)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(performer.perform, effect)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert tasks.cancel_scope.cancelled_caught


# What nobody should be given


async def test_an_effect_of_somebody_else_is_refused(clock: Clock, entropy: Entropy) -> None:
    performer, transport = backend([], clock, entropy)
    with pytest.raises(TypeError, match="Effect is no effect that a Cognito backend performs"):
        await performer.perform(Effect())
    with pytest.raises(TypeError, match="GetId is no effect that a Cognito backend performs"):
        await performer.perform(effects.GetId({}))
    assert transport.calls == []


async def test_what_a_transport_should_not_raise_goes_on_as_it_is(clock: Clock, entropy: Entropy) -> None:
    def broken(operation: str, request: Mapping[str, Json]) -> NoReturn:
        raise RuntimeError(operation)

    performer, _ = backend([broken], clock, entropy)
    with pytest.raises(RuntimeError, match="ForgotPassword"):
        await performer.perform(FORGOT)


@pytest.mark.parametrize(
    "reply",
    [
        {"AuthenticationResult": {"AccessToken": CANARY, "IdToken": CANARY, "RefreshToken": CANARY}},
        {"ChallengeName": 42, "Session": CANARY},
        {"ChallengeName": "NEW_PASSWORD_REQUIRED", "ChallengeParameters": {"requiredAttributes": CANARY}},
        ServiceError("InternalErrorException", CANARY, 500),
        NoReplyError("timed out", sent=True),
    ],
    ids=str,
)
async def test_no_error_leads_through_a_frame_that_holds_request_or_reply(
    reply: Reply, clock: Clock, entropy: Entropy
) -> None:
    performer, _ = backend([reply], clock, entropy)
    effect = SIGN_IN
    with pytest.raises((BackendContractError, BackendUnavailableError)) as caught:
        await performer.perform(effect)
    error = caught.value
    assert error.__cause__ is None
    assert error.__context__ is None
    ours = [frame for frame in traceback.walk_tb(error.__traceback__) if frame[0].f_code.co_filename != __file__]
    assert ours
    for frame, _ in ours:
        assert CANARY not in repr({name: value for name, value in frame.f_locals.items() if name != "error"})


# connect


async def test_a_connected_backend_reaches_for_the_endpoint_it_was_given() -> None:
    with socket.socket() as nobody:  # bound and not listening, so connecting is refused
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        async with CognitoBackend.connect(user_pool_id=POOL_ID, client_id=CLIENT_ID, endpoint_url=url) as performer:
            with pytest.raises(BackendUnavailableError) as caught:
                await performer.perform(FORGOT)
    assert caught.value.sent is False


async def test_a_pool_id_that_is_none_connects_nowhere() -> None:
    with pytest.raises(InvalidInputError):
        async with CognitoBackend.connect(user_pool_id="eu-west-1", client_id=CLIENT_ID):
            raise AssertionError
