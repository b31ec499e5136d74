"""What the linter of triggers found, for a person or for a program."""

import json
from collections.abc import Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from authsteps.adapters.lambda_triggers.linter import (
    Finding,
    Report,
    Session,
    Visit,
    answers_in,
    counted,
    ending_of,
    in_words,
)

from .output import show_pairs
from .prompts import printable

__all__ = ["print_report", "print_report_as_json"]

_MOST_LINES: Final = 40
"""How much of a tree is drawn."""


def print_report(screen: Console, report: Report) -> None:
    """Print what is wrong and what to do, or what a set without a fault does."""
    for finding in report.findings:
        screen.print(f"[bold red]✗ {finding.rule.id}[/bold red]  {escape(finding.rule.fault)}", highlight=False)
        show_pairs(screen, {"sequence": finding.sequence, "problem": finding.problem, "remedy": finding.rule.remedy})
        screen.print()
    sequences, answers = counted(len(report.visits), "sequence"), counted(report.bound, "answer")
    walked = f"in {sequences} of up to {answers}{_calls(report)}"
    if report.findings:
        screen.print(f"[bold red]{counted(len(report.findings), 'fault')}[/bold red] {walked}", highlight=False)
        return
    screen.print(f"[bold green]✓ no fault[/bold green] {walked}", highlight=False)
    for tree in _trees(report.visits):
        screen.print(tree, highlight=False)
    if len(report.visits) > _MOST_LINES:
        screen.print(f"... and {len(report.visits) - _MOST_LINES} more", highlight=False)


def print_report_as_json(screen: Console, report: Report) -> None:
    """Print one object for each finding, and one for the whole."""
    lines: list[Mapping[str, object]] = [_finding(finding) for finding in report.findings]
    done = {
        "kind": "done",
        "findings": len(report.findings),
        "sequences": len(report.visits),
        "bound": report.bound,
        "calls": {trigger.value: number for trigger, number in report.calls.items()},
    }
    for line in (*lines, done):
        screen.out(json.dumps(line), highlight=False)


def _finding(finding: Finding) -> Mapping[str, object]:
    return {
        "kind": "finding",
        "rule": finding.rule.id,
        "fault": finding.rule.fault,
        "trigger": finding.trigger.value,
        "sequence": finding.sequence,
        "session": [
            {"challengeName": entry.challenge_name, "challengeResult": entry.challenge_result}
            for entry in finding.session
        ],
        "problem": finding.problem,
        "remedy": finding.rule.remedy,
    }


def _calls(report: Report) -> str:
    calls = [f"{trigger} {counted(number, 'call')}" for trigger, number in report.calls.items()]
    return f"; {', '.join(calls)}" if calls else ""


def _trees(visits: Sequence[Visit]) -> Sequence[Tree]:
    """Draw what Define answers, one tree for each beginning, the shortest sequences first."""
    trees: dict[Session, Tree] = {}
    beginnings: list[Tree] = []
    for visit in visits[:_MOST_LINES]:
        if not answers_in(visit.session):
            trees[visit.session] = Tree(_line(in_words(visit.session), visit))
            beginnings.append(trees[visit.session])
        else:
            above, last = trees[visit.session[:-1]], visit.session[-1]
            trees[visit.session] = above.add(_line("right" if last.challenge_result else "wrong", visit))
    return beginnings


def _line(way: str, visit: Visit) -> str:
    ending = escape(printable(ending_of(visit)))
    return f"{escape(way)} -> {f'[bold green]{ending}[/bold green]' if visit.issues_tokens else ending}"
