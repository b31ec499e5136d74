"""``authsteps triggers check`` finds the functions, checks them, and says so to a person or to a program."""

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version
from typer.testing import CliRunner, Result

from authsteps.adapters.lambda_triggers.linter import RULES
from authsteps.adapters.terminal import app

CORPUS = Path(__file__).parents[1] / "lambda_triggers" / "corpus"
BROKEN = sorted(path for path in (CORPUS / "broken").glob("*/*") if path.name != "__pycache__")
GOOD = sorted(path for path in (CORPUS / "good").glob("*/*") if path.name != "__pycache__")
ENDLESS = CORPUS / "broken" / "python" / "endless-challenges.py"

PROGRAM = """
import sys
from datetime import timedelta
from functools import partial
from authsteps.adapters.terminal import main
room = sys.modules["authsteps.adapters.terminal.triggers"]
room.check_triggers = partial(room.check_triggers, time_limit=timedelta(seconds=2))
sys.argv = ["authsteps", "triggers", "check", sys.argv[1], "--json"]
main()
"""
"""The command with less patience than the service has."""


def check(*arguments: str | Path) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["triggers", "check", *map(str, arguments)])


def named(path: Path) -> str:
    return path.relative_to(CORPUS).as_posix()


class TestTheCorpus:
    @pytest.mark.parametrize("path", BROKEN, ids=named)
    def test_of_a_broken_set_exactly_its_fault_is_found(self, path: Path) -> None:
        result = check(path, "--json", *(["--call"] if (path / "create.js").exists() or "create" in text(path) else []))
        *findings, done = [json.loads(line) for line in result.stdout.splitlines()]
        assert [finding["rule"] for finding in findings] == [path.stem]
        assert done["findings"] == 1
        assert result.exit_code == 1

    @pytest.mark.parametrize("path", GOOD, ids=named)
    @pytest.mark.parametrize("how", [(), ("--call",)], ids=["Define alone", "all three"])
    def test_of_a_good_set_nothing_is_found(self, path: Path, how: tuple[str, ...]) -> None:
        result = check(path, "--json", *how)
        (done,) = [json.loads(line) for line in result.stdout.splitlines()]
        assert done["findings"] == 0
        assert bool(done["calls"]) == bool(how)
        assert result.exit_code == 0

    def test_there_is_a_broken_set_for_every_rule_in_both_languages(self) -> None:
        for language in ("python", "javascript"):
            assert {path.stem for path in BROKEN if path.parent.name == language} == {rule.id for rule in RULES}

    def test_both_languages_have_the_same_good_sets_and_one_is_declared(self) -> None:
        names = {
            language: {path.stem.replace("_", "-") for path in GOOD if path.parent.name == language}
            for language in ("python", "javascript")
        }
        assert names["python"] == names["javascript"] | {"declared"}


class TestTheReport:
    def test_a_person_reads_what_is_wrong_where_it_shows_and_what_to_do(self) -> None:
        shown = " ".join(check(ENDLESS).stdout.split())
        assert shown.startswith("✗ endless-challenges Define goes on asking: there is no end to the tries.")
        assert "sequence [] -> CUSTOM_CHALLENGE wrong (10 times) -> CUSTOM_CHALLENGE" in shown
        assert "remedy Count the entries of session" in shown
        assert shown.endswith("1 fault in 42 sequences of up to 10 answers")

    def test_a_person_sees_what_a_good_set_does(self) -> None:
        shown = check(CORPUS / "good" / "python" / "three_tries").stdout
        assert shown.splitlines()[0] == "✓ no fault in 8 sequences of up to 10 answers"
        assert shown.splitlines()[1:] == [
            "[] -> CUSTOM_CHALLENGE",
            "├── right -> issueTokens",
            "└── wrong -> CUSTOM_CHALLENGE",
            "    ├── right -> issueTokens",
            "    └── wrong -> CUSTOM_CHALLENGE",
            "        ├── right -> issueTokens",
            "        └── wrong -> failAuthentication",
            "[SRP_A] -> failAuthentication",
        ]

    def test_a_program_gets_the_session_that_shows_it(self) -> None:
        result = check(CORPUS / "broken/python/tokens-without-challenge.py", "--json")
        finding = json.loads(result.stdout.splitlines()[0])
        assert finding["session"] == [{"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False}]
        assert finding["trigger"] == "DefineAuthChallenge"

    def test_what_the_functions_print_is_no_part_of_it(self) -> None:
        result = check(CORPUS / "good" / "python" / "three_tries", "--json")
        assert "entries" in result.stderr
        assert "entries" not in result.stdout

    def test_nor_is_what_their_children_print_and_one_that_hangs_does_not_hold_it_up(self, tmp_path: Path) -> None:
        (tmp_path / "handlers.py").write_text(
            "import subprocess\n"
            "def define(event, context):\n"
            "    subprocess.run(['echo', 'from a child'], check=True)\n"
            "    while event['request']['session']: pass\n"
            "    return {**event, 'response': {'failAuthentication': True}}\n"
        )
        done = subprocess.run(  # noqa: S603  # our own interpreter, our own text
            [sys.executable, "-c", PROGRAM, str(tmp_path / "handlers.py")],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        finding, whole = [json.loads(line) for line in done.stdout.splitlines()]
        assert finding["sequence"] == "[SRP_A] -> Define does not answer in time"
        assert whole["sequences"] == 2
        assert "from a child" in done.stderr
        assert done.returncode == 1

    def test_it_is_the_same_every_time(self) -> None:
        assert check(ENDLESS).stdout == check(ENDLESS).stdout

    def test_the_readme_shows_what_is_printed_today(self) -> None:
        readme = (Path(__file__).parents[3] / "README.md").read_text("utf-8")
        (shown,) = re.findall(r"^\$ authsteps triggers check define\.js\n(.*?)^```", readme, re.DOTALL | re.MULTILINE)
        printed = check(CORPUS / "broken" / "javascript" / "tokens-after-failed-password" / "define.js").stdout
        assert [line.rstrip() for line in printed.splitlines()] == shown.splitlines()

    def test_the_bound_can_be_chosen(self) -> None:
        assert "CUSTOM_CHALLENGE wrong (3 times) -> CUSTOM_CHALLENGE" in check(ENDLESS, "--bound", "3").stdout

    def test_one_is_told_from_many(self) -> None:
        shown = check(ENDLESS, "--bound", "1").stdout
        assert "It still asks after 1 answer." in shown
        assert "sequences of up to 1 answer\n" in shown


class TestCalling:
    def test_it_says_that_the_functions_run_for_real_and_for_whom(self) -> None:
        result = check(CORPUS / "good/python/two_challenges.py", "--call", "--user-attribute", "email=me@example.com")
        assert "run for real, for me@example.com: they may send messages" in result.stderr
        assert "CreateAuthChallenge 2 calls, VerifyAuthChallengeResponse 2 calls" in result.stdout

    def test_without_being_told_it_calls_neither(self, tmp_path: Path) -> None:
        (tmp_path / "all.py").write_text(
            "def define(event, context):\n"
            "    passed = [entry['challengeResult'] for entry in event['request']['session']]\n"
            "    response = event['response']\n"
            "    if not passed: response['challengeName'] = 'CUSTOM_CHALLENGE'\n"
            "    elif passed == [True] and event['request']['session'][0]['challengeName'] != 'SRP_A':\n"
            "        response['issueTokens'] = True\n"
            "    else: response['failAuthentication'] = True\n"
            "    return event\n"
            "def create(event, context): raise RuntimeError('create runs')\n"
            "def verify(event, context): raise RuntimeError('verify runs')\n"
        )
        assert check(tmp_path / "all.py").exit_code == 0
        called = check(tmp_path / "all.py", "--call")
        assert called.exit_code == 1
        assert "create runs" in called.stdout

    def test_with_nothing_to_call_it_is_refused(self) -> None:
        result = check(ENDLESS, "--call")
        assert result.exit_code == 2
        assert "there is neither Create nor Verify to call" in " ".join(result.stderr.split())


class TestFindingTheFunctions:
    def test_each_can_be_named(self) -> None:
        folder = CORPUS / "good" / "python" / "three_tries"
        result = check("--define", f"{folder / 'define_auth_challenge.py'}:lambda_handler")
        assert result.exit_code == 0

    def test_one_that_is_named_counts_for_more_than_the_file(self) -> None:
        good = CORPUS / "good" / "javascript" / "password-then-custom"
        assert check(good, "--define", f"{ENDLESS}:define_auth_challenge").exit_code == 1

    @pytest.mark.parametrize(
        ("arguments", "problem"),
        [
            ((), "give a FILE that holds Define, or --define"),
            (("nowhere.py",), "nowhere.py: there is no such file or folder"),
            ((CORPUS / "broken/javascript/leaked-parameter/create.js",), "holds CreateAuthChallenge alone"),
            (("--define", "nowhere.py:define"), "nowhere.py"),
            ((ENDLESS, "--bound", "-1"), "--bound"),
            ((ENDLESS, "--user-attribute", "email"), "give NAME=VALUE"),
        ],
    )
    def test_what_is_missing_is_said(self, arguments: tuple[str | Path, ...], problem: str) -> None:
        result = check(*arguments)
        assert result.exit_code == 2
        assert problem in " ".join(result.stderr.replace("│", " ").split())
        assert result.stdout == ""


class TestWhatCannotBeRun:
    """A file that cannot be loaded is no fault of Define's, and the same whatever it is written in."""

    @pytest.mark.parametrize(
        ("name", "text", "problem"),
        [
            ("define.py", "def handler(event, context)\n", "expected ':'"),
            ("define.py", "import nowhere\nhandler = print\n", "No module named 'nowhere'"),
            ("define.py", "handler = print\nraise ValueError('not today')\n", "not today"),
            ("define.js", "exports.handler = async (event => {", "SyntaxError: "),
            ("define.js", "require('nowhere'); exports.handler = async () => {}", "Cannot find module 'nowhere'"),
            ("define.mjs", "import 'nowhere'\nexport const handler = 1", "Cannot find package 'nowhere'"),
            ("define.js", "exports.handler = 1; throw new Error('not today')", "cannot be loaded: not today"),
            ("define.js", "exports.handler = 1", "define.handler is not a function"),
            ("define.py", "handler = print\nraise SystemExit(3)\n", "SystemExit: 3"),
            ("define.js", "exports.handler = 1; process.exit(3)", "Runtime exited with error: exit status 3"),
        ],
    )
    def test_is_said_with_an_exit_status_of_its_own(self, tmp_path: Path, name: str, text: str, problem: str) -> None:
        (tmp_path / name).write_text(text)
        result = check(tmp_path / name)
        assert problem in words(result.stderr)
        assert result.exit_code == 2
        assert result.stdout == ""

    @pytest.mark.parametrize("place", ["define.js:decide", "define.py:decide"], ids=["in JavaScript", "in Python"])
    def test_nor_can_a_function_that_is_not_there(self, tmp_path: Path, place: str) -> None:
        (tmp_path / place.partition(":")[0]).write_text("")
        assert check("--define", tmp_path / place).exit_code == 2

    @pytest.mark.parametrize("name", ["create", "verify"])
    def test_create_and_verify_count_where_they_are_called(self, tmp_path: Path, name: str) -> None:
        for path in (CORPUS / "good" / "javascript" / "password-then-custom").iterdir():
            (tmp_path / path.name).write_text(path.read_text())
        (tmp_path / f"{name}.js").write_text("exports.handler = ")
        assert check(tmp_path).exit_code == 0
        called = check(tmp_path, "--call")
        assert "cannot be loaded: SyntaxError" in words(called.stderr)
        assert called.exit_code == 2


@pytest.mark.skipif(
    Version(version("typer")) < Version("0.27.1"),
    reason="older ones join the lines at the end of a help text",
)
def test_help_says_what_every_rule_is_about_in_a_column_of_its_own() -> None:
    shown = CliRunner().invoke(app, ["triggers", "check", "--help"], env={"COLUMNS": "80"}).stdout
    lines = shown[shown.index("RULES") :].splitlines()[1:]
    column = 1 + max(len(rule.id) for rule in RULES) + 2
    assert {line[:column].strip() for line in lines} == {"", *(rule.id for rule in RULES)}
    assert " ".join(line[column:].strip() for line in lines).split() == " ".join(rule.fault for rule in RULES).split()


def test_help_names_every_rule() -> None:
    shown = " ".join(check("--help").stdout.split())
    assert all(rule.id in shown for rule in RULES)


def words(shown: str) -> str:
    """What stands in a box, in one line."""
    return " ".join(shown.replace("│", " ").split())


def text(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
