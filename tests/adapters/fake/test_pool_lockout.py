"""The lockout through the operations: what it counts, what it refuses meanwhile, and what ends it."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import cycle

import anyio
import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import Purpose
from authsteps.flows import srp
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    DAY,
    HOUR,
    LOCKED_OUT,
    MINUTE,
    MS,
    NEW_PASSWORD,
    NO_SUCH_USER,
    PASSWORD,
    SECOND,
    SMS_CODE_WRONG,
    STRANGER,
    TOTP_CODE_WRONG,
    WRONG_CREDENTIALS,
    App,
    Offer,
    Refusal,
    SignIn,
    both_flows,
    refusal,
    tokens_of,
    wrong,
)
from tests.conftest import VirtualClock

WRONG_PASSWORD = "Incorrect-horse-7"
CURVE = [*([timedelta()] * 4), *(timedelta(seconds=2**doubled) for doubled in range(10)), *([15 * MINUTE] * 4)]
"""How long each wrong password in a row locks out: nothing four times, then 1, 2, 4 ... seconds, at most 15 minutes."""


async def fail(app: App, times: int = 5, sign_in: SignIn = App.by_password) -> None:
    for _ in range(times):
        assert await refusal(sign_in(app, ALICE, WRONG_PASSWORD)) == WRONG_CREDENTIALS


@both_flows
async def test_wrong_passwords_lock_out_along_the_curve_from_end_to_end(
    app: App, clock: VirtualClock, sign_in: SignIn
) -> None:
    for locked in CURVE:
        assert await refusal(sign_in(app, ALICE, WRONG_PASSWORD)) == WRONG_CREDENTIALS
        if locked:
            assert await refusal(sign_in(app, ALICE, PASSWORD)) == LOCKED_OUT
            clock.move(locked - MS)
            assert await refusal(sign_in(app, ALICE, PASSWORD)) == LOCKED_OUT
            clock.move(MS)
    assert tokens_of(await sign_in(app, ALICE, PASSWORD))


async def test_what_is_refused_meanwhile_is_not_counted_and_locks_out_no_longer(app: App, clock: VirtualClock) -> None:
    await fail(app, 5)
    for _ in range(50):
        assert await refusal(app.by_password(ALICE, WRONG_PASSWORD)) == LOCKED_OUT
        assert await refusal(app.offer_proof()) == LOCKED_OUT
    clock.move(SECOND)

    await fail(app, 1)
    clock.move(2 * SECOND - MS)
    assert await refusal(app.by_password()) == LOCKED_OUT
    clock.move(MS)
    assert tokens_of(await app.by_password())


async def test_a_proof_that_was_asked_for_before_the_lockout_is_refused_in_it_and_not_counted(
    app: App, clock: VirtualClock
) -> None:
    right, guess = await app.offer_proof(), await app.offer_proof()
    await fail(app)

    assert await refusal(app.prove(right)) == LOCKED_OUT
    assert await refusal(app.prove(guess, WRONG_PASSWORD)) == LOCKED_OUT
    assert app.pool.user(ALICE).lockout.failures == 5
    clock.move(SECOND)
    assert tokens_of(await app.by_srp())


async def test_both_flows_and_all_clients_share_one_count(app: App) -> None:
    secretive, discreet = app.beside(with_secret=True), app.discreet()
    ways: list[tuple[SignIn, App]] = [
        (App.by_srp, app),
        (App.by_password, secretive),
        (App.by_srp, discreet),
        (App.by_password, app),
        (App.by_srp, secretive),
    ]
    for sign_in, through in ways:
        assert await refusal(sign_in(through, ALICE, WRONG_PASSWORD)) == WRONG_CREDENTIALS

    for sign_in, through in ways:
        assert await refusal(sign_in(through, ALICE, PASSWORD)) == LOCKED_OUT


async def test_one_users_wrong_passwords_lock_nobody_else_out(app: App) -> None:
    app.pool.add_user(BOB, PASSWORD)
    await fail(app)

    assert tokens_of(await app.by_password(BOB))


@both_flows
async def test_where_existence_is_hidden_a_stranger_is_locked_out_like_anybody(app: App, sign_in: SignIn) -> None:
    """Else whoever watches for a lockout could tell a user from a stranger by it."""
    discreet = app.discreet()
    for _ in range(5):
        assert await refusal(sign_in(discreet, STRANGER, PASSWORD)) == WRONG_CREDENTIALS

    assert await refusal(sign_in(discreet, STRANGER, PASSWORD)) == LOCKED_OUT
    assert await refusal(sign_in(discreet, f"another-{STRANGER}", PASSWORD)) == WRONG_CREDENTIALS
    assert await refusal(sign_in(app, STRANGER, PASSWORD)) == NO_SUCH_USER


async def test_wrong_codes_do_not_count(app: App) -> None:
    authenticator = await app.with_totp()
    totp = await app.by_password()
    for _ in range(20):
        assert await refusal(app.answer(totp, authenticator.wrong_code())) == TOTP_CODE_WRONG
    assert tokens_of(await app.answer(totp, authenticator.code()))

    app.pool.user(ALICE).mfa_factors.clear()
    await app.with_sms()
    sms = await app.by_password()
    for _ in range(20):
        assert await refusal(app.answer(sms, wrong(app.mailed(Purpose.SMS_MFA)))) == SMS_CODE_WRONG
    assert tokens_of(await app.answer(sms, app.mailed(Purpose.SMS_MFA)))


async def test_what_never_came_to_the_password_does_not_count(app: App, clock: VirtualClock) -> None:
    for _ in range(10):
        await app.offer_proof()
        await refusal(app.initiate("USER_SRP_AUTH", ALICE, SRP_A="0"))
        offer = await app.offer_proof()
        late = app.proof(offer, WRONG_PASSWORD, timestamp=srp.timestamp(clock.now() + HOUR))
        assert await refusal(app.send_proof(offer, late)) == WRONG_CREDENTIALS

    assert app.pool.user(ALICE).lockout.failures == 0


@both_flows
async def test_a_sign_in_forgets_the_failures_before_it(app: App, sign_in: SignIn) -> None:
    for _ in range(3):
        await fail(app, 4)
        assert tokens_of(await sign_in(app, ALICE, PASSWORD))


async def test_a_right_password_forgets_them_even_if_the_second_factor_is_still_to_come(app: App) -> None:
    await app.with_sms()
    await fail(app, 4)
    assert (await app.by_password())["ChallengeName"] == "SMS_MFA"
    await fail(app, 4)

    assert (await app.by_password())["ChallengeName"] == "SMS_MFA"


async def test_a_reset_ends_a_lockout(app: App) -> None:
    await fail(app)
    assert await refusal(app.by_password()) == LOCKED_OUT
    await app.forgot_password()
    await app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET))

    assert tokens_of(await app.by_password(ALICE, NEW_PASSWORD))
    assert app.pool.user(ALICE).lockout.failures == 0


@pytest.mark.parametrize(("quiet", "fresh"), [(15 * MINUTE - MS, False), (15 * MINUTE, True)])
async def test_fifteen_quiet_minutes_after_a_lockout_start_afresh(
    app: App,
    clock: VirtualClock,
    quiet: timedelta,
    fresh: bool,  # noqa: FBT001  # a column of the table
) -> None:
    await fail(app)
    clock.move(SECOND + quiet)
    await fail(app, 1)

    assert app.pool.user(ALICE).lockout.failures == (1 if fresh else 6)
    assert (await refusal(app.by_password(ALICE, WRONG_PASSWORD)) == LOCKED_OUT) is not fresh


# --- Guessing -------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("each_backend")
async def test_of_many_guesses_at_once_five_are_looked_at(app: App) -> None:
    offers = [await app.offer_proof() for _ in range(30)]
    late = await app.offer_proof()
    seen: list[Refusal] = []

    async def guess(offer: Offer, responses: Mapping[str, str]) -> None:
        try:
            await app.send_proof(offer, responses)
        except ServiceError as error:
            seen.append((error.code, error.message))

    async with anyio.create_task_group() as tasks:
        for number, offer in enumerate(offers):
            tasks.start_soon(guess, offer, app.proof(offer, f"{WRONG_PASSWORD}-{number}"))

    assert seen.count(WRONG_CREDENTIALS) == 5
    assert seen.count(LOCKED_OUT) == 25
    assert await refusal(app.prove(late)) == LOCKED_OUT, "the right password comes too late"
    assert app.pool.user(ALICE).lockout.failures == 5


async def test_who_guesses_as_fast_as_the_lockout_lets_gets_few_guesses(app: App, clock: VirtualClock) -> None:
    """Passwords from a list, one after another, for a day."""
    began, guesses = clock.now(), 0
    for _ in cycle("x"):
        if clock.now() - began >= DAY:
            break
        await fail(app, 1)
        guesses += 1
        locked_until = app.pool.user(ALICE).lockout.locked_until
        if locked_until is not None:
            clock.move(locked_until - clock.now())
        if clock.now() - began < HOUR:
            assert guesses <= 20

    assert guesses < 120
