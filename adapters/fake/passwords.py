"""Which passwords a pool takes, and in which words it refuses the others."""

import re
import string
from datetime import timedelta
from typing import Final

import attrs

from authsteps.engine.messages import Secret

from .errors import Cause, Rule, constraint_refusal, refusal, violation

__all__ = ["SYMBOLS", "PasswordPolicy"]

SYMBOLS: Final = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")
"""What counts as a symbol. The space does, and it may stand anywhere but at the ends.

Source: Cognito developer guide, 'Adding user pool password requirements'.
"""

_UPPERCASE: Final = frozenset(string.ascii_uppercase)
_LOWERCASE: Final = frozenset(string.ascii_lowercase)
_NUMBERS: Final = frozenset(string.digits)

_LONGEST: Final = 256
_PATTERN: Final = r"^[\S]+.*[\S]+$"
_NO_SPACE_AT_THE_ENDS: Final = re.compile(r"\S(.*\S)?", re.ASCII)


@attrs.frozen
class PasswordPolicy:
    """What a pool demands of a password. The defaults are the service's own.

    Upper and lower case mean basic Latin letters only.

    Attributes:
        minimum_length: 6 to 99 characters.
        require_uppercase: Whether one of A-Z is needed.
        require_lowercase: Whether one of a-z is needed.
        require_numbers: Whether one of 0-9 is needed.
        require_symbols: Whether one of ``SYMBOLS`` is needed.
        temporary_password_validity: How long the password that an administrator gave can be used.
        history_size: How many of a user's last passwords cannot be had again, the present one included: 0 to 24.

    Source: service model, PasswordPolicyType; Cognito developer guide, 'Adding user pool password requirements'.
    """

    minimum_length: int = attrs.field(default=8, validator=[attrs.validators.ge(6), attrs.validators.le(99)])
    require_uppercase: bool = True
    require_lowercase: bool = True
    require_numbers: bool = True
    require_symbols: bool = True
    temporary_password_validity: timedelta = timedelta(days=7)
    history_size: int = attrs.field(default=0, validator=[attrs.validators.ge(0), attrs.validators.le(24)])

    def check(self, password: Secret, member: str = "password") -> None:
        """Return if the pool takes ``password``.

        Args:
            password: What was asked for.
            member: The request's member that it came in, as the service names it in a report.

        Raises:
            ServiceError: ``InvalidParameterException`` if the password is longer than 256 characters or begins or
                ends with a space; ``InvalidPasswordException``, naming the first broken rule, if the policy refuses
                it.
        """
        if violations := _violations(password, member):
            raise constraint_refusal(violations)
        if broken := self._first_broken_rule(password):
            raise refusal(broken)

    def _first_broken_rule(self, password: Secret) -> Cause | None:
        text = password.reveal()
        rules = (
            (len(text) >= self.minimum_length, Cause.PASSWORD_TOO_SHORT),
            (not self.require_uppercase or not _UPPERCASE.isdisjoint(text), Cause.PASSWORD_WITHOUT_UPPERCASE),
            (not self.require_lowercase or not _LOWERCASE.isdisjoint(text), Cause.PASSWORD_WITHOUT_LOWERCASE),
            (not self.require_numbers or not _NUMBERS.isdisjoint(text), Cause.PASSWORD_WITHOUT_NUMBERS),
            (not self.require_symbols or not SYMBOLS.isdisjoint(text), Cause.PASSWORD_WITHOUT_SYMBOLS),
        )
        return next((cause for kept, cause in rules if not kept), None)


def _violations(password: Secret, member: str) -> list[str]:
    text = password.reveal()
    violations: list[str] = []
    if len(text) > _LONGEST:
        violations.append(violation(member, Rule.MAX_LENGTH, limit=str(_LONGEST)))
    if text and not _NO_SPACE_AT_THE_ENDS.fullmatch(text):
        violations.append(violation(member, Rule.PATTERN, pattern=_PATTERN))
    return violations
