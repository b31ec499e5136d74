"""Custom authentication: the port that a pool's triggers stand behind, and what the pool makes of their answers.

Source: Cognito developer guide, 'Custom authentication challenge Lambda triggers' and 'Customizing user pool workflows
with Lambda triggers'; Amazon Cognito user pools API reference, InitiateAuth, ClientMetadata.
"""

from collections.abc import Awaitable, Mapping
from typing import Final, Protocol, TypeVar, assert_never

import attrs
import msgspec

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.engine.messages import Carried, Event, Secret
from authsteps.flows.model import ChallengeName

from ..directory import MfaFactor
from ..errors import Cause, refusal
from ..state import Pool
from . import custom_rungs as rungs
from .custom_rungs import ChallengeEntry
from .gatekeeper import Gatekeeper
from .rungs import ProofWanted
from .second_factors import SecondFactors

__all__ = [
    "ChallengeEntry",
    "CreateAnswer",
    "CreateRequest",
    "CustomAuth",
    "CustomAuthTriggers",
    "CustomEffect",
    "DefineAnswer",
    "DefineRequest",
    "VerifyRequest",
]

T = TypeVar("T")

CustomEffect = rungs.DefineChallenge | rungs.CreateChallenge | rungs.VerifyCustomAnswer

_CUSTOM_CHALLENGE: Final = ChallengeName.CUSTOM_CHALLENGE.value


@attrs.frozen(kw_only=True)
class _Request:
    """What every trigger is told.

    Attributes:
        user_name: The canonical name; for somebody who does not exist, the name as typed.
        client_id: Through which app client.
        user_attributes: By name, with ``sub`` and ``cognito:user_status``; none for somebody who does not exist.
        user_not_found: Whether there is no such user, which the client is not told.
        client_metadata: What the client sent along with this very call; ``None`` if it sent nothing, and when a sign-in
            begins.
    """

    user_name: str
    client_id: str
    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    user_not_found: bool
    client_metadata: Mapping[str, str] | None = attrs.field(repr=False)


@attrs.frozen(kw_only=True)
class DefineRequest(_Request):
    """What DefineAuthChallenge is told, beside what every trigger is.

    Attributes:
        session: The challenges that are behind the user, in order.
    """

    session: tuple[ChallengeEntry, ...]


@attrs.frozen
class DefineAnswer:
    """What DefineAuthChallenge answers. Failing counts for more than tokens, and tokens for more than a challenge.

    Attributes:
        challenge_name: The next challenge; ``None`` for none.
        issue_tokens: Whether it is enough.
        fail_authentication: Whether it is over. An answer that says nothing at all is this, too.
    """

    challenge_name: str | None = None
    issue_tokens: bool = False
    fail_authentication: bool = False


@attrs.frozen(kw_only=True)
class CreateRequest(_Request):
    """What CreateAuthChallenge is told, beside what every trigger is.

    Attributes:
        challenge_name: ``CUSTOM_CHALLENGE``.
        session: The challenges that are behind the user, in order.
    """

    challenge_name: str
    session: tuple[ChallengeEntry, ...]


@attrs.frozen
class CreateAnswer:
    """What CreateAuthChallenge answers.

    Attributes:
        public_challenge_parameters: What the client is shown.
        private_challenge_parameters: What only VerifyAuthChallengeResponse is shown, such as the right answer.
        challenge_metadata: What DefineAuthChallenge is told of this challenge later.
    """

    public_challenge_parameters: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    private_challenge_parameters: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    challenge_metadata: str | None = attrs.field(default=None, repr=False)


@attrs.frozen(kw_only=True)
class VerifyRequest(_Request):
    """What VerifyAuthChallengeResponse is told, beside what every trigger is.

    Attributes:
        private_challenge_parameters: As CreateAuthChallenge made them.
        challenge_answer: The user's answer.
    """

    private_challenge_parameters: Mapping[str, str] = attrs.field(repr=False)
    challenge_answer: Secret


class CustomAuthTriggers(Protocol):
    """The three triggers of a custom authentication flow.

    Whatever they raise becomes the service's refusal: a ``ServiceError`` as it stands, anything else as
    ``UserLambdaValidationException`` with its text. The client may send the same answer again then.
    """

    async def define(self, request: DefineRequest, /) -> DefineAnswer:
        """Say what comes next, as DefineAuthChallenge."""
        ...

    async def create(self, request: CreateRequest, /) -> CreateAnswer:
        """Make a challenge, as CreateAuthChallenge."""
        ...

    async def verify(self, request: VerifyRequest, /) -> bool:
        """Say whether the answer is right, as VerifyAuthChallengeResponse."""
        ...


class CustomAuth:
    """Everything about custom authentication.

    Args:
        pool: The pool.
        gatekeeper: Says who is still there.
        second_factors: Ask for those that a trigger demands.
        triggers: What has the say; ``None`` if none are configured.
    """

    def __init__(
        self,
        pool: Pool,
        gatekeeper: Gatekeeper,
        second_factors: SecondFactors,
        triggers: CustomAuthTriggers | None,
    ) -> None:
        self._pool = pool
        self._gatekeeper = gatekeeper
        self._second_factors = second_factors
        self._triggers = triggers

    @property
    def is_configured(self) -> bool:
        """Whether the pool has triggers."""
        return self._triggers is not None

    async def perform(self, effect: CustomEffect, client_metadata: Mapping[str, str] | None) -> Event:
        """Perform an effect of this room.

        Args:
            effect: The effect.
            client_metadata: What the client sent along with the present call.

        Raises:
            ServiceError: It is refused.
        """
        if self._triggers is None:
            raise refusal(Cause.CUSTOM_AUTH_NOT_CONFIGURED)
        match effect:
            case rungs.DefineChallenge():
                return await self._define(self._triggers, effect, client_metadata)
            case rungs.CreateChallenge():
                return await self._create(self._triggers, effect, client_metadata)
            case rungs.VerifyCustomAnswer():
                return await self._verify(self._triggers, effect, client_metadata)
            case _:
                assert_never(effect)

    async def _define(
        self, triggers: CustomAuthTriggers, effect: rungs.DefineChallenge, metadata: Mapping[str, str] | None
    ) -> Event:
        name, attributes, not_found = self._told(effect.respondent)
        request = DefineRequest(
            user_name=name,
            client_id=effect.respondent.client_id,
            user_attributes=attributes,
            user_not_found=not_found,
            client_metadata=metadata,
            session=effect.entries,
        )
        answer = await _asked("DefineAuthChallenge", triggers.define(request))
        if answer.fail_authentication:
            raise refusal(Cause.WRONG_CREDENTIALS)
        if answer.issue_tokens:
            return rungs.TokensAllowed()
        if answer.challenge_name is None:
            raise refusal(Cause.WRONG_CREDENTIALS)
        return self._demanded(effect, answer.challenge_name)

    def _demanded(self, effect: rungs.DefineChallenge, challenge: str) -> Event:
        """Return what a challenge asks for. Those of devices and new passwords come by themselves, not by a trigger."""
        if challenge == _CUSTOM_CHALLENGE:
            return rungs.CustomChallengeWanted()
        if challenge == ChallengeName.PASSWORD_VERIFIER.value and effect.can_prove:
            return ProofWanted()
        factor = next((factor for factor in MfaFactor if factor.value == challenge), None)
        if factor is None:
            raise refusal(Cause.TRIGGER_ANSWER_UNREADABLE)
        return self._second_factors.wanted(self._gatekeeper.present(effect.respondent.sub), factor)

    async def _create(
        self, triggers: CustomAuthTriggers, effect: rungs.CreateChallenge, metadata: Mapping[str, str] | None
    ) -> Event:
        name, attributes, not_found = self._told(effect.respondent)
        request = CreateRequest(
            user_name=name,
            client_id=effect.respondent.client_id,
            user_attributes=attributes,
            user_not_found=not_found,
            client_metadata=metadata,
            challenge_name=_CUSTOM_CHALLENGE,
            session=effect.entries,
        )
        answer = await _asked("CreateAuthChallenge", triggers.create(request))
        private = Carried(msgspec.json.encode(dict(answer.private_challenge_parameters)).decode())
        return rungs.ChallengeCreated(dict(answer.public_challenge_parameters), private, answer.challenge_metadata)

    async def _verify(
        self, triggers: CustomAuthTriggers, effect: rungs.VerifyCustomAnswer, metadata: Mapping[str, str] | None
    ) -> Event:
        name, attributes, not_found = self._told(effect.respondent)
        request = VerifyRequest(
            user_name=name,
            client_id=effect.respondent.client_id,
            user_attributes=attributes,
            user_not_found=not_found,
            client_metadata=metadata,
            private_challenge_parameters=msgspec.json.decode(effect.private.reveal(), type=dict[str, str]),
            challenge_answer=effect.given,
        )
        is_right = await _asked("VerifyAuthChallengeResponse", triggers.verify(request))
        return rungs.CustomAnswerVerified(is_right is True)

    def _told(self, respondent: rungs.Respondent) -> tuple[str, Mapping[str, str], bool]:
        """Return what triggers are told of a user: the name, the attributes, and whether there is none.

        Source: captured events in amplify-js#5834.
        """
        user = self._pool.users.by_sub(respondent.sub)
        if user is None:
            return respondent.typed, {}, True
        aliases = {
            f"cognito:{attribute.removesuffix('_number')}_alias": user.attributes[attribute]
            for attribute in ("email", "phone_number")
            if attribute in self._pool.settings.alias_attributes and user.attributes.get(attribute)
        }
        return (
            user.username,
            {"sub": user.sub, "cognito:user_status": user.status.value, **aliases, **user.attributes},
            False,
        )


async def _asked(trigger: str, call: Awaitable[T]) -> T:
    """Return what a trigger answers.

    Raises:
        ServiceError: It raises.
    """
    try:
        return await call
    except ServiceError:
        raise
    except Exception as error:
        # Source: Cognito developer guide, 'Customizing user pool workflows with Lambda triggers': the text is shown
        raise refusal(Cause.TRIGGER_FAILED, trigger=trigger, message=str(error)) from error
