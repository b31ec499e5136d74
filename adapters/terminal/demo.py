"""The demo: a walk through the whole library against a fake pool, which checks what it sees.

It prints only what an observer was told. Wherever the pool ought to refuse, it tries: a pool that lets a wrong password
or a wrong code through, or that signs with a key which it does not publish, makes the demo fail.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

import attrs
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pyotp.totp import TOTP

from authsteps.adapters.fake import DeviceConfiguration, ExplicitAuthFlow, FakeUserPool, FirstFactor, Purpose
from authsteps.engine import AuthStepsError, Clock, Effect, Event, Secret, SystemClock
from authsteps.flows import (
    FLOWS,
    AuthClient,
    AuthFlow,
    Backend,
    CodeMismatchError,
    DeviceRefusedError,
    FactorType,
    MemoryDeviceStore,
    MfaSetting,
    NotAuthorizedError,
    SignInResult,
    SignOutComplete,
    Tokens,
    effects,
    steps,
)

from .show import Show

__all__ = ["DemoClock", "DemoFailedError", "run_demo"]

_USERNAME = "alice"
_NEWCOMER = "bob"
_PASSWORD = "Correct-horse-7"
_WRONG_PASSWORD = "Incorrect-horse-7"
_TOTP_STEP = timedelta(seconds=30)


class DemoFailedError(AuthStepsError):
    """Something that ought to hold does not."""


class DemoClock:
    """The machine's clock, which can be put forward."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._ahead = timedelta()

    def now(self) -> datetime:
        """Return the instant that the clock shows."""
        return self._clock.now() + self._ahead

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return self._clock.monotonic()

    def put_forward(self, by: timedelta) -> None:
        """Let time pass without waiting for it."""
        self._ahead += by


class _Watched:
    """A backend that tells of the exchanges which belong to no flow; those of a flow come from its observer."""

    def __init__(self, backend: Backend, clock: Clock, show: Show) -> None:
        self._backend = backend
        self._clock = clock
        self._show = show
        self._in_flows = {node.holds for flow in FLOWS.values() for node in flow.nodes.values()}

    @property
    def performs(self) -> Collection[type[Effect]]:
        return self._backend.performs

    async def perform(self, effect: Effect) -> Event:
        began = self._clock.monotonic()
        event = await self._backend.perform(effect)
        if self._belongs_to_no_flow(effect):
            took = timedelta(seconds=self._clock.monotonic() - began)
            self._show.exchanged(type(effect).__name__, type(event).__name__, took)
        return event

    def _belongs_to_no_flow(self, effect: Effect) -> bool:
        match effect:
            case effects.AssociateSoftwareToken(access_token=token) | effects.VerifySoftwareToken(access_token=token):
                return token is not None  # with a backend session they are part of a sign-in
            case _:
                return type(effect) not in self._in_flows


async def run_demo(show: Show, pool: FakeUserPool, clock: DemoClock) -> None:
    """Walk from sign-up to refresh.

    Args:
        show: Where to show it.
        pool: The pool, on ``clock``.
        clock: The clock of pool and client.

    Raises:
        DemoFailedError: Something that ought to hold does not.
        AuthStepsError: A verb failed that ought to succeed.
    """
    devices = MemoryDeviceStore()
    backend = _Watched(pool.backend(), clock, show)
    async with AuthClient(backend, devices=devices, clock=clock, observer=show) as auth:
        show.heading("Sign up, and confirm with the code from the outbox")
        await auth.sign_up(_USERNAME, _PASSWORD, attributes={"email": "alice@example.com"})
        await auth.confirm_sign_up(_USERNAME, pool.outbox.latest(_USERNAME, Purpose.SIGN_UP).code)

        show.heading("A wrong password is refused")
        await _expect_wrong_password_refused(auth)
        show.checked("the pool refused the wrong proof")

        show.heading("Sign in: the password is proved with SRP and never sent")
        first = _done(await auth.sign_in(_USERNAME, _PASSWORD))
        await _verify(first.tokens, pool, clock.now())
        show.checked("both tokens are signed by the pool's published keys, for this client, and good now")

        show.heading("Set up an authenticator app")
        app = TOTP((await auth.set_up_totp()).shared_secret.reveal())
        await auth.verify_totp_setup(app.at(clock.now()), friendly_device_name="demo")
        await auth.update_mfa_preference(totp=MfaSetting.PREFERRED)

        show.heading("Sign out")
        await _sign_out(auth)

        show.heading("Sign in again: now the app is asked for its code, and a wrong one is refused")
        pool.settings.devices = DeviceConfiguration(challenge_required_on_new_device=True)
        await _sign_in_with_app(show, auth, app, clock)

        show.heading("Once more: the pool remembers this device now, and asks for no code")
        await _sign_out(auth)
        await _expect_forged_device_refused(auth, devices)
        show.checked("the pool refused a device that knows its key and not its password")
        latest = _done(await auth.sign_in(_USERNAME, _PASSWORD))
        show.checked("the device proved itself in place of the app")

        await _sign_in_without_password(show, pool, clock)

        show.heading("Session and refresh")
        session = await auth.fetch_auth_session()
        if session.tokens.unwrap() != latest.tokens:
            raise DemoFailedError("the session does not hold the tokens of the sign-in")
        clock.put_forward(timedelta(hours=1))
        refreshed = (await auth.fetch_auth_session()).tokens.unwrap()
        if refreshed.access == latest.tokens.access:
            raise DemoFailedError("an expired access token was not refreshed")
        await _verify(refreshed, pool, clock.now())
        show.checked("an hour later the tokens were refreshed, and the new ones verify as well")
        user = await auth.get_current_user()
        show.done(f"signed in as {user.username}")


async def _sign_in_with_app(show: Show, auth: AuthClient, app: TOTP, clock: DemoClock) -> None:
    clock.put_forward(_TOTP_STEP)  # a code is good once, and the app's next one comes half a minute later
    result = await auth.sign_in(_USERNAME, _PASSWORD)
    if not isinstance(result.next_step, steps.ConfirmSignInWithTotpCode):
        raise DemoFailedError("the pool asked for no code although an authenticator app is set up")
    await _expect_wrong_code_refused(auth, {app.at(clock.now() + _TOTP_STEP * shift) for shift in (-2, -1, 0, 1, 2)})
    show.checked("the pool refused the wrong code and asks again")
    _done(await auth.confirm_sign_in(app.at(clock.now())))


async def _sign_in_without_password(show: Show, pool: FakeUserPool, clock: DemoClock) -> None:
    """Have somebody sign up and in who has no password at all."""
    show.heading("Without a password: somebody new confirms a code, and is signed in already")
    pool.settings.first_factors |= {FirstFactor.EMAIL_OTP}
    pool.settings.devices = None
    client = pool.add_client(explicit_auth_flows=frozenset({ExplicitAuthFlow.ALLOW_USER_AUTH}))
    backend = _Watched(pool.backend(client), clock, show)
    async with AuthClient(backend, clock=clock, observer=show, default_flow=AuthFlow.USER_AUTH) as auth:
        await auth.sign_up(_NEWCOMER, attributes={"email": "bob@example.com"})
        await auth.confirm_sign_up(_NEWCOMER, pool.outbox.latest(_NEWCOMER).code)
        _done(await auth.auto_sign_in())
        await _sign_out(auth)

        show.heading("And again, with a code by e-mail")
        await auth.sign_in(_NEWCOMER, preferred_factor=FactorType.EMAIL_OTP)
        code = pool.outbox.latest(_NEWCOMER).code
        await _expect_wrong_code_refused(auth, {code.reveal()})
        show.checked("the pool refused another code than the one that it sent")
        _done(await auth.confirm_sign_in(code))
        await _sign_out(auth)


async def _sign_out(auth: AuthClient) -> None:
    if not isinstance(await auth.sign_out(), SignOutComplete):
        raise DemoFailedError("signing out did not complete")


async def _expect_forged_device_refused(auth: AuthClient, devices: MemoryDeviceStore) -> None:
    device = await devices.load(_USERNAME)
    if device is None:
        raise DemoFailedError("the pool did not track the device")
    await devices.save(_USERNAME, attrs.evolve(device, password=Secret(_WRONG_PASSWORD)))
    try:
        await auth.sign_in(_USERNAME, _PASSWORD)
    except DeviceRefusedError:
        await devices.save(_USERNAME, device)
        return
    raise DemoFailedError("the pool accepted a forged device")


async def _expect_wrong_password_refused(auth: AuthClient) -> None:
    try:
        await auth.sign_in(_USERNAME, _WRONG_PASSWORD)
    except NotAuthorizedError:
        return
    raise DemoFailedError("the pool accepted a wrong password")


async def _expect_wrong_code_refused(auth: AuthClient, good: Collection[str]) -> None:
    wrong = next(code for code in (f"{number:06d}" for number in range(len(good) + 1)) if code not in good)
    try:
        await auth.confirm_sign_in(wrong)
    except CodeMismatchError:
        return
    raise DemoFailedError("the pool accepted a wrong code")


def _done(result: SignInResult) -> steps.Done:
    if not isinstance(result.next_step, steps.Done):
        raise DemoFailedError(f"the pool asked for {type(result.next_step).__name__} where nothing was due")
    return result.next_step


async def _verify(tokens: Tokens, pool: FakeUserPool, now: datetime) -> None:
    """Verify both tokens as a resource server does. Source: developer guide, 'Verifying JSON web tokens'."""
    keys = KeySet.import_key_set({"keys": [dict(key) for key in (await pool.jwks())["keys"]]})
    for token, use, audience in ((tokens.access, "access", "client_id"), (tokens.id, "id", "aud")):
        claims = _claims(token, keys, use)
        expected = {"iss": pool.issuer, "token_use": use, audience: pool.client.client_id, "sub": tokens.user.user_id}
        for name, value in expected.items():
            if claims.get(name) != value:
                raise DemoFailedError(f"the {use} token's {name} is not what it should be")
        expires_at = claims.get("exp")
        if not isinstance(expires_at, int) or now.timestamp() >= expires_at:
            raise DemoFailedError(f"the {use} token has expired")


def _claims(token: Secret, keys: KeySet, use: str) -> dict[str, object]:
    try:
        return dict(jwt.decode(token.reveal(), keys, algorithms=["RS256"]).claims)
    except (JoseError, ValueError) as error:
        reason = f"{type(error).__name__}"
        raise DemoFailedError(f"the {use} token is not signed by a key that the pool publishes ({reason})") from None
