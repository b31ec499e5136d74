"""The fake's errors: one table, complete, with evidence, in the service's own names and words."""

from string import Formatter
from typing import Any

import pytest
from botocore.loaders import Loader

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake.errors import TABLE, Cause, Rule, constraint_refusal, refusal, violation

KINDS_OF_EVIDENCE = {"recorded", "reported", "guide", "model", "emulator", "unconfirmed"}

FRONT_DOOR = {
    Cause.UNKNOWN_OPERATION,
    Cause.UNREADABLE_REQUEST,
    Cause.REQUEST_TOO_LARGE,
    Cause.REQUEST_TOO_SLOW,
    Cause.SIGNATURE_MISSING,
}
"""Errors that every AWS service gives before an operation runs; no service model lists them."""


def placeholders(cause: Cause) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(TABLE[cause].text) if name is not None}


def test_every_cause_has_a_row_and_every_row_a_cause() -> None:
    assert set(TABLE) == set(Cause)


@pytest.mark.parametrize("cause", Cause)
def test_every_row_says_how_we_know(cause: Cause) -> None:
    kind, _, source = TABLE[cause].evidence.partition(": ")

    assert kind in KINDS_OF_EVIDENCE
    assert source


def test_every_code_but_those_of_the_front_door_is_an_error_of_the_service_model() -> None:
    shapes: dict[str, dict[str, Any]] = Loader().load_service_model("cognito-idp", "service-2")["shapes"]
    errors = {name for name, shape in shapes.items() if shape.get("exception")}

    assert {TABLE[cause].code for cause in set(Cause) - FRONT_DOOR} <= errors
    assert errors.isdisjoint(TABLE[cause].code for cause in FRONT_DOOR)


@pytest.mark.parametrize("cause", Cause)
def test_every_row_makes_a_client_error_whose_text_holds_what_was_filled_in(cause: Cause) -> None:
    values = {name: f"<{name}>" for name in placeholders(cause)}

    error = refusal(cause, **values)

    assert (error.code, error.status) == (TABLE[cause].code, 400)
    assert all(value in error.message for value in values.values())
    assert "{" not in error.message


@pytest.mark.parametrize(
    ("error", "wire"),
    [
        (
            refusal(Cause.WRONG_CREDENTIALS),
            ("NotAuthorizedException", "Incorrect username or password."),
        ),
        (
            refusal(Cause.TOTP_CODE_USED),
            ("ExpiredCodeException", "Your software token has already been used once."),
        ),
        (
            refusal(Cause.CODE_WRONG),
            ("CodeMismatchException", "Invalid verification code provided, please try again."),
        ),
        (
            refusal(Cause.USERNAME_NOT_FOUND_FOR_CLIENT),
            ("UserNotFoundException", "Username/client id combination not found."),
        ),
        (
            refusal(Cause.SECRET_HASH_MISSING, client_id="abc"),
            (
                "NotAuthorizedException",
                "Client abc is configured with secret but SECRET_HASH was not received",
            ),
        ),
    ],
)
def test_a_refusal_reads_as_the_service_was_recorded_or_quoted(error: ServiceError, wire: tuple[str, str]) -> None:
    assert (error.code, error.message) == wire


def test_a_missing_value_fails_loudly_instead_of_reaching_the_wire() -> None:
    with pytest.raises(TypeError, match=r"\['client_id'\], not \[\]"):
        refusal(Cause.UNKNOWN_CLIENT)


def test_a_superfluous_value_fails_loudly_too() -> None:
    with pytest.raises(TypeError, match=r"\[\], not \['client_id'\]"):
        refusal(Cause.WRONG_CREDENTIALS, client_id="abc")


def test_braces_in_a_value_stay_as_they_are() -> None:
    assert refusal(Cause.UNKNOWN_CLIENT, client_id="{0.__class__}").message == (
        "User pool client {0.__class__} does not exist."
    )


@pytest.mark.parametrize(
    ("report", "text"),
    [
        (
            violation("username", Rule.REQUIRED),
            "Value at 'username' failed to satisfy constraint: Member must not be null",
        ),
        (
            violation("authFlow", Rule.ENUM, shown="MAGIC", values="A, B"),
            "Value 'MAGIC' at 'authFlow' failed to satisfy constraint: Member must satisfy enum value set: [A, B]",
        ),
        (
            violation("userCode", Rule.MIN_LENGTH, limit="6"),
            "Value at 'userCode' failed to satisfy constraint: Member must have length greater than or equal to 6",
        ),
        (
            violation("password", Rule.PATTERN, pattern=r"[\S]+"),
            r"Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: [\S]+",
        ),
    ],
)
def test_a_broken_constraint_is_reported_with_its_value_only_where_one_is_shown(report: str, text: str) -> None:
    assert report == text


def test_a_rule_without_its_limit_fails_loudly() -> None:
    with pytest.raises(TypeError, match="limit"):
        violation("password", Rule.MAX_LENGTH)


def test_one_broken_constraint_is_counted_in_the_singular() -> None:
    error = constraint_refusal(["first"])

    assert (error.code, error.message) == ("InvalidParameterException", "1 validation error detected: first")


def test_all_broken_constraints_stand_in_one_text() -> None:
    assert constraint_refusal(["first", "second"]).message == "2 validation errors detected: first; second"
