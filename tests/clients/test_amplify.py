"""aws-amplify, in Node and with ``userPoolEndpoint``, signs people in at the served fake through every verb it has.

What it leaves to a browser is there only as far as passkeys need it (``passkeys.mjs``). Each flow tells
what its steps were.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.fake.world import NEW_PASSWORD, PASSWORD, PHONE
from tests.clients import node
from tests.clients.riddles import LAMBDA_CONFIG
from tests.clients.served import Served, ServedPool

LEFT_OUT = {"AuthError", "signInWithRedirect"}
"""A class, and the one verb that leads to pages, which the fake does not serve."""

SITE = "example.com"
EMAIL = "alice@example.com"
CONTACTS = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}

EXPECTED: Mapping[str, Any] = {
    # The ways to sign in
    "srp": {
        "steps": ["DONE"],
        "use": "access",
        "same": True,
        "details": {"loginId": "srp", "authFlowType": "USER_SRP_AUTH"},
    },
    "wrong-password": {"name": "NotAuthorizedException", "message": "Incorrect username or password."},
    "unknown-user": {"name": "UserNotFoundException", "message": "User does not exist."},
    "plain-password": ["DONE", "plain-password"],
    "custom-without-srp": [
        *("CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE", "CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE", "DONE"),
        *("What has keys and opens no door?", "What gets wetter as it dries?"),
    ],
    "custom-with-srp": ["CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE", "CONFIRM_SIGN_IN_WITH_CUSTOM_CHALLENGE", "DONE"],
    "chosen-e-mail-code": [
        *("CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION", "CONFIRM_SIGN_IN_WITH_EMAIL_CODE", "DONE"),
        ["EMAIL_OTP", "PASSWORD", "PASSWORD_SRP"],
        {"deliveryMedium": "EMAIL", "destination": "a***@e***"},
    ],
    "preferred-e-mail-code": ["CONFIRM_SIGN_IN_WITH_EMAIL_CODE", "DONE"],
    "chosen-password": ["CONTINUE_SIGN_IN_WITH_FIRST_FACTOR_SELECTION", "CONFIRM_SIGN_IN_WITH_PASSWORD", "DONE"],
    "chosen-srp": ["CONFIRM_SIGN_IN_WITH_PASSWORD", "DONE"],
    "preferred-password": ["DONE"],
    "preferred-srp": ["DONE"],
    "passkey": {"listed": [SITE], "steps": ["DONE", "DONE"], "left": []},
    # What may come after the first factor
    "new-password": ["CONFIRM_SIGN_IN_WITH_NEW_PASSWORD_REQUIRED", "DONE", ["given_name"], "Alice"],
    "sms-code": [
        *("CONFIRM_SIGN_IN_WITH_SMS_CODE", "DONE"),
        {"deliveryMedium": "SMS", "destination": "+*******1234"},
        "CodeMismatchException",
    ],
    "e-mail-code": ["CONFIRM_SIGN_IN_WITH_EMAIL_CODE", "DONE"],
    "selected-factor": [
        *("CONTINUE_SIGN_IN_WITH_MFA_SELECTION", "CONFIRM_SIGN_IN_WITH_EMAIL_CODE", "DONE"),
        ["EMAIL", "SMS"],
    ],
    "totp-set-up-at-sign-in": [
        *("CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION", "CONTINUE_SIGN_IN_WITH_TOTP_SETUP", "DONE"),
        *("CONFIRM_SIGN_IN_WITH_TOTP_CODE", "DONE"),
        ["EMAIL", "TOTP"],
        "EnableSoftwareTokenMFAException",
    ],
    "e-mail-set-up-at-sign-in": [
        *("CONTINUE_SIGN_IN_WITH_MFA_SETUP_SELECTION", "CONTINUE_SIGN_IN_WITH_EMAIL_SETUP"),
        *("CONFIRM_SIGN_IN_WITH_EMAIL_CODE", "DONE"),
    ],
    "reset-demanded": ["RESET_PASSWORD"],
    # Signing up
    "sign-up": {
        "isSignUpComplete": False,
        "steps": ["CONFIRM_SIGN_UP", "COMPLETE_AUTO_SIGN_IN", "DONE"],
        "sent": ["n***@e***", "n***@e***"],
        "wrong": "CodeMismatchException",
        "username": "newcomer",
    },
    "unconfirmed": ["CONFIRM_SIGN_UP"],
    "sign-up-without-a-password": ["COMPLETE_AUTO_SIGN_IN", "DONE", "passwordless"],
    # Passwords
    "forgotten-password": [
        "CONFIRM_RESET_PASSWORD_WITH_CODE",
        {"deliveryMedium": "SMS", "destination": "+*******1234", "attributeName": "phone_number"},
        "CodeMismatchException",
        "DONE",
    ],
    "changed-password": ["NotAuthorizedException", "DONE"],
    # Attributes
    "attributes": {
        "steps": ["DONE", "DONE", "CONFIRM_ATTRIBUTE_WITH_CODE"],
        "verified": ["false", "true"],
        "sent": "n***@e***",
        "nickname": ["Nick", None],
    },
    # Factors of one's own
    "totp-set-up": {
        "uri": "otpauth://totp/app:%22totp-set-up%22",
        "wrong": "EnableSoftwareTokenMFAException",
        "preference": {"preferred": "TOTP", "enabled": ["TOTP"]},
        "steps": ["CONFIRM_SIGN_IN_WITH_TOTP_CODE", "DONE"],
    },
    # Devices
    "devices": {
        "others": [],
        "attributes": ["device_name", "device_status"],
        "steps": ["DONE", "CONFIRM_SIGN_IN_WITH_TOTP_CODE"],  # while it is remembered it stands in place of the code
        "same": [True],
        "left": [],
    },
    # Sessions
    "refresh": {"renewed": True, "sameOrigin": True, "kept": True},
    "sign-out": [None, "UserUnAuthenticatedException"],
    "global-sign-out": "Access Token has been revoked",
    "delete-user": "UserNotFoundException",
}
"""What comes of each flow, by its name."""

USERS: Mapping[str, str] = {
    "pool": "srp wrong-password plain-password custom-without-srp custom-with-srp reset-demanded forgotten-password "
    "changed-password attributes totp-set-up refresh sign-out global-sign-out delete-user",
    "choosing": "chosen-e-mail-code preferred-e-mail-code chosen-password chosen-srp preferred-password preferred-srp "
    "passkey",
    "demanding": "new-password",
    "factors": "sms-code e-mail-code selected-factor",
    "strict": "totp-set-up-at-sign-in e-mail-set-up-at-sign-in",
    "remembering": "devices",
}
"""Who is in which pool."""


@pytest.fixture(scope="module")
def report(served: Served) -> node.Report:
    """What the program reports. Each flow has a user of its own, named after it."""
    own_mail = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:eu-west-1:123456789012:identity/mail"}
    both = ("SOFTWARE_TOKEN_MFA", "EMAIL_OTP")
    pools = {
        "pool": served.new_pool(mfa="OPTIONAL", AutoVerifiedAttributes=["email"], LambdaConfig=LAMBDA_CONFIG),
        "choosing": served.new_pool(
            passkeys_of=SITE,
            AutoVerifiedAttributes=["email"],
            Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}},
        ),
        "demanding": served.new_pool(Schema=[{"Name": "given_name", "Required": True}]),
        "factors": served.new_pool(mfa="OPTIONAL", factors=("SMS_MFA", "EMAIL_OTP"), EmailConfiguration=own_mail),
        "strict": served.new_pool(mfa="ON", factors=both, EmailConfiguration=own_mail),
        "remembering": served.new_pool(
            mfa="OPTIONAL",
            DeviceConfiguration={"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": True},
        ),
    }
    for pool, names in USERS.items():
        for name in names.split():
            pools[pool].add_user(name, attributes=CONTACTS if pool != "strict" else {}, temporary=pool == "demanding")
    pools["pool"].administrator.admin_reset_user_password(UserPoolId=pools["pool"].id, Username="reset-demanded")
    prefer(pools["factors"], "sms-code", SMSMfaSettings=True)
    prefer(pools["factors"], "e-mail-code", EmailMfaSettings=True)
    prefer(pools["factors"], "selected-factor", SMSMfaSettings=False, EmailMfaSettings=False)
    return node.run(
        "amplify.mjs",
        {
            "url": served.url,
            "password": PASSWORD,
            "newPassword": NEW_PASSWORD,
            "site": SITE,
            **{name: {"poolId": pool.id, "clientId": pool.app.id} for name, pool in pools.items()},
        },
    )


def prefer(pool: ServedPool, username: str, **is_preferred: bool) -> None:
    """Switch second factors of a user on, and say which of them is the preferred one."""
    settings = {name: {"Enabled": True, "PreferredMfa": preferred} for name, preferred in is_preferred.items()}
    pool.administrator.admin_set_user_mfa_preference(UserPoolId=pool.id, Username=username, **settings)


@pytest.mark.parametrize("flow", EXPECTED)
def test_a_flow_ends_as_it_should(report: node.Report, flow: str) -> None:
    assert report[flow] == EXPECTED[flow]


def test_every_flow_is_looked_at(report: node.Report) -> None:
    assert report.keys() == {"verbs", *EXPECTED}


def test_every_verb_is_called(report: node.Report) -> None:
    program = Path(__file__).with_name("amplify.mjs").read_text("utf-8")
    assert {verb for verb in report["verbs"] if f"auth.{verb}(" not in program} == LEFT_OUT
