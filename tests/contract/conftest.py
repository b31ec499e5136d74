"""What the contract tests share: a way to have what is tested in the process tested over HTTP as well."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack
from typing import TypeAlias, get_args

import attrs
import pytest

from authsteps.adapters.cognito.aws import AwsTransport
from authsteps.adapters.cognito.transport import Service, ServiceError, Transport
from tests.adapters.local_cognito import Answer, LocalPool, Received, error, local_pool, reply

Between: TypeAlias = Callable[[Transport, Service], Transport]
"""Puts something between a backend and the transport that answers it."""


@attrs.frozen
class Wire:
    """aiobotocore, JSON and a socket: one server and one client of each service for a whole module."""

    server: LocalPool
    clients: Mapping[Service, AwsTransport]

    def between(self, transport: Transport, service: Service) -> Transport:
        """Return a client of a server that has this transport answer."""

        async def answer(received: Received) -> Answer:
            try:
                return reply(await transport.call(received.operation, received.members))
            except ServiceError as refused:
                return error(refused.code, refused.message)

        self.server.answer = answer
        return self.clients[service]


@pytest.fixture(scope="module")
async def wire(no_aws_settings: pytest.MonkeyPatch) -> AsyncGenerator[Wire, None]:
    async with local_pool(Answer(then="hang up")) as server, AsyncExitStack() as stack:
        clients: dict[Service, AwsTransport] = {
            service: await stack.enter_async_context(
                AwsTransport.open("eu-west-1", service=service, endpoint_url=server.url)
            )
            for service in get_args(Service)
        }
        yield Wire(server, clients)


@pytest.fixture(params=["in the process", "over HTTP"])
def between(request: pytest.FixtureRequest, wire: Wire) -> Between:
    """Have a test run twice: in the process, and over HTTP."""
    return wire.between if request.param == "over HTTP" else lambda transport, _: transport
