"""Replies as the service sends them, each beside the effect that it answers and the event that it becomes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeAlias, cast

import attrs

from authsteps.adapters.cognito.protocol import BackendEffect
from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Carried, Event, Secret
from authsteps.flows import effects, events
from authsteps.flows.model import (
    AuthFlow,
    CodeDelivery,
    DeliveryMedium,
    Device,
    FactorType,
    MfaPreference,
    MfaType,
    NewDevice,
    Tokens,
    WebAuthnCredentialInfo,
)
from tests.adapters.cognito.golden_requests import ACCESS, DEVICE, SESSION, responding
from tests.flows.world import (
    ALICE,
    COGNITO_NAME,
    NOW,
    SIGN_UP_SESSION,
    SUB,
    account_made,
    challenged,
    code_sent,
    id_token,
    jwt,
    refreshed,
    signed_in,
    sms_wanted,
    tokens,
    totp_wanted,
)

__all__ = ["BY_THE_MODEL", "INITIATE", "REPLIES", "RESPOND", "Reply", "Sample", "result_of"]

Reply: TypeAlias = Mapping[str, Json]
Sample: TypeAlias = tuple[BackendEffect, Reply, Event]

INITIATE = effects.InitiateAuth(AuthFlow.USER_SRP_AUTH, ALICE, srp_a=Secret("A"))
RESPOND = responding(effects.SmsCode(Secret("123456")))
EMAIL = CodeDelivery("a***@e***", DeliveryMedium.EMAIL, "email")
AT_HOME = CodeDelivery("a***@e***", DeliveryMedium.EMAIL)
BY_SMS = CodeDelivery("+*******1234", DeliveryMedium.SMS)
PAGE = Secret("page-2")

SRP_PARAMETERS = {"USERNAME": COGNITO_NAME, "SALT": "5a17", "SRP_B": "b0b", "SECRET_BLOCK": "YmxvY2s="}
SRP_SECRETS = (Secret("5a17"), Secret("b0b"), Secret("YmxvY2s="))


def result_of(reply: Mapping[str, Json]) -> dict[str, Json]:
    """The tokens of a reply, to be changed."""
    return dict(cast("dict[str, Json]", reply["AuthenticationResult"]))


def wanting(challenge: str, event: events.Replied, **parameters: str) -> Sample:
    """A reply to an answer that wants something more, with a backend session."""
    return RESPOND, challenged(challenge, SESSION, **parameters), attrs.evolve(event, session=Carried(SESSION))


def set_up(offered: str, event: events.Replied) -> Sample:
    """A reply that wants a second factor set up."""
    return wanting("MFA_SETUP", event, MFAS_CAN_SETUP=offered)


ON_A_DEVICE = jwt(sub=SUB, username=COGNITO_NAME, device_key=DEVICE)
TOKENS_ON_A_DEVICE = Tokens(
    access=Secret(ON_A_DEVICE),
    id=Secret(id_token()),
    refresh=Secret("refresh-1"),
    access_expires_at=None,
    id_expires_at=tokens().id_expires_at,
    user=tokens().user,
    device_key=DEVICE,
)

ENDINGS: Mapping[str, Sample] = {
    "tokens": (INITIATE, signed_in(), events.Authenticated(tokens())),
    "tokens without a time": (RESPOND, signed_in(expires_at=None), events.Authenticated(tokens(expires_at=None))),
    "tokens on a device that is new": (
        RESPOND,
        {
            "AuthenticationResult": {
                **result_of(signed_in()),
                "AccessToken": ON_A_DEVICE,
                "NewDeviceMetadata": {"DeviceKey": DEVICE, "DeviceGroupKey": "-group"},
            }
        },
        events.Authenticated(TOKENS_ON_A_DEVICE, NewDevice(DEVICE, "-group")),
    ),
    "tokens on a device without a group": (
        RESPOND,
        {"AuthenticationResult": {**result_of(signed_in()), "NewDeviceMetadata": {"DeviceKey": DEVICE}}},
        events.Authenticated(tokens()),
    ),
    "tokens on a device without a key": (
        RESPOND,
        {"AuthenticationResult": {**result_of(signed_in()), "NewDeviceMetadata": {"DeviceGroupKey": "-group"}}},
        events.Authenticated(tokens()),
    ),
}

CHALLENGES: Mapping[str, Sample] = {
    "a proof is wanted": (
        INITIATE,
        challenged("PASSWORD_VERIFIER", SESSION, **SRP_PARAMETERS),
        events.PasswordVerifierChallenged(COGNITO_NAME, *SRP_SECRETS, session=Carried(SESSION), username=COGNITO_NAME),
    ),
    "a proof is wanted without a session": (
        INITIATE,
        {
            "ChallengeName": "PASSWORD_VERIFIER",
            "ChallengeParameters": {"USER_ID_FOR_SRP": COGNITO_NAME, **SRP_PARAMETERS},
        },
        events.PasswordVerifierChallenged(COGNITO_NAME, *SRP_SECRETS, username=COGNITO_NAME),
    ),
    "a device is recognised": (
        RESPOND,
        {"ChallengeName": "DEVICE_SRP_AUTH", "ChallengeParameters": {}, "Session": SESSION},
        events.DeviceChallenged(session=Carried(SESSION)),
    ),
    "a device's proof is wanted": (
        RESPOND,
        {
            "ChallengeName": "DEVICE_PASSWORD_VERIFIER",
            "ChallengeParameters": {**SRP_PARAMETERS, "DEVICE_KEY": DEVICE},
            "Session": SESSION,
        },
        events.DeviceVerifierChallenged(*SRP_SECRETS, session=Carried(SESSION), username=COGNITO_NAME),
    ),
    "a new password is wanted": wanting(
        "NEW_PASSWORD_REQUIRED",
        events.NewPasswordChallenged(("email", "custom:age"), {"email_verified": "true", "name": "Alice"}),
        requiredAttributes='["userAttributes.email", "userAttributes.custom:age"]',
        userAttributes='{"email_verified": "true", "name": "Alice"}',
    ),
    "a new password and nothing else is wanted": wanting(
        "NEW_PASSWORD_REQUIRED", events.NewPasswordChallenged((), {}), requiredAttributes="", userAttributes=""
    ),
    "a code by SMS is wanted": (
        INITIATE,
        sms_wanted(SESSION),
        events.SmsCodeChallenged(BY_SMS, session=Carried(SESSION)),
    ),
    "a code by SMS to nowhere": wanting("SMS_MFA", events.SmsCodeChallenged(None)),
    "a one-time code by e-mail is wanted": wanting(
        "EMAIL_OTP",
        events.OtpCodeChallenged(FactorType.EMAIL_OTP, AT_HOME),
        CODE_DELIVERY_DELIVERY_MEDIUM="EMAIL",
        CODE_DELIVERY_DESTINATION="a***@e***",
    ),
    "a one-time code by SMS is wanted": wanting(
        "SMS_OTP",
        events.OtpCodeChallenged(FactorType.SMS_OTP, BY_SMS),
        CODE_DELIVERY_DELIVERY_MEDIUM="SMS",
        CODE_DELIVERY_DESTINATION="+*******1234",
    ),
    "a one-time code from nowhere is wanted": wanting("EMAIL_OTP", events.OtpCodeChallenged(FactorType.EMAIL_OTP)),
    "a one-time code by a medium that nobody named": wanting(
        "SMS_OTP",
        events.OtpCodeChallenged(FactorType.SMS_OTP, CodeDelivery("roof", DeliveryMedium.UNKNOWN)),
        CODE_DELIVERY_DESTINATION="roof",
    ),
    "an app's code is wanted": (
        INITIATE,
        totp_wanted(SESSION),
        events.TotpCodeChallenged("phone", session=Carried(SESSION)),
    ),
    "an app's code is wanted of a nameless app": (
        INITIATE,
        challenged("SOFTWARE_TOKEN_MFA", SESSION, USERNAME=COGNITO_NAME),
        events.TotpCodeChallenged(None, session=Carried(SESSION), username=COGNITO_NAME),
    ),
    "a choice of second factors": wanting(
        "SELECT_MFA_TYPE",
        events.MfaSelectionChallenged((MfaType.TOTP, MfaType.SMS, MfaType.EMAIL)),
        MFAS_CAN_CHOOSE='["SOFTWARE_TOKEN_MFA", "FUTURE_MFA", "SMS_MFA", "EMAIL_OTP"]',
    ),
    "a choice of second factors by the reference's other name": wanting(
        "SELECT_MFA_TYPE",
        events.MfaSelectionChallenged((MfaType.EMAIL, MfaType.SMS)),
        MFAS_CAN_CHOOSE='["EMAIL_MFA", "SMS_MFA", "EMAIL_OTP"]',
    ),
    "a choice of second factors of which none is known here": wanting(
        "SELECT_MFA_TYPE",
        events.UnknownChallenged(
            "SELECT_MFA_TYPE", {"USER_ID_FOR_SRP": COGNITO_NAME, "MFAS_CAN_CHOOSE": '["FUTURE_MFA"]'}
        ),
        MFAS_CAN_CHOOSE='["FUTURE_MFA"]',
    ),
    "a choice of second factors to set up": set_up(
        '["SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA", "FUTURE_MFA"]',
        events.MfaSetupChallenged((MfaType.EMAIL, MfaType.TOTP)),
    ),
    "an app to set up": set_up('["SOFTWARE_TOKEN_MFA"]', events.TotpSetupChallenged()),
    "an app to set up, for SMS does not count": set_up(
        '["SMS_MFA", "SOFTWARE_TOKEN_MFA"]', events.TotpSetupChallenged()
    ),
    "an app to set up, named twice": set_up(
        '["SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA"]', events.TotpSetupChallenged()
    ),
    "an address to set up": set_up('["EMAIL_OTP"]', events.EmailSetupChallenged()),
    "an address to set up by the reference's other name": set_up('["EMAIL_MFA"]', events.EmailSetupChallenged()),
    "SMS alone to set up": set_up('["SMS_MFA"]', events.NoMfaToSetUp()),
    "nothing to set up": set_up("[]", events.NoMfaToSetUp()),
    "nothing said of what to set up": set_up("", events.NoMfaToSetUp()),
    "no word of what to set up": wanting("MFA_SETUP", events.NoMfaToSetUp()),
    "a choice of first factors": (
        INITIATE,
        {
            "ChallengeName": "SELECT_CHALLENGE",
            "ChallengeParameters": {},
            "AvailableChallenges": ["PASSWORD_SRP", "FUTURE", "PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"],
            "Session": SESSION,
        },
        events.FirstFactorsOffered(
            (
                FactorType.PASSWORD_SRP,
                FactorType.PASSWORD,
                FactorType.EMAIL_OTP,
                FactorType.SMS_OTP,
                FactorType.WEB_AUTHN,
            ),
            session=Carried(SESSION),
        ),
    ),
    "a choice of first factors that are not told": wanting("SELECT_CHALLENGE", events.FirstFactorsOffered()),
    "the password is wanted": wanting("PASSWORD", events.PasswordChallenged(FactorType.PASSWORD)),
    "the password is wanted, proved": wanting("PASSWORD_SRP", events.PasswordChallenged(FactorType.PASSWORD_SRP)),
    "a passkey's assertion is wanted": wanting(
        "WEB_AUTHN",
        events.WebAuthnChallenged('{"challenge": "Y2g", "rpId": "example.com"}'),
        CREDENTIAL_REQUEST_OPTIONS='{"challenge": "Y2g", "rpId": "example.com"}',
    ),
    "a passkey is to be chosen first": wanting("WEB_AUTHN", events.WebAuthnChallenged(None)),
    "an answer of the pool's own is wanted": wanting(
        "CUSTOM_CHALLENGE",
        events.CustomChallenged(
            {"USER_ID_FOR_SRP": COGNITO_NAME, "USERNAME": COGNITO_NAME, "hint": "blue"}, username=COGNITO_NAME
        ),
        USERNAME=COGNITO_NAME,
        hint="blue",
    ),
    "something else is wanted": wanting(
        "FUTURE_CHALLENGE",
        events.UnknownChallenged("FUTURE_CHALLENGE", {"USER_ID_FOR_SRP": COGNITO_NAME, "hint": "blue"}),
        hint="blue",
    ),
    "something is wanted that no client is asked": (
        RESPOND,
        {"ChallengeName": "ADMIN_NO_SRP_AUTH"},
        events.UnknownChallenged("ADMIN_NO_SRP_AUTH", {}),
    ),
}

ACCOUNTS: Mapping[str, Sample] = {
    "an account that waits": (
        effects.SignUp(ALICE, Secret("p")),
        account_made(),
        events.SignedUp(SUB, confirmed=False, delivery=EMAIL, session=Carried(SIGN_UP_SESSION)),
    ),
    "an account that waits for nothing": (
        effects.SignUp(ALICE, Secret("p")),
        {"UserConfirmed": True, "UserSub": SUB},
        events.SignedUp(SUB, confirmed=True),
    ),
    "an account that is confirmed": (
        effects.ConfirmSignUp(ALICE, Secret("123456")),
        {},
        events.SignUpConfirmed(None),
    ),
    "an account that is confirmed and can sign in": (
        effects.ConfirmSignUp(ALICE, Secret("123456")),
        {"Session": SESSION},
        events.SignUpConfirmed(Carried(SESSION)),
    ),
    "a code on its way": (effects.ResendConfirmationCode(ALICE), code_sent(), events.CodeSent(EMAIL)),
    "a code that goes nowhere": (
        effects.ForgotPassword(ALICE),
        {},
        events.Refused("CodeDeliveryFailureException", "The code could not be delivered"),
    ),
    "a code by pigeon": (
        effects.ForgotPassword(ALICE),
        {"CodeDeliveryDetails": {"Destination": "roof", "DeliveryMedium": "PIGEON"}},
        events.CodeSent(CodeDelivery("roof", DeliveryMedium.UNKNOWN)),
    ),
    "a new password holds": (
        effects.ConfirmForgotPassword(ALICE, Secret("123456"), Secret("new")),
        {},
        events.PasswordWasReset(),
    ),
}

SELF_SERVICE: Mapping[str, Sample] = {
    "all tokens are new": (
        effects.GetTokensFromRefreshToken(tokens("1")),
        refreshed("2"),
        events.TokensRefreshed(tokens("2")),
    ),
    "tokens of a device are new": (
        effects.GetTokensFromRefreshToken(tokens("2")),
        {"AuthenticationResult": {**result_of(signed_in("1")), "AccessToken": ON_A_DEVICE}},
        events.TokensRefreshed(TOKENS_ON_A_DEVICE),
    ),
    "tokens of a device are new and do not say so": (
        effects.GetTokensFromRefreshToken(TOKENS_ON_A_DEVICE),
        refreshed("2"),
        events.TokensRefreshed(attrs.evolve(tokens("2"), device_key=DEVICE)),
    ),
    "who it is": (
        effects.GetUser(ACCESS),
        {
            "Username": COGNITO_NAME,
            "UserAttributes": [{"Name": "sub", "Value": SUB}, {"Name": "nickname"}],
            "UserMFASettingList": ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "EMAIL_OTP", "FUTURE_MFA"],
            "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
        },
        events.UserFetched(
            COGNITO_NAME,
            {"sub": SUB, "nickname": ""},
            MfaPreference(frozenset(MfaType), MfaType.TOTP),
        ),
    ),
    "who it is, with no second factor": (
        effects.GetUser(ACCESS),
        {"Username": COGNITO_NAME, "UserAttributes": []},
        events.UserFetched(COGNITO_NAME, {}, MfaPreference(frozenset(), None)),
    ),
    "attributes that hold": (effects.UpdateUserAttributes(ACCESS, {}), {}, events.AttributesUpdated()),
    "attributes to be confirmed": (
        effects.UpdateUserAttributes(ACCESS, {}),
        {
            "CodeDeliveryDetailsList": [
                {"Destination": "a***@e***", "DeliveryMedium": "EMAIL", "AttributeName": "email"},
                {"Destination": "+*******1234", "DeliveryMedium": "SMS", "AttributeName": "phone_number"},
            ]
        },
        events.AttributesUpdated((EMAIL, attrs.evolve(BY_SMS, attribute="phone_number"))),
    ),
    "a code for an attribute": (
        effects.GetUserAttributeVerificationCode(ACCESS, "email"),
        code_sent(),
        events.CodeSent(EMAIL),
    ),
    "a code for an attribute that goes nowhere": (
        effects.GetUserAttributeVerificationCode(ACCESS, "email"),
        {},
        events.Refused("CodeDeliveryFailureException", "The code could not be delivered"),
    ),
    "an attribute is confirmed": (
        effects.VerifyUserAttribute(ACCESS, "email", Secret("1")),
        {},
        events.AttributeVerified(),
    ),
    "attributes are forgotten": (effects.DeleteUserAttributes(ACCESS, ("nickname",)), {}, events.AttributesDeleted()),
    "another password holds": (effects.ChangePassword(ACCESS, None, Secret("new")), {}, events.PasswordChanged()),
    "nobody any more": (effects.DeleteUser(ACCESS), {}, events.UserDeleted()),
    "the end everywhere": (effects.GlobalSignOut(ACCESS), {}, events.SignedOutEverywhere()),
    "the end here": (effects.RevokeToken(Secret("refresh")), {}, events.TokenRevoked()),
}

A_DEVICE: Mapping[str, Json] = {
    "DeviceKey": DEVICE,
    "DeviceAttributes": [
        {"Name": "device_status", "Value": "valid"},
        {"Name": "device_name", "Value": "laptop"},
        {"Name": "last_ip_used", "Value": "192.0.2.1"},
    ],
    "DeviceCreateDate": NOW.timestamp() + 0.5,
    "DeviceLastModifiedDate": int(NOW.timestamp()) + 1,
    "DeviceLastAuthenticatedDate": NOW.timestamp() + 2,
}
THE_DEVICE = Device(
    DEVICE,
    "laptop",
    {"device_status": "valid", "last_ip_used": "192.0.2.1"},
    created_at=NOW + timedelta(milliseconds=500),
    last_authenticated_at=NOW + timedelta(seconds=2),
    last_modified_at=NOW + timedelta(seconds=1),
)
A_PASSKEY: dict[str, Json] = {
    "CredentialId": "passkey",
    "FriendlyCredentialName": "phone",
    "RelyingPartyId": "example.com",
    "AuthenticatorAttachment": "platform",
    "AuthenticatorTransports": ["internal", "hybrid"],
    "CreatedAt": NOW.timestamp(),
}
THE_PASSKEY = WebAuthnCredentialInfo("passkey", "phone", "example.com", "platform", ("internal", "hybrid"), NOW)

FACTORS: Mapping[str, Sample] = {
    "a secret for an app": (
        effects.AssociateSoftwareToken(ACCESS),
        {"SecretCode": "SHAREDSHAREDSHARED"},
        events.SoftwareTokenAssociated(Carried("SHAREDSHAREDSHARED")),
    ),
    "a secret for an app on the way in": (
        effects.AssociateSoftwareToken(session=Carried(SESSION)),
        {"SecretCode": "SHAREDSHAREDSHARED", "Session": f"{SESSION}-2"},
        events.SoftwareTokenAssociated(Carried("SHAREDSHAREDSHARED"), session=Carried(f"{SESSION}-2")),
    ),
    "an app that has it": (
        effects.VerifySoftwareToken(Secret("123456"), access_token=ACCESS),
        {"Status": "SUCCESS"},
        events.SoftwareTokenVerified(),
    ),
    "an app that has it on the way in": (
        effects.VerifySoftwareToken(Secret("123456"), session=Carried(SESSION)),
        {"Status": "SUCCESS", "Session": f"{SESSION}-3"},
        events.SoftwareTokenVerified(session=Carried(f"{SESSION}-3")),
    ),
    "an app that does not": (
        effects.VerifySoftwareToken(Secret("123456"), session=Carried(SESSION)),
        {"Status": "ERROR", "Session": f"{SESSION}-3"},
        events.Refused("EnableSoftwareTokenMFAException", "The code was not verified"),
    ),
    "settings": (effects.SetUserMfaPreference(ACCESS, {}), {}, events.MfaPreferenceSet()),
    "a device that is tracked": (
        effects.ConfirmDevice(ACCESS, DEVICE, Secret("v"), Secret("s")),
        {"UserConfirmationNecessary": False},
        events.DeviceConfirmed(must_be_remembered=False),
    ),
    "a device that waits to be remembered": (
        effects.ConfirmDevice(ACCESS, DEVICE, Secret("v"), Secret("s")),
        {"UserConfirmationNecessary": True},
        events.DeviceConfirmed(must_be_remembered=True),
    ),
    "a device that is tracked without a word": (
        effects.ConfirmDevice(ACCESS, DEVICE, Secret("v"), Secret("s")),
        {},
        events.DeviceConfirmed(must_be_remembered=False),
    ),
    "a device that is remembered": (
        effects.UpdateDeviceStatus(ACCESS, DEVICE, is_remembered=True),
        {},
        events.DeviceStatusUpdated(),
    ),
    "a device": (effects.GetDevice(ACCESS, DEVICE), {"Device": A_DEVICE}, events.DeviceFetched(THE_DEVICE)),
    "some devices": (
        effects.ListDevices(ACCESS),
        {"Devices": [A_DEVICE, {"DeviceKey": "eu-west-1_2"}], "PaginationToken": "page-2"},
        events.DevicesListed((THE_DEVICE, Device("eu-west-1_2", None, {})), PAGE),
    ),
    "no device": (effects.ListDevices(ACCESS, PAGE), {"Devices": []}, events.DevicesListed(())),
    "a device that is forgotten": (effects.ForgetDevice(ACCESS, DEVICE), {}, events.DeviceForgotten()),
    "a passkey to make": (
        effects.StartWebAuthnRegistration(ACCESS),
        {
            "CredentialCreationOptions": {
                "rp": {"id": "example.com", "name": "Exämple"},
                "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
                "timeout": 60000,
                "authenticatorSelection": {"requireResidentKey": True},
            }
        },
        events.WebAuthnRegistrationStarted(
            '{"rp":{"id":"example.com","name":"Exämple"},"pubKeyCredParams":[{"type":"public-key","alg":-7}],'
            '"timeout":60000,"authenticatorSelection":{"requireResidentKey":true}}'
        ),
    ),
    "a passkey": (effects.CompleteWebAuthnRegistration(ACCESS, Secret("{}")), {}, events.WebAuthnRegistered()),
    "some passkeys": (
        effects.ListWebAuthnCredentials(ACCESS),
        {
            "Credentials": [
                A_PASSKEY,
                {name: value for name, value in A_PASSKEY.items() if name != "AuthenticatorAttachment"},
            ],
            "NextToken": "page-2",
        },
        events.WebAuthnCredentialsListed((THE_PASSKEY, attrs.evolve(THE_PASSKEY, attachment=None)), PAGE),
    ),
    "no passkey": (
        effects.ListWebAuthnCredentials(ACCESS, PAGE),
        {"Credentials": []},
        events.WebAuthnCredentialsListed(()),
    ),
    "a passkey that is forgotten": (
        effects.DeleteWebAuthnCredential(ACCESS, "passkey"),
        {},
        events.WebAuthnCredentialDeleted(),
    ),
}

BY_THE_MODEL: Mapping[str, Sample] = {**ENDINGS, **CHALLENGES, **ACCOUNTS, **SELF_SERVICE, **FACTORS}

REPLIES: Mapping[str, Sample] = {
    **BY_THE_MODEL,
    # Texts that are empty, and a time that is none. The model rules them out, and they say nothing.
    "a session and a name that are empty": (
        RESPOND,
        {"ChallengeName": "PASSWORD", "Session": "", "ChallengeParameters": {"USERNAME": ""}},
        events.PasswordChallenged(FactorType.PASSWORD),
    ),
    "a device of which little is known": (
        effects.GetDevice(ACCESS, DEVICE),
        {"Device": {"DeviceKey": DEVICE, "DeviceCreateDate": 1e300}},
        events.DeviceFetched(Device(DEVICE, None, {})),
    ),
    "not a word of devices": (effects.ListDevices(ACCESS), {"PaginationToken": ""}, events.DevicesListed(())),
}
