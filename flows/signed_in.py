"""Somebody who is signed in, seen from inside: tokens that are fresh when they are used, and where all is kept.

``Account`` and ``AuthClient`` have the same verbs. They are written once, in rooms by theme, as subclasses of ``Verbs``;
the two differ in how they come by the person, and that is the one method that ``Verbs`` wants.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeVar

import anyio

from authsteps.engine.errors import AuthStepsError
from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.ports import Clock
from authsteps.engine.shield import surely

from . import effects, events
from .auth_events import AuthEventKind, AuthEvents
from .errors import (
    AuthError,
    DeviceNotTrackedError,
    SessionExpiredError,
    UnknownServiceError,
    UserNotFoundError,
)
from .exchange import exchange
from .expiry import is_about_to_expire
from .federation import Identities
from .model import DeviceSecrets, Tokens
from .ports import Authenticator, Backend, DeviceStore
from .session import AuthSession, Cell, SignOutComplete, SignOutFailed, SignOutPartial, SignOutResult

__all__ = ["SignedIn", "TokenKeeper", "Verbs"]

E = TypeVar("E", bound=Event)

_ENDS_A_SESSION = frozenset(
    {
        "NotAuthorizedException",
        "PasswordResetRequiredException",
        "RefreshTokenReuseException",
        "TokenRevokedException",
        "UserNotConfirmedException",
        "UserNotFoundException",
    }
)
"""Refusals of a refresh after which no other will succeed. Source: AWS Amplify Auth (JavaScript), the token
orchestrator. Whatever else goes wrong, the network for instance, never signs anybody out."""


class TokenKeeper(Protocol):
    """The part of a ``TokenStore`` that somebody who is signed in needs."""

    async def load(self) -> Tokens | None:
        """Return what is kept now; ``None`` if there is nothing, or nobody here knows."""
        ...

    async def save(self, tokens: Tokens) -> None:
        """Keep these tokens in place of others. All of them are written, or none."""
        ...

    async def clear(self) -> None:
        """Forget them."""
        ...


class SignedIn:
    """Somebody who is signed in.

    Args:
        backend: Cognito, or a fake of it.
        tokens: The tokens as they are now.
        clock: Tells when tokens expire.
        kept: Where new tokens are kept, before they are used.
        devices: Where the device's secrets are.
        identities: Gets AWS credentials.
        events: Where to tell what happens.
        authenticator: Makes passkeys, if there is one.

    Attributes:
        tokens: The tokens as they are now.
        authenticator: Makes passkeys, if there is one.
    """

    def __init__(
        self,
        backend: Backend,
        tokens: Tokens,
        *,
        clock: Clock,
        kept: TokenKeeper,
        devices: DeviceStore,
        identities: Identities,
        events: AuthEvents,
        authenticator: Authenticator | None = None,
    ) -> None:
        self.tokens = tokens
        self.authenticator = authenticator
        self._backend = backend
        self._clock = clock
        self._kept = kept
        self._devices = devices
        self._identities = identities
        self._events = events
        self._refreshing = anyio.Lock()
        self._ended_by: AuthError | None = None
        self._failed: Exception | None = None

    async def ask(self, effect: Callable[[Secret], Effect], expected: type[E]) -> E:
        """Make an effect of a fresh access token, perform it, and return its event.

        Raises:
            SessionExpiredError: The refresh token is no longer accepted.
            AuthError: The backend refused.
            BackendError: The backend did not do its part.
        """
        return await exchange(self._backend, effect((await self.fresh()).access), expected)

    async def fresh(self, *, force: bool = False, client_metadata: Mapping[str, str] | None = None) -> Tokens:
        """Return tokens that are not about to expire. Whoever wants them at the same time shares one refresh, and its failure.

        Args:
            force: Get new ones even if the old ones have time left.
            client_metadata: For the triggers of the refresh.

        Raises:
            SessionExpiredError: The refresh token is no longer accepted. Once that is known nothing is sent any more.
            AuthError: The backend refused.
            BackendError: The backend did not do its part.
        """
        known, failed_before = self.tokens, self._failed
        ends = (known.access_expires_at, known.id_expires_at)
        if not force and not any(is_about_to_expire(end, self._clock) for end in ends):
            return known
        async with self._refreshing:
            if self._ended_by is not None:
                raise SessionExpiredError(self._ended_by.message) from self._ended_by
            if self.tokens is known:
                if self._failed is not None and self._failed is not failed_before:
                    # It failed for those who waited for it, too: one after another they would wait all over again.
                    raise self._failed
                await self._try_to_refresh(dict(client_metadata or {}))
        return self.tokens

    async def device(self) -> DeviceSecrets:
        """Return the device's secrets.

        Raises:
            DeviceNotTrackedError: There are none; nothing was sent.
        """
        device = await self.find_device()
        if device is None:
            raise DeviceNotTrackedError("the pool does not track this device, or its secrets are not at hand")
        return device

    async def find_device(self) -> DeviceSecrets | None:
        """Return the device's secrets, if they are at hand."""
        return await self._devices.load(self.tokens.user.username)

    async def keep_device(self, device: DeviceSecrets) -> None:
        """Keep the device's secrets in place of those before."""
        await surely(lambda: self._devices.save(self.tokens.user.username, device))

    async def forget_device(self) -> None:
        """Forget the device's secrets. None is no error."""
        await surely(lambda: self._devices.forget(self.tokens.user.username))

    async def session(self, *, force: bool, client_metadata: Mapping[str, str] | None) -> AuthSession:
        """Return the session: the tokens first, then AWS credentials, with the old tokens if there are no new ones.

        Source: AWS Amplify Auth (Flutter), the state machine of fetchAuthSession.
        """
        tokens: Cell[Tokens]
        user_sub: Cell[str]
        try:
            fresh = await self.fresh(force=force, client_metadata=client_metadata)
        except AuthStepsError as error:  # the store's own among them
            tokens, user_sub = Cell(error=error), Cell(error=error)
        else:
            tokens, user_sub = Cell(fresh), Cell(fresh.user.user_id)
        login = self._identities.user_login(self.tokens.id, self.tokens.user.user_id)
        credentials, identity_id = await self._identities.cells(login, force=force)
        if isinstance(tokens.error, SessionExpiredError):
            self._identities.forget()
        return AuthSession(
            is_signed_in=True, tokens=tokens, user_sub=user_sub, credentials=credentials, identity_id=identity_id
        )

    async def sign_out(self, *, global_: bool) -> SignOutResult:
        """End the session at the backend as far as it can be reached, and forget the tokens. It does not raise.

        Cancelled half-way it forgets the tokens all the same.

        Source: AWS Amplify Auth (Flutter), the sign-out state machine.
        """
        try:
            result = await self._end_at_backend(global_=global_)
        except BaseException as error:  # a cancellation, too, must not leave the tokens behind
            if failure := await self._leave():
                error.add_note(f"the tokens could not be forgotten ({type(failure).__name__})")
            raise
        failure = await self._leave()
        return SignOutFailed(failure) if failure is not None else result

    async def delete(self) -> None:
        """Delete the user, and forget the tokens and the device.

        Raises:
            UserNotFoundError: There is no such user any more. The tokens are forgotten all the same.
            AuthError, BackendError: Nothing is forgotten.

        Source: AWS Amplify Auth (Flutter), deleteUser; Swift for the user who is gone already.
        """
        try:
            await self.ask(effects.DeleteUser, events.UserDeleted)
        except UserNotFoundError:
            await surely(lambda: self._forget_user(AuthEventKind.SIGNED_OUT))
            raise
        await surely(lambda: self._forget_user(AuthEventKind.SIGNED_OUT, AuthEventKind.USER_DELETED))

    async def _try_to_refresh(self, client_metadata: Mapping[str, str]) -> None:
        try:
            await self._refresh(client_metadata)
        except Exception as error:
            self._failed = error
            raise
        self._failed = None

    async def _refresh(self, client_metadata: Mapping[str, str]) -> None:
        refresh = effects.GetTokensFromRefreshToken(self.tokens, client_metadata)
        try:
            refreshed = await exchange(self._backend, refresh, events.TokensRefreshed)
        except AuthError as error:
            if _code(error) not in _ENDS_A_SESSION:
                raise
            ended_by = error.with_traceback(None)
            await surely(lambda: self._end(ended_by))
            if self._ended_by is None:
                return
            raise SessionExpiredError(error.message) from error
        self.tokens = refreshed.tokens
        await surely(self._keep)

    # A cancelled write is done again, so what is told comes last in it: it is told once.

    async def _keep(self) -> None:
        await self._kept.save(self.tokens)
        self._tell(AuthEventKind.TOKEN_REFRESHED)

    async def _end(self, because: AuthError) -> None:
        """End the session, unless another client of the same store was quicker and keeps newer tokens there."""
        kept = await self._kept.load()
        is_anothers = kept is not None and kept.refresh != self.tokens.refresh
        if kept is not None and is_anothers and kept.user == self.tokens.user:
            self.tokens = kept
            return
        self._ended_by = because
        if not is_anothers:
            await self._kept.clear()
        self._tell(AuthEventKind.SESSION_EXPIRED)

    async def _forget_tokens(self) -> None:
        await self._kept.clear()
        self._identities.forget()
        self._tell(AuthEventKind.SIGNED_OUT)

    async def _forget_user(self, *told: AuthEventKind) -> None:
        await self._kept.clear()
        self._identities.forget()
        await self._devices.forget(self.tokens.user.username)
        for kind in told:
            self._tell(kind)

    async def _leave(self) -> Exception | None:
        try:
            await surely(self._forget_tokens)
        except Exception as error:  # noqa: BLE001  # whatever a store raises, signing out tells it and does not raise
            return error
        return None

    async def _end_at_backend(self, *, global_: bool) -> SignOutComplete | SignOutPartial:
        try:
            tokens = await self.fresh()
        except SessionExpiredError as error:
            # Of a user who is gone there is no session left.
            is_gone = isinstance(error.__cause__, UserNotFoundError)
            return SignOutComplete() if is_gone else SignOutPartial(invalid_token_error=error)
        except Exception as error:  # noqa: BLE001  # whatever went wrong, the store included, is told and not raised
            return SignOutPartial(invalid_token_error=error, refresh_token=self.tokens.refresh)
        if global_:
            everywhere = await self._try(effects.GlobalSignOut(tokens.access), events.SignedOutEverywhere)
            if everywhere is not None:
                return SignOutPartial(
                    global_sign_out_error=everywhere,
                    revoke_token_error=everywhere,
                    access_token=tokens.access,
                    refresh_token=tokens.refresh,
                )
        revoked = await self._try(effects.RevokeToken(tokens.refresh), events.TokenRevoked)
        if revoked is not None:
            return SignOutPartial(revoke_token_error=revoked, refresh_token=tokens.refresh)
        return SignOutComplete()

    async def _try(self, effect: Effect, expected: type[Event]) -> Exception | None:
        try:
            await exchange(self._backend, effect, expected)
        except Exception as error:  # noqa: BLE001  # whatever went wrong is told and not raised
            return error
        return None

    def _tell(self, kind: AuthEventKind) -> None:
        self._events.publish(kind, self.tokens.user, self._clock.now())


class Verbs(ABC):
    """What somebody who is signed in can do. The verbs are in the subclasses."""

    @abstractmethod
    def _signed_in(self) -> AbstractAsyncContextManager[SignedIn]:
        """Give who is signed in, for one verb.

        Raises:
            SignedOutError: Nobody is; nothing was sent.
        """


def _code(error: AuthError) -> str:
    return error.service_code if isinstance(error, UnknownServiceError) else error.code
