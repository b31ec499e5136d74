"""Stores that keep what they are given in this process and nowhere else."""

from collections.abc import Collection

from .model import DeviceSecrets, Tokens

__all__ = ["MemoryDeviceStore", "MemoryTokenStore"]


class MemoryTokenStore:
    """Keeps the tokens of one person. See ``TokenStore``."""

    def __init__(self) -> None:
        self._tokens: Tokens | None = None

    async def load(self) -> Tokens | None:
        """Return the tokens, or ``None`` if there are none."""
        return self._tokens

    async def save(self, tokens: Tokens) -> None:
        """Keep these tokens in place of others."""
        self._tokens = tokens

    async def clear(self) -> None:
        """Forget them."""
        self._tokens = None


class MemoryDeviceStore:
    """Keeps device secrets. See ``DeviceStore``."""

    def __init__(self) -> None:
        self._devices: dict[str, DeviceSecrets] = {}
        self._names: dict[str, str] = {}

    async def load(self, username: str) -> DeviceSecrets | None:
        """Return the secrets for a user, by Cognito's name or by an alias; ``None`` if there are none."""
        return self._devices.get(self._name(username))

    async def save(self, username: str, device: DeviceSecrets, aliases: Collection[str] = ()) -> None:
        """Keep the secrets under Cognito's name, in place of others, and know these aliases for it from now on."""
        self._devices[username] = device
        self._names.update(dict.fromkeys(aliases, username))

    async def forget(self, username: str) -> None:
        """Forget the secrets and the aliases of a user, by Cognito's name or by an alias. None is no error."""
        name = self._name(username)
        self._devices.pop(name, None)
        self._names = {alias: known for alias, known in self._names.items() if known != name}

    def _name(self, username: str) -> str:
        # Cognito's own name comes first: an alias of somebody else may look the same.
        return username if username in self._devices else self._names.get(username, username)
