"""The rows of the tree: groups at any depth and their trajectories, sorted and filtered. No Textual, no disk."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from riptui.store.filters import Filter
from riptui.store.listing import natural_key
from riptui.store.trajectory import Status
from riptui.tui.runs.scanner import ScanResult, TreeEntry

TreeOrder = Literal["name", "newest", "distance", "status"]
TREE_ORDERS: tuple[TreeOrder, ...] = get_args(TreeOrder)

STATUS_ORDER = (Status.RUNNING, Status.FAILED, Status.INTERRUPTED, Status.PAUSED, Status.QUEUED, Status.DONE, None)
"""Most urgent first."""

SORT_KEYS: dict[TreeOrder, Callable[[TreeEntry], Any]] = {
    "name": lambda entry: 0,
    "newest": lambda entry: -entry.changed,
    "distance": lambda entry: -entry.values[-1] if entry.values else float("inf"),
    "status": lambda entry: STATUS_ORDER.index(entry.status),
}


class TreeRow(NamedTuple):
    path: str
    depth: int
    is_group: bool


@dataclass
class GroupTotals:
    """Counts of the trajectories in a group and its subgroups."""

    statuses: Counter[str] = field(default_factory=Counter)
    progress_sum: float = 0.0  # the sum of their progress, each 0 to 1

    @property
    def count(self) -> int:
        return self.statuses.total()

    def add(self, entry: TreeEntry, sign: int) -> None:
        self.statuses[entry.status or ("unreadable" if entry.error else "")] += sign
        self.progress_sum += sign * entry.progress


class TreeModel:
    """All entries by group, and the rows made of them."""

    def __init__(self) -> None:
        self.entries: dict[str, TreeEntry] = {}
        self.totals: dict[str, GroupTotals] = {"": GroupTotals()}  # by group; "" is the runs folder
        self.order: TreeOrder = "name"
        self.filter: Filter | None = None
        self.expanded: set[str] = set()
        self._children: dict[str, dict[str, bool]] = {"": {}}
        """By group: the paths directly in it, and whether each is a group."""
        self._sorted: dict[str, list[str]] = {}

    def apply(self, scan: ScanResult) -> bool:
        """Apply the result of a scan; return whether rows or their order may have changed."""
        rows_changed = bool(scan.removed)
        for path in scan.removed:
            self._remove(path)
        for entry in scan.entries:
            before = self.entries.get(entry.path)
            self.entries[entry.path] = entry
            for group in iter_ancestors(entry.path):
                totals = self.totals.setdefault(group, GroupTotals())
                if before is not None:
                    totals.add(before, -1)
                totals.add(entry, 1)
            if before is None:
                self._insert(entry.path)
                rows_changed = True
            elif self.order != "name" and SORT_KEYS[self.order](before) != SORT_KEYS[self.order](entry):
                self._sorted.pop(parent_path(entry.path), None)
                rows_changed = True
            elif self.filter is not None and self.filter(before) != self.filter(entry):
                rows_changed = True
        return rows_changed

    def list_rows(self) -> list[TreeRow]:
        """The rows from top to bottom. With a filter: matching trajectories below their groups, all open."""
        matching = None
        if self.filter is not None:
            matching = {path for path, entry in self.entries.items() if self.filter(entry)}
            matching |= {group for path in matching for group in iter_ancestors(path)}
        rows: list[TreeRow] = []
        self._add_rows("", 0, matching, rows)
        return rows

    def set_order(self, order: TreeOrder) -> None:
        self.order = order
        self._sorted.clear()

    def collapse_all(self) -> None:
        self.expanded.clear()

    def reveal(self, path: str) -> None:
        """Open the groups above a path."""
        self.expanded.update(iter_ancestors(path))

    def list_trajectories(self, group: str) -> list[str]:
        """The trajectories of a group and its subgroups; for a trajectory: itself."""
        if group in self.entries:
            return [group]
        paths: list[str] = []
        for path in self._sort_children(group):
            paths += self.list_trajectories(path) if self._children[group][path] else [path]
        return paths

    def list_matching(self, group: str) -> list[str]:
        """As `list_trajectories`, without those that the filter leaves out: what is not seen is not touched."""
        matches = self.filter
        paths = self.list_trajectories(group)
        return paths if matches is None else [path for path in paths if matches(self.entries[path])]

    def count_matching(self, group: str) -> int:
        return self.totals[group].count if self.filter is None else len(self.list_matching(group))

    def find_by_status(self, *statuses: Status) -> list[str]:
        """Trajectories with one of these statuses, in the order of the tree."""
        return [path for path in self.list_trajectories("") if self.entries[path].status in statuses]

    def is_group(self, path: str) -> bool:
        return path in self._children

    def _add_rows(self, group: str, depth: int, matching: set[str] | None, rows: list[TreeRow]) -> None:
        children = self._children[group]
        for path in self._sort_children(group):
            if matching is not None and path not in matching:
                continue
            rows.append(TreeRow(path, depth, children[path]))
            if children[path] and (matching is not None or path in self.expanded):
                self._add_rows(path, depth + 1, matching, rows)

    def _sort_children(self, group: str) -> list[str]:
        """Groups first, then trajectories in the current order, ties by name."""
        if group not in self._sorted:
            key, children = SORT_KEYS[self.order], self._children[group]
            paths = sorted(children, key=natural_key)
            paths.sort(key=lambda path: (0, 0) if children[path] else (1, key(self.entries[path])))
            self._sorted[group] = paths
        return self._sorted[group]

    def _insert(self, path: str) -> None:
        is_group = False
        for group in iter_ancestors(path):
            children = self._children.setdefault(group, {})
            if path not in children:
                children[path] = is_group
                self._sorted.pop(group, None)
            path, is_group = group, True

    def _remove(self, path: str) -> None:
        entry = self.entries.pop(path)
        for group in iter_ancestors(path):
            self.totals[group].add(entry, -1)
        for group in iter_ancestors(path):
            del self._children[group][path]
            self._sorted.pop(group, None)
            if self._children[group] or not group:
                break
            del self._children[group], self.totals[group]
            path = group


def parent_path(path: str) -> str:
    return path.rpartition("/")[0]


def iter_ancestors(path: str) -> Iterable[str]:
    """The groups above a path, nearest first, the runs folder last: "a/b", "a", "" for "a/b/c"."""
    while path:
        path = parent_path(path)
        yield path
