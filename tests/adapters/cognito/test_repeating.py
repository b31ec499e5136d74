"""A transport that repeats: what it sends, for how long it waits, and what it says at the end."""

import traceback
from collections.abc import Mapping
from datetime import timedelta

import anyio
import pytest

from authsteps.adapters.cognito import Json, NoReplyError, Reply, Retries, ScriptedTransport, ServiceError, Transport
from authsteps.adapters.cognito.repeating import RepeatingTransport
from tests.conftest import SeededEntropy, VirtualClock

pytestmark = pytest.mark.usefixtures("each_backend")

CANARY = "K4n4ry"
NOT_ARRIVED = NoReplyError("connection refused", sent=False)
LOST = NoReplyError("read timeout", sent=True)
THROTTLED = ServiceError("TooManyRequestsException", "Rate exceeded")
FAULT = ServiceError("InternalErrorException", "", 500)
REFUSED = ServiceError("CodeMismatchException", "Invalid code")


class World:
    """A repeating transport over a script, whose pauses move a clock instead of being waited for."""

    def __init__(self, *replies: Reply, retries: Retries | None = None, each_takes: float = 0) -> None:
        self.clock = VirtualClock()
        self.pauses: list[float] = []
        self.below = ScriptedTransport(*replies)
        self._each_takes = timedelta(seconds=each_takes)
        self.transport = RepeatingTransport(
            self, retries if retries is not None else Retries(), self.clock, SeededEntropy(), self._sleep
        )

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        self.clock.move(self._each_takes)
        return await self.below.call(operation, request)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.move(timedelta(seconds=seconds))

    async def ask(self, operation: str) -> Mapping[str, Json] | ServiceError | NoReplyError:
        try:
            return await self.transport.call(operation, {"AccessToken": CANARY})
        except (ServiceError, NoReplyError) as failure:
            return failure

    @property
    def calls(self) -> int:
        return len(self.below.calls)


NOTHING: Mapping[str, Json] = {}
GOOD: Mapping[str, Json] = {"Username": "alice"}


@pytest.mark.parametrize("operation", ["GetUser", "InitiateAuth", "RespondToAuthChallenge", "ConfirmSignUp"])
@pytest.mark.parametrize("failure", [NOT_ARRIVED, THROTTLED], ids=str)
async def test_what_did_nothing_is_sent_again_until_it_succeeds(
    operation: str, failure: ServiceError | NoReplyError
) -> None:
    world = World(failure, failure, GOOD)
    assert await world.ask(operation) == GOOD
    assert [call.request for call in world.below.calls] == [{"AccessToken": CANARY}] * 3
    assert 0 <= world.pauses[0] < 0.5
    assert 0 <= world.pauses[1] < 1
    assert len(world.pauses) == 2


@pytest.mark.parametrize("operation", ["InitiateAuth", "RespondToAuthChallenge", "ConfirmSignUp", "RevokeToken"])
@pytest.mark.parametrize("failure", [LOST, FAULT, REFUSED], ids=str)
async def test_what_may_have_been_done_is_sent_once(operation: str, failure: ServiceError | NoReplyError) -> None:
    world = World(failure, GOOD)
    assert str(await world.ask(operation)) == str(failure)
    assert (world.calls, world.pauses) == (1, [])


@pytest.mark.parametrize("failure", [LOST, FAULT], ids=str)
async def test_what_only_reads_is_read_again(failure: ServiceError | NoReplyError) -> None:
    world = World(failure, GOOD)
    assert await world.ask("GetUser") == GOOD
    assert world.calls == 2


async def test_throttling_for_ever_says_how_long_to_leave_the_service_alone() -> None:
    world = World(*[THROTTLED] * 9)
    failure = await world.ask("InitiateAuth")
    assert isinstance(failure, ServiceError)
    assert (failure.code, failure.message, failure.status) == ("TooManyRequestsException", "Rate exceeded", 400)
    assert failure.retry_after == timedelta(seconds=2)
    assert world.calls == 3


async def test_what_the_service_said_about_the_wait_is_told_as_it_was_said() -> None:
    busy = ServiceError("TooManyRequestsException", "", retry_after=timedelta(minutes=1))
    world = World(busy)
    failure = await world.ask("InitiateAuth")
    assert isinstance(failure, ServiceError)
    assert failure.retry_after == timedelta(minutes=1)
    assert world.calls == 1  # a minute is more than the budget


async def test_a_request_that_may_have_arrived_once_is_not_said_not_to_have_arrived() -> None:
    world = World(LOST, NOT_ARRIVED, NOT_ARRIVED)
    failure = await world.ask("GetUser")
    assert isinstance(failure, NoReplyError)
    assert (failure.reason, failure.sent) == ("connection refused", True)


async def test_a_lost_reply_after_throttling_is_the_end_of_what_is_not_read() -> None:
    world = World(THROTTLED, LOST, GOOD)
    failure = await world.ask("RespondToAuthChallenge")
    assert isinstance(failure, NoReplyError)
    assert failure.sent
    assert world.calls == 2


async def test_attempts_that_take_long_spend_the_budget_too() -> None:
    world = World(NOT_ARRIVED, NOT_ARRIVED, NOT_ARRIVED, each_takes=6)
    assert isinstance(await world.ask("InitiateAuth"), NoReplyError)
    assert world.calls == 2


async def test_repeating_can_be_switched_off() -> None:
    world = World(THROTTLED, retries=Retries(attempts=1))
    failure = await world.ask("GetUser")
    assert isinstance(failure, ServiceError)
    assert failure.retry_after == timedelta(milliseconds=500)
    assert world.calls == 1


async def test_two_callers_do_not_wait_equally_long() -> None:
    world = World(THROTTLED, GOOD, THROTTLED, GOOD)
    await world.ask("GetUser")
    await world.ask("GetUser")
    assert world.pauses[0] != world.pauses[1]


async def test_a_wait_is_cancelled_at_once_and_nothing_more_is_sent() -> None:
    below = ScriptedTransport(THROTTLED)
    hour = timedelta(hours=1)
    transport = RepeatingTransport(below, Retries(3, hour, hour, 3 * hour), VirtualClock(), SeededEntropy())
    with anyio.fail_after(5):
        async with anyio.create_task_group() as group:
            group.start_soon(transport.call, "GetUser", NOTHING)
            await anyio.wait_all_tasks_blocked()
            assert len(below.calls) == 1
            group.cancel_scope.cancel()
    assert len(below.calls) == 1


async def test_a_thousand_who_wait_hold_nothing_of_the_transport_below() -> None:
    """Its places are free for whoever comes meanwhile, so one who is throttled does not hold the others up."""
    below = ScriptedTransport(*[THROTTLED] * 1000, GOOD)
    hour = timedelta(hours=1)
    transport: Transport = RepeatingTransport(below, Retries(3, hour, hour, 3 * hour), VirtualClock(), SeededEntropy())
    async with anyio.create_task_group() as group:
        for _ in range(1000):
            group.start_soon(transport.call, "GetUser", NOTHING)
        await anyio.wait_all_tasks_blocked()
        assert await transport.call("GetUser", {}) == GOOD
        group.cancel_scope.cancel()


@pytest.mark.parametrize("failure", [NOT_ARRIVED, LOST, THROTTLED, REFUSED], ids=str)
async def test_no_failure_leads_through_a_frame_that_holds_the_request(failure: ServiceError | NoReplyError) -> None:
    world = World(*[failure] * 3)
    with pytest.raises((ServiceError, NoReplyError)) as caught:
        await world.transport.call("InitiateAuth", {"AccessToken": CANARY})
    assert caught.value.__context__ is None
    ours = [
        frame
        for frame, _ in traceback.walk_tb(caught.value.__traceback__)
        if "/adapters/cognito/repeating" in frame.f_code.co_filename
    ]
    assert ours
    assert [frame for frame in ours if CANARY in repr(frame.f_locals)] == []
