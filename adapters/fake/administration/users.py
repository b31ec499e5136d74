"""What an administrator does to one user at a time.

Whatever users can do to themselves as well is done in the same room for both.

Source: Amazon Cognito user pools API reference, per operation; Cognito developer guide, 'Managing users in your user
pool'.
"""

from typing import Final

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.lambda_triggers import TriggerSource

from ..account_triggers import AccountTriggers
from ..directory import User, UserStatus
from ..errors import Cause, refusal
from ..firing import Call
from ..grants import Grants
from ..members import Members
from ..messages import Messages, Occasion
from ..outbox import Purpose
from ..own_attributes import OwnAttributes
from ..profile import Profile, mfa_members, read_preferences
from ..state import Pool
from .search import user_members

__all__ = ["Administration"]

_RESETTABLE: Final = frozenset({UserStatus.CONFIRMED, UserStatus.RESET_REQUIRED})
_WORDS: Final = {
    "email": {"attribute": "Email", "article": "an", "noun": "email"},
    "phone_number": {"attribute": "Phone Number", "article": "a", "noun": "phone number"},
}


class Administration:
    """The operations on one user that take a pool and a username.

    Args:
        pool: The pool.
        grants: Ends what was issued.
        profile: Sets preferences.
        attributes: Changes attributes.
        messages: Where codes go out.
    """

    def __init__(
        self, pool: Pool, grants: Grants, profile: Profile, attributes: OwnAttributes, messages: Messages
    ) -> None:
        self._pool = pool
        self._grants = grants
        self._profile = profile
        self._attributes = attributes
        self._messages = messages
        self._triggers = AccountTriggers(pool)

    async def get_user(self, request: Members) -> dict[str, Json]:
        """AdminGetUser."""
        user = self.named(request)
        return {**user_members(user, attributes_in="UserAttributes"), **mfa_members(user)}

    async def set_user_password(self, request: Members) -> dict[str, Json]:
        """AdminSetUserPassword. No address or number is verified by it."""
        user = self.named(request)
        self._pool.set_password(user, request.secret("Password"), is_temporary=not request.flag("Permanent"))
        return {}

    async def reset_user_password(self, request: Members) -> dict[str, Json]:
        """AdminResetUserPassword. The old password opens nothing from now on; whoever is signed in stays so.

        If CustomMessage fails, nobody is left without a password and without a code: the old one stays good.
        """
        user, call = self.named(request), Call.by_administrator(request)
        _check_is_resettable(user)
        channel = self._pool.recovery_channel(user)
        if channel is None:
            raise refusal(Cause.NO_VERIFIED_CHANNEL)
        sent = await self._messages.send_code(user, Purpose.PASSWORD_RESET, channel, Occasion.FORGOT_PASSWORD, call)
        if sent is None:
            raise refusal(Cause.USER_NOT_FOUND)
        _check_is_resettable(user)  # another administrator may have set a temporary password meanwhile
        self._set_status(user, UserStatus.RESET_REQUIRED)
        return {}

    async def confirm_sign_up(self, request: Members) -> dict[str, Json]:
        """AdminConfirmSignUp. No address or number is verified by it."""
        user = self.named(request)
        if user.status is not UserStatus.UNCONFIRMED:
            raise refusal(Cause.CANNOT_BE_CONFIRMED, status=user.status.value)
        user.codes.pop(Purpose.SIGN_UP, None)
        self._set_status(user, UserStatus.CONFIRMED)
        # Source: a captured event of a confirmation in the console: no client at all.
        call = Call.of(request, None)
        await self._triggers.confirmed(user, TriggerSource.POST_CONFIRMATION_CONFIRM_SIGN_UP, call)
        return {}

    async def disable_user(self, request: Members) -> dict[str, Json]:
        """AdminDisableUser."""
        self.disable(self.named(request))
        return {}

    async def enable_user(self, request: Members) -> dict[str, Json]:
        """AdminEnableUser. What was issued before the user was disabled stays revoked."""
        user = self.named(request)
        user.enabled = True
        user.modified = self._pool.now()
        return {}

    async def delete_user(self, request: Members) -> dict[str, Json]:
        """AdminDeleteUser."""
        self._grants.delete(self.named(request))
        return {}

    async def user_global_sign_out(self, request: Members) -> dict[str, Json]:
        """AdminUserGlobalSignOut."""
        self._grants.revoke_all(self.named(request))
        return {}

    async def update_user_attributes(self, request: Members) -> dict[str, Json]:
        """AdminUpdateUserAttributes."""
        user, attributes = self.named(request), request.attributes("UserAttributes")
        for attribute, words in _WORDS.items():
            has_it = attributes.get(attribute, user.attributes.get(attribute))
            if attributes.get(f"{attribute}_verified") and not has_it:
                raise refusal(Cause.FLAG_WITHOUT_ATTRIBUTE, **words)
        await self._attributes.update(user, attributes, Call.by_administrator(request), may_set_flags=True)
        return {}

    async def delete_user_attributes(self, request: Members) -> dict[str, Json]:
        """AdminDeleteUserAttributes."""
        user, names = self.named(request), request.list_of_texts("UserAttributeNames")
        gone = dict.fromkeys(names, "")
        await self._attributes.update(user, gone, Call.by_administrator(request), may_set_flags=True)
        return {}

    async def set_user_mfa_preference(self, request: Members) -> dict[str, Json]:
        """AdminSetUserMFAPreference.

        Source: service model: it is refused for accounts that wait for confirmation or for a new password.
        """
        preferences, user = read_preferences(request), self.named(request)
        if user.status is UserStatus.RESET_REQUIRED:
            raise refusal(Cause.PASSWORD_RESET_REQUIRED)
        if user.status is UserStatus.UNCONFIRMED:
            raise refusal(Cause.USER_NOT_CONFIRMED)
        self._profile.prefer(user, preferences)
        return {}

    def named(self, request: Members, *, gone: Cause = Cause.USER_NOT_FOUND) -> User:
        """Return the user whom a request names.

        Args:
            request: What holds the name.
            gone: The refusal where there is no such user.

        Raises:
            ServiceError: There is none.
        """
        user = self._pool.find_user(request.text("Username"))
        if user is None:
            raise refusal(gone)
        return user

    def disable(self, user: User) -> None:
        """Keep a user from signing in, and end what was issued. Source: service model, AdminDisableUser."""
        user.enabled = False
        user.modified = self._pool.now()
        self._grants.revoke_all(user)

    def _set_status(self, user: User, status: UserStatus) -> None:
        user.status = status
        user.modified = self._pool.now()


def _check_is_resettable(user: User) -> None:
    if user.status not in _RESETTABLE:
        raise refusal(Cause.RESET_NOT_POSSIBLE)
