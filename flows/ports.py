"""What the flows need from outside, as protocols. Adapters implement them."""

from collections.abc import Collection
from typing import Protocol

from authsteps.engine.ports import Performer

from .model import DeviceSecrets, Tokens, WebAuthnCredential

__all__ = ["Authenticator", "Backend", "DeviceStore", "IdentityPool", "TokenStore"]


class Backend(Performer, Protocol):
    """Performs every effect of ``authsteps.flows.effects``.

    A refusal is a ``Refused`` event, and the two that lead elsewhere are ``PasswordResetDemanded`` and
    ``ConfirmationDemanded``. It never repeats a request that may have arrived.

    Raises:
        BackendUnavailableError: No answer came, or none of use.
        BackendContractError: A reply does not fit the documented contract.
    """


class IdentityPool(Performer, Protocol):
    """Performs ``GetId`` and ``GetCredentialsForIdentity``. What it raises is what a ``Backend`` raises.

    Attributes:
        user_pool_login: The name under which the user pool's id tokens are given to it, such as
            ``cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123``.
    """

    @property
    def user_pool_login(self) -> str:
        """The name under which the user pool's id tokens are given to it."""
        ...


class Authenticator(Protocol):
    """Answers for a passkey without the person's help from this side: a browser's or a system's WebAuthn API."""

    async def get(self, request_options: str, /) -> WebAuthnCredential:
        """Return the assertion for CREDENTIAL_REQUEST_OPTIONS, given as JSON text.

        Raises:
            WebAuthnCeremonyError: There is no credential, or the person declined.
        """
        ...

    async def create(self, creation_options: str, /) -> WebAuthnCredential:
        """Return a new credential for CredentialCreationOptions, given as JSON text.

        Raises:
            WebAuthnCeremonyError: None was made.
        """
        ...


class DeviceStore(Protocol):
    """Keeps the device secrets of one program, for each user who signs in from it.

    They stand under Cognito's own name for the user; ``aliases`` lead to it, so that the first request of a sign-in
    with an alias can name the device already.
    """

    async def load(self, username: str) -> DeviceSecrets | None:
        """Return the secrets for a user, by Cognito's name or by an alias; ``None`` if there are none."""
        ...

    async def save(self, username: str, device: DeviceSecrets, aliases: Collection[str] = ()) -> None:
        """Keep the secrets under Cognito's name, in place of others, and know these aliases for it from now on."""
        ...

    async def forget(self, username: str) -> None:
        """Forget the secrets and the aliases of a user, by Cognito's name or by an alias. None is no error."""
        ...


class TokenStore(Protocol):
    """Keeps the tokens of one person between calls."""

    async def load(self) -> Tokens | None:
        """Return the tokens, or ``None`` if there are none."""
        ...

    async def save(self, tokens: Tokens) -> None:
        """Keep these tokens in place of others. All of them are written, or none."""
        ...

    async def clear(self) -> None:
        """Forget them."""
        ...
