"""A picture of a secret for an authenticator app."""

import io

import segno

from authsteps.engine import Secret

from .prompts import Prompts

__all__ = ["qr_code", "show_totp_secret"]


def qr_code(uri: Secret) -> str:
    """Return a QR code that a terminal can show."""
    picture = io.StringIO()
    segno.make(uri.reveal(), error="l").terminal(out=picture, border=2, compact=True)
    return picture.getvalue()


def show_totp_secret(prompts: Prompts, uri: Secret, secret: Secret) -> None:
    """Show a secret for an authenticator app. A person has to see it once: no other secret is ever shown."""
    prompts.say("Scan this with the app, or type the secret in:")
    prompts.draw(qr_code(uri))
    prompts.draw(f"  {secret.reveal()}")
