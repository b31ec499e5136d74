"""Every error that the fake can raise: one table, so that a corrected text is one edit.

A row says what the service answers and how we know. The first word of ``evidence`` is its kind, strongest first:

``recorded``
    a reply captured from the real service.
``reported``
    the service's words as an issue or a public project quotes them.
``guide``
    the Cognito developer guide says it.
``model``
    the service model (botocore, ``cognito-idp``) says it.
``emulator``
    another emulator of Cognito answers so. A claim, no proof.
``unconfirmed``
    known from experience, or the text is ours because nobody has published it.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum, auto
from string import Formatter
from typing import Final

import attrs

from authsteps.adapters.cognito.transport import ServiceError

__all__ = ["TABLE", "Cause", "Row", "Rule", "constraint_refusal", "refusal", "violation", "wording"]


class Cause(StrEnum):
    """Why the service refuses. ``TABLE`` says in which words."""

    # The front door
    UNKNOWN_OPERATION = auto()
    OPERATION_NOT_PERFORMED = auto()
    UNREADABLE_REQUEST = auto()
    REQUEST_TOO_LARGE = auto()
    REQUEST_TOO_SLOW = auto()
    SIGNATURE_MISSING = auto()
    CONSTRAINT_VIOLATED = auto()
    # The client and what it may do
    UNKNOWN_POOL = auto()
    UNKNOWN_CLIENT = auto()
    SECRET_HASH_MISSING = auto()
    SECRET_HASH_WRONG = auto()
    CLIENT_SECRET_WRONG = auto()
    CLIENT_UNAUTHORIZED = auto()
    USER_PASSWORD_AUTH_OFF = auto()
    USER_SRP_AUTH_OFF = auto()
    CUSTOM_AUTH_OFF = auto()
    ONLY_CUSTOM_AUTH = auto()
    ADMIN_AUTH_OFF = auto()
    OTHER_FLOW_OFF = auto()
    FLOW_NOT_FOR_THIS_OPERATION = auto()
    CUSTOM_AUTH_NOT_CONFIGURED = auto()
    CHALLENGE_UNKNOWN = auto()
    PARAMETER_MISSING = auto()
    SRP_A_UNREADABLE = auto()
    TIMESTAMP_UNREADABLE = auto()
    # The user
    USER_NOT_FOUND = auto()
    USERNAME_NOT_FOUND_FOR_CLIENT = auto()
    USER_DISABLED = auto()
    USER_NOT_CONFIRMED = auto()
    PASSWORD_RESET_REQUIRED = auto()
    LOCKED_OUT = auto()
    WRONG_CREDENTIALS = auto()
    TEMPORARY_PASSWORD_EXPIRED = auto()
    # Challenges
    SESSION_INVALID = auto()
    SESSION_EXPIRED = auto()
    SESSION_SPENT = auto()
    UNKNOWN_DEVICE = auto()
    MFA_CODE_WRONG = auto()
    TOTP_CODE_WRONG = auto()
    TOTP_CODE_USED = auto()
    MFA_TYPE_NOT_OFFERED = auto()
    SET_UP_NOT_OFFERED = auto()
    FIRST_FACTOR_NOT_OFFERED = auto()
    ATTRIBUTE_ALREADY_SET = auto()
    ATTRIBUTE_NOT_GIVEN = auto()
    # Triggers
    MIGRATION_FAILED = auto()
    # Authenticator apps and MFA preferences
    TOTP_OFF_IN_POOL = auto()
    TOTP_SETUP_CODE_WRONG = auto()
    TOKEN_OR_SESSION_NEEDED = auto()
    FACTOR_NOT_SET_UP = auto()
    TWO_FACTORS_PREFERRED = auto()
    # Sign-up, confirmation codes and reset
    SIGN_UP_OFF = auto()
    USERNAME_TAKEN = auto()
    ALIAS_TAKEN = auto()
    ATTRIBUTES_REQUIRED = auto()
    ATTRIBUTE_UNKNOWN = auto()
    ATTRIBUTE_NOT_WRITABLE = auto()
    EMAIL_MALFORMED = auto()
    PHONE_NUMBER_MALFORMED = auto()
    CANNOT_BE_CONFIRMED = auto()
    AUTO_VERIFICATION_OFF = auto()
    ALREADY_CONFIRMED = auto()
    CODE_WRONG = auto()
    CODE_EXPIRED = auto()
    LIMIT_EXCEEDED = auto()
    NO_VERIFIED_CHANNEL = auto()
    RESET_NOT_POSSIBLE = auto()
    ONLY_ADMIN_RESETS = auto()
    USERNAME_NO_EMAIL = auto()
    USERNAME_NO_PHONE_NUMBER = auto()
    USERNAME_NEITHER = auto()
    USERNAME_LIKE_EMAIL = auto()
    USERNAME_LIKE_PHONE_NUMBER = auto()
    USERNAME_ATTRIBUTE_TAKEN = auto()
    ATTRIBUTES_MALFORMED = auto()
    UPDATED_ATTRIBUTE_UNKNOWN = auto()
    ATTRIBUTE_IMMUTABLE = auto()
    PREFERRED_USERNAME_TOO_EARLY = auto()
    ATTRIBUTE_NOT_VERIFIABLE = auto()
    ATTRIBUTE_ABSENT = auto()
    # Passkeys
    PASSKEYS_OFF = auto()
    PASSKEYS_NOT_CONFIGURED = auto()
    PASSKEY_LIMIT_EXCEEDED = auto()
    PASSKEY_CHALLENGE_NOT_FOUND = auto()
    PASSKEY_OF_ANOTHER_CLIENT = auto()
    PASSKEY_OF_ANOTHER_SITE = auto()
    PASSKEY_ORIGIN_NOT_ALLOWED = auto()
    PASSKEY_NOT_SUPPORTED = auto()
    PASSKEY_UNKNOWN = auto()
    PASSKEY_REFUSED = auto()
    PASSKEY_MFA_NOT_POSSIBLE = auto()
    # Devices
    DEVICES_OFF = auto()
    DEVICE_ALREADY_CONFIRMED = auto()
    DEVICE_VERIFIER_UNREADABLE = auto()
    # Lists
    PAGINATION_TOKEN_INVALID = auto()
    FILTER_UNREADABLE = auto()
    FILTER_ATTRIBUTE_NOT_SEARCHABLE = auto()
    ATTRIBUTES_TO_GET_UNKNOWN = auto()
    # What administrators do
    USER_ACCOUNT_EXISTS = auto()
    INVITED_USER_HAS_SIGNED_IN = auto()
    FLAG_WITHOUT_ATTRIBUTE = auto()
    OWNER_OF_DEVICE_NOT_FOUND = auto()
    UNKNOWN_GROUP = auto()
    GROUP_EXISTS = auto()
    # Pools
    ALIAS_AND_USERNAME_ATTRIBUTES = auto()
    STANDARD_ATTRIBUTE_CHANGED = auto()
    ATTRIBUTE_WITHOUT_TYPE = auto()
    CUSTOM_ATTRIBUTE_REQUIRED = auto()
    ATTRIBUTE_DECLARED_TWICE = auto()
    ATTRIBUTE_BOUNDS_UNREADABLE = auto()
    UPDATE_VERIFICATION_WITHOUT_AUTO_VERIFICATION = auto()
    RECOVERY_BY_ADMINISTRATORS_AND_OTHERS = auto()
    MFA_WITHOUT_FACTORS = auto()
    FACTORS_WITHOUT_MFA = auto()
    EMAIL_MFA_WITHOUT_SENDER = auto()
    TIER_TOO_LOW = auto()
    TWO_TOKEN_FUNCTIONS = auto()
    SENDER_WITHOUT_KEY = auto()
    RELYING_PARTY_MISSING = auto()
    DELETION_PROTECTED = auto()
    # App clients
    TWO_CLIENT_SECRETS = auto()
    OLD_AND_NEW_AUTH_FLOWS = auto()
    TOKEN_VALIDITY_OUT_OF_RANGE = auto()
    TOKEN_OUTLIVES_REFRESH_TOKEN = auto()
    READ_ATTRIBUTES_INVALID = auto()
    WRITE_ATTRIBUTES_INVALID = auto()
    ROTATION_WITH_REFRESH_FLOW = auto()
    DEFAULT_REDIRECT_NOT_REGISTERED = auto()
    # Passwords
    PASSWORD_USED_BEFORE = auto()
    PASSWORD_TOO_SHORT = auto()
    PASSWORD_WITHOUT_UPPERCASE = auto()
    PASSWORD_WITHOUT_LOWERCASE = auto()
    PASSWORD_WITHOUT_NUMBERS = auto()
    PASSWORD_WITHOUT_SYMBOLS = auto()
    # Tokens
    ACCESS_TOKEN_INVALID = auto()
    ACCESS_TOKEN_EXPIRED = auto()
    ACCESS_TOKEN_REVOKED = auto()
    ACCESS_TOKEN_WITHOUT_SCOPE = auto()
    REFRESH_TOKEN_INVALID = auto()
    REFRESH_TOKEN_EXPIRED = auto()
    REFRESH_TOKEN_REVOKED = auto()
    REFRESH_TOKEN_REUSED = auto()
    ROTATION_ON = auto()
    NOT_A_REFRESH_TOKEN = auto()
    REVOCATION_OFF = auto()


@attrs.frozen
class Row:
    """What the service answers for one cause.

    Attributes:
        code: The exception's name on the wire.
        text: The message, with the names of what is filled in between braces.
        evidence: How we know; the module says which kinds there are.
    """

    code: str
    text: str
    evidence: str


_NOT_AUTHORIZED: Final = "NotAuthorizedException"
_INVALID_PARAMETER: Final = "InvalidParameterException"
_NOT_FOUND: Final = "ResourceNotFoundException"
_INVALID_PASSWORD: Final = "InvalidPasswordException"

_OWN_TEXT: Final = "unconfirmed: the text is ours"
_EXPERIENCE: Final = "unconfirmed: known from experience"
_QUOTED: Final = "reported: quoted by several public projects"
_RUN_BOOK: Final = "recorded: a dated run-book of e-mail code sign-ins on a real pool"
_FLOCI: Final = "recorded: captured fixtures of floci-io/floci"

TABLE: Final[Mapping[Cause, Row]] = {
    Cause.UNKNOWN_OPERATION: Row("UnknownOperationException", "", f"{_EXPERIENCE}; common AWS error"),
    Cause.OPERATION_NOT_PERFORMED: Row(
        "UnsupportedOperationException",
        "{operation} is an operation of Amazon Cognito that this fake does not perform",
        f"{_OWN_TEXT}; the service performs it",
    ),
    Cause.UNREADABLE_REQUEST: Row(
        "SerializationException",
        "Unexpected field type",
        "emulator: floci's documentation, as seen on AWS; common AWS error",
    ),
    Cause.REQUEST_TOO_LARGE: Row(
        "SerializationException",
        "The request's body is longer than {limit} bytes",
        f"{_OWN_TEXT}; the limit is ours, too",
    ),
    Cause.REQUEST_TOO_SLOW: Row(
        "SerializationException",
        "The request's body did not arrive within {limit} seconds",
        f"{_OWN_TEXT}; the limit is ours, too",
    ),
    Cause.SIGNATURE_MISSING: Row(
        "MissingAuthenticationTokenException",
        "Missing Authentication Token",
        f"{_EXPERIENCE}; common AWS error",
    ),
    Cause.CONSTRAINT_VIOLATED: Row(
        _INVALID_PARAMETER,
        "{count} validation {errors} detected: {violations}",
        _QUOTED,
    ),
    Cause.UNKNOWN_POOL: Row(
        _NOT_FOUND, "User pool {user_pool_id} does not exist.", "emulator: moto; known from experience"
    ),
    Cause.UNKNOWN_CLIENT: Row(_NOT_FOUND, "User pool client {client_id} does not exist.", _QUOTED),
    Cause.SECRET_HASH_MISSING: Row(
        _NOT_AUTHORIZED,
        "Client {client_id} is configured with secret but SECRET_HASH was not received",
        _QUOTED,
    ),
    Cause.SECRET_HASH_WRONG: Row(
        _NOT_AUTHORIZED,
        "SecretHash does not match for the client: {client_id}",
        f"{_QUOTED}; older deployments say 'Unable to verify secret hash for client {{id}}'",
    ),
    Cause.CLIENT_SECRET_WRONG: Row(
        _NOT_AUTHORIZED,
        "Client secret does not match for the client: {client_id}",
        f"{_OWN_TEXT}; code from the model of GetTokensFromRefreshToken",
    ),
    Cause.CLIENT_UNAUTHORIZED: Row(
        "UnauthorizedException",
        "Client {client_id} is not authorized",
        f"{_OWN_TEXT}; code from the model of RevokeToken",
    ),
    Cause.USER_PASSWORD_AUTH_OFF: Row(
        _INVALID_PARAMETER,
        "USER_PASSWORD_AUTH flow not enabled for this client",
        _QUOTED,
    ),
    Cause.USER_SRP_AUTH_OFF: Row(_INVALID_PARAMETER, "USER_SRP_AUTH is not enabled for the client.", _QUOTED),
    Cause.CUSTOM_AUTH_OFF: Row(_INVALID_PARAMETER, "CUSTOM_AUTH is not enabled for the client.", _QUOTED),
    Cause.ONLY_CUSTOM_AUTH: Row(
        _INVALID_PARAMETER,
        "Only custom auth (lambda driven) is enabled for this client.",
        "reported: amplify-js#3379",
    ),
    Cause.ADMIN_AUTH_OFF: Row(_INVALID_PARAMETER, "Auth flow not enabled for this client", _QUOTED),
    Cause.OTHER_FLOW_OFF: Row(
        _INVALID_PARAMETER,
        "{flow} is not enabled for the client.",
        "unconfirmed: by analogy with USER_SRP_AUTH",
    ),
    Cause.FLOW_NOT_FOR_THIS_OPERATION: Row(
        _INVALID_PARAMETER,
        "Initiate Auth method not supported.",
        "emulator: moto",
    ),
    Cause.CUSTOM_AUTH_NOT_CONFIGURED: Row(
        "InvalidUserPoolConfigurationException",
        "Custom auth lambda trigger is not configured for the user pool.",
        _EXPERIENCE,
    ),
    Cause.CHALLENGE_UNKNOWN: Row(
        _INVALID_PARAMETER,
        "Invalid value of {parameter}",
        f"{_OWN_TEXT}; code from the model of InitiateAuth",
    ),
    Cause.PARAMETER_MISSING: Row(_INVALID_PARAMETER, "Missing required parameter {name}", _QUOTED),
    Cause.SRP_A_UNREADABLE: Row(_INVALID_PARAMETER, "Invalid SRP_A", "emulator: several answer so"),
    Cause.TIMESTAMP_UNREADABLE: Row(
        _INVALID_PARAMETER,
        "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.",
        _EXPERIENCE,
    ),
    Cause.USER_NOT_FOUND: Row("UserNotFoundException", "User does not exist.", f"{_FLOCI} (sign-in, unknown user)"),
    Cause.USERNAME_NOT_FOUND_FOR_CLIENT: Row(
        "UserNotFoundException",
        "Username/client id combination not found.",
        f"{_FLOCI} (ForgotPassword, unknown user); the other code operations by analogy",
    ),
    Cause.USER_DISABLED: Row(_NOT_AUTHORIZED, "User is disabled.", "emulator: moto and floci; one public project"),
    Cause.USER_NOT_CONFIRMED: Row("UserNotConfirmedException", "User is not confirmed.", _QUOTED),
    Cause.PASSWORD_RESET_REQUIRED: Row(
        "PasswordResetRequiredException",
        "Password reset required for the user",
        _QUOTED,
    ),
    Cause.LOCKED_OUT: Row(
        _NOT_AUTHORIZED,
        "Password attempts exceeded",
        "reported: amazon-cognito-identity-js#506 and #479, amplify-js#1234; named by the guide",
    ),
    Cause.WRONG_CREDENTIALS: Row(
        _NOT_AUTHORIZED,
        "Incorrect username or password.",
        "recorded: body and headers of a refused sign-in; also amplify-js#5834",
    ),
    Cause.TEMPORARY_PASSWORD_EXPIRED: Row(
        _NOT_AUTHORIZED,
        "Temporary password has expired and must be reset by an administrator.",
        _QUOTED,
    ),
    Cause.SESSION_INVALID: Row(
        _NOT_AUTHORIZED,
        "Invalid session for the user.",
        "reported: amplify-js#5834",
    ),
    Cause.SESSION_EXPIRED: Row(_NOT_AUTHORIZED, "Invalid session for the user, session is expired.", _RUN_BOOK),
    Cause.SESSION_SPENT: Row(
        _NOT_AUTHORIZED,
        "Invalid session for the user, session can only be used once.",
        f"{_RUN_BOOK}; also reapit/foundations#9684",
    ),
    Cause.UNKNOWN_DEVICE: Row(
        _NOT_FOUND,
        "Device does not exist.",
        "reported: amplify-android#2605, aws-sdk-net-extensions-cognito#10, amazon-cognito-identity-js#200",
    ),
    Cause.MFA_CODE_WRONG: Row(
        "CodeMismatchException",
        "Invalid code or auth state for the user.",
        f"{_RUN_BOOK}; also amplify-js#11069",
    ),
    Cause.TOTP_CODE_WRONG: Row("CodeMismatchException", "Invalid code received for user", _QUOTED),
    Cause.TOTP_CODE_USED: Row(
        "ExpiredCodeException",
        "Your software token has already been used once.",
        "recorded: the whole body of a refused answer",
    ),
    Cause.MFA_TYPE_NOT_OFFERED: Row(
        _INVALID_PARAMETER,
        "Invalid ANSWER for SELECT_MFA_TYPE",
        f"{_OWN_TEXT}; code known from experience",
    ),
    Cause.SET_UP_NOT_OFFERED: Row(
        _INVALID_PARAMETER,
        "Invalid answer for MFA_SETUP",
        f"{_OWN_TEXT}; code from the model of RespondToAuthChallenge",
    ),
    Cause.FIRST_FACTOR_NOT_OFFERED: Row(
        _INVALID_PARAMETER,
        "Invalid ANSWER for SELECT_CHALLENGE",
        "emulator: floci has the code; the text is ours",
    ),
    Cause.MIGRATION_FAILED: Row(
        "UserNotFoundException",
        "Exception migrating user in app client {client_id}",
        "reported: the text as a public project quotes it; the code is known from experience",
    ),
    Cause.ATTRIBUTE_ALREADY_SET: Row(
        _NOT_AUTHORIZED,
        "Cannot modify an already provided {attribute}",
        "recorded: command line, answer to NEW_PASSWORD_REQUIRED with an e-mail that was set",
    ),
    Cause.ATTRIBUTE_NOT_GIVEN: Row(
        _INVALID_PARAMETER,
        "Invalid attributes given, {attribute} is missing",
        _EXPERIENCE,
    ),
    Cause.TOTP_OFF_IN_POOL: Row(
        "SoftwareTokenMFANotFoundException",
        "Software Token MFA has not been enabled by the userPool",
        "guide: TOTP software token MFA",
    ),
    Cause.TOTP_SETUP_CODE_WRONG: Row(
        "EnableSoftwareTokenMFAException",
        "Code mismatch",
        f"{_QUOTED}; class seen in Amplify Swift's integration suite",
    ),
    Cause.TOKEN_OR_SESSION_NEEDED: Row(
        _INVALID_PARAMETER,
        "Exactly one of AccessToken and Session is required",
        f"{_OWN_TEXT}; code from the model of AssociateSoftwareToken",
    ),
    Cause.FACTOR_NOT_SET_UP: Row(
        _INVALID_PARAMETER,
        "User does not have delivery config set to turn on {factor}",
        "recorded: command line, SetUserMFAPreference",
    ),
    Cause.TWO_FACTORS_PREFERRED: Row(
        _INVALID_PARAMETER,
        "Only one MFA factor can be preferred",
        f"{_OWN_TEXT}; class seen in Amplify Swift's integration suite",
    ),
    Cause.SIGN_UP_OFF: Row(_NOT_AUTHORIZED, "SignUp is not permitted for this user pool", _EXPERIENCE),
    Cause.USERNAME_TAKEN: Row(
        "UsernameExistsException",
        "User already exists",
        f"{_FLOCI} (SignUp, username exists)",
    ),
    Cause.ALIAS_TAKEN: Row(
        "AliasExistsException",
        "An account with the {attribute} already exists.",
        "guide: managing errors",
    ),
    Cause.ATTRIBUTES_REQUIRED: Row(
        _INVALID_PARAMETER,
        "Attributes did not conform to the schema: {problems}",
        f"{_QUOTED}; each problem reads 'name: The attribute is required', several are joined by a space",
    ),
    Cause.ATTRIBUTE_UNKNOWN: Row(
        _INVALID_PARAMETER,
        "Attributes did not conform to the schema: {attribute}: Attribute does not exist in the schema.",
        _QUOTED,
    ),
    Cause.ATTRIBUTE_NOT_WRITABLE: Row(
        _NOT_AUTHORIZED,
        "A client attempted to write unauthorized attribute",
        _QUOTED,
    ),
    Cause.EMAIL_MALFORMED: Row(_INVALID_PARAMETER, "Invalid email address format.", _QUOTED),
    Cause.PHONE_NUMBER_MALFORMED: Row(_INVALID_PARAMETER, "Invalid phone number format.", _QUOTED),
    Cause.CANNOT_BE_CONFIRMED: Row(
        _NOT_AUTHORIZED,
        "User cannot be confirmed. Current status is {status}",
        "emulator: cognito-local; known from experience",
    ),
    Cause.AUTO_VERIFICATION_OFF: Row(
        _INVALID_PARAMETER,
        "Cannot resend codes. Auto verification not turned on.",
        f"{_QUOTED}; most of them name this code",
    ),
    Cause.ALREADY_CONFIRMED: Row(_INVALID_PARAMETER, "User is already confirmed.", _EXPERIENCE),
    Cause.CODE_WRONG: Row(
        "CodeMismatchException",
        "Invalid verification code provided, please try again.",
        f"{_FLOCI} (ConfirmSignUp, code mismatch)",
    ),
    Cause.CODE_EXPIRED: Row(
        "ExpiredCodeException",
        "Invalid code provided, please request a code again.",
        f"{_QUOTED}; moto and cognito-local agree",
    ),
    Cause.LIMIT_EXCEEDED: Row(
        "LimitExceededException",
        "Attempt limit exceeded, please try after some time.",
        "reported: aws-sdk-android#627",
    ),
    Cause.NO_VERIFIED_CHANNEL: Row(
        _INVALID_PARAMETER,
        "Cannot reset password for the user as there is no registered/verified email or phone_number",
        "emulator: moto; known from experience",
    ),
    Cause.RESET_NOT_POSSIBLE: Row(
        _NOT_AUTHORIZED,
        "User password cannot be reset in the current state.",
        "emulator: moto; known from experience",
    ),
    Cause.ONLY_ADMIN_RESETS: Row(_NOT_AUTHORIZED, "Contact administrator to reset password.", "emulator: moto"),
    Cause.USERNAME_NO_EMAIL: Row(
        _INVALID_PARAMETER, "Username should be an email.", "emulator: moto and cognito-local"
    ),
    Cause.USERNAME_NO_PHONE_NUMBER: Row(
        _INVALID_PARAMETER, "Username should be a phone number.", "emulator: moto and cognito-local"
    ),
    Cause.USERNAME_NEITHER: Row(
        _INVALID_PARAMETER,
        "Username should be either an email or a phone number.",
        "emulator: moto and cognito-local",
    ),
    Cause.USERNAME_LIKE_EMAIL: Row(
        _INVALID_PARAMETER,
        "Username cannot be of email format, since user pool is configured for email alias.",
        _EXPERIENCE,
    ),
    Cause.USERNAME_LIKE_PHONE_NUMBER: Row(
        _INVALID_PARAMETER,
        "Username cannot be of phone number format, since user pool is configured for phone number alias.",
        "unconfirmed: by analogy with e-mail addresses",
    ),
    Cause.USERNAME_ATTRIBUTE_TAKEN: Row(
        "UsernameExistsException",
        "An account with the given {attribute} already exists.",
        f"{_EXPERIENCE}; moto has the text for another code",
    ),
    Cause.ATTRIBUTES_MALFORMED: Row(
        _INVALID_PARAMETER,
        "Attributes did not conform to the schema: {problems}",
        "unconfirmed: the beginning is quoted by several public projects, the problems are put in words of ours",
    ),
    Cause.UPDATED_ATTRIBUTE_UNKNOWN: Row(
        _INVALID_PARAMETER,
        "user.{attribute}: Attribute does not exist in the schema.",
        "emulator: moto and cognito-local",
    ),
    Cause.ATTRIBUTE_IMMUTABLE: Row(
        _INVALID_PARAMETER,
        "user.{attribute}: Attribute cannot be updated. (changing an immutable attribute)",
        "emulator: cognito-local",
    ),
    Cause.PREFERRED_USERNAME_TOO_EARLY: Row(
        _INVALID_PARAMETER,
        "preferred_username cannot be set before the user is confirmed",
        f"{_OWN_TEXT}; rule from the guide, customizing sign-in attributes",
    ),
    Cause.ATTRIBUTE_NOT_VERIFIABLE: Row(
        _INVALID_PARAMETER,
        "Only email and phone_number can be verified",
        f"{_OWN_TEXT}; code from the model of GetUserAttributeVerificationCode",
    ),
    Cause.ATTRIBUTE_ABSENT: Row(
        _INVALID_PARAMETER,
        "User has no {attribute} to verify",
        f"{_OWN_TEXT}; code from the model of GetUserAttributeVerificationCode",
    ),
    Cause.PASSKEYS_OFF: Row(
        "WebAuthnNotEnabledException",
        "Passkeys are not among the first factors that the user pool allows",
        f"{_OWN_TEXT}; code from the model of StartWebAuthnRegistration",
    ),
    Cause.PASSKEYS_NOT_CONFIGURED: Row(
        "WebAuthnConfigurationMissingException",
        "The user pool has no relying party for passkeys",
        f"{_OWN_TEXT}; code from the model of StartWebAuthnRegistration",
    ),
    Cause.PASSKEY_LIMIT_EXCEEDED: Row(
        "LimitExceededException",
        "The user has as many passkeys as can be registered",
        f"{_OWN_TEXT}; code from the model of StartWebAuthnRegistration",
    ),
    Cause.PASSKEY_CHALLENGE_NOT_FOUND: Row(
        "WebAuthnChallengeNotFoundException",
        "The passkey answers no challenge that was sent",
        f"{_OWN_TEXT}; code from the model of CompleteWebAuthnRegistration",
    ),
    Cause.PASSKEY_OF_ANOTHER_CLIENT: Row(
        "WebAuthnClientMismatchException",
        "The registration was begun by another client",
        f"{_OWN_TEXT}; code from the model of CompleteWebAuthnRegistration",
    ),
    Cause.PASSKEY_OF_ANOTHER_SITE: Row(
        "WebAuthnRelyingPartyMismatchException",
        "The passkey was made for another relying party",
        f"{_OWN_TEXT}; code from the model of CompleteWebAuthnRegistration",
    ),
    Cause.PASSKEY_ORIGIN_NOT_ALLOWED: Row(
        "WebAuthnOriginNotAllowedException",
        "The passkey was made on an origin that is not allowed",
        f"{_OWN_TEXT}; code from the model of CompleteWebAuthnRegistration",
    ),
    Cause.PASSKEY_NOT_SUPPORTED: Row(
        "WebAuthnCredentialNotSupportedException",
        "The passkey cannot be used",
        f"{_OWN_TEXT}; code from the model of CompleteWebAuthnRegistration",
    ),
    Cause.PASSKEY_UNKNOWN: Row(
        _NOT_FOUND,
        "Passkey does not exist.",
        f"{_OWN_TEXT}; code seen in Amplify Swift's integration suite",
    ),
    Cause.PASSKEY_REFUSED: Row(
        _NOT_AUTHORIZED,
        "Incorrect username or password.",
        "unconfirmed: by analogy with passwords; code from the model of RespondToAuthChallenge",
    ),
    Cause.PASSKEY_MFA_NOT_POSSIBLE: Row(
        _INVALID_PARAMETER,
        "Passkeys can count for both factors only where they verify their user, beside another factor",
        f"{_OWN_TEXT}; rule from the model, WebAuthnMfaSettingsType",
    ),
    Cause.DEVICES_OFF: Row(
        "InvalidUserPoolConfigurationException",
        "The user pool does not track devices",
        f"{_OWN_TEXT}; code from the model of ConfirmDevice",
    ),
    Cause.DEVICE_ALREADY_CONFIRMED: Row(
        "DeviceKeyExistsException",
        "Device already exists.",
        f"{_OWN_TEXT}; code from the model of ConfirmDevice",
    ),
    Cause.DEVICE_VERIFIER_UNREADABLE: Row(
        _INVALID_PARAMETER,
        "Invalid device secret verifier config",
        f"{_OWN_TEXT}; code from the model of ConfirmDevice",
    ),
    Cause.PAGINATION_TOKEN_INVALID: Row(
        _INVALID_PARAMETER,
        "Invalid pagination token",
        f"{_OWN_TEXT}; code from the models of the operations that list",
    ),
    Cause.FILTER_UNREADABLE: Row(_INVALID_PARAMETER, "Error while parsing filter", "emulator: moto"),
    Cause.FILTER_ATTRIBUTE_NOT_SEARCHABLE: Row(
        _INVALID_PARAMETER, "Invalid search attribute: {attribute}", "emulator: moto"
    ),
    Cause.ATTRIBUTES_TO_GET_UNKNOWN: Row(
        _INVALID_PARAMETER, "One or more requested attributes do not exist.", _EXPERIENCE
    ),
    Cause.USER_ACCOUNT_EXISTS: Row(
        "UsernameExistsException",
        "User account already exists",
        "reported: localstack/localstack#4465, which quotes the service",
    ),
    Cause.INVITED_USER_HAS_SIGNED_IN: Row(
        "UnsupportedUserStateException",
        "The user is not in the status FORCE_CHANGE_PASSWORD",
        f"{_OWN_TEXT}; code from the model of AdminCreateUser",
    ),
    Cause.FLAG_WITHOUT_ATTRIBUTE: Row(
        _INVALID_PARAMETER,
        "{attribute} is required to verify/un-verify {article} {noun}",
        "emulator: cognito-local, which says so of an e-mail address; a phone number by analogy",
    ),
    Cause.OWNER_OF_DEVICE_NOT_FOUND: Row(
        _NOT_FOUND,
        "User does not exist.",
        f"{_OWN_TEXT}; the models of AdminGetDevice and AdminListDevices have no other code for it",
    ),
    Cause.UNKNOWN_GROUP: Row(_NOT_FOUND, "Group not found.", "emulator: moto and cognito-local"),
    Cause.GROUP_EXISTS: Row(
        "GroupExistsException",
        "A group with the name already exists.",
        f"{_OWN_TEXT}; code from the model of CreateGroup",
    ),
    Cause.ALIAS_AND_USERNAME_ATTRIBUTES: Row(
        _INVALID_PARAMETER,
        "Only one of aliasAttributes or usernameAttributes can be set in a user pool.",
        f"{_OWN_TEXT}; that they exclude each other says the model of CreateUserPool",
    ),
    Cause.STANDARD_ATTRIBUTE_CHANGED: Row(
        _INVALID_PARAMETER,
        "You can not change AttributeDataType or set developerOnlyAttribute for standard schema attribute {attribute}",
        "emulator: moto",
    ),
    Cause.ATTRIBUTE_WITHOUT_TYPE: Row(
        _INVALID_PARAMETER,
        "Invalid AttributeDataType input, consider using the provided AttributeDataType enum.",
        "emulator: moto",
    ),
    Cause.CUSTOM_ATTRIBUTE_REQUIRED: Row(
        _INVALID_PARAMETER,
        "Required custom attributes are not supported currently.",
        "reported: trek10inc/serverless-cognito-manager#4, a whole reply",
    ),
    Cause.ATTRIBUTE_DECLARED_TWICE: Row(
        _INVALID_PARAMETER, "Schema attribute {attribute} is declared more than once.", _OWN_TEXT
    ),
    Cause.ATTRIBUTE_BOUNDS_UNREADABLE: Row(
        _INVALID_PARAMETER,
        "The constraints of schema attribute {attribute} are no numbers, or the lower one is above the upper one.",
        _OWN_TEXT,
    ),
    Cause.UPDATE_VERIFICATION_WITHOUT_AUTO_VERIFICATION: Row(
        _INVALID_PARAMETER,
        "All attributes in AttributesRequireVerificationBeforeUpdate must exist in AutoVerifiedAttributes",
        "reported: ekristen/aws-nuke#477, of an UpdateUserPool that left both out",
    ),
    Cause.RECOVERY_BY_ADMINISTRATORS_AND_OTHERS: Row(
        _INVALID_PARAMETER,
        "Invalid account recovery setting parameter. Account Recovery Setting cannot use admin_only setting with any "
        "other recovery mechanisms.",
        _EXPERIENCE,
    ),
    Cause.MFA_WITHOUT_FACTORS: Row(
        _INVALID_PARAMETER,
        "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled.",
        f'{_QUOTED}; older deployments say "can\'t disable all MFAs with a required or optional configuration"',
    ),
    Cause.FACTORS_WITHOUT_MFA: Row(
        _INVALID_PARAMETER,
        "Invalid MFA configuration given, can't turn off MFA and configure an MFA together.",
        "reported: hashicorp/terraform-provider-aws, which quotes the service",
    ),
    Cause.EMAIL_MFA_WITHOUT_SENDER: Row(
        _INVALID_PARAMETER,
        "Email MFA needs an e-mail configuration with a sending account of DEVELOPER",
        f"{_OWN_TEXT}; the condition is the developer guide's",
    ),
    Cause.TIER_TOO_LOW: Row(
        "FeatureUnavailableInTierException",
        "{feature} is not available in the LITE tier",
        f"{_OWN_TEXT}; code from the models of CreateUserPool and SetUserPoolMfaConfig",
    ),
    Cause.TWO_TOKEN_FUNCTIONS: Row(
        _INVALID_PARAMETER,
        "PreTokenGeneration and PreTokenGenerationConfig must name the same function",
        f"{_OWN_TEXT}; that they must is the model's, LambdaConfigType",
    ),
    Cause.SENDER_WITHOUT_KEY: Row(
        _INVALID_PARAMETER,
        "KMSKeyID is required for a custom sender",
        f"{_OWN_TEXT}; that it is needed is the developer guide's, 'Custom sender Lambda triggers'",
    ),
    Cause.RELYING_PARTY_MISSING: Row(
        _INVALID_PARAMETER,
        "RelyingPartyId is required for a user pool without a domain",
        f"{_OWN_TEXT}; the service takes the pool's domain, which this one does not have",
    ),
    Cause.DELETION_PROTECTED: Row(
        _INVALID_PARAMETER,
        "The user pool cannot be deleted because deletion protection is activated. Deletion protection must be "
        "inactivated first.",
        "reported: localstack/localstack#11947, which quotes the service",
    ),
    Cause.TWO_CLIENT_SECRETS: Row(
        _INVALID_PARAMETER,
        "GenerateSecret and ClientSecret exclude each other",
        f"{_OWN_TEXT}; the condition is that of the model of CreateUserPoolClient",
    ),
    Cause.OLD_AND_NEW_AUTH_FLOWS: Row(
        _INVALID_PARAMETER,
        "ExplicitAuthFlows must not mix names with and without the prefix ALLOW_",
        f"{_OWN_TEXT}; the condition is that of the model of CreateUserPoolClient",
    ),
    Cause.TOKEN_VALIDITY_OUT_OF_RANGE: Row(_INVALID_PARAMETER, "Invalid range for token validity.", _QUOTED),
    Cause.TOKEN_OUTLIVES_REFRESH_TOKEN: Row(
        _INVALID_PARAMETER,
        "Access and ID tokens must not be valid for longer than refresh tokens",
        f"{_OWN_TEXT}; the condition is that of the model of CreateUserPoolClient",
    ),
    Cause.READ_ATTRIBUTES_INVALID: Row(
        _INVALID_PARAMETER,
        "Invalid read attributes specified while {doing} a client",
        "reported: aws-amplify/amplify-cli#12887; the rest by analogy with write attributes",
    ),
    Cause.WRITE_ATTRIBUTES_INVALID: Row(
        _INVALID_PARAMETER,
        "Invalid write attributes specified while {doing} a client",
        "reported: aws/aws-cdk#2608 and #20760 (creating), aws/aws-sdk-java#1395 (updating)",
    ),
    Cause.ROTATION_WITH_REFRESH_FLOW: Row(
        _INVALID_PARAMETER,
        "Refresh token rotation excludes ALLOW_REFRESH_TOKEN_AUTH",
        f"{_OWN_TEXT}; the condition is known from experience",
    ),
    Cause.DEFAULT_REDIRECT_NOT_REGISTERED: Row(
        _INVALID_PARAMETER,
        "DefaultRedirectURI must be one of CallbackURLs",
        f"{_OWN_TEXT}; the condition is that of the model of CreateUserPoolClient",
    ),
    Cause.PASSWORD_USED_BEFORE: Row(
        "PasswordHistoryPolicyViolationException",
        "Password has previously been used.",
        _QUOTED,
    ),
    Cause.PASSWORD_TOO_SHORT: Row(
        _INVALID_PASSWORD,
        "Password did not conform with policy: Password not long enough",
        _QUOTED,
    ),
    Cause.PASSWORD_WITHOUT_UPPERCASE: Row(
        _INVALID_PASSWORD,
        "Password did not conform with policy: Password must have uppercase characters",
        _QUOTED,
    ),
    Cause.PASSWORD_WITHOUT_LOWERCASE: Row(
        _INVALID_PASSWORD,
        "Password did not conform with policy: Password must have lowercase characters",
        _EXPERIENCE,
    ),
    Cause.PASSWORD_WITHOUT_NUMBERS: Row(
        _INVALID_PASSWORD,
        "Password did not conform with policy: Password must have numeric characters",
        _EXPERIENCE,
    ),
    Cause.PASSWORD_WITHOUT_SYMBOLS: Row(
        _INVALID_PASSWORD,
        "Password did not conform with policy: Password must have symbol characters",
        _QUOTED,
    ),
    Cause.ACCESS_TOKEN_INVALID: Row(_NOT_AUTHORIZED, "Invalid Access Token", "emulator: floci; known from experience"),
    Cause.ACCESS_TOKEN_EXPIRED: Row(_NOT_AUTHORIZED, "Access Token has expired", _QUOTED),
    Cause.ACCESS_TOKEN_REVOKED: Row(
        _NOT_AUTHORIZED,
        "Access Token has been revoked",
        "reported: amplify-js#3540 and #3435; named by the model of GlobalSignOut",
    ),
    Cause.ACCESS_TOKEN_WITHOUT_SCOPE: Row(_NOT_AUTHORIZED, "Access Token does not have required scopes", _QUOTED),
    Cause.REFRESH_TOKEN_INVALID: Row(_NOT_AUTHORIZED, "Invalid Refresh Token", _QUOTED),
    Cause.REFRESH_TOKEN_EXPIRED: Row(
        _NOT_AUTHORIZED,
        "Refresh Token has expired",
        "emulator: moto and floci; known from experience",
    ),
    Cause.REFRESH_TOKEN_REVOKED: Row(
        _NOT_AUTHORIZED,
        "Refresh Token has been revoked",
        "emulator: moto and floci; known from experience",
    ),
    Cause.REFRESH_TOKEN_REUSED: Row(
        "RefreshTokenReuseException",
        "Refresh token has been reused",
        f"{_OWN_TEXT}; code from the model of GetTokensFromRefreshToken",
    ),
    Cause.ROTATION_ON: Row(
        "UnsupportedOperationException",
        "Refresh token rotation is enabled for the client",
        f"{_OWN_TEXT}; code inferred from the model of InitiateAuth",
    ),
    Cause.NOT_A_REFRESH_TOKEN: Row(
        "UnsupportedTokenTypeException",
        "Only refresh tokens can be revoked",
        f"{_OWN_TEXT}; code from the model of RevokeToken",
    ),
    Cause.REVOCATION_OFF: Row(
        "UnsupportedOperationException",
        "Token revocation is not enabled for the client",
        f"{_OWN_TEXT}; code from the model of RevokeToken",
    ),
}
"""What the service answers for every cause."""


class Rule(StrEnum):
    """The constraints of the service model, in the words in which the service reports a broken one."""

    REQUIRED = "Member must not be null"
    MIN_LENGTH = "Member must have length greater than or equal to {limit}"
    MAX_LENGTH = "Member must have length less than or equal to {limit}"
    MIN_VALUE = "Member must have value greater than or equal to {limit}"
    MAX_VALUE = "Member must have value less than or equal to {limit}"
    PATTERN = "Member must satisfy regular expression pattern: {pattern}"
    ENUM = "Member must satisfy enum value set: [{values}]"
    MEMBERS = "Member must satisfy constraint: [{rules}]"


def refusal(cause: Cause, **values: str) -> ServiceError:
    """Return the error that the service answers with for ``cause``, ready to be raised.

    Args:
        cause: Why it refuses.
        values: What stands between braces in the row's text; each of them and nothing else.

    Raises:
        TypeError: A value is missing or superfluous. The caller is wrong.
    """
    row = TABLE[cause]
    return ServiceError(row.code, _filled(row.text, values))


def violation(path: str, rule: Rule, shown: str | None = None, **values: str) -> str:
    """Return how the service reports one broken constraint.

    Args:
        path: The member as in the service model with a small first letter, such as ``authFlow``.
        rule: The broken rule.
        shown: What was given, quoted in the report. Leave it out where the model marks the shape as sensitive.
        values: What stands between braces in the rule's text.

    Raises:
        TypeError: A value is missing or superfluous. The caller is wrong.
    """
    quoted = "" if shown is None else f" '{shown}'"
    return f"Value{quoted} at '{path}' failed to satisfy constraint: {wording(rule, **values)}"


def wording(rule: Rule, **values: str) -> str:
    """Return the words in which the service names a rule. The arguments and errors are those of ``violation``."""
    return _filled(rule, values)


def constraint_refusal(violations: Sequence[str]) -> ServiceError:
    """Return the error for requests that break constraints of the service model; all violations stand in one text."""
    return refusal(
        Cause.CONSTRAINT_VIOLATED,
        count=str(len(violations)),
        errors="error" if len(violations) == 1 else "errors",
        violations="; ".join(violations),
    )


def _filled(text: str, values: Mapping[str, str]) -> str:
    names = {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    if names != set(values):
        raise TypeError(f"{text!r} takes {sorted(names)}, not {sorted(values)}")
    return text.format_map(values)
