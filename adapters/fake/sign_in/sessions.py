"""Backend sessions: opaque texts that stand for attempts, each good for one successful answer and a short time.

Source: Cognito developer guide, 'Authentication with Amazon Cognito user pools' (AuthSessionValidity, counted for each
challenge); recorded run-book of e-mail sign-in (expiry and reuse have texts of their own).
"""

import base64
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import attrs

from authsteps.engine.messages import Carried, Secret
from authsteps.engine.ports import Entropy

from ..errors import Cause, refusal

__all__ = ["Sessions"]

T = TypeVar("T")

_REMEMBERED_AFTER_EXPIRY = timedelta(hours=1)
"""So that an old session is told from an invented one for a while."""
_FORGOTTEN_PER_OPENING = 4
_SESSION_BYTES = 96


@attrs.define
class _Session(Generic[T]):
    holds: T
    expires_at: datetime
    is_spent: bool = False


class Sessions(Generic[T]):
    """What stands behind the session texts that are in clients' hands.

    Args:
        entropy: Makes the texts.
    """

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._open: OrderedDict[Secret, _Session[T]] = OrderedDict()

    def __len__(self) -> int:
        """How many it remembers, spent and expired ones included."""
        return len(self._open)

    def __contains__(self, text: Secret) -> bool:
        """Whether it remembers this text, spent and expired ones included."""
        return text in self._open

    def open(
        self, holds: T, now: datetime, life: timedelta, name: Secret | None = None, *, alias: Secret | None = None
    ) -> Carried:
        """Give what an attempt holds a new text to be found by.

        Args:
            holds: The attempt.
            now: The present instant.
            life: How long the text is good for.
            name: The text itself, where it is made elsewhere.
            alias: Another text that it is found by as well; what spends one spends both.
        """
        self._forget_old(now)
        text = name.reveal() if name is not None else self._new_text()
        session = _Session(holds, now + life)
        self._open[Secret(text)] = session
        if alias is not None:
            self._open[Secret(alias.reveal())] = session
        return Carried(text)

    def take(self, text: Secret, now: datetime) -> T:
        """Return what ``text`` stands for, and spend it: whoever comes second is refused.

        Raises:
            ServiceError: It is unknown, expired or spent.
        """
        session = self._good(text, now)
        session.is_spent = True
        return session.holds

    def peek(self, text: Secret, now: datetime) -> T:
        """Return what ``text`` stands for, without spending it.

        Raises:
            ServiceError: It is unknown, expired or spent.
        """
        return self._good(text, now).holds

    def give_back(self, text: Secret, holds: T) -> None:
        """Make a text good again that was taken for an answer which was refused. Its time runs on.

        One that was forgotten meanwhile, long after its time, stays so.
        """
        session = self._open.get(text)
        if session is not None:
            session.holds = holds
            session.is_spent = False

    def drop(self, text: Secret) -> None:
        """Forget a text: what it stood for is over."""
        self._open.pop(text, None)

    def _good(self, text: Secret, now: datetime) -> _Session[T]:
        session = self._open.get(text)
        if session is None:
            raise refusal(Cause.SESSION_INVALID)
        if now >= session.expires_at:
            raise refusal(Cause.SESSION_EXPIRED)
        if session.is_spent:
            raise refusal(Cause.SESSION_SPENT)
        return session

    def _new_text(self) -> str:
        return base64.urlsafe_b64encode(self._entropy.random_bytes(_SESSION_BYTES)).decode()

    def _forget_old(self, now: datetime) -> None:
        for _ in range(_FORGOTTEN_PER_OPENING):
            if not self._open:
                return
            oldest = next(iter(self._open.values()))
            if now < oldest.expires_at + _REMEMBERED_AFTER_EXPIRY:
                return
            self._open.popitem(last=False)
