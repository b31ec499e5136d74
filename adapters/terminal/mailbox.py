"""What a fake pool has sent. Nobody else delivers it, so it is shown to whoever sits at the keyboard."""

from pyotp.totp import TOTP

from authsteps.adapters.fake import FakeUserPool, SoftwareToken
from authsteps.engine import Clock, Secret

__all__ = ["Mailbox"]


class Mailbox:
    """The phone and the mail of everybody in a fake pool.

    Args:
        pool: The pool.
        clock: What authenticator apps go by.
    """

    def __init__(self, pool: FakeUserPool, clock: Clock) -> None:
        self._pool = pool
        self._clock = clock
        self._shown = 0

    def new_messages(self) -> list[str]:
        """Return what was sent since the last time, one line each."""
        messages = list(self._pool.outbox)
        new, self._shown = messages[self._shown :], len(messages)
        return [
            f"[{message.medium.value} to {message.destination}] Your code is {message.code.reveal()}" for message in new
        ]

    def app_code(self, username: str, shared_secret: Secret | None = None) -> Secret | None:
        """Return the next code of somebody's authenticator app that the pool has not taken yet, if there is an app.

        A person would have to wait for it; the pool takes the code of the next half minute as well.

        Args:
            username: Whose app.
            shared_secret: What it was set up with; as the pool knows it, if that is not given.
        """
        app = SoftwareToken(shared_secret) if shared_secret is not None else self._app(username)
        if app is None:
            return None
        totp = TOTP(app.secret.reveal())
        present = totp.timecode(self._clock.now())
        unused = [step for step in (present, present + 1, present - 1) if step not in app.used_steps]
        return Secret(totp.generate_otp(unused[0])) if unused else None

    def _app(self, username: str) -> SoftwareToken | None:
        try:
            user = self._pool.user(username)
        except LookupError:
            return None
        return user.pending_software_token or user.software_token
