"""The ladder, followed purely: what leads where, what it forgets, and what can be proved about every way up.

Nothing runs here. ``TRACES`` climb the ladder by every road, and a ladder that is broken in any small way fails one of
them. The proofs say it for all roads at once, and the last tests break the ladder on purpose to see a proof fail.
"""

import copy
import itertools
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import TypeAlias

import attrs
import pytest

from authsteps.adapters.fake import MfaFactor, rungs
from authsteps.adapters.fake.ladder import AttemptContext, is_temporary, ladder, proves_password
from authsteps.adapters.fake.ladder import AttemptState as S
from authsteps.adapters.fake.tokens import IssuedTokens
from authsteps.engine import checks
from authsteps.engine.errors import DeclarationError, EventNotAllowedError
from authsteps.engine.flow import Edge, Flow
from authsteps.engine.messages import Carried, Event, Secret
from authsteps.engine.snapshot import Snapshot
from authsteps.engine.table import NodeKind
from tests.flows.traces import Trace, after, codec, follow, survivors, to, waiting_states

Ladder: TypeAlias = Flow[S, AttemptContext]
Row: TypeAlias = Edge[S, AttemptContext]
Guards: TypeAlias = Mapping[Callable[..., bool], bool]

CHECKING = (S.CHECKING_PROOF, S.CHECKING_PASSWORD)
VERIFYING = (S.VERIFYING_SMS_CODE, S.VERIFYING_TOTP_CODE)
BOTH = (MfaFactor.SMS_MFA, MfaFactor.SOFTWARE_TOKEN_MFA)

# What can happen.

password_given = rungs.PasswordGiven("client", "Alice", Secret("canary password"))
proof_offered = rungs.ProofOffered("client", "Alice", Secret("canary A"))
gate_passed = rungs.GatePassed("alice", "alice-sub")
proof_prepared = rungs.ProofPrepared(
    Carried("canary b"), Carried("canary B"), Carried("canary salt"), Carried("canary block")
)
proof_given = rungs.ProofGiven(Secret("canary signature"), "Mon Jan 5 03:04:09 UTC 2026")
passed = rungs.FirstFactorPassed(is_temporary=False)
passed_for_now = rungs.FirstFactorPassed(is_temporary=True)
new_password_given = rungs.NewPasswordGiven(Secret("canary new"), {"name": "Alice"})
new_password_set = rungs.NewPasswordSet()
nothing_more_wanted = rungs.NoSecondFactorWanted()
choice_wanted = rungs.FactorChoiceWanted(BOTH)
sms_chosen = rungs.FactorChosen("SMS_MFA")
sms_wanted = rungs.SmsCodeWanted()
sms_sent = rungs.SmsCodeSent(Carried("canary 123456"), "+*******1234")
totp_wanted = rungs.TotpCodeWanted("phone")
code_given = rungs.CodeGiven(Secret("canary 654321"))
second_passed = rungs.SecondFactorPassed()
TOKENS = IssuedTokens(Secret("canary access"), Secret("canary id"), timedelta(hours=1), Secret("canary refresh"))
tokens_issued = rungs.TokensIssued(TOKENS)
refused = rungs.Refused("SomeException", "No.")

EVENTS: Sequence[Event] = (
    password_given,
    proof_offered,
    gate_passed,
    proof_prepared,
    proof_given,
    passed,
    passed_for_now,
    new_password_given,
    new_password_set,
    nothing_more_wanted,
    choice_wanted,
    sms_chosen,
    sms_wanted,
    sms_sent,
    totp_wanted,
    code_given,
    second_passed,
    tokens_issued,
    refused,
)

NO = rungs.RefusedAnswer("SomeException", "No.")

# What is wanted at each rung.

GATE = rungs.PassGate("client", "Alice", reveals_existence=True)
PREPARE = rungs.PrepareProof("alice-sub", Secret("canary A"))
DEMAND_PROOF = rungs.DemandPasswordProof("alice", Secret("canary salt"), Secret("canary B"), Secret("canary block"))
CHECK_PROOF = rungs.CheckFirstFactor(
    "alice-sub",
    proof=rungs.Proof(
        srp_a=Secret("canary A"),
        private=Secret("canary b"),
        public=Secret("canary B"),
        secret_block=Secret("canary block"),
        signature=Secret("canary signature"),
        timestamp="Mon Jan 5 03:04:09 UTC 2026",
    ),
)
CHECK_PASSWORD = rungs.CheckFirstFactor("alice-sub", password=Secret("canary password"))
DEMAND_NEW = rungs.DemandNewPassword("alice", "alice-sub")
SET_NEW = rungs.SetNewPassword("alice-sub", Secret("canary new"), {"name": "Alice"})
CHOOSE = rungs.ChooseSecondFactor("alice-sub")
DEMAND_CHOICE = rungs.DemandFactorChoice("alice", BOTH)
VERIFY_CHOICE = rungs.VerifyFactorChoice("alice-sub", "SMS_MFA", BOTH)
SEND_SMS = rungs.SendSmsCode("client", "alice-sub")
DEMAND_SMS = rungs.DemandSmsCode("alice", "+*******1234")
VERIFY_SMS = rungs.VerifySmsCode("alice-sub", Secret("canary 654321"), Secret("canary 123456"))
DEMAND_TOTP = rungs.DemandTotpCode("alice", "phone")
VERIFY_TOTP = rungs.VerifyTotpCode("alice-sub", Secret("canary 654321"))
ISSUE = rungs.IssueTokens("client", "alice-sub")
GRANTED = rungs.Granted(TOKENS)

BY_PASSWORD: Trace[S] = (
    to(password_given, S.PASSING_GATE, GATE),
    to(gate_passed, S.CHECKING_PASSWORD, CHECK_PASSWORD),
)
BY_PROOF: Trace[S] = (
    to(proof_offered, S.PASSING_GATE, GATE),
    to(gate_passed, S.PREPARING_PROOF, PREPARE),
    to(proof_prepared, S.AWAITING_PROOF, DEMAND_PROOF),
    to(proof_given, S.CHECKING_PROOF, CHECK_PROOF),
)
BEGINNINGS = {"by password": BY_PASSWORD, "by proof": BY_PROOF}
AND_NO_MORE: Trace[S] = (to(passed, S.CHOOSING_SECOND_FACTOR, CHOOSE),)
AND_A_NEW_PASSWORD: Trace[S] = (
    to(passed_for_now, S.AWAITING_NEW_PASSWORD, DEMAND_NEW),
    to(new_password_given, S.SETTING_NEW_PASSWORD, SET_NEW),
    to(refused, S.AWAITING_NEW_PASSWORD, DEMAND_NEW, NO),
    to(new_password_given, S.SETTING_NEW_PASSWORD, SET_NEW),
    to(new_password_set, S.CHOOSING_SECOND_FACTOR, CHOOSE),
)
WITH_NOTHING: Trace[S] = (to(nothing_more_wanted, S.ISSUING_TOKENS, ISSUE),)
SMS: Trace[S] = (
    to(sms_wanted, S.SENDING_SMS_CODE, SEND_SMS),
    to(sms_sent, S.AWAITING_SMS_CODE, DEMAND_SMS),
    to(code_given, S.VERIFYING_SMS_CODE, VERIFY_SMS),
    to(refused, S.AWAITING_SMS_CODE, DEMAND_SMS, NO),
    to(code_given, S.VERIFYING_SMS_CODE, VERIFY_SMS),
    to(second_passed, S.ISSUING_TOKENS, ISSUE),
)
TOTP: Trace[S] = (
    to(totp_wanted, S.AWAITING_TOTP_CODE, DEMAND_TOTP),
    to(code_given, S.VERIFYING_TOTP_CODE, VERIFY_TOTP),
    to(refused, S.AWAITING_TOTP_CODE, DEMAND_TOTP, NO),
    to(code_given, S.VERIFYING_TOTP_CODE, VERIFY_TOTP),
    to(second_passed, S.ISSUING_TOKENS, ISSUE),
)
CHOICE: Trace[S] = (
    to(choice_wanted, S.AWAITING_FACTOR_CHOICE, DEMAND_CHOICE),
    to(sms_chosen, S.VERIFYING_FACTOR_CHOICE, VERIFY_CHOICE),
    to(refused, S.AWAITING_FACTOR_CHOICE, DEMAND_CHOICE, NO),
    to(sms_chosen, S.VERIFYING_FACTOR_CHOICE, VERIFY_CHOICE),
)
SECOND_FACTORS = {
    "nothing": WITH_NOTHING,
    "sms": SMS,
    "totp": TOTP,
    "sms by choice": (*CHOICE, *SMS),
    "totp by choice": (*CHOICE, *TOTP),
}
TOP: Trace[S] = (to(tokens_issued, S.SIGNED_IN, GRANTED),)
TURNED_AWAY = to(refused, S.TURNED_AWAY, failure=NO)

CLIMBS: Mapping[str, Trace[S]] = {
    f"{beginning}, {middle}, {second}": (*BEGINNINGS[beginning], *rest, *SECOND_FACTORS[second], *TOP)
    for beginning in BEGINNINGS
    for middle, rest in (("no more", AND_NO_MORE), ("a new password", AND_A_NEW_PASSWORD))
    for second in SECOND_FACTORS
}
FALLS: Mapping[str, Trace[S]] = {
    "at the gate": (*BY_PASSWORD[:1], TURNED_AWAY),
    "while the proof is prepared": (*BY_PROOF[:2], TURNED_AWAY),
    "with a wrong proof": (*BY_PROOF, TURNED_AWAY),
    "with a wrong password": (*BY_PASSWORD, TURNED_AWAY),
    "at the second factor": (*BY_PASSWORD, *AND_NO_MORE, TURNED_AWAY),
    "while the message is sent": (*BY_PASSWORD, *AND_NO_MORE, SMS[0], TURNED_AWAY),
    "while tokens are issued": (*BY_PASSWORD, *AND_NO_MORE, *WITH_NOTHING, TURNED_AWAY),
}
TRACES = {**CLIMBS, **FALLS}


@cache
def snapshots() -> Mapping[S, Sequence[Snapshot[S, AttemptContext]]]:
    """Every state that the traces come by, with every snapshot that an attempt has there."""
    reached = {ladder.initial: [ladder.start()]}
    for trace in TRACES.values():
        snapshot = ladder.start()
        for climbed in trace:
            snapshot = ladder.advance(snapshot, climbed.event).snapshot
            known = reached.setdefault(snapshot.state, [])
            if snapshot not in known:
                known.append(snapshot)
    return reached


def rebuilt(edges: Iterable[Row]) -> Ladder:
    """The ladder with other rows."""
    return Flow(
        ladder.name,
        version=ladder.version,
        context=ladder.context,
        initial=ladder.initial,
        nodes=[*ladder.nodes.values()],
        edges=[*edges],
    )


def without(kind: type[Event], edges: Iterable[Row] = ladder.edges) -> Ladder:
    """The ladder as it is where an event never happens."""
    return rebuilt(edge for edge in edges if edge.event is not kind)


def row(kind: type[Event], target: S) -> Row:
    (found,) = [edge for edge in ladder.edges if edge.event is kind and edge.target is target]
    return found


def changed(old: Row, new: Row) -> list[Row]:
    return [new if edge is old else edge for edge in ladder.edges]


# --- What leads where ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trace", TRACES.values(), ids=[*TRACES])
def test_the_ladder_is_climbed_rung_by_rung(trace: Trace[S]) -> None:
    follow(ladder, trace)


def test_a_ladder_that_is_broken_in_any_small_way_fails_a_trace() -> None:
    """All but two ways: what is left of SRP is asked for by no rung above, so only the tests of forgetting see it."""
    assert survivors(ladder, None, TRACES.values()) == [
        "FirstFactorPassed to AWAITING_NEW_PASSWORD, without keep",
        "FirstFactorPassed to CHOOSING_SECOND_FACTOR, without keep",
    ]


def test_no_check_finds_fault_with_the_ladder() -> None:
    assert checks.problems(ladder) == ()


# --- The square ------------------------------------------------------------------------------------------------------


def test_there_is_a_sample_of_every_event_and_they_reach_every_state() -> None:
    assert {type(event) for event in EVENTS} == set(ladder.events.values())
    assert set(snapshots()) == set(S)


@pytest.mark.parametrize("state", S)
def test_an_event_is_followed_by_its_row_or_refused_by_name_with_nothing_changed(state: S) -> None:
    for snapshot, event in itertools.product(snapshots()[state], EVENTS):
        before = copy.deepcopy(snapshot)
        targets = {edge.target for edge in ladder.rows(state, type(event))}
        if targets:
            advance = ladder.advance(snapshot, event)
            assert advance.snapshot.state in targets
            assert advance.outstanding == ladder.outstanding(advance.snapshot)
        else:
            with pytest.raises(EventNotAllowedError) as caught:
                ladder.advance(snapshot, event)
            assert (caught.value.state, caught.value.event) == (state.name, type(event).__name__)
        assert snapshot == before


def test_only_the_two_ends_accept_nothing() -> None:
    assert {state for state in S if not ladder.rows(state)} == {S.SIGNED_IN, S.TURNED_AWAY}


def test_whatever_the_fake_does_may_be_refused() -> None:
    """A user can be disabled or deleted at any rung, so every effect may be answered with a refusal."""
    for state, node in ladder.nodes.items():
        if node.kind is NodeKind.WORKING and node.holds is not None:
            assert rungs.Refused in node.holds.answers, state


# --- What the ladder forgets -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("happened", [passed, passed_for_now])
def test_nothing_of_srp_is_kept_past_the_first_factor(happened: Event) -> None:
    context = ladder.advance(follow(ladder, BY_PROOF), happened).snapshot.context

    assert (context.srp_a, context.private, context.public, context.salt, context.secret_block) == (None,) * 5


def test_passwords_and_answers_are_forgotten_wherever_a_client_is_awaited() -> None:
    for state, ways in snapshots().items():
        for snapshot in ways:
            held = [value for value in attrs.asdict(snapshot.context, recurse=False).values() if type(value) is Secret]
            assert not held or ladder.nodes[state].kind is NodeKind.WORKING, state


def test_an_attempt_that_waits_can_be_written_and_read_back() -> None:
    waiting = waiting_states(ladder)
    assert len(waiting) == 5
    for state in waiting:
        for snapshot in snapshots()[state]:
            read = codec(ladder).decode(codec(ladder).encode(snapshot))
            assert read == snapshot
            assert ladder.outstanding(read) == ladder.outstanding(snapshot)


def test_the_code_that_was_sent_stands_in_the_attempt_and_in_no_step() -> None:
    waiting = snapshots()[S.AWAITING_SMS_CODE][0]

    assert waiting.context.sms_code == Secret("canary 123456")
    step = ladder.outstanding(waiting)
    assert step is not None
    assert Secret("canary 123456") not in attrs.asdict(step).values()


def test_no_secret_shows_in_an_attempt_whatever_rung_it_stands_on() -> None:
    for ways in snapshots().values():
        for snapshot in ways:
            assert "canary" not in repr((snapshot, ladder.outstanding(snapshot))), snapshot.state


# --- What can be proved ----------------------------------------------------------------------------------------------


def test_nobody_gets_tokens_without_the_gate_and_a_first_factor() -> None:
    assert checks.passes(ladder, S.SIGNED_IN, S.PASSING_GATE)
    assert checks.passes(ladder, S.SIGNED_IN, CHECKING)
    for either in CHECKING:
        assert not checks.passes(ladder, S.SIGNED_IN, either)


@pytest.mark.parametrize("rung", [S.PREPARING_PROOF, S.AWAITING_PROOF, S.CHECKING_PROOF])
def test_who_offers_a_proof_gets_tokens_only_with_a_proof_that_was_demanded_and_checked(rung: S) -> None:
    assert checks.passes(ladder, S.SIGNED_IN, rung, assuming={proves_password: True})


def test_who_gives_a_password_gets_tokens_only_if_it_is_checked() -> None:
    given: Guards = {proves_password: False}

    assert checks.passes(ladder, S.SIGNED_IN, S.CHECKING_PASSWORD, assuming=given)
    with pytest.raises(ValueError, match="AWAITING_PROOF cannot be reached"):
        checks.passes(ladder, S.AWAITING_PROOF, S.PASSING_GATE, assuming=given)


@pytest.mark.parametrize("rung", [S.AWAITING_NEW_PASSWORD, S.SETTING_NEW_PASSWORD])
def test_a_temporary_password_gives_tokens_only_after_a_new_one_was_set(rung: S) -> None:
    assert checks.passes(ladder, S.SIGNED_IN, rung, assuming={is_temporary: True})


def test_a_permanent_password_is_never_replaced_on_the_way() -> None:
    with pytest.raises(ValueError, match="SETTING_NEW_PASSWORD cannot be reached"):
        checks.passes(ladder, S.SETTING_NEW_PASSWORD, S.PASSING_GATE, assuming={is_temporary: False})


@pytest.mark.parametrize("temporary", [True, False])
@pytest.mark.parametrize("proves", [True, False])
def test_every_way_to_tokens_asks_which_second_factor_is_wanted(temporary: bool, proves: bool) -> None:  # noqa: FBT001  # values of guards
    given: Guards = {is_temporary: temporary, proves_password: proves}

    assert checks.passes(ladder, S.SIGNED_IN, S.CHOOSING_SECOND_FACTOR, assuming=given)
    assert checks.passes(ladder, S.SIGNED_IN, S.ISSUING_TOKENS, assuming=given)


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        (S.CHECKING_PROOF, S.AWAITING_PROOF),
        (S.SETTING_NEW_PASSWORD, S.AWAITING_NEW_PASSWORD),
        (S.VERIFYING_FACTOR_CHOICE, S.AWAITING_FACTOR_CHOICE),
        (S.AWAITING_SMS_CODE, S.SENDING_SMS_CODE),
        (S.VERIFYING_SMS_CODE, S.AWAITING_SMS_CODE),
        (S.VERIFYING_TOTP_CODE, S.AWAITING_TOTP_CODE),
    ],
)
def test_nothing_is_checked_that_was_not_asked_for_first(later: S, earlier: S) -> None:
    assert checks.passes(ladder, later, earlier)


def test_no_message_is_sent_before_the_first_factor() -> None:
    assert checks.passes(ladder, S.SENDING_SMS_CODE, CHECKING)


def test_where_a_second_factor_is_wanted_nobody_gets_tokens_without_a_right_code() -> None:
    """Whether one is wanted is an answer to ChooseSecondFactor. Where it is never "none", this holds on every way."""
    assert checks.passes(without(rungs.NoSecondFactorWanted), S.SIGNED_IN, VERIFYING)


def test_the_one_way_round_a_second_factor_is_that_none_is_wanted() -> None:
    way_round = checks.detour(ladder, S.SIGNED_IN, VERIFYING)
    assert way_round is not None
    assert [edge.event for edge in way_round][-2:] == [rungs.NoSecondFactorWanted, rungs.TokensIssued]

    (alone,) = ladder.rows(S.CHOOSING_SECOND_FACTOR, rungs.NoSecondFactorWanted)
    assert [edge for edge in ladder.edges if edge.event is rungs.NoSecondFactorWanted] == [alone]
    assert alone.sources == (S.CHOOSING_SECOND_FACTOR,)


def test_who_was_asked_for_a_second_factor_is_never_asked_again_whether_one_is_wanted() -> None:
    """So the answer "none" cannot come later, and who stands here gets tokens with a right code or not at all."""
    second = [S.SENDING_SMS_CODE, S.AWAITING_SMS_CODE, S.AWAITING_TOTP_CODE, S.AWAITING_FACTOR_CHOICE]
    reached, fresh = set(second), [*second]
    while fresh:
        onward = {edge.target for edge in ladder.rows(fresh.pop())} - reached
        reached |= onward
        fresh += onward

    assert S.CHOOSING_SECOND_FACTOR not in reached
    assert reached >= {S.SIGNED_IN, *VERIFYING}


def test_fifty_thousand_events_at_random_lead_to_tokens_only_along_these_proofs() -> None:
    shuffled = random.Random(20260105)  # noqa: S311  # a test must be able to repeat itself
    snapshot, came_by, climbed = ladder.start(), set[S](), 0
    happened = set[type[Event]]()
    for _ in range(50_000):
        event = shuffled.choice(EVENTS)
        if ladder.rows(snapshot.state, type(event)):
            snapshot = ladder.advance(snapshot, event).snapshot
            came_by.add(snapshot.state)
            happened.add(type(event))
        if snapshot.state is S.SIGNED_IN:
            assert came_by >= {S.PASSING_GATE, S.CHOOSING_SECOND_FACTOR, S.ISSUING_TOKENS}
            assert came_by & {*CHECKING}
            assert came_by & {*VERIFYING} or rungs.NoSecondFactorWanted in happened
            assert S.AWAITING_NEW_PASSWORD not in came_by or rungs.NewPasswordSet in happened
            climbed += 1
        if not ladder.rows(snapshot.state):
            snapshot, came_by, happened = ladder.start(), set[S](), set[type[Event]]()

    assert climbed > 100


# --- Ladders that must not pass --------------------------------------------------------------------------------------


def test_tokens_straight_after_a_new_password_break_a_proof() -> None:
    old = row(rungs.NewPasswordSet, S.CHOOSING_SECOND_FACTOR)
    broken = rebuilt(changed(old, attrs.evolve(old, target=S.ISSUING_TOKENS)))

    assert not checks.passes(broken, S.SIGNED_IN, S.CHOOSING_SECOND_FACTOR)
    assert not checks.passes(broken, S.SIGNED_IN, S.CHOOSING_SECOND_FACTOR, assuming={is_temporary: True})


@pytest.mark.parametrize(
    ("event", "target"),
    [
        (rungs.SmsCodeSent, S.AWAITING_SMS_CODE),
        (rungs.TotpCodeWanted, S.AWAITING_TOTP_CODE),
        (rungs.FactorChosen, S.VERIFYING_FACTOR_CHOICE),
        (rungs.CodeGiven, S.VERIFYING_SMS_CODE),
        (rungs.CodeGiven, S.VERIFYING_TOTP_CODE),
    ],
)
def test_tokens_without_a_verified_code_break_a_proof(event: type[Event], target: S) -> None:
    old = row(event, target)
    broken = without(rungs.NoSecondFactorWanted, changed(old, attrs.evolve(old, target=S.ISSUING_TOKENS)))

    assert not checks.passes(broken, S.SIGNED_IN, VERIFYING)


@pytest.mark.parametrize(
    ("refusing", "onward", "through"),
    [
        (S.CHECKING_PROOF, S.CHOOSING_SECOND_FACTOR, None),
        (S.CHECKING_PASSWORD, S.ISSUING_TOKENS, S.CHOOSING_SECOND_FACTOR),
        (S.CHOOSING_SECOND_FACTOR, S.ISSUING_TOKENS, VERIFYING),
        (S.SENDING_SMS_CODE, S.ISSUING_TOKENS, VERIFYING),
        (S.PASSING_GATE, S.CHOOSING_SECOND_FACTOR, CHECKING),
    ],
)
def test_a_refusal_that_leads_upwards_breaks_a_proof(refusing: S, onward: S, through: S | tuple[S, ...] | None) -> None:
    """Failing open: what went wrong is passed over, and the climb goes on."""
    old = row(rungs.Refused, S.TURNED_AWAY)
    rest = attrs.evolve(old, sources=tuple(state for state in old.sources if state is not refusing), group=None)
    open_door = attrs.evolve(old, sources=(refusing,), target=onward, group=None, fails=None)
    broken = without(rungs.NoSecondFactorWanted, [*changed(old, rest), open_door])

    if through is None:
        # A state that both refuses and passes is on the way all the same: the traces catch this one, no proof can.
        assert checks.passes(broken, S.SIGNED_IN, CHECKING)
        with pytest.raises(AssertionError):
            follow(broken, FALLS["with a wrong proof"])
    else:
        assert not checks.passes(broken, S.SIGNED_IN, through)


@pytest.mark.parametrize(
    ("kind", "target", "guard", "value", "rung"),
    [
        (rungs.GatePassed, S.CHECKING_PASSWORD, proves_password, True, S.CHECKING_PROOF),
        (rungs.FirstFactorPassed, S.CHOOSING_SECOND_FACTOR, is_temporary, True, S.SETTING_NEW_PASSWORD),
    ],
)
def test_a_guard_that_is_dropped_breaks_a_proof(
    kind: type[Event],
    target: S,
    guard: Callable[..., bool],
    value: bool,  # noqa: FBT001  # the value of a guard
    rung: S,
) -> None:
    old = row(kind, target)
    broken = rebuilt(changed(old, attrs.evolve(old, unless=None)))

    assert checks.passes(ladder, S.SIGNED_IN, rung, assuming={guard: value})
    assert not checks.passes(broken, S.SIGNED_IN, rung, assuming={guard: value})


@pytest.mark.parametrize(
    ("kind", "target"),
    [(rungs.GatePassed, S.PREPARING_PROOF), (rungs.FirstFactorPassed, S.AWAITING_NEW_PASSWORD)],
)
def test_a_guard_that_is_dropped_from_a_first_row_cannot_even_be_declared(kind: type[Event], target: S) -> None:
    old = row(kind, target)
    with pytest.raises(DeclarationError, match="do not end in the one without a guard"):
        rebuilt(changed(old, attrs.evolve(old, when=None)))


def test_swapped_guards_fail_a_trace() -> None:
    new_password = row(rungs.FirstFactorPassed, S.AWAITING_NEW_PASSWORD)
    no_more = row(rungs.FirstFactorPassed, S.CHOOSING_SECOND_FACTOR)
    swap = {
        id(new_password): attrs.evolve(new_password, when=None, unless=new_password.when),
        id(no_more): attrs.evolve(no_more, when=no_more.unless, unless=None),
    }
    broken = rebuilt(swap.get(id(edge), edge) for edge in ladder.edges)

    assert after(broken, password_given, gate_passed, passed_for_now).state is S.CHOOSING_SECOND_FACTOR
    assert not checks.passes(broken, S.SIGNED_IN, S.SETTING_NEW_PASSWORD, assuming={is_temporary: True})


@pytest.mark.parametrize("guard", [proves_password, is_temporary])
def test_a_guard_that_fails_lets_nobody_past_it(guard: Callable[..., bool]) -> None:
    def failing(context: AttemptContext, event: Event) -> bool:
        raise RuntimeError("this guard is broken")

    failing.__name__ = guard.__name__
    edges = [
        attrs.evolve(
            edge,
            when=failing if edge.when is guard else edge.when,
            unless=failing if edge.unless is guard else edge.unless,
        )
        for edge in ladder.edges
    ]
    broken = rebuilt(edges)

    for trace in CLIMBS.values():
        with pytest.raises(RuntimeError, match="this guard is broken"):
            after(broken, *(climbed.event for climbed in trace))
