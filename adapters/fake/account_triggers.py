"""The triggers of accounts: PreSignUp, before somebody gets one, and PostConfirmation, once it is confirmed.

Source: Cognito developer guide, 'Pre sign-up Lambda trigger' and 'Post confirmation Lambda trigger'.
"""

from collections.abc import Mapping
from typing import Final

from authsteps.adapters.lambda_triggers import (
    POST_CONFIRMATION,
    PRE_SIGN_UP,
    PostConfirmationRequest,
    PreSignUpAnswer,
    PreSignUpRequest,
    Trigger,
    TriggerSource,
    UnrecognizableOutputError,
)

from .directory import User, UserStatus
from .firing import Call, Firing, attributes_of, refusal_of
from .state import Pool

__all__ = ["AccountTriggers", "granted_attributes", "granted_status"]

_FLAGS: Final = {"email": "autoVerifyEmail", "phone_number": "autoVerifyPhone"}


class AccountTriggers:
    """Asks the two triggers of accounts.

    Args:
        pool: The pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._firing = Firing(pool)

    async def before_sign_up(
        self, user_name: str, attributes: Mapping[str, str], source: TriggerSource, call: Call
    ) -> PreSignUpAnswer:
        """Return what PreSignUp grants somebody who gets an account. Nothing is stored by then.

        While it thinks anybody may take the name: whoever asks looks again whether it is free.

        Args:
            user_name: The name that the user will have.
            attributes: As submitted.
            source: Who makes the account.
            call: The call that leads here.

        Raises:
            ServiceError: It refuses, or there is no answer that counts.
        """
        request = PreSignUpRequest(
            user_attributes=attributes, validation_data=call.validation_data, client_metadata=call.client_metadata
        )
        return await self._firing.fire(PRE_SIGN_UP, source, request, call=call, user_name=user_name)

    async def confirmed(self, user: User, source: TriggerSource, call: Call) -> None:
        """Tell PostConfirmation that a user is confirmed. That stands, whatever it says.

        Args:
            user: Who.
            source: By what.
            call: The call that leads here.

        Raises:
            ServiceError: It raised, or there is no answer that counts.
        """
        if self._firing.has(Trigger.POST_CONFIRMATION):
            request = PostConfirmationRequest(
                user_attributes=attributes_of(self._pool, user), client_metadata=call.client_metadata
            )
            await self._firing.fire(POST_CONFIRMATION, source, request, call=call, user_name=user.username)


def granted_status(answer: PreSignUpAnswer) -> UserStatus:
    """Return how far the account of somebody has come who signed up."""
    return UserStatus.CONFIRMED if answer.auto_confirm_user else UserStatus.UNCONFIRMED


def granted_attributes(answer: PreSignUpAnswer, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of somebody who signed up, with what counts as verified.

    Source: Cognito developer guide, 'Pre sign-up Lambda trigger': there must be what is verified. With which error it
    is refused otherwise is not known.

    Raises:
        ServiceError: There is no such address or number.
    """
    wanted = {"email": answer.auto_verify_email, "phone_number": answer.auto_verify_phone}
    verified = [name for name, is_wanted in wanted.items() if is_wanted]
    for name in verified:
        if not attributes.get(name):
            problem = f"response.{_FLAGS[name]}: there is no {name} to verify"
            raise refusal_of(UnrecognizableOutputError(Trigger.PRE_SIGN_UP, problem))
    return {**attributes, **{f"{name}_verified": "true" for name in verified}}
