"""Sends the codes that a sign-in asks for.

Source: Cognito developer guide, 'SMS and email message MFA': they live as long as the session that asks for them.
"""

from ..directory import User
from ..errors import Cause, refusal
from ..firing import Call
from ..messages import Messages, Occasion, Sent
from ..outbox import Purpose
from ..state import Pool
from .gatekeeper import Gatekeeper

__all__ = ["SignInCodes"]


class SignInCodes:
    """Sends codes to those who are signing in.

    Args:
        pool: The pool.
        gatekeeper: Says who is still there.
        messages: Where they go out.
    """

    def __init__(self, pool: Pool, gatekeeper: Gatekeeper, messages: Messages) -> None:
        self._pool = pool
        self._gatekeeper = gatekeeper
        self._messages = messages

    async def send(
        self,
        user: User,
        purpose: Purpose,
        attribute: str,
        client_id: str,
        call: Call,
        *,
        destination: str | None = None,
    ) -> Sent:
        """Send a code.

        Args:
            user: To whom.
            purpose: What it is for.
            attribute: Where it goes.
            client_id: Through which client the user signs in.
            call: The call that leads here.
            destination: The address itself, where it is not the user's yet.

        Raises:
            ServiceError: CustomMessage failed, or the user was deleted or disabled while it thought.
        """
        life = self._pool.client(client_id).auth_session_validity
        sent = await self._messages.send_code(
            user, purpose, attribute, Occasion.AUTHENTICATION, call, destination=destination, life=life
        )
        if sent is None:
            raise refusal(Cause.WRONG_CREDENTIALS)
        self._gatekeeper.present(user.sub)
        return sent
