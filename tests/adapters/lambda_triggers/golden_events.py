"""Events as the service sends them, one of every kind: ``tests/data/trigger_events``.

The shapes are those of the Cognito developer guide, page by page; what is left out, and what is filled in before a
function is asked, is as in captured events (amplify-js#5834 and others). The values are made up.
"""

import json
from pathlib import Path
from typing import Any, TypeAlias

from authsteps.adapters.lambda_triggers import (
    CREATE_AUTH_CHALLENGE,
    CUSTOM_EMAIL_SENDER,
    CUSTOM_MESSAGE,
    CUSTOM_SMS_SENDER,
    DEFINE_AUTH_CHALLENGE,
    POST_AUTHENTICATION,
    POST_CONFIRMATION,
    PRE_AUTHENTICATION,
    PRE_SIGN_UP,
    PRE_TOKEN_GENERATION_V1,
    PRE_TOKEN_GENERATION_V2,
    PRE_TOKEN_GENERATION_V3,
    USER_MIGRATION,
    VERIFY_AUTH_CHALLENGE_RESPONSE,
    Kind,
)

AnyKind: TypeAlias = Kind[Any, Any]

FOLDER = Path(__file__).parents[2] / "data" / "trigger_events"

KIND_OF: dict[str, AnyKind] = {
    "PreSignUp_SignUp": PRE_SIGN_UP,
    "PreSignUp_AdminCreateUser": PRE_SIGN_UP,
    "PostConfirmation_ConfirmSignUp": POST_CONFIRMATION,
    "PreAuthentication_Authentication": PRE_AUTHENTICATION,
    "PostAuthentication_Authentication": POST_AUTHENTICATION,
    "DefineAuthChallenge_Authentication": DEFINE_AUTH_CHALLENGE,
    "CreateAuthChallenge_Authentication": CREATE_AUTH_CHALLENGE,
    "VerifyAuthChallengeResponse_Authentication": VERIFY_AUTH_CHALLENGE_RESPONSE,
    "TokenGeneration_Authentication": PRE_TOKEN_GENERATION_V1,
    "TokenGeneration_NewPasswordChallenge": PRE_TOKEN_GENERATION_V2,
    "TokenGeneration_HostedAuth": PRE_TOKEN_GENERATION_V3,
    "UserMigration_Authentication": USER_MIGRATION,
    "UserMigration_ForgotPassword": USER_MIGRATION,
    "CustomMessage_SignUp": CUSTOM_MESSAGE,
    "CustomMessage_AdminCreateUser": CUSTOM_MESSAGE,
    "CustomEmailSender_SignUp": CUSTOM_EMAIL_SENDER,
    "CustomSMSSender_Authentication": CUSTOM_SMS_SENDER,
}
"""Which kind of event stands in which file, by its ``triggerSource``."""


def golden(source: str) -> dict[str, Any]:
    """The event of an occasion, as the service sends it."""
    event: dict[str, Any] = json.loads((FOLDER / f"{source}.json").read_text(encoding="utf-8"))
    return event
