"""One process of Node's with the host for handler files in it, and the threads that speak with it."""

import os
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import BinaryIO, Final, cast

from .exits import ending

__all__ = ["NodeProcess"]

_HOST: Final = Path(__file__).with_name("node_host.cjs")

_HAS_SHELL: Final = os.name == "posix"
"""Whether a shell can give it the two pipes under other numbers than those of stdin and stdout. Then nothing that the
function or its children read or print comes between; Node keeps low numbers from its children. Elsewhere they must not
read, and what they print is told apart by how the lines begin."""

_MOVE_PIPES: Final = 'exec "$@" 3<&0 4>&1 </dev/null >&2'


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
        self._process = subprocess.Popen(  # noqa: S603 -- to run a function of the caller's is what it is for
            _command(node, *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        to, said = cast("BinaryIO", self._process.stdin), cast("BinaryIO", self._process.stdout)
        self._unsaid: SimpleQueue[bytes | None] = SimpleQueue()
        Thread(target=self._read, args=(said, tell), name="node's words", daemon=True).start()
        Thread(target=self._write, args=(to,), name="words for node", daemon=True).start()

    def say(self, *words: str) -> None:
        """Say a line, once the process listens. This waits for nobody; one that is dead hears nothing."""
        self._unsaid.put(" ".join(words).encode() + b"\n")

    def end(self) -> str:
        """Kill it, and return how it ended, as Lambda says it: what ended before ended as it did."""
        self._process.kill()
        status = self._process.wait()
        self._unsaid.put(None)
        return ending(status)

    def _write(self, to: BinaryIO) -> None:
        with suppress(OSError), to:  # it is dead
            while (line := self._unsaid.get()) is not None:
                to.write(line)
                to.flush()

    def _read(self, said: BinaryIO, tell: Callable[["NodeProcess", bytes | None], None]) -> None:
        with said:
            for line in said:
                tell(self, line)
        tell(self, None)


def _command(node: str, file: str, name: str, about: str) -> list[str]:
    listening, speaking = ("3", "4") if _HAS_SHELL else ("0", "1")
    command = [node, str(_HOST), file, name, listening, speaking, about]
    return ["/bin/sh", "-c", _MOVE_PIPES, "sh", *command] if _HAS_SHELL else command
