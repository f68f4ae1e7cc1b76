"""How far a study is, from a few small reads a trajectory: 10,000 of them are told within a second."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.store import layout
from riptui.store.listing import last_row
from riptui.store.lock import probe
from riptui.store.trajectory import Status, Trajectory
from riptui.store.wanted import to_do
from riptui.store.workers import Worker, registered

UNDER_WAY = (Status.RUNNING, Status.QUEUED)
"""What workers are at or will take; for the rest to go on, a person has to ask."""
MISSING = "missing"
SOME = 500  # trajectories that no worker says it is at which are looked at in one go


@dataclass(frozen=True)
class Far:
    """How far one trajectory is."""

    k: int
    iterations: int
    status: Status | None
    """None: its folder is gone or cannot be read."""


@dataclass(frozen=True)
class Progress:
    """How far a study is."""

    iterations: int
    """Of all its trajectories."""
    done: int
    """Iterations that are committed."""
    statuses: Mapping[str, int]
    """How many trajectories have each status; "missing": their folders are gone or cannot be read."""
    failed: Mapping[str, str]
    """By folder: why."""
    workers: tuple[Worker, ...] = field(default=())
    """Those that live."""

    @property
    def rate(self) -> float:
        """Iterations a second over the last minute, of all workers of the runs folder that are at something."""
        return sum(rate_of(worker) for worker in self.workers)

    @property
    def seconds_left(self) -> float | None:
        """At that rate; None if nothing is under way."""
        waits = self.statuses.get(Status.RUNNING, 0) + self.statuses.get(Status.QUEUED, 0)
        return (self.iterations - self.done) / self.rate if self.rate and waits else None


class Progressing:
    """Looks at a study again and again: what is done is not looked at twice, and of the rest only some at a time.

    measured: whether a trajectory is done only when all that is asked for is measured, which takes longer to see.
    """

    def __init__(self, folder: Path, runs: Path, trajectories: Mapping[str, int], *, measured: bool = False) -> None:
        self._folder = Path(os.path.realpath(folder))
        self._runs = os.path.realpath(runs)
        self._measured = measured
        self._far = {place: Far(0, iterations, Status.QUEUED) for place, iterations in trajectories.items()}
        self._failed: dict[str, str] = {}
        self._left = dict.fromkeys(trajectories)
        """Those that have not ended, in the order in which they are looked at."""
        self._resting: dict[str, None] = {}
        """Those that ended before they were done, likewise: a person may have them go on."""
        self._busy: set[str] = set()
        self.last = Progress(0, 0, {}, {})
        """What was found at the last look."""

    @property
    def is_over(self) -> bool:
        """Whether all have ended."""
        return not self._left

    @property
    def left(self) -> list[Trajectory]:
        """The trajectories that have not ended."""
        return [Trajectory(self._folder / place) for place in self._left]

    def of(self, *statuses: str) -> list[Trajectory]:
        """The trajectories that had one of these statuses at the last look."""
        return [Trajectory(self._folder / place) for place, far in self._far.items() if far.status in statuses]

    def look(self, *, at_all: bool = False) -> Progress:
        """Look again: at what workers are at or were at, and at some of the others, or `at_all`."""
        workers = tuple(worker for worker in registered(Path(self._runs)) if worker.alive)
        jobs = {
            os.path.relpath(f"{self._runs}/{job.path}", self._folder)
            for worker in workers
            if worker.live
            for job in worker.live.jobs
        }
        hot = (jobs | self._busy) & (self._left.keys() | self._resting.keys())
        self._busy = jobs
        most = None if at_all else SOME
        others = [[place for place in places if place not in hot][:most] for places in (self._left, self._resting)]
        for place in [*hot, *others[0], *others[1]]:
            self._look_at(place)
        found = Counter(far.status or MISSING for far in self._far.values())
        counts = {status: found[status] for status in (*Status, MISSING) if status in found}
        self.last = Progress(
            iterations=sum(far.iterations for far in self._far.values()),
            done=sum(far.k for far in self._far.values()),
            statuses=counts,
            failed=dict(self._failed),
            workers=workers,
        )
        return self.last

    def _look_at(self, place: str) -> None:
        trajectory = Trajectory(self._folder / place)
        far = _far(trajectory, self._far[place].iterations, measured=self._measured)
        self._far[place] = far
        for places in (self._left, self._resting, self._failed):
            places.pop(place, None)
        if far.status in UNDER_WAY:
            self._left[place] = None  # at the end: the others are next
        elif far.status != Status.DONE:
            self._resting[place] = None
        if far.status == Status.FAILED:
            self._failed[place] = reason(trajectory)


def rate_of(worker: Worker) -> float:
    """Iterations a second over the last minute; 0 if it has nothing to do now."""
    return worker.live.rate if worker.live and worker.live.state == "working" else 0.0


def _far(trajectory: Trajectory, iterations: int, *, measured: bool) -> Far:
    """Unlike `Trajectory.status` it calls queued whatever is asked for, also after a process died at it."""
    row = last_row(f"{trajectory.path}/{layout.ROWS}")
    k = row.k if row else 0
    try:
        return Far(k, iterations, _status(trajectory, k, iterations, measured=measured))
    except RiptuiError:
        return Far(k, iterations, None)


def _status(trajectory: Trajectory, k: int, iterations: int, *, measured: bool) -> Status | None:
    if probe(trajectory.path)[0]:
        return Status.RUNNING
    if k >= iterations and not (measured and to_do(trajectory)):
        return Status.DONE
    path = str(trajectory.path)  # what a Path does with parts takes longer than the system calls
    if os.path.exists(f"{path}/{layout.FAILED}"):
        return Status.FAILED
    if not os.path.exists(f"{path}/{layout.SPEC}"):
        return None
    return {"run": Status.QUEUED, "pause": Status.PAUSED, "stop": Status.INTERRUPTED}[trajectory.request.state]


def reason(trajectory: Trajectory) -> str:
    """Why one failed. Not yet printable."""
    try:
        failure = trajectory.failure
    except RiptuiError as error:
        return str(error)
    return failure.error if failure else "it was tried again meanwhile"
