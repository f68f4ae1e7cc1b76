"""What is in a runs folder, as light entries, read again and again by a thread. Knows no screen.

The first look finds the names (20 ms for 10,000 trajectories); later ones read what those folders hold, a slice at a
time, and from then on only what changed: what is under way at every look, the rest in turn.
"""

import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from riptui.errors import DiskError
from riptui.store import layout
from riptui.store.listing import Summary, summarize, walk
from riptui.store.trajectory import Status, Trajectory
from riptui.values import headline, newest

SLICE = 0.04  # seconds of reading between two results; the screen draws in between
FIRST = 0.005  # seconds for the first names, which fill the screen
ROUND = 8.0  # seconds in which everything that is not under way is looked at once
SETTLED = 10**9  # ns; a folder that changed this lately may change again within one tick of its clock
UNDER_WAY = {Status.RUNNING, Status.QUEUED, Status.PAUSED}


@dataclass(frozen=True, slots=True)
class Entry:
    """A trajectory in a line of the tree. Without its spec: 10,000 of them take 10 MB."""

    path: str
    """Below the runs folder."""
    status: Status | None = None
    """None: not read yet, or not readable; then `error` says why."""
    inpainter: str = ""
    mask: int = 0
    seed: int = 0
    k: int = 0
    iterations: int = 0
    inpainted: float = 0.0
    """%, repeats counted."""
    metric: str = ""
    """The one that is shown where there is room for one."""
    values: tuple[float, ...] = ()
    """Its values at the measured points."""
    newest: tuple[tuple[str, float], ...] = ()
    """All metrics of the last measured frame."""
    changed: float = 0.0
    """When something in the folder last changed, seconds since 1970."""
    error: str = ""

    @property
    def read(self) -> bool:
        return self.status is not None or bool(self.error)

    @property
    def done(self) -> float:
        """How much of the amount is inpainted, 0 to 1."""
        return self.k / self.iterations if self.iterations else 0.0


@dataclass(frozen=True)
class Change:
    """What a look found that the one before did not."""

    entries: list[Entry] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    missing: str = ""
    """Why the runs folder cannot be read."""
    listed: bool = False
    """With this, all names of the first look are known."""

    def __bool__(self) -> bool:
        return bool(self.entries or self.removed or self.missing or self.listed)


Signature = tuple[int, int, int]
"""A folder's change in nanoseconds, bytes of rows, bytes of measurements: what grows without a new name."""


class Shelf:
    """The trajectories of one runs folder. For one thread."""

    def __init__(self, runs: Path) -> None:
        self.runs = runs
        self._entries: dict[str, Entry] = {}
        self._missing = ""
        self._unread: dict[str, None] = {}
        self._signatures: dict[str, Signature] = {}
        self._groups: dict[str, int] = {}
        self._turn: Iterator[str] = iter(())
        self._looked = 0.0
        self._listed = False

    def look(self) -> Iterator[Change]:
        """Look once; yield what is new in slices. Never raises for what is on disk."""
        try:
            yield from self._names()
        except DiskError as error:
            self._groups.clear()
            if str(error) != self._missing:
                self._missing = str(error)
                yield Change(removed=self._forget(list(self._entries)), missing=str(error))
            return
        self._missing = ""
        yield from self._read(list(self._unread))
        yield from self._read(self._changed(self._due()))

    def _names(self) -> Iterator[Change]:
        """New and removed trajectories; a folder's names are read only if some group changed since."""
        if self._groups and all(_stamp(group) == stamp for group, stamp in self._groups.items()):
            return
        if not self.runs.is_dir():
            raise DiskError(f"there is no folder {self.runs}")
        settled = time.time_ns() - SETTLED
        groups: dict[str, int] = {}
        there: set[str] = set()
        new: list[Entry] = []
        until = time.monotonic() + (SLICE if self._entries else FIRST)
        prefix = len(str(self.runs)) + 1
        for folder, is_group in walk(self.runs):
            if is_group:
                stamp = _stamp(folder)
                groups[folder] = stamp if stamp < settled else 0
                continue
            path = folder[prefix:]
            there.add(path)
            if path not in self._entries:
                new.append(Entry(path))
                self._entries[path] = new[-1]
                self._unread[path] = None
            if time.monotonic() > until:
                yield Change(new)
                new, until = [], time.monotonic() + SLICE
        self._groups = groups
        first, self._listed = not self._listed, True
        yield Change(new, self._forget([path for path in self._entries if path not in there]), listed=first)

    def _forget(self, paths: list[str]) -> list[str]:
        for path in paths:
            del self._entries[path]
            self._signatures.pop(path, None)
            self._unread.pop(path, None)
        return paths

    def _due(self) -> list[str]:
        """What is under way, and as many of the others as their round asks for."""
        now = time.monotonic()
        share = min(1.0, (now - self._looked) / ROUND) if self._looked else 0.0
        self._looked = now
        active = [path for path, entry in self._entries.items() if entry.status in UNDER_WAY]
        count = int(len(self._entries) * share) + 1
        turn = list(islice(self._turn, count))
        if len(turn) < count:
            self._turn = iter(list(self._entries))
        return list(dict.fromkeys([*active, *turn]))

    def _changed(self, paths: Iterable[str]) -> list[str]:
        changed = []
        for path in paths:
            entry = self._entries.get(path)
            if entry is None:
                continue
            held = entry.status is Status.RUNNING  # its lock may go without a trace in the folder
            if held or _signature(f"{self.runs}/{path}") != self._signatures.get(path):
                changed.append(path)
        return changed

    def _read(self, paths: Iterable[str]) -> Iterator[Change]:
        found: list[Entry] = []
        until = time.monotonic() + SLICE
        for path in paths:
            self._unread.pop(path, None)
            before = self._signatures.get(path)
            self._signatures[path] = signature = _signature(f"{self.runs}/{path}")
            entry = _entry(path, summarize(Trajectory(self.runs / path)), signature[0] / 1e9)
            known = self._entries.get(path)
            if before is None or (known is not None and entry != replace(known, changed=entry.changed)):
                self._entries[path] = entry
                found.append(entry)
            if time.monotonic() > until:
                yield Change(found)
                found = []
                until = time.monotonic() + SLICE
        if found:
            yield Change(found)


def _entry(path: str, summary: Summary, changed: float) -> Entry:
    if summary.spec is None:
        return Entry(path, error=summary.error, changed=changed)
    metric, values = headline(summary.metrics)
    spec = summary.spec
    return Entry(
        path=path,
        status=summary.status,
        inpainter=spec.inpainter,
        mask=spec.mask,
        seed=spec.seed,
        k=summary.k,
        iterations=spec.iterations,
        inpainted=summary.inpainted,
        metric=metric,
        values=tuple(values),
        newest=tuple((name, value) for name, value in newest(summary.metrics).items() if value is not None),
        changed=changed,
    )


def _signature(folder: str) -> Signature:
    sizes = []
    newest = _stamp(folder)
    for name in (layout.ROWS, layout.METRICS):
        try:
            found = os.stat(f"{folder}/{name}")
            sizes.append(found.st_size)
            newest = max(newest, found.st_mtime_ns)
        except OSError:
            sizes.append(-1)
    return newest, sizes[0], sizes[1]


def _stamp(folder: str) -> int:
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return -1
