"""Tabs in one line. Textual's own tabs take two lines, and the arrow keys."""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

MAX_GAP_COLUMNS = 3  # between two names; fewer in little room
SHORT_NAME_LENGTHS = (4, 3, 2)  # letters of a name in even less room


class TabBar(Widget):
    """Shows the names, the chosen one underlined; a click posts TabClicked."""

    DEFAULT_CSS = "TabBar { height: 1; width: 1fr; pointer: pointer; }"
    ALLOW_SELECT = False

    names: reactive[tuple[str, ...]] = reactive(())
    chosen: reactive[str] = reactive("")

    @dataclass
    class TabClicked(Message):
        name: str

    def __init__(self, names: Sequence[str], chosen: str) -> None:
        super().__init__()
        self.set_reactive(TabBar.names, tuple(names))
        self.set_reactive(TabBar.chosen, chosen)

    def render(self) -> Content:
        labels, gap = self._fit_labels()
        parts: list[tuple[str, str]] = []
        for name, label in zip(self.names, labels, strict=True):
            style = "$accent bold underline" if name == self.chosen else "$foreground-muted"
            parts += [(label, style), (" " * gap, "")]
        return Content.assemble(*parts)

    def _fit_labels(self) -> tuple[list[str], int]:
        """The labels as they fit, and the gap between them in columns."""
        labels = [name.capitalize() for name in self.names]
        for gap in range(MAX_GAP_COLUMNS, 0, -1):
            if self._fits(labels, gap):
                return labels, gap
        shortened = (_shorten(labels, length) for length in SHORT_NAME_LENGTHS)
        return next((short for short in shortened if self._fits(short, 1)), [label[0] for label in labels]), 1

    def _fits(self, labels: Sequence[str], gap: int) -> bool:
        return sum(map(len, labels)) + gap * (len(labels) - 1) <= self.size.width

    def on_click(self, event: events.Click) -> None:
        event.stop()
        labels, gap = self._fit_labels()
        end = 0
        for name, label in zip(self.names, labels, strict=True):
            end += len(label) + gap
            if event.x < end:
                self.post_message(self.TabClicked(name))
                return


def _shorten(labels: Sequence[str], length: int) -> list[str]:
    """So many letters of each, or as many more as tell it from the others: Spec and Spect, not twice Sp."""

    def shorten(label: str) -> str:
        others = [other for other in labels if other != label]
        lengths = range(length, len(label))
        return next((label[:n] for n in lengths if not any(other.startswith(label[:n]) for other in others)), label)

    return [shorten(label) for label in labels]
