"""``Account``: the verbs of somebody who is signed in."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager

from authsteps.engine.ports import Clock

from .auth_events import AuthEvents
from .devices import DeviceVerbs
from .factors import FactorVerbs
from .federation import Identities
from .model import DeviceSecrets, Tokens
from .ports import Backend, IdentityPool
from .profile import ProfileVerbs
from .session import AuthSession, SignOutResult
from .signed_in import SignedIn
from .steps import texts_of

__all__ = ["Account"]


class Account(ProfileVerbs, FactorVerbs, DeviceVerbs):
    """What somebody who is signed in can do.

    Every verb refreshes the tokens first if they are about to expire, and ``tokens`` then holds the new ones. Verbs that
    want that at the same time share one refresh, for a refresh token may be good for one use only.

    Args:
        backend: Cognito, or a fake of it.
        tokens: What ``Done`` gave.
        clock: Tells when tokens expire.
        device: The device's secrets, if this browser or program has any for the user.
        on_refresh: Is told of new tokens before they are used, so that they can be kept.
        events: Where refreshes, sign-outs and the like are published.
        identity_pool: Gives AWS credentials.

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
        device: DeviceSecrets | None = None,
        on_refresh: Callable[[Tokens], Awaitable[None]] | None = None,
        events: AuthEvents | None = None,
        identity_pool: IdentityPool | None = None,
    ) -> None:
        self._device = _GivenDevice(device)
        self._person = SignedIn(
            backend,
            tokens,
            clock=clock,
            kept=_GivenTokens(on_refresh),
            devices=self._device,
            identities=Identities(identity_pool, clock),
            events=events if events is not None else AuthEvents(),
        )

    @property
    def tokens(self) -> Tokens:
        """The tokens as they are now."""
        return self._person.tokens

    @property
    def device(self) -> DeviceSecrets | None:
        """The device's secrets as they are now: after ``remember_device`` others than before, and then to be kept."""
        return self._device.secrets

    async def fetch_auth_session(
        self, *, force_refresh: bool = False, client_metadata: Mapping[str, str] | None = None
    ) -> AuthSession:
        """Return the session, with fresh tokens and AWS credentials. What goes wrong stands in the cells.

        Args:
            force_refresh: Get new tokens and credentials even if the old ones have time left.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: Something in the metadata is no text; nothing was sent.
        """
        metadata = texts_of(client_metadata, "client_metadata")
        return await self._person.session(force=force_refresh, client_metadata=metadata)

    async def sign_out(self, *, global_: bool = False) -> SignOutResult:
        """End this session at the backend, and with ``global_`` all of the user's sessions. It does not raise.

        Args:
            global_: End all of the user's sessions, not this one alone.
        """
        return await self._person.sign_out(global_=global_)

    @asynccontextmanager
    async def _signed_in(self) -> AsyncGenerator[SignedIn]:
        yield self._person


class _GivenTokens:
    """Hands new tokens to whoever gave the first ones, who also forgets them."""

    def __init__(self, on_refresh: Callable[[Tokens], Awaitable[None]] | None) -> None:
        self._on_refresh = on_refresh

    async def load(self) -> None:
        """Return nothing: what is kept is not known here."""

    async def save(self, tokens: Tokens) -> None:
        if self._on_refresh is not None:
            await self._on_refresh(tokens)

    async def clear(self) -> None:
        """Do nothing: there is nothing here to forget."""


class _GivenDevice:
    """Holds the secrets that were given with the account. Whoever gave them keeps them."""

    def __init__(self, secrets: DeviceSecrets | None) -> None:
        self.secrets = secrets

    async def load(self, username: str) -> DeviceSecrets | None:
        del username
        return self.secrets

    async def save(self, username: str, device: DeviceSecrets, aliases: Collection[str] = ()) -> None:
        del username, aliases
        self.secrets = device

    async def forget(self, username: str) -> None:
        del username
        self.secrets = None
