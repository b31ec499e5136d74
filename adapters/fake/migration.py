"""UserMigration: somebody whom the pool does not know may be known elsewhere, and moves in on the way.

It is asked where a password was given, or forgotten; a proof of a password, a code or a challenge cannot be looked up
elsewhere.

Source: Cognito developer guide, 'Migrate user Lambda trigger' and 'Importing users with a user migration Lambda
trigger'. That PreSignUp is fired then is reported; with which source is not known, and an administrator's is used.
"""

from collections.abc import Mapping
from typing import Final

import attrs

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.lambda_triggers import (
    USER_MIGRATION,
    FunctionRaisedError,
    Trigger,
    TriggerSource,
    UnrecognizableOutputError,
    UserMigrationAnswer,
    UserMigrationRequest,
)
from authsteps.engine.messages import Secret

from .account_triggers import AccountTriggers
from .accounts import Accounts, check_attributes
from .aliases import free_aliases
from .directory import MfaFactor, User, UserStatus
from .errors import Cause, refusal
from .firing import Call, Firing, refusal_of
from .messages import Messages
from .outbox import Medium
from .state import Pool

__all__ = ["Migration"]

_SUPPRESS: Final = "SUPPRESS"


@attrs.frozen
class _Newcomer:
    """Somebody whom the trigger found.

    Attributes:
        username: What is given for one.
        attributes: As they shall stand.
        takes_over: Whether addresses and numbers are taken from whoever has them.
        needs_sms: Whether a code by SMS is asked for at sign-in.
        welcomed_by: How the welcome message goes out; by nothing if there is to be none.
    """

    username: str
    attributes: Mapping[str, str] = attrs.field(repr=False)
    takes_over: bool
    needs_sms: bool
    welcomed_by: tuple[Medium, ...]


class Migration:
    """Looks for people elsewhere, and makes accounts for those who are found.

    Args:
        pool: The pool.
        accounts: Where accounts are made.
        messages: Where the newcomers are welcomed.
    """

    def __init__(self, pool: Pool, accounts: Accounts, messages: Messages) -> None:
        self._pool = pool
        self._accounts = accounts
        self._messages = messages
        self._firing = Firing(pool)
        self._triggers = AccountTriggers(pool)

    @property
    def is_configured(self) -> bool:
        """Whether there is anywhere to look."""
        return self._firing.has(Trigger.USER_MIGRATION)

    async def sign_in(self, typed: str, password: Secret, call: Call, *, reveals_existence: bool) -> User | None:
        """Look for somebody who signs in with a password.

        Args:
            typed: The name as typed.
            password: As typed. It becomes the user's, whatever the policy says, if the trigger says that it is right.
            call: The call that leads here.
            reveals_existence: Whether the client is told that there is no such user.

        Returns:
            The user, who is the pool's from now on; ``None`` if there is none elsewhere either.

        Raises:
            ServiceError: The trigger failed, its answer cannot be used, or PreSignUp refuses the user. If CustomMessage
                failed, the user has moved in all the same.
        """
        request = UserMigrationRequest(password=password, validation_data=call.validation_data)
        source = TriggerSource.USER_MIGRATION_AUTHENTICATION
        return await self._look(typed, request, source, call, reveals_existence=reveals_existence)

    async def forgotten(self, typed: str, call: Call, *, reveals_existence: bool) -> User | None:
        """Look for somebody who has forgotten the password. The arguments and errors are those of ``sign_in``."""
        request = UserMigrationRequest(client_metadata=call.client_metadata)
        source = TriggerSource.USER_MIGRATION_FORGOT_PASSWORD
        return await self._look(typed, request, source, call, reveals_existence=reveals_existence)

    async def _look(
        self, typed: str, request: UserMigrationRequest, source: TriggerSource, call: Call, *, reveals_existence: bool
    ) -> User | None:
        if not self.is_configured:
            return None
        try:
            answer = await self._firing.fire(USER_MIGRATION, source, request, call=call, user_name=typed)
        except ServiceError as error:
            if not isinstance(error.__cause__, FunctionRaisedError):
                raise
            if reveals_existence:
                raise refusal(Cause.MIGRATION_FAILED, client_id=call.client_id or "") from error
            answer = UserMigrationAnswer()
        if answer.user_attributes is None:
            return self._pool.find_user(typed)
        newcomer, sub = self._read(typed, answer, answer.user_attributes), self._pool.new_uuid()
        if self._pool.find_user(typed) is None:
            await self._ask_pre_sign_up(newcomer, sub, call)
        # Whoever was quicker with the same name has made the account; there is one of it.
        found = self._pool.find_user(typed)
        if found is not None:
            return found
        user = self._settle(newcomer, sub, answer, request.password)
        # There is no temporary password to tell.
        await self._messages.invite(user, None, newcomer.welcomed_by, call)
        return self._pool.users.by_sub(user.sub)

    async def _ask_pre_sign_up(self, newcomer: _Newcomer, sub: str, call: Call) -> None:
        """Return if PreSignUp lets the user in. What else it answers does not count where users are made for people."""
        told = attrs.evolve(call, client_metadata=call.client_metadata or call.validation_data)
        source, username = TriggerSource.PRE_SIGN_UP_ADMIN_CREATE_USER, newcomer.username
        attributes = self._accounts.with_username(username, newcomer.attributes)
        await self._triggers.before_sign_up(self._accounts.name_of(username, sub), attributes, source, told)

    def _settle(self, newcomer: _Newcomer, sub: str, answer: UserMigrationAnswer, password: Secret | None) -> User:
        if self._pool.find_user(newcomer.username) is not None:
            raise _unusable("username is another's")
        try:
            free_aliases(self._pool, newcomer.attributes, takes_over=newcomer.takes_over)
        except ServiceError as error:
            raise _unusable(error.message) from error
        # Source: developer guide: only CONFIRMED keeps the password that was typed.
        is_confirmed = answer.final_user_status == UserStatus.CONFIRMED.value and password is not None
        user = self._accounts.add_user(
            newcomer.username,
            password if is_confirmed else None,
            newcomer.attributes,
            UserStatus.CONFIRMED if is_confirmed else UserStatus.RESET_REQUIRED,
            sub=sub,
        )
        if newcomer.needs_sms:
            user.mfa_factors.add(MfaFactor.SMS_MFA)
        return user

    def _read(self, typed: str, answer: UserMigrationAnswer, given: Mapping[str, str]) -> _Newcomer:
        """Return whom the trigger found.

        Raises:
            ServiceError: Such a user cannot be.
        """
        attributes = {name: value for name, value in given.items() if value}
        username = attributes.pop("username", typed)
        rule = self._pool.users.rule
        if rule.folded(username) != rule.folded(typed) and not self._is_alias(typed, attributes):
            raise _unusable("username may be another than the name that was typed only where that is an alias")
        try:
            rule.check(username)
            check_attributes(self._pool, attributes, may_set_flags=True)
        except ServiceError as error:
            raise _unusable(error.message) from error
        needs_sms = answer.enable_sms_mfa is True
        if needs_sms and not attributes.get("phone_number"):
            raise _unusable("there is no phone_number for enableSMSMFA")
        media = answer.desired_delivery_mediums or (Medium.SMS.value,)
        if not {*media} <= {medium.value for medium in Medium}:
            raise _unusable("desiredDeliveryMediums are SMS and EMAIL")
        is_silent = answer.message_action == _SUPPRESS
        welcomed_by = () if is_silent else tuple(Medium(medium) for medium in dict.fromkeys(media))
        return _Newcomer(username, attributes, answer.force_alias_creation is True, needs_sms, welcomed_by)

    def _is_alias(self, typed: str, attributes: Mapping[str, str]) -> bool:
        """Tell whether the name that was typed is what the new user is found by beside the username."""
        rule = self._pool.users.rule
        return any(
            name in attributes and rule.alias(name, attributes[name]) == rule.alias(name, typed)
            for name in rule.alias_attributes
        )


def _unusable(problem: str) -> ServiceError:
    """Return the refusal of an answer. The client is not told what is wrong with it; that stands in the cause."""
    return refusal_of(UnrecognizableOutputError(Trigger.USER_MIGRATION, f"response: {problem}"))
