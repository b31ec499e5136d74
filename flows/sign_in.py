"""Signing in.

A person asks to sign in with a name and a password. With SRP a key pair is made first, and the password is proved
without being sent; otherwise it is sent. Then the backend either lets the person in or challenges: for a new password,
for a code by SMS or from an authenticator app, or for something that has no step of its own. Each challenge waits for
the person, and its answer may lead to the next one. A refused answer shows the same step again; a refusal that no
person caused ends the run.

Source: AWS Amplify Auth (Flutter), sign-in state machine; Amazon Cognito user pools API reference, InitiateAuth and
RespondToAuthChallenge.
"""

from enum import Enum

import attrs

from authsteps.engine.flow import Flow, Group, final, on, waiting, working
from authsteps.engine.messages import Carried, Event, Failure, Secret, kept

from .effects import (
    ChallengeResponse,
    ComputeClaim,
    InitiateAuth,
    KeyValues,
    MakeKeyPair,
    NewPasswordResponse,
    PasswordClaim,
    RespondToAuthChallenge,
    SmsCode,
    TotpCode,
)
from .errors import Refusal, UnreadableReply
from .events import (
    Authenticated,
    ClaimComputed,
    ClaimRefused,
    CodeAnswered,
    ConfirmationDemanded,
    KeyPairMade,
    KeyValuesAnswered,
    NewPasswordAnswered,
    NewPasswordChallenged,
    PasswordResetDemanded,
    PasswordVerifierChallenged,
    Refused,
    Replied,
    SignInRequested,
    SmsCodeChallenged,
    TotpCodeChallenged,
    UnknownChallenged,
)
from .model import AuthFlow, CodeDelivery, Tokens
from .steps import (
    ConfirmSignInWithNewPassword,
    ConfirmSignInWithSmsCode,
    ConfirmSignInWithTotpCode,
    ConfirmSignUp,
    ContinueSignInWithUnknownChallenge,
    Done,
    ResetPassword,
)

__all__ = ["SignInContext", "SignInState", "sign_in"]


class SignInState(Enum):
    """Where a sign-in stands."""

    READY = "ready"
    MAKING_KEY_PAIR = "making_key_pair"
    INITIATING = "initiating"
    COMPUTING_CLAIM = "computing_claim"
    PROVING_PASSWORD = "proving_password"
    AWAITING_NEW_PASSWORD = "awaiting_new_password"
    SETTING_NEW_PASSWORD = "setting_new_password"
    AWAITING_SMS_CODE = "awaiting_sms_code"
    VERIFYING_SMS_CODE = "verifying_sms_code"
    AWAITING_TOTP_CODE = "awaiting_totp_code"
    VERIFYING_TOTP_CODE = "verifying_totp_code"
    AWAITING_RESPONSES = "awaiting_responses"
    SENDING_RESPONSES = "sending_responses"
    SIGNED_IN = "signed_in"
    PASSWORD_RESET_REQUIRED = "password_reset_required"
    NOT_CONFIRMED = "not_confirmed"
    REFUSED = "refused"


S = SignInState


@attrs.frozen
class SignInContext:
    """What a sign-in remembers.

    Attributes:
        username: As typed. The secret hash of InitiateAuth is made over it.
        cognito_username: Cognito's own name for the user, as soon as a reply gives it. That of every challenge answer
            is made over this one.
        session: The backend session that came last.
    """

    username: str = ""
    cognito_username: str | None = None
    flow: AuthFlow = AuthFlow.USER_SRP_AUTH
    session: Carried | None = None
    client_metadata: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)

    password: Secret | None = None
    private: Secret | None = None
    public: Secret | None = None
    user_id: str = ""
    salt: Secret | None = None
    srp_b: Secret | None = None
    secret_block: Secret | None = None
    signature: Secret | None = None
    timestamp: str = ""

    missing_attributes: tuple[str, ...] = ()
    known_attributes: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    delivery: CodeDelivery | None = None
    friendly_device_name: str | None = None
    challenge: str = ""
    challenge_parameters: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)

    answer: Secret | None = None
    new_attributes: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)

    tokens: Tokens | None = None
    message: str = ""

    @property
    def backend_username(self) -> str:
        """The name to answer challenges with."""
        return self.cognito_username if self.cognito_username is not None else self.username


def adopt_reply(context: SignInContext, event: Event) -> SignInContext:
    """Adopt the backend session and Cognito's name for the user; every reply replaces the one before.

    It also clears what the last challenge said, so that the next one does not show it. A refusal keeps all that, for
    the challenge still stands. What a person gave with the last answer is forgotten either way.
    """
    if isinstance(event, Replied):
        return attrs.evolve(
            context,
            session=event.session,
            cognito_username=event.username if event.username is not None else context.cognito_username,
            missing_attributes=(),
            known_attributes={},
            delivery=None,
            friendly_device_name=None,
            challenge="",
            challenge_parameters={},
            new_attributes={},
        )
    return attrs.evolve(context, new_attributes={}) if isinstance(event, Refused) else context


# Guards.


def uses_srp(context: SignInContext, event: Event) -> bool:
    """Whether the password is proved and not sent."""
    flow = event.flow if isinstance(event, SignInRequested) else context.flow
    return flow is AuthFlow.USER_SRP_AUTH


# What the context keeps of an event.


def keep_request(context: SignInContext, event: SignInRequested) -> SignInContext:
    """Keep who wants to sign in, and how."""
    return attrs.evolve(
        context,
        username=event.username,
        flow=event.flow,
        password=event.password,
        client_metadata=dict(event.client_metadata),
    )


def keep_key_pair(context: SignInContext, event: KeyPairMade) -> SignInContext:
    """Keep this attempt's key pair."""
    return attrs.evolve(context, private=event.private, public=event.public)


def keep_srp_parameters(context: SignInContext, event: PasswordVerifierChallenged) -> SignInContext:
    """Keep what the proof is made from."""
    return attrs.evolve(
        context, user_id=event.user_id, salt=event.salt, srp_b=event.srp_b, secret_block=event.secret_block
    )


def keep_claim(context: SignInContext, event: ClaimComputed) -> SignInContext:
    """Keep the proof."""
    return attrs.evolve(context, signature=event.signature, timestamp=event.timestamp)


def keep_attributes(context: SignInContext, event: NewPasswordChallenged) -> SignInContext:
    """Keep which attributes are missing, and which are known."""
    return attrs.evolve(
        context, missing_attributes=event.missing_attributes, known_attributes=dict(event.known_attributes)
    )


def keep_delivery(context: SignInContext, event: SmsCodeChallenged) -> SignInContext:
    """Keep where the code went."""
    return attrs.evolve(context, delivery=event.delivery)


def keep_device_name(context: SignInContext, event: TotpCodeChallenged) -> SignInContext:
    """Keep what the authenticator's device is called."""
    return attrs.evolve(context, friendly_device_name=event.friendly_device_name)


def keep_challenge(context: SignInContext, event: UnknownChallenged) -> SignInContext:
    """Keep what is asked."""
    return attrs.evolve(context, challenge=event.name, challenge_parameters=dict(event.parameters))


def keep_code(context: SignInContext, event: CodeAnswered) -> SignInContext:
    """Keep the code, and the metadata of this call alone."""
    return attrs.evolve(context, answer=event.code, client_metadata=dict(event.client_metadata))


def keep_new_password(context: SignInContext, event: NewPasswordAnswered) -> SignInContext:
    """Keep the new password and its attributes, and the metadata of this call alone."""
    return attrs.evolve(
        context,
        answer=event.password,
        new_attributes=dict(event.attributes),
        client_metadata=dict(event.client_metadata),
    )


def keep_responses(context: SignInContext, event: KeyValuesAnswered) -> SignInContext:
    """Keep the responses, and the metadata of this call alone."""
    return attrs.evolve(context, answer=event.answers, client_metadata=dict(event.client_metadata))


def keep_tokens(context: SignInContext, event: Authenticated) -> SignInContext:
    """Keep the tokens, for the last step to hand over."""
    return attrs.evolve(context, tokens=event.tokens)


def keep_message(context: SignInContext, event: PasswordResetDemanded | ConfirmationDemanded) -> SignInContext:
    """Keep why nobody is let in."""
    return attrs.evolve(context, message=event.message)


# What went wrong.


def refusal(context: SignInContext, event: Refused) -> Failure:
    """Tell what the backend refused."""
    del context
    return Refusal(event.code, event.message)


def unfit_parameters(context: SignInContext, event: ClaimRefused) -> Failure:
    """Tell what is wrong with the backend's SRP parameters."""
    del context
    return UnreadableReply(event.problem)


def unexpected_verifier(context: SignInContext, event: PasswordVerifierChallenged) -> Failure:
    """Tell that the backend wants a proof where none can be given."""
    del context, event
    return UnreadableReply("it demands PASSWORD_VERIFIER where no SRP attempt is under way")


# What the states hold.


def make_key_pair(context: SignInContext) -> MakeKeyPair:
    """Want a fresh key pair."""
    del context
    return MakeKeyPair()


def initiate(context: SignInContext) -> InitiateAuth:
    """Begin, with the password or with the public key."""
    return InitiateAuth(
        flow=context.flow,
        username=context.username,
        password=context.password if context.flow is AuthFlow.USER_PASSWORD_AUTH else None,
        srp_a=context.public,
        client_metadata=context.client_metadata,
    )


def compute_claim(context: SignInContext) -> ComputeClaim:
    """Want the proof."""
    return ComputeClaim(
        user_id=context.user_id,
        password=kept(context.password),
        private=kept(context.private),
        public=kept(context.public),
        salt=kept(context.salt),
        srp_b=kept(context.srp_b),
        secret_block=kept(context.secret_block),
    )


def prove_password(context: SignInContext) -> RespondToAuthChallenge:
    """Send the proof."""
    claim = PasswordClaim(kept(context.secret_block), kept(context.signature), context.timestamp)
    return _respond(context, claim)


def set_new_password(context: SignInContext) -> RespondToAuthChallenge:
    """Send the new password."""
    return _respond(context, NewPasswordResponse(kept(context.answer), context.new_attributes))


def answer_sms(context: SignInContext) -> RespondToAuthChallenge:
    """Send the code."""
    return _respond(context, SmsCode(kept(context.answer)))


def answer_totp(context: SignInContext) -> RespondToAuthChallenge:
    """Send the code."""
    return _respond(context, TotpCode(kept(context.answer)))


def send_responses(context: SignInContext) -> RespondToAuthChallenge:
    """Send the responses."""
    return _respond(context, KeyValues(context.challenge, kept(context.answer)))


def ask_for_new_password(context: SignInContext) -> ConfirmSignInWithNewPassword:
    """Ask for a new password."""
    return ConfirmSignInWithNewPassword(context.missing_attributes, context.known_attributes)


def ask_for_sms_code(context: SignInContext) -> ConfirmSignInWithSmsCode:
    """Ask for the code."""
    return ConfirmSignInWithSmsCode(context.delivery)


def ask_for_totp_code(context: SignInContext) -> ConfirmSignInWithTotpCode:
    """Ask for the code."""
    return ConfirmSignInWithTotpCode(context.friendly_device_name)


def ask_for_responses(context: SignInContext) -> ContinueSignInWithUnknownChallenge:
    """Ask for what the challenge wants."""
    return ContinueSignInWithUnknownChallenge(context.challenge, context.challenge_parameters)


def send_to_reset(context: SignInContext) -> ResetPassword:
    """Send the person to reset the password."""
    return ResetPassword(context.username, context.message)


def send_to_confirmation(context: SignInContext) -> ConfirmSignUp:
    """Send the person to confirm the account."""
    return ConfirmSignUp(context.username, context.message)


def finish(context: SignInContext) -> Done:
    """Hand the tokens over."""
    if context.tokens is None:
        raise LookupError("signed in without tokens")
    return Done(context.tokens, context.tokens.user)


def _respond(context: SignInContext, response: ChallengeResponse) -> RespondToAuthChallenge:
    return RespondToAuthChallenge(context.backend_username, context.session, response, context.client_metadata)


AUTOMATIC = Group[SignInState].of("AUTOMATIC", S.INITIATING, S.PROVING_PASSWORD)
PAST_THE_PASSWORD = Group[SignInState].of(
    "PAST_THE_PASSWORD",
    S.PROVING_PASSWORD,
    S.SETTING_NEW_PASSWORD,
    S.VERIFYING_SMS_CODE,
    S.VERIFYING_TOTP_CODE,
    S.SENDING_RESPONSES,
)
ANSWERED = Group[SignInState].of("ANSWERED", S.INITIATING, *PAST_THE_PASSWORD)

# fmt: off
sign_in = Flow(
    "sign_in", version=1, context=SignInContext, initial=S.READY, absorb=adopt_reply,
    nodes=[
        working(S.MAKING_KEY_PAIR,         MakeKeyPair,                        make_key_pair),
        working(S.INITIATING,              InitiateAuth,                       initiate),
        working(S.COMPUTING_CLAIM,         ComputeClaim,                       compute_claim),
        working(S.PROVING_PASSWORD,        RespondToAuthChallenge,             prove_password),
        waiting(S.AWAITING_NEW_PASSWORD,   ConfirmSignInWithNewPassword,       ask_for_new_password),
        working(S.SETTING_NEW_PASSWORD,    RespondToAuthChallenge,             set_new_password),
        waiting(S.AWAITING_SMS_CODE,       ConfirmSignInWithSmsCode,           ask_for_sms_code),
        working(S.VERIFYING_SMS_CODE,      RespondToAuthChallenge,             answer_sms),
        waiting(S.AWAITING_TOTP_CODE,      ConfirmSignInWithTotpCode,          ask_for_totp_code),
        working(S.VERIFYING_TOTP_CODE,     RespondToAuthChallenge,             answer_totp),
        waiting(S.AWAITING_RESPONSES,      ContinueSignInWithUnknownChallenge, ask_for_responses),
        working(S.SENDING_RESPONSES,       RespondToAuthChallenge,             send_responses),
        final(S.SIGNED_IN,                 Done,                               finish),
        final(S.PASSWORD_RESET_REQUIRED,   ResetPassword,                      send_to_reset),
        final(S.NOT_CONFIRMED,             ConfirmSignUp,                      send_to_confirmation),
        final(S.REFUSED),
    ],
    edges=[
        #  event                        from                      to                           guard, what is kept, what is refused
        on(SignInRequested,             S.READY,                  S.MAKING_KEY_PAIR,           when=uses_srp,   keep=keep_request),
        on(SignInRequested,             S.READY,                  S.INITIATING,                unless=uses_srp, keep=keep_request),
        on(KeyPairMade,                 S.MAKING_KEY_PAIR,        S.INITIATING,                keep=keep_key_pair),
        on(PasswordVerifierChallenged,  S.INITIATING,             S.COMPUTING_CLAIM,           when=uses_srp,   keep=keep_srp_parameters),
        on(PasswordVerifierChallenged,  S.INITIATING,             S.REFUSED,                   unless=uses_srp, fails=unexpected_verifier),
        on(PasswordVerifierChallenged,  PAST_THE_PASSWORD,        S.REFUSED,                   fails=unexpected_verifier),
        on(ClaimComputed,               S.COMPUTING_CLAIM,        S.PROVING_PASSWORD,          keep=keep_claim),
        on(ClaimRefused,                S.COMPUTING_CLAIM,        S.REFUSED,                   fails=unfit_parameters),

        on(NewPasswordChallenged,       ANSWERED,                 S.AWAITING_NEW_PASSWORD,     keep=keep_attributes),
        on(NewPasswordAnswered,         S.AWAITING_NEW_PASSWORD,  S.SETTING_NEW_PASSWORD,      keep=keep_new_password),
        on(SmsCodeChallenged,           ANSWERED,                 S.AWAITING_SMS_CODE,         keep=keep_delivery),
        on(CodeAnswered,                S.AWAITING_SMS_CODE,      S.VERIFYING_SMS_CODE,        keep=keep_code),
        on(TotpCodeChallenged,          ANSWERED,                 S.AWAITING_TOTP_CODE,        keep=keep_device_name),
        on(CodeAnswered,                S.AWAITING_TOTP_CODE,     S.VERIFYING_TOTP_CODE,       keep=keep_code),
        on(UnknownChallenged,           ANSWERED,                 S.AWAITING_RESPONSES,        keep=keep_challenge),
        on(KeyValuesAnswered,           S.AWAITING_RESPONSES,     S.SENDING_RESPONSES,         keep=keep_responses),

        on(Authenticated,               ANSWERED,                 S.SIGNED_IN,                 keep=keep_tokens),
        on(PasswordResetDemanded,       ANSWERED,                 S.PASSWORD_RESET_REQUIRED,   keep=keep_message),
        on(ConfirmationDemanded,        ANSWERED,                 S.NOT_CONFIRMED,             keep=keep_message),

        on(Refused,                     AUTOMATIC,                S.REFUSED,                   fails=refusal),
        on(Refused,                     S.SETTING_NEW_PASSWORD,   S.AWAITING_NEW_PASSWORD,     fails=refusal),
        on(Refused,                     S.VERIFYING_SMS_CODE,     S.AWAITING_SMS_CODE,         fails=refusal),
        on(Refused,                     S.VERIFYING_TOTP_CODE,    S.AWAITING_TOTP_CODE,        fails=refusal),
        on(Refused,                     S.SENDING_RESPONSES,      S.AWAITING_RESPONSES,        fails=refusal),
    ],
)
# fmt: on
