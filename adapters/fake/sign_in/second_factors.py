"""Performs the second factor: decides which one is demanded, checks its codes, and sets one up on the way.

Source: Cognito developer guide, 'Adding MFA to a user pool', 'SMS and email message MFA' and 'TOTP software token MFA';
service model, UserPoolMfaType.
"""

from collections.abc import Callable, Sequence
from typing import Final, assert_never

import attrs

from authsteps.engine.messages import Carried, Event, Secret

from ..accounts import check_attributes, verify_attribute
from ..directory import MfaFactor, User
from ..errors import Cause, refusal
from ..firing import Call
from ..outbox import Purpose
from ..settings import MfaConfiguration, Settings
from ..state import Pool
from ..totp import SoftwareToken
from . import mfa_rungs as rungs
from .codes import SignInCodes
from .device_proofs import DeviceProofs
from .gatekeeper import Gatekeeper
from .mfa_rungs import Demand

__all__ = ["RULES", "Rule", "SecondFactorEffect", "SecondFactors", "demanded"]

SecondFactorEffect = (
    rungs.ChooseSecondFactor
    | rungs.PickSecondFactor
    | rungs.VerifyFactorChoice
    | rungs.SendSecondCode
    | rungs.VerifySecondCode
    | rungs.VerifyTotpCode
    | rungs.AssociateTotp
    | rungs.VerifySetUpCode
    | rungs.ActivateTotp
    | rungs.SetUpEmail
)

_ATTRIBUTES: Final = {MfaFactor.SMS_MFA: "phone_number", MfaFactor.EMAIL_OTP: "email"}
"""Where codes go."""
_PURPOSES: Final = {MfaFactor.SMS_MFA: Purpose.SMS_MFA, MfaFactor.EMAIL_OTP: Purpose.EMAIL_OTP}
_OTHER_NAMES: Final = {"EMAIL_MFA": MfaFactor.EMAIL_OTP.value}
"""Source: service model, RespondToAuthChallenge, which says EMAIL_MFA where the clients of AWS send EMAIL_OTP."""

# Which second factor is demanded -------------------------------------------------------------------------------------


@attrs.frozen
class Rule:
    """One line of the table that decides which second factor is demanded. The first that applies counts.

    Attributes:
        case: When it applies, in words.
        pools: In which pools.
        applies: Of which users there.
        demand: What is demanded of them; ``None`` for nothing.
    """

    case: str
    pools: frozenset[MfaConfiguration]
    applies: Callable[[Settings, User], bool]
    demand: Callable[[Settings, User], Demand | None]


def _everybody(settings: Settings, user: User) -> bool:
    del settings, user
    return True


def _nothing(settings: Settings, user: User) -> Demand | None:
    del settings, user
    return None


def _prefers_one(settings: Settings, user: User) -> bool:
    return user.preferred_factor in _switched_on(settings, user)


def _the_preferred(settings: Settings, user: User) -> Demand | None:
    return Demand(tuple(factor for factor in _switched_on(settings, user) if factor is user.preferred_factor))


def _has_some_on(settings: Settings, user: User) -> bool:
    return bool(_switched_on(settings, user))


def _those_on(settings: Settings, user: User) -> Demand | None:
    return Demand(_switched_on(settings, user))


def _has_some_to_use(settings: Settings, user: User) -> bool:
    return bool(_usable(settings, user))


def _those_to_use(settings: Settings, user: User) -> Demand | None:
    return Demand(_usable(settings, user))


def _to_set_up(settings: Settings, user: User) -> Demand | None:
    """Source: Amplify Swift's integration suite: SMS is not offered to somebody without a phone number."""
    del user
    in_flow = (MfaFactor.SOFTWARE_TOKEN_MFA, MfaFactor.EMAIL_OTP)
    return Demand(to_set_up=tuple(factor for factor in in_flow if factor in settings.mfa_factors))


def _switched_on(settings: Settings, user: User) -> tuple[MfaFactor, ...]:
    """Return what a user has switched on. An app goes on working when the pool offers apps no longer.

    Source: Cognito developer guide, 'TOTP software token MFA'.
    """
    offered = settings.mfa_factors | {MfaFactor.SOFTWARE_TOKEN_MFA}
    return tuple(factor for factor in MfaFactor if factor in user.mfa_factors & offered)


def _usable(settings: Settings, user: User) -> tuple[MfaFactor, ...]:
    """Return what a user could be asked for without having switched it on."""
    token = user.software_token
    there = {
        MfaFactor.SMS_MFA: MfaFactor.SMS_MFA in settings.mfa_factors and bool(user.attributes.get("phone_number")),
        MfaFactor.SOFTWARE_TOKEN_MFA: token is not None and token.verified,
        MfaFactor.EMAIL_OTP: MfaFactor.EMAIL_OTP in settings.mfa_factors and bool(user.attributes.get("email")),
    }
    return tuple(factor for factor in MfaFactor if there[factor])


_OFF: Final = frozenset({MfaConfiguration.OFF})
_OPTIONAL: Final = frozenset({MfaConfiguration.OPTIONAL})
_ON: Final = frozenset({MfaConfiguration.ON})

RULES: Final[Sequence[Rule]] = (
    Rule("the pool asks nobody", _OFF, _everybody, _nothing),
    Rule("of several, one is preferred", _OPTIONAL | _ON, _prefers_one, _the_preferred),
    Rule("one or several are switched on", _OPTIONAL | _ON, _has_some_on, _those_on),
    Rule("the user has switched none on and need not", _OPTIONAL, _everybody, _nothing),
    Rule("the user must, and has what can be asked for", _ON, _has_some_to_use, _those_to_use),
    Rule("the user must, and has nothing yet", _ON, _everybody, _to_set_up),
)
"""The table, in order.

Source: Cognito developer guide, 'Adding MFA to a user pool'; service model, UserPoolMfaType. That everybody is
challenged at once where a second factor is required is seen in Amplify Swift's integration suite.
"""


def demanded(settings: Settings, user: User) -> Demand | None:
    """Return which second factor pool and user demand, if they demand any."""
    return next(
        rule.demand(settings, user) for rule in RULES if settings.mfa in rule.pools and rule.applies(settings, user)
    )


# What becomes of it --------------------------------------------------------------------------------------------------


class SecondFactors:
    """Everything about second factors at sign-in.

    Args:
        pool: The pool.
        gatekeeper: Says who is still there.
        devices: Say which device stands in.
        codes: Sends codes.
    """

    def __init__(self, pool: Pool, gatekeeper: Gatekeeper, devices: DeviceProofs, codes: SignInCodes) -> None:
        self._pool = pool
        self._gatekeeper = gatekeeper
        self._devices = devices
        self._codes = codes

    async def perform(self, effect: SecondFactorEffect, call: Call) -> Event:
        """Perform an effect of this room, for a call.

        Raises:
            ServiceError: It is refused.
        """
        user = self._gatekeeper.present(effect.sub)
        match effect:
            case rungs.ChooseSecondFactor():
                demand = demanded(self._pool.settings, user)
                is_met = demand is not None and effect.proved in demand.factors
                return rungs.SecondFactorChosen(None if is_met else demand)
            case rungs.PickSecondFactor():
                return self._pick(user, effect)
            case rungs.VerifyFactorChoice():
                return self._verify_choice(user, effect)
            case rungs.SendSecondCode():
                return await self._send_code(user, effect, call)
            case rungs.VerifySecondCode():
                return self._verify_code(user, effect)
            case rungs.VerifyTotpCode():
                if user.software_token is None:
                    raise refusal(Cause.TOTP_CODE_WRONG)
                user.software_token.verify(effect.given, self._pool.now())
                return rungs.SecondFactorPassed(MfaFactor.SOFTWARE_TOKEN_MFA)
            case rungs.AssociateTotp():
                return self._associate(user, effect)
            case rungs.VerifySetUpCode():
                return self._verify_set_up(user, effect)
            case rungs.ActivateTotp():
                return self._activate(user, effect)
            case rungs.SetUpEmail():
                return await self._set_up_email(user, effect, call)
            case _:
                assert_never(effect)

    def wanted(self, user: User, factor: MfaFactor) -> Event:
        """Return what asks this user for this factor."""
        if factor is not MfaFactor.SOFTWARE_TOKEN_MFA:
            return rungs.SecondCodeWanted(factor)
        return rungs.TotpCodeWanted(user.software_token.friendly_name if user.software_token is not None else None)

    def _pick(self, user: User, effect: rungs.PickSecondFactor) -> Event:
        if self._devices.stands_in(user, effect.device_key):
            return rungs.DeviceStandsIn()
        factors, to_set_up = effect.demand.factors, effect.demand.to_set_up
        if len(factors) == 1:
            return self.wanted(user, factors[0])
        if factors:
            return rungs.FactorChoiceWanted(factors)
        if to_set_up:
            return rungs.SetUpWanted(to_set_up)
        # Only SMS could be asked for, and there is no phone number.
        raise refusal(Cause.FACTOR_NOT_SET_UP, factor=MfaFactor.SMS_MFA.value)

    def _verify_choice(self, user: User, effect: rungs.VerifyFactorChoice) -> Event:
        answer = _OTHER_NAMES.get(effect.answer, effect.answer)
        factor = next((factor for factor in effect.offered if factor.value == answer), None)
        if factor is None:
            raise refusal(Cause.MFA_TYPE_NOT_OFFERED)
        return self.wanted(user, factor)

    async def _send_code(self, user: User, effect: rungs.SendSecondCode, call: Call) -> Event:
        attribute = _ATTRIBUTES[effect.factor]
        if not user.attributes.get(attribute):
            raise refusal(Cause.FACTOR_NOT_SET_UP, factor=effect.factor.value)
        sent = await self._codes.send(user, _PURPOSES[effect.factor], attribute, effect.client_id, call)
        code, shown = sent.code, sent.delivery.destination
        return rungs.SecondCodeSent(Carried(code.value.reveal()), effect.factor, shown, Carried(code.destination))

    def _verify_code(self, user: User, effect: rungs.VerifySecondCode) -> Event:
        if effect.given != effect.sent:
            raise refusal(Cause.MFA_CODE_WRONG)
        attribute = _ATTRIBUTES[effect.factor]
        if effect.new_email is not None:
            self._check_must_set_up(user)
            verify_attribute(self._pool, user, attribute, effect.new_email.reveal())
            self._switch_on(user, effect.factor)
        else:
            self._gatekeeper.note_received(user, attribute, effect.sent_to)
        return rungs.SecondFactorPassed(effect.factor)

    def _associate(self, user: User, effect: rungs.AssociateTotp) -> Event:
        self._check_must_set_up(user)
        if MfaFactor.SOFTWARE_TOKEN_MFA not in effect.offered:
            raise refusal(Cause.TOTP_OFF_IN_POOL)
        return rungs.TotpAssociated(Carried(SoftwareToken.make(self._pool.entropy).secret.reveal()))

    def _verify_set_up(self, user: User, effect: rungs.VerifySetUpCode) -> Event:
        self._check_must_set_up(user)
        token = SoftwareToken(Secret(effect.secret.reveal()))
        token.verify(effect.given, self._pool.now(), wrong=Cause.TOTP_SETUP_CODE_WRONG)
        token.verified = True
        token.friendly_name = effect.device_name or None
        user.software_token = token
        user.modified = self._pool.now()
        return rungs.TotpVerified()

    def _activate(self, user: User, effect: rungs.ActivateTotp) -> Event:
        if user.software_token is None or user.software_token.secret != effect.secret:
            raise refusal(Cause.SESSION_INVALID)
        self._switch_on(user, MfaFactor.SOFTWARE_TOKEN_MFA)
        return rungs.SecondFactorPassed(MfaFactor.SOFTWARE_TOKEN_MFA)

    async def _set_up_email(self, user: User, effect: rungs.SetUpEmail, call: Call) -> Event:
        self._check_must_set_up(user)
        if MfaFactor.EMAIL_OTP not in effect.offered:
            raise refusal(Cause.SET_UP_NOT_OFFERED)
        address = effect.address.reveal()
        check_attributes(self._pool, {"email": address})
        sent = await self._codes.send(user, Purpose.EMAIL_OTP, "email", effect.client_id, call, destination=address)
        value, shown = Carried(sent.code.value.reveal()), sent.delivery.destination
        return rungs.SecondCodeSent(value, MfaFactor.EMAIL_OTP, shown, Carried(address), Carried(address))

    def _check_must_set_up(self, user: User) -> None:
        """Return if there is nothing yet that this user could be asked for.

        Another attempt may have set a factor up meanwhile: whoever knows only the password must not set up another.
        """
        demand = demanded(self._pool.settings, user)
        if demand is None or demand.factors:
            raise refusal(Cause.SESSION_INVALID)

    def _switch_on(self, user: User, factor: MfaFactor) -> None:
        user.mfa_factors.add(factor)
        user.preferred_factor = user.preferred_factor or factor
        user.modified = self._pool.now()
