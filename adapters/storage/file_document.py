"""A document in a file of its own, for this user alone.

The file has mode 0600 from the moment it exists. A text is written to a new file in the same folder, flushed to the
disk and put in the old one's place, so that whoever reads it, and whatever ends the process, sees one of the two. A
process that is killed in between leaves a file ``.authsteps-...`` behind, with the same mode; it can be removed.

Windows has no such modes: there the rights are those of the folder, and the keyring is the better place.
"""

import contextlib
import os
import shlex
import stat
import tempfile
from collections.abc import Generator
from pathlib import Path

from authsteps.engine.messages import Secret

from .errors import ExposedFileError, StorageUnavailableError, UnreadableDocumentError

__all__ = ["FileDocument"]

_HAS_MODES = os.name == "posix"

# A link was followed before, so one that stands here now is somebody's trick. A pipe must not make the reader wait.
_READING: int = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class FileDocument:
    """A ``Document`` in one file, which it makes, and the folders above it too (mode 0700), with the first write.

    Where the path is a symbolic link, the file that it leads to is the document, and the link stays.

    Args:
        path: Where the file lies. A relative one starts at the folder that the process is in now.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).absolute()

    @property
    def place(self) -> str:
        """What errors call it."""
        return f"the file {self._path}"

    @property
    def disposal(self) -> str:
        """How a person gets rid of it, in the imperative."""
        return "move the file away"

    def read(self, *, to_replace: bool = False) -> Secret | None:
        """Return the text, or ``None`` if there is no file.

        Raises:
            ExposedFileError: Another user can read or write the file, which does not matter if it is to be replaced,
                or owns it.
            UnreadableDocumentError: It holds no text, or is no file.
            StorageUnavailableError: The disk or the rights do not allow it.
        """
        with self._translated():
            try:
                descriptor = os.open(self._target(), _READING)
            except FileNotFoundError:
                return None
            try:
                self._examine(os.fstat(descriptor), to_replace=to_replace)
                text = _text(descriptor)
            finally:
                os.close(descriptor)
        if text is None:
            raise UnreadableDocumentError(self.place, "holds no text", f"{self.disposal} and sign in again")
        return text

    def write(self, text: Secret) -> None:
        """Put a text in place of the present one.

        Raises:
            StorageUnavailableError: The disk or the rights do not allow it.
        """
        with self._translated():
            target = self._target()
            _make_folder(target.parent)
            descriptor, name = tempfile.mkstemp(prefix=".authsteps-", dir=target.parent)  # mode 0600 whatever the umask
            new = Path(name)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(text.reveal().encode("ascii"))
                    file.flush()
                    os.fsync(descriptor)
                new.replace(target)
            except BaseException:  # a half-written file must not stay, whatever stopped the write
                with contextlib.suppress(OSError):  # the first error is the one to tell
                    new.unlink()
                raise
            _flush_folder(target.parent)

    def delete(self) -> None:
        """Remove the file. None is no error.

        Raises:
            StorageUnavailableError: The disk or the rights do not allow it.
        """
        with self._translated():
            target = self._target()
            with contextlib.suppress(FileNotFoundError):
                target.unlink()
                _flush_folder(target.parent)

    def _target(self) -> Path:
        return Path(os.path.realpath(self._path))

    def _examine(self, status: os.stat_result, *, to_replace: bool) -> None:
        """Refuse what is no file, and what others can read or write."""
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableDocumentError(self.place, "is no regular file", "name another path")
        if not _HAS_MODES:
            return
        if status.st_uid != os.geteuid():
            raise ExposedFileError(self.place, "belongs to another user", "name another path")
        if status.st_mode & 0o077 and not to_replace:
            raise ExposedFileError(
                self.place,
                "can be read or written by other users",
                f"take their rights away: chmod 600 {shlex.quote(str(self._path))}",
            )

    @contextlib.contextmanager
    def _translated(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            problem = f"cannot be used ({error.strerror or type(error).__name__})"
            remedy = "see to it that this user may read and write it and its folder, and that the disk has room"
            raise StorageUnavailableError(self.place, problem, remedy) from error


def _text(descriptor: int) -> Secret | None:
    """Read a file, and keep the decoder's error here: it holds all that was read."""
    try:
        with os.fdopen(descriptor, encoding="utf-8", closefd=False) as file:
            return Secret(file.read())
    except UnicodeDecodeError:
        return None


def _make_folder(folder: Path) -> None:
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=0o700, exist_ok=True)


def _flush_folder(folder: Path) -> None:
    """Let the change of a name outlive a power cut, where that can be asked for."""
    if not _HAS_MODES:
        return
    with contextlib.suppress(OSError):  # not every file system can; the file is whole all the same
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
