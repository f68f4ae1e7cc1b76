"""Figure 7: mean and spread over all images of a condition, one panel per net, one line per mask size."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from math import isfinite, nan
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from riptui.export.tables import TableCell
from riptui.figures import panels, style
from riptui.figures.curve_view import CurveView
from riptui.figures.data import CompleteRun, Condition
from riptui.figures.figure import PlottedFigure, SkippedFigure
from riptui.figures.reference import ReferenceCurves
from riptui.metrics.values import finite_or_none
from riptui.results.curves import CurveValues, shared_amounts
from riptui.text.terminal import printable
from riptui.text.units import format_counts

LANE_PERCENT = 5.0  # % inpainted for the bars of each mask size


class AveragePoint(NamedTuple):
    """Mean of one metric over images, at one mask size and inpainted %. Seeds of an image are averaged first."""

    metric: str
    mask: int
    inpainted: float
    coverage: float
    """%; its mean over images."""
    coverage_sd: float
    mean: float
    sd: float
    """Standard deviation over images, n - 1 in the denominator; nan for one image."""
    images: int
    trajectories: int


def compute_averages(condition: Condition, view: CurveView = CurveView.AMOUNT) -> list[AveragePoint]:
    """Averages of all trajectories measured to their end, by metric, mask size and inpainted %.

    Only points at which all trajectories of the mask size were measured: means of changing sets are not a curve.
    """
    averages = []
    for metric in condition.metrics_in(view):
        for mask in condition.masks:
            runs = [run for run in condition.measured_runs(metric, view) if run.spec.mask == mask]
            averages += average_runs(metric, mask, runs, view)
    return averages


def average_runs(
    metric: str, mask: int, runs: Sequence[CompleteRun], view: CurveView = CurveView.AMOUNT
) -> list[AveragePoint]:
    """The averages of runs with one mask size that have a metric, at the amounts at which all were measured."""
    if not runs:
        return []
    values: defaultdict[float, defaultdict[str, list[tuple[float, float]]]]
    values = defaultdict(lambda: defaultdict(list))
    for run in runs:
        for inpainted, covered, value in run.points(metric, view):
            values[inpainted][run.image].append((covered, value))
    shared = shared_amounts([run.curves_in(view)[metric] for run in runs]).tolist()
    return [_average_point(metric, mask, inpainted, list(values[inpainted].values())) for inpainted in shared]


def draw_mean_drift(condition: Condition, reference: ReferenceCurves | None) -> Iterator[PlottedFigure | SkippedFigure]:
    """Figure 7 in each view: mean and standard deviation over images."""
    for view in condition.views:
        rows = compute_averages(condition, view)
        if not rows and view is CurveView.AMOUNT:
            yield SkippedFigure("7", condition.label, panels.NEEDS)
            return
        if rows:
            overlaid = reference if view is CurveView.AMOUNT and _overlaps(reference, condition) else None
            figure = _draw_figure(condition, rows, overlaid, view)
            caption = _mean_caption(condition, rows, overlaid, view)
            table = [_row(average) for average in rows]
            yield PlottedFigure("7", condition.stem("7", view), caption, figure, table, view=view)


_ROUNDING = 1e-9  # % of coverage


def _draw_figure(
    condition: Condition, rows: Sequence[AveragePoint], reference: ReferenceCurves | None, view: CurveView
) -> Figure:
    figure, parts = panels.make_panel_figure(condition.metrics_in(view), view)
    coverage = view is CurveView.COVERAGE
    marks = panels.mark_styles(condition)
    lane = panels.lane_width(LANE_PERCENT, marks) if _has_bars(rows) and not coverage else 0.0
    for axes, metric in parts:
        for index, (mask, mark) in enumerate(marks.items()):
            points = [average for average in rows if (average.metric, average.mask) == (metric, mask)]
            _draw_means(axes, points, coverage=coverage, offset=lane * (index - (len(marks) - 1) / 2), mark=mark)
            if reference and (metric, mask) in reference.curves:
                _draw_reference(axes, reference, metric, mask, mark)
        style.set_percent_axis(axes, view, last_amount=condition.max_inpainted, passes=condition.passes)
        style.set_value_axis(axes, metric, view)
    extra = []
    if reference:
        label = f"reference: {style.safe_label(reference.name)}"
        extra = [Line2D([], [], color=style.FAINT, linestyle="--", linewidth=1, label=label)]
    style.add_legend(figure, marks, extra, titles=condition.mask_titles)
    return figure


def _overlaps(reference: ReferenceCurves | None, condition: Condition) -> bool:
    drawn = {(metric, mask) for metric in condition.metrics for mask in condition.masks}
    return reference is not None and not drawn.isdisjoint(reference.curves)


def _row(average: AveragePoint) -> dict[str, TableCell]:
    cells = {
        name: finite_or_none(cell) if isinstance(cell, float) else cell for name, cell in average._asdict().items()
    }
    return cells | {"metric": printable(average.metric)}


def _average_point(
    metric: str, mask: int, inpainted: float, by_image: Sequence[Sequence[tuple[float, float]]]
) -> AveragePoint:
    means = np.array([np.mean(found, axis=0) for found in by_image])
    covered, mean = means.mean(axis=0).tolist()
    covered_sd, sd = means.std(axis=0, ddof=1).tolist() if len(means) > 1 else (nan, nan)
    return AveragePoint(metric, mask, inpainted, covered, covered_sd, mean, sd, len(means), sum(map(len, by_image)))


def _draw_means(
    axes: Axes, points: Sequence[AveragePoint], *, coverage: bool, offset: float, mark: style.MarkStyle
) -> None:
    """Draw a line through the means, with a bar of one standard deviation to each side; against coverage, also
    horizontal bars. A dense line has a band instead.
    """
    known = [average for average in points if not coverage or isfinite(average.coverage)]
    if not known:
        return
    x = [average.coverage if coverage else panels.shift_amount(average.inpainted, offset) for average in known]
    mean, sd = np.array([(average.mean, average.sd) for average in known]).T
    if style.is_dense(len(known)):
        axes.plot(x, mean, **style.marker_options(len(known)), **mark)
        _draw_band(axes, x, mean, sd, mark)
        return
    axes.errorbar(
        x,
        mean,
        yerr=_none_for_nan(sd.tolist()),
        xerr=_none_for_nan([average.coverage_sd for average in known])
        if coverage and _coverage_differs(known)
        else None,
        elinewidth=0.7,
        capsize=1.8,
        **style.marker_options(len(known)),
        **mark,
    )


def _draw_band(
    axes: Axes, x: Sequence[float] | CurveValues, mean: CurveValues, sd: CurveValues, mark: style.MarkStyle
) -> None:
    """Shade one standard deviation to each side; draw nothing if there is none."""
    if np.isfinite(sd).any():
        axes.fill_between(x, mean - sd, mean + sd, color=mark["color"], alpha=0.12, linewidth=0)


def _has_bars(rows: Sequence[AveragePoint]) -> bool:
    """Whether the figure has bars, rather than bands, or nothing for a single image."""
    return max(average.images for average in rows) > 1 and not _is_dense(rows)


def _is_dense(rows: Sequence[AveragePoint]) -> bool:
    return style.is_dense(max(Counter((average.metric, average.mask) for average in rows).values()))


def _coverage_differs(rows: Iterable[AveragePoint]) -> bool:
    """Whether coverage differs between images. If all have the same seeds, they have the same squares: it does not."""
    return any(average.coverage_sd > _ROUNDING for average in rows)


def _none_for_nan(spread: Sequence[float]) -> list[float] | None:
    return [0.0 if not isfinite(value) else value for value in spread] if any(map(isfinite, spread)) else None


def _draw_reference(axes: Axes, reference: ReferenceCurves, metric: str, mask: int, mark: style.MarkStyle) -> None:
    points = reference.curves[metric, mask]
    x, mean, sd = (np.array(column) for column in zip(*points, strict=True))
    dashed = {**mark, "linestyle": "--", "linewidth": 1, "markerfacecolor": "white", "markersize": 3.2}
    axes.plot(x, mean, markevery=style.marker_options(len(points))["markevery"], **dashed)
    _draw_band(axes, x, mean, sd, mark)


def _mean_caption(
    condition: Condition, rows: Sequence[AveragePoint], reference: ReferenceCurves | None, view: CurveView
) -> str:
    coverage = view is CurveView.COVERAGE
    images, trajectories = _max_per_mask(rows, "images"), _max_per_mask(rows, "trajectories")
    against = "mean coverage at each inpainted %" if coverage else condition.against(view)
    several = max(images) > 1
    each = "" if condition.whole_image else "for each mask size "
    of_excess, values = ("excess ", "Excesses") if view is CurveView.EXCESS else ("", "Values")
    coverage_differs, dense = _coverage_differs(rows), _is_dense(rows)
    both_ways = ", both ways" if coverage and coverage_differs and not dense else ""
    bars = f"{'bands' if dense else 'bars'} of one standard deviation over images{both_ways}"
    parts = [
        f"Mean {of_excess}over images against {against}, with {bars}" if several else f"{values} against {against}",
        f"{each}n = {format_counts(images, 'image')}, {format_counts(trajectories, 'trajectory')}",
    ]
    if max(trajectories) > max(images):
        parts.append("the seeds of an image are averaged first")
    if not several:
        parts.append("one image has no spread over images, so there are no bars")
    elif coverage and not coverage_differs:
        parts.append("all images have the same squares, hence the same coverage")
    elif not coverage and not dense and len(condition.masks) > 1:
        parts.append("mask sizes are shifted sideways a little, so that their bars do not overlap")
    if reference:
        parts.append(f"dashed, with a band of one standard deviation: {reference.name}")
    return f"{'; '.join(parts)}{condition.describe_null(view, condition.metrics_in(view))}."


def _max_per_mask(rows: Sequence[AveragePoint], name: str) -> Collection[int]:
    """The largest count over the points of each mask size."""
    maxima: defaultdict[int, int] = defaultdict(int)
    for average in rows:
        maxima[average.mask] = max(maxima[average.mask], getattr(average, name))
    return maxima.values()
