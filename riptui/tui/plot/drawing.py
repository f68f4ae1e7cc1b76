"""Series → cells: curves, error bars, axes, labels and legend in a given number of columns and rows.

What does not fit is left out: first the legend, then the labels, at last the axes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from riptui.tui.plot import legend
from riptui.tui.plot.axes import Axis, horizontal, labels, ticks, vertical
from riptui.tui.plot.braille import ACROSS, DOWN, Dots, turn
from riptui.tui.plot.cells import Ink, Row, write
from riptui.tui.plot.legend import Area
from riptui.tui.plot.series import Point, Series

HEADER_ROWS = 6  # from this height on there is a row for the label of the y axis and the legend
LABEL_ROWS = 4  # ... a row for the labels of the x axis
AXIS_ROWS = 3
GUTTER_COLUMNS = 24  # from this width on there are labels at the y axis

SPARSE = 3  # columns between the points of a line from which on each has its shape
SPACED = 12  # columns between the shapes of a line with more points
FEW = 60  # points without lines up to which each has its shape; more are dots


@dataclass(frozen=True)
class Drawing:
    rows: list[Row]
    area: Area
    """Where the curves are."""
    x_axis: Axis
    inset: int = 0
    """Columns between the ends of the axis and those of the area, where bars are put aside."""

    def column(self, x: float) -> int:
        """Where a value of x is."""
        return self.area.left + self.across(x) // ACROSS

    def across(self, x: float) -> int:
        """Dots from the left of the area; the axis's end is the left half of a column."""
        return round((self.inset + self.x_axis.share(x) * (self.area.width - 1 - 2 * self.inset)) * ACROSS)

    def x(self, column: int) -> float:
        """The value at a column."""
        share = (column - self.area.left - self.inset) / max(1, self.area.width - 1 - 2 * self.inset)
        return self.x_axis.low + min(max(0.0, share), 1.0) * (self.x_axis.high - self.x_axis.low)


def draw(
    series: Sequence[Series], width: int, height: int, *, x_label: str, y_label: str, x_end: float | None = None
) -> Drawing:
    """Draw series into so many columns and rows, each at least 1.

    x_end: the x axis goes at least so far.
    """
    points = [list(one.points()) for one in series]
    x_axis = horizontal((point.x for found in points for point in found), x_end)
    y_axis = vertical(_heights(points))
    header, axis_rows = height >= HEADER_ROWS, (height >= AXIS_ROWS) + (height >= LABEL_ROWS)
    rows = max(1, height - header - axis_rows)
    y_ticks = ticks(y_axis, max(2, rows // 2))
    y_texts = labels(y_ticks)
    gutter = max(map(len, y_texts)) + 1 if width >= GUTTER_COLUMNS and axis_rows else 0
    area = Area(gutter, int(header), max(1, width - gutter), rows)
    aside = _aside(series, points, area.width)
    blank: list[Row] = [[(" ", Ink.BLANK)] * width for _ in range(height)]
    drawing = Drawing(blank, area, x_axis, max(map(abs, aside), default=0))
    _curves(drawing, series, points, aside, y_axis)
    if gutter:
        _y_axis(drawing, y_axis, y_ticks, y_texts)
    if axis_rows:
        _x_axis(drawing, x_label, labelled=height >= LABEL_ROWS)
    if header:
        legend.put(drawing.rows, area, y_label, [legend.Entry(s.shape, s.name, s.color) for s in series if s.name])
    return drawing


def _heights(points: Sequence[Sequence[Point]]) -> list[float]:
    """All that the y axis must show. An error bar does not take it below 0 where no value is."""
    values = [point.y for found in points for point in found]
    positive = min(values, default=0.0) >= 0
    ends = [end for found in points for point in found for end in (point.low, point.high)]
    return values + [max(0.0, end) if positive else end for end in ends]


def _curves(
    drawing: Drawing,
    series: Sequence[Series],
    points: Sequence[Sequence[Point]],
    aside: Sequence[int],
    y_axis: Axis,
) -> None:
    area = drawing.area
    dots = Dots(area.width, area.height)
    shapes: dict[tuple[int, int], list[tuple[int, str, int]]] = {}
    for one, found, shift in zip(series, points, aside, strict=True):
        places = [(drawing.across(point.x), _down(point.y, y_axis, area.height)) for point in found]
        if not one.points_only:
            for start, end in pairwise(places):
                dots.line(start, end, one.color)
        every = _every(one, len(found), area.width)
        for index, ((x, y), point) in enumerate(zip(places, found, strict=True)):
            if point.low != point.high:
                low, high = (_down(end, y_axis, area.height) for end in (point.low, point.high))
                dots.line((x + ACROSS * shift, low), (x + ACROSS * shift, high), one.color)
            if every and index % every == 0:
                shapes.setdefault((x // ACROSS, y // DOWN), []).append((index // every, one.shape, one.color))
            elif one.points_only:
                dots.set(x + ACROSS * shift, y, one.color)
    for column, row, character, color in dots.cells():
        drawing.rows[area.top + row][area.left + column] = character, color
    for (column, row), there in shapes.items():
        _, shape, color = turn(there, there[0][0])
        drawing.rows[area.top + row][area.left + column] = shape, color


def _down(y: float, axis: Axis, rows: int) -> int:
    """Dots from the top."""
    return round((1 - axis.share(y)) * (DOWN * rows - 1))


def _every(series: Series, points: int, width: int) -> int:
    """Which of the points have a shape: each, every so many, or none (0)."""
    if series.points_only:
        return int(points <= FEW)
    return 1 if points <= width // SPARSE else -(-points * SPACED // width)


def _aside(series: Sequence[Series], points: Sequence[Sequence[Point]], width: int) -> list[int]:
    """How many columns each series' bars and dots are put aside, so that those at one x do not hide each other."""
    barred = [
        one.points_only or any(point.low != point.high for point in found)
        for one, found in zip(series, points, strict=True)
    ]
    places = {point.x for found in points for point in found}
    if sum(barred) < 2 or len(places) * (len(series) + 1) > width:
        return [0] * len(series)
    return [index - len(series) // 2 for index in range(len(series))]


def _y_axis(drawing: Drawing, axis: Axis, values: Sequence[float], texts: Sequence[str]) -> None:
    area, column = drawing.area, drawing.area.left - 1
    for row in range(area.height):
        drawing.rows[area.top + row][column] = "│", Ink.AXIS
    for value, text in zip(values, texts, strict=True):
        row = area.top + _down(value, axis, area.height) // DOWN
        drawing.rows[row][column] = "┤", Ink.AXIS
        write(drawing.rows[row], column - len(text), text, Ink.TICK)


def _x_axis(drawing: Drawing, label: str, *, labelled: bool) -> None:
    area = drawing.area
    row = area.top + area.height
    line, below = drawing.rows[row], drawing.rows[row + 1] if labelled else None
    for column in range(area.left, area.left + area.width):
        line[column] = "─", Ink.AXIS
    if area.left:
        line[area.left - 1] = "└", Ink.AXIS
    values = ticks(drawing.x_axis, max(3, area.width // 16))
    end = 0
    gaps: list[tuple[int, int]] = []
    for value, text in zip(values, labels(values), strict=True):
        column = drawing.column(value)
        line[column] = "┬", Ink.AXIS
        start = min(max(column - len(text) // 2, end + 1 if end else 0), len(line) - len(text))
        if below is not None and start > end - (not end):
            gaps.append((end, start))
            write(below, start, text, Ink.TICK)
            end = start + len(text)
    if below is not None:
        _name(below, label, [*gaps[1:], (end, len(below))])


def _name(row: Row, label: str, gaps: Sequence[tuple[int, int]]) -> None:
    """Write the axis's name between two ticks, as far to the right as there is room."""
    for start, end in reversed(gaps):
        if end - start >= len(label) + 2:
            write(row, (start + end - len(label)) // 2, label, Ink.LABEL)
            return
