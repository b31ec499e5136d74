"""Where tokens and device secrets outlive the process: a file for this user alone, or the system's keyring.

``FileTokenStore`` and ``FileDeviceStore`` keep theirs in a file with mode 0600, ``KeyringTokenStore`` and
``KeyringDeviceStore`` in the keyring (extra ``keyring``). ``DocumentTokenStore`` and ``DocumentDeviceStore`` take any
other ``Document``: a place that holds one text.
"""

from .document import Document
from .errors import (
    ExposedFileError,
    MissingExtraError,
    StorageError,
    StorageUnavailableError,
    UnreadableDocumentError,
)
from .file_document import FileDocument
from .keyring_document import KeyringDocument
from .stores import (
    DocumentDeviceStore,
    DocumentTokenStore,
    FileDeviceStore,
    FileTokenStore,
    KeyringDeviceStore,
    KeyringTokenStore,
)

__all__ = [
    "Document",
    "DocumentDeviceStore",
    "DocumentTokenStore",
    "ExposedFileError",
    "FileDeviceStore",
    "FileDocument",
    "FileTokenStore",
    "KeyringDeviceStore",
    "KeyringDocument",
    "KeyringTokenStore",
    "MissingExtraError",
    "StorageError",
    "StorageUnavailableError",
    "UnreadableDocumentError",
]
