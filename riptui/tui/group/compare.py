"""The comparison screen: two to six trajectories side by side at equal inpainted %, and their curves in one chart."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.metrics.display import format_value, metric_names, metric_title
from riptui.metrics.values import MetricValues
from riptui.tui import bindings
from riptui.tui.group.compare_data import CompareReader, compare_specs, distinct_names, percent_stops, values_at
from riptui.tui.key_footer import KeyFooter
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.plot.chart import Chart
from riptui.tui.plot.palette import current_series_colours
from riptui.tui.plot.series import SHAPES, Series
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.loader import FrameImage, TrajectorySnapshot
from riptui.tui.trajectory.slider import Slider

POLL_SECONDS = 1.0
GAP_COLUMNS = 1  # between two trajectories
NON_PICTURE_ROWS = 16  # of everything but the pictures, with a chart of eight rows


class CompareColumn(Vertical):
    """One trajectory: its name, its differing fields, its frame, its values."""

    DEFAULT_CSS = f"""
    CompareColumn {{
        height: auto;
        margin-right: {GAP_COLUMNS};
        & Static {{ height: 1; text-wrap: nowrap; text-overflow: ellipsis; }}
        & .differs {{ color: $text-muted; }}
        &:last-of-type {{ margin-right: 0; }}
    }}
    """

    def __init__(self, graphics: Graphics, index: int, name: str) -> None:
        super().__init__()
        self._index = index
        self._title = name
        self._head = Static(markup=False)
        self._differing = Static(markup=False, classes="differs")
        self._values = Static(markup=False, classes="values")
        self.picture = PictureWidget(graphics)

    def compose(self) -> ComposeResult:
        yield self._head
        yield self._differing
        yield self.picture
        yield self._values

    def set_heading(self, differing: Sequence[str]) -> None:
        colour = current_series_colours(self.app)[self._index]
        _update_if_changed(self._head, Content.assemble((SHAPES[self._index], colour), (f" {self._title}", "bold")))
        _update_if_changed(self._differing, Content(" · ".join(differing)))

    def show(self, frame: FrameImage, values: MetricValues, metric: str) -> None:
        """Show a frame, and as many values as fit, that of `metric` first."""
        self.picture.show(frame.image, note=frame.note)
        ordered = [metric, *(name for name in metric_names({0: values}) if name != metric)]
        line, width = Content(""), self.size.width
        for text in [f"{metric_title(name)} {format_value(values[name])}" for name in ordered if name in values]:
            if line and line.cell_length + len(text) + 2 > width:
                break
            line += Content.styled(f"  {text}", "$foreground-muted") if line else Content.styled(text, "bold")
        _update_if_changed(self._values, line)


class CompareScreen(Screen[None]):
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.COMPARE]
    DEFAULT_CSS = """
    CompareScreen {
        layout: vertical;
        overflow: hidden;
        & #compare-about { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
        & #columns { height: auto; padding: 0 1; }
        & #seek { height: 1; padding: 0 1; }
        & #place { width: auto; margin-left: 2; text-style: bold; }
        & Chart { height: 1fr; padding: 0 1; }
    }
    """

    def __init__(
        self,
        trajectories: Sequence[Path],
        graphics: Graphics,
        *,
        metric: str = "lpips-vgg",
        axis: metric_series.XAxis = "inpainted",
    ) -> None:
        super().__init__()
        self._names = distinct_names(trajectories)
        self._columns = [CompareColumn(graphics, index, name) for index, name in enumerate(self._names)]
        self._chosen_metric = metric
        self._axis: metric_series.XAxis = axis
        self._compared: tuple[TrajectorySnapshot, ...] = ()
        self._stops: list[float] = [0.0]
        self._stop_index: int | None = None
        """The index of the stop shown; None: the last one reached, also as that grows."""
        self._reader = CompareReader(trajectories)  # used by the thread only
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="compare"))

    def compose(self) -> ComposeResult:
        yield Static(id="compare-about", markup=False)
        with Horizontal(id="columns"):
            yield from self._columns
        with Horizontal(id="seek"):
            yield Slider()
            yield Static(id="place", markup=False)
        yield Chart()
        yield KeyFooter()

    def on_mount(self) -> None:
        self._request_read()
        self.set_interval(POLL_SECONDS, self._request_read)

    # Reading, in a thread

    def _request_read(self) -> None:
        self._jobs.submit("read", self._read_disk)

    def _read_disk(self) -> None:
        compared = self._reader.read()
        if compared != self._compared:
            self.call_later(self._update_compared, compared)

    def _load_frames(self, compared: tuple[TrajectorySnapshot, ...], inpainted: float) -> None:
        self.call_later(self._show_frames, inpainted, self._reader.read_frames(compared, inpainted))

    # Results of the thread

    def _update_compared(self, compared: tuple[TrajectorySnapshot, ...]) -> None:
        self._compared = compared
        self._stops = percent_stops(self._compared)
        differing_fields, differing_values = compare_specs(self._compared)
        summary = f"differing in {differing_fields}" if differing_fields else "same settings"
        _update_if_changed(
            self.query_one("#compare-about", Static),
            Content.assemble((f"{len(differing_values)} trajectories", "bold"), (f"  {summary}", "$foreground-muted")),
        )
        for column, values in zip(self._columns, differing_values, strict=True):
            column.set_heading(values)
        self._show_stop()

    def _show_frames(self, inpainted: float, frames: tuple[FrameImage, ...]) -> None:
        if inpainted != self.inpainted:
            return
        metric = self.metric
        for column, frame, trajectory in zip(self._columns, frames, self._compared, strict=True):
            column.show(frame, values_at(trajectory, frame.k) if frame.k <= trajectory.newest else {}, metric)

    # The current stop

    @property
    def inpainted(self) -> float:
        return self._stops[self._shown_index]

    @property
    def _last_index(self) -> int:
        """The last stop that any trajectory has reached."""
        reached = [each.spec.inpainted(each.newest) for each in self._compared if each.spec]
        max_inpainted = max(reached, default=0.0)
        return max(0, sum(stop <= max_inpainted for stop in self._stops) - 1)

    @property
    def _shown_index(self) -> int:
        return self._last_index if self._stop_index is None else min(self._stop_index, self._last_index)

    @property
    def metric(self) -> str:
        """The metric in the chart: the chosen one, or the first that was measured."""
        metrics = self._measured_metrics()
        return self._chosen_metric if self._chosen_metric in metrics or not metrics else metrics[0]

    def _measured_metrics(self) -> list[str]:
        """The metrics of all trajectories."""
        all_values = [values for trajectory in self._compared for values in trajectory.metrics.values()]
        return metric_names(dict(enumerate(all_values)))

    def action_go(self, count: int) -> None:
        """Move forward by so many stops, or back."""
        self.go_to_stop(self._shown_index + count)

    def go_to_stop(self, index: int) -> None:
        index = min(max(0, index), self._last_index)
        self._stop_index = None if index == self._last_index else index
        self._show_stop()

    def _show_stop(self) -> None:
        slider = self.query_one(Slider)
        slider.iterations, slider.newest, slider.k = len(self._stops) - 1, self._last_index, self._shown_index
        _update_if_changed(self.query_one("#place", Static), Content(f"{self.inpainted:4.0f} %"))
        self._draw_chart()
        self._jobs.submit("frames", partial(self._load_frames, self._compared, self.inpainted))

    def _draw_chart(self) -> None:
        metric = self.metric
        curves = [
            self._curve_of(colour, name, trajectory)
            for colour, (name, trajectory) in enumerate(zip(self._names, self._compared, strict=True))
        ]
        x_end = max((trajectory.spec.amount for trajectory in self._compared if trajectory.spec), default=0.0)
        self.query_one(Chart).draw(
            curves,
            x_label=metric_series.X_LABELS[self._axis],
            y_label=metric_title(metric) if self._measured_metrics() else "no metrics yet",
            marker=self.inpainted if self._axis == "inpainted" else None,
            x_end=x_end if self._axis == "inpainted" else 100.0,
        )

    def _curve_of(self, colour: int, name: str, trajectory: TrajectorySnapshot) -> Series:
        for curve in metric_series.build_series(trajectory, [self.metric], self._axis):
            return replace(curve, name=name, colour=colour)
        return Series(name, (), (), colour=colour)

    def action_metric(self) -> None:
        if metrics := self._measured_metrics():
            self._chosen_metric = metrics[(metrics.index(self.metric) + 1) % len(metrics)]
            self._show_stop()

    def action_axis(self) -> None:
        """Draw over inpainted %, or over coverage without a marker, as the trajectories differ there."""
        self._axis = "coverage" if self._axis == "inpainted" else "inpainted"
        self._draw_chart()

    def action_close(self) -> None:
        self.dismiss()

    # Layout and the mouse

    def on_resize(self, event: events.Resize) -> None:
        count = len(self._columns)
        width = (event.size.width - 2 - GAP_COLUMNS * (count - 1)) // count
        height = max(3, min(width // 2, event.size.height - NON_PICTURE_ROWS))
        for column in self._columns:
            column.styles.width = width
            column.picture.styles.height = height

    def on_slider_seek_requested(self, message: Slider.SeekRequested) -> None:
        message.stop()
        self.go_to_stop(message.k)

    def on_chart_point_chosen(self, message: Chart.PointChosen) -> None:
        message.stop()
        if self._axis == "inpainted":
            self.go_to_stop(min(range(len(self._stops)), key=lambda index: abs(self._stops[index] - message.x)))


def _update_if_changed(widget: Static, text: Content) -> None:
    """Set a text only if it differs: each update is sent to the terminal."""
    if not isinstance(widget.content, Content) or not text.is_same(widget.content):
        widget.update(text)
