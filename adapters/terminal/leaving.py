"""How a signed-in user leaves: signing out here or everywhere, or for ever."""

from authsteps.flows import SignOutFailed, SignOutPartial, SignOutResult

from .desk import Desk
from .prompts import Leave, Unchanged

__all__ = ["delete_user", "show_who", "sign_out", "sign_out_everywhere", "why_it_may_live_on"]


async def show_who(desk: Desk) -> None:
    """Show who is signed in, and until when."""
    tokens = (await desk.auth.fetch_auth_session()).tokens.unwrap()
    desk.output.record(
        {
            "username": tokens.user.username,
            "user_id": tokens.user.user_id,
            "access_until": tokens.access_expires_at,
            "device": tokens.device_key,
        }
    )


async def sign_out(desk: Desk) -> None:
    """End this session, and forget it here.

    Raises:
        Leave: Something of it lives on.
    """
    await _sign_out(desk, everywhere=False)


async def sign_out_everywhere(desk: Desk) -> None:
    """End all of the user's sessions.

    Raises:
        Leave: Something of them lives on, or the person is not sure.
    """
    desk.make_sure("End all of your sessions, wherever they are?")
    await _sign_out(desk, everywhere=True)


async def delete_user(desk: Desk) -> None:
    """Delete the user, once the username was typed.

    Raises:
        Unchanged: Something else was typed.
    """
    username = (await desk.auth.get_current_user()).username
    desk.prompts.say(f"This deletes {username} for ever.")
    if desk.prompts.ask("Type the username to do so").strip() != username:
        desk.prompts.say("That is another name; nothing was changed.")
        raise Unchanged
    await desk.auth.delete_user()
    desk.prompts.say("The user is deleted.")


def why_it_may_live_on(result: SignOutResult) -> str | None:
    """Say why a session may live on after all, if it may."""
    match result:
        case SignOutFailed(error=error):
            return f"Not signed out: {error}"
        case SignOutPartial(invalid_token_error=stale, global_sign_out_error=everywhere, revoke_token_error=here):
            reason = next((str(error) for error in (stale, everywhere, here) if error is not None), "unknown")
            return f"Signed out here, but the session may live on at the pool: {reason}"
        case _:
            return None


async def _sign_out(desk: Desk, *, everywhere: bool) -> None:
    reason = why_it_may_live_on(await desk.auth.sign_out(global_=everywhere))
    if reason is not None:
        desk.prompts.complain(reason)
        raise Leave
    desk.prompts.say("Signed out everywhere." if everywhere else "Signed out.")
