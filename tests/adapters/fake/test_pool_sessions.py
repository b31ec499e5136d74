"""Backend sessions through the operations: each is good for one right answer, for one user, client and challenge."""

import gc
from collections.abc import Awaitable, Callable
from datetime import timedelta

import anyio
import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import FakeUserPool, MfaFactor, Purpose, UserStatus
from authsteps.adapters.fake.sign_in.attempt import AttemptContext
from authsteps.flows import srp
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    HOUR,
    MINUTE,
    MS,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    SESSION_EXPIRED,
    SESSION_INVALID,
    SESSION_SPENT,
    SMS_CODE_WRONG,
    TOTP_CODE_WRONG,
    App,
    Reply,
    constraint,
    missing,
    refusal,
    tokens_of,
    wrong,
)
from tests.conftest import VirtualClock


async def climb(app: App) -> list[Reply]:
    """Climb as high as there are rungs: a new password, the choice of a factor, its code."""
    user = app.pool.user(ALICE)
    user.status = UserStatus.FORCE_CHANGE_PASSWORD
    user.mfa_factors |= {MfaFactor.SMS_MFA, MfaFactor.SOFTWARE_TOKEN_MFA}
    replies = [await app.by_password()]
    replies.append(await app.answer(replies[-1], NEW_PASSWORD))
    replies.append(await app.answer(replies[-1], "SMS_MFA"))
    replies.append(await app.answer(replies[-1], app.mailed(Purpose.SMS_MFA)))
    return replies


async def test_every_challenge_brings_a_session_of_its_own_and_the_tokens_bring_none(app: App) -> None:
    replies = await climb(app)

    assert [reply.get("ChallengeName") for reply in replies] == [
        "NEW_PASSWORD_REQUIRED",
        "SELECT_MFA_TYPE",
        "SMS_MFA",
        None,
    ]
    sessions = [reply["Session"] for reply in replies[:-1]]
    assert len(set(sessions)) == 3
    assert all(20 <= len(session) <= 2048 for session in sessions), "as the service model has it"
    assert "Session" not in replies[-1]


async def test_a_session_that_led_on_leads_nowhere_again_whatever_challenge_it_is_given_for(app: App) -> None:
    replies = await climb(app)
    answers = {"NEW_PASSWORD": "Another-battery-9", "ANSWER": "SMS_MFA", "SMS_MFA_CODE": app.mailed(Purpose.SMS_MFA)}

    for used in replies[:-1]:
        for challenge in ("NEW_PASSWORD_REQUIRED", "SELECT_MFA_TYPE", "SMS_MFA"):
            assert await refusal(app.respond(challenge, ALICE, used["Session"], **answers)) == SESSION_SPENT


@pytest.mark.parametrize("validity", [3 * MINUTE, 15 * MINUTE])
@pytest.mark.parametrize(("past", "good"), [(-MS, True), (timedelta(), False), (MS, False)])
@pytest.mark.parametrize("before", [timedelta(), 2 * MINUTE])
async def test_a_session_lives_as_long_as_the_client_says_counted_from_each_challenge(
    app: App,
    clock: VirtualClock,
    validity: timedelta,
    past: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
    before: timedelta,
) -> None:
    app.pool.user(ALICE).mfa_factors |= {MfaFactor.SMS_MFA, MfaFactor.SOFTWARE_TOKEN_MFA}
    patient = app.beside(auth_session_validity=validity)
    choice = await patient.by_password()
    clock.move(before)
    challenge = await patient.answer(choice, "SMS_MFA")
    clock.move(validity + past)

    answer = patient.answer(challenge, app.mailed(Purpose.SMS_MFA))
    if good:
        assert tokens_of(await answer)
    else:
        assert await refusal(answer) == SESSION_EXPIRED


async def test_after_six_wrong_sms_codes_the_right_one_still_works(app: App) -> None:
    await app.with_sms()
    challenge = await app.by_password()
    right = app.mailed(Purpose.SMS_MFA)
    for _ in range(6):
        assert await refusal(app.answer(challenge, wrong(right))) == SMS_CODE_WRONG

    assert tokens_of(await app.answer(challenge, right))


async def test_after_six_wrong_totp_codes_the_right_one_still_works(app: App) -> None:
    authenticator = await app.with_totp()
    challenge = await app.by_password()
    for _ in range(6):
        assert await refusal(app.answer(challenge, authenticator.wrong_code())) == TOTP_CODE_WRONG

    assert tokens_of(await app.answer(challenge, authenticator.code()))


async def test_wrong_codes_do_not_make_a_session_live_longer(app: App, clock: VirtualClock) -> None:
    await app.with_sms()
    challenge = await app.by_password()
    right = app.mailed(Purpose.SMS_MFA)
    for _ in range(3):
        assert await refusal(app.answer(challenge, wrong(right))) == SMS_CODE_WRONG
        clock.move(MINUTE)

    assert await refusal(app.answer(challenge, right)) == SESSION_EXPIRED


async def test_the_session_of_another_user_is_refused_and_not_used_up(app: App) -> None:
    app.pool.add_user(BOB, PASSWORD, attributes={"phone_number": PHONE})
    await app.with_sms(ALICE)
    await app.with_sms(BOB)
    of_alice = await app.by_password(ALICE)
    of_bob = await app.by_password(BOB)

    assert await refusal(app.answer(of_alice, app.mailed(Purpose.SMS_MFA, BOB), BOB)) == SESSION_INVALID
    assert await refusal(app.answer(of_alice, app.mailed(Purpose.SMS_MFA, ALICE), BOB)) == SESSION_INVALID
    assert await refusal(app.answer(of_alice, app.mailed(Purpose.SMS_MFA, ALICE), "nobody")) == SESSION_INVALID
    assert tokens_of(await app.answer(of_alice, app.mailed(Purpose.SMS_MFA, ALICE), ALICE))
    assert tokens_of(await app.answer(of_bob, app.mailed(Purpose.SMS_MFA, BOB), BOB))


async def test_the_session_of_another_client_is_refused_and_not_used_up(app: App) -> None:
    await app.with_sms()
    challenge = await app.by_password()
    right = app.mailed(Purpose.SMS_MFA)

    assert await refusal(app.beside().answer(challenge, right)) == SESSION_INVALID
    assert tokens_of(await app.answer(challenge, right))


@pytest.mark.parametrize(
    ("challenge", "response"),
    [
        ("SOFTWARE_TOKEN_MFA", "SOFTWARE_TOKEN_MFA_CODE"),
        ("NEW_PASSWORD_REQUIRED", "NEW_PASSWORD"),
        ("SELECT_MFA_TYPE", "ANSWER"),
        ("CUSTOM_CHALLENGE", "ANSWER"),
        ("MFA_SETUP", "ANSWER"),
    ],
)
async def test_the_session_of_another_challenge_is_refused_and_not_used_up(
    app: App, challenge: str, response: str
) -> None:
    await app.with_sms()
    sms = await app.by_password()
    right = app.mailed(Purpose.SMS_MFA)

    assert await refusal(app.respond(challenge, ALICE, sms["Session"], **{response: right})) == SESSION_INVALID
    assert tokens_of(await app.answer(sms, right))


@pytest.mark.parametrize("session", ["A" * 20, "garbled " * 5, "A" * 2048, "ünï" * 10])
async def test_a_session_that_is_none_is_refused(app: App, session: str) -> None:
    await app.with_sms()
    await app.by_password()

    assert await refusal(app.respond("SMS_MFA", ALICE, session, SMS_MFA_CODE="123456")) == SESSION_INVALID


async def test_an_answer_without_a_session_says_that_it_is_missing(app: App) -> None:
    assert await refusal(app.respond("SMS_MFA", ALICE, SMS_MFA_CODE="123456")) == missing("Session")


async def test_what_is_missing_is_told_before_the_session_is_looked_at(app: App) -> None:
    for challenge, response in {
        "SMS_MFA": "SMS_MFA_CODE",
        "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
        "NEW_PASSWORD_REQUIRED": "NEW_PASSWORD",
        "SELECT_MFA_TYPE": "ANSWER",
    }.items():
        assert await refusal(app.respond(challenge, ALICE, "garbled " * 5)) == missing(response)


async def test_an_expired_session_is_told_from_a_wrong_one_for_an_hour(app: App, clock: VirtualClock) -> None:
    await app.with_sms()
    challenge = await app.by_password()
    clock.move(3 * MINUTE + HOUR - MS)
    await app.by_password()
    assert await refusal(app.answer(challenge, "123456")) == SESSION_EXPIRED

    clock.move(MS)
    await app.by_password()
    assert await refusal(app.answer(challenge, "123456")) == SESSION_INVALID


# --- Two at once -----------------------------------------------------------------------------------------------------


async def at_the_proof(app: App) -> Callable[[], Awaitable[Reply]]:
    offer = await app.offer_proof()
    return lambda: app.prove(offer)


async def at_the_sms_code(app: App) -> Callable[[], Awaitable[Reply]]:
    await app.with_sms()
    challenge = await app.by_password()
    return lambda: app.answer(challenge, app.mailed(Purpose.SMS_MFA))


async def at_the_totp_code(app: App) -> Callable[[], Awaitable[Reply]]:
    authenticator = await app.with_totp()
    challenge = await app.by_password()
    return lambda: app.answer(challenge, authenticator.code())


async def at_the_new_password(app: App) -> Callable[[], Awaitable[Reply]]:
    app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    challenge = await app.by_password()
    return lambda: app.answer(challenge, NEW_PASSWORD)


@pytest.mark.parametrize("go", [at_the_proof, at_the_sms_code, at_the_totp_code, at_the_new_password])
@pytest.mark.usefixtures("each_backend")
async def test_of_two_answers_at_once_exactly_one_signs_in(
    app: App, go: Callable[[App], Awaitable[Callable[[], Awaitable[Reply]]]]
) -> None:
    answer = await go(app)
    families = len(app.pool.user(ALICE).families)
    signed_in: list[Reply] = []
    refused: list[tuple[str, str]] = []

    async def try_it() -> None:
        try:
            signed_in.append(await answer())
        except ServiceError as error:
            refused.append((error.code, error.message))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(try_it)

    assert len(signed_in) == 1
    assert refused == [SESSION_SPENT] * 4
    assert len(app.pool.user(ALICE).families) == families + 1


# --- Attempts that nobody finishes -----------------------------------------------------------------------------------


class Cheap:
    """Arithmetic that costs nothing and proves nothing."""

    def power_of_g(self, exponent: int, /) -> int:
        return exponent % srp.N or 1

    def power(self, base: int, exponent: int, /) -> int:
        return base * exponent % srp.N or 1


async def test_ten_thousand_abandoned_attempts_are_forgotten_and_none_had_a_task(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    pool: FakeUserPool = make_pool(arithmetic=Cheap())
    pool.add_user(ALICE, PASSWORD)
    app = App(pool, clock)

    async def abandon(count: int) -> None:
        for _ in range(count):
            await app.initiate("USER_SRP_AUTH", ALICE, SRP_A="2")

    tasks, others = len(anyio.get_running_tasks()), _attempts()
    await abandon(10_000)
    assert _attempts() - others >= 10_000
    assert len(anyio.get_running_tasks()) == tasks
    clock.move(3 * MINUTE + HOUR)
    await abandon(3_400)

    assert _attempts() - others <= 3_400 + 10


def _attempts() -> int:
    gc.collect()
    return sum(isinstance(thing, AttemptContext) for thing in gc.get_objects())


@pytest.mark.parametrize(
    ("member", "value", "rule"),
    [
        ("Session", "x" * 19, "Member must have length greater than or equal to 20"),
        ("Session", "x" * 2049, "Member must have length less than or equal to 2048"),
        ("ClientId", "not word characters", r"Member must satisfy regular expression pattern: [\w+]+"),
    ],
    ids=["too short", "too long", "no client id"],
)
async def test_what_the_model_knows_to_be_none_is_refused_before_anything_is_looked_up(
    app: App, member: str, value: str, rule: str
) -> None:
    request = {"ClientId": "1unknown", "ChallengeName": "SMS_MFA", member: value}
    path = member[:1].lower() + member[1:]

    assert await refusal(app.pool.call("RespondToAuthChallenge", request)) == constraint(
        f"Value at '{path}' failed to satisfy constraint: {rule}"
    )
