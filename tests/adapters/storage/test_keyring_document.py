"""A document in the keyring: how it is cut into parts, what breaks on the way, and what is said about it."""

import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.core import load_keyring
from keyring.errors import InitError, KeyringLocked, PasswordSetError

from authsteps.adapters.storage import (
    KeyringDeviceStore,
    KeyringDocument,
    KeyringTokenStore,
    MissingExtraError,
    StorageError,
    StorageUnavailableError,
    UnreadableDocumentError,
)
from authsteps.engine.messages import Secret
from tests.adapters.storage.world import (
    CANARY,
    BreakingKeyring,
    KilledError,
    MemoryKeyring,
    shown_by,
    system_keyring,
    tokens,
)

PART = 1280
OLD = Secret(f"{CANARY}-old-".ljust(3 * PART, "o"))
NEW = Secret(f"{CANARY}-new-".ljust(2 * PART + 1, "n"))
MANIFEST = ("shop", "alice")

Work = Callable[[KeyringDocument], object]
WORK: dict[str, Work] = {
    "read": lambda document: document.read(),
    "write": lambda document: document.write(NEW),
    "delete": lambda document: document.delete(),
}


@pytest.fixture
def document() -> KeyringDocument:
    """The document."""
    return KeyringDocument("shop", "alice")


def parts(backend: MemoryKeyring) -> list[str]:
    """The entries beside the manifest."""
    return [text for name, text in backend.entries.items() if name != MANIFEST]


class TestInParts:
    @given(st.lists(st.integers(1, 4 * PART + 1), min_size=1, max_size=4))
    def test_a_text_of_any_length_comes_back_and_its_predecessors_leave_nothing(self, lengths: list[int]) -> None:
        document = KeyringDocument("shop", "alice")
        with system_keyring(backend := MemoryKeyring(largest=2560)):
            for number, length in enumerate(lengths):
                text = Secret(f"{number}" * length)
                document.write(text)
                assert document.read() == text
                assert len(parts(backend)) == -(-length // PART)
            document.delete()
            assert document.read() is None
            assert backend.entries == {}

    def test_an_entry_is_never_longer_than_the_smallest_keyring_takes(
        self, document: KeyringDocument, backend: MemoryKeyring
    ) -> None:
        document.write(OLD)
        assert [len(text.encode("utf-16-le")) for text in parts(backend)] == [2560, 2560, 2560]

    def test_the_manifest_says_how_many_there_are_and_what_they_amount_to(
        self, document: KeyringDocument, backend: MemoryKeyring
    ) -> None:
        document.write(Secret("abc"))
        digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        assert backend.entries == {
            ("shop", "alice"): (
                '{"format": "authsteps.parts", "version": 1, '
                f'"content": {{"digest": "{digest}", "parts": 1, "is_dropped": false}}}}'
            ),
            ("shop", "alice/ba7816bf8f01cfea/1"): "abc",
        }

    def test_to_write_the_same_again_changes_nothing_and_loses_nothing(
        self, document: KeyringDocument, backend: MemoryKeyring
    ) -> None:
        document.write(OLD)
        before = dict(backend.entries)
        document.write(OLD)
        assert backend.entries == before

    def test_to_delete_nothing_is_no_error(self, document: KeyringDocument) -> None:
        document.delete()
        assert document.read() is None

    def test_two_accounts_and_two_services_do_not_meet(self, document: KeyringDocument) -> None:
        others = [KeyringDocument("shop", "bob"), KeyringDocument("bank", "alice")]
        document.write(OLD)
        for other in others:
            assert other.read() is None
            other.write(NEW)
            other.delete()
        assert document.read() == OLD


class TestHalfAWrite:
    """Every call of the keyring is the last one, once, with a text present and without one."""

    @pytest.mark.parametrize("error", [OSError, KilledError], ids=["failed", "killed"])
    @pytest.mark.parametrize("before", [None, OLD], ids=["nothing before", "a text before"])
    @pytest.mark.parametrize("work", ["write", "delete"])
    def test_is_never_read_as_a_whole_text(self, work: str, before: Secret | None, error: type[BaseException]) -> None:
        document = KeyringDocument("shop", "alice")
        expected = {before, NEW} if work == "write" else {before, None}
        seen: set[Secret | None] = set()
        for at in range(1, 40):
            broken = BreakingKeyring(error, at)
            whole = MemoryKeyring()
            whole.entries = broken.entries
            if before is not None:
                with system_keyring(whole):
                    document.write(before)
            with system_keyring(broken):
                failure = caught(lambda: WORK[work](document))
            if isinstance(failure, StorageError):
                assert CANARY not in shown_by(failure)
            with system_keyring(whole):
                seen.add(document.read())
                document.write(NEW)
                assert document.read() == NEW
                document.delete()
            if failure is None and broken.calls < at:
                break
        else:
            pytest.fail("it never came to its end")
        assert seen == expected

    @pytest.mark.parametrize("at", range(2, 6))
    def test_that_failed_once_leaves_nothing_of_itself_behind(self, document: KeyringDocument, at: int) -> None:
        broken = BreakingKeyring(OSError, at, stays=False)
        with system_keyring(broken), pytest.raises(StorageUnavailableError):
            document.write(NEW)
        assert broken.entries == {}

    def test_of_the_text_that_is_there_already_leaves_it_whole(self, document: KeyringDocument) -> None:
        broken = BreakingKeyring(OSError, at=0, stays=False)
        with system_keyring(broken):
            document.write(OLD)
            broken.at = broken.calls + 4  # the third part
            with pytest.raises(StorageUnavailableError):
                document.write(OLD)
            assert document.read() == OLD

    def test_is_finished_by_the_next_delete(self, document: KeyringDocument) -> None:
        broken = BreakingKeyring(OSError, at=1000)
        with system_keyring(broken):
            document.write(OLD)
            broken.at = broken.calls + 4  # the second part
            with pytest.raises(StorageUnavailableError):
                document.delete()
        whole = MemoryKeyring()
        whole.entries = broken.entries
        with system_keyring(whole):
            assert len(whole.entries) == 3
            assert document.read() is None
            document.delete()
            assert whole.entries == {}


class Doubtful(MemoryKeyring):
    """A keyring that writes the manifest and then says that it failed."""

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password
        if (service, username) == MANIFEST:
            raise TimeoutError


def test_a_write_that_failed_only_by_word_is_whole_all_the_same(
    document: KeyringDocument, backend: MemoryKeyring
) -> None:
    document.write(OLD)
    doubtful = Doubtful()
    doubtful.entries = backend.entries
    with system_keyring(doubtful), pytest.raises(StorageUnavailableError, match="TimeoutError"):
        document.write(NEW)
    assert document.read() == NEW


def caught(work: Callable[[], object]) -> BaseException | None:
    """Return what a call raises, if it does."""
    try:
        work()
    except (StorageError, KilledError) as error:
        return error
    return None


class TestWhatIsDamaged:
    def test_a_missing_part_is_told_and_nothing_is_touched(
        self, document: KeyringDocument, backend: MemoryKeyring
    ) -> None:
        document.write(OLD)
        del backend.entries[next(name for name in backend.entries if name != MANIFEST)]
        before = dict(backend.entries)
        with pytest.raises(UnreadableDocumentError) as refusal:
            document.read()
        assert str(refusal.value) == (
            "the keyring entry 'alice' of service 'shop' has lost a part; "
            "remove it (keyring del shop alice) and sign in again"
        )
        assert backend.entries == before
        assert CANARY not in shown_by(refusal.value)

    @pytest.mark.parametrize("text", ["", "x", "o" * PART], ids=["empty", "short", "of another text"])
    def test_a_changed_part_is_told(self, document: KeyringDocument, backend: MemoryKeyring, text: str) -> None:
        document.write(OLD)
        backend.entries[next(name for name in backend.entries if name != MANIFEST)] = text
        with pytest.raises(UnreadableDocumentError, match="has lost a part"):
            document.read()

    def test_what_can_never_be_read_again_may_be_replaced_or_removed(
        self, document: KeyringDocument, backend: MemoryKeyring
    ) -> None:
        document.write(OLD)
        del backend.entries[next(name for name in backend.entries if name != MANIFEST)]
        assert document.read(to_replace=True) is None
        document.delete()
        assert backend.entries == {}

    @pytest.mark.parametrize("work", WORK.values(), ids=WORK)
    @pytest.mark.parametrize("to_read", ["hunter2", "", '{"format": "shop.password", "version": 1, "content": {}}'])
    def test_an_entry_of_another_program_is_left_alone(
        self, document: KeyringDocument, backend: MemoryKeyring, to_read: str, work: Work
    ) -> None:
        backend.entries[MANIFEST] = to_read
        with pytest.raises(UnreadableDocumentError, match=r"something else.*; remove it \(keyring del shop alice\)"):
            work(document)
        assert backend.entries == {MANIFEST: to_read}

    def test_the_command_that_is_advised_can_be_pasted(self, backend: MemoryKeyring) -> None:
        backend.entries["my shop", "alice; ls"] = "hunter2"
        with pytest.raises(UnreadableDocumentError, match=r"\(keyring del 'my shop' 'alice; ls'\)"):
            KeyringDocument("my shop", "alice; ls").read()


class Replaced(MemoryKeyring):
    """A keyring in which another process puts another document just before the parts are read."""

    def __init__(self, other: KeyringDocument, text: Secret | None) -> None:
        super().__init__()
        self._other: KeyringDocument | None = other
        self._text = text

    def get_password(self, service: str, username: str) -> str | None:
        other, self._other = (self._other, None) if "/" in username else (None, self._other)
        if other is not None:
            self._put(other)
        return super().get_password(service, username)

    def _put(self, other: KeyringDocument) -> None:
        if self._text is None:
            other.delete()
        else:
            other.write(self._text)


@pytest.mark.parametrize("text", [NEW, None], ids=["replaced", "removed"])
def test_who_reads_while_another_process_writes_gets_what_that_one_wrote(
    document: KeyringDocument, backend: MemoryKeyring, text: Secret | None
) -> None:
    document.write(OLD)
    busy = Replaced(KeyringDocument("shop", "alice"), text)
    busy.entries = backend.entries
    with system_keyring(busy):
        assert document.read() == text


class TestAKeyringThatDoesNot:
    @pytest.mark.parametrize("work", WORK.values(), ids=WORK)
    @pytest.mark.parametrize(
        ("error", "told"),
        [
            (KeyringLocked, "cannot be reached, for the keyring is locked; unlock it and try again"),
            (InitError, "cannot be used, for the keyring failed (InitError); see whether it works "),
            (PasswordSetError, "cannot be used, for the keyring failed (PasswordSetError); see whether it works "),
            (RuntimeError, "cannot be used, for the keyring failed (RuntimeError); see whether it works "),
        ],
    )
    def test_answer_is_an_error_that_says_what_to_do_and_shows_nothing(
        self, document: KeyringDocument, backend: MemoryKeyring, error: type[Exception], told: str, work: Work
    ) -> None:
        document.write(OLD)
        for at in range(1, 5):
            broken = BreakingKeyring(error, at)
            broken.entries = dict(backend.entries)
            with system_keyring(broken), pytest.raises(StorageUnavailableError) as failure:
                work(document)
            assert str(failure.value).startswith(f"the keyring entry 'alice' of service 'shop' {told}")
            assert CANARY not in shown_by(failure.value)
            assert failure.value.__cause__ is None
            assert isinstance(failure.value.__context__, StorageUnavailableError | None)

    @pytest.mark.parametrize("work", WORK.values(), ids=WORK)
    @pytest.mark.parametrize("absent", [fail.Keyring, null.Keyring], ids=["none was found", "switched off"])
    def test_exist_is_told_with_a_way_out(
        self, document: KeyringDocument, work: Work, absent: type[KeyringBackend]
    ) -> None:
        with system_keyring(absent()), pytest.raises(StorageUnavailableError) as failure:
            work(document)
        assert failure.value.problem == "cannot be reached, for this system has no keyring that could be used"
        assert failure.value.remedy.endswith("or keep a file instead")

    def test_load_is_told(self, document: KeyringDocument, monkeypatch: pytest.MonkeyPatch) -> None:
        broken = ModuleType("keyring")
        broken.__spec__ = ModuleSpec("keyring", None)
        monkeypatch.setitem(sys.modules, "keyring", broken)
        with pytest.raises(StorageUnavailableError, match=r"for the keyring failed \(ImportError\)"):
            document.read()


@pytest.mark.parametrize("store", [KeyringTokenStore, KeyringDeviceStore])
def test_without_the_extra_a_store_says_so_when_it_is_made(
    store: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(MissingExtraError) as missing:
        store()
    assert missing.value.extra == "keyring"
    assert str(missing.value) == (
        "the extra 'keyring' is not installed; install it with: python -m pip install 'authsteps[keyring]'"
    )


@pytest.mark.parametrize("names", [("", "alice"), ("shop", "")])
def test_a_name_must_not_be_empty(names: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="service and account must not be empty"):
        KeyringDocument(*names)


async def test_a_backend_that_others_wrote_keeps_tokens_as_well(each_backend: str, tmp_path: Path) -> None:
    plain = load_keyring("keyrings.alt.file.PlaintextKeyring").with_properties(file_path=str(tmp_path / "entries"))
    store = KeyringTokenStore("my shop", "alice@example.com")
    with system_keyring(plain):
        for number in range(3):
            await store.save(tokens(number, size=2000))
            assert await KeyringTokenStore("my shop", "alice@example.com").load() == tokens(number, size=2000)
        await store.clear()
        assert await store.load() is None
    assert "alice" not in (tmp_path / "entries").read_text("utf-8")
