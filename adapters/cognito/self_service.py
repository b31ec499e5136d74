"""What a user's token authorises, on the wire: attributes, password, the tokens themselves. Pure.

What the user proves who they are with stands in ``factors.py``.

Source: Amazon Cognito user pools API reference, per operation.
"""

from collections.abc import Mapping
from typing import assert_never

from authsteps.engine.messages import Event
from authsteps.flows import effects, events
from authsteps.flows.model import MfaPreference

from . import wire
from .config import CognitoConfig
from .request import Request, pairs
from .sign_up import code_sent
from .tokens import tokens_of
from .transport import Json
from .wire import MFA_BY_NAME, read

__all__ = ["SelfServiceEffect", "to_event", "to_request"]

_TokenEffect = effects.GetTokensFromRefreshToken | effects.RevokeToken

_UserEffect = (
    effects.GetUser
    | effects.UpdateUserAttributes
    | effects.GetUserAttributeVerificationCode
    | effects.VerifyUserAttribute
    | effects.DeleteUserAttributes
    | effects.ChangePassword
    | effects.DeleteUser
    | effects.GlobalSignOut
)

SelfServiceEffect = _TokenEffect | _UserEffect
"""The effects that a token of the user's authorises, and that are about the user or the tokens."""


def to_request(effect: SelfServiceEffect, config: CognitoConfig) -> Request:
    """Return the request that performs ``effect``."""
    if isinstance(effect, _TokenEffect):
        return _token_request(effect, config)
    members = Request(AccessToken=effect.access_token.reveal())
    match effect:
        case effects.UpdateUserAttributes():
            members["UserAttributes"] = pairs(effect.attributes)
        case effects.GetUserAttributeVerificationCode():
            members["AttributeName"] = effect.attribute
        case effects.VerifyUserAttribute():
            members["AttributeName"] = effect.attribute
            members["Code"] = effect.code.reveal()
        case effects.DeleteUserAttributes():
            members["UserAttributeNames"] = list(effect.names)
        case effects.ChangePassword():
            members["ProposedPassword"] = effect.proposed.reveal()
            if effect.previous is not None:
                members["PreviousPassword"] = effect.previous.reveal()
        case effects.GetUser() | effects.DeleteUser() | effects.GlobalSignOut():
            pass
        case _:
            assert_never(effect)
    return members


def _token_request(effect: _TokenEffect, config: CognitoConfig) -> Request:
    """Return a request that takes the client's secret itself, not a hash."""
    members = Request(ClientId=config.client_id)
    if config.client_secret is not None:
        members["ClientSecret"] = config.client_secret.reveal()
    match effect:
        case effects.GetTokensFromRefreshToken(tokens=tokens):
            members["RefreshToken"] = tokens.refresh.reveal()
            if tokens.device_key is not None:
                members["DeviceKey"] = tokens.device_key
        case effects.RevokeToken(refresh_token=token):
            members["Token"] = token.reveal()
        case _:
            assert_never(effect)
    return members


def to_event(effect: SelfServiceEffect, reply: Mapping[str, Json]) -> Event:
    """Return the event that a reply to ``effect`` becomes.

    Raises:
        BackendContractError: The reply does not have the documented shape.
    """
    match effect:
        case effects.GetTokensFromRefreshToken(tokens=old):
            return events.TokensRefreshed(tokens_of(read(reply, wire.AuthReply).AuthenticationResult, old))
        case effects.RevokeToken():
            return events.TokenRevoked()
        case effects.GetUser():
            return _user(read(reply, wire.UserReply))
        case effects.UpdateUserAttributes():
            deliveries = read(reply, wire.Deliveries).CodeDeliveryDetailsList
            return events.AttributesUpdated(tuple(details.told for details in deliveries))
        case effects.GetUserAttributeVerificationCode():
            return code_sent(reply)
        case effects.VerifyUserAttribute():
            return events.AttributeVerified()
        case effects.DeleteUserAttributes():
            return events.AttributesDeleted()
        case effects.ChangePassword():
            return events.PasswordChanged()
        case effects.DeleteUser():
            return events.UserDeleted()
        case effects.GlobalSignOut():
            return events.SignedOutEverywhere()
        case _:
            assert_never(effect)


def _user(reply: wire.UserReply) -> events.UserFetched:
    enabled = frozenset(MFA_BY_NAME[name] for name in reply.UserMFASettingList if name in MFA_BY_NAME)
    return events.UserFetched(
        username=reply.Username,
        attributes={attribute.Name: attribute.Value for attribute in reply.UserAttributes},
        mfa=MfaPreference(enabled, MFA_BY_NAME.get(reply.PreferredMfaSetting)),
    )
