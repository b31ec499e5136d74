"""A custom challenge to try: the triggers of a pool that asks a riddle, and gives three tries."""

from collections.abc import Mapping
from typing import Final

import attrs

from authsteps.adapters.cognito import Json
from authsteps.adapters.lambda_triggers import (
    CREATE_AUTH_CHALLENGE,
    DEFINE_AUTH_CHALLENGE,
    VERIFY_AUTH_CHALLENGE_RESPONSE,
    CreateAuthChallengeAnswer,
    CreateAuthChallengeRequest,
    DefineAuthChallengeAnswer,
    DefineAuthChallengeRequest,
    Trigger,
    Triggers,
    VerifyAuthChallengeResponseAnswer,
    VerifyAuthChallengeResponseRequest,
    from_wire,
    to_wire,
)
from authsteps.flows import ChallengeName

__all__ = ["ANSWER", "Riddle", "riddle_triggers"]

ANSWER: Final = "piano"
_TRIES: Final = 3


class Riddle:
    """Asks a riddle: a ``TriggerRunner`` for the three triggers of custom authentication."""

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json]) -> Json:
        """Run the function behind a trigger."""
        if trigger is Trigger.DEFINE_AUTH_CHALLENGE:
            definition = from_wire(DEFINE_AUTH_CHALLENGE, dict(event))
            return to_wire(attrs.evolve(definition, response=_define(definition.request)))
        if trigger is Trigger.CREATE_AUTH_CHALLENGE:
            creation = from_wire(CREATE_AUTH_CHALLENGE, dict(event))
            return to_wire(attrs.evolve(creation, response=_create(creation.request)))
        verification = from_wire(VERIFY_AUTH_CHALLENGE_RESPONSE, dict(event))
        return to_wire(attrs.evolve(verification, response=_verify(verification.request)))


def riddle_triggers() -> Triggers:
    """Return the triggers of a pool that asks a riddle."""
    riddle = Riddle()
    kinds = (DEFINE_AUTH_CHALLENGE, CREATE_AUTH_CHALLENGE, VERIFY_AUTH_CHALLENGE_RESPONSE)
    return Triggers({kind.trigger: riddle for kind in kinds})


def _define(request: DefineAuthChallengeRequest) -> DefineAuthChallengeAnswer:
    """Say what comes next: tokens after a right answer, the riddle again after a wrong one, three times in all."""
    if request.session and request.session[-1].challenge_result:
        return DefineAuthChallengeAnswer(issue_tokens=True)
    if len(request.session) >= _TRIES:
        return DefineAuthChallengeAnswer(fail_authentication=True)
    return DefineAuthChallengeAnswer(challenge_name=ChallengeName.CUSTOM_CHALLENGE.value)


def _create(request: CreateAuthChallengeRequest) -> CreateAuthChallengeAnswer:
    """Ask the riddle."""
    public = {"riddle": "What has keys and opens no door?", "try": f"{len(request.session) + 1} of {_TRIES}"}
    return CreateAuthChallengeAnswer(
        public_challenge_parameters=public, private_challenge_parameters={"answer": ANSWER}
    )


def _verify(request: VerifyAuthChallengeResponseRequest) -> VerifyAuthChallengeResponseAnswer:
    """Say whether the answer is right, in capitals or not."""
    given = request.challenge_answer.reveal().strip().casefold()
    return VerifyAuthChallengeResponseAnswer(answer_correct=given == request.private_challenge_parameters["answer"])
