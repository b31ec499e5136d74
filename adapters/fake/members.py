"""Reading a request: typed access to its members, with the refusals that the service gives for ill-formed ones."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

import attrs

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.messages import Secret
from authsteps.flows.model import ChallengeName

from .administration.inputs import USER_INPUTS
from .errors import Cause, Rule, constraint_refusal, refusal, violation
from .region.inputs import POOL_INPUTS
from .shapes import as_path, is_text

__all__ = ["Members", "Texts"]

_INPUTS: Final = {**USER_INPUTS, **POOL_INPUTS}
_ONE_NAMED: Final = ("ClientId", "Username")
_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "InitiateAuth": ("AuthFlow", "ClientId"),
    "RespondToAuthChallenge": ("ClientId", "ChallengeName"),
    "AdminInitiateAuth": ("UserPoolId", "ClientId", "AuthFlow"),
    "AdminRespondToAuthChallenge": ("UserPoolId", "ClientId", "ChallengeName"),
    "SignUp": _ONE_NAMED,
    "ConfirmSignUp": (*_ONE_NAMED, "ConfirmationCode"),
    "ResendConfirmationCode": _ONE_NAMED,
    "ForgotPassword": _ONE_NAMED,
    "ConfirmForgotPassword": (*_ONE_NAMED, "ConfirmationCode", "Password"),
    "GetTokensFromRefreshToken": ("RefreshToken", "ClientId"),
    "RevokeToken": ("Token", "ClientId"),
    "GlobalSignOut": ("AccessToken",),
    "GetUser": ("AccessToken",),
    "VerifySoftwareToken": ("UserCode",),
    "SetUserMFAPreference": ("AccessToken",),
    "UpdateUserAttributes": ("UserAttributes", "AccessToken"),
    "GetUserAttributeVerificationCode": ("AccessToken", "AttributeName"),
    "VerifyUserAttribute": ("AccessToken", "AttributeName", "Code"),
    "DeleteUserAttributes": ("UserAttributeNames", "AccessToken"),
    "DeleteUser": ("AccessToken",),
    "ChangePassword": ("ProposedPassword", "AccessToken"),
    "GetUserAuthFactors": ("AccessToken",),
    "ConfirmDevice": ("AccessToken", "DeviceKey"),
    "UpdateDeviceStatus": ("AccessToken", "DeviceKey"),
    "GetDevice": ("DeviceKey",),
    "ListDevices": ("AccessToken",),
    "ForgetDevice": ("DeviceKey",),
    "StartWebAuthnRegistration": ("AccessToken",),
    "CompleteWebAuthnRegistration": ("AccessToken", "Credential"),
    "ListWebAuthnCredentials": ("AccessToken",),
    "DeleteWebAuthnCredential": ("AccessToken", "CredentialId"),
}
"""Source: service model, the required members of each operation's input."""
_AUTH_FLOWS: Final = (
    "AuthFlow",
    (
        "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH",
        "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH",
    ),
)  # fmt: skip
_CHALLENGES: Final = ("ChallengeName", tuple(name.value for name in ChallengeName))
_ENUMS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "InitiateAuth": _AUTH_FLOWS,
    "AdminInitiateAuth": _AUTH_FLOWS,
    "RespondToAuthChallenge": _CHALLENGES,
    "AdminRespondToAuthChallenge": _CHALLENGES,
    "UpdateDeviceStatus": ("DeviceRememberedStatus", ("remembered", "not_remembered")),
}
"""Source: service model, AuthFlowType, ChallengeNameType and DeviceRememberedStatusType."""


@attrs.frozen
class _Shape:
    """What the service model says of a text.

    Attributes:
        shortest: Its least length.
        longest: Its greatest length, if there is one.
        pattern: What it must look like as a whole.
        is_sensitive: Whether a report must not quote it.
    """

    shortest: int = 0
    longest: int | None = None
    pattern: str | None = None
    is_sensitive: bool = False

    def violations(self, path: str, text: str) -> list[str]:
        shown = None if self.is_sensitive else text
        found: list[str] = []
        if len(text) < self.shortest:
            found.append(violation(path, Rule.MIN_LENGTH, shown, limit=str(self.shortest)))
        if self.longest is not None and len(text) > self.longest:
            found.append(violation(path, Rule.MAX_LENGTH, shown, limit=str(self.longest)))
        if self.pattern is not None and not re.fullmatch(self.pattern, text, re.ASCII):
            found.append(violation(path, Rule.PATTERN, shown, pattern=self.pattern))
        return found


_TOKEN: Final = _Shape(pattern=r"[A-Za-z0-9-_=.]+", is_sensitive=True)
_SHAPES: Final[Mapping[str, _Shape]] = {
    "AccessToken": _TOKEN,
    "AttributeName": _Shape(shortest=1, longest=32),
    "ClientId": _Shape(shortest=1, longest=128, pattern=r"[\w+]+", is_sensitive=True),
    "ClientSecret": _Shape(shortest=24, longest=64, pattern=r"[\w+]+", is_sensitive=True),
    "Code": _Shape(shortest=1, longest=2048, pattern=r"[\S]+", is_sensitive=True),
    "ConfirmationCode": _Shape(shortest=1, longest=2048, pattern=r"[\S]+", is_sensitive=True),
    "CredentialId": _Shape(longest=131_072),
    "DeviceKey": _Shape(shortest=1, longest=55, pattern=r"[\w-]+_[0-9a-f-]+"),
    "DeviceName": _Shape(shortest=1, longest=1024),
    "FriendlyDeviceName": _Shape(longest=131_072),
    "NextToken": _Shape(shortest=1, longest=131_072, pattern=r"[\S]+"),
    "PaginationToken": _Shape(shortest=1, pattern=r"[\S]+"),
    "RefreshToken": _TOKEN,
    "SecretHash": _Shape(shortest=1, longest=128, pattern=r"[\w+=/]+", is_sensitive=True),
    "Session": _Shape(shortest=20, longest=2048, is_sensitive=True),
    "Token": _TOKEN,
}
"""Texts by the member that holds them, in whichever operation.

Source: service model, AttributeNameType (but for its pattern), ClientIdType, ClientSecretType, ConfirmationCodeType,
DeviceKeyType, DeviceNameType, PaginationKey, SearchPaginationTokenType, SecretHashType, SessionType, StringType and
TokenModelType. A code is quoted by no report of ours, whatever the model says.
"""
_BOUNDS: Final[Mapping[str, tuple[str, int, int]]] = {
    "ListDevices": ("Limit", 0, 60),
    "ListWebAuthnCredentials": ("MaxResults", 0, 20),
}
"""Source: service model, QueryLimitType and WebAuthnCredentialsQueryLimitType."""
_ATTRIBUTE_NAME: Final = _SHAPES["AttributeName"]
_ATTRIBUTE_VALUE: Final = _Shape(longest=2048, is_sensitive=True)
"""Source: service model, AttributeNameType and AttributeValueType."""


class Members:
    """A request's members. Absent ones and ``None`` are the same.

    Source: the service model of cognito-idp for what is required; amazon-cognito-identity-js sends explicit nulls.
    """

    def __init__(self, request: Mapping[str, Json]) -> None:
        self._request = request

    def __repr__(self) -> str:
        return f"Members({', '.join(self._request)})"

    def keep_constraints(self, operation: str) -> None:
        """Return if no member is missing and none is outside its enumeration or its bounds.

        Nothing has been looked up by then. Of what administrators ask, only what the model knows is left afterwards.

        Raises:
            ServiceError: One is; the text lists all that is wrong.
        """
        if operation in _INPUTS:
            broken: list[str] = []
            if not _INPUTS[operation].check("", self._request, broken):
                raise refusal(Cause.UNREADABLE_REQUEST)
            if broken:
                raise constraint_refusal(broken)
            self._request = _INPUTS[operation].known(self._request)
            return
        violations = [
            violation(as_path(name), Rule.REQUIRED)
            for name in _REQUIRED.get(operation, ())
            if self._request.get(name) is None
        ]
        if operation in _ENUMS:
            name, values = _ENUMS[operation]
            given = self.optional_text(name)
            if given is not None and given not in values:
                violations.append(violation(as_path(name), Rule.ENUM, given, values=", ".join(values)))
        for name, shape in _SHAPES.items():
            # No variable holds it: a log of the error may show them.
            if self.optional_text(name) is not None:
                violations += shape.violations(as_path(name), self.text(name))
        if operation in _BOUNDS:
            name, lowest, highest = _BOUNDS[operation]
            violations += _out_of_bounds(as_path(name), self.optional_number(name), lowest, highest)
        violations += self._attribute_violations()
        if violations:
            raise constraint_refusal(violations)

    def text(self, name: str) -> str:
        """Return a required text.

        Raises:
            ServiceError: It is missing, or no text.
        """
        found = self.optional_text(name)
        if found is None:
            raise _missing(name)
        return found

    def optional_text(self, name: str) -> str | None:
        """Return a text, or ``None`` if there is none.

        Raises:
            ServiceError: It is no text, or one with a lone surrogate, which has no form on the wire.
        """
        # No variable holds it where this raises: a log of the error may show them.
        if not _is_text_or_absent(self._request.get(name)):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return cast("str | None", self._request.get(name))

    def secret(self, name: str) -> Secret:
        """Return a required text, masked."""
        return Secret(self.text(name))

    def optional_secret(self, name: str) -> Secret | None:
        """Return a text, masked, or ``None`` if there is none."""
        value = self.optional_text(name)
        return Secret(value) if value is not None else None

    def flag(self, name: str) -> bool:
        """Return a truth value; an absent one is false.

        Raises:
            ServiceError: It is no truth value.
        """
        value = self._request.get(name)
        if value is not None and not isinstance(value, bool):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return bool(value)

    def optional_flag(self, name: str) -> bool | None:
        """Return a truth value, or ``None`` if there is none.

        Raises:
            ServiceError: It is no truth value.
        """
        return None if self._request.get(name) is None else self.flag(name)

    def optional_number(self, name: str) -> int | None:
        """Return a whole number, or ``None`` if there is none.

        Raises:
            ServiceError: It is no whole number.
        """
        value = self._request.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return value

    def document(self, name: str) -> Mapping[str, Json]:
        """Return a required structure of any form, as it was given.

        Raises:
            ServiceError: It is missing, or no structure.
        """
        value = self._request.get(name)
        if value is None:
            raise _missing(name)
        if not isinstance(value, Mapping):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return value

    def list_of_texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; an absent one is empty.

        Raises:
            ServiceError: It is no list, or holds something else than texts.
        """
        value = self._request.get(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not all(
            member is not None and _is_text_or_absent(member) for member in value
        ):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return tuple(cast("Sequence[str]", value))

    def structures(self, name: str) -> tuple["Members", ...]:
        """Return a list of structures; an absent one is empty.

        Raises:
            ServiceError: It is no list, or holds something else than structures.
        """
        value = self._request.get(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or not all(isinstance(member, Mapping) for member in value):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return tuple(Members(member) for member in cast("Sequence[Mapping[str, Json]]", value))

    def only(self, names: Iterable[str]) -> dict[str, Json]:
        """Return those of some members that are there, as they were given."""
        return {name: value for name in names if (value := self._request.get(name)) is not None}

    def nested(self, name: str) -> "Members | None":
        """Return a structure, or ``None`` if there is none.

        Raises:
            ServiceError: It is no structure.
        """
        value = self._request.get(name)
        if value is not None and not isinstance(value, Mapping):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return Members(value) if value is not None else None

    def texts(self, name: str) -> "Texts":
        """Return a map of texts, without those that are ``None``; an absent one is empty.

        Raises:
            ServiceError: It is no map, or holds something else than texts.
        """
        value = self._request.get(name)
        if value is None:
            return Texts({})
        if not isinstance(value, Mapping) or not all(
            _is_text_or_absent(key) and _is_text_or_absent(member) for key, member in value.items()
        ):
            raise refusal(Cause.UNREADABLE_REQUEST)
        return Texts({key: cast("str", member) for key, member in value.items() if member is not None})

    def attributes(self, name: str) -> dict[str, str]:
        """Return a list of name and value pairs as a map; an absent one is empty.

        Raises:
            ServiceError: It is no such list.
        """
        value = self._request.get(name)
        if value is None:
            return {}
        if not isinstance(value, list | tuple):
            raise refusal(Cause.UNREADABLE_REQUEST)
        if not all(isinstance(pair, Mapping) for pair in value):
            raise refusal(Cause.UNREADABLE_REQUEST)
        pairs = [Members(pair) for pair in cast("Sequence[Mapping[str, Json]]", value)]
        return {pair.text("Name"): pair.optional_text("Value") or "" for pair in pairs}

    def _attribute_violations(self) -> list[str]:
        names = enumerate(self.list_of_texts("UserAttributeNames"), start=1)
        violations = [
            broken
            for number, name in names
            for broken in _ATTRIBUTE_NAME.violations(f"userAttributeNames.{number}.member", name)
        ]
        for number, (name, value) in enumerate(self.attributes("UserAttributes").items(), start=1):
            path = f"userAttributes.{number}.member"
            violations += _ATTRIBUTE_NAME.violations(f"{path}.name", name)
            violations += _ATTRIBUTE_VALUE.violations(f"{path}.value", value)
        return violations


class Texts:
    """A map of texts, such as AuthParameters. Its values never show."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __repr__(self) -> str:
        return f"Texts({', '.join(self._values)})"

    def required(self, name: str) -> Secret:
        """Return a text that must be there.

        Raises:
            ServiceError: ``Missing required parameter``.
        """
        if not self._values.get(name):
            raise refusal(Cause.PARAMETER_MISSING, name=name)
        return Secret(self._values[name])

    def optional(self, name: str) -> Secret | None:
        """Return a text, or ``None`` if there is none."""
        return Secret(self._values[name]) if name in self._values else None

    def starting_with(self, prefix: str) -> dict[str, str]:
        """Return those whose name begins with ``prefix``, without it."""
        return {name.removeprefix(prefix): value for name, value in self._values.items() if name.startswith(prefix)}


def _missing(name: str) -> ServiceError:
    return constraint_refusal([violation(as_path(name), Rule.REQUIRED)])


def _out_of_bounds(path: str, number: int | None, lowest: int, highest: int) -> list[str]:
    if number is not None and number < lowest:
        return [violation(path, Rule.MIN_VALUE, str(number), limit=str(lowest))]
    if number is not None and number > highest:
        return [violation(path, Rule.MAX_VALUE, str(number), limit=str(highest))]
    return []


def _is_text_or_absent(value: Json) -> bool:
    return value is None or is_text(value)
