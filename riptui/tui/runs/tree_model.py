"""The rows of the tree: groups at any depth and their trajectories, or one flat list of these; sorted and filtered.

No Textual, no disk.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from os.path import commonpath
from typing import Literal, NamedTuple, get_args

from riptui.metrics import REGISTRY, base_name
from riptui.store.filters import Filter
from riptui.store.listing import natural_key
from riptui.store.trajectory import Status
from riptui.tui.runs.scanner import ScanResult, TreeEntry

TreeOrder = Literal["name", "newest", "drift", "status"]
TREE_ORDERS: tuple[TreeOrder, ...] = get_args(TreeOrder)

STATUS_ORDER = (Status.RUNNING, Status.FAILED, Status.INTERRUPTED, Status.PAUSED, Status.QUEUED, Status.DONE, None)
"""Most urgent first."""

LAST = float("inf")  # the sort key of what has no value


class TreeRow(NamedTuple):
    path: str
    depth: int
    is_group: bool


GroupTotals = Counter[str]
"""How many trajectories of a group and its subgroups have each status."""


class TreeModel:
    """All entries by group, and the rows made of them."""

    def __init__(self) -> None:
        self.entries: dict[str, TreeEntry] = {}
        self.totals: dict[str, GroupTotals] = {"": Counter()}  # by group; "" is the runs folder
        self.order: TreeOrder = "name"
        self.is_flat = False  # whether the rows are trajectories only, with their whole paths
        self.common_group = ""  # that all rows of the flat list are in
        self.expanded: set[str] = set()
        self.filter: Filter | None = None
        self._matching: set[str] = set()  # the trajectories that the filter leaves
        self._matching_totals: dict[str, GroupTotals] = {}  # of these, by group
        self._charted: Counter[str] = Counter()  # how many trajectories chart each metric
        self._children: dict[str, dict[str, bool]] = {"": {}}
        """By group: the paths directly in it, and whether each is a group."""
        self._sorted: dict[str, list[str]] = {}

    def set_filter(self, new_filter: Filter | None) -> None:
        self.filter = new_filter
        self._sorted.clear()
        self._matching.clear()
        self._matching_totals.clear()
        if new_filter is not None:
            for entry in self.entries.values():
                self._match(entry)

    @property
    def metric(self) -> str:
        """The metric that most trajectories chart; the column and the order by drift are of no other."""
        return max(+self._charted, key=lambda name: self._charted[name], default="")

    def apply(self, scan: ScanResult) -> bool:
        """Apply the result of a scan; return whether rows or their order may have changed."""
        rows_changed, metric = bool(scan.removed), self.metric
        for path in scan.removed:
            self._remove(path)
        changes: defaultdict[str, GroupTotals] = defaultdict(Counter)
        for entry in scan.entries:
            before = self.entries.get(entry.path)
            self.entries[entry.path] = entry
            self._count(entry, before, changes[parent_path(entry.path)])
            if self.filter is not None:
                did_match = self._unmatch(before)
                rows_changed |= self._match(entry) != did_match
            if before is None:
                self._insert(entry.path)
                rows_changed = True
            elif self.order != "name" and self._sort_key(before) != self._sort_key(entry):
                self._forget_order(entry.path)
                rows_changed = True
        for parent, change in changes.items():
            for group in (parent, *iter_ancestors(parent)):
                self.totals.setdefault(group, Counter()).update(change)
        if self.order == "drift" and self.metric != metric:
            self._sorted.clear()
            rows_changed = True
        return rows_changed

    def list_rows(self) -> list[TreeRow]:
        """The rows from top to bottom. With a filter: matching trajectories below their groups, all open."""
        if self.is_flat:
            paths = self.list_matching("")
            if self.order != "name":
                paths.sort(key=lambda path: self._sort_key(self.entries[path]))
            self.common_group = commonpath([f"/{parent_path(path)}" for path in paths])[1:] if paths else ""
            return [TreeRow(path, 0, False) for path in paths]
        rows: list[TreeRow] = []
        self._add_rows("", 0, rows)
        return rows

    def set_order(self, order: TreeOrder) -> None:
        self.order = order
        self._sorted.clear()

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
        return [path for path in self.list_trajectories(group) if self.is_matching(path)]

    def list_paths(self) -> list[str]:
        """All groups and trajectories."""
        return [*self._children, *self.entries]

    def is_matching(self, path: str) -> bool:
        """Whether the filter leaves a trajectory, or anything of a group."""
        return self.filter is None or path in self._matching or path in self._matching_totals

    def matching_totals(self, group: str) -> GroupTotals:
        """The totals of what the filter leaves of a group."""
        return self.totals[group] if self.filter is None else self._matching_totals.get(group, Counter())

    def find_by_status(self, *statuses: Status) -> list[str]:
        """Trajectories with one of these statuses, in the order of the tree."""
        return [path for path in self.list_trajectories("") if self.entries[path].status in statuses]

    def is_group(self, path: str) -> bool:
        return path in self._children

    def _add_rows(self, group: str, depth: int, rows: list[TreeRow]) -> None:
        children = self._children[group]
        for path in self._sort_children(group):
            if not self.is_matching(path):
                continue
            rows.append(TreeRow(path, depth, children[path]))
            if children[path] and (self.filter is not None or path in self.expanded):
                self._add_rows(path, depth + 1, rows)

    def _sort_children(self, group: str) -> list[str]:
        """By name groups first; in another order each group stands where the first of its trajectories does."""
        if group not in self._sorted:
            children = self._children[group]
            paths = sorted(children, key=natural_key)
            if self.order == "name":
                paths.sort(key=lambda path: not children[path])
            else:
                paths.sort(key=self._first_key)
            self._sorted[group] = paths
        return self._sorted[group]

    def _first_key(self, path: str) -> float:
        """The sort key of a trajectory, or of the first one in a group that the filter leaves."""
        if path in self.entries:
            return self._sort_key(self.entries[path]) if self.is_matching(path) else LAST
        first, *_ = self._sort_children(path)
        return self._first_key(first)

    def _sort_key(self, entry: TreeEntry) -> float:
        match self.order:
            case "name":
                return 0
            case "newest":
                return -entry.changed
            case "status":
                return STATUS_ORDER.index(entry.status)
            case "drift" if entry.values and entry.charted == self.metric:
                info = REGISTRY.get(base_name(entry.charted))
                return entry.values[-1] if info and info.higher_means == "closer" else -entry.values[-1]
        return LAST

    def _forget_order(self, path: str) -> None:
        for group in iter_ancestors(path):
            self._sorted.pop(group, None)

    def _count(self, entry: TreeEntry, before: TreeEntry | None, change: GroupTotals) -> None:
        """Count an entry in the place of what it was; change: of the totals of its group and those above."""
        if before is None or before.charted != entry.charted:
            self._charted[entry.charted] += bool(entry.charted)
            if before is not None:
                self._charted[before.charted] -= bool(before.charted)
        if before is not None:
            change[before.counted_as] -= 1
        change[entry.counted_as] += 1

    def _match(self, entry: TreeEntry) -> bool:
        """Count an entry among those that the filter leaves, if it does."""
        if self.filter is None or not self.filter(entry):
            return False
        self._matching.add(entry.path)
        for group in iter_ancestors(entry.path):
            self._matching_totals.setdefault(group, Counter())[entry.counted_as] += 1
        return True

    def _unmatch(self, entry: TreeEntry | None) -> bool:
        """Take an entry out of the matching ones; return whether the filter had left it."""
        if entry is None or entry.path not in self._matching:
            return False
        self._matching.discard(entry.path)
        for group in iter_ancestors(entry.path):
            totals = self._matching_totals[group]
            totals[entry.counted_as] -= 1
            if not totals.total():
                del self._matching_totals[group]
        return True

    def _insert(self, path: str) -> None:
        is_group = False
        if self.order != "name":
            self._forget_order(path)
        for group in iter_ancestors(path):
            is_listed = group in self._children
            self._children.setdefault(group, {})[path] = is_group
            self._sorted.pop(group, None)
            if is_listed:
                break  # and so are the groups above it
            path, is_group = group, True

    def _remove(self, path: str) -> None:
        entry = self.entries.pop(path)
        self._charted[entry.charted] -= bool(entry.charted)
        self._unmatch(entry)
        self._forget_order(path)
        for group in iter_ancestors(path):
            self.totals[group][entry.counted_as] -= 1
        for group in iter_ancestors(path):
            del self._children[group][path]
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
