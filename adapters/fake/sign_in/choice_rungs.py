"""The rungs of choice-based sign-in (USER_AUTH): one first factor of several, with or without a password.

Source: Cognito developer guide, 'Authentication with Amazon Cognito user pools' (choice-based sign-in); Amazon Cognito
user pools API reference, InitiateAuth and RespondToAuthChallenge.
"""

from typing import ClassVar

import attrs

from authsteps.engine.messages import Carried, Effect, Event, Secret, Step

from ..directory import FirstFactor
from .rungs import Answer, FirstFactorPassed, ProofWanted, Refused

__all__ = [
    "CheckPasskey",
    "ChoiceBegun",
    "ChooseFirstFactor",
    "DemandFirstChoice",
    "DemandFirstCode",
    "DemandPasskey",
    "FirstChoiceWanted",
    "FirstCodeSent",
    "FirstCodeWanted",
    "FirstFactorChosen",
    "HandOverGiven",
    "PasskeyChallenged",
    "PasskeyGiven",
    "PasskeyWanted",
    "PasswordWanted",
    "PreparePasskey",
    "RedeemHandOver",
    "SendFirstCode",
    "VerifyFirstChoice",
    "VerifyFirstCode",
]

# Events: from the client.


@attrs.frozen
class ChoiceBegun(Answer):
    """A client begins with USER_AUTH.

    Attributes:
        client_id: Through which client.
        username: As typed.
        preferred: The challenge that it prefers; empty for none.
        password: What goes with PASSWORD.
        srp_a: What goes with PASSWORD_SRP.
    """

    client_id: str
    username: str
    preferred: str = ""
    password: Secret | None = None
    srp_a: Secret | None = None


@attrs.frozen
class HandOverGiven(Answer):
    """A client begins with USER_AUTH and with the session that a confirmed sign-up handed over."""

    client_id: str
    username: str
    session: Secret


@attrs.frozen
class FirstFactorChosen(Answer):
    """A client answers SELECT_CHALLENGE.

    Attributes:
        answer: What it chose.
        password: What goes with PASSWORD.
        srp_a: What goes with PASSWORD_SRP.
    """

    answer: str
    password: Secret | None = None
    srp_a: Secret | None = None


@attrs.frozen
class PasskeyGiven(Answer):
    """A client answers WEB_AUTHN.

    Attributes:
        credential: The browser's assertion, as JSON.
    """

    credential: Secret


# Events: from the fake itself.


@attrs.frozen
class FirstChoiceWanted(Event):
    """The client has to choose.

    Attributes:
        available: From these, as challenges are called.
    """

    available: tuple[str, ...]


@attrs.frozen
class PasswordWanted(Event):
    """The password that came along is to be checked.

    Attributes:
        available: What could have been chosen instead.
    """

    available: tuple[str, ...] = ()


@attrs.frozen
class FirstCodeWanted(Event):
    """A one-time code is wanted, by e-mail or SMS.

    Attributes:
        channel: Which of the two.
        available: What could have been chosen instead.
    """

    channel: FirstFactor
    available: tuple[str, ...] = ()


@attrs.frozen
class PasskeyWanted(Event):
    """A passkey is wanted.

    Attributes:
        available: What could have been chosen instead.
    """

    available: tuple[str, ...] = ()


@attrs.frozen
class FirstCodeSent(Event):
    """A one-time code is on its way, or nothing is, where there is no such user.

    Attributes:
        code: The code.
        destination: Where it went, masked.
        sent_to: Where it went; the code proves that address or number and no other.
    """

    code: Carried
    destination: str
    sent_to: Carried


@attrs.frozen
class PasskeyChallenged(Event):
    """The browser can be asked.

    Attributes:
        challenge: What the passkey must sign, as hexadecimal.
        options: CREDENTIAL_REQUEST_OPTIONS, as JSON.
    """

    challenge: Carried
    options: Carried


# Effects: performed by the fake itself.


@attrs.frozen
class ChooseFirstFactor(Effect):
    """Find out which first factors this user has, and whether the preferred one is among them."""

    answers: ClassVar = (FirstChoiceWanted, PasswordWanted, ProofWanted, FirstCodeWanted, PasskeyWanted, Refused)

    sub: str
    preferred: str


@attrs.frozen
class VerifyFirstChoice(Effect):
    """See whether the first factor that was chosen had been offered, and is there still."""

    answers: ClassVar = (PasswordWanted, ProofWanted, FirstCodeWanted, PasskeyWanted, Refused)

    sub: str
    answer: str
    offered: tuple[str, ...]


@attrs.frozen
class SendFirstCode(Effect):
    """Send a one-time code."""

    answers: ClassVar = (FirstCodeSent, Refused)

    client_id: str
    sub: str
    typed: str
    channel: FirstFactor


@attrs.frozen
class VerifyFirstCode(Effect):
    """Compare the one-time code that was given with the one that was sent, and where it was sent with what is there."""

    answers: ClassVar = (FirstFactorPassed, Refused)

    sub: str
    channel: FirstFactor
    given: Secret
    sent: Secret
    sent_to: Secret


@attrs.frozen
class PreparePasskey(Effect):
    """Make a challenge for the browser."""

    answers: ClassVar = (PasskeyChallenged, Refused)

    sub: str


@attrs.frozen
class CheckPasskey(Effect):
    """Check the browser's assertion."""

    answers: ClassVar = (FirstFactorPassed, Refused)

    sub: str
    credential: Secret
    challenge: Secret


@attrs.frozen
class RedeemHandOver(Effect):
    """Take the session of a confirmed sign-up for the first factor: the code was one."""

    answers: ClassVar = (FirstFactorPassed, Refused)

    client_id: str
    sub: str
    session: Secret


# Steps: what goes out to the client.


@attrs.frozen
class DemandFirstChoice(Step):
    """SELECT_CHALLENGE. What there is to choose from stands beside the challenge."""


@attrs.frozen
class DemandFirstCode(Step):
    """EMAIL_OTP or SMS_OTP, as the first factor."""

    channel: FirstFactor
    destination: str


@attrs.frozen
class DemandPasskey(Step):
    """WEB_AUTHN."""

    options: Secret
