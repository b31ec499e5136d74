"""The menu of everything that somebody who is signed in can do, under the names of the subcommands."""

from collections.abc import Sequence
from typing import Final

import attrs

from authsteps.engine import AuthStepsError
from authsteps.flows import SessionExpiredError, SignedOutError

from . import attributes, credentials, devices, leaving, second_factors
from .desk import Deed, Desk
from .prompts import Choice, Prompts, StartOver, Unchanged, find

__all__ = ["MENU", "Item", "choose_deeds"]


@attrs.frozen
class Item:
    """One line of the menu.

    Attributes:
        name: The subcommand's name.
        title: What it does.
        deed: How it is done.
        ends: Whether nobody is signed in any more then.
    """

    name: str
    title: str
    deed: Deed
    ends: bool = False


MENU: Final[Sequence[Item]] = (
    Item("who", "who is signed in", leaving.show_who),
    Item("attributes list", "what the pool knows of you", attributes.list_attributes),
    Item("attributes set", "change or add an attribute", attributes.set_attributes),
    Item("attributes confirm", "give the code that confirms one", attributes.confirm_attribute),
    Item("attributes resend", "have that code sent again", attributes.resend_attribute_code),
    Item("attributes delete", "delete an attribute", attributes.delete_attributes),
    Item("mfa show", "which second factors are on", second_factors.show_mfa),
    Item("mfa set", "switch one on or off", second_factors.set_mfa),
    Item("totp", "set up an authenticator app", second_factors.set_up_totp),
    Item("devices list", "your devices", devices.list_devices),
    Item("devices current", "this device", devices.show_current_device),
    Item("devices remember", "have the pool remember this device", devices.remember_device),
    Item("devices forget", "have the pool forget a device", devices.choose_device_to_forget),
    Item("passkeys list", "your passkeys", credentials.list_passkeys),
    Item("passkeys add", "register a passkey", credentials.add_passkey),
    Item("passkeys delete", "delete a passkey", credentials.choose_passkey_to_delete),
    Item("password", "change the password", credentials.change_password),
    Item("sign-out", "end this session", leaving.sign_out, ends=True),
    Item("sign-out everywhere", "end all of your sessions", leaving.sign_out_everywhere, ends=True),
    Item("delete", "delete yourself", leaving.delete_user, ends=True),
)

_CHOICES: Final[Sequence[Choice[Item | None]]] = (
    *(Choice[Item | None](item, item.name, item.title) for item in MENU),
    Choice[Item | None](None, "leave", "leave this menu"),
)


async def choose_deeds(desk: Desk) -> None:
    """Let somebody do one thing after the other, until they leave or are signed out.

    Raises:
        SessionExpiredError, SignedOutError: Nobody is signed in any more.
        Leave: They have had enough.
    """
    desk.prompts.show_choices(_CHOICES)
    while True:
        try:
            item = _ask(desk.prompts)
            if item is None:
                return
            await item.deed(desk)
        except (SessionExpiredError, SignedOutError):
            raise
        except AuthStepsError as error:
            desk.prompts.complain(error)
        except Unchanged:
            pass
        except StartOver:
            desk.prompts.say("Back in the menu.")
        else:
            if item.ends:
                return


def _ask(prompts: Prompts) -> Item | None:
    while True:
        typed = prompts.ask("\nWhat next, by number or name (nothing shows the menu)", default="")
        chosen = find(_CHOICES, typed)
        if chosen is not None:
            return chosen.value
        if typed:
            prompts.complain("That is not in the menu.")
        prompts.show_choices(_CHOICES)
