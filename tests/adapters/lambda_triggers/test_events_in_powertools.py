"""Events read and answered as handlers do it: with AWS's own classes for them, in Powertools for Lambda.

Its properties have the names of our fields, so each of them must give what the field holds; and what a handler sets
with it must be read as the answer that it means.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, cast

import attrs
import pytest
from aws_lambda_powertools.utilities.data_classes import cognito_user_pool_event as powertools
from aws_lambda_powertools.utilities.data_classes.common import DictWrapper

from authsteps.adapters.lambda_triggers import (
    AccessTokenGeneration,
    ClaimsAndScopeOverrideDetails,
    ClaimsOverrideDetails,
    CreateAuthChallengeAnswer,
    CustomMessageAnswer,
    DefineAuthChallengeAnswer,
    GroupOverrideDetails,
    IdTokenGeneration,
    NoAnswer,
    PreSignUpAnswer,
    PreTokenGenerationAnswer,
    PreTokenGenerationV2Answer,
    Trigger,
    UserMigrationAnswer,
    VerifyAuthChallengeResponseAnswer,
    from_wire,
    read_answer,
    to_wire,
)
from authsteps.engine.messages import Secret
from tests.adapters.lambda_triggers.golden_events import KIND_OF, AnyKind, golden

READERS: dict[Trigger, type[powertools.BaseTriggerEvent]] = {
    Trigger.PRE_SIGN_UP: powertools.PreSignUpTriggerEvent,
    Trigger.POST_CONFIRMATION: powertools.PostConfirmationTriggerEvent,
    Trigger.PRE_AUTHENTICATION: powertools.PreAuthenticationTriggerEvent,
    Trigger.POST_AUTHENTICATION: powertools.PostAuthenticationTriggerEvent,
    Trigger.DEFINE_AUTH_CHALLENGE: powertools.DefineAuthChallengeTriggerEvent,
    Trigger.CREATE_AUTH_CHALLENGE: powertools.CreateAuthChallengeTriggerEvent,
    Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: powertools.VerifyAuthChallengeResponseTriggerEvent,
    Trigger.PRE_TOKEN_GENERATION: powertools.PreTokenGenerationTriggerEvent,
    Trigger.USER_MIGRATION: powertools.UserMigrationTriggerEvent,
    Trigger.CUSTOM_MESSAGE: powertools.CustomMessageTriggerEvent,
    Trigger.CUSTOM_EMAIL_SENDER: powertools.CustomEmailSenderTriggerEvent,
    Trigger.CUSTOM_SMS_SENDER: powertools.CustomSMSSenderTriggerEvent,
}


def reader(kind: AnyKind, event: Mapping[str, Any]) -> Any:
    """Powertools' reader of an event, which comes to it as JSON."""
    reads = READERS[kind.trigger] if kind.version == "1" else powertools.PreTokenGenerationV2TriggerEvent
    return reads(json.loads(json.dumps(event)))


def properties(read: DictWrapper) -> set[str]:
    """What Powertools knows of a part of an event."""
    return {name for name in dir(type(read)) if isinstance(getattr(type(read), name), property)} - {"raw_event"}


def fields(value: attrs.AttrsInstance) -> dict[str, Any]:
    """What an object of ours holds, made comparable."""
    return {field.name: comparable(getattr(value, field.name)) for field in attrs.fields(type(value))}


def given_by(read: DictWrapper) -> dict[str, Any]:
    """What a reader gives, made comparable."""
    given: dict[str, Any] = {}
    for name in properties(read):
        try:
            given[name] = comparable(getattr(read, name))
        except KeyError:  # some properties do not allow for what is left out
            given[name] = None
    return given


def comparable(value: Any) -> Any:
    """A value without the types of either; Powertools says ``{}`` and ``[]`` of what is not there."""
    if isinstance(value, DictWrapper):
        return given_by(value)
    if hasattr(value, "__attrs_attrs__"):
        return fields(value)
    if isinstance(value, tuple | list):
        return [comparable(entry) for entry in cast("Sequence[object]", value)] or None
    if isinstance(value, Secret):
        return value.reveal()
    return None if value == {} else value


@pytest.mark.parametrize(("source", "kind"), KIND_OF.items())
def test_powertools_reads_of_a_request_what_the_typed_one_holds_and_nothing_more(source: str, kind: AnyKind) -> None:
    event = from_wire(kind, golden(source))
    assert given_by(reader(kind, to_wire(event)).request) == fields(event.request)


@pytest.mark.parametrize(("source", "kind"), KIND_OF.items())
def test_powertools_reads_of_an_envelope_what_the_typed_one_holds(source: str, kind: AnyKind) -> None:
    event = from_wire(kind, golden(source))
    read = reader(kind, to_wire(event))
    assert (read.version, read.trigger_source, read.region) == (kind.version, event.source, event.region)
    assert (read.user_pool_id, read.user_name) == (event.user_pool_id, event.user_name)
    assert given_by(read.caller_context) == fields(event.caller)


Handler: TypeAlias = Callable[[Any], None]


def confirms(event: Any) -> None:
    event.response.auto_confirm_user = True
    event.response.auto_verify_email = True
    event.response.auto_verify_phone = False


def asks(event: Any) -> None:
    event.response.challenge_name = "CUSTOM_CHALLENGE"
    event.response.issue_tokens = False
    event.response.fail_authentication = False


def makes(event: Any) -> None:
    event.response.public_challenge_parameters = {"hint": "six digits"}
    event.response.private_challenge_parameters = {"answer": "271828"}
    event.response.challenge_metadata = "CODE-2"


def judges(event: Any) -> None:
    event.response.answer_correct = True


def adds_claims(event: Any) -> None:
    details = event.response.claims_override_details
    details.claims_to_add_or_override = {"tenant": "north"}
    details.claims_to_suppress = ["email"]
    details.set_group_configuration_groups_to_override(["readers"])
    details.set_group_configuration_iam_roles_to_override(["role"])
    details.set_group_configuration_preferred_role("role")


def takes_groups_away(event: Any) -> None:
    event.response.claims_override_details.group_configuration = None


def adds_claims_and_scopes(event: Any) -> None:
    details = event.response.claims_scope_override_details
    details.id_token_generation.claims_to_add_or_override = {"tenant": {"name": "north", "seats": [1, 2.5, None]}}
    details.id_token_generation.claims_to_suppress = ["email"]
    details.access_token_generation.claims_to_add_or_override = {"trial": False}
    details.access_token_generation.claims_to_suppress = ["device_key"]
    details.access_token_generation.scopes_to_add = ["orders/read"]
    details.access_token_generation.scopes_to_suppress = ["openid"]
    details.group_configuration = {"groupsToOverride": []}


def finds(event: Any) -> None:
    event.response.user_attributes = {"email": "alice@example.com", "email_verified": "true"}
    event.response.final_user_status = "CONFIRMED"
    event.response.message_action = "SUPPRESS"
    event.response.desired_delivery_mediums = ["EMAIL", "SMS"]
    event.response.force_alias_creation = True
    event.response.enable_sms_mfa = False


def words(event: Any) -> None:
    event.response.sms_message = "Your code is {####}"
    event.response.email_message = "<p>{##Click Here##}</p>"
    event.response.email_subject = "Croeso"


ANSWERS: list[tuple[str, Handler, object]] = [
    ("PreSignUp_SignUp", confirms, PreSignUpAnswer(auto_confirm_user=True, auto_verify_email=True)),
    (
        "DefineAuthChallenge_Authentication",
        asks,
        DefineAuthChallengeAnswer(challenge_name="CUSTOM_CHALLENGE", issue_tokens=False, fail_authentication=False),
    ),
    (
        "CreateAuthChallenge_Authentication",
        makes,
        CreateAuthChallengeAnswer(
            public_challenge_parameters={"hint": "six digits"},
            private_challenge_parameters={"answer": "271828"},
            challenge_metadata="CODE-2",
        ),
    ),
    ("VerifyAuthChallengeResponse_Authentication", judges, VerifyAuthChallengeResponseAnswer(answer_correct=True)),
    (
        "TokenGeneration_Authentication",
        adds_claims,
        PreTokenGenerationAnswer(
            claims_override_details=ClaimsOverrideDetails(
                claims_to_add_or_override={"tenant": "north"},
                claims_to_suppress=("email",),
                group_override_details=GroupOverrideDetails(
                    groups_to_override=("readers",), iam_roles_to_override=("role",), preferred_role="role"
                ),
            )
        ),
    ),
    (
        "TokenGeneration_Authentication",
        takes_groups_away,
        PreTokenGenerationAnswer(
            claims_override_details=ClaimsOverrideDetails(group_override_details=GroupOverrideDetails())
        ),
    ),
    (
        "TokenGeneration_HostedAuth",
        adds_claims_and_scopes,
        PreTokenGenerationV2Answer(
            claims_and_scope_override_details=ClaimsAndScopeOverrideDetails(
                id_token_generation=IdTokenGeneration(
                    claims_to_add_or_override={"tenant": {"name": "north", "seats": [1, 2.5, None]}},
                    claims_to_suppress=("email",),
                ),
                access_token_generation=AccessTokenGeneration(
                    claims_to_add_or_override={"trial": False},
                    claims_to_suppress=("device_key",),
                    scopes_to_add=("orders/read",),
                    scopes_to_suppress=("openid",),
                ),
                group_override_details=GroupOverrideDetails(groups_to_override=()),
            )
        ),
    ),
    (
        "UserMigration_Authentication",
        finds,
        UserMigrationAnswer(
            user_attributes={"email": "alice@example.com", "email_verified": "true"},
            final_user_status="CONFIRMED",
            message_action="SUPPRESS",
            desired_delivery_mediums=("EMAIL", "SMS"),
            force_alias_creation=True,
            enable_sms_mfa=False,
        ),
    ),
    (
        "CustomMessage_SignUp",
        words,
        CustomMessageAnswer(
            sms_message="Your code is {####}", email_message="<p>{##Click Here##}</p>", email_subject="Croeso"
        ),
    ),
]


@pytest.mark.parametrize(("source", "handler", "answer"), ANSWERS, ids=[row[1].__name__ for row in ANSWERS])
def test_what_a_handler_sets_with_powertools_is_the_answer_that_is_read(
    source: str, handler: Handler, answer: object
) -> None:
    kind, sent = KIND_OF[source], golden(source)
    event = reader(kind, sent)
    handler(event)
    assert read_answer(kind, sent, event.raw_event) == answer


def test_every_trigger_that_can_answer_anything_answers_something_here() -> None:
    silent = {kind.trigger for kind in KIND_OF.values() if kind.answer is NoAnswer}
    assert {KIND_OF[source].trigger for source, _, _ in ANSWERS} == set(Trigger) - silent
