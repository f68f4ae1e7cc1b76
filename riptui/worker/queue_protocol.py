"""The protocol of the queues that a worker takes its trajectories from."""

from typing import Protocol

from riptui.spec import Spec
from riptui.store.trajectory import Trajectory


class TrajectoryQueue(Protocol):
    """What a worker runs next: `DiskQueue` for all that is queued in a runs folder, `MemoryQueue` for given ones."""

    @property
    def has_held(self) -> bool:
        """Whether it holds trajectories that another process is running, for which the worker is to wait."""

    def __len__(self) -> int:
        """Trajectories that can be taken, as of the last scan."""

    def scan(self, *, now: bool = False) -> None:
        """Find out which trajectories can be taken, if it is time to, or `now`. Called while the batch is empty."""

    def take_next(self, spec: Spec | None) -> Trajectory | None:
        """Take the next trajectory; given a spec, the next that may join its batch. None: there is none now."""

    def mark_ended(self, trajectory: Trajectory, *, final: bool) -> None:
        """A trajectory left the batch or could not enter it. final: it has nothing left to do, or failed."""
