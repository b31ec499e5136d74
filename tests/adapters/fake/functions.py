"""Functions behind a pool's triggers: they write down what they are told, and a test says what they do."""

import copy
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

import anyio
import attrs

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.lambda_triggers import (
    FunctionRaisedError,
    FunctionUnavailableError,
    OutputNotJsonError,
    Trigger,
    Triggers,
    write_answer,
)
from authsteps.flows import AuthError, InvalidLambdaResponseError, UnexpectedLambdaError, UserLambdaValidationError

Response: TypeAlias = Mapping[str, Any]
Function: TypeAlias = Callable[[dict[str, Any]], Response]
"""What a function makes of a request: members of the response."""

ANY_BUT_SENDERS = tuple(trigger for trigger in Trigger if not trigger.endswith("Sender"))


@attrs.define(slots=False)
class Functions:
    """The functions of a pool, in one: a ``TriggerRunner``.

    Attributes:
        does: What a trigger answers to a request; nothing in particular if nothing is said.
        gives: What it gives back instead of the event.
        raises: What it raises.
        hangs: Which never answer.
        meanwhile: What happens while one is asked.
        told: Every event, in order.
    """

    does: dict[Trigger, Function] = attrs.field(factory=dict[Trigger, Function])
    gives: dict[Trigger, Any] = attrs.field(factory=dict[Trigger, Any])
    raises: dict[Trigger, Exception] = attrs.field(factory=dict[Trigger, Exception])
    hangs: set[Trigger] = attrs.field(factory=set[Trigger])
    meanwhile: dict[Trigger, Callable[[], object]] = attrs.field(factory=dict[Trigger, Callable[[], object]])
    told: list[tuple[Trigger, dict[str, Any]]] = attrs.field(factory=list[tuple[Trigger, dict[str, Any]]], repr=False)

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        # One that works never waits, so no time limit is too short for it, however busy the machine is.
        mine: dict[str, Any] = copy.deepcopy(dict(event))
        self.told.append((trigger, copy.deepcopy(mine)))
        if trigger in self.hangs:
            await anyio.sleep_forever()
        if trigger in self.raises:
            raise self.raises[trigger]
        if trigger in self.meanwhile:
            self.meanwhile[trigger]()
            await anyio.lowlevel.checkpoint()
        if trigger in self.gives:
            return self.gives[trigger]  # type: ignore[no-any-return]  # whatever a test likes
        if trigger in self.does:
            return write_answer(mine, **self.does[trigger](mine["request"]))
        return mine

    def behind(self, *triggers: Trigger, **how: Any) -> Triggers:
        """The triggers of a pool with these functions behind them; they are asked once, if nothing is said."""
        given: dict[str, Any] = {"tries": 1, **how}
        return Triggers(dict.fromkeys(triggers or ANY_BUT_SENDERS, self), **given)

    @property
    def fired(self) -> list[Trigger]:
        """Which were asked, in order."""
        return [trigger for trigger, _ in self.told]

    @property
    def sources(self) -> list[str]:
        """On which occasions, in order."""
        return [event["triggerSource"] for _, event in self.told]

    def events(self, trigger: Trigger) -> list[dict[str, Any]]:
        """What one was told."""
        return [event for asked, event in self.told if asked is trigger]

    def mend(self) -> None:
        """Have them work again."""
        for broken in (self.gives, self.raises, self.hangs, self.meanwhile):
            broken.clear()


def in_no_time(**how: Any) -> dict[str, Any]:
    """How triggers are asked that give up at once."""
    return {"time_limit": timedelta(milliseconds=1), **how}


def asking_for(word: str, **public: str) -> dict[Trigger, Function]:
    """Functions of a custom sign-in that ask for a word until it is right."""
    return {
        Trigger.DEFINE_AUTH_CHALLENGE: lambda request: (
            {"issueTokens": True}
            if any(entry["challengeResult"] for entry in request["session"] if "CUSTOM" in entry["challengeName"])
            else {"challengeName": "CUSTOM_CHALLENGE"}
        ),
        Trigger.CREATE_AUTH_CHALLENGE: lambda _: {
            "publicChallengeParameters": public,
            "privateChallengeParameters": {"word": word},
        },
        Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: lambda request: {
            "answerCorrect": request["challengeAnswer"] == request["privateChallengeParameters"]["word"]
        },
    }


# How a trigger fails -------------------------------------------------------------------------------------------------


@attrs.frozen
class Failure:
    """How a trigger fails, and what the client is told."""

    breaks: Callable[[Functions, Trigger], object]
    code: str
    text: str
    error: type[AuthError]

    def told(self, trigger: Trigger) -> tuple[str, str]:
        """The code and the text."""
        return self.code, self.text.format(trigger=trigger)


def whole_but(**members: Any) -> Callable[[Functions, Trigger], object]:
    def breaks(functions: Functions, trigger: Trigger) -> None:
        functions.gives[trigger] = members.get("instead", members)

    return breaks


FAILURES: Mapping[str, Failure] = {
    "raises": Failure(
        lambda functions, trigger: functions.raises.update({trigger: FunctionRaisedError(trigger, "out of words")}),
        "UserLambdaValidationException",
        "{trigger} failed with error out of words.",
        UserLambdaValidationError,
    ),
    "is not there": Failure(
        lambda functions, trigger: functions.raises.update(
            {trigger: FunctionUnavailableError(trigger, "ResourceNotFoundException")}
        ),
        "UnexpectedLambdaException",
        "{trigger} invocation failed due to error ResourceNotFoundException.",
        UnexpectedLambdaError,
    ),
    "hangs": Failure(
        lambda functions, trigger: functions.hangs.add(trigger),
        "UnexpectedLambdaException",
        "{trigger} invocation failed due to error Socket timeout while invoking Lambda function.",
        UnexpectedLambdaError,
    ),
    "gives back no JSON": Failure(
        lambda functions, trigger: functions.raises.update({trigger: OutputNotJsonError(trigger, "at column 1")}),
        "InvalidLambdaResponseException",
        "Invalid lambda function output : Invalid JSON",
        InvalidLambdaResponseError,
    ),
    "gives back something else": Failure(
        whole_but(instead="nonsense"),
        "InvalidLambdaResponseException",
        "Unrecognizable lambda output",
        InvalidLambdaResponseError,
    ),
    "gives back nothing": Failure(
        whole_but(instead=None),
        "InvalidLambdaResponseException",
        "Unrecognizable lambda output",
        InvalidLambdaResponseError,
    ),
    "gives back the response alone": Failure(
        whole_but(issueTokens=True, answerCorrect=True),
        "InvalidLambdaResponseException",
        "Unrecognizable lambda output",
        InvalidLambdaResponseError,
    ),
}


# Giving up ------------------------------------------------------------------------------------------------------------


async def hang_up_at(functions: Functions, trigger: Trigger, call: Awaitable[object]) -> None:
    """Make a call, and hang up while a trigger is asked for the first time."""
    functions.hangs.add(trigger)

    async def make() -> None:
        await call
        raise AssertionError(f"{trigger} was not asked")

    async with anyio.create_task_group() as group:
        group.start_soon(make)
        while trigger not in functions.fired:
            await anyio.lowlevel.checkpoint()
        group.cancel_scope.cancel()
    functions.mend()
