"""The triggers of a sign-in: which call fires which, what of its metadata reaches them, and what comes of a refusal."""

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import anyio
import attrs
import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import (
    Client,
    DeviceConfiguration,
    ExistenceErrors,
    FakeUserPool,
    FirstFactor,
    MfaFactor,
    Purpose,
    UserStatus,
    WebAuthnConfiguration,
)
from authsteps.adapters.fake.totp import SoftwareToken
from authsteps.adapters.lambda_triggers import (
    FunctionRaisedError,
    Trigger,
    Triggers,
)
from authsteps.flows import (
    AuthFlow,
    AuthService,
    srp,
    steps,
)
from tests.adapters.fake.authenticator import RP_ID, Browser
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.functions import FAILURES, Failure, Functions, asking_for, hang_up_at, in_no_time
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    BOB,
    DISABLED,
    EMAIL,
    LOCKED_OUT,
    NEW_PASSWORD,
    NO_SUCH_USER,
    PASSWORD,
    PHONE,
    RESET_REQUIRED,
    SESSION_INVALID,
    SESSION_SPENT,
    SRP,
    STRANGER,
    TROUBLES,
    WRONG_CREDENTIALS,
    App,
    Authenticator,
    Offer,
    Refusal,
    Reply,
    inside,
    refusal,
    tokens_of,
)
from tests.conftest import SeededEntropy, VirtualClock

T = Trigger
OF_SIGN_IN = (
    T.USER_MIGRATION,
    T.PRE_SIGN_UP,
    T.PRE_AUTHENTICATION,
    T.DEFINE_AUTH_CHALLENGE,
    T.CREATE_AUTH_CHALLENGE,
    T.VERIFY_AUTH_CHALLENGE_RESPONSE,
    T.POST_AUTHENTICATION,
    T.PRE_TOKEN_GENERATION,
)
KEYS = srp.key_pair(bytes(range(3, 35)), SRP)
LEGACY = "legacy-carol"
"""Somebody whom only UserMigration knows."""


def proof_first(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Want a proof of the password if one is offered, then a word."""
    passed = [entry["challengeName"] for entry in request["session"] if entry["challengeResult"]]
    if passed[-1:] == ["SRP_A"]:
        return {"challengeName": "PASSWORD_VERIFIER"}
    return {"issueTokens": True} if "CUSTOM_CHALLENGE" in passed else {"challengeName": "CUSTOM_CHALLENGE"}


@pytest.fixture
def functions() -> Functions:
    does = {**asking_for("please"), T.DEFINE_AUTH_CHALLENGE: proof_first}
    found = {"email": "carol@example.com", "email_verified": "true"}
    migrated = {"userAttributes": found, "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS"}
    return Functions({**does, T.USER_MIGRATION: lambda _: migrated})


@pytest.fixture
def pool(make_pool: MakePool, functions: Functions) -> FakeUserPool:
    pool = make_pool(triggers=functions.behind(*OF_SIGN_IN), first_factors=frozenset(FirstFactor))
    attributes = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE, "phone_number_verified": "true"}
    pool.add_user(ALICE, PASSWORD, attributes=attributes)
    return pool


@pytest.fixture
def app(pool: FakeUserPool, clock: VirtualClock) -> App:
    return App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))


# --- Which call fires what, and what of its metadata reaches it ------------------------------------------------------


@attrs.define
class Caller:
    """An app that sends other metadata along with each call."""

    app: App
    calls: int = 0

    def metadata(self) -> Mapping[str, Json]:
        self.calls += 1
        return {"call": str(self.calls)}

    async def initiate(
        self, flow: str, username: str = ALICE, *, session: str | None = None, **parameters: str
    ) -> Reply:
        sent = {"USERNAME": username, **parameters} if "REFRESH_TOKEN" not in parameters else parameters
        handed_over: dict[str, Json] = {} if session is None else {"Session": session}
        return await self.app.call(
            "InitiateAuth",
            AuthFlow=flow,
            ClientId=self.app.client.client_id,
            AuthParameters=sent,
            ClientMetadata=self.metadata(),
            **handed_over,
        )

    async def respond(self, reply: Reply, username: str = ALICE, **responses: str) -> Reply:
        return await self._respond("RespondToAuthChallenge", reply, username, **responses)

    async def administer(self, reply: Reply, **responses: str) -> Reply:
        """Answer in somebody's place."""
        return await self._respond("AdminRespondToAuthChallenge", reply, ALICE, **responses)

    async def _respond(self, operation: str, reply: Reply, username: str, **responses: str) -> Reply:
        session: dict[str, Json] = {"Session": reply["Session"]} if "Session" in reply else {}
        in_pool: dict[str, Json] = {"UserPoolId": self.app.pool.id} if operation.startswith("Admin") else {}
        return await self.app.call(
            operation,
            ClientId=self.app.client.client_id,
            ChallengeName=reply["ChallengeName"],
            ChallengeResponses={"USERNAME": username, **responses},
            ClientMetadata=self.metadata(),
            **session,
            **in_pool,
        )

    @contextmanager
    def unnoticed(self) -> Generator[App, None, None]:
        """Let something happen that no trigger is told of, and no session is left of."""
        pool = inside(self.app.pool)
        triggers, pool.triggers = pool.triggers, Triggers()
        yield self.app
        pool.triggers = triggers
        for user in self.app.pool.users:
            user.families.clear()


async def by_password(caller: Caller) -> None:
    await caller.initiate("USER_PASSWORD_AUTH", PASSWORD=PASSWORD)


async def by_administrator(caller: Caller) -> None:
    await caller.app.call(
        "AdminInitiateAuth",
        UserPoolId=caller.app.pool.id,
        ClientId=caller.app.client.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": ALICE, "PASSWORD": PASSWORD},
        ClientMetadata=caller.metadata(),
    )


async def by_administrator_with_a_word(caller: Caller) -> None:
    challenge = await caller.app.call(
        "AdminInitiateAuth",
        UserPoolId=caller.app.pool.id,
        ClientId=caller.app.client.client_id,
        AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": ALICE},
        ClientMetadata=caller.metadata(),
    )
    await caller.administer(challenge, ANSWER="please")


async def by_passkey(caller: Caller) -> None:
    caller.app.pool.settings.web_authn, browser = WebAuthnConfiguration(RP_ID), Browser()
    with caller.unnoticed() as app:
        await app.register_passkey((await app.tokens())["AccessToken"], browser)
    challenge = await caller.initiate("USER_AUTH", PREFERRED_CHALLENGE="WEB_AUTHN")
    options = challenge["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]
    await caller.respond(challenge, CREDENTIAL=browser.get_json(options))


async def straight_from_sign_up(caller: Caller) -> None:
    with caller.unnoticed() as app:
        await app.sign_up(BOB, email="bob@example.com")
        confirmed = await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP, BOB), BOB)
    await caller.initiate("USER_AUTH", BOB, session=confirmed["Session"])


async def with_an_app(caller: Caller) -> None:
    user, token = caller.app.pool.user(ALICE), SoftwareToken.make(SeededEntropy())
    token.verified, user.software_token = True, token
    user.mfa_factors.add(MfaFactor.SOFTWARE_TOKEN_MFA)
    challenge = await caller.initiate("USER_PASSWORD_AUTH", PASSWORD=PASSWORD)
    code = Authenticator(token.secret.reveal(), caller.app.clock).code()
    await caller.respond(challenge, SOFTWARE_TOKEN_MFA_CODE=code)


async def by_proof(caller: Caller) -> None:
    challenge = await caller.initiate("USER_SRP_AUTH", SRP_A=KEYS.public.reveal())
    await caller.respond(challenge, **caller.app.proof(Offer(ALICE, KEYS, challenge)))


async def by_chosen_password(caller: Caller) -> None:
    choice = await caller.initiate("USER_AUTH")
    await caller.respond(choice, ANSWER="PASSWORD", PASSWORD=PASSWORD)


async def by_preferred_code(caller: Caller) -> None:
    challenge = await caller.initiate("USER_AUTH", PREFERRED_CHALLENGE="EMAIL_OTP")
    await caller.respond(challenge, EMAIL_OTP_CODE=caller.app.mailed(Purpose.EMAIL_OTP))


async def with_a_code(caller: Caller) -> None:
    caller.app.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
    challenge = await caller.initiate("USER_PASSWORD_AUTH", PASSWORD=PASSWORD)
    await caller.respond(challenge, SMS_MFA_CODE=caller.app.mailed(Purpose.SMS_MFA))


async def with_a_new_password(caller: Caller) -> None:
    caller.app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    challenge = await caller.initiate("USER_PASSWORD_AUTH", PASSWORD=PASSWORD)
    await caller.respond(challenge, NEW_PASSWORD=NEW_PASSWORD)


async def by_a_word(caller: Caller) -> None:
    challenge = await caller.initiate("CUSTOM_AUTH")
    challenge = await caller.respond(challenge, ANSWER="now")
    await caller.respond(challenge, ANSWER="please")


async def by_a_proof_and_a_word(caller: Caller) -> None:
    challenge = await caller.initiate("CUSTOM_AUTH", CHALLENGE_NAME="SRP_A", SRP_A=KEYS.public.reveal())
    challenge = await caller.respond(challenge, **caller.app.proof(Offer(ALICE, KEYS, challenge)))
    await caller.respond(challenge, ANSWER="please")


async def by_migration(caller: Caller) -> None:
    await caller.initiate("USER_PASSWORD_AUTH", LEGACY, PASSWORD="simple")


async def by_preferred_password_and_migration(caller: Caller) -> None:
    await caller.initiate("USER_AUTH", LEGACY, PREFERRED_CHALLENGE="PASSWORD", PASSWORD="simple")


async def forgotten_elsewhere(caller: Caller) -> None:
    await caller.app.named("ForgotPassword", LEGACY, ClientMetadata=caller.metadata())


async def refreshed(caller: Caller) -> None:
    tokens = tokens_of(await caller.initiate("USER_PASSWORD_AUTH", PASSWORD=PASSWORD))
    await caller.initiate("REFRESH_TOKEN_AUTH", REFRESH_TOKEN=tokens["RefreshToken"])


async def refreshed_anew(caller: Caller) -> None:
    tokens = tokens_of(await caller.initiate("USER_PASSWORD_AUTH", PASSWORD=PASSWORD))
    await caller.app.call(
        "GetTokensFromRefreshToken",
        ClientId=caller.app.client.client_id,
        RefreshToken=tokens["RefreshToken"],
        ClientMetadata=caller.metadata(),
    )


Fired: TypeAlias = tuple[str, Any, Any]
"""The occasion, what came as ``validationData``, and as ``clientMetadata``: the number of the call."""


def pre(call: str) -> Fired:
    return ("PreAuthentication_Authentication", call, "")


def define(call: str = "") -> Fired:
    return ("DefineAuthChallenge_Authentication", "", call)


def create(call: str = "") -> Fired:
    return ("CreateAuthChallenge_Authentication", "", call)


def verify(call: str = "") -> Fired:
    return ("VerifyAuthChallengeResponse_Authentication", "", call)


def top(call: str = "", source: str = "Authentication") -> list[Fired]:
    return [("PostAuthentication_Authentication", "", call), (f"TokenGeneration_{source}", "", call)]


MIGRATED = [("UserMigration_Authentication", "1", ""), ("PreSignUp_AdminCreateUser", "1", "1")]
ORDER: Mapping[Callable[[Caller], Awaitable[None]], Sequence[Fired]] = {
    by_password: [pre("1"), *top()],
    by_administrator: [pre("1"), *top()],
    by_administrator_with_a_word: [
        *(pre("1"), define(), create()),
        *(verify("2"), define("2"), *top("2")),
    ],
    by_passkey: [pre("1"), *top("2")],
    straight_from_sign_up: [pre("1"), *top()],
    with_an_app: [pre("1"), *top("2")],
    by_proof: [pre("1"), *top("2")],
    by_chosen_password: [pre("1"), *top("2")],
    by_preferred_code: [pre("1"), *top("2")],
    with_a_code: [pre("1"), *top("2")],
    with_a_new_password: [pre("1"), *top("2", "NewPasswordChallenge")],
    by_a_word: [
        *(pre("1"), define(), create()),
        *(verify("2"), define("2"), create("2")),
        *(verify("3"), define("3"), *top("3")),
    ],
    by_a_proof_and_a_word: [
        *(pre("1"), define()),
        *(define("2"), create("2")),
        *(verify("3"), define("3"), *top("3")),
    ],
    by_migration: [*MIGRATED, pre("1"), *top()],
    by_preferred_password_and_migration: [*MIGRATED, pre("1"), *top()],
    forgotten_elsewhere: [("UserMigration_ForgotPassword", "", "1"), ("PreSignUp_AdminCreateUser", "", "1")],
    refreshed: [pre("1"), *top(), ("TokenGeneration_RefreshTokens", "", "")],
    refreshed_anew: [pre("1"), *top(), ("TokenGeneration_RefreshTokens", "", "2")],
}


@pytest.mark.parametrize(("way", "expected"), ORDER.items(), ids=[way.__name__ for way in ORDER])
async def test_the_triggers_fire_in_order_each_with_the_metadata_that_reaches_it(
    app: App, functions: Functions, way: Callable[[Caller], Awaitable[None]], expected: Sequence[Fired]
) -> None:
    await way(Caller(app))

    def shown(event: Mapping[str, Any], member: str) -> str:
        sent: Mapping[str, Any] = event["request"].get(member) or {}
        return str(sent.get("call", ""))

    assert [
        (event["triggerSource"], shown(event, "validationData"), shown(event, "clientMetadata"))
        for _, event in functions.told
    ] == expected


@pytest.mark.parametrize("way", ORDER, ids=[way.__name__ for way in ORDER])
async def test_an_event_says_who_calls_through_which_client(
    app: App, functions: Functions, way: Callable[[Caller], Awaitable[None]]
) -> None:
    await way(Caller(app))

    for trigger, event in functions.told:
        user = app.pool.user(event["userName"])
        assert event["userPoolId"] == app.pool.id
        assert event["callerContext"]["clientId"] == app.client.client_id, "an administrator comes through one, too"
        if trigger not in {T.USER_MIGRATION, T.PRE_SIGN_UP}:
            told = event["request"]["userAttributes"]
            assert (told["sub"], told["email"]) == (user.sub, user.attributes["email"])
            assert told["cognito:user_status"] in {status.value for status in UserStatus}
            assert all(isinstance(value, str) for value in told.values())


async def test_what_each_is_told_in_full(app: App, functions: Functions) -> None:
    """Members that are not there are left out, but for ``validationData`` and what a response is filled in with."""
    challenge = await app.initiate("CUSTOM_AUTH", ALICE, CHALLENGE_NAME="SRP_A", SRP_A=KEYS.public.reveal())
    proof = app.proof(Offer(ALICE, KEYS, challenge))
    challenge = await app.respond("PASSWORD_VERIFIER", ALICE, challenge["Session"], **proof)
    tokens_of(await app.answer(challenge, "please"))

    user = app.pool.user(ALICE)
    known = {"userAttributes": {"sub": user.sub, "cognito:user_status": "CONFIRMED", **user.attributes}}
    srp_a, proved, answered = (
        {"challengeName": name, "challengeResult": True, "challengeMetadata": None}
        for name in ("SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE")
    )
    undefined = {"challengeName": None, "issueTokens": None, "failAuthentication": None}
    uncreated = dict.fromkeys(["publicChallengeParameters", "privateChallengeParameters", "challengeMetadata"])
    groups: dict[str, Any] = {"groupsToOverride": [], "iamRolesToOverride": [], "preferredRole": None}
    assert [(event["request"], event["response"]) for _, event in functions.told] == [
        ({**known, "validationData": None}, {}),
        ({**known, "session": [srp_a]}, undefined),
        ({**known, "session": [srp_a, proved]}, undefined),
        ({**known, "session": [srp_a, proved], "challengeName": "CUSTOM_CHALLENGE"}, uncreated),
        (
            {**known, "privateChallengeParameters": {"word": "please"}, "challengeAnswer": "please"},
            {"answerCorrect": None},
        ),
        ({**known, "session": [srp_a, proved, answered]}, undefined),
        (known, {}),
        ({**known, "groupConfiguration": groups}, {"claimsOverrideDetails": None}),
    ]


# --- PreAuthentication ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("flow", ["USER_PASSWORD_AUTH", "USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH"])
@pytest.mark.parametrize("hides", [False, True])
async def test_pre_authentication_is_told_of_strangers_only_where_clients_are_not(
    app: App,
    functions: Functions,
    flow: str,
    hides: bool,  # noqa: FBT001  # a column of the table
) -> None:
    functions.does[T.USER_MIGRATION] = lambda _: {}
    asking = app.discreet() if hides else app
    parameters = {"PASSWORD": PASSWORD, "SRP_A": KEYS.public.reveal()}
    if hides:
        if flow == "USER_PASSWORD_AUTH":
            assert await refusal(asking.initiate(flow, STRANGER, **parameters)) == WRONG_CREDENTIALS
        else:
            assert await asking.initiate(flow, STRANGER, **parameters), "a challenge, as anybody gets"
        (event,) = functions.events(T.PRE_AUTHENTICATION)
        assert event["userName"] == STRANGER
        assert event["request"] == {"userAttributes": {}, "validationData": None, "userNotFound": True}
    else:
        assert await refusal(asking.initiate(flow, STRANGER, **parameters)) == NO_SUCH_USER
        assert not functions.events(T.PRE_AUTHENTICATION)

    await asking.initiate(flow, ALICE, **parameters)
    told = functions.events(T.PRE_AUTHENTICATION)[-1]["request"]
    assert told.get("userNotFound") is (False if hides else None)
    assert ("userNotFound" in told) is hides


@pytest.mark.parametrize(("put", "expected"), TROUBLES.values(), ids=[*TROUBLES])
async def test_the_state_of_an_account_is_told_before_pre_authentication_is_asked(
    app: App, functions: Functions, put: Callable[[FakeUserPool], object], expected: Refusal
) -> None:
    put(app.pool)

    assert await refusal(app.by_password()) == expected
    assert not functions.told


async def test_who_is_locked_out_is_not_asked_about(app: App, functions: Functions) -> None:
    for _ in range(5):
        await refusal(app.by_password(ALICE, "Incorrect-horse-7"))
    functions.told.clear()

    assert await refusal(app.by_password()) == LOCKED_OUT
    assert not functions.told


async def test_pre_authentication_is_asked_before_a_password_is_looked_at_and_a_refusal_counts_for_nothing(
    app: App, functions: Functions
) -> None:
    functions.raises[T.PRE_AUTHENTICATION] = FunctionRaisedError(T.PRE_AUTHENTICATION, "not on Mondays")
    expected = ("UserLambdaValidationException", "PreAuthentication failed with error not on Mondays.")

    for _ in range(7):
        assert await refusal(app.by_password(ALICE, "Incorrect-horse-7")) == expected
    assert app.pool.user(ALICE).lockout.failures == 0
    functions.mend()
    assert await app.tokens()


MEANWHILE: Mapping[str, tuple[Callable[[FakeUserPool], object], Refusal]] = {
    "deleted": (lambda pool: pool.delete_user(ALICE), WRONG_CREDENTIALS),
    "disabled": (lambda pool: pool.disable_user(ALICE), DISABLED),
    "reset required": (lambda pool: pool.require_password_reset(ALICE), RESET_REQUIRED),
}


@pytest.mark.parametrize(("happens", "expected"), MEANWHILE.values(), ids=[*MEANWHILE])
@pytest.mark.parametrize("trigger", [T.PRE_AUTHENTICATION, T.POST_AUTHENTICATION, T.PRE_TOKEN_GENERATION])
async def test_what_happens_to_a_user_while_a_trigger_thinks_counts(
    app: App,
    functions: Functions,
    trigger: Trigger,
    happens: Callable[[FakeUserPool], object],
    expected: Refusal,
) -> None:
    functions.meanwhile[trigger] = lambda: happens(app.pool)

    assert await refusal(app.by_password()) == expected
    assert not [family for user in app.pool.users for family in user.families.values() if not family.revoked]


@pytest.mark.parametrize(("happens", "expected"), MEANWHILE.values(), ids=[*MEANWHILE])
@pytest.mark.parametrize("flow", ["USER_SRP_AUTH", "CUSTOM_AUTH", "USER_AUTH"])
async def test_who_may_not_try_any_more_when_pre_authentication_has_thought_is_not_challenged(
    app: App, functions: Functions, flow: str, happens: Callable[[FakeUserPool], object], expected: Refusal
) -> None:
    functions.meanwhile[T.PRE_AUTHENTICATION] = lambda: happens(app.pool)

    assert await refusal(app.initiate(flow, ALICE, SRP_A=KEYS.public.reveal())) == expected
    assert functions.fired == [T.PRE_AUTHENTICATION]


@pytest.mark.parametrize("trigger", [T.POST_AUTHENTICATION, T.PRE_TOKEN_GENERATION])
async def test_a_password_that_is_changed_while_a_trigger_thinks_opens_nothing_any_more(
    app: App, functions: Functions, trigger: Trigger
) -> None:
    functions.meanwhile[trigger] = lambda: setattr(app.pool.user(ALICE), "verifier", srp.Verifier(salt_hex="aa", v=2))

    assert await refusal(app.by_password()) == SESSION_INVALID


@pytest.mark.parametrize("trigger", [T.PRE_AUTHENTICATION, T.POST_AUTHENTICATION, T.PRE_TOKEN_GENERATION])
async def test_a_client_that_is_deleted_while_a_trigger_thinks_gets_no_tokens(
    app: App, functions: Functions, trigger: Trigger
) -> None:
    functions.meanwhile[trigger] = lambda: app.pool.remove_client(app.client.client_id)

    assert (await refusal(app.by_password()))[0] == "ResourceNotFoundException"


async def test_functions_that_take_the_place_of_others_while_one_is_asked_count_from_then_on(
    app: App, functions: Functions
) -> None:
    others = Functions()
    functions.meanwhile[T.PRE_AUTHENTICATION] = lambda: setattr(
        app.pool, "triggers", others.behind(T.PRE_AUTHENTICATION, T.PRE_TOKEN_GENERATION)
    )
    assert await app.tokens()

    assert (functions.fired, others.fired) == ([T.PRE_AUTHENTICATION], [T.PRE_TOKEN_GENERATION])


# --- PostAuthentication ----------------------------------------------------------------------------------------------


async def test_post_authentication_is_told_of_new_devices_only_where_devices_are_tracked(
    app: App, functions: Functions
) -> None:
    await app.by_password()
    app.pool.settings.devices = DeviceConfiguration()
    key = await app.confirm_device(await app.tokens())
    app.pool.user(ALICE).devices[key].is_remembered = False
    await app.initiate("USER_PASSWORD_AUTH", ALICE, PASSWORD=PASSWORD, DEVICE_KEY=key)

    told = [event["request"].get("newDeviceUsed", "not told") for event in functions.events(T.POST_AUTHENTICATION)]
    assert told == ["not told", True, False]


AT_THE_TOP = [T.POST_AUTHENTICATION, T.PRE_TOKEN_GENERATION]


@pytest.mark.parametrize("trigger", AT_THE_TOP)
async def test_who_is_refused_at_the_top_has_used_the_session_up_and_gets_nothing(
    app: App, functions: Functions, trigger: Trigger
) -> None:
    app.pool.settings.devices = DeviceConfiguration()
    challenge = await app.initiate("CUSTOM_AUTH", ALICE)
    functions.raises[trigger] = FunctionRaisedError(trigger, "no")
    expected = ("UserLambdaValidationException", f"{trigger} failed with error no.")
    assert await refusal(app.answer(challenge, "please")) == expected
    assert await refusal(app.answer(challenge, "please")) == SESSION_SPENT

    user = app.pool.user(ALICE)
    assert (user.families, user.devices) == ({}, {})
    functions.mend()
    assert tokens_of(await app.answer(await app.initiate("CUSTOM_AUTH", ALICE), "please"))


@pytest.mark.parametrize("trigger", AT_THE_TOP)
async def test_a_password_that_was_chosen_on_the_way_stands_though_the_top_refuses(
    app: App, functions: Functions, trigger: Trigger
) -> None:
    app.pool.user(ALICE).status = UserStatus.FORCE_CHANGE_PASSWORD
    challenge = await app.by_password()
    FAILURES["raises"].breaks(functions, trigger)
    assert await refusal(app.answer(challenge, NEW_PASSWORD)) == FAILURES["raises"].told(trigger)

    functions.mend()
    assert await refusal(app.by_password()) == WRONG_CREDENTIALS
    assert await app.tokens(ALICE, NEW_PASSWORD)


# --- Triggers that fail ----------------------------------------------------------------------------------------------


async def sign_in(service: AuthService) -> None:
    """Sign in with a proof of the password and a word, which comes by every trigger of sign-in."""
    result = await service.sign_in(ALICE, PASSWORD, flow=AuthFlow.CUSTOM_AUTH_WITH_SRP)
    assert isinstance(result.next_step, steps.ConfirmSignInWithCustomChallenge)
    assert result.run is not None
    result = await service.confirm_sign_in(result.run, "please")
    assert isinstance(result.next_step, steps.Done)


@pytest.mark.parametrize("trigger", OF_SIGN_IN[2:])
@pytest.mark.parametrize("failure", FAILURES.values(), ids=[*FAILURES])
async def test_whatever_a_trigger_does_the_client_is_told_and_the_user_can_sign_in_again(
    make_pool: MakePool,
    clock: VirtualClock,
    functions: Functions,
    trigger: Trigger,
    failure: Failure,
    each_backend: str,
) -> None:
    pool = make_pool(triggers=functions.behind(*OF_SIGN_IN, **in_no_time(tries=2)))
    pool.add_user(ALICE, PASSWORD)
    client: Client = pool.add_client(explicit_auth_flows=ALL_FLOWS)
    service = AuthService(pool.backend(client), clock=clock)
    failure.breaks(functions, trigger)
    with pytest.raises(failure.error) as caught:
        await sign_in(service)
    assert caught.value.code == failure.code
    assert caught.value.message == failure.text.format(trigger=trigger)
    tries = 2 if trigger in functions.hangs else 1  # what raises is not asked again
    assert len(functions.events(trigger)) == tries
    assert not pool.user(ALICE).families

    functions.mend()
    await sign_in(service)


WAYS = [way for way, fired in ORDER.items() if "PreAuthentication_Authentication" in {source for source, *_ in fired}]


each_way = pytest.mark.parametrize("way", WAYS, ids=[way.__name__ for way in WAYS])


@pytest.fixture
def fresh(make_pool: MakePool, clock: VirtualClock, functions: Functions) -> Callable[[], App]:
    """Makes an app of a pool where nothing has happened, with functions that work and give up at once."""
    triggers = functions.behind(*OF_SIGN_IN, **in_no_time())

    def make() -> App:
        functions.mend()
        functions.told.clear()
        pool = make_pool(triggers=triggers, first_factors=frozenset(FirstFactor))
        attributes = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE}
        pool.add_user(ALICE, PASSWORD, attributes=attributes)
        return App(pool, clock, pool.add_client(explicit_auth_flows=ALL_FLOWS))

    return make


@each_way
@pytest.mark.parametrize("failure", FAILURES.values(), ids=[*FAILURES])
async def test_no_trigger_that_fails_opens_a_way_to_tokens(
    fresh: Callable[[], App], functions: Functions, way: Callable[[Caller], Awaitable[None]], failure: Failure
) -> None:
    """Whichever of the triggers on a way fails, and wherever on it: no tokens, of a sign-in or of a refresh."""
    await way(Caller(fresh()))
    on_the_way = dict.fromkeys(functions.fired)
    assert on_the_way
    for trigger in on_the_way:
        app = fresh()
        failure.breaks(functions, trigger)
        assert (await refusal(way(Caller(app))))[0] in {failure.code, "UserNotFoundException"}
        assert not [family for user in app.pool.users for family in user.families.values()]


@each_way
async def test_who_hangs_up_while_a_trigger_is_asked_has_nothing_and_can_sign_in_again(
    fresh: Callable[[], App], functions: Functions, way: Callable[[Caller], Awaitable[None]], each_backend: str
) -> None:
    await way(Caller(fresh()))
    for trigger in dict.fromkeys(functions.fired):
        app = fresh()
        inside(app.pool).triggers = functions.behind(*OF_SIGN_IN)
        await hang_up_at(functions, trigger, way(Caller(app)))
        assert not [family for user in app.pool.users for family in user.families.values()]

        app.pool.user(ALICE).mfa_factors.clear()
        await (by_migration if way in {by_migration, by_preferred_password_and_migration} else by_a_word)(Caller(app))
        assert [family for user in app.pool.users for family in user.families.values()]


@pytest.mark.parametrize("trigger", OF_SIGN_IN)
async def test_a_runner_that_breaks_every_promise_opens_nothing_either(
    app: App, functions: Functions, trigger: Trigger
) -> None:
    functions.raises[trigger] = ZeroDivisionError("of the runner's own")
    way = by_migration if trigger in OF_SIGN_IN[:2] else by_a_word
    with pytest.raises(ZeroDivisionError):
        await way(Caller(app))

    assert not [family for user in app.pool.users for family in user.families.values()]
    functions.mend()
    await way(Caller(app))


async def test_a_trigger_that_hangs_for_one_user_holds_up_nobody_else(app: App) -> None:
    app.pool.add_user("bob", PASSWORD)
    let_go = anyio.Event()

    class Slow(Functions):
        async def invoke(self, trigger: Trigger, event: Mapping[str, Json], /) -> Json:
            if event["userName"] == ALICE:
                await let_go.wait()
            return await super().invoke(trigger, event)

    outcomes: list[str] = []

    async def try_it(username: str) -> None:
        await app.tokens(username)
        outcomes.append(username)

    inside(app.pool).triggers = Slow().behind(T.PRE_AUTHENTICATION)
    async with anyio.create_task_group() as group:
        group.start_soon(try_it, ALICE)
        await anyio.wait_all_tasks_blocked()
        await try_it("bob")
        let_go.set()
    assert outcomes == ["bob", ALICE]


async def test_hiding_clients_are_refused_by_pre_authentication_alike_whoever_it_is(
    app: App, functions: Functions
) -> None:
    functions.raises[T.PRE_AUTHENTICATION] = FunctionRaisedError(T.PRE_AUTHENTICATION, "no")
    functions.does[T.USER_MIGRATION] = lambda _: {}
    discreet = app.beside(prevent_user_existence_errors=ExistenceErrors.ENABLED)

    assert await refusal(discreet.by_password(STRANGER)) == await refusal(discreet.by_password(ALICE))
    assert await refusal(discreet.offer_proof(STRANGER)) == await refusal(discreet.offer_proof(ALICE))
