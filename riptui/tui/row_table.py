"""A table with a cursor that renders only visible rows.

Textual's DataTable takes 0.7 s in the UI thread for 10,000 rows of 8 cells.
"""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from riptui.text.terminal import fit_path
from riptui.tui import bindings
from riptui.tui.plot.grid import shorten

GAP_COLUMNS = 2
MIN_NAME_COLUMNS = 16  # width of the first column, below which others are left out

CellValue = float | str


@dataclass(frozen=True)
class TableColumn:
    name: str  # its title and identity
    width: int  # of the widest text or the name
    to_text: Callable[[CellValue], str]  # formats a value as printable text
    right_aligned: bool = True  # for numbers


@dataclass(frozen=True, slots=True)
class TableRow:
    key: str
    mark: str  # one character before the first cell; not sorted by
    values: tuple[CellValue, ...]
    style: str = ""  # the component class that it is drawn in, without table--; "": the usual one


@dataclass
class TableMessage(Message):
    table: "RowTable"

    @property
    def control(self) -> "RowTable":
        return self.table


class RowTable(ScrollView, can_focus=True, inherit_bindings=False):
    """Rows with a cursor below the column names. The cursor stays on its row when the order changes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "table--head",
        "table--sorted",
        "table--cursor",
        "table--marked",
        "table--dim",
        "table--warning",
        "table--error",
    }
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.ROWS]
    DEFAULT_CSS = """
    RowTable {
        height: 1fr;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .table--head { color: $foreground-muted; }
        & > .table--sorted { color: $accent; text-style: bold; }
        & > .table--marked { color: $accent; text-style: bold; }
        & > .table--dim { color: $foreground-muted; }
        & > .table--warning { color: $text-warning; }
        & > .table--error { color: $text-error; }
        & > .table--cursor { background: $panel; text-style: $block-cursor-blurred-text-style; }
        &:focus > .table--head { color: $foreground; text-style: bold; }
        &:focus > .table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
    }
    """
    ALLOW_SELECT = False
    STRETCHED = 0
    """The column that is cut in little room."""
    HAS_PATHS = True
    """Whether it names trajectories, whose seeds are the last to be cut."""

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class RowChosen(TableMessage):
        """The row under the cursor was clicked, or entered."""

        key: str

    @dataclass
    class RowReached(TableMessage):
        """Another row is under the cursor."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns: tuple[TableColumn, ...] = ()
        self.rows: tuple[TableRow, ...] = ()
        """From top to bottom."""
        self._drawn_columns: tuple[TableColumn, ...] = ()

    @property
    def current(self) -> str | None:
        """The key of the row under the cursor."""
        return self.rows[self.cursor].key if self.cursor < len(self.rows) else None

    @property
    def keys(self) -> list[str]:
        return [row.key for row in self.rows]

    def show(self, columns: tuple[TableColumn, ...], rows: tuple[TableRow, ...]) -> None:
        if (columns, rows) == (self.columns, self.rows):
            return
        self.columns = columns
        self._set_rows(rows)

    def _set_rows(self, rows: Sequence[TableRow]) -> None:
        """Draw them, with the cursor on the row that it was on, or in its place."""
        before, current, cursor, top = self.rows, self.current, self.cursor, self.scroll_offset.y
        self.rows = tuple(rows)
        self.virtual_size = Size(0, len(rows) + 1)
        new_cursor = next((y for y, row in enumerate(rows) if row.key == current), cursor)
        self.set_reactive(RowTable.cursor, min(new_cursor, max(0, len(rows) - 1)))
        self._show_cursor()
        if self.columns == self._drawn_columns and len(before) == len(rows) and self.scroll_offset.y == top:
            self._refresh_changed(before, {cursor, self.cursor} if cursor != self.cursor else set())
        else:
            self.refresh(layout=len(before) != len(rows) and self._is_as_high_as_its_rows)
        self._drawn_columns = self.columns
        if self.current != current:
            self.post_message(self.RowReached(self))

    def _refresh_changed(self, before: Sequence[TableRow], others: set[int]) -> None:
        """Repaint only the rows that differ, and these others; all of them while it is hidden, and has no size."""
        if not self.size:
            self.refresh()
            return
        top = self.scroll_offset.y
        visible = range(top, min(len(before), top + self.size.height - 1))
        changed = [y for y in visible if y in others or before[y] != self.rows[y]]
        if changed:
            self.refresh(*(Region(0, y + 1 - top, self.size.width, 1) for y in changed))

    @property
    def _is_as_high_as_its_rows(self) -> bool:
        return self.styles.height is not None and self.styles.height.is_auto

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self.rows) + 1

    def select(self, key: str) -> bool:
        """Put the cursor on a row; return whether there is one with this key."""
        place = next((y for y, row in enumerate(self.rows) if row.key == key), None)
        if place is not None:
            self.cursor = place
        return place is not None

    def find(self, text: str, step: int) -> tuple[int, int]:
        """Go to the next row with a text (1), the one before (-1), or the first from the cursor on (0), round the ends.

        Returns its number among them, from 1, and their count; 0, 0 if there is none.
        """
        wanted = text.casefold()
        found = [y for y, row in enumerate(self.rows) if any(wanted in str(cell).casefold() for cell in row.values)]
        if not found:
            return 0, 0
        if step < 0:
            place = max((index for index, y in enumerate(found) if y < self.cursor), default=len(found) - 1)
        else:
            place = next((index for index, y in enumerate(found) if y >= self.cursor + step), 0)
        self.cursor = found[place]
        return place + 1, len(found)

    def watch_cursor(self, before: int, now: int) -> None:
        top = self.scroll_offset.y
        self._show_cursor()
        if top == self.scroll_offset.y:
            for row in (before, now):
                self.refresh(Region(0, row + 1 - top, self.size.width, 1))
        if before != now:
            self.post_message(self.RowReached(self))

    def validate_cursor(self, cursor: int) -> int:
        return min(max(0, cursor), max(0, len(self.rows) - 1))

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        self.cursor += pages * max(1, self.size.height - 2)

    def action_choose(self) -> None:
        if self.current is not None:
            self.post_message(self.RowChosen(self, self.current))

    def click_head(self, x: int) -> None:
        """A column's name was clicked."""

    def on_click(self, event: events.Click) -> None:
        event.stop()
        if event.y == 0:
            self.click_head(event.x)
            return
        row = event.y - 1 + self.scroll_offset.y
        if row < len(self.rows):
            is_current = row == self.cursor
            self.cursor = row
            if is_current:
                self.action_choose()

    def on_resize(self) -> None:
        self._show_cursor()

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        row = y - 1 + self.scroll_offset.y
        style = Style()
        if y == 0:
            segments = self.head_segments()
        elif row < len(self.rows):
            segments = [Segment(self._row_text(row))]
            style = self._style(self.rows[row].style) if self.rows[row].style else style
        else:
            return Strip.blank(width, self.rich_style)
        cursor = self._style("cursor") if y and row == self.cursor else Style()
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style + style + cursor)

    def head_segments(self) -> list[Segment]:
        cells = [_align(column.name, width, right=column.right_aligned) for column, width in self.fit_columns()]
        return [Segment((" " * GAP_COLUMNS).join(cells), self._style("head"))]

    def _row_text(self, index: int) -> str:
        row, cells = self.rows[index], []
        top = self.scroll_offset.y
        for value, (column, width) in zip(row.values, self.fit_columns(), strict=False):
            mark = f"{row.mark} " if column is self.columns[0] else ""
            text = column.to_text(value)
            if self.HAS_PATHS and column is self.columns[self.STRETCHED]:
                near = self.rows[top : top + self.size.height]
                others = (column.to_text(other.values[self.STRETCHED]) for other in near)
                text = fit_path(text, width - len(mark), beside=others)
            cells.append(_align(mark + text, width, right=column.right_aligned))
        return (" " * GAP_COLUMNS).join(cells)

    def fit_columns(self) -> list[tuple[TableColumn, int]]:
        """Columns and widths. In little room the last columns are left out, then the names are cut."""
        columns = [(column, column.width) for column in self.columns]
        room, place = self.scrollable_content_region.width, self.STRETCHED

        def others() -> int:
            return sum(width + GAP_COLUMNS for index, (_, width) in enumerate(columns) if index != place)

        while len(columns) > place + 2 and MIN_NAME_COLUMNS + others() > room:
            columns.pop()
        if columns:
            columns[place] = columns[place][0], max(1, min(columns[place][1], room - others()))
        return columns

    def _style(self, part: str) -> Style:
        return self.get_component_rich_style(f"table--{part}", partial=True)

    def _show_cursor(self) -> None:
        """Scroll to the cursor's row, below the head."""
        height = max(1, self.size.height - 1)
        top = self.scroll_offset.y
        if not top <= self.cursor < top + height:
            self.scroll_to(y=self.cursor if self.cursor < top else self.cursor - height + 1, animate=False, force=True)


def fit_columns_to_texts(
    titles: Sequence[str], rows: Sequence[TableRow], right_aligned: Container[str], max_widths: Mapping[str, int]
) -> tuple[TableColumn, ...]:
    """Columns of texts, each as wide as its title and its longest text, up to its maximum, which is 16 unless given."""
    columns = []
    for index, title in enumerate(titles):
        mark_columns = 0 if index else 2
        longest = max([cell_len(title), *(mark_columns + cell_len(str(row.values[index])) for row in rows)])
        columns.append(TableColumn(title, min(longest, max_widths.get(title, 16)), str, title in right_aligned))
    return tuple(columns)


def _align(text: str, width: int, *, right: bool) -> str:
    text = shorten(text, width)
    blank = " " * (width - cell_len(text))
    return blank + text if right else text + blank
