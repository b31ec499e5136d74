"""Making an account, and confirming it."""

from collections.abc import Mapping

from authsteps.flows import (
    AuthClient,
    AuthError,
    CodeDelivery,
    SignInResult,
    SignUpResult,
    UserLambdaValidationError,
    UsernameExistsError,
    steps,
)

from .accepted import say_where, until_accepted, until_code_accepted
from .prompts import Prompts, StartOver

__all__ = ["Newcomer"]


class Newcomer:
    """Asks a person what a sign-up asks for.

    Args:
        auth: The client.
        prompts: The person.
    """

    def __init__(self, auth: AuthClient, prompts: Prompts) -> None:
        self._auth = auth
        self._prompts = prompts

    async def make(self, username: str, attributes: Mapping[str, str] | None = None) -> SignUpResult:
        """Make an account.

        Args:
            username: The name that is wanted.
            attributes: User attributes; the e-mail address is asked for if none are given.

        Raises:
            AuthStepsError: It was refused for good.
            Word: The person wants something else.
        """

        async def make() -> SignUpResult:
            password = self._prompts.ask_secretly(
                "New password (nothing for an account without one)", is_new=True, may_be_empty=True
            )
            given = attributes or {"email": self._prompts.ask("E-mail address")}
            return await self._auth.sign_up(username, password if password.reveal() else None, attributes=given)

        try:
            return await until_accepted(self._prompts, make)
        except (UsernameExistsError, UserLambdaValidationError) as error:
            self._prompts.complain(error)
            raise StartOver from error

    async def complete(self, username: str, result: SignUpResult) -> SignInResult | None:
        """Confirm a new account; return how far the sign-in has come, if the pool goes on to one by itself.

        Raises:
            AuthStepsError: It was refused for good.
            Word: The person wants something else.
        """
        if isinstance(step := result.next_step, steps.ConfirmSignUpWithCode):
            say_where(self._prompts, step.delivery)
            return await self._confirm(username)
        return await self._go_on(result)

    async def confirm_late(self, username: str) -> SignInResult | None:
        """Confirm an account that was made earlier, with a new code.

        Raises:
            AuthStepsError: It was refused for good.
            Word: The person wants something else.
        """
        say_where(self._prompts, await self._auth.resend_sign_up_code(username))
        return await self._confirm(username)

    async def _confirm(self, username: str) -> SignInResult | None:
        async def confirm() -> SignUpResult:
            code = self._prompts.ask_for_code("Code to confirm the account", sends_again=True)
            return await self._auth.confirm_sign_up(username, code)

        async def send_again() -> CodeDelivery:
            return await self._auth.resend_sign_up_code(username)

        return await self._go_on(await until_code_accepted(self._prompts, confirm, send_again))

    async def _go_on(self, result: SignUpResult) -> SignInResult | None:
        """Sign the new user in if the pool offers it."""
        self._prompts.say("The account is confirmed.")
        if not isinstance(result.next_step, steps.CompleteAutoSignIn):
            return None
        try:
            return await self._auth.auto_sign_in()
        except AuthError as error:
            self._prompts.complain(error)
            return None
