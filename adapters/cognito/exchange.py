"""One exchange over a transport: an effect goes out as a request; an event or an error of ours comes back."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from authsteps.engine.messages import Effect, Event
from authsteps.flows.errors import BackendContractError, BackendUnavailableError

from .protocol import to_refusal
from .request import Request
from .transport import Json, NoReplyError, ServiceError, Transport

__all__ = ["exchange"]

E = TypeVar("E", bound=Effect)


async def exchange(
    transport: Transport,
    effect: E,
    to_request: Callable[[E], tuple[str, Request]],
    to_event: Callable[[E, Mapping[str, Json]], Event],
) -> Event:
    """Perform an effect that is one operation.

    Args:
        transport: Carries it.
        effect: What is wanted.
        to_request: Makes the operation's name and its request.
        to_event: Reads its reply.

    Raises:
        BackendUnavailableError: No answer came, or none of use.
        BackendContractError: The reply does not have the documented shape.
    """
    match await _outcome(transport, effect, to_request, to_event):
        case ServiceError() as error:
            return to_refusal(effect, error)
        case NoReplyError() as error:
            raise BackendUnavailableError(error.reason, sent=error.sent, retry_after=error.retry_after)
        case BackendContractError() as error:
            raise error
        case event:
            return event


async def _outcome(
    transport: Transport,
    effect: E,
    to_request: Callable[[E], tuple[str, Request]],
    to_event: Callable[[E, Mapping[str, Json]], Event],
) -> Event | ServiceError | NoReplyError | BackendContractError:
    """Call, and give an error back as a value: its traceback leads through frames that hold request or reply."""
    try:
        return to_event(effect, await transport.call(*to_request(effect)))
    except (ServiceError, NoReplyError, BackendContractError) as error:
        return error.with_traceback(None)
