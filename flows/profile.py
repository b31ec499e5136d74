"""What a signed-in user can do about the profile: who it is, attributes, the password, and its end."""

from collections.abc import Mapping

import attrs

from authsteps.engine.messages import Secret

from . import effects, events
from .errors import InvalidInputError
from .model import AuthUser, CodeDelivery, sealed
from .signed_in import Verbs
from .steps import (
    AttributeUpdateDone,
    ConfirmAttributeWithCode,
    code_of,
    password_of,
    text_of,
    texts_of,
)

__all__ = ["ProfileVerbs", "UpdateUserAttributeResult"]

_MAX_ATTRIBUTE_NAME_LENGTH = 32
"""Characters. Source: the service model of cognito-idp, AttributeNameType."""


@attrs.frozen
class UpdateUserAttributeResult:
    """How far the update of an attribute has come.

    Attributes:
        next_step: What to do next.
    """

    next_step: ConfirmAttributeWithCode | AttributeUpdateDone

    @property
    def is_updated(self) -> bool:
        """Whether the attribute has its new value."""
        return isinstance(self.next_step, AttributeUpdateDone)


class ProfileVerbs(Verbs):
    """Who it is, attributes, the password, and its end."""

    async def get_current_user(self) -> AuthUser:
        """Return who is signed in, from the tokens; nothing is sent."""
        async with self._signed_in() as person:
            return person.tokens.user

    async def fetch_user_attributes(self) -> Mapping[str, str]:
        """Return the attributes that the app client may read, by name."""
        async with self._signed_in() as person:
            return (await person.ask(effects.GetUser, events.UserFetched)).attributes

    async def update_user_attributes(
        self, attributes: Mapping[str, str], *, client_metadata: Mapping[str, str] | None = None
    ) -> Mapping[str, UpdateUserAttributeResult]:
        """Set attributes, all of them or none. What became of each stands under its name.

        Args:
            attributes: Values by name. One that is set to nothing is forgotten.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: There are none, or something is no text; nothing was sent.
        """
        values = texts_of(attributes, "attributes")
        if not values:
            raise InvalidInputError("attributes", "are missing", "say what to set")
        metadata = texts_of(client_metadata, "client_metadata")
        async with self._signed_in() as person:
            updated = await person.ask(
                lambda access: effects.UpdateUserAttributes(access, values, metadata), events.AttributesUpdated
            )
        sent = {delivery.attribute: delivery for delivery in updated.deliveries}
        return {
            name: UpdateUserAttributeResult(
                ConfirmAttributeWithCode(sent[name]) if name in sent else AttributeUpdateDone()
            )
            for name in values
        }

    async def send_user_attribute_verification_code(
        self, name: str, *, client_metadata: Mapping[str, str] | None = None
    ) -> CodeDelivery:
        """Send a code that verifies an attribute, and say where it went.

        Args:
            name: The attribute's name, such as ``email``.
            client_metadata: For the triggers of this call.

        Raises:
            InvalidInputError: The name cannot be one; nothing was sent.
        """
        attribute, metadata = _attribute_name(name), texts_of(client_metadata, "client_metadata")
        async with self._signed_in() as person:
            sent = await person.ask(
                lambda access: effects.GetUserAttributeVerificationCode(access, attribute, metadata), events.CodeSent
            )
        return sent.delivery

    async def confirm_user_attribute(self, name: str, code: str | Secret) -> None:
        """Verify an attribute with the code that was sent.

        Args:
            name: The attribute's name, such as ``email``.
            code: The code.

        Raises:
            InvalidInputError: The name or the code cannot be one; nothing was sent.
            CodeMismatchError: The code is wrong; give another one.
        """
        given = sealed(code)
        del code
        attribute, secret = _attribute_name(name), code_of(given, "code")
        async with self._signed_in() as person:
            await person.ask(
                lambda access: effects.VerifyUserAttribute(access, attribute, secret), events.AttributeVerified
            )

    async def delete_user_attributes(self, *names: str) -> None:
        """Forget attributes.

        Args:
            names: Their names.

        Raises:
            InvalidInputError: There are none, or one cannot be a name; nothing was sent.
        """
        if not names:
            raise InvalidInputError("names", "are missing", "say what to forget")
        attributes = tuple(_attribute_name(name) for name in names)
        async with self._signed_in() as person:
            await person.ask(lambda access: effects.DeleteUserAttributes(access, attributes), events.AttributesDeleted)

    async def update_password(self, old_password: str | Secret | None, new_password: str | Secret) -> None:
        """Change the password.

        Args:
            old_password: The present one, exactly as typed; ``None`` for a user who has none.
            new_password: The new one, exactly as typed.

        Raises:
            InvalidInputError: One of them cannot be a password; nothing was sent.
            NotAuthorizedError: The present one is another.
            InvalidPasswordError: The new one does not satisfy the pool's policy.
        """
        given, proposed = sealed(old_password) if old_password is not None else None, sealed(new_password)
        del old_password, new_password
        old = password_of(given, "old_password") if given is not None else None
        new = password_of(proposed, "new_password")
        async with self._signed_in() as person:
            await person.ask(lambda access: effects.ChangePassword(access, old, new), events.PasswordChanged)

    async def delete_user(self) -> None:
        """Delete the user. Nobody is signed in here any more then, and the device's secrets are forgotten.

        Raises:
            UserNotFoundError: There is no such user any more. Nobody is signed in here any more all the same.
        """
        async with self._signed_in() as person:
            await person.delete()


def _attribute_name(name: str) -> str:
    return text_of(Secret(name), "name", at_most=_MAX_ATTRIBUTE_NAME_LENGTH).reveal()
