"""The fake, served on this machine, and clean surroundings for the clients that sign in there."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager

import pytest
from anyio.from_thread import start_blocking_portal

from authsteps.adapters.fake import FakeCognito
from authsteps.adapters.fake.server import cognito_app, listen, serving
from authsteps.adapters.lambda_triggers import PythonFunction
from tests.adapters.fake.world import load_signing_keys
from tests.clients import riddles
from tests.clients.served import Served, boto


@pytest.fixture(scope="module")
def served(no_aws_settings: pytest.MonkeyPatch) -> Iterator[Served]:
    """A fake without pools, in a thread of its own: clients may block."""
    with start_blocking_portal("asyncio") as portal, portal.wrap_async_context_manager(_serving()) as url:
        with boto(url, aws_access_key_id="AKIDEXAMPLE", aws_secret_access_key="wJalrXUtnFEMI") as administrator:
            yield Served(url, administrator)


@asynccontextmanager
async def _serving() -> AsyncGenerator[str, None]:
    listener = await listen()
    cognito = FakeCognito(
        signing_keys=load_signing_keys(),
        functions={arn: PythonFunction(handler) for arn, handler in riddles.FUNCTIONS.items()},
        issuer_base=listener.url,
    )
    async with serving(cognito_app(cognito, requires_signatures=True), listener):
        yield listener.url
