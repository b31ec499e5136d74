"""Cognito's wire protocol, pure: an effect becomes an operation and a request; a reply or an error becomes an event.

It reads no clock and sends nothing. Requests hold passwords and codes, so they come as ``Request``, which masks its
values wherever it is shown.

Source: Amazon Cognito user pools API reference, per operation; the service model of cognito-idp; AWS Amplify Auth for
what the clients send where the reference leaves it open.
"""

import base64
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar, assert_never

import attrs
import msgspec

from authsteps.engine.messages import Carried, Effect, Event, Secret
from authsteps.flows import effects, events
from authsteps.flows.errors import BackendContractError, BackendUnavailableError, InvalidInputError
from authsteps.flows.model import (
    AuthUser,
    ChallengeName,
    CodeDelivery,
    DeliveryMedium,
    MfaPreference,
    MfaSetting,
    MfaType,
    Tokens,
)
from authsteps.flows.srp import secret_hash

from . import wire
from .transport import Json, ServiceError

__all__ = ["BackendEffect", "CognitoConfig", "Request", "to_event", "to_refusal", "to_request"]

T = TypeVar("T")

BackendEffect = (
    effects.InitiateAuth
    | effects.RespondToAuthChallenge
    | effects.SignUp
    | effects.ConfirmSignUp
    | effects.ResendConfirmationCode
    | effects.ForgotPassword
    | effects.ConfirmForgotPassword
    | effects.GetTokensFromRefreshToken
    | effects.GetUser
    | effects.AssociateSoftwareToken
    | effects.VerifySoftwareToken
    | effects.SetUserMfaPreference
    | effects.GlobalSignOut
    | effects.RevokeToken
)
"""Every effect that becomes one operation of Cognito's."""

_THROTTLED = frozenset(
    {"TooManyRequestsException", "ThrottlingException", "Throttling", "RequestLimitExceeded", "SlowDown"}
)
"""Source: the error codes that the AWS SDKs treat as throttling."""
_THROTTLE_PAUSE = timedelta(seconds=1)


def _pool_id_is_sound(_config: object, _field: object, value: str) -> None:
    region, separator, name = value.partition("_")
    if not (region and separator and name):
        raise InvalidInputError("user_pool_id", "is none", "give it as the console shows it: eu-west-1_AbCdEf123")


def _masked(value: str | Secret | None) -> Secret | None:
    return Secret(value) if isinstance(value, str) else value


@attrs.frozen
class CognitoConfig:
    """Which pool, and which of its app clients.

    Attributes:
        user_pool_id: Such as ``eu-west-1_AbCdEf123``.
        client_id: The app client's id.
        client_secret: Its secret, if it has one. A text is masked at once.

    Raises:
        InvalidInputError: The pool's id is none.
    """

    user_pool_id: str = attrs.field(validator=_pool_id_is_sound)
    client_id: str
    client_secret: Secret | None = attrs.field(default=None, converter=_masked)

    @property
    def region(self) -> str:
        """The part of the pool's id before the first underscore."""
        return self.user_pool_id.partition("_")[0]

    @property
    def pool_name(self) -> str:
        """The part of the pool's id after the first underscore. SRP proofs are made for it."""
        return self.user_pool_id.partition("_")[2]


class Request(dict[str, Json]):
    """A request in wire form, or a part of one. It shows the names of its members and none of their values."""

    def __repr__(self) -> str:
        return f"Request({', '.join(self)})"

    def __rich_repr__(self) -> Iterator[str]:
        # Without it rich would look past the repr and show a dict, and structlog has rich show a traceback's variables.
        yield from self


def to_request(effect: BackendEffect, config: CognitoConfig) -> tuple[str, Request]:
    """Return the operation that performs ``effect``, and its request."""
    request = Request(_members(effect, config))
    metadata: Mapping[str, str] = getattr(effect, "client_metadata", {})
    if metadata:
        request["ClientMetadata"] = dict(metadata)
    return _operation(effect), request


def to_event(effect: BackendEffect, reply: Mapping[str, Json]) -> Event:
    """Return the event that a reply to ``effect`` becomes.

    Raises:
        BackendContractError: The reply does not have the documented shape.
    """
    match effect:
        case effects.InitiateAuth() | effects.RespondToAuthChallenge():
            return _challenge_or_tokens(_read(reply, wire.AuthReply))
        case effects.SignUp():
            signed_up = _read(reply, wire.SignUpReply)
            return events.SignedUp(
                user_id=signed_up.UserSub,
                confirmed=signed_up.UserConfirmed,
                delivery=_delivery(signed_up.CodeDeliveryDetails),
                session=_session(signed_up.Session),
            )
        case effects.ConfirmSignUp():
            return events.SignUpConfirmed(_session(_read(reply, wire.SessionReply).Session))
        case effects.ResendConfirmationCode() | effects.ForgotPassword():
            delivery = _delivery(_read(reply, wire.DeliveryReply).CodeDeliveryDetails)
            if delivery is None:
                # Source: AWS Amplify Auth (Flutter): a reply without details means that nothing was delivered
                return events.Refused("CodeDeliveryFailureException", "The code could not be delivered")
            return events.CodeSent(delivery)
        case effects.ConfirmForgotPassword():
            return events.PasswordWasReset()
        case effects.GetTokensFromRefreshToken(tokens=old):
            result = _read(reply, wire.AuthReply).AuthenticationResult
            return events.TokensRefreshed(_tokens(result, old))
        case effects.GetUser():
            return _user(_read(reply, wire.UserReply))
        case effects.AssociateSoftwareToken():
            return events.SoftwareTokenAssociated(Secret(_read(reply, wire.SecretCodeReply).SecretCode))
        case effects.VerifySoftwareToken():
            if _read(reply, wire.StatusReply).Status != "SUCCESS":
                return events.Refused("EnableSoftwareTokenMFAException", "The code was not verified")
            return events.SoftwareTokenVerified()
        case effects.SetUserMfaPreference():
            return events.MfaPreferenceSet()
        case effects.GlobalSignOut():
            return events.SignedOutEverywhere()
        case effects.RevokeToken():
            return events.TokenRevoked()
        case _:
            assert_never(effect)


def to_refusal(effect: BackendEffect, error: ServiceError) -> Event:
    """Return the event that an error of the service becomes.

    Raises:
        BackendUnavailableError: It is a fault of the service or throttling, and no refusal.
    """
    if error.code in _THROTTLED:
        # Refused at the door, so nothing was done with it.
        raise BackendUnavailableError("the service throttles requests", sent=False, retry_after=_THROTTLE_PAUSE)
    if error.status >= 500:  # noqa: PLR2004  # HTTP: 5xx is the server's fault
        raise BackendUnavailableError(f"the service failed with status {error.status}", sent=True)
    if isinstance(effect, effects.InitiateAuth | effects.RespondToAuthChallenge):
        if error.code == "PasswordResetRequiredException":
            return events.PasswordResetDemanded(error.message)
        if error.code == "UserNotConfirmedException":
            return events.ConfirmationDemanded(error.message)
    return events.Refused(error.code, error.message)


def _operation(effect: Effect) -> str:
    """Effects are named after the operations, in our spelling of acronyms."""
    name = type(effect).__name__
    return "SetUserMFAPreference" if name == "SetUserMfaPreference" else name


def _members(effect: BackendEffect, config: CognitoConfig) -> Mapping[str, Json]:
    match effect:
        case effects.InitiateAuth():
            parameters = {"USERNAME": effect.username, **_secret_hash(effect.username, config, "SECRET_HASH")}
            if effect.password is not None:
                parameters["PASSWORD"] = effect.password.reveal()
            if effect.srp_a is not None:
                parameters["SRP_A"] = effect.srp_a.reveal()
            return {"AuthFlow": effect.flow.value, "ClientId": config.client_id, "AuthParameters": Request(parameters)}
        case effects.RespondToAuthChallenge():
            name, responses = _challenge_response(effect.response)
            responses = {
                "USERNAME": effect.username,
                **_secret_hash(effect.username, config, "SECRET_HASH"),
                **responses,
            }
            session: Mapping[str, Json] = {"Session": effect.session.reveal()} if effect.session is not None else {}
            return {
                "ClientId": config.client_id,
                "ChallengeName": name,
                "ChallengeResponses": Request(responses),
                **session,
            }
        case effects.SignUp():
            attributes = [{"Name": name, "Value": value} for name, value in effect.attributes.items()]
            return {
                **_named(effect.username, config),
                "Password": effect.password.reveal(),
                "UserAttributes": attributes,
            }
        case effects.ConfirmSignUp():
            members = {**_named(effect.username, config), "ConfirmationCode": effect.code.reveal()}
            return members if effect.session is None else {**members, "Session": effect.session.reveal()}
        case effects.ResendConfirmationCode() | effects.ForgotPassword():
            return _named(effect.username, config)
        case effects.ConfirmForgotPassword():
            return {
                **_named(effect.username, config),
                "ConfirmationCode": effect.code.reveal(),
                "Password": effect.password.reveal(),
            }
        case _:
            return _token_members(effect, config)


def _token_members(
    effect: effects.GetTokensFromRefreshToken
    | effects.GetUser
    | effects.AssociateSoftwareToken
    | effects.VerifySoftwareToken
    | effects.SetUserMfaPreference
    | effects.GlobalSignOut
    | effects.RevokeToken,
    config: CognitoConfig,
) -> Mapping[str, Json]:
    """The requests that a token authorises."""
    # These two take the client's secret itself, not a hash.
    secret: Mapping[str, Json] = (
        {"ClientSecret": config.client_secret.reveal()} if config.client_secret is not None else {}
    )
    match effect:
        case effects.GetTokensFromRefreshToken(tokens=tokens):
            return {"RefreshToken": tokens.refresh.reveal(), "ClientId": config.client_id, **secret}
        case effects.RevokeToken(refresh_token=token):
            return {"Token": token.reveal(), "ClientId": config.client_id, **secret}
        case effects.VerifySoftwareToken():
            members = {"AccessToken": effect.access_token.reveal(), "UserCode": effect.code.reveal()}
            name = effect.friendly_device_name
            return members if name is None else {**members, "FriendlyDeviceName": name}
        case effects.SetUserMfaPreference():
            settings = {_MFA_MEMBERS[factor]: _mfa_setting(value) for factor, value in effect.settings.items()}
            return {"AccessToken": effect.access_token.reveal(), **settings}
        case effects.GetUser() | effects.AssociateSoftwareToken() | effects.GlobalSignOut():
            return {"AccessToken": effect.access_token.reveal()}
        case _:
            assert_never(effect)


_MFA_MEMBERS = {
    MfaType.SMS: "SMSMfaSettings",
    MfaType.TOTP: "SoftwareTokenMfaSettings",
    MfaType.EMAIL: "EmailMfaSettings",
}


def _mfa_setting(setting: MfaSetting) -> Mapping[str, Json]:
    match setting:
        case MfaSetting.DISABLED:
            return {"Enabled": False}
        case MfaSetting.ENABLED:
            return {"Enabled": True}
        case MfaSetting.PREFERRED:
            return {"Enabled": True, "PreferredMfa": True}
        case MfaSetting.NOT_PREFERRED:
            return {"Enabled": True, "PreferredMfa": False}
        case _:
            assert_never(setting)


def _challenge_response(response: effects.ChallengeResponse) -> tuple[str, Mapping[str, str]]:
    """Return the challenge's name and the responses beside USERNAME and SECRET_HASH."""
    match response:
        case effects.PasswordClaim():
            return ChallengeName.PASSWORD_VERIFIER.value, {
                "PASSWORD_CLAIM_SECRET_BLOCK": response.secret_block.reveal(),
                "PASSWORD_CLAIM_SIGNATURE": response.signature.reveal(),
                "TIMESTAMP": response.timestamp,
            }
        case effects.NewPasswordResponse():
            attributes = {f"userAttributes.{name}": value for name, value in response.attributes.items()}
            return ChallengeName.NEW_PASSWORD_REQUIRED.value, {"NEW_PASSWORD": response.password.reveal(), **attributes}
        case effects.SmsCode():
            return ChallengeName.SMS_MFA.value, {"SMS_MFA_CODE": response.code.reveal()}
        case effects.TotpCode():
            return ChallengeName.SOFTWARE_TOKEN_MFA.value, {"SOFTWARE_TOKEN_MFA_CODE": response.code.reveal()}
        case effects.KeyValues():
            return response.challenge, msgspec.json.decode(response.answers.reveal(), type=dict[str, str])
        case _:
            assert_never(response)


def _named(username: str, config: CognitoConfig) -> Mapping[str, Json]:
    return {"ClientId": config.client_id, "Username": username, **_secret_hash(username, config, "SecretHash")}


def _secret_hash(username: str, config: CognitoConfig, member: str) -> dict[str, str]:
    if config.client_secret is None:
        return {}
    return {member: secret_hash(username, config.client_id, config.client_secret).reveal()}


def _read(reply: Mapping[str, Json], shape: type[T]) -> T:
    # The errors below are raised where those that quote the reply are no longer their context.
    try:
        read = msgspec.convert(reply, shape)
        msgspec.json.encode(read)  # refuses a lone surrogate, with which no snapshot could be written
    except msgspec.ValidationError as error:
        # msgspec names types and the place, and quotes no value of these shapes
        problem = str(error)
    except UnicodeEncodeError:
        problem = "it holds a text with a lone surrogate"
    else:
        return read
    raise BackendContractError(f"a reply does not have the documented shape: {problem}")


def _challenge_or_tokens(reply: wire.AuthReply) -> Event:
    parameters = reply.ChallengeParameters
    session, username = _session(reply.Session), parameters.get("USERNAME") or None
    if reply.AuthenticationResult is not None:
        tokens = _tokens(reply.AuthenticationResult, None)
        return events.Authenticated(tokens, session=session, username=username)
    match reply.ChallengeName:
        case None | "":
            raise BackendContractError("a reply has neither tokens nor a challenge")
        case ChallengeName.PASSWORD_VERIFIER.value:
            return events.PasswordVerifierChallenged(
                user_id=parameters.get("USER_ID_FOR_SRP", ""),
                salt=Secret(parameters.get("SALT", "")),
                srp_b=Secret(parameters.get("SRP_B", "")),
                secret_block=Secret(parameters.get("SECRET_BLOCK", "")),
                session=session,
                username=username,
            )
        case ChallengeName.NEW_PASSWORD_REQUIRED.value:
            required = _json(parameters.get("requiredAttributes") or "[]", list[str], "requiredAttributes")
            known = _json(parameters.get("userAttributes") or "{}", dict[str, str], "userAttributes")
            missing = tuple(name.removeprefix("userAttributes.") for name in required)
            return events.NewPasswordChallenged(missing, known, session=session, username=username)
        case ChallengeName.SMS_MFA.value:
            return events.SmsCodeChallenged(_challenge_delivery(parameters), session=session, username=username)
        case ChallengeName.SOFTWARE_TOKEN_MFA.value:
            name = parameters.get("FRIENDLY_DEVICE_NAME")
            return events.TotpCodeChallenged(name, session=session, username=username)
        case challenge:
            return events.UnknownChallenged(challenge, dict(parameters), session=session, username=username)


def _user(reply: wire.UserReply) -> events.UserFetched:
    by_name = {factor.value: factor for factor in MfaType}
    enabled = frozenset(by_name[name] for name in reply.UserMFASettingList if name in by_name)
    return events.UserFetched(
        username=reply.Username,
        attributes={attribute.Name: attribute.Value for attribute in reply.UserAttributes},
        mfa=MfaPreference(enabled, by_name.get(reply.PreferredMfaSetting)),
    )


def _session(session: str | None) -> Carried | None:
    return Carried(session) if session else None


def _delivery(details: wire.Delivery | None) -> CodeDelivery | None:
    if details is None:
        return None
    return CodeDelivery(details.Destination, _medium(details.DeliveryMedium), details.AttributeName)


def _challenge_delivery(parameters: Mapping[str, str]) -> CodeDelivery | None:
    destination = parameters.get("CODE_DELIVERY_DESTINATION")
    if destination is None:
        return None
    return CodeDelivery(destination, _medium(parameters.get("CODE_DELIVERY_DELIVERY_MEDIUM", "")))


def _medium(name: str) -> DeliveryMedium:
    known = {medium.value for medium in DeliveryMedium}
    return DeliveryMedium(name) if name in known else DeliveryMedium.UNKNOWN


def _tokens(result: wire.Result | None, old: Tokens | None) -> Tokens:
    """Read tokens; a refresh may leave the id and the refresh token out, and the old ones then hold."""
    access = result.AccessToken if result is not None else None
    identity = result.IdToken if result is not None else None
    refresh = result.RefreshToken if result is not None else None
    if old is not None:
        identity = identity or old.id.reveal()
        refresh = refresh or old.refresh.reveal()
    if not access or not identity or not refresh:
        raise BackendContractError("a reply lacks the access, the id or the refresh token")
    in_access, in_id = _claims(access, "access"), _claims(identity, "id")
    user_id = in_access.sub or in_id.sub
    username = in_id.cognito_username or in_id.username or in_access.username
    if not user_id or not username:
        raise BackendContractError("the tokens do not say whose they are")
    return Tokens(
        access=Secret(access),
        id=Secret(identity),
        refresh=Secret(refresh),
        access_expires_at=in_access.expires_at,
        id_expires_at=in_id.expires_at,
        user=AuthUser(user_id, username),
    )


def _claims(token: str, use: str) -> wire.Claims:
    """Read what a token says, without judging its signature."""
    # What can quote the token is passed over, so that it is not the context of ours.
    with suppress(IndexError, ValueError, RecursionError):  # msgspec's and binascii's errors are ValueErrors
        payload = token.split(".")[1]
        decoded = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return msgspec.json.decode(decoded, type=wire.Claims)
    raise BackendContractError(f"the {use} token is no JSON web token")


def _json(text: str, shape: type[T], parameter: str) -> T:
    with suppress(ValueError, RecursionError):  # msgspec's errors are ValueErrors, and can quote the parameter
        return msgspec.json.decode(text, type=shape)
    raise BackendContractError(f"the challenge parameter {parameter} is not the JSON that it should be")
