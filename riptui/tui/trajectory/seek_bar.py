"""The slider over the frames, with the position beside it as text."""

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.frame_cursor import FrameCursor
from riptui.tui.trajectory.slider import Slider


class SeekBar(Horizontal):
    DEFAULT_CSS = """
    SeekBar {
        height: 1;
        & > TextLine { width: auto; margin-left: 2; }
    }
    """

    def __init__(self, cursor: FrameCursor) -> None:
        super().__init__()
        self._cursor = cursor

    def compose(self) -> ComposeResult:
        yield Slider()
        yield TextLine(id="place")

    def show_frames(self) -> None:
        """Show which frames there are, and the position."""
        slider, snapshot, spec = self.query_one(Slider), self._cursor.snapshot, self._cursor.spec
        slider.iterations = spec.iterations if spec else 0
        slider.newest = snapshot.newest if snapshot else 0
        slider.set_marks(self._cursor.halves)
        self.show_position()

    def show_position(self) -> None:
        """Show the frame, its inpainted %, and the speed while playing."""
        cursor, spec = self._cursor, self._cursor.spec
        text = Content("")
        if spec is not None:
            self.query_one(Slider).k = cursor.k
            total = str(spec.iterations)
            text = Content(f"{cursor.k:>{len(total)}}/{total}  {spec.progress(cursor.k):>6}")
            if cursor.playing:
                text += Content.styled(f"  ▶ {cursor.speed:g}/s", "$accent")
        self.query_one(TextLine).set_text(text)
