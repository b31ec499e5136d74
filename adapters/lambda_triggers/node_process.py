"""One process of Node's with the host for handler files in it, and the thread that reads what it says."""

import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import BinaryIO, Final, cast

__all__ = ["NodeProcess"]

_HOST: Final = Path(__file__).with_name("node_host.cjs")

_HANDS_FILES_ON: Final = os.name == "posix"
"""Whether a child may be given files beside its standard ones. Then it hears and speaks through two of its own, and
nothing that a function or its children print or read comes between."""


class NodeProcess:
    """A process that is running. Whoever makes it must ``end`` it, also when it has ended by itself.

    It ends when whoever started it is gone. It prints to stderr, whichever of the two its function prints to.

    Args:
        node: Where Node is.
        arguments: The file, the function's name and what each call's context says, as the host wants them.
        tell: Called in a thread of this process's own, with each line that it says, and with ``None`` once it is dead.

    Raises:
        OSError: It could not be started.
    """

    def __init__(
        self, node: str, arguments: tuple[str, str, str], tell: Callable[["NodeProcess", bytes | None], None]
    ) -> None:
        self._process, self._to, said = _begin(node, arguments)
        Thread(target=_read, args=(said, lambda line: tell(self, line)), name="node's words", daemon=True).start()

    def say(self, *words: str) -> None:
        """Say a line. It waits while the process is not listening; one that is dead hears nothing."""
        with suppress(OSError):
            self._to.write(" ".join(words).encode() + b"\n")
            self._to.flush()

    def end(self) -> str:
        """Kill it, and return how it ended, as Lambda says it: what ended before ended as it did.

        Source: Lambda developer guide, 'Troubleshoot execution issues in Lambda'; the words are those that Go has for
        the state of a process.
        """
        self._process.kill()
        status = self._process.wait()
        with suppress(OSError):  # what was still to be said to it
            self._to.close()
        if status == 0:
            return "Runtime exited without providing a reason"
        how = f"exit status {status}" if status > 0 else f"signal: {(signal.strsignal(-status) or str(-status)).lower()}"
        return f"Runtime exited with error: {how}"


def _begin(node: str, arguments: Sequence[str]) -> tuple[subprocess.Popen[bytes], BinaryIO, BinaryIO]:
    """Return a process, where to speak to it, and where to hear it."""
    file, name, about = arguments
    if not _HANDS_FILES_ON:
        command = [node, str(_HOST), file, name, "0", "1", about]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # noqa: S603 -- the caller's
        return process, cast("BinaryIO", process.stdin), cast("BinaryIO", process.stdout)
    listening, to = os.pipe()
    said, speaking = os.pipe()
    try:
        process = subprocess.Popen(  # noqa: S603 -- the caller's own function
            [node, str(_HOST), file, name, str(listening), str(speaking), about],
            stdin=subprocess.DEVNULL,
            stdout=_STDERR,
            pass_fds=(listening, speaking),
        )
    except OSError:
        os.close(to)
        os.close(said)
        raise
    finally:
        os.close(listening)
        os.close(speaking)
    return process, open(to, "wb"), open(said, "rb")  # noqa: SIM115, PTH123 -- they are given to whoever asked


_STDERR: Final = 2


def _read(said: BinaryIO, tell: Callable[[bytes | None], None]) -> None:
    with said:
        for line in said:
            tell(line)
    tell(None)
