"""The options of a group's chart."""

from dataclasses import dataclass
from typing import Literal, get_args

ChartView = Literal["mean", "points", "runs", "recursion", "sets", "each"]
VIEWS: tuple[ChartView, ...] = ("mean", "points", "runs", "recursion")
"""The paper's figures 7, 8 and 13, and the error of squares by number of repaints: the tabs. "each" is the chart of a
comparison: a curve per trajectory, with its name."""

SETS: ChartView = "sets"
"""Metrics of sets of pictures: a tab where trajectories have features."""

ChartAxis = Literal["inpainted", "coverage", "excess"]
"""Values against the inpainted % or the coverage; or what they have beyond their coverage null, against the inpainted
%."""
AXES: tuple[ChartAxis, ...] = get_args(ChartAxis)


@dataclass(frozen=True)
class ChartOptions:
    view: ChartView = "mean"
    metric: str = "lpips-vgg"  # the first measured one is drawn if no trajectory has it
    axis: ChartAxis = "inpainted"
    image: int = 0  # the index of the group's image whose runs are drawn
    all_metrics: bool = False  # a chart for each
    features: str = ""  # by which sets are compared; the first of what is stored if no trajectory has these

    @property
    def needs_squares(self) -> bool:
        """Whether the errors of the trajectories' squares are drawn."""
        return self.view == "recursion" or (self.axis == "excess" and self.view != SETS)
