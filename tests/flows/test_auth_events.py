"""``AuthEvents``: everybody who listens hears everything in order, and whoever falls behind hears that."""

import anyio
import pytest

from authsteps.flows.auth_events import AuthEvent, AuthEventKind, AuthEvents, MissedEventsError
from authsteps.flows.model import AuthUser
from tests.flows.world import NOW, told

ALICE = AuthUser("sub-of-alice", "alice")


def publish(events: AuthEvents, *kinds: AuthEventKind) -> list[AuthEvent]:
    for kind in kinds:
        events.publish(kind, ALICE, NOW)
    return [AuthEvent(kind, ALICE, NOW) for kind in kinds]


def test_the_kinds_have_names_for_logs_and_messages() -> None:
    assert [kind.value for kind in AuthEventKind] == [
        "signed_in",
        "signed_out",
        "session_expired",
        "user_deleted",
        "token_refreshed",
    ]


async def test_everybody_who_listens_hears_everything_in_order(each_backend: str) -> None:
    events = AuthEvents()
    async with events.subscribe() as one, events.subscribe() as two:
        published = publish(events, *AuthEventKind)
        assert await told(one) == await told(two) == published


async def test_a_listener_waits_for_what_is_to_come(each_backend: str) -> None:
    events = AuthEvents()
    heard: list[AuthEventKind] = []

    async def listen() -> None:
        async with events.subscribe() as stream:
            async for event in stream:
                heard.append(event.kind)
                if event.kind is AuthEventKind.SIGNED_OUT:
                    return

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await anyio.wait_all_tasks_blocked()
        publish(events, AuthEventKind.SIGNED_IN)
        await anyio.wait_all_tasks_blocked()
        assert heard == [AuthEventKind.SIGNED_IN]
        publish(events, AuthEventKind.SIGNED_OUT)
    assert heard == [AuthEventKind.SIGNED_IN, AuthEventKind.SIGNED_OUT]


async def test_nothing_is_replayed_to_who_comes_later_and_nobody_need_listen() -> None:
    events = AuthEvents()
    publish(events, AuthEventKind.SIGNED_IN)
    async with events.subscribe() as stream:
        published = publish(events, AuthEventKind.SIGNED_OUT)
        assert await told(stream) == published


async def test_who_falls_behind_hears_so_in_the_very_place_and_then_goes_on(each_backend: str) -> None:
    events = AuthEvents(buffer=2)
    async with events.subscribe() as stream:
        kept = publish(events, AuthEventKind.SIGNED_IN, AuthEventKind.TOKEN_REFRESHED)
        publish(events, AuthEventKind.TOKEN_REFRESHED, AuthEventKind.SESSION_EXPIRED)
        assert [await stream.__anext__(), await stream.__anext__()] == kept
        publish(events, AuthEventKind.SIGNED_OUT)
        with pytest.raises(MissedEventsError, match="3 events were missed; go on listening") as caught:
            await stream.__anext__()
        assert caught.value.missed == 3
        later = publish(events, AuthEventKind.SIGNED_IN, AuthEventKind.SIGNED_OUT)
        assert await told(stream) == later


async def test_one_that_falls_behind_holds_up_nobody_else() -> None:
    events = AuthEvents(buffer=1)
    async with events.subscribe() as slow, events.subscribe() as quick:
        for kind in (AuthEventKind.SIGNED_IN, AuthEventKind.SIGNED_OUT):
            published = publish(events, kind)
            assert await told(quick) == published
        assert (await slow.__anext__()).kind is AuthEventKind.SIGNED_IN
        with pytest.raises(MissedEventsError):
            await slow.__anext__()


async def test_a_stream_that_was_left_is_over(each_backend: str) -> None:
    events = AuthEvents()
    async with events.subscribe() as stream:
        pass
    publish(events, AuthEventKind.SIGNED_IN)
    assert [event async for event in stream] == []


async def test_who_still_waits_when_the_stream_is_left_is_let_go(each_backend: str) -> None:
    events = AuthEvents()
    heard: list[AuthEvent] = []
    async with anyio.create_task_group() as tasks, events.subscribe() as stream:

        async def listen() -> None:
            heard.extend([event async for event in stream])

        tasks.start_soon(listen)
        await anyio.wait_all_tasks_blocked()
    assert heard == []
