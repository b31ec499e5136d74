"""Every error says what to do, is made from its fields, and has its place in the tree that the module draws."""

import inspect
from datetime import UTC, datetime, timedelta

import pytest

import authsteps.engine
from authsteps.engine import errors
from authsteps.engine.errors import (
    AuthStepsError,
    ContractError,
    DeclarationError,
    EventNotAllowedError,
    ExpiredRunError,
    RunError,
    StaleRunError,
    TooManyRunsError,
    UnansweredError,
    UnknownRunError,
    UnreadableSnapshotError,
)

RUN_ID = "0123456789abcdef0123456789abcdef"


def in_doubt(error: UnansweredError) -> UnansweredError:
    error.in_doubt = True
    return error


TEXTS: list[tuple[AuthStepsError, str]] = [
    (
        DeclarationError("visit", "INSIDE has no node", "two events are called Greeted"),
        "flow 'visit' is malformed; mend its declaration:\n  - INSIDE has no node\n  - two events are called Greeted",
    ),
    (
        EventNotAllowedError("visit", "OUTSIDE", "Greeted"),
        "visit: OUTSIDE does not accept Greeted; answer what the run holds outstanding",
    ),
    (
        ContractError("visit", "GREETING", "the unexpected answer Heard"),
        "visit: the unexpected answer Heard in GREETING; start again, and report it if it happens again",
    ),
    (UnansweredError("the host is out", sent=False), "the host is out; try again"),
    (UnansweredError("the host is out", sent=True), "the host is out; the request may have arrived: try again"),
    (
        in_doubt(UnansweredError("the host is out", sent=True)),
        "the host is out; the answer may have arrived: try again, and if that is refused, start again",
    ),
    (UnknownRunError(RUN_ID), f"run {RUN_ID} is unknown or over; start again"),
    (
        ExpiredRunError(RUN_ID, datetime(2026, 1, 5, 3, 4, 9, tzinfo=UTC)),
        f"run {RUN_ID} expired at 2026-01-05T03:04:09+00:00; start again",
    ),
    (StaleRunError(RUN_ID), f"run {RUN_ID} is being moved on by another call; ask for its next step again"),
    (
        TooManyRunsError(100_000, timedelta(seconds=41.7)),
        "100000 runs are waiting, which is all the store holds; try again in 42 s, or give the store a larger capacity",
    ),
    (UnreadableSnapshotError("visit", "is damaged"), "visit: the snapshot is damaged; start again"),
]


@pytest.mark.parametrize(("error", "text"), TEXTS, ids=lambda value: type(value).__name__)
def test_the_text_of_an_error_is_made_from_its_fields_and_says_what_to_do(error: AuthStepsError, text: str) -> None:
    assert str(error) == text


def classes() -> set[type[AuthStepsError]]:
    return {kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, AuthStepsError)}


def test_the_table_has_every_error_but_the_two_that_are_never_raised_themselves() -> None:
    assert {type(error) for error, _ in TEXTS} == classes() - {AuthStepsError, RunError}


def test_every_error_is_exported_by_its_module_and_by_the_face() -> None:
    names = {kind.__name__ for kind in classes()}
    assert names == set(errors.__all__)
    assert names <= set(authsteps.engine.__all__)


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    above: dict[int, str] = {}
    drawn: dict[str, str] = {}
    for line in (inspect.getdoc(errors) or "").splitlines():
        name = line.strip().split(" ")[0]
        if line.startswith("    ") and name.endswith("Error"):
            depth = len(line) - len(line.lstrip())
            above[depth] = name
            drawn[name] = above.get(depth - 2, "Exception")
    assert drawn == {kind.__name__: kind.__mro__[1].__name__ for kind in classes()}


def test_an_unanswered_effect_is_not_in_doubt_until_the_driver_says_so() -> None:
    assert UnansweredError("lost", sent=True).in_doubt is False


@pytest.mark.parametrize("error", [error for error, _ in TEXTS], ids=lambda value: type(value).__name__)
def test_an_error_has_a_docstring_that_names_its_fields(error: AuthStepsError) -> None:
    documentation = inspect.getdoc(type(error)) or ""
    for field in vars(error):
        assert f"{field}: " in documentation, f"{type(error).__name__}.{field}"
