"""What the flows need from outside, as protocols. Adapters implement them."""

from typing import Protocol

from authsteps.engine.ports import Performer

from .model import Tokens

__all__ = ["Backend", "TokenStore"]


class Backend(Performer, Protocol):
    """Performs every effect of ``authsteps.flows.effects``.

    A refusal is a ``Refused`` event, and the two that lead elsewhere are ``PasswordResetDemanded`` and
    ``ConfirmationDemanded``. It never repeats a request that may have arrived.

    Raises:
        BackendUnavailableError: No answer came, or none of use.
        BackendContractError: A reply does not fit the documented contract.
    """


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
