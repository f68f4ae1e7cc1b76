"""A chart of the app as a figure for print: a panel per metric, a line or points per curve, its numbers for a CSV."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isfinite, nan
from typing import NamedTuple, Protocol

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from riptui.export.tables import TableCell
from riptui.figures import style
from riptui.text.terminal import printable

MAX_COLUMNS = 3  # panels side by side
PANEL_INCHES = 2.7  # the height of a panel
LEGEND_INCHES = 0.22  # the height of a row of the legend


class ChartLine(Protocol):
    """A curve of a chart, as the app has it: None and values that are not finite are left out."""

    @property
    def name(self) -> str: ...
    @property
    def x(self) -> Sequence[float | None]: ...
    @property
    def y(self) -> Sequence[float | None]: ...
    @property
    def low(self) -> Sequence[float | None] | None: ...
    @property
    def high(self) -> Sequence[float | None] | None: ...
    @property
    def colour(self) -> int: ...
    @property
    def points_only(self) -> bool: ...
    @property
    def source(self) -> str: ...
    @property
    def counts(self) -> Sequence[int] | None: ...


@dataclass(frozen=True)
class ChartPanel:
    """The curves of one metric. Lines of one colour share an entry of the legend, named by the first of them."""

    metric: str
    x_name: str
    """The name of the CSV's column: inpainted, coverage, repaints."""
    x_label: str
    y_label: str
    lines: Sequence[ChartLine]
    x_end: float
    """Where the x axis ends, if no point is farther."""


def draw_chart(panels: Sequence[ChartPanel], *, log: bool = False) -> Figure:
    """The panels in rows, with one legend below. `log`: a logarithmic y axis, which leaves out what is not above 0."""
    columns = min(len(panels), MAX_COLUMNS)
    rows = ceil(len(panels) / columns)
    names = _names(panels)
    width = style.figure_width(columns)
    labels = [style.safe_label(name, 60) for name in names.values()]
    legend_rows = ceil(len(names) / style.legend_columns(labels, width))
    marks = style.mark_styles([*names])
    figure = style.empty_figure(width, PANEL_INCHES * rows + LEGEND_INCHES * legend_rows)
    for index, panel in enumerate(panels):
        axes = figure.add_subplot(rows, columns, index + 1)
        for line in panel.lines:
            _draw_line(axes, line, marks[line.colour])
        if axes.get_ylim()[0] < 0 < axes.get_ylim()[1]:
            axes.axhline(0, color=style.FAINT, linewidth=0.7, zorder=1)
        axes.set_xlabel(style.safe_label(panel.x_label))
        axes.set_ylabel(style.safe_label(panel.y_label))
        axes.set_xlim(-0.03 * panel.x_end, max([panel.x_end, *axes.get_xlim()]))
        if log:
            axes.set_yscale("log", nonpositive="mask")
    points_only = all(line.points_only for panel in panels for line in panel.lines)
    handles = [
        Line2D([], [], label=label, linestyle="" if points_only else "-", **marks[colour])
        for colour, label in zip(names, labels, strict=True)
    ]
    if handles:
        style.place_legend(figure, handles)
    return figure


def chart_rows(panels: Sequence[ChartPanel]) -> list[dict[str, TableCell]]:
    """Every drawn point: metric, curve, x and value; the trajectory or, of a mean, its bar and the count of images."""
    names = _names(panels)
    x_names = dict.fromkeys(panel.x_name for panel in panels)
    rows: list[dict[str, TableCell]] = []
    for panel in panels:
        for line in panel.lines:
            for x, y, low, high, images in _points(line):
                xs = {name: x if name == panel.x_name else None for name in x_names}
                values = {"trajectory": printable(line.source) or None, "value": y, "low": low, "high": high}
                rows.append({"metric": panel.metric, "curve": names[line.colour], **xs, **values, "images": images})
    unused = [name for name in ("trajectory", "low", "high", "images") if all(row[name] is None for row in rows)]
    return [{name: cell for name, cell in row.items() if name not in unused} for row in rows]


class _DrawnPoint(NamedTuple):
    x: float
    y: float
    low: float | None
    high: float | None
    images: int | None


def _names(panels: Sequence[ChartPanel]) -> dict[int, str]:
    """The curves by colour; each named by the first line of its colour that has a name."""
    found: dict[int, str] = {}
    for panel in panels:
        for line in panel.lines:
            if line.name or line.colour not in found:
                found.setdefault(line.colour, line.name)
    return dict(sorted(found.items()))


def _points(line: ChartLine) -> list[_DrawnPoint]:
    missing = [None] * len(line.x)
    columns = line.x, line.y, line.low or missing, line.high or missing, line.counts or missing
    return [
        _DrawnPoint(x, y, low, high, images)
        for x, y, low, high, images in zip(*columns, strict=True)
        if x is not None and y is not None and isfinite(x) and isfinite(y)
    ]


def _draw_line(axes: Axes, line: ChartLine, mark: style.MarkStyle) -> None:
    points = _points(line)
    if not points:
        return
    x, y = [point.x for point in points], [point.y for point in points]
    if line.points_only:
        many = len(points) > style.MAX_VECTOR_POINTS
        axes.scatter(x, y, s=5, alpha=0.55, linewidths=0, rasterized=many, **mark)
        return
    axes.plot(x, y, **style.marker_options(len(points)), **mark)
    ends = np.array([[nan if end is None else end for end in (point.low, point.high)] for point in points])
    if not np.isfinite(ends).any():
        return
    if style.is_dense(len(points)):
        axes.fill_between(x, ends[:, 0], ends[:, 1], color=mark["color"], alpha=0.12, linewidth=0)
    else:
        bars = np.nan_to_num(np.abs(ends - np.array(y)[:, None])).T
        axes.errorbar(x, y, yerr=bars, linestyle="", elinewidth=0.7, capsize=1.8, color=mark["color"])
