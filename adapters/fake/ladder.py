"""The ladder that everybody climbs who signs in, as the server sees it.

An attempt passes the gate first: the user exists, is enabled, confirmed and not locked out. Then comes the first
factor: the password itself, or a proof of it. Somebody whose password an administrator set chooses a new one. Then
comes the second factor if the user has switched one on: a code by SMS, or one from an authenticator app. At the top
tokens are issued. A wrong proof ends the attempt; a wrong code, or a new password that the policy refuses, does not.

Source: Cognito developer guide, 'Authentication with Amazon Cognito user pools' and 'SMS and email message MFA'.
"""

from enum import Enum

import attrs

from authsteps.engine.flow import Flow, Group, final, on, waiting, working
from authsteps.engine.messages import Carried, Event, Failure, Secret, kept

from .directory import MfaFactor
from .rungs import (
    CheckFirstFactor,
    ChooseSecondFactor,
    CodeGiven,
    DemandFactorChoice,
    DemandNewPassword,
    DemandPasswordProof,
    DemandSmsCode,
    DemandTotpCode,
    FactorChoiceWanted,
    FactorChosen,
    FirstFactorPassed,
    GatePassed,
    Granted,
    IssueTokens,
    NewPasswordGiven,
    NewPasswordSet,
    NoSecondFactorWanted,
    PassGate,
    PasswordGiven,
    PrepareProof,
    Proof,
    ProofGiven,
    ProofOffered,
    ProofPrepared,
    Refused,
    RefusedAnswer,
    SecondFactorPassed,
    SendSmsCode,
    SetNewPassword,
    SmsCodeSent,
    SmsCodeWanted,
    TokensIssued,
    TotpCodeWanted,
    VerifyFactorChoice,
    VerifySmsCode,
    VerifyTotpCode,
)
from .tokens import IssuedTokens

__all__ = ["AttemptContext", "AttemptState", "is_temporary", "ladder", "proves_password"]


class AttemptState(Enum):
    """How far an attempt has come."""

    READY = "ready"
    PASSING_GATE = "passing_gate"
    PREPARING_PROOF = "preparing_proof"
    AWAITING_PROOF = "awaiting_proof"
    CHECKING_PROOF = "checking_proof"
    CHECKING_PASSWORD = "checking_password"
    AWAITING_NEW_PASSWORD = "awaiting_new_password"
    SETTING_NEW_PASSWORD = "setting_new_password"
    CHOOSING_SECOND_FACTOR = "choosing_second_factor"
    AWAITING_FACTOR_CHOICE = "awaiting_factor_choice"
    VERIFYING_FACTOR_CHOICE = "verifying_factor_choice"
    SENDING_SMS_CODE = "sending_sms_code"
    AWAITING_SMS_CODE = "awaiting_sms_code"
    VERIFYING_SMS_CODE = "verifying_sms_code"
    AWAITING_TOTP_CODE = "awaiting_totp_code"
    VERIFYING_TOTP_CODE = "verifying_totp_code"
    ISSUING_TOKENS = "issuing_tokens"
    SIGNED_IN = "signed_in"
    TURNED_AWAY = "turned_away"


S = AttemptState


@attrs.frozen
class AttemptContext:
    """What the server remembers of an attempt.

    Attributes:
        client_id: Through which app client.
        username: As typed until the gate is passed; the canonical name from then on.
        sub: The user's id, from the gate on.
        reveals_existence: Whether that client is told of unknown users.
    """

    client_id: str = ""
    username: str = ""
    sub: str = ""
    reveals_existence: bool = True
    password: Secret | None = None
    srp_a: Carried | None = None
    private: Carried | None = None
    public: Carried | None = None
    salt: Carried | None = None
    secret_block: Carried | None = None
    signature: Secret | None = None
    timestamp: str = ""
    answer: Secret | None = None
    choice: str = ""
    new_attributes: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    factors: tuple[MfaFactor, ...] = ()
    device_name: str | None = None
    sms_code: Carried | None = None
    sms_destination: str = ""
    tokens: IssuedTokens | None = None


def proves_password(context: AttemptContext, event: Event) -> bool:
    """Whether the password is proved and not given."""
    del event
    return context.srp_a is not None


def is_temporary(context: AttemptContext, event: FirstFactorPassed) -> bool:
    """Whether the password was set by an administrator."""
    del context
    return event.is_temporary


def keep_password(context: AttemptContext, event: PasswordGiven) -> AttemptContext:
    """Keep who tries with which password."""
    return attrs.evolve(context, client_id=event.client_id, username=event.username, password=event.password)


def keep_offer(context: AttemptContext, event: ProofOffered) -> AttemptContext:
    """Keep who offers to prove the password."""
    return attrs.evolve(
        context, client_id=event.client_id, username=event.username, srp_a=Carried(event.srp_a.reveal())
    )


def keep_identity(context: AttemptContext, event: GatePassed) -> AttemptContext:
    """Stay with this very user from here on."""
    return attrs.evolve(context, username=event.username, sub=event.sub)


def keep_server_half(context: AttemptContext, event: ProofPrepared) -> AttemptContext:
    """Keep the server's half of SRP."""
    return attrs.evolve(
        context,
        private=event.private,
        public=event.public,
        salt=event.salt,
        secret_block=event.secret_block,
    )


def keep_proof(context: AttemptContext, event: ProofGiven) -> AttemptContext:
    """Keep the proof."""
    return attrs.evolve(context, signature=event.signature, timestamp=event.timestamp)


def drop_srp(context: AttemptContext, event: FirstFactorPassed) -> AttemptContext:
    """Keep nothing of SRP past the first factor."""
    del event
    return attrs.evolve(context, srp_a=None, private=None, public=None, salt=None, secret_block=None)


def keep_new_password(context: AttemptContext, event: NewPasswordGiven) -> AttemptContext:
    """Keep the new password with its attributes."""
    return attrs.evolve(context, answer=event.password, new_attributes=dict(event.attributes))


def keep_code(context: AttemptContext, event: CodeGiven) -> AttemptContext:
    """Keep the code."""
    return attrs.evolve(context, answer=event.code)


def keep_choice(context: AttemptContext, event: FactorChosen) -> AttemptContext:
    """Keep which factor was chosen."""
    return attrs.evolve(context, choice=event.answer)


def keep_factors(context: AttemptContext, event: FactorChoiceWanted) -> AttemptContext:
    """Keep which factors there are to choose from."""
    return attrs.evolve(context, factors=event.factors)


def keep_device_name(context: AttemptContext, event: TotpCodeWanted) -> AttemptContext:
    """Keep what the authenticator app is called."""
    return attrs.evolve(context, device_name=event.device_name)


def keep_sms_code(context: AttemptContext, event: SmsCodeSent) -> AttemptContext:
    """Keep the code that was sent for this very attempt."""
    return attrs.evolve(context, sms_code=event.code, sms_destination=event.destination)


def keep_tokens(context: AttemptContext, event: TokensIssued) -> AttemptContext:
    """Keep the tokens, for the last step to hand over."""
    return attrs.evolve(context, tokens=event.tokens)


def refusal_of(context: AttemptContext, event: Refused) -> Failure:
    """Tell what was refused."""
    del context
    return RefusedAnswer(event.code, event.message)


def pass_gate(context: AttemptContext) -> PassGate:
    """Try the gate."""
    return PassGate(context.client_id, context.username, context.reveals_existence)


def prepare_proof(context: AttemptContext) -> PrepareProof:
    """Make the server's half."""
    return PrepareProof(context.sub, kept(context.srp_a))


def check_proof(context: AttemptContext) -> CheckFirstFactor:
    """Check the proof."""
    proof = Proof(
        srp_a=kept(context.srp_a),
        private=kept(context.private),
        public=kept(context.public),
        secret_block=kept(context.secret_block),
        signature=kept(context.signature),
        timestamp=context.timestamp,
    )
    return CheckFirstFactor(context.sub, proof=proof)


def check_password(context: AttemptContext) -> CheckFirstFactor:
    """Check the password."""
    return CheckFirstFactor(context.sub, password=kept(context.password))


def demand_proof(context: AttemptContext) -> DemandPasswordProof:
    """Challenge with PASSWORD_VERIFIER."""
    return DemandPasswordProof(context.username, kept(context.salt), kept(context.public), kept(context.secret_block))


def demand_new_password(context: AttemptContext) -> DemandNewPassword:
    """Challenge with NEW_PASSWORD_REQUIRED."""
    return DemandNewPassword(context.username, context.sub)


def set_new_password(context: AttemptContext) -> SetNewPassword:
    """Set it."""
    return SetNewPassword(context.sub, kept(context.answer), context.new_attributes)


def choose_second_factor(context: AttemptContext) -> ChooseSecondFactor:
    """Find out what is wanted."""
    return ChooseSecondFactor(context.sub)


def demand_choice(context: AttemptContext) -> DemandFactorChoice:
    """Challenge with SELECT_MFA_TYPE."""
    return DemandFactorChoice(context.username, context.factors)


def verify_choice(context: AttemptContext) -> VerifyFactorChoice:
    """See whether it had been offered."""
    return VerifyFactorChoice(context.sub, context.choice, context.factors)


def send_sms_code(context: AttemptContext) -> SendSmsCode:
    """Send it."""
    return SendSmsCode(context.client_id, context.sub)


def demand_sms_code(context: AttemptContext) -> DemandSmsCode:
    """Challenge with SMS_MFA."""
    return DemandSmsCode(context.username, context.sms_destination)


def verify_sms_code(context: AttemptContext) -> VerifySmsCode:
    """Compare."""
    return VerifySmsCode(context.sub, kept(context.answer), kept(context.sms_code))


def demand_totp_code(context: AttemptContext) -> DemandTotpCode:
    """Challenge with SOFTWARE_TOKEN_MFA."""
    return DemandTotpCode(context.username, context.device_name)


def verify_totp_code(context: AttemptContext) -> VerifyTotpCode:
    """Check."""
    return VerifyTotpCode(context.sub, kept(context.answer))


def issue_tokens(context: AttemptContext) -> IssueTokens:
    """Issue them."""
    return IssueTokens(context.client_id, context.sub)


def grant(context: AttemptContext) -> Granted:
    """Hand them over."""
    if context.tokens is None:
        raise LookupError("the ladder reached its top without tokens")
    return Granted(context.tokens)


CHECKING = Group[AttemptState].of("CHECKING", S.CHECKING_PROOF, S.CHECKING_PASSWORD)
CHOOSING = Group[AttemptState].of("CHOOSING", S.CHOOSING_SECOND_FACTOR, S.VERIFYING_FACTOR_CHOICE)
VERIFYING = Group[AttemptState].of("VERIFYING", S.VERIFYING_SMS_CODE, S.VERIFYING_TOTP_CODE)
FATAL = Group[AttemptState].of(
    "FATAL",
    S.PASSING_GATE,
    S.PREPARING_PROOF,
    S.CHECKING_PROOF,
    S.CHECKING_PASSWORD,
    S.CHOOSING_SECOND_FACTOR,
    S.SENDING_SMS_CODE,
    S.ISSUING_TOKENS,
)

# fmt: off
ladder = Flow(
    "sign_in_ladder", version=1, context=AttemptContext, initial=S.READY,
    nodes=[
        working(S.PASSING_GATE,             PassGate,             pass_gate),
        working(S.PREPARING_PROOF,          PrepareProof,         prepare_proof),
        waiting(S.AWAITING_PROOF,           DemandPasswordProof,  demand_proof),
        working(S.CHECKING_PROOF,           CheckFirstFactor,     check_proof),
        working(S.CHECKING_PASSWORD,        CheckFirstFactor,     check_password),
        waiting(S.AWAITING_NEW_PASSWORD,    DemandNewPassword,    demand_new_password),
        working(S.SETTING_NEW_PASSWORD,     SetNewPassword,       set_new_password),
        working(S.CHOOSING_SECOND_FACTOR,   ChooseSecondFactor,   choose_second_factor),
        waiting(S.AWAITING_FACTOR_CHOICE,   DemandFactorChoice,   demand_choice),
        working(S.VERIFYING_FACTOR_CHOICE,  VerifyFactorChoice,   verify_choice),
        working(S.SENDING_SMS_CODE,         SendSmsCode,          send_sms_code),
        waiting(S.AWAITING_SMS_CODE,        DemandSmsCode,        demand_sms_code),
        working(S.VERIFYING_SMS_CODE,       VerifySmsCode,        verify_sms_code),
        waiting(S.AWAITING_TOTP_CODE,       DemandTotpCode,       demand_totp_code),
        working(S.VERIFYING_TOTP_CODE,      VerifyTotpCode,       verify_totp_code),
        working(S.ISSUING_TOKENS,           IssueTokens,          issue_tokens),
        final(S.SIGNED_IN,                  Granted,              grant),
        final(S.TURNED_AWAY),
    ],
    edges=[
        #  event                 from                        to                         guard, what is kept, what is refused
        on(PasswordGiven,        S.READY,                    S.PASSING_GATE,            keep=keep_password),
        on(ProofOffered,         S.READY,                    S.PASSING_GATE,            keep=keep_offer),
        on(GatePassed,           S.PASSING_GATE,             S.PREPARING_PROOF,         when=proves_password, keep=keep_identity),
        on(GatePassed,           S.PASSING_GATE,             S.CHECKING_PASSWORD,       unless=proves_password, keep=keep_identity),
        on(ProofPrepared,        S.PREPARING_PROOF,          S.AWAITING_PROOF,          keep=keep_server_half),
        on(ProofGiven,           S.AWAITING_PROOF,           S.CHECKING_PROOF,          keep=keep_proof),
        on(FirstFactorPassed,    CHECKING,                   S.AWAITING_NEW_PASSWORD,   when=is_temporary, keep=drop_srp),
        on(FirstFactorPassed,    CHECKING,                   S.CHOOSING_SECOND_FACTOR,  unless=is_temporary, keep=drop_srp),

        on(NewPasswordGiven,     S.AWAITING_NEW_PASSWORD,    S.SETTING_NEW_PASSWORD,    keep=keep_new_password),
        on(NewPasswordSet,       S.SETTING_NEW_PASSWORD,     S.CHOOSING_SECOND_FACTOR),
        on(Refused,              S.SETTING_NEW_PASSWORD,     S.AWAITING_NEW_PASSWORD,   fails=refusal_of),

        on(NoSecondFactorWanted, S.CHOOSING_SECOND_FACTOR,   S.ISSUING_TOKENS),
        on(FactorChoiceWanted,   S.CHOOSING_SECOND_FACTOR,   S.AWAITING_FACTOR_CHOICE,  keep=keep_factors),
        on(SmsCodeWanted,        CHOOSING,                   S.SENDING_SMS_CODE),
        on(TotpCodeWanted,       CHOOSING,                   S.AWAITING_TOTP_CODE,      keep=keep_device_name),
        on(FactorChosen,         S.AWAITING_FACTOR_CHOICE,   S.VERIFYING_FACTOR_CHOICE, keep=keep_choice),
        on(Refused,              S.VERIFYING_FACTOR_CHOICE,  S.AWAITING_FACTOR_CHOICE,  fails=refusal_of),
        on(SmsCodeSent,          S.SENDING_SMS_CODE,         S.AWAITING_SMS_CODE,       keep=keep_sms_code),
        on(CodeGiven,            S.AWAITING_SMS_CODE,        S.VERIFYING_SMS_CODE,      keep=keep_code),
        on(Refused,              S.VERIFYING_SMS_CODE,       S.AWAITING_SMS_CODE,       fails=refusal_of),
        on(CodeGiven,            S.AWAITING_TOTP_CODE,       S.VERIFYING_TOTP_CODE,     keep=keep_code),
        on(Refused,              S.VERIFYING_TOTP_CODE,      S.AWAITING_TOTP_CODE,      fails=refusal_of),

        on(SecondFactorPassed,   VERIFYING,                  S.ISSUING_TOKENS),
        on(TokensIssued,         S.ISSUING_TOKENS,           S.SIGNED_IN,               keep=keep_tokens),
        on(Refused,              FATAL,                      S.TURNED_AWAY,             fails=refusal_of),
    ],
)
# fmt: on
