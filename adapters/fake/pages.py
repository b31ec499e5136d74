"""Long lists in pieces: as many as were asked for, and a token that the next piece is asked for with."""

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import attrs

from .errors import Cause, refusal

__all__ = ["Page", "page"]

T = TypeVar("T")


@attrs.frozen
class Page(Generic[T]):
    """One piece of a list.

    Attributes:
        items: What is in it.
        token: What the next piece is asked for with; ``None`` after the last.
    """

    items: tuple[T, ...]
    token: str | None


def page(
    items: Iterable[T], place: Callable[[T], str], *, most: int, limit: int | None = None, token: str | None = None
) -> Page[T]:
    """Return the piece of a list that a request asks for, in the order of the items' places.

    A token names the place after which to go on, so what comes or goes meanwhile disturbs nothing else.

    Args:
        items: All of them.
        place: What an item is sorted by. No two may have the same.
        most: How many a piece has at most.
        limit: How many were asked for; none or 0 for as many as there can be.
        token: Of the piece before.

    Raises:
        ServiceError: The token is none.
    """
    size = min(limit or most, most)
    ordered = sorted(items, key=place)
    if token is not None:
        after = _place_of(token)
        ordered = [item for item in ordered if place(item) > after]
    shown = tuple(ordered[:size])
    return Page(shown, _token_for(place(shown[-1])) if len(ordered) > size else None)


def _token_for(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode("ascii")


def _place_of(token: str) -> str:
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        raise refusal(Cause.PAGINATION_TOKEN_INVALID) from None
