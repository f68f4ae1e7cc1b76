"""What a worker takes next if somebody hands it its trajectories."""

from threading import Event, Lock

from riptui.engine import can_share_batch
from riptui.spec import Spec
from riptui.store.trajectory import Trajectory
from riptui.worker.disk_queue import QueuedTrajectory, read_queued


class MemoryQueue:
    """As a DiskQueue. One thread gives and asks what became of it, another takes."""

    def __init__(self) -> None:
        self.ended_event = Event()
        """Set when something ended."""
        self._lock = Lock()
        self._waiting: list[Trajectory] = []
        self._taken: list[Trajectory] = []
        self._ended: list[tuple[Trajectory, bool]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, trajectory: Trajectory) -> None:
        with self._lock:
            self._waiting.append(trajectory)

    def take_ended(self) -> list[tuple[Trajectory, bool]]:
        """Those that ended since the last time; True: nothing is left to do, or it failed."""
        with self._lock:
            ended, self._ended = self._ended, []
            return ended

    def scan(self, *, now: bool = False) -> None:
        """The bench is empty: what was taken and did not end was put back, for the disk failed at another."""
        with self._lock:
            self._waiting += self._taken
            self._taken = []

    def take_next(self, spec: Spec | None) -> Trajectory | None:
        """As `DiskQueue.take_next`. What is not asked for any more ends here."""
        with self._lock:
            candidates: list[QueuedTrajectory] = []
            for trajectory in [*self._waiting]:
                queued = read_queued(trajectory)
                if queued is None:
                    self._end(trajectory, final=True)
                elif spec is None or (can_share_batch(trajectory.spec, spec) and not queued.attempts):
                    candidates.append(queued)
                    if spec is not None:
                        break
            if not candidates:
                return None
            chosen = min(candidates, key=lambda candidate: candidate.attempts).trajectory
            self._waiting.remove(chosen)
            self._taken.append(chosen)
            return chosen

    def mark_done(self, trajectory: Trajectory) -> None:
        """It was computed to its end, or failed."""
        self.mark_ended(trajectory, final=True)

    def mark_ended(self, trajectory: Trajectory, *, final: bool) -> None:
        """The bench has done with it."""
        with self._lock:
            self._end(trajectory, final=final)

    def _end(self, trajectory: Trajectory, *, final: bool) -> None:
        for trajectories in (self._waiting, self._taken):
            if trajectory in trajectories:
                trajectories.remove(trajectory)
                self._ended.append((trajectory, final))
                self.ended_event.set()
