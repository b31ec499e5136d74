"""What the linter found."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Final

import attrs

from ..errors import NoAnswerInTimeError, TriggerError, UnrecognizableOutputError
from ..names import Trigger
from .rules import Rule
from .walk import Session, Visit, answers_in, begins_with_srp_a

__all__ = ["Finding", "Report", "counted", "ending_of", "failure_of", "in_words", "shortened"]


@attrs.frozen
class Finding:
    """A broken rule.

    Attributes:
        rule: The rule.
        trigger: Whose function breaks it.
        session: What was behind the user then. No shorter one shows it.
        ending: What came of it, in a word or two.
        problem: What is wrong, exactly. It names parameters and quotes no value of any; where a function raised, it
            holds what the function says, as the service would tell the client.
    """

    rule: Rule
    trigger: Trigger
    session: Session
    ending: str
    problem: str

    @property
    def sequence(self) -> str:
        """The way there in words, such as ``[] -> CUSTOM_CHALLENGE wrong -> issueTokens``."""
        return f"{in_words(self.session)} -> {self.ending}"


@attrs.frozen
class Report:
    """All that came of a check.

    Attributes:
        findings: At most one for each rule, in the order of the rules.
        visits: Every list of answers that Define was asked with, the shortest first.
        bound: How many answers a list could hold.
        calls: How often Create and Verify were called.
    """

    findings: Sequence[Finding]
    visits: Sequence[Visit] = attrs.field(repr=False)
    bound: int
    calls: Mapping[Trigger, int]


def in_words(session: Session) -> str:
    """Return what is behind the user in words: how it began, and each answer."""
    beginning = "[SRP_A]" if begins_with_srp_a(session) else "[]"
    answers = (f"{each.challenge_name} {'right' if each.challenge_result else 'wrong'}" for each in answers_in(session))
    runs = ((answer, len([*run])) for answer, run in groupby(answers))
    return " -> ".join([beginning, *(answer if times == 1 else f"{answer} ({times} times)" for answer, times in runs)])


def counted(number: int, what: str) -> str:
    """Return how many there are of something, such as ``1 answer`` or ``2 answers``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def ending_of(visit: Visit) -> str:
    """Return in words what Define answered."""
    answer = visit.answer
    if isinstance(answer, TriggerError):
        return failure_of(Trigger.DEFINE_AUTH_CHALLENGE, answer)
    ends = [
        name
        for name, said in (("issueTokens", answer.issue_tokens), ("failAuthentication", answer.fail_authentication))
        if said
    ]
    return " and ".join(ends) or shortened(answer.challenge_name or "nothing at all")


def failure_of(trigger: Trigger, error: TriggerError) -> str:
    """Return in words how a function did not answer."""
    match error:
        case NoAnswerInTimeError():
            what = "does not answer in time"
        case UnrecognizableOutputError():
            what = "gives back what does not fit"
        case _:
            what = "raises"
    return f"{_SHORT[trigger]} {what}"


def shortened(name: str) -> str:
    """Return a name that a function gave, or as much of it as can be shown."""
    return name if len(name) <= _SHOWN else f"{name[:_SHOWN]}..."


_SHORT: Final = {
    Trigger.DEFINE_AUTH_CHALLENGE: "Define",
    Trigger.CREATE_AUTH_CHALLENGE: "Create",
    Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: "Verify",
}
"""What the functions are called for short."""

_SHOWN: Final = 60
"""How many characters of a name that is none are shown."""
