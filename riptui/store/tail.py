"""Files that another process appends lines to: each read gives only what is new."""

from collections.abc import Callable
from pathlib import Path

from riptui.filesystem import try_stat
from riptui.store import layout, size_limits
from riptui.store.disk import MAX_READ_BYTES, read_start
from riptui.store.records import IterationRow, parse_valid_prefix
from riptui.store.trajectory import Trajectory


class LineTail:
    """A file of lines that grows, and may be cut. For one thread.

    max_bytes: of the file, if it is large; what is behind them is not read. None: any number, in large parts.
    """

    def __init__(self, path: Path | str, max_bytes: Callable[[], int] | None = None) -> None:
        self.was_cut = False  # whether known lines were gone at the last read, which then gave the whole file
        self._path = str(path)
        self._max_bytes = max_bytes
        self._known_bytes = 0
        self._last_line = b""  # if it is still in its place, so are the lines before it
        self._stamp: tuple[int, int] | None = None

    def read(self) -> bytes:
        """What follows the known lines, perhaps with an unfinished line. Raises DiskError, DamagedError."""
        self.was_cut = False
        stamp = self._read_stamp()
        if stamp == self._stamp and stamp is not None and stamp[1] == self._known_bytes:
            return b""  # for the price of a stat, which many files are polled at
        self._stamp = stamp
        data = self._read_from(self._known_bytes - len(self._last_line))
        if data.startswith(self._last_line):
            return data[len(self._last_line) :]
        self.was_cut = True
        self._known_bytes, self._last_line = 0, b""
        return self._read_from(0)

    def _read_from(self, start: int) -> bytes:
        limit = self._max_bytes or (lambda: start + MAX_READ_BYTES)
        return read_start(self._path, limit, start=start) or b""

    def skip_to(self, known_bytes: int, last_line: bytes) -> None:
        """Take the beginning of the file as known; last_line: the end of it, with its line end."""
        self._known_bytes, self._last_line = known_bytes, last_line

    def advance(self, lines: bytes) -> None:
        """Take the lines that the last `read` began with as known."""
        if lines:
            self._known_bytes += len(lines)
            self._last_line = lines[lines.rfind(b"\n", 0, -1) + 1 :]

    def read_lines(self) -> bytes:
        """The new whole lines, which are known afterwards. Raises DiskError, DamagedError."""
        data = self.read()
        lines = data[: data.rfind(b"\n") + 1]
        self.advance(lines)
        return lines

    def _read_stamp(self) -> tuple[int, int] | None:
        status = try_stat(self._path)
        return status and (status.st_mtime_ns, status.st_size)


class RowTail:
    """The committed iterations of one trajectory, as they are added. For one thread."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.k = 0  # iterations read so far
        self.last_row: IterationRow | None = None
        self._lines = LineTail(
            f"{trajectory.path}/{layout.ROWS}", lambda: size_limits.max_bytes(trajectory.spec, layout.ROWS)
        )

    @property
    def was_cut(self) -> bool:
        """Whether known rows were gone at the last read, which then gave all rows."""
        return self._lines.was_cut

    def read_new(self) -> list[IterationRow]:
        """The rows that were committed since the last read. Raises DiskError, DamagedError."""
        data = self._lines.read()
        if self.was_cut:
            self.k, self.last_row = 0, None
        rows, ends = parse_valid_prefix(data, IterationRow)
        count = next((index for index, row in enumerate(rows) if row.k != self.k + index + 1), len(rows))
        self._lines.advance(data[: ends[count - 1]] if count else b"")
        self.k += count
        self.last_row = rows[count - 1] if count else self.last_row
        return rows[:count]
