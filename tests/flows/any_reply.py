"""What a backend might say that says anything: any JSON at all, and JSON that nearly is a reply."""

from hypothesis import strategies as st

from authsteps.flows.model import ChallengeName
from tests.flows.world import access_token, id_token, jwt

TOKEN_PARTS = ("AccessToken", "IdToken", "RefreshToken")
MEMBERS = st.sampled_from(
    [
        *("AuthenticationResult", "ChallengeName", "ChallengeParameters", "Session", *TOKEN_PARTS),
        *("UserConfirmed", "UserSub", "CodeDeliveryDetails", "Destination", "DeliveryMedium", "AttributeName"),
        *("SecretCode", "Status", "Username", "UserAttributes", "Name", "Value", "UserMFASettingList"),
        *("PreferredMfaSetting", "USERNAME", "SALT", "SRP_B", "SECRET_BLOCK", "requiredAttributes", "userAttributes"),
    ]
)
ANY_TEXT = st.text(st.characters(), max_size=8) | st.sampled_from(
    [
        *("PASSWORD_VERIFIER", "NEW_PASSWORD_REQUIRED", "SMS_MFA", "SOFTWARE_TOKEN_MFA", "SUCCESS", "SMS", "[]"),
        *("\ud800", access_token(), id_token(), jwt(), jwt(sub=1), jwt(exp="soon"), "a.b.c", ".e30.", ""),
    ]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | ANY_TEXT,
    lambda part: st.lists(part, max_size=3) | st.dictionaries(MEMBERS | ANY_TEXT, part, max_size=5),
    max_leaves=12,
)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "AuthenticationResult": st.fixed_dictionaries(
            {"AccessToken": st.sampled_from(["", "a.b.c", jwt(), jwt(sub="1"), access_token()])},
            optional={"IdToken": ANY_TEXT | st.just(id_token()), "RefreshToken": ANY_TEXT},
        ),
        "ChallengeName": st.sampled_from(ChallengeName).map(lambda name: name.value) | ANY_TEXT,
        "ChallengeParameters": st.dictionaries(MEMBERS, ANY_TEXT, max_size=5),
        "Session": ANY_TEXT | st.none(),
        "UserConfirmed": st.booleans(),
        "UserSub": ANY_TEXT,
        "CodeDeliveryDetails": st.dictionaries(MEMBERS, ANY_TEXT, max_size=3),
    },
)
