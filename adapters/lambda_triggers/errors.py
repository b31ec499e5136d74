"""How asking a trigger fails, and what the service says then.

::

    TriggerError
      FunctionRaisedError         the function raised, died or ran out of its own time: UserLambdaValidationException
        FunctionNotLoadedError    its file cannot be loaded, or does not hold it: the same, in the same words
      FunctionUnavailableError    it cannot be called: not there, not allowed, throttled: UnexpectedLambdaException
      NoAnswerInTimeError         it did not answer in time, however often it was asked: UnexpectedLambdaException
      UnrecognizableOutputError   what it gave back does not fit: InvalidLambdaResponseException
        OutputNotJsonError        what it gave back is no JSON at all: the same, in other words

    UnloadableFunctionError       there is no function to ask

A runner raises the first three, and ``OutputNotJsonError``. The two others are for who asks (``Triggers``).

The service tells the client what a function raised, word for word. So does the text of these errors: it is the
function's own, and nothing of the event stands in it.

Source: Cognito developer guide, 'Customizing user pool workflows with Lambda triggers'; texts as reported (see each).
"""

from typing import ClassVar

from authsteps.engine.errors import AuthStepsError

from .names import Trigger

__all__ = [
    "FunctionNotLoadedError",
    "FunctionRaisedError",
    "FunctionUnavailableError",
    "NoAnswerInTimeError",
    "OutputNotJsonError",
    "TriggerError",
    "UnloadableFunctionError",
    "UnrecognizableOutputError",
]


class TriggerError(AuthStepsError):
    """A trigger was asked and there is no answer that counts.

    Attributes:
        code: The exception's name on the wire.
        trigger: Which trigger.
        detail: What went wrong, as it stands in the service's text.
    """

    code: ClassVar[str]
    _TOLD: ClassVar[str]

    def __init__(self, trigger: Trigger, detail: str) -> None:
        super().__init__(trigger, detail)
        self.trigger = trigger
        self.detail = detail

    @property
    def service_message(self) -> str:
        """What the service tells the client."""
        return self._TOLD.format(trigger=self.trigger, detail=self.detail)

    def __str__(self) -> str:
        return self.service_message


class FunctionRaisedError(TriggerError):
    """The function raised, its process died, or it ran out of its own time limit.

    Source: reported, such as ``PreSignUp failed with error Apikey non valida!.``: the service adds the full stop.
    """

    code = "UserLambdaValidationException"
    _TOLD = "{trigger} failed with error {detail}."


class FunctionNotLoadedError(FunctionRaisedError):
    """The function's file cannot be loaded, or does not hold it, so no event gets to it.

    The client is told the same as where a function raised. Whoever looks after the function can tell the two apart.
    """

    def __str__(self) -> str:
        return f"{self.trigger} cannot be loaded: {self.detail}"


class FunctionUnavailableError(TriggerError):
    """The function cannot be called: it is not there, may not be called, or is throttled.

    ``detail`` is the error code of Lambda, such as ``ResourceNotFoundException``. Not asked again.

    Source: unconfirmed.
    """

    code = "UnexpectedLambdaException"
    _TOLD = "{trigger} invocation failed due to error {detail}."


class NoAnswerInTimeError(TriggerError):
    """The function did not answer in time, as often as it was asked.

    Source: unconfirmed.
    """

    code = "UnexpectedLambdaException"
    _TOLD = "{trigger} invocation failed due to error {detail}."

    def __init__(self, trigger: Trigger) -> None:
        super().__init__(trigger, "Socket timeout while invoking Lambda function")

    def __reduce__(self) -> tuple[type["NoAnswerInTimeError"], tuple[Trigger]]:
        return type(self), (self.trigger,)


class UnrecognizableOutputError(TriggerError):
    """What the function gave back does not fit.

    The client is told no more than that. ``detail`` says to its author what is wrong; it names members, and quotes no
    value.

    Source: reported (amazon-cognito-identity-js#633 and others).
    """

    code = "InvalidLambdaResponseException"
    _TOLD = "Unrecognizable lambda output"

    def __str__(self) -> str:
        return f"{self.trigger} gave back what does not fit: {self.detail}"


class OutputNotJsonError(UnrecognizableOutputError):
    """What the function gave back is no JSON at all.

    ``detail`` says to its author where it breaks off; it quotes nothing of the output. Raise it outside the ``except``
    block of a decoder whose error keeps the text that it could not read, as ``json.JSONDecodeError`` does.

    Source: unconfirmed.
    """

    _TOLD = "Invalid lambda function output : Invalid JSON"

    def __str__(self) -> str:
        return f"{self.trigger} gave back what is no JSON: {self.detail}"


class UnloadableFunctionError(AuthStepsError):
    """There is no such function in a file, or the file cannot be run.

    Attributes:
        place: Where it should be.
        problem: Why it is not there.
    """

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(place, problem)
        self.place = place
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"
