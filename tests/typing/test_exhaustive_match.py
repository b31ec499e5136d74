"""A ``match`` over next steps is checked for completeness: with one ``case`` missing, mypy and pyright both refuse it.

Both checkers run once, side by side, over small programs that are written for the purpose: one complete program for
each union of steps, and one for every ``case`` that can be forgotten.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import pytest

from authsteps.flows import steps
from authsteps.flows.profile import UpdateUserAttributeResult
from authsteps.flows.service import ResetPasswordResult, SignInResult, SignUpResult

ROOT = Path(__file__).parents[2]

UNIONS: Mapping[str, tuple[str, ...]] = {
    result.__name__: tuple(step.__name__ for step in get_args(get_type_hints(result)["next_step"]))
    for result in (SignInResult, SignUpResult, ResetPasswordResult, UpdateUserAttributeResult)
}
COMPLETE = [f"complete_{result}.py" for result in UNIONS]
INCOMPLETE = [f"{result}_without_{step}.py" for result, members in UNIONS.items() for step in members]

PROGRAM = """\
from typing import assert_never

from authsteps.flows import {result}, steps


def what_next(result: {result}) -> str:
    step = result.next_step
    match step:
{cases}
        case _:
            assert_never(step)
"""
CASE = """\
        case steps.{step}():
            return "{step}"
"""


def programs() -> Iterator[tuple[str, str]]:
    for result, members in UNIONS.items():
        yield f"complete_{result}.py", program(result, members)
        for missing in members:
            yield f"{result}_without_{missing}.py", program(result, [step for step in members if step != missing])


def program(result: str, members: "tuple[str, ...] | list[str]") -> str:
    return PROGRAM.format(result=result, cases="".join(CASE.format(step=step) for step in members).rstrip("\n"))


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, list[str]]]:
    """What each checker says of each program: its errors by file; a file without errors is not named."""
    folder = tmp_path_factory.mktemp("programs")
    for name, text in programs():
        (folder / name).write_text(text)
    (folder / "pyrightconfig.json").write_text(json.dumps({"typeCheckingMode": "strict", "pythonVersion": "3.11"}))
    files = sorted(name for name, _ in programs())
    mypy = start(
        folder,
        "mypy",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        "--cache-dir",
        str(ROOT / ".mypy_cache" / "programs"),
        "--no-error-summary",
        "--show-error-codes",
        *files,
    )
    pyright = start(folder, "pyright", "--pythonpath", sys.executable, "--outputjson", "--project", str(folder))
    return {"mypy": told_by_mypy(mypy), "pyright": told_by_pyright(pyright)}


def start(folder: Path, tool: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603  # two checkers, on files that were written just now
        [sys.executable, "-m", tool, *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told_by_mypy(running: "subprocess.Popen[str]") -> Mapping[str, list[str]]:
    written, complaints = running.communicate(timeout=300)
    assert running.returncode in (0, 1), complaints
    told: dict[str, list[str]] = {}
    for line in written.splitlines():
        told.setdefault(Path(line.split(":", 1)[0]).name, []).append(line)
    return told


def told_by_pyright(running: "subprocess.Popen[str]") -> Mapping[str, list[str]]:
    written, complaints = running.communicate(timeout=300)
    assert running.returncode in (0, 1), complaints
    report = json.loads(written)
    assert report["summary"]["filesAnalyzed"] == len([*programs()])
    told: dict[str, list[str]] = {}
    for diagnostic in report["generalDiagnostics"]:
        told.setdefault(Path(diagnostic["file"]).name, []).append(diagnostic["message"])
    return told


every_checker = pytest.mark.parametrize("checker", ["mypy", "pyright"])


def test_the_unions_are_those_of_the_results() -> None:
    assert UNIONS["SignInResult"] == tuple(step.__name__ for step in get_args(steps.NextStep))
    assert all(len(members) > 1 for members in UNIONS.values())
    assert get_origin(steps.NextStep) in (Union, UnionType)


@every_checker
@pytest.mark.parametrize("name", COMPLETE)
def test_a_complete_match_passes(refused: Mapping[str, Mapping[str, list[str]]], checker: str, name: str) -> None:
    assert refused[checker].get(name, []) == []


@every_checker
@pytest.mark.parametrize("name", INCOMPLETE)
def test_a_match_without_one_case_is_refused_and_the_case_is_named(
    refused: Mapping[str, Mapping[str, list[str]]], checker: str, name: str
) -> None:
    missing = name.removesuffix(".py").rpartition("_")[2]
    told = "\n".join(refused[checker].get(name, []))
    assert "assert_never" in told or "Never" in told
    assert missing in told
