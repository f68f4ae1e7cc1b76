"""Figure 8: every value of every trajectory of a condition, a panel per net."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from riptui.figures import panels, style
from riptui.figures.data import CompleteRun, Condition, FigurePoint
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.results.curves import CurveValues
from riptui.text.units import format_count

LANE_PERCENT = 10.0  # % inpainted for the points of each mask size
LANE_FILL = 0.8  # of it

_GOLDEN = 0.6180339887498949  # its multiples fill 0 to 1 evenly, however many there are


def draw_every_value(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 8, and again against coverage."""
    runs = [run for run in condition.runs if any(metric in run.curves for metric in condition.metrics)]
    if not runs:
        yield SkippedFigure("8", condition.label, panels.NEEDS)
        return
    max_points = max(len(run.points(metric)) for metric in condition.metrics for run in runs)
    for coverage in (False, True):
        spread = not coverage and not style.is_dense(max_points)
        yield PlottedFigure(
            "8",
            condition.stem("8", coverage=coverage),
            _caption(runs, coverage=coverage, spread=spread),
            _draw_figure(condition, runs, coverage=coverage, spread=spread),
            [row for metric in condition.metrics for run in runs for row in run.table_rows(metric)],
        )


def _draw_figure(condition: Condition, runs: Sequence[CompleteRun], *, coverage: bool, spread: bool) -> Figure:
    figure, parts = panels.make_panel_figure(condition)
    marks = panels.mark_styles(condition)
    lane = panels.lane_width(LANE_PERCENT, marks) if spread else 0.0
    for axes, metric in parts:
        for index, (mask, mark) in enumerate(marks.items()):
            points = [point for run in runs if run.spec.mask == mask for point in run.points(metric)]
            jitter = LANE_FILL * ((np.arange(len(points)) * _GOLDEN) % 1 - 0.5)
            _draw_points(axes, points, lane * (index - (len(marks) - 1) / 2 + jitter), coverage=coverage, mark=mark)
        style.set_percent_axis(axes, coverage=coverage, last_amount=condition.max_inpainted)
        style.set_value_axis(axes, metric)
    style.add_legend(figure, marks, lines=False)
    return figure


def _draw_points(
    axes: Axes, points: Sequence[FigurePoint], offsets: CurveValues, *, coverage: bool, mark: style.MarkStyle
) -> None:
    """Against the amount, each lies somewhat aside of it, so that none hides the rest."""
    axes.scatter(
        [
            point.coverage if coverage else panels.shift_amount(point.inpainted, offset)
            for point, offset in zip(points, offsets.tolist(), strict=True)
        ],
        [point.value for point in points],
        s=5,
        alpha=0.55,
        linewidths=0,
        rasterized=len(points) > style.MAX_VECTOR_POINTS,
        **mark,
    )


def _caption(runs: Sequence[CompleteRun], *, coverage: bool, spread: bool) -> str:
    images = len({run.image for run in runs})
    against = "the trajectory's own coverage" if coverage else "the inpainted amount"
    lane_note = "; points at the same amount are shifted sideways a little, by mask size" if spread else ""
    return (
        f"All values against {against}, a point for each measured frame: {format_count(len(runs), 'trajectory')} of "
        f"{format_count(images, 'image')}{lane_note}."
    )
