"""The log of a worker: its end and then what is added to it, read in a thread once a second while it is shown."""

from functools import partial
from pathlib import Path

from riptui.errors import RiptuiError
from riptui.store.disk import file_size, read_range
from riptui.store.tail import LineTail
from riptui.text.terminal import printable
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.workers.log_view import LogView

READ_SECONDS = 1.0  # between two looks
MAX_BYTES = 2**21  # of a log that are read at first: 20,000 lines
MAX_LINE = 4_000  # characters of a line
TAB_COLUMNS = 8


class LogFile:
    """The lines of a log, safe to print. For one thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._tail: LineTail | None = None  # None before the first read

    def read(self) -> tuple[list[str], bool]:
        """The lines that were added, and whether they replace those read before: at first, and where the log was cut.

        Raises DiskError, DamagedError.
        """
        if self._tail is None:
            return self._read_end(), True
        data = self._tail.read_lines()
        return _split(data[-MAX_BYTES:]), self._tail.was_cut

    def _read_end(self) -> list[str]:
        size = file_size(self.path)
        start = max(0, size - MAX_BYTES)
        data = read_range(self.path, start, size - start)
        whole = data[: data.rfind(b"\n") + 1]
        self._tail = LineTail(self.path)
        self._tail.skip_to(start + len(whole), whole[whole.rfind(b"\n", 0, -1) + 1 :])
        if start:
            whole = b"... earlier lines: riptui logs\n" + whole.partition(b"\n")[2]
        return _split(whole)


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


def _split(data: bytes) -> list[str]:
    return [_clean(line) for line in data.decode(errors="replace").splitlines()]


def _clean(line: str) -> str:
    if len(line) > MAX_LINE:
        line = f"{line[:MAX_LINE]} ... and {len(line) - MAX_LINE:,} more characters"
    return printable(line.expandtabs(TAB_COLUMNS))
