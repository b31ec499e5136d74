"""What the service model demands of a request's members, and in which words the service reports what is broken.

A shape never raises: where it does, a log of the error could show the value. It says whether the value can be read at
all, and adds what it breaks to a list.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Final, Protocol, cast

import attrs

from authsteps.adapters.cognito.transport import Json

from .errors import Rule, violation, wording

__all__ = [
    "ARN",
    "ATTRIBUTES",
    "ATTRIBUTE_NAME",
    "ATTRIBUTE_NAMES",
    "CLIENT_ID",
    "DEVICE_KEY",
    "DEVICE_REMEMBERED_STATUS",
    "FLAG",
    "NON_SPACE",
    "PAGE_LIMIT",
    "PAGINATION_KEY",
    "STRING",
    "SWITCH",
    "USERNAME",
    "USER_POOL_ID",
    "Flag",
    "Items",
    "Map",
    "Number",
    "Shape",
    "Structure",
    "Text",
    "as_path",
    "fits",
    "is_text",
]

_PRINTABLE: Final = r"\p{L}\p{M}\p{S}\p{N}\p{P}"
_LETTERS: Final = "LMSNP"
_STAND_IN: Final = "x"
_OUTSIDE: Final = "\x00"
_ONE_CLASS: Final = re.compile(r"\[[^\[\]]+\]\+")


class Shape(Protocol):
    """What a value has to be."""

    def check(self, path: str, value: Json, broken: list[str]) -> bool:
        """Tell whether a value is of this shape's type, and report what else is wrong with it.

        Args:
            path: Where it stands, as the service names it in a report.
            value: The value; never ``None``.
            broken: Takes the reports.
        """
        ...

    def known(self, value: Json) -> Json:
        """Return a value of this shape without what is absent in it and what the model does not have.

        Args:
            value: One that could be read.
        """
        ...


@attrs.frozen
class Flag:
    """A truth value."""

    def check(self, path: str, value: Json, broken: list[str]) -> bool:  # noqa: ARG002  # there is nothing to report
        """Tell whether it is one."""
        return isinstance(value, bool)

    def known(self, value: Json) -> Json:
        """Return it as it is."""
        return value


@attrs.frozen
class Number:
    """A whole number.

    Attributes:
        lowest: The least it may be, if anything.
        highest: The most.
    """

    lowest: int | None = None
    highest: int | None = None

    def check(self, path: str, value: Json, broken: list[str]) -> bool:
        """Tell whether it is one."""
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        if self.lowest is not None and value < self.lowest:
            broken.append(violation(path, Rule.MIN_VALUE, str(value), limit=str(self.lowest)))
        if self.highest is not None and value > self.highest:
            broken.append(violation(path, Rule.MAX_VALUE, str(value), limit=str(self.highest)))
        return True

    def known(self, value: Json) -> Json:
        """Return it as it is."""
        return value


@attrs.frozen
class Text:
    """A text.

    Attributes:
        shortest: The least length.
        longest: The greatest, if there is one.
        pattern: What it looks like as a whole, as the model writes it.
        values: The only ones that it can have; none for any.
        is_sensitive: Whether a report must not quote it.
    """

    shortest: int = 0
    longest: int | None = None
    pattern: str | None = None
    values: tuple[str, ...] = ()
    is_sensitive: bool = False

    def check(self, path: str, value: Json, broken: list[str]) -> bool:
        """Tell whether it is one that has a form on the wire."""
        if not is_text(value):
            return False
        shown = None if self.is_sensitive else cast("str", value)
        broken += [violation(path, rule, shown, **values) for rule, values in self.problems(cast("str", value))]
        return True

    def known(self, value: Json) -> Json:
        """Return it as it is."""
        return value

    def problems(self, text: str) -> Iterator[tuple[Rule, dict[str, str]]]:
        """Return the rules that a text breaks, each with what is filled into its words."""
        if len(text) < self.shortest:
            yield Rule.MIN_LENGTH, {"limit": str(self.shortest)}
        if self.longest is not None and len(text) > self.longest:
            yield Rule.MAX_LENGTH, {"limit": str(self.longest)}
        if self.pattern is not None and not _matches(self.pattern, text):
            yield Rule.PATTERN, {"pattern": self.pattern}
        if self.values and text not in self.values:
            yield Rule.ENUM, {"values": ", ".join(self.values)}


@attrs.frozen
class Items:
    """A list.

    Attributes:
        of: What is in it.
        shortest: How many there are at least.
        longest: How many at most, if that is limited.
    """

    of: Shape
    shortest: int = 0
    longest: int | None = None

    def check(self, path: str, value: Json, broken: list[str]) -> bool:
        """Tell whether it is one, and everything in it can be read.

        Source: reported, aws-solutions/media-insights-on-aws#199: what texts in a list break is told of the list.
        """
        if not isinstance(value, list | tuple) or any(item is None for item in value):
            return False
        items = cast("Sequence[Json]", value)
        if isinstance(self.of, Text):
            return self._check_texts(self.of, path, items, broken)
        self._check_length(path, items, None, broken)
        return all(self.of.check(f"{path}.{number}.member", item, broken) for number, item in enumerate(items, start=1))

    def known(self, value: Json) -> Json:
        """Return it with what is known of each in it."""
        return [self.of.known(item) for item in cast("Sequence[Json]", value)]

    def _check_texts(self, of: Text, path: str, items: Sequence[Json], broken: list[str]) -> bool:
        if not all(is_text(item) for item in items):
            return False
        texts = cast("Sequence[str]", items)
        shown = None if of.is_sensitive else f"[{', '.join(texts)}]"
        self._check_length(path, items, shown, broken)
        rules = dict.fromkeys(wording(rule, **values) for text in texts for rule, values in of.problems(text))
        if rules:
            broken.append(violation(path, Rule.MEMBERS, shown, rules=", ".join(rules)))
        return True

    def _check_length(self, path: str, items: Sequence[Json], shown: str | None, broken: list[str]) -> None:
        if len(items) < self.shortest:
            broken.append(violation(path, Rule.MIN_LENGTH, shown, limit=str(self.shortest)))
        if self.longest is not None and len(items) > self.longest:
            broken.append(violation(path, Rule.MAX_LENGTH, shown, limit=str(self.longest)))


@attrs.frozen
class Map:
    """Texts by name. What is ``None`` is absent.

    Attributes:
        key: What the names are.
        value: What the texts are.
    """

    key: Text
    value: Text

    def check(self, path: str, value: Json, broken: list[str]) -> bool:
        """Tell whether it is one."""
        if not isinstance(value, Mapping):
            return False
        return all(
            self.key.check(f"{path}.key", name, broken)
            and (held is None or self.value.check(f"{path}.{name}.value", held, broken))
            for name, held in value.items()
        )

    def known(self, value: Json) -> Json:
        """Return it without what is absent."""
        return {name: held for name, held in cast("Mapping[str, Json]", value).items() if held is not None}


@attrs.frozen
class Structure:
    """Members by name. What is ``None`` is absent, and what the model does not have is passed over.

    Attributes:
        members: The shape of each.
        required: The names of those that must be there.
    """

    members: Mapping[str, Shape]
    required: tuple[str, ...] = ()

    def check(self, path: str, value: Json, broken: list[str]) -> bool:
        """Tell whether it is one, and every member can be read."""
        if not isinstance(value, Mapping):
            return False
        prefix = f"{path}." if path else ""
        missing = [name for name in self.required if value.get(name) is None]
        broken += [violation(f"{prefix}{as_path(name)}", Rule.REQUIRED) for name in missing]
        return all(
            value.get(name) is None or shape.check(f"{prefix}{as_path(name)}", value[name], broken)
            for name, shape in self.members.items()
        )

    def known(self, value: Json) -> dict[str, Json]:
        """Return the members that are there and that the model has."""
        given = cast("Mapping[str, Json]", value)
        return {name: shape.known(given[name]) for name, shape in self.members.items() if given.get(name) is not None}


FLAG: Final = Flag()
STRING: Final = Text(longest=131_072)
NON_SPACE: Final = Text(shortest=1, pattern=r"[\S]+")
PAGINATION_KEY: Final = Text(shortest=1, longest=131_072, pattern=r"[\S]+")
SWITCH: Final = Structure({"Enabled": FLAG})
PAGE_LIMIT: Final = Number(lowest=0, highest=60)
USERNAME: Final = Text(shortest=1, longest=128, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+", is_sensitive=True)
ATTRIBUTE_NAME: Final = Text(shortest=1, longest=32, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+")
_ATTRIBUTE_VALUE: Final = Text(longest=2048, is_sensitive=True)
ATTRIBUTE_NAMES: Final = Items(ATTRIBUTE_NAME)
ATTRIBUTES: Final = Items(Structure({"Name": ATTRIBUTE_NAME, "Value": _ATTRIBUTE_VALUE}, required=("Name",)))
DEVICE_KEY: Final = Text(shortest=1, longest=55, pattern=r"[\w-]+_[0-9a-f-]+")
DEVICE_REMEMBERED_STATUS: Final = Text(values=("remembered", "not_remembered"))
CLIENT_ID: Final = Text(shortest=1, longest=128, pattern=r"[\w+]+", is_sensitive=True)
USER_POOL_ID: Final = Text(shortest=1, longest=55, pattern=r"[\w-]+_[0-9a-zA-Z]+")
ARN: Final = Text(
    shortest=20,
    longest=2048,
    pattern=r"arn:[\w+=/,.@-]+:[\w+=/,.@-]+:([\w+=/,.@-]*)?:[0-9]+:[\w+=/,.@-]+(:[\w+=/,.@-]+)?(:[\w+=/,.@-]+)?",
)


def fits(shape: Shape, value: Json) -> bool:
    """Tell whether a value is of a shape and breaks nothing."""
    broken: list[str] = []
    return shape.check("", value, broken) and not broken


def as_path(name: str) -> str:
    """Return a member's name as the service writes it in a report."""
    return name[:1].lower() + name[1:]


def is_text(value: Json) -> bool:
    """Tell whether a value is a text without lone surrogates, which have no form on the wire."""
    with suppress(UnicodeEncodeError):
        if isinstance(value, str):
            value.encode()
            return True
    return False


def _matches(pattern: str, text: str) -> bool:
    r"""Tell whether a text looks like a pattern of the model.

    Python's expressions have no ``\p``. Within ASCII, what stands for the five classes of visible characters is the
    range from ``!`` to ``~``; any other character is replaced with one that is in that range, or with one in none.
    """
    if _ONE_CLASS.fullmatch(pattern):
        # Then only which letters there are counts. A text may be huge, and the event loop must not wait for it.
        text = "".join(set(text))
    spaces = r"\p{Z}" in pattern
    wanted = _LETTERS + "Z" if spaces else _LETTERS
    in_ascii = "".join(
        letter if letter.isascii() else _STAND_IN if unicodedata.category(letter)[0] in wanted else _OUTSIDE
        for letter in text
    )
    within = pattern.replace(_PRINTABLE, "!-~").replace(r"\p{Z}", " ")
    subject = in_ascii if within != pattern else text
    return re.fullmatch(within, subject, re.ASCII) is not None
