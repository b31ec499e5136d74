"""What functions answer, with every member that there is, as JSON; and how an event is changed in one place."""

import copy
from collections.abc import Iterator
from typing import Any, TypeAlias, cast

from tests.adapters.lambda_triggers.golden_events import KIND_OF, golden

Path: TypeAlias = tuple[str, ...]

GROUPS = {"groupsToOverride": ["readers"], "iamRolesToOverride": ["reader"], "preferredRole": "reader"}

FULL: dict[str, dict[str, Any]] = {
    "PreSignUp_SignUp": {"autoConfirmUser": True, "autoVerifyEmail": True, "autoVerifyPhone": False},
    "DefineAuthChallenge_Authentication": {
        "challengeName": "CUSTOM_CHALLENGE",
        "issueTokens": False,
        "failAuthentication": False,
    },
    "CreateAuthChallenge_Authentication": {
        "publicChallengeParameters": {"hint": "six digits"},
        "privateChallengeParameters": {"answer": "271828"},
        "challengeMetadata": "CODE-2",
    },
    "VerifyAuthChallengeResponse_Authentication": {"answerCorrect": True},
    "TokenGeneration_Authentication": {
        "claimsOverrideDetails": {
            "claimsToAddOrOverride": {"tenant": "north"},
            "claimsToSuppress": ["email"],
            "groupOverrideDetails": GROUPS,
        }
    },
    "TokenGeneration_HostedAuth": {
        "claimsAndScopeOverrideDetails": {
            "idTokenGeneration": {"claimsToAddOrOverride": {"seats": [1, 2.5, None]}, "claimsToSuppress": ["email"]},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"trial": False},
                "claimsToSuppress": ["device_key"],
                "scopesToAdd": ["orders/read"],
                "scopesToSuppress": ["openid"],
            },
            "groupOverrideDetails": GROUPS,
        }
    },
    "UserMigration_Authentication": {
        "userAttributes": {"email": "alice@example.com"},
        "finalUserStatus": "CONFIRMED",
        "messageAction": "SUPPRESS",
        "desiredDeliveryMediums": ["EMAIL"],
        "forceAliasCreation": True,
        "enableSMSMFA": False,
    },
    "CustomMessage_SignUp": {"smsMessage": "It is {####}", "emailMessage": "It is {####}", "emailSubject": "Croeso"},
}
"""An answer of every trigger that can answer anything, with every member."""

FREE = {"userAttributes", "publicChallengeParameters", "privateChallengeParameters", "claimsToAddOrOverride"}
"""Objects whose members a function names as it likes."""


def answered(source: str) -> dict[str, Any]:
    """A golden event, given back with every member answered."""
    return {**golden(source), "response": copy.deepcopy(FULL.get(source, {}))}


def members(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every member of an object, however deep, with where it stands; entries of lists are none."""
    for name, inner in cast("dict[str, Any]", value).items() if isinstance(value, dict) else ():
        yield (*path, name), inner
        yield from members(inner, (*path, name))


def named_by_us(path: Path) -> bool:
    """Whether the service names this member, and not the function."""
    return not FREE.intersection(path[:-1])


def anything_goes(source: str, path: Path) -> bool:
    """Whether a member may have any value: claims, from the second version on."""
    return KIND_OF[source].version != "1" and "claimsToAddOrOverride" in path[:-1]


def at(value: Any, path: Path) -> Any:
    """What stands at a place."""
    for name in path:
        value = value[name]
    return value


def changed(event: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """An event with something else at one place."""
    other = copy.deepcopy(event)
    at(other, path[:-1])[path[-1]] = value
    return other


def without(event: dict[str, Any], path: Path) -> dict[str, Any]:
    """An event that lacks a member."""
    other = copy.deepcopy(event)
    del at(other, path[:-1])[path[-1]]
    return other


def renamed(event: dict[str, Any], path: Path, name: str) -> dict[str, Any]:
    """An event with one member under another name."""
    return changed(without(event, path), (*path[:-1], name), at(event, path))
