"""What waits in a runs folder, in the order in which workers will take it, with when and whether they will."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate, chain, islice
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.filesystem import user_name
from riptui.planning.estimate import CostKey, IterationTimes, cost_key, times_on_disk
from riptui.planning.scheduled_work import work_after
from riptui.store.disk_queue import DiskQueue
from riptui.store.listing import find_trajectories
from riptui.store.queue_order import order_waiting
from riptui.store.queued import QueuedTrajectory
from riptui.store.trajectory import Trajectory
from riptui.store.trust import Trust
from riptui.store.worker_record import WorkerJob
from riptui.store.worker_registry import Worker, find_skipped
from riptui.supervision.client import list_running_workers
from riptui.supervision.progress import worker_rate
from riptui.text.units import format_count

TIMES_SECONDS = 60.0  # seconds for which the times of iterations, read from the disk, are good


@dataclass(frozen=True)
class WaitingTrajectory:
    """A line of the queue."""

    position: int
    """From 1."""
    queued: QueuedTrajectory
    reason: str = ""
    """Why no worker takes it, or takes it after all others; "": it starts in its turn."""
    starts_in: float | None = None
    """Seconds until it starts, about; None: not known."""
    takes: float | None = None
    """Seconds that it computes, about, as its share of a batch; None: not known."""


@dataclass(frozen=True)
class ListedQueue:
    """What waits, and how long all of it takes."""

    lines: tuple[WaitingTrajectory, ...] = ()
    """The next one first."""
    seconds_left: float | None = None
    """Until workers have computed all that they run and will take; None: not known, or nobody computes."""
    is_served: bool = False
    """Whether workers run that take what waits."""
    ends: Mapping[Path, float | None] = field(default_factory=dict)
    """Seconds until each that runs or will be taken is computed, by its folder; None: not known."""

    def seconds_until(self, paths: Iterable[Path]) -> float | None:
        """Seconds until all of these that run or will be taken are computed; None: not known, or there are none."""
        ends = [self.ends[path] for path in paths if path in self.ends]
        known = [end for end in ends if end is not None]
        return max(known) if known and len(known) == len(ends) else None


def list_waiting(runs: Path) -> list[WaitingTrajectory]:
    """What waits, the next one first."""
    return [*QueueReader(runs).read(list_running_workers(runs)).lines]


class QueueReader:
    """Reads the queue of a runs folder again and again: what has not changed is not read again. For one thread."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._queue = DiskQueue(runs)
        self._left: dict[Path, tuple[QueuedTrajectory, float]] = {}  # work by path, as long as it is the same
        self._times: IterationTimes = {}
        self._times_of: set[CostKey] = set()
        self._times_read = 0.0  # time.monotonic()

    def read(self, workers: Sequence[Worker]) -> ListedQueue:
        """workers: those that run."""
        self._queue.scan(now=True)
        order = order_waiting(self._runs, self._queue, workers)
        reasons = _find_reasons(self._runs, order, workers)
        served = [queued for queued in order if queued.trajectory.path not in reasons]
        computing = find_computing(workers, len(served))
        takes, starts, ends, seconds_left = self._foresee(served, computing)
        lines = []
        for position, queued in enumerate(order, 1):
            path = queued.trajectory.path
            died = f"last, because {format_count(queued.attempts, 'worker')} died of it in a row"
            reason = reasons.get(path) or (died if queued.attempts else "")
            lines.append(WaitingTrajectory(position, queued, reason, starts.get(path), takes.get(path)))
        return ListedQueue(tuple(lines), seconds_left, bool(computing), ends)

    def _foresee(
        self, order: Sequence[QueuedTrajectory], computing: Sequence[Worker]
    ) -> tuple[dict[Path, float], dict[Path, float], dict[Path, float | None], float | None]:
        """For how long each computes, as far as that is known; in how many seconds each starts, as far as the times of
        those before it are known; in how many seconds each ends, those that run as well, and all of it.
        """
        busy = [[_work_of_job(self._runs, job) for job in worker.jobs] for worker in computing]
        running = [*chain.from_iterable(busy)]
        self._left = {queued.trajectory.path: (queued, self._count_left(queued)) for queued in order}
        everything = running + [(queued.trajectory, left) for queued, left in self._left.values()]
        times = self._read_times(everything, running)
        present = _present_times(self._runs, computing)
        seconds = [_compute_seconds(*each, times, len(everything), present) for each in everything]
        paths = [queued.trajectory.path for queued in order]
        rest = iter(seconds)
        of_busy = [[*islice(rest, len(jobs))] for jobs in busy]
        of_waiting = [*rest]
        takes = {path: each for path, each in zip(paths, of_waiting, strict=True) if each is not None}
        if not computing:
            return takes, {}, {}, None
        starts, ends, seconds_left = schedule(of_busy, of_waiting)
        known_starts = {path: start for path, start in zip(paths, starts, strict=True) if start is not None}
        everywhere = (trajectory.path for trajectory, _ in everything)
        return takes, known_starts, dict(zip(everywhere, ends, strict=True)), seconds_left

    def _count_left(self, queued: QueuedTrajectory) -> float:
        """The work that is left of a trajectory; none of one that was removed."""
        known, left = self._left.get(queued.trajectory.path, (None, 0))
        if known is queued:
            return left
        try:
            return work_after(queued.trajectory.spec, len(queued.trajectory.read_rows()))
        except RiptuiError:
            return 0

    def _read_times(
        self, trajectories: Sequence[tuple[Trajectory, float]], running: Sequence[tuple[Trajectory, float]]
    ) -> IterationTimes:
        """The times of iterations like these, read anew now and then. running: those of them to look at first."""
        keys = {cost_key(trajectory.spec) for trajectory, _ in trajectories if _is_readable(trajectory)}
        now = time.monotonic()
        if not keys <= self._times_of or now - self._times_read > TIMES_SECONDS:
            self._times = times_on_disk(
                keys, chain((trajectory for trajectory, _ in running), find_trajectories(self._runs))
            )
            self._times_of, self._times_read = keys, now
        return self._times


def schedule(
    busy: Sequence[Sequence[float | None]], waiting: Iterable[float | None]
) -> tuple[list[float | None], list[float | None], float | None]:
    """When each that waits starts, when each ends, those that run first, and all of it: in seconds from now, with None
    for what is not known, and for what comes after it. Each that waits goes to the worker that is free first.

    busy: the seconds of what runs, for each worker, at least one; waiting: of what waits, in its order.
    """
    now: Sequence[float | None] = [0.0]
    sums = [[*accumulate([*now, *jobs], _add)] for jobs in busy]
    ends = [end for each in sums for end in each[1:]]
    free = [each[-1] for each in sums]
    starts: list[float | None] = []
    for seconds in waiting:
        known = [each for each in free if each is not None]
        start = min(known) if len(known) == len(free) else None
        end = _add(start, seconds)
        starts.append(start)
        ends.append(end)
        if start is not None:
            free[free.index(start)] = end
    known = [each for each in free if each is not None]
    return starts, ends, max(known) if len(known) == len(free) else None


def find_computing(workers: Sequence[Worker], waiting_count: int) -> list[Worker]:
    """Those that compute what waits. Commands such as `riptui run` take only their own: they count beside workers that
    take everything, or where all that waits is theirs.
    """
    staying = [worker for worker in workers if not worker.leaving]
    if any(worker.record.takes_queued or worker.record.study for worker in staying):
        return staying
    own = sum(worker.live.queued for worker in staying if worker.live is not None)
    return staying if own >= waiting_count else []


def _find_reasons(runs: Path, order: Sequence[QueuedTrajectory], workers: Sequence[Worker]) -> dict[Path, str]:
    """Why running workers do not take some of them, by path."""
    root = runs.resolve()
    reasons = {root / path: reason for path, reason in find_skipped(workers).items()}
    if not workers or any(worker.record.study for worker in workers):
        return reasons
    trusts = []
    for worker in workers:
        with suppress(OSError):  # it has just ended
            if worker.record.takes_queued:
                trusts.append(Trust.of_worker(worker.folder, worker.record.serves, worker.record.trust))
    for queued in order if trusts else ():
        if not any(trust.accepts(queued.trajectory) for trust in trusts):
            whose = f"what {user_name(queued.owner)} queued"
            reasons.setdefault(queued.trajectory.path, f"no running worker computes {whose}: see riptui worker --for")
    return reasons


def _is_readable(trajectory: Trajectory) -> bool:
    try:
        return bool(trajectory.spec)
    except RiptuiError:
        return False


def _work_of_job(runs: Path, job: WorkerJob) -> tuple[Trajectory, float]:
    """A trajectory that a worker computes, and the work that is left of it, in iterations."""
    trajectory = Trajectory(runs / job.path)
    return trajectory, work_after(trajectory.spec, job.k) if _is_readable(trajectory) else job.iterations - job.k


def _present_times(runs: Path, workers: Iterable[Worker]) -> dict[str, float]:
    """Seconds of a worker per iteration, by the inpainter that it computes with now; by "" if that is not known."""
    rates: dict[str, list[float]] = {}
    for worker in workers:
        if rate := worker_rate(worker):
            rates.setdefault(_inpainter_of(runs, worker), []).append(rate)
    return {inpainter: len(each) / sum(each) for inpainter, each in rates.items()}


def _inpainter_of(runs: Path, worker: Worker) -> str:
    """What a worker computes with now; empty if that is not known."""
    trajectories = (Trajectory(runs / job.path) for job in worker.jobs[:1])
    return next((trajectory.spec.inpainter for trajectory in trajectories if _is_readable(trajectory)), "")


def _compute_seconds(
    trajectory: Trajectory, left: float, times: IterationTimes, count: int, present: Mapping[str, float]
) -> float | None:
    """Seconds that a trajectory still takes; None: not known. present: seconds per iteration by inpainter, for
    trajectories like which none has run yet; by "" for those of any.
    """
    if not _is_readable(trajectory):
        return left * present.get("", 0.0)
    found = times.get(cost_key(trajectory.spec))
    per_iteration = found.per_trajectory(count) if found else present.get(trajectory.spec.inpainter, present.get(""))
    return None if per_iteration is None else left * per_iteration


def _add(sum_: float | None, more: float | None) -> float | None:
    return None if sum_ is None or more is None else sum_ + more
