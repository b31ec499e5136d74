"""Asking until it is accepted, where the code that is asked for can be sent again."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from authsteps.flows import (
    AuthError,
    BackendUnavailableError,
    CodeDelivery,
    ExpiredCodeError,
    InvalidInputError,
    InvalidParameterError,
    InvalidPasswordError,
)

from .prompts import Prompts, SendAgain

__all__ = ["say_where", "until_accepted", "until_code_accepted"]

T = TypeVar("T")

_MENDED_BY_ANOTHER_ANSWER = (ExpiredCodeError, InvalidParameterError, InvalidPasswordError)
"""Beside the errors that say so themselves: with a new code, or with other values, it may do."""


async def until_accepted(prompts: Prompts, attempt: Callable[[], Awaitable[T]]) -> T:
    """Attempt until it is accepted; say why it was not, and let go of what another answer cannot mend.

    Args:
        prompts: The person.
        attempt: Asks, and tries.

    Raises:
        AuthStepsError: It was refused for good.
        Word: The person wants something else.
    """
    while True:
        try:
            return await attempt()
        except (InvalidInputError, BackendUnavailableError) as error:
            prompts.complain(error)
        except AuthError as error:
            if not error.retryable and not isinstance(error, _MENDED_BY_ANOTHER_ANSWER):
                raise
            prompts.complain(error)


async def until_code_accepted(
    prompts: Prompts, attempt: Callable[[], Awaitable[T]], send_again: Callable[[], Awaitable[CodeDelivery | None]]
) -> T:
    """Attempt until it is accepted, and have the code sent again whenever the person wants it.

    Args:
        prompts: The person.
        attempt: Asks for the code, and tries.
        send_again: Sends it again.

    Raises:
        AuthStepsError: It was refused for good.
        Word: The person wants something else.
    """
    while True:
        try:
            return await until_accepted(prompts, attempt)
        except SendAgain:
            try:
                say_where(prompts, await send_again())
            except (AuthError, BackendUnavailableError) as error:
                prompts.complain(error)


def say_where(prompts: Prompts, delivery: CodeDelivery | None) -> None:
    """Say where a code was sent."""
    where = f"to {delivery.destination}" if delivery is not None else "to you"
    prompts.say(f"A code was sent {where}.")
