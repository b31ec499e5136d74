"""Performs what PreAuthentication and PostAuthentication have to say: who may try, and who may come in.

Source: Cognito developer guide, 'Pre authentication Lambda trigger' and 'Post authentication Lambda trigger'. That the
state of the account and the lockout come before the first of them is our choice.
"""

from typing import assert_never

from authsteps.adapters.lambda_triggers import (
    POST_AUTHENTICATION,
    PRE_AUTHENTICATION,
    PostAuthenticationRequest,
    PreAuthenticationRequest,
    TriggerSource,
)
from authsteps.engine.messages import Event

from ..firing import Call, Firing, attributes_of
from ..state import Pool
from . import trigger_rungs as rungs
from .gatekeeper import Gatekeeper
from .respondents import told

__all__ = ["AuthenticationTriggers", "TriggerEffect"]

TriggerEffect = rungs.PreAuthenticate | rungs.PostAuthenticate


class AuthenticationTriggers:
    """Asks the two triggers that look on.

    Args:
        pool: The pool.
        gatekeeper: Says who is still there.
        firing: Its triggers.
    """

    def __init__(self, pool: Pool, gatekeeper: Gatekeeper, firing: Firing) -> None:
        self._pool = pool
        self._gatekeeper = gatekeeper
        self._firing = firing

    async def perform(self, effect: TriggerEffect, call: Call) -> Event:
        """Perform an effect of this room, for a call.

        Raises:
            ServiceError: It is refused.
        """
        match effect:
            case rungs.PreAuthenticate():
                return await self._before(effect, call)
            case rungs.PostAuthenticate():
                return await self._after(effect, call)
            case _:
                assert_never(effect)

    async def _before(self, effect: rungs.PreAuthenticate, call: Call) -> Event:
        if self._firing.has(PRE_AUTHENTICATION.trigger):
            who = effect.respondent
            known = told(self._pool, who)
            request = PreAuthenticationRequest(
                user_attributes=known.attributes,
                validation_data=call.validation_data,
                user_not_found=known.not_found,
            )
            source = TriggerSource.PRE_AUTHENTICATION
            await self._firing.fire(PRE_AUTHENTICATION, source, request, call=call, user_name=known.name)
            if known.attributes:  # of somebody who exists: while the trigger thought, anything may have happened
                user = self._gatekeeper.present(who.sub)
                self._gatekeeper.admit(user, reveals_existence=who.reveals_existence)
        return rungs.AttemptAllowed()

    async def _after(self, effect: rungs.PostAuthenticate, call: Call) -> Event:
        if self._firing.has(POST_AUTHENTICATION.trigger):
            user = self._gatekeeper.standing(effect.sub, effect.proved)
            is_tracked = self._pool.settings.devices is not None
            request = PostAuthenticationRequest(
                user_attributes=attributes_of(self._pool, user),
                new_device_used=effect.device_key not in user.devices if is_tracked else None,
                client_metadata=call.client_metadata,
            )
            source = TriggerSource.POST_AUTHENTICATION
            # What may have happened meanwhile is looked at where the tokens are issued, which comes next.
            await self._firing.fire(POST_AUTHENTICATION, source, request, call=call, user_name=user.username)
        return rungs.EntryAllowed()
