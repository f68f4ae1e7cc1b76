"""The welcome screen, for a runs folder without trajectories: what riptui does, and three ways to start.

Nothing is offered in the place of a folder that has vanished: what is written there could keep it from coming back.
"""

from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Center, Middle
from textual.widgets import Button, Static

from riptui.text.terminal import printable
from riptui.tui.keymap import shown_key

INTRODUCTION = (
    "Recursive InPainting: repaint a picture square by square, again and again, "
    "and see how far it drifts from the original."
)


class Welcome(Middle):
    """Offers the demo, the launch form and the studies."""

    def __init__(self, runs: Path, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._runs = runs

    def compose(self) -> ComposeResult:
        new, studies = (shown_key(self.app, id) for id in ("compute.new", "do.studies"))
        widgets = [
            Static(INTRODUCTION, id="introduction"),
            Static(id="reason"),
            Button("Run the demo  (enter)", "primary", id="demo", action="screen.do('demo')", compact=True),
            Button(f"Choose a picture  ({new})", id="choose", action="screen.do('launch')", compact=True),
            Button(f"Plan a study  ({studies})", id="plan-study", action="screen.do('studies')", compact=True),
        ]
        yield from map(Center, widgets)

    def show_reason(self, folder_error: str, *, has_vanished: bool = False) -> None:
        """Say why there are no trajectories; has_vanished: there were some."""
        text = printable(folder_error) if folder_error else f"No trajectories in {printable(str(self._runs))} yet."
        if has_vanished:
            text += ". It was there: it is shown again when it is back."
        self.query_one("#reason", Static).update(Text(text))
        for button in self.query(Button):
            button.display = not has_vanished
