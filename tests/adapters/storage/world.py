"""What the tests of the stores share: values, keyrings that live in this process, and an eye on what errors show."""

import traceback
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError

from authsteps.engine.messages import Secret
from authsteps.flows.model import AuthUser, DeviceSecrets, Tokens

CANARY = "K4n4ry"
"""Part of every secret here."""

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def tokens(number: int = 1, size: int = 40) -> Tokens:
    """Return tokens that differ by their number."""
    return Tokens(
        access=Secret(f"{CANARY}-access-{number}-".ljust(size, "x")),
        id=Secret(f"{CANARY}-id-{number}-".ljust(size, "x")),
        refresh=Secret(f"{CANARY}-refresh-{number}-".ljust(size, "x")),
        access_expires_at=NOON,
        id_expires_at=None,
        user=AuthUser("0a1b-sub", "alice"),
        device_key="eu-west-1_device",
    )


def device(number: int = 1) -> DeviceSecrets:
    """Return device secrets that differ by their number."""
    return DeviceSecrets(f"device-{number}", f"-group-{number}", Secret(f"{CANARY}-password-{number}"))


class MemoryKeyring(KeyringBackend):
    """A keyring in this process.

    Args:
        largest: How many bytes an entry takes in UTF-16, as in the Credential Manager of Windows.

    Attributes:
        entries: What it holds, by service and name.
        calls: How many calls it has got.
    """

    priority = 1.0  # pyright: ignore[reportAssignmentType]  # the library asks for a number and declares a property

    def __init__(self, largest: int = 1_000_000) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library's own fault
        self.entries: dict[tuple[str, str], str] = {}
        self.calls = 0
        self._largest = largest

    def get_password(self, service: str, username: str) -> str | None:
        self._called("get")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._called(password)
        if len(password.encode("utf-16-le")) > self._largest:
            raise OSError(1783, f"The stub received bad data: {password}")
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._called("delete")
        if (service, username) not in self.entries:
            raise PasswordDeleteError(username)
        del self.entries[service, username]

    def _called(self, text: str) -> None:
        self.calls += 1


class BreakingKeyring(MemoryKeyring):
    """A keyring that breaks at one of its calls.

    Args:
        error: What it raises. An ``Exception`` gets the text of the call as its argument, as some libraries do it.
        at: At which call; an attribute too.
        stays: Whether it stays broken.
    """

    def __init__(self, error: type[BaseException], at: int = 1, *, stays: bool = True, largest: int = 2560) -> None:
        super().__init__(largest)
        self._error = error
        self.at = at
        self._stays = stays

    def _called(self, text: str) -> None:
        super()._called(text)
        if self.calls == self.at or (self._stays and self.calls > self.at):
            raise self._error(text)


class KilledError(BaseException):
    """The process ends here."""


@contextmanager
def system_keyring(backend: KeyringBackend) -> Generator[KeyringBackend]:
    """Let the library use a backend for a while."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield backend
    finally:
        keyring.set_keyring(before)


# What an error shows

TESTS = str(Path(__file__).parents[2])


def shown_by(error: BaseException) -> str:
    """Everything that a log of an error may show, with the variables of every frame that is not a test's own.

    A test's frames hold the secrets as a caller's do. Those errors that led to it are followed even where
    ``from None`` hides them.
    """
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    written: list[str] = []
    while waiting:
        each = waiting.pop()
        if each is None or each in seen:
            continue
        seen.append(each)
        waiting += [each.__cause__, each.__context__]
        told = traceback.TracebackException(
            type(each), each, without_tests(each.__traceback__), capture_locals=True, compact=False
        )
        written += [*told.format(chain=False), repr(each), repr(each.args), repr(vars(each))]
    return "\n".join(written)


def without_tests(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback without the frames of tests."""
    if trace is None:
        return None
    rest = without_tests(trace.tb_next)
    if trace.tb_frame.f_code.co_filename.startswith(TESTS):
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)
