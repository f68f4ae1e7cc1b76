"""The same request for many trajectories. Each is a durable write, so several are written at a time."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from riptui.errors import DiskError, RiptuiError
from riptui.store.trajectory import Trajectory
from riptui.supervision.client import RequestState, request_state, retry

PARALLEL_WRITES = 8  # a disk syncs several files at once


def request_all(trajectories: Iterable[Trajectory], state: RequestState) -> int:
    """Request that they are computed, paused or stopped. Returns how many could be requested: not those that are
    damaged or cannot be written. Raises DiskError if the whole disk fails.
    """
    with ThreadPoolExecutor(PARALLEL_WRITES) as threads:
        return sum(threads.map(lambda trajectory: _try(partial(request_state, trajectory, state)), trajectories))


def retry_all(trajectories: Iterable[Trajectory]) -> int:
    """Queue failed trajectories again. Returns how many could be. Raises DiskError if the whole disk fails."""
    return sum(_try(partial(retry, trajectory)) for trajectory in trajectories)


def _try(write: Callable[[], None]) -> bool:
    try:
        write()
    except RiptuiError as error:  # it is damaged, removed or another user's: `riptui check` reports how
        if isinstance(error, DiskError) and error.is_of_whole_disk:
            raise
        return False
    return True
