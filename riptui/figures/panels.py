"""A panel per metric, as figures 7 and 8 have them, and lanes in which mask sizes stand aside of one another."""

from collections.abc import Sized
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from riptui.figures import style
from riptui.figures.material import Condition

IN_A_ROW = 3  # the paper's nets
LANES = 30.0  # % inpainted for all lanes: less than from one measured amount to the next
NEEDS = "a trajectory that was measured to its end: riptui measure"


def side_by_side(condition: Condition) -> tuple[Figure, list[tuple[Axes, str]]]:
    """An empty panel for each metric, under its name."""
    columns = min(len(condition.metrics), IN_A_ROW)
    rows = ceil(len(condition.metrics) / columns)
    figure = style.blank(style.across(columns), 2.7 * rows)
    panels = []
    for at, metric in enumerate(condition.metrics):
        axes = figure.add_subplot(rows, columns, at + 1)
        axes.set_title(style.axis_name(metric))
        panels.append((axes, metric))
    return figure, panels


def looks(condition: Condition) -> dict[int, style.Look]:
    """Of the mask sizes that the condition has."""
    known = style.looks(condition.sizes)
    return {mask: known[mask] for mask in condition.masks}


def lane(wanted: float, masks: Sized) -> float:
    """% inpainted for each mask size: as wanted, or less where there are many of them."""
    return min(wanted, LANES / len(masks))


def beside(inpainted: float, aside: float) -> float:
    """Where a point stands. All begin at the same one."""
    return inpainted + aside if inpainted else inpainted
