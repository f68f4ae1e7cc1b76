"""A trajectory computed on a machine that cannot reach its disk: a copy is sent there, and deltas come back.

The original folder stays locked during the lease, and deltas are written by the rules of the format, so readers see it
grow as if it were computed here. The copy is deleted.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from riptui.errors import DamagedError
from riptui.store import attempts, layout
from riptui.store.claim import Claim, claim
from riptui.store.disk import Folder, Journal, list_folder, make_folders, read_file, read_range
from riptui.store.records import IterationRow, Request, parse_valid_prefix
from riptui.store.requests import RequestWatch
from riptui.store.tail import LineTail
from riptui.store.trajectory import Trajectory
from riptui.store.writer import open_writer

Bundle = dict[str, bytes]
"""The files of a trajectory folder by name, without its lock and its log."""

MEASUREMENTS = (layout.SQUARES, layout.REPAINTS, layout.PROFILES, layout.METRICS)
"""In the order in which those of a frame are written."""
BUNDLED_FILES = (
    *(layout.SPEC, layout.ORIGINAL, layout.REQUEST, layout.ATTEMPTS),
    *(layout.ROWS, layout.PATCHES, *MEASUREMENTS, layout.SESSIONS),
)


@dataclass(frozen=True)
class Delta:
    """The data appended to a folder: whole lines, and all patches and keyframes of the rows."""

    rows: bytes = b""
    patches: bytes = b""
    keyframes: Mapping[int, bytes] = field(default_factory=dict)
    lines: Mapping[str, bytes] = field(default_factory=dict)
    """Of sessions, measurements and the log, by the name of the file, where there are any."""
    features: Mapping[str, bytes] = field(default_factory=dict)
    """Files of features that are new, or were replaced."""
    failed: bytes | None = None
    """failed.json, if it exists."""

    def __bool__(self) -> bool:
        return self != Delta()


@contextmanager
def lease(trajectory: Trajectory) -> Iterator["Lease"]:
    """Lock the original folder for a lease. Raises HeldError, DamagedError, SpecError, DiskError."""
    with claim(trajectory) as claimed:
        with open_writer(claimed):  # recovers it: deltas are appended to intact files
            pass
        yield Lease(claimed)


class Lease:
    """The original folder during a lease. Created by `lease`."""

    def __init__(self, claimed: Claim) -> None:
        self.trajectory = claimed.trajectory
        self._claim = claimed
        self._request_watch = RequestWatch(self.trajectory)
        self._sent_request = self._request_watch.request

    def make_bundle(self) -> Bundle:
        """Raises DiskError, DamagedError."""
        path = self.trajectory.path
        keyframes = [f"{layout.KEYFRAMES}/{name}" for name in list_folder(path / layout.KEYFRAMES)]
        names = [name for name in (*BUNDLED_FILES, *keyframes) if (path / name).exists()]
        names += layout.feature_files(list_folder(path))
        return {name: self.trajectory.read_data(name) for name in names}

    def poll_request(self) -> Request | None:
        """The request, if it has changed since the lease began or since the last poll; otherwise None."""
        previous, self._sent_request = self._sent_request, self._request_watch.poll()
        return None if self._sent_request == previous else self._sent_request

    def receive(self, delta: Delta) -> None:
        """Save a delta, durably. Raises DiskError; DamagedError if it does not continue the rows here."""
        folder = self._claim.folder
        self._append(delta, layout.SESSIONS)
        if delta.rows:
            with (
                Journal(folder, layout.PATCHES) as patches,
                Journal(folder, layout.ROWS) as rows,
                Folder(layout.KEYFRAMES, parent=folder) as keyframes,
            ):
                _commit_delta(delta, patches, rows, keyframes)
        self._append(delta, *MEASUREMENTS)
        for name in layout.feature_files(delta.features):
            folder.write_atomically(name, delta.features[name], durable=False)
        self._append(delta, layout.LOG)
        if delta.failed is not None:
            folder.write_atomically(layout.FAILED, delta.failed)

    def _append(self, delta: Delta, *names: str) -> None:
        for name in names:
            if data := delta.lines.get(name):
                with Journal(self._claim.folder, name) as journal:
                    journal.append(data)

    def count_attempt(self) -> None:
        """Count a process that died while it ran only this trajectory, so that it cannot kill workers for ever."""
        attempts.count_attempt(self._claim, len(self.trajectory.read_rows()))

    def clear_attempts(self) -> None:
        """Reset the count: the session ended in order."""
        attempts.clear_attempts(self._claim)


def _commit_delta(delta: Delta, patches: Journal, rows: Journal, keyframes: Folder) -> None:
    """Append patches, rows and keyframe in the order of a writer; all rows up to the next keyframe at once."""
    patches_start, rows_done = patches.end, 0
    new_rows, ends = parse_valid_prefix(delta.rows, IterationRow)
    if not new_rows or ends[-1] != len(delta.rows) or new_rows[0].patch[0] != patches_start:
        raise DamagedError(
            f"{rows.path}: the rows computed elsewhere do not continue the last row here; they are discarded"
        )
    for row, end in zip(new_rows, ends, strict=True):
        if row.k in delta.keyframes or row is new_rows[-1]:
            patches.append(delta.patches[patches.end - patches_start : sum(row.patch) - patches_start])
            rows.append(delta.rows[rows_done:end])
            rows_done = end
        if row.k in delta.keyframes:
            keyframes.write_atomically(layout.keyframe_name(row.k), delta.keyframes[row.k])


class RemoteCopy:
    """The copy of a leased trajectory on the machine that computes it, created from a bundle. Raises DiskError."""

    def __init__(self, path: Path, bundle: Bundle) -> None:
        self.trajectory = Trajectory(path)
        make_folders(path / layout.KEYFRAMES)
        with Folder(path) as folder, Folder(layout.KEYFRAMES, parent=folder) as keyframes:
            for name, data in bundle.items():
                subfolder, _, file_name = name.rpartition("/")
                (keyframes if subfolder else folder).write_atomically(file_name, data, durable=False)
        names = (layout.ROWS, *MEASUREMENTS, layout.SESSIONS, layout.LOG)
        self._tails = {name: LineTail(path / name) for name in names}
        for name, tail in self._tails.items():
            tail.advance(bundle.get(name, b""))
        self._sent_features = {name: bundle[name] for name in layout.feature_files(bundle)}
        self._sent_patches_bytes = len(bundle.get(layout.PATCHES, b""))
        self._keyframe_iterations = set(self.trajectory.spec.keyframe_iterations())

    def set_request(self, request: bytes) -> None:
        """Replace request.json. Raises DiskError."""
        with Folder(self.trajectory.path) as folder:
            folder.write_atomically(layout.REQUEST, request, shared=True, durable=False)

    def take_delta(self) -> Delta:
        """The data committed since the last call. Raises DiskError."""
        lines = {layout.METRICS: self._tails[layout.METRICS].read_lines()}  # before the rows: each has its row then
        rows, patches, keyframes = self._read_new_rows()
        lines |= {name: tail.read_lines() for name, tail in self._tails.items() if name not in (layout.ROWS, *lines)}
        return Delta(
            rows,
            patches,
            keyframes,
            {name: data for name, data in lines.items() if data},
            self._take_features(),
            read_file(self.trajectory.path / layout.FAILED),
        )

    def _take_features(self) -> dict[str, bytes]:
        """The files of features that are not what the other machine has."""
        names = layout.feature_files(list_folder(self.trajectory.path))
        found = {name: self.trajectory.read_data(name) for name in names}
        changed = {name: data for name, data in found.items() if data != self._sent_features.get(name)}
        self._sent_features |= changed
        return changed

    def _read_new_rows(self) -> tuple[bytes, bytes, dict[int, bytes]]:
        """New rows with their patches and keyframes, up to the first row whose keyframe is not written yet."""
        data = self._tails[layout.ROWS].read()
        keyframes: dict[int, bytes] = {}
        rows_done, patches_start = 0, self._sent_patches_bytes
        for row, end in zip(*parse_valid_prefix(data, IterationRow), strict=True):
            if row.k in self._keyframe_iterations:
                keyframe = read_file(self.trajectory.path / layout.KEYFRAMES / layout.keyframe_name(row.k))
                if keyframe is None:
                    break
                keyframes[row.k] = keyframe
            rows_done, self._sent_patches_bytes = end, sum(row.patch)
        length = self._sent_patches_bytes - patches_start
        patches = read_range(self.trajectory.path / layout.PATCHES, patches_start, length)
        self._tails[layout.ROWS].advance(data[:rows_done])
        return data[:rows_done], patches, keyframes
