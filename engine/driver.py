"""The driver: it feeds events to a flow, has its effects performed, and keeps waiting runs in a store.

A run lives in memory until its first step. From a waiting state an event takes three moves:

claim
    the store swaps in "busy until T" if the revision is the one that was read. The loser of a race gets
    ``StaleRunError``, and nothing is sent for it.
perform
    in the caller's task, exchange by exchange, until a person is asked or the run ends.
settle
    the result is stored. A cancellation that falls into this write is let go only after the write was repeated under
    a shield, for a shield alone does not stop ``task.cancel()`` or ``asyncio.timeout``.

A run is always unchanged, moved on, or in doubt: it stands at its step, but nobody knows whether the answer arrived.
A snapshot that is still busy past T is in doubt as well. Cancellation is never swallowed. There is no task, timer or
lock for a waiting run.
"""

import base64
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from enum import Enum
from typing import Generic, TypeVar

import anyio
import attrs

from .errors import (
    ContractError,
    DeclarationError,
    EventNotAllowedError,
    ExpiredRunError,
    StaleRunError,
    UnansweredError,
    UnknownRunError,
)
from .flow import Advance, Flow
from .messages import Effect, Event, Failure, Secret, Step
from .ports import Clock, EncodedSnapshot, Entropy, Observation, Observer, Performer, RunStore
from .shield import surely
from .snapshot import Snapshot, SnapshotCodec
from .table import NodeKind

__all__ = ["Driver", "RunHandle", "Stop"]

S = TypeVar("S", bound=Enum)
C = TypeVar("C", bound=attrs.AttrsInstance)

_MAX_EXCHANGES = 16
"""Between two stops. No flow of ours needs more than six; a backend that asks for more is going in circles."""


class RunHandle(Secret):
    """The unguessable name of a run. Whoever holds it can answer the run's next step.

    Give it to the person whose run it is and to nobody else: ``reveal()`` gives the text for a cookie or a form, and
    ``RunHandle(text)`` reads it back. Stores, logs and errors use ``run_id``.
    """

    __slots__ = ()

    @property
    def run_id(self) -> str:
        """The run's public id: 128 bits of the handle's SHA-256, in hexadecimal."""
        return hashlib.sha256(self.reveal().encode("utf-8", "surrogatepass")).hexdigest()[:32]


@attrs.frozen
class Stop:
    """Where a run came to rest.

    Attributes:
        run: Its handle if it waits for a person, ``None`` if it is over.
        step: The step that it holds, if any.
        failure: What went wrong, if anything did.
    """

    run: RunHandle | None
    step: Step | None
    failure: Failure | None


class Driver(Generic[S, C]):
    """Drives the runs of one flow.

    Many tasks may use one driver at once, for the same run or for different ones.

    Args:
        flow: The flow.
        performers: They perform its effects; the first that names an effect's class gets it.
        store: Keeps the waiting runs.
        clock: Tells the time.
        entropy: Makes handles.
        observer: Is told of every advance.
        lifetime: How long a run waits for its person, counted from the last reply.
        busy_for: After how long a call that is moving a run on is given up for lost. Longer than its exchanges take.

    Raises:
        DeclarationError: The flow can hold an effect that nobody performs.
    """

    def __init__(
        self,
        flow: Flow[S, C],
        performers: Sequence[Performer],
        store: RunStore,
        *,
        clock: Clock,
        entropy: Entropy,
        observer: Observer | None = None,
        lifetime: timedelta = timedelta(minutes=15),
        busy_for: timedelta = timedelta(minutes=2),
    ) -> None:
        self._flow = flow
        by_effect: dict[type[Effect], Performer] = {}
        for performer in performers:
            for effect in performer.performs:
                by_effect.setdefault(effect, performer)
        held = {state: node.holds for state, node in flow.nodes.items() if node.kind is NodeKind.WORKING and node.holds}
        if orphans := sorted({effect.__name__ for effect in held.values() if effect not in by_effect}):
            raise DeclarationError(flow.name, *(f"nobody performs {orphan}" for orphan in orphans))
        self._performers = {state: by_effect[effect] for state, effect in held.items()}
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._observer = observer
        self._lifetime = lifetime
        self._busy_for = busy_for
        self._codec = SnapshotCodec(flow.name, flow.version, type(flow.initial), flow.context)

    async def start(self, event: Event) -> Stop:
        """Begin a run with ``event`` and go on until a person is asked or the run ends.

        Until then it lives in memory only: cancelled, or left without an answer, nothing of it remains.

        Raises:
            EventNotAllowedError: No run of this flow begins with that event.
            UnansweredError: An effect got no answer. There is no run; start again.
            ContractError: A performer broke its promise.
            TooManyRunsError: The store is full.
        """
        handle = RunHandle(base64.urlsafe_b64encode(self._entropy.random_bytes(32)).rstrip(b"=").decode())
        run_id = handle.run_id
        advance = await self._perform_until_stop(run_id, self._flow.start(), event, _Progress())
        if not self._is_waiting(advance):
            return self._stop(None, advance)
        try:
            await self._write(run_id, self._settled(advance.snapshot), None)
        except anyio.get_cancelled_exc_class() as cancelled:
            # The caller never gets the handle, so nothing may remain.
            await self._tidy_up(lambda: self._store.discard(run_id), because=cancelled)
            raise
        return self._stop(handle, advance)

    async def send(self, run: RunHandle, answer: Callable[[Step], Event]) -> Stop:
        """Answer the step that the run waits at, and go on until a person is asked again or the run ends.

        Args:
            run: The run's handle.
            answer: Makes the event from the step, so that an answer is held against the very step that it goes to. It
                may raise to refuse the answer; then nothing was sent and the run is unchanged.

        Raises:
            UnknownRunError: There is no such run, or it is over.
            ExpiredRunError: Its deadline has passed.
            StaleRunError: Another call is moving it on, and nothing was sent; or another call took it over because this
                one took longer than ``busy_for``.
            EventNotAllowedError: The step takes no such event; nothing was sent.
            UnreadableSnapshotError: The stored snapshot cannot be read.
            UnansweredError: An effect got no answer; ``in_doubt`` says whether the run is.
            ContractError: A performer broke its promise.
        """
        run_id = run.run_id
        before, step = await self._load(run_id)
        event = answer(step)
        # Decided before anything is claimed: an event that this state refuses changes nothing.
        self._flow.advance(before, event)
        claimed = self._claimed(before)
        try:
            await self._write(run_id, claimed, before.revision)
        except anyio.get_cancelled_exc_class() as cancelled:
            await self._release(run_id, before, claimed, in_doubt=before.in_doubt, because=cancelled)
            raise
        advance = await self._perform_claimed(run_id, before, claimed, event)
        if not self._is_waiting(advance):
            await surely(lambda: self._store.discard(run_id))
            return self._stop(None, advance)
        settled = self._settled(attrs.evolve(advance.snapshot, revision=claimed.revision))
        await surely(lambda: self._write(run_id, settled, claimed.revision))
        return self._stop(run, advance)

    async def next_step(self, run: RunHandle) -> Step:
        """Return the step that the run waits at.

        Raises:
            UnknownRunError: There is no such run, or it is over.
            ExpiredRunError: Its deadline has passed.
            StaleRunError: A call is moving it on right now.
            UnreadableSnapshotError: The stored snapshot cannot be read.
        """
        _, step = await self._load(run.run_id)
        return step

    async def abandon(self, run: RunHandle) -> None:
        """Forget the run. An unknown one is no error."""
        await self._store.discard(run.run_id)

    async def _perform_claimed(
        self, run_id: str, before: Snapshot[S, C], claimed: Snapshot[S, C], event: Event
    ) -> Advance[S, C]:
        """Perform, and if that fails leave the run unchanged, in doubt or over, before the error goes on."""
        progress = _Progress()
        try:
            return await self._perform_until_stop(run_id, before, event, progress)
        except UnansweredError as error:
            error.in_doubt = error.sent or progress.exchanges > 0 or before.in_doubt
            await self._release(run_id, before, claimed, in_doubt=error.in_doubt, because=error)
            raise
        except Exception as error:
            if progress.exchanges > 0:
                # The answer was taken and an automatic exchange went wrong: there is no step to go back to.
                await self._tidy_up(lambda: self._store.discard(run_id), because=error)
            else:
                await self._release(run_id, before, claimed, in_doubt=True, because=error)
            raise
        except (anyio.get_cancelled_exc_class(), BaseExceptionGroup) as cancelled:
            # On trio a cancellation comes in a group if a performer's own tasks failed as well.
            await self._release(run_id, before, claimed, in_doubt=True, because=cancelled)
            raise

    async def _perform_until_stop(
        self, run_id: str, snapshot: Snapshot[S, C], event: Event, progress: "_Progress"
    ) -> Advance[S, C]:
        advance = self._advance(run_id, snapshot, event, self._clock.monotonic())
        while advance.outstanding is not None and advance.snapshot.state in self._performers:
            state = advance.snapshot.state.name
            if progress.exchanges == _MAX_EXCHANGES:
                problem = f"more than {_MAX_EXCHANGES} exchanges without asking a person"
                raise ContractError(self._flow.name, state, problem)
            began = self._clock.monotonic()
            reply = await self._performers[advance.snapshot.state].perform(advance.outstanding)
            try:
                advance = self._advance(run_id, advance.snapshot, reply, began)
            except EventNotAllowedError as error:
                raise ContractError(self._flow.name, state, f"the unexpected answer {error.event}") from error
            progress.exchanges += 1
        return advance

    def _advance(self, run_id: str, snapshot: Snapshot[S, C], event: Event, began: float) -> Advance[S, C]:
        advance = self._flow.advance(snapshot, event)
        if self._observer is not None:
            outstanding, failure = advance.outstanding, advance.failure
            self._observer.advanced(
                Observation(
                    flow=self._flow.name,
                    run_id=run_id,
                    event=type(event).__name__,
                    source=snapshot.state.name,
                    target=advance.snapshot.state.name,
                    outstanding=outstanding.label if outstanding is not None else None,
                    is_step=isinstance(outstanding, Step),
                    failure=failure.label if failure is not None else event.trouble,
                    took=timedelta(seconds=self._clock.monotonic() - began),
                )
            )
        return advance

    async def _load(self, run_id: str) -> tuple[Snapshot[S, C], Step]:
        stored = await self._store.load(run_id)
        if stored is None:
            raise UnknownRunError(run_id)
        now = self._clock.now()
        if stored.deadline <= now:
            await self._store.discard(run_id)
            raise ExpiredRunError(run_id, stored.deadline)
        snapshot = self._codec.decode(stored.data)
        if snapshot.busy_until is not None:
            if now < snapshot.busy_until:
                raise StaleRunError(run_id)
            snapshot = attrs.evolve(snapshot, busy_until=None, in_doubt=True)
        step = self._flow.outstanding(snapshot)
        if not isinstance(step, Step):
            raise UnknownRunError(run_id)
        return snapshot, step

    def _claimed(self, snapshot: Snapshot[S, C]) -> Snapshot[S, C]:
        # A random number of revisions is left out, so that no two claims of a run can be taken for each other: not by
        # the store, to which the same write twice is one write, and not by a call that gives its own claim back.
        leap = 1 + int.from_bytes(self._entropy.random_bytes(4))
        return attrs.evolve(snapshot, busy_until=self._clock.now() + self._busy_for, revision=snapshot.revision + leap)

    def _settled(self, snapshot: Snapshot[S, C]) -> Snapshot[S, C]:
        return attrs.evolve(
            snapshot,
            revision=snapshot.revision + 1,
            deadline=self._clock.now() + self._lifetime,
            busy_until=None,
            in_doubt=False,
        )

    async def _write(self, run_id: str, snapshot: Snapshot[S, C], expected_revision: int | None) -> None:
        # A run does not expire under the call that is moving it on.
        deadline = max(filter(None, (snapshot.deadline, snapshot.busy_until)))
        encoded = EncodedSnapshot(self._codec.encode(snapshot), snapshot.revision, deadline)
        await self._store.put(run_id, encoded, expected_revision)

    async def _release(
        self,
        run_id: str,
        before: Snapshot[S, C],
        claimed: Snapshot[S, C],
        *,
        in_doubt: bool,
        because: BaseException,
    ) -> None:
        """Put the run back to its step. Whoever took it over meanwhile keeps it."""
        released = attrs.evolve(before, in_doubt=in_doubt, revision=claimed.revision + 1)
        await self._tidy_up(lambda: self._write(run_id, released, claimed.revision), because=because)

    async def _tidy_up(self, write: Callable[[], Awaitable[None]], *, because: BaseException) -> None:
        """Perform a write on the way out of a call that failed. Its own failure must not hide the first one."""
        try:
            await surely(write)
        except StaleRunError:
            because.add_note("the run was taken over by another call, or was never claimed")
        except Exception as error:  # noqa: BLE001  # whatever a store raises, the first failure is what matters
            because.add_note(f"the store failed as well ({type(error).__name__}); the run may be in doubt from now on")

    def _is_waiting(self, advance: Advance[S, C]) -> bool:
        return self._flow.nodes[advance.snapshot.state].kind is NodeKind.WAITING

    @staticmethod
    def _stop(run: RunHandle | None, advance: Advance[S, C]) -> Stop:
        step = advance.outstanding
        return Stop(run=run, step=step if isinstance(step, Step) else None, failure=advance.failure)


@attrs.define
class _Progress:
    """How many exchanges a call has behind it, for those who have to tidy up after it."""

    exchanges: int = 0
