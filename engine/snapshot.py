"""A run as data: where it stands, and what it has to remember.

A snapshot is encoded as MessagePack by msgspec, straight from the attrs classes, and its types are checked when it is
read. A context class that is to be read back keeps to these rules: public fields; no union but ``| None``; enums with
string values (an ``auto()`` enum would be written as a number); instants as ``Instant``; no converters, which do not
run when a snapshot is read.
"""

from datetime import datetime
from enum import Enum
from typing import Annotated, Generic, TypeAlias, TypeVar

import attrs
import msgspec

from .errors import UnreadableSnapshotError
from .messages import Carried, Secret

__all__ = ["Instant", "Snapshot", "SnapshotCodec"]

S = TypeVar("S", bound=Enum)
C = TypeVar("C", bound=attrs.AttrsInstance)

Instant: TypeAlias = Annotated[datetime, msgspec.Meta(tz=True)]
"""An aware ``datetime``; a naive one is refused when a snapshot is read."""


@attrs.frozen
class Snapshot(Generic[S, C]):
    """Where a run stands.

    Attributes:
        flow: The flow's name.
        version: The version of its declaration.
        state: The state.
        context: The flow's own data.
        revision: Grows with every write to a store.
        deadline: When a waiting run expires. The driver sets it.
        busy_until: While a call is moving the run on: when that call is given up for lost.
        in_doubt: Whether an answer was sent that nobody saw an answer to.
    """

    flow: str
    version: int
    state: S
    context: C
    revision: int = 0
    deadline: Instant | None = None
    busy_until: Instant | None = None
    in_doubt: bool = False


@attrs.frozen
class _Header:
    """The part of a snapshot that says who wrote it."""

    flow: str
    version: int


class SnapshotCodec(Generic[S, C]):
    """Writes and reads the snapshots of one flow.

    ``Carried`` secrets are written in clear, so what comes out is sensitive. Any other secret is refused.

    Args:
        flow: The flow's name.
        version: The version of its declaration.
        state: The enum of its states.
        context: The attrs class of its context.
    """

    def __init__(self, flow: str, version: int, state: type[S], context: type[C]) -> None:
        self._flow = flow
        self._version = version
        self._encoder = msgspec.msgpack.Encoder(enc_hook=_write_secret)
        # A type made at run time, which no checker can follow; what it decodes to is said by the annotation.
        self._decoder: msgspec.msgpack.Decoder[Snapshot[S, C]] = msgspec.msgpack.Decoder(
            Snapshot[state, context],  # type: ignore[valid-type]  # see above
            dec_hook=_read_secret,
        )

    def encode(self, snapshot: Snapshot[S, C]) -> bytes:
        """Return the snapshot as bytes.

        Raises:
            TypeError: The context holds a secret that must not leave the process: the flow has a fault.
        """
        return self._encoder.encode(snapshot)

    def decode(self, data: bytes) -> Snapshot[S, C]:
        """Return the snapshot that ``data`` holds.

        Raises:
            UnreadableSnapshotError: It is damaged, forged, or another flow or version wrote it.
        """
        problem = self._foreign(data)
        snapshot = self._read(data) if problem is None else None
        del data  # a log of the error may show the variables of this frame
        if snapshot is None:
            raise UnreadableSnapshotError(self._flow, problem or "is damaged")
        return snapshot

    def _read(self, data: bytes) -> Snapshot[S, C] | None:
        """Read a snapshot, and keep msgspec's errors here: their texts quote the input."""
        try:
            return self._decoder.decode(data)
        except (msgspec.DecodeError, TypeError, ValueError, RecursionError):
            return None

    def _foreign(self, data: bytes) -> str | None:
        """Say whose snapshot it is, if it is readable that far and not ours."""
        try:
            header = msgspec.msgpack.decode(data, type=_Header)
        except (msgspec.DecodeError, TypeError, ValueError, RecursionError):
            return None
        if header.flow != self._flow:
            return "belongs to another flow"
        if header.version != self._version:
            return f"was written by version {header.version}, and this is version {self._version}"
        return None


def _write_secret(value: object) -> str:
    if isinstance(value, Carried):
        return value.reveal()
    if isinstance(value, Secret):
        raise TypeError("a Secret must not stand in a snapshot; only Carried ones may")
    raise TypeError(f"{type(value).__name__} cannot stand in a snapshot")


def _read_secret(kind: type, value: object) -> object:
    if kind is Carried and isinstance(value, str):
        return Carried(value)
    raise TypeError("not a carried secret")
