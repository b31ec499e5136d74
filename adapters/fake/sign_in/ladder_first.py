"""The gate, the first factors and the new password: what the ladder keeps of them, and what it asks for there."""

import attrs

from authsteps.adapters.lambda_triggers import TriggerSource
from authsteps.engine.messages import Carried, Event, Secret, kept

from ..directory import FirstFactor
from .attempt import AttemptContext, Way
from .choice_rungs import (
    CheckPasskey,
    ChoiceBegun,
    ChooseFirstFactor,
    DemandFirstChoice,
    DemandFirstCode,
    DemandPasskey,
    FirstChoiceWanted,
    FirstCodeSent,
    FirstCodeWanted,
    FirstFactorChosen,
    HandOverGiven,
    PasskeyChallenged,
    PasskeyGiven,
    PasskeyWanted,
    PasswordWanted,
    PreparePasskey,
    RedeemHandOver,
    SendFirstCode,
    VerifyFirstChoice,
    VerifyFirstCode,
)
from .rungs import (
    CheckFirstFactor,
    CodeGiven,
    DemandNewPassword,
    DemandPasswordProof,
    FirstFactorPassed,
    GatePassed,
    NewPasswordGiven,
    NewPasswordSet,
    PassGate,
    PasswordGiven,
    PrepareProof,
    Proof,
    ProofGiven,
    ProofOffered,
    ProofPrepared,
    ProofWanted,
    SetNewPassword,
)

__all__ = [
    "ask_password_proof",
    "check_passkey",
    "check_password",
    "check_proof",
    "choose_first_factor",
    "counts_as_both",
    "demand_first_choice",
    "demand_first_code",
    "demand_new_password",
    "demand_passkey",
    "is_temporary",
    "keep_available",
    "keep_channel",
    "keep_code",
    "keep_credential",
    "keep_first_choice",
    "keep_first_code",
    "keep_hand_over",
    "keep_identity",
    "keep_new_password",
    "keep_offer",
    "keep_passkey_challenge",
    "keep_password",
    "keep_password_set",
    "keep_preference",
    "keep_proof",
    "keep_server_half",
    "leave_first_factor",
    "pass_gate",
    "prepare_passkey",
    "prepare_proof",
    "proof_of",
    "proves_password",
    "redeem_hand_over",
    "send_first_code",
    "set_new_password",
    "verify_first_choice",
    "verify_first_code",
]


# Guards.


def proves_password(context: AttemptContext, event: Event) -> bool:
    """Whether the password is proved and not given."""
    del event
    return context.way is Way.PROOF


def is_temporary(context: AttemptContext, event: FirstFactorPassed) -> bool:
    """Whether the password was set by an administrator."""
    del context
    return event.is_temporary


def counts_as_both(context: AttemptContext, event: FirstFactorPassed) -> bool:
    """Whether what was checked is two factors in one: a passkey that has verified its user, where the pool says so."""
    del context
    return event.is_both


# The gate.


def keep_password(context: AttemptContext, event: PasswordGiven) -> AttemptContext:
    """Keep who tries with which password."""
    return attrs.evolve(
        _begun(context, Way.PASSWORD, event.client_id, event.username),
        password=event.password,
    )


def keep_offer(context: AttemptContext, event: ProofOffered) -> AttemptContext:
    """Keep who offers to prove the password."""
    return attrs.evolve(
        _begun(context, Way.PROOF, event.client_id, event.username),
        srp_a=Carried(event.srp_a.reveal()),
    )


def keep_preference(context: AttemptContext, event: ChoiceBegun) -> AttemptContext:
    """Keep who tries, with which first factor if it can be chosen, and what goes with it."""
    return attrs.evolve(
        _begun(context, Way.CHOICE, event.client_id, event.username),
        preferred=event.preferred,
        password=event.password,
        srp_a=_carried(event.srp_a),
    )


def keep_hand_over(context: AttemptContext, event: HandOverGiven) -> AttemptContext:
    """Keep who comes from signing up, with which session."""
    return attrs.evolve(_begun(context, Way.CHOICE, event.client_id, event.username), answer=event.session)


def keep_identity(context: AttemptContext, event: GatePassed) -> AttemptContext:
    """Stay with this very user from here on."""
    return attrs.evolve(context, username=event.username, sub=event.sub)


def pass_gate(context: AttemptContext) -> PassGate:
    """Try the gate."""
    return PassGate(
        client_id=context.client_id,
        username=context.typed,
        reveals_existence=context.reveals_existence,
        by_password=context.way in (Way.PASSWORD, Way.PROOF),
        device_key=context.device_key,
        password=context.password,
    )


# The choice of a first factor.


def choose_first_factor(context: AttemptContext) -> ChooseFirstFactor:
    """Find out what there is to choose from."""
    return ChooseFirstFactor(context.sub, context.preferred)


def keep_available(
    context: AttemptContext, event: FirstChoiceWanted | PasswordWanted | ProofWanted | PasskeyWanted
) -> AttemptContext:
    """Keep what there is to choose from."""
    return attrs.evolve(context, available=event.available or context.available)


def keep_channel(context: AttemptContext, event: FirstCodeWanted) -> AttemptContext:
    """Keep by which way a one-time code goes out."""
    return attrs.evolve(context, channel=event.channel, available=event.available or context.available)


def demand_first_choice(context: AttemptContext) -> DemandFirstChoice:
    """Challenge with SELECT_CHALLENGE."""
    del context
    return DemandFirstChoice()


def keep_first_choice(context: AttemptContext, event: FirstFactorChosen) -> AttemptContext:
    """Keep what was chosen and what goes with it, and drop the passkey's challenge that it may have replaced."""
    return attrs.evolve(
        context,
        choice=event.answer,
        password=event.password,
        srp_a=_carried(event.srp_a),
        passkey_challenge=None,
        passkey_options=None,
    )


def verify_first_choice(context: AttemptContext) -> VerifyFirstChoice:
    """See whether it had been offered."""
    return VerifyFirstChoice(context.sub, context.choice, context.available)


# The password, and the proof of it.


def check_password(context: AttemptContext) -> CheckFirstFactor:
    """Check the password. If none was given, none is right."""
    return CheckFirstFactor(context.sub, password=context.password, reveals_existence=context.reveals_existence)


def prepare_proof(context: AttemptContext) -> PrepareProof:
    """Make the server's half. If nothing was offered, that is no public key."""
    return PrepareProof(context.sub, context.srp_a or Secret(""))


def keep_server_half(context: AttemptContext, event: ProofPrepared) -> AttemptContext:
    """Keep the server's half of SRP."""
    return attrs.evolve(
        context,
        private=event.private,
        public=event.public,
        salt=event.salt,
        secret_block=event.secret_block,
    )


def ask_password_proof(context: AttemptContext) -> DemandPasswordProof:
    """Challenge with PASSWORD_VERIFIER."""
    return DemandPasswordProof(context.username, kept(context.salt), kept(context.public), kept(context.secret_block))


def keep_proof(context: AttemptContext, event: ProofGiven) -> AttemptContext:
    """Keep the proof."""
    return attrs.evolve(context, signature=event.signature, timestamp=event.timestamp)


def proof_of(context: AttemptContext) -> Proof:
    """Return all that a proof is checked with."""
    return Proof(
        srp_a=kept(context.srp_a),
        private=kept(context.private),
        public=kept(context.public),
        secret_block=kept(context.secret_block),
        signature=kept(context.signature),
        timestamp=context.timestamp,
    )


def check_proof(context: AttemptContext) -> CheckFirstFactor:
    """Check the proof."""
    return CheckFirstFactor(context.sub, proof=proof_of(context), reveals_existence=context.reveals_existence)


# A one-time code, a passkey, or a sign-up that has just been confirmed.


def send_first_code(context: AttemptContext) -> SendFirstCode:
    """Send it."""
    return SendFirstCode(context.client_id, context.sub, context.typed, _channel(context))


def keep_first_code(context: AttemptContext, event: FirstCodeSent) -> AttemptContext:
    """Keep the code that was sent for this very attempt."""
    return attrs.evolve(context, code=event.code, destination=event.destination, sent_to=event.sent_to)


def demand_first_code(context: AttemptContext) -> DemandFirstCode:
    """Challenge with EMAIL_OTP or SMS_OTP."""
    return DemandFirstCode(_channel(context), context.destination)


def keep_code(context: AttemptContext, event: CodeGiven) -> AttemptContext:
    """Keep the code."""
    return attrs.evolve(context, answer=event.code)


def verify_first_code(context: AttemptContext) -> VerifyFirstCode:
    """Compare."""
    return VerifyFirstCode(
        context.sub, _channel(context), kept(context.answer), kept(context.code), kept(context.sent_to)
    )


def prepare_passkey(context: AttemptContext) -> PreparePasskey:
    """Make a challenge."""
    return PreparePasskey(context.sub)


def keep_passkey_challenge(context: AttemptContext, event: PasskeyChallenged) -> AttemptContext:
    """Keep the challenge that was made for this very attempt."""
    return attrs.evolve(context, passkey_challenge=event.challenge, passkey_options=event.options)


def demand_passkey(context: AttemptContext) -> DemandPasskey:
    """Challenge with WEB_AUTHN."""
    return DemandPasskey(kept(context.passkey_options))


def keep_credential(context: AttemptContext, event: PasskeyGiven) -> AttemptContext:
    """Keep the browser's assertion."""
    return attrs.evolve(context, answer=event.credential)


def check_passkey(context: AttemptContext) -> CheckPasskey:
    """Check the assertion."""
    return CheckPasskey(context.sub, kept(context.answer), kept(context.passkey_challenge))


def redeem_hand_over(context: AttemptContext) -> RedeemHandOver:
    """Take the session of the sign-up."""
    return RedeemHandOver(context.client_id, context.sub, kept(context.answer))


def leave_first_factor(context: AttemptContext, event: FirstFactorPassed) -> AttemptContext:
    """Keep nothing of the first factor past it, but which password it was."""
    return attrs.evolve(
        context,
        proved_password=event.password,
        srp_a=None,
        private=None,
        public=None,
        salt=None,
        secret_block=None,
        available=(),
        channel=None,
        code=None,
        destination="",
        sent_to=None,
        passkey_challenge=None,
        passkey_options=None,
    )


# The new password.


def demand_new_password(context: AttemptContext) -> DemandNewPassword:
    """Challenge with NEW_PASSWORD_REQUIRED."""
    return DemandNewPassword(context.client_id, context.username, context.sub)


def keep_new_password(context: AttemptContext, event: NewPasswordGiven) -> AttemptContext:
    """Keep the new password with its attributes."""
    return attrs.evolve(context, answer=event.password, new_attributes=dict(event.attributes))


def set_new_password(context: AttemptContext) -> SetNewPassword:
    """Set it."""
    return SetNewPassword(context.client_id, context.sub, kept(context.answer), context.new_attributes)


def keep_password_set(context: AttemptContext, event: NewPasswordSet) -> AttemptContext:
    """Keep which password counts from here on, and that it is a new one."""
    return attrs.evolve(
        context,
        proved_password=event.password,
        token_source=TriggerSource.TOKEN_GENERATION_NEW_PASSWORD_CHALLENGE,
    )


def _begun(context: AttemptContext, way: Way, client_id: str, username: str) -> AttemptContext:
    return attrs.evolve(context, way=way, client_id=client_id, typed=username, username=username)


def _carried(secret: Secret | None) -> Carried | None:
    return Carried(secret.reveal()) if secret is not None else None


def _channel(context: AttemptContext) -> FirstFactor:
    if context.channel is None:
        raise LookupError("the ladder wants a one-time code and does not know by which way")
    return context.channel
