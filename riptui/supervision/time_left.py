"""How long workers still need for a study: the same estimate as the queue's and the app's head line."""

import os
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.supervision.progress import ProgressTracker, StudyProgress
from riptui.supervision.queue_listing import ListedQueue, QueueReader

PAUSE_SECONDS = 3.0  # between two looks at the queue, at least
PAUSE_FACTOR = 20  # the pause, in durations of the last look


class TimeLeft:
    """Estimates it for studies in one runs folder, whose queue is read now and then. For one thread."""

    def __init__(self, runs: Path) -> None:
        self._reader = QueueReader(Path(os.path.realpath(runs)))
        self._queue = ListedQueue()
        self._read_after = 0.0  # time.monotonic()

    def add_to(self, progress: StudyProgress, tracker: ProgressTracker) -> StudyProgress:
        """The progress that the tracker found last, with the seconds left."""
        if tracker.is_over or not progress.workers:
            return progress
        if time.monotonic() >= self._read_after:
            self._read(progress)
        remaining = (trajectory.path for trajectory in tracker.remaining)
        return replace(progress, seconds_left=self._queue.seconds_until(remaining))

    def _read(self, progress: StudyProgress) -> None:
        started = time.monotonic()
        self._queue = ListedQueue()
        with suppress(RiptuiError, OSError):  # the folder is gone, or cannot be read: others tell it
            self._queue = self._reader.read(progress.workers)
        ended = time.monotonic()
        self._read_after = ended + max(PAUSE_SECONDS, PAUSE_FACTOR * (ended - started))
