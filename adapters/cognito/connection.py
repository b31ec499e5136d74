"""Opens the transport that talks to AWS, for whoever wants to be connected."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import attrs

from authsteps.engine.ports import Clock, Entropy
from authsteps.engine.system import SystemClock, SystemEntropy
from authsteps.flows.errors import InvalidInputError

from .repeating import RepeatingTransport
from .retries import Retries
from .transport import Service, Transport

__all__ = ["Connections", "connected"]


@attrs.frozen
class Connections:
    """How many connections there are to a service, for how long they are kept, and how long they may take.

    Attributes:
        limit: How many there are at most, and so how many requests may be under way at once. The others wait in the
            order they came; whoever wants a limit to that wait puts a deadline around the call.
        keep_alive: How long one that nobody uses is kept for the next request. Zero: each request has its own. Keep it
            below the time after which the other side, or a proxy on the way, closes an idle connection: a request that
            meets that moment is lost, and may have arrived.
        connect_timeout: How long finding the host's address may take, and then connecting, TLS included.
        read_timeout: How long nothing may come of a reply. All of it has that time and twice that of connecting.
            Cognito itself waits for each Lambda trigger up to three times five seconds, hence the default.

    Source: Cognito developer guide, "Customizing user pool workflows with Lambda triggers" (time limits of triggers).
    """

    limit: int = 32
    keep_alive: timedelta = timedelta(seconds=12)
    connect_timeout: timedelta = timedelta(seconds=5)
    read_timeout: timedelta = timedelta(seconds=30)


@asynccontextmanager
async def connected(  # passed on from connect, a keyword for each setting
    service: Service,
    region: str,
    *,
    endpoint_url: str | None,
    connections: Connections | None,
    retries: Retries | None,
    clock: Clock | None,
    entropy: Entropy | None,
) -> AsyncGenerator[Transport, None]:
    """Connect through aiobotocore, on asyncio; the connections are closed on leaving.

    Args:
        service: To which service.
        region: Where it is.
        endpoint_url: Where to connect, if not to AWS.
        connections: How many, and for how long, if not as ``Connections()``.
        retries: How often what may be repeated is, if not as ``Retries()``.
        clock: Tells how long repeating has taken.
        entropy: Gives the length of the pauses.

    Raises:
        InvalidInputError: The settings do not lead to a connection.
        RuntimeError: There is no asyncio event loop; aiohttp does not run on trio.
    """
    # Imported here, for it brings aiobotocore along, which takes a while and runs on asyncio alone.
    from .aws import AwsTransport  # noqa: PLC0415  # see above

    opening = AwsTransport.open(region, service=service, endpoint_url=endpoint_url, connections=connections)
    async with AsyncExitStack() as stack:
        try:
            transport = await stack.enter_async_context(opening)
        except ValueError as error:
            raise InvalidInputError("the connection", "cannot be made", str(error)) from error
        yield RepeatingTransport(
            transport,
            retries if retries is not None else Retries(),
            clock if clock is not None else SystemClock(),
            entropy if entropy is not None else SystemEntropy(),
        )
