"""What each step takes for an answer, what it refuses, and that a refusal never quotes what was given."""

from collections.abc import Mapping
from typing import Any, get_args

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.engine.messages import Event, Secret
from authsteps.flows import steps
from authsteps.flows.errors import InvalidInputError
from authsteps.flows.events import (
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
from authsteps.flows.model import DeviceSecrets, FactorType, MfaType, NewPassword, WebAuthnCredential, seal
from authsteps.flows.steps import NextStep
from tests.flows.world import tokens

METADATA = {"from": "a test"}
DEVICE = DeviceSecrets("key", "group", Secret("device password"))
ASIDE = steps.Aside(METADATA, DEVICE)
CANARY = "K4n4ry"
"""Stands in every bad answer that can hold it, and in no text of ours."""

NEW_PASSWORD = steps.ConfirmSignInWithNewPassword()
NEW_PASSWORD_AND_EMAIL = steps.ConfirmSignInWithNewPassword(missing_attributes=("email", "name"))
SMS = steps.ConfirmSignInWithSmsCode()
TOTP = steps.ConfirmSignInWithTotpCode()
OTP = steps.ConfirmSignInWithOtpCode()
TOTP_SETUP = steps.ContinueSignInWithTotpSetup(Secret("SHARED"), "alice")
PASSWORD = steps.ConfirmSignInWithPassword()
CUSTOM = steps.ConfirmSignInWithCustomChallenge({"hint": "blue"})
MFA = steps.ContinueSignInWithMfaSelection((MfaType.SMS, MfaType.TOTP))
MFA_SETUP = steps.ContinueSignInWithMfaSetupSelection((MfaType.TOTP, MfaType.EMAIL))
EMAIL = steps.ContinueSignInWithEmailMfaSetup()
FACTOR = steps.ContinueSignInWithFirstFactorSelection((FactorType.EMAIL_OTP, FactorType.PASSWORD_SRP))
ANY_FACTOR = steps.ContinueSignInWithFirstFactorSelection()
WEB_AUTHN = steps.ContinueSignInWithWebAuthn("{}", (FactorType.PASSWORD, FactorType.WEB_AUTHN))
UNKNOWN = steps.ContinueSignInWithUnknownChallenge("FUTURE")
RESET = steps.ResetPassword("Alice", "Password reset required for the user")
CONFIRM = steps.ConfirmSignUp("Alice", "User is not confirmed.")
DONE = steps.Done(tokens(), tokens().user)


def accept(step: NextStep, answer: Any) -> Event:  # people pass anything
    return step.accepts(seal(answer), ASIDE)


def went_with_it(event: Event) -> Event:
    """The event with what the answer brought along and is no part of it."""
    assert isinstance(event, Answered)
    return attrs.evolve(event, device=DEVICE, client_metadata=METADATA)


def refuse(step: NextStep, answer: Any) -> InvalidInputError:  # people pass anything
    with pytest.raises(InvalidInputError) as caught:
        accept(step, answer)
    return caught.value


GOOD: Mapping[str, tuple[NextStep, object, Event]] = {
    "a code by SMS": (SMS, "123456", CodeAnswered(Secret("123456"))),
    "a code as an app shows it": (TOTP, "123 456", CodeAnswered(Secret("123456"))),
    "a code as it was copied": (TOTP, "\t123\u00a0456 \r\n", CodeAnswered(Secret("123456"))),
    "a code that is masked already": (TOTP, Secret("123456"), CodeAnswered(Secret("123456"))),
    "a code of letters": (SMS, "aBc-9", CodeAnswered(Secret("aBc-9"))),
    "a code as long as Cognito takes": (SMS, "9" * 2048, CodeAnswered(Secret("9" * 2048))),
    "a password": (NEW_PASSWORD, "Passw0rd!", NewPasswordAnswered(Secret("Passw0rd!"), {})),
    "a password with spaces around": (NEW_PASSWORD, "  a b  ", NewPasswordAnswered(Secret("  a b  "), {})),
    "a password of spaces": (NEW_PASSWORD, "   ", NewPasswordAnswered(Secret("   "), {})),
    "a password in no normal form": (
        NEW_PASSWORD,
        "e\u0301\u00e9\U0001f511",
        NewPasswordAnswered(Secret("e\u0301\u00e9\U0001f511"), {}),
    ),
    "a password of 256": (NEW_PASSWORD, "é" * 256, NewPasswordAnswered(Secret("é" * 256), {})),
    "a password and no attributes": (
        NEW_PASSWORD,
        NewPassword("Passw0rd!"),
        NewPasswordAnswered(Secret("Passw0rd!"), {}),
    ),
    "a password and the missing attributes": (
        NEW_PASSWORD_AND_EMAIL,
        NewPassword("Passw0rd!", {"email": "a@b", "name": "Alice"}),
        NewPasswordAnswered(Secret("Passw0rd!"), {"email": "a@b", "name": "Alice"}),
    ),
    "a password and more attributes than are missing": (
        NEW_PASSWORD,
        NewPassword("Passw0rd!", {"nickname": ""}),
        NewPasswordAnswered(Secret("Passw0rd!"), {"nickname": ""}),
    ),
    "a one-time code": (OTP, "123 456", CodeAnswered(Secret("123456"))),
    "a code that shows that an app is set up": (TOTP_SETUP, "123 456", CodeAnswered(Secret("123456"))),
    "the password": (PASSWORD, " Pässw0rd! ", PasswordAnswered(Secret(" Pässw0rd! "))),
    "an answer of its own": (CUSTOM, " forty two ", CustomAnswered(Secret(" forty two "))),
    "a second factor": (MFA, MfaType.TOTP, MfaTypeSelected(MfaType.TOTP)),
    "a second factor by its name": (MFA, " totp ", MfaTypeSelected(MfaType.TOTP)),
    "a second factor by Cognito's name": (MFA, "sms_mfa", MfaTypeSelected(MfaType.SMS)),
    "a second factor to set up": (MFA_SETUP, "EMAIL", MfaTypeSelected(MfaType.EMAIL)),
    "an address": (EMAIL, " alice@example.com\n", EmailAddressAnswered(Secret("alice@example.com"))),
    "a first factor": (FACTOR, FactorType.EMAIL_OTP, FirstFactorSelected(FactorType.EMAIL_OTP)),
    "a first factor by its name": (FACTOR, "password_srp", FirstFactorSelected(FactorType.PASSWORD_SRP)),
    "any first factor where nobody said which there are": (
        ANY_FACTOR,
        FactorType.WEB_AUTHN,
        FirstFactorSelected(FactorType.WEB_AUTHN),
    ),
    "a passkey's answer": (WEB_AUTHN, WebAuthnCredential.of({"id": "1"}), CredentialAnswered(Secret('{"id": "1"}'))),
    "a passkey's answer as JSON": (WEB_AUTHN, '{"id": 1}', CredentialAnswered(Secret('{"id": 1}'))),
    "another factor than the passkey": (WEB_AUTHN, FactorType.PASSWORD, FirstFactorSelected(FactorType.PASSWORD)),
    "responses": (
        UNKNOWN,
        {"ANSWER": 'forty "two"', "MORE": "é"},
        KeyValuesAnswered(Secret('{"ANSWER": "forty \\"two\\"", "MORE": "\\u00e9"}')),
    ),
}

NO_TEXTS: Mapping[str, object] = {"nothing": None, "bytes": CANARY.encode(), "a number": 123456, "a list": [CANARY]}
MAPPINGS: Mapping[str, object] = {"a mapping": {"code": CANARY}, "a new password": NewPassword(CANARY)}

BAD_CODES: Mapping[str, tuple[object, str]] = {
    "an empty one": ("", "is empty"),
    "spaces": ("  \t ", "is empty"),
    "a megabyte": (CANARY * 200_000, "is longer than 2048 characters"),
    "a megabyte of spaces": (" " * 1_000_000, "is longer than 2048 characters"),
    "one of 2049": ("9" * 2049, "is longer than 2048 characters"),
    "a lone surrogate": (f"{CANARY}\ud800", "has a lone surrogate"),
    **{name: (answer, "is not a text") for name, answer in NO_TEXTS.items()},
    **{name: (answer, "is not a code") for name, answer in MAPPINGS.items()},
}

BAD_PASSWORDS: Mapping[str, tuple[object, str, str]] = {
    "an empty one": ("", "password", "is empty"),
    "one of 257": ("x" * 257, "password", "is longer than 256 characters"),
    "a megabyte": (CANARY * 200_000, "password", "is longer than 256 characters"),
    "a lone surrogate": (f"{CANARY}\ud800", "password", "has a lone surrogate"),
    "a mapping": ({"password": CANARY}, "answer", "is no password"),
    "an empty mapping": ({}, "answer", "is no password"),
    "an empty new password": (NewPassword(""), "password", "is empty"),
    "an attribute that is no text": (
        NewPassword("Passw0rd!", {"age": 42}),  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]  # that is the point
        "attributes",
        "has a name or a value that is not a text",
    ),
    "an attribute without a name": (
        NewPassword("Passw0rd!", {"": CANARY}),
        "attributes",
        "has a name or a value that is not a text",
    ),
    "an attribute with a lone surrogate": (
        NewPassword("Passw0rd!", {"name": f"{CANARY}\ud800"}),
        "attributes",
        "has a lone surrogate",
    ),
    **{name: (answer, "password", "is not a text") for name, answer in NO_TEXTS.items()},
}

BAD_RESPONSES: Mapping[str, tuple[object, str, str]] = {
    "a text": (CANARY, "answer", "is no set of responses to FUTURE"),
    "a new password": (NewPassword(CANARY), "answer", "is no set of responses to FUTURE"),
    "an empty mapping": ({}, "answer", "is no set of responses to FUTURE"),
    "an empty response": ({"ANSWER": ""}, "answer['ANSWER']", "is empty"),
    "a response that is no text": ({"ANSWER": 42}, "answer['ANSWER']", "is not a text"),
    "a response that is too long": (
        {"ANSWER": CANARY * 200_000},
        "answer['ANSWER']",
        "is longer than 131072 characters",
    ),
    "a lone surrogate": ({"ANSWER": f"{CANARY}\ud800"}, "answer['ANSWER']", "has a lone surrogate"),
    "a name that is no text": ({42: CANARY}, "name in answer", "is not a text"),
    "a name that is empty": ({"": CANARY}, "name in answer", "is empty"),
    "nothing": (None, "answer", "is no set of responses to FUTURE"),
}

BAD_CHOICES: Mapping[str, tuple[NextStep, object, str, str]] = {
    "a second factor that is not allowed": (
        MFA,
        MfaType.EMAIL,
        "is no second factor to choose here",
        "give SMS or TOTP",
    ),
    "a second factor that is none": (MFA, CANARY, "is no second factor to choose here", "give SMS or TOTP"),
    "a second factor that cannot be set up here": (
        MFA_SETUP,
        "SMS",
        "is no second factor to choose here",
        "give TOTP or EMAIL",
    ),
    "a first factor that is not available": (
        FACTOR,
        FactorType.WEB_AUTHN,
        "is no first factor to choose here",
        "give EMAIL_OTP or PASSWORD_SRP",
    ),
    "a first factor that is none": (
        ANY_FACTOR,
        CANARY,
        "is no first factor to choose here",
        "give PASSWORD or PASSWORD_SRP or EMAIL_OTP or SMS_OTP or WEB_AUTHN",
    ),
    "no address": (EMAIL, CANARY, "is no e-mail address", "give one such as alice@example.com"),
    "half an address": (EMAIL, f"{CANARY}@", "is no e-mail address", "give one such as alice@example.com"),
    "nobody's address": (EMAIL, f"@{CANARY}", "is no e-mail address", "give one such as alice@example.com"),
    "a mapping for an address": (EMAIL, {"to": CANARY}, "is no e-mail address", "give the address as a str"),
    "a mapping for the password": (PASSWORD, {"is": CANARY}, "is no password", "give the password as a str"),
    "a mapping for an answer": (CUSTOM, {"is": CANARY}, "is no text", "give the answer as a str"),
    "an empty answer": (CUSTOM, "", "is empty", "give the answer"),
    "no JSON for a passkey": (
        WEB_AUTHN,
        CANARY,
        "is no credential",
        "give a WebAuthnCredential, or a FactorType to choose another factor",
    ),
    "JSON that is no object": (
        WEB_AUTHN,
        f'["{CANARY}"]',
        "is no credential",
        "give a WebAuthnCredential, or a FactorType to choose another factor",
    ),
    "a factor that is not there instead of the passkey": (
        WEB_AUTHN,
        FactorType.SMS_OTP,
        "is no first factor to choose here",
        "give PASSWORD or WEB_AUTHN",
    ),
    **{
        f"{name} for {type(step).__name__}": (step, answer, "", "")
        for step in (PASSWORD, CUSTOM, MFA, MFA_SETUP, EMAIL, FACTOR, WEB_AUTHN)
        for name, answer in NO_TEXTS.items()
    },
}


@pytest.mark.parametrize(("step", "answer", "event"), GOOD.values(), ids=[*GOOD])
def test_a_good_answer_becomes_the_event_that_goes_on(step: NextStep, answer: object, event: Event) -> None:
    assert accept(step, answer) == went_with_it(event)


@pytest.mark.parametrize(("step", "answer", "problem", "remedy"), BAD_CHOICES.values(), ids=[*BAD_CHOICES])
def test_what_cannot_be_such_an_answer_is_refused(step: NextStep, answer: object, problem: str, remedy: str) -> None:
    error = refuse(step, answer)
    assert error.field in ("answer", "password")
    assert (error.problem, error.remedy) == (problem or error.problem, remedy or error.remedy)


@pytest.mark.parametrize("step", [SMS, OTP, TOTP, TOTP_SETUP], ids=lambda step: type(step).__name__)
@pytest.mark.parametrize(("answer", "problem"), BAD_CODES.values(), ids=[*BAD_CODES])
def test_what_cannot_be_a_code_is_refused(step: NextStep, answer: object, problem: str) -> None:
    error = refuse(step, answer)
    assert (error.field, error.problem) == ("answer", problem)


@pytest.mark.parametrize(("answer", "field", "problem"), BAD_PASSWORDS.values(), ids=[*BAD_PASSWORDS])
def test_what_cannot_be_a_new_password_is_refused(answer: object, field: str, problem: str) -> None:
    error = refuse(NEW_PASSWORD, answer)
    assert (error.field, error.problem) == (field, problem)


@pytest.mark.parametrize("attributes", [{}, {"email": "a@b", "name": ""}, {"email": "a@b"}], ids=str)
def test_missing_attributes_are_asked_for_by_name(attributes: dict[str, str]) -> None:
    error = refuse(NEW_PASSWORD_AND_EMAIL, NewPassword("Passw0rd!", attributes))
    assert error.field == "attributes"
    assert "name" in error.problem
    assert ("email" in error.problem) is ("email" not in attributes)


def test_a_bare_password_where_attributes_are_missing_is_refused() -> None:
    assert str(refuse(NEW_PASSWORD_AND_EMAIL, "Passw0rd!")) == (
        "attributes lack email, name; give a NewPassword with these attributes"
    )


@pytest.mark.parametrize(("answer", "field", "problem"), BAD_RESPONSES.values(), ids=[*BAD_RESPONSES])
def test_what_cannot_be_a_set_of_responses_is_refused(answer: object, field: str, problem: str) -> None:
    error = refuse(UNKNOWN, answer)
    assert (error.field, error.problem) == (field, problem)


EVERY_REFUSAL = [
    *((bad[0], bad[1]) for bad in BAD_CHOICES.values()),
    *((step, bad[0]) for step in (SMS, OTP, TOTP, TOTP_SETUP) for bad in BAD_CODES.values()),
    *((NEW_PASSWORD, bad[0]) for bad in BAD_PASSWORDS.values()),
    *((UNKNOWN, bad[0]) for bad in BAD_RESPONSES.values()),
    *((step, CANARY) for step in (RESET, CONFIRM, DONE)),
]


def test_no_refusal_quotes_what_was_given_and_each_says_what_to_do() -> None:
    for step, answer in EVERY_REFUSAL:
        error = refuse(step, answer)
        assert CANARY not in f"{error!s} {error!r} {error.args}"
        assert error.remedy
        assert str(error) == f"{error.field} {error.problem}; {error.remedy}"
        assert error.__cause__ is None
        assert error.__context__ is None


@pytest.mark.parametrize(
    ("step", "remedy"),
    [
        (RESET, "call reset_password and confirm_reset_password, then sign_in"),
        (CONFIRM, "call resend_sign_up_code if the code is lost, and confirm_sign_up, then sign_in"),
        (DONE, "the run is over"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("answer", ["123456", "", {"a": "b"}, None])
def test_a_step_that_takes_no_answer_names_the_verb_to_use(step: NextStep, remedy: str, answer: object) -> None:
    error = refuse(step, answer)
    assert (error.field, error.problem, error.remedy) == (
        "answer",
        f"has no place at {type(step).__name__}",
        remedy,
    )


def test_every_next_step_has_a_test_above() -> None:
    answered = [step for step, _, _ in GOOD.values()]
    assert {type(step) for step in (*answered, RESET, CONFIRM, DONE)} == set(get_args(NextStep))


def test_attributes_are_copied_so_that_nobody_can_change_them_later() -> None:
    metadata, attributes = {"from": "a test"}, {"email": "a@b"}
    event = NEW_PASSWORD.accepts(NewPassword("Passw0rd!", attributes), steps.Aside(metadata))
    attributes.clear()
    assert event == NewPasswordAnswered(Secret("Passw0rd!"), {"email": "a@b"}, client_metadata={"from": "a test"})


def test_an_app_that_is_set_up_can_be_given_a_name() -> None:
    event = TOTP_SETUP.accepts(Secret("123456"), steps.Aside(friendly_device_name="phone"))
    assert event == CodeAnswered(Secret("123456"), "phone")


def test_what_an_app_needs_is_shown_and_masked() -> None:
    assert TOTP_SETUP.setup_uri("App").reveal() == "otpauth://totp/App:alice?secret=SHARED&issuer=App"
    assert "SHARED" not in repr(TOTP_SETUP)


@given(st.text(min_size=1, max_size=256))
def test_a_password_arrives_exactly_as_typed(password: str) -> None:
    event = accept(NEW_PASSWORD, password)
    assert isinstance(event, NewPasswordAnswered)
    assert event.password.reveal() == password


@given(st.text(alphabet="0123456789 \t\n\u00a0\u2009", max_size=64))
def test_a_code_loses_its_spaces_and_nothing_else(code: str) -> None:
    digits = "".join(character for character in code if character.isdigit())
    if digits:
        assert accept(TOTP, code) == went_with_it(CodeAnswered(Secret(digits)))
    else:
        assert refuse(TOTP, code).problem == "is empty"
