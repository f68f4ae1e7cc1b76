"""A slider over the frames of a trajectory, saved and future ones, with a mark every 50 %."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from riptui.tui.text_lines import TextLine
from riptui.tui.trajectory.frame_cursor import FrameCursor

BACK, FORTH = "◀ ", " ▶"


class Slider(Widget):
    """Posts SeekRequested for a drag, a click on the track, an arrow (one frame) or the wheel (one frame)."""

    DEFAULT_CSS = "Slider { height: 1; width: 1fr; pointer: pointer; }"
    ALLOW_SELECT = False

    k: reactive[int] = reactive(0)
    newest: reactive[int] = reactive(0)  # the last frame saved
    iterations: reactive[int] = reactive(0)  # the last frame of the finished trajectory

    @dataclass
    class SeekRequested(Message):
        k: int

    def __init__(self) -> None:
        super().__init__()
        self._marks: frozenset[int] = frozenset()
        self._dragged = False

    def set_marks(self, frames: Sequence[int]) -> None:
        """Mark frames on the track, if there is room."""
        marks = frozenset(frames)
        if marks != self._marks:
            self._marks = marks
            self.refresh()

    @property
    def track_columns(self) -> int:
        return max(1, self.size.width - len(BACK) - len(FORTH))

    def cell_of(self, k: int) -> int:
        """The column of the track that shows frame k."""
        return round(k / max(1, self.iterations) * (self.track_columns - 1))

    def frame_at(self, x: int) -> int:
        """The frame at a column of the widget; beside the track, the nearest."""
        cell = min(max(x - len(BACK), 0), self.track_columns - 1)
        return min(self.newest, round(cell / max(1, self.track_columns - 1) * self.iterations))

    def render(self) -> Content:
        handle, last = self.cell_of(self.k), self.cell_of(self.newest)
        marks = {self.cell_of(k) for k in self._marks} if 3 * len(self._marks) < self.track_columns else set()
        line = ["┿" if cell in marks else "━" if cell <= last else "┄" for cell in range(self.track_columns)]
        return Content.assemble(
            (BACK, "$primary" if self.k else "$foreground 30%"),
            ("".join(line[:handle]), "$primary"),
            ("●", "$accent"),
            ("".join(line[handle + 1 : last + 1]), "$foreground 50%"),
            ("".join(line[max(handle, last) + 1 :]), "$foreground 30%"),
            (FORTH, "$primary" if self.k < self.newest else "$foreground 30%"),
        )

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        if event.button != 1:
            return
        if event.x < len(BACK):
            self._seek(self.k - 1)
        elif event.x >= len(BACK) + self.track_columns:
            self._seek(self.k + 1)
        else:
            self._dragged = True
            self.capture_mouse()
            self._seek(self.frame_at(event.x))

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragged:
            event.stop()
            self._seek(self.frame_at(event.x))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        event.stop()
        self._dragged = False
        self.release_mouse()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self._seek(self.k - 1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self._seek(self.k + 1)

    def _seek(self, k: int) -> None:
        k = min(max(k, 0), self.newest)
        if k != self.k:
            self.post_message(self.SeekRequested(k))


class SeekBar(Horizontal):
    """A slider with the position beside it as text."""

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
        slider, spec = self.query_one(Slider), self._cursor.spec
        slider.iterations = spec.iterations if spec else 0
        slider.newest = self._cursor.newest
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
