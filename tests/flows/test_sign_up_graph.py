"""The sign-up graph, followed purely: events in; out of each the state, what is outstanding, and what went wrong."""

from collections.abc import Mapping

from authsteps.engine.messages import Carried, Event, Secret
from authsteps.flows import effects, events, steps
from authsteps.flows.errors import Refusal
from authsteps.flows.model import CodeDelivery, DeliveryMedium
from authsteps.flows.sign_up import SignUpState as S
from authsteps.flows.sign_up import sign_up
from tests.flows.traces import Trace, after, codec, follow, survivors, to, waiting_states

ASKED_WITH = {"asked": "with"}
ANSWERED_WITH = {"answered": "with"}
BY_MAIL = CodeDelivery("a***@e***", DeliveryMedium.EMAIL, "email")
BY_SMS = CodeDelivery("+***1234", DeliveryMedium.SMS, "phone_number")

ATTRIBUTES = {"email": "alice@example.com"}
FOR_THE_TRIGGER = {"plan": "free"}

asked = events.SignUpRequested("Alice", Secret("password"), ATTRIBUTES, FOR_THE_TRIGGER, ASKED_WITH)
asked_without_a_password = events.SignUpRequested("Alice", None, ATTRIBUTES)
made = events.SignedUp("sub", confirmed=False, delivery=BY_MAIL, session=Carried("sign-up"))
made_and_confirmed = events.SignedUp("sub", confirmed=True)
made_and_let_in = events.SignedUp("sub", confirmed=True, session=Carried("sign-up"))
code_given = events.SignUpCodeAnswered(Secret("123456"), client_metadata=ANSWERED_WITH)
code_given_with_force = events.SignUpCodeAnswered(Secret("123456"), force_alias_creation=True)
confirmed = events.SignUpConfirmed()
confirmed_and_let_in = events.SignUpConfirmed(Carried("confirmed"))
signed_in = events.AutoSignInRequested()
asked_again = events.ResendRequested(ANSWERED_WITH)
sent_again = events.CodeSent(BY_SMS)
refused = events.Refused("CodeMismatchException", "Invalid code")
REFUSED = Refusal("CodeMismatchException", "Invalid code")

ask_for_code = steps.ConfirmSignUpWithCode("Alice", BY_MAIL, "sub")

ASKING: Trace[S] = [
    to(asked, S.SIGNING_UP, effects.SignUp("Alice", Secret("password"), ATTRIBUTES, FOR_THE_TRIGGER, ASKED_WITH)),
]
MADE: Trace[S] = [*ASKING, to(made, S.AWAITING_CODE, ask_for_code)]
CONFIRMING: Trace[S] = [
    *MADE,
    to(
        code_given,
        S.CONFIRMING,
        effects.ConfirmSignUp("Alice", Secret("123456"), Carried("sign-up"), client_metadata=ANSWERED_WITH),
    ),
]
RESENDING: Trace[S] = [
    *MADE,
    to(asked_again, S.RESENDING, effects.ResendConfirmationCode("Alice", ANSWERED_WITH)),
]
TRACES: Mapping[str, Trace[S]] = {
    "a pool that confirms at once": [*ASKING, to(made_and_confirmed, S.SIGNED_UP, steps.SignUpDone("sub"))],
    "a taken name ends the run": [*ASKING, to(refused, S.REFUSED, None, REFUSED)],
    "a pool that confirms at once and lets the new user in": [
        *ASKING,
        to(made_and_let_in, S.AWAITING_AUTO_SIGN_IN, steps.CompleteAutoSignIn("Alice", Secret("sign-up"), "sub")),
        to(signed_in, S.SIGNED_UP, steps.SignUpDone("sub")),
    ],
    "an account without a password": [
        to(asked_without_a_password, S.SIGNING_UP, effects.SignUp("Alice", None, ATTRIBUTES)),
    ],
    "the right code, which lets the new user in": [
        *CONFIRMING,
        to(
            confirmed_and_let_in,
            S.AWAITING_AUTO_SIGN_IN,
            steps.CompleteAutoSignIn("Alice", Secret("confirmed"), "sub"),
        ),
        to(signed_in, S.SIGNED_UP, steps.SignUpDone("sub")),
    ],
    "an address that is taken over": [
        *MADE,
        to(
            code_given_with_force,
            S.CONFIRMING,
            effects.ConfirmSignUp("Alice", Secret("123456"), Carried("sign-up"), force_alias_creation=True),
        ),
    ],
    "the right code": [*CONFIRMING, to(confirmed, S.SIGNED_UP, steps.SignUpDone("sub"))],
    "a wrong code is asked for again": [*CONFIRMING, to(refused, S.AWAITING_CODE, ask_for_code, REFUSED)],
    "a code that went elsewhere": [
        *RESENDING,
        to(sent_again, S.AWAITING_CODE, steps.ConfirmSignUpWithCode("Alice", BY_SMS, "sub")),
    ],
    "a code that could not be sent again": [*RESENDING, to(refused, S.AWAITING_CODE, ask_for_code, REFUSED)],
}


def test_every_trace_leads_where_the_table_says() -> None:
    for trace in TRACES.values():
        follow(sign_up, trace)


def test_no_row_can_be_broken_without_a_check_or_a_trace_noticing() -> None:
    assert survivors(sign_up, None, TRACES.values()) == []


def test_the_sign_up_session_outlives_wrong_codes_and_new_ones() -> None:
    for happened in ([code_given, refused], [asked_again, sent_again], [asked_again, refused]):
        waiting = after(sign_up, asked, made, *happened)
        assert waiting.context.session == Carried("sign-up")


def test_confirming_brings_the_session_that_a_first_sign_in_can_use() -> None:
    assert after(sign_up, asked, made, code_given, confirmed_and_let_in).context.session == Carried("confirmed")
    assert after(sign_up, asked, made_and_let_in).context.session == Carried("sign-up")


def test_client_metadata_is_never_inherited_from_an_earlier_call() -> None:
    waiting = after(sign_up, asked, made)
    confirming = sign_up.advance(waiting, events.SignUpCodeAnswered(Secret("123456"))).outstanding
    assert confirming == effects.ConfirmSignUp("Alice", Secret("123456"), Carried("sign-up"))
    resending = sign_up.advance(waiting, events.ResendRequested()).outstanding
    assert resending == effects.ResendConfirmationCode("Alice")


def test_password_code_and_attributes_are_forgotten_when_they_are_used_up() -> None:
    ways: tuple[tuple[Event, ...], ...] = (
        (made,),
        (made_and_confirmed,),
        (refused,),
        (made, code_given, refused),
        (made, code_given, confirmed),
    )
    for happened in ways:
        context = after(sign_up, asked, *happened).context
        assert (context.password, context.code) == (None, None)
    context = after(sign_up, asked, made).context
    assert (context.attributes, context.validation_data) == ({}, {})


def test_a_waiting_run_survives_its_journey_through_the_codec() -> None:
    roads: Mapping[S, tuple[Event, ...]] = {
        S.AWAITING_CODE: (made,),
        S.AWAITING_AUTO_SIGN_IN: (made, code_given, confirmed_and_let_in),
    }
    assert [*roads] == waiting_states(sign_up)
    for happened in roads.values():
        snapshot = after(sign_up, asked, *happened)
        assert codec(sign_up).decode(codec(sign_up).encode(snapshot)) == snapshot
