"""The pool's own secrets: none shows itself, wherever the pool is looked at while much is under way in it."""

import gc
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from authsteps.adapters.cognito.protocol import Request
from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import (
    DeviceConfiguration,
    FakeUserPool,
    FirstFactor,
    MfaFactor,
    SigningKeys,
    WebAuthnConfiguration,
)
from authsteps.adapters.fake.members import Members
from authsteps.engine.messages import Secret
from tests.adapters.fake.authenticator import RP_ID, Browser, decoded
from tests.adapters.fake.model import input_of
from tests.adapters.fake.world import ALICE, BOB, EMAIL, NEW_PASSWORD, PASSWORD, PHONE, SECOND, App, Reply, refusal


def things_of(pool: FakeUserPool) -> Iterator[object]:
    """Everything of ours that can be reached from the pool, through lists and maps, closures and slots."""
    seen, fresh = {id(pool)}, [pool]
    while fresh:
        thing: Any = fresh.pop()
        if type(thing).__module__.startswith("authsteps."):
            yield thing
        for held in gc.get_referents(thing):
            # What belongs to all of Python, such as a module's globals, leads everywhere.
            if id(held) not in seen and not isinstance(held, type) and not _is_namespace(held):
                seen.add(id(held))
                fresh.append(held)


def _is_namespace(thing: object) -> bool:
    return isinstance(thing, dict) and "__builtins__" in thing


class Gathered:
    """The secrets of a pool that were seen on the way, and must not be seen in it."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.texts: dict[str, str] = {"password": PASSWORD, "new password": NEW_PASSWORD}

    def add(self, what: str, *secrets: str) -> None:
        self.texts.update({f"{what} {number}": secret for number, secret in enumerate(secrets)})

    async def fill(self, signing_keys: SigningKeys) -> None:
        """Let much get under way, and write down every secret of it."""
        app = self.app
        secretive = app.beside(with_secret=True)
        assert secretive.client.client_secret is not None
        self.add("client secret", secretive.client.client_secret.reveal())
        app.pool.add_user(BOB, NEW_PASSWORD, attributes={"email": EMAIL, "phone_number": PHONE}, temporary=True)
        tokens = await app.tokens()
        self.add("token", tokens["AccessToken"], tokens["IdToken"], tokens["RefreshToken"])
        await self._fill_in_one_account(tokens)
        authenticator = await app.with_totp()
        active = app.pool.user(ALICE).software_token
        assert active is not None
        self.add("shared secret", active.secret.reveal())
        pending = await app.call("AssociateSoftwareToken", AccessToken=tokens["AccessToken"])
        self.add("pending secret", pending["SecretCode"])

        offer = await secretive.offer_proof()
        self.add("public key", offer.keys.public.reveal())
        self.add("challenge", *(offer.parameters[name] for name in ("SECRET_BLOCK", "SRP_B")))
        proof = app.proof(await app.offer_proof(BOB), NEW_PASSWORD)
        self.add("proof", proof["PASSWORD_CLAIM_SIGNATURE"])
        self.add("session", (await app.by_password(BOB, NEW_PASSWORD))["Session"])
        self.add("session of the app", (await app.by_password())["Session"])
        self.add("code of the app", authenticator.code())
        app.pool.user(ALICE).mfa_factors = {MfaFactor.SMS_MFA}
        self.add("session of the phone", (await app.by_password())["Session"])
        app.pool.user(ALICE).mfa_factors.add(MfaFactor.SOFTWARE_TOKEN_MFA)
        self.add("session of the choice", (await app.by_password())["Session"])
        await app.forgot_password()
        await app.sign_up("carol", email=EMAIL)
        self.add("code", *(message.code.reveal() for message in app.pool.outbox))
        for user in (ALICE, BOB):
            verifier = app.pool.user(user).verifier
            assert verifier is not None
            self.add(f"verifier of {user}", str(verifier.v), f"{verifier.v:x}", verifier.salt_hex)
        for key in (signing_keys.id_token, signing_keys.access_token):
            self.add(f"signing key {key.kid}", *(str(key.pair.as_dict(private=True)[part]) for part in "dpq"))

    async def _fill_in_one_account(self, tokens: Reply) -> None:
        app, user = self.app, self.app.pool.user(ALICE)
        key = await app.confirm_device(tokens)
        device = user.devices[key]
        assert device.verifier is not None
        self.add("device", str(device.verifier.v), f"{device.verifier.v:x}", device.verifier.salt_hex)
        await app.register_passkey(tokens["AccessToken"], Browser())
        started = await app.call("StartWebAuthnRegistration", AccessToken=tokens["AccessToken"])
        challenge = started["CredentialCreationOptions"]["challenge"]
        self.add("passkey challenge", challenge, repr(decoded(challenge)))
        new = [{"Name": "email", "Value": "new@example.org"}]
        await app.call("UpdateUserAttributes", AccessToken=tokens["AccessToken"], UserAttributes=new)
        rotating = app.beside(rotation_grace=SECOND)
        rotated = await rotating.tokens()
        key = await rotating.confirm_device(rotated)
        fresh = await rotating.refresh(rotated["RefreshToken"], key)
        self.add("rotated token", rotated["RefreshToken"], fresh["AuthenticationResult"]["RefreshToken"])
        self.add("hand-over", (await rotating.sign_up("dave", email=EMAIL))["Session"])

    def shown_in(self, text: str) -> list[str]:
        return [what for what, secret in self.texts.items() if secret in text]


@pytest.fixture
async def gathered(app: App, signing_keys: SigningKeys) -> Gathered:
    settings = app.pool.settings
    settings.devices, settings.web_authn = DeviceConfiguration(), WebAuthnConfiguration(RP_ID)
    settings.first_factors, settings.verified_before_update = frozenset(FirstFactor), frozenset({"email"})
    gathered = Gathered(app)
    await gathered.fill(signing_keys)
    return gathered


async def test_no_secret_shows_in_anything_that_the_pool_is_made_of(gathered: Gathered) -> None:
    looked_at: set[str] = set()
    for thing in things_of(gathered.app.pool):
        looked_at.add(type(thing).__name__)
        shown = f"{thing!r} {thing}"
        assert not gathered.shown_in(shown), f"{type(thing).__name__} shows {gathered.shown_in(shown)}"

    assert looked_at >= {
        "Accounts",
        "AttemptContext",
        "Attempts",
        "Attributes",
        "Client",
        "Code",
        "Device",
        "Devices",
        "Directory",
        "FakeUserPool",
        "Grants",
        "HandOver",
        "Lockout",
        "Message",
        "Outbox",
        "OwnAttributes",
        "Passkey",
        "PendingPasskey",
        "Pool",
        "Profile",
        "RefreshFamily",
        "Registrations",
        "Secret",
        "Sessions",
        "SigningKeys",
        "Snapshot",
        "SoftwareToken",
        "User",
        "Verifier",
        "_Session",
    }


async def test_the_secrets_that_were_looked_for_are_really_in_there(gathered: Gathered) -> None:
    """Otherwise the test above could not fail."""
    held = " ".join(thing.reveal() for thing in things_of(gathered.app.pool) if isinstance(thing, Secret))

    assert set(gathered.shown_in(held)) >= {
        "client secret 0",
        "shared secret 0",
        "pending secret 0",
        "session 0",
        "session of the app 0",
        "session of the phone 0",
        "session of the choice 0",
        "challenge 0",
        "challenge 1",
        "hand-over 0",
        "code 0",
        "code 1",
    }
    assert PASSWORD not in held
    assert NEW_PASSWORD not in held


async def test_no_refusal_quotes_what_was_sent(app: App) -> None:
    canary = "canary-in-a-coal-mine"
    await app.with_sms()
    challenge = await app.by_password()
    calls = [
        app.by_password(ALICE, canary),
        app.initiate("USER_SRP_AUTH", ALICE, SRP_A=canary),
        app.initiate("REFRESH_TOKEN_AUTH", ALICE, REFRESH_TOKEN=canary),
        app.respond("SMS_MFA", ALICE, canary, SMS_MFA_CODE="123456"),
        app.answer(challenge, canary),
        app.sign_up(BOB, canary),
        app.sign_up(BOB, PASSWORD, email=canary),
        app.confirm_forgot_password(canary),
        app.confirm_forgot_password("123456", canary),
        app.refresh(canary),
        app.call("GetUser", AccessToken=canary),
        app.call("VerifySoftwareToken", AccessToken=canary, UserCode=canary),
        app.beside(with_secret=True).initiate("USER_PASSWORD_AUTH", ALICE, PASSWORD=PASSWORD, SECRET_HASH=canary),
    ]

    for call in calls:
        assert canary not in " ".join(await refusal(call))


def a_request(**members: Json) -> Request:
    """A request as backends make it: its maps are masked, too."""
    return Request({name: Request(value) if isinstance(value, Mapping) else value for name, value in members.items()})


CANARY = "Canary-in-a-mine-1"
BY_PASSWORD: dict[str, Json] = {"AuthFlow": "USER_PASSWORD_AUTH"}
REFUSED: Mapping[str, tuple[str, dict[str, Json]]] = {
    "a wrong password": (
        "InitiateAuth",
        {**BY_PASSWORD, "AuthParameters": {"USERNAME": ALICE, "PASSWORD": CANARY}},
    ),
    "a stranger's password": (
        "InitiateAuth",
        {**BY_PASSWORD, "AuthParameters": {"USERNAME": "nobody", "PASSWORD": CANARY}},
    ),
    "a number among texts": (
        "InitiateAuth",
        {**BY_PASSWORD, "AuthParameters": {"USERNAME": ALICE, "PASSWORD": CANARY, "NUMBER": 7}},
    ),
    "a lone surrogate": ("SignUp", {"Username": BOB, "Password": f"{CANARY}\ud800"}),
    "a weak password": ("SignUp", {"Username": BOB, "Password": CANARY.lower()}),
    "a password with spaces": ("SignUp", {"Username": BOB, "Password": f" {CANARY}"}),
    "a wrong reset code": (
        "ConfirmForgotPassword",
        {"Username": ALICE, "ConfirmationCode": CANARY, "Password": CANARY},
    ),
    "a wrong session": (
        "RespondToAuthChallenge",
        {
            "ChallengeName": "SMS_MFA",
            "Session": CANARY,
            "ChallengeResponses": {"USERNAME": ALICE, "SMS_MFA_CODE": CANARY},
        },
    ),
    "a wrong refresh token": ("GetTokensFromRefreshToken", {"RefreshToken": CANARY}),
    "a wrong access token": ("GetUser", {"AccessToken": CANARY}),
    "a wrong password before": (
        "ChangePassword",
        {"AccessToken": CANARY, "PreviousPassword": CANARY, "ProposedPassword": CANARY},
    ),
    "a wrong attribute code": (
        "VerifyUserAttribute",
        {"AccessToken": CANARY, "AttributeName": "email", "Code": CANARY},
    ),
    "an attribute code with a space": (
        "VerifyUserAttribute",
        {"AccessToken": CANARY, "AttributeName": "email", "Code": f"{CANARY} {CANARY}"},
    ),
    "a device's verifier": (
        "ConfirmDevice",
        {
            "AccessToken": CANARY,
            "DeviceKey": "eu-west-1_0",
            "DeviceSecretVerifierConfig": {"PasswordVerifier": CANARY, "Salt": CANARY},
        },
    ),
    "a wrong set-up code": ("VerifySoftwareToken", {"AccessToken": CANARY, "UserCode": CANARY}),
}


@pytest.mark.parametrize(("operation", "members"), REFUSED.values(), ids=[*REFUSED])
async def test_no_traceback_through_the_pool_shows_a_secret_in_a_variable(
    app: App, operation: str, members: dict[str, Json]
) -> None:
    """Structured logs show the variables of every frame."""
    client = {"ClientId": app.client.client_id} if "ClientId" in input_of(operation).members else {}
    with pytest.raises(ServiceError) as caught:
        await app.pool.call(operation, a_request(**client, **members))

    frames = [frame for frame, _ in traceback.walk_tb(caught.value.__traceback__)]
    ours = [frame for frame in frames if "authsteps/adapters/fake/" in frame.f_code.co_filename]
    assert ours
    for frame in ours:
        shown = {name: repr(value) for name, value in frame.f_locals.items()}
        assert not [name for name, text in shown.items() if CANARY.lower() in text.lower()], frame.f_code.co_name


def test_a_request_shows_the_names_of_its_members_alone() -> None:
    request = Members({"Username": ALICE, "Password": PASSWORD})

    assert repr(request) == "Members(Username, Password)"
