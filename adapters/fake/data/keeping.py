"""Opening a data file, and taking over what it holds."""

import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import TypeAlias

import anyio
import anyio.to_thread

from ..region.places import Place
from ..region.pools import PoolDescription
from ..settings import Settings
from .documents import UnreadableDocumentError
from .errors import DataFileError, ForeignDataFileError
from .file import DataFile
from .keeper import Keeper
from .stored import StoredPool, read_pools

__all__ = ["Restore", "opened"]

Restore: TypeAlias = Callable[[str, Settings, PoolDescription], Place]
"""Makes a pool that was in a file, as yet without what it held."""


@asynccontextmanager
async def opened(
    path: str | os.PathLike[str], places: dict[str, Place], restore: Restore
) -> AsyncGenerator[Keeper, None]:
    """Open a data file, put its pools beside those that are there, and keep all of them in it until the end.

    Args:
        path: The file.
        places: The pools that are there, by id.
        restore: Makes pools.

    Raises:
        DataFileError: It cannot be opened, read or written, or is none of ours.
        ValueError: A pool cannot be made.
    """
    file = await anyio.to_thread.run_sync(DataFile.open, path)
    keeper = Keeper(file, places)
    try:
        stored = await anyio.to_thread.run_sync(_read, file)
        restored = {one.id: restore(one.id, one.document.settings, one.document.description) for one in stored}
        for one in stored:  # in a thread: nobody else has these pools yet, and there may be many people in them
            await anyio.to_thread.run_sync(_take_over, keeper, one, restored[one.id], file.path)
        present = {**places}
        _put(places, {**restored, **present})
        try:
            await keeper.keep_pools()
        except BaseException:  # a cancellation, too, must leave the pools as they were
            _put(places, present)
            raise
        try:
            yield keeper
        finally:
            with anyio.CancelScope(shield=True):
                await keeper.keep_all()
    finally:
        keeper.let_go()
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(file.close)


def _put(places: dict[str, Place], others: dict[str, Place]) -> None:
    places.clear()
    places.update(others)


def _take_over(keeper: Keeper, stored: StoredPool, place: Place, path: str) -> None:
    try:
        keeper.take_over(stored, place)
    except ValueError:
        raise _damaged(path, "two users of one name") from None


def _read(file: DataFile) -> list[StoredPool]:
    try:
        return read_pools(file.read())
    except UnreadableDocumentError as error:
        raise _damaged(file.path, f"an unreadable {error}") from None


def _damaged(path: str, what: str) -> DataFileError:
    return ForeignDataFileError(path, f"holds {what}", "give another file, or move it away")
