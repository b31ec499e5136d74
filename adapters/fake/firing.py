"""Firing a pool's triggers: with what the pool knows, and with the service's refusal where there is no answer.

Which call fires what, and which of a call's metadata reaches it, is said where it is fired.

Source: Cognito developer guide, 'Customizing user pool workflows with Lambda triggers'.
"""

from collections.abc import Mapping
from typing import Final, TypeVar

import attrs

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.lambda_triggers import Caller, Kind, Trigger, TriggerError, TriggerEvent, TriggerSource

from .directory import User
from .members import Members
from .state import Pool

__all__ = ["Call", "Firing", "attributes_of", "refusal_of"]

_NO_CLIENT: Final = "CLIENT_ID_NOT_APPLICABLE"

Q = TypeVar("Q", bound=attrs.AttrsInstance)
A = TypeVar("A", bound=attrs.AttrsInstance)


@attrs.frozen
class Call:
    """A call of the service, as triggers are told of it.

    Attributes:
        client_id: Through which app client; ``None`` where an administrator confirms somebody, and
            ``CLIENT_ID_NOT_APPLICABLE`` where one does anything else.
        client_metadata: What the client sent along, where it reaches triggers as ``clientMetadata``.
        validation_data: What the client sent along, where it reaches triggers as ``validationData``.
    """

    client_id: str | None
    client_metadata: Mapping[str, str] | None = attrs.field(default=None, repr=False)
    validation_data: Mapping[str, str] | None = attrs.field(default=None, repr=False)

    @classmethod
    def of(cls, request: Members, client_id: str | None) -> "Call":
        """Return a call whose ClientMetadata reaches its triggers as ``clientMetadata``: any but InitiateAuth."""
        return cls(client_id, client_metadata=_metadata(request))

    @classmethod
    def beginning(cls, request: Members, client_id: str) -> "Call":
        """Return a call that begins a sign-in: its ClientMetadata reaches a few triggers, as ``validationData``."""
        return cls(client_id, validation_data=_metadata(request))

    @classmethod
    def signing_up(cls, request: Members, client_id: str) -> "Call":
        """Return a call that makes an account. It has ValidationData beside ClientMetadata."""
        return cls(client_id, _metadata(request), request.attributes("ValidationData") or None)

    @classmethod
    def by_administrator(cls, request: Members) -> "Call":
        """Return a call that comes through no app client, to do anything but confirm somebody.

        Source: another emulator (floci), of AdminCreateUser; that it is so with others is our choice.
        """
        return cls.of(request, _NO_CLIENT)

    @classmethod
    def inviting(cls, request: Members) -> "Call":
        """Return a call of an administrator that makes an account."""
        return cls.signing_up(request, _NO_CLIENT)


def _metadata(request: Members) -> Mapping[str, str] | None:
    return request.texts("ClientMetadata").starting_with("") or None


class Firing:
    """The triggers of a pool.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def has(self, trigger: Trigger) -> bool:
        """Whether a trigger is configured."""
        return trigger in self._pool.triggers

    async def fire(self, kind: Kind[Q, A], source: TriggerSource, request: Q, *, call: Call, user_name: str) -> A:
        """Fire a trigger, and return what it answers. One that is not configured changes nothing.

        While it answers anything may happen to the pool: whoever fires looks again at what it knew.

        Args:
            kind: Which trigger, with which shapes.
            source: The occasion.
            request: What it is told.
            call: The call that leads to it.
            user_name: The canonical name, or the name as typed where there is no such user.

        Raises:
            ServiceError: There is no answer that counts, in the service's words.
        """
        if not self.has(kind.trigger):
            return kind.answer()
        event = TriggerEvent(
            kind=kind,
            source=source,
            region=self._pool.region,
            user_pool_id=self._pool.id,
            user_name=user_name,
            caller=Caller(call.client_id),
            request=request,
            response=kind.answer(),
        )
        try:
            return await self._pool.triggers.ask(event)
        except TriggerError as error:
            # The frames dropped hold the event, and some tracebacks show variables.
            raise refusal_of(error) from error.with_traceback(None)


def refusal_of(error: TriggerError) -> ServiceError:
    """Return what the service says where a trigger gave no answer that counts. What that was stands in its cause."""
    refused = ServiceError(error.code, error.service_message)
    refused.__cause__ = error
    return refused


def attributes_of(pool: Pool, user: User) -> dict[str, str]:
    """Return what triggers are told of a stored user.

    Source: captured events (amplify-js#5834): the status, and the aliases where pools have them.
    """
    aliases = {
        f"cognito:{attribute}_alias": user.attributes[attribute]
        for attribute in ("email", "phone_number")
        if attribute in pool.settings.alias_attributes and user.attributes.get(attribute)
    }
    return {"sub": user.sub, "cognito:user_status": user.status.value, **aliases, **user.attributes}
