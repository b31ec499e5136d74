"""A data file as SQLite has it: opened by one at a time, read as a whole, written in transactions.

All of this blocks, so it belongs into a worker thread.

Source: SQLite documentation, 'Write-Ahead Logging', 'PRAGMA Statements' and 'Result and Error Codes'.
"""

import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

import attrs

from .errors import (
    DataFileError,
    DataFileInUseError,
    DataFileUnavailableError,
    ForeignDataFileError,
    NewerDataFileError,
)

__all__ = ["TABLES", "Change", "DataFile", "Row", "Table"]

_APPLICATION: Final = 0x61757468
"""``auth`` in ASCII: stands in the file's header and says whose it is."""
_VERSION: Final = 1
_OWNER_ONLY: Final = 0o600


@attrs.frozen
class Table:
    """A table of documents.

    Attributes:
        name: Its name.
        keys: The columns that tell its rows from each other: first those of the row that this one is a part of.
        part_of: The table of that row, if there is one. A row goes when the one goes that it is a part of.
    """

    name: str
    keys: tuple[str, ...]
    part_of: "Table | None" = None

    @property
    def creation(self) -> str:
        """The statement that makes it. Rows are numbered in the order in which they came."""
        keys = ", ".join(self.keys)
        columns = ", ".join(f"{key} TEXT NOT NULL" for key in self.keys)
        text = f'CREATE TABLE "{self.name}" (id INTEGER PRIMARY KEY, {columns}, document TEXT NOT NULL, UNIQUE ({keys})'
        if self.part_of is not None:
            whole = ", ".join(self.part_of.keys)
            text += f', FOREIGN KEY ({whole}) REFERENCES "{self.part_of.name}" ({whole}) ON DELETE CASCADE'
        return f"{text})"

    @property
    def put(self) -> str:
        """The statement that adds a row, or gives it another document. It stays in its place then."""
        marks = ", ".join("?" for _ in range(len(self.keys) + 1))
        return (
            f'INSERT INTO "{self.name}" ({", ".join(self.keys)}, document) VALUES ({marks}) '  # noqa: S608  # ours alone
            f"ON CONFLICT ({', '.join(self.keys)}) DO UPDATE SET document = excluded.document"
        )

    @property
    def drop(self) -> str:
        """The statement that takes a row away."""
        return f'DELETE FROM "{self.name}" WHERE {" AND ".join(f"{key} = ?" for key in self.keys)}'  # noqa: S608  # ours

    @property
    def read(self) -> str:
        """The statement that reads all rows, the oldest first."""
        return f'SELECT {", ".join(self.keys)}, document FROM "{self.name}" ORDER BY id'  # noqa: S608  # ours alone


_POOLS: Final = Table("pools", ("pool",))
_USERS: Final = Table("users", ("pool", "sub"), _POOLS)
TABLES: Final[Mapping[str, Table]] = {
    table.name: table
    for table in (
        _POOLS,
        Table("clients", ("pool", "client"), _POOLS),
        Table("groups", ("pool", "name"), _POOLS),
        _USERS,
        Table("devices", ("pool", "sub", "key"), _USERS),
        Table("sign_ins", ("pool", "sub", "event"), _USERS),
    )
}
"""All tables, by name, in the order in which they can be made and read."""


@attrs.frozen
class Row:
    """One row of a table.

    Attributes:
        keys: What tells it from the others.
        document: What stands in it, as JSON.
    """

    keys: tuple[str, ...]
    document: str = attrs.field(repr=False)


@attrs.frozen
class Change:
    """What becomes of one row.

    Attributes:
        table: In which table.
        keys: Which row.
        document: What stands in it from now on, as JSON; ``None`` if it goes.
    """

    table: str
    keys: tuple[str, ...]
    document: str | None = attrs.field(repr=False)


class DataFile:
    """An open data file. Nobody else can open it meanwhile.

    It may be used from any thread, by one at a time.

    Args:
        path: Where it lies.
        connection: What ``open`` made.
    """

    def __init__(self, path: str, connection: sqlite3.Connection) -> None:
        self._path = path
        self._place = Path(path).absolute()
        self._opened = self._place.stat()
        self._connection = connection

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a data file, or make one that only its owner can read. An empty file becomes one, too.

        Raises:
            DataFileError: It cannot be opened, or is none of ours. Nothing has changed then.
        """
        place = os.fspath(path)
        with _told_of(place):
            _make(place)
            # Without a wait: whoever has it open keeps it open.
            connection = sqlite3.connect(
                f"{Path(place).absolute().as_uri()}?mode=rw",
                uri=True, timeout=0, isolation_level=None, check_same_thread=False,
            )  # fmt: skip
            try:
                _prepare(place, connection)
                return cls(place, connection)
            except BaseException:  # whatever it is, the file must not stay locked
                connection.close()
                raise

    @property
    def path(self) -> str:
        """Where it lies."""
        return self._path

    def read(self) -> dict[str, tuple[Row, ...]]:
        """Return all that is in it, by table, the oldest first.

        Raises:
            DataFileError: It is damaged, or cannot be read.
        """
        with _told_of(self._path):
            if (
                self._connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",)
                or self._connection.execute("PRAGMA foreign_key_check").fetchone() is not None
            ):
                raise _foreign(self._path)
            return {name: tuple(_rows(self._connection.execute(table.read))) for name, table in TABLES.items()}

    def write(self, changes: Iterable[Change]) -> None:
        """Make changes, all or none, in their order.

        Raises:
            DataFileError: It cannot be written. Nothing has changed then.
        """
        with _told_of(self._path), _transaction(self._connection):
            # SQLite would go on with one that nobody finds any more.
            if not os.path.samestat(self._place.stat(), self._opened):
                raise DataFileUnavailableError(self._path, "is another one than was opened", "put that one back")
            for change in changes:
                table = TABLES[change.table]
                if change.document is None:
                    self._connection.execute(table.drop, change.keys)
                else:
                    self._connection.execute(table.put, (*change.keys, change.document))

    def close(self) -> None:
        """Close it: it is one file again, without its log beside it.

        Raises:
            DataFileError: The log cannot be written back. It is when the file is opened the next time.
        """
        with _told_of(self._path):
            self._connection.close()


def _make(path: str) -> None:
    """Make the file, if there is none, before SQLite would: it holds secrets."""
    # One that is there must not be opened here: closing it would let go of the locks that this process has on it.
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))


def _prepare(path: str, connection: sqlite3.Connection) -> None:
    connection.text_factory = _text
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA foreign_keys = ON")
    # A whole transaction is on its way to the disk when it is answered. What was answered is lost with the machine's
    # power at the worst, never with the process.
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN EXCLUSIVE")  # also finds a file that cannot be written, before anything is in it
    application, version = _number(connection, "application_id"), _number(connection, "user_version")
    is_empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.execute("ROLLBACK")
    if application != _APPLICATION and not (is_empty and application == version == 0):
        raise _foreign(path)
    if version > _VERSION:
        raise NewerDataFileError(
            path, f"is of version {version}, and this authsteps writes version {_VERSION}", "upgrade authsteps"
        )
    if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
        raise DataFileUnavailableError(path, "lies where SQLite cannot keep its log", "put it on a local disk")
    if is_empty:
        with _transaction(connection):
            for table in TABLES.values():
                connection.execute(table.creation)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {_VERSION}")


def _text(stored: bytes) -> str:
    """Return a text that is in a file. SQLite's own error for one that cannot be decoded quotes it."""
    with suppress(UnicodeDecodeError):
        return stored.decode()
    raise sqlite3.DatabaseError("a text is not UTF-8")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    row: tuple[int] = connection.execute(f"PRAGMA {pragma}").fetchone()
    return row[0]


def _rows(found: Iterable[tuple[str, ...]]) -> Iterator[Row]:
    for *keys, document in found:
        yield Row(tuple(keys), document)


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None, None, None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:  # whatever it is, nothing is half written
        if connection.in_transaction:  # some errors end it by themselves
            connection.execute("ROLLBACK")
        raise


@contextmanager
def _told_of(path: str) -> Generator[None, None, None]:
    """Raise what goes wrong in there as an error of the file. No text of SQLite's quotes a value of ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise _error_of(path, error) from error
    except UnicodeDecodeError:  # of what SQLite says, which quotes names in the file
        raise _foreign(path) from None
    except OSError as error:
        raise _unavailable(path, f"cannot be opened: {error.strerror}") from error


def _error_of(path: str, error: sqlite3.Error) -> DataFileError:
    if isinstance(error, sqlite3.ProgrammingError):
        return DataFileUnavailableError(path, "is closed", "let all calls end before it is")
    match getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF:  # what is above tells more closely
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return DataFileInUseError(
                path, "is open somewhere else", "end the process that has it open, or use another file"
            )
        case sqlite3.SQLITE_NOTADB | sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_ERROR:
            return _foreign(path)
        case _:
            return _unavailable(path, f"cannot be read or written: {error}")


def _unavailable(path: str, problem: str) -> DataFileError:
    return DataFileUnavailableError(path, problem, "see that its folder is there and writable, and has room")


def _foreign(path: str) -> DataFileError:
    return ForeignDataFileError(path, "is no data file of authsteps, or damaged", "give another file, or move it away")
