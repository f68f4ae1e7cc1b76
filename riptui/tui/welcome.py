"""What is shown where there are no runs yet: what this is, and the two keys that begin."""

from pathlib import Path

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Center, Middle
from textual.widgets import Button, Static

from riptui.text.terminal import printable

INTRODUCTION = (
    "Recursive InPainting: repaint a picture square by square, again and again, "
    "and see how far it drifts from the original."
)


class Welcome(Middle):
    """The demo is a key away; so is a picture of one's own."""

    def __init__(self, runs: Path, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._runs = runs

    def compose(self) -> ComposeResult:
        with Center():
            yield Static(INTRODUCTION, id="what")
        with Center():
            yield Static(id="why")
        with Center():
            yield Button("Run the demo  (enter)", "primary", id="demo", action="screen.do('demo')", compact=True)
        with Center():
            yield Button("A picture of mine  (n)", id="own", action="screen.do('launch')", compact=True)

    def show_reason(self, folder_error: str) -> None:
        """Why nothing is there."""
        text = printable(folder_error) if folder_error else f"No trajectories in {printable(str(self._runs))} yet."
        self.query_one("#why", Static).update(Text(text))
