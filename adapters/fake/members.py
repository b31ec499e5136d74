"""Reading a request: typed access to its members, with the refusals that the service gives for ill-formed ones."""

from collections.abc import Mapping, Sequence
from typing import cast

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.messages import Secret

from .errors import Cause, Rule, constraint_refusal, refusal, violation

__all__ = ["Members"]


class Members:
    """A request's members. Absent ones and ``None`` are the same.

    Source: the service model of cognito-idp for what is required; amazon-cognito-identity-js sends explicit nulls.
    """

    def __init__(self, request: Mapping[str, Json]) -> None:
        self._request = request

    def __repr__(self) -> str:
        return f"Members({', '.join(self._request)})"

    def text(self, name: str) -> str:
        """Return a required text.

        Raises:
            ServiceError: It is missing, or no text.
        """
        found = self.optional_text(name)
        if found is None:
            raise _missing(name)
        return found

    def optional_text(self, name: str) -> str | None:
        """Return a text, or ``None`` if there is none.

        Raises:
            ServiceError: It is no text.
        """
        value = self._request.get(name)
        if value is not None and not isinstance(value, str):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return value

    def secret(self, name: str) -> Secret:
        """Return a required text, masked."""
        return Secret(self.text(name))

    def optional_secret(self, name: str) -> Secret | None:
        """Return a text, masked, or ``None`` if there is none."""
        value = self.optional_text(name)
        return Secret(value) if value is not None else None

    def flag(self, name: str) -> bool:
        """Return a truth value; an absent one is false.

        Raises:
            ServiceError: It is no truth value.
        """
        value = self._request.get(name)
        if value is not None and not isinstance(value, bool):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return bool(value)

    def nested(self, name: str) -> "Members | None":
        """Return a structure, or ``None`` if there is none.

        Raises:
            ServiceError: It is no structure.
        """
        value = self._request.get(name)
        if value is not None and not isinstance(value, Mapping):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return Members(value) if value is not None else None

    def texts(self, name: str) -> "Texts":
        """Return a map of texts; an absent one is empty.

        Raises:
            ServiceError: It is no map, or holds something else than texts.
        """
        value = self._request.get(name)
        if value is None:
            return Texts({})
        if not isinstance(value, Mapping) or not all(isinstance(member, str) for member in value.values()):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return Texts(cast("Mapping[str, str]", value))

    def attributes(self, name: str) -> dict[str, str]:
        """Return a list of name and value pairs as a map; an absent one is empty.

        Raises:
            ServiceError: It is no such list.
        """
        value = self._request.get(name)
        if value is None:
            return {}
        if isinstance(value, str) or not isinstance(value, list | tuple):
            raise refusal(Cause.UNREADABLE_REQUEST)
        if not all(isinstance(pair, Mapping) for pair in value):
            raise refusal(Cause.UNREADABLE_REQUEST)
        pairs = [Members(pair) for pair in cast("Sequence[Mapping[str, Json]]", value)]
        return {pair.text("Name"): pair.optional_text("Value") or "" for pair in pairs}


class Texts:
    """A map of texts, such as AuthParameters. Its values never show."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __repr__(self) -> str:
        return f"Texts({', '.join(self._values)})"

    def required(self, name: str) -> Secret:
        """Return a text that must be there.

        Raises:
            ServiceError: ``Missing required parameter``.
        """
        if not self._values.get(name):
            raise refusal(Cause.PARAMETER_MISSING, name=name)
        return Secret(self._values[name])

    def optional(self, name: str) -> Secret | None:
        """Return a text, or ``None`` if there is none."""
        return Secret(self._values[name]) if name in self._values else None

    def starting_with(self, prefix: str) -> dict[str, str]:
        """Return those whose name begins with ``prefix``, without it."""
        return {name.removeprefix(prefix): value for name, value in self._values.items() if name.startswith(prefix)}


def _missing(name: str) -> ServiceError:
    return constraint_refusal([violation(name[:1].lower() + name[1:], Rule.REQUIRED)])
