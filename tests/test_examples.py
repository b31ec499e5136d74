"""Every example runs, as its README says, and so does every piece of Python in the project's README."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from authsteps.engine import mermaid
from authsteps.flows import FLOWS

ROOT = Path(__file__).parent.parent
PROGRAMS = sorted(path for path in (ROOT / "examples").glob("*.py") if not path.name.startswith("test_"))
README = (ROOT / "README.md").read_text()
SNIPPETS = re.findall(r"^```python\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run Python as somebody who tries it would."""
    return subprocess.run(  # noqa: S603  # our own programs
        [sys.executable, "-W", "error", *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_the_example_runs(program: Path) -> None:
    finished = run(str(program))
    assert finished.returncode == 0, finished.stderr
    assert finished.stdout


def test_the_example_of_a_test_passes() -> None:
    finished = run("-m", "pytest", "-q", "-p", "no:cacheprovider", str(ROOT / "examples" / "test_with_the_fake.py"))
    assert finished.returncode == 0, finished.stdout
    assert "2 passed" in finished.stdout


def test_the_list_of_examples_is_whole() -> None:
    listed = set(re.findall(r"`(\w+\.py)`", (ROOT / "examples" / "README.md").read_text()))
    assert listed == {path.name for path in (ROOT / "examples").glob("*.py")}


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda text: text.strip().splitlines()[0][:40])
def test_the_readmes_python_runs(snippet: str, tmp_path: Path) -> None:
    program = tmp_path / "snippet.py"
    program.write_text(snippet)
    finished = run(str(program))
    assert finished.returncode == 0, finished.stderr


def test_the_readmes_python_types_strictly(tmp_path: Path) -> None:
    for number, snippet in enumerate(SNIPPETS):
        (tmp_path / f"snippet_{number}.py").write_text(snippet)
    finished = run("-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(tmp_path))
    assert finished.returncode == 0, finished.stdout


def test_the_readme_has_python_to_run() -> None:
    assert len(SNIPPETS) >= 2


def test_the_readmes_picture_is_what_the_flow_draws_today() -> None:
    pictures = re.findall(r"^```mermaid\n(.*?)^```", README, re.DOTALL | re.MULTILINE)
    assert pictures == [mermaid(FLOWS["reset_password"])]


def test_the_table_that_the_readme_shows_stands_in_the_flow() -> None:
    (shown,) = re.findall(r"^reset_password = Flow\(\n.*?^\)$", README, re.DOTALL | re.MULTILINE)
    assert shown in (ROOT / "flows" / "reset_password.py").read_text()
