"""Our vocabulary beside AWS's own service model, so that something new there breaks a test here and not a user.

botocore ships the model. It changes with botocore's version, which the constraints pin.
"""

from collections.abc import Iterable
from functools import cache
from typing import Protocol, cast, get_args

import botocore.session
import pytest

from authsteps.adapters.cognito.protocol import BackendEffect, to_refusal
from authsteps.adapters.cognito.transport import ServiceError
from authsteps.flows import effects
from authsteps.flows.errors import (
    AuthError,
    BackendUnavailableError,
    SessionExpiredError,
    SignedOutError,
    UnknownServiceError,
    UserAlreadySignedInError,
    auth_error,
)
from authsteps.flows.model import AuthFlow, ChallengeName, MfaType


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
def model() -> Model:
    return cast("Model", botocore.session.get_session().get_service_model("cognito-idp"))


OPERATIONS = [kind.__name__.replace("SetUserMfaPreference", "SetUserMFAPreference") for kind in get_args(BackendEffect)]

DECIDED_HERE = (UserAlreadySignedInError, SignedOutError, SessionExpiredError, UnknownServiceError)
"""Refusals that no service sends: decided by ``AuthClient`` and ``Account``, or a code that has no class."""

UNAVAILABLE = {"TooManyRequestsException": 400, "InternalErrorException": 500}
"""No refusals: the service could not do its part. With the HTTP status that Cognito sends them with."""

WITHOUT_A_CLASS = {
    "OperationNotEnabledException",
    "FeatureUnavailableInTierException",
}
"""Newcomers of the model that no client maps to anything yet: ``UnknownServiceError`` with their code."""


def codes(shapes: Iterable[Shape]) -> set[str]:
    return {shape.name for shape in shapes}


def refused_by_our_operations() -> set[str]:
    return set[str]().union(*(codes(model().operation_model(name).error_shapes) for name in OPERATIONS))


def test_every_effect_of_the_backend_is_an_operation_of_the_model() -> None:
    assert set(OPERATIONS) <= set(model().operation_names)


def test_we_know_every_challenge_that_the_model_knows_and_no_other() -> None:
    assert {name.value for name in ChallengeName} == set(model().shape_for("ChallengeNameType").enum)


def test_our_ways_to_begin_and_our_second_factors_are_the_models() -> None:
    assert {flow.value for flow in AuthFlow} <= set(model().shape_for("AuthFlowType").enum)
    assert {factor.value for factor in MfaType} <= set(model().shape_for("ChallengeNameType").enum)


def test_every_code_that_we_have_a_class_for_is_in_the_model() -> None:
    ours = {kind.code for kind in AuthError.__subclasses__() if kind not in DECIDED_HERE}
    assert ours <= codes(model().error_shapes)


def test_every_class_is_named_after_its_code() -> None:
    for kind in AuthError.__subclasses__():
        if kind not in DECIDED_HERE:
            assert kind.__name__ == f"{kind.code.removesuffix('Exception')}Error"


def test_every_error_that_our_operations_can_raise_has_a_class() -> None:
    known = {code for code in refused_by_our_operations() if type(auth_error(code, "")) is not UnknownServiceError}
    assert refused_by_our_operations() - known - set(UNAVAILABLE) == WITHOUT_A_CLASS


def test_a_code_without_a_class_is_told_with_its_name() -> None:
    error = auth_error("OperationNotEnabledException", "Not here.", retryable=True)
    assert isinstance(error, UnknownServiceError)
    assert (error.service_code, error.retryable) == ("OperationNotEnabledException", True)
    assert str(error).startswith("OperationNotEnabledException: Not here; ")


@pytest.mark.parametrize("code", UNAVAILABLE)
def test_an_error_that_is_no_refusal_says_that_the_service_is_unavailable(code: str) -> None:
    with pytest.raises(BackendUnavailableError):
        to_refusal(effects.ForgotPassword("alice"), ServiceError(code, "", UNAVAILABLE[code]))


def test_every_error_says_what_to_do() -> None:
    for kind in AuthError.__subclasses__():
        assert kind.recovery
        assert kind.code
