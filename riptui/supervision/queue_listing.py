"""What waits in a runs folder, in the order in which workers will take it, with when and whether they will."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.filesystem import user_name
from riptui.planning.estimate import CostKey, IterationTime, cost_key, times_on_disk
from riptui.planning.scheduled_work import work_after
from riptui.store.listing import find_trajectories
from riptui.store.queue_order import read_order
from riptui.store.queued import QueuedTrajectory
from riptui.store.trajectory import Trajectory
from riptui.store.trust import Trust
from riptui.store.worker_registry import Worker, find_skipped
from riptui.supervision.client import list_running_workers
from riptui.text.units import format_count


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


def list_waiting(runs: Path) -> list[WaitingTrajectory]:
    """What waits, the next one first."""
    workers = list_running_workers(runs)
    order = read_order(runs, workers)
    reasons = _find_reasons(runs, order, workers)
    served = [queued for queued in order if queued.trajectory.path not in reasons]
    starts = _foresee_starts(runs, served, workers)
    lines = []
    for position, queued in enumerate(order, 1):
        path = queued.trajectory.path
        reason = reasons.get(path) or (
            f"last, because {format_count(queued.attempts, 'worker')} died of it in a row" if queued.attempts else ""
        )
        lines.append(WaitingTrajectory(position, queued, reason, starts.get(path)))
    return lines


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


def _foresee_starts(runs: Path, order: Sequence[QueuedTrajectory], workers: Sequence[Worker]) -> dict[Path, float]:
    """In how many seconds each starts, by path, as far as the times of those before it are known."""
    computing = [worker for worker in workers if worker.record.takes_queued or worker.record.study]
    if not order or not computing:
        return {}
    running = [Trajectory(runs / job.path) for worker in computing if worker.live for job in worker.live.jobs]
    everything = running + [queued.trajectory for queued in order]
    keys = {cost_key(trajectory.spec) for trajectory in everything if _is_readable(trajectory)}
    times = times_on_disk(keys, find_trajectories(runs))
    seconds: float | None = 0.0
    for trajectory in running:
        seconds = _add(seconds, _remaining_seconds(trajectory, times, len(everything)))
    starts = {}
    for queued in order:
        if seconds is None:
            break
        starts[queued.trajectory.path] = seconds / len(computing)
        seconds = _add(seconds, _remaining_seconds(queued.trajectory, times, len(everything)))
    return starts


def _is_readable(trajectory: Trajectory) -> bool:
    try:
        return bool(trajectory.spec)
    except RiptuiError:
        return False


def _remaining_seconds(trajectory: Trajectory, times: Mapping[CostKey, IterationTime], count: int) -> float | None:
    """Seconds that a trajectory still takes; None: not known."""
    try:
        found = times.get(cost_key(trajectory.spec))
        left = work_after(trajectory.spec, len(trajectory.read_rows()))
    except RiptuiError:  # it was removed
        return 0.0
    return left * found.per_trajectory(count) if found else None


def _add(sum_: float | None, more: float | None) -> float | None:
    return None if sum_ is None or more is None else sum_ + more
