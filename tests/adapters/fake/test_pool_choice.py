"""Choice-based sign-in: what there is to choose from, every choice, and the way from a sign-up that was confirmed."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from authsteps.adapters.fake import (
    FakeUserPool,
    FirstFactor,
    MfaConfiguration,
    MfaFactor,
    PasskeyUse,
    Purpose,
    UserStatus,
    WebAuthnConfiguration,
)
from authsteps.adapters.fake.sign_in import choice
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Entropy
from authsteps.flows import srp
from tests.adapters.fake.authenticator import RP_ID, Browser
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    BOB,
    DISABLED,
    EMAIL,
    LOCKED_OUT,
    MINUTE,
    MS,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    SESSION_EXPIRED,
    SESSION_INVALID,
    SESSION_SPENT,
    SMS_CODE_WRONG,
    SRP,
    STRANGER,
    UNCONFIRMED,
    WRONG_CREDENTIALS,
    App,
    Offer,
    Refusal,
    Reply,
    missing,
    refusal,
    tokens_of,
    wrong,
)
from tests.conftest import VirtualClock

NOT_OFFERED = ("InvalidParameterException", "Invalid ANSWER for SELECT_CHALLENGE")
VERIFIED = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}
PASSWORDS = {"PASSWORD", "PASSWORD_SRP"}
EVERYTHING = {*PASSWORDS, "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"}
BOTH_IN_ONE = WebAuthnConfiguration(RP_ID, use=PasskeyUse.MULTI_FACTOR_WITH_USER_VERIFICATION)


def open_to_all(pool: FakeUserPool, clock: VirtualClock, **client: Any) -> App:
    """An app whose client may use every flow."""
    return App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS, **client))


async def with_passkey(app: App, username: str = ALICE) -> Browser:
    browser = Browser()
    await app.register_passkey((await app.tokens(username))["AccessToken"], browser)
    return browser


@pytest.fixture
def choosing(make_pool: MakePool, clock: VirtualClock) -> App:
    """A pool that allows every first factor. Alice has verified her address and her number; Bob has neither."""
    pool = make_pool(
        first_factors=frozenset(FirstFactor), web_authn=WebAuthnConfiguration(RP_ID), mfa_factors=frozenset(MfaFactor)
    )
    pool.add_user(ALICE, PASSWORD, attributes=VERIFIED)
    pool.add_user(BOB, PASSWORD)
    return open_to_all(pool, clock)


async def begin(app: App, username: str = ALICE, preferred: str | None = None, **parameters: str) -> Reply:
    wish = {} if preferred is None else {"PREFERRED_CHALLENGE": preferred}
    return await app.initiate("USER_AUTH", username, **wish, **parameters)


def choices(reply: Reply) -> set[str]:
    assert reply["ChallengeName"] == "SELECT_CHALLENGE"
    assert reply["ChallengeParameters"] == {}
    return set(reply["AvailableChallenges"])


async def choose(app: App, reply: Reply, answer: str, username: str = ALICE, **responses: str) -> Reply:
    chosen = await app.respond("SELECT_CHALLENGE", username, reply["Session"], ANSWER=answer, **responses)
    assert "AvailableChallenges" not in chosen, "they stand in the first answer only"
    return chosen


# --- What there is to choose from ------------------------------------------------------------------------------------


async def test_what_a_user_has_and_the_pool_allows_can_be_chosen(choosing: App) -> None:
    assert choices(await begin(choosing)) == EVERYTHING - {"WEB_AUTHN"}
    await with_passkey(choosing)
    assert choices(await begin(choosing)) == EVERYTHING
    assert choices(await begin(choosing, BOB)) == PASSWORDS


@pytest.mark.parametrize("allowed", [*FirstFactor])
async def test_what_the_pool_does_not_allow_cannot(choosing: App, allowed: FirstFactor) -> None:
    await with_passkey(choosing)
    choosing.pool.settings.first_factors = frozenset({allowed})

    expected = PASSWORDS if allowed is FirstFactor.PASSWORD else {allowed.value}
    assert choices(await begin(choosing)) == expected


@pytest.mark.parametrize(
    ("name", "value", "gone"),
    [
        ("email_verified", "false", "EMAIL_OTP"),
        ("phone_number_verified", "false", "SMS_OTP"),
        ("email", "", "EMAIL_OTP"),
    ],
)
async def test_a_channel_that_is_not_verified_cannot_be_chosen(choosing: App, name: str, value: str, gone: str) -> None:
    choosing.pool.user(ALICE).attributes[name] = value

    assert choices(await begin(choosing)) == EVERYTHING - {"WEB_AUTHN", gone}
    assert gone not in choices(await begin(choosing, preferred=gone))


async def test_who_has_no_password_is_not_asked_for_one(choosing: App) -> None:
    choosing.pool.user(ALICE).verifier = None

    assert choices(await begin(choosing)) == {"EMAIL_OTP", "SMS_OTP"}
    assert choices(await begin(choosing, preferred="PASSWORD", PASSWORD=PASSWORD)) == {"EMAIL_OTP", "SMS_OTP"}


async def test_a_temporary_password_can_only_be_changed_with_itself(choosing: App) -> None:
    await with_passkey(choosing)
    choosing.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD

    assert choices(await begin(choosing)) == PASSWORDS
    assert choices(await begin(choosing, preferred="EMAIL_OTP")) == PASSWORDS
    challenge = await begin(choosing, preferred="PASSWORD", PASSWORD=PASSWORD)
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"


async def test_of_whom_a_second_factor_is_demanded_a_password_is_demanded_first(choosing: App) -> None:
    await with_passkey(choosing)
    choosing.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    assert choices(await begin(choosing)) == PASSWORDS
    assert choices(await begin(choosing, preferred="EMAIL_OTP")) == PASSWORDS

    challenge = await choose(choosing, await begin(choosing), "PASSWORD", PASSWORD=PASSWORD)
    assert challenge["ChallengeName"] == "SMS_MFA"
    assert tokens_of(await choosing.answer(challenge, choosing.mailed(Purpose.SMS_MFA)))

    choosing.pool.user(ALICE).mfa_factors.clear()
    choosing.pool.settings.mfa = MfaConfiguration.ON
    assert choices(await begin(choosing)) == PASSWORDS


PREFERENCES: Mapping[str, tuple[str, Mapping[str, str], Refusal]] = {
    "no password": ("PASSWORD", {}, missing("PASSWORD")),
    "no proof": ("PASSWORD_SRP", {}, missing("SRP_A")),
    "what is none": ("CARRIER_PIGEON", {}, ("InvalidParameterException", "Invalid value of PREFERRED_CHALLENGE")),
    "a second factor": ("SMS_MFA", {}, ("InvalidParameterException", "Invalid value of PREFERRED_CHALLENGE")),
    "a wrong password": ("PASSWORD", {"PASSWORD": "Incorrect-horse-7"}, WRONG_CREDENTIALS),
    "a public key that is none": (
        "PASSWORD_SRP",
        {"SRP_A": "0"},
        ("InvalidParameterException", "Invalid SRP_A"),
    ),
}


@pytest.mark.parametrize(("preferred", "parameters", "expected"), PREFERENCES.values(), ids=[*PREFERENCES])
async def test_a_preference_comes_with_what_goes_with_it(
    choosing: App, preferred: str, parameters: Mapping[str, str], expected: Refusal
) -> None:
    assert await refusal(begin(choosing, preferred=preferred, **parameters)) == expected


async def test_parameters_of_step_up_are_passed_over(choosing: App) -> None:
    reply = await begin(choosing, TARGET_ACR_VALUES="x", MAX_AGE="1", ACCESS_TOKEN="token")

    assert choices(reply) == EVERYTHING - {"WEB_AUTHN"}


# --- The password ----------------------------------------------------------------------------------------------------


def offer_of(reply: Reply, keys: srp.KeyPair, username: str = ALICE) -> Offer:
    assert reply["ChallengeName"] == "PASSWORD_VERIFIER"
    return Offer(username, keys, reply)


@pytest.fixture
def keys() -> srp.KeyPair:
    return srp.key_pair(bytes(range(1, 33)), SRP)


async def test_a_preferred_password_signs_in_at_once(choosing: App) -> None:
    assert tokens_of(await begin(choosing, preferred="PASSWORD", PASSWORD=PASSWORD))


async def test_a_chosen_password_signs_in_under_each_of_its_names(choosing: App) -> None:
    assert tokens_of(await choose(choosing, await begin(choosing), "PASSWORD", PASSWORD=PASSWORD))
    session = (await begin(choosing))["Session"]
    assert tokens_of(await choosing.respond("PASSWORD", ALICE, session, PASSWORD=PASSWORD))


async def test_a_preferred_proof_is_challenged_with_a_session(choosing: App, keys: srp.KeyPair) -> None:
    reply = await begin(choosing, preferred="PASSWORD_SRP", SRP_A=keys.public.reveal())
    assert set(reply["AvailableChallenges"]) == EVERYTHING - {"WEB_AUTHN"}
    proof = choosing.proof(offer_of(reply, keys))

    assert reply["Session"] != reply["ChallengeParameters"]["SECRET_BLOCK"]
    assert tokens_of(await choosing.respond("PASSWORD_VERIFIER", ALICE, reply["Session"], **proof))
    again = choosing.respond("PASSWORD_VERIFIER", ALICE, None, **proof)
    assert await refusal(again) == SESSION_SPENT, "one attempt, under either name"


@pytest.mark.parametrize("challenge", ["SELECT_CHALLENGE", "PASSWORD_SRP"])
async def test_a_chosen_proof_may_come_back_without_its_session(
    choosing: App, keys: srp.KeyPair, challenge: str
) -> None:
    session = (await begin(choosing))["Session"]
    given = {"ANSWER": "PASSWORD_SRP", "SRP_A": keys.public.reveal()}
    offer = offer_of(await choosing.respond(challenge, ALICE, session, **given), keys)

    assert tokens_of(await choosing.send_proof(offer, choosing.proof(offer)))
    late = choosing.respond("PASSWORD_VERIFIER", ALICE, offer.challenge["Session"], **choosing.proof(offer))
    assert await refusal(late) == SESSION_SPENT


async def test_a_wrong_password_ends_the_attempt_and_counts(choosing: App) -> None:
    for _ in range(5):
        reply = await begin(choosing)
        assert await refusal(choose(choosing, reply, "PASSWORD", PASSWORD="Incorrect-horse-7")) == WRONG_CREDENTIALS
        assert await refusal(choose(choosing, reply, "PASSWORD", PASSWORD=PASSWORD)) == SESSION_SPENT

    reply = await begin(choosing)
    assert await refusal(choose(choosing, reply, "PASSWORD", PASSWORD=PASSWORD)) == LOCKED_OUT
    code = await begin(choosing, preferred="EMAIL_OTP")
    assert tokens_of(await choosing.answer(code, choosing.mailed(Purpose.EMAIL_OTP))), "another factor is still open"


@pytest.mark.parametrize("answer", ["WEB_AUTHN", "SMS_MFA", "email_otp", "nothing", "x" * 10_000])
async def test_what_was_not_offered_is_refused_and_something_else_may_be_chosen(choosing: App, answer: str) -> None:
    reply = await begin(choosing)

    assert await refusal(choose(choosing, reply, answer)) == NOT_OFFERED
    assert tokens_of(await choose(choosing, reply, "PASSWORD", PASSWORD=PASSWORD))


@pytest.mark.parametrize(("answer", "needed"), [("PASSWORD", "PASSWORD"), ("PASSWORD_SRP", "SRP_A"), ("", "ANSWER")])
async def test_what_goes_with_a_choice_must_be_there(choosing: App, answer: str, needed: str) -> None:
    assert await refusal(choose(choosing, await begin(choosing), answer)) == missing(needed)


async def test_what_is_gone_by_then_is_not_taken(choosing: App) -> None:
    reply = await begin(choosing)
    choosing.pool.user(ALICE).attributes["email_verified"] = "false"

    assert await refusal(choose(choosing, reply, "EMAIL_OTP")) == NOT_OFFERED


# --- One-time codes --------------------------------------------------------------------------------------------------

CODES = {"EMAIL_OTP": Purpose.EMAIL_OTP, "SMS_OTP": Purpose.SMS_OTP}
every_code = pytest.mark.parametrize("factor", CODES)


@every_code
async def test_a_preferred_code_is_sent_at_once_and_signs_in(choosing: App, factor: str) -> None:
    reply = await begin(choosing, preferred=factor)

    assert reply["ChallengeName"] == factor
    assert factor in reply["AvailableChallenges"]
    shown = {"EMAIL_OTP": ("EMAIL", "a***@e***"), "SMS_OTP": ("SMS", "+*******1234")}[factor]
    assert reply["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": shown[0],
        "CODE_DELIVERY_DESTINATION": shown[1],
    }
    code = choosing.mailed(CODES[factor])
    assert len(code) == 8
    for _ in range(6):
        assert await refusal(choosing.answer(reply, wrong(code))) == SMS_CODE_WRONG
    assert tokens_of(await choosing.answer(reply, code))


@every_code
async def test_a_chosen_code_is_sent_when_it_is_chosen(choosing: App, factor: str) -> None:
    reply = await begin(choosing)
    assert not len(choosing.pool.outbox)
    challenge = await choose(choosing, reply, factor)

    assert tokens_of(await choosing.answer(challenge, choosing.mailed(CODES[factor])))


@every_code
async def test_a_code_is_good_for_its_own_attempt_alone(choosing: App, factor: str) -> None:
    choosing.pool.user(BOB).attributes.update(VERIFIED)
    attempts: list[tuple[str, Reply, str]] = []
    for username in (ALICE, ALICE, BOB):
        challenge = await begin(choosing, username, factor)
        attempts.append((username, challenge, choosing.mailed(CODES[factor], username)))
    for username, challenge, own in attempts:
        for _, _, code in attempts:
            if code != own:
                assert await refusal(choosing.answer(challenge, code, username)) == SMS_CODE_WRONG
    assert await refusal(choosing.answer(attempts[0][1], attempts[0][2], BOB)) == SESSION_INVALID
    for username, challenge, own in attempts:
        assert tokens_of(await choosing.answer(challenge, own, username))


async def test_a_code_lives_as_long_as_its_session(choosing: App, clock: VirtualClock) -> None:
    for past, good in ((-MS, True), (0 * MS, False)):
        challenge = await begin(choosing, preferred="EMAIL_OTP")
        clock.move(3 * MINUTE + past)
        answer = choosing.answer(challenge, choosing.mailed(Purpose.EMAIL_OTP))
        if good:
            assert tokens_of(await answer)
        else:
            assert await refusal(answer) == SESSION_EXPIRED


async def test_a_code_of_the_other_channel_is_another_challenge(choosing: App) -> None:
    challenge = await begin(choosing, preferred="EMAIL_OTP")
    code = choosing.mailed(Purpose.EMAIL_OTP)

    other = choosing.respond("SMS_OTP", ALICE, challenge["Session"], SMS_OTP_CODE=code)
    assert await refusal(other) == SESSION_INVALID
    assert tokens_of(await choosing.answer(challenge, code))


async def test_who_switches_a_second_factor_on_meanwhile_is_asked_for_it(choosing: App) -> None:
    challenge = await begin(choosing, preferred="EMAIL_OTP")
    choosing.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)

    reply = await choosing.answer(challenge, choosing.mailed(Purpose.EMAIL_OTP))
    assert reply["ChallengeName"] == "SMS_MFA"


TROUBLES: Mapping[str, tuple[Callable[[FakeUserPool], object], Refusal]] = {
    "disabled": (lambda pool: pool.disable_user(ALICE), DISABLED),
    "unconfirmed": (lambda pool: setattr(pool.user(ALICE), "status", UserStatus.UNCONFIRMED), UNCONFIRMED),
    "given a temporary password": (
        lambda pool: setattr(pool.user(ALICE), "status", UserStatus.FORCE_CHANGE_PASSWORD),
        SESSION_INVALID,
    ),
}


@pytest.mark.parametrize(("put", "expected"), TROUBLES.values(), ids=[*TROUBLES])
async def test_what_happens_to_the_account_while_a_code_or_a_passkey_is_awaited_counts(
    choosing: App, put: Callable[[FakeUserPool], object], expected: Refusal
) -> None:
    browser = await with_passkey(choosing)
    code, passkey = await begin(choosing, preferred="EMAIL_OTP"), await begin(choosing, preferred="WEB_AUTHN")
    proof = browser.get_json(passkey["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    put(choosing.pool)

    assert await refusal(choosing.answer(code, choosing.mailed(Purpose.EMAIL_OTP))) == expected
    assert await refusal(choosing.answer(passkey, proof)) == expected


# --- Passkeys --------------------------------------------------------------------------------------------------------


async def test_a_preferred_passkey_signs_in(choosing: App) -> None:
    browser = await with_passkey(choosing)
    reply = await begin(choosing, preferred="WEB_AUTHN")

    assert reply["ChallengeName"] == "WEB_AUTHN"
    assert set(reply["AvailableChallenges"]) == EVERYTHING
    options = json.loads(reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    assert (options["rpId"], options["timeout"], options["userVerification"]) == (RP_ID, 180_000, "preferred")
    assert len(options["allowCredentials"]) == 1
    assert tokens_of(await choosing.answer(reply, json.dumps(browser.get(options))))


async def test_a_chosen_passkey_signs_in_and_each_challenge_is_new(choosing: App) -> None:
    browser = await with_passkey(choosing)
    challenges = [await choose(choosing, await begin(choosing), "WEB_AUTHN") for _ in range(2)]
    options = [reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"] for reply in challenges]
    assert options[0] != options[1]

    swapped = choosing.answer(challenges[0], browser.get_json(options[1]))
    assert await refusal(swapped) == WRONG_CREDENTIALS
    assert tokens_of(await choosing.answer(challenges[1], browser.get_json(options[1])))


async def test_a_wrong_assertion_ends_the_attempt(choosing: App) -> None:
    browser = await with_passkey(choosing)
    reply = await begin(choosing, preferred="WEB_AUTHN")
    options = reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]

    assert await refusal(choosing.answer(reply, browser.get_json(options, signature=b"forged"))) == WRONG_CREDENTIALS
    assert await refusal(choosing.answer(reply, browser.get_json(options))) == SESSION_SPENT


async def test_the_passkey_of_another_user_signs_nobody_in(choosing: App) -> None:
    browser = await with_passkey(choosing, BOB)
    await with_passkey(choosing, ALICE)
    reply = await begin(choosing, ALICE, "WEB_AUTHN")
    options = json.loads(reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])

    forged = json.dumps(browser.get(options, credential=browser.credentials[0]))
    assert (await refusal(choosing.answer(reply, forged)))[0] == "NotAuthorizedException"


async def test_who_waits_for_a_passkey_may_choose_something_else(choosing: App) -> None:
    browser = await with_passkey(choosing)
    reply = await begin(choosing, preferred="WEB_AUTHN")
    options = reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    code = await choose(choosing, reply, "EMAIL_OTP")

    assert await refusal(choosing.answer(reply, browser.get_json(options))) == SESSION_SPENT
    assert tokens_of(await choosing.answer(code, choosing.mailed(Purpose.EMAIL_OTP)))


async def test_a_passkey_without_a_challenge_is_no_answer_to_a_choice(choosing: App) -> None:
    browser = await with_passkey(choosing)
    options = (await begin(choosing, preferred="WEB_AUTHN"))["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    reply = await begin(choosing)

    early = choosing.respond("WEB_AUTHN", ALICE, reply["Session"], CREDENTIAL=browser.get_json(options))
    assert await refusal(early) == SESSION_INVALID


async def test_a_passkey_that_counts_for_both_factors_is_offered_and_enough(choosing: App) -> None:
    choosing.pool.settings.web_authn = BOTH_IN_ONE
    browser = await with_passkey(choosing)
    user = choosing.pool.user(ALICE)
    user.mfa_factors.add(MfaFactor.SMS_MFA)
    assert choices(await begin(choosing)) == PASSWORDS, "she has not switched it on"

    user.has_passkey_mfa = True
    assert choices(await begin(choosing)) == {*PASSWORDS, "WEB_AUTHN"}
    reply = await begin(choosing, preferred="WEB_AUTHN")
    options = reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    assert json.loads(options)["userVerification"] == "required"
    assert tokens_of(await choosing.answer(reply, browser.get_json(options)))
    assert not len(choosing.pool.outbox)


async def test_a_passkey_that_does_not_verify_its_user_counts_for_nothing_there(choosing: App) -> None:
    choosing.pool.settings.web_authn = BOTH_IN_ONE
    browser = await with_passkey(choosing)
    user = choosing.pool.user(ALICE)
    user.mfa_factors.add(MfaFactor.SMS_MFA)
    user.has_passkey_mfa = True
    reply = await begin(choosing, preferred="WEB_AUTHN")
    browser.verifies_user = False

    options = reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    assert await refusal(choosing.answer(reply, browser.get_json(options))) == WRONG_CREDENTIALS


async def test_a_passkey_that_counts_for_one_is_followed_by_the_second_factor(choosing: App) -> None:
    browser = await with_passkey(choosing)
    reply = await begin(choosing, preferred="WEB_AUTHN")
    choosing.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)

    options = reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    assert (await choosing.answer(reply, browser.get_json(options)))["ChallengeName"] == "SMS_MFA"


async def test_a_pool_that_takes_no_passkeys_any_more_takes_none(choosing: App) -> None:
    browser = await with_passkey(choosing)
    reply = await begin(choosing, preferred="WEB_AUTHN")
    choosing.pool.settings.web_authn = None

    options = reply["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    assert await refusal(choosing.answer(reply, browser.get_json(options))) == WRONG_CREDENTIALS
    assert "WEB_AUTHN" not in choices(await begin(choosing))


# --- Somebody who does not exist -------------------------------------------------------------------------------------


async def test_a_client_that_is_told_of_strangers_is_told(choosing: App) -> None:
    for preferred in (None, "EMAIL_OTP", "WEB_AUTHN"):
        assert await refusal(begin(choosing, STRANGER, preferred)) == NO_SUCH_USER


@pytest.fixture
def discreet(choosing: App) -> App:
    return choosing.discreet()


async def test_a_stranger_chooses_among_passwords_and_none_is_right(discreet: App, keys: srp.KeyPair) -> None:
    for preferred in (None, "SMS_OTP", "WEB_AUTHN"):
        assert choices(await begin(discreet, STRANGER, preferred)) == PASSWORDS
    reply = await begin(discreet, STRANGER)
    assert reply.keys() == (await begin(discreet, BOB)).keys()
    assert await refusal(choose(discreet, reply, "PASSWORD", STRANGER, PASSWORD=PASSWORD)) == WRONG_CREDENTIALS

    given = {"SRP_A": keys.public.reveal()}
    chosen = await choose(discreet, await begin(discreet, STRANGER), "PASSWORD_SRP", STRANGER, **given)
    again = await begin(discreet, STRANGER, "PASSWORD_SRP", **given)
    for name in ("SALT", "USER_ID_FOR_SRP"):
        assert chosen["ChallengeParameters"][name] == again["ChallengeParameters"][name]
    assert await refusal(discreet.prove(offer_of(again, keys, STRANGER))) == WRONG_CREDENTIALS
    bad = await refusal(begin(discreet, STRANGER, "PASSWORD", PASSWORD=PASSWORD))
    assert bad == WRONG_CREDENTIALS


@pytest.mark.parametrize("name", ["who@nowhere.example", STRANGER])
async def test_a_stranger_is_challenged_for_a_code_that_was_never_sent(discreet: App, name: str) -> None:
    replies = [await begin(discreet, name, "EMAIL_OTP") for _ in range(2)]

    assert len({reply["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] for reply in replies}) == 1
    known = await begin(discreet, ALICE, "EMAIL_OTP")
    assert replies[0].keys() == known.keys()
    assert replies[0]["ChallengeParameters"].keys() == known["ChallengeParameters"].keys()
    assert {message.username for message in discreet.pool.outbox} == {ALICE}
    for code in ("12345678", discreet.mailed(Purpose.EMAIL_OTP)):
        assert await refusal(discreet.answer(replies[0], code, name)) == SMS_CODE_WRONG


async def test_where_an_address_was_typed_it_is_the_one_that_is_shown(discreet: App) -> None:
    reply = await begin(discreet, "who@nowhere.example", "EMAIL_OTP")

    assert reply["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "w***@n***"


async def test_no_code_that_a_pool_could_have_drawn_signs_a_stranger_in(
    choosing: App, monkeypatch: pytest.MonkeyPatch
) -> None:

    def draw(entropy: Entropy, digits: int) -> Secret:
        return Secret("12345678")

    monkeypatch.setattr(choice, "make_code", draw)
    discreet = choosing.discreet()
    reply = await begin(discreet, STRANGER, "EMAIL_OTP")

    assert await refusal(discreet.answer(reply, "12345678", STRANGER)) == SMS_CODE_WRONG


async def test_an_imported_user_is_masked_until_the_password_is_reset(choosing: App) -> None:
    user = choosing.pool.user(ALICE)
    user.status, user.is_imported = UserStatus.RESET_REQUIRED, True
    reset = ("PasswordResetRequiredException", "Password reset required for the user")
    discreet = choosing.discreet()

    for app, expected in ((choosing, reset), (discreet, WRONG_CREDENTIALS)):
        assert await refusal(app.by_password()) == expected
        assert await refusal(app.by_srp()) == expected
        assert await refusal(begin(app)) == expected
    user.is_imported = False
    assert await refusal(discreet.by_password()) == reset


# --- From a sign-up --------------------------------------------------------------------------------------------------


async def confirmed(app: App, username: str = "carol") -> str:
    """Sign somebody up and confirm it; return the session that this hands over."""
    await app.sign_up(username, email=f"{username}@example.com")
    reply = await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP, username), username)
    return str(reply["Session"])


async def hand_over(app: App, session: str, username: str = "carol", **parameters: str) -> Reply:
    sent = {"USERNAME": username, **app.secret_hash(username), **parameters}
    return await app.call(
        "InitiateAuth", AuthFlow="USER_AUTH", ClientId=app.client.client_id, AuthParameters=sent, Session=session
    )


@pytest.mark.parametrize("preferred", [{}, {"PREFERRED_CHALLENGE": "EMAIL_OTP"}, {"PREFERRED_CHALLENGE": "SMS_OTP"}])
async def test_the_code_that_confirmed_a_sign_up_signs_in_once(choosing: App, preferred: Mapping[str, str]) -> None:
    session = await confirmed(choosing)

    assert tokens_of(await hand_over(choosing, session, **preferred))
    assert (await refusal(hand_over(choosing, session, **preferred)))[0] == "NotAuthorizedException"


async def test_a_hand_over_is_for_the_first_sign_in_only(choosing: App) -> None:
    session = await confirmed(choosing)
    tokens_of(await choosing.by_password("carol"))

    assert await refusal(hand_over(choosing, session)) == SESSION_INVALID


async def test_a_hand_over_is_for_its_user_and_its_client_and_its_time(choosing: App, clock: VirtualClock) -> None:
    session = await confirmed(choosing)
    await confirmed(choosing, "dave")

    assert await refusal(hand_over(choosing, session, "dave")) == SESSION_INVALID
    assert await refusal(hand_over(choosing.beside(), session)) == SESSION_INVALID
    assert await refusal(hand_over(choosing, "x" * 30)) == SESSION_INVALID
    clock.move(3 * MINUTE)
    assert await refusal(hand_over(choosing, session)) == SESSION_EXPIRED


async def test_a_sign_up_that_is_not_confirmed_hands_nothing_over(choosing: App) -> None:
    session = str((await choosing.sign_up("carol", email="carol@example.com"))["Session"])
    assert await refusal(hand_over(choosing, session)) == UNCONFIRMED

    choosing.pool.user("carol").status = UserStatus.CONFIRMED
    assert await refusal(hand_over(choosing, session)) == SESSION_INVALID, "no code was proved for this one"


async def test_a_hand_over_is_followed_by_the_second_factor_that_the_pool_demands(choosing: App) -> None:
    session = await confirmed(choosing)
    choosing.pool.settings.mfa = MfaConfiguration.ON

    assert (await hand_over(choosing, session))["ChallengeName"] == "EMAIL_OTP"


async def test_with_another_preference_the_session_is_not_looked_at(choosing: App) -> None:
    session = await confirmed(choosing)
    reply = await hand_over(choosing, session, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)

    assert tokens_of(reply)


async def test_a_session_that_is_no_hand_over_tells_nothing_of_who_exists(discreet: App) -> None:
    async def with_session(username: str) -> Refusal:
        return await refusal(
            discreet.call(
                "InitiateAuth",
                AuthFlow="USER_AUTH",
                ClientId=discreet.client.client_id,
                AuthParameters={"USERNAME": username},
                Session="x" * 40,
            )
        )

    assert await with_session(ALICE) == await with_session(STRANGER) == SESSION_INVALID


async def test_a_proof_comes_with_the_secret_block_of_its_own_attempt(choosing: App, keys: srp.KeyPair) -> None:
    challenge = await choosing.initiate(
        "USER_AUTH", ALICE, PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=keys.public.reveal()
    )
    proof = choosing.proof(Offer(ALICE, keys, challenge))
    for block in ("b3RoZXI=", challenge["Session"]):
        swapped = {**proof, "PASSWORD_CLAIM_SECRET_BLOCK": block}
        sent = choosing.respond("PASSWORD_VERIFIER", ALICE, challenge["Session"], **swapped)
        assert await refusal(sent) == SESSION_INVALID

    assert tokens_of(await choosing.respond("PASSWORD_VERIFIER", ALICE, challenge["Session"], **proof))


@pytest.mark.parametrize("factor", ["EMAIL_OTP", "SMS_OTP"])
async def test_a_code_to_an_older_address_neither_signs_in_nor_verifies_the_new_one(choosing: App, factor: str) -> None:
    challenge = await choosing.initiate("USER_AUTH", ALICE, PREFERRED_CHALLENGE=factor)
    code = choosing.mailed(Purpose[factor])
    name, other = ("email", "other@example.com") if factor == "EMAIL_OTP" else ("phone_number", "+15550009999")
    access_token = (await choosing.tokens())["AccessToken"]
    await choosing.call(
        "UpdateUserAttributes", AccessToken=access_token, UserAttributes=[{"Name": name, "Value": other}]
    )

    assert await refusal(choosing.answer(challenge, code)) == SMS_CODE_WRONG
    assert choosing.pool.user(ALICE).attributes[f"{name}_verified"] == "false"


@pytest.mark.parametrize("factor", ["EMAIL_OTP", "SMS_OTP"])
async def test_a_code_to_an_address_that_is_verified_for_another_by_now_does_not_sign_in(
    choosing: App, factor: str
) -> None:
    """Whoever takes an address over as an alias leaves it unverified with whom it was."""
    challenge = await choosing.initiate("USER_AUTH", ALICE, PREFERRED_CHALLENGE=factor)
    flag = "email_verified" if factor == "EMAIL_OTP" else "phone_number_verified"
    choosing.pool.user(ALICE).attributes[flag] = "false"

    assert await refusal(choosing.answer(challenge, choosing.mailed(Purpose[factor]))) == SMS_CODE_WRONG
