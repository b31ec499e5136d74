"""One sample, or a few, of everything that can happen, and the shortest way to every state of a flow."""

from collections import deque
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

from authsteps.engine.errors import EventNotAllowedError
from authsteps.engine.flow import Flow
from authsteps.engine.messages import Carried, Event, Secret
from authsteps.engine.snapshot import Snapshot
from authsteps.flows import events
from authsteps.flows.model import (
    AuthFlow,
    AwsCredentials,
    CodeDelivery,
    DeliveryMedium,
    Device,
    DeviceSecrets,
    FactorType,
    MfaPreference,
    MfaType,
    NewDevice,
    WebAuthnCredentialInfo,
)
from tests.flows.world import tokens

AnyFlow: TypeAlias = Flow[Any, Any]
AnySnapshot: TypeAlias = Snapshot[Any, Any]

_DELIVERY = CodeDelivery("a***@e***", DeliveryMedium.EMAIL, "email")
_METADATA = {"from": "a test"}

_DEVICE = DeviceSecrets("eu-west-1_device", "-group", Secret("device-password"))
_FACTORS = (FactorType.PASSWORD, FactorType.EMAIL_OTP)
_PASSKEY = WebAuthnCredentialInfo("id", "phone", "example.com", None, ("internal",), None)

SAMPLES: Sequence[Event] = (
    events.SignInRequested("Alice", AuthFlow.USER_SRP_AUTH, Secret("password"), client_metadata=_METADATA),
    events.SignInRequested("Alice", AuthFlow.USER_PASSWORD_AUTH, Secret("password"), client_metadata=_METADATA),
    events.SignInRequested("Alice", AuthFlow.USER_AUTH, device=_DEVICE, client_metadata=_METADATA),
    events.CodeAnswered(Secret("123456"), "phone", client_metadata=_METADATA),
    events.PasswordAnswered(Secret("password"), device=_DEVICE, client_metadata=_METADATA),
    events.NewPasswordAnswered(
        Secret("new-password"), {"email": "a@b", "name": "Alice"}, device=_DEVICE, client_metadata=_METADATA
    ),
    events.CustomAnswered(Secret("blue"), device=_DEVICE, client_metadata=_METADATA),
    events.MfaTypeSelected(MfaType.EMAIL, client_metadata=_METADATA),
    events.MfaTypeSelected(MfaType.TOTP, client_metadata=_METADATA),
    events.EmailAddressAnswered(Secret("a@b"), client_metadata=_METADATA),
    events.FirstFactorSelected(FactorType.PASSWORD_SRP, client_metadata=_METADATA),
    events.FirstFactorSelected(FactorType.PASSWORD, client_metadata=_METADATA),
    events.FirstFactorSelected(FactorType.EMAIL_OTP, client_metadata=_METADATA),
    events.CredentialAnswered(Secret("{}"), client_metadata=_METADATA),
    events.KeyValuesAnswered(Secret('{"ANSWER":"42"}'), client_metadata=_METADATA),
    events.SignUpRequested("Alice", Secret("password"), {"email": "a@b"}, {"plan": "free"}, _METADATA),
    events.SignUpCodeAnswered(Secret("123456"), client_metadata=_METADATA),
    events.AutoSignInRequested(),
    events.ResendRequested(_METADATA),
    events.ResetRequested("Alice", _METADATA),
    events.ResetAnswered(Secret("123456"), Secret("new-password"), _METADATA),
    events.KeyPairMade(Secret("a"), Secret("A")),
    events.ClaimComputed(Secret("signature"), "Mon Jan 5 03:04:09 UTC 2026"),
    events.ClaimRefused("SRP_B is missing"),
    events.DeviceSecretsMade(Secret("device-password"), Secret("verifier"), Secret("salt")),
    events.PasswordVerifierChallenged(
        "id", Secret("salt"), Secret("B"), Secret("block"), session=Carried("srp"), username="alice"
    ),
    events.NewPasswordChallenged(("email",), {"name": "Alice"}, session=Carried("new")),
    events.SmsCodeChallenged(_DELIVERY, session=Carried("sms")),
    events.OtpCodeChallenged(FactorType.EMAIL_OTP, _DELIVERY, session=Carried("otp")),
    events.TotpCodeChallenged("phone", session=Carried("totp")),
    events.MfaSelectionChallenged((MfaType.SMS, MfaType.TOTP), session=Carried("select")),
    events.MfaSetupChallenged((MfaType.TOTP, MfaType.EMAIL), session=Carried("set-up")),
    events.TotpSetupChallenged(session=Carried("set-up")),
    events.EmailSetupChallenged(session=Carried("set-up")),
    events.NoMfaToSetUp(session=Carried("set-up")),
    events.CustomChallenged({"hint": "blue"}, session=Carried("custom")),
    events.FirstFactorsOffered(_FACTORS, session=Carried("choose")),
    events.PasswordChallenged(FactorType.PASSWORD, session=Carried("password")),
    events.PasswordChallenged(FactorType.PASSWORD_SRP, session=Carried("password")),
    events.WebAuthnChallenged(session=Carried("passkey")),
    events.WebAuthnChallenged('{"challenge":"Zm9v"}', session=Carried("passkey")),
    events.DeviceChallenged(session=Carried("device")),
    events.DeviceVerifierChallenged(Secret("salt"), Secret("B"), Secret("block"), session=Carried("device")),
    events.DeviceNotFound(),
    events.UnknownChallenged("FUTURE", {"hint": "blue"}, session=Carried("unknown")),
    events.Authenticated(tokens()),
    events.Authenticated(tokens(), NewDevice("eu-west-1_device", "-group")),
    events.ErrandDone(None),
    events.ErrandDone(events.DeviceSecretsMade(Secret("device-password"), Secret("verifier"), Secret("salt"))),
    events.ErrandDone(events.DeviceConfirmed(must_be_remembered=False)),
    events.PasswordResetDemanded("Password reset required for the user"),
    events.ConfirmationDemanded("User is not confirmed."),
    events.Refused("CodeMismatchException", "Invalid code"),
    events.SignedUp("sub", confirmed=False, delivery=_DELIVERY, session=Carried("sign-up")),
    events.SignedUp("sub", confirmed=True, session=Carried("sign-up")),
    events.SignUpConfirmed(Carried("confirmed")),
    events.SignUpConfirmed(),
    events.CodeSent(_DELIVERY),
    events.PasswordWasReset(),
    events.TokensRefreshed(tokens("2")),
    events.SoftwareTokenAssociated(Carried("SHARED"), session=Carried("associated")),
    events.SoftwareTokenVerified(session=Carried("verified")),
    events.MfaPreferenceSet(),
    events.UserFetched("alice", {"email": "a@b"}, MfaPreference(frozenset({MfaType.TOTP}), MfaType.TOTP)),
    events.SignedOutEverywhere(),
    events.TokenRevoked(),
    events.PasswordChanged(),
    events.AttributesUpdated((_DELIVERY,)),
    events.AttributeVerified(),
    events.AttributesDeleted(),
    events.UserDeleted(),
    events.DeviceConfirmed(must_be_remembered=True),
    events.DeviceStatusUpdated(),
    events.DeviceFetched(Device("eu-west-1_device", "phone", {})),
    events.DevicesListed((Device("eu-west-1_device", "phone", {}),), Secret("next")),
    events.DeviceForgotten(),
    events.WebAuthnRegistrationStarted("{}"),
    events.WebAuthnRegistered(),
    events.WebAuthnCredentialsListed((_PASSKEY,), Secret("next")),
    events.WebAuthnCredentialDeleted(),
    events.IdentityFound("eu-west-1:identity"),
    events.CredentialsIssued("eu-west-1:identity", AwsCredentials("AKIA", Secret("secret"), Secret("session"), None)),
)
"""Every event class of ``authsteps.flows.events`` that something can be an instance of."""


def states(flow: AnyFlow) -> Sequence[Enum]:
    """Every state of a flow; a flow is refused if one has no node."""
    return [flow.initial, *flow.nodes]


def shortest_paths(flow: AnyFlow) -> Mapping[Enum, Sequence[AnySnapshot]]:
    """Every state that the samples reach, with some snapshots for every way to begin, each as short as can be."""
    start: AnySnapshot = flow.start()
    reached: dict[Enum, list[AnySnapshot]] = {flow.initial: [start]}
    for opening in SAMPLES:
        if flow.rows(flow.initial, type(opening)):
            for state, snapshots in _from(flow, flow.advance(start, opening).snapshot).items():
                reached.setdefault(state, []).extend(snapshots)
    return reached


_WAYS = 2
"""To a state from one opening: where a guard decides on what was kept, one way would leave the other side out."""


def _from(flow: AnyFlow, start: AnySnapshot) -> Mapping[Enum, Sequence[AnySnapshot]]:
    reached: dict[Enum, list[AnySnapshot]] = {start.state: [start]}
    waiting = deque([start])
    while waiting:
        snapshot = waiting.popleft()
        for event in SAMPLES:
            try:
                onward = flow.advance(snapshot, event).snapshot
            except EventNotAllowedError:
                continue
            ways = reached.setdefault(onward.state, [])
            if len(ways) < _WAYS and onward not in ways:
                ways.append(onward)
                waiting.append(onward)
    return reached
