"""Figure 7: mean and spread over all images of a condition, a panel per net, a line per mask size."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite, nan
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from riptui.export.tables import Cell
from riptui.figures import panels, style
from riptui.figures.drawing import Drawing, Missing, counted
from riptui.figures.material import Condition, Run
from riptui.figures.reference import Reference
from riptui.results.curves import Values, common
from riptui.store.records import finite_or_none
from riptui.terminal import printable

LANE = 5.0  # % inpainted for the bars of each mask size


class Average(NamedTuple):
    """Of one metric at one mask size and inpainted %. Seeds of an image are averaged first."""

    metric: str
    mask: int
    inpainted: float
    coverage: float
    """Mean, like its standard deviation over images."""
    coverage_sd: float
    mean: float
    sd: float
    """Over images, n - 1 in the denominator; nan for one image."""
    images: int
    trajectories: int


def averages(condition: Condition) -> list[Average]:
    """Of everything measured to its end, by metric, mask size and inpainted %.

    Only where all trajectories of the mask size were measured: a mean over others at each point would be no curve.
    """
    return [
        one
        for metric in condition.metrics
        for mask in condition.masks
        for one in _averaged(metric, mask, [run for run in condition.measured(metric) if run.spec.mask == mask])
    ]


def _averaged(metric: str, mask: int, runs: Sequence[Run]) -> list[Average]:
    if not runs:
        return []
    values: defaultdict[float, defaultdict[str, list[tuple[float, float]]]]
    values = defaultdict(lambda: defaultdict(list))
    for run in runs:
        for inpainted, covered, value in run.points(metric):
            values[inpainted][run.image].append((covered, value))
    shared = common([run.curves[metric] for run in runs]).tolist()
    return [_average(metric, mask, inpainted, list(values[inpainted].values())) for inpainted in shared]


def mean_drift(condition: Condition, reference: Reference | None) -> Iterator[Drawing | Missing]:
    """Figure 7: mean and standard deviation over images."""
    rows = averages(condition)
    if not rows:
        yield Missing("7", condition.of, panels.NEEDS)
        return
    table = [_row(one) for one in rows]
    for coverage in (False, True):
        overlaid = None if coverage or not _has_any(reference, condition) else reference
        figure = _mean_figure(condition, rows, overlaid, coverage=coverage)
        caption = _mean_caption(condition, rows, overlaid, coverage=coverage)
        yield Drawing("7", condition.stem("7", coverage=coverage), caption, figure, table)


_ROUNDING = 1e-9  # % of coverage


def _mean_figure(
    condition: Condition, rows: Sequence[Average], reference: Reference | None, *, coverage: bool
) -> Figure:
    figure, parts = panels.side_by_side(condition)
    looks = panels.looks(condition)
    lane = panels.lane(LANE, looks) if _has_bars(rows) and not coverage else 0.0
    for axes, metric in parts:
        for at, (mask, look) in enumerate(looks.items()):
            points = [one for one in rows if (one.metric, one.mask) == (metric, mask)]
            _bars(axes, points, coverage=coverage, aside=lane * (at - (len(looks) - 1) / 2), look=look)
            if reference and (metric, mask) in reference.curves:
                _overlay(axes, reference, metric, mask, look)
        style.percent_axis(axes, coverage=coverage, last=condition.last)
        style.value_axis(axes, metric)
    more = [Line2D([], [], color=style.FAINT, linestyle="--", linewidth=1, label=_from(reference))] if reference else []
    style.legend(figure, looks, more)
    return figure


def _has_any(reference: Reference | None, condition: Condition) -> bool:
    drawn = {(metric, mask) for metric in condition.metrics for mask in condition.masks}
    return reference is not None and not drawn.isdisjoint(reference.curves)


def _row(one: Average) -> dict[str, Cell]:
    cells = {name: finite_or_none(cell) if isinstance(cell, float) else cell for name, cell in one._asdict().items()}
    return cells | {"metric": printable(one.metric)}


def _average(metric: str, mask: int, inpainted: float, by_image: Sequence[Sequence[tuple[float, float]]]) -> Average:
    means = np.array([np.mean(found, axis=0) for found in by_image])
    covered, mean = means.mean(axis=0).tolist()
    covered_sd, sd = means.std(axis=0, ddof=1).tolist() if len(means) > 1 else (nan, nan)
    return Average(metric, mask, inpainted, covered, covered_sd, mean, sd, len(means), sum(map(len, by_image)))


def _bars(axes: Axes, points: Sequence[Average], *, coverage: bool, aside: float, look: style.Look) -> None:
    """A line through the means, with a bar of one standard deviation to each side; both ways against coverage.

    A dense line has a band instead.
    """
    known = [one for one in points if not coverage or isfinite(one.coverage)]
    if not known:
        return
    x = [one.coverage if coverage else panels.beside(one.inpainted, aside) for one in known]
    mean, sd = np.array([(one.mean, one.sd) for one in known]).T
    if style.dense(len(known)):
        axes.plot(x, mean, **style.markers(len(known)), **look)
        _band(axes, x, mean, sd, look)
        return
    axes.errorbar(
        x,
        mean,
        yerr=_none_for_nan(sd.tolist()),
        xerr=_none_for_nan([one.coverage_sd for one in known]) if coverage and _covered_unlike(known) else None,
        elinewidth=0.7,
        capsize=1.8,
        **style.markers(len(known)),
        **look,
    )


def _band(axes: Axes, x: Sequence[float] | Values, mean: Values, sd: Values, look: style.Look) -> None:
    """Of one standard deviation to each side; nothing where there is none."""
    if np.isfinite(sd).any():
        axes.fill_between(x, mean - sd, mean + sd, color=look["color"], alpha=0.12, linewidth=0)


def _has_bars(rows: Sequence[Average]) -> bool:
    """Rather than bands, or nothing for a single image."""
    return max(one.images for one in rows) > 1 and not _dense(rows)


def _dense(rows: Sequence[Average]) -> bool:
    return style.dense(max(Counter((one.metric, one.mask) for one in rows).values()))


def _covered_unlike(rows: Iterable[Average]) -> bool:
    """Whether coverage differs over images. It does not where all of them have the same seeds, hence squares."""
    return any(one.coverage_sd > _ROUNDING for one in rows)


def _none_for_nan(spread: Sequence[float]) -> list[float] | None:
    return [0.0 if not isfinite(one) else one for one in spread] if any(map(isfinite, spread)) else None


def _overlay(axes: Axes, reference: Reference, metric: str, mask: int, look: style.Look) -> None:
    points = reference.curves[metric, mask]
    x, mean, sd = (np.array(column) for column in zip(*points, strict=True))
    plain = {**look, "linestyle": "--", "linewidth": 1, "markerfacecolor": "white", "markersize": 3.2}
    axes.plot(x, mean, markevery=style.markers(len(points))["markevery"], **plain)
    _band(axes, x, mean, sd, look)


def _from(reference: Reference) -> str:
    return f"reference: {style.label(reference.name)}"


def _mean_caption(condition: Condition, rows: Sequence[Average], reference: Reference | None, *, coverage: bool) -> str:
    images, trajectories = _most(rows, "images"), _most(rows, "trajectories")
    against = "coverage, its mean at each inpainted %" if coverage else "the inpainted amount"
    several = max(images) > 1
    unlike, dense = _covered_unlike(rows), _dense(rows)
    both_ways = ", both ways" if coverage and unlike and not dense else ""
    bars = f"{'bands' if dense else 'bars'} of one standard deviation over images{both_ways}"
    parts = [
        f"Mean over images against {against}, with {bars}" if several else f"Values against {against}",
        f"for each mask size n = {_range(images, 'image')}, {_range(trajectories, 'trajectory')}",
    ]
    if max(trajectories) > max(images):
        parts.append("the seeds of an image are averaged first")
    if not several:
        parts.append("one image has no spread over images, so there are no bars")
    elif coverage and not unlike:
        parts.append("all images have the same squares, hence coverage")
    elif not coverage and not dense and len(condition.masks) > 1:
        parts.append("mask sizes stand a little aside of one another, so that bars can be told apart")
    if reference:
        parts.append(f"dashed, with a band of one standard deviation: {reference.name}")
    return f"{'; '.join(parts)}."


def _most(rows: Sequence[Average], name: str) -> list[int]:
    """Of each mask size, at the point that has most; ascending."""
    most: defaultdict[int, int] = defaultdict(int)
    for one in rows:
        most[one.mask] = max(most[one.mask], getattr(one, name))
    return sorted(most.values())


def _range(counts: Sequence[int], noun: str) -> str:
    """8 to 10 images."""
    least, most = counts[0], counts[-1]
    return counted(most, noun) if least == most else f"{least:,} to {counted(most, noun)}"
