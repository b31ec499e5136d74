"""A pool in its region, with what is told of it and of its clients."""

import attrs

from ..pool import FakeUserPool
from .clients import ClientDescription
from .pools import PoolDescription

__all__ = ["Place"]


@attrs.define(eq=False)
class Place:
    """A pool, and what is told of it and of its clients.

    Attributes:
        pool: The pool.
        description: What is told of it beside its settings.
        clients: What is told of its clients, by id. One that no request made is not in it.
    """

    pool: FakeUserPool
    description: PoolDescription
    clients: dict[str, ClientDescription] = attrs.field(factory=dict[str, ClientDescription])
