"""A request in wire form that shows no value. It holds passwords, codes and tokens."""

from collections.abc import Iterator, Mapping, Sequence

from .transport import Json

__all__ = ["Request", "pairs"]


class Request(dict[str, Json]):
    """A request in wire form, or a part of one. It shows the names of its members and none of their values."""

    @classmethod
    def of(cls, members: Mapping[str, Json]) -> "Request":
        """Return free-form JSON as a part of a request, masked at every level."""
        return cls((name, _shy(value)) for name, value in members.items())

    def __repr__(self) -> str:
        return f"Request({', '.join(self)})"

    def __rich_repr__(self) -> Iterator[str]:
        # Without it rich would look past the repr and show a dict, and structlog has rich show a traceback's variables.
        yield from self


def _shy(value: Json) -> Json:
    if isinstance(value, Mapping):
        return Request.of(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_shy(item) for item in value]
    return value


def pairs(attributes: Mapping[str, str]) -> list[Json]:
    """Return attributes as a request lists them."""
    return [Request({"Name": name, "Value": value}) for name, value in attributes.items()]
