"""Custom authentication: what the ladder keeps of the triggers' challenges, and what it asks the triggers."""

import attrs

from authsteps.adapters.lambda_triggers import ChallengeResult
from authsteps.engine.messages import Carried, Event, kept

from .attempt import AttemptContext, Way
from .custom_rungs import (
    ChallengeCreated,
    CreateChallenge,
    CustomAnswerGiven,
    CustomAnswerVerified,
    CustomBegun,
    DefineChallenge,
    DemandCustomAnswer,
    TokensAllowed,
    VerifyCustomAnswer,
)
from .ladder_first import keep_password_set, leave_first_factor
from .rungs import FirstFactorPassed, NewPasswordSet

__all__ = [
    "create_challenge",
    "define_challenge",
    "demand_custom_answer",
    "is_custom",
    "keep_allowance",
    "keep_challenge",
    "keep_custom_answer",
    "keep_custom_beginning",
    "leave_challenge",
    "leave_new_password",
    "leave_proof_midway",
    "verify_custom_answer",
]


def is_custom(context: AttemptContext, event: Event) -> bool:
    """Whether the sign-in began as a custom one, so that its triggers have the say."""
    del event
    return context.way is Way.CUSTOM


def keep_custom_beginning(context: AttemptContext, event: CustomBegun) -> AttemptContext:
    """Keep who begins, and what the password will be proved with. The offer is the first thing to be told."""
    return attrs.evolve(
        context,
        way=Way.CUSTOM,
        client_id=event.client_id,
        typed=event.username,
        username=event.username,
        srp_a=Carried(event.srp_a.reveal()) if event.srp_a is not None else None,
        entries=(ChallengeResult("SRP_A", challenge_result=True),) if event.srp_a is not None else (),
    )


def define_challenge(context: AttemptContext) -> DefineChallenge:
    """Ask what comes next."""
    return DefineChallenge(
        context.respondent,
        context.entries,
        can_prove=context.srp_a is not None,
        has_proved=context.proved_password is not None,
    )


def create_challenge(context: AttemptContext) -> CreateChallenge:
    """Ask for a challenge."""
    return CreateChallenge(context.respondent, context.entries)


def keep_challenge(context: AttemptContext, event: ChallengeCreated) -> AttemptContext:
    """Keep all parts of the challenge."""
    return attrs.evolve(
        context,
        public_parameters=dict(event.public),
        private_parameters=event.private,
        metadata=event.metadata,
    )


def demand_custom_answer(context: AttemptContext) -> DemandCustomAnswer:
    """Challenge with CUSTOM_CHALLENGE."""
    return DemandCustomAnswer(context.username, context.public_parameters)


def keep_custom_answer(context: AttemptContext, event: CustomAnswerGiven) -> AttemptContext:
    """Keep the answer."""
    return attrs.evolve(context, answer=event.answer)


def verify_custom_answer(context: AttemptContext) -> VerifyCustomAnswer:
    """Ask whether it is right."""
    return VerifyCustomAnswer(context.respondent, kept(context.private_parameters), kept(context.answer))


def leave_challenge(context: AttemptContext, event: CustomAnswerVerified) -> AttemptContext:
    """Note how the challenge was answered, and keep nothing else of it."""
    return attrs.evolve(
        context,
        entries=(*context.entries, ChallengeResult("CUSTOM_CHALLENGE", event.is_right, context.metadata)),
        public_parameters={},
        private_parameters=None,
        metadata=None,
    )


def leave_proof_midway(context: AttemptContext, event: FirstFactorPassed) -> AttemptContext:
    """Note that the password was proved, and keep nothing else of it."""
    passed = leave_first_factor(context, event)
    return attrs.evolve(passed, entries=(*passed.entries, ChallengeResult("PASSWORD_VERIFIER", challenge_result=True)))


def leave_new_password(context: AttemptContext, event: NewPasswordSet) -> AttemptContext:
    """Note that the password was changed, and which counts from here on."""
    passed = keep_password_set(context, event)
    entry = ChallengeResult("NEW_PASSWORD_REQUIRED", challenge_result=True)
    return attrs.evolve(passed, entries=(*passed.entries, entry))


def keep_allowance(context: AttemptContext, event: TokensAllowed) -> AttemptContext:
    """Keep that the triggers are content, and nothing that they were told."""
    del event
    return attrs.evolve(context, is_allowed=True, entries=(), srp_a=None)
