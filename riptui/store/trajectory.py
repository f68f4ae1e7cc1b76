"""A trajectory folder as a reader sees it: no lock, no change, a consistent state while others write.

A row commits an iteration: what has no whole row yet is not there. So a reader takes the rows first and then only
what they name.
"""

from enum import StrEnum
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import TypeVar

import msgspec

from riptui.errors import DamagedError, NotATrajectoryError, SpecError
from riptui.spec import Spec, decode
from riptui.store import layout
from riptui.store.disk import explained, read_end, read_file
from riptui.store.lock import Holder, probe
from riptui.store.records import (
    UNREADABLE,
    Covered,
    Failure,
    Measurement,
    Request,
    Row,
    Session,
    Values,
    lines,
    prefix,
)

Record = TypeVar("Record")

RECORD_LIMIT = 2**24  # bytes; a spec has 1 kB, a failure with its traceback 10


class Status(StrEnum):
    """Derived from the folder, never stored."""

    DONE = "done"
    RUNNING = "running"
    QUEUED = "queued"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class Trajectory:
    """Raises NotATrajectoryError if the path holds none; SpecError, DamagedError or DiskError when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def at(cls, path: Path) -> "Trajectory":
        """The trajectory at a path that a user gave."""
        with explained(path):
            if not (path / layout.SPEC).is_file():
                raise _absent(path)
        return cls(path)

    @cached_property
    def spec(self) -> Spec:
        data = read_file(f"{self.path}/{layout.SPEC}", RECORD_LIMIT)
        if data is None:
            raise _absent(self.path)
        try:
            return decode(data)
        except SpecError as error:
            raise SpecError(f"{self.path / layout.SPEC}: {error}") from error

    @property
    def request(self) -> Request:
        return self._json(layout.REQUEST, Request) or Request(state="stop")

    @property
    def failure(self) -> Failure | None:
        return self._json(layout.FAILED, Failure)

    @property
    def has_failed(self) -> bool:
        """Whether its last session ended with an error. Nobody tries again before a person asks for it."""
        return (self.path / layout.FAILED).exists()

    @property
    def holder(self) -> Holder | None:
        """The process that computes it now."""
        held, holder = probe(self.path)
        return holder if held else None

    def rows(self) -> list[Row]:
        """The committed iterations, row k at index k-1."""
        rows, _ = prefix(read_file(f"{self.path}/{layout.ROWS}") or b"", Row)
        for place, row in enumerate(rows):
            if row.k != place + 1:
                return rows[:place]
        return rows

    def coverage(self) -> list[float]:
        """% of the pixels repainted at least once, frame k at index k: `rows` in a third of the time."""
        data = read_file(f"{self.path}/{layout.ROWS}") or b""
        try:
            rows = msgspec.json.Decoder(Covered).decode_lines(data[: data.rfind(b"\n") + 1])
        except UNREADABLE:
            rows, _ = prefix(data, Covered)
        in_place = takewhile(lambda pair: pair[1].k == pair[0], enumerate(rows, 1))
        return [0.0, *(row.coverage for _, row in in_place)]

    def sessions(self) -> list[Session]:
        return self._lines(layout.SESSIONS, Session)

    def measurements(self) -> list[Measurement]:
        """The lines of metrics.jsonl that are of a frame, as they were written."""
        last = self.spec.iterations
        found = self._lines(layout.METRICS, Measurement)
        return [one for one in found if (k := one.get("k")) is not None and 0 <= k <= last]

    def metrics(self) -> dict[int, Values]:
        """Values by iteration, ascending; of several for one name the last holds."""
        merged: dict[int, Values] = {}
        for measurement in self.measurements():
            k = int(measurement.pop("k") or 0)
            measurement.pop("previous", None)
            merged.setdefault(k, {}).update(measurement)
        return dict(sorted(merged.items()))

    def measured_against(self) -> dict[int, int]:
        """By iteration: the frame that its values @previous were measured against."""
        pairs = ((one["k"], one.get("previous")) for one in self.measurements())
        return {int(k): int(previous) for k, previous in pairs if k is not None and previous is not None}

    def status(self) -> Status:
        return status(self, len(self.rows()))

    def log(self, most: int = 2**16) -> str:
        """The end of log.txt: recoveries, and the tracebacks of failures. Not yet printable."""
        text = read_end(f"{self.path}/{layout.LOG}", most).decode(errors="replace")
        return text if len(text) < most else text.partition("\n")[2]

    def _lines(self, name: str, kind: type[Record]) -> list[Record]:
        return lines(read_file(f"{self.path}/{name}") or b"", kind)

    def _json(self, name: str, kind: type[Record]) -> Record | None:
        data = read_file(self.path / name, RECORD_LIMIT)
        if data is None:
            return None
        try:
            return msgspec.json.decode(data, type=kind)
        except UNREADABLE as error:
            raise DamagedError(f"{self.path / name} is not readable ({error}): delete it and go on") from error


def _absent(path: Path) -> NotATrajectoryError:
    what = "holds no spec.json" if path.is_dir() else "is not a folder" if path.exists() else "is not there"
    return NotATrajectoryError(f"{path} {what}, so it is no trajectory; riptui ls lists them")


def status(trajectory: Trajectory, committed: int) -> Status:
    """The status of a trajectory with so many committed iterations."""
    held, dead = probe(trajectory.path)
    if held:
        return Status.RUNNING
    if committed >= trajectory.spec.iterations:
        return Status.DONE
    if trajectory.has_failed:
        return Status.FAILED
    if dead is not None:
        return Status.INTERRUPTED
    match trajectory.request.state:
        case "run":
            return Status.QUEUED
        case "pause":
            return Status.PAUSED
        case "stop":
            return Status.INTERRUPTED
