"""Everything that the engine raises.

::

    AuthStepsError
      DeclarationError            a flow is malformed; raised while it is being built
      EventNotAllowedError        this state does not accept that event; the snapshot is unchanged
      ContractError               a performer broke its promise: too many exchanges, an event its state refuses
      UnansweredError             an effect got no answer; says whether it may have arrived
      RunError
        UnknownRunError           no such run, or it is over
        ExpiredRunError           its deadline has passed
        StaleRunError             somebody else is moving it on, or has
        TooManyRunsError          the store is full
        UnreadableSnapshotError   damaged, forged, or written by another version

Fields come first and the text is made from them. A text names the flow, the state and the event, never a payload.
"""

from datetime import datetime, timedelta

__all__ = [
    "AuthStepsError",
    "ContractError",
    "DeclarationError",
    "EventNotAllowedError",
    "ExpiredRunError",
    "RunError",
    "StaleRunError",
    "TooManyRunsError",
    "UnansweredError",
    "UnknownRunError",
    "UnreadableSnapshotError",
]


class AuthStepsError(Exception):
    """The root of everything that authsteps raises on purpose."""


class DeclarationError(AuthStepsError):
    """A flow is malformed.

    Attributes:
        flow: The flow's name.
        problems: What is wrong, one sentence each. All of them, so that one look is enough.
    """

    def __init__(self, flow: str, *problems: str) -> None:
        super().__init__(flow, *problems)
        self.flow = flow
        self.problems = problems

    def __str__(self) -> str:
        problems = "".join(f"\n  - {problem}" for problem in self.problems)
        return f"flow {self.flow!r} is malformed; mend its declaration:{problems}"


class EventNotAllowedError(AuthStepsError):
    """This state does not accept that event; the snapshot is unchanged.

    Attributes:
        flow: The flow's name.
        state: The name of the state that the run is in.
        event: The name of the event's class.
    """

    def __init__(self, flow: str, state: str, event: str) -> None:
        super().__init__(flow, state, event)
        self.flow = flow
        self.state = state
        self.event = event

    def __str__(self) -> str:
        return f"{self.flow}: {self.state} does not accept {self.event}; answer what the run holds outstanding"


class ContractError(AuthStepsError):
    """A performer broke its promise, so the run cannot go on.

    Attributes:
        flow: The flow's name.
        state: The name of the state that the run was in.
        problem: What happened, in a few words.
    """

    def __init__(self, flow: str, state: str, problem: str) -> None:
        super().__init__(flow, state, problem)
        self.flow = flow
        self.state = state
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.flow}: {self.problem} in {self.state}; start again, and report it if it happens again"


class UnansweredError(AuthStepsError):
    """An effect got no answer. Performers raise it; the driver decides from it what becomes of the run.

    Attributes:
        reason: What happened, in a few words.
        sent: False if the effect certainly did not reach its receiver, so that it is safe to repeat.
        in_doubt: Set by the driver: the run still stands at its step, but nobody knows whether the answer arrived.
            If the next answer is refused, start again.
    """

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.in_doubt = False

    def __str__(self) -> str:
        again = f"try again{self._when}"
        if self.in_doubt:
            return f"{self.reason}; the answer may have arrived: {again}, and if that is refused, start again"
        if self.sent:
            return f"{self.reason}; the request may have arrived: {again}"
        return f"{self.reason}; {again}"

    @property
    def _when(self) -> str:
        return ""


class RunError(AuthStepsError):
    """A run cannot be kept, found or moved on."""


class UnknownRunError(RunError):
    """There is no such run, or it is over. Start again.

    Attributes:
        run_id: The run's public id, a short hash of its handle.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id

    def __str__(self) -> str:
        return f"run {self.run_id} is unknown or over; start again"


class ExpiredRunError(RunError):
    """The run's deadline has passed. Start again.

    Attributes:
        run_id: The run's public id, a short hash of its handle.
        deadline: When it passed.
    """

    def __init__(self, run_id: str, deadline: datetime) -> None:
        super().__init__(run_id, deadline)
        self.run_id = run_id
        self.deadline = deadline

    def __str__(self) -> str:
        return f"run {self.run_id} expired at {self.deadline.isoformat()}; start again"


class StaleRunError(RunError):
    """Somebody else is moving this run on, or has. Ask for its next step again.

    Attributes:
        run_id: The run's public id, a short hash of its handle.
    """

    def __init__(self, run_id: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id

    def __str__(self) -> str:
        return f"run {self.run_id} is being moved on by another call; ask for its next step again"


class TooManyRunsError(RunError):
    """The store is full.

    Attributes:
        capacity: How many runs it holds.
        retry_after: When the first of them expires at the latest, from now.
    """

    def __init__(self, capacity: int, retry_after: timedelta) -> None:
        super().__init__(capacity, retry_after)
        self.capacity = capacity
        self.retry_after = retry_after

    def __str__(self) -> str:
        return (
            f"{self.capacity} runs are waiting, which is all the store holds; try again in "
            f"{self.retry_after.total_seconds():.0f} s, or give the store a larger capacity"
        )


class UnreadableSnapshotError(RunError):
    """A snapshot is damaged, forged, or was written by another version of the flow. Start again.

    Attributes:
        flow: The flow that was to read it.
        problem: What is wrong, without quoting the snapshot.
    """

    def __init__(self, flow: str, problem: str) -> None:
        super().__init__(flow, problem)
        self.flow = flow
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.flow}: the snapshot {self.problem}; start again"
