"""One trace of verbs over the fake pool, over a script of its replies, and over HTTP: the same requests, way and end.

So nothing decides what a flow does but what crosses the one border for I/O: a test on a scripted transport speaks of
the same code as one on the fake, and what holds in the process holds through aiobotocore, JSON and a socket.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TypeVar

import attrs
import pytest

from authsteps.adapters.cognito.aws import AwsTransport
from authsteps.adapters.cognito.scripted import Call, Reply, ScriptedTransport
from authsteps.adapters.cognito.transport import Json, ServiceError, Transport
from authsteps.adapters.fake import FakeCognito, FakeUserPool
from authsteps.adapters.fake.server import cognito_app, listen, serving
from tests.contract.sign_in_traces import TRACES, Diary, Recording, Trace, Way, sign_up_and_in, walk

T = TypeVar("T", bound=Transport)

with_and_without_secret = pytest.mark.parametrize("with_secret", [False, True], ids=["no secret", "secret"])
every_trace = pytest.mark.parametrize("trace", TRACES, ids=[trace.__name__ for trace in TRACES])


@asynccontextmanager
async def in_the_process(pool: FakeUserPool) -> AsyncGenerator[Recording, None]:
    """The pool itself."""
    yield Recording(pool)


def always(transport: T) -> Way[T]:
    """A transport that knows no pool."""

    @asynccontextmanager
    async def way(_: FakeUserPool) -> AsyncGenerator[T, None]:
        yield transport

    return way


class RecordingCognito(FakeCognito):
    """A region that writes down what arrives."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[Call] = []

    async def call(
        self, operation: str, request: Mapping[str, Json], *, new_id: str | None = None
    ) -> Mapping[str, Json]:
        self.calls.append(Call(operation, request))
        return await super().call(operation, request, new_id=new_id)


@attrs.frozen
class Served:
    """A region behind a port of this machine, and a client of it: both for a whole module, for a client is dear."""

    cognito: RecordingCognito
    client: AwsTransport

    @asynccontextmanager
    async def over_http(self, pool: FakeUserPool) -> AsyncGenerator[Recording, None]:
        """A pool, for as long as it is one of the region's."""
        self.cognito.calls.clear()
        self.cognito.add_pool(pool)
        yield Recording(self.client)
        await self.cognito.call("DeleteUserPool", {"UserPoolId": pool.id})


@pytest.fixture(scope="module")
async def served(no_aws_settings: pytest.MonkeyPatch) -> AsyncGenerator[Served, None]:
    listener, cognito = await listen(), RecordingCognito()
    async with (
        serving(cognito_app(cognito), listener),
        AwsTransport.open("eu-west-1", endpoint_url=listener.url) as client,
    ):
        yield Served(cognito, client)


@pytest.mark.usefixtures("each_backend")
@with_and_without_secret
@every_trace
async def test_a_trace_goes_the_same_way_over_the_fake_and_over_its_recorded_replies(
    trace: Trace,
    with_secret: bool,  # noqa: FBT001  # a column of the table
) -> None:
    diary = Diary()
    recording, over_the_fake, came_of_it = await walk(trace, diary, over=in_the_process, with_secret=with_secret)
    script = ScriptedTransport(*recording.replies)
    _, over_the_script, came_again = await walk(
        trace, Diary(diary.written), over=always(script), with_secret=with_secret
    )

    assert over_the_script == over_the_fake
    assert came_again == came_of_it
    assert script.calls == recording.calls
    assert not script.unused


@with_and_without_secret
@every_trace
async def test_a_trace_goes_the_same_way_over_http_as_in_the_process(
    trace: Trace,
    with_secret: bool,  # noqa: FBT001  # a column of the table
    served: Served,
) -> None:
    diary = Diary()
    recording, in_process, came_of_it = await walk(trace, diary, over=in_the_process, with_secret=with_secret)
    returned, over_http, came_again = await walk(
        trace, Diary(diary.written), over=served.over_http, with_secret=with_secret
    )

    assert over_http == in_process
    assert came_again == came_of_it
    assert served.cognito.calls[:-1] == recording.calls  # the last one took the pool away
    assert comparable(returned.replies) == comparable(recording.replies)


def comparable(replies: Sequence[Reply]) -> list[object]:
    """Errors compare by who they are; put in their place what they say."""
    return [reply.args if isinstance(reply, ServiceError) else reply for reply in replies]


# Signing up and in, as three of the traces begin.
_BEGINNING = [
    "UserNotFoundError",
    "InvalidPasswordError",
    "ConfirmSignUpWithCode",
    "ConfirmSignUp",
    "CodeDelivery",
    "CodeMismatchError",
    "CompleteAutoSignIn",
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
    "auto_sign_in": [
        "InvalidStateError",
        "ConfirmSignUpWithCode",
        "InvalidStateError",
        "CompleteAutoSignIn",
        "Done",
        "AuthUser",
        "SignOutComplete",
        "InvalidStateError",
    ],
    "a_factor_of_choice": [
        "ContinueSignInWithFirstFactorSelection",
        "InvalidInputError",
        "ConfirmSignInWithOtpCode",
        "CodeMismatchError",
        "Done",
        "SignOutComplete",
        "ConfirmSignInWithOtpCode",
        "Done",
        "SignOutComplete",
        "InvalidInputError",
        "Done",
        "SignOutComplete",
        "Done",
        "SignOutComplete",
        "ContinueSignInWithFirstFactorSelection",
        "ConfirmSignInWithPassword",
        "NotAuthorizedError",
        "UnknownRunError",
        "ContinueSignInWithFirstFactorSelection",
        "ConfirmSignInWithPassword",
        "Done",
        "SignOutComplete",
        "ContinueSignInWithFirstFactorSelection",
        "ConfirmSignInWithPassword",
        "NotAuthorizedError",
        "UnknownRunError",
        "ContinueSignInWithFirstFactorSelection",
        "ConfirmSignInWithPassword",
        "Done",
        "SignOutComplete",
    ],
    "second_factors_set_up_on_the_way": [
        "ContinueSignInWithMfaSetupSelection",
        "ContinueSignInWithTotpSetup",
        "CodeMismatchError",
        "Done",
        "SignOutComplete",
        "ConfirmSignInWithTotpCode",
        "Done",
        "SignOutComplete",
        "ContinueSignInWithMfaSetupSelection",
        "ContinueSignInWithEmailMfaSetup",
        "InvalidInputError",
        "ConfirmSignInWithOtpCode",
        "Done",
        "MfaPreference",
    ],
    "second_factors_to_choose_from": [
        "Done",
        "NoneType",
        "SignOutComplete",
        "ContinueSignInWithMfaSelection",
        "InvalidInputError",
        "ConfirmSignInWithOtpCode",
        "Done",
        "NoneType",
        "SignOutComplete",
        "ConfirmSignInWithSmsCode",
        "Done",
        "MfaPreference",
    ],
    "a_device_that_is_known": [
        "ConfirmSignInWithSmsCode",
        "Done",
        "Device",
        "tuple",
        "SignOutComplete",
        "Done",
        "SignOutComplete",
        "Done",
        "AuthSession",
        "SignOutComplete",
        "ConfirmSignInWithSmsCode",
        "Done",
        "NoneType",
        "DeviceNotTrackedError",
        "SignOutComplete",
        "ConfirmSignInWithSmsCode",
    ],
    "a_device_that_must_be_remembered": [
        "ConfirmSignInWithSmsCode",
        "Done",
        "SignOutComplete",
        "ConfirmSignInWithSmsCode",
        "Done",
        "SignOutComplete",
        "ConfirmSignInWithSmsCode",
        "Done",
        "NoneType",
        "NoneType",
        "SignOutComplete",
        "Done",
    ],
    "a_question_of_the_pools_own": [
        "InvalidInputError",
        "ConfirmSignInWithCustomChallenge",
        "ConfirmSignInWithCustomChallenge",
        "Done",
        "SignOutComplete",
        "ConfirmSignInWithCustomChallenge",
        "ConfirmSignInWithCustomChallenge",
        "ConfirmSignInWithCustomChallenge",
        "NotAuthorizedError",
        "NotAuthorizedError",
        "NotAuthorizedError",
        "ConfirmSignInWithCustomChallenge",
        "Done",
    ],
    "a_passkey": [
        "ContinueSignInWithFirstFactorSelection",
        "Done",
        "NoneType",
        "tuple",
        "SignOutComplete",
        "Done",
        "SignOutComplete",
        "ContinueSignInWithFirstFactorSelection",
        "Done",
        "NoneType",
        "SignOutComplete",
        "ContinueSignInWithFirstFactorSelection",
        "InvalidInputError",
    ],
    "an_account_that_is_looked_after": [
        "ConfirmSignInWithNewPassword",
        "InvalidInputError",
        "Done",
        "dict",
        "dict",
        "CodeMismatchError",
        "NoneType",
        "CodeDelivery",
        "NoneType",
        "dict",
        "NotAuthorizedError",
        "InvalidPasswordError",
        "NoneType",
        "NoneType",
        "SignedOutError",
        "UserNotFoundError",
    ],
}


ENDS: Mapping[str, str] = {
    "a_reset_is_required": "PASSWORD_RESET_REQUIRED",
    "auto_sign_in": "SIGNED_UP",
    "a_device_that_is_known": "AWAITING_SMS_CODE",
    "a_passkey": "AWAITING_FIRST_FACTOR",
    "an_account_that_is_looked_after": "REFUSED",
}
"""The state that the last advance of a trace led to, where nobody is signed in by it."""


@pytest.mark.usefixtures("each_backend")
@every_trace
async def test_a_trace_over_the_fake_comes_by_these_steps_and_refusals(trace: Trace) -> None:
    _, seen, came_of_it = await walk(trace, Diary(), over=in_the_process, with_secret=False)

    assert [came.name for came in came_of_it] == OUTLINES[trace.__name__]
    assert seen[-1].target == ENDS.get(trace.__name__, "SIGNED_IN")


@pytest.mark.usefixtures("each_backend")
async def test_another_reply_leads_another_way() -> None:
    """Otherwise the comparison of the two transports would compare nothing."""
    diary = Diary()
    recording, over_the_fake, came_of_it = await walk(sign_up_and_in, diary, over=in_the_process, with_secret=False)
    refused = ServiceError("NotAuthorizedException", "Incorrect username or password.")
    script = ScriptedTransport(*recording.replies[:-1], refused, refused)
    _, over_the_script, came_again = await walk(
        sign_up_and_in, Diary(diary.written), over=always(script), with_secret=False
    )

    assert over_the_script != over_the_fake
    assert came_again != came_of_it
