"""Second factors, authenticator apps and passkeys of a signed-in user."""

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from authsteps.adapters.cognito.scripted import Reply
from authsteps.adapters.cognito.transport import Json, NoReplyError, ServiceError
from authsteps.engine.messages import Secret
from authsteps.flows.account import Account
from authsteps.flows.errors import (
    AuthError,
    BackendContractError,
    BackendUnavailableError,
    CodeMismatchError,
    InvalidInputError,
    SoftwareTokenMFANotFoundError,
    WebAuthnCeremonyError,
    WebAuthnNotEnabledError,
    WebAuthnOriginNotAllowedError,
)
from authsteps.flows.model import (
    MfaPreference,
    MfaSetting,
    MfaType,
    TotpSetup,
    WebAuthnCredential,
    WebAuthnCredentialInfo,
)
from tests.flows.conftest import Meet
from tests.flows.world import (
    COGNITO_NAME,
    HOUR,
    NOW,
    ScriptedAuthenticator,
    access_token,
    refreshed,
    user,
)

USER = user("SOFTWARE_TOKEN_MFA", preferred="SOFTWARE_TOKEN_MFA")


# An authenticator app


async def test_setting_up_an_app_gives_its_secret_and_masks_it(meet: Meet) -> None:
    world = meet({"SecretCode": "SHAREDSHARED"})
    setup = await world.account().set_up_totp()
    assert setup == TotpSetup(Secret("SHAREDSHARED"), COGNITO_NAME)
    assert "SHAREDSHARED" not in f"{setup} {setup!r}"


URIS = json.loads((Path(__file__).parents[1] / "data" / "srp-vectors.json").read_text())["totp_setup_uri"]


@pytest.mark.parametrize("vector", URIS, ids=[vector["source"].rsplit("/", 1)[-1] for vector in URIS])
def test_a_set_up_uri_is_that_of_the_other_clients(vector: dict[str, Any]) -> None:
    setup = TotpSetup(Secret(vector["secret"]), vector["username"])
    assert setup.setup_uri(vector["app_name"], vector["account_name"]).reveal() == vector["expected"]


@pytest.mark.parametrize(
    ("app", "account", "uri"),
    [
        ("My App", "alice smith", "otpauth://totp/My%20App:alice%20smith?secret=S&issuer=My%20App"),
        ("A:B/C", "a@b?c&d", "otpauth://totp/A%3AB%2FC:a%40b%3Fc%26d?secret=S&issuer=A%3AB%2FC"),
        ("Ä+%", "", "otpauth://totp/%C3%84%2B%25:?secret=S&issuer=%C3%84%2B%25"),
    ],
)
def test_names_in_a_set_up_uri_are_percent_encoded_spaces_too(app: str, account: str, uri: str) -> None:
    shown = TotpSetup(Secret("S"), "alice").setup_uri(app, account)
    assert shown.reveal() == uri
    assert str(shown) == "***"


async def test_a_right_code_completes_the_set_up_under_the_apps_name(meet: Meet) -> None:
    world = meet({"Status": "SUCCESS"})
    await world.account().verify_totp_setup("123 456", friendly_device_name="phone")
    assert world.request() == {
        "AccessToken": access_token(),
        "UserCode": "123456",
        "FriendlyDeviceName": "phone",
    }


@pytest.mark.parametrize(
    "reply",
    [
        ServiceError("EnableSoftwareTokenMFAException", "Code mismatch"),
        ServiceError("CodeMismatchException", "Code mismatch"),
        {"Status": "ERROR"},
    ],
    ids=str,
)
async def test_a_wrong_code_in_the_set_up_may_be_followed_by_another(reply: Reply, meet: Meet) -> None:
    world = meet(reply, {"Status": "SUCCESS"})
    account = world.account()
    with pytest.raises(CodeMismatchError) as caught:
        await account.verify_totp_setup("000000")
    assert caught.value.retryable is True
    await account.verify_totp_setup("123456")


@pytest.mark.parametrize("code", ["", " ", "1" * 2049, b"123456", None])
async def test_a_code_that_cannot_be_one_is_not_sent(code: Any, meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.account().verify_totp_setup(code)
    assert caught.value.field == "code"
    assert world.called == []


@pytest.mark.parametrize("name", ["", "phone\ud800", "p" * 131_073, b"phone", 5], ids=ascii)
async def test_a_name_that_an_app_cannot_have_is_not_sent(name: Any, meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.account().verify_totp_setup("123456", friendly_device_name=name)
    assert caught.value.field == "friendly_device_name"
    assert world.called == []


async def test_a_pool_without_apps_says_so(meet: Meet) -> None:
    world = meet(ServiceError("SoftwareTokenMFANotFoundException", "Not enabled"))
    with pytest.raises(SoftwareTokenMFANotFoundError):
        await world.account().set_up_totp()


# Second factors


async def test_the_preference_says_what_is_on_and_what_is_asked_for_first(meet: Meet) -> None:
    world = meet(USER)
    assert await world.account().fetch_mfa_preference() == MfaPreference(frozenset({MfaType.TOTP}), MfaType.TOTP)


@pytest.mark.parametrize(
    ("enabled", "preferred", "preference"),
    [
        ([], "", MfaPreference(frozenset(), None)),
        (["SMS_MFA"], "", MfaPreference(frozenset({MfaType.SMS}), MfaType.SMS)),
        (["SMS_MFA", "EMAIL_OTP"], "", MfaPreference(frozenset({MfaType.SMS, MfaType.EMAIL}), None)),
        (
            ["SMS_MFA", "EMAIL_OTP"],
            "EMAIL_OTP",
            MfaPreference(frozenset({MfaType.SMS, MfaType.EMAIL}), MfaType.EMAIL),
        ),
    ],
    ids=["none", "the only one", "two", "two and a preferred one"],
)
async def test_the_only_factor_that_is_on_is_the_preferred_one(
    enabled: list[str], preferred: str, preference: MfaPreference, meet: Meet
) -> None:
    world = meet(user(*enabled, preferred=preferred))
    assert await world.account().fetch_mfa_preference() == preference


ON: dict[str, Json] = {"Enabled": True, "PreferredMfa": False}
FIRST: dict[str, Json] = {"Enabled": True, "PreferredMfa": True}
OFF: dict[str, Json] = {"Enabled": False}

SPELLED_OUT: Mapping[str, tuple[dict[str, MfaSetting], str, dict[str, Json]]] = {
    "it was preferred and stays so": (
        {"totp": MfaSetting.ENABLED},
        "SOFTWARE_TOKEN_MFA",
        {"SoftwareTokenMfaSettings": FIRST},
    ),
    "it was not preferred": ({"totp": MfaSetting.ENABLED}, "", {"SoftwareTokenMfaSettings": ON}),
    "another one was preferred": ({"totp": MfaSetting.ENABLED}, "SMS_MFA", {"SoftwareTokenMfaSettings": ON}),
    "it was preferred and another one is to be": (
        {"totp": MfaSetting.ENABLED, "sms": MfaSetting.PREFERRED},
        "SOFTWARE_TOKEN_MFA",
        {"SoftwareTokenMfaSettings": ON, "SMSMfaSettings": FIRST},
    ),
    "two at once": (
        {"sms": MfaSetting.ENABLED, "email": MfaSetting.ENABLED},
        "EMAIL_OTP",
        {"SMSMfaSettings": ON, "EmailMfaSettings": FIRST},
    ),
    "one on and one off": (
        {"sms": MfaSetting.ENABLED, "email": MfaSetting.DISABLED},
        "EMAIL_OTP",
        {"SMSMfaSettings": ON, "EmailMfaSettings": OFF},
    ),
}


@pytest.mark.parametrize(("settings", "preferred", "sent"), SPELLED_OUT.values(), ids=[*SPELLED_OUT])
async def test_a_factor_that_is_only_switched_on_keeps_its_preference(
    settings: dict[str, MfaSetting], preferred: str, sent: dict[str, Json], meet: Meet
) -> None:
    world = meet(user("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", preferred=preferred), {})
    await world.account().update_mfa_preference(**settings)
    assert world.called == ["GetUser", "SetUserMFAPreference"]
    assert world.request() == {"AccessToken": access_token(), **sent}


async def test_if_the_preference_cannot_be_read_nothing_is_changed(meet: Meet) -> None:
    world = meet(NoReplyError("connection refused", sent=False))
    with pytest.raises(BackendUnavailableError):
        await world.account().update_mfa_preference(totp=MfaSetting.ENABLED)
    assert world.called == ["GetUser"]


async def test_only_the_settings_that_are_given_are_sent(meet: Meet) -> None:
    world = meet({}, {})
    account = world.account()
    await account.update_mfa_preference(totp=MfaSetting.PREFERRED, sms=MfaSetting.DISABLED)
    assert world.request() == {
        "AccessToken": access_token(),
        "SMSMfaSettings": {"Enabled": False},
        "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True},
    }
    await account.update_mfa_preference(email=MfaSetting.NOT_PREFERRED)
    assert world.request() == {
        "AccessToken": access_token(),
        "EmailMfaSettings": {"Enabled": True, "PreferredMfa": False},
    }


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "sms, totp and email"),
        ({"sms": MfaSetting.PREFERRED, "totp": MfaSetting.PREFERRED}, "PREFERRED"),
        (dict.fromkeys(("sms", "totp", "email"), MfaSetting.PREFERRED), "PREFERRED"),
    ],
)
async def test_settings_that_make_no_sense_are_not_sent(
    settings: dict[str, MfaSetting], field: str, meet: Meet
) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.account().update_mfa_preference(**settings)
    assert caught.value.field == field
    assert world.called == []


# Passkeys

CREATION_OPTIONS: dict[str, Json] = {"challenge": "a-challenge", "rp": {"id": "example.com"}}
OPTIONS_TEXT = '{"challenge":"a-challenge","rp":{"id":"example.com"}}'
CREDENTIAL = '{"id": "passkey", "response": {"clientDataJSON": "e30"}}'


async def test_a_passkey_is_made_by_an_authenticator_and_registered(each_backend: str, meet: Meet) -> None:
    world = meet({"CredentialCreationOptions": CREATION_OPTIONS}, {})
    authenticator = ScriptedAuthenticator(CREDENTIAL)
    await world.account().associate_web_authn_credential(authenticator)
    assert authenticator.asked == [OPTIONS_TEXT]
    assert world.called == ["StartWebAuthnRegistration", "CompleteWebAuthnRegistration"]
    assert world.request() == {"AccessToken": access_token(), "Credential": json.loads(CREDENTIAL)}


async def test_a_person_may_take_so_long_over_a_passkey_that_the_token_is_refreshed(meet: Meet) -> None:
    world = meet({"CredentialCreationOptions": CREATION_OPTIONS}, refreshed("2"), {})

    class Slow(ScriptedAuthenticator):
        async def create(self, creation_options: str, /) -> WebAuthnCredential:
            world.clock.move(HOUR)
            return await super().create(creation_options)

    await world.account().associate_web_authn_credential(Slow(CREDENTIAL))
    assert world.request()["AccessToken"] == access_token("2")


async def test_an_authenticator_that_makes_none_leaves_nothing_registered(meet: Meet) -> None:
    world = meet({"CredentialCreationOptions": CREATION_OPTIONS})
    authenticator = ScriptedAuthenticator(WebAuthnCeremonyError("the person declined"))
    with pytest.raises(WebAuthnCeremonyError, match="try again, or choose another factor"):
        await world.account().associate_web_authn_credential(authenticator)
    assert world.called == ["StartWebAuthnRegistration"]


async def test_an_authenticator_that_makes_nonsense_leaves_nothing_registered(meet: Meet) -> None:
    world = meet({"CredentialCreationOptions": CREATION_OPTIONS})
    with pytest.raises(InvalidInputError, match="credential is no credential"):
        await world.account().associate_web_authn_credential(ScriptedAuthenticator("K4n4ry"))
    assert world.called == ["StartWebAuthnRegistration"]


async def test_without_an_authenticator_the_verb_says_what_to_use(meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.account().associate_web_authn_credential()
    assert str(caught.value) == "authenticator is missing; give one, or use start_web_authn_registration"
    assert world.called == []


@pytest.mark.parametrize("given", [CREDENTIAL, Secret(CREDENTIAL), WebAuthnCredential(CREDENTIAL)], ids=type)
async def test_a_passkey_that_a_browser_makes_is_registered_in_two_calls(
    given: str | Secret | WebAuthnCredential, meet: Meet
) -> None:
    world = meet({"CredentialCreationOptions": CREATION_OPTIONS}, {})
    assert await world.account().start_web_authn_registration() == OPTIONS_TEXT
    await world.account().complete_web_authn_registration(given)
    assert world.request() == {"AccessToken": access_token(), "Credential": json.loads(CREDENTIAL)}


@pytest.mark.parametrize("given", ["", "K4n4ry", '["K4n4ry"]', b"{}", None, '"' + "K4n4ry" * 50_000 + '"'], ids=type)
async def test_what_is_no_passkey_is_not_sent(given: Any, meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.account().complete_web_authn_registration(given)
    assert caught.value.field == "credential"
    assert "K4n4ry" not in str(caught.value)
    assert world.called == []


def listed(*names: str, next_token: str | None = None) -> dict[str, Json]:
    """The reply to ListWebAuthnCredentials."""
    passkeys: list[Json] = [
        {
            "CredentialId": name,
            "FriendlyCredentialName": f"the {name}",
            "RelyingPartyId": "example.com",
            "AuthenticatorTransports": ["internal"],
            "CreatedAt": NOW.timestamp(),
        }
        for name in names
    ]
    return {"Credentials": passkeys, **({"NextToken": next_token} if next_token is not None else {})}


async def test_passkeys_are_listed_page_by_page(each_backend: str, meet: Meet) -> None:
    world = meet(listed("first", next_token="more"), listed(next_token="still more"), listed("second", "third"))
    found = await world.account().list_web_authn_credentials()
    assert [passkey.credential_id for passkey in found] == ["first", "second", "third"]
    assert found[0] == WebAuthnCredentialInfo("first", "the first", "example.com", None, ("internal",), NOW)
    assert [call.request.get("NextToken") for call in world.transport.calls] == [None, "more", "still more"]


async def test_a_list_without_end_is_given_up(meet: Meet) -> None:
    world = meet(*[listed("again", next_token=token) for token in ("a", "b", "a")])
    with pytest.raises(BackendContractError, match="the pages of a list go in circles"):
        await world.account().list_web_authn_credentials()


async def test_a_passkey_is_forgotten_by_its_id(meet: Meet) -> None:
    world = meet({})
    await world.account().delete_web_authn_credential("passkey")
    assert world.request() == {"AccessToken": access_token(), "CredentialId": "passkey"}


@pytest.mark.parametrize("credential_id", ["", "x" * 257, None, b"passkey"], ids=type)
async def test_what_cannot_name_a_passkey_is_not_sent(credential_id: Any, meet: Meet) -> None:
    world = meet()
    with pytest.raises(InvalidInputError) as caught:
        await world.account().delete_web_authn_credential(credential_id)
    assert caught.value.field == "credential_id"
    assert world.called == []


REFUSALS: Mapping[str, tuple[Callable[[Account], Awaitable[object]], type[AuthError]]] = {
    "start": (lambda account: account.start_web_authn_registration(), WebAuthnNotEnabledError),
    "complete": (
        lambda account: account.complete_web_authn_registration(CREDENTIAL),
        WebAuthnOriginNotAllowedError,
    ),
}


@pytest.mark.parametrize(("verb", "kind"), REFUSALS.values(), ids=[*REFUSALS])
async def test_a_refused_passkey_says_why(
    verb: Callable[[Account], Awaitable[object]], kind: type[AuthError], meet: Meet
) -> None:
    world = meet(ServiceError(kind.code, "Why."))
    with pytest.raises(kind, match="Why"):
        await verb(world.account())
