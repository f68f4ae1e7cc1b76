"""The frames at every 50 %, as in the paper's figures 10-12."""

from collections.abc import Sequence
from typing import NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from riptui.tui.graphics.graphics import Graphics
from riptui.tui.graphics.picture import Picture
from riptui.tui.lines import Line
from riptui.tui.trajectory.projector import Thumbnail

SMALLEST = 8  # columns of a picture; of what does not fit then, only those around the frame shown are
GAP = 2


class Point(NamedTuple):
    """A picture of the strip and what is under it."""

    k: int
    caption: str
    value: str = ""


class Layout(NamedTuple):
    """Pictures of so many columns and rows, in lines of so many."""

    width: int
    height: int
    columns: int
    lines: int


def lay_out(count: int, width: int, height: int) -> Layout:
    """The largest square pictures of which all fit, or as many of the smallest ones as do."""
    best = Layout(0, 0, 1, 1)
    for lines in range(1, max(1, min(count, height // 2)) + 1):
        columns = -(-count // lines)
        rows = min(height // lines - 1, ((width + GAP) // columns - GAP) // 2)
        if rows > best.height:
            best = Layout(2 * rows, rows, columns, lines)
    if best.width >= SMALLEST:
        return best
    rows = max(1, min(SMALLEST // 2, height - 1))
    return Layout(2 * rows, rows, max(1, (width + GAP) // (2 * rows + GAP)), max(1, height // (rows + 1)))


def window(points: Sequence[Point], k: int, most: int) -> Sequence[Point]:
    """As many of the points around frame k as there is room for."""
    here = max((place for place, point in enumerate(points) if point.k <= k), default=0)
    start = min(max(0, here - most // 2), max(0, len(points) - most))
    return points[start : start + most]


class Still(Vertical):
    """One picture of the strip."""

    def __init__(self, graphics: Graphics) -> None:
        super().__init__()
        self.k = 0
        self.picture = Picture(graphics)
        self.caption = Line()

    def compose(self) -> ComposeResult:
        yield self.picture
        yield self.caption


class Filmstrip(Widget):
    """Pictures in lines; click on one to go there."""

    DEFAULT_CSS = """
    Filmstrip {
        layout: grid; overflow: hidden; align: left top; grid-gutter: 0 2;
        & Still { pointer: pointer; }
        & Line { width: 1fr; }
    }
    """

    class Clicked(Message):
        def __init__(self, k: int) -> None:
            super().__init__()
            self.k = k

    class Wanted(Message):
        """Pictures of these frames are to be shown."""

        def __init__(self, frames: Sequence[int]) -> None:
            super().__init__()
            self.frames = frames

    def __init__(self, graphics: Graphics, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._graphics = graphics
        self._points: Sequence[Point] = ()
        self._k = self._newest = 0
        self._of: object = None
        self._wanted: list[int] = []

    def show(self, points: Sequence[Point], k: int, newest: int, *, of: object) -> None:
        """The points of a trajectory, the frame that is shown elsewhere, and the last that there is.

        of: with another one here all pictures are taken anew.
        """
        if of is not self._of:
            self._of, self._wanted = of, []
            for still in self.query(Still):
                still.picture.show(None)
        self._points, self._k, self._newest = points, k, newest
        self._fill()

    def paint(self, thumbnails: Sequence[Thumbnail]) -> None:
        """Pictures that were wanted, in any order."""
        found = {thumbnail.k: thumbnail for thumbnail in thumbnails}
        for still in self.query(Still):
            if still.k in found:
                still.picture.show(found[still.k].image, note=found[still.k].note)

    def on_resize(self, _event: events.Resize) -> None:
        self._fill()

    def on_click(self, event: events.Click) -> None:
        event.stop()
        for still in self.query(Still):
            if still.display and still.region.contains(event.screen_x, event.screen_y):
                self.post_message(self.Clicked(still.k))

    def _fill(self) -> None:
        if not self.size.width or not self._points:
            return
        layout = lay_out(len(self._points), self.size.width, self.size.height)
        shown = window(self._points, self._k, layout.columns * layout.lines)
        self.styles.grid_size_columns = layout.columns
        self.styles.grid_size_rows = layout.lines
        self.styles.grid_columns = str(layout.width)
        self.styles.grid_rows = str(layout.height + 1)
        stills = list(self.query(Still))
        if len(stills) < len(shown):
            more = [Still(self._graphics) for _ in range(len(shown) - len(stills))]
            self.mount_all(more)
            stills += more
        for still, point in zip(stills, shown, strict=False):
            still.display = True
            self._caption(still, point, layout.width)
        for still in stills[len(shown) :]:
            still.display = False
        wanted = [point.k for point in shown if point.k <= self._newest]
        if wanted != self._wanted:
            self._wanted = wanted
            self.post_message(self.Wanted(wanted))

    def _caption(self, still: Still, point: Point, width: int) -> None:
        if still.k != point.k or point.k > self._newest:
            still.k = point.k
            still.picture.show(None, note="not yet" if point.k > self._newest else "")
        here = max((one.k for one in self._points if one.k <= self._k), default=0) == point.k
        style = "$accent bold" if here else "$foreground-muted"
        fits = all(len(one.caption) + 2 + len(one.value) <= width for one in self._points)
        value = f"  {point.value}" if fits else ""
        still.caption.say(Content.assemble((point.caption, style), (value, "$foreground")))
