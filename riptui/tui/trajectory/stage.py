"""The original, frame k and what it is compared with, side by side, each below its name."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer

from riptui.tui.graphics.graphics import Graphics
from riptui.tui.graphics.picture import Picture
from riptui.tui.lines import Line
from riptui.tui.trajectory.arrangement import Arrangement
from riptui.tui.trajectory.comparison import GAIN, Comparison
from riptui.tui.trajectory.heat import heat
from riptui.tui.trajectory.projector import Projected

BLINK = 0.5  # seconds that each of the two pictures is seen
BLINKS = 40  # then it rests: nothing is sent for ever to a terminal that nobody looks at
LEGEND = 8  # cells


class Captioned(Vertical):
    """A picture below its name."""

    def __init__(self, graphics: Graphics, *, id: str) -> None:
        super().__init__(id=id)
        self.caption = Line()
        self.picture = Picture(graphics)

    def compose(self) -> ComposeResult:
        yield self.caption
        yield self.picture


class Stage(Horizontal):
    """Three pictures, or two where there is little room."""

    DEFAULT_CSS = """
    Stage {
        height: auto;
        & > Captioned { margin-right: 2; }
        & > #compared { margin-right: 0; }
        & Line { width: 1fr; }
    }
    """

    def __init__(self, graphics: Graphics, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._original = Captioned(graphics, id="original")
        self._frame = Captioned(graphics, id="frame")
        self._compared = Captioned(graphics, id="compared")
        self._shown: Projected | None = None
        self._blinking: Timer | None = None
        self._blinks = 0

    def compose(self) -> ComposeResult:
        yield self._original
        yield self._frame
        yield self._compared

    def give_room(self, room: Arrangement) -> None:
        self._original.display = room.pictures == 3
        for captioned in (self._original, self._frame, self._compared):
            captioned.styles.width = room.width
            captioned.styles.height = room.height + 1

    def show(self, shown: Projected) -> None:
        """Put the pictures in place."""
        self._shown = shown
        self._original.caption.say(_plain("original"))
        self._original.picture.show(shown.original, note=shown.original_note)
        self._frame.caption.say(Content.assemble(("frame ", "$foreground-muted"), (str(shown.k), "$foreground bold")))
        self._frame.picture.show(shown.frame, note=shown.frame_note)
        self._stop_blinking()
        if shown.comparison is Comparison.BLINK and shown.frame is not None and shown.original is not None:
            self._blinks = 0
            self._blinking = self.set_interval(BLINK, self._blink)
        self._compared.caption.say(_caption(shown))
        self._compared.picture.show(shown.compared, note=shown.frame_note or shown.original_note)

    def tell(self, note: str) -> None:
        """Show a message in place of the pictures."""
        self._stop_blinking()
        self._shown = None
        for captioned in (self._original, self._frame, self._compared):
            captioned.caption.say(_plain(""))
            captioned.picture.show(None, note=note if captioned is self._frame else "")

    def _blink(self) -> None:
        shown = self._shown
        if shown is None or self._blinking is None:  # a tick that was on its way when it was stopped
            return
        self._blinks += 1
        frame = self._blinks % 2 == 1
        self._compared.picture.show(shown.frame if frame else shown.original)
        self._compared.caption.say(_blinking(f"frame {shown.k}" if frame else "original"))
        if self._blinks >= BLINKS:
            self._stop_blinking()

    def _stop_blinking(self) -> None:
        if self._blinking is not None:
            self._blinking.stop()
            self._blinking = None


def _plain(text: str) -> Content:
    return Content.styled(text, "$foreground-muted")


def _blinking(what: str) -> Content:
    return Content.assemble(("blink ", "$foreground-muted"), (what, "$foreground bold"))


def _caption(shown: Projected) -> Content:
    match shown.comparison:
        case Comparison.DIFFERENCE:
            return _plain(f"difference ×{GAIN}")
        case Comparison.HEAT:
            colours = [heat(place / (LEGEND - 1)) for place in range(LEGEND)]
            cells = [("█", "#{:02x}{:02x}{:02x}".format(*colour)) for colour in colours]
            return Content.assemble(("difference  0 ", "$foreground-muted"), *cells, (" 255", "$foreground-muted"))
        case Comparison.BLINK:
            return _blinking("original")
        case Comparison.SQUARE:
            return _plain(f"square of iteration {shown.k}" if shown.k else "nothing repainted yet")
