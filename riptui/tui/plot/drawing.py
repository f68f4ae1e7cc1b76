"""Series → cells: curves, error bars, axes, labels and legend in a given number of columns and rows.

Parts that do not fit are left out: first the legend, then the labels, then the axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isinf

from textual.geometry import Region

from riptui.tui.plot import legend
from riptui.tui.plot.axes import AxisRange, format_ticks, tick_values, x_range
from riptui.tui.plot.braille import DOTS_ACROSS, DOTS_DOWN, BrailleDots, take_turn
from riptui.tui.plot.grid import ChartRow, Ink, write_text
from riptui.tui.plot.series import Series, SeriesPoint
from riptui.tui.plot.y_axis import YAxis, YView, can_show, make_y_axis

HEADER_ROWS = 6  # the least height with a row for the y label and the legend
LABEL_ROWS = 4  # ... with a row for the labels of the x axis
AXIS_ROWS = 3  # ... with an x axis
GUTTER_COLUMNS = 24  # the least width with labels at the y axis

MIN_SHAPE_COLUMNS = 3  # the least distance of a line's points at which each has a shape
SHAPE_GAP_COLUMNS = 12  # between the shapes of a line with more points
GOLDEN_RATIO = 0.6180339887498949
MAX_SHAPED_POINTS = 60  # of a series without lines; more points are dots


@dataclass(frozen=True)
class DrawnChart:
    rows: list[ChartRow]
    area: Region  # the area of the curves
    x_axis: AxisRange
    y_axis: YAxis
    inset: int = 0  # columns between the ends of the axis and of the area, for shifted series

    def column(self, x: float) -> int:
        """The column of an x."""
        return self.area.x + self.dot_column(x) // DOTS_ACROSS

    def dot_column(self, x: float) -> int:
        """The position of an x, in dots from the left of the area; the end of the axis is the left half of a column."""
        return round((self.inset + self.x_axis.fraction(x) * (self.area.width - 1 - 2 * self.inset)) * DOTS_ACROSS)

    def x_at(self, column: int) -> float:
        """The x at a column."""
        share = (column - self.area.x - self.inset) / max(1, self.area.width - 1 - 2 * self.inset)
        return self.x_axis.low + min(max(0.0, share), 1.0) * (self.x_axis.high - self.x_axis.low)


def draw(
    series: Sequence[Series],
    width: int,
    height: int,
    *,
    x_label: str,
    y_label: str,
    x_end: float | None = None,
    view: YView = YView(),  # noqa: B008  # frozen
    has_legend: bool = True,
) -> DrawnChart:
    """Draw series into so many columns and rows, each at least 1. x_end: the least end of the x axis."""
    points = [[point for point in line.points() if can_show(point.y, view)] for line in series]
    every = [point for line_points in points for point in line_points]
    x_count = len({point.x for point in every})
    x_axis = x_range((point.x for point in every), x_end)
    header, axis_rows = height >= HEADER_ROWS, (height >= AXIS_ROWS) + (height >= LABEL_ROWS)
    rows = max(1, height - header - axis_rows)
    y_axis = make_y_axis(_y_values(series, every), view, rows, DOTS_DOWN)
    infinite = _count_infinite(series)
    gutter = max(map(len, y_axis.labels)) + 1 if not infinite and width >= GUTTER_COLUMNS and axis_rows else 0
    area = Region(gutter, int(header), max(1, width - gutter), rows)
    offsets = _series_offsets(series, points, x_count, area.width)
    inset = max(map(abs, offsets), default=0)
    blank: list[ChartRow] = [[(" ", Ink.BLANK)] * width for _ in range(height)]
    drawing = DrawnChart(blank, area, x_axis, y_axis, inset)
    _draw_curves(drawing, series, points, offsets, _jitter_dots(series, x_count, area.width))
    if infinite:
        text = f"all {infinite:,} values are infinite" if infinite > 1 else "its only value is infinite"
        write_text(blank[area.y + rows // 2], max(0, (width - len(text)) // 2), text, Ink.LABEL)
    if gutter:
        _draw_y_axis(drawing)
    if axis_rows:
        _draw_x_axis(drawing, x_label, labelled=height >= LABEL_ROWS)
    if header:
        title = y_label + view.note + _describe_left_out(series, view)
        legend.write_legend(drawing.rows, area, title, list_entries(series) if has_legend else ())
    return drawing


def list_entries(series: Sequence[Series]) -> Sequence[legend.LegendEntry]:
    return [legend.LegendEntry(line.shape, line.name, line.colour) for line in series if line.name]


def _count_infinite(series: Sequence[Series]) -> int:
    """How many values there are if all are infinite, as the PSNR of equal pictures is; 0 if any can be drawn."""
    if any(True for line in series for _ in line.points()):
        return 0
    return sum(y is not None and isinf(y) for line in series for y in line.y)


def _describe_left_out(series: Sequence[Series], view: YView) -> str:
    """How many values have no place on a logarithmic axis; "" if all have."""
    values = [point.y for line in series for point in line.points() if not can_show(point.y, view)]
    if not values:
        return ""
    what = "of 0" if not any(values) else "of 0 or less"
    return f" · without {len(values)} {'value' if len(values) == 1 else 'values'} {what}"


def _y_values(series: Sequence[Series], points: Sequence[SeriesPoint]) -> list[float]:
    """All y values to show. Error bars do not extend the axis below 0 unless a value does, or a series is signed."""
    values = [point.y for point in points]
    positive = min(values, default=0.0) >= 0 and not any(line.signed for line in series)
    ends = [end for point in points for end in (point.low, point.high)]
    return values + [max(0.0, end) if positive else end for end in ends]


def _draw_curves(
    drawing: DrawnChart,
    series: Sequence[Series],
    points: Sequence[Sequence[SeriesPoint]],
    offsets: Sequence[int],
    jitter: int,
) -> None:
    area, y_axis = drawing.area, drawing.y_axis
    dots = BrailleDots(area.width, area.height)
    shapes: dict[tuple[int, int], list[tuple[int, str, int]]] = {}
    for line, line_points, offset in zip(series, points, offsets, strict=True):
        shift = DOTS_ACROSS * offset
        dots_xy = [
            (drawing.dot_column(point.x) + shift, _dot_row(point.y, y_axis, area.height)) for point in line_points
        ]
        if line.points_only:
            dots_xy = [(x + _jitter(index, jitter), y) for index, (x, y) in enumerate(dots_xy)]
        else:
            for start, end in pairwise(dots_xy):
                dots.draw_line(start, end, line.colour)
        interval = _shape_interval(line, len(line_points), area.width)
        for index, ((x, y), point) in enumerate(zip(dots_xy, line_points, strict=True)):
            if point.low != point.high:
                low, high = (_dot_row(end, y_axis, area.height) for end in (point.low, point.high))
                dots.draw_line((x, low), (x, high), line.colour)
            if not 0 <= y < DOTS_DOWN * area.height:
                continue
            if interval and index % interval == 0:
                candidates = shapes.setdefault((max(0, x) // DOTS_ACROSS, y // DOTS_DOWN), [])
                candidates.append((index // interval, line.shape, line.colour))
            elif line.points_only:
                dots.set_dot(x, y, line.colour)
    for column, row, character, colour in dots.cells():
        drawing.rows[area.y + row][area.x + column] = character, colour
    for (column, row), candidates in shapes.items():
        column = min(column, area.width - 1)
        _, shape, colour = take_turn(candidates, candidates[0][0])
        drawing.rows[area.y + row][area.x + column] = shape, colour


def _dot_row(y: float, axis: YAxis, rows: int) -> int:
    """The position of a y, in dots from the top; above or below the area if it is not visible."""
    return round((1 - axis.position(y)) * (DOTS_DOWN * rows - 1))


def _shape_interval(series: Series, points: int, width: int) -> int:
    """The interval of the points with a shape: 1 for each; 0: none."""
    if series.points_only:
        return int(points <= MAX_SHAPED_POINTS)
    return 1 if points <= width // MIN_SHAPE_COLUMNS else -(-points * SHAPE_GAP_COLUMNS // width)


def _series_offsets(
    series: Sequence[Series], points: Sequence[Sequence[SeriesPoint]], x_count: int, width: int
) -> list[int]:
    """The shift of each series in columns, with its line, so that bars and points at one x do not hide each other."""
    barred = [
        line.points_only or any(point.low != point.high for point in line_points)
        for line, line_points in zip(series, points, strict=True)
    ]
    if sum(barred) < 2 or x_count * (len(series) + 1) > width:
        return [0] * len(series)
    return [index - len(series) // 2 for index in range(len(series))]


def _jitter_dots(series: Sequence[Series], x_count: int, width: int) -> int:
    """How far points without lines are spread to both sides, in dots: into half of the room between two x."""
    if not any(line.points_only for line in series):
        return 0
    return max(0, width * DOTS_ACROSS // (max(1, x_count) * (len(series) + 1)) // 4)


def _jitter(index: int, dots: int) -> int:
    """A shift from -dots to dots; those of points that follow each other are far apart, and the same every time."""
    return round((index * GOLDEN_RATIO % 1 * 2 - 1) * dots)


def _draw_y_axis(drawing: DrawnChart) -> None:
    area, axis, column = drawing.area, drawing.y_axis, drawing.area.x - 1
    for row in range(area.height):
        drawing.rows[area.y + row][column] = "│", Ink.AXIS
    for value, text in zip(axis.ticks, axis.labels, strict=True):
        row = area.y + _dot_row(value, axis, area.height) // DOTS_DOWN
        drawing.rows[row][column] = "┤", Ink.AXIS
        write_text(drawing.rows[row], column - len(text), text, Ink.TICK)


def _draw_x_axis(drawing: DrawnChart, label: str, *, labelled: bool) -> None:
    area = drawing.area
    line, below = drawing.rows[area.bottom], drawing.rows[area.bottom + 1] if labelled else None
    for column in range(area.x, area.right):
        line[column] = "─", Ink.AXIS
    if area.x:
        line[area.x - 1] = "└", Ink.AXIS
    values = tick_values(drawing.x_axis, max(3, area.width // 16))
    end = 0
    gaps: list[tuple[int, int]] = []
    for value, text in zip(values, format_ticks(values), strict=True):
        column = drawing.column(value)
        line[column] = "┬", Ink.AXIS
        start = min(max(column - len(text) // 2, end + 1 if end else 0), len(line) - len(text))
        if below is not None and start > end - (not end):
            gaps.append((end, start))
            write_text(below, start, text, Ink.TICK)
            end = start + len(text)
    if below is not None:
        _write_axis_name(below, label, [*gaps[1:], (end, len(below))])


def _write_axis_name(row: ChartRow, label: str, gaps: Sequence[tuple[int, int]]) -> None:
    """Write the axis label between two ticks, as far right as it fits."""
    for start, end in reversed(gaps):
        if end - start >= len(label) + 2:
            write_text(row, (start + end - len(label)) // 2, label, Ink.LABEL)
            return
