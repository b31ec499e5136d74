"""One authenticator app as the server knows it."""

import base64
from datetime import datetime
from typing import Final

import attrs
from pyotp.totp import TOTP

from authsteps.engine.messages import Secret
from authsteps.engine.ports import Entropy

from .errors import Cause, Rule, constraint_refusal, refusal, violation

__all__ = ["SoftwareToken", "check_user_code"]

_DIGITS: Final = 6
_SECRET_BYTES: Final = 32
_STEPS_AROUND: Final = 1


@attrs.define
class SoftwareToken:
    """An authenticator app that shares a secret with the pool.

    Its code of six digits changes every 30 seconds. The pool takes the code of the present time step and of the ones
    next to it, each once.

    Source: RFC 6238, sections 4 and 5.2; Cognito developer guide, 'TOTP software token MFA'. The length of the secret
    is known from experience.

    Attributes:
        secret: What both sides know, in base32: 52 characters.
        friendly_name: What the user calls the app, if anything.
        verified: Whether the user has shown a right code once.
        used_steps: The time steps whose codes were taken and could come again.
    """

    secret: Secret
    friendly_name: str | None = None
    verified: bool = False
    used_steps: frozenset[int] = frozenset()

    @classmethod
    def make(cls, entropy: Entropy) -> "SoftwareToken":
        """Return an app with a new secret."""
        text = base64.b32encode(entropy.random_bytes(_SECRET_BYTES)).decode("ascii")
        return cls(Secret(text.rstrip("=")))

    def verify(self, code: Secret, now: datetime, *, wrong: Cause = Cause.TOTP_CODE_WRONG) -> None:
        """Take ``code`` if it is right at ``now``, and never again.

        How long it takes does not depend on which time step the code belongs to, nor on where it differs.

        Args:
            code: What the person sent.
            now: The server's time.
            wrong: The refusal of a wrong code; setting up an app has another than signing in.

        Raises:
            ServiceError: The refusal ``wrong``, or ``ExpiredCodeException`` if the code was right and used before.
        """
        totp = TOTP(self.secret.reveal())
        present = totp.timecode(now)
        accepted = range(max(0, present - _STEPS_AROUND), present + _STEPS_AROUND + 1)
        matching = frozenset([step for step in accepted if Secret(totp.generate_otp(step)) == code])
        if not matching:
            raise refusal(wrong)
        if matching & self.used_steps:
            raise refusal(Cause.TOTP_CODE_USED)
        self.used_steps = (self.used_steps | matching) & frozenset(accepted)


def check_user_code(code: Secret) -> None:
    """Return if this can be the code of an authenticator app.

    Raises:
        ServiceError: It cannot; the text lists all that is wrong.
    """
    if violations := _violations(code):  # found elsewhere: no variable holds the code's text where this raises
        raise constraint_refusal(violations)


def _violations(code: Secret) -> list[str]:
    """Source: service model, SoftwareTokenMFAUserCodeType."""
    text = code.reveal()
    violations: list[str] = []
    if len(text) < _DIGITS:
        violations.append(violation("userCode", Rule.MIN_LENGTH, limit=str(_DIGITS)))
    if len(text) > _DIGITS:
        violations.append(violation("userCode", Rule.MAX_LENGTH, limit=str(_DIGITS)))
    if not (text.isascii() and text.isdigit()):
        violations.append(violation("userCode", Rule.PATTERN, pattern="[0-9]+"))
    return violations
