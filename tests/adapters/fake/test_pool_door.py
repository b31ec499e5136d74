"""The door: whatever comes in, a reply or a refusal goes out, and both are of the shapes in the service model.

``world.App`` holds every reply and refusal against the model, so here it is enough to send a great many requests.
What administrators ask for is in ``test_admin_door``.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.adapters.fake import (
    DeviceConfiguration,
    FakeUserPool,
    FirstFactor,
    MfaFactor,
    Purpose,
    Settings,
    SigningKeys,
    UserStatus,
    WebAuthnConfiguration,
)
from authsteps.adapters.fake.administration.inputs import USER_INPUTS
from tests.adapters.fake.authenticator import RP_ID, Browser
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.model import COMMON_ERRORS, input_of
from tests.adapters.fake.world import (
    ALICE,
    ALL_FLOWS,
    BOB,
    EMAIL,
    NEW_PASSWORD,
    PASSWORD,
    PHONE,
    UNREADABLE,
    App,
    Authenticator,
    Reply,
    refusal,
)
from tests.conftest import SeededEntropy, VirtualClock

OPERATIONS = [
    "AdminInitiateAuth",
    "AdminRespondToAuthChallenge",
    "AssociateSoftwareToken",
    "ChangePassword",
    "CompleteWebAuthnRegistration",
    "ConfirmDevice",
    "ConfirmForgotPassword",
    "ConfirmSignUp",
    "DeleteUser",
    "DeleteUserAttributes",
    "DeleteWebAuthnCredential",
    "ForgetDevice",
    "ForgotPassword",
    "GetDevice",
    "GetTokensFromRefreshToken",
    "GetUser",
    "GetUserAttributeVerificationCode",
    "GetUserAuthFactors",
    "GlobalSignOut",
    "InitiateAuth",
    "ListDevices",
    "ListWebAuthnCredentials",
    "ResendConfirmationCode",
    "RespondToAuthChallenge",
    "RevokeToken",
    "SetUserMFAPreference",
    "SignUp",
    "StartWebAuthnRegistration",
    "UpdateDeviceStatus",
    "UpdateUserAttributes",
    "VerifySoftwareToken",
    "VerifyUserAttribute",
]
DEVICE_KEY = "eu-west-1_11111111-2222-3333-4444-555555555555"
every_operation = pytest.mark.parametrize("name", OPERATIONS)

Request: TypeAlias = Mapping[str, Json]


def test_these_are_the_operations_of_the_pool(pool: FakeUserPool) -> None:
    assert sorted(pool.operations - USER_INPUTS.keys()) == OPERATIONS


@pytest.mark.parametrize("name", ["CreateUserPool", "initiateauth", "InitiateAuth ", "", "__init__", "call"])
async def test_an_operation_that_the_pool_does_not_perform_is_unknown(pool: FakeUserPool, name: str) -> None:
    assert await refusal(pool.call(name, {})) == ("UnknownOperationException", "")


# --- What is missing or of a wrong type -----------------------------------------------------------------------------


@every_operation
@pytest.mark.parametrize("value", [None, ...], ids=["null", "absent"])
async def test_a_required_member_that_is_absent_or_null_is_named(app: App, name: str, value: Any) -> None:
    members = complete(app)[name]
    for member in input_of(name).required_members:
        request = {**members, member: None} if value is None else {k: v for k, v in members.items() if k != member}
        code, text = await refusal(app.call(name, **request))
        path = member[:1].lower() + member[1:]
        assert (code, text) == (
            "InvalidParameterException",
            f"1 validation error detected: Value at '{path}' failed to satisfy constraint: Member must not be null",
        )


@every_operation
async def test_a_member_of_a_wrong_type_is_unreadable(app: App, name: str) -> None:
    members = complete(app)[name]
    for member, value in members.items():
        others: Sequence[Json] = [7, True, 1.5, ["x"], {"X": "x"}, "x"]
        for other in others:
            if type(other) is not type(value):
                assert await refusal(app.call(name, **{**members, member: other})) == UNREADABLE, (member, other)


@every_operation
async def test_members_that_the_model_does_not_have_are_passed_over(app: App, name: str) -> None:
    request = complete(app)[name]
    expected = await outcome(app, name, request)
    app.pool.user(ALICE).limits.clear()

    for value in (None, 7, "x", ["x"]):
        assert await outcome(app, name, {**request, "Stray": value}) == expected


@every_operation
async def test_null_members_are_absent(app: App, name: str) -> None:
    """Source: amazon-cognito-identity-js sends explicit nulls."""
    request = complete(app)[name]
    expected = await outcome(app, name, request)
    optional = set(input_of(name).members) - set(request)
    app.pool.user(ALICE).limits.clear()

    assert await outcome(app, name, {**request, **dict.fromkeys(optional)}) == expected


async def test_null_values_in_a_map_are_absent(app: App) -> None:
    parameters = {"USERNAME": ALICE, "PASSWORD": PASSWORD, "SECRET_HASH": None, "DEVICE_KEY": None}
    members: dict[str, Json] = {"ClientId": app.client.client_id, "AuthParameters": parameters}

    assert "AuthenticationResult" in await app.call("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", **members)
    parameters["PASSWORD"] = None
    assert (await refusal(app.call("InitiateAuth", AuthFlow="USER_PASSWORD_AUTH", **members)))[1] == (
        "Missing required parameter PASSWORD"
    )


async def outcome(app: App, name: str, request: Request) -> object:
    """What came of a request, without what is new every time."""
    try:
        return sorted(await app.call(name, **request))
    except ServiceError as error:
        return error.code, error.message


def complete(app: App) -> Mapping[str, Request]:
    """A request to every operation with all that it needs, though not all of it right."""
    client_id = app.client.client_id
    named: Request = {"ClientId": client_id, "Username": ALICE}
    by_token: Request = {"AccessToken": "token"}
    return {
        "InitiateAuth": {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": client_id,
            "AuthParameters": {"USERNAME": ALICE, "PASSWORD": PASSWORD},
        },
        "RespondToAuthChallenge": {
            "ChallengeName": "SMS_MFA",
            "ClientId": client_id,
            "Session": "x" * 30,
            "ChallengeResponses": {"USERNAME": ALICE, "SMS_MFA_CODE": "123456"},
        },
        "AdminInitiateAuth": {
            "UserPoolId": app.pool.id,
            "AuthFlow": "USER_SRP_AUTH",
            "ClientId": client_id,
            "AuthParameters": {"USERNAME": ALICE, "SRP_A": "2"},
        },
        "AdminRespondToAuthChallenge": {
            "UserPoolId": app.pool.id,
            "ChallengeName": "SMS_MFA",
            "ClientId": client_id,
            "Session": "x" * 30,
            "ChallengeResponses": {"USERNAME": ALICE, "SMS_MFA_CODE": "123456"},
        },
        "SignUp": {
            "ClientId": client_id,
            "Username": ALICE,
            "Password": PASSWORD,
            "UserAttributes": [{"Name": "email", "Value": EMAIL}],
        },
        "ConfirmSignUp": {**named, "ConfirmationCode": "123456", "ForceAliasCreation": True},
        "ResendConfirmationCode": named,
        "ForgotPassword": named,
        "ConfirmForgotPassword": {**named, "ConfirmationCode": "123456", "Password": NEW_PASSWORD},
        "GetTokensFromRefreshToken": {"RefreshToken": "token", "ClientId": client_id},
        "RevokeToken": {"Token": "token", "ClientId": client_id},
        "GlobalSignOut": {"AccessToken": "token"},
        "GetUser": {"AccessToken": "token"},
        "AssociateSoftwareToken": {"AccessToken": "token"},
        "VerifySoftwareToken": {"AccessToken": "token", "UserCode": "123456", "FriendlyDeviceName": "phone"},
        "SetUserMFAPreference": {
            "AccessToken": "token",
            "SMSMfaSettings": {"Enabled": True},
            "SoftwareTokenMfaSettings": {"Enabled": True},
            "EmailMfaSettings": {"Enabled": True},
            "WebAuthnMfaSettings": {"Enabled": True},
        },
        "ChangePassword": {**by_token, "PreviousPassword": PASSWORD, "ProposedPassword": NEW_PASSWORD},
        "DeleteUser": by_token,
        "GetUserAuthFactors": by_token,
        "UpdateUserAttributes": {**by_token, "UserAttributes": [{"Name": "email", "Value": EMAIL}]},
        "DeleteUserAttributes": {**by_token, "UserAttributeNames": ["name"]},
        "GetUserAttributeVerificationCode": {**by_token, "AttributeName": "email"},
        "VerifyUserAttribute": {**by_token, "AttributeName": "email", "Code": "123456"},
        "ConfirmDevice": {
            **by_token,
            "DeviceKey": DEVICE_KEY,
            "DeviceSecretVerifierConfig": {"PasswordVerifier": "Ag==", "Salt": "Ag=="},
            "DeviceName": "phone",
        },
        "UpdateDeviceStatus": {**by_token, "DeviceKey": DEVICE_KEY, "DeviceRememberedStatus": "remembered"},
        "GetDevice": {**by_token, "DeviceKey": DEVICE_KEY},
        "ForgetDevice": {**by_token, "DeviceKey": DEVICE_KEY},
        "ListDevices": {**by_token, "Limit": 10, "PaginationToken": "token"},
        "StartWebAuthnRegistration": by_token,
        "CompleteWebAuthnRegistration": {**by_token, "Credential": {"id": "id"}},
        "ListWebAuthnCredentials": {**by_token, "MaxResults": 10, "NextToken": "token"},
        "DeleteWebAuthnCredential": {**by_token, "CredentialId": "id"},
    }


# --- One good call of every operation -------------------------------------------------------------------------------


class Chronicle(App):
    """An app that writes down which operations replied, and with which challenges."""

    def __init__(self, pool: FakeUserPool, clock: VirtualClock) -> None:
        super().__init__(pool, clock)
        self.replied: set[str] = set()
        self.challenges: set[str] = set()

    async def call(self, operation: str, **members: Json) -> Reply:
        reply = await super().call(operation, **members)
        self.replied.add(operation)
        self.challenges.add(reply.get("ChallengeName", "none"))
        return reply


SETTINGS: Mapping[str, Any] = {
    "devices": DeviceConfiguration(),
    "web_authn": WebAuthnConfiguration(RP_ID),
    "first_factors": frozenset({FirstFactor.PASSWORD, FirstFactor.WEB_AUTHN}),
}
"""What opens the operations that a plain pool refuses."""


async def test_every_operation_replies_in_its_shape(make_pool: MakePool, clock: VirtualClock) -> None:
    pool = make_pool(**SETTINGS)
    pool.add_user(ALICE, PASSWORD, attributes={"email": EMAIL, "phone_number": PHONE})
    app = Chronicle(pool, clock)
    await look_after_oneself(app)
    await app.sign_up(BOB, email=EMAIL, phone_number=PHONE)
    await app.named("ResendConfirmationCode", BOB)
    await app.confirm_sign_up(app.mailed(Purpose.SIGN_UP, BOB), BOB)
    await app.forgot_password(BOB)
    await app.confirm_forgot_password(app.mailed(Purpose.PASSWORD_RESET, BOB), PASSWORD, BOB)
    await app.by_srp(BOB)
    authenticator = await app.with_totp(BOB, name="phone")
    app.pool.user(BOB).mfa_factors.add(MfaFactor.SMS_MFA)
    app.pool.user(BOB).status = UserStatus.FORCE_CHANGE_PASSWORD
    choice = await app.answer(await app.by_password(BOB), NEW_PASSWORD, BOB)
    totp = await app.answer(choice, "SOFTWARE_TOKEN_MFA", BOB)
    tokens = (await app.answer(totp, authenticator.code(), BOB))["AuthenticationResult"]
    await app.prefer(tokens["AccessToken"], SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
    await app.call("GetUser", AccessToken=tokens["AccessToken"])
    sms = await app.by_password(BOB, NEW_PASSWORD)
    await app.answer(sms, app.mailed(Purpose.SMS_MFA, BOB), BOB)
    await administer(app)
    await app.refresh(tokens["RefreshToken"], await app.confirm_device(tokens))
    await app.call("RevokeToken", Token=tokens["RefreshToken"], ClientId=app.client.client_id)
    await app.call("GlobalSignOut", AccessToken=(await app.tokens(ALICE, NEW_PASSWORD))["AccessToken"])

    await app.call("DeleteUser", AccessToken=(await app.tokens(ALICE, NEW_PASSWORD))["AccessToken"])

    assert app.replied == pool.operations - USER_INPUTS.keys()
    assert app.challenges == {
        "none",
        "PASSWORD_VERIFIER",
        "NEW_PASSWORD_REQUIRED",
        "SELECT_MFA_TYPE",
        "SOFTWARE_TOKEN_MFA",
        "SMS_MFA",
    }


async def administer(app: App) -> None:
    """Sign Bob in as an administrator does."""
    client = app.pool.add_client(explicit_auth_flows=ALL_FLOWS)
    through: dict[str, Json] = {"UserPoolId": app.pool.id, "ClientId": client.client_id}
    parameters: Json = {"USERNAME": BOB, "PASSWORD": NEW_PASSWORD}
    sms = await app.call("AdminInitiateAuth", AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=parameters, **through)
    responses: Json = {"USERNAME": BOB, "SMS_MFA_CODE": app.mailed(Purpose.SMS_MFA, BOB)}
    answer: dict[str, Json] = {"ChallengeName": "SMS_MFA", "Session": sms["Session"], "ChallengeResponses": responses}
    await app.call("AdminRespondToAuthChallenge", **answer, **through)


async def look_after_oneself(app: App) -> None:
    """Do what an access token opens, but for second factors."""
    tokens = await app.tokens()
    token: Json = tokens["AccessToken"]
    await app.call("GetUserAuthFactors", AccessToken=token)
    await app.call(
        "UpdateUserAttributes", AccessToken=token, UserAttributes=[{"Name": "email", "Value": "a@example.org"}]
    )
    await app.call("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")
    code = app.mailed(Purpose.ATTRIBUTE_VERIFICATION)
    await app.call("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=code)
    await app.call("DeleteUserAttributes", AccessToken=token, UserAttributeNames=["phone_number"])
    await app.call("ChangePassword", AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD)
    key = await app.confirm_device(tokens, name="phone")
    await app.confirm_device(await app.tokens(ALICE, NEW_PASSWORD))
    await app.call("UpdateDeviceStatus", AccessToken=token, DeviceKey=key, DeviceRememberedStatus="not_remembered")
    await app.call("GetDevice", AccessToken=token, DeviceKey=key)
    assert (await app.call("ListDevices", AccessToken=token, Limit=1))["PaginationToken"]
    await app.call("ForgetDevice", AccessToken=token, DeviceKey=key)
    for seed in range(2):
        await app.register_passkey(tokens["AccessToken"], Browser(seed=seed))
    listed = await app.call("ListWebAuthnCredentials", AccessToken=token, MaxResults=1)
    assert listed["NextToken"]
    credential_id = listed["Credentials"][0]["CredentialId"]
    await app.call("DeleteWebAuthnCredential", AccessToken=token, CredentialId=credential_id)


# --- A great many requests ------------------------------------------------------------------------------------------

TEXTS = st.text() | st.text(st.characters(categories=["Cs", "Cc", "Lu", "Nd"]), max_size=8)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


class Busy:
    """A pool in which much is under way, with requests that it would grant as they stand.

    Attributes:
        app: An app that talks to it.
        right: The requests, one for every operation and every challenge.
        texts: All texts that stand in them.
    """

    def __init__(self, signing_keys: SigningKeys) -> None:
        clock = VirtualClock()
        pool = FakeUserPool(
            clock=clock, entropy=SeededEntropy(), signing_keys=signing_keys, settings=Settings(**SETTINGS)
        )
        self.app = App(pool, clock)
        self.right: list[tuple[str, dict[str, Json]]] = []
        self.texts: list[str] = []
        attributes = {"email": EMAIL, "email_verified": "true", "phone_number": PHONE}
        for username in (ALICE, BOB, "carol"):
            pool.add_user(username, PASSWORD, attributes=attributes, temporary=username == BOB)

    async def prepare(self) -> None:
        app = self.app
        tokens = await app.tokens()
        device_key = await app.confirm_device(tokens)
        unconfirmed = await app.tokens()
        await app.sign_up("dave", email=EMAIL)
        await app.forgot_password("carol")
        offer = await app.offer_proof("carol")
        new_password = await app.by_password(BOB)
        authenticator = await app.with_totp()
        totp = await app.by_password()
        app.pool.user(ALICE).mfa_factors.add(MfaFactor.SMS_MFA)
        choice = await app.by_password()
        sms = await app.answer(await app.by_password(), "SMS_MFA")
        secret = (await app.call("AssociateSoftwareToken", AccessToken=tokens["AccessToken"]))["SecretCode"]
        token: Json = tokens["AccessToken"]
        codes = {message.purpose: message.code.reveal() for message in app.pool.outbox}

        def right(name: str, **members: Json) -> None:
            client = {"ClientId": app.client.client_id} if "ClientId" in input_of(name).members else {}
            self.right.append((name, {**client, **members}))

        def answer(challenge: Reply, username: str, **responses: str) -> None:
            session: dict[str, Json] = {"Session": challenge["Session"]} if "Session" in challenge else {}
            responses = {"USERNAME": username, **responses}
            name = challenge["ChallengeName"]
            right("RespondToAuthChallenge", ChallengeName=name, ChallengeResponses=responses, **session)

        for flow in ("USER_PASSWORD_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH"):
            parameters = {
                "USERNAME": ALICE,
                "PASSWORD": PASSWORD,
                "SRP_A": "2",
                "REFRESH_TOKEN": tokens["RefreshToken"],
                "DEVICE_KEY": device_key,
            }
            right("InitiateAuth", AuthFlow=flow, AuthParameters=parameters)
        answer(offer.challenge, "carol", **app.proof(offer))
        answer(new_password, BOB, NEW_PASSWORD=NEW_PASSWORD, **{"userAttributes.name": "Bob"})
        answer(totp, ALICE, SOFTWARE_TOKEN_MFA_CODE=authenticator.code())
        answer(choice, ALICE, ANSWER="SMS_MFA")
        answer(sms, ALICE, SMS_MFA_CODE=codes[Purpose.SMS_MFA])
        pool_id: dict[str, Json] = {"UserPoolId": app.pool.id}
        right("AdminInitiateAuth", AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": BOB, "SRP_A": "2"}, **pool_id)
        right("AdminRespondToAuthChallenge", **self.right[-2][1], **pool_id)
        right("SignUp", Username="erin", Password=PASSWORD, UserAttributes=[{"Name": "email", "Value": EMAIL}])
        right("ConfirmSignUp", Username="dave", ConfirmationCode=codes[Purpose.SIGN_UP])
        right("ResendConfirmationCode", Username="dave")
        right("ForgotPassword", Username="carol")
        code = codes[Purpose.PASSWORD_RESET]
        right("ConfirmForgotPassword", Username="carol", ConfirmationCode=code, Password=NEW_PASSWORD)
        right("GetTokensFromRefreshToken", RefreshToken=tokens["RefreshToken"], DeviceKey=device_key)
        right("RevokeToken", Token=tokens["RefreshToken"])
        right("GetUser", AccessToken=token)
        right("VerifySoftwareToken", AccessToken=token, UserCode=Authenticator(secret, app.clock).code())
        right("AssociateSoftwareToken", AccessToken=token)
        right("SetUserMFAPreference", AccessToken=token, SMSMfaSettings={"Enabled": True, "PreferredMfa": True})
        await self._prepare_self_service(token, device_key, unconfirmed, right)
        right("GlobalSignOut", AccessToken=token)
        right("DeleteUser", AccessToken=token)
        self.texts = [text for _, request in self.right for text in _texts_of(request)]

    async def _prepare_self_service(
        self, token: Json, device_key: str, unconfirmed: Reply, right: Callable[..., None]
    ) -> None:
        app, browser = self.app, Browser()
        for name in ("GetUserAuthFactors", "ListDevices", "ListWebAuthnCredentials", "StartWebAuthnRegistration"):
            right(name, AccessToken=token)
        new = [{"Name": "name", "Value": "Alice"}, {"Name": "email", "Value": "a@example.org"}]
        await app.call("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")
        code = app.mailed(Purpose.ATTRIBUTE_VERIFICATION)
        right("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=code)
        right("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")
        right("UpdateUserAttributes", AccessToken=token, UserAttributes=new)
        right("DeleteUserAttributes", AccessToken=token, UserAttributeNames=["phone_number"])
        right("ChangePassword", AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEW_PASSWORD)
        right(
            "ConfirmDevice",
            AccessToken=unconfirmed["AccessToken"],
            DeviceKey=unconfirmed["NewDeviceMetadata"]["DeviceKey"],
            DeviceSecretVerifierConfig={"PasswordVerifier": "Ag==", "Salt": "Ag=="},
            DeviceName="phone",
        )
        for name in ("GetDevice", "ForgetDevice", "UpdateDeviceStatus"):
            right(name, AccessToken=token, DeviceKey=device_key)
        await app.register_passkey(str(token), Browser(seed=1))
        (credential_id,) = app.pool.user(ALICE).passkeys
        right("DeleteWebAuthnCredential", AccessToken=token, CredentialId=credential_id)
        started = await app.call("StartWebAuthnRegistration", AccessToken=token)
        credential = browser.create(started["CredentialCreationOptions"])
        right("CompleteWebAuthnRegistration", AccessToken=token, Credential=credential)


def _texts_of(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for held in value.values():
            yield from _texts_of(held)
    elif isinstance(value, Sequence):
        for held in value:
            yield from _texts_of(held)


def replaced(value: Json, path: Sequence[int], instead: Json) -> Json:
    """Put something else where a path leads: the n-th member, of that the n-th, and so on as deep as it goes."""
    if not path or not isinstance(value, Mapping | list) or not value:
        return instead
    place = path[0] % len(value)
    if isinstance(value, Mapping):
        name = [*value][place]
        return {**value, name: replaced(value[name], path[1:], instead)}
    return [replaced(held, path[1:], instead) if index == place else held for index, held in enumerate(value)]


async def busy_pool(signing_keys: SigningKeys) -> Busy:
    busy = Busy(signing_keys)
    await busy.prepare()
    return busy


async def test_the_requests_are_right_as_they_stand(signing_keys: SigningKeys) -> None:
    """Each is sent to a pool of its own, for one may end what another goes by."""
    requests = (await busy_pool(signing_keys)).right
    assert {name for name, _ in requests} == set(OPERATIONS)
    for index in range(len(requests)):
        busy = await busy_pool(signing_keys)
        name, request = busy.right[index]
        await busy.app.call(name, **request)


class Text(int):
    """Stands for the pool's n-th text."""


Change: TypeAlias = tuple[int, list[int], Any]

CHANGES: st.SearchStrategy[list[Change]] = st.lists(
    st.tuples(
        st.integers(0, 100),
        st.lists(st.integers(0, 10), min_size=1, max_size=3),
        st.integers(0, 200).map(Text) | ANYTHING,
    ),
    min_size=5,
    max_size=15,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(changes=CHANGES)
def test_whatever_is_changed_in_right_requests_a_reply_or_a_refusal_of_the_model_comes_back(
    signing_keys: SigningKeys, changes: list[Change]
) -> None:
    async def send() -> None:
        busy = await busy_pool(signing_keys)
        for which, path, drawn in changes:
            name, request = busy.right[which % len(busy.right)]
            instead = busy.texts[drawn % len(busy.texts)] if isinstance(drawn, Text) else drawn
            changed = replaced(request, path, instead)
            assert isinstance(changed, Mapping)
            with suppress(ServiceError):  # App has seen whether the model knows it
                await busy.app.call(name, **changed)

    asyncio.run(send())


@settings(max_examples=100)
@given(name=st.sampled_from(OPERATIONS), request_=st.dictionaries(TEXTS, ANYTHING, max_size=4))
def test_whatever_has_nothing_to_do_with_the_operation_is_refused(
    signing_keys: SigningKeys, name: str, request_: dict[str, Any]
) -> None:
    busy = Busy(signing_keys)

    async def send() -> None:
        with pytest.raises(ServiceError) as caught:
            await busy.app.pool.call(name, request_)
        assert caught.value.code in {"InvalidParameterException", *COMMON_ERRORS}

    asyncio.run(send())
