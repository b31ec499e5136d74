"""What the documents say: JSON in ASCII, with the name and the version of its format, and secrets in clear.

The shapes belong to the format and not to the flows, so that a new field of a flow's value cannot make what lies on
somebody's disk unreadable unnoticed. Whoever changes one raises its version.
"""

import json
from collections.abc import Collection
from typing import Annotated, Generic, TypeVar

import msgspec

from authsteps.engine.messages import Secret
from authsteps.engine.snapshot import Instant
from authsteps.flows.model import AuthUser, DeviceSecrets, Tokens

from .errors import UnreadableDocumentError

__all__ = ["DEVICES", "PARTS", "TOKENS", "Format", "KeptDevice", "KeptDevices", "KeptTokens", "Manifest"]

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T", bound=msgspec.Struct)


class KeptTokens(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tokens of one person."""

    access: Secret
    id: Secret
    refresh: Secret
    access_expires_at: Instant | None
    id_expires_at: Instant | None
    user_id: str
    username: str
    device_key: str | None

    @classmethod
    def of(cls, tokens: Tokens) -> "KeptTokens":
        """Return them in the form that is kept."""
        return cls(
            access=tokens.access,
            id=tokens.id,
            refresh=tokens.refresh,
            access_expires_at=tokens.access_expires_at,
            id_expires_at=tokens.id_expires_at,
            user_id=tokens.user.user_id,
            username=tokens.user.username,
            device_key=tokens.device_key,
        )

    def tokens(self) -> Tokens:
        """Return them in the form that flows speak of."""
        return Tokens(
            access=self.access,
            id=self.id,
            refresh=self.refresh,
            access_expires_at=self.access_expires_at,
            id_expires_at=self.id_expires_at,
            user=AuthUser(self.user_id, self.username),
            device_key=self.device_key,
        )


class KeptDevice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The device secrets of one user."""

    key: str
    group_key: str
    password: Secret
    is_remembered: bool

    @classmethod
    def of(cls, device: DeviceSecrets) -> "KeptDevice":
        """Return them in the form that is kept."""
        return cls(device.key, device.group_key, device.password, device.is_remembered)

    def device(self) -> DeviceSecrets:
        """Return them in the form that flows speak of."""
        return DeviceSecrets(self.key, self.group_key, self.password, self.is_remembered)


class KeptDevices(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The device secrets of one program, by Cognito's name for the user, and that name by alias."""

    devices: dict[str, KeptDevice]
    aliases: dict[str, str]

    def name(self, typed: str) -> str:
        """Return Cognito's name for whom a person calls so. It goes before an alias that looks the same."""
        return typed if typed in self.devices else self.aliases.get(typed, typed)

    def find(self, typed: str) -> DeviceSecrets | None:
        """Return the secrets for a user, by Cognito's name or by an alias."""
        kept = self.devices.get(self.name(typed))
        return kept.device() if kept is not None else None

    def including(self, username: str, device: DeviceSecrets, aliases: Collection[str]) -> "KeptDevices":
        """Return them with one user's secrets put in place of others, and these aliases beside those known."""
        devices = self.devices | {username: KeptDevice.of(device)}
        return KeptDevices(devices, self.aliases | dict.fromkeys(aliases, username))

    def without(self, typed: str) -> "KeptDevices":
        """Return them without a user's secrets and without every alias that leads to them."""
        name = self.name(typed)
        return KeptDevices(
            {user: device for user, device in self.devices.items() if user != name},
            {alias: user for alias, user in self.aliases.items() if user != name},
        )


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the parts of a document have to amount to.

    Attributes:
        digest: The SHA-256 of the whole, in hexadecimal.
        parts: How many there are.
        is_dropped: Whether they are being removed, so that there is nothing to read.
    """

    digest: str
    parts: Annotated[int, msgspec.Meta(ge=1)]
    is_dropped: bool


class _Header(msgspec.Struct, frozen=True):
    """The part of a document that says what it is."""

    format: str
    version: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class _Whole(msgspec.Struct, Generic[T], frozen=True, forbid_unknown_fields=True):
    """A document."""

    format: str
    version: int
    content: T


class Format(Generic[T]):
    """Writes and reads one kind of document.

    Args:
        name: The kind's name.
        version: The version of its shape.
        content: Its shape.
    """

    def __init__(self, name: str, version: int, content: type[T]) -> None:
        self._name = name
        self._version = version
        # A type made at run time, which no checker can follow; what it reads is said by the annotation.
        self._whole: type[_Whole[T]] = _Whole[content]  # type: ignore[valid-type]  # see above

    def encode(self, content: T) -> Secret:
        """Return the content as a text, which is sensitive: the secrets are in clear."""
        whole = _Whole(self._name, self._version, content)
        return Secret(json.dumps(msgspec.to_builtins(whole, enc_hook=_write_secret)))

    def decode(self, text: Secret, place: str, disposal: str) -> T:
        """Return the content of a text.

        Args:
            text: The text.
            place: Where it was found, for an error.
            disposal: How to get rid of it, for an error.

        Raises:
            UnreadableDocumentError: It is damaged, something else's, or another version wrote it.
        """
        way_out = f"{disposal} and sign in again"
        header = _read(text, _Header)
        if header is None:
            raise UnreadableDocumentError(place, "is damaged, or something else's", way_out)
        if header.format != self._name:
            raise UnreadableDocumentError(place, f"holds something else than {self._name}", way_out)
        if header.version != self._version:
            problem = f"was written in version {header.version} of its format, and this is version {self._version}"
            raise UnreadableDocumentError(place, problem, f"use the release that wrote it, or {way_out}")
        whole = _read(text, self._whole)
        if whole is None:
            raise UnreadableDocumentError(place, "is damaged", way_out)
        return whole.content


def _read(text: Secret, shape: type[S]) -> S | None:
    """Read a text, and keep the decoders' errors here: they quote it. No variable ever holds what they read."""
    try:
        return msgspec.convert(json.loads(text.reveal()), shape, dec_hook=_read_secret)
    except (msgspec.ValidationError, TypeError, ValueError, RecursionError):
        return None


def _write_secret(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise TypeError(f"{type(value).__name__} cannot stand in a document")


def _read_secret(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise TypeError("not a secret")


TOKENS = Format("authsteps.tokens", 1, KeptTokens)
DEVICES = Format("authsteps.devices", 1, KeptDevices)
PARTS = Format("authsteps.parts", 1, Manifest)
