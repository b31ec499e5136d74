"""Signing in with a person at the keyboard."""

from collections.abc import Callable, Mapping
from typing import NoReturn

import attrs

from authsteps.engine import AuthStepsError, RunError
from authsteps.flows import (
    Answer,
    AuthClient,
    AuthError,
    AuthFlow,
    BackendUnavailableError,
    ExpiredCodeError,
    FactorType,
    InvalidInputError,
    NotAuthorizedError,
    SignInResult,
    TooManyFailedAttemptsError,
    UserNotFoundError,
    steps,
)

from .answers import Answerable, asker
from .prompts import Prompts, SendAgain, StartOver
from .recovery import reset_password
from .sign_up import Newcomer

__all__ = ["Beginning", "Person"]

_PASSWORD_TRIES = 3
"""As many as login(1) gives; a pool locks out who tries five times."""


@attrs.frozen
class Beginning:
    """How a sign-in begins.

    Attributes:
        flow: The flow.
        preferred: With USER_AUTH: the first factor to begin with.
    """

    flow: AuthFlow = AuthFlow.USER_SRP_AUTH
    preferred: FactorType | None = None

    @property
    def wants_password(self) -> bool:
        """Whether the password goes with the first request."""
        if self.flow is AuthFlow.USER_AUTH:
            return self.preferred is not None and self.preferred.is_password
        return self.flow is not AuthFlow.CUSTOM_AUTH_WITHOUT_SRP


class Person:
    """Asks a person what a sign-in asks for, until it is done.

    Args:
        auth: The client.
        prompts: The person.
        suggestion: Who is likely to sign in.
        residents: Who has an account; anybody else makes one first. ``None`` if everybody has one.
        attributes: What a new account is made with.
    """

    def __init__(
        self,
        auth: AuthClient,
        prompts: Prompts,
        *,
        suggestion: str | None = None,
        residents: frozenset[str] | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> None:
        self._auth = auth
        self._prompts = prompts
        self._suggestion = suggestion
        self._residents = residents
        self._attributes = attributes

    async def sign_in(self, username: str | None, beginning: Beginning) -> steps.Done:
        """Sign in, whatever is asked for on the way.

        Args:
            username: Who signs in; asked for if it is not given.
            beginning: How to begin.

        Raises:
            AuthStepsError: It was refused for good.
            Leave: The person has had enough.
        """
        name = username
        while True:
            try:
                if name is None:
                    name = self._prompts.ask("Username", default=self._suggestion)
                result = await self._begin(name, beginning)
                while (done := await self._follow(name, result)) is None:
                    result = await self._begin(name, beginning)
            except StartOver:
                await self._auth.abandon()
                self._prompts.say("Starting over.")
                self._suggestion, name = name or self._suggestion, None
            else:
                return done

    async def _begin(self, username: str, beginning: Beginning) -> SignInResult:
        """Make the first request, or the account."""
        if self._residents is not None and username not in self._residents:
            self._prompts.say(f"Let us make an account for {username}.")
            newcomer = Newcomer(self._auth, self._prompts)
            made = await newcomer.make(username, self._attributes)
            self._residents |= {username}
            signed_in = await newcomer.complete(username, made)
            if signed_in is not None:
                return signed_in
        tries = 0
        while True:
            password = self._prompts.ask_secretly("Password") if beginning.wants_password else None
            try:
                return await self._auth.sign_in(
                    username, password, flow=beginning.flow, preferred_factor=beginning.preferred
                )
            except UserNotFoundError as error:
                self._prompts.complain(error)
                raise StartOver from error
            except (NotAuthorizedError, InvalidInputError) as error:
                tries += 1
                if password is None or tries == _PASSWORD_TRIES:
                    raise
                self._prompts.complain(error)

    async def _follow(self, username: str, result: SignInResult) -> steps.Done | None:
        """Answer step after step; ``None`` means that signing in must begin again."""
        while True:
            match result.next_step:
                case steps.Done() as done:
                    return done
                case steps.ResetPassword():
                    self._prompts.say("The password must be reset.")
                    await reset_password(self._auth, self._prompts, username)
                    self._prompts.say("The new password holds. Sign in with it.")
                    return None
                case steps.ConfirmSignUp():
                    self._prompts.say("The account is not confirmed yet.")
                    return await self._follow_newcomer(username)
                case step:
                    result = await self._answer(step, username)

    async def _follow_newcomer(self, username: str) -> steps.Done | None:
        result = await Newcomer(self._auth, self._prompts).confirm_late(username)
        return await self._follow(username, result) if result is not None else None

    async def _answer(self, step: Answerable, username: str) -> SignInResult:
        """Ask until an answer is accepted; say why one was not."""
        ask = asker(self._prompts, step, username)
        while True:
            try:
                return await self._auth.confirm_sign_in(self._asked(ask))
            except (InvalidInputError, BackendUnavailableError) as error:
                self._prompts.complain(error)
            except AuthError as error:
                # A session that died is refused with NotAuthorizedException, and no other answer brings it back.
                if not error.retryable or isinstance(error, NotAuthorizedError):
                    self._give_up(error)
                self._prompts.complain(error)
                if isinstance(error, ExpiredCodeError | TooManyFailedAttemptsError):
                    self._prompts.say("A new code comes with a new sign-in: type !restart.")
            except RunError as error:
                self._give_up(error)

    def _asked(self, ask: Callable[[], Answer]) -> Answer:
        while True:
            try:
                return ask()
            except SendAgain:
                self._prompts.say("The pool sends a code once for each sign-in; a new sign-in sends a new one.")
                if self._prompts.confirm("Start over?", default=True):
                    raise StartOver from None

    def _give_up(self, error: AuthStepsError) -> NoReturn:
        """Offer to start over, where no other answer can help.

        Raises:
            StartOver: The person wants to.
            AuthStepsError: The error, if not.
        """
        self._prompts.complain(error)
        if self._prompts.confirm("This sign-in is over. Start over?", default=True):
            raise StartOver from error
        raise error
