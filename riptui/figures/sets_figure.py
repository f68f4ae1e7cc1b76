"""The figure of metrics of sets: a panel for each, a line for each mask size."""

from collections.abc import Sequence
from math import isfinite

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from riptui.figures import panels, style
from riptui.figures.curve_view import CurveView
from riptui.figures.data import Condition
from riptui.metrics.sets import SET_METRICS
from riptui.results.set_curves import SetCurve

LANE_PERCENT = 5.0  # % inpainted for the bars of each mask size


def draw_sets(curves: Sequence[SetCurve], condition: Condition) -> Figure:
    """Metrics of sets against the inpainted %. `curves`: of one condition, any metrics."""
    metrics = list(dict.fromkeys(curve.metric for curve in curves))
    figure, parts = panels.make_panel_figure(metrics, CurveView.AMOUNT)
    marks = panels.mark_styles(condition)
    lane = panels.lane_width(LANE_PERCENT, marks)
    last = max(point.inpainted for curve in curves for point in curve.points)
    for axes, metric in parts:
        for index, (mask, mark) in enumerate(marks.items()):
            offset = lane * (index - (len(marks) - 1) / 2)
            for curve in curves:
                if (curve.metric, curve.group.spec.mask) == (metric, mask):
                    _draw_curve(axes, curve, offset, mark)
        info = SET_METRICS[metric]
        axes.set_title(f"{metric}; lower is farther" if info.higher_means == "closer" else metric)
        style.set_percent_axis(axes, CurveView.AMOUNT, last_amount=last)
        if info.is_share:
            axes.set_ylim(-0.03, 1.03)
        elif metric == "kid":
            axes.axhline(0, color=style.FAINT, linewidth=0.7, zorder=1)
    style.add_legend(figure, marks)
    return figure


def _draw_curve(axes: Axes, curve: SetCurve, offset: float, mark: style.MarkStyle) -> None:
    points = [point for point in curve.points if isfinite(point.estimate.value)]
    x = [panels.shift_amount(point.inpainted, offset) for point in points]
    style.draw_estimates(axes, x, [point.estimate for point in points], mark)
