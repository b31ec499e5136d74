"""The three functions of a declared custom-auth flow, in Lambda's calling convention.

In ``handler.py`` of a deployment, one name for each function::

    handlers = custom_auth_handlers(flow)
    define, create, verify = handlers.define, handlers.create, handlers.verify

Behind a pool in this process::

    Triggers(custom_auth_handlers(flow).functions)

Nothing is kept between two calls, in Lambda or elsewhere; all that must be known later travels through the service:

* Define gets the list of what is behind the user, and replays it through the flow's graph.
* Verify gets no such list. So Create writes the challenge's name and the number of the try into the private parameters,
  under names that begin with ``authsteps.``.
* Where one code is kept over several tries, Create writes what it made into ``challengeMetadata``, and finds it again
  in the list. The service shows that list to Define and Create alone; clients get public parameters and nothing else.

The functions are lenient: members that the service adds are handed back as they came, and a list that makes no sense
ends in ``failAuthentication``, never in an error and never in tokens. What a function of the declaration raises goes
through: the service tells the client its text.

Source: Cognito developer guide, 'Define Auth challenge', 'Create Auth challenge' and 'Verify Auth challenge response
Lambda trigger'; API reference, InitiateAuth, ChallengeParameters. Keeping a code in ``challengeMetadata`` is the way of
AWS's own sample, aws-samples/amazon-cognito-passwordless-email-auth.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

import anyio
import attrs
import msgspec

from authsteps.engine.messages import Secret
from authsteps.flows.custom_auth import AnswerRequest, Challenge, ChallengeRequest, CreatedChallenge, CustomAuthFlow
from authsteps.flows.custom_auth_graph import (
    AnsweredChallenge,
    DemandChallenge,
    DemandPasswordProof,
    FailAuthentication,
    IssueTokens,
    Outstanding,
)
from authsteps.flows.model import ChallengeName, Json

from .names import Trigger
from .port import TriggerRunner
from .runners.python_function import PythonFunction
from .wire import write_answer

__all__ = ["CustomAuthHandlers", "LambdaHandler", "custom_auth_handlers"]

LambdaHandler: TypeAlias = Callable[[Mapping[str, Json], object], dict[str, Json]]
"""A function as Lambda calls it: with an event and a context. It gives back the whole event, ``response`` filled."""


def custom_auth_handlers(flow: CustomAuthFlow) -> "CustomAuthHandlers":
    """Return the three functions of a flow."""
    return CustomAuthHandlers(flow)


@attrs.frozen
class CustomAuthHandlers:
    """Define, Create and Verify of one flow.

    Each takes an event as Lambda hands it over, leaves it as it is, and returns one like it with the answer in
    ``response``. They are sync, for so does Lambda's Python runtime call a function. Where ``create`` or ``verify`` of
    a challenge is async, it runs on an event loop of its own (asyncio's), made for that one call; call the handlers
    from a thread in which no loop runs, as Lambda and a worker thread do.

    Attributes:
        flow: The flow.
    """

    flow: CustomAuthFlow

    def define(self, event: Mapping[str, Json], context: object = None) -> dict[str, Json]:
        """Say what comes next."""
        del context
        outstanding = self._outstanding(_request(event))
        return write_answer(
            event,
            challengeName=_service_name(outstanding),
            issueTokens=isinstance(outstanding, IssueTokens),
            failAuthentication=isinstance(outstanding, FailAuthentication),
        )

    def create(self, event: Mapping[str, Json], context: object = None) -> dict[str, Json]:
        """Make the challenge that is outstanding, or put again what was kept of it.

        The client is told the challenge's name, which try it is, and how many answers are left (``challenge``, ``try``,
        ``triesLeft``), beside what ``create`` of the challenge makes public.

        Raises:
            LeakedParameterError: What it makes public holds what it makes private.
            TypeError: It made something else than a ``CreatedChallenge``.
        """
        del context
        request = _request(event)
        outstanding = self._outstanding(request)
        challenge = self.flow.challenge(outstanding.challenge) if isinstance(outstanding, DemandChallenge) else None
        if challenge is None or not isinstance(outstanding, DemandChallenge):
            return write_answer(
                event, publicChallengeParameters={}, privateChallengeParameters={}, challengeMetadata=None
            )
        made = _kept(challenge, request) if outstanding.try_number > 1 else None
        if made is None:
            made = _made(challenge, _challenge_request(event, outstanding))
        private = {name: value.reveal() for name, value in made.private.items()}
        return write_answer(
            event,
            publicChallengeParameters={
                "challenge": challenge.name,
                "try": str(outstanding.try_number),
                "triesLeft": str(outstanding.tries_left),
                **made.public,
            },
            privateChallengeParameters={**private, _CHALLENGE: challenge.name, _TRY: str(outstanding.try_number)},
            challengeMetadata=_keep(challenge, made.public, private),
        )

    def verify(self, event: Mapping[str, Json], context: object = None) -> dict[str, Json]:
        """Say whether the answer is right.

        For somebody who does not exist no answer to the last challenge is, whatever ``verify`` says. To those before it
        one can be: whoever asks must not learn from a picture, which anybody can read, that there is no such user.

        Raises:
            TypeError: ``verify`` of the challenge gave back something else than a ``bool``.
        """
        del context
        request = _request(event)
        private = _texts(request.get("privateChallengeParameters"))
        challenge = self.flow.challenge(private.pop(_CHALLENGE, ""))
        try_number = private.pop(_TRY, "")
        answer = request.get("challengeAnswer")
        if challenge is None or not isinstance(answer, str):
            return write_answer(event, answerCorrect=False)
        is_right = _judged(
            challenge,
            AnswerRequest(
                challenge=challenge.name,
                try_number=int(try_number) if try_number.isdecimal() else 1,
                username=_text(event.get("userName")),
                user_attributes=_texts(request.get("userAttributes")),
                user_not_found=_is_user_not_found(request),
                client_metadata=_texts(request.get("clientMetadata")),
                answer=Secret(answer),
                private={name: Secret(value) for name, value in private.items()},
            ),
        )
        is_closed = challenge is self.flow.challenges[-1] and _is_user_not_found(request)
        return write_answer(event, answerCorrect=is_right and not is_closed)

    def handler(self, event: Mapping[str, Json], context: object = None) -> dict[str, Json]:
        """Do what the event's ``triggerSource`` is for: one Lambda function may stand behind all three triggers.

        Raises:
            ValueError: It is for another trigger; the function was configured at the wrong place.
        """
        source = _text(event.get("triggerSource"))
        for trigger, handler in self.triggers.items():
            if source.partition("_")[0] == trigger:
                return handler(event, context)
        raise ValueError(f"{source!r} is no trigger of custom authentication: {', '.join(self.triggers)}")

    @property
    def triggers(self) -> Mapping[Trigger, LambdaHandler]:
        """The three functions by trigger, as a pool is configured with them."""
        return MappingProxyType(
            {
                Trigger.DEFINE_AUTH_CHALLENGE: self.define,
                Trigger.CREATE_AUTH_CHALLENGE: self.create,
                Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE: self.verify,
            }
        )

    @property
    def functions(self) -> Mapping[Trigger, TriggerRunner]:
        """The three functions run in this process, as ``Triggers(functions=...)`` takes them."""
        return MappingProxyType({trigger: PythonFunction(handler) for trigger, handler in self.triggers.items()})

    def _outstanding(self, request: Mapping[str, Json]) -> Outstanding:
        return self.flow.define(_session(request), user_not_found=_is_user_not_found(request))


def _service_name(outstanding: Outstanding) -> str | None:
    if isinstance(outstanding, DemandPasswordProof):
        return ChallengeName.PASSWORD_VERIFIER.value
    return ChallengeName.CUSTOM_CHALLENGE.value if isinstance(outstanding, DemandChallenge) else None


# Reading events. The service may add members at any time, so what is not understood is passed over.


def _request(event: Mapping[str, Json]) -> Mapping[str, Json]:
    return _mapping(event.get("request"))


def _session(request: Mapping[str, Json]) -> Iterator[AnsweredChallenge]:
    """Yield what is behind the user. An entry that is none becomes one without a name, which no flow expects."""
    session = request.get("session")
    entries = session if isinstance(session, Sequence) and not isinstance(session, str) else [session]
    for entry in entries if session is not None else ():
        members = _mapping(entry)
        metadata = members.get("challengeMetadata")
        yield AnsweredChallenge(
            name=_text(members.get("challengeName")),
            passed=members.get("challengeResult") is True,
            metadata=metadata if isinstance(metadata, str) else None,
        )


def _challenge_request(event: Mapping[str, Json], outstanding: DemandChallenge) -> ChallengeRequest:
    request = _request(event)
    return ChallengeRequest(
        challenge=outstanding.challenge,
        try_number=outstanding.try_number,
        tries_left=outstanding.tries_left,
        username=_text(event.get("userName")),
        user_attributes=_texts(request.get("userAttributes")),
        user_not_found=_is_user_not_found(request),
        client_metadata=_texts(request.get("clientMetadata")),
    )


def _is_user_not_found(request: Mapping[str, Json]) -> bool:
    """Tell whether there is no such user. Anything but a clear no counts as one."""
    said = request.get("userNotFound")
    return said is not None and said is not False


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


def _texts(value: Json) -> dict[str, str]:
    return {name: text for name, text in _mapping(value).items() if isinstance(text, str)}


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""


# Calling the declaration's own functions.


def _made(challenge: Challenge, request: ChallengeRequest) -> CreatedChallenge:
    made = _settled(challenge.create(request))
    if not isinstance(made, CreatedChallenge):
        raise TypeError(f"create of {challenge.name} must return a CreatedChallenge, not {type(made).__name__}")
    return made


def _judged(challenge: Challenge, request: AnswerRequest) -> bool:
    judged = _settled(challenge.verify(request))
    if not isinstance(judged, bool):
        raise TypeError(f"verify of {challenge.name} must return a bool, not {type(judged).__name__}")
    return judged


def _settled(value: object) -> object:
    """Return a value, or what it comes to if it is to be awaited."""
    if not inspect.isawaitable(value):
        return value

    async def wait() -> object:
        return await value

    return anyio.run(wait)


# Keeping a challenge over several tries.


@attrs.frozen
class _Kept:
    """What ``challengeMetadata`` holds of a challenge that is kept."""

    challenge: str
    public: dict[str, str] = attrs.field(repr=False)
    private: dict[str, str] = attrs.field(repr=False)


def _keep(challenge: Challenge, public: Mapping[str, str], private: Mapping[str, str]) -> str | None:
    if challenge.code != "keep":
        return None
    return _KEPT + msgspec.json.encode(_Kept(challenge.name, dict(public), dict(private))).decode()


def _kept(challenge: Challenge, request: Mapping[str, Json]) -> CreatedChallenge | None:
    """Return what was kept of the challenge at its last try, or ``None`` if nothing was or it cannot be read."""
    customs = [entry for entry in _session(request) if entry.name == ChallengeName.CUSTOM_CHALLENGE.value]
    metadata = customs[-1].metadata if customs else None
    if challenge.code != "keep" or metadata is None or not metadata.startswith(_KEPT):
        return None
    try:
        kept = msgspec.json.decode(metadata.removeprefix(_KEPT), type=_Kept)
    except msgspec.DecodeError:
        return None
    return CreatedChallenge(kept.public, kept.private) if kept.challenge == challenge.name else None


_CHALLENGE: Final = "authsteps.challenge"
_TRY: Final = "authsteps.try"
"""The private parameters that Create adds for Verify."""

_KEPT: Final = "authsteps:"
"""How a ``challengeMetadata`` of ours begins."""
