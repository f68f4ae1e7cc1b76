"""The rows of a trajectory while it is computed: read once, and then only what was appended."""

from riptui.store import layout
from riptui.store.disk import read_file
from riptui.store.records import IterationRow, parse_valid_prefix
from riptui.store.trajectory import Trajectory


class RowTail:
    """The committed iterations of one trajectory, as of the last `refresh`. For one thread."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.rows: list[IterationRow] = []
        """Row k at index k-1. It grows in place; a trajectory that was cut has a new list."""
        self._path = f"{trajectory.path}/{layout.ROWS}"
        self._end_offset = 0
        self._last_line = b""

    def refresh(self) -> bool:
        """Look at the disk again. False: rows that were known are no longer there, so all were read anew.

        Raises DiskError, DamagedError.
        """
        start = self._end_offset - len(self._last_line)
        data = read_file(self._path, start=start) or b""
        is_unchanged = data.startswith(self._last_line)  # the last known row says that those before it are the same
        if not is_unchanged:
            self.rows, self._end_offset, self._last_line, start = [], 0, b"", 0
            data = read_file(self._path) or b""
        self._append_rows(data, start)
        return is_unchanged

    def _append_rows(self, data: bytes, start: int) -> None:
        known_bytes = len(self._last_line)
        rows, ends = parse_valid_prefix(data[known_bytes:], IterationRow)
        row_start = 0
        for row, end in zip(rows, ends, strict=True):
            if row.k != len(self.rows) + 1:
                break
            self.rows.append(row)
            self._last_line = data[known_bytes + row_start : known_bytes + end]
            self._end_offset = start + known_bytes + end
            row_start = end
