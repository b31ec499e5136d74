"""What triggers are told of whoever signs in, be it somebody who exists or not.

Source: Cognito developer guide, 'Managing error response' (``userNotFound``); captured events in amplify-js#5834.
"""

from collections.abc import Mapping

import attrs

from ..errors import Cause, refusal
from ..firing import attributes_of
from ..state import Pool
from .trigger_rungs import Respondent

__all__ = ["Told", "told"]


@attrs.frozen
class Told:
    """What triggers are told of somebody.

    Attributes:
        name: The canonical name; of somebody who does not exist, the name as typed.
        attributes: All of them; none of somebody who does not exist.
        not_found: Whether there is no such user; ``None``, and so not told, where the client is told of it.
    """

    name: str
    attributes: Mapping[str, str] = attrs.field(repr=False)
    not_found: bool | None


def told(pool: Pool, respondent: Respondent) -> Told:
    """Return what triggers are told of somebody.

    Raises:
        ServiceError: There is no such user any more, and where the client is told of such things there had to be one.
    """
    user = pool.users.by_sub(respondent.sub)
    if user is not None:
        return Told(user.username, attributes_of(pool, user), None if respondent.reveals_existence else False)
    if respondent.reveals_existence:
        raise refusal(Cause.WRONG_CREDENTIALS)
    return Told(respondent.typed, {}, not_found=True)
