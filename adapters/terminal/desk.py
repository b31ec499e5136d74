"""What everything needs that somebody who is signed in can do at the keyboard."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import attrs

from authsteps.flows import AuthClient

from .output import Output
from .prompts import Prompts, Unchanged

__all__ = ["Deed", "Desk"]


@attrs.frozen
class Desk:
    """Somebody who is signed in, at the keyboard.

    Attributes:
        auth: The client.
        prompts: The person.
        output: Where data goes.
        is_sure: Whether the person said so beforehand.
    """

    auth: AuthClient
    prompts: Prompts
    output: Output
    is_sure: bool = False

    def make_sure(self, question: str) -> None:
        """Ask before something is destroyed, unless the person said beforehand that it shall be.

        Raises:
            Unchanged: It shall not be.
        """
        if not self.is_sure and not self.prompts.confirm(question):
            self.prompts.say("Nothing was changed.")
            raise Unchanged


Deed: TypeAlias = Callable[[Desk], Awaitable[None]]
"""Something that somebody who is signed in can do."""
