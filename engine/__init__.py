"""How any declared flow runs. This floor knows no flow and no vendor.

``Flow`` is a table of nodes and edges, compiled onto ``transitions``; ``Flow.advance`` takes a snapshot and an event
and gives the next snapshot with what it holds outstanding. ``Driver`` feeds it events, has its effects performed, and
keeps waiting runs in a ``RunStore``. ``checks`` proves things about a flow, ``diagram`` draws it.

Pure modules import ``authsteps.engine.flow`` and ``.messages``, not this face, which brings the driver along.
"""

if __name__ != "authsteps.engine":
    raise ImportError(f"this is authsteps.engine; import it under that name, not as {__name__}")

from .checks import detour, passes, problems, verify
from .diagram import dot, mermaid
from .driver import Driver, RunHandle, Stop
from .errors import (
    AuthStepsError,
    ContractError,
    DeclarationError,
    EventNotAllowedError,
    ExpiredRunError,
    RunError,
    StaleRunError,
    TooManyRunsError,
    UnansweredError,
    UnknownRunError,
    UnreadableSnapshotError,
)
from .flow import Absorb, Advance, Flow
from .messages import Carried, Effect, Event, Failure, Secret, Step, kept
from .ports import Clock, EncodedSnapshot, Entropy, Observation, Observer, Performer, RunStore
from .shield import surely
from .snapshot import Instant, Snapshot, SnapshotCodec
from .store import MemoryRunStore
from .system import SystemClock, SystemEntropy
from .table import Edge, Group, Node, NodeKind, final, on, waiting, working

__all__ = [
    "Absorb",
    "Advance",
    "AuthStepsError",
    "Carried",
    "Clock",
    "ContractError",
    "DeclarationError",
    "Driver",
    "Edge",
    "Effect",
    "EncodedSnapshot",
    "Entropy",
    "Event",
    "EventNotAllowedError",
    "ExpiredRunError",
    "Failure",
    "Flow",
    "Group",
    "Instant",
    "MemoryRunStore",
    "Node",
    "NodeKind",
    "Observation",
    "Observer",
    "Performer",
    "RunError",
    "RunHandle",
    "RunStore",
    "Secret",
    "Snapshot",
    "SnapshotCodec",
    "StaleRunError",
    "Step",
    "Stop",
    "SystemClock",
    "SystemEntropy",
    "TooManyRunsError",
    "UnansweredError",
    "UnknownRunError",
    "UnreadableSnapshotError",
    "detour",
    "dot",
    "final",
    "kept",
    "mermaid",
    "on",
    "passes",
    "problems",
    "surely",
    "verify",
    "waiting",
    "working",
]
