"""Calling Lambda, over aiobotocore.

Only ``lambda_functions`` imports this module, and only when it is called: botocore is slow to import.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final, TypeAlias

import attrs
import msgspec
from aiohttp import ClientError as AiohttpError
from botocore.exceptions import BotoCoreError, ClientError

from authsteps.adapters.aws_client import nothing_logged, opened
from authsteps.flows.model import Json

from ..errors import FunctionRaisedError, FunctionUnavailableError, OutputNotJsonError, TriggerError
from ..names import Trigger
from ..port import TriggerRunner

__all__ = ["opened_functions"]

_Invoke: TypeAlias = Callable[..., Awaitable[Mapping[str, Any]]]

_OPERATION: Final = "Invoke"


@asynccontextmanager
async def opened_functions(
    *,
    region: str | None,
    endpoint_url: str | None,
    max_connections: int,
    connect_timeout: timedelta,
    read_timeout: timedelta,
) -> AsyncGenerator[Callable[[str], TriggerRunner], None]:
    """Open a client of Lambda; what it yields makes a runner of a function's name or ARN."""
    async with opened(
        "lambda",
        region=region,
        endpoint_url=endpoint_url,
        is_signed=True,
        max_connections=max_connections,
        connect_timeout=connect_timeout,
        read_timeout=read_timeout,
    ) as client:
        invoke: _Invoke = client.invoke
        yield lambda name: _LambdaFunction(name, invoke)


@attrs.frozen
class _LambdaFunction:
    """A function in Lambda."""

    name: str = attrs.field(validator=attrs.validators.min_len(1))
    _invoke: _Invoke = attrs.field(repr=False)

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        """Hand the event to the function and return what it gives back.

        Raises:
            FunctionRaisedError: It raised, died, or ran out of the time that its own configuration gives it.
            FunctionUnavailableError: Lambda refuses to call it, or gives no answer.
            OutputNotJsonError: What it gave back is no JSON.
        """
        try:
            with nothing_logged(_OPERATION):
                outcome = _read(trigger, *await self._exchange(json.dumps(event).encode()))
        except ClientError as error:
            outcome = FunctionUnavailableError(trigger, str(error.response.get("Error", {}).get("Code", "")))
        except (BotoCoreError, AiohttpError) as error:
            outcome = FunctionUnavailableError(trigger, type(error).__name__)
        except asyncio.CancelledError as cancelled:
            raise cancelled.with_traceback(None) from None  # the frames dropped are botocore's and hold the event
        finally:
            del event  # some tracebacks show local variables, and this frame stands on every one of ours
        if isinstance(outcome, TriggerError):
            raise outcome  # out here it drags no context along
        return outcome

    async def _exchange(self, payload: bytes) -> tuple[bytes, bool]:
        """Return what came back, and whether it tells of an error."""
        reply = await self._invoke(FunctionName=self.name, InvocationType="RequestResponse", Payload=payload)
        async with reply["Payload"] as body:
            return await body.read(), "FunctionError" in reply


def _read(trigger: Trigger, payload: bytes, has_failed: bool) -> "Json | TriggerError":  # noqa: FBT001  # as Lambda says it
    """Return what a function's payload says.

    Source: Lambda API reference, Invoke, ``FunctionError``; Lambda developer guide, 'Lambda function handler errors'.
    """
    try:
        given: Json = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return OutputNotJsonError(trigger, f"{len(payload)} bytes that cannot be decoded")
    if not has_failed:
        return given
    said: Mapping[str, Json] = given if isinstance(given, Mapping) else {}
    return FunctionRaisedError(trigger, str(said.get("errorMessage") or said.get("errorType") or "Unhandled"))
