"""The requests, each written out in full beside the effect that it comes from."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import TypeAlias

import attrs

from authsteps.adapters.cognito.protocol import BackendEffect
from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Carried, Secret
from authsteps.flows import effects
from authsteps.flows.model import AuthFlow, FactorType, MfaSetting, MfaType
from tests.flows.world import ALICE, CLIENT_ID, CLIENT_SECRET, COGNITO_NAME, SIGN_UP_SESSION, tokens

__all__ = ["ACCESS", "DEVICE", "GOLDEN", "METADATA", "SESSION", "Golden", "responding", "with_device"]

METADATA = {"from": "a test"}
SESSION = "a-session-of-20-or-more"
DEVICE = "eu-west-1_11111111-2222-3333-4444-555555555555"
WHEN = "Mon Jan 5 03:04:09 UTC 2026"
ACCESS = Secret("access")


def hash_over(username: str) -> str:
    """The secret hash, computed by hand. Source: Cognito developer guide, "Computing secret hash values"."""
    digest = hmac.digest(CLIENT_SECRET.encode(), f"{username}{CLIENT_ID}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


TYPED, IN_THE_POOL = hash_over(ALICE), hash_over(COGNITO_NAME)


def responding(response: effects.ChallengeResponse, session: str | None = SESSION) -> effects.RespondToAuthChallenge:
    carried = Carried(session) if session is not None else None
    return effects.RespondToAuthChallenge(COGNITO_NAME, carried, response, client_metadata=METADATA)


def with_device(response: effects.ChallengeResponse, device_key: str | None = DEVICE) -> effects.RespondWithDevice:
    return effects.RespondWithDevice(
        COGNITO_NAME, Carried(SESSION), response, device_key=device_key, client_metadata=METADATA
    )


# Each row: an effect, the operation, the request of a client without a secret, and what a secret adds to it. What a
# secret adds inside AuthParameters or ChallengeResponses stands under that name.
Golden: TypeAlias = tuple[BackendEffect, str, dict[str, Json], dict[str, Json]]


def beginning(effect: effects.InitiateAuth, auth_flow: str, **parameters: str) -> Golden:
    """A row of InitiateAuth."""
    request: dict[str, Json] = {
        "AuthFlow": auth_flow,
        "ClientId": CLIENT_ID,
        "AuthParameters": {"USERNAME": ALICE, **parameters},
    }
    return effect, "InitiateAuth", request, {"AuthParameters": {"SECRET_HASH": TYPED}}


def answering(effect: effects.RespondToAuthChallenge, challenge: str, **responses: str) -> Golden:
    """A row of RespondToAuthChallenge."""
    request: dict[str, Json] = {
        "ClientId": CLIENT_ID,
        "ChallengeName": challenge,
        "ChallengeResponses": {"USERNAME": COGNITO_NAME, **responses},
        "Session": SESSION,
        "ClientMetadata": METADATA,
    }
    return effect, "RespondToAuthChallenge", request, {"ChallengeResponses": {"SECRET_HASH": IN_THE_POOL}}


def naming(effect: BackendEffect, operation: str, members: Mapping[str, Json]) -> Golden:
    """A row of an operation that takes the username as it was typed, and no token."""
    request: dict[str, Json] = {"ClientId": CLIENT_ID, "Username": ALICE, **members}
    return effect, operation, request, {"SecretHash": TYPED}


def showing(effect: BackendEffect, operation: str, **members: Json) -> Golden:
    """A row of an operation that the access token authorises."""
    return effect, operation, {"AccessToken": "access", **members}, {}


CLAIM = {"PASSWORD_CLAIM_SECRET_BLOCK": "block", "PASSWORD_CLAIM_SIGNATURE": "signature", "TIMESTAMP": WHEN}

BEGINNINGS: Mapping[str, Golden] = {
    "SRP begins with A": (
        effects.InitiateAuth(AuthFlow.USER_SRP_AUTH, ALICE, srp_a=Secret("A"), client_metadata=METADATA),
        "InitiateAuth",
        {
            "AuthFlow": "USER_SRP_AUTH",
            "ClientId": CLIENT_ID,
            "AuthParameters": {"USERNAME": ALICE, "SRP_A": "A"},
            "ClientMetadata": METADATA,
        },
        {"AuthParameters": {"SECRET_HASH": TYPED}},
    ),
    "SRP begins with A on a device": beginning(
        effects.InitiateAuth(AuthFlow.USER_SRP_AUTH, ALICE, srp_a=Secret("A"), device_key=DEVICE),
        "USER_SRP_AUTH",
        SRP_A="A",
        DEVICE_KEY=DEVICE,
    ),
    "a password begins with itself": beginning(
        effects.InitiateAuth(AuthFlow.USER_PASSWORD_AUTH, ALICE, password=Secret(" p ")),
        "USER_PASSWORD_AUTH",
        PASSWORD=" p ",
    ),
    "the pool's own challenges after SRP": beginning(
        effects.InitiateAuth(AuthFlow.CUSTOM_AUTH_WITH_SRP, ALICE, srp_a=Secret("A")),
        "CUSTOM_AUTH",
        CHALLENGE_NAME="SRP_A",
        SRP_A="A",
    ),
    "the pool's own challenges": beginning(
        effects.InitiateAuth(AuthFlow.CUSTOM_AUTH_WITHOUT_SRP, ALICE, device_key=DEVICE),
        "CUSTOM_AUTH",
        DEVICE_KEY=DEVICE,
    ),
    "a choice to come": beginning(effects.InitiateAuth(AuthFlow.USER_AUTH, ALICE), "USER_AUTH"),
    **{
        f"{factor.value} preferred": beginning(
            effects.InitiateAuth(AuthFlow.USER_AUTH, ALICE, preferred=factor),
            "USER_AUTH",
            PREFERRED_CHALLENGE=factor.value,
        )
        for factor in (FactorType.EMAIL_OTP, FactorType.SMS_OTP, FactorType.WEB_AUTHN)
    },
    "the password preferred": beginning(
        effects.InitiateAuth(AuthFlow.USER_AUTH, ALICE, password=Secret(" p "), preferred=FactorType.PASSWORD),
        "USER_AUTH",
        PREFERRED_CHALLENGE="PASSWORD",
        PASSWORD=" p ",
    ),
    "the proof preferred": beginning(
        effects.InitiateAuth(AuthFlow.USER_AUTH, ALICE, srp_a=Secret("A"), preferred=FactorType.PASSWORD_SRP),
        "USER_AUTH",
        PREFERRED_CHALLENGE="PASSWORD_SRP",
        SRP_A="A",
    ),
    "the session of a sign-up": (
        effects.InitiateAuth(AuthFlow.USER_AUTH, ALICE, session=Carried(SIGN_UP_SESSION)),
        "InitiateAuth",
        {
            "AuthFlow": "USER_AUTH",
            "ClientId": CLIENT_ID,
            "AuthParameters": {"USERNAME": ALICE},
            "Session": SIGN_UP_SESSION,
        },
        {"AuthParameters": {"SECRET_HASH": TYPED}},
    ),
}

ANSWERS: Mapping[str, Golden] = {
    "the proof": answering(
        with_device(effects.PasswordClaim(Secret("block"), Secret("signature"), WHEN), None),
        "PASSWORD_VERIFIER",
        **CLAIM,
    ),
    "the proof on a device": answering(
        with_device(effects.PasswordClaim(Secret("block"), Secret("signature"), WHEN)),
        "PASSWORD_VERIFIER",
        **CLAIM,
        DEVICE_KEY=DEVICE,
    ),
    "a new password with attributes": answering(
        responding(effects.NewPasswordResponse(Secret("new"), {"email": "a@b", "custom:age": "42"})),
        "NEW_PASSWORD_REQUIRED",
        **{"NEW_PASSWORD": "new", "userAttributes.email": "a@b", "userAttributes.custom:age": "42"},
    ),
    "a code by SMS": answering(responding(effects.SmsCode(Secret("123456"))), "SMS_MFA", SMS_MFA_CODE="123456"),
    "a one-time code by e-mail": answering(
        responding(effects.OtpCode(FactorType.EMAIL_OTP, Secret("12345678"))), "EMAIL_OTP", EMAIL_OTP_CODE="12345678"
    ),
    "a one-time code by SMS": answering(
        responding(effects.OtpCode(FactorType.SMS_OTP, Secret("123456"))), "SMS_OTP", SMS_OTP_CODE="123456"
    ),
    "an app's code": answering(
        responding(effects.TotpCode(Secret("123456"))), "SOFTWARE_TOKEN_MFA", SOFTWARE_TOKEN_MFA_CODE="123456"
    ),
    **{
        f"{mfa.value} chosen": answering(responding(effects.MfaChoice(mfa)), "SELECT_MFA_TYPE", ANSWER=mfa.value)
        for mfa in MfaType
    },
    "an app that was set up": answering(responding(effects.TotpSetupResponse()), "MFA_SETUP"),
    "an address to set up": answering(
        responding(effects.EmailSetupResponse(Secret("alice@example.com"))), "MFA_SETUP", EMAIL="alice@example.com"
    ),
    "an answer of the pool's own": answering(
        with_device(effects.CustomAnswer(Secret(" forty-two ")), None), "CUSTOM_CHALLENGE", ANSWER=" forty-two "
    ),
    "an answer of the pool's own on a device": answering(
        with_device(effects.CustomAnswer(Secret("forty-two"))),
        "CUSTOM_CHALLENGE",
        ANSWER="forty-two",
        DEVICE_KEY=DEVICE,
    ),
    **{
        f"{factor.value} chosen": answering(
            with_device(effects.FactorChoice(factor)), "SELECT_CHALLENGE", ANSWER=factor.value, DEVICE_KEY=DEVICE
        )
        for factor in (FactorType.EMAIL_OTP, FactorType.SMS_OTP, FactorType.WEB_AUTHN)
    },
    "the password chosen": answering(
        with_device(effects.FactorChoice(FactorType.PASSWORD, password=Secret(" p ")), None),
        "SELECT_CHALLENGE",
        ANSWER="PASSWORD",
        PASSWORD=" p ",
    ),
    "the proof chosen": answering(
        with_device(effects.FactorChoice(FactorType.PASSWORD_SRP, srp_a=Secret("A"))),
        "SELECT_CHALLENGE",
        ANSWER="PASSWORD_SRP",
        SRP_A="A",
        DEVICE_KEY=DEVICE,
    ),
    "a passkey's assertion": answering(
        responding(effects.CredentialResponse(Secret('{"id": "passkey"}'))), "WEB_AUTHN", CREDENTIAL='{"id": "passkey"}'
    ),
    "a device's A": answering(
        with_device(effects.DeviceSrpStart(Secret("A"))), "DEVICE_SRP_AUTH", SRP_A="A", DEVICE_KEY=DEVICE
    ),
    "a device's proof": answering(
        with_device(effects.DeviceClaim(Secret("block"), Secret("signature"), WHEN)),
        "DEVICE_PASSWORD_VERIFIER",
        **CLAIM,
        DEVICE_KEY=DEVICE,
    ),
    "responses to an unknown challenge": answering(
        responding(effects.KeyValues("FUTURE_CHALLENGE", Secret('{"ANSWER": "forty \\"two\\" \\u00e9"}'))),
        "FUTURE_CHALLENGE",
        ANSWER='forty "two" é',
    ),
}

WITH_A_NAME: Mapping[str, Golden] = {
    "an account": naming(
        effects.SignUp(
            ALICE,
            Secret(" p "),
            {"email": "a@b", "name": "Alice"},
            {"invitation": "a-7"},
            METADATA,
        ),
        "SignUp",
        {
            "Password": " p ",
            "UserAttributes": [{"Name": "email", "Value": "a@b"}, {"Name": "name", "Value": "Alice"}],
            "ValidationData": [{"Name": "invitation", "Value": "a-7"}],
            "ClientMetadata": METADATA,
        },
    ),
    "an account without a password": naming(effects.SignUp(ALICE, None), "SignUp", {"UserAttributes": []}),
    "an account's code": naming(
        effects.ConfirmSignUp(ALICE, Secret("123456"), client_metadata=METADATA),
        "ConfirmSignUp",
        {"ConfirmationCode": "123456", "ClientMetadata": METADATA},
    ),
    "an account's code with its session": naming(
        effects.ConfirmSignUp(ALICE, Secret("123456"), Carried(SIGN_UP_SESSION)),
        "ConfirmSignUp",
        {"ConfirmationCode": "123456", "Session": SIGN_UP_SESSION},
    ),
    "an account's code that takes an address over": naming(
        effects.ConfirmSignUp(ALICE, Secret("123456"), force_alias_creation=True),
        "ConfirmSignUp",
        {"ConfirmationCode": "123456", "ForceAliasCreation": True},
    ),
    "the code again": naming(
        effects.ResendConfirmationCode(ALICE, METADATA), "ResendConfirmationCode", {"ClientMetadata": METADATA}
    ),
    "a forgotten password": naming(
        effects.ForgotPassword(ALICE, METADATA), "ForgotPassword", {"ClientMetadata": METADATA}
    ),
    "a password in its place": naming(
        effects.ConfirmForgotPassword(ALICE, Secret("123456"), Secret(" new "), METADATA),
        "ConfirmForgotPassword",
        {"ConfirmationCode": "123456", "Password": " new ", "ClientMetadata": METADATA},
    ),
}

WITH_A_TOKEN: Mapping[str, Golden] = {
    # These two take the client's secret itself.
    "new tokens": (
        effects.GetTokensFromRefreshToken(tokens(), METADATA),
        "GetTokensFromRefreshToken",
        {"RefreshToken": "refresh-1", "ClientId": CLIENT_ID, "ClientMetadata": METADATA},
        {"ClientSecret": CLIENT_SECRET},
    ),
    "new tokens of a device": (
        effects.GetTokensFromRefreshToken(attrs.evolve(tokens(), device_key=DEVICE)),
        "GetTokensFromRefreshToken",
        {"RefreshToken": "refresh-1", "ClientId": CLIENT_ID, "DeviceKey": DEVICE},
        {"ClientSecret": CLIENT_SECRET},
    ),
    "a revoked token": (
        effects.RevokeToken(Secret("refresh-1")),
        "RevokeToken",
        {"Token": "refresh-1", "ClientId": CLIENT_ID},
        {"ClientSecret": CLIENT_SECRET},
    ),
    # The access token says it all.
    "who it is": showing(effects.GetUser(ACCESS), "GetUser"),
    "attributes": showing(
        effects.UpdateUserAttributes(ACCESS, {"email": "b@c", "nickname": ""}, METADATA),
        "UpdateUserAttributes",
        UserAttributes=[{"Name": "email", "Value": "b@c"}, {"Name": "nickname", "Value": ""}],
        ClientMetadata=METADATA,
    ),
    "a code for an attribute": showing(
        effects.GetUserAttributeVerificationCode(ACCESS, "email", METADATA),
        "GetUserAttributeVerificationCode",
        AttributeName="email",
        ClientMetadata=METADATA,
    ),
    "an attribute's code": showing(
        effects.VerifyUserAttribute(ACCESS, "email", Secret("123456")),
        "VerifyUserAttribute",
        AttributeName="email",
        Code="123456",
    ),
    "attributes to forget": showing(
        effects.DeleteUserAttributes(ACCESS, ("nickname", "custom:age")),
        "DeleteUserAttributes",
        UserAttributeNames=["nickname", "custom:age"],
    ),
    "another password": showing(
        effects.ChangePassword(ACCESS, Secret(" old "), Secret(" new ")),
        "ChangePassword",
        PreviousPassword=" old ",
        ProposedPassword=" new ",
    ),
    "a first password": showing(
        effects.ChangePassword(ACCESS, None, Secret(" new ")), "ChangePassword", ProposedPassword=" new "
    ),
    "nobody any more": showing(effects.DeleteUser(ACCESS), "DeleteUser"),
    "the end everywhere": showing(effects.GlobalSignOut(ACCESS), "GlobalSignOut"),
}

FACTORS: Mapping[str, Golden] = {
    "a secret for an app": showing(effects.AssociateSoftwareToken(ACCESS), "AssociateSoftwareToken"),
    "a secret for an app on the way in": (
        effects.AssociateSoftwareToken(session=Carried(SESSION)),
        "AssociateSoftwareToken",
        {"Session": SESSION},
        {},
    ),
    "a code of the app": showing(
        effects.VerifySoftwareToken(Secret("123456"), "phone", ACCESS),
        "VerifySoftwareToken",
        UserCode="123456",
        FriendlyDeviceName="phone",
    ),
    "a code of a nameless app on the way in": (
        effects.VerifySoftwareToken(Secret("123456"), session=Carried(SESSION)),
        "VerifySoftwareToken",
        {"Session": SESSION, "UserCode": "123456"},
        {},
    ),
    "all settings of the second factors": showing(
        effects.SetUserMfaPreference(
            ACCESS,
            {
                MfaType.SMS: MfaSetting.DISABLED,
                MfaType.TOTP: MfaSetting.PREFERRED,
                MfaType.EMAIL: MfaSetting.NOT_PREFERRED,
            },
        ),
        "SetUserMFAPreference",
        SMSMfaSettings={"Enabled": False},
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
        EmailMfaSettings={"Enabled": True, "PreferredMfa": False},
    ),
    "one setting": showing(
        effects.SetUserMfaPreference(ACCESS, {MfaType.TOTP: MfaSetting.ENABLED}),
        "SetUserMFAPreference",
        SoftwareTokenMfaSettings={"Enabled": True},
    ),
    "a device with a name": showing(
        effects.ConfirmDevice(ACCESS, DEVICE, Secret("VkVSSUZJRVI="), Secret("U0FMVA=="), "laptop"),
        "ConfirmDevice",
        DeviceKey=DEVICE,
        DeviceSecretVerifierConfig={"PasswordVerifier": "VkVSSUZJRVI=", "Salt": "U0FMVA=="},
        DeviceName="laptop",
    ),
    "a device": showing(
        effects.ConfirmDevice(ACCESS, DEVICE, Secret("VkVSSUZJRVI="), Secret("U0FMVA==")),
        "ConfirmDevice",
        DeviceKey=DEVICE,
        DeviceSecretVerifierConfig={"PasswordVerifier": "VkVSSUZJRVI=", "Salt": "U0FMVA=="},
    ),
    "a device to remember": showing(
        effects.UpdateDeviceStatus(ACCESS, DEVICE, is_remembered=True),
        "UpdateDeviceStatus",
        DeviceKey=DEVICE,
        DeviceRememberedStatus="remembered",
    ),
    "a device to remember no longer": showing(
        effects.UpdateDeviceStatus(ACCESS, DEVICE, is_remembered=False),
        "UpdateDeviceStatus",
        DeviceKey=DEVICE,
        DeviceRememberedStatus="not_remembered",
    ),
    "about a device": showing(effects.GetDevice(ACCESS, DEVICE), "GetDevice", DeviceKey=DEVICE),
    "the devices": showing(effects.ListDevices(ACCESS), "ListDevices", Limit=60),
    "the other devices": showing(
        effects.ListDevices(ACCESS, Secret("page-2")), "ListDevices", Limit=60, PaginationToken="page-2"
    ),
    "a device to forget": showing(effects.ForgetDevice(ACCESS, DEVICE), "ForgetDevice", DeviceKey=DEVICE),
    "a passkey to make": showing(effects.StartWebAuthnRegistration(ACCESS), "StartWebAuthnRegistration"),
    "a passkey that was made": showing(
        effects.CompleteWebAuthnRegistration(
            ACCESS, Secret('{"id": "passkey", "response": {"transports": ["internal"], "more": [{"deep": null}]}}')
        ),
        "CompleteWebAuthnRegistration",
        Credential={"id": "passkey", "response": {"transports": ["internal"], "more": [{"deep": None}]}},
    ),
    "the passkeys": showing(effects.ListWebAuthnCredentials(ACCESS), "ListWebAuthnCredentials"),
    "the other passkeys": showing(
        effects.ListWebAuthnCredentials(ACCESS, Secret("page-2")), "ListWebAuthnCredentials", NextToken="page-2"
    ),
    "a passkey to forget": showing(
        effects.DeleteWebAuthnCredential(ACCESS, "passkey"), "DeleteWebAuthnCredential", CredentialId="passkey"
    ),
}

GOLDEN: Mapping[str, Golden] = {**BEGINNINGS, **ANSWERS, **WITH_A_NAME, **WITH_A_TOKEN, **FACTORS}
