"""A trajectory that is computed where its disk does not reach: its folder goes there as bytes, what grows comes back.

At home the folder stays locked while it is lent, and what comes back is written by the rules of the format, so that
its readers see it grow as if it were computed here. The copy is thrown away.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from riptui.errors import DamagedError
from riptui.store import attempts, layout
from riptui.store.claim import Claim, claim
from riptui.store.disk import Folder, Journal, list_folder, make_folders, read_file, read_part
from riptui.store.records import Request, Row, prefix
from riptui.store.trajectory import Trajectory
from riptui.store.watch import Watch
from riptui.store.writer import writer

Parcel = dict[str, bytes]
"""A trajectory folder's files by name, but for its lock and its log."""

FILES = (
    layout.SPEC,
    layout.ORIGINAL,
    layout.REQUEST,
    layout.ATTEMPTS,
    layout.ROWS,
    layout.PATCHES,
    layout.METRICS,
    layout.SESSIONS,
)


@dataclass(frozen=True)
class Growth:
    """What was appended to a folder: whole lines, and all patches and keyframes of its rows."""

    rows: bytes = b""
    patches: bytes = b""
    keyframes: Mapping[int, bytes] = field(default_factory=dict)
    sessions: bytes = b""
    metrics: bytes = b""
    log: bytes = b""
    failed: bytes | None = None
    """failed.json, if it is there."""

    def __bool__(self) -> bool:
        return self != Growth()


@contextmanager
def lent(trajectory: Trajectory) -> Iterator["Lent"]:
    """Hold a trajectory's lock at home. Raises HeldError, DamagedError, SpecError, DiskError."""
    with claim(trajectory) as claimed:
        with writer(claimed):  # recovers it: what comes back is appended to what is whole
            pass
        yield Lent(claimed)


class Lent:
    """Made by `lent`: the folder at home."""

    def __init__(self, claimed: Claim) -> None:
        self.trajectory = claimed.trajectory
        self._claim = claimed
        self._watch = Watch(self.trajectory)
        self._sent = self._watch.request

    def parcel(self) -> Parcel:
        """Raises DiskError, DamagedError."""
        path = self.trajectory.path
        keyframes = [f"{layout.KEYFRAMES}/{name}" for name in list_folder(path / layout.KEYFRAMES)]
        return {name: data for name in (*FILES, *keyframes) if (data := read_file(path / name)) is not None}

    def new_request(self) -> Request | None:
        """What is asked of it, if that has changed since it was lent or asked about last."""
        before, self._sent = self._sent, self._watch.look()
        return None if self._sent == before else self._sent

    def receive(self, growth: Growth) -> None:
        """Save what grew, durably. Raises DiskError; DamagedError if it does not follow what is here."""
        folder = self._claim.folder
        self._append(layout.SESSIONS, growth.sessions)
        if growth.rows:
            with (
                Journal(folder, layout.PATCHES) as patches,
                Journal(folder, layout.ROWS) as rows,
                Folder(layout.KEYFRAMES, within=folder) as keyframes,
            ):
                _commit(growth, patches, rows, keyframes)
        self._append(layout.METRICS, growth.metrics)
        self._append(layout.LOG, growth.log)
        if growth.failed is not None:
            folder.write_whole(layout.FAILED, growth.failed)

    def _append(self, name: str, data: bytes) -> None:
        if data:
            with Journal(self._claim.folder, name) as journal:
                journal.append(data)

    def blame(self) -> None:
        """A process died at it, and at nothing else. Counted, so that it does not kill one after another."""
        attempts.count(self._claim, len(self.trajectory.rows()))

    def forgive(self) -> None:
        """It was left in order."""
        attempts.forget(self._claim)


def _commit(growth: Growth, patches: Journal, rows: Journal, keyframes: Folder) -> None:
    """Patches, rows, keyframe, in the order of a writer; all rows up to the next keyframe at once."""
    begin, done = patches.end, 0
    found, ends = prefix(growth.rows, Row)
    if not found or ends[-1] != len(growth.rows) or found[0].patch[0] != begin:
        raise DamagedError(f"{rows.path}: what was computed elsewhere does not follow its last row; it is left out")
    for row, end in zip(found, ends, strict=True):
        if row.k in growth.keyframes or row is found[-1]:
            patches.append(growth.patches[patches.end - begin : sum(row.patch) - begin])
            rows.append(growth.rows[done:end])
            done = end
        if row.k in growth.keyframes:
            keyframes.write_whole(layout.keyframe(row.k), growth.keyframes[row.k])


class Copy:
    """A lent trajectory where it is computed: a folder of its own, made from a parcel. Raises DiskError."""

    def __init__(self, path: Path, parcel: Parcel) -> None:
        self.trajectory = Trajectory(path)
        make_folders(path / layout.KEYFRAMES)
        with Folder(path) as folder, Folder(layout.KEYFRAMES, within=folder) as keyframes:
            for name, data in parcel.items():
                inside, _, file = name.rpartition("/")
                (keyframes if inside else folder).write_whole(file, data, durable=False)
        self._sent = {name: len(data) for name, data in parcel.items()}
        self._due = set(self.trajectory.spec.halves())

    def ask(self, request: bytes) -> None:
        """Replace request.json. Raises DiskError."""
        with Folder(self.trajectory.path) as folder:
            folder.write_whole(layout.REQUEST, request, shared=True, durable=False)

    def growth(self) -> Growth:
        """What was committed since the last time. Raises DiskError."""
        metrics = self._new_lines(layout.METRICS)  # before the rows: none is of a row that is left for the next time
        rows, patches, keyframes = self._new_rows()
        return Growth(
            rows=rows,
            patches=patches,
            keyframes=keyframes,
            sessions=self._new_lines(layout.SESSIONS),
            metrics=metrics,
            log=self._new_lines(layout.LOG),
            failed=read_file(self.trajectory.path / layout.FAILED),
        )

    def _new_lines(self, name: str) -> bytes:
        start = self._sent.get(name, 0)
        data = read_file(self.trajectory.path / name, start=start) or b""
        whole = data[: data.rfind(b"\n") + 1]
        self._sent[name] = start + len(whole)
        return whole

    def _new_rows(self) -> tuple[bytes, bytes, dict[int, bytes]]:
        """Rows with their patches and keyframes; one whose keyframe is not there yet is left for the next time."""
        start, begin = self._sent[layout.ROWS], self._sent[layout.PATCHES]
        data = read_file(self.trajectory.path / layout.ROWS, start=start) or b""
        keyframes: dict[int, bytes] = {}
        done, reached = 0, begin
        for row, end in zip(*prefix(data, Row), strict=True):
            if row.k in self._due:
                picture = read_file(self.trajectory.path / layout.KEYFRAMES / layout.keyframe(row.k))
                if picture is None:
                    break
                keyframes[row.k] = picture
            done, reached = end, sum(row.patch)
        patches = read_part(self.trajectory.path / layout.PATCHES, begin, reached - begin)
        self._sent[layout.ROWS], self._sent[layout.PATCHES] = start + done, reached
        return data[:done], patches, keyframes
