"""Functions that run in AWS Lambda, or in whatever speaks its protocol."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from ..port import TriggerRunner

__all__ = ["lambda_functions"]


@asynccontextmanager
async def lambda_functions(
    *,
    region: str | None = None,
    endpoint_url: str | None = None,
    max_connections: int = 50,
    connect_timeout: timedelta = timedelta(seconds=5),
    read_timeout: timedelta = timedelta(seconds=30),
) -> AsyncGenerator[Callable[[str], TriggerRunner], None]:
    """Open a client of Lambda; what it yields makes a ``TriggerRunner`` of a function's name or ARN.

    ::

        async with lambda_functions(region="eu-west-1") as function:
            triggers = Triggers({Trigger.PRE_SIGN_UP: function("check-sign-up")})

    A name may end in ``:`` and a version or alias, as Lambda's own ``FunctionName`` may. Calls are signed with the AWS
    credentials found on this machine, which must allow ``lambda:InvokeFunction``. A call is sent once.

    Args:
        region: Where the functions are. ``None``: as the environment or the profile says.
        endpoint_url: Where Lambda listens, if not at AWS: an emulator's, or that of ``sam local start-lambda``.
        max_connections: How many calls may be on their way at once; more wait.
        connect_timeout: For a connection to come about.
        read_timeout: How long a function may take. ``Triggers`` gives up earlier.

    Raises:
        ValueError: An argument, or the AWS configuration found on this machine, cannot be used.
        RuntimeError: There is no asyncio event loop; aiohttp does not run on trio.
    """
    # Imported here, for it brings aiobotocore along, which takes a while and runs on asyncio alone.
    from .aws import opened_functions  # noqa: PLC0415  # see above

    opening = opened_functions(
        region=region,
        endpoint_url=endpoint_url,
        max_connections=max_connections,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
    )
    async with opening as function:
        yield function
