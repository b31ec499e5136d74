"""Making accounts and getting back into them: sign-up, confirmation, forgotten passwords.

Source: Amazon Cognito user pools API reference, per operation; Cognito developer guide, 'Signing up and confirming user
accounts', 'Managing error response' and 'Quotas in Amazon Cognito'.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.lambda_triggers import TriggerSource
from authsteps.engine.messages import Secret

from .account_triggers import AccountTriggers, granted_attributes, granted_status
from .aliases import free_aliases
from .directory import Client, ExistenceErrors, ExplicitAuthFlow, User, UserStatus
from .errors import Cause, refusal
from .firing import Call
from .members import Members
from .messages import Delivery, Messages, Occasion, Sent
from .names import EMAIL, PHONE_NUMBER, Alias
from .outbox import Code, Medium, Purpose
from .settings import RecoveryChannel
from .state import HandOver, Pool

__all__ = ["Accounts", "Migrate", "check_attributes", "check_names_are_free", "verify_attribute"]

_READ_ONLY = frozenset({"sub", "email_verified", "phone_number_verified"})


def check_attributes(
    pool: Pool,
    attributes: Mapping[str, str],
    *,
    required: Iterable[str] = (),
    is_update: bool = False,
    client: Client | None = None,
    may_set_flags: bool = False,
) -> None:
    """Return if attributes may be set to these values. The first thing that is wrong is told.

    Args:
        pool: The pool, with its schema.
        attributes: By name. In an update, an empty value takes an attribute away.
        required: Names of those that must be among them.
        is_update: Whether the account is there already.
        client: Who writes, if it is an app.
        may_set_flags: Whether ``email_verified`` and ``phone_number_verified`` may be among them: for administrators.

    Raises:
        ServiceError: One is not in the schema, does not fit it, is missing, cannot change, may not be written, or has
            the wrong form.
    """
    schema = pool.settings.schema
    for name in attributes:
        if name not in schema:
            cause = Cause.UPDATED_ATTRIBUTE_UNKNOWN if is_update else Cause.ATTRIBUTE_UNKNOWN
            raise refusal(cause, attribute=name)
    found = ((name, schema[name].problem(value)) for name, value in attributes.items() if value)
    if problems := [f"{name}: {problem}" for name, problem in found if problem is not None]:
        raise refusal(Cause.ATTRIBUTES_MALFORMED, problems=" ".join(problems))
    if missing := [f"{name}: The attribute is required" for name in required if not attributes.get(name)]:
        raise refusal(Cause.ATTRIBUTES_REQUIRED, problems=" ".join(missing))
    immutable = [name for name in attributes if is_update and not schema[name].is_mutable and name not in _READ_ONLY]
    if immutable:
        raise refusal(Cause.ATTRIBUTE_IMMUTABLE, attribute=immutable[0])
    _check_may_write(attributes, client, may_set_flags=may_set_flags)
    for name, shape, malformed in (
        ("email", EMAIL, Cause.EMAIL_MALFORMED),
        ("phone_number", PHONE_NUMBER, Cause.PHONE_NUMBER_MALFORMED),
    ):
        value = attributes.get(name)
        if value is not None and not shape.fullmatch(value) and not (is_update and not value):
            raise refusal(malformed)


def _check_may_write(attributes: Iterable[str], client: Client | None, *, may_set_flags: bool) -> None:
    writable = client.write_attributes if client is not None else None
    read_only = {"sub"} if may_set_flags else _READ_ONLY
    if any(name in read_only or (writable is not None and name not in writable) for name in attributes):
        raise refusal(Cause.ATTRIBUTE_NOT_WRITABLE)


def check_names_are_free(pool: Pool, user: User | None, after: Mapping[str, str]) -> None:
    """Return if nobody else is found by what will name a user.

    Args:
        pool: The pool.
        user: Whom; ``None`` for somebody new.
        after: All of the user's attributes as they will stand.

    Raises:
        ServiceError: Somebody else is.
    """
    rule = pool.users.rule
    before = {*rule.active_aliases(user.attributes)} if user is not None else set[Alias]()
    for attribute, value in sorted({*rule.active_aliases(after)} - before):
        # A preferred username stands beside all names; an address or number only beside its like.
        is_name = attribute == "preferred_username"
        owner = pool.find_user(value) if is_name else pool.users.owner_of(attribute, value)
        if owner is not None and owner is not user:
            raise refusal(
                Cause.ALIAS_TAKEN if user is not None else Cause.USERNAME_ATTRIBUTE_TAKEN, attribute=attribute
            )


def verify_attribute(pool: Pool, user: User, attribute: str, value: str, *, takes_over: bool = False) -> None:
    """Take note that an e-mail address or phone number is the user's own.

    Args:
        pool: The pool.
        user: The user.
        attribute: ``email`` or ``phone_number``.
        value: The address or number, which becomes the user's if it is not yet.
        takes_over: Whether it becomes this user's alias if it is another's. That one's is not verified any more then.

    Raises:
        ServiceError: Another is found by it.
    """
    owner = pool.users.owner_of(attribute, value)
    if owner is not None and owner is not user:
        if not takes_over or attribute in pool.settings.username_attributes:
            raise refusal(Cause.ALIAS_TAKEN, attribute=attribute)
        owner.attributes[f"{attribute}_verified"] = "false"
    user.attributes.update({attribute: value, f"{attribute}_verified": "true"})


class Migrate(Protocol):
    """Looks elsewhere for somebody who has forgotten a password. See ``Migration.forgotten``."""

    async def __call__(self, typed: str, call: Call, /, *, reveals_existence: bool) -> User | None:
        """Return the user, who is the pool's from now on; ``None`` if there is none elsewhere either."""
        ...


class Accounts:
    """The operations that need no token.

    Args:
        pool: The pool.
        messages: Where codes go out.
        migrate: Looks elsewhere for somebody whom the pool does not know.
    """

    def __init__(self, pool: Pool, messages: Messages, migrate: Migrate) -> None:
        self._pool = pool
        self._messages = messages
        self._migrate = migrate
        self._triggers = AccountTriggers(pool)

    async def sign_up(self, request: Members) -> dict[str, Json]:
        """SignUp."""
        pool, settings = self._pool, self._pool.settings
        client, username = self._named(request)
        if settings.only_administrators_create_users:
            raise refusal(Cause.SIGN_UP_OFF)
        pool.users.rule.check(username)
        password = request.optional_secret("Password") if settings.takes_no_password else request.secret("Password")
        attributes = self.with_username(username, request.attributes("UserAttributes"))
        if "preferred_username" in attributes and "preferred_username" in settings.alias_attributes:
            raise refusal(Cause.PREFERRED_USERNAME_TOO_EARLY)
        check_attributes(pool, attributes, required=settings.required_attributes, client=client)
        if password is not None:
            settings.password_policy.check(password)
        self._check_is_free(username)
        check_names_are_free(pool, None, attributes)
        given = {name: value for name, value in attributes.items() if value}
        call, sub = Call.signing_up(request, client.client_id), pool.new_uuid()
        answer = await self._triggers.before_sign_up(
            self.name_of(username, sub), given, TriggerSource.PRE_SIGN_UP_SIGN_UP, call
        )
        self._check_is_free(username)  # while the trigger thought, somebody else may have taken the name
        granted = granted_attributes(answer, given)
        free_aliases(pool, granted, takes_over=True)  # what a trigger verifies moves to whoever signs up
        user = self.add_user(username, password, granted, granted_status(answer), sub=sub)
        reply: dict[str, Json] = {"UserConfirmed": answer.auto_confirm_user, "UserSub": user.sub}
        channel = pool.sign_up_channel(user)
        if channel is not None and not answer.auto_confirm_user:
            sent = await self._messages.send_code(user, Purpose.SIGN_UP, channel, Occasion.SIGN_UP, call)
            if sent is not None:
                reply["CodeDeliveryDetails"] = sent.delivery.members()
        if answer.auto_confirm_user:
            await self._triggers.confirmed(user, TriggerSource.POST_CONFIRMATION_CONFIRM_SIGN_UP, call)
        return {**reply, **self._hand_over(user, client)}

    def name_of(self, username: str, sub: str) -> str:
        """Return the canonical name of somebody new: where attributes stand for the username, it is the sub."""
        return sub if self._pool.settings.username_attributes else self._pool.users.rule.folded(username)

    def with_username(self, username: str, attributes: Mapping[str, str]) -> dict[str, str]:
        """Return attributes of somebody new, with the one that stands for the username among them."""
        attribute = self._pool.users.rule.attribute_of(username)
        return {**attributes} if attribute is None else {**attributes, attribute: username}

    def add_user(
        self,
        username: str,
        password: Secret | None,
        attributes: Mapping[str, str],
        status: UserStatus,
        *,
        sub: str | None = None,
    ) -> User:
        """Add a user as given; nothing is checked but that the name is free.

        Args:
            username: What is given for one. Where attributes stand for it, the user's own name is a UUID.
            password: The password, if there is one.
            attributes: As they shall stand, verified flags included.
            status: How far the account has come.
            sub: The user's id, if it has been drawn already.

        Raises:
            ValueError: The name is taken.
        """
        pool, now, sub = self._pool, self._pool.now(), sub or self._pool.new_uuid()
        name = self.name_of(username, sub)
        user = User(
            username=name,
            sub=sub,
            attributes=self.with_username(username, attributes),
            status=status,
            created=now,
            modified=now,
            verifier=pool.verifier_for(name, password) if password is not None else None,
        )
        if status is UserStatus.FORCE_CHANGE_PASSWORD:
            user.password_expires_at = now + pool.settings.password_policy.temporary_password_validity
        pool.users.add(user)
        return user

    async def confirm_sign_up(self, request: Members) -> dict[str, Json]:
        """ConfirmSignUp. A session of SignUp is not looked at: the code proves more."""
        client, username = self._named(request)
        given, takes_over = request.secret("ConfirmationCode"), request.flag("ForceAliasCreation")
        user = self._pool.find_user(username)
        if user is None:
            self._spend(client, username, None, "ConfirmSignUp")
            raise self._unknown(client, Cause.CODE_EXPIRED)
        if user.status is not UserStatus.UNCONFIRMED:
            raise refusal(Cause.CANNOT_BE_CONFIRMED, status=user.status.value)
        self._spend(client, username, user, "ConfirmSignUp")
        code = self._code(user, Purpose.SIGN_UP)
        code.check(given, self._pool.now())
        if user.attributes.get(code.attribute) == code.destination:
            verify_attribute(self._pool, user, code.attribute, code.destination, takes_over=takes_over)
        del user.codes[Purpose.SIGN_UP]
        user.status = UserStatus.CONFIRMED
        user.modified = self._pool.now()
        call = Call.of(request, client.client_id)
        await self._triggers.confirmed(user, TriggerSource.POST_CONFIRMATION_CONFIRM_SIGN_UP, call)
        return self._hand_over(user, client)

    async def resend_confirmation_code(self, request: Members) -> dict[str, Json]:
        """ResendConfirmationCode."""
        client, username = self._named(request)
        user = self._pool.find_user(username)
        if user is None or (_masks(client) and not user.enabled):
            self._spend(client, username, user, "ResendConfirmationCode")
            return self._simulated_delivery(client, username)
        if user.status is not UserStatus.UNCONFIRMED:
            raise refusal(Cause.ALREADY_CONFIRMED)
        self._spend(client, username, user, "ResendConfirmationCode")
        channel = self._pool.sign_up_channel(user)
        if channel is None:
            raise refusal(Cause.AUTO_VERIFICATION_OFF)
        call = Call.of(request, client.client_id)
        sent = await self._messages.send_code(user, Purpose.SIGN_UP, channel, Occasion.RESEND_CODE, call)
        return self._delivered(sent, client, username)

    async def forgot_password(self, request: Members) -> dict[str, Json]:
        """ForgotPassword. Whether only administrators reset is asked first: it tells nothing of the user."""
        client, username = self._named(request)
        if RecoveryChannel.ADMIN_ONLY in (self._pool.settings.recovery or ()):
            raise refusal(Cause.ONLY_ADMIN_RESETS)
        user, call = self._pool.find_user(username), Call.of(request, client.client_id)
        if user is None:
            user = await self._migrate(username, call, reveals_existence=not _masks(client))
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
        sent = await self._messages.send_code(user, Purpose.PASSWORD_RESET, channel, Occasion.FORGOT_PASSWORD, call)
        return self._delivered(sent, client, username)

    async def confirm_forgot_password(self, request: Members) -> dict[str, Json]:
        """ConfirmForgotPassword. The policy is asked before anything that depends on the user, the history last.

        A temporary password that an administrator has set since the code went out is not undone by it: our choice.
        """
        client, username = self._named(request)
        given, password = request.secret("ConfirmationCode"), request.secret("Password")
        self._pool.settings.password_policy.check(password)
        user = self._pool.find_user(username)
        if user is None or (_masks(client) and not user.enabled):
            self._spend(client, username, user, "ConfirmForgotPassword")
            raise self._unknown(client, Cause.CODE_WRONG)
        if not user.enabled:
            raise refusal(Cause.USER_DISABLED)
        self._spend(client, username, user, "ConfirmForgotPassword")
        code = self._code(user, Purpose.PASSWORD_RESET)
        if user.attributes.get(code.attribute) != code.destination:
            raise refusal(Cause.CODE_EXPIRED)  # whoever has the older address or number is not the user any more
        code.check(given, self._pool.now())
        if user.status is UserStatus.FORCE_CHANGE_PASSWORD:
            raise refusal(Cause.RESET_NOT_POSSIBLE)
        self._pool.set_password(user, password)
        del user.codes[Purpose.PASSWORD_RESET]
        user.lockout.succeeded()
        call = Call.of(request, client.client_id)
        await self._triggers.confirmed(user, TriggerSource.POST_CONFIRMATION_CONFIRM_FORGOT_PASSWORD, call)
        return {}

    def _named(self, request: Members) -> tuple[Client, str]:
        client, username = self._pool.client_of(request), request.text("Username")
        self._pool.check_secret_hash(client, username, request.optional_secret("SecretHash"))
        return client, username

    def _check_is_free(self, username: str) -> None:
        if self._pool.find_user(username) is not None:
            attribute = self._pool.users.rule.attribute_of(username)
            if attribute is not None:
                raise refusal(Cause.USERNAME_ATTRIBUTE_TAKEN, attribute=attribute)
            raise refusal(Cause.USERNAME_TAKEN)

    def _hand_over(self, user: User, client: Client) -> dict[str, Json]:
        """Return a session that a sign-in can go on from, if the client allows choice-based sign-in."""
        if ExplicitAuthFlow.ALLOW_USER_AUTH not in client.auth_flows:
            return {}
        holds = HandOver(user.sub, client.client_id, user.status is UserStatus.CONFIRMED)
        session = self._pool.hand_overs.open(holds, self._pool.now(), client.auth_session_validity)
        return {"Session": session.reveal()}

    def _code(self, user: User, purpose: Purpose) -> Code:
        code = user.codes.get(purpose)
        if code is None:
            raise refusal(Cause.CODE_EXPIRED)
        return code

    def _spend(self, client: Client, username: str, user: User | None, operation: str) -> None:
        """Count an attempt. A client that is kept from learning who exists meets the same limit for any name."""
        if user is not None:
            self._pool.spend(user, operation)
        elif _masks(client):
            self._pool.spend(self._pool.stranger(username), operation)

    def _unknown(self, client: Client, masked: Cause) -> Exception:
        return refusal(masked if _masks(client) else Cause.USERNAME_NOT_FOUND_FOR_CLIENT)

    def _delivered(self, sent: Sent | None, client: Client, username: str) -> dict[str, Json]:
        """Tell where a code went. A user who is not there any more is none."""
        return (
            {"CodeDeliveryDetails": sent.delivery.members()}
            if sent is not None
            else self._simulated_delivery(client, username)
        )

    def _simulated_delivery(self, client: Client, username: str) -> dict[str, Json]:
        """Answer as for a user who exists, where the client hides whether one does."""
        if not _masks(client):
            raise refusal(Cause.USERNAME_NOT_FOUND_FOR_CLIENT)
        destination = self._pool.simulated_destination(username)
        return {"CodeDeliveryDetails": Delivery(destination, Medium.EMAIL, "email").members()}


def _masks(client: Client) -> bool:
    """Tell whether the client is kept from learning who exists."""
    return client.prevent_user_existence_errors is ExistenceErrors.ENABLED
