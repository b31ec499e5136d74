"""Passkeys at a keyboard. A terminal has no authenticator, so a person carries the two JSON texts to one and back."""

import json
from collections.abc import Sequence
from pathlib import Path

from authsteps.flows import FactorType, WebAuthnCredential

from .prompts import Choice, Prompts, find

__all__ = ["ask_for_credential", "ask_for_credential_or_factor", "show_options"]

_QUESTION = "Credential"


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
    prompts.say("Then paste the credential here as one line of JSON, or, if it is long, type @ and the name of a file.")


def ask_for_credential(prompts: Prompts) -> WebAuthnCredential:
    """Ask for what the authenticator answered.

    Raises:
        Word: The person wants something else.
    """
    while True:
        credential = _read(prompts, prompts.ask(_QUESTION).strip())
        if credential is not None:
            return credential


def ask_for_credential_or_factor(
    prompts: Prompts, instead: Sequence[Choice[FactorType]]
) -> WebAuthnCredential | FactorType:
    """Ask for what the authenticator answered, or for another factor.

    Args:
        prompts: Whom to ask.
        instead: The factors that may be chosen instead.

    Raises:
        Word: The person wants something else.
    """
    prompts.say("Or choose another factor:")
    prompts.show_choices(instead)
    while True:
        typed = prompts.ask(f"{_QUESTION}, or another factor").strip()
        if (chosen := find(instead, typed)) is not None:
            return chosen.value
        credential = _read(prompts, typed)
        if credential is not None:
            return credential


def _read(prompts: Prompts, typed: str) -> WebAuthnCredential | None:
    """Return the credential that was typed, or that stands in the file that was named; complain if there is none."""
    if typed.startswith("{"):
        return WebAuthnCredential(typed)
    if not typed.startswith("@"):
        prompts.complain("That is no JSON object.")
        return None
    try:
        return WebAuthnCredential(Path(typed[1:]).expanduser().read_text("utf-8"))
    except (OSError, RuntimeError, ValueError) as error:
        prompts.complain(f"The file cannot be read ({type(error).__name__}); name another one.")
        return None


def _indented(options: str) -> str:
    try:
        return json.dumps(json.loads(options), indent=2)
    except ValueError:
        return options
