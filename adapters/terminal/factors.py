"""The factors and the ways to begin, as a menu shows them."""

from collections.abc import Iterable

from authsteps.flows import FactorType, MfaType

from .prompts import Choice

__all__ = ["MFA_NAMES", "first_factors", "second_factors"]

_FIRST = {
    FactorType.PASSWORD: "the password, sent over TLS",
    FactorType.PASSWORD_SRP: "the password, proved and never sent",
    FactorType.EMAIL_OTP: "a code by e-mail",
    FactorType.SMS_OTP: "a code by SMS",
    FactorType.WEB_AUTHN: "a passkey",
}
_SECOND = {
    MfaType.SMS: "a code by SMS",
    MfaType.TOTP: "a code of an authenticator app",
    MfaType.EMAIL: "a code by e-mail",
}

MFA_NAMES = {factor: factor.name.casefold() for factor in MfaType}
"""What second factors are called on the command line."""


def first_factors(factors: Iterable[FactorType]) -> list[Choice[FactorType]]:
    """Return a menu of first factors."""
    return [Choice(factor, factor.value, _FIRST[factor]) for factor in factors]


def second_factors(factors: Iterable[MfaType]) -> list[Choice[MfaType]]:
    """Return a menu of second factors, which Cognito's own names choose as well."""
    return [Choice(factor, factor.name, _SECOND[factor], (factor.value,)) for factor in factors]
