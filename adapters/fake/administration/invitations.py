"""AdminCreateUser: accounts that an administrator makes for people, and how those learn of them.

Source: Amazon Cognito user pools API reference, AdminCreateUser; Cognito developer guide, 'Creating user accounts as
administrator'.
"""

import string
from collections.abc import Iterable
from typing import Final

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.lambda_triggers import TriggerSource
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Entropy

from ..account_triggers import AccountTriggers
from ..accounts import Accounts, check_attributes
from ..aliases import check_aliases, free_aliases
from ..directory import User, UserStatus
from ..errors import Cause, refusal
from ..firing import Call
from ..members import Members
from ..messages import Messages
from ..outbox import Medium
from ..passwords import PasswordPolicy
from ..state import Pool
from .search import user_members

__all__ = ["Invitations", "make_password"]

_CLASSES: Final = (string.ascii_uppercase, string.ascii_lowercase, string.digits, "!#$%&*+-=?@_")
_SHORTEST_GENERATED: Final = 12


class Invitations:
    """The operation that makes an account for somebody.

    Args:
        pool: The pool.
        accounts: Where accounts are made.
        messages: Where invitations go out.
    """

    def __init__(self, pool: Pool, accounts: Accounts, messages: Messages) -> None:
        self._pool = pool
        self._accounts = accounts
        self._messages = messages
        self._triggers = AccountTriggers(pool)

    async def admin_create_user(self, request: Members) -> dict[str, Json]:
        """AdminCreateUser. Once more for the same user, if it says so: with another password, for another while.

        If CustomMessage fails, the account is there all the same, and the invitation can be sent again. If it fails
        when that is done, the password stays good that went out before.
        """
        action = request.optional_text("MessageAction")
        given = request.optional_secret("TemporaryPassword")
        renews = action == "RESEND"
        # Source: a dated run-book of a real pool: where codes sign people in, an account may have no password.
        if given is None and (renews or not self._pool.settings.takes_no_password):
            given = make_password(self._pool.settings.password_policy, self._pool.entropy)
        call, media = Call.inviting(request), request.list_of_texts("DesiredDeliveryMediums") or (Medium.SMS.value,)
        ways = [Medium(medium) for medium in media]
        if renews:
            return {"User": user_members(await self._renew(request, given, ways, call))}
        user = await self._create(request, given, call)
        if given is not None and action != "SUPPRESS":
            await self._messages.invite(user, given, ways, call)
        return {"User": user_members(user)}

    async def _renew(self, request: Members, password: Secret | None, ways: Iterable[Medium], call: Call) -> User:
        user = self._pool.find_user(request.text("Username"))
        if user is None or password is None:
            raise refusal(Cause.USER_NOT_FOUND)

        def renew() -> None:
            _check_has_not_signed_in(user)  # while the trigger thought, that may have happened
            self._pool.set_password(user, password, member="temporaryPassword", is_temporary=True)

        _check_has_not_signed_in(user)
        self._pool.settings.password_policy.check(password, "temporaryPassword")
        await self._messages.invite(user, password, ways, call, once_written=renew)
        return user

    async def _create(self, request: Members, password: Secret | None, call: Call) -> User:
        """Make an account. What PreSignUp grants does not count here: that is the administrator's affair."""
        pool, username = self._pool, request.text("Username")
        pool.users.rule.check(username)
        attributes = {name: value for name, value in request.attributes("UserAttributes").items() if value}
        check_attributes(pool, attributes, may_set_flags=True)
        if password is not None:
            pool.settings.password_policy.check(password, "temporaryPassword")
        takes_over, sub = request.flag("ForceAliasCreation"), pool.new_uuid()
        self._check_is_free(username)
        check_aliases(pool, attributes, takes_over=takes_over)
        name, source = self._accounts.name_of(username, sub), TriggerSource.PRE_SIGN_UP_ADMIN_CREATE_USER
        submitted = self._accounts.with_username(username, attributes)
        await self._triggers.before_sign_up(name, submitted, source, call)
        self._check_is_free(username)  # while the trigger thought, somebody else may have taken the name
        free_aliases(pool, attributes, takes_over=takes_over)
        status = UserStatus.FORCE_CHANGE_PASSWORD if password is not None else UserStatus.CONFIRMED
        return self._accounts.add_user(username, password, attributes, status, sub=sub)

    def _check_is_free(self, username: str) -> None:
        if self._pool.find_user(username) is not None:
            attribute = self._pool.users.rule.attribute_of(username)
            if attribute is not None:
                raise refusal(Cause.USERNAME_ATTRIBUTE_TAKEN, attribute=attribute)
            raise refusal(Cause.USER_ACCOUNT_EXISTS)


def _check_has_not_signed_in(user: User) -> None:
    if user.status is not UserStatus.FORCE_CHANGE_PASSWORD:
        raise refusal(Cause.INVITED_USER_HAS_SIGNED_IN)


def make_password(policy: PasswordPolicy, entropy: Entropy) -> Secret:
    """Return a password that any policy with this length takes: all classes of characters in turn."""
    drawn = entropy.random_bytes(max(policy.minimum_length, _SHORTEST_GENERATED))
    classes = [_CLASSES[place % len(_CLASSES)] for place in range(len(drawn))]
    return Secret("".join(letters[byte % len(letters)] for letters, byte in zip(classes, drawn, strict=True)))
