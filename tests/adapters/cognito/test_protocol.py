"""Cognito's wire protocol: what each effect becomes, what each reply becomes, and what is not believed.

The requests and replies that stand here are written out in full, and held against botocore's own model of the service.
"""

import base64
import hashlib
import hmac
import json
import traceback
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Protocol, cast, get_args

import attrs
import botocore.session
import botocore.validate
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import traverse

from authsteps.adapters.cognito.protocol import BackendEffect, CognitoConfig, Request, to_event, to_refusal, to_request
from authsteps.adapters.cognito.scripted import Call
from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.messages import Carried, Event, Secret
from authsteps.flows import effects, events
from authsteps.flows.errors import BackendContractError, BackendUnavailableError, InvalidInputError
from authsteps.flows.model import (
    AuthFlow,
    CodeDelivery,
    DeliveryMedium,
    MfaPreference,
    MfaSetting,
    MfaType,
)
from authsteps.flows.sign_in import sign_in
from tests.flows.any_reply import ANY_JSON, LIKELY
from tests.flows.traces import after, codec
from tests.flows.world import (
    ALICE,
    CLIENT_ID,
    CLIENT_SECRET,
    COGNITO_NAME,
    NOW,
    SIGN_UP_SESSION,
    SUB,
    account_made,
    challenged,
    code_sent,
    config,
    jwt,
    refreshed,
    signed_in,
    sms_wanted,
    tokens,
    totp_wanted,
)

METADATA = {"from": "a test"}
SESSION = "a-session-of-20-or-more"


def hash_over(username: str) -> str:
    """The secret hash, computed by hand. Source: Cognito developer guide, "Computing secret hash values"."""
    digest = hmac.digest(CLIENT_SECRET.encode(), f"{username}{CLIENT_ID}".encode(), hashlib.sha256)
    return base64.b64encode(digest).decode()


TYPED, IN_THE_POOL = hash_over(ALICE), hash_over(COGNITO_NAME)


def responding(response: effects.ChallengeResponse, session: str | None = SESSION) -> effects.RespondToAuthChallenge:
    carried = Carried(session) if session is not None else None
    return effects.RespondToAuthChallenge(COGNITO_NAME, carried, response, METADATA)


def answered(challenge: str, secret_hash: str | None, **responses: str) -> dict[str, Json]:
    """A request that answers a challenge."""
    hashed = {"SECRET_HASH": secret_hash} if secret_hash is not None else {}
    return {
        "ClientId": CLIENT_ID,
        "ChallengeName": challenge,
        "ChallengeResponses": {"USERNAME": COGNITO_NAME, **hashed, **responses},
        "Session": SESSION,
        "ClientMetadata": METADATA,
    }


# Each row: an effect, the operation, the request of a client without a secret, and what a secret adds to it. What a
# secret adds inside AuthParameters or ChallengeResponses stands under that name.
Golden = tuple[BackendEffect, str, dict[str, Json], dict[str, Json]]

GOLDEN: Mapping[str, Golden] = {
    "SRP begins with A": (
        effects.InitiateAuth(AuthFlow.USER_SRP_AUTH, ALICE, srp_a=Secret("A"), client_metadata=METADATA),
        "InitiateAuth",
        {
            "AuthFlow": "USER_SRP_AUTH",
            "ClientId": CLIENT_ID,
            "AuthParameters": {"USERNAME": ALICE, "SRP_A": "A"},
            "ClientMetadata": METADATA,
        },
        {"AuthParameters": {"SECRET_HASH": TYPED}},
    ),
    "a password begins with itself": (
        effects.InitiateAuth(AuthFlow.USER_PASSWORD_AUTH, ALICE, password=Secret(" p ")),
        "InitiateAuth",
        {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": CLIENT_ID,
            "AuthParameters": {"USERNAME": ALICE, "PASSWORD": " p "},
        },
        {"AuthParameters": {"SECRET_HASH": TYPED}},
    ),
    "the proof": (
        responding(effects.PasswordClaim(Secret("block"), Secret("signature"), "Mon Jan 5 03:04:09 UTC 2026")),
        "RespondToAuthChallenge",
        answered(
            "PASSWORD_VERIFIER",
            None,
            PASSWORD_CLAIM_SECRET_BLOCK="block",
            PASSWORD_CLAIM_SIGNATURE="signature",
            TIMESTAMP="Mon Jan 5 03:04:09 UTC 2026",
        ),
        {"ChallengeResponses": {"SECRET_HASH": IN_THE_POOL}},
    ),
    "a new password with attributes": (
        responding(effects.NewPasswordResponse(Secret("new"), {"email": "a@b", "custom:age": "42"})),
        "RespondToAuthChallenge",
        answered(
            "NEW_PASSWORD_REQUIRED",
            None,
            **{"NEW_PASSWORD": "new", "userAttributes.email": "a@b", "userAttributes.custom:age": "42"},
        ),
        {"ChallengeResponses": {"SECRET_HASH": IN_THE_POOL}},
    ),
    "a code by SMS": (
        responding(effects.SmsCode(Secret("123456"))),
        "RespondToAuthChallenge",
        answered("SMS_MFA", None, SMS_MFA_CODE="123456"),
        {"ChallengeResponses": {"SECRET_HASH": IN_THE_POOL}},
    ),
    "an app's code": (
        responding(effects.TotpCode(Secret("123456"))),
        "RespondToAuthChallenge",
        answered("SOFTWARE_TOKEN_MFA", None, SOFTWARE_TOKEN_MFA_CODE="123456"),
        {"ChallengeResponses": {"SECRET_HASH": IN_THE_POOL}},
    ),
    "responses to an unknown challenge": (
        responding(effects.KeyValues("CUSTOM_CHALLENGE", Secret('{"ANSWER": "forty \\"two\\" \\u00e9"}'))),
        "RespondToAuthChallenge",
        answered("CUSTOM_CHALLENGE", None, ANSWER='forty "two" é'),
        {"ChallengeResponses": {"SECRET_HASH": IN_THE_POOL}},
    ),
    "an account": (
        effects.SignUp(ALICE, Secret(" p "), {"email": "a@b", "name": "Alice"}, METADATA),
        "SignUp",
        {
            "ClientId": CLIENT_ID,
            "Username": ALICE,
            "Password": " p ",
            "UserAttributes": [{"Name": "email", "Value": "a@b"}, {"Name": "name", "Value": "Alice"}],
            "ClientMetadata": METADATA,
        },
        {"SecretHash": TYPED},
    ),
    "an account's code": (
        effects.ConfirmSignUp(ALICE, Secret("123456"), client_metadata=METADATA),
        "ConfirmSignUp",
        {"ClientId": CLIENT_ID, "Username": ALICE, "ConfirmationCode": "123456", "ClientMetadata": METADATA},
        {"SecretHash": TYPED},
    ),
    "an account's code with its session": (
        effects.ConfirmSignUp(ALICE, Secret("123456"), Carried(SIGN_UP_SESSION)),
        "ConfirmSignUp",
        {
            "ClientId": CLIENT_ID,
            "Username": ALICE,
            "ConfirmationCode": "123456",
            "Session": SIGN_UP_SESSION,
        },
        {"SecretHash": TYPED},
    ),
    "the code again": (
        effects.ResendConfirmationCode(ALICE, METADATA),
        "ResendConfirmationCode",
        {"ClientId": CLIENT_ID, "Username": ALICE, "ClientMetadata": METADATA},
        {"SecretHash": TYPED},
    ),
    "a forgotten password": (
        effects.ForgotPassword(ALICE, METADATA),
        "ForgotPassword",
        {"ClientId": CLIENT_ID, "Username": ALICE, "ClientMetadata": METADATA},
        {"SecretHash": TYPED},
    ),
    "a password in its place": (
        effects.ConfirmForgotPassword(ALICE, Secret("123456"), Secret(" new "), METADATA),
        "ConfirmForgotPassword",
        {
            "ClientId": CLIENT_ID,
            "Username": ALICE,
            "ConfirmationCode": "123456",
            "Password": " new ",
            "ClientMetadata": METADATA,
        },
        {"SecretHash": TYPED},
    ),
    # These two take the client's secret itself.
    "new tokens": (
        effects.GetTokensFromRefreshToken(tokens(), METADATA),
        "GetTokensFromRefreshToken",
        {"RefreshToken": "refresh-1", "ClientId": CLIENT_ID, "ClientMetadata": METADATA},
        {"ClientSecret": CLIENT_SECRET},
    ),
    "a revoked token": (
        effects.RevokeToken(Secret("refresh-1")),
        "RevokeToken",
        {"Token": "refresh-1", "ClientId": CLIENT_ID},
        {"ClientSecret": CLIENT_SECRET},
    ),
    # The access token says it all.
    "who it is": (effects.GetUser(Secret("access")), "GetUser", {"AccessToken": "access"}, {}),
    "a secret for an app": (
        effects.AssociateSoftwareToken(Secret("access")),
        "AssociateSoftwareToken",
        {"AccessToken": "access"},
        {},
    ),
    "a code of the app": (
        effects.VerifySoftwareToken(Secret("access"), Secret("123456"), "phone"),
        "VerifySoftwareToken",
        {"AccessToken": "access", "UserCode": "123456", "FriendlyDeviceName": "phone"},
        {},
    ),
    "a code of a nameless app": (
        effects.VerifySoftwareToken(Secret("access"), Secret("123456")),
        "VerifySoftwareToken",
        {"AccessToken": "access", "UserCode": "123456"},
        {},
    ),
    "all settings of the second factors": (
        effects.SetUserMfaPreference(
            Secret("access"),
            {
                MfaType.SMS: MfaSetting.DISABLED,
                MfaType.TOTP: MfaSetting.PREFERRED,
                MfaType.EMAIL: MfaSetting.NOT_PREFERRED,
            },
        ),
        "SetUserMFAPreference",
        {
            "AccessToken": "access",
            "SMSMfaSettings": {"Enabled": False},
            "SoftwareTokenMfaSettings": {"Enabled": True, "PreferredMfa": True},
            "EmailMfaSettings": {"Enabled": True, "PreferredMfa": False},
        },
        {},
    ),
    "one setting": (
        effects.SetUserMfaPreference(Secret("access"), {MfaType.TOTP: MfaSetting.ENABLED}),
        "SetUserMFAPreference",
        {"AccessToken": "access", "SoftwareTokenMfaSettings": {"Enabled": True}},
        {},
    ),
    "the end everywhere": (effects.GlobalSignOut(Secret("access")), "GlobalSignOut", {"AccessToken": "access"}, {}),
}

every_request = pytest.mark.parametrize(("effect", "operation", "plain", "added"), GOLDEN.values(), ids=[*GOLDEN])


def with_secret(plain: Mapping[str, Json], added: Mapping[str, Json]) -> dict[str, Json]:
    request = dict(plain)
    for member, value in added.items():
        inside = request.get(member, {})
        request[member] = {**inside, **value} if isinstance(inside, dict) and isinstance(value, dict) else value
    return request


# Requests


def test_every_effect_of_the_backend_has_a_golden_request() -> None:
    assert {type(row[0]) for row in GOLDEN.values()} == set(get_args(BackendEffect))


@every_request
def test_an_effect_becomes_the_request_that_is_documented(
    effect: BackendEffect, operation: str, plain: dict[str, Json], added: dict[str, Json]
) -> None:
    assert to_request(effect, config()) == (operation, plain)
    assert to_request(effect, config(CLIENT_SECRET)) == (operation, with_secret(plain, added))


@every_request
def test_botocore_finds_no_fault_with_the_request(
    effect: BackendEffect, operation: str, plain: dict[str, Json], added: dict[str, Json]
) -> None:
    for pool in (config(), config(CLIENT_SECRET)):
        _, request = to_request(effect, pool)
        assert faults(model().operation_model(operation).input_shape, request) == ""


def test_an_answer_without_a_backend_session_goes_without_one() -> None:
    _, request = to_request(responding(effects.SmsCode(Secret("123456")), session=None), config())
    assert "Session" not in request


def test_metadata_that_is_empty_is_left_out() -> None:
    _, request = to_request(effects.ForgotPassword(ALICE), config())
    assert request == {"ClientId": CLIENT_ID, "Username": ALICE}


def test_a_request_is_a_copy_that_shares_nothing_with_the_effect() -> None:
    metadata = dict(METADATA)
    _, request = to_request(effects.ForgotPassword(ALICE, metadata), config())
    metadata.clear()
    assert request["ClientMetadata"] == METADATA


@every_request
def test_no_value_of_a_request_is_ever_shown(
    effect: BackendEffect, operation: str, plain: dict[str, Json], added: dict[str, Json]
) -> None:
    _, request = to_request(effect, config(CLIENT_SECRET))
    parts = [part for part in request.values() if isinstance(part, Request)]
    # structlog has rich show the variables of a traceback, and rich would look into a mere dict
    texts = [
        shown
        for value in (request, Call(operation, request), *parts)
        for shown in (repr(value), str(value), f"{value}", traverse(value).render())
    ]
    names = "ClientId AccessToken USERNAME SMS_MFA_CODE SOFTWARE_TOKEN_MFA_CODE Username"
    values = {value for value in leaves([plain, added]) if value not in names}
    assert values
    for shown in texts:
        assert not [value for value in values if value in shown.replace(operation, "")]
        assert any(name in shown for name in names.split())


def leaves(value: Json) -> set[str]:
    """Every text in a request that is a value and long enough to be looked for."""
    if isinstance(value, Mapping):
        return set[str]().union(*(leaves(part) for part in value.values()))
    if isinstance(value, list):
        return set[str]().union(*(leaves(part) for part in value))
    return {value} if isinstance(value, str) and len(value) > 3 else set()


# Replies

Reply = Mapping[str, Json]

INITIATE = effects.InitiateAuth(AuthFlow.USER_SRP_AUTH, ALICE, srp_a=Secret("A"))
RESPOND = responding(effects.SmsCode(Secret("123456")))
EMAIL = CodeDelivery("a***@e***", DeliveryMedium.EMAIL, "email")

VERIFIER_PARAMETERS = {
    "USERNAME": COGNITO_NAME,
    "SALT": "5a17",
    "SRP_B": "b0b",
    "SECRET_BLOCK": "YmxvY2s=",
}

REPLIES: Mapping[str, tuple[BackendEffect, Reply, Event]] = {
    "tokens": (INITIATE, signed_in(), events.Authenticated(tokens())),
    "tokens without a time": (RESPOND, signed_in(expires_at=None), events.Authenticated(tokens(expires_at=None))),
    "a proof is wanted": (
        INITIATE,
        challenged("PASSWORD_VERIFIER", SESSION, **VERIFIER_PARAMETERS),
        events.PasswordVerifierChallenged(
            COGNITO_NAME,
            Secret("5a17"),
            Secret("b0b"),
            Secret("YmxvY2s="),
            session=Carried(SESSION),
            username=COGNITO_NAME,
        ),
    ),
    "a new password is wanted": (
        RESPOND,
        challenged(
            "NEW_PASSWORD_REQUIRED",
            SESSION,
            requiredAttributes='["userAttributes.email", "userAttributes.custom:age"]',
            userAttributes='{"email_verified": "true", "name": "Alice"}',
        ),
        events.NewPasswordChallenged(
            ("email", "custom:age"), {"email_verified": "true", "name": "Alice"}, session=Carried(SESSION)
        ),
    ),
    "a new password and nothing else is wanted": (
        RESPOND,
        challenged("NEW_PASSWORD_REQUIRED", SESSION, requiredAttributes="", userAttributes=""),
        events.NewPasswordChallenged((), {}, session=Carried(SESSION)),
    ),
    "a code by SMS is wanted": (
        INITIATE,
        sms_wanted(SESSION),
        events.SmsCodeChallenged(CodeDelivery("+*******1234", DeliveryMedium.SMS), session=Carried(SESSION)),
    ),
    "a code by SMS to nowhere": (
        INITIATE,
        challenged("SMS_MFA", SESSION),
        events.SmsCodeChallenged(None, session=Carried(SESSION)),
    ),
    "an app's code is wanted": (
        INITIATE,
        totp_wanted(SESSION),
        events.TotpCodeChallenged("phone", session=Carried(SESSION)),
    ),
    "an app's code is wanted of a nameless app": (
        INITIATE,
        challenged("SOFTWARE_TOKEN_MFA", SESSION, USERNAME=COGNITO_NAME),
        events.TotpCodeChallenged(None, session=Carried(SESSION), username=COGNITO_NAME),
    ),
    "something else is wanted": (
        RESPOND,
        challenged("CUSTOM_CHALLENGE", SESSION, hint="blue"),
        events.UnknownChallenged(
            "CUSTOM_CHALLENGE", {"USER_ID_FOR_SRP": COGNITO_NAME, "hint": "blue"}, session=Carried(SESSION)
        ),
    ),
    "something is wanted without a session": (
        RESPOND,
        {"ChallengeName": "WEB_AUTHN"},
        events.UnknownChallenged("WEB_AUTHN", {}),
    ),
    "an account that waits": (
        effects.SignUp(ALICE, Secret("p")),
        account_made(),
        events.SignedUp(SUB, confirmed=False, delivery=EMAIL, session=Carried(SIGN_UP_SESSION)),
    ),
    "an account that waits for nothing": (
        effects.SignUp(ALICE, Secret("p")),
        {"UserConfirmed": True, "UserSub": SUB},
        events.SignedUp(SUB, confirmed=True),
    ),
    "an account that is confirmed": (
        effects.ConfirmSignUp(ALICE, Secret("123456")),
        {},
        events.SignUpConfirmed(None),
    ),
    "an account that is confirmed and can sign in": (
        effects.ConfirmSignUp(ALICE, Secret("123456")),
        {"Session": SESSION},
        events.SignUpConfirmed(Carried(SESSION)),
    ),
    "a code on its way": (effects.ResendConfirmationCode(ALICE), code_sent(), events.CodeSent(EMAIL)),
    "a code that goes nowhere": (
        effects.ForgotPassword(ALICE),
        {},
        events.Refused("CodeDeliveryFailureException", "The code could not be delivered"),
    ),
    "a code by pigeon": (
        effects.ForgotPassword(ALICE),
        {"CodeDeliveryDetails": {"Destination": "roof", "DeliveryMedium": "PIGEON"}},
        events.CodeSent(CodeDelivery("roof", DeliveryMedium.UNKNOWN)),
    ),
    "a new password holds": (
        effects.ConfirmForgotPassword(ALICE, Secret("123456"), Secret("new")),
        {},
        events.PasswordWasReset(),
    ),
    "all tokens are new": (
        effects.GetTokensFromRefreshToken(tokens("1")),
        refreshed("2"),
        events.TokensRefreshed(tokens("2")),
    ),
    "who it is": (
        effects.GetUser(Secret("access")),
        {
            "Username": COGNITO_NAME,
            "UserAttributes": [{"Name": "sub", "Value": SUB}, {"Name": "nickname"}],
            "UserMFASettingList": ["SOFTWARE_TOKEN_MFA", "SMS_MFA", "FUTURE_MFA"],
            "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
        },
        events.UserFetched(
            COGNITO_NAME,
            {"sub": SUB, "nickname": ""},
            MfaPreference(frozenset({MfaType.TOTP, MfaType.SMS}), MfaType.TOTP),
        ),
    ),
    "who it is, with no second factor": (
        effects.GetUser(Secret("access")),
        {"Username": COGNITO_NAME, "UserAttributes": []},
        events.UserFetched(COGNITO_NAME, {}, MfaPreference(frozenset(), None)),
    ),
    "a secret for an app": (
        effects.AssociateSoftwareToken(Secret("access")),
        {"SecretCode": "SHAREDSHAREDSHARED"},
        events.SoftwareTokenAssociated(Secret("SHAREDSHAREDSHARED")),
    ),
    "an app that has it": (
        effects.VerifySoftwareToken(Secret("access"), Secret("123456")),
        {"Status": "SUCCESS"},
        events.SoftwareTokenVerified(),
    ),
    "an app that does not": (
        effects.VerifySoftwareToken(Secret("access"), Secret("123456")),
        {"Status": "ERROR"},
        events.Refused("EnableSoftwareTokenMFAException", "The code was not verified"),
    ),
    "settings": (effects.SetUserMfaPreference(Secret("access"), {}), {}, events.MfaPreferenceSet()),
    "the end everywhere": (effects.GlobalSignOut(Secret("access")), {}, events.SignedOutEverywhere()),
    "the end here": (effects.RevokeToken(Secret("refresh")), {}, events.TokenRevoked()),
}


@pytest.mark.parametrize(("effect", "reply", "event"), REPLIES.values(), ids=[*REPLIES])
def test_a_reply_becomes_the_event_that_it_means(effect: BackendEffect, reply: Reply, event: Event) -> None:
    assert to_event(effect, reply) == event
    assert to_event(effect, MappingProxyType(dict(reply))) == event
    assert type(event) in type(effect).answers


@pytest.mark.parametrize(("effect", "reply", "event"), REPLIES.values(), ids=[*REPLIES])
def test_botocore_finds_no_fault_with_the_sample_replies(effect: BackendEffect, reply: Reply, event: Event) -> None:
    operation, _ = to_request(effect, config())
    # Its challenge names and delivery media are lists to which Cognito adds; what is unknown here is meant to be.
    assert faults(model().operation_model(operation).output_shape, reply) == ""


def test_every_effect_of_the_backend_has_a_sample_reply() -> None:
    assert {type(row[0]) for row in REPLIES.values()} == set(get_args(BackendEffect))


def test_a_session_and_a_name_that_are_empty_are_none() -> None:
    reply: Reply = {"ChallengeName": "WEB_AUTHN", "Session": "", "ChallengeParameters": {"USERNAME": ""}}
    assert to_event(RESPOND, reply) == events.UnknownChallenged("WEB_AUTHN", {"USERNAME": ""})


def test_members_that_we_do_not_know_are_passed_over() -> None:
    reply = {**signed_in(), "Future": {"member": [1, 2]}, "AvailableChallenges": ["PASSWORD"]}
    assert to_event(INITIATE, reply) == events.Authenticated(tokens())


@pytest.mark.parametrize("left_out", [{"RefreshToken"}, {"IdToken"}, {"RefreshToken", "IdToken"}], ids=sorted)
def test_a_refresh_keeps_the_old_token_where_the_reply_leaves_one_out(left_out: set[str]) -> None:
    result = cast("dict[str, Json]", signed_in("2")["AuthenticationResult"])
    reply = {"AuthenticationResult": {name: value for name, value in result.items() if name not in left_out}}
    event = to_event(effects.GetTokensFromRefreshToken(tokens("1")), reply)
    assert isinstance(event, events.TokensRefreshed)
    old, new = tokens("1"), tokens("2")
    assert event.tokens == attrs.evolve(
        new,
        refresh=old.refresh if "RefreshToken" in left_out else new.refresh,
        id=old.id if "IdToken" in left_out else new.id,
    )


# What is not believed

TOKEN_PARTS = ("AccessToken", "IdToken", "RefreshToken")


def without(member: str) -> Reply:
    result = cast("dict[str, Json]", signed_in()["AuthenticationResult"])
    return {"AuthenticationResult": {name: value for name, value in result.items() if name != member}}


def with_token(member: str, token: str) -> Reply:
    return {"AuthenticationResult": {**cast("dict[str, Json]", signed_in()["AuthenticationResult"]), member: token}}


CANARY = "K4n4ry"
DEEP = base64.urlsafe_b64encode(b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}").decode()

UNBELIEVABLE: Mapping[str, tuple[BackendEffect, Any]] = {
    "neither tokens nor a challenge": (INITIATE, {"Session": CANARY}),
    "an empty reply": (RESPOND, {}),
    "a challenge without a name": (RESPOND, {"ChallengeName": "", "Session": CANARY}),
    "no mapping": (INITIATE, [CANARY]),
    "nothing": (INITIATE, None),
    "a challenge that is no text": (INITIATE, {"ChallengeName": 42, "Session": CANARY}),
    "a parameter that is no text": (INITIATE, {"ChallengeName": "X", "ChallengeParameters": {CANARY: 42}}),
    "a session with a lone surrogate": (INITIATE, {"ChallengeName": "X", "Session": f"{CANARY}\ud800"}),
    "a parameter with a lone surrogate": (
        INITIATE,
        {"ChallengeName": "X", "ChallengeParameters": {f"{CANARY}\udfff": ""}},
    ),
    "tokens that are a text": (INITIATE, {"AuthenticationResult": CANARY}),
    "no result where only one is due": (effects.GetTokensFromRefreshToken(tokens()), {"ChallengeName": "SMS_MFA"}),
    "no access token": (INITIATE, without("AccessToken")),
    "no id token": (INITIATE, without("IdToken")),
    "no refresh token": (INITIATE, without("RefreshToken")),
    "no access token after a refresh": (effects.GetTokensFromRefreshToken(tokens()), without("AccessToken")),
    "a token that is none": (INITIATE, with_token("AccessToken", CANARY)),
    "a token that is no base64": (INITIATE, with_token("AccessToken", f"{CANARY}.é.{CANARY}")),
    "a token that is no JSON": (INITIATE, with_token("IdToken", f"a.{base64.b64encode(CANARY.encode()).decode()}.c")),
    "a token that is no object": (INITIATE, with_token("IdToken", f"a.{base64.b64encode(b'[1]').decode()}.c")),
    "a token without end": (INITIATE, with_token("IdToken", f"a.{DEEP}.c")),
    "tokens of nobody": (INITIATE, {"AuthenticationResult": dict.fromkeys(TOKEN_PARTS, jwt(token_use=CANARY))}),
    "required attributes that are no list": (
        RESPOND,
        challenged("NEW_PASSWORD_REQUIRED", "s", requiredAttributes=f'{{"{CANARY}": 1}}'),
    ),
    "known attributes that are no texts": (
        RESPOND,
        challenged("NEW_PASSWORD_REQUIRED", "s", userAttributes=f'{{"{CANARY}": {{}}}}'),
    ),
    "known attributes that are no JSON": (RESPOND, challenged("NEW_PASSWORD_REQUIRED", "s", userAttributes=CANARY)),
    "an account of nobody": (effects.SignUp(ALICE, Secret("p")), {"UserConfirmed": True, "Session": CANARY}),
    "an account that is maybe confirmed": (
        effects.SignUp(ALICE, Secret("p")),
        {"UserConfirmed": CANARY, "UserSub": SUB},
    ),
    "a delivery that is a text": (effects.ForgotPassword(ALICE), {"CodeDeliveryDetails": CANARY}),
    "no secret for the app": (effects.AssociateSoftwareToken(Secret("access")), {"Session": CANARY}),
    "no status of the app": (effects.VerifySoftwareToken(Secret("access"), Secret("1")), {"Session": CANARY}),
    "a nameless user": (effects.GetUser(Secret("access")), {"UserAttributes": [{"Name": CANARY}]}),
}


@pytest.mark.parametrize(("effect", "reply"), UNBELIEVABLE.values(), ids=[*UNBELIEVABLE])
def test_a_reply_of_another_shape_is_a_broken_contract_that_quotes_nothing(effect: BackendEffect, reply: Reply) -> None:
    with pytest.raises(BackendContractError) as caught:
        to_event(effect, reply)
    error = caught.value
    assert CANARY not in "".join(traceback.format_exception(error))
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize(
    ("exp", "expires_at"),
    [(NOW.timestamp(), NOW), (NOW.timestamp() + 0.5, NOW + timedelta(milliseconds=500)), (1e300, None), (None, None)],
)
def test_a_token_expires_when_it_says_so_in_a_form_that_makes_sense(exp: float | None, expires_at: object) -> None:
    token = jwt(sub=SUB, username=COGNITO_NAME, exp=exp)
    event = to_event(INITIATE, {"AuthenticationResult": dict.fromkeys(TOKEN_PARTS, token)})
    assert isinstance(event, events.Authenticated)
    assert (event.tokens.access_expires_at, event.tokens.id_expires_at) == (expires_at, expires_at)


@pytest.mark.parametrize(
    ("access", "identity", "user"),
    [
        ({"sub": "1", "username": "a"}, {"sub": "1", "cognito:username": "b"}, ("1", "b")),
        ({"sub": "1", "username": "a"}, {}, ("1", "a")),
        ({}, {"sub": "2", "username": "c"}, ("2", "c")),
    ],
)
def test_the_tokens_say_whose_they_are(access: dict[str, str], identity: dict[str, str], user: tuple[str, str]) -> None:
    result = {"AccessToken": jwt(**access), "IdToken": jwt(**identity), "RefreshToken": "refresh"}
    event = to_event(INITIATE, {"AuthenticationResult": result})
    assert isinstance(event, events.Authenticated)
    assert (event.tokens.user.user_id, event.tokens.user.username) == user


# Any JSON at all


@given(st.sampled_from([row[0] for row in GOLDEN.values()]), ANY_JSON | LIKELY)
def test_any_json_is_an_event_or_a_broken_contract_and_never_anything_else(effect: BackendEffect, reply: Reply) -> None:
    try:
        event = to_event(effect, reply)
    except BackendContractError:
        return
    assert type(event) in type(effect).answers


@given(LIKELY)
def test_wherever_a_reply_leads_the_run_can_be_stored_there(reply: Reply) -> None:
    verifying = after(
        sign_in,
        events.SignInRequested(ALICE, AuthFlow.USER_PASSWORD_AUTH, Secret("p")),
        events.SmsCodeChallenged(session=Carried("sms")),
        events.CodeAnswered(Secret("123456")),
    )
    try:
        snapshot = sign_in.advance(verifying, to_event(RESPOND, reply)).snapshot
    except BackendContractError:
        return
    if snapshot.context.tokens is None:
        assert codec(sign_in).decode(codec(sign_in).encode(snapshot)) == snapshot


# Refusals

AUTOMATIC_OR_NOT: list[BackendEffect] = [INITIATE, RESPOND]


@pytest.mark.parametrize("effect", AUTOMATIC_OR_NOT, ids=lambda effect: type(effect).__name__)
def test_two_refusals_of_a_sign_in_lead_elsewhere(effect: BackendEffect) -> None:
    assert to_refusal(effect, ServiceError("PasswordResetRequiredException", "why")) == events.PasswordResetDemanded(
        "why"
    )
    assert to_refusal(effect, ServiceError("UserNotConfirmedException", "why")) == events.ConfirmationDemanded("why")


@pytest.mark.parametrize("code", ["PasswordResetRequiredException", "UserNotConfirmedException", "NewException"])
def test_elsewhere_a_refusal_is_a_refusal(code: str) -> None:
    assert to_refusal(effects.ForgotPassword(ALICE), ServiceError(code, "why")) == events.Refused(code, "why")


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException", "Throttling", "SlowDown"])
@pytest.mark.parametrize("status", [400, 429, 503])
def test_throttling_says_when_to_try_again_and_that_nothing_was_done(code: str, status: int) -> None:
    with pytest.raises(BackendUnavailableError) as caught:
        to_refusal(INITIATE, ServiceError(code, "Rate exceeded", status))
    assert (caught.value.sent, caught.value.retry_after) == (False, timedelta(seconds=1))


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
def test_a_fault_of_the_service_may_have_done_something(status: int) -> None:
    with pytest.raises(BackendUnavailableError) as caught:
        to_refusal(INITIATE, ServiceError("InternalErrorException", CANARY, status))
    assert (caught.value.sent, caught.value.retry_after) == (True, None)
    assert str(status) in str(caught.value)
    assert CANARY not in str(caught.value)


def test_a_refusal_keeps_the_services_own_words() -> None:
    refused = to_refusal(INITIATE, ServiceError("NotAuthorizedException", "Incorrect username or password."))
    assert refused == events.Refused("NotAuthorizedException", "Incorrect username or password.")


# The configuration


def test_a_pool_id_names_its_region_and_its_pool() -> None:
    pool = CognitoConfig("eu-west-1_AbC_dEf", CLIENT_ID)
    assert (pool.region, pool.pool_name) == ("eu-west-1", "AbC_dEf")


@pytest.mark.parametrize("pool_id", ["", "eu-west-1", "_AbCdEf", "eu-west-1_"])
def test_a_pool_id_that_is_none_is_refused(pool_id: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        CognitoConfig(pool_id, CLIENT_ID)
    assert caught.value.field == "user_pool_id"


def test_a_configuration_masks_the_clients_secret() -> None:
    given_as_text = CognitoConfig("eu-west-1_AbCdEf", CLIENT_ID, CLIENT_SECRET)
    assert given_as_text == CognitoConfig("eu-west-1_AbCdEf", CLIENT_ID, Secret(CLIENT_SECRET))
    assert CLIENT_SECRET not in repr(given_as_text)


# botocore's model


class Operation(Protocol):
    input_shape: object
    output_shape: object


class Model(Protocol):
    def operation_model(self, name: str) -> Operation: ...


def model() -> Model:
    return MODEL


MODEL = cast("Model", botocore.session.get_session().get_service_model("cognito-idp"))


class Validator(Protocol):
    """botocore's, whose stubs leave its types open."""

    validate: Callable[[object, object], Any]


def faults(shape: object, members: object) -> str:
    """What botocore would refuse of a request or a reply, before anything else looks at it."""
    plain = json.loads(json.dumps(members))
    validator = cast("Validator", botocore.validate.ParamValidator())
    report: str = validator.validate(plain, shape).generate_report()
    return report
