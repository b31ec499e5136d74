"""A declared flow behind the triggers of a pool here: on either event loop, and with nothing kept between calls."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel
import pytest

from authsteps.adapters.lambda_triggers import (
    FunctionRaisedError,
    LambdaHandler,
    Trigger,
    TriggerRunner,
    Triggers,
    custom_auth_handlers,
)
from authsteps.flows import AnswerRequest, Challenge, ChallengeRequest, CreatedChallenge, CustomAuthFlow
from tests.adapters.lambda_triggers.attempt import (
    CREATE,
    CUSTOM,
    DEFINE,
    VERIFY,
    Attempt,
    always,
    another_each_time,
    code,
    entry,
    event,
    is_the_code,
)

Trace: TypeAlias = list[tuple[str, dict[str, str], dict[str, str]]]


async def create_slowly(_: ChallengeRequest) -> CreatedChallenge:
    await anyio.lowlevel.checkpoint()
    return CreatedChallenge({"hint": "magic"}, {"code": "please"})


async def verify_slowly(request: AnswerRequest) -> bool:
    await anyio.lowlevel.checkpoint()
    return is_the_code(request)


slow = custom_auth_handlers(CustomAuthFlow("slow", [Challenge("WORD", create_slowly, verify_slowly, tries=2)]))


class TestAsyncFunctionsOfADeclaration:
    def test_run_where_no_event_loop_does_as_in_lambda(self) -> None:
        going = Attempt(lambda: slow.triggers)
        assert going.public["hint"] == "magic"
        assert going.answer("now") == CUSTOM
        assert going.answer("please") == "tokens"

    async def test_run_behind_a_pool_on_either_loop(self, each_backend: str) -> None:
        functions = slow.functions
        created: Any = await functions[CREATE].invoke(CREATE, event(CREATE, session=[], challengeName=CUSTOM))
        private = created["response"]["privateChallengeParameters"]
        for answer, is_right in (("now", False), ("please", True)):
            given = event(VERIFY, challengeAnswer=answer, privateChallengeParameters=private)
            verified: Any = await functions[VERIFY].invoke(VERIFY, given)
            assert verified["response"] == {"answerCorrect": is_right}

    async def test_many_at_once_wait_for_one_another_behind_a_pool_without_holding_up_the_loop(
        self, each_backend: str
    ) -> None:
        here, everybody = [0], anyio.Event()
        loop = anyio.lowlevel.current_token()

        def arrive() -> None:
            here[0] += 1
            if here[0] == 5:
                everybody.set()

        def create(_: ChallengeRequest) -> CreatedChallenge:
            anyio.from_thread.run_sync(arrive, token=loop)
            anyio.from_thread.run(everybody.wait, token=loop)
            return CreatedChallenge()

        function = custom_auth_handlers(
            CustomAuthFlow("meeting", [Challenge("WORD", create, verify_slowly)])
        ).functions[CREATE]
        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                for _ in range(5):
                    group.start_soon(function.invoke, CREATE, event(CREATE, session=[], challengeName=CUSTOM))
        assert here == [5]


class TestTheFunctionsOfAFlow:
    def test_are_what_the_triggers_of_a_pool_take(self) -> None:
        functions: Mapping[Trigger, TriggerRunner] = slow.functions
        assert list(functions) == [DEFINE, CREATE, VERIFY]
        assert all(trigger in Triggers(functions) for trigger in functions)

    async def test_tell_what_a_declaration_raised_in_its_own_words(self, each_backend: str) -> None:
        def raising(_: ChallengeRequest) -> CreatedChallenge:
            raise LookupError("the mail server is down")

        flow = CustomAuthFlow("raising", [Challenge("WORD", raising, verify_slowly)])
        with pytest.raises(
            FunctionRaisedError, match=r"^CreateAuthChallenge failed with error the mail server is down\.$"
        ):
            await custom_auth_handlers(flow).functions[CREATE].invoke(CREATE, event(CREATE, session=[]))


def a_flow() -> CustomAuthFlow:
    """The same declaration, made again."""
    return CustomAuthFlow("sample", [code("FIRST", "one", 2, "keep"), code("SECOND", "two", 3)], give_up_after=3)


def handlers() -> Mapping[Trigger, LambdaHandler]:
    return custom_auth_handlers(a_flow()).triggers


def trace(functions: Callable[[], Mapping[Trigger, LambdaHandler]]) -> Trace:
    """All that comes of three answers."""
    going = Attempt(functions)
    seen = [(going.at, going.public, going.private)]
    seen += [(going.answer(answer), going.public, going.private) for answer in ("no", "one", "two")]
    return seen


class TestNothingIsKept:
    def test_so_functions_made_for_each_call_do_the_same_as_those_that_stay(self) -> None:
        staying = handlers()
        seen = trace(lambda: staying)
        assert [at for at, _, _ in seen] == [CUSTOM, CUSTOM, CUSTOM, "tokens"]
        assert trace(handlers) == seen

    def test_so_attempts_that_are_under_way_at_once_do_not_meet(self) -> None:
        flow = CustomAuthFlow("sample", [Challenge("CODE", another_each_time(), is_the_code, tries=3, code="keep")])
        one, other = custom_auth_handlers(flow), custom_auth_handlers(flow)
        turns = [one.triggers, other.triggers]

        def in_turn() -> Mapping[Trigger, LambdaHandler]:
            turns.reverse()
            return turns[0]

        alice, bob = Attempt(in_turn), Attempt(in_turn)
        assert (alice.private["code"], bob.private["code"]) == ("code-1", "code-2")
        assert (alice.answer("code-2"), bob.answer("no")) == (CUSTOM, CUSTOM)
        assert (alice.private["code"], bob.private["code"]) == ("code-1", "code-2")
        assert (alice.answer("code-1"), bob.answer("code-1")) == ("tokens", CUSTOM)
        assert bob.answer("code-2") == "tokens"

    def test_so_the_same_list_gets_the_same_answer_whatever_was_asked_between(self) -> None:
        define = custom_auth_handlers(CustomAuthFlow("sample", [Challenge("C", always("x"), is_the_code)])).define
        first = define(event(DEFINE, session=[]))
        assert define(event(DEFINE, session=[entry(CUSTOM, passed=True)])) != first
        assert define(event(DEFINE, session=[])) == first
