"""Signing up.

A person asks for an account. Some pools confirm it at once; the others send a code, and the account waits until the
code is given. The code can be sent again. A wrong code is asked for again. Where the pool hands out a session for it,
the new user can be signed in without another question.

Source: AWS Amplify Auth (Flutter), sign-up state machine; Amazon Cognito user pools API reference, SignUp,
ConfirmSignUp and ResendConfirmationCode.
"""

from enum import Enum

import attrs

from authsteps.engine.flow import Flow, final, on, waiting, working
from authsteps.engine.messages import Carried, Failure, Secret, kept

from .effects import ConfirmSignUp, ResendConfirmationCode, SignUp
from .errors import Refusal
from .events import (
    AutoSignInRequested,
    CodeSent,
    Refused,
    ResendRequested,
    SignedUp,
    SignUpCodeAnswered,
    SignUpConfirmed,
    SignUpRequested,
)
from .model import CodeDelivery
from .steps import CompleteAutoSignIn, ConfirmSignUpWithCode, SignUpDone

__all__ = ["SignUpContext", "SignUpState", "sign_up"]


class SignUpState(Enum):
    """Where a sign-up stands."""

    READY = "ready"
    SIGNING_UP = "signing_up"
    AWAITING_CODE = "awaiting_code"
    CONFIRMING = "confirming"
    RESENDING = "resending"
    AWAITING_AUTO_SIGN_IN = "awaiting_auto_sign_in"
    SIGNED_UP = "signed_up"
    REFUSED = "refused"


S = SignUpState


@attrs.frozen
class SignUpContext:
    """What a sign-up remembers.

    Attributes:
        session: The sign-up session. It goes out with the confirmation and lets the new user sign in at once.
    """

    username: str = ""
    user_id: str | None = None
    password: Secret | None = None
    code: Secret | None = None
    force_alias_creation: bool = False
    attributes: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    validation_data: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    client_metadata: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    delivery: CodeDelivery | None = None
    session: Carried | None = None


def has_code_to_give(context: SignUpContext, event: SignedUp) -> bool:
    """Whether the account waits for a code."""
    del context
    return not event.confirmed


def has_session(context: SignUpContext, event: SignedUp | SignUpConfirmed) -> bool:
    """Whether the new user can be signed in with the session of the sign-up."""
    del context
    return event.session is not None


def keep_request(context: SignUpContext, event: SignUpRequested) -> SignUpContext:
    """Keep who wants an account."""
    return attrs.evolve(
        context,
        username=event.username,
        password=event.password,
        attributes=dict(event.attributes),
        validation_data=dict(event.validation_data),
        client_metadata=dict(event.client_metadata),
    )


def keep_account(context: SignUpContext, event: SignedUp) -> SignUpContext:
    """Keep the new user's id, where the code went, and the session; what was asked for is not needed any more."""
    return attrs.evolve(
        context,
        user_id=event.user_id,
        delivery=event.delivery,
        session=event.session,
        attributes={},
        validation_data={},
    )


def keep_code(context: SignUpContext, event: SignUpCodeAnswered) -> SignUpContext:
    """Keep the code, and the metadata of this call alone."""
    return attrs.evolve(
        context,
        code=event.code,
        force_alias_creation=event.force_alias_creation,
        client_metadata=dict(event.client_metadata),
    )


def keep_metadata(context: SignUpContext, event: ResendRequested) -> SignUpContext:
    """Keep the metadata of this call alone."""
    return attrs.evolve(context, client_metadata=dict(event.client_metadata))


def keep_delivery(context: SignUpContext, event: CodeSent) -> SignUpContext:
    """Keep where the code went."""
    return attrs.evolve(context, delivery=event.delivery)


def keep_session(context: SignUpContext, event: SignUpConfirmed) -> SignUpContext:
    """Keep the sign-up session."""
    return attrs.evolve(context, session=event.session)


def refusal(context: SignUpContext, event: Refused) -> Failure:
    """Tell what the backend refused."""
    del context
    return Refusal(event.code, event.message)


def make_account(context: SignUpContext) -> SignUp:
    """Ask for the account."""
    return SignUp(
        context.username, context.password, context.attributes, context.validation_data, context.client_metadata
    )


def confirm(context: SignUpContext) -> ConfirmSignUp:
    """Send the code."""
    return ConfirmSignUp(
        context.username, kept(context.code), context.session, context.force_alias_creation, context.client_metadata
    )


def resend(context: SignUpContext) -> ResendConfirmationCode:
    """Ask for the code again."""
    return ResendConfirmationCode(context.username, context.client_metadata)


def ask_for_code(context: SignUpContext) -> ConfirmSignUpWithCode:
    """Ask for the code."""
    return ConfirmSignUpWithCode(context.username, context.delivery, context.user_id)


def offer_sign_in(context: SignUpContext) -> CompleteAutoSignIn:
    """Say that the new user can be signed in at once."""
    return CompleteAutoSignIn(context.username, kept(context.session), context.user_id)


def finish(context: SignUpContext) -> SignUpDone:
    """Say that the account can be used."""
    return SignUpDone(context.user_id)


# fmt: off
sign_up = Flow(
    "sign_up", version=2, context=SignUpContext, initial=S.READY,
    nodes=[
        working(S.SIGNING_UP,             SignUp,                  make_account),
        waiting(S.AWAITING_CODE,          ConfirmSignUpWithCode,   ask_for_code),
        working(S.CONFIRMING,             ConfirmSignUp,           confirm),
        working(S.RESENDING,              ResendConfirmationCode,  resend),
        waiting(S.AWAITING_AUTO_SIGN_IN,  CompleteAutoSignIn,      offer_sign_in),
        final(S.SIGNED_UP,                SignUpDone,              finish),
        final(S.REFUSED),
    ],
    edges=[
        #  event                 from                      to                        guard, what is kept, what is refused
        on(SignUpRequested,      S.READY,                  S.SIGNING_UP,             keep=keep_request),
        on(SignedUp,             S.SIGNING_UP,             S.AWAITING_CODE,          when=has_code_to_give, keep=keep_account),
        on(SignedUp,             S.SIGNING_UP,             S.AWAITING_AUTO_SIGN_IN,  when=has_session, unless=has_code_to_give, keep=keep_account),
        on(SignedUp,             S.SIGNING_UP,             S.SIGNED_UP,              keep=keep_account),
        on(Refused,              S.SIGNING_UP,             S.REFUSED,                fails=refusal),
        on(SignUpCodeAnswered,   S.AWAITING_CODE,          S.CONFIRMING,             keep=keep_code),
        on(SignUpConfirmed,      S.CONFIRMING,             S.AWAITING_AUTO_SIGN_IN,  when=has_session, keep=keep_session),
        on(SignUpConfirmed,      S.CONFIRMING,             S.SIGNED_UP,              unless=has_session),
        on(Refused,              S.CONFIRMING,             S.AWAITING_CODE,          fails=refusal),
        on(ResendRequested,      S.AWAITING_CODE,          S.RESENDING,              keep=keep_metadata),
        on(CodeSent,             S.RESENDING,              S.AWAITING_CODE,          keep=keep_delivery),
        on(Refused,              S.RESENDING,              S.AWAITING_CODE,          fails=refusal),
        on(AutoSignInRequested,  S.AWAITING_AUTO_SIGN_IN,  S.SIGNED_UP),
    ],
)
# fmt: on
