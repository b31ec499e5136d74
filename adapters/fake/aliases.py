"""Addresses, numbers and names that somebody new will be found by: whether they are free, or can be taken.

Source: Amazon Cognito user pools API reference, AdminCreateUser, ForceAliasCreation.
"""

from collections.abc import Mapping
from typing import Final

from .directory import User
from .errors import Cause, refusal
from .state import Pool

__all__ = ["check_aliases", "free_aliases"]

_NAME: Final = "preferred_username"


def check_aliases(pool: Pool, attributes: Mapping[str, str], *, takes_over: bool) -> None:
    """Return if ``free_aliases`` would. Nobody loses anything. The arguments and errors are the same."""
    _losers(pool, attributes, takes_over=takes_over)


def free_aliases(pool: Pool, attributes: Mapping[str, str], *, takes_over: bool) -> None:
    """Return if nobody else is found by what the new user will be found by, from now on at least.

    Whoever loses an address or a number keeps it, unverified. A name cannot be taken away.

    Args:
        pool: The pool.
        attributes: All of the new user's.
        takes_over: Whether addresses and numbers are taken from whoever has them.

    Raises:
        ServiceError: Somebody else is. The model of AdminCreateUser has no ``AliasExistsException``.
    """
    for attribute, owner in _losers(pool, attributes, takes_over=takes_over):
        owner.attributes[f"{attribute}_verified"] = "false"


def _losers(pool: Pool, attributes: Mapping[str, str], *, takes_over: bool) -> list[tuple[str, User]]:
    aliases = (*pool.users.rule.active_aliases(attributes),)
    owners = [(attribute, _owner(pool, attribute, value)) for attribute, value in aliases]
    losers = [(attribute, owner) for attribute, owner in owners if owner is not None]
    for attribute, _ in losers:
        if not takes_over or attribute == _NAME or attribute in pool.settings.username_attributes:
            raise refusal(Cause.USERNAME_ATTRIBUTE_TAKEN, attribute=attribute)
    return losers


def _owner(pool: Pool, attribute: str, value: str) -> User | None:
    return pool.find_user(value) if attribute == _NAME else pool.users.owner_of(attribute, value)
