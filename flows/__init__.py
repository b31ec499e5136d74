"""What auth is: the vocabulary, the flows as graphs, the arithmetic of SRP, and the verbs. Touches nothing outside.

``AuthService`` has the verbs for many people at once, ``AuthClient`` for one person, ``Account`` for somebody who is
signed in. ``steps`` holds what a person can be asked to do next, ``events`` what can happen, ``effects`` what can be
wanted. ``FLOWS`` holds the declared graphs by name.
"""

if __name__ != "authsteps.flows":
    raise ImportError(f"this is authsteps.flows; import it under that name, not as {__name__}")

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from authsteps.engine.driver import RunHandle
from authsteps.engine.flow import Flow

from . import effects, events, steps
from .account import Account
from .auth_events import AuthEvent, AuthEventKind, AuthEvents, AuthEventStream, MissedEventsError
from .client import AuthClient
from .errors import (
    AliasExistsError,
    AuthError,
    BackendContractError,
    BackendError,
    BackendUnavailableError,
    CodeDeliveryFailureError,
    CodeMismatchError,
    ConcurrentModificationError,
    DeviceKeyExistsError,
    DeviceNotTrackedError,
    DeviceRefusedError,
    EnableSoftwareTokenMFAError,
    ExpiredCodeError,
    ExternalServiceError,
    ForbiddenError,
    InvalidAccountTypeError,
    InvalidEmailRoleAccessPolicyError,
    InvalidIdentityPoolConfigurationError,
    InvalidInputError,
    InvalidLambdaResponseError,
    InvalidParameterError,
    InvalidPasswordError,
    InvalidSmsRoleAccessPolicyError,
    InvalidSmsRoleTrustRelationshipError,
    InvalidStateError,
    InvalidUserPoolConfigurationError,
    LambdaError,
    LimitExceededError,
    MFAMethodNotFoundError,
    NotAuthorizedError,
    PasswordHistoryPolicyViolationError,
    PasswordResetRequiredError,
    RefreshTokenReuseError,
    ResourceConflictError,
    ResourceNotFoundError,
    SessionExpiredError,
    SignedOutError,
    SoftwareTokenMFANotFoundError,
    TooManyFailedAttemptsError,
    UnauthorizedError,
    UnexpectedLambdaError,
    UnknownServiceError,
    UnsupportedOperationError,
    UnsupportedTokenTypeError,
    UserAlreadySignedInError,
    UserLambdaValidationError,
    UsernameExistsError,
    UserNotConfirmedError,
    UserNotFoundError,
    WebAuthnCeremonyError,
    WebAuthnChallengeNotFoundError,
    WebAuthnClientMismatchError,
    WebAuthnConfigurationMissingError,
    WebAuthnCredentialNotSupportedError,
    WebAuthnNotEnabledError,
    WebAuthnOriginNotAllowedError,
    WebAuthnRelyingPartyMismatchError,
)
from .federation import FederatedIdentity
from .model import (
    Answer,
    AuthFlow,
    AuthUser,
    AwsCredentials,
    ChallengeName,
    CodeDelivery,
    DeliveryMedium,
    Device,
    DeviceSecrets,
    FactorType,
    MfaPreference,
    MfaSetting,
    MfaType,
    NewPassword,
    Tokens,
    TotpSetup,
    WebAuthnCredential,
    WebAuthnCredentialInfo,
)
from .ports import Authenticator, Backend, DeviceStore, IdentityPool, TokenStore
from .profile import UpdateUserAttributeResult
from .reset_password import ResetPasswordContext, ResetPasswordState
from .reset_password import reset_password as _reset_password
from .service import AuthService, ResetPasswordResult, SignInResult, SignUpResult
from .session import AuthSession, Cell, SignOutComplete, SignOutFailed, SignOutPartial, SignOutResult
from .sign_in import sign_in as _sign_in
from .sign_in_context import SignInContext, SignInState
from .sign_up import SignUpContext, SignUpState
from .sign_up import sign_up as _sign_up
from .steps import NextStep
from .stores import MemoryDeviceStore, MemoryTokenStore

__all__ = [
    "FLOWS",
    "Account",
    "AliasExistsError",
    "Answer",
    "AuthClient",
    "AuthError",
    "AuthEvent",
    "AuthEventKind",
    "AuthEventStream",
    "AuthEvents",
    "AuthFlow",
    "AuthService",
    "AuthSession",
    "AuthUser",
    "Authenticator",
    "AwsCredentials",
    "Backend",
    "BackendContractError",
    "BackendError",
    "BackendUnavailableError",
    "Cell",
    "ChallengeName",
    "CodeDelivery",
    "CodeDeliveryFailureError",
    "CodeMismatchError",
    "ConcurrentModificationError",
    "DeliveryMedium",
    "Device",
    "DeviceKeyExistsError",
    "DeviceNotTrackedError",
    "DeviceRefusedError",
    "DeviceSecrets",
    "DeviceStore",
    "EnableSoftwareTokenMFAError",
    "ExpiredCodeError",
    "ExternalServiceError",
    "FactorType",
    "FederatedIdentity",
    "ForbiddenError",
    "IdentityPool",
    "InvalidAccountTypeError",
    "InvalidEmailRoleAccessPolicyError",
    "InvalidIdentityPoolConfigurationError",
    "InvalidInputError",
    "InvalidLambdaResponseError",
    "InvalidParameterError",
    "InvalidPasswordError",
    "InvalidSmsRoleAccessPolicyError",
    "InvalidSmsRoleTrustRelationshipError",
    "InvalidStateError",
    "InvalidUserPoolConfigurationError",
    "LambdaError",
    "LimitExceededError",
    "MFAMethodNotFoundError",
    "MemoryDeviceStore",
    "MemoryTokenStore",
    "MfaPreference",
    "MfaSetting",
    "MfaType",
    "MissedEventsError",
    "NewPassword",
    "NextStep",
    "NotAuthorizedError",
    "PasswordHistoryPolicyViolationError",
    "PasswordResetRequiredError",
    "RefreshTokenReuseError",
    "ResetPasswordContext",
    "ResetPasswordResult",
    "ResetPasswordState",
    "ResourceConflictError",
    "ResourceNotFoundError",
    "RunHandle",
    "SessionExpiredError",
    "SignInContext",
    "SignInResult",
    "SignInState",
    "SignOutComplete",
    "SignOutFailed",
    "SignOutPartial",
    "SignOutResult",
    "SignUpContext",
    "SignUpResult",
    "SignUpState",
    "SignedOutError",
    "SoftwareTokenMFANotFoundError",
    "TokenStore",
    "Tokens",
    "TooManyFailedAttemptsError",
    "TotpSetup",
    "UnauthorizedError",
    "UnexpectedLambdaError",
    "UnknownServiceError",
    "UnsupportedOperationError",
    "UnsupportedTokenTypeError",
    "UpdateUserAttributeResult",
    "UserAlreadySignedInError",
    "UserLambdaValidationError",
    "UserNotConfirmedError",
    "UserNotFoundError",
    "UsernameExistsError",
    "WebAuthnCeremonyError",
    "WebAuthnChallengeNotFoundError",
    "WebAuthnClientMismatchError",
    "WebAuthnConfigurationMissingError",
    "WebAuthnCredential",
    "WebAuthnCredentialInfo",
    "WebAuthnCredentialNotSupportedError",
    "WebAuthnNotEnabledError",
    "WebAuthnOriginNotAllowedError",
    "WebAuthnRelyingPartyMismatchError",
    "effects",
    "events",
    "steps",
]

FLOWS: Mapping[str, Flow[Any, Any]] = MappingProxyType(
    {flow.name: flow for flow in (_sign_in, _sign_up, _reset_password)}
)
"""Every declared flow, by its name. Their states and contexts differ, so no one type fits all."""
