"""amazon-cognito-identity-js signs people in at the served fake, in Node, and looks after their accounts."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.adapters.fake.world import NEW_PASSWORD, PASSWORD, PHONE
from tests.clients import node
from tests.clients.riddles import LAMBDA_CONFIG
from tests.clients.served import Served

WRONG_CREDENTIALS = {"name": "NotAuthorizedException", "message": "Incorrect username or password."}

EXPECTED: Mapping[str, Any] = {
    "srp": {"name": "onSuccess", "username": "srp", "use": "access", "valid": True},
    "wrong-password": WRONG_CREDENTIALS,
    "unknown-user": {"name": "UserNotFoundException", "message": "User does not exist."},
    "plain-password": "onSuccess",
    "new-password": ["newPasswordRequired", "onSuccess", "onSuccess"],
    "totp": {
        "asked": "totpRequired",
        "wrong": "CodeMismatchException",
        "use": "id",
        "preferred": "SOFTWARE_TOKEN_MFA",
    },
    "totp-set-up-at-sign-in": ["mfaSetup", "onSuccess", True],
    "sms": ["mfaRequired", "+*******1234", True],
    "custom-auth": ["What has keys and opens no door?", "What gets wetter as it dries?", "onSuccess"],
    "custom-auth-wrong-answer": WRONG_CREDENTIALS,
    "custom-auth-after-srp": ["customChallenge", "onSuccess"],
    "device": {
        "told": ["SUCCESS", "SUCCESS"],
        "described": True,
        "listed": 1,
        "again": "onSuccess",  # the device stands in place of the code
        "elsewhere": "totpRequired",
    },
    "refresh": {"renewed": True, "sameOrigin": True, "kept": True},
    "global-sign-out": {"name": "NotAuthorizedException", "message": "Access Token has been revoked"},
    "sign-out": "NotAuthorizedException",
    "attributes": {"verified": ["false", "true"], "nickname": ["Nick", None]},
    "sign-up": {
        "userConfirmed": False,
        "early": "UserNotConfirmedException",
        "wrong": "CodeMismatchException",
        "done": "onSuccess",
        "gone": "UserNotFoundException",
    },
    "passwords": ["inputVerificationCode", "onSuccess"],
}
"""What comes of each flow, by its name."""

NAMES = (
    *("srp", "wrong-password", "plain-password", "totp", "custom-auth", "custom-auth-after-srp", "refresh"),
    *("global-sign-out", "sign-out", "attributes", "passwords"),
)


@pytest.fixture(scope="module")
def report(served: Served) -> node.Report:
    """What the program reports. Each flow has a user of its own, named after it."""
    pool = served.new_pool(mfa="OPTIONAL", AutoVerifiedAttributes=["email"], LambdaConfig=LAMBDA_CONFIG)
    for name in NAMES:
        pool.add_user(name, attributes={"email": "alice@example.com", "email_verified": "true"})
    pool.add_user("new-password", temporary=True)
    strict = served.new_pool(mfa="ON")
    strict.add_user("totp-set-up-at-sign-in")
    texting = served.new_pool(mfa="OPTIONAL", factors=("SMS_MFA",))
    texting.add_user("sms", attributes={"phone_number": PHONE, "phone_number_verified": "true"})
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True}
    remembering = served.new_pool(mfa="OPTIONAL", DeviceConfiguration=devices)
    remembering.add_user("device")
    pools = {"pool": pool, "strict": strict, "texting": texting, "remembering": remembering}
    return node.run(
        "identity_js.mjs",
        {
            "url": served.url,
            "password": PASSWORD,
            "newPassword": NEW_PASSWORD,
            **{name: {"poolId": each.id, "clientId": each.app.id} for name, each in pools.items()},
        },
    )


@pytest.mark.parametrize("flow", EXPECTED)
def test_a_flow_ends_as_it_should(report: node.Report, flow: str) -> None:
    assert report[flow] == EXPECTED[flow]


def test_every_flow_is_looked_at(report: node.Report) -> None:
    assert report.keys() == EXPECTED.keys()
