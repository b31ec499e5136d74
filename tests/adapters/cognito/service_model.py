"""botocore's own model of the two services, to hold requests and replies against."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol, cast

import botocore.serialize
import botocore.session
import botocore.validate

__all__ = ["Operation", "faults", "on_the_wire", "operation", "operations"]


class Operation(Protocol):
    """What is read of an operation, which botocore's stubs leave open."""

    input_shape: Any
    output_shape: Any


class _Model(Protocol):
    operation_names: list[str]

    def operation_model(self, name: str) -> Operation: ...


class _Validator(Protocol):
    validate: Callable[[object, object], Any]


class _Serializer(Protocol):
    serialize_to_request: Callable[[object, object], Mapping[str, bytes]]


@cache
def _model(service: str) -> _Model:
    return cast("_Model", botocore.session.get_session().get_service_model(service))


def operation(name: str, service: str = "cognito-idp") -> Operation:
    return _model(service).operation_model(name)


def operations(service: str = "cognito-idp") -> frozenset[str]:
    return frozenset(_model(service).operation_names)


def faults(shape: object, members: object) -> str:
    """What botocore would refuse of a request or a reply, members that it does not know among it."""
    if shape is None:  # an operation without output
        return "" if not members else "there is something where nothing is due"
    plain = json.loads(json.dumps(members))
    validator = cast("_Validator", botocore.validate.ParamValidator())
    report: str = validator.validate(plain, shape).generate_report()
    return report


def on_the_wire(request: Mapping[str, object], model: Operation) -> object:
    """The body that botocore makes of a request. What it does not know, it leaves out."""
    create: Callable[..., Any] = botocore.serialize.create_serializer
    serializer = cast("_Serializer", create("json", include_validation=False))
    return json.loads(serializer.serialize_to_request(dict(request), model)["body"])
