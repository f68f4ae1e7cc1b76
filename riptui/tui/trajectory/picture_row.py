"""The original, frame k and their comparison, side by side below their captions."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.timer import Timer

from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.colormap import heat_colour
from riptui.tui.trajectory.difference import GAIN, ComparisonMode
from riptui.tui.trajectory.loader import LoadedFrame
from riptui.tui.trajectory.responsive import ViewLayout

BLINK_SECONDS = 0.5  # for each of the two pictures
MAX_BLINKS = 40  # so that an unattended terminal is not sent pictures for ever
LEGEND_COLUMNS = 8


class CaptionedPicture(Vertical):
    def __init__(self, graphics: Graphics, *, id: str) -> None:
        super().__init__(id=id)
        self.caption = TextLine()
        self.picture = PictureWidget(graphics)

    def compose(self) -> ComposeResult:
        yield self.caption
        yield self.picture


class PictureRow(Horizontal):
    """Three pictures, or two in little room."""

    DEFAULT_CSS = """
    PictureRow {
        height: auto;
        & > CaptionedPicture { margin-right: 2; }
        & > #compared { margin-right: 0; }
        & TextLine { width: 1fr; }
    }
    """

    def __init__(self, graphics: Graphics) -> None:
        super().__init__()
        self._original = CaptionedPicture(graphics, id="original")
        self._frame = CaptionedPicture(graphics, id="frame")
        self._compared = CaptionedPicture(graphics, id="compared")
        self._loaded: LoadedFrame | None = None
        self._blink_timer: Timer | None = None
        self._blinks = 0

    def compose(self) -> ComposeResult:
        yield self._original
        yield self._frame
        yield self._compared

    def apply_layout(self, layout: ViewLayout) -> None:
        self._original.display = layout.pictures == 3
        for captioned in (self._original, self._frame, self._compared):
            captioned.styles.width = layout.width
            captioned.styles.height = layout.height + 1

    def show(self, loaded: LoadedFrame, *, steady: bool = False) -> None:
        """steady: without half blocks until the pixels are there."""
        self._loaded = loaded
        self._original.caption.set_text(_muted("original"))
        self._original.picture.show(loaded.original.image, note=loaded.original.note)
        self._frame.caption.set_text(_named_caption("frame", str(loaded.frame.k)))
        self._frame.picture.show(loaded.frame.image, note=loaded.frame.note, steady=steady)
        self._stop_blinking()
        if loaded.mode is ComparisonMode.BLINK and loaded.frame.image is not None and loaded.original.image is not None:
            self._blinks = 0
            self._blink_timer = self.set_interval(BLINK_SECONDS, self.blink)
        self._compared.caption.set_text(_caption(loaded))
        note = loaded.frame.note or loaded.original.note
        self._compared.picture.show(loaded.comparison, note=note, steady=steady)

    def settle(self) -> None:
        """Called when playing has ended."""
        for captioned in (self._original, self._frame, self._compared):
            captioned.picture.settle()

    def show_message(self, note: str) -> None:
        """Show a message in place of the pictures."""
        self._stop_blinking()
        self._loaded = None
        for captioned in (self._original, self._frame, self._compared):
            captioned.caption.set_text(_muted(""))
            captioned.picture.show(None, note=note if captioned is self._frame else "")

    @property
    def blinking(self) -> bool:
        return self._blink_timer is not None

    def blink(self) -> None:
        """Swap the two pictures, unless blinking has ended."""
        loaded = self._loaded
        if loaded is None or not self.blinking:  # a late tick of the stopped timer
            return
        self._blinks += 1
        shown = loaded.frame if self._blinks % 2 == 1 else loaded.original
        self._compared.picture.show(shown.image, steady=True)
        name = "original" if shown is loaded.original else f"frame {shown.k}"
        self._compared.caption.set_text(_named_caption("blink", name))
        if self._blinks >= MAX_BLINKS:
            self._stop_blinking()

    def _stop_blinking(self) -> None:
        if self._blink_timer is not None:
            self._blink_timer.stop()
            self._blink_timer = None


def _muted(text: str) -> Content:
    return Content.styled(text, "$foreground-muted")


def _named_caption(kind: str, name: str) -> Content:
    return Content.assemble((f"{kind} ", "$foreground-muted"), (name, "$foreground bold"))


def _caption(loaded: LoadedFrame) -> Content:
    match loaded.mode:
        case ComparisonMode.DIFFERENCE:
            return _muted(f"difference ×{GAIN}")
        case ComparisonMode.HEAT:
            colours = [heat_colour(index / (LEGEND_COLUMNS - 1)) for index in range(LEGEND_COLUMNS)]
            cells = [("█", "#{:02x}{:02x}{:02x}".format(*colour)) for colour in colours]
            return Content.assemble(("difference  0 ", "$foreground-muted"), *cells, (" 255", "$foreground-muted"))
        case ComparisonMode.BLINK:
            return _named_caption("blink", "original")
        case ComparisonMode.SQUARE:
            return _muted(f"square of iteration {loaded.frame.k}" if loaded.frame.k else "nothing repainted yet")
