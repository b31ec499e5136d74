"""``authsteps flow`` prints the declared graphs."""

import json
import sys

import pytest
from typer.testing import CliRunner, Result

from authsteps.adapters.fake import sign_in_ladder
from authsteps.adapters.terminal import app
from authsteps.flows import FLOWS

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
