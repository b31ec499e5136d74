"""Reading a request: what is missing, of a wrong type or outside its enumeration is refused in the service's words."""

from typing import cast

import botocore.session
import pytest
from botocore.model import ServiceModel, StringShape

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import FakeUserPool
from authsteps.adapters.fake.members import Members
from authsteps.engine.messages import Secret
from tests.adapters.fake.world import UNREADABLE, Refusal, missing


@pytest.fixture(scope="module")
def model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("cognito-idp")


def refused(read: object, *arguments: object) -> Refusal:
    assert callable(read)
    with pytest.raises(ServiceError) as caught:
        read(*arguments)
    return caught.value.code, caught.value.message


def constraint(text: str, count: int = 1) -> Refusal:
    errors = "error" if count == 1 else "errors"
    return "InvalidParameterException", f"{count} validation {errors} detected: {text}"


def null(member: str) -> str:
    return f"Value at '{member}' failed to satisfy constraint: Member must not be null"


# --- One member ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [{}, {"Username": None}])
def test_a_required_text_that_is_absent_or_null_is_missing(request_: dict[str, Json]) -> None:
    assert refused(Members(request_).text, "Username") == constraint(null("username"))
    assert refused(Members(request_).secret, "Username") == constraint(null("username"))


@pytest.mark.parametrize("request_", [{}, {"Member": None}])
def test_what_is_optional_may_be_absent_or_null(request_: dict[str, Json]) -> None:
    members = Members(request_)

    assert members.optional_text("Member") is None
    assert members.optional_secret("Member") is None
    assert members.optional_number("Member") is None
    assert members.list_of_texts("Member") == ()
    assert members.nested("Member") is None
    assert members.flag("Member") is False
    assert members.attributes("Member") == {}
    assert members.texts("Member").optional("ANY") is None


@pytest.mark.parametrize("value", [True, 0, 1.5, [], {}, ["text"], "a lone surrogate \ud800"])
def test_a_text_is_nothing_else(value: Json) -> None:
    for read in (Members({"Member": value}).text, Members({"Member": value}).optional_text):
        assert refused(read, "Member") == UNREADABLE


@pytest.mark.parametrize("value", ["true", 0, 1, [], {}])
def test_a_truth_value_is_nothing_else(value: Json) -> None:
    assert refused(Members({"Member": value}).flag, "Member") == UNREADABLE


@pytest.mark.parametrize("value", ["text", 0, True, []])
def test_a_structure_is_nothing_else(value: Json) -> None:
    assert refused(Members({"Member": value}).nested, "Member") == UNREADABLE


@pytest.mark.parametrize(
    "value", ["text", 0, ["text"], {"NAME": 1}, {"NAME": ["text"]}, {"NAME": "\udfff"}, {"\udfff": "text"}]
)
def test_a_map_of_texts_is_nothing_else(value: Json) -> None:
    assert refused(Members({"Member": value}).texts, "Member") == UNREADABLE


@pytest.mark.parametrize("value", ["text", 0, {"Name": "email"}, ["email"], [{"Name": 1}], [[]]])
def test_a_list_of_attributes_is_nothing_else(value: Json) -> None:
    assert refused(Members({"Member": value}).attributes, "Member") == UNREADABLE


def test_attributes_become_a_map_and_one_without_a_value_is_empty() -> None:
    given: Json = [{"Name": "email", "Value": "a@b.example"}, {"Name": "name"}, {"Name": "locale", "Value": None}]

    assert Members({"Member": given}).attributes("Member") == {"email": "a@b.example", "name": "", "locale": ""}


def test_an_attribute_without_a_name_is_refused() -> None:
    assert refused(Members({"Member": [{"Value": "a@b.example"}]}).attributes, "Member") == constraint(null("name"))


def test_the_texts_of_a_map_are_masked_and_those_that_are_null_are_absent() -> None:
    texts = Members({"Member": {"USERNAME": "alice", "EMPTY": "", "NULL": None}}).texts("Member")

    assert texts.required("USERNAME") == Secret("alice")
    for absent in ("EMPTY", "NULL", "NOWHERE"):
        assert refused(texts.required, absent) == missing(absent)
    assert texts.optional("EMPTY") == Secret("")
    assert texts.optional("NULL") is None


def test_texts_with_a_prefix_come_without_it() -> None:
    texts = Members({"Member": {"userAttributes.email": "a@b.example", "userAttributes.custom:x": "1", "OTHER": "2"}})

    assert texts.texts("Member").starting_with("userAttributes.") == {"email": "a@b.example", "custom:x": "1"}


def test_values_never_show_in_a_repr() -> None:
    members = Members({"Password": "canary", "AuthParameters": {"PASSWORD": "canary"}})

    shown = repr((members, members.texts("AuthParameters"), members.secret("Password")))
    assert "canary" not in shown
    assert "Password" in shown


@pytest.mark.parametrize("value", ["7", 1.5, True, [], {}])
def test_a_whole_number_is_nothing_else(value: Json) -> None:
    assert refused(Members({"Member": value}).optional_number, "Member") == UNREADABLE


@pytest.mark.parametrize("value", ["text", 0, True, []])
def test_a_document_is_a_structure_of_any_form(value: Json) -> None:
    assert refused(Members({"Member": value}).document, "Member") == UNREADABLE
    assert refused(Members({}).document, "Member") == constraint(null("member"))
    assert Members({"Member": {"a": [{"b": None}]}}).document("Member") == {"a": [{"b": None}]}


@pytest.mark.parametrize("value", ["text", 0, {"a": "b"}, [1], [None], ["\ud800"], [["text"]]])
def test_a_list_of_texts_is_nothing_else(value: Json) -> None:
    assert refused(Members({"Member": value}).list_of_texts, "Member") == UNREADABLE
    assert Members({"Member": ["a", "b"]}).list_of_texts("Member") == ("a", "b")


def test_a_truth_value_may_be_left_open() -> None:
    given: dict[str, Json] = {"Yes": True, "No": False, "Null": None}
    found = {name: Members(given).optional_flag(name) for name in ("Yes", "No", "Null", "Absent")}

    assert found == {"Yes": True, "No": False, "Null": None, "Absent": None}


# --- The constraints of an operation ---------------------------------------------------------------------------------


def test_every_required_member_is_missed_and_all_are_named_at_once(model: ServiceModel, pool: FakeUserPool) -> None:
    for operation in sorted(pool.operations):
        shape = model.operation_model(operation).input_shape
        assert shape is not None
        required = shape.required_members
        violations = "; ".join(null(name[:1].lower() + name[1:]) for name in required)
        if required:
            assert refused(Members({}).keep_constraints, operation) == constraint(violations, len(required))
        else:
            Members({}).keep_constraints(operation)


@pytest.mark.parametrize(
    ("operation", "member", "other"),
    [
        ("InitiateAuth", "AuthFlow", {"ClientId": "client"}),
        ("RespondToAuthChallenge", "ChallengeName", {"ClientId": "client"}),
        ("UpdateDeviceStatus", "DeviceRememberedStatus", {"AccessToken": "token", "DeviceKey": "eu-west-1_0"}),
    ],
)
def test_a_value_outside_the_models_enumeration_is_refused_and_every_one_inside_is_not(
    model: ServiceModel, operation: str, member: str, other: dict[str, Json]
) -> None:
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    enumerated = shape.members[member]
    assert isinstance(enumerated, StringShape)
    values = list(enumerated.enum)
    assert values
    for value in values:
        Members({**other, member: value}).keep_constraints(operation)
    code, text = refused(Members({**other, member: "OTHER"}).keep_constraints, operation)

    path = member[:1].lower() + member[1:]
    begin, _, listed = text.partition("enum value set: ")
    assert code == "InvalidParameterException"
    assert begin == (
        f"1 validation error detected: Value 'OTHER' at '{path}' failed to satisfy constraint: Member must satisfy "
    )
    assert set(listed.strip("[]").split(", ")) == set(values)


def test_all_that_is_wrong_stands_in_one_text() -> None:
    code, text = refused(Members({"AuthFlow": "OTHER"}).keep_constraints, "InitiateAuth")

    assert code == "InvalidParameterException"
    assert text.startswith("2 validation errors detected: ")
    assert null("clientId") in text
    assert "Value 'OTHER' at 'authFlow'" in text


def test_an_operation_without_constraints_has_none() -> None:
    Members({}).keep_constraints("AssociateSoftwareToken")


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        ("ConfirmDevice", "DeviceKey"),
        ("ConfirmDevice", "DeviceName"),
        ("GetUserAttributeVerificationCode", "AttributeName"),
        ("ListDevices", "PaginationToken"),
        ("ListWebAuthnCredentials", "NextToken"),
        ("VerifyUserAttribute", "Code"),
        ("VerifySoftwareToken", "FriendlyDeviceName"),
        ("DeleteWebAuthnCredential", "CredentialId"),
    ],
)
def test_texts_keep_to_the_models_lengths(model: ServiceModel, operation: str, member: str) -> None:
    shape = model.operation_model(operation).input_shape
    assert shape is not None
    limits = cast("dict[str, int]", shape.members[member].metadata)
    path = member[:1].lower() + member[1:]
    for length, rule in ((limits.get("min", 0) - 1, "greater"), (limits.get("max", 0) + 1, "less")):
        if length >= 0 and (rule == "greater" or "max" in limits):
            _, text = refused(Members({member: "x" * length}).keep_constraints, operation)
            assert f"at '{path}' failed to satisfy constraint: Member must have length {rule} than" in text
