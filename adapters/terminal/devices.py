"""A signed-in user's devices at the keyboard. They are tracked where the pool is set up for it."""

from authsteps.flows import Device

from .desk import Desk
from .output import Value
from .prompts import Choice

__all__ = ["choose_device_to_forget", "forget_device", "list_devices", "remember_device", "show_current_device"]


async def list_devices(desk: Desk) -> None:
    """List them."""
    this_one = await _key_of_this_one(desk)
    rows = [_short_row(device, this_one) for device in await desk.auth.fetch_devices()]
    desk.output.rows(rows, "The pool tracks no device of yours.")


async def show_current_device(desk: Desk) -> None:
    """Show what the pool knows of this one."""
    desk.output.record(_row(await desk.auth.fetch_current_device()))


async def remember_device(desk: Desk) -> None:
    """Have the pool remember this one."""
    await desk.auth.remember_device()
    desk.prompts.say("The pool remembers this device.")


async def forget_device(desk: Desk, key: str | None = None) -> None:
    """Have the pool forget one; this one if none is named."""
    desk.make_sure(f"Forget {'this device' if key is None else f'the device {key}'}?")
    await desk.auth.forget_device(key)
    desk.prompts.say("Forgotten.")


async def choose_device_to_forget(desk: Desk) -> None:
    """Forget one that is chosen from the list."""
    devices = await desk.auth.fetch_devices()
    if not devices:
        desk.prompts.say("The pool tracks no device of yours.")
        return
    this_one = await _key_of_this_one(desk)
    choices = [Choice(device.key, device.key, _title(device, this_one)) for device in devices]
    await forget_device(desk, desk.prompts.choose("Which one, by number", choices))


def _title(device: Device, this_one: str | None) -> str:
    return " ".join(filter(None, (device.name, "(this one)" if device.key == this_one else None)))


async def _key_of_this_one(desk: Desk) -> str | None:
    tokens = (await desk.auth.fetch_auth_session()).tokens.unwrap()
    return tokens.device_key


def _short_row(device: Device, this_one: str | None) -> dict[str, Value]:
    return {
        "key": device.key,
        "name": device.name,
        "last_used": device.last_authenticated_at,
        "this_one": device.key == this_one,
    }


def _row(device: Device) -> dict[str, Value]:
    return {
        "key": device.key,
        "name": device.name,
        "created": device.created_at,
        "last_used": device.last_authenticated_at,
        "attributes": device.attributes,
    }
