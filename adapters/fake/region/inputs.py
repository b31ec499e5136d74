"""What requests that administer user pools and app clients are made of.

Source: service model, the input shapes of these operations.
"""

from collections.abc import Mapping
from typing import Final

from ..shapes import (
    ARN,
    CLIENT_ID,
    FLAG,
    NON_SPACE,
    PAGINATION_KEY,
    STRING,
    SWITCH,
    USER_POOL_ID,
    Items,
    Map,
    Number,
    Shape,
    Structure,
    Text,
)

__all__ = ["POOL_INPUTS"]

_USER_POOL_NAME: Final = Text(shortest=1, longest=128, pattern=r"[\w\s+=,.@-]+")
_PASSWORD_LENGTH: Final = Number(lowest=6, highest=99)
_PASSWORD_HISTORY_SIZE: Final = Number(lowest=0, highest=24)
_DAYS: Final = Number(lowest=0, highest=365)
_PASSWORD_POLICY: Final = Structure(
    {
        "MinimumLength": _PASSWORD_LENGTH,
        "RequireUppercase": FLAG,
        "RequireLowercase": FLAG,
        "RequireNumbers": FLAG,
        "RequireSymbols": FLAG,
        "PasswordHistorySize": _PASSWORD_HISTORY_SIZE,
        "TemporaryPasswordValidityDays": _DAYS,
    }
)
_FIRST_FACTOR: Final = Text(values=("PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"))
_FIRST_FACTORS: Final = Items(_FIRST_FACTOR, shortest=1, longest=4)
_SIGN_IN_POLICY: Final = Structure({"AllowedFirstAuthFactors": _FIRST_FACTORS})
_USER_POOL_POLICY: Final = Structure({"PasswordPolicy": _PASSWORD_POLICY, "SignInPolicy": _SIGN_IN_POLICY})
_DELETION_PROTECTION: Final = Text(values=("ACTIVE", "INACTIVE"))
_PRE_TOKEN_GENERATION_LAMBDA_VERSION: Final = Text(values=("V1_0", "V2_0", "V3_0"))
_PRE_TOKEN_GENERATION_VERSION_CONFIG: Final = Structure(
    {"LambdaVersion": _PRE_TOKEN_GENERATION_LAMBDA_VERSION, "LambdaArn": ARN}, required=("LambdaVersion", "LambdaArn")
)
_FIRST_LAMBDA_VERSION: Final = Text(values=("V1_0",))
_VERSIONED_LAMBDA: Final = Structure(
    {"LambdaVersion": _FIRST_LAMBDA_VERSION, "LambdaArn": ARN}, required=("LambdaVersion", "LambdaArn")
)
_LAMBDA_CONFIG: Final = Structure(
    {
        "PreSignUp": ARN,
        "CustomMessage": ARN,
        "PostConfirmation": ARN,
        "PreAuthentication": ARN,
        "PostAuthentication": ARN,
        "DefineAuthChallenge": ARN,
        "CreateAuthChallenge": ARN,
        "VerifyAuthChallengeResponse": ARN,
        "PreTokenGeneration": ARN,
        "UserMigration": ARN,
        "PreTokenGenerationConfig": _PRE_TOKEN_GENERATION_VERSION_CONFIG,
        "CustomSMSSender": _VERSIONED_LAMBDA,
        "CustomEmailSender": _VERSIONED_LAMBDA,
        "KMSKeyID": ARN,
        "InboundFederation": _VERSIONED_LAMBDA,
    }
)
_VERIFIED_ATTRIBUTE: Final = Text(values=("phone_number", "email"))
_VERIFIED_ATTRIBUTES: Final = Items(_VERIFIED_ATTRIBUTE)
_ALIAS_ATTRIBUTE: Final = Text(values=("phone_number", "email", "preferred_username"))
_ALIAS_ATTRIBUTES: Final = Items(_ALIAS_ATTRIBUTE)
_SMS_VERIFICATION_MESSAGE: Final = Text(shortest=6, longest=140, pattern=r".*\{####\}.*")
_EMAIL_MESSAGE: Final = Text(
    shortest=6, longest=20_000, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{####\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*"
)
_EMAIL_SUBJECT: Final = Text(shortest=1, longest=140, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s]+")
_EMAIL_VERIFICATION_MESSAGE_BY_LINK: Final = Text(
    shortest=6,
    longest=20_000,
    pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*\{##[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*##\}[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*",
)
_DEFAULT_EMAIL_OPTION: Final = Text(values=("CONFIRM_WITH_LINK", "CONFIRM_WITH_CODE"))
_VERIFICATION_MESSAGE_TEMPLATE: Final = Structure(
    {
        "SmsMessage": _SMS_VERIFICATION_MESSAGE,
        "EmailMessage": _EMAIL_MESSAGE,
        "EmailSubject": _EMAIL_SUBJECT,
        "EmailMessageByLink": _EMAIL_VERIFICATION_MESSAGE_BY_LINK,
        "EmailSubjectByLink": _EMAIL_SUBJECT,
        "DefaultEmailOption": _DEFAULT_EMAIL_OPTION,
    }
)
_USER_POOL_MFA: Final = Text(values=("OFF", "ON", "OPTIONAL"))
_USER_ATTRIBUTE_UPDATE_SETTINGS: Final = Structure({"AttributesRequireVerificationBeforeUpdate": _VERIFIED_ATTRIBUTES})
_DEVICE_CONFIGURATION: Final = Structure(
    {"ChallengeRequiredOnNewDevice": FLAG, "DeviceOnlyRememberedOnUserPrompt": FLAG}
)
_EMAIL_ADDRESS: Final = Text(pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+@[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
_EMAIL_SENDING_ACCOUNT: Final = Text(values=("COGNITO_DEFAULT", "DEVELOPER"))
_SES_CONFIGURATION_SET: Final = Text(shortest=1, longest=64, pattern=r"^[a-zA-Z0-9_-]+$")
_EMAIL_CONFIGURATION: Final = Structure(
    {
        "SourceArn": ARN,
        "ReplyToEmailAddress": _EMAIL_ADDRESS,
        "EmailSendingAccount": _EMAIL_SENDING_ACCOUNT,
        "From": STRING,
        "ConfigurationSet": _SES_CONFIGURATION_SET,
    }
)
_REGION_CODE: Final = Text(shortest=5, longest=32)
_SMS_CONFIGURATION: Final = Structure(
    {"SnsCallerArn": ARN, "ExternalId": STRING, "SnsRegion": _REGION_CODE}, required=("SnsCallerArn",)
)
_TAG_KEYS: Final = Text(shortest=1, longest=128)
_TAG_VALUE: Final = Text(longest=256)
_USER_POOL_TAGS: Final = Map(_TAG_KEYS, _TAG_VALUE)
_SMS_INVITE_MESSAGE: Final = Text(shortest=6, longest=140, pattern=r"(?s).*")
_EMAIL_INVITE_MESSAGE: Final = Text(shortest=6, longest=20_000, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s*]*")
_MESSAGE_TEMPLATE: Final = Structure(
    {"SMSMessage": _SMS_INVITE_MESSAGE, "EmailMessage": _EMAIL_INVITE_MESSAGE, "EmailSubject": _EMAIL_SUBJECT}
)
_ADMIN_CREATE_USER_CONFIG: Final = Structure(
    {"AllowAdminCreateUserOnly": FLAG, "UnusedAccountValidityDays": _DAYS, "InviteMessageTemplate": _MESSAGE_TEMPLATE}
)
_CUSTOM_ATTRIBUTE_NAME: Final = Text(shortest=1, longest=20, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
_ATTRIBUTE_TYPE: Final = Text(values=("String", "Number", "DateTime", "Boolean"))
_NUMBER_ATTRIBUTE_CONSTRAINTS: Final = Structure({"MinValue": STRING, "MaxValue": STRING})
_STRING_ATTRIBUTE_CONSTRAINTS: Final = Structure({"MinLength": STRING, "MaxLength": STRING})
_SCHEMA_ATTRIBUTE: Final = Structure(
    {
        "Name": _CUSTOM_ATTRIBUTE_NAME,
        "AttributeDataType": _ATTRIBUTE_TYPE,
        "DeveloperOnlyAttribute": FLAG,
        "Mutable": FLAG,
        "Required": FLAG,
        "NumberAttributeConstraints": _NUMBER_ATTRIBUTE_CONSTRAINTS,
        "StringAttributeConstraints": _STRING_ATTRIBUTE_CONSTRAINTS,
    }
)
_SCHEMA_ATTRIBUTES: Final = Items(_SCHEMA_ATTRIBUTE, shortest=1, longest=50)
_ADVANCED_SECURITY_MODE: Final = Text(values=("OFF", "AUDIT", "ENFORCED"))
_ADVANCED_SECURITY_ENABLED_MODE: Final = Text(values=("AUDIT", "ENFORCED"))
_ADVANCED_SECURITY_ADDITIONAL_FLOWS: Final = Structure({"CustomAuthMode": _ADVANCED_SECURITY_ENABLED_MODE})
_USER_POOL_ADD_ONS: Final = Structure(
    {
        "AdvancedSecurityMode": _ADVANCED_SECURITY_MODE,
        "AdvancedSecurityAdditionalFlows": _ADVANCED_SECURITY_ADDITIONAL_FLOWS,
    },
    required=("AdvancedSecurityMode",),
)
_USERNAME_CONFIGURATION: Final = Structure({"CaseSensitive": FLAG}, required=("CaseSensitive",))
_PRIORITY: Final = Number(lowest=1, highest=2)
_RECOVERY_OPTION_NAME: Final = Text(values=("verified_email", "verified_phone_number", "admin_only"))
_RECOVERY_OPTION: Final = Structure(
    {"Priority": _PRIORITY, "Name": _RECOVERY_OPTION_NAME}, required=("Priority", "Name")
)
_RECOVERY_OPTIONS: Final = Items(_RECOVERY_OPTION, shortest=1, longest=2)
_ACCOUNT_RECOVERY_SETTING: Final = Structure({"RecoveryMechanisms": _RECOVERY_OPTIONS})
_USER_POOL_TIER: Final = Text(values=("LITE", "ESSENTIALS", "PLUS"))
_LIST_LIMIT: Final = Number(lowest=1, highest=60)
_CLIENT_NAME: Final = Text(shortest=1, longest=128, pattern=r"[\w\s+=,.@-]+")
_CLIENT_SECRET: Final = Text(shortest=24, longest=64, pattern=r"[\w+]+", is_sensitive=True)
_REFRESH_TOKEN_VALIDITY: Final = Number(lowest=0, highest=315_360_000)
_TOKEN_VALIDITY: Final = Number(lowest=1, highest=86_400)
_TIME_UNITS: Final = Text(values=("seconds", "minutes", "hours", "days"))
_TOKEN_VALIDITY_UNITS: Final = Structure(
    {"AccessToken": _TIME_UNITS, "IdToken": _TIME_UNITS, "RefreshToken": _TIME_UNITS}
)
_CLIENT_PERMISSION: Final = Text(shortest=1, longest=2048)
_CLIENT_PERMISSIONS: Final = Items(_CLIENT_PERMISSION)
_EXPLICIT_AUTH_FLOW: Final = Text(
    values=(
        "ADMIN_NO_SRP_AUTH",
        "CUSTOM_AUTH_FLOW_ONLY",
        "USER_PASSWORD_AUTH",
        "ALLOW_ADMIN_USER_PASSWORD_AUTH",
        "ALLOW_CUSTOM_AUTH",
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
        "ALLOW_USER_AUTH",
    )
)
_EXPLICIT_AUTH_FLOWS: Final = Items(_EXPLICIT_AUTH_FLOW)
_PROVIDER_NAME: Final = Text(shortest=1, longest=32, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\p{Z}]+")
_PROVIDERS: Final = Items(_PROVIDER_NAME)
_REDIRECT_URL: Final = Text(shortest=1, longest=1024, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+")
_URLS: Final = Items(_REDIRECT_URL, longest=100)
_OAUTH_FLOW: Final = Text(values=("code", "implicit", "client_credentials"))
_OAUTH_FLOWS: Final = Items(_OAUTH_FLOW, longest=3)
_SCOPE: Final = Text(shortest=1, longest=256, pattern=r"[\x21\x23-\x5B\x5D-\x7E]+")
_SCOPES: Final = Items(_SCOPE, longest=50)
_HEX_STRING: Final = Text(pattern=r"^[0-9a-fA-F]+$")
_ANALYTICS_CONFIGURATION: Final = Structure(
    {"ApplicationId": _HEX_STRING, "ApplicationArn": ARN, "RoleArn": ARN, "ExternalId": STRING, "UserDataShared": FLAG}
)
_EXISTENCE_ERRORS: Final = Text(values=("LEGACY", "ENABLED"))
_AUTH_SESSION_VALIDITY: Final = Number(lowest=3, highest=15)
_FEATURE: Final = Text(values=("ENABLED", "DISABLED"))
_RETRY_GRACE_PERIOD_SECONDS: Final = Number(lowest=0, highest=60)
_REFRESH_TOKEN_ROTATION: Final = Structure(
    {"Feature": _FEATURE, "RetryGracePeriodSeconds": _RETRY_GRACE_PERIOD_SECONDS}, required=("Feature",)
)
_SMS_MFA_CONFIG: Final = Structure(
    {"SmsAuthenticationMessage": _SMS_VERIFICATION_MESSAGE, "SmsConfiguration": _SMS_CONFIGURATION}
)
_EMAIL_MFA_SUBJECT: Final = Text(pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\s]+")
_EMAIL_MFA_CONFIG: Final = Structure({"Message": _EMAIL_MESSAGE, "Subject": _EMAIL_MFA_SUBJECT})
_RELYING_PARTY_ID: Final = Text(shortest=1, longest=127)
_USER_VERIFICATION: Final = Text(values=("required", "preferred"))
_WEB_AUTHN_FACTOR_CONFIGURATION: Final = Text(values=("SINGLE_FACTOR", "MULTI_FACTOR_WITH_USER_VERIFICATION"))
_WEB_AUTHN_CONFIGURATION: Final = Structure(
    {
        "RelyingPartyId": _RELYING_PARTY_ID,
        "UserVerification": _USER_VERIFICATION,
        "FactorConfiguration": _WEB_AUTHN_FACTOR_CONFIGURATION,
    }
)

_CLIENT_SETTINGS: Final[Mapping[str, Shape]] = {
    "RefreshTokenValidity": _REFRESH_TOKEN_VALIDITY,
    "AccessTokenValidity": _TOKEN_VALIDITY,
    "IdTokenValidity": _TOKEN_VALIDITY,
    "TokenValidityUnits": _TOKEN_VALIDITY_UNITS,
    "ReadAttributes": _CLIENT_PERMISSIONS,
    "WriteAttributes": _CLIENT_PERMISSIONS,
    "ExplicitAuthFlows": _EXPLICIT_AUTH_FLOWS,
    "SupportedIdentityProviders": _PROVIDERS,
    "CallbackURLs": _URLS,
    "LogoutURLs": _URLS,
    "DefaultRedirectURI": _REDIRECT_URL,
    "AllowedOAuthFlows": _OAUTH_FLOWS,
    "AllowedOAuthScopes": _SCOPES,
    "AllowedOAuthFlowsUserPoolClient": FLAG,
    "AnalyticsConfiguration": _ANALYTICS_CONFIGURATION,
    "PreventUserExistenceErrors": _EXISTENCE_ERRORS,
    "EnableTokenRevocation": FLAG,
    "EnablePropagateAdditionalUserContextData": FLAG,
    "AuthSessionValidity": _AUTH_SESSION_VALIDITY,
    "RefreshTokenRotation": _REFRESH_TOKEN_ROTATION,
}
"""What CreateUserPoolClient and UpdateUserPoolClient both take."""

POOL_INPUTS: Final[Mapping[str, Structure]] = {
    "CreateUserPool": Structure(
        {
            "PoolName": _USER_POOL_NAME,
            "Policies": _USER_POOL_POLICY,
            "DeletionProtection": _DELETION_PROTECTION,
            "LambdaConfig": _LAMBDA_CONFIG,
            "AutoVerifiedAttributes": _VERIFIED_ATTRIBUTES,
            "AliasAttributes": _ALIAS_ATTRIBUTES,
            "UsernameAttributes": _VERIFIED_ATTRIBUTES,
            "SmsVerificationMessage": _SMS_VERIFICATION_MESSAGE,
            "EmailVerificationMessage": _EMAIL_MESSAGE,
            "EmailVerificationSubject": _EMAIL_SUBJECT,
            "VerificationMessageTemplate": _VERIFICATION_MESSAGE_TEMPLATE,
            "SmsAuthenticationMessage": _SMS_VERIFICATION_MESSAGE,
            "MfaConfiguration": _USER_POOL_MFA,
            "UserAttributeUpdateSettings": _USER_ATTRIBUTE_UPDATE_SETTINGS,
            "DeviceConfiguration": _DEVICE_CONFIGURATION,
            "EmailConfiguration": _EMAIL_CONFIGURATION,
            "SmsConfiguration": _SMS_CONFIGURATION,
            "UserPoolTags": _USER_POOL_TAGS,
            "AdminCreateUserConfig": _ADMIN_CREATE_USER_CONFIG,
            "Schema": _SCHEMA_ATTRIBUTES,
            "UserPoolAddOns": _USER_POOL_ADD_ONS,
            "UsernameConfiguration": _USERNAME_CONFIGURATION,
            "AccountRecoverySetting": _ACCOUNT_RECOVERY_SETTING,
            "UserPoolTier": _USER_POOL_TIER,
        },
        required=("PoolName",),
    ),
    "DescribeUserPool": Structure({"UserPoolId": USER_POOL_ID}, required=("UserPoolId",)),
    "UpdateUserPool": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "Policies": _USER_POOL_POLICY,
            "DeletionProtection": _DELETION_PROTECTION,
            "LambdaConfig": _LAMBDA_CONFIG,
            "AutoVerifiedAttributes": _VERIFIED_ATTRIBUTES,
            "SmsVerificationMessage": _SMS_VERIFICATION_MESSAGE,
            "EmailVerificationMessage": _EMAIL_MESSAGE,
            "EmailVerificationSubject": _EMAIL_SUBJECT,
            "VerificationMessageTemplate": _VERIFICATION_MESSAGE_TEMPLATE,
            "SmsAuthenticationMessage": _SMS_VERIFICATION_MESSAGE,
            "UserAttributeUpdateSettings": _USER_ATTRIBUTE_UPDATE_SETTINGS,
            "MfaConfiguration": _USER_POOL_MFA,
            "DeviceConfiguration": _DEVICE_CONFIGURATION,
            "EmailConfiguration": _EMAIL_CONFIGURATION,
            "SmsConfiguration": _SMS_CONFIGURATION,
            "UserPoolTags": _USER_POOL_TAGS,
            "AdminCreateUserConfig": _ADMIN_CREATE_USER_CONFIG,
            "UserPoolAddOns": _USER_POOL_ADD_ONS,
            "AccountRecoverySetting": _ACCOUNT_RECOVERY_SETTING,
            "PoolName": _USER_POOL_NAME,
            "UserPoolTier": _USER_POOL_TIER,
        },
        required=("UserPoolId",),
    ),
    "DeleteUserPool": Structure({"UserPoolId": USER_POOL_ID}, required=("UserPoolId",)),
    "ListUserPools": Structure({"NextToken": NON_SPACE, "MaxResults": _LIST_LIMIT}, required=("MaxResults",)),
    "CreateUserPoolClient": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "ClientName": _CLIENT_NAME,
            "GenerateSecret": FLAG,
            "ClientSecret": _CLIENT_SECRET,
            **_CLIENT_SETTINGS,
        },
        required=("UserPoolId", "ClientName"),
    ),
    "DescribeUserPoolClient": Structure(
        {"UserPoolId": USER_POOL_ID, "ClientId": CLIENT_ID}, required=("UserPoolId", "ClientId")
    ),
    "UpdateUserPoolClient": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "ClientId": CLIENT_ID,
            "ClientName": _CLIENT_NAME,
            **_CLIENT_SETTINGS,
        },
        required=("UserPoolId", "ClientId"),
    ),
    "DeleteUserPoolClient": Structure(
        {"UserPoolId": USER_POOL_ID, "ClientId": CLIENT_ID}, required=("UserPoolId", "ClientId")
    ),
    "ListUserPoolClients": Structure(
        {"UserPoolId": USER_POOL_ID, "MaxResults": _LIST_LIMIT, "NextToken": PAGINATION_KEY}, required=("UserPoolId",)
    ),
    "SetUserPoolMfaConfig": Structure(
        {
            "UserPoolId": USER_POOL_ID,
            "SmsMfaConfiguration": _SMS_MFA_CONFIG,
            "SoftwareTokenMfaConfiguration": SWITCH,
            "EmailMfaConfiguration": _EMAIL_MFA_CONFIG,
            "MfaConfiguration": _USER_POOL_MFA,
            "WebAuthnConfiguration": _WEB_AUTHN_CONFIGURATION,
        },
        required=("UserPoolId",),
    ),
    "GetUserPoolMfaConfig": Structure({"UserPoolId": USER_POOL_ID}, required=("UserPoolId",)),
}
"""By operation."""
