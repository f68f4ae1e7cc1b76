"""What a worker takes next: the trajectories of a runs folder that are asked for and that nobody computes.

Thousands of them are looked at every second, so what was seen of a folder is remembered until the folder changes: any
file that is made, replaced or removed in it changes its time. Appended lines do not, and need not: who appends holds
the lock, and has changed the folder when taking it.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from riptui.engine import alike
from riptui.errors import RiptuiError
from riptui.spec import Spec
from riptui.store import attempts
from riptui.store.listing import changed, folders, natural
from riptui.store.lock import probe
from riptui.store.trajectory import Trajectory
from riptui.store.wanted import to_do

PAUSE = 1.0  # seconds between two looks at the runs folder
SHARE = 0.05  # of the time; no more goes into looking
TOGETHER = 60.0  # seconds; what is asked for by one command is computed model by model
COARSE = 2 * 10**9  # ns; a folder's time tells no changes apart that are nearer than a file system's clock ticks


@dataclass(frozen=True)
class Waiting:
    """A trajectory that can be taken."""

    trajectory: Trajectory
    queued: float
    attempts: int
    """Sessions in a row that ended without a new iteration."""

    @property
    def order(self) -> tuple[object, ...]:
        """What may have killed workers comes last, so that it keeps nothing else from being computed."""
        return self.attempts, self.queued, natural(str(self.trajectory.path))


class Queue:
    """The queue of a runs folder. `next` is a Source for the bench."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._seen: dict[str, tuple[int, Waiting | None]] = {}
        """By path: the folder's time, and what was found; None: nothing to take."""
        self._waiting: list[Waiting] = []
        self._scan_from = 0.0  # time.monotonic()

    def __len__(self) -> int:
        """Trajectories that waited at the last look."""
        return len(self._waiting)

    def scan(self, *, now: bool = False) -> None:
        """Look at the runs folder if it is time to, or `now`."""
        started = time.monotonic()
        if not now and started < self._scan_from:
            return
        seen: dict[str, tuple[int, Waiting | None]] = {}
        waiting = []
        for path, when in folders(self._runs, self._seen):
            known = self._seen.get(path)
            found = known[1] if known and known[0] == when else _look(Trajectory(Path(path)))
            held = found is not None and probe(Path(path))[0]
            if found is not None and not held:
                waiting.append(found)
            if not held and time.time_ns() - when > COARSE:
                seen[path] = when, found
        self._seen = seen
        self._waiting = sorted(waiting, key=lambda one: one.order)
        ended = time.monotonic()
        self._scan_from = ended + max(PAUSE, (ended - started) / SHARE)

    def next(self, spec: Spec | None) -> Trajectory | None:
        """Take the next; given a spec: the next that can be computed beside it. None: there is none now."""
        self.scan()
        for one in [one for one in self._waiting if spec is None or self._may_join(one, spec)]:
            self._waiting.remove(one)
            if not probe(one.trajectory.path)[0] and _look(one.trajectory) is not None:
                return one.trajectory
            # otherwise it was taken or called off since the last look
        return None

    def _may_join(self, one: Waiting, spec: Spec) -> bool:
        """Whether it can be computed beside a spec, and it is its turn: no other model has waited for much longer.

        One whose last session died may be what kills workers: it joins nobody, so that it counts against nobody else.
        """
        return (
            alike(one.trajectory.spec, spec) and not one.attempts and one.queued <= self._waiting[0].queued + TOGETHER
        )

    def returned(self, trajectory: Trajectory) -> None:
        """It ended, and is not to be taken again before something in its folder changes."""
        path = os.fspath(trajectory.path)
        self._seen[path] = changed(path), None


def _look(trajectory: Trajectory) -> Waiting | None:
    """A trajectory as something to take; None if it is not asked for, is done, has failed or cannot be read."""
    try:
        request = trajectory.request
        if request.state != "run" or trajectory.has_failed or not to_do(trajectory):
            return None
        return Waiting(trajectory, request.queued, attempts.made(trajectory, len(trajectory.rows())))
    except (RiptuiError, OSError):
        return None
