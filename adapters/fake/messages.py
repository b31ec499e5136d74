"""The one room that every message of a pool goes through: what it says, who sends it, and that it gets to the outbox.

CustomMessage may write the texts. It is asked first and never told the code, which is made once it has answered: if it
fails, nothing goes out and no code is good that was not so before.

Source: Cognito developer guide, 'Custom message Lambda trigger' and 'Configuring email, SMS and message templates'.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Final

import attrs

from authsteps.adapters.lambda_triggers import (
    CUSTOM_MESSAGE,
    CustomMessageAnswer,
    CustomMessageRequest,
    Trigger,
    TriggerSource,
    UnrecognizableOutputError,
)
from authsteps.engine.messages import Secret

from .directory import User
from .firing import Call, Firing, attributes_of, refusal_of
from .outbox import CHANNELS, CODE_RULES, Code, Medium, Message, Purpose, make_code, mask_email, mask_phone
from .senders import Senders
from .state import Pool

__all__ = ["Delivery", "Messages", "Occasion", "Sent"]

_CODE: Final = "{####}"
_USERNAME: Final = "{username}"
_PLACEHOLDERS: Final = re.compile("|".join(map(re.escape, (_CODE, _USERNAME))))
_ATTRIBUTES: Final = {medium: attribute for attribute, medium in CHANNELS.items()}
_LONGEST_SMS: Final = 140
_LONGEST_EMAIL: Final = 20_000
_LONGEST_SUBJECT: Final = 140

_VERIFICATION: Final = ("Your verification code", f"Your verification code is {_CODE}")
_AUTHENTICATION: Final = ("Your authentication code", f"Your authentication code is {_CODE}")
_BUILT_IN: Final[Mapping[Purpose, tuple[str, str]]] = {
    Purpose.SIGN_UP: _VERIFICATION,
    Purpose.ATTRIBUTE_VERIFICATION: _VERIFICATION,
    Purpose.PASSWORD_RESET: ("Your password reset code", f"Your password reset code is {_CODE}"),
    Purpose.SMS_MFA: _AUTHENTICATION,
    Purpose.SMS_OTP: _AUTHENTICATION,
    Purpose.EMAIL_OTP: _AUTHENTICATION,
    Purpose.INVITATION: (
        "Your temporary password",
        f"Your username is {_USERNAME} and temporary password is {_CODE}",
    ),
}
"""Subject and text of what nobody has written another text for. Known from experience, but for the odd full stop."""
_WELCOME: Final = ("Your account", f"Your username is {_USERNAME}")
"""The same where there is no temporary password to tell. Our own."""


class Occasion(StrEnum):
    """Why a message goes out: the second half of ``triggerSource`` for every trigger that has to do with messages."""

    SIGN_UP = "SignUp"
    ADMIN_CREATE_USER = "AdminCreateUser"
    RESEND_CODE = "ResendCode"
    FORGOT_PASSWORD = "ForgotPassword"
    UPDATE_USER_ATTRIBUTE = "UpdateUserAttribute"
    VERIFY_USER_ATTRIBUTE = "VerifyUserAttribute"
    AUTHENTICATION = "Authentication"

    def source_for(self, trigger: Trigger) -> TriggerSource:
        """Return the occasion as a trigger is told it."""
        return TriggerSource(f"{trigger}_{self}")


@attrs.frozen
class Delivery:
    """Where a code went, as the service tells it: masked."""

    destination: str
    medium: Medium
    attribute: str

    def members(self) -> dict[str, str]:
        """Return it in wire form."""
        return {
            "Destination": self.destination,
            "DeliveryMedium": self.medium.value,
            "AttributeName": self.attribute,
        }


@attrs.frozen
class Sent:
    """A code that went out.

    Attributes:
        code: The code.
        delivery: Where it went.
    """

    code: Code
    delivery: Delivery


@attrs.frozen
class _Letter:
    """A message on its way out.

    Attributes:
        user: To whom.
        medium: How.
        destination: Where: the address or number itself.
        secret: The code or temporary password; ``None`` if it tells none.
        purpose: What that is for.
        occasion: Why it goes out.
        texts: What CustomMessage wrote.
    """

    user: User
    medium: Medium
    destination: str
    secret: Secret | None
    purpose: Purpose
    occasion: Occasion
    texts: CustomMessageAnswer


class Messages:
    """Sends codes and invitations.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._firing = Firing(pool)
        self._senders = Senders(pool)

    async def send_code(
        self,
        user: User,
        purpose: Purpose,
        attribute: str,
        occasion: Occasion,
        call: Call,
        *,
        destination: str | None = None,
        life: timedelta | None = None,
    ) -> Sent | None:
        """Make a code and send it. One that the user will be asked for outside of a sign-in is noted with the user.

        Args:
            user: To whom.
            purpose: What the code is for.
            attribute: ``email`` or ``phone_number``: where it goes.
            occasion: Why.
            call: The call that leads here.
            destination: The address or number itself, where it is not the attribute's present value.
            life: How long the code is good for, if the purpose leaves it open.

        Returns:
            The code and where it went; ``None`` if there is no such user any more, who is sent nothing then.

        Raises:
            ServiceError: CustomMessage failed. Nothing went out.
        """
        to, medium, rule = destination or user.attributes[attribute], CHANNELS[attribute], CODE_RULES[purpose]
        texts = await self._ask(user, occasion, call, [medium])
        if not self._is_there(user):
            return None
        now, good_for = self._pool.now(), rule.life or life or timedelta(minutes=3)
        value = make_code(self._pool.entropy, rule.digits)
        code = Code(value, purpose, now, now + good_for, attribute, to)
        _keep(user, code)
        await self._deliver(_Letter(user, medium, to, value, purpose, occasion, texts), call)
        return Sent(code, Delivery(mask_phone(to) if medium is Medium.SMS else mask_email(to), medium, attribute))

    async def invite(
        self,
        user: User,
        password: Secret | None,
        media: Iterable[Medium],
        call: Call,
        *,
        once_written: Callable[[], object] = lambda: None,
    ) -> None:
        """Tell users of accounts that were made for them, by every medium that there is an address for.

        CustomMessage is asked once, however many messages there are.

        Args:
            user: To whom.
            password: The temporary password; ``None`` if there is none to tell.
            media: How.
            call: The call that leads here.
            once_written: Is done when the texts are there, before anything goes out; also if nothing can go out.

        Raises:
            ServiceError: CustomMessage failed, or what is done then did. Nothing went out.
        """
        wanted, occasion, texts = [*dict.fromkeys(media)], Occasion.ADMIN_CREATE_USER, CustomMessageAnswer()
        reached = [medium for medium in wanted if user.attributes.get(_ATTRIBUTES[medium])]
        if reached:
            texts = await self._ask(user, occasion, call, reached)
        once_written()
        for medium in wanted:
            to = user.attributes.get(_ATTRIBUTES[medium])  # as it is now
            if to and self._is_there(user):
                letter = _Letter(user, medium, to, password, Purpose.INVITATION, occasion, texts)
                await self._deliver(letter, call)

    async def _ask(self, user: User, occasion: Occasion, call: Call, media: Iterable[Medium]) -> CustomMessageAnswer:
        """Return the texts that CustomMessage writes. Where custom senders write them all, it is not asked.

        Raises:
            ServiceError: It failed, or what it wrote does not fit.
        """
        if not self._firing.has(Trigger.CUSTOM_MESSAGE) or all(map(self._senders.behind, media)):
            return CustomMessageAnswer()
        is_invitation = occasion is Occasion.ADMIN_CREATE_USER
        request = CustomMessageRequest(
            user_attributes=attributes_of(self._pool, user),
            code_parameter=_CODE,
            username_parameter=_USERNAME if is_invitation else None,
            client_metadata=call.client_metadata,
        )
        source = occasion.source_for(Trigger.CUSTOM_MESSAGE)
        answer = await self._firing.fire(CUSTOM_MESSAGE, source, request, call=call, user_name=user.username)
        placeholders = (_CODE, _USERNAME) if is_invitation else (_CODE,)
        problem = _problem(answer, placeholders, may_write_email=self._pool.settings.has_own_sender)
        if problem is not None:
            raise refusal_of(UnrecognizableOutputError(Trigger.CUSTOM_MESSAGE, problem))
        return answer

    async def _deliver(self, letter: _Letter, call: Call) -> None:
        """Send a message, or have it sent, and put it into the outbox."""
        pool, user = self._pool, letter.user
        sender = self._senders.behind(letter.medium)
        if sender is None:
            subject, body, trouble = *self._written(letter), None
        else:
            source = letter.occasion.source_for(sender)
            subject, body = None, Secret("")
            trouble = await self._senders.hand_over(sender, source, user, letter.secret, call)
        pool.outbox.append(
            Message(
                id=pool.new_uuid(),
                username=user.username,
                medium=letter.medium,
                destination=letter.destination,
                code=letter.secret if letter.secret is not None else Secret(""),
                purpose=letter.purpose,
                sent_at=pool.now(),
                subject=subject,
                body=body,
                sender=sender,
                trouble=trouble,
            )
        )

    def _written(self, letter: _Letter) -> tuple[Secret | None, Secret]:
        """Return subject and text of a message, with their placeholders filled."""
        subject, text = _BUILT_IN[letter.purpose] if letter.secret is not None else _WELCOME
        if letter.medium is Medium.SMS:
            written, title = letter.texts.sms_message, None
        else:
            written, title = letter.texts.email_message, letter.texts.email_subject or subject
        known = {_CODE: letter.secret.reveal() if letter.secret is not None else ""}
        if letter.purpose is Purpose.INVITATION:
            known[_USERNAME] = self._sign_in_name(letter.user)
        filled = Secret(_filled(written if written is not None else text, known))
        return Secret(_filled(title, known)) if title is not None else None, filled

    def _sign_in_name(self, user: User) -> str:
        """Return what a user signs in with: where attributes stand for the username, nobody is told the username."""
        named = (user.attributes.get(name) for name in sorted(self._pool.settings.username_attributes))
        return next((name for name in named if name), user.username)

    def _is_there(self, user: User) -> bool:
        return self._pool.users.by_sub(user.sub) is user


def _keep(user: User, code: Code) -> None:
    """Take note of a code that the user will be asked for, unless the user has another address or number by now.

    Such a one proves nothing, and must not push out the code that went to the new one.
    """
    if code.destination in (user.attributes.get(code.attribute), user.pending_attributes.get(code.attribute)):
        if code.purpose is Purpose.ATTRIBUTE_VERIFICATION:
            user.attribute_codes[code.attribute] = code
        elif code.purpose in {Purpose.SIGN_UP, Purpose.PASSWORD_RESET}:
            user.codes[code.purpose] = code


def _problem(answer: CustomMessageAnswer, placeholders: Iterable[str], *, may_write_email: bool) -> str | None:
    """Return what does not fit about texts, if anything does not.

    Source: Cognito developer guide, 'Custom message Lambda trigger'; service model, EmailVerificationSubjectType, for
    the subject's least.
    """
    for name, text, longest, wanted in (
        ("smsMessage", answer.sms_message, _LONGEST_SMS, placeholders),
        ("emailMessage", answer.email_message, _LONGEST_EMAIL, placeholders),
        ("emailSubject", answer.email_subject, _LONGEST_SUBJECT, ()),
    ):
        if text is None:
            continue
        if name != "smsMessage" and not may_write_email:
            return f"response.{name}: the pool has no e-mail sender of its own"
        if not 1 <= len(text) <= longest:
            return f"response.{name} must have 1 to {longest} characters"
        if missing := [placeholder for placeholder in wanted if placeholder not in text]:
            return f"response.{name} must hold {' and '.join(missing)}"
    return None


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with its placeholders filled, in one go: what is filled in may look like another."""
    return _PLACEHOLDERS.sub(lambda found: values.get(found[0], found[0]), text)
