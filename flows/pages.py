"""Lists that come page by page."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from authsteps.engine.messages import Secret

from .errors import BackendContractError

__all__ = ["every_page"]


class _Page(Protocol):
    @property
    def next_token(self) -> Secret | None: ...


P = TypeVar("P", bound=_Page)


async def every_page(ask: Callable[[Secret | None], Awaitable[P]]) -> list[P]:
    """Ask for page after page until there is no more.

    Raises:
        BackendContractError: The backend goes in circles.
    """
    pages = [await ask(None)]
    asked_for: set[Secret] = set()
    while (token := pages[-1].next_token) is not None:
        if token in asked_for:
            raise BackendContractError("the pages of a list go in circles")
        asked_for.add(token)
        pages.append(await ask(token))
    return pages
