"""A signed-in user's attributes at the keyboard."""

from collections.abc import Mapping, Sequence

from authsteps.flows import CodeDelivery, steps

from .accepted import say_where, until_code_accepted
from .desk import Desk

__all__ = ["confirm_attribute", "delete_attributes", "list_attributes", "resend_attribute_code", "set_attributes"]


async def list_attributes(desk: Desk) -> None:
    """List them."""
    attributes = await desk.auth.fetch_user_attributes()
    desk.output.rows([{"name": name, "value": value} for name, value in attributes.items()], "There are none.")


async def set_attributes(desk: Desk, attributes: Mapping[str, str] | None = None) -> None:
    """Set some, and confirm those that the pool sends a code for."""
    given = attributes if attributes is not None else {desk.prompts.ask("Name"): desk.prompts.ask("Value")}
    results = await desk.auth.update_user_attributes(given)
    for name, result in results.items():
        if isinstance(step := result.next_step, steps.ConfirmAttributeWithCode):
            say_where(desk.prompts, step.delivery)
            await _ask_for_code(desk, name, may_wait=True)
        else:
            desk.prompts.say(f"{name} is set.")


async def confirm_attribute(desk: Desk, name: str | None = None) -> None:
    """Confirm one with the code that was sent."""
    await _ask_for_code(desk, name if name is not None else desk.prompts.ask("Name", default="email"))


async def resend_attribute_code(desk: Desk, name: str | None = None) -> None:
    """Have the code that confirms one sent again."""
    attribute = name if name is not None else desk.prompts.ask("Name", default="email")
    say_where(desk.prompts, await desk.auth.send_user_attribute_verification_code(attribute))
    await _ask_for_code(desk, attribute, may_wait=True)


async def delete_attributes(desk: Desk, names: Sequence[str] | None = None) -> None:
    """Delete some."""
    given = names if names is not None else [desk.prompts.ask("Name")]
    desk.make_sure(f"Delete {', '.join(given)}?")
    await desk.auth.delete_user_attributes(*given)
    desk.prompts.say("Deleted.")


async def _ask_for_code(desk: Desk, name: str, *, may_wait: bool = False) -> None:
    """Ask for the code that confirms an attribute, until it is accepted.

    Args:
        desk: Where.
        name: The attribute.
        may_wait: Whether nothing is an answer, and means that the code comes another time.
    """

    async def attempt() -> bool:
        question = f"Code for {name}, or nothing to give it later" if may_wait else f"Code for {name}"
        code = desk.prompts.ask_for_code(question, sends_again=True, may_be_empty=may_wait)
        if not code.reveal():
            return False
        await desk.auth.confirm_user_attribute(name, code)
        return True

    async def send_again() -> CodeDelivery:
        return await desk.auth.send_user_attribute_verification_code(name)

    if await until_code_accepted(desk.prompts, attempt, send_again):
        desk.prompts.say(f"{name} is confirmed.")
    else:
        desk.prompts.say(f"Give it later with: authsteps account attributes confirm {name}")
