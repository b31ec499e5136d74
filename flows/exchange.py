"""Verbs of one exchange: one effect goes out, one event comes back. They need no graph."""

from typing import TypeVar

from authsteps.engine.messages import Effect, Event
from authsteps.engine.ports import Performer

from .errors import BackendContractError, auth_error
from .events import ConfirmationDemanded, PasswordResetDemanded, Refused

__all__ = ["exchange"]

E = TypeVar("E", bound=Event)

_ANSWER_REFUSED = frozenset(
    {
        "CodeMismatchException",
        "EnableSoftwareTokenMFAException",
        "InvalidPasswordException",
        "PasswordHistoryPolicyViolationException",
    }
)
"""What was asked still stands after these, and takes another answer."""


async def exchange(performer: Performer, effect: Effect, expected: type[E]) -> E:
    """Perform ``effect`` and return its event.

    Raises:
        AuthError: The backend refused.
        BackendUnavailableError: No answer came, or none of use.
        BackendContractError: Another event came than the one that is expected.
    """
    event = await performer.perform(effect)
    match event:
        case Refused(code=code, message=message):
            raise auth_error(code, message, retryable=code in _ANSWER_REFUSED)
        case PasswordResetDemanded(message=message):
            raise auth_error("PasswordResetRequiredException", message)
        case ConfirmationDemanded(message=message):
            raise auth_error("UserNotConfirmedException", message)
        case _ if isinstance(event, expected):
            return event
        case _:
            raise BackendContractError(f"{type(event).__name__} answers {type(effect).__name__}")
