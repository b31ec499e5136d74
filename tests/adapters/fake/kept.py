"""What is in a FakeCognito, to the last field, and what is in a data file, as another one finds it.

All of it is taken apart here by other means than those that write the file.
"""

import shutil
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, cast

import attrs
from joserfc.jwk import RSAKey

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import FakeCognito, FakeUserPool
from authsteps.adapters.fake.directory import Attributes
from authsteps.engine.messages import Secret
from tests.adapters.fake.world import inside
from tests.conftest import SeededEntropy, VirtualClock

__all__ = ["KeptTransport", "all_in", "all_in_file", "copied", "plain"]

_NOT_KEPT: Final = {"clock", "entropy", "arithmetic", "triggers", "outbox", "hand_overs", "strangers", "limiter"}
_UNORDERED: Final = {"_by_alias", "_aliases", "refresh_tokens"}


def all_in(cognito: FakeCognito) -> Mapping[str, object]:
    """Everything that is to be kept, by pool, in plain values that compare."""
    places = cast("Mapping[str, Any]", vars(cognito)["_places"])
    return {"order": list(places)} | {
        pool_id: {
            "pool": plain(inside(place.pool)),
            "description": plain(place.description),
            "clients": plain(place.clients),
        }
        for pool_id, place in places.items()
    }


async def all_in_file(path: Path) -> Mapping[str, object]:
    """Everything that is in a data file which somebody has open, or had."""
    with_copy = copied(path)
    cognito = FakeCognito(clock=VirtualClock(), entropy=SeededEntropy(99))
    async with cognito.kept_in(with_copy):
        return all_in(cognito)


def copied(path: Path) -> Path:
    """A copy of a data file, with its log, as it is on the disk now."""
    copy = path.with_name(f"{path.name}-copied")
    for end in ("", "-wal"):
        beside = Path(f"{copy}{end}")
        beside.unlink(missing_ok=True)
        if Path(f"{path}{end}").exists():
            shutil.copy(f"{path}{end}", beside)
    return copy


class KeptTransport:
    """A pool that is kept in a data file. After every call all that is in the pool must be in the file."""

    def __init__(self, pool: FakeUserPool, path: Path) -> None:
        self.calls = 0
        self._cognito = FakeCognito()
        self._cognito.add_pool(pool)
        self._path = path
        self._closing = AsyncExitStack()

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        if not self.calls:
            await self._closing.enter_async_context(self._cognito.kept_in(self._path))
        self.calls += 1
        await self._cognito.keep()  # what the test did past the operations
        try:
            return await self._cognito.call(operation, request)
        finally:
            assert await all_in_file(self._path) == all_in(self._cognito), operation

    async def aclose(self) -> None:
        await self._closing.aclose()


def plain(value: object, *, ordered: bool = True) -> object:
    """A value taken apart into what compares: every field of every class, private ones too."""
    if isinstance(value, Secret):
        return "secret", value.reveal()
    if isinstance(value, RSAKey):
        return value.as_pem(private=True)
    if isinstance(value, Attributes):
        return list(value.items())
    if attrs.has(type(value)):
        fields = [field.name for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(value)))]
        shown = [name for name in fields if name not in _NOT_KEPT and not name.endswith("_lock")]
        return type(value).__name__, {
            name: plain(getattr(value, name), ordered=name not in _UNORDERED) for name in shown
        }
    if isinstance(value, Mapping):
        pairs = [(plain(name), plain(held)) for name, held in cast("Mapping[object, object]", value).items()]
        return pairs if ordered else dict(cast("list[tuple[Any, object]]", pairs))
    if isinstance(value, set | frozenset):
        return {"set": sorted(cast("frozenset[Any]", value))}
    if isinstance(value, list | tuple):
        return tuple(plain(one) for one in cast("list[object]", value))
    return value
