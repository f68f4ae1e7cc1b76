"""The names of some panes in one line, one of them chosen. Textual's own tabs take two lines, and the arrow keys."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

GAP = 3  # columns; fewer where there is little room
SHORT = 4  # letters of a name where there is less still


class TabLine(Widget):
    """Click on a name to choose it."""

    DEFAULT_CSS = "TabLine { height: 1; width: 1fr; pointer: pointer; }"
    ALLOW_SELECT = False

    names: reactive[tuple[str, ...]] = reactive(())
    chosen: reactive[str] = reactive("")

    class Clicked(Message):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str], chosen: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.set_reactive(TabLine.names, tuple(names))
        self.set_reactive(TabLine.chosen, chosen)

    def render(self) -> Content:
        labels, gap = self._labels()
        parts: list[tuple[str, str]] = []
        for name, label in zip(self.names, labels, strict=True):
            style = "$accent bold underline" if name == self.chosen else "$foreground-muted"
            parts += [(label, style), (" " * gap, "")]
        return Content.assemble(*parts)

    def _labels(self) -> tuple[list[str], int]:
        """The names as they fit, and the columns between them."""
        labels = [name.capitalize() for name in self.names]
        for gap in range(GAP, 0, -1):
            if sum(map(len, labels)) + gap * (len(labels) - 1) <= self.size.width:
                return labels, gap
        return [label[:SHORT] for label in labels], 1

    def on_click(self, event: events.Click) -> None:
        event.stop()
        labels, gap = self._labels()
        end = 0
        for name, label in zip(self.names, labels, strict=True):
            end += len(label) + gap
            if event.x < end:
                self.post_message(self.Clicked(name))
                return
