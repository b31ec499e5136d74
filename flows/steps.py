"""What a person can be asked to do next: one frozen class each, with typed data and with ``accepts``.

``accepts`` holds an answer against the step and makes the event that goes on. It refuses what cannot be an answer
with ``InvalidInputError``, before anything is sent. Whether the answer is right is the backend's to say.

Names: AWS Amplify Auth for Flutter, AuthSignInStep.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import TypeAlias

import attrs

from authsteps.engine.messages import Event, Secret, Step

from .errors import InvalidInputError
from .events import CodeAnswered, KeyValuesAnswered, NewPasswordAnswered
from .model import AuthUser, CodeDelivery, NewPassword, Sealed, Tokens

__all__ = [
    "ConfirmResetPasswordWithCode",
    "ConfirmSignInWithNewPassword",
    "ConfirmSignInWithSmsCode",
    "ConfirmSignInWithTotpCode",
    "ConfirmSignUp",
    "ConfirmSignUpWithCode",
    "ContinueSignInWithUnknownChallenge",
    "Done",
    "NextStep",
    "PasswordResetDone",
    "ResetPassword",
    "SignUpDone",
    "code_of",
    "password_of",
    "text_of",
    "texts_of",
]

_MAX_CODE_LENGTH = 2048
"""Characters. Source: the service model of cognito-idp, ConfirmationCodeType."""
_MAX_PASSWORD_LENGTH = 256
"""Characters. Source: the service model of cognito-idp, PasswordType."""
_MAX_RESPONSE_LENGTH = 131_072
"""Characters in one challenge response. Source: the service model of cognito-idp, ChallengeResponsesType."""


def text_of(given: Secret, field: str, *, at_most: int) -> Secret:
    """Return what was given if it is a text that is neither empty nor too long.

    Raises:
        InvalidInputError: It is not.
    """
    if not _is_text(given.reveal()):
        raise InvalidInputError(field, "is not a text", "give a str")
    if not given.reveal():
        raise InvalidInputError(field, "is empty", f"give the {field}")
    if len(given.reveal()) > at_most:
        raise InvalidInputError(field, f"is longer than {at_most} characters", "give one that Cognito can hold")
    if not _is_unicode(given.reveal()):
        raise InvalidInputError(field, "has a lone surrogate", "give Unicode text")
    return given


def texts_of(given: Mapping[str, str] | None, field: str) -> Mapping[str, str]:
    """Return a copy of texts by name; no mapping is an empty one. A text may be empty, a name may not.

    Raises:
        InvalidInputError: Something is no text.
    """
    texts = dict(given) if given is not None else {}
    if not all(name and _is_text(name) and _is_text(text) for name, text in texts.items()):
        raise InvalidInputError(field, "has a name or a value that is not a text", "give each as a str")
    if not all(_is_unicode(name) and _is_unicode(text) for name, text in texts.items()):
        raise InvalidInputError(field, "has a lone surrogate", "give Unicode text")
    return texts


def _is_text(given: object) -> bool:
    """Tell whether it is one. It is typed so, but people pass None and bytes all the same."""
    return isinstance(given, str)


def _is_unicode(text: str) -> bool:
    """Tell whether a text can be hashed, stored and sent: a lone surrogate has no UTF-8 form."""
    with suppress(UnicodeEncodeError):
        text.encode()
        return True
    return False


def code_of(given: object, field: str = "answer") -> Secret:
    """Return a code without the spaces that authenticator apps show in it.

    Raises:
        InvalidInputError: It is no text, empty, or far too long.
    """
    if not isinstance(given, Secret):
        raise InvalidInputError(field, "is not a code", "give the code as a str")
    code = Secret("".join(text_of(given, field, at_most=_MAX_CODE_LENGTH).reveal().split()))
    return text_of(code, field, at_most=_MAX_CODE_LENGTH)


def password_of(given: Secret, field: str = "password") -> Secret:
    """Return a password, exactly as typed.

    Raises:
        InvalidInputError: It is no text, empty, or longer than a pool can hold.
    """
    return text_of(given, field, at_most=_MAX_PASSWORD_LENGTH)


@attrs.frozen
class ConfirmSignInWithNewPassword(Step):
    """Choose a new password; an administrator set the one that was used.

    Attributes:
        missing_attributes: Names of the attributes that must be given with it.
        known_attributes: What the pool knows already.
    """

    missing_attributes: tuple[str, ...] = ()
    known_attributes: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)

    def accepts(self, given: Sealed, client_metadata: Mapping[str, str] | None = None) -> Event:
        """Take the password, or a ``NewPassword`` with the missing attributes.

        Raises:
            InvalidInputError: It is neither, or a missing attribute is still missing.
        """
        if isinstance(given, Secret):
            given = NewPassword(given)
        if not isinstance(given, NewPassword):
            raise InvalidInputError("answer", "is no password", "give a str or a NewPassword")
        password, attributes = password_of(given.password), texts_of(given.attributes, "attributes")
        still_missing = [name for name in self.missing_attributes if not attributes.get(name)]
        if still_missing:
            problem = f"lack {', '.join(still_missing)}"
            raise InvalidInputError("attributes", problem, "give a NewPassword with these attributes")
        return NewPasswordAnswered(password, attributes, dict(client_metadata or {}))


@attrs.frozen
class ConfirmSignInWithSmsCode(Step):
    """Give the code that was sent by SMS.

    Attributes:
        delivery: Where it was sent, if the backend said so.
    """

    delivery: CodeDelivery | None = None

    def accepts(self, given: Sealed, client_metadata: Mapping[str, str] | None = None) -> Event:
        """Take the code.

        Raises:
            InvalidInputError: It cannot be a code.
        """
        return CodeAnswered(code_of(given), dict(client_metadata or {}))


@attrs.frozen
class ConfirmSignInWithTotpCode(Step):
    """Give the code that the authenticator app shows.

    Attributes:
        friendly_device_name: What the person called the app's device, if anything.
    """

    friendly_device_name: str | None = None

    def accepts(self, given: Sealed, client_metadata: Mapping[str, str] | None = None) -> Event:
        """Take the code.

        Raises:
            InvalidInputError: It cannot be a code.
        """
        return CodeAnswered(code_of(given), dict(client_metadata or {}))


@attrs.frozen
class ContinueSignInWithUnknownChallenge(Step):
    """Answer a challenge that has no step of its own.

    Attributes:
        name: The challenge's name.
        parameters: What the backend said with it.
    """

    name: str
    parameters: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)

    def accepts(self, given: Sealed, client_metadata: Mapping[str, str] | None = None) -> Event:
        """Take the challenge responses: texts by name, without USERNAME and SECRET_HASH, which are added.

        Raises:
            InvalidInputError: It is no such mapping.
        """
        if isinstance(given, Secret | NewPassword) or not given:
            remedy = "give a mapping of texts, as the challenge wants them"
            raise InvalidInputError("answer", f"is no set of responses to {self.name}", remedy)
        for name, value in given.items():
            text_of(Secret(name), "name in answer", at_most=_MAX_RESPONSE_LENGTH)
            text_of(value, f"answer[{name!r}]", at_most=_MAX_RESPONSE_LENGTH)
        answers = Secret(json.dumps({name: value.reveal() for name, value in given.items()}))
        return KeyValuesAnswered(answers, dict(client_metadata or {}))


@attrs.frozen
class _TakesNoAnswer(Step):
    """A step that another verb carries out."""

    def accepts(self, given: Sealed, client_metadata: Mapping[str, str] | None = None) -> Event:
        """Refuse.

        Raises:
            InvalidInputError: Always; it says which verb to use.
        """
        del given, client_metadata
        raise InvalidInputError("answer", f"has no place at {type(self).__name__}", self._remedy)

    @property
    def _remedy(self) -> str:
        return "the run is over"


@attrs.frozen
class ResetPassword(_TakesNoAnswer):
    """Reset the password, then sign in again. The run is over.

    Attributes:
        username: Whose password.
        message: Why, in the service's own words.
    """

    username: str
    message: str

    @property
    def _remedy(self) -> str:
        return "call reset_password and confirm_reset_password, then sign_in"


@attrs.frozen
class ConfirmSignUp(_TakesNoAnswer):
    """Confirm the sign-up, then sign in again. The run is over.

    Attributes:
        username: Whose account.
        message: Why, in the service's own words.
    """

    username: str
    message: str

    @property
    def _remedy(self) -> str:
        return "call resend_sign_up_code if the code is lost, and confirm_sign_up, then sign_in"


@attrs.frozen
class Done(_TakesNoAnswer):
    """Signed in.

    Attributes:
        tokens: What the user holds now.
        user: Who it is.
    """

    tokens: Tokens
    user: AuthUser


NextStep: TypeAlias = (
    ConfirmSignInWithNewPassword
    | ConfirmSignInWithSmsCode
    | ConfirmSignInWithTotpCode
    | ContinueSignInWithUnknownChallenge
    | ResetPassword
    | ConfirmSignUp
    | Done
)
"""Everything that a sign-in can ask for. A ``match`` over it is checked for completeness by mypy and pyright."""


@attrs.frozen
class ConfirmSignUpWithCode(Step):
    """Give the code that was sent to confirm the account.

    Attributes:
        username: Whose account.
        delivery: Where it was sent, if it was.
        user_id: The new user's ``sub``.
    """

    username: str
    delivery: CodeDelivery | None = None
    user_id: str | None = None


@attrs.frozen
class SignUpDone(Step):
    """The account can be used: sign in.

    Attributes:
        user_id: The new user's ``sub``, if it is known here: an account can be confirmed without the run that made it.
    """

    user_id: str | None = None


@attrs.frozen
class ConfirmResetPasswordWithCode(Step):
    """Give the code that was sent, and a new password.

    Attributes:
        username: Whose password.
        delivery: Where it was sent.
    """

    username: str
    delivery: CodeDelivery | None = None


@attrs.frozen
class PasswordResetDone(Step):
    """The new password holds: sign in."""
