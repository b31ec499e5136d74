"""A JSON value that is no event of a kind is told from one that is, and what is wrong is said without quoting it.

What a function reads may have members that the service added since; everything that is known must be of its type.
"""

import traceback
from typing import Any

import pytest

from authsteps.adapters.lambda_triggers import PRE_SIGN_UP, UnreadableEventError, from_wire
from tests.adapters.lambda_triggers.answers import FREE, Path, answered, changed, members, renamed, without
from tests.adapters.lambda_triggers.golden_events import KIND_OF, AnyKind, golden

SECRET = "canary-in-an-event"
SOURCES = list(KIND_OF)
SDK: Path = ("callerContext", "awsSdkVersion")
COMMON: list[Path] = [
    *((name,) for name in golden("PreSignUp_SignUp")),
    SDK,
    ("callerContext", "clientId"),
]
VERIFY, MIGRATE = "VerifyAuthChallengeResponse_Authentication", "UserMigration_Authentication"


def assert_unreadable(kind: AnyKind, event: Any, problem: str) -> None:
    """An event cannot be read, and nothing that stands in it is quoted."""
    with pytest.raises(UnreadableEventError) as caught:
        from_wire(kind, event)
    error = caught.value
    assert error.trigger is kind.trigger
    assert problem in error.problem
    assert error.__cause__ is None
    assert error.__context__ is None
    assert SECRET not in "".join([repr(error), *traceback.format_exception(error)])


@pytest.mark.parametrize("event", [None, SECRET, 7, True, [], [SECRET]])
@pytest.mark.parametrize("source", SOURCES)
def test_what_is_no_object_is_no_event(source: str, event: Any) -> None:
    assert_unreadable(KIND_OF[source], event, "must be an object")


@pytest.mark.parametrize("path", [path for path in COMMON if path != SDK], ids=".".join)
@pytest.mark.parametrize("source", SOURCES)
def test_an_event_without_a_common_member_is_none(source: str, path: Path) -> None:
    assert_unreadable(KIND_OF[source], without(golden(source), path), path[-1])


def test_an_event_that_does_not_say_with_which_sdk_it_was_called_was_called_with_an_unknown_one() -> None:
    event = from_wire(PRE_SIGN_UP, without(golden("PreSignUp_AdminCreateUser"), SDK))
    assert event.caller.aws_sdk_version == "aws-sdk-unknown-unknown"


@pytest.mark.parametrize("wrong", [7, True, [SECRET]], ids=str)
@pytest.mark.parametrize("path", COMMON, ids=".".join)
def test_an_event_with_a_common_member_of_another_type_is_none(path: Path, wrong: Any) -> None:
    event = changed(golden("PreSignUp_SignUp"), path, wrong)
    assert_unreadable(PRE_SIGN_UP, event, path[-1])


@pytest.mark.parametrize("other", SOURCES)
@pytest.mark.parametrize("source", SOURCES)
def test_an_event_of_another_trigger_or_version_is_none_of_this_kind(source: str, other: str) -> None:
    kind, event = KIND_OF[other], golden(source)
    if KIND_OF[source] == kind:
        assert from_wire(kind, event).source == source
    else:
        assert_unreadable(kind, event, "version" if KIND_OF[source].trigger is kind.trigger else "triggerSource")


def test_an_occasion_that_nobody_knows_is_none() -> None:
    event = changed(golden("PreSignUp_SignUp"), ("triggerSource",), f"PreSignUp_{SECRET}")
    assert_unreadable(PRE_SIGN_UP, event, "triggerSource")


@pytest.mark.parametrize("path", [path for path in COMMON if path[-1] != "clientId"], ids=".".join)
def test_an_event_with_a_common_member_that_is_null_is_none_but_for_the_client_id(path: Path) -> None:
    assert_unreadable(PRE_SIGN_UP, changed(golden("PreSignUp_SignUp"), path, None), path[-1])


@pytest.mark.parametrize("wrong", [7, True, [SECRET], {"member": SECRET}], ids=str)
@pytest.mark.parametrize(("source", "member"), [(VERIFY, "challengeAnswer"), (MIGRATE, "password")])
def test_a_password_or_an_answer_is_a_text(source: str, member: str, wrong: Any) -> None:
    event = changed(golden(source), ("request", member), wrong)
    assert_unreadable(KIND_OF[source], event, f"must be a string @ $.request.{member}")


@pytest.mark.parametrize("wrong", [SECRET, "", 7, True, {"member": SECRET}, {}], ids=repr)
@pytest.mark.parametrize("source", SOURCES)
def test_a_list_is_a_list(source: str, wrong: Any) -> None:
    event = golden(source)
    for path, value in members(event["request"], ("request",)):
        if isinstance(value, list):
            assert_unreadable(KIND_OF[source], changed(event, path, wrong), path[-1])


@pytest.mark.parametrize("wrong", [SECRET, 7, True, [SECRET], {"member": 7}, {"member": [SECRET]}], ids=str)
@pytest.mark.parametrize("source", SOURCES)
def test_attributes_and_metadata_are_objects_of_texts(source: str, wrong: Any) -> None:
    event = golden(source)
    for path, value in members(event["request"], ("request",)):
        if isinstance(value, dict) and path[-1] != "groupConfiguration":
            assert_unreadable(KIND_OF[source], changed(event, path, wrong), path[-1])


@pytest.mark.parametrize("type_", [None, SECRET, "customEmailSenderRequestV2", 7])
def test_a_sender_is_told_of_the_one_type_that_there_is(type_: Any) -> None:
    event = changed(golden("CustomEmailSender_SignUp"), ("request", "type"), type_)
    assert_unreadable(KIND_OF["CustomEmailSender_SignUp"], event, "type")


@pytest.mark.parametrize("source", SOURCES)
def test_a_member_of_a_request_in_other_letter_case_is_told(source: str) -> None:
    event = golden(source)
    for name in event["request"]:
        assert_unreadable(KIND_OF[source], renamed(event, ("request", name), name.upper()), f"must be spelt {name}")


@pytest.mark.parametrize("source", SOURCES)
def test_members_that_the_service_adds_one_day_are_passed_over(source: str) -> None:
    kind, event = KIND_OF[source], answered(source)
    read = from_wire(kind, event)
    for path in [(), *(path for path, value in members(event) if isinstance(value, dict))]:
        if not path or path[-1] not in {*FREE, "clientMetadata", "validationData"}:
            assert from_wire(kind, changed(event, (*path, "addedOneDay"), SECRET)) == read
