"""pycognito, with nothing changed in it but its endpoint. It verifies every token that it gets by the served keys."""

import importlib
from typing import Any

import pytest
from pycognito import Cognito
from pycognito.aws_srp import AWSSRP, generate_hash_device
from pycognito.exceptions import (
    ForceChangePasswordException,
    SMSMFAChallengeException,
    SoftwareTokenMFAChallengeException,
    TokenVerificationException,
)

from tests.adapters.fake.world import ALICE, BOB, EMAIL, NEW_PASSWORD, PASSWORD, PHONE
from tests.clients.served import REGION, AppClient, Served, ServedPool, TotpApp

# It asks for the time as Python 3.12 does not like it.
pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@pytest.fixture(scope="module")
def pool(served: Served) -> ServedPool:
    return served.new_pool(mfa="OPTIONAL", AutoVerifiedAttributes=["email"])


@pytest.fixture(scope="module", params=[False, True], ids=["public client", "client with secret"])
def app(pool: ServedPool, request: pytest.FixtureRequest) -> AppClient:
    return pool.add_app(GenerateSecret=True) if request.param else pool.app
