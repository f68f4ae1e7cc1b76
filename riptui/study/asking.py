"""Ask the same of many trajectories. Each is a durable write, so several are under way at a time."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from riptui.client import State, ask, retry
from riptui.errors import DiskError, RiptuiError
from riptui.store.trajectory import Trajectory

TOGETHER = 8  # writes; a disk makes several durable at once


def ask_all(trajectories: Iterable[Trajectory], state: State) -> int:
    """Ask for all of them to be computed, paused or stopped; how many could be asked. Raises DiskError."""

    def one(trajectory: Trajectory) -> bool:
        return _asked(trajectory, state)

    with ThreadPoolExecutor(TOGETHER) as threads:
        return sum(threads.map(one, trajectories))


def retry_all(trajectories: Iterable[Trajectory]) -> int:
    """Have those that failed tried again; how many. Raises DiskError."""
    count = 0
    for trajectory in trajectories:
        retry(trajectory)
        count += 1
    return count


def _asked(trajectory: Trajectory, state: State) -> bool:
    try:
        ask(trajectory, state)
    except DiskError:
        if trajectory.path.exists():
            raise
        return False
    except RiptuiError:  # it is damaged, and `riptui check` says how
        return False
    return True
