"""What the service tells the client where a trigger gave no answer that counts: its table, for every trigger.

Source: Cognito developer guide, 'Customizing user pool workflows with Lambda triggers', and the reports beside each
class.
"""

import copy
import pickle
from collections.abc import Callable

import pytest

from authsteps.adapters.lambda_triggers import (
    FunctionNotLoadedError,
    FunctionRaisedError,
    FunctionUnavailableError,
    NoAnswerInTimeError,
    OutputNotJsonError,
    Trigger,
    TriggerError,
    UnreadableEventError,
    UnrecognizableOutputError,
)
from authsteps.engine.errors import AuthStepsError

# How it fails, the exception's name on the wire, and its text with the trigger's name in place of {}.
TEXTS: dict[str, tuple[Callable[[Trigger], TriggerError], str, str]] = {
    "raised": (
        lambda trigger: FunctionRaisedError(trigger, "Apikey non valida!"),
        "UserLambdaValidationException",
        "{} failed with error Apikey non valida!.",
    ),
    "raised a KeyError": (
        lambda trigger: FunctionRaisedError(trigger, str(KeyError("challengeMetaData"))),
        "UserLambdaValidationException",
        "{} failed with error 'challengeMetaData'.",
    ),
    "process died": (
        lambda trigger: FunctionRaisedError(trigger, "RequestId: 8c2b Error: Runtime exited with error: exit status 1"),
        "UserLambdaValidationException",
        "{} failed with error RequestId: 8c2b Error: Runtime exited with error: exit status 1.",
    ),
    "ran out of its own time": (
        lambda trigger: FunctionRaisedError(trigger, "2026-01-05T03:04:09Z 8c2b Task timed out after 3.00 seconds"),
        "UserLambdaValidationException",
        "{} failed with error 2026-01-05T03:04:09Z 8c2b Task timed out after 3.00 seconds.",
    ),
    "cannot be loaded": (
        lambda trigger: FunctionNotLoadedError(trigger, "index.handler is undefined or not exported"),
        "UserLambdaValidationException",
        "{} failed with error index.handler is undefined or not exported.",
    ),
    "no answer in time": (
        NoAnswerInTimeError,
        "UnexpectedLambdaException",
        "{} invocation failed due to error Socket timeout while invoking Lambda function.",
    ),
    "may not be called": (
        lambda trigger: FunctionUnavailableError(trigger, "AccessDeniedException"),
        "UnexpectedLambdaException",
        "{} invocation failed due to error AccessDeniedException.",
    ),
    "is not there": (
        lambda trigger: FunctionUnavailableError(trigger, "ResourceNotFoundException"),
        "UnexpectedLambdaException",
        "{} invocation failed due to error ResourceNotFoundException.",
    ),
    "output does not fit": (
        lambda trigger: UnrecognizableOutputError(trigger, "userName is missing"),
        "InvalidLambdaResponseException",
        "Unrecognizable lambda output",
    ),
    "output is no JSON": (
        lambda trigger: OutputNotJsonError(trigger, "Expecting value at character 0"),
        "InvalidLambdaResponseException",
        "Invalid lambda function output : Invalid JSON",
    ),
}

ERRORS = [make(Trigger.PRE_SIGN_UP) for make, _, _ in TEXTS.values()]


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize("how", TEXTS)
def test_every_failure_of_every_trigger_has_the_services_code_and_text(how: str, trigger: Trigger) -> None:
    make, code, text = TEXTS[how]
    error = make(trigger)
    assert (error.code, error.service_message) == (code, text.format(trigger.value))


def test_the_table_names_every_class_of_trigger_error() -> None:
    def below(kind: type[TriggerError]) -> set[type[TriggerError]]:
        return {kind}.union(*(below(lower) for lower in kind.__subclasses__()))

    assert {type(error) for error in ERRORS} == below(TriggerError) - {TriggerError}


def test_output_that_is_no_json_is_output_that_does_not_fit() -> None:
    assert isinstance(OutputNotJsonError(Trigger.PRE_SIGN_UP, "it ends too early"), UnrecognizableOutputError)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (FunctionRaisedError(Trigger.PRE_SIGN_UP, "no"), "PreSignUp failed with error no."),
        (FunctionNotLoadedError(Trigger.PRE_SIGN_UP, "no"), "PreSignUp cannot be loaded: no"),
        (
            UnrecognizableOutputError(Trigger.PRE_SIGN_UP, "userName is missing"),
            "PreSignUp gave back what does not fit: userName is missing",
        ),
        (
            OutputNotJsonError(Trigger.PRE_SIGN_UP, "it ends too early"),
            "PreSignUp gave back what is no JSON: it ends too early",
        ),
        (
            UnreadableEventError(Trigger.PRE_SIGN_UP, "userName is missing"),
            "this is no event for PreSignUp: userName is missing",
        ),
    ],
)
def test_the_functions_author_is_told_what_is_wrong(error: AuthStepsError, text: str) -> None:
    assert str(error) == text


def pickled(error: AuthStepsError) -> AuthStepsError:
    twin: AuthStepsError = pickle.loads(pickle.dumps(error))  # noqa: S301  # it was written on this line
    return twin


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
@pytest.mark.parametrize("error", [*ERRORS, UnreadableEventError(Trigger.PRE_SIGN_UP, "userName is missing")])
def test_an_error_survives_being_copied_and_pickled(
    error: AuthStepsError, again: Callable[[AuthStepsError], AuthStepsError]
) -> None:
    twin = again(error)
    assert (type(twin), vars(twin), str(twin)) == (type(error), vars(error), str(error))
