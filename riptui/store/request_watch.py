"""Follow what is asked of a trajectory while it is computed, at the cost of a stat a look."""

import os
from contextlib import suppress

from riptui.errors import StoreError
from riptui.store import layout
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory


class RequestWatch:
    """The request of a trajectory; `request` is what it was at the last look."""

    def __init__(self, trajectory: Trajectory) -> None:
        self._trajectory = trajectory
        self._seen_version = self._read_version()
        self.request: Request = trajectory.request

    def poll(self) -> Request:
        """What is asked now. A request that cannot be read, or is gone with its renamed folder, changes nothing."""
        if (version := self._read_version()) not in (None, self._seen_version):
            self._seen_version = version
            with suppress(StoreError):
                self.request = self._trajectory.request
        return self.request

    def _read_version(self) -> tuple[int, int, int] | None:
        try:
            status = os.stat(self._trajectory.path / layout.REQUEST)
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino, status.st_size
