"""A claimed trajectory: this process holds its lock and is the only one that writes to its folder."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import msgspec

from riptui.errors import StoreError
from riptui.metrics import PREVIOUS
from riptui.metrics.values import ProfileValues, RepaintDistance, SquareValues, finite_or_none
from riptui.store import layout
from riptui.store.disk import Folder, Journal, sync_parent
from riptui.store.lock import FolderLock
from riptui.store.records import Failure, RepaintMeasurement, encode_line
from riptui.store.size_limits import max_bytes
from riptui.store.trajectory import Trajectory


@contextmanager
def claim(trajectory: Trajectory) -> Iterator["Claim"]:
    """Hold a trajectory's lock. Raises HeldError if another process does, DiskError."""
    path = trajectory.path.resolve()
    with Folder(path) as folder, FolderLock(folder) as lock:
        sync_parent(path)
        claimed = Claim(trajectory, folder, lock)
        try:
            yield claimed
        finally:
            claimed.close()


class Claim:
    """Made by `claim`. Measurements and failures can be written by it; rows by an IterationWriter."""

    def __init__(self, trajectory: Trajectory, folder: Folder, lock: FolderLock) -> None:
        self.lock = lock
        self.trajectory = trajectory
        self.folder = folder
        folder.sync()  # for what was renamed by a process that was killed
        self._metrics = Journal(folder, layout.METRICS)
        self._drop_torn_lines(self._metrics)
        self._repaints: Journal | None = None  # few trajectories have one

    def close(self) -> None:
        self._metrics.close()
        if self._repaints is not None:
            self._repaints.close()

    def add_measurement(
        self,
        k: int,
        values: Mapping[str, float],
        *,
        previous: int | None = None,
        squares: Mapping[str, SquareValues] | None = None,
        profiles: Mapping[str, ProfileValues] | None = None,
    ) -> None:
        """Save measured values of frame k. previous: the frame that values of NAME@previous are the distance to.
        squares: values at each square, by metric, and profiles: curves, by metric; saved at every 50 % and at the end,
        however often frames are measured.
        """
        self.lock.require()
        if (squares or profiles) and k in self.trajectory.spec.point_iterations():
            self._append_detail(layout.SQUARES, k, "squares", squares)
            self._append_detail(layout.PROFILES, k, "profiles", profiles)
        previous_field = {"previous": previous} if any(name.endswith(PREVIOUS) for name in values) else {}
        finite = {name: finite_or_none(value) for name, value in values.items()}
        self._metrics.append(encode_line({"k": k, **previous_field, **finite}))

    def add_repaint(self, k: int, sha256: str, distances: Mapping[str, RepaintDistance]) -> None:
        """Save distances right after iteration k's repaint, by metric. sha256: of frame k's pixels."""
        if self._repaints is None:
            self._repaints = Journal(self.folder, layout.REPAINTS)
            self._drop_torn_lines(self._repaints)
        self._repaints.append(encode_line(RepaintMeasurement(k, sha256, dict(distances))))

    def _append_detail(self, name: str, k: int, key: str, values: Mapping[str, object] | None) -> None:
        """Append values to a file that few trajectories have."""
        if values:
            with Journal(self.folder, name) as journal:
                self._drop_torn_lines(journal)
                journal.append(encode_line({"k": k, key: values}))

    def _drop_torn_lines(self, journal: Journal) -> None:
        journal.drop_torn_lines(max_bytes(self.trajectory.spec, journal.path.name))

    def drop_measurements_after(self, k: int) -> None:
        """Drop the measurements of frames after k, which were cut and will be computed again."""
        measurements = self.trajectory.read_measurements()
        kept = [measurement for measurement in measurements if (measurement["k"] or 0) <= k]
        if len(kept) < len(measurements):
            self._metrics.close()
            self.folder.write_atomically(layout.METRICS, b"".join(map(encode_line, kept)))
            self._metrics = Journal(self.folder, layout.METRICS)

    def record_failure(self, failure: Failure) -> None:
        """Record why the session ended. A disk error here is ignored: it must not hide the cause."""
        with suppress(StoreError):
            self.folder.write_atomically(layout.FAILED, encode_record(failure))
            self.log(f"iteration {failure.k} failed: {failure.error}\n{failure.traceback}")

    def log(self, text: str) -> None:
        """Add to log.txt, for people."""
        with Journal(self.folder, layout.LOG) as journal:
            journal.append(f"{timestamp()}  {text.rstrip()}\n".encode())


def encode_record(record: msgspec.Struct) -> bytes:
    """A record as the content of a JSON file, indented for people."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def timestamp() -> str:
    """Now, ISO 8601, UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
