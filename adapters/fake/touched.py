"""Which users a call has to do with. A data file looks at these when the call ends, and at nobody else.

Users are found in the pool's directory, and nowhere else, so the directory takes note of each whom it gives out.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .directory import Directory, User

__all__ = ["Touched", "note_all", "note_user"]


class Touched:
    """The users whom a call has to do with.

    Attributes:
        users: Those whom it found, added or removed, each with the directory that it was about.
        all_were_seen: Whether it went through all of them, which shows what other calls have done so far.
    """

    def __init__(self) -> None:
        self.users: dict[User, Directory] = {}
        self.all_were_seen = False

    @contextmanager
    def noting(self) -> Generator[None, None, None]:
        """Take note of what the code in there finds, in this task and in those that it starts."""
        token = _NOTING.set(self)
        try:
            yield
        finally:
            _NOTING.reset(token)


_NOTING: Final[ContextVar[Touched | None]] = ContextVar("noting", default=None)


def note_user(user: "User", directory: "Directory") -> None:
    """Take note of a user of a directory, if anybody does."""
    touched = _NOTING.get()
    if touched is not None:
        touched.users[user] = directory


def note_all() -> None:
    """Take note that all users were gone through, if anybody does."""
    touched = _NOTING.get()
    if touched is not None:
        touched.all_were_seen = True
