"""Registering passkeys through the operations, with a browser that does what browsers do."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.fake import (
    FakeUserPool,
    FirstFactor,
    Passkey,
    PasskeyUse,
    User,
    UserStatus,
    UserVerification,
    WebAuthnConfiguration,
)
from tests.adapters.fake.authenticator import ORIGIN, RP_ID, Browser, decoded, encoded
from tests.adapters.fake.conftest import MakePool
from tests.adapters.fake.world import (
    ALICE,
    BOB,
    EMAIL,
    MINUTE,
    MS,
    PASSWORD,
    RESET_REQUIRED,
    App,
    Refusal,
    Reply,
    refusal,
)
from tests.conftest import VirtualClock

OFF = "WebAuthnNotEnabledException"
NOT_CONFIGURED = "WebAuthnConfigurationMissingException"
NO_CHALLENGE = "WebAuthnChallengeNotFoundException"
OTHER_CLIENT = "WebAuthnClientMismatchException"
OTHER_SITE = "WebAuthnRelyingPartyMismatchException"
OTHER_ORIGIN = "WebAuthnOriginNotAllowedException"
NOT_SUPPORTED = "WebAuthnCredentialNotSupportedException"
FULL = "LimitExceededException"
UNKNOWN = ("ResourceNotFoundException", "Passkey does not exist.")


@pytest.fixture
def pool(make_pool: MakePool) -> FakeUserPool:
    """A pool that takes passkeys."""
    pool = make_pool(
        web_authn=WebAuthnConfiguration(RP_ID),
        first_factors=frozenset({FirstFactor.PASSWORD, FirstFactor.WEB_AUTHN}),
    )
    for username in (ALICE, BOB):
        pool.add_user(username, PASSWORD, attributes={"email": EMAIL})
    return pool


@pytest.fixture
def browser() -> Browser:
    return Browser()


async def token_of(app: App, username: str = ALICE) -> str:
    token: str = (await app.tokens(username))["AccessToken"]
    return token


async def start(app: App, token: str) -> Reply:
    options: Reply = (await app.call("StartWebAuthnRegistration", AccessToken=token))["CredentialCreationOptions"]
    return options


async def complete(app: App, token: str, credential: Json) -> Reply:
    return await app.call("CompleteWebAuthnRegistration", AccessToken=token, Credential=credential)


async def listed(app: App, token: str, **members: Json) -> list[Reply]:
    found: list[Reply] = (await app.call("ListWebAuthnCredentials", AccessToken=token, **members))["Credentials"]
    return found


async def code_of(call: Any) -> str:
    return (await refusal(call))[0]


# --- Starting -------------------------------------------------------------------------------------------------------


async def test_the_options_are_what_a_browser_needs_and_no_more(app: App, browser: Browser) -> None:
    token = await token_of(app)
    options = await start(app, token)

    assert len(decoded(options["challenge"])) == 32
    assert options == {
        "rp": {"id": RP_ID, "name": RP_ID},
        "user": {"id": encoded(app.pool.user(ALICE).sub.encode()), "name": EMAIL, "displayName": EMAIL},
        "challenge": options["challenge"],
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}, {"type": "public-key", "alg": -257}],
        "timeout": 60000,
        "excludeCredentials": [],
        "authenticatorSelection": {
            "residentKey": "required",
            "requireResidentKey": True,
            "userVerification": "preferred",
        },
    }
    await complete(app, token, browser.create(options))
    again = await start(app, token)
    assert again["excludeCredentials"] == [{"type": "public-key", "id": encoded(browser.credentials[0].id)}]
    assert again["challenge"] != options["challenge"]


async def test_the_options_call_people_by_what_is_known_of_them(app: App) -> None:
    user, token = app.pool.user(ALICE), await token_of(app)
    user.attributes["name"] = "Alice A."
    assert (await start(app, token))["user"]["displayName"] == "Alice A."
    user.attributes.clear()
    assert (await start(app, token))["user"]["name"] == ALICE


@pytest.mark.parametrize("verification", UserVerification)
async def test_the_options_ask_for_verification_as_the_pool_does(app: App, verification: UserVerification) -> None:
    app.pool.settings.web_authn = WebAuthnConfiguration(RP_ID, verification)

    asked = (await start(app, await token_of(app)))["authenticatorSelection"]["userVerification"]
    assert asked == verification.value


SETTINGS: Mapping[str, tuple[Callable[[FakeUserPool], object], str]] = {
    "not allowed": (lambda pool: setattr(pool.settings, "first_factors", frozenset({FirstFactor.PASSWORD})), OFF),
    "without a site": (lambda pool: setattr(pool.settings, "web_authn", None), NOT_CONFIGURED),
}


@pytest.mark.parametrize("operation", ["StartWebAuthnRegistration", "CompleteWebAuthnRegistration"])
@pytest.mark.parametrize(("change", "expected"), SETTINGS.values(), ids=[*SETTINGS])
async def test_a_pool_that_takes_no_passkeys_says_so(
    app: App, operation: str, change: Callable[[FakeUserPool], object], expected: str
) -> None:
    token = await token_of(app)
    change(app.pool)
    members: dict[str, Json] = {} if operation.startswith("Start") else {"Credential": {}}

    if expected is NOT_CONFIGURED and members:
        expected = NO_CHALLENGE  # for none can have been sent
    assert await code_of(app.call(operation, AccessToken=token, **members)) == expected


# --- Completing -----------------------------------------------------------------------------------------------------


async def test_a_passkey_is_registered_and_listed(app: App, browser: Browser, clock: VirtualClock) -> None:
    token = await token_of(app)
    assert await listed(app, token) == []
    clock.move(timedelta(milliseconds=1500))
    assert await app.register_passkey(token, browser) == {}

    (passkey,) = app.pool.user(ALICE).passkeys.values()
    assert passkey.sign_count == 0
    assert app.pool.user(ALICE).modified == clock.now()
    assert await listed(app, token) == [
        {
            "CredentialId": encoded(browser.credentials[0].id),
            "FriendlyCredentialName": "Passkey 1",
            "RelyingPartyId": RP_ID,
            "AuthenticatorAttachment": "platform",
            "AuthenticatorTransports": ["internal", "hybrid"],
            "CreatedAt": clock.now().timestamp(),
        }
    ]


async def test_a_browser_need_not_say_what_its_authenticator_is(app: App, browser: Browser) -> None:
    token = await token_of(app)
    credential = browser.create(await start(app, token))
    del credential["authenticatorAttachment"], credential["response"]["transports"]
    await complete(app, token, credential)

    (passkey,) = await listed(app, token)
    assert "AuthenticatorAttachment" not in passkey
    assert passkey["AuthenticatorTransports"] == []


TAMPERED: Mapping[str, tuple[dict[str, Any], str]] = {
    "another challenge": ({"challenge": encoded(bytes(32))}, NO_CHALLENGE),
    "no challenge": ({"challenge": "~"}, NO_CHALLENGE),
    "another origin": ({"origin": "https://evil.example"}, OTHER_ORIGIN),
    "a subdomain": ({"origin": "https://www.example.com"}, OTHER_ORIGIN),
    "an origin without TLS": ({"origin": "http://example.com"}, OTHER_ORIGIN),
    "another site": ({"rp_id": "evil.example"}, OTHER_SITE),
    "an assertion's type": ({"type": "webauthn.get"}, NOT_SUPPORTED),
    "an algorithm that was not offered": ({"algorithm": -8}, NOT_SUPPORTED),
}


@pytest.mark.parametrize(("instead", "expected"), TAMPERED.values(), ids=[*TAMPERED])
async def test_an_answer_to_something_else_registers_nothing(
    app: App, browser: Browser, instead: dict[str, Any], expected: str
) -> None:
    token = await token_of(app)
    options = await start(app, token)
    assert await code_of(complete(app, token, browser.create(options, **instead))) == expected
    assert app.pool.user(ALICE).passkeys == {}

    await complete(app, token, browser.create(options))


MALFORMED: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "nothing in it": lambda credential: credential.clear(),
    "no response": lambda credential: credential.update(response=None),
    "a response of nothing": lambda credential: credential.update(response={}),
    "another id": lambda credential: credential.update(id="AAAA"),
    "a number for an id": lambda credential: credential.update(id=7),
    "another type": lambda credential: credential.update(type="password"),
    "an unknown attachment": lambda credential: credential.update(authenticatorAttachment="glued"),
    "client data that is no JSON": lambda credential: credential["response"].update(clientDataJSON="AAAA"),
    "client data that is no object": lambda credential: credential["response"].update(clientDataJSON=encoded(b"[]")),
    "client data with a number for an origin": lambda credential: credential["response"].update(
        clientDataJSON=encoded(b'{"type": "webauthn.create", "challenge": "AAAA", "origin": 7}')
    ),
    "client data that is no base64": lambda credential: credential["response"].update(clientDataJSON="é"),
    "an attestation that is none": lambda credential: credential["response"].update(attestationObject="AAAA"),
    "an attestation cut short": lambda credential: credential["response"].update(
        attestationObject=credential["response"]["attestationObject"][:-20]
    ),
}


@pytest.mark.parametrize("spoil", MALFORMED.values(), ids=[*MALFORMED])
async def test_what_is_no_credential_is_refused(
    app: App, browser: Browser, spoil: Callable[[dict[str, Any]], object]
) -> None:
    token = await token_of(app)
    credential = browser.create(await start(app, token))
    spoil(credential)

    assert await code_of(complete(app, token, credential)) == NOT_SUPPORTED
    assert app.pool.user(ALICE).passkeys == {}


async def test_a_challenge_is_answered_once(app: App, browser: Browser) -> None:
    token = await token_of(app)
    credential = browser.create(await start(app, token))
    assert await code_of(complete(app, await token_of(app, BOB), credential)) == NO_CHALLENGE
    await complete(app, token, credential)

    assert await code_of(complete(app, token, credential)) == NO_CHALLENGE
    await start(app, token)
    assert await code_of(complete(app, token, credential)) == NO_CHALLENGE


async def test_whoever_starts_anew_leaves_what_was_started_before(app: App, browser: Browser) -> None:
    token = await token_of(app)
    old = browser.create(await start(app, token))
    new = Browser(seed=1).create(await start(app, token))

    assert await code_of(complete(app, token, old)) == NO_CHALLENGE
    await complete(app, token, new)


async def test_what_one_client_started_no_other_completes(app: App, browser: Browser) -> None:
    token = await token_of(app)
    credential = browser.create(await start(app, token))

    assert await code_of(complete(app, await token_of(app.beside()), credential)) == OTHER_CLIENT
    await complete(app, token, credential)


@pytest.mark.parametrize("life", [3 * MINUTE, 15 * MINUTE])
@pytest.mark.parametrize("past", [-MS, timedelta(), MS])
async def test_a_challenge_waits_as_long_as_one_of_a_sign_in(
    app: App, browser: Browser, clock: VirtualClock, life: timedelta, past: timedelta
) -> None:
    app = app.beside(auth_session_validity=life)
    token = await token_of(app)
    credential = browser.create(await start(app, token))
    clock.move(life + past)

    if past < timedelta():
        await complete(app, token, credential)
    else:
        assert await code_of(complete(app, token, credential)) == NO_CHALLENGE


VERIFIED: Mapping[str, tuple[WebAuthnConfiguration, bool]] = {
    "preferred": (WebAuthnConfiguration(RP_ID), True),
    "required": (WebAuthnConfiguration(RP_ID, UserVerification.REQUIRED), False),
    "counts for both factors": (
        WebAuthnConfiguration(RP_ID, use=PasskeyUse.MULTI_FACTOR_WITH_USER_VERIFICATION),
        False,
    ),
}


@pytest.mark.parametrize(("config", "is_taken"), VERIFIED.values(), ids=[*VERIFIED])
async def test_an_authenticator_that_does_not_verify_its_user_is_taken_where_it_need_not(
    app: App,
    config: WebAuthnConfiguration,
    is_taken: bool,  # noqa: FBT001  # a column of the table
) -> None:
    app.pool.settings.web_authn = config
    token = await token_of(app)
    if is_taken:
        await app.register_passkey(token, Browser(verifies_user=False))
    else:
        assert await code_of(app.register_passkey(token, Browser(verifies_user=False))) == NOT_SUPPORTED
        await app.register_passkey(token, Browser())


async def test_origins_can_be_named(app: App) -> None:
    app.pool.settings.web_authn = WebAuthnConfiguration(
        RP_ID, origins=("http://localhost:3000", "https://app.example.com")
    )
    token = await token_of(app)
    for seed, origin in enumerate(("http://localhost:3000", "https://app.example.com")):
        await app.register_passkey(token, Browser(origin, seed=seed))

    assert await code_of(app.register_passkey(token, Browser(ORIGIN, seed=2))) == OTHER_ORIGIN


async def test_a_user_has_twenty_passkeys_at_most(app: App) -> None:
    token = await token_of(app)
    for seed in range(19):
        await app.register_passkey(token, Browser(seed=seed))
    late = Browser(seed=20).create(await start(app, token))
    await complete(app, token, late)

    assert await code_of(start(app, token)) == FULL
    assert len(await listed(app, token)) == 20


async def test_who_started_with_room_left_may_find_none(app: App) -> None:
    token, user = await token_of(app), app.pool.user(ALICE)
    credential = Browser(seed=99).create(await start(app, token))
    (made,) = (await registered_by_hand(app, token, user)).values()
    user.passkeys |= {str(number): made for number in range(19)}

    assert await code_of(complete(app, token, credential)) == FULL


async def registered_by_hand(app: App, token: str, user: User) -> dict[str, Passkey]:
    """Register a passkey, and leave what was started before open."""
    pending = user.pending_passkey
    await app.register_passkey(token, Browser())
    user.pending_passkey = pending
    return user.passkeys


async def test_a_passkey_is_not_registered_twice(app: App) -> None:
    token = await token_of(app)
    await app.register_passkey(token, Browser())
    options = await start(app, token)
    options["excludeCredentials"].clear()

    assert await code_of(complete(app, token, Browser().create(options))) == NOT_SUPPORTED


# --- Listing and deleting -------------------------------------------------------------------------------------------


async def test_a_long_list_comes_in_pieces(app: App, clock: VirtualClock) -> None:
    token = await token_of(app)
    for seed in range(5):
        clock.move(MINUTE)
        await app.register_passkey(token, Browser(seed=seed))
    first = await app.call("ListWebAuthnCredentials", AccessToken=token, MaxResults=3)
    rest = await app.call("ListWebAuthnCredentials", AccessToken=token, NextToken=first["NextToken"])

    names = [passkey["FriendlyCredentialName"] for reply in (first, rest) for passkey in reply["Credentials"]]
    assert names == [f"Passkey {number}" for number in range(1, 6)]
    assert "NextToken" not in rest
    assert len(await listed(app, token, MaxResults=0)) == 5
    bad: Refusal = ("InvalidParameterException", "Invalid pagination token")
    assert await refusal(listed(app, token, NextToken="gar.bage")) == bad


@pytest.mark.parametrize("number", [-1, 21])
async def test_a_piece_is_of_twenty_at_most(app: App, number: int) -> None:
    code, text = await refusal(listed(app, await token_of(app), MaxResults=number))

    assert code == "InvalidParameterException"
    assert f"Value '{number}' at 'maxResults' failed to satisfy constraint: Member must have value" in text


async def test_a_passkey_is_deleted_by_its_owner_alone(app: App, browser: Browser, clock: VirtualClock) -> None:
    token = await token_of(app)
    await app.register_passkey(token, browser)
    credential_id = encoded(browser.credentials[0].id)
    for whose, named in ((await token_of(app, BOB), credential_id), (token, "AAAA")):
        call = app.call("DeleteWebAuthnCredential", AccessToken=whose, CredentialId=named)
        assert await refusal(call) == UNKNOWN
    clock.move(MS)
    assert await app.call("DeleteWebAuthnCredential", AccessToken=token, CredentialId=credential_id) == {}

    assert await listed(app, token) == []
    assert app.pool.user(ALICE).modified == clock.now()
    await app.register_passkey(token, Browser(seed=1))


@pytest.mark.parametrize("status", [UserStatus.RESET_REQUIRED, UserStatus.UNCONFIRMED])
async def test_who_must_reset_the_password_does_nothing_with_passkeys(app: App, status: UserStatus) -> None:
    """That an account is not confirmed is passed by: the model has no error for it."""
    token = await token_of(app)
    app.pool.user(ALICE).status = status

    if status is UserStatus.RESET_REQUIRED:
        assert await refusal(start(app, token)) == RESET_REQUIRED
    else:
        assert await start(app, token)
