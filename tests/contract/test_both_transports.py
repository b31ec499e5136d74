"""One trace of verbs over the fake pool and over a script of its replies: the same requests, the same way and end.

So nothing decides what a flow does but what crosses the one border for I/O, and a test on a scripted transport speaks
of the same code as one on the fake.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

import attrs
import pytest
from pyotp.totp import TOTP

from authsteps.adapters.cognito.backend import CognitoBackend
from authsteps.adapters.cognito.protocol import CognitoConfig
from authsteps.adapters.cognito.scripted import Call, Reply, ScriptedTransport
from authsteps.adapters.cognito.transport import Json, ServiceError, Transport
from authsteps.adapters.fake import FakeUserPool, Purpose, UserStatus
from authsteps.engine.errors import AuthStepsError
from authsteps.engine.ports import Observation
from authsteps.flows import AuthClient, AuthFlow, MfaSetting
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

pytestmark = pytest.mark.usefixtures("each_backend")


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


T = TypeVar("T", bound=Transport)
Trace: TypeAlias = Callable[[Run], Awaitable[None]]
TRACES = [sign_up_and_in, totp_and_sessions, reset, new_password_and_sms, a_reset_is_required]


async def walk(
    trace: Trace, record: Diary, *, over: Callable[[FakeUserPool], T], with_secret: bool
) -> tuple[T, list[Observation], list[Outcome]]:
    """Walk along a trace, with the same clock and the same entropy every time."""
    clock, watching = VirtualClock(), Watching()
    pool = FakeUserPool(clock=clock, entropy=SeededEntropy(7), signing_keys=load_signing_keys())
    client = pool.add_client(with_secret=with_secret, explicit_auth_flows=ALL_FLOWS)
    transport = over(pool)
    config = CognitoConfig(pool.id, client.client_id, client.client_secret)
    backend = CognitoBackend(transport, config, clock=clock, entropy=SeededEntropy(5))
    async with AuthClient(backend, clock=clock, entropy=SeededEntropy(6), observer=watching) as auth:
        run = Run(auth, clock, record, pool)
        await trace(run)
    return transport, watching.seen, run.came_of_it


@pytest.mark.parametrize("with_secret", [False, True], ids=["no secret", "secret"])
@pytest.mark.parametrize("trace", TRACES, ids=[trace.__name__ for trace in TRACES])
async def test_a_trace_goes_the_same_way_over_the_fake_and_over_its_recorded_replies(
    trace: Trace,
    with_secret: bool,  # noqa: FBT001  # a column of the table
) -> None:
    diary = Diary()
    recording, over_the_fake, came_of_it = await walk(trace, diary, over=Recording, with_secret=with_secret)
    script = ScriptedTransport(*recording.replies)
    _, over_the_script, came_again = await walk(
        trace, Diary(diary.written), over=lambda _: script, with_secret=with_secret
    )

    assert over_the_script == over_the_fake
    assert came_again == came_of_it
    assert script.calls == recording.calls
    assert not script.unused


# Signing up and in, as three of the traces begin.
_BEGINNING = [
    "UserNotFoundError",
    "InvalidPasswordError",
    "ConfirmSignUpWithCode",
    "ConfirmSignUp",
    "CodeDelivery",
    "CodeMismatchError",
    "SignUpDone",
    "NotAuthorizedError",
    "Done",
    "AuthUser",
    "UserAlreadySignedInError",
]
OUTLINES: Mapping[str, Sequence[str]] = {
    "sign_up_and_in": _BEGINNING,
    "totp_and_sessions": [
        *_BEGINNING,
        "TotpSetup",
        "CodeMismatchError",
        "NoneType",
        "InvalidParameterError",
        "NoneType",
        "MfaPreference",
        "SignOutComplete",
        "ConfirmSignInWithTotpCode",
        "CodeMismatchError",
        "ConfirmSignInWithTotpCode",
        "Done",
        "AuthSession",
        "AuthSession",
        "AuthSession",
        "SignOutComplete",
        "AuthSession",
        "SignedOutError",
    ],
    "reset": [
        *_BEGINNING,
        "SignOutComplete",
        "UserNotFoundError",
        "ConfirmResetPasswordWithCode",
        "InvalidPasswordError",
        "CodeMismatchError",
        "PasswordResetDone",
        "NotAuthorizedError",
        "Done",
    ],
    "new_password_and_sms": [
        "ConfirmSignInWithNewPassword",
        "InvalidPasswordError",
        "Done",
        "NoneType",
        "SignOutComplete",
        "ConfirmSignInWithSmsCode",
        "CodeMismatchError",
        "NotAuthorizedError",
        "NoneType",
        "ConfirmSignInWithSmsCode",
        "Done",
    ],
    "a_reset_is_required": [*["NotAuthorizedError"] * 6, "ResetPassword"],
}


@pytest.mark.parametrize("trace", TRACES, ids=[trace.__name__ for trace in TRACES])
async def test_a_trace_over_the_fake_comes_by_these_steps_and_refusals(trace: Trace) -> None:
    _, seen, came_of_it = await walk(trace, Diary(), over=Recording, with_secret=False)

    assert [came.name for came in came_of_it] == OUTLINES[trace.__name__]
    assert seen[-1].target == ("PASSWORD_RESET_REQUIRED" if trace is a_reset_is_required else "SIGNED_IN")


async def test_another_reply_leads_another_way() -> None:
    """Otherwise the comparison of the two transports would compare nothing."""
    diary = Diary()
    recording, over_the_fake, came_of_it = await walk(sign_up_and_in, diary, over=Recording, with_secret=False)
    refused = ServiceError("NotAuthorizedException", "Incorrect username or password.")
    script = ScriptedTransport(*recording.replies[:-1], refused, refused)
    _, over_the_script, came_again = await walk(
        sign_up_and_in, Diary(diary.written), over=lambda _: script, with_secret=False
    )

    assert over_the_script != over_the_fake
    assert came_again != came_of_it
