"""What a pool remembers of names that nobody has, so that they are treated as users are where existence is hidden."""

from collections import OrderedDict
from typing import Final

import attrs

from .lockout import Lockout
from .outbox import AttemptLimit

__all__ = ["Stranger", "Strangers"]

_MOST: Final = 10_000
"""So many names are remembered; the ones that were longest untouched go first."""


@attrs.define
class Stranger:
    """A name that nobody has, and what was tried with it.

    Attributes:
        lockout: Wrong passwords so far.
        limits: Hourly limits by operation.
    """

    lockout: Lockout = attrs.field(factory=Lockout)
    limits: dict[str, AttemptLimit] = attrs.field(factory=dict[str, AttemptLimit])


@attrs.define(eq=False)
class Strangers:
    """The strangers that were tried lately, by the ids that stand for them. Their number is bounded."""

    _by_id: OrderedDict[str, Stranger] = attrs.field(factory=OrderedDict[str, Stranger], init=False, repr=False)

    def __len__(self) -> int:
        return len(self._by_id)

    def of(self, stand_in: str) -> Stranger:
        """Return what is remembered of a stranger.

        Args:
            stand_in: The simulated user id, the same for the same typed name.
        """
        stranger = self._by_id.pop(stand_in, None) or Stranger()
        self._by_id[stand_in] = stranger
        if len(self._by_id) > _MOST:
            self._by_id.popitem(last=False)
        return stranger
