"""The same request for many trajectories. Each is a durable write, so several are written at a time."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from riptui.errors import DiskError, RiptuiError
from riptui.store.trajectory import Trajectory
from riptui.supervision.client import RequestState, request_state, retry

PARALLEL_WRITES = 8  # a disk syncs several files at once


def request_all(trajectories: Iterable[Trajectory], state: RequestState) -> int:
    """Request that they are computed, paused or stopped. Returns how many could be requested. Raises DiskError."""
    with ThreadPoolExecutor(PARALLEL_WRITES) as threads:
        return sum(threads.map(lambda trajectory: _try_request(trajectory, state), trajectories))


def retry_all(trajectories: Iterable[Trajectory]) -> int:
    """Queue failed trajectories again. Returns how many. Raises DiskError."""
    count = 0
    for trajectory in trajectories:
        retry(trajectory)
        count += 1
    return count


def _try_request(trajectory: Trajectory, state: RequestState) -> bool:
    try:
        request_state(trajectory, state)
    except DiskError:
        if trajectory.path.exists():
            raise
        return False
    except RiptuiError:  # it is damaged: `riptui check` reports how
        return False
    return True
