"""Checking the functions of a custom sign-in."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from itertools import chain
from types import MappingProxyType
from typing import Final

from ..errors import FunctionNotLoadedError, FunctionUnavailableError, NoAnswerInTimeError, TriggerError
from ..events import DEFINE_AUTH_CHALLENGE
from ..names import Trigger, TriggerSource
from ..port import TriggerRunner
from ..requests import DefineAuthChallengeRequest
from ..responses import DefineAuthChallengeAnswer
from ..triggers import Triggers
from .calls import Calls
from .judgement import difference, faults_of
from .report import Finding, Report
from .rules import RULES
from .user import USER_ATTRIBUTES, event
from .walk import Session, Visit, answers_in, walk

__all__ = ["BOUND", "check_triggers"]

BOUND: Final = 10
"""How many answers a list holds at most if nothing else is said. Three challenges with three tries each need nine."""

_FIVE_SECONDS: Final = timedelta(seconds=5)

_ASKED_AGAIN: Final = 4
"""Up to how many answers lists are given to Define a second time."""


async def check_triggers(
    functions: Mapping[Trigger, TriggerRunner],
    *,
    bound: int = BOUND,
    call: bool = False,
    user_attributes: Mapping[str, str] = USER_ATTRIBUTES,
    time_limit: timedelta = _FIVE_SECONDS,
    tell: Callable[[int], None] | None = None,
) -> Report:
    """Check Define, and if it is wanted Create and Verify as well.

    The same functions give the same report every time, if they do not go by the time or by chance.

    Args:
        functions: What runs for Define, and for Create and Verify if they are to be called.
        bound: How many answers are given at most. A flow without end takes two to that power calls, from each of the
            two beginnings.
        call: Whether to call Create and Verify. They run for real, and may send messages.
        user_attributes: For whom they run.
        time_limit: How long each call may take. The service allows five seconds.
        tell: Is told, after each call of Define, how many there were.

    Raises:
        KeyError: There is no Define.
        FunctionNotLoadedError: The file of a function cannot be loaded.
        FunctionUnavailableError: A function cannot be called.
    """
    triggers = Triggers(functions, time_limit=time_limit, tries=1)
    calls = Calls(triggers if call else Triggers(), user_attributes)
    define = _Define(triggers, user_attributes, tell)
    visits = await walk(define.ask, calls.create, bound)
    await calls.verify_without_parameters()
    if (fault := await _difference(define, visits)) is not None:
        findings: Sequence[Finding] = [fault]
    else:
        findings = _first_of_each_rule([*faults_of(visits, bound), *calls.findings])
    return Report(findings, visits, bound, MappingProxyType(dict(calls.numbers)))


class _Define:
    def __init__(
        self, triggers: Triggers, user_attributes: Mapping[str, str], tell: Callable[[int], None] | None
    ) -> None:
        self._triggers = triggers
        self._attributes = user_attributes
        self._tell = tell
        self._asked = 0

    async def ask(self, session: Session) -> DefineAuthChallengeAnswer | TriggerError:
        request = DefineAuthChallengeRequest(user_attributes=self._attributes, session=session)
        asked = event(DEFINE_AUTH_CHALLENGE, TriggerSource.DEFINE_AUTH_CHALLENGE, request)
        try:
            return await self._triggers.ask(asked)
        except (FunctionNotLoadedError, FunctionUnavailableError):
            raise
        except TriggerError as error:
            return error
        finally:
            self._asked += 1
            if self._tell is not None:
                self._tell(self._asked)


async def _difference(define: _Define, visits: Sequence[Visit]) -> Finding | None:
    """Ask some of it again in another order, so that whoever counts calls or remembers answers differently.

    The last comes first, and what ended in tokens comes last: with them a counter often starts afresh.
    """
    some = [
        visit
        for visit in visits
        if len(answers_in(visit.session)) <= _ASKED_AGAIN
        if not isinstance(visit.answer, NoAnswerInTimeError)
    ]
    backwards = [*reversed(some)]
    order = sorted(backwards, key=lambda visit: visit.issues_tokens)
    again = {visit.session: Visit(visit.session, await define.ask(visit.session)) for visit in order}
    return difference(some, [again[visit.session] for visit in some])


def _first_of_each_rule(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return, in the order of the rules, of each rule the finding with the fewest answers."""
    of_rules = ([each for each in findings if each.rule == rule] for rule in RULES)
    return [*chain.from_iterable(sorted(each, key=_length)[:1] for each in of_rules)]


def _length(finding: Finding) -> int:
    return len(answers_in(finding.session))
