"""What a backend might say that says anything: any JSON at all, and JSON that nearly is a reply."""

from hypothesis import strategies as st

from authsteps.flows.model import ChallengeName
from tests.flows.world import access_token, id_token, jwt

CANARY = "K4n4ry"
"""A text that may turn up anywhere in a reply, and nowhere in an error."""

TOKEN_PARTS = ("AccessToken", "IdToken", "RefreshToken")
MEMBERS = st.sampled_from(
    [
        *("AuthenticationResult", "ChallengeName", "ChallengeParameters", "Session", *TOKEN_PARTS),
        *("UserConfirmed", "UserSub", "CodeDeliveryDetails", "Destination", "DeliveryMedium", "AttributeName"),
        *("SecretCode", "Status", "Username", "UserAttributes", "Name", "Value", "UserMFASettingList"),
        *("PreferredMfaSetting", "USERNAME", "SALT", "SRP_B", "SECRET_BLOCK", "requiredAttributes", "userAttributes"),
        *("AvailableChallenges", "MFAS_CAN_CHOOSE", "MFAS_CAN_SETUP", "CREDENTIAL_REQUEST_OPTIONS"),
        *("CODE_DELIVERY_DESTINATION", "CODE_DELIVERY_DELIVERY_MEDIUM", "CodeDeliveryDetailsList", "NewDeviceMetadata"),
        *("DeviceKey", "DeviceGroupKey", "UserConfirmationNecessary", "Device", "Devices", "DeviceAttributes"),
        *("DeviceCreateDate", "PaginationToken", "CredentialCreationOptions", "Credentials", "CredentialId"),
        *("FriendlyCredentialName", "RelyingPartyId", "AuthenticatorTransports", "CreatedAt", "NextToken"),
        *("IdentityId", "AccessKeyId", "SecretKey", "SessionToken", "Expiration"),
    ]
)
ANY_TEXT = st.text(st.characters(), max_size=8) | st.sampled_from(
    [
        *("PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED", "SMS_MFA", "SOFTWARE_TOKEN_MFA", "SUCCESS", "SMS", "[]", "{}"),
        *("EMAIL_OTP", "WEB_AUTHN", '["SMS_MFA", "EMAIL_OTP"]', '["SOFTWARE_TOKEN_MFA", "EMAIL_MFA"]', CANARY),
        *("\ud800", access_token(), id_token(), jwt(), jwt(sub=1), jwt(exp="soon"), "a.b.c", ".e30.", ""),
    ]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(MEMBERS | ANY_TEXT, part, max_size=5),
    max_leaves=12,
)
TIME = st.integers() | st.floats(allow_nan=False) | ANY_TEXT
DEVICE = st.fixed_dictionaries(
    {"DeviceKey": ANY_TEXT},
    optional={
        "DeviceAttributes": st.lists(st.dictionaries(MEMBERS, ANY_TEXT, max_size=2), max_size=2),
        "DeviceCreateDate": TIME,
    },
)
PASSKEY = st.fixed_dictionaries(
    {"CredentialId": ANY_TEXT, "FriendlyCredentialName": ANY_TEXT, "RelyingPartyId": ANY_TEXT},
    optional={"CreatedAt": TIME, "AuthenticatorTransports": st.lists(ANY_TEXT, max_size=2)},
)
AWS_CREDENTIALS = st.fixed_dictionaries(
    {"AccessKeyId": ANY_TEXT, "SecretKey": ANY_TEXT, "SessionToken": ANY_TEXT}, optional={"Expiration": TIME}
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "AuthenticationResult": st.fixed_dictionaries(
            {"AccessToken": st.sampled_from(["", "a.b.c", jwt(), jwt(sub="1"), access_token()])},
            optional={
                "IdToken": ANY_TEXT | st.just(id_token()),
                "RefreshToken": ANY_TEXT,
                "NewDeviceMetadata": st.dictionaries(MEMBERS, ANY_TEXT, max_size=2) | st.none(),
            },
        ),
        "ChallengeName": st.sampled_from(ChallengeName).map(lambda name: name.value) | ANY_TEXT,
        "ChallengeParameters": st.dictionaries(MEMBERS, ANY_TEXT, max_size=5),
        "AvailableChallenges": st.lists(ANY_TEXT, max_size=3),
        "Session": ANY_TEXT | st.none(),
        "UserConfirmed": st.booleans(),
        "UserSub": ANY_TEXT,
        "CodeDeliveryDetails": st.dictionaries(MEMBERS, ANY_TEXT, max_size=3),
        "CodeDeliveryDetailsList": st.lists(st.dictionaries(MEMBERS, ANY_TEXT, max_size=3), max_size=2),
        "Device": DEVICE,
        "Devices": st.lists(DEVICE, max_size=2),
        "CredentialCreationOptions": st.dictionaries(ANY_TEXT, ANY_JSON, max_size=2),
        "Credentials": st.lists(PASSKEY, max_size=2) | AWS_CREDENTIALS,
        "IdentityId": ANY_TEXT,
    },
)
