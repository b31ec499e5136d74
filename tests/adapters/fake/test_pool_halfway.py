"""What happens to a user in the middle of a sign-in counts: who was disabled or deleted meanwhile gets no tokens."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NoReturn

import pytest

from authsteps.adapters.fake import FakeUserPool, MfaFactor, Purpose, UserStatus
from authsteps.adapters.fake.grants import Grants
from authsteps.adapters.fake.lockout import Lockout
from authsteps.adapters.fake.messages import Messages
from authsteps.adapters.fake.passwords import PasswordPolicy
from authsteps.adapters.fake.state import Pool
from authsteps.adapters.fake.totp import SoftwareToken
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    DISABLED,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    RESET_REQUIRED,
    SESSION_INVALID,
    TROUBLES,
    WRONG_CREDENTIALS,
    App,
    Meddling,
    Refusal,
    Reply,
    refusal,
)
from tests.conftest import VirtualClock


class Halfway:
    """Attempts that wait at a challenge, each with the answer that would lead on."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._pool = app.pool

    async def by_password(self) -> Reply:
        return await self._app.by_password()

    async def with_sms(self) -> None:
        await self._app.with_sms()

    async def at_the_proof(self) -> Awaitable[Reply]:
        return self._app.prove(await self._app.offer_proof())

    async def at_the_new_password(self) -> Awaitable[Reply]:
        self._pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
        return self._app.answer(await self._app.by_password(), NEW_PASSWORD)

    async def at_the_totp_code(self) -> Awaitable[Reply]:
        authenticator = await self._app.with_totp()
        return self._app.answer(await self._app.by_password(), authenticator.code())

    async def at_the_sms_code(self) -> Awaitable[Reply]:
        await self.with_sms()
        challenge = await self.by_password()
        return self._app.answer(challenge, self._app.mailed(Purpose.SMS_MFA))

    async def at_the_choice(self) -> Awaitable[Reply]:
        await self._app.with_sms()
        self._pool.user(ALICE).mfa_factors.add(MfaFactor.SOFTWARE_TOKEN_MFA)
        return self._app.answer(await self._app.by_password(), "SMS_MFA")


HALFWAY = [
    Halfway.at_the_proof,
    Halfway.at_the_new_password,
    Halfway.at_the_totp_code,
    Halfway.at_the_sms_code,
    Halfway.at_the_choice,
]
GoHalfway = Callable[[Halfway], Awaitable[Awaitable[Reply]]]
every_challenge = pytest.mark.parametrize("go", HALFWAY, ids=[go.__name__ for go in HALFWAY])


@every_challenge
async def test_the_answer_leads_on_if_nothing_happens(app: App, go: GoHalfway) -> None:
    reply = await (await go(Halfway(app)))

    assert reply.keys() & {"AuthenticationResult", "ChallengeName"}


@every_challenge
async def test_who_is_disabled_in_the_middle_gets_no_further(app: App, go: GoHalfway) -> None:
    answer = await go(Halfway(app))
    app.pool.disable_user(ALICE)

    assert await refusal(answer) == DISABLED


@every_challenge
async def test_who_is_deleted_in_the_middle_gets_no_further(app: App, go: GoHalfway) -> None:
    answer = await go(Halfway(app))
    app.pool.delete_user(ALICE)

    assert (await refusal(answer))[0] == "NotAuthorizedException"


@every_challenge
async def test_whoever_has_the_name_next_is_not_signed_in_by_an_attempt_of_the_one_before(
    app: App, go: GoHalfway
) -> None:
    answer = await go(Halfway(app))
    app.pool.delete_user(ALICE)
    app.pool.add_user(ALICE, "Another-person-1", attributes={"phone_number": PHONE}, temporary=True)

    assert (await refusal(answer))[0] == "NotAuthorizedException"
    assert app.pool.user(ALICE).status is UserStatus.FORCE_CHANGE_PASSWORD
    assert (await app.by_password(ALICE, "Another-person-1"))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


PAST_THE_PASSWORD = [go for go in HALFWAY if go is not Halfway.at_the_proof]


@pytest.mark.parametrize("go", PAST_THE_PASSWORD, ids=[go.__name__ for go in PAST_THE_PASSWORD])
@pytest.mark.parametrize("is_permanent", [False, True], ids=["temporary", "permanent"])
async def test_whose_password_was_changed_in_the_middle_is_not_signed_in_by_the_one_before(
    app: App, go: GoHalfway, *, is_permanent: bool
) -> None:
    answer = await go(Halfway(app))
    await app.call(
        "AdminSetUserPassword",
        UserPoolId=app.pool.id,
        Username=ALICE,
        Password="Another-password-3",
        Permanent=is_permanent,
    )

    assert await refusal(answer) == SESSION_INVALID


@pytest.mark.parametrize("go", PAST_THE_PASSWORD, ids=[go.__name__ for go in PAST_THE_PASSWORD])
async def test_who_must_reset_the_password_gets_no_further_with_the_one_before(app: App, go: GoHalfway) -> None:
    answer = await go(Halfway(app))
    app.pool.require_password_reset(ALICE)

    assert await refusal(answer) == RESET_REQUIRED


MEANWHILE: Mapping[str, tuple[Callable[[FakeUserPool], object], Refusal]] = {
    **TROUBLES,
    "deleted": (lambda pool: pool.delete_user(ALICE), WRONG_CREDENTIALS),
    "given another password": (
        lambda pool: setattr(pool.user(ALICE), "verifier", pool.user(BOB).verifier),
        WRONG_CREDENTIALS,
    ),
}


@pytest.mark.parametrize(("put", "expected"), MEANWHILE.values(), ids=[*MEANWHILE])
async def test_what_happens_to_a_user_while_the_proof_is_checked_counts(
    make_pool: MakePool, clock: VirtualClock, put: Callable[[FakeUserPool], object], expected: Refusal
) -> None:
    arithmetic = Meddling()
    pool = make_pool(arithmetic=arithmetic)
    pool.add_user(ALICE, PASSWORD)
    pool.add_user(BOB, PASSWORD)
    app = App(pool, clock)
    offer = await app.offer_proof()

    def once() -> None:
        arithmetic.before = lambda: None
        put(pool)

    arithmetic.before = once
    assert await refusal(app.prove(offer)) == expected


async def test_a_client_that_is_deleted_while_the_proof_is_checked_gets_no_tokens(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    arithmetic = Meddling()
    pool = make_pool(arithmetic=arithmetic)
    pool.add_user(ALICE, PASSWORD)
    app = App(pool, clock)
    offer = await app.offer_proof()
    client_id = app.client.client_id

    def once() -> None:
        arithmetic.before = lambda: None
        pool.remove_client(client_id)

    arithmetic.before = once
    assert await refusal(app.prove(offer)) == (
        "ResourceNotFoundException",
        f"User pool client {client_id} does not exist.",
    )


@pytest.mark.parametrize(
    ("put", "expected"),
    [(FakeUserPool.disable_user, DISABLED), (FakeUserPool.delete_user, WRONG_CREDENTIALS)],
    ids=["disabled", "deleted"],
)
async def test_who_is_disabled_or_deleted_while_tokens_are_signed_gets_none(
    app: App, monkeypatch: pytest.MonkeyPatch, put: Callable[[FakeUserPool, str], None], expected: Refusal
) -> None:
    original = Pool.in_thread

    async def meddle(pool: Pool, compute: Callable[[], Any]) -> Any:
        put(app.pool, ALICE)
        return await original(pool, compute)

    monkeypatch.setattr(Pool, "in_thread", meddle)
    assert await refusal(app.by_password()) == expected


async def test_a_global_sign_out_while_tokens_are_signed_ends_them_too(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, earlier = Pool.in_thread, await app.tokens()

    async def meddle(pool: Pool, compute: Callable[[], Any]) -> Any:
        await app.call("GlobalSignOut", AccessToken=earlier["AccessToken"])
        return await original(pool, compute)

    monkeypatch.setattr(Pool, "in_thread", meddle)
    tokens = await app.tokens()

    assert await refusal(app.refresh(tokens["RefreshToken"])) == (
        "NotAuthorizedException",
        "Refresh Token has been revoked",
    )


# --- What breaks on the way -------------------------------------------------------------------------------------------


async def at_the_password(halfway: Halfway) -> Awaitable[Reply]:
    return halfway.by_password()


async def before_the_message(halfway: Halfway) -> Awaitable[Reply]:
    await halfway.with_sms()
    return halfway.by_password()


BREAKABLE: Mapping[str, tuple[type, str, GoHalfway]] = {
    "the lockout": (Lockout, "check", at_the_password),
    "the check of a password": (Pool, "fits", at_the_password),
    "the check of a proof": (Pool, "in_thread", Halfway.at_the_proof),
    "the policy": (PasswordPolicy, "check", Halfway.at_the_new_password),
    "the sending of codes": (Messages, "send_code", before_the_message),
    "the check of the app's codes": (SoftwareToken, "verify", Halfway.at_the_totp_code),
    "the signing of tokens": (Grants, "sign_in", Halfway.at_the_sms_code),
}


@pytest.mark.parametrize(("owner", "method", "go"), BREAKABLE.values(), ids=[*BREAKABLE])
async def test_whatever_breaks_on_the_way_breaks_the_sign_in_too(
    app: App, monkeypatch: pytest.MonkeyPatch, owner: type, method: str, go: GoHalfway
) -> None:
    answer = await go(Halfway(app))

    def out_of_order(*_: object, **__: object) -> NoReturn:
        raise RuntimeError("out of order")

    monkeypatch.setattr(owner, method, out_of_order)
    with pytest.raises(RuntimeError, match="out of order"):
        await answer
