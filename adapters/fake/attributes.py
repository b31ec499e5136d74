"""Which attributes users have, and which values they take.

Source: Cognito developer guide, 'User pool attributes'; service model, SchemaAttributeType; OpenID Connect Core 1.0,
5.1.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import attrs

__all__ = ["STANDARD_ATTRIBUTES", "Attribute", "AttributeType", "as_attributes"]

_LONGEST: Final = 2048
_WHOLE_NUMBER: Final = re.compile(r"-?\d{1,30}", re.ASCII)


class AttributeType(StrEnum):
    """What an attribute's value stands for, as on the wire (``AttributeDataType``). All values travel as texts."""

    STRING = "String"
    NUMBER = "Number"
    DATE_TIME = "DateTime"
    BOOLEAN = "Boolean"


@attrs.frozen
class Attribute:
    """One attribute of the pool's schema.

    Attributes:
        name: As users have it: a custom one with its ``custom:`` prefix.
        type: What its value stands for.
        is_mutable: Whether it can be changed once it is set.
        minimum: The shortest text, or the lowest number.
        maximum: The longest text, or the highest number.
    """

    name: str = attrs.field(validator=attrs.validators.max_len(32))
    type: AttributeType = AttributeType.STRING
    is_mutable: bool = True
    minimum: int | None = None
    maximum: int | None = None

    def problem(self, value: str) -> str | None:
        """Return what is wrong with a value, if anything is."""
        match self.type:
            case AttributeType.STRING:
                return self._out_of_bounds(len(value), "String must be {} than or equal to {}", "longer", "shorter")
            case AttributeType.NUMBER:
                if not _WHOLE_NUMBER.fullmatch(value):
                    return "Number must be a whole number"
                return self._out_of_bounds(int(value), "Number must be {} than or equal to {}", "greater", "less")
            case AttributeType.DATE_TIME:
                return None if _is_date_time(value) else "DateTime must be a date and a time"
            case AttributeType.BOOLEAN:
                return None if value in {"true", "false"} else "Boolean must be true or false"

    def _out_of_bounds(self, measure: int, text: str, more: str, less: str) -> str | None:
        if self.minimum is not None and measure < self.minimum:
            return text.format(more, self.minimum)
        if self.maximum is not None and measure > self.maximum:
            return text.format(less, self.maximum)
        return None


STANDARD_ATTRIBUTES: Final[Mapping[str, Attribute]] = {
    attribute.name: attribute
    for attribute in (
        Attribute("sub", is_mutable=False, minimum=1, maximum=_LONGEST),
        *(
            Attribute(name, minimum=0, maximum=_LONGEST)
            for name in (
                "name", "given_name", "family_name", "middle_name", "nickname", "preferred_username", "profile",
                "picture", "website", "email",
            )
        ),
        Attribute("email_verified", AttributeType.BOOLEAN),
        Attribute("gender", minimum=0, maximum=_LONGEST),
        Attribute("birthdate", minimum=10, maximum=10),
        *(Attribute(name, minimum=0, maximum=_LONGEST) for name in ("zoneinfo", "locale", "phone_number")),
        Attribute("phone_number_verified", AttributeType.BOOLEAN),
        Attribute("address", minimum=0, maximum=_LONGEST),
        Attribute("updated_at", AttributeType.NUMBER, minimum=0),
    )
}  # fmt: skip
"""What every pool has, in the service's order. Source: AWS command line reference, create-user-pool."""


def as_attributes(given: Iterable[Attribute | str]) -> tuple[Attribute, ...]:
    """Return attributes, of which some may be given by their names alone: texts that can change."""
    return tuple(one if isinstance(one, Attribute) else Attribute(one) for one in given)


def _is_date_time(value: str) -> bool:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True
