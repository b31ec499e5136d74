"""The three functions of a declared flow, called as Lambda calls them: with a plain event, and nothing kept between."""

from itertools import count
from typing import Any

import pytest

from authsteps.adapters.lambda_triggers import CustomAuthHandlers, custom_auth_handlers
from authsteps.flows import AnswerRequest, Challenge, ChallengeRequest, CreatedChallenge, CustomAuthFlow
from tests.adapters.lambda_triggers.attempt import (
    ALICE,
    CREATE,
    CUSTOM,
    PASSWORD,
    Attempt,
    always,
    another_each_time,
    asked,
    attempt,
    code,
    entry,
    event,
    is_the_code,
)


class TestTheRound:
    def test_challenges_come_in_their_order_and_tokens_after_the_last(self) -> None:
        going = attempt(code("FIRST", "one"), code("SECOND", "two"))
        assert (going.at, going.public["challenge"]) == (CUSTOM, "FIRST")
        assert going.answer("one") == CUSTOM
        assert going.public["challenge"] == "SECOND"
        assert going.answer("two") == "tokens"

    def test_an_answer_counts_at_its_own_challenge_alone(self) -> None:
        assert attempt(code("FIRST", "one"), code("SECOND", "two")).answer("two") == "failure"

    def test_the_password_is_proved_first_where_it_is_declared_so(self) -> None:
        going = attempt(code("FIRST", "one"), password_first=True, offers_password=True)
        assert going.at == PASSWORD
        assert going.past(PASSWORD) == CUSTOM
        assert going.answer("one") == "tokens"

    def test_without_an_offer_of_the_password_it_is_over_before_it_begins(self) -> None:
        assert attempt(code("FIRST", "one"), password_first=True).at == "failure"

    def test_a_second_factor_that_the_service_puts_passes_by(self) -> None:
        going = attempt(code("FIRST", "one", 2), password_first=True, offers_password=True)
        assert going.past(PASSWORD) == CUSTOM
        assert going.past("SMS_MFA") == CUSTOM
        assert going.answer("one") == "tokens"

    @pytest.mark.parametrize(
        ("answers", "ends"),
        [
            (["one"], "tokens"),
            (["no", "one"], "tokens"),
            (["no", "no", "one"], "tokens"),
            (["no", "no", "no"], "failure"),
        ],
    )
    def test_each_challenge_takes_so_many_answers(self, answers: list[str], ends: str) -> None:
        going = attempt(code("FIRST", "one", 3))
        assert [going.answer(given) for given in answers] == [CUSTOM] * (len(answers) - 1) + [ends]

    def test_the_client_is_told_which_challenge_and_which_try_it_is_and_how_many_are_left(self) -> None:
        going = attempt(code("FIRST", "one", 3))
        shown = [going.public]
        for given in ("no", "no"):
            going.answer(given)
            shown.append(going.public)
        assert [(each["challenge"], each["try"], each["triesLeft"]) for each in shown] == [
            ("FIRST", "1", "3"),
            ("FIRST", "2", "2"),
            ("FIRST", "3", "1"),
        ]

    def test_wrong_answers_are_counted_over_all_challenges_where_that_is_declared(self) -> None:
        going = attempt(code("FIRST", "one", 2), code("SECOND", "two", 2), give_up_after=2)
        assert [going.answer("no"), going.answer("one")] == [CUSTOM, CUSTOM]
        assert (going.public["try"], going.public["triesLeft"]) == ("1", "1")
        assert going.answer("no") == "failure"


class TestACode:
    def test_that_is_kept_is_made_once_and_still_holds_at_the_third_try(self) -> None:
        made = another_each_time()
        going = attempt(Challenge("CODE", made, is_the_code, tries=3, code="keep"))
        codes = [going.private["code"]]
        for _ in range(2):
            going.answer("no")
            codes.append(going.private["code"])
        assert codes == ["code-1"] * 3
        assert going.answer("code-1") == "tokens"
        assert all(noted is not None and "code-1" in noted for noted in going.metadata)

    def test_that_is_kept_comes_with_what_was_shown_of_it_and_the_number_of_the_try(self) -> None:
        numbers = count(1)

        def draw(_: ChallengeRequest) -> CreatedChallenge:
            return CreatedChallenge({"picture": f"{next(numbers)}.png"}, {"code": "in the picture"})

        going = attempt(Challenge("CODE", draw, is_the_code, tries=2, code="keep"))
        assert going.public == {"picture": "1.png", "challenge": "CODE", "try": "1", "triesLeft": "2"}
        going.answer("no")
        assert going.public == {"picture": "1.png", "challenge": "CODE", "try": "2", "triesLeft": "1"}

    def test_that_is_kept_is_found_behind_what_the_service_listed_since(self) -> None:
        going = attempt(Challenge("CODE", another_each_time(), is_the_code, tries=3, code="keep"))
        going.answer("no")
        going.past("SMS_MFA")
        assert going.private["code"] == "code-1"

    def test_that_is_new_each_time_makes_the_one_before_worthless(self) -> None:
        going = attempt(Challenge("CODE", another_each_time(), is_the_code, tries=3))
        assert going.answer("no") == CUSTOM
        assert going.private["code"] == "code-2"
        assert going.answer("code-1") == CUSTOM
        assert going.answer("code-3") == "tokens"
        assert going.metadata == [None] * 3

    @pytest.mark.parametrize(
        "noted",
        [
            None,
            "",
            "CODE-471147",
            "authsteps:",
            "authsteps:{}",
            "authsteps:[1, 2]",
            'authsteps:{"challenge": "OTHER", "public": {}, "private": {"code": "471147"}}',
            'authsteps:{"challenge": "CODE", "public": {}, "private": {"code": 471147}}',
        ],
    )
    def test_is_made_anew_where_nothing_of_its_own_is_found(self, noted: str | None) -> None:
        handlers = custom_auth_handlers(
            CustomAuthFlow("sample", [Challenge("CODE", always("fresh"), is_the_code, tries=2, code="keep")])
        )
        given = event(CREATE, session=[entry(CUSTOM, passed=False, metadata=noted)], challengeName=CUSTOM)
        assert asked(handlers.create, given)["response"]["privateChallengeParameters"]["code"] == "fresh"


@pytest.fixture
def heard() -> list[ChallengeRequest | AnswerRequest]:
    """What the functions of a declaration were told, in order."""
    return []


@pytest.fixture
def listening(heard: list[ChallengeRequest | AnswerRequest]) -> CustomAuthHandlers:
    """Handlers of a flow that finds every answer right, and writes down what it is told."""

    def create(request: ChallengeRequest) -> CreatedChallenge:
        heard.append(request)
        return CreatedChallenge({"hint": "?"}, {"code": "word"})

    def verify(request: AnswerRequest) -> bool:
        heard.append(request)
        return True

    return custom_auth_handlers(CustomAuthFlow("listening", [Challenge("CODE", create, verify, tries=2)]))


class TestWhatTheFunctionsAreTold:
    def test_is_who_it_is_which_try_and_what_the_client_sent_along(
        self, listening: CustomAuthHandlers, heard: list[Any]
    ) -> None:
        Attempt(lambda: listening.triggers, clientMetadata={"page": "/home"}).answer("anything")
        for told in heard:
            assert (told.challenge, told.try_number, told.username) == ("CODE", 1, "alice")
            assert (told.user_attributes, told.client_metadata) == (ALICE, {"page": "/home"})
            assert not told.user_not_found
        created, verified = heard
        assert created.tries_left == 2
        assert verified.answer.reveal() == "anything"
        assert {name: value.reveal() for name, value in verified.private.items()} == {"code": "word"}

    def test_verify_learns_challenge_and_try_by_private_parameters_which_the_client_does_not_see(
        self, listening: CustomAuthHandlers, heard: list[Any]
    ) -> None:
        going = Attempt(lambda: listening.triggers)
        assert going.private == {"code": "word", "authsteps.challenge": "CODE", "authsteps.try": "1"}
        assert going.public.keys() == {"hint", "challenge", "try", "triesLeft"}
        going.private = {**going.private, "authsteps.try": "2"}
        going.answer("anything")
        assert heard[-1].try_number == 2
