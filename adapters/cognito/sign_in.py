"""A sign-in on the wire: how it begins, how each challenge is answered, and what each reply means. Pure.

Source: Amazon Cognito user pools API reference, InitiateAuth (AuthParameters) and RespondToAuthChallenge
(ChallengeName, ChallengeResponses); AWS Amplify Auth for what the clients send where the reference leaves it open.
"""

from collections.abc import Mapping
from typing import assert_never

import attrs
import msgspec

from authsteps.engine.messages import Event, Secret
from authsteps.flows import effects, events
from authsteps.flows.errors import BackendContractError
from authsteps.flows.model import AuthFlow, ChallengeName, CodeDelivery, FactorType, MfaType, NewDevice

from . import wire
from .config import CognitoConfig
from .request import Request
from .tokens import tokens_of
from .transport import Json, ServiceError
from .wire import MFA_BY_NAME, carried, code_delivery, read, read_json

__all__ = ["SignInEffect", "to_event", "to_request"]

SignInEffect = effects.InitiateAuth | effects.RespondToAuthChallenge | effects.RespondWithDevice
"""The effects that begin a sign-in or answer a challenge."""

_CUSTOM = {AuthFlow.CUSTOM_AUTH_WITH_SRP, AuthFlow.CUSTOM_AUTH_WITHOUT_SRP}
"""These two are one on the wire."""


def to_request(effect: SignInEffect, config: CognitoConfig) -> Request:
    """Return the request that performs ``effect``."""
    if isinstance(effect, effects.InitiateAuth):
        members: Request = Request(
            AuthFlow="CUSTOM_AUTH" if effect.flow in _CUSTOM else effect.flow.value,
            ClientId=config.client_id,
            AuthParameters=Request(_auth_parameters(effect) | config.hashed("SECRET_HASH", effect.username)),
        )
    else:
        name, responses = _challenge_response(effect.response)
        named = {"USERNAME": effect.username, **config.hashed("SECRET_HASH", effect.username)}
        if effect.device_key is not None:
            named["DEVICE_KEY"] = effect.device_key
        members = Request(ClientId=config.client_id, ChallengeName=name, ChallengeResponses=Request(named | responses))
    if effect.session is not None:
        members["Session"] = effect.session.reveal()
    return members


def _auth_parameters(effect: effects.InitiateAuth) -> dict[str, Json]:
    parameters: dict[str, Json] = {"USERNAME": effect.username}
    if effect.flow is AuthFlow.CUSTOM_AUTH_WITH_SRP:
        parameters["CHALLENGE_NAME"] = "SRP_A"
    if effect.preferred is not None:
        parameters["PREFERRED_CHALLENGE"] = effect.preferred.value
    if effect.password is not None:
        parameters["PASSWORD"] = effect.password.reveal()
    if effect.srp_a is not None:
        parameters["SRP_A"] = effect.srp_a.reveal()
    if effect.device_key is not None:
        parameters["DEVICE_KEY"] = effect.device_key
    return parameters


def _challenge_response(response: effects.ChallengeResponse) -> tuple[str, dict[str, str]]:
    """Return the challenge's name and the responses beside USERNAME, SECRET_HASH and DEVICE_KEY."""
    match response:
        case effects.PasswordClaim():
            return ChallengeName.PASSWORD_VERIFIER.value, _claim(response)
        case effects.DeviceSrpStart():
            return ChallengeName.DEVICE_SRP_AUTH.value, {"SRP_A": response.srp_a.reveal()}
        case effects.DeviceClaim():
            return ChallengeName.DEVICE_PASSWORD_VERIFIER.value, _claim(response)
        case effects.NewPasswordResponse():
            attributes = {f"userAttributes.{name}": value for name, value in response.attributes.items()}
            return ChallengeName.NEW_PASSWORD_REQUIRED.value, {"NEW_PASSWORD": response.password.reveal(), **attributes}
        case effects.SmsCode():
            return ChallengeName.SMS_MFA.value, {"SMS_MFA_CODE": response.code.reveal()}
        case effects.OtpCode():
            return response.factor.value, {f"{response.factor.value}_CODE": response.code.reveal()}
        case effects.TotpCode():
            return ChallengeName.SOFTWARE_TOKEN_MFA.value, {"SOFTWARE_TOKEN_MFA_CODE": response.code.reveal()}
        case effects.MfaChoice():
            return ChallengeName.SELECT_MFA_TYPE.value, {"ANSWER": response.mfa.value}
        case effects.TotpSetupResponse():
            return ChallengeName.MFA_SETUP.value, {}
        case effects.EmailSetupResponse():
            return ChallengeName.MFA_SETUP.value, {"EMAIL": response.address.reveal()}
        case effects.CustomAnswer():
            return ChallengeName.CUSTOM_CHALLENGE.value, {"ANSWER": response.answer.reveal()}
        case effects.FactorChoice():
            # Source: AWS Amplify Auth (all clients): with a password, too, SELECT_CHALLENGE is what is answered.
            return ChallengeName.SELECT_CHALLENGE.value, _factor_choice(response)
        case effects.CredentialResponse():
            return ChallengeName.WEB_AUTHN.value, {"CREDENTIAL": response.credential.reveal()}
        case effects.KeyValues():
            return response.challenge, msgspec.json.decode(response.answers.reveal(), type=dict[str, str])
        case _:
            assert_never(response)


def _claim(claim: effects.PasswordClaim | effects.DeviceClaim) -> dict[str, str]:
    return {
        "PASSWORD_CLAIM_SECRET_BLOCK": claim.secret_block.reveal(),
        "PASSWORD_CLAIM_SIGNATURE": claim.signature.reveal(),
        "TIMESTAMP": claim.timestamp,
    }


def _factor_choice(choice: effects.FactorChoice) -> dict[str, str]:
    responses = {"ANSWER": choice.factor.value}
    if choice.password is not None:
        responses["PASSWORD"] = choice.password.reveal()
    if choice.srp_a is not None:
        responses["SRP_A"] = choice.srp_a.reveal()
    return responses


# Replies


def to_event(members: Mapping[str, Json]) -> Event:
    """Return the event that a reply becomes.

    Raises:
        BackendContractError: The reply does not have the documented shape.
    """
    reply = read(members, wire.AuthReply)
    event = _challenge(reply) if reply.AuthenticationResult is None else _authenticated(reply.AuthenticationResult)
    username = reply.ChallengeParameters.get("USERNAME") or None
    return attrs.evolve(event, session=carried(reply.Session), username=username)


def to_refusal(effect: SignInEffect, error: ServiceError) -> Event:
    """Return the event that a refusal becomes; two lead elsewhere, and one that is the device's goes without it."""
    if error.code == "PasswordResetRequiredException":
        return events.PasswordResetDemanded(error.message)
    if error.code == "UserNotConfirmedException":
        return events.ConfirmationDemanded(error.message)
    if error.code == "ResourceNotFoundException" and _is_the_devices(effect, error):
        return events.DeviceNotFound()
    return events.Refused(error.code, error.message)


def _is_the_devices(effect: SignInEffect, error: ServiceError) -> bool:
    """Tell whether it is the device that was not found.

    Source: AWS Amplify Auth: the Android client takes it so at any challenge; the JavaScript client, which begins with
    the device's key too, only where the message speaks of a device.
    """
    if effect.device_key is None:
        return False
    if isinstance(effect, effects.InitiateAuth):
        return "device" in error.message.lower()
    return isinstance(effect, effects.RespondWithDevice)


def _authenticated(result: wire.Result) -> events.Authenticated:
    device = result.NewDeviceMetadata
    if device is None or not device.DeviceKey or not device.DeviceGroupKey:
        return events.Authenticated(tokens_of(result))
    return events.Authenticated(tokens_of(result), NewDevice(device.DeviceKey, device.DeviceGroupKey))


def _challenge(reply: wire.AuthReply) -> events.Replied:
    """Return the event of a challenge, without backend session and username."""
    parameters = reply.ChallengeParameters
    if not reply.ChallengeName:
        raise BackendContractError("a reply has neither tokens nor a challenge")
    challenge = _CHALLENGES.get(reply.ChallengeName)
    match challenge:
        case ChallengeName.PASSWORD_VERIFIER:
            return events.PasswordVerifierChallenged(
                parameters.get("USER_ID_FOR_SRP", ""), *_srp_parameters(parameters)
            )
        case ChallengeName.DEVICE_SRP_AUTH:
            return events.DeviceChallenged()
        case ChallengeName.DEVICE_PASSWORD_VERIFIER:
            return events.DeviceVerifierChallenged(*_srp_parameters(parameters))
        case ChallengeName.NEW_PASSWORD_REQUIRED:
            return _new_password(parameters)
        case ChallengeName.SMS_MFA:
            return events.SmsCodeChallenged(_delivery(parameters))
        case ChallengeName.EMAIL_OTP | ChallengeName.SMS_OTP:
            return events.OtpCodeChallenged(FactorType(challenge.value), _delivery(parameters))
        case ChallengeName.SOFTWARE_TOKEN_MFA:
            return events.TotpCodeChallenged(parameters.get("FRIENDLY_DEVICE_NAME"))
        case ChallengeName.SELECT_MFA_TYPE if allowed := _second_factors(parameters, "MFAS_CAN_CHOOSE"):
            return events.MfaSelectionChallenged(allowed)
        case ChallengeName.MFA_SETUP:
            return _setup(_second_factors(parameters, "MFAS_CAN_SETUP"))
        case ChallengeName.SELECT_CHALLENGE:
            known = {factor.value: factor for factor in FactorType}
            return events.FirstFactorsOffered(tuple(known[name] for name in reply.AvailableChallenges if name in known))
        case ChallengeName.PASSWORD | ChallengeName.PASSWORD_SRP:
            return events.PasswordChallenged(FactorType(challenge.value))
        case ChallengeName.WEB_AUTHN:
            return events.WebAuthnChallenged(_request_options(parameters))
        case ChallengeName.CUSTOM_CHALLENGE:
            return events.CustomChallenged(dict(parameters))
        case None | ChallengeName.SELECT_MFA_TYPE | ChallengeName.ADMIN_NO_SRP_AUTH:
            # One that is not known here, or a choice among factors that are not, or none that a client is asked.
            return events.UnknownChallenged(reply.ChallengeName, dict(parameters))
        case _:
            assert_never(challenge)


_CHALLENGES = {name.value: name for name in ChallengeName}


def _srp_parameters(parameters: Mapping[str, str]) -> tuple[Secret, Secret, Secret]:
    """Return salt, B and secret block. What is missing is empty, and the arithmetic says so."""
    return (
        Secret(parameters.get("SALT", "")),
        Secret(parameters.get("SRP_B", "")),
        Secret(parameters.get("SECRET_BLOCK", "")),
    )


def _new_password(parameters: Mapping[str, str]) -> events.NewPasswordChallenged:
    required = read_json(parameters.get("requiredAttributes") or "[]", list[str], "requiredAttributes")
    known = read_json(parameters.get("userAttributes") or "{}", dict[str, str], "userAttributes")
    return events.NewPasswordChallenged(tuple(name.removeprefix("userAttributes.") for name in required), known)


def _delivery(parameters: Mapping[str, str]) -> CodeDelivery | None:
    destination = parameters.get("CODE_DELIVERY_DESTINATION")
    if destination is None:
        return None
    return code_delivery(destination, parameters.get("CODE_DELIVERY_DELIVERY_MEDIUM", ""))


def _second_factors(parameters: Mapping[str, str], parameter: str) -> tuple[MfaType, ...]:
    """Return the second factors that a parameter lists, each once; names that are not known here are passed over."""
    names = read_json(parameters.get(parameter) or "[]", list[str], parameter)
    return tuple(dict.fromkeys(MFA_BY_NAME[name] for name in names if name in MFA_BY_NAME))


def _setup(offered: tuple[MfaType, ...]) -> events.Replied:
    """Return what MFA_SETUP wants.

    Source: AWS Amplify Auth, MFA_SETUP: a phone number cannot be set up while signing in, so SMS does not count.
    """
    match tuple(factor for factor in offered if factor is not MfaType.SMS):
        case ():
            return events.NoMfaToSetUp()
        case (MfaType.TOTP,):
            return events.TotpSetupChallenged()
        case (MfaType.EMAIL,):
            return events.EmailSetupChallenged()
        case allowed:
            return events.MfaSetupChallenged(allowed)


def _request_options(parameters: Mapping[str, str]) -> str | None:
    options = parameters.get("CREDENTIAL_REQUEST_OPTIONS") or None
    if options is not None:
        read_json(options, dict[str, object], "CREDENTIAL_REQUEST_OPTIONS")
    return options
