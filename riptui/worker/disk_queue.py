"""What a worker takes next: the trajectories of a runs folder that are asked for and that nobody computes.

Thousands of them are looked at every second, so what was seen of a folder is remembered until the folder changes: any
file that is made, replaced or removed in it changes its time. Appended lines do not, and need not: who appends holds
the lock, and has changed the folder when taking it.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from riptui.engine import can_share_batch
from riptui.errors import RiptuiError
from riptui.spec import Spec
from riptui.store import attempts
from riptui.store.listing import mtime_ns, natural_key, scan_folders
from riptui.store.lock import probe_lock
from riptui.store.requests import has_work
from riptui.store.trajectory import Trajectory

MIN_SCAN_SECONDS = 1.0  # seconds between two looks at the runs folder
MAX_SCAN_SHARE = 0.05  # of the time; no more goes into looking
SAME_TURN_SECONDS = 60.0  # seconds; what is asked for by one command is computed model by model
MTIME_TICK_NS = 2 * 10**9  # ns; a folder's time tells no changes apart that are nearer than a file system's clock ticks


@dataclass(frozen=True)
class QueuedTrajectory:
    """A trajectory that can be taken."""

    trajectory: Trajectory
    queued: float
    attempts: int
    """Sessions in a row that ended without a new iteration."""

    @property
    def sort_key(self) -> tuple[object, ...]:
        """What may have killed workers comes last, so that it keeps nothing else from being computed."""
        return self.attempts, self.queued, natural_key(str(self.trajectory.path))


class DiskQueue:
    """The queue of a runs folder. `take_next` is a TrajectorySource for the BatchRunner."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._seen: dict[str, tuple[int, QueuedTrajectory | None]] = {}
        """By path: the folder's time, and what was found; None: nothing to take."""
        self._waiting: list[QueuedTrajectory] = []
        self._next_scan = 0.0  # time.monotonic()

    def __len__(self) -> int:
        """Trajectories that waited at the last look."""
        return len(self._waiting)

    def scan(self, *, now: bool = False) -> None:
        """Look at the runs folder if it is time to, or `now`."""
        started = time.monotonic()
        if not now and started < self._next_scan:
            return
        seen: dict[str, tuple[int, QueuedTrajectory | None]] = {}
        waiting = []
        for path, mtime in scan_folders(self._runs, self._seen):
            known = self._seen.get(path)
            found = known[1] if known and known[0] == mtime else read_queued(Trajectory(Path(path)))
            held = found is not None and probe_lock(Path(path))[0]
            if found is not None and not held:
                waiting.append(found)
            if not held and time.time_ns() - mtime > MTIME_TICK_NS:
                seen[path] = mtime, found
        self._seen = seen
        self._waiting = sorted(waiting, key=lambda candidate: candidate.sort_key)
        ended = time.monotonic()
        self._next_scan = ended + max(MIN_SCAN_SECONDS, (ended - started) / MAX_SCAN_SHARE)

    def take_next(self, spec: Spec | None) -> Trajectory | None:
        """Take the next; given a spec: the next that can be computed beside it. None: there is none now."""
        self.scan()
        for candidate in self._waiting.copy():
            if spec is not None and not self._may_join(candidate, spec):
                continue
            self._waiting.remove(candidate)
            if not probe_lock(candidate.trajectory.path)[0] and read_queued(candidate.trajectory) is not None:
                return candidate.trajectory
            # otherwise it was taken or called off since the last look
        return None

    def _may_join(self, candidate: QueuedTrajectory, spec: Spec) -> bool:
        """Whether it can be computed beside a spec, and it is its turn: no other model has waited for much longer.

        One whose last session died may be what kills workers: it joins nobody, so that it counts against nobody else.
        """
        return (
            can_share_batch(candidate.trajectory.spec, spec)
            and not candidate.attempts
            and candidate.queued <= self._waiting[0].queued + SAME_TURN_SECONDS
        )

    def mark_done(self, trajectory: Trajectory) -> None:
        """It ended, and is not to be taken again before something in its folder changes."""
        path = os.fspath(trajectory.path)
        self._seen[path] = mtime_ns(path), None


def read_queued(trajectory: Trajectory) -> QueuedTrajectory | None:
    """A trajectory as something to take; None if it is not asked for, is done, has failed or cannot be read."""
    try:
        request = trajectory.request
        if request.state != "run" or trajectory.has_failed or not has_work(trajectory):
            return None
        return QueuedTrajectory(
            trajectory, request.queued, attempts.read_attempt_count(trajectory, len(trajectory.read_rows()))
        )
    except (RiptuiError, OSError):
        return None
