"""Requests a second of the served fake beside moto's server and cognito-local, on calls that all three answer.

Each server is a process of its own, on a port of this machine. One driver asks them in turn, over connections that it
keeps where the server lets it; its requests are made beforehand, and of the replies it looks at the status alone.
"""

import json
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import aiohttp
import anyio
import attrs
import typer
from rich.console import Console
from rich.table import Table

from benchmarks.measure import Ratio, crowd, machine
from benchmarks.world import PASSWORD
from tests.peers.servers import SERVERS, Running, Server, running

__all__ = ["FAKE", "IN_FLIGHT", "Rates", "measure", "missing"]

FAKE: Final = SERVERS[0].name
IN_FLIGHT: Final = 16
_USERS: Final = 20
_PREFIX: Final = "AWSCognitoIdentityProviderService"


@attrs.frozen
class Rates:
    """Requests a second, round by round: for each operation, for each server.

    Attributes:
        found: The figures.
    """

    found: Mapping[str, Mapping[str, Sequence[float]]]

    def median(self, operation: str, server: str) -> float:
        """Return the median of a server's."""
        return statistics.median(self.found[operation][server])

    def ratio(self, operation: str, other: str) -> Ratio:
        """Return how many times as many the fake answers as another server, round by round."""
        return Ratio.of(self.found[operation][FAKE], self.found[operation][other])


@attrs.frozen
class _Driven:
    """A server, and what it is asked again and again.

    Attributes:
        running: The server.
        http: The way there.
        bodies: The requests, by operation.
    """

    running: Running
    http: aiohttp.ClientSession
    bodies: dict[str, bytes] = attrs.field(factory=dict[str, bytes])

    async def call(self, operation: str, members: Mapping[str, Any]) -> Any:
        """Perform an operation once, and return its reply."""
        return json.loads(await self._send(operation, json.dumps(members).encode()))

    async def repeat(self, operation: str) -> None:
        """Perform an operation once more."""
        await self._send(operation, self.bodies[operation])

    async def furnish(self) -> None:
        """Make a pool and people in it, and the requests about them."""
        pool: str = (await self.call("CreateUserPool", {"PoolName": "people"}))["UserPool"]["Id"]
        flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
        wanted = {"UserPoolId": pool, "ClientName": "app", "ExplicitAuthFlows": flows}
        client: str = (await self.call("CreateUserPoolClient", wanted))["UserPoolClient"]["ClientId"]
        for number in range(_USERS):
            user = {"UserPoolId": pool, "Username": f"person-{number}"}
            await self.call("AdminCreateUser", {**user, "MessageAction": "SUPPRESS"})
            await self.call("AdminSetUserPassword", {**user, "Password": PASSWORD, "Permanent": True})
        person = {"USERNAME": "person-0", "PASSWORD": PASSWORD}
        sign_in = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": person}
        token: str = (await self.call("InitiateAuth", sign_in))["AuthenticationResult"]["AccessToken"]
        asked = {
            "DescribeUserPool": {"UserPoolId": pool},
            "AdminGetUser": {"UserPoolId": pool, "Username": "person-0"},
            "ListUsers": {"UserPoolId": pool},
            "GetUser": {"AccessToken": token},
            "InitiateAuth": sign_in,
        }
        self.bodies.update({operation: json.dumps(members).encode() for operation, members in asked.items()})

    async def _send(self, operation: str, body: bytes) -> bytes:
        headers = {"X-Amz-Target": f"{_PREFIX}.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        async with self.http.post(self.running.url, data=body, headers=headers) as reply:
            found = await reply.read()
            assert reply.status == 200, f"{self.running.server.name} does not perform {operation}"
            return found


def missing() -> tuple[Server, ...]:
    """Return the servers that are not on this machine."""
    return tuple(server for server in SERVERS if not server.is_installed)


async def measure(*, rounds: int, requests: int) -> Rates:
    """Return how many requests a second each server that is here answers, one operation at a time.

    Args:
        rounds: How often they take turns; at least twice.
        requests: How many a round, a server and an operation; a multiple of those in flight.
    """
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(_driven(server)) for server in SERVERS if server.is_installed]
        operations = list(servers[0].bodies)
        found: dict[str, dict[str, list[float]]] = {
            operation: {server.running.server.name: [] for server in servers} for operation in operations
        }
        for operation in operations:
            for server in servers:
                await _rate(server, operation, IN_FLIGHT)
            for _ in range(rounds):
                for server in servers:
                    found[operation][server.running.server.name].append(await _rate(server, operation, requests))
                servers.reverse()
    return Rates(found)


@asynccontextmanager
async def _driven(server: Server) -> AsyncGenerator[_Driven, None]:
    with tempfile.TemporaryDirectory() as folder, running(server, Path(folder)) as process:
        # The servers close what is idle for five seconds; to be first is to meet no connection that is just closing.
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(keepalive_timeout=1)) as http:
            driven = _Driven(process, http)
            await driven.furnish()
            yield driven


async def _rate(server: _Driven, operation: str, requests: int) -> float:
    began = time.perf_counter()
    await crowd(partial(server.repeat, operation), in_flight=IN_FLIGHT, count=requests)
    return requests / (time.perf_counter() - began)


def main(
    *,
    rounds: Annotated[int, typer.Option(min=2, help="How often the servers take turns.")] = 8,
    requests: Annotated[int, typer.Option(help=f"How many a turn; a multiple of {IN_FLIGHT}.")] = 4 * IN_FLIGHT,
) -> None:
    """Show how many requests a second the served fake answers, beside moto's server and cognito-local.

    It takes about half a minute.
    """
    err, here = Console(stderr=True), machine()
    for server in missing():
        err.print(f"{server.name} is not here: {server.remedy}")
    rates = anyio.run(partial(measure, rounds=rounds, requests=requests))
    others = [server.name for server in SERVERS[1:] if server.is_installed]
    titles = [FAKE, *(f"{name}, and times as many" for name in others)]
    table = Table("operation", *titles, title=f"requests a second, {IN_FLIGHT} in flight")
    for operation in rates.found:
        beside = [f"{rates.median(operation, name):.0f}: {rates.ratio(operation, name)}" for name in others]
        table.add_row(operation, f"{rates.median(operation, FAKE):.0f}", *beside)
    Console().print(table)
    err.print(here)


if __name__ == "__main__":
    typer.run(main)
