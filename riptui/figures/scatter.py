"""Figure 8: every value of every trajectory of a condition, one panel per net."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from riptui.figures import panels, style
from riptui.figures.curve_view import CurveView
from riptui.figures.data import CompleteRun, Condition, FigurePoint
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.results.curves import CurveValues
from riptui.text.units import format_count

LANE_PERCENT = 10.0  # % inpainted for the points of each mask size
LANE_FILL = 0.8  # share of a lane that the points fill

_GOLDEN = 0.6180339887498949  # the fractions of its multiples fill 0 to 1 evenly, however many there are


def draw_every_value(condition: Condition) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 8 in each view."""
    if not any(condition.measured_runs(metric) for metric in condition.metrics):
        yield SkippedFigure("8", condition.label, panels.NEEDS)
        return
    for view in condition.views:
        metrics = condition.metrics_in(view)
        runs = [run for run in condition.runs if any(run.points(metric, view) for metric in metrics)]
        if not runs:
            continue
        max_points = max(len(run.points(metric, view)) for metric in metrics for run in runs)
        spread = view is not CurveView.COVERAGE and not style.is_dense(max_points)
        yield PlottedFigure(
            "8",
            condition.stem("8", view),
            _caption(condition, runs, view, spread=spread),
            _draw_figure(condition, runs, view, spread=spread),
            [row for metric in metrics for run in runs for row in run.table_rows(metric, view)],
            view=view,
        )


def _draw_figure(condition: Condition, runs: Sequence[CompleteRun], view: CurveView, *, spread: bool) -> Figure:
    figure, parts = panels.make_panel_figure(condition.metrics_in(view), view)
    coverage = view is CurveView.COVERAGE
    marks = panels.mark_styles(condition)
    lane = panels.lane_width(LANE_PERCENT, marks) if spread else 0.0
    for axes, metric in parts:
        for index, (mask, mark) in enumerate(marks.items()):
            points = [point for run in runs if run.spec.mask == mask for point in run.points(metric, view)]
            jitter = LANE_FILL * ((np.arange(len(points)) * _GOLDEN) % 1 - 0.5)
            _draw_points(axes, points, lane * (index - (len(marks) - 1) / 2 + jitter), coverage=coverage, mark=mark)
        style.set_percent_axis(axes, view, last_amount=condition.max_inpainted, passes=condition.passes)
        style.set_value_axis(axes, metric, view)
    style.add_legend(figure, marks, lines=False, titles=condition.mask_titles)
    return figure


def _draw_points(
    axes: Axes, points: Sequence[FigurePoint], offsets: CurveValues, *, coverage: bool, mark: style.MarkStyle
) -> None:
    """Draw points. Against the amount they are shifted by `offsets`, so that they do not hide one another."""
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


def _caption(condition: Condition, runs: Sequence[CompleteRun], view: CurveView, *, spread: bool) -> str:
    images = len({run.image for run in runs})
    values = "All excesses over the coverage null" if view is CurveView.EXCESS else "All values"
    lane_note = "; points of one amount are shifted sideways a little, by mask size" if spread else ""
    count = format_count(len(runs), "trajectory")
    return (
        f"{values} against {condition.against(view)}, one point per measured frame: {count} of "
        f"{format_count(images, 'image')}{lane_note}{condition.describe_null(view, condition.metrics_in(view))}."
    )
