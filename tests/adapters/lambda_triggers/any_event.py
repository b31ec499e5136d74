"""Hypothesis strategies for events of every kind, made from their classes: each field gets values of its type."""

import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs
from hypothesis import strategies as st

from authsteps.adapters.lambda_triggers import Caller, TriggerEvent, TriggerSource
from authsteps.engine.messages import Secret
from authsteps.flows.model import Json
from tests.adapters.lambda_triggers.golden_events import AnyKind

JSON_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if attrs.has(hint):
        return st.builds(hint, **{field.name: values_of(field.type) for field in attrs.fields(hint)})
    if typing.get_origin(hint) is tuple:
        return st.lists(values_of(typing.get_args(hint)[0]), max_size=3).map(tuple)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return st.one_of([values_of(either) for either in typing.get_args(hint)])
    if hint is Secret:
        return st.builds(Secret, st.text())
    if hint == Mapping[str, Json]:
        return st.dictionaries(st.text(), JSON_VALUES, max_size=3)
    return st.from_type(hint)


def events_of(kind: AnyKind) -> st.SearchStrategy[TriggerEvent[Any, Any]]:
    """Events of a kind, answered in any way."""
    return st.builds(
        TriggerEvent,
        kind=st.just(kind),
        source=st.sampled_from([source for source in TriggerSource if source.trigger is kind.trigger]),
        region=st.text(),
        user_pool_id=st.text(),
        user_name=st.text(),
        caller=values_of(Caller),
        request=values_of(kind.request),
        response=values_of(kind.answer),
    )
