"""The widget of the tree of groups and trajectories. Renders only visible rows."""

from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from riptui.metrics.display import format_short
from riptui.store.listing import natural_key
from riptui.text.status_marks import STATUS_MARKS
from riptui.text.terminal import fit_columns, printable, sparkline
from riptui.tui import bindings
from riptui.tui.runs.scanner import ScanResult, TreeEntry
from riptui.tui.runs.tree_model import TreeModel, TreeRow, iter_ancestors, parent_path

INDENT = 2
SPARK_COLUMNS = 9  # of a sparkline: one bar per 50 % of the paper's 400, and the original
PROGRESS_COLUMNS = 6  # of " 400 %"
VALUE_COLUMNS = 6  # of " 0.421"


class RunsTree(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows with a cursor; posts Highlighted when it moves to another path."""

    PARTS = ("cursor", "group", "dim", "marked", "spark", *STATUS_MARKS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tree--{part}" for part in PARTS}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.TREE]

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Highlighted(Message):
        """The cursor moved to another path; "" if there are no rows."""

        path: str
        is_group: bool

    @dataclass
    class TrajectoryOpened(Message):
        """Enter or a double click on a trajectory."""

        path: str

    def __init__(self) -> None:
        super().__init__()
        self.model = TreeModel()
        self.marked: dict[str, None] = {}  # trajectories to compare, in the order they were marked
        self.rows: list[TreeRow] = []
        self._posted_path: str | None = None
        self._styles: dict[str, Style] = {}

    @property
    def current_row(self) -> TreeRow | None:
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def apply(self, scan: ScanResult) -> None:
        """Update the model; repaint only the rows that changed."""
        if self.model.apply(scan):
            for path in scan.removed:
                self.marked.pop(path, None)
            self.rebuild()
            return
        touched = {entry.path for entry in scan.entries}
        touched |= {path[:end] for path in touched for end, c in enumerate(path) if c == "/"}
        top = self.scroll_offset.y
        for y, row in enumerate(self.rows[top : top + self.size.height]):
            if row.path in touched:
                self.refresh(Region(0, y, self.size.width, 1))

    def rebuild(self) -> None:
        """Build the rows again; the cursor stays on its path, or on the nearest group above that is still visible."""
        current_row = self.current_row
        self.rows = self.model.list_rows()
        self.virtual_size = Size(0, len(self.rows))
        row_indices = {row.path: y for y, row in enumerate(self.rows)} if current_row else {}
        new_cursor = min(self.cursor, max(0, len(self.rows) - 1))
        if current_row is not None:
            paths = (current_row.path, *iter_ancestors(current_row.path))
            new_cursor = next((row_indices[path] for path in paths if path in row_indices), new_cursor)
        self.set_reactive(RunsTree.cursor, new_cursor)
        self._show_cursor()
        self.refresh()
        self._post_highlighted()

    def select(self, path: str) -> bool:
        """Move the cursor to a path, opening the groups above it. False: no such path."""
        if path not in self.model.entries and not self.model.is_group(path):
            return False
        self.model.reveal(path)
        self.rebuild()
        row_indices = [y for y, row in enumerate(self.rows) if row.path == path]
        if row_indices:
            self.cursor = row_indices[0]
        return bool(row_indices)

    def open_first(self) -> None:
        """Move the cursor to the first trajectory, opening the groups above it."""
        if paths := self.model.list_trajectories(""):
            self.select(min(paths, key=lambda path: (natural_key(parent_path(path)), natural_key(path))))

    def mark(self, path: str) -> None:
        """Mark a trajectory to compare, or unmark it."""
        if path in self.marked:
            del self.marked[path]
        else:
            self.marked[path] = None
        self.refresh()

    def watch_cursor(self, before: int, now: int) -> None:
        self._refresh_row(before)
        self._refresh_row(now)
        self._show_cursor()
        self._post_highlighted()

    def validate_cursor(self, cursor: int) -> int:
        return min(max(0, cursor), max(0, len(self.rows) - 1))

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        self.cursor += pages * max(1, self.size.height - 1)

    def action_open(self) -> None:
        row = self.current_row
        if row is not None and row.is_group:
            self.model.expanded ^= {row.path}
            self.rebuild()
        elif row is not None:
            self.post_message(self.TrajectoryOpened(row.path))

    def action_leave(self) -> None:
        if (row := self.current_row) is not None and (group := parent_path(row.path)):
            self.select(group)

    def action_collapse_all(self) -> None:
        self.model.collapse_all()
        self.rebuild()

    def on_click(self, event: events.Click) -> None:
        y = event.y + self.scroll_offset.y
        if y >= len(self.rows):
            return
        was_current = self.cursor == y
        self.cursor = y
        row = self.rows[y]
        if (was_current or event.x <= row.depth * INDENT + 2) if row.is_group else event.chain == 2:
            self.action_open()

    def on_resize(self) -> None:
        self.virtual_size = Size(0, len(self.rows))
        self._show_cursor()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        y += self.scroll_offset.y
        width = self.scrollable_content_region.width
        if y >= len(self.rows):
            return Strip.blank(width, self.rich_style)
        row = self.rows[y]
        segments = self._render_group(row, width) if row.is_group else self._render_trajectory(row, width)
        if y == self.cursor:  # no other colour is readable on the cursor's background
            segments = [Segment(segment.text) for segment in segments]
        style = self.rich_style + self._style("cursor") if y == self.cursor else self.rich_style
        return Strip(segments).adjust_cell_length(width).apply_style(style)

    def _render_group(self, row: TreeRow, width: int) -> list[Segment]:
        totals = self.model.totals[row.path]
        is_open = self.model.filter is not None or row.path in self.model.expanded
        label = f"{' ' * INDENT * row.depth}{'▾' if is_open else '▸'} {_display_name(row)}"
        counts = [
            Segment(f" {STATUS_MARKS[status][0]}{count}", self._style(status))
            for status in ("running", "queued", "failed")
            if (count := totals.statuses[status])
        ]
        progress = f"{totals.count:>6}{100 * totals.progress_sum / (totals.count or 1):>5.0f} %"
        room = width - len(progress) - sum(map(len, (c.text for c in counts)))
        return [Segment(fit_columns(label, room), self._style("group")), *counts, Segment(progress, self._style("dim"))]

    def _render_trajectory(self, row: TreeRow, width: int) -> list[Segment]:
        entry = self.model.entries[row.path]
        status = entry.status or ("unreadable" if entry.error else "")
        symbol = STATUS_MARKS[status][0] if status else "·"
        marker = "◆ " if row.path in self.marked else "  "
        indent = " " * INDENT * row.depth
        cells = _format_cells(entry, width - len(indent) - 4)
        name_width = width - len(indent) - 4 - sum(map(len, cells))
        name_style = self._style("marked" if row.path in self.marked else "")
        return [
            Segment(indent + marker[:INDENT], name_style),
            Segment(f"{symbol} ", self._style(status or "dim")),
            Segment(fit_columns(_display_name(row), name_width), name_style),
            *(Segment(cell, self._style(part)) for cell, part in zip(cells, ("dim", "", "spark"), strict=False)),
        ]

    def _style(self, part: str) -> Style:
        if part not in self._styles:
            self._styles[part] = self.get_component_rich_style(f"tree--{part}", partial=True) if part else Style()
        return self._styles[part]

    def _refresh_row(self, row: int) -> None:
        self.refresh(Region(0, row - self.scroll_offset.y, self.size.width, 1))

    def _show_cursor(self) -> None:
        if self.size.height:
            self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)

    def _post_highlighted(self) -> None:
        row = self.current_row
        path = row.path if row else ""
        if path != self._posted_path:
            self._posted_path = path
            self.post_message(self.Highlighted(path, row is not None and row.is_group))


def _display_name(row: TreeRow) -> str:
    return printable(row.path.rpartition("/")[2])


def _format_cells(entry: TreeEntry, width: int) -> list[str]:
    """The cells after the name: inpainted %, newest value, sparkline; as many as leave 12 columns for the name."""
    if entry.error:
        return [" unreadable"[: max(0, width - 12)]]
    progress = f"{entry.inpainted:>{PROGRESS_COLUMNS - 2}.0f} %" if entry.is_read else ""
    value = f"{format_short(entry.values[-1]):>{VALUE_COLUMNS}}" if entry.values else " " * VALUE_COLUMNS
    spark = f" {sparkline(entry.values[-SPARK_COLUMNS:]):<{SPARK_COLUMNS}}"
    cells: list[str] = []
    for cell in (progress, value, spark):
        if width - sum(map(len, cells)) - len(cell) < 12:
            break
        cells.append(cell)
    return cells
