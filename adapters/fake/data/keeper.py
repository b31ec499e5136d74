"""Keeps what is in pools in a data file, as it changes.

When a call ends, whatever comes of it, the users are looked at whom it had to do with, and the pool. What differs from
what was last written down is written down, and the call is answered once that is on disk: it, and all that other calls
had written down by then, for the answer may tell of it. Calls that end at the same time share one transaction.
"""

import hashlib
import threading
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from itertools import islice
from operator import attrgetter
from typing import Final, TypeVar

import anyio
import anyio.lowlevel
import anyio.to_thread
import attrs

from ..directory import Client, Device, Directory, Group, RefreshFamily, User
from ..region.clients import ClientDescription
from ..region.places import Place
from ..settings import Settings
from ..state import Pool
from ..touched import Touched
from .documents import ClientDocument, PoolDocument, write_document
from .file import Change, DataFile
from .stored import StoredPool

__all__ = ["Keeper"]

T = TypeVar("T")

_LOOKED_AT_ONCE: Final = 64
"""So many users are looked at before others have their turn: one takes less than a tenth of a millisecond."""
_DIGEST_BYTES: Final = 16


def _fields_of(kind: type[attrs.AttrsInstance]) -> Callable[[object], tuple[object, ...]]:
    """Return what takes out all that an object holds, where that is values which never change themselves."""
    return attrgetter(*(field.name for field in attrs.fields(kind)))


_held_by_settings: Final = _fields_of(Settings)
_held_by_device: Final = _fields_of(Device)


@attrs.define
class _KnownUser:
    """What was last written down of a user.

    Attributes:
        digest: Of the document.
        families: What the sign-ins issued.
        devices: What the devices held.
    """

    digest: bytes = b""
    families: dict[str, RefreshFamily] = attrs.field(factory=dict[str, RefreshFamily])
    devices: dict[str, tuple[object, ...]] = attrs.field(factory=dict[str, tuple[object, ...]])


@attrs.define
class _KnownPool:
    """What was last written down of a pool.

    Attributes:
        place: The pool.
        state: What it is made of.
        held: What stood in its document.
        clients: Its clients.
        descriptions: What is told of them.
        groups: Its groups.
        users: Its users, by sub.
    """

    place: Place
    state: Pool
    held: tuple[object, ...] = ()
    clients: dict[str, Client] = attrs.field(factory=dict[str, Client])
    descriptions: dict[str, ClientDescription] = attrs.field(factory=dict[str, ClientDescription])
    groups: dict[str, Group] = attrs.field(factory=dict[str, Group])
    users: dict[str, _KnownUser] = attrs.field(factory=dict[str, _KnownUser])


class Keeper:
    """Keeps the pools of a region in a data file.

    Args:
        file: The file, open. Whoever opened it closes it.
        places: The pools, by id. Whatever is put in there is kept, and what is taken out is forgotten.
    """

    def __init__(self, file: DataFile, places: Mapping[str, Place]) -> None:
        self._file = file
        self._places = places
        self._pools: dict[str, _KnownPool] = {}
        self._by_directory: dict[Directory, _KnownPool] = {}
        self._in_flight: set[Touched] = set()
        self._owed: dict[tuple[str, str], None] = {}
        self._changes: list[Change] = []
        self._written_down = 0
        self._whole = 0
        self._on_disk = 0
        self._turn = anyio.Lock()
        self._limiter = anyio.CapacityLimiter(1)
        self._in_thread = threading.Lock()

    def take_over(self, stored: StoredPool, place: Place) -> None:
        """Fill a pool with what is in the file, where it stays until it changes.

        Args:
            stored: What is in the file.
            place: The pool, empty as yet.

        Raises:
            ValueError: Two users have one name.
        """
        known = self._know(place)
        state = known.state
        state.secret = stored.document.secret
        if stored.document.keys is not None:  # one without has those of the region, if there are any
            state.keys = stored.document.keys
            known.held = _held_by(known)
        for client in stored.clients:
            state.clients[client.client.client_id] = client.client
            if client.description is not None:
                place.clients[client.client.client_id] = client.description
        state.groups.update((group.name, group) for group in stored.groups)
        known.clients, known.descriptions, known.groups = {**state.clients}, {**place.clients}, {**state.groups}
        for user, document in stored.users:
            state.users.add(user)
            for event_id, family in user.families.items():
                state.refresh_tokens.update(dict.fromkeys(family.refresh_tokens, (user.sub, event_id)))
            known.users[user.sub] = _KnownUser(_digest(document), {**user.families}, _held_by_devices(user))

    async def keeping(self, pool_id: str | None, perform: Callable[[], Awaitable[T]]) -> T:
        """Perform an operation, and return what comes of it once it is kept.

        Args:
            pool_id: The pool that it is about, if it is about one that is there.
            perform: Performs it.

        Raises:
            DataFileError: It was performed, and could not be written. It is written with the next that can.
        """
        touched = Touched()
        self._in_flight.add(touched)
        try:
            with touched.noting():
                return await perform()
        finally:
            # Up to the first await this happens even to a call that is cancelled, whose changes go to the disk with
            # those of the next.
            self._in_flight.discard(touched)
            self._look_at_pools(() if pool_id is None else (pool_id,))
            self._owe(touched)
            self._look_at_users()
            await self._settle()

    async def keep_pools(self) -> None:
        """Look at all pools, and at everybody in those that are new, and return once that is kept.

        Raises:
            DataFileError: It could not be written.
        """
        self._look_at_pools(self._places)
        await self._settle()

    async def keep_all(self) -> None:
        """Look at everything, and return once it is kept.

        Raises:
            DataFileError: It could not be written.
        """
        self._look_at_pools(self._places)
        for known in self._pools.values():
            subs = {user.sub: None for user in known.state.users}
            self._owed.update(dict.fromkeys((known.state.id, sub) for sub in {**known.users, **subs}))
        await self._settle()

    def let_go(self) -> None:
        """Keep nothing any more."""
        for known in self._pools.values():
            known.place.pool.keep_with(None)

    # What has changed

    def _know(self, place: Place) -> _KnownPool:
        state = place.pool.keep_with(self)
        known = self._pools[state.id] = self._by_directory[state.users] = _KnownPool(place, state)
        return known

    def _look_at_pools(self, named: Iterable[str]) -> None:
        """Write down what has changed of the named pools, of new ones and of ones that are gone."""
        if self._pools.keys() != self._places.keys():
            for pool_id in self._pools.keys() - self._places.keys():
                known = self._pools.pop(pool_id)
                del self._by_directory[known.state.users]
                known.place.pool.keep_with(None)
                self._note("pools", pool_id)
            for pool_id, place in self._places.items():
                if pool_id not in self._pools:
                    known = self._know(place)
                    self._look_at_pool(known)
                    self._owed.update(dict.fromkeys((pool_id, user.sub) for user in known.state.users))
        for pool_id in named:
            if pool_id in self._pools:
                self._look_at_pool(self._pools[pool_id])

    def _look_at_pool(self, known: _KnownPool) -> None:
        state, place = known.state, known.place
        held = _held_by(known)
        if held != known.held:
            known.held = held
            self._note(
                "pools", state.id, value=PoolDocument(state.settings, place.description, state.keys, state.secret)
            )
        if state.clients != known.clients or place.clients != known.descriptions:
            before = {name: (client, known.descriptions.get(name)) for name, client in known.clients.items()}
            now = {name: (client, place.clients.get(name)) for name, client in state.clients.items()}
            known.clients, known.descriptions = {**state.clients}, {**place.clients}
            for name in _differences(before, now):
                self._note("clients", state.id, name, value=ClientDocument(*now[name]) if name in now else None)
        if state.groups != known.groups:
            before_groups, known.groups = known.groups, {**state.groups}
            for name in _differences(before_groups, known.groups):
                self._note("groups", state.id, name, value=known.groups.get(name))

    def _owe(self, touched: Touched) -> None:
        """Look at users sooner or later: now, if they are few."""
        # Whoever went through all users may tell what calls have done that are under way.
        for one in (touched, *self._in_flight) if touched.all_were_seen else (touched,):
            for user, directory in one.users.items():
                known = self._by_directory.get(directory)
                if known is not None:
                    self._owed[known.state.id, user.sub] = None

    def _look_at_users(self) -> None:
        """Write down what has changed of those who are owed a look, or of as many as there is time for."""
        for pool_id, sub in (*islice(self._owed, _LOOKED_AT_ONCE),):
            del self._owed[pool_id, sub]
            known = self._pools.get(pool_id)
            if known is not None:
                self._look_at_user(known, sub)

    def _look_at_user(self, pool: _KnownPool, sub: str) -> None:
        user, pool_id = pool.state.users.by_sub(sub), pool.state.id
        if user is None:
            if pool.users.pop(sub, None) is not None:
                self._note("users", pool_id, sub)
            return
        known = pool.users.setdefault(sub, _KnownUser())
        document = write_document(user)
        digest = _digest(document)
        if digest != known.digest:
            known.digest = digest
            self._put(Change("users", (pool_id, sub), document))
        if user.families != known.families:
            before, known.families = known.families, {**user.families}
            for event_id in _differences(before, known.families):
                self._note("sign_ins", pool_id, sub, event_id, value=known.families.get(event_id))
        devices = _held_by_devices(user)
        if devices != known.devices:
            held, known.devices = known.devices, devices
            for key in _differences(held, devices):
                self._note("devices", pool_id, sub, key, value=user.devices.get(key))

    def _note(self, table: str, *keys: str, value: object | None = None) -> None:
        self._put(Change(table, keys, write_document(value) if value is not None else None))

    def _put(self, change: Change) -> None:
        self._changes.append(change)
        self._written_down += 1

    # To the disk

    async def _settle(self) -> None:
        """Return once all that has changed so far is on disk."""
        while self._owed:
            await anyio.lowlevel.checkpoint()
            self._look_at_users()
        # Nobody is owed a look, so what belongs together has been written down. It goes to the disk together.
        wanted = self._whole = self._written_down
        if self._on_disk < wanted:
            async with self._turn:  # first come, first served: whoever waits behind another wants as much or more
                if self._on_disk < wanted:
                    await anyio.to_thread.run_sync(self._write, limiter=self._limiter)

    def _write(self) -> None:
        """Write what is whole by now, in a worker thread, while others write down more.

        A native cancellation lets go of the turn while the thread works on, so threads take turns, too.
        """
        with self._in_thread:
            count = self._whole - self._on_disk
            if count:
                self._file.write(self._changes[:count])
                del self._changes[:count]
                self._on_disk += count


def _held_by(known: _KnownPool) -> tuple[object, ...]:
    state = known.state
    return *_held_by_settings(state.settings), known.place.description, state.keys


def _held_by_devices(user: User) -> dict[str, tuple[object, ...]]:
    return {key: _held_by_device(device) for key, device in user.devices.items()}


def _differences(before: Mapping[str, object], now: Mapping[str, object]) -> Iterator[str]:
    """Return which are gone, new or others."""
    yield from (name for name in before if name not in now)
    yield from (name for name, value in now.items() if name not in before or before[name] != value)


def _digest(document: str) -> bytes:
    return hashlib.blake2b(document.encode(), digest_size=_DIGEST_BYTES).digest()
