"""Cognito's service model, as botocore ships it, and what it says about replies and refusals.

Every call that ``world.App`` makes is held against it, so each test of the pool is one of its replies' shapes as well.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import cast

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StringShape, StructureShape
from botocore.parsers import ResponseParserFactory
from botocore.serialize import create_serializer

from authsteps.adapters.cognito.transport import Json, ServiceError

COMMON_ERRORS = frozenset({"UnknownOperationException", "SerializationException"})
"""Errors of the front door, which every AWS service of this protocol has and no model lists.

Source: AWS JSON 1.1 protocol, operation error serialization; API reference, 'Common Errors'.
"""


PASSKEY_OPERATIONS = frozenset(
    {
        "StartWebAuthnRegistration",
        "CompleteWebAuthnRegistration",
        "ListWebAuthnCredentials",
        "DeleteWebAuthnCredential",
    }
)
"""They have an error more in the newer models than in the oldest that tests run with."""

NEWER_MEMBERS = frozenset({"ClientSecret", "FactorConfiguration", "InboundFederation", "WebAuthnMfaSettings"})
"""Members of requests and replies that the newer models have and the oldest that tests run with may lack."""


@cache
def service() -> ServiceModel:
    return botocore.session.get_session().get_service_model("cognito-idp")


def operation(name: str) -> OperationModel:
    return service().operation_model(name)


def input_of(name: str) -> StructureShape:
    """What a request of the operation is made of."""
    shape = operation(name).input_shape
    assert shape is not None
    return shape


def fits_reply(name: str, reply: Mapping[str, Json]) -> None:
    """See that a reply has the operation's output shape: names, types, lengths, patterns, and nothing else."""
    shape = operation(name).output_shape
    if shape is None:  # such an operation answers with an empty body
        assert reply == {}
        return
    known = _known(shape, reply)
    _fits(shape, known, name)
    headers: dict[str, str] = {}
    wire = {"body": json.dumps(known).encode(), "headers": headers, "status_code": 200}
    parsers = ResponseParserFactory()
    parsers.set_parser_defaults(timestamp_parser=float)
    parsed = parsers.create_parser("json").parse(wire, shape)
    assert {member: value for member, value in parsed.items() if member != "ResponseMetadata"} == known


def errors_of(name: str) -> frozenset[str]:
    """The names of the errors that the operation's model lists, common ones left out."""
    modelled = {shape.name for shape in operation(name).error_shapes}
    return frozenset(modelled | ({"PasswordResetRequiredException"} if name in PASSKEY_OPERATIONS else set[str]()))


def fits_refusal(name: str, error: ServiceError) -> None:
    """See that an error is one that the operation's model lists, with its status, or a common one."""
    assert error.code in errors_of(name) | COMMON_ERRORS, f"{name} has no {error.code}"
    assert error.status == 400


def _fits(shape: Shape, value: Json, path: str) -> None:
    match shape:
        case StructureShape() if shape.is_document_type:
            assert isinstance(value, Mapping), path
            assert json.loads(json.dumps(value)) == value, path
        case StructureShape():
            assert isinstance(value, Mapping), path
            assert set(value) <= set(shape.members), path
            assert set(shape.required_members) <= set(value), path
            for member, held in value.items():
                _fits(shape.members[member], held, f"{path}.{member}")
        case MapShape():
            assert isinstance(value, Mapping), path
            for key, held in value.items():
                _fits(shape.key, key, f"{path} key")
                _fits(shape.value, held, f"{path}.{key}")
        case ListShape():
            assert isinstance(value, list), path
            for number, held in enumerate(value):
                _fits(shape.member, held, f"{path}[{number}]")
        case StringShape():
            _fits_text(shape, value, path)
        case _:
            kinds = {"boolean": bool, "integer": int, "long": int, "timestamp": float}
            assert type(value) is kinds[shape.type_name], path


def _fits_text(shape: StringShape, value: Json, path: str) -> None:
    assert isinstance(value, str), path
    # What names of attributes keep in requests, the service's replies break: phone_number_verified, and prefixes.
    is_looser = shape.name == "CustomAttributeNameType"
    limits: Mapping[str, int | str] = {} if is_looser else cast("Mapping[str, int | str]", shape.metadata)
    assert not shape.enum or value in shape.enum, path
    assert int(limits.get("min", 0)) <= len(value) <= int(limits.get("max", len(value))), path
    pattern = str(limits.get("pattern", ""))
    if pattern and r"\p" not in pattern:  # Unicode classes, which re does not know
        assert re.fullmatch(pattern, value), path


def serialized(name: str, members: Mapping[str, Json]) -> Mapping[str, Json]:
    """What botocore puts on the wire for a request, after it has looked at it itself.

    What it is too old to know is sent as it is.
    """
    if _known(input_of(name), members) != members:
        return members
    request = create_serializer("json").serialize_to_request(dict(members), operation(name))
    return cast("dict[str, Json]", json.loads(request["body"]))


def _known(shape: Shape, value: Json) -> Json:
    """A value without the newer members that its model lacks."""
    if not isinstance(shape, StructureShape) or not isinstance(value, Mapping):
        return value
    lacking = NEWER_MEMBERS - shape.members.keys()
    return {
        member: _known(shape.members[member], held) if member in shape.members else held
        for member, held in value.items()
        if member not in lacking
    }
