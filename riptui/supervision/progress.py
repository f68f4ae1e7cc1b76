"""Progress of many trajectories, from a few small reads per trajectory: 10,000 of them take a second."""

import os
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.store import attempts, layout
from riptui.store.disk_queue import MTIME_TICK_NS
from riptui.store.listing import FolderSignature, read_last_row, read_signature
from riptui.store.requests import has_work
from riptui.store.sign_watch import SignWatch
from riptui.store.trajectory import Status, Trajectory, derive_status
from riptui.store.worker_record import SkippedTrajectory
from riptui.store.worker_registry import Worker, find_skipped, list_skips
from riptui.supervision.client import list_running_workers, retry
from riptui.supervision.restart_policy import WorkState

ACTIVE_STATUSES = (Status.RUNNING, Status.QUEUED)
"""Trajectories that workers compute or will take. All others wait for a request."""
MISSING, SKIPPED = "missing", "skipped"
MAX_TRUSTED_SECONDS = 30.0  # seconds after which one that waits is read again, although its folder has not changed
MAX_OTHERS_PER_POLL = 500  # trajectories that no worker names in its live.json, read by one poll


@dataclass(frozen=True)
class TrajectoryProgress:
    k: int
    iterations: int
    status: Status | None  # None: its folder is missing or cannot be read
    is_skipped: bool = False  # it is queued, and its worker cannot use its folder


@dataclass(frozen=True)
class StudyProgress:
    iterations: int  # of all trajectories
    done: int  # iterations committed so far
    statuses: Mapping[str, int]  # number of trajectories by status; also "missing", unreadable too, and "skipped"
    failed: Mapping[str, str]  # reason by folder
    workers: tuple[Worker, ...] = field(default=())  # running workers of the runs folder
    notices: tuple[str, ...] = ()  # what workers said about the inpainters of its trajectories since the last poll
    rate: float = 0.0  # its iterations per second over the last minute, of the workers that compute some of it now
    seconds_left: float | None = None  # until workers have computed what they will take of it; `TimeLeft` finds it


class ProgressTracker:
    """Reads the progress of trajectories again and again: done ones not a second time, the others some at a time.

    trajectories: iterations by path relative to `folder`. require_measured: a trajectory is done only when all
    requested metrics are measured, which takes longer to read.
    """

    def __init__(
        self, folder: Path, runs: Path, trajectories: Mapping[str, int], *, require_measured: bool = False
    ) -> None:
        self._folder = os.path.realpath(folder)
        self._runs = os.path.realpath(runs)
        self._require_measured = require_measured
        self._progress = {
            path: TrajectoryProgress(0, iterations, Status.QUEUED) for path, iterations in trajectories.items()
        }
        self._failed: dict[str, str] = {}
        self._remaining = dict.fromkeys(trajectories)
        """Trajectories that have not ended, in the order in which they are read."""
        self._halted: dict[str, None] = {}
        """Trajectories that ended before they were done, likewise: a person may resume them."""
        self._known: dict[str, tuple[FolderSignature, float]] = {}
        """Of trajectories that wait: the signatures of their folders, and when they were read (time.monotonic())."""
        self._busy: set[str] = set()
        self._signs = SignWatch()
        self._skipped: dict[str, str] = {}  # the reason by path
        self._marked: dict[str, str] = {}  # likewise: those that `mark_skipped` was told of
        self._earlier_skips: list[tuple[str, SkippedTrajectory]] = []
        self._told: set[str] = set()  # notices
        self.last = StudyProgress(0, 0, {}, {})  # the result of the last poll

    def follow(self, trajectories: Mapping[str, int]) -> bool:
        """Follow these from now on, if all that were followed are among them; return whether they are."""
        if not self._progress.keys() <= trajectories.keys():
            return False
        for path in trajectories.keys() - self._progress.keys():
            self._progress[path] = TrajectoryProgress(0, trajectories[path], Status.QUEUED)
            self._remaining[path] = None
        return True

    @property
    def is_over(self) -> bool:
        return not self._remaining

    @property
    def remaining(self) -> list[Trajectory]:
        return [*map(self._open, self._remaining)]

    def list_by_status(self, *statuses: str) -> list[Trajectory]:
        """The trajectories that had one of these statuses at the last poll."""
        return [self._open(path) for path, progress in self._progress.items() if progress.status in statuses]

    def _open(self, path: str) -> Trajectory:
        return Trajectory(f"{self._folder}/{path}")  # a Path would take longer than most of the reading

    def poll(self, *, full: bool = False) -> StudyProgress:
        """Read trajectories that workers compute or computed, and some of the others. full: all of the others."""
        workers = tuple(self._signs.watch(list_running_workers(Path(self._runs))))
        jobs = {self._relative(job.path) for worker in workers for job in worker.jobs}
        active = (jobs | self._busy | self._skipped.keys()) & (self._remaining.keys() | self._halted.keys())
        self._busy = jobs
        found = find_skipped(workers, earlier=self._earlier_skips)
        self._skipped = self._marked | {self._relative(path): reason for path, reason in found.items()}
        limit = None if full else MAX_OTHERS_PER_POLL
        others = [
            (paths, [*islice((path for path in paths if path not in active), limit)])
            for paths in (self._remaining, self._halted)
        ]  # of both, before what is read moves from one to the other
        for paths, some in others:
            for path in some:
                if full or not self._is_known(path):
                    self._update(path)
                else:
                    paths[path] = paths.pop(path)  # at the end, so that the others are next
        for path in active:
            self._update(path)
        counted = Counter(
            SKIPPED if progress.is_skipped else progress.status or MISSING for progress in self._progress.values()
        )
        counts = {status: counted[status] for status in (*Status, SKIPPED, MISSING) if status in counted}
        self.last = StudyProgress(
            iterations=sum(progress.iterations for progress in self._progress.values()),
            done=sum(progress.k for progress in self._progress.values()),
            statuses=counts,
            failed=dict(self._failed),
            workers=workers,
            notices=tuple(self._take_notices(workers)),
            rate=sum(worker_rate(worker) * self._share_of(worker) for worker in workers),
        )
        return self.last

    def _share_of(self, worker: Worker) -> float:
        """The share of what a worker computes now that is of these trajectories, 0 to 1."""
        return sum(self._relative(job.path) in self._progress for job in worker.jobs) / max(1, len(worker.jobs))

    def _take_notices(self, workers: Iterable[Worker]) -> list[str]:
        """What workers say about the inpainters that compute these trajectories, each text once."""
        texts = [
            text
            for live in (worker.live for worker in workers if worker.live and worker.live.notices)
            if any(self._relative(job.path) in self._progress for job in live.jobs)
            for text in live.notices
            if text not in self._told
        ]
        self._told.update(texts)
        return list(dict.fromkeys(texts))

    def _relative(self, path: str) -> str:
        """A path below the runs folder as one below the study's folder."""
        return os.path.relpath(f"{self._runs}/{path}", self._folder)

    def mark_skipped(self, path: str, reason: str) -> None:
        """A trajectory, by its path below the runs folder, that whoever assigns trajectories cannot have computed."""
        self._marked[self._relative(path)] = reason
        self._skipped[self._relative(path)] = reason  # so that the next poll reads it

    def retry_skipped(self) -> bool:
        """Have workers try again what the last poll found to be skipped; return whether there is any that can be tried.
        What still cannot be used stays skipped.
        """
        tried = set()
        for path in self._skipped:
            with suppress(RiptuiError):
                retry(self._open(path))
                tried.add(os.path.relpath(f"{self._folder}/{path}", self._runs))
        self._earlier_skips = [entry for entry in list_skips(self.last.workers) if entry[1].path in tried]
        return bool(tried)

    def work_state(self, *, with_attempts: bool = False) -> WorkState:
        """What the last poll found. with_attempts: read the attempts of all that have not ended as well."""
        counts = [
            attempts.read_attempt_count(self._open(path), self._progress[path].k)
            for path in (self._remaining if with_attempts else ())
        ]
        return WorkState(
            queued=self.last.statuses.get(Status.QUEUED, 0),
            running=self.last.statuses.get(Status.RUNNING, 0),
            iterations=self.last.done,
            ended=len(self._progress) - len(self._remaining),
            attempts=sum(counts),
        )

    def _is_known(self, path: str) -> bool:
        """Whether what was read of a trajectory that waits still holds, for the price of three stats.

        The clients of a file server may learn late that a folder has changed, so it is read again now and then anyway.
        """
        signature, read_at = self._known.get(path, (None, 0.0))
        is_recent = time.monotonic() - read_at < MAX_TRUSTED_SECONDS
        return is_recent and signature == read_signature(f"{self._folder}/{path}")

    def _update(self, path: str) -> None:
        trajectory, signature = self._open(path), read_signature(f"{self._folder}/{path}")
        progress = _read_progress(trajectory, self._progress[path].iterations, require_measured=self._require_measured)
        if progress.status is Status.QUEUED and path in self._skipped:
            progress = replace(progress, is_skipped=True)
        self._progress[path] = progress
        for paths in (self._remaining, self._halted, self._failed, self._known):
            paths.pop(path, None)
        is_waiting = progress.status in (Status.QUEUED, Status.PAUSED, Status.INTERRUPTED, Status.FAILED)
        if is_waiting and not progress.is_skipped and time.time_ns() - signature.changed_ns > MTIME_TICK_NS:
            self._known[path] = signature, time.monotonic()
        if progress.is_skipped:
            self._halted[path] = None
            self._failed[path] = self._skipped[path]
        elif progress.status in ACTIVE_STATUSES:
            self._remaining[path] = None  # at the end, so that the others are next
        elif progress.status != Status.DONE:
            self._halted[path] = None
        if progress.status == Status.FAILED:
            self._failed[path] = failure_reason(trajectory)


def status_word(status: str) -> str:
    """A key of `StudyProgress.statuses` in a word. What a dead process left is queued there: only a person stops."""
    return "stopped" if status == Status.INTERRUPTED else status


def worker_rate(worker: Worker) -> float:
    """Iterations per second over the last minute; 0 if it is not computing now."""
    return worker.live.rate if worker.live and worker.live.state == "working" and not worker.silent else 0.0


def _read_progress(trajectory: Trajectory, iterations: int, *, require_measured: bool) -> TrajectoryProgress:
    """Unlike `Trajectory.read_status`: queued also after a process died while computing it, if it is requested."""
    row = read_last_row(f"{os.fspath(trajectory)}/{layout.ROWS}")
    k = row.k if row else 0
    try:
        status: Status | None = derive_status(
            trajectory,
            row,
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
    """Why a trajectory failed. Not yet safe to print."""
    try:
        failure = trajectory.failure
    except RiptuiError as error:
        return str(error)
    return failure.error if failure else "it has been retried since"
