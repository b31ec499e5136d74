"""A pool on a clock that tests move, and an app that speaks to it in operations, as any client of Cognito does.

The texts below are those of the service, written down a second time: a test that took them from the pool's own table
could not tell a wrong one.
"""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeAlias, cast

import attrs
import pytest
from pyotp.totp import TOTP

from authsteps.adapters.cognito.protocol import CognitoConfig
from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import (
    Client,
    ExistenceErrors,
    ExplicitAuthFlow,
    FakeUserPool,
    Purpose,
    SigningKeys,
    UserStatus,
)
from authsteps.adapters.fake.state import Pool
from authsteps.engine.messages import Secret
from authsteps.flows import srp
from tests.adapters.fake import model
from tests.adapters.fake.authenticator import Browser
from tests.conftest import VirtualClock

Reply: TypeAlias = dict[str, Any]
Refusal: TypeAlias = tuple[str, str]

ALICE = "alice"
BOB = "bob"
STRANGER = "nobody-of-that-name"
"""Nobody is called so."""
PASSWORD = "Correct-horse-7"
NEW_PASSWORD = "Better-battery-8"
DEVICE_PASSWORD = "forty-random-bytes-of-a-device"
EMAIL = "alice@example.com"
PHONE = "+15550001234"

MS = timedelta(milliseconds=1)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
TOTP_STEP = timedelta(seconds=30)

WRONG_CREDENTIALS = ("NotAuthorizedException", "Incorrect username or password.")
LOCKED_OUT = ("NotAuthorizedException", "Password attempts exceeded")
UNCONFIRMED = ("UserNotConfirmedException", "User is not confirmed.")
RESET_REQUIRED = ("PasswordResetRequiredException", "Password reset required for the user")
DISABLED = ("NotAuthorizedException", "User is disabled.")
NO_SUCH_USER = ("UserNotFoundException", "User does not exist.")
NO_SUCH_NAME = ("UserNotFoundException", "Username/client id combination not found.")
SESSION_INVALID = ("NotAuthorizedException", "Invalid session for the user.")
SESSION_EXPIRED = ("NotAuthorizedException", "Invalid session for the user, session is expired.")
SESSION_SPENT = ("NotAuthorizedException", "Invalid session for the user, session can only be used once.")
SMS_CODE_WRONG = ("CodeMismatchException", "Invalid code or auth state for the user.")
TOTP_CODE_WRONG = ("CodeMismatchException", "Invalid code received for user")
TOTP_CODE_USED = ("ExpiredCodeException", "Your software token has already been used once.")
CODE_WRONG = ("CodeMismatchException", "Invalid verification code provided, please try again.")
CODE_EXPIRED = ("ExpiredCodeException", "Invalid code provided, please request a code again.")
LIMIT_EXCEEDED = ("LimitExceededException", "Attempt limit exceeded, please try after some time.")
UNREADABLE = ("SerializationException", "Unexpected field type")

SRP = srp.FastArithmetic()
ALL_FLOWS = frozenset(ExplicitAuthFlow)


@cache
def load_signing_keys() -> SigningKeys:
    """Keys that were made once, for making them takes a while."""
    path = Path(__file__).parents[2] / "data" / "fake-signing-keys-generated-once-for-tests.json"
    pem: dict[str, str] = json.loads(path.read_text())
    return SigningKeys.from_pem(id_token=Secret(pem["id_token"]), access_token=Secret(pem["access_token"]))


def inside(pool: FakeUserPool) -> Pool:
    """What a pool is made of: some of it shows in no reply."""
    return pool._pool  # pyright: ignore[reportPrivateUsage] # the only way in


async def refusal(call: Awaitable[object]) -> Refusal:
    """Await a call that must be refused, and return the code and the text."""
    with pytest.raises(ServiceError) as caught:
        await call
    assert caught.value.status == 400
    return caught.value.code, caught.value.message


def missing(parameter: str) -> Refusal:
    return "InvalidParameterException", f"Missing required parameter {parameter}"


@attrs.frozen
class Offer:
    """A sign-in with SRP, half way: what the app keeps to itself, and what the pool challenged it with."""

    username: str
    keys: srp.KeyPair
    challenge: Reply

    @property
    def parameters(self) -> dict[str, str]:
        return cast("dict[str, str]", self.challenge["ChallengeParameters"])


class Authenticator:
    """An authenticator app with one account in it."""

    def __init__(self, shared_secret: str, clock: VirtualClock) -> None:
        self._totp = TOTP(shared_secret)
        self._clock = clock

    def code(self, *, later: timedelta = timedelta()) -> str:
        """What the app shows now, or will show later."""
        return self._totp.at(self._clock.now() + later)

    def wrong_code(self) -> str:
        """A code that the app does not show anywhere near now."""
        near = {self.code(later=TOTP_STEP * shift) for shift in range(-3, 4)}
        return next(code for code in (f"{number:06}" for number in range(10)) if code not in near)


class App:
    """A program that talks to a pool through one of its app clients, and sends its secret hash if it has a secret."""

    def __init__(self, pool: FakeUserPool, clock: VirtualClock, client: Client | None = None) -> None:
        self.pool = pool
        self.clock = clock
        self.client = client if client is not None else pool.client
        self._drawn = 0

    def beside(self, *, flows: frozenset[ExplicitAuthFlow] = ALL_FLOWS, **options: Any) -> "App":
        """Another app, which talks to the same pool through a client of its own, made with these options."""
        return App(self.pool, self.clock, self.pool.add_client(explicit_auth_flows=flows, **options))

    def discreet(self) -> "App":
        """Another app, whose client is not told who exists."""
        return self.beside(prevent_user_existence_errors=ExistenceErrors.ENABLED)

    async def call(self, operation: str, **members: Json) -> Reply:
        """Call the pool, and see that what comes back is what the service model says."""
        try:
            reply = await self.pool.call(operation, members)
        except ServiceError as error:
            model.fits_refusal(operation, error)
            raise
        model.fits_reply(operation, reply)
        return cast("Reply", reply)

    def secret_hash(self, username: str, member: str = "SECRET_HASH") -> dict[str, str]:
        if self.client.client_secret is None:
            return {}
        return {member: srp.secret_hash(username, self.client.client_id, self.client.client_secret).reveal()}

    # Signing in

    async def initiate(self, flow: str, username: str, **parameters: str) -> Reply:
        sent = {"USERNAME": username, **self.secret_hash(username), **parameters}
        return await self.call("InitiateAuth", AuthFlow=flow, ClientId=self.client.client_id, AuthParameters=sent)

    async def respond(self, challenge: str, username: str, session: str | None = None, **responses: str) -> Reply:
        sent: dict[str, Json] = {"USERNAME": username, **self.secret_hash(username), **responses}
        with_session: dict[str, Json] = {} if session is None else {"Session": session}
        return await self.call(
            "RespondToAuthChallenge",
            ChallengeName=challenge,
            ClientId=self.client.client_id,
            ChallengeResponses=sent,
            **with_session,
        )

    async def by_password(self, username: str = ALICE, password: str = PASSWORD) -> Reply:
        return await self.initiate("USER_PASSWORD_AUTH", username, PASSWORD=password)

    async def offer_proof(self, username: str = ALICE) -> Offer:
        self._drawn += 1
        keys = srp.key_pair(sha256(self._drawn.to_bytes(4)).digest(), SRP)
        return Offer(username, keys, await self.initiate("USER_SRP_AUTH", username, SRP_A=keys.public.reveal()))

    def proof(
        self, offer: Offer, password: str = PASSWORD, *, timestamp: str | None = None, **instead: str
    ) -> dict[str, str]:
        """The responses that prove a password; ``instead`` replaces parameters of the challenge."""
        parameters = {**offer.parameters, **instead}
        stamp = timestamp if timestamp is not None else srp.timestamp(self.clock.now())
        signature = srp.password_claim(
            pool_name=CognitoConfig(self.pool.id, "").pool_name,
            user_id=parameters["USER_ID_FOR_SRP"],
            password=Secret(password),
            key_pair=offer.keys,
            salt_hex=Secret(parameters["SALT"]),
            srp_b_hex=Secret(parameters["SRP_B"]),
            secret_block_b64=Secret(parameters["SECRET_BLOCK"]),
            timestamp=stamp,
            arithmetic=SRP,
        )
        return {
            "PASSWORD_CLAIM_SECRET_BLOCK": parameters["SECRET_BLOCK"],
            "PASSWORD_CLAIM_SIGNATURE": signature.reveal(),
            "TIMESTAMP": stamp,
        }

    async def send_proof(self, offer: Offer, responses: Mapping[str, str]) -> Reply:
        return await self.respond("PASSWORD_VERIFIER", offer.parameters["USERNAME"], **responses)

    async def prove(self, offer: Offer, password: str = PASSWORD) -> Reply:
        return await self.send_proof(offer, self.proof(offer, password))

    async def by_srp(self, username: str = ALICE, password: str = PASSWORD) -> Reply:
        return await self.prove(await self.offer_proof(username), password)

    async def answer(self, challenge: Reply, answer: str, username: str = ALICE) -> Reply:
        """Answer a challenge that takes one answer."""
        name = challenge["ChallengeName"]
        response = {
            "SMS_MFA": "SMS_MFA_CODE",
            "SOFTWARE_TOKEN_MFA": "SOFTWARE_TOKEN_MFA_CODE",
            "SELECT_MFA_TYPE": "ANSWER",
            "NEW_PASSWORD_REQUIRED": "NEW_PASSWORD",
        }[name]
        return await self.respond(name, username, challenge["Session"], **{response: answer})

    async def tokens(self, username: str = ALICE, password: str = PASSWORD) -> Reply:
        """Sign in a user without second factor, the quick way, and return the tokens."""
        return tokens_of(await self.by_password(username, password))

    async def refresh(self, refresh_token: str, device_key: str | None = None) -> Reply:
        secret: dict[str, Json] = {}
        if self.client.client_secret is not None:
            secret = {"ClientSecret": self.client.client_secret.reveal()}
        members: dict[str, Json] = {"RefreshToken": refresh_token, "ClientId": self.client.client_id}
        if device_key is not None:
            members["DeviceKey"] = device_key
        return await self.call("GetTokensFromRefreshToken", **members, **secret)

    # Accounts

    async def named(self, operation: str, username: str = ALICE, **members: Json) -> Reply:
        """Call an operation that goes by client and username."""
        hashed: dict[str, Json] = {**self.secret_hash(username, "SecretHash")}
        return await self.call(operation, ClientId=self.client.client_id, Username=username, **hashed, **members)

    async def sign_up(self, username: str = ALICE, password: str = PASSWORD, **attributes: str) -> Reply:
        given = [{"Name": name.replace("__", ":"), "Value": value} for name, value in attributes.items()]
        return await self.named("SignUp", username, Password=password, UserAttributes=given)

    async def confirm_sign_up(self, code: str, username: str = ALICE) -> Reply:
        return await self.named("ConfirmSignUp", username, ConfirmationCode=code)

    async def forgot_password(self, username: str = ALICE) -> Reply:
        return await self.named("ForgotPassword", username)

    async def confirm_forgot_password(self, code: str, password: str = NEW_PASSWORD, username: str = ALICE) -> Reply:
        return await self.named("ConfirmForgotPassword", username, ConfirmationCode=code, Password=password)

    def mailed(self, purpose: Purpose, username: str = ALICE) -> str:
        """The code that the latest message holds."""
        return self.pool.outbox.latest(username, purpose).code.reveal()

    # Devices and passkeys

    async def confirm_device(self, tokens: Reply, *, name: str | None = None, password: str = DEVICE_PASSWORD) -> str:
        """Confirm the device that was issued with these tokens, and return its key."""
        issued = tokens["NewDeviceMetadata"]
        key: str = issued["DeviceKey"]
        made = srp.verifier(
            pool_name=issued["DeviceGroupKey"],
            user_id=key,
            password=Secret(password),
            salt=b"sixteen bytes of",
            arithmetic=SRP,
        )
        named: dict[str, Json] = {} if name is None else {"DeviceName": name}
        config = {"PasswordVerifier": b64(srp.encode(made.v)), "Salt": b64(bytes.fromhex(f"{made.salt_hex:0>32}"))}
        access_token = tokens["AccessToken"]
        await self.call(
            "ConfirmDevice", AccessToken=access_token, DeviceKey=key, DeviceSecretVerifierConfig=config, **named
        )
        return key

    async def register_passkey(self, access_token: str, browser: Browser, **instead: Any) -> Reply:
        """Have a browser make a passkey; ``instead`` replaces parts of its answer."""
        started = await self.call("StartWebAuthnRegistration", AccessToken=access_token)
        credential = browser.create(started["CredentialCreationOptions"], **instead)
        return await self.call("CompleteWebAuthnRegistration", AccessToken=access_token, Credential=credential)

    # Second factors

    async def set_up_totp(self, access_token: str, *, name: str | None = None) -> Authenticator:
        """Give a user an authenticator app that is verified and not switched on."""
        secret = (await self.call("AssociateSoftwareToken", AccessToken=access_token))["SecretCode"]
        authenticator = Authenticator(secret, self.clock)
        named: dict[str, Json] = {} if name is None else {"FriendlyDeviceName": name}
        await self.call("VerifySoftwareToken", AccessToken=access_token, UserCode=authenticator.code(), **named)
        return authenticator

    async def prefer(self, access_token: str, **settings: Json) -> Reply:
        return await self.call("SetUserMFAPreference", AccessToken=access_token, **settings)

    async def with_totp(self, username: str = ALICE, *, name: str | None = None) -> Authenticator:
        """Give a user an authenticator app that is asked for at sign-in, and that shows a fresh code."""
        access_token = (await self.tokens(username))["AccessToken"]
        authenticator = await self.set_up_totp(access_token, name=name)
        await self.prefer(access_token, SoftwareTokenMfaSettings={"Enabled": True})
        self.clock.move(TOTP_STEP)
        return authenticator

    async def with_sms(self, username: str = ALICE) -> None:
        """Have a user asked for a code by SMS at sign-in."""
        await self.prefer((await self.tokens(username))["AccessToken"], SMSMfaSettings={"Enabled": True})


def tokens_of(reply: Reply) -> Reply:
    """The tokens of a reply that must hold them."""
    assert "ChallengeName" not in reply
    return cast("Reply", reply["AuthenticationResult"])


def b64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def constraint(*violations: str) -> Refusal:
    """The refusal of a request that breaks constraints of the service model."""
    errors = "error" if len(violations) == 1 else "errors"
    return "InvalidParameterException", f"{len(violations)} validation {errors} detected: {'; '.join(violations)}"


def wrong(code: str) -> str:
    """Another code than this one."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}}"


class Meddling:
    """Arithmetic that lets something happen before each power: in the middle of a call, as others' calls do."""

    def __init__(self) -> None:
        self.before: Callable[[], object] = lambda: None

    def power_of_g(self, exponent: int, /) -> int:
        self.before()
        return SRP.power_of_g(exponent)

    def power(self, base: int, exponent: int, /) -> int:
        self.before()
        return SRP.power(base, exponent)


SignIn: TypeAlias = Callable[[App, str, str], Awaitable[Reply]]
"""A way to sign in, with a username and a password."""

both_flows = pytest.mark.parametrize("sign_in", [App.by_srp, App.by_password], ids=["srp", "password"])

TROUBLES: Mapping[str, tuple[Callable[[FakeUserPool], object], Refusal]] = {
    "unconfirmed": (lambda pool: setattr(pool.user(ALICE), "status", UserStatus.UNCONFIRMED), UNCONFIRMED),
    "reset required": (lambda pool: pool.require_password_reset(ALICE), RESET_REQUIRED),
    "disabled": (lambda pool: pool.disable_user(ALICE), DISABLED),
}
"""What can keep Alice from signing in, and the refusal that says so."""
