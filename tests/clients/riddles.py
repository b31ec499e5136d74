"""The functions of a pool that lets in whoever answers two riddles. The first wrong answer ends it."""

from typing import Any

__all__ = ["FUNCTIONS", "LAMBDA_CONFIG"]

Event = dict[str, Any]

_RIDDLES = (("What has keys and opens no door?", "piano"), ("What gets wetter as it dries?", "towel"))


def _define(event: Event, _: object) -> Event:
    asked = [entry for entry in event["request"]["session"] if entry["challengeName"] == "CUSTOM_CHALLENGE"]
    solved = [entry for entry in asked if entry["challengeResult"]]
    is_over = len(solved) == len(_RIDDLES)
    event["response"]["issueTokens"] = is_over
    event["response"]["failAuthentication"] = len(solved) < len(asked)
    if not is_over:
        event["response"]["challengeName"] = _next(event)
    return event


def _next(event: Event) -> str:
    """Whoever begins with SRP proves the password first."""
    names = [entry["challengeName"] for entry in event["request"]["session"]]
    return "PASSWORD_VERIFIER" if names == ["SRP_A"] else "CUSTOM_CHALLENGE"


def _create(event: Event, _: object) -> Event:
    asked = [entry for entry in event["request"]["session"] if entry["challengeName"] == "CUSTOM_CHALLENGE"]
    question, answer = _RIDDLES[len(asked)]
    event["response"]["publicChallengeParameters"] = {"question": question}
    event["response"]["privateChallengeParameters"] = {"answer": answer}
    return event


def _verify(event: Event, _: object) -> Event:
    request = event["request"]
    event["response"]["answerCorrect"] = request["challengeAnswer"] == request["privateChallengeParameters"]["answer"]
    return event


_HANDLERS = {"DefineAuthChallenge": _define, "CreateAuthChallenge": _create, "VerifyAuthChallengeResponse": _verify}

LAMBDA_CONFIG = {trigger: f"arn:aws:lambda:eu-west-1:123456789012:function:{trigger}" for trigger in _HANDLERS}
FUNCTIONS = {LAMBDA_CONFIG[trigger]: handler for trigger, handler in _HANDLERS.items()}
