"""A custom-auth flow, declared once: which challenges come in which order, and what each of them asks.

The service keeps no flow of its own for CUSTOM_AUTH. It asks three functions: Define what comes next, Create for a
challenge, Verify whether the answer is right. Here the flow is declared; what Define answers, the diagram and the
proofs follow from it, and ``authsteps.adapters.lambda_triggers.custom_auth_handlers`` makes the three functions of it.

Nothing is kept between two calls: the service lists what is behind the user, and the list is replayed through the
declaration's graph.

Source: Cognito developer guide, 'Custom authentication challenge Lambda triggers'.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, TypeAlias, cast, get_args

import attrs

from authsteps.engine.checks import problems
from authsteps.engine.errors import AuthStepsError, DeclarationError, EventNotAllowedError
from authsteps.engine.messages import Secret

from .custom_auth_graph import (
    AnsweredChallenge,
    CustomAuthContext,
    FailAuthentication,
    Outstanding,
    custom_auth_graph,
    events_of,
    shortcuts,
    state_of,
)

__all__ = [
    "AnswerRequest",
    "Challenge",
    "ChallengeRequest",
    "CodeLife",
    "Create",
    "CreatedChallenge",
    "CustomAuthFlow",
    "LeakedParameterError",
    "Verify",
]

CodeLife: TypeAlias = Literal["new", "keep"]
"""Whether each try at a challenge gets a new code, or one code is kept over all tries."""


@attrs.frozen(kw_only=True)
class _Request:
    """What both functions of a challenge are told.

    Attributes:
        challenge: The challenge's declared name.
        try_number: Which try at it this is, from 1.
        username: The canonical name; for somebody who does not exist, the name as typed.
        user_attributes: By name, all of them texts, with ``sub`` and ``cognito:user_status``; none for somebody who
            does not exist.
        user_not_found: Whether there is no such user. The client must not be able to tell.
        client_metadata: What the client sent along with its last answer. The service drops what is sent along when a
            sign-in begins, so it is empty for the first challenge, unless a password was proved before.
    """

    challenge: str
    try_number: int
    username: str
    user_attributes: Mapping[str, str] = attrs.field(repr=False)
    user_not_found: bool = False
    client_metadata: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)


@attrs.frozen(kw_only=True)
class ChallengeRequest(_Request):
    """What ``create`` is told.

    It is called for somebody who does not exist as well. What it makes public must look alike then, and nothing is to
    be sent to anybody; no answer to the last challenge will count.

    Attributes:
        tries_left: How many answers are left, the one to this challenge included.
    """

    tries_left: int


@attrs.frozen(kw_only=True)
class AnswerRequest(_Request):
    """What ``verify`` is told.

    Attributes:
        answer: What the user answered. Comparing it with a private parameter takes the same time wherever they differ.
        private: The private parameters that ``create`` made.
    """

    answer: Secret
    private: Mapping[str, Secret] = attrs.field(repr=False)


class LeakedParameterError(AuthStepsError):
    """A created challenge shows the client what is private.

    Attributes:
        leaks: Pairs of a public and a private parameter's name: the value of the second stands in the first.
    """

    def __init__(self, *leaks: tuple[str, str]) -> None:
        super().__init__(*leaks)
        self.leaks = leaks

    def __str__(self) -> str:
        shown = ", ".join(f"{private!r} stands in {public!r}" for public, private in self.leaks)
        return f"a private challenge parameter must not reach the client: {shown}; take it out of the public one"


def _secrets(values: Mapping[str, str | Secret]) -> Mapping[str, Secret]:
    return {name: value if isinstance(value, Secret) else Secret(_text(name, value)) for name, value in values.items()}


def _texts(values: Mapping[str, str]) -> Mapping[str, str]:
    return {name: _text(name, value) for name, value in values.items()}


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"the challenge parameter {name!r} must be a text and is of type {type(value).__name__}")
    return value


@attrs.frozen
class CreatedChallenge:
    """What ``create`` makes.

    Attributes:
        public: What the client is shown, such as a hint or a picture's address. The handlers add ``challenge``, ``try``
            and ``triesLeft``, unless these names are taken here.
        private: What only ``verify`` is shown, such as the right answer. It never reaches the client.

    Raises:
        LeakedParameterError: A private value of at least four characters stands as a word of its own in a public one.
            Shorter ones are not looked for: they stand in many a text by chance.
        TypeError: A value is no text; the service takes nothing else.
    """

    public: Mapping[str, str] = attrs.field(factory=dict[str, str], converter=_texts, repr=False)
    private: Mapping[str, Secret] = attrs.field(factory=dict[str, Secret], converter=_secrets, repr=False)

    def __attrs_post_init__(self) -> None:
        """Refuse to show what is private."""
        leaks = [
            (public, private)
            for public, shown in self.public.items()
            for private, value in self.private.items()
            if len(value.reveal()) >= _TELLING_LENGTH
            if re.search(rf"(?<!\w){re.escape(value.reveal())}(?!\w)", shown)
        ]
        if leaks:
            raise LeakedParameterError(*leaks)


Create: TypeAlias = Callable[[ChallengeRequest], CreatedChallenge | Awaitable[CreatedChallenge]]
"""Makes a challenge, and sends what has to be sent. It may be async."""

Verify: TypeAlias = Callable[[AnswerRequest], bool | Awaitable[bool]]
"""Says whether an answer is right. It may be async."""


@attrs.frozen
class Challenge:
    """One challenge of a custom-auth flow.

    Attributes:
        name: Its name, in letters, digits and underscores; the client is told it.
        create: Makes it.
        verify: Judges an answer.
        tries: How many answers it takes, right or wrong.
        code: ``"new"`` calls ``create`` for every try. ``"keep"`` calls it once and puts the same challenge again after
            a wrong answer: a code that was sent still holds, and no second one is sent.
    """

    name: str
    create: Create
    verify: Verify
    tries: int = attrs.field(default=1, kw_only=True)
    code: CodeLife = attrs.field(default="new", kw_only=True)


class CustomAuthFlow:
    """A custom-auth flow: challenges that come one after another, and the password before them if it is wanted.

    Tokens come after a right answer to the last challenge, and in no other way. Too many wrong answers, a wrong
    password, and whatever the flow does not expect end the attempt for good. Nobody who does not exist gets through,
    though they are asked like everybody else.

    Args:
        name: The flow's name, in lower case with underscores.
        challenges: The challenges in their order.
        password_first: Whether the password is proved before them, by SRP: the client begins with ``SRP_A`` then, and
            the service puts a second factor by itself where the user has one.
        give_up_after: With how many wrong answers, over all challenges, it is over. ``None``: each challenge's own tries
            alone count.

    Attributes:
        graph: The declaration as a flow of the engine, to be drawn and proved.

    Raises:
        DeclarationError: It is malformed. All problems are named.
    """

    def __init__(
        self,
        name: str,
        challenges: Sequence[Challenge],
        *,
        password_first: bool = False,
        give_up_after: int | None = None,
    ) -> None:
        self.name = name
        self.challenges = tuple(challenges)
        self.password_first = password_first
        self.give_up_after = give_up_after
        if found := [*_problems(name, self.challenges, give_up_after)]:
            raise DeclarationError(name, *found)
        self.graph = custom_auth_graph(
            name,
            {challenge.name: challenge.tries for challenge in self.challenges},
            password_first=password_first,
            give_up_after=give_up_after,
        )
        self.prove()

    def prove(self) -> None:
        """Show that the graph can be followed to an end wherever it is, and that no path to tokens goes around.

        Every path passes the password, if it comes first, and every challenge in its order, and leaves each by the
        right answer alone. It is done when a flow is declared; a test of your own may say so aloud.

        Raises:
            DeclarationError: It is not so.
        """
        if found := problems(self.graph) or tuple(shortcuts(self.graph)):
            raise DeclarationError(self.name, *found)

    def define(self, answered: Iterable[AnsweredChallenge], *, user_not_found: bool = False) -> Outstanding:
        """Return what comes next for somebody with all that behind them.

        Whatever the flow does not expect at its place, and whatever comes after its end, is ``FailAuthentication``.

        Args:
            answered: The service's list, the oldest entry first.
            user_not_found: Whether there is no such user.
        """
        snapshot = self.graph.start(CustomAuthContext(user_not_found=user_not_found))
        try:
            for event in events_of(answered):
                snapshot = self.graph.advance(snapshot, event).snapshot
        except EventNotAllowedError:
            return FailAuthentication()
        return cast("Outstanding", self.graph.outstanding(snapshot))

    def challenge(self, name: str) -> Challenge | None:
        """Return the challenge of that name, or ``None`` if there is none."""
        return next((challenge for challenge in self.challenges if challenge.name == name), None)

    def __repr__(self) -> str:
        return f"CustomAuthFlow({self.name!r}, {[challenge.name for challenge in self.challenges]})"


def _problems(name: str, challenges: Sequence[Challenge], give_up_after: int | None) -> Iterator[str]:
    if not _NAME.fullmatch(name):
        yield f"the name {name!r} is not made of letters, digits and underscores"
    if not challenges:
        yield "it has no challenge"
    for challenge in challenges:
        if not _NAME.fullmatch(challenge.name):
            yield f"the challenge name {challenge.name!r} is not made of letters, digits and underscores"
        if challenge.tries < 1:
            yield f"{challenge.name} has {challenge.tries} tries; it needs one at least"
        if challenge.code not in get_args(CodeLife):
            yield f"{challenge.name} has the code {challenge.code!r}; it is 'new' or 'keep'"
        for role, function in (("create", challenge.create), ("verify", challenge.verify)):
            if not callable(cast("object", function)):
                yield f"{challenge.name} has a {role} that cannot be called"
    states = Counter(state_of(challenge.name) for challenge in challenges)
    for state in (state for state, times in states.items() if times > 1):
        namesakes = (challenge.name for challenge in challenges if state_of(challenge.name) == state)
        yield f"challenges share a name, or differ in its case alone: {', '.join(namesakes)}"
    if give_up_after is not None and give_up_after < 1:
        yield f"it gives up after {give_up_after} wrong answers; the least is 1"


_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

_TELLING_LENGTH: Final = 4
"""From how many characters on a private value that stands in a public one is no accident."""
