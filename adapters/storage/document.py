"""Where the stores keep what they keep: a place for one text. A file is one, entries of a keyring are another."""

from typing import Protocol

from authsteps.engine.messages import Secret

__all__ = ["Document"]


class Document(Protocol):
    """A place that holds one text, whole or not at all.

    The text is sensitive: it holds tokens or device secrets in clear. Its methods block, so the stores call them in
    worker threads, one at a time.

    Attributes:
        place: What errors call it, such as ``the file shop/tokens``.
        disposal: How a person gets rid of it, in the imperative, such as ``move the file away``.
    """

    @property
    def place(self) -> str:
        """What errors call it."""
        ...

    @property
    def disposal(self) -> str:
        """How a person gets rid of it, in the imperative."""
        ...

    def read(self, *, to_replace: bool = False) -> Secret | None:
        """Return the text, or ``None`` if there is none.

        Args:
            to_replace: Whether it is only read to see what would be lost. Then it need not be safe to trust, and a
                text that can never be read whole again counts as none.

        Raises:
            StorageError: It cannot be read, or not be trusted.
        """
        ...

    def write(self, text: Secret) -> None:
        """Put a text in place of the present one. Whoever reads meanwhile gets the one or the other.

        Args:
            text: In ASCII. Writing one twice is the same as writing it once.

        Raises:
            StorageError: It was not written; the present one still stands.
        """
        ...

    def delete(self) -> None:
        """Remove the text. None is no error.

        Raises:
            StorageError: It was not removed, or not all of it; try again.
        """
        ...
