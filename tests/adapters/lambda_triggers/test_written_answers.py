"""An answer is written into the event that came: the rest goes back as it was. The event that came stays as it is."""

import copy
from typing import Any

import pytest

from authsteps.adapters.lambda_triggers import read_answer, write_answer
from tests.adapters.lambda_triggers.answers import FULL
from tests.adapters.lambda_triggers.golden_events import KIND_OF, golden


@pytest.mark.parametrize("source", KIND_OF)
def test_an_answer_that_is_written_is_the_one_that_is_read(source: str) -> None:
    kind, sent, members = KIND_OF[source], golden(source), FULL.get(source, {})
    expected = read_answer(kind, sent, {**sent, "response": members})
    assert read_answer(kind, sent, write_answer(sent, **members)) == expected


def test_what_is_not_answered_goes_back_as_it_came_with_members_that_nobody_knows() -> None:
    sent: dict[str, Any] = {**golden("PreSignUp_SignUp"), "addedOneDay": [1]}
    before = copy.deepcopy(sent)
    given = write_answer(sent, autoConfirmUser=True)
    assert given == {**before, "response": {**before["response"], "autoConfirmUser": True}}
    assert sent == before


@pytest.mark.parametrize("came", [{}, {"response": None}, {"response": "nothing"}])
def test_an_event_without_a_response_gets_one(came: dict[str, Any]) -> None:
    assert write_answer(came, answerCorrect=True) == {"response": {"answerCorrect": True}}
