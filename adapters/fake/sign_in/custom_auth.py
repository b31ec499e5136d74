"""Custom authentication: what its three triggers are asked, and what the pool makes of their answers.

Source: Cognito developer guide, 'Custom authentication challenge Lambda triggers' and 'Customizing user pool workflows
with Lambda triggers'; Amazon Cognito user pools API reference, InitiateAuth, ClientMetadata.
"""

import json
from typing import Final, assert_never

from authsteps.adapters.lambda_triggers import (
    CREATE_AUTH_CHALLENGE,
    DEFINE_AUTH_CHALLENGE,
    VERIFY_AUTH_CHALLENGE_RESPONSE,
    CreateAuthChallengeRequest,
    DefineAuthChallengeRequest,
    Trigger,
    TriggerSource,
    UnrecognizableOutputError,
    VerifyAuthChallengeResponseRequest,
)
from authsteps.engine.messages import Carried, Event
from authsteps.flows.model import ChallengeName

from ..directory import MfaFactor, UserStatus
from ..errors import Cause, refusal
from ..firing import Call, Firing, refusal_of
from ..state import Pool
from . import custom_rungs as rungs
from .gatekeeper import Gatekeeper
from .respondents import told
from .rungs import ProofWanted
from .second_factors import SecondFactors

__all__ = ["CustomAuth", "CustomEffect"]

CustomEffect = rungs.DefineChallenge | rungs.CreateChallenge | rungs.VerifyCustomAnswer

_CUSTOM_CHALLENGE: Final = ChallengeName.CUSTOM_CHALLENGE.value


class CustomAuth:
    """Everything about custom authentication.

    Args:
        pool: The pool.
        gatekeeper: Says who is still there.
        second_factors: Ask for those that a trigger demands.
        firing: The pool's triggers.
    """

    def __init__(self, pool: Pool, gatekeeper: Gatekeeper, second_factors: SecondFactors, firing: Firing) -> None:
        self._pool = pool
        self._gatekeeper = gatekeeper
        self._second_factors = second_factors
        self._firing = firing

    async def perform(self, effect: CustomEffect, call: Call) -> Event:
        """Perform an effect of this room, for a call.

        Raises:
            ServiceError: It is refused.
        """
        match effect:
            case rungs.DefineChallenge():
                return await self._define(effect, call)
            case rungs.CreateChallenge():
                return await self._create(effect, call)
            case rungs.VerifyCustomAnswer():
                return await self._verify(effect, call)
            case _:
                assert_never(effect)

    def check_is_configured(self, trigger: Trigger = Trigger.DEFINE_AUTH_CHALLENGE) -> None:
        """Return if the pool has one of the three triggers: the first, which every custom sign-in begins with.

        Raises:
            ServiceError: It has not.
        """
        if not self._firing.has(trigger):
            raise refusal(Cause.CUSTOM_AUTH_NOT_CONFIGURED)

    async def _define(self, effect: rungs.DefineChallenge, call: Call) -> Event:
        self.check_is_configured(Trigger.DEFINE_AUTH_CHALLENGE)
        known = told(self._pool, effect.respondent)
        answer = await self._firing.fire(
            DEFINE_AUTH_CHALLENGE,
            TriggerSource.DEFINE_AUTH_CHALLENGE,
            DefineAuthChallengeRequest(
                user_attributes=known.attributes,
                session=effect.entries,
                client_metadata=call.client_metadata,
                user_not_found=known.not_found,
            ),
            call=call,
            user_name=known.name,
        )
        if answer.fail_authentication:
            raise refusal(Cause.WRONG_CREDENTIALS)
        if answer.issue_tokens:
            return rungs.TokensAllowed()
        if answer.challenge_name is None:
            raise refusal(Cause.WRONG_CREDENTIALS)
        return self._demanded(effect, answer.challenge_name)

    def _demanded(self, effect: rungs.DefineChallenge, challenge: str) -> Event:
        """Return what a challenge asks for. Those of devices come by themselves, not by a trigger.

        A new password is set only by whoever has proved the temporary one: that a trigger could give an account away
        otherwise is not known of the service.
        """
        if challenge == _CUSTOM_CHALLENGE:
            return rungs.CustomChallengeWanted()
        if challenge == ChallengeName.PASSWORD_VERIFIER.value and effect.can_prove:
            return ProofWanted()
        if challenge == ChallengeName.NEW_PASSWORD_REQUIRED.value and effect.has_proved:
            user = self._gatekeeper.present(effect.respondent.sub)
            if user.status is UserStatus.FORCE_CHANGE_PASSWORD:
                return rungs.NewPasswordWanted()
        factor = next((factor for factor in MfaFactor if factor.value == challenge), None)
        if factor is None:
            problem = "response.challengeName names no challenge that can come here"
            raise refusal_of(UnrecognizableOutputError(Trigger.DEFINE_AUTH_CHALLENGE, problem))
        return self._second_factors.wanted(self._gatekeeper.present(effect.respondent.sub), factor)

    async def _create(self, effect: rungs.CreateChallenge, call: Call) -> Event:
        self.check_is_configured(Trigger.CREATE_AUTH_CHALLENGE)
        known = told(self._pool, effect.respondent)
        answer = await self._firing.fire(
            CREATE_AUTH_CHALLENGE,
            TriggerSource.CREATE_AUTH_CHALLENGE,
            CreateAuthChallengeRequest(
                user_attributes=known.attributes,
                challenge_name=_CUSTOM_CHALLENGE,
                session=effect.entries,
                client_metadata=call.client_metadata,
                user_not_found=known.not_found,
            ),
            call=call,
            user_name=known.name,
        )
        public, private = answer.public_challenge_parameters or {}, answer.private_challenge_parameters or {}
        return rungs.ChallengeCreated(dict(public), Carried(json.dumps(dict(private))), answer.challenge_metadata)

    async def _verify(self, effect: rungs.VerifyCustomAnswer, call: Call) -> Event:
        self.check_is_configured(Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE)
        known = told(self._pool, effect.respondent)
        answer = await self._firing.fire(
            VERIFY_AUTH_CHALLENGE_RESPONSE,
            TriggerSource.VERIFY_AUTH_CHALLENGE_RESPONSE,
            VerifyAuthChallengeResponseRequest(
                user_attributes=known.attributes,
                private_challenge_parameters=json.loads(effect.private.reveal()),
                challenge_answer=effect.given,
                client_metadata=call.client_metadata,
                user_not_found=known.not_found,
            ),
            call=call,
            user_name=known.name,
        )
        return rungs.CustomAnswerVerified(answer.answer_correct is True)
