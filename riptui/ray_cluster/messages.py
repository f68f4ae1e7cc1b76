"""Messages between the driver of a study and its actors.

The driver sends a command, and the actor replies within a second. A command names the incarnation it is meant for: an
actor that was started again does not have the trajectories of its predecessor and ignores commands to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from riptui.store.lease import Bundle, Delta
from riptui.store.worker_record import WorkerRecord, WorkerStatus


@dataclass(frozen=True)
class DriverCommand:
    number: int
    """Counts up. A repeated number gets the same reply again: the first one was lost."""
    incarnation: str = ""
    """"": not known before the first reply."""
    assigned: Mapping[str, Bundle | None] = field(default_factory=dict)
    """Trajectories to compute, by path relative to the runs folder; None: on a disk that both reach."""
    requests: Mapping[str, bytes] = field(default_factory=dict)
    """By path: a changed request.json of a trajectory that was sent as a bundle."""


@dataclass(frozen=True)
class ActorReply:
    incarnation: str
    record: WorkerRecord
    shares_disk: bool
    """Whether this actor reaches the driver's disk and its locks."""
    live: WorkerStatus | None = None
    deltas: Mapping[str, Delta] = field(default_factory=dict)
    """By path: what was committed since the last reply, of trajectories sent as bundles."""
    finished: Mapping[str, bool] = field(default_factory=dict)
    """Trajectories that left the actor, by path; True: no work is left, or it failed."""
    output: bytes = b""
    """What the actor's process printed since the last reply."""
    output_file: str = ""
    """Where that is kept, on the actor's host."""
    output_end: int = 0
    """The position in that file up to which it was sent."""
    problems: tuple[str, ...] = ()
    """Errors that are not recorded in any trajectory's folder."""
