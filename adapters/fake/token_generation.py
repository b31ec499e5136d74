"""Asking PreTokenGeneration what tokens shall say, in whichever version the pool is set up with.

Source: Cognito developer guide, 'Pre token generation Lambda trigger'.
"""

from authsteps.adapters.lambda_triggers import (
    PRE_TOKEN_GENERATION_V1,
    PRE_TOKEN_GENERATION_V2,
    PRE_TOKEN_GENERATION_V3,
    GroupConfiguration,
    PreTokenGenerationAnswer,
    PreTokenGenerationRequest,
    PreTokenGenerationV2Answer,
    PreTokenGenerationV2Request,
    TokenGenerationVersion,
    Trigger,
    TriggerSource,
    UnrecognizableOutputError,
)

from .directory import User
from .firing import Call, Firing, attributes_of, refusal_of
from .state import Pool
from .token_customisation import Customisation, customisation_of
from .tokens import SELF_SERVICE_SCOPE

__all__ = ["TokenGeneration"]


class TokenGeneration:
    """Asks the trigger.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._firing = Firing(pool)

    async def ask(self, user: User, source: TriggerSource, call: Call) -> Customisation:
        """Return what becomes of a user's tokens. While the trigger answers anything may happen to the user.

        Args:
            user: Whose.
            source: The occasion.
            call: The call that leads here.

        Raises:
            ServiceError: The trigger failed, or its answer cannot be followed.
        """
        if not self._firing.has(Trigger.PRE_TOKEN_GENERATION):
            return Customisation()
        version = self._pool.triggers.token_generation
        is_first = version is TokenGenerationVersion.V1_0
        answer = await (self._first(user, source, call) if is_first else self._later(version, user, source, call))
        try:
            return customisation_of(answer)
        except UnrecognizableOutputError as error:
            raise refusal_of(error) from error

    async def _first(self, user: User, source: TriggerSource, call: Call) -> PreTokenGenerationAnswer:
        request = PreTokenGenerationRequest(
            user_attributes=attributes_of(self._pool, user),
            group_configuration=self._groups_of(user),
            client_metadata=call.client_metadata,
        )
        return await self._firing.fire(PRE_TOKEN_GENERATION_V1, source, request, call=call, user_name=user.username)

    async def _later(
        self, version: TokenGenerationVersion, user: User, source: TriggerSource, call: Call
    ) -> PreTokenGenerationV2Answer:
        request = PreTokenGenerationV2Request(
            user_attributes=attributes_of(self._pool, user),
            group_configuration=self._groups_of(user),
            scopes=(SELF_SERVICE_SCOPE,),
            client_metadata=call.client_metadata,
        )
        kind = PRE_TOKEN_GENERATION_V2 if version is TokenGenerationVersion.V2_0 else PRE_TOKEN_GENERATION_V3
        return await self._firing.fire(kind, source, request, call=call, user_name=user.username)

    def _groups_of(self, user: User) -> GroupConfiguration:
        member = self._pool.membership_of(user)
        return GroupConfiguration(
            groups_to_override=member.groups,
            iam_roles_to_override=member.roles,
            preferred_role=member.preferred_role,
        )
