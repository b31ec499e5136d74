"""``authsteps flow`` prints the declared graphs."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from authsteps.adapters.fake import sign_in_ladder
from authsteps.adapters.terminal import app
from authsteps.flows import FLOWS

EXAMPLES = Path(__file__).parents[3] / "examples"
ALL = {**FLOWS, sign_in_ladder.name: sign_in_ladder}


def flow(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, ["flow", *arguments])


def test_without_a_name_it_lists_the_flows() -> None:
    assert flow().stdout.split() == ["sign_in", "sign_up", "reset_password", "sign_in_ladder"]


@pytest.mark.parametrize("name", ALL)
def test_it_prints_mermaid_with_every_state_and_event(name: str) -> None:
    printed = flow(name).stdout
    assert "stateDiagram-v2" in printed
    assert all(f" as {state.name}\n" in printed for state in ALL[name].nodes)
    assert all(edge.event.__name__ in printed for edge in ALL[name].edges)


@pytest.mark.parametrize("name", ALL)
def test_as_a_table_it_prints_every_state_and_event(name: str) -> None:
    printed = flow(name, "--table").stdout
    assert all(state.name in printed for state in ALL[name].nodes)
    assert all(edge.event.__name__ in printed for edge in ALL[name].edges)


@pytest.mark.parametrize("name", ALL)
def test_as_json_it_prints_one_object_for_each_state_and_row(name: str) -> None:
    lines = [json.loads(line) for line in flow(name, "--json").stdout.splitlines()]
    assert sum(line["kind"] == "state" for line in lines) == len(ALL[name].nodes)
    assert sum(line["kind"] == "row" for line in lines) == len(ALL[name].edges)


def test_as_dot_it_prints_a_digraph() -> None:
    assert flow("sign_in", "--dot").stdout.startswith("digraph")


@pytest.mark.parametrize("forms", [("--table", "--dot"), ("--dot", "--json"), ("--table", "--json")])
def test_it_is_printed_in_one_form(forms: tuple[str, str]) -> None:
    result = flow("sign_in", *forms)
    assert result.exit_code == 2
    assert "exclude each other" in result.output


def test_without_graphviz_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> str:
        raise ModuleNotFoundError("install authsteps[dot]")

    monkeypatch.setattr(sys.modules["authsteps.adapters.terminal.app"], "dot", missing)  # the face hides the module
    result = flow("sign_in", "--dot")
    assert result.exit_code == 1
    assert "install authsteps[dot]" in result.output


def test_a_name_that_is_none_is_refused_with_the_names_that_are() -> None:
    result = flow("sign_on")
    assert result.exit_code == 2
    assert "there is no flow 'sign_on'" in result.output


# Flows that stand in files of one's own


DECLARED = """
from authsteps.flows import Challenge, CustomAuthFlow
print("the file runs")
picture = Challenge("PICTURE", print, bool, tries=2)
flow = the_same = CustomAuthFlow("captcha", [picture], password_first=True)
number = 7
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file that declares a flow, prints something, and holds other things as well."""
    path = tmp_path / "mine.py"
    path.write_text(DECLARED)
    return path


@pytest.mark.parametrize("name", ["", ":flow", ":the_same"])
def test_a_custom_auth_flow_of_a_file_is_drawn_by_its_name_or_as_the_only_one_there(file: Path, name: str) -> None:
    printed = flow(f"{file}{name}")
    assert printed.stdout.startswith("---\ntitle: captcha\n---\nstateDiagram-v2")
    assert "PROVING_PASSWORD --> AWAITING_PICTURE: PasswordProved" in printed.stdout
    assert "the file runs" in printed.stderr


def test_so_is_a_flow_of_the_engines_own() -> None:
    printed = flow(f"{EXAMPLES / 'own_flow.py'}:invitation").stdout
    assert "title: invitation" in printed
    assert "MAILING --> AWAITING_CODE: MailSent" in printed


@pytest.mark.parametrize(
    ("how", "begins"), [("--dot", "digraph captcha"), ("--table", "captcha: what"), ("--json", '{"kind": "state"')]
)
def test_it_is_shown_in_every_way_that_the_others_are(file: Path, how: str, begins: str) -> None:
    assert flow(str(file), how).stdout.startswith(begins)


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        (None, "", "there is no such file"),
        (None, ":flow", "there is no such file"),
        ("def flow(:", "", "it raises SyntaxError: "),
        ("raise KeyError('home')", "", "it raises KeyError: 'home'"),
        ("raise SystemExit(3)", "", "it raises SystemExit: 3"),
        (
            "from authsteps.flows import *\nflow = CustomAuthFlow('empty', [])",
            ":flow",
            "it raises DeclarationError: flow 'empty' is malformed; mend its declaration: - it has no challenge",
        ),
        ("number = 7", "", "it declares no flow"),
        ("number = 7", ":flow", "there is no flow 'flow' in it; it declares none"),
        ("number = 7", ":number", "number is no flow but of type int; it declares none"),
        (DECLARED, ":number", "number is no flow but of type int; it declares flow, the_same"),
        (DECLARED, ":sign_in", "there is no flow 'sign_in' in it; it declares flow, the_same"),
        (
            f"{DECLARED}\nanother = CustomAuthFlow('another', [picture])",
            "",
            "it declares flow, the_same, another; say which, as in mine.py:flow",
        ),
    ],
)
def test_what_is_missing_or_unclear_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, name: str, problem: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if text is not None:
        Path("mine.py").write_text(text)
    result = flow(f"mine.py{name}")
    assert result.exit_code == 2
    assert f"Invalid value for NAME: mine.py: {problem}" in " ".join(result.stderr.replace("│", " ").split())
    assert not result.stdout


def test_a_name_that_is_none_is_refused_with_how_to_name_one_of_a_file() -> None:
    assert "PATH.py:NAME" in flow("captcha").stderr
