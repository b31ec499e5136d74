"""Climbing the ladder: performs its effects, and gives what it holds outstanding back to the client."""

from typing import Final

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.flow import Advance
from authsteps.engine.messages import Effect, Event, Secret, kept
from authsteps.engine.snapshot import Snapshot
from authsteps.engine.table import NodeKind
from authsteps.flows.model import ChallengeName

from ..directory import Client, ExistenceErrors, ExplicitAuthFlow, FirstFactor
from ..errors import Cause, refusal
from ..firing import Call, Firing
from ..grants import Grants
from ..members import Members, Texts
from ..messages import Messages
from ..migration import Migration
from ..state import Pool
from ..token_generation import TokenGeneration
from ..totp import check_user_code
from . import choice_rungs, custom_rungs, mfa_rungs, rungs, trigger_rungs
from .attempt import AttemptContext, AttemptState, Way
from .challenges import accepted, answer_to, choices_of, name_of, parameters_of
from .choice import ChoiceEffect, FirstFactors
from .codes import SignInCodes
from .custom_auth import CustomAuth, CustomEffect
from .device_proofs import DeviceEffect, DeviceProofs
from .gatekeeper import GateEffect, Gatekeeper
from .ladder import ladder
from .proofs import Proofs
from .second_factors import SecondFactorEffect, SecondFactors
from .sessions import Sessions
from .triggers import AuthenticationTriggers, TriggerEffect

__all__ = ["Attempts"]

Attempt = Snapshot[AttemptState, AttemptContext]

_REFRESHES: Final = frozenset({"REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"})
"""Two names of one flow. Source: Amazon Cognito user pools API reference, InitiateAuth, AuthFlow."""
_FOR_ADMINISTRATORS: Final = frozenset({"ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH"})
"""Two names of another."""
_FOR_THE_PUBLIC: Final = frozenset({"USER_PASSWORD_AUTH"})
_PERMISSIONS: Final = {
    "USER_SRP_AUTH": ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
    "USER_PASSWORD_AUTH": ExplicitAuthFlow.ALLOW_USER_PASSWORD_AUTH,
    "CUSTOM_AUTH": ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
    "USER_AUTH": ExplicitAuthFlow.ALLOW_USER_AUTH,
    **dict.fromkeys(_REFRESHES, ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH),
    **dict.fromkeys(_FOR_ADMINISTRATORS, ExplicitAuthFlow.ALLOW_ADMIN_USER_PASSWORD_AUTH),
}
_SWITCHED_OFF: Final = {
    "USER_SRP_AUTH": Cause.USER_SRP_AUTH_OFF,
    "USER_PASSWORD_AUTH": Cause.USER_PASSWORD_AUTH_OFF,
    "CUSTOM_AUTH": Cause.CUSTOM_AUTH_OFF,
    **dict.fromkeys(_FOR_ADMINISTRATORS, Cause.ADMIN_AUTH_OFF),
}
"""Those that are refused in words of their own."""
_FIRST_CHALLENGES: Final = frozenset(
    {
        ChallengeName.PASSWORD.value,
        ChallengeName.PASSWORD_SRP.value,
        *(factor.value for factor in FirstFactor),
    }
)
"""What a client of choice-based sign-in can prefer."""
_PROVED_BY_SIGN_UP: Final = frozenset({"", ChallengeName.EMAIL_OTP.value, ChallengeName.SMS_OTP.value})
"""With which preferences a session from sign-up counts."""
_OF_TRIGGERS: Final = frozenset(
    {"UserLambdaValidationException", "UnexpectedLambdaException", "InvalidLambdaResponseException"}
)
"""What is refused because a trigger failed. Whether the service takes the answer again is not known; it does here."""
_AT_THE_TOP: Final = (trigger_rungs.PostAuthenticate, rungs.IssueTokens)
"""What is done when every answer was right. If it fails, the last answer is spent all the same."""


class Attempts:
    """All sign-ins that are under way.

    Args:
        pool: The pool.
        grants: Issues the tokens at the top.
        migration: Looks elsewhere for people whom the pool does not know.
        messages: Where codes go out.
    """

    def __init__(self, pool: Pool, grants: Grants, migration: Migration, messages: Messages) -> None:
        proofs, firing = Proofs(pool), Firing(pool)
        self._pool = pool
        self._grants = grants
        self._generation = TokenGeneration(pool)
        self._gatekeeper = Gatekeeper(pool, proofs, migration)
        self._devices = DeviceProofs(pool, self._gatekeeper, proofs)
        codes = SignInCodes(pool, self._gatekeeper, messages)
        self._first_factors = FirstFactors(pool, self._gatekeeper, codes)
        self._second_factors = SecondFactors(pool, self._gatekeeper, self._devices, codes)
        self._custom_auth = CustomAuth(pool, self._gatekeeper, self._second_factors, firing)
        self._triggers = AuthenticationTriggers(pool, self._gatekeeper, firing)
        self._sessions: Sessions[Attempt] = Sessions(pool.entropy)

    def knows(self, session: Secret) -> bool:
        """Tell whether a backend session stands for one of them, open or not."""
        return session in self._sessions

    # The operations

    async def initiate_auth(self, request: Members) -> dict[str, Json]:
        """InitiateAuth."""
        return await self._initiate(request, by_administrator=False)

    async def admin_initiate_auth(self, request: Members) -> dict[str, Json]:
        """AdminInitiateAuth."""
        return await self._initiate(request, by_administrator=True)

    async def respond_to_auth_challenge(self, request: Members) -> dict[str, Json]:
        """RespondToAuthChallenge. It takes the sessions of AdminInitiateAuth, too."""
        name = request.text("ChallengeName")
        client = self._pool.client_of(request)
        responses = request.texts("ChallengeResponses")
        username = responses.required("USERNAME").reveal()
        answer = answer_to(name, responses)
        self._pool.check_secret_hash(client, username, responses.optional("SECRET_HASH"))
        session, block = request.optional_secret("Session"), responses.optional("PASSWORD_CLAIM_SECRET_BLOCK")
        # Without a session an attempt goes by its secret block: a plain SRP sign-in is given no session. The service's
        # text spells the member as the request does: amazon-cognito-identity-js#270 (recorded), amplify-js#11771.
        text = session if session is not None else block
        if text is None:
            raise refusal(Cause.PARAMETER_MISSING, name="Session")
        waiting = self._sessions.peek(text, self._pool.now())
        step = ladder.outstanding(waiting)
        if (
            waiting.context.client_id != client.client_id
            or not self._goes_by(waiting.context.username, username)
            or step is None
            or name not in accepted(step)
            or not ladder.rows(waiting.state, type(answer))
            or (isinstance(answer, rungs.ProofGiven) and block != waiting.context.secret_block)
        ):
            raise refusal(Cause.SESSION_INVALID)
        advance = await self._answer(text, waiting, answer, Call.of(request, client.client_id))
        return self._reply(client, advance)

    async def admin_respond_to_auth_challenge(self, request: Members) -> dict[str, Json]:
        """AdminRespondToAuthChallenge."""
        return await self.respond_to_auth_challenge(request)

    async def associate_software_token(self, request: Members) -> dict[str, Json]:
        """AssociateSoftwareToken in the middle of a sign-in."""
        attempt = await self._set_up(request.secret("Session"), mfa_rungs.TotpSetUpBegun())
        secret = kept(attempt.context.totp_secret)
        return {"SecretCode": secret.reveal(), "Session": self._session(attempt).reveal()}

    async def verify_software_token(self, request: Members) -> dict[str, Json]:
        """VerifySoftwareToken in the middle of a sign-in. The factor is switched on when MFA_SETUP is answered."""
        code, name = request.secret("UserCode"), request.optional_text("FriendlyDeviceName")
        check_user_code(code)
        attempt = await self._set_up(request.secret("Session"), mfa_rungs.SetUpCodeGiven(code, name or ""))
        return {"Status": "SUCCESS", "Session": self._session(attempt).reveal()}

    # How an attempt begins

    async def _initiate(self, request: Members, *, by_administrator: bool) -> dict[str, Json]:
        flow = request.text("AuthFlow")
        client = self._pool.client_of(request)
        self._check_flow(client, flow, by_administrator=by_administrator)
        parameters = request.texts("AuthParameters")
        if flow in _REFRESHES:
            return await self._grants.refresh_token_auth(client, parameters)
        username = parameters.required("USERNAME").reveal()
        begin = _beginning(flow, client, username, parameters, request.optional_secret("Session"))
        self._pool.check_secret_hash(client, username, parameters.optional("SECRET_HASH"))
        reveals = client.prevent_user_existence_errors is ExistenceErrors.LEGACY
        attempt = ladder.start(AttemptContext(reveals_existence=reveals, by_administrator=by_administrator))
        return self._reply(
            client, await self._climb(attempt, begin, Call.beginning(request, client.client_id)), is_first=True
        )

    def _check_flow(self, client: Client, flow: str, *, by_administrator: bool) -> None:
        if flow in (_FOR_THE_PUBLIC if by_administrator else _FOR_ADMINISTRATORS):
            raise refusal(Cause.FLOW_NOT_FOR_THIS_OPERATION)
        if client.only_custom_auth and flow != "CUSTOM_AUTH" and flow not in _REFRESHES:
            raise refusal(Cause.ONLY_CUSTOM_AUTH)
        if _PERMISSIONS.get(flow) not in client.auth_flows:
            raise refusal(_SWITCHED_OFF[flow]) if flow in _SWITCHED_OFF else refusal(Cause.OTHER_FLOW_OFF, flow=flow)
        if flow == "CUSTOM_AUTH":
            self._custom_auth.check_is_configured()

    # How it goes on

    def _goes_by(self, canonical: str, given: str) -> bool:
        if given == canonical or self._pool.simulated_user_id(given) == canonical:
            return True
        user = self._pool.find_user(given)
        return user is not None and user.username == canonical

    async def _set_up(self, session: Secret, event: rungs.Answer) -> Attempt:
        waiting = self._sessions.peek(session, self._pool.now())
        if not ladder.rows(waiting.state, type(event)):
            raise refusal(Cause.SESSION_INVALID)
        advance = await self._answer(session, waiting, event, Call(waiting.context.client_id))
        _raise_refusal(advance)
        return advance.snapshot

    async def _answer(
        self, session: Secret, waiting: Attempt, answer: rungs.Answer, call: Call
    ) -> Advance[AttemptState, AttemptContext]:
        """Climb on with an answer. It spends the session, unless it is refused and another may follow.

        Source: reported, amplify-js#5834: once a custom authentication has failed, its session is no session any more.
        How the service refuses the sessions of other attempts that failed is not known; here they are spent.
        """
        self._gatekeeper.check_device(waiting.context.sub, answer.device_key)
        attempt = self._sessions.take(session, self._pool.now())
        self._gatekeeper.check_password_stands(attempt.context.sub, attempt.context.proved_password)
        advance = await self._climb(attempt, answer, call)
        failure = advance.failure
        if isinstance(failure, rungs.RefusedAnswer) and failure.undoes_answer:
            self._sessions.give_back(session, attempt)
        elif failure is not None and ladder.nodes[advance.snapshot.state].kind is NodeKind.WAITING:
            self._sessions.give_back(session, advance.snapshot)
        elif isinstance(failure, rungs.RefusedAnswer) and failure.ends_session:
            self._sessions.drop(session)
        return advance

    async def _climb(self, attempt: Attempt, event: Event, call: Call) -> Advance[AttemptState, AttemptContext]:
        advance = ladder.advance(attempt, event)
        while ladder.nodes[advance.snapshot.state].kind is NodeKind.WORKING and advance.outstanding is not None:
            effect = advance.outstanding
            try:
                answer = await self._perform(effect, call)
            except ServiceError as error:
                is_of_trigger = error.code in _OF_TRIGGERS
                answer = rungs.Refused(
                    error.code,
                    error.message,
                    undoes_answer=is_of_trigger and not isinstance(effect, _AT_THE_TOP),
                    ends_session=not is_of_trigger and isinstance(effect, CustomEffect),
                )
            advance = ladder.advance(advance.snapshot, answer)
        return advance

    async def _perform(self, effect: Effect, call: Call) -> Event:
        if isinstance(effect, GateEffect):
            return await self._gatekeeper.perform(effect, call)
        if isinstance(effect, ChoiceEffect):
            return await self._first_factors.perform(effect, call)
        if isinstance(effect, SecondFactorEffect):
            return await self._second_factors.perform(effect, call)
        if isinstance(effect, DeviceEffect):
            return await self._devices.perform(effect)
        if isinstance(effect, CustomEffect):
            return await self._custom_auth.perform(effect, call)
        if isinstance(effect, TriggerEffect):
            return await self._triggers.perform(effect, call)
        if isinstance(effect, rungs.IssueTokens):
            return await self._issue_tokens(effect, call)
        raise TypeError(f"nobody performs {type(effect).__name__}")

    async def _issue_tokens(self, effect: rungs.IssueTokens, call: Call) -> Event:
        user = self._gatekeeper.standing(effect.sub, effect.proved)
        customisation = await self._generation.ask(user, effect.source, call)
        # While a trigger thought, anything may have happened to the user, to the client and to the device.
        user = self._gatekeeper.standing(effect.sub, effect.proved)
        is_tracked = self._pool.settings.devices is not None
        device = user.devices.get(effect.device_key) if is_tracked else None
        client = self._pool.client(effect.client_id)
        tokens = await self._grants.sign_in(user, client, device=device, customisation=customisation)
        self._gatekeeper.present(effect.sub)  # nobody gets tokens who was deleted or disabled while they were signed
        return rungs.TokensIssued(tokens)

    # What is given back

    def _reply(
        self, client: Client, advance: Advance[AttemptState, AttemptContext], *, is_first: bool = False
    ) -> dict[str, Json]:
        _raise_refusal(advance)
        step, context = advance.outstanding, advance.snapshot.context
        if isinstance(step, rungs.Granted):
            return {"AuthenticationResult": step.tokens.members(), "ChallengeParameters": {}}
        if step is None:
            raise TypeError(f"{advance.snapshot.state.name} holds nothing for a client")
        reply: dict[str, Json] = {
            "ChallengeName": name_of(step),
            "ChallengeParameters": parameters_of(step, self._pool),
            **(choices_of(step, context.available) if is_first else {}),
        }
        is_plain_srp = context.way is Way.PROOF and not context.by_administrator
        if is_plain_srp and isinstance(step, rungs.DemandPasswordProof):
            life = client.auth_session_validity
            self._sessions.open(advance.snapshot, self._pool.now(), life, name=step.secret_block)
            return reply
        return {**reply, "Session": self._session(advance.snapshot).reveal()}

    def _session(self, attempt: Attempt) -> Secret:
        """Open a session; where there is a secret block, the attempt goes by that as well."""
        life = self._pool.client(attempt.context.client_id).auth_session_validity
        block = attempt.context.secret_block
        return self._sessions.open(attempt, self._pool.now(), life, alias=block)


def _raise_refusal(advance: Advance[AttemptState, AttemptContext]) -> None:
    if isinstance(advance.failure, rungs.RefusedAnswer):
        raise ServiceError(advance.failure.code, advance.failure.message)


def _beginning(flow: str, client: Client, username: str, parameters: Texts, session: Secret | None) -> Event:
    """Return how an attempt begins.

    Raises:
        ServiceError: A parameter is missing, or the preferred challenge is none.
    """
    given = parameters.optional("DEVICE_KEY")
    device_key, client_id = given.reveal() if given is not None else "", client.client_id
    match flow:
        case "USER_SRP_AUTH":
            return rungs.ProofOffered(client_id, username, parameters.required("SRP_A"), device_key=device_key)
        case "CUSTOM_AUTH":
            # Source: developer guide, 'Define Auth challenge Lambda trigger'; the API reference has the other spelling
            begins_with = parameters.optional("CHALLENGE_NAME") or parameters.optional("ChallengeName")
            is_proved = begins_with is not None and begins_with.reveal() == "SRP_A"
            srp_a = parameters.required("SRP_A") if is_proved else None
            return custom_rungs.CustomBegun(client_id, username, srp_a, device_key=device_key)
        case "USER_AUTH":
            return _choice_beginning(client_id, username, parameters, session, device_key)
        case _:
            password = parameters.required("PASSWORD")
            return rungs.PasswordGiven(client_id, username, password, device_key=device_key)


def _choice_beginning(
    client_id: str, username: str, parameters: Texts, session: Secret | None, device_key: str
) -> Event:
    wish = parameters.optional("PREFERRED_CHALLENGE")
    preferred = wish.reveal() if wish is not None else ""
    if preferred and preferred not in _FIRST_CHALLENGES:
        raise refusal(Cause.CHALLENGE_UNKNOWN, parameter="PREFERRED_CHALLENGE")
    if session is not None and preferred in _PROVED_BY_SIGN_UP:
        return choice_rungs.HandOverGiven(client_id, username, session, device_key=device_key)
    return choice_rungs.ChoiceBegun(
        client_id,
        username,
        preferred,
        parameters.required("PASSWORD") if preferred == ChallengeName.PASSWORD.value else None,
        parameters.required("SRP_A") if preferred == ChallengeName.PASSWORD_SRP.value else None,
        device_key=device_key,
    )
