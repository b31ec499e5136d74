"""Looking for users: what a filter says, and what administrators are shown of users.

Source: Amazon Cognito user pools API reference, ListUsers; Cognito developer guide, 'Searching for users in the Amazon
Cognito console and API'.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs

from authsteps.adapters.cognito.transport import Json

from ..directory import User
from ..errors import Cause, refusal
from ..members import Members
from ..pages import Page, page
from ..state import Pool

__all__ = ["UserFilter", "UserSearch", "page_of_users", "user_members"]

_MOST_LISTED: Final = 60
_FILTER: Final = re.compile(r'\s*(?P<name>[\w:.-]+)\s*(?P<kind>\^?=)\s*"(?P<value>(?:[^"\\]|\\.)*)"\s*', re.DOTALL)
_IN_ATTRIBUTES: Final = (
    "email", "phone_number", "name", "given_name", "family_name", "preferred_username",
)  # fmt: skip
_STATUS: Final = "cognito:user_status"


def _read_attribute(name: str) -> Callable[[User], str | None]:
    return lambda user: user.attributes.get(name)


_SEARCHABLE: Final[Mapping[str, Callable[[User], str | None]]] = {
    "username": lambda user: user.username,
    "sub": lambda user: user.sub,
    "status": lambda user: "Enabled" if user.enabled else "Disabled",
    _STATUS: lambda user: user.status.value.lower(),
    **{name: _read_attribute(name) for name in _IN_ATTRIBUTES},
}
"""What can be searched for. The state of an account is the only one whose case makes no difference."""


@attrs.frozen
class UserFilter:
    """What users are looked for: an attribute and its value, or how its value begins.

    Attributes:
        name: One that can be searched for.
        value: The value, or its beginning.
        is_prefix: Which of the two.
    """

    name: str
    value: str
    is_prefix: bool

    @classmethod
    def read(cls, text: str) -> "UserFilter":
        r"""Return what a filter says, such as ``family_name = "Reddy"`` or ``name ^= "J"``; ``\"`` stands for a quote.

        Raises:
            ServiceError: It says nothing, or names an attribute that cannot be searched for.
        """
        found = _FILTER.fullmatch(text)
        if found is None:
            raise refusal(Cause.FILTER_UNREADABLE)
        name, value = found["name"], re.sub(r"\\(.)", r"\1", found["value"], flags=re.DOTALL)
        if name not in _SEARCHABLE:
            raise refusal(Cause.FILTER_ATTRIBUTE_NOT_SEARCHABLE, attribute=name)
        return cls(name, value.lower() if name == _STATUS else value, found["kind"] == "^=")

    def takes(self, user: User) -> bool:
        """Tell whether this is one of the users who are looked for."""
        has = _SEARCHABLE[self.name](user)
        return has is not None and (has.startswith(self.value) if self.is_prefix else has == self.value)


class UserSearch:
    """The operation that lists users.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def list_users(self, request: Members) -> dict[str, Json]:
        """ListUsers."""
        wanted = request.list_of_texts("AttributesToGet")
        if any(name not in self._pool.settings.schema for name in wanted):
            raise refusal(Cause.ATTRIBUTES_TO_GET_UNKNOWN)
        text = request.optional_text("Filter")
        looked_for = UserFilter.read(text) if text else None
        users = (user for user in self._pool.users if looked_for is None or looked_for.takes(user))
        piece = page_of_users(users, request.optional_number("Limit"), request.optional_text("PaginationToken"))
        reply: dict[str, Json] = {"Users": [user_members(user, wanted) for user in piece.items]}
        return reply if piece.token is None else {**reply, "PaginationToken": piece.token}


def page_of_users(users: Iterable[User], limit: int | None, token: str | None) -> Page[User]:
    """Return a piece of a list of users, the oldest first. The arguments and errors are those of ``page``."""
    return page(
        users, lambda user: f"{user.created.timestamp():020.6f} {user.sub}", most=_MOST_LISTED, limit=limit, token=token
    )


def user_members(user: User, wanted: Iterable[str] = (), *, attributes_in: str = "Attributes") -> dict[str, Json]:
    """Return what administrators are shown of a user, in wire form.

    Args:
        user: The user.
        wanted: The attributes that they want to see; all if none is named.
        attributes_in: The member that the attributes stand in.
    """
    names = set(wanted)
    attributes = {"sub": user.sub, **user.attributes}
    return {
        "Username": user.username,
        attributes_in: [
            {"Name": name, "Value": value} for name, value in attributes.items() if not names or name in names
        ],
        "UserCreateDate": user.created.timestamp(),
        "UserLastModifiedDate": user.modified.timestamp(),
        "Enabled": user.enabled,
        "UserStatus": user.status.value,
    }
