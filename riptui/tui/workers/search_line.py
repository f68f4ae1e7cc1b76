"""The line to type what is searched for in the table or the log that had the focus."""

from typing import ClassVar

from textual.binding import Binding, BindingType

from riptui.tui.steady_input import SteadyInput


class SearchLine(SteadyInput):
    DEFAULT_CSS = """
    SearchLine {
        height: 1;
        border: none;
        padding: 0;
        background: $surface;
        display: none;
        &.-open { display: block; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep", key_display="enter"),
        Binding("escape", "screen.end_search", "Clear", key_display="esc"),
        Binding("up", "screen.find(-1)", "Before", key_display="↑"),
        Binding("down", "screen.find(1)", "Next", key_display="↓"),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(placeholder="search", id=id, compact=True)
