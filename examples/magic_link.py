"""Sign-in by a link that comes by e-mail: it holds a random token that counts once, here, and for two minutes.

Whoever begins holds the sign-in's session, and the link goes to whoever reads the mail: only who is both gets in. So a
link that was begun by somebody else is worth nothing, nor is one that was intercepted. The page behind the link must
belong to the app that began, and must send the token when a button is pressed: mail scanners open links by themselves.
"""

import secrets
from datetime import UTC, datetime, timedelta

import anyio

from authsteps.adapters.fake import ExistenceErrors, ExplicitAuthFlow, FakeUserPool
from authsteps.adapters.lambda_triggers import Triggers, custom_auth_handlers
from authsteps.flows import (
    AnswerRequest,
    AuthClient,
    AuthFlow,
    Challenge,
    ChallengeRequest,
    CreatedChallenge,
    CustomAuthFlow,
    NotAuthorizedError,
)

LIFE = timedelta(minutes=2)  # less than the pool's session has, which is three minutes if nothing is set


class Clock:
    """A clock that the example moves. Yours is ``datetime.now(UTC)``."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the instant that it shows."""
        return self.instant

    def monotonic(self) -> float:
        """Return its seconds."""
        return self.instant.timestamp()


clock = Clock()
mailbox: list[tuple[str, str]] = []  # what was sent, in place of a mail server


def send_link(request: ChallengeRequest) -> CreatedChallenge:
    """Send a link. Somebody who does not exist is asked alike, and nothing is sent."""
    token = secrets.token_urlsafe(32)  # 256 bits; nothing to be guessed, so nothing to be signed
    if request.user_attributes.get("email_verified") == "true":
        link = f"https://example.com/sign-in#{token}"  # after a #: in no log
        mailbox.append((request.user_attributes["email"], link))
    expires = clock.now() + LIFE
    return CreatedChallenge({"expires": expires.isoformat()}, {"token": token, "until": str(expires.timestamp())})


def is_valid(request: AnswerRequest) -> bool:
    """Say whether that is the token of the link, and in time."""
    # ``==`` of two secrets takes the same time wherever they differ, as ``hmac.compare_digest`` does.
    is_in_time = clock.now().timestamp() < float(request.private["until"].reveal())
    return request.answer == request.private["token"] and is_in_time


# One try: a token is copied, not typed, so a wrong one is a guess.
flow = CustomAuthFlow("magic_link", [Challenge("LINK", send_link, is_valid)])


def sent_token() -> str:
    """Return what stands in the link that was sent last."""
    _, link = mailbox[-1]
    return link.partition("#")[2]


async def refused(auth: AuthClient, answer: str, why: str) -> None:
    """Give an answer that must be refused."""
    try:
        await auth.confirm_sign_in(answer)
    except NotAuthorizedError:
        print(f"refused: {why}")
    else:
        raise AssertionError(why)


async def main() -> None:
    """Open a link; then an old one, one that is too late, and one that somebody else began."""
    pool = FakeUserPool(clock=clock, triggers=Triggers(custom_auth_handlers(flow).functions), has_client=False)
    pool.add_client(
        explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_CUSTOM_AUTH}),
        prevent_user_existence_errors=ExistenceErrors.ENABLED,
    )
    pool.add_user("alice", None, attributes={"email": "alice@example.com", "email_verified": "true"})

    async with (
        AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP) as auth,
        AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP) as somebody_else,
    ):
        await auth.sign_in("alice")
        used = sent_token()
        print(f"signed in: {(await auth.confirm_sign_in(used)).is_signed_in}")
        await auth.sign_out()

        await auth.sign_in("alice")
        await refused(auth, used, "a link that was used already")
        await refused(auth, sent_token(), "the right one, after a wrong one")

        await auth.sign_in("alice")
        clock.instant += LIFE
        await refused(auth, sent_token(), "a link that is too old")

        await auth.sign_in("alice")
        own = sent_token()
        await somebody_else.sign_in("alice")
        await refused(somebody_else, own, "a link that was meant for another browser")
        print(f"signed in: {(await auth.confirm_sign_in(own)).is_signed_in}")


if __name__ == "__main__":
    anyio.run(main)
