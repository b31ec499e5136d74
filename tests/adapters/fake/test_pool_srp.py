"""Signing in with SRP: the proof is really checked, and everything around it holds."""

import asyncio
import base64
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import ForceChangePasswordException, SoftwareTokenMFAChallengeException

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import Client, FakeUserPool, MfaFactor, Purpose, UserStatus
from authsteps.flows import srp
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    MINUTE,
    MS,
    NEW_PASSWORD,
    NO_SUCH_USER,
    PASSWORD,
    SECOND,
    SESSION_EXPIRED,
    SESSION_INVALID,
    SESSION_SPENT,
    SRP,
    UNREADABLE,
    WRONG_CREDENTIALS,
    App,
    Meddling,
    Offer,
    Refusal,
    Reply,
    SignIn,
    both_flows,
    missing,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

with_and_without_secret = pytest.mark.parametrize("with_secret", [False, True], ids=["no secret", "secret"])

SRP_A_INVALID = ("InvalidParameterException", "Invalid SRP_A")
TIMESTAMP_INVALID = (
    "InvalidParameterException",
    "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.",
)


# --- SRP, proved by somebody else's client ---------------------------------------------------------------------------


class Boto:
    """As much of a boto3 client as pycognito uses, with the pool behind it."""

    def __init__(self, pool: FakeUserPool, run: Callable[[Any], Any]) -> None:
        self._pool = pool
        self._run = run

    def initiate_auth(self, **request: Json) -> Any:
        return self._run(self._pool.call("InitiateAuth", request))

    def respond_to_auth_challenge(self, **request: Json) -> Any:
        return self._run(self._pool.call("RespondToAuthChallenge", request))


PycognitoAs = Callable[..., Any]


@pytest.fixture
def pycognito_as(pool: FakeUserPool, clock: VirtualClock) -> Iterator[PycognitoAs]:
    """Makes pycognito clients for a username and a password. Only what they take for the time is ours."""

    def formatted(_its_own_time: datetime) -> str:
        return srp.timestamp(clock.now())

    with asyncio.Runner() as runner:

        def make(username: str, password: str, client: Client) -> Any:
            secret = client.client_secret.reveal() if client.client_secret is not None else None
            boto = Boto(pool, runner.run)
            theirs: Any = AWSSRP(username, password, pool.id, client.client_id, client=boto, client_secret=secret)
            theirs.get_cognito_formatted_timestamp = formatted
            return theirs

        yield make


# pycognito asks for the time in a way that newer Pythons warn of.
third_party = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")


@third_party
@with_and_without_secret
def test_pycognito_signs_in_with_the_right_password(
    pool: FakeUserPool,
    pycognito_as: PycognitoAs,
    with_secret: bool,  # noqa: FBT001  # a column of the table
) -> None:
    client = pool.add_client(with_secret=with_secret)

    result = pycognito_as(ALICE, PASSWORD, client).authenticate_user()

    assert result["AuthenticationResult"].keys() == {
        "AccessToken",
        "IdToken",
        "RefreshToken",
        "ExpiresIn",
        "TokenType",
    }


@third_party
@with_and_without_secret
def test_pycognito_is_refused_with_a_wrong_password(
    pool: FakeUserPool,
    pycognito_as: PycognitoAs,
    with_secret: bool,  # noqa: FBT001  # a column of the table
) -> None:
    client = pool.add_client(with_secret=with_secret)

    with pytest.raises(ServiceError) as caught:
        pycognito_as(ALICE, "Incorrect-horse-7", client).authenticate_user()

    assert (caught.value.code, caught.value.message) == WRONG_CREDENTIALS


@third_party
def test_pycognito_signs_in_again_and_again_whatever_bytes_its_numbers_begin_with(
    pool: FakeUserPool, pycognito_as: PycognitoAs
) -> None:
    """Numbers whose top bit is set, and odd numbers of digits, are where implementations part."""
    for number in range(24):
        pool.add_user(f"user-{number}", f"{PASSWORD}-{number}")
        result = pycognito_as(f"user-{number}", f"{PASSWORD}-{number}", pool.client).authenticate_user()
        assert "AuthenticationResult" in result


@third_party
def test_pycognito_sets_the_new_password_that_a_temporary_one_demands(
    pool: FakeUserPool, pycognito_as: PycognitoAs
) -> None:
    pool.add_user(BOB, PASSWORD, temporary=True)
    with pytest.raises(ForceChangePasswordException):
        pycognito_as(BOB, PASSWORD, pool.client).authenticate_user()

    result = pycognito_as(BOB, PASSWORD, pool.client).set_new_password_challenge(NEW_PASSWORD)

    assert "AccessToken" in result["AuthenticationResult"]
    assert "AuthenticationResult" in pycognito_as(BOB, NEW_PASSWORD, pool.client).authenticate_user()
    assert pool.user(BOB).status is UserStatus.CONFIRMED


@third_party
def test_pycognito_is_asked_for_the_code_of_an_authenticator_app(pool: FakeUserPool, pycognito_as: PycognitoAs) -> None:
    pool.user(ALICE).mfa_factors.add(MfaFactor.SOFTWARE_TOKEN_MFA)

    with pytest.raises(SoftwareTokenMFAChallengeException):
        pycognito_as(ALICE, PASSWORD, pool.client).authenticate_user()


# --- SRP -------------------------------------------------------------------------------------------------------------


async def test_the_challenge_holds_what_the_service_sends_and_no_session(app: App) -> None:
    offer = await app.offer_proof()

    assert offer.challenge.keys() == {"ChallengeName", "ChallengeParameters"}
    assert offer.challenge["ChallengeName"] == "PASSWORD_VERIFIER"
    parameters = offer.parameters
    assert parameters.keys() == {"SALT", "SRP_B", "SECRET_BLOCK", "USERNAME", "USER_ID_FOR_SRP"}
    assert parameters["USERNAME"] == parameters["USER_ID_FOR_SRP"] == ALICE
    assert len(parameters["SECRET_BLOCK"]) == 1712
    assert len(base64.b64decode(parameters["SECRET_BLOCK"], validate=True)) == 1284
    assert 0 < int(parameters["SALT"], 16) < 1 << 128
    assert 0 < int(parameters["SRP_B"], 16) < srp.N


async def test_every_challenge_is_new_and_the_salt_stays(app: App) -> None:
    offers = [await app.offer_proof() for _ in range(5)]

    assert len({offer.parameters["SRP_B"] for offer in offers}) == 5
    assert len({offer.parameters["SECRET_BLOCK"] for offer in offers}) == 5
    assert len({offer.parameters["SALT"] for offer in offers}) == 1


@both_flows
async def test_the_right_password_signs_in(app: App, sign_in: SignIn) -> None:
    reply = await sign_in(app, ALICE, PASSWORD)

    assert reply.keys() == {"AuthenticationResult", "ChallengeParameters"}
    assert reply["ChallengeParameters"] == {}
    result = reply["AuthenticationResult"]
    assert result.keys() == {"AccessToken", "IdToken", "RefreshToken", "ExpiresIn", "TokenType"}
    assert (result["ExpiresIn"], result["TokenType"]) == (3600, "Bearer")


@both_flows
@pytest.mark.parametrize(
    "password", ["", "incorrect", PASSWORD.lower(), PASSWORD + " ", " " + PASSWORD, PASSWORD[:-1], "x" * 10_000]
)
async def test_any_other_password_is_refused(app: App, sign_in: SignIn, password: str) -> None:
    nothing_sent = sign_in is App.by_password and not password
    expected = missing("PASSWORD") if nothing_sent else WRONG_CREDENTIALS

    assert await refusal(sign_in(app, ALICE, password)) == expected


@both_flows
@pytest.mark.parametrize(
    "password",
    ["Pässwörd 1!", "パスワード-Aa1", "Aa1-long-\u0065\u0301", "Aa1!" + "long " * 48 + "end", "Aa1\"\\'{}%s$(x)\u2028"],
)
async def test_a_password_is_taken_exactly_as_typed(app: App, sign_in: SignIn, password: str) -> None:
    app.pool.add_user(BOB, password)

    assert tokens_of(await sign_in(app, BOB, password))
    changed = password.replace("\u0065\u0301", "\u00e9").replace(" ", "\u00a0").replace("A", "a")
    assert await refusal(sign_in(app, BOB, changed)) == WRONG_CREDENTIALS


@both_flows
async def test_a_user_may_go_by_the_sub_instead_of_the_name(app: App, sign_in: SignIn) -> None:
    """Source: service model, InitiateAuth and RespondToAuthChallenge: a local user's sub will do for the username."""
    assert tokens_of(await sign_in(app, app.pool.user(ALICE).sub, PASSWORD))


async def test_names_are_told_apart_by_case(app: App) -> None:
    assert await refusal(app.by_password(ALICE.upper())) == NO_SUCH_USER


@pytest.mark.parametrize(
    "signature",
    [
        base64.b64encode(bytes(32)).decode(),
        "not base64",
        "a" * 100_000,
        "ünï",
    ],
)
async def test_a_wrong_proof_is_refused(app: App, signature: str) -> None:
    offer = await app.offer_proof()
    responses = {**app.proof(offer), "PASSWORD_CLAIM_SIGNATURE": signature}

    assert await refusal(app.send_proof(offer, responses)) == WRONG_CREDENTIALS


@pytest.mark.parametrize("place", [0, 10, 42])
async def test_one_changed_letter_makes_a_proof_wrong(app: App, place: int) -> None:
    offer = await app.offer_proof()
    responses = app.proof(offer)
    right = responses["PASSWORD_CLAIM_SIGNATURE"]
    responses["PASSWORD_CLAIM_SIGNATURE"] = right[:place] + ("B" if right[place] == "A" else "A") + right[place + 1 :]

    assert await refusal(app.send_proof(offer, responses)) == WRONG_CREDENTIALS


async def test_a_proof_made_of_other_parameters_than_were_sent_is_refused(app: App) -> None:
    others = (await app.offer_proof()).parameters
    for parameter, other in {
        "SALT": "1234",
        "SRP_B": others["SRP_B"],
        "USER_ID_FOR_SRP": BOB,
        "SECRET_BLOCK": others["SECRET_BLOCK"],
    }.items():
        offer = await app.offer_proof()
        responses = {
            **app.proof(offer, **{parameter: other}),
            "PASSWORD_CLAIM_SECRET_BLOCK": offer.parameters["SECRET_BLOCK"],
        }
        assert await refusal(app.send_proof(offer, responses)) == WRONG_CREDENTIALS, parameter
        app.pool.user(ALICE).lockout.succeeded()


async def test_a_timestamp_that_is_not_the_one_that_was_signed_is_refused(app: App, clock: VirtualClock) -> None:
    offer = await app.offer_proof()
    responses = {**app.proof(offer), "TIMESTAMP": srp.timestamp(clock.now() + SECOND)}

    assert await refusal(app.send_proof(offer, responses)) == WRONG_CREDENTIALS


async def test_a_changed_secret_block_is_that_of_no_attempt(app: App) -> None:
    offer = await app.offer_proof()
    block = offer.parameters["SECRET_BLOCK"]
    for changed in (block[:-8] + "AAAAAAA=", block + "AAAA", block[4:], block.lower(), "AAAA"):
        responses = app.proof(offer, SECRET_BLOCK=block)
        assert (
            await refusal(app.send_proof(offer, {**responses, "PASSWORD_CLAIM_SECRET_BLOCK": changed}))
            == SESSION_INVALID
        )

    assert tokens_of(await app.prove(offer)), "the attempt itself is untouched"


async def test_a_secret_block_works_once(app: App) -> None:
    offer = await app.offer_proof()
    assert tokens_of(await app.prove(offer))

    assert await refusal(app.prove(offer)) == SESSION_SPENT


async def test_a_wrong_proof_uses_the_secret_block_up(app: App) -> None:
    offer = await app.offer_proof()
    assert await refusal(app.prove(offer, "Incorrect-horse-7")) == WRONG_CREDENTIALS

    assert await refusal(app.prove(offer)) == SESSION_SPENT


async def test_the_secret_block_of_another_user_is_refused(app: App) -> None:
    app.pool.add_user(BOB, PASSWORD)
    of_alice, of_bob = await app.offer_proof(ALICE), await app.offer_proof(BOB)
    swapped = {**app.proof(of_bob), "PASSWORD_CLAIM_SECRET_BLOCK": of_alice.parameters["SECRET_BLOCK"]}

    assert await refusal(app.send_proof(of_bob, swapped)) == SESSION_INVALID
    assert await refusal(app.send_proof(of_alice, swapped)) == WRONG_CREDENTIALS
    assert tokens_of(await app.prove(of_bob))


async def test_the_secret_block_of_another_client_is_refused(app: App, clock: VirtualClock) -> None:
    other = app.beside()
    offer = await app.offer_proof()

    assert await refusal(other.send_proof(offer, app.proof(offer))) == SESSION_INVALID
    assert tokens_of(await app.prove(offer))


async def test_a_session_may_stand_beside_the_secret_block_if_it_is_the_attempts_own(app: App) -> None:
    offer = await app.offer_proof()
    responses = app.proof(offer)

    async def with_session(session: str) -> Reply:
        return await app.respond("PASSWORD_VERIFIER", ALICE, session, **responses)

    assert await refusal(with_session("x" * 30)) == SESSION_INVALID
    assert tokens_of(await with_session(offer.parameters["SECRET_BLOCK"]))


@pytest.mark.parametrize(("after", "good"), [(3 * MINUTE - MS, True), (3 * MINUTE, False), (3 * MINUTE + MS, False)])
async def test_a_secret_block_waits_as_long_as_a_session(
    app: App,
    clock: VirtualClock,
    after: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
) -> None:
    offer = await app.offer_proof()
    clock.move(after)

    if good:
        assert tokens_of(await app.prove(offer))
    else:
        assert await refusal(app.prove(offer)) == SESSION_EXPIRED


@pytest.mark.parametrize("name", ["PASSWORD_CLAIM_SECRET_BLOCK", "PASSWORD_CLAIM_SIGNATURE", "TIMESTAMP", "USERNAME"])
async def test_a_proof_without_one_of_its_responses_says_which_is_missing(app: App, name: str) -> None:
    offer = await app.offer_proof()
    responses = {**app.proof(offer), "USERNAME": ALICE}
    del responses[name]
    call = app.call(
        "RespondToAuthChallenge",
        ClientId=app.client.client_id,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=responses,
    )

    assert await refusal(call) == missing(name)
    assert tokens_of(await app.prove(offer)), "the attempt itself is untouched"


@pytest.mark.parametrize(
    ("srp_a", "expected"),
    [
        ("0", SRP_A_INVALID),
        ("00000000", SRP_A_INVALID),
        (f"{srp.N:x}", SRP_A_INVALID),
        (f"00{srp.N:X}", SRP_A_INVALID),
        (f"{2 * srp.N:x}", SRP_A_INVALID),
        (f"{srp.N + 1:x}", SRP_A_INVALID),
        ("-1", SRP_A_INVALID),
        ("not hexadecimal", SRP_A_INVALID),
        ("0x12", SRP_A_INVALID),
        ("1_2", SRP_A_INVALID),
        ("٣", SRP_A_INVALID),
        (" 12", SRP_A_INVALID),
        ("f" * 771, SRP_A_INVALID),
        ("f" * 131_072, SRP_A_INVALID),
        ("\ud800", UNREADABLE),
        ("", missing("SRP_A")),
    ],
)
async def test_a_public_key_that_is_none_is_refused_before_anything_is_computed(
    make_pool: MakePool, clock: VirtualClock, srp_a: str, expected: Refusal
) -> None:
    arithmetic = Meddling()
    app = App(make_pool(arithmetic=arithmetic), clock)
    app.pool.add_user(ALICE, PASSWORD)
    powers: list[str] = []
    arithmetic.before = lambda: powers.append("one more")

    assert await refusal(app.initiate("USER_SRP_AUTH", ALICE, SRP_A=srp_a)) == expected
    assert not powers


@pytest.mark.parametrize("spelling", ["upper", "zero"])
async def test_a_public_key_may_be_spelt_in_capitals_and_with_leading_zeros(app: App, spelling: str) -> None:
    keys = srp.key_pair(bytes(range(32)), SRP)
    text = keys.public.reveal()
    sent = text.upper() if spelling == "upper" else f"00{text}"
    offer = Offer(ALICE, keys, await app.initiate("USER_SRP_AUTH", ALICE, SRP_A=sent))

    assert tokens_of(await app.prove(offer))


@pytest.mark.parametrize(
    "timestamp",
    [
        "now",
        "2026-01-05T03:04:09Z",
        "Mon Jan 5 03:04:09 2026",
        "Mon Jan 5 03:04:09 GMT 2026",
        "Mon Jan 5 03:04:09 UTC 26",
        "mon Jan 5 03:04:09 UTC 2026",
        "Mon jan 5 03:04:09 UTC 2026",
        "Lun Jan 5 03:04:09 UTC 2026",
        "Mon Ene 5 03:04:09 UTC 2026",
        "Mon Jan 32 03:04:09 UTC 2026",
        "Mon Jan 0 03:04:09 UTC 2026",
        "Mon Jan 5 25:04:09 UTC 2026",
        "Mon Jan 5 03:60:09 UTC 2026",
        "Mon Jan 5 3:04:09 UTC 2026",
        "Mon Jan 5 03:04:09 UTC 0000",
        "Mon Jan 5 03:04:0\u0669 UTC 2026",
        " Mon Jan 5 03:04:09 UTC 2026",
        "Mon Jan 5 03:04:09 UTC 2026\n",
        "x" * 100_000,
    ],
)
async def test_a_timestamp_of_another_form_is_refused(app: App, timestamp: str) -> None:
    offer = await app.offer_proof()
    responses = {**app.proof(offer), "TIMESTAMP": timestamp}

    assert await refusal(app.send_proof(offer, responses)) == TIMESTAMP_INVALID


@pytest.mark.parametrize("tolerance", [15 * MINUTE, 2 * SECOND])
@pytest.mark.parametrize("side", [-1, 1])
@pytest.mark.parametrize(("past", "good"), [(-SECOND, True), (timedelta(), True), (SECOND, False)])
async def test_a_clock_may_be_off_by_the_tolerance_and_no_more(
    make_pool: MakePool,
    clock: VirtualClock,
    tolerance: timedelta,
    side: int,
    past: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
) -> None:
    pool = make_pool(timestamp_tolerance=tolerance)
    pool.add_user(ALICE, PASSWORD)
    app = App(pool, clock)
    offer = await app.offer_proof()
    proof = app.proof(offer, timestamp=srp.timestamp(clock.now() + side * (tolerance + past)))

    if good:
        assert tokens_of(await app.send_proof(offer, proof))
    else:
        assert await refusal(app.send_proof(offer, proof)) == WRONG_CREDENTIALS
        assert pool.user(ALICE).lockout.failures == 0, "a wrong clock is no wrong password"


async def test_the_servers_clock_decides_and_not_the_clients(app: App, clock: VirtualClock) -> None:
    """A client whose clock is an hour off is refused for its timestamp alone, and is let in once that is right."""
    offer = await app.offer_proof()
    off = app.proof(offer, timestamp=srp.timestamp(clock.now() + timedelta(hours=1)))
    assert await refusal(app.send_proof(offer, off)) == WRONG_CREDENTIALS

    assert tokens_of(await app.by_srp())


async def test_every_month_and_weekday_is_read(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool(timestamp_tolerance=timedelta(days=400))
    pool.add_user(ALICE, PASSWORD)
    app = App(pool, clock)
    for month in range(1, 13):
        offer = await app.offer_proof()
        stamp = srp.timestamp(datetime(2026, month, month, 1, 2, 3, tzinfo=UTC))
        assert tokens_of(await app.send_proof(offer, app.proof(offer, timestamp=stamp)))


async def test_a_password_that_was_changed_meanwhile_makes_the_old_proof_wrong(app: App) -> None:
    offer, offer_for_new = await app.offer_proof(), await app.offer_proof()
    await app.forgot_password()
    await app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET))

    assert await refusal(app.prove(offer)) == WRONG_CREDENTIALS
    assert await refusal(app.prove(offer_for_new, NEW_PASSWORD)) == WRONG_CREDENTIALS, "it was challenged with the old"
    assert tokens_of(await app.by_srp(ALICE, NEW_PASSWORD))


async def test_the_password_itself_is_kept_nowhere(app: App) -> None:
    user = app.pool.user(ALICE)
    await app.by_password()
    await app.by_srp()

    verifier = user.verifier
    assert verifier is not None
    assert PASSWORD not in repr(attrs.asdict(user, recurse=False)) + verifier.salt_hex + str(verifier.v)
