"""The screen of one large picture: steps through frames and trajectories, zooms, pans, blinks, plays."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content

from riptui.graphics.protocol import Graphics
from riptui.store.listing import FolderSignature, read_signature
from riptui.store.trajectory import Trajectory
from riptui.tui import screen_bindings
from riptui.tui.blinking import Blinking
from riptui.tui.commands.export_dialog import ExportScreen
from riptui.tui.group.compare_data import frame_at
from riptui.tui.inner_screen import InnerScreen
from riptui.tui.key_footer import KeyFooter
from riptui.tui.large.frame_views import FRAME, FrameView, LargeFrame, load_large_frame, view_kinds
from riptui.tui.large.large_line import large_line
from riptui.tui.large.large_picture import LargePicture
from riptui.tui.large.map_process import explain_no_lpips, list_maps
from riptui.tui.large.map_view import MapView
from riptui.tui.player import Player
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.background_reader import BackgroundReader
from riptui.tui.trajectory.frame_cursor import FrameCursor
from riptui.tui.trajectory.loader import NO_SNAPSHOT, TrajectoryLoader, TrajectorySnapshot
from riptui.tui.written_files import tell_written

POLL_SECONDS = 1.0
BLINK_SECONDS = 0.5  # for each of the two pictures
MAX_BLINKS = 120


class LargePlace(NamedTuple):
    """Where the large picture was left: a trajectory and its frame."""

    path: Path
    k: int


class LargeScreen(InnerScreen[LargePlace], Player):
    """One of these trajectories at a time; its result is the place where it was left."""

    BINDINGS: ClassVar[list[BindingType]] = [*screen_bindings.LARGE]
    DEFAULT_CSS = """
    LargeScreen {
        & TextLine { width: 1fr; padding: 0 1; }
    }
    """

    def __init__(
        self,
        trajectories: Sequence[Path],
        index: int,
        graphics: Graphics,
        *,
        runs: Path,
        inpainted: float | None = None,
        k: int | None = None,
        speed: float = 8.0,
    ) -> None:
        """k: the frame to begin with, or that at an inpainted %; else the newest one."""
        super().__init__()
        self._trajectories = trajectories
        self._index = index
        self._runs = runs
        self._begin: tuple[int | None, float | None] = k, inpainted
        self.playback = self.cursor = FrameCursor(speed=speed)
        self.view = FrameView()
        self.loaded: LargeFrame | None = None
        self._picture = LargePicture(graphics)
        self._line = TextLine()
        self._reader = BackgroundReader(self)
        self._signature: FolderSignature | None = None  # of what was read last; used by the thread only
        self._blinking = Blinking(self, self._show_picture, seconds=BLINK_SECONDS, max_turns=MAX_BLINKS)
        self._map = MapView(self, self._show_map)
        self._shows_map = False  # of this trajectory: it stays until the next one is measured
        self._pointed_at: tuple[float, float] | None = None

    def compose(self) -> ComposeResult:
        yield self._picture
        yield self._line
        yield KeyFooter()

    def on_mount(self) -> None:
        self._open()
        self.set_interval(POLL_SECONDS, self._read)

    @property
    def path(self) -> Path:
        return self._trajectories[self._index]

    @property
    def busy(self) -> bool:
        """Whether something is being read, or measured."""
        return self._reader.busy or self._map.busy

    @property
    def blinking(self) -> bool:
        return self._blinking.on

    @property
    def _shows_original(self) -> bool:
        return self.blinking and self._blinking.turn % 2 == 0

    # Reading, in a thread

    def _open(self) -> None:
        self._shows_map = False
        self._reader.open(self.path)
        self._reader.submit("snapshot", self._read_anew, self._show_snapshot)

    def _read(self) -> None:
        self._reader.submit("snapshot", self._read_changed, self._show_snapshot)

    def _read_anew(self, loader: TrajectoryLoader) -> TrajectorySnapshot:
        self._signature = read_signature(str(loader.path))
        return loader.read_snapshot()

    def _read_changed(self, loader: TrajectoryLoader) -> TrajectorySnapshot | None:
        return None if read_signature(str(loader.path)) == self._signature else self._read_anew(loader)

    def _show_snapshot(self, snapshot: TrajectorySnapshot | None) -> None:
        if snapshot is None:
            return
        frame_changed = self.cursor.update(snapshot)
        k, inpainted = self._begin
        self._begin = None, None
        if snapshot.spec is not None and inpainted is not None:
            k = frame_at(snapshot.spec, inpainted)
        if k is not None:
            self.cursor.go(k)
        if snapshot.spec is None:
            self.loaded = None
            self._picture.show_frame(None, note=snapshot.error)
        elif frame_changed or k is not None:
            self._request_frame()
        self._show_line()

    def _request_frame(self) -> None:
        snapshot, k = self.cursor.snapshot, self.cursor.k
        view = replace(self.view, line_pixels=self._picture.dot_pixels)
        if snapshot.spec is not None:
            self._reader.submit("frame", lambda loader: load_large_frame(loader, snapshot, k, view), self._show_frame)
        self._show_line()

    def _show_frame(self, loaded: LargeFrame) -> None:
        self.loaded = loaded
        if loaded.view.map:
            self._map.request(loaded)
        if not (loaded.view.map and self._shows_map):
            self._show_picture()
        self._show_line()

    def _show_map(self) -> None:
        self.loaded = self._map.frame
        self._shows_map = not self._map.error
        self._show_picture()

    def _show_picture(self) -> None:
        """Show the frame in its view, or the original while blinking."""
        if self.loaded is None:
            return
        note = self.loaded.frame.note or self.loaded.original.note
        image = self.loaded.original.image if self._shows_original else self.loaded.shown
        steady = self.cursor.playing or self.blinking
        self._picture.show_frame(image if image is not None else self.loaded.frame.image, note=note, steady=steady)
        self._show_line()

    # Moving

    def show_position(self, *, moved: bool) -> None:
        if moved:
            self._request_frame()
        else:
            self._show_line()

    def settle(self) -> None:
        self._picture.settle()

    def tick(self) -> None:
        if not (self.view.map and self.busy):  # a map takes longer than a frame: some are left out
            super().tick()

    def action_open_other(self, count: int) -> None:
        """Open the next trajectory, or the previous one, at the same inpainted %."""
        index = min(max(0, self._index + count), len(self._trajectories) - 1)
        if index != self._index:
            self.change(self.cursor.pause)
            self._index = index
            self._open()

    # Zoom

    def action_zoom(self, direction: int) -> None:
        self._picture.change_zoom(direction)

    def action_fit(self) -> None:
        self._picture.fit()

    def action_pan(self, columns: int, rows: int) -> None:
        """Pan, or step where nothing is cut off: as the keys do elsewhere."""
        if not self._picture.fits:
            self._picture.pan(columns, rows)
        elif columns:
            self.move(columns)
        else:
            self.action_open_other(rows)

    def on_large_picture_moved(self) -> None:
        self._show_line()
        if self.view.outlined and self.loaded is not None and self.loaded.view.line_pixels != self._picture.dot_pixels:
            self._request_frame()

    # What is shown

    def action_cycle_view(self) -> None:
        self._change_view(self.view.after(view_kinds(self.cursor.snapshot)))

    def action_cycle_map(self) -> None:
        """Show the next map, or the frame after the last."""
        if not self._map.names:
            metrics = self.cursor.snapshot.metrics
            self._reader.submit("maps", lambda _: list_maps(metrics), self._begin_maps)
        else:
            self._change_view(replace(self.view, kind=FRAME, map=self._map.next_name(self.view.map)))

    def _begin_maps(self, names: list[str]) -> None:
        self._map.names = names
        if lacking := explain_no_lpips(names):
            self.notify(lacking)
        self.action_cycle_map()

    def action_gain(self, direction: int) -> None:
        self._change_view(self.view.amplified(direction))

    def action_outline(self) -> None:
        self._change_view(replace(self.view, outlined=not self.view.outlined))

    def _change_view(self, view: FrameView) -> None:
        if view != self.view:
            self._shows_map = self._shows_map and view.map == self.view.map
            self.view = view
            self._request_frame()

    def action_blink(self) -> None:
        """Swap with the original until the key is pressed again, beginning with the original."""
        self._blinking.toggle()
        self._show_picture()

    def action_export(self) -> None:
        """Write this frame, or other files of the trajectory."""
        dialog = ExportScreen([Trajectory(self.path)], self._runs, frame=self.cursor.k, kinds=["png"])
        self.app.push_screen(dialog, partial(tell_written, self.app))

    def action_close(self) -> None:
        self.dismiss(LargePlace(self.path, self.cursor.k))

    # The line

    def on_large_picture_hovered(self, event: LargePicture.Hovered) -> None:
        self._pointed_at = event.point
        if self.view.map:
            self._show_line()

    def on_unmount(self) -> None:
        self._map.close()

    def on_resize(self) -> None:
        self._show_line()

    def _show_line(self) -> None:
        snapshot = self.cursor.snapshot
        if snapshot is NO_SNAPSHOT:
            return
        path = snapshot.path
        name = path.relative_to(self._runs) if path.is_relative_to(self._runs) else Path(path.name)
        width = max(1, self.size.width - 2)
        zoom = self._picture.zoom_label
        what = self._describe_view(width)
        self._line.set_text(large_line(snapshot, self.cursor.k, name.as_posix(), what, zoom, width))

    def _describe_view(self, width: int) -> Content:
        if self._shows_original:
            what = Content("original")
        elif self.view.map:
            what = self._map.describe(self.view, self._pointed_at, width)
        else:
            what = Content(self.view.label or (f"frame {self.cursor.k}" if self.blinking else ""))
        pace = Content(f"▶ {self.cursor.speed:g}/s" if self.cursor.playing else "")
        return Content("  ").join(part for part in (what, pace) if part.plain)
