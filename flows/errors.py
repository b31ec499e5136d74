"""Everything that the verbs raise beside the engine's own errors.

::

    AuthStepsError
      InvalidInputError           what was given cannot be an answer here; nothing was sent
      AuthError                   an expected refusal, one class for each of Cognito's codes
      BackendError
        BackendUnavailableError   no answer, or none of use; says when to try again and whether the run is in doubt
        BackendContractError      a reply that does not fit the documented contract

The classes of ``AuthError`` are named after Cognito's exceptions, with ``Error`` for ``Exception``.

Source: the service model of cognito-idp for the codes; the error tables of AWS Amplify Auth for what to advise.
"""

import re
from datetime import timedelta
from typing import ClassVar

import attrs

from authsteps.engine.errors import AuthStepsError, UnansweredError
from authsteps.engine.messages import Failure

__all__ = [
    "AliasExistsError",
    "AuthError",
    "BackendContractError",
    "BackendError",
    "BackendUnavailableError",
    "CodeDeliveryFailureError",
    "CodeMismatchError",
    "ConcurrentModificationError",
    "DeviceKeyExistsError",
    "DeviceMissing",
    "DeviceNotTrackedError",
    "DeviceRefusal",
    "DeviceRefusedError",
    "EnableSoftwareTokenMFAError",
    "ExpiredCodeError",
    "ExternalServiceError",
    "ForbiddenError",
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
    "NotAuthorizedError",
    "PasswordHistoryPolicyViolationError",
    "PasswordResetRequiredError",
    "RefreshTokenReuseError",
    "Refusal",
    "ResourceConflictError",
    "ResourceNotFoundError",
    "SessionExpiredError",
    "SignedOutError",
    "SoftwareTokenMFANotFoundError",
    "TooManyFailedAttemptsError",
    "UnauthorizedError",
    "UnexpectedLambdaError",
    "UnknownServiceError",
    "UnreadableReply",
    "UnsupportedOperationError",
    "UnsupportedTokenTypeError",
    "UserAlreadySignedInError",
    "UserLambdaValidationError",
    "UserNotConfirmedError",
    "UserNotFoundError",
    "UsernameExistsError",
    "WebAuthnCeremonyError",
    "WebAuthnChallengeNotFoundError",
    "WebAuthnClientMismatchError",
    "WebAuthnConfigurationMissingError",
    "WebAuthnCredentialNotSupportedError",
    "WebAuthnNotEnabledError",
    "WebAuthnOriginNotAllowedError",
    "WebAuthnRelyingPartyMismatchError",
    "auth_error",
]


class InvalidInputError(AuthStepsError):
    """What was given cannot be an answer here. Nothing was sent.

    Attributes:
        field: What it is about, such as ``username``.
        problem: What is wrong with it, without quoting it.
        remedy: What to do.
    """

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(field, problem, remedy)
        self.field = field
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.field} {self.problem}; {self.remedy}"


class AuthError(AuthStepsError):
    """An expected refusal.

    Attributes:
        code: Cognito's exception name, or a name of ours where the refusal was decided here.
        message: The service's own text.
        retryable: Whether what was asked still stands, so that another answer may be given.
        recovery: What to do.
    """

    code: ClassVar[str] = ""
    recovery: ClassVar[str] = "start again"

    def __init__(self, message: str, *, retryable: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.retryable = retryable

    def __str__(self) -> str:
        return f"{self.message.rstrip('.') or type(self).__name__}; {self.recovery}"


class UnknownServiceError(AuthError):
    """A refusal with a code that this version does not know.

    Attributes:
        service_code: The code that came.
    """

    code = "UnknownServiceException"
    recovery = "look the code up in the service's reference, and report it if it is documented there"

    def __init__(self, service_code: str, message: str, *, retryable: bool = False) -> None:
        super().__init__(f"{service_code}: {message}", retryable=retryable)
        self.service_code = service_code


class LambdaError(UnknownServiceError):
    """A refusal with a code that this version does not know, and whose text says that a trigger failed.

    Attributes:
        trigger: The trigger, as the text names it, such as ``PreSignUp``.
    """

    recovery = "see what the trigger says, or its log"

    def __init__(self, service_code: str, message: str, *, trigger: str, retryable: bool = False) -> None:
        super().__init__(service_code, message, retryable=retryable)
        self.trigger = trigger


class AliasExistsError(AuthError):
    """Another user has this e-mail address or phone number."""

    code = "AliasExistsException"
    recovery = "use another e-mail address or phone number for this user"


class CodeDeliveryFailureError(AuthError):
    """The code could not be sent."""

    code = "CodeDeliveryFailureException"
    recovery = "check the destination and ask for another code"


class CodeMismatchError(AuthError):
    """The code is wrong."""

    code = "CodeMismatchException"
    recovery = "try again with the right code"


class ConcurrentModificationError(AuthError):
    """Two operations met."""

    code = "ConcurrentModificationException"
    recovery = "do not run such operations side by side; try again"


class DeviceKeyExistsError(AuthError):
    """The device was confirmed before."""

    code = "DeviceKeyExistsException"
    recovery = "use the secrets that it was confirmed with"


class EnableSoftwareTokenMFAError(AuthError):
    """The code of the authenticator app is wrong while it is being set up."""

    code = "EnableSoftwareTokenMFAException"
    recovery = "try again with the code that the app shows now"


class ExpiredCodeError(AuthError):
    """The code has expired, was replaced, or was used already."""

    code = "ExpiredCodeException"
    recovery = "ask for a new code"


class ForbiddenError(AuthError):
    """The web firewall in front of the pool refused the request."""

    code = "ForbiddenException"
    recovery = "check the web ACL that is attached to the pool"


class InvalidEmailRoleAccessPolicyError(AuthError):
    """The pool may not send e-mail."""

    code = "InvalidEmailRoleAccessPolicyException"
    recovery = "check the pool's e-mail identity"


class InvalidLambdaResponseError(AuthError):
    """A trigger answered something that Cognito does not understand."""

    code = "InvalidLambdaResponseException"
    recovery = "check what the trigger returns"


class InvalidParameterError(AuthError):
    """Cognito does not accept a parameter."""

    code = "InvalidParameterException"
    recovery = "correct the parameters, or allow in the pool or its app client what was asked for"


class InvalidPasswordError(AuthError):
    """The new password does not satisfy the pool's policy."""

    code = "InvalidPasswordException"
    recovery = "choose a password that satisfies the policy"


class InvalidSmsRoleAccessPolicyError(AuthError):
    """The pool may not send SMS."""

    code = "InvalidSmsRoleAccessPolicyException"
    recovery = "check the pool's SMS role"


class InvalidSmsRoleTrustRelationshipError(AuthError):
    """The pool's SMS role does not trust Cognito."""

    code = "InvalidSmsRoleTrustRelationshipException"
    recovery = "check the pool's SMS role"


class InvalidUserPoolConfigurationError(AuthError):
    """The pool is not configured for this."""

    code = "InvalidUserPoolConfigurationException"
    recovery = "have an administrator mend the pool's configuration"


class LimitExceededError(AuthError):
    """Too many attempts, or a quota is used up."""

    code = "LimitExceededException"
    recovery = "wait, then try again"


class MFAMethodNotFoundError(AuthError):
    """The pool has no such second factor."""

    code = "MFAMethodNotFoundException"
    recovery = "configure a second factor in the pool"


class NotAuthorizedError(AuthError):
    """Wrong password, unknown or locked user, dead session, missing right: Cognito does not say more."""

    code = "NotAuthorizedException"
    recovery = "check what was given, and start again if it was right"


class PasswordHistoryPolicyViolationError(AuthError):
    """The new password was used before."""

    code = "PasswordHistoryPolicyViolationException"
    recovery = "choose a password that was not used before"


class PasswordResetRequiredError(AuthError):
    """The password must be reset first."""

    code = "PasswordResetRequiredException"
    recovery = "reset the password, then sign in"


class RefreshTokenReuseError(AuthError):
    """The refresh token was used already."""

    code = "RefreshTokenReuseException"
    recovery = "sign in again"


class ResourceNotFoundError(AuthError):
    """The pool, the app client or the device does not exist."""

    code = "ResourceNotFoundException"
    recovery = "check the ids and the endpoint"


class SoftwareTokenMFANotFoundError(AuthError):
    """Authenticator apps are not enabled."""

    code = "SoftwareTokenMFANotFoundException"
    recovery = "enable authenticator apps for the pool and the user"


class TooManyFailedAttemptsError(AuthError):
    """Too many wrong codes."""

    code = "TooManyFailedAttemptsException"
    recovery = "wait, then ask for a new code"


class UnauthorizedError(AuthError):
    """The app client may not do this."""

    code = "UnauthorizedException"
    recovery = "check the app client and its secret"


class UnexpectedLambdaError(AuthError):
    """A trigger could not be called."""

    code = "UnexpectedLambdaException"
    recovery = "check the trigger's permissions and its log"


class UnsupportedOperationError(AuthError):
    """The app client is not set up for this operation."""

    code = "UnsupportedOperationException"
    recovery = "enable it on the app client"


class UnsupportedTokenTypeError(AuthError):
    """Only a refresh token can be revoked."""

    code = "UnsupportedTokenTypeException"
    recovery = "revoke the refresh token"


class UserLambdaValidationError(AuthError):
    """A trigger refused."""

    code = "UserLambdaValidationException"
    recovery = "see what the trigger says, or its log"


class UserNotConfirmedError(AuthError):
    """The user has not confirmed the sign-up."""

    code = "UserNotConfirmedException"
    recovery = "confirm the sign-up first"


class UserNotFoundError(AuthError):
    """There is no such user."""

    code = "UserNotFoundException"
    recovery = "check the username"


class UsernameExistsError(AuthError):
    """The username is taken."""

    code = "UsernameExistsException"
    recovery = "choose another username"


class WebAuthnChallengeNotFoundError(AuthError):
    """No registration of a passkey is under way."""

    code = "WebAuthnChallengeNotFoundException"
    recovery = "start the registration again"


class WebAuthnClientMismatchError(AuthError):
    """The passkey is registered through another app client than the one that began."""

    code = "WebAuthnClientMismatchException"
    recovery = "register the passkey through the app client that began"


class WebAuthnConfigurationMissingError(AuthError):
    """The pool does not say for which site passkeys are made."""

    code = "WebAuthnConfigurationMissingException"
    recovery = "give the pool a relying party"


class WebAuthnCredentialNotSupportedError(AuthError):
    """The authenticator's passkey is of a kind that the pool does not take."""

    code = "WebAuthnCredentialNotSupportedException"
    recovery = "use another authenticator"


class WebAuthnNotEnabledError(AuthError):
    """The pool takes no passkeys."""

    code = "WebAuthnNotEnabledException"
    recovery = "allow passkeys as a first factor of the pool"


class WebAuthnOriginNotAllowedError(AuthError):
    """The ceremony took place at an origin that the pool does not know."""

    code = "WebAuthnOriginNotAllowedException"
    recovery = "run the ceremony at an origin of the relying party"


class WebAuthnRelyingPartyMismatchError(AuthError):
    """The passkey was made for another site."""

    code = "WebAuthnRelyingPartyMismatchException"
    recovery = "use a passkey of the pool's relying party"


class ExternalServiceError(AuthError):
    """An identity provider behind the identity pool is out of reach."""

    code = "ExternalServiceException"
    recovery = "try again later"


class InvalidIdentityPoolConfigurationError(AuthError):
    """The identity pool has no role for this."""

    code = "InvalidIdentityPoolConfigurationException"
    recovery = "have an administrator mend the identity pool's configuration"


class ResourceConflictError(AuthError):
    """The login belongs to another identity already."""

    code = "ResourceConflictException"
    recovery = "use the identity that the login belongs to"


class DeviceRefusedError(NotAuthorizedError):
    """The pool did not take the device's proof, so nobody is let in with it. Decided from the pool's refusal."""

    recovery = "forget the device's secrets, and sign in without them"


class DeviceNotTrackedError(AuthError):
    """There are no secrets of the device at hand. Decided here; nothing was sent for it."""

    code = "DeviceNotTracked"
    recovery = "give the device's secrets with every call, or go on without the device"


class InvalidStateError(AuthError):
    """This cannot be done as things stand. Decided here; nothing was sent."""

    code = "InvalidState"
    recovery = "finish or undo what stands in the way"


class InvalidAccountTypeError(AuthError):
    """There is no identity pool, or no user pool, behind this client. Decided here; nothing was sent."""

    code = "InvalidAccountType"
    recovery = "give the client the pool that is missing"


class WebAuthnCeremonyError(AuthError):
    """The authenticator gave no credential. Decided here; nothing was sent."""

    code = "WebAuthnCeremonyFailed"
    recovery = "try again, or choose another factor"


class UserAlreadySignedInError(AuthError):
    """Somebody is signed in here already. Decided by ``AuthClient``; nothing was sent."""

    code = "UserAlreadySignedIn"
    recovery = "sign out first"


class SignedOutError(AuthError):
    """Nobody is signed in here. Decided by ``AuthClient``; nothing was sent."""

    code = "SignedOut"
    recovery = "sign in first"


class SessionExpiredError(AuthError):
    """The refresh token is no longer accepted."""

    code = "SessionExpired"
    recovery = "sign in again"


_BY_CODE: dict[str, type[AuthError]] = {
    kind.code: kind
    for kind in AuthError.__subclasses__()
    if kind is not UnknownServiceError and kind.code.endswith("Exception")
}
"""Cognito's names alone: what is decided here has a name of ours, and no backend can speak for us."""


_TRIGGER_FAILED = re.compile(r"(\w+) failed with error .*\.", re.DOTALL)
"""Source: AWS Amplify Auth (Flutter), which tests the text of every error whose name it does not know."""


def auth_error(code: str, message: str, *, retryable: bool = False) -> AuthError:
    """Return the error for one of Cognito's codes, to be raised."""
    kind = _BY_CODE.get(code)
    if kind is not None:
        return kind(message, retryable=retryable)
    failed = _TRIGGER_FAILED.fullmatch(message)
    if failed is not None:
        return LambdaError(code, message, trigger=failed[1], retryable=retryable)
    return UnknownServiceError(code, message, retryable=retryable)


class BackendError(AuthStepsError):
    """The backend did not do its part."""


class BackendUnavailableError(BackendError, UnansweredError):
    """No answer came, or none of use: the network, a time-out, a fault of the service, throttling.

    It never ends a session. Try again; if ``in_doubt`` is true and the next answer is refused, start again.

    Attributes:
        retry_after: How long to wait before trying again, if that is known.
    """

    def __init__(self, reason: str, *, sent: bool, retry_after: timedelta | None = None) -> None:
        UnansweredError.__init__(self, reason, sent=sent)
        self.retry_after = retry_after

    @property
    def _when(self) -> str:
        return f" in {self.retry_after.total_seconds():g} s" if self.retry_after is not None else ""


class BackendContractError(BackendError):
    """A reply does not fit the documented contract.

    Attributes:
        problem: What does not fit, without quoting the reply.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        return f"the backend broke its contract: {self.problem}; report it, for trying again will not help"


@attrs.frozen
class Refusal(Failure):
    """The backend refused.

    Attributes:
        code: Cognito's exception name.
        message: The service's own text.
    """

    code: str
    message: str

    @property
    def label(self) -> str:
        """Cognito's exception name."""
        return self.code


@attrs.frozen
class DeviceRefusal(Refusal):
    """The backend refused a device's proof."""


@attrs.frozen
class DeviceMissing(Failure):
    """The backend wants a device proved, and no secrets of one are at hand."""


@attrs.frozen
class UnreadableReply(Failure):
    """The backend's answer does not fit the contract.

    Attributes:
        problem: What does not fit, without quoting the reply.
    """

    problem: str
