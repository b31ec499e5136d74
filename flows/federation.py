"""AWS credentials from an identity pool: for a user, for a guest, or for somebody whom another provider vouches for."""

from collections.abc import Mapping
from datetime import timedelta

import anyio
import attrs

from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock

from . import effects, events
from .errors import AuthError, BackendError, InvalidAccountTypeError, NotAuthorizedError, SessionExpiredError
from .exchange import exchange
from .expiry import is_about_to_expire
from .model import AwsCredentials
from .ports import IdentityPool
from .session import Cell

__all__ = ["FederatedIdentity", "Identities", "Login"]

_LONGEST_LIFE = timedelta(days=365)
"""Credentials that claim to live longer are not believed. Source: AWS Amplify Auth (Android), the session helper."""


@attrs.frozen
class Login:
    """Who vouches for somebody, and with what.

    Attributes:
        provider: The provider's name in the identity pool.
        token: Its token.
        user_id: Whose token it is, where the user pool issued it.
    """

    provider: str
    token: Secret
    user_id: str | None = None

    @property
    def owner(self) -> tuple[str, str | None]:
        """Whose identity it leads to. Another token of the same owner leads to the same one."""
        return self.provider, self.user_id


@attrs.frozen
class FederatedIdentity:
    """Somebody whom another provider vouches for.

    Attributes:
        identity_id: The identity in the identity pool.
        credentials: Its AWS credentials.
    """

    identity_id: str
    credentials: AwsCredentials


class Identities:
    """Gets AWS credentials and keeps them, in memory, until shortly before they expire.

    It keeps those of one owner: asked for another one's it forgets the first.

    Args:
        pool: The identity pool, if there is one.
        clock: Tells when credentials expire.
    """

    def __init__(self, pool: IdentityPool | None, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._owner: tuple[str, str | None] | None = None
        self._identity_id: str | None = None
        self._credentials: AwsCredentials | None = None
        self._lock = anyio.Lock()

    def user_login(self, id_token: Secret, user_id: str) -> Login | None:
        """Return how a user of the user pool logs in; ``None`` without an identity pool."""
        return Login(self._pool.user_pool_login, id_token, user_id) if self._pool is not None else None

    async def cells(self, login: Login | None, *, force: bool) -> tuple[Cell[AwsCredentials], Cell[str]]:
        """Return the credentials and the identity's id, or the error that stands in the place of both.

        Args:
            login: Who vouches for whom; ``None`` for a guest.
            force: Get new ones even if the old ones have time left.
        """
        try:
            identity = await self.get(login, force=force)
        except NotAuthorizedError as error:
            refused = _as_expired(error) if login is not None else error
            return Cell(error=refused), Cell(error=refused)
        except (AuthError, BackendError) as error:
            return Cell(error=error), Cell(error=error)
        return Cell(identity.credentials), Cell(identity.identity_id)

    async def get(
        self, login: Login | None, *, force: bool = False, identity_id: str | None = None
    ) -> FederatedIdentity:
        """Return the identity and its credentials.

        Args:
            login: Who vouches for whom; ``None`` for a guest.
            force: Get new ones even if the old ones have time left.
            identity_id: The identity, if it is known from elsewhere.

        Raises:
            InvalidAccountTypeError: There is no identity pool; nothing was sent.
            NotAuthorizedError: The pool does not take the login, or takes no guests. The identity is forgotten.
            AuthError: The pool refused.
            BackendError: The pool did not do its part. What is known is kept.
        """
        if self._pool is None:
            raise InvalidAccountTypeError("there is no identity pool")
        async with self._lock:
            owner = login.owner if login is not None else None
            if owner != self._owner:
                self.forget()
                self._owner = owner
            if identity_id is not None and identity_id != self._identity_id:
                self._identity_id, self._credentials = identity_id, None
            if self._identity_id is not None and self._credentials is not None and not force and self._holds():
                return FederatedIdentity(self._identity_id, self._credentials)
            logins = {login.provider: login.token} if login is not None else {}
            try:
                return await self._issue(self._pool, logins)
            except NotAuthorizedError:
                self.forget()
                raise

    def forget(self) -> None:
        """Forget the identity and its credentials."""
        self._owner = self._identity_id = self._credentials = None

    async def _issue(self, pool: IdentityPool, logins: Mapping[str, Secret]) -> FederatedIdentity:
        if self._identity_id is None:
            self._identity_id = (await exchange(pool, effects.GetId(logins), events.IdentityFound)).identity_id
        get = effects.GetCredentialsForIdentity(self._identity_id, logins)
        issued = await exchange(pool, get, events.CredentialsIssued)
        # Another identity may come back: the pool merges a guest's into that of the login.
        self._identity_id, self._credentials = issued.identity_id, issued.credentials
        return FederatedIdentity(issued.identity_id, issued.credentials)

    def _holds(self) -> bool:
        ends = self._credentials.expires_at if self._credentials is not None else None
        return not is_about_to_expire(ends, self._clock) and (ends is None or ends - self._clock.now() <= _LONGEST_LIFE)


def _as_expired(error: NotAuthorizedError) -> SessionExpiredError:
    """The login is no longer good. Source: AWS Amplify Auth (Flutter), fetchAuthSession."""
    expired = SessionExpiredError(error.message)
    expired.__cause__ = error
    return expired
