"""A document in a file: who may read it, what replaces it when, and what is refused."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from authsteps.adapters.storage import (
    ExposedFileError,
    FileDocument,
    StorageError,
    StorageUnavailableError,
    UnreadableDocumentError,
)
from authsteps.engine.messages import Secret
from tests.adapters.storage.world import CANARY, KilledError, shown_by

OLD = Secret(f"{CANARY}-old")
NEW = Secret(f"{CANARY}-new")

Work: TypeAlias = Callable[[FileDocument], object]
REFUSED: dict[str, tuple[str, Work]] = {
    "read": ("open", lambda document: document.read()),
    "write": ("open", lambda document: document.write(NEW)),
    "make a folder": ("mkdir", lambda document: document.write(NEW)),
    "delete": ("unlink", lambda document: document.delete()),
}
"""What is refused by a disk, in which call."""

pytestmark = pytest.mark.skipif(os.name != "posix", reason="files have modes and owners on POSIX only")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the document lies, in a folder that has nothing else in it."""
    return tmp_path / "document"


@pytest.fixture
def document(path: Path) -> FileDocument:
    """The document."""
    return FileDocument(path)


@pytest.fixture(params=[0o000, 0o022, 0o077], ids="umask {:03o}".format)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def test_where_no_file_is_there_is_no_text(document: FileDocument) -> None:
    assert document.read() is None


def test_what_was_written_is_read_and_replaced_and_removed(document: FileDocument, path: Path) -> None:
    document.write(OLD)
    document.write(NEW)
    assert document.read() == NEW
    document.delete()
    document.delete()
    assert document.read() is None
    assert list(path.parent.iterdir()) == []


def test_a_relative_path_stays_where_it_was_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    document = FileDocument("document")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    document.write(OLD)
    assert (tmp_path / "document").exists()


class TestWhoMayReadIt:
    @pytest.mark.usefixtures("_umask")
    def test_the_file_is_for_its_owner_alone_from_the_moment_it_exists(
        self, document: FileDocument, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        modes: list[int] = []
        open_file = os.open

        def opened(name: str, flags: int, *rest: int) -> int:
            descriptor = open_file(name, flags, *rest)
            if flags & os.O_CREAT:
                modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
            return descriptor

        monkeypatch.setattr(os, "open", opened)
        document.write(OLD)
        assert modes == [0o600]
        assert mode(path) == 0o600

    @pytest.mark.usefixtures("_umask")
    def test_folders_that_were_missing_are_for_their_owner_alone_and_others_stay_as_they_are(
        self, tmp_path: Path
    ) -> None:
        tmp_path.chmod(0o755)
        path = tmp_path / "one" / "two" / "document"
        FileDocument(path).write(OLD)
        assert [mode(folder) for folder in (tmp_path, tmp_path / "one", tmp_path / "one" / "two")] == [
            0o755,
            0o700,
            0o700,
        ]

    @pytest.mark.parametrize("wide", [0o640, 0o604, 0o620, 0o602, 0o666, 0o777], ids=oct)
    def test_a_file_that_others_can_read_or_write_is_not_read(
        self, document: FileDocument, path: Path, wide: int
    ) -> None:
        document.write(OLD)
        path.chmod(wide)
        with pytest.raises(ExposedFileError) as refusal:
            document.read()
        assert str(refusal.value) == (
            f"the file {path} can be read or written by other users; take their rights away: chmod 600 {path}"
        )
        assert CANARY not in shown_by(refusal.value)
        assert mode(path) == wide
        path.chmod(0o600)
        assert document.read() == OLD

    def test_the_command_that_is_advised_can_be_pasted(self, tmp_path: Path) -> None:
        path = tmp_path / "my document"
        path.write_text("anything")
        path.chmod(0o644)
        with pytest.raises(ExposedFileError) as refusal:
            FileDocument(path).read()
        subprocess.run(refusal.value.remedy.partition(": ")[2], shell=True, check=True)  # noqa: S602  # our own words
        assert mode(path) == 0o600

    def test_a_wide_file_can_be_replaced_and_its_successor_is_narrow(self, document: FileDocument, path: Path) -> None:
        document.write(OLD)
        path.chmod(0o666)
        assert document.read(to_replace=True) == OLD
        document.write(NEW)
        assert mode(path) == 0o600
        assert document.read() == NEW

    @pytest.mark.parametrize("to_replace", [False, True])
    def test_a_file_of_another_user_is_neither_read_nor_replaced(
        self, document: FileDocument, monkeypatch: pytest.MonkeyPatch, *, to_replace: bool
    ) -> None:
        document.write(OLD)
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
        with pytest.raises(ExposedFileError, match="belongs to another user; name another path"):
            document.read(to_replace=to_replace)


class TestLinks:
    def test_the_file_behind_a_link_is_the_document_and_the_link_stays(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        link = tmp_path / "link"
        link.symlink_to(tmp_path / "real" / "document")
        document = FileDocument(link)
        assert document.read() is None
        document.write(OLD)
        document.write(NEW)
        assert document.read() == NEW
        assert link.is_symlink()
        assert mode(tmp_path / "real" / "document") == 0o600
        document.delete()
        assert link.is_symlink()
        assert list((tmp_path / "real").iterdir()) == []

    def test_a_link_to_a_wide_file_does_not_make_it_narrow(self, tmp_path: Path) -> None:
        (tmp_path / "real").write_text("anything")
        (tmp_path / "real").chmod(0o644)
        (tmp_path / "link").symlink_to("real")
        with pytest.raises(ExposedFileError):
            FileDocument(tmp_path / "link").read()

    def test_a_link_that_appears_after_the_links_were_followed_is_not_followed(
        self, document: FileDocument, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (path.parent / "other").write_text("anything")
        path.symlink_to("other")
        monkeypatch.setattr(os.path, "realpath", str)
        with pytest.raises(StorageUnavailableError):
            document.read()

    def test_links_in_a_circle_lead_nowhere(self, document: FileDocument, path: Path) -> None:
        path.symlink_to(path.name)
        with pytest.raises(StorageUnavailableError, match="cannot be used"):
            document.read()


class TestWhatIsNoDocument:
    def test_a_folder(self, document: FileDocument, path: Path) -> None:
        path.mkdir()
        with pytest.raises(UnreadableDocumentError, match="is no regular file; name another path"):
            document.read()

    def test_a_pipe_and_nobody_waits_for_its_other_end(self, document: FileDocument, path: Path) -> None:
        os.mkfifo(path)
        with pytest.raises(UnreadableDocumentError, match="is no regular file"):
            document.read()

    def test_bytes_that_are_no_text(self, document: FileDocument, path: Path) -> None:
        path.write_bytes(CANARY.encode() + b"\xff\xfe")
        path.chmod(0o600)
        with pytest.raises(UnreadableDocumentError, match="holds no text; move the file away") as refusal:
            document.read()
        assert CANARY not in shown_by(refusal.value)


class TestWhatEndsAWrite:
    @pytest.mark.parametrize("call", ["replace", "fsync"])
    @pytest.mark.parametrize(
        ("error", "told"),
        [(OSError(28, "No space left on device"), StorageUnavailableError), (KilledError(), KilledError)],
        ids=["a full disk", "the end of the process"],
    )
    def test_leaves_the_present_text_whole_and_nothing_beside_it(
        self,
        document: FileDocument,
        path: Path,
        call: str,
        error: BaseException,
        told: type[BaseException],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        document.write(OLD)

        def broken(*_arguments: object) -> None:
            raise error

        with monkeypatch.context() as disk:
            disk.setattr(os, call, broken)
            with pytest.raises(told) as failure:
                document.write(NEW)
        assert CANARY not in shown_by(failure.value)
        assert document.read() == OLD
        assert list(path.parent.iterdir()) == [path]

    def test_is_told_even_if_the_new_file_cannot_be_removed(
        self, document: FileDocument, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def broken(*_arguments: object) -> None:
            raise OSError(5, "Input/output error")

        def gone(*_arguments: object) -> None:
            raise OSError(30, "Read-only file system")

        monkeypatch.setattr(os, "replace", broken)
        monkeypatch.setattr(os, "unlink", gone)
        with pytest.raises(StorageUnavailableError, match="Input/output error"):
            document.write(OLD)

    def test_even_a_kill_leaves_the_present_text_whole_and_a_narrow_file(
        self, document: FileDocument, path: Path
    ) -> None:
        document.write(OLD)
        program = f"""
import os
os.umask(0)
os.replace = lambda *_: os._exit(9)
from authsteps.adapters.storage import FileDocument
from authsteps.engine.messages import Secret
FileDocument({str(path)!r}).write(Secret("new"))
"""
        done = subprocess.run([sys.executable, "-c", program], check=False, timeout=60)  # noqa: S603  # our own text
        assert done.returncode == 9
        assert document.read() == OLD
        (left,) = set(path.parent.iterdir()) - {path}
        assert left.name.startswith(".authsteps-")
        assert mode(left) == 0o600

    def test_is_not_a_folder_that_cannot_be_flushed(
        self, document: FileDocument, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        flush = os.fsync

        def fsync(descriptor: int) -> None:
            if stat.S_ISDIR(os.fstat(descriptor).st_mode):
                raise OSError(22, "Invalid argument")
            flush(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)
        document.write(OLD)
        assert document.read() == OLD

    def test_the_text_and_the_folder_are_flushed_to_the_disk_one_before_and_one_after_the_replacement(
        self, document: FileDocument, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done: list[str] = []
        replace = os.replace

        def fsync(descriptor: int) -> None:
            done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")

        def replaced(source: str, target: str) -> None:
            done.append("replaced")
            replace(source, target)

        monkeypatch.setattr(os, "fsync", fsync)
        monkeypatch.setattr(os, "replace", replaced)
        document.write(OLD)
        assert done == ["file", "replaced", "folder"]


class TestADiskThatDoesNot:
    @pytest.mark.parametrize(("call", "work"), REFUSED.values(), ids=REFUSED)
    def test_do_what_it_is_asked_is_an_error_that_says_what_to_see_to(
        self, tmp_path: Path, call: str, work: Work, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = FileDocument(tmp_path / "folder" / "document")

        def refused(*_arguments: object) -> None:
            raise PermissionError(13, "Permission denied")

        if call != "mkdir":
            document.write(OLD)
        with monkeypatch.context() as rights:
            rights.setattr(os, call, refused)
            with pytest.raises(StorageUnavailableError) as failure:
                work(document)
        assert str(failure.value).endswith(
            "cannot be used (Permission denied); see to it that this user may read and write it and its folder, "
            "and that the disk has room"
        )
        assert isinstance(failure.value.__cause__, PermissionError)
        assert CANARY not in shown_by(failure.value)


WRITER = """
import sys
from authsteps.adapters.storage import FileDocument
from authsteps.engine.messages import Secret
document = FileDocument(sys.argv[1])
for _ in range(200):
    document.write(Secret(sys.argv[2] * 20_000))
"""


def test_of_two_processes_that_write_at_once_the_last_one_wins_whole_and_readers_see_no_mixture(
    document: FileDocument, path: Path
) -> None:
    document.write(Secret("a" * 20_000))
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), letter])  # noqa: S603  # our own interpreter and text
        for letter in "ab"
    ]
    texts: list[Secret | None] = []
    while any(writer.poll() is None for writer in writers):
        texts.append(document.read())
    assert [writer.returncode for writer in writers] == [0, 0]
    assert {*texts, document.read()} <= {Secret("a" * 20_000), Secret("b" * 20_000)}
    assert list(path.parent.iterdir()) == [path]


def test_every_error_is_an_error_of_storage() -> None:
    assert all(
        issubclass(each, StorageError) for each in (ExposedFileError, StorageUnavailableError, UnreadableDocumentError)
    )
