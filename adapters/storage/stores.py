"""Token and device stores on top of a document, and those of a file and of the system's keyring.

A document that cannot be read, being damaged, something else's or of another version, is never written over: every
call says so and leaves it as it is.

What is kept is kept in clear, guarded by the rights of the file or by the keyring. Let as few as possible read it.
"""

import os
import threading
from collections.abc import Callable, Collection
from typing import Generic, TypeVar

import anyio.to_thread
import msgspec

from authsteps.flows.model import DeviceSecrets, Tokens

from .contents import DEVICES, TOKENS, Format, KeptDevices, KeptTokens
from .document import Document
from .file_document import FileDocument
from .keyring_document import KeyringDocument

__all__ = [
    "DocumentDeviceStore",
    "DocumentTokenStore",
    "FileDeviceStore",
    "FileTokenStore",
    "KeyringDeviceStore",
    "KeyringTokenStore",
]

C = TypeVar("C", bound=msgspec.Struct)
T = TypeVar("T")


class _Shelf(Generic[C]):
    """One document and the format of what it says."""

    def __init__(self, document: Document, contents: Format[C]) -> None:
        self._document = document
        self._format = contents
        self._lock = threading.Lock()

    async def alone(self, work: Callable[[], T]) -> T:
        """Do in a worker thread what blocks, one call after another."""
        return await anyio.to_thread.run_sync(self._locked, work)

    def read(self, *, to_replace: bool = False) -> C | None:
        """Return what the document says."""
        text = self._document.read(to_replace=to_replace)
        if text is None:
            return None
        return self._format.decode(text, self._document.place, self._document.disposal)

    def write(self, contents: C) -> None:
        """Let the document say this. It was read before, so nothing else is lost."""
        self._document.write(self._format.encode(contents))

    def delete(self) -> None:
        """Remove the document. It was read before, so nothing else is lost."""
        self._document.delete()

    def _locked(self, work: Callable[[], T]) -> T:
        with self._lock:  # held in the thread: a call that was cancelled may still be at work in another
            return work()


class DocumentTokenStore:
    """A ``TokenStore`` that keeps the tokens of one person in a document. They are written in clear.

    Every call raises ``StorageError`` if the document cannot be read or written.

    Args:
        document: Where they are kept.
    """

    def __init__(self, document: Document) -> None:
        self._shelf = _Shelf(document, TOKENS)

    async def load(self) -> Tokens | None:
        """Return the tokens, or ``None`` if there are none."""
        kept = await self._shelf.alone(self._shelf.read)
        return kept.tokens() if kept is not None else None

    async def save(self, tokens: Tokens) -> None:
        """Keep these tokens in place of others. All of them are written, or none."""
        kept = KeptTokens.of(tokens)
        await self._shelf.alone(lambda: self._save(kept))

    async def clear(self) -> None:
        """Forget them."""
        await self._shelf.alone(self._clear)

    def _save(self, kept: KeptTokens) -> None:
        self._shelf.read(to_replace=True)
        self._shelf.write(kept)

    def _clear(self) -> None:
        self._shelf.read(to_replace=True)
        self._shelf.delete()


class DocumentDeviceStore:
    """A ``DeviceStore`` that keeps the secrets of all users of one program in a document. They are written in clear.

    Every call raises ``StorageError`` if the document cannot be read or written. Give all tasks the same store: it
    reads, changes and writes the document under a lock, and another store of the same document does not know of it.

    Args:
        document: Where they are kept.
    """

    def __init__(self, document: Document) -> None:
        self._shelf = _Shelf(document, DEVICES)

    async def load(self, username: str) -> DeviceSecrets | None:
        """Return the secrets for a user, by Cognito's name or by an alias; ``None`` if there are none."""
        return (await self._shelf.alone(self._present)).find(username)

    async def save(self, username: str, device: DeviceSecrets, aliases: Collection[str] = ()) -> None:
        """Keep the secrets under Cognito's name, in place of others, and know these aliases for it from now on.

        An alias that led to somebody else leads there no more. Other aliases of the user stay known.
        """
        await self._shelf.alone(lambda: self._change(lambda kept: kept.including(username, device, aliases)))

    async def forget(self, username: str) -> None:
        """Forget the secrets and the aliases of a user, by Cognito's name or by an alias. None is no error."""
        await self._shelf.alone(lambda: self._change(lambda kept: kept.without(username)))

    def _present(self) -> KeptDevices:
        return self._shelf.read() or KeptDevices({}, {})

    def _change(self, change: Callable[[KeptDevices], KeptDevices]) -> None:
        before = self._present()
        after = change(before)
        if after == before:
            return
        if after.devices:
            self._shelf.write(after)
        else:
            self._shelf.delete()


class FileTokenStore(DocumentTokenStore):
    """A ``TokenStore`` in one file with mode 0600. The tokens stand in it in clear: treat it as a password.

    Args:
        path: Where the file lies. It is made with the first tokens, and so are the folders above it (mode 0700).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(FileDocument(path))


class FileDeviceStore(DocumentDeviceStore):
    """A ``DeviceStore`` in one file with mode 0600. The secrets stand in it in clear: treat it as a password.

    Args:
        path: Where the file lies. It is made with the first device, and so are the folders above it (mode 0700).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        super().__init__(FileDocument(path))


class KeyringTokenStore(DocumentTokenStore):
    """A ``TokenStore`` in the system's keyring. It needs the extra ``keyring``.

    Args:
        service: The name that the entries stand under: the program's own, so that no other program's get in the way.
        account: The name of the first entry; another one for each person whose tokens are kept at the same time.

    Raises:
        MissingExtraError: The extra is not installed.
    """

    def __init__(self, service: str = "authsteps", account: str = "tokens") -> None:
        super().__init__(KeyringDocument(service, account))


class KeyringDeviceStore(DocumentDeviceStore):
    """A ``DeviceStore`` in the system's keyring. It needs the extra ``keyring``.

    Args:
        service: The name that the entries stand under: the program's own, so that no other program's get in the way.
        account: The name of the first entry.

    Raises:
        MissingExtraError: The extra is not installed.
    """

    def __init__(self, service: str = "authsteps", account: str = "devices") -> None:
        super().__init__(KeyringDocument(service, account))
