"""The tree of groups and trajectories on the screen. Draws the rows that are seen, whatever there are."""

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

from riptui.marks import MARKS
from riptui.store.listing import natural
from riptui.terminal import printable, sparkline
from riptui.tui import bindings
from riptui.tui.runs.outline import Line, Outline, above, parent
from riptui.tui.runs.shelf import Change, Entry
from riptui.values import short

INDENT = 2
BARS = 9  # columns of a sparkline: one bar for each 50 % of the paper's 400, and the original
FAR = 6  # columns of " 400 %"
VALUE = 6  # columns of " 0.421"


class RunsTree(ScrollView, can_focus=True, inherit_bindings=False):
    """Posts Highlighted when the cursor comes to rest on another row."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "tree--cursor",
        "tree--group",
        "tree--dim",
        "tree--marked",
        "tree--spark",
    } | {f"tree--{status}" for status in MARKS}
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.TREE]

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Highlighted(Message):
        """The cursor is on another path; "" where there are no rows."""

        path: str
        is_group: bool

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.outline = Outline()
        self.marked: dict[str, None] = {}
        """Trajectories to compare, in the order they were marked."""
        self._lines: list[Line] = []
        self._told: str | None = None
        self._styles: dict[str, Style] = {}

    @property
    def current(self) -> Line | None:
        return self._lines[self.cursor] if self.cursor < len(self._lines) else None

    def apply(self, change: Change) -> None:
        """Take over what is new on disk; redraw no more rows than need it."""
        if self.outline.apply(change):
            for path in change.removed:
                self.marked.pop(path, None)
            self.rebuild()
            return
        touched = {entry.path for entry in change.entries}
        touched |= {path[:end] for path in touched for end, c in enumerate(path) if c == "/"}
        top = self.scroll_offset.y
        for y, line in enumerate(self._lines[top : top + self.size.height]):
            if line.path in touched:
                self.refresh(Region(0, y, self.size.width, 1))

    def rebuild(self) -> None:
        """The rows have changed: keep the cursor on its path, or on the nearest group above it that is still a row."""
        current = self.current
        self._lines = self.outline.lines()
        self.virtual_size = Size(0, len(self._lines))
        places = {line.path: y for y, line in enumerate(self._lines)} if current else {}
        here = min(self.cursor, max(0, len(self._lines) - 1))
        if current is not None:
            here = next((places[path] for path in (current.path, *above(current.path)) if path in places), here)
        self.set_reactive(RunsTree.cursor, here)
        self._show_cursor()
        self.refresh()
        self._tell()

    def select(self, path: str) -> bool:
        """Put the cursor on a path, opening the groups above it. False: there is no such path."""
        if path not in self.outline.entries and not self.outline.is_group(path):
            return False
        self.outline.reveal(path)
        self.rebuild()
        places = [y for y, line in enumerate(self._lines) if line.path == path]
        if places:
            self.cursor = places[0]
        return bool(places)

    def open_first(self) -> None:
        """Open the first group, the first in that, and so on, and go to the first trajectory."""
        if below := self.outline.below(""):
            self.select(min(below, key=lambda path: (natural(parent(path)), natural(path))))

    def mark(self, path: str) -> None:
        """Mark a trajectory for comparing, or unmark it."""
        if path in self.marked:
            del self.marked[path]
        else:
            self.marked[path] = None
        self.refresh()

    def watch_cursor(self, before: int, now: int) -> None:
        self._refresh_row(before)
        self._refresh_row(now)
        self._show_cursor()
        self._tell()

    def validate_cursor(self, cursor: int) -> int:
        return min(max(0, cursor), max(0, len(self._lines) - 1))

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        self.cursor += pages * max(1, self.size.height - 1)

    def action_open(self) -> None:
        line = self.current
        if line is not None and line.is_group:
            self.outline.expanded ^= {line.path}
            self.rebuild()

    def action_leave(self) -> None:
        if (line := self.current) is not None and (group := parent(line.path)):
            self.select(group)

    def action_collapse_all(self) -> None:
        self.outline.collapse_all()
        self.rebuild()

    def on_click(self, event: events.Click) -> None:
        y = event.y + self.scroll_offset.y
        if y >= len(self._lines):
            return
        again = self.cursor == y
        self.cursor = y
        line = self._lines[y]
        if line.is_group and (again or event.x <= line.depth * INDENT + 2):
            self.action_open()

    def on_resize(self) -> None:
        self.virtual_size = Size(0, len(self._lines))
        self._show_cursor()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        y += self.scroll_offset.y
        width = self.scrollable_content_region.width
        if y >= len(self._lines):
            return Strip.blank(width, self.rich_style)
        line = self._lines[y]
        segments = self._group(line, width) if line.is_group else self._trajectory(line, width)
        if y == self.cursor:  # in its own colours alone, which every other was not made to be read on
            segments = [Segment(segment.text) for segment in segments]
        style = self.rich_style + self._style("cursor") if y == self.cursor else self.rich_style
        return Strip(segments).adjust_cell_length(width).apply_style(style)

    def _group(self, line: Line, width: int) -> list[Segment]:
        totals = self.outline.totals[line.path]
        opened = self.outline.filter is not None or line.path in self.outline.expanded
        left = f"{' ' * INDENT * line.depth}{'▾' if opened else '▸'} {_name(line)}"
        counts = [
            Segment(f" {MARKS[status][0]}{count}", self._style(status))
            for status in ("running", "queued", "failed")
            if (count := totals.statuses[status])
        ]
        far = f"{totals.count:>6}{100 * totals.done / (totals.count or 1):>5.0f} %"
        room = width - len(far) - sum(map(len, (c.text for c in counts)))
        return [
            Segment(_fitted(left, room), self._style("group")),
            *counts,
            Segment(far, self._style("dim")),
        ]

    def _trajectory(self, line: Line, width: int) -> list[Segment]:
        entry = self.outline.entries[line.path]
        status = entry.status or ("unreadable" if entry.error else "")
        mark = MARKS[status][0] if status else "·"
        chosen = "◆ " if line.path in self.marked else "  "
        left = " " * INDENT * line.depth
        cells = _cells(entry, width - len(left) - 4)
        room = width - len(left) - 4 - sum(map(len, cells))
        name = self._style("marked" if line.path in self.marked else "")
        return [
            Segment(left + chosen[:INDENT], name),
            Segment(f"{mark} ", self._style(status or "dim")),
            Segment(_fitted(_name(line), room), name),
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

    def _tell(self) -> None:
        line = self.current
        path = line.path if line else ""
        if path != self._told:
            self._told = path
            self.post_message(self.Highlighted(path, line is not None and line.is_group))


def _name(line: Line) -> str:
    return printable(line.path.rpartition("/")[2])


def _cells(entry: Entry, room: int) -> list[str]:
    """Behind the name: how far, the newest value, a sparkline; as many as leave twelve columns for the name."""
    if entry.error:
        return [" unreadable"[: max(0, room - 12)]]
    far = f"{entry.inpainted:>{FAR - 2}.0f} %" if entry.read else ""
    value = f"{short(entry.values[-1]):>{VALUE}}" if entry.values else " " * VALUE
    spark = f" {sparkline(entry.values[-BARS:]):<{BARS}}"
    cells: list[str] = []
    for cell in (far, value, spark):
        if room - sum(map(len, cells)) - len(cell) < 12:
            break
        cells.append(cell)
    return cells


def _fitted(text: str, width: int) -> str:
    """Exactly so wide; what is too long ends in an ellipsis. For names, whose letters are ASCII."""
    return text[: max(0, width - 1)] + "…" if len(text) > width else text.ljust(width)
