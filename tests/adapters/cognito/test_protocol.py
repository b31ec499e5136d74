"""Cognito's wire protocol: what each effect becomes, what each reply becomes, and what is not believed.

The requests stand in ``golden_requests.py`` and the replies in ``sample_replies.py``, written out in full, and are held
against botocore's own model of the service.
"""

import base64
import json
import traceback
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, get_args

import attrs
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
from authsteps.flows.model import AuthFlow, FactorType
from authsteps.flows.sign_in import sign_in
from tests.adapters.cognito.golden_requests import (
    ACCESS,
    DEVICE,
    GOLDEN,
    METADATA,
    responding,
    with_device,
)
from tests.adapters.cognito.sample_replies import BY_THE_MODEL, INITIATE, REPLIES, RESPOND, Reply, result_of
from tests.adapters.cognito.service_model import faults, on_the_wire, operation
from tests.flows.any_reply import ANY_JSON, CANARY, LIKELY
from tests.flows.traces import after, codec
from tests.flows.world import (
    ALICE,
    CLIENT_ID,
    CLIENT_SECRET,
    COGNITO_NAME,
    NOW,
    SUB,
    challenged,
    config,
    jwt,
    signed_in,
    tokens,
)

every_request = pytest.mark.parametrize(("effect", "name", "plain", "added"), GOLDEN.values(), ids=[*GOLDEN])
every_reply = pytest.mark.parametrize(("effect", "reply", "event"), REPLIES.values(), ids=[*REPLIES])


def with_secret(plain: Mapping[str, Json], added: Mapping[str, Json]) -> dict[str, Json]:
    request = dict(plain)
    for member, value in added.items():
        inside = request.get(member, {})
        request[member] = {**inside, **value} if isinstance(inside, dict) and isinstance(value, dict) else value
    return request


# Requests


def test_every_effect_of_the_backend_and_every_answer_to_a_challenge_has_a_golden_request() -> None:
    rows = [row[0] for row in GOLDEN.values()]
    assert {type(effect) for effect in rows} == set(get_args(BackendEffect))
    answers = [effect.response for effect in rows if isinstance(effect, effects.RespondToAuthChallenge)]
    assert {type(answer) for answer in answers} == set(get_args(effects.ChallengeResponse))
    assert {effect.flow for effect in rows if isinstance(effect, effects.InitiateAuth)} == set(AuthFlow)


@every_request
def test_an_effect_becomes_the_request_that_is_documented(
    effect: BackendEffect, name: str, plain: dict[str, Json], added: dict[str, Json]
) -> None:
    assert to_request(effect, config()) == (name, plain)
    assert to_request(effect, config(CLIENT_SECRET)) == (name, with_secret(plain, added))


@every_request
def test_botocore_finds_no_fault_with_the_request_and_sends_all_of_it(
    effect: BackendEffect, name: str, plain: dict[str, Json], added: dict[str, Json]
) -> None:
    for pool in (config(), config(CLIENT_SECRET), SURROUNDED):
        _, request = to_request(effect, pool)
        assert faults(operation(name).input_shape, request) == ""
        assert on_the_wire(request, operation(name)) == json.loads(json.dumps(request))


def test_botocore_would_find_a_fault_with_a_member_that_it_does_not_know() -> None:
    assert "Unknown parameter" in faults(operation("GetUser").input_shape, {"AccessToken": "a", "Pool": "p"})


SURROUNDED = CognitoConfig(
    "eu-west-1_AbCdEf",
    CLIENT_ID,
    analytics_endpoint_id="endpoint-1",
    user_context_data=lambda username: f"fingerprint of {username}" if username != "nobody" else None,
)


@every_request
def test_what_surrounds_the_person_is_told_wherever_the_operation_takes_it(
    effect: BackendEffect, name: str, plain: dict[str, Json], added: dict[str, Json]
) -> None:
    takes = {
        member: member in operation(name).input_shape.members for member in ("UserContextData", "AnalyticsMetadata")
    }
    surroundings: dict[str, Json] = {}
    if takes["AnalyticsMetadata"]:
        surroundings["AnalyticsMetadata"] = {"AnalyticsEndpointId": "endpoint-1"}
    if takes["UserContextData"]:
        username = COGNITO_NAME if name == "RespondToAuthChallenge" else ALICE
        surroundings["UserContextData"] = {"EncodedData": f"fingerprint of {username}"}
    assert to_request(effect, SURROUNDED) == (name, {**plain, **surroundings})


def test_a_fingerprint_that_is_none_is_left_out() -> None:
    _, request = to_request(effects.ForgotPassword("nobody"), SURROUNDED)
    assert request.keys() == {"ClientId", "Username", "AnalyticsMetadata"}


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
    effect: BackendEffect, name: str, plain: dict[str, Json], added: dict[str, Json]
) -> None:
    _, request = to_request(effect, config(CLIENT_SECRET))
    parts = parts_of(request)
    # structlog has rich show the variables of a traceback, and rich would look into a mere dict
    texts = [
        shown
        for value in (request, Call(name, request), *parts)
        for shown in (repr(value), str(value), f"{value}", traverse(value).render())
    ]
    names = set[str]().union(*(part.keys() for part in (request, *parts)))
    values = {value for value in leaves([plain, added]) if not any(value in known for known in names)}
    assert values
    for shown in texts:
        assert not [value for value in values if value in shown.replace(name, "")]
    for part in (request, *parts):
        assert all(member in repr(part) for member in part)


@pytest.mark.parametrize("text", ["K4n4ry", "[1]", "null", "", '{"K4n4ry": NaN}', '{"x":' * 100_000])
def test_a_credential_that_is_no_json_object_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        to_request(effects.CompleteWebAuthnRegistration(ACCESS, Secret(text)), config())
    assert caught.value.field == "credential"
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def parts_of(value: Json) -> list[Request]:
    """Every part of a request that is itself a mapping. All of them mask their values."""
    inside = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    found: list[Request] = []
    for part in inside:
        if isinstance(part, Mapping):
            assert isinstance(part, Request)
            found.append(part)
        found.extend(parts_of(part))
    return found


def leaves(value: Json) -> set[str]:
    """Every text in a request that is a value and long enough to be looked for."""
    if isinstance(value, Mapping):
        return set[str]().union(*(leaves(part) for part in value.values()))
    if isinstance(value, list):
        return set[str]().union(*(leaves(part) for part in value))
    return {value} if isinstance(value, str) and len(value) > 3 else set()


# Replies


@every_reply
def test_a_reply_becomes_the_event_that_it_means(effect: BackendEffect, reply: Reply, event: Event) -> None:
    assert to_event(effect, reply) == event
    assert to_event(effect, read_only(reply)) == event
    assert type(event) in type(effect).answers


def read_only(members: Reply) -> Reply:
    """The same in the least that the border for I/O promises: mappings and sequences."""
    return MappingProxyType({name: _read_only(value) for name, value in members.items()})


def _read_only(value: Json) -> Json:
    if isinstance(value, Mapping):
        return read_only(value)
    return tuple(_read_only(part) for part in value) if isinstance(value, list) else value


@pytest.mark.parametrize(("effect", "reply", "event"), BY_THE_MODEL.values(), ids=[*BY_THE_MODEL])
def test_botocore_finds_no_fault_with_the_sample_replies(effect: BackendEffect, reply: Reply, event: Event) -> None:
    name, _ = to_request(effect, config())
    # Its challenge names and delivery media are lists to which Cognito adds; what is unknown here is meant to be.
    assert faults(operation(name).output_shape, reply) == ""


def test_every_effect_of_the_backend_has_a_sample_reply() -> None:
    answered = {type(row[0]) for row in REPLIES.values()} | {effects.RespondWithDevice}
    assert answered == set(get_args(BackendEffect))


def test_members_that_we_do_not_know_are_passed_over() -> None:
    reply: Reply = {**signed_in(), "Future": {"member": [1, 2]}, "AvailableChallenges": ["PASSWORD"]}
    assert to_event(INITIATE, reply) == events.Authenticated(tokens())


@pytest.mark.parametrize("left_out", [{"RefreshToken"}, {"IdToken"}, {"RefreshToken", "IdToken"}], ids=sorted)
def test_a_refresh_keeps_the_old_token_where_the_reply_leaves_one_out(left_out: set[str]) -> None:
    result = result_of(signed_in("2"))
    reply: Reply = {"AuthenticationResult": {name: value for name, value in result.items() if name not in left_out}}
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
    return {"AuthenticationResult": {name: value for name, value in result_of(signed_in()).items() if name != member}}


def with_token(member: str, token: str) -> Reply:
    return {"AuthenticationResult": {**result_of(signed_in()), member: token}}


def bottomless() -> Json:
    value: Json = CANARY
    for _ in range(100_000):
        value = [value]
    return value


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
    "no secret for the app": (effects.AssociateSoftwareToken(ACCESS), {"Session": CANARY}),
    "no status of the app": (effects.VerifySoftwareToken(Secret("1"), access_token=ACCESS), {"Session": CANARY}),
    "a nameless user": (effects.GetUser(ACCESS), {"UserAttributes": [{"Name": CANARY}]}),
    "second factors that are no list": (RESPOND, challenged("SELECT_MFA_TYPE", "s", MFAS_CAN_CHOOSE=f'"{CANARY}"')),
    "second factors that are no texts": (RESPOND, challenged("MFA_SETUP", "s", MFAS_CAN_SETUP=f'[["{CANARY}"]]')),
    "second factors that are no JSON": (RESPOND, challenged("MFA_SETUP", "s", MFAS_CAN_SETUP=CANARY)),
    "first factors that are no list": (INITIATE, {"ChallengeName": "SELECT_CHALLENGE", "AvailableChallenges": CANARY}),
    "first factors that are no texts": (
        INITIATE,
        {"ChallengeName": "SELECT_CHALLENGE", "AvailableChallenges": [{CANARY: 1}]},
    ),
    "options that are no JSON": (RESPOND, challenged("WEB_AUTHN", "s", CREDENTIAL_REQUEST_OPTIONS=CANARY)),
    "options that are no object": (RESPOND, challenged("WEB_AUTHN", "s", CREDENTIAL_REQUEST_OPTIONS=f'["{CANARY}"]')),
    "a new device that is a text": (
        RESPOND,
        {"AuthenticationResult": {**result_of(signed_in()), "NewDeviceMetadata": CANARY}},
    ),
    "a device key that is no text": (
        INITIATE,
        with_token("AccessToken", jwt(sub=SUB, username="u", device_key=[CANARY])),
    ),
    "deliveries that are none": (effects.UpdateUserAttributes(ACCESS, {}), {"CodeDeliveryDetailsList": [CANARY]}),
    "a device that may have to be remembered": (
        effects.ConfirmDevice(ACCESS, DEVICE, Secret("v"), Secret("s")),
        {"UserConfirmationNecessary": CANARY},
    ),
    "no device": (effects.GetDevice(ACCESS, DEVICE), {"Else": CANARY}),
    "a device without a key": (effects.GetDevice(ACCESS, DEVICE), {"Device": {"DeviceAttributes": [{"Name": CANARY}]}}),
    "a device at a time that is none": (
        effects.GetDevice(ACCESS, DEVICE),
        {"Device": {"DeviceKey": DEVICE, "DeviceCreateDate": CANARY}},
    ),
    "devices that are none": (effects.ListDevices(ACCESS), {"Devices": [CANARY]}),
    "nothing to make a passkey from": (effects.StartWebAuthnRegistration(ACCESS), {"Else": CANARY}),
    "a text to make a passkey from": (
        effects.StartWebAuthnRegistration(ACCESS),
        {"CredentialCreationOptions": f'{{"{CANARY}": 1}}'},
    ),
    "something without end to make a passkey from": (
        effects.StartWebAuthnRegistration(ACCESS),
        {"CredentialCreationOptions": {CANARY: bottomless()}},
    ),
    "not a word of passkeys": (effects.ListWebAuthnCredentials(ACCESS), {"Else": CANARY}),
    "a passkey without an id": (
        effects.ListWebAuthnCredentials(ACCESS),
        {"Credentials": [{"FriendlyCredentialName": CANARY}]},
    ),
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


def outcome(effect: BackendEffect, reply: Reply) -> Event | BackendContractError:
    try:
        return to_event(effect, reply)
    except BackendContractError as error:
        return error


@given(st.sampled_from([row[0] for row in GOLDEN.values()]), ANY_JSON | LIKELY)
def test_any_json_is_an_event_or_a_broken_contract_that_quotes_nothing(effect: BackendEffect, reply: Reply) -> None:
    event = outcome(effect, reply)
    if isinstance(event, BackendContractError):
        assert CANARY not in "".join(traceback.format_exception(event))
        assert (event.__cause__, event.__context__) == (None, None)
    else:
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

SIGNING_IN: list[BackendEffect] = [INITIATE, RESPOND, with_device(effects.CustomAnswer(Secret("a")))]
NO_DEVICE = ServiceError("ResourceNotFoundException", "Device does not exist.")
NO_POOL = ServiceError("ResourceNotFoundException", "User pool client 1example does not exist.")
CLAIMED = effects.DeviceClaim(Secret("b"), Secret("s"), "then")


@pytest.mark.parametrize("effect", SIGNING_IN, ids=lambda effect: type(effect).__name__)
def test_two_refusals_of_a_sign_in_lead_elsewhere(effect: BackendEffect) -> None:
    demanded = to_refusal(effect, ServiceError("PasswordResetRequiredException", "why"))
    assert demanded == events.PasswordResetDemanded("why")
    assert to_refusal(effect, ServiceError("UserNotConfirmedException", "why")) == events.ConfirmationDemanded("why")


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        (attrs.evolve(INITIATE, device_key=DEVICE), NO_DEVICE),
        (attrs.evolve(INITIATE, device_key=DEVICE), ServiceError("ResourceNotFoundException", "no such DEVICE")),
        (with_device(effects.CustomAnswer(Secret("a"))), NO_DEVICE),
        (with_device(effects.CustomAnswer(Secret("a"))), ServiceError("ResourceNotFoundException", "")),
        (with_device(effects.FactorChoice(FactorType.EMAIL_OTP)), NO_POOL),
        (with_device(effects.DeviceSrpStart(Secret("A"))), NO_DEVICE),
        (with_device(CLAIMED), NO_DEVICE),
    ],
)
def test_a_device_that_the_pool_does_not_know_is_told_apart(effect: BackendEffect, error: ServiceError) -> None:
    assert to_refusal(effect, error) == events.DeviceNotFound()
    assert events.DeviceNotFound in type(effect).answers


@pytest.mark.parametrize(
    ("effect", "error"),
    [
        (attrs.evolve(INITIATE, device_key=DEVICE), NO_POOL),
        (INITIATE, NO_DEVICE),
        (with_device(effects.CustomAnswer(Secret("a")), None), NO_DEVICE),
        (attrs.evolve(RESPOND, device_key=DEVICE), NO_DEVICE),
        (with_device(CLAIMED), ServiceError("NotAuthorizedException", "Device does not exist.")),
        (effects.GetDevice(ACCESS, DEVICE), NO_DEVICE),
        (effects.GetTokensFromRefreshToken(attrs.evolve(tokens(), device_key=DEVICE)), NO_DEVICE),
    ],
)
def test_what_else_is_not_found_or_not_allowed_is_a_refusal(effect: BackendEffect, error: ServiceError) -> None:
    assert to_refusal(effect, error) == events.Refused(error.code, error.message)
    assert events.Refused in type(effect).answers


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
