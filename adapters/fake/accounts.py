"""Making accounts and getting back into them: sign-up, confirmation, forgotten passwords.

Source: Amazon Cognito user pools API reference, per operation; Cognito developer guide, 'Signing up and confirming user
accounts', 'Managing error response' and 'Quotas in Amazon Cognito'.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from authsteps.adapters.cognito.transport import Json
from authsteps.engine.messages import Secret

from .directory import Client, ExistenceErrors, User, UserStatus
from .errors import Cause, Rule, constraint_refusal, refusal, violation
from .members import Members
from .outbox import AttemptLimit, Code, Medium, Purpose, mask_email
from .state import STANDARD_ATTRIBUTES, Delivery, Pool

__all__ = ["Accounts", "check_attributes"]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE_NUMBER = re.compile(r"\+[1-9]\d{5,14}", re.ASCII)
_READ_ONLY = frozenset({"sub", "email_verified", "phone_number_verified"})
_LONGEST_USERNAME = 128
_ATTEMPTS_PER_HOUR = {"ConfirmSignUp": 15, "ResendConfirmationCode": 5, "ConfirmForgotPassword": 15}


def check_attributes(pool: Pool, attributes: Mapping[str, str], *, required: Iterable[str] = ()) -> None:
    """Return if a user may set these attributes to these values.

    Args:
        pool: The pool, with its schema.
        attributes: By name.
        required: Names of those that must be among them.

    Raises:
        ServiceError: One is not in the schema, is missing, is read-only, or has the wrong form.
    """
    for name in attributes:
        if name not in STANDARD_ATTRIBUTES and name not in pool.settings.custom_attributes:
            raise refusal(Cause.ATTRIBUTE_UNKNOWN, attribute=name)
    if missing := [name for name in required if not attributes.get(name)]:
        problems = " ".join(f"{name}: The attribute is required" for name in missing)
        raise refusal(Cause.ATTRIBUTES_REQUIRED, problems=problems)
    for name, value in attributes.items():
        if name in _READ_ONLY:
            raise refusal(Cause.ATTRIBUTE_NOT_WRITABLE)
        if name == "email" and not _EMAIL.fullmatch(value):
            raise refusal(Cause.EMAIL_MALFORMED)
        if name == "phone_number" and not _PHONE_NUMBER.fullmatch(value):
            raise refusal(Cause.PHONE_NUMBER_MALFORMED)


class Accounts:
    """The operations that need no token.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sign_up(self, request: Members) -> dict[str, Json]:
        """SignUp."""
        if violations := _username_violations(request.text("Username")):
            raise constraint_refusal(violations)
        _, username = self._named(request)
        password, attributes = request.secret("Password"), request.attributes("UserAttributes")
        check_attributes(self._pool, attributes, required=self._pool.settings.required_attributes)
        self._pool.settings.password_policy.check(password)
        if self._pool.users.find(username) is not None:
            raise refusal(Cause.USERNAME_TAKEN)
        user = self.add_user(username, password, attributes, UserStatus.UNCONFIRMED)
        reply: dict[str, Json] = {"UserConfirmed": False, "UserSub": user.sub}
        channel = self._pool.sign_up_channel(user)
        if channel is not None:
            reply["CodeDeliveryDetails"] = self._send(user, Purpose.SIGN_UP, channel).members()
        return reply

    def add_user(
        self, username: str, password: Secret | None, attributes: Mapping[str, str], status: UserStatus
    ) -> User:
        """Add a user as given; nothing is checked but that the name is free."""
        now = self._pool.now()
        user = User(
            username=username,
            sub=self._pool.new_uuid(),
            attributes=dict(attributes),
            status=status,
            created=now,
            modified=now,
            verifier=self._pool.verifier_for(username, password) if password is not None else None,
        )
        if status is UserStatus.FORCE_CHANGE_PASSWORD:
            user.password_expires_at = now + self._pool.settings.password_policy.temporary_password_validity
        self._pool.users.add(user)
        return user

    async def confirm_sign_up(self, request: Members) -> dict[str, Json]:
        """ConfirmSignUp."""
        client, username = self._named(request)
        given = request.secret("ConfirmationCode")
        user = self._pool.users.find(username)
        if user is None:
            raise self._unknown(client, Cause.CODE_EXPIRED)
        if user.status is not UserStatus.UNCONFIRMED:
            raise refusal(Cause.CANNOT_BE_CONFIRMED, status=user.status.value)
        self._spend(user, "ConfirmSignUp")
        self._code(user, Purpose.SIGN_UP).check(given, self._pool.now())
        del user.codes[Purpose.SIGN_UP]
        user.status = UserStatus.CONFIRMED
        user.modified = self._pool.now()
        channel = self._pool.sign_up_channel(user)
        if channel is not None:
            user.attributes[f"{channel}_verified"] = "true"
        return {}

    async def resend_confirmation_code(self, request: Members) -> dict[str, Json]:
        """ResendConfirmationCode."""
        client, username = self._named(request)
        user = self._pool.users.find(username)
        if user is None or (_masks(client) and not user.enabled):
            return self._simulated_delivery(client, username)
        if user.status is not UserStatus.UNCONFIRMED:
            raise refusal(Cause.ALREADY_CONFIRMED)
        self._spend(user, "ResendConfirmationCode")
        channel = self._pool.sign_up_channel(user)
        if channel is None:
            raise refusal(Cause.AUTO_VERIFICATION_OFF)
        return {"CodeDeliveryDetails": self._send(user, Purpose.SIGN_UP, channel).members()}

    async def forgot_password(self, request: Members) -> dict[str, Json]:
        """ForgotPassword."""
        client, username = self._named(request)
        user = self._pool.users.find(username)
        if user is None or (_masks(client) and not user.enabled):
            return self._simulated_delivery(client, username)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        if user.status is UserStatus.FORCE_CHANGE_PASSWORD:
            raise refusal(Cause.RESET_NOT_POSSIBLE)
        channel = self._pool.recovery_channel(user)
        if channel is None:
            if _masks(client):
                return self._simulated_delivery(client, username)
            raise refusal(Cause.NO_VERIFIED_CHANNEL)
        return {"CodeDeliveryDetails": self._send(user, Purpose.PASSWORD_RESET, channel).members()}

    async def confirm_forgot_password(self, request: Members) -> dict[str, Json]:
        """ConfirmForgotPassword. The policy is asked before anything that depends on the user."""
        client, username = self._named(request)
        given, password = request.secret("ConfirmationCode"), request.secret("Password")
        self._pool.settings.password_policy.check(password)
        user = self._pool.users.find(username)
        if user is None or (_masks(client) and not user.enabled):
            raise self._unknown(client, Cause.CODE_WRONG)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        self._spend(user, "ConfirmForgotPassword")
        self._code(user, Purpose.PASSWORD_RESET).check(given, self._pool.now())
        del user.codes[Purpose.PASSWORD_RESET]
        user.verifier = self._pool.verifier_for(user.username, password)
        user.password_expires_at = None
        user.status = UserStatus.CONFIRMED
        user.modified = self._pool.now()
        user.lockout.succeeded()
        return {}

    def _named(self, request: Members) -> tuple[Client, str]:
        client, username = self._pool.client_of(request), request.text("Username")
        self._pool.check_secret_hash(client, username, request.optional_secret("SecretHash"))
        return client, username

    def _send(self, user: User, purpose: Purpose, attribute: str) -> Delivery:
        code, delivery = self._pool.send_code(user, purpose, attribute)
        user.codes[purpose] = code
        return delivery

    def _code(self, user: User, purpose: Purpose) -> Code:
        code = user.codes.get(purpose)
        if code is None:
            raise refusal(Cause.CODE_EXPIRED)
        return code

    def _spend(self, user: User, operation: str) -> None:
        user.limits.setdefault(operation, AttemptLimit(_ATTEMPTS_PER_HOUR[operation])).spend(self._pool.now())

    def _unknown(self, client: Client, masked: Cause) -> Exception:
        return refusal(masked if _masks(client) else Cause.USERNAME_NOT_FOUND_FOR_CLIENT)

    def _simulated_delivery(self, client: Client, username: str) -> dict[str, Json]:
        """Answer as for a user who exists, where the client hides whether one does."""
        if not _masks(client):
            raise refusal(Cause.USERNAME_NOT_FOUND_FOR_CLIENT)
        made_up = f"{self._pool.simulated_user_id(username)[:1]}@{username[:1] or 'x'}"
        return {"CodeDeliveryDetails": Delivery(mask_email(made_up), Medium.EMAIL, "email").members()}


def _masks(client: Client) -> bool:
    """Tell whether the client is kept from learning who exists."""
    return client.prevent_user_existence_errors is ExistenceErrors.ENABLED


def _username_violations(username: str) -> list[str]:
    """Source: service model, UsernameType."""
    violations: list[str] = []
    if not username:
        violations.append(violation("username", Rule.MIN_LENGTH, limit="1"))
    if len(username) > _LONGEST_USERNAME:
        violations.append(violation("username", Rule.MAX_LENGTH, limit=str(_LONGEST_USERNAME)))
    if not username or not all(unicodedata.category(letter)[0] in "LMSNP" for letter in username):
        violations.append(violation("username", Rule.PATTERN, pattern=r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+"))
    return violations
