"""The panels of figures 7 and 8, one per metric, and the lanes that shift mask sizes sideways within them."""

from collections.abc import Sequence, Sized
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from riptui.figures import style
from riptui.figures.curve_view import CurveView
from riptui.figures.data import Condition

MAX_COLUMNS = 3  # the paper's nets
MAX_LANES_PERCENT = 30.0  # % inpainted for all lanes: less than from one measured amount to the next
NEEDS = "a trajectory that was measured to its end (riptui measure)"


def make_panel_figure(metrics: Sequence[str], view: CurveView) -> tuple[Figure, list[tuple[Axes, str]]]:
    """A figure with an empty, titled panel for each metric."""
    columns = min(len(metrics), MAX_COLUMNS)
    rows = ceil(len(metrics) / columns)
    figure = style.empty_figure(style.figure_width(columns), 2.7 * rows)
    panels = []
    for index, metric in enumerate(metrics):
        axes = figure.add_subplot(rows, columns, index + 1)
        axes.set_title(style.axis_name(metric, view))
        panels.append((axes, metric))
    return figure, panels


def mark_styles(condition: Condition) -> dict[int, style.MarkStyle]:
    """Colour and marker of each of the condition's mask sizes."""
    styles = style.mark_styles(condition.sizes)
    return {mask: styles[mask] for mask in condition.masks}


def lane_width(width: float, masks: Sized) -> float:
    """Width of a mask size's lane in % inpainted: `width`, or less if there are many mask sizes."""
    return min(width, MAX_LANES_PERCENT / len(masks))


def shift_amount(inpainted: float, offset: float) -> float:
    """A point's x position. Points at 0 % are not shifted."""
    return inpainted + offset if inpainted else inpainted
