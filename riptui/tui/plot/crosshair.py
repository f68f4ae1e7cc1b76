"""The values of all series at one x, in the first rows of a chart: only values that there are, none in between."""

from collections import defaultdict
from collections.abc import Sequence
from math import isclose
from typing import NamedTuple

from rich.cells import cell_len

from riptui.tui.plot.drawing import DrawnChart
from riptui.tui.plot.grid import ChartRow, Ink, write_text
from riptui.tui.plot.series import Series, SeriesPoint

GAP_COLUMNS = 2
MAX_ROWS = 4  # of values, over the top of the curves


class CurveReading(NamedTuple):
    """What a curve, which may be of several lines of one colour, has at an x."""

    shape: str
    colour: int
    name: str
    value: str
    bar: str = ""
    """What follows the value: the bar's length or its ends, and where it is measured if not at the x."""


def nearest(positions: Sequence[float], x: float) -> int:
    """The index of the position nearest to an x; there is at least one."""
    return min(range(len(positions)), key=lambda index: abs(positions[index] - x))


def x_positions(series: Sequence[Series]) -> list[float]:
    """Where any series has a point, ascending."""
    return sorted({point.x for line in series for point in line.points()})


def read_curves(series: Sequence[Series], x: float) -> list[CurveReading]:
    """The values at the points nearest to an x, with their x if it is another; of lines of one colour their range."""
    lines: defaultdict[int, list[Series]] = defaultdict(list)
    for line in series:
        lines[line.colour].append(line)
    readings = []
    for colour, members in sorted(lines.items()):
        points = _nearest_points(members, x)
        name = next((line.name for line in members if line.name), "")
        if points:
            where = "" if isclose(points[0].x, x, rel_tol=1e-9, abs_tol=1e-9) else f" at {points[0].x:.4g}"
            value, bar = _describe(points)
            readings.append(CurveReading(members[0].shape, colour, name, value + where, bar))
    return readings


def _nearest_points(lines: Sequence[Series], x: float) -> list[SeriesPoint]:
    points = [point for line in lines for point in line.points()]
    nearest = min((point.x for point in points), key=lambda each: abs(each - x), default=None)
    return [point for point in points if point.x == nearest]


def _describe(points: Sequence[SeriesPoint]) -> tuple[str, str]:
    """A value and its bar: 0.5842 and ± 0.0891, or [0.51, 0.66]; of several 0.43 to 0.61."""
    values = [point.y for point in points]
    if len(points) > 1 and min(values) < max(values):
        return f"{format_reading(min(values))} to {format_reading(max(values))}", ""
    point = points[0]
    text = format_reading(point.y)
    if point.low == point.high:
        return text, ""
    if isclose(point.high - point.y, point.y - point.low, rel_tol=1e-6):
        return text, f" ± {format_reading(point.high - point.y)}"
    return text, f" [{format_reading(point.low)}, {format_reading(point.high)}]"


def format_reading(value: float) -> str:
    """A value at the crosshair, in about six columns."""
    if value and abs(value) < 0.001:
        return f"{value:.2g}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}" if abs(value) < 1000 else f"{value:.6g}"


def crosshair_rows(drawing: DrawnChart, series: Sequence[Series], x: float, title: str, unit: str) -> list[ChartRow]:
    """SSIM at 231 %: ● 0.4213 ± 0.02 64 px  ▲ 0.3770 128 px. In little room without bars, then without names, then in
    more rows, over the top of the curves.
    """
    width, left = len(drawing.rows[0]), drawing.area.x
    readings = read_curves(series, x)
    head = f"{title} at {x:.4g}{unit}: "
    rows = _begin_rows(drawing, head)
    start = left + cell_len(head)
    forms = (
        [f"{reading.value}{reading.bar} {reading.name}".rstrip() for reading in readings],
        [f"{reading.value} {reading.name}".rstrip() for reading in readings],
        [reading.value for reading in readings],
    )
    fitting = (texts for texts in forms if start + sum(2 + cell_len(text) + GAP_COLUMNS for text in texts) <= width)
    for reading, text in zip(readings, next(fitting, forms[-1]), strict=True):
        if start > left and start + 2 + cell_len(text) > width and len(rows) < min(MAX_ROWS, drawing.area.height):
            rows += _begin_rows(drawing, "", len(rows))
            start = left
        write_text(rows[-1], start, reading.shape, reading.colour)
        write_text(rows[-1], start + 2, text, Ink.LABEL)
        start += 2 + cell_len(text) + GAP_COLUMNS
    return rows


def _begin_rows(drawing: DrawnChart, text: str, number: int = 0) -> list[ChartRow]:
    """A row of the drawing for values: with what is left of the curves, then a text and blanks."""
    left = drawing.area.x
    row: ChartRow = [*drawing.rows[number][:left], *[(" ", Ink.BLANK)] * (len(drawing.rows[number]) - left)]
    write_text(row, left, text, Ink.LABEL)
    return [row]
