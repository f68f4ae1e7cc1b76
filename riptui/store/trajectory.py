"""A trajectory folder as readers see it: no lock, no change, and a consistent state while another process writes.

A row commits an iteration: data without a whole row does not count. So readers read the rows first, and then only the
data that they name.
"""

import os
from collections.abc import Callable, Sequence
from enum import StrEnum
from functools import cached_property
from itertools import takewhile
from math import inf, isnan, nan
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from riptui import store
from riptui.errors import DamagedError, InputError, NotATrajectoryError, SpecError, with_choices
from riptui.filesystem import try_stat
from riptui.metrics.values import MetricValues, ProfileValues, RepaintDistance, SquareValues
from riptui.spec import Spec, decode_spec
from riptui.store import layout
from riptui.store.disk import read_file, read_start, read_tail
from riptui.store.disk_errors import explain_errors
from riptui.store.lock import LockHolder, probe_lock
from riptui.store.records import (
    UNREADABLE,
    CoverageRow,
    Failure,
    IterationRow,
    Measurement,
    ProfileMeasurement,
    RepaintMeasurement,
    Request,
    Session,
    SquareMeasurement,
    parse_lines,
    parse_valid_prefix,
)
from riptui.store.size_limits import max_bytes

if TYPE_CHECKING:  # NumPy takes 100 ms to import
    from riptui.arrays import Image

StoredT = TypeVar("StoredT")

MAX_RECORD_BYTES = 2**24  # bytes; a spec has 1 kB, a failure with its traceback 10


class Status(StrEnum):
    """The status of a trajectory: derived from its folder, never stored."""

    DONE = "done"
    RUNNING = "running"
    QUEUED = "queued"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class Trajectory:
    """A trajectory folder. Reading it raises NotATrajectoryError, SpecError, DamagedError or DiskError."""

    def __init__(self, path: Path | str) -> None:
        self._given = path or "."

    @cached_property
    def path(self) -> Path:
        """The folder, as it was given."""
        return Path(self._given)  # of which 100,000 take half a second

    def __fspath__(self) -> str:
        """Its path, as it was given."""
        return os.fspath(self._given)

    @classmethod
    def open(cls, path: Path) -> "Trajectory":
        """The trajectory at a path given by the user. Raises NotATrajectoryError, DiskError."""
        with explain_errors(path):
            if not (path / layout.SPEC).is_file():
                raise _not_a_trajectory(path)
        return cls(path)

    @cached_property
    def spec(self) -> Spec:
        """What decides the pixels; read once. Raises NotATrajectoryError, SpecError, DamagedError, DiskError."""
        data = read_file(f"{self._given}/{layout.SPEC}", MAX_RECORD_BYTES)
        if data is None:
            raise _not_a_trajectory(self.path)
        try:
            return decode_spec(data)
        except SpecError as error:
            raise SpecError(f"{self.path / layout.SPEC}: {error}") from error

    @property
    def request(self) -> Request:
        """What the user wants of it now; "stop" if nothing was ever asked for."""
        return self._read_json(layout.REQUEST, Request) or Request(state="stop")

    @property
    def failure(self) -> Failure | None:
        """The error that ended its last session, if one did."""
        return self._read_json(layout.FAILED, Failure)

    @property
    def exists(self) -> bool:
        """Whether the folder still holds a trajectory."""
        return os.path.exists(f"{self._given}/{layout.SPEC}")

    @property
    def has_failed(self) -> bool:
        """Whether its last session ended with an error. It is tried again only when a person asks for it."""
        return os.path.exists(f"{self._given}/{layout.FAILED}")  # 10,000 are asked: a Path of each takes longer

    @property
    def holder(self) -> LockHolder | None:
        """The process that runs it now."""
        held, holder = probe_lock(self.path)
        return holder if held else None

    def read_data(self, name: str) -> bytes:
        """The bytes of a file that grows; none if there is no file, and no more than the spec allows."""
        return read_start(f"{self._given}/{name}", lambda: max_bytes(self.spec, name)) or b""

    def read_rows(self) -> list[IterationRow]:
        """The committed iterations, row k at index k-1."""
        rows, _ = parse_valid_prefix(self.read_data(layout.ROWS), IterationRow)
        for index, row in enumerate(rows):
            if row.k != index + 1:
                return rows[:index]
        return rows

    def read_coverage(self) -> list[float]:
        """% of the pixels repainted at least once, frame k at index k: `read_rows` in a third of the time."""
        data = self.read_data(layout.ROWS)
        try:
            rows = msgspec.json.Decoder(CoverageRow).decode_lines(data[: data.rfind(b"\n") + 1])
        except UNREADABLE:
            rows, _ = parse_valid_prefix(data, CoverageRow)
        in_place = takewhile(lambda pair: pair[1].k == pair[0], enumerate(rows, 1))
        return [0.0, *(row.coverage for _, row in in_place)]

    def read_sessions(self) -> list[Session]:
        """The stretches of work on it, in their order: which process, versions and device."""
        return self._read_lines(layout.SESSIONS, Session)

    def read_measurements(self) -> list[Measurement]:
        """The lines of metrics.jsonl that belong to a frame, as they were written."""
        last = self.spec.iterations
        found = self._read_lines(layout.METRICS, Measurement)
        return [measurement for measurement in found if (k := measurement.get("k")) is not None and 0 <= k <= last]

    def read_metrics(self) -> dict[int, MetricValues]:
        """Values by iteration, ascending; the last of several values with one name counts."""
        merged: dict[int, MetricValues] = {}
        for measurement in self.read_measurements():
            k = int(measurement.pop("k") or 0)
            measurement.pop("previous", None)
            merged.setdefault(k, {}).update(measurement)
        return dict(sorted(merged.items()))

    def read_previous_frames(self) -> dict[int, int]:
        """By iteration, the frame that its values @previous were measured against."""
        pairs = ((measurement["k"], measurement.get("previous")) for measurement in self.read_measurements())
        return {int(k): int(previous) for k, previous in pairs if k is not None and previous is not None}

    def read_squares(self) -> dict[int, dict[str, SquareValues]]:
        """Values at each square of the grid by iteration, ascending, and by metric; see NAME@squares."""
        merged: dict[int, dict[str, SquareValues]] = {}
        for measurement in self._read_lines(layout.SQUARES, SquareMeasurement):
            merged.setdefault(measurement.k, {}).update(measurement.squares)
        return dict(sorted(merged.items()))

    def read_profiles(self) -> dict[int, dict[str, ProfileValues]]:
        """Profiles by iteration, ascending, and by metric; see `MetricInfo.has_profile`."""
        merged: dict[int, dict[str, ProfileValues]] = {}
        for measurement in self._read_lines(layout.PROFILES, ProfileMeasurement):
            merged.setdefault(measurement.k, {}).update(measurement.profiles)
        return dict(sorted(merged.items()))

    def read_repaints(self, rows: Sequence[IterationRow]) -> dict[str, dict[int, RepaintDistance]]:
        """Distances right after repaints by metric and iteration, of frames that the rows have; see NAME@repaints."""
        sha256 = {row.k: row.sha256 for row in rows}
        found: dict[str, dict[int, RepaintDistance]] = {}
        for line in self._read_lines(layout.REPAINTS, RepaintMeasurement):
            if sha256.get(line.k) == line.sha256:
                for name, distance in line.repaints.items():
                    found.setdefault(name, {})[line.k] = distance
        return found

    def frame(self, k: int) -> "Image":
        """Frame k, uint8 RGB [size, size, 3], compared with its SHA-256; frame 0 is the original.

        Raises InputError if it is not computed yet; DamagedError.
        """
        return store.frames.read_frame(self, k)

    def table(self) -> dict[str, list[float]]:
        """The measured frames as columns of equal length, for `pandas.DataFrame(...)` or NumPy.

        k, inpainted (%, repeats counted), coverage (%, each pixel once), and a column per metric: NaN where it was not
        measured, infinite where it has no finite value (the PSNR of equal images).
        """
        coverage = self.read_coverage()
        measured = {k: values for k, values in self.read_metrics().items() if k < len(coverage)}
        names = dict.fromkeys(name for values in measured.values() for name in values)
        columns: dict[str, list[float]] = {
            "k": [*measured],
            "inpainted": [self.spec.inpainted(k) for k in measured],
            "coverage": [coverage[k] for k in measured],
        }
        return columns | {
            name: [
                nan if name not in values else inf if (value := values[name]) is None else value
                for values in measured.values()
            ]
            for name in names
        }

    def curve(self, metric: str) -> tuple[list[float], list[float]]:
        """The paper's curve: % inpainted and the metric's values where it was measured, for `plt.plot(*curve)`.

        Raises InputError if the trajectory has no values of that metric.
        """
        table = self.table()
        if metric not in table:
            raise InputError(with_choices(f"{self.path} has no values of {metric!r}", metric, [*table][3:]))
        pairs = [(x, y) for x, y in zip(table["inpainted"], table[metric], strict=True) if not isnan(y)]
        return [x for x, _ in pairs], [y for _, y in pairs]

    def read_status(self) -> Status:
        """Its status now, by the rows, the request, the lock and the failure on disk: it is stored nowhere."""
        rows = self.read_rows()
        return derive_status(self, rows[-1] if rows else None)

    def was_stopped(self, status: Status | None) -> bool:
        """Whether a person stopped it, now that it has this status; otherwise its process died, or it is not
        interrupted. Raises DamagedError, DiskError.
        """
        return status is Status.INTERRUPTED and self.request.state == "stop"

    def describe_status(self, status: Status) -> str:
        """The status in a word: of what a person stopped not as of what died. Raises DamagedError, DiskError."""
        return "stopped" if self.was_stopped(status) else str(status)

    def has_patch(self, row: IterationRow) -> bool:
        """Whether patches.bin is long enough for a row's patch, for the price of a stat.

        In a copy that was made while the trajectory grew, it may be older than the rows.
        """
        status = try_stat(f"{self._given}/{layout.PATCHES}")
        return status is not None and status.st_size >= sum(row.patch)

    def read_log(self, max_bytes: int = 2**16) -> str:
        """The end of log.txt: recoveries, and the tracebacks of failures. Not escaped for a terminal."""
        text = read_tail(f"{self.path}/{layout.LOG}", max_bytes).decode(errors="replace")
        return text if len(text) < max_bytes else text.partition("\n")[2]

    def _read_lines(self, name: str, record_type: type[StoredT]) -> list[StoredT]:
        return parse_lines(self.read_data(name), record_type)

    def _read_json(self, name: str, record_type: type[StoredT]) -> StoredT | None:
        data = read_file(f"{self._given}/{name}", MAX_RECORD_BYTES)
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=record_type)
        except UNREADABLE as error:
            raise DamagedError(f"{self.path / name} is not readable ({error}): delete it and try again") from error


def _not_a_trajectory(path: Path) -> NotATrajectoryError:
    reason = "has no spec.json" if path.is_dir() else "is not a folder" if path.exists() else "does not exist"
    return NotATrajectoryError(f"not a trajectory: {path} {reason}; list trajectories with: riptui ls")


def derive_status(
    trajectory: Trajectory,
    last_row: IterationRow | None,
    *,
    iterations: int | None = None,
    is_measured: Callable[[], bool] = lambda: True,
    by_request: bool = False,
) -> Status:
    """The status of a trajectory with this last committed iteration. The only place that derives it.

    iterations: the spec's, if they are known, so that it is not read. is_measured: whether nothing is left to measure,
    for callers to whom only then it is done. by_request: whether a trajectory whose process died, or whose last patch
    is lost, has the status that its request gives it, as for workers, which take it again; otherwise it is interrupted.
    Raises DamagedError, also if all rows are there and the last patch is not; SpecError, DiskError,
    NotATrajectoryError.
    """
    held, last_holder = probe_lock(os.fspath(trajectory))
    if held:
        return Status.RUNNING
    if last_row is not None and last_row.k >= (trajectory.spec.iterations if iterations is None else iterations):
        if trajectory.has_patch(last_row):
            if is_measured():
                return Status.DONE
        elif not by_request:
            raise DamagedError(
                f"{trajectory.path / layout.PATCHES} ends before the patch of row {last_row.k}: it is older than the "
                "rows, or was cut. `riptui check` tells what is intact, and `riptui resume` computes the rest again"
            )
    if trajectory.has_failed:
        return Status.FAILED
    if last_holder is not None and not by_request:
        return Status.INTERRUPTED
    match trajectory.request.state:
        case "run":
            return Status.QUEUED
        case "pause":
            return Status.PAUSED
        case "stop":
            return Status.INTERRUPTED
