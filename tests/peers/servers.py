"""The served fake, moto's server and cognito-local: each a process of its own on a free port of this machine."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import attrs

__all__ = ["SERVERS", "Running", "Server", "running"]

FIXED_CODE = "246810"
"""What cognito-local sends instead of codes by chance."""

_CHECKOUT = Path(__file__).parents[2]
_COGNITO_LOCAL = _CHECKOUT / "tests" / "clients" / "node_modules" / "cognito-local"
_SECONDS_TO_START = 30
_RIDDLES = _CHECKOUT / "tests" / "clients" / "riddles.py"
_TRIGGERS = [
    argument
    for trigger, function in (
        ("DefineAuthChallenge", "_define"),
        ("CreateAuthChallenge", "_create"),
        ("VerifyAuthChallengeResponse", "_verify"),
    )
    for argument in ("--trigger", f"{trigger}={_RIDDLES}:{function}")
]


@attrs.frozen
class Server:
    """A server that claims to be Cognito.

    Attributes:
        name: What it is called.
        command: Starts it, in a folder of its own.
        is_installed: Whether it is on this machine.
        remedy: What to do if it is not.
        prepare: Writes what it wants to find in its folder.
        environment: What it wants to be told.
        code: The code that it sends every time; ``None`` if they are drawn, and read from its outbox.
    """

    name: str
    command: list[str]
    is_installed: bool
    remedy: str
    prepare: Callable[[Path], object] = lambda _: None
    environment: Mapping[str, str] = attrs.field(factory=dict[str, str])
    code: str | None = None


@attrs.frozen
class Running:
    """A server that runs.

    Attributes:
        server: Which.
        url: Where.
        log: What it writes.
        pid: The process's id.
    """

    server: Server
    url: str
    log: Path
    pid: int


def _configure_cognito_local(folder: Path) -> None:
    """Have usernames be names, as a pool's are that nobody set up otherwise; it takes e-mail addresses by itself."""
    (folder / ".cognito").mkdir()
    (folder / ".cognito" / "config.json").write_text(json.dumps({"UserPoolDefaults": {"UsernameAttributes": []}}))


SERVERS: tuple[Server, ...] = (
    Server(
        "fake",
        [str(Path(sys.executable).with_name("authsteps")), "serve", "--port", "0", *_TRIGGERS],
        is_installed=True,
        remedy="",
    ),
    Server(
        "moto",
        [sys.executable, "-m", "moto.server", "-p", "0"],
        is_installed=find_spec("moto") is not None,
        remedy="install the extra dev",
        environment={"MOTO_COGNITO_IDP_USER_POOL_ENABLE_TOTP": "true"},
        code=FIXED_CODE,
    ),
    Server(
        "cognito-local",
        ["node", str(_COGNITO_LOCAL / "lib" / "bin" / "start.js")],
        is_installed=shutil.which("node") is not None and _COGNITO_LOCAL.exists(),
        remedy="install node and npm, then run make unit once",
        prepare=_configure_cognito_local,
        environment={"PORT": "0", "HOST": "127.0.0.1", "CODE": FIXED_CODE},
        code=FIXED_CODE,
    ),
)


@contextmanager
def running(server: Server, folder: Path) -> Generator[Running]:
    """Run a server during the block, in a folder that is empty.

    Raises:
        RuntimeError: It does not start.
    """
    server.prepare(folder)
    log = folder / "log"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))}
    surroundings = {**inherited, "NO_COLOR": "1", **server.environment}
    with (
        log.open("wb") as out,
        subprocess.Popen(  # noqa: S603  # the table above
            server.command, cwd=folder, env=surroundings, stdout=out, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield Running(server, _address(server, process, log), log, process.pid)
        finally:
            process.terminate()


def _address(server: Server, process: "subprocess.Popen[bytes]", log: Path) -> str:
    """Wait until the server says where it listens."""
    until = time.monotonic() + _SECONDS_TO_START
    while time.monotonic() < until and process.poll() is None:
        found = re.search(r"(http://127\.0\.0\.1:[1-9]\d*)\D", log.read_text())
        if found is not None:
            return found[1]
        time.sleep(0.02)  # another process's start tells nobody
    raise RuntimeError(f"{server.name} does not start:\n{log.read_text()[-2000:]}")
