"""Every example runs, as its README says, and so does every piece of Python in the project's README."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from authsteps.adapters.terminal import app
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


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (
            "email_code.py",
            [
                "; 3 tries left",
                "; 2 tries left",
                "then: Done",
                "alice: Incorrect username",
                "nobody: Incorrect username",
            ],
        ),
        (
            "password_then_question.py",
            [
                "SRP_A passed: DemandPasswordProof",
                "SRP_A passed, PASSWORD_VERIFIER passed: DemandChallenge",
                "CUSTOM_CHALLENGE passed: IssueTokens",
                "CUSTOM_CHALLENGE failed: FailAuthentication",
                "SRP_A passed, CUSTOM_CHALLENGE passed: FailAuthentication",
                "nothing: FailAuthentication",
                "signed in: True",
                "a wrong answer: Incorrect",
                "a wrong password: Incorrect",
                "no password: Incorrect",
            ],
        ),
        ("captcha.py", ["try 1, 3 left", "try 2, 2 left", "try 3, 1 left", "signed in: True"]),
        (
            "magic_link.py",
            [
                "signed in: True",
                "refused: a link that was used already",
                "refused: the right one, after a wrong one",
                "refused: a link that is too old",
                "refused: a link that was meant for another browser",
                "signed in: True",
            ],
        ),
    ],
)
def test_the_example_of_a_challenge_shows_who_gets_in_and_who_does_not(program: str, said: list[str]) -> None:
    lines = run(str(ROOT / "examples" / program)).stdout.splitlines()
    assert len(lines) == len(said)
    assert all(part in line for part, line in zip(said, lines, strict=True))


@pytest.mark.parametrize("program", ["email_code", "password_then_question", "captcha", "magic_link", "deploy/handler"])
def test_the_flow_of_an_example_has_no_fault(program: str) -> None:
    checked = CliRunner().invoke(app, ["triggers", "check", str(ROOT / "examples" / f"{program}.py"), "--json"])
    (done,) = map(json.loads, checked.stdout.splitlines())
    assert done["findings"] == 0
    assert done["sequences"] >= 4


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
