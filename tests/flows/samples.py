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
from authsteps.flows.model import AuthFlow, CodeDelivery, DeliveryMedium, MfaPreference, MfaType
from tests.flows.world import tokens

AnyFlow: TypeAlias = Flow[Any, Any]
AnySnapshot: TypeAlias = Snapshot[Any, Any]

_DELIVERY = CodeDelivery("a***@e***", DeliveryMedium.EMAIL, "email")
_METADATA = {"from": "a test"}

SAMPLES: Sequence[Event] = (
    events.SignInRequested("Alice", AuthFlow.USER_SRP_AUTH, Secret("password"), _METADATA),
    events.SignInRequested("Alice", AuthFlow.USER_PASSWORD_AUTH, Secret("password"), _METADATA),
    events.CodeAnswered(Secret("123456"), _METADATA),
    events.NewPasswordAnswered(Secret("new-password"), {"email": "a@b"}, _METADATA),
    events.KeyValuesAnswered(Secret('{"ANSWER":"42"}'), _METADATA),
    events.SignUpRequested("Alice", Secret("password"), {"email": "a@b"}, _METADATA),
    events.ResendRequested(_METADATA),
    events.ResetRequested("Alice", _METADATA),
    events.ResetAnswered(Secret("123456"), Secret("new-password"), _METADATA),
    events.KeyPairMade(Secret("a"), Secret("A")),
    events.ClaimComputed(Secret("signature"), "Mon Jan 5 03:04:09 UTC 2026"),
    events.ClaimRefused("SRP_B is missing"),
    events.PasswordVerifierChallenged(
        "id", Secret("salt"), Secret("B"), Secret("block"), session=Carried("srp"), username="alice"
    ),
    events.NewPasswordChallenged(("email",), {"name": "Alice"}, session=Carried("new")),
    events.SmsCodeChallenged(_DELIVERY, session=Carried("sms")),
    events.TotpCodeChallenged("phone", session=Carried("totp")),
    events.UnknownChallenged("FUTURE", {"hint": "blue"}, session=Carried("unknown")),
    events.Authenticated(tokens()),
    events.PasswordResetDemanded("Password reset required for the user"),
    events.ConfirmationDemanded("User is not confirmed."),
    events.Refused("CodeMismatchException", "Invalid code"),
    events.SignedUp("sub", confirmed=False, delivery=_DELIVERY, session=Carried("sign-up")),
    events.SignedUp("sub", confirmed=True, session=Carried("sign-up")),
    events.SignUpConfirmed(Carried("confirmed")),
    events.CodeSent(_DELIVERY),
    events.PasswordWasReset(),
    events.TokensRefreshed(tokens("2")),
    events.SoftwareTokenAssociated(Secret("SHARED")),
    events.SoftwareTokenVerified(),
    events.MfaPreferenceSet(),
    events.UserFetched("alice", {"email": "a@b"}, MfaPreference(frozenset({MfaType.TOTP}), MfaType.TOTP)),
    events.SignedOutEverywhere(),
    events.TokenRevoked(),
)
"""Every event class of ``authsteps.flows.events`` that something can be an instance of."""


def states(flow: AnyFlow) -> Sequence[Enum]:
    """Every state of a flow; a flow is refused if one has no node."""
    return [flow.initial, *flow.nodes]


def shortest_paths(flow: AnyFlow) -> Mapping[Enum, Sequence[AnySnapshot]]:
    """Every state that the samples reach, with a snapshot for every way to begin, each as short as can be."""
    start: AnySnapshot = flow.start()
    reached: dict[Enum, list[AnySnapshot]] = {flow.initial: [start]}
    for opening in SAMPLES:
        if flow.rows(flow.initial, type(opening)):
            for state, snapshot in _from(flow, flow.advance(start, opening).snapshot).items():
                reached.setdefault(state, []).append(snapshot)
    return reached


def _from(flow: AnyFlow, start: AnySnapshot) -> Mapping[Enum, AnySnapshot]:
    reached: dict[Enum, AnySnapshot] = {start.state: start}
    waiting = deque([start])
    while waiting:
        snapshot = waiting.popleft()
        for event in SAMPLES:
            try:
                onward = flow.advance(snapshot, event).snapshot
            except EventNotAllowedError:
                continue
            if onward.state not in reached:
                reached[onward.state] = onward
                waiting.append(onward)
    return reached
