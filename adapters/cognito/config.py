"""Which pool a backend talks to, as which app client, and what it tells the pool about the person's surroundings."""

import re
from collections.abc import Callable

import attrs

from authsteps.engine.messages import Secret
from authsteps.flows.errors import InvalidInputError
from authsteps.flows.srp import secret_hash

__all__ = ["CognitoConfig", "parts_of_pool_id"]


def parts_of_pool_id(user_pool_id: str) -> tuple[str, str]:
    """Return the region and the name that a pool's id is made of: what stands before its first ``_``, and behind it.

    Both become parts of addresses, so nothing may be in them that leads elsewhere.

    Raises:
        InvalidInputError: It is none.

    Source: Amazon Cognito user pools API reference, ``UserPoolId``, "Pattern"; others allow a ``_`` in names, too.
    """
    match = re.fullmatch(r"([a-z0-9-]+)_([\w-]+)", user_pool_id, re.ASCII)
    if match is None:
        raise InvalidInputError("user_pool_id", "is none", "give it as the console shows it: eu-west-1_AbCdEf123")
    return match[1], match[2]


def _pool_id_is_sound(_config: object, _field: object, value: str) -> None:
    parts_of_pool_id(value)


def _masked(value: str | Secret | None) -> Secret | None:
    return Secret(value) if isinstance(value, str) else value


@attrs.frozen
class CognitoConfig:
    """Which pool, and which of its app clients.

    Attributes:
        user_pool_id: Such as ``eu-west-1_AbCdEf123``.
        client_id: The app client's id.
        client_secret: Its secret, if it has one. A text is masked at once.
        analytics_endpoint_id: The endpoint of Amazon Pinpoint that sign-ups and sign-ins count for, if there is one.
        user_context_data: Gives the fingerprint of the person's device for a username, encoded as threat protection
            takes it, or ``None``. It is asked before each request that begins or answers without a token, so it must
            not block.

    Raises:
        InvalidInputError: The pool's id is none.
    """

    user_pool_id: str = attrs.field(validator=_pool_id_is_sound)
    client_id: str
    client_secret: Secret | None = attrs.field(default=None, converter=_masked)
    analytics_endpoint_id: str | None = None
    user_context_data: Callable[[str], str | None] | None = None

    @property
    def region(self) -> str:
        """The part of the pool's id before the first underscore."""
        return parts_of_pool_id(self.user_pool_id)[0]

    @property
    def pool_name(self) -> str:
        """The part of the pool's id after the first underscore. SRP proofs are made for it."""
        return parts_of_pool_id(self.user_pool_id)[1]

    def hashed(self, member: str, username: str) -> dict[str, str]:
        """Return the secret hash over a username as a member of a request; none for a client without a secret."""
        if self.client_secret is None:
            return {}
        return {member: secret_hash(username, self.client_id, self.client_secret).reveal()}
