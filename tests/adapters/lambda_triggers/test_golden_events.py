"""Events of every kind stand on the wire as the service sends them, member for member."""

from typing import Any

import pytest

from authsteps.adapters.lambda_triggers import (
    CUSTOM_MESSAGE,
    DEFINE_AUTH_CHALLENGE,
    KINDS,
    POST_CONFIRMATION,
    PRE_SIGN_UP,
    PRE_TOKEN_GENERATION_V1,
    USER_MIGRATION,
    Caller,
    ChallengeResult,
    CustomMessageRequest,
    DefineAuthChallengeRequest,
    GroupConfiguration,
    PostConfirmationRequest,
    PreSignUpRequest,
    PreTokenGenerationRequest,
    TriggerEvent,
    TriggerSource,
    UserMigrationRequest,
    from_wire,
    read_answer,
    to_wire,
)
from authsteps.engine.messages import Secret
from tests.adapters.lambda_triggers.golden_events import FOLDER, KIND_OF, AnyKind, golden

CLIENT = Caller("1example23456789")
ALICE = {
    "sub": "5f6a1d0e-3b7c-4c55-9d41-0a2f6e8b7c11",
    "cognito:user_status": "CONFIRMED",
    "email_verified": "true",
    "email": "alice@example.com",
}
WRITERS = "arn:aws:iam::123456789012:role/writers"


def event(kind: AnyKind, source: TriggerSource, request: object, user: str = "alice", caller: Caller = CLIENT) -> Any:
    """An event of the golden pool."""
    return TriggerEvent(
        kind=kind,
        source=source,
        region="eu-west-1",
        user_pool_id="eu-west-1_AbCdEf123",
        user_name=user,
        caller=caller,
        request=request,
        response=kind.answer(),
    )


BY_HAND = [
    event(
        PRE_SIGN_UP,
        TriggerSource.PRE_SIGN_UP_SIGN_UP,
        PreSignUpRequest(user_attributes={"email": "alice@example.com", "custom:invited_by": "bob"}),
    ),
    event(
        POST_CONFIRMATION,
        TriggerSource.POST_CONFIRMATION_CONFIRM_SIGN_UP,
        PostConfirmationRequest(user_attributes={**ALICE, "cognito:email_alias": "alice@example.com"}),
        caller=Caller(None, "aws-sdk-js-2.1639.0"),
    ),
    event(
        DEFINE_AUTH_CHALLENGE,
        TriggerSource.DEFINE_AUTH_CHALLENGE,
        DefineAuthChallengeRequest(
            user_attributes=ALICE,
            session=(
                ChallengeResult("SRP_A", challenge_result=True),
                ChallengeResult("PASSWORD_VERIFIER", challenge_result=True),
                ChallengeResult("CUSTOM_CHALLENGE", challenge_result=False, challenge_metadata="CODE-1"),
            ),
            client_metadata={"deviceLabel": "kitchen"},
        ),
    ),
    event(
        PRE_TOKEN_GENERATION_V1,
        TriggerSource.TOKEN_GENERATION_AUTHENTICATION,
        PreTokenGenerationRequest(
            user_attributes=ALICE,
            group_configuration=GroupConfiguration(
                groups_to_override=("readers", "writers"), iam_roles_to_override=(WRITERS,), preferred_role=WRITERS
            ),
            client_metadata={"deviceLabel": "kitchen"},
        ),
    ),
    event(
        USER_MIGRATION,
        TriggerSource.USER_MIGRATION_AUTHENTICATION,
        UserMigrationRequest(password=Secret("Passw0rd!"), validation_data={"deviceLabel": "kitchen"}),
        user="Alice@Example.com",
    ),
    event(
        CUSTOM_MESSAGE,
        TriggerSource.CUSTOM_MESSAGE_SIGN_UP,
        CustomMessageRequest(
            user_attributes={
                "sub": ALICE["sub"],
                "cognito:user_status": "UNCONFIRMED",
                "email": "alice@example.com",
            },
            link_parameter="{##Click Here##}",
            client_metadata={"locale": "cy-GB"},
        ),
    ),
]


def test_there_is_a_golden_event_of_every_kind_and_none_besides() -> None:
    assert {path.stem for path in FOLDER.iterdir()} == set(KIND_OF)
    assert set(KIND_OF.values()) == set(KINDS)


@pytest.mark.parametrize(("source", "kind"), KIND_OF.items())
def test_a_golden_event_that_is_read_and_written_again_is_the_same(source: str, kind: AnyKind) -> None:
    sent = golden(source)
    assert to_wire(from_wire(kind, sent)) == sent


@pytest.mark.parametrize(("source", "kind"), KIND_OF.items())
def test_a_golden_event_is_of_its_kind_and_filled_in_with_what_changes_nothing(source: str, kind: AnyKind) -> None:
    read = from_wire(kind, golden(source))
    assert (read.kind, read.source, read.response) == (kind, source, kind.answer())


@pytest.mark.parametrize(("source", "kind"), KIND_OF.items())
def test_an_event_given_back_as_it_was_changes_nothing(source: str, kind: AnyKind) -> None:
    assert read_answer(kind, golden(source), golden(source)) == kind.answer()


@pytest.mark.parametrize("made", BY_HAND, ids=[made.source for made in BY_HAND])
def test_an_event_made_by_hand_goes_out_as_the_golden_one_and_comes_in_as_itself(made: Any) -> None:
    sent = golden(made.source)
    assert to_wire(made) == sent
    assert from_wire(made.kind, sent) == made
