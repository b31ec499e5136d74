"""The AWS command line sets a pool up at the served fake, signs in there, and tells what is refused."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.adapters.fake.world import ALICE, BOB, EMAIL, NEW_PASSWORD, PASSWORD
from tests.clients.served import REGION, Served

Aws: TypeAlias = Callable[..., subprocess.CompletedProcess[str]]

_AWS = Path(sys.executable).with_name("aws")
_REFUSED = 255
"""What the first version of the command line exits with where the service refuses; the second says 254.

Source: AWS command line user guide for version 1, 'Command line return codes'.
"""


@pytest.fixture(scope="module")
def aws(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Aws:
    """Run ``aws cognito-idp`` where nothing of this machine is set up but its PATH."""
    surroundings = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("home")),
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
        "AWS_ENDPOINT_URL": served.url,
        "AWS_DEFAULT_REGION": REGION,
    }

    def run(operation: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(_AWS), "cognito-idp", operation, *options, "--output", "json"]
        return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False)  # noqa: S603

    return run


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    """What it printed."""
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout) if done.stdout else None


def test_a_pool_is_set_up_and_somebody_signs_in(aws: Aws) -> None:
    """The session of a challenge, the tokens and a filter survive the way through a shell."""
    made = answer(aws("create-user-pool", "--pool-name", "people", "--auto-verified-attributes", "email"))
    in_pool = ("--user-pool-id", made["UserPool"]["Id"])
    flows = ("ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH")
    client = answer(aws("create-user-pool-client", *in_pool, "--client-name", "web", "--explicit-auth-flows", *flows))[
        "UserPoolClient"
    ]
    of_app = ("--client-id", client["ClientId"])

    created = answer(
        aws(
            "admin-create-user",
            *in_pool,
            *("--username", ALICE, "--temporary-password", PASSWORD, "--message-action", "SUPPRESS"),
            *("--user-attributes", f"Name=email,Value={EMAIL}", "Name=email_verified,Value=true"),
        )
    )
    assert created["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    password = f"USERNAME={ALICE},PASSWORD={PASSWORD}"
    asked = answer(aws("initiate-auth", *of_app, "--auth-flow", "USER_PASSWORD_AUTH", "--auth-parameters", password))
    assert asked["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    done = answer(
        aws(
            "respond-to-auth-challenge",
            *of_app,
            *("--challenge-name", "NEW_PASSWORD_REQUIRED", "--session", asked["Session"]),
            *("--challenge-responses", f"USERNAME={ALICE},NEW_PASSWORD={NEW_PASSWORD}"),
        )
    )
    user = answer(aws("get-user", "--access-token", done["AuthenticationResult"]["AccessToken"]))
    assert {"Name": "email", "Value": EMAIL} in user["UserAttributes"]

    assert answer(aws("admin-set-user-password", *in_pool, "--username", ALICE, "--password", PASSWORD)) is None
    listed = answer(aws("list-users", *in_pool, "--filter", f'email = "{EMAIL}"', "--query", "Users[].UserStatus"))
    assert listed == ["FORCE_CHANGE_PASSWORD"]
    assert answer(aws("list-users", *in_pool, "--filter", 'email = "nobody@example.com"'))["Users"] == []


def test_a_refusal_is_told_in_the_words_of_the_service(aws: Aws, served: Served) -> None:
    pool = served.new_pool()
    pool.add_user(ALICE)
    password = f"USERNAME={ALICE},PASSWORD={NEW_PASSWORD}"
    wrong = aws(
        "initiate-auth",
        *("--client-id", pool.app.id, "--auth-flow", "USER_PASSWORD_AUTH", "--auth-parameters", password),
    )
    assert wrong.returncode == _REFUSED
    assert "An error occurred (NotAuthorizedException) when calling the InitiateAuth operation" in wrong.stderr
    assert "Incorrect username or password." in wrong.stderr
    unknown = aws("admin-get-user", "--user-pool-id", pool.id, "--username", BOB)
    assert unknown.returncode == _REFUSED
    assert "(UserNotFoundException) when calling the AdminGetUser operation: User does not exist." in unknown.stderr


def test_what_the_fake_cannot_do_is_named(aws: Aws, served: Served) -> None:
    done = aws("list-identity-providers", "--user-pool-id", served.new_pool().id)
    assert done.returncode == _REFUSED
    assert "ListIdentityProviders" in done.stderr
