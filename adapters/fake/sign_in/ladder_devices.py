"""Tracked devices and tokens: what the ladder keeps of them, and what it asks for at its top."""

import attrs

from authsteps.adapters.lambda_triggers import TriggerSource
from authsteps.engine.messages import Carried, kept

from .attempt import AttemptContext
from .device_rungs import (
    CheckDeviceProof,
    DemandDeviceProof,
    DemandDeviceSrp,
    DeviceProofOffered,
    DeviceProofPassed,
    FindDevice,
    PrepareDeviceProof,
)
from .ladder_first import proof_of
from .rungs import Granted, IssueTokens, TokensIssued

__all__ = [
    "check_device_proof",
    "demand_device_proof",
    "demand_device_srp",
    "find_device",
    "grant",
    "issue_tokens",
    "keep_device_offer",
    "keep_tokens",
    "leave_device",
    "prepare_device_proof",
]


def find_device(context: AttemptContext) -> FindDevice:
    """Find out whether the device has to prove itself."""
    return FindDevice(context.sub, context.device_key)


def demand_device_srp(context: AttemptContext) -> DemandDeviceSrp:
    """Challenge with DEVICE_SRP_AUTH."""
    del context
    return DemandDeviceSrp()


def keep_device_offer(context: AttemptContext, event: DeviceProofOffered) -> AttemptContext:
    """Keep the device's half of SRP."""
    return attrs.evolve(context, srp_a=Carried(event.srp_a.reveal()))


def prepare_device_proof(context: AttemptContext) -> PrepareDeviceProof:
    """Make the server's half."""
    return PrepareDeviceProof(context.sub, context.device_key, kept(context.srp_a))


def demand_device_proof(context: AttemptContext) -> DemandDeviceProof:
    """Challenge with DEVICE_PASSWORD_VERIFIER."""
    return DemandDeviceProof(
        context.username,
        context.device_key,
        kept(context.salt),
        kept(context.public),
        kept(context.secret_block),
    )


def check_device_proof(context: AttemptContext) -> CheckDeviceProof:
    """Check the proof."""
    return CheckDeviceProof(context.sub, context.device_key, proof_of(context))


def leave_device(context: AttemptContext, event: DeviceProofPassed) -> AttemptContext:
    """Keep nothing of the device's SRP past it, but that it was proved. A new password counts for more.

    Source: Cognito developer guide, 'Pre token generation Lambda trigger' (trigger sources); which of two counts is our
    choice.
    """
    del event
    is_plain = context.token_source is TriggerSource.TOKEN_GENERATION_AUTHENTICATION
    source = TriggerSource.TOKEN_GENERATION_AUTHENTICATE_DEVICE if is_plain else context.token_source
    return attrs.evolve(
        context, token_source=source, srp_a=None, private=None, public=None, salt=None, secret_block=None
    )


def issue_tokens(context: AttemptContext) -> IssueTokens:
    """Issue them."""
    return IssueTokens(
        context.client_id, context.sub, context.device_key, context.proved_password, context.token_source
    )


def keep_tokens(context: AttemptContext, event: TokensIssued) -> AttemptContext:
    """Keep the tokens, for the last step to hand over."""
    return attrs.evolve(context, tokens=event.tokens)


def grant(context: AttemptContext) -> Granted:
    """Hand them over."""
    if context.tokens is None:
        raise LookupError("the ladder reached its top without tokens")
    return Granted(context.tokens)
