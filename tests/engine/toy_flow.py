"""A flow of nobody in particular, small enough to hold in the head.

A visitor knocks and a host hears it. Residents are greeted at once; everybody else is asked for the code of the house,
three times at the most. Whoever is greeted is inside, unless the host has doubts and asks for the code again.
"""

from enum import Enum

import attrs

from authsteps.engine.flow import Flow, Group, final, on, waiting, working
from authsteps.engine.messages import Carried, Effect, Event, Failure, Secret, Step


class State(Enum):
    OUTSIDE = "outside"
    KNOCKING = "knocking"
    AWAITING_CODE = "awaiting_code"
    CHECKING_CODE = "checking_code"
    GREETING = "greeting"
    INSIDE = "inside"
    TURNED_AWAY = "turned_away"


@attrs.frozen
class Knocked(Event):
    name: str = "alice"


@attrs.frozen
class Heard(Event):
    ticket: Carried | None = None


@attrs.frozen
class CodeAnswered(Event):
    code: Secret = attrs.field(factory=lambda: Secret("0000"))


@attrs.frozen
class CodeAccepted(Event):
    pass


@attrs.frozen
class CodeRefused(Event):
    pass


@attrs.frozen
class ToldToWait(Event):
    pass


@attrs.frozen
class DoubtRaised(Event):
    pass


@attrs.frozen
class Greeted(Event):
    pass


@attrs.frozen
class SentAway(Event):
    pass


EVENTS: tuple[Event, ...] = (
    Knocked(),
    Heard(),
    CodeAnswered(),
    CodeAccepted(),
    CodeRefused(),
    ToldToWait(),
    DoubtRaised(),
    Greeted(),
    SentAway(),
)
"""One of each."""


@attrs.frozen
class Knock(Effect):
    answers = (Heard, SentAway)

    name: str


@attrs.frozen
class CheckCode(Effect):
    answers = (CodeAccepted, CodeRefused, SentAway)

    code: Secret | None


@attrs.frozen
class Greet(Effect):
    answers = (ToldToWait, DoubtRaised, Greeted, SentAway)

    name: str


@attrs.frozen
class EnterCode(Step):
    tries_left: int


@attrs.frozen
class Welcome(Step):
    name: str


@attrs.frozen
class WrongCode(Failure):
    tries: int


@attrs.frozen
class Visit:
    """What the flow remembers of a visitor."""

    name: str = ""
    ticket: Carried | None = None
    code: Secret | None = None
    tries: int = 0


def adopt_ticket(context: Visit, event: Event) -> Visit:
    return attrs.evolve(context, ticket=event.ticket) if isinstance(event, Heard) else context


def is_resident(context: Visit, event: Heard) -> bool:
    return context.name == "resident"


def had_three_tries(context: Visit, event: CodeRefused) -> bool:
    return context.tries >= 2


def the_name(context: Visit, event: Knocked) -> Visit:
    return attrs.evolve(context, name=event.name)


def the_code(context: Visit, event: CodeAnswered) -> Visit:
    return attrs.evolve(context, code=event.code)


def one_more_try(context: Visit, event: CodeRefused) -> Visit:
    return attrs.evolve(context, tries=context.tries + 1)


def wrong_code(context: Visit, event: CodeRefused) -> WrongCode:
    return WrongCode(context.tries + 1)


def knock(context: Visit) -> Knock:
    return Knock(context.name)


def ask_for_code(context: Visit) -> EnterCode:
    return EnterCode(3 - context.tries)


def check_code(context: Visit) -> CheckCode:
    return CheckCode(context.code)


def greet(context: Visit) -> Greet:
    return Greet(context.name)


def welcome(context: Visit) -> Welcome:
    return Welcome(context.name)


AT_THE_DOOR = Group[State].of("AT_THE_DOOR", State.KNOCKING, State.CHECKING_CODE, State.GREETING)

# fmt: off
visit = Flow(
    "visit", version=1, context=Visit, initial=State.OUTSIDE, absorb=adopt_ticket,
    nodes=[
        working(State.KNOCKING,      Knock,     knock),
        waiting(State.AWAITING_CODE, EnterCode, ask_for_code),
        working(State.CHECKING_CODE, CheckCode, check_code),
        working(State.GREETING,      Greet,     greet),
        final(State.INSIDE,          Welcome,   welcome),
        final(State.TURNED_AWAY),
    ],
    edges=[
        on(Knocked,      State.OUTSIDE,       State.KNOCKING,      keep=the_name),
        on(Heard,        State.KNOCKING,      State.GREETING,      when=is_resident),
        on(Heard,        State.KNOCKING,      State.AWAITING_CODE, unless=is_resident),
        on(CodeAnswered, State.AWAITING_CODE, State.CHECKING_CODE, keep=the_code),
        on(CodeAccepted, State.CHECKING_CODE, State.GREETING),
        on(CodeRefused,  State.CHECKING_CODE, State.TURNED_AWAY,   when=had_three_tries, fails=wrong_code),
        on(CodeRefused,  State.CHECKING_CODE, State.AWAITING_CODE, keep=one_more_try,    fails=wrong_code),
        on(ToldToWait,   State.GREETING,      State.GREETING),
        on(DoubtRaised,  State.GREETING,      State.AWAITING_CODE),
        on(Greeted,      State.GREETING,      State.INSIDE),
        on(SentAway,     AT_THE_DOOR,         State.TURNED_AWAY),
    ],
)
# fmt: on
