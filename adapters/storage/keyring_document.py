"""A document in the keyring of the system: the Keychain, the Credential Manager, the Secret Service and their like.

Some keyrings take short texts only, so a document is cut into parts. An entry under the account's own name, the
manifest, says how many there are and what they amount to. The names of the parts hold the digest of the whole: a new
document lies beside the present one until its manifest takes the other's place in one write, and parts of two
documents are never taken for one. A process that is killed in between leaves parts behind that nothing leads to.

Only this module imports the ``keyring`` library, and only in a worker thread: while it is imported, it looks for a
backend, which may take a while.
"""

import contextlib
import hashlib
import shlex
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Protocol, TypeVar

import attrs
import msgspec

from authsteps.engine.messages import Secret

from .contents import PARTS, Manifest
from .errors import MissingExtraError, StorageError, StorageUnavailableError, UnreadableDocumentError

__all__ = ["KeyringDocument"]

T = TypeVar("T")

_PART_LENGTH = 2560 // 2
"""What the smallest keyring takes: 2560 bytes, two for each character.

Source: Windows, CREDENTIALW structure, CredentialBlobSize; keyring's Windows backend writes UTF-16.
"""


class _Keyring(Protocol):
    """What is used of a backend of the library."""

    def get_password(self, service: str, username: str, /) -> str | None: ...

    def set_password(self, service: str, username: str, password: str, /) -> None: ...

    def delete_password(self, service: str, username: str, /) -> None: ...


class KeyringDocument:
    """A ``Document`` in entries of the system's keyring.

    Args:
        service: The name that its entries stand under.
        account: The name of its manifest, and the beginning of its parts' names.

    Raises:
        MissingExtraError: The ``keyring`` library is not installed.
        ValueError: A name is empty.
    """

    def __init__(self, service: str, account: str) -> None:
        if not service or not account:
            raise ValueError("service and account must not be empty")
        if find_spec("keyring") is None:
            raise MissingExtraError("keyring")
        self._service = service
        self._account = account

    @property
    def place(self) -> str:
        """What errors call it."""
        return f"the keyring entry {self._account!r} of service {self._service!r}"

    @property
    def disposal(self) -> str:
        """How a person gets rid of it, in the imperative."""
        return f"remove it (keyring del {shlex.quote(self._service)} {shlex.quote(self._account)})"

    def read(self, *, to_replace: bool = False) -> Secret | None:
        """Return the text, or ``None`` if there is none.

        Raises:
            UnreadableDocumentError: Something else lies there, or a part is missing; the latter does not matter if the
                text is to be replaced.
            StorageUnavailableError: The keyring is locked, or there is none, or it fails.
        """
        manifest = self._manifest()
        while manifest is not None and not manifest.is_dropped:
            text = self._whole(manifest)
            if text is not None:
                return text
            present = self._manifest()
            if present == manifest:  # otherwise somebody put another document in its place meanwhile
                if to_replace:
                    return None
                raise UnreadableDocumentError(self.place, "has lost a part", f"{self.disposal} and sign in again")
            manifest = present
        return None

    def write(self, text: Secret) -> None:
        """Put a text in place of the present one.

        Raises:
            UnreadableDocumentError: Something else lies there.
            StorageUnavailableError: The keyring is locked, or there is none, or it fails.
        """
        before = self._manifest()
        after = _manifest_of(text)
        try:
            for name, part in zip(self._names(after), _parts(text), strict=True):
                self._set(name, part)
            self._set(self._account, PARTS.encode(after))
        except StorageError:
            with contextlib.suppress(StorageError):  # the first error is the one to tell
                if self._manifest() == before:
                    self._remove_parts(after, but=before)
            raise
        with contextlib.suppress(StorageError):  # the new document stands, and nothing leads to the old one's parts
            self._remove_parts(before, but=after)

    def delete(self) -> None:
        """Remove the text. None is no error.

        Raises:
            UnreadableDocumentError: Something else lies there.
            StorageUnavailableError: The keyring is locked, or there is none, or it fails. What may be left counts as
                nothing; the next call removes it.
        """
        manifest = self._manifest()
        if manifest is None:
            return
        self._set(self._account, PARTS.encode(msgspec.structs.replace(manifest, is_dropped=True)))
        self._remove_parts(manifest)
        self._remove(self._account)

    def _manifest(self) -> Manifest | None:
        text = self._get(self._account)
        return PARTS.decode(text, self.place, self.disposal) if text is not None else None

    def _names(self, manifest: Manifest) -> Iterator[str]:
        return (f"{self._account}/{manifest.digest[:16]}/{number}" for number in range(1, manifest.parts + 1))

    def _whole(self, manifest: Manifest) -> Secret | None:
        """Put the parts together, if all of them are there and they are the right ones."""
        parts: list[Secret] = []
        for name in self._names(manifest):
            part = self._get(name)
            if part is None:
                return None
            parts.append(part)
        text = Secret("".join(part.reveal() for part in parts))
        return text if _digest(text) == manifest.digest else None

    def _remove_parts(self, manifest: Manifest | None, *, but: Manifest | None = None) -> None:
        """Remove a document's parts, unless another document has the same."""
        if manifest is None or (but is not None and but.digest == manifest.digest):
            return
        for name in self._names(manifest):
            self._remove(name)

    def _get(self, name: str) -> Secret | None:
        return self._ask(lambda keyring: _masked(keyring.get_password(self._service, name)))

    def _set(self, name: str, text: Secret) -> None:
        self._ask(lambda keyring: keyring.set_password(self._service, name, text.reveal()))

    def _remove(self, name: str) -> None:
        try:
            self._ask(lambda keyring: keyring.delete_password(self._service, name))
        except StorageUnavailableError:
            if self._get(name) is not None:  # otherwise it was not there, which each keyring tells in its own way
                raise

    def _ask(self, question: Callable[[_Keyring], T]) -> T:
        answer = _asked(question)
        if isinstance(answer, _Trouble):
            raise StorageUnavailableError(self.place, answer.problem, answer.remedy)
        return answer


@attrs.frozen
class _Trouble:
    """Why a keyring does not answer."""

    problem: str
    remedy: str


_NONE = _Trouble(
    "cannot be reached, for this system has no keyring that could be used",
    "start or install one (python -m keyring --list-backends shows which are known), or keep a file instead",
)
_LOCKED = _Trouble("cannot be reached, for the keyring is locked", "unlock it and try again")


def _asked(question: Callable[[_Keyring], T]) -> T | _Trouble:
    """Ask the keyring, and keep its errors here: their frames hold the text."""
    try:
        from keyring import errors, get_keyring  # noqa: PLC0415  # an extra, and slow to import
        from keyring.backends import null  # noqa: PLC0415  # the same
    except Exception as error:  # noqa: BLE001  # it loads whatever backend the user's configuration names
        return _failed(error)
    try:
        keyring = get_keyring()
        return question(keyring) if not isinstance(keyring, null.Keyring) else _NONE
    except errors.NoKeyringError:
        return _NONE
    except errors.KeyringLocked:
        return _LOCKED
    except Exception as error:  # noqa: BLE001  # a backend raises whatever its system's library raises
        return _failed(error)


def _failed(error: Exception) -> _Trouble:
    problem = f"cannot be used, for the keyring failed ({type(error).__name__})"
    return _Trouble(problem, "see whether it works (python -m keyring diagnose) and try again, or keep a file instead")


def _masked(text: str | None) -> Secret | None:
    return Secret(text) if text is not None else None


def _digest(text: Secret) -> str:
    return hashlib.sha256(text.reveal().encode()).hexdigest()


def _manifest_of(text: Secret) -> Manifest:
    return Manifest(_digest(text), -(-len(text.reveal()) // _PART_LENGTH), is_dropped=False)


def _parts(text: Secret) -> Iterator[Secret]:
    return (Secret(text.reveal()[start : start + _PART_LENGTH]) for start in range(0, len(text.reveal()), _PART_LENGTH))
