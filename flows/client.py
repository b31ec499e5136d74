"""``AuthClient``: the verbs for one person, as AWS Amplify has them.

It is ``AuthService`` with one current run, a token store and one lock. Operations run one after another: of ten calls of
``sign_in`` at once one signs in and nine learn that somebody is signed in already.
"""

from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType
from typing import Self, TypeVar

import anyio

from authsteps.engine.driver import RunHandle
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock, Entropy, Observer
from authsteps.engine.shield import surely
from authsteps.engine.system import SystemClock

from .account import Account
from .errors import InvalidInputError, SessionExpiredError, SignedOutError, UserAlreadySignedInError
from .model import Answer, AuthFlow, AuthUser, CodeDelivery, MfaPreference, MfaSetting, Tokens, TotpSetup, seal, sealed
from .ports import Backend, TokenStore
from .service import AuthService, ResetPasswordResult, SignInResult, SignUpResult
from .session import AuthSession, Cell, SignOutComplete, SignOutResult
from .steps import Done, NextStep

__all__ = ["AuthClient", "MemoryTokenStore"]

T = TypeVar("T")


class MemoryTokenStore:
    """Keeps tokens in this process and nowhere else."""

    def __init__(self) -> None:
        self._tokens: Tokens | None = None

    async def load(self) -> Tokens | None:
        """Return the tokens, or ``None`` if there are none."""
        return self._tokens

    async def save(self, tokens: Tokens) -> None:
        """Keep these tokens in place of others."""
        self._tokens = tokens

    async def clear(self) -> None:
        """Forget them."""
        self._tokens = None


class AuthClient:
    """Signs one person in and out, and does for that person what a signed-in user can do.

    Use it as an async context manager; leaving it forgets a sign-in that is still under way, and keeps the tokens.

    Args:
        backend: Cognito, or a fake of it.
        tokens: Keeps the tokens between calls; in memory if none is given.
        clock, entropy, observer, default_flow: As for ``AuthService``.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        tokens: TokenStore | None = None,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        observer: Observer | None = None,
        default_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
    ) -> None:
        self._backend = backend
        self._tokens = tokens if tokens is not None else MemoryTokenStore()
        self._clock = clock if clock is not None else SystemClock()
        self._service = AuthService(
            backend, clock=self._clock, entropy=entropy, observer=observer, default_flow=default_flow
        )
        self._lock = anyio.Lock()
        self._run: RunHandle | None = None
        self._sign_up: tuple[str, RunHandle] | None = None
        self._reset: tuple[str, RunHandle] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._forget_sign_in()

    async def sign_in(
        self,
        username: str,
        password: str | Secret | None = None,
        *,
        flow: AuthFlow | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignInResult:
        """Begin to sign in. A sign-in that is still under way is forgotten.

        The arguments and errors are those of ``AuthService.sign_in``, and:

        Raises:
            UserAlreadySignedInError: Somebody is signed in here; nothing was sent.
        """
        secret = sealed(password or "")
        del password
        async with self._lock:
            if await self._tokens.load() is not None:
                raise UserAlreadySignedInError("somebody is signed in already")
            await self._forget_sign_in()
            begin = self._service.sign_in(username, secret, flow=flow, client_metadata=client_metadata)
            return await self._adopt(await begin)

    async def confirm_sign_in(
        self, answer: Answer, *, client_metadata: Mapping[str, str] | None = None
    ) -> SignInResult:
        """Answer the step that the sign-in waits at.

        The arguments and errors are those of ``AuthService.confirm_sign_in``, and:

        Raises:
            InvalidInputError: No sign-in is under way; nothing was sent.
        """
        given = seal(answer)
        del answer
        async with self._lock:
            confirm = self._service.confirm_sign_in(self._current_run(), given, client_metadata=client_metadata)
            return await self._adopt(await confirm)

    async def next_step(self) -> NextStep:
        """Return the step that the sign-in waits at.

        Raises:
            InvalidInputError: No sign-in is under way.
            UnknownRunError, ExpiredRunError: It is over.
        """
        async with self._lock:
            return await self._service.next_step(self._current_run())

    async def abandon(self) -> None:
        """Forget a sign-in that is under way. If there is none, that is no error."""
        async with self._lock:
            await self._forget_sign_in()

    async def sign_up(
        self,
        username: str,
        password: str | Secret,
        *,
        attributes: Mapping[str, str] | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignUpResult:
        """Make an account. The arguments and errors are those of ``AuthService.sign_up``."""
        secret = sealed(password)
        del password
        async with self._lock:
            result = await self._service.sign_up(
                username, secret, attributes=attributes, client_metadata=client_metadata
            )
            self._sign_up = (username, result.run) if result.run is not None else None
            return result

    async def confirm_sign_up(
        self, username: str, code: str | Secret, *, client_metadata: Mapping[str, str] | None = None
    ) -> SignUpResult:
        """Confirm an account. The arguments and errors are those of ``AuthService.confirm_sign_up``."""
        given = sealed(code)
        del code
        async with self._lock:
            run = _run_of(self._sign_up, username)
            return await self._service.confirm_sign_up(username, given, run=run, client_metadata=client_metadata)

    async def resend_sign_up_code(
        self, username: str, *, client_metadata: Mapping[str, str] | None = None
    ) -> CodeDelivery:
        """Send the sign-up code again. The arguments and errors are those of ``AuthService.resend_sign_up_code``."""
        async with self._lock:
            run = _run_of(self._sign_up, username)
            return await self._service.resend_sign_up_code(username, run=run, client_metadata=client_metadata)

    async def reset_password(
        self, username: str, *, client_metadata: Mapping[str, str] | None = None
    ) -> ResetPasswordResult:
        """Send a reset code. The arguments and errors are those of ``AuthService.reset_password``."""
        async with self._lock:
            result = await self._service.reset_password(username, client_metadata=client_metadata)
            self._reset = (username, result.run) if result.run is not None else None
            return result

    async def confirm_reset_password(
        self,
        username: str,
        new_password: str | Secret,
        code: str | Secret,
        *,
        client_metadata: Mapping[str, str] | None = None,
    ) -> ResetPasswordResult:
        """Set a new password. The arguments and errors are those of ``AuthService.confirm_reset_password``."""
        given, given_code = sealed(new_password), sealed(code)
        del new_password, code
        async with self._lock:
            return await self._service.confirm_reset_password(
                username, given, given_code, run=_run_of(self._reset, username), client_metadata=client_metadata
            )

    async def fetch_auth_session(
        self, *, force_refresh: bool = False, client_metadata: Mapping[str, str] | None = None
    ) -> AuthSession:
        """Return the session, with fresh tokens. It does not raise; a cell holds the error.

        Args:
            force_refresh: Get new tokens even if the old ones have time left.
            client_metadata: For the triggers of this call.
        """
        async with self._lock:
            tokens = await self._tokens.load()
            if tokens is None:
                error = SignedOutError("nobody is signed in")
                return AuthSession(is_signed_in=False, tokens=Cell(error=error), user=Cell(error=error))
            session = await self._account(tokens).fetch_auth_session(
                force_refresh=force_refresh, client_metadata=client_metadata
            )
            if isinstance(session.tokens.error, SessionExpiredError):
                await self._tokens.clear()
            return session

    async def get_current_user(self) -> AuthUser:
        """Return who is signed in; nothing is sent.

        Raises:
            SignedOutError: Nobody is.
        """
        return await self._with_account(Account.get_current_user)

    async def set_up_totp(self) -> TotpSetup:
        """Ask for a secret for an authenticator app; see ``Account.set_up_totp``."""
        return await self._with_account(Account.set_up_totp)

    async def verify_totp_setup(self, code: str | Secret, *, friendly_device_name: str | None = None) -> None:
        """Show that the authenticator app has the secret; see ``Account.verify_totp_setup``."""
        given = sealed(code)
        del code
        await self._with_account(
            lambda account: account.verify_totp_setup(given, friendly_device_name=friendly_device_name)
        )

    async def fetch_mfa_preference(self) -> MfaPreference:
        """Return which second factors are switched on."""
        return await self._with_account(Account.fetch_mfa_preference)

    async def update_mfa_preference(
        self,
        *,
        sms: MfaSetting | None = None,
        totp: MfaSetting | None = None,
        email: MfaSetting | None = None,
    ) -> None:
        """Switch second factors on or off; see ``Account.update_mfa_preference``."""
        await self._with_account(lambda account: account.update_mfa_preference(sms=sms, totp=totp, email=email))

    async def sign_out(self, *, global_: bool = False) -> SignOutResult:
        """Sign out here, and at the backend as far as it can be reached. It does not raise.

        Args:
            global_: End all of the user's sessions, not this one alone.
        """
        async with self._lock:
            await self._forget_sign_in()
            tokens = await self._tokens.load()
            if tokens is None:
                return SignOutComplete()
            try:
                return await self._account(tokens).sign_out(global_=global_)
            finally:
                await surely(self._tokens.clear)

    async def _with_account(self, verb: Callable[[Account], Awaitable[T]]) -> T:
        async with self._lock:
            tokens = await self._tokens.load()
            if tokens is None:
                raise SignedOutError("nobody is signed in")
            try:
                return await verb(self._account(tokens))
            except SessionExpiredError:
                await self._tokens.clear()
                raise

    def _account(self, tokens: Tokens) -> Account:
        return Account(self._backend, tokens, clock=self._clock, on_refresh=self._tokens.save)

    async def _adopt(self, result: SignInResult) -> SignInResult:
        self._run = result.run
        if isinstance(done := result.next_step, Done):
            await surely(lambda: self._tokens.save(done.tokens))
        return result

    def _current_run(self) -> RunHandle:
        if self._run is None:
            raise InvalidInputError("answer", "has no step to go to", "call sign_in first")
        return self._run

    async def _forget_sign_in(self) -> None:
        if self._run is not None:
            await self._service.abandon(self._run)
            self._run = None


def _run_of(remembered: tuple[str, RunHandle] | None, username: str) -> RunHandle | None:
    """The run that was begun for this very username; a code for somebody else goes without one."""
    return remembered[1] if remembered is not None and remembered[0] == username else None
