"""Poll the request of a trajectory while it runs, for the price of one stat."""

import os
from contextlib import suppress

from riptui.errors import StoreError
from riptui.store import layout
from riptui.store.records import Request
from riptui.store.trajectory import Trajectory


class RequestWatch:
    """The request of a trajectory; `request` is the one found by the last poll."""

    def __init__(self, trajectory: Trajectory) -> None:
        self._trajectory = trajectory
        self._seen_version = self._read_version()
        self.request: Request = trajectory.request

    def poll(self) -> Request:
        """The request now. One that cannot be read, or is gone because its folder was renamed, changes nothing."""
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
