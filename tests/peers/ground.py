"""What a try stands on: pools of a server, people in them, and ways to say what must not go through."""

import base64
import json
import time
from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from typing import Any, TypeVar, cast

import aiohttp
import anyio
import attrs
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from authsteps.adapters.cognito import CognitoBackend, CognitoConfig, Json, NoReplyError, ServiceError, Transport
from authsteps.adapters.fake import Purpose
from authsteps.engine.messages import Secret
from authsteps.flows import (
    Account,
    Answer,
    AuthError,
    AuthFlow,
    AuthService,
    CodeMismatchError,
    DeviceSecrets,
    MfaSetting,
    NextStep,
    SignInResult,
    Tokens,
    steps,
)
from tests.adapters.fake.world import PASSWORD, wrong
from tests.peers.servers import Running

__all__ = [
    "ALL_FLOWS",
    "AcceptedError",
    "App",
    "Peer",
    "Place",
    "SignIn",
    "Trouble",
    "UnexpectedError",
    "Watched",
    "refused",
]

ALL_FLOWS = (
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
)

_DIGITS = 6
_STEP_SECONDS = 30
_SECONDS_FOR_A_TRY = 3

S = TypeVar("S")


class AcceptedError(Exception):
    """A server took what it must refuse. The text says what."""


class UnexpectedError(Exception):
    """A server did something else than Cognito does. The text says what."""


@contextmanager
def refused(what: str, *errors: type[AuthError]) -> Generator[None, None, None]:
    """See that what happens in the block is refused with one of these errors, or with their codes.

    Args:
        what: What is refused, for the text of the error if it is not.
        errors: The errors that Cognito leads to.

    Raises:
        AcceptedError: It was not.
    """
    try:
        yield
    except errors:
        return
    except ServiceError as error:
        if error.code not in {kind.__name__.replace("Error", "Exception") for kind in errors}:
            raise
        return
    raise AcceptedError(what)


@attrs.frozen
class Trouble:
    """An operation that failed.

    Attributes:
        operation: Which.
        how: The error's code, or why there was no answer; in words that are the same in every run.
        text: The server's own.
    """

    operation: str
    how: str
    text: str = ""


class Watched:
    """A transport that remembers how the last operation failed, if it did."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.trouble: Trouble | None = None

    def forget(self) -> None:
        """Forget what failed."""
        self.trouble = None

    async def call(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        self.trouble = None
        try:
            return await self._transport.call(operation, request)
        except ServiceError as error:
            self.trouble = Trouble(operation, error.code, error.message)
            raise
        except NoReplyError as error:
            self.trouble = Trouble(operation, error.reason)
            raise


class App:
    """An authenticator app. It gives each code once, and the next one before its time rather than one a second time.

    Apps take secrets of any length, so this does; moto's are too short for pyotp.
    """

    def __init__(self, shared_secret: Secret) -> None:
        text = shared_secret.reveal()
        key = base64.b32decode(text + "=" * (-len(text) % 8), casefold=True)
        self._totp = TOTP(key, _DIGITS, SHA1(), _STEP_SECONDS, enforce_key_length=False)  # noqa: S303  # as apps do
        self._step = 0

    def code(self) -> str:
        """Return a code that was not shown before."""
        self._step = max(_step(), self._step + 1)
        return self._at(self._step)

    def wrong_code(self) -> str:
        """Return a code that is shown at no time near now."""
        near = {self._at(_step() + shift) for shift in range(-3, 4)}
        return next(code for code in (f"{number:06}" for number in range(10)) if code not in near)

    async def show(self, give: Callable[[str], Awaitable[object]]) -> None:
        """Give a code that was not shown before, or the present one to a server that finds that too early."""
        try:
            await give(self.code())
        except CodeMismatchError:
            await give(self._at(_step()))

    def _at(self, step: int) -> str:
        return self._totp.generate(step * _STEP_SECONDS).decode()


def _step() -> int:
    return int(time.time()) // _STEP_SECONDS


@attrs.frozen
class Place:
    """A pool of a server, what an app needs to sign people in there, and names that nobody has there yet.

    Attributes:
        peer: The server.
        alice: What somebody may be called.
        pool_id: The pool.
        client_id: The app client.
        client_secret: Its secret, if it has one.
    """

    peer: "Peer"
    alice: str
    pool_id: str
    client_id: str
    client_secret: Secret | None

    @property
    def bob(self) -> str:
        """What somebody else may be called."""
        return f"{self.alice}-bob"

    @property
    def email(self) -> str:
        """Alice's address."""
        return f"{self.alice}@example.com"

    def service(self, client_secret: Secret | None = None) -> AuthService:
        """Return the verbs of the app, or of one that has another secret."""
        config = CognitoConfig(self.pool_id, self.client_id, client_secret or self.client_secret)
        backend = CognitoBackend(self.peer.transport, config)
        return AuthService(backend, default_flow=AuthFlow.USER_PASSWORD_AUTH)

    def account(self, tokens: Tokens, device: DeviceSecrets | None = None) -> Account:
        """Return the account of whoever holds these tokens."""
        return self.service().account(tokens, device=device)

    async def code(self, purpose: Purpose) -> str:
        """Return the code that was sent to Alice last. Where codes are fixed, or any is taken, it is the fixed one."""
        if self.peer.running.server.code is not None:
            return self.peer.running.server.code
        sent: list[dict[str, str]] = await self.peer.fetch("outbox.json")
        return next(
            message["code"]
            for message in reversed(sent)
            if (message["username"], message["purpose"]) == (self.alice, purpose.value)
        )

    async def wrong_code(self, purpose: Purpose) -> str:
        """Return another code than the one that was sent to Alice last."""
        return wrong(await self.code(purpose))

    def app(self, shared_secret: Secret) -> App:
        """Return an authenticator app with this secret."""
        return App(shared_secret)

    async def administer(self, operation: str, username: str | None = None, **members: Json) -> Mapping[str, Json]:
        """Perform an operation of administrators on a user."""
        named = {"UserPoolId": self.pool_id, "Username": username or self.alice}
        return await self.peer.transport.call(operation, {**named, **members})

    async def initiate(self, flow: str, **parameters: Json) -> Mapping[str, Json]:
        """Begin to sign in, with an operation of Cognito's as it is."""
        request: dict[str, Json] = {"AuthFlow": flow, "ClientId": self.client_id, "AuthParameters": parameters}
        return await self.peer.transport.call("InitiateAuth", request)

    async def respond(self, challenge: str, session: str | None, **responses: Json) -> Mapping[str, Json]:
        """Answer a challenge, with an operation of Cognito's as it is."""
        begun: dict[str, Json] = {} if session is None else {"Session": session}
        request = {"ChallengeName": challenge, "ClientId": self.client_id, "ChallengeResponses": responses, **begun}
        return await self.peer.transport.call("RespondToAuthChallenge", request)

    async def add_user(
        self,
        username: str | None = None,
        password: str = PASSWORD,
        *,
        temporary: bool = False,
        **attributes: str,
    ) -> None:
        """Make a user who has a password."""
        given = [{"Name": name, "Value": value} for name, value in attributes.items()]
        if temporary:
            await self.administer(
                "AdminCreateUser",
                username,
                MessageAction="SUPPRESS",
                UserAttributes=given,
                TemporaryPassword=password,
            )
        else:
            await self.administer("AdminCreateUser", username, MessageAction="SUPPRESS", UserAttributes=given)
            await self.administer("AdminSetUserPassword", username, Password=password, Permanent=True)

    async def sign_in(
        self,
        username: str | None = None,
        password: str | None = PASSWORD,
        *,
        flow: AuthFlow | None = None,
        device: DeviceSecrets | None = None,
    ) -> "SignIn":
        """Begin to sign in."""
        service = self.service()
        return SignIn(
            service, await service.sign_in(username or self.alice, password, flow=flow, device=device), device
        )

    async def tokens(self, username: str | None = None, password: str = PASSWORD) -> Tokens:
        """Sign in where nothing but the password is asked for."""
        return (await self.sign_in(username, password)).expect(steps.Done).tokens

    async def refreshed(self, tokens: Tokens) -> Tokens:
        """Have the tokens refreshed, or raise why they are not."""
        return (await self.account(tokens).fetch_auth_session(force_refresh=True)).tokens.unwrap()

    async def early_in_a_step(self) -> None:
        """Wait until the apps' codes are good for a while. Other processes go by the clock on the wall."""
        left = _STEP_SECONDS - time.time() % _STEP_SECONDS
        if left < _SECONDS_FOR_A_TRY:
            await anyio.sleep(left)

    async def with_totp(self) -> App:
        """Have Alice, who is there, asked for a code of her app when she signs in."""
        await self.early_in_a_step()
        account = self.account(await self.tokens())
        setup = await account.set_up_totp()
        app = App(setup.shared_secret)
        await app.show(account.verify_totp_setup)
        await account.update_mfa_preference(totp=MfaSetting.PREFERRED)
        return app


@attrs.define
class SignIn:
    """Somebody who signs in.

    Attributes:
        service: Through which.
        result: How far they got.
        device: The device's secrets that come along with every answer.
    """

    service: AuthService
    result: SignInResult
    device: DeviceSecrets | None = None

    def expect(self, step: type[S]) -> S:
        """Return the step, if it is of this class.

        Raises:
            AcceptedError: Somebody is in, who should have been asked for something.
            UnexpectedError: It is another step.
        """
        asked: NextStep = self.result.next_step
        if isinstance(asked, step):
            return asked
        if isinstance(asked, steps.Done):
            raise AcceptedError(f"no {step.__name__}")
        raise UnexpectedError(f"{type(asked).__name__}, not {step.__name__}")

    async def answer(self, answer: Answer) -> None:
        """Answer the step."""
        assert self.result.run is not None
        self.result = await self.service.confirm_sign_in(self.result.run, answer, device=self.device)


@attrs.frozen
class Peer:
    """A server that runs, as tries see it.

    Attributes:
        running: The server.
        transport: Carries operations to it, and remembers what failed.
        http: Fetches what it publishes.
        made: The pools that there are, and their app clients, by what was asked for.
        numbers: They tell names apart.
    """

    running: Running
    transport: Watched
    http: aiohttp.ClientSession
    made: dict[str, tuple[str, dict[str, Any]]] = attrs.field(factory=dict[str, tuple[str, dict[str, Any]]])
    numbers: Iterator[int] = attrs.field(factory=count)

    async def pool(
        self,
        *,
        mfa: Mapping[str, Json] | None = None,
        client: Mapping[str, Json] | None = None,
        **settings: Any,
    ) -> Place:
        """Return a pool with one app client that may sign in every way.

        Tries that want the same share it, each with names of its own: moto takes a third of a second to make one.

        Args:
            mfa: What SetUserPoolMfaConfig takes, if it is to be called.
            client: What CreateUserPoolClient takes, beside what is given anyway.
            settings: What CreateUserPool takes.
        """
        asked = json.dumps([mfa, client, settings])
        if asked not in self.made:
            self.made[asked] = await self._make(mfa, client or {}, settings)
        pool_id, app = self.made[asked]
        secret = app.get("ClientSecret")
        alice = f"alice-{next(self.numbers)}"
        return Place(self, alice, pool_id, app["ClientId"], None if secret is None else Secret(secret))

    async def _make(
        self, mfa: Mapping[str, Json] | None, client: Mapping[str, Json], settings: Mapping[str, Json]
    ) -> tuple[str, dict[str, Any]]:
        made = cast("Any", await self.transport.call("CreateUserPool", {"PoolName": "people", **settings}))
        pool_id: str = made["UserPool"]["Id"]
        if mfa is not None:
            await self.transport.call("SetUserPoolMfaConfig", {"UserPoolId": pool_id, **mfa})
        wanted = {"UserPoolId": pool_id, "ClientName": "app", "ExplicitAuthFlows": list(ALL_FLOWS), **client}
        app = cast("Any", await self.transport.call("CreateUserPoolClient", wanted))["UserPoolClient"]
        return pool_id, app

    async def fetch(self, path: str) -> Any:
        """Fetch a document."""
        async with self.http.get(f"{self.running.url}/{path}") as reply:
            return await reply.json()
