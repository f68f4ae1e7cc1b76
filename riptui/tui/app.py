"""The Textual app: its settings, theme and screens, how it starts and how it ends."""

import os
from pathlib import Path
from typing import ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.events import AppBlur, AppFocus

from riptui.terminal import printable
from riptui.tui import bindings
from riptui.tui.browser import Browser

SLOW_LINE = "SSH_CONNECTION" in os.environ


class RiptuiApp(App[None]):
    """riptui on a runs folder."""

    TITLE = "riptui"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings.APP]
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012  # Textual's own declaration has no ClassVar
        (0, "-narrow"),
        (100, "-wide"),
        (130, "-roomy"),
    ]

    def __init__(self, runs: Path, *, select: str = "") -> None:
        super().__init__()
        self.runs = runs
        self._select = select
        self._focused = True

    def on_mount(self) -> None:
        self.push_screen(Browser(self.runs, select=self._select, refresh=2.0 if SLOW_LINE else 4.0))

    def on_app_focus(self, event: AppFocus) -> None:
        self._focused = True

    def on_app_blur(self, event: AppBlur) -> None:
        self._focused = False

    def tell_end(self, path: str, how: str) -> None:
        """A trajectory is done or failed: a toast, and the bell if nobody looks."""
        self.notify(f"{printable(path)}: {how}", severity="error" if how == "failed" else "information")
        if not self._focused:
            self.bell()
