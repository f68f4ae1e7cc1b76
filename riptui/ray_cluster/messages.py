"""What the leader of a study and the workers that it hands trajectories tell each other, turn by turn.

A leader gives an order, and the worker answers with its news within a second. An order names the incarnation that it
is meant for: a worker that died and was started again has lost what its forerunner was given, and heeds it not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from riptui.store.lease import Bundle, Delta
from riptui.store.worker_registry import WorkerRecord, WorkerStatus


@dataclass(frozen=True)
class DriverCommand:
    number: int
    """One more each time. The same one again is answered as before: the answer was lost on its way."""
    incarnation: str = ""
    """"": not known yet; the news will tell."""
    assigned: Mapping[str, Bundle | None] = field(default_factory=dict)
    """Trajectories to compute, by place; None: it is on a disk that both reach."""
    requests: Mapping[str, bytes] = field(default_factory=dict)
    """By place: what is asked of a trajectory that was given as a parcel, as request.json now has it."""


@dataclass(frozen=True)
class ActorReply:
    incarnation: str
    record: WorkerRecord
    shares_disk: bool
    """Whether the leader's disk and its locks reach this worker."""
    live: WorkerStatus | None = None
    deltas: Mapping[str, Delta] = field(default_factory=dict)
    """By place: what was committed since the last news, of those that were given as parcels."""
    finished: Mapping[str, bool] = field(default_factory=dict)
    """Those that the worker has done with; True: nothing is left to do, or it failed."""
    problems: tuple[str, ...] = ()
    """What no trajectory's folder tells."""
