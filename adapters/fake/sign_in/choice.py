"""Performs choice-based sign-in: what there is to choose from, one-time codes, passkeys, and the way from sign-up.

Source: Cognito developer guide, 'Authentication with Amazon Cognito user pools' (choice-based sign-in) and 'Managing
error response'; Amazon Cognito user pools API reference, InitiateAuth.
"""

import json
from typing import Final, assert_never

from authsteps.engine.messages import Carried, Event
from authsteps.flows.model import ChallengeName

from ..directory import FirstFactor, User, UserStatus
from ..errors import Cause, refusal
from ..firing import Call
from ..outbox import CODE_RULES, Purpose, make_code
from ..passkeys import CHALLENGE_BYTES, request_options, verify_assertion
from ..settings import PasskeyUse, WebAuthnConfiguration
from ..state import Pool
from . import choice_rungs as rungs
from .codes import SignInCodes
from .gatekeeper import Gatekeeper
from .rungs import FirstFactorPassed, ProofWanted
from .second_factors import demanded

__all__ = ["ChoiceEffect", "FirstFactors"]

ChoiceEffect = (
    rungs.ChooseFirstFactor
    | rungs.VerifyFirstChoice
    | rungs.SendFirstCode
    | rungs.VerifyFirstCode
    | rungs.PreparePasskey
    | rungs.CheckPasskey
    | rungs.RedeemHandOver
)

_PASSWORDS: Final = (ChallengeName.PASSWORD_SRP.value, ChallengeName.PASSWORD.value)
_ATTRIBUTES: Final = {FirstFactor.EMAIL_OTP: "email", FirstFactor.SMS_OTP: "phone_number"}
"""Where codes go."""
_PURPOSES: Final = {FirstFactor.EMAIL_OTP: Purpose.EMAIL_OTP, FirstFactor.SMS_OTP: Purpose.SMS_OTP}


class FirstFactors:
    """Everything about the first factors that are no password.

    Args:
        pool: The pool.
        gatekeeper: Says who may try.
        codes: Sends codes.
    """

    def __init__(self, pool: Pool, gatekeeper: Gatekeeper, codes: SignInCodes) -> None:
        self._pool = pool
        self._gatekeeper = gatekeeper
        self._codes = codes

    async def perform(self, effect: ChoiceEffect, call: Call) -> Event:
        """Perform an effect of this room, for a call.

        Raises:
            ServiceError: It is refused.
        """
        match effect:
            case rungs.ChooseFirstFactor():
                return self._choose(effect)
            case rungs.VerifyFirstChoice():
                user = self._pool.users.by_sub(effect.sub)
                if effect.answer not in effect.offered or effect.answer not in self._available(user):
                    raise refusal(Cause.FIRST_FACTOR_NOT_OFFERED)
                return _wanted(effect.answer, ())
            case rungs.SendFirstCode():
                return await self._send_code(effect, call)
            case rungs.VerifyFirstCode():
                return self._verify_code(effect)
            case rungs.PreparePasskey():
                return self._prepare_passkey(effect)
            case rungs.CheckPasskey():
                return self._check_passkey(effect)
            case rungs.RedeemHandOver():
                return self._redeem(effect)
            case _:
                assert_never(effect)

    def _choose(self, effect: rungs.ChooseFirstFactor) -> Event:
        user = self._pool.users.by_sub(effect.sub)
        available = self._available(user)
        if user is None and effect.preferred == FirstFactor.EMAIL_OTP and self._allows(FirstFactor.EMAIL_OTP):
            # Source: recorded run-book of e-mail sign-in: who does not exist is challenged all the same
            return rungs.FirstCodeWanted(FirstFactor.EMAIL_OTP, (effect.preferred,))
        if effect.preferred in available:
            return _wanted(effect.preferred, available)
        return rungs.FirstChoiceWanted(available)

    def _available(self, user: User | None) -> tuple[str, ...]:
        """Return what a user can sign in with, as challenges are called.

        Of whom a second factor is demanded, a password is demanded first, or a passkey that counts for both. Somebody
        who does not exist has a password, like most who do.

        Source: Cognito developer guide, 'Authentication with Amazon Cognito user pools'; the order is that of a
        recorded answer.
        """
        if user is None:
            return _PASSWORDS if self._allows(FirstFactor.PASSWORD) else ()
        passwords = _PASSWORDS if user.verifier is not None and self._allows(FirstFactor.PASSWORD) else ()
        if user.status is UserStatus.FORCE_CHANGE_PASSWORD:
            return passwords
        is_bound = demanded(self._pool.settings, user) is not None
        codes = () if is_bound else tuple(factor.value for factor in _ATTRIBUTES if self._can_be_sent(user, factor))
        passkeys = self._has_passkey(user) and (not is_bound or self._counts_as_both(user))
        return (*passwords, *codes, *((FirstFactor.WEB_AUTHN.value,) if passkeys else ()))

    def _allows(self, factor: FirstFactor) -> bool:
        return factor in self._pool.settings.first_factors

    def _can_be_sent(self, user: User, factor: FirstFactor) -> bool:
        attribute = _ATTRIBUTES[factor]
        is_verified = bool(user.attributes.get(attribute)) and user.attributes.get(f"{attribute}_verified") == "true"
        return is_verified and self._allows(factor)

    def _has_passkey(self, user: User) -> bool:
        config = self._pool.settings.web_authn
        return (
            config is not None
            and self._allows(FirstFactor.WEB_AUTHN)
            and any(passkey.relying_party_id == config.relying_party_id for passkey in user.passkeys.values())
        )

    def _counts_as_both(self, user: User) -> bool:
        config = self._pool.settings.web_authn
        return (
            config is not None and config.use is PasskeyUse.MULTI_FACTOR_WITH_USER_VERIFICATION and user.has_passkey_mfa
        )

    async def _send_code(self, effect: rungs.SendFirstCode, call: Call) -> Event:
        user, purpose = self._pool.users.by_sub(effect.sub), _PURPOSES[effect.channel]
        if user is None:
            simulated = make_code(self._pool.entropy, CODE_RULES[purpose].digits)
            shown = self._pool.simulated_destination(effect.typed)
            return rungs.FirstCodeSent(Carried(simulated.reveal()), shown, Carried(""))
        sent = await self._codes.send(user, purpose, _ATTRIBUTES[effect.channel], effect.client_id, call)
        code, shown = sent.code, sent.delivery.destination
        return rungs.FirstCodeSent(Carried(code.value.reveal()), shown, Carried(code.destination))

    def _verify_code(self, effect: rungs.VerifyFirstCode) -> Event:
        user = self._pool.users.by_sub(effect.sub)
        if user is None or effect.given != effect.sent:
            raise refusal(Cause.MFA_CODE_WRONG)  # of somebody who does not exist, every code is wrong
        self._admit(user)
        if not self._can_be_sent(user, effect.channel):
            raise refusal(Cause.MFA_CODE_WRONG)  # another may have taken the address or number over meanwhile
        self._gatekeeper.note_received(user, _ATTRIBUTES[effect.channel], effect.sent_to)
        return FirstFactorPassed()

    def _prepare_passkey(self, effect: rungs.PreparePasskey) -> Event:
        config, user = self._site(), self._gatekeeper.present(effect.sub)
        challenge = self._pool.entropy.random_bytes(CHALLENGE_BYTES)
        options = json.dumps(request_options(config, user, challenge))
        return rungs.PasskeyChallenged(Carried(challenge.hex()), Carried(options))

    def _check_passkey(self, effect: rungs.CheckPasskey) -> Event:
        config, user = self._site(), self._gatekeeper.present(effect.sub)
        self._admit(user)
        verify_assertion(config, user, effect.credential, bytes.fromhex(effect.challenge.reveal()))
        return FirstFactorPassed(is_both=self._counts_as_both(user))

    def _site(self) -> WebAuthnConfiguration:
        config = self._pool.settings.web_authn
        if config is None:
            raise refusal(Cause.PASSKEY_REFUSED)
        return config

    def _redeem(self, effect: rungs.RedeemHandOver) -> Event:
        """Source: Amazon Cognito user pools API reference, InitiateAuth, Session: for a first sign-in only."""
        user, now = self._pool.users.by_sub(effect.sub), self._pool.now()
        hand_over = self._pool.hand_overs.peek(effect.session, now)
        is_theirs = (hand_over.sub, hand_over.client_id) == (effect.sub, effect.client_id)
        # Of somebody who does not exist, every session is another's, and nothing else is told.
        if user is None or not is_theirs or not hand_over.is_confirmed or user.families:
            raise refusal(Cause.SESSION_INVALID)
        self._admit(user)
        self._pool.hand_overs.take(effect.session, now)
        return FirstFactorPassed()

    def _admit(self, user: User) -> None:
        """Return if nothing has happened to the account meanwhile. A temporary password must be changed with itself."""
        self._gatekeeper.admit(user, reveals_existence=True)
        if user.status is UserStatus.FORCE_CHANGE_PASSWORD:
            raise refusal(Cause.SESSION_INVALID)


def _wanted(challenge: str, available: tuple[str, ...]) -> Event:
    """Return what asks for a first factor."""
    match challenge:
        case ChallengeName.PASSWORD.value:
            return rungs.PasswordWanted(available)
        case ChallengeName.PASSWORD_SRP.value:
            return ProofWanted(available)
        case ChallengeName.WEB_AUTHN.value:
            return rungs.PasskeyWanted(available)
        case _:
            return rungs.FirstCodeWanted(FirstFactor(challenge), available)
