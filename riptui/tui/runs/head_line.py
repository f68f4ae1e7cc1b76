"""The first line: the runs folder, the device in use, how many trajectories have which status."""

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from riptui.store.worker_registry import Worker
from riptui.text.terminal import fit_folder, printable
from riptui.text.units import abbreviate_home
from riptui.tui.runs import status_line
from riptui.tui.runs.tree_model import GroupTotals

COLUMNS_FOR_TIME_LEFT = 100  # of the screen, so that the time of the whole queue has room
COLUMNS_FOR_TOASTS = 80  # of the screen, so that a toast has room before the counts; else it stands below them


class FolderTitle(Widget):
    """The app's name and the end of the runs folder."""

    def __init__(self, runs: Path, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._folder = printable(abbreviate_home(runs))

    def render(self) -> Content:
        name = "≡ riptui"
        return Content.assemble((name, "bold"), "  ", fit_folder(self._folder, self.size.width - len(name) - 2))


class HeadLine(Horizontal):
    """Sends what it shows to the terminal only where it differs."""

    def __init__(self, runs: Path, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._runs = runs

    def compose(self) -> ComposeResult:
        yield FolderTitle(self._runs, id="title")
        yield Static(id="device")
        yield Static(id="counts")

    def on_resize(self, event: events.Resize) -> None:
        self.screen.set_class(event.size.width < COLUMNS_FOR_TOASTS, "-low-toasts")

    def on_click(self, event: events.Click) -> None:
        """The commands, from the sign before the name on."""
        if self.query_one("#title").region.contains_point(event.screen_offset):
            self.app.action_command_palette()

    def show(self, totals: GroupTotals, workers: Sequence[Worker], seconds_left: float | None = None) -> None:
        """Show the totals of all trajectories, what the workers do, and when all is done, if it is known and fits."""
        self._update("#device", status_line.format_device(workers))
        fitting = seconds_left if self.screen.size.width >= COLUMNS_FOR_TIME_LEFT else None
        self._update("#counts", status_line.format_counts(totals, workers, seconds_left=fitting))

    def _update(self, selector: str, text: Text) -> None:
        widget = self.query_one(selector, Static)
        if widget.content != text:
            widget.update(text)
