"""Proving to hold a passkey: what a browser is asked for, and every proof that is none."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from authsteps.adapters.cognito.transport import ServiceError
from authsteps.adapters.fake import Passkey, PasskeyUse, User, UserStatus, UserVerification, WebAuthnConfiguration
from authsteps.adapters.fake.directory import Attributes
from authsteps.adapters.fake.passkeys import (
    registration_options,
    request_options,
    verify_assertion,
    verify_registration,
)
from authsteps.engine.messages import Secret
from tests.adapters.fake.authenticator import RP_ID, Browser, Credential, encoded

NOW = datetime(2026, 1, 5, tzinfo=UTC)
CONFIG = WebAuthnConfiguration(RP_ID)
CHALLENGE = b"a challenge of thirty-two bytes!"
REFUSED = ("NotAuthorizedException", "Incorrect username or password.")


def a_user(name: str = "alice") -> User:
    return User(name, f"{name}-sub", Attributes(), UserStatus.CONFIRMED, NOW, NOW)


def registered(user: User, browser: Browser, config: WebAuthnConfiguration = CONFIG) -> Passkey:
    made = browser.create(registration_options(config, user, CHALLENGE))
    passkey = verify_registration(config, user, made, CHALLENGE, NOW)
    user.passkeys[passkey.credential_id] = passkey
    return passkey


def proved(
    user: User, proof: Mapping[str, Any] | str, challenge: bytes = CHALLENGE, config: WebAuthnConfiguration = CONFIG
) -> Passkey:
    text = proof if isinstance(proof, str) else json.dumps(proof)
    return verify_assertion(config, user, Secret(text), challenge)


def refused(user: User, proof: Mapping[str, Any] | str, **rest: Any) -> tuple[str, str]:
    with pytest.raises(ServiceError) as caught:
        proved(user, proof, **rest)
    return caught.value.code, caught.value.message


@pytest.fixture
def user() -> User:
    return a_user()


@pytest.fixture
def browser(user: User) -> Browser:
    """A browser that has a passkey of the user's."""
    browser = Browser()
    registered(user, browser)
    return browser


def test_the_options_name_the_site_and_the_users_passkeys(user: User, browser: Browser) -> None:
    options = request_options(CONFIG, user, CHALLENGE)

    assert options == {
        "challenge": encoded(CHALLENGE),
        "timeout": 180_000,
        "rpId": RP_ID,
        "allowCredentials": [{"id": encoded(browser.credentials[0].id), "type": "public-key"}],
        "userVerification": "preferred",
    }
    assert json.loads(json.dumps(options)) == options


def test_passkeys_of_another_site_are_not_asked_for(user: User, browser: Browser) -> None:
    del browser
    options = request_options(WebAuthnConfiguration("elsewhere.example"), user, CHALLENGE)

    assert options["allowCredentials"] == []


def test_a_right_proof_is_taken_and_counted(user: User, browser: Browser) -> None:
    options = request_options(CONFIG, user, CHALLENGE)
    for count in (1, 2, 3):
        passkey = proved(user, browser.get(options))
        assert passkey is user.passkeys[encoded(browser.credentials[0].id)]
        assert passkey.sign_count == count


def test_any_of_the_users_passkeys_will_do(user: User, browser: Browser) -> None:
    other = Browser(seed=1)
    registered(user, other)
    options = request_options(CONFIG, user, CHALLENGE)

    assert proved(user, browser.get(options)) is not proved(user, other.get(options))


def test_a_proof_that_was_seen_before_is_refused(user: User, browser: Browser) -> None:
    options = request_options(CONFIG, user, CHALLENGE)
    first, second = browser.get(options), browser.get(options)
    proved(user, second)

    for again in (second, first):
        assert refused(user, again) == REFUSED


def test_an_authenticator_that_does_not_count_is_taken_every_time(user: User) -> None:
    """What keeps its proofs apart is the challenge alone."""
    browser = Browser(counts=False)
    passkey = registered(user, browser)
    options = request_options(CONFIG, user, CHALLENGE)
    for _ in range(3):
        assert proved(user, browser.get(options)) is passkey
        assert passkey.sign_count == 0


def test_an_authenticator_that_stops_counting_is_refused(user: User, browser: Browser) -> None:
    options = request_options(CONFIG, user, CHALLENGE)
    proved(user, browser.get(options))
    browser.counts, browser.credentials[0].uses = False, 0

    assert refused(user, browser.get(options)) == REFUSED


FORGED: Mapping[str, dict[str, Any]] = {
    "another challenge": {"challenge": encoded(b"another challenge of 32 bytes...")},
    "another origin": {"origin": "https://evil.example"},
    "another site": {"rp_id": "evil.example"},
    "a registration's type": {"type": "webauthn.create"},
    "no signature": {"signature": b""},
    "another signature": {"signature": bytes(70)},
    "another user": {"user_handle": encoded(b"mallory-sub")},
}


@pytest.mark.parametrize("instead", FORGED.values(), ids=[*FORGED])
def test_a_proof_of_something_else_is_refused_and_not_counted(
    user: User, browser: Browser, instead: dict[str, Any]
) -> None:
    options = request_options(CONFIG, user, CHALLENGE)
    assert refused(user, browser.get(options, **instead)) == REFUSED
    assert [passkey.sign_count for passkey in user.passkeys.values()] == [0]

    proved(user, browser.get(options))


def test_a_proof_for_another_challenge_is_refused(user: User, browser: Browser) -> None:
    proof = browser.get(request_options(CONFIG, user, CHALLENGE))

    assert refused(user, proof, challenge=b"another") == REFUSED


def test_nobody_proves_anything_with_a_passkey_that_is_not_registered(user: User, browser: Browser) -> None:
    """Neither with another's, nor with a key of one's own under a registered name."""
    other, elsewhere = a_user("bob"), Browser(seed=1)
    registered(other, elsewhere)
    options = request_options(CONFIG, user, CHALLENGE)
    mine = browser.credentials[0]
    foreign = elsewhere.credentials[0]

    assert refused(user, browser.get(options, credential=foreign)) == REFUSED
    forged = Credential(mine.id, mine.user_handle, foreign.key, uses=10)
    assert refused(user, browser.get(options, credential=forged)) == REFUSED
    user.passkeys.clear()
    assert refused(user, browser.get(options)) == REFUSED


@pytest.mark.parametrize(
    "config",
    [
        WebAuthnConfiguration(RP_ID, UserVerification.REQUIRED),
        WebAuthnConfiguration(RP_ID, use=PasskeyUse.MULTI_FACTOR_WITH_USER_VERIFICATION),
    ],
    ids=["required", "counts for both factors"],
)
def test_the_user_is_verified_where_that_is_wanted(user: User, browser: Browser, config: WebAuthnConfiguration) -> None:
    options = request_options(config, user, CHALLENGE)
    browser.verifies_user = False

    assert refused(user, browser.get(options), config=config) == REFUSED
    browser.verifies_user = True
    proved(user, browser.get(options), config=config)


MALFORMED: Mapping[str, Callable[[dict[str, Any]], object]] = {
    "nothing in it": lambda proof: proof.clear(),
    "no response": lambda proof: proof.update(response=None),
    "no signature": lambda proof: proof["response"].pop("signature"),
    "another raw id": lambda proof: proof.update(rawId="AAAA"),
    "client data that is no JSON": lambda proof: proof["response"].update(clientDataJSON="AAAA"),
    "client data of a number": lambda proof: proof["response"].update(clientDataJSON=encoded(b"7")),
    "data cut short": lambda proof: proof["response"].update(authenticatorData="AAAA"),
    "a number for a user": lambda proof: proof["response"].update(userHandle="~"),
}


@pytest.mark.parametrize("spoil", MALFORMED.values(), ids=[*MALFORMED])
def test_what_is_no_proof_is_refused(user: User, browser: Browser, spoil: Callable[[dict[str, Any]], object]) -> None:
    proof = browser.get(request_options(CONFIG, user, CHALLENGE))
    spoil(proof)

    assert refused(user, proof) == REFUSED


@pytest.mark.parametrize("text", ["", "null", "[]", '"text"', "{", "7", "\ud800", "[" * 100_000])
def test_what_is_no_object_is_refused(user: User, text: str) -> None:
    assert refused(user, text) == REFUSED


def test_a_key_that_was_tampered_with_proves_nothing(user: User, browser: Browser) -> None:
    proof = browser.get(request_options(CONFIG, user, CHALLENGE))
    for name, passkey in user.passkeys.items():
        user.passkeys[name] = attrs.evolve(passkey, public_key=b"\xa0")

    assert refused(user, proof) == REFUSED


def test_no_variable_of_ours_shows_the_proof_when_it_is_refused(user: User, browser: Browser) -> None:
    proof = browser.get(request_options(CONFIG, user, CHALLENGE), signature=b"canary-in-a-coal-mine")
    with pytest.raises(ServiceError) as caught:
        proved(user, json.dumps(proof))

    trace = caught.traceback
    ours = [entry.frame for entry in trace if str(entry.path).endswith("fake/passkeys.py")]
    assert ours
    canary = encoded(b"canary-in-a-coal-mine")
    for frame in ours:
        shown = {name: repr(value) for name, value in frame.f_locals.items()}
        assert not [name for name, text in shown.items() if canary in text or "canary" in text]
