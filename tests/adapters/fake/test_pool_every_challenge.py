"""Every challenge there is, and what holds for all: whose it is, how often it is answered, what happens meanwhile."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import anyio
import attrs
import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import (
    DeviceConfiguration,
    FirstFactor,
    MfaConfiguration,
    MfaFactor,
    Purpose,
    UserStatus,
    WebAuthnConfiguration,
)
from authsteps.engine.messages import Secret
from authsteps.flows import srp
from authsteps.flows.model import ChallengeName
from tests.adapters.fake.authenticator import RP_ID, Browser
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import Functions, asking_for
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
    App,
    Authenticator,
    Reply,
    refusal,
)
from tests.conftest import VirtualClock


@attrs.frozen
class Waiting:
    """An attempt that waits at a challenge, and the right answer to it."""

    app: App
    challenge: str
    session: str
    responses: Mapping[str, str]

    async def answer(self, username: str = ALICE, app: App | None = None, session: str | None = None) -> Reply:
        through, text = app if app is not None else self.app, session if session is not None else self.session
        if self.challenge == "AssociateSoftwareToken":
            return await through.call("AssociateSoftwareToken", Session=text)
        if self.challenge == "VerifySoftwareToken":
            return await through.call("VerifySoftwareToken", Session=text, UserCode=self.responses["UserCode"])
        return await through.respond(self.challenge, username, text, **self.responses)


def waiting(app: App, reply: Reply, **responses: str) -> Waiting:
    return Waiting(app, reply["ChallengeName"], reply["Session"], responses)


KEYS = srp.key_pair(bytes(range(5, 37)), SRP)
OFFER = {"SRP_A": KEYS.public.reveal()}


async def choosing(app: App, preferred: str | None = None, **parameters: str) -> Reply:
    wish = {} if preferred is None else {"PREFERRED_CHALLENGE": preferred}
    return await app.initiate("USER_AUTH", ALICE, **wish, **parameters)


async def at_a_new_password(app: App) -> Waiting:
    app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    return waiting(app, await app.by_password(), NEW_PASSWORD=NEW_PASSWORD)


async def at_a_choice_of_factors(app: App) -> Waiting:
    app.pool.user(ALICE).mfa_factors |= {MfaFactor.SMS_MFA, MfaFactor.EMAIL_OTP}
    return waiting(app, await app.by_password(), ANSWER="EMAIL_OTP")


async def at_an_sms(app: App) -> Waiting:
    app.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    return waiting(app, await app.by_password(), SMS_MFA_CODE=app.mailed(Purpose.SMS_MFA))


async def at_an_email(app: App) -> Waiting:
    app.pool.user(ALICE).mfa_factors.add(MfaFactor.EMAIL_OTP)
    return waiting(app, await app.by_password(), EMAIL_OTP_CODE=app.mailed(Purpose.EMAIL_OTP))


async def at_a_code_of_the_app(app: App) -> Waiting:
    authenticator = await app.with_totp()
    return waiting(app, await app.by_password(), SOFTWARE_TOKEN_MFA_CODE=authenticator.code())


async def with_nothing(app: App) -> Reply:
    app.pool.settings.mfa = MfaConfiguration.ON
    app.pool.user(ALICE).attributes.clear()
    return await app.by_password()


async def at_a_set_up(app: App) -> Waiting:
    return Waiting(app, "AssociateSoftwareToken", (await with_nothing(app))["Session"], {})


async def at_a_first_code(app: App) -> Waiting:
    reply = await app.call("AssociateSoftwareToken", Session=(await with_nothing(app))["Session"])
    code = Authenticator(reply["SecretCode"], app.clock).code()
    return Waiting(app, "VerifySoftwareToken", reply["Session"], {"UserCode": code})


async def at_the_end_of_a_set_up(app: App) -> Waiting:
    verified = await (await at_a_first_code(app)).answer()
    return Waiting(app, "MFA_SETUP", verified["Session"], {})


async def at_a_new_address(app: App) -> Waiting:
    session: str = (await with_nothing(app))["Session"]
    reply = await app.respond("MFA_SETUP", ALICE, session, EMAIL=EMAIL)
    return waiting(app, reply, EMAIL_OTP_CODE=app.mailed(Purpose.EMAIL_OTP))


async def at_a_first_choice(app: App) -> Waiting:
    return waiting(app, await choosing(app), ANSWER="SMS_OTP")


async def at_a_mail(app: App) -> Waiting:
    return waiting(app, await choosing(app, "EMAIL_OTP"), EMAIL_OTP_CODE=app.mailed(Purpose.EMAIL_OTP))


async def at_a_text(app: App) -> Waiting:
    return waiting(app, await choosing(app, "SMS_OTP"), SMS_OTP_CODE=app.mailed(Purpose.SMS_OTP))


async def at_a_passkey(app: App) -> Waiting:
    browser = Browser()
    await app.register_passkey((await app.tokens())["AccessToken"], browser)
    reply = await choosing(app, "WEB_AUTHN")
    options = reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    return waiting(app, reply, CREDENTIAL=browser.get_json(options))


def claim(app: App, reply: Reply, pool_name: str, user_id: str, password: str) -> dict[str, str]:
    parameters: dict[str, str] = reply["ChallengeParameters"]
    stamp = srp.timestamp(app.clock.now())
    signature = srp.password_claim(
        pool_name=pool_name,
        user_id=user_id,
        password=Secret(password),
        key_pair=KEYS,
        salt_hex=Secret(parameters["SALT"]),
        srp_b_hex=Secret(parameters["SRP_B"]),
        secret_block_b64=Secret(parameters["SECRET_BLOCK"]),
        timestamp=stamp,
        arithmetic=SRP,
    )
    return {
        "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": signature.reveal(),
        "TIMESTAMP": stamp,
    }


async def at_a_proof(app: App) -> Waiting:
    reply = await choosing(app, "PASSWORD_SRP", **OFFER)
    return waiting(app, reply, **claim(app, reply, app.pool.id.partition("_")[2], ALICE, PASSWORD))


async def with_device(app: App) -> tuple[str, str, Reply]:
    app.pool.settings.devices = DeviceConfiguration()
    tokens = await app.tokens()
    key = await app.confirm_device(tokens)
    reply = await app.initiate("USER_PASSWORD_AUTH", ALICE, PASSWORD=PASSWORD, DEVICE_KEY=key)
    return key, tokens["NewDeviceMetadata"]["DeviceGroupKey"], reply


async def at_a_device(app: App) -> Waiting:
    key, _, reply = await with_device(app)
    return waiting(app, reply, DEVICE_KEY=key, **OFFER)


async def at_a_proof_of_a_device(app: App) -> Waiting:
    key, group_key, reply = await with_device(app)
    verifier = await app.respond("DEVICE_SRP_AUTH", ALICE, reply["Session"], DEVICE_KEY=key, **OFFER)
    return waiting(app, verifier, DEVICE_KEY=key, **claim(app, verifier, group_key, key, DEVICE_PASSWORD))


async def at_a_riddle(app: App) -> Waiting:
    return waiting(app, await app.initiate("CUSTOM_AUTH", ALICE), ANSWER="please")


Go: TypeAlias = Callable[[App], Awaitable[Waiting]]
ALL: list[Go] = [
    at_a_new_password,
    at_a_choice_of_factors,
    at_an_sms,
    at_an_email,
    at_a_code_of_the_app,
    at_a_set_up,
    at_a_first_code,
    at_the_end_of_a_set_up,
    at_a_new_address,
    at_a_first_choice,
    at_a_mail,
    at_a_text,
    at_a_passkey,
    at_a_proof,
    at_a_device,
    at_a_proof_of_a_device,
    at_a_riddle,
]
every_challenge = pytest.mark.parametrize("go", ALL, ids=[go.__name__ for go in ALL])


@pytest.fixture
def rich(make_pool: MakePool, clock: VirtualClock) -> App:
    """A pool that has every challenge there is."""
    pool = make_pool(
        triggers=Functions(asking_for("please", hint="magic")).behind(),
        first_factors=frozenset(FirstFactor),
        mfa_factors=frozenset(MfaFactor),
        web_authn=WebAuthnConfiguration(RP_ID),
    )
    attributes = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}
    for username in (ALICE, BOB):
        pool.add_user(username, PASSWORD, attributes=attributes)
    return App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))


@every_challenge
async def test_the_right_answer_leads_on_once(rich: App, go: Go) -> None:
    attempt = await go(rich)
    reply = await attempt.answer()

    assert reply.keys() & {"AuthenticationResult", "ChallengeName", "Session"}
    assert reply.get("Session") != attempt.session
    assert await refusal(attempt.answer()) == SESSION_SPENT


@every_challenge
async def test_an_attempt_is_finished_by_nobody_else(rich: App, go: Go) -> None:
    attempt = await go(rich)
    for stranger in (BOB, "nobody-of-that-name"):
        if "SoftwareToken" not in attempt.challenge:  # these go by the session alone
            assert await refusal(attempt.answer(stranger)) == SESSION_INVALID
            assert await refusal(attempt.answer(app=rich.beside())) == SESSION_INVALID
    assert await refusal(attempt.answer(session="x" * 30)) == SESSION_INVALID

    assert await attempt.answer(), "it is not used up"


RESPONSES = [
    "ANSWER",
    "CREDENTIAL",
    "EMAIL_OTP_CODE",
    "NEW_PASSWORD",
    "PASSWORD",
    "PASSWORD_CLAIM_SECRET_BLOCK",
    "PASSWORD_CLAIM_SIGNATURE",
    "SMS_MFA_CODE",
    "SMS_OTP_CODE",
    "SOFTWARE_TOKEN_MFA_CODE",
    "SRP_A",
    "TIMESTAMP",
]


@every_challenge
async def test_a_session_of_another_challenge_is_refused(rich: App, go: Go) -> None:
    attempt = await go(rich)
    given = dict.fromkeys(RESPONSES, "123456")
    for name in ChallengeName:
        is_open = attempt.challenge in {"SELECT_CHALLENGE", "WEB_AUTHN"}
        also = {"SELECT_CHALLENGE", "PASSWORD", "PASSWORD_SRP"} if is_open else set[str]()
        also |= {"DEVICE_SRP_AUTH", "DEVICE_PASSWORD_VERIFIER"}  # a device must be named for these, and known
        if name.value not in {attempt.challenge, *also}:
            call = rich.respond(name.value, ALICE, attempt.session, **given)
            assert await refusal(call) == SESSION_INVALID, name

    assert await attempt.answer(), "it is not used up"


@every_challenge
async def test_a_challenge_waits_three_minutes(rich: App, clock: VirtualClock, go: Go) -> None:
    attempt = await go(rich)
    clock.move(3 * MINUTE)

    assert await refusal(attempt.answer()) == SESSION_EXPIRED


@every_challenge
async def test_who_is_disabled_meanwhile_gets_no_further(rich: App, go: Go) -> None:
    attempt = await go(rich)
    rich.pool.disable_user(ALICE)
    refused: set[object] = set()
    try:
        reply = await attempt.answer()
        assert "AuthenticationResult" not in reply
    except ServiceError as error:
        refused.add((error.code, error.message))

    # What only leads from one choice to a code is refused when the code comes.
    assert refused == {DISABLED} or attempt.challenge == "SELECT_CHALLENGE"


@every_challenge
async def test_whoever_has_the_name_next_is_not_signed_in(rich: App, go: Go) -> None:
    attempt = await go(rich)
    rich.pool.delete_user(ALICE)
    rich.pool.add_user(ALICE, "Another-person-1", attributes={"email": EMAIL, "phone_number": PHONE})

    code, _ = await refusal(attempt.answer())
    assert code in {"NotAuthorizedException", "ResourceNotFoundException", "CodeMismatchException", *NOT_OFFERED}
    assert not rich.pool.user(ALICE).families


NOT_OFFERED = {"InvalidParameterException"}
"""Of somebody who is gone no code can be chosen any more."""


@every_challenge
@pytest.mark.usefixtures("each_backend")
async def test_of_five_answers_at_once_one_is_taken(rich: App, go: Go) -> None:
    attempt = await go(rich)
    taken: list[Reply] = []
    refused: list[tuple[str, str]] = []

    async def try_it() -> None:
        try:
            taken.append(await attempt.answer())
        except ServiceError as error:
            refused.append((error.code, error.message))

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(try_it)

    assert len(taken) == 1
    assert refused == [SESSION_SPENT] * 4


@pytest.mark.parametrize("challenge", ["ADMIN_NO_SRP_AUTH"])
async def test_a_challenge_that_nobody_is_given_is_never_answered(rich: App, challenge: str) -> None:
    attempt = await at_an_sms(rich)

    assert await refusal(rich.respond(challenge, ALICE, attempt.session, PASSWORD=PASSWORD)) == SESSION_INVALID
