"""Climbing the ladder: performs its effects, and gives what it holds outstanding back to the client."""

import base64
import json
import re
from datetime import UTC, datetime
from functools import partial

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.flow import Advance
from authsteps.engine.messages import Carried, Effect, Event, Secret
from authsteps.engine.snapshot import Snapshot
from authsteps.engine.table import NodeKind
from authsteps.flows import srp

from . import rungs
from .accounts import check_attributes
from .directory import Client, ExistenceErrors, ExplicitAuthFlow, MfaFactor, User, UserStatus
from .errors import Cause, refusal
from .grants import Grants
from .ladder import AttemptContext, AttemptState, ladder
from .members import Members, Texts
from .outbox import Purpose
from .sessions import Sessions
from .settings import MfaConfiguration
from .state import Pool

__all__ = ["Attempts"]

Attempt = Snapshot[AttemptState, AttemptContext]

_REFRESHES = frozenset({"REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"})
"""Two names of one flow. Source: Amazon Cognito user pools API reference, InitiateAuth, AuthFlow."""
_FOR_ADMINISTRATORS = frozenset({"ADMIN_NO_SRP_AUTH", "ADMIN_USER_PASSWORD_AUTH"})
_PERMISSIONS = {
    "USER_SRP_AUTH": ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
    "USER_PASSWORD_AUTH": ExplicitAuthFlow.ALLOW_USER_PASSWORD_AUTH,
    "CUSTOM_AUTH": ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
    **dict.fromkeys(_REFRESHES, ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH),
}
_SWITCHED_OFF = {
    "USER_SRP_AUTH": Cause.USER_SRP_AUTH_OFF,
    "USER_PASSWORD_AUTH": Cause.USER_PASSWORD_AUTH_OFF,
    "CUSTOM_AUTH": Cause.CUSTOM_AUTH_OFF,
}
"""Those that are refused in words of their own."""
_CHALLENGES = {
    AttemptState.AWAITING_PROOF: "PASSWORD_VERIFIER",
    AttemptState.AWAITING_NEW_PASSWORD: "NEW_PASSWORD_REQUIRED",
    AttemptState.AWAITING_FACTOR_CHOICE: "SELECT_MFA_TYPE",
    AttemptState.AWAITING_SMS_CODE: "SMS_MFA",
    AttemptState.AWAITING_TOTP_CODE: "SOFTWARE_TOKEN_MFA",
}
_SECRET_BLOCK_BYTES = 1284
"""As many as the service's. Source: recorded from the service (a traced sign-in of August 2023)."""
_WEEKDAYS = frozenset({"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"})
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TIMESTAMP = re.compile(r"([A-Z][a-z]{2}) ([A-Z][a-z]{2}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) UTC (\d{4})", re.ASCII)


class Attempts:
    """All sign-ins that are under way.

    Args:
        pool: The pool.
        grants: Issues the tokens at the top.
    """

    def __init__(self, pool: Pool, grants: Grants) -> None:
        self._pool = pool
        self._grants = grants
        self._sessions: Sessions[Attempt] = Sessions(pool.entropy)

    def knows(self, session: Secret) -> bool:
        """Tell whether a backend session stands for one of them, open or not."""
        return session in self._sessions

    async def initiate_auth(self, request: Members) -> dict[str, Json]:
        """InitiateAuth."""
        flow = request.text("AuthFlow")
        client = self._pool.client_of(request)
        _check_flow(client, flow)
        parameters = request.texts("AuthParameters")
        if flow in _REFRESHES:
            return await self._grants.refresh_token_auth(client, parameters)
        username = parameters.required("USERNAME").reveal()
        begin: Event
        if flow == "USER_SRP_AUTH":
            begin = rungs.ProofOffered(client.client_id, username, parameters.required("SRP_A"))
        else:
            begin = rungs.PasswordGiven(client.client_id, username, parameters.required("PASSWORD"))
        self._pool.check_secret_hash(client, username, parameters.optional("SECRET_HASH"))
        reveals = client.prevent_user_existence_errors is ExistenceErrors.LEGACY
        attempt = ladder.start(AttemptContext(reveals_existence=reveals))
        return self._reply(client, await self._climb(attempt, begin))

    async def respond_to_auth_challenge(self, request: Members) -> dict[str, Json]:
        """RespondToAuthChallenge."""
        name = request.text("ChallengeName")
        client = self._pool.client_of(request)
        responses = request.texts("ChallengeResponses")
        username = responses.required("USERNAME").reveal()
        answer = _answer_to(name, responses)
        self._pool.check_secret_hash(client, username, responses.optional("SECRET_HASH"))
        session = request.optional_secret("Session")
        # Without a session an attempt goes by its secret block: a plain SRP sign-in is given no session.
        text = session if session is not None else responses.optional("PASSWORD_CLAIM_SECRET_BLOCK")
        if text is None:
            raise refusal(Cause.PARAMETER_MISSING, name="SESSION")
        waiting = self._sessions.peek(text, self._pool.now())
        if (
            waiting.context.client_id != client.client_id
            or not self._goes_by(waiting.context.username, username)
            or _CHALLENGES[waiting.state] != name
        ):
            raise refusal(Cause.SESSION_INVALID)
        attempt = self._sessions.take(text, self._pool.now())
        advance = await self._climb(attempt, answer)
        if advance.failure is not None and ladder.nodes[advance.snapshot.state].kind is NodeKind.WAITING:
            self._sessions.give_back(text, advance.snapshot)
        return self._reply(client, advance)

    def _goes_by(self, canonical: str, given: str) -> bool:
        if given == canonical or self._pool.simulated_user_id(given) == canonical:
            return True
        user = self._pool.users.find(given)
        return user is not None and user.username == canonical

    async def _climb(self, attempt: Attempt, event: Event) -> Advance[AttemptState, AttemptContext]:
        advance = ladder.advance(attempt, event)
        while ladder.nodes[advance.snapshot.state].kind is NodeKind.WORKING and advance.outstanding is not None:
            try:
                answer = await self._perform(advance.outstanding)
            except ServiceError as error:
                answer = rungs.Refused(error.code, error.message)
            advance = ladder.advance(advance.snapshot, answer)
        return advance

    def _reply(self, client: Client, advance: Advance[AttemptState, AttemptContext]) -> dict[str, Json]:
        if isinstance(advance.failure, rungs.RefusedAnswer):
            raise ServiceError(advance.failure.code, advance.failure.message)
        step = advance.outstanding
        if isinstance(step, rungs.Granted):
            return {"AuthenticationResult": step.tokens.members(), "ChallengeParameters": {}}
        parameters = self._parameters(step)
        reply: dict[str, Json] = {
            "ChallengeName": _CHALLENGES[advance.snapshot.state],
            "ChallengeParameters": parameters,
        }
        block = step.secret_block if isinstance(step, rungs.DemandPasswordProof) else None
        session = self._sessions.open(advance.snapshot, self._pool.now(), client.auth_session_validity, name=block)
        return reply if block is not None else {**reply, "Session": session.reveal()}

    def _parameters(self, step: Effect | None) -> dict[str, Json]:
        match step:
            case rungs.DemandPasswordProof():
                return {
                    "SALT": step.salt.reveal(),
                    "SRP_B": step.public.reveal(),
                    "SECRET_BLOCK": step.secret_block.reveal(),
                    "USERNAME": step.username,
                    "USER_ID_FOR_SRP": step.username,
                }
            case rungs.DemandNewPassword(username=username, sub=sub):
                user = self._user(sub)
                missing = [name for name in self._pool.settings.required_attributes if not user.attributes.get(name)]
                return {
                    "USER_ID_FOR_SRP": username,
                    "requiredAttributes": json.dumps([f"userAttributes.{name}" for name in missing]),
                    "userAttributes": json.dumps(dict(user.attributes)),
                }
            case rungs.DemandFactorChoice():
                choices = json.dumps([factor.value for factor in step.factors])
                return {"USER_ID_FOR_SRP": step.username, "MFAS_CAN_CHOOSE": choices}
            case rungs.DemandSmsCode():
                return {
                    "USER_ID_FOR_SRP": step.username,
                    "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS",
                    "CODE_DELIVERY_DESTINATION": step.destination,
                }
            case rungs.DemandTotpCode():
                name = {"FRIENDLY_DEVICE_NAME": step.device_name} if step.device_name is not None else {}
                return {"USER_ID_FOR_SRP": step.username, **name}
            case _:
                raise TypeError(f"{type(step).__name__} is no challenge")

    async def _perform(self, effect: Effect) -> Event:
        match effect:
            case rungs.PassGate():
                return self._pass_gate(effect)
            case rungs.PrepareProof():
                return self._prepare_proof(effect)
            case rungs.CheckFirstFactor():
                return await self._check_first_factor(effect)
            case rungs.SetNewPassword():
                return self._set_new_password(effect)
            case rungs.ChooseSecondFactor(sub=sub):
                return self._choose_second_factor(self._user(sub))
            case rungs.VerifyFactorChoice():
                return self._verify_choice(effect)
            case rungs.SendSmsCode():
                return self._send_sms_code(effect)
            case rungs.VerifySmsCode():
                if effect.given != effect.sent:
                    raise refusal(Cause.MFA_CODE_WRONG)
                # Source: developer guide, 'SMS and email message MFA': a right code verifies the number
                self._user(effect.sub).attributes["phone_number_verified"] = "true"
                return rungs.SecondFactorPassed()
            case rungs.VerifyTotpCode():
                token = self._user(effect.sub).software_token
                if token is None:
                    raise refusal(Cause.TOTP_CODE_WRONG)
                token.verify(effect.given, self._pool.now())
                return rungs.SecondFactorPassed()
            case rungs.IssueTokens():
                client = self._pool.clients[effect.client_id]
                tokens = await self._grants.sign_in(self._user(effect.sub), client)
                self._user(effect.sub)  # nobody gets tokens who was deleted or disabled while they were signed
                return rungs.TokensIssued(tokens)
            case _:
                raise TypeError(f"nobody performs {type(effect).__name__}")

    def _pass_gate(self, effect: rungs.PassGate) -> Event:
        user = self._pool.users.find(effect.username)
        if user is not None:
            self._admit(user)
            return rungs.GatePassed(user.username, user.sub)
        if effect.reveals_existence:
            raise refusal(Cause.USER_NOT_FOUND)
        stand_in = self._pool.simulated_user_id(effect.username)
        return rungs.GatePassed(stand_in, stand_in)

    def _admit(self, user: User) -> None:
        """Return if this user may try to sign in now."""
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        if user.status is UserStatus.UNCONFIRMED:
            raise refusal(Cause.USER_NOT_CONFIRMED)
        if user.status is UserStatus.RESET_REQUIRED:
            raise refusal(Cause.PASSWORD_RESET_REQUIRED)
        user.lockout.check(self._pool.now())

    def _admitted(self, sub: str) -> User | None:
        """Return a user who may still try, or ``None`` if there is none."""
        user = self._pool.users.by_sub(sub)
        if user is not None:
            self._admit(user)
        return user

    def _prepare_proof(self, effect: rungs.PrepareProof) -> Event:
        if not srp.is_public_key(effect.srp_a):
            raise refusal(Cause.SRP_A_UNREADABLE)
        verifier = self._verifier(self._pool.users.by_sub(effect.sub), effect.sub)
        keys = srp.server_challenge(verifier, self._pool.entropy.random_bytes(32), self._pool.arithmetic)
        block = base64.b64encode(self._pool.entropy.random_bytes(_SECRET_BLOCK_BYTES)).decode()
        return rungs.ProofPrepared(
            private=Carried(keys.private.reveal()),
            public=Carried(keys.public.reveal()),
            salt=Carried(verifier.salt_hex),
            secret_block=Carried(block),
        )

    async def _check_first_factor(self, effect: rungs.CheckFirstFactor) -> Event:
        user = self._admitted(effect.sub)
        username = user.username if user is not None else effect.sub
        verifier = self._verifier(user, effect.sub)
        if effect.proof is not None:
            self._check_timestamp(effect.proof.timestamp)
            passed = await self._proof_holds(username, verifier, effect.proof)
            # While a thread checked the proof, others may have failed, and the user may have been disabled or deleted.
            user = self._admitted(effect.sub)
        elif effect.password is not None:
            passed = self._pool.fits(verifier, username, effect.password)
        else:
            passed = False
        now = self._pool.now()
        if user is None or not passed or user.verifier is not verifier:
            if user is not None:
                user.lockout.failed(now)
            raise refusal(Cause.WRONG_CREDENTIALS)
        is_temporary = user.status is UserStatus.FORCE_CHANGE_PASSWORD
        if is_temporary and user.password_expires_at is not None and now >= user.password_expires_at:
            raise refusal(Cause.TEMPORARY_PASSWORD_EXPIRED)
        user.lockout.succeeded()
        return rungs.FirstFactorPassed(is_temporary)

    async def _proof_holds(self, username: str, verifier: srp.Verifier, proof: rungs.Proof) -> bool:
        check = partial(
            srp.check_signature,
            proof.signature,
            pool_name=self._pool.name,
            user_id=username,
            verifier=verifier,
            server_keys=srp.ServerKeys(proof.private, proof.public),
            srp_a_hex=proof.srp_a,
            secret_block_b64=proof.secret_block,
            timestamp=proof.timestamp,
            arithmetic=self._pool.arithmetic,
        )
        try:
            return await self._pool.in_thread(check)
        except srp.SrpParameterError:
            return False

    def _check_timestamp(self, text: str) -> None:
        found = _TIMESTAMP.fullmatch(text)
        if found is None or found[1] not in _WEEKDAYS or found[2] not in _MONTHS:
            raise refusal(Cause.TIMESTAMP_UNREADABLE)
        month = _MONTHS.index(found[2]) + 1
        day, hour, minute, second, year = (int(found[part]) for part in range(3, 8))
        try:
            instant = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
        except ValueError:
            raise refusal(Cause.TIMESTAMP_UNREADABLE) from None
        if abs(instant - self._pool.now()) > self._pool.settings.timestamp_tolerance:
            raise refusal(Cause.WRONG_CREDENTIALS)

    def _set_new_password(self, effect: rungs.SetNewPassword) -> Event:
        user = self._user(effect.sub)
        if user.status is not UserStatus.FORCE_CHANGE_PASSWORD:
            # Another attempt has set it: whoever knew the temporary password must not undo that.
            raise refusal(Cause.SESSION_INVALID)
        for name in effect.attributes:
            if user.attributes.get(name):
                raise refusal(Cause.ATTRIBUTE_ALREADY_SET, attribute=name)
        for name in self._pool.settings.required_attributes:
            if not user.attributes.get(name) and not effect.attributes.get(name):
                raise refusal(Cause.ATTRIBUTE_NOT_GIVEN, attribute=name)
        check_attributes(self._pool, effect.attributes)
        self._pool.settings.password_policy.check(effect.password, "newPassword")
        user.attributes.update(effect.attributes)
        user.verifier = self._pool.verifier_for(user.username, effect.password)
        user.password_expires_at = None
        user.status = UserStatus.CONFIRMED
        user.modified = self._pool.now()
        return rungs.NewPasswordSet()

    def _choose_second_factor(self, user: User) -> Event:
        """Find out what is wanted.

        Source: service model, UserPoolMfaType; Cognito developer guide, 'Adding MFA to a user pool'.
        """
        factors = [factor for factor in MfaFactor if factor in user.mfa_factors]
        if self._pool.settings.mfa is MfaConfiguration.OFF or not factors:
            return rungs.NoSecondFactorWanted()
        if user.preferred_factor is not None:
            return _wanted(user, user.preferred_factor)
        return _wanted(user, factors[0]) if len(factors) == 1 else rungs.FactorChoiceWanted(tuple(factors))

    def _verify_choice(self, effect: rungs.VerifyFactorChoice) -> Event:
        factor = next((factor for factor in effect.offered if factor.value == effect.answer), None)
        if factor is None:
            raise refusal(Cause.MFA_TYPE_NOT_OFFERED)
        return _wanted(self._user(effect.sub), factor)

    def _send_sms_code(self, effect: rungs.SendSmsCode) -> Event:
        user = self._user(effect.sub)
        if not user.attributes.get("phone_number"):
            raise refusal(Cause.FACTOR_NOT_SET_UP, factor=MfaFactor.SMS_MFA.value)
        life = self._pool.clients[effect.client_id].auth_session_validity
        code, delivery = self._pool.send_code(user, Purpose.SMS_MFA, "phone_number", life)
        return rungs.SmsCodeSent(Carried(code.value.reveal()), delivery.destination)

    def _verifier(self, user: User | None, sub: str) -> srp.Verifier:
        if user is None or user.verifier is None:
            return self._pool.simulated_verifier(sub)
        return user.verifier

    def _user(self, sub: str) -> User:
        """Return a user who passed the first factor. One who was deleted or disabled meanwhile gets no further."""
        user = self._pool.users.by_sub(sub)
        if user is None:
            raise refusal(Cause.WRONG_CREDENTIALS)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        return user


def _check_flow(client: Client, flow: str) -> None:
    if flow in _FOR_ADMINISTRATORS:
        raise refusal(Cause.FLOW_NOT_FOR_THIS_OPERATION)
    if _PERMISSIONS.get(flow) not in client.auth_flows:
        raise refusal(_SWITCHED_OFF[flow]) if flow in _SWITCHED_OFF else refusal(Cause.OTHER_FLOW_OFF, flow=flow)
    if flow == "CUSTOM_AUTH":
        raise refusal(Cause.CUSTOM_AUTH_NOT_CONFIGURED)


def _wanted(user: User, factor: MfaFactor) -> Event:
    if factor is MfaFactor.SMS_MFA:
        return rungs.SmsCodeWanted()
    return rungs.TotpCodeWanted(user.software_token.friendly_name if user.software_token is not None else None)


def _answer_to(name: str, responses: Texts) -> Event:
    match name:
        case "PASSWORD_VERIFIER":
            responses.required("PASSWORD_CLAIM_SECRET_BLOCK")
            signature = responses.required("PASSWORD_CLAIM_SIGNATURE")
            return rungs.ProofGiven(signature, responses.required("TIMESTAMP").reveal())
        case "NEW_PASSWORD_REQUIRED":
            attributes = responses.starting_with("userAttributes.")
            return rungs.NewPasswordGiven(responses.required("NEW_PASSWORD"), attributes)
        case "SMS_MFA" | "SOFTWARE_TOKEN_MFA":
            return rungs.CodeGiven(responses.required(f"{name}_CODE"))
        case "SELECT_MFA_TYPE":
            return rungs.FactorChosen(responses.required("ANSWER").reveal())
        case _:
            raise refusal(Cause.SESSION_INVALID)
