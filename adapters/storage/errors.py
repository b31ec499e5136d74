"""Everything that the stores raise.

::

    AuthStepsError
      StorageError                a document cannot be read or written; says where, why, and what to do
        ExposedFileError          other users can read or write the file, or it is theirs
        UnreadableDocumentError   damaged, something else's, or of another version; it is left as it is
        StorageUnavailableError   the disk or the keyring does not do what it is asked
        MissingExtraError         the library for this kind of storage is not installed

No text quotes what a document holds.
"""

from authsteps.engine.errors import AuthStepsError

__all__ = [
    "ExposedFileError",
    "MissingExtraError",
    "StorageError",
    "StorageUnavailableError",
    "UnreadableDocumentError",
]


class StorageError(AuthStepsError):
    """A document cannot be read or written. What was stored stands as it was.

    Attributes:
        place: Where it lies: a path, or a service and an account of the keyring.
        problem: What is wrong, without quoting what is stored.
        remedy: What to do.
    """

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        super().__init__(place, problem, remedy)
        self.place = place
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.place} {self.problem}; {self.remedy}"


class ExposedFileError(StorageError):
    """Other users of the machine can read or write the file, or it is theirs. It was not read."""


class UnreadableDocumentError(StorageError):
    """What is stored is damaged, something else's, or was written by another version. It is left as it is."""


class StorageUnavailableError(StorageError):
    """The disk or the keyring does not do what it is asked: no rights, no room, locked, or not there."""


class MissingExtraError(StorageError):
    """The library for this kind of storage is not installed.

    Attributes:
        extra: The extra of this distribution that brings it.
    """

    def __init__(self, extra: str) -> None:
        super().__init__(
            f"the extra {extra!r}", "is not installed", f"install it with: python -m pip install 'authsteps[{extra}]'"
        )
        self.extra = extra

    def __reduce__(self) -> tuple[type["MissingExtraError"], tuple[str]]:
        return (MissingExtraError, (self.extra,))
