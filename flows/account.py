"""``Account``: the verbs of somebody who is signed in. Each performs one exchange, with fresh tokens."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import anyio

from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock
from authsteps.engine.shield import surely

from . import effects, events
from .errors import (
    AuthError,
    BackendError,
    CodeMismatchError,
    EnableSoftwareTokenMFAError,
    InvalidInputError,
    NotAuthorizedError,
    RefreshTokenReuseError,
    SessionExpiredError,
    UserNotFoundError,
)
from .exchange import exchange
from .model import AuthUser, MfaPreference, MfaSetting, MfaType, Tokens, TotpSetup, sealed
from .ports import Backend
from .session import AuthSession, Cell, SignOutComplete, SignOutPartial, SignOutResult
from .steps import code_of

__all__ = ["Account"]

_EXPIRY_MARGIN = timedelta(seconds=10)
"""A token this near its end counts as expired. Source: AWS Amplify Auth (Flutter), fetchAuthSession."""


class Account:
    """What somebody who is signed in can do.

    Every verb refreshes the tokens first if they are about to expire, and ``tokens`` then holds the new ones. Verbs that
    want that at the same time share one refresh, for a refresh token may be good for one use only.

    Args:
        backend: Cognito, or a fake of it.
        tokens: What ``Done`` gave.
        clock: Tells when tokens expire.
        on_refresh: Is told of new tokens before they are used, so that they can be kept.

    Every verb but ``sign_out`` and ``fetch_auth_session`` raises:
        SessionExpiredError: The refresh token is no longer accepted. Sign in again.
        AuthError: The backend refused.
        BackendError: The backend did not do its part. The session lives on.
    """

    def __init__(
        self,
        backend: Backend,
        tokens: Tokens,
        *,
        clock: Clock,
        on_refresh: Callable[[Tokens], Awaitable[None]] | None = None,
    ) -> None:
        self._backend = backend
        self._tokens = tokens
        self._clock = clock
        self._on_refresh = on_refresh
        self._refreshing = anyio.Lock()

    @property
    def tokens(self) -> Tokens:
        """The tokens as they are now."""
        return self._tokens

    async def fetch_auth_session(
        self, *, force_refresh: bool = False, client_metadata: Mapping[str, str] | None = None
    ) -> AuthSession:
        """Return the session, with fresh tokens. It does not raise; a cell holds the error.

        Args:
            force_refresh: Get new tokens even if the old ones have time left.
            client_metadata: For the triggers of this call.
        """
        try:
            tokens = await self._fresh(force=force_refresh, client_metadata=client_metadata)
        except (AuthError, BackendError) as error:
            return AuthSession(is_signed_in=True, tokens=Cell(error=error), user=Cell(error=error))
        return AuthSession(is_signed_in=True, tokens=Cell(tokens), user=Cell(tokens.user))

    async def get_current_user(self) -> AuthUser:
        """Return who is signed in, from the tokens; nothing is sent."""
        return self._tokens.user

    async def set_up_totp(self) -> TotpSetup:
        """Ask for a secret for an authenticator app. ``verify_totp_setup`` completes the set-up."""
        token = (await self._fresh()).access
        associated = await exchange(
            self._backend, effects.AssociateSoftwareToken(token), events.SoftwareTokenAssociated
        )
        return TotpSetup(associated.shared_secret, self._tokens.user.username)

    async def verify_totp_setup(self, code: str | Secret, *, friendly_device_name: str | None = None) -> None:
        """Show that the authenticator app has the secret.

        It does not switch the factor on; ``update_mfa_preference(totp=...)`` does.

        Args:
            code: The code that the app shows.
            friendly_device_name: A name for the app's device, which sign-in shows later.

        Raises:
            InvalidInputError: The code cannot be one; nothing was sent.
            CodeMismatchError: The code is wrong; give another one.
        """
        given = sealed(code)
        del code
        secret = code_of(given, "code")
        verify = effects.VerifySoftwareToken((await self._fresh()).access, secret, friendly_device_name)
        try:
            await exchange(self._backend, verify, events.SoftwareTokenVerified)
        except EnableSoftwareTokenMFAError as error:
            # Source: AWS Amplify Auth (Flutter), verifyTotpSetup: both mean a wrong code
            raise CodeMismatchError(error.message, retryable=True) from error

    async def fetch_mfa_preference(self) -> MfaPreference:
        """Return which second factors are switched on."""
        token = (await self._fresh()).access
        return (await exchange(self._backend, effects.GetUser(token), events.UserFetched)).mfa

    async def update_mfa_preference(
        self,
        *,
        sms: MfaSetting | None = None,
        totp: MfaSetting | None = None,
        email: MfaSetting | None = None,
    ) -> None:
        """Switch second factors on or off. One that is not given stays as it is.

        Raises:
            InvalidInputError: Nothing is given, or more than one is to be preferred; nothing was sent.
        """
        asked = {MfaType.SMS: sms, MfaType.TOTP: totp, MfaType.EMAIL: email}
        settings = {factor: setting for factor, setting in asked.items() if setting is not None}
        if not settings:
            raise InvalidInputError("sms, totp and email", "are all missing", "say what to change")
        if sum(setting is MfaSetting.PREFERRED for setting in settings.values()) > 1:
            raise InvalidInputError("PREFERRED", "is given more than once", "prefer one second factor")
        update = effects.SetUserMfaPreference((await self._fresh()).access, settings)
        await exchange(self._backend, update, events.MfaPreferenceSet)

    async def sign_out(self, *, global_: bool = False) -> SignOutResult:
        """End this session at the backend, and with ``global_`` all of the user's sessions. It does not raise.

        Source: AWS Amplify Auth (Flutter), sign-out state machine.
        """
        try:
            tokens = await self._fresh()
        except UserNotFoundError:
            return SignOutComplete()  # there is nobody left whose session could live on
        except (AuthError, BackendError) as error:
            return SignOutPartial(invalid_token_error=error)
        if global_:
            try:
                await exchange(self._backend, effects.GlobalSignOut(tokens.access), events.SignedOutEverywhere)
            except (AuthError, BackendError) as error:
                return SignOutPartial(global_sign_out_error=error, revoke_token_error=error)
        try:
            await exchange(self._backend, effects.RevokeToken(tokens.refresh), events.TokenRevoked)
        except (AuthError, BackendError) as error:
            return SignOutPartial(revoke_token_error=error)
        return SignOutComplete()

    async def _fresh(self, *, force: bool = False, client_metadata: Mapping[str, str] | None = None) -> Tokens:
        known = self._tokens
        if not force and not self._about_to_expire():
            return known
        async with self._refreshing:
            if self._tokens is known:
                await self._refresh(dict(client_metadata or {}))
        return self._tokens

    async def _refresh(self, client_metadata: Mapping[str, str]) -> None:
        refresh = effects.GetTokensFromRefreshToken(self._tokens, client_metadata)
        try:
            refreshed = await exchange(self._backend, refresh, events.TokensRefreshed)
        except (NotAuthorizedError, RefreshTokenReuseError) as error:
            raise SessionExpiredError(error.message) from error
        self._tokens = refreshed.tokens
        keep = self._on_refresh
        if keep is not None:
            await surely(lambda: keep(refreshed.tokens))

    def _about_to_expire(self) -> bool:
        ends = (self._tokens.access_expires_at, self._tokens.id_expires_at)
        return any(end is not None and end - self._clock.now() <= _EXPIRY_MARGIN for end in ends)
