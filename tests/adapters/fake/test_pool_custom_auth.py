"""Custom authentication: what the triggers are told, what becomes of their answers, and who has the last word."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeAlias

import anyio
import attrs
import pytest

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import (
    DeviceConfiguration,
    FakeUserPool,
    MfaConfiguration,
    MfaFactor,
    Purpose,
    UserStatus,
)
from authsteps.adapters.lambda_triggers import (
    CREATE_AUTH_CHALLENGE,
    DEFINE_AUTH_CHALLENGE,
    VERIFY_AUTH_CHALLENGE_RESPONSE,
    ChallengeResult,
    CreateAuthChallengeAnswer,
    DefineAuthChallengeAnswer,
    FunctionRaisedError,
    FunctionUnavailableError,
    Kind,
    Trigger,
    TriggerEvent,
    Triggers,
    UnrecognizableOutputError,
    VerifyAuthChallengeResponseAnswer,
    from_wire,
    to_wire,
)
from authsteps.adapters.lambda_triggers import CreateAuthChallengeRequest as CreateRequest
from authsteps.adapters.lambda_triggers import DefineAuthChallengeRequest as DefineRequest
from authsteps.adapters.lambda_triggers import VerifyAuthChallengeResponseRequest as VerifyRequest
from authsteps.flows import srp
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    BOB,
    EMAIL,
    MINUTE,
    NEW_PASSWORD,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    SESSION_EXPIRED,
    SESSION_INVALID,
    SESSION_SPENT,
    SRP,
    STRANGER,
    TROUBLES,
    WRONG_CREDENTIALS,
    App,
    Offer,
    Refusal,
    Reply,
    missing,
    refusal,
    tokens_of,
)
from tests.conftest import VirtualClock

ALLOW = DefineAuthChallengeAnswer(issue_tokens=True)
FAIL = DefineAuthChallengeAnswer(fail_authentication=True)
ASK = DefineAuthChallengeAnswer(challenge_name="CUSTOM_CHALLENGE")
PROVE = DefineAuthChallengeAnswer(challenge_name="PASSWORD_VERIFIER")
UNREADABLE = ("InvalidLambdaResponseException", "Unrecognizable lambda output")
NOT_CONFIGURED = (
    "InvalidUserPoolConfigurationException",
    "Custom auth lambda trigger is not configured for the user pool.",
)

DEFINE, CREATE = Trigger.DEFINE_AUTH_CHALLENGE, Trigger.CREATE_AUTH_CHALLENGE
VERIFY = Trigger.VERIFY_AUTH_CHALLENGE_RESPONSE
KINDS: Mapping[Trigger, Kind[Any, Any]] = {
    DEFINE: DEFINE_AUTH_CHALLENGE,
    CREATE: CREATE_AUTH_CHALLENGE,
    VERIFY: VERIFY_AUTH_CHALLENGE_RESPONSE,
}

Policy: TypeAlias = Callable[[DefineRequest], DefineAuthChallengeAnswer]


def until_right(request: DefineRequest) -> DefineAuthChallengeAnswer:
    """Ask until an answer is right, three times at most."""
    if (
        request.session
        and request.session[-1].challenge_result
        and request.session[-1].challenge_name == "CUSTOM_CHALLENGE"
    ):
        return ALLOW
    return FAIL if len(request.session) >= 3 else ASK


@attrs.define(slots=False)
class Word:
    """Triggers that ask for a word and write down what they are told. What they do can be replaced."""

    policy: Policy = until_right
    word: str = "please"
    public: Mapping[str, str] = attrs.field(factory=lambda: {"hint": "magic"})
    metadata: str | None = None
    events: list[TriggerEvent[Any, Any]] = attrs.field(factory=list[Any])
    raises: Mapping[Trigger, Exception] = attrs.field(factory=dict[Trigger, Exception])
    gives: Mapping[Trigger, Any] = attrs.field(factory=dict[Trigger, Any])

    async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
        await anyio.lowlevel.checkpoint()
        read: TriggerEvent[Any, Any] = from_wire(KINDS[trigger], dict(event))
        self.events.append(read)
        if trigger in self.raises:
            raise self.raises[trigger]
        if trigger in self.gives:
            return {**event, "response": self.gives[trigger]}
        return to_wire(attrs.evolve(read, response=self._answer(read.request)))

    def _answer(self, request: object) -> attrs.AttrsInstance:
        match request:
            case DefineRequest():
                return self.policy(request)
            case CreateRequest():
                return CreateAuthChallengeAnswer(
                    public_challenge_parameters=self.public,
                    private_challenge_parameters={"word": self.word},
                    challenge_metadata=self.metadata,
                )
            case VerifyRequest():
                is_right = request.challenge_answer.reveal() == request.private_challenge_parameters["word"]
                return VerifyAuthChallengeResponseAnswer(answer_correct=is_right)
            case _:
                raise TypeError(type(request))

    @property
    def told(self) -> list[Any]:
        return [event.request for event in self.events]

    def kinds(self) -> list[str]:
        return [event.kind.trigger.name.partition("_")[0].title() for event in self.events]


def raised(trigger: Trigger, text: str) -> dict[Trigger, Exception]:
    return {trigger: FunctionRaisedError(trigger, text)}


@pytest.fixture
def triggers() -> Word:
    return Word()


@pytest.fixture
def pool(make_pool: MakePool, triggers: Word) -> FakeUserPool:
    pool = make_pool(triggers=Triggers(dict.fromkeys(KINDS, triggers)))
    attributes = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE}
    for username in (ALICE, BOB):
        pool.add_user(username, PASSWORD, attributes=attributes)
    return pool


@pytest.fixture
def app(pool: FakeUserPool, clock: VirtualClock) -> App:
    return App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))


async def begin(app: App, username: str = ALICE, **parameters: str) -> Reply:
    return await app.initiate("CUSTOM_AUTH", username, **parameters)


KEYS = srp.key_pair(bytes(range(3, 35)), SRP)


async def begin_with_proof(app: App, username: str = ALICE, key: str = "CHALLENGE_NAME") -> Offer:
    return Offer(username, KEYS, await begin(app, username, **{key: "SRP_A"}, SRP_A=KEYS.public.reveal()))


async def prove(app: App, offer: Offer, password: str = PASSWORD) -> Reply:
    proof = app.proof(offer, password)
    return await app.respond("PASSWORD_VERIFIER", ALICE, offer.challenge["Session"], **proof)


# --- The round of the three triggers ---------------------------------------------------------------------------------


async def test_a_challenge_is_defined_created_verified_and_defined_again(app: App, triggers: Word) -> None:
    challenge = await begin(app)
    assert challenge.keys() == {"ChallengeName", "ChallengeParameters", "Session"}
    assert challenge["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert challenge["ChallengeParameters"] == {"hint": "magic", "USERNAME": ALICE}

    again = await app.answer(challenge, "now")
    assert again["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert again["Session"] != challenge["Session"]
    assert await refusal(app.answer(challenge, "please")) == SESSION_SPENT
    assert tokens_of(await app.answer(again, "please"))
    assert triggers.kinds() == ["Define", "Create", "Verify", "Define", "Create", "Verify", "Define"]


async def test_the_session_of_a_sign_in_that_has_failed_is_none_any_more(app: App) -> None:
    challenge = await begin(app)
    for _ in range(2):
        challenge = await app.answer(challenge, "now")
    assert await refusal(app.answer(challenge, "now")) == WRONG_CREDENTIALS
    assert await refusal(app.answer(challenge, "please")) == SESSION_INVALID
    assert tokens_of(await app.answer(await begin(app), "please"))


async def test_the_same_goes_for_one_that_fails_when_the_password_or_a_code_was_right(app: App, triggers: Word) -> None:
    triggers.policy = lambda request: FAIL if request.session[-1].challenge_name != "SRP_A" else PROVE
    offer = await begin_with_proof(app)
    assert await refusal(prove(app, offer)) == WRONG_CREDENTIALS
    assert await refusal(prove(app, offer)) == SESSION_INVALID

    app.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    sms = await prove(app, await begin_with_proof(app))
    assert await refusal(app.answer(sms, app.mailed(Purpose.SMS_MFA))) == WRONG_CREDENTIALS
    assert await refusal(app.answer(sms, app.mailed(Purpose.SMS_MFA))) == SESSION_INVALID


async def test_the_triggers_are_told_what_is_behind_the_user(app: App, triggers: Word) -> None:
    triggers.metadata = "a note"
    tokens_of(await app.answer(await app.answer(await begin(app), "now"), "please"))

    wrong = ChallengeResult("CUSTOM_CHALLENGE", challenge_result=False, challenge_metadata="a note")
    right = ChallengeResult("CUSTOM_CHALLENGE", challenge_result=True, challenge_metadata="a note")
    assert [request.session for request in triggers.told if isinstance(request, DefineRequest)] == [
        (),
        (wrong,),
        (wrong, right),
    ]
    assert [request.session for request in triggers.told if isinstance(request, CreateRequest)] == [(), (wrong,)]
    assert {request.challenge_name for request in triggers.told if isinstance(request, CreateRequest)} == {
        "CUSTOM_CHALLENGE"
    }


async def test_the_triggers_are_told_who_it_is(app: App, triggers: Word) -> None:
    await app.answer(await begin(app, app.pool.user(ALICE).sub), "please")

    for event in triggers.events:
        assert (event.user_name, event.caller.client_id) == (ALICE, app.client.client_id)
        assert event.request.user_not_found is None, "where the client is told itself"
        assert event.request.user_attributes == {
            "sub": app.pool.user(ALICE).sub,
            "cognito:user_status": "CONFIRMED",
            "email": EMAIL,
            "email_verified": "true",
            "phone_number": PHONE,
        }


@pytest.mark.parametrize(
    ("given", "alias"), [("email", "cognito:email_alias"), ("phone_number", "cognito:phone_number_alias")]
)
async def test_they_are_told_of_aliases(
    make_pool: MakePool, clock: VirtualClock, triggers: Word, given: str, alias: str
) -> None:
    pool = make_pool(
        triggers=Triggers(dict.fromkeys(KINDS, triggers)), alias_attributes=frozenset({"email", "phone_number"})
    )
    value = {"email": EMAIL, "phone_number": PHONE}[given]
    pool.add_user(ALICE, PASSWORD, attributes={given: value, f"{given}_verified": "true"})
    app = App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))
    await begin(app, value)

    assert triggers.events[0].user_name == ALICE
    told = triggers.told[0].user_attributes
    assert {name: told[name] for name in told if name.endswith("_alias")} == {alias: value}


async def test_only_the_metadata_of_the_present_call_is_shown_and_none_when_a_sign_in_begins(
    app: App, triggers: Word
) -> None:
    begun = await app.call(
        "InitiateAuth",
        AuthFlow="CUSTOM_AUTH",
        ClientId=app.client.client_id,
        AuthParameters={"USERNAME": ALICE},
        ClientMetadata={"step": "0"},
    )
    session: str = begun["Session"]
    for answer, metadata in (("now", {"step": "1"}), ("at once", None), ("please", {"step": "3"})):
        with_metadata: dict[str, Json] = {} if metadata is None else {"ClientMetadata": metadata}
        reply = await app.call(
            "RespondToAuthChallenge",
            ClientId=app.client.client_id,
            ChallengeName="CUSTOM_CHALLENGE",
            Session=session,
            ChallengeResponses={"USERNAME": ALICE, "ANSWER": answer},
            **with_metadata,
        )
        session = reply.get("Session", "")

    shown = [request.client_metadata for request in triggers.told]
    assert shown == [None, None, *([{"step": "1"}] * 3), *([None] * 3), *([{"step": "3"}] * 2)]


async def test_no_secret_shows_in_what_the_triggers_are_told(app: App, triggers: Word) -> None:
    await app.answer(await begin(app), "please")

    assert all(secret not in repr(triggers.told) for secret in ("please", EMAIL, PHONE))
    assert "please" not in repr(
        CreateAuthChallengeAnswer(private_challenge_parameters={"word": "please"}, challenge_metadata="please")
    )


async def test_users_do_not_get_each_others_challenges(app: App) -> None:
    of_alice, of_bob = await begin(app, ALICE), await begin(app, BOB)

    assert await refusal(app.answer(of_alice, "please", BOB)) == SESSION_INVALID
    assert await refusal(app.beside().answer(of_alice, "please")) == SESSION_INVALID
    assert tokens_of(await app.answer(of_alice, "please", ALICE))
    assert tokens_of(await app.answer(of_bob, "please", BOB))


async def test_a_challenge_waits_three_minutes_each_time(app: App, clock: VirtualClock) -> None:
    challenge = await begin(app)
    clock.move(3 * MINUTE - MINUTE)
    challenge = await app.answer(challenge, "now")
    clock.move(3 * MINUTE - MINUTE)
    challenge = await app.answer(challenge, "now")
    clock.move(3 * MINUTE)

    assert await refusal(app.answer(challenge, "please")) == SESSION_EXPIRED


async def test_an_answer_must_be_there(app: App) -> None:
    challenge = await begin(app)

    assert await refusal(app.answer(challenge, "")) == missing("ANSWER")
    assert tokens_of(await app.answer(challenge, "please"))


# --- What DefineAuthChallenge can answer -----------------------------------------------------------------------------

DEFINED: Mapping[str, tuple[DefineAuthChallengeAnswer, Refusal | None]] = {
    "tokens": (ALLOW, None),
    "failure": (FAIL, WRONG_CREDENTIALS),
    "nothing": (DefineAuthChallengeAnswer(), WRONG_CREDENTIALS),
    "failure and tokens": (DefineAuthChallengeAnswer(issue_tokens=True, fail_authentication=True), WRONG_CREDENTIALS),
    "failure and a challenge": (
        DefineAuthChallengeAnswer(challenge_name="CUSTOM_CHALLENGE", fail_authentication=True),
        WRONG_CREDENTIALS,
    ),
    "tokens and a challenge": (DefineAuthChallengeAnswer(challenge_name="CUSTOM_CHALLENGE", issue_tokens=True), None),
    "a challenge of that name is none": (DefineAuthChallengeAnswer(challenge_name="RIDDLE"), UNREADABLE),
    "an empty name": (DefineAuthChallengeAnswer(challenge_name=""), UNREADABLE),
    "a proof that was not offered": (PROVE, UNREADABLE),
    "a device": (DefineAuthChallengeAnswer(challenge_name="DEVICE_SRP_AUTH"), UNREADABLE),
    "a new password": (DefineAuthChallengeAnswer(challenge_name="NEW_PASSWORD_REQUIRED"), UNREADABLE),
}


@pytest.mark.parametrize(("answer", "expected"), DEFINED.values(), ids=[*DEFINED])
async def test_what_is_defined_first_decides_at_once(
    app: App, triggers: Word, answer: DefineAuthChallengeAnswer, expected: Refusal | None
) -> None:
    triggers.policy = lambda _: answer

    if expected is None:
        assert tokens_of(await begin(app))
    else:
        assert await refusal(begin(app)) == expected


async def test_a_failure_kills_the_attempt(app: App, triggers: Word) -> None:
    challenge = await begin(app)
    for _ in range(2):
        challenge = await app.answer(challenge, "now")
    assert await refusal(app.answer(challenge, "now")) == WRONG_CREDENTIALS

    assert (await refusal(app.answer(challenge, "please")))[0] == "NotAuthorizedException"


async def test_wrong_answers_lock_nobody_out(app: App, triggers: Word) -> None:
    triggers.policy = lambda request: ALLOW if request.session and request.session[-1].challenge_result else ASK
    challenge = await begin(app)
    for _ in range(20):
        challenge = await app.answer(challenge, "now")

    assert app.pool.user(ALICE).lockout.failures == 0
    assert tokens_of(await app.answer(challenge, "please"))
    assert tokens_of(await app.by_password())


# --- With a proof of the password ------------------------------------------------------------------------------------


def proof_first(request: DefineRequest) -> DefineAuthChallengeAnswer:
    """Want a proof of the password, then a word."""
    passed = [entry.challenge_name for entry in request.session if entry.challenge_result]
    if passed[-1:] == ["SRP_A"]:
        return PROVE
    return ALLOW if "CUSTOM_CHALLENGE" in passed else ASK


@pytest.mark.parametrize("key", ["CHALLENGE_NAME", "ChallengeName"])
async def test_a_proof_comes_before_the_challenges_if_the_trigger_wants_it(app: App, triggers: Word, key: str) -> None:
    triggers.policy = proof_first
    offer = await begin_with_proof(app, key=key)
    assert offer.challenge["ChallengeName"] == "PASSWORD_VERIFIER"
    assert offer.challenge["Session"]
    challenge = await prove(app, offer)
    assert challenge["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert tokens_of(await app.answer(challenge, "please"))

    defined = [request.session for request in triggers.told if isinstance(request, DefineRequest)]
    srp_a = ChallengeResult("SRP_A", challenge_result=True)
    proved = ChallengeResult("PASSWORD_VERIFIER", challenge_result=True)
    assert defined[:2] == [(srp_a,), (srp_a, proved)]


async def test_a_wrong_proof_ends_the_attempt_unseen_by_the_triggers_and_counts(app: App, triggers: Word) -> None:
    triggers.policy = proof_first
    offer = await begin_with_proof(app)
    asked = len(triggers.told)

    assert await refusal(prove(app, offer, "Incorrect-horse-7")) == WRONG_CREDENTIALS
    assert len(triggers.told) == asked
    assert await refusal(prove(app, offer)) == SESSION_SPENT
    assert app.pool.user(ALICE).lockout.failures == 1


async def test_a_proof_may_come_back_without_its_session(app: App, triggers: Word) -> None:
    triggers.policy = proof_first
    offer = await begin_with_proof(app)

    assert (await app.send_proof(offer, app.proof(offer)))["ChallengeName"] == "CUSTOM_CHALLENGE"


async def test_an_offer_is_taken_once(app: App, triggers: Word) -> None:
    triggers.policy = lambda _: PROVE
    offer = await begin_with_proof(app)

    assert await refusal(prove(app, offer)) == UNREADABLE


async def test_an_offer_must_come_with_its_key(app: App) -> None:
    assert await refusal(begin(app, CHALLENGE_NAME="SRP_A")) == missing("SRP_A")
    assert (await begin(app, CHALLENGE_NAME="CUSTOM_CHALLENGE"))["ChallengeName"] == "CUSTOM_CHALLENGE"


async def test_a_temporary_password_is_no_matter_here(app: App, triggers: Word) -> None:
    app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    triggers.policy = proof_first

    challenge = await prove(app, await begin_with_proof(app))
    assert tokens_of(await app.answer(challenge, "please"))
    assert triggers.told[0].user_attributes["cognito:user_status"] == "FORCE_CHANGE_PASSWORD"


RENEW = DefineAuthChallengeAnswer(challenge_name="NEW_PASSWORD_REQUIRED")


def proof_and_new_password(request: DefineRequest) -> DefineAuthChallengeAnswer:
    """Want a proof of the password and then another one."""
    names = [entry.challenge_name for entry in request.session]
    if names[-1:] == ["SRP_A"]:
        return PROVE
    return ALLOW if names[-1:] == ["NEW_PASSWORD_REQUIRED"] else RENEW


async def test_a_trigger_can_have_a_temporary_password_changed_that_was_proved(app: App, triggers: Word) -> None:
    app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    triggers.policy = proof_and_new_password
    challenge = await prove(app, await begin_with_proof(app))
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    assert (await refusal(app.answer(challenge, "short")))[0] == "InvalidPasswordException"
    assert tokens_of(await app.answer(challenge, NEW_PASSWORD))

    assert app.pool.user(ALICE).status is UserStatus.CONFIRMED
    assert tokens_of(await app.by_password(ALICE, NEW_PASSWORD))
    assert [entry.challenge_name for entry in triggers.told[-1].session] == [
        "SRP_A",
        "PASSWORD_VERIFIER",
        "NEW_PASSWORD_REQUIRED",
    ]


async def test_nobody_sets_a_password_who_has_not_proved_the_temporary_one(app: App, triggers: Word) -> None:
    triggers.policy = lambda _: RENEW
    app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    assert await refusal(begin(app)) == UNREADABLE
    assert (await refusal(begin_with_proof(app))) == UNREADABLE


async def test_a_permanent_password_is_not_changed_on_the_way(app: App, triggers: Word) -> None:
    triggers.policy = proof_and_new_password

    assert await refusal(prove(app, await begin_with_proof(app))) == UNREADABLE


# --- With second factors and devices ---------------------------------------------------------------------------------


async def test_a_second_factor_follows_when_the_triggers_are_content(app: App, triggers: Word) -> None:
    app.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    sms = await app.answer(await begin(app), "please")

    assert sms["ChallengeName"] == "SMS_MFA"
    asked = len(triggers.told)
    assert tokens_of(await app.answer(sms, app.mailed(Purpose.SMS_MFA)))
    assert len(triggers.told) == asked, "they had their say"


async def test_it_follows_a_proof_at_once_and_is_told_and_not_asked_for_again(app: App, triggers: Word) -> None:
    app.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    triggers.policy = proof_first
    sms = await prove(app, await begin_with_proof(app))
    assert sms["ChallengeName"] == "SMS_MFA"
    challenge = await app.answer(sms, app.mailed(Purpose.SMS_MFA))
    assert challenge["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert tokens_of(await app.answer(challenge, "please"))

    last = triggers.told[-1]
    assert isinstance(last, DefineRequest)
    assert [entry.challenge_name for entry in last.session] == [
        "SRP_A",
        "PASSWORD_VERIFIER",
        "SMS_MFA",
        "CUSTOM_CHALLENGE",
    ]


async def test_one_is_set_up_at_the_end_where_the_pool_demands_it(app: App) -> None:
    app.pool.settings.mfa = MfaConfiguration.ON
    app.pool.settings.mfa_factors = frozenset({MfaFactor.SOFTWARE_TOKEN_MFA})

    assert (await app.answer(await begin(app), "please"))["ChallengeName"] == "MFA_SETUP"


@pytest.mark.parametrize("factor", [MfaFactor.SMS_MFA, MfaFactor.EMAIL_OTP])
async def test_a_trigger_can_ask_for_a_code_itself(app: App, triggers: Word, factor: MfaFactor) -> None:
    triggers.policy = lambda request: (
        ALLOW if request.session else DefineAuthChallengeAnswer(challenge_name=factor.value)
    )
    challenge = await begin(app)
    assert challenge["ChallengeName"] == factor.value

    purpose = {MfaFactor.SMS_MFA: Purpose.SMS_MFA, MfaFactor.EMAIL_OTP: Purpose.EMAIL_OTP}[factor]
    assert tokens_of(await app.answer(challenge, app.mailed(purpose)))
    last = triggers.told[-1]
    assert isinstance(last, DefineRequest)
    assert last.session == (ChallengeResult(factor.value, challenge_result=True),)


async def test_a_trigger_can_ask_for_the_code_of_an_app(app: App, triggers: Word) -> None:
    authenticator = await app.with_totp()
    triggers.policy = lambda request: (
        ALLOW if request.session else DefineAuthChallengeAnswer(challenge_name="SOFTWARE_TOKEN_MFA")
    )

    assert tokens_of(await app.answer(await begin(app), authenticator.code()))


async def test_a_remembered_device_proves_itself_at_the_end(app: App) -> None:
    app.pool.settings.devices = DeviceConfiguration()
    key = await app.confirm_device(await app.tokens())
    challenge = await begin(app, DEVICE_KEY=key)

    assert (await app.answer(challenge, "please"))["ChallengeName"] == "DEVICE_SRP_AUTH"


async def test_a_device_that_stands_in_does_so_at_the_end_and_not_midway(app: App, triggers: Word) -> None:
    app.pool.settings.devices = DeviceConfiguration(challenge_required_on_new_device=True)
    key = await app.confirm_device(await app.tokens())
    app.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    triggers.policy = proof_first
    begun = await begin(app, CHALLENGE_NAME="SRP_A", SRP_A=KEYS.public.reveal(), DEVICE_KEY=key)
    challenge = await prove(app, Offer(ALICE, KEYS, begun))

    assert challenge["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert (await app.answer(challenge, "please"))["ChallengeName"] == "DEVICE_SRP_AUTH"


# --- Who may try -----------------------------------------------------------------------------------------------------


async def test_a_pool_without_triggers_says_so(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool()
    pool.add_user(ALICE, PASSWORD)

    assert await refusal(begin(App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS)))) == NOT_CONFIGURED


@pytest.mark.parametrize(("put", "expected"), TROUBLES.values(), ids=[*TROUBLES])
async def test_the_state_of_the_account_is_told_before_any_trigger_is_asked(
    app: App, triggers: Word, put: Callable[[FakeUserPool], object], expected: Refusal
) -> None:
    put(app.pool)

    assert await refusal(begin(app)) == expected
    assert not triggers.told


async def test_who_was_locked_out_for_wrong_passwords_may_still_answer(app: App) -> None:
    for _ in range(6):
        await refusal(app.by_password(ALICE, "Incorrect-horse-7"))

    assert tokens_of(await app.answer(await begin(app), "please"))


async def test_a_stranger_is_refused_where_the_client_is_told(app: App, triggers: Word) -> None:
    assert await refusal(begin(app, STRANGER)) == NO_SUCH_USER
    assert not triggers.told


async def test_a_stranger_is_led_through_where_it_is_not_and_gets_no_tokens_whatever_the_triggers_say(
    app: App, triggers: Word
) -> None:
    discreet = app.discreet()
    challenge, known = await begin(discreet, STRANGER), await begin(discreet, ALICE)
    assert challenge.keys() == known.keys()
    assert challenge["ChallengeParameters"].keys() == known["ChallengeParameters"].keys()
    assert (
        challenge["ChallengeParameters"]["USERNAME"]
        == (await begin(discreet, STRANGER))["ChallengeParameters"]["USERNAME"]
    )

    assert await refusal(discreet.answer(challenge, "please", STRANGER)) == WRONG_CREDENTIALS
    strangers = [event for event in triggers.events if event.request.user_not_found]
    assert strangers
    assert {(event.user_name, len(event.request.user_attributes)) for event in strangers} == {(STRANGER, 0)}
    assert {event.request.user_not_found for event in triggers.events if event.user_name == ALICE} == {False}
    triggers.policy = lambda _: ALLOW
    assert await refusal(begin(discreet, STRANGER)) == WRONG_CREDENTIALS
    triggers.policy = lambda _: DefineAuthChallengeAnswer(challenge_name="SMS_MFA")
    assert await refusal(begin(discreet, STRANGER)) == WRONG_CREDENTIALS


async def test_a_strangers_proof_is_challenged_and_wrong(app: App, triggers: Word) -> None:
    triggers.policy = proof_first
    discreet = app.discreet()
    offer = await begin_with_proof(discreet, STRANGER)
    assert offer.challenge["ChallengeName"] == "PASSWORD_VERIFIER"

    proof = discreet.proof(offer)
    call = discreet.respond("PASSWORD_VERIFIER", STRANGER, offer.challenge["Session"], **proof)
    assert await refusal(call) == WRONG_CREDENTIALS


async def test_who_is_deleted_or_disabled_in_the_middle_gets_no_tokens(app: App) -> None:
    challenge = await begin(app)
    app.pool.delete_user(ALICE)
    assert await refusal(app.answer(challenge, "please")) == WRONG_CREDENTIALS

    challenge = await begin(app, BOB)
    app.pool.disable_user(BOB)
    assert await refusal(app.answer(challenge, "please", BOB)) == ("NotAuthorizedException", "User is disabled.")


# --- Triggers that fail ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        (DEFINE, "DefineAuthChallenge"),
        (CREATE, "CreateAuthChallenge"),
        (VERIFY, "VerifyAuthChallengeResponse"),
    ],
)
async def test_what_a_trigger_raises_is_told_and_the_answer_may_be_sent_again(
    app: App, triggers: Word, name: Trigger, prefix: str
) -> None:
    challenge = await begin(app)
    triggers.raises = raised(name, "'word'")
    expected = ("UserLambdaValidationException", f"{prefix} failed with error 'word'.")

    for _ in range(3):
        assert await refusal(app.answer(challenge, "now")) == expected
    triggers.raises = {}
    assert tokens_of(await app.answer(challenge, "please"))
    last = triggers.told[-1]
    assert isinstance(last, DefineRequest)
    assert len(last.session) == 1, "what failed left no trace"


@pytest.mark.parametrize("name", [DEFINE, CREATE])
async def test_a_trigger_that_fails_at_the_beginning_ends_the_attempt(app: App, triggers: Word, name: Trigger) -> None:
    triggers.raises = raised(name, "out of words")

    assert (await refusal(begin(app)))[0] == "UserLambdaValidationException"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (
            FunctionUnavailableError(VERIFY, "AccessDeniedException"),
            (
                "UnexpectedLambdaException",
                "VerifyAuthChallengeResponse invocation failed due to error AccessDeniedException.",
            ),
        ),
        (UnrecognizableOutputError(VERIFY, "no JSON"), UNREADABLE),
    ],
)
async def test_after_any_failure_of_a_trigger_the_answer_may_be_sent_again(
    app: App, triggers: Word, error: Exception, expected: Refusal
) -> None:
    challenge = await begin(app)
    triggers.raises = {VERIFY: error}
    assert await refusal(app.answer(challenge, "please")) == expected

    triggers.raises = {}
    assert tokens_of(await app.answer(challenge, "please"))


@pytest.mark.parametrize("missing_one", [DEFINE, CREATE, VERIFY])
async def test_a_trigger_that_is_needed_and_not_configured_is_told_when_it_is_needed(
    make_pool: MakePool, clock: VirtualClock, triggers: Word, missing_one: Trigger
) -> None:
    pool = make_pool(triggers=Triggers({one: triggers for one in KINDS if one is not missing_one}))
    pool.add_user(ALICE, PASSWORD)
    app = App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))

    call = app.answer(await begin(app), "please") if missing_one is VERIFY else begin(app)
    assert await refusal(call) == NOT_CONFIGURED
    triggers.policy = lambda _: ALLOW
    if missing_one is not DEFINE:
        assert tokens_of(await begin(app)), "what is not needed is not missed"


async def test_a_proof_that_was_right_when_a_trigger_failed_may_be_sent_again(app: App, triggers: Word) -> None:
    triggers.policy = proof_first
    offer = await begin_with_proof(app)
    triggers.raises = raised(DEFINE, "no")
    assert (await refusal(prove(app, offer)))[0] == "UserLambdaValidationException"

    triggers.raises = {}
    assert (await prove(app, offer))["ChallengeName"] == "CUSTOM_CHALLENGE"


async def test_a_trigger_that_fails_does_not_make_a_session_live_longer(
    app: App, triggers: Word, clock: VirtualClock
) -> None:
    challenge = await begin(app)
    triggers.raises = raised(VERIFY, "no")
    clock.move(2 * MINUTE)
    await refusal(app.answer(challenge, "please"))
    clock.move(MINUTE)

    assert await refusal(app.answer(challenge, "please")) == SESSION_EXPIRED


@pytest.mark.parametrize("said", [None, False])
async def test_an_answer_that_is_not_said_to_be_right_is_wrong(app: App, triggers: Word, said: object) -> None:
    challenge = await begin(app)
    triggers.gives = {VERIFY: {"answerCorrect": said}}

    assert (await app.answer(challenge, "please"))["ChallengeName"] == "CUSTOM_CHALLENGE"


async def test_an_answer_that_is_neither_right_nor_wrong_is_no_answer(app: App, triggers: Word) -> None:
    challenge = await begin(app)
    triggers.gives = {VERIFY: {"answerCorrect": "true"}}

    assert await refusal(app.answer(challenge, "please")) == UNREADABLE


async def test_of_two_answers_at_once_one_is_taken(app: App) -> None:
    challenge = await begin(app)
    outcomes: list[object] = []

    async def try_it(call: Awaitable[Reply]) -> None:
        try:
            outcomes.append(sorted(await call))
        except ServiceError as error:
            outcomes.append((error.code, error.message))

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(try_it, app.answer(challenge, "please"))

    assert outcomes.count(SESSION_SPENT) == 2
    assert len(outcomes) == 3


async def test_a_factor_that_a_trigger_asked_for_is_not_enough_where_another_is_demanded(
    app: App, triggers: Word
) -> None:
    triggers.policy = lambda request: ALLOW if request.session else DefineAuthChallengeAnswer(challenge_name="SMS_MFA")
    authenticator = await app.with_totp()
    challenge = await app.answer(await begin(app), app.mailed(Purpose.SMS_MFA))
    assert challenge["ChallengeName"] == "SOFTWARE_TOKEN_MFA"

    assert tokens_of(await app.answer(challenge, authenticator.code()))
