"""What is written at the axes of a group's chart."""

from riptui.metrics.display import distance_name, metric_title
from riptui.tui.group.chart_options import SETS, ChartOptions
from riptui.tui.trajectory import metric_series


def x_name(options: ChartOptions, *, of_passes: bool = False) -> str:
    """What the x axis is, in a word: inpainted, coverage, passes or repaints."""
    if of_passes:
        return "passes"
    if options.view == "recursion":
        return "repaints"
    return "coverage" if options.axis == "coverage" and options.view != SETS else "inpainted"


def x_label(options: ChartOptions, *, of_passes: bool = False) -> str:
    name = x_name(options, of_passes=of_passes)
    return name if name in ("repaints", "passes") else f"{name} %"


def y_label(options: ChartOptions) -> str:
    """The label of the y axis, with the LPIPS net, as one metric is drawn."""
    metric = options.metric
    if options.view == "recursion":
        return f"{metric_title(metric)} error of squares"
    if options.view == SETS:
        return f"{metric} of frames and originals"
    if options.axis == "excess":
        return f"excess of {distance_name(metric).removesuffix(metric)}{metric_title(metric)}"
    return metric_title(metric) if metric.startswith("lpips-") else metric_series.y_label([metric])
