"""The cancellation square: every verb, cancelled at every await, by scope and by ``task.cancel()``.

Every place where a verb can be cancelled is a *point*: before and after each call of the store, before a request
arrives at the backend and before its reply comes back, and inside the thread that does SRP's arithmetic. Each verb is
run once for every point, and cancelled there. Afterwards the run is unchanged, moved on or in doubt; it is never lost,
and nobody finds it busy. What somebody who is signed in holds is as before or as after, whole, and what is told agrees
with it. And the cancellation arrives where it was meant to.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping

import anyio
import anyio.from_thread
import anyio.lowlevel
import attrs
import pytest

from authsteps.adapters.cognito.backend import CognitoBackend
from authsteps.adapters.cognito.identity_pool import CognitoIdentityPool
from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.driver import RunHandle
from authsteps.engine.messages import Step
from authsteps.engine.ports import EncodedSnapshot
from authsteps.engine.store import MemoryRunStore
from authsteps.flows import srp, steps
from authsteps.flows.auth_events import AuthEventKind
from authsteps.flows.client import AuthClient
from authsteps.flows.errors import CodeMismatchError
from authsteps.flows.model import AuthFlow, CodeDelivery, DeliveryMedium, DeviceSecrets, MfaSetting, Tokens
from authsteps.flows.reset_password import reset_password
from authsteps.flows.service import AuthService
from authsteps.flows.sign_in import sign_in
from authsteps.flows.sign_up import sign_up
from authsteps.flows.stores import MemoryDeviceStore, MemoryTokenStore
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.samples import AnyFlow
from tests.flows.traces import codec
from tests.flows.world import (
    ALICE,
    COGNITO_NAME,
    DEVICE,
    IDENTITY,
    IDENTITY_POOL_ID,
    PASSWORD,
    POOL_ID,
    SrpServer,
    account_made,
    code_sent,
    config,
    issued,
    part,
    refreshed,
    signed_in,
    sms_wanted,
    tokens,
    told,
    totp_wanted,
    user,
)

SMS = CodeDelivery("+*******1234", DeliveryMedium.SMS)


class Points:
    """Counts the places that a call comes by, and cancels the call at one of them."""

    def __init__(self) -> None:
        self.count = 0
        self.cancel_at: int | None = None
        self.cancel: Callable[[], object] = lambda: None

    async def pass_by(self) -> None:
        self.note()
        await anyio.lowlevel.checkpoint()

    def note(self) -> None:
        self.count += 1
        if self.count == self.cancel_at:
            self.cancel()


class PointedStore:
    """A store that can be cancelled before and after it did what it was asked."""

    def __init__(self, points: Points, store: MemoryRunStore) -> None:
        self._points = points
        self._store = store

    async def load(self, run_id: str) -> EncodedSnapshot | None:
        await self._points.pass_by()
        stored = await self._store.load(run_id)
        await self._points.pass_by()
        return stored

    async def put(self, run_id: str, snapshot: EncodedSnapshot, expected_revision: int | None) -> None:
        await self._points.pass_by()
        await self._store.put(run_id, snapshot, expected_revision)
        await self._points.pass_by()

    async def discard(self, run_id: str) -> None:
        await self._points.pass_by()
        await self._store.discard(run_id)
        await self._points.pass_by()


class PointedArithmetic:
    """Arithmetic during which the caller can be cancelled. The thread goes on to its end."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._fast = srp.FastArithmetic()

    def power_of_g(self, exponent: int, /) -> int:
        return self._fast.power_of_g(exponent)

    def power(self, base: int, exponent: int, /) -> int:
        anyio.from_thread.run_sync(self._points.note)
        return self._fast.power(base, exponent)


class Pool:
    """A pool that asks for SRP, a code by SMS and an app's code. Wrong is every code with a 0 in it."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._srp = SrpServer()
        self.arrived: list[str] = []
        self.confirms = False

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        await self._points.pass_by()
        self.arrived.append(operation)
        try:
            return self._reply(operation, request)
        finally:
            await self._points.pass_by()

    def _reply(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        match operation, request.get("ChallengeName"):
            case "InitiateAuth", _ if request["AuthFlow"] == "USER_AUTH":
                return sms_wanted("sms")
            case "InitiateAuth", _ if request["AuthFlow"] == "USER_PASSWORD_AUTH":
                return signed_in("2", new_device=True)
            case "InitiateAuth", _:
                return self._srp.challenge(operation, request)
            case "GetTokensFromRefreshToken", _:
                return refreshed("2")
            case "ConfirmDevice", _:
                return {"UserConfirmationNecessary": True}
            case "GetId", _:
                return IDENTITY
            case "GetCredentialsForIdentity", _:
                return issued()
            case _, "PASSWORD_VERIFIER":
                return self._srp.then(sms_wanted("sms"))(operation, request)
            case _, "SMS_MFA":
                self._check(part(request, "ChallengeResponses")["SMS_MFA_CODE"])
                return totp_wanted("totp")
            case _, "SOFTWARE_TOKEN_MFA":
                return signed_in()
            case "SignUp", _:
                return account_made(confirmed=self.confirms)
            case "ForgotPassword" | "ResendConfirmationCode", _:
                return code_sent()
            case "GetUser", _:
                return user("SMS_MFA", "SOFTWARE_TOKEN_MFA")
            case _:
                self._check(str(request.get("ConfirmationCode", "")))
                return {}

    def _check(self, code: str) -> None:
        if "0" in code:
            raise ServiceError("CodeMismatchException", "Wrong")


@attrs.frozen
class Scene:
    """Everything that a verb can be cancelled in."""

    points: Points
    pool: Pool
    store: MemoryRunStore
    service: AuthService

    @classmethod
    def set(cls) -> "Scene":
        points, clock, entropy = Points(), VirtualClock(), SeededEntropy()
        pool, store = Pool(points), MemoryRunStore(clock)
        backend = CognitoBackend(pool, config(), clock=clock, entropy=entropy, arithmetic=PointedArithmetic(points))
        service = AuthService(backend, store=PointedStore(points, store), clock=clock, entropy=entropy)
        return cls(points, pool, store, service)

    async def stored(self, flow: AnyFlow, run: RunHandle) -> tuple[Step, bool] | None:
        """The step that a run stands at, as it is stored, and whether it is in doubt."""
        encoded = await self.store.load(run.run_id)
        if encoded is None:
            return None
        snapshot = codec(flow).decode(encoded.data)
        assert snapshot.busy_until is None, "nobody may find the run busy"
        step = flow.outstanding(snapshot)
        assert isinstance(step, Step)
        return step, snapshot.in_doubt


Verb = Callable[[AuthService, RunHandle], Awaitable[object]]
Prepare = Callable[[AuthService], Awaitable[RunHandle]]


async def nothing(service: AuthService) -> RunHandle:
    del service
    return RunHandle("nobody's")


async def to_sms(service: AuthService) -> RunHandle:
    run = (await service.sign_in(ALICE, PASSWORD)).run
    assert run is not None
    return run


async def to_totp(service: AuthService) -> RunHandle:
    run = await to_sms(service)
    await service.confirm_sign_in(run, "111111")
    return run


async def to_sign_up_code(service: AuthService) -> RunHandle:
    run = (await service.sign_up(ALICE, PASSWORD)).run
    assert run is not None
    return run


async def to_reset_code(service: AuthService) -> RunHandle:
    run = (await service.reset_password(ALICE)).run
    assert run is not None
    return run


@attrs.frozen
class Case:
    """A verb that answers a waiting run.

    Attributes:
        flow: The flow of the run.
        prepare: Leads to the step that the verb answers.
        verb: The verb.
        at: The step that the run stood at.
        then: The step that it moves on to; ``None`` if it is over then.
        points: How many points the verb comes by at the least: a figure that is too low would mean that the square has
            holes.
    """

    flow: AnyFlow
    prepare: Prepare
    verb: Verb
    at: type[Step]
    then: type[Step] | None
    points: int = 8


ANSWERS: Mapping[str, Case] = {
    "the code that leads to the next step": Case(
        sign_in,
        to_sms,
        lambda service, run: service.confirm_sign_in(run, "111111"),
        steps.ConfirmSignInWithSmsCode,
        steps.ConfirmSignInWithTotpCode,
    ),
    "the code that signs in": Case(
        sign_in,
        to_totp,
        lambda service, run: service.confirm_sign_in(run, "222222"),
        steps.ConfirmSignInWithTotpCode,
        None,
    ),
    "the code that confirms an account": Case(
        sign_up,
        to_sign_up_code,
        lambda service, run: service.confirm_sign_up(ALICE, "111111", run=run),
        steps.ConfirmSignUpWithCode,
        None,
    ),
    "the wish for another code": Case(
        sign_up,
        to_sign_up_code,
        lambda service, run: service.resend_sign_up_code(ALICE, run=run),
        steps.ConfirmSignUpWithCode,
        steps.ConfirmSignUpWithCode,
    ),
    "the code that resets a password": Case(
        reset_password,
        to_reset_code,
        lambda service, run: service.confirm_reset_password(ALICE, "new", "111111", run=run),
        steps.ConfirmResetPasswordWithCode,
        None,
    ),
}

BEGINNINGS: Mapping[str, tuple[Verb, int]] = {
    "sign_in": (lambda service, _: service.sign_in(ALICE, PASSWORD), 7),
    "sign_up": (lambda service, _: service.sign_up(ALICE, PASSWORD), 4),
    "reset_password": (lambda service, _: service.reset_password(ALICE), 4),
}

# How a call is cancelled. Each returns whether it got to the point, and thereby was cancelled.

Cancel = Callable[[Points, Awaitable[object]], Awaitable[bool]]


async def by_scope(points: Points, verb: Awaitable[object]) -> bool:
    with anyio.CancelScope() as scope:
        points.cancel = scope.cancel
        await verb
    if points.cancel_at is not None and points.count >= points.cancel_at:
        assert scope.cancelled_caught, "the cancellation was swallowed"
    return scope.cancelled_caught


async def by_task(points: Points, verb: Awaitable[object]) -> bool:
    task = asyncio.ensure_future(verb)
    points.cancel = task.cancel
    await asyncio.wait([task])
    if points.cancel_at is not None and points.count >= points.cancel_at:
        assert task.cancelled(), "the cancellation was swallowed"
    return task.cancelled()


async def twice_by_task(points: Points, verb: Awaitable[object]) -> bool:
    """Cancel at the point, and once more at the point that the tidying-up then comes by."""
    task = asyncio.ensure_future(verb)

    def cancel() -> None:
        task.cancel()
        if points.cancel_at is not None:
            points.cancel_at += 1
            points.cancel = task.cancel

    points.cancel = cancel
    await asyncio.wait([task])
    return task.cancelled()


async def every_point(
    prepare: Prepare, verb: Verb, cancel: Cancel, look: Callable[[Scene, RunHandle], Awaitable[None]]
) -> int:
    """Run a verb once for every point, cancel it there, and look at what is left. Return how many points there are."""
    point = 1
    while True:
        scene = Scene.set()
        run = await prepare(scene.service)
        scene.points.count, scene.points.cancel_at = 0, point
        scene.pool.arrived.clear()
        was_cancelled = await cancel(scene.points, verb(scene.service, run))
        scene.points.cancel_at = None
        if not was_cancelled:
            return point - 1
        await look(scene, run)
        point += 1


async def check_an_answer(case: Case, cancel: Cancel) -> None:
    seen: set[str] = set()

    async def look(scene: Scene, run: RunHandle) -> None:
        stored = await scene.stored(case.flow, run)
        if stored is None:
            assert case.then is None, "the run is lost"
            assert scene.pool.arrived
            seen.add("over")
            return
        step, in_doubt = stored
        assert type(step) in (case.at, case.then)
        if type(step) is case.at and case.at is not case.then:
            assert in_doubt or not scene.pool.arrived, "the answer arrived, and nobody would know"
            seen.add("in doubt" if in_doubt else "unchanged")
            await case.verb(scene.service, run)  # and it can be answered
        else:
            seen.add("moved on")

    points = await every_point(case.prepare, case.verb, cancel, look)
    assert points >= case.points
    if case.at is not case.then:
        assert seen == {"unchanged", "in doubt", "moved on" if case.then is not None else "over"}


async def check_a_beginning(verb: Verb, least: int, cancel: Cancel) -> None:
    async def look(scene: Scene, run: RunHandle) -> None:
        del run
        assert len(scene.store) == 0, "somebody's run is left, and nobody has its handle"
        await verb(scene.service, RunHandle("nobody's"))  # and it can be done again

    assert await every_point(nothing, verb, cancel, look) >= least


by_every_answer = pytest.mark.parametrize("case", ANSWERS.values(), ids=[*ANSWERS])
by_every_beginning = pytest.mark.parametrize(("verb", "least"), BEGINNINGS.values(), ids=[*BEGINNINGS])


@by_every_answer
async def test_an_answer_that_is_cancelled_by_scope_never_loses_the_run(case: Case, each_backend: str) -> None:
    await check_an_answer(case, by_scope)


@by_every_answer
@pytest.mark.parametrize("cancel", [by_task, twice_by_task])
async def test_an_answer_that_is_cancelled_by_task_never_loses_the_run(case: Case, cancel: Cancel) -> None:
    await check_an_answer(case, cancel)


@by_every_beginning
async def test_a_beginning_that_is_cancelled_by_scope_leaves_nothing(verb: Verb, least: int, each_backend: str) -> None:
    await check_a_beginning(verb, least, by_scope)


@by_every_beginning
@pytest.mark.parametrize("cancel", [by_task, twice_by_task])
async def test_a_beginning_that_is_cancelled_by_task_leaves_nothing(verb: Verb, least: int, cancel: Cancel) -> None:
    await check_a_beginning(verb, least, cancel)


async def test_a_refusal_that_is_cancelled_leaves_the_run_at_its_step(each_backend: str) -> None:
    async def wrong_code(service: AuthService, run: RunHandle) -> None:
        with pytest.raises(CodeMismatchError):
            await service.confirm_sign_in(run, "000000")

    async def look(scene: Scene, run: RunHandle) -> None:
        stored = await scene.stored(sign_in, run)
        assert stored is not None
        step, in_doubt = stored
        assert isinstance(step, steps.ConfirmSignInWithSmsCode)
        assert in_doubt or not scene.pool.arrived or scene.points.count > 6, "the answer arrived, and nobody would know"
        await scene.service.confirm_sign_in(run, "111111")

    assert await every_point(to_sms, wrong_code, by_scope, look) >= 8


@pytest.mark.parametrize("cancel", [by_scope, by_task])
async def test_reading_and_abandoning_a_run_can_be_cancelled_too(cancel: Cancel) -> None:
    async def look(scene: Scene, run: RunHandle) -> None:
        stored = await scene.stored(sign_in, run)
        assert stored is None or isinstance(stored[0], steps.ConfirmSignInWithSmsCode)

    assert await every_point(to_sms, lambda service, run: service.next_step(run), cancel, look) == 2
    assert await every_point(to_sms, lambda service, run: service.abandon(run), cancel, look) == 2


async def test_a_timeout_of_asyncio_is_a_cancellation_like_any_other() -> None:
    scene = Scene.set()
    run = await to_sms(scene.service)
    scene.points.count, scene.points.cancel_at = 0, 6  # the answer has arrived

    async def answer_in_time() -> None:
        async with asyncio.timeout(None) as timeout:
            scene.points.cancel = lambda: timeout.reschedule(0)
            await scene.service.confirm_sign_in(run, "111111")

    with pytest.raises(TimeoutError):
        await answer_in_time()
    assert await scene.stored(sign_in, run) == (steps.ConfirmSignInWithSmsCode(SMS), True)


# From a sign-up to a sign-in: two runs, of which at most one is anybody's


@pytest.mark.parametrize("cancel", [by_scope, by_task, twice_by_task])
async def test_a_sign_in_that_follows_a_sign_up_is_nobodys_if_it_is_cancelled(cancel: Cancel) -> None:
    async def to_auto_sign_in(scene: Scene) -> RunHandle:
        scene.pool.confirms = True
        return await to_sign_up_code(scene.service)

    point, seen = 1, set[int]()
    while True:
        scene = Scene.set()
        run = await to_auto_sign_in(scene)
        scene.points.count, scene.points.cancel_at = 0, point
        was_cancelled = await cancel(scene.points, scene.service.auto_sign_in(run))
        scene.points.cancel_at = None
        if not was_cancelled:
            break
        # The sign-up is there to be tried again, or over. A sign-in that nobody has the handle of is not there.
        left = await scene.stored(sign_up, run)
        assert len(scene.store) == (1 if left is not None else 0)
        seen.add(len(scene.store))
        if left is not None:
            assert isinstance(left[0], steps.CompleteAutoSignIn)
            assert (await scene.service.auto_sign_in(run)).run is not None
        point += 1
    assert point > 8
    assert 1 in seen


class StuckStore(MemoryRunStore):
    """A store that has something happen when a sign-up is to be ended, and may forget nothing."""

    def __init__(self, clock: VirtualClock, happen: Callable[[], None], *, forgets: bool) -> None:
        super().__init__(clock)
        self._happen = happen
        self._forgets = forgets
        self._puts = 0

    async def put(self, run_id: str, snapshot: EncodedSnapshot, expected_revision: int | None) -> None:
        self._puts += 1
        if self._puts == 3:  # a sign-up, a sign-in, and now the claim of the sign-up
            self._happen()
            await anyio.lowlevel.checkpoint()
        await super().put(run_id, snapshot, expected_revision)

    async def discard(self, run_id: str) -> None:
        if not self._forgets:
            raise OSError("nothing can be forgotten")
        await super().discard(run_id)


async def signed_up(happen: Callable[[], None], *, forgets: bool) -> tuple[AuthService, MemoryRunStore, RunHandle]:
    clock, pool = VirtualClock(), Pool(Points())
    pool.confirms = True
    store = StuckStore(clock, happen, forgets=forgets)
    backend = CognitoBackend(pool, config(), clock=clock, entropy=SeededEntropy())
    service = AuthService(backend, store=store, clock=clock, entropy=SeededEntropy(1))
    return service, store, await to_sign_up_code(service)


async def test_a_store_that_fails_after_a_sign_up_does_not_swallow_the_cancellation(each_backend: str) -> None:
    notes: list[str] = []
    with anyio.CancelScope() as scope:
        service, _, run = await signed_up(scope.cancel, forgets=False)
        try:
            await service.auto_sign_in(run)
        except anyio.get_cancelled_exc_class() as cancelled:
            notes.extend(cancelled.__notes__)
            raise
    assert scope.cancelled_caught
    assert notes[-1] == "the store failed as well (OSError); a sign-in that nobody can answer waits in it"


async def test_a_sign_up_that_could_not_be_ended_leaves_no_sign_in_that_nobody_can_answer(each_backend: str) -> None:
    def fail() -> None:
        raise OSError("the disk is full")

    service, store, run = await signed_up(fail, forgets=True)
    with pytest.raises(OSError, match="the disk is full"):
        await service.auto_sign_in(run)
    assert len(store) == 1
    assert (await service.auto_sign_in(run)).run is not None


# Somebody who is signed in


class PointedTokenStore(MemoryTokenStore):
    """A token store that can be cancelled before and after it did what it was asked."""

    def __init__(self, points: Points) -> None:
        super().__init__()
        self._points = points

    async def load(self) -> Tokens | None:
        await self._points.pass_by()
        return await super().load()

    async def save(self, tokens: Tokens) -> None:
        await self._points.pass_by()
        await super().save(tokens)
        await self._points.pass_by()

    async def clear(self) -> None:
        await self._points.pass_by()
        await super().clear()
        await self._points.pass_by()


class PointedDeviceStore(MemoryDeviceStore):
    """The same for devices."""

    def __init__(self, points: Points) -> None:
        super().__init__()
        self._points = points

    async def load(self, username: str) -> DeviceSecrets | None:
        await self._points.pass_by()
        return await super().load(username)

    async def save(self, username: str, device: DeviceSecrets, aliases: Collection[str] = ()) -> None:
        await self._points.pass_by()
        await super().save(username, device, aliases)
        await self._points.pass_by()

    async def forget(self, username: str) -> None:
        await self._points.pass_by()
        await super().forget(username)
        await self._points.pass_by()


@attrs.frozen
class Home:
    """One person's client, and everything that a verb of it can be cancelled in."""

    points: Points
    pool: Pool
    tokens: PointedTokenStore
    devices: PointedDeviceStore
    client: AuthClient

    @classmethod
    async def of(cls, held: Tokens | None, device: DeviceSecrets | None) -> "Home":
        points, clock, entropy = Points(), VirtualClock(), SeededEntropy()
        pool, kept, devices = Pool(points), PointedTokenStore(points), PointedDeviceStore(points)
        if held is not None:
            await kept.save(held)
        if device is not None:
            await devices.save(COGNITO_NAME, device)
        client = AuthClient(
            CognitoBackend(pool, config(), clock=clock, entropy=entropy, arithmetic=PointedArithmetic(points)),
            tokens=kept,
            devices=devices,
            identity_pool=CognitoIdentityPool(pool, identity_pool_id=IDENTITY_POOL_ID, user_pool_id=POOL_ID),
            clock=clock,
            entropy=entropy,
        )
        return cls(points, pool, kept, devices, client)

    async def left(self) -> tuple[Tokens | None, bool]:
        """The tokens that are kept, and whether a device is."""
        device = await MemoryDeviceStore.load(self.devices, COGNITO_NAME)
        return await MemoryTokenStore.load(self.tokens), device is not None


@attrs.frozen
class Change:
    """A verb that changes what is kept.

    Attributes:
        verb: The verb.
        held: The tokens that are held before.
        device: The device that is kept before.
        operation: The operation after which the change holds.
        after: The tokens that are held after it, and whether a device is kept.
        told: What is told of it.
    """

    verb: Callable[[AuthClient], Awaitable[object]]
    held: Tokens | None
    device: DeviceSecrets | None
    operation: str
    after: tuple[Tokens | None, bool]
    told: tuple[AuthEventKind, ...]


CHANGES: Mapping[str, Change] = {
    "signing in": Change(
        lambda client: client.sign_in(ALICE, PASSWORD, flow=AuthFlow.USER_PASSWORD_AUTH),
        None,
        None,
        "ConfirmDevice",
        (tokens("2"), True),
        (AuthEventKind.SIGNED_IN,),
    ),
    "refreshing": Change(
        lambda client: client.fetch_auth_session(force_refresh=True),
        tokens("1"),
        DEVICE,
        "GetTokensFromRefreshToken",
        (tokens("2"), True),
        (AuthEventKind.TOKEN_REFRESHED,),
    ),
    "deleting the user": Change(
        lambda client: client.delete_user(),
        tokens("1"),
        DEVICE,
        "DeleteUser",
        (None, False),
        (AuthEventKind.SIGNED_OUT, AuthEventKind.USER_DELETED),
    ),
}
by_every_change = pytest.mark.parametrize("change", CHANGES.values(), ids=[*CHANGES])


async def check_a_change(change: Change, cancel: Cancel) -> None:
    before = (change.held, change.device is not None)
    point, seen = 1, set[tuple[Tokens | None, bool]]()
    while True:
        home = await Home.of(change.held, change.device)
        async with home.client.events.subscribe() as stream:
            home.points.count, home.points.cancel_at = 0, point
            was_cancelled = await cancel(home.points, change.verb(home.client))
            home.points.cancel_at = None
            if not was_cancelled:
                break
            left, heard = await home.left(), tuple(event.kind for event in await told(stream))
        assert left in (before, change.after)
        assert heard == (() if left == before else change.told)
        if left != before:
            assert change.operation in home.pool.arrived
        seen.add(left)
        point += 1
        await home.client.fetch_auth_session()  # and the next call is let in
    assert seen == {before, change.after}


@by_every_change
async def test_what_is_kept_changes_as_a_whole_or_not_at_all_by_scope(change: Change, each_backend: str) -> None:
    await check_a_change(change, by_scope)


@by_every_change
@pytest.mark.parametrize("cancel", [by_task, twice_by_task])
async def test_what_is_kept_changes_as_a_whole_or_not_at_all_by_task(change: Change, cancel: Cancel) -> None:
    await check_a_change(change, cancel)


@pytest.mark.parametrize("cancel", [by_scope, by_task, twice_by_task])
async def test_a_sign_out_that_is_cancelled_after_it_looked_forgets_the_tokens_all_the_same(cancel: Cancel) -> None:
    point = 1
    while True:
        home = await Home.of(tokens("1"), DEVICE)
        async with home.client.events.subscribe() as stream:
            home.points.count, home.points.cancel_at = 0, point
            was_cancelled = await cancel(home.points, home.client.sign_out(global_=True))
            home.points.cancel_at = None
            if not was_cancelled:
                break
            heard = [event.kind for event in await told(stream)]
        # Before the first point's end nobody knew whether there was somebody to sign out.
        looked = point > 1
        assert await home.left() == (None if looked else tokens("1"), True)
        assert heard == ([AuthEventKind.SIGNED_OUT] if looked else [])
        point += 1
    assert point >= 8


READS: Mapping[str, Callable[[AuthClient], Awaitable[object]]] = {
    "remembering the device": lambda client: client.remember_device(),
    "reading attributes": lambda client: client.fetch_user_attributes(),
    "changing the password": lambda client: client.update_password(PASSWORD, "new"),
    "getting credentials": lambda client: client.fetch_auth_session(),
    "switching a factor on": lambda client: client.update_mfa_preference(totp=MfaSetting.ENABLED),
}


@pytest.mark.parametrize("verb", READS.values(), ids=[*READS])
@pytest.mark.parametrize("cancel", [by_scope, by_task, twice_by_task])
async def test_any_other_verb_that_is_cancelled_leaves_the_tokens_and_lets_the_next_one_in(
    verb: Callable[[AuthClient], Awaitable[object]], cancel: Cancel
) -> None:
    point = 1
    while True:
        home = await Home.of(tokens("1"), DEVICE)
        home.points.count, home.points.cancel_at = 0, point
        was_cancelled = await cancel(home.points, verb(home.client))
        home.points.cancel_at = None
        if not was_cancelled:
            break
        assert await home.left() == (tokens("1"), True)
        await verb(home.client)
        point += 1
    assert point > 3
