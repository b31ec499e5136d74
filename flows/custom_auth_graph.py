"""A custom-auth flow as a graph: what the service lists of an attempt comes in as events, what Define answers is held.

The attempt begins, with the password offered or without. If the password comes first, its proof is demanded. Then one
challenge after another is demanded, as often as each has tries. A right answer to the last one allows tokens; anything
that the present state does not expect ends the attempt without them.

Which try it is stands in the context, not in states. Challenges of the service's own, such as a second factor after
the password, pass by: they move nothing, unless they failed.

Source: Cognito developer guide, 'Custom authentication challenge Lambda triggers' and 'Define Auth challenge Lambda
trigger'.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from itertools import pairwise
from typing import ClassVar, Final, TypeAlias, cast

import attrs

from authsteps.engine.checks import passes
from authsteps.engine.flow import Edge, Flow, Node, final, on, working
from authsteps.engine.messages import Effect, Event, Step

from .model import ChallengeName

__all__ = [
    "AnsweredChallenge",
    "ChallengeFailed",
    "ChallengePassed",
    "CustomAuthContext",
    "DemandChallenge",
    "DemandPasswordProof",
    "FailAuthentication",
    "IssueTokens",
    "NothingOffered",
    "Outstanding",
    "PasswordOffered",
    "PasswordProofFailed",
    "PasswordProved",
    "ServiceChallengeFailed",
    "ServiceChallengePassed",
    "UnexpectedEntry",
    "custom_auth_graph",
    "events_of",
    "shortcuts",
    "state_of",
    "user_exists",
]


@attrs.frozen
class AnsweredChallenge:
    """One challenge of an attempt that is behind the user, as the service lists it for Define and Create.

    Attributes:
        name: Such as ``SRP_A``, ``PASSWORD_VERIFIER`` or ``CUSTOM_CHALLENGE``; not the name of a declared challenge.
        passed: Whether the answer was right.
        metadata: What Create noted of it.

    Source: Cognito developer guide, 'Define Auth challenge Lambda trigger', ``session``.
    """

    name: str
    passed: bool
    metadata: str | None = attrs.field(default=None, repr=False)


# Events: all of them from the service's list.


@attrs.frozen
class PasswordOffered(Event):
    """The attempt begins, and the client offers to prove the password."""


@attrs.frozen
class NothingOffered(Event):
    """The attempt begins, and the client offers nothing."""


@attrs.frozen
class PasswordProved(Event):
    """The password was proved."""


@attrs.frozen
class PasswordProofFailed(Event):
    """The proof of the password was wrong. The service refuses by itself then, and need not list it."""


@attrs.frozen
class ChallengePassed(Event):
    """The answer to a declared challenge was right."""


@attrs.frozen
class ChallengeFailed(Event):
    """The answer to a declared challenge was wrong."""


@attrs.frozen
class ServiceChallengePassed(Event):
    """A challenge that the service put by itself was passed: a second factor, a device, a new password."""


@attrs.frozen
class ServiceChallengeFailed(Event):
    """A challenge that the service put by itself was not passed."""


@attrs.frozen
class UnexpectedEntry(Event):
    """The list holds what this version does not know. No state accepts it."""


# Effects and steps: what Define answers.


@attrs.frozen
class DemandPasswordProof(Effect):
    """Have the service ask for the proof of the password, ``PASSWORD_VERIFIER``."""

    answers: ClassVar = (PasswordProved, PasswordProofFailed)


@attrs.frozen
class DemandChallenge(Effect):
    """Have a declared challenge put to the user, ``CUSTOM_CHALLENGE``.

    Attributes:
        challenge: Which, by its declared name.
        try_number: Which try at it this is, from 1.
        tries_left: How many answers are left, this one included.
    """

    answers: ClassVar = (ChallengePassed, ChallengeFailed, ServiceChallengePassed, ServiceChallengeFailed)

    challenge: str
    try_number: int
    tries_left: int


@attrs.frozen
class IssueTokens(Step):
    """It is enough: the user gets tokens."""


@attrs.frozen
class FailAuthentication(Step):
    """It is over: no tokens, and no further answer counts."""


Outstanding: TypeAlias = DemandPasswordProof | DemandChallenge | IssueTokens | FailAuthentication
"""What Define can answer."""


@attrs.frozen
class CustomAuthContext:
    """What an attempt remembers.

    Attributes:
        user_not_found: Whether there is no such user, which the client is not told.
        position: Which challenge is outstanding, from 0.
        wrong: Wrong answers to that challenge.
        wrong_in_all: Wrong answers to all of them.
    """

    user_not_found: bool = False
    position: int = 0
    wrong: int = 0
    wrong_in_all: int = 0


def user_exists(context: CustomAuthContext, event: ChallengePassed) -> bool:
    """Whether there is somebody to issue tokens to."""
    del event
    return not context.user_not_found


def next_challenge(context: CustomAuthContext, event: ChallengePassed) -> CustomAuthContext:
    """Turn to the next challenge."""
    del event
    return attrs.evolve(context, position=context.position + 1, wrong=0)


def count(context: CustomAuthContext, event: ChallengeFailed) -> CustomAuthContext:
    """Count a wrong answer."""
    del event
    return attrs.evolve(context, wrong=context.wrong + 1, wrong_in_all=context.wrong_in_all + 1)


@attrs.frozen
class _Rules:
    """How often an attempt may go wrong.

    Attributes:
        names: The challenges in order.
        tries: How many answers each takes.
        give_up_after: With how many wrong answers in all it is over; ``None`` if only each challenge's own tries count.
    """

    names: tuple[str, ...]
    tries: tuple[int, ...]
    give_up_after: int | None

    def tries_left(self, context: CustomAuthContext) -> int:
        left = self.tries[context.position] - context.wrong
        return left if self.give_up_after is None else min(left, self.give_up_after - context.wrong_in_all)

    def has_tries_left(self, context: CustomAuthContext, event: ChallengeFailed) -> bool:
        """Whether another answer counts after this wrong one."""
        del event
        return self.tries_left(context) > 1

    def demand_challenge(self, context: CustomAuthContext) -> DemandChallenge:
        """Put the challenge."""
        return DemandChallenge(self.names[context.position], context.wrong + 1, self.tries_left(context))


def demand_password_proof(context: CustomAuthContext) -> DemandPasswordProof:
    """Ask for the password."""
    del context
    return DemandPasswordProof()


def issue_tokens(context: CustomAuthContext) -> IssueTokens:
    """Let the user in."""
    del context
    return IssueTokens()


def fail_authentication(context: CustomAuthContext) -> FailAuthentication:
    """Keep the user out."""
    del context
    return FailAuthentication()


def state_of(challenge: str) -> str:
    """Return the name of the state in which a challenge is outstanding."""
    return f"AWAITING_{challenge.upper()}"


def custom_auth_graph(
    name: str, challenges: Mapping[str, int], *, password_first: bool, give_up_after: int | None
) -> Flow[Enum, CustomAuthContext]:
    """Return the graph of a custom-auth flow.

    Args:
        name: The flow's name.
        challenges: The challenges by name, in order, and how many answers each takes.
        password_first: Whether the password comes before them.
        give_up_after: With how many wrong answers in all it is over; ``None`` if only each challenge's own tries count.

    Raises:
        DeclarationError: The table is malformed.
    """
    before = ["READY", "PROVING_PASSWORD"] if password_first else ["READY"]
    states = _enum([*before, *(state_of(each) for each in challenges), "ALLOWED", "FAILED"])
    ready, allowed, failed = states["READY"], states["ALLOWED"], states["FAILED"]
    awaiting = [states[state_of(each)] for each in challenges]
    rules = _Rules(tuple(challenges), tuple(challenges.values()), give_up_after)
    return Flow(
        name,
        version=1,
        context=CustomAuthContext,
        initial=ready,
        nodes=[
            *_password_nodes(states, password_first=password_first),
            *(working(state, DemandChallenge, rules.demand_challenge) for state in awaiting),
            final(allowed, IssueTokens, issue_tokens),
            final(failed, FailAuthentication, fail_authentication),
        ],
        edges=[
            *_beginnings(states, awaiting[0], password_first=password_first),
            *(
                edge
                for here, there in pairwise([*awaiting, allowed])
                for edge in _passing(here, there, allowed, failed)
            ),
            *(
                edge
                for here, tries in zip(awaiting, rules.tries, strict=True)
                for edge in _going_wrong(here, failed, rules, tries)
            ),
        ],
    )


def _enum(names: Sequence[str]) -> type[Enum]:
    """Return an enum with these members; neither checker follows one whose members are not written down."""
    make = cast("Callable[[str, Mapping[str, str]], type[Enum]]", Enum)
    return make("CustomAuthState", {name: name.lower() for name in names})


def _password_nodes(states: type[Enum], *, password_first: bool) -> Iterator[Node[Enum, CustomAuthContext]]:
    if password_first:
        yield working(states["PROVING_PASSWORD"], DemandPasswordProof, demand_password_proof)


def _beginnings(states: type[Enum], first: Enum, *, password_first: bool) -> Iterator[Edge[Enum, CustomAuthContext]]:
    ready, failed = states["READY"], states["FAILED"]
    if not password_first:
        # A client may offer the proof all the same; Define need not take it up.
        yield on(PasswordOffered, ready, first)
        yield on(NothingOffered, ready, first)
        return
    proving = states["PROVING_PASSWORD"]
    yield on(PasswordOffered, ready, proving)
    yield on(NothingOffered, ready, failed)
    yield on(PasswordProved, proving, first)
    yield on(PasswordProofFailed, proving, failed)


def _passing(here: Enum, there: Enum, allowed: Enum, failed: Enum) -> Iterator[Edge[Enum, CustomAuthContext]]:
    if there is allowed:
        yield on(ChallengePassed, here, there, when=user_exists)
        yield on(ChallengePassed, here, failed, unless=user_exists)
    else:
        yield on(ChallengePassed, here, there, keep=next_challenge)


def _going_wrong(here: Enum, failed: Enum, rules: _Rules, tries: int) -> Iterator[Edge[Enum, CustomAuthContext]]:
    if tries > 1:
        yield on(ChallengeFailed, here, here, when=rules.has_tries_left, keep=count)
        yield on(ChallengeFailed, here, failed, unless=rules.has_tries_left)
    else:
        yield on(ChallengeFailed, here, failed)
    yield on(ServiceChallengePassed, here, here)
    yield on(ServiceChallengeFailed, here, failed)


def shortcuts(graph: Flow[Enum, CustomAuthContext]) -> Iterator[str]:
    """Yield how the graph lets somebody around a challenge, one sentence each; nothing if it does not.

    Every state between the beginning and the tokens must be passed, in the order of the table, and be left for the
    next one only by the event that says so: the proof of the password, or a right answer.
    """
    gates = [state for state, node in graph.nodes.items() if node.holds in _KEYS]
    goal = next(state for state, node in graph.nodes.items() if node.holds is IssueTokens)
    ends = {state for state, node in graph.nodes.items() if node.holds is FailAuthentication}
    for here, there in pairwise([*gates, goal]):
        if not passes(graph, there, here):
            yield f"{there.name} can be reached around {here.name}"
        key = next(key for effect, key in _KEYS.items() if effect is graph.nodes[here].holds)
        for row in graph.rows(here):
            if row.target not in {here, *ends} and (row.event, row.target) != (key, there):
                yield f"{row.event.__name__} leads from {here.name} to {row.target.name}"


def events_of(entries: Iterable[AnsweredChallenge]) -> Iterator[Event]:
    """Yield what the service's list says has happened, the beginning first."""
    answered = iter(entries)
    first = next(answered, None)
    if first is not None and first.name == _SRP_A:
        yield PasswordOffered() if first.passed else UnexpectedEntry()
    else:
        yield NothingOffered()
        if first is not None:
            yield _event(first)
    yield from map(_event, answered)


def _event(entry: AnsweredChallenge) -> Event:
    by_result = _EVENTS.get(entry.name)
    if by_result is None:
        return UnexpectedEntry()
    passed, failed = by_result
    return passed() if entry.passed else failed()


_KEYS: Final[Mapping[type[Effect], type[Event]]] = {
    DemandPasswordProof: PasswordProved,
    DemandChallenge: ChallengePassed,
}
"""What is demanded on the way to tokens, and the one event that opens that gate."""

_SRP_A: Final = "SRP_A"
"""The name of the entry that says a client offered its half of the proof. No challenge of the service model."""

_EVENTS: Final[Mapping[str, tuple[type[Event], type[Event]]]] = {
    ChallengeName.PASSWORD_VERIFIER.value: (PasswordProved, PasswordProofFailed),
    ChallengeName.CUSTOM_CHALLENGE.value: (ChallengePassed, ChallengeFailed),
    **{
        name.value: (ServiceChallengePassed, ServiceChallengeFailed)
        for name in (
            ChallengeName.SMS_MFA,
            ChallengeName.EMAIL_OTP,
            ChallengeName.SOFTWARE_TOKEN_MFA,
            ChallengeName.SELECT_MFA_TYPE,
            ChallengeName.MFA_SETUP,
            ChallengeName.DEVICE_SRP_AUTH,
            ChallengeName.DEVICE_PASSWORD_VERIFIER,
            ChallengeName.NEW_PASSWORD_REQUIRED,
        )
    },
}
"""What an entry of each name says, passed and failed."""
