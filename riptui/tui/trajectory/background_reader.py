"""Reads the trajectory that a view shows, in a thread; what was read of an earlier one is never shown."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from textual.widget import Widget

from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.trajectory.loader import TrajectoryLoader

Result = TypeVar("Result")


class BackgroundReader:
    """Runs reads one after another; a waiting one is replaced by the next of its kind."""

    def __init__(self, view: Widget) -> None:
        self._view = view
        self._jobs = LatestJobs(partial(view.run_worker, thread=True, group="trajectory"))
        self._loader: TrajectoryLoader | None = None  # used by the thread only
        self.path: Path | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being read or waits for it."""
        return self._jobs.busy

    def open(self, path: Path) -> None:
        """Read this trajectory from now on."""
        self._jobs.clear_waiting()
        self.path = path

    def submit(self, kind: str, read: Callable[[TrajectoryLoader], Result], show: Callable[[Result], object]) -> None:
        """Call `read` in the thread, and `show` with its result in the UI thread."""
        if self.path is not None:
            self._jobs.submit(kind, partial(self._run, self.path, read, show))

    def _run(self, path: Path, read: Callable[[TrajectoryLoader], Result], show: Callable[[Result], object]) -> None:
        if path != self.path:
            return
        if self._loader is None or self._loader.path != path:
            self._loader = TrajectoryLoader(path)
        self._view.call_later(self._deliver, path, show, read(self._loader))

    def _deliver(self, path: Path, show: Callable[[Result], object], result: Result) -> None:
        if path == self.path:
            show(result)
