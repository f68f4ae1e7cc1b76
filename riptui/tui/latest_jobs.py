"""A job queue for one thread that keeps only the newest job of each kind. No Textual."""

import threading
from collections.abc import Callable

ThreadJob = Callable[[], None]


class LatestJobs:
    """Runs jobs one after another in a thread; a waiting job is replaced by the next of its kind.

    So a held key never queues more than one frame. `start` runs a function in a thread.
    """

    def __init__(self, start: Callable[[ThreadJob], object]) -> None:
        self._start = start
        self._lock = threading.Lock()
        self._waiting: dict[str, ThreadJob] = {}
        self.busy = False  # whether a job is running or waiting

    def submit(self, kind: str, job: ThreadJob) -> None:
        with self._lock:
            self._waiting[kind] = job
            if self.busy:
                return
            self.busy = True
        self._start(self._run)

    def clear_waiting(self) -> None:
        """Drop the waiting jobs; a running one finishes."""
        with self._lock:
            self._waiting.clear()

    def _run(self) -> None:
        while (job := self._take_next()) is not None:
            try:
                job()
            except BaseException:
                with self._lock:
                    self.busy = False
                raise

    def _take_next(self) -> ThreadJob | None:
        with self._lock:
            for kind in self._waiting:
                return self._waiting.pop(kind)
            self.busy = False
            return None
