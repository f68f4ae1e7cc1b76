"""How far a study is, from a few small reads a trajectory: 10,000 of them are told within a second."""

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.store import layout
from riptui.store.listing import read_last_row
from riptui.store.requests import has_work
from riptui.store.trajectory import Status, Trajectory, derive_status
from riptui.store.worker_registry import Worker, list_workers

ACTIVE_STATUSES = (Status.RUNNING, Status.QUEUED)
"""What workers are at or will take; for the rest to go on, a person has to ask."""
MISSING = "missing"
MAX_IDLE_PER_POLL = 500  # trajectories that no worker says it is at which are looked at in one go


@dataclass(frozen=True)
class TrajectoryProgress:
    """How far one trajectory is."""

    k: int
    iterations: int
    status: Status | None
    """None: its folder is gone or cannot be read."""


@dataclass(frozen=True)
class StudyProgress:
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
        return sum(worker_rate(worker) for worker in self.workers)

    @property
    def seconds_left(self) -> float | None:
        """At that rate; None if nothing is under way."""
        active_count = self.statuses.get(Status.RUNNING, 0) + self.statuses.get(Status.QUEUED, 0)
        return (self.iterations - self.done) / self.rate if self.rate and active_count else None


class ProgressTracker:
    """Looks at a study again and again: what is done is not looked at twice, and of the rest only some at a time.

    require_measured: whether a trajectory is done only when all that is asked for is measured, which is slower to see.
    """

    def __init__(
        self, folder: Path, runs: Path, trajectories: Mapping[str, int], *, require_measured: bool = False
    ) -> None:
        self._folder = Path(os.path.realpath(folder))
        self._runs = os.path.realpath(runs)
        self._require_measured = require_measured
        self._progress = {
            relative_path: TrajectoryProgress(0, iterations, Status.QUEUED)
            for relative_path, iterations in trajectories.items()
        }
        self._failed: dict[str, str] = {}
        self._remaining = dict.fromkeys(trajectories)
        """Those that have not ended, in the order in which they are looked at."""
        self._halted: dict[str, None] = {}
        """Those that ended before they were done, likewise: a person may have them go on."""
        self._busy: set[str] = set()
        self.last = StudyProgress(0, 0, {}, {})
        """What was found at the last look."""

    @property
    def is_over(self) -> bool:
        """Whether all have ended."""
        return not self._remaining

    @property
    def remaining(self) -> list[Trajectory]:
        """The trajectories that have not ended."""
        return [Trajectory(self._folder / relative_path) for relative_path in self._remaining]

    def list_by_status(self, *statuses: str) -> list[Trajectory]:
        """The trajectories that had one of these statuses at the last look."""
        return [
            Trajectory(self._folder / relative_path)
            for relative_path, progress in self._progress.items()
            if progress.status in statuses
        ]

    def poll(self, *, full: bool = False) -> StudyProgress:
        """Look again: at what workers are at or were at, and at some of the others, or all of them with `full`."""
        workers = tuple(worker for worker in list_workers(Path(self._runs)) if worker.alive)
        jobs = {
            os.path.relpath(f"{self._runs}/{job.path}", self._folder)
            for worker in workers
            if worker.live
            for job in worker.live.jobs
        }
        active = (jobs | self._busy) & (self._remaining.keys() | self._halted.keys())
        self._busy = jobs
        limit = None if full else MAX_IDLE_PER_POLL
        rest = [
            [relative_path for relative_path in paths if relative_path not in active][:limit]
            for paths in (self._remaining, self._halted)
        ]
        for relative_path in [*active, *rest[0], *rest[1]]:
            self._update(relative_path)
        found = Counter(progress.status or MISSING for progress in self._progress.values())
        counts = {status: found[status] for status in (*Status, MISSING) if status in found}
        self.last = StudyProgress(
            iterations=sum(progress.iterations for progress in self._progress.values()),
            done=sum(progress.k for progress in self._progress.values()),
            statuses=counts,
            failed=dict(self._failed),
            workers=workers,
        )
        return self.last

    def _update(self, relative_path: str) -> None:
        trajectory = Trajectory(self._folder / relative_path)
        progress = _read_progress(
            trajectory, self._progress[relative_path].iterations, require_measured=self._require_measured
        )
        self._progress[relative_path] = progress
        for paths in (self._remaining, self._halted, self._failed):
            paths.pop(relative_path, None)
        if progress.status in ACTIVE_STATUSES:
            self._remaining[relative_path] = None  # at the end: the others are next
        elif progress.status != Status.DONE:
            self._halted[relative_path] = None
        if progress.status == Status.FAILED:
            self._failed[relative_path] = failure_reason(trajectory)


def worker_rate(worker: Worker) -> float:
    """Iterations a second over the last minute; 0 if it has nothing to do now."""
    return worker.live.rate if worker.live and worker.live.state == "working" else 0.0


def _read_progress(trajectory: Trajectory, iterations: int, *, require_measured: bool) -> TrajectoryProgress:
    row = read_last_row(f"{trajectory.path}/{layout.ROWS}")
    k = row.k if row else 0
    try:
        status: Status | None = derive_status(
            trajectory,
            k,
            iterations=iterations,
            is_measured=lambda: not (require_measured and has_work(trajectory)),
            by_request=True,
        )
    except RiptuiError:
        status = None
    if status in (Status.QUEUED, Status.PAUSED, Status.INTERRUPTED) and not trajectory.exists:
        status = None
    return TrajectoryProgress(k, iterations, status)


def failure_reason(trajectory: Trajectory) -> str:
    """Why one failed. Not yet printable."""
    try:
        failure = trajectory.failure
    except RiptuiError as error:
        return str(error)
    return failure.error if failure else "it was tried again meanwhile"
