"""The rungs where a pool's triggers look on: before the first factor is checked, and before tokens are issued.

Source: Cognito developer guide, 'Pre authentication Lambda trigger' and 'Post authentication Lambda trigger'.
"""

from typing import ClassVar

import attrs

from authsteps.engine.messages import Effect, Event, Secret

from .rungs import Refused

__all__ = [
    "AttemptAllowed",
    "EntryAllowed",
    "PostAuthenticate",
    "PreAuthenticate",
    "Respondent",
]


@attrs.frozen
class Respondent:
    """Whom the triggers are asked about.

    Attributes:
        sub: The user's id, or what stands for it if there is no such user.
        typed: The name as typed.
        reveals_existence: Whether the client is told of unknown users. Otherwise the triggers are told instead.
    """

    sub: str
    typed: str
    reveals_existence: bool = True


# Events: from the triggers.


@attrs.frozen
class AttemptAllowed(Event):
    """PreAuthentication lets the user try, or there is none."""


@attrs.frozen
class EntryAllowed(Event):
    """PostAuthentication lets the user in, or there is none."""


# Effects: the triggers perform them.


@attrs.frozen
class PreAuthenticate(Effect):
    """Ask PreAuthentication whether this user may try.

    Attributes:
        respondent: Who.
    """

    answers: ClassVar = (AttemptAllowed, Refused)

    respondent: Respondent


@attrs.frozen
class PostAuthenticate(Effect):
    """Tell PostAuthentication that everything was right, and ask whether that is enough.

    Attributes:
        sub: Who.
        device_key: The device that took part; empty if none did.
        proved: What the password is known by that was proved, if one was.
    """

    answers: ClassVar = (EntryAllowed, Refused)

    sub: str
    device_key: str = ""
    proved: Secret | None = None
