"""Resetting a forgotten password."""

from authsteps.flows import AuthClient, CodeDelivery, steps

from .accepted import say_where, until_code_accepted
from .prompts import Prompts

__all__ = ["reset_password"]


async def reset_password(auth: AuthClient, prompts: Prompts, username: str) -> None:
    """Have a code sent, and set a new password with it.

    Raises:
        AuthStepsError: It was refused for good.
        Word: The person wants something else.
    """

    async def send() -> CodeDelivery | None:
        step = (await auth.reset_password(username)).next_step
        return step.delivery if isinstance(step, steps.ConfirmResetPasswordWithCode) else None

    async def confirm() -> None:
        code = prompts.ask_for_code("Code to reset the password", sends_again=True)
        await auth.confirm_reset_password(username, prompts.ask_secretly("New password", is_new=True), code)

    say_where(prompts, await send())
    await until_code_accepted(prompts, confirm, send)
