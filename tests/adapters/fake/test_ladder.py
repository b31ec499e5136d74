"""The ladder, followed purely: what leads where, what it forgets, and what can be proved about every way up.

Nothing runs here. The traces climb the ladder by every road, and a ladder that is broken in any small way fails one of
them. The proofs say it for all roads at once, and the last tests break the ladder on purpose to see a proof fail.
"""

import copy
import itertools
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import TypeAlias

import attrs
import pytest

from authsteps.adapters.fake import MfaFactor
from authsteps.adapters.fake.sign_in import choice_rungs, custom_rungs, device_rungs, mfa_rungs, rungs, trigger_rungs
from authsteps.adapters.fake.sign_in.attempt import AttemptContext, Way, adopt_device
from authsteps.adapters.fake.sign_in.attempt import AttemptState as S
from authsteps.adapters.fake.sign_in.ladder import ladder
from authsteps.adapters.fake.sign_in.ladder_custom import is_custom
from authsteps.adapters.fake.sign_in.ladder_first import counts_as_both, is_temporary, proves_password
from authsteps.adapters.fake.sign_in.ladder_second import awaits_triggers, needs_second_factor
from authsteps.engine import checks
from authsteps.engine.errors import DeclarationError, EventNotAllowedError
from authsteps.engine.flow import Edge, Flow
from authsteps.engine.messages import Event, Secret
from authsteps.engine.snapshot import Snapshot
from authsteps.engine.table import NodeKind
from tests.adapters.fake import ladder_traces as given
from tests.adapters.fake.ladder_traces import CLIMBS, EVENTS, FALLS, TRACES
from tests.flows.traces import Trace, after, codec, follow, survivors, waiting_states

Ladder: TypeAlias = Flow[S, AttemptContext]
Row: TypeAlias = Edge[S, AttemptContext]
Guards: TypeAlias = Mapping[Callable[..., bool], bool]

PRE = (
    S.PRE_AUTHENTICATING,
    S.PRE_AUTHENTICATING_TO_FACTORS,
    S.PRE_AUTHENTICATING_AFTER_SIGN_UP,
    S.PRE_AUTHENTICATING_TO_CHALLENGES,
)
"""Where PreAuthentication has its say."""
GATES = (S.PASSING_GATE, S.PASSING_GATE_TO_FACTORS, S.PASSING_GATE_AFTER_SIGN_UP, S.PASSING_GATE_TO_CHALLENGES)
FIRST = (
    S.CHECKING_PASSWORD,
    S.CHECKING_PROOF,
    S.CHECKING_PROOF_MIDWAY,
    S.VERIFYING_FIRST_CODE,
    S.CHECKING_PASSKEY,
    S.REDEEMING_HAND_OVER,
    S.DEFINING_CHALLENGE,
)
"""Where something is proved first; with custom authentication the triggers say what."""
PROVED = (S.VERIFYING_SECOND_CODE, S.VERIFYING_TOTP_CODE, S.VERIFYING_SET_UP_CODE)
"""Where a second factor is proved."""
BEGINNINGS: Sequence[type[Event]] = (
    rungs.PasswordGiven,
    rungs.ProofOffered,
    choice_rungs.ChoiceBegun,
    choice_rungs.HandOverGiven,
    custom_rungs.CustomBegun,
)
DEMANDED: Guards = {needs_second_factor: True, counts_as_both: False}
"""Pool and user demand a second factor, and none that will do was proved before."""
GUARDS = (
    proves_password,
    is_temporary,
    counts_as_both,
    is_custom,
    needs_second_factor,
    awaits_triggers,
)


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
        absorb=adopt_device,
    )


def without(kind: type[Event], edges: Iterable[Row] = ladder.edges) -> Ladder:
    """The ladder as it is where an event never happens."""
    return rebuilt(edge for edge in edges if edge.event is not kind)


def begun_with(kind: type[Event], edges: Iterable[Row] = ladder.edges) -> Ladder:
    """The ladder as it is for those who begin in this way."""
    return rebuilt(edge for edge in edges if edge.event is kind or edge.event not in BEGINNINGS)


def row(kind: type[Event], target: S, source: S | None = None) -> Row:
    found = [edge for edge in ladder.edges if edge.event is kind and edge.target is target]
    (only,) = [edge for edge in found if source is None or source in edge.sources]
    return only


def changed(old: Row, new: Row) -> list[Row]:
    return [new if edge is old else edge for edge in ladder.edges]


def leading(kind: type[Event], old: S, new: S) -> list[Row]:
    """The rows of the ladder, with one that leads elsewhere."""
    edge = row(kind, old)
    return changed(edge, attrs.evolve(edge, target=new, keep=None))


# --- What leads where ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trace", TRACES.values(), ids=[*TRACES])
def test_the_ladder_is_climbed_rung_by_rung(trace: Trace[S]) -> None:
    follow(ladder, trace)


def test_a_ladder_that_is_broken_in_any_small_way_fails_a_trace() -> None:
    """All but these: what was offered shows beside a challenge only, and what is forgotten is asked for by no rung."""
    assert survivors(ladder, adopt_device, TRACES.values()) == [
        "PasswordWanted to CHECKING_PASSWORD, without keep",
        "ProofWanted to PREPARING_PROOF, without keep",
        "FirstFactorPassed to AWAITING_NEW_PASSWORD, without keep",
        "FirstFactorPassed to FINDING_DEVICE, without keep",
        "SecondFactorPassed to FINDING_DEVICE, without keep",
    ]


def test_no_check_finds_fault_with_the_ladder() -> None:
    assert checks.problems(ladder) == ()


def test_a_row_that_never_forgets_the_device_adopts_whatever_key_comes_last() -> None:
    reached = after(
        ladder, given.password_given, given.gate_passed, given.may_try, given.passed, given.nothing_demanded
    )
    assert reached.context.device_key == given.KEY

    other = attrs.evolve(given.device_offered, device_key="another")
    moved = ladder.advance(ladder.advance(reached, given.device_wanted).snapshot, other).snapshot
    assert moved.context.device_key == "another"


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


# --- What the ladder keeps, and what it forgets ----------------------------------------------------------------------

OF_SRP = ("srp_a", "private", "public", "salt", "secret_block")
OF_FIRST = ("channel", "code", "passkey_challenge", "passkey_options")
OF_SECOND = ("demand", "factor", "device_name", "code", "new_email", "totp_secret")
OF_TRIGGERS = ("private_parameters", "metadata")
FORGOTTEN: Mapping[S, tuple[str, ...]] = {
    S.AWAITING_NEW_PASSWORD: (*OF_SRP, *OF_FIRST),
    S.CHOOSING_SECOND_FACTOR: (*OF_SRP, *OF_FIRST, *OF_TRIGGERS),
    S.CHOOSING_SECOND_FACTOR_MIDWAY: (*OF_SRP, *OF_FIRST),
    S.DEFINING_CHALLENGE: (*OF_FIRST, *OF_SECOND[1:], *OF_TRIGGERS),
    S.FINDING_DEVICE: (*OF_SRP, *OF_FIRST, *OF_SECOND, *OF_TRIGGERS),
    S.POST_AUTHENTICATING: (*OF_SRP, *OF_FIRST, *OF_TRIGGERS),
    S.ISSUING_TOKENS: (*OF_SRP, *OF_FIRST, *OF_TRIGGERS),
    S.SIGNED_IN: (*OF_SRP, *OF_FIRST, *OF_TRIGGERS),
}


@pytest.mark.parametrize("state", FORGOTTEN)
def test_nothing_of_a_rung_is_kept_past_it(state: S) -> None:
    for snapshot in snapshots()[state]:
        held = {name: getattr(snapshot.context, name) for name in FORGOTTEN[state]}
        assert not any(value for value in held.values()), [name for name, value in held.items() if value]


def test_the_proof_of_a_password_is_offered_once() -> None:
    """A trigger that demands a second proof gets none: the offer is gone with the first."""
    assert all(
        snapshot.context.srp_a is None
        for snapshot in snapshots()[S.DEFINING_CHALLENGE]
        if given.PROVED in snapshot.context.entries
    )


def test_passwords_and_answers_are_forgotten_wherever_a_client_is_awaited() -> None:
    for state, ways in snapshots().items():
        for snapshot in ways:
            held = [value for value in attrs.asdict(snapshot.context, recurse=False).values() if type(value) is Secret]
            assert not held or ladder.nodes[state].kind is NodeKind.WORKING, state


def test_an_attempt_that_waits_can_be_written_and_read_back() -> None:
    waiting = waiting_states(ladder)
    assert len(waiting) == 14
    for state in waiting:
        for snapshot in snapshots()[state]:
            read = codec(ladder).decode(codec(ladder).encode(snapshot))
            assert read == snapshot
            assert ladder.outstanding(read) == ladder.outstanding(snapshot)


@pytest.mark.parametrize(
    ("state", "secret"),
    [
        (S.AWAITING_SECOND_CODE, "canary 123456"),
        (S.AWAITING_FIRST_CODE, "canary 12345678"),
        (S.AWAITING_CUSTOM_ANSWER, '{"canary": 2}'),
    ],
)
def test_what_the_client_must_not_see_stands_in_the_attempt_and_in_no_step(state: S, secret: str) -> None:
    waiting = snapshots()[state][0]

    held = attrs.asdict(waiting.context, recurse=False).values()
    assert Secret(secret) in [value for value in held if isinstance(value, Secret)]
    step = ladder.outstanding(waiting)
    assert step is not None
    assert Secret(secret) not in attrs.asdict(step).values()


def test_no_secret_shows_in_an_attempt_whatever_rung_it_stands_on() -> None:
    for ways in snapshots().values():
        for snapshot in ways:
            assert "canary" not in repr((snapshot, ladder.outstanding(snapshot))), snapshot.state


WAYS: Mapping[type[Event], Way] = {
    rungs.PasswordGiven: Way.PASSWORD,
    rungs.ProofOffered: Way.PROOF,
    choice_rungs.ChoiceBegun: Way.CHOICE,
    choice_rungs.HandOverGiven: Way.CHOICE,
    custom_rungs.CustomBegun: Way.CUSTOM,
}


def keeps_its_way(flow: Ladder) -> bool:
    """Whether an attempt remembers on every rung how it began, and with whom."""
    for trace in TRACES.values():
        begun = flow.advance(flow.start(), trace[0].event).snapshot
        snapshot = begun
        for climbed in trace[1:]:
            snapshot = flow.advance(snapshot, climbed.event).snapshot
            if snapshot.context.way is not WAYS[type(trace[0].event)]:
                return False
            if (snapshot.context.sub, snapshot.context.client_id) not in {("alice-sub", "client"), ("", "client")}:
                return False
    return True


def test_how_an_attempt_began_and_whose_it_is_stay_to_the_end() -> None:
    assert keeps_its_way(ladder)


def test_whose_an_attempt_is_is_settled_at_the_gate_alone() -> None:
    assert {edge.sources[0] for edge in ladder.edges if edge.event is rungs.GatePassed} == {*GATES}


def test_a_second_factor_counts_as_proved_only_by_its_own_rungs() -> None:
    """So nothing else meets the demand at the end of a custom sign-in."""
    assert all(edge.sources == VERIFYING for edge in ladder.edges if edge.event is mfa_rungs.SecondFactorPassed)
    for state, event in itertools.product(S, EVENTS):
        for snapshot in snapshots()[state]:
            if ladder.rows(state, type(event)) and snapshot.context.second_factor is None:
                proved = ladder.advance(snapshot, event).snapshot.context.second_factor is not None
                assert proved is isinstance(event, mfa_rungs.SecondFactorPassed)


VERIFYING = (S.VERIFYING_SECOND_CODE, S.VERIFYING_TOTP_CODE, S.ACTIVATING_TOTP)


# --- What can be proved: the first factor ----------------------------------------------------------------------------


def test_nobody_gets_tokens_without_a_gate_and_a_first_factor() -> None:
    assert checks.passes(ladder, S.SIGNED_IN, GATES)
    assert checks.passes(ladder, S.SIGNED_IN, FIRST)
    for one in (*GATES, *FIRST):
        assert not checks.passes(ladder, S.SIGNED_IN, one)


ONLY_THROUGH: Mapping[type[Event], tuple[S, ...]] = {
    rungs.PasswordGiven: (S.CHECKING_PASSWORD,),
    rungs.ProofOffered: (S.CHECKING_PROOF,),
    choice_rungs.ChoiceBegun: (
        S.CHECKING_PASSWORD,
        S.CHECKING_PROOF,
        S.VERIFYING_FIRST_CODE,
        S.CHECKING_PASSKEY,
    ),
    choice_rungs.HandOverGiven: (S.REDEEMING_HAND_OVER,),
    custom_rungs.CustomBegun: (S.DEFINING_CHALLENGE,),
}
BY_FLOW: Mapping[type[Event], Guards] = {
    rungs.PasswordGiven: {proves_password: False, is_custom: False, awaits_triggers: False},
    rungs.ProofOffered: {proves_password: True, is_custom: False, awaits_triggers: False},
    choice_rungs.ChoiceBegun: {is_custom: False, awaits_triggers: False},
    choice_rungs.HandOverGiven: {is_custom: False, awaits_triggers: False},
    custom_rungs.CustomBegun: {is_custom: True},
}


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_who_begins_in_one_way_gets_tokens_only_by_what_that_way_demands(kind: type[Event]) -> None:
    assert checks.passes(begun_with(kind), S.SIGNED_IN, ONLY_THROUGH[kind], assuming=BY_FLOW[kind])


@pytest.mark.parametrize("rung", [S.PREPARING_PROOF, S.AWAITING_PROOF, S.CHECKING_PROOF])
def test_who_offers_a_proof_gets_tokens_only_with_a_proof_that_was_demanded_and_checked(rung: S) -> None:
    offered = begun_with(rungs.ProofOffered)

    assert checks.passes(offered, S.SIGNED_IN, rung, assuming=BY_FLOW[rungs.ProofOffered])


@pytest.mark.parametrize("rung", [S.AWAITING_NEW_PASSWORD, S.SETTING_NEW_PASSWORD])
@pytest.mark.parametrize("kind", [rungs.PasswordGiven, rungs.ProofOffered])
def test_a_temporary_password_gives_tokens_only_after_a_new_one_was_set(kind: type[Event], rung: S) -> None:
    assert checks.passes(begun_with(kind), S.SIGNED_IN, rung, assuming={**BY_FLOW[kind], is_temporary: True})


def test_a_permanent_password_is_never_replaced_on_the_way() -> None:
    demanded_by_nobody = without(custom_rungs.NewPasswordWanted)
    with pytest.raises(ValueError, match="SETTING_NEW_PASSWORD cannot be reached"):
        checks.passes(demanded_by_nobody, S.SETTING_NEW_PASSWORD, GATES, assuming={is_temporary: False})


def test_triggers_have_a_password_replaced_without_being_content_for_that() -> None:
    with pytest.raises(ValueError, match="SIGNED_IN cannot be reached"):
        checks.passes(never_allowed(), S.SIGNED_IN, S.SETTING_NEW_PASSWORD, assuming=UNDECIDED)


def never_allowed(edges: Iterable[Row] = ladder.edges) -> Ladder:
    """The ladder of a custom sign-in whose triggers are never content."""
    return without(custom_rungs.TokensAllowed, begun_with(custom_rungs.CustomBegun, edges).edges)


UNDECIDED: Guards = {is_custom: True, awaits_triggers: True}


def test_in_a_custom_sign_in_nobody_gets_tokens_until_the_triggers_are_content() -> None:
    with pytest.raises(ValueError, match="SIGNED_IN cannot be reached"):
        checks.passes(never_allowed(), S.SIGNED_IN, S.DEFINING_CHALLENGE, assuming=UNDECIDED)


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        (S.VERIFYING_FIRST_CHOICE, (S.AWAITING_FIRST_CHOICE, S.AWAITING_PASSKEY)),
        (S.CHECKING_PROOF, S.AWAITING_PROOF),
        (S.CHECKING_PROOF_MIDWAY, S.AWAITING_PROOF),
        (S.AWAITING_FIRST_CODE, S.SENDING_FIRST_CODE),
        (S.VERIFYING_FIRST_CODE, S.AWAITING_FIRST_CODE),
        (S.CHECKING_PASSKEY, S.PREPARING_PASSKEY),
        (S.VERIFYING_CUSTOM_ANSWER, S.CREATING_CHALLENGE),
        (S.SETTING_NEW_PASSWORD, S.AWAITING_NEW_PASSWORD),
        (S.VERIFYING_FACTOR_CHOICE, S.AWAITING_FACTOR_CHOICE),
        (S.AWAITING_SECOND_CODE, (S.SENDING_SECOND_CODE, S.SETTING_UP_EMAIL)),
        (S.VERIFYING_SECOND_CODE, S.AWAITING_SECOND_CODE),
        (S.VERIFYING_TOTP_CODE, S.AWAITING_TOTP_CODE),
        (S.AWAITING_SET_UP_CODE, S.ASSOCIATING_TOTP),
        (S.VERIFYING_SET_UP_CODE, S.AWAITING_SET_UP_CODE),
        (S.ACTIVATING_TOTP, S.VERIFYING_SET_UP_CODE),
        (S.SETTING_UP_EMAIL, S.AWAITING_MFA_SET_UP),
        (S.PREPARING_DEVICE_PROOF, S.AWAITING_DEVICE_SRP),
        (S.CHECKING_DEVICE_PROOF, S.AWAITING_DEVICE_PROOF),
    ],
)
def test_nothing_is_checked_that_was_not_asked_for_first(later: S, earlier: S | tuple[S, ...]) -> None:
    assert checks.passes(ladder, later, earlier)


def test_no_message_is_sent_before_the_first_factor() -> None:
    assert checks.passes(ladder, S.SENDING_SECOND_CODE, FIRST)
    assert checks.passes(ladder, S.SETTING_UP_EMAIL, FIRST)


# --- What can be proved: the triggers that look on ------------------------------------------------------------------


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_nobody_gets_tokens_past_the_trigger_before_the_first_factor_or_the_one_at_the_top(kind: type[Event]) -> None:
    begun = begun_with(kind)

    assert checks.passes(begun, S.SIGNED_IN, PRE, assuming=BY_FLOW[kind])
    assert checks.passes(begun, S.SIGNED_IN, S.POST_AUTHENTICATING, assuming=BY_FLOW[kind])
    assert checks.passes(begun, S.ISSUING_TOKENS, S.POST_AUTHENTICATING, assuming=BY_FLOW[kind])


LOOKED_AT = (*FIRST, S.CHOOSING_FIRST_FACTOR, S.PREPARING_PROOF, S.SENDING_FIRST_CODE, S.PREPARING_PASSKEY)


@pytest.mark.parametrize("rung", LOOKED_AT)
def test_nothing_of_a_first_factor_is_looked_at_before_pre_authentication_is_asked(rung: S) -> None:
    assert checks.passes(ladder, rung, PRE)
    assert checks.passes(ladder, PRE[0], GATES), "which comes after the gate"


def test_pre_authentication_is_asked_once_in_an_attempt_and_so_is_post_authentication() -> None:
    for state in (*PRE, S.POST_AUTHENTICATING):
        reached, fresh = set[S](), [edge.target for edge in ladder.rows(state)]
        while fresh:
            reached.add(fresh.pop())
            fresh += {edge.target for here in reached for edge in ladder.rows(here)} - reached
        assert not reached & {*PRE}
        assert state is not S.POST_AUTHENTICATING or reached == {S.ISSUING_TOKENS, S.SIGNED_IN, S.TURNED_AWAY}


ASKING = (*PRE, S.POST_AUTHENTICATING, S.ISSUING_TOKENS, S.DEFINING_CHALLENGE, S.CREATING_CHALLENGE)


@pytest.mark.parametrize("state", [*ASKING, S.VERIFYING_CUSTOM_ANSWER])
def test_where_a_trigger_is_asked_that_can_only_raise_there_is_one_way_and_it_leads_out(state: S) -> None:
    (refused,) = ladder.rows(state, rungs.Refused)
    assert (refused.target, refused.guards) == (S.TURNED_AWAY, frozenset())

    for snapshot in snapshots()[state]:
        assert ladder.advance(snapshot, given.refused).failure == given.NO


@pytest.mark.parametrize(
    ("kind", "old", "new", "through"),
    [
        (rungs.GatePassed, S.PRE_AUTHENTICATING_TO_FACTORS, S.CHOOSING_FIRST_FACTOR, PRE),
        (rungs.GatePassed, S.PRE_AUTHENTICATING_TO_CHALLENGES, S.DEFINING_CHALLENGE, PRE),
        (device_rungs.NoDeviceProofWanted, S.POST_AUTHENTICATING, S.ISSUING_TOKENS, S.POST_AUTHENTICATING),
        (device_rungs.DeviceProofPassed, S.POST_AUTHENTICATING, S.ISSUING_TOKENS, S.POST_AUTHENTICATING),
    ],
)
def test_a_trigger_that_is_passed_by_breaks_a_proof(
    kind: type[Event], old: S, new: S, through: S | tuple[S, ...]
) -> None:
    broken = rebuilt(changed(row(kind, old), attrs.evolve(row(kind, old), target=new)))

    assert not checks.passes(broken, S.SIGNED_IN, through)


# --- What can be proved: the second factor ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_where_a_second_factor_is_demanded_nobody_gets_tokens_without_one(kind: type[Event]) -> None:
    """Or without the proof of a device that stands in for it."""
    begun, assumed = begun_with(kind), {**BY_FLOW[kind], **DEMANDED}

    assert checks.passes(begun, S.SIGNED_IN, (*PROVED, S.CHECKING_DEVICE_PROOF), assuming=assumed)
    assert checks.passes(without(mfa_rungs.DeviceStandsIn, begun.edges), S.SIGNED_IN, PROVED, assuming=assumed)


def test_the_one_way_round_a_second_factor_that_is_demanded_is_a_device_that_stands_in() -> None:
    way_round = checks.detour(ladder, S.SIGNED_IN, PROVED, assuming=DEMANDED)

    assert way_round is not None
    assert mfa_rungs.DeviceStandsIn in [edge.event for edge in way_round]
    assert S.CHECKING_DEVICE_PROOF in [edge.target for edge in way_round]


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_the_one_way_round_the_question_is_a_passkey_that_counts_for_both_factors(kind: type[Event]) -> None:
    # Of a custom sign-in it is asked at the end, when the triggers are content.
    waits = {awaits_triggers: True} if kind is custom_rungs.CustomBegun else {}
    assumed: Guards = {**BY_FLOW[kind], **waits, counts_as_both: False}

    assert checks.passes(begun_with(kind), S.SIGNED_IN, S.CHOOSING_SECOND_FACTOR, assuming=assumed)
    (edge,) = [edge for edge in ladder.edges if (counts_as_both.__name__, True) in edge.guards]
    assert edge.sources == (S.CHECKING_PASSKEY,)


def test_who_was_asked_for_a_second_factor_is_never_asked_again_whether_one_is_demanded() -> None:
    """So the answer "none" cannot come later, and who stands here gets tokens with a right code or not at all.

    In the middle of a custom sign-in the triggers come in between; there what was proved is told along.
    """
    second = [S.SENDING_SECOND_CODE, S.AWAITING_TOTP_CODE, S.AWAITING_FACTOR_CHOICE, S.AWAITING_MFA_SET_UP]
    reached, fresh = set(second), [*second]
    while fresh:
        onward = {edge.target for edge in ladder.rows(fresh.pop())} - reached - {S.DEFINING_CHALLENGE}
        reached |= onward
        fresh += onward

    assert S.CHOOSING_SECOND_FACTOR not in reached
    assert reached >= {S.SIGNED_IN, *VERIFYING}


def test_fifty_thousand_events_at_random_lead_to_tokens_only_along_these_proofs() -> None:
    shuffled = random.Random(20260105)  # noqa: S311  # a test must be able to repeat itself
    possible = {state: [event for event in EVENTS if ladder.rows(state, type(event))] for state in S}
    for events in possible.values():
        events[:] = [event for event in events if event is not given.undone]  # one kind of refusal is enough
    snapshot, came_by, climbed = ladder.start(), set[S](), 0
    happened: list[Event] = []
    for _ in range(50_000):
        event = shuffled.choice(possible[snapshot.state])
        if event is given.proof_prepared and snapshot.context.srp_a is None:
            event = given.refused  # nobody prepares a proof where none was offered
        snapshot = ladder.advance(snapshot, event).snapshot
        came_by.add(snapshot.state)
        happened.append(event)
        if snapshot.state is S.SIGNED_IN:
            assert came_by & {*GATES}
            assert came_by & {*FIRST}
            assert came_by & {*PRE}
            assert S.POST_AUTHENTICATING in came_by
            kinds = {type(one) for one in happened}
            is_enough = given.nothing_demanded in happened or given.both_passed in happened
            assert came_by & {*PROVED} or S.CHECKING_DEVICE_PROOF in came_by or is_enough
            assert S.AWAITING_NEW_PASSWORD not in came_by or rungs.NewPasswordSet in kinds
            assert custom_rungs.CustomBegun not in kinds or custom_rungs.TokensAllowed in kinds
            climbed += 1
        if not ladder.rows(snapshot.state):
            snapshot, came_by = ladder.start(), set[S]()
            happened.clear()

    assert climbed >= 50


# --- Ladders that must not pass --------------------------------------------------------------------------------------

BY_PASSWORD = {**BY_FLOW[rungs.PasswordGiven], **DEMANDED}
SKIPPED: Mapping[str, list[Row]] = {
    "after a new password": leading(rungs.NewPasswordSet, S.CHOOSING_SECOND_FACTOR, S.FINDING_DEVICE),
    "after a password": leading(rungs.FirstFactorPassed, S.AWAITING_NEW_PASSWORD, S.ISSUING_TOKENS),
    "when it is demanded": leading(mfa_rungs.SecondFactorChosen, S.PICKING_SECOND_FACTOR, S.FINDING_DEVICE),
    "when a code was sent": leading(mfa_rungs.SecondCodeSent, S.AWAITING_SECOND_CODE, S.FINDING_DEVICE),
    "when a code is wanted": leading(mfa_rungs.TotpCodeWanted, S.AWAITING_TOTP_CODE, S.FINDING_DEVICE),
    "when a code came": leading(rungs.CodeGiven, S.VERIFYING_TOTP_CODE, S.ISSUING_TOKENS),
    "when a wrong code came": [
        attrs.evolve(edge, target=S.ISSUING_TOKENS, fails=None)
        if edge.event is rungs.Refused and edge.target is S.AWAITING_MFA_SET_UP and S.ASSOCIATING_TOTP in edge.sources
        else edge
        for edge in ladder.edges
    ],
    "when a factor was chosen": leading(mfa_rungs.FactorChosen, S.VERIFYING_FACTOR_CHOICE, S.FINDING_DEVICE),
    "when one is to be set up": leading(mfa_rungs.SetUpWanted, S.AWAITING_MFA_SET_UP, S.ISSUING_TOKENS),
    "when a new app has no code yet": leading(mfa_rungs.TotpAssociated, S.AWAITING_SET_UP_CODE, S.AWAITING_SET_UP_END),
    "when a new app is asked for": leading(mfa_rungs.TotpSetUpBegun, S.ASSOCIATING_TOTP, S.ACTIVATING_TOTP),
    "when a new address is given": leading(mfa_rungs.EmailGiven, S.SETTING_UP_EMAIL, S.FINDING_DEVICE),
}


@pytest.mark.parametrize("edges", SKIPPED.values(), ids=[*SKIPPED])
def test_a_second_factor_that_is_skipped_breaks_a_proof(edges: list[Row]) -> None:
    broken = without(mfa_rungs.DeviceStandsIn, begun_with(rungs.PasswordGiven, edges).edges)

    assert not checks.passes(broken, S.SIGNED_IN, PROVED, assuming=BY_PASSWORD)


def test_a_device_that_stands_in_without_a_proof_breaks_a_proof() -> None:
    stands_in = row(mfa_rungs.DeviceStandsIn, S.AWAITING_DEVICE_SRP)
    broken = rebuilt(changed(stands_in, attrs.evolve(stands_in, target=S.ISSUING_TOKENS)))

    assert not checks.passes(broken, S.SIGNED_IN, (*PROVED, S.CHECKING_DEVICE_PROOF), assuming=DEMANDED)


@pytest.mark.parametrize(
    ("refusing", "onward", "through"),
    [
        (S.CHECKING_PROOF, S.CHOOSING_SECOND_FACTOR, None),
        (S.CHECKING_PASSWORD, S.ISSUING_TOKENS, S.CHOOSING_SECOND_FACTOR),
        (S.CHOOSING_SECOND_FACTOR, S.ISSUING_TOKENS, PROVED),
        (S.PICKING_SECOND_FACTOR, S.FINDING_DEVICE, PROVED),
        (S.SENDING_SECOND_CODE, S.ISSUING_TOKENS, PROVED),
        (S.PASSING_GATE, S.CHOOSING_SECOND_FACTOR, FIRST),
        (S.CHOOSING_FIRST_FACTOR, S.CHOOSING_SECOND_FACTOR, FIRST),
        (S.PREPARING_PASSKEY, S.FINDING_DEVICE, FIRST),
    ],
)
def test_a_refusal_that_leads_upwards_breaks_a_proof(refusing: S, onward: S, through: S | tuple[S, ...] | None) -> None:
    """Failing open: what went wrong is passed over, and the climb goes on."""
    old = row(rungs.Refused, S.TURNED_AWAY)
    rest = attrs.evolve(old, sources=tuple(state for state in old.sources if state is not refusing), group=None)
    open_door = attrs.evolve(old, sources=(refusing,), target=onward, group=None, fails=None)
    broken = without(mfa_rungs.DeviceStandsIn, [*changed(old, rest), open_door])

    if through is None:
        # A state that both refuses and passes is on the way all the same: the traces catch this one, no proof can.
        assert checks.passes(broken, S.SIGNED_IN, FIRST)
        with pytest.raises(AssertionError):
            follow(broken, FALLS["with a wrong proof"])
    else:
        assert not checks.passes(broken, S.SIGNED_IN, through, assuming=DEMANDED)


@pytest.mark.parametrize(
    ("kind", "target", "through"),
    [
        (custom_rungs.CustomAnswerGiven, S.VERIFYING_CUSTOM_ANSWER, S.PASSING_GATE),
        (custom_rungs.CustomAnswerVerified, S.DEFINING_CHALLENGE, S.CHOOSING_FIRST_FACTOR),
        (custom_rungs.ChallengeCreated, S.AWAITING_CUSTOM_ANSWER, S.AWAITING_FIRST_CHOICE),
    ],
)
def test_a_restart_that_forgets_which_flow_was_begun_breaks_a_proof(kind: type[Event], target: S, through: S) -> None:
    broken = never_allowed(leading(kind, target, through))

    assert checks.passes(broken, S.SIGNED_IN, through, assuming=UNDECIDED), "tokens without the triggers' word"


def test_a_row_that_forgets_how_the_attempt_began_is_seen() -> None:
    old = row(choice_rungs.FirstFactorChosen, S.VERIFYING_FIRST_CHOICE)

    def forget(context: AttemptContext, event: Event) -> AttemptContext:
        assert old.keep is not None
        return attrs.evolve(old.keep(context, event), way=Way.PASSWORD)

    assert not keeps_its_way(rebuilt(changed(old, attrs.evolve(old, keep=forget))))


def test_a_row_that_takes_another_user_up_is_seen() -> None:
    old = row(rungs.NewPasswordGiven, S.SETTING_NEW_PASSWORD)

    def mix_up(context: AttemptContext, event: Event) -> AttemptContext:
        assert old.keep is not None
        return attrs.evolve(old.keep(context, event), sub="bob-sub")

    assert not keeps_its_way(rebuilt(changed(old, attrs.evolve(old, keep=mix_up))))


def test_a_proof_in_a_custom_sign_in_that_is_taken_for_one_of_srp_breaks_a_proof() -> None:
    midway = row(rungs.ProofGiven, S.CHECKING_PROOF_MIDWAY)
    broken = never_allowed(changed(midway, attrs.evolve(midway, target=S.CHECKING_PROOF)))

    assert checks.passes(broken, S.SIGNED_IN, S.CHECKING_PROOF, assuming=UNDECIDED), "tokens without the triggers' word"


@pytest.mark.parametrize(
    ("kind", "target", "guard", "value", "rung"),
    [
        (trigger_rungs.AttemptAllowed, S.CHECKING_PASSWORD, proves_password, True, S.CHECKING_PROOF),
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
    old = row(kind, target, S.CHECKING_PROOF if kind is rungs.FirstFactorPassed else None)
    begun = begun_with(rungs.ProofOffered)
    broken = begun_with(rungs.ProofOffered, changed(old, attrs.evolve(old, unless=None)))
    assumed = {**BY_FLOW[rungs.ProofOffered], guard: value}

    assert checks.passes(begun, S.SIGNED_IN, rung, assuming=assumed)
    assert not checks.passes(broken, S.SIGNED_IN, rung, assuming=assumed)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (trigger_rungs.AttemptAllowed, S.PREPARING_PROOF),
        (rungs.FirstFactorPassed, S.AWAITING_NEW_PASSWORD),
        (mfa_rungs.SecondFactorChosen, S.PICKING_SECOND_FACTOR),
    ],
)
def test_a_guard_that_is_dropped_from_a_first_row_cannot_even_be_declared(kind: type[Event], target: S) -> None:
    old = row(kind, target)
    with pytest.raises(DeclarationError, match="do not end in the one without a guard"):
        rebuilt(changed(old, attrs.evolve(old, when=None)))


def test_swapped_guards_fail_a_trace() -> None:
    new_password = row(rungs.FirstFactorPassed, S.AWAITING_NEW_PASSWORD)
    no_more = row(rungs.FirstFactorPassed, S.CHOOSING_SECOND_FACTOR, S.CHECKING_PASSWORD)
    swap = {
        id(new_password): attrs.evolve(new_password, when=None, unless=new_password.when),
        id(no_more): attrs.evolve(no_more, when=no_more.unless, unless=None),
    }
    broken = rebuilt(swap.get(id(edge), edge) for edge in ladder.edges)

    happened = after(broken, given.password_given, given.gate_passed, given.may_try, given.passed_for_now)
    assert happened.state is S.CHOOSING_SECOND_FACTOR
    begun = begun_with(rungs.PasswordGiven, broken.edges)
    assumed = {**BY_FLOW[rungs.PasswordGiven], is_temporary: True}
    assert not checks.passes(begun, S.SIGNED_IN, S.SETTING_NEW_PASSWORD, assuming=assumed)


@pytest.mark.parametrize("guard", GUARDS)
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
    guarded = {
        (state, edge.event)
        for edge in ladder.edges
        for state in edge.sources
        if guard.__name__ in {name for name, _ in edge.guards}
    }

    met = [trace for trace in CLIMBS.values() if _meets(trace, guarded)]
    assert met
    for trace in met:
        with pytest.raises(RuntimeError, match="this guard is broken"):
            after(broken, *(climbed.event for climbed in trace))


def _meets(trace: Trace[S], guarded: set[tuple[S, type[Event]]]) -> bool:
    states = [S.READY, *(climbed.state for climbed in trace)]
    return any((state, type(climbed.event)) in guarded for state, climbed in zip(states, trace, strict=False))


def test_these_are_all_guards() -> None:
    assert {name for edge in ladder.edges for name, _ in edge.guards} == {guard.__name__ for guard in GUARDS}


def test_the_samples_hold_every_factor_that_is_sent() -> None:
    assert {given.sms_sent.factor, given.email_sent.factor} == set(MfaFactor) - {MfaFactor.SOFTWARE_TOKEN_MFA}
    assert device_rungs.DeviceProofOffered in {type(event) for event in EVENTS}
