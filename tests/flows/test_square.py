"""The square: every state of every flow against every event that there is.

Either the table has a row for the event and it leads where the row says, or the event is refused by name and nothing
has changed.
"""

import copy
from collections.abc import Iterator, Mapping

import attrs
import pytest

from authsteps.engine import checks
from authsteps.engine.errors import EventNotAllowedError, UnreadableSnapshotError
from authsteps.engine.messages import Effect, Event, Secret
from authsteps.engine.table import NodeKind
from authsteps.flows import FLOWS, events, steps
from tests.flows.samples import SAMPLES, AnyFlow, AnySnapshot, shortest_paths, states
from tests.flows.traces import codec

every_flow = pytest.mark.parametrize("flow", FLOWS.values(), ids=[*FLOWS])

WAITING_FOR: Mapping[str, Mapping[str, type[Effect]]] = {
    "sign_in": {
        "AWAITING_FIRST_FACTOR": steps.ContinueSignInWithFirstFactorSelection,
        "AWAITING_PASSWORD": steps.ConfirmSignInWithPassword,
        "AWAITING_WEB_AUTHN": steps.ContinueSignInWithWebAuthn,
        "AWAITING_NEW_PASSWORD": steps.ConfirmSignInWithNewPassword,
        "AWAITING_MFA_TYPE": steps.ContinueSignInWithMfaSelection,
        "AWAITING_SMS_CODE": steps.ConfirmSignInWithSmsCode,
        "AWAITING_OTP_CODE": steps.ConfirmSignInWithOtpCode,
        "AWAITING_TOTP_CODE": steps.ConfirmSignInWithTotpCode,
        "AWAITING_MFA_SETUP_TYPE": steps.ContinueSignInWithMfaSetupSelection,
        "AWAITING_TOTP_SETUP": steps.ContinueSignInWithTotpSetup,
        "AWAITING_EMAIL_ADDRESS": steps.ContinueSignInWithEmailMfaSetup,
        "AWAITING_CUSTOM_ANSWER": steps.ConfirmSignInWithCustomChallenge,
        "AWAITING_RESPONSES": steps.ContinueSignInWithUnknownChallenge,
    },
    "sign_up": {
        "AWAITING_CODE": steps.ConfirmSignUpWithCode,
        "AWAITING_AUTO_SIGN_IN": steps.CompleteAutoSignIn,
    },
    "reset_password": {"AWAITING_CODE": steps.ConfirmResetPasswordWithCode},
}
ENDING_WITH: Mapping[str, Mapping[str, type[Effect] | None]] = {
    "sign_in": {
        "SIGNED_IN": steps.Done,
        "PASSWORD_RESET_REQUIRED": steps.ResetPassword,
        "NOT_CONFIRMED": steps.ConfirmSignUp,
        "REFUSED": None,
    },
    "sign_up": {"SIGNED_UP": steps.SignUpDone, "REFUSED": None},
    "reset_password": {"RESET": steps.PasswordResetDone, "REFUSED": None},
}


def test_there_is_a_sample_of_every_event() -> None:
    kinds = {
        kind for name in events.__all__ if (kind := getattr(events, name)) not in {events.Replied, events.Answered}
    }
    assert {type(sample) for sample in SAMPLES} == kinds


@every_flow
def test_the_samples_reach_every_state(flow: AnyFlow) -> None:
    assert set(shortest_paths(flow)) == set(states(flow))


def _square(flow: AnyFlow) -> Iterator[tuple[AnySnapshot, Event]]:
    return ((snapshot, event) for ways in shortest_paths(flow).values() for snapshot in ways for event in SAMPLES)


@every_flow
def test_an_event_is_followed_by_its_row_or_refused_by_name_with_nothing_changed(flow: AnyFlow) -> None:
    for snapshot, event in _square(flow):
        before = copy.deepcopy(snapshot)
        targets = {row.target for row in flow.rows(snapshot.state, type(event))}
        if targets:
            advance = flow.advance(snapshot, event)
            assert advance.snapshot.state in targets
            assert advance.outstanding == flow.outstanding(advance.snapshot)
        else:
            with pytest.raises(EventNotAllowedError) as caught:
                flow.advance(snapshot, event)
            told = (caught.value.flow, caught.value.state, caught.value.event)
            assert told == (flow.name, snapshot.state.name, type(event).__name__)
            assert all(name in str(caught.value) for name in told)
        assert snapshot == before


@every_flow
def test_a_final_state_accepts_nothing(flow: AnyFlow) -> None:
    finals = [state for state, node in flow.nodes.items() if node.kind is NodeKind.FINAL]
    assert finals
    assert not [row for state in finals for row in flow.rows(state)]


@every_flow
def test_no_check_finds_fault_with_the_flow(flow: AnyFlow) -> None:
    assert checks.problems(flow) == ()


@every_flow
def test_each_waiting_state_asks_for_what_it_is_named_after(flow: AnyFlow) -> None:
    waiting = {state.name: node.holds for state, node in flow.nodes.items() if node.kind is NodeKind.WAITING}
    assert waiting == WAITING_FOR[flow.name]


@every_flow
def test_each_final_state_ends_with_its_last_step(flow: AnyFlow) -> None:
    final = {state.name: node.holds for state, node in flow.nodes.items() if node.kind is NodeKind.FINAL}
    assert final == ENDING_WITH[flow.name]


@every_flow
def test_a_snapshot_of_every_waiting_state_can_be_written_and_read_back(flow: AnyFlow) -> None:
    waiting = [state for state in states(flow) if state.name in WAITING_FOR[flow.name]]
    for state in waiting:
        for snapshot in shortest_paths(flow)[state]:
            read = codec(flow).decode(codec(flow).encode(snapshot))
            assert read == snapshot
            assert flow.outstanding(read) == flow.outstanding(snapshot)


@every_flow
def test_the_snapshot_of_one_flow_cannot_be_read_as_anothers(flow: AnyFlow) -> None:
    written = codec(flow).encode(flow.start())
    for other in FLOWS.values():
        if other is not flow:
            with pytest.raises(UnreadableSnapshotError, match="belongs to another flow"):
                codec(other).decode(written)


@every_flow
def test_every_state_is_written_as_text(flow: AnyFlow) -> None:
    assert all(isinstance(state.value, str) for state in states(flow))


@every_flow
def test_no_secret_stands_in_a_snapshot_where_a_person_is_awaited_or_the_run_is_over(flow: AnyFlow) -> None:
    cleared = 0
    for state, ways in shortest_paths(flow).items():
        for snapshot in ways:
            held = [value for value in attrs.asdict(snapshot.context, recurse=False).values() if type(value) is Secret]
            if state in flow.nodes and flow.nodes[state].kind is not NodeKind.WORKING:
                assert not held
                cleared += 1
    assert cleared
