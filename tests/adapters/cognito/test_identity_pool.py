"""``CognitoIdentityPool``: an identity and its AWS credentials for a token, or for nobody's."""

import socket
import traceback
from collections.abc import Mapping
from types import MappingProxyType
from typing import get_args

import anyio
import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import traverse

from authsteps.adapters.cognito.identity_pool import CognitoIdentityPool, IdentityEffect
from authsteps.adapters.cognito.scripted import Reply, ScriptedTransport
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.engine.messages import Effect, Event, Secret
from authsteps.flows import effects, events
from authsteps.flows.errors import BackendContractError, BackendUnavailableError, InvalidInputError
from authsteps.flows.model import AwsCredentials
from tests.adapters.cognito.service_model import faults, on_the_wire, operation
from tests.flows.any_reply import ANY_JSON, CANARY, LIKELY
from tests.flows.world import NOW, POOL_ID

IDENTITY_POOL_ID = "eu-west-1:11111111-2222-3333-4444-555555555555"
IDENTITY_ID = "eu-west-1:66666666-7777-8888-9999-000000000000"
LOGIN = f"cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}"
LOGINS = {LOGIN: Secret(CANARY), "accounts.google.com": Secret("a-token-of-google")}
ISSUED: dict[str, Json] = {
    "IdentityId": IDENTITY_ID,
    "Credentials": {
        "AccessKeyId": "ASIAEXAMPLE",
        "SecretKey": CANARY,
        "SessionToken": f"{CANARY}-session",
        "Expiration": NOW.timestamp(),
    },
}
CREDENTIALS = AwsCredentials("ASIAEXAMPLE", Secret(CANARY), Secret(f"{CANARY}-session"), NOW)

GET_ID = effects.GetId(LOGINS)
GET_CREDENTIALS = effects.GetCredentialsForIdentity(IDENTITY_ID, LOGINS)
ON_THE_WIRE: Json = {LOGIN: CANARY, "accounts.google.com": "a-token-of-google"}

EXCHANGES: Mapping[str, tuple[IdentityEffect, dict[str, Json], dict[str, Json], Event]] = {
    "an identity of a user": (
        GET_ID,
        {"IdentityPoolId": IDENTITY_POOL_ID, "Logins": ON_THE_WIRE},
        {"IdentityId": IDENTITY_ID},
        events.IdentityFound(IDENTITY_ID),
    ),
    "an identity of a guest": (
        effects.GetId({}),
        {"IdentityPoolId": IDENTITY_POOL_ID},
        {"IdentityId": IDENTITY_ID},
        events.IdentityFound(IDENTITY_ID),
    ),
    "credentials of a user": (
        GET_CREDENTIALS,
        {"IdentityId": IDENTITY_ID, "Logins": ON_THE_WIRE},
        ISSUED,
        events.CredentialsIssued(IDENTITY_ID, CREDENTIALS),
    ),
    "credentials of a guest, of another identity than was asked for": (
        effects.GetCredentialsForIdentity("eu-west-1:another", {}),
        {"IdentityId": "eu-west-1:another"},
        ISSUED,
        events.CredentialsIssued(IDENTITY_ID, CREDENTIALS),
    ),
    "credentials of an identity that is not repeated, without an end": (
        GET_CREDENTIALS,
        {"IdentityId": IDENTITY_ID, "Logins": ON_THE_WIRE},
        {"Credentials": {"AccessKeyId": "ASIAEXAMPLE", "SecretKey": CANARY, "SessionToken": f"{CANARY}-session"}},
        events.CredentialsIssued(IDENTITY_ID, attrs.evolve(CREDENTIALS, expires_at=None)),
    ),
}

every_exchange = pytest.mark.parametrize(("effect", "request_", "reply", "event"), EXCHANGES.values(), ids=[*EXCHANGES])


def pool_of(*replies: Reply) -> tuple[CognitoIdentityPool, ScriptedTransport]:
    transport = ScriptedTransport(*replies)
    return CognitoIdentityPool(transport, identity_pool_id=IDENTITY_POOL_ID, user_pool_id=POOL_ID), transport


def test_it_performs_both_effects_of_an_identity_pool() -> None:
    pool, _ = pool_of()
    assert set(pool.performs) == {effects.GetId, effects.GetCredentialsForIdentity}
    assert {type(row[0]) for row in EXCHANGES.values()} == set(get_args(IdentityEffect))


def test_a_user_pools_tokens_are_known_by_its_region_and_its_id() -> None:
    assert pool_of()[0].user_pool_login == LOGIN
    elsewhere = CognitoIdentityPool(
        ScriptedTransport(), identity_pool_id=IDENTITY_POOL_ID, user_pool_id="us-east-2_AbCdEf"
    )
    assert elsewhere.user_pool_login == "cognito-idp.us-east-2.amazonaws.com/us-east-2_AbCdEf"


@every_exchange
async def test_an_effect_becomes_the_request_and_the_reply_an_event(
    effect: IdentityEffect, request_: dict[str, Json], reply: dict[str, Json], event: Event, each_backend: str
) -> None:
    pool, transport = pool_of(reply, MappingProxyType(reply))
    for _ in range(2):
        assert await pool.perform(effect) == event
    assert type(event) in type(effect).answers
    for call in transport.calls:
        assert (call.operation, call.request) == (type(effect).__name__, request_)


@every_exchange
async def test_botocore_finds_no_fault_with_request_and_reply_and_sends_all_of_it(
    effect: IdentityEffect, request_: dict[str, Json], reply: dict[str, Json], event: Event
) -> None:
    model = operation(type(effect).__name__, "cognito-identity")
    assert faults(model.input_shape, request_) == ""
    assert faults(model.output_shape, reply) == ""
    assert on_the_wire(request_, model) == request_


@pytest.mark.parametrize("effect", [GET_ID, GET_CREDENTIALS], ids=lambda effect: type(effect).__name__)
async def test_no_token_of_a_request_and_no_credential_of_a_reply_is_ever_shown(effect: IdentityEffect) -> None:
    pool, transport = pool_of(ISSUED)
    event = await pool.perform(effect)
    call = transport.calls[0]
    for value in (call, call.request, call.request["Logins"], event, effect):
        for shown in (repr(value), str(value), f"{value}", traverse(value).render()):
            assert CANARY not in shown
    assert LOGIN in repr(call.request["Logins"])


@pytest.mark.parametrize("code", ["NotAuthorizedException", "ResourceConflictException", "ExternalServiceException"])
async def test_a_refusal_comes_back_as_an_event(code: str) -> None:
    pool, _ = pool_of(ServiceError(code, "why"))
    assert await pool.perform(GET_ID) == events.Refused(code, "why")


@pytest.mark.parametrize(
    ("reply", "sent"),
    [
        (NoReplyError("connection refused", sent=False), False),
        (NoReplyError("timed out", sent=True), True),
        (ServiceError("InternalErrorException", CANARY, 500), True),
        (ServiceError("TooManyRequestsException", CANARY, 400), False),
    ],
    ids=str,
)
async def test_no_answer_of_use_is_unavailability(reply: Reply, *, sent: bool) -> None:
    pool, _ = pool_of(reply)
    with pytest.raises(BackendUnavailableError) as caught:
        await pool.perform(GET_CREDENTIALS)
    assert caught.value.sent is sent
    assert CANARY not in str(caught.value)


def credentials_with(**members: Json) -> dict[str, Json]:
    return {"Credentials": {"AccessKeyId": "a", "SecretKey": "s", "SessionToken": "t", **members}}


UNBELIEVABLE: Mapping[str, tuple[IdentityEffect, dict[str, Json]]] = {
    "nobody": (GET_ID, {"Identity": CANARY}),
    "an identity that is no text": (GET_ID, {"IdentityId": [CANARY]}),
    "an identity with a lone surrogate": (GET_ID, {"IdentityId": f"{CANARY}\ud800"}),
    "no credentials": (GET_CREDENTIALS, {"IdentityId": CANARY}),
    "credentials that are a text": (GET_CREDENTIALS, {"Credentials": CANARY}),
    "a key that is no text": (GET_CREDENTIALS, credentials_with(SecretKey=[CANARY])),
    "half of the credentials": (GET_CREDENTIALS, {"Credentials": {"AccessKeyId": CANARY, "SecretKey": CANARY}}),
    "a time that is none": (GET_CREDENTIALS, credentials_with(Expiration=CANARY)),
}


@pytest.mark.parametrize(("effect", "reply"), UNBELIEVABLE.values(), ids=[*UNBELIEVABLE])
async def test_a_reply_of_another_shape_is_a_broken_contract_that_quotes_nothing(
    effect: IdentityEffect, reply: dict[str, Json]
) -> None:
    pool, _ = pool_of(reply)
    with pytest.raises(BackendContractError) as caught:
        await pool.perform(effect)
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    for frame, _ in traceback.walk_tb(caught.value.__traceback__):
        if frame.f_code.co_filename != __file__:
            assert CANARY not in repr({name: value for name, value in frame.f_locals.items() if name != "error"})


@given(st.sampled_from([GET_ID, GET_CREDENTIALS]), ANY_JSON | LIKELY)
def test_any_json_is_an_event_or_a_broken_contract_and_never_anything_else(
    effect: IdentityEffect, reply: dict[str, Json]
) -> None:
    def answer(operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        return reply

    async def perform() -> Event | BackendContractError:
        try:
            return await pool_of(answer)[0].perform(effect)
        except BackendContractError as error:
            return error

    event = anyio.run(perform)
    if isinstance(event, BackendContractError):
        assert CANARY not in "".join(traceback.format_exception(event))
    else:
        assert type(event) in type(effect).answers


async def test_an_effect_of_somebody_else_is_refused() -> None:
    pool, transport = pool_of()
    for effect in (Effect(), effects.GetUser(Secret("access"))):
        with pytest.raises(TypeError, match="is no effect that an identity pool performs"):
            await pool.perform(effect)
    assert transport.calls == []


async def test_cancellation_goes_through(each_backend: str) -> None:
    class Silent:
        async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            await anyio.sleep_forever()
            raise AssertionError

    pool = CognitoIdentityPool(Silent(), identity_pool_id=IDENTITY_POOL_ID, user_pool_id=POOL_ID)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(pool.perform, GET_ID)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert tasks.cancel_scope.cancelled_caught


# Ids and connections


@pytest.mark.parametrize(
    ("identity_pool_id", "user_pool_id", "field"),
    [
        *((text, POOL_ID, "identity_pool_id") for text in ("", "eu-west-1", "eu-west-1:", ":1111", POOL_ID)),
        (IDENTITY_POOL_ID, IDENTITY_POOL_ID, "user_pool_id"),
        (IDENTITY_POOL_ID, "", "user_pool_id"),
    ],
)
async def test_an_id_that_is_none_is_refused(identity_pool_id: str, user_pool_id: str, field: str) -> None:
    with pytest.raises(InvalidInputError) as made:
        CognitoIdentityPool(ScriptedTransport(), identity_pool_id=identity_pool_id, user_pool_id=user_pool_id)
    with pytest.raises(InvalidInputError) as connected:
        async with CognitoIdentityPool.connect(identity_pool_id=identity_pool_id, user_pool_id=user_pool_id):
            raise AssertionError
    assert (made.value.field, connected.value.field) == (field, field)


async def test_a_connected_pool_reaches_for_the_endpoint_it_was_given() -> None:
    with socket.socket() as nobody:  # bound and not listening, so connecting is refused
        nobody.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        connecting = CognitoIdentityPool.connect(
            identity_pool_id=IDENTITY_POOL_ID, user_pool_id=POOL_ID, endpoint_url=url, region="local"
        )
        async with connecting as pool:
            with pytest.raises(BackendUnavailableError) as caught:
                await pool.perform(GET_ID)
    assert caught.value.sent is False
