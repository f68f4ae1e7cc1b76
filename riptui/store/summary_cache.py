"""Summaries of the trajectories below a folder, kept in the cache folder, so that a list of 100,000 takes seconds.

It can be deleted at any time, and is never trusted over the disk: a summary counts only while the folder, and every
file that it was made from, is what it was then. That takes six stats, where a summary takes reading and checking six
files. Not kept are summaries whose truth nothing in the folder tells: of running trajectories, of those whose lock
names a process, of unreadable ones, and, where other machines may change the disk, of those that are not yet over.
"""

import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import msgspec

from riptui.metrics.display import finite_values, metric_names, primary_metric
from riptui.metrics.values import pack_values
from riptui.spec import Spec
from riptui.store import layout
from riptui.store.annotations import NO_ANNOTATIONS
from riptui.store.folder_stamp import FolderMoment, is_local, read_stamp
from riptui.store.glance import MAX_BARS, TrajectoryGlance, condense_values, glance_at
from riptui.store.listing import (
    FolderSignature,
    OnListingError,
    TrajectorySummary,
    ignore_error,
    list_in_order,
    read_signature,
    summarize,
    walk_folders,
)
from riptui.store.lock import LOCK_FILE
from riptui.store.lock_file import BEATING_FILE
from riptui.store.spec_table import with_seed
from riptui.store.summary_file import KeptGroup, KeptSummary, Place, SummaryFile, decode_metrics, decode_summary, encode
from riptui.store.trajectory import Status, Trajectory

MIN_TRAJECTORIES = 200  # below, reading them all takes less than a tenth of a second
MAX_UNSAVED = 1 / 500  # of the summaries may be out of date before the file is written anew
SAVE_SECONDS = 10.0  # of reading after which what was read is kept, whatever becomes of the process
LISTED_NAMES = 20  # that are listed in the time of one summary
MAX_OPEN = 8  # groups in memory: a walk goes back to those above the one that it is in
OVER = (Status.DONE, Status.FAILED)

_ANNOTATIONS, _SESSIONS, _REQUEST = f"/{layout.ANNOTATIONS}", f"/{layout.SESSIONS}", f"/{layout.REQUEST}"
_FAILED, _LOCK = f"/{layout.FAILED}", f"/{LOCK_FILE}"
_ALWAYS = (f"/{layout.SPEC}", f"/{layout.ROWS}", f"/{layout.METRICS}", f"/{layout.PATCHES}", _ANNOTATIONS, _LOCK)
_FILES = (*_ALWAYS, f"/{BEATING_FILE}", _SESSIONS, _REQUEST, _FAILED)


OnRead = Callable[[str, Callable[[str], float]], None]
"""Called with the folder of each trajectory whose summary was not kept, once it has been read, and with
`SummaryCache.walked_share`."""


KnownSummary = tuple[KeptSummary, Spec]
"""What is kept of a trajectory that is as it was, and its spec but for the seed."""


def ignore_read(folder: str, walked_share: Callable[[str], float]) -> None:
    """Do nothing, for callers that show no progress."""


class _OpenGroup:
    """A folder that is being walked."""

    def __init__(self, before: KeptGroup, now: KeptGroup, *, has_changed: bool) -> None:
        self.before, self.now = before, now  # now: what was found as it was, and what was read
        self._has_changed = has_changed

    def keep(self, name: str, raw: msgspec.Raw) -> None:
        self.now.kept[name] = raw
        self._has_changed = True

    def list(self, stamp: bytes, names: list[str]) -> None:
        self.now.stamp, self.now.names = stamp, names
        self._has_changed = True

    @property
    def is_as_before(self) -> bool:
        return not self._has_changed and len(self.now.kept) == len(self.before.kept)


class SummaryCache:
    """The summaries of trajectories below one folder. For one thread."""

    def __init__(self, root: Path, *, on_read: OnRead = ignore_read) -> None:
        """Never raises: without a readable file the cache is empty."""
        self._on_read = on_read
        self._saved_at = time.monotonic()
        self._root = str(root)
        self._prefix = len(self._root) + 1
        self._file = SummaryFile(root)
        self._is_local = is_local(self._root)
        self._device = FolderMoment(self._root).device
        self._open: dict[str, _OpenGroup] = {}
        self._drafted: dict[str, Place] = {}
        self._unchanged: set[str] = set()
        """Groups that were walked, and are not open: what changed was put aside, the others are as in the file."""
        self._outdated = 0

    def walk(self, *, on_error: OnListingError = ignore_error) -> Iterator[TrajectorySummary]:
        """The summaries of `find_trajectories`, in its order; errors are told and raised as there."""
        for folder, kept in self._walk(on_error):
            yield (kept and _restore(folder, *kept)) or self._read(Trajectory(folder), folder)

    def glance(self, *, on_error: OnListingError = ignore_error) -> Iterator[TrajectoryGlance]:
        """As `walk`, with less of each: half of the time."""
        for folder, found in self._walk(on_error):
            if found is None:
                yield glance_at(self._read(Trajectory(folder), folder))
                continue
            kept, spec = found
            yield TrajectoryGlance(
                folder,
                kept.status,
                spec,
                kept.seed,
                kept.inpainted,
                kept.mixed,
                kept.annotations.tags,
                kept.metric,
                kept.newest,
                kept.bars,
                "",
            )

    def _walk(self, on_error: OnListingError) -> Iterator[tuple[str, KnownSummary | None]]:
        return ((folder, found) for folder, is_group, found in self.survey(on_error=on_error) if not is_group)

    def survey(self, *, on_error: OnListingError = ignore_error) -> Iterator[tuple[str, bool, KnownSummary | None]]:
        """As `walk_folders`, and what is known of each trajectory; None: nothing, or it is not as it was.

        Reads no trajectory: that is left to `look`, at those of which nothing is kept.
        """
        found: KnownSummary | None = None

        def is_known(folder: str) -> bool:
            nonlocal found
            found = self._find(folder)
            return found is not None

        folders = walk_folders(Path(self._root), is_known=is_known, list_names=self._list_names, on_error=on_error)
        return ((folder, is_group, found) for folder, is_group in folders)

    def look(self, folder: str) -> tuple[FolderSignature, TrajectorySummary]:
        """The summary of a trajectory below the folder, as true as `listing.summarize`, and the folder's signature
        before it was made. Never raises for errors on disk."""
        if found := self._find(folder):
            return found[0].signature, _restore(folder, *found)
        return read_signature(folder), self._read(Trajectory(folder), folder)

    def save(self) -> None:
        """Keep what was asked for since it was opened, and nothing else. Never raises."""
        opened = sum(len(group.now.kept) for group in self._open.values())
        kept = opened + sum(place.summaries for place in self._drafted.values())
        kept += sum(self._file.groups[path].summaries for path in self._unchanged)
        before = sum(place.summaries for place in self._file.groups.values())
        outdated = self._outdated + max(0, before - kept)
        if max(kept, before) >= MIN_TRAJECTORIES and outdated > MAX_UNSAVED * kept:
            self._close_all()
            self._file.write(self._drafted, self._unchanged, self._file.specs.used)

    def save_part(self) -> None:
        """Keep what was asked for so far, and all that was kept before: reading is not over. Never raises."""
        self._saved_at = time.monotonic()
        if self._outdated < MIN_TRAJECTORIES:
            return
        self._close_all()
        merged: dict[str, Place] = {}
        for path, place in self._drafted.items():
            before, now = self._file.read_group(path), self._file.read_draft(place)
            both = KeptGroup(now.stamp, now.names, before.kept | now.kept)
            if drafted := self._file.draft(both) if before.kept else place:
                merged[path] = drafted
        self._file.write(merged, self._file.groups.keys() - merged.keys(), self._file.specs.encoded)

    def walked_share(self, folder: str) -> float:
        """How much of the tree comes before a trajectory that a walk has come to, 0 to 1, as if all subfolders of a
        folder held equally many."""
        share, width, group = 0.0, 1.0, ""
        for name in folder[self._prefix :].split("/"):
            if name not in (names := self._enter(group).now.names):
                break  # the folder itself is a trajectory
            width /= len(names)
            share += names.index(name) * width
            group = f"{group}/{name}" if group else name
        return share

    def _find(self, folder: str) -> KnownSummary | None:
        """What is kept of a trajectory, if its folder is as it was, with its spec but for the seed."""
        parent, _, name = folder[self._prefix :].rpartition("/")
        group = self._enter(parent)
        raw = group.before.kept.get(name)
        if raw is None or (kept := _decode(raw)) is None or read_stamp(folder, _names(kept.files)) != kept.stamp:
            return None
        if (spec := self._file.specs.get(kept.spec)) is None:
            return None
        group.now.kept[name] = raw
        return kept, spec

    def _read(self, trajectory: Trajectory, folder: str) -> TrajectorySummary:
        """Summarize a trajectory, and keep the summary if the folder will tell when it is not true any more."""
        summary = self._read_and_keep(trajectory, folder)
        self._on_read(folder, self.walked_share)
        if time.monotonic() - self._saved_at > SAVE_SECONDS:
            self.save_part()
        return summary

    def _read_and_keep(self, trajectory: Trajectory, folder: str) -> TrajectorySummary:
        moment, signature = FolderMoment(folder, _FILES), read_signature(folder)
        summary = summarize(trajectory)
        if summary.spec is None or summary.status is None or not self._is_told_by(moment, summary):
            return summary
        read = _files_read(summary) & moment.sizes.keys()
        files = sum(1 << place for place, name in enumerate(_FILES) if name in read)
        if stamp := moment.stamp(_names(files)):
            parent, _, name = folder[self._prefix :].rpartition("/")
            metric, values = primary_metric(summary.metrics)
            newest = finite_values(summary.metrics)
            kept = KeptSummary(
                stamp,
                files,
                summary.status,
                self._file.specs.add(summary.spec),
                summary.spec.seed,
                summary.k,
                summary.session,
                summary.inpainted,
                summary.coverage,
                summary.mixed,
                summary.annotations,
                summary.failed,
                metric,
                *condense_values(values),
                pack_values(values[-MAX_BARS:]) if any(summary.metrics) else b"",  # frame 0 alone says nothing
                "\n".join(newest),
                pack_values(newest.values()),
                "\n".join(name for name in metric_names(summary.metrics) if name not in newest),
                msgspec.Raw(encode(summary.metrics)),
                signature,
            )
            self._enter(parent).keep(name, msgspec.Raw(encode(kept)))
            self._outdated += 1
        return summary

    def _is_told_by(self, moment: FolderMoment, summary: TrajectorySummary) -> bool:
        """Whether the folder's files will tell of every change of a summary."""
        if summary.status is Status.RUNNING or moment.sizes.get(_LOCK):
            return False
        if (_ANNOTATIONS in moment.sizes) != (summary.annotations != NO_ANNOTATIONS):  # they could not be read
            return False
        return summary.status in OVER or (self._is_local and moment.device == self._device)

    def _list_names(self, folder: str) -> list[str]:
        """As `list_in_order`; of folders that have not changed without listing them."""
        path = folder[self._prefix :]
        group = self._enter(path)
        before = group.before
        if self._is_local and before.stamp and before.stamp == read_stamp(folder):
            return before.names
        stamp, names = FolderMoment(folder).stamp(), list_in_order(folder)
        self._outdated += 1 + len(names) // LISTED_NAMES if stamp else 0
        group.list(stamp, names)
        return names

    def _enter(self, path: str) -> _OpenGroup:
        """What was kept of a folder's trajectories, and what is now."""
        if (group := self._open.get(path)) is None:
            if len(self._open) >= MAX_OPEN:
                self._close(next(iter(self._open)))
            before, place = self._file.read_group(path), self._drafted.pop(path, None)
            if place:
                now = self._file.read_draft(place)
            else:
                now = KeptGroup(before.stamp, before.names, dict(before.kept) if path in self._unchanged else {})
            self._unchanged.discard(path)
            group = self._open[path] = _OpenGroup(before, now, has_changed=place is not None)
        return group

    def _close(self, path: str) -> None:
        group = self._open.pop(path)
        if group.is_as_before:
            if path in self._file.groups:
                self._unchanged.add(path)
        elif place := self._file.draft(group.now):
            self._drafted[path] = place

    def _close_all(self) -> None:
        for path in list(self._open):
            self._close(path)


def _restore(folder: str, kept: KeptSummary, spec: Spec) -> TrajectorySummary:
    trajectory, own = Trajectory(folder), with_seed(spec, kept.seed)
    trajectory.__dict__["spec"] = own  # where the cached property keeps it
    return TrajectorySummary(
        trajectory,
        kept.status,
        own,
        kept.k,
        kept.inpainted,
        kept.coverage,
        decode_metrics(kept.metrics),
        kept.mixed,
        kept.annotations,
        kept.failed,
        session=kept.session,
        was_stopped=was_stopped(kept),
    )


def was_stopped(kept: KeptSummary) -> bool:
    """Of one that is interrupted because its process died, whom the lock names, nothing is kept."""
    return kept.status is Status.INTERRUPTED


def _files_read(summary: TrajectorySummary) -> set[str]:
    """The files that a summary was made from. Others that were not there are told by the folder itself."""
    names = {*_ALWAYS, f"/{BEATING_FILE}"}
    if summary.session > 1:
        names.add(_SESSIONS)
    if summary.status not in OVER:
        names.add(_REQUEST)
    if summary.status is Status.FAILED:
        names.add(_FAILED)
    return names


@cache
def _names(files: int) -> tuple[str, ...]:
    return tuple(name for place, name in enumerate(_FILES) if files >> place & 1)


def _decode(raw: msgspec.Raw) -> KeptSummary | None:
    try:
        return decode_summary(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
