"""The names by which a pool's users are found, and what a new username must look like.

Source: service model, CreateUserPool; Cognito developer guide, 'Customizing sign-in attributes' and 'User pool case
sensitivity'.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

import attrs

from .errors import Cause, refusal

__all__ = ["EMAIL", "PHONE_NUMBER", "Alias", "NameRule"]

EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
"""What an e-mail address looks like."""
PHONE_NUMBER: Final = re.compile(r"\+[1-9]\d{5,14}", re.ASCII)
"""What a phone number looks like. Source: ITU-T E.164."""

Alias: TypeAlias = tuple[str, str]
"""An attribute and its value, folded."""

_SHAPES: Final = {"email": EMAIL, "phone_number": PHONE_NUMBER}
_NO_USERNAME: Final = {
    frozenset({"email"}): Cause.USERNAME_NO_EMAIL,
    frozenset({"phone_number"}): Cause.USERNAME_NO_PHONE_NUMBER,
    frozenset({"email", "phone_number"}): Cause.USERNAME_NEITHER,
}
_LIKE_AN_ALIAS: Final = {"email": Cause.USERNAME_LIKE_EMAIL, "phone_number": Cause.USERNAME_LIKE_PHONE_NUMBER}
_ALIASES: Final = frozenset({*_SHAPES, "preferred_username"})
_FOLDED: Final = frozenset({"email", "preferred_username"})


@attrs.frozen
class NameRule:
    """What stands for a user's name. It never changes in the life of a pool.

    Attributes:
        username_attributes: ``email``, ``phone_number`` or both: what people give for a username. The pool's own name
            for them is then their sub.
        alias_attributes: Those of ``email``, ``phone_number`` and ``preferred_username`` that one may be found by
            beside the username. They exclude the ones above.
        is_case_sensitive: Whether upper and lower case make different names.
    """

    username_attributes: frozenset[str] = frozenset()
    alias_attributes: frozenset[str] = frozenset()
    is_case_sensitive: bool = True

    def __attrs_post_init__(self) -> None:
        if self.username_attributes and self.alias_attributes:
            raise ValueError("attributes stand for the username or beside it, not both")
        if not (self.username_attributes <= _SHAPES.keys() and self.alias_attributes <= _ALIASES):
            raise ValueError("only email, phone_number and, beside the username, preferred_username name people")

    def folded(self, name: str) -> str:
        """Return what a username, an e-mail address or a preferred username is compared by."""
        return name if self.is_case_sensitive else name.lower()

    def check(self, username: str) -> None:
        """Return if somebody new may give this for a username.

        Raises:
            ServiceError: It is none of the attributes that stand for it, or looks like an alias.
        """
        if self.username_attributes and self.attribute_of(username) is None:
            raise refusal(_NO_USERNAME[self.username_attributes])
        for name in sorted(self.alias_attributes & _LIKE_AN_ALIAS.keys()):
            if _SHAPES[name].fullmatch(username):
                raise refusal(_LIKE_AN_ALIAS[name])

    def attribute_of(self, username: str) -> str | None:
        """Return which attribute is given for a username, if any stands for it."""
        return next((name for name in sorted(self.username_attributes) if _SHAPES[name].fullmatch(username)), None)

    def alias(self, attribute: str, value: str) -> Alias:
        """Return an attribute with its value as users are found by it."""
        return attribute, self.folded(value) if attribute in _FOLDED else value

    def aliases_for(self, name: str) -> Iterator[Alias]:
        """Return what a name that somebody gave may be, beside a username and a sub."""
        for attribute in sorted(self.username_attributes | self.alias_attributes):
            yield self.alias(attribute, name)

    def active_aliases(self, attributes: Mapping[str, str]) -> Iterator[Alias]:
        """Return what a user with these attributes is found by. An alias works when it is verified.

        What stands for the username works at once: there has to be something to confirm the account by.
        """
        for attribute in sorted(self.username_attributes | self.alias_attributes):
            value = attributes.get(attribute)
            needs_proof = attribute in self.alias_attributes and attribute in _SHAPES
            if value and (not needs_proof or attributes.get(f"{attribute}_verified") == "true"):
                yield self.alias(attribute, value)
