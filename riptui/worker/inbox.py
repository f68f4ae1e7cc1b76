"""What a worker takes next if somebody hands it its trajectories."""

from threading import Event, Lock

from riptui.engine import alike
from riptui.spec import Spec
from riptui.store.trajectory import Trajectory
from riptui.worker.queue import Waiting, look


class Inbox:
    """As a Queue. One thread gives and asks what became of it, another takes."""

    def __init__(self) -> None:
        self.news = Event()
        """Set when something ended."""
        self._lock = Lock()
        self._waiting: list[Trajectory] = []
        self._taken: list[Trajectory] = []
        self._ended: list[tuple[Trajectory, bool]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def give(self, trajectory: Trajectory) -> None:
        with self._lock:
            self._waiting.append(trajectory)

    def ended(self) -> list[tuple[Trajectory, bool]]:
        """Those that ended since the last time; True: nothing is left to do, or it failed."""
        with self._lock:
            ended, self._ended = self._ended, []
            return ended

    def scan(self, *, now: bool = False) -> None:
        """The bench is empty: what was taken and did not end was put back, for the disk failed at another."""
        with self._lock:
            self._waiting += self._taken
            self._taken = []

    def next(self, spec: Spec | None) -> Trajectory | None:
        """As `Queue.next`. What is not asked for any more ends here."""
        with self._lock:
            found: list[Waiting] = []
            for one in [*self._waiting]:
                there = look(one)
                if there is None:
                    self._end(one, final=True)
                elif spec is None or (alike(one.spec, spec) and not there.attempts):
                    found.append(there)
                    if spec is not None:
                        break
            if not found:
                return None
            chosen = min(found, key=lambda one: one.attempts).trajectory
            self._waiting.remove(chosen)
            self._taken.append(chosen)
            return chosen

    def returned(self, trajectory: Trajectory) -> None:
        """It was computed to its end, or failed."""
        self.left(trajectory, final=True)

    def left(self, trajectory: Trajectory, *, final: bool) -> None:
        """The bench has done with it."""
        with self._lock:
            self._end(trajectory, final=final)

    def _end(self, trajectory: Trajectory, *, final: bool) -> None:
        for held in (self._waiting, self._taken):
            if trajectory in held:
                held.remove(trajectory)
                self._ended.append((trajectory, final))
                self.news.set()
