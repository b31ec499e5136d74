"""A signed-in user's passkeys and password at the keyboard."""

from authsteps.flows import WebAuthnCredentialInfo

from .accepted import until_accepted
from .desk import Desk
from .output import Value
from .passkeys import ask_for_credential, show_options
from .prompts import Choice

__all__ = ["add_passkey", "change_password", "choose_passkey_to_delete", "delete_passkey", "list_passkeys"]

_NONE = "You have no passkey."


async def list_passkeys(desk: Desk) -> None:
    """List the passkeys."""
    desk.output.rows([_row(passkey) for passkey in await desk.auth.list_web_authn_credentials()], _NONE)


async def add_passkey(desk: Desk) -> None:
    """Register a passkey that an authenticator elsewhere makes."""
    show_options(desk.prompts, await desk.auth.start_web_authn_registration(), "create")

    async def complete() -> None:
        await desk.auth.complete_web_authn_registration(ask_for_credential(desk.prompts))

    await until_accepted(desk.prompts, complete)
    desk.prompts.say("The passkey is registered.")


async def delete_passkey(desk: Desk, credential_id: str) -> None:
    """Delete a passkey."""
    desk.make_sure(f"Delete the passkey {credential_id}?")
    await desk.auth.delete_web_authn_credential(credential_id)
    desk.prompts.say("Deleted.")


async def choose_passkey_to_delete(desk: Desk) -> None:
    """Delete a passkey that is chosen from the list."""
    passkeys = await desk.auth.list_web_authn_credentials()
    if not passkeys:
        desk.prompts.say(_NONE)
        return
    choices = [Choice(passkey.credential_id, passkey.credential_id, passkey.friendly_name) for passkey in passkeys]
    await delete_passkey(desk, desk.prompts.choose("Which one, by number", choices))


async def change_password(desk: Desk) -> None:
    """Change the password."""

    async def change() -> None:
        old = desk.prompts.ask_secretly("Present password (nothing if you have none)", may_be_empty=True)
        new = desk.prompts.ask_secretly("New password", is_new=True)
        await desk.auth.update_password(old if old.reveal() else None, new)

    await until_accepted(desk.prompts, change)
    desk.prompts.say("The password is changed.")


def _row(passkey: WebAuthnCredentialInfo) -> dict[str, Value]:
    return {
        "id": passkey.credential_id,
        "name": passkey.friendly_name,
        "site": passkey.relying_party_id,
        "attachment": passkey.attachment,
        "transports": passkey.transports,
        "created": passkey.created_at,
    }
