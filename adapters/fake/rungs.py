"""The vocabulary of the sign-in ladder: what happens on it, what is wanted, and which challenges go out.

A *step* here is a challenge to the client, an *effect* is performed by the fake itself. A failure is an answer that the
fake refuses, with Cognito's code and text.
"""

from collections.abc import Mapping
from typing import ClassVar

import attrs

from authsteps.engine.messages import Carried, Effect, Event, Failure, Secret, Step

from .directory import MfaFactor
from .tokens import IssuedTokens

__all__ = [
    "CheckFirstFactor",
    "ChooseSecondFactor",
    "CodeGiven",
    "DemandFactorChoice",
    "DemandNewPassword",
    "DemandPasswordProof",
    "DemandSmsCode",
    "DemandTotpCode",
    "FactorChoiceWanted",
    "FactorChosen",
    "FirstFactorPassed",
    "GatePassed",
    "Granted",
    "IssueTokens",
    "NewPasswordGiven",
    "NewPasswordSet",
    "NoSecondFactorWanted",
    "PassGate",
    "PasswordGiven",
    "PrepareProof",
    "Proof",
    "ProofGiven",
    "ProofOffered",
    "ProofPrepared",
    "Refused",
    "RefusedAnswer",
    "SecondFactorPassed",
    "SendSmsCode",
    "SetNewPassword",
    "SmsCodeSent",
    "SmsCodeWanted",
    "TokensIssued",
    "TotpCodeWanted",
    "VerifyFactorChoice",
    "VerifySmsCode",
    "VerifyTotpCode",
]


def _nothing() -> Mapping[str, str]:
    return {}


# Events: from the client.


@attrs.frozen
class PasswordGiven(Event):
    """A client begins with USER_PASSWORD_AUTH."""

    client_id: str
    username: str
    password: Secret


@attrs.frozen
class ProofOffered(Event):
    """A client begins with USER_SRP_AUTH."""

    client_id: str
    username: str
    srp_a: Secret


@attrs.frozen
class ProofGiven(Event):
    """A client answers PASSWORD_VERIFIER."""

    signature: Secret
    timestamp: str


@attrs.frozen
class NewPasswordGiven(Event):
    """A client answers NEW_PASSWORD_REQUIRED."""

    password: Secret
    attributes: Mapping[str, str] = attrs.field(factory=_nothing, repr=False)


@attrs.frozen
class CodeGiven(Event):
    """A client answers SMS_MFA or SOFTWARE_TOKEN_MFA."""

    code: Secret


@attrs.frozen
class FactorChosen(Event):
    """A client answers SELECT_MFA_TYPE."""

    answer: str


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
    """The password, or the proof of it, is right.

    Attributes:
        is_temporary: Whether an administrator set it.
    """

    is_temporary: bool


@attrs.frozen
class NewPasswordSet(Event):
    """The new password holds."""


@attrs.frozen
class NoSecondFactorWanted(Event):
    """The first factor is enough."""


@attrs.frozen
class SmsCodeWanted(Event):
    """A code by SMS is wanted."""


@attrs.frozen
class TotpCodeWanted(Event):
    """A code of the authenticator app is wanted.

    Attributes:
        device_name: What the user calls the app.
    """

    device_name: str | None


@attrs.frozen
class FactorChoiceWanted(Event):
    """The user has several second factors and prefers none, so the client has to choose.

    Attributes:
        factors: From these.
    """

    factors: tuple[MfaFactor, ...]


@attrs.frozen
class SmsCodeSent(Event):
    """A code is on its way.

    Attributes:
        code: The code.
        destination: Where it went, masked.
    """

    code: Carried
    destination: str


@attrs.frozen
class SecondFactorPassed(Event):
    """The code is right."""


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


# Effects: performed by the fake itself.


@attrs.frozen
class PassGate(Effect):
    """Find out whether this user may try at all."""

    answers: ClassVar = (GatePassed, Refused)

    client_id: str
    username: str
    reveals_existence: bool
    """Whether an unknown user shows at once; a client that hides existence goes on with a made-up one."""


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
        password: The password, with USER_PASSWORD_AUTH.
        proof: The proof, with USER_SRP_AUTH.
    """

    answers: ClassVar = (FirstFactorPassed, Refused)

    sub: str
    password: Secret | None = None
    proof: "Proof | None" = None


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

    sub: str
    password: Secret
    attributes: Mapping[str, str] = attrs.field(factory=_nothing, repr=False)


@attrs.frozen
class ChooseSecondFactor(Effect):
    """Find out which second factor is wanted of this user."""

    answers: ClassVar = (NoSecondFactorWanted, SmsCodeWanted, TotpCodeWanted, FactorChoiceWanted, Refused)

    sub: str


@attrs.frozen
class VerifyFactorChoice(Effect):
    """See whether the factor that was chosen had been offered."""

    answers: ClassVar = (SmsCodeWanted, TotpCodeWanted, Refused)

    sub: str
    answer: str
    offered: tuple[MfaFactor, ...]


@attrs.frozen
class SendSmsCode(Effect):
    """Send a code."""

    answers: ClassVar = (SmsCodeSent, Refused)

    client_id: str
    sub: str


@attrs.frozen
class VerifySmsCode(Effect):
    """Compare the code that was given with the one that was sent."""

    answers: ClassVar = (SecondFactorPassed, Refused)

    sub: str
    given: Secret
    sent: Secret


@attrs.frozen
class VerifyTotpCode(Effect):
    """Check the code of the authenticator app."""

    answers: ClassVar = (SecondFactorPassed, Refused)

    sub: str
    given: Secret


@attrs.frozen
class IssueTokens(Effect):
    """Issue the tokens."""

    answers: ClassVar = (TokensIssued, Refused)

    client_id: str
    sub: str


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

    username: str
    sub: str


@attrs.frozen
class DemandFactorChoice(Step):
    """SELECT_MFA_TYPE."""

    username: str
    factors: tuple[MfaFactor, ...]


@attrs.frozen
class DemandSmsCode(Step):
    """SMS_MFA."""

    username: str
    destination: str


@attrs.frozen
class DemandTotpCode(Step):
    """SOFTWARE_TOKEN_MFA."""

    username: str
    device_name: str | None


@attrs.frozen
class Granted(Step):
    """AuthenticationResult."""

    tokens: IssuedTokens


@attrs.frozen
class RefusedAnswer(Failure):
    """What the fake refused, to be answered with as it stands."""

    code: str
    message: str

    @property
    def label(self) -> str:
        """The exception's name on the wire."""
        return self.code
