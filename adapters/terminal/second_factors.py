"""A signed-in user's second factors at the keyboard."""

from authsteps.flows import MfaPreference, MfaSetting, MfaType

from .accepted import until_accepted
from .answers import APP_NAME
from .desk import Desk
from .factors import MFA_NAMES, second_factors
from .output import Value
from .prompts import Choice
from .qr import show_totp_secret

__all__ = ["set_mfa", "set_up_totp", "show_mfa"]

_SETTINGS = [
    Choice(MfaSetting.PREFERRED, "preferred", "on, and asked for first"),
    Choice(MfaSetting.ENABLED, "enabled", "on"),
    Choice(MfaSetting.NOT_PREFERRED, "not_preferred", "on, and not asked for first"),
    Choice(MfaSetting.DISABLED, "disabled", "off"),
]


async def show_mfa(desk: Desk) -> None:
    """Show which second factors are on, and which is asked for first."""
    preference = await desk.auth.fetch_mfa_preference()
    desk.output.rows([_row(factor, preference) for factor in MfaType], "There are none.")


async def set_mfa(desk: Desk, settings: dict[MfaType, MfaSetting | None] | None = None) -> None:
    """Switch second factors on or off."""
    if settings is None:
        factor = desk.prompts.choose("Which one, by number or name", second_factors(MfaType))
        settings = {factor: desk.prompts.choose("What of it, by number or name", _SETTINGS)}
    await desk.auth.update_mfa_preference(
        sms=settings.get(MfaType.SMS), totp=settings.get(MfaType.TOTP), email=settings.get(MfaType.EMAIL)
    )
    desk.prompts.say("Set.")


async def set_up_totp(desk: Desk, name: str | None = None) -> None:
    """Set up an authenticator app, and offer to have it asked for first from then on."""
    setup = await desk.auth.set_up_totp()
    show_totp_secret(desk.prompts, setup.setup_uri(APP_NAME), setup.shared_secret)

    async def verify() -> None:
        desk.prompts.show_app_code(setup.username)
        code = desk.prompts.ask_for_code("Code that the app shows")
        await desk.auth.verify_totp_setup(code, friendly_device_name=name)

    await until_accepted(desk.prompts, verify)
    if desk.prompts.confirm("The app works. Ask for its code at every sign-in from now on?", default=True):
        await desk.auth.update_mfa_preference(totp=MfaSetting.PREFERRED)
        desk.prompts.say("It will be asked for.")
    else:
        desk.prompts.say("Not switched on. Do so with: authsteps account mfa set --totp preferred")


def _row(factor: MfaType, preference: MfaPreference) -> dict[str, Value]:
    return {
        "factor": MFA_NAMES[factor],
        "enabled": factor in preference.enabled,
        "preferred": factor is preference.preferred,
    }
