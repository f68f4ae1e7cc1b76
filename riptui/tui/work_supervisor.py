"""Keeps a worker running for the trajectories that the app's user queued in this session, and for no others."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Lock, Thread

from riptui.errors import InputError, RiptuiError
from riptui.store.trajectory import Trajectory
from riptui.store.worker_registry import Worker
from riptui.supervision.client import ANY_WORKER
from riptui.supervision.end_hook import split_command
from riptui.supervision.follower import FollowTask, start_follower
from riptui.supervision.pool import LocalPool
from riptui.supervision.progress import ProgressTracker

POLL_SECONDS = 1.0  # a worker that died is replaced within two seconds


class WorkSupervisor:
    """A pool of one worker of this host, watched by a thread while trajectories of this session are left to compute."""

    def __init__(self, runs: Path, notify: Callable[..., object], on_end: str = "") -> None:
        """notify: shows a toast, as `App.notify`; called in any thread, with a text that need not be printable."""
        self.runs = runs
        self._on_end = on_end  # the setting
        self._notify = partial(notify, timeout=10)
        self._iterations: dict[str, int] = {}  # by path relative to the runs folder: the trajectories of this session
        self._lock = Lock()
        self._pool: LocalPool | None = None
        """The one that is watched; a new one, which has not given up, whenever trajectories are added."""
        self._closed = Event()

    def supervise(self, trajectories: Sequence[Trajectory]) -> None:
        """Find or start a worker for queued trajectories, and keep one running until they have ended. Not for the UI
        thread. Raises WorkerError if none starts; DiskError.
        """
        pool = LocalPool(self.runs, [ANY_WORKER])
        pool.start()
        self.tell_ends(trajectories)
        with self._lock:
            for trajectory in trajectories:
                with suppress(RiptuiError):  # unreadable: the tree shows it
                    path = trajectory.path.resolve().relative_to(self.runs.resolve())
                    self._iterations[path.as_posix()] = trajectory.spec.iterations
            tracker = ProgressTracker(self.runs, self.runs, self._iterations, require_measured=True)
            self._pool = pool
        Thread(target=self._watch, args=[pool, tracker], name="supervisor", daemon=True).start()

    def tell_ends(self, trajectories: Sequence[Trajectory]) -> None:
        """Start a process that runs the command of `on_end` when trajectories end, also after the app was quit."""
        if not self._on_end:
            return
        paths = tuple(str(trajectory.path.absolute()) for trajectory in trajectories)
        try:
            split_command(self._on_end)
            start_follower(FollowTask(str(self.runs.absolute()), paths, workers=(ANY_WORKER,), on_end=self._on_end))
        except (InputError, OSError) as error:
            self._notify(f"the setting on_end is ignored: {error}", severity="warning")

    def is_supervising(self, worker: Worker) -> bool:
        """Whether the death of this worker is reported here. For any thread."""
        pool = self._pool
        return pool is not None and worker.record.id in pool.worker_ids

    def close(self) -> None:
        """Stop watching; the workers keep running."""
        self._closed.set()

    def _watch(self, pool: LocalPool, tracker: ProgressTracker) -> None:
        try:
            for progress, notices in pool.watch(tracker, poll_seconds=POLL_SECONDS, wait=self._closed.wait):
                for text in (*progress.notices, *notices):
                    self._notify(text, severity="warning")
                if self._closed.is_set() or self._pool is not pool:
                    return
        except RiptuiError as error:
            if self._pool is pool and not self._closed.is_set():
                self._notify(str(error), severity="error")
        if self._pool is pool:
            self._pool = None
