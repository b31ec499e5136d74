"""An app client on the wire: what requests say of it, and what replies tell.

What the fake does not act upon is kept as it was given, and given back.

Source: service model, CreateUserPoolClient, UpdateUserPoolClient and UserPoolClientType.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import attrs

from authsteps.adapters.cognito.transport import Json

from ..directory import Client, ExistenceErrors, ExplicitAuthFlow
from ..errors import Cause, refusal
from ..members import Members
from ..settings import Settings

__all__ = ["ClientDescription", "client_members", "read_client"]

_ECHOED: Final = (
    "SupportedIdentityProviders",
    "CallbackURLs",
    "LogoutURLs",
    "DefaultRedirectURI",
    "AllowedOAuthFlows",
    "AllowedOAuthScopes",
    "AllowedOAuthFlowsUserPoolClient",
    "AnalyticsConfiguration",
    "EnablePropagateAdditionalUserContextData",
    "ExplicitAuthFlows",
    "AccessTokenValidity",
    "IdTokenValidity",
    "TokenValidityUnits",
    "RefreshTokenRotation",
)
_DEFAULTS: Final[Mapping[str, Json]] = {
    "AllowedOAuthFlowsUserPoolClient": False,
    "EnablePropagateAdditionalUserContextData": False,
    "ExplicitAuthFlows": [],
    "TokenValidityUnits": {},
}
_PREFIX: Final = "ALLOW_"
_OLD_FLOWS: Final[Mapping[str, frozenset[ExplicitAuthFlow]]] = {
    "ADMIN_NO_SRP_AUTH": frozenset(
        {
            ExplicitAuthFlow.ALLOW_ADMIN_USER_PASSWORD_AUTH,
            ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
            ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
        }
    ),
    "USER_PASSWORD_AUTH": frozenset(
        {
            ExplicitAuthFlow.ALLOW_USER_PASSWORD_AUTH,
            ExplicitAuthFlow.ALLOW_USER_SRP_AUTH,
            ExplicitAuthFlow.ALLOW_CUSTOM_AUTH,
        }
    ),
    "CUSTOM_AUTH_FLOW_ONLY": frozenset({ExplicitAuthFlow.ALLOW_CUSTOM_AUTH}),
}
"""What the names without prefix mean: they add to SRP and custom authentication, or leave the latter alone.

Source: service model, CreateUserPoolClient; that refreshing is always allowed then is known from experience.
"""
_ONLY_CUSTOM: Final = "CUSTOM_AUTH_FLOW_ONLY"
_UNITS: Final[Mapping[str, timedelta]] = {
    "days": timedelta(days=1),
    "hours": timedelta(hours=1),
    "minutes": timedelta(minutes=1),
    "seconds": timedelta(seconds=1),
}
_HOUR: Final = timedelta(hours=1)
_DEFAULT_REFRESH: Final = timedelta(days=30)
_ACCESS_RANGE: Final = (timedelta(minutes=5), timedelta(days=1))
_REFRESH_RANGE: Final = (timedelta(minutes=60), timedelta(days=3650))
_FLAGS: Final = frozenset({"email_verified", "phone_number_verified"})


@attrs.frozen
class ClientDescription:
    """What is told of a client beside how it works.

    Attributes:
        created: When.
        modified: When it was last set up.
        echoed: Members that are given back as they were given, by name; ``None`` for a client that no request made.
    """

    created: datetime
    modified: datetime
    echoed: Mapping[str, Json] | None = attrs.field(default=None, repr=False)


def read_client(request: Members, before: Client, settings: Settings, *, doing: str) -> tuple[Client, dict[str, Json]]:
    """Return what a request makes of a client, and what of it is given back.

    What the request does not name is set to its default.

    Args:
        request: CreateUserPoolClient or UpdateUserPoolClient.
        before: The client as it is, or a new one.
        settings: Those of its pool.
        doing: ``creating`` or ``updating``, as refusals say it.

    Raises:
        ServiceError: It cannot be had.
    """
    named = request.list_of_texts("ExplicitAuthFlows")
    rotation = request.nested("RefreshTokenRotation")
    rotates = rotation is not None and rotation.text("Feature") == "ENABLED"
    grace = (rotation.optional_number("RetryGracePeriodSeconds") if rotation is not None else None) or 0
    if rotates and ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH.value in named:
        raise refusal(Cause.ROTATION_WITH_REFRESH_FLOW)
    access = _read_validity(request, "AccessToken", "hours", _HOUR, _ACCESS_RANGE)
    identity = _read_validity(request, "IdToken", "hours", _HOUR, _ACCESS_RANGE)
    refresh = _read_validity(request, "RefreshToken", "days", _DEFAULT_REFRESH, _REFRESH_RANGE)
    if max(access, identity) > refresh:
        raise refusal(Cause.TOKEN_OUTLIVES_REFRESH_TOKEN)
    redirect = request.optional_text("DefaultRedirectURI")
    if redirect is not None and redirect not in request.list_of_texts("CallbackURLs"):
        raise refusal(Cause.DEFAULT_REDIRECT_NOT_REGISTERED)
    readable, writable = _read_permissions(request, settings, doing)
    name, minutes = request.optional_text("ClientName"), request.optional_number("AuthSessionValidity")
    revocable = request.optional_flag("EnableTokenRevocation")
    client = attrs.evolve(
        before,
        name=name if name is not None else before.name,
        explicit_auth_flows=_read_flows(named),
        only_custom_auth=_ONLY_CUSTOM in named,
        auth_session_validity=timedelta(minutes=minutes if minutes is not None else 3),
        access_token_validity=access,
        id_token_validity=identity,
        refresh_token_validity=refresh,
        prevent_user_existence_errors=ExistenceErrors(request.optional_text("PreventUserExistenceErrors") or "LEGACY"),
        enable_token_revocation=revocable is not False,
        rotation_grace=timedelta(seconds=grace) if rotates else None,
        read_attributes=readable,
        write_attributes=writable,
    )
    return client, request.only(_ECHOED)


def client_members(client: Client, description: ClientDescription, user_pool_id: str) -> dict[str, Json]:
    """Return a client as UserPoolClientType."""
    echoed = {**_DEFAULTS, **(_told(client) if description.echoed is None else description.echoed)}
    units = echoed["TokenValidityUnits"]
    unit = units.get("RefreshToken") if isinstance(units, Mapping) else None
    members: dict[str, Json] = {
        "UserPoolId": user_pool_id,
        "ClientName": client.name,
        "ClientId": client.client_id,
        "CreationDate": description.created.timestamp(),
        "LastModifiedDate": description.modified.timestamp(),
        "RefreshTokenValidity": client.refresh_token_validity // _UNITS[unit if isinstance(unit, str) else "days"],
        "PreventUserExistenceErrors": client.prevent_user_existence_errors.value,
        "EnableTokenRevocation": client.enable_token_revocation,
        "AuthSessionValidity": client.auth_session_validity // timedelta(minutes=1),
        **echoed,
    }
    if client.client_secret is not None:
        members["ClientSecret"] = client.client_secret.reveal()
    if client.read_attributes is not None:
        members["ReadAttributes"] = sorted(client.read_attributes)
    if client.write_attributes is not None:
        members["WriteAttributes"] = sorted(client.write_attributes)
    return members


def _told(client: Client) -> dict[str, Json]:
    """Return what a request would have said to make this client, of what is given back as it was given."""
    told: dict[str, Json] = {
        "ExplicitAuthFlows": [flow.value for flow in ExplicitAuthFlow if flow in client.explicit_auth_flows]
    }
    units: dict[str, Json] = {}
    for token, validity, default in (
        ("AccessToken", client.access_token_validity, _HOUR),
        ("IdToken", client.id_token_validity, _HOUR),
        ("RefreshToken", client.refresh_token_validity, _DEFAULT_REFRESH),
    ):
        if validity != default:
            unit = next(
                name for name, length in _UNITS.items() if validity % length == timedelta() or name == "seconds"
            )
            told[f"{token}Validity"], units[token] = validity // _UNITS[unit], unit
    if client.rotation_grace is not None:
        seconds = client.rotation_grace // timedelta(seconds=1)
        told["RefreshTokenRotation"] = {"Feature": "ENABLED", "RetryGracePeriodSeconds": seconds}
    return {**told, "TokenValidityUnits": units}


def _read_flows(named: tuple[str, ...]) -> frozenset[ExplicitAuthFlow]:
    old = [name for name in named if not name.startswith(_PREFIX)]
    if not old:
        return frozenset(ExplicitAuthFlow(name) for name in named)
    if len(old) < len(named):
        raise refusal(Cause.OLD_AND_NEW_AUTH_FLOWS)
    meant = [_OLD_FLOWS[name] for name in old if _ONLY_CUSTOM not in old or name == _ONLY_CUSTOM]
    return frozenset({ExplicitAuthFlow.ALLOW_REFRESH_TOKEN_AUTH}.union(*meant))


def _read_validity(
    request: Members, token: str, unit: str, default: timedelta, bounds: tuple[timedelta, timedelta]
) -> timedelta:
    """Return how long tokens of a kind are valid. 0 is read as nothing said. Source: service model."""
    number = request.optional_number(f"{token}Validity")
    if not number:
        return default
    units = request.nested("TokenValidityUnits") or Members({})
    length = _UNITS[units.optional_text(token) or unit]
    shortest, longest = bounds
    if not shortest <= number * length <= longest:
        raise refusal(Cause.TOKEN_VALIDITY_OUT_OF_RANGE)
    return number * length


def _read_permissions(
    request: Members, settings: Settings, doing: str
) -> tuple[frozenset[str] | None, frozenset[str] | None]:
    """Return which attributes a client may read and write: any, where none is named.

    Whoever signs people up must be able to write what is required.
    """
    readable = frozenset(request.list_of_texts("ReadAttributes")) or None
    writable = frozenset(request.list_of_texts("WriteAttributes")) or None
    if readable is not None and not readable <= settings.schema.keys():
        raise refusal(Cause.READ_ATTRIBUTES_INVALID, doing=doing)
    if writable is not None and not (
        frozenset(settings.required_attributes) <= writable <= settings.schema.keys() - _FLAGS - {"sub"}
    ):
        raise refusal(Cause.WRITE_ATTRIBUTES_INVALID, doing=doing)
    return readable, writable
