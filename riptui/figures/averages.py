"""Figures 7 and 8: all images of a condition together, a panel per net, by mask size."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from math import ceil, isfinite, nan
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from riptui.export.tables import Cell
from riptui.figures import style
from riptui.figures.drawing import Drawing, Missing, counted
from riptui.figures.material import Condition, Point, Run
from riptui.figures.reference import Reference
from riptui.store.records import finite_or_none
from riptui.terminal import printable

IN_A_ROW = 3  # panels: the paper's nets
DODGE = 5.0  # % inpainted between neighbouring mask sizes, so that bars do not hide one another
SCATTER = 8.0  # % inpainted over which the points of one mask size lie


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
    """Of everything measured to its end, by metric, mask size and inpainted %."""
    values: defaultdict[tuple[str, int, float], defaultdict[str, list[tuple[float, float]]]]
    values = defaultdict(lambda: defaultdict(list))
    for metric in condition.metrics:
        for run in sorted(condition.measured(metric), key=lambda run: run.spec.mask):
            for inpainted, covered, value in run.points(metric):
                values[metric, run.spec.mask, inpainted][run.image].append((covered, value))
    order = {metric: at for at, metric in enumerate(condition.metrics)}
    found = sorted(values.items(), key=lambda pair: (order[pair[0][0]], *pair[0][1:]))
    return [_average(*key, list(by_image.values())) for key, by_image in found]


def mean_drift(condition: Condition, reference: Reference | None) -> Iterator[Drawing | Missing]:
    """Figure 7: mean and standard deviation over images."""
    rows = averages(condition)
    if not rows:
        yield Missing("7", condition.of, _NEEDS)
        return
    table = [_row(one) for one in rows]
    for coverage in (False, True):
        overlaid = None if coverage or not _has_any(reference, condition) else reference
        figure = _mean_figure(condition, rows, overlaid, coverage=coverage)
        caption = _mean_caption(condition, rows, overlaid, coverage=coverage)
        yield Drawing("7", condition.stem("7", coverage=coverage), caption, figure, table)


def scatter(condition: Condition) -> Iterator[Drawing | Missing]:
    """Figure 8: every value of every trajectory."""
    runs = [run for run in condition.runs if any(metric in run.curves for metric in condition.metrics)]
    if not runs:
        yield Missing("8", condition.of, _NEEDS)
        return
    for coverage in (False, True):
        figure, panels = _panels(condition)
        looks = _looks(condition)
        for axes, metric in panels:
            for at, (mask, look) in enumerate(looks.items()):
                found = [p for run in runs if run.spec.mask == mask for p in run.points(metric)]
                aside = 0.0 if coverage else 2 * DODGE * (at - (len(looks) - 1) / 2)
                _dots(axes, found, coverage=coverage, aside=aside, look=look)
            style.percent_axis(axes, coverage=coverage, last=condition.last)
            style.value_axis(axes, metric)
        style.legend(figure, looks, lines=False)
        yield Drawing(
            "8",
            condition.stem("8", coverage=coverage),
            _scatter_caption(condition, runs, coverage=coverage),
            figure,
            [row for metric in condition.metrics for run in runs for row in run.rows(metric)],
        )


_GOLDEN = 0.6180339887498949  # its multiples fill 0 to 1 evenly, however many there are
_ROUNDING = 1e-9  # % of coverage
_NEEDS = "a trajectory that was measured to its end: riptui measure"


def _mean_figure(
    condition: Condition, rows: Sequence[Average], reference: Reference | None, *, coverage: bool
) -> Figure:
    figure, panels = _panels(condition)
    looks = _looks(condition)
    step = DODGE if max(one.images for one in rows) > 1 and not coverage else 0.0
    for axes, metric in panels:
        for at, (mask, look) in enumerate(looks.items()):
            points = [one for one in rows if (one.metric, one.mask) == (metric, mask)]
            _bars(axes, points, coverage=coverage, aside=step * (at - (len(looks) - 1) / 2), look=look)
            if reference and (metric, mask) in reference.curves:
                _overlay(axes, reference, metric, mask, look)
        style.percent_axis(axes, coverage=coverage, last=condition.last)
        style.value_axis(axes, metric)
    more = [Line2D([], [], color=style.INK, linestyle="--", linewidth=1, label=_from(reference))] if reference else []
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


def _panels(condition: Condition) -> tuple[Figure, list[tuple[Axes, str]]]:
    """A panel per metric, side by side."""
    columns = min(len(condition.metrics), IN_A_ROW)
    rows = ceil(len(condition.metrics) / columns)
    figure = style.blank(style.across(columns), 2.7 * rows)
    panels = []
    for at, metric in enumerate(condition.metrics):
        axes = figure.add_subplot(rows, columns, at + 1)
        axes.set_title(style.axis_name(metric))
        panels.append((axes, metric))
    return figure, panels


def _bars(axes: Axes, points: Sequence[Average], *, coverage: bool, aside: float, look: style.Look) -> None:
    """A line through the means, with a bar of one standard deviation to each side; both ways against coverage."""
    known = [one for one in points if not coverage or isfinite(one.coverage)]
    if not known:
        return
    axes.errorbar(
        [one.coverage if coverage else _beside(one.inpainted, aside) for one in known],
        [one.mean for one in known],
        yerr=_none_for_nan([one.sd for one in known]),
        xerr=_none_for_nan([one.coverage_sd for one in known]) if coverage and _covered_unlike(known) else None,
        elinewidth=0.7,
        capsize=1.8,
        markeredgecolor="white",
        markeredgewidth=0.4,
        **look,
    )


def _covered_unlike(rows: Iterable[Average]) -> bool:
    """Whether coverage differs over images. It does not where all of them have the same seeds, hence squares."""
    return any(one.coverage_sd > _ROUNDING for one in rows)


def _beside(inpainted: float, aside: float) -> float:
    """All begin at the same point."""
    return inpainted + aside if inpainted else inpainted


def _none_for_nan(spread: Sequence[float]) -> list[float] | None:
    return [0.0 if not isfinite(one) else one for one in spread] if any(map(isfinite, spread)) else None


def _overlay(axes: Axes, reference: Reference, metric: str, mask: int, look: style.Look) -> None:
    points = reference.curves[metric, mask]
    x, mean, sd = (np.array(column) for column in zip(*points, strict=True))
    plain = {**look, "linestyle": "--", "linewidth": 1, "markerfacecolor": "white", "markersize": 3.2}
    axes.plot(x, mean, **plain)
    if np.isfinite(sd).any():
        axes.fill_between(x, mean - sd, mean + sd, color=look["color"], alpha=0.12, linewidth=0)


def _dots(axes: Axes, points: Sequence[Point], *, coverage: bool, aside: float, look: style.Look) -> None:
    """Against the amount, points of one amount and mask size lie beside one another, so that none hides the rest."""
    places = aside + SCATTER * ((np.arange(len(points)) * _GOLDEN) % 1 - 0.5)
    axes.scatter(
        [
            one.coverage if coverage else _beside(one.inpainted, place)
            for one, place in zip(points, places.tolist(), strict=True)
        ],
        [one.value for one in points],
        s=5,
        alpha=0.55,
        linewidths=0,
        rasterized=len(points) > style.MOST_VECTORS,
        **look,
    )


def _looks(condition: Condition) -> dict[int, style.Look]:
    looks = style.looks(condition.sizes)
    return {mask: looks[mask] for mask in condition.masks}


def _from(reference: Reference) -> str:
    return f"reference: {style.label(reference.name)}"


def _mean_caption(condition: Condition, rows: Sequence[Average], reference: Reference | None, *, coverage: bool) -> str:
    images, trajectories = _most(rows, "images"), _most(rows, "trajectories")
    against = "coverage, its mean at each inpainted %" if coverage else "the inpainted amount"
    several = max(images) > 1
    both_ways = ", both ways" if coverage and _covered_unlike(rows) else ""
    bars = f"bars of one standard deviation over images{both_ways}"
    parts = [
        f"Mean over images against {against}, with {bars}" if several else f"Values against {against}",
        f"for each mask size n = {_range(images, 'image')}, {_range(trajectories, 'trajectory')}",
    ]
    if max(trajectories) > max(images):
        parts.append("the seeds of an image are averaged first")
    if not several:
        parts.append("one image has no spread over images, so there are no bars")
    elif coverage and not both_ways:
        parts.append("all images have the same squares, hence coverage")
    elif not coverage and len(condition.masks) > 1:
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


def _scatter_caption(condition: Condition, runs: Sequence[Run], *, coverage: bool) -> str:
    images = len({run.image for run in runs})
    against = "the trajectory's own coverage" if coverage else "the inpainted amount"
    aside = "" if coverage else "; points of one amount lie a little aside of one another, by mask size"
    return (
        f"All values against {against}, a point for each measured frame: {counted(len(runs), 'trajectory')} of "
        f"{counted(images, 'image')}{aside}."
    )
