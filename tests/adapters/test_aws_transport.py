"""The aiobotocore transport, against a small HTTP server on this machine that speaks Cognito's protocol, well or badly.

Nothing here is patched but names and environment: the sockets are real, and so is everything between them and us.
"""

import asyncio
import gc
import logging
import re
import socket
from collections.abc import AsyncGenerator, Callable, Mapping
from datetime import timedelta
from types import MappingProxyType, TracebackType
from typing import NoReturn

import aiohttp.connector
import anyio
import anyio.lowlevel
import pytest
import trio
from aiobotocore.session import AioSession

from authsteps.adapters.cognito import Connections
from authsteps.adapters.cognito.aws import AwsTransport
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError, Transport
from tests.adapters.local_cognito import Answer, LocalPool, Received, error, http, local_pool, reply

pytestmark = pytest.mark.usefixtures("no_aws_settings")

A_MOMENT = timedelta(milliseconds=50)


HTML = b"<html><body><h1>Bad Gateway</h1></body></html>"
EMPTY = reply({})


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
async def shared(no_aws_settings: pytest.MonkeyPatch) -> AsyncGenerator[tuple[LocalPool, AwsTransport], None]:
    """One server and one client for all tests that need no other: a client takes a tenth of a second to make."""
    async with local_pool(EMPTY) as pool, AwsTransport.open("eu-west-1", endpoint_url=pool.url) as transport:
        yield pool, transport


@pytest.fixture
def pool(shared: tuple[LocalPool, AwsTransport]) -> LocalPool:
    pool, _ = shared
    pool.answer = EMPTY
    pool.received.clear()
    return pool


@pytest.fixture
def transport(shared: tuple[LocalPool, AwsTransport]) -> AwsTransport:
    return shared[1]


# What is sent


async def test_a_call_is_an_unsigned_json_1_1_post_that_no_cache_keeps(
    pool: LocalPool, transport: AwsTransport
) -> None:
    await transport.call("InitiateAuth", {"ClientId": "c", "AuthFlow": "USER_AUTH"})
    (received,) = pool.received
    assert received.line == "POST / HTTP/1.1"
    assert received.headers["x-amz-target"] == "AWSCognitoIdentityProviderService.InitiateAuth"
    assert received.headers["content-type"] == "application/x-amz-json-1.1"
    assert received.headers["cache-control"] == "no-store"
    # Whatever else is in the process may add words of its own, as Powertools for Lambda does.
    assert re.match(r"authsteps(/\S+)? botocore/\S+", received.headers["user-agent"])
    assert not {"authorization", "x-amz-date", "x-amz-security-token"} & received.headers.keys()
    assert received.members == {"ClientId": "c", "AuthFlow": "USER_AUTH"}


async def test_any_mapping_and_sequence_can_be_sent_and_is_left_as_it_was(
    pool: LocalPool, transport: AwsTransport
) -> None:
    response: Mapping[str, Json] = MappingProxyType({"transports": ("usb", "nfc")})
    credential: Mapping[str, Json] = MappingProxyType({"id": "i", "response": response})
    request: Mapping[str, Json] = MappingProxyType({"AccessToken": "t", "Credential": credential})
    await transport.call("CompleteWebAuthnRegistration", request)
    assert pool.received[0].members == {
        "AccessToken": "t",
        "Credential": {"id": "i", "response": {"transports": ["usb", "nfc"]}},
    }
    assert request == {"AccessToken": "t", "Credential": credential}


async def test_an_unknown_operation_is_refused_and_nothing_is_sent(pool: LocalPool, transport: AwsTransport) -> None:
    with pytest.raises(LookupError, match="no Cognito operation 'initiate_auth'"):
        await transport.call("initiate_auth", {})
    assert pool.received == []


# What comes back


async def test_a_reply_is_what_stood_on_the_wire_instants_as_epoch_seconds(
    pool: LocalPool, transport: AwsTransport
) -> None:
    on_the_wire: dict[str, Json] = {
        "Device": {
            "DeviceKey": "eu-west-1_k",
            "DeviceAttributes": [{"Name": "device_status", "Value": "valid"}],
            "DeviceCreateDate": 1715100742.022,
            "DeviceLastAuthenticatedDate": 1715100742.0,
        },
        "NewerThanThisBotocore": {"kept": [True, 1, "x"]},
    }
    pool.answer = reply(on_the_wire)
    assert await transport.call("GetDevice", {"DeviceKey": "k", "AccessToken": "t"}) == on_the_wire


async def test_an_operation_without_output_replies_with_no_members(pool: LocalPool, transport: AwsTransport) -> None:
    pool.answer = http(b"")
    assert await transport.call("DeleteUser", {"AccessToken": "t"}) == {}


ERRORS = {
    "Cognito's form": (
        error("NotAuthorizedException", "Incorrect username or password."),
        ("NotAuthorizedException", "Incorrect username or password.", 400),
    ),
    "a fault of Cognito": (
        error("InternalErrorException", "x", "500 Internal Server Error"),
        ("InternalErrorException", "x", 500),
    ),
    "an error that botocore does not model": (error("BrandNewException", "x"), ("BrandNewException", "x", 400)),
    "the name with a namespace": (
        http(b'{"__type": "com.amazonaws#CodeMismatchException:http://x/", "Message": "m"}', "400 Bad Request"),
        ("CodeMismatchException", "m", 400),
    ),
    "the name in the header alone": (
        http(b"", "400 Bad Request", x_amzn_ErrorType="ForbiddenException:http://x/"),
        ("ForbiddenException", "", 400),
    ),
    "a message that is no text": (
        http(b'{"__type": "LimitExceededException", "message": 5}', "400 Bad Request"),
        ("LimitExceededException", "", 400),
    ),
}


@pytest.mark.parametrize(("answer", "expected"), ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_of_cognito_keeps_its_name_text_and_status(
    answer: Answer, expected: tuple[str, str, int], pool: LocalPool, transport: AwsTransport
) -> None:
    pool.answer = answer
    with pytest.raises(ServiceError) as caught:
        await transport.call("InitiateAuth", {"ClientId": "c"})
    assert (caught.value.code, caught.value.message, caught.value.status) == expected
    assert len(pool.received) == 1


NO_ANSWERS = {
    "hung up before the reply": (Answer(then="hang up"), "connection lost"),
    "reset before the reply": (Answer(then="reset"), "connection lost"),
    "body cut short": (Answer(reply({"Session": "s" * 100}).data[:-20], "hang up"), "connection lost"),
    "not HTTP": (Answer(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", "hang up"), "no valid HTTP answer (ClientResponseError)"),
    "HTML, 200": (http(HTML), "the reply is not a JSON object"),
    "half of the JSON": (http(b'{"Session": "s'), "the reply is not a JSON object"),
    "JSON, but a list": (http(b"[]"), "the reply is not a JSON object"),
    "JSON without end": (http(b'{"a":' * 100_000), "the reply is not a JSON object"),
    "not UTF-8": (http(b'{"Session": "\xff"}'), "the reply is not a JSON object"),
    "HTML, 502": (http(HTML, "502 Bad Gateway"), "HTTP status 502 without an error of Cognito's"),
    "HTML, 403": (http(HTML, "403 Forbidden"), "HTTP status 403 without an error of Cognito's"),
    "nothing, 503": (http(b"", "503 Service Unavailable"), "HTTP status 503 without an error of Cognito's"),
    "list, 500": (http(b"[]", "500 Oops"), "HTTP status 500 without an error of Cognito's"),
    "a name that is no text": (http(b'{"__type": 5}', "400 Oops"), "HTTP status 400 without an error of Cognito's"),
}


@pytest.mark.parametrize(("answer", "reason"), NO_ANSWERS.values(), ids=NO_ANSWERS.keys())
async def test_when_no_answer_of_cognito_comes_the_request_may_have_arrived_and_is_not_repeated(
    answer: Answer, reason: str, pool: LocalPool, transport: AwsTransport
) -> None:
    pool.answer = answer
    with pytest.raises(NoReplyError) as caught:
        await transport.call("RespondToAuthChallenge", {"ClientId": "c"})
    assert (caught.value.reason, caught.value.sent) == (reason, True)
    assert len(pool.received) == 1


@pytest.mark.parametrize("answer", [Answer(then="be silent"), Answer(EMPTY.data[:-1], "be silent")])
async def test_when_a_reply_takes_too_long_the_request_may_have_arrived_and_is_not_repeated(
    answer: Answer, pool: LocalPool
) -> None:
    pool.answer = answer
    async with AwsTransport.open(
        "eu-west-1", endpoint_url=pool.url, connections=Connections(read_timeout=A_MOMENT)
    ) as transport:
        with pytest.raises(NoReplyError) as caught:
            await transport.call("RespondToAuthChallenge", {"ClientId": "c"})
    assert (caught.value.reason, caught.value.sent) == ("read timeout", True)
    assert len(pool.received) == 1


# What does not arrive


async def test_a_refused_connection_is_safe_to_repeat() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can have the port
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with AwsTransport.open("eu-west-1", endpoint_url=url) as transport:
            with pytest.raises(NoReplyError, match="connection refused") as caught:
                await transport.call("InitiateAuth", {})
    assert not caught.value.sent


async def test_a_host_that_is_not_found_is_safe_to_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nothing(*_: object, **__: object) -> NoReturn:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    async with AwsTransport.open("eu-west-1", endpoint_url="http://pool.invalid") as transport:
        monkeypatch.setattr(socket, "getaddrinfo", find_nothing)
        with pytest.raises(NoReplyError, match="host not found") as caught:
            await transport.call("InitiateAuth", {})
    assert not caught.value.sent


async def test_a_connection_that_does_not_come_about_in_time_is_safe_to_repeat() -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for waiting in (first, second):  # nobody accepts, and now the queue is full
            waiting.setblocking(False)  # noqa: FBT003 -- the socket module's own signature
            waiting.connect_ex(deaf.getsockname())
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        async with AwsTransport.open(
            "eu-west-1", endpoint_url=url, connections=Connections(connect_timeout=A_MOMENT)
        ) as transport:
            with pytest.raises(NoReplyError, match="connect timeout") as caught:
                await transport.call("InitiateAuth", {})
    assert not caught.value.sent


async def test_a_failed_tls_handshake_is_safe_to_repeat() -> None:
    async def speak_plainly(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(http(b"").data)
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with AwsTransport.open("eu-west-1", endpoint_url=url) as transport:
            with pytest.raises(NoReplyError, match="TLS") as caught:
                await transport.call("InitiateAuth", {})
    assert not caught.value.sent


async def test_a_proxy_that_lets_nothing_through_is_safe_to_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{taken.getsockname()[1]}")
        async with AwsTransport.open("eu-west-1", endpoint_url="http://pool.invalid") as transport:
            with pytest.raises(NoReplyError, match="proxy") as caught:
                await transport.call("InitiateAuth", {})
    assert not caught.value.sent


# Secrets

PASSWORD = "canary-password-7f3a"
SESSION = "canary-session-c41e"
TOKEN = "canary-token-09bd"
CANARIES = (PASSWORD, SESSION, TOKEN)
SECRET_REQUEST: Mapping[str, Json] = {
    "ClientId": "c",
    "Session": SESSION,
    "AuthParameters": {"USERNAME": "alice", "PASSWORD": PASSWORD},
}

ANSWERS_WITH_SECRETS = {
    "a reply": reply({"Session": SESSION, "AuthenticationResult": {"AccessToken": TOKEN}}),
    "an error": error("NotAuthorizedException", f"no such session {SESSION}"),
    "a fault": error("InternalErrorException", TOKEN, "500 Internal Server Error"),
    "HTML": http(b"<html>" + TOKEN.encode(), "502 Bad Gateway"),
    "half of the JSON": http(f'{{"Session": "{SESSION}", "x'.encode()),
    "half of the body": Answer(reply({"Session": SESSION, "x": "x" * 100}).data[:-20], "hang up"),
    "not HTTP": Answer(f"{TOKEN}\r\n\r\n".encode(), "hang up"),
    "a header that is none": Answer(f"HTTP/1.1 200 OK\r\n{TOKEN}\r\n\r\n".encode(), "hang up"),
}


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """Every logger there is at DEBUG, as far down as somebody could turn it."""
    caplog.set_level(logging.DEBUG)
    for name in ("botocore", "botocore.parsers", "botocore.endpoint", "aiobotocore", "aiohttp", "urllib3", "asyncio"):
        caplog.set_level(logging.DEBUG, logger=name)
    return caplog


async def outcome_of(transport: Transport, request: Mapping[str, Json]) -> object:
    try:
        return await transport.call("InitiateAuth", request)
    except (ServiceError, NoReplyError) as failure:
        return failure


@pytest.mark.parametrize("answer", ANSWERS_WITH_SECRETS.values(), ids=ANSWERS_WITH_SECRETS.keys())
async def test_with_every_log_at_debug_no_secret_is_written_but_the_operation_is(
    answer: Answer, pool: LocalPool, transport: AwsTransport, everything_logged: pytest.LogCaptureFixture
) -> None:
    pool.answer = answer
    await outcome_of(transport, SECRET_REQUEST)
    assert SESSION.encode() in pool.received[0].body
    written = everything_logged.text + "".join(repr(vars(record)) for record in everything_logged.records)
    assert [canary for canary in CANARIES if canary in written] == []
    assert "InitiateAuth: Making request for %s with params: %s (values masked)" in everything_logged.messages


async def test_another_client_in_the_same_process_logs_what_it_always_logged(
    pool: LocalPool, everything_logged: pytest.LogCaptureFixture
) -> None:
    """It also shows that the test above can fail."""
    async with AioSession().create_client(  # pyright: ignore[reportUnknownMemberType] -- typed for every service of AWS, installed or not
        "cognito-idp", region_name="eu-west-1", endpoint_url=pool.url
    ) as ordinary:
        await ordinary.initiate_auth(ClientId="c", AuthFlow="USER_AUTH", AuthParameters={"PASSWORD": PASSWORD})
    assert PASSWORD in everything_logged.text


async def test_every_logger_there_is_after_a_call_is_masked_once(transport: AwsTransport) -> None:
    await outcome_of(transport, SECRET_REQUEST)
    loggers = {
        name: logger.filters
        for name, logger in logging.root.manager.loggerDict.items()
        if name.startswith(("botocore.", "aiobotocore.", "aiohttp.")) and isinstance(logger, logging.Logger)
    }
    assert "botocore.endpoint" in loggers
    assert {name: len(filters) for name, filters in loggers.items()} == dict.fromkeys(loggers, 1)


FAILURES_WITH_SECRETS = {name: answer for name, answer in ANSWERS_WITH_SECRETS.items() if name != "a reply"}


@pytest.mark.parametrize("answer", FAILURES_WITH_SECRETS.values(), ids=FAILURES_WITH_SECRETS.keys())
async def test_an_error_carries_no_secret_in_its_text_its_context_or_the_variables_of_its_frames(
    answer: Answer, pool: LocalPool, transport: AwsTransport
) -> None:
    pool.answer = answer
    failure = await outcome_of(transport, SECRET_REQUEST)
    assert isinstance(failure, NoReplyError | ServiceError)
    assert failure.__context__ is None
    shown = variables_below_the_test(failure.__traceback__)
    if isinstance(failure, ServiceError):
        shown = shown.replace(failure.message, "")  # the service's own words, which the caller wants
    else:
        shown += str(failure)
    assert [canary for canary in CANARIES if canary in shown] == []


async def test_a_cancellation_carries_no_secret_in_the_variables_of_its_frames(
    pool: LocalPool, transport: AwsTransport
) -> None:
    arrived = anyio.Event()

    async def arrive(_: Received) -> Answer:
        arrived.set()
        return Answer(then="be silent")

    pool.answer = arrive
    calling = asyncio.create_task(outcome_of(transport, SECRET_REQUEST))
    await arrived.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await calling
    shown = variables_below_the_test(caught.value.__traceback__)
    assert [canary for canary in CANARIES if canary in shown] == []


def variables_below_the_test(traceback: TracebackType | None) -> str:
    """Return what a log with local variables shows of the frames that are not this file's."""
    shown: list[str] = []
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename != __file__:
            shown.append(repr(traceback.tb_frame.f_locals))
        traceback = traceback.tb_next
    assert shown, "no frame but the test's own"
    return "\n".join(shown)


# Identity pools


@pytest.fixture(scope="module")
async def identities(shared: tuple[LocalPool, AwsTransport]) -> AsyncGenerator[AwsTransport, None]:
    async with AwsTransport.open("eu-west-1", service="cognito-identity", endpoint_url=shared[0].url) as transport:
        yield transport


async def test_a_call_to_an_identity_pool_is_unsigned_too_and_no_cache_keeps_it(
    pool: LocalPool, identities: AwsTransport
) -> None:
    on_the_wire: dict[str, Json] = {"Credentials": {"Expiration": 1715100742.0}, "NewerThanThisBotocore": [1]}
    pool.answer = reply(on_the_wire)
    request: Mapping[str, Json] = {"IdentityId": "eu-west-1:1", "Logins": {"an.issuer": TOKEN}}
    assert await identities.call("GetCredentialsForIdentity", request) == on_the_wire
    (received,) = pool.received
    assert received.headers["x-amz-target"] == "AWSCognitoIdentityService.GetCredentialsForIdentity"
    assert received.headers["content-type"] == "application/x-amz-json-1.1"
    assert received.headers["cache-control"] == "no-store"
    assert not {"authorization", "x-amz-date", "x-amz-security-token"} & received.headers.keys()
    assert received.members == request


async def test_a_transport_to_one_service_knows_no_operation_of_the_other(
    pool: LocalPool, transport: AwsTransport, identities: AwsTransport
) -> None:
    with pytest.raises(LookupError, match="no Cognito operation 'InitiateAuth'"):
        await identities.call("InitiateAuth", {})
    with pytest.raises(LookupError, match="no Cognito operation 'GetId'"):
        await transport.call("GetId", {})
    assert pool.received == []


@pytest.mark.parametrize(("answer", "expected"), ERRORS.values(), ids=ERRORS.keys())
async def test_an_error_of_an_identity_pool_keeps_its_name_text_and_status(
    answer: Answer, expected: tuple[str, str, int], pool: LocalPool, identities: AwsTransport
) -> None:
    pool.answer = answer
    with pytest.raises(ServiceError) as caught:
        await identities.call("GetId", {"IdentityPoolId": "eu-west-1:1"})
    assert (caught.value.code, caught.value.message, caught.value.status) == expected
    assert len(pool.received) == 1


@pytest.mark.parametrize("answer", ANSWERS_WITH_SECRETS.values(), ids=ANSWERS_WITH_SECRETS.keys())
async def test_nothing_of_an_identity_pools_secrets_is_written_or_carried_by_an_error(
    answer: Answer, pool: LocalPool, identities: AwsTransport, everything_logged: pytest.LogCaptureFixture
) -> None:
    pool.answer = answer
    failure: object = None
    try:
        await identities.call("GetId", {"IdentityPoolId": "eu-west-1:1", "Logins": {"an.issuer": PASSWORD}})
    except (ServiceError, NoReplyError) as error:
        failure = error
    assert PASSWORD.encode() in pool.received[0].body
    written = everything_logged.text + "".join(repr(vars(record)) for record in everything_logged.records)
    assert [canary for canary in CANARIES if canary in written] == []
    assert "GetId: Making request for %s with params: %s (values masked)" in everything_logged.messages
    if isinstance(failure, NoReplyError):
        shown = f"{failure}{variables_below_the_test(failure.__traceback__)}"
        assert [canary for canary in CANARIES if canary in shown] == []


# Many at once


async def test_as_many_calls_are_under_way_as_there_are_connections_and_the_others_follow_in_order() -> None:
    arrive, arrivals = anyio.create_memory_object_stream[str](10)
    let_go = anyio.Semaphore(0)
    under_way = 0
    most_under_way = 0

    async def hold(received: Received) -> Answer:
        nonlocal under_way, most_under_way
        under_way += 1
        most_under_way = max(most_under_way, under_way)
        await arrive.send(str(received.members["ClientId"]))
        await let_go.acquire()
        under_way -= 1
        return EMPTY

    with arrive, arrivals:
        async with (
            local_pool(hold) as pool,
            AwsTransport.open("eu-west-1", endpoint_url=pool.url, connections=Connections(limit=2)) as transport,
            asyncio.TaskGroup() as group,
        ):
            for number in range(10):
                group.create_task(transport.call("InitiateAuth", {"ClientId": str(number)}))
            order: list[str] = []
            for number in range(10):
                if number >= 2:
                    let_go.release()
                order.append(await arrivals.receive())
            let_go.release()
            let_go.release()
    assert most_under_way == 2
    assert sorted(order[:2]) == ["0", "1"]
    assert order[2:] == ["2", "3", "4", "5", "6", "7", "8", "9"]


async def test_a_task_that_asks_again_at_once_does_not_overtake_those_who_wait() -> None:
    async with (
        local_pool(EMPTY) as pool,
        AwsTransport.open("eu-west-1", endpoint_url=pool.url, connections=Connections(limit=1)) as transport,
    ):

        async def keep_asking(name: str) -> None:
            for _ in range(5):
                await transport.call("InitiateAuth", {"ClientId": name})

        async with asyncio.TaskGroup() as group:
            for name in ("a", "b", "c"):
                group.create_task(keep_asking(name))
    assert [received.members["ClientId"] for received in pool.received] == ["a", "b", "c"] * 5


async def test_connections_are_used_again() -> None:
    async with local_pool(EMPTY) as pool, AwsTransport.open("eu-west-1", endpoint_url=pool.url) as transport:
        for _ in range(5):
            await transport.call("InitiateAuth", {})
        assert (pool.connections, pool.all_connections) == (1, 1)


async def test_after_an_error_of_cognito_the_connection_is_used_again() -> None:
    async with (
        local_pool(error("NotAuthorizedException", "x")) as pool,
        AwsTransport.open("eu-west-1", endpoint_url=pool.url) as transport,
    ):
        for _ in range(5):
            with pytest.raises(ServiceError):
                await transport.call("InitiateAuth", {})
        assert pool.all_connections == 1


async def test_a_hundred_calls_at_once_share_the_connections_there_are() -> None:
    async with (
        local_pool(EMPTY) as pool,
        AwsTransport.open("eu-west-1", endpoint_url=pool.url, connections=Connections(limit=8)) as transport,
    ):
        async with asyncio.TaskGroup() as group:
            for number in range(100):
                group.create_task(transport.call("InitiateAuth", {"ClientId": str(number)}))
        assert sorted(int(str(received.members["ClientId"])) for received in pool.received) == [*range(100)]
        assert pool.all_connections == pool.most_connections == 8


async def test_without_keep_alive_each_call_has_a_connection_of_its_own() -> None:
    never = Connections(keep_alive=timedelta())
    async with (
        local_pool(EMPTY) as pool,
        AwsTransport.open("eu-west-1", endpoint_url=pool.url, connections=never) as transport,
    ):
        for _ in range(5):
            await transport.call("InitiateAuth", {})
        assert pool.all_connections == 5


async def test_a_connection_that_was_idle_for_too_long_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    ten_seconds = Connections(keep_alive=timedelta(seconds=10))
    async with (
        local_pool(EMPTY) as pool,
        AwsTransport.open("eu-west-1", endpoint_url=pool.url, connections=ten_seconds) as transport,
    ):
        monkeypatch.setattr(aiohttp.connector, "monotonic", lambda: now)
        used: list[int] = []
        for pause in (0, 9.9, 10.1):
            now += pause
            await transport.call("InitiateAuth", {})
            used.append(pool.all_connections)
    assert used == [1, 1, 2]


async def test_a_connection_that_was_closed_while_nobody_used_it_costs_no_reply() -> None:
    async with (
        local_pool(Answer(EMPTY.data, "hang up")) as pool,
        AwsTransport.open("eu-west-1", endpoint_url=pool.url) as transport,
    ):
        for _ in range(3):
            assert await transport.call("RespondToAuthChallenge", {}) == {}
            await pool.until_all_closed()
            for _ in range(10):
                await anyio.lowlevel.checkpoint()  # so that the loop sees the other end close
        assert len(pool.received) == pool.all_connections == 3


@pytest.mark.parametrize("how", ["by the task", "by a scope"])
async def test_a_cancelled_call_gives_its_place_back(how: str) -> None:
    arrived = anyio.Event()
    answers = iter([Answer(then="be silent"), EMPTY])

    async def arrive(_: Received) -> Answer:
        arrived.set()
        return next(answers)

    async with (
        local_pool(arrive) as pool,
        AwsTransport.open("eu-west-1", endpoint_url=pool.url, connections=Connections(limit=1)) as transport,
    ):
        if how == "by the task":
            calling = asyncio.create_task(transport.call("InitiateAuth", {"ClientId": "cancelled"}))
            await arrived.wait()
            calling.cancel()
            with pytest.raises(asyncio.CancelledError):
                await calling
        else:
            async with anyio.create_task_group() as group:
                group.start_soon(transport.call, "InitiateAuth", {"ClientId": "cancelled"})
                await arrived.wait()
                group.cancel_scope.cancel()
        assert await transport.call("InitiateAuth", {"ClientId": "next"}) == {}


async def test_a_call_cancelled_while_it_waits_for_its_turn_sends_nothing_and_holds_nobody_up() -> None:
    arrived = anyio.Event()
    let_go = anyio.Event()

    async def hold(_: Received) -> Answer:
        arrived.set()
        await let_go.wait()
        return EMPTY

    async with (
        local_pool(hold) as pool,
        AwsTransport.open("eu-west-1", endpoint_url=pool.url, connections=Connections(limit=1)) as transport,
    ):
        async with asyncio.TaskGroup() as group:
            group.create_task(transport.call("InitiateAuth", {"ClientId": "first"}))
            await arrived.wait()
            waiting = group.create_task(transport.call("InitiateAuth", {"ClientId": "cancelled"}))
            last = group.create_task(transport.call("InitiateAuth", {"ClientId": "last"}))
            await anyio.wait_all_tasks_blocked()
            waiting.cancel()
            let_go.set()
        assert waiting.cancelled()
        assert last.result() == {}
    assert [received.members["ClientId"] for received in pool.received] == ["first", "last"]


# Opening and closing


async def test_closing_closes_every_connection() -> None:
    async with local_pool(EMPTY) as pool:
        async with AwsTransport.open("eu-west-1", endpoint_url=pool.url) as transport, asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(transport.call("InitiateAuth", {}))
        await pool.until_all_closed()
    assert pool.connections == 0
    del transport
    gc.collect()  # an unclosed session or socket would warn here, and a warning fails the test


async def test_a_closed_transport_says_so() -> None:
    async with local_pool(EMPTY) as pool:
        async with AwsTransport.open("eu-west-1", endpoint_url=pool.url) as transport:
            pass
        with pytest.raises(RuntimeError, match="closed"):
            await transport.call("InitiateAuth", {})
    assert pool.received == []


async def test_when_it_closes_a_call_under_way_may_have_arrived_and_a_waiting_one_was_not_sent() -> None:
    arrived = anyio.Event()

    async def arrive(_: Received) -> Answer:
        arrived.set()
        return Answer(then="be silent")

    async with local_pool(arrive) as pool:
        async with AwsTransport.open("eu-west-1", endpoint_url=pool.url, connections=Connections(limit=1)) as transport:
            under_way = asyncio.create_task(transport.call("InitiateAuth", {"ClientId": "under way"}))
            await arrived.wait()
            waiting = asyncio.create_task(transport.call("InitiateAuth", {"ClientId": "waiting"}))
            await anyio.wait_all_tasks_blocked()
        with pytest.raises(NoReplyError) as lost:
            await under_way
        with pytest.raises(RuntimeError, match="closed"):
            await waiting
    assert lost.value.sent
    assert [received.members["ClientId"] for received in pool.received] == ["under way"]


async def test_an_error_inside_the_block_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError, match="mine"):
        async with AwsTransport.open("eu-west-1"):
            raise KeyError("mine")


async def test_no_credentials_are_looked_up_and_the_metadata_service_is_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with local_pool(EMPTY) as pool, local_pool(http(b"", "404 Not Found")) as metadata_service:
        monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata_service.url)
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{metadata_service.url}/credentials")
        monkeypatch.setenv("AWS_DEFAULTS_MODE", "auto")
        async with AwsTransport.open("eu-west-1", endpoint_url=pool.url) as transport:
            assert await transport.call("InitiateAuth", {}) == {}
    assert metadata_service.received == []


async def test_credentials_that_are_there_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-a-secret")
    async with local_pool(EMPTY) as pool, AwsTransport.open("eu-west-1", endpoint_url=pool.url) as transport:
        await transport.call("InitiateAuth", {})
    assert "authorization" not in pool.received[0].headers
    assert "AKIDEXAMPLE" not in str(pool.received[0])


async def test_settings_of_the_environment_do_not_bring_repeats_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_RETRY_MODE", "standard")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "5")
    async with (
        local_pool(error("TooManyRequestsException", "x")) as pool,
        AwsTransport.open("eu-west-1", endpoint_url=pool.url) as transport,
    ):
        with pytest.raises(ServiceError):
            await transport.call("RespondToAuthChallenge", {})
    assert len(pool.received) == 1


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"connections": Connections(limit=0)}, "there must be at least one connection"),
        ({"connections": Connections(connect_timeout=timedelta())}, "connect_timeout must be longer than zero"),
        ({"connections": Connections(read_timeout=timedelta(seconds=-1))}, "read_timeout must be longer than zero"),
        ({"connections": Connections(keep_alive=timedelta(seconds=-1))}, "keep_alive must not be negative"),
        ({"endpoint_url": "not a url"}, "Invalid endpoint"),
        ({"region": "eu west"}, "AWS configuration cannot be used.*region"),
    ],
)
async def test_arguments_that_cannot_be_used_are_refused(arguments: dict[str, object], complaint: str) -> None:
    open_transport: Callable[..., object] = AwsTransport.open
    with pytest.raises(ValueError, match=complaint):
        async with open_transport(**{"region": "eu-west-1", **arguments}):  # type: ignore[attr-defined]
            raise AssertionError("opened")


async def test_a_profile_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """It might have held settings that matter, such as FIPS endpoints; to go on without them would be a guess."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    with pytest.raises(ValueError, match=r"AWS configuration cannot be used.*no-such-profile"):
        async with AwsTransport.open("eu-west-1"):
            raise AssertionError("opened")


def test_on_trio_opening_says_that_asyncio_is_needed() -> None:
    async def open_one() -> None:
        async with AwsTransport.open("eu-west-1"):
            raise AssertionError("opened")

    with pytest.raises(RuntimeError, match="needs an asyncio event loop"):
        trio.run(open_one)
