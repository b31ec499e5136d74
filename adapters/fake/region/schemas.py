"""A pool's schema on the wire: which attributes its users have, beside the standard ones or in the place of them.

Source: service model, SchemaAttributeType; AWS command line reference, create-user-pool.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from authsteps.adapters.cognito.transport import Json

from ..attributes import STANDARD_ATTRIBUTES, Attribute, AttributeType
from ..errors import Cause, refusal
from ..members import Members
from ..settings import Settings

__all__ = ["Schema", "read_schema", "schema_members"]

_CUSTOM: Final = "custom:"
_DEVELOPER: Final = "dev:"
_BOUNDS: Final[Mapping[AttributeType, tuple[str, str, str]]] = {
    AttributeType.STRING: ("StringAttributeConstraints", "MinLength", "MaxLength"),
    AttributeType.NUMBER: ("NumberAttributeConstraints", "MinValue", "MaxValue"),
}


@attrs.frozen
class Schema:
    """What a request says of a pool's attributes.

    Attributes:
        attributes: Custom ones, and standard ones that differ from what every pool has.
        required: The names of those that every user must have.
    """

    attributes: tuple[Attribute, ...]
    required: tuple[str, ...]


def read_schema(declared: tuple[Members, ...]) -> Schema:
    """Return what a request says of a pool's attributes.

    Raises:
        ServiceError: One cannot be had.
    """
    attributes: dict[str, Attribute] = {}
    required: list[str] = []
    for members in declared:
        attribute = _read_attribute(members)
        if attribute.name in attributes:
            raise refusal(Cause.ATTRIBUTE_DECLARED_TWICE, attribute=attribute.name)
        attributes[attribute.name] = attribute
        if members.flag("Required") and attribute.name != "sub":  # everybody has one
            required.append(attribute.name)
    differing = (one for one in attributes.values() if STANDARD_ATTRIBUTES.get(one.name) != one)
    return Schema(tuple(differing), tuple(required))


def schema_members(settings: Settings) -> list[Json]:
    """Return a pool's whole schema in wire form, the standard attributes first."""
    return [_members(attribute, settings) for attribute in settings.schema.values()]


def _read_attribute(members: Members) -> Attribute:
    name, type_name = members.optional_text("Name") or "", members.optional_text("AttributeDataType")
    is_for_developers = members.flag("DeveloperOnlyAttribute")
    standard = STANDARD_ATTRIBUTES.get(name)
    if standard is not None:
        if is_for_developers or type_name not in {None, standard.type.value}:
            raise refusal(Cause.STANDARD_ATTRIBUTE_CHANGED, attribute=name)
        base = standard
    else:
        if type_name is None:
            raise refusal(Cause.ATTRIBUTE_WITHOUT_TYPE)
        if members.flag("Required"):
            raise refusal(Cause.CUSTOM_ATTRIBUTE_REQUIRED)
        prefix = _DEVELOPER if is_for_developers else ""
        base = Attribute(f"{prefix}{_CUSTOM}{name}", AttributeType(type_name))
    is_mutable = members.optional_flag("Mutable")
    minimum, maximum = _read_bounds(base, members)
    return attrs.evolve(
        base,
        # That a custom attribute can change where nothing is said is another emulator's claim (moto).
        is_mutable=is_mutable if is_mutable is not None else base.is_mutable,
        minimum=minimum,
        maximum=maximum,
    )


def _read_bounds(base: Attribute, members: Members) -> tuple[int | None, int | None]:
    """Return the bounds that are declared for an attribute, with its own for those that are not."""
    holder, lower, upper = _BOUNDS.get(base.type, ("", "", ""))
    bounds = members.nested(holder) or Members({})
    try:
        given = [bounds.optional_text(name) for name in (lower, upper)]
        low, high = (None if text is None else int(text) for text in given)
    except ValueError:
        raise refusal(Cause.ATTRIBUTE_BOUNDS_UNREADABLE, attribute=base.name) from None
    minimum, maximum = low if low is not None else base.minimum, high if high is not None else base.maximum
    if minimum is not None and maximum is not None and minimum > maximum:
        raise refusal(Cause.ATTRIBUTE_BOUNDS_UNREADABLE, attribute=base.name)
    return minimum, maximum


def _members(attribute: Attribute, settings: Settings) -> dict[str, Json]:
    members: dict[str, Json] = {
        "Name": attribute.name,
        "AttributeDataType": attribute.type.value,
        "DeveloperOnlyAttribute": attribute.name.startswith(_DEVELOPER),
        "Mutable": attribute.is_mutable,
        "Required": attribute.name == "sub" or attribute.name in settings.required_attributes,
    }
    if attribute.type in _BOUNDS:
        holder, lower, upper = _BOUNDS[attribute.type]
        bounds = {lower: attribute.minimum, upper: attribute.maximum}
        members[holder] = {name: str(bound) for name, bound in bounds.items() if bound is not None}
    return members
