"""Our vocabulary beside AWS's own service model, so that something new there breaks a test here and not a user.

botocore ships the model. It changes with botocore's version, which the constraints pin.
"""

from collections.abc import Iterable
from functools import cache
from typing import Protocol, cast, get_args

import botocore.session
import pytest

from authsteps.adapters.cognito.identity_pool import IdentityEffect
from authsteps.adapters.cognito.protocol import BackendEffect, CognitoConfig, to_event, to_refusal, to_request
from authsteps.adapters.cognito.token_errors import TokenRefusedError
from authsteps.adapters.cognito.transport import ServiceError
from authsteps.engine.messages import Event
from authsteps.flows import effects, events
from authsteps.flows.errors import (
    AuthError,
    BackendUnavailableError,
    DeviceNotTrackedError,
    InvalidAccountTypeError,
    InvalidStateError,
    LambdaError,
    SessionExpiredError,
    SignedOutError,
    UnknownServiceError,
    UserAlreadySignedInError,
    WebAuthnCeremonyError,
    auth_error,
)
from authsteps.flows.model import AuthFlow, ChallengeName, FactorType, MfaType


class Shape(Protocol):
    """What is read of a shape in botocore's model."""

    name: str
    enum: list[str]


class Operation(Protocol):
    error_shapes: list[Shape]


class Model(Protocol):
    """What is read of botocore's model, whose stubs leave most of it open."""

    operation_names: list[str]
    error_shapes: list[Shape]

    def shape_for(self, name: str) -> Shape: ...

    def operation_model(self, name: str) -> Operation: ...


@cache
def model(service: str = "cognito-idp") -> Model:
    return cast("Model", botocore.session.get_session().get_service_model(service))


SPELT_OTHERWISE = {"SetUserMfaPreference": "SetUserMFAPreference", "RespondWithDevice": "RespondToAuthChallenge"}
"""Effects that are not named after their operation."""

NAMES: list[str] = [kind.__name__ for kind in get_args(BackendEffect)]
OPERATIONS = {SPELT_OTHERWISE.get(name, name) for name in NAMES}
OF_IDENTITY_POOLS = {kind.__name__ for kind in get_args(IdentityEffect)}

ON_THE_WIRE = {"CUSTOM_AUTH_WITH_SRP": "CUSTOM_AUTH", "CUSTOM_AUTH_WITHOUT_SRP": "CUSTOM_AUTH"}
"""Ways to begin that are one on the wire."""

LEFT_TO_OTHERS = {
    "REFRESH_TOKEN_AUTH",
    "REFRESH_TOKEN",
    "ADMIN_NO_SRP_AUTH",
    "ADMIN_USER_PASSWORD_AUTH",
}
"""Ways to begin that are none for a person: a refresh has an operation of its own, and an administrator is a server."""

NO_STEP = {ChallengeName.ADMIN_NO_SRP_AUTH}
"""Challenges that no client is asked."""

NO_CHALLENGE_YET = {"SOFTWARE_TOKEN"}
"""Newcomers among the first factors that a pool can allow, which no challenge is named after."""

DECIDED_HERE = (
    DeviceNotTrackedError,
    InvalidAccountTypeError,
    InvalidStateError,
    SessionExpiredError,
    SignedOutError,
    TokenRefusedError,
    UnknownServiceError,
    UserAlreadySignedInError,
    WebAuthnCeremonyError,
)
"""Refusals that no service sends: decided by the verbs or about a token, or a code that has no class."""

UNAVAILABLE = {"TooManyRequestsException": 400, "InternalErrorException": 500}
"""No refusals: the service could not do its part. With the HTTP status that Cognito sends them with."""

WITHOUT_A_CLASS = {
    "OperationNotEnabledException",
    "FeatureUnavailableInTierException",
}
"""Newcomers of the model that no client maps to anything yet: ``UnknownServiceError`` with their code."""


def codes(shapes: Iterable[Shape]) -> set[str]:
    return {shape.name for shape in shapes}


def refused(service: str, operations: Iterable[str]) -> set[str]:
    return set[str]().union(*(codes(model(service).operation_model(name).error_shapes) for name in operations))


def refused_by_our_operations() -> set[str]:
    return refused("cognito-idp", OPERATIONS) | refused("cognito-identity", OF_IDENTITY_POOLS)


def test_every_effect_of_a_backend_and_an_identity_pool_is_an_operation_of_the_model() -> None:
    assert set(model().operation_names) >= OPERATIONS
    assert set(model("cognito-identity").operation_names) >= OF_IDENTITY_POOLS


def test_we_know_every_challenge_that_the_model_knows_and_no_other() -> None:
    assert {name.value for name in ChallengeName} == set(model().shape_for("ChallengeNameType").enum)


def test_every_challenge_but_one_has_an_event_of_its_own() -> None:
    without = {name for name in ChallengeName if isinstance(asked(name), events.UnknownChallenged)}
    assert without == NO_STEP


def asked(challenge: ChallengeName) -> Event:
    effect = effects.InitiateAuth(AuthFlow.USER_AUTH, "alice")
    parameters = {"MFAS_CAN_CHOOSE": '["SMS_MFA"]', "MFAS_CAN_SETUP": '["EMAIL_OTP"]'}
    return to_event(effect, {"ChallengeName": challenge.value, "ChallengeParameters": parameters})


def test_our_ways_to_begin_are_the_models_but_for_those_that_are_none_for_a_person() -> None:
    ours = {ON_THE_WIRE.get(flow.value, flow.value) for flow in AuthFlow}
    assert ours == set(model().shape_for("AuthFlowType").enum) - LEFT_TO_OTHERS
    config = CognitoConfig("eu-west-1_AbCdEf", "client")
    for flow in AuthFlow:
        _, request = to_request(effects.InitiateAuth(flow, "alice"), config)
        assert request["AuthFlow"] == ON_THE_WIRE.get(flow.value, flow.value)


def test_our_factors_are_the_models() -> None:
    challenges = set(model().shape_for("ChallengeNameType").enum)
    assert {factor.value for factor in MfaType} <= challenges
    assert {factor.value for factor in FactorType} <= challenges
    # The model lists what a pool can allow; SRP is another way to ask for the same password.
    allowed = set(model().shape_for("AuthFactorType").enum) - NO_CHALLENGE_YET
    assert {factor.value for factor in FactorType} - {"PASSWORD_SRP"} == allowed
    assert not NO_CHALLENGE_YET & challenges


def test_every_code_that_we_have_a_class_for_is_in_a_model() -> None:
    ours = {kind.code for kind in AuthError.__subclasses__() if kind not in DECIDED_HERE}
    assert ours <= codes(model().error_shapes) | codes(model("cognito-identity").error_shapes)


def test_every_class_is_named_after_its_code() -> None:
    for kind in AuthError.__subclasses__():
        if kind not in DECIDED_HERE:
            assert kind.__name__ == f"{kind.code.removesuffix('Exception')}Error"


def test_what_was_decided_here_has_a_code_that_no_service_sends() -> None:
    sent = codes(model().error_shapes) | codes(model("cognito-identity").error_shapes)
    assert not sent & {kind.code for kind in DECIDED_HERE}


def test_every_error_that_our_operations_can_raise_has_a_class() -> None:
    known = {code for code in refused_by_our_operations() if type(auth_error(code, "")) is not UnknownServiceError}
    assert refused_by_our_operations() - known - set(UNAVAILABLE) == WITHOUT_A_CLASS


def test_a_code_without_a_class_is_told_with_its_name() -> None:
    error = auth_error("OperationNotEnabledException", "Not here.", retryable=True)
    assert isinstance(error, UnknownServiceError)
    assert (error.service_code, error.retryable) == ("OperationNotEnabledException", True)
    assert str(error).startswith("OperationNotEnabledException: Not here; ")


@pytest.mark.parametrize(
    "message", ["PreSignUp failed with error Not from there.", "PreSignUp failed with error two\nlines.."]
)
def test_a_code_without_a_class_whose_text_says_that_a_trigger_failed_names_the_trigger(message: str) -> None:
    error = auth_error("BrandNewLambdaException", message, retryable=True)
    assert isinstance(error, LambdaError)
    assert (error.service_code, error.trigger, error.retryable) == ("BrandNewLambdaException", "PreSignUp", True)
    assert str(error).endswith("; see what the trigger says, or its log")


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("BrandNewException", "PreSignUp failed."),
        ("BrandNewException", "The trigger PreSignUp failed with error no."),
        ("BrandNewException", "PreSignUp failed with error no"),
        ("UserLambdaValidationException", "PreSignUp failed with error no."),
        ("NotAuthorizedException", "PreAuthentication failed with error no."),
    ],
)
def test_no_other_refusal_is_a_triggers(code: str, message: str) -> None:
    assert not isinstance(auth_error(code, message), LambdaError)


@pytest.mark.parametrize("code", UNAVAILABLE)
def test_an_error_that_is_no_refusal_says_that_the_service_is_unavailable(code: str) -> None:
    with pytest.raises(BackendUnavailableError):
        to_refusal(effects.ForgotPassword("alice"), ServiceError(code, "", UNAVAILABLE[code]))


def test_every_error_says_what_to_do() -> None:
    for kind in AuthError.__subclasses__():
        assert kind.recovery
        assert kind.code
