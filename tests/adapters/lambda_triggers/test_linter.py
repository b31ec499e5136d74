"""The linter of custom sign-ins finds what every list of answers shows, and shows it with the fewest."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias, cast

import anyio
import attrs
import pytest
from hypothesis import given

from authsteps.adapters.lambda_triggers import (
    FunctionNotLoadedError,
    FunctionRaisedError,
    FunctionUnavailableError,
    Trigger,
    TriggerError,
    write_answer,
)
from authsteps.adapters.lambda_triggers.linter import RULES, Report, check_triggers
from authsteps.flows.model import Json
from tests.adapters.lambda_triggers.automata import Automaton, automata, faults

Respond: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Json]]

CODE = "482915"


@attrs.frozen
class Function:
    """A function that answers what is made of the request. It notes the requests."""

    respond: Respond
    asked: list[Mapping[str, Any]] = attrs.field(factory=list[Mapping[str, Any]])

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        request = cast("Mapping[str, Any]", event["request"])
        self.asked.append(request)
        try:
            return write_answer(event, **self.respond(request))
        except (KeyError, ValueError) as error:
            raise FunctionRaisedError(trigger, str(error)) from error


def three_tries(request: Mapping[str, Any]) -> Mapping[str, Json]:
    """Define: three tries, then it is over."""
    session = request["session"]
    if session and session[-1]["challengeName"] == "SRP_A":
        return {"failAuthentication": True}
    if session and session[-1]["challengeResult"]:
        return {"issueTokens": True}
    return {"failAuthentication": True} if len(session) >= 3 else {"challengeName": "CUSTOM_CHALLENGE"}


def create(_: Mapping[str, Any]) -> Mapping[str, Json]:
    return {"publicChallengeParameters": {"hint": "by e-mail"}, "privateChallengeParameters": {"code": CODE}}


def verify(request: Mapping[str, Any]) -> Mapping[str, Json]:
    return {"answerCorrect": request["challengeAnswer"] == request["privateChallengeParameters"]["code"]}


def everything(_: Mapping[str, Any]) -> Mapping[str, Json]:
    return {"answerCorrect": True}


def nothing_private(request: Mapping[str, Any]) -> Mapping[str, Json]:
    return {"answerCorrect": not request["privateChallengeParameters"]}


async def check(
    define: Respond = three_tries, create: Respond = create, verify: Respond = verify, **options: Any
) -> Report:
    functions = {
        Trigger.DEFINE_AUTH_CHALLENGE: Function(define),
        Trigger.CREATE_AUTH_CHALLENGE: Function(create),
        Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: Function(verify),
    }
    return await check_triggers(functions, **options)


def shown(report: Report) -> list[tuple[str, str]]:
    """Each finding's rule and sequence."""
    return [(finding.rule.id, finding.sequence) for finding in report.findings]


class TestWithoutCalls:
    @given(automata())
    def test_it_finds_what_every_list_of_answers_shows_with_as_few_as_any(self, function: Automaton) -> None:
        async def found() -> Report:
            return await check_triggers({Trigger.DEFINE_AUTH_CHALLENGE: function}, bound=4)

        report = anyio.run(found)
        lengths = {
            finding.rule.id: sum(entry.challenge_name != "SRP_A" for entry in finding.session)
            for finding in report.findings
        }
        assert lengths == faults(function, bound=4)

    async def test_a_set_without_a_fault_has_none(self, each_backend: str) -> None:
        report = await check()
        assert report.findings == []
        assert len(report.visits) == 1 + 2 + 2 + 2 + 1
        assert report.calls == {}

    async def test_a_metadata_less_walk_calls_neither_create_nor_verify(self) -> None:
        functions = {trigger: Function(three_tries) for trigger in (Trigger.DEFINE_AUTH_CHALLENGE,)}
        silent = Function(create)
        await check_triggers({**functions, Trigger.CREATE_AUTH_CHALLENGE: silent})
        assert silent.asked == []

    async def test_a_flow_of_nine_answers_is_within_the_bound(self) -> None:
        def three_times_three(request: Mapping[str, Any]) -> Mapping[str, Json]:
            session = request["session"]
            passed = sum(entry["challengeResult"] for entry in session)
            last = [index for index, entry in enumerate(session) if entry["challengeResult"]]
            tries = len(session) - (last[-1] + 1 if last else 0)
            if session and session[0]["challengeName"] == "SRP_A":
                return {"failAuthentication": True}
            if passed == 3:
                return {"issueTokens": True}
            return {"failAuthentication": True} if tries == 3 else {"challengeName": "CUSTOM_CHALLENGE"}

        assert shown(await check(three_times_three)) == []
        assert [rule for rule, _ in shown(await check(three_times_three, bound=8))] == ["endless-challenges"]

    async def test_equal_answers_in_a_row_are_counted_in_words(self) -> None:
        def again(request: Mapping[str, Any]) -> Mapping[str, Json]:
            session = request["session"]
            if session and session[-1] == {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": True} | {
                "challengeMetadata": None
            }:
                return {"issueTokens": True}
            return {"challengeName": "CUSTOM_CHALLENGE"}

        assert shown(await check(again, bound=3)) == [
            ("endless-challenges", "[] -> CUSTOM_CHALLENGE wrong (3 times) -> CUSTOM_CHALLENGE")
        ]

    async def test_a_right_password_makes_up_for_a_wrong_one(self) -> None:
        def twice(request: Mapping[str, Any]) -> Mapping[str, Json]:
            session = request["session"]
            if len(session) > 1 and session[-1]["challengeResult"]:
                return {"issueTokens": True}
            return {"challengeName": "PASSWORD_VERIFIER"} if len(session) in {1, 2} else {"failAuthentication": True}

        assert shown(await check(twice)) == []

    async def test_a_define_that_counts_its_calls_is_found_whatever_else_it_does(self) -> None:
        calls: list[None] = []

        def counting(_: Mapping[str, Any]) -> Mapping[str, Json]:
            calls.append(None)
            return {"failAuthentication": True} if len(calls) > 3 else {"challengeName": "CUSTOM_CHALLENGE"}

        assert shown(await check(counting)) == [("answers-differ", "[] -> CUSTOM_CHALLENGE, then failAuthentication")]

    async def test_a_function_that_hangs_is_found_and_ends_the_walk(self, each_backend: str) -> None:
        class Hanging:
            asked = 0

            async def invoke(self, _: Trigger, event: Mapping[str, Json], /) -> Json:
                self.asked += 1
                if cast("Mapping[str, Any]", event["request"])["session"]:
                    await anyio.sleep_forever()
                return write_answer(event, challengeName="CUSTOM_CHALLENGE")

        hanging = Hanging()
        report = await check_triggers({Trigger.DEFINE_AUTH_CHALLENGE: hanging}, time_limit=timedelta(milliseconds=1))
        assert shown(report) == [("no-usable-answer", "[SRP_A] -> Define does not answer in time")]
        assert hanging.asked == 3

    @pytest.mark.parametrize("kind", [FunctionUnavailableError, FunctionNotLoadedError])
    async def test_a_function_that_cannot_be_called_is_no_finding(self, kind: type[TriggerError]) -> None:
        class Missing:
            async def invoke(self, trigger: Trigger, _: Mapping[str, Json], /) -> Json:
                raise kind(trigger, "it is not there")

        with pytest.raises(kind):
            await check_triggers({Trigger.DEFINE_AUTH_CHALLENGE: Missing()})

    async def test_it_tells_how_far_it_is(self) -> None:
        told: list[int] = []
        await check(tell=told.append)
        assert told == [*range(1, len(told) + 1)]


class TestWithCalls:
    async def test_create_runs_at_each_place_of_a_challenge_and_verify_twice(self) -> None:
        report = await check(call=True)
        assert report.findings == []
        assert report.calls == {Trigger.CREATE_AUTH_CHALLENGE: 3, Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: 2}

    async def test_define_is_told_what_create_noted(self) -> None:
        def noting(request: Mapping[str, Any]) -> Mapping[str, Json]:
            return {**create(request), "challengeMetadata": f"try {len(request['session']) + 1}"}

        def by_notes(request: Mapping[str, Any]) -> Mapping[str, Json]:
            notes = [entry["challengeMetadata"] for entry in request["session"]]
            return {"failAuthentication": True} if notes[-1:] == ["try 2"] else three_tries(request)

        report = await check(by_notes, noting, call=True)
        assert report.findings == []
        assert max(len(visit.session) for visit in report.visits) == 2
        assert not any("try 2" in repr(visit) for visit in report.visits)

    async def test_a_private_value_in_a_public_text_is_found_and_not_quoted(self) -> None:
        def leaking(_: Mapping[str, Any]) -> Mapping[str, Json]:
            return {
                "publicChallengeParameters": {"hint": f"the code is {CODE}."},
                "privateChallengeParameters": {"code": CODE, "step": "1"},
            }

        report = await check(create=leaking, call=True)
        assert shown(report) == [("leaked-parameter", "[] -> CUSTOM_CHALLENGE, Create leaks")]
        assert report.findings[0].problem == "The value of private 'code' stands in public 'hint'."
        assert CODE not in repr(report)

    @pytest.mark.parametrize("value", ["1", "no", "abc"])
    async def test_a_short_private_value_is_in_a_public_text_by_accident(self, value: str) -> None:
        def short(_: Mapping[str, Any]) -> Mapping[str, Json]:
            return {"publicChallengeParameters": {"a": value}, "privateChallengeParameters": {"a": value}}

        report = await check(create=short, verify=lambda _: {"answerCorrect": False}, call=True)
        assert report.findings == []

    async def test_an_address_that_a_code_is_sent_to_is_no_secret(self) -> None:
        def addressed(request: Mapping[str, Any]) -> Mapping[str, Json]:
            email = request["userAttributes"]["email"]
            return {
                "publicChallengeParameters": {"email": email},
                "privateChallengeParameters": {"email": email, "code": CODE},
            }

        assert (await check(create=addressed, call=True)).findings == []

    async def test_what_create_raises_is_found_where_it_raises_first(self) -> None:
        def second(request: Mapping[str, Any]) -> Mapping[str, Json]:
            if request["session"]:
                raise KeyError("phone")
            return create(request)

        report = await check(create=second, call=True)
        assert shown(report) == [
            ("no-usable-answer", "[] -> CUSTOM_CHALLENGE wrong -> CUSTOM_CHALLENGE, Create raises")
        ]
        assert report.findings[0].problem == "CreateAuthChallenge failed with error 'phone'."

    async def test_a_verify_that_only_takes_numbers_raises(self) -> None:
        def number(request: Mapping[str, Any]) -> Mapping[str, Json]:
            expected = request["privateChallengeParameters"]["code"]
            return {"answerCorrect": int(request["challengeAnswer"]) == int(expected)}

        report = await check(verify=number, call=True)
        assert shown(report) == [("no-usable-answer", "[] -> CUSTOM_CHALLENGE answered, Verify raises")]

    @pytest.mark.parametrize(
        ("verify", "problem"),
        [
            (everything, "what Create keeps private"),
            (nothing_private, "no private parameters"),
        ],
    )
    async def test_a_verify_that_takes_a_made_up_answer_is_found(self, verify: Respond, problem: str) -> None:
        report = await check(verify=verify, call=True)
        assert [finding.rule.id for finding in report.findings] == ["made-up-answer-accepted"]
        assert problem in report.findings[0].problem

    async def test_create_is_not_called_without_end(self) -> None:
        report = await check(lambda _: {"challengeName": "CUSTOM_CHALLENGE"}, call=True)
        assert report.calls[Trigger.CREATE_AUTH_CHALLENGE] == 100
        assert [rule for rule, _ in shown(report)] == ["endless-challenges", "success-unreachable"]

    async def test_the_functions_are_asked_for_whom_one_likes(self) -> None:
        function = Function(three_tries)
        await check_triggers({Trigger.DEFINE_AUTH_CHALLENGE: function}, user_attributes={"email": "me@example.com"})
        assert all(request["userAttributes"] == {"email": "me@example.com"} for request in function.asked)


def test_rules_have_names_of_their_own_and_say_what_to_do() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    assert all(rule.fault.endswith(".") and rule.remedy.endswith(".") for rule in RULES)
