"""The comparison screen: two to six trajectories side by side at equal inpainted %, and their curves in one chart."""

from collections.abc import Sequence
from functools import partial
from os.path import commonpath
from pathlib import Path
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content

from riptui.arrays import Image
from riptui.graphics.protocol import Graphics
from riptui.tui import screen_bindings
from riptui.tui.blinking import Blinking
from riptui.tui.figure_dialog import FigureScreen
from riptui.tui.group.compare_charts import CompareCharts
from riptui.tui.group.compare_column import GAP_COLUMNS, CompareColumn
from riptui.tui.group.compare_data import (
    compare_specs,
    describe_shared,
    differences_to_first,
    distinct_names,
    read_frame_at,
)
from riptui.tui.group.compare_position import ComparePosition
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_footer import KeyFooter
from riptui.tui.large.large_screen import LargeScreen
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.player import Player
from riptui.tui.plot.chart import Chart
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.difference import GAIN
from riptui.tui.trajectory.loader import FrameImage, TrajectoryLoader, TrajectorySnapshot
from riptui.tui.trajectory.slider import Slider
from riptui.tui.written_files import tell_written

POLL_SECONDS = 1.0
BLINK_SECONDS = 0.6  # for each picture
MAX_BLINKS = 200
NON_PICTURE_ROWS = 16  # of everything but the pictures, with a chart of eight rows


class CompareScreen(InnerScreen[None], Player):
    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.COMPARE]
    DEFAULT_CSS = """
    CompareScreen {
        & #compare-about { width: 1fr; padding: 0 1; }
        & #columns { height: auto; padding: 0 1; }
        & #seek { height: 1; padding: 0 1; }
        & #place { width: auto; margin-left: 2; text-style: bold; }
        & ChartGrid { padding: 0 1; }
    }
    """

    def __init__(
        self,
        trajectories: Sequence[Path],
        graphics: Graphics,
        *,
        metric: str = "lpips-vgg",
        axis: metric_series.XAxis = "inpainted",
        speed: float = 8.0,
    ) -> None:
        super().__init__()
        self._trajectories = trajectories
        self._folder = Path(commonpath([path.parent for path in trajectories]))  # with all of them
        self._graphics = graphics
        self._names = distinct_names(trajectories)
        self._columns = [CompareColumn(graphics, index, name) for index, name in enumerate(self._names)]
        self._charts = CompareCharts(self._names, metric=metric, axis=axis)
        self._compared: tuple[TrajectorySnapshot, ...] = ()
        self.playback = self.position = ComparePosition(speed=speed)
        self._summary, self._shared = "", ""
        self.shows_differences = False
        self._frames: tuple[FrameImage, ...] = ()
        self._images: tuple[Image | None, ...] = ()
        self._blinking = Blinking(self, self._show_blink, seconds=BLINK_SECONDS, max_turns=MAX_BLINKS)
        self._loaders = [TrajectoryLoader(path) for path in trajectories]  # used by the thread only
        self._jobs = LatestJobs(partial(self.run_worker, thread=True, group="compare"))

    def compose(self) -> ComposeResult:
        yield TextLine(id="compare-about")
        with Horizontal(id="columns"):
            yield from self._columns
        with Horizontal(id="seek"):
            yield Slider()
            yield TextLine(id="place")
        yield self._charts
        yield KeyFooter()

    def on_mount(self) -> None:
        self._request_read()
        self.set_interval(POLL_SECONDS, self._request_read)

    # Reading, in a thread

    def _request_read(self) -> None:
        self._jobs.submit("read", self._read_disk)

    def _read_disk(self) -> None:
        compared = tuple(loader.read_snapshot() for loader in self._loaders)
        if compared != self._compared:
            self.call_later(self._update_compared, compared)

    def _load_frames(self, compared: tuple[TrajectorySnapshot, ...], inpainted: float, differs: bool) -> None:
        frames = tuple(read_frame_at(*pair, inpainted) for pair in zip(self._loaders, compared, strict=True))
        images = differences_to_first(frames) if differs else tuple(frame.image for frame in frames)
        self.call_later(self._show_frames, (inpainted, differs), frames, images)

    # Results of the thread

    def _update_compared(self, compared: tuple[TrajectorySnapshot, ...]) -> None:
        self._compared = compared
        self.position.update(compared)
        differing_fields, differing_values = compare_specs(self._compared)
        self._summary = f"differing in {differing_fields}" if differing_fields else "same settings"
        self._shared = ", ".join(describe_shared(compared))
        for column, values in zip(self._columns, differing_values, strict=True):
            column.set_heading(values)
        slider = self.query_one(Slider)
        slider.iterations, slider.newest = self.position.steps, self.position.last
        slider.set_marks(self.position.halves)
        self.charts.show(compared)
        self.show_position(moved=True)

    def _show_frames(
        self, shown: tuple[float, bool], frames: tuple[FrameImage, ...], images: tuple[Image | None, ...]
    ) -> None:
        if shown == (self.inpainted, self.shows_differences):
            self._frames, self._images = frames, images
            self._show_pictures()

    def _show_pictures(self) -> None:
        """Show each picture in its column; while blinking one after another in the first."""
        metric = self.metric
        shown = [*zip(self._frames, self._images, self._compared, strict=True)]
        if self.blinking and shown:
            index = self._blinking.turn % len(shown)
            self._columns[0].take_heading(self._columns[index])
            shown = shown[index : index + 1]
        for column, (frame, image, trajectory) in zip(self._columns, shown, strict=False):
            column.show(frame, image, trajectory, metric, steady=self.blinking or self.position.playing)

    # The position

    @property
    def inpainted(self) -> float:
        return self.position.inpainted

    def settle(self) -> None:
        for column in self._columns:
            column.picture.settle()

    def show_position(self, *, moved: bool) -> None:
        self.query_one(Slider).k = self.position.position
        pace = f"  ▶ {self.position.speed:g}/s" if self.position.playing else ""
        self.query_one("#place", TextLine).set_text(Content(f"{self.inpainted:4.0f} %{pace}"))
        self.charts.show_position(self.inpainted)
        self._show_summary()
        self._request_frames()

    def _request_frames(self) -> None:
        job = partial(self._load_frames, self._compared, self.inpainted, self.shows_differences)
        self._jobs.submit("frames", job)

    def _show_summary(self) -> None:
        parts = [self._summary] + ([f"difference to the first ×{GAIN}"] if self.shows_differences else [])
        parts += [f"all: {self._shared}"] if self._shared else []
        count = (f"{len(self._columns)} trajectories", "bold")
        text = Content.assemble(count, ("  " + " · ".join(parts), "$foreground-muted"))
        self.query_one("#compare-about", TextLine).set_text(text)

    # What is shown

    @property
    def charts(self) -> CompareCharts:
        return self._charts

    @property
    def metric(self) -> str:
        """The metric in the chart, and below the pictures."""
        return self.charts.metric

    def action_metric(self) -> None:
        self.charts.cycle_metric()
        self._show_pictures()

    def action_all_metrics(self) -> None:
        self.charts.toggle_all_metrics()

    def action_axis(self) -> None:
        """Draw over inpainted %, or over coverage without a marker, as the trajectories differ there."""
        self.charts.toggle_axis()

    def action_zoom_charts(self, direction: int) -> None:
        for chart in self.charts.charts:
            chart.zoom(direction)

    def action_log_axis(self) -> None:
        for chart in self.charts.charts:
            chart.toggle_log()

    def action_difference(self) -> None:
        """Show the others as differences to the first, or as they are."""
        self.shows_differences = not self.shows_differences
        self._show_summary()
        self._request_frames()

    @property
    def blinking(self) -> bool:
        return self._blinking.on

    def action_blink(self) -> None:
        """Show the pictures one after another in one place, or side by side again."""
        self._blinking.toggle()
        self._place_columns()

    def _place_columns(self) -> None:
        if not self.blinking:
            self._columns[0].take_heading(self._columns[0])
        for column in self._columns[1:]:
            column.display = not self.blinking
        self._fit_columns()
        self._show_pictures()

    def _show_blink(self) -> None:
        if self.blinking:
            self._show_pictures()
        else:
            self._place_columns()

    def action_large(self) -> None:
        """Show the first large, or the one that blinks; there ↑ and ↓ switch to the others."""
        self._open_large(self._blinking.turn % len(self._columns) if self.blinking else 0)

    def on_click(self, event: events.Click) -> None:
        """Show the picture that is clicked twice large."""
        for number, column in enumerate(self._columns):
            if event.chain == 2 and column.picture is event.widget and not self.blinking:
                self._open_large(number)

    def _open_large(self, number: int) -> None:
        screen = LargeScreen(
            self._trajectories,
            number,
            self._graphics,
            runs=self._folder,
            inpainted=self.inpainted,
            speed=self.position.speed,
        )
        self.app.push_screen(screen)

    def action_export(self) -> None:
        """Write the chart as a figure."""
        figure = self.charts.make_figure(self._folder.name, self._trajectories)
        self.app.push_screen(FigureScreen(figure), partial(tell_written, self.app))

    # Layout and the mouse

    def on_resize(self) -> None:
        self._fit_columns()

    def _fit_columns(self) -> None:
        count = 1 if self.blinking else len(self._columns)
        width = (self.size.width - 2 - GAP_COLUMNS * (count - 1)) // count
        height = max(3, min(width // 2, self.size.height - NON_PICTURE_ROWS))
        for column in self._columns:
            column.styles.width = width
            column.picture.styles.height = height

    def on_chart_point_chosen(self, message: Chart.PointChosen) -> None:
        message.stop()
        percent = self.charts.percent_at(message.x)
        if percent is not None:
            self.change(partial(self.position.go_to_percent, percent))
