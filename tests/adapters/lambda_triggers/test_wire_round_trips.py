"""Whatever an event says, it says the same after it went out as JSON and came in again."""

import json
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from authsteps.adapters.lambda_triggers import KINDS, TriggerEvent, from_wire, read_answer, to_wire
from tests.adapters.lambda_triggers.any_event import events_of
from tests.adapters.lambda_triggers.golden_events import AnyKind

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
