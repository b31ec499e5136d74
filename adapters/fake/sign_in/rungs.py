"""The vocabulary of the sign-in ladder: what happens on it, what is wanted, and which challenges go out.

A *step* here is a challenge to the client, an *effect* is performed by the fake itself. A failure is an answer that the
fake refuses, with Cognito's code and text.

This room holds what every way up has in common: the gate, the password and its proof, the new password, and the tokens.
What is special stands in ``choice_rungs``, ``mfa_rungs``, ``device_rungs`` and ``custom_rungs``.
"""

from collections.abc import Mapping
from typing import ClassVar

import attrs

from authsteps.adapters.lambda_triggers import TriggerSource
from authsteps.engine.messages import Carried, Effect, Event, Failure, Secret, Step

from ..tokens import IssuedTokens

__all__ = [
    "Answer",
    "CheckFirstFactor",
    "CodeGiven",
    "DemandNewPassword",
    "DemandPasswordProof",
    "FirstFactorPassed",
    "GatePassed",
    "Granted",
    "IssueTokens",
    "NewPasswordGiven",
    "NewPasswordSet",
    "PassGate",
    "PasswordGiven",
    "PrepareProof",
    "Proof",
    "ProofGiven",
    "ProofOffered",
    "ProofPrepared",
    "ProofWanted",
    "Refused",
    "RefusedAnswer",
    "SetNewPassword",
    "TokensIssued",
]


def _nothing() -> Mapping[str, str]:
    return {}


# Events: from the client.


@attrs.frozen
class Answer(Event):
    """Anything that a client sends, whatever it begins or answers.

    Attributes:
        device_key: The device that it says it comes from; empty if it names none.
    """

    device_key: str = attrs.field(default="", kw_only=True)


@attrs.frozen
class PasswordGiven(Answer):
    """A client begins with USER_PASSWORD_AUTH, or an administrator with ADMIN_USER_PASSWORD_AUTH."""

    client_id: str
    username: str
    password: Secret


@attrs.frozen
class ProofOffered(Answer):
    """A client begins with USER_SRP_AUTH."""

    client_id: str
    username: str
    srp_a: Secret


@attrs.frozen
class ProofGiven(Answer):
    """A client answers PASSWORD_VERIFIER or DEVICE_PASSWORD_VERIFIER."""

    signature: Secret
    timestamp: str


@attrs.frozen
class NewPasswordGiven(Answer):
    """A client answers NEW_PASSWORD_REQUIRED."""

    password: Secret
    attributes: Mapping[str, str] = attrs.field(factory=_nothing, repr=False)


@attrs.frozen
class CodeGiven(Answer):
    """A client answers SMS_MFA, SOFTWARE_TOKEN_MFA, EMAIL_OTP or SMS_OTP."""

    code: Secret


# Events: from the fake itself.


@attrs.frozen
class GatePassed(Event):
    """The user may try.

    Attributes:
        username: The canonical name, or what stands for it if there is no such user.
        sub: The user's id, or the same again. From here on the attempt belongs to this user alone, whoever may have
            the name later.
    """

    username: str
    sub: str


@attrs.frozen
class ProofWanted(Event):
    """The password is to be proved: the client chose so, or a trigger did.

    Attributes:
        available: What could have been chosen instead.
    """

    available: tuple[str, ...] = ()


@attrs.frozen
class ProofPrepared(Event):
    """The server's half of SRP stands.

    Attributes:
        private: ``b``.
        public: ``B``.
        salt: The salt.
        secret_block: What the proof will be bound to, and what the attempt is found by.
    """

    private: Carried
    public: Carried
    salt: Carried
    secret_block: Carried


@attrs.frozen
class FirstFactorPassed(Event):
    """Whatever the sign-in began with is right.

    Attributes:
        is_temporary: Whether it was a password that an administrator set.
        is_both: Whether it counts for the second factor, too, as a passkey can.
        password: What the password is known by that was right, if it was one: its salt.
    """

    is_temporary: bool = False
    is_both: bool = False
    password: Carried | None = None


@attrs.frozen
class NewPasswordSet(Event):
    """The new password holds.

    Attributes:
        password: What it is known by: its salt.
    """

    password: Carried


@attrs.frozen
class TokensIssued(Event):
    """The tokens stand."""

    tokens: IssuedTokens


@attrs.frozen
class Refused(Event):
    """The fake refuses.

    Attributes:
        code: The exception's name on the wire.
        message: Its text.
    """

    code: str
    message: str
    undoes_answer: bool = False
    """Whether the client may send the same answer again: what failed was a trigger."""
    ends_session: bool = False
    """Whether its session is none any more, rather than spent: what is over is a custom authentication."""


# Effects: performed by the fake itself.


@attrs.frozen
class PassGate(Effect):
    """Find out whether this user may try at all.

    Attributes:
        client_id: Through which client.
        username: As typed.
        reveals_existence: Whether an unknown user shows at once; a client that hides existence goes on with a made-up
            one.
        by_password: Whether a password will be tried, for which the user may be locked out.
        device_key: The device that the client names, if any.
        password: The password, where it was given: somebody whom the pool does not know may be known by it elsewhere.
    """

    answers: ClassVar = (GatePassed, Refused)

    client_id: str
    username: str
    reveals_existence: bool
    by_password: bool
    device_key: str = ""
    password: Secret | None = None


@attrs.frozen
class PrepareProof(Effect):
    """Make the server's half of SRP."""

    answers: ClassVar = (ProofPrepared, Refused)

    sub: str
    srp_a: Secret


@attrs.frozen
class CheckFirstFactor(Effect):
    """Check the password, or the proof of it.

    Attributes:
        sub: Whose. If there is no such user, no password and no proof will do.
        password: The password, where it was given.
        proof: The proof, where that was.
        reveals_existence: As at the gate, which is passed a second time here.
    """

    answers: ClassVar = (FirstFactorPassed, Refused)

    sub: str
    password: Secret | None = None
    proof: "Proof | None" = None
    reveals_existence: bool = True


@attrs.frozen
class Proof:
    """All that a proof is checked with."""

    srp_a: Secret
    private: Secret
    public: Secret
    secret_block: Secret
    signature: Secret
    timestamp: str


@attrs.frozen
class SetNewPassword(Effect):
    """Let the policy judge the new password, and set it."""

    answers: ClassVar = (NewPasswordSet, Refused)

    client_id: str
    sub: str
    password: Secret
    attributes: Mapping[str, str] = attrs.field(factory=_nothing, repr=False)


@attrs.frozen
class IssueTokens(Effect):
    """Issue the tokens.

    Attributes:
        client_id: Through which client.
        sub: To whom.
        device_key: The device that took part; empty if none did, and a pool that tracks devices issues one then.
        proved: What the password is known by that was proved, if one was. With another there are no tokens.
        source: The occasion, as PreTokenGeneration is told it.
    """

    answers: ClassVar = (TokensIssued, Refused)

    client_id: str
    sub: str
    device_key: str = ""
    proved: Secret | None = None
    source: TriggerSource = TriggerSource.TOKEN_GENERATION_AUTHENTICATION


# Steps: what goes out to the client.


@attrs.frozen
class DemandPasswordProof(Step):
    """PASSWORD_VERIFIER."""

    username: str
    salt: Secret
    public: Secret
    secret_block: Secret


@attrs.frozen
class DemandNewPassword(Step):
    """NEW_PASSWORD_REQUIRED."""

    client_id: str
    username: str
    sub: str


@attrs.frozen
class Granted(Step):
    """AuthenticationResult."""

    tokens: IssuedTokens


@attrs.frozen
class RefusedAnswer(Failure):
    """What the fake refused, to be answered with as it stands."""

    code: str
    message: str
    undoes_answer: bool = False
    ends_session: bool = False

    @property
    def label(self) -> str:
        """The exception's name on the wire."""
        return self.code
