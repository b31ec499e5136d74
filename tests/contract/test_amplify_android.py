"""The feature tests of another Amplify client hold for ours, as far as the two mean to do the same.

``amplify_android.py`` says where the cases come from and how they are taken.
"""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from tests.contract.amplify_android import (
    SKIPPED,
    Case,
    EndState,
    Outcome,
    RequestSent,
    cases,
    contract_is_missing,
    operation_of,
    told,
)
from tests.contract.amplify_android_world import World
from tests.contract.conftest import Between

ALL_CASES = cases()
PARAMETERS = [
    pytest.param(case, id=case.name, marks=pytest.mark.skip(reason=SKIPPED[case.name]) if case.name in SKIPPED else ())
    for case in ALL_CASES
] or [pytest.param(None, id="the contract is not here")]


@pytest.mark.parametrize("case", PARAMETERS)
async def test_a_case_of_amplify_android_holds(case: Case | None, between: Between) -> None:
    if case is None:
        contract_is_missing()
    world = World.of(case, between)
    await world.reach()

    result = await world.call()

    for validation in case.document.validations:
        match validation:
            case RequestSent(api_name=api_name, request=members):
                expected = world.expected_request(members)
                assert world.request(operation_of(api_name), expected) == expected
            case Outcome(response_type=kind, response=response):
                assert isinstance(result, Exception) == (kind == "failure"), result
                assert await world.shown(result) == told(response)
            case EndState(expected_state=name):
                state = case.state(name)
                await world.check(state)
                if state.challenge is not None:
                    await world.check_answer(state.challenge.auth_challenge)


def test_all_cases_but_the_two_that_are_named_run() -> None:
    if not ALL_CASES:
        contract_is_missing()
    names = {case.name for case in ALL_CASES}
    assert len(names) == 74
    assert len(names - SKIPPED.keys()) == 72


@pytest.mark.parametrize(("wanted", "outcome"), [("", "Skipped"), ("required", "Failed")])
def test_a_missing_contract_is_told_and_fails_where_it_is_required(
    monkeypatch: pytest.MonkeyPatch, wanted: str, outcome: str
) -> None:
    monkeypatch.setenv("AUTHSTEPS_CONTRACT", wanted)
    with pytest.raises(BaseException, match="set AUTHSTEPS_SHARED") as told:  # pytest's own are bare ones
        contract_is_missing()
    assert type(told.value).__name__ == outcome


def test_the_folder_that_is_named_counts_and_no_other(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTHSTEPS_SHARED", str(tmp_path))
    assert cases() == []


@pytest.fixture
def make_that_only_tells(tmp_path: Path) -> str:
    """A PATH on which ``make`` does nothing but say what it was asked."""
    make = tmp_path / "make"
    make.write_text('#!/bin/sh\necho "make $* with contract $AUTHSTEPS_CONTRACT, clients $AUTHSTEPS_CLIENTS"\n')
    make.chmod(make.stat().st_mode | stat.S_IXUSR)
    return f"{tmp_path}{os.pathsep}{os.environ['PATH']}"


def run_ci(path: str, shared: Path) -> subprocess.CompletedProcess[str]:
    """Run CI's script where the shared folder is this one."""
    script = Path(__file__).resolve().parents[2] / ".ci" / "run"
    environment = {"PATH": path, "AUTHSTEPS_SHARED": str(shared)}
    return subprocess.run(  # noqa: S603  # our own script
        ["bash", str(script)],  # noqa: S607  # whichever there is
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_ci_does_not_pass_without_the_contract(make_that_only_tells: str, tmp_path: Path) -> None:
    done = run_ci(make_that_only_tells, tmp_path)
    assert done.returncode == 1
    assert "the contract cases are missing" in done.stderr
    assert not done.stdout


def test_ci_requires_the_contract_and_the_clients_of_every_test_that_wants_them(
    make_that_only_tells: str, tmp_path: Path
) -> None:
    (tmp_path / "contract" / "amplify-android" / "testsuites").mkdir(parents=True)
    done = run_ci(make_that_only_tells, tmp_path)
    assert done.returncode == 0, done.stderr
    told = [f"make {word} with contract required, clients required" for word in ("browser", "test", "test-lowest")]
    assert done.stdout.splitlines() == told
