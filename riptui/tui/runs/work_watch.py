"""Finds out what is known of the work on the trajectory that is shown; reads its place in the queue now and then."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from riptui.errors import RiptuiError
from riptui.store.trajectory import Status
from riptui.store.worker_registry import Worker
from riptui.tui.latest_jobs import LatestJobs, ThreadJob
from riptui.tui.runs.known_work import KnownWork, know_work, read_place

if TYPE_CHECKING:
    from riptui.supervision.queue_listing import WaitingTrajectory

PAUSE_SECONDS = 3.0  # between two looks at the queue, at least
PAUSE_FACTOR = 20  # the pause, in durations of the last look: all that waits is read

OnKnown = Callable[[str, KnownWork], object]
"""Called in the UI thread with a path below the runs folder, and what is known of it."""


class WorkWatch:
    """For the UI thread; `start` runs a function in another one, `call_later` one in the UI thread."""

    def __init__(
        self,
        runs: Path,
        start: Callable[[ThreadJob], object],
        call_later: Callable[..., object],
        on_known: OnKnown,
    ) -> None:
        self._runs = runs
        self._call_later = call_later
        self._on_known = on_known
        self._jobs = LatestJobs(start)
        self._path = ""
        self._status: Status | None = None
        self._workers: Sequence[Worker] = ()
        self._waiting: WaitingTrajectory | None = None
        self._look_after = 0.0

    def show(self, path: str, status: Status | None, workers: Sequence[Worker]) -> None:
        """Tell what is known of a trajectory; its place in the queue follows when it is read."""
        if (path, status) != (self._path, self._status):
            self._waiting, self._look_after = None, 0.0
        self._path, self._status, self._workers = path, status, workers
        self._tell()
        if status is Status.QUEUED and time.monotonic() >= self._look_after:
            self._look_after = time.monotonic() + PAUSE_SECONDS
            self._jobs.submit("place", partial(self._read, path))

    def _read(self, path: str) -> None:
        started = time.monotonic()
        try:
            waiting = read_place(self._runs, path)
        except (RiptuiError, OSError):  # the folder is gone, or cannot be read: the tree says so
            waiting = None
        self._call_later(self._show_place, path, waiting, time.monotonic() - started)

    def _show_place(self, path: str, waiting: "WaitingTrajectory | None", seconds: float) -> None:
        self._look_after = time.monotonic() + max(PAUSE_SECONDS, PAUSE_FACTOR * seconds)
        if path == self._path:
            self._waiting = waiting
            self._tell()

    def _tell(self) -> None:
        self._on_known(self._path, know_work(self._path, self._workers, self._waiting))
