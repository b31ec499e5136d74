"""What PreTokenGeneration may change in tokens, rule by rule, and what it cannot whatever it answers."""

import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from authsteps.adapters.fake.token_customisation import (
    PROTECTED_IN_ACCESS,
    PROTECTED_IN_ID,
    Customisation,
    customisation_of,
)
from authsteps.adapters.fake.tokens import Membership, Origin, TokenIssuer
from authsteps.adapters.lambda_triggers import (
    AccessTokenGeneration,
    ClaimsAndScopeOverrideDetails,
    ClaimsOverrideDetails,
    GroupOverrideDetails,
    IdTokenGeneration,
    PreTokenGenerationAnswer,
    PreTokenGenerationV2Answer,
    UnrecognizableOutputError,
)
from authsteps.engine.messages import Secret
from tests.adapters.fake.world import load_signing_keys

ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_EXAMPLE12"
CLIENT_ID = "1example23456789abcdefghij"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
POOL = TokenIssuer(ISSUER, load_signing_keys())
ORIGIN = Origin(
    sub="11111111-2222-3333-4444-555555555555",
    username="alice",
    client_id=CLIENT_ID,
    auth_time=NOW,
    event_id="eeeeeeee-2222-3333-4444-555555555555",
    origin_jti="0a0a0a0a-2222-3333-4444-555555555555",
)
ATTRIBUTES = {
    "email": "alice@example.com",
    "email_verified": "true",
    "phone_number_verified": "false",
    "name": "Alice",
    "address": "Elm Street",
    "updated_at": "1700000000",
}
STAFF = Membership(("staff", "night"), ("arn:aws:iam::1:role/staff",), "arn:aws:iam::1:role/staff")


def verified(token: Secret, audience: str | None = None) -> dict[str, Any]:
    """What a token says to a stranger who knows nothing but the published key set."""
    published = jwt.PyJWKSet.from_dict(json.loads(json.dumps(POOL.keys.public_jwks())))
    key = published[jwt.get_unverified_header(token.reveal())["kid"]]
    skipped: Any = {"verify_exp": False, "verify_iat": False, "verify_aud": audience is not None}
    return jwt.decode(token.reveal(), key, algorithms=["RS256"], issuer=ISSUER, audience=audience, options=skipped)


def tokens(customisation: Customisation) -> tuple[dict[str, Any], dict[str, Any]]:
    """The claims of an ID and of an access token that were customised, signed and verified."""
    rest: Mapping[str, Any] = {
        "issued_at": NOW,
        "lifetime": timedelta(hours=1),
        "membership": customisation.membership or STAFF,
    }
    identity = POOL.id_token(ORIGIN, ATTRIBUTES, jti="jti-1", change=customisation.in_id, **rest)
    access = POOL.access_token(ORIGIN, jti="jti-2", device_key="a-device", change=customisation.in_access, **rest)
    return verified(identity, CLIENT_ID), verified(access)


PLAIN_ID, PLAIN_ACCESS = tokens(Customisation())


def of_v1(**details: Any) -> Customisation:
    return customisation_of(PreTokenGenerationAnswer(claims_override_details=ClaimsOverrideDetails(**details)))


def of_v2(
    in_id: Mapping[str, Any] | None = None,
    in_access: Mapping[str, Any] | None = None,
    groups: GroupOverrideDetails | None = None,
) -> Customisation:
    details = ClaimsAndScopeOverrideDetails(
        id_token_generation=IdTokenGeneration(**in_id) if in_id is not None else None,
        access_token_generation=AccessTokenGeneration(**in_access) if in_access is not None else None,
        group_override_details=groups,
    )
    return customisation_of(PreTokenGenerationV2Answer(claims_and_scope_override_details=details))


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The claims that are other than before; one that is gone is ``None``."""
    return {name: after.get(name) for name in {*before, *after} if before.get(name) != after.get(name)}


def add(**claims: Any) -> dict[str, Any]:
    return {"claims_to_add_or_override": claims}


# --- Rule by rule ----------------------------------------------------------------------------------------------------

NOTHING: dict[str, Any] = {}
# What is changed, what that makes of the ID token, and what of the access token.
RULES: Mapping[str, tuple[Customisation, dict[str, Any], dict[str, Any]]] = {
    "nothing at all, V1": (customisation_of(PreTokenGenerationAnswer()), NOTHING, NOTHING),
    "nothing at all, V2": (customisation_of(PreTokenGenerationV2Answer()), NOTHING, NOTHING),
    "nothing in particular": (of_v1(), NOTHING, NOTHING),
    "a claim, V1": (of_v1(**add(tier="gold")), {"tier": "gold"}, NOTHING),
    "a claim that is an attribute": (of_v1(**add(name="Al")), {"name": "Al"}, NOTHING),
    "one taken away, V1": (of_v1(claims_to_suppress=("email", "name")), {"email": None, "name": None}, NOTHING),
    "suppressed and added": (
        of_v1(claims_to_suppress=("name", "tier"), **add(name="Al", tier="x")),
        {"name": None},
        NOTHING,
    ),
    "one taken away that is not there": (of_v1(claims_to_suppress=("nickname",)), NOTHING, NOTHING),
    "protected ones": (
        of_v1(claims_to_suppress=("sub", "cognito:username"), **add(iss="me", aud="me", exp="9", token_use="access")),
        NOTHING,
        NOTHING,
    ),
    "names of the service's own": (
        of_v1(claims_to_add_or_override={"cognito:groups": "admin", "cognito:x": "y"}),
        NOTHING,
        NOTHING,
    ),
    "groups in the way that is not theirs": (of_v1(claims_to_suppress=("cognito:groups",)), NOTHING, NOTHING),
    "an ID token alone, V2": (of_v2(add(tier="gold")), {"tier": "gold"}, NOTHING),
    "an access token alone": (of_v2(None, add(tier="gold")), NOTHING, {"tier": "gold"}),
    "both": (of_v2(add(a=1), add(b=2)), {"a": 1}, {"b": 2}),
    "values of every type": (
        of_v2(None, add(text="a", number=1.5, whole=7, flag=False, many=["a", {"b": None}], deep={"x": [1]})),
        NOTHING,
        {"text": "a", "number": 1.5, "whole": 7, "flag": False, "many": ["a", {"b": None}], "deep": {"x": [1]}},
    ),
    "protected ones of an access token": (
        of_v2(
            None,
            {
                "claims_to_suppress": ("username", "origin_jti"),
                **add(client_id="x", device_key="x", event_id="x", version=3),
            },
        ),
        NOTHING,
        NOTHING,
    ),
    "what only an ID token protects": (of_v2(add(identities=[]), add(identities=[1])), NOTHING, {"identities": [1]}),
    "the audience of an access token, if it is the client": (
        of_v2(None, add(aud=CLIENT_ID)),
        NOTHING,
        {"aud": CLIENT_ID},
    ),
    "another audience": (of_v2(None, add(aud="https://other.example")), NOTHING, NOTHING),
    "several audiences": (of_v2(None, add(aud=[CLIENT_ID, "other"])), NOTHING, NOTHING),
    "scopes": (
        of_v2(None, {"scopes_to_add": ("read", "write", "read")}),
        NOTHING,
        {"scope": "aws.cognito.signin.user.admin read write"},
    ),
    "a scope taken away": (
        of_v2(None, {"scopes_to_add": ("read",), "scopes_to_suppress": ("aws.cognito.signin.user.admin",)}),
        NOTHING,
        {"scope": "read"},
    ),
    "a scope added and taken away": (
        of_v2(None, {"scopes_to_add": ("read",), "scopes_to_suppress": ("read", "other")}),
        NOTHING,
        NOTHING,
    ),
    "scopes by the back door": (of_v2(None, {"claims_to_suppress": ("scope",), **add(scope="all")}), NOTHING, NOTHING),
    "flags as texts": (
        of_v1(**add(email_verified="false", phone_number_verified="true")),
        {"email_verified": False, "phone_number_verified": True},
        NOTHING,
    ),
    "flags as flags": (of_v2(add(email_verified=False)), {"email_verified": False}, NOTHING),
    "flags as anything else": (of_v2(add(email_verified=1, phone_number_verified=["true"])), NOTHING, NOTHING),
    "an instant": (of_v2(add(updated_at=5)), {"updated_at": 5}, NOTHING),
    "an instant as a text": (of_v1(**add(updated_at="5")), {"updated_at": 5}, NOTHING),
    "an instant that is none": (of_v2(add(updated_at="yesterday")), NOTHING, NOTHING),
    "an instant that is a flag": (of_v2(add(updated_at=True)), NOTHING, NOTHING),
    "an address": (of_v2(add(address={"formatted": "Here"})), {"address": {"formatted": "Here"}}, NOTHING),
    "an address as a text": (of_v1(**add(address="Here")), {"address": {"formatted": "Here"}}, NOTHING),
    "an address as anything else": (of_v2(add(address=[])), NOTHING, NOTHING),
    "they may be of any type elsewhere": (of_v2(None, add(updated_at="now")), NOTHING, {"updated_at": "now"}),
    "other groups": (
        of_v1(group_override_details=GroupOverrideDetails(groups_to_override=("day",))),
        {"cognito:groups": ["day"], "cognito:roles": None, "cognito:preferred_role": None},
        {"cognito:groups": ["day"]},
    ),
    "other groups and roles, V2": (
        of_v2(
            groups=GroupOverrideDetails(groups_to_override=("day",), iam_roles_to_override=("r",), preferred_role="r")
        ),
        {"cognito:groups": ["day"], "cognito:roles": ["r"], "cognito:preferred_role": "r"},
        {"cognito:groups": ["day"]},
    ),
    "no groups": (
        of_v1(group_override_details=GroupOverrideDetails()),
        {"cognito:groups": None, "cognito:roles": None, "cognito:preferred_role": None},
        {"cognito:groups": None},
    ),
}


@pytest.mark.parametrize(("customised", "in_id", "in_access"), RULES.values(), ids=[*RULES])
def test_tokens_say_what_the_trigger_may_change_and_nothing_else(
    customised: Customisation, in_id: dict[str, Any], in_access: dict[str, Any]
) -> None:
    identity, access = tokens(customised)

    assert changes(PLAIN_ID, identity) == in_id
    assert changes(PLAIN_ACCESS, access) == in_access


def circle() -> list[Any]:
    around: list[Any] = []
    around.append(around)
    return around


MANY = {f"claim{number}": "x" for number in range(5000)}
UNUSABLE: Mapping[str, dict[str, Any]] = {
    "no value": add(nothing=None),
    "no JSON": add(thing={1, 2}),
    "not a number": add(number=math.nan),
    "no end": add(number=[math.inf]),
    "half a letter": add(text="\ud800"),
    "a circle": add(thing=circle()),
    "a number that is too long": add(number=10**5000),
    "more than 5,000 changes": {"claims_to_suppress": ("name",), **add(**MANY)},
}


@pytest.mark.parametrize("said", UNUSABLE.values(), ids=[*UNUSABLE])
@pytest.mark.parametrize("place", ["id", "access"])
def test_what_cannot_be_followed_is_refused_and_never_quoted(said: dict[str, Any], place: str) -> None:
    with pytest.raises(UnrecognizableOutputError) as caught:
        of_v2(said) if place == "id" else of_v2(None, said)

    assert "claim4999" not in str(caught.value)


@pytest.mark.parametrize("scope", ["", "a b", " a", "a\n", "\ud800"])
def test_a_scope_that_is_none_or_two_is_refused(scope: str) -> None:
    with pytest.raises(UnrecognizableOutputError):
        of_v2(None, {"scopes_to_add": (scope,)})


def test_a_group_that_is_no_text_is_refused() -> None:
    with pytest.raises(UnrecognizableOutputError):
        of_v1(group_override_details=GroupOverrideDetails(groups_to_override=("\ud800",)))


def test_5000_changes_are_not_too_many_wherever_they_are() -> None:
    half = dict([*MANY.items()][:2500])
    identity, access = tokens(of_v2(add(**half), add(**half)))

    assert half.items() <= identity.items()
    assert half.items() <= access.items()
    with pytest.raises(UnrecognizableOutputError):
        of_v2(add(**half), {"scopes_to_add": ("one",), **add(**half)})


# --- Whatever it answers ---------------------------------------------------------------------------------------------

NAMES = st.sampled_from([*PLAIN_ID, *PLAIN_ACCESS, *PROTECTED_IN_ID, *PROTECTED_IN_ACCESS, "cognito:x"]) | st.text()
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.just(CLIENT_ID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
VALUES = JSON.filter(lambda value: value is not None)
SUPPRESS = st.none() | st.lists(NAMES).map(tuple)
SCOPES = st.none() | st.lists(st.sampled_from(["read", "aws.cognito.signin.user.admin"]) | st.text()).map(tuple)
GROUPS = st.none() | st.builds(
    GroupOverrideDetails,
    groups_to_override=st.none() | st.lists(st.text()).map(tuple),
    iam_roles_to_override=st.none() | st.lists(st.text()).map(tuple),
    preferred_role=st.none() | st.text(),
)
V1 = st.builds(
    PreTokenGenerationAnswer,
    claims_override_details=st.none()
    | st.builds(
        ClaimsOverrideDetails,
        claims_to_add_or_override=st.none() | st.dictionaries(NAMES, st.text()),
        claims_to_suppress=SUPPRESS,
        group_override_details=GROUPS,
    ),
)
V2 = st.builds(
    PreTokenGenerationV2Answer,
    claims_and_scope_override_details=st.none()
    | st.builds(
        ClaimsAndScopeOverrideDetails,
        id_token_generation=st.none()
        | st.builds(
            IdTokenGeneration,
            claims_to_add_or_override=st.none() | st.dictionaries(NAMES, VALUES),
            claims_to_suppress=SUPPRESS,
        ),
        access_token_generation=st.none()
        | st.builds(
            AccessTokenGeneration,
            claims_to_add_or_override=st.none() | st.dictionaries(NAMES, VALUES),
            claims_to_suppress=SUPPRESS,
            scopes_to_add=SCOPES,
            scopes_to_suppress=SCOPES,
        ),
        group_override_details=GROUPS,
    ),
)
OF_GROUPS = {"cognito:groups", "cognito:roles", "cognito:preferred_role"}


@given(V1 | V2)
def test_whatever_the_trigger_answers_the_tokens_stay_the_users_and_the_pools(
    answer: PreTokenGenerationAnswer | PreTokenGenerationV2Answer,
) -> None:
    try:
        customised = customisation_of(answer)
    except UnrecognizableOutputError:
        return
    identity, access = tokens(customised)

    for plain, said, protected in (
        (PLAIN_ID, identity, PROTECTED_IN_ID),
        (PLAIN_ACCESS, access, PROTECTED_IN_ACCESS - {"scope"}),
    ):
        changed = changes(plain, said).keys() - OF_GROUPS
        assert not changed & protected
        assert not [name for name in changed if name.startswith("cognito:")]
    assert access.get("aud") in {None, CLIENT_ID}
    assert (
        POOL.verify_access_token(
            POOL.access_token(ORIGIN, jti="j", issued_at=NOW, lifetime=timedelta(hours=1), change=customised.in_access),
            NOW,
        ).sub
        == ORIGIN.sub
    )


def test_no_value_shows_in_a_customisation() -> None:
    assert "canary" not in repr(of_v2(add(secret="canary"), add(secret="canary")))
