"""The other side of the wire in a few lines: replies as Cognito sends them, tokens, and the server's half of SRP."""

import base64
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import cast

import anyio
import attrs

from authsteps.adapters.cognito.backend import CognitoBackend
from authsteps.adapters.cognito.config import CognitoConfig
from authsteps.adapters.cognito.identity_pool import CognitoIdentityPool
from authsteps.adapters.cognito.scripted import Reply, ScriptedTransport
from authsteps.adapters.cognito.transport import Json, ServiceError, Transport
from authsteps.engine.messages import Secret
from authsteps.engine.ports import Clock, Entropy, Observation
from authsteps.engine.store import MemoryRunStore
from authsteps.flows import srp
from authsteps.flows.account import Account
from authsteps.flows.auth_events import AuthEvent, AuthEvents, AuthEventStream
from authsteps.flows.client import AuthClient
from authsteps.flows.model import AuthUser, AwsCredentials, DeviceSecrets, Tokens, WebAuthnCredential
from authsteps.flows.ports import Authenticator, DeviceStore, TokenStore
from authsteps.flows.service import AuthService
from tests.conftest import SeededEntropy, VirtualClock

POOL_NAME = "Pool12345"
POOL_ID = f"eu-west-1_{POOL_NAME}"
IDENTITY_POOL_ID = "eu-west-1:11111111-2222-3333-4444-555555555555"
USER_POOL_LOGIN = f"cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}"
IDENTITY_ID = "eu-west-1:99999999-8888-7777-6666-555555555555"
CLIENT_ID = "1example23456789"
CLIENT_SECRET = "the-secret-of-the-app-client"

ALICE = "Alice@Example.com"
"""What Alice types: an alias."""
COGNITO_NAME = "alice-in-the-pool"
"""What the pool calls her."""
SUB = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
PASSWORD = " Pässw0rd! "
"""With an umlaut, and with spaces around it that belong to it."""

DEVICE = DeviceSecrets("eu-west-1_device-1", "group-1", Secret("the-password-of-the-device"))
"""What this device proves itself with. The pool tracks it and does not remember it."""

SIGN_UP_SESSION = "session-of-a-sign-up-0001"

NOW = datetime(2026, 1, 5, 3, 4, 9, tzinfo=UTC)
"""When the virtual clock starts."""
HOUR = timedelta(hours=1)


def config(client_secret: str | None = None) -> CognitoConfig:
    return CognitoConfig(POOL_ID, CLIENT_ID, Secret(client_secret) if client_secret is not None else None)


def a_backend(
    transport: Transport, clock: Clock, entropy: Entropy, *, client_secret: str | None = None
) -> CognitoBackend:
    return CognitoBackend(transport, config(client_secret), clock=clock, entropy=entropy)


def jwt(**claims: object) -> str:
    """A token whose signature nobody checks."""
    return ".".join(_base64url(part) for part in (b'{"alg":"RS256"}', json.dumps(claims).encode(), b"signature"))


def access_token(tag: str = "1", expires_at: datetime | None = NOW + HOUR) -> str:
    return jwt(sub=SUB, username=COGNITO_NAME, tag=tag, **_expiry(expires_at))


def id_token(tag: str = "1", expires_at: datetime | None = NOW + HOUR) -> str:
    return jwt(sub=SUB, tag=tag, **{"cognito:username": COGNITO_NAME}, **_expiry(expires_at))


def tokens(tag: str = "1", expires_at: datetime | None = NOW + HOUR) -> Tokens:
    """The tokens that ``signed_in`` of the same tag carries."""
    return Tokens(
        access=Secret(access_token(tag, expires_at)),
        id=Secret(id_token(tag, expires_at)),
        refresh=Secret(f"refresh-{tag}"),
        access_expires_at=expires_at,
        id_expires_at=expires_at,
        user=AuthUser(SUB, COGNITO_NAME),
    )


def signed_in(tag: str = "1", expires_at: datetime | None = NOW + HOUR, *, new_device: bool = False) -> dict[str, Json]:
    """The reply that signs Alice in."""
    metadata: dict[str, Json] = {"NewDeviceMetadata": {"DeviceKey": DEVICE.key, "DeviceGroupKey": DEVICE.group_key}}
    return {
        "AuthenticationResult": {
            "AccessToken": access_token(tag, expires_at),
            "IdToken": id_token(tag, expires_at),
            "RefreshToken": f"refresh-{tag}",
            "ExpiresIn": 3600,
            "TokenType": "Bearer",
            **(metadata if new_device else {}),
        },
        "ChallengeParameters": {},
    }


def refreshed(tag: str = "2", expires_at: datetime | None = NOW + HOUR) -> dict[str, Json]:
    """The reply that brings new tokens, a new refresh token among them."""
    return {"AuthenticationResult": signed_in(tag, expires_at)["AuthenticationResult"]}


def challenged(name: str, session: str, **parameters: str) -> dict[str, Json]:
    """A reply that wants something more."""
    return {
        "ChallengeName": name,
        "Session": session,
        "ChallengeParameters": {"USER_ID_FOR_SRP": COGNITO_NAME, **parameters},
    }


def sms_wanted(session: str) -> dict[str, Json]:
    return challenged("SMS_MFA", session, CODE_DELIVERY_DELIVERY_MEDIUM="SMS", CODE_DELIVERY_DESTINATION="+*******1234")


def totp_wanted(session: str) -> dict[str, Json]:
    return challenged("SOFTWARE_TOKEN_MFA", session, FRIENDLY_DEVICE_NAME="phone")


def code_sent(destination: str = "a***@e***", attribute: str = "email") -> dict[str, Json]:
    """The reply to a request for a code."""
    details = {"Destination": destination, "DeliveryMedium": "EMAIL", "AttributeName": attribute}
    return {"CodeDeliveryDetails": details}


def account_made(*, confirmed: bool = False, session: str | None = SIGN_UP_SESSION) -> dict[str, Json]:
    """The reply to SignUp."""
    return {
        "UserConfirmed": confirmed,
        "UserSub": SUB,
        **({"Session": session} if session is not None else {}),
        **({} if confirmed else code_sent()),
    }


def user(*enabled: str, preferred: str = "", **attributes: str) -> dict[str, Json]:
    """The reply to GetUser, with these second factors switched on."""
    return {
        "Username": COGNITO_NAME,
        "UserAttributes": [{"Name": name, "Value": value} for name, value in {"sub": SUB, **attributes}.items()],
        "UserMFASettingList": [*enabled],
        "PreferredMfaSetting": preferred,
    }


def credentials(tag: str = "1", expires_at: datetime | None = NOW + HOUR) -> AwsCredentials:
    """The credentials that ``issued`` of the same tag carries."""
    return AwsCredentials(f"AKIA-{tag}", Secret(f"aws-secret-{tag}"), Secret(f"aws-session-{tag}"), expires_at)


def issued(tag: str = "1", expires_at: datetime | None = NOW + HOUR, identity_id: str = IDENTITY_ID) -> dict[str, Json]:
    """The reply to GetCredentialsForIdentity."""
    members: dict[str, Json] = {
        "AccessKeyId": f"AKIA-{tag}",
        "SecretKey": f"aws-secret-{tag}",
        "SessionToken": f"aws-session-{tag}",
    }
    if expires_at is not None:
        members["Expiration"] = expires_at.timestamp()
    return {"IdentityId": identity_id, "Credentials": members}


IDENTITY: dict[str, Json] = {"IdentityId": IDENTITY_ID}
"""The reply to GetId."""

WRONG_CODE = ServiceError("CodeMismatchException", "Invalid code received for user")
WRONG_PASSWORD = ServiceError("NotAuthorizedException", "Incorrect username or password.")


class _ServersHalf:
    """The server's half of SRP, with real arithmetic.

    Args:
        pool_name: What the proof is made for: the pool's name, or a device's group key.
        user_id: For whom: the user, or a device's key.
        password: What must be proved to be known.
    """

    def __init__(self, pool_name: str, user_id: str, password: str) -> None:
        arithmetic = srp.FastArithmetic()
        self.secret_block = base64.b64encode(b"a block that only the server can read").decode()
        self._pool_name = pool_name
        self._user_id = user_id
        self._verifier = srp.verifier(
            pool_name=pool_name,
            user_id=user_id,
            password=Secret(password),
            salt=bytes(range(1, 17)),
            arithmetic=arithmetic,
        )
        self._keys = srp.server_challenge(self._verifier, bytes(range(32)), arithmetic)
        self.srp_a = Secret("")

    def parameters(self) -> dict[str, str]:
        """What a proof is made from."""
        return {
            "SALT": self._verifier.salt_hex,
            "SRP_B": self._keys.public.reveal(),
            "SECRET_BLOCK": self.secret_block,
        }

    def is_proved(self, responses: Mapping[str, str]) -> bool:
        """Whether the proof is right."""
        return srp.check_signature(
            Secret(responses["PASSWORD_CLAIM_SIGNATURE"]),
            pool_name=self._pool_name,
            user_id=self._user_id,
            verifier=self._verifier,
            server_keys=self._keys,
            srp_a_hex=self.srp_a,
            secret_block_b64=Secret(responses["PASSWORD_CLAIM_SECRET_BLOCK"]),
            timestamp=responses["TIMESTAMP"],
            arithmetic=srp.FastArithmetic(),
        )


Answering = Callable[[str, Mapping[str, Json]], Mapping[str, Json]]


class SrpServer:
    """A pool that has a password proved: two replies of a script.

    Args:
        password: What the person must prove to know.
        session: The backend session that the challenge carries.
    """

    def __init__(self, password: str = PASSWORD, *, session: str = "session-of-srp-sign-in") -> None:
        self.session = session
        self._half = _ServersHalf(POOL_NAME, COGNITO_NAME, password)
        self.secret_block = self._half.secret_block

    def challenge(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Answer InitiateAuth with PASSWORD_VERIFIER."""
        assert operation == "InitiateAuth"
        self._half.srp_a = Secret(part(request, "AuthParameters")["SRP_A"])
        return challenged("PASSWORD_VERIFIER", self.session, USERNAME=COGNITO_NAME, **self._half.parameters())

    def then(self, reply: Mapping[str, Json]) -> Answering:
        """Check the proof; a right one gets ``reply``, a wrong one is refused."""

        def verify(operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            assert (operation, request["ChallengeName"]) == ("RespondToAuthChallenge", "PASSWORD_VERIFIER")
            proved = self._half.is_proved(part(request, "ChallengeResponses"))
            if request.get("Session") != self.session or not proved:
                raise WRONG_PASSWORD
            return reply

        return verify


class DeviceServer:
    """A pool that has ``DEVICE`` proved: three replies of a script.

    Args:
        password: What the device must prove to know.
    """

    def __init__(self, password: str = DEVICE.password.reveal()) -> None:
        self._half = _ServersHalf(DEVICE.group_key, DEVICE.key, password)
        self.secret_block = self._half.secret_block

    def ask(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Answer anything with DEVICE_SRP_AUTH."""
        del operation, request
        return challenged("DEVICE_SRP_AUTH", "session-of-device", USERNAME=COGNITO_NAME)

    def challenge(self, operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
        """Answer DEVICE_SRP_AUTH with DEVICE_PASSWORD_VERIFIER."""
        assert (operation, request["ChallengeName"]) == ("RespondToAuthChallenge", "DEVICE_SRP_AUTH")
        responses = part(request, "ChallengeResponses")
        assert (responses["DEVICE_KEY"], request["Session"]) == (DEVICE.key, "session-of-device")
        self._half.srp_a = Secret(responses["SRP_A"])
        return challenged("DEVICE_PASSWORD_VERIFIER", "session-of-proof", **self._half.parameters())

    def then(self, reply: Mapping[str, Json]) -> Answering:
        """Check the proof; a right one gets ``reply``, a wrong one is refused."""

        def verify(operation: str, request: Mapping[str, Json]) -> Mapping[str, Json]:
            assert (operation, request["ChallengeName"]) == ("RespondToAuthChallenge", "DEVICE_PASSWORD_VERIFIER")
            proved = self._half.is_proved(part(request, "ChallengeResponses"))
            if request.get("Session") != "session-of-proof" or not proved:
                raise WRONG_PASSWORD
            return reply

        return verify


def part(request: Mapping[str, Json], member: str) -> Mapping[str, str]:
    """A member of a request that is itself a set of texts."""
    return cast("Mapping[str, str]", request[member])


class ScriptedAuthenticator:
    """An authenticator that answers from a list, and keeps what it was asked.

    Args:
        answers: JSON texts, or errors to raise.
    """

    def __init__(self, *answers: str | Exception) -> None:
        self.asked: list[str] = []
        self._answers = list(answers)

    async def get(self, request_options: str, /) -> WebAuthnCredential:
        return self._answer(request_options)

    async def create(self, creation_options: str, /) -> WebAuthnCredential:
        return self._answer(creation_options)

    def _answer(self, options: str) -> WebAuthnCredential:
        self.asked.append(options)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return WebAuthnCredential(answer)


async def told(stream: AuthEventStream) -> list[AuthEvent]:
    """Everything that a listener was told by now."""
    heard: list[AuthEvent] = []

    async def listen() -> None:
        async for event in stream:
            heard.append(event)  # noqa: PERF401  # the list is wanted although the loop is cancelled

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    return heard


class Watcher:
    """Keeps what an observer is told."""

    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def advanced(self, observation: Observation) -> None:
        self.seen.append(observation)


@attrs.frozen
class World:
    """A service and a client on one scripted transport, with a clock that a test moves."""

    clock: VirtualClock
    entropy: SeededEntropy
    transport: ScriptedTransport
    backend: CognitoBackend
    store: MemoryRunStore
    watcher: Watcher

    @classmethod
    def of(
        cls, clock: VirtualClock, entropy: SeededEntropy, *replies: Reply, client_secret: str | None = None
    ) -> "World":
        transport = ScriptedTransport(*replies)
        backend = a_backend(transport, clock, entropy, client_secret=client_secret)
        return cls(clock, entropy, transport, backend, MemoryRunStore(clock), Watcher())

    def service(self, events: AuthEvents | None = None, *, with_identity_pool: bool = False) -> AuthService:
        return AuthService(
            self.backend,
            store=self.store,
            clock=self.clock,
            entropy=self.entropy,
            observer=self.watcher,
            events=events,
            identity_pool=self.identity_pool() if with_identity_pool else None,
        )

    def client(
        self,
        kept: TokenStore | None = None,
        *,
        devices: DeviceStore | None = None,
        authenticator: Authenticator | None = None,
        with_identity_pool: bool = False,
        events: AuthEvents | None = None,
    ) -> AuthClient:
        return AuthClient(
            self.backend,
            tokens=kept,
            devices=devices,
            identity_pool=self.identity_pool() if with_identity_pool else None,
            authenticator=authenticator,
            clock=self.clock,
            entropy=self.entropy,
            observer=self.watcher,
            events=events,
        )

    def account(
        self,
        held: Tokens | None = None,
        *,
        device: DeviceSecrets | None = None,
        with_identity_pool: bool = False,
        events: AuthEvents | None = None,
    ) -> Account:
        return Account(
            self.backend,
            held if held is not None else tokens(),
            clock=self.clock,
            device=device,
            events=events,
            identity_pool=self.identity_pool() if with_identity_pool else None,
        )

    def identity_pool(self) -> CognitoIdentityPool:
        """An identity pool on the same script."""
        return CognitoIdentityPool(self.transport, identity_pool_id=IDENTITY_POOL_ID, user_pool_id=POOL_ID)

    @property
    def called(self) -> list[str]:
        """The operations that were called, in order; a challenge that was answered stands in brackets."""
        return [
            f"{call.operation}({call.request['ChallengeName']})" if "ChallengeName" in call.request else call.operation
            for call in self.transport.calls
        ]

    def request(self, index: int = -1) -> Mapping[str, Json]:
        """The request of one call; of the last one if none is named."""
        return self.transport.calls[index].request


def _expiry(expires_at: datetime | None) -> dict[str, object]:
    return {"exp": expires_at.timestamp()} if expires_at is not None else {}


def _base64url(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
