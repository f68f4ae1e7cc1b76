"""Summaries of the trajectories below a folder, kept in the cache folder, so that a list of 100,000 takes seconds.

It can be deleted at any time, and is never trusted over the disk: a summary counts only while the folder, and every
file that it was made from, is what it was then. That takes six stats, where a summary takes reading and checking six
files. Not kept are summaries whose truth nothing in the folder tells: of running trajectories, of those whose lock
names a process, of unreadable ones, and, where other machines may change the disk, of those that are not yet over.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from riptui.metrics.display import primary_metric
from riptui.spec import Spec
from riptui.store import layout
from riptui.store.annotations import NO_ANNOTATIONS
from riptui.store.folder_stamp import FolderMoment, read_stamp
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
from riptui.store.mounts import is_local
from riptui.store.spec_table import with_seed
from riptui.store.summary_file import KeptGroup, KeptSummary, SummaryFile, decode_metrics, decode_summary, encode
from riptui.store.trajectory import Status, Trajectory
from riptui.text.terminal import sparkline

MIN_TRAJECTORIES = 200  # below, reading them all takes less than a tenth of a second
MAX_UNSAVED = 1 / 500  # of the summaries may be out of date before the file is written anew
LISTED_NAMES = 20  # that are listed in the time of one summary
MAX_BARS = 16  # of the sparkline in a list
OVER = (Status.DONE, Status.FAILED)

_ANNOTATIONS, _SESSIONS, _REQUEST = f"/{layout.ANNOTATIONS}", f"/{layout.SESSIONS}", f"/{layout.REQUEST}"
_FAILED, _LOCK = f"/{layout.FAILED}", f"/{LOCK_FILE}"
_ALWAYS = (f"/{layout.SPEC}", f"/{layout.ROWS}", f"/{layout.METRICS}", f"/{layout.PATCHES}", _ANNOTATIONS, _LOCK)
_FILES = (*_ALWAYS, f"/{BEATING_FILE}", _SESSIONS, _REQUEST, _FAILED)


class TrajectoryGlance(NamedTuple):
    """What a list shows of a trajectory; see TrajectorySummary."""

    folder: str
    status: Status | None
    spec: Spec | None
    """With any seed: trajectories whose specs differ only in it share one."""
    seed: int
    inpainted: float
    mixed: str
    tags: tuple[str, ...]
    metric: str
    """The primary metric, and its newest finite value; None if there is none."""
    newest: float | None
    bars: str
    """A sparkline of its last values."""
    error: str


class SummaryCache:
    """The summaries of trajectories below one folder. For one thread."""

    def __init__(self, root: Path) -> None:
        """Never raises: without a readable file the cache is empty."""
        self._root = str(root)
        self._prefix = len(self._root) + 1
        self._file = SummaryFile(root)
        self._is_local = is_local(self._root)
        self._device = FolderMoment(self._root).device
        self._groups: dict[str, KeptGroup] = {}
        """What is kept now: what was found as it was, and what was read."""
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

    def _walk(self, on_error: OnListingError) -> Iterator[tuple[str, tuple[KeptSummary, Spec] | None]]:
        """The trajectory folders, and what is kept of each that is as it was, with its spec but for the seed."""
        found: tuple[KeptSummary, Spec] | None = None

        def is_known(folder: str) -> bool:
            nonlocal found
            found = self._find(folder)
            return found is not None

        folders = walk_folders(Path(self._root), is_known=is_known, list_names=self._list_names, on_error=on_error)
        return ((folder, found) for folder, is_group in folders if not is_group)

    def look(self, folder: str) -> tuple[FolderSignature, TrajectorySummary]:
        """The summary of a trajectory below the folder, as true as `listing.summarize`, and the folder's signature
        before it was made. Never raises for errors on disk."""
        if found := self._find(folder):
            return found[0].signature, _restore(folder, *found)
        return read_signature(folder), self._read(Trajectory(folder), folder)

    def save(self) -> None:
        """Keep what was asked for since it was opened, and nothing else. Never raises."""
        kept = sum(len(group.kept) for group in self._groups.values())
        before = sum(len(group.kept) for group in self._file.groups.values())
        outdated = self._outdated + max(0, before - kept)
        if max(kept, before) >= MIN_TRAJECTORIES and outdated > MAX_UNSAVED * kept:
            self._file.write(self._groups)

    def _find(self, folder: str) -> tuple[KeptSummary, Spec] | None:
        """What is kept of a trajectory, if its folder is as it was, with its spec but for the seed."""
        parent, _, name = folder[self._prefix :].rpartition("/")
        group = self._file.groups.get(parent)
        raw = group.kept.get(name) if group else None
        if raw is None or (kept := _decode(raw)) is None or read_stamp(folder, _names(kept.files)) != kept.stamp:
            return None
        if (spec := self._file.specs.get(kept.spec)) is None:
            return None
        self._enter(parent).kept[name] = raw
        return kept, spec

    def _read(self, trajectory: Trajectory, folder: str) -> TrajectorySummary:
        """Summarize a trajectory, and keep the summary if the folder will tell when it is not true any more."""
        moment, signature = FolderMoment(folder, _FILES), read_signature(folder)
        summary = summarize(trajectory)
        if summary.spec is None or summary.status is None or not self._is_told_by(moment, summary):
            return summary
        files = sum(
            1 << place for place, name in enumerate(_FILES) if name in _files_read(summary) & moment.sizes.keys()
        )
        if stamp := moment.stamp(_names(files)):
            parent, _, name = folder[self._prefix :].rpartition("/")
            metric, values = primary_metric(summary.metrics)
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
                *_condense(values),
                msgspec.Raw(encode(summary.metrics)),
                signature,
            )
            self._enter(parent).kept[name] = msgspec.Raw(encode(kept))
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
        before = self._file.groups.get(path)
        if self._is_local and before and before.stamp and before.stamp == read_stamp(folder):
            stamp, names = before.stamp, before.names
        else:
            stamp, names = FolderMoment(folder).stamp(), list_in_order(folder)
            self._outdated += 1 + len(names) // LISTED_NAMES if stamp else 0
        group = self._enter(path)
        group.stamp, group.names = stamp, names
        return names

    def _enter(self, path: str) -> KeptGroup:
        """What is kept now of a folder's trajectories."""
        if (group := self._groups.get(path)) is None:
            before = self._file.groups.get(path, KeptGroup())
            group = self._groups[path] = KeptGroup(before.stamp, before.names)
        return group


def glance_at(summary: TrajectorySummary) -> TrajectoryGlance:
    """What a list shows of a trajectory."""
    metric, values = primary_metric(summary.metrics)
    return TrajectoryGlance(
        os.fspath(summary.trajectory),
        summary.status,
        summary.spec,
        summary.spec.seed if summary.spec else 0,
        summary.inpainted,
        summary.mixed,
        summary.annotations.tags,
        metric,
        *_condense(values),
        summary.error,
    )


def _condense(values: list[float]) -> tuple[float | None, str]:
    """What a list shows of a metric's values: the newest, and a sparkline of the last ones."""
    return values[-1] if values else None, sparkline(values[-MAX_BARS:])


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
    )


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
