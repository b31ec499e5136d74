"""Programs in JavaScript, in which clients of Cognito sign in. Each is started once and reports on several flows."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import pytest

__all__ = ["FOLDER", "Report", "run"]

Report: TypeAlias = Mapping[str, Any]
"""What came of each flow, by its name: what the program reports, or ``{"failed": why}``."""

FOLDER = Path(__file__).parent
"""Where the programs and their packages are."""

_SECONDS = 300


def _clients_are_missing() -> NoReturn:
    """Skip the test that asks for a client in JavaScript, or fail it where they must not be missing."""
    reason = "clients in JavaScript are not here: install node and npm, and run make unit once"
    if os.environ.get("AUTHSTEPS_CLIENTS") == "required":
        pytest.fail(reason)
    pytest.skip(reason)


def run(program: str, arrangements: Mapping[str, object]) -> Report:
    """Run a program of this folder, and return its report.

    Args:
        program: The name of its file.
        arrangements: Where the fake is, and what was made there.
    """
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / ".installed").exists():
        _clients_are_missing()
    done = subprocess.run(  # noqa: S603  # our own program
        [node, "--unhandled-rejections=strict", program, json.dumps(arrangements)],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    report: Report = json.loads(done.stdout)
    return report
