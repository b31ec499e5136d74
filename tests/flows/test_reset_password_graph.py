"""The graph of a password reset, followed purely, and the proof that nobody gets in by it."""

from collections.abc import Mapping

import attrs

from authsteps.engine.messages import Secret
from authsteps.flows import effects, events, steps
from authsteps.flows.errors import Refusal
from authsteps.flows.model import CodeDelivery, DeliveryMedium
from authsteps.flows.reset_password import ResetPasswordContext, reset_password
from authsteps.flows.reset_password import ResetPasswordState as S
from tests.flows.traces import Trace, after, codec, follow, survivors, to, waiting_states

ASKED_WITH = {"asked": "with"}
ANSWERED_WITH = {"answered": "with"}
BY_MAIL = CodeDelivery("a***@e***", DeliveryMedium.EMAIL, "email")

asked = events.ResetRequested("Alice", ASKED_WITH)
sent = events.CodeSent(BY_MAIL)
answered = events.ResetAnswered(Secret("123456"), Secret("new-password"), ANSWERED_WITH)
was_reset = events.PasswordWasReset()
refused = events.Refused("InvalidPasswordException", "Too short")
REFUSED = Refusal("InvalidPasswordException", "Too short")

ask_for_code = steps.ConfirmResetPasswordWithCode("Alice", BY_MAIL)

ASKING: Trace[S] = [to(asked, S.REQUESTING_CODE, effects.ForgotPassword("Alice", ASKED_WITH))]
SETTING: Trace[S] = [
    *ASKING,
    to(sent, S.AWAITING_CODE, ask_for_code),
    to(
        answered,
        S.SETTING_PASSWORD,
        effects.ConfirmForgotPassword("Alice", Secret("123456"), Secret("new-password"), ANSWERED_WITH),
    ),
]
TRACES: Mapping[str, Trace[S]] = {
    "no code without a user": [*ASKING, to(refused, S.REFUSED, None, REFUSED)],
    "a code and a password that both do": [*SETTING, to(was_reset, S.RESET, steps.PasswordResetDone())],
    "a weak password is asked for again": [*SETTING, to(refused, S.AWAITING_CODE, ask_for_code, REFUSED)],
}


def test_every_trace_leads_where_the_table_says() -> None:
    for trace in TRACES.values():
        follow(reset_password, trace)


def test_no_row_can_be_broken_without_a_check_or_a_trace_noticing() -> None:
    assert survivors(reset_password, None, TRACES.values()) == []


def test_client_metadata_is_never_inherited_from_an_earlier_call() -> None:
    waiting = after(reset_password, asked, sent)
    setting = reset_password.advance(waiting, events.ResetAnswered(Secret("1"), Secret("new")))
    assert setting.outstanding == effects.ConfirmForgotPassword("Alice", Secret("1"), Secret("new"))


def test_code_and_password_are_forgotten_when_they_are_used_up() -> None:
    for end in (refused, was_reset):
        context = after(reset_password, asked, sent, answered, end).context
        assert (context.code, context.password) == (None, None)


def test_nobody_is_signed_in_by_a_reset() -> None:
    assert events.Authenticated not in reset_password.events.values()
    assert not [node for node in reset_password.nodes.values() if node.holds is steps.Done]
    assert "tokens" not in attrs.fields_dict(ResetPasswordContext)


def test_a_waiting_run_survives_its_journey_through_the_codec() -> None:
    assert waiting_states(reset_password) == [S.AWAITING_CODE]
    snapshot = after(reset_password, asked, sent)
    assert codec(reset_password).decode(codec(reset_password).encode(snapshot)) == snapshot
