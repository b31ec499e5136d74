"""The canary: every flow is walked with secrets that occur nowhere else, and everything that was written is searched.

What is searched: whatever the root logger gets at DEBUG, what structlog makes of every error with the variables of
every frame, tracebacks with their variables, and every result, step, event, effect, error and observation as text. The
walk is repeated with the backend, the stores or the arithmetic broken at every place where they can break.

The frames of the tests themselves hold the secrets in clear, as a caller's frames do, so they are cut out of every
traceback before it is written. A waiting run's snapshot may hold the backend session, and the secret of an
authenticator app that is being set up, and no other.
"""

import base64
import logging
import pprint
import traceback
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import NoReturn, TypeVar

import anyio
import anyio.lowlevel
import attrs
import pytest
import structlog
from rich.pretty import traverse
from structlog.testing import CapturingLogger
from structlog.tracebacks import ExceptionDictTransformer

from authsteps.adapters.cognito.backend import CognitoBackend
from authsteps.adapters.cognito.identity_pool import CognitoIdentityPool
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.engine.errors import AuthStepsError
from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.ports import EncodedSnapshot, Observation
from authsteps.engine.store import MemoryRunStore
from authsteps.flows import events, srp
from authsteps.flows.account import Account
from authsteps.flows.client import AuthClient
from authsteps.flows.model import (
    AuthFlow,
    AuthUser,
    MfaSetting,
    NewPassword,
    Tokens,
    WebAuthnCredential,
)
from authsteps.flows.service import AuthService
from authsteps.flows.stores import MemoryTokenStore
from tests.conftest import SeededEntropy, VirtualClock
from tests.flows.world import (
    ALICE,
    CLIENT_ID,
    COGNITO_NAME,
    DEVICE,
    HOUR,
    IDENTITY,
    IDENTITY_POOL_ID,
    NOW,
    POOL_ID,
    SUB,
    DeviceServer,
    ScriptedAuthenticator,
    SrpServer,
    access_token,
    account_made,
    challenged,
    code_sent,
    config,
    id_token,
    part,
    user,
)

T = TypeVar("T")

CANARY = "K4n4ry"
"""Part of every secret that has no form of its own."""

PASSWORD = f"{CANARY}-password"
NEW_PASSWORD = f"{CANARY}-new-password"
CODE = f"{CANARY}-code"
WRONG_CODE = f"{CANARY}-0-code"
RESPONSE = f"{CANARY}-response"
CLIENT_SECRET = f"{CANARY}-client-secret"
SHARED_SECRET = f"{CANARY}SHAREDSECRET"
REFRESH_TOKENS = (f"{CANARY}-refresh-1", f"{CANARY}-refresh-2")
SESSIONS = tuple(f"{CANARY}-backend-session-{number}" for number in range(5))
SIGN_UP_SESSION = f"{CANARY}-sign-up-session"
PAGE = f"{CANARY}-page"
CREDENTIAL = f'{{"id": "{CANARY}-passkey", "response": {{"signature": "{CANARY}-signature"}}}}'
PROVIDER_TOKEN = f"{CANARY}-token-of-a-provider"
ATTRIBUTES = {"name": "Alice"}
THIS_DEVICE = attrs.evolve(DEVICE, password=Secret(f"{CANARY}-device-password"))
AWS: dict[str, Json] = {
    "AccessKeyId": "AKIA",
    "SecretKey": f"{CANARY}-aws-secret",
    "SessionToken": f"{CANARY}-aws-session",
    "Expiration": (NOW + HOUR).timestamp(),
}


TOKENS = tuple(token(f"{CANARY}-{number}", NOW + HOUR) for token in (access_token, id_token) for number in (1, 2))


def signed_in(number: int) -> dict[str, Json]:
    access, identity = TOKENS[number - 1], TOKENS[number + 1]
    new_device = {"DeviceKey": DEVICE.key, "DeviceGroupKey": DEVICE.group_key}
    result: dict[str, Json] = {
        "AccessToken": access,
        "IdToken": identity,
        "RefreshToken": REFRESH_TOKENS[number - 1],
        "NewDeviceMetadata": new_device,
    }
    return {"AuthenticationResult": result}


HELD = Tokens(
    access=Secret(TOKENS[0]),
    id=Secret(TOKENS[2]),
    refresh=Secret(REFRESH_TOKENS[0]),
    access_expires_at=NOW + HOUR,
    id_expires_at=NOW + HOUR,
    user=AuthUser(SUB, COGNITO_NAME),
)

# What is broken


Sabotage = Callable[[], Mapping[str, Json]]


def _raising(error: Exception) -> Sabotage:
    def sabotage() -> NoReturn:
        raise error.with_traceback(None)

    return sabotage


def _saying(reply: Mapping[str, Json]) -> Sabotage:
    return lambda: reply


_TOKENS_THAT_ARE_NONE: dict[str, Json] = dict.fromkeys(
    ("AccessToken", "IdToken", "RefreshToken"), f"{CANARY}.{CANARY}.x"
)
SABOTAGES: Mapping[str, Sabotage] = {
    "a fault of ours": _raising(RuntimeError("broken")),
    "no reply": _raising(NoReplyError("timed out", sent=True)),
    "a fault of the service": _raising(ServiceError("InternalErrorException", "Internal error", 500)),
    "throttling": _raising(ServiceError("TooManyRequestsException", "Rate exceeded")),
    "a refusal": _raising(ServiceError("NotAuthorizedException", "Incorrect username or password.")),
    "nothing": _saying({"Session": SESSIONS[0]}),
    "no text": _saying({"ChallengeName": 42, "Session": SESSIONS[0], "SecretCode": [SHARED_SECRET]}),
    "no tokens": _saying({"AuthenticationResult": _TOKENS_THAT_ARE_NONE, "Session": SESSIONS[0]}),
    "half the tokens": _saying({"AuthenticationResult": {"AccessToken": TOKENS[0], "RefreshToken": REFRESH_TOKENS[0]}}),
    "tokens that are no texts": _saying({"AuthenticationResult": {"AccessToken": {TOKENS[0]: TOKENS[1]}}}),
    "no JSON": _saying(challenged("NEW_PASSWORD_REQUIRED", SESSIONS[0], requiredAttributes=CANARY)),
    "a lone surrogate": _saying(challenged("SMS_MFA", f"{SESSIONS[0]}\ud800")),
    "unfit SRP": _saying(
        challenged("PASSWORD_VERIFIER", SESSIONS[0], SRP_B=f"{CANARY}!", SALT=CANARY, SECRET_BLOCK=CANARY)
    ),
    "credentials that are none": _saying(
        {"Credentials": {"SecretKey": [CANARY], "SessionToken": {CANARY: CANARY}}, "IdentityId": [CANARY]}
    ),
    "pages that are none": _saying({"NextToken": [PAGE], "PaginationToken": {PAGE: PAGE}, "Devices": PAGE}),
    "a code on its way to nowhere": _saying({"CodeDeliveryDetails": {"Destination": [CANARY]}}),
}


class Pool:
    """A pool that asks for everything in a row. Wrong is every code with a 0 in it.

    Args:
        at: At which call it is sabotaged; never if there is no such call.
        sabotage: What it does then.
    """

    def __init__(self, at: int = 0, sabotage: Sabotage = dict) -> None:
        self.calls = 0
        self.hashes: set[str] = set()
        self.signatures: set[str] = set()
        self.srp = SrpServer(PASSWORD, session=SESSIONS[0])
        self.device = DeviceServer(THIS_DEVICE.password.reveal())
        self._at = at
        self._sabotage = sabotage

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        self.calls += 1
        for place in ("AuthParameters", "ChallengeResponses"):
            if place in request:
                self.hashes.add(part(request, place)["SECRET_HASH"])
                self.signatures.add(part(request, place).get("PASSWORD_CLAIM_SIGNATURE", CANARY))
        await anyio.lowlevel.checkpoint()
        if self.calls == self._at:
            return self._sabotage()
        return self._reply(operation, request)

    def _reply(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        match operation, request.get("ChallengeName"):
            case "InitiateAuth", _:
                return self._begin(operation, request)
            case "RespondToAuthChallenge", _:
                return self._challenge(operation, request)
            case (("AssociateSoftwareToken" | "VerifySoftwareToken" | "VerifyUserAttribute"), _):
                return self._verify(operation, request)
            case "GetTokensFromRefreshToken", _:
                return signed_in(2)
            case "SignUp", _:
                return account_made(session=SIGN_UP_SESSION)
            case "ConfirmSignUp", _:
                self._check(str(request["ConfirmationCode"]))
                return {"Session": SIGN_UP_SESSION}
            case (("ForgotPassword" | "ResendConfirmationCode" | "GetUserAttributeVerificationCode"), _):
                return code_sent()
            case _:
                return self._of_its_own(operation, request)

    def _begin(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        if request["AuthFlow"] == "USER_AUTH":
            return challenged("WEB_AUTHN", SESSIONS[0], CREDENTIAL_REQUEST_OPTIONS="{}", USERNAME=COGNITO_NAME)
        return self.srp.challenge(operation, request)

    def _challenge(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        responses = part(request, "ChallengeResponses")
        match request["ChallengeName"]:
            case "PASSWORD_VERIFIER":
                return self.srp.then(challenged("NEW_PASSWORD_REQUIRED", SESSIONS[1]))(operation, request)
            case "NEW_PASSWORD_REQUIRED":
                return challenged("SMS_MFA", SESSIONS[2], USERNAME=COGNITO_NAME)
            case "SMS_MFA":
                self._check(responses["SMS_MFA_CODE"])
                return challenged("MFA_SETUP", SESSIONS[3], MFAS_CAN_SETUP='["SOFTWARE_TOKEN_MFA"]')
            case "MFA_SETUP":
                return challenged("CUSTOM_CHALLENGE", SESSIONS[4], hint="blue")
            case "CUSTOM_CHALLENGE" if "DEVICE_KEY" in responses:
                return self.device.ask(operation, request)
            case "DEVICE_SRP_AUTH":
                return self.device.challenge(operation, request)
            case "DEVICE_PASSWORD_VERIFIER":
                return self.device.then(signed_in(1))(operation, request)
            case "WEB_AUTHN":
                return challenged("PASSWORD", SESSIONS[1])
            case "SELECT_CHALLENGE":
                return challenged("FUTURE_CHALLENGE", SESSIONS[2])
            case _:
                return signed_in(1)

    def _verify(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        self._check(str(request.get("Code", request.get("UserCode", ""))))
        session: Mapping[str, Json] = {"Session": SESSIONS[4]} if "Session" in request else {}
        secret: Mapping[str, Json] = {"SecretCode": SHARED_SECRET} if operation == "AssociateSoftwareToken" else {}
        return {"Status": "SUCCESS", **secret, **session}

    def _of_its_own(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        match operation:
            case "GetUser":
                return user()
            case "ConfirmDevice":
                return {"UserConfirmationNecessary": True}
            case "ListDevices":
                more = {} if "PaginationToken" in request else {"PaginationToken": PAGE}
                return {"Devices": [{"DeviceKey": DEVICE.key}], **more}
            case "GetDevice":
                return {"Device": {"DeviceKey": DEVICE.key}}
            case "StartWebAuthnRegistration":
                return {"CredentialCreationOptions": {}}
            case "ListWebAuthnCredentials":
                return {"Credentials": [], **({} if "NextToken" in request else {"NextToken": PAGE})}
            case "GetId":
                return IDENTITY
            case "GetCredentialsForIdentity":
                return {"IdentityId": IDENTITY["IdentityId"], "Credentials": AWS}
            case _:
                self._check(str(request.get("ConfirmationCode", "")))
                return {}

    def _check(self, code: str) -> None:
        if "-0-" in code:
            raise ServiceError("CodeMismatchException", "Invalid code received for user")


class BreakingStore:
    """A run store that breaks at one of its calls, before or after it did what it was asked."""

    def __init__(self, clock: VirtualClock, at: int = 0) -> None:
        self.calls = 0
        self.written: list[bytes] = []
        self._store = MemoryRunStore(clock)
        self._at = at

    async def load(self, run_id: str) -> EncodedSnapshot | None:
        self._break()
        stored = await self._store.load(run_id)
        self._break()
        return stored

    async def put(self, run_id: str, snapshot: EncodedSnapshot, expected_revision: int | None) -> None:
        self._break()
        await self._store.put(run_id, snapshot, expected_revision)
        self.written.append(snapshot.data)
        self._break()

    async def discard(self, run_id: str) -> None:
        self._break()
        await self._store.discard(run_id)
        self._break()

    def _break(self) -> None:
        self.calls += 1
        if self.calls == self._at:
            raise OSError("the disk is full")


class BreakingTokenStore(MemoryTokenStore):
    """A token store that breaks at one of its calls."""

    def __init__(self, at: int = 0) -> None:
        super().__init__()
        self.calls = 0
        self._at = at

    async def load(self) -> Tokens | None:
        self._break()
        return await super().load()

    async def save(self, tokens: Tokens) -> None:
        self._break()
        await super().save(tokens)

    async def clear(self) -> None:
        self._break()
        await super().clear()

    def _break(self) -> None:
        self.calls += 1
        if self.calls == self._at:
            raise OSError("the disk is full")


class Arithmetic:
    """SRP's arithmetic. It remembers every number that it sees, and breaks at one of its calls."""

    def __init__(self, at: int = 0) -> None:
        self.calls = 0
        self.numbers: set[int] = set()
        self._at = at
        self._fast = srp.FastArithmetic()

    def power_of_g(self, exponent: int, /) -> int:
        return self._remember(exponent, lambda: self._fast.power_of_g(exponent))

    def power(self, base: int, exponent: int, /) -> int:
        self.numbers.add(base)
        return self._remember(exponent, lambda: self._fast.power(base, exponent))

    def _remember(self, exponent: int, compute: Callable[[], int]) -> int:
        self.calls += 1
        self.numbers.add(exponent)
        if self.calls == self._at:
            raise RuntimeError("broken")
        result = compute()
        self.numbers.add(result)
        return result


class Entropy:
    """Remembers what it gave."""

    def __init__(self) -> None:
        self._seeded = SeededEntropy()
        self.given: list[bytes] = []

    def random_bytes(self, count: int) -> bytes:
        self.given.append(self._seeded.random_bytes(count))
        return self.given[-1]


# What listens

TESTS = str(Path(__file__).parents[1])


def cut(error: BaseException) -> BaseException:
    """Cut the tests' own frames out of the traceback of an error and of all that led to it."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        each.__traceback__ = _without_tests(each.__traceback__)
        waiting.extend(led for led in (each.__cause__, each.__context__) if led is not None)
    return error


def _without_tests(trace: TracebackType | None) -> TracebackType | None:
    if trace is None:
        return None
    rest = _without_tests(trace.tb_next)
    if trace.tb_frame.f_code.co_filename.startswith(TESTS):
        return rest
    return TracebackType(rest, trace.tb_frame, trace.tb_lasti, trace.tb_lineno)


class Ear(logging.Handler):
    """Hears everything, and keeps it as text."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: set[str] = set()
        self.errors = 0
        self._structlog = [_structlog(use_rich=use_rich) for use_rich in (True, False)]

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.add(f"{self.format(record)} {record.args!r} {vars(record)!r}")

    def advanced(self, observation: Observation) -> None:
        self.hear(observation)

    def hear(self, thing: object) -> None:
        """Hear a value in every way in which it is likely to be shown."""
        self.heard.update((repr(thing), str(thing), f"{thing}", pprint.pformat(thing), traverse(thing).render()))

    def hear_error(self, error: BaseException) -> None:
        """Hear an error in every way in which it is likely to be logged."""
        self.errors += 1
        cut(error)
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.heard.add("".join(told.format()))
        # Those that led to it are followed by hand as well, for not everybody stops where "from None" says so.
        for led in (error, error.__cause__, error.__context__):
            if led is not None:
                self.hear(led)
                self.hear([led.args, getattr(led, "__notes__", None), vars(led)])
                told = traceback.TracebackException.from_exception(led, capture_locals=True, max_group_width=99)
                self.heard.add("".join(told.format(chain=False)))
        for logger in self._structlog:
            logger.error("it failed", exc_info=error)
        logging.getLogger("somebody").error("it failed", exc_info=error)

    @property
    def everything(self) -> str:
        written = [repr(logger.calls) for logger in _CAPTURED]
        return "\n".join([*self.heard, *written])


_CAPTURED: list[CapturingLogger] = []


def _structlog(*, use_rich: bool) -> "structlog.typing.FilteringBoundLogger":
    """A logger that writes errors as ``dict_tracebacks`` does, and cuts nothing short."""
    transformer = ExceptionDictTransformer(
        show_locals=True, locals_max_length=10_000, locals_max_string=1_000_000, max_frames=1_000, use_rich=use_rich
    )
    captured = CapturingLogger()
    _CAPTURED.append(captured)
    logger: structlog.typing.FilteringBoundLogger = structlog.wrap_logger(
        captured, processors=[structlog.processors.ExceptionRenderer(transformer), structlog.processors.JSONRenderer()]
    )
    return logger


class Overheard:
    """A backend or an identity pool whose effects and events are heard."""

    def __init__(self, backend: CognitoBackend | CognitoIdentityPool, ear: Ear) -> None:
        self._backend = backend
        self._ear = ear

    @property
    def user_pool_login(self) -> str:
        assert isinstance(self._backend, CognitoIdentityPool)
        return self._backend.user_pool_login

    @property
    def performs(self) -> Collection[type[Effect]]:
        return self._backend.performs

    async def perform(self, effect: Effect) -> Event:
        self._ear.hear(effect)
        event = await self._backend.perform(effect)
        self._ear.hear(event)
        return event


@attrs.frozen
class Walk:
    """One walk through all flows, and what was heard on the way."""

    ear: Ear
    pool: Pool
    store: BreakingStore
    kept: BreakingTokenStore
    arithmetic: Arithmetic
    entropy: Entropy
    clock: VirtualClock

    @classmethod
    def of(
        cls,
        pool: Pool | None = None,
        store: Callable[[VirtualClock], BreakingStore] = BreakingStore,
        kept: BreakingTokenStore | None = None,
        arithmetic: Arithmetic | None = None,
    ) -> "Walk":
        _CAPTURED.clear()
        clock = VirtualClock()
        return cls(
            ear=Ear(),
            pool=pool if pool is not None else Pool(),
            store=store(clock),
            kept=kept if kept is not None else BreakingTokenStore(),
            arithmetic=arithmetic if arithmetic is not None else Arithmetic(),
            entropy=Entropy(),
            clock=clock,
        )

    async def walk(self, *stages: str) -> None:
        """Go through all flows, or through these. What fails is heard, and the walk goes on as far as it can."""
        root = logging.getLogger()
        level = root.level
        root.addHandler(self.ear)
        root.setLevel(logging.DEBUG)
        try:
            for stage in stages or STAGES:
                await STAGES[stage](self)
        finally:
            root.removeHandler(self.ear)
            root.setLevel(level)

    def service(self) -> AuthService:
        return AuthService(self.backend(), store=self.store, clock=self.clock, entropy=self.entropy, observer=self.ear)

    def client(self) -> AuthClient:
        pool = CognitoIdentityPool(self.pool, identity_pool_id=IDENTITY_POOL_ID, user_pool_id=POOL_ID)
        return AuthClient(
            self.backend(),
            tokens=self.kept,
            identity_pool=Overheard(pool, self.ear),
            authenticator=ScriptedAuthenticator(*[CREDENTIAL] * 9),
            clock=self.clock,
            entropy=self.entropy,
            observer=self.ear,
        )

    def backend(self) -> "Overheard":
        pool = config(CLIENT_SECRET)
        return Overheard(
            CognitoBackend(self.pool, pool, clock=self.clock, entropy=self.entropy, arithmetic=self.arithmetic),
            self.ear,
        )

    async def sign_up(self) -> None:
        service = self.service()
        result = await self.hear(
            service.sign_up(ALICE, PASSWORD, attributes=ATTRIBUTES, validation_data={"captcha": "blue"})
        )
        run = result.run if result is not None else None
        await self.hear(service.confirm_sign_up(ALICE, WRONG_CODE, run=run))
        await self.hear(service.resend_sign_up_code(ALICE, run=run))
        await self.hear(service.confirm_sign_up(ALICE, CODE, run=run))
        if run is None:
            return
        signing_in = await self.hear(service.auto_sign_in(run, device=THIS_DEVICE))
        run = signing_in.run if signing_in is not None else None
        if run is None:
            return
        await self.hear(service.confirm_sign_in(run, WebAuthnCredential(CREDENTIAL)))
        await self.hear(service.confirm_sign_in(run, PASSWORD))
        await self.hear(service.confirm_sign_in(run, {"ANSWER": RESPONSE}))

    async def reset(self) -> None:
        service = self.service()
        result = await self.hear(service.reset_password(ALICE))
        run = result.run if result is not None else None
        await self.hear(service.confirm_reset_password(ALICE, NEW_PASSWORD, WRONG_CODE, run=run))
        await self.hear(service.confirm_reset_password(ALICE, NEW_PASSWORD, CODE, run=run))

    async def sign_in(self) -> None:
        service, device = self.service(), THIS_DEVICE
        result = await self.hear(service.sign_in(ALICE, PASSWORD, device=device))
        run = result.run if result is not None else None
        if run is None:
            return
        await self.hear(service.next_step(run))
        await self.hear(service.confirm_sign_in(run, NewPassword(NEW_PASSWORD, ATTRIBUTES), device=device))
        await self.hear(service.confirm_sign_in(run, WRONG_CODE, device=device))
        await self.hear(service.confirm_sign_in(run, CODE, device=device))
        await self.hear(service.confirm_sign_in(run, CODE, device=device))
        await self.hear(service.confirm_sign_in(run, RESPONSE, device=device))

    async def be_signed_in(self) -> None:
        client = self.client()
        await self.hear(self.kept.save(HELD))
        await self.hear(client.fetch_auth_session())
        setup = await self.hear(client.set_up_totp())
        if setup is not None:
            self.ear.hear(setup.setup_uri("App"))
        await self.hear(client.verify_totp_setup(CODE))
        await self.hear(client.fetch_mfa_preference())
        await self.hear(client.update_mfa_preference(totp=MfaSetting.ENABLED))
        self.clock.move(HOUR)
        await self.hear(client.fetch_auth_session())
        await self.hear(client.sign_out(global_=True))

    async def change_profile(self) -> None:
        client = self.client()
        await self.hear(self.kept.save(HELD))
        await self.hear(client.fetch_user_attributes())
        await self.hear(client.update_user_attributes(ATTRIBUTES))
        await self.hear(client.send_user_attribute_verification_code("email"))
        await self.hear(client.confirm_user_attribute("email", WRONG_CODE))
        await self.hear(client.confirm_user_attribute("email", CODE))
        await self.hear(client.delete_user_attributes("name"))
        await self.hear(client.update_password(PASSWORD, NEW_PASSWORD))
        await self.hear(client.associate_web_authn_credential())
        await self.hear(client.complete_web_authn_registration(CREDENTIAL))
        await self.hear(client.list_web_authn_credentials())
        await self.hear(client.delete_web_authn_credential("passkey"))
        await self.hear(client.delete_user())

    async def manage_devices(self) -> None:
        account = self.service().account(HELD, device=THIS_DEVICE)
        await self.hear(account.remember_device())
        self.ear.hear(account.device)
        await self.hear(account.fetch_devices())
        await self.hear(account.fetch_current_device())
        await self.hear(account.forget_device())
        await self.hear(account.fetch_current_device())

    async def be_federated(self) -> None:
        client = self.client()
        await self.hear(client.fetch_auth_session())
        await self.hear(client.federate_to_identity_pool("accounts.google.com", PROVIDER_TOKEN))
        await self.hear(client.fetch_auth_session(force_refresh=True))
        await self.hear(client.sign_out())
        await self.hear(client.set_up_totp())
        await self.hear(client.clear_federation())

    async def be_mistaken(self) -> None:
        """Do everything that a person can do wrong."""
        service, client = self.service(), self.client()
        await self.hear(service.sign_in(ALICE, f"{PASSWORD}-wrong"))
        for password in (PASSWORD * 100, f"{PASSWORD}\ud800", PASSWORD.encode()):
            await self.hear(service.sign_in(ALICE, password))  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # that is the point
        result = await self.hear(service.sign_in(ALICE, PASSWORD))
        run = result.run if result is not None else None
        assert run is not None
        await self.hear(service.confirm_sign_in(run, {"NEW_PASSWORD": NEW_PASSWORD}))
        await self.hear(service.confirm_sign_in(run, f"{NEW_PASSWORD}\ud800"))
        await self.hear(service.confirm_sign_up(ALICE, CODE, run=run))
        await self.hear(service.confirm_sign_in(run, NEW_PASSWORD))
        await self.hear(service.confirm_sign_in(run, NewPassword(NEW_PASSWORD)))
        await self.hear(service.confirm_sign_in(run, CODE * 1_000))
        await self.hear(service.confirm_reset_password("mallory", NEW_PASSWORD * 100, CODE, run=run))
        await self.hear(service.confirm_sign_up(ALICE, f"{CODE}\ud800"))
        await self.hear(client.confirm_sign_in(CODE))
        await self.hear(client.verify_totp_setup(CODE))
        await self.hear(client.sign_in(ALICE, f"{PASSWORD}-wrong"))
        await self.hear(self.kept.save(HELD))
        await self.hear(client.sign_in(ALICE, PASSWORD))
        await self.hear(client.verify_totp_setup(CODE * 1_000))
        await self.hear(client.update_password(f"{PASSWORD}\ud800", NEW_PASSWORD))
        await self.hear(client.update_password(PASSWORD, NEW_PASSWORD * 100))
        await self.hear(client.confirm_user_attribute("email", CODE * 1_000))
        await self.hear(client.complete_web_authn_registration(CREDENTIAL[:-1]))
        await self.hear(client.federate_to_identity_pool("accounts.google.com", PROVIDER_TOKEN))
        await self.hear(client.federate_to_identity_pool("accounts.google.com", PROVIDER_TOKEN * 9_000))
        await self.hear(service.sign_in(ALICE, PASSWORD, flow=AuthFlow.CUSTOM_AUTH_WITHOUT_SRP))
        await self.hear(service.sign_in(ALICE, PASSWORD, device=attrs.evolve(THIS_DEVICE, password=Secret(CANARY))))
        await self.hear(client.sign_up(ALICE, PASSWORD * 100))
        await self.hear(client.confirm_sign_up(ALICE, CODE * 1_000))
        await self.hear(client.confirm_reset_password(ALICE, NEW_PASSWORD * 100, CODE))
        await self.hear(Account(self.backend(), HELD, clock=self.clock).verify_totp_setup(CODE * 1_000))

    async def hear(self, verb: Awaitable[T]) -> T | None:
        """Await a verb and hear what comes of it: its result, or its error."""
        try:
            result = await verb
        except Exception as error:  # noqa: BLE001  # whatever comes, it must not hold a secret
            self.ear.hear_error(error)
            return None
        except anyio.get_cancelled_exc_class() as cancelled:
            self.ear.hear_error(cancelled)
            raise
        self.ear.hear(result)
        return result

    def secrets(self) -> Iterator[str]:
        """Every secret that there was, in every form that it is likely to be written in."""
        yield CANARY
        yield self.pool.srp.secret_block
        yield self.pool.device.secret_block
        for token in TOKENS:
            yield from token.split(".")[1:2]
        yield from self.pool.hashes | self.pool.signatures
        for given in self.entropy.given:
            if len(given) == 32:  # a private key or a handle
                yield base64.urlsafe_b64encode(given).rstrip(b"=").decode()
                yield from _written(int.from_bytes(given))
            if len(given) == 40:  # the password of a new device
                yield base64.b64encode(given).decode()
        for number in self.arithmetic.numbers:
            yield from _written(number)

    def leaks(self) -> list[str]:
        everything = self.ear.everything
        return [secret for secret in self.secrets() if secret in everything]

    def stored_leaks(self) -> list[str]:
        """The secrets in snapshots, but for those that a waiting run cannot do without: sessions, an app's secret."""
        written = b"\n".join(self.store.written).decode("utf-8", "replace")
        for carried in (*SESSIONS, SIGN_UP_SESSION, SHARED_SECRET):
            written = written.replace(carried, "")
        return [secret for secret in self.secrets() if secret in written]


def _written(number: int) -> Iterator[str]:
    yield str(number)
    yield f"{number:x}"


STAGES: Mapping[str, Callable[[Walk], Awaitable[None]]] = {
    "sign_up": Walk.sign_up,
    "reset": Walk.reset,
    "sign_in": Walk.sign_in,
    "be_signed_in": Walk.be_signed_in,
    "change_profile": Walk.change_profile,
    "manage_devices": Walk.manage_devices,
    "be_federated": Walk.be_federated,
    "be_mistaken": Walk.be_mistaken,
}
every_stage = pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "be_mistaken"])


NOT_MET = {
    *("Answered", "Replied", "ClaimRefused"),
    *("PasswordResetDemanded", "ConfirmationDemanded", "DeviceNotFound", "TokensRefreshed"),
}
"""Events that a walk without a fault does not come by, or that only others are made of."""

# The walks


async def test_the_walk_meets_every_secret_and_nothing_of_them_is_written(each_backend: str) -> None:
    walk = Walk.of()
    await walk.walk()
    assert walk.leaks() == []
    assert walk.stored_leaks() == []
    # It has been everywhere: otherwise there would be nothing to find.
    assert walk.pool.hashes == {
        srp.secret_hash(name, CLIENT_ID, Secret(CLIENT_SECRET)).reveal() for name in (ALICE, COGNITO_NAME)
    }
    everything = walk.ear.everything
    assert len([given for given in walk.entropy.given if len(given) == 40]) == 2
    kinds = {kind.__name__ for kind in Event.__subclasses__() if kind.__module__ == events.__name__} - NOT_MET
    assert not [kind for kind in kinds if kind not in everything]
    assert "SignOutComplete" in everything
    assert walk.ear.errors == 33


async def broken(stage: str, count_of: Callable[[Walk], int], break_at: Callable[[int], Walk]) -> None:
    """Walk a stage once for every place where something can break, break it there, and look for leaks."""
    whole = Walk.of()
    await whole.walk(stage)
    for at in range(1, 1 + count_of(whole)):
        walk = break_at(at)
        await walk.walk(stage)
        assert (at, walk.leaks(), walk.stored_leaks()) == (at, [], [])


@every_stage
@pytest.mark.parametrize("sabotage", SABOTAGES.values(), ids=[*SABOTAGES])
async def test_wherever_the_backend_breaks_nothing_secret_is_written(sabotage: Sabotage, stage: str) -> None:
    await broken(stage, lambda walk: walk.pool.calls, lambda at: Walk.of(Pool(at, sabotage)))


@every_stage
async def test_wherever_the_run_store_breaks_nothing_secret_is_written(stage: str) -> None:
    await broken(
        stage,
        lambda walk: walk.store.calls,
        lambda at: Walk.of(store=lambda clock: BreakingStore(clock, at)),
    )


@every_stage
async def test_wherever_the_token_store_breaks_nothing_secret_is_written(stage: str) -> None:
    await broken(stage, lambda walk: walk.kept.calls, lambda at: Walk.of(kept=BreakingTokenStore(at)))


async def test_wherever_the_arithmetic_breaks_nothing_secret_is_written() -> None:
    await broken("sign_in", lambda walk: walk.arithmetic.calls, lambda at: Walk.of(arithmetic=Arithmetic(at)))


@every_stage
async def test_wherever_a_call_is_cancelled_nothing_secret_is_written(stage: str, each_backend: str) -> None:
    at, was_cancelled = 0, True
    while was_cancelled:
        at += 1
        scope = anyio.CancelScope()
        walk = Walk.of(CancelledPool(at, _cancelling(scope)))
        with scope:
            await walk.walk(stage)
        was_cancelled = scope.cancelled_caught
        assert (at, walk.leaks()) == (at, [])
    assert at > 3


def _cancelling(scope: anyio.CancelScope) -> Sabotage:
    def cancel() -> Mapping[str, Json]:
        scope.cancel()
        return {}

    return cancel


class CancelledPool(Pool):
    """A pool that takes a moment after its sabotage, for a cancellation to arrive."""

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        reply = await super().call(operation, request)
        await anyio.lowlevel.checkpoint()
        return reply


async def test_a_snapshot_that_cannot_be_read_shows_nothing_of_itself() -> None:
    walk = Walk.of()
    service = AuthService(
        CognitoBackend(walk.pool, config(CLIENT_SECRET), clock=walk.clock, entropy=walk.entropy),
        store=walk.store,
        clock=walk.clock,
        entropy=walk.entropy,
    )
    run = (await service.sign_in(ALICE, PASSWORD)).run
    assert run is not None
    stored = await walk.store.load(run.run_id)
    assert stored is not None
    assert SESSIONS[1].encode() in stored.data
    for data in (stored.data[:-1], stored.data.replace(b"sign_in", b"sign_on"), stored.data + b"x"):
        damaged = attrs.evolve(stored, data=data, revision=stored.revision + 1)
        await walk.store.put(run.run_id, damaged, stored.revision)
        await walk.hear(service.next_step(run))
        await walk.hear(service.confirm_sign_in(run, CODE))
        stored = damaged
    assert walk.ear.errors == 6
    assert walk.leaks() == []


# The ear itself


def test_the_ear_hears_a_secret_in_a_frame_that_is_not_the_tests(tmp_path: Path) -> None:
    module: dict[str, Callable[[str], None]] = {}
    code = "def sign_in(password):\n    request = {'Password': password}\n    raise RuntimeError\n"
    exec(compile(code, str(tmp_path / "careless.py"), "exec"), module)  # noqa: S102  # a module that is not a test
    walk = Walk.of()
    try:
        module["sign_in"](PASSWORD)
    except RuntimeError as error:
        walk.ear.hear_error(error)
    assert walk.leaks() == [CANARY]


TOLD: Mapping[str, Callable[[Ear], None]] = {
    "a text": lambda ear: ear.hear(PASSWORD),
    "a variable": lambda ear: ear.hear({"password": PASSWORD}),
    "an error": lambda ear: ear.hear_error(AuthStepsError(PASSWORD)),
    "a log line": lambda ear: ear.emit(logging.makeLogRecord({"msg": "%s", "args": (PASSWORD,)})),
}


@pytest.mark.parametrize("tell", TOLD.values(), ids=[*TOLD])
def test_the_ear_hears_a_secret_wherever_it_is_told(tell: Callable[[Ear], None]) -> None:
    walk = Walk.of()
    tell(walk.ear)
    assert walk.leaks() == [CANARY]
