"""The event of every trigger, with types: what all of them share, and a table of which goes with which.

``Kind`` binds a trigger to the shapes of its request and its answer. PreTokenGeneration has three, one for each version
that a pool may be set up with.

Source: Cognito developer guide, 'Customizing user pool workflows with Lambda triggers'.
"""

from enum import StrEnum
from typing import Final, Generic, TypeVar

import attrs

from . import requests, responses
from .names import Trigger, TriggerSource

__all__ = [
    "CREATE_AUTH_CHALLENGE",
    "CUSTOM_EMAIL_SENDER",
    "CUSTOM_MESSAGE",
    "CUSTOM_SMS_SENDER",
    "DEFINE_AUTH_CHALLENGE",
    "KINDS",
    "POST_AUTHENTICATION",
    "POST_CONFIRMATION",
    "PRE_AUTHENTICATION",
    "PRE_SIGN_UP",
    "PRE_TOKEN_GENERATION_V1",
    "PRE_TOKEN_GENERATION_V2",
    "PRE_TOKEN_GENERATION_V3",
    "USER_MIGRATION",
    "VERIFY_AUTH_CHALLENGE_RESPONSE",
    "Caller",
    "Kind",
    "TokenGenerationVersion",
    "TriggerEvent",
]

Q = TypeVar("Q", bound=attrs.AttrsInstance)
A = TypeVar("A", bound=attrs.AttrsInstance)


class TokenGenerationVersion(StrEnum):
    """Which events a pool's PreTokenGeneration gets, as ``PreTokenGenerationConfig`` names them."""

    V1_0 = "V1_0"
    """Changes the ID token and groups; in every tier."""
    V2_0 = "V2_0"
    """Changes both tokens; needs ESSENTIALS or PLUS."""
    V3_0 = "V3_0"
    """As V2_0, and is asked for tokens of machines as well."""


@attrs.frozen
class Kind(Generic[Q, A]):
    """A trigger with the shapes of its event.

    Attributes:
        trigger: The trigger.
        request: What it is told.
        answer: What it answers. Made without arguments, it is what the pool fills in before it asks.
        version: The version of the event.
    """

    trigger: Trigger
    request: type[Q]
    answer: type[A]
    version: str = "1"


@attrs.frozen
class Caller:
    """Who called the service: ``callerContext``.

    Attributes:
        client_id: Through which app client; ``None`` where an administrator confirms somebody, and
            ``CLIENT_ID_NOT_APPLICABLE`` where one makes an account.
        aws_sdk_version: With which software.
    """

    client_id: str | None
    aws_sdk_version: str = "aws-sdk-unknown-unknown"


@attrs.frozen(kw_only=True)
class TriggerEvent(Generic[Q, A]):
    """An event for a trigger.

    Attributes:
        kind: Which trigger, and with which shapes.
        source: The occasion.
        region: The pool's region.
        user_pool_id: The pool.
        user_name: The canonical name; where there is no such user, and for UserMigration, the name as typed.
        caller: Who called the service.
        request: What the trigger is told.
        response: What it answers; until it does, what the pool filled in.
    """

    kind: Kind[Q, A]
    source: TriggerSource
    region: str
    user_pool_id: str
    user_name: str
    caller: Caller
    request: Q
    response: A


PRE_SIGN_UP: Final = Kind(Trigger.PRE_SIGN_UP, requests.PreSignUpRequest, responses.PreSignUpAnswer)
POST_CONFIRMATION: Final = Kind(Trigger.POST_CONFIRMATION, requests.PostConfirmationRequest, responses.NoAnswer)
PRE_AUTHENTICATION: Final = Kind(Trigger.PRE_AUTHENTICATION, requests.PreAuthenticationRequest, responses.NoAnswer)
POST_AUTHENTICATION: Final = Kind(Trigger.POST_AUTHENTICATION, requests.PostAuthenticationRequest, responses.NoAnswer)
DEFINE_AUTH_CHALLENGE: Final = Kind(
    Trigger.DEFINE_AUTH_CHALLENGE, requests.DefineAuthChallengeRequest, responses.DefineAuthChallengeAnswer
)
CREATE_AUTH_CHALLENGE: Final = Kind(
    Trigger.CREATE_AUTH_CHALLENGE, requests.CreateAuthChallengeRequest, responses.CreateAuthChallengeAnswer
)
VERIFY_AUTH_CHALLENGE_RESPONSE: Final = Kind(
    Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE,
    requests.VerifyAuthChallengeResponseRequest,
    responses.VerifyAuthChallengeResponseAnswer,
)
PRE_TOKEN_GENERATION_V1: Final = Kind(
    Trigger.PRE_TOKEN_GENERATION, requests.PreTokenGenerationRequest, responses.PreTokenGenerationAnswer
)
PRE_TOKEN_GENERATION_V2: Final = Kind(
    Trigger.PRE_TOKEN_GENERATION, requests.PreTokenGenerationV2Request, responses.PreTokenGenerationV2Answer, "2"
)
PRE_TOKEN_GENERATION_V3: Final = attrs.evolve(PRE_TOKEN_GENERATION_V2, version="3")
USER_MIGRATION: Final = Kind(Trigger.USER_MIGRATION, requests.UserMigrationRequest, responses.UserMigrationAnswer)
CUSTOM_MESSAGE: Final = Kind(Trigger.CUSTOM_MESSAGE, requests.CustomMessageRequest, responses.CustomMessageAnswer)
CUSTOM_EMAIL_SENDER: Final = Kind(Trigger.CUSTOM_EMAIL_SENDER, requests.CustomEmailSenderRequest, responses.NoAnswer)
CUSTOM_SMS_SENDER: Final = Kind(Trigger.CUSTOM_SMS_SENDER, requests.CustomSmsSenderRequest, responses.NoAnswer)

KINDS: Final = (
    PRE_SIGN_UP,
    POST_CONFIRMATION,
    PRE_AUTHENTICATION,
    POST_AUTHENTICATION,
    DEFINE_AUTH_CHALLENGE,
    CREATE_AUTH_CHALLENGE,
    VERIFY_AUTH_CHALLENGE_RESPONSE,
    PRE_TOKEN_GENERATION_V1,
    PRE_TOKEN_GENERATION_V2,
    PRE_TOKEN_GENERATION_V3,
    USER_MIGRATION,
    CUSTOM_MESSAGE,
    CUSTOM_EMAIL_SENDER,
    CUSTOM_SMS_SENDER,
)
"""Every kind of event."""
