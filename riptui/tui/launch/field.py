"""A line of the form: a label, an input widget, and the problem with its value below."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Label, Static

from riptui.text.terminal import printable


class Field(Vertical):
    DEFAULT_CSS = """
    Field { height: auto; }
    Field > Horizontal { height: auto; }
    Field Label { width: 11; color: $text-muted; }
    Field .problem { height: auto; padding-left: 11; color: $text-error; display: none; }
    """

    def __init__(self, label: str, widget: Widget) -> None:
        super().__init__(id=f"{widget.id}-field")
        self._label = label
        self._widget = widget

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Label(self._label)
            yield self._widget
        yield Static(classes="problem")

    def show_problem(self, problem: str) -> None:
        status = self.query_one(".problem", Static)
        text = Text(printable(problem))
        if status.content != text:
            status.update(text)
            status.display = bool(problem)
