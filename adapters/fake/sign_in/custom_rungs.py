"""The rungs of custom authentication: the pool's triggers define, create and verify the challenges.

Source: Cognito developer guide, 'Custom authentication challenge Lambda triggers'.
"""

from collections.abc import Mapping
from typing import ClassVar

import attrs

from authsteps.adapters.lambda_triggers import ChallengeResult
from authsteps.engine.messages import Carried, Effect, Event, Secret, Step

from .mfa_rungs import SecondCodeWanted, TotpCodeWanted
from .rungs import Answer, ProofWanted, Refused
from .trigger_rungs import Respondent

__all__ = [
    "ChallengeCreated",
    "CreateChallenge",
    "CustomAnswerGiven",
    "CustomAnswerVerified",
    "CustomBegun",
    "CustomChallengeWanted",
    "DefineChallenge",
    "DemandCustomAnswer",
    "NewPasswordWanted",
    "TokensAllowed",
    "VerifyCustomAnswer",
]


# Events: from the client.


@attrs.frozen
class CustomBegun(Answer):
    """A client begins with CUSTOM_AUTH.

    Attributes:
        client_id: Through which client.
        username: As typed.
        srp_a: What it offers to prove the password with; ``None`` if it begins without one.
    """

    client_id: str
    username: str
    srp_a: Secret | None = None


@attrs.frozen
class CustomAnswerGiven(Answer):
    """A client answers CUSTOM_CHALLENGE."""

    answer: Secret


# Events: from the triggers.


@attrs.frozen
class CustomChallengeWanted(Event):
    """DefineAuthChallenge wants a custom challenge."""


@attrs.frozen
class NewPasswordWanted(Event):
    """DefineAuthChallenge wants a temporary password changed, which was proved before."""


@attrs.frozen
class TokensAllowed(Event):
    """DefineAuthChallenge is content."""


@attrs.frozen
class ChallengeCreated(Event):
    """CreateAuthChallenge made a challenge.

    Attributes:
        public: What the client is shown.
        private: What only VerifyAuthChallengeResponse is shown, as JSON.
        metadata: What is noted of it for DefineAuthChallenge.
    """

    public: Mapping[str, str]
    private: Carried
    metadata: str | None = None


@attrs.frozen
class CustomAnswerVerified(Event):
    """VerifyAuthChallengeResponse judged the answer."""

    is_right: bool


# Effects: the triggers perform them.


@attrs.frozen
class DefineChallenge(Effect):
    """Ask DefineAuthChallenge what comes next.

    Attributes:
        respondent: Of whom.
        entries: What is behind the user, in order.
        can_prove: Whether the client offered to prove the password and has not done so yet.
        has_proved: Whether it has done so.
    """

    answers: ClassVar = (
        TokensAllowed,
        CustomChallengeWanted,
        NewPasswordWanted,
        ProofWanted,
        SecondCodeWanted,
        TotpCodeWanted,
        Refused,
    )

    respondent: Respondent
    entries: tuple[ChallengeResult, ...]
    can_prove: bool
    has_proved: bool = False


@attrs.frozen
class CreateChallenge(Effect):
    """Ask CreateAuthChallenge for a challenge."""

    answers: ClassVar = (ChallengeCreated, Refused)

    respondent: Respondent
    entries: tuple[ChallengeResult, ...]


@attrs.frozen
class VerifyCustomAnswer(Effect):
    """Ask VerifyAuthChallengeResponse whether the answer is right."""

    answers: ClassVar = (CustomAnswerVerified, Refused)

    respondent: Respondent
    private: Secret
    given: Secret


@attrs.frozen
class DemandCustomAnswer(Step):
    """CUSTOM_CHALLENGE."""

    username: str
    public: Mapping[str, str] = attrs.field(repr=False)
