"""Custom senders: functions that messages are handed to, instead of being sent by the pool itself.

They are told the code, encrypted. The service does not wait for them and does not hear how they fared, so nothing that
a sender does makes a call fail. Here it is waited for, so that a test need not, and the outbox tells what went wrong.

Source: Cognito developer guide, 'Custom sender Lambda triggers'.
"""

from collections.abc import Mapping
from typing import Final

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.lambda_triggers import (
    CUSTOM_EMAIL_SENDER,
    CUSTOM_SMS_SENDER,
    CustomEmailSenderRequest,
    CustomSmsSenderRequest,
    Trigger,
    TriggerSource,
)
from authsteps.engine.messages import Secret

from .directory import User
from .firing import Call, Firing, attributes_of
from .outbox import Medium
from .state import Pool

__all__ = ["Senders"]

_TRIGGERS: Final[Mapping[Medium, Trigger]] = {
    Medium.EMAIL: Trigger.CUSTOM_EMAIL_SENDER,
    Medium.SMS: Trigger.CUSTOM_SMS_SENDER,
}

_ESCAPED: Final = str.maketrans({"<": "&lt;", ">": "&gt;"})


class Senders:
    """The custom senders of a pool.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._firing = Firing(pool)

    def behind(self, medium: Medium) -> Trigger | None:
        """Return what messages by a medium are handed to; ``None`` where the pool sends them itself."""
        trigger = _TRIGGERS[medium]
        return trigger if self._firing.has(trigger) else None

    async def hand_over(
        self, sender: Trigger, source: TriggerSource, user: User, secret: Secret | None, call: Call
    ) -> str | None:
        """Hand a message to a sender.

        Args:
            sender: Which.
            source: The occasion.
            user: To whom it goes.
            secret: The code or temporary password; ``None`` if there is none to tell.
            call: The call that leads here.

        Returns:
            Why the sender did not take it; ``None`` if it did.
        """
        attributes, metadata = attributes_of(self._pool, user), call.client_metadata
        code = await self._encrypted(secret) if secret is not None else None
        name = user.username
        try:
            if sender is Trigger.CUSTOM_EMAIL_SENDER:
                by_email = CustomEmailSenderRequest(user_attributes=attributes, code=code, client_metadata=metadata)
                await self._firing.fire(CUSTOM_EMAIL_SENDER, source, by_email, call=call, user_name=name)
            else:
                by_sms = CustomSmsSenderRequest(user_attributes=attributes, code=code, client_metadata=metadata)
                await self._firing.fire(CUSTOM_SMS_SENDER, source, by_sms, call=call, user_name=name)
        except ServiceError as error:
            return error.message
        return None

    async def _encrypted(self, secret: Secret) -> Secret:
        """Return a code as it stands in an event. In a temporary password angle brackets are escaped, as for HTML."""
        encryption = self._pool.triggers.code_encryption
        assert encryption is not None  # noqa: S101  # triggers with a sender are not made without
        return await encryption.encrypt(Secret(secret.reveal().translate(_ESCAPED)), user_pool_id=self._pool.id)
