"""How to test your own sign-in code: a pool that refuses what Cognito refuses, and a clock that you move."""

from datetime import UTC, datetime, timedelta

import anyio
import pytest

from authsteps.adapters.fake import FakeUserPool, MfaFactor
from authsteps.flows import AuthService, CodeMismatchError, NotAuthorizedError


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.instant = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the instant that it shows."""
        return self.instant

    def monotonic(self) -> float:
        """Return its seconds."""
        return self.instant.timestamp()


def pool_with_alice(clock: Clock) -> FakeUserPool:
    """Make a pool in which alice gets codes by SMS."""
    pool = FakeUserPool(clock=clock)
    pool.add_user("alice", "Passw0rd!", attributes={"phone_number": "+15551234567"})
    pool.user("alice").mfa_factors = {MfaFactor.SMS_MFA}
    return pool


def test_a_wrong_code_is_refused_and_the_right_one_signs_in() -> None:
    async def scenario() -> None:
        clock = Clock()
        pool = pool_with_alice(clock)
        auth = AuthService(pool.backend(), clock=clock)
        result = await auth.sign_in("alice", "Passw0rd!")
        assert result.run is not None
        with pytest.raises(CodeMismatchError):
            await auth.confirm_sign_in(result.run, "not the code")
        done = await auth.confirm_sign_in(result.run, pool.outbox.latest("alice").code.reveal())
        assert done.is_signed_in

    anyio.run(scenario)


def test_four_minutes_later_the_session_has_expired() -> None:
    async def scenario() -> None:
        clock = Clock()
        pool = pool_with_alice(clock)
        auth = AuthService(pool.backend(), clock=clock)
        result = await auth.sign_in("alice", "Passw0rd!")
        assert result.run is not None
        clock.instant += timedelta(minutes=4)
        with pytest.raises(NotAuthorizedError, match="session is expired"):
            await auth.confirm_sign_in(result.run, pool.outbox.latest("alice").code.reveal())

    anyio.run(scenario)
