"""One trajectory: its pictures, a slider over its frames, what was measured, and panes of more about it.

It reads the disk in a thread of its own, imports NumPy and Pillow with this module, and says with FrameChosen where
it is. The keys are the screen's; the mouse is handled here.
"""

import time
from bisect import bisect_left, bisect_right
from functools import partial
from pathlib import Path

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.timer import Timer
from textual.widget import Widget

from riptui.spec import Spec, iterations_at
from riptui.tui.graphics.protocol import Graphics
from riptui.tui.latest_jobs import LatestJobs
from riptui.tui.plot.chart import Chart
from riptui.tui.tab_bar import TabBar
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory import metric_series
from riptui.tui.trajectory.difference import ComparisonMode
from riptui.tui.trajectory.filmstrip import Filmstrip
from riptui.tui.trajectory.heading import Heading
from riptui.tui.trajectory.loader import LoadedFrame, Thumbnail, TrajectoryLoader, TrajectorySnapshot
from riptui.tui.trajectory.metric_readout import MetricReadout
from riptui.tui.trajectory.picture_row import PictureRow
from riptui.tui.trajectory.player import Player
from riptui.tui.trajectory.responsive import choose_layout
from riptui.tui.trajectory.slider import Slider
from riptui.tui.trajectory.tabs import TAB_NAMES, TabPanes

MIN_POLL_SECONDS = (
    1.0  # seconds between two looks at a trajectory that grows: each is up to 5 kB on the wire without pictures
)
PICTURES = "pictures"
"""The tab that shows them where there is no room for pictures and a pane at once."""


class TrajectoryView(Widget):
    """Shows one trajectory at a time. `runs` is the folder that names are told from."""

    DEFAULT_CSS = """
    TrajectoryView {
        layout: vertical;
        & #seek { height: 1; }
        & #place { width: auto; margin-left: 2; }
        & #panes { height: 1fr; }
        & #panes > * { height: 1fr; }
        &.-unreadable { & #seek, & MetricReadout, & TabBar { visibility: hidden; } }
    }
    """

    k: reactive[int] = reactive(0, init=False, repaint=False)
    """The frame shown."""

    class FrameChosen(Message):
        """Another frame is shown."""

        def __init__(self, path: Path, k: int, iterations: int) -> None:
            super().__init__()
            self.path, self.k, self.iterations = path, k, iterations

    class SnapshotRead(Message):
        """The disk was read."""

        def __init__(self, snapshot: TrajectorySnapshot) -> None:
            super().__init__()
            self.snapshot = snapshot

    class FrameReady(Message):
        """A frame and its comparison are there to be shown."""

        def __init__(self, loaded: LoadedFrame) -> None:
            super().__init__()
            self.loaded = loaded

    class StripReady(Message):
        """Pictures of the strip are there."""

        def __init__(self, path: Path, thumbnails: list[Thumbnail]) -> None:
            super().__init__()
            self.path, self.thumbnails = path, thumbnails

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
        self._graphics = graphics
        self._runs = runs
        self._panes = TabPanes(graphics, axis=axis, metric=metric, id="panes")
        self._path: Path | None = None
        self._snapshot: TrajectorySnapshot | None = None
        self._comparison_mode = ComparisonMode.DIFFERENCE
        self._tab = PICTURES
        self._fits_both = True
        self._latest = LatestJobs(partial(self.run_worker, thread=True, group="projector"))
        self._read_timer: Timer | None = None
        self._last_read = 0.0
        self._loader: TrajectoryLoader | None = None  # the thread's own
        self._player = Player(self, play_speed)

    def compose(self) -> ComposeResult:
        yield Heading(self._runs, id="heading")
        yield PictureRow(self._graphics, id="stage")
        with Horizontal(id="seek"):
            yield Slider(id="slider")
            yield TextLine(id="place")
        yield MetricReadout(id="readings")
        yield TabBar(TAB_NAMES, TAB_NAMES[0], id="tabs")
        yield self._panes

    # --- what the screen's keys call

    def show(self, path: Path) -> None:
        """Show the trajectory in a folder: at the newest frame, or as far along as the one before was."""
        if path == self._path:
            self.disk_changed()
            return
        self._player.stop()
        self._latest.clear_waiting()
        self._path = path
        self._latest.submit("look", partial(self._read_snapshot, path))

    def disk_changed(self) -> None:
        """Read what is new, soon. If the newest frame was shown, the then newest will be."""
        if self._read_timer is not None:
            return
        pause = MIN_POLL_SECONDS - (time.monotonic() - self._last_read)
        if pause > 0:
            self._read_timer = self.set_timer(pause, self._read_now)
        else:
            self._read_now()

    def _read_now(self) -> None:
        self._read_timer, self._last_read = None, time.monotonic()
        if self._path is not None:
            self._latest.submit("look", partial(self._read_snapshot, self._path))

    def move(self, frames: int) -> None:
        """So many frames on, or back."""
        self.go(self.k + frames)

    def move_measured(self, points: int) -> None:
        """So many points of 50 % on, or back."""
        halves = self._halves()
        before, after = bisect_left(halves, self.k), bisect_right(halves, self.k)
        index = after + points - 1 if points > 0 else before + points
        self.go(halves[min(max(index, 0), len(halves) - 1)] if halves else 0)

    def go(self, k: int) -> None:
        """Frame k, or the nearest that there is. Playing ends."""
        self._player.stop()
        self._show_frame(k)

    def first(self) -> None:
        self.go(0)

    def last(self) -> None:
        self.go(self._newest)

    def play_or_pause(self) -> None:
        """Play to the newest frame; from the start if that is the one shown."""
        if self._player.playing:
            self._player.stop()
        elif self._newest:
            if self.k == self._newest:
                self._show_frame(0)
            self._player.play(self.k, self._play_frame)
        self._show_position()

    def faster(self) -> None:
        self._player.faster()
        self._show_position()

    def slower(self) -> None:
        self._player.slower()
        self._show_position()

    def cycle_comparison(self) -> None:
        """Difference, heat map, blink, the square that was repainted, and again."""
        self._comparison_mode = self._comparison_mode.next
        self._request_frame()

    def cycle_metric(self) -> None:
        """Draw the next metric, or family of metrics."""
        if self._snapshot:
            self._panes.choose_next_metric(self._snapshot)
            self._fill_pane()

    def toggle_axis(self) -> None:
        """Draw over inpainted % or over coverage."""
        self._panes.toggle_axis()
        self._fill_pane()

    def select_tab(self, name: str) -> None:
        """chart, filmstrip, masks, spec or log; where there is little room also pictures."""
        self._tab = name
        self._show_tab()

    # --- the disk, in a thread

    def _read_snapshot(self, path: Path) -> None:
        if self._loader is None or self._loader.path != path:
            self._loader = TrajectoryLoader(path)
        self.post_message(self.SnapshotRead(self._loader.read_snapshot()))

    def _load_frame(self, path: Path, k: int, mode: ComparisonMode) -> None:
        if self._loader is not None and self._loader.path == path:
            self.post_message(self.FrameReady(self._loader.load_frame(k, mode)))

    def _load_thumbnails(self, path: Path, frames: list[int]) -> None:
        if self._loader is not None and self._loader.path == path:
            self.post_message(self.StripReady(path, [self._loader.load_thumbnail(k) for k in frames]))

    # --- what arrives from there

    def on_trajectory_view_snapshot_read(self, message: SnapshotRead) -> None:
        message.stop()
        previous, snapshot = self._snapshot, message.snapshot
        if snapshot.path != self._path:
            return
        self._snapshot = snapshot
        self.query_one(Heading).show(snapshot)
        slider = self.query_one(Slider)
        slider.iterations, slider.newest = (snapshot.spec.iterations if snapshot.spec else 0), snapshot.newest
        slider.set_marks(snapshot.spec.keyframe_iterations() if snapshot.spec else [])
        self._show_frame(
            self._frame_to_show(previous, snapshot), force=previous is None or previous.rows is not snapshot.rows
        )
        self._show_tab()
        if snapshot.spec is None:
            self.query_one(PictureRow).show_message(snapshot.error)

    def on_trajectory_view_frame_ready(self, message: FrameReady) -> None:
        message.stop()
        if message.loaded.path == self._path and self._snapshot is not None and self._snapshot.spec is not None:
            self.query_one(PictureRow).show(message.loaded)

    def on_trajectory_view_strip_ready(self, message: StripReady) -> None:
        message.stop()
        if message.path == self._path:
            self.query_one(Filmstrip).show_thumbnails(message.thumbnails)

    def _frame_to_show(self, previous: TrajectorySnapshot | None, snapshot: TrajectorySnapshot) -> int:
        """The frame to show: the newest if the one shown was, else the one shown, or one as far along."""
        if previous is None or previous.spec is None or self.k == previous.newest:
            return snapshot.newest
        if previous.path == snapshot.path or snapshot.spec is None:
            return self.k
        return iterations_at(previous.spec.inpainted(self.k), snapshot.spec.cells)

    # --- the frame shown

    @property
    def _newest(self) -> int:
        return self._snapshot.newest if self._snapshot else 0

    def _halves(self) -> list[int]:
        """The points of 50 % that there are, and the newest frame."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.spec is None:
            return []
        return sorted({k for k in snapshot.spec.keyframe_iterations() if k <= snapshot.newest} | {snapshot.newest})

    def validate_k(self, k: int) -> int:
        return min(max(k, 0), self._newest)

    def watch_k(self) -> None:
        self._frame_changed()

    def _show_frame(self, k: int, *, force: bool = False) -> None:
        """Show frame k; `force` also if the number is the same, because the trajectory is another."""
        previous_k = self.k
        self.k = k
        if force and self.k == previous_k:
            self._frame_changed()
        else:
            self._show_position()

    def _frame_changed(self) -> None:
        snapshot = self._snapshot
        if snapshot is None or snapshot.spec is None:
            return
        self.query_one(Slider).k = self.k
        self._show_position()
        self._request_frame()
        self._show_frame_in_pane(snapshot, snapshot.spec)
        self.post_message(self.FrameChosen(snapshot.path, self.k, snapshot.spec.iterations))

    def _play_frame(self, k: int) -> None:
        self._show_frame(k)
        if self.k >= self._newest:
            self._player.stop()
            self._show_position()

    def _request_frame(self) -> None:
        if self._path is not None:
            self._latest.submit("frame", partial(self._load_frame, self._path, self.k, self._comparison_mode))

    # --- place, room and panes

    def _show_position(self) -> None:
        snapshot = self._snapshot
        spec = snapshot.spec if snapshot else None
        if spec is None:
            self.query_one("#place", TextLine).set_text(Content(""))
            return
        total = str(spec.iterations)
        speed = f"▶ {self._player.speed:g}/s" if self._player.playing else ""
        text = f"{self.k:>{len(total)}}/{total}  {spec.inpainted(self.k):4.0f} %"
        self.query_one("#place", TextLine).set_text(
            Content.assemble((text, ""), (f"  {speed}" if speed else "", "$accent"))
        )

    def on_mount(self) -> None:
        self._graphics.subscribe(self, self._apply_layout)

    def on_unmount(self) -> None:
        self._graphics.unsubscribe(self)

    def on_resize(self, _event: events.Resize) -> None:
        self._apply_layout()

    def _apply_layout(self) -> None:
        layout = choose_layout(*self.size, pictures=self._graphics.protocol != "off")
        self.query_one(PictureRow).apply_layout(layout)
        self.query_one(MetricReadout).styles.height = layout.metric_lines
        self._fits_both = layout.fits_both
        self._show_tab()

    @property
    def pane(self) -> str:
        """The tab that is chosen; "pictures" only where they and a pane take turns."""
        return TAB_NAMES[0] if self._fits_both and self._tab == PICTURES else self._tab

    def _show_tab(self) -> None:
        tabs = self.query_one(TabBar)
        tabs.names = TAB_NAMES if self._fits_both else (PICTURES, *TAB_NAMES)
        tabs.chosen = self.pane
        unreadable = self._snapshot is not None and self._snapshot.spec is None
        self.set_class(unreadable, "-unreadable")
        self._panes.display = self.pane != PICTURES and not unreadable
        self.query_one(PictureRow).display = self._fits_both or self.pane == PICTURES or unreadable
        if self.pane != PICTURES:
            self._panes.current = self.pane
        self._fill_pane()

    def _fill_pane(self) -> None:
        """Bring up to date what can be seen."""
        if (snapshot := self._snapshot) and snapshot.spec:
            self.query_one(MetricReadout).show(snapshot.metrics, self.k, self._panes.drawn_metrics(snapshot))
            if self.pane != PICTURES:
                self._panes.fill(snapshot, snapshot.spec, self.k)

    def _show_frame_in_pane(self, snapshot: TrajectorySnapshot, spec: Spec) -> None:
        """Show frame k in the readings and the pane."""
        self.query_one(MetricReadout).show(snapshot.metrics, self.k, self._panes.drawn_metrics(snapshot))
        if self.pane != PICTURES:
            self._panes.show_frame(snapshot, spec, self.k)

    # --- the mouse

    def on_slider_seek_requested(self, message: Slider.SeekRequested) -> None:
        message.stop()
        self.go(message.k)

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

    def on_filmstrip_frames_requested(self, message: Filmstrip.FramesRequested) -> None:
        message.stop()
        if self._path is not None:
            self._latest.submit("strip", partial(self._load_thumbnails, self._path, list(message.frames)))

    def on_chart_point_chosen(self, message: Chart.PointChosen) -> None:
        message.stop()
        if (snapshot := self._snapshot) and snapshot.spec:
            self.go(self._panes.frame_at(snapshot, snapshot.spec, message.x))
