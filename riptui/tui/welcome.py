"""The welcome screen, for a runs folder without trajectories: what riptui does, and three ways to start."""

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
        with Center():
            yield Static(INTRODUCTION, id="introduction")
        with Center():
            yield Static(id="reason")
        with Center():
            yield Button("Run the demo  (enter)", "primary", id="demo", action="screen.do('demo')", compact=True)
        new, studies = (shown_key(self.app, id) for id in ("compute.new", "do.studies"))
        with Center():
            yield Button(f"Choose a picture  ({new})", id="choose", action="screen.do('launch')", compact=True)
        with Center():
            yield Button(f"Plan a study  ({studies})", id="plan-study", action="screen.do('studies')", compact=True)

    def show_reason(self, folder_error: str) -> None:
        """Say why there are no trajectories."""
        text = printable(folder_error) if folder_error else f"No trajectories in {printable(str(self._runs))} yet."
        self.query_one("#reason", Static).update(Text(text))
