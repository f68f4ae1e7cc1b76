"""The panes below a trajectory's pictures. Only the one that is seen is kept up to date: the others cost nothing."""

from textual.app import ComposeResult
from textual.widgets import ContentSwitcher

from riptui.metrics.values import MetricValues
from riptui.spec import Spec
from riptui.tui.graphics.protocol import Graphics
from riptui.tui.plot.chart import Chart
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.coverage_map import CoverageMap
from riptui.tui.trajectory.filmstrip import Filmstrip, FilmstripFrame
from riptui.tui.trajectory.loader import TrajectorySnapshot
from riptui.tui.trajectory.metric_readout import format_number, metric_names
from riptui.tui.trajectory.text_tabs import TextPane, log_text, spec_text

TAB_NAMES = ("chart", "filmstrip", "masks", "spec", "log")


class TabPanes(ContentSwitcher):
    """One of TAB_NAMES at a time. `axis` and `metric` are what the chart begins with."""

    def __init__(self, graphics: Graphics, *, axis: metric_series.XAxis, metric: str, id: str | None = None) -> None:
        super().__init__(id=id, initial=TAB_NAMES[0])
        self.axis: metric_series.XAxis = axis
        self.metric = metric
        """The one chosen; where a trajectory lacks it, another is drawn."""
        self._graphics = graphics

    def compose(self) -> ComposeResult:
        yield Chart(id="chart")
        yield Filmstrip(self._graphics, id="filmstrip")
        yield CoverageMap(id="masks")
        yield TextPane(id="spec")
        yield TextPane(id="log")

    def drawn_metrics(self, snapshot: TrajectorySnapshot) -> list[str]:
        """The metrics in the chart."""
        return metric_series.same_scale_metrics(snapshot.metrics, self.metric)

    def choose_next_metric(self, snapshot: TrajectorySnapshot) -> None:
        """The next metric, or family of metrics."""
        names = metric_names(snapshot.metrics)
        drawn_names = self.drawn_metrics(snapshot)
        not_drawn = [name for name in names if name not in drawn_names]
        later = [name for name in not_drawn if names.index(name) > names.index(drawn_names[-1])]
        self.metric = next(iter(later + not_drawn), self.metric)

    def toggle_axis(self) -> None:
        """Inpainted % or coverage."""
        self.axis = "coverage" if self.axis == "inpainted" else "inpainted"

    def frame_at(self, snapshot: TrajectorySnapshot, spec: Spec, x: float) -> int:
        """The frame at a place on the chart's x axis."""
        return metric_series.frame_at(spec, snapshot.rows, snapshot.newest, x, self.axis)

    def fill(self, snapshot: TrajectorySnapshot, spec: Spec, k: int) -> None:
        """Show what was read of a trajectory, at frame k."""
        match self.current:
            case "chart":
                names = self.drawn_metrics(snapshot)
                self.query_one(Chart).draw(
                    metric_series.build_series(
                        spec, snapshot.rows, snapshot.newest, snapshot.metrics, names, self.axis
                    ),
                    x_label=metric_series.X_LABELS[self.axis],
                    y_label=metric_series.y_label(names),
                    marker=self._marker_x(snapshot, spec, k),
                    x_end=spec.amount if self.axis == "inpainted" else 100.0,
                )
            case "spec":
                self.query_one("#spec", TextPane).show(spec_text(spec, snapshot.sessions))
            case "log":
                self.query_one("#log", TextPane).show(log_text(snapshot.log, snapshot.failure))
            case _:
                self.show_frame(snapshot, spec, k)

    def show_frame(self, snapshot: TrajectorySnapshot, spec: Spec, k: int) -> None:
        """Show where frame k is in what is shown already."""
        match self.current:
            case "chart":
                self.query_one(Chart).set_marker(self._marker_x(snapshot, spec, k))
            case "filmstrip":
                self.query_one(Filmstrip).show(
                    self._strip_frames(snapshot, spec), k, snapshot.newest, identity=snapshot.rows
                )
            case "masks":
                self.query_one(CoverageMap).show(spec, snapshot.rows, k, snapshot.newest)

    def _marker_x(self, snapshot: TrajectorySnapshot, spec: Spec, k: int) -> float | None:
        """Where frame k is on the x axis. Not for the newest: it moves all the time, and each move is 7 kB."""
        return metric_series.x_position(spec, snapshot.rows, k, self.axis) if k < snapshot.newest else None

    def _strip_frames(self, snapshot: TrajectorySnapshot, spec: Spec) -> list[FilmstripFrame]:
        metric = next(iter(self.drawn_metrics(snapshot)), "")

        def value(values: MetricValues) -> str:
            return format_number(values[metric]) if metric in values else ""

        return [
            FilmstripFrame(k, f"{spec.inpainted(k):.0f} %", value(snapshot.metrics.get(k, {})))
            for k in spec.keyframe_iterations()
        ]
