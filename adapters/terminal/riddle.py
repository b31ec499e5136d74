"""A custom challenge to try: the triggers of a pool that asks a riddle, and gives three tries."""

from typing import Final

from authsteps.adapters.fake import CreateAnswer, CreateRequest, DefineAnswer, DefineRequest, VerifyRequest
from authsteps.flows import ChallengeName

__all__ = ["ANSWER", "Riddle"]

ANSWER: Final = "piano"
_TRIES: Final = 3


class Riddle:
    """Triggers that ask a riddle. See ``CustomAuthTriggers``."""

    async def define(self, request: DefineRequest) -> DefineAnswer:
        """Say what comes next: tokens after a right answer, the riddle again after a wrong one, three times in all."""
        if request.session and request.session[-1].result:
            return DefineAnswer(issue_tokens=True)
        if len(request.session) >= _TRIES:
            return DefineAnswer(fail_authentication=True)
        return DefineAnswer(challenge_name=ChallengeName.CUSTOM_CHALLENGE.value)

    async def create(self, request: CreateRequest) -> CreateAnswer:
        """Ask the riddle."""
        public = {"riddle": "What has keys and opens no door?", "try": f"{len(request.session) + 1} of {_TRIES}"}
        return CreateAnswer(public_challenge_parameters=public, private_challenge_parameters={"answer": ANSWER})

    async def verify(self, request: VerifyRequest) -> bool:
        """Say whether the answer is right, in capitals or not."""
        return request.challenge_answer.reveal().strip().casefold() == request.private_challenge_parameters["answer"]
