"""Cognito's wire protocol, pure: an effect becomes an operation and a request; a reply or an error becomes an event.

It reads no clock and sends nothing. Requests hold passwords and codes, so they come as ``Request``, which masks its
values wherever it is shown. Each room knows its own effects: ``sign_in``, ``sign_up``, ``self_service``, ``factors``.

Source: Amazon Cognito user pools API reference, per operation; the service model of cognito-idp; AWS Amplify Auth for
what the clients send where the reference leaves it open.
"""

from collections.abc import Mapping
from datetime import timedelta

from authsteps.engine.messages import Effect, Event
from authsteps.flows import effects, events
from authsteps.flows.errors import BackendUnavailableError

from . import factors, self_service, sign_in, sign_up
from .config import CognitoConfig
from .factors import FactorEffect
from .request import Request
from .retries import is_throttling
from .self_service import SelfServiceEffect
from .sign_in import SignInEffect
from .sign_up import SignUpEffect
from .transport import Json, ServiceError

__all__ = ["BackendEffect", "CognitoConfig", "Request", "to_event", "to_refusal", "to_request"]

BackendEffect = SignInEffect | SignUpEffect | SelfServiceEffect | FactorEffect
"""Every effect that becomes one operation of a user pool."""

_THROTTLE_PAUSE = timedelta(seconds=1)
"""What is told if nobody below knows better."""

_OPERATIONS: Mapping[type[Effect], str] = {
    effects.RespondWithDevice: "RespondToAuthChallenge",
    effects.SetUserMfaPreference: "SetUserMFAPreference",
}
"""Where an effect is not named after its operation."""


def to_request(effect: BackendEffect, config: CognitoConfig) -> tuple[str, Request]:
    """Return the operation that performs ``effect``, and its request.

    Raises:
        InvalidInputError: A passkey's credential is no JSON object.
    """
    request = _request(effect, config)
    metadata: Mapping[str, str] = getattr(effect, "client_metadata", {})
    if metadata:
        request["ClientMetadata"] = Request(metadata)
    return _OPERATIONS.get(type(effect), type(effect).__name__), request


def to_event(effect: BackendEffect, reply: Mapping[str, Json]) -> Event:
    """Return the event that a reply to ``effect`` becomes.

    Raises:
        BackendContractError: The reply does not have the documented shape.
    """
    if isinstance(effect, SignInEffect):
        return sign_in.to_event(reply)
    if isinstance(effect, SignUpEffect):
        return sign_up.to_event(effect, reply)
    if isinstance(effect, SelfServiceEffect):
        return self_service.to_event(effect, reply)
    return factors.to_event(effect, reply)


def to_refusal(effect: Effect, error: ServiceError) -> Event:
    """Return the event that an error of the service becomes.

    Raises:
        BackendUnavailableError: It is a fault of the service or throttling, and no refusal.
    """
    if is_throttling(error):
        # Refused at the door, so nothing was done with it.
        pause = error.retry_after if error.retry_after is not None else _THROTTLE_PAUSE
        raise BackendUnavailableError("the service throttles requests", sent=False, retry_after=pause)
    if error.status >= 500:  # noqa: PLR2004  # HTTP: 5xx is the server's fault
        reason = f"the service failed with status {error.status}"
        raise BackendUnavailableError(reason, sent=True, retry_after=error.retry_after)
    if isinstance(effect, SignInEffect):
        return sign_in.to_refusal(effect, error)
    return events.Refused(error.code, error.message)


def _request(effect: BackendEffect, config: CognitoConfig) -> Request:
    if isinstance(effect, SelfServiceEffect):
        return self_service.to_request(effect, config)
    if isinstance(effect, FactorEffect):
        return factors.to_request(effect)
    request = (
        sign_in.to_request(effect, config) if isinstance(effect, SignInEffect) else sign_up.to_request(effect, config)
    )
    if config.analytics_endpoint_id is not None:
        request["AnalyticsMetadata"] = Request(AnalyticsEndpointId=config.analytics_endpoint_id)
    fingerprint = config.user_context_data(effect.username) if config.user_context_data is not None else None
    if fingerprint is not None:
        request["UserContextData"] = Request(EncodedData=fingerprint)
    return request
