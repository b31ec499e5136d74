"""Devices at sign-in: which one has to prove itself, whether it does, and when that stands in for a second factor."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import jwt
import pytest
from pycognito.aws_srp import AWSSRP

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import (
    Device,
    DeviceConfiguration,
    FakeUserPool,
    FirstFactor,
    MfaFactor,
    Purpose,
    UserStatus,
)
from authsteps.adapters.lambda_triggers import Trigger
from authsteps.engine.messages import Secret
from authsteps.flows import srp
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import Functions
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    BOB,
    DEVICE_PASSWORD,
    DISABLED,
    EMAIL,
    MINUTE,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    SESSION_EXPIRED,
    SESSION_INVALID,
    SESSION_SPENT,
    SRP,
    WRONG_CREDENTIALS,
    App,
    Meddling,
    Refusal,
    Reply,
    SignIn,
    inside,
    missing,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

UNKNOWN = ("ResourceNotFoundException", "Device does not exist.")
NOBODYS = "eu-west-1_11111111-2222-3333-4444-555555555555"


class Phone(App):
    """An app on a device. It names the device wherever it can, once it has been confirmed."""

    key: str | None = None
    group_key: str = ""
    password: str = DEVICE_PASSWORD

    async def initiate(self, flow: str, username: str, **parameters: str) -> Reply:
        return await super().initiate(flow, username, **self._named(), **parameters)

    async def respond(self, challenge: str, username: str, session: str | None = None, **responses: str) -> Reply:
        return await super().respond(challenge, username, session, **{**self._named(), **responses})

    def _named(self) -> dict[str, str]:
        return {} if self.key is None else {"DEVICE_KEY": self.key}

    async def become_known(self, username: str = ALICE) -> None:
        tokens = await self.tokens(username)
        self.group_key = tokens["NewDeviceMetadata"]["DeviceGroupKey"]
        self.key = await self.confirm_device(tokens)

    async def offer_device(self, challenge: Reply, username: str = ALICE) -> tuple[srp.KeyPair, Reply]:
        assert challenge["ChallengeName"] == "DEVICE_SRP_AUTH"
        assert challenge["ChallengeParameters"] == {}
        keys = srp.key_pair(bytes(range(2, 34)), SRP)
        given = {"SRP_A": keys.public.reveal()}
        return keys, await self.respond("DEVICE_SRP_AUTH", username, challenge["Session"], **given)

    def device_proof(self, keys: srp.KeyPair, challenge: Reply, **instead: str) -> dict[str, str]:
        """The responses that prove the device; ``instead`` replaces what they are made of."""
        assert challenge["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
        parameters: dict[str, str] = {**challenge["ChallengeParameters"], **instead}
        stamp = srp.timestamp(self.clock.now())
        signature = srp.password_claim(
            pool_name=instead.get("group_key", self.group_key),
            user_id=instead.get("key", self.key),
            password=Secret(instead.get("password", self.password)),
            key_pair=keys,
            salt_hex=Secret(parameters["SALT"]),
            srp_b_hex=Secret(parameters["SRP_B"]),
            secret_block_b64=Secret(parameters["SECRET_BLOCK"]),
            timestamp=stamp,
            arithmetic=SRP,
        )
        return {
            "PASSWORD_CLAIM_SECRET_BLOCK": challenge["ChallengeParameters"]["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": signature.reveal(),
            "TIMESTAMP": stamp,
        }

    async def prove_device(self, challenge: Reply, username: str = ALICE, **instead: str) -> Reply:
        keys, verifier = await self.offer_device(challenge, username)
        proof = self.device_proof(keys, verifier, **instead)
        return await self.respond("DEVICE_PASSWORD_VERIFIER", username, verifier["Session"], **proof)


def make_phone(pool: FakeUserPool, clock: VirtualClock) -> Phone:
    return Phone(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))


@pytest.fixture
def pool(make_pool: MakePool) -> FakeUserPool:
    """A pool that tracks devices and remembers each that is confirmed."""
    pool = make_pool(devices=DeviceConfiguration())
    attributes = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE}
    for username in (ALICE, BOB):
        pool.add_user(username, PASSWORD, attributes=attributes)
    return pool


@pytest.fixture
async def phone(pool: FakeUserPool, clock: VirtualClock) -> Phone:
    """Alice's phone, which is remembered."""
    phone = make_phone(pool, clock)
    await phone.become_known()
    return phone


both_flows = pytest.mark.parametrize("sign_in", [App.by_srp, App.by_password], ids=["srp", "password"])


# --- Which device has to prove itself --------------------------------------------------------------------------------


@both_flows
async def test_a_remembered_device_proves_itself_and_stays_the_one_device(phone: Phone, sign_in: SignIn) -> None:
    tokens = tokens_of(await phone.prove_device(await sign_in(phone, ALICE, PASSWORD)))

    assert "NewDeviceMetadata" not in tokens
    claims = jwt.decode(tokens["AccessToken"], options={"verify_signature": False})
    assert claims["device_key"] == phone.key
    assert list(phone.pool.user(ALICE).devices) == [phone.key]
    assert (await phone.refresh(tokens["RefreshToken"], phone.key))["AuthenticationResult"]


async def test_the_challenge_of_a_device_holds_what_the_service_sends(phone: Phone) -> None:
    _, verifier = await phone.offer_device(await phone.by_password())

    parameters = verifier["ChallengeParameters"]
    assert parameters.keys() == {"SALT", "SRP_B", "SECRET_BLOCK", "USERNAME", "DEVICE_KEY"}
    assert (parameters["USERNAME"], parameters["DEVICE_KEY"]) == (ALICE, phone.key)
    assert len(parameters["SECRET_BLOCK"]) == 1712


@both_flows
async def test_a_device_that_is_known_and_not_remembered_takes_the_ordinary_road(phone: Phone, sign_in: SignIn) -> None:
    assert phone.key is not None
    phone.pool.user(ALICE).devices[phone.key].is_remembered = False

    tokens = tokens_of(await sign_in(phone, ALICE, PASSWORD))
    assert "NewDeviceMetadata" not in tokens
    assert jwt.decode(tokens["AccessToken"], options={"verify_signature": False})["device_key"] == phone.key


@both_flows
async def test_without_a_device_a_new_one_is_issued(phone: Phone, sign_in: SignIn) -> None:
    phone.key = None
    tokens = tokens_of(await sign_in(phone, ALICE, PASSWORD))

    assert tokens["NewDeviceMetadata"].keys() == {"DeviceKey", "DeviceGroupKey"}
    assert len(phone.pool.user(ALICE).devices) == 2


@both_flows
@pytest.mark.parametrize("whose", ["nobody's", "Bob's", "unconfirmed"])
async def test_a_device_that_is_none_of_the_users_is_refused(
    phone: Phone, clock: VirtualClock, sign_in: SignIn, whose: str
) -> None:
    if whose == "Bob's":
        bobs = make_phone(phone.pool, clock)
        await bobs.become_known(BOB)
        phone.key = bobs.key
    else:
        phone.key = None
        issued: str = (await phone.tokens())["NewDeviceMetadata"]["DeviceKey"]
        phone.key = NOBODYS if whose == "nobody's" else issued

    assert await refusal(sign_in(phone, ALICE, PASSWORD)) == UNKNOWN


async def test_an_answer_that_names_an_unknown_device_may_be_sent_again_without_it(phone: Phone) -> None:
    """Source: AWS Amplify Auth: it forgets the device and sends the same answer once more."""
    key, phone.key = phone.key, None
    offer = await phone.offer_proof()
    phone.key = NOBODYS
    assert await refusal(phone.prove(offer)) == UNKNOWN
    phone.key = None
    assert "NewDeviceMetadata" in tokens_of(await phone.prove(offer))

    offer = await phone.offer_proof()
    phone.key = key
    assert (await phone.prove(offer))["ChallengeName"] == "DEVICE_SRP_AUTH", "named with the proof alone"


async def test_a_device_that_was_forgotten_is_unknown(phone: Phone) -> None:
    challenge = await phone.by_password()
    assert phone.key is not None
    del phone.pool.user(ALICE).devices[phone.key]

    assert await refusal(phone.by_password()) == UNKNOWN
    assert await refusal(phone.offer_device(challenge)) == UNKNOWN


async def test_a_pool_that_tracks_devices_no_more_asks_none(phone: Phone) -> None:
    phone.pool.settings.devices = None

    assert "NewDeviceMetadata" not in tokens_of(await phone.by_password())


async def test_whether_somebody_exists_does_not_show_in_a_device(phone: Phone) -> None:
    discreet = Phone(phone.pool, phone.clock, phone.discreet().client)
    discreet.key = NOBODYS

    for username in (ALICE, "nobody-of-that-name"):
        assert await refusal(discreet.by_password(username)) == UNKNOWN
        assert await refusal(discreet.offer_proof(username)) == UNKNOWN


# --- Whether it does -------------------------------------------------------------------------------------------------

FORGERIES: Mapping[str, Mapping[str, str]] = {
    "another password": {"password": "another"},
    "the user's own password": {"password": PASSWORD},
    "another group": {"group_key": "-12345678"},
    "another device": {"key": NOBODYS},
    "another salt": {"SALT": "1234"},
}


@pytest.mark.parametrize("instead", FORGERIES.values(), ids=[*FORGERIES])
async def test_a_wrong_proof_of_a_device_ends_the_attempt_and_locks_nobody_out(
    phone: Phone, instead: Mapping[str, str]
) -> None:
    challenge = await phone.by_password()
    keys, verifier = await phone.offer_device(challenge)
    forged = phone.device_proof(keys, verifier, **instead)
    session: str = verifier["Session"]

    wrong = phone.respond("DEVICE_PASSWORD_VERIFIER", ALICE, session, **forged)
    assert await refusal(wrong) == WRONG_CREDENTIALS
    right = phone.device_proof(keys, verifier)
    assert await refusal(phone.respond("DEVICE_PASSWORD_VERIFIER", ALICE, session, **right)) == SESSION_SPENT
    assert phone.pool.user(ALICE).lockout.failures == 0


async def test_the_proof_of_a_password_is_none_of_a_device(phone: Phone) -> None:
    keys, verifier = await phone.offer_device(await phone.by_password())
    proof = phone.device_proof(keys, verifier)

    as_password = phone.respond("PASSWORD_VERIFIER", ALICE, verifier["Session"], **proof)
    assert await refusal(as_password) == SESSION_INVALID
    as_device = phone.respond("DEVICE_PASSWORD_VERIFIER", ALICE, verifier["Session"], **proof)
    assert tokens_of(await as_device), "the attempt itself is untouched"


async def test_a_device_may_prove_itself_by_its_secret_block_alone(phone: Phone) -> None:
    keys, verifier = await phone.offer_device(await phone.by_srp())
    proof = phone.device_proof(keys, verifier)

    assert tokens_of(await phone.respond("DEVICE_PASSWORD_VERIFIER", ALICE, None, **proof))
    again = phone.respond("DEVICE_PASSWORD_VERIFIER", ALICE, verifier["Session"], **proof)
    assert await refusal(again) == SESSION_SPENT


@pytest.mark.parametrize(
    ("name", "of_offer"),
    [
        ("SRP_A", True),
        ("DEVICE_KEY", True),
        ("DEVICE_KEY", False),
        ("TIMESTAMP", False),
        ("PASSWORD_CLAIM_SIGNATURE", False),
        ("PASSWORD_CLAIM_SECRET_BLOCK", False),
    ],
)
async def test_what_is_missing_is_named(phone: Phone, name: str, of_offer: bool) -> None:  # noqa: FBT001  # a column of the table
    challenge = await phone.by_password()
    if of_offer:
        given = {"SRP_A": "2", name: ""}
        call = phone.respond("DEVICE_SRP_AUTH", ALICE, challenge["Session"], **given)
    else:
        keys, verifier = await phone.offer_device(challenge)
        proof = {**phone.device_proof(keys, verifier), name: ""}
        call = phone.respond("DEVICE_PASSWORD_VERIFIER", ALICE, verifier["Session"], **proof)

    assert await refusal(call) == missing(name)


async def test_a_device_has_as_long_as_any_challenge(phone: Phone, clock: VirtualClock) -> None:
    challenge = await phone.by_password()
    clock.move(3 * MINUTE)

    assert await refusal(phone.offer_device(challenge)) == SESSION_EXPIRED


async def test_a_public_key_that_is_none_ends_the_attempt(phone: Phone) -> None:
    challenge = await phone.by_password()
    bad = phone.respond("DEVICE_SRP_AUTH", ALICE, challenge["Session"], SRP_A="0")

    assert await refusal(bad) == ("InvalidParameterException", "Invalid SRP_A")


WHILE_CHECKED: Mapping[str, tuple[Callable[[FakeUserPool, Device], object], Refusal]] = {
    "the user is disabled": (lambda pool, _: pool.disable_user(ALICE), DISABLED),
    "the device is forgotten": (lambda _, device: setattr(device, "is_remembered", False), UNKNOWN),
    "the device is confirmed anew": (
        lambda _, device: setattr(device, "verifier", srp.Verifier("1234", 5)),
        WRONG_CREDENTIALS,
    ),
}


@pytest.mark.parametrize(("put", "expected"), WHILE_CHECKED.values(), ids=[*WHILE_CHECKED])
async def test_what_happens_while_the_proof_is_checked_counts(
    make_pool: MakePool,
    clock: VirtualClock,
    put: Callable[[FakeUserPool, Device], object],
    expected: Refusal,
) -> None:
    arithmetic = Meddling()
    pool = make_pool(devices=DeviceConfiguration(), arithmetic=arithmetic)
    pool.add_user(ALICE, PASSWORD)
    phone = make_phone(pool, clock)
    await phone.become_known()
    keys, verifier = await phone.offer_device(await phone.by_password())
    proof = phone.device_proof(keys, verifier)

    def once() -> None:
        arithmetic.before = lambda: None
        put(pool, pool.user(ALICE).devices[str(phone.key)])

    arithmetic.before = once
    call = phone.respond("DEVICE_PASSWORD_VERIFIER", ALICE, verifier["Session"], **proof)
    assert await refusal(call) == expected


# --- In place of a second factor -------------------------------------------------------------------------------------


@both_flows
async def test_without_that_setting_a_code_comes_first_and_the_device_after_it(phone: Phone, sign_in: SignIn) -> None:
    phone.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)

    sms = await sign_in(phone, ALICE, PASSWORD)
    assert sms["ChallengeName"] == "SMS_MFA"
    assert tokens_of(await phone.prove_device(await phone.answer(sms, phone.mailed(Purpose.SMS_MFA))))


@both_flows
async def test_with_it_a_remembered_device_stands_in_and_must_prove_itself(phone: Phone, sign_in: SignIn) -> None:
    phone.pool.settings.devices = DeviceConfiguration(challenge_required_on_new_device=True)
    phone.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)

    challenge = await sign_in(phone, ALICE, PASSWORD)
    assert await refusal(phone.prove_device(challenge, password="another")) == WRONG_CREDENTIALS
    assert tokens_of(await phone.prove_device(await sign_in(phone, ALICE, PASSWORD)))
    assert not len(phone.pool.outbox)


@pytest.mark.parametrize("trouble", ["not remembered", "another's", "none"])
async def test_no_other_device_stands_in(phone: Phone, trouble: str) -> None:
    phone.pool.settings.devices = DeviceConfiguration(challenge_required_on_new_device=True)
    phone.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    if trouble == "not remembered":
        phone.pool.user(ALICE).devices[str(phone.key)].is_remembered = False
    elif trouble == "none":
        phone.key = None
    else:
        bobs = make_phone(phone.pool, phone.clock)
        await bobs.become_known(BOB)
        phone.key = bobs.key
        assert await refusal(phone.by_password()) == UNKNOWN
        return

    assert (await phone.by_password())["ChallengeName"] == "SMS_MFA"


async def test_a_device_that_stood_in_and_was_forgotten_leads_nowhere(phone: Phone) -> None:
    phone.pool.settings.devices = DeviceConfiguration(challenge_required_on_new_device=True)
    phone.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    challenge = await phone.by_password()
    phone.pool.user(ALICE).devices[str(phone.key)].is_remembered = False

    assert await refusal(phone.offer_device(challenge)) == UNKNOWN


async def test_a_device_follows_a_one_time_code_and_a_chosen_password_too(phone: Phone) -> None:
    for preferred, parameters in (("EMAIL_OTP", {}), ("PASSWORD", {"PASSWORD": PASSWORD})):
        phone.pool.settings.first_factors = frozenset(FirstFactor)
        reply = await phone.initiate("USER_AUTH", ALICE, PREFERRED_CHALLENGE=preferred, **parameters)
        if preferred == "EMAIL_OTP":
            reply = await phone.answer(reply, phone.mailed(Purpose.EMAIL_OTP))
        assert tokens_of(await phone.prove_device(reply))


async def test_a_new_password_comes_before_the_device(phone: Phone) -> None:
    phone.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    challenge = await phone.answer(await phone.by_password(), NEW_PASSWORD)

    assert tokens_of(await phone.prove_device(challenge))


async def test_the_occasion_of_tokens_is_the_device_unless_a_password_is_new(phone: Phone) -> None:
    functions = Functions()
    inside(phone.pool).triggers = functions.behind(Trigger.PRE_TOKEN_GENERATION, Trigger.POST_AUTHENTICATION)
    assert tokens_of(await phone.prove_device(await phone.by_password()))
    phone.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    assert tokens_of(await phone.prove_device(await phone.answer(await phone.by_password(), NEW_PASSWORD)))

    occasions = [event["triggerSource"] for event in functions.events(Trigger.PRE_TOKEN_GENERATION)]
    assert occasions == ["TokenGeneration_AuthenticateDevice", "TokenGeneration_NewPasswordChallenge"]
    told = [event["request"]["newDeviceUsed"] for event in functions.events(Trigger.POST_AUTHENTICATION)]
    assert told == [False, False]


# --- Proved by somebody else's client --------------------------------------------------------------------------------


class Boto:
    """As much of a boto3 client as pycognito uses, with the pool behind it; it sends the newest session along."""

    def __init__(self, pool: FakeUserPool, runner: asyncio.Runner) -> None:
        self._pool = pool
        self._runner = runner
        self._session: dict[str, Json] = {}

    def initiate_auth(self, **request: Json) -> Any:
        return self._runner.run(self._pool.call("InitiateAuth", request))

    def respond_to_auth_challenge(self, **request: Json) -> Any:
        reply: Any = self._runner.run(self._pool.call("RespondToAuthChallenge", {**self._session, **request}))
        self._session = {"Session": reply["Session"]} if "Session" in reply else {}
        return reply


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")
def test_pycognito_proves_a_device(make_pool: MakePool, clock: VirtualClock, runner: asyncio.Runner) -> None:
    """It takes the system's time for a device's proof, so this pool does not mind how far off that is."""
    pool = make_pool(devices=DeviceConfiguration(), timestamp_tolerance=timedelta(days=100_000))
    pool.add_user(ALICE, PASSWORD)
    phone = make_phone(pool, clock)
    runner.run(phone.become_known())

    def sign_in(device_password: str) -> Any:
        theirs: Any = AWSSRP(
            ALICE,
            PASSWORD,
            pool.id,
            phone.client.client_id,
            client=Boto(pool, runner),
            device_key=phone.key,
            device_group_key=phone.group_key,
            device_password=device_password,
        )
        return theirs.authenticate_user()

    for _ in range(8):
        assert "AccessToken" in sign_in(DEVICE_PASSWORD)["AuthenticationResult"]
    with pytest.raises(ServiceError) as caught:
        sign_in("another")
    assert (caught.value.code, caught.value.message) == WRONG_CREDENTIALS
