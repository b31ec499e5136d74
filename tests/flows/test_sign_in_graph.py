"""The sign-in graph, followed purely: events in, and out of each the state, what is outstanding, and what went wrong.

Nothing runs here. ``ROADS`` lead to every state in which the backend's answer is awaited, ``REPLIES`` say where every
answer leads from there, and the tests below say what the context keeps on the way and what it forgets.
"""

from collections.abc import Mapping, Sequence

import attrs
import pytest

from authsteps.engine import checks
from authsteps.engine.errors import EventNotAllowedError
from authsteps.engine.messages import Carried, Effect, Event, Failure, Secret
from authsteps.flows import effects, events, steps
from authsteps.flows.errors import Refusal, UnreadableReply
from authsteps.flows.model import AuthFlow, CodeDelivery, DeliveryMedium
from authsteps.flows.sign_in import SignInContext, adopt_reply, sign_in, uses_srp
from authsteps.flows.sign_in import SignInState as S
from tests.flows.traces import Trace, after, codec, follow, survivors, to, waiting_states
from tests.flows.world import tokens

ASKED_WITH = {"asked": "with"}
ANSWERED_WITH = {"answered": "with"}

# What can happen.

asked = events.SignInRequested("Alice", AuthFlow.USER_SRP_AUTH, Secret("password"), ASKED_WITH)
asked_plainly = events.SignInRequested("Alice", AuthFlow.USER_PASSWORD_AUTH, Secret("password"), ASKED_WITH)
keys_made = events.KeyPairMade(private=Secret("a"), public=Secret("A"))
verifier_challenged = events.PasswordVerifierChallenged(
    user_id="alice-id",
    salt=Secret("salt"),
    srp_b=Secret("B"),
    secret_block=Secret("block"),
    session=Carried("after-initiate"),
    username="alice",
)
claimed = events.ClaimComputed(Secret("signature"), "Mon Jan 5 03:04:09 UTC 2026")
claim_refused = events.ClaimRefused("SRP_B is missing")
new_password_wanted = events.NewPasswordChallenged(("email",), {"name": "Alice"}, session=Carried("new"))
new_password_given = events.NewPasswordAnswered(Secret("new-password"), {"email": "alice@example.com"}, ANSWERED_WITH)
sms_wanted = events.SmsCodeChallenged(CodeDelivery("+***1234", DeliveryMedium.SMS), session=Carried("sms"))
totp_wanted = events.TotpCodeChallenged("phone", session=Carried("totp"))
unknown_wanted = events.UnknownChallenged("FUTURE", {"hint": "blue"}, session=Carried("unknown"))
code_given = events.CodeAnswered(Secret("123456"), ANSWERED_WITH)
responses_given = events.KeyValuesAnswered(Secret('{"ANSWER":"42"}'), ANSWERED_WITH)
let_in = events.Authenticated(tokens())
reset_demanded = events.PasswordResetDemanded("Password reset required for the user")
confirmation_demanded = events.ConfirmationDemanded("User is not confirmed.")
refused = events.Refused("CodeMismatchException", "Invalid code")

REFUSED = Refusal("CodeMismatchException", "Invalid code")
NO_ATTEMPT = UnreadableReply("it demands PASSWORD_VERIFIER where no SRP attempt is under way")


# What is wanted.


def initiation(flow: AuthFlow) -> effects.InitiateAuth:
    proved = flow is AuthFlow.USER_SRP_AUTH
    return effects.InitiateAuth(
        flow=flow,
        username="Alice",
        password=None if proved else Secret("password"),
        srp_a=Secret("A") if proved else None,
        client_metadata=ASKED_WITH,
    )


def response(
    answer: effects.ChallengeResponse,
    session: str,
    metadata: Mapping[str, str] = ANSWERED_WITH,
    username: str = "Alice",
) -> effects.RespondToAuthChallenge:
    return effects.RespondToAuthChallenge(username, Carried(session), answer, metadata)


claim = effects.ComputeClaim(
    user_id="alice-id",
    password=Secret("password"),
    private=Secret("a"),
    public=Secret("A"),
    salt=Secret("salt"),
    srp_b=Secret("B"),
    secret_block=Secret("block"),
)
proof = effects.PasswordClaim(Secret("block"), Secret("signature"), "Mon Jan 5 03:04:09 UTC 2026")
new_password = effects.NewPasswordResponse(Secret("new-password"), {"email": "alice@example.com"})

ask_for_new_password = steps.ConfirmSignInWithNewPassword(("email",), {"name": "Alice"})
ask_for_sms_code = steps.ConfirmSignInWithSmsCode(CodeDelivery("+***1234", DeliveryMedium.SMS))
ask_for_totp_code = steps.ConfirmSignInWithTotpCode("phone")
ask_for_responses = steps.ContinueSignInWithUnknownChallenge("FUTURE", {"hint": "blue"})
send_to_reset = steps.ResetPassword("Alice", "Password reset required for the user")
send_to_confirmation = steps.ConfirmSignUp("Alice", "User is not confirmed.")
done = steps.Done(tokens(), tokens().user)

# The roads to the states in which the backend's answer is awaited.

PLAINLY: Trace[S] = [to(asked_plainly, S.INITIATING, initiation(AuthFlow.USER_PASSWORD_AUTH))]
WITH_SRP: Trace[S] = [
    to(asked, S.MAKING_KEY_PAIR, effects.MakeKeyPair()),
    to(keys_made, S.INITIATING, initiation(AuthFlow.USER_SRP_AUTH)),
]
PROVING: Trace[S] = [
    *WITH_SRP,
    to(verifier_challenged, S.COMPUTING_CLAIM, claim),
    # The one automatic answer, so it carries the sign-in's own metadata. From here on the pool's name for Alice counts.
    to(claimed, S.PROVING_PASSWORD, response(proof, "after-initiate", ASKED_WITH, username="alice")),
]
ROADS: Mapping[str, Trace[S]] = {
    "initiating with the password": PLAINLY,
    "initiating with SRP": WITH_SRP,
    "proving the password": PROVING,
    "setting a new password": [
        *PLAINLY,
        to(new_password_wanted, S.AWAITING_NEW_PASSWORD, ask_for_new_password),
        to(new_password_given, S.SETTING_NEW_PASSWORD, response(new_password, "new")),
    ],
    "verifying a code by SMS": [
        *PLAINLY,
        to(sms_wanted, S.AWAITING_SMS_CODE, ask_for_sms_code),
        to(code_given, S.VERIFYING_SMS_CODE, response(effects.SmsCode(Secret("123456")), "sms")),
    ],
    "verifying an app's code": [
        *PLAINLY,
        to(totp_wanted, S.AWAITING_TOTP_CODE, ask_for_totp_code),
        to(code_given, S.VERIFYING_TOTP_CODE, response(effects.TotpCode(Secret("123456")), "totp")),
    ],
    "sending responses": [
        *PLAINLY,
        to(unknown_wanted, S.AWAITING_RESPONSES, ask_for_responses),
        to(
            responses_given,
            S.SENDING_RESPONSES,
            response(effects.KeyValues("FUTURE", Secret('{"ANSWER":"42"}')), "unknown"),
        ),
    ],
}

# Where the backend's answers lead, from wherever they come.

REPLIES: Sequence[tuple[Event, S, Effect | None]] = [
    (new_password_wanted, S.AWAITING_NEW_PASSWORD, ask_for_new_password),
    (sms_wanted, S.AWAITING_SMS_CODE, ask_for_sms_code),
    (totp_wanted, S.AWAITING_TOTP_CODE, ask_for_totp_code),
    (unknown_wanted, S.AWAITING_RESPONSES, ask_for_responses),
    (let_in, S.SIGNED_IN, done),
    (reset_demanded, S.PASSWORD_RESET_REQUIRED, send_to_reset),
    (confirmation_demanded, S.NOT_CONFIRMED, send_to_confirmation),
]

REFUSALS: Mapping[str, tuple[S, Effect | None]] = {
    "initiating with the password": (S.REFUSED, None),
    "initiating with SRP": (S.REFUSED, None),
    "proving the password": (S.REFUSED, None),
    "setting a new password": (S.AWAITING_NEW_PASSWORD, ask_for_new_password),
    "verifying a code by SMS": (S.AWAITING_SMS_CODE, ask_for_sms_code),
    "verifying an app's code": (S.AWAITING_TOTP_CODE, ask_for_totp_code),
    "sending responses": (S.AWAITING_RESPONSES, ask_for_responses),
}


def ending(road: str, event: Event, state: S, held: Effect | None = None, failure: Failure | None = None) -> Trace[S]:
    return [*ROADS[road], to(event, state, held, failure)]


TRACES: Mapping[str, Trace[S]] = {
    **{
        f"{type(event).__name__} while {road}": ending(road, event, state, held)
        for road in ROADS
        for event, state, held in REPLIES
    },
    **{
        f"Refused while {road}": ending(road, refused, state, held, REFUSED) for road, (state, held) in REFUSALS.items()
    },
    **{
        f"PasswordVerifierChallenged while {road}": ending(road, verifier_challenged, S.REFUSED, None, NO_ATTEMPT)
        for road in ROADS
        if road != "initiating with SRP"
    },
    "ClaimRefused while computing the claim": [
        *WITH_SRP,
        to(verifier_challenged, S.COMPUTING_CLAIM, claim),
        to(claim_refused, S.REFUSED, None, UnreadableReply("SRP_B is missing")),
    ],
}


@pytest.mark.parametrize("trace", TRACES.values(), ids=[*TRACES])
def test_a_trace_leads_where_the_table_says(trace: Trace[S]) -> None:
    follow(sign_in, trace)


def test_no_row_can_be_broken_without_a_check_or_a_trace_noticing() -> None:
    assert survivors(sign_in, adopt_reply, TRACES.values()) == []


# What the context keeps.


def test_every_reply_replaces_the_backend_session_also_by_none() -> None:
    snapshot = after(sign_in, asked_plainly, sms_wanted, code_given)
    assert snapshot.context.session == Carried("sms")
    snapshot = sign_in.advance(snapshot, totp_wanted).snapshot
    assert snapshot.context.session == Carried("totp")
    snapshot = sign_in.advance(sign_in.advance(snapshot, code_given).snapshot, events.TotpCodeChallenged()).snapshot
    assert snapshot.context.session is None


def test_a_refusal_keeps_the_backend_session() -> None:
    snapshot = after(sign_in, asked_plainly, sms_wanted, code_given, refused)
    assert snapshot.context.session == Carried("sms")
    again = sign_in.advance(snapshot, code_given)
    assert again.outstanding == response(effects.SmsCode(Secret("123456")), "sms")


def test_what_was_typed_and_what_the_pool_calls_her_are_kept_apart() -> None:
    renaming = attrs.evolve(sms_wanted, username="alice-in-the-pool")
    silent = attrs.evolve(totp_wanted, username=None)
    snapshot = after(sign_in, asked_plainly, renaming, code_given, silent, code_given)
    assert (snapshot.context.username, snapshot.context.cognito_username) == ("Alice", "alice-in-the-pool")
    effect = sign_in.outstanding(snapshot)
    assert isinstance(effect, effects.RespondToAuthChallenge)
    assert effect.username == "alice-in-the-pool"


def test_steps_that_lead_elsewhere_name_what_was_typed() -> None:
    snapshot = after(sign_in, asked, keys_made, verifier_challenged, claimed, reset_demanded)
    assert sign_in.outstanding(snapshot) == send_to_reset


@pytest.mark.parametrize(
    ("challenge", "answer"),
    [
        (new_password_wanted, events.NewPasswordAnswered(Secret("new-password"), {"email": "a@b"})),
        (sms_wanted, events.CodeAnswered(Secret("123456"))),
        (totp_wanted, events.CodeAnswered(Secret("123456"))),
        (unknown_wanted, events.KeyValuesAnswered(Secret("{}"))),
    ],
    ids=lambda event: type(event).__name__,
)
def test_client_metadata_is_never_inherited_from_an_earlier_call(challenge: Event, answer: Event) -> None:
    snapshot = after(sign_in, asked, keys_made, verifier_challenged, claimed, challenge, answer)
    effect = sign_in.outstanding(snapshot)
    assert isinstance(effect, effects.RespondToAuthChallenge)
    assert effect.client_metadata == {}


def test_new_attributes_go_out_once_and_are_forgotten() -> None:
    refused_once = after(sign_in, asked_plainly, new_password_wanted, new_password_given, refused)
    assert refused_once.context.new_attributes == {}
    moved_on = after(sign_in, asked_plainly, new_password_wanted, new_password_given, sms_wanted)
    assert moved_on.context.new_attributes == {}
    without_attributes = sign_in.advance(refused_once, events.NewPasswordAnswered(Secret("new-password")))
    assert without_attributes.outstanding == response(effects.NewPasswordResponse(Secret("new-password")), "new", {})


@pytest.mark.parametrize(
    ("challenge", "answer"),
    [(new_password_wanted, new_password_given), (sms_wanted, code_given), (unknown_wanted, responses_given)],
    ids=lambda event: type(event).__name__,
)
def test_what_one_challenge_said_is_forgotten_when_the_next_one_comes(challenge: Event, answer: Event) -> None:
    snapshot = after(sign_in, asked_plainly, challenge, answer, totp_wanted)
    assert attrs.evolve(snapshot.context, session=None, client_metadata={}) == SignInContext(
        username="Alice", flow=AuthFlow.USER_PASSWORD_AUTH, friendly_device_name="phone"
    )


SECRET_FIELDS = ("password", "private", "public", "salt", "srp_b", "secret_block", "signature", "answer")


@pytest.mark.parametrize("end", [sms_wanted, let_in, refused, reset_demanded], ids=lambda event: type(event).__name__)
def test_no_secret_stays_where_a_person_is_awaited_or_the_run_is_over(end: Event) -> None:
    at_work = after(sign_in, asked, keys_made, verifier_challenged, claimed)
    assert sum(getattr(at_work.context, field) is not None for field in SECRET_FIELDS) == len(SECRET_FIELDS) - 1
    at_rest = sign_in.advance(at_work, end).snapshot
    assert {getattr(at_rest.context, field) for field in SECRET_FIELDS} == {None}


@pytest.mark.parametrize("challenge", [new_password_wanted, sms_wanted, totp_wanted, unknown_wanted], ids=repr)
def test_an_answer_is_forgotten_with_the_refusal(challenge: Event) -> None:
    answers = {S.AWAITING_NEW_PASSWORD: new_password_given, S.AWAITING_RESPONSES: responses_given}
    waiting = after(sign_in, asked_plainly, challenge)
    verifying = sign_in.advance(waiting, answers.get(waiting.state, code_given)).snapshot
    assert verifying.context.answer is not None
    assert sign_in.advance(verifying, refused).snapshot.context.answer is None


def test_a_waiting_run_survives_its_journey_through_the_codec() -> None:
    roads = {
        S.AWAITING_NEW_PASSWORD: new_password_wanted,
        S.AWAITING_SMS_CODE: sms_wanted,
        S.AWAITING_TOTP_CODE: totp_wanted,
        S.AWAITING_RESPONSES: unknown_wanted,
    }
    assert [*roads] == waiting_states(sign_in)
    for challenge in roads.values():
        snapshot = after(sign_in, asked, keys_made, verifier_challenged, claimed, challenge)
        read = codec(sign_in).decode(codec(sign_in).encode(snapshot))
        assert read == snapshot
        assert sign_in.outstanding(read) == sign_in.outstanding(snapshot)


# What can be proved.


def test_nobody_is_signed_in_around_initiating() -> None:
    for value in (True, False):
        assert checks.passes(sign_in, S.SIGNED_IN, S.INITIATING, assuming={uses_srp: value})


def test_with_srp_nothing_is_initiated_without_a_key_pair() -> None:
    assert checks.passes(sign_in, S.INITIATING, S.MAKING_KEY_PAIR, assuming={uses_srp: True})


def test_a_proof_is_sent_only_after_it_was_computed() -> None:
    assert checks.passes(sign_in, S.PROVING_PASSWORD, S.COMPUTING_CLAIM)


def test_without_srp_no_proof_is_ever_computed() -> None:
    with pytest.raises(ValueError, match="COMPUTING_CLAIM cannot be reached"):
        checks.passes(sign_in, S.COMPUTING_CLAIM, S.INITIATING, assuming={uses_srp: False})


@pytest.mark.parametrize(
    ("verifying", "awaiting"),
    [
        (S.SETTING_NEW_PASSWORD, S.AWAITING_NEW_PASSWORD),
        (S.VERIFYING_SMS_CODE, S.AWAITING_SMS_CODE),
        (S.VERIFYING_TOTP_CODE, S.AWAITING_TOTP_CODE),
        (S.SENDING_RESPONSES, S.AWAITING_RESPONSES),
    ],
)
def test_no_answer_is_sent_that_no_person_gave(verifying: S, awaiting: S) -> None:
    assert checks.passes(sign_in, verifying, awaiting)


def test_only_the_backend_can_let_somebody_in_without_a_proof() -> None:
    """Whether a proof is due is Cognito's to say; the one way round it is its own answer to InitiateAuth."""
    way_round = checks.detour(sign_in, S.SIGNED_IN, S.PROVING_PASSWORD, assuming={uses_srp: True})
    assert way_round is not None
    assert [edge.event for edge in way_round] == [
        events.SignInRequested,
        events.KeyPairMade,
        events.Authenticated,
    ]


def test_a_person_cannot_pretend_to_be_the_backend() -> None:
    waiting = after(sign_in, asked_plainly, sms_wanted)
    for event in (let_in, totp_wanted, refused, reset_demanded):
        with pytest.raises(EventNotAllowedError):
            sign_in.advance(waiting, event)
