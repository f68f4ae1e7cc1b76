"""The values of all series at one x, in the first row of a chart: only values that there are, none in between."""

from collections import defaultdict
from collections.abc import Sequence
from math import isclose
from typing import NamedTuple

from rich.cells import cell_len

from riptui.tui.plot.drawing import DrawnChart
from riptui.tui.plot.grid import ChartRow, Ink, write_text
from riptui.tui.plot.series import Series, SeriesPoint

GAP_COLUMNS = 2


class CurveReading(NamedTuple):
    """What a curve, which may be of several lines of one colour, has at an x."""

    shape: str
    colour: int
    name: str
    text: str


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
            readings.append(CurveReading(members[0].shape, colour, name, _describe(points) + where))
    return readings


def _nearest_points(lines: Sequence[Series], x: float) -> list[SeriesPoint]:
    points = [point for line in lines for point in line.points()]
    nearest = min((point.x for point in points), key=lambda each: abs(each - x), default=None)
    return [point for point in points if point.x == nearest]


def _describe(points: Sequence[SeriesPoint]) -> str:
    """.5842, .5842 ± .0891, .5842 [.51, .66], or .43 to .61 of several."""
    values = [point.y for point in points]
    if len(points) > 1 and min(values) < max(values):
        return f"{format_reading(min(values))} to {format_reading(max(values))}"
    point = points[0]
    text = format_reading(point.y)
    if point.low == point.high:
        return text
    if isclose(point.high - point.y, point.y - point.low, rel_tol=1e-6):
        return f"{text} ± {format_reading(point.high - point.y)}"
    return f"{text} [{format_reading(point.low)}, {format_reading(point.high)}]"


def format_reading(value: float) -> str:
    """A value at the crosshair, in about six columns."""
    return f"{value:.4f}" if abs(value) < 10 else f"{value:.2f}" if abs(value) < 1000 else f"{value:.6g}"


def crosshair_row(drawing: DrawnChart, series: Sequence[Series], x: float, unit: str, width: int) -> ChartRow:
    """231 %: ● 0.4213 64 px  ▲ 0.3770 128 px: the x, and each curve's value there; names where all have room."""
    row: ChartRow = [(" ", Ink.BLANK)] * width
    readings = read_curves(series, x)
    head = f"{x:.4g}{unit}: "
    start = drawing.area.left + len(head)
    room = width - start
    named = [f"{reading.text} {reading.name}".rstrip() for reading in readings]
    has_names = sum(2 + cell_len(text) + GAP_COLUMNS for text in named) <= room
    write_text(row, drawing.area.left, head, Ink.LABEL)
    for reading, with_name in zip(readings, named, strict=True):
        text = with_name if has_names else reading.text
        if start + 2 + cell_len(text) > width:
            break
        write_text(row, start, reading.shape, reading.colour)
        write_text(row, start + 2, text, Ink.LABEL)
        start += 2 + cell_len(text) + GAP_COLUMNS
    return row
