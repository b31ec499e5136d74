"""Whatever an event says, it says the same after it went out as JSON and came in again."""

import copy
import json
from types import MappingProxyType
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authsteps.adapters.lambda_triggers import (
    KINDS,
    PRE_TOKEN_GENERATION_V2,
    ClaimsAndScopeOverrideDetails,
    IdTokenGeneration,
    PreTokenGenerationV2Answer,
    TriggerEvent,
    from_wire,
    read_answer,
    to_wire,
)
from authsteps.flows.model import Json
from tests.adapters.lambda_triggers.any_event import events_of
from tests.adapters.lambda_triggers.golden_events import AnyKind, golden

EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=[f"{kind.trigger}-{kind.version}" for kind in KINDS])


def sent(event: TriggerEvent[Any, Any]) -> dict[str, Any]:
    """An event as it arrives."""
    arrived: dict[str, Any] = json.loads(json.dumps(to_wire(event), allow_nan=False))
    return arrived


@EACH_KIND
@given(data=st.data())
@settings(max_examples=25)
def test_an_event_of_every_kind_comes_in_as_it_went_out(kind: AnyKind, data: st.DataObject) -> None:
    event = data.draw(events_of(kind))
    assert from_wire(kind, sent(event)) == event


@EACH_KIND
@given(data=st.data())
@settings(max_examples=25)
def test_an_answer_of_every_kind_is_read_as_it_was_given(kind: AnyKind, data: st.DataObject) -> None:
    answered = data.draw(events_of(kind))
    asked = sent(attrs.evolve(answered, response=kind.answer()))
    assert read_answer(kind, asked, sent(answered)) == answered.response


@EACH_KIND
@given(data=st.data())
@settings(max_examples=15)
def test_a_function_that_spoils_its_event_spoils_no_other(kind: AnyKind, data: st.DataObject) -> None:
    event = data.draw(events_of(kind))
    before = sent(event)
    spoil(to_wire(event))
    assert sent(event) == before


def spoil(value: Any) -> None:
    """Empty every object and list of a JSON value."""
    if isinstance(value, dict | list):
        members = cast("dict[str, Any] | list[Any]", value)
        for inner in members.values() if isinstance(members, dict) else members:
            spoil(inner)
        members.clear()


CLAIMS: Json = MappingProxyType({"tenant": MappingProxyType({"seats": (1, [2, {"name": "window"}])})})
PLAIN = {"tenant": {"seats": [1, [2, {"name": "window"}]]}}


def claiming(claims: Any) -> Any:
    """An event that is answered with claims."""
    generation = IdTokenGeneration(claims_to_add_or_override=claims)
    details = ClaimsAndScopeOverrideDetails(id_token_generation=generation)
    answer = PreTokenGenerationV2Answer(claims_and_scope_override_details=details)
    event: Any = from_wire(PRE_TOKEN_GENERATION_V2, golden("TokenGeneration_NewPasswordChallenge"))
    return attrs.evolve(event, response=answer)


def claims_of(event: Any) -> Any:
    return event["response"]["claimsAndScopeOverrideDetails"]["idTokenGeneration"]["claimsToAddOrOverride"]


def test_claims_of_any_mapping_and_sequence_go_out_as_plain_json() -> None:
    assert claims_of(sent(claiming(CLAIMS))) == PLAIN


def test_a_function_that_spoils_claims_spoils_no_others() -> None:
    event = claiming(copy.deepcopy(PLAIN))
    spoil(to_wire(event))
    given_back = sent(event)
    read = read_answer(PRE_TOKEN_GENERATION_V2, sent(claiming(None)), given_back)
    spoil(given_back)
    assert read == claiming(PLAIN).response
