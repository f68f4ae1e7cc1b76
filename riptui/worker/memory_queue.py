"""A queue in memory: the trajectories that a driver assigns to a worker, or that a command runs in its own process."""

import time
from bisect import insort
from threading import Event, Lock

from riptui.spec import Spec
from riptui.store.disk_queue import MAX_SCAN_SHARE, MIN_SCAN_SECONDS, DiskQueue, find_candidates
from riptui.store.listing import mtime_ns
from riptui.store.queued import QueuedTrajectory, read_queued
from riptui.store.trajectory import Trajectory

RETRY_SECONDS = 0.25  # seconds until a trajectory that another process was running is tried again


class MemoryQueue:
    """Used as a `DiskQueue` is. One thread may add trajectories and take those that ended while another runs them.

    retry: keep a trajectory that left the batch unfinished, e.g. because another process is running it, and offer it
    again when nothing else is waiting. Otherwise it has ended, and whoever added it decides.
    """

    def __init__(self, *, retry: bool = False) -> None:
        self.ended_event = Event()  # set when a trajectory ended
        self._retry = retry
        self._lock = Lock()
        self._waiting: list[QueuedTrajectory] = []  # sorted, the next one first
        self._mtimes: dict[Trajectory, int] = {}  # of their folders when their requests were read
        self._next_look = 0.0  # time.monotonic()
        self._taken: list[Trajectory] = []
        self._held: list[Trajectory] = []
        self._retry_at = 0.0  # time.monotonic()
        self._ended: list[tuple[Trajectory, bool]] = []

    @property
    def has_held(self) -> bool:
        """Whether it holds trajectories that another process is running, for which the worker is to wait."""
        return bool(self._held)

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, trajectory: Trajectory) -> None:
        """Queue a trajectory that is requested; one that is not ends at once."""
        with self._lock:
            self._add(trajectory)

    def take_ended(self) -> list[tuple[Trajectory, bool]]:
        """The trajectories that ended since the last call, each with whether that is final."""
        with self._lock:
            ended, self._ended = self._ended, []
            return ended

    def scan(self, *, now: bool = False) -> None:
        """Queue again what was taken and did not end, which was released when the disk failed at another trajectory."""
        with self._lock:
            released, self._taken = self._taken, []
            if self._held and not self._waiting and time.monotonic() >= self._retry_at:
                released, self._held = released + self._held, []
            for trajectory in released:
                self._add(trajectory)

    def take_next(self, spec: Spec | None) -> Trajectory | None:
        """As `DiskQueue.take_next`. A trajectory that is not requested any more ends here."""
        with self._lock:
            self._read_changes()
            for candidate in find_candidates(self._waiting.copy(), spec):
                self._waiting.remove(candidate)
                if read_queued(candidate.trajectory) is not None:
                    self._taken.append(candidate.trajectory)
                    return candidate.trajectory
                self._end(candidate.trajectory, final=True)
            return None

    def mark_ended(self, trajectory: Trajectory, *, final: bool) -> None:
        with self._lock:
            if trajectory in self._taken:
                self._taken.remove(trajectory)
                if self._retry and not final:
                    self._held.append(trajectory)
                    self._retry_at = time.monotonic() + RETRY_SECONDS
                else:
                    self._end(trajectory, final=final)

    def take_unreadable(self) -> list[tuple[Trajectory, str]]:
        """Always empty: what cannot be read has ended."""
        return []

    def skip(self, trajectory: Trajectory) -> None:
        """Its folder cannot be used: it has ended."""
        self.mark_ended(trajectory, final=True)

    def _read_changes(self) -> None:
        """Sort again those whose requests have changed, e.g. to another priority, if it is time to look."""
        started = time.monotonic()
        if started < self._next_look:
            return
        for number, waiting in enumerate(self._waiting):
            if mtime_ns(str(waiting.trajectory.path)) != self._mtimes.get(waiting.trajectory):
                self._mtimes[waiting.trajectory] = mtime_ns(str(waiting.trajectory.path))
                self._waiting[number] = read_queued(waiting.trajectory) or waiting
        self._waiting.sort(key=lambda waiting: waiting.sort_key)
        ended = time.monotonic()
        self._next_look = ended + max(MIN_SCAN_SECONDS, (ended - started) / MAX_SCAN_SHARE)

    def _add(self, trajectory: Trajectory) -> None:
        self._mtimes[trajectory] = mtime_ns(str(trajectory.path))
        queued = read_queued(trajectory)
        if queued is None:
            self._end(trajectory, final=True)
        else:
            insort(self._waiting, queued, key=lambda waiting: waiting.sort_key)

    def _end(self, trajectory: Trajectory, *, final: bool) -> None:
        self._ended.append((trajectory, final))
        self.ended_event.set()


TrajectoryQueue = DiskQueue | MemoryQueue
"""What a worker runs next: all that is queued in a runs folder, or given trajectories."""
