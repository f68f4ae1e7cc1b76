"""The matrix of a set: a shade for each pair of seeds, and a cursor."""

from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from riptui.results.similarity import list_pairs
from riptui.text.terminal import shade
from riptui.tui.diversity.set_reader import ReadSet

CELL = 2  # columns of the terminal, so that a cell is a square
SELF = "··"


class DiversityMatrix(Widget, can_focus=True):
    """The nearest pairs are darkest. Scrolls by itself, so that the cursor is always seen."""

    DEFAULT_CSS = "DiversityMatrix { width: auto; max-width: 60%; height: 1fr; margin: 0 1; }"

    cursor: reactive[tuple[int, int]] = reactive((0, 1))
    """Row and column."""

    @dataclass
    class PairChosen(Message):
        row: int
        column: int

    class RowOpened(Message):
        """A double click."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: ReadSet | None = None
        self._bounds = (0.0, 0.0)
        self._margin = 0

    def show(self, shown: ReadSet) -> None:
        """Show a set, with the cursor on its nearest pair."""
        pairs = list_pairs(shown.point.compared.distances)
        self._shown, self._bounds = shown, (float(pairs.min()), float(pairs.max()))
        self._margin = max(len(str(seed)) for seed in shown.seeds) + 1
        size = len(shown.seeds)
        cells = [(row, column) for row in range(size) for column in range(row + 1, size)]
        nearest = min(cells, key=lambda cell: shown.distance(*cell))
        self.refresh(layout=True)
        self.set_reactive(DiversityMatrix.cursor, nearest)
        self.post_message(self.PairChosen(*nearest))

    def move(self, down: int, right: int) -> None:
        """Move the cursor; it never rests on the diagonal, where there is no pair."""
        if self._shown is None:
            return
        size = len(self._shown.seeds)
        row, column = (max(0, min(size - 1, at + step)) for at, step in zip(self.cursor, (down, right), strict=True))
        if row == column:  # step over it, or stay
            row, column = row + (down > 0) - (down < 0), column + (right > 0) - (right < 0)
            if not (0 <= row < size and 0 <= column < size):
                return
        self.go(row, column)

    def go(self, row: int, column: int) -> None:
        self.cursor = (row, column)
        self.post_message(self.PairChosen(row, column))

    def get_content_width(self, container: object, viewport: object) -> int:
        return self._margin + CELL * len(self._shown.seeds) if self._shown else 0

    def render_line(self, y: int) -> Strip:
        shown = self._shown
        top, left = self._corner()
        row = top + y
        if shown is None or row >= len(shown.seeds):
            return Strip.blank(self.size.width, self.rich_style)
        style = self.rich_style
        seed_style = style + Style(bold=row == self.cursor[0])
        segments = [Segment(f"{shown.seeds[row]:>{self._margin - 1}} ", seed_style)]
        for column in range(left, min(len(shown.seeds), left + self._columns)):
            text = SELF if column == row else CELL * shade(shown.distance(row, column), *self._bounds)
            here = (row, column) == self.cursor
            segments.append(Segment("◆◆" if here else text, style + Style(bold=here, reverse=here)))
        return Strip(segments).adjust_cell_length(self.size.width, style)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1, 0)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1, 0)

    def on_click(self, event: events.Click) -> None:
        """Go to a pair; a double click goes to the trajectory of its row."""
        top, left = self._corner()
        row, column = top + event.y, left + (event.x - self._margin) // CELL
        size = len(self._shown.seeds) if self._shown else 0
        if event.x >= self._margin and row != column and row < size and column < size:
            if (row, column) != self.cursor:
                self.go(row, column)
            elif event.chain == 2:
                self.post_message(self.RowOpened())

    @property
    def _columns(self) -> int:
        """How many columns of the matrix fit."""
        return max(1, (self.size.width - self._margin) // CELL)

    def _corner(self) -> tuple[int, int]:
        """The first row and the first column that are shown."""
        row, column = self.cursor
        return max(0, row - self.size.height + 1), max(0, column - self._columns + 1)
