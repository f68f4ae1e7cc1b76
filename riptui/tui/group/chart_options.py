"""The options of a group's chart."""

from dataclasses import dataclass
from typing import Literal

from riptui.tui.trajectory.metric_series import XAxis

ChartView = Literal["mean", "points", "runs", "recursion"]
VIEWS: tuple[ChartView, ...] = ("mean", "points", "runs", "recursion")
"""The paper's figures 7, 8 and 13, and the error of squares by number of repaints."""


@dataclass(frozen=True)
class ChartOptions:
    view: ChartView = "mean"
    metric: str = "lpips-vgg"  # the first measured one is drawn if no trajectory has it
    axis: XAxis = "inpainted"
    image: int = 0  # the index of the group's image whose runs are drawn
