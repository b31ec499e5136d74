"""A verifier asks for a pool's keys when it has to, once for all who wait, and no more often than that."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import anyio
import pytest

from authsteps.adapters.cognito import TokenClaims, TokenVerifier, UnknownKeyError, UnsuitableKeyError
from authsteps.adapters.fake.tokens import SigningKey
from authsteps.flows import BackendContractError, BackendUnavailableError
from tests.adapters.cognito.signed_tokens import KEYS, PUBLISHED, SUB, ScriptedKeys, made, verifier
from tests.conftest import VirtualClock

pytestmark = pytest.mark.usefixtures("each_backend")

INTERVAL = timedelta(seconds=10)
MAX_AGE = timedelta(hours=1)
MS = timedelta(milliseconds=1)

OLD = KEYS.access_token
NEW = SigningKey(KEYS.id_token.pair, "the-key-that-comes-next")
BEFORE: Mapping[str, Any] = {"keys": [OLD.public_jwk()]}
BETWEEN: Mapping[str, Any] = {"keys": [OLD.public_jwk(), NEW.public_jwk()]}
AFTER: Mapping[str, Any] = {"keys": [NEW.public_jwk()]}
DOWN = BackendUnavailableError("the lights are out", sent=False)
NONSENSE = BackendContractError("it speaks in tongues")

LIVES_LONG: dict[str, Any] = {"exp": 2**32}


def of(key: SigningKey) -> str:
    return made(key=key, **LIVES_LONG)


def forged(number: int) -> str:
    return of(SigningKey(KEYS.id_token.pair, f"made-up-{number}"))


class Crowd:
    """People who bring their tokens at once, each in a task that can be cancelled."""

    def __init__(self, door: TokenVerifier) -> None:
        self._door = door
        self.outcomes: list[TokenClaims | Exception] = []
        self.gone = 0

    async def come(self, token: str, scope: anyio.CancelScope) -> None:
        with scope:
            try:
                self.outcomes.append(await self._door.verify(token))
            except anyio.get_cancelled_exc_class():
                self.gone += 1
                raise
            except Exception as error:  # noqa: BLE001  # the test looks at it
                self.outcomes.append(error)


class TestOneForAll:
    async def test_nobody_asks_before_there_is_a_token(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(PUBLISHED)
        verifier(clock, source)
        await anyio.wait_all_tasks_blocked()
        assert source.asked == 0

    async def test_a_token_that_cannot_be_good_leads_to_no_question(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(PUBLISHED)
        for token in ("x", made(header={"alg": "none"}), made(header={"kid": None})):
            with pytest.raises(Exception, match="token"):
                await verifier(clock, source).verify(token)
        assert source.asked == 0

    async def test_all_who_come_first_share_one_answer(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE)
        gate, crowd = source.hold(), Crowd(verifier(clock, source))
        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(crowd.come, of(OLD), anyio.CancelScope())
            await anyio.wait_all_tasks_blocked()
            assert (source.asked, crowd.outcomes) == (1, [])
            gate.set()
        assert source.asked == 1
        assert [outcome.sub for outcome in crowd.outcomes if isinstance(outcome, TokenClaims)] == [SUB] * 50

    async def test_a_new_key_is_learnt_with_one_question_for_all_who_wait(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE, BETWEEN)
        door = verifier(clock, source)
        await door.verify(of(OLD))
        clock.move(INTERVAL)
        gate, crowd = source.hold(), Crowd(door)
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(crowd.come, of(NEW), anyio.CancelScope())
            await anyio.wait_all_tasks_blocked()
            await door.verify(of(OLD))  # whoever needs nothing new does not wait
            gate.set()
        assert source.asked == 2
        assert all(isinstance(outcome, TokenClaims) for outcome in crowd.outcomes)

    async def test_a_failure_is_shared_and_each_has_an_error_of_its_own(self, clock: VirtualClock) -> None:
        for failure in (DOWN, NONSENSE):
            source = ScriptedKeys(failure)
            gate, crowd = source.hold(), Crowd(verifier(clock, source))
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(crowd.come, of(OLD), anyio.CancelScope())
                await anyio.wait_all_tasks_blocked()
                gate.set()
            assert source.asked == 1
            assert {type(outcome) for outcome in crowd.outcomes} == {type(failure)}
            assert len({id(outcome) for outcome in crowd.outcomes}) == 5


class TestWhoLeaves:
    async def test_if_the_one_who_asks_leaves_the_next_one_asks_and_nobody_is_lost(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE)
        gate, crowd = source.hold(), Crowd(verifier(clock, source))
        scopes = [anyio.CancelScope() for _ in range(5)]
        async with anyio.create_task_group() as group:
            for scope in scopes:
                group.start_soon(crowd.come, of(OLD), scope)
                await anyio.wait_all_tasks_blocked()
            assert source.asked == 1
            scopes[0].cancel()  # the one who asks
            await anyio.wait_all_tasks_blocked()
            assert (source.asked, crowd.gone) == (2, 1)
            scopes[3].cancel()  # one who waits
            await anyio.wait_all_tasks_blocked()
            assert (source.asked, crowd.gone) == (2, 2)
            gate.set()
        assert (source.asked, source.answered) == (2, 1)
        assert [type(outcome) for outcome in crowd.outcomes] == [TokenClaims] * 3

    async def test_who_comes_and_goes_leads_to_no_flood_either(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE)
        gate, crowd = source.hold(), Crowd(verifier(clock, source))
        for number in range(30):
            scope = anyio.CancelScope()
            async with anyio.create_task_group() as group:
                group.start_soon(crowd.come, forged(number), scope)
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
        assert source.asked == 5
        assert crowd.gone == 5
        (error,) = {str(outcome) for outcome in crowd.outcomes}
        assert error == "asking for the pool's keys was broken off; try again in 10 s"
        gate.set()
        clock.move(INTERVAL)
        assert (await verifier(clock, source).verify(of(OLD))).sub == SUB

    async def test_it_is_made_up_for_after_the_interval(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE)
        door = verifier(clock, source)
        gate = source.hold()
        for _ in range(5):
            with anyio.CancelScope() as scope:
                async with anyio.create_task_group() as group:
                    group.start_soon(door.verify, of(OLD))
                    await anyio.wait_all_tasks_blocked()
                    scope.cancel()
        gate.set()
        with pytest.raises(BackendUnavailableError) as caught:
            await door.verify(of(OLD))
        assert caught.value.retry_after == INTERVAL
        clock.move(INTERVAL)
        assert (await door.verify(of(OLD))).sub == SUB

    async def test_nobody_calls_a_key_unknown_while_the_question_was_broken_off(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE, BETWEEN)
        door = verifier(clock, source)
        await door.verify(of(OLD))
        clock.move(INTERVAL)
        source.hold()
        crowd = Crowd(door)
        for _ in range(6):
            scope = anyio.CancelScope()
            async with anyio.create_task_group() as group:
                group.start_soon(crowd.come, of(NEW), scope)
                await anyio.wait_all_tasks_blocked()
                scope.cancel()
        assert crowd.gone == 5
        assert [type(outcome) for outcome in crowd.outcomes] == [BackendUnavailableError]
        await door.verify(of(OLD))


class TestTheInterval:
    async def test_made_up_keys_lead_to_one_question_in_an_interval(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE)
        door = verifier(clock, source)
        await door.verify(of(OLD))
        for round_ in range(1, 4):
            clock.move(INTERVAL)
            for number in range(20):
                with pytest.raises(UnknownKeyError):
                    await door.verify(forged(number))
            assert source.asked == 1 + round_
        clock.move(INTERVAL - MS)
        with pytest.raises(UnknownKeyError):
            await door.verify(forged(0))
        assert source.asked == 4

    async def test_a_brand_new_key_is_refused_for_no_longer_than_that(self, clock: VirtualClock) -> None:
        door = verifier(clock, ScriptedKeys(BEFORE, BETWEEN))
        await door.verify(of(OLD))
        clock.move(INTERVAL - MS)
        with pytest.raises(UnknownKeyError):
            await door.verify(of(NEW))
        clock.move(MS)
        assert (await door.verify(of(NEW))).sub == SUB

    async def test_it_begins_when_the_answer_has_come(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE)
        door = verifier(clock, source)
        gate = source.hold()
        async with anyio.create_task_group() as group:
            group.start_soon(door.verify, of(OLD))
            await anyio.wait_all_tasks_blocked()
            clock.move(INTERVAL)
            gate.set()
        clock.move(INTERVAL - MS)
        with pytest.raises(UnknownKeyError):
            await door.verify(of(NEW))
        assert source.asked == 1

    async def test_a_failing_source_is_left_alone_as_well_and_the_error_says_for_how_long(
        self, clock: VirtualClock
    ) -> None:
        source = ScriptedKeys(DOWN, BEFORE)
        door = verifier(clock, source)
        with pytest.raises(BackendUnavailableError, match="the lights are out") as caught:
            await door.verify(of(OLD))
        assert caught.value.retry_after == INTERVAL
        clock.move(timedelta(seconds=4.5))
        with pytest.raises(BackendUnavailableError, match="the lights are out") as caught:
            await door.verify(of(OLD))
        assert caught.value.retry_after == timedelta(seconds=6)  # in whole seconds
        assert source.asked == 1
        clock.move(timedelta(seconds=5.5))
        assert (await door.verify(of(OLD))).sub == SUB

    async def test_a_source_that_wants_a_longer_rest_has_it_told(self, clock: VirtualClock) -> None:
        busy = BackendUnavailableError("busy", sent=False, retry_after=timedelta(minutes=2))
        with pytest.raises(BackendUnavailableError) as caught:
            await verifier(clock, ScriptedKeys(busy)).verify(of(OLD))
        assert caught.value.retry_after == timedelta(minutes=2)


class TestWhatIsKnown:
    @pytest.mark.parametrize("failure", [DOWN, NONSENSE], ids=["down", "nonsense"])
    async def test_it_goes_on_being_known_while_the_source_fails(self, failure: Exception, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE, failure)
        door = verifier(clock, source)
        await door.verify(of(OLD))
        for _ in range(3):
            clock.move(MAX_AGE)
            assert (await door.verify(of(OLD))).sub == SUB
            with pytest.raises(type(failure)):
                await door.verify(of(NEW))
        assert source.asked == 4

    async def test_it_becomes_old_and_is_asked_for_again(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE, BEFORE, AFTER)
        door = verifier(clock, source)
        await door.verify(of(OLD))
        clock.move(MAX_AGE - MS)
        await door.verify(of(OLD))
        assert source.asked == 1
        clock.move(MS)
        await door.verify(of(OLD))
        await door.verify(of(OLD))
        assert source.asked == 2
        clock.move(MAX_AGE)
        with pytest.raises(UnknownKeyError):  # it was withdrawn
            await door.verify(of(OLD))
        assert (await door.verify(of(NEW))).sub == SUB
        assert source.asked == 3

    async def test_one_fetches_what_has_become_old_and_the_others_do_not_wait(self, clock: VirtualClock) -> None:
        source = ScriptedKeys(BEFORE)
        door = verifier(clock, source)
        await door.verify(of(OLD))
        clock.move(MAX_AGE)
        gate, crowd = source.hold(), Crowd(door)
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(crowd.come, of(OLD), anyio.CancelScope())
            await anyio.wait_all_tasks_blocked()
            assert (source.asked, len(crowd.outcomes)) == (2, 9)
            gate.set()
        assert len(crowd.outcomes) == 10

    async def test_what_a_source_may_not_raise_passes_through(self, clock: VirtualClock) -> None:
        with pytest.raises(ZeroDivisionError):
            await verifier(clock, ScriptedKeys(ZeroDivisionError())).verify(of(OLD))


RSA = OLD.public_jwk()
EMPTY: dict[str, Any] = {}


class TestTheKeySet:
    @pytest.mark.parametrize(
        "change",
        [
            {"alg": "RS512"},
            {"alg": "RSA-OAEP"},
            {"alg": None},
            {"use": "enc"},
            {"use": ["sig"]},
            {"kty": "oct", "k": "AAAA"},
            {"kty": "rsa"},
            {"key_ops": ["encrypt"]},
            {"key_ops": 7},
            {"n": RSA["n"][:170]},
            {"n": ""},
            {"n": 7},
            {"n": "not base64!"},
            {"n": RSA["n"] + "é"},
            {"e": "AA"},
            {"e": "AQ"},
            {"e": "AQAA"},
            {"e": None},
            {"d": "AQAB"},
        ],
        ids=str,
    )
    async def test_a_key_that_is_not_for_tokens_signs_none(
        self, change: Mapping[str, Any], clock: VirtualClock
    ) -> None:
        source = ScriptedKeys({"keys": [NEW.public_jwk(), {**RSA, **change}]})
        door = verifier(clock, source)
        for _ in range(2):
            with pytest.raises(UnsuitableKeyError):
                await door.verify(of(OLD))
        assert (await door.verify(of(NEW))).sub == SUB
        assert source.asked == 1

    @pytest.mark.parametrize("member", ["kty", "n", "e"])
    async def test_a_key_that_lacks_something_signs_none(self, member: str, clock: VirtualClock) -> None:
        entry = {name: value for name, value in RSA.items() if name != member}
        with pytest.raises(UnsuitableKeyError):
            await verifier(clock, ScriptedKeys({"keys": [NEW.public_jwk(), entry]})).verify(of(OLD))

    @pytest.mark.parametrize(
        "change",
        [{"x5t": "abc"}, {"key_ops": ["verify"]}, {"unheard-of": {"a": [1]}}],
        ids=str,
    )
    async def test_a_key_may_have_other_members(self, change: Mapping[str, Any], clock: VirtualClock) -> None:
        assert (await verifier(clock, ScriptedKeys({"keys": [{**RSA, **change}]})).verify(of(OLD))).sub == SUB

    @pytest.mark.parametrize("member", ["alg", "use"])
    async def test_a_key_need_not_say_what_it_is_for(self, member: str, clock: VirtualClock) -> None:
        entry = {name: value for name, value in RSA.items() if name != member}
        assert (await verifier(clock, ScriptedKeys({"keys": [entry]})).verify(of(OLD))).sub == SUB

    async def test_of_two_keys_of_one_name_the_one_for_tokens_counts(self, clock: VirtualClock) -> None:
        twin = {**RSA, "use": "enc"}
        for entries in ([RSA, twin], [twin, RSA]):
            assert (await verifier(clock, ScriptedKeys({"keys": entries})).verify(of(OLD))).sub == SUB

    @pytest.mark.parametrize(
        "key_set",
        [
            EMPTY,
            {"keys": None},
            {"keys": EMPTY},
            {"keys": ()},
            {"keys": ["a"]},
            {"keys": [EMPTY]},
            {"keys": [{**RSA, "kid": 7}]},
            {"keys": [{**RSA, "use": "enc"}]},
            {"message": "Not Found"},
        ],
        ids=str,
    )
    async def test_what_is_no_key_set_says_so_and_teaches_nothing(
        self, key_set: Mapping[str, Any], clock: VirtualClock
    ) -> None:
        with pytest.raises(BackendContractError, match="key set"):
            await verifier(clock, ScriptedKeys(key_set)).verify(of(OLD))
        door = verifier(clock, ScriptedKeys(BEFORE, key_set))
        await door.verify(of(OLD))
        clock.move(MAX_AGE)
        assert (await door.verify(of(OLD))).sub == SUB
