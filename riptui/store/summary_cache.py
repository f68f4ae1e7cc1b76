"""Summaries of the trajectories below a folder, kept in the cache folder, so that a list of 100,000 takes seconds.

It can be deleted at any time, and is never trusted over the disk: a summary counts only while the folder and every file
that it was made from have the size and time that they had then, which takes seven stats where a summary takes reading
and checking six files. Summaries of running trajectories are never kept, nor of unreadable ones: their reasons may be
gone without a trace in the folder.
"""

import hashlib
import os
import struct
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from riptui import __version__
from riptui.errors import SpecError
from riptui.filesystem import read_own_file, write_atomically
from riptui.metrics.values import MetricValues
from riptui.settings import paths
from riptui.spec import Spec
from riptui.store import layout
from riptui.store.annotations import Annotations
from riptui.store.listing import TrajectorySummary, summarize
from riptui.store.lock import LOCK_FILE
from riptui.store.trajectory import Status, Trajectory

MIN_TRAJECTORIES = 200  # below, reading them all takes less than a tenth of a second
MAX_BYTES = 2**30  # bytes; a trajectory takes about 1 kB
SETTLED_NS = 2 * 10**9  # a file changed more recently may change again within the resolution of its timestamp
_NAMES = (layout.SPEC, layout.ROWS, layout.METRICS, layout.SESSIONS, layout.PATCHES, layout.ANNOTATIONS, LOCK_FILE)
_STAMP = struct.Struct(f"<{3 + 2 * len(_NAMES)}q")


class _Kept(msgspec.Struct, array_like=True, frozen=True):
    """One summary, and what its folder was like."""

    stamp: bytes
    status: Status
    spec: Spec
    k: int
    inpainted: float
    coverage: float
    metrics: dict[int, MetricValues]
    mixed: str
    annotations: Annotations
    failed: str


class _File(msgspec.Struct, array_like=True, frozen=True):
    release: str
    """Another release may derive other summaries."""
    kept: dict[str, msgspec.Raw]
    """By the path below the folder; each is decoded when it is asked for."""


_ENCODER = msgspec.msgpack.Encoder()
_KEPT_DECODER = msgspec.msgpack.Decoder(_Kept)
_FILE_DECODER = msgspec.msgpack.Decoder(_File)
RELEASE = f"{__version__} format 1"


class SummaryCache:
    """The summaries of trajectories below one folder."""

    def __init__(self, root: Path) -> None:
        """Never raises: without a readable file the cache is empty."""
        self._root = root.absolute()
        self._prefix = len(str(self._root)) + 1
        digest = hashlib.sha256(os.fsencode(os.path.realpath(root))).hexdigest()
        self._file = paths.cache_folder() / "summaries" / f"{digest[:24]}.msgpack"
        self._kept = _read(self._file)
        self._fresh: dict[str, msgspec.Raw] = {}
        self._asked = 0
        self._changed = False

    def summarize(self, trajectory: Trajectory) -> TrajectorySummary:
        """As `listing.summarize`, and as true. Never raises for errors on disk."""
        folder = str(trajectory.path.absolute())
        key = folder[self._prefix :]
        self._asked += 1
        stamp, settled = _read_stamp(folder)
        if (raw := self._kept.get(key)) is not None and (kept := _decode(raw)) and kept.stamp == stamp:
            self._fresh[key] = raw
            return _restore(trajectory, kept)
        summary = summarize(trajectory)
        if settled and summary.spec is not None and summary.status not in (None, Status.RUNNING):
            self._changed = True
            self._fresh[key] = msgspec.Raw(_ENCODER.encode(_keep(stamp, summary)))
        return summary

    def save(self) -> None:
        """Keep what was asked for since it was opened, and nothing else. Never raises."""
        if self._asked < MIN_TRAJECTORIES or not (self._changed or len(self._fresh) < len(self._kept)):
            return
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            data = _ENCODER.encode(_File(RELEASE, self._fresh))
            write_atomically(self._file, data, durable=False, mode=0o600)


def _read(file: Path) -> dict[str, msgspec.Raw]:
    try:
        found = _FILE_DECODER.decode(read_own_file(file, MAX_BYTES))
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found.kept if found.release == RELEASE else {}


def _decode(raw: msgspec.Raw) -> _Kept | None:
    try:
        return _KEPT_DECODER.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, SpecError):
        return None


def _keep(stamp: bytes, summary: TrajectorySummary) -> _Kept:
    assert summary.spec is not None
    assert summary.status is not None
    return _Kept(
        stamp,
        summary.status,
        summary.spec,
        summary.k,
        summary.inpainted,
        summary.coverage,
        summary.metrics,
        summary.mixed,
        summary.annotations,
        summary.failed,
    )


def _restore(trajectory: Trajectory, kept: _Kept) -> TrajectorySummary:
    trajectory.__dict__["spec"] = kept.spec  # where the cached property keeps it
    return TrajectorySummary(
        trajectory,
        kept.status,
        kept.spec,
        kept.k,
        kept.inpainted,
        kept.coverage,
        kept.metrics,
        kept.mixed,
        kept.annotations,
        kept.failed,
    )


def _read_stamp(folder: str) -> tuple[bytes, bool]:
    """What the folder and its files are like now, and whether all that has been so for a while."""
    numbers = [0, 0, 0]
    newest = 0
    with suppress(OSError):
        status = os.stat(folder)
        newest = status.st_mtime_ns
        numbers = [status.st_dev, status.st_ino, newest]
    for name in _NAMES:
        try:
            status = os.stat(f"{folder}/{name}")
        except OSError:
            numbers += (-1, -1)
        else:
            changed = status.st_mtime_ns
            newest = max(newest, changed)
            numbers += (changed, status.st_size)
    return _STAMP.pack(*numbers), newest < time.time_ns() - SETTLED_NS
