"""Reads the queue now and then, for its time left and for the place of the trajectory that is shown."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from riptui import supervision
from riptui.errors import RiptuiError
from riptui.store.sign_watch import find_silent
from riptui.store.trajectory import Status
from riptui.store.worker_registry import Worker, find_skipped
from riptui.tui.latest_jobs import LatestJobs, ThreadJob
from riptui.tui.runs.known_work import KnownWork, find_place

if TYPE_CHECKING:  # the cost of what waits, not needed for the first paint
    from riptui.supervision.queue_listing import ListedQueue, QueueReader, WaitingTrajectory

PAUSE_SECONDS = 3.0  # between two looks at the queue, at least
PAUSE_FACTOR = 20  # the pause, in durations of the last look

MAY_WAIT = (Status.QUEUED, Status.INTERRUPTED)
"""Workers take one whose process died again, if its request is still to run it."""

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
        on_forecast: Callable[[float | None], object],
    ) -> None:
        """on_forecast: called with the seconds until the whole queue is computed; None: not known."""
        self._runs = runs
        self._call_later = call_later
        self._on_known = on_known
        self._on_forecast = on_forecast
        self._jobs = LatestJobs(start)
        self._reader: QueueReader | None = None  # for the thread; None before the first look
        self._path = ""
        self._status: Status | None = None
        self._waiting: WaitingTrajectory | None = None
        self._is_served = True
        self._look_after = 0.0

    def show(self, path: str, status: Status | None, workers: Sequence[Worker]) -> None:
        """Report on this trajectory ("": none is shown); its place in the queue follows when that is read."""
        if (path, status) != (self._path, self._status) and status in MAY_WAIT:
            self._waiting, self._look_after = None, 0.0
        self._path, self._status = path, status
        self._tell(workers)
        if not workers:
            self._on_forecast(None)
        if (workers or status in MAY_WAIT) and time.monotonic() >= self._look_after:
            self._look_after = time.monotonic() + PAUSE_SECONDS
            self._jobs.submit("queue", partial(self._read, path, workers))

    def _read(self, path: str, workers: Sequence[Worker]) -> None:
        queue_listing = supervision.queue_listing
        started, queue = time.monotonic(), queue_listing.ListedQueue()
        self._reader = self._reader or queue_listing.QueueReader(self._runs.resolve())
        try:
            queue = self._reader.read(workers)
        except (RiptuiError, OSError):  # the folder is gone, or cannot be read: the tree says so
            self._reader = None
        place = find_place(queue, self._runs.resolve() / path)
        self._call_later(self._show_queue, path, workers, queue, place, time.monotonic() - started)

    def _show_queue(
        self,
        path: str,
        workers: Sequence[Worker],
        queue: "ListedQueue",
        place: "WaitingTrajectory | None",
        seconds: float,
    ) -> None:
        self._look_after = time.monotonic() + max(PAUSE_SECONDS, PAUSE_FACTOR * seconds)
        self._is_served = queue.is_served
        if path == self._path:
            self._waiting = place
            self._tell(workers)
        self._on_forecast(queue.seconds_left)

    def _tell(self, workers: Sequence[Worker]) -> None:
        if self._path:
            work = KnownWork(
                silent=find_silent(workers).get(self._path, 0),
                skipped=find_skipped(workers).get(self._path, ""),
                has_workers=bool(workers) and self._is_served,
                waiting=self._waiting if self._status in MAY_WAIT else None,
            )
            self._on_known(self._path, work)
