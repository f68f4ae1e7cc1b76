"""Reads the end of a log, and then what is added to it. For one thread; no Textual."""

from pathlib import Path

from riptui.store.disk import file_size, read_range
from riptui.store.tail import LineTail
from riptui.text.terminal import printable

MAX_BYTES = 2**21  # of a log that are read at first: 20,000 lines
MAX_LINE = 4_000  # characters of a line
TAB_COLUMNS = 8


class LogFile:
    """The lines of a log, safe to print."""

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


def _split(data: bytes) -> list[str]:
    return [_clean(line) for line in data.decode(errors="replace").splitlines()]


def _clean(line: str) -> str:
    if len(line) > MAX_LINE:
        line = f"{line[:MAX_LINE]} ... and {len(line) - MAX_LINE:,} more characters"
    return printable(line.expandtabs(TAB_COLUMNS))
