"""Authenticator apps: RFC 6238 codes, a window of one time step on either side, and every code once only."""

import base64
from datetime import UTC, datetime, timedelta
from itertools import combinations_with_replacement

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyotp.totp import TOTP

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake.errors import Cause
from authsteps.adapters.fake.totp import SoftwareToken
from authsteps.engine.messages import Secret

MS = timedelta(milliseconds=1)
STEP = timedelta(seconds=30)
MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)
"""The first instant of a time step, as every midnight is."""

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()

# RFC 6238, appendix B, the rows for SHA-1. The RFC gives eight digits; the last six are the code of six.
RFC_VECTORS = [
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


class FixedEntropy:
    def random_bytes(self, count: int) -> bytes:
        return bytes(range(count))


def app() -> SoftwareToken:
    return SoftwareToken.make(FixedEntropy())


def code_at(token: SoftwareToken, instant: datetime) -> Secret:
    """Return what the user's app shows at ``instant``."""
    return Secret(TOTP(token.secret.reveal()).at(instant))


def refused(token: SoftwareToken, code: Secret, now: datetime) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        token.verify(code, now)
    return caught.value.code, caught.value.message


WRONG = ("CodeMismatchException", "Invalid code received for user")
USED = ("ExpiredCodeException", "Your software token has already been used once.")


@pytest.mark.parametrize(("seconds", "code"), RFC_VECTORS)
def test_the_vectors_of_the_rfc_are_taken_at_their_times(seconds: int, code: str) -> None:
    token = SoftwareToken(Secret(RFC_SECRET))

    token.verify(Secret(code[-6:]), datetime.fromtimestamp(seconds, UTC))

    assert token.used_steps == {seconds // 30}


def test_a_new_secret_is_32_random_bytes_in_base32() -> None:
    secret = app().secret.reveal()

    assert len(secret) == 52
    assert base64.b32decode(secret + "====") == bytes(range(32))


@pytest.mark.parametrize(
    ("now", "taken"),
    [
        (MIDNIGHT - STEP - MS, False),
        (MIDNIGHT - STEP, True),
        (MIDNIGHT - MS, True),
        (MIDNIGHT, True),
        (MIDNIGHT + STEP - MS, True),
        (MIDNIGHT + STEP, True),
        (MIDNIGHT + 2 * STEP - MS, True),
        (MIDNIGHT + 2 * STEP, False),
    ],
)
def test_the_code_of_a_time_step_is_taken_in_that_step_and_the_ones_beside_it(now: datetime, taken: bool) -> None:  # noqa: FBT001 - a column of the table
    token = app()
    code = code_at(token, MIDNIGHT)

    if taken:
        token.verify(code, now)
    else:
        assert refused(token, code, now) == WRONG


@pytest.mark.parametrize(
    ("first", "second"),
    list(combinations_with_replacement([-STEP, -MS, timedelta(0), STEP, 2 * STEP - MS], 2)),
)
def test_a_code_works_once_in_its_whole_window(first: timedelta, second: timedelta) -> None:
    token = app()
    code = code_at(token, MIDNIGHT)
    token.verify(code, MIDNIGHT + first)

    assert refused(token, code, MIDNIGHT + second) == USED


def test_a_used_code_stays_used_when_its_neighbours_are_used_after_it() -> None:
    token = app()
    for step in (0, 1, -1):
        token.verify(code_at(token, MIDNIGHT + step * STEP), MIDNIGHT)

    for step in (0, 1, -1):
        assert refused(token, code_at(token, MIDNIGHT + step * STEP), MIDNIGHT) == USED


def test_used_steps_are_forgotten_once_they_cannot_come_again() -> None:
    token = app()
    for step in range(100):
        now = MIDNIGHT + step * STEP
        token.verify(code_at(token, now), now)

    assert len(token.used_steps) == 2


def test_a_wrong_code_uses_nothing_up() -> None:
    token = app()
    right = code_at(token, MIDNIGHT)
    wrong = Secret(f"{(int(right.reveal()) + 1) % 10**6:06}")

    assert refused(token, wrong, MIDNIGHT) == WRONG
    token.verify(right, MIDNIGHT)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\ud800", "0" * 1_000_000])
def test_what_is_no_code_is_a_wrong_code(code: str) -> None:
    assert refused(app(), Secret(code), MIDNIGHT) == WRONG


def test_digits_of_another_script_are_no_code() -> None:
    token = app()
    wide = code_at(token, MIDNIGHT).reveal().translate({ord(str(digit)): 0xFF10 + digit for digit in range(10)})

    assert refused(token, Secret(wide), MIDNIGHT) == WRONG


def test_setting_up_an_app_refuses_a_wrong_code_in_its_own_words() -> None:
    with pytest.raises(ServiceError) as caught:
        app().verify(Secret("no code"), MIDNIGHT, wrong=Cause.TOTP_SETUP_CODE_WRONG)

    assert (caught.value.code, caught.value.message) == ("EnableSoftwareTokenMFAException", "Code mismatch")


def test_the_code_of_another_app_is_wrong() -> None:
    other = SoftwareToken(Secret(RFC_SECRET))

    assert refused(app(), code_at(other, MIDNIGHT), MIDNIGHT) == WRONG


@given(st.datetimes(datetime(1970, 1, 1), datetime(9999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - Hypothesis adds the time zone
@example(datetime(1970, 1, 1, tzinfo=UTC))
def test_what_the_app_shows_now_is_taken_now(now: datetime) -> None:
    token = app()

    token.verify(code_at(token, now), now)


def test_the_secret_does_not_show_itself() -> None:
    token = app()

    assert token.secret.reveal() not in repr(token)
