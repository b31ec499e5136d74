"""Signing in with a person at the keyboard."""

import io
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TypeVar, assert_never

import segno
import typer
from rich.console import Console
from rich.markup import escape

from authsteps.adapters.fake import FakeUserPool
from authsteps.engine import AuthStepsError, Secret
from authsteps.flows import (
    AuthClient,
    AuthError,
    AuthFlow,
    BackendUnavailableError,
    InvalidInputError,
    MfaSetting,
    NewPassword,
    NextStep,
    NotAuthorizedError,
    SignInResult,
    steps,
)

__all__ = ["FAKE_PASSWORD", "FAKE_USERNAME", "Person"]

T = TypeVar("T")

_PASSWORD_TRIES = 3
"""As many as login(1) gives; a pool locks out who tries five times."""

FAKE_USERNAME = "alice"
FAKE_PASSWORD = "Passw0rd!"
"""Who lives in the fake pool that the command makes when it is given no real one."""


class Person:
    """Asks a person what a sign-in asks for, until it is done.

    Prompts block the event loop. Nothing else runs on it while a person types.

    Args:
        auth: The client.
        console: Where to show things.
        pool: The fake pool, if it is one: its messages are shown, for nobody else delivers them.
    """

    def __init__(self, auth: AuthClient, console: Console, pool: FakeUserPool | None) -> None:
        self._auth = auth
        self._console = console
        self._pool = pool
        self._shown = 0

    async def sign_up(self, username: str) -> None:
        """Make an account and confirm it."""
        self._say(f"{username} has no account here yet. Let us make one.")
        await self._until_accepted(lambda: self._sign_up_once(username))
        await self._confirm_sign_up(username)

    async def sign_in(self, username: str, flow: AuthFlow) -> steps.Done:
        """Sign in, whatever is asked for on the way.

        Raises:
            AuthStepsError: It was refused for good.
        """
        tries = 0
        while True:
            try:
                result = await self._auth.sign_in(username, self._ask_secretly("Password"), flow=flow)
            except (NotAuthorizedError, InvalidInputError) as error:
                tries += 1
                if tries == _PASSWORD_TRIES:
                    raise
                self._complain(error)
                continue
            done = await self._follow(username, result)
            if done is not None:
                return done

    async def offer_totp(self) -> bool:
        """Offer to set up an authenticator app, and tell whether it was."""
        if not typer.confirm("Set up an authenticator app now?", default=False):
            return False
        setup = await self._auth.set_up_totp()
        self._say("Scan this with the app, or type the secret in:")
        self._console.out(qr_code(setup.setup_uri("authsteps")), highlight=False)
        # A person has to see it once: this is the one place where a secret is shown.
        self._console.out(f"  {setup.shared_secret.reveal()}", highlight=False)
        await self._until_accepted(lambda: self._auth.verify_totp_setup(self._ask("Code that the app shows")))
        await self._auth.update_mfa_preference(totp=MfaSetting.PREFERRED)
        self._say("The app will be asked for from now on.")
        return True

    async def _follow(self, username: str, result: SignInResult) -> steps.Done | None:
        """Answer step after step; ``None`` means that signing in must begin again."""
        while True:
            step: NextStep = result.next_step
            self._show_messages()
            match step:
                case steps.Done():
                    return step
                case steps.ConfirmSignInWithTotpCode(friendly_device_name=name):
                    result = await self._answer_code(f"Code from {name or 'your authenticator app'}")
                case steps.ConfirmSignInWithSmsCode(delivery=delivery):
                    where = delivery.destination if delivery is not None else "your phone"
                    result = await self._answer_code(f"Code that was sent to {where}")
                case steps.ConfirmSignInWithNewPassword(missing_attributes=missing):
                    self._say("The password was set for you. Choose one of your own.")
                    result = await self._answer(partial(self._new_password, missing))
                case steps.ContinueSignInWithUnknownChallenge(name=name, parameters=parameters):
                    self._say(f"The pool asks for {name}, which has no step of its own. It says:")
                    for key, value in parameters.items():
                        self._say(f"  {key}: {value}")
                    result = await self._answer(self._responses)
                case steps.ResetPassword():
                    await self._reset_password(username)
                    return None
                case steps.ConfirmSignUp():
                    await self._auth.resend_sign_up_code(username)
                    await self._confirm_sign_up(username)
                    return None
                case _:
                    assert_never(step)

    async def _answer_code(self, prompt: str) -> SignInResult:
        return await self._answer(lambda: self._ask(prompt))

    async def _answer(self, ask: Callable[[], str | NewPassword | dict[str, str]]) -> SignInResult:
        return await self._until_accepted(lambda: self._auth.confirm_sign_in(ask()))

    async def _until_accepted(self, attempt: Callable[[], Awaitable[T]]) -> T:
        """Attempt until it is accepted; say why it was not, and let go of what another answer cannot mend."""
        while True:
            self._show_messages()
            try:
                return await attempt()
            except (InvalidInputError, BackendUnavailableError) as error:
                self._complain(error)
            except AuthError as error:
                # A session that died is refused with NotAuthorizedException, and no other answer brings it back.
                if not error.retryable or isinstance(error, NotAuthorizedError):
                    raise
                self._complain(error)

    async def _sign_up_once(self, username: str) -> None:
        password = self._ask_secretly("New password", confirm=True)
        attributes = {"email": self._ask("E-mail address")}
        try:
            await self._auth.sign_up(username, password, attributes=attributes)
        except AuthError as error:
            error.retryable = True  # nothing was made, so another password or address may do
            raise

    async def _confirm_sign_up(self, username: str) -> None:
        await self._until_accepted(
            lambda: self._auth.confirm_sign_up(username, self._ask("Code to confirm the account"))
        )

    async def _reset_password(self, username: str) -> None:
        self._say("The password must be reset. A code is on its way.")
        await self._auth.reset_password(username)

        async def reset() -> None:
            code = self._ask("Code to reset the password")
            await self._auth.confirm_reset_password(username, self._ask_secretly("New password", confirm=True), code)

        await self._until_accepted(reset)

    def _new_password(self, missing: tuple[str, ...]) -> NewPassword:
        password = self._ask_secretly("New password", confirm=True)
        return NewPassword(password, {name: self._ask(name) for name in missing})

    def _responses(self) -> dict[str, str]:
        responses: dict[str, str] = {}
        while name := self._ask("Name of a response, or nothing to send them", default=""):
            responses[name] = self._ask_secretly(name).reveal()
        return responses

    def _show_messages(self) -> None:
        """Show what the fake pool has sent since."""
        if self._pool is None:
            return
        messages = list(self._pool.outbox)
        for message in messages[self._shown :]:
            self._say(f"[{message.medium.value} to {message.destination}] Your code is {message.code.reveal()}")
        self._shown = len(messages)

    def _say(self, text: str) -> None:
        self._console.print(escape(text), highlight=False, soft_wrap=True)

    def _complain(self, error: AuthStepsError) -> None:
        self._console.print(f"[red]{escape(str(error))}[/red]", highlight=False, soft_wrap=True)

    @staticmethod
    def _ask(text: str, default: str | None = None) -> str:
        return str(typer.prompt(text, default=default, show_default=False))

    @staticmethod
    def _ask_secretly(text: str, *, confirm: bool = False) -> Secret:
        return Secret(str(typer.prompt(text, hide_input=True, confirmation_prompt=confirm)))


def qr_code(uri: Secret) -> str:
    """Return a QR code that a terminal can show."""
    picture = io.StringIO()
    segno.make(uri.reveal(), error="l").terminal(out=picture, border=2, compact=True)
    return picture.getvalue()
