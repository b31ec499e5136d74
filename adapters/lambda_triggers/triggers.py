"""Asking triggers: with a time limit, as often as the service does, and with types on both sides."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, TypeVar

import anyio
import attrs

from authsteps.flows.model import Json

from .code_encryption import CodeEncryption
from .errors import NoAnswerInTimeError
from .events import TokenGenerationVersion, TriggerEvent
from .names import Trigger
from .port import TriggerRunner
from .wire import read_answer, to_wire

__all__ = ["Triggers"]

Q = TypeVar("Q", bound=attrs.AttrsInstance)
A = TypeVar("A", bound=attrs.AttrsInstance)

_TIME_LIMIT: Final = timedelta(seconds=5)
_TRIES: Final = 3
_SENDERS: Final = (Trigger.CUSTOM_EMAIL_SENDER, Trigger.CUSTOM_SMS_SENDER)


@attrs.frozen
class Triggers:
    """The functions that stand behind a pool's triggers.

    Source: Cognito developer guide, 'Customizing user pool workflows with Lambda triggers': five seconds, three tries
    in all.

    Attributes:
        functions: What runs, by trigger. A trigger that is not there is not configured.
        token_generation: Which events PreTokenGeneration gets.
        time_limit: How long a function may take, each time.
        tries: How often it is asked in all, if it does not answer in time. What raises is not asked again.
        code_encryption: How codes are made unreadable for custom senders.

    Raises:
        ValueError: There is a custom sender, and nothing to encrypt codes with.
    """

    functions: Mapping[Trigger, TriggerRunner] = attrs.field(factory=dict[Trigger, TriggerRunner])
    token_generation: TokenGenerationVersion = TokenGenerationVersion.V1_0
    time_limit: timedelta = _TIME_LIMIT
    tries: int = attrs.field(default=_TRIES, validator=attrs.validators.ge(1))
    code_encryption: CodeEncryption | None = None

    def __attrs_post_init__(self) -> None:
        """Refuse a sender that could not be told what to send."""
        senders = [sender for sender in _SENDERS if sender in self.functions]
        if senders and self.code_encryption is None:
            raise ValueError(f"{' and '.join(senders)} must get codes encrypted; give a code_encryption too")

    def __contains__(self, trigger: Trigger) -> bool:
        return trigger in self.functions

    async def ask(self, event: TriggerEvent[Q, A]) -> A:
        """Ask the function behind an event's trigger, and return what it answers.

        Raises:
            KeyError: The trigger is not configured.
            TriggerError: There is no answer that counts.
        """
        trigger, sent = event.kind.trigger, to_wire(event)
        return read_answer(event.kind, sent, await self._asked(self.functions[trigger], trigger, sent))

    async def _asked(self, function: TriggerRunner, trigger: Trigger, sent: Mapping[str, Json]) -> Json:
        for _ in range(self.tries):
            with anyio.move_on_after(self.time_limit.total_seconds()):
                return await function.invoke(trigger, sent)
        raise NoAnswerInTimeError(trigger)
