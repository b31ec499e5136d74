"""The codes that a pool sends: how they are made, checked and limited, and the outbox where tests read them.

Nothing leaves the process. A message that Cognito would send by SMS or e-mail is put into the outbox.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import attrs

from authsteps.adapters.lambda_triggers import Trigger
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Entropy

from .errors import Cause, refusal

__all__ = [
    "ATTEMPTS_PER_HOUR",
    "CHANNELS",
    "CODE_RULES",
    "MOST_KEPT",
    "AttemptLimit",
    "Code",
    "CodeRule",
    "Medium",
    "Message",
    "Outbox",
    "Purpose",
    "make_code",
    "mask_email",
    "mask_phone",
]


MOST_KEPT: Final = 10_000
"""How many messages an outbox holds."""


class Medium(StrEnum):
    """How a message goes out, as on the wire."""

    SMS = "SMS"
    EMAIL = "EMAIL"


CHANNELS: Final[Mapping[str, Medium]] = {"phone_number": Medium.SMS, "email": Medium.EMAIL}
"""The attributes that messages go to, in the order in which the service prefers them.

Source: Cognito developer guide, 'Signing up users in your app'.
"""


class Purpose(StrEnum):
    """What a code is for."""

    SIGN_UP = "sign_up"
    ATTRIBUTE_VERIFICATION = "attribute_verification"
    PASSWORD_RESET = "password_reset"
    SMS_MFA = "sms_mfa"
    SMS_OTP = "sms_otp"
    EMAIL_OTP = "email_otp"
    INVITATION = "invitation"
    """A temporary password, sent to whom an administrator made an account for."""


@attrs.frozen
class CodeRule:
    """What codes for one purpose look like and how long they live.

    Attributes:
        digits: How many.
        life: From sending to expiry. None where the code lives as long as the client's authentication session.
    """

    digits: int
    life: timedelta | None


CODE_RULES: Final[Mapping[Purpose, CodeRule]] = {
    Purpose.SIGN_UP: CodeRule(digits=6, life=timedelta(hours=24)),
    Purpose.ATTRIBUTE_VERIFICATION: CodeRule(digits=6, life=timedelta(hours=24)),
    Purpose.PASSWORD_RESET: CodeRule(digits=6, life=timedelta(hours=1)),
    Purpose.SMS_MFA: CodeRule(digits=6, life=None),
    Purpose.SMS_OTP: CodeRule(digits=8, life=None),
    Purpose.EMAIL_OTP: CodeRule(digits=8, life=None),
}
"""The rule for every purpose.

Source: Cognito developer guide, 'Quotas in Amazon Cognito' and 'SMS and email message MFA'. Eight digits are recorded
for e-mail codes and assumed for SMS one-time passwords; six digits are known from experience.
"""


@attrs.frozen
class Message:
    """One message that Cognito would have sent.

    Attributes:
        id: Tells it from every other message of the pool.
        username: The user's canonical name.
        medium: How it goes out.
        destination: The whole e-mail address or phone number, not masked.
        code: The code or temporary password in it; empty if there is none.
        purpose: What the code is for.
        sent_at: When.
        body: What the person would read; empty where a custom sender writes it.
        subject: Of an e-mail; an SMS has none.
        sender: The custom sender that it was handed to; ``None`` where the pool sends it itself.
        trouble: Why the sender did not take it, in the service's words. Nobody else hears of it.
    """

    id: str
    username: str
    medium: Medium
    destination: str
    code: Secret
    purpose: Purpose
    sent_at: datetime
    body: Secret
    subject: Secret | None = None
    sender: Trigger | None = None
    trouble: str | None = attrs.field(default=None, repr=False)


@attrs.define
class Outbox:
    """The messages that a pool sent, in order. Iterate over it, or ask for the latest.

    It keeps as many as ``MOST_KEPT``, and forgets the oldest first: a pool may be served for weeks.
    """

    _messages: deque[Message] = attrs.field(factory=lambda: deque[Message](maxlen=MOST_KEPT), init=False)

    def __iter__(self) -> Iterator[Message]:
        return iter(tuple(self._messages))

    def __len__(self) -> int:
        return len(self._messages)

    def append(self, message: Message) -> None:
        """Add a message that was just sent."""
        self._messages.append(message)

    def latest(self, username: str, purpose: Purpose | None = None) -> Message:
        """Return the last message to this user, for this purpose if one is given.

        Raises:
            LookupError: There is none; the text lists what this user was sent.
        """
        sent = [message for message in self._messages if message.username == username]
        for message in reversed(sent):
            if purpose is None or message.purpose is purpose:
                return message
        wanted = "no message" if purpose is None else f"no {purpose} message"
        others = ", ".join(message.purpose for message in sent) or "nothing"
        raise LookupError(f"{wanted} was sent to {username!r}, who was sent: {others}")

    def clear(self) -> None:
        """Forget all messages."""
        self._messages.clear()


@attrs.frozen
class Code:
    """A code that was sent and is waited for. Whoever accepts it drops it: it works once.

    Attributes:
        value: What the person has to send back.
        purpose: What it is for.
        sent_at: When it was sent.
        expires_at: From this instant on it is refused.
        attribute: ``email`` or ``phone_number``: where it went.
        destination: The address or number itself. A code proves that one and no other.
    """

    value: Secret
    purpose: Purpose
    sent_at: datetime
    expires_at: datetime
    attribute: str
    destination: str

    def check(
        self,
        given: Secret,
        now: datetime,
        *,
        wrong: Cause = Cause.CODE_WRONG,
        expired: Cause = Cause.CODE_EXPIRED,
    ) -> None:
        """Return if ``given`` is this code and it still lives.

        Args:
            given: What the person sent. How long the comparison takes does not depend on where it differs.
            now: The present instant.
            wrong: The refusal of another code.
            expired: The refusal of any code once this one has expired.

        Raises:
            ServiceError: The refusal.
        """
        if now >= self.expires_at:
            raise refusal(expired)
        if given != self.value:
            raise refusal(wrong)


ATTEMPTS_PER_HOUR: Final[Mapping[str, int]] = {
    "ChangePassword": 5,
    "ConfirmForgotPassword": 15,
    "ConfirmSignUp": 15,
    "GetUserAttributeVerificationCode": 5,
    "ResendConfirmationCode": 5,
    "VerifyUserAttribute": 15,
}
"""How often each user may do what, by operation.

Source: Cognito developer guide, 'Quotas in Amazon Cognito', which says 5 to 20 of ConfirmForgotPassword, by risk.
"""


@attrs.define
class AttemptLimit:
    """How often one user may do one thing: ``allowed`` times in any ``window``. Refused attempts do not count.

    Source: Cognito developer guide, 'Quotas in Amazon Cognito'. That the hour slides is our choice.

    Attributes:
        allowed: At most so many.
        window: In this time.
        spent: When it was done within it, the oldest first.
    """

    allowed: int
    window: timedelta = timedelta(hours=1)
    spent: tuple[datetime, ...] = attrs.field(default=(), repr=False)

    def spend(self, now: datetime) -> None:
        """Count an attempt at ``now``.

        Raises:
            ServiceError: ``LimitExceededException`` if there were as many as allowed already.
        """
        self.spent = tuple(at for at in self.spent if now - at < self.window)
        if len(self.spent) >= self.allowed:
            raise refusal(Cause.LIMIT_EXCEEDED)
        self.spent = (*self.spent, now)


def make_code(entropy: Entropy, digits: int) -> Secret:
    """Return a new code of so many digits; each is as likely as any other."""
    codes = 10**digits
    draws = 1 << 64
    unbiased = draws - draws % codes
    while (draw := int.from_bytes(entropy.random_bytes(8))) >= unbiased:
        pass  # the few draws past the last whole round would favour small codes
    return Secret(f"{draw % codes:0{digits}d}")


def mask_email(address: str) -> str:
    """Return an e-mail address as the service shows it: ``f***@e***``.

    Source: recorded from the service in 2026 (captured fixtures of floci-io/floci).
    """
    local, _, domain = address.partition("@")
    return f"{local[:1]}***@{domain[:1]}***"


def mask_phone(number: str) -> str:
    """Return a phone number as the service shows it: ``+*******1234``.

    Source: Cognito developer guide, 'SMS and email message MFA' (the last four digits are shown). The seven stars
    are another emulator's claim (moto).
    """
    return f"+*******{number[-4:]}"
