"""What is done for a person who is let in, before the tokens are handed over: errands, in turn.

A new device is given secrets and confirmed, attributes that were left over are set, a second factor that was used is
switched on if it is off. An errand that fails takes with it those that need it, and keeps nobody out.

Source: AWS Amplify Auth (Flutter), sign-in state machine, for what is done and in which order.
"""

import attrs

from authsteps.engine.messages import Event, kept

from .effects import (
    ConfirmDevice,
    GetUser,
    MakeDeviceSecrets,
    SettleIn,
    SetUserMfaPreference,
    UpdateUserAttributes,
)
from .events import AttributesUpdated, Authenticated, DeviceConfirmed, DeviceSecretsMade, ErrandDone, UserFetched
from .model import DeviceSecrets, MfaSetting
from .sign_in_context import Errand, SignInContext

__all__ = ["errands_for", "has_errands", "has_more_errands", "keep_outcome", "settle_in"]


def has_errands(context: SignInContext, event: Authenticated) -> bool:
    """Whether there is anything to be done for the person who is let in."""
    return bool(errands_for(context, event))


def has_more_errands(context: SignInContext, event: ErrandDone) -> bool:
    """Whether there is anything more to be done."""
    return bool(keep_outcome(context, event).errands)


def errands_for(context: SignInContext, event: Authenticated) -> tuple[Errand, ...]:
    """Return what is to be done for a person who is let in."""
    wanted = {
        Errand.MAKE_DEVICE_SECRETS: event.new_device is not None,
        Errand.CONFIRM_DEVICE: event.new_device is not None,
        Errand.SAVE_ATTRIBUTES: bool(context.leftover_attributes),
        Errand.LOOK_UP_MFA: context.mfa is not None,
        Errand.ENABLE_MFA: context.mfa is not None,
    }
    return tuple(errand for errand, is_wanted in wanted.items() if is_wanted)


def keep_outcome(context: SignInContext, event: ErrandDone) -> SignInContext:
    """Take note of what came of the first errand, and go on to the next. One that failed takes with it what needs it."""
    errand, *rest = context.errands
    match errand, event.outcome:
        case Errand.MAKE_DEVICE_SECRETS, DeviceSecretsMade(password=password, verifier=verifier, salt=salt):
            context = attrs.evolve(
                context, new_device_password=password, new_device_verifier=verifier, new_device_salt=salt
            )
        case Errand.MAKE_DEVICE_SECRETS, _:
            rest.remove(Errand.CONFIRM_DEVICE)
        case Errand.CONFIRM_DEVICE, DeviceConfirmed(must_be_remembered=must_be_remembered):
            context = attrs.evolve(context, confirmed_device=_confirmed(context, remembered=not must_be_remembered))
        case Errand.SAVE_ATTRIBUTES, outcome if not isinstance(outcome, AttributesUpdated):
            context = attrs.evolve(context, unsaved_attributes=tuple(context.leftover_attributes))
        case Errand.LOOK_UP_MFA, outcome if not _must_be_enabled(context, outcome):
            rest.remove(Errand.ENABLE_MFA)
        case _:
            pass
    return attrs.evolve(context, errands=tuple(rest))


def _must_be_enabled(context: SignInContext, outcome: Event | None) -> bool:
    """Whether the second factor is known to be off. One that is on is left alone, lest it lose its preference."""
    return isinstance(outcome, UserFetched) and context.mfa not in outcome.mfa.enabled


def _confirmed(context: SignInContext, *, remembered: bool) -> DeviceSecrets:
    device = kept(context.new_device)
    return DeviceSecrets(device.key, device.group_key, kept(context.new_device_password), remembered)


def settle_in(context: SignInContext) -> SettleIn:
    """Do the next errand."""
    token = kept(context.tokens).access
    match context.errands[0]:
        case Errand.MAKE_DEVICE_SECRETS:
            return SettleIn(MakeDeviceSecrets(kept(context.new_device)))
        case Errand.CONFIRM_DEVICE:
            device = kept(context.new_device)
            verifier, salt = kept(context.new_device_verifier), kept(context.new_device_salt)
            return SettleIn(ConfirmDevice(token, device.key, verifier, salt))
        case Errand.SAVE_ATTRIBUTES:
            return SettleIn(UpdateUserAttributes(token, context.leftover_attributes))
        case Errand.LOOK_UP_MFA:
            return SettleIn(GetUser(token))
        case Errand.ENABLE_MFA:
            return SettleIn(SetUserMfaPreference(token, {kept(context.mfa): MfaSetting.ENABLED}))
