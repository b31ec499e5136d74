"""Calling Create and Verify, where that is wanted. They run for real."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from authsteps.engine.messages import Secret
from authsteps.flows.custom_auth import CreatedChallenge, LeakedParameterError
from authsteps.flows.model import ChallengeName

from ..errors import (
    FunctionNotLoadedError,
    FunctionRaisedError,
    FunctionUnavailableError,
    NoAnswerInTimeError,
    TriggerError,
)
from ..events import CREATE_AUTH_CHALLENGE, VERIFY_AUTH_CHALLENGE_RESPONSE
from ..names import Trigger, TriggerSource
from ..requests import CreateAuthChallengeRequest, VerifyAuthChallengeResponseRequest
from ..responses import CreateAuthChallengeAnswer
from ..triggers import Triggers
from .judgement import no_usable_answer
from .report import Finding
from .rules import LEAKED_PARAMETER, MADE_UP_ANSWER_ACCEPTED
from .user import event
from .walk import Session

__all__ = ["MADE_UP_ANSWER", "MOST_CALLS", "Calls"]

MADE_UP_ANSWER: Final = "an answer that authsteps made up"
"""What Verify is given. It is right by no accident, and no number."""

MOST_CALLS: Final = 100
"""How often Create is called at most. A flow without end would have it send a message for each of its many lists."""

_ADDRESSES: Final = ("email", "phone_number")
_NOTED: Final = "authsteps."


class Calls:
    """Calls Create at each place of a walk where it would run, and Verify twice.

    Verify is called with what Create kept private at the first of these places, and then with nothing private. What it
    raises in the second case is no fault, since nobody gets through: a Verify that relies on its Create is not wrong.

    Args:
        triggers: The functions. Either may be missing.
        user_attributes: For whom.

    Attributes:
        findings: The faults, in the order of the walk.
        numbers: How often each function was called.
    """

    def __init__(self, triggers: Triggers, user_attributes: Mapping[str, str]) -> None:
        self._triggers = triggers
        self._attributes = user_attributes
        self.findings: list[Finding] = []
        self.numbers: Counter[Trigger] = Counter()

    async def create(self, session: Session) -> str | None:
        """Call Create for the custom challenge that comes after a session, and return what it notes of it.

        It notes nothing if it was called too often, or once did not answer in time.
        """
        trigger = Trigger.CREATE_AUTH_CHALLENGE
        if trigger not in self._triggers or self.numbers[trigger] >= MOST_CALLS:
            return None
        self.numbers[trigger] += 1
        name = ChallengeName.CUSTOM_CHALLENGE.value
        request = CreateAuthChallengeRequest(user_attributes=self._attributes, challenge_name=name, session=session)
        try:
            made = await self._triggers.ask(event(CREATE_AUTH_CHALLENGE, TriggerSource.CREATE_AUTH_CHALLENGE, request))
        except (FunctionNotLoadedError, FunctionUnavailableError):
            raise
        except TriggerError as error:
            self.findings.append(no_usable_answer(trigger, session, error, before=f"{name}, "))
            if isinstance(error, NoAnswerInTimeError):
                self.numbers[trigger] = MOST_CALLS
            return None
        addresses = {self._attributes.get(name) for name in _ADDRESSES}
        self.findings += _leaks(session, made, addresses)
        if not self.numbers[Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE]:
            await self._verify(session, made.private_challenge_parameters or {})
        return made.challenge_metadata

    async def verify_without_parameters(self) -> None:
        """Call Verify as if Create had kept nothing private."""
        await self._verify((), {}, excused=FunctionRaisedError)

    async def _verify(
        self, session: Session, private: Mapping[str, str], excused: type[FunctionRaisedError] | tuple[()] = ()
    ) -> None:
        trigger = Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE
        if trigger not in self._triggers:
            return
        self.numbers[trigger] += 1
        request = VerifyAuthChallengeResponseRequest(
            user_attributes=self._attributes,
            private_challenge_parameters=private,
            challenge_answer=Secret(MADE_UP_ANSWER),
        )
        asked = event(VERIFY_AUTH_CHALLENGE_RESPONSE, TriggerSource.VERIFY_AUTH_CHALLENGE_RESPONSE, request)
        before = f"{ChallengeName.CUSTOM_CHALLENGE.value} answered, "
        try:
            judged = await self._triggers.ask(asked)
        except (FunctionNotLoadedError, FunctionUnavailableError):
            raise
        except excused:
            return
        except TriggerError as error:
            self.findings.append(no_usable_answer(trigger, session, error, before=before))
            return
        if judged.answer_correct:
            kept = "what Create keeps private" if private else "no private parameters"
            problem = f"It was given {kept} and an answer that nobody sent, and says that the answer is correct."
            ending = f"{before}Verify accepts it"
            self.findings.append(Finding(MADE_UP_ANSWER_ACCEPTED, trigger, session, ending, problem))


def _leaks(session: Session, made: CreateAuthChallengeAnswer, no_secrets: Collection[str | None]) -> Sequence[Finding]:
    """Return the fault of a Create that shows what is private.

    Where a code is sent to is no secret, nor is what the handlers of a ``CustomAuthFlow`` note for themselves.
    """
    private = {
        name: value
        for name, value in (made.private_challenge_parameters or {}).items()
        if value not in no_secrets and not name.startswith(_NOTED)
    }
    try:
        CreatedChallenge(made.public_challenge_parameters or {}, private)
    except LeakedParameterError as error:
        shown = "; ".join(f"private {private!r} stands in public {public!r}" for public, private in error.leaks)
        ending = f"{ChallengeName.CUSTOM_CHALLENGE.value}, Create leaks"
        return [Finding(LEAKED_PARAMETER, Trigger.CREATE_AUTH_CHALLENGE, session, ending, f"The value of {shown}.")]
    return []
