"""Scan a runs folder incrementally into light entries. For a thread; no Textual.

The first scan lists the names, with all of those that the index knows; then it reads the others, a slice at a time. The
next ones read only those that changed: active ones at every scan, the others in turn.
"""

import os
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from sys import intern

from msgspec.structs import replace

from riptui.errors import DiskError
from riptui.metrics.display import primary_metric
from riptui.metrics.values import pack_values, unpack_values
from riptui.spec import Spec
from riptui.store.annotations import peek_annotations
from riptui.store.filters import FieldValues, FilterSubject, list_settings, share_names, subject_fields
from riptui.store.glance import MAX_BARS
from riptui.store.listing import (
    FolderSignature,
    OnListingError,
    TrajectorySummary,
    mtime_ns,
    read_signature,
    summarize,
    walk_folders,
)
from riptui.store.summary_cache import KnownSummary, SummaryCache, was_stopped
from riptui.store.summary_file import KeptSummary, decode_metrics
from riptui.store.trajectory import Status, Trajectory

SLICE_SECONDS = 0.04  # of reading between two results, at first; the screen draws in between
SLICE_GROWTH = 0.2  # of the time so far, for what comes then changes less of what is seen
MAX_SLICE_SECONDS = 0.5
FIRST_SLICE_SECONDS = 0.002  # for the first names, which fill the screen
ROUND_SECONDS = 8.0  # in which every inactive folder is checked once
SETTLED_NS = 10**9  # a folder changed more recently may change again within the resolution of its timestamp
ACTIVE_STATUSES = {Status.RUNNING, Status.QUEUED, Status.PAUSED}
OUTCOMES = {Status.DONE: "done", Status.FAILED: "failed"}


class TreeEntry(FilterSubject, frozen=True, gc=False):
    """A trajectory as shown in a row of the tree. Without its spec: 10,000 entries take 10 MB."""

    charted: str = ""  # the metric in the tree: the one of the settings, or the primary one
    packed: bytes = b""  # its last values
    changed: float = 0.0  # time of the last change in the folder, seconds since 1970
    failed: str = ""  # when it failed: another one is another failure, also by a clock that is behind
    error: str = ""  # why it is unreadable
    was_stopped: bool = False  # whether it is interrupted because a person stopped it

    @property
    def is_read(self) -> bool:
        return self.status is not None or bool(self.error)

    @property
    def counted_as(self) -> str:
        """Its status, or stopped where a person stopped it; "" if it was not read yet."""
        return "stopped" if self.was_stopped else self.status or ("unreadable" if self.error else "")

    @property
    def values(self) -> tuple[float, ...]:
        """The last values of the charted metric, in order."""
        return unpack_values(self.packed)

    def has_ended_since(self, before: "TreeEntry | None") -> bool:
        """Whether it ended since it was read before; one that failed may have been retried and failed in between."""
        if self.status not in OUTCOMES or before is None or before.status is None:
            return False
        return before.status in (Status.RUNNING, Status.QUEUED) or self.failed != before.failed


@dataclass(frozen=True)
class ScanResult:
    """What a scan found to be new, changed or removed."""

    entries: list[TreeEntry] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    folder_error: str = ""  # the reason that the runs folder cannot be read
    unlisted: list[str] | None = None  # why folders below it cannot be listed; None: as before
    all_listed: bool = False  # whether the first scan has listed all names
    touched: list[str] = field(default_factory=list)  # the one on the screen, if a file changed that no entry shows

    def __bool__(self) -> bool:
        changed = self.entries or self.removed or self.touched
        return bool(changed or self.folder_error or self.unlisted is not None or self.all_listed)


Stamps = dict[str, tuple[int, int]]
"""Of each file of a folder when it was last changed, in ns since 1970, and its size."""


class _Slices:
    """Tells when what was read is to be shown."""

    def __init__(self, first_seconds: float) -> None:
        self._began = time.monotonic()
        self._deadline = self._began + first_seconds

    def is_over(self) -> bool:
        """Whether a slice is over; then the next one begins."""
        if (now := time.monotonic()) <= self._deadline:
            return False
        seconds = min(MAX_SLICE_SECONDS, SLICE_GROWTH * (now - self._began))
        self._deadline = now + max(SLICE_SECONDS, seconds)
        return True


class RunsScanner:
    """Scans one runs folder. For one thread, but for `shown` and `look_again`."""

    def __init__(self, runs: Path, metric: str = "") -> None:
        self.runs = runs
        self._metric = metric  # the one to chart where it was measured
        self._entries: dict[str, TreeEntry] = {}
        self._folder_error = ""
        self._unlisted: list[str] = []
        self._listed_at = 0.0
        self._unread: dict[str, None] = {}
        self._signatures: dict[str, int] = {}  # hashes of them, which take a fifth of the memory
        self._group_stamps: dict[str, int] = {}
        self._group_tags: dict[str, tuple[str, ...]] = {}  # by group, with a / at its end; "" is the runs folder
        self._round_robin: Iterator[str] = iter(())
        self._last_scan = 0.0
        self._all_listed = False
        self._settings: dict[int, FieldValues] = {}  # by the number of their spec in the index
        self._cache: SummaryCache | None = None
        """For the first look at each; None before, and once they have all been read."""
        self.shown = ""
        """The path that is on the screen: every file of it is looked at in each scan."""
        self._shown_stamps: tuple[str, Stamps] = ("", {})
        self._asked: deque[str] = deque()

    def look_again(self, paths: Iterable[str]) -> None:
        """Look at these in the next scan: something has just been done to them."""
        self._asked.extend(paths)

    def scan(self) -> Iterator[ScanResult]:
        """Scan once, yielding changes in slices. Never raises for what is on disk."""
        try:
            yield from self._scan_names()
        except DiskError as error:
            self._group_stamps.clear()
            if str(error) != self._folder_error:
                self._folder_error = str(error)
                yield ScanResult(removed=self._forget(list(self._entries)), folder_error=str(error))
            return
        self._folder_error = ""
        yield from self._read_entries(list(self._unread))
        if self._cache is not None:
            self._cache.save()
            self._cache = None
            self._settings.clear()
            self._unread = {}  # a new one: a dict keeps the memory of all that was in it
        touched = self._find_touched()
        for result in self._read_entries(dict.fromkeys([*touched, *self._select_changed(self._select_due())])):
            touched = [path for path in touched if all(entry.path != path for entry in result.entries)]
            yield result
        if touched:
            yield ScanResult(touched=touched)

    def _find_touched(self) -> list[str]:
        """The trajectory that is on the screen, if any of its files changed, such as its log."""
        path = self.shown
        stamps = _list_stamps(f"{self.runs}/{path}") if path in self._entries else {}
        before, self._shown_stamps = self._shown_stamps, (path, stamps)
        return [path] if before[0] == path and before[1] != stamps else []

    def _scan_names(self) -> Iterator[ScanResult]:
        """Yield new and removed trajectories; skipped while no group's folder has changed."""
        is_unchanged = all(mtime_ns(group) == stamp for group, stamp in self._group_stamps.items())
        retries = self._unlisted and time.monotonic() - self._listed_at > ROUND_SECONDS  # permissions have no stamp
        if self._group_stamps and is_unchanged and not retries:
            return
        if not self.runs.is_dir():
            raise DiskError(f"{self.runs} does not exist")
        settled_before = time.time_ns() - SETTLED_NS
        groups: dict[str, int] = {}
        group_tags: dict[str, tuple[str, ...]] = {}
        missing = set(self._entries)
        new: list[TreeEntry] = []
        if not self._signatures:
            self._cache, self._group_tags = SummaryCache(self.runs), group_tags
        slices = _Slices(SLICE_SECONDS if self._entries else FIRST_SLICE_SECONDS)
        prefix = len(str(self.runs)) + 1
        errors: list[str] = []
        for folder, is_group, found in self._walk(lambda error: errors.append(str(error))):
            path = folder[prefix:]
            if is_group:
                stamp = mtime_ns(folder)
                groups[folder] = stamp if stamp < settled_before else 0
                if path and (tags := peek_annotations(folder).tags):
                    group_tags[f"{path}/"] = tags
                continue
            missing.discard(path)
            if path not in self._entries:
                new.append(TreeEntry(path) if found is None else self._restore_entry(path, *found))
                self._entries[path] = new[-1]
                if found is None:
                    self._unread[path] = None
            if slices.is_over():
                yield ScanResult(new)
                new = []
        self._group_stamps = groups
        self._change_group_tags(group_tags)
        is_first, self._all_listed = not self._all_listed, True
        removed = self._forget([path for path in self._entries if path in missing])
        unlisted = errors if errors != self._unlisted else None
        self._unlisted, self._listed_at = errors, time.monotonic()
        yield ScanResult(new, removed, unlisted=unlisted, all_listed=is_first)

    def _walk(self, on_error: OnListingError) -> Iterator[tuple[str, bool, KnownSummary | None]]:
        """The folders, whether each is a group, and what the index knows of a trajectory."""
        if self._cache is not None:
            return self._cache.survey(on_error=on_error)
        return ((folder, is_group, None) for folder, is_group in walk_folders(self.runs, on_error=on_error))

    def _restore_entry(self, path: str, kept: KeptSummary, spec: Spec) -> TreeEntry:
        """The entry that reading the trajectory would give."""
        self._signatures[path] = hash(kept.signature)
        annotations, charted, packed = kept.annotations, kept.metric, kept.packed
        measured = _split_names(kept.measured)
        tags = annotations.tags
        if self._group_tags:
            tags = tuple(dict.fromkeys([*tags, *self._find_group_tags(path)]))
        if self._metric != charted and self._metric in (*measured, *_split_names(kept.others)):
            charted, values = primary_metric(decode_metrics(kept.metrics), self._metric)
            packed = pack_values(values[-MAX_BARS:]) if packed else b""
        if (settings := self._settings.get(kept.spec)) is None:
            settings = self._settings[kept.spec] = list_settings(spec)
        return TreeEntry(
            path,
            kept.status,
            settings,
            kept.seed,
            kept.k,
            _share_number(kept.inpainted),
            _share_number(kept.coverage),
            intern(kept.metric),
            measured,
            kept.packed_newest,
            tags,
            annotations.note,
            intern(charted),
            packed,
            kept.signature.changed_ns / 1e9,
            kept.failed,
            was_stopped=was_stopped(kept),
        )

    def _find_group_tags(self, path: str) -> list[str]:
        """The tags of the groups above a trajectory."""
        return [tag for group in self._group_tags if path.startswith(group) for tag in self._group_tags[group]]

    def _change_group_tags(self, found: dict[str, tuple[str, ...]]) -> None:
        """Read the trajectories again that are in groups whose tags changed."""
        changed = tuple(
            group for group in {*found, *self._group_tags} if found.get(group) != self._group_tags.get(group)
        )
        self._group_tags = found
        if changed:
            self._unread.update(dict.fromkeys(path for path in self._entries if path.startswith(changed)))

    def _forget(self, paths: list[str]) -> list[str]:
        for path in paths:
            del self._entries[path]
            self._signatures.pop(path, None)
            self._unread.pop(path, None)
        return paths

    def _select_due(self) -> list[str]:
        """What was asked for, the one on the screen, the active trajectories, and others whose turn it is."""
        now = time.monotonic()
        share = min(1.0, (now - self._last_scan) / ROUND_SECONDS) if self._last_scan else 0.0
        self._last_scan = now
        active = [path for path, entry in self._entries.items() if entry.status in ACTIVE_STATUSES]
        count = int(len(self._entries) * share) + 1
        next_paths = list(islice(self._round_robin, count))
        if len(next_paths) < count:
            self._round_robin = iter(list(self._entries))
        asked = [self._asked.popleft() for _ in range(len(self._asked))]
        return list(dict.fromkeys([*asked, self.shown, *active, *next_paths]))

    def _select_changed(self, paths: Iterable[str]) -> list[str]:
        return [path for path in paths if path in self._entries and self._may_have_changed(path)]

    def _may_have_changed(self, path: str) -> bool:
        """Whether its folder changed, or it is running: its lock may vanish without a trace in the folder."""
        if self._entries[path].status is Status.RUNNING:
            return True
        return hash(read_signature(f"{self.runs}/{path}")) != self._signatures.get(path)

    def _read_entries(self, paths: Iterable[str]) -> Iterator[ScanResult]:
        entries: list[TreeEntry] = []
        slices = _Slices(SLICE_SECONDS)
        for path in paths:
            self._unread.pop(path, None)
            old_signature = self._signatures.get(path)
            signature, summary = self._look(f"{self.runs}/{path}")
            self._signatures[path] = hash(signature)
            group_tags = self._find_group_tags(path) if self._group_tags else ()
            entry = _make_entry(path, summary, group_tags, signature.changed_ns / 1e9, self._metric)
            old_entry = self._entries.get(path)
            if old_signature is None or (old_entry is not None and entry != replace(old_entry, changed=entry.changed)):
                self._entries[path] = entry
                entries.append(entry)
            if slices.is_over():
                yield ScanResult(entries)
                entries = []
        if entries:
            yield ScanResult(entries)

    def _look(self, folder: str) -> tuple[FolderSignature, TrajectorySummary]:
        """The signature of a trajectory's folder, and the summary that was made after it."""
        if self._cache is not None:
            return self._cache.look(folder)
        return read_signature(folder), summarize(Trajectory(folder))


@lru_cache(1000)
def _share_number(number: float) -> float:
    """One object for all that are equal, as of all trajectories that are done."""
    return number


@lru_cache(1000)
def _split_names(lines: str) -> tuple[str, ...]:
    return share_names(tuple(lines.split("\n"))) if lines else ()


def _list_stamps(folder: str) -> Stamps:
    stamps: Stamps = {}
    with suppress(OSError), os.scandir(folder) as files:
        for file in files:
            with suppress(OSError):
                status = file.stat(follow_symlinks=False)
                stamps[file.name] = (status.st_mtime_ns, status.st_size)
    return stamps


def _make_entry(
    path: str, summary: TrajectorySummary, group_tags: Iterable[str], changed: float, metric: str
) -> TreeEntry:
    primary, values = primary_metric(summary.metrics)
    fields = subject_fields(summary, path, tuple(group_tags), primary)
    if summary.spec is None:
        return TreeEntry(**fields, error=summary.error, changed=changed)
    fields |= {name: _share_number(fields[name]) for name in ("inpainted", "coverage")}
    charted = primary
    if metric and metric != primary:
        charted, values = primary_metric(summary.metrics, metric)
    return TreeEntry(
        **fields,
        charted=intern(charted),
        packed=pack_values(values[-MAX_BARS:]) if any(summary.metrics) else b"",  # frame 0 alone says nothing
        changed=changed,
        failed=summary.failed,
        error=summary.error,
        was_stopped=summary.was_stopped,
    )
