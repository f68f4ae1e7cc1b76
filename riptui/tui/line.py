"""Text that changes often, in one line."""

from textual.content import Content
from textual.widgets import Static


class Line(Static):
    """Repaints itself only when its text changes, and what is around it only when its own width does."""

    DEFAULT_CSS = "Line { height: 1; text-wrap: nowrap; text-overflow: ellipsis; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._text = Content("")

    def show(self, text: Content) -> None:
        if text.is_same(self._text):
            return
        width = self.styles.width
        moves = width is None or (width.is_auto and text.cell_length != self._text.cell_length)
        self._text = text
        self.update(text, layout=moves)
