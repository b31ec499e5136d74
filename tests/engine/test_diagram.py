"""A diagram shows every state and every row of a flow, and each group once; the same flow gives the same text."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest

from authsteps.engine.diagram import dot, mermaid
from authsteps.engine.flow import Flow
from tests.engine.toy_flow import State, Visit, visit

Draw = Callable[[Flow[State, Visit]], str]
DRAWINGS: dict[str, Draw] = {"mermaid": mermaid, "dot": dot}
drawings = pytest.mark.parametrize("draw", DRAWINGS.values(), ids=DRAWINGS)

ARROWS = {
    ("OUTSIDE", "KNOCKING", "Knocked"),
    ("KNOCKING", "GREETING", "Heard [is_resident]"),
    ("KNOCKING", "AWAITING_CODE", "Heard [not is_resident]"),
    ("AWAITING_CODE", "CHECKING_CODE", "CodeAnswered"),
    ("CHECKING_CODE", "GREETING", "CodeAccepted"),
    ("CHECKING_CODE", "TURNED_AWAY", "CodeRefused [had_three_tries]"),
    ("CHECKING_CODE", "AWAITING_CODE", "CodeRefused"),
    ("GREETING", "GREETING", "ToldToWait"),
    ("GREETING", "AWAITING_CODE", "DoubtRaised"),
    ("GREETING", "INSIDE", "Greeted"),
    ("AT_THE_DOOR", "TURNED_AWAY", "SentAway"),
    ("KNOCKING", "AT_THE_DOOR", "of"),
    ("CHECKING_CODE", "AT_THE_DOOR", "of"),
    ("GREETING", "AT_THE_DOOR", "of"),
}


ARROW_OF_DOT = r'^\s*(\w+) -> (\w+) \[label=("[^"]*"|\w+)( .*)?\]$'


def arrows_of_mermaid(text: str) -> list[tuple[str, str, str]]:
    return re.findall(r"^ *(\w+) --> (\w+): (.+)$", text, re.MULTILINE)


def arrows_of_dot(text: str) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str, str]] = re.findall(ARROW_OF_DOT, text, re.MULTILINE)
    return [(source, target, label.strip('"')) for source, target, label, _ in found]


def test_mermaid_has_an_arrow_for_every_row_with_its_guards() -> None:
    arrows = arrows_of_mermaid(mermaid(visit))
    assert set(arrows) == ARROWS
    assert len(arrows) == len(ARROWS)


def test_dot_has_an_arrow_for_every_row_with_its_guards() -> None:
    arrows = arrows_of_dot(dot(visit))
    assert set(arrows) == ARROWS
    assert len(arrows) == len(ARROWS)


def test_mermaid_has_a_box_for_every_state_with_what_it_holds_and_one_for_the_group() -> None:
    boxes = dict(re.findall(r'^ *state "(.+)" as (\w+)$', mermaid(visit), re.MULTILINE))
    assert boxes == {
        "OUTSIDE": "OUTSIDE",
        "KNOCKING<br/>Knock": "KNOCKING",
        "AWAITING_CODE<br/>EnterCode": "AWAITING_CODE",
        "CHECKING_CODE<br/>CheckCode": "CHECKING_CODE",
        "GREETING<br/>Greet": "GREETING",
        "INSIDE<br/>Welcome": "INSIDE",
        "TURNED_AWAY": "TURNED_AWAY",
        "AT_THE_DOOR: any of them": "AT_THE_DOOR",
    }


def test_dot_has_a_box_for_every_state_with_what_it_holds_and_one_for_the_group() -> None:
    boxes = dict(re.findall(r'^\t(\w+) \[label="(.+?)\\l"', dot(visit), re.MULTILINE))
    assert boxes == {
        "OUTSIDE": "OUTSIDE",
        "KNOCKING": r"KNOCKING\nKnock",
        "AWAITING_CODE": r"AWAITING_CODE\nEnterCode",
        "CHECKING_CODE": r"CHECKING_CODE\nCheckCode",
        "GREETING": r"GREETING\nGreet",
        "INSIDE": r"INSIDE\nWelcome",
        "TURNED_AWAY": "TURNED_AWAY",
        "AT_THE_DOOR": "AT_THE_DOOR: any of them",
    }


def test_dot_colours_states_by_what_they_wait_for() -> None:
    fills = dict(re.findall(r'^\t(\w+) \[.*fillcolor="(.+?)"', dot(visit), re.MULTILINE))
    assert fills["KNOCKING"] == fills["GREETING"] != fills["AWAITING_CODE"]
    assert fills["INSIDE"] == fills["TURNED_AWAY"] != fills["AT_THE_DOOR"]
    assert len(set(fills.values())) == 4


def test_dot_draws_faintly_who_is_of_a_group_and_places_nothing_by_it() -> None:
    faint = re.findall(r"^\s*(\w+) -> (\w+) \[label=of .*constraint=false.*style=dashed\]$", dot(visit), re.MULTILINE)
    assert sorted(faint) == sorted((source, target) for source, target, label in ARROWS if label == "of")
    assert dot(visit).count("constraint=false") == len(faint)


def test_dot_has_the_initial_state_on_the_left() -> None:
    assert "rankdir=LR" in dot(visit)
    assert "\t{rank=source; OUTSIDE}\n" in dot(visit)


def test_mermaid_says_where_a_run_starts_and_what_the_flow_is_called() -> None:
    text = mermaid(visit)
    assert text.startswith("---\ntitle: visit\n---\nstateDiagram-v2\n")
    assert text.endswith("[*] --> OUTSIDE\n")
    assert dot(visit).startswith("digraph visit {")


@pytest.mark.parametrize(
    ("state", "style"),
    [
        ("OUTSIDE", "default"),
        ("KNOCKING", "working"),
        ("AWAITING_CODE", "waiting"),
        ("INSIDE", "final"),
        ("TURNED_AWAY", "final"),
        ("AT_THE_DOOR", "group"),
    ],
)
def test_mermaid_colours_a_state_by_what_it_waits_for(state: str, style: str) -> None:
    text = mermaid(visit)
    assert f"Class {state} s_{style}\n" in text
    assert f"classDef s_{style} " in text


@drawings
def test_the_same_flow_gives_the_same_text(draw: Draw) -> None:
    assert draw(visit) == draw(visit)


@drawings
def test_the_text_does_not_depend_on_the_order_of_sets(draw: Draw) -> None:
    program = f"from tests.engine.toy_flow import visit; from authsteps.engine import {draw.__name__} as draw"
    texts = {
        subprocess.run(  # noqa: S603  # this very interpreter, with a program of our own
            [sys.executable, "-W", "error", "-c", f"{program}; print(draw(visit), end='')"],
            check=True,
            capture_output=True,
            text=True,
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert texts == {draw(visit)}


@drawings
def test_drawing_a_flow_leaves_it_as_it_was(draw: Draw) -> None:
    rows = visit.edges
    draw(visit)
    assert visit.edges is rows
    assert {trigger.machine.models == [] for trigger in vars(visit)["_triggers"].values()} == {True}


def test_dot_without_graphviz_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'authsteps\[dot\]'"):
        dot(visit)
    assert mermaid(visit)


def test_a_group_without_some_states_is_led_into_by_the_whole_group_alone() -> None:
    (sent_away,) = (row for row in visit.edges if row.group is not None)
    whole = sent_away.group
    assert whole is not None
    rest = whole.but(State.KNOCKING)
    rows = [attrs.evolve(row, sources=rest.states, group=rest) if row is sent_away else row for row in visit.edges]
    nodes = [*visit.nodes.values()]
    smaller = Flow("visit", version=1, context=Visit, initial=visit.initial, nodes=nodes, edges=rows)
    arrows = set(arrows_of_mermaid(mermaid(smaller)))
    assert {arrow for arrow in arrows if "AT_THE_DOOR" in arrow[0] or "AT_THE_DOOR" in arrow[1]} == {
        *(arrow for arrow in ARROWS if arrow[1] == "AT_THE_DOOR"),
        ("AT_THE_DOOR", rest.name, "of"),
        (rest.name, "TURNED_AWAY", "SentAway"),
    }
    assert f'"{rest.name}: any of the others" as {rest.name}' in mermaid(smaller)
