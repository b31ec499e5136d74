"""What a function gives back must be of its type: no number is changed into a text, and no text into a flag."""

import pytest

from authsteps.adapters.lambda_triggers import (
    DEFINE_AUTH_CHALLENGE,
    Caller,
    DefineAuthChallengeRequest,
    TriggerEvent,
    TriggerSource,
    UnrecognizableOutputError,
    read_answer,
    to_wire,
)
from authsteps.flows.model import Json

SENT = to_wire(
    TriggerEvent(
        kind=DEFINE_AUTH_CHALLENGE,
        source=TriggerSource.DEFINE_AUTH_CHALLENGE,
        region="eu-west-1",
        user_pool_id="eu-west-1_AbCdEf123",
        user_name="alice",
        caller=Caller("client"),
        request=DefineAuthChallengeRequest(user_attributes={}, session=()),
        response=DEFINE_AUTH_CHALLENGE.answer(),
    )
)


@pytest.mark.parametrize(
    ("member", "value"),
    [("issueTokens", 1), ("issueTokens", "true"), ("failAuthentication", "false"), ("challengeName", 5)],
)
def test_a_value_of_another_type_is_refused(member: str, value: Json) -> None:
    with pytest.raises(UnrecognizableOutputError, match=member):
        read_answer(DEFINE_AUTH_CHALLENGE, SENT, {**SENT, "response": {member: value}})
