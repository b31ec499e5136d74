"""Which second factor is demanded of whom, codes by e-mail, and second factors that are set up in the middle."""

import json
from collections.abc import Mapping

import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import (
    FakeUserPool,
    Medium,
    MfaConfiguration,
    MfaFactor,
    PasswordPolicy,
    Purpose,
    UserStatus,
)
from authsteps.adapters.fake.sign_in.second_factors import RULES
from authsteps.adapters.fake.totp import SoftwareToken
from authsteps.engine.messages import Secret
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    EMAIL,
    MINUTE,
    MS,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    SESSION_EXPIRED,
    SESSION_INVALID,
    SESSION_SPENT,
    SMS_CODE_WRONG,
    TOTP_CODE_USED,
    TOTP_STEP,
    App,
    Authenticator,
    Reply,
    SignIn,
    both_flows,
    refusal,
    tokens_of,
    wrong,
)
from tests.conftest import VirtualClock

OFF, OPTIONAL, ON = MfaConfiguration.OFF, MfaConfiguration.OPTIONAL, MfaConfiguration.ON
SMS, TOTP, MAIL = MfaFactor.SMS_MFA, MfaFactor.SOFTWARE_TOKEN_MFA, MfaFactor.EMAIL_OTP
ALL = frozenset(MfaFactor)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXPJBSW"
SET_UP_CODE_WRONG = ("EnableSoftwareTokenMFAException", "Code mismatch")

NOTHING: Mapping[str, str] = {}
BOTH = {"email": EMAIL, "phone_number": PHONE}


def demands(challenge: str | None, *factors: str) -> tuple[str | None, frozenset[str]]:
    return challenge, frozenset(factors)


Case = tuple[MfaConfiguration, frozenset[MfaFactor], Mapping[str, str], frozenset[MfaFactor], MfaFactor | None, bool]
"""Pool and factors on offer; the attributes, the factors that are on, the preferred one, whether there is an app."""


def case(
    mfa: MfaConfiguration,
    attributes: Mapping[str, str] = NOTHING,
    *switched_on: MfaFactor,
    offers: frozenset[MfaFactor] = ALL,
    prefers: MfaFactor | None = None,
    app: bool = False,
) -> Case:
    return mfa, offers, attributes, frozenset(switched_on), prefers, app


CASES: Mapping[str, tuple[Case, tuple[str | None, frozenset[str]]]] = {
    "off, nothing": (case(OFF), demands(None)),
    "off, all on": (case(OFF, BOTH, *ALL, prefers=TOTP, app=True), demands(None)),
    "optional, nothing": (case(OPTIONAL, BOTH), demands(None)),
    "optional, a verified app that is not on": (case(OPTIONAL, BOTH, app=True), demands(None)),
    "optional, sms on": (case(OPTIONAL, BOTH, SMS), demands("SMS_MFA")),
    "optional, app on": (case(OPTIONAL, BOTH, TOTP, app=True), demands("SOFTWARE_TOKEN_MFA")),
    "optional, e-mail on": (case(OPTIONAL, BOTH, MAIL), demands("EMAIL_OTP")),
    "optional, two on": (case(OPTIONAL, BOTH, SMS, MAIL), demands("SELECT_MFA_TYPE", "SMS_MFA", "EMAIL_OTP")),
    "optional, three on": (
        case(OPTIONAL, BOTH, *ALL, app=True),
        demands("SELECT_MFA_TYPE", "SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP"),
    ),
    "optional, three on, one preferred": (case(OPTIONAL, BOTH, *ALL, prefers=MAIL, app=True), demands("EMAIL_OTP")),
    "optional, on what the pool offers no more": (case(OPTIONAL, BOTH, SMS, offers=frozenset({TOTP})), demands(None)),
    "optional, preferred what the pool offers no more": (
        case(OPTIONAL, BOTH, SMS, MAIL, prefers=SMS, offers=frozenset({MAIL})),
        demands("EMAIL_OTP"),
    ),
    "optional, an app that the pool offers no more": (
        case(OPTIONAL, BOTH, TOTP, app=True, offers=frozenset({SMS})),
        demands("SOFTWARE_TOKEN_MFA"),
    ),
    "on, one preferred of two": (case(ON, BOTH, SMS, MAIL, prefers=SMS), demands("SMS_MFA")),
    "on, two on": (case(ON, BOTH, SMS, MAIL), demands("SELECT_MFA_TYPE", "SMS_MFA", "EMAIL_OTP")),
    "on, one on of three that could be": (case(ON, BOTH, MAIL, app=True), demands("EMAIL_OTP")),
    "on, a phone": (case(ON, {"phone_number": PHONE}), demands("SMS_MFA")),
    "on, an address": (case(ON, {"email": EMAIL}), demands("EMAIL_OTP")),
    "on, an app": (case(ON, app=True), demands("SOFTWARE_TOKEN_MFA")),
    "on, a phone and an address": (case(ON, BOTH), demands("SELECT_MFA_TYPE", "SMS_MFA", "EMAIL_OTP")),
    "on, a phone, and no sms": (case(ON, BOTH, offers=frozenset({TOTP})), demands("MFA_SETUP", "SOFTWARE_TOKEN_MFA")),
    "on, nothing": (case(ON), demands("MFA_SETUP", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP")),
    "on, nothing, sms or app": (
        case(ON, offers=frozenset({SMS, TOTP})),
        demands("MFA_SETUP", "SOFTWARE_TOKEN_MFA"),
    ),
    "on, nothing, e-mail only": (case(ON, offers=frozenset({MAIL})), demands("MFA_SETUP", "EMAIL_OTP")),
}


@both_flows
@pytest.mark.parametrize(("given", "expected"), CASES.values(), ids=[*CASES])
async def test_the_table_of_second_factors(
    make_pool: MakePool,
    clock: VirtualClock,
    sign_in: SignIn,
    given: Case,
    expected: tuple[str | None, frozenset[str]],
) -> None:
    mfa, offers, attributes, switched_on, prefers, has_app = given
    pool = make_pool(mfa=mfa, mfa_factors=offers)
    pool.add_user(ALICE, PASSWORD, attributes=attributes)
    user = pool.user(ALICE)
    user.mfa_factors |= switched_on
    user.preferred_factor = prefers
    if has_app:
        user.software_token = SoftwareToken(Secret(SECRET), verified=True)

    reply = await sign_in(App(pool, clock), ALICE, PASSWORD)

    parameters: dict[str, str] = reply["ChallengeParameters"]
    offered = json.loads(parameters.get("MFAS_CAN_CHOOSE") or parameters.get("MFAS_CAN_SETUP") or "[]")
    assert (reply.get("ChallengeName"), frozenset(offered)) == expected
    assert ("AuthenticationResult" in reply) is (expected[0] is None)
    assert "AvailableChallenges" not in reply


async def test_who_needs_one_and_can_neither_be_asked_nor_set_one_up_gets_no_tokens(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    pool = make_pool(mfa=ON, mfa_factors=frozenset({SMS}))
    pool.add_user(ALICE, PASSWORD)

    assert await refusal(App(pool, clock).by_password()) == (
        "InvalidParameterException",
        "User does not have delivery config set to turn on SMS_MFA",
    )


def test_every_rule_has_a_case_of_its_own() -> None:
    assert len({rule.case for rule in RULES}) == len(RULES)
    assert {mfa for rule in RULES for mfa in rule.pools} == set(MfaConfiguration)


# --- Codes by e-mail -------------------------------------------------------------------------------------------------


@pytest.fixture
def mailing(make_pool: MakePool, clock: VirtualClock) -> App:
    """A pool that sends codes by e-mail as well; Alice and Bob have switched that on."""
    pool = make_pool(mfa_factors=ALL)
    for username in (ALICE, BOB):
        pool.add_user(username, PASSWORD, attributes={"email": f"{username}@example.com", "phone_number": PHONE})
        pool.user(username).mfa_factors.add(MAIL)
    return App(pool, clock)


async def test_a_code_by_email_signs_in_and_verifies_the_address(mailing: App) -> None:
    challenge = await mailing.by_srp()

    assert challenge["ChallengeName"] == "EMAIL_OTP"
    assert challenge["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": "EMAIL",
        "CODE_DELIVERY_DESTINATION": "a***@e***",
    }
    (message,) = mailing.pool.outbox
    assert (message.medium, message.destination, message.purpose) == (Medium.EMAIL, EMAIL, Purpose.EMAIL_OTP)
    assert len(message.code.reveal()) == 8
    for _ in range(6):
        assert await refusal(mailing.answer(challenge, wrong(message.code.reveal()))) == SMS_CODE_WRONG
    assert mailing.pool.user(ALICE).attributes.get("email_verified") is None
    assert tokens_of(await mailing.answer(challenge, message.code.reveal()))
    assert mailing.pool.user(ALICE).attributes["email_verified"] == "true"


async def test_codes_by_email_are_good_for_their_own_attempt_alone(mailing: App) -> None:
    attempts: list[tuple[str, Reply, str]] = []
    for username in (ALICE, ALICE, BOB):
        challenge = await mailing.by_password(username)
        attempts.append((username, challenge, mailing.mailed(Purpose.EMAIL_OTP, username)))
    for username, challenge, own in attempts:
        for _, _, code in attempts:
            if code != own:
                assert await refusal(mailing.answer(challenge, code, username)) == SMS_CODE_WRONG
    for username, challenge, own in attempts:
        assert tokens_of(await mailing.answer(challenge, own, username))


@pytest.mark.parametrize("answer", ["EMAIL_OTP", "EMAIL_MFA"])
async def test_email_is_chosen_by_either_of_its_names(mailing: App, answer: str) -> None:
    mailing.pool.user(ALICE).mfa_factors.add(SMS)
    chosen = await mailing.answer(await mailing.by_password(), answer)

    assert chosen["ChallengeName"] == "EMAIL_OTP"
    assert tokens_of(await mailing.answer(chosen, mailing.mailed(Purpose.EMAIL_OTP)))


async def test_a_right_code_does_not_take_an_address_away_from_whom_it_signs_in(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    pool = make_pool(mfa_factors=ALL, alias_attributes=frozenset({"email"}))
    pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
    pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL})
    pool.user(ALICE).mfa_factors.add(MAIL)
    app = App(pool, clock)

    assert tokens_of(await app.answer(await app.by_password(), app.mailed(Purpose.EMAIL_OTP)))
    assert pool.user(ALICE).attributes.get("email_verified") is None
    assert tokens_of(await app.by_password(EMAIL)), "that is still Bob"


# --- Setting one up in the middle ------------------------------------------------------------------------------------


@pytest.fixture
def demanding(make_pool: MakePool, clock: VirtualClock) -> App:
    """A pool that wants a second factor of everybody. Alice and Bob have none, and nothing to make one of."""
    pool = make_pool(mfa=ON, mfa_factors=ALL)
    pool.add_user(ALICE, PASSWORD)
    pool.add_user(BOB, PASSWORD)
    return App(pool, clock)


async def associate(app: App, session: str) -> tuple[Authenticator, str]:
    reply = await app.call("AssociateSoftwareToken", Session=session)
    assert len(reply["SecretCode"]) == 52
    return Authenticator(reply["SecretCode"], app.clock), reply["Session"]


async def verify(app: App, session: str, code: str, **members: Json) -> str:
    reply = await app.call("VerifySoftwareToken", Session=session, UserCode=code, **members)
    assert reply["Status"] == "SUCCESS"
    return str(reply["Session"])


@both_flows
async def test_an_app_is_set_up_in_the_middle_and_asked_for_the_next_time(demanding: App, sign_in: SignIn) -> None:
    challenge = await sign_in(demanding, ALICE, PASSWORD)
    assert challenge["ChallengeName"] == "MFA_SETUP"
    assert challenge["ChallengeParameters"]["USER_ID_FOR_SRP"] == ALICE

    authenticator, session = await associate(demanding, challenge["Session"])
    session = await verify(demanding, session, authenticator.code(), FriendlyDeviceName="phone")
    user = demanding.pool.user(ALICE)
    assert not user.mfa_factors, "it is switched on with the tokens"
    reply = await demanding.respond("MFA_SETUP", ALICE, session, Session="as Amplify Flutter sends it")
    assert tokens_of(reply)
    assert (user.mfa_factors, user.preferred_factor) == ({TOTP}, TOTP)

    again = await demanding.by_password()
    assert again["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert again["ChallengeParameters"]["FRIENDLY_DEVICE_NAME"] == "phone"
    assert await refusal(demanding.answer(again, authenticator.code())) == TOTP_CODE_USED
    demanding.clock.move(TOTP_STEP)
    assert tokens_of(await demanding.answer(again, authenticator.code()))


async def test_each_step_of_a_set_up_spends_its_session_and_brings_a_new_one(demanding: App) -> None:
    first = (await demanding.by_password())["Session"]
    authenticator, second = await associate(demanding, first)
    third = await verify(demanding, second, authenticator.code())
    assert len({first, second, third}) == 3

    for session in (first, second):
        assert await refusal(demanding.call("AssociateSoftwareToken", Session=session)) == SESSION_SPENT
        assert await refusal(demanding.respond("MFA_SETUP", ALICE, session)) == SESSION_SPENT
    assert tokens_of(await demanding.respond("MFA_SETUP", ALICE, third))


async def test_no_tokens_without_a_code_of_the_new_app(demanding: App) -> None:
    first = (await demanding.by_password())["Session"]
    assert await refusal(demanding.respond("MFA_SETUP", ALICE, first)) == SESSION_INVALID
    call = demanding.call("VerifySoftwareToken", Session=first, UserCode="123456")
    assert await refusal(call) == SESSION_INVALID

    authenticator, second = await associate(demanding, first)
    assert await refusal(demanding.respond("MFA_SETUP", ALICE, second)) == SESSION_INVALID
    for _ in range(6):
        call = demanding.call("VerifySoftwareToken", Session=second, UserCode=authenticator.wrong_code())
        assert await refusal(call) == SET_UP_CODE_WRONG
    assert await refusal(demanding.respond("MFA_SETUP", ALICE, second)) == SESSION_INVALID
    assert demanding.pool.user(ALICE).software_token is None

    third = await verify(demanding, second, authenticator.code())
    assert tokens_of(await demanding.respond("MFA_SETUP", ALICE, third)), "the set-up stayed open all the while"


async def test_a_new_secret_replaces_the_one_before_it(demanding: App) -> None:
    old, session = await associate(demanding, (await demanding.by_password())["Session"])
    new, session = await associate(demanding, session)

    call = demanding.call("VerifySoftwareToken", Session=session, UserCode=old.code())
    assert await refusal(call) == SET_UP_CODE_WRONG
    assert tokens_of(await demanding.respond("MFA_SETUP", ALICE, await verify(demanding, session, new.code())))


async def test_a_secret_belongs_to_its_own_attempt(demanding: App) -> None:
    of_alice, session_of_alice = await associate(demanding, (await demanding.by_password(ALICE))["Session"])
    of_bob, session_of_bob = await associate(demanding, (await demanding.by_password(BOB))["Session"])

    call = demanding.call("VerifySoftwareToken", Session=session_of_alice, UserCode=of_bob.code())
    assert await refusal(call) == SET_UP_CODE_WRONG
    end_of_alice = await verify(demanding, session_of_alice, of_alice.code())
    assert await refusal(demanding.respond("MFA_SETUP", BOB, end_of_alice)) == SESSION_INVALID
    assert await refusal(demanding.respond("MFA_SETUP", ALICE, session_of_bob)) == SESSION_INVALID
    assert demanding.pool.user(BOB).software_token is None
    assert tokens_of(await demanding.respond("MFA_SETUP", ALICE, end_of_alice))


async def set_up(app: App) -> None:
    """Sign Alice in with an app that she sets up on the way."""
    authenticator, session = await associate(app, (await app.by_password())["Session"])
    assert tokens_of(await app.respond("MFA_SETUP", ALICE, await verify(app, session, authenticator.code())))


async def test_of_two_who_know_the_password_the_second_sets_up_nothing_once_the_first_has(demanding: App) -> None:
    fresh = (await demanding.by_password())["Session"]
    stolen, begun = await associate(demanding, (await demanding.by_password())["Session"])
    await set_up(demanding)

    assert await refusal(demanding.call("AssociateSoftwareToken", Session=fresh)) == SESSION_INVALID
    assert await refusal(demanding.respond("MFA_SETUP", ALICE, fresh, EMAIL="thief@example.com")) == SESSION_INVALID
    call = demanding.call("VerifySoftwareToken", Session=begun, UserCode=stolen.code())
    assert await refusal(call) == SESSION_INVALID


async def test_an_app_that_was_replaced_before_its_set_up_ended_signs_nobody_in(demanding: App) -> None:
    authenticator, session = await associate(demanding, (await demanding.by_password())["Session"])
    end = await verify(demanding, session, authenticator.code())
    demanding.pool.user(ALICE).software_token = SoftwareToken(Secret(SECRET), verified=True)

    assert await refusal(demanding.respond("MFA_SETUP", ALICE, end)) == SESSION_INVALID


async def test_a_code_to_a_new_address_comes_too_late_once_another_factor_was_set_up(demanding: App) -> None:
    session = (await demanding.by_password())["Session"]
    challenge = await demanding.respond("MFA_SETUP", ALICE, session, EMAIL="thief@example.com")
    await set_up(demanding)

    late = demanding.answer(challenge, demanding.mailed(Purpose.EMAIL_OTP))
    assert await refusal(late) == SESSION_INVALID
    assert dict(demanding.pool.user(ALICE).attributes) == {}


async def test_an_address_is_set_up_in_the_middle(demanding: App) -> None:
    session = (await demanding.by_password())["Session"]
    malformed = demanding.respond("MFA_SETUP", ALICE, session, EMAIL="no address")
    assert await refusal(malformed) == ("InvalidParameterException", "Invalid email address format.")

    challenge = await demanding.respond("MFA_SETUP", ALICE, session, EMAIL="new@example.org")
    assert challenge["ChallengeName"] == "EMAIL_OTP"
    assert challenge["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "n***@e***"
    user, code = demanding.pool.user(ALICE), demanding.mailed(Purpose.EMAIL_OTP)
    assert await refusal(demanding.answer(challenge, wrong(code))) == SMS_CODE_WRONG
    assert dict(user.attributes) == {}
    assert tokens_of(await demanding.answer(challenge, code))
    assert dict(user.attributes) == {"email": "new@example.org", "email_verified": "true"}
    assert (user.mfa_factors, user.preferred_factor) == ({MAIL}, MAIL)
    assert (await demanding.by_password())["ChallengeName"] == "EMAIL_OTP"


async def test_what_is_not_offered_is_not_set_up(make_pool: MakePool, clock: VirtualClock) -> None:
    for offered, tried in ((MAIL, "app"), (TOTP, "address")):
        pool = make_pool(mfa=ON, mfa_factors=frozenset({offered}))
        pool.add_user(ALICE, PASSWORD)
        app = App(pool, clock)
        session = (await app.by_password())["Session"]
        if tried == "app":
            assert (await refusal(app.call("AssociateSoftwareToken", Session=session)))[0] == (
                "SoftwareTokenMFANotFoundException"
            )
            assert (await app.respond("MFA_SETUP", ALICE, session, EMAIL=EMAIL))["ChallengeName"] == "EMAIL_OTP"
        else:
            assert (await refusal(app.respond("MFA_SETUP", ALICE, session, EMAIL=EMAIL)))[0] == (
                "InvalidParameterException"
            )
            await associate(app, session)


async def test_an_address_that_somebody_signs_in_with_is_not_set_up_for_another(
    make_pool: MakePool, clock: VirtualClock
) -> None:
    pool = make_pool(mfa=ON, mfa_factors=frozenset({MAIL}), alias_attributes=frozenset({"email"}))
    pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
    pool.add_user(ALICE, PASSWORD)
    app = App(pool, clock)
    challenge = await app.respond("MFA_SETUP", ALICE, (await app.by_password())["Session"], EMAIL=EMAIL)

    assert (await refusal(app.answer(challenge, app.mailed(Purpose.EMAIL_OTP))))[0] == "AliasExistsException"
    assert not pool.user(ALICE).mfa_factors


async def test_a_set_up_waits_as_long_as_any_challenge(demanding: App, clock: VirtualClock) -> None:
    session = (await demanding.by_password())["Session"]
    clock.move(3 * MINUTE - MS)
    authenticator, session = await associate(demanding, session)
    clock.move(3 * MINUTE - MS)
    session = await verify(demanding, session, authenticator.code())
    clock.move(3 * MINUTE)

    assert await refusal(demanding.respond("MFA_SETUP", ALICE, session)) == SESSION_EXPIRED


async def test_a_session_of_another_challenge_sets_nothing_up(mailing: App) -> None:
    challenge = await mailing.by_password()

    assert await refusal(mailing.call("AssociateSoftwareToken", Session=challenge["Session"])) == SESSION_INVALID
    call = mailing.call("VerifySoftwareToken", Session=challenge["Session"], UserCode="123456")
    assert await refusal(call) == SESSION_INVALID
    assert tokens_of(await mailing.answer(challenge, mailing.mailed(Purpose.EMAIL_OTP))), "it is not used up"


async def test_a_new_password_comes_first_and_the_set_up_all_the_same(demanding: App) -> None:
    demanding.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    new_password = await demanding.by_password()
    set_up = await demanding.answer(new_password, NEW_PASSWORD)

    assert set_up["ChallengeName"] == "MFA_SETUP"
    assert demanding.pool.user(ALICE).status is UserStatus.CONFIRMED


async def test_a_new_password_must_be_another_than_the_temporary_one(app: App) -> None:
    app.pool.add_user(BOB, PASSWORD, temporary=True)
    challenge = await app.by_password(BOB)

    assert await refusal(app.answer(challenge, PASSWORD, BOB)) == (
        "PasswordHistoryPolicyViolationException",
        "Password has previously been used.",
    )
    assert tokens_of(await app.answer(challenge, NEW_PASSWORD, BOB))


async def test_a_new_password_must_not_be_one_of_those_before(make_pool: MakePool, clock: VirtualClock) -> None:
    pool: FakeUserPool = make_pool(password_policy=PasswordPolicy(history_size=3))
    pool.add_user(ALICE, PASSWORD)
    app, user = App(pool, clock), pool.user(ALICE)
    user.status = UserStatus.FORCE_CHANGE_PASSWORD
    tokens_of(await app.answer(await app.by_password(), NEW_PASSWORD))
    user.status = UserStatus.FORCE_CHANGE_PASSWORD
    challenge = await app.by_password(ALICE, NEW_PASSWORD)

    assert (await refusal(app.answer(challenge, PASSWORD)))[0] == "PasswordHistoryPolicyViolationException"
    assert tokens_of(await app.answer(challenge, "Third-password-9"))
