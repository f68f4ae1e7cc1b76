"""The widget of the tree of groups and trajectories. Renders only visible rows."""

import textwrap
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from riptui.store.listing import natural_key
from riptui.text.status_marks import STATUS_MARKS
from riptui.tui import bindings
from riptui.tui.keymap import shown_key
from riptui.tui.runs.row_cells import INDENT, RowCells, TreeColumns, group_cells, trajectory_cells
from riptui.tui.runs.scanner import ScanResult
from riptui.tui.runs.tree_model import TreeModel, TreeRow, iter_ancestors, parent_path

KEPT_STRIPS = 500  # rows as they are drawn: while it scrolls each comes again and again


class RunsTree(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows with a cursor; posts Highlighted when it moves to another path."""

    PARTS = ("cursor", "group", "dim", "marked", "spark", *STATUS_MARKS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"tree--{part}" for part in PARTS}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.TREE]

    cursor: reactive[int] = reactive(0, repaint=False)

    class Highlighted(Message):
        """The cursor moved to another path, or to none."""

    @dataclass
    class TrajectoryOpened(Message):
        """Enter or a double click on a trajectory."""

        path: str

    class MarksChanged(Message):
        """Other trajectories are marked than before, or listed in another way."""

    def __init__(self) -> None:
        super().__init__()
        self.model = TreeModel()
        self.marked: dict[str, None] = {}  # trajectories, in the order in which they were marked
        self.rows: list[TreeRow] = []
        self.hint = ""  # what the filter may have meant, if it leaves nothing
        self._range_start = ""  # the path where a range of marks begins that grows with the cursor; "": there is none
        self._marked_before: dict[str, None] = {}  # beside that range
        self._chosen_path = ""  # where the user went last
        self._posted_path: str | None = None
        self._click_opened = False  # or closed a group: the second click of a double click does not undo it
        self._styles: dict[str, Style] = {}
        self._painted: dict[str, RowCells] = {}
        """The cells of the rows that are on the screen, or were, by their paths."""
        self._strips: LRUCache[object, Strip] = LRUCache(KEPT_STRIPS)

    @property
    def current_row(self) -> TreeRow | None:
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def apply(self, scan: ScanResult) -> None:
        """Update the model; repaint only the rows that changed."""
        metric = self.model.metric
        if self.model.apply(scan):
            if self.marked.keys() & scan.removed:
                for path in scan.removed:
                    self.marked.pop(path, None)
                    self._marked_before.pop(path, None)
                self._marks_changed()
            self.rebuild()
            return
        top, changed = self.scroll_offset.y, {entry.path for entry in scan.entries}
        for y, row in enumerate(self.rows[top : top + self.size.height], start=top):
            may_differ = row.is_group or row.path in changed or self.model.metric != metric
            if may_differ and self._make_cells(y) != self._painted.get(row.path):
                self._refresh_row(y)

    def rebuild(self) -> None:
        """Build the rows again. The cursor stays on the path that the user chose, or near it while that is not listed:
        with a filter on the first trajectory that is left, else on the nearest group above.
        """
        self.rows = self.model.list_rows()
        self._painted.clear()
        self.virtual_size = Size(0, len(self.rows))
        self.set_reactive(RunsTree.cursor, self._find_cursor())
        self._show_cursor()
        self.refresh()
        self._post_highlighted()

    def _find_cursor(self) -> int:
        indices = {row.path: y for y, row in enumerate(self.rows)} if self._chosen_path else {}
        if self._chosen_path in indices:
            return indices[self._chosen_path]
        if self.model.filter is not None or self.model.is_flat:
            return next((y for y, row in enumerate(self.rows) if not row.is_group), 0)
        nearest = (indices[group] for group in iter_ancestors(self._chosen_path) if group in indices)
        return next(nearest, min(self.cursor, max(0, len(self.rows) - 1)))

    def select(self, path: str) -> bool:
        """Move the cursor to a path, opening the groups above it. False: no such path."""
        if path not in self.model.entries and not self.model.is_group(path):
            return False
        self.model.reveal(path)
        if self.model.is_flat and path not in self.model.entries:  # a group, which a flat list has not
            self.model.is_flat = False
            self.post_message(self.MarksChanged())  # the border says how the list is
        if self.model.is_matching(path):
            self._chosen_path = path
        self.rebuild()
        return bool(self.current_row and self.current_row.path == path)

    def choose_current(self) -> None:
        """Stay on the row that the filter moved the cursor to, also when the filter is gone."""
        if self.current_row:
            self._chosen_path = self.current_row.path

    def reveal_chosen(self) -> None:
        """Open the groups above the path that the user chose, e.g. when the filter that had opened them is gone."""
        if self._chosen_path in self.model.entries:
            self.model.reveal(self._chosen_path)
        self.rebuild()

    def open_first(self) -> None:
        """Move the cursor to the first trajectory, opening the groups above it."""
        if paths := self.model.list_trajectories(""):
            self.select(min(paths, key=lambda path: (natural_key(parent_path(path)), natural_key(path))))

    def mark(self, *paths: str) -> None:
        """Mark trajectories, or unmark them if all of them are marked. Ends a range."""
        self._range_start = ""
        if all(path in self.marked for path in paths):
            for path in paths:
                del self.marked[path]
        else:
            self.marked.update(dict.fromkeys(paths))
        self._marks_changed()

    def mark_row(self) -> None:
        """Mark the trajectory below the cursor, or what the filter leaves of the group; or end the range."""
        if self.current_row is not None and self.is_marking_range:
            self.begin_or_end_range()
        elif self.current_row is not None:
            self.mark(*self.model.list_matching(self.current_row.path))
            self.action_move(1)

    def mark_all(self) -> None:
        """Mark all that the filter leaves; or unmark them if all are marked."""
        self.mark(*self.model.list_matching(""))

    def unmark_all(self) -> None:
        self._range_start = ""
        self.marked.clear()
        self._marks_changed()

    @property
    def is_marking_range(self) -> bool:
        return bool(self._range_start)

    def begin_or_end_range(self) -> None:
        """Begin to mark all rows from here to wherever the cursor goes; or end that."""
        if self.is_marking_range or not self.current_row:
            self._range_start = ""
        else:
            self._range_start, self._marked_before = self.current_row.path, dict(self.marked)
            self._extend_range()
        self._marks_changed()

    def _extend_range(self) -> None:
        """Mark what is between the start of the range and the cursor, beside what was marked before."""
        start = next((y for y, row in enumerate(self.rows) if row.path == self._range_start), self.cursor)
        between = self.rows[min(start, self.cursor) : max(start, self.cursor) + 1]
        self.marked = self._marked_before | {row.path: None for row in between if not row.is_group}

    def cancel_range(self) -> None:
        """Mark what was marked before the range began."""
        if self.is_marking_range:
            self.marked = self._marked_before
        self._range_start = ""
        self._marks_changed()

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.MarksChanged())

    def watch_cursor(self, before: int, now: int) -> None:
        self._refresh_row(before)
        self._refresh_row(now)
        self._chosen_path = self.rows[now].path if now < len(self.rows) else ""
        if self.is_marking_range:
            self._extend_range()
            self._marks_changed()
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

    def action_unfold(self) -> None:
        """Open the group; from an open one go to its first row."""
        row = self.current_row
        if row is not None and row.is_group:
            if self._is_open(row.path):
                self.cursor += 1
            else:
                self.action_open()

    def action_fold(self) -> None:
        """Close the group; from anything else go to the group above."""
        row = self.current_row
        if row is not None and row.is_group and self._is_open(row.path) and self.model.filter is None:
            self.action_open()
        else:
            self.action_leave()

    def _is_open(self, group: str) -> bool:
        return self.model.filter is not None or group in self.model.expanded

    def action_collapse_all(self) -> None:
        self.model.expanded.clear()
        self.rebuild()
        self.choose_current()

    def on_click(self, event: events.Click) -> None:
        """Go to a row; open or close a group; mark by the column before the status, with ctrl, or a range by shift."""
        y = event.y + self.scroll_offset.y
        if y >= len(self.rows):
            return
        row = self.rows[y]
        column = event.x - INDENT * (row.depth if row.is_group else max(0, row.depth - 1))
        if event.shift and not self.is_marking_range:
            self.begin_or_end_range()
        was_current = self.cursor == y
        self.cursor = y
        if event.chain == 1:
            self._click_opened = False
        if event.shift:
            self.begin_or_end_range()
        elif event.ctrl or (not row.is_group and 0 <= column < INDENT):
            self.mark(*self.model.list_matching(row.path))
        elif not row.is_group:
            if event.chain == 2:
                self.action_open()
        elif (was_current or column <= INDENT) and not (event.chain == 2 and self._click_opened):
            self.action_open()
            self._click_opened = event.chain == 1

    def on_resize(self) -> None:
        self.virtual_size = Size(0, len(self.rows))
        self._show_cursor()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()  # they have the old theme's colours

    @property
    def columns(self) -> TreeColumns:
        return TreeColumns(self.scrollable_content_region.width, self.model.metric)

    def render_line(self, y: int) -> Strip:
        y += self.scroll_offset.y
        width = self.scrollable_content_region.width
        if y >= len(self.rows):
            all_again = f"{shown_key(self.app, 'runs.back')} shows all again"
            texts = ("nothing matches this filter", self.hint, all_again)
            lines = [line for text in texts for line in textwrap.wrap(text, max(1, width))]
            nothing_matches = not self.rows and self.model.filter is not None
            words = lines[y] if nothing_matches and y < len(lines) else ""
            return Strip([Segment(words, self._style("dim"))]).adjust_cell_length(width, self.rich_style)
        row = self.rows[y]
        self._painted[row.path] = cells = self._make_cells(y)
        key = (*cells, y == self.cursor, width)
        if (strip := self._strips.get(key)) is None:
            self._strips[key] = strip = self._make_strip(cells, width, is_current=y == self.cursor)
        return strip

    def _make_strip(self, cells: RowCells, width: int, *, is_current: bool) -> Strip:
        style = self.rich_style + self._style("cursor") if is_current else self.rich_style
        if style.reverse:  # no colour but the terminal's own is readable in reverse
            cells = [(text, "") for text, _ in cells]
        segments = [Segment(text, self._style(part)) for text, part in cells]
        return Strip(segments).adjust_cell_length(width).apply_style(style)

    def _make_cells(self, y: int) -> RowCells:
        model, columns, row = self.model, self.columns, self.rows[y]
        if row.is_group:
            totals, shown = model.totals[row.path], model.matching_totals(row.path)
            return group_cells(row, totals, shown, is_open=self._is_open(row.path), width=columns.width)
        is_marked = row.path in self.marked
        group = model.common_group if model.is_flat else parent_path(row.path)
        top = self.scroll_offset.y
        beside = self.rows[top : top + self.size.height]
        return trajectory_cells(
            row, model.entries[row.path], is_marked=is_marked, group=group, columns=columns, beside=beside
        )

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
        path = self.current_row.path if self.current_row else ""
        if path != self._posted_path:
            self._posted_path = path
            self.post_message(self.Highlighted())
