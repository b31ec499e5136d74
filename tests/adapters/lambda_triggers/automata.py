"""Small Define functions made up at random, and another way of finding their faults.

A function is a table: its state after a right and after a wrong answer, and what it says in each state. The oracle
knows nothing of walks that go level by level: it looks at every list of right and wrong answers there can be.
"""

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Final, cast

import attrs
from hypothesis import strategies as st

from authsteps.adapters.lambda_triggers import FunctionRaisedError, Trigger, write_answer
from authsteps.flows.model import Json

__all__ = ["Automaton", "automata", "faults"]

ANSWERS: Final[Mapping[str, Mapping[str, Json]]] = {
    "custom": {"challengeName": "CUSTOM_CHALLENGE"},
    "password": {"challengeName": "PASSWORD_VERIFIER", "issueTokens": False, "failAuthentication": False},
    "code": {"challengeName": "SOFTWARE_TOKEN_MFA"},
    "misspelt": {"challengeName": "CUSTOM_CHALENGE"},
    "srp": {"challengeName": "SRP_A"},
    "tokens": {"issueTokens": True, "challengeName": "CUSTOM_CHALLENGE"},
    "failure": {"failAuthentication": True, "challengeName": "NONSENSE"},
    "both": {"issueTokens": True, "failAuthentication": True},
    "neither": {"issueTokens": False, "failAuthentication": False, "challengeName": ""},
    "nothing": {},
    "number": {"issueTokens": 1},
    "raise": {},
}
DEMANDS: Final = {"custom": "CUSTOM_CHALLENGE", "password": "PASSWORD_VERIFIER", "code": "SOFTWARE_TOKEN_MFA"}


@attrs.frozen
class Automaton:
    """A Define function.

    Attributes:
        says: What it says in each state; a key of ``ANSWERS``.
        right: Where a right answer leads from each state.
        wrong: Where a wrong one leads.
        begins: Its states at the two beginnings.
    """

    says: tuple[str, ...]
    right: tuple[int, ...]
    wrong: tuple[int, ...]
    begins: tuple[int, int]

    def state(self, *, srp: bool, answers: Sequence[bool]) -> int:
        """The state after some answers."""
        state = self.begins[srp]
        for answer in answers:
            state = (self.right if answer else self.wrong)[state]
        return state

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        """Answer as a function behind the trigger would."""
        request = cast("Mapping[str, list[Mapping[str, Json]]]", event["request"])
        entries = request["session"]
        srp = bool(entries) and entries[0]["challengeName"] == "SRP_A"
        answers = [bool(entry["challengeResult"]) for entry in entries[srp:]]
        said = self.says[self.state(srp=srp, answers=answers)]
        if said == "raise":
            raise FunctionRaisedError(trigger, "made up")
        return write_answer(event, **ANSWERS[said])


@st.composite
def automata(draw: st.DrawFn) -> Automaton:
    """Functions of at most five states."""
    size = draw(st.integers(1, 5))
    states = st.integers(0, size - 1)
    row = st.tuples(*[states] * size)
    says = st.tuples(*[st.sampled_from([*DEMANDS, "custom", "custom", *ANSWERS])] * size)
    return Automaton(draw(says), draw(row), draw(row), draw(st.tuples(states, states)))


def faults(function: Automaton, bound: int) -> Mapping[str, int]:
    """Return, for each rule that the function breaks, how many answers it takes at least to show it."""
    found: dict[str, int] = {}
    successes = cuts = 0
    for srp, length in product((False, True), range(bound + 1)):
        for answers in product((True, False), repeat=length):
            names = names_on_the_way(function, srp=srp, answers=answers)
            if names is None:
                continue
            said = function.says[function.state(srp=srp, answers=answers)]
            rule = rule_of(said, srp=srp, names=names, answers=answers, bound=bound)
            successes += said == "tokens"
            cuts += rule in {"unknown-challenge", "both-or-neither", "no-usable-answer"}
            if rule is not None:
                found[rule] = min(length, found.get(rule, length))
    if not successes and not cuts:
        found["success-unreachable"] = min(right_answers(function, bound), key=lambda length: (length == 0, length))
    return found


def names_on_the_way(function: Automaton, *, srp: bool, answers: Sequence[bool]) -> list[str] | None:
    """Return the challenges that are put on the way, or ``None`` if the way ends before the answers do."""
    on_the_way = [function.says[function.state(srp=srp, answers=answers[:number])] for number in range(len(answers))]
    if not all(said in DEMANDS and (said != "password" or srp) for said in on_the_way):
        return None
    return [DEMANDS[said] for said in on_the_way]


def right_answers(function: Automaton, bound: int) -> list[int]:
    """Return how far right answers alone lead from each beginning."""
    return [
        max(
            length
            for length in range(bound + 1)
            if names_on_the_way(function, srp=srp, answers=[True] * length) is not None
        )
        for srp in (False, True)
    ]


def rule_of(said: str, *, srp: bool, names: Sequence[str], answers: Sequence[bool], bound: int) -> str | None:
    """Return the rule that is broken by what is said after these answers."""
    proofs = [answer for name, answer in zip(names, answers, strict=True) if name == "PASSWORD_VERIFIER"]
    match said:
        case "raise" | "number":
            return "no-usable-answer"
        case "both" | "neither" | "nothing":
            return "both-or-neither"
        case "tokens" if proofs and not proofs[-1]:
            return "tokens-after-failed-password"
        case "tokens" if True not in answers:
            return "tokens-without-challenge"
        case "misspelt" | "srp":
            return "unknown-challenge"
        case "password" if not srp:
            return "unknown-challenge"
        case "custom" | "password" | "code" if len(answers) == bound:
            return "endless-challenges"
        case _:
            return None
