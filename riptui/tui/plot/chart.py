"""The chart widget: series, a marker at the current x, and a crosshair that reads values.

The series are drawn once; moving the marker or the crosshair repaints only the rows that show it, so that scrubbing
stays fast and sends little. textual-plot repaints everything: 50 ms and 15.6 kB per move of its line at 140x14, against
4 ms and 1.3 kB, and it needs NumPy, 110 ms and 13 MiB.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from statistics import fmean
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from riptui.tui.plot.crosshair import crosshair_rows, nearest, x_positions
from riptui.tui.plot.drawing import DrawnChart, draw, list_entries
from riptui.tui.plot.grid import ChartCell, ChartRow, Ink
from riptui.tui.plot.legend import LegendEntry
from riptui.tui.plot.palette import rich_series_colours
from riptui.tui.plot.series import Series
from riptui.tui.plot.y_axis import YView, can_show, place_on_axis


class Chart(Widget):
    """Series over a common x axis. A click posts PointChosen.

    The crosshair, at the mouse or where a key moved it, shows the values there. The wheel zooms the y axis.
    """

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

    @dataclass
    class CrosshairMoved(Message):
        """The mouse moved it, or took it away."""

        x: float | None

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw_call = partial(draw, (), x_label="", y_label="", x_end=None)
        self._cached_drawing: tuple[Size, DrawnChart] | None = None
        self.marker: float | None = None  # the x of the vertical line
        self.crosshair: float | None = None  # the x whose values are shown
        self.y_view = YView()
        self._has_legend = True
        self._known_positions: list[float] | None = None
        self._cached_reading: tuple[DrawnChart, float, Sequence[ChartRow]] | None = None
        self._painted: dict[int, ChartRow] = {}
        """The rows as they are on the screen."""

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
        if x_label != self.axis_labels[0]:
            self.set_crosshair(None)  # 350 % is no number of repaints
        if y_label != self.axis_labels[1]:
            self.y_view = YView(log=self.y_view.log)
        content = partial(
            draw,
            tuple(series),
            x_label=x_label,
            y_label=y_label,
            x_end=x_end,
            view=self.y_view,
            has_legend=self._has_legend,
        )
        if (content.args, content.keywords) == (self._draw_call.args, self._draw_call.keywords):
            self.set_marker(marker)
            return
        self._draw_call, self._cached_drawing, self._known_positions = content, None, None
        self.marker = marker
        if not self.size:  # hidden, without rows to compare: Textual would show again those that it had
            self.refresh()
        elif changed := [region for y in range(self.size.height) if (region := self._find_changed(y))]:
            self.refresh(*changed)

    @property
    def axis_labels(self) -> tuple[str, str]:
        return self._draw_call.keywords["x_label"], self._draw_call.keywords["y_label"]

    @property
    def series(self) -> tuple[Series, ...]:
        """What is drawn."""
        return self._draw_call.args[0] if self._draw_call.args else ()

    @property
    def legend_entries(self) -> Sequence[LegendEntry]:
        return list_entries(self.series)

    def set_legend(self, is_shown: bool) -> None:
        """Draw the legend, or leave that to what is around the chart."""
        if is_shown != self._has_legend:
            self._has_legend = is_shown
            self._change_drawing(has_legend=is_shown)

    @property
    def _x_positions(self) -> list[float]:
        """Where the series have points."""
        if self._known_positions is None:
            self._known_positions = x_positions(self.series)
        return self._known_positions

    def column_of(self, x: float) -> int:
        return self._drawing.column(x)

    def set_marker(self, x: float | None) -> None:
        """Move the vertical line to an x, or remove it."""
        before, self.marker = self.marker, x
        self._repaint_lines(before, x)

    # The crosshair

    def set_crosshair(self, x: float | None) -> None:
        """Show the values at an x; None: none."""
        if x != self.crosshair:
            height = max(1, len(self._reading_rows))
            before, self.crosshair = self.crosshair, x
            self._repaint_lines(before, x)
            self.refresh(Region(0, 0, self.size.width, max(height, len(self._reading_rows))))

    def move_crosshair(self, points: int) -> None:
        """Move it by so many points; the first time to the last point, or the first."""
        positions = self._x_positions
        if not positions:
            return
        if self.crosshair is None:
            self.set_crosshair(positions[-1 if points < 0 else 0])
        else:
            index = nearest(positions, self.crosshair) + points
            self.set_crosshair(positions[min(max(0, index), len(positions) - 1)])

    def on_mouse_move(self, event: events.MouseMove) -> None:
        area, positions = self._drawing.area, self._x_positions
        is_inside = area.x <= event.x < area.right and event.y >= area.y
        is_shown = bool(is_inside and positions)
        self._follow_mouse(positions[nearest(positions, self._drawing.x_at(event.x))] if is_shown else None)

    def on_leave(self, event: events.Leave) -> None:
        self._follow_mouse(None)

    def _follow_mouse(self, x: float | None) -> None:
        if x != self.crosshair:
            self.set_crosshair(x)
            self.post_message(self.CrosshairMoved(x))

    # The y axis

    def change_view(self, view: YView) -> None:
        """Show the y axis in another way."""
        if view != self.y_view:
            self.y_view = view
            self._change_drawing(view=view)

    def _change_drawing(self, **changes: object) -> None:
        self._draw_call = partial(draw, *self._draw_call.args, **self._draw_call.keywords | changes)
        self._cached_drawing = None
        self.refresh()

    def zoom(self, direction: int, around: float | None = None) -> None:
        """Show half of the y axis (1), or twice as much (-1).

        `around`: what stays, from 0 at the bottom to 1; without it the values at the crosshair, or at the vertical
        line, come to the middle.
        """
        values = self._values_here() if around is None else []
        if values:
            every = [point.y for series in self.series for point in series.points()]
            place = place_on_axis(fmean(values), every, self.y_view)
            self.change_view(self.y_view.zoomed_to(direction, place))
        else:
            self.change_view(self.y_view.zoomed(direction, 0.5 if around is None else around))

    def _values_here(self) -> list[float]:
        """The value of each series nearest to the crosshair, or to the vertical line."""
        x = self.marker if self.crosshair is None else self.crosshair
        if x is None:
            return []
        shown = ([point for point in series.points() if can_show(point.y, self.y_view)] for series in self.series)
        return [min(points, key=lambda point: abs(point.x - x)).y for points in shown if points]

    def toggle_log(self) -> None:
        """Make the y axis logarithmic, or linear; all of it is visible then."""
        self.change_view(YView(log=not self.y_view.log))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._zoom_at(event.y, 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._zoom_at(event.y, -1)

    def _zoom_at(self, row: int, direction: int) -> None:
        area = self._drawing.area
        self.zoom(direction, min(max(0.0, 1 - (row - area.y + 0.5) / area.height), 1.0))

    # Drawing

    def render_line(self, y: int) -> Strip:
        if not self.size or y >= self.size.height:
            return Strip.blank(self.size.width, self.rich_style)
        self._painted[y] = row = self._make_row(y)
        return self._strip(row)

    def _find_changed(self, y: int) -> Region | None:
        """The part of a row that looks other than it does on the screen."""
        row, painted = self._make_row(y), self._painted.get(y, [])
        if len(row) != len(painted):
            return Region(0, y, self.size.width, 1)
        columns = [x for x, (now, before) in enumerate(zip(row, painted, strict=True)) if now != before]
        return Region(columns[0], y, columns[-1] + 1 - columns[0], 1) if columns else None

    def _make_row(self, y: int) -> ChartRow:
        drawing = self._drawing
        row, area = drawing.rows[y], drawing.area
        if y < len(self._reading_rows):
            return self._reading_rows[y]
        for x, sign in ((self.crosshair, "│"), (self.marker, "┃")):
            column = None if x is None else drawing.column(x)
            if column is not None and y in self._marked_rows(column):
                row = [*row[:column], (sign if y < area.bottom else "▲", _MARKER), *row[column + 1 :]]
        return row

    @property
    def _reading_rows(self) -> Sequence[ChartRow]:
        """The first rows, with the values at the crosshair."""
        drawing, x = self._drawing, self.crosshair
        if x is None or not drawing.area.y:
            return ()
        if self._cached_reading is None or self._cached_reading[0] is not drawing or self._cached_reading[1] != x:
            x_label, y_label = self.axis_labels
            unit = " %" if x_label.endswith("%") else ""
            self._cached_reading = drawing, x, crosshair_rows(drawing, self.series, x, y_label, unit)
        return self._cached_reading[2]

    def on_click(self, event: events.Click) -> None:
        area = self._drawing.area
        if event.x >= area.x:
            self.post_message(self.PointChosen(self, self._drawing.x_at(event.x)))

    @property
    def _drawing(self) -> DrawnChart:
        """The series, drawn at the current size."""
        if self._cached_drawing is None or self._cached_drawing[0] != self.size:
            self._cached_drawing = self.size, self._draw_call(max(1, self.size.width), max(1, self.size.height))
        return self._cached_drawing[1]

    def _repaint_lines(self, *positions: float | None) -> None:
        """Repaint the rows that show a vertical line at the one x or the other."""
        if not self.size:
            self.refresh()
            return
        columns = sorted({self._drawing.column(x) for x in positions if x is not None})
        if len(columns) < 2 and None not in positions:  # the same column
            return
        rows = {row for column in columns for row in self._marked_rows(column)}
        if columns:
            width = columns[-1] + 1 - columns[0]
            self.refresh(*(Region(columns[0], row, width, 1) for row in rows))

    def _marked_rows(self, column: int) -> list[int]:
        """The rows that show the marker: the axis, and every other row without a curve."""
        rows, area = self._drawing.rows, self._drawing.area
        free = [y for y in range(area.bottom - 1, area.y - 1, -2) if rows[y][column][1] == Ink.BLANK]
        return [area.bottom, *free] if area.bottom < len(rows) else free

    def _strip(self, row: list[ChartCell]) -> Strip:
        segments = [
            Segment("".join(character for character, _ in run), self._style(ink))
            for ink, run in groupby(row, key=lambda cell: cell[1])
        ]
        return Strip(segments, self.size.width)

    def _style(self, ink: int) -> Style:
        if ink >= 0:
            colours = rich_series_colours(self.app)
            return self.rich_style + Style(color=colours[ink % len(colours)])
        part = _INK_CLASSES.get(ink)
        return self.get_visual_style(part).rich_style if part else self.rich_style


_MARKER = min(Ink) - 1
_INK_CLASSES: dict[int, str] = {
    Ink.AXIS: "chart--axis",
    Ink.TICK: "chart--tick",
    Ink.LABEL: "chart--label",
    _MARKER: "chart--marker",
}
