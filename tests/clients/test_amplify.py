"""aws-amplify, in Node and with ``userPoolEndpoint``, signs people in at the served fake through every verb it has.

What it leaves to a browser is there only as far as passkeys need it (``passkeys.mjs``). Left out is
``signInWithRedirect``: it leads to pages that the fake does not serve.
"""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.adapters.fake.world import NEW_PASSWORD, PASSWORD, PHONE
from tests.clients import node
from tests.clients.riddles import LAMBDA_CONFIG
from tests.clients.served import Served, ServedPool

SITE = "example.com"
EMAIL = "alice@example.com"
CONTACTS = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}
DONE = "DONE"

EXPECTED: Mapping[str, Any] = {}

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
            DeviceConfiguration={"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": True}
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
    import json
    print(json.dumps(report, indent=1))
    assert report.keys() == EXPECTED.keys()
