"""The fake, served on this machine, and clean surroundings for the clients that sign in there."""

from collections.abc import Iterator

import pytest
from anyio.from_thread import start_blocking_portal

from authsteps.adapters.fake import FakeCognito
from devserving import serving
from authsteps.adapters.lambda_triggers import PythonFunction
from tests.adapters.fake.world import load_signing_keys
from tests.clients import riddles
from tests.clients.served import Served, boto


@pytest.fixture(scope="module")
def served(no_aws_settings: pytest.MonkeyPatch) -> Iterator[Served]:
    """A fake without pools, in a thread of its own: clients may block."""
    functions = {arn: PythonFunction(handler) for arn, handler in riddles.FUNCTIONS.items()}
    cognito = FakeCognito(signing_keys=load_signing_keys(), functions=functions)
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(serving(cognito)) as server,
        boto(server.url, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="wJalrXUtnFEMI") as administrator,
    ):
        yield Served(server.url, administrator)
