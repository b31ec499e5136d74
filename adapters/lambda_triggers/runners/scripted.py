"""A function that replays recorded answers and writes down what it was told."""

import json
from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from authsteps.flows.model import Json

from ..errors import FunctionRaisedError, TriggerError
from ..names import Trigger
from ..wire import write_answer

__all__ = ["ScriptedAnswer", "ScriptedFunction", "TriggerCall"]

ScriptedAnswer: TypeAlias = Mapping[str, Json] | Exception | Callable[[Mapping[str, Json]], Json]
"""What a call comes to: members of ``response``, an error that the function raises, or a function of the event that
returns all that is given back."""


@attrs.frozen
class TriggerCall:
    """One call that was made.

    Attributes:
        trigger: Which trigger asked.
        event: The whole event in wire form. It holds passwords and codes, so the repr leaves it out.
    """

    trigger: Trigger
    event: Mapping[str, Json] = attrs.field(repr=False)


class ScriptedFunction:
    """A ``TriggerRunner`` that plays a list of answers, one a call, and records the calls.

    One may stand behind several triggers: the script goes on whichever of them asks.

    Args:
        answers: In the order in which they are to come.

    Attributes:
        calls: What was asked, in order.
    """

    def __init__(self, *answers: ScriptedAnswer) -> None:
        self.calls: list[TriggerCall] = []
        self._answers = list(answers)

    @property
    def unused(self) -> int:
        """How many answers have not been played."""
        return len(self._answers)

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        """Record the call and play the next answer.

        Raises:
            TriggerError: The script says so; any other exception of the script is what the function raises, and
                becomes a ``FunctionRaisedError`` with its text.
            LookupError: The script is at its end.
        """
        own = json.loads(json.dumps(event))
        self.calls.append(TriggerCall(trigger, own))
        if not self._answers:
            raise LookupError(f"the script has no answer for {trigger}, which is call {len(self.calls)}")
        answer = self._answers.pop(0)
        if isinstance(answer, TriggerError):
            raise answer
        if isinstance(answer, Exception):
            raise FunctionRaisedError(trigger, str(answer)) from answer
        return answer(json.loads(json.dumps(own))) if callable(answer) else write_answer(own, **answer)
