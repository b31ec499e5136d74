"""The scripted function: it plays answers and writes down what it was told."""

from typing import Any

import pytest

from authsteps.adapters.lambda_triggers import (
    FunctionRaisedError,
    FunctionUnavailableError,
    ScriptedFunction,
    Trigger,
    TriggerCall,
)
from authsteps.flows.model import Json

EVENT: dict[str, Json] = {"userName": "alice", "request": {"password": "canary"}, "response": {"a": None, "b": None}}


async def test_it_plays_one_answer_a_call_whichever_trigger_asks() -> None:
    function = ScriptedFunction({"a": 1}, {"b": 2})
    assert function.unused == 2
    assert await function.invoke(Trigger.PRE_SIGN_UP, EVENT) == {**EVENT, "response": {"a": 1, "b": None}}
    assert await function.invoke(Trigger.POST_CONFIRMATION, EVENT) == {**EVENT, "response": {"a": None, "b": 2}}
    assert function.unused == 0
    assert function.calls == [TriggerCall(Trigger.PRE_SIGN_UP, EVENT), TriggerCall(Trigger.POST_CONFIRMATION, EVENT)]


async def test_an_error_of_the_script_is_what_the_function_raises() -> None:
    unavailable = FunctionUnavailableError(Trigger.PRE_SIGN_UP, "AccessDeniedException")
    function = ScriptedFunction(KeyError("email"), unavailable)
    with pytest.raises(FunctionRaisedError, match="PreSignUp failed with error 'email'\\."):
        await function.invoke(Trigger.PRE_SIGN_UP, EVENT)
    with pytest.raises(FunctionUnavailableError) as caught:
        await function.invoke(Trigger.PRE_SIGN_UP, EVENT)
    assert caught.value is unavailable


async def test_a_function_of_the_script_says_all_that_is_given_back() -> None:
    function = ScriptedFunction(lambda _: "nonsense", lambda event: event["userName"])
    assert await function.invoke(Trigger.PRE_SIGN_UP, EVENT) == "nonsense"
    assert await function.invoke(Trigger.PRE_SIGN_UP, EVENT) == "alice"


async def test_a_script_at_its_end_says_so_and_which_call_it_was() -> None:
    function = ScriptedFunction({})
    await function.invoke(Trigger.PRE_SIGN_UP, EVENT)
    with pytest.raises(LookupError, match="no answer for PreSignUp, which is call 2"):
        await function.invoke(Trigger.PRE_SIGN_UP, EVENT)


async def test_what_was_told_is_kept_as_it_was_and_shown_to_nobody() -> None:
    def change(event: Any) -> Any:
        event["request"]["password"] = None
        return event

    event: dict[str, Json] = {"request": {"password": "canary"}, "response": {}}
    function = ScriptedFunction(change)
    await function.invoke(Trigger.USER_MIGRATION, event)
    event["request"] = None
    assert function.calls[0].event["request"] == {"password": "canary"}
    assert "canary" not in repr(function.calls)
