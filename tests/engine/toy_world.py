"""What a driver of the toy flow needs around it: a host who answers as told, a store that pauses, and a watcher."""

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

import anyio.lowlevel
import attrs

from authsteps.engine.driver import Driver, RunHandle
from authsteps.engine.messages import Effect, Event
from authsteps.engine.ports import EncodedSnapshot, Observation
from authsteps.engine.snapshot import Snapshot, SnapshotCodec
from authsteps.engine.store import MemoryRunStore
from tests.conftest import SeededEntropy, VirtualClock
from tests.engine.toy_flow import CheckCode, Greet, Knock, State, Visit, visit

Meanwhile: TypeAlias = Callable[[], object]


async def pause(times: int) -> None:
    """Let others run, and be cancelled, so many times."""
    for _ in range(times):
        await anyio.lowlevel.checkpoint()


class Host:
    """A performer that gives the answers that it was given, in that order. An exception among them is raised.

    Args:
        answers: What it answers.
        pauses: How often it lets others run before it answers.
    """

    performs = (Knock, CheckCode, Greet)

    def __init__(self, *answers: Event | BaseException, pauses: int = 0) -> None:
        self.answers = list(answers)
        self.pauses = pauses
        self.asked: list[Effect] = []
        self.meanwhile: Meanwhile = lambda: None
        """What happens while it thinks."""
        self.hold: anyio.Event | None = None
        """What it waits for before it answers, if anything."""

    async def perform(self, effect: Effect) -> Event:
        self.asked.append(effect)
        self.meanwhile()
        if self.hold is not None:
            await self.hold.wait()
        await pause(self.pauses)
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


class PausingStore:
    """A memory store that lets others run before and after each act, and says what it did.

    Args:
        inner: It keeps the runs.
        pauses: How often it lets others run before, and how often after each act.
    """

    def __init__(self, inner: MemoryRunStore, pauses: int = 0) -> None:
        self.inner = inner
        self.pauses = pauses
        self.log: list[str] = []
        """Each call, as it begins."""
        self.is_broken = False
        """Whether it fails to write."""
        self.before_put: Meanwhile = lambda: None
        """What happens after a write was asked for and before it is made."""
        self.hold: anyio.Event | None = None
        """What a write waits for before it is made, if anything."""

    async def load(self, run_id: str) -> EncodedSnapshot | None:
        self.log.append("load")
        await pause(self.pauses)
        found = await self.inner.load(run_id)
        await pause(self.pauses)
        return found

    async def put(self, run_id: str, snapshot: EncodedSnapshot, expected_revision: int | None) -> None:
        self.log.append("put")
        if self.hold is not None:
            await self.hold.wait()
        await pause(self.pauses)
        self.before_put()
        self._break()
        await self.inner.put(run_id, snapshot, expected_revision)
        await pause(self.pauses)

    async def discard(self, run_id: str) -> None:
        self.log.append("discard")
        await pause(self.pauses)
        self._break()
        await self.inner.discard(run_id)
        await pause(self.pauses)

    def _break(self) -> None:
        if self.is_broken:
            raise OSError("the disk is full")


class Watcher:
    """An observer that remembers what it was told."""

    def __init__(self) -> None:
        self.seen: list[Observation] = []

    def advanced(self, observation: Observation) -> None:
        self.seen.append(observation)


LIFETIME = timedelta(minutes=15)
BUSY_FOR = timedelta(minutes=2)


@attrs.define
class World:
    """The surroundings of a driver of the toy flow."""

    clock: VirtualClock
    entropy: SeededEntropy
    store: PausingStore
    host: Host
    watcher: Watcher

    @classmethod
    def around(cls, *answers: Event | BaseException, pauses: int = 0) -> "World":
        """Make a world in which the host gives these answers."""
        clock = VirtualClock()
        store = PausingStore(MemoryRunStore(clock), pauses)
        return cls(clock, SeededEntropy(), store, Host(*answers, pauses=pauses), Watcher())

    def driver(self) -> Driver[State, Visit]:
        """Return a new driver, as after a restart: it shares nothing with an earlier one but the store."""
        return Driver(
            visit,
            [self.host],
            self.store,
            clock=self.clock,
            entropy=self.entropy,
            observer=self.watcher,
            lifetime=LIFETIME,
            busy_for=BUSY_FOR,
        )

    @property
    def runs(self) -> dict[str, EncodedSnapshot]:
        """What lies in the store."""
        runs: dict[str, EncodedSnapshot] = vars(self.store.inner)["_runs"]
        return runs

    def snapshot(self, run: RunHandle) -> Snapshot[State, Visit]:
        """Read a run past the driver."""
        return codec.decode(self.runs[run.run_id].data)


codec = SnapshotCodec("visit", 1, State, Visit)
