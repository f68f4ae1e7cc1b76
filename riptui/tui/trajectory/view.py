"""One trajectory: its pictures, a slider over its frames, its metrics, and panes with the rest.

A `BackgroundReader` reads the disk; `cursor` holds the position. The browser's keys call the methods; the mouse is
handled here. Importing this module imports NumPy and Pillow.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from textual import events, on
from textual.app import ComposeResult
from textual.errors import NoWidget
from textual.message import Message
from textual.timer import Timer

from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.tui.player import Player
from riptui.tui.plot.chart import Chart
from riptui.tui.runs.known_work import KnownWork
from riptui.tui.tab_bar import TabBar
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.background_reader import BackgroundReader
from riptui.tui.trajectory.difference import ComparisonMode
from riptui.tui.trajectory.exposure_pane import ExposurePane, LoadedEffects
from riptui.tui.trajectory.filmstrip import Filmstrip
from riptui.tui.trajectory.frame_cursor import FrameCursor
from riptui.tui.trajectory.heading import Heading
from riptui.tui.trajectory.loader import NO_SNAPSHOT, LoadedFrame, TrajectoryLoader, TrajectorySnapshot
from riptui.tui.trajectory.metric_readout import MetricReadout
from riptui.tui.trajectory.picture_row import PictureRow
from riptui.tui.trajectory.responsive import choose_layout
from riptui.tui.trajectory.slider import SeekBar
from riptui.tui.trajectory.tabs import TAB_NAMES, TabPanes, tabs_of

MIN_POLL_SECONDS = 1.0  # a growing trajectory sends up to 5 kB to the terminal each time, without pictures
PICTURES = "pictures"
"""The tab of the pictures, where they and a pane do not fit together."""


class TrajectoryView(Player):
    """Shows one trajectory at a time, named by its path below `runs`."""

    DEFAULT_CSS = """
    TrajectoryView {
        layout: vertical;
        & TabPanes { height: 1fr; }
        & TabPanes > * { height: 1fr; }
        &.-unreadable { & SeekBar, & MetricReadout, & TabBar { visibility: hidden; } }
    }
    """

    @dataclass
    class Said(Message):
        """Feedback for the status line."""

        text: str

    def __init__(
        self,
        graphics: Graphics,
        *,
        runs: Path | None = None,
        play_speed: float = 8.0,
        axis: metric_series.XAxis = "inpainted",
        metric: str = "lpips-vgg",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.playback = self.cursor = FrameCursor(speed=play_speed, axis=axis)
        self._graphics = graphics
        self._runs = runs
        self._panes = TabPanes(graphics, self.cursor, metric=metric)
        self.comparison_mode = ComparisonMode.DIFFERENCE
        self._tab = PICTURES
        self._fits_both = True
        self._reader = BackgroundReader(self)
        self._read_timer: Timer | None = None
        self._last_read = 0.0
        self._first_k: int | None = None  # the frame to show first of the trajectory that is being read

    def compose(self) -> ComposeResult:
        yield Heading(self._runs)
        yield PictureRow(self._graphics)
        yield SeekBar(self.cursor)
        yield MetricReadout()
        yield TabBar(tabs_of(NO_SNAPSHOT), TAB_NAMES[0])
        yield self._panes

    # State

    @property
    def metric(self) -> str:
        return self._panes.metric

    @property
    def busy(self) -> bool:
        """Whether something is being read or loaded."""
        return self._reader.busy

    @property
    def tab(self) -> str:
        """The current tab; "pictures" only where pictures and panes do not fit together."""
        names = self._tab_names
        return self._tab if self._tab in names else names[0] if self._fits_both else TAB_NAMES[0]

    @property
    def _tab_names(self) -> tuple[str, ...]:
        names = tabs_of(self.cursor.snapshot)
        names += (self._tab,) if self._tab == "spectrum" and self._tab not in names else ()  # says that there is none
        return names if self._fits_both else (PICTURES, *names)

    # The trajectory

    class LargeRequested(Message):
        """A double click on a picture."""

    def show(self, path: Path, *, k: int | None = None) -> None:
        """Show the trajectory in a folder, at frame k, the inpainted % of the one before, or its newest frame."""
        if path == self._reader.path:
            self.disk_changed()
            if k is not None:
                self.go(k)
            return
        self._first_k = k
        self.change(self.cursor.pause)
        self._reader.open(path)
        self._reader.submit("snapshot", TrajectoryLoader.read_snapshot, self._show_snapshot)

    def show_work(self, path: Path, work: KnownWork) -> None:
        """Show in the heading what is known of the work on a trajectory, if it is the one on the screen."""
        self.query_one(Heading).show_work(path, work)

    def disk_changed(self) -> None:
        """Read what is new, at most once per MIN_POLL_SECONDS."""
        if self._read_timer is not None:
            return
        pause = MIN_POLL_SECONDS - (time.monotonic() - self._last_read)
        if pause > 0:
            self._read_timer = self.set_timer(pause, self._read_now)
        else:
            self._read_now()

    def _read_now(self) -> None:
        self._read_timer, self._last_read = None, time.monotonic()
        self._reader.submit("snapshot", TrajectoryLoader.read_snapshot, self._show_snapshot)

    # Keys

    def go_to_next_repaint(self) -> None:
        """Show the next frame in which the square of the picture below the mouse was repainted."""
        place, spec = self._place_below_mouse(), self.cursor.spec
        if place is None or spec is None:
            self.post_message(self.Said("point the mouse at a square of a picture first"))
            return
        x, y = (int(part * spec.size) for part in place)
        repaint = self.cursor.find_next_repaint(x, y)
        if repaint is None:
            self.post_message(self.Said("this square was not repainted"))
        else:
            self.go(repaint)

    def _place_below_mouse(self) -> tuple[float, float] | None:
        """The place in the picture below the mouse, x and y from 0 to 1; None: there is no picture."""
        try:
            widget, region = self.screen.get_widget_at(*self.app.mouse_position)
        except NoWidget:
            return None
        return widget.place_at(self.app.mouse_position - region.offset) if isinstance(widget, PictureWidget) else None

    def first(self) -> None:
        self.go(0)

    def last(self) -> None:
        self.go(self.cursor.newest)

    def cycle_comparison(self) -> None:
        """Compare with the next of: difference, heat map, blink, masked square."""
        self.comparison_mode = self.comparison_mode.next
        self._request_frame()

    def cycle_metric(self) -> None:
        """Draw the next metric, or group of metrics that share a scale; in other panes what they draw of a metric."""
        match self._panes.current:
            case "masks":
                self._panes.choose_next_square_metric(self.cursor.snapshot)
            case "recursion":
                self.query_one(ExposurePane).choose_next_error()
            case _:
                self._panes.choose_next_metric(self.cursor.snapshot)
        self._fill_pane()

    def toggle_axis(self) -> None:
        self.cursor.toggle_axis()
        self._fill_pane()

    def toggle_all_metrics(self) -> None:
        """Draw a chart for each metric that has a scale of its own, or one."""
        self._panes.all_metrics = not self._panes.all_metrics
        self._fill_pane()

    @property
    def charts(self) -> Sequence[Chart]:
        """The charts on the screen."""
        return self._panes.visible_charts if self._panes.display else ()

    @property
    def shows_text(self) -> bool:
        """Whether the spec or the log is on the screen."""
        return self._panes.display and self._panes.visible_text is not None

    def scroll_text(self, direction: int) -> None:
        """Scroll the spec or the log by half of what is seen: down (1) or up (-1)."""
        if (pane := self._panes.visible_text) is not None:
            pane.scroll_by_half(direction)

    def set_axis(self, axis: metric_series.XAxis) -> None:
        self.cursor.chosen_axis = axis
        self._fill_pane()

    def select_tab(self, name: str) -> None:
        """Show one of TAB_NAMES; in little room also "pictures"."""
        self._tab = name
        self._show_tab()

    # What was read

    def _show_snapshot(self, snapshot: TrajectorySnapshot) -> None:
        frame_changed = self.cursor.update(snapshot)
        if self._first_k is not None:
            self.cursor.go(self._first_k)
            self._first_k, frame_changed = None, True
        self.query_one(Heading).show(snapshot)
        self.query_one(SeekBar).show_frames()
        if frame_changed:
            self.show_frame()
        self._show_tab()
        if snapshot.spec is None:
            self.query_one(PictureRow).show_message(snapshot.error)

    def _show_loaded(self, loaded: LoadedFrame) -> None:
        if self.cursor.spec is not None:
            self.query_one(PictureRow).show(loaded, steady=self.cursor.playing)

    # The current frame

    def show_position(self, *, moved: bool) -> None:
        self.query_one(SeekBar).show_position()
        if moved:
            self.show_frame()

    def settle(self) -> None:
        self.query_one(PictureRow).settle()

    def show_frame(self) -> None:
        """Show the cursor's frame: pictures, metrics, and the pane."""
        if self.cursor.spec is None:
            return
        self._request_frame()
        self._show_metrics()
        if self.tab != PICTURES:
            self._panes.show_cursor()

    def _request_frame(self) -> None:
        k, mode = self.cursor.k, self.comparison_mode
        self._reader.submit("frame", lambda loader: loader.load_frame(k, mode), self._show_loaded)

    def _show_metrics(self) -> None:
        snapshot = self.cursor.snapshot
        if snapshot.spec is not None:
            drawn_metrics = self._panes.drawn_metrics(snapshot)
            self.query_one(MetricReadout).show(snapshot.metrics, self.cursor.k, drawn_metrics, snapshot.spec.inpainted)

    # Layout and panes

    def on_mount(self) -> None:
        self._graphics.subscribe(self, self._apply_layout)

    def on_unmount(self) -> None:
        self._graphics.unsubscribe(self)

    def on_resize(self, _event: events.Resize) -> None:
        self._apply_layout()

    @on(Heading.Grown)
    def _apply_layout(self) -> None:
        height = self.size.height - self.query_one(Heading).rows + 1
        layout = choose_layout(self.size.width, height, pictures=self._graphics.protocol != "off")
        self.query_one(PictureRow).apply_layout(layout)
        self.query_one(MetricReadout).styles.height = layout.metric_lines
        self._fits_both = layout.fits_both
        self._show_tab()

    def _show_tab(self) -> None:
        tabs = self.query_one(TabBar)
        tabs.names = self._tab_names
        tabs.chosen = self.tab
        unreadable = self.cursor.snapshot is not NO_SNAPSHOT and self.cursor.spec is None
        self.set_class(unreadable, "-unreadable")
        self._panes.display = self.tab != PICTURES and not unreadable
        self.query_one(PictureRow).display = self._fits_both or self.tab == PICTURES or unreadable
        if self.tab != PICTURES:
            self._panes.current = self.tab
        self._fill_pane()

    def _fill_pane(self) -> None:
        """Update the metrics and the visible pane."""
        self._show_metrics()
        if self.tab != PICTURES:
            self._panes.show_all()

    # The mouse

    def on_click(self, event: events.Click) -> None:
        if event.chain == 2 and isinstance(event.widget, PictureWidget):
            event.stop()
            self.post_message(self.LargeRequested())

    def on_tab_bar_tab_clicked(self, message: TabBar.TabClicked) -> None:
        message.stop()
        self.select_tab(message.name)

    def on_metric_readout_metric_clicked(self, message: MetricReadout.MetricClicked) -> None:
        message.stop()
        self._panes.metric = message.metric
        self._fill_pane()

    def on_filmstrip_frame_clicked(self, message: Filmstrip.FrameClicked) -> None:
        message.stop()
        self.go(message.k)
        if message.double:
            self.post_message(self.LargeRequested())

    def on_filmstrip_frames_requested(self, message: Filmstrip.FramesRequested) -> None:
        message.stop()
        frames = [*message.frames]
        filmstrip = self.query_one(Filmstrip)
        self._reader.submit("strip", lambda loader: [*map(loader.load_thumbnail, frames)], filmstrip.show_thumbnails)

    def on_exposure_pane_squares_requested(self, message: ExposurePane.SquaresRequested) -> None:
        message.stop()
        version = message.version
        pane = self.query_one(ExposurePane)
        self._reader.submit("effect", lambda loader: LoadedEffects(version, *loader.load_effects()), pane.show_loaded)

    def on_chart_point_chosen(self, message: Chart.PointChosen) -> None:
        message.stop()
        self.go(self.cursor.frame_at(message.x))
