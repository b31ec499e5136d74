"""How users and administrators change attributes, and how a new address or number is verified.

Source: Amazon Cognito user pools API reference, per operation; Cognito developer guide, 'Verifying updates to email
addresses and phone numbers'.
"""

from collections.abc import Mapping

from authsteps.adapters.cognito.transport import Json

from .accounts import check_attributes, check_names_are_free, verify_attribute
from .directory import Client, User
from .errors import Cause, refusal
from .firing import Call
from .grants import Grants
from .members import Members
from .messages import Delivery, Messages, Occasion
from .outbox import Purpose
from .state import Pool

__all__ = ["OwnAttributes"]

_CHANNELS = ("phone_number", "email")


class OwnAttributes:
    """The operations on one's own attributes.

    Args:
        pool: The pool.
        grants: Says whom an access token speaks for.
        messages: Where codes go out.
    """

    def __init__(self, pool: Pool, grants: Grants, messages: Messages) -> None:
        self._pool = pool
        self._messages = messages
        self._grants = grants

    async def update_user_attributes(self, request: Members) -> dict[str, Json]:
        """UpdateUserAttributes."""
        attributes = request.attributes("UserAttributes")
        bearer = await self._grants.bearer_of(request)
        call = Call.of(request, bearer.client.client_id)
        sent = await self.update(bearer.user, attributes, call, client=bearer.client)
        return {"CodeDeliveryDetailsList": [delivery.members() for delivery in sent]} if sent else {}

    async def delete_user_attributes(self, request: Members) -> dict[str, Json]:
        """DeleteUserAttributes."""
        names = request.list_of_texts("UserAttributeNames")
        bearer = await self._grants.bearer_of(request)
        call = Call.of(request, bearer.client.client_id)
        await self.update(bearer.user, dict.fromkeys(names, ""), call, client=bearer.client)
        return {}

    async def get_user_attribute_verification_code(self, request: Members) -> dict[str, Json]:
        """GetUserAttributeVerificationCode. What is verified already is sent a code, too."""
        attribute = request.text("AttributeName")
        bearer = await self._grants.bearer_of(request)
        user, call = bearer.user, Call.of(request, bearer.client.client_id)
        _check_is_verifiable(attribute)
        destination = user.pending_attributes.get(attribute) or user.attributes.get(attribute)
        if not destination:
            raise refusal(Cause.ATTRIBUTE_ABSENT, attribute=attribute)
        self._pool.spend(user, "GetUserAttributeVerificationCode")
        delivery = await self._send(user, attribute, destination, Occasion.VERIFY_USER_ATTRIBUTE, call)
        return {"CodeDeliveryDetails": delivery.members()}

    async def verify_user_attribute(self, request: Members) -> dict[str, Json]:
        """VerifyUserAttribute. The code proves the address or number that it was sent to, and no other."""
        attribute, given = request.text("AttributeName"), request.secret("Code")
        user = await self._grants.user_of(request)
        _check_is_verifiable(attribute)
        self._pool.spend(user, "VerifyUserAttribute")
        code, now = user.attribute_codes.get(attribute), self._pool.now()
        proved = (user.pending_attributes.get(attribute), user.attributes.get(attribute))
        if code is None or code.destination not in proved:
            raise refusal(Cause.CODE_EXPIRED)
        code.check(given, now)
        verify_attribute(self._pool, user, attribute, code.destination)
        del user.attribute_codes[attribute]
        user.pending_attributes.pop(attribute, None)
        user.modified = now
        return {}

    async def update(
        self,
        user: User,
        attributes: Mapping[str, str],
        call: Call,
        *,
        client: Client | None = None,
        may_set_flags: bool = False,
    ) -> list[Delivery]:
        """Change a user's attributes, all of them or, if one is refused, none. Then codes go out for what is new.

        Args:
            user: Whose.
            attributes: By name. An empty value takes an attribute away.
            call: The call that leads here.
            client: Who writes, if it is an app.
            may_set_flags: Whether ``email_verified`` and ``phone_number_verified`` may be among them: for
                administrators.

        Returns:
            Where codes went that verify what is new.

        Raises:
            ServiceError: One is refused; or CustomMessage failed, and what has changed stays so.
        """
        required = [name for name in self._pool.settings.required_attributes if name in attributes]
        check_attributes(
            self._pool, attributes, required=required, is_update=True, client=client, may_set_flags=may_set_flags
        )
        settings = self._pool.settings
        new = [name for name in _CHANNELS if attributes.get(name) and attributes[name] != user.attributes.get(name)]
        to_verify = [name for name in new if f"{name}_verified" not in attributes]
        waiting = {name: attributes[name] for name in to_verify if name in settings.verified_before_update}
        after = {
            **user.attributes,
            **{f"{name}_verified": "false" for name in new if name not in waiting},
            **{name: value for name, value in attributes.items() if name not in waiting},
        }
        gone = {name for name, value in after.items() if not value}
        gone_too = {f"{name}_verified" for name in _CHANNELS if name in gone}
        kept = {name: value for name, value in after.items() if name not in gone | gone_too}
        check_names_are_free(self._pool, user, kept)
        for name in {*new, *gone, *(attributes.keys() & user.pending_attributes.keys())}:
            user.pending_attributes.pop(name, None)
            user.attribute_codes.pop(name, None)
        user.pending_attributes.update(waiting)
        user.attributes.replace(kept)
        user.modified = self._pool.now()
        sending = settings.auto_verified | settings.verified_before_update
        return [
            await self._send(user, name, attributes[name], Occasion.UPDATE_USER_ATTRIBUTE, call)
            for name in to_verify
            if name in sending
        ]

    async def _send(self, user: User, attribute: str, destination: str, occasion: Occasion, call: Call) -> Delivery:
        sent = await self._messages.send_code(
            user, Purpose.ATTRIBUTE_VERIFICATION, attribute, occasion, call, destination=destination
        )
        if sent is None:
            raise refusal(Cause.USER_NOT_FOUND)
        return sent.delivery


def _check_is_verifiable(attribute: str) -> None:
    if attribute not in _CHANNELS:
        raise refusal(Cause.ATTRIBUTE_NOT_VERIFIABLE)
