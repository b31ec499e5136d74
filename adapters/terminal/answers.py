"""What a person is asked at each step of a sign-in, and how the step is explained."""

from collections.abc import Callable
from typing import TypeAlias, assert_never

from authsteps.engine import Secret
from authsteps.flows import Answer, CodeDelivery, FactorType, NewPassword, steps

from .factors import first_factors, second_factors
from .output import show_pairs
from .passkeys import ask_for_credential_or_factor, show_options
from .prompts import Prompts
from .qr import show_totp_secret

__all__ = ["APP_NAME", "Answerable", "asker"]

APP_NAME = "authsteps"
"""What authenticator apps show as the issuer."""

Answerable: TypeAlias = (
    steps.ConfirmSignInWithNewPassword
    | steps.ConfirmSignInWithCustomChallenge
    | steps.ConfirmSignInWithTotpCode
    | steps.ConfirmSignInWithSmsCode
    | steps.ConfirmSignInWithOtpCode
    | steps.ConfirmSignInWithPassword
    | steps.ContinueSignInWithMfaSelection
    | steps.ContinueSignInWithMfaSetupSelection
    | steps.ContinueSignInWithTotpSetup
    | steps.ContinueSignInWithEmailMfaSetup
    | steps.ContinueSignInWithFirstFactorSelection
    | steps.ContinueSignInWithWebAuthn
    | steps.ContinueSignInWithUnknownChallenge
)
"""The steps of a sign-in that an answer leads on from."""


def asker(prompts: Prompts, step: Answerable, username: str) -> Callable[[], Answer]:
    """Explain a step, and return what asks for the answer to it. It may be called again after a refusal.

    Args:
        prompts: Whom to ask.
        step: The step.
        username: Who signs in, as typed.
    """
    match step:
        case steps.ConfirmSignInWithSmsCode(delivery=delivery) | steps.ConfirmSignInWithOtpCode(delivery=delivery):
            return lambda: prompts.ask_for_code(f"Code that was sent to {_where(delivery)}", sends_again=True)
        case steps.ConfirmSignInWithTotpCode(friendly_device_name=name):
            return lambda: _app_code(prompts, f"Code from {name or 'your authenticator app'}", username)
        case steps.ConfirmSignInWithPassword():
            return lambda: prompts.ask_secretly("Password")
        case steps.ConfirmSignInWithNewPassword(missing_attributes=missing):
            prompts.say("The password was set for you. Choose one of your own.")
            return lambda: _new_password(prompts, missing)
        case steps.ConfirmSignInWithCustomChallenge(parameters=parameters):
            prompts.say("The pool has a challenge of its own.")
            show_pairs(prompts.console, parameters)
            return lambda: prompts.ask_secretly("Answer (it is not shown)")
        case steps.ContinueSignInWithMfaSelection(allowed=allowed):
            prompts.say("Which second factor?")
            return lambda: prompts.choose("Number or name", second_factors(allowed))
        case steps.ContinueSignInWithMfaSetupSelection(allowed=allowed):
            prompts.say("The pool wants a second factor, and you have none. Which one is to be set up?")
            return lambda: prompts.choose("Number or name", second_factors(allowed))
        case steps.ContinueSignInWithTotpSetup(shared_secret=secret):
            prompts.say("Set up an authenticator app.")
            show_totp_secret(prompts, step.setup_uri(APP_NAME), secret)
            return lambda: _app_code(prompts, "Code that the app shows", username, secret)
        case steps.ContinueSignInWithEmailMfaSetup():
            prompts.say("Codes are to be sent by e-mail from now on.")
            return lambda: prompts.ask("E-mail address for the codes")
        case steps.ContinueSignInWithFirstFactorSelection(available=available):
            prompts.say("How do you want to sign in?")
            return lambda: prompts.choose("Number or name", first_factors(available or FactorType))
        case steps.ContinueSignInWithWebAuthn(request_options=options, available=available):
            show_options(prompts, options, "get")
            others = [factor for factor in available or FactorType if factor is not FactorType.WEB_AUTHN]
            return lambda: ask_for_credential_or_factor(prompts, first_factors(others))
        case steps.ContinueSignInWithUnknownChallenge(name=name, parameters=parameters):
            prompts.say(f"The pool asks for {name}, which has no step of its own. It says:")
            show_pairs(prompts.console, parameters)
            return lambda: _responses(prompts)
        case _:
            assert_never(step)


def _where(delivery: CodeDelivery | None) -> str:
    return delivery.destination if delivery is not None else "you"


def _app_code(prompts: Prompts, question: str, username: str, shared_secret: Secret | None = None) -> Secret:
    prompts.show_app_code(username, shared_secret)
    return prompts.ask_for_code(question)


def _new_password(prompts: Prompts, missing: tuple[str, ...]) -> NewPassword:
    password = prompts.ask_secretly("New password", is_new=True)
    return NewPassword(password, {name: prompts.ask(name) for name in missing})


def _responses(prompts: Prompts) -> Answer:
    responses: dict[str, Secret] = {}
    while name := prompts.ask("Name of a response, or nothing to send them", default=""):
        responses[name] = prompts.ask_secretly(f"{name} (it is not shown)")
    return responses
