"""Holding what Define answered against the rules."""

from collections.abc import Iterable, Iterator, Sequence

from authsteps.flows.model import ChallengeName

from ..errors import TriggerError
from ..names import Trigger
from .report import Finding, counted, ending_of, failure_of, shortened
from .rules import (
    ANSWERS_DIFFER,
    BOTH_OR_NEITHER,
    ENDLESS_CHALLENGES,
    NO_USABLE_ANSWER,
    SUCCESS_UNREACHABLE,
    TOKENS_AFTER_FAILED_PASSWORD,
    TOKENS_WITHOUT_CHALLENGE,
    UNKNOWN_CHALLENGE,
    Rule,
)
from .walk import Session, Visit, answers_in

__all__ = ["difference", "faults_of", "no_usable_answer"]


def faults_of(visits: Sequence[Visit], bound: int) -> Iterator[Finding]:
    """Yield every fault that a walk shows, those with the fewest answers first.

    That success cannot be reached is said only of a walk that no other fault cut short.
    """
    cut = False
    for visit in visits:
        fault = _fault_of(visit, bound)
        if fault is not None:
            cut = cut or fault.rule in {BOTH_OR_NEITHER, NO_USABLE_ANSWER, UNKNOWN_CHALLENGE}
            yield fault
    if not cut and not any(visit.issues_tokens for visit in visits):
        yield _without_success(visits, bound)


def difference(visits: Iterable[Visit], again: Iterable[Visit]) -> Finding | None:
    """Return the fault of a Define that answers differently when it is asked again, if it does.

    Args:
        visits: Lists of answers, and what Define made of them.
        again: The same lists in the same order, and what it made of them later.
    """
    for first, second in zip(visits, again, strict=True):
        if _comparable(first) != _comparable(second):
            was, then = ending_of(first), ending_of(second)
            problem = f"It answered {was} first, and {then} when it was asked the same again."
            return _of_define(first.session, ANSWERS_DIFFER, f"{was}, then {then}", problem)
    return None


def no_usable_answer(trigger: Trigger, session: Session, error: TriggerError, *, before: str = "") -> Finding:
    """Return the fault of a function that did not answer.

    Args:
        trigger: Whose function it is.
        session: What is behind the user.
        error: How it did not answer.
        before: What came of the session before it was called.
    """
    return Finding(NO_USABLE_ANSWER, trigger, session, f"{before}{failure_of(trigger, error)}", f"{error}")


def _fault_of(visit: Visit, bound: int) -> Finding | None:
    session, answer = visit.session, visit.answer
    if isinstance(answer, TriggerError):
        return no_usable_answer(Trigger.DEFINE_AUTH_CHALLENGE, session, answer)
    ending = ending_of(visit)
    if answer.fail_authentication and answer.issue_tokens:
        return _of_define(session, BOTH_OR_NEITHER, ending, "Both are true; the service takes it for a failure.")
    if answer.fail_authentication:
        return None
    if answer.issue_tokens:
        return _fault_of_tokens(session, ending)
    if not answer.challenge_name:
        return _of_define(session, BOTH_OR_NEITHER, ending, "Nothing is set; the service takes it for a failure.")
    if visit.demanded is None:
        return _of_define(session, UNKNOWN_CHALLENGE, ending, _why_not(answer.challenge_name))
    if len(answers_in(session)) >= bound:
        return _of_define(session, ENDLESS_CHALLENGES, ending, f"It still asks after {counted(bound, 'answer')}.")
    return None


def _fault_of_tokens(session: Session, ending: str) -> Finding | None:
    answers = answers_in(session)
    proofs = [each for each in answers if each.challenge_name == ChallengeName.PASSWORD_VERIFIER.value]
    if proofs and not proofs[-1].challenge_result:
        return _of_define(session, TOKENS_AFTER_FAILED_PASSWORD, ending, "The password was wrong.")
    if not any(each.challenge_result for each in answers):
        problem = "Every answer was wrong." if answers else "Nothing was asked."
        return _of_define(session, TOKENS_WITHOUT_CHALLENGE, ending, problem)
    return None


def _why_not(name: str) -> str:
    if name == ChallengeName.PASSWORD_VERIFIER.value:
        return "The client has not begun with SRP_A, so there is no password to verify."
    return f"There is no challenge {shortened(name)!r}."


def _without_success(visits: Sequence[Visit], bound: int) -> Finding:
    """Return what becomes of right answers alone: the shortest way on which anything is asked, if anything is."""
    ends = [
        visit
        for visit in visits
        if all(each.challenge_result for each in visit.session)
        if visit.demanded is None or len(answers_in(visit.session)) == bound
    ]
    shown = next((visit for visit in ends if answers_in(visit.session)), ends[0])
    return _of_define(shown.session, SUCCESS_UNREACHABLE, ending_of(shown), "This is what right answers lead to.")


def _of_define(session: Session, rule: Rule, ending: str, problem: str) -> Finding:
    return Finding(rule, Trigger.DEFINE_AUTH_CHALLENGE, session, ending, problem)


def _comparable(visit: Visit) -> object:
    return type(visit.answer) if isinstance(visit.answer, TriggerError) else visit.answer
