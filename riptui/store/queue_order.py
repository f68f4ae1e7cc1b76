"""The order in which workers will take what waits, foreseen from the disk: that of `riptui queue` and the app."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.store.disk_queue import DiskQueue, find_candidates
from riptui.store.queued import QueuedTrajectory
from riptui.store.trajectory import Trajectory
from riptui.store.turns import Turns
from riptui.store.worker_registry import Worker

MAX_FORESEEN = 200  # trajectories; those after them are in the order of the queue, whatever their models
MAX_CONSIDERED = 400  # trajectories, the first ones in the order of the queue, of which these are chosen


def read_order(runs: Path, workers: Sequence[Worker]) -> list[QueuedTrajectory]:
    """What waits in a runs folder, the next one first. workers: those that run."""
    queue = DiskQueue(runs)
    queue.scan(now=True)
    return order_waiting(runs, queue, workers)


def order_waiting(runs: Path, queue: DiskQueue, workers: Sequence[Worker]) -> list[QueuedTrajectory]:
    """As `read_order`, of a queue that was scanned."""
    return foresee_order(queue.waiting, _find_last_taken(runs, workers))


def foresee_order(waiting: Sequence[QueuedTrajectory], taken: Sequence[Trajectory] = ()) -> list[QueuedTrajectory]:
    """The order in which one worker would take them, as `DiskQueue.take_next` does.

    taken: what workers compute now, the last one taken last: their owners had their turns, and its model is loaded.
    """
    turns, spec = Turns(), None
    for trajectory in taken:
        with suppress(RiptuiError, OSError):  # it was removed
            turns.count(trajectory.path.stat().st_uid, any_model=True)
            spec = trajectory.spec
    everything = turns.sort(waiting)
    rest, later, order = everything[:MAX_CONSIDERED], everything[MAX_CONSIDERED:], list[QueuedTrajectory]()
    while rest and len(order) < MAX_FORESEEN:
        chosen = next(find_candidates(rest, spec), rest[0])
        rest.remove(chosen)
        turns.count(chosen.owner, any_model=True)
        rest = turns.sort(rest)
        spec = chosen.trajectory.spec
        order.append(chosen)
    return order + rest + later


def _find_last_taken(runs: Path, workers: Sequence[Worker]) -> list[Trajectory]:
    """What the workers of the queue compute, in the order in which their sessions began."""
    found = []
    for worker in workers:
        for job in worker.jobs if worker.record.takes_queued else ():
            trajectory = Trajectory(runs / job.path)
            with suppress(RiptuiError):
                sessions = trajectory.read_sessions()
                found.append((sessions[-1].started if sessions else "", trajectory))
    return [trajectory for _, trajectory in sorted(found, key=lambda pair: pair[0])]
