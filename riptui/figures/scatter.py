"""Figure 8: every value of every trajectory of a condition, a panel per net."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from riptui.figures import panels, style
from riptui.figures.drawing import Drawing, Missing, counted
from riptui.figures.material import Condition, Point, Run
from riptui.results.curves import Values

LANE = 10.0  # % inpainted for the points of each mask size
FILLED = 0.8  # of it

_GOLDEN = 0.6180339887498949  # its multiples fill 0 to 1 evenly, however many there are


def every_value(condition: Condition) -> Iterator[Drawing | Missing]:
    """Figure 8, and again against coverage."""
    runs = [run for run in condition.runs if any(metric in run.curves for metric in condition.metrics)]
    if not runs:
        yield Missing("8", condition.of, panels.NEEDS)
        return
    most = max(len(run.points(metric)) for metric in condition.metrics for run in runs)
    for coverage in (False, True):
        spread = not coverage and not style.dense(most)
        yield Drawing(
            "8",
            condition.stem("8", coverage=coverage),
            _caption(runs, coverage=coverage, spread=spread),
            _figure(condition, runs, coverage=coverage, spread=spread),
            [row for metric in condition.metrics for run in runs for row in run.rows(metric)],
        )


def _figure(condition: Condition, runs: Sequence[Run], *, coverage: bool, spread: bool) -> Figure:
    figure, parts = panels.side_by_side(condition)
    looks = panels.looks(condition)
    lane = panels.lane(LANE, looks) if spread else 0.0
    for axes, metric in parts:
        for at, (mask, look) in enumerate(looks.items()):
            points = [point for run in runs if run.spec.mask == mask for point in run.points(metric)]
            within = FILLED * ((np.arange(len(points)) * _GOLDEN) % 1 - 0.5)
            _dots(axes, points, lane * (at - (len(looks) - 1) / 2 + within), coverage=coverage, look=look)
        style.percent_axis(axes, coverage=coverage, last=condition.last)
        style.value_axis(axes, metric)
    style.legend(figure, looks, lines=False)
    return figure


def _dots(axes: Axes, points: Sequence[Point], aside: Values, *, coverage: bool, look: style.Look) -> None:
    """Against the amount, each lies somewhat aside of it, so that none hides the rest."""
    axes.scatter(
        [
            one.coverage if coverage else panels.beside(one.inpainted, by)
            for one, by in zip(points, aside.tolist(), strict=True)
        ],
        [one.value for one in points],
        s=5,
        alpha=0.55,
        linewidths=0,
        rasterized=len(points) > style.MOST_VECTORS,
        **look,
    )


def _caption(runs: Sequence[Run], *, coverage: bool, spread: bool) -> str:
    images = len({run.image for run in runs})
    against = "the trajectory's own coverage" if coverage else "the inpainted amount"
    aside = "; points of one amount lie a little aside of one another, by mask size" if spread else ""
    return (
        f"All values against {against}, a point for each measured frame: {counted(len(runs), 'trajectory')} of "
        f"{counted(images, 'image')}{aside}."
    )
