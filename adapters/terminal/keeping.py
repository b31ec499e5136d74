"""Where a session is kept between commands: two files for each pool and app client, in the user's state folder."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import attrs

from authsteps.adapters.storage import FileDeviceStore, FileTokenStore
from authsteps.flows import DeviceStore, TokenStore

__all__ = ["Kept", "state_folder"]


@attrs.frozen
class Kept:
    """The stores of one pool and app client. The files have mode 0600, and hold tokens and device secrets in clear.

    Attributes:
        folder: Where the files are.
    """

    folder: Path

    @classmethod
    def at(cls, user_pool_id: str, client_id: str, endpoint_url: str | None) -> "Kept":
        """Return the stores of an app client of a pool.

        Whoever is reached under another address is somebody else, and must not be sent these tokens. Ids come from the
        command line, so no part of them may become a path.
        """
        name = hashlib.sha256("\n".join((user_pool_id, client_id, endpoint_url or "")).encode()).hexdigest()[:32]
        return cls(state_folder(os.environ) / name)

    @property
    def tokens(self) -> TokenStore:
        """Where the tokens are kept. Signing out removes them."""
        return FileTokenStore(self.folder / "tokens.json")

    @property
    def devices(self) -> DeviceStore:
        """Where the device's secrets are kept. They outlive signing out."""
        return FileDeviceStore(self.folder / "devices.json")


def state_folder(environment: Mapping[str, str]) -> Path:
    """Return the folder for what programs keep.

    Source: XDG Base Directory Specification, XDG_STATE_HOME; a relative path does not count.
    """
    named = Path(environment.get("XDG_STATE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".local" / "state") / "authsteps"
