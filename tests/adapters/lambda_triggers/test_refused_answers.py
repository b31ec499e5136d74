"""What a function gives back must be the whole event, each member spelt and typed as the service has it.

Everything that can be wrong with one is tried at every place, and the refusal is always the same. It names the member
to the function's author, and quotes nothing: each wrong answer here holds a secret.

Source: Cognito developer guide, 'Customizing user pool workflows with Lambda triggers'; amazon-cognito-identity-js#633
and others.
"""

import traceback
from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from authsteps.adapters.lambda_triggers import UnrecognizableOutputError, read_answer
from tests.adapters.lambda_triggers.answers import (
    FREE,
    FULL,
    Path,
    answered,
    anything_goes,
    at,
    changed,
    members,
    named_by_us,
    renamed,
    without,
)
from tests.adapters.lambda_triggers.golden_events import KIND_OF, golden

SECRET = "canary-in-an-answer"
COMMON: list[Path] = [
    *((name,) for name in golden("PreSignUp_SignUp")),
    ("callerContext", "awsSdkVersion"),
    ("callerContext", "clientId"),
]
SOURCES = list(KIND_OF)

WRONG: dict[str, Any] = {"text": SECRET, "flag": True, "number": 7, "list": [SECRET], "object": {"member": SECRET}}


def json_type(value: Any) -> str:
    """Which of the wrong values is of a value's own type, and so not wrong."""
    known: dict[type[object], str] = {str: "text", bool: "flag", int: "number", list: "list", dict: "object"}
    return known.get(cast("type[object]", type(value)), "null")


def secretive(value: Any) -> Any:
    """A value with the secret in place of every text in it."""
    if isinstance(value, dict):
        return {name: secretive(inner) for name, inner in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [secretive(entry) for entry in cast("Sequence[Any]", value)]
    return SECRET if isinstance(value, str) else value


def assert_refused(source: str, given: Any, naming: str = "") -> None:
    """What is given back is refused, in the service's words, and without a word of it."""
    with pytest.raises(UnrecognizableOutputError) as caught:
        read_answer(KIND_OF[source], golden(source), given)
    error = caught.value
    assert error.service_message == "Unrecognizable lambda output"
    assert naming in error.detail
    assert error.__cause__ is None
    assert error.__context__ is None
    assert SECRET not in "".join([repr(error), error.detail, *traceback.format_exception(error)])


def capital(name: str) -> str:
    """A name as the languages write it that begin members with a capital letter."""
    return name[0].upper() + name[1:]


def refused_members() -> list[tuple[str, Path, str]]:
    """Every member of an answer, with every wrong type that it can have."""
    return [
        (source, path, wrong)
        for source in FULL
        for path, value in members(answered(source)["response"], ("response",))
        for wrong in WRONG
        if wrong != json_type(value) and not anything_goes(source, path)
    ]


@pytest.mark.parametrize("source", SOURCES)
def test_the_whole_event_with_its_answer_is_accepted_whatever_its_texts_are(source: str) -> None:
    read_answer(KIND_OF[source], golden(source), secretive(answered(source)))


@pytest.mark.parametrize("given", [None, SECRET, 7, True, [], [SECRET], [answered("PreSignUp_SignUp")]])
@pytest.mark.parametrize("source", SOURCES)
def test_what_is_no_object_is_refused(source: str, given: Any) -> None:
    assert_refused(source, given, "must be an object")


@pytest.mark.parametrize("path", COMMON, ids=".".join)
@pytest.mark.parametrize("source", SOURCES)
def test_a_common_member_that_is_missing_is_refused(source: str, path: Path) -> None:
    assert_refused(source, without(secretive(answered(source)), path), f"{'.'.join(path)} is missing")


@pytest.mark.parametrize("wrong", ["null", *WRONG])
@pytest.mark.parametrize("source", SOURCES)
def test_a_common_member_of_another_type_than_it_was_sent_with_is_refused(source: str, wrong: str) -> None:
    others = [path for path in COMMON if json_type(at(golden(source), path)) != wrong]
    assert others
    for path in others:
        given = changed(secretive(answered(source)), path, WRONG.get(wrong))
        assert_refused(source, given, f"{'.'.join(path)} must be")


def test_a_client_id_that_was_null_may_come_back_as_null_only() -> None:
    source, path = "PostConfirmation_ConfirmSignUp", ("callerContext", "clientId")
    given = secretive(answered(source))
    read_answer(KIND_OF[source], golden(source), given)
    assert_refused(source, changed(given, path, SECRET), "callerContext.clientId must be null")


@pytest.mark.parametrize("metadata", [None, SECRET, 7, True, [SECRET]])
@pytest.mark.parametrize("source", SOURCES)
def test_client_metadata_that_is_no_object_is_refused_whether_it_was_sent_or_not(source: str, metadata: Any) -> None:
    given = changed(secretive(answered(source)), ("request", "clientMetadata"), metadata)
    assert_refused(source, given, "request.clientMetadata must be an object, or be left out")


@pytest.mark.parametrize("spelt", [str.lower, str.upper, capital])
@pytest.mark.parametrize("source", SOURCES)
def test_a_member_in_other_letter_case_is_refused_wherever_it_stands(source: str, spelt: Callable[[str], str]) -> None:
    given = secretive(answered(source))
    places = [path for path, _ in members(given) if path[0] != "request" and named_by_us(path)]
    for path in [*places, ("request",)]:
        if (name := spelt(path[-1])) != path[-1]:
            assert_refused(source, renamed(given, path, name), f"{name} must be spelt {path[-1]}")


def test_a_member_that_comes_back_in_two_spellings_is_refused() -> None:
    given = secretive(answered("PreSignUp_SignUp"))
    assert_refused("PreSignUp_SignUp", {**given, "username": SECRET}, "username must be spelt userName")


@pytest.mark.parametrize(("source", "path", "wrong"), refused_members())
def test_an_answer_of_another_type_is_refused(source: str, path: Path, wrong: str) -> None:
    named = [name for name in path if named_by_us((*path[: path.index(name)], name))]
    assert_refused(source, changed(secretive(answered(source)), path, WRONG[wrong]), named[-1])


@pytest.mark.parametrize("source", FULL)
def test_a_list_of_anything_but_texts_is_refused(source: str) -> None:
    given = secretive(answered(source))
    for path, value in members(given["response"], ("response",)):
        for entry in (None, 7, False, [SECRET], {"member": SECRET}) if isinstance(value, list) else ():
            if not anything_goes(source, path):
                assert_refused(source, changed(given, path, [SECRET, entry]), path[-1])


@pytest.mark.parametrize("said", ["true", "false", "", 0, 1])
@pytest.mark.parametrize("source", FULL)
def test_a_flag_is_true_or_false_and_nothing_like_it(source: str, said: Any) -> None:
    given = answered(source)
    for path, value in members(given["response"], ("response",)):
        if isinstance(value, bool) and not anything_goes(source, path):
            assert_refused(source, changed(given, path, said), f"must be true or false @ $.{path[-1]}")


@pytest.mark.parametrize("claim", [None, 7, 2.5, True, ["north"], {"name": "north"}])
def test_the_first_version_of_token_generation_takes_texts_as_claims_and_the_later_ones_anything(claim: Any) -> None:
    first = answered("TokenGeneration_Authentication")
    assert_refused(
        "TokenGeneration_Authentication",
        changed(first, ("response", "claimsOverrideDetails", "claimsToAddOrOverride", "tenant"), claim),
        "the value of tenant must be a string",
    )
    source, generation = (
        "TokenGeneration_HostedAuth",
        ("response", "claimsAndScopeOverrideDetails", "idTokenGeneration"),
    )
    later = changed(answered(source), (*generation, "claimsToAddOrOverride", "tenant"), claim)
    read = read_answer(KIND_OF[source], golden(source), later).claims_and_scope_override_details
    assert read.id_token_generation.claims_to_add_or_override["tenant"] == claim


@pytest.mark.parametrize("source", SOURCES)
def test_members_that_nobody_knows_are_passed_over_wherever_they_stand(source: str) -> None:
    kind, given = KIND_OF[source], answered(source)
    meant = read_answer(kind, golden(source), given)
    for path in [(), *(path for path, value in members(given) if isinstance(value, dict) and path[-1] not in FREE)]:
        for value in (None, *WRONG.values()):
            more = changed(given, (*path, "addedOneDay"), value)
            assert read_answer(kind, golden(source), more) == meant


@pytest.mark.parametrize("source", SOURCES)
def test_what_becomes_of_the_request_on_its_way_back_does_not_matter(source: str) -> None:
    kind, given = KIND_OF[source], answered(source)
    assert read_answer(kind, golden(source), {**given, "request": {}}) == read_answer(kind, golden(source), given)


@pytest.mark.parametrize("source", SOURCES)
def test_an_answer_that_says_nothing_changes_nothing(source: str) -> None:
    kind = KIND_OF[source]
    assert read_answer(kind, golden(source), {**golden(source), "response": {}}) == kind.answer()
