"""Signing in with a password: proved with SRP or sent, through clients of every kind, by users in every state."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pycognito.aws_srp import AWSSRP
from pycognito.exceptions import ForceChangePasswordException, SoftwareTokenMFAChallengeException

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import (
    Client,
    ExistenceErrors,
    ExplicitAuthFlow,
    FakeUserPool,
    MfaFactor,
    Purpose,
    SigningKeys,
    UserStatus,
)
from authsteps.adapters.fake.state import Pool
from authsteps.engine.messages import Secret
from authsteps.flows import srp
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    DAY,
    DISABLED,
    EMAIL,
    MINUTE,
    MS,
    NEW_PASSWORD,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    SECOND,
    SESSION_EXPIRED,
    SESSION_INVALID,
    SESSION_SPENT,
    SRP,
    UNREADABLE,
    WRONG_CREDENTIALS,
    App,
    Offer,
    Refusal,
    Reply,
    missing,
    refusal,
    tokens_of,
)
from tests.conftest import SeededEntropy, VirtualClock

BOB = "bob"
STRANGER = "nobody-of-that-name"
UNCONFIRMED = ("UserNotConfirmedException", "User is not confirmed.")
RESET_REQUIRED = ("PasswordResetRequiredException", "Password reset required for the user")
TEMPORARY_EXPIRED = (
    "NotAuthorizedException",
    "Temporary password has expired and must be reset by an administrator.",
)
SRP_A_INVALID = ("InvalidParameterException", "Invalid SRP_A")
TIMESTAMP_INVALID = (
    "InvalidParameterException",
    "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english.",
)
ALL_FLOWS = frozenset(ExplicitAuthFlow)

SignIn = Callable[[App, str, str], Awaitable[Reply]]

both_flows = pytest.mark.parametrize("sign_in", [App.by_srp, App.by_password], ids=["srp", "password"])
with_and_without_secret = pytest.mark.parametrize("with_secret", [False, True], ids=["no secret", "secret"])
legacy_or_enabled = pytest.mark.parametrize("existence_errors", ExistenceErrors)


def app_of(
    pool: FakeUserPool,
    clock: VirtualClock,
    *,
    with_secret: bool = False,
    existence_errors: ExistenceErrors = ExistenceErrors.LEGACY,
    flows: frozenset[ExplicitAuthFlow] = ALL_FLOWS,
) -> App:
    client = pool.add_client(
        with_secret=with_secret, explicit_auth_flows=flows, prevent_user_existence_errors=existence_errors
    )
    return App(pool, clock, client)


# --- SRP, proved by somebody else's client --------------------------------------------------------------------------


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

    class Punctual(AWSSRP):
        @staticmethod
        def get_cognito_formatted_timestamp(input_datetime: datetime) -> str:
            assert input_datetime.year > 2000
            return str(AWSSRP.get_cognito_formatted_timestamp(clock.now()))

    with asyncio.Runner() as runner:

        def make(username: str, password: str, client: Client) -> Any:
            secret = client.client_secret.reveal() if client.client_secret is not None else None
            boto = Boto(pool, runner.run)
            return Punctual(username, password, pool.id, client.client_id, client=boto, client_secret=secret)

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


# --- SRP ------------------------------------------------------------------------------------------------------------


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
    result = tokens_of(reply)
    assert result.keys() == {"AccessToken", "IdToken", "RefreshToken", "ExpiresIn", "TokenType"}
    assert (result["ExpiresIn"], result["TokenType"]) == (3600, "Bearer")


@both_flows
@pytest.mark.parametrize(
    "password", ["", "incorrect", PASSWORD.lower(), PASSWORD + " ", " " + PASSWORD, PASSWORD[:-1], "x" * 10_000]
)
async def test_any_other_password_is_refused(app: App, sign_in: SignIn, password: str) -> None:
    expected = missing("PASSWORD") if (sign_in, password) == (App.by_password, "") else WRONG_CREDENTIALS

    assert await refusal(sign_in(app, ALICE, password)) == expected


@both_flows
@pytest.mark.parametrize(
    "password",
    ["Pässwörd 1!", "パスワード-Aa1", "Aa1-\u0065\u0301", "Aa1!" + "long " * 50 + "end", "Aa1\"\\'{}%s$(x)\u2028"],
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
    other = app_of(app.pool, clock)
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


class NoArithmetic:
    """Arithmetic that nobody may ask for anything."""

    def power_of_g(self, exponent: int, /) -> int:
        raise AssertionError("a power was computed")

    def power(self, base: int, exponent: int, /) -> int:
        raise AssertionError("a power was computed")


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
        ("f" * 1_000_000, SRP_A_INVALID),
        ("\ud800", UNREADABLE),
        ("", missing("SRP_A")),
    ],
)
async def test_a_public_key_that_is_none_is_refused_before_anything_is_computed(
    app: App, make_pool: MakePool, clock: VirtualClock, srp_a: str, expected: Refusal
) -> None:
    idle = App(make_pool(arithmetic=NoArithmetic()), clock)
    idle.pool._pool.users.add(app.pool.user(ALICE))

    assert await refusal(idle.initiate("USER_SRP_AUTH", ALICE, SRP_A=srp_a)) == expected


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

    held = [
        value for name in ("attributes", "codes", "limits", "lockout", "verifier") for value in [getattr(user, name)]
    ]
    verifier = user.verifier
    assert verifier is not None
    assert PASSWORD not in str(held) + verifier.salt_hex + str(verifier.v)


# --- Which flows a client may use -----------------------------------------------------------------------------------

OFF = {
    "USER_SRP_AUTH": "USER_SRP_AUTH is not enabled for the client.",
    "USER_PASSWORD_AUTH": "USER_PASSWORD_AUTH flow not enabled for this client",
    "CUSTOM_AUTH": "CUSTOM_AUTH is not enabled for the client.",
    "USER_AUTH": "USER_AUTH is not enabled for the client.",
    "REFRESH_TOKEN_AUTH": "REFRESH_TOKEN_AUTH is not enabled for the client.",
    "REFRESH_TOKEN": "REFRESH_TOKEN is not enabled for the client.",
    "ADMIN_USER_PASSWORD_AUTH": "Initiate Auth method not supported.",
    "ADMIN_NO_SRP_AUTH": "Initiate Auth method not supported.",
}
PARAMETERS = {"PASSWORD": PASSWORD, "SRP_A": "2", "REFRESH_TOKEN": "token"}
NEEDS = {
    "USER_SRP_AUTH": ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
    "USER_PASSWORD_AUTH": ExplicitAuthFlow.ALLOW_USER_PASSWORD_AUTH,
    "CUSTOM_AUTH": ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
    "REFRESH_TOKEN_AUTH": ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
    "REFRESH_TOKEN": ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH,
}


@pytest.mark.parametrize("flow", OFF)
@pytest.mark.parametrize("username", [ALICE, STRANGER])
async def test_a_flow_that_the_client_may_not_use_is_refused_in_its_own_words_whoever_asks(
    app: App, clock: VirtualClock, flow: str, username: str
) -> None:
    flows = ALL_FLOWS - {NEEDS[flow]} if flow in NEEDS else ALL_FLOWS
    forbidden = app_of(app.pool, clock, flows=flows)

    assert await refusal(forbidden.initiate(flow, username, **PARAMETERS)) == ("InvalidParameterException", OFF[flow])


async def test_a_client_for_which_no_flow_was_named_may_use_srp_custom_and_refresh(
    app: App, clock: VirtualClock
) -> None:
    by_default = app_of(app.pool, clock, flows=frozenset())

    assert tokens_of(await by_default.by_srp())
    assert await refusal(by_default.by_password()) == ("InvalidParameterException", OFF["USER_PASSWORD_AUTH"])
    assert (await refusal(by_default.initiate("REFRESH_TOKEN_AUTH", ALICE, REFRESH_TOKEN="none")))[1] == (
        "Invalid Refresh Token"
    )


async def test_custom_auth_has_no_trigger_to_go_to(app: App, clock: VirtualClock) -> None:
    assert await refusal(app_of(app.pool, clock).initiate("CUSTOM_AUTH", ALICE)) == (
        "InvalidUserPoolConfigurationException",
        "Custom auth lambda trigger is not configured for the user pool.",
    )


@pytest.mark.parametrize(("flow", "name"), [("USER_PASSWORD_AUTH", "PASSWORD"), ("USER_SRP_AUTH", "SRP_A")])
async def test_a_flow_without_one_of_its_parameters_says_which_is_missing(app: App, flow: str, name: str) -> None:
    assert await refusal(app.initiate(flow, ALICE)) == missing(name)
    assert await refusal(app.initiate(flow, "", **PARAMETERS)) == missing("USERNAME")


@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "OTHER"])
async def test_a_client_that_does_not_exist_is_named(app: App, flow: str) -> None:
    """A flow that the service does not know at all is refused before any client is looked up."""
    call = app.call("InitiateAuth", AuthFlow=flow, ClientId="1nonexistent", AuthParameters={"USERNAME": ALICE})
    code, text = await refusal(call)

    if flow == "OTHER":
        assert code == "InvalidParameterException"
        assert text.startswith("1 validation error detected: Value 'OTHER' at 'authFlow'")
    else:
        assert (code, text) == ("ResourceNotFoundException", "User pool client 1nonexistent does not exist.")


# --- The client's secret --------------------------------------------------------------------------------------------


def needs_hash(client: Client) -> Refusal:
    text = f"Client {client.client_id} is configured with secret but SECRET_HASH was not received"
    return "NotAuthorizedException", text


def wrong_hash(client: Client) -> Refusal:
    return "NotAuthorizedException", f"SecretHash does not match for the client: {client.client_id}"


@both_flows
async def test_a_client_with_a_secret_signs_in_with_the_hash(app: App, clock: VirtualClock, sign_in: SignIn) -> None:
    assert tokens_of(await sign_in(app_of(app.pool, clock, with_secret=True), ALICE, PASSWORD))


@pytest.mark.parametrize("username", [ALICE, STRANGER])
async def test_a_hash_that_is_missing_or_wrong_is_refused_before_anybody_is_looked_up(
    app: App, clock: VirtualClock, username: str
) -> None:
    secretive = app_of(app.pool, clock, with_secret=True)
    client_id = secretive.client.client_id
    parameters = {"USERNAME": username, "PASSWORD": PASSWORD, "SRP_A": "2"}
    for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH"):
        call = secretive.call("InitiateAuth", AuthFlow=flow, ClientId=client_id, AuthParameters=parameters)
        assert await refusal(call) == needs_hash(secretive.client)
        for given in ("", "wrong", secretive.secret_hash("carol")["SECRET_HASH"]):
            call = secretive.initiate(flow, username, **parameters | {"SECRET_HASH": given})
            assert await refusal(call) == wrong_hash(secretive.client)


async def test_the_answer_to_a_challenge_needs_the_hash_too(app: App, clock: VirtualClock) -> None:
    secretive = app_of(app.pool, clock, with_secret=True)
    offer = await secretive.offer_proof()
    responses = {**secretive.proof(offer), "USERNAME": ALICE}
    call = secretive.call(
        "RespondToAuthChallenge",
        ClientId=secretive.client.client_id,
        ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=responses,
    )

    assert await refusal(call) == needs_hash(secretive.client)
    assert await refusal(
        secretive.respond("PASSWORD_VERIFIER", ALICE, **responses | {"SECRET_HASH": "wrong"})
    ) == wrong_hash(secretive.client)
    assert tokens_of(await secretive.prove(offer)), "neither used the attempt up"


async def test_the_hash_is_over_the_username_that_is_sent_in_the_same_call(app: App, clock: VirtualClock) -> None:
    secretive = app_of(app.pool, clock, with_secret=True)
    sub = app.pool.user(ALICE).sub
    offer = await secretive.offer_proof(sub)
    assert offer.parameters["USER_ID_FOR_SRP"] == ALICE
    responses = secretive.proof(offer)

    over_the_other_name = responses | secretive.secret_hash(sub)
    assert await refusal(secretive.respond("PASSWORD_VERIFIER", ALICE, **over_the_other_name)) == wrong_hash(
        secretive.client
    )
    assert tokens_of(await secretive.respond("PASSWORD_VERIFIER", sub, **responses))


@both_flows
async def test_a_stray_hash_is_passed_over(app: App, sign_in: SignIn) -> None:
    class Stray(App):
        def secret_hash(self, username: str, member: str = "SECRET_HASH") -> dict[str, str]:
            return {member: f"nonsense for {username}"}

    assert tokens_of(await sign_in(Stray(app.pool, app.clock), ALICE, PASSWORD))


# --- Users who do not exist -----------------------------------------------------------------------------------------


@both_flows
async def test_a_client_that_is_told_learns_at_once_that_a_user_does_not_exist(app: App, sign_in: SignIn) -> None:
    assert await refusal(sign_in(app, STRANGER, PASSWORD)) == NO_SUCH_USER
    assert await refusal(app.offer_proof(STRANGER)) == NO_SUCH_USER


@pytest.fixture
def discreet(app: App, clock: VirtualClock) -> App:
    """An app whose client is not told who exists."""
    return app_of(app.pool, clock, existence_errors=ExistenceErrors.ENABLED)


@both_flows
async def test_a_client_that_is_not_told_gets_the_refusal_of_a_wrong_password(discreet: App, sign_in: SignIn) -> None:
    unknown = await refusal(sign_in(discreet, STRANGER, PASSWORD))

    assert unknown == await refusal(sign_in(discreet, ALICE, "Incorrect-horse-7")) == WRONG_CREDENTIALS


async def test_a_stranger_has_the_same_salt_and_id_at_every_call_and_another_public_key(discreet: App) -> None:
    offers = [await discreet.offer_proof(STRANGER) for _ in range(5)]

    assert len({offer.parameters["SALT"] for offer in offers}) == 1
    assert len({offer.parameters["USER_ID_FOR_SRP"] for offer in offers}) == 1
    assert len({offer.parameters["SRP_B"] for offer in offers}) == 5
    assert len({offer.parameters["SECRET_BLOCK"] for offer in offers}) == 5


async def test_a_stranger_has_another_salt_and_id_under_another_name_and_in_another_pool(
    discreet: App, signing_keys: SigningKeys, clock: VirtualClock
) -> None:
    elsewhere = FakeUserPool(clock=clock, entropy=SeededEntropy(1), signing_keys=signing_keys)
    offers = [
        await discreet.offer_proof(name) for name in (STRANGER, STRANGER.upper(), STRANGER + " ", "\u0000", "x" * 9999)
    ]
    offers.append(await app_of(elsewhere, clock, existence_errors=ExistenceErrors.ENABLED).offer_proof(STRANGER))

    assert len({offer.parameters["SALT"] for offer in offers}) == len(offers)
    assert len({offer.parameters["USER_ID_FOR_SRP"] for offer in offers}) == len(offers)


async def test_a_stranger_keeps_salt_and_id_when_the_same_pool_is_built_again(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    seen = set[tuple[str, str]]()
    for _ in range(2):
        pool = make_pool(entropy=SeededEntropy(7))
        offer = await app_of(pool, clock, existence_errors=ExistenceErrors.ENABLED).offer_proof(STRANGER)
        seen.add((offer.parameters["SALT"], offer.parameters["USER_ID_FOR_SRP"]))

    assert len(seen) == 1


async def test_nothing_but_the_form_of_the_id_tells_a_stranger_from_a_user(discreet: App) -> None:
    """For Alice the id is her name, and for a stranger a UUID, as the subs of real users are."""
    known, unknown = [(await discreet.offer_proof(name)).challenge for name in (ALICE, STRANGER)]

    assert _shape(known) == _shape(unknown)


async def test_over_many_names_salts_and_public_keys_are_spread_alike(discreet: App) -> None:
    names = [f"user-{number}" for number in range(60)]
    for name in names:
        discreet.pool.add_user(name, PASSWORD)
    salts = {
        kind: [int((await discreet.offer_proof(f"{prefix}{name}")).parameters["SALT"], 16) for name in names]
        for kind, prefix in (("real", ""), ("simulated", "no-"))
    }

    for kind, drawn in salts.items():
        assert len(set(drawn)) == 60, kind
        upper_half = sum(salt >> 127 for salt in drawn)
        assert 15 < upper_half < 45, kind  # a fair coin leaves these bounds once in ten thousand runs


def _shape(challenge: Reply) -> dict[str, object]:
    parameters: dict[str, str] = challenge["ChallengeParameters"]
    return {
        "members": set(challenge),
        "names": set(parameters),
        "salt": len(parameters["SALT"]) in range(28, 33),
        "public key": len(parameters["SRP_B"]) in range(760, 769),
        "block": len(parameters["SECRET_BLOCK"]),
        "one id": parameters["USERNAME"] == parameters["USER_ID_FOR_SRP"],
        "lower case": all(parameters[name] == parameters[name].lower() for name in ("SALT", "SRP_B")),
    }


async def test_whatever_is_answered_a_stranger_is_refused_as_a_user_with_a_wrong_password_is(
    discreet: App, clock: VirtualClock
) -> None:
    async def outcomes(name: str, password: str) -> list[Refusal]:
        seen: list[Refusal] = []
        for change in (
            {},
            {"PASSWORD_CLAIM_SIGNATURE": "nonsense"},
            {"TIMESTAMP": "now"},
            {"TIMESTAMP": srp.timestamp(clock.now() + DAY)},
            {"PASSWORD_CLAIM_SECRET_BLOCK": "AAAA"},
        ):
            offer = await discreet.offer_proof(name)
            responses = {**discreet.proof(offer, password), **change}
            seen.append(await refusal(discreet.send_proof(offer, responses)))
            seen.append(await refusal(discreet.send_proof(offer, {**discreet.proof(offer), **change})))
        return seen

    discreet.pool.add_user(BOB, PASSWORD)
    assert await outcomes(STRANGER, PASSWORD) == await outcomes(BOB, "Incorrect-horse-7")


async def test_a_stranger_may_answer_by_the_typed_name_or_by_the_id_as_a_user_may(discreet: App) -> None:
    for name in (STRANGER, ALICE):
        for answers_as in ("typed", "id"):
            offer = await discreet.offer_proof(name)
            username = name if answers_as == "typed" else offer.parameters["USER_ID_FOR_SRP"]
            responses = discreet.proof(offer, "Incorrect-horse-7")
            assert await refusal(discreet.respond("PASSWORD_VERIFIER", username, **responses)) == WRONG_CREDENTIALS


# --- The gate: users in every state ---------------------------------------------------------------------------------

STATES: Mapping[str, tuple[Callable[[FakeUserPool], object], Refusal]] = {
    "unconfirmed": (lambda pool: setattr(pool.user(ALICE), "status", UserStatus.UNCONFIRMED), UNCONFIRMED),
    "reset required": (lambda pool: pool.require_password_reset(ALICE), RESET_REQUIRED),
    "disabled": (lambda pool: pool.disable_user(ALICE), DISABLED),
}
every_state = pytest.mark.parametrize(("put", "expected"), STATES.values(), ids=[*STATES])


@legacy_or_enabled
@every_state
async def test_the_state_of_the_account_is_told_before_the_password_is_looked_at(
    app: App,
    clock: VirtualClock,
    put: Callable[[FakeUserPool], object],
    expected: Refusal,
    existence_errors: ExistenceErrors,
) -> None:
    put(app.pool)
    either = app_of(app.pool, clock, existence_errors=existence_errors)

    assert await refusal(either.by_password(ALICE, "Incorrect-horse-7")) == expected
    assert await refusal(either.by_password()) == expected
    assert await refusal(either.offer_proof()) == expected
    assert app.pool.user(ALICE).lockout.failures == 0


@every_state
async def test_the_state_of_the_account_counts_when_the_proof_comes_as_well(
    app: App, put: Callable[[FakeUserPool], object], expected: Refusal
) -> None:
    offer = await app.offer_proof()
    put(app.pool)

    assert await refusal(app.prove(offer)) == expected


async def test_being_disabled_is_told_before_anything_else(app: App) -> None:
    user = app.pool.user(ALICE)
    user.status = UserStatus.UNCONFIRMED
    for second in range(10):
        user.lockout.failed(app.clock.now() + second * SECOND)
    assert await refusal(app.by_password()) == UNCONFIRMED

    app.pool.disable_user(ALICE)
    assert await refusal(app.by_password()) == DISABLED


@both_flows
async def test_a_user_without_a_password_cannot_sign_in_with_one(app: App, sign_in: SignIn) -> None:
    app.pool.user(ALICE).verifier = None

    assert await refusal(sign_in(app, ALICE, PASSWORD)) == WRONG_CREDENTIALS


@both_flows
@pytest.mark.parametrize(("after", "good"), [(7 * DAY - MS, True), (7 * DAY, False), (7 * DAY + MS, False)])
async def test_a_temporary_password_expires_after_seven_days(
    app: App,
    clock: VirtualClock,
    sign_in: SignIn,
    after: timedelta,
    good: bool,  # noqa: FBT001  # a column of the table
) -> None:
    app.pool.add_user(BOB, PASSWORD, temporary=True)
    clock.move(after)

    if good:
        assert (await sign_in(app, BOB, PASSWORD))["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    else:
        assert await refusal(sign_in(app, BOB, "Incorrect-horse-7")) == WRONG_CREDENTIALS
        assert await refusal(sign_in(app, BOB, PASSWORD)) == TEMPORARY_EXPIRED


# --- A new password in place of a temporary one ---------------------------------------------------------------------


@pytest.fixture
def hiring(make_pool: MakePool, clock: VirtualClock) -> App:
    """A pool in which Bob was given a temporary password; it wants a name of everybody."""
    pool = make_pool(required_attributes=("name",), custom_attributes=frozenset({"custom:team"}))
    pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"}, temporary=True)
    return App(pool, clock)


@both_flows
async def test_the_challenge_says_what_is_known_and_what_is_missing(hiring: App, sign_in: SignIn) -> None:
    challenge = await sign_in(hiring, BOB, PASSWORD)

    assert challenge.keys() == {"ChallengeName", "ChallengeParameters", "Session"}
    parameters = challenge["ChallengeParameters"]
    assert parameters.keys() == {"USER_ID_FOR_SRP", "requiredAttributes", "userAttributes"}
    assert parameters["USER_ID_FOR_SRP"] == BOB
    assert json.loads(parameters["requiredAttributes"]) == ["userAttributes.name"]
    assert json.loads(parameters["userAttributes"]) == {"email": EMAIL, "email_verified": "true"}


async def test_a_new_password_signs_in_and_the_temporary_one_is_dead(hiring: App) -> None:
    challenge = await hiring.by_password(BOB)
    given = {"NEW_PASSWORD": NEW_PASSWORD, "userAttributes.name": "Bob", "userAttributes.custom:team": "blue"}
    assert tokens_of(await hiring.respond("NEW_PASSWORD_REQUIRED", BOB, challenge["Session"], **given))

    user = hiring.pool.user(BOB)
    assert (user.status, user.attributes["name"], user.attributes["custom:team"]) == (
        UserStatus.CONFIRMED,
        "Bob",
        "blue",
    )
    assert await refusal(hiring.by_password(BOB, PASSWORD)) == WRONG_CREDENTIALS
    hiring.clock.move(365 * DAY)
    assert tokens_of(await hiring.by_srp(BOB, NEW_PASSWORD)), "the new one does not expire"


REFUSED_NEW: Mapping[str, tuple[Mapping[str, str], Refusal]] = {
    "too weak": (
        {"NEW_PASSWORD": "short"},
        ("InvalidPasswordException", "Password did not conform with policy: Password not long enough"),
    ),
    "spaces around it": (
        {"NEW_PASSWORD": f" {NEW_PASSWORD} "},
        (
            "InvalidParameterException",
            "1 validation error detected: Value at 'newPassword' failed to satisfy constraint: Member must satisfy "
            r"regular expression pattern: ^[\S]+.*[\S]+$",
        ),
    ),
    "nothing": ({"NEW_PASSWORD": ""}, missing("NEW_PASSWORD")),
    "an attribute that is set": (
        {"userAttributes.email": "bob@example.com"},
        ("NotAuthorizedException", "Cannot modify an already provided email"),
    ),
    "a required attribute missing": (
        {"userAttributes.name": ""},
        ("InvalidParameterException", "Invalid attributes given, name is missing"),
    ),
    "a read-only attribute": (
        {"userAttributes.phone_number_verified": "true"},
        ("NotAuthorizedException", "A client attempted to write unauthorized attribute"),
    ),
    "an unknown attribute": (
        {"userAttributes.custom:nope": "x"},
        (
            "InvalidParameterException",
            "Attributes did not conform to the schema: custom:nope: Attribute does not exist in the schema.",
        ),
    ),
    "a malformed attribute": (
        {"userAttributes.phone_number": "12"},
        ("InvalidParameterException", "Invalid phone number format."),
    ),
}


@pytest.mark.parametrize(("change", "expected"), REFUSED_NEW.values(), ids=[*REFUSED_NEW])
async def test_a_refused_new_password_changes_nothing_and_may_be_followed_by_a_better_one(
    hiring: App, change: Mapping[str, str], expected: Refusal
) -> None:
    right = {"NEW_PASSWORD": NEW_PASSWORD, "userAttributes.name": "Bob"}
    session = (await hiring.by_password(BOB))["Session"]
    before = dict(hiring.pool.user(BOB).attributes)

    for _ in range(2):
        assert await refusal(hiring.respond("NEW_PASSWORD_REQUIRED", BOB, session, **{**right, **change})) == expected
    assert hiring.pool.user(BOB).attributes == before
    assert hiring.pool.user(BOB).status is UserStatus.FORCE_CHANGE_PASSWORD
    assert tokens_of(await hiring.respond("NEW_PASSWORD_REQUIRED", BOB, session, **right))


async def test_of_two_who_know_a_temporary_password_the_second_cannot_replace_what_the_first_has_set(
    hiring: App,
) -> None:
    first, second = (await hiring.by_password(BOB))["Session"], (await hiring.by_password(BOB))["Session"]
    given = {"NEW_PASSWORD": NEW_PASSWORD, "userAttributes.name": "Bob"}
    assert tokens_of(await hiring.respond("NEW_PASSWORD_REQUIRED", BOB, first, **given))

    late = hiring.respond("NEW_PASSWORD_REQUIRED", BOB, second, NEW_PASSWORD="Stolen-battery-9")
    assert await refusal(late) == SESSION_INVALID
    assert tokens_of(await hiring.by_password(BOB, NEW_PASSWORD))


# --- Disabled or deleted in the middle ------------------------------------------------------------------------------


class Halfway:
    """Attempts that wait at a challenge, each with the answer that would lead on."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._pool = app.pool

    async def at_the_proof(self) -> Awaitable[Reply]:
        return self._app.prove(await self._app.offer_proof())

    async def at_the_new_password(self) -> Awaitable[Reply]:
        self._pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
        return self._app.answer(await self._app.by_password(), NEW_PASSWORD)

    async def at_the_totp_code(self) -> Awaitable[Reply]:
        authenticator = await self._app.with_totp()
        return self._app.answer(await self._app.by_password(), authenticator.code())

    async def at_the_sms_code(self) -> Awaitable[Reply]:
        await self._app.with_sms()
        challenge = await self._app.by_password()
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


class Meddling:
    """Arithmetic that lets something happen while a proof is being checked in its thread."""

    def __init__(self) -> None:
        self.meddle: Callable[[], object] = lambda: None

    def power_of_g(self, exponent: int, /) -> int:
        return SRP.power_of_g(exponent)

    def power(self, base: int, exponent: int, /) -> int:
        self.meddle()
        return SRP.power(base, exponent)


MEANWHILE: Mapping[str, tuple[Callable[[FakeUserPool], object], Refusal]] = {
    **STATES,
    "deleted": (lambda pool: pool.delete_user(ALICE), WRONG_CREDENTIALS),
    "given another password": (
        lambda pool: setattr(pool.user(ALICE), "verifier", pool._pool.verifier_for(ALICE, Secret(NEW_PASSWORD))),
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
    app = App(pool, clock)
    offer = await app.offer_proof()

    def once() -> None:
        arithmetic.meddle = lambda: None
        put(pool)

    arithmetic.meddle = once
    assert await refusal(app.prove(offer)) == expected


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
    original = Pool.in_thread

    async def meddle(pool: Pool, compute: Callable[[], Any]) -> Any:
        app.pool._grants.revoke_all(app.pool.user(ALICE))
        return await original(pool, compute)

    monkeypatch.setattr(Pool, "in_thread", meddle)
    tokens = await app.tokens()

    assert await refusal(app.refresh(tokens["RefreshToken"])) == (
        "NotAuthorizedException",
        "Refresh Token has been revoked",
    )
