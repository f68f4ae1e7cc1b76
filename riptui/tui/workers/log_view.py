"""A log that grows. It is followed while its end is on the screen, can be wrapped, and finds what is searched for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from riptui.tui import screen_bindings

MAX_LINES = 50_000  # that are kept of a log which is followed for days
SIDE_COLUMNS = 16  # that a key moves to the side


class LogView(ScrollView, can_focus=True, inherit_bindings=False):
    """Renders only what is visible."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"log--match", "log--current"}
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.LOG]
    DEFAULT_CSS = """
    LogView {
        height: 1fr;
        scrollbar-size: 1 1;
        & > .log--match { background: $panel; text-style: bold; }
        & > .log--current { background: $block-cursor-background; color: $block-cursor-foreground; }
    }
    """
    ALLOW_SELECT = False

    @dataclass
    class FollowingChanged(Message):
        """Its end is on the screen now, or no longer."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines: list[str] = []
        self.is_wrapped = True
        self.is_following = True
        """Whether the newest line is shown, also when others are added."""
        self.pattern = ""
        self.current: int | None = None
        """The line that was found last."""
        self._rows: list[tuple[int, str]] = []  # what is shown, from top to bottom: the line's number, its part
        self._width = 0  # for which they were made
        self._note = ""
        self._search_from = 0  # the line

    def show(self, lines: Sequence[str], *, note: str = "") -> None:
        """Show another log, from its end. note: what is said where it has no lines."""
        self.lines, self.current, self._note = [*lines], None, note
        self.is_following = True
        self._make_rows()

    def append(self, lines: Sequence[str]) -> None:
        """Show added lines."""
        if not lines:
            return
        self.lines += lines
        surplus = len(self.lines) - MAX_LINES
        if surplus > 0:
            del self.lines[:surplus]
            self._search_from = max(0, self._search_from - surplus)
            self.current = None if self.current is None or self.current < surplus else self.current - surplus
            self._make_rows()
            return
        first = len(self.lines) - len(lines)
        before = len(self._rows)
        self._add_rows(first)
        self._fit(refresh=before < self.scroll_offset.y + self.size.height or self.is_following)

    def toggle_wrap(self) -> None:
        self.is_wrapped = not self.is_wrapped
        self._make_rows()

    # Rows

    def _make_rows(self) -> None:
        """Make all rows anew, with the same line at the top."""
        top = self._top_line
        self._rows = []
        self._width = self.scrollable_content_region.width
        self._add_rows(0)
        self._fit(refresh=True)
        if not self.is_following:
            self._scroll_to_line(top)

    def _add_rows(self, first: int) -> None:
        width = max(1, self._width)
        for number in range(first, len(self.lines)):
            line = self.lines[number]
            if not self.is_wrapped or (len(line) <= width and line.isascii()):
                self._rows.append((number, line))
            else:
                self._rows += [(number, part) for part in _wrap(line, width)]

    def _fit(self, *, refresh: bool) -> None:
        """Scroll to the end if it is followed."""
        widest = 0 if self.is_wrapped else max((cell_len(line) for line in self.lines), default=0)
        self.virtual_size = Size(widest, len(self._rows))
        if self.is_following:
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
        if refresh:
            self.refresh()

    def on_resize(self) -> None:
        if self.scrollable_content_region.width != self._width:
            self._make_rows()
        elif self.is_following:
            self._fit(refresh=True)

    def render_line(self, y: int) -> Strip:
        width = self.scrollable_content_region.width
        place = y + self.scroll_offset.y
        if place >= len(self._rows):
            text = self._note if not self._rows and y == 0 else ""
            return Strip([Segment(text, self.rich_style)]).adjust_cell_length(width, self.rich_style)
        number, text = self._rows[place]
        strip = Strip(self._highlight(text, is_current=number == self.current))
        left = self.scroll_offset.x
        return strip.crop_extend(left, left + width, self.rich_style).apply_style(self.rich_style)

    def _highlight(self, text: str, *, is_current: bool) -> list[Segment]:
        if not self.pattern:
            return [Segment(text)]
        style = self.get_component_rich_style("log--current" if is_current else "log--match", partial=True)
        parts = re.split(f"({re.escape(self.pattern)})", text, flags=re.IGNORECASE)
        return [Segment(part, style if index % 2 else Style()) for index, part in enumerate(parts) if part]

    # Searching

    def begin_search(self) -> None:
        """What is typed from now on is searched for from here: downwards, or at the end of the log upwards."""
        self.current = None
        self._search_from = len(self.lines) if self.is_following else self._top_line

    @property
    def _top_line(self) -> int:
        """The number of the line at the top of the screen."""
        return self._rows[self.scroll_offset.y][0] if self.scroll_offset.y < len(self._rows) else 0

    def search(self, pattern: str) -> None:
        """Mark what is searched for wherever it is; "" marks nothing."""
        self.pattern = pattern
        if not pattern:
            self.current = None
        self.refresh()

    def find(self, step: int) -> tuple[int, int]:
        """Go to the next line with the pattern (1), the one before (-1), or the first from where the search began (0).

        Returns its number among them, from 1, and their count; 0, 0 if there is none.
        """
        wanted = self.pattern.casefold()
        found = [number for number, line in enumerate(self.lines) if wanted in line.casefold()] if wanted else []
        if not found:
            self.current = None
            return 0, 0
        if step and self.current in found:
            place = (found.index(self.current) + step) % len(found)
        else:
            place = next((index for index, number in enumerate(found) if number >= self._search_from), len(found) - 1)
        self.current = found[place]
        self._scroll_to_line(found[place], margin=self.size.height // 2)
        self.refresh()
        return place + 1, len(found)

    def _scroll_to_line(self, number: int, margin: int = 0) -> None:
        row = next((row for row, (line, _) in enumerate(self._rows) if line >= number), 0)
        self.scroll_to(y=max(0, row - margin), animate=False, force=True)
        self._note_place()

    # Keys

    def action_move(self, rows: int) -> None:
        self.scroll_to(y=min(max(0, self.scroll_offset.y + rows), self.max_scroll_y), animate=False, force=True)
        self._note_place()

    def action_page(self, pages: int) -> None:
        self.action_move(pages * max(1, self.size.height - 1))

    def action_side(self, steps: int) -> None:
        x = min(max(0, self.scroll_offset.x + steps * SIDE_COLUMNS), self.max_scroll_x)
        self.scroll_to(x=x, animate=False, force=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        super().watch_scroll_y(old_value, new_value)
        if old_value != new_value:
            self._note_place()

    def _note_place(self) -> None:
        """Follow the log if its end is on the screen."""
        before, self.is_following = self.is_following, self.scroll_offset.y >= self.max_scroll_y
        if before != self.is_following:
            self.post_message(self.FollowingChanged())


def _wrap(line: str, width: int) -> list[str]:
    if line.isascii():
        return [line[start : start + width] for start in range(0, len(line), width)] or [""]
    return chop_cells(line, width) or [""]
