"""What flows and drivers say to each other, and how secrets travel inside it.

``Event``
    what happened. Named in the past participle (``CodeMismatched``); its docstring says who it comes from.
``Effect``
    what is wanted. Named in the imperative (``InitiateAuth``); ``answers`` lists the events that may answer it.
``Step``
    the effect that a person sees: what to do next. No performer answers it; the person does, with an event.
``Failure``
    what went wrong, told beside what the new state holds outstanding.
``Secret``, ``Carried``
    values that never show themselves. They are plain classes and not attrs ones: msgspec encodes attrs classes by
    itself and would pass the codec's hook by.
"""

import hmac
from typing import ClassVar, NoReturn, SupportsIndex, TypeVar, final

import attrs

__all__ = ["Carried", "Effect", "Event", "Failure", "Secret", "Step", "kept"]

T = TypeVar("T")


@attrs.frozen
class Event:
    """Something that happened to a run: a person did it, or a performer reports it."""

    @property
    def trouble(self) -> str | None:
        """A short name for observers of what went wrong although the run goes on. It never holds a payload."""
        return None


@attrs.frozen
class Effect:
    """Something that a state wants done.

    Attributes:
        answers: The events that a performer may answer with. ``checks.verify`` demands that every state that holds
            this effect accepts each of them.
    """

    answers: ClassVar[tuple[type[Event], ...]] = ()

    @property
    def label(self) -> str:
        """A short name for logs and observers. It never holds a payload."""
        return type(self).__name__


@attrs.frozen
class Step(Effect):
    """What a person is asked to do next. It is what a waiting state holds outstanding."""


@attrs.frozen
class Failure:
    """What went wrong on the way into a state, told beside what that state holds outstanding."""

    @property
    def label(self) -> str:
        """A short name for logs and observers. It never holds a payload."""
        return type(self).__name__


class Secret:
    """A text that never shows itself: not in a repr, a log line, a message, a traceback or a pickle.

    Compare two with ``==``; the time it takes does not depend on where they differ. The snapshot codec refuses it.

    Args:
        value: The text to keep.
    """

    __slots__ = ("_value",)

    _value: str

    def __init__(self, value: str) -> None:
        self._value = value

    @final
    def reveal(self) -> str:
        """Return the text itself. Call it where the value leaves the process, and nowhere else."""
        return self._value

    @final
    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    @final
    def __str__(self) -> str:
        return "***"

    @final
    def __format__(self, format_spec: str) -> str:
        return "***"

    @final
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(_bytes(self._value), _bytes(other._value))

    @final
    def __hash__(self) -> int:
        return hash((Secret, self._value))

    @final
    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"{type(self).__name__} is not picklable: a secret does not leave the process this way")

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self


class Carried(Secret):
    """A secret that a waiting run cannot do without, so a snapshot carries it: a backend session, a sign-up session.

    It is masked like any other secret, but the snapshot codec writes it in clear. A stored snapshot is sensitive
    data.
    """

    __slots__ = ()


def kept(value: T | None) -> T:
    """Return what an earlier row of a table kept.

    Raises:
        LookupError: It kept nothing. That is a fault of the table, not of anybody's input.
    """
    if value is None:
        raise LookupError("the table reached a state without what that state needs")
    return value


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
