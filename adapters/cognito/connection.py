"""Opens the transport that talks to AWS, for whoever wants to be connected."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from authsteps.flows.errors import InvalidInputError

from .transport import Service, Transport

__all__ = ["connected"]


@asynccontextmanager
async def connected(
    service: Service,
    region: str,
    *,
    endpoint_url: str | None,
    max_connections: int,
    connect_timeout: timedelta,
    read_timeout: timedelta,
) -> AsyncGenerator[Transport, None]:
    """Connect through aiobotocore, on asyncio; the connections are closed on leaving.

    Args:
        service: To which service.
        region: Where it is.
        endpoint_url: Where to connect, if not to AWS.
        max_connections: How many requests may be under way at once. The others wait in the order they came.
        connect_timeout: How long connecting may take.
        read_timeout: How long an answer may take.

    Raises:
        InvalidInputError: The settings do not lead to a connection.
        RuntimeError: There is no asyncio event loop; aiohttp does not run on trio.
    """
    # Imported here, for it brings aiobotocore along, which takes a while and runs on asyncio alone.
    from .aws import AwsTransport  # noqa: PLC0415  # see above

    opening = AwsTransport.open(
        region,
        service=service,
        endpoint_url=endpoint_url,
        max_connections=max_connections,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
    )
    async with AsyncExitStack() as stack:
        try:
            transport = await stack.enter_async_context(opening)
        except ValueError as error:
            raise InvalidInputError("the connection", "cannot be made", str(error)) from error
        yield transport
