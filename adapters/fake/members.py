"""Reading a request: typed access to its members, with the refusals that the service gives for ill-formed ones."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

from authsteps.adapters.cognito.transport import Json, ServiceError
from authsteps.engine.messages import Secret
from authsteps.flows.model import ChallengeName

from .administration.inputs import USER_INPUTS
from .errors import Cause, Rule, constraint_refusal, refusal, violation
from .region.inputs import POOL_INPUTS
from .shapes import (
    ATTRIBUTE_NAME,
    ATTRIBUTE_NAMES,
    ATTRIBUTES,
    CLIENT_ID,
    DEVICE_KEY,
    DEVICE_REMEMBERED_STATUS,
    FLAG,
    NON_SPACE,
    PAGE_LIMIT,
    PAGINATION_KEY,
    STRING,
    USER_POOL_ID,
    USERNAME,
    Items,
    Map,
    Number,
    Shape,
    Structure,
    Text,
    as_path,
    is_text,
)

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
_TOKEN: Final = Text(pattern=r"[A-Za-z0-9-_=.]+", is_sensitive=True)
_CODE: Final = Text(shortest=1, longest=2048, pattern=r"[\S]+", is_sensitive=True)
_AUTH_FLOW: Final = Text(
    values=(
        "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH", "REFRESH_TOKEN", "CUSTOM_AUTH", "ADMIN_NO_SRP_AUTH",
        "USER_PASSWORD_AUTH", "ADMIN_USER_PASSWORD_AUTH", "USER_AUTH",
    )
)  # fmt: skip
_PASSWORD: Final = Text(longest=256, is_sensitive=True)
_HIDDEN: Final = Text(longest=131_072, is_sensitive=True)
_HIDDEN_TEXTS: Final = Map(_HIDDEN, _HIDDEN)
_HEADER: Final = Structure({"headerName": STRING, "headerValue": STRING})
_SHAPES: Final[Mapping[str, Shape]] = {
    "AuthFlow": _AUTH_FLOW,
    "AuthParameters": _HIDDEN_TEXTS,
    "ChallengeResponses": _HIDDEN_TEXTS,
    "ClientMetadata": Map(STRING, STRING),
    "AnalyticsMetadata": Structure({"AnalyticsEndpointId": STRING}),
    "UserContextData": Structure({"IpAddress": STRING, "EncodedData": STRING}),
    "ContextData": Structure(
        {
            "IpAddress": STRING,
            "ServerName": STRING,
            "ServerPath": STRING,
            "HttpHeaders": Items(_HEADER),
            "EncodedData": STRING,
        },
        required=("IpAddress", "ServerName", "ServerPath", "HttpHeaders"),
    ),
    "DeviceSecretVerifierConfig": Structure({"PasswordVerifier": STRING, "Salt": STRING}),
    "ForceAliasCreation": FLAG,
    "Password": _PASSWORD,
    "PreviousPassword": _PASSWORD,
    "ProposedPassword": _PASSWORD,
    "ChallengeName": Text(values=tuple(name.value for name in ChallengeName)),
    "AccessToken": _TOKEN,
    "AttributeName": ATTRIBUTE_NAME,
    "ClientId": CLIENT_ID,
    "ClientSecret": Text(shortest=24, longest=64, pattern=r"[\w+]+", is_sensitive=True),
    "Code": _CODE,
    "ConfirmationCode": _CODE,
    "CredentialId": STRING,
    "DeviceKey": DEVICE_KEY,
    "DeviceName": Text(shortest=1, longest=1024),
    "DeviceRememberedStatus": DEVICE_REMEMBERED_STATUS,
    "FriendlyDeviceName": STRING,
    "Limit": PAGE_LIMIT,
    "MaxResults": Number(lowest=0, highest=20),
    "NextToken": PAGINATION_KEY,
    "PaginationToken": NON_SPACE,
    "RefreshToken": _TOKEN,
    "SecretHash": Text(shortest=1, longest=128, pattern=r"[\w+=/]+", is_sensitive=True),
    "Session": Text(shortest=20, longest=2048, is_sensitive=True),
    "Token": _TOKEN,
    "UserAttributeNames": ATTRIBUTE_NAMES,
    "UserAttributes": ATTRIBUTES,
    "Username": USERNAME,
    "ValidationData": ATTRIBUTES,
}
"""Members that are of one shape in every operation that anybody may call.

Source: the service model. A code is quoted by no report of ours, whatever the model says. Which passwords are
taken, but for their length, the pool's policy says.
"""
_ADMINISTERED: Final[Mapping[str, Shape]] = {**_SHAPES, "UserPoolId": USER_POOL_ID}
"""The same of operations that name their pool. The others pass over it, as over anything that they do not know."""


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
        required = _REQUIRED.get(operation, ())
        broken = [violation(as_path(name), Rule.REQUIRED) for name in required if self._request.get(name) is None]
        for name, shape in (_ADMINISTERED if "UserPoolId" in required else _SHAPES).items():
            # No variable holds a value: a log of the error may show them.
            if self._request.get(name) is not None and not shape.check(as_path(name), self._request[name], broken):
                raise refusal(Cause.UNREADABLE_REQUEST)
        if broken:
            raise constraint_refusal(broken)

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


def _is_text_or_absent(value: Json) -> bool:
    return value is None or is_text(value)
