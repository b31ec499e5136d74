"""Resetting a forgotten password.

A person says whose password is forgotten, and a code is sent. With the code comes the new password. A wrong code or a
weak password is asked for again. Nobody is signed in by it: the person signs in afterwards, second factor and all.

Source: Amazon Cognito user pools API reference, ForgotPassword and ConfirmForgotPassword; OWASP ASVS 5.0, 6.4.3.
"""

from enum import Enum

import attrs

from authsteps.engine.flow import Flow, final, on, waiting, working
from authsteps.engine.messages import Failure, Secret, kept

from .effects import ConfirmForgotPassword, ForgotPassword
from .errors import Refusal
from .events import CodeSent, PasswordWasReset, Refused, ResetAnswered, ResetRequested
from .model import CodeDelivery
from .steps import ConfirmResetPasswordWithCode, PasswordResetDone

__all__ = ["ResetPasswordContext", "ResetPasswordState", "reset_password"]


class ResetPasswordState(Enum):
    """Where a reset stands."""

    READY = "ready"
    REQUESTING_CODE = "requesting_code"
    AWAITING_CODE = "awaiting_code"
    SETTING_PASSWORD = "setting_password"
    RESET = "reset"
    REFUSED = "refused"


S = ResetPasswordState


@attrs.frozen
class ResetPasswordContext:
    """What a reset remembers."""

    username: str = ""
    code: Secret | None = None
    password: Secret | None = None
    client_metadata: dict[str, str] = attrs.field(factory=dict[str, str], repr=False)
    delivery: CodeDelivery | None = None


def keep_request(context: ResetPasswordContext, event: ResetRequested) -> ResetPasswordContext:
    """Keep whose password it is."""
    return attrs.evolve(context, username=event.username, client_metadata=dict(event.client_metadata))


def keep_delivery(context: ResetPasswordContext, event: CodeSent) -> ResetPasswordContext:
    """Keep where the code went."""
    return attrs.evolve(context, delivery=event.delivery)


def keep_answer(context: ResetPasswordContext, event: ResetAnswered) -> ResetPasswordContext:
    """Keep the code and the new password, and the metadata of this call alone."""
    return attrs.evolve(context, code=event.code, password=event.password, client_metadata=dict(event.client_metadata))


def refusal(context: ResetPasswordContext, event: Refused) -> Failure:
    """Tell what the backend refused."""
    del context
    return Refusal(event.code, event.message)


def request_code(context: ResetPasswordContext) -> ForgotPassword:
    """Ask for a code."""
    return ForgotPassword(context.username, context.client_metadata)


def set_password(context: ResetPasswordContext) -> ConfirmForgotPassword:
    """Send the code and the new password."""
    code, password = kept(context.code), kept(context.password)
    return ConfirmForgotPassword(context.username, code, password, context.client_metadata)


def ask_for_code(context: ResetPasswordContext) -> ConfirmResetPasswordWithCode:
    """Ask for the code and a new password."""
    return ConfirmResetPasswordWithCode(context.username, context.delivery)


def finish(context: ResetPasswordContext) -> PasswordResetDone:
    """Say that the new password holds."""
    del context
    return PasswordResetDone()


# fmt: off
reset_password = Flow(
    "reset_password", version=1, context=ResetPasswordContext, initial=S.READY,
    nodes=[
        working(S.REQUESTING_CODE,   ForgotPassword,                request_code),
        waiting(S.AWAITING_CODE,     ConfirmResetPasswordWithCode,  ask_for_code),
        working(S.SETTING_PASSWORD,  ConfirmForgotPassword,         set_password),
        final(S.RESET,               PasswordResetDone,             finish),
        final(S.REFUSED),
    ],
    edges=[
        #  event              from                to                   what is kept, what is refused
        on(ResetRequested,    S.READY,            S.REQUESTING_CODE,   keep=keep_request),
        on(CodeSent,          S.REQUESTING_CODE,  S.AWAITING_CODE,     keep=keep_delivery),
        on(Refused,           S.REQUESTING_CODE,  S.REFUSED,           fails=refusal),
        on(ResetAnswered,     S.AWAITING_CODE,    S.SETTING_PASSWORD,  keep=keep_answer),
        on(PasswordWasReset,  S.SETTING_PASSWORD, S.RESET),
        on(Refused,           S.SETTING_PASSWORD, S.AWAITING_CODE,     fails=refusal),
    ],
)
# fmt: on
