"""What of a group is to be drawn."""

from dataclasses import dataclass
from typing import Literal

from riptui.tui.trajectory.metric_series import XAxis

ChartView = Literal["mean", "points", "runs"]
VIEWS: tuple[ChartView, ...] = ("mean", "points", "runs")
"""The paper's figures 7, 8 and 13."""


@dataclass(frozen=True)
class ChartOptions:
    view: ChartView = "mean"
    metric: str = "lpips-vgg"
    """If nothing has it, the first that there is."""
    axis: XAxis = "inpainted"
    image: int = 0
    """Which of the group's images, for the runs."""
