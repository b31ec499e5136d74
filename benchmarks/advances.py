"""What the graph costs: ``Flow.advance``, beside a look-up in a plain dict for scale."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import attrs

from authsteps.engine.messages import Carried, Event, Secret
from authsteps.engine.snapshot import Snapshot
from authsteps.flows.events import (
    Authenticated,
    ClaimComputed,
    CodeAnswered,
    ErrandDone,
    KeyPairMade,
    PasswordVerifierChallenged,
    SignInRequested,
    TotpCodeChallenged,
    UserFetched,
)
from authsteps.flows.model import AuthFlow, AuthUser, MfaPreference, MfaType, Tokens
from authsteps.flows.sign_in import sign_in
from authsteps.flows.sign_in_context import SignInContext, SignInState
from benchmarks.measure import Timings, repeated, take_turns
from benchmarks.world import BACKEND_SESSION_LENGTH, PASSWORD, USERNAME, Challenge

__all__ = ["LOOK_UPS", "ONE_ADVANCE", "ONE_LOOK_UP", "WHOLE_SIGN_IN", "Trace", "compare"]

ONE_ADVANCE = "one Flow.advance"
ONE_LOOK_UP = "one look-up in a plain dict"
WHOLE_SIGN_IN = "all advances of a sign-in"
LOOK_UPS = "as many look-ups"

_NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@attrs.frozen
class Trace:
    """An SRP sign-in with a TOTP code, event by event.

    Attributes:
        rows: Each event, with the snapshot that it meets.
        table: The same graph as a plain dict: (state, event class) to state.
    """

    rows: Sequence[tuple[Snapshot[SignInState, SignInContext], Event]]
    table: Mapping[tuple[SignInState, type[Event]], SignInState]

    @classmethod
    def make(cls) -> "Trace":
        """Follow a sign-in once."""
        snapshot, rows = sign_in.start(), list[tuple[Snapshot[SignInState, SignInContext], Event]]()
        for event in _events(Challenge.make()):
            rows.append((snapshot, event))
            snapshot = sign_in.advance(snapshot, event).snapshot
        assert snapshot.state is SignInState.SIGNED_IN
        # Of rows that a guard tells apart the last one wins: the look-up is here for scale and not for use.
        table = {(source, edge.event): edge.target for edge in sign_in.edges for source in edge.sources}
        return cls(rows, table)

    def advance_once(self) -> None:
        """Advance where a claim was computed: no guard, one callback, in the middle of everything."""
        snapshot, event = self.rows[3]
        sign_in.advance(snapshot, event)

    def look_up_once(self) -> None:
        """Look the same row up."""
        snapshot, event = self.rows[3]
        self.table[snapshot.state, type(event)]

    def advance_through(self) -> None:
        """Advance over every row."""
        for snapshot, event in self.rows:
            sign_in.advance(snapshot, event)

    def look_up_through(self) -> None:
        """Look every row up."""
        for snapshot, event in self.rows:
            self.table[snapshot.state, type(event)]


def _events(challenge: Challenge) -> Sequence[Event]:
    tokens = Tokens(
        access=Secret("access"),
        id=Secret("id"),
        refresh=Secret("refresh"),
        access_expires_at=_NOON + timedelta(hours=1),
        id_expires_at=_NOON + timedelta(hours=1),
        user=AuthUser(USERNAME, USERNAME),
    )
    return (
        SignInRequested(USERNAME, AuthFlow.USER_SRP_AUTH, Secret(PASSWORD)),
        KeyPairMade(Secret("1" * 64), Secret("2" * 768)),
        PasswordVerifierChallenged(
            user_id=USERNAME,
            salt=Secret(challenge.verifier.salt_hex),
            srp_b=challenge.keys.public,
            secret_block=Secret(challenge.secret_block),
            username=USERNAME,
        ),
        ClaimComputed(Secret("c" * 44), "Mon Jan 5 12:00:00 UTC 2026"),
        TotpCodeChallenged("phone", session=Carried("s" * BACKEND_SESSION_LENGTH)),
        CodeAnswered(Secret("123456")),
        Authenticated(tokens),
        ErrandDone(UserFetched(USERNAME, {}, MfaPreference(frozenset({MfaType.TOTP}), MfaType.TOTP))),
    )


async def compare(rounds: int) -> Timings:
    """Measure all four, in turn."""
    trace = Trace.make()
    cases = {
        ONE_ADVANCE: repeated(trace.advance_once, 100),
        ONE_LOOK_UP: repeated(trace.look_up_once, 2000),
        WHOLE_SIGN_IN: repeated(trace.advance_through, 20),
        LOOK_UPS: repeated(trace.look_up_through, 400),
    }
    return await take_turns(cases, rounds)
