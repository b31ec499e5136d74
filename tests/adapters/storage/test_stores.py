"""The stores: what comes back, who is found by which name, what is refused, and what happens to a call cut short.

Whatever holds for a document holds for a file and for the keyring; where only a promise of the stores is shown, the
document is one in memory.
"""

import asyncio
import json
import tempfile
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio
import anyio.from_thread
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.adapters.storage import (
    Document,
    DocumentDeviceStore,
    DocumentTokenStore,
    ExposedFileError,
    FileDeviceStore,
    FileDocument,
    FileTokenStore,
    KeyringDeviceStore,
    KeyringDocument,
    KeyringTokenStore,
    StorageError,
    StorageUnavailableError,
    UnreadableDocumentError,
)
from authsteps.engine.messages import Secret
from authsteps.flows.model import AuthUser, DeviceSecrets, Tokens
from tests.adapters.storage.world import (
    CANARY,
    NOON,
    BreakingKeyring,
    MemoryKeyring,
    device,
    shown_by,
    system_keyring,
    tokens,
)

if TYPE_CHECKING:
    from authsteps.flows.ports import DeviceStore, TokenStore


class MemoryDocument:
    """A document in memory. It writes down which threads it is called in."""

    place = "the document in memory"
    disposal = "throw it away"

    def __init__(self, text: str | None = None) -> None:
        self.text = Secret(text) if text is not None else None
        self.threads: set[int] = set()
        self.writes = 0

    def read(self, *, to_replace: bool = False) -> Secret | None:
        self.threads.add(threading.get_ident())
        return self.text

    def write(self, text: Secret) -> None:
        self.threads.add(threading.get_ident())
        self.writes += 1
        self.text = text

    def delete(self) -> None:
        self.threads.add(threading.get_ident())
        self.text = None


MakeDocument: TypeAlias = Callable[[Path], Document]
DOCUMENTS: dict[str, MakeDocument] = {
    "file": lambda folder: FileDocument(folder / "document"),
    "keyring": lambda _folder: KeyringDocument("shop", "alice"),
    "memory": lambda _folder: MemoryDocument(),
}
each_document = pytest.mark.parametrize("make", DOCUMENTS.values(), ids=DOCUMENTS)


def text_of(document: Document) -> str:
    """Return what a document says."""
    text = document.read()
    assert text is not None
    return text.reveal()


def files_in(folder: Path) -> list[str]:
    """Return the names of all files there."""
    return sorted(path.name for path in folder.iterdir())


# Values

TEXTS = st.text(st.characters(exclude_categories=[]), max_size=40)
SECRETS = st.builds(Secret, TEXTS)
INSTANTS = st.datetimes(timezones=st.just(UTC))
ANY_TOKENS = st.builds(
    Tokens,
    access=SECRETS | st.just(Secret("x" * 3000)),
    id=SECRETS,
    refresh=SECRETS,
    access_expires_at=st.none() | INSTANTS,
    id_expires_at=st.none() | INSTANTS,
    user=st.builds(AuthUser, TEXTS, TEXTS),
    device_key=st.none() | TEXTS,
)
ANY_DEVICE = st.builds(DeviceSecrets, TEXTS, TEXTS, SECRETS, st.booleans())


class TestTokens:
    @pytest.mark.parametrize("kind", ["file", "keyring"])
    @given(st.lists(ANY_TOKENS, min_size=1, max_size=3))
    def test_those_that_were_saved_last_come_back_to_another_store_of_the_same_document(
        self, kind: str, each: list[Tokens]
    ) -> None:
        async def save_and_load(folder: Path) -> None:
            for one in each:
                await DocumentTokenStore(DOCUMENTS[kind](folder)).save(one)
                assert await DocumentTokenStore(DOCUMENTS[kind](folder)).load() == one

        with tempfile.TemporaryDirectory() as folder, system_keyring(MemoryKeyring(largest=2560)):
            anyio.run(save_and_load, Path(folder))

    @each_document
    async def test_there_are_none_before_the_first_were_saved_and_after_they_were_cleared(
        self, each_backend: str, make: MakeDocument, tmp_path: Path
    ) -> None:
        store = DocumentTokenStore(make(tmp_path))
        assert await store.load() is None
        await store.clear()
        await store.save(tokens())
        assert await store.load() == tokens()
        await store.clear()
        assert await store.load() is None

    async def test_they_are_masked_when_they_come_back(self) -> None:
        store = DocumentTokenStore(MemoryDocument())
        await store.save(tokens())
        loaded = await store.load()
        assert loaded is not None
        assert loaded.refresh.reveal() == tokens().refresh.reveal()
        assert CANARY not in repr(loaded)

    async def test_what_is_written_is_of_version_1_and_stays_as_it_is(self) -> None:
        """Where this changes, files of users become unreadable: raise the version, and read the old one as well."""
        document = MemoryDocument()
        await DocumentTokenStore(document).save(
            Tokens(
                Secret("a"), Secret("i"), Secret("r"), NOON, None, AuthUser("0a1b", "zoë"), device_key="eu-west-1_key"
            )
        )
        assert text_of(document) == (
            '{"format": "authsteps.tokens", "version": 1, "content": {"access": "a", "id": "i", "refresh": "r", '
            '"access_expires_at": "2026-01-05T12:00:00Z", "id_expires_at": null, "user_id": "0a1b", '
            '"username": "zo\\u00eb", "device_key": "eu-west-1_key"}}'
        )


# Devices


class Model:
    """What a device store has to know, in the fewest words."""

    def __init__(self) -> None:
        self.devices: dict[str, DeviceSecrets] = {}
        self.aliases: dict[str, str] = {}

    def load(self, name: str) -> DeviceSecrets | None:
        return self.devices.get(name) or self.devices.get(self.aliases.get(name, ""))

    def save(self, name: str, secrets: DeviceSecrets, aliases: Iterable[str]) -> None:
        self.devices[name] = secrets
        for alias in aliases:
            self.aliases[alias] = name

    def forget(self, name: str) -> None:
        name = name if name in self.devices else self.aliases.get(name, name)
        self.devices.pop(name, None)
        for alias in [alias for alias, user in self.aliases.items() if user == name]:
            del self.aliases[alias]


NAMES = st.sampled_from(["alice", "bob", "a@example.com", "+491701"])
CHANGES = st.one_of(
    st.tuples(st.just("save"), NAMES, ANY_DEVICE, st.lists(NAMES, max_size=2)),
    st.tuples(st.just("forget"), NAMES, st.none(), st.none()),
)


class TestDevices:
    @given(st.lists(CHANGES, max_size=8))
    def test_whatever_is_saved_and_forgotten_every_name_leads_where_it_should(
        self, changes: list[tuple[str, str, DeviceSecrets | None, list[str] | None]]
    ) -> None:
        async def follow() -> None:
            document, model = MemoryDocument(), Model()
            for _, name, secrets, aliases in changes:
                store = DocumentDeviceStore(document)
                if secrets is not None and aliases is not None:
                    await store.save(name, secrets, aliases)
                    model.save(name, secrets, aliases)
                else:
                    await store.forget(name)
                    model.forget(name)
                for each in ("alice", "bob", "a@example.com", "+491701"):
                    assert await store.load(each) == model.load(each)
            assert (document.text is None) == (not model.devices)

        anyio.run(follow)

    @each_document
    async def test_a_user_is_found_by_cognitos_name_and_by_every_alias(
        self, each_backend: str, make: MakeDocument, tmp_path: Path
    ) -> None:
        store = DocumentDeviceStore(make(tmp_path))
        assert await store.load("alice") is None
        await store.save("alice", device(1), ["a@example.com"])
        await store.save("bob", device(2))
        await store.save("alice", device(3), ["+491701"])
        assert [await store.load(name) for name in ("alice", "a@example.com", "+491701", "bob", "carol")] == [
            device(3),
            device(3),
            device(3),
            device(2),
            None,
        ]

    @each_document
    @pytest.mark.parametrize("name", ["alice", "a@example.com"])
    async def test_forgetting_takes_the_secrets_and_every_alias_and_nothing_of_others(
        self, each_backend: str, make: MakeDocument, name: str, tmp_path: Path
    ) -> None:
        document = make(tmp_path)
        store = DocumentDeviceStore(document)
        await store.save("alice", device(1), ["a@example.com", "+491701"])
        await store.save("bob", device(2), ["b@example.com"])
        await store.forget(name)
        await store.forget(name)
        assert await store.load("b@example.com") == device(2)
        assert json.loads(text_of(document))["content"]["aliases"] == {"b@example.com": "bob"}
        await store.forget("bob")
        assert document.read() is None

    async def test_an_alias_that_is_given_to_somebody_else_leads_to_that_one(self) -> None:
        store = DocumentDeviceStore(MemoryDocument())
        await store.save("alice", device(1), ["shared@example.com"])
        await store.save("bob", device(2), ["shared@example.com"])
        assert await store.load("shared@example.com") == device(2)
        await store.forget("bob")
        assert await store.load("shared@example.com") is None
        assert await store.load("alice") == device(1)

    async def test_what_changes_nothing_is_not_written(self) -> None:
        document = MemoryDocument()
        store = DocumentDeviceStore(document)
        for _ in range(2):
            await store.save("alice", device(1), ["a@example.com"])
            await store.forget("nobody")
        assert document.writes == 1

    async def test_of_many_that_save_at_once_none_is_lost(self, each_backend: str, tmp_path: Path) -> None:
        store = FileDeviceStore(tmp_path / "devices")
        async with anyio.create_task_group() as tasks:
            for number in range(20):
                tasks.start_soon(store.save, f"user-{number}", device(number), [f"alias-{number}"])
        assert [await store.load(f"alias-{number}") for number in range(20)] == [device(n) for n in range(20)]

    async def test_what_is_written_is_of_version_1_and_stays_as_it_is(self) -> None:
        """Where this changes, files of users become unreadable: raise the version, and read the old one as well."""
        document = MemoryDocument()
        secrets = DeviceSecrets("key", "-group", Secret("p"), is_remembered=True)
        await DocumentDeviceStore(document).save("alice", secrets, ["a@example.com"])
        assert text_of(document) == (
            '{"format": "authsteps.devices", "version": 1, "content": {"devices": {"alice": {"key": "key", '
            '"group_key": "-group", "password": "p", "is_remembered": true}}, "aliases": {"a@example.com": "alice"}}}'
        )


def ports(held: "TokenStore", devices: "DeviceStore") -> "tuple[TokenStore, DeviceStore]":
    """Return two stores as what the flows take them for; the type checkers say whether they are."""
    return held, devices


class TestTheFourThatComeReady:
    async def test_a_file(self, each_backend: str, tmp_path: Path) -> None:
        folder = tmp_path / "shop"
        held, devices = ports(FileTokenStore(folder / "tokens"), FileDeviceStore(str(folder / "devices")))
        await held.save(tokens())
        await devices.save("alice", device())
        assert files_in(folder) == ["devices", "tokens"]

    async def test_the_keyring(self, each_backend: str, backend: MemoryKeyring) -> None:
        held, devices = ports(KeyringTokenStore(), KeyringDeviceStore())
        await held.save(tokens(size=2000))
        await devices.save("alice", device())
        assert await held.load() == tokens(size=2000)
        assert {name.partition("/")[0] for service, name in backend.entries if service == "authsteps"} == {
            "tokens",
            "devices",
        }


# What cannot be read


def changed(text: str, **changes: object) -> str:
    """Return a document with other members in its content."""
    whole: dict[str, Any] = json.loads(text)
    whole["content"] |= changes
    return json.dumps(whole)


def without(text: str, name: str) -> str:
    """Return a document with one member less in its content."""
    whole: dict[str, Any] = json.loads(text)
    del whole["content"][name]
    return json.dumps(whole)


IS_OTHER = "is damaged, or something else's; throw it away and sign in again"
IS_DAMAGED = "is damaged; throw it away and sign in again"

Damage: TypeAlias = Callable[[str], str]
OF_ANY: Mapping[str, tuple[Damage, str]] = {
    "empty": (lambda _: "", IS_OTHER),
    "cut off": (lambda text: text[:-20], IS_OTHER),
    "cut off early": (lambda text: text[:30], IS_OTHER),
    "with a tail": (lambda text: text + "x", IS_OTHER),
    "twice": (lambda text: text * 2, IS_OTHER),
    "zeros": (lambda text: "\0" * len(text), IS_OTHER),
    "another program's": (lambda _: f"[login]\npassword = {CANARY}\n", IS_OTHER),
    "another program's JSON": (lambda _: json.dumps({"token": CANARY}), IS_OTHER),
    "a list": (lambda text: f"[{text}]", IS_OTHER),
    "a number": (lambda _: "1", IS_OTHER),
    "a nest without end": (lambda _: "[" * 100_000, IS_OTHER),
    "a number without end": (lambda _: '{"format": ' + "1" * 10_000 + "}", IS_OTHER),
    "no version": (lambda text: text.replace('"version": 1', '"version": null'), IS_OTHER),
    "a version out of reach": (lambda text: text.replace('"version": 1', f'"version": {10**30}'), IS_OTHER),
    "nothing in it": (lambda text: json.dumps(json.loads(text) | {"content": {}}), IS_DAMAGED),
    "no content": (lambda text: text.replace('"content"', '"contents"'), IS_DAMAGED),
    "more beside it": (lambda text: json.dumps(json.loads(text) | {"more": 1}), IS_DAMAGED),
    "more in it": (lambda text: changed(text, more=CANARY), IS_DAMAGED),
    "a newer version": (
        lambda text: text.replace('"version": 1', '"version": 2'),
        "was written in version 2 of its format, and this is version 1; use the release that wrote it, or throw it",
    ),
}
OF_TOKENS: Mapping[str, tuple[Damage, str]] = {
    **OF_ANY,
    "devices": (lambda text: text.replace(".tokens", ".devices"), "holds something else than authsteps.tokens; "),
    "no refresh token": (lambda text: without(text, "refresh"), IS_DAMAGED),
    "a token that is none": (lambda text: changed(text, access=[CANARY]), IS_DAMAGED),
    "a time that is none": (lambda text: changed(text, access_expires_at=CANARY), IS_DAMAGED),
    "a time without its zone": (lambda text: changed(text, access_expires_at="2026-01-05T12:00:00"), IS_DAMAGED),
}
OF_DEVICES: Mapping[str, tuple[Damage, str]] = {
    **OF_ANY,
    "tokens": (lambda text: text.replace(".devices", ".tokens"), "holds something else than authsteps.devices; "),
    "a device that is none": (lambda text: changed(text, devices={"alice": CANARY}), IS_DAMAGED),
    "an alias of nobody": (lambda text: changed(text, aliases={"a": None}), IS_DAMAGED),
}
TOKEN_CALLS: Mapping[str, Callable[[DocumentTokenStore], Coroutine[None, None, object]]] = {
    "load": lambda store: store.load(),
    "save": lambda store: store.save(tokens(2)),
    "clear": lambda store: store.clear(),
}
DEVICE_CALLS: Mapping[str, Callable[[DocumentDeviceStore], Coroutine[None, None, object]]] = {
    "load": lambda store: store.load("alice"),
    "save": lambda store: store.save("bob", device(2)),
    "forget": lambda store: store.forget("alice"),
}


class TestWhatCannotBeRead:
    @pytest.mark.parametrize("call", TOKEN_CALLS.values(), ids=TOKEN_CALLS)
    @pytest.mark.parametrize(("damage", "told"), OF_TOKENS.values(), ids=OF_TOKENS)
    async def test_is_told_by_every_call_of_a_token_store_and_left_as_it_is(
        self, damage: Damage, told: str, call: Callable[[DocumentTokenStore], Coroutine[None, None, object]]
    ) -> None:
        document = MemoryDocument()
        store = DocumentTokenStore(document)
        await store.save(tokens())
        document.text = damaged = Secret(damage(text_of(document)))
        with pytest.raises(UnreadableDocumentError) as refusal:
            await call(store)
        assert str(refusal.value).startswith(f"the document in memory {told}")
        assert document.text == damaged
        assert CANARY not in shown_by(refusal.value)

    @pytest.mark.parametrize("call", DEVICE_CALLS.values(), ids=DEVICE_CALLS)
    @pytest.mark.parametrize(("damage", "told"), OF_DEVICES.values(), ids=OF_DEVICES)
    async def test_is_told_by_every_call_of_a_device_store_and_left_as_it_is(
        self, damage: Damage, told: str, call: Callable[[DocumentDeviceStore], Coroutine[None, None, object]]
    ) -> None:
        document = MemoryDocument()
        store = DocumentDeviceStore(document)
        await store.save("alice", device(), ["a@example.com"])
        document.text = damaged = Secret(damage(text_of(document)))
        with pytest.raises(UnreadableDocumentError) as refusal:
            await call(store)
        assert str(refusal.value).startswith(f"the document in memory {told}")
        assert document.text == damaged
        assert CANARY not in shown_by(refusal.value)

    @pytest.mark.parametrize("call", TOKEN_CALLS.values(), ids=TOKEN_CALLS)
    @pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"#!/bin/sh\n", b'{"format": "auths'])
    async def test_in_a_file_is_left_there_byte_by_byte(
        self, content: bytes, call: Callable[[DocumentTokenStore], Coroutine[None, None, object]], tmp_path: Path
    ) -> None:
        path = tmp_path / "tokens"
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(UnreadableDocumentError, match="move the file away"):
            await call(FileTokenStore(path))
        assert (path.read_bytes(), files_in(tmp_path)) == (content, ["tokens"])

    @given(st.data())
    def test_is_every_text_with_one_damaged_character_that_does_not_say_the_same_or_something_else(
        self, data: st.DataObject
    ) -> None:
        async def damage() -> None:
            document = MemoryDocument()
            store = DocumentTokenStore(document)
            await store.save(tokens())
            text = text_of(document)
            at = data.draw(st.integers(0, len(text) - 1))
            document.text = Secret(text[:at] + data.draw(st.characters()) + text[at + 1 :])
            try:
                loaded = await store.load()
            except UnreadableDocumentError as refusal:
                assert CANARY not in shown_by(refusal)  # noqa: PT017  # whether it is raised is open
            else:
                assert isinstance(loaded, Tokens)

        anyio.run(damage)


class TestAFileThatOthersCanRead:
    async def test_is_not_trusted_and_what_replaces_it_is_narrow(self, each_backend: str, tmp_path: Path) -> None:
        path = tmp_path / "tokens"
        store = FileTokenStore(path)
        await store.save(tokens(1))
        path.chmod(0o644)
        with pytest.raises(ExposedFileError, match="chmod 600"):
            await store.load()
        await store.save(tokens(2))
        assert path.stat().st_mode & 0o777 == 0o600
        assert await store.load() == tokens(2)

    async def test_can_be_cleared(self, tmp_path: Path) -> None:
        path = tmp_path / "tokens"
        store = FileTokenStore(path)
        await store.save(tokens(1))
        path.chmod(0o666)
        await store.clear()
        assert not path.exists()

    @pytest.mark.parametrize("call", TOKEN_CALLS.values(), ids=TOKEN_CALLS)
    async def test_is_left_alone_if_it_is_something_else(
        self, call: Callable[[DocumentTokenStore], Coroutine[None, None, object]], tmp_path: Path
    ) -> None:
        path = tmp_path / "profile"
        path.write_text("export PATH\n")
        path.chmod(0o644)
        with pytest.raises(StorageError):
            await call(FileTokenStore(path))
        assert path.read_text() == "export PATH\n"

    @pytest.mark.parametrize("call", DEVICE_CALLS.values(), ids=DEVICE_CALLS)
    async def test_adds_nothing_to_a_device_store(
        self, call: Callable[[DocumentDeviceStore], Coroutine[None, None, object]], tmp_path: Path
    ) -> None:
        path = tmp_path / "devices"
        store = FileDeviceStore(path)
        await store.save("alice", device())
        before = path.read_bytes()
        path.chmod(0o622)
        with pytest.raises(ExposedFileError, match="chmod 600"):
            await call(store)
        assert path.read_bytes() == before


# Threads and cancellation


class GatedDocument(MemoryDocument):
    """A document whose first write waits until a gate is opened.

    Attributes:
        arrived: Set when that write has begun.
        gate: Opens it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.arrived = anyio.Event()
        self.gate = threading.Event()

    def write(self, text: Secret) -> None:
        if not self.arrived.is_set():
            anyio.from_thread.run_sync(self.arrived.set)
            assert self.gate.wait(timeout=30)
        super().write(text)


class TestACall:
    async def test_never_works_on_the_event_loop(self, each_backend: str) -> None:
        document = MemoryDocument()
        for call in TOKEN_CALLS.values():
            await call(DocumentTokenStore(document))
        for device_call in DEVICE_CALLS.values():
            await device_call(DocumentDeviceStore(document))
        assert document.threads
        assert threading.get_ident() not in document.threads

    async def test_that_is_cancelled_while_it_writes_writes_to_the_end(self, each_backend: str) -> None:
        document = GatedDocument()
        store = DocumentTokenStore(document)
        ended = False

        async def save() -> None:
            nonlocal ended
            try:
                await store.save(tokens(1))
                await anyio.lowlevel.checkpoint()
            except anyio.get_cancelled_exc_class():
                ended = True
                raise

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(save)
            await document.arrived.wait()
            tasks.cancel_scope.cancel()
            document.gate.set()
        assert ended
        assert await store.load() == tokens(1)

    async def test_that_asyncio_cancels_does_not_let_the_next_one_pass_by(self) -> None:
        document = GatedDocument()
        store = DocumentTokenStore(document)
        first = asyncio.create_task(store.save(tokens(1)))
        await document.arrived.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        second = asyncio.create_task(store.save(tokens(2)))
        await asyncio.sleep(0)
        document.gate.set()
        await second
        assert document.writes == 2
        assert await store.load() == tokens(2)

    async def test_before_it_begins_can_be_cancelled_and_then_does_nothing(self, each_backend: str) -> None:
        document = MemoryDocument()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await DocumentTokenStore(document).save(tokens(1))
        assert scope.cancelled_caught
        assert document.text is None


class TestNothingShowsWhatIsKept:
    @pytest.mark.parametrize("at", range(1, 12))
    async def test_when_the_keyring_breaks(self, each_backend: str, at: int) -> None:
        broken = BreakingKeyring(RuntimeError, at)
        store = KeyringTokenStore()

        async def save_three() -> None:
            for number in (1, 2, 3):
                await store.save(tokens(number, size=1000))

        with system_keyring(broken), pytest.raises(StorageUnavailableError) as failure:
            await save_three()
        assert CANARY not in shown_by(failure.value)

    async def test_when_a_keyring_takes_even_less(self, each_backend: str) -> None:
        with system_keyring(MemoryKeyring(largest=2000)), pytest.raises(StorageUnavailableError) as failure:
            await KeyringTokenStore().save(tokens(1, size=1000))
        assert failure.value.problem == "cannot be used, for the keyring failed (OSError)"
        assert CANARY not in shown_by(failure.value)

    async def test_when_the_disk_breaks(
        self, each_backend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store = FileDeviceStore(tmp_path / "devices")
        await store.save("alice", device())

        def broken(*_arguments: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.replace", broken)
        with pytest.raises(StorageUnavailableError, match="No space left on device") as failure:
            await store.save("bob", device())
        assert CANARY not in shown_by(failure.value)

    async def test_in_a_store_or_its_document(self, tmp_path: Path) -> None:
        document = MemoryDocument()
        store = DocumentTokenStore(document)
        await store.save(tokens())
        assert CANARY in text_of(document)
        assert CANARY not in repr([store, vars(store), document, vars(document)])


def test_an_instant_in_another_zone_is_the_same_instant() -> None:
    async def save_and_load() -> Tokens | None:
        store = DocumentTokenStore(MemoryDocument())
        there = datetime.fromisoformat("2026-01-05T13:00:00+01:00")
        await store.save(Tokens(Secret("a"), Secret("i"), Secret("r"), there, None, AuthUser("0a1b", "alice")))
        return await store.load()

    loaded = anyio.run(save_and_load)
    assert loaded is not None
    assert loaded.access_expires_at == NOON
