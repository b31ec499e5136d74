"""Everything that is raised for a data file.

::

    AuthStepsError
      DataFileError               a data file cannot be opened, read or written; says where, why, and what to do
        ForeignDataFileError      it is something else's, or damaged; it is left as it is
        NewerDataFileError        a newer version wrote it; it is left as it is
        DataFileInUseError        somebody else has it open
        DataFileUnavailableError  it cannot be reached: no folder, no rights, no room, no file any more

No text quotes what a file holds.
"""

from authsteps.engine.errors import AuthStepsError

__all__ = [
    "DataFileError",
    "DataFileInUseError",
    "DataFileUnavailableError",
    "ForeignDataFileError",
    "NewerDataFileError",
]


class DataFileError(AuthStepsError):
    """A data file cannot be opened, read or written.

    Attributes:
        path: Which.
        problem: What is wrong, without quoting what is in it.
        remedy: What to do.
    """

    def __init__(self, path: str, problem: str, remedy: str) -> None:
        super().__init__(path, problem, remedy)
        self.path = path
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"the data file {self.path} {self.problem}; {self.remedy}"


class ForeignDataFileError(DataFileError):
    """The file is something else's, or it is damaged. It is left as it is."""


class NewerDataFileError(DataFileError):
    """The file was written by a newer version of authsteps. It is left as it is."""


class DataFileInUseError(DataFileError):
    """Somebody else has the file open: another process, or another ``FakeCognito`` of this one."""


class DataFileUnavailableError(DataFileError):
    """The file cannot be reached: no folder, no rights, no room; or it is gone, or another is in its place."""
