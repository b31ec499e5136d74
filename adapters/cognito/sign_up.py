"""Sign-up and a forgotten password on the wire: what needs a username, and neither a token nor a sign-in. Pure.

Source: Amazon Cognito user pools API reference, per operation.
"""

from collections.abc import Mapping
from typing import assert_never

from authsteps.engine.messages import Event
from authsteps.flows import effects, events

from . import wire
from .config import CognitoConfig
from .request import Request, pairs
from .transport import Json
from .wire import carried, read

__all__ = ["SignUpEffect", "code_sent", "to_event", "to_request"]

SignUpEffect = (
    effects.SignUp
    | effects.ConfirmSignUp
    | effects.ResendConfirmationCode
    | effects.ForgotPassword
    | effects.ConfirmForgotPassword
)
"""The effects that make an account usable, or usable again."""


def to_request(effect: SignUpEffect, config: CognitoConfig) -> Request:
    """Return the request that performs ``effect``."""
    members = Request(
        ClientId=config.client_id, Username=effect.username, **config.hashed("SecretHash", effect.username)
    )
    match effect:
        case effects.SignUp():
            members["UserAttributes"] = pairs(effect.attributes)
            if effect.password is not None:
                members["Password"] = effect.password.reveal()
            if effect.validation_data:
                members["ValidationData"] = pairs(effect.validation_data)
        case effects.ConfirmSignUp():
            members["ConfirmationCode"] = effect.code.reveal()
            if effect.session is not None:
                members["Session"] = effect.session.reveal()
            if effect.force_alias_creation:
                members["ForceAliasCreation"] = True
        case effects.ConfirmForgotPassword():
            members["ConfirmationCode"] = effect.code.reveal()
            members["Password"] = effect.password.reveal()
        case effects.ResendConfirmationCode() | effects.ForgotPassword():
            pass
        case _:
            assert_never(effect)
    return members


def to_event(effect: SignUpEffect, reply: Mapping[str, Json]) -> Event:
    """Return the event that a reply to ``effect`` becomes.

    Raises:
        BackendContractError: The reply does not have the documented shape.
    """
    match effect:
        case effects.SignUp():
            signed_up = read(reply, wire.SignUpReply)
            details = signed_up.CodeDeliveryDetails
            return events.SignedUp(
                user_id=signed_up.UserSub,
                confirmed=signed_up.UserConfirmed,
                delivery=details.told if details is not None else None,
                session=carried(signed_up.Session),
            )
        case effects.ConfirmSignUp():
            return events.SignUpConfirmed(carried(read(reply, wire.SessionReply).Session))
        case effects.ResendConfirmationCode() | effects.ForgotPassword():
            return code_sent(reply)
        case effects.ConfirmForgotPassword():
            return events.PasswordWasReset()
        case _:
            assert_never(effect)


def code_sent(reply: Mapping[str, Json]) -> events.CodeSent | events.Refused:
    """Return where a code went.

    Raises:
        BackendContractError: The reply does not have the documented shape.

    Source: AWS Amplify Auth (Flutter): a reply without details means that nothing was delivered.
    """
    details = read(reply, wire.DeliveryReply).CodeDeliveryDetails
    if details is None:
        return events.Refused("CodeDeliveryFailureException", "The code could not be delivered")
    return events.CodeSent(details.told)
