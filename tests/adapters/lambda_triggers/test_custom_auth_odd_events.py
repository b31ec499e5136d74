"""The functions of a declared flow, given what they need not expect: they never let anybody in for it."""

from typing import Any, ClassVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from authsteps.adapters.lambda_triggers import CustomAuthHandlers, custom_auth_handlers
from authsteps.flows import (
    AnswerRequest,
    Challenge,
    ChallengeRequest,
    CreatedChallenge,
    CustomAuthFlow,
    LeakedParameterError,
)
from tests.adapters.lambda_triggers.attempt import (
    CREATE,
    CUSTOM,
    DEFINE,
    VERIFY,
    Attempt,
    always,
    asked,
    attempt,
    code,
    entry,
    event,
)

FAILURE = {"challengeName": None, "issueTokens": False, "failAuthentication": True}


def handlers_of(*challenges: Challenge, **how: Any) -> CustomAuthHandlers:
    return custom_auth_handlers(CustomAuthFlow("sample", challenges, **how))


one = handlers_of(code("FIRST", "word", 2))


class TestSomebodyWhoDoesNotExist:
    def test_is_asked_like_everybody_else_as_often_and_gets_in_with_no_answer(self) -> None:
        known = Attempt(lambda: one.triggers)
        stranger = Attempt(lambda: one.triggers, userNotFound=True)
        assert stranger.public == known.public
        assert stranger.answer("no") == known.answer("no") == CUSTOM
        assert stranger.public == known.public
        assert known.answer("word") == "tokens"
        assert stranger.answer("word") == "failure"

    def test_passes_what_anybody_can_pass_so_that_the_next_challenge_tells_nothing(self) -> None:
        handlers = handlers_of(code("PICTURE", "anybody sees it", 2), code("MAIL", "word", 2))
        known = Attempt(lambda: handlers.triggers)
        stranger = Attempt(lambda: handlers.triggers, userNotFound=True)
        for answer in ("no", "anybody sees it", "no"):
            assert stranger.answer(answer) == known.answer(answer) == CUSTOM
            assert stranger.public == known.public
        assert stranger.answer("word") == "failure"

    @pytest.mark.parametrize("said", [True, "true", "false", 1, 0, "", {}, []], ids=repr)
    def test_is_whoever_is_not_clearly_said_to_exist(self, said: object) -> None:
        session = [entry(CUSTOM, passed=True)]
        assert asked(one.define, event(DEFINE, session=session, userNotFound=said))["response"] == FAILURE

    @pytest.mark.parametrize("said", [False, None], ids=repr)
    def test_is_not_who_is(self, said: object) -> None:
        session = [entry(CUSTOM, passed=True)]
        assert asked(one.define, event(DEFINE, session=session, userNotFound=said))["response"]["issueTokens"] is True

    def test_is_wrong_whatever_verify_says_and_both_functions_are_told(self) -> None:
        told: list[bool] = []

        def create(request: ChallengeRequest) -> CreatedChallenge:
            told.append(request.user_not_found)
            return CreatedChallenge()

        def verify(request: AnswerRequest) -> bool:
            told.append(request.user_not_found)
            return True

        handlers = handlers_of(Challenge("FIRST", create, verify))
        assert Attempt(lambda: handlers.triggers, userNotFound=True).answer("anything") == "failure"
        assert Attempt(lambda: handlers.triggers).answer("anything") == "tokens"
        assert told == [True, True, False, False]


class TestWhatTheServiceAdds:
    @pytest.mark.parametrize("trigger", [DEFINE, CREATE, VERIFY])
    def test_is_handed_back_as_it_came(self, trigger: Any) -> None:
        given = event(trigger, session=[{**entry(CUSTOM, passed=False), "more": 1}], novelty=[{"a": None}])
        given |= {"novelty": {"deep": [1, 2.5, "x", None]}}
        given["callerContext"]["novelty"] = "x"
        given["response"]["novelty"] = 7
        answer = asked(one.triggers[trigger], given)
        assert {**answer, "response": None} == {**given, "response": None}
        assert answer["response"]["novelty"] == 7
        assert answer["response"].keys() == given["response"].keys()


class TestASession:
    @pytest.mark.parametrize(
        "session",
        [
            "SRP_A",
            7,
            [None],
            [[]],
            ["CUSTOM_CHALLENGE"],
            [{}],
            [{"challengeName": CUSTOM.lower(), "challengeResult": True}],
            [{"challengeName": 7, "challengeResult": True}],
            [{"challengeName": "A_CHALLENGE_OF_TOMORROW", "challengeResult": True}],
            [entry(CUSTOM, passed=True), entry(CUSTOM, passed=True)],
            [entry(CUSTOM, passed=True), None],
        ],
        ids=repr,
    )
    def test_that_makes_no_sense_ends_the_attempt(self, session: Any) -> None:
        assert asked(one.define, event(DEFINE, session=session))["response"] == FAILURE

    @pytest.mark.parametrize("result", ["true", 1, None, "True", [True]], ids=repr)
    def test_lists_a_right_answer_by_true_alone(self, result: object) -> None:
        right = {"challengeName": CUSTOM, "challengeResult": True}
        assert asked(one.define, event(DEFINE, session=[right]))["response"]["issueTokens"] is True
        odd = {"challengeName": CUSTOM, "challengeResult": result}
        assert asked(one.define, event(DEFINE, session=[odd]))["response"]["challengeName"] == CUSTOM


scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.text(max_size=5)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
entries = st.fixed_dictionaries(
    {"challengeName": st.sampled_from(["SRP_A", CUSTOM, "PASSWORD_VERIFIER", "SMS_MFA"]) | json_values},
    optional={"challengeResult": st.booleans() | json_values, "challengeMetadata": json_values},
)
RIGHT = entry(CUSTOM, passed=True)
MEMBERS = ("userNotFound", "userAttributes", "clientMetadata", "privateChallengeParameters", "challengeAnswer")
requests = st.fixed_dictionaries(
    {"session": st.lists(st.just(RIGHT), max_size=3) | st.lists(st.just(RIGHT) | entries, max_size=5) | json_values},
    optional=dict.fromkeys(MEMBERS, json_values),
)
two = handlers_of(code("FIRST", "word", 2), code("SECOND", "word"))


class TestWhateverStandsInARequest:
    @example(request={"session": [RIGHT, RIGHT]})
    @example(request={"session": [RIGHT, RIGHT], "userNotFound": "no"})
    @given(request=requests | json_values)
    def test_define_says_one_thing_and_tokens_only_after_a_right_answer_to_each(self, request: Any) -> None:
        response = asked(two.define, {**event(DEFINE), "request": request})["response"]
        said = [response["challengeName"] is not None, response["issueTokens"], response["failAuthentication"]]
        assert said.count(True) == 1
        assert said.count(False) == 2
        if response["issueTokens"]:
            rights = [
                each
                for each in request["session"]
                if each["challengeName"] == CUSTOM and each["challengeResult"] is True
            ]
            assert len(rights) == 2
            assert request.get("userNotFound") in {None, False}

    @given(request=requests | json_values)
    def test_create_and_verify_answer_and_nothing_is_right_that_no_create_made(self, request: Any) -> None:
        created = asked(two.create, {**event(CREATE), "request": request})["response"]
        assert created["privateChallengeParameters"].get("authsteps.challenge") in {None, "FIRST", "SECOND"}
        assert asked(two.verify, {**event(VERIFY), "request": request})["response"] == {"answerCorrect": False}


class TestNothingIsOutstanding:
    @pytest.mark.parametrize(
        "session", [[entry(CUSTOM, passed=True)], [entry(CUSTOM, passed=False)] * 2], ids=["tokens", "failure"]
    )
    def test_so_create_makes_nothing(self, session: list[Any]) -> None:
        assert asked(one.create, event(CREATE, session=session))["response"] == {
            "publicChallengeParameters": {},
            "privateChallengeParameters": {},
            "challengeMetadata": None,
        }


class TestVerify:
    RIGHT: ClassVar[dict[str, Any]] = {
        "challengeAnswer": "word",
        "privateChallengeParameters": {"code": "word", "authsteps.challenge": "FIRST", "authsteps.try": "1"},
    }

    def test_finds_an_answer_right_where_all_is_there(self) -> None:
        assert asked(one.verify, event(VERIFY, **self.RIGHT))["response"] == {"answerCorrect": True}

    @pytest.mark.parametrize(
        "instead",
        [
            {"challengeAnswer": None},
            {"challengeAnswer": 7},
            {"challengeAnswer": ["word"]},
            {"challengeAnswer": "Word"},
            {"privateChallengeParameters": None},
            {"privateChallengeParameters": {"code": "word"}},
            {"privateChallengeParameters": {"code": "word", "authsteps.challenge": "OTHER"}},
        ],
        ids=repr,
    )
    def test_finds_it_wrong_where_something_is_missing(self, instead: dict[str, Any]) -> None:
        assert asked(one.verify, event(VERIFY, **{**self.RIGHT, **instead}))["response"] == {"answerCorrect": False}

    @pytest.mark.parametrize("number", ["", "x", "-1", "2.0", None], ids=repr)
    def test_takes_a_try_without_a_number_for_the_first(self, number: object) -> None:
        private = {**self.RIGHT["privateChallengeParameters"], "authsteps.try": number}
        given = event(VERIFY, challengeAnswer="word", privateChallengeParameters=private)
        assert asked(one.verify, given)["response"] == {"answerCorrect": True}


class TestWhatADeclarationDoesWrong:
    def test_a_private_value_that_is_shown_is_refused_and_not_quoted(self) -> None:
        def create(_: ChallengeRequest) -> CreatedChallenge:
            return CreatedChallenge({"hint": "it is 471147"}, {"code": "471147"})

        with pytest.raises(LeakedParameterError, match="'code' stands in 'hint'") as raised:
            attempt(Challenge("FIRST", create, lambda _: True))
        assert "471147" not in str(raised.value)

    def test_create_that_makes_something_else_is_refused(self) -> None:
        def create(_: ChallengeRequest) -> Any:
            return {"code": "471147"}

        with pytest.raises(TypeError, match=r"^create of FIRST must return a CreatedChallenge, not dict$"):
            attempt(Challenge("FIRST", create, lambda _: True))

    @pytest.mark.parametrize(("judged", "kind"), [(None, "NoneType"), (1, "int"), ("yes", "str")])
    def test_verify_that_says_neither_true_nor_false_is_refused(self, judged: Any, kind: str) -> None:
        going = attempt(Challenge("FIRST", always("word"), lambda _: judged))
        with pytest.raises(TypeError, match=rf"^verify of FIRST must return a bool, not {kind}$"):
            going.answer("word")

    def test_what_its_functions_raise_goes_through(self) -> None:
        def raising(_: object) -> Any:
            raise LookupError("the mail server is down")

        with pytest.raises(LookupError, match="the mail server is down"):
            attempt(Challenge("FIRST", raising, raising))
        with pytest.raises(LookupError, match="the mail server is down"):
            attempt(Challenge("FIRST", always("word"), raising)).answer("word")

    def test_names_that_it_takes_in_public_stay_its_own(self) -> None:
        public = {"challenge": "an e-mail", "try": "the first", "triesLeft": "some"}
        going = attempt(Challenge("FIRST", lambda _: CreatedChallenge(public), lambda _: True))
        assert going.public == public
        assert going.answer("anything") == "tokens"

    def test_names_of_ours_that_it_takes_in_private_are_ours(self) -> None:
        private = {"authsteps.challenge": "SECOND", "authsteps.try": "9"}
        going = attempt(Challenge("FIRST", lambda _: CreatedChallenge({}, private), lambda _: True))
        assert going.private == {"authsteps.challenge": "FIRST", "authsteps.try": "1"}


class TestOneFunctionBehindAllThreeTriggers:
    def test_does_what_the_event_is_for(self) -> None:
        together = Attempt(lambda: dict.fromkeys(one.triggers, one.handler))
        assert together.answer("no") == CUSTOM
        assert together.answer("word") == "tokens"

    @pytest.mark.parametrize("source", ["PreSignUp_SignUp", "", None, 7, "Define_AuthChallenge"], ids=repr)
    def test_refuses_an_event_of_another_trigger(self, source: Any) -> None:
        given = {**event(DEFINE, session=[]), "triggerSource": source}
        with pytest.raises(ValueError, match="is no trigger of custom authentication: DefineAuthChallenge, "):
            one.handler(given)
