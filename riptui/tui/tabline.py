"""The names of some panes in one line, one of them chosen. Textual's own tabs take two lines, and the arrow keys."""

from collections.abc import Sequence

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

GAP = "   "


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
        parts: list[tuple[str, str]] = []
        for name in self.names:
            style = "$accent bold underline" if name == self.chosen else "$foreground-muted"
            parts += [(name.capitalize(), style), (GAP, "")]
        return Content.assemble(*parts)

    def on_click(self, event: events.Click) -> None:
        event.stop()
        end = 0
        for name in self.names:
            end += len(name) + len(GAP)
            if event.x < end:
                self.post_message(self.Clicked(name))
                return
