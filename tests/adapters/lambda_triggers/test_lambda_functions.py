"""Functions in Lambda, against a small HTTP server on this machine that speaks Lambda's protocol, well or badly."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable
from datetime import timedelta
from urllib.parse import unquote

import anyio
import attrs
import pytest
import trio

from authsteps.adapters.lambda_triggers import (
    PRE_SIGN_UP,
    Caller,
    FunctionRaisedError,
    FunctionUnavailableError,
    OutputNotJsonError,
    PreSignUpRequest,
    Trigger,
    TriggerEvent,
    TriggerRunner,
    Triggers,
    TriggerSource,
    lambda_functions,
)
from authsteps.flows.model import Json
from tests.adapters.local_cognito import Answer, LocalPool, Received, http, local_pool

CANARY = "canary-password-51ab"
EVENT: dict[str, Json] = {"userName": "alice", "request": {"userAttributes": {"email": CANARY}}, "response": {}}


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module", autouse=True)
def credentials(no_aws_settings: pytest.MonkeyPatch) -> None:
    """Credentials that sign, and nothing else of AWS."""
    no_aws_settings.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    no_aws_settings.setenv("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI")


@attrs.frozen
class Lambda:
    """The server and the client."""

    server: LocalPool
    function: Callable[[str], TriggerRunner]

    def says(self, answer: Answer) -> TriggerRunner:
        self.server.answer = answer
        self.server.received.clear()
        return self.function("check")


@pytest.fixture(scope="module")
async def aws() -> AsyncGenerator[Lambda, None]:
    """One server and one client for all tests: a client takes a tenth of a second to make."""
    async with (
        local_pool(Answer()) as server,
        lambda_functions(region="eu-west-1", endpoint_url=server.url) as function,
    ):
        yield Lambda(server, function)


def gave_back(value: object) -> Answer:
    return http(json.dumps(value).encode(), x_amz_executed_version="$LATEST")


def failed(said: object) -> Answer:
    return http(json.dumps(said).encode(), x_amz_function_error="Unhandled")


def refused(code: str, status: str, message: str = "no") -> Answer:
    return http(json.dumps({"Type": "User", "Message": message}).encode(), status, x_amzn_ErrorType=code)


async def test_a_function_is_invoked_once_and_waited_for_with_the_event_as_it_is(aws: Lambda) -> None:
    given = {**EVENT, "response": {"autoConfirmUser": True}}
    assert await aws.says(gave_back(given)).invoke(Trigger.PRE_SIGN_UP, EVENT) == given
    (received,) = aws.server.received
    assert received.line == "POST /2015-03-31/functions/check/invocations HTTP/1.1"
    assert received.headers["x-amz-invocation-type"] == "RequestResponse"
    assert received.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/lambda/" in received.headers["authorization"]
    assert received.members == EVENT


async def test_half_a_character_in_an_event_is_sent_as_json_has_it(aws: Lambda) -> None:
    event: dict[str, Json] = {"request": {"password": f"\ud800{CANARY}"}, "response": {}}
    await aws.says(gave_back({})).invoke(Trigger.PRE_SIGN_UP, event)
    assert aws.server.received[0].members == event


@pytest.mark.parametrize(
    "name",
    ["check", "check:live", "123456789012:function:check", "arn:aws:lambda:eu-west-1:123456789012:function:check:7"],
)
async def test_a_function_has_a_name_or_an_arn_with_or_without_a_version(aws: Lambda, name: str) -> None:
    aws.says(gave_back(EVENT))
    await aws.function(name).invoke(Trigger.PRE_SIGN_UP, EVENT)
    assert unquote(aws.server.received[0].line).split("/")[3] == name


def test_the_empty_name_is_refused(aws: Lambda) -> None:
    with pytest.raises(ValueError, match="name"):
        aws.function("")


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({"errorMessage": "Apikey non valida!", "errorType": "Error", "trace": []}, "Apikey non valida!"),
        ({"errorMessage": "'challengeMetaData'", "errorType": "KeyError"}, "'challengeMetaData'"),
        (
            {
                "errorType": "Runtime.ExitError",
                "errorMessage": "RequestId: 7d1b Error: Runtime exited with error: exit status 1",
            },
            "RequestId: 7d1b Error: Runtime exited with error: exit status 1",
        ),
        (
            {"errorMessage": "2026-01-05T03:04:09.000Z 7d1b Task timed out after 3.00 seconds"},
            "2026-01-05T03:04:09.000Z 7d1b Task timed out after 3.00 seconds",
        ),
        ({"errorMessage": None, "errorType": "undefined"}, "undefined"),
        (None, "Unhandled"),
    ],
)
async def test_what_a_function_raised_is_told_in_its_own_words(aws: Lambda, said: object, text: str) -> None:
    with pytest.raises(FunctionRaisedError) as caught:
        await aws.says(failed(said)).invoke(Trigger.PRE_SIGN_UP, EVENT)
    assert caught.value.service_message == f"PreSignUp failed with error {text}."


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", "403 Forbidden"),
        ("ResourceNotFoundException", "404 Not Found"),
        ("TooManyRequestsException", "429 Too Many Requests"),
        ("ServiceException", "500 Internal Server Error"),
        ("EC2ThrottledException", "502 Bad Gateway"),
    ],
)
async def test_a_function_that_lambda_does_not_call_is_unavailable_and_not_called_again(
    aws: Lambda, code: str, status: str
) -> None:
    with pytest.raises(FunctionUnavailableError) as caught:
        await aws.says(refused(code, status)).invoke(Trigger.PRE_SIGN_UP, EVENT)
    assert caught.value.service_message == f"PreSignUp invocation failed due to error {code}."
    assert len(aws.server.received) == 1


@pytest.mark.parametrize("body", [b"", b"Hello", b'{"a": NaN}', b"\xff"])
async def test_what_is_no_json_is_no_output(aws: Lambda, body: bytes) -> None:
    with pytest.raises(OutputNotJsonError) as caught:
        await aws.says(http(body)).invoke(Trigger.PRE_SIGN_UP, EVENT)
    assert caught.value.service_message == "Invalid lambda function output : Invalid JSON"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"", "hang up"),
        Answer(b"not HTTP\r\n\r\n", "hang up"),
        Answer(gave_back({"padding": "x" * 100}).data[:-20], "hang up"),
    ],
    ids=["nothing", "no HTTP", "half a body"],
)
async def test_a_connection_that_is_lost_makes_a_function_unavailable(aws: Lambda, answer: Answer) -> None:
    with pytest.raises(FunctionUnavailableError):
        await aws.says(answer).invoke(Trigger.PRE_SIGN_UP, EVENT)
    assert len(aws.server.received) == 1


async def test_one_that_is_silent_is_given_up_by_who_asks_and_asked_again(aws: Lambda) -> None:
    calls = 0

    async def silent_at_first(received: Received) -> Answer:
        nonlocal calls
        calls += 1
        return Answer(then="be silent") if calls == 1 else gave_back(received.members)

    aws.server.answer = silent_at_first
    triggers = Triggers({Trigger.PRE_SIGN_UP: aws.function("check")}, time_limit=timedelta(milliseconds=200), tries=2)
    event = TriggerEvent(
        kind=PRE_SIGN_UP,
        source=TriggerSource.PRE_SIGN_UP_SIGN_UP,
        region="eu-west-1",
        user_pool_id="eu-west-1_a",
        user_name="alice",
        caller=Caller("client"),
        request=PreSignUpRequest(user_attributes={}),
        response=PRE_SIGN_UP.answer(),
    )
    assert await triggers.ask(event) == PRE_SIGN_UP.answer()
    assert calls == 2


@pytest.mark.parametrize(
    "answer",
    [
        gave_back({"secret": CANARY}),
        http(CANARY.encode()),
        refused("InvalidRequestContentException", "400 Bad Request", CANARY),
        Answer(f"{CANARY}\r\n\r\n".encode(), "hang up"),
    ],
    ids=["an answer", "no JSON", "a refusal", "no HTTP"],
)
async def test_nothing_of_an_event_or_an_answer_reaches_a_log_or_an_error(
    aws: Lambda, answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("", "botocore", "botocore.endpoint", "botocore.parsers", "aiobotocore", "aiohttp", "urllib3"):
        caplog.set_level(logging.DEBUG, logger=name)
    failure: Exception | None = None
    try:
        await aws.says(answer).invoke(Trigger.PRE_SIGN_UP, EVENT)
    except (FunctionUnavailableError, OutputNotJsonError) as error:
        failure = error
    assert CANARY in aws.server.received[0].body.decode()
    assert any(message.startswith("Invoke: Making request") for message in caplog.messages)
    written = caplog.text + "".join(repr(vars(record)) for record in caplog.records)
    assert CANARY not in written + repr(failure) + str(failure)
    assert failure is None or (failure.__cause__, failure.__context__) == (None, None)


async def test_a_cancelled_call_ends_at_once(aws: Lambda) -> None:
    arrived = anyio.Event()

    async def arrive(_: Received) -> Answer:
        arrived.set()
        return Answer(then="be silent")

    aws.server.answer = arrive
    calling = asyncio.ensure_future(aws.function("check").invoke(Trigger.PRE_SIGN_UP, EVENT))
    await arrived.wait()
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling


def test_on_trio_opening_says_that_asyncio_is_needed() -> None:
    async def work() -> None:
        async with lambda_functions(region="eu-west-1"):
            pytest.fail("it opened")

    with pytest.raises(RuntimeError, match="a client of lambda needs an asyncio event loop"):
        trio.run(work)


async def test_without_a_region_it_says_so() -> None:
    with pytest.raises(ValueError, match="region"):
        async with lambda_functions():
            pytest.fail("it opened")
