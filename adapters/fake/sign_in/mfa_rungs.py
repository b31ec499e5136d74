"""The rungs of the second factor: which one is demanded, its codes, and setting one up on the way.

Source: Cognito developer guide, 'Adding MFA to a user pool', 'SMS and email message MFA' and 'TOTP software token MFA'.
"""

from typing import ClassVar

import attrs

from authsteps.engine.messages import Carried, Effect, Event, Secret, Step

from ..directory import MfaFactor
from .rungs import Answer, Refused

__all__ = [
    "ActivateTotp",
    "AssociateTotp",
    "ChooseSecondFactor",
    "Demand",
    "DemandFactorChoice",
    "DemandMfaSetUp",
    "DemandSecondCode",
    "DemandSetUpCode",
    "DemandSetUpEnd",
    "DemandTotpCode",
    "DeviceStandsIn",
    "EmailGiven",
    "FactorChoiceWanted",
    "FactorChosen",
    "PickSecondFactor",
    "SecondCodeSent",
    "SecondCodeWanted",
    "SecondFactorChosen",
    "SecondFactorPassed",
    "SendSecondCode",
    "SetUpCodeGiven",
    "SetUpEmail",
    "SetUpEnded",
    "SetUpWanted",
    "TotpAssociated",
    "TotpCodeWanted",
    "TotpSetUpBegun",
    "TotpVerified",
    "VerifyFactorChoice",
    "VerifySecondCode",
    "VerifySetUpCode",
    "VerifyTotpCode",
]


@attrs.frozen
class Demand:
    """Which second factor is demanded of a user.

    Attributes:
        factors: One of these; the client chooses if there are several.
        to_set_up: Where there is none that could be asked for: those that the user may set up on the way.
    """

    factors: tuple[MfaFactor, ...] = ()
    to_set_up: tuple[MfaFactor, ...] = ()


# Events: from the client.


@attrs.frozen
class FactorChosen(Answer):
    """A client answers SELECT_MFA_TYPE."""

    answer: str


@attrs.frozen
class TotpSetUpBegun(Answer):
    """A client calls AssociateSoftwareToken in the middle of a sign-in."""


@attrs.frozen
class SetUpCodeGiven(Answer):
    """A client calls VerifySoftwareToken in the middle of a sign-in.

    Attributes:
        code: What the new app shows.
        device_name: What the user calls the app; empty for nothing.
    """

    code: Secret
    device_name: str = ""


@attrs.frozen
class SetUpEnded(Answer):
    """A client answers MFA_SETUP after the app was verified."""


@attrs.frozen
class EmailGiven(Answer):
    """A client answers MFA_SETUP with an e-mail address."""

    address: Secret


# Events: from the fake itself.


@attrs.frozen
class SecondFactorChosen(Event):
    """What pool and user demand is known.

    Attributes:
        demand: It; ``None`` if they demand nothing.
    """

    demand: Demand | None


@attrs.frozen
class SecondCodeWanted(Event):
    """A code that is sent is wanted: by SMS, or by e-mail."""

    factor: MfaFactor


@attrs.frozen
class TotpCodeWanted(Event):
    """A code of the authenticator app is wanted.

    Attributes:
        device_name: What the user calls the app.
    """

    device_name: str | None


@attrs.frozen
class FactorChoiceWanted(Event):
    """The user has several second factors and prefers none, so the client has to choose.

    Attributes:
        factors: From these.
    """

    factors: tuple[MfaFactor, ...]


@attrs.frozen
class SetUpWanted(Event):
    """The user has no second factor and must set one up.

    Attributes:
        factors: One of these.
    """

    factors: tuple[MfaFactor, ...]


@attrs.frozen
class DeviceStandsIn(Event):
    """The device is remembered, and the pool takes its proof in place of the second factor."""


@attrs.frozen
class SecondCodeSent(Event):
    """A code is on its way.

    Attributes:
        code: The code.
        factor: By which way.
        destination: Where it went, masked.
        sent_to: Where it went; the code proves that address or number and no other.
        new_email: The same, if it becomes the user's own with the right code.
    """

    code: Carried
    factor: MfaFactor
    destination: str
    sent_to: Carried
    new_email: Carried | None = None


@attrs.frozen
class TotpAssociated(Event):
    """A secret for a new authenticator app stands. It belongs to this attempt until a code proves it."""

    secret: Carried


@attrs.frozen
class TotpVerified(Event):
    """The new app has shown a right code."""


@attrs.frozen
class SecondFactorPassed(Event):
    """The second factor is proved.

    Attributes:
        factor: Which.
    """

    factor: MfaFactor


# Effects: performed by the fake itself.


@attrs.frozen
class ChooseSecondFactor(Effect):
    """Find out which second factor pool and user demand.

    Attributes:
        sub: Of whom.
        proved: The second factor that the triggers of a custom sign-in had asked for already. It is enough if it is
            one of those that are demanded.
    """

    answers: ClassVar = (SecondFactorChosen, Refused)

    sub: str
    proved: MfaFactor | None = None


@attrs.frozen
class PickSecondFactor(Effect):
    """Find out how the demand is met."""

    answers: ClassVar = (SecondCodeWanted, TotpCodeWanted, FactorChoiceWanted, SetUpWanted, DeviceStandsIn, Refused)

    sub: str
    demand: Demand
    device_key: str


@attrs.frozen
class VerifyFactorChoice(Effect):
    """See whether the factor that was chosen had been offered."""

    answers: ClassVar = (SecondCodeWanted, TotpCodeWanted, Refused)

    sub: str
    answer: str
    offered: tuple[MfaFactor, ...]


@attrs.frozen
class SendSecondCode(Effect):
    """Send a code."""

    answers: ClassVar = (SecondCodeSent, Refused)

    client_id: str
    sub: str
    factor: MfaFactor


@attrs.frozen
class VerifySecondCode(Effect):
    """Compare the code that was given with the one that was sent.

    Attributes:
        sub: Whose.
        factor: By which way it was sent.
        given: The one.
        sent: The other.
        sent_to: Where it was sent.
        new_email: The same, if it is to become the user's own.
    """

    answers: ClassVar = (SecondFactorPassed, Refused)

    sub: str
    factor: MfaFactor
    given: Secret
    sent: Secret
    sent_to: Secret
    new_email: Secret | None = None


@attrs.frozen
class VerifyTotpCode(Effect):
    """Check the code of the authenticator app."""

    answers: ClassVar = (SecondFactorPassed, Refused)

    sub: str
    given: Secret


@attrs.frozen
class AssociateTotp(Effect):
    """Make a secret for a new authenticator app, if that had been offered."""

    answers: ClassVar = (TotpAssociated, Refused)

    sub: str
    offered: tuple[MfaFactor, ...]


@attrs.frozen
class VerifySetUpCode(Effect):
    """Check the first code of a new authenticator app, and give it to the user."""

    answers: ClassVar = (TotpVerified, Refused)

    sub: str
    secret: Secret
    given: Secret
    device_name: str


@attrs.frozen
class ActivateTotp(Effect):
    """Switch the new app on."""

    answers: ClassVar = (SecondFactorPassed, Refused)

    sub: str
    secret: Secret


@attrs.frozen
class SetUpEmail(Effect):
    """Send a code to an address that may become the user's, if that had been offered."""

    answers: ClassVar = (SecondCodeSent, Refused)

    client_id: str
    sub: str
    address: Secret
    offered: tuple[MfaFactor, ...]


# Steps: what goes out to the client.


@attrs.frozen
class DemandFactorChoice(Step):
    """SELECT_MFA_TYPE."""

    username: str
    factors: tuple[MfaFactor, ...]


@attrs.frozen
class DemandSecondCode(Step):
    """SMS_MFA, or EMAIL_OTP as the second factor."""

    username: str
    factor: MfaFactor
    destination: str


@attrs.frozen
class DemandTotpCode(Step):
    """SOFTWARE_TOKEN_MFA."""

    username: str
    device_name: str | None


@attrs.frozen
class DemandMfaSetUp(Step):
    """MFA_SETUP."""

    username: str
    factors: tuple[MfaFactor, ...]


@attrs.frozen
class DemandSetUpCode(Step):
    """The answer to AssociateSoftwareToken: MFA_SETUP waits for VerifySoftwareToken."""

    secret: Secret


@attrs.frozen
class DemandSetUpEnd(Step):
    """The answer to VerifySoftwareToken: MFA_SETUP waits for its own answer."""
