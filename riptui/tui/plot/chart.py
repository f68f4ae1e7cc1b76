"""The chart widget: series, and a marker at the current x.

The series are drawn once; moving the marker repaints only the rows that show it, so that scrubbing stays fast and sends
little. textual-plot repaints everything: 50 ms and 15.6 kB per move of its line at 140x14, against 4 ms and 1.3 kB, and
it needs NumPy, 110 ms and 13 MiB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import ClassVar

from rich.color import Color as RichColor
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.color import Color
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from riptui.tui.plot.drawing import DrawnChart, draw
from riptui.tui.plot.grid import ChartCell, Ink
from riptui.tui.plot.palette import current_series_colours
from riptui.tui.plot.series import Series


class Chart(Widget):
    """Series over a common x axis. A click posts PointChosen."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"chart--axis", "chart--tick", "chart--label", "chart--marker"}
    DEFAULT_CSS = """
    Chart {
        height: 1fr;
        & > .chart--axis { color: $foreground 40%; }
        & > .chart--tick { color: $foreground-muted; }
        & > .chart--label { color: $foreground; }
        & > .chart--marker { color: $foreground 60%; }
    }
    """

    @dataclass
    class PointChosen(Message):
        chart: "Chart"
        x: float

        @property
        def control(self) -> "Chart":
            return self.chart

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw_call = partial(draw, (), x_label="", y_label="", x_end=None)
        self._cached_drawing: tuple[Size, DrawnChart] | None = None
        self.marker: float | None = None  # the x of the vertical line

    def draw(
        self,
        series: Sequence[Series],
        *,
        x_label: str,
        y_label: str,
        marker: float | None = None,
        x_end: float | None = None,
    ) -> None:
        """Show these series; unchanged ones are not repainted.

        marker: the x of a vertical line. x_end: the least end of the x axis, e.g. 400 %.
        """
        content = partial(draw, tuple(series), x_label=x_label, y_label=y_label, x_end=x_end)
        if (content.args, content.keywords) == (self._draw_call.args, self._draw_call.keywords):
            self.set_marker(marker)
            return
        before, self._draw_call, self._cached_drawing = self._cached_drawing, content, None
        if before is None or before[0] != self.size or marker is not None or self.marker is not None:
            self.marker = marker
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before[1].rows, self._drawing.rows, strict=True)) if old != new]
        self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    @property
    def axis_labels(self) -> tuple[str, str]:
        return self._draw_call.keywords["x_label"], self._draw_call.keywords["y_label"]

    def column_of(self, x: float) -> int:
        return self._drawing.column(x)

    def set_marker(self, x: float | None) -> None:
        """Move the vertical line to an x, or remove it."""
        before, self.marker = self.marker, x
        if not self.size:
            return
        old, new = (self._drawing.column(marker_x) if marker_x is not None else None for marker_x in (before, x))
        if old == new:
            return
        columns = sorted(column for column in (old, new) if column is not None)
        rows = {row for column in columns for row in self._marked_rows(column)}
        width = columns[-1] + 1 - columns[0]  # one region: for each Textual sends a row from the widget's left edge
        self.refresh(*(Region(columns[0], row, width, 1) for row in rows))

    def render_line(self, y: int) -> Strip:
        if not self.size or y >= self.size.height:
            return Strip.blank(self.size.width, self.rich_style)
        row = self._drawing.rows[y]
        column = self._drawing.column(self.marker) if self.marker is not None else None
        if column is not None and y in self._marked_rows(column):
            area = self._drawing.area
            mark = "┃" if y < area.top + area.height else "▲"
            row = [*row[:column], (mark, _MARKER), *row[column + 1 :]]
        return self._strip(row)

    def on_click(self, event: events.Click) -> None:
        area = self._drawing.area
        if event.x >= area.left:
            self.post_message(self.PointChosen(self, self._drawing.x_at(event.x)))

    @property
    def _drawing(self) -> DrawnChart:
        """The series, drawn at the current size."""
        if self._cached_drawing is None or self._cached_drawing[0] != self.size:
            self._cached_drawing = self.size, self._draw_call(max(1, self.size.width), max(1, self.size.height))
        return self._cached_drawing[1]

    def _marked_rows(self, column: int) -> list[int]:
        """The rows that show the marker: the axis, and every other row without a curve."""
        rows, area = self._drawing.rows, self._drawing.area
        bottom = area.top + area.height
        free = [y for y in range(bottom - 1, area.top - 1, -2) if rows[y][column][1] == Ink.BLANK]
        return [bottom, *free] if bottom < len(rows) else free

    def _strip(self, row: list[ChartCell]) -> Strip:
        segments = [
            Segment("".join(character for character, _ in run), self._style(ink))
            for ink, run in groupby(row, key=lambda cell: cell[1])
        ]
        return Strip(segments, self.size.width)

    def _style(self, ink: int) -> Style:
        if ink >= 0:
            return self.rich_style + Style(color=self._colours[ink % len(self._colours)])
        part = _INK_CLASSES.get(ink)
        return self.get_visual_style(part).rich_style if part else self.rich_style

    @property
    def _colours(self) -> list[RichColor]:
        return [Color.parse(colour).rich_color for colour in current_series_colours(self.app)]


_MARKER = min(Ink) - 1
_INK_CLASSES: dict[int, str] = {
    Ink.AXIS: "chart--axis",
    Ink.TICK: "chart--tick",
    Ink.LABEL: "chart--label",
    _MARKER: "chart--marker",
}
