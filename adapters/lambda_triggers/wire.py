"""Events and answers to and from the JSON of the wire.

Going out, every member stands where the service has it. Coming in, what the service adds one day is passed over; what
is there must be of its type and spelt as it is.

Source: Cognito developer guide, 'Customizing user pool workflows with Lambda triggers'. What the service refuses of an
answer is reported (amazon-cognito-identity-js#633 and others); that a member of ``response`` in other letter case is
refused too, and not passed over, is our reading of those reports.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Generic, TypeVar, cast, get_args, get_origin

import attrs
from cattrs import Converter, transform_error
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from authsteps.engine.errors import AuthStepsError
from authsteps.engine.messages import Secret
from authsteps.flows.model import Json

from .errors import UnrecognizableOutputError
from .events import Caller, Kind, TriggerEvent
from .names import Trigger, TriggerSource
from .requests import LEFT_OUT
from .responses import ClaimsAndScopeOverrideDetails, ClaimsOverrideDetails

__all__ = ["UnreadableEventError", "from_wire", "read_answer", "to_wire", "write_answer"]

Q = TypeVar("Q", bound=attrs.AttrsInstance)
A = TypeVar("A", bound=attrs.AttrsInstance)

_NULL_GROUPS: Final = "groupOverrideDetails"
_WORD: Final = re.compile(r"\w+")
_SPELT: Final[Mapping[str, str]] = {"enable_sms_mfa": "enableSMSMFA"}
"""The wire's name of a field where it is not the field's own, run together."""
_NOTHING: Final[Mapping[str, Json]] = {}


class UnreadableEventError(AuthStepsError):
    """A JSON value is no event of this trigger.

    Attributes:
        trigger: Which trigger it was read for.
        problem: What is wrong. It names members, and quotes no value.
    """

    def __init__(self, trigger: Trigger, problem: str) -> None:
        super().__init__(trigger, problem)
        self.trigger = trigger
        self.problem = problem

    def __str__(self) -> str:
        return f"this is no event for {self.trigger}: {self.problem}"


class _MisfitError(ValueError):
    """A value does not fit. Its text quotes none."""


def to_wire(event: TriggerEvent[Q, A]) -> dict[str, Json]:
    """Return an event as the function gets it."""
    return {
        "version": event.kind.version,
        "triggerSource": event.source.value,
        "region": event.region,
        "userPoolId": event.user_pool_id,
        "userName": event.user_name,
        "callerContext": {"awsSdkVersion": event.caller.aws_sdk_version, "clientId": event.caller.client_id},
        "request": cast("Json", _converter.unstructure(event.request)),
        "response": cast("Json", _converter.unstructure(event.response)),
    }


def from_wire(kind: Kind[Q, A], event: Json) -> TriggerEvent[Q, A]:
    """Return the event that stands in a JSON value, as a function got it or gave it back.

    Raises:
        UnreadableEventError: It is none of this kind.
    """
    try:
        source = _source(kind, _object(event))
        read = _converter.structure(event, _envelope_of(kind))
        return TriggerEvent(
            kind=kind,
            source=source,
            region=read.region,
            user_pool_id=read.user_pool_id,
            user_name=read.user_name,
            caller=read.caller_context,
            request=read.request,
            response=read.response,
        )
    except Exception as error:  # noqa: BLE001  what cattrs raises is a group of anything; the problem is kept
        problem = _problem(error)
    raise UnreadableEventError(kind.trigger, problem)


@attrs.frozen(kw_only=True)
class _Envelope(Generic[Q, A]):
    """An event in the members that it has on the wire."""

    version: str
    trigger_source: str
    region: str
    user_pool_id: str
    user_name: str
    caller_context: Caller
    request: Q
    response: A


def _envelope_of(kind: Kind[Q, A]) -> type[_Envelope[Q, A]]:
    generic: Any = _Envelope  # type checkers take what stands in brackets for types, and these are values
    return cast("type[_Envelope[Q, A]]", generic[kind.request, kind.answer])


def _source(kind: Kind[Q, A], event: Mapping[str, Json]) -> TriggerSource:
    """Return the occasion of an event, if it is of this kind by what it says of itself."""
    for source in TriggerSource:
        if source.value == event.get("triggerSource") and source.trigger is kind.trigger:
            break
    else:
        raise _MisfitError(f"triggerSource must be one of {kind.trigger}")
    if event.get("version") != kind.version:
        raise _MisfitError(f'version must be "{kind.version}"')
    return source


def read_answer(kind: Kind[Q, A], sent: Mapping[str, Json], given: Json) -> A:
    """Return what a function answers.

    Args:
        kind: The kind of event.
        sent: The event that it was sent.
        given: All that it gave back: the whole event, with ``response`` changed or as it was.

    Raises:
        UnrecognizableOutputError: It does not fit.
    """
    try:
        members = _object(given)
        _check_envelope(sent, members)
        return _converter.structure(members["response"], kind.answer)
    except Exception as error:  # noqa: BLE001  what cattrs raises is a group of anything; the problem is kept
        problem = _problem(error)
    raise UnrecognizableOutputError(kind.trigger, problem)


def write_answer(event: Mapping[str, Json], /, **members: Json) -> dict[str, Json]:
    """Return what a function gives back: the event as it came, with its answer written into ``response``.

    Args:
        event: The event in wire form. It stays as it is.
        members: What is answered, in the names of the wire, such as ``answerCorrect``. What the pool filled in stands
            where nothing is said.
    """
    filled_in = event.get("response")
    return {**event, "response": {**(filled_in if isinstance(filled_in, Mapping) else {}), **members}}


def _check_envelope(sent: Mapping[str, Json], given: Mapping[str, Json], path: str = "") -> None:
    """Return if the common members came back: all there, and of the types that they were sent with."""
    _check_spelling(given, sent, path)
    for name, value in sent.items():
        here = f"{path}{name}"
        if name not in given:
            raise _MisfitError(f"{here} is missing")
        back = given[name]
        if not isinstance(back, _json_type(value)):
            raise _MisfitError(f"{here} must be {_kind_of(value)} as it was sent")
        if name == "callerContext":
            _check_envelope(_object(value), _object(back), f"{here}.")
    request = given.get("request")
    if not path and isinstance(request, Mapping):
        metadata = request.get("clientMetadata", {})
        if not isinstance(metadata, Mapping):
            raise _MisfitError("request.clientMetadata must be an object, or be left out")


def _json_type(value: Json) -> type[object]:
    return Mapping if isinstance(value, Mapping) else type(value)


def _kind_of(value: Json) -> str:
    if value is None:
        return "null"
    return "an object" if isinstance(value, Mapping) else "a string"


def _check_spelling(given: Mapping[str, Json], known: Mapping[str, object], path: str = "") -> None:
    right = {name.casefold(): name for name in known}
    for name in given:
        meant = right.get(name.casefold(), name)
        if meant != name:
            raise _MisfitError(f"{path}{name} must be spelt {meant}")


# How attrs classes go in and out --------------------------------------------------------------------------------------


def _wire_name(field: str) -> str:
    first, *others = field.split("_")
    return _SPELT.get(field, first + "".join(word.title() for word in others))


def _overrides(kind: type[attrs.AttrsInstance]) -> dict[str, Any]:
    return {
        field.name: override(rename=_wire_name(field.name), omit_if_default=field.metadata.get(LEFT_OUT, False))
        for field in attrs.fields(kind)
    }


def _structure_attrs(kind: type[attrs.AttrsInstance], converter: Converter) -> Callable[[object, object], object]:
    inner = make_dict_structure_fn(kind, converter, **_overrides(kind))
    known = {_wire_name(field.name): field for field in attrs.fields(kind)}
    null_means_empty = kind in (ClaimsOverrideDetails, ClaimsAndScopeOverrideDetails)

    def structure(value: object, _: object) -> object:
        members = _object(value)
        _check_spelling(members, known)
        if null_means_empty and members.get(_NULL_GROUPS, _NOTHING) is None:
            members = {**members, _NULL_GROUPS: _NOTHING}
        return inner(members, kind)

    return structure


def _unstructure_attrs(kind: type[attrs.AttrsInstance], converter: Converter) -> Callable[[object], object]:
    return make_dict_unstructure_fn(kind, converter, **_overrides(kind))


def _structure_tuple(kind: type[tuple[object, ...]], converter: Converter) -> Callable[[object, object], object]:
    entries = list.__class_getitem__(get_args(kind)[0])
    inner = converter.get_structure_hook(entries)

    def structure(value: object, _: object) -> object:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise _MisfitError("must be a list")
        return tuple(inner(cast("Sequence[object]", value), entries))

    return structure


def _object(value: object) -> Mapping[str, Json]:
    if not isinstance(value, Mapping):
        raise _MisfitError("must be an object")
    return cast("Mapping[str, Json]", value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _MisfitError("must be a string")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _MisfitError("must be true or false")
    return value


def _texts(value: object) -> Mapping[str, str]:
    return {name: _value_of(name, text) for name, text in _object(value).items()}


def _value_of(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise _MisfitError(f"the value of {name} must be a string")
    return value


def _plain(value: Json) -> Json:
    """Return a JSON value as ``json`` writes it, shared with nobody."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(inner) for inner in value]
    return value


_READERS: Final[tuple[tuple[object, Callable[[object], object]], ...]] = (
    (Secret, lambda value: Secret(_text(value))),
    (Mapping[str, str], _texts),
    (Mapping[str, Json], lambda value: _plain(_object(value))),
)


def _is(kind: object) -> Callable[[object], bool]:
    return lambda asked: asked == kind


def _is_tuple(asked: object) -> bool:
    return get_origin(asked) is tuple


def _reads(read: Callable[[object], object]) -> Callable[[object, object], object]:
    return lambda value, _: read(value)


def _make_converter() -> Converter:
    converter = Converter(prefer_attrib_converters=False)
    converter.register_structure_hook_factory(attrs.has)(_structure_attrs)
    converter.register_unstructure_hook_factory(attrs.has)(_unstructure_attrs)
    converter.register_unstructure_hook(Secret, Secret.reveal)
    converter.register_unstructure_hook_func(_is(Mapping[str, Json]), _plain)
    for kind, read in _READERS:
        converter.register_structure_hook_func(_is(kind), _reads(read))
    converter.register_structure_hook_factory(_is_tuple)(_structure_tuple)
    converter.register_structure_hook(str, _reads(_text))  # cattrs has hooks of its own for these two classes, and
    converter.register_structure_hook(bool, _reads(_flag))  # asks the hooks of classes before those by predicate
    return converter


_converter: Final = _make_converter()


def _problem(error: Exception) -> str:
    return "; ".join(_in_wire_names(said) for said in transform_error(error, path="$", format_exception=_said))


def _in_wire_names(said: str) -> str:
    """Return a problem with the path behind it in the names of the wire; it comes in those of the classes."""
    problem, _, path = said.rpartition(" @ ")
    return f"{problem} @ {_WORD.sub(lambda found: _wire_name(found[0]), path)}"


def _said(error: BaseException, kind: type[object] | None) -> str:
    if isinstance(error, _MisfitError):
        return str(error)
    if isinstance(error, KeyError):
        return "a member is missing"
    return f"is not what it must be ({kind.__name__ if kind is not None else type(error).__name__})"
