"""Traces of verbs, each a story of one person and one pool, and how to walk along one over a transport."""

import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

import attrs
from pyotp.totp import TOTP

from authsteps.adapters.cognito.backend import CognitoBackend
from authsteps.adapters.cognito.protocol import CognitoConfig
from authsteps.adapters.cognito.scripted import Call, Reply
from authsteps.adapters.cognito.transport import Json, ServiceError, Transport
from authsteps.adapters.fake import (
    DeviceConfiguration,
    FakeUserPool,
    FirstFactor,
    MfaConfiguration,
    MfaFactor,
    Purpose,
    UserStatus,
    WebAuthnConfiguration,
)
from authsteps.adapters.lambda_triggers import Trigger, Triggers
from authsteps.engine.errors import AuthStepsError
from authsteps.engine.ports import Observation
from authsteps.flows import (
    AuthClient,
    AuthFlow,
    FactorType,
    MfaSetting,
    MfaType,
    NewPassword,
    WebAuthnCredential,
)
from tests.adapters.fake.authenticator import RP_ID, Browser
from tests.adapters.fake.functions import Functions, Response, asking_for
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    BOB,
    EMAIL,
    HOUR,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    SECOND,
    TOTP_STEP,
    load_signing_keys,
    wrong,
)
from tests.conftest import SeededEntropy, VirtualClock

__all__ = ["TRACES", "Diary", "Outcome", "Recording", "Trace", "Way", "sign_up_and_in", "walk"]


class Recording:
    """A transport that writes down what crosses it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.calls: list[Call] = []
        self.replies: list[Reply] = []

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        self.calls.append(Call(operation, request))
        try:
            reply = await self._transport.call(operation, request)
        except ServiceError as error:
            self.replies.append(ServiceError(error.code, error.message, error.status))
            raise
        self.replies.append(reply)
        return reply


class Watching:
    """An observer that keeps what it was told, but for how long it took."""

    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def advanced(self, observation: Observation) -> None:
        self.seen.append(attrs.evolve(observation, took=timedelta()))


class Diary:
    """What a person reads from a phone or a mail. The first time it is really read, later from the diary."""

    def __init__(self, written: list[str] | None = None) -> None:
        self.written: list[str] = []
        self._known = iter(written) if written is not None else None

    def read(self, really: Callable[[], str]) -> str:
        self.written.append(really() if self._known is None else next(self._known))
        return self.written[-1]


ANSWER = "blue"


def define(request: Mapping[str, Any]) -> Response:
    """Ask for a colour: after the password if there is one, and three times at the most."""
    if [entry["challengeName"] for entry in request["session"]][-1:] == ["SRP_A"]:
        return {"challengeName": "PASSWORD_VERIFIER"}
    answers = [entry for entry in request["session"] if entry["challengeName"] == "CUSTOM_CHALLENGE"]
    if answers and answers[-1]["challengeResult"]:
        return {"issueTokens": True}
    return {"challengeName": "CUSTOM_CHALLENGE"} if len(answers) < 3 else {"failAuthentication": True}


def riddle() -> Triggers:
    asking = asking_for(ANSWER, hint="the colour of the sky")
    functions = Functions({**asking, Trigger.DEFINE_AUTH_CHALLENGE: define})
    return functions.behind(*asking)


class Passkeys:
    """The person's authenticator: a browser that really signs. Over a script it says again what it said."""

    def __init__(self, diary: Diary) -> None:
        self._browser = Browser()
        self._diary = diary

    async def create(self, creation_options: str) -> WebAuthnCredential:
        options = json.loads(creation_options)
        return WebAuthnCredential(self._diary.read(lambda: json.dumps(self._browser.create(options))))

    async def get(self, request_options: str) -> WebAuthnCredential:
        options = json.loads(request_options)
        return WebAuthnCredential(self._diary.read(lambda: json.dumps(self._browser.get(options))))


@attrs.frozen
class Outcome:
    """What came of a verb: the name of the step that it led to, or of what it returned or raised, and all of that."""

    name: str
    value: object

    @classmethod
    def of(cls, result: object) -> "Outcome":
        return cls(type(getattr(result, "next_step", result)).__name__, _comparable(result))


@attrs.frozen
class Run:
    """One walk along a trace: who walks, when, and what came of every verb."""

    auth: AuthClient
    clock: VirtualClock
    diary: Diary
    pool: FakeUserPool
    passkeys: "Passkeys"
    came_of_it: list[Outcome] = attrs.field(factory=list[Outcome])

    async def do(self, verb: Awaitable[Any]) -> Any:
        """Await a verb and keep what came of it: what it returned, or what it raised."""
        try:
            result = await verb
        except AuthStepsError as error:
            self.came_of_it.append(Outcome.of(error))
            return None
        self.came_of_it.append(Outcome.of(result))
        return result

    def mailed(self, purpose: Purpose, username: str = ALICE) -> str:
        def really() -> str:  # there is no message to be read where the pool is not asked
            return self.pool.outbox.latest(username, purpose).code.reveal()

        return self.diary.read(really)


def _comparable(value: object) -> object:
    """Errors compare by who they are; put in their place what they say."""
    if isinstance(value, AuthStepsError):
        return type(value), str(value)
    if attrs.has(type(value)):
        return type(value), {name: _comparable(held) for name, held in _fields(value).items()}
    return value


def _fields(value: Any) -> dict[str, object]:
    return attrs.asdict(value, recurse=False)


async def sign_up_and_in(run: Run) -> None:
    """Sign up with a wrong code first, and sign in with SRP."""
    auth = run.auth
    await run.do(auth.sign_in(ALICE, PASSWORD))
    await run.do(auth.sign_up(ALICE, "short", attributes={"email": EMAIL}))
    await run.do(auth.sign_up(ALICE, PASSWORD, attributes={"email": EMAIL}))
    await run.do(auth.sign_in(ALICE, PASSWORD))
    await run.do(auth.resend_sign_up_code(ALICE))
    code = run.mailed(Purpose.SIGN_UP)
    await run.do(auth.confirm_sign_up(ALICE, wrong(code)))
    await run.do(auth.confirm_sign_up(ALICE, code))
    await run.do(auth.sign_in(ALICE, "Incorrect-horse-7"))
    await run.do(auth.sign_in(ALICE, PASSWORD))
    await run.do(auth.get_current_user())
    await run.do(auth.sign_in(ALICE, PASSWORD))


async def totp_and_sessions(run: Run) -> None:
    """Set up an authenticator app, sign in with it, refresh, sign out, and find the session ended."""
    auth = run.auth
    await sign_up_and_in(run)
    setup = await run.do(auth.set_up_totp())
    app = TOTP(setup.shared_secret.reveal())
    await run.do(auth.verify_totp_setup(wrong(app.at(run.clock.now()))))
    await run.do(auth.verify_totp_setup(app.at(run.clock.now()), friendly_device_name="phone"))
    await run.do(auth.update_mfa_preference(sms=MfaSetting.ENABLED))
    await run.do(auth.update_mfa_preference(totp=MfaSetting.PREFERRED))
    await run.do(auth.fetch_mfa_preference())
    await run.do(auth.sign_out())
    run.clock.move(TOTP_STEP)
    await run.do(auth.sign_in(ALICE, PASSWORD))
    await run.do(auth.confirm_sign_in(wrong(app.at(run.clock.now()))))
    await run.do(auth.next_step())
    await run.do(auth.confirm_sign_in(app.at(run.clock.now())))
    await run.do(auth.fetch_auth_session())
    run.clock.move(HOUR)
    await run.do(auth.fetch_auth_session())
    await run.do(auth.fetch_auth_session(force_refresh=True))
    await run.do(auth.sign_out(global_=True))
    await run.do(auth.fetch_auth_session())
    await run.do(auth.set_up_totp())


async def reset(run: Run) -> None:
    """Forget the password, and reset it with a second try."""
    auth = run.auth
    await sign_up_and_in(run)
    await run.do(auth.sign_out())
    await run.do(auth.reset_password("nobody"))
    await run.do(auth.reset_password(ALICE))
    code = run.mailed(Purpose.PASSWORD_RESET)
    await run.do(auth.confirm_reset_password(ALICE, "short", code))
    await run.do(auth.confirm_reset_password(ALICE, NEW_PASSWORD, wrong(code)))
    await run.do(auth.confirm_reset_password(ALICE, NEW_PASSWORD, code))
    await run.do(auth.sign_in(ALICE, PASSWORD))
    await run.do(auth.sign_in(ALICE, NEW_PASSWORD, flow=AuthFlow.USER_PASSWORD_AUTH))


async def new_password_and_sms(run: Run) -> None:
    """Sign in with a temporary password, by SMS, with a code that comes too late the first time."""
    auth = run.auth
    run.pool.add_user(BOB, PASSWORD, attributes={"phone_number": PHONE, "email": EMAIL}, temporary=True)
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.confirm_sign_in("short"))
    await run.do(auth.confirm_sign_in(NEW_PASSWORD))
    await run.do(auth.update_mfa_preference(sms=MfaSetting.ENABLED))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, NEW_PASSWORD))
    code = run.mailed(Purpose.SMS_MFA, BOB)
    await run.do(auth.confirm_sign_in(wrong(code)))
    run.clock.move(200 * SECOND)
    await run.do(auth.confirm_sign_in(code))
    await run.do(auth.abandon())
    await run.do(auth.sign_in(BOB, NEW_PASSWORD))
    await run.do(auth.confirm_sign_in(run.mailed(Purpose.SMS_MFA, BOB)))


async def a_reset_is_required(run: Run) -> None:
    """Be sent from signing in to resetting, and be locked out."""
    auth = run.auth
    run.pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL, "email_verified": "true"})
    for _ in range(6):
        await run.do(auth.sign_in(BOB, "Incorrect-horse-7"))
    run.clock.move(SECOND)
    run.pool.user(BOB).status = UserStatus.RESET_REQUIRED
    await run.do(auth.sign_in(BOB, PASSWORD))


async def auto_sign_in(run: Run) -> None:
    """Sign up, and be signed in with the session of the sign-up; it is good for once."""
    auth = run.auth
    run.pool.settings.first_factors = frozenset({FirstFactor.PASSWORD, FirstFactor.EMAIL_OTP})
    await run.do(auth.auto_sign_in())
    await run.do(auth.sign_up(ALICE, attributes={"email": EMAIL}))
    await run.do(auth.auto_sign_in())
    await run.do(auth.confirm_sign_up(ALICE, run.mailed(Purpose.SIGN_UP)))
    await run.do(auth.auto_sign_in())
    await run.do(auth.get_current_user())
    await run.do(auth.sign_out())
    await run.do(auth.auto_sign_in())


async def a_factor_of_choice(run: Run) -> None:
    """Choose the first factor, or prefer one; a wrong password ends the sign-in, a wrong code does not."""
    auth = run.auth
    run.pool.settings.first_factors = frozenset({FirstFactor.PASSWORD, FirstFactor.EMAIL_OTP, FirstFactor.SMS_OTP})
    verified = {"email_verified": "true", "phone_number_verified": "true"}
    run.pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL, "phone_number": PHONE, **verified})
    await run.do(auth.sign_in(BOB, flow=AuthFlow.USER_AUTH))
    await run.do(auth.confirm_sign_in(FactorType.WEB_AUTHN))
    await run.do(auth.confirm_sign_in(FactorType.EMAIL_OTP))
    code = run.mailed(Purpose.EMAIL_OTP, BOB)
    await run.do(auth.confirm_sign_in(wrong(code)))
    await run.do(auth.confirm_sign_in(code))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, flow=AuthFlow.USER_AUTH, preferred_factor=FactorType.SMS_OTP))
    await run.do(auth.confirm_sign_in(run.mailed(Purpose.SMS_OTP, BOB)))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, flow=AuthFlow.USER_AUTH, preferred_factor=FactorType.PASSWORD))
    await run.do(auth.sign_in(BOB, PASSWORD, flow=AuthFlow.USER_AUTH, preferred_factor=FactorType.PASSWORD))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, PASSWORD, flow=AuthFlow.USER_AUTH, preferred_factor=FactorType.PASSWORD_SRP))
    await run.do(auth.sign_out())
    for factor in (FactorType.PASSWORD, FactorType.PASSWORD_SRP):
        await run.do(auth.sign_in(BOB, flow=AuthFlow.USER_AUTH))
        await run.do(auth.confirm_sign_in(factor))
        await run.do(auth.confirm_sign_in("Incorrect-horse-7"))
        await run.do(auth.confirm_sign_in(PASSWORD))
        await run.do(auth.sign_in(BOB, flow=AuthFlow.USER_AUTH))
        await run.do(auth.confirm_sign_in(factor))
        await run.do(auth.confirm_sign_in(PASSWORD))
        await run.do(auth.sign_out())


async def second_factors_set_up_on_the_way(run: Run) -> None:
    """Where a second factor is demanded, set one up while signing in: an app, or an address."""
    auth = run.auth
    run.pool.settings.mfa = MfaConfiguration.ON
    run.pool.settings.mfa_factors = frozenset({MfaFactor.SOFTWARE_TOKEN_MFA, MfaFactor.EMAIL_OTP})
    run.pool.add_user(ALICE, PASSWORD)
    run.pool.add_user(BOB, PASSWORD)
    await run.do(auth.sign_in(ALICE, PASSWORD))
    result = await run.do(auth.confirm_sign_in("totp"))
    app = TOTP(result.next_step.shared_secret.reveal())
    await run.do(auth.confirm_sign_in(wrong(app.at(run.clock.now()))))
    await run.do(auth.confirm_sign_in(app.at(run.clock.now()), friendly_device_name="phone"))
    await run.do(auth.sign_out())
    run.clock.move(TOTP_STEP)
    await run.do(auth.sign_in(ALICE, PASSWORD))
    await run.do(auth.confirm_sign_in(app.at(run.clock.now())))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.confirm_sign_in(MfaType.EMAIL))
    await run.do(auth.confirm_sign_in("no address"))
    await run.do(auth.confirm_sign_in("bob@example.com"))
    await run.do(auth.confirm_sign_in(run.mailed(Purpose.EMAIL_OTP, BOB)))
    await run.do(auth.fetch_mfa_preference())


async def second_factors_to_choose_from(run: Run) -> None:
    """Choose between two second factors, and then prefer one."""
    auth = run.auth
    run.pool.settings.mfa_factors = frozenset({MfaFactor.SMS_MFA, MfaFactor.EMAIL_OTP})
    run.pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL, "phone_number": PHONE, "email_verified": "true"})
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.update_mfa_preference(sms=MfaSetting.ENABLED, email=MfaSetting.ENABLED))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.confirm_sign_in(MfaType.TOTP))
    await run.do(auth.confirm_sign_in("email"))
    await run.do(auth.confirm_sign_in(run.mailed(Purpose.EMAIL_OTP, BOB)))
    await run.do(auth.update_mfa_preference(sms=MfaSetting.PREFERRED))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.confirm_sign_in(run.mailed(Purpose.SMS_MFA, BOB)))
    await run.do(auth.fetch_mfa_preference())


async def a_device_that_is_known(run: Run) -> None:
    """A remembered device stands in place of the code, until the pool knows it no longer."""
    auth = run.auth
    run.pool.settings.devices = DeviceConfiguration(challenge_required_on_new_device=True)
    run.pool.add_user(BOB, PASSWORD, attributes={"phone_number": PHONE})
    run.pool.user(BOB).mfa_factors = {MfaFactor.SMS_MFA}
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.confirm_sign_in(run.mailed(Purpose.SMS_MFA, BOB)))
    await run.do(auth.fetch_current_device())
    await run.do(auth.fetch_devices())
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, PASSWORD, flow=AuthFlow.USER_PASSWORD_AUTH))
    run.clock.move(HOUR)
    await run.do(auth.fetch_auth_session())
    await run.do(auth.sign_out())
    run.pool.user(BOB).devices.clear()
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.confirm_sign_in(run.mailed(Purpose.SMS_MFA, BOB)))
    await run.do(auth.forget_device())
    await run.do(auth.fetch_current_device())
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, PASSWORD))


async def a_device_that_must_be_remembered(run: Run) -> None:
    """Where remembering is the user's to ask for, the code is wanted until it was asked for."""
    auth = run.auth
    run.pool.settings.devices = DeviceConfiguration(
        challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=True
    )
    run.pool.add_user(BOB, PASSWORD, attributes={"phone_number": PHONE})
    run.pool.user(BOB).mfa_factors = {MfaFactor.SMS_MFA}
    for _ in range(2):
        await run.do(auth.sign_in(BOB, PASSWORD))
        await run.do(auth.confirm_sign_in(run.mailed(Purpose.SMS_MFA, BOB)))
        await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.confirm_sign_in(run.mailed(Purpose.SMS_MFA, BOB)))
    await run.do(auth.remember_device())
    await run.do(auth.remember_device())
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, PASSWORD))


async def a_question_of_the_pools_own(run: Run) -> None:
    """Answer the pool's question, with and without a password before it; the third wrong answer ends it."""
    auth = run.auth
    run.pool.add_user(BOB, PASSWORD, attributes={"email": EMAIL})
    await run.do(auth.sign_in(BOB, PASSWORD, flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP))
    await run.do(auth.sign_in(BOB, flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP))
    await run.do(auth.confirm_sign_in("red"))
    await run.do(auth.confirm_sign_in(ANSWER))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP))
    for answer in ("red", "green", "white", ANSWER):
        await run.do(auth.confirm_sign_in(answer))
    await run.do(auth.sign_in(BOB, "Incorrect-horse-7", flow=AuthFlow.CUSTOM_AUTH_WITH_SRP))
    await run.do(auth.sign_in(BOB, PASSWORD, flow=AuthFlow.CUSTOM_AUTH_WITH_SRP))
    await run.do(auth.confirm_sign_in(ANSWER))


async def a_passkey(run: Run) -> None:
    """Register a passkey, sign in with it, and take it away again."""
    auth = run.auth
    run.pool.settings.first_factors = frozenset({FirstFactor.PASSWORD, FirstFactor.WEB_AUTHN})
    run.pool.settings.web_authn = WebAuthnConfiguration(RP_ID)
    run.pool.add_user(BOB, PASSWORD)
    await run.do(auth.sign_in(BOB, flow=AuthFlow.USER_AUTH, preferred_factor=FactorType.WEB_AUTHN))
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.associate_web_authn_credential(run.passkeys))
    listed = await run.do(auth.list_web_authn_credentials())
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, flow=AuthFlow.USER_AUTH, preferred_factor=FactorType.WEB_AUTHN))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, flow=AuthFlow.USER_AUTH))
    await run.do(auth.confirm_sign_in(FactorType.WEB_AUTHN))
    await run.do(auth.delete_web_authn_credential(listed[0].credential_id))
    await run.do(auth.sign_out())
    await run.do(auth.sign_in(BOB, flow=AuthFlow.USER_AUTH))
    await run.do(auth.confirm_sign_in(FactorType.WEB_AUTHN))


async def an_account_that_is_looked_after(run: Run) -> None:
    """Take over an account with a temporary password, look after it, and delete it."""
    auth = run.auth
    run.pool.settings.required_attributes = ("email",)
    run.pool.add_user(BOB, PASSWORD, temporary=True)
    await run.do(auth.sign_in(BOB, PASSWORD))
    await run.do(auth.confirm_sign_in(NEW_PASSWORD))
    await run.do(auth.confirm_sign_in(NewPassword(NEW_PASSWORD, {"email": EMAIL, "nickname": "Bobby"})))
    await run.do(auth.fetch_user_attributes())
    await run.do(auth.update_user_attributes({"email": "bob@example.com", "nickname": "Rob"}))
    code = run.mailed(Purpose.ATTRIBUTE_VERIFICATION, BOB)
    await run.do(auth.confirm_user_attribute("email", wrong(code)))
    await run.do(auth.confirm_user_attribute("email", code))
    await run.do(auth.send_user_attribute_verification_code("email"))
    await run.do(auth.delete_user_attributes("nickname"))
    await run.do(auth.fetch_user_attributes())
    await run.do(auth.update_password("Incorrect-horse-7", PASSWORD))
    await run.do(auth.update_password(NEW_PASSWORD, "short"))
    await run.do(auth.update_password(NEW_PASSWORD, "Another-battery-9"))
    await run.do(auth.delete_user())
    await run.do(auth.fetch_user_attributes())
    await run.do(auth.sign_in(BOB, "Another-battery-9"))


T = TypeVar("T", bound=Transport)
Way: TypeAlias = Callable[[FakeUserPool], AbstractAsyncContextManager[T]]
"""A way to a pool: a transport, for as long as a block lasts."""
Trace: TypeAlias = Callable[[Run], Awaitable[None]]
TRACES = [
    sign_up_and_in,
    totp_and_sessions,
    reset,
    new_password_and_sms,
    a_reset_is_required,
    auto_sign_in,
    a_factor_of_choice,
    second_factors_set_up_on_the_way,
    second_factors_to_choose_from,
    a_device_that_is_known,
    a_device_that_must_be_remembered,
    a_question_of_the_pools_own,
    a_passkey,
    an_account_that_is_looked_after,
]


async def walk(
    trace: Trace, record: Diary, *, over: Way[T], with_secret: bool
) -> tuple[T, list[Observation], list[Outcome]]:
    """Walk along a trace, with the same clock and the same entropy every time."""
    clock, watching = VirtualClock(), Watching()
    pool = FakeUserPool(clock=clock, entropy=SeededEntropy(7), signing_keys=load_signing_keys(), triggers=riddle())
    client = pool.add_client(with_secret=with_secret, explicit_auth_flows=ALL_FLOWS)
    config = CognitoConfig(pool.id, client.client_id, client.client_secret)
    passkeys = Passkeys(record)
    async with over(pool) as transport:
        backend = CognitoBackend(transport, config, clock=clock, entropy=SeededEntropy(5))
        client_side = AuthClient(
            backend, authenticator=passkeys, clock=clock, entropy=SeededEntropy(6), observer=watching
        )
        async with client_side as auth:
            run = Run(auth, clock, record, pool, passkeys)
            await trace(run)
    return transport, watching.seen, run.came_of_it
