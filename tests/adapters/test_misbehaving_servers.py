"""What a person sees where the way to Cognito is broken: real sockets, every kind of trouble, three verbs each.

A beginning, an answer with a code in it, and something that only reads: each meets each trouble. What matters is how
often a request arrives, and whether a run says that it is in doubt.
"""

import asyncio
import socket
import threading
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any

import attrs
import pytest

from authsteps.adapters.cognito import CognitoBackend, CognitoIdentityPool, Connections, Retries
from authsteps.engine import MemoryRunStore, RunHandle
from authsteps.flows import AuthClient, AuthFlow, AuthService, BackendUnavailableError, effects, steps
from tests.adapters.certificates import ELSEWHERE, HERE, Authority
from tests.adapters.local_cognito import Answer, LocalPool, Received, error, http, local_pool, reply
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.world import ALICE, CLIENT_ID, POOL_ID, signed_in, sms_wanted, tokens

CODE = "918273"
PLAINLY = AuthFlow.USER_PASSWORD_AUTH
A_MOMENT = timedelta(milliseconds=50)
AT_ONCE = Retries(base=timedelta())
"""Three attempts, as by default, and no pauses between them."""

HTML = b"<html><body><h1>It works!</h1></body></html>"
THROTTLED = error("TooManyRequestsException", "Rate exceeded")
GOOD = reply(signed_in())
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


# Servers


Place = AbstractAsyncContextManager[LocalPool]


@attrs.frozen
class World:
    """Two authorities: one that this machine trusts, and one that it does not."""

    trusted: Authority
    unknown: Authority


def answering(answer: Answer) -> Callable[[World], Place]:
    return lambda _: local_pool(answer)


@asynccontextmanager
async def refusing(_: World) -> AsyncGenerator[LocalPool, None]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: nobody else can have the port
        yield LocalPool(GOOD, f"http://127.0.0.1:{taken.getsockname()[1]}")


@contextmanager
def name_servers(answer: Callable[[], object]) -> Generator[LocalPool]:
    """A pool whose host's name is looked up by this function, which raises. No network is asked."""

    def look_up(host: object, *arguments: Any, **settings: Any) -> Any:
        if host == "nowhere.invalid":
            answer()
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return ordinarily(host, *arguments, **settings)

    ordinarily: Callable[..., Any] = socket.getaddrinfo
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", look_up)
        yield LocalPool(GOOD, "http://nowhere.invalid")


@asynccontextmanager
async def unknown_to_dns(_: World) -> AsyncGenerator[LocalPool, None]:
    with name_servers(lambda: None) as pool:
        yield pool


@asynccontextmanager
async def unknown_to_silent_dns(_: World) -> AsyncGenerator[LocalPool, None]:
    is_over = threading.Event()
    with name_servers(lambda: is_over.wait(60)) as pool:
        yield pool
        is_over.set()


@asynccontextmanager
async def deaf(_: World) -> AsyncGenerator[LocalPool, None]:
    with socket.socket() as listening, socket.socket() as first, socket.socket() as second:
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for waiting in (first, second):  # nobody accepts, and now the queue is full
            waiting.setblocking(False)  # noqa: FBT003  # the socket module's own signature
            waiting.connect_ex(listening.getsockname())
        yield LocalPool(GOOD, f"http://127.0.0.1:{listening.getsockname()[1]}")


@asynccontextmanager
async def diverting(_: World) -> AsyncGenerator[LocalPool, None]:
    async with local_pool(GOOD) as elsewhere:
        async with local_pool(http(b"", "307 Temporary Redirect", Location=elsewhere.url)) as pool:
            yield pool
        assert elsewhere.received == []


@asynccontextmanager
async def plain_where_tls_is_wanted(_: World) -> AsyncGenerator[LocalPool, None]:
    async def complain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(http(HTML, "400 Bad Request").data)
        writer.close()

    async with await asyncio.start_server(complain, "127.0.0.1", 0) as server:
        yield LocalPool(GOOD, f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")


@asynccontextmanager
async def silent_where_tls_is_wanted(_: World) -> AsyncGenerator[LocalPool, None]:
    async with local_pool(GOOD) as pool:  # it waits for a line that does not come
        pool.url = pool.url.replace("http:", "https:")
        yield pool


@asynccontextmanager
async def tls_where_none_is_wanted(world: World) -> AsyncGenerator[LocalPool, None]:
    async with local_pool(GOOD, world.trusted.server(HERE)) as pool:
        pool.url = pool.url.replace("https:", "http:")
        yield pool


@attrs.frozen
class Trouble:
    """One way in which things go wrong.

    Attributes:
        place: The server.
        reason: What the error says.
        sent: Whether a request may have arrived.
        arrivals: How often the same request does, if it must not be repeated once it may have arrived.
        retry_after: In how many seconds to try again, if the error says so.
        waits_for: What is too long here, if it is not as usual.
    """

    place: Callable[[World], Place]
    reason: str
    sent: bool = True
    arrivals: int = 1
    retry_after: float | None = None
    waits_for: Connections = attrs.field(factory=Connections)

    @property
    def reads(self) -> int:
        """How often a request arrives that only reads."""
        return 3 if self.arrivals else 0


def not_sent(place: Callable[[World], Place], reason: str, **settings: Any) -> Trouble:
    return Trouble(place, reason, sent=False, arrivals=0, **settings)


UNTRUSTED = "TLS handshake failed"
SHORT_READ = Connections(read_timeout=A_MOMENT)
SHORT_CONNECT = Connections(connect_timeout=A_MOMENT)
NO_JSON = "the reply is not a JSON object"
STRANGE = "HTTP status {} without an error of Cognito's"
BUSY = "the service throttles requests"

TROUBLES = {
    # Nothing arrives.
    "a name that does not resolve": not_sent(unknown_to_dns, "host not found, or not reached"),
    "name servers that are silent": not_sent(unknown_to_silent_dns, "connect timeout", waits_for=SHORT_CONNECT),
    "refused": not_sent(refusing, "connection refused"),
    "no connection in time": not_sent(deaf, "connect timeout", waits_for=SHORT_CONNECT),
    "TLS, nobody known vouches": not_sent(lambda world: local_pool(GOOD, world.unknown.server(HERE)), UNTRUSTED),
    "TLS, of another host": not_sent(lambda world: local_pool(GOOD, world.trusted.server(ELSEWHERE)), UNTRUSTED),
    "TLS, expired": not_sent(lambda world: local_pool(GOOD, world.trusted.server(HERE, expired=True)), UNTRUSTED),
    "TLS wanted, HTTP there": not_sent(plain_where_tls_is_wanted, UNTRUSTED),
    "TLS wanted, silence there": not_sent(silent_where_tls_is_wanted, "connect timeout", waits_for=SHORT_CONNECT),
    # Something may have been done.
    "HTTP wanted, TLS there": Trouble(tls_where_none_is_wanted, "connection lost", arrivals=0),
    "reset": Trouble(answering(Answer(then="reset")), "connection lost"),
    "hung up": Trouble(answering(Answer(then="hang up")), "connection lost"),
    "silence": Trouble(answering(Answer(then="be silent")), "read timeout", waits_for=SHORT_READ),
    "half of the headers": Trouble(answering(Answer(GOOD.data[:40], "hang up")), "connection lost"),
    "half of the headers, reset": Trouble(answering(Answer(GOOD.data[:40], "reset")), "connection lost"),
    "half of the headers, then silence": Trouble(
        answering(Answer(GOOD.data[:40], "be silent")), "read timeout", waits_for=SHORT_READ
    ),
    "half of the body": Trouble(answering(Answer(GOOD.data[:-20], "hang up")), "connection lost"),
    "half of the body, reset": Trouble(answering(Answer(GOOD.data[:-20], "reset")), "connection lost"),
    "half of the body, then silence": Trouble(
        answering(Answer(GOOD.data[:-20], "be silent")), "read timeout", waits_for=SHORT_READ
    ),
    "a byte now and then, without end": Trouble(
        answering(Answer(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", "drip")),
        "read timeout",
        waits_for=Connections(connect_timeout=2 * A_MOMENT, read_timeout=2 * A_MOMENT),
    ),
    "one chunk and no end": Trouble(answering(Answer(CHUNKED + b"2\r\n{}\r\n", "hang up")), "connection lost"),
    "307, to another host": Trouble(diverting, STRANGE.format(307)),
    "200, HTML": Trouble(answering(http(HTML)), NO_JSON),
    "200, a list": Trouble(answering(http(b"[1]")), NO_JSON),
    "200, a text": Trouble(answering(http(b'"ok"')), NO_JSON),
    "200, null": Trouble(answering(http(b"null")), NO_JSON),
    "500, Cognito's JSON": Trouble(
        answering(error("InternalErrorException", "x", "500 Internal Server Error")),
        "the service failed with status 500",
    ),
    "503, Cognito's JSON": Trouble(
        answering(error("ServiceUnavailableException", "x", "503 Service Unavailable")),
        "the service failed with status 503",
    ),
    "502, somebody's JSON": Trouble(answering(http(b'{"oops": 1}', "502 Bad Gateway")), STRANGE.format(502)),
    "500, HTML": Trouble(answering(http(HTML, "500 Internal Server Error")), STRANGE.format(500)),
    "502, HTML": Trouble(answering(http(HTML, "502 Bad Gateway")), STRANGE.format(502)),
    "503, HTML": Trouble(answering(http(HTML, "503 Service Unavailable")), STRANGE.format(503)),
    "500, nothing": Trouble(answering(http(b"", "500 Internal Server Error")), STRANGE.format(500)),
    "502, nothing": Trouble(answering(http(b"", "502 Bad Gateway")), STRANGE.format(502)),
    "503, nothing": Trouble(answering(http(b"", "503 Service Unavailable")), STRANGE.format(503)),
    # Turned away at the door.
    "throttled for ever": Trouble(answering(THROTTLED), BUSY, sent=False, arrivals=3, retry_after=0),
}


@attrs.frozen
class Meeting:
    """A backend that meets a trouble, and the server behind it."""

    trouble: Trouble
    backend: CognitoBackend
    server: LocalPool

    @property
    def arrived(self) -> list[str]:
        return [received.operation for received in self.server.received]

    def check(self, failure: BackendUnavailableError) -> None:
        """See that the error is the one that belongs to the trouble."""
        assert (failure.reason, failure.sent) == (self.trouble.reason, self.trouble.sent)
        assert (failure.retry_after.total_seconds() if failure.retry_after else 0) == (self.trouble.retry_after or 0)
        assert (failure.retry_after is None) is (self.trouble.retry_after is None)
        assert ("may have arrived" in str(failure)) is self.trouble.sent
        assert CODE not in str(failure)


def connecting(
    url: str, clock: VirtualClock, connections: Connections | None = None, retries: Retries = AT_ONCE
) -> AbstractAsyncContextManager[CognitoBackend]:
    return CognitoBackend.connect(
        user_pool_id=POOL_ID,
        client_id=CLIENT_ID,
        endpoint_url=url,
        connections=connections,
        retries=retries,
        clock=clock,
        entropy=SeededEntropy(),
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, no_aws_settings: pytest.MonkeyPatch) -> World:
    folder = tmp_path_factory.mktemp("certificates")
    world = World(Authority(folder, "trusted"), Authority(folder, "unknown"))
    no_aws_settings.setenv("AWS_CA_BUNDLE", str(world.trusted.bundle))
    return world


@pytest.fixture(scope="module", params=TROUBLES.values(), ids=[*TROUBLES])
async def shared(request: pytest.FixtureRequest, world: World) -> AsyncGenerator[Meeting, None]:
    """One for each trouble, since a client takes a tenth of a second to make."""
    trouble: Trouble = request.param
    async with (
        trouble.place(world) as server,
        connecting(server.url, VirtualClock(), trouble.waits_for) as backend,
    ):
        yield Meeting(trouble, backend, server)


@pytest.fixture
def meeting(shared: Meeting) -> Meeting:
    shared.server.received.clear()
    return shared


@pytest.fixture(scope="module")
async def good(world: World) -> AsyncGenerator[CognitoBackend, None]:
    """A pool that asks for a code and takes any."""

    async def answer(received: Received) -> Answer:
        return reply(sms_wanted("session")) if received.operation == "InitiateAuth" else GOOD

    async with (
        local_pool(answer, world.trusted.server(HERE)) as server,
        connecting(server.url, VirtualClock()) as backend,
    ):
        yield backend


# Three verbs


async def test_a_beginning_that_meets_trouble_says_what_it_was_and_leaves_nothing_behind(
    meeting: Meeting, clock: VirtualClock
) -> None:
    async with AuthClient(meeting.backend, clock=clock) as auth:
        with pytest.raises(BackendUnavailableError) as caught:
            await auth.sign_in(ALICE, "Passw0rd!", flow=PLAINLY)
        assert not (await auth.fetch_auth_session()).is_signed_in
    meeting.check(caught.value)
    assert not caught.value.in_doubt  # there is no run that could be
    assert meeting.arrived == ["InitiateAuth"] * meeting.trouble.arrivals


async def test_an_answer_whose_reply_is_lost_arrives_once_and_leaves_its_run_in_doubt(
    meeting: Meeting, good: CognitoBackend, clock: VirtualClock
) -> None:
    store = MemoryRunStore(clock=clock)
    service, elsewhere = (AuthService(backend, store=store, clock=clock) for backend in (meeting.backend, good))
    run = await waiting_for_a_code(elsewhere)
    with pytest.raises(BackendUnavailableError) as caught:
        await service.confirm_sign_in(run, CODE)
    meeting.check(caught.value)
    assert meeting.arrived == ["RespondToAuthChallenge"] * meeting.trouble.arrivals
    assert caught.value.in_doubt is meeting.trouble.sent
    assert ("the answer may have arrived" in str(caught.value)) is meeting.trouble.sent
    # The run stands at its step, and goes on where nothing is broken.
    assert isinstance(await service.next_step(run), steps.ConfirmSignInWithSmsCode)
    assert (await elsewhere.confirm_sign_in(run, CODE)).is_signed_in


async def waiting_for_a_code(service: AuthService) -> RunHandle:
    result = await service.sign_in(ALICE, "Passw0rd!", flow=PLAINLY)
    assert result.run is not None
    return result.run


async def test_what_only_reads_is_asked_for_again_and_then_says_what_the_trouble_was(
    meeting: Meeting, clock: VirtualClock
) -> None:
    account = AuthService(meeting.backend, clock=clock).account(tokens())
    with pytest.raises(BackendUnavailableError) as caught:
        await account.fetch_user_attributes()
    meeting.check(caught.value)
    assert meeting.arrived == ["GetUser"] * meeting.trouble.reads


async def test_an_identity_pools_credentials_are_asked_for_again_and_an_identity_is_not(clock: VirtualClock) -> None:
    async with (
        local_pool(Answer(then="hang up")) as server,
        CognitoIdentityPool.connect(
            identity_pool_id="eu-west-1:1",
            user_pool_id=POOL_ID,
            endpoint_url=server.url,
            retries=AT_ONCE,
            clock=clock,
            entropy=SeededEntropy(),
        ) as identities,
    ):
        for effect in (effects.GetId({}), effects.GetCredentialsForIdentity("eu-west-1:2", {})):
            with pytest.raises(BackendUnavailableError, match="connection lost"):
                await identities.perform(effect)
    asked = [received.operation for received in server.received]
    assert asked == ["GetId", *["GetCredentialsForIdentity"] * 3]


# Throttling


@pytest.fixture
def throttling_twice() -> Callable[[Received], Any]:
    answers = iter([THROTTLED, THROTTLED])

    async def answer(_: Received) -> Answer:
        return next(answers, GOOD)

    return answer


async def test_whoever_is_throttled_twice_gets_through_and_notices_nothing(
    throttling_twice: Callable[[Received], Any], good: CognitoBackend, clock: VirtualClock
) -> None:
    store = MemoryRunStore(clock=clock)
    run = await waiting_for_a_code(AuthService(good, store=store, clock=clock))
    async with local_pool(throttling_twice) as server, connecting(server.url, clock) as backend:
        assert (await AuthService(backend, store=store, clock=clock).confirm_sign_in(run, CODE)).is_signed_in
    answers = [received for received in server.received if received.operation == "RespondToAuthChallenge"]
    assert len(answers) == 3
    assert {answer.body for answer in answers} == {answers[0].body}


@pytest.mark.parametrize(
    ("header", "seconds"), [("60", 60), ("0", 0), ("99999999", 3600), ("Fri, 31 Dec 1999 23:59:59 GMT", 2), ("-1", 2)]
)
async def test_how_long_the_service_wants_to_be_left_alone_is_told_within_bounds(
    header: str, seconds: int, clock: VirtualClock
) -> None:
    throttled = http(b'{"__type": "TooManyRequestsException"}', "400 Bad Request", Retry_After=header)
    one_more = Retries(attempts=1, base=timedelta(seconds=2))
    async with local_pool(throttled) as server, connecting(server.url, clock, retries=one_more) as backend:
        with pytest.raises(BackendUnavailableError) as caught:
            await AuthService(backend, clock=clock).sign_in(ALICE, "Passw0rd!", flow=PLAINLY)
    assert caught.value.retry_after == timedelta(seconds=seconds)
    assert str(caught.value) == f"the service throttles requests; try again in {seconds} s"


@pytest.mark.parametrize(
    "answer",
    [
        http(HTML, "503 Service Unavailable", Retry_After="7"),
        http(b'{"__type": "ServiceUnavailableException"}', "503 Service Unavailable", Retry_After="7"),
    ],
    ids=["HTML", "JSON"],
)
async def test_a_fault_that_says_how_long_it_takes_is_in_doubt_and_tells_so(
    answer: Answer, good: CognitoBackend, clock: VirtualClock
) -> None:
    store = MemoryRunStore(clock=clock)
    run = await waiting_for_a_code(AuthService(good, store=store, clock=clock))
    async with local_pool(answer) as server, connecting(server.url, clock) as backend:
        with pytest.raises(BackendUnavailableError, match=r"the answer may have arrived: try again in 7 s, and if"):
            await AuthService(backend, store=store, clock=clock).confirm_sign_in(run, CODE)
    assert len(server.received) == 1


async def test_with_retries_switched_off_everything_is_sent_once(clock: VirtualClock) -> None:
    async with local_pool(THROTTLED) as server, connecting(server.url, clock, retries=Retries(attempts=1)) as backend:
        with pytest.raises(BackendUnavailableError, match=r"try again in 0\.5 s"):
            await AuthService(backend, clock=clock).account(tokens()).fetch_user_attributes()
    assert len(server.received) == 1
