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
from riptui.tui.graphics.graphics import Graphics
from riptui.tui.latest import Latest
from riptui.tui.lines import Line
from riptui.tui.plot.chart import Chart
from riptui.tui.tabline import TabLine
from riptui.tui.trajectory import course
from riptui.tui.trajectory.arrangement import arrange
from riptui.tui.trajectory.comparison import Comparison
from riptui.tui.trajectory.filmstrip import Filmstrip
from riptui.tui.trajectory.heading import Heading
from riptui.tui.trajectory.panes import PANES, Panes
from riptui.tui.trajectory.player import Player
from riptui.tui.trajectory.projector import Projected, Projector, Snapshot, Thumbnail
from riptui.tui.trajectory.readings import Readings
from riptui.tui.trajectory.slider import Slider
from riptui.tui.trajectory.stage import Stage

LIVE = 1.0  # seconds between two looks at a trajectory that grows: each is up to 5 kB on the wire without pictures
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
        &.-unreadable { & #seek, & Readings, & TabLine { visibility: hidden; } }
    }
    """

    k: reactive[int] = reactive(0, init=False, repaint=False)
    """The frame shown."""

    class FrameChosen(Message):
        """Another frame is shown."""

        def __init__(self, path: Path, k: int, iterations: int) -> None:
            super().__init__()
            self.path, self.k, self.iterations = path, k, iterations

    class Looked(Message):
        """The disk was read."""

        def __init__(self, snapshot: Snapshot) -> None:
            super().__init__()
            self.snapshot = snapshot

    class FrameReady(Message):
        """A frame and its comparison are there to be shown."""

        def __init__(self, projected: Projected) -> None:
            super().__init__()
            self.projected = projected

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
        axis: course.Axis = "inpainted",
        metric: str = "lpips-vgg",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self._graphics = graphics
        self._runs = runs
        self._panes = Panes(graphics, axis=axis, metric=metric, id="panes")
        self._path: Path | None = None
        self._snapshot: Snapshot | None = None
        self._comparison = Comparison.DIFFERENCE
        self._tab = PICTURES
        self._roomy = True
        self._latest = Latest(partial(self.run_worker, thread=True, group="projector"))
        self._waiting: Timer | None = None
        self._looked = 0.0
        self._projector: Projector | None = None  # the thread's own
        self._player = Player(self, play_speed)

    def compose(self) -> ComposeResult:
        yield Heading(self._runs, id="heading")
        yield Stage(self._graphics, id="stage")
        with Horizontal(id="seek"):
            yield Slider(id="slider")
            yield Line(id="place")
        yield Readings(id="readings")
        yield TabLine(PANES, PANES[0], id="tabs")
        yield self._panes

    # --- what the screen's keys call

    def show(self, path: Path) -> None:
        """Show the trajectory in a folder: at the newest frame, or as far along as the one before was."""
        if path == self._path:
            self.disk_changed()
            return
        self._player.stop()
        self._latest.forget()
        self._path = path
        self._latest.ask("look", partial(self._look, path))

    def disk_changed(self) -> None:
        """Read what is new, soon. If the newest frame was shown, the then newest will be."""
        if self._waiting is not None:
            return
        pause = LIVE - (time.monotonic() - self._looked)
        if pause > 0:
            self._waiting = self.set_timer(pause, self._look_again)
        else:
            self._look_again()

    def _look_again(self) -> None:
        self._waiting, self._looked = None, time.monotonic()
        if self._path is not None:
            self._latest.ask("look", partial(self._look, self._path))

    def move(self, frames: int) -> None:
        """So many frames on, or back."""
        self.go(self.k + frames)

    def move_measured(self, points: int) -> None:
        """So many points of 50 % on, or back."""
        halves = self._halves()
        before, after = bisect_left(halves, self.k), bisect_right(halves, self.k)
        place = after + points - 1 if points > 0 else before + points
        self.go(halves[min(max(place, 0), len(halves) - 1)] if halves else 0)

    def go(self, k: int) -> None:
        """Frame k, or the nearest that there is. Playing ends."""
        self._player.stop()
        self._turn_to(k)

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
                self._turn_to(0)
            self._player.play(self.k, self._play_on)
        self._tell_place()

    def faster(self) -> None:
        self._player.faster()
        self._tell_place()

    def slower(self) -> None:
        self._player.slower()
        self._tell_place()

    def cycle_comparison(self) -> None:
        """Difference, heat map, blink, the square that was repainted, and again."""
        self._comparison = self._comparison.next
        self._ask_frame()

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

    def _look(self, path: Path) -> None:
        if self._projector is None or self._projector.path != path:
            self._projector = Projector(path)
        self.post_message(self.Looked(self._projector.look()))

    def _project(self, path: Path, k: int, comparison: Comparison) -> None:
        if self._projector is not None and self._projector.path == path:
            self.post_message(self.FrameReady(self._projector.project(k, comparison)))

    def _develop(self, path: Path, frames: list[int]) -> None:
        if self._projector is not None and self._projector.path == path:
            self.post_message(self.StripReady(path, [self._projector.thumbnail(k) for k in frames]))

    # --- what arrives from there

    def on_trajectory_view_looked(self, message: Looked) -> None:
        message.stop()
        before, now = self._snapshot, message.snapshot
        if now.path != self._path:
            return
        self._snapshot = now
        self.query_one(Heading).show(now)
        slider = self.query_one(Slider)
        slider.iterations, slider.newest = (now.spec.iterations if now.spec else 0), now.newest
        slider.mark(now.spec.halves() if now.spec else [])
        self._turn_to(self._kept(before, now), anew=before is None or before.rows is not now.rows)
        self._show_tab()
        if now.spec is None:
            self.query_one(Stage).tell(now.error)

    def on_trajectory_view_frame_ready(self, message: FrameReady) -> None:
        message.stop()
        if message.projected.path == self._path and self._snapshot is not None and self._snapshot.spec is not None:
            self.query_one(Stage).show(message.projected)

    def on_trajectory_view_strip_ready(self, message: StripReady) -> None:
        message.stop()
        if message.path == self._path:
            self.query_one(Filmstrip).paint(message.thumbnails)

    def _kept(self, before: Snapshot | None, now: Snapshot) -> int:
        """The frame to show: the newest if the one shown was, else the one shown, or one as far along."""
        if before is None or before.spec is None or self.k == before.newest:
            return now.newest
        if before.path == now.path or now.spec is None:
            return self.k
        return iterations_at(before.spec.inpainted(self.k), now.spec.cells)

    # --- the frame shown

    @property
    def _newest(self) -> int:
        return self._snapshot.newest if self._snapshot else 0

    def _halves(self) -> list[int]:
        """The points of 50 % that there are, and the newest frame."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.spec is None:
            return []
        return sorted({k for k in snapshot.spec.halves() if k <= snapshot.newest} | {snapshot.newest})

    def validate_k(self, k: int) -> int:
        return min(max(k, 0), self._newest)

    def watch_k(self) -> None:
        self._turned()

    def _turn_to(self, k: int, *, anew: bool = False) -> None:
        """Show frame k; `anew` also if the number is the same, because the trajectory is another."""
        before = self.k
        self.k = k
        if anew and self.k == before:
            self._turned()
        else:
            self._tell_place()

    def _turned(self) -> None:
        snapshot = self._snapshot
        if snapshot is None or snapshot.spec is None:
            return
        self.query_one(Slider).k = self.k
        self._tell_place()
        self._ask_frame()
        self._mark_pane(snapshot, snapshot.spec)
        self.post_message(self.FrameChosen(snapshot.path, self.k, snapshot.spec.iterations))

    def _play_on(self, k: int) -> None:
        self._turn_to(k)
        if self.k >= self._newest:
            self._player.stop()
            self._tell_place()

    def _ask_frame(self) -> None:
        if self._path is not None:
            self._latest.ask("frame", partial(self._project, self._path, self.k, self._comparison))

    # --- place, room and panes

    def _tell_place(self) -> None:
        snapshot = self._snapshot
        spec = snapshot.spec if snapshot else None
        if spec is None:
            self.query_one("#place", Line).say(Content(""))
            return
        total = str(spec.iterations)
        speed = f"▶ {self._player.speed:g}/s" if self._player.playing else ""
        text = f"{self.k:>{len(total)}}/{total}  {spec.inpainted(self.k):4.0f} %"
        self.query_one("#place", Line).say(Content.assemble((text, ""), (f"  {speed}" if speed else "", "$accent")))

    def on_mount(self) -> None:
        self._graphics.listen(self, self._give_room)

    def on_unmount(self) -> None:
        self._graphics.forget(self)

    def on_resize(self, _event: events.Resize) -> None:
        self._give_room()

    def _give_room(self) -> None:
        room = arrange(*self.size, pictures=self._graphics.protocol != "off")
        self.query_one(Stage).give_room(room)
        self.query_one(Readings).styles.height = room.readings
        self._roomy = room.roomy
        self._show_tab()

    @property
    def pane(self) -> str:
        """The tab that is chosen; "pictures" only where they and a pane take turns."""
        return PANES[0] if self._roomy and self._tab == PICTURES else self._tab

    def _show_tab(self) -> None:
        tabs = self.query_one(TabLine)
        tabs.names = PANES if self._roomy else (PICTURES, *PANES)
        tabs.chosen = self.pane
        unreadable = self._snapshot is not None and self._snapshot.spec is None
        self.set_class(unreadable, "-unreadable")
        self._panes.display = self.pane != PICTURES and not unreadable
        self.query_one(Stage).display = self._roomy or self.pane == PICTURES or unreadable
        if self.pane != PICTURES:
            self._panes.current = self.pane
        self._fill_pane()

    def _fill_pane(self) -> None:
        """Bring up to date what can be seen."""
        if (now := self._snapshot) and now.spec:
            self.query_one(Readings).show(now.metrics, self.k, self._panes.drawn(now))
            if self.pane != PICTURES:
                self._panes.fill(now, now.spec, self.k)

    def _mark_pane(self, now: Snapshot, spec: Spec) -> None:
        """Show frame k in the readings and the pane."""
        self.query_one(Readings).show(now.metrics, self.k, self._panes.drawn(now))
        if self.pane != PICTURES:
            self._panes.mark(now, spec, self.k)

    # --- the mouse

    def on_slider_sought(self, message: Slider.Sought) -> None:
        message.stop()
        self.go(message.k)

    def on_tab_line_clicked(self, message: TabLine.Clicked) -> None:
        message.stop()
        self.select_tab(message.name)

    def on_readings_clicked(self, message: Readings.Clicked) -> None:
        message.stop()
        self._panes.metric = message.metric
        self._fill_pane()

    def on_filmstrip_clicked(self, message: Filmstrip.Clicked) -> None:
        message.stop()
        self.go(message.k)

    def on_filmstrip_wanted(self, message: Filmstrip.Wanted) -> None:
        message.stop()
        if self._path is not None:
            self._latest.ask("strip", partial(self._develop, self._path, list(message.frames)))

    def on_chart_point_chosen(self, message: Chart.PointChosen) -> None:
        message.stop()
        if (now := self._snapshot) and now.spec:
            self.go(self._panes.frame_at(now, now.spec, message.x))
