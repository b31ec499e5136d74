"""A flow of your own: declared as a table, proved, drawn, and driven."""

from enum import Enum
from typing import ClassVar

import anyio
import attrs

from authsteps.engine import (
    Driver,
    Effect,
    Event,
    Failure,
    Flow,
    MemoryRunStore,
    Secret,
    Step,
    SystemClock,
    SystemEntropy,
    final,
    mermaid,
    on,
    passes,
    verify,
    waiting,
    working,
)


@attrs.frozen
class Invited(Event):
    """Somebody was invited (from your program)."""

    email: str


@attrs.frozen
class MailSent(Event):
    """The code is on its way (from the mailer)."""

    code: str


@attrs.frozen
class CodeTyped(Event):
    """A person typed a code."""

    code: Secret


@attrs.frozen
class SendMail(Effect):
    """Send a code. The mailer performs it."""

    answers: ClassVar = (MailSent,)

    email: str


@attrs.frozen
class TypeCode(Step):
    """Type the code that was sent."""

    email: str


@attrs.frozen
class Welcome(Step):
    """You are in."""


@attrs.frozen
class WrongCode(Failure):
    """The code is wrong."""


@attrs.frozen
class Invitation:
    """What the flow remembers."""

    email: str = ""
    code: str = ""


class State(Enum):
    """Where an invitation stands."""

    READY = "ready"
    MAILING = "mailing"
    AWAITING_CODE = "awaiting_code"
    IN = "in"


def keep_email(context: Invitation, event: Invited) -> Invitation:
    """Keep who was invited."""
    return attrs.evolve(context, email=event.email)


def keep_code(context: Invitation, event: MailSent) -> Invitation:
    """Keep what was sent."""
    return attrs.evolve(context, code=event.code)


def is_right(context: Invitation, event: CodeTyped) -> bool:
    """Whether it is the code that was sent."""
    return event.code == Secret(context.code)


def wrong_code(context: Invitation, event: CodeTyped) -> Failure:
    """Say that it is not."""
    del context, event
    return WrongCode()


def send_mail(context: Invitation) -> SendMail:
    """Want the mail sent."""
    return SendMail(context.email)


def ask_for_code(context: Invitation) -> TypeCode:
    """Ask for the code."""
    return TypeCode(context.email)


def welcome(context: Invitation) -> Welcome:
    """Let them in."""
    del context
    return Welcome()


# fmt: off
invitation = Flow(
    "invitation", version=1, context=Invitation, initial=State.READY,
    nodes=[
        working(State.MAILING,        SendMail, send_mail),
        waiting(State.AWAITING_CODE,  TypeCode, ask_for_code),
        final(State.IN,               Welcome,  welcome),
    ],
    edges=[
        on(Invited,    State.READY,          State.MAILING,        keep=keep_email),
        on(MailSent,   State.MAILING,        State.AWAITING_CODE,  keep=keep_code),
        on(CodeTyped,  State.AWAITING_CODE,  State.IN,             when=is_right),
        on(CodeTyped,  State.AWAITING_CODE,  State.AWAITING_CODE,  unless=is_right, fails=wrong_code),
    ],
)
# fmt: on


class Mailer:
    """Performs ``SendMail``."""

    performs = (SendMail,)

    async def perform(self, effect: Effect) -> Event:
        """Pretend to send a mail."""
        assert isinstance(effect, SendMail)
        print(f"to {effect.email}: your code is 4711")
        return MailSent("4711")


async def main() -> None:
    """Prove the flow, draw it, and drive it."""
    verify(invitation)
    assert passes(invitation, State.IN, State.AWAITING_CODE)
    print(mermaid(invitation))

    clock = SystemClock()
    driver = Driver(invitation, [Mailer()], MemoryRunStore(clock), clock=clock, entropy=SystemEntropy())
    stop = await driver.start(Invited("bob@example.com"))
    assert stop.run is not None
    stop = await driver.send(stop.run, lambda _: CodeTyped(Secret("0815")))
    print(stop.failure, stop.step)
    assert stop.run is not None
    stop = await driver.send(stop.run, lambda _: CodeTyped(Secret("4711")))
    print(stop.step)


if __name__ == "__main__":
    anyio.run(main)
