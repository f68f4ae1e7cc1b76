"""The rows of a trajectory while it is computed: read once, and then only what was appended."""

from riptui.store import layout
from riptui.store.disk import read_file
from riptui.store.records import Row, prefix
from riptui.store.trajectory import Trajectory


class FollowedRows:
    """The committed iterations of one trajectory, as of the last `refresh`. For one thread."""

    def __init__(self, trajectory: Trajectory) -> None:
        self.rows: list[Row] = []
        """Row k at index k-1. It grows in place; a trajectory that was cut has a new list."""
        self._path = f"{trajectory.path}/{layout.ROWS}"
        self._end = 0
        self._last = b""

    def refresh(self) -> bool:
        """Look at the disk again. False: rows that were known are no longer there, so all were read anew.

        Raises DiskError, DamagedError.
        """
        start = self._end - len(self._last)
        data = read_file(self._path, start=start) or b""
        whole = data.startswith(self._last)  # the last known row says that those before it are the same
        if not whole:
            self.rows, self._end, self._last, start = [], 0, b"", 0
            data = read_file(self._path) or b""
        self._take(data, start)
        return whole

    def _take(self, data: bytes, start: int) -> None:
        known = len(self._last)
        rows, ends = prefix(data[known:], Row)
        before = 0
        for row, end in zip(rows, ends, strict=True):
            if row.k != len(self.rows) + 1:
                break
            self.rows.append(row)
            self._last = data[known + before : known + end]
            self._end = start + known + end
            before = end
