"""A custom challenge to try: a riddle, with three tries."""

from typing import Final

from authsteps.engine import Secret
from authsteps.flows import AnswerRequest, Challenge, ChallengeRequest, CreatedChallenge, CustomAuthFlow

__all__ = ["ANSWER", "riddle"]

ANSWER: Final = "piano"


def _ask(request: ChallengeRequest) -> CreatedChallenge:
    del request
    return CreatedChallenge({"riddle": "What has keys and opens no door?"}, {"answer": ANSWER})


def _is_right(request: AnswerRequest) -> bool:
    """Say whether the answer is right, in capitals or not."""
    return Secret(request.answer.reveal().strip().casefold()) == request.private["answer"]


riddle: Final = CustomAuthFlow("riddle", [Challenge("RIDDLE", _ask, _is_right, tries=3)])
