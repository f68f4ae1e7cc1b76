"""The filmstrip pane: the frames at every 50 %, as in the paper's figures 10-12."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.loader import FrameImage

MIN_PICTURE_COLUMNS = 8  # of a picture; if they do not all fit then, those around the current frame are shown
GAP_COLUMNS = 2


class FilmstripFrame(NamedTuple):
    """A picture of the strip with its caption."""

    k: int
    caption: str
    value: str = ""


class FilmstripLayout(NamedTuple):
    """Size of the pictures in columns and rows, pictures per line, and lines."""

    width: int
    height: int
    columns: int
    lines: int


def fit_strip(count: int, width: int, height: int) -> FilmstripLayout:
    """The layout with the largest square pictures that all fit, or with as many of the smallest size as fit."""
    best = FilmstripLayout(0, 0, 1, 1)
    for lines in range(1, max(1, min(count, height // 2)) + 1):
        columns = -(-count // lines)
        rows = min(height // lines - 1, ((width + GAP_COLUMNS) // columns - GAP_COLUMNS) // 2)
        if rows > best.height:
            best = FilmstripLayout(2 * rows, rows, columns, lines)
    if best.width >= MIN_PICTURE_COLUMNS:
        return best
    rows = max(1, min(MIN_PICTURE_COLUMNS // 2, height - 1))
    columns = max(1, (width + GAP_COLUMNS) // (2 * rows + GAP_COLUMNS))
    return FilmstripLayout(2 * rows, rows, columns, max(1, height // (rows + 1)))


def frames_around(frames: Sequence[FilmstripFrame], k: int, max_count: int) -> Sequence[FilmstripFrame]:
    """At most `max_count` of the frames, around frame k."""
    current = max((index for index, frame in enumerate(frames) if frame.k <= k), default=0)
    start = min(max(0, current - max_count // 2), max(0, len(frames) - max_count))
    return frames[start : start + max_count]


class FilmstripItem(Vertical):
    def __init__(self, graphics: Graphics) -> None:
        super().__init__()
        self.k = 0
        self.picture = PictureWidget(graphics)
        self.caption = TextLine()

    def compose(self) -> ComposeResult:
        yield self.picture
        yield self.caption


class Filmstrip(Widget):
    """Pictures in lines; a click posts FrameClicked."""

    DEFAULT_CSS = """
    Filmstrip {
        layout: grid; overflow: hidden; align: left top; grid-gutter: 0 2;
        & FilmstripItem { pointer: pointer; }
        & TextLine { width: 1fr; }
    }
    """

    @dataclass
    class FrameClicked(Message):
        k: int
        double: bool = False

    @dataclass
    class FramesRequested(Message):
        """Asks for pictures of these frames, which `show_thumbnails` gets."""

        frames: Sequence[int]

    def __init__(self, graphics: Graphics, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._graphics = graphics
        self._frames: Sequence[FilmstripFrame] = ()
        self._k = self._newest = 0
        self._identity: object = None
        self._requested: list[int] = []

    def show(self, frames: Sequence[FilmstripFrame], k: int, newest: int, *, identity: object) -> None:
        """Show these frames. k: the current frame; newest: the newest one.

        identity: another object than before means that all pictures must be loaded again.
        """
        if identity is not self._identity:
            self._identity, self._requested = identity, []
            for item in self.query(FilmstripItem):
                item.picture.show(None)
        self._frames, self._k, self._newest = frames, k, newest
        self._fill()

    def show_thumbnails(self, thumbnails: Sequence[FrameImage]) -> None:
        """Show requested pictures, in any order."""
        by_frame = {thumbnail.k: thumbnail for thumbnail in thumbnails}
        for item in self.query(FilmstripItem):
            if item.k in by_frame:
                item.picture.show(by_frame[item.k].image, note=by_frame[item.k].note)

    def on_resize(self, _event: events.Resize) -> None:
        self._fill()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        for item in self.query(FilmstripItem):
            if item.display and item.region.contains(event.screen_x, event.screen_y):
                self.post_message(self.FrameClicked(item.k, event.chain == 2))

    def _fill(self) -> None:
        if not self.size.width or not self._frames:
            return
        layout = fit_strip(len(self._frames), self.size.width, self.size.height)
        shown = frames_around(self._frames, self._k, layout.columns * layout.lines)
        self.styles.grid_size_columns = layout.columns
        self.styles.grid_size_rows = layout.lines
        self.styles.grid_columns = str(layout.width)
        self.styles.grid_rows = str(layout.height + 1)
        items = list(self.query(FilmstripItem))
        if len(items) < len(shown):
            new_items = [FilmstripItem(self._graphics) for _ in range(len(shown) - len(items))]
            self.mount_all(new_items)
            items += new_items
        for item, frame in zip(items, shown, strict=False):
            item.display = True
            self._show_caption(item, frame, layout.width)
        for item in items[len(shown) :]:
            item.display = False
        requested = [frame.k for frame in shown if frame.k <= self._newest]
        if requested != self._requested:
            self._requested = requested
            self.post_message(self.FramesRequested(requested))

    def _show_caption(self, item: FilmstripItem, frame: FilmstripFrame, width: int) -> None:
        if item.k != frame.k or frame.k > self._newest:
            item.k = frame.k
            item.picture.show(None, note="not yet" if frame.k > self._newest else "")
        is_current = max((shown.k for shown in self._frames if shown.k <= self._k), default=0) == frame.k
        style = "$accent bold" if is_current else "$foreground-muted"
        fits = all(len(shown.caption) + 2 + len(shown.value) <= width for shown in self._frames)
        value = f"  {frame.value}" if fits else ""
        item.caption.set_text(Content.assemble((frame.caption, style), (value, "$foreground")))
