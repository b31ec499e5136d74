"""Walking through a custom sign-in: Define, asked with every list of answers that it leads to.

It is asked one list after another, as an instance of a Lambda function is: no rule may depend on calls that meet.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import attrs

from authsteps.flows.model import ChallengeName

from ..errors import NoAnswerInTimeError, TriggerError
from ..requests import ChallengeResult
from ..responses import DefineAuthChallengeAnswer

__all__ = ["BEGINNINGS", "AskDefine", "NoteOf", "Session", "Visit", "answers_in", "begins_with_srp_a", "walk"]

Session: TypeAlias = tuple[ChallengeResult, ...]
"""What is behind the user, as Define is told it."""

AskDefine: TypeAlias = Callable[[Session], Awaitable[DefineAuthChallengeAnswer | TriggerError]]
"""Asks Define."""

NoteOf: TypeAlias = Callable[[Session], Awaitable[str | None]]
"""Says what Create notes of the custom challenge that comes after a session."""

_SRP_A: Final = "SRP_A"

BEGINNINGS: Final[tuple[Session, ...]] = ((), (ChallengeResult(_SRP_A, challenge_result=True),))
"""How an attempt begins: without the password, or with the offer to prove it.

Source: Cognito developer guide, 'Define Auth challenge Lambda trigger'.
"""

_KNOWN: Final = frozenset(name.value for name in ChallengeName)


@attrs.frozen
class Visit:
    """One list of answers, and what Define made of it.

    Attributes:
        session: What is behind the user.
        answer: What Define answered, or how it did not.
    """

    session: Session
    answer: DefineAuthChallengeAnswer | TriggerError

    @property
    def issues_tokens(self) -> bool:
        """Whether the attempt ends in tokens."""
        answer = self.answer
        return not isinstance(answer, TriggerError) and bool(answer.issue_tokens) and not answer.fail_authentication

    @property
    def demanded(self) -> str | None:
        """The challenge that the service puts next; ``None`` if the attempt is over."""
        answer = self.answer
        if isinstance(answer, TriggerError) or answer.issue_tokens or answer.fail_authentication:
            return None
        name = answer.challenge_name
        needs_srp_a = name == ChallengeName.PASSWORD_VERIFIER.value
        return name if name in _KNOWN and (not needs_srp_a or begins_with_srp_a(self.session)) else None


def begins_with_srp_a(session: Session) -> bool:
    """Tell whether the client offered to prove the password."""
    return session[:1] == BEGINNINGS[1]


def answers_in(session: Session) -> Session:
    """Return the entries that are answers. ``SRP_A`` is none."""
    return session[1:] if begins_with_srp_a(session) else session


async def walk(ask: AskDefine, note_of: NoteOf, bound: int) -> Sequence[Visit]:
    """Ask Define with every list of at most so many answers, the shortest first.

    A challenge that Define demands is passed and failed. The walk ends early where Define does not answer in time: a
    function that hangs once is likely to hang often.

    Args:
        ask: Asks Define.
        note_of: Asks Create.
        bound: How many answers there can be.
    """
    visits: list[Visit] = []
    level: list[Session] = [*BEGINNINGS]
    for number in range(bound + 1):
        following: list[Session] = []
        for session in level:
            visits.append(visit := Visit(session, await ask(session)))
            if isinstance(visit.answer, NoAnswerInTimeError):
                return visits
            if (name := visit.demanded) is None or number == bound:
                continue
            note = await note_of(session) if name == ChallengeName.CUSTOM_CHALLENGE.value else None
            following += [(*session, ChallengeResult(name, passed, note)) for passed in (True, False)]
        level = following
    return visits
