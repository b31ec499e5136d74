"""One attempt at a custom sign-in, led as the service leads it: plain events, and JSON between any two calls.

Source: Cognito developer guide, 'Custom authentication challenge Lambda triggers'; captured events (amplify-js#5834).
"""

import json
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Final, Literal, TypeAlias

from authsteps.adapters.lambda_triggers import LambdaHandler, Trigger, custom_auth_handlers
from authsteps.flows import AnswerRequest, Challenge, ChallengeRequest, CreatedChallenge, CustomAuthFlow

__all__ = [
    "ALICE",
    "CREATE",
    "CUSTOM",
    "DEFINE",
    "PASSWORD",
    "VERIFY",
    "Attempt",
    "Event",
    "always",
    "another_each_time",
    "asked",
    "attempt",
    "code",
    "entry",
    "event",
    "is_the_code",
]

Event: TypeAlias = dict[str, Any]
Functions: TypeAlias = Callable[[], Mapping[Trigger, LambdaHandler]]

CUSTOM: Final = "CUSTOM_CHALLENGE"
PASSWORD: Final = "PASSWORD_VERIFIER"

DEFINE: Final = Trigger.DEFINE_AUTH_CHALLENGE
CREATE: Final = Trigger.CREATE_AUTH_CHALLENGE
VERIFY: Final = Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE

RESPONSES: Final[Mapping[Trigger, Event]] = {
    DEFINE: {"challengeName": None, "issueTokens": None, "failAuthentication": None},
    CREATE: {"publicChallengeParameters": None, "privateChallengeParameters": None, "challengeMetadata": None},
    VERIFY: {"answerCorrect": None},
}
"""What stands in ``response`` before a function has answered."""

ALICE: Final[Mapping[str, str]] = {
    "sub": "5bb1c6a3-3a8f-4f5e-8a93-9c1d1d1b7c11",
    "cognito:user_status": "CONFIRMED",
    "email": "alice@example.com",
    "email_verified": "true",
}


def event(trigger: Trigger, **request: Any) -> Event:
    """An event as Lambda hands it over."""
    return {
        "version": "1",
        "triggerSource": f"{trigger}_Authentication",
        "region": "eu-west-1",
        "userPoolId": "eu-west-1_AbCdEf123",
        "userName": "alice",
        "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": "4example"},
        "request": {"userAttributes": dict(ALICE), **request},
        "response": dict(RESPONSES[trigger]),
    }


def asked(function: LambdaHandler, given: Event) -> Event:
    """What a function makes of an event, once it has gone there and back as JSON; the event itself stays as it was."""
    before = json.dumps(given)
    answer: Event = json.loads(json.dumps(function(given, None)))
    assert json.dumps(given) == before
    return answer


def entry(name: str, passed: bool, metadata: str | None = None) -> Event:  # noqa: FBT001  # as it reads in a session
    """What the service lists of a challenge that is behind the user."""
    return {"challengeName": name, "challengeResult": passed, "challengeMetadata": metadata}


class Attempt:
    """One attempt.

    Args:
        functions: Gives the functions; it is asked anew for each call, as if each went to another process.
        offers_password: Whether the client begins with ``SRP_A``.
        request: What else stands in each ``request``.

    Attributes:
        at: What Define wants: a challenge's name, ``"tokens"`` or ``"failure"``.
        public: What the client is shown.
        private: What is kept for Verify.
        metadata: What Create noted, of each challenge.
    """

    def __init__(self, functions: Functions, *, offers_password: bool = False, **request: Any) -> None:
        self._functions = functions
        self._request = request
        self.session = [entry("SRP_A", passed=True)] if offers_password else []
        self.at = ""
        self.public: dict[str, str] = {}
        self.private: dict[str, str] = {}
        self.metadata: list[str | None] = []
        self._go_on()

    def answer(self, answer: str) -> str:
        """Answer the challenge that is outstanding, and say what comes next."""
        assert self.at == CUSTOM
        verified = self._call(VERIFY, challengeAnswer=answer, privateChallengeParameters=self.private)
        self.session.append(entry(CUSTOM, verified["answerCorrect"], self.metadata[-1]))
        return self._go_on()

    def past(self, name: str, *, passed: bool = True) -> str:
        """Pass a challenge of the service's own, or fail it, and say what comes next."""
        self.session.append(entry(name, passed))
        return self._go_on()

    def _go_on(self) -> str:
        defined = self._call(DEFINE, session=self.session)
        assert defined.keys() == RESPONSES[DEFINE].keys()
        wanted = [
            *(["failure"] if defined["failAuthentication"] else []),
            *(["tokens"] if defined["issueTokens"] else []),
            *([defined["challengeName"]] if defined["challengeName"] else []),
        ]
        (self.at,) = wanted  # one of the three, always
        if self.at == CUSTOM:
            created = self._call(CREATE, session=self.session, challengeName=CUSTOM)
            self.public, self.private = created["publicChallengeParameters"], created["privateChallengeParameters"]
            self.metadata.append(created["challengeMetadata"])
        return self.at

    def _call(self, trigger: Trigger, **request: Any) -> Event:
        response: Event = asked(self._functions()[trigger], event(trigger, **request, **self._request))["response"]
        return response


def always(code: str) -> Callable[[ChallengeRequest], CreatedChallenge]:
    """Asks for one code, whenever it is asked."""
    return lambda _: CreatedChallenge({"hint": f"the code of {len(code)} letters"}, {"code": code})


def another_each_time() -> Callable[[ChallengeRequest], CreatedChallenge]:
    """Asks for code-1, then for code-2 ..."""
    numbers = count(1)
    return lambda _: CreatedChallenge({}, {"code": f"code-{next(numbers)}"})


def is_the_code(request: AnswerRequest) -> bool:
    return request.answer == request.private["code"]


def code(name: str, value: str, tries: int = 1, life: Literal["new", "keep"] = "new") -> Challenge:
    return Challenge(name, always(value), is_the_code, tries=tries, code=life)


def attempt(*challenges: Challenge, offers_password: bool = False, **how: Any) -> Attempt:
    """An attempt at a flow with these challenges."""
    handlers = custom_auth_handlers(CustomAuthFlow("sample", challenges, **how))
    return Attempt(lambda: handlers.triggers, offers_password=offers_password)
