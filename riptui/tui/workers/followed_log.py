"""The log of a worker, read in a thread once a second while it is shown."""

from functools import partial
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.workers.log_file import LogFile
from riptui.tui.workers.log_view import LogView

READ_SECONDS = 1.0  # between two looks


class FollowedLog(LogView, inherit_bindings=True):
    """Shows nothing before `follow`."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="log"))
        self.file: LogFile | None = None
        """Read by the thread only."""

    def on_mount(self) -> None:
        self.set_interval(READ_SECONDS, self.read_if_shown)

    def follow(self, path: Path | None) -> None:
        """Show another log. None: of a worker that writes none."""
        if path == (self.file.path if self.file else None):
            return
        self.file = LogFile(path) if path else None
        self.show([], note="" if path else "it prints to its own terminal")
        self.read_if_shown()

    def read_if_shown(self) -> None:
        if self.file is not None and self.is_on_screen:
            self._jobs.submit("read", partial(self._read, self.file))

    def _read(self, file: LogFile) -> None:
        try:
            lines, is_new = file.read()
        except RiptuiError as error:
            lines, is_new = [str(error)], True
        if lines or is_new:
            self.app.call_later(self._show_read, file, lines, is_new)

    def _show_read(self, file: LogFile, lines: list[str], is_new: bool) -> None:
        if file is not self.file or not self.is_mounted:
            return
        if is_new:
            self.show(lines, note="the log is empty")
        else:
            self.append(lines)
