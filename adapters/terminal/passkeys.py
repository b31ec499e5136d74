"""Passkeys at a keyboard. A terminal has no authenticator, so a person carries the two JSON texts to one and back."""

import json
from collections.abc import Sequence
from pathlib import Path

from authsteps.flows import FactorType, WebAuthnCredential

from .prompts import Choice, Prompts, find

__all__ = ["ask_for_credential", "show_options"]


def show_options(prompts: Prompts, options: str, verb: str) -> None:
    """Show what an authenticator is to be given.

    Args:
        prompts: Where.
        options: The options, as JSON text.
        verb: What a browser does with them, ``get`` or ``create``.
    """
    kind = "Request" if verb == "get" else "Creation"
    prompts.say(
        f"A terminal has no authenticator. Give these options to one, in a browser at the pool's site, with "
        f"navigator.credentials.{verb} and PublicKeyCredential.parse{kind}OptionsFromJSON:"
    )
    prompts.draw(_indented(options))


def ask_for_credential(prompts: Prompts, instead: Sequence[Choice[FactorType]] = ()) -> WebAuthnCredential | FactorType:
    """Ask for what the authenticator answered, or for another factor.

    Args:
        prompts: Whom to ask.
        instead: The factors that may be chosen instead.

    Raises:
        Word: The person wants something else.
    """
    prompts.say("Then paste the credential here, its JSON in one line, or type @ and the name of a file that holds it.")
    if instead:
        prompts.say("Or choose another factor:")
        prompts.show_choices(instead)
    question = "Credential, or another factor" if instead else "Credential"
    while True:
        typed = prompts.ask(question).strip()
        if typed.startswith("@"):
            try:
                return WebAuthnCredential(Path(typed[1:]).expanduser().read_text("utf-8"))
            except (OSError, ValueError) as error:
                prompts.complain(f"The file cannot be read ({type(error).__name__}); name another one.")
        elif typed.startswith("{"):
            return WebAuthnCredential(typed)
        elif chosen := find(instead, typed):
            return chosen.value
        else:
            prompts.complain("That is neither JSON nor one of the factors.")


def _indented(options: str) -> str:
    try:
        return json.dumps(json.loads(options), indent=2)
    except ValueError:
        return options
