"""What is beside the tree: the details of its current row, or the welcome where there are no trajectories."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual import work
from textual.app import ComposeResult
from textual.widgets import ContentSwitcher, Static

from riptui import tui
from riptui.graphics.protocol import Graphics
from riptui.settings import Settings

if TYPE_CHECKING:  # NumPy
    from riptui.tui.details import Details


class RightSide(ContentSwitcher):
    """Says that it is reading until something is to be shown."""

    def __init__(self, runs: Path, graphics: Graphics, *, id: str) -> None:
        super().__init__(id=id, initial="reading")
        self._runs = runs
        self._graphics = graphics
        self.details: Details | None = None  # None until imported

    def compose(self) -> ComposeResult:
        yield Static("reading …", id="reading")

    @work(thread=True)
    def import_details(self, settings: Settings, on_ready: Callable[[], object]) -> None:
        """Import them, with NumPy and Pillow, in a thread, so that keys still work."""
        self.app.call_later(self._mount_details, tui.details.Details(self._runs, settings, self._graphics), on_ready)

    async def _mount_details(self, details: "Details", on_ready: Callable[[], object]) -> None:
        if self.details is not None:  # the folder vanished and came back meanwhile
            return
        await self.add_content(details)
        if details.children:  # else the app is exiting
            self.details = details
            on_ready()

    async def show_welcome(self, folder_error: str, *, has_vanished: bool) -> None:
        """folder_error: why the runs folder cannot be listed, if so; has_vanished: trajectories were in it before."""
        if not self.query(tui.welcome.Welcome):
            await self.add_content(tui.welcome.Welcome(self._runs, id="welcome"))
        self.query_one(tui.welcome.Welcome).show_reason(folder_error, has_vanished=has_vanished)
        if self.current != "welcome":
            self.current = "welcome"
            if not has_vanished:
                self.query_one("#demo").focus()
