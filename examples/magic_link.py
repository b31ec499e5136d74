"""Sign-in by a link that comes by e-mail: it holds a random token that counts once, here, and for two minutes.

Whoever begins holds the sign-in's session, and the link goes to whoever reads the mail: only who is both gets in. So a
link that was begun by somebody else is worth nothing, nor is one that was intercepted. The page behind the link must
belong to the app that began, and must send the token when a button is pressed: mail scanners open links by themselves.
"""

import secrets
from collections.abc import Callable
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


def magic_link(send: Callable[[str, str], None], now: Callable[[], datetime]) -> CustomAuthFlow:
    """Declare the flow. One try: a token is copied, not typed, so a wrong one is a guess."""

    def make(request: ChallengeRequest) -> CreatedChallenge:
        token = secrets.token_urlsafe(32)  # 256 bits; nothing to be guessed, so nothing to be signed
        if request.user_attributes.get("email_verified") == "true":
            send(request.user_attributes["email"], f"https://example.com/sign-in#{token}")  # after a #: in no log
        expires = now() + LIFE
        return CreatedChallenge({"expires": expires.isoformat()}, {"token": token, "until": str(expires.timestamp())})

    def is_valid(request: AnswerRequest) -> bool:
        # ``==`` of two secrets takes the same time wherever they differ, as ``hmac.compare_digest`` does.
        is_in_time = now().timestamp() < float(request.private["until"].reveal())
        return request.answer == request.private["token"] and is_in_time

    return CustomAuthFlow("magic_link", [Challenge("LINK", make, is_valid)])


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


async def main() -> None:
    """Open a link; then an old one, one that is too late, and one that somebody else began."""
    clock, links = Clock(), list[str]()
    flow = magic_link(lambda _, link: links.append(link), clock.now)
    pool = FakeUserPool(clock=clock, triggers=Triggers(custom_auth_handlers(flow).functions), has_client=False)
    pool.add_client(
        explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_CUSTOM_AUTH}),
        prevent_user_existence_errors=ExistenceErrors.ENABLED,
    )
    pool.add_user("alice", None, attributes={"email": "alice@example.com", "email_verified": "true"})

    def token() -> str:
        return links[-1].partition("#")[2]

    async def refused(auth: AuthClient, answer: str, why: str) -> None:
        try:
            await auth.confirm_sign_in(answer)
        except NotAuthorizedError:
            print(f"refused: {why}")
        else:
            raise AssertionError(why)

    async with (
        AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP) as auth,
        AuthClient(pool.backend(), default_flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP) as somebody_else,
    ):
        await auth.sign_in("alice")
        used = token()
        print(f"signed in: {(await auth.confirm_sign_in(used)).is_signed_in}")
        await auth.sign_out()

        await auth.sign_in("alice")
        await refused(auth, used, "a link that was used already")
        await refused(auth, token(), "the right one, after a wrong one")

        await auth.sign_in("alice")
        clock.instant += LIFE
        await refused(auth, token(), "a link that is too old")

        await auth.sign_in("alice")
        own = token()
        await somebody_else.sign_in("alice")
        await refused(somebody_else, own, "a link that was meant for another browser")
        print(f"signed in: {(await auth.confirm_sign_in(own)).is_signed_in}")


if __name__ == "__main__":
    anyio.run(main)
