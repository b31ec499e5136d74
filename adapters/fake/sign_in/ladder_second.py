"""The second factor: what the ladder keeps of it, and what it asks for there."""

import attrs

from authsteps.adapters.lambda_triggers import ChallengeResult
from authsteps.engine.messages import Event, kept

from ..directory import MfaFactor
from .attempt import AttemptContext, Way
from .mfa_rungs import (
    ActivateTotp,
    AssociateTotp,
    ChooseSecondFactor,
    Demand,
    DemandFactorChoice,
    DemandMfaSetUp,
    DemandSecondCode,
    DemandSetUpCode,
    DemandSetUpEnd,
    DemandTotpCode,
    EmailGiven,
    FactorChoiceWanted,
    FactorChosen,
    PickSecondFactor,
    SecondCodeSent,
    SecondCodeWanted,
    SecondFactorChosen,
    SecondFactorPassed,
    SendSecondCode,
    SetUpCodeGiven,
    SetUpEmail,
    SetUpWanted,
    TotpAssociated,
    TotpCodeWanted,
    VerifyFactorChoice,
    VerifySecondCode,
    VerifySetUpCode,
    VerifyTotpCode,
)

__all__ = [
    "activate_totp",
    "associate_totp",
    "awaits_triggers",
    "choose_second_factor",
    "demand_choice",
    "demand_second_code",
    "demand_set_up",
    "demand_set_up_code",
    "demand_set_up_end",
    "demand_totp_code",
    "keep_address",
    "keep_choice",
    "keep_demand",
    "keep_device_name",
    "keep_factor",
    "keep_factors",
    "keep_second_code",
    "keep_set_up_code",
    "keep_totp_secret",
    "leave_second_factor",
    "leave_second_factor_midway",
    "needs_second_factor",
    "pick_second_factor",
    "send_second_code",
    "set_up_email",
    "verify_choice",
    "verify_second_code",
    "verify_set_up_code",
    "verify_totp_code",
]


# Guards.


def needs_second_factor(context: AttemptContext, event: SecondFactorChosen) -> bool:
    """Whether pool and user demand a second factor."""
    del context
    return event.demand is not None


def awaits_triggers(context: AttemptContext, event: Event) -> bool:
    """Whether the triggers of a custom sign-in have not let the user through yet."""
    del event
    return context.way is Way.CUSTOM and not context.is_allowed


# Which one.


def choose_second_factor(context: AttemptContext) -> ChooseSecondFactor:
    """Find out what is demanded, beside what was proved before the triggers of a custom sign-in were content."""
    return ChooseSecondFactor(context.sub, context.second_factor if context.is_allowed else None)


def keep_demand(context: AttemptContext, event: SecondFactorChosen) -> AttemptContext:
    """Keep what is demanded."""
    return attrs.evolve(context, demand=event.demand)


def pick_second_factor(context: AttemptContext) -> PickSecondFactor:
    """Find out how that is met."""
    return PickSecondFactor(context.sub, context.demand or Demand(), context.device_key)


def keep_factors(context: AttemptContext, event: FactorChoiceWanted | SetUpWanted) -> AttemptContext:
    """Keep which factors there are to choose from, or to set up."""
    return attrs.evolve(context, factors=event.factors)


def demand_choice(context: AttemptContext) -> DemandFactorChoice:
    """Challenge with SELECT_MFA_TYPE."""
    return DemandFactorChoice(context.username, context.factors)


def keep_choice(context: AttemptContext, event: FactorChosen) -> AttemptContext:
    """Keep which factor was chosen."""
    return attrs.evolve(context, choice=event.answer)


def verify_choice(context: AttemptContext) -> VerifyFactorChoice:
    """See whether it had been offered."""
    return VerifyFactorChoice(context.sub, context.choice, context.factors)


# Its codes.


def keep_factor(context: AttemptContext, event: SecondCodeWanted) -> AttemptContext:
    """Keep by which way a code goes out."""
    return attrs.evolve(context, factor=event.factor)


def send_second_code(context: AttemptContext) -> SendSecondCode:
    """Send it."""
    return SendSecondCode(context.client_id, context.sub, _factor(context))


def keep_second_code(context: AttemptContext, event: SecondCodeSent) -> AttemptContext:
    """Keep the code that was sent for this very attempt."""
    return attrs.evolve(
        context,
        code=event.code,
        factor=event.factor,
        destination=event.destination,
        sent_to=event.sent_to,
        new_email=event.new_email,
    )


def demand_second_code(context: AttemptContext) -> DemandSecondCode:
    """Challenge with SMS_MFA or EMAIL_OTP."""
    return DemandSecondCode(context.username, _factor(context), context.destination)


def verify_second_code(context: AttemptContext) -> VerifySecondCode:
    """Compare."""
    return VerifySecondCode(
        context.sub,
        _factor(context),
        kept(context.answer),
        kept(context.code),
        kept(context.sent_to),
        context.new_email,
    )


def keep_device_name(context: AttemptContext, event: TotpCodeWanted) -> AttemptContext:
    """Keep what the authenticator app is called."""
    return attrs.evolve(context, device_name=event.device_name)


def demand_totp_code(context: AttemptContext) -> DemandTotpCode:
    """Challenge with SOFTWARE_TOKEN_MFA."""
    return DemandTotpCode(context.username, context.device_name)


def verify_totp_code(context: AttemptContext) -> VerifyTotpCode:
    """Check."""
    return VerifyTotpCode(context.sub, kept(context.answer))


# Setting one up.


def demand_set_up(context: AttemptContext) -> DemandMfaSetUp:
    """Challenge with MFA_SETUP."""
    return DemandMfaSetUp(context.username, context.factors)


def associate_totp(context: AttemptContext) -> AssociateTotp:
    """Make a secret."""
    return AssociateTotp(context.sub, context.factors)


def keep_totp_secret(context: AttemptContext, event: TotpAssociated) -> AttemptContext:
    """Keep the secret with this attempt alone."""
    return attrs.evolve(context, totp_secret=event.secret)


def demand_set_up_code(context: AttemptContext) -> DemandSetUpCode:
    """Show the secret, and wait for a code."""
    return DemandSetUpCode(kept(context.totp_secret))


def keep_set_up_code(context: AttemptContext, event: SetUpCodeGiven) -> AttemptContext:
    """Keep the code, and what the user calls the app."""
    return attrs.evolve(context, answer=event.code, device_name=event.device_name)


def verify_set_up_code(context: AttemptContext) -> VerifySetUpCode:
    """Check the code."""
    return VerifySetUpCode(context.sub, kept(context.totp_secret), kept(context.answer), context.device_name or "")


def demand_set_up_end(context: AttemptContext) -> DemandSetUpEnd:
    """Wait for the answer to MFA_SETUP."""
    del context
    return DemandSetUpEnd()


def activate_totp(context: AttemptContext) -> ActivateTotp:
    """Switch the app on."""
    return ActivateTotp(context.sub, kept(context.totp_secret))


def keep_address(context: AttemptContext, event: EmailGiven) -> AttemptContext:
    """Keep the address."""
    return attrs.evolve(context, answer=event.address)


def set_up_email(context: AttemptContext) -> SetUpEmail:
    """Send a code there."""
    return SetUpEmail(context.client_id, context.sub, kept(context.answer), context.factors)


def leave_second_factor(context: AttemptContext, event: SecondFactorPassed) -> AttemptContext:
    """Keep which second factor was proved, and nothing else of it."""
    return attrs.evolve(
        context,
        second_factor=event.factor,
        demand=None,
        factors=(),
        factor=None,
        device_name=None,
        code=None,
        destination="",
        sent_to=None,
        new_email=None,
        totp_secret=None,
    )


def leave_second_factor_midway(context: AttemptContext, event: SecondFactorPassed) -> AttemptContext:
    """Keep the same, and note it for the triggers of a custom sign-in."""
    passed = leave_second_factor(context, event)
    return attrs.evolve(passed, entries=(*passed.entries, ChallengeResult(event.factor.value, challenge_result=True)))


def _factor(context: AttemptContext) -> MfaFactor:
    if context.factor is None:
        raise LookupError("the ladder wants a code and does not know by which way")
    return context.factor
