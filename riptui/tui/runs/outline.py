"""The lines of the tree: groups at any depth and their trajectories, ordered and filtered. No Textual, no disk."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from riptui.store.listing import natural
from riptui.store.trajectory import Status
from riptui.tui.runs.filters import Filter
from riptui.tui.runs.shelf import Change, Entry

Order = Literal["name", "newest", "distance", "status"]
ORDERS: tuple[Order, ...] = get_args(Order)

URGENCY = (Status.RUNNING, Status.FAILED, Status.INTERRUPTED, Status.PAUSED, Status.QUEUED, Status.DONE, None)
"""What wants attention first."""

KEYS: dict[Order, Callable[[Entry], Any]] = {
    "name": lambda entry: 0,
    "newest": lambda entry: -entry.changed,
    "distance": lambda entry: -entry.values[-1] if entry.values else float("inf"),
    "status": lambda entry: URGENCY.index(entry.status),
}


class Line(NamedTuple):
    """A row of the tree."""

    path: str
    depth: int
    is_group: bool


@dataclass
class Totals:
    """What a group holds, all the way down."""

    statuses: Counter[str] = field(default_factory=Counter)
    done: float = 0.0
    """The sum of how far each is, 0 to 1."""

    @property
    def count(self) -> int:
        return self.statuses.total()

    def add(self, entry: Entry, sign: int) -> None:
        self.statuses[entry.status or ("unreadable" if entry.error else "")] += sign
        self.done += sign * entry.done


class Outline:
    """All entries, by group, and which of them are lines."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.totals: dict[str, Totals] = {"": Totals()}
        """By group; "" is the runs folder."""
        self.order: Order = "name"
        self.filter: Filter | None = None
        self.expanded: set[str] = set()
        self._children: dict[str, dict[str, bool]] = {"": {}}
        """Of a group: the paths in it, and whether they are groups."""
        self._sorted: dict[str, list[str]] = {}

    def apply(self, change: Change) -> bool:
        """Take over what a look found; return whether other lines, or another order, may come of it."""
        moved = bool(change.removed)
        for path in change.removed:
            self._remove(path)
        for entry in change.entries:
            before = self.entries.get(entry.path)
            self.entries[entry.path] = entry
            for group in above(entry.path):
                totals = self.totals.setdefault(group, Totals())
                if before is not None:
                    totals.add(before, -1)
                totals.add(entry, 1)
            if before is None:
                self._insert(entry.path)
                moved = True
            elif self.order != "name" and KEYS[self.order](before) != KEYS[self.order](entry):
                self._sorted.pop(parent(entry.path), None)
                moved = True
            elif self.filter is not None and self.filter(before) != self.filter(entry):
                moved = True
        return moved

    def lines(self) -> list[Line]:
        """From top to bottom. With a filter: what it admits, and the groups above that, all open."""
        admitted = None
        if self.filter is not None:
            admitted = {path for path, entry in self.entries.items() if self.filter(entry)}
            admitted |= {group for path in admitted for group in above(path)}
        found: list[Line] = []
        self._add_lines("", 0, admitted, found)
        return found

    def set_order(self, order: Order) -> None:
        self.order = order
        self._sorted.clear()

    def collapse_all(self) -> None:
        self.expanded.clear()

    def reveal(self, path: str) -> None:
        """Open the groups above it."""
        self.expanded.update(above(path))

    def below(self, group: str) -> list[str]:
        """The trajectories of a group, all the way down; of a trajectory: itself."""
        if group in self.entries:
            return [group]
        found: list[str] = []
        for path in self._in_order(group):
            found += self.below(path) if self._children[group][path] else [path]
        return found

    def with_status(self, *wanted: Status) -> list[str]:
        """In the order of the tree."""
        return [path for path in self.below("") if self.entries[path].status in wanted]

    def is_group(self, path: str) -> bool:
        return path in self._children

    def _add_lines(self, group: str, depth: int, admitted: set[str] | None, found: list[Line]) -> None:
        children = self._children[group]
        for path in self._in_order(group):
            if admitted is not None and path not in admitted:
                continue
            found.append(Line(path, depth, children[path]))
            if children[path] and (admitted is not None or path in self.expanded):
                self._add_lines(path, depth + 1, admitted, found)

    def _in_order(self, group: str) -> list[str]:
        """Groups first, then trajectories by the order; those that are equal by name."""
        if group not in self._sorted:
            key, children = KEYS[self.order], self._children[group]
            paths = sorted(children, key=natural)
            paths.sort(key=lambda path: (0, 0) if children[path] else (1, key(self.entries[path])))
            self._sorted[group] = paths
        return self._sorted[group]

    def _insert(self, path: str) -> None:
        is_group = False
        for group in above(path):
            children = self._children.setdefault(group, {})
            if path not in children:
                children[path] = is_group
                self._sorted.pop(group, None)
            path, is_group = group, True

    def _remove(self, path: str) -> None:
        entry = self.entries.pop(path)
        for group in above(path):
            self.totals[group].add(entry, -1)
        for group in above(path):
            del self._children[group][path]
            self._sorted.pop(group, None)
            if self._children[group] or not group:
                break
            del self._children[group], self.totals[group]
            path = group


def parent(path: str) -> str:
    return path.rpartition("/")[0]


def above(path: str) -> Iterable[str]:
    """The groups that a path is in, the nearest first, the runs folder last: "a/b" and "a" and "" for "a/b/c"."""
    while path:
        path = parent(path)
        yield path
