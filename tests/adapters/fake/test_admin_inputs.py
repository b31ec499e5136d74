"""Constraints: the tables of the fake are those of the service model, and what is broken is told in its words."""

from collections.abc import Iterator, Mapping
from typing import cast

import pytest
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake.administration.inputs import USER_INPUTS
from authsteps.adapters.fake.region.inputs import POOL_INPUTS
from authsteps.adapters.fake.shapes import Flag, Items, Map, Number, Structure, Text
from tests.adapters.fake.model import NEWER_MEMBERS, input_of

INPUTS = {**USER_INPUTS, **POOL_INPUTS}
UNUSED = {
    "AcrConfiguration",
    "EumsSms",
    "IssuerConfiguration",
    "KeyConfiguration",
}
"""Members that some versions of the model have and that mean nothing to the fake."""


def limits_of(shape: Shape) -> Mapping[str, int | str]:
    return cast("Mapping[str, int | str]", shape.metadata)


def differences(path: str, ours: object, theirs: Shape) -> Iterator[str]:
    """Where a shape of the fake's is not what the model says."""
    limits = limits_of(theirs)
    match ours:
        case Structure():
            assert isinstance(theirs, StructureShape), path
            for name in set(theirs.members) ^ set(ours.members):
                if name not in UNUSED | NEWER_MEMBERS:
                    yield f"{path}.{name} is in one only"
            # The newer models know another way to send SMS, which the fake does not.
            if set(ours.required) - {"SnsCallerArn"} != set(theirs.required_members) - {"SnsCallerArn"}:
                yield f"{path} requires {theirs.required_members}"
            for name in set(theirs.members) & set(ours.members):
                yield from differences(f"{path}.{name}", ours.members[name], theirs.members[name])
        case Items():
            assert isinstance(theirs, ListShape), path
            longest = None if "AllowedFirstAuthFactors" in path else limits.get("max")  # grows with the factors
            if (limits.get("min", 0), longest or ours.longest) != (ours.shortest, ours.longest):
                yield f"{path} has {limits}"
            yield from differences(f"{path}[]", ours.of, theirs.member)
        case Map():
            assert isinstance(theirs, MapShape), path
            yield from differences(f"{path} key", ours.key, theirs.key)
            yield from differences(f"{path} value", ours.value, theirs.value)
        case Text():
            assert isinstance(theirs, StringShape), path
            yield from text_differences(path, ours, theirs)
        case Number():
            assert theirs.type_name in {"integer", "long"}, path
            if (limits.get("min"), limits.get("max")) != (ours.lowest, ours.highest):
                yield f"{path} has {limits}"
        case _:
            assert ours == Flag(), path
            assert theirs.type_name == "boolean", path


def text_differences(path: str, ours: Text, theirs: StringShape) -> Iterator[str]:
    limits = limits_of(theirs)
    if (limits.get("min", 0), limits.get("max")) != (ours.shortest, ours.longest) and "SnsCallerArn" not in path:
        yield f"{path} has {limits}"
    if limits.get("sensitive", False) != ours.is_sensitive:
        yield f"{path} is as sensitive as {limits}"
    if not set(ours.values) <= set(theirs.enum) or (theirs.enum and not ours.values):
        yield f"{path} is one of {theirs.enum}"
    is_left_to_the_policy = path.endswith("Password")
    older = ours.pattern.replace(r"\t\n\r ", "") if ours.pattern is not None else None  # of names of attributes
    if limits.get("pattern") not in {ours.pattern, older} and not is_left_to_the_policy and "SnsCallerArn" not in path:
        yield f"{path} has {limits}"


@pytest.mark.parametrize("name", INPUTS)
def test_a_request_is_made_of_what_the_model_says(name: str) -> None:
    assert [*differences(name, INPUTS[name], input_of(name))] == []


# --- In which words ---------------------------------------------------------------------------------------------------

NAME = Text(shortest=1, longest=5, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
COLOUR = Text(values=("RED", "BLUE"))
SHAPE = Structure(
    {
        "Name": NAME,
        "Secret": Text(longest=3, is_sensitive=True),
        "Colours": Items(COLOUR, longest=2),
        "Inner": Structure({"Count": Number(0, 9), "Is": Flag()}, required=("Count",)),
        "Inners": Items(Structure({"Name": NAME}, required=("Name",)), shortest=1),
        "Tags": Map(NAME, Text(longest=3)),
    },
    required=("Name",),
)
THREE = "Value '[RED, PINK, GREY]' at 'colours'"
FAILED = "failed to satisfy constraint: Member must"


@pytest.mark.parametrize(
    ("members", "reports"),
    [
        ({}, [f"Value at 'name' {FAILED} not be null"]),
        ({"Name": None}, [f"Value at 'name' {FAILED} not be null"]),
        (
            {"Name": ""},
            [
                f"Value '' at 'name' {FAILED} have length greater than or equal to 1",
                f"Value '' at 'name' {FAILED} satisfy regular expression pattern: {NAME.pattern}",
            ],
        ),
        ({"Name": "abcdef"}, [f"Value 'abcdef' at 'name' {FAILED} have length less than or equal to 5"]),
        ({"Name": "a", "Secret": "four"}, [f"Value at 'secret' {FAILED} have length less than or equal to 3"]),
        (
            {"Name": "a", "Colours": ["RED", "PINK", "GREY"]},
            [
                f"{THREE} {FAILED} have length less than or equal to 2",
                f"{THREE} {FAILED} satisfy constraint: [Member must satisfy enum value set: [RED, BLUE]]",
            ],
        ),
        ({"Name": "a", "Inner": {}}, [f"Value at 'inner.count' {FAILED} not be null"]),
        (
            {"Name": "a", "Inner": {"Count": 10}},
            [f"Value '10' at 'inner.count' {FAILED} have value less than or equal to 9"],
        ),
        (
            {"Name": "a", "Inner": {"Count": -1}},
            [f"Value '-1' at 'inner.count' {FAILED} have value greater than or equal to 0"],
        ),
        ({"Name": "a", "Inners": []}, [f"Value at 'inners' {FAILED} have length greater than or equal to 1"]),
        ({"Name": "a", "Inners": [{"Name": "a"}, {}]}, [f"Value at 'inners.2.member.name' {FAILED} not be null"]),
        (
            {"Name": "a", "Tags": {"b": "long"}},
            [f"Value 'long' at 'tags.b.value' {FAILED} have length less than or equal to 3"],
        ),
    ],
)
def test_what_is_broken_is_reported_with_the_path_and_the_value(members: Json, reports: list[str]) -> None:
    broken: list[str] = []

    assert SHAPE.check("", members, broken)
    assert broken == reports


@pytest.mark.parametrize(
    "members",
    [
        {"Name": 7},
        {"Name": "a lone surrogate \ud800"},
        {"Name": "a", "Secret": True},
        {"Name": "a", "Colours": "RED"},
        {"Name": "a", "Colours": [None]},
        {"Name": "a", "Colours": [7]},
        {"Name": "a", "Inner": []},
        {"Name": "a", "Inner": {"Count": True}},
        {"Name": "a", "Inner": {"Count": 1.5}},
        {"Name": "a", "Inner": {"Count": 1, "Is": "true"}},
        {"Name": "a", "Inners": [7]},
        {"Name": "a", "Inners": [{"Name": 7}]},
        {"Name": "a", "Tags": []},
        {"Name": "a", "Tags": {"b": 7}},
        [],
    ],
)
def test_what_is_of_another_type_cannot_be_read(members: Json) -> None:
    assert not SHAPE.check("", members, [])


def test_what_is_absent_or_unknown_breaks_nothing() -> None:
    broken: list[str] = []
    members: Json = {"Name": "é_+5", "Stray": 7, "Inner": None, "Tags": {"b": None}, "Colours": [], "Secret": None}

    assert SHAPE.check("", members, broken)
    assert not broken


def test_what_is_known_of_a_value_is_what_is_there_and_in_the_model() -> None:
    members: Json = {
        "Name": "a",
        "Secret": None,
        "Stray": 7,
        "Colours": ("RED",),
        "Inner": {"Count": 1, "Is": None, "Stray": [None]},
        "Inners": [{"Name": "b", "Stray": None}],
        "Tags": {"c": "d", "e": None},
    }

    assert SHAPE.known(members) == {
        "Name": "a",
        "Colours": ["RED"],
        "Inner": {"Count": 1},
        "Inners": [{"Name": "b"}],
        "Tags": {"c": "d"},
    }


@pytest.mark.parametrize(
    ("pattern", "fitting", "others"),
    [
        (r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", ["aé_€5", "漢字", "ä"], ["a b", "a\u00a0b", "", "a\u200bb", "a\n"]),
        (r"[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+", ["a b", "a\u00a0b", "漢 字"], ["a\tb", "a\u200bb"]),
        (r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*", ["Your code: {####}!\n"], ["none"]),
        (r"[\w\s+=,.@-]+", ["a b", "A_1"], ["é", "a/b"]),
        (r"[\S]+", ["é"], ["a b"]),
    ],
)
def test_patterns_of_the_model_are_read_as_its_own_machine_reads_them(
    pattern: str, fitting: list[str], others: list[str]
) -> None:
    shape = Text(pattern=pattern)

    assert [text for text in (*fitting, *others) if not [*shape.problems(text)]] == fitting
