"""The Lambda triggers of a user pool: their events and answers with types, and ways to run the functions behind them.

Everything goes through one border, ``TriggerRunner``: an event in wire form goes to a function, and what it gives back
comes out. Which function that is, and where it runs, no flow can tell: ``PythonFunction`` and ``NodeFunction`` run it
here, ``lambda_functions`` in Lambda, and ``ScriptedFunction`` plays it. ``load_function`` has one from a file.
``Triggers`` puts functions behind triggers, and asks them as the service does.

``custom_auth_handlers`` makes the functions of custom authentication from a flow that was declared once. The room
``linter`` checks such functions, whoever wrote them.
"""

from .code_encryption import CodeEncryption, EncryptedCodes
from .custom_auth import CustomAuthHandlers, LambdaHandler, custom_auth_handlers
from .errors import (
    FunctionNotLoadedError,
    FunctionRaisedError,
    FunctionUnavailableError,
    NoAnswerInTimeError,
    OutputNotJsonError,
    TriggerError,
    UnloadableFunctionError,
    UnrecognizableOutputError,
)
from .events import (
    CREATE_AUTH_CHALLENGE,
    CUSTOM_EMAIL_SENDER,
    CUSTOM_MESSAGE,
    CUSTOM_SMS_SENDER,
    DEFINE_AUTH_CHALLENGE,
    KINDS,
    POST_AUTHENTICATION,
    POST_CONFIRMATION,
    PRE_AUTHENTICATION,
    PRE_SIGN_UP,
    PRE_TOKEN_GENERATION_V1,
    PRE_TOKEN_GENERATION_V2,
    PRE_TOKEN_GENERATION_V3,
    USER_MIGRATION,
    VERIFY_AUTH_CHALLENGE_RESPONSE,
    Caller,
    Kind,
    TokenGenerationVersion,
    TriggerEvent,
)
from .names import Trigger, TriggerSource
from .port import TriggerRunner
from .requests import (
    ChallengeResult,
    CreateAuthChallengeRequest,
    CustomEmailSenderRequest,
    CustomMessageRequest,
    CustomSmsSenderRequest,
    DefineAuthChallengeRequest,
    GroupConfiguration,
    PostAuthenticationRequest,
    PostConfirmationRequest,
    PreAuthenticationRequest,
    PreSignUpRequest,
    PreTokenGenerationRequest,
    PreTokenGenerationV2Request,
    UserMigrationRequest,
    VerifyAuthChallengeResponseRequest,
)
from .responses import (
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
    UserMigrationAnswer,
    VerifyAuthChallengeResponseAnswer,
)
from .runners.function_context import FunctionContext
from .runners.lambda_functions import lambda_functions
from .runners.loading import load_function
from .runners.node_function import NodeFunction
from .runners.python_file import UnrunnableFileError, run_file
from .runners.python_function import Handler, PythonFunction
from .runners.scripted import ScriptedAnswer, ScriptedFunction, TriggerCall
from .triggers import Triggers
from .wire import (
    UnreadableEventError,
    from_wire,
    read_answer,
    to_wire,
    write_answer,
)

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
    "AccessTokenGeneration",
    "Caller",
    "ChallengeResult",
    "ClaimsAndScopeOverrideDetails",
    "ClaimsOverrideDetails",
    "CodeEncryption",
    "CreateAuthChallengeAnswer",
    "CreateAuthChallengeRequest",
    "CustomAuthHandlers",
    "CustomEmailSenderRequest",
    "CustomMessageAnswer",
    "CustomMessageRequest",
    "CustomSmsSenderRequest",
    "DefineAuthChallengeAnswer",
    "DefineAuthChallengeRequest",
    "EncryptedCodes",
    "FunctionContext",
    "FunctionNotLoadedError",
    "FunctionRaisedError",
    "FunctionUnavailableError",
    "GroupConfiguration",
    "GroupOverrideDetails",
    "Handler",
    "IdTokenGeneration",
    "Kind",
    "LambdaHandler",
    "NoAnswer",
    "NoAnswerInTimeError",
    "NodeFunction",
    "OutputNotJsonError",
    "PostAuthenticationRequest",
    "PostConfirmationRequest",
    "PreAuthenticationRequest",
    "PreSignUpAnswer",
    "PreSignUpRequest",
    "PreTokenGenerationAnswer",
    "PreTokenGenerationRequest",
    "PreTokenGenerationV2Answer",
    "PreTokenGenerationV2Request",
    "PythonFunction",
    "ScriptedAnswer",
    "ScriptedFunction",
    "TokenGenerationVersion",
    "Trigger",
    "TriggerCall",
    "TriggerError",
    "TriggerEvent",
    "TriggerRunner",
    "TriggerSource",
    "Triggers",
    "UnloadableFunctionError",
    "UnreadableEventError",
    "UnrecognizableOutputError",
    "UnrunnableFileError",
    "UserMigrationAnswer",
    "UserMigrationRequest",
    "VerifyAuthChallengeResponseAnswer",
    "VerifyAuthChallengeResponseRequest",
    "custom_auth_handlers",
    "from_wire",
    "lambda_functions",
    "load_function",
    "read_answer",
    "run_file",
    "to_wire",
    "write_answer",
]
