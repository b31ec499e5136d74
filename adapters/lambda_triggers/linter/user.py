"""Somebody made up, for whom the functions are asked."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

import attrs

from ..events import Caller, Kind, TriggerEvent
from ..names import TriggerSource

__all__ = ["USER_ATTRIBUTES", "event"]

Q = TypeVar("Q", bound=attrs.AttrsInstance)
A = TypeVar("A", bound=attrs.AttrsInstance)

USER_ATTRIBUTES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sub": "00000000-0000-4000-8000-000000000000",
        "cognito:user_status": "CONFIRMED",
        "email": "somebody@example.com",
        "email_verified": "true",
        "phone_number": "+15555550100",
        "phone_number_verified": "true",
    }
)
"""What is known of them. Neither the address nor the number can be anybody's (RFC 2606; numbers for fiction)."""

_CALLER: Final = Caller("0000000000000000000000made")


def event(kind: Kind[Q, A], source: TriggerSource, request: Q) -> TriggerEvent[Q, A]:
    """Return an event as the service would send it."""
    return TriggerEvent(
        kind=kind,
        source=source,
        region="us-east-1",
        user_pool_id="us-east-1_000000000",
        user_name="somebody",
        caller=_CALLER,
        request=request,
        response=kind.answer(),
    )
