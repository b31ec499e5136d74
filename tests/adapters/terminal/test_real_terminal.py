"""On a real terminal: what is typed, what is hidden, and Ctrl-C."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import attrs
import pytest

_PATIENCE_SECONDS = 30.0
_COMMAND = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that Ctrl-C reaches it
from authsteps.adapters.terminal import main
main()
"""


@attrs.define
class Terminal:
    """A terminal with the command on it.

    Attributes:
        master: The end that a person sits at.
        process: The command.
        shown: All that the screen showed.
    """

    master: int
    process: subprocess.Popen[bytes]
    shown: str = ""

    def until(self, text: str) -> None:
        """Read until the screen shows a text that it has not shown before."""
        seen = len(self.shown)
        while text not in self.shown[seen:]:
            assert self._read(), f"{text!r} was not shown:\n{self.shown}"

    def type(self, text: str) -> None:
        """Type a line."""
        os.write(self.master, f"{text}\n".encode())

    def press_ctrl_c(self) -> None:
        """Press it once the command waits for a line: a moment earlier, Python would see to it after the line."""
        status = Path(f"/proc/{self.process.pid}/stat")
        while status.read_text().rpartition(")")[2].split()[0] != "S":
            os.sched_yield()
        os.write(self.master, b"\x03")

    def ends_with(self) -> int:
        """Read to the end, and return the exit status."""
        while self._read():
            pass
        return self.process.wait(_PATIENCE_SECONDS)

    def shows_what_is_typed(self) -> bool:
        """Whether the terminal echoes."""
        local_modes: int = termios.tcgetattr(self.master)[3]
        return bool(local_modes & termios.ECHO)

    def _read(self) -> bool:
        readable, _, _ = select.select([self.master], [], [], _PATIENCE_SECONDS)
        assert readable, f"nothing more was shown:\n{self.shown}"
        try:
            data = os.read(self.master, 4096)
        except OSError:  # how Linux says that the other end was closed
            return False
        self.shown += data.decode(errors="replace")
        return bool(data)


@contextmanager
def terminal(*arguments: str) -> Generator[Terminal]:
    """Run the command on a terminal of its own."""
    master, slave = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AUTHSTEPS_")}
    process = subprocess.Popen(  # noqa: S603  # the command under test
        [sys.executable, "-c", _COMMAND, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
        env=environment | {"TERM": "xterm", "COLUMNS": "100"},
    )
    os.close(slave)
    try:
        yield Terminal(master, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)


def test_a_sign_in_with_a_menu_and_a_hidden_password() -> None:
    with terminal("sign-in", "--fake", "choose-mfa", "--username", "alice") as screen:
        screen.until("Password: ")  # the space comes when nothing is shown any more
        assert not screen.shows_what_is_typed()
        screen.type("Passw0rd!")
        screen.until("Number or name: ")
        assert screen.shows_what_is_typed()
        screen.type("SMS")
        screen.until("Code that was sent to +*******4567: ")
        screen.type(re.findall(r"Your code is (\d+)", screen.shown)[-1])
        assert screen.ends_with() == 0
    assert "signed in as alice" in screen.shown
    assert screen.shown.count("Passw0rd!") == 1  # where the scenario is explained


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells whether a process waits")
@pytest.mark.parametrize("begin", [("sign-in", "--username", "alice"), ("sign-in",)])
def test_ctrl_c_at_a_prompt_ends_it_at_once_and_leaves_the_terminal_as_it_was(begin: tuple[str, ...]) -> None:
    with terminal(*begin) as screen:
        screen.until("Password: " if "--username" in begin else "Username [alice]: ")
        screen.press_ctrl_c()
        assert screen.ends_with() == 128 + signal.SIGINT
        assert screen.shows_what_is_typed()
    assert "Traceback" not in screen.shown
