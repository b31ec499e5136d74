"""What PreTokenGeneration changes in the claims of tokens: pure functions from claims and an answer to other claims.

Whatever it answers, tokens stay the user's own and the pool's own: claims that say so are never changed. Who tries is
not refused; it changes nothing.

Source: Cognito developer guide, 'Pre token generation Lambda trigger' (which claims cannot be changed, and that
suppressing counts for more than adding). That ``scope`` changes only by scopes, and which refusal meets an answer that
cannot be followed, are our choice.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Final, cast

import attrs

from authsteps.adapters.cognito.transport import Json
from authsteps.adapters.lambda_triggers import (
    AccessTokenGeneration,
    GroupOverrideDetails,
    IdTokenGeneration,
    PreTokenGenerationAnswer,
    PreTokenGenerationV2Answer,
    Trigger,
    UnrecognizableOutputError,
)

from .tokens import FLAGS, Membership, attribute_claim

__all__ = ["PROTECTED_IN_ACCESS", "PROTECTED_IN_ID", "Customisation", "customisation_of"]

_MOST_CHANGES: Final = 5000
_PROTECTED: Final = frozenset(
    {
        "acr", "amr", "at_hash", "auth_time", "azp", "exp", "iat", "iss", "jti", "nbf", "nonce", "origin_jti", "sub",
        "token_use",
    }
)  # fmt: skip
PROTECTED_IN_ID: Final = _PROTECTED | {"aud", "identities"}
"""The claims of an ID token that nothing changes, beside all whose names begin with ``cognito:``."""
PROTECTED_IN_ACCESS: Final = _PROTECTED | {"client_id", "device_key", "event_id", "scope", "username", "version"}
"""The same of an access token. Its scopes change by themselves, and ``aud`` may be added if it is the client's id."""
_PREFIX: Final = "cognito:"
_TYPED: Final = FLAGS | {"updated_at", "address"}
"""The claims of an ID token that keep their types."""


@attrs.frozen
class _Change:
    add: Mapping[str, Json] = attrs.field(factory=dict[str, Json], repr=False)
    suppress: frozenset[str] = frozenset()
    add_scopes: tuple[str, ...] = ()
    suppress_scopes: frozenset[str] = frozenset()


_NOTHING: Final = _Change()


@attrs.frozen
class Customisation:
    """What becomes of the tokens.

    Attributes:
        membership: The groups that they say; ``None`` for the user's own.
    """

    membership: Membership | None = None
    _id: _Change = _NOTHING
    _access: _Change = _NOTHING

    def in_id(self, claims: Mapping[str, Json]) -> dict[str, Json]:
        """Return the claims of an ID token, changed."""
        if self._id is _NOTHING:
            return dict(claims)
        added = {
            name: value
            for name, value in ((name, _typed(name, value)) for name, value in self._id.add.items())
            if value is not None
        }
        return _changed(claims, added, self._id.suppress, PROTECTED_IN_ID)

    def in_access(self, claims: Mapping[str, Json]) -> dict[str, Json]:
        """Return the claims of an access token, changed."""
        change = self._access
        if change is _NOTHING:
            return dict(claims)
        added = {name: value for name, value in change.add.items() if name != "aud" or value == claims["client_id"]}
        changed = _changed(claims, added, change.suppress, PROTECTED_IN_ACCESS)
        granted = dict.fromkeys([*str(claims["scope"]).split(), *change.add_scopes])
        changed["scope"] = " ".join(scope for scope in granted if scope not in change.suppress_scopes)
        return changed


def customisation_of(answer: PreTokenGenerationAnswer | PreTokenGenerationV2Answer) -> Customisation:
    """Return what becomes of the tokens after an answer.

    Raises:
        UnrecognizableOutputError: The answer cannot be followed: a value is none of JSON, a scope is no scope, or there
            are too many changes.
    """
    if isinstance(answer, PreTokenGenerationAnswer):
        said = answer.claims_override_details
        if said is None:
            return Customisation()
        in_id = IdTokenGeneration(
            claims_to_add_or_override=said.claims_to_add_or_override, claims_to_suppress=said.claims_to_suppress
        )
        return _customisation(in_id, None, said.group_override_details)
    details = answer.claims_and_scope_override_details
    if details is None:
        return Customisation()
    return _customisation(details.id_token_generation, details.access_token_generation, details.group_override_details)


def _customisation(
    in_id: IdTokenGeneration | None, in_access: AccessTokenGeneration | None, groups: GroupOverrideDetails | None
) -> Customisation:
    of_id = _Change(_values(in_id), frozenset(in_id.claims_to_suppress or ())) if in_id is not None else _NOTHING
    of_access = _NOTHING
    if in_access is not None:
        of_access = _Change(
            _values(in_access),
            frozenset(in_access.claims_to_suppress or ()),
            _scopes(in_access.scopes_to_add or ()),
            frozenset(in_access.scopes_to_suppress or ()),
        )
    parts = (attrs.astuple(change, recurse=False) for change in (of_id, of_access))
    if sum(len(part) for change in parts for part in change) > _MOST_CHANGES:
        raise _unusable(f"there are more than {_MOST_CHANGES} changes")
    return Customisation(_membership(groups), of_id, of_access)


def _membership(groups: GroupOverrideDetails | None) -> Membership | None:
    """Return the groups in place of the user's own. An override that names none takes them all away."""
    if groups is None:
        return None
    _json((groups.groups_to_override, groups.iam_roles_to_override, groups.preferred_role))
    return Membership(groups.groups_to_override or (), groups.iam_roles_to_override or (), groups.preferred_role)


def _values(said: IdTokenGeneration | AccessTokenGeneration) -> Mapping[str, Json]:
    """Return the claims that are added, as they will stand in the token."""
    given = said.claims_to_add_or_override or {}
    for name, value in given.items():
        if value is None:
            raise _unusable(f"the claim {name} must be a string, a number, true or false, a list or an object")
    return cast("Mapping[str, Json]", _json(dict(given)))


def _json(value: object) -> object:
    """Return a value as JSON has it: a function in this process may hand over anything."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        text = None
    if text is None:
        raise _unusable("there is a value that is no JSON")
    return cast("object", json.loads(text))


def _scopes(given: Iterable[str]) -> tuple[str, ...]:
    """Return scopes that are added. A text with a space in it would be two of them, one of which nobody looked at."""
    scopes = tuple(given)
    _json(scopes)
    if any(not scope or scope.split() != [scope] for scope in scopes):
        raise _unusable("a scope in scopesToAdd is empty or holds a space")
    return scopes


def _changed(
    claims: Mapping[str, Json], add: Mapping[str, Json], suppress: frozenset[str], protected: frozenset[str]
) -> dict[str, Json]:
    """Return claims with some added and some taken away. What is suppressed is not added either."""
    wanted = {**claims, **{name: value for name, value in add.items() if not _is_protected(name, protected)}}
    return {name: value for name, value in wanted.items() if name not in suppress or _is_protected(name, protected)}


def _is_protected(name: str, protected: frozenset[str]) -> bool:
    return name in protected or name.startswith(_PREFIX)


def _typed(name: str, value: Json) -> Json:
    """Return a claim of an ID token in the type that it always has; ``None`` if the value cannot be read as that."""
    if name not in _TYPED:
        return value
    read = attribute_claim(name, value) if isinstance(value, str) else value
    kind: type[object] = bool if name in FLAGS else int if name == "updated_at" else dict
    is_right = isinstance(read, kind) and (kind is bool or not isinstance(read, bool))
    return read if is_right else None


def _unusable(problem: str) -> UnrecognizableOutputError:
    return UnrecognizableOutputError(Trigger.PRE_TOKEN_GENERATION, f"response: {problem}")
