"""The charts of a comparison: a curve per trajectory; of one metric, or a chart for each."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from riptui.metrics.display import metric_names, metric_title
from riptui.spec import Spec
from riptui.tui.figure_dialog import Figure
from riptui.tui.group.chart_command import chart_figure
from riptui.tui.group.chart_options import ChartOptions
from riptui.tui.group.chart_reader import count_passes
from riptui.tui.plot.chart_grid import ChartGrid
from riptui.tui.plot.series import Series
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.loader import TrajectorySnapshot


class CompareCharts(ChartGrid):
    """`names`: those of the curves, in the order of the trajectories."""

    def __init__(self, names: Sequence[str], *, metric: str, axis: metric_series.XAxis) -> None:
        super().__init__()
        self._names = names
        self._chosen_metric = metric
        self.axis: metric_series.XAxis = axis
        self._all_metrics = False
        self._compared: Sequence[TrajectorySnapshot] = ()
        self._marker: float | None = None

    @property
    def metric(self) -> str:
        """The metric that is drawn alone or first: the chosen one, or the first that was measured."""
        metrics = self._measured_metrics()
        return self._chosen_metric if self._chosen_metric in metrics or not metrics else metrics[0]

    @property
    def _drawn_metrics(self) -> list[str]:
        others = [name for name in self._measured_metrics() if name != self.metric] if self._all_metrics else []
        return [self.metric, *others][: self.room]

    def _measured_metrics(self) -> list[str]:
        """The metrics of all trajectories."""
        all_values = [values for trajectory in self._compared for values in trajectory.metrics.values()]
        return metric_names(dict(enumerate(all_values)))

    def show(self, compared: Sequence[TrajectorySnapshot]) -> None:
        self._compared = compared
        self._draw_charts()

    def show_position(self, inpainted: float) -> None:
        """Mark an inpainted %; not over coverage, where the trajectories differ."""
        self._marker = inpainted
        self.set_marker(self._marker_x)

    @property
    def _drawn_axis(self) -> metric_series.XAxis:
        """The chosen axis; passes, where 100 % are as many over the whole image in all of them."""
        return "passes" if self._passes else self.axis

    @property
    def _specs(self) -> list[Spec]:
        return [trajectory.spec for trajectory in self._compared if trajectory.spec]

    @property
    def _passes(self) -> int:
        return count_passes(self._specs)

    @property
    def _marker_x(self) -> float | None:
        if self._marker is None or self._drawn_axis == "coverage":
            return None
        return self._marker * self._passes / 100 if self._passes else self._marker

    def percent_at(self, x: float) -> float | None:
        """The inpainted % at a position on the x axis; None over coverage."""
        if self._drawn_axis == "coverage":
            return None
        return 100 * x / self._passes if self._passes else x

    def _draw_charts(self) -> None:
        metrics = self._drawn_metrics
        is_measured = bool(self._measured_metrics())
        axis = self._drawn_axis
        x_end = max((metric_series.x_end(spec, axis) for spec in self._specs), default=0.0)
        for metric, chart in zip(metrics, self.set_count(len(metrics)), strict=True):
            chart.draw(
                [
                    self._curve_of(metric, colour, name, trajectory)
                    for colour, (name, trajectory) in enumerate(zip(self._names, self._compared, strict=False))
                ],
                x_label=metric_series.X_LABELS[axis],
                y_label=metric_title(metric) if is_measured else "no metrics yet",
                marker=self._marker_x,
                x_end=x_end,
            )
        self.share_legend()

    def _curve_of(self, metric: str, colour: int, name: str, trajectory: TrajectorySnapshot) -> Series:
        for curve in metric_series.build_series(trajectory, [metric], self._drawn_axis):
            return replace(curve, name=name, colour=colour)
        return Series(name, (), (), colour=colour)

    def cycle_metric(self) -> None:
        if metrics := self._measured_metrics():
            self._chosen_metric = metrics[(metrics.index(self.metric) + 1) % len(metrics)]
            self._draw_charts()

    def toggle_all_metrics(self) -> None:
        """Draw a chart for each metric, or one."""
        self._all_metrics = not self._all_metrics
        self._draw_charts()

    def toggle_axis(self) -> None:
        self.axis = "coverage" if self.axis == "inpainted" else "inpainted"
        self._draw_charts()

    def make_figure(self, stem: str, trajectories: Sequence[Path]) -> Figure:
        """What is drawn, as a figure for a paper."""
        options = ChartOptions("each", self.metric, "coverage" if self.axis == "coverage" else "inpainted")
        title, metrics = "Chart of this comparison", self._drawn_metrics
        return chart_figure(title, f"{stem}-comparison", trajectories, options, metrics=metrics, log=self.is_log)
