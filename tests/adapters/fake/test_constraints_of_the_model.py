"""Every constraint that botocore's own model puts on a request is kept: broken one at a time, and reported as Cognito
reports it, before anything is looked up.

Patterns are left out: of passwords and codes the fake takes more than the model says, and its words for the rest have
tests of their own.
"""

import re
from collections.abc import Iterator
from typing import Any, cast

import pytest
from botocore.loaders import Loader

from authsteps.adapters.fake import FakeCognito
from tests.adapters.fake.world import UNREADABLE, refusal

MODEL: dict[str, Any] = cast("Any", Loader()).load_service_model("cognito-idp", "service-2")
SHAPES: dict[str, dict[str, Any]] = MODEL["shapes"]
NEWER = {"AcrConfiguration", "IssuerConfiguration", "KeyConfiguration", "EumsSms"}
"""Members that came after the model that the fake was made from. It passes over them."""
HUGE = 200_000
"""Texts that may be so long are not tried: the requests would take longer than all others."""
SOUND = {
    "UserPoolIdType": "eu-west-1_abc",
    "DeviceKeyType": "eu-west-1_0a",
    "EmailAddressType": "a@b",
    "ArnType": "arn:aws:lambda:eu-west-1:123456789012:function:x",
}


def sound(name: str) -> Any:
    """A value that a shape takes."""
    shape = SHAPES[name]
    match shape["type"]:
        case "string":
            if "enum" in shape:
                return shape["enum"][0]
            if "#" in shape.get("pattern", ""):
                return "a {##b##} c" if "##[" in shape["pattern"] else "a {####} c"
            return SOUND.get(name, "1" * max(1, shape.get("min", 1)))
        case "integer" | "long":
            return shape.get("min", 0)
        case "boolean":
            return True
        case "list":
            return [sound(shape["member"]["shape"])] * max(1, shape.get("min", 1))
        case "structure":
            return {member: sound(shape["members"][member]["shape"]) for member in shape.get("required", ())}
        case _:
            return {}


def broken(name: str) -> Iterator[tuple[Any, bool]]:
    """Values that a shape does not take, each with whether it can be read at all."""
    shape = SHAPES[name]
    match shape["type"]:
        case "string":
            yield from ((5, False), ([], False))
            if shape.get("max", HUGE) < HUGE:
                yield "1" * (shape["max"] + 1), True
            if shape.get("min", 0) > 0:
                yield "1" * (shape["min"] - 1), True
            if "enum" in shape:
                yield "NO_SUCH_THING", True
        case "integer" | "long":
            yield "1", False
            yield from ((shape[bound] + step, True) for bound, step in (("max", 1), ("min", -1)) if bound in shape)
        case "boolean":
            yield "true", False
        case "list":
            yield "x", False
            yield from (([value], is_read) for value, is_read in broken(shape["member"]["shape"]))
            if "max" in shape:
                yield [sound(shape["member"]["shape"])] * (shape["max"] + 1), True
        case "map":
            yield "x", False
            yield from (({"a": value}, is_read) for value, is_read in broken(shape["value"]["shape"]))
        case _:
            yield "x", False
            yield from broken_members(name)


def broken_members(name: str) -> Iterator[tuple[Any, bool]]:
    """Structures in which one member is missing or broken."""
    whole, shape = sound(name), SHAPES[name]
    if shape.get("document"):
        return
    for required in shape.get("required", ()):
        yield {member: value for member, value in whole.items() if member != required}, True
    for member, held in shape["members"].items():
        if member not in NEWER:
            yield from (({**whole, member: value}, is_read) for value, is_read in broken(held["shape"]))


@pytest.mark.parametrize("operation", sorted(FakeCognito().operations))
async def test_what_breaks_a_constraint_is_refused_before_anything_is_looked_up(operation: str) -> None:
    cognito = FakeCognito()
    tried = 0
    for request, is_read in broken_members(MODEL["operations"][operation]["input"]["shape"]):
        code, text = await refusal(cognito.call(operation, request))
        if is_read:
            assert code == "InvalidParameterException"
            assert re.match(r"\d validation errors? detected: Value", text), request
        else:
            assert (code, text) == UNREADABLE, request
        tried += 1
    assert tried
