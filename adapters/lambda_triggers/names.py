"""The triggers of a user pool, and the occasions that fire them, in the service's own names.

Source: Cognito developer guide, 'Customizing user pool workflows with Lambda triggers'; service model,
LambdaConfigType.
"""

from enum import StrEnum

__all__ = ["Trigger", "TriggerSource"]


class Trigger(StrEnum):
    """A place where a pool asks a Lambda function.

    The value is the key of the pool's ``LambdaConfig``, and the first word of what the service says when it fails.
    """

    PRE_SIGN_UP = "PreSignUp"
    POST_CONFIRMATION = "PostConfirmation"
    PRE_AUTHENTICATION = "PreAuthentication"
    POST_AUTHENTICATION = "PostAuthentication"
    DEFINE_AUTH_CHALLENGE = "DefineAuthChallenge"
    CREATE_AUTH_CHALLENGE = "CreateAuthChallenge"
    VERIFY_AUTH_CHALLENGE_RESPONSE = "VerifyAuthChallengeResponse"
    PRE_TOKEN_GENERATION = "PreTokenGeneration"
    USER_MIGRATION = "UserMigration"
    CUSTOM_MESSAGE = "CustomMessage"
    CUSTOM_EMAIL_SENDER = "CustomEmailSender"
    CUSTOM_SMS_SENDER = "CustomSMSSender"


class TriggerSource(StrEnum):
    """The occasion that fires a trigger, as ``triggerSource`` says it.

    ``CustomSMSSender_`` is also printed ``CustomSmsSender_`` on one page of the guide; the API's own table is followed.
    """

    PRE_SIGN_UP_SIGN_UP = "PreSignUp_SignUp"
    PRE_SIGN_UP_ADMIN_CREATE_USER = "PreSignUp_AdminCreateUser"
    PRE_SIGN_UP_EXTERNAL_PROVIDER = "PreSignUp_ExternalProvider"
    POST_CONFIRMATION_CONFIRM_SIGN_UP = "PostConfirmation_ConfirmSignUp"
    POST_CONFIRMATION_CONFIRM_FORGOT_PASSWORD = "PostConfirmation_ConfirmForgotPassword"
    PRE_AUTHENTICATION = "PreAuthentication_Authentication"
    POST_AUTHENTICATION = "PostAuthentication_Authentication"
    DEFINE_AUTH_CHALLENGE = "DefineAuthChallenge_Authentication"
    CREATE_AUTH_CHALLENGE = "CreateAuthChallenge_Authentication"
    VERIFY_AUTH_CHALLENGE_RESPONSE = "VerifyAuthChallengeResponse_Authentication"
    TOKEN_GENERATION_HOSTED_AUTH = "TokenGeneration_HostedAuth"
    TOKEN_GENERATION_AUTHENTICATION = "TokenGeneration_Authentication"
    TOKEN_GENERATION_NEW_PASSWORD_CHALLENGE = "TokenGeneration_NewPasswordChallenge"
    TOKEN_GENERATION_AUTHENTICATE_DEVICE = "TokenGeneration_AuthenticateDevice"
    TOKEN_GENERATION_REFRESH_TOKENS = "TokenGeneration_RefreshTokens"
    TOKEN_GENERATION_CLIENT_CREDENTIALS = "TokenGeneration_ClientCredentials"
    USER_MIGRATION_AUTHENTICATION = "UserMigration_Authentication"
    USER_MIGRATION_FORGOT_PASSWORD = "UserMigration_ForgotPassword"
    CUSTOM_MESSAGE_SIGN_UP = "CustomMessage_SignUp"
    CUSTOM_MESSAGE_ADMIN_CREATE_USER = "CustomMessage_AdminCreateUser"
    CUSTOM_MESSAGE_RESEND_CODE = "CustomMessage_ResendCode"
    CUSTOM_MESSAGE_FORGOT_PASSWORD = "CustomMessage_ForgotPassword"
    CUSTOM_MESSAGE_UPDATE_USER_ATTRIBUTE = "CustomMessage_UpdateUserAttribute"
    CUSTOM_MESSAGE_VERIFY_USER_ATTRIBUTE = "CustomMessage_VerifyUserAttribute"
    CUSTOM_MESSAGE_AUTHENTICATION = "CustomMessage_Authentication"
    CUSTOM_EMAIL_SENDER_SIGN_UP = "CustomEmailSender_SignUp"
    CUSTOM_EMAIL_SENDER_ADMIN_CREATE_USER = "CustomEmailSender_AdminCreateUser"
    CUSTOM_EMAIL_SENDER_RESEND_CODE = "CustomEmailSender_ResendCode"
    CUSTOM_EMAIL_SENDER_FORGOT_PASSWORD = "CustomEmailSender_ForgotPassword"
    CUSTOM_EMAIL_SENDER_UPDATE_USER_ATTRIBUTE = "CustomEmailSender_UpdateUserAttribute"
    CUSTOM_EMAIL_SENDER_VERIFY_USER_ATTRIBUTE = "CustomEmailSender_VerifyUserAttribute"
    CUSTOM_EMAIL_SENDER_AUTHENTICATION = "CustomEmailSender_Authentication"
    CUSTOM_EMAIL_SENDER_ACCOUNT_TAKE_OVER = "CustomEmailSender_AccountTakeOverNotification"
    CUSTOM_SMS_SENDER_SIGN_UP = "CustomSMSSender_SignUp"
    CUSTOM_SMS_SENDER_ADMIN_CREATE_USER = "CustomSMSSender_AdminCreateUser"
    CUSTOM_SMS_SENDER_RESEND_CODE = "CustomSMSSender_ResendCode"
    CUSTOM_SMS_SENDER_FORGOT_PASSWORD = "CustomSMSSender_ForgotPassword"
    CUSTOM_SMS_SENDER_UPDATE_USER_ATTRIBUTE = "CustomSMSSender_UpdateUserAttribute"
    CUSTOM_SMS_SENDER_VERIFY_USER_ATTRIBUTE = "CustomSMSSender_VerifyUserAttribute"
    CUSTOM_SMS_SENDER_AUTHENTICATION = "CustomSMSSender_Authentication"

    @property
    def trigger(self) -> Trigger:
        """The trigger that it fires."""
        word, _, _ = self.value.partition("_")
        return Trigger.PRE_TOKEN_GENERATION if word == "TokenGeneration" else Trigger(word)
