"""What a person can be asked to do next: one frozen class each, with typed data and with ``accepts``.

``accepts`` holds an answer against the step and makes the event that goes on. It refuses what cannot be an answer
with ``InvalidInputError``, before anything is sent. Whether the answer is right is the backend's to say.

Names: AWS Amplify Auth for Flutter, AuthSignInStep.
"""

import json
from collections.abc import Mapping
from contextlib import suppress
from enum import Enum
from typing import TypeAlias, TypeVar

import attrs

from authsteps.engine.messages import Secret, Step

from .errors import InvalidInputError
from .events import (
    Answered,
    CodeAnswered,
    CredentialAnswered,
    CustomAnswered,
    EmailAddressAnswered,
    FirstFactorSelected,
    KeyValuesAnswered,
    MfaTypeSelected,
    NewPasswordAnswered,
    PasswordAnswered,
)
from .model import (
    AuthUser,
    CodeDelivery,
    DeviceSecrets,
    FactorType,
    MfaType,
    NewPassword,
    Sealed,
    Tokens,
    TotpSetup,
    WebAuthnCredential,
)

__all__ = [
    "NOTHING_ASIDE",
    "Aside",
    "AttributeUpdateDone",
    "CompleteAutoSignIn",
    "ConfirmAttributeWithCode",
    "ConfirmResetPasswordWithCode",
    "ConfirmSignInWithCustomChallenge",
    "ConfirmSignInWithNewPassword",
    "ConfirmSignInWithOtpCode",
    "ConfirmSignInWithPassword",
    "ConfirmSignInWithSmsCode",
    "ConfirmSignInWithTotpCode",
    "ConfirmSignUp",
    "ConfirmSignUpWithCode",
    "ContinueSignInWithEmailMfaSetup",
    "ContinueSignInWithFirstFactorSelection",
    "ContinueSignInWithMfaSelection",
    "ContinueSignInWithMfaSetupSelection",
    "ContinueSignInWithTotpSetup",
    "ContinueSignInWithUnknownChallenge",
    "ContinueSignInWithWebAuthn",
    "Done",
    "NextStep",
    "PasswordResetDone",
    "ResetPassword",
    "SignUpDone",
    "code_of",
    "credential_of",
    "friendly_name_of",
    "password_of",
    "text_of",
    "texts_of",
]

T = TypeVar("T", bound=Enum)

_MAX_ADDRESS_LENGTH = 2048
"""Characters. Source: the service model of cognito-idp, AttributeValueType."""
_MAX_CODE_LENGTH = 2048
"""Characters. Source: the service model of cognito-idp, ConfirmationCodeType."""
_MAX_FRIENDLY_NAME_LENGTH = 131_072
"""Characters. Source: the service model of cognito-idp, VerifySoftwareToken, FriendlyDeviceName."""
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
        InvalidInputError: It is no mapping, or something in it is no text.
    """
    if given is not None and not _is_mapping(given):
        raise InvalidInputError(field, "is not a mapping", "give texts by name")
    texts = dict(given) if given is not None else {}
    if not all(name and _is_text(name) and _is_text(text) for name, text in texts.items()):
        raise InvalidInputError(field, "has a name or a value that is not a text", "give each as a str")
    if not all(_is_unicode(name) and _is_unicode(text) for name, text in texts.items()):
        raise InvalidInputError(field, "has a lone surrogate", "give Unicode text")
    return texts


def _is_text(given: object) -> bool:
    """Tell whether it is one. It is typed so, but people pass None and bytes all the same."""
    return isinstance(given, str)


def _is_mapping(given: object) -> bool:
    """Tell whether it is one. It is typed so, but people pass JSON text all the same."""
    return isinstance(given, Mapping)


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


def _choice(given: Sealed, kind: type[T], by_name: Mapping[str, T]) -> T | None:
    if isinstance(given, kind):
        return given
    return (
        by_name.get(given.reveal().strip().upper()) if isinstance(given, Secret) and _is_text(given.reveal()) else None
    )


def _factor_selected(given: Sealed, available: tuple[FactorType, ...], aside: "Aside") -> Answered:
    chosen = _choice(given, FactorType, {factor.value: factor for factor in FactorType})
    offered = available or tuple(FactorType)
    if chosen not in offered:
        remedy = f"give {' or '.join(factor.value for factor in offered)}"
        raise InvalidInputError("answer", "is no first factor to choose here", remedy)
    return FirstFactorSelected(chosen, device=aside.device, client_metadata=aside.client_metadata)


def _is_json_object(text: Secret) -> bool:
    with suppress(ValueError, RecursionError, TypeError):
        return isinstance(json.loads(text.reveal()), dict)
    return False


def credential_of(given: Sealed, field: str, remedy: str = "give a WebAuthnCredential") -> Secret:
    """Return the JSON text of what an authenticator answered.

    Raises:
        InvalidInputError: It is no JSON object, or far too long.
    """
    credential = given.json if isinstance(given, WebAuthnCredential) else given
    if not isinstance(credential, Secret) or not _is_json_object(credential):
        raise InvalidInputError(field, "is no credential", remedy)
    return text_of(credential, field, at_most=_MAX_RESPONSE_LENGTH)


def password_of(given: Secret, field: str = "password") -> Secret:
    """Return a password, exactly as typed.

    Raises:
        InvalidInputError: It is no text, empty, or longer than a pool can hold.
    """
    return text_of(given, field, at_most=_MAX_PASSWORD_LENGTH)


def friendly_name_of(given: str | None) -> str | None:
    """Return a name for the device of an authenticator app, if one is given.

    Raises:
        InvalidInputError: It is no text, empty, or longer than a pool can hold.
    """
    if given is None:
        return None
    return text_of(Secret(given), "friendly_device_name", at_most=_MAX_FRIENDLY_NAME_LENGTH).reveal()


@attrs.frozen
class Aside:
    """What goes with an answer and is no part of it.

    Attributes:
        client_metadata: For the triggers of this call.
        device: The device's secrets, if it has any for this user.
        friendly_device_name: Where an authenticator app is being set up: a name for its device.
    """

    client_metadata: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)
    device: DeviceSecrets | None = None
    friendly_device_name: str | None = None


NOTHING_ASIDE = Aside()


@attrs.frozen
class _TakesCode(Step):
    """A step that a code answers."""

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Take the code. Spaces in it do not count.

        Raises:
            InvalidInputError: It cannot be a code.
        """
        return CodeAnswered(
            code_of(given),
            aside.friendly_device_name,
            device=aside.device,
            client_metadata=aside.client_metadata,
        )


@attrs.frozen
class ConfirmSignInWithNewPassword(Step):
    """Choose a new password; an administrator set the one that was used.

    Attributes:
        missing_attributes: Names of the attributes that must be given with it.
        known_attributes: What the pool knows already.
    """

    missing_attributes: tuple[str, ...] = ()
    known_attributes: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Take the password, or a ``NewPassword`` with the missing attributes.

        Attributes beyond the missing ones are set once the person is signed in.

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
        return NewPasswordAnswered(password, attributes, device=aside.device, client_metadata=aside.client_metadata)


@attrs.frozen
class ConfirmSignInWithSmsCode(_TakesCode):
    """Give the code that was sent by SMS as a second factor.

    Attributes:
        delivery: Where it was sent, if the backend said so.
    """

    delivery: CodeDelivery | None = None


@attrs.frozen
class ConfirmSignInWithOtpCode(_TakesCode):
    """Give the one-time code that was sent by e-mail or SMS.

    Attributes:
        delivery: Where it was sent, if the backend said so.
    """

    delivery: CodeDelivery | None = None


@attrs.frozen
class ConfirmSignInWithTotpCode(_TakesCode):
    """Give the code that the authenticator app shows.

    Attributes:
        friendly_device_name: What the person called the app's device, if anything.
    """

    friendly_device_name: str | None = None


@attrs.frozen
class ConfirmSignInWithPassword(Step):
    """Give the password."""

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Take the password, exactly as typed.

        Raises:
            InvalidInputError: It cannot be one.
        """
        if not isinstance(given, Secret):
            raise InvalidInputError("answer", "is no password", "give the password as a str")
        return PasswordAnswered(password_of(given), device=aside.device, client_metadata=aside.client_metadata)


@attrs.frozen
class ConfirmSignInWithCustomChallenge(Step):
    """Answer what the pool asks.

    Attributes:
        parameters: What it says: the trigger's public parameters, and USERNAME where no password came first.
    """

    parameters: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Take the answer, exactly as typed.

        Raises:
            InvalidInputError: It is no text, or empty.
        """
        if not isinstance(given, Secret):
            raise InvalidInputError("answer", "is no text", "give the answer as a str")
        answer = text_of(given, "answer", at_most=_MAX_RESPONSE_LENGTH)
        return CustomAnswered(answer, device=aside.device, client_metadata=aside.client_metadata)


@attrs.frozen
class _TakesMfaType(Step):
    """A step that is answered with a second factor.

    Attributes:
        allowed: From these.
    """

    allowed: tuple[MfaType, ...]

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Take an ``MfaType``, its name (``SMS``, ``TOTP``, ``EMAIL``) or Cognito's, in capitals or not.

        Raises:
            InvalidInputError: It is none, or not among those that are allowed.
        """
        by_name = {name: factor for factor in MfaType for name in (factor.name, factor.value)}
        chosen = _choice(given, MfaType, by_name)
        if chosen not in self.allowed:
            offered = " or ".join(factor.name for factor in self.allowed)
            raise InvalidInputError("answer", "is no second factor to choose here", f"give {offered}")
        return MfaTypeSelected(chosen, device=aside.device, client_metadata=aside.client_metadata)


@attrs.frozen
class ContinueSignInWithMfaSelection(_TakesMfaType):
    """Choose which second factor to use."""


@attrs.frozen
class ContinueSignInWithMfaSetupSelection(_TakesMfaType):
    """Choose which second factor to set up."""


@attrs.frozen
class ContinueSignInWithTotpSetup(_TakesCode):
    """Set up an authenticator app, and give the code that it shows.

    Attributes:
        shared_secret: What the app needs, in base32.
        username: Whose it is.
    """

    shared_secret: Secret
    username: str

    def setup_uri(self, app: str, account: str | None = None) -> Secret:
        """Return the ``otpauth`` URI that a QR code shows; see ``TotpSetup.setup_uri``."""
        return TotpSetup(self.shared_secret, self.username).setup_uri(app, account)


@attrs.frozen
class ContinueSignInWithEmailMfaSetup(Step):
    """Give the e-mail address that codes are to be sent to."""

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Take the address.

        Raises:
            InvalidInputError: It cannot be one.
        """
        if not isinstance(given, Secret):
            raise InvalidInputError("answer", "is no e-mail address", "give the address as a str")
        address = Secret(text_of(given, "answer", at_most=_MAX_ADDRESS_LENGTH).reveal().strip())
        local, _, domain = address.reveal().rpartition("@")
        if not local or not domain:
            raise InvalidInputError("answer", "is no e-mail address", "give one such as alice@example.com")
        return EmailAddressAnswered(address, device=aside.device, client_metadata=aside.client_metadata)


@attrs.frozen
class ContinueSignInWithFirstFactorSelection(Step):
    """Choose which first factor to use.

    Attributes:
        available: From these; empty if the backend did not say.
    """

    available: tuple[FactorType, ...] = ()

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Take a ``FactorType``, or its name in capitals or not.

        Raises:
            InvalidInputError: It is none, or not among those that are available.
        """
        return _factor_selected(given, self.available, aside)


@attrs.frozen
class ContinueSignInWithWebAuthn(Step):
    """Have an authenticator answer, or choose another first factor.

    Attributes:
        request_options: What the authenticator is asked, as JSON text: hand it to the browser's
            ``PublicKeyCredential.parseRequestOptionsFromJSON``.
        available: The first factors that may be chosen instead; empty if the backend did not say.
    """

    request_options: str
    available: tuple[FactorType, ...] = ()

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Take the ``WebAuthnCredential``, or its JSON text, or another ``FactorType``.

        Raises:
            InvalidInputError: It is none of these.
        """
        if isinstance(given, FactorType):
            return _factor_selected(given, self.available, aside)
        remedy = "give a WebAuthnCredential, or a FactorType to choose another factor"
        text = credential_of(given, "answer", remedy)
        return CredentialAnswered(text, device=aside.device, client_metadata=aside.client_metadata)


@attrs.frozen
class ContinueSignInWithUnknownChallenge(Step):
    """Answer a challenge that has no step of its own.

    Attributes:
        name: The challenge's name.
        parameters: What the backend said with it.
    """

    name: str
    parameters: Mapping[str, str] = attrs.field(factory=dict[str, str], repr=False)

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Take the challenge responses: texts by name, without USERNAME and SECRET_HASH, which are added.

        Raises:
            InvalidInputError: It is no such mapping.
        """
        if not isinstance(given, Mapping) or not given:
            remedy = "give a mapping of texts, as the challenge wants them"
            raise InvalidInputError("answer", f"is no set of responses to {self.name}", remedy)
        for name, value in given.items():
            text_of(Secret(name), "name in answer", at_most=_MAX_RESPONSE_LENGTH)
            text_of(value, f"answer[{name!r}]", at_most=_MAX_RESPONSE_LENGTH)
        answers = Secret(json.dumps({name: value.reveal() for name, value in given.items()}))
        return KeyValuesAnswered(answers, device=aside.device, client_metadata=aside.client_metadata)


@attrs.frozen
class _TakesNoAnswer(Step):
    """A step that another verb carries out."""

    def accepts(self, given: Sealed, aside: Aside = NOTHING_ASIDE) -> Answered:
        """Refuse.

        Raises:
            InvalidInputError: Always; it says which verb to use.
        """
        del given, aside
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
        new_device: The device's secrets, if the pool tracks devices and saw this one for the first time. Keep them with
            the browser or program that signed in, and give them with its next sign-in.
        is_device_unknown: Whether the pool does not know the device that was given: forget its secrets.
        unsaved_attributes: Names of the attributes that were given with a new password and could not be set.
    """

    tokens: Tokens
    user: AuthUser
    new_device: DeviceSecrets | None = None
    is_device_unknown: bool = False
    unsaved_attributes: tuple[str, ...] = ()


NextStep: TypeAlias = (
    ConfirmSignInWithNewPassword
    | ConfirmSignInWithCustomChallenge
    | ConfirmSignInWithTotpCode
    | ConfirmSignInWithSmsCode
    | ConfirmSignInWithOtpCode
    | ConfirmSignInWithPassword
    | ContinueSignInWithMfaSelection
    | ContinueSignInWithMfaSetupSelection
    | ContinueSignInWithTotpSetup
    | ContinueSignInWithEmailMfaSetup
    | ContinueSignInWithFirstFactorSelection
    | ContinueSignInWithWebAuthn
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
class CompleteAutoSignIn(Step):
    """The account can be used, and ``auto_sign_in`` signs the new user in without another question.

    Attributes:
        username: Whose account.
        session: The sign-up session, which stands for the code that was just given.
        user_id: The new user's ``sub``, if it is known here.
    """

    username: str
    session: Secret
    user_id: str | None = None


@attrs.frozen
class ConfirmAttributeWithCode(Step):
    """Give the code that was sent to confirm an attribute's new value: ``confirm_user_attribute``.

    Attributes:
        delivery: Where it was sent.
    """

    delivery: CodeDelivery


@attrs.frozen
class AttributeUpdateDone(Step):
    """The attribute has its new value."""


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
