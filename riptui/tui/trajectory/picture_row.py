"""The original, frame k and their comparison, side by side below their captions."""

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from riptui.graphics.picture import PictureWidget
from riptui.graphics.protocol import Graphics
from riptui.tui.blinking import Blinking
from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.colormap import heat_bar
from riptui.tui.trajectory.difference import GAIN, ComparisonMode
from riptui.tui.trajectory.loader import LoadedFrame
from riptui.tui.trajectory.responsive import ViewLayout

BLINK_SECONDS = 0.5  # for each of the two pictures
MAX_BLINKS = 40
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
        self._blinking = Blinking(self, self._blink, seconds=BLINK_SECONDS, max_turns=MAX_BLINKS)

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
        self._blinking.stop()
        if loaded.mode is ComparisonMode.BLINK and loaded.frame.image is not None and loaded.original.image is not None:
            self._blinking.start()
        self._compared.caption.set_text(_caption(loaded))
        note = loaded.frame.note or loaded.original.note
        self._compared.picture.show(loaded.comparison, note=note, steady=steady)

    def settle(self) -> None:
        """Called when playing has ended."""
        for captioned in (self._original, self._frame, self._compared):
            captioned.picture.settle()

    def show_message(self, note: str) -> None:
        """Show a message in place of the pictures."""
        self._blinking.stop()
        self._loaded = None
        for captioned in (self._original, self._frame, self._compared):
            captioned.caption.set_text(_muted(""))
            captioned.picture.show(None, note=note if captioned is self._frame else "")

    @property
    def blinking(self) -> bool:
        return self._blinking.on

    def _blink(self) -> None:
        if (loaded := self._loaded) is None:
            return
        shown = loaded.frame if self._blinking.turn % 2 == 1 else loaded.original
        self._compared.picture.show(shown.image, steady=True)
        name = "original" if shown is loaded.original else f"frame {shown.k}"
        self._compared.caption.set_text(_named_caption("blink", name))


def _muted(text: str) -> Content:
    return Content.styled(text, "$foreground-muted")


def _named_caption(kind: str, name: str) -> Content:
    return Content.assemble((f"{kind} ", "$foreground-muted"), (name, "$foreground bold"))


def _caption(loaded: LoadedFrame) -> Content:
    match loaded.mode:
        case ComparisonMode.DIFFERENCE:
            return _muted(f"difference ×{GAIN}")
        case ComparisonMode.HEAT:
            muted = "$foreground-muted"
            return Content.assemble(("difference  0 ", muted), *heat_bar(LEGEND_COLUMNS), (" 255", muted))
        case ComparisonMode.BLINK:
            return _named_caption("blink", "original")
        case ComparisonMode.SQUARE:
            return _muted(f"square of iteration {loaded.frame.k}" if loaded.frame.k else "nothing repainted yet")
