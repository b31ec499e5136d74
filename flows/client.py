"""``AuthClient``: the verbs for one person, as AWS Amplify has them.

It is ``AuthService`` with one current run, stores for tokens and devices, and one lock. Operations run one after another:
of ten calls of ``sign_in`` at once one signs in and nine learn that somebody is signed in already.
"""

from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

import anyio
import attrs

from authsteps.engine.driver import RunHandle
from authsteps.engine.errors import AuthStepsError
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock, Entropy, Observer
from authsteps.engine.shield import surely
from authsteps.engine.system import SystemClock

from .auth_events import AuthEventKind, AuthEvents
from .devices import DeviceVerbs
from .errors import (
    DeviceRefusedError,
    InvalidInputError,
    InvalidStateError,
    SignedOutError,
    UserAlreadySignedInError,
)
from .factors import FactorVerbs
from .federation import FederatedIdentity, Identities, Login
from .model import Answer, AuthFlow, AuthUser, CodeDelivery, DeviceSecrets, FactorType, Tokens, seal, sealed
from .ports import Authenticator, Backend, DeviceStore, IdentityPool, TokenStore
from .profile import ProfileVerbs
from .service import AuthService, ResetPasswordResult, SignInResult, SignUpResult, username_of
from .session import AuthSession, Cell, SignOutComplete, SignOutFailed, SignOutPartial, SignOutResult
from .signed_in import SignedIn
from .steps import ContinueSignInWithWebAuthn, Done, NextStep, text_of, texts_of
from .stores import MemoryDeviceStore, MemoryTokenStore

__all__ = ["AuthClient"]

_MAX_IDENTITY_ID_LENGTH = 55
"""Characters. Source: the service model of cognito-identity, IdentityId."""
_MAX_PROVIDER_LENGTH = 128
"""Characters. Source: the service model of cognito-identity, IdentityProviderName."""
_MAX_PROVIDER_TOKEN_LENGTH = 50_000
"""Characters. Source: the service model of cognito-identity, IdentityProviderToken."""


@attrs.frozen
class _SigningIn:
    """A sign-in that is under way: its run, the name that was typed, and the device's secrets for that name."""

    run: RunHandle
    username: str
    device: DeviceSecrets | None


class AuthClient(ProfileVerbs, FactorVerbs, DeviceVerbs):
    """Signs one person in and out, and does for that person what a signed-in user can do.

    Use it as an async context manager; leaving it forgets a sign-in that is still under way, and keeps the tokens.

    Args:
        backend: Cognito, or a fake of it.
        tokens: Keeps the tokens between calls; in memory if none is given. One that cannot be read counts as empty where
            somebody signs in, for what it holds is then replaced.
        devices: Keeps the device's secrets for each user who signs in from here; in memory if none is given. They
            outlive signing out. They are looked up by the name that was typed: another alias of the same user leads to
            them only once a sign-in has registered the device under it.
        identity_pool: Gives AWS credentials. They are kept in memory.
        authenticator: Makes passkeys and answers for them, once in each call that leads to such a step.
        clock, entropy, observer, default_flow: As for ``AuthService``.
        events: Where to publish what happens; its own if none is given.

    Attributes:
        events: Where to listen.

    Every verb of somebody who is signed in raises:
        SignedOutError: Nobody is; nothing was sent.
        InvalidStateError: Somebody is federated to the identity pool, not signed in; nothing was sent.
        SessionExpiredError: The refresh token is no longer accepted. The tokens are forgotten; sign in again.
        AuthError: The backend refused.
        BackendError: The backend did not do its part. The session lives on.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        tokens: TokenStore | None = None,
        devices: DeviceStore | None = None,
        identity_pool: IdentityPool | None = None,
        authenticator: Authenticator | None = None,
        clock: Clock | None = None,
        entropy: Entropy | None = None,
        observer: Observer | None = None,
        default_flow: AuthFlow = AuthFlow.USER_SRP_AUTH,
        events: AuthEvents | None = None,
    ) -> None:
        self.events = events if events is not None else AuthEvents()
        self._backend = backend
        self._tokens = tokens if tokens is not None else MemoryTokenStore()
        self._devices = devices if devices is not None else MemoryDeviceStore()
        self._authenticator = authenticator
        self._clock = clock if clock is not None else SystemClock()
        self._identities = Identities(identity_pool, self._clock)
        # It tells nobody of a sign-in: here that is told once the tokens are kept.
        self._service = AuthService(
            backend, clock=self._clock, entropy=entropy, observer=observer, default_flow=default_flow
        )
        self._lock = anyio.Lock()
        self._signing_in: _SigningIn | None = None
        self._federated: Login | None = None
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
        preferred_factor: FactorType | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignInResult:
        """Begin to sign in. A sign-in that is still under way is forgotten.

        The arguments and errors are those of ``AuthService.sign_in``, and:

        Raises:
            UserAlreadySignedInError: Somebody is signed in here; nothing was sent.
            InvalidStateError: Somebody is federated here; nothing was sent.
            WebAuthnCeremonyError: The authenticator gave no credential. The sign-in waits at that step.
        """
        secret = sealed(password) if password is not None else None
        del password
        username = username_of(username)
        async with self._lock:
            await self._make_sure_that_nobody_is_signed_in()
            await self._forget_sign_in()
            device = await self._devices.load(username)
            begin = self._service.sign_in(
                username,
                secret,
                flow=flow,
                preferred_factor=preferred_factor,
                device=device,
                client_metadata=client_metadata,
            )
            return await self._carry_on(begin, username, device)

    async def confirm_sign_in(
        self,
        answer: Answer,
        *,
        friendly_device_name: str | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignInResult:
        """Answer the step that the sign-in waits at.

        The arguments and errors are those of ``AuthService.confirm_sign_in``, and:

        Raises:
            InvalidInputError: No sign-in is under way; nothing was sent.
            WebAuthnCeremonyError: The authenticator gave no credential. The sign-in waits at that step.
        """
        given = seal(answer)
        del answer
        async with self._lock:
            current = self._current()
            confirm = self._service.confirm_sign_in(
                current.run,
                given,
                device=current.device,
                friendly_device_name=friendly_device_name,
                client_metadata=client_metadata,
            )
            return await self._carry_on(confirm, current.username, current.device)

    async def auto_sign_in(self, *, client_metadata: Mapping[str, str] | None = None) -> SignInResult:
        """Sign a new user in with the session of the sign-up. A sign-in that is still under way is forgotten.

        The arguments and errors are those of ``AuthService.auto_sign_in``, and:

        Raises:
            InvalidStateError: Nobody has signed up here, or somebody is federated; nothing was sent.
            UserAlreadySignedInError: Somebody is signed in here; nothing was sent.
            WebAuthnCeremonyError: The authenticator gave no credential. The sign-in waits at that step.
        """
        async with self._lock:
            await self._make_sure_that_nobody_is_signed_in()
            if self._sign_up is None:
                raise InvalidStateError("there is no sign-up to complete: sign up and confirm it first")
            username, run = self._sign_up
            await self._forget_sign_in()
            device = await self._devices.load(username)

            async def begin() -> SignInResult:
                begun = await self._service.auto_sign_in(run, device=device, client_metadata=client_metadata)
                self._sign_up = None
                return begun

            return await self._carry_on(begin(), username, device)

    async def next_step(self) -> NextStep:
        """Return the step that the sign-in waits at.

        Raises:
            InvalidInputError: No sign-in is under way.
            UnknownRunError, ExpiredRunError: It is over.
        """
        async with self._lock:
            return await self._service.next_step(self._current().run)

    async def abandon(self) -> None:
        """Forget a sign-in that is under way. If there is none, that is no error."""
        async with self._lock:
            await self._forget_sign_in()

    async def sign_up(
        self,
        username: str,
        password: str | Secret | None = None,
        *,
        attributes: Mapping[str, str] | None = None,
        validation_data: Mapping[str, str] | None = None,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignUpResult:
        """Make an account. The arguments and errors are those of ``AuthService.sign_up``."""
        secret = sealed(password) if password is not None else None
        del password
        async with self._lock:
            result = await self._service.sign_up(
                username,
                secret,
                attributes=attributes,
                validation_data=validation_data,
                client_metadata=client_metadata,
            )
            self._sign_up = (username, result.run) if result.run is not None else None
            return result

    async def confirm_sign_up(
        self,
        username: str,
        code: str | Secret,
        *,
        force_alias_creation: bool = False,
        client_metadata: Mapping[str, str] | None = None,
    ) -> SignUpResult:
        """Confirm an account. The arguments and errors are those of ``AuthService.confirm_sign_up``."""
        given = sealed(code)
        del code
        async with self._lock:
            return await self._service.confirm_sign_up(
                username,
                given,
                run=_run_of(self._sign_up, username),
                force_alias_creation=force_alias_creation,
                client_metadata=client_metadata,
            )

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
        """Return the session, with fresh tokens and AWS credentials. What goes wrong stands in the cells.

        Where nobody is signed in the credentials are a guest's, if the identity pool takes guests.

        Args:
            force_refresh: Get new tokens and credentials even if the old ones have time left.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: Something in the metadata is no text; nothing was sent.
        """
        metadata = texts_of(client_metadata, "client_metadata")
        async with self._lock:
            try:
                tokens = await self._tokens.load() if self._federated is None else None
            except AuthStepsError as error:
                return _unknown_session(error)
            if tokens is not None:
                return await self._person(tokens).session(force=force_refresh, client_metadata=metadata)
            no_user = _federated_error() if self._federated is not None else SignedOutError("nobody is signed in")
            credentials, identity_id = await self._identities.cells(self._federated, force=force_refresh)
            return AuthSession(
                is_signed_in=self._federated is not None,
                tokens=Cell(error=no_user),
                user_sub=Cell(error=no_user),
                credentials=credentials,
                identity_id=identity_id,
            )

    async def sign_out(self, *, global_: bool = False) -> SignOutResult:
        """Sign out here, and at the backend as far as it can be reached. It does not raise.

        A guest's credentials are kept where nobody was signed in, and a device's secrets always.

        Args:
            global_: End all of the user's sessions, not this one alone.
        """
        async with self._lock:
            await self._forget_sign_in()
            if self._federated is not None:
                return SignOutFailed(_federated_error())
            try:
                tokens = await self._tokens.load()
            except Exception as error:  # noqa: BLE001  # whatever the store raises, signing out tells it
                return await self._sign_somebody_out(error)
            if tokens is None:
                self._tell(AuthEventKind.SIGNED_OUT)
                return SignOutComplete()
            return await self._person(tokens).sign_out(global_=global_)

    async def federate_to_identity_pool(
        self, provider: str, token: str | Secret, *, identity_id: str | None = None
    ) -> FederatedIdentity:
        """Get AWS credentials for somebody whom another provider vouches for. A sign-in under way is forgotten.

        That somebody is then federated here, in memory, until ``clear_federation``. Federated again by the same
        provider, with a new token for instance, they keep their identity.

        Args:
            provider: Its name in the identity pool, such as ``accounts.google.com``, ``graph.facebook.com``,
                ``www.amazon.com``, ``appleid.apple.com`` or ``api.twitter.com``.
            token: What it gave.
            identity_id: The identity, if it is known from elsewhere.

        Raises:
            InvalidInputError: The provider, the token or the identity cannot be one; nothing was sent.
            InvalidStateError: Somebody is signed in to the user pool; nothing was sent.
            InvalidAccountTypeError: There is no identity pool; nothing was sent.
            AuthError: The identity pool refused.
            BackendError: The identity pool did not do its part.
        """
        secret = sealed(token)
        del token
        login = Login(
            text_of(Secret(provider), "provider", at_most=_MAX_PROVIDER_LENGTH).reveal(),
            text_of(secret, "token", at_most=_MAX_PROVIDER_TOKEN_LENGTH),
        )
        if identity_id is not None:
            identity_id = text_of(Secret(identity_id), "identity_id", at_most=_MAX_IDENTITY_ID_LENGTH).reveal()
        async with self._lock:
            if await self._tokens.load() is not None:
                raise InvalidStateError("somebody is signed in to the user pool: sign out first")
            await self._forget_sign_in()
            identity = await self._identities.get(login, force=True, identity_id=identity_id)
            self._federated = login
            return identity

    async def clear_federation(self) -> None:
        """Forget who is federated, and their credentials. If nobody is, nothing happens."""
        async with self._lock:
            if self._federated is not None:
                self._federated = None
                self._identities.forget()

    @asynccontextmanager
    async def _signed_in(self) -> AsyncGenerator[SignedIn]:
        async with self._lock:
            if self._federated is not None:
                raise _federated_error()
            tokens = await self._tokens.load()
            if tokens is None:
                raise SignedOutError("nobody is signed in")
            yield self._person(tokens)

    def _person(self, tokens: Tokens) -> SignedIn:
        return SignedIn(
            self._backend,
            tokens,
            clock=self._clock,
            kept=self._tokens,
            devices=self._devices,
            identities=self._identities,
            events=self.events,
            authenticator=self._authenticator,
        )

    async def _carry_on(
        self, advance: Awaitable[SignInResult], username: str, device: DeviceSecrets | None
    ) -> SignInResult:
        """Go on with a sign-in, and where it asks for a passkey have the authenticator answer, once."""
        result = await self._adopt(advance, username, device)
        step = result.next_step
        if not isinstance(step, ContinueSignInWithWebAuthn) or self._authenticator is None or result.run is None:
            return result
        credential = await self._authenticator.get(step.request_options)
        answer = self._service.confirm_sign_in(result.run, credential, device=device)
        return await self._adopt(answer, username, device)

    async def _adopt(
        self, advance: Awaitable[SignInResult], username: str, device: DeviceSecrets | None
    ) -> SignInResult:
        try:
            result = await advance
        except DeviceRefusedError:
            await surely(lambda: self._devices.forget(username))
            raise
        self._signing_in = _SigningIn(result.run, username, device) if result.run is not None else None
        if isinstance(done := result.next_step, Done):
            await surely(lambda: self._keep(done, username))
        return result

    async def _keep(self, done: Done, username: str) -> None:
        await self._tokens.save(done.tokens)
        self._identities.forget()
        try:
            await self._keep_device(done, username)
        except Exception as error:
            error.add_note("somebody is signed in all the same; what is kept of the device may be stale")
            self._tell(AuthEventKind.SIGNED_IN, done.user)
            raise
        # Last, for a cancelled write is done again, and this is told once.
        self._tell(AuthEventKind.SIGNED_IN, done.user)

    async def _keep_device(self, done: Done, username: str) -> None:
        if done.is_device_unknown:
            await self._devices.forget(username)
        if done.new_device is not None:
            aliases = {username} - {done.user.username}
            await self._devices.save(done.user.username, done.new_device, aliases)

    async def _sign_somebody_out(self, unreadable: Exception) -> SignOutResult:
        """Forget tokens that cannot be read."""

        async def forget() -> None:
            await self._tokens.clear()
            self._identities.forget()
            self._tell(AuthEventKind.SIGNED_OUT)

        try:
            await surely(forget)
        except Exception as error:  # noqa: BLE001  # whatever the store raises, signing out tells it
            return SignOutFailed(error)
        return SignOutPartial(invalid_token_error=unreadable)

    async def _make_sure_that_nobody_is_signed_in(self) -> None:
        if self._federated is not None:
            raise _federated_error()
        try:
            tokens = await self._tokens.load()
        except Exception:  # noqa: BLE001  # Source: AWS Amplify Auth (Flutter), signIn: what cannot be read is nobody
            return
        if tokens is not None:
            raise UserAlreadySignedInError("somebody is signed in already")

    def _current(self) -> _SigningIn:
        if self._signing_in is None:
            raise InvalidInputError("answer", "has no step to go to", "call sign_in first")
        return self._signing_in

    async def _forget_sign_in(self) -> None:
        if self._signing_in is not None:
            await self._service.abandon(self._signing_in.run)
            self._signing_in = None

    def _tell(self, kind: AuthEventKind, user: AuthUser | None = None) -> None:
        self.events.publish(kind, user, self._clock.now())


def _run_of(remembered: tuple[str, RunHandle] | None, username: str) -> RunHandle | None:
    """The run that was begun for this very username; a code for somebody else goes without one."""
    return remembered[1] if remembered is not None and remembered[0] == username else None


def _unknown_session(error: AuthStepsError) -> AuthSession:
    """Nobody knows who is signed in, so nobody is, and nobody gets credentials for it."""
    return AuthSession(
        is_signed_in=False,
        tokens=Cell(error=error),
        user_sub=Cell(error=error),
        credentials=Cell(error=error),
        identity_id=Cell(error=error),
    )


def _federated_error() -> InvalidStateError:
    return InvalidStateError("somebody is federated to the identity pool: clear the federation first")
