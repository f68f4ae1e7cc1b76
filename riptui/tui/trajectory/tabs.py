"""The panes below a trajectory's pictures. Only the visible one is updated: the others cost nothing."""

from textual.app import ComposeResult
from textual.widgets import ContentSwitcher

from riptui.graphics.protocol import Graphics
from riptui.metrics.display import format_value, metric_names
from riptui.metrics.values import MetricValues
from riptui.spec import Spec
from riptui.tui.bindings import TABS
from riptui.tui.keymap import shown_key
from riptui.tui.plot.chart import Chart
from riptui.tui.plot.chart_grid import ChartGrid
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.exposure_pane import ExposurePane
from riptui.tui.trajectory.filmstrip import Filmstrip, FilmstripFrame
from riptui.tui.trajectory.frame_cursor import FrameCursor
from riptui.tui.trajectory.loader import TrajectorySnapshot
from riptui.tui.trajectory.repaint_map import RepaintMap
from riptui.tui.trajectory.spectrum_pane import SpectrumPane
from riptui.tui.trajectory.square_distances import find_distances, stored_metrics
from riptui.tui.trajectory.text_tabs import TextPane, log_text, spec_text

TAB_NAMES = tuple(TABS)
TABS_OF_SQUARES = {"masks", "recursion"}
"""Those that say nothing where each iteration repaints the whole image."""


def tabs_of(snapshot: TrajectorySnapshot) -> tuple[str, ...]:
    """The tabs that say something of a trajectory."""
    without = set() if snapshot.profiles else {"spectrum"}
    if snapshot.spec is not None and snapshot.spec.whole_image:
        without |= TABS_OF_SQUARES
    return tuple(name for name in TAB_NAMES if name not in without)


class TabPanes(ContentSwitcher):
    """Shows one of TAB_NAMES, for the frame that the cursor is on."""

    def __init__(self, graphics: Graphics, cursor: FrameCursor, *, metric: str) -> None:
        super().__init__(initial=TAB_NAMES[0])
        self.metric = metric  # the metric chosen for the chart; another is drawn if the trajectory lacks it
        self.square_metric = ""  # the metric that colours the squares of the masks; "": how often they were repainted
        self.all_metrics = False  # whether each scale has a chart
        self._graphics = graphics
        self._cursor = cursor

    def compose(self) -> ComposeResult:
        yield ChartGrid(id="chart")
        yield Filmstrip(self._graphics, id="filmstrip")
        yield RepaintMap(id="masks")
        yield ExposurePane(self._cursor, id="recursion")
        yield TextPane(id="spec")
        yield TextPane(id="log")
        yield SpectrumPane(id="spectrum")

    def drawn_metrics(self, snapshot: TrajectorySnapshot) -> list[str]:
        return metric_series.same_scale_metrics(snapshot.metrics, self.metric)

    def choose_next_metric(self, snapshot: TrajectorySnapshot) -> None:
        """Choose the next metric, or the next group of metrics that share a scale."""
        names = metric_names(snapshot.metrics)
        drawn_names = self.drawn_metrics(snapshot)
        not_drawn = [name for name in names if name not in drawn_names]
        later = [name for name in not_drawn if names.index(name) > names.index(drawn_names[-1])]
        self.metric = next(iter(later + not_drawn), self.metric)

    def choose_next_square_metric(self, snapshot: TrajectorySnapshot) -> None:
        """Colour the squares by the next metric that is stored of them, or again by how often they were repainted."""
        names = ["", *stored_metrics(snapshot.squares)]
        position = names.index(self.square_metric) if self.square_metric in names else 0
        self.square_metric = names[(position + 1) % len(names)]

    def show_all(self) -> None:
        """Show the trajectory in the current pane, all of it."""
        snapshot, spec, axis = self._cursor.snapshot, self._cursor.spec, self._cursor.axis
        if spec is None:
            return
        match self.current:
            case "chart":
                self._draw_charts(snapshot, spec, axis)
            case "recursion":
                self.query_one(ExposurePane).show(snapshot)
            case "spec":
                self.query_one("#spec", TextPane).show(spec_text(spec, snapshot.sessions, snapshot.annotations))
            case "log":
                retry_key = shown_key(self.app, "compute.retry")
                self.query_one("#log", TextPane).show(log_text(snapshot.log, snapshot.failure, retry_key))
            case _:
                self.show_cursor()

    def _draw_charts(self, snapshot: TrajectorySnapshot, spec: Spec, axis: metric_series.XAxis) -> None:
        """Draw the chosen metric and those of its scale; or a chart for each scale, that one first, as many as fit."""
        grid = self.chart_grid
        scales = [self.drawn_metrics(snapshot)]
        if self.all_metrics:
            groups = (
                metric_series.same_scale_metrics(snapshot.metrics, name) for name in metric_names(snapshot.metrics)
            )
            scales = [*map(list, dict.fromkeys(map(tuple, [*scales, *groups])))][: grid.room]
        for names, chart in zip(scales, grid.set_count(len(scales)), strict=True):
            chart.draw(
                metric_series.build_series(snapshot, names, axis),
                x_label=metric_series.X_LABELS[axis],
                y_label=metric_series.y_label(names),
                marker=self._cursor.marker_x(),
                x_end=metric_series.x_end(spec, axis),
            )
        grid.share_legend()

    @property
    def chart_grid(self) -> ChartGrid:
        return self.query_one(ChartGrid)

    @property
    def visible_charts(self) -> list[Chart]:
        """Those of the current pane; none if it has no charts."""
        pane = self.visible_content
        return [chart for chart in pane.query(Chart) if chart.display] if pane is not None else []

    @property
    def visible_text(self) -> TextPane | None:
        """The spec or the log, if it is the current pane."""
        pane = self.visible_content
        return pane if isinstance(pane, TextPane) else None

    def show_cursor(self) -> None:
        """Show the cursor's frame in the current pane, which is filled already."""
        snapshot, spec, k = self._cursor.snapshot, self._cursor.spec, self._cursor.k
        if spec is None:
            return
        match self.current:
            case "chart":
                self.chart_grid.set_marker(self._cursor.marker_x())
            case "filmstrip":
                frames = self._strip_frames(snapshot, spec)
                self.query_one(Filmstrip).show(frames, k, snapshot.newest, identity=snapshot.rows)
            case "masks":
                distances = find_distances(snapshot.squares, self.square_metric, spec, k)
                self.query_one(RepaintMap).show(snapshot, k, distances)
            case "recursion":
                self.query_one(ExposurePane).show_cursor()
            case "spectrum":
                self.query_one(SpectrumPane).show(snapshot.profiles, spec, k)

    def _strip_frames(self, snapshot: TrajectorySnapshot, spec: Spec) -> list[FilmstripFrame]:
        metric = next(iter(self.drawn_metrics(snapshot)), "")

        def value(values: MetricValues) -> str:
            return format_value(values[metric]) if metric in values else ""

        return [FilmstripFrame(k, spec.progress(k), value(snapshot.metrics.get(k, {}))) for k in self._cursor.halves]
